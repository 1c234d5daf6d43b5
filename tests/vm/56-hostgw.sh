# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# Routes instead of the overlay: host-gw against a stock node, and DirectRouting
# beside vxlan, both ways under traffic. What host-gw does without the module is
# in tests/unit/hostgw.

# lease NODE TYPE: VALUE = what the node has in the registry.
lease()
{
	of "$1"
	case $2 in
	vxlan)	VALUE="\"BackendType\":\"vxlan\",\"BackendData\":{\"VNI\":1,\"VtepMAC\":\"$MAC4\"},\"BackendV6Data\":{\"VNI\":1,\"VtepMAC\":\"$MAC4\"}" ;;
	*)	VALUE="\"BackendType\":\"$2\"" ;;
	esac
	VALUE="{\"PublicIP\":\"$IP4\",\"PublicIPv6\":\"$IP6\",$VALUE}"
	KEY="$BASE4-24&$BASE6-64"
}

# registry BACKEND TYPE NODE...: a file registry with the nodes' leases.
registry()
{
	local backend="$1" type="$2" node sep=''

	shift 2
	{
		echo "{\"config\":{\"Network\":\"$NETWORK4\",\"EnableIPv6\":true,\"IPv6Network\":\"$NETWORK6\",\"Backend\":$backend},\"subnets\":{"
		for node; do
			lease "$node" "$type"
			echo "$sep\"$KEY\":$VALUE"
			sep=,
		done
		echo "}}"
	} > "$T/registry"
}

# synced NODE DEVICE [TEXT]: sync succeeds, and TEXT is in what it says.
synced()
{
	fl "$1" sync "file:$T/registry" dev "$2" > "$T/said" 2>&1 ||
		fail "$(cat "$T/said")"
	has "$(cat "$T/said")" "${3:-}" sync
}

# rp_filter MODE NODE...
rp_filter()
{
	local mode="$1" node ns

	shift
	for node; do
		eval "ns=\$$node"
		nsctl $ns net.ipv4.conf.all.rp_filter=$mode \
			net.ipv4.conf.eth0.rp_filter=$mode
	done
}

# host-gw and a node with stock flannel's routes, whatever the reverse path
# filter of the underlay.
test_hostgw_stock() { # smoke
	local mode

	nodes A B
	pods A B
	ip -n $B -batch - <<-EOF
	route add $A_NET4 via $A_IP4 dev eth0
	route add $A_NET6 via $A_IP6 dev eth0
	EOF
	registry '{"Type":"host-gw"}' host-gw A B
	synced A eth0 "2 added, 0 changed, 0 removed, 0 unchanged, 0 refused"
	for mode in 0 1 2; do
		rp_filter $mode A B
		talk A B
		talk B A
	done
	synced A eth0 "0 added, 0 changed, 0 removed, 2 unchanged, 0 refused"
	fl A subnet show > "$T/table"
	shows "$T/table" "$B_NET4 via $B_IP4 way direct" "way-dev eth0"
	shows "$T/table" "$B_NET6 via $B_IP6 way direct" "way-dev eth0"
}

# way_of FAMILY: WAY = how A gets to B's subnet.
way_of()
{
	local net

	eval "net=\$B_NET$1"
	fl A -d subnet show dev $DEV > "$T/table"
	line_of "$T/table" "$net " || fail "no entry for $net"
	WAY=${LINE#* way }
	WAY=${WAY%% *}
}

# DirectRouting: a peer on the link is reached by a route, behind a router by
# the overlay; it moves there and back, under a flood that loses at most one
# packet a change.
test_auto_switch() { # smoke limit=400
	local round

	nodes A B C
	pods A B
	ours A
	ours B
	peer B A
	nsctl $A net.ipv4.conf.all.accept_redirects=0
	nsctl $C net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.eth0.send_redirects=0
	registry '{"Type":"vxlan","DirectRouting":true}' vxlan A B
	synced A $DEV
	talk A B
	way_of 4
	eq "$WAY" direct "the way on the link, IPv4"
	way_of 6
	eq "$WAY" direct "the way on the link, IPv6"
	flood_start v4 $A_POD $B_POD4
	flood_start v6 $A_POD $B_POD6
	for round in 1 2; do
		ip -n $A route add $B_IP4/32 via $C_IP4
		ip -n $A route add $B_IP6/128 via $C_IP6
		synced A $DEV "behind $C_IP4 dev eth0"
		way_of 4
		eq "$WAY" vxlan "the way behind a router, IPv4"
		has "$LINE" "behind $C_IP4 dev eth0" "why"
		way_of 6
		eq "$WAY" vxlan "the way behind a router, IPv6"
		ip -n $A route del $B_IP4/32
		ip -n $A route del $B_IP6/128
		synced A $DEV "2 added"
		way_of 4
		eq "$WAY" direct "the way back on the link"
		diag "round $round"
	done
	# The route goes for any reason: the overlay is there already.
	ip -n $A nexthop flush proto 102
	way_of 4
	eq "$WAY" vxlan "the way without the nexthop"
	flood_stop v4
	[ $LOST -le 5 ] || fail "lost $LOST of $SENT over IPv4"
	flood_stop v6
	[ $LOST -le 5 ] || fail "lost $LOST of $SENT over IPv6"
	synced A $DEV "2 added"
	# DirectRouting is turned off: the routes go, the entries stay.
	registry '{"Type":"vxlan"}' vxlan A B
	synced A $DEV "2 removed"
	talk A B
	eq "$(ip -n $A route show proto 102)" "" "routes of ours"
}

# One side by a route, the other by the overlay: rp_filter 0 and 2 take it.
test_auto_one_side() {
	local mode

	nodes A B
	pods A B
	ours A
	ours B
	peer B A
	registry '{"Type":"vxlan","DirectRouting":true}' vxlan A B
	synced A $DEV
	for mode in 0 2; do
		rp_filter $mode A B
		talk A B
		talk B A
	done
}
