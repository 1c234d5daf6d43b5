# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# An agent that dies: killed at one moment after another of its start, of a
# change, of its first set-up and of taking over from stock flannel. The next
# one always gets to exactly what should be, and what was at work goes on.

# So long each of them goes on, and so many kills it takes at least.
KILL_SECONDS=${FLANNEL_KILL_SECONDS:-12}
KILL_MIN=8

# moment N MS: DELAY = the Nth of moments between 0 and MS, in seconds. The
# first few are spread over all of it, the next ones lie between them.
moment()
{
	local n=$(($1 % 256)) at=0 bits=0

	while [ $bits -lt 8 ]; do
		at=$((at * 2 + n % 2))
		n=$((n / 2))
		bits=$((bits + 1))
	done
	at=$((at * $2 / 256))
	DELAY=$(printf '%d.%03d' $((at / 1000)) $((at % 1000)))
}

# state NODE: all that its agent is there for, in $T/state.
state()
{
	local ns

	eval "ns=\$$1"
	{
		fl "$1" subnet show dev $DEV
		fl "$1" -j link show $DEV
		ip -n $ns -o address show dev $DEV
		ip -n $ns route show
		ip -n $ns -6 route show dev $DEV
		cat "$T/$1/subnet.env"
		echo "$T/$1"/.*.new-*
	} | sed 's/^[0-9]*: //; s/"ifindex":[0-9]*,//' > "$T/state"
}

# is_exactly STATE WHAT: the node of the agent A is in that state.
is_exactly()
{
	state A
	cmp -s "$1" "$T/state" || {
		diff "$1" "$T/state" || :
		cat "$T/A.log"
		fail "$2"
	}
}

# start_timed: an agent for A, ready; READY_MS = how long that took.
start_timed()
{
	: > "$T/A.log"
	clock
	READY_MS=$CLOCK
	agent A
	ready A
	clock
	READY_MS=$(((CLOCK - READY_MS) * 10))
}

# begin_killing; killing: there is time for another one, after KILLS of them.
begin_killing()
{
	KILLS=0
	clock
	KILL_UNTIL=$((CLOCK + KILL_SECONDS * 100))
}

killing()
{
	clock
	[ $KILLS -lt $KILL_MIN ] || [ $CLOCK -lt $KILL_UNTIL ]
}

kill_agent()
{
	signal A KILL
	ends A
	KILLS=$((KILLS + 1))
}

# two_states: A with an agent and a flood to B's pod; $T/with and $T/without
# are what A looks like with and without C.
two_states()
{
	beside_stock
	state A
	mv "$T/state" "$T/without"
	leases "$(lease A)" "$(lease B)" "$(lease C)"
	wait_for 60 in_table A "$C_NET6 via"
	state A
	mv "$T/state" "$T/with"
	WITH=without
	flood_start b $A_POD $B_POD4 -t 400
}

# other_state: WITH = the other state, from now on in the registry.
other_state()
{
	if [ $WITH = with ]; then
		WITH=without
		leases "$(lease A)" "$(lease B)"
	else
		WITH=with
		leases "$(lease A)" "$(lease B)" "$(lease C)"
	fi
}

# no_loss: nothing of the flood was lost; says how often it was tried.
no_loss()
{
	flood_stop b
	eq $LOST 0 "packets lost"
	figure "$KILLS kills within $1 ms, $SENT packets, none lost"
}

# Killed again and again while it starts, with a peer that came or went
# meanwhile: the next one makes it right, and no packet is lost.
test_agent_killed_at_start() {
	two_states
	signal A KILL
	ends A
	start_timed
	kill_agent
	begin_killing
	while killing; do
		other_state
		moment $((KILLS / 2)) $((READY_MS + READY_MS / 8))
		: > "$T/A.log"
		agent A
		sleep $DELAY
		kill_agent
		start_timed
		is_exactly "$T/$WITH" "killed $DELAY s after its start"
		kill_agent
	done
	no_loss $READY_MS
}

# Killed while a peer is added or removed.
test_agent_killed_at_change() {
	two_states
	begin_killing
	while killing; do
		other_state
		moment $KILLS 60
		sleep $DELAY
		kill_agent
		start_timed
		is_exactly "$T/$WITH" "killed $DELAY s after a change"
	done
	no_loss 60
}

# own_leases: COUNT = leases with A's address.
own_leases()
{
	count_lines "$R" "\"PublicIP\": \"$A_IP4\""
}

# Killed while it takes its first lease and makes the device, or takes stock
# flannel's place: the next one ends up with one lease, and nothing in between
# is left over.
test_agent_killed_at_setup() {
	local first

	nodes A B
	leases "$(lease B)"
	start_timed
	first=$READY_MS
	own_subnets A
	in_table A "$SUBNET4/24 local" || fail "no subnet of its own"
	kill_agent
	begin_killing
	while killing; do
		ip -n $A link del $DEV
		moment $((KILLS / 4)) $((first + first / 8))
		if [ $((KILLS % 4)) = 0 ]; then
			leases "$(lease B)"
			rm "$T/A/subnet.env"
		else
			leases "$(lease A)" "$(lease B)"
			stock A
			peer A B
		fi
		: > "$T/A.log"
		agent A
		sleep $DELAY
		kill_agent
		start_timed
		own_leases
		eq $COUNT 1 "leases of A"
		own_subnets A
		in_table A "$SUBNET4/24 local" || fail "no subnet of its own"
		in_table A "$B_NET4 via $B_IP4" || fail "no peer"
		ip -n $A -o link show > "$T/links"
		count_lines "$T/links" flannel
		eq $COUNT 1 "devices of flannel's"
		ip -n $A route show > "$T/routes"
		count_lines "$T/routes" 10.244.
		eq $COUNT 1 "routes to pods"
		kill_agent
	done
	figure "$KILLS kills within $first ms"
}

# What one has left that died between deleting stock's device and giving ours its
# name: it is filled, and goes on.
test_agent_killed_before_rename() {
	nodes A B
	leases "$(lease A)" "$(lease B)"
	of A
	flanctl-genl -n $A -b - <<-EOF
	link add flannel-new vni 1 port 8472 local $IP4 local6 $IP6 dev eth0 address $MAC4 address6 $MAC6
	subnet add $B_NET4 via $B_IP4 lladdr $B_MAC4 owner agent generation 1 dev flannel-new
	EOF
	agent A
	ready A
	in_table A "$B_NET4 via $B_IP4" || fail "no entry"
	ip -n $A -o link show > "$T/links"
	shows_not "$T/links" flannel-new
	no said A "device $DEV is made"
}
