# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# What changes under an agent, and what stock flannel makes of it only after a
# restart, or never: tests/README.md has the comparison.

NEW4=02:f1:00:00:0b:02 NEW6=02:f1:06:00:0b:02

# b_is ADDRESS MAC: that is the only VTEP of B's that A has for IPv4.
b_is()
{
	fl A subnet show dev $DEV > "$T/table"
	line_of "$T/table" "$B_NET4 via $1 lladdr $2" || return 1
	fl A vtep show dev $DEV > "$T/vteps"
	count_lines "$T/vteps" 192.168.77.
	[ $COUNT = 1 ]
}

# b_moves ADDRESS: B, of stock flannel, has this address and new MACs.
b_moves()
{
	of B
	ip -n $NS address add $1/24 dev eth0
	ip -n $NS -batch - <<-EOF
	link del $DEV
	link del flannel-v6.1
	address del $IP4/24 dev eth0
	EOF
	# What the address was the first of goes with it.
	ip -n $NS address replace $1/24 dev eth0
	# shellcheck disable=SC2034 # of reads them
	B_IP4=$1 B_MAC4=$NEW4 B_MAC6=$NEW6
	stock B
	peer B A
}

# A peer gets another MAC, then another address and a third MAC: the old VTEP is
# gone with the change, where stock's FDB keeps it.
test_changes_peer() {
	beside_stock
	b_is $B_IP4 $B_MAC4 || fail "$(cat "$T/table" "$T/vteps")"
	leases "$(lease A)" "$(lease B 02:f1:00:00:0a:02 02:f1:06:00:0a:02)"
	wait_for 60 b_is $B_IP4 02:f1:00:00:0a:02
	b_moves 192.168.77.99
	leases "$(lease A)" "$(lease B)"
	wait_for 60 b_is 192.168.77.99 $NEW4
	talk A B
	talk B A
}

# The same while no agent runs, and while it runs but hears nothing.
test_changes_peer_unheard() {
	beside_stock
	signal A KILL
	ends A
	leases "$(lease A)" "$(lease B 02:f1:00:00:0a:02 02:f1:06:00:0a:02)"
	: > "$T/A.log"
	agent A
	ready A
	wait_for 60 b_is $B_IP4 02:f1:00:00:0a:02
	signal A STOP
	leases "$(lease A)"
	b_moves 192.168.77.99
	leases "$(lease A)" "$(lease B)"
	signal A CONT
	wait_for 60 b_is 192.168.77.99 $NEW4
	talk A B
	talk B A
}

# The underlay goes down, loses its addresses and comes back: so do the overlay
# and, with DirectRouting, the routes beside it.
test_changes_underlay() {
	local way

	nodes A B
	pods A B
	registry '"Type": "vxlan", "DirectRouting": true' \
		"$(lease A), $(lease B)"
	agent A
	agent B
	ready A B
	for way in down flush; do
		wait_for 60 direct
		talk A B 4
		case $way in
		down)	ip -n $A link set eth0 down ;;
		flush)	ip -n $A address flush dev eth0 scope global ;;
		esac
		sleep 0.3
		ip -n $A -batch - <<-EOF
		link set eth0 up
		address replace $A_IP4/24 dev eth0
		address replace $A_IP6/64 dev eth0 nodad
		EOF
	done
	wait_for 60 direct
	wait_for 60 answers $B_POD6
	talk A B
	talk B A
}

# answers ADDRESS: neighbours have found each other again.
answers()
{
	flow -q -w 300 icmp $A_POD $B_POD $1 2> /dev/null
}

# direct: B's pods are reached by a route beside the overlay.
direct()
{
	ip -n $A route get $B_POD4 > "$T/route"
	line_of "$T/route" "via $B_IP4 dev eth0" || return 1
	ip -n $A route get $B_POD6 > "$T/route"
	line_of "$T/route" "via $B_IP6 dev eth0"
}

# IPv6 alone: two nodes have two subnets, though neither has an IPv4 address to
# publish, and a device that somebody has deleted comes back with all there was.
test_changes_ipv6_only() {
	nodes A B
	registry
	sed -i 's/"Network": [^,]*,/"EnableIPv4": false,/' "$R"
	agent A
	ready A
	agent B
	ready B
	six B
	wait_for 60 in_table A "$SUBNET6/64 via $B_IP6"
	wait_for 60 ping_from A $SUBNET6
	six A
	wait_for 60 ping_from B $SUBNET6
	ip -n $A link del $DEV
	wait_for 60 ping_from B $SUBNET6
	six B
	wait_for 60 ping_from A $SUBNET6
}

# six NODE: SUBNET6, of a subnet.env without IPv4.
six()
{
	# shellcheck disable=SC1090 # written by the agent
	. "$T/$1/subnet.env"
	SUBNET6=${FLANNEL_IPV6_SUBNET%1/*}
	grep -q FLANNEL_SUBNET "$T/$1/subnet.env" && fail "an IPv4 subnet"
	return 0
}

# Nobody else changes the MAC that peers send to: systemd and NetworkManager do
# that to stock's device, which is a black hole from then on.
test_changes_mac() {
	beside_stock
	no ip -n $A link set $DEV address 02:00:00:00:00:77
	fl A -o link show > "$T/links"
	shows "$T/links" "address $A_MAC4"
	talk B A
}
