# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# The agent with a registry in a file: nodes that nobody sets up by hand, what
# a peer or an administrator does to them, and taking over from stock flannel.

# Three nodes that nobody has set up by hand reach each other in both families;
# device, address, route and subnet.env are stock flannel's.
test_agent_cluster() {
	nodes A B C
	registry
	agent A
	ready A
	agent B
	ready B
	agent C
	ready C
	own_subnets C
	wait_for 60 in_table A "$SUBNET4/24 via $C_IP4"
	wait_for 60 in_table A "$SUBNET6/64 via $C_IP6"
	wait_for 60 ping_from A $SUBNET4
	wait_for 60 ping_from A $SUBNET6
	own_subnets A
	wait_for 60 in_table B "$SUBNET4/24 via $A_IP4"
	wait_for 60 ping_from B $SUBNET4

	cat > "$T/expected" <<-EOF
	FLANNEL_NETWORK=$NETWORK4
	FLANNEL_SUBNET=${SUBNET4%.0}.1/24
	FLANNEL_IPV6_NETWORK=$NETWORK6
	FLANNEL_IPV6_SUBNET=${SUBNET6}1/64
	FLANNEL_MTU=1450
	FLANNEL_IPMASQ=false
	EOF
	cmp "$T/expected" "$T/A/subnet.env" || fail "$(cat "$T/A/subnet.env")"
	ip -n $A address show dev $DEV > "$T/addresses"
	shows "$T/addresses" "inet $SUBNET4/32"
	shows "$T/addresses" "inet6 $SUBNET6/128"
	ip -n $A route show dev $DEV > "$T/routes"
	shows "$T/routes" "$NETWORK4 via $ONLINK4"
	count_lines "$T/routes" via
	eq $COUNT 1 "routes into the device"
}

# Stock flannel's nodes are peers like any other.
test_agent_beside_stock() {
	beside_stock
	wait_for 60 in_table A "$B_NET4 via $B_IP4 lladdr $B_MAC4"
	wait_for 60 in_table A "$B_NET6 via $B_IP6 lladdr $B_MAC6"
	talk A B
	talk B A
}

# The agent ends and starts again, is killed and starts again: not one packet is
# lost, the MAC that peers know stays, and what has gone meanwhile goes.
test_agent_restart() {
	local mac i

	beside_stock "$(lease C)"
	in_table A "$C_NET4 via" || fail "no entry for C"
	mac=$(fl A -j link show $DEV)
	flood_start b $A_POD $B_POD4
	for i in TERM KILL TERM; do
		signal A $i
		ends A
		: > "$T/A.log"
		[ $i != KILL ] || leases "$(lease A)" "$(lease B)"
		agent A
		ready A
	done
	wait_for 60 not_in_table A "$C_NET4 via"
	flood_stop b
	eq $LOST 0 "packets lost"
	eq "$(fl A -j link show $DEV)" "$mac" "the device"
	signal A TERM
	ends A
	eq $RC 0 "exit code"
	talk A B
}

# A peer's lease that makes no sense is refused by itself, with its reason.
test_agent_bad_leases() {
	local bad='{"PublicIP": "192.168.77.66", "BackendType": "vxlan", "BackendData": {"VtepMAC": "02:f1:00:00:00:66"}}'

	beside_stock
	flood_start b $A_POD $B_POD4
	leases "$(lease A)" "\"garbage\": \"x\"" "\"10.244.9.0-24\": 7" \
		"\"8.8.8.0-24\": $bad" "\"192.168.77.0-24\": $bad" \
		"\"10.244.0.0-16\": $bad" "\"10.244.0.0-15\": $bad" \
		"\"0.0.0.0-0\": $bad" "\"10.244.40.7-24\": $bad" \
		"\"10.244.41.0-24\": {\"PublicIP\": \"127.0.0.1\", \"BackendType\": \"vxlan\", \"BackendData\": {\"VtepMAC\": \"02:f1:00:00:00:66\"}}" \
		"\"10.244.42.0-24\": {\"PublicIP\": \"$A_IP4\", \"BackendType\": \"vxlan\", \"BackendData\": {\"VtepMAC\": \"02:f1:00:00:00:66\"}}" \
		"\"10.244.43.0-24\": {\"PublicIP\": \"192.168.77.67\", \"BackendType\": \"wireguard\"}" \
		"\"10.244.44.0-24\": $bad" "$(lease B)"
	wait_for 60 in_table A "10.244.44.0/24 via 192.168.77.66"
	flood_stop b
	eq $LOST 0 "packets lost"
	fl A subnet show dev $DEV > "$T/table"
	count_lines "$T/table" "10.244."
	eq $COUNT 3 "IPv4 entries"
	for key in garbage 8.8.8.0-24 192.168.77.0-24 10.244.41.0-24 \
		   10.244.42.0-24 10.244.43.0-24; do
		said A "lease $key is refused: " || fail "no word about $key"
	done
	talk A B
}

# The registry's file is broken, empty, gone: what was told last stands.
test_agent_broken_registry() {
	beside_stock
	flood_start b $A_POD $B_POD4
	echo '{"config": {"Netw' > "$R"
	wait_for 60 said A 'registry cannot be read'
	: > "$R"
	sleep 0.5
	rm "$R"
	sleep 0.5
	leases "$(lease A)" "$(lease B)" "$(lease C)"
	wait_for 60 in_table A "$C_NET4 via"
	flood_stop b
	eq $LOST 0 "packets lost"
}

# The device is deleted, its route, its address: all comes back, with its MAC.
test_agent_repairs() {
	local mac

	beside_stock
	talk A B
	ip -n $A link del $DEV
	wait_for 60 in_table A "$B_NET4 via"
	wait_for 60 ping_from A $B_BASE4
	ip -n $A route del $NETWORK4 dev $DEV
	wait_for 60 ping_from A $B_BASE4
	ip -n $A address del $A_BASE4/32 dev $DEV
	ip -n $A link set $DEV down
	wait_for 60 ping_from A $B_BASE4
	flanctl-genl -n $A subnet flush dev $DEV
	signal A HUP
	wait_for 60 in_table A "$B_NET4 via"
	talk A B
	talk B A
}

# The node gets another address: it is published under the same subnet.
test_agent_address_change() {
	nodes A B
	registry
	agent A
	ready A
	agent B
	ready B
	own_subnets B
	wait_for 60 in_table A "$SUBNET4/24 via $B_IP4"
	ip -n $B address add 192.168.77.99/24 dev eth0
	ip -n $B address del $B_IP4/24 dev eth0
	ip -n $B address add 192.168.77.99/24 dev eth0 2> /dev/null || :
	wait_for 60 in_table A "$SUBNET4/24 via 192.168.77.99"
	wait_for 60 ping_from A $SUBNET4
}

# More than half of a table that goes at once is held back, and said.
test_agent_holds_deletions() {
	local n many=''

	nodes A
	for n in 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do
		many="$many, \"10.244.$n.0-24\": {\"PublicIP\": \"192.168.77.$n\", \"BackendType\": \"vxlan\", \"BackendData\": {\"VtepMAC\": \"02:f1:00:00:01:$n\"}}"
	done
	leases "$(lease A)$many"
	agent A
	ready A
	in_table A 10.244.24.0/24 || fail "no entry"
	leases "$(lease A)"
	wait_for 60 said A 'held back for 300 s'
	in_table A 10.244.24.0/24 || fail "removed at once"
	signal A USR1
	wait_for 60 not_in_table A 10.244.24.0/24
}

# Stock flannel's devices are replaced in place: MACs stay, what belonged to
# them goes, and the gap is well below a second.
test_agent_takeover() { # timed
	nodes A B
	pods A B
	stock A
	stock B
	peers 4 6 A B
	leases "$(lease A)" "$(lease B)"
	talk A B
	flood_start b $A_POD $B_POD4
	agent A
	ready A
	sleep 1
	flood_stop b
	timed "nothing came through" $GAP 1000
	said A "is stock flannel's: taking its place" || fail "no takeover"
	fl A -o link show > "$T/links"
	shows "$T/links" $DEV "address $A_MAC4"
	shows "$T/links" "address6 $A_MAC6"
	no ip -n $A link show flannel-v6.1
	ip -n $A route > "$T/routes"
	shows_not "$T/routes" "$B_NET4"
	talk A B
	talk B A
}

# Somebody else has the port: stock's devices stay as they are, exit code 1.
test_agent_takeover_refused() {
	nodes A B
	pods A B
	stock A
	stock B
	peers 4 6 A B
	leases "$(lease A)" "$(lease B)"
	ip -n $A link add other type vxlan id 77 dev eth0 local $A_IP4 \
		dstport 8472 nolearning
	agent A
	ends A
	eq $RC 1 "exit code"
	said A 'port 8472 is that of the vxlan device other' ||
		fail "$(cat "$T/A.log")"
	talk A B
	talk B A
}

# without_module: it is gone, and the kernel cannot get it by itself.
without_module()
{
	read -r MODPROBE < /proc/sys/kernel/modprobe
	trap with_module EXIT
	module_unload
	echo /bin/false > /proc/sys/kernel/modprobe
}

with_module()
{
	trap - EXIT
	echo "$MODPROBE" > /proc/sys/kernel/modprobe
	module_load
}

# A node without the module says so, once, and goes on when it is there.
test_agent_without_module() {
	nodes A
	leases "$(lease A)" "$(lease B)"
	without_module
	agent A
	wait_for 60 said A "cannot make $DEV: kernel module 'flannel' is not loaded"
	sleep 2.5
	count_lines "$T/A.log" "is not loaded"
	eq $COUNT 1 "lines about it"
	with_module
	ready A
	in_table A "$B_NET4 via $B_IP4" || fail "no entry"
}

# With stock's devices at work it leaves them, and ends.
test_agent_takeover_without_module() {
	nodes A B
	pods A B
	stock A
	stock B
	peers 4 6 A B
	leases "$(lease A)" "$(lease B)"
	without_module
	agent A
	ends A
	eq $RC 1 "exit code"
	said A "is not loaded" || fail "$(cat "$T/A.log")"
	talk A B
	talk B A
}

# One agent a subnet file, one a network; agents of two networks are fine.
test_agent_alone() {
	nodes A
	leases "$(lease A)"
	agent A
	ready A
	no flanctl-genl -n $A agent -registry "file:$R" -iface eth0 \
		-subnet-file "$T/A/subnet.env"
	no flanctl-genl -n $A agent -registry "file:$R" -iface eth0 \
		-subnet-file "$T/other.env" -iptables-forward-rules=false
	has "$(cat "$T/out")" "another agent" "the second agent"
}

# What cannot work is refused before anything is touched, by name.
test_agent_refusals() {
	nodes A
	registry
	for flag in -subnet-lease-renew-margin=0 -ip-masq=maybe -public-ip=fd00::1 \
		    -routes=some -source-check=none -healthz-port=70000 \
		    -no-such-flag; do
		rc=0
		flanctl-genl -n $A agent $flag > "$T/out" 2>&1 || rc=$?
		eq $rc 1 "exit code of $flag"
		has "$(cat "$T/out")" "${flag%%=*}" "$flag"
	done
	registry '"Type": "ipsec"'
	agent A
	ends A
	eq $RC 1 "exit code for a backend that is not ours"
	said A "backend 'ipsec' is not supported" || fail "$(cat "$T/A.log")"
	no ip -n $A link show $DEV
}

# A device that cannot be changed into what the agent wants stays as it is.
test_agent_keeps_device() {
	nodes A B
	leases "$(lease A)" "$(lease B)"
	agent A
	ready A
	signal A TERM
	ends A
	registry '"Type": "vxlan", "MTU": 100' "$(lease A), $(lease B)"
	agent A
	wait_for 60 said A "cannot change $DEV: .*mtu"
	in_table A "$B_NET4 via $B_IP4" || fail "the device is not what it was"
	ip -n $A -o link show $DEV > "$T/link"
	shows "$T/link" " mtu 1450 "
	signal A TERM
	ends A
}

# agent --cleanup leaves nothing of ours.
test_agent_cleanup() {
	nodes A
	leases "$(lease A)" "$(lease B)"
	agent A -ip-blackhole-route
	ready A
	ip -n $A route > "$T/routes"
	shows "$T/routes" blackhole $A_NET4
	signal A TERM
	ends A
	flanctl-genl -n $A agent -cleanup -subnet-file "$T/A/subnet.env"
	no ip -n $A link show $DEV
	ip -n $A route > "$T/routes"
	shows_not "$T/routes" 102
	[ ! -e "$T/A/subnet.env" ] || fail "subnet.env is left"
}

# host-gw: routes of the host through nexthops, no device; and back and forth
# between direct routes and the overlay with DirectRouting.
test_agent_host_gw() {
	nodes A B
	registry '"Type": "host-gw"'
	agent A
	ready A
	agent B
	ready B
	own_subnets B
	ip -n $B address add $SUBNET4/32 dev lo
	ip -n $A route > "$T/routes"
	wait_for 60 ping_from A $SUBNET4
	ip -n $A route > "$T/routes"
	shows "$T/routes" "$SUBNET4/24" "via $B_IP4" "102"
	no ip -n $A link show $DEV
	grep -q FLANNEL_MTU=1500 "$T/A/subnet.env" || fail "MTU"
}

# With DirectRouting the table has every peer, and a route lies above it.
test_agent_direct_routing() {
	nodes A B
	registry '"Type": "vxlan", "DirectRouting": true'
	agent A
	ready A
	agent B
	ready B
	own_subnets B
	wait_for 60 in_table A "$SUBNET4/24 via $B_IP4"
	wait_for 60 ping_from A $SUBNET4
	wait_for 60 direct_to_b
	ip -n $A route > "$T/routes"
	shows "$T/routes" "$NETWORK4 via $ONLINK4"
}

# direct_to_b: A's way to B's subnet is the underlay.
direct_to_b()
{
	ip -n $A route get $SUBNET4 > "$T/route"
	line_of "$T/route" "via $B_IP4 dev eth0"
}
