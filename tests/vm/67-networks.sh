# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034,SC2086,SC2153,SC2154 # names without blanks, of lib/
# Several agents on one node: each for a network of its own.

# red and blue: from here on it is about that network, its registry and files.
red()
{
	COLOUR=red R=$T/red.json
}

blue()
{
	COLOUR=blue R=$T/blue.json
}

# two_registries: of networks that have nothing in common but their nodes.
two_registries()
{
	cat > "$T/red.json" <<-EOF
	{"config": {"Network": "10.244.0.0/16", "EnableNFTables": true,
		    "Backend": {"Type": "vxlan", "VNI": 1}},
	 "subnets": {}}
	EOF
	cat > "$T/blue.json" <<-EOF
	{"config": {"Network": "10.99.0.0/16", "EnableNFTables": true,
		    "SubnetLen": 26, "Backend": {"Type": "vxlan", "VNI": 2}},
	 "subnets": {}}
	EOF
}

# start NODE: its agent for the network, with rules.
start()
{
	agent $1 -subnet-file="$T/$1-$COLOUR/subnet.env" -ip-masq \
		-iptables-forward-rules=true -guard
	eval "${1}_$COLOUR=\$${1}_AGENT"
}

# base NODE: BASE = the first address of its subnet.
base()
{
	# shellcheck disable=SC1090 # written by the agent
	. "$T/$1-$COLOUR/subnet.env"
	BASE=${FLANNEL_SUBNET%/*}
	BASE=${BASE%.*}.$((${BASE##*.} - 1))
}

# connected: both ways between the hosts, through the network's device.
connected()
{
	base B
	wait_for 60 ping_from A $BASE
	base A
	wait_for 60 ping_from B $BASE
}

# running NODE: agents of the node that are ready, so many in all.
running()
{
	local node="$1" number="$2"

	(wait_for 90 ready_times $node $number) || {
		cat "$T/$node.log"
		fail "not $number agents of $node are ready"
	}
}

ready_times()
{
	[ -e "$T/$1.log" ] || return 1
	count_lines "$T/$1.log" 'agent: ready'
	[ $COUNT -ge $2 ]
}

cleanup_blue()
{
	flanctl-genl -n $A agent -registry "file:$T/blue.json" \
		-subnet-file "$T/A-blue/subnet.env" -cleanup > "$T/out" 2>&1
}

# Two agents a node, for two networks with a VNI and a subnet file each: devices,
# subnets and rules are beside each other, and one ends without the other.
test_networks_two() {
	local rc red

	nodes A B
	two_registries
	for node in A B; do
		red
		start $node
		running $node 1
		blue
		start $node
		running $node 2
	done
	red
	connected
	blue
	connected
	fl A -o link show > "$T/links"
	shows "$T/links" flannel.1 "vni 1 " "network 10.244.0.0/16"
	shows "$T/links" flannel.2 "vni 2 " "network 10.99.0.0/16"
	grep -q FLANNEL_NETWORK=10.99.0.0/16 "$T/A-blue/subnet.env" ||
		fail "not the blue network"
	nsctl $A -- nft list tables > "$T/tables"
	count_lines "$T/tables" "ip flannel-ipv4-"
	eq $COUNT 2 "tables"
	red=$(ip -n $A -o link show flannel.1 | cut -d : -f 1)

	# Blue does not go while it runs. When it has ended it does; red neither
	# notices nor loses its rules.
	rc=0
	cleanup_blue || rc=$?
	eq $rc 1 "exit code while it runs"
	has "$(cat "$T/out")" "stop the agent first" "while it runs"
	kill -TERM $A_blue
	wait $A_blue || fail "it does not end as it should"
	cleanup_blue || fail "$(cat "$T/out")"
	has "$(cat "$T/out")" "flannel.1 and its network stay" "red"
	nsctl $A -- nft list tables > "$T/tables"
	count_lines "$T/tables" "ip flannel-ipv4-"
	eq $COUNT 1 "tables without blue"
	ip -n $A route > "$T/routes"
	shows "$T/routes" 10.244.0.0/16 "dev flannel.1"
	shows_not "$T/routes" 10.99.
	fl A -o link show > "$T/links"
	shows_not "$T/links" flannel.2
	red
	base B
	wait_for 60 ping_from A $BASE
	eq "$(ip -n $A -o link show flannel.1 | cut -d : -f 1)" $red "red's device"
}

# A second agent for a device, or for a subnet file, says which and ends with 1;
# the first one goes on.
test_networks_refused() {
	local rc=0

	nodes A
	two_registries
	red
	start A
	running A 1
	flanctl-genl -n $A agent -registry "file:$T/blue.json" -iface eth0 \
		-subnet-file "$T/A-red/subnet.env" > "$T/out" 2>&1 || rc=$?
	eq $rc 1 "exit code for the same subnet file"
	has "$(cat "$T/out")" "$T/A-red/subnet.env" "the same subnet file"
	rc=0
	flanctl-genl -n $A agent -registry "file:$T/red.json" -iface eth0 \
		-subnet-file "$T/other/subnet.env" > "$T/out" 2>&1 || rc=$?
	eq $rc 1 "exit code for the same device"
	has "$(cat "$T/out")" "another agent" "the same device"
	has "$(cat "$T/out")" "VNI 1" "the same device"
	signal A 0 || fail "the first agent has ended"
	in_table A local || fail "the first agent's entry has gone"
}
