# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# What outer and inner headers take from each other, and what senders are told
# about the path: ECN, TOS, TTL, DF, MTU, ICMP.

# bytes_of_pod FROM TO FAMILY [KEY=VALUE...]: one UDP packet, pod to pod.
bytes_of_pod()
{
	local pod="$1" src dst

	eval "pod=\$$1_POD src=\$$1_POD$3 dst=\$$2_POD$3"
	shift 3
	pkt $pod encap=none src=$src dst=$dst proto=udp "$@"
}

# The 16 combinations of outer and inner ECN, decapsulated as RFC 6040 says.
test_ecn_decap() { # smoke
	nodes A B
	pods A
	ours A
	fl A -b - <<-EOF
	subnet add $B_NET4 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet add $B_NET6 via $B_IP6 lladdr $B_MAC4 dev $DEV
	EOF
	drops_mark A
	wire_start pod $A_POD eth0
	ecn_table > "$T/table"
	# The length says which of the 16 it is; the last one comes twice.
	# shellcheck disable=SC2046 # words
	pkt $B from=$B_IP4 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_POD4 \
		$(cat "$T/table") len=900
	# shellcheck disable=SC2046
	pkt $B from=$B_IP6 to=$A_IP6 dmac=$A_MAC4 src=$B_POD6 dst=$A_POD6 \
		$(cat "$T/table") len=900
	drops_are A rx-ecn=2
	wire_stop pod
	ecn_judged
}

# Encapsulation copies ECN; the rest of TOS is the attribute, or the inner one.
test_ecn_and_tos_encap() { # smoke
	local ecn

	pair ours stock
	wire_start fixed $B eth0 -e
	for ecn in 0 1 2 3; do
		bytes_of_pod A B 4 tos=$((0xb8 + ecn)) len=10$ecn
		bytes_of_pod A B 6 tos=$((0xb8 + ecn)) len=10$ecn
	done
	wire_stop fixed
	fl A link set $DEV tos 0x20
	wire_start set $B eth0 -e
	bytes_of_pod A B 4 tos=$((0xb8 + 2)) len=100
	bytes_of_pod A B 6 tos=$((0xb8 + 2)) len=100
	wire_stop set
	fl A link set $DEV tos 1
	wire_start inherit $B eth0 -e
	bytes_of_pod A B 4 tos=$((0xb8 + 2)) len=100
	bytes_of_pod A B 6 tos=$((0xb8 + 1)) len=100
	wire_stop inherit
	shows "$T/fixed.wire" o.v=4 " o.tos=0 " " tos=184 "
	# RFC 6040: an outer header is not marked CE, so it says ECT(0).
	shows "$T/fixed.wire" o.v=4 " o.tos=1 " " tos=185 "
	shows "$T/fixed.wire" o.v=4 " o.tos=2 " " tos=186 "
	shows "$T/fixed.wire" o.v=4 " o.tos=2 " " tos=187 "
	shows "$T/fixed.wire" o.v=6 " o.tos=0 " " tos=184 "
	shows "$T/fixed.wire" o.v=6 " o.tos=1 " " tos=185 "
	shows "$T/fixed.wire" o.v=6 " o.tos=2 " " tos=186 "
	shows "$T/fixed.wire" o.v=6 " o.tos=2 " " tos=187 "
	shows "$T/set.wire" o.v=4 " o.tos=34 " " tos=186 "
	shows "$T/set.wire" o.v=6 " o.tos=34 " " tos=186 "
	shows "$T/inherit.wire" o.v=4 " o.tos=186 " " tos=186 "
	shows "$T/inherit.wire" o.v=6 " o.tos=185 " " tos=185 "
}

# TTL: the route's by default, or the attribute's; the inner one is only what
# forwarding makes of it.
test_ttl() {
	pair ours stock
	wire_start default $B eth0 -e
	bytes_of_pod A B 4 ttl=9
	bytes_of_pod A B 6 ttl=9
	wire_stop default
	fl A link set $DEV ttl 7
	wire_start set $B eth0 -e
	bytes_of_pod A B 4 ttl=9
	bytes_of_pod A B 6 ttl=9
	wire_stop set
	ip -n $A route change 192.168.77.0/24 dev eth0 src $A_IP4 hoplimit 33
	fl A link set $DEV ttl 0
	wire_start route $B eth0 -e
	bytes_of_pod A B 4 ttl=9
	wire_stop route
	shows "$T/default.wire" " o.ttl=64 " " v=4 " " ttl=8 "
	shows "$T/default.wire" " o.ttl=64 " " v=6 " " ttl=8 "
	shows "$T/set.wire" " o.ttl=7 " " v=4 " " ttl=8 "
	shows "$T/set.wire" " o.ttl=7 " " v=6 " " ttl=8 "
	shows "$T/route.wire" " o.ttl=33 " " v=4 " " ttl=8 "
}

# DF: clear as in stock, set, or the inner packet's (IPv6 counts as set).
test_df() {
	nodes A B
	pods A B
	ours A
	stock B
	peers 4 4 A B
	wire_start unset $B eth0 -e
	three_dfs
	wire_stop unset
	fl A link set $DEV df set
	wire_start set $B eth0 -e
	three_dfs
	wire_stop set
	fl A link set $DEV df inherit
	wire_start inherit $B eth0 -e
	three_dfs
	wire_stop inherit
	shows "$T/unset.wire" " o.df=0 " " v=4 " " df=1 "
	shows "$T/unset.wire" " o.df=0 " " v=6 "
	shows "$T/set.wire" " o.df=1 " " v=4 " " df=0 "
	shows "$T/set.wire" " o.df=1 " " v=4 " " df=1 "
	shows "$T/set.wire" " o.df=1 " " v=6 "
	shows "$T/inherit.wire" " o.df=0 " " v=4 " " df=0 "
	shows "$T/inherit.wire" " o.df=1 " " v=4 " " df=1 "
	shows "$T/inherit.wire" " o.df=1 " " v=6 "
}

three_dfs()
{
	bytes_of_pod A B 4 df=0
	bytes_of_pod A B 4 df=1
	bytes_of_pod A B 6
}

# A packet over the device's MTU: the pod gets frag-needed or packet-too-big
# with that MTU; without DF it arrives in pieces.
test_device_mtu_reaches_pod() { # smoke
	pair ours stock
	ip -n $A_POD link set eth0 mtu 1500
	ip -n $A link set cni0 mtu 1500
	ip -n $A link set $DEV mtu 1400
	wire_start pod $A_POD eth0
	bytes_of_pod A B 4 len=1420 df=1
	bytes_of_pod A B 6 len=1420
	pod_learns_mtu 1400
}

# The path is narrower than the device: an underlay route with a locked MTU.
# Senders are told what fits; what may be fragmented still arrives.
test_narrow_underlay() { # smoke
	pair ours stock
	ip -n $A -batch - <<-EOF
	route add $B_IP4/32 dev eth0 src $A_IP4 mtu lock 1300
	route add $B_IP6/128 dev eth0 src $A_IP6 mtu 1340
	EOF
	drops_mark A
	wire_start pod $A_POD eth0
	bytes_of_pod A B 4 len=1300 df=1
	bytes_of_pod A B 6 len=1250
	drops_are A tx-too-big=2
	wire_stop pod
	shows "$T/pod.wire" " icmp=3/4 " mtu=1250
	# 1340 - 70 = 1270 is less than every IPv6 host takes: 1280 is told,
	# and a packet of 1298 bytes was too much.
	shows "$T/pod.wire" " icmp=2/0 " mtu=1280
	flow -q -l 4000 udp $A_POD $B_POD $B_POD4
	flow -q -l 4000 udp $A_POD $B_POD $B_POD6
	flow -q tcp $A_POD $B_POD $B_POD4 300000
	flow -q tcp $A_POD $B_POD $B_POD6 300000
}

# A device with an IPv4 address has 1450; a peer over IPv6 has 1430: PMTU.
test_peer_over_ipv6_underlay() {
	nodes A B
	pods A B
	ours A
	stock B
	peers 6 6 A B
	wire_start pod $A_POD eth0
	bytes_of_pod A B 4 len=1422 df=1
	bytes_of_pod A B 6 len=1402
	wire_stop pod
	shows "$T/pod.wire" " icmp=3/4 " mtu=1430
	shows "$T/pod.wire" " icmp=2/0 " mtu=1430
	talk A B
	talk B A
}

# A path without room for the headers: dropped and counted, no underflow.
test_hopeless_underlay() {
	pair ours stock
	ip -n $A -batch - <<-EOF
	route add $B_IP4/32 dev eth0 src $A_IP4 mtu lock 60
	EOF
	drops_mark A
	bytes_of_pod A B 4 len=100 df=1
	bytes_of_pod A B 4 len=1000 df=1 dst=10.244.2.3
	drops_are A tx-too-big=2
}

# The node itself learns the path MTU: the exception is on its own route.
test_node_learns_pmtu() {
	pair ours stock
	ip -n $A route add $B_IP4/32 dev eth0 src $A_IP4 mtu lock 1300
	ip -n $A route add $B_IP6/128 dev eth0 src $A_IP6 mtu 1400
	flow -q -l 1400 udp $A $B_POD $B_POD4
	flow -q tcp $A $B_POD $B_POD4 200000
	flow -q tcp $A $B_POD $B_POD6 200000
	has "$(ip -n $A route get $B_POD4)" "mtu 1250" "route to the pod"
	has "$(ip -n $A -6 route get $B_POD6)" "mtu 1330" "IPv6 route to the pod"
}

# Genuine ICMP errors from the underlay are believed, if they quote our port,
# VNI and a VTEP; a forged one makes no exception and is counted.
test_icmp_from_underlay() { # smoke
	local quote quote6

	nodes A B C
	ours A
	fl A -b - <<-EOF
	subnet add $B_NET4 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet add $B_NET6 via $B_IP6 lladdr $B_MAC4 dev $DEV
	EOF
	drops_mark A
	quote="from=$A_IP4 to=$B_IP4 dmac=$B_MAC4 smac=$A_MAC4 src=$A_BASE4
		dst=$B_POD4 router=$C_IP4 error=3/4 mtu=1300"
	quote6="from=$A_IP6 to=$B_IP6 dmac=$B_MAC4 smac=$A_MAC4 src=$A_BASE4
		dst=$B_POD4 router=$C_IP6 error=2/0 mtu=1400"
	# A wrong VNI, a VTEP that is none, what is no VXLAN.
	pkt $C $quote vni=2
	no_exception $B_IP4
	pkt $C $quote to=$C_IP4
	no_exception $C_IP4
	pkt $C $quote flags=0
	no_exception $B_IP4
	pkt $C $quote6 vni=2
	no_exception $B_IP6
	drops_are A icmp-ignored=4
	# The right one, and one that quotes 8 bytes of the datagram only.
	pkt $C $quote
	exception $B_IP4 1300
	pkt $C $quote mtu=1200 quote=28
	exception $B_IP4 1200
	pkt $C $quote6
	exception $B_IP6 1400
	drops_are A icmp-ignored=4
}

exception()
{
	has "$(ip -n $A route get $1)" "mtu $2" "route to $1"
}

# no_exception ADDRESS: but some kernels believe any error that quotes UDP,
# before they look for a socket: what such a one does is not ours to change.
no_exception()
{
	case $(ip -n $A route get $1) in
	*mtu*)	believes_all || fail "an exception for $1"
		ip -n $A route flush cache
		ip -n $A -6 route flush cache ;;
	esac
}

# believes_all: whether this kernel believes an error about a datagram that
# nobody here has sent.
believes_all()
{
	pkt $C encap=none proto=udp isport=7777 idport=7777 src=$A_IP4 \
		dst=$D_IP4 router=$C_IP4 error=3/4 mtu=1234
	case $(ip -n $A route get $D_IP4) in
	*mtu*)	diag "this kernel believes every error that quotes UDP" ;;
	*)	return 1 ;;
	esac
}

# A router on the underlay that has a narrow link: its error reaches us, and
# the next packet from the pod is answered with what fits.
test_pmtu_through_router() {
	nodes A B C
	pods A
	ours A
	# B is behind C.
	ip -n $A route add 192.168.99.0/24 via $C_IP4
	ip -n $C -batch - <<-EOF
	link add narrow mtu 1400 type dummy
	address add 192.168.99.1/24 dev narrow
	link set narrow up
	neighbour add 192.168.99.2 lladdr 02:00:00:00:00:02 dev narrow
	EOF
	fl A subnet add $B_NET4 via 192.168.99.2 lladdr $B_MAC4 dev $DEV
	fl A link set $DEV df set
	wire_start pod $A_POD eth0
	bytes_of_pod A B 4 len=1400 df=1
	wait_for 60 learnt 192.168.99.2 1400
	bytes_of_pod A B 4 len=1400 df=1
	wire_stop pod
	shows "$T/pod.wire" " icmp=3/4 " mtu=1350
}

learnt()
{
	case $(ip -n $A route get $1) in
	*"mtu $2"*) ;;
	*)	return 1 ;;
	esac
}

# traceroute: time exceeded comes from each hop, nodes and pods, both families.
test_time_exceeded() {
	pair ours stock
	wire_start pod $A_POD eth0
	bytes_of_pod A B 4 ttl=1
	bytes_of_pod A B 4 ttl=2
	bytes_of_pod A B 6 ttl=1
	bytes_of_pod A B 6 ttl=2
	bytes_of_pod A B 4 ttl=3 idport=33434
	wire_stop pod
	shows "$T/pod.wire" " icmp=11/0 " "src=$A_GW4"
	shows "$T/pod.wire" " icmp=11/0 " "src=$B_BASE4"
	shows "$T/pod.wire" " icmp=3/0 " "src=$A_GW6"
	shows "$T/pod.wire" " icmp=3/0 " "src=$B_BASE6"
	shows "$T/pod.wire" " icmp=3/3 " "src=$B_POD4"
	wire_start back $B_POD eth0
	bytes_of_pod B A 4 ttl=2
	bytes_of_pod B A 6 ttl=2
	wire_stop back
	shows "$T/back.wire" " icmp=11/0 " "src=$A_BASE4"
	shows "$T/back.wire" " icmp=3/0 " "src=$A_BASE6"
}

# A destination in no subnet: host unreachable to the sender, a counter, and
# word to those who listen.
test_miss() { # smoke
	local pid

	nodes A
	pods A
	ours A
	flanctl-genl -n $A -j monitor miss > "$T/events" 2>&1 &
	pid=$!
	wait_for 60 listens $A
	drops_mark A
	wire_start pod $A_POD eth0
	bytes_of_pod A C 4
	bytes_of_pod A C 6
	drops_are A tx-miss=2
	wire_stop pod
	wait_for 60 line_of "$T/events" $C_POD6
	kill $pid
	shows "$T/pod.wire" " icmp=3/1 "
	shows "$T/pod.wire" " icmp=1/3 "
	shows "$T/events" $C_POD4
	shows "$T/events" $C_POD6
	# What is ours, or for many, is dropped under another name.
	ip -n $A route del $A_NET4 dev cni0
	pkt $A encap=none src=$A_BASE4 dst=10.244.1.77 proto=udp
	ip -n $A route add 224.0.0.0/4 dev $DEV
	pkt $A encap=none src=$A_BASE4 dst=239.1.1.1 proto=udp
	drops_are A tx-miss=2 tx-local=1 tx-multicast=1
}

# No route to the VTEP, or no socket for its family: counted, not fatal.
test_no_route_to_vtep() {
	nodes A
	ours A
	ip -n $A address flush dev eth0
	fl A subnet add 10.244.9.0/24 via 198.51.100.1 lladdr $B_MAC4 dev $DEV
	fl A subnet add fd44:0:0:9::/64 via 2001:db8::1 lladdr $B_MAC4 dev $DEV
	fl A link set $DEV nodev
	fl A link set $DEV local 0.0.0.0 local6 ::
	drops_mark A
	pkt $A encap=none src=$A_BASE4 dst=10.244.9.1 proto=udp
	pkt $A encap=none src=$A_BASE6 dst=fd44:0:0:9::1 proto=udp
	drops_are A tx-no-route=2
}
