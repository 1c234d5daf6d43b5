# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# Bad packets: from the wire, from AF_PACKET, from tc, without a route, in
# circles. Each is dropped under its own reason; none does harm.

# a_and_host: A has a device and knows B, a mere host here.
a_and_host()
{
	nodes A B
	ours A
	fl A -b - <<-EOF
	subnet add $B_NET4 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet add $B_NET6 via $B_IP6 lladdr $B_MAC4 dev $DEV
	EOF
	drops_mark A
	GOOD4="from=$B_IP4 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_BASE4"
	GOOD6="from=$B_IP6 to=$A_IP6 dmac=$A_MAC4 src=$B_POD6 dst=$A_BASE6"
}

# received N: so many packets since the device was made.
received()
{
	arrived A $1 "packets received"
}

# VXLAN header: only the flag and the VNI, everything else zero; a group policy
# identifier has a reason of its own.
test_vxlan_header() { # smoke
	a_and_host
	pkt $B $GOOD4 flags=0 , flags=0x88 , flags=0x09 , flags=0x0c , flags=0xff \
	    , flags=0x08 reserved=1 , reserved=0x800000 , reserved=0xff000000
	drops_are A rx-header=7 rx-gbp=1
	pkt $B $GOOD4 vni=2 , vni=0 , vni=0xffffff
	drops_are A rx-header=7 rx-gbp=1 rx-vni=3
	pkt $B $GOOD4 dmac=$B_MAC4 , dmac=ff:ff:ff:ff:ff:ff , \
		dmac=01:00:5e:00:00:01 , dmac=00:00:00:00:00:00
	drops_are A rx-header=7 rx-gbp=1 rx-vni=3 rx-mac=4
	# A frame from our own MAC has come back.
	pkt $B $GOOD4 smac=$A_MAC4
	pkt $B $GOOD4 type=0x0806 , type=0x8100 , type=0x8847 , type=0x0600
	drops_are A rx-header=7 rx-gbp=1 rx-vni=3 rx-mac=5 rx-protocol=4
	received 0
	pkt $B $GOOD4 sport=1 , sport=65535 , smac=00:00:00:00:00:00
	pkt $B $GOOD6
	received 4
}

# The outer UDP checksum: right, absent over IPv4 and IPv6, wrong.
test_outer_checksum() {
	a_and_host
	pkt $B $GOOD4 ocsum=none
	received 1
	pkt $B $GOOD4 ocsum=bad
	pkt $B $GOOD6 ocsum=bad
	received 1
	# As the in-tree driver does by default: no IPv6 datagram without one.
	pkt $B $GOOD6 ocsum=none
	received 1
	drops_are A
}

# Every truncation of a valid datagram, of both families inside and outside.
test_truncation() { # smoke
	a_and_host
	# 22 bytes of VXLAN and Ethernet, 20 or 40 of IP; the rest is the
	# stack's to judge.
	pkt $B $GOOD4 cut=all proto=udp len=30
	drops_are A rx-header=22 rx-inner=20
	pkt $B $GOOD6 cut=all proto=udp len=30
	drops_are A rx-header=44 rx-inner=60
	pkt $B $GOOD4 src=$B_POD6 dst=$A_BASE6 cut=all proto=tcp
	pkt $B $GOOD6 src=$B_POD4 dst=$A_BASE4 cut=all proto=tcp
	stats A
	drop_of rx-header
	eq $DROP 88 "truncated headers"
	drop_of rx-inner
	eq $DROP 120 "truncated inner headers"
	# The device still works.
	device_stats A
	before=$RX_PACKETS
	pkt $B $GOOD4
	received $((before + 1))
}

# Good datagrams in two pieces, cut at every place, as a driver may hand them
# over: all are taken, of both families.
test_pieces() {
	not_provoked "skb_gro_network_header() keeps frag0 over a pull (Linux 7.3)"
	nodes A
	ours A
	modprobe tun 2> /dev/null || :
	pkt $A tap=tap0 from=$B_IP4 to=$A_IP4 src=$B_POD4 dst=$A_BASE4 count=0 ||
		skip "no tap devices with fragments here"
	over_tap
	fl A -b - <<-EOF
	subnet add $B_NET4 via 192.168.88.2 lladdr $B_MAC4 dev $DEV
	subnet add $B_NET6 via fd88::2 lladdr $B_MAC4 dev $DEV
	EOF
	drops_mark A
	# Ethernet, IP, UDP, VXLAN, Ethernet, IP, ICMP with 32 bytes: 124 bytes,
	# or 20 more for each IPv6 header.
	pkt $A tap=tap0 dmac=$A_MAC4 from=192.168.88.2 to=192.168.88.1 \
		src=$B_POD4 dst=$A_BASE4
	received 110
	pkt $A tap=tap0 dmac=$A_MAC4 from=fd88::2 to=fd88::1 \
		src=$B_POD6 dst=$A_BASE6
	received 260
	pkt $A tap=tap0 dmac=$A_MAC4 from=fd88::2 to=fd88::1 \
		src=$B_POD6 dst=$A_BASE6 otos=3 tos=2 ocsum=ok
	received 410
	drops_are A
	# Of bad ones the headers are read just as well.
	pkt $A tap=tap0 dmac=$A_MAC4 from=192.168.88.2 to=192.168.88.1 \
		src=$C_POD4 dst=$A_BASE4 , src=$B_POD4 vni=2
	drops_are A rx-owner=110 rx-vni=110
}

# Inner headers that lie about version, length or options.
test_inner_header() {
	a_and_host
	pkt $B $GOOD4 version=6 , version=15 , version=0
	pkt $B $GOOD6 version=4 , version=15
	pkt $B $GOOD4 ihl=1 , ihl=4
	drops_are A rx-inner=7
	received 0
	# A MAC type that is not the packet's.
	pkt $B $GOOD4 type=0x86dd
	pkt $B $GOOD6 type=0x0800
	drops_are A rx-inner=9
	# Lengths, checksums and options are for the stack to judge, as on any
	# device.
	pkt $B $GOOD4 total=5000 , total=10 , icsum=bad , ihl=15 , \
		proto=udp frag=0x2000 , frag=0x1fff , frag=0 extra=300
	pkt $B $GOOD6 total=5000 , total=0 extra=100
	pkt $B $GOOD4 raw=45 , raw=4500
	pkt $B $GOOD6 raw=6000000000
	stats A
	drop_of rx-inner
	eq $DROP 12 "malformed inner headers"
}

# AF_PACKET: good packets are sent, those of another type are not, and no
# lie about headers does harm.
test_af_packet() { # smoke
	pair ours stock
	drops_mark A
	wire_start under $B eth0 -e
	inject valid $A $DEV $A_BASE4 $B_POD4
	inject valid $A $DEV $A_BASE6 $B_POD6
	wire_stop under
	wire_totals under
	eq $BAD 0 "bad checksums"
	count_lines "$T/under.wire" dir=in " proto=17 " " dport=9 "
	eq $COUNT 16 "injected packets on the wire"
	drops_are A
	inject mismatch $A $DEV $A_BASE4 $B_POD4
	inject mismatch $A $DEV $A_BASE6 $B_POD6
	drops_are A tx-protocol=12
	inject odd $A $DEV $A_BASE4 $B_POD4
	inject odd $A $DEV $A_BASE6 $B_POD6
	talk A B 4
}

# Odd packets into the underlay as well, in an outer packet of a GSO kind.
test_af_packet_underlay() {
	pair ours ours
	inject odd $A eth0 $A_BASE4 $B_POD4
	inject odd $A cni0 $A_BASE6 $B_POD6
	inject odd $A_POD eth0 $A_POD4 $B_POD4
	inject odd $A_POD eth0 $A_POD6 $B_POD6
	talk A B
}

# A packet without a route of its own: tc redirects one into the device.
test_tc_redirect() { # smoke
	pair ours stock
	drops_mark A
	ip -n $A link add feed type veth peer name feed0
	nsctl $A net/ipv6/conf/feed/disable_ipv6=1 \
		net/ipv6/conf/feed0/disable_ipv6=1
	ip -n $A link set feed up
	ip -n $A link set feed0 up
	tc -n $A qdisc add dev feed clsact
	tc -n $A filter add dev feed ingress matchall \
		action mirred egress redirect dev $DEV || skip "no mirred here"
	wire_start under $B eth0 -e
	# Of 8 packets 2 get an Ethernet header on this link, the others are
	# noise. What mirred hands over begins at the network header, as the
	# device has no link layer.
	inject valid $A feed0 $A_BASE4 $B_POD4
	inject valid $A feed0 $A_BASE6 $B_POD6
	drops_are A tx-protocol=12
	wire_stop under
	count_lines "$T/under.wire" dir=in " v=4 " " dport=9 "
	eq $COUNT 2 "redirected IPv4 packets on the wire"
	count_lines "$T/under.wire" dir=in " v=6 " " dport=9 "
	eq $COUNT 2 "redirected IPv6 packets on the wire"
	wire_totals under
	eq $BAD 0 "bad checksums"
	talk A B 4
}

# tc and generic XDP on the device itself: mirroring changes nothing, a drop
# drops.
test_tc_and_xdp_on_device() {
	pair ours stock
	ip -n $A link add mirror type dummy
	ip -n $A link set mirror up
	tc -n $A qdisc add dev $DEV clsact
	tc -n $A filter add dev $DEV egress matchall \
		action mirred egress mirror dev mirror || skip "no mirred here"
	tc -n $A filter add dev $DEV ingress matchall \
		action mirred egress mirror dev mirror
	wire_start under $B eth0 -e -b
	wire_start dev $A $DEV -b
	talk A B
	flow -q tcp $A_POD $B_POD $B_POD4 1000000
	wire_stop under
	wire_stop dev
	wire_totals under
	eq $BAD 0 "bad checksums on the underlay"
	wire_totals dev
	eq $BAD 0 "bad checksums on the device"
	tc -n $A qdisc del dev $DEV clsact
	xdp -p "$T/xdp.pid" $A $DEV pass || skip "no BPF here"
	talk A B
	stop_daemon "$T/xdp.pid"
	xdp -p "$T/xdp.pid" $A $DEV drop
	no flow -q -w 500 icmp $A_POD $B_POD $B_POD4
	stop_daemon "$T/xdp.pid"
	talk A B
	# On the underlay link too.
	xdp -p "$T/xdp.pid" $A eth0 pass
	talk A B
	stop_daemon "$T/xdp.pid"
}

# Multicast, broadcast and link-local never leave, and are no errors.
test_multicast() {
	nodes A B
	ours A
	fl A -b - <<-EOF
	subnet add 0.0.0.0/0 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet add ::/0 via $B_IP4 lladdr $B_MAC4 dev $DEV
	EOF
	drops_mark A
	device_stats A
	dropped=$TX_DROPPED
	wire_start under $B eth0 -e
	inject_to 239.1.1.1 255.255.255.255 224.0.0.1
	inject_to ff02::1 ff0e::1 fe80::1
	wire_stop under
	drops_are A tx-multicast=48
	wire_totals under
	eq $PACKETS 0 "packets on the wire"
	device_stats A
	eq $((TX_DROPPED - dropped)) 0 "counted as dropped"
}

# inject_to DESTINATION...: 8 packets each, past the routing tables.
inject_to()
{
	local to src

	for to; do
		src=$A_BASE4
		case $to in
		*:*)	src=$A_BASE6 ;;
		esac
		inject valid $A $DEV $src $to
	done
}

# The way to the VTEP leads through the device itself: dropped, counted.
test_loop_to_itself() { # smoke
	nodes A B
	ours A
	fl A link set $DEV nodev
	fl A subnet add $B_NET4 via 10.244.9.9 lladdr $B_MAC4 dev $DEV
	fl A subnet add 10.244.9.0/24 via 10.244.9.10 lladdr $B_MAC4 dev $DEV
	drops_mark A
	pkt $A encap=none src=$A_BASE4 dst=$B_POD4 proto=udp
	pkt $A encap=none src=$A_BASE4 dst=10.244.9.1 proto=udp
	drops_are A tx-loop=2
	device_stats A
	eq $TX_PACKETS 0 sent
}

# Flannel in flannel in flannel, in a circle: bounded.
test_nested_devices() { # smoke
	local n

	nodes A
	for n in 1 2 3; do
		next=$((n % 3 + 1))
		fl A link add fl$n vni $n port 847$n source-check off
		ip -n $A link set fl$n up
		ip -n $A address add 10.$n.0.1/32 dev fl$n
		ip -n $A route add 10.$n.0.0/16 via $ONLINK4 dev fl$n onlink
		fl A subnet add 10.$n.0.0/16 via 10.$next.0.9 \
			lladdr 02:00:00:00:00:0$n dev fl$n
	done
	pkt $A encap=none src=10.1.0.1 dst=10.1.0.9 proto=udp count=5
	total=0
	for n in 1 2 3; do
		stats A fl$n
		drop_of tx-loop
		total=$((total + DROP))
	done
	eq $total 5 "loops found"
	# Two levels that end somewhere are fine.
	fl A subnet replace 10.2.0.0/16 via 203.0.113.1 \
		lladdr 02:00:00:00:00:02 dev fl2
	ip -n $A route add 203.0.113.0/24 dev eth0
	ip -n $A neighbour add 203.0.113.1 lladdr 02:00:00:00:00:09 dev eth0
	wire_start out $A eth0
	pkt $A encap=none src=10.1.0.1 dst=10.1.0.9 proto=udp
	wire_stop out
	shows "$T/out.wire" "dst=203.0.113.1"
}

# Tunnels of other kinds above and below: vxlan over flannel, flannel over it.
test_mixed_nesting() {
	pair ours ours
	for n in A B; do
		of $n
		other=$A_BASE4
		[ $n = B ] || other=$B_BASE4
		ip -n $NS -batch - <<-EOF
		link add vx type vxlan id 99 local $BASE4 remote $other dstport 4789 nolearning
		link set vx up mtu 1400
		EOF
	done
	ip -n $A address add 172.20.0.1/24 dev vx
	ip -n $B address add 172.20.0.2/24 dev vx
	flow -q talk $A $B 172.20.0.2
	flow -q tcp $A $B 172.20.0.2 2000000
	# A second overlay whose VTEPs are the vxlan's addresses.
	for n in A B; do
		fl $n link add fl2 vni 2 source-check owner
		fl $n link set fl2 up
	done
	ip -n $A address add 10.99.1.1/32 dev fl2
	ip -n $B address add 10.99.2.1/32 dev fl2
	ip -n $A route add 10.99.0.0/16 via $ONLINK4 dev fl2 onlink
	ip -n $B route add 10.99.0.0/16 via $ONLINK4 dev fl2 onlink
	mac_a=$(mac_of A fl2)
	mac_b=$(mac_of B fl2)
	fl A subnet add 10.99.2.0/24 via 172.20.0.2 lladdr $mac_b dev fl2
	fl B subnet add 10.99.1.0/24 via 172.20.0.1 lladdr $mac_a dev fl2
	flow -q talk $A $B 10.99.2.1
	flow -q tcp $A $B 10.99.2.1 2000000
}

mac_of()
{
	local json

	json=$(fl $1 -j link show $2)
	json=${json#*\"address\":\"}
	echo "${json%%\"*}"
}

# Larger than a UDP datagram can be: dropped, not wrapped.
test_oversize() {
	pair ours ours
	ip -n $A link set eth0 mtu 65535
	ip -n $B link set eth0 mtu 65535
	ip -n $A link set $DEV mtu 65485
	ip -n $B link set $DEV mtu 65485
	for n in A B; do
		of $n
		ip -n $NS link set cni0 mtu 65535
		ip -n $POD link set eth0 mtu 65535
	done
	flow -q -l 65000 udp $A_POD $B_POD $B_POD4
	flow -q -l 65000 udp $A_POD $B_POD $B_POD6
	drops_mark A
	pkt $A_POD encap=none src=$A_POD4 dst=$B_POD4 proto=udp len=65457
	pkt $A_POD encap=none src=$A_POD4 dst=$B_POD4 proto=udp len=65458 df=1
	drops_are A
	flow -q tcp $A_POD $B_POD $B_POD4 3000000
}

# Segments of another kind than a tunnel's: rx-udp-gro-forwarding and
# rx-gro-list on the underlay of a receiver.
test_gro_confusion() {
	pair ours ours
	nsctl $A -- ethtool -K eth0 tso off gso off \
		tx-udp_tnl-segmentation off tx-udp_tnl-csum-segmentation off
	nsctl $B -- ethtool -K eth0 gro on rx-udp-gro-forwarding on
	talk A B
	flow -q tcp $A_POD $B_POD $B_POD4 1000000
	flow -q udpgso $A_POD $B_POD $B_POD4
	nsctl $B -- ethtool -K eth0 rx-gro-list on
	talk A B
	flow -q tcp $A_POD $B_POD $B_POD6 1000000
	flow -q udpgso $A_POD $B_POD $B_POD6
	pkt $A from=$A_IP4 to=$B_IP4 dmac=$B_MAC4 src=$A_POD4 dst=$B_POD4 \
		count=200
	talk B A
}

# Damage on the way: corruption, duplicates and reordering under traffic.
test_netem() {
	pair ours stock
	tc -n $B qdisc add dev eth0 root netem corrupt 10% duplicate 10% \
		reorder 25% delay 2ms loss 2% || skip "no netem here"
	tc -n $A qdisc add dev eth0 root netem corrupt 10% duplicate 10% \
		reorder 25% delay 2ms loss 2%
	flow -q -w 20000 tcp $A_POD $B_POD $B_POD4 30000 || :
	flow -q -w 20000 tcp $B_POD $A_POD $A_POD6 30000 || :
	inject odd $B eth0 $B_BASE4 $A_POD4
	tc -n $A qdisc del dev eth0 root
	tc -n $B qdisc del dev eth0 root
	# ARP has no checksum: an address that it learnt meanwhile may be wrong.
	ip -n $A neigh flush dev eth0
	ip -n $B neigh flush dev eth0
	talk A B
}
