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

# IPv4 pods over IPv6 next hops, where the registry has no IPv4 address of the
# nodes: routes of ours on one end, a hand-made one on the other.
test_hostgw_ipv6_next_hop() {
	nodes A B
	pods A B
	ip -n $A address del $A_IP4/24 dev eth0
	ip -n $B address del $B_IP4/24 dev eth0
	ip -n $B route add $A_NET4 via inet6 $A_IP6 dev eth0
	ip -n $B route add $A_NET6 via $A_IP6 dev eth0
	cat > "$T/registry" <<-EOF
	{"config": {"Network": "$NETWORK4", "EnableIPv6": true,
		    "IPv6Network": "$NETWORK6", "Backend": {"Type": "host-gw"}},
	 "subnets": {
	 "$A_BASE4-24&$A_BASE6-64": {"PublicIP": "0.0.0.0",
		"PublicIPv6": "$A_IP6", "BackendType": "host-gw"},
	 "$B_BASE4-24&$B_BASE6-64": {"PublicIP": "0.0.0.0",
		"PublicIPv6": "$B_IP6", "BackendType": "host-gw"}}}
	EOF
	synced A eth0 "2 added, 0 changed, 0 removed, 0 unchanged, 0 refused"
	has "$(ip -n $A route show $B_NET4)" "via inet6 $B_IP6 dev eth0" route
	talk A B
	talk B A
	fl A subnet show > "$T/table"
	shows "$T/table" "$B_NET4 via $B_IP6 way direct" "way-dev eth0"
}

# With routes a pod has the underlay's whole MTU; a narrower underlay is told
# about by the host, as of any route.
test_hostgw_mtu() {
	nodes A B
	pods A B
	for node in A B; do
		of $node
		nsctl $POD -- ip link set eth0 mtu 1500
		nsctl $NS -- ip link set cni0 mtu 1500
	done
	registry '{"Type":"host-gw"}' host-gw A B
	synced A eth0
	synced B eth0
	wire_start under $B eth0
	pkt $A_POD encap=none proto=udp df=1 src=$A_POD4 dst=$B_POD4 len=1472 \
		, src=$A_POD6 dst=$B_POD6 len=1452
	wire_stop under
	shows "$T/under.wire" dir=in len=1500 " v=4 " " frag=0 "
	shows "$T/under.wire" dir=in len=1500 " v=6 " " frag=0 "
	ip -n $A link set eth0 mtu 1400
	ip -n $B link set eth0 mtu 1400
	synced A eth0
	wire_start pod $A_POD eth0
	pkt $A_POD encap=none proto=udp df=1 src=$A_POD4 dst=$B_POD4 len=1373 \
		, src=$A_POD6 dst=$B_POD6 len=1353
	pod_learns_mtu 1400
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
test_auto_switch() { # smoke
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

# agents NODE...: one each, of the registry in $T/registry, with AGENT_FLAGS; what
# they say is in $T/NODE.log. They are ready when this returns.
agents()
{
	local node ns

	for node; do
		eval "ns=\$$node"
		flanctl-genl -n "$ns" agent -registry "file:$T/registry" \
			-iface eth0 -subnet-file "$T/$node/subnet.env" \
			-iptables-forward-rules=false ${AGENT_FLAGS:-} \
			> "$T/$node.log" 2>&1 < /dev/null &
		eval "${node}_AGENT=$!"
	done
	for node; do
		(wait_for 60 says "$node" 'agent: ready') || {
			cat "$T/$node.log"
			fail "the agent of $node is not ready"
		}
	done
}

# agents_again: the agents of A and B end, and are started again.
agents_again()
{
	local node

	for node in A B; do
		eval "kill \$${node}_AGENT; wait \$${node}_AGENT" ||
			fail "exit code $?"
	done
	agents A B
}

says()
{
	grep -q -e "$2" "$T/$1.log"
}

# on_way NODE WAY: both families of the other node's subnets go that way.
on_way()
{
	local node="$1" way="$2" other=B

	[ "$node" = A ] || other=A
	of $other
	fl "$node" -d subnet show dev $DEV > "$T/table"
	line_of "$T/table" "$NET4 " " way $way " &&
		line_of "$T/table" "$NET6 " " way $way "
}

# moves NODE add|del [BATCH COMMAND]: for it, the other one is behind C, or on
# the link.
moves()
{
	local node="$1" what="$2" other=B

	[ "$node" = A ] || other=A
	of $other
	shift 2
	set -- "route $what $IP4/32 via $C_IP4" \
		"route $what $IP6/128 via $C_IP6" "$@"
	eval "NS=\$$node"
	printf '%s\n' "$@" | ip -n $NS -batch -
}

# floods_start, floods_stop WHAT MOST: both families, from A; at most so many
# packets of each are lost.
floods_start()
{
	flood_start v4 $A_POD $B_POD4
	flood_start v6 $A_POD $B_POD6
}

floods_stop()
{
	flood_stop v4
	[ $LOST -le $2 ] || fail "$1: lost $LOST of $SENT over IPv4"
	flood_stop v6
	[ $LOST -le $2 ] || fail "$1: lost $LOST of $SENT over IPv6"
}

# two_agents: A and B with an agent each and DirectRouting, C is a router.
two_agents()
{
	nodes A B C
	pods A B
	nsctl $A net.ipv4.conf.all.accept_redirects=0 \
		net.ipv6.conf.eth0.accept_redirects=0
	nsctl $B net.ipv4.conf.all.accept_redirects=0 \
		net.ipv6.conf.eth0.accept_redirects=0
	nsctl $C net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.eth0.send_redirects=0
	registry '{"Type":"vxlan","DirectRouting":true}' vxlan A B
	agents A B
	wait_for 60 on_way A direct
	wait_for 60 on_way B direct
	flow -q icmp $A_POD $B_POD $B_POD4
	flow -q icmp $A_POD $B_POD $B_POD6
}

# The agents follow a peer that moves behind a router and back, one end after
# the other and both at once: at most one packet is lost a change. On the wire
# is what the way says.
test_auto_agents() {
	local round node way what

	two_agents
	for round in 1 2 3; do
		for way in vxlan direct; do
			what=add
			[ $way = vxlan ] || what=del
			floods_start
			for node in A B; do
				moves $node $what
				[ $round = 3 ] ||
					wait_for 60 on_way $node $way
			done
			wait_for 60 on_way A $way
			wait_for 60 on_way B $way
			floods_stop "round $round, to $way" 1
			wire_start under $B eth0
			flow -q icmp $A_POD $B_POD $B_POD4
			flow -q icmp $A_POD $B_POD $B_POD6
			wire_stop under
			if [ $way = direct ]; then
				shows_not "$T/under.wire" " o.dport=8472 "
				shows "$T/under.wire" dir=in " src=$A_POD4 "
			else
				shows "$T/under.wire" " o.dport=8472 " \
					" src=$A_POD4 "
				shows "$T/under.wire" " o.dport=8472 " \
					" src=$A_POD6 "
				shows_not "$T/under.wire" "=0 v=4 src=$A_POD4 "
			fi
		done
	done
	# The link goes and comes back: so does the way.
	ip -n $A -batch - <<-EOF
	link set eth0 down
	link set eth0 up
	address replace $A_IP6/64 dev eth0 nodad
	EOF
	wait_for 60 on_way A direct
	talk A B
	# The peer's network is not the link's any more, and is again.
	floods_start
	ip -n $A -batch - <<-EOF
	route add $C_IP4/32 dev eth0
	route add 192.168.77.0/28 via $C_IP4
	EOF
	wait_for 60 way_is A 4 vxlan
	ip -n $A route del 192.168.77.0/28
	wait_for 60 way_is A 4 direct
	ip -n $A nexthop flush proto 102
	wait_for 60 on_way A direct
	floods_stop "other changes" 2
}

# way_is NODE FAMILY WAY
way_is()
{
	way_of $2
	[ "$WAY" = $3 ]
}

# The peer is gone from the link in the same moment that its route changes: what
# is lost is what was sent until both agents had followed. They do because they
# are told, not because their time has come, which is an hour away.
test_auto_agents_cut() { # timed
	local gone='lladdr 02:ff:ff:ff:ff:ff dev eth0 nud permanent'

	AGENT_FLAGS=-resync=3600
	two_agents
	flood_start v4 $A_POD $B_POD4
	moves A add "neigh replace $B_IP4 $gone" "neigh replace $B_IP6 $gone"
	moves B add "neigh replace $A_IP4 $gone" "neigh replace $A_IP6 $gone"
	wait_for 60 on_way A vxlan
	wait_for 60 on_way B vxlan
	flood_stop v4
	timed "nothing came through" $GAP 3000
	talk A B
	talk B A
}

# A node that flanneld ran on with host-gw is taken over by an agent without a
# packet lost; where another route is in the way, its peer alone is refused.
test_hostgw_migration() {
	nodes A B
	pods A B
	ip -n $A -batch - <<-EOF
	route add $B_NET4 via $B_IP4 dev eth0
	route add $B_NET6 via $B_IP6 dev eth0
	route add $C_NET4 via 192.168.77.99 dev eth0
	EOF
	ip -n $B -batch - <<-EOF
	route add $A_NET4 via $A_IP4 dev eth0
	route add $A_NET6 via $A_IP6 dev eth0
	EOF
	registry '{"Type":"host-gw"}' host-gw A B C
	floods_start
	agents A
	floods_stop "taking over" 0
	shows "$T/A.log" "~ $B_NET4 $B_IP4 was as flanneld writes it"
	shows "$T/A.log" "! $C_NET4 $C_IP4 there is a route to it that is not ours, via 192.168.77.99 dev eth0"
	eq "$(ip -n $A route show $B_NET4)" \
		"$B_NET4 nhid $(hop $B_IP4) via $B_IP4 dev eth0 proto 102 " route
	eq "$(ip -n $A -6 route show $B_NET6 | wc -l)" 1 "IPv6 routes"
	has "$(ip -n $A route show $C_NET4)" "via 192.168.77.99" "another's route"
	has "$(ip -n $A -6 route show $C_NET6)" "via $C_IP6" "C by IPv6"
	talk A B
	# And back: flanneld replaces what we have by what it writes. A nexthop
	# that somebody else's route has come to use is not taken from it.
	ip -n $A route add 9.9.9.0/24 nhid "$(hop $B_IP4)"
	floods_start
	kill $A_AGENT
	wait $A_AGENT || fail "exit code $?"
	ip -n $A -batch - <<-EOF
	route replace $B_NET4 via $B_IP4 dev eth0
	route replace $B_NET6 via $B_IP6 dev eth0
	EOF
	fl A agent -cleanup -subnet-file "$T/A/subnet.env" > "$T/said" 2>&1 ||
		fail "$(cat "$T/said")"
	floods_stop "and back" 0
	has "$(ip -n $A route show $B_NET4)" "via $B_IP4 dev eth0 " "flanneld's route"
	has "$(ip -n $A route show 9.9.9.0/24)" "via $B_IP4" "another's route"
	eq "$(ip -n $A nexthop show | wc -l)" 1 "nexthops that are left"
}

# hop ADDRESS: the id of A's nexthop.
hop()
{
	ip -n $A nexthop show | sed -n "s/^id \([0-9]*\) via $1 .*/\1/p"
}

# The cluster's config is not what the device is: sync says so, field by field,
# and what was at work goes on.
test_sync_config() {
	nodes A B
	pods A B
	ours A
	ours B
	registry '{"Type":"vxlan"}' vxlan A B
	synced B $DEV "2 added"
	synced A $DEV "2 added"
	registry '{"Type":"vxlan","VNI":7,"Port":4789,"GBP":true,"MTU":1400}' \
		vxlan A B
	synced A $DEV "$DEV has vni 1, the registry 7"
	has "$(cat "$T/said")" "$DEV has port 8472, the registry 4789" port
	has "$(cat "$T/said")" "$DEV has gbp 0, the registry 1" gbp
	has "$(cat "$T/said")" "$DEV has mtu 1450, the registry 1400 less what vxlan needs: 1350" mtu
	talk A B
	registry '{"Type":"udp"}' udp A B
	fl A sync "file:$T/registry" dev $DEV > "$T/said" 2>&1 || :
	has "$(cat "$T/said")" "$DEV has udp-port 0, the registry 8285" udp
	has "$(cat "$T/said")" "! $B_NET4" "what the kernel says to that"
	talk A B
	registry '{"Type":"vxlan"}' vxlan A B
	synced A $DEV
	has_not "$(cat "$T/said")" "the registry" "nothing differs"
	# From vxlan to host-gw, and back.
	registry '{"Type":"host-gw"}' host-gw A B
	synced A $DEV
	synced B $DEV
	talk A B
	fl A subnet show dev $DEV > "$T/table"
	shows_not "$T/table" encap
	has "$(ip -n $A route show $B_NET4)" "via $B_IP4 dev eth0 proto 102" route
	registry '{"Type":"vxlan"}' vxlan A B
	synced A $DEV
	synced B $DEV
	eq "$(ip -n $A route show proto 102)" "" "routes of ours"
	talk A B
}

# Another backend in the cluster's config: the agents say so and go on as they
# are; started again they use it.
test_agent_config_change() {
	nodes A B
	pods A B
	registry '{"Type":"vxlan"}' vxlan A B
	agents A B
	floods_start
	registry '{"Type":"host-gw"}' vxlan A B
	wait_for 60 says A "config has changed.*: backend from vxlan to host-gw"
	wait_for 60 says B "config has changed.*: backend from vxlan to host-gw"
	registry '{"Type":"vxlan","VNI":2,"Port":4789,"MTU":1400,"GBP":true}' \
		vxlan A B
	wait_for 60 says A "config has changed.*: VNI from 1 to 2, Port from 8472 to 4789, MTU from 0 to 1400, GBP from false to true"
	registry '{"Type":"vxlan"}' vxlan A B
	wait_for 60 says A "config is what is in use"
	floods_stop "the config changes" 0
	registry '{"Type":"host-gw"}' vxlan A B
	agents_again
	wait_for 60 routed A
	wait_for 60 routed B
	talk A B
	talk B A
	grep -q MTU=1500 "$T/A/subnet.env" || fail "$(cat "$T/A/subnet.env")"
	# And back: what host-gw has written goes.
	registry '{"Type":"vxlan"}' host-gw A B
	agents_again
	wait_for 60 not_routed A
	wait_for 60 not_routed B
	wait_for 60 tabled A
	wait_for 60 tabled B
	talk A B
	talk B A
	# To udp, which has a device of its own.
	registry '{"Type":"udp"}' vxlan A B
	agents_again
	DEV=flannel0
	wait_for 60 tabled A
	wait_for 60 tabled B
	wire_start under $B eth0 -e
	talk A B
	talk B A
	wire_stop under
	shows "$T/under.wire" " o.dport=8285 " " v=4 "
	shows "$T/under.wire" " o.dport=8285 " " v=6 "
	shows_not "$T/under.wire" " o.dport=8472 "
	grep -q MTU=1472 "$T/A/subnet.env" || fail "$(cat "$T/A/subnet.env")"
}

# routed NODE: the other one's subnets have routes of ours past the device.
routed()
{
	local other=B ns

	[ "$1" = A ] || other=A
	of $other
	eval "ns=\$$1"
	[ -n "$(ip -n $ns route show $NET4 via $IP4)" ] &&
		[ -n "$(ip -n $ns -6 route show $NET6 via $IP6)" ]
}

not_routed()
{
	! routed "$1"
}

tabled()
{
	local other=B

	[ "$1" = A ] || other=A
	of $other
	fl "$1" subnet show dev $DEV > "$T/table"
	line_of "$T/table" "$NET4 via $IP4" &&
		line_of "$T/table" "$NET6 via $IP6"
}

# With a route a subnet into the device, those of peers on the link lie above.
test_auto_per_subnet() {
	local way what

	AGENT_FLAGS=-routes=per-subnet
	two_agents
	ip -n $A route show dev $DEV > "$T/routes"
	shows "$T/routes" "$B_NET4 via $ONLINK4"
	for way in vxlan direct; do
		what=add
		[ $way = vxlan ] || what=del
		floods_start
		moves A $what
		moves B $what
		wait_for 60 on_way A $way
		wait_for 60 on_way B $way
		floods_stop "to $way" 1
	done
	talk A B
}

# A route of somebody else's to a peer's subnet stays as it is, and is named.
test_agent_other_route() {
	nodes A B
	pods A B
	ip -n $A route add $C_NET4 via 192.168.77.99 dev eth0
	registry '{"Type":"vxlan"}' vxlan A B C
	agents A B
	shows "$T/A.log" "$C_NET4 has a route that is not ours, and none into the device"
	eq "$(ip -n $A route show $C_NET4)" \
		"$C_NET4 via 192.168.77.99 dev eth0 " "another's route"
	ip -n $A route show dev $DEV > "$T/routes"
	shows "$T/routes" "$B_NET4 via $ONLINK4"
	talk A B
	ip -n $A route del $C_NET4
	wait_for 60 aggregated
	talk A B
}

aggregated()
{
	ip -n $A route show dev $DEV > "$T/routes"
	line_of "$T/routes" "$NETWORK4 via $ONLINK4" &&
		! line_of "$T/routes" "$B_NET4 "
}

# The address of the underlay gets another prefix, and everything of its network
# is behind a router; and back.
test_auto_address() {
	two_agents
	ip -n $A -batch - <<-EOF
	address add $A_IP4/32 dev eth0
	address del $A_IP4/24 dev eth0
	route add $C_IP4/32 dev eth0 src $A_IP4
	route add 192.168.77.0/24 via $C_IP4 src $A_IP4
	EOF
	wait_for 60 way_is A 4 vxlan
	way_is A 6 direct || fail "IPv6 is $WAY"
	talk A B
	ip -n $A -batch - <<-EOF
	address add $A_IP4/24 dev eth0
	route del 192.168.77.0/24 via $C_IP4
	route del $C_IP4/32 dev eth0
	EOF
	wait_for 60 on_way A direct
	talk A B
}

# What the underlay's reverse path filter makes of a change, when one end is on
# the overlay already: off and loose take both directions. Strict takes what
# comes in over the device, and what comes in by the route only when this end
# has a route as well; when both have changed, it takes everything.
test_auto_rp_filter() {
	local mode way what

	two_agents
	for mode in 0 2 1; do
		rp_filter $mode A B
		# Of strict the agents hear, and loosen their own device's.
		if [ $mode = 1 ]; then
			wait_for 60 loosened $A
			wait_for 60 loosened $B
		fi
		talk A B
		for way in vxlan direct; do
			what=add
			[ $way = vxlan ] || what=del
			moves A $what
			wait_for 60 on_way A $way
			diag "rp_filter $mode, A on $way"
			if [ $mode = 1 ]; then
				one_way $way
			else
				talk A B
				talk B A
			fi
			moves B $what
			wait_for 60 on_way B $way
			diag "rp_filter $mode, both on $way"
			talk A B
			talk B A
		done
	done
}

# loosened NETNS: our device there has a loose filter.
loosened()
{
	[ "$(nsctl $1 "net/ipv4/conf/$DEV/rp_filter?")" = 2 ]
}

# one_way WAY: A is on WAY, B on the other one, both with a strict filter: what
# goes over the overlay comes in, what goes by the route does not.
one_way()
{
	local in=$B out=$A

	[ $1 = vxlan ] || in=$A out=$B
	eval "in=\${${in#ft-}_POD} out=\${${out#ft-}_POD}"
	wire_start in $in eth0
	wire_start out $out eth0
	pkt $A_POD encap=none proto=udp src=$A_POD4 dst=$B_POD4
	pkt $B_POD encap=none proto=udp src=$B_POD4 dst=$A_POD4
	wire_stop in
	wire_stop out
	shows "$T/in.wire" dir=in " v=4 " " proto=17 "
	shows_not "$T/out.wire" dir=in " v=4 " " proto=17 "
}
