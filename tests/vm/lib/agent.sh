# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2034,SC2153,SC2154 # names without blanks, of topology.sh
# Agents: a registry in a file, the agent of a node, what it says and has done.

# registry [BACKEND MEMBERS [LEASES]]: a cluster, seen at once; $R is its file.
registry()
{
	R=$T/registry.json
	cat > "$R.new" <<-EOF
	{"config": {"Network": "$NETWORK4", "EnableIPv6": true,
		    "IPv6Network": "$NETWORK6",
		    "Backend": {${1:-"\"Type\": \"vxlan\""}}},
	 "subnets": {${2:-}}}
	EOF
	mv "$R.new" "$R"
}

# lease NODE [VTEPMAC]: the node's lease, as stock flannel would have written it.
lease()
{
	of "$1"
	printf '"%s-24&%s-64": {"PublicIP": "%s", "PublicIPv6": "%s", "BackendType": "vxlan", "BackendData": {"VNI": 1, "VtepMAC": "%s"}, "BackendV6Data": {"VNI": 1, "VtepMAC": "%s"}}' \
		$BASE4 $BASE6 $IP4 $IP6 "${2:-$MAC4}" "${3:-$MAC6}"
}

# leases LEASE...: the cluster has these from now on, seen at once.
leases()
{
	local one all=''

	for one; do
		all="$all${all:+, }$one"
	done
	registry '"Type": "vxlan"' "$all"
}

# agent NODE [FLAG...]: starts one; its words are in $T/NODE.log.
agent()
{
	local node="$1" ns

	shift
	eval "ns=\$$node ${node}_KIND=ours2"
	flanctl-genl -n "$ns" agent -registry "file:$R" -iface eth0 \
		-subnet-file "$T/$node/subnet.env" \
		-iptables-forward-rules=false "$@" \
		>> "$T/$node.log" 2>&1 < /dev/null &
	eval "${node}_AGENT=$!"
}

# signal NODE NAME: to its agent.
signal()
{
	eval "kill -$2 \$${1}_AGENT"
}

# ends NODE: its agent ends within a second; RC is its exit code.
ends()
{
	local pid

	eval "pid=\$${1}_AGENT"
	RC=0
	wait $pid || RC=$?
}

said()
{
	grep -q -- "$2" "$T/$1.log"
}

# ready NODE...: until its agent says so.
ready()
{
	local node

	for node; do
		(wait_for 90 said "$node" 'agent: ready') || {
			cat "$T/$node.log"
			fail "the agent of $node is not ready"
		}
	done
}

# again START NODE [FLAG...]: another agent with other flags, which START starts.
again()
{
	local start="$1" node="$2"

	shift 2
	signal $node TERM
	ends $node
	: > "$T/$node.log"
	$start $node "$@"
	ready $node
}

# own_subnets NODE: SUBNET4 and SUBNET6, without host bits, from subnet.env.
own_subnets()
{
	# shellcheck disable=SC1090,SC1091 # written by the agent
	. "$T/$1/subnet.env"
	SUBNET4=${FLANNEL_SUBNET%.*}.0 SUBNET6=${FLANNEL_IPV6_SUBNET%1/*}
}

in_table()
{
	fl "$1" subnet show dev $DEV > "$T/table"
	line_of "$T/table" "$2"
}

not_in_table()
{
	! in_table "$@"
}

# ping_from NODE ADDRESS: from the host itself.
ping_from()
{
	local ns

	eval "ns=\$$1"
	nsenter --net=/run/netns/$ns ping -q -c 1 -W 1 "$2" > /dev/null 2>&1
}

# beside_stock [LEASE...]: A with an agent, B as stock flannel has it, and further
# leases; both know each other.
beside_stock()
{
	nodes A B
	pods A B
	stock B
	leases "$(lease A)" "$(lease B)" "$@"
	agent A
	ready A
	peer B A
}
