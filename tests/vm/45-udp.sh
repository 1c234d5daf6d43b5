# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# The udp backend: against the in-tree FOU, on the wire, what it takes and refuses.

# fou B INNER OUTER: node B as the kernel's FOU has it on that port, to A.
fou()
{
	local protocol=4 kind here remote family='' options

	[ $2 = 4 ] || protocol=41
	case $2$3 in
	44)	kind=ipip options='ttl 64' ;;
	64)	kind=sit options='ttl 64' ;;
	46)	kind=ip6tnl options='mode ipip6 encaplimit none' ;;
	66)	kind=ip6tnl options='mode ip6ip6 encaplimit none' ;;
	esac
	[ $3 = 4 ] || family=-6
	eval "here=\$B_IP$3 remote=\$A_IP$3"
	modprobe -qa fou fou6 || : # or it is built in
	ip -n $B fou add port 8285 ipproto $protocol $family ||
		skip "no FOU for IPv$2 over IPv$3 here"
	ip -n $B link add udp0 type $kind remote $remote local $here \
		$options encap fou encap-sport 8285 encap-dport 8285 encap-csum ||
		skip "no tunnel for IPv$2 over IPv$3 through FOU here"
	ip -n $B -batch - <<-BATCH
	link set udp0 up mtu 1420
	route add $A_NET4 dev udp0 src $B_GW4
	route add $A_NET6 dev udp0 src $B_GW6
	BATCH
}

# against_fou INNER OUTER: A of ours talks to B, the kernel's own.
against_fou()
{
	nodes A B
	pods A B
	ours A $UDP
	udp_peer A B $2 $2
	fou B $1 $2
	drops_mark A
	wire_start under $A eth0 -e
	talk A B $1
	talk B A $1
	wire_stop under
	shows_not "$T/under.wire" =bad
	shows "$T/under.wire" dir=out " o.sport=8285 " " o.dport=8285 "
	shows "$T/under.wire" dir=in " o.v=$2 " " o.dport=8285 " " v=$1 "
	shows_not "$T/under.wire" " vni="
	drops_are A
}

# IPv4 over IPv4, which is all that flannel's udp backend knows.
test_udp_fou_4_in_4() { # smoke
	against_fou 4 4
}

# IPv6 over IPv4 with the in-tree sit.
test_udp_fou_6_in_4() {
	against_fou 6 4
}

# IPv4 over IPv6 with the in-tree ip6tnl.
test_udp_fou_4_in_6() {
	against_fou 4 6
}

# IPv6 over IPv6 with the in-tree ip6tnl.
test_udp_fou_6_in_6() {
	against_fou 6 6
}

# All four combinations among nodes of ours.
test_udp_our_peer() { # smoke
	udp_pair
	talk A B
	talk B A
	udp_peer A B 6 4
	udp_peer B A 6 4
	talk A B
	talk B A
}

# On the wire: nothing but IP and UDP around the packet, one port, whatever the
# flow; TTL, TOS and DF as for vxlan; the checksum can be left out.
test_udp_wire_format() { # smoke
	udp_pair
	wire_start under $B eth0 -e
	wire_start pod $B_POD eth0
	pkt $A_POD encap=none proto=udp ttl=9 len=100 src=$A_POD4 dst=$B_POD4 \
		, isport=99 , src=$A_POD6 dst=$B_POD6
	wire_stop pod
	wire_stop under
	# Each node forwards once; flanneld's udp takes one off on each side too,
	# by itself.
	shows "$T/pod.wire" dir=in " v=4 " " ttl=7 " " sport=99 "
	shows "$T/pod.wire" dir=in " v=6 " " ttl=7 " " sport=99 "
	wire_totals under
	eq $BAD 0 "bad checksums"
	count_lines "$T/under.wire" dir=in
	eq $COUNT 3 "packets"
	shows "$T/under.wire" dir=in " len=156 " " o.v=4 " " o.ttl=64 " \
		" o.tos=0 " " o.df=0 " " o.sport=8285 " " o.dport=8285 " \
		" o.csum=ok " " v=4 " " ttl=8 " " sport=99 " " csum=ok"
	shows "$T/under.wire" dir=in " len=196 " " o.v=6 " " o.ttl=64 " \
		" o.sport=8285 " " o.dport=8285 " " o.csum=ok " " v=6 " \
		" ttl=8 " " csum=ok"
	fl A link set $DEV udpcsum off ttl 7 tos 0x20 df set
	fl B link set $DEV udpcsum off
	wire_start under $B eth0 -e
	pkt $A_POD encap=none proto=udp tos=2 src=$A_POD4 dst=$B_POD4 \
		, src=$A_POD6 dst=$B_POD6
	talk A B
	wire_stop under
	shows "$T/under.wire" " o.v=4 " " o.csum=none " " o.ttl=7 " \
		" o.tos=34 " " o.df=1 "
	shows "$T/under.wire" dir=in " o.v=6 " " o.csum=none " " o.ttl=7 " \
		" o.tos=34 "
}

# TCP bulk to and from FOU passes veth as super-packets, both ways.
test_udp_gso_stays_whole() { # smoke
	local way

	nodes A B
	pods A B
	ours A $UDP
	udp_peer A B
	fou B 4 4
	bulky $A_POD $B_POD
	for way in "$A_POD $B_POD $B_POD4" "$B_POD $A_POD $A_POD4"; do
		set -- $way
		wire_start under $A eth0 -e -b
		wire_start pod $2 eth0 -b
		flow -q tcp $way 1000000
		wire_stop under
		wire_stop pod
		wire_totals under
		eq $BAD 0 "bad checksums on the underlay"
		# How large they get is the sender's and the load's to say.
		[ "$LONGEST" -gt 2500 ] || fail "$way: segmented: $LINE"
		wire_totals pod
		eq $BAD 0 "bad checksums in the pod"
		[ "$LONGEST" -gt 2500 ] || fail "$way: segmented: $LINE"
	done
	flow -q udpgso $A_POD $B_POD $B_POD4
	flow -q udpgso $B_POD $A_POD $A_POD4
}

# The same with IPv6 inside and outside, among nodes of ours.
test_udp_gso_ipv6() {
	local way

	udp_pair
	bulky $A_POD
	for way in 4 6; do
		udp_peer A B $way $way
		udp_peer B A $way $way
		wire_start under $B eth0 -e -b
		flow -q tcp $A_POD $B_POD $B_POD6 1000000
		flow -q tcp $A_POD $B_POD $B_POD4 1000000
		wire_stop under
		wire_totals under
		eq $BAD 0 "bad checksums"
		[ "$LONGEST" -gt 2500 ] || fail "IPv$way: segmented: $LINE"
		flow -q udpgso $A_POD $B_POD $B_POD6
	done
}

# Where the underlay carries single segments, segmented in software with right
# checksums, the receiver merges them, each family and flow by itself.
test_udp_gro_merges() { # smoke
	local outer

	udp_pair
	nsctl $A -- ethtool -K eth0 tx off tso off gso off \
		tx-udp_tnl-segmentation off tx-udp_tnl-csum-segmentation off \
		> /dev/null
	nsctl $B -- ethtool -K eth0 gro on > /dev/null
	for outer in 4 6; do
		udp_peer A B $outer $outer
		udp_peer B A $outer $outer
		wire_start under $B eth0 -e -b
		wire_start dev $B $DEV -b
		flow -q tcp $A_POD $B $B_BASE4 500000 &
		flow -q tcp $A_POD $B_POD $B_POD6 500000
		wait $! || fail "IPv4 over IPv$outer"
		wire_stop under
		wire_stop dev
		wire_totals under
		eq $BAD 0 "bad checksums on the underlay"
		wire_totals dev
		eq $BAD 0 "bad checksums"
		[ "$LONGEST" -gt 2500 ] || fail "IPv$outer: not merged: $LINE"
	done
	talk A B
}

# A device of udp only has 28 bytes less than the underlay, 48 over IPv6; one
# that speaks vxlan too has what vxlan leaves. Limits follow.
test_udp_mtu() { # smoke
	nodes A
	fl A link add $DEV $UDP local $A_IP4 local6 $A_IP6 dev eth0
	has "$(ip -n $A -j link show $DEV)" '"mtu":1472,' "over IPv4"
	nlreq $A <<-EOF
	EINVAL | mtu greater than | | setlink $DEV mtu=65508
	ok | | | setlink $DEV mtu=65507
	EOF
	ip -n $A link del $DEV
	fl A link add $DEV $UDP local6 $A_IP6 dev eth0
	has "$(ip -n $A -j link show $DEV)" '"mtu":1452,' "over IPv6"
	ip -n $A link set eth0 mtu 9000
	has "$(ip -n $A -j link show $DEV)" '"mtu":8952,' "following"
	fl A link set $DEV local $A_IP4
	has "$(ip -n $A -j link show $DEV)" '"mtu":8972,' "with both"
	ip -n $A link del $DEV
	fl A link add $DEV udp-port 8285 local $A_IP4 dev eth0
	has "$(ip -n $A -j link show $DEV)" '"mtu":8950,' "with vxlan"
}

# A packet as large as the device takes passes unfragmented, a larger one is
# refused with the MTU; a narrower path is told about with its own room.
test_udp_pmtu() {
	udp_pair
	nsctl $A_POD -- ip link set eth0 mtu 1500
	nsctl $A -- ip link set cni0 mtu 1500
	nsctl $B_POD -- ip link set eth0 mtu 1500
	nsctl $B -- ip link set cni0 mtu 1500
	wire_start under $B eth0 -e
	pkt $A_POD encap=none proto=udp df=1 src=$A_POD4 dst=$B_POD4 len=1444
	wire_stop under
	shows "$T/under.wire" dir=in " len=1500 " " o.frag=0 " " v=4 "
	drops_mark A
	ip -n $A -batch - <<-EOF
	route add $B_IP4/32 dev eth0 src $A_IP4 mtu lock 1300
	route add $B_IP6/128 dev eth0 src $A_IP6 mtu 1400
	EOF
	wire_start pod $A_POD eth0
	pkt $A_POD encap=none proto=udp df=1 src=$A_POD4 dst=$B_POD4 len=1445
	pkt $A_POD encap=none proto=udp df=1 src=$A_POD4 dst=$B_POD4 len=1245
	pkt $A_POD encap=none proto=udp src=$A_POD6 dst=$B_POD6 len=1305
	drops_are A tx-too-big=2
	wire_stop pod
	shows "$T/pod.wire" " icmp=3/4 " mtu=1472
	shows "$T/pod.wire" " icmp=3/4 " mtu=1272
	shows "$T/pod.wire" " icmp=2/0 " mtu=1352
	flow -q -l 4000 udp $A_POD $B_POD $B_POD4
	flow -q -l 4000 udp $A_POD $B_POD $B_POD6
	flow -q tcp $A_POD $B_POD $B_POD4 300000
	flow -q tcp $A_POD $B_POD $B_POD6 300000
}

# a_on_udp: A speaks udp only and knows B and C, hosts; D is
# a host that it does not know. GOOD4 and GOOD6 are packets from B.
a_on_udp()
{
	nodes A B C D
	ours A $UDP
	udp_peer A B
	udp_peer A C
	drops_mark A
	GOOD4="encap=udp from=$B_IP4 to=$A_IP4 src=$B_POD4 dst=$A_BASE4"
	GOOD6="encap=udp from=$B_IP6 to=$A_IP6 src=$B_POD6 dst=$A_BASE6"
}

# received N: so many packets since the device was made.
received()
{
	arrived A $1 "packets received"
}

# The 16 combinations of ECN, as for vxlan, and a copy of ECN on the way out.
test_udp_ecn() { # smoke
	udp_pair
	drops_mark A
	wire_start pod $A_POD eth0
	ecn_table > "$T/table"
	# shellcheck disable=SC2046 # words
	pkt $B encap=udp from=$B_IP4 to=$A_IP4 src=$B_POD4 dst=$A_POD4 \
		$(cat "$T/table") len=900
	# shellcheck disable=SC2046
	pkt $B encap=udp from=$B_IP6 to=$A_IP6 src=$B_POD6 dst=$A_POD6 \
		$(cat "$T/table") len=900
	drops_are A rx-ecn=2
	wire_stop pod
	ecn_judged
	wire_start under $B eth0 -e
	pkt $A_POD encap=none proto=udp src=$A_POD4 dst=$B_POD4 tos=1 , tos=2 , \
		tos=3
	wire_stop under
	shows "$T/under.wire" " o.tos=1 " " tos=1 "
	shows "$T/under.wire" " o.tos=2 " " tos=2 "
	shows "$T/under.wire" " o.tos=2 " " tos=3 "
}

# What is no IP packet, or the beginning of one, has its reason.
test_udp_malformed() { # smoke
	a_on_udp
	pkt $B $GOOD4 cut=0
	pkt $B $GOOD4 raw=00 , raw=50 , raw=ff
	drops_are A rx-header=1 rx-protocol=3
	pkt $B $GOOD4 version=6 len=0 , version=16 len=32 ihl=4 , ihl=0
	pkt $B $GOOD6 version=4
	drops_are A rx-header=1 rx-protocol=3 rx-inner=4
	received 0
	pkt $B $GOOD4 cut=all proto=udp len=30
	pkt $B $GOOD6 cut=all proto=udp len=30
	stats A
	drop_of rx-header
	eq $DROP 3 "without a byte"
	drop_of rx-inner
	eq $DROP 62 "truncated inner headers"
	pkt $B $GOOD4 ocsum=bad
	pkt $B $GOOD6 ocsum=bad , ocsum=none
	stats A
	drop_of rx-inner
	eq $DROP 62 "truncated inner headers"
	# Any source port will do, and the device still works.
	device_stats A
	before=$RX_PACKETS
	pkt $B $GOOD4 sport=50000 , sport=1
	pkt $B $GOOD6
	received $((before + 3))
}

# Good datagrams in two pieces, cut at every place, as a driver may hand them
# over: all are taken, of both families.
test_udp_pieces() {
	not_provoked "skb_gro_network_header() keeps frag0 over a pull (Linux 7.3)"
	nodes A
	ours A $UDP
	modprobe tun 2> /dev/null || :
	pkt $A tap=tap0 encap=udp from=$B_IP4 to=$A_IP4 src=$B_POD4 \
		dst=$A_BASE4 count=0 ||
		skip "no tap devices with fragments here"
	over_tap
	fl A -b - <<-EOF
	subnet add $B_NET4 via 192.168.88.2 encap udp dev $DEV
	subnet add $B_NET6 via fd88::2 encap udp dev $DEV
	EOF
	drops_mark A
	pkt $A tap=tap0 encap=udp from=192.168.88.2 to=192.168.88.1 \
		src=$B_POD4 dst=$A_BASE4
	device_stats A
	[ $RX_PACKETS -gt 60 ] || fail "IPv4: $RX_PACKETS packets"
	before=$RX_PACKETS
	pkt $A tap=tap0 encap=udp from=fd88::2 to=fd88::1 src=$B_POD6 \
		dst=$A_BASE6
	device_stats A
	[ $((RX_PACKETS - before)) -gt 80 ] || fail "IPv6: $RX_PACKETS packets"
	drops_are A
}

# The source check by every mode: a VTEP's own, another's, a stranger, and a
# destination elsewhere.
test_udp_source_check() { # smoke
	a_on_udp
	by_mode all_kinds \
		"owner 3 rx-vtep=1 rx-owner=2 rx-destination=1" \
		"strict 2 rx-vtep=1 rx-owner=2 rx-destination=1 rx-strict=1" \
		"vtep 5 rx-vtep=1 rx-destination=1" \
		"log 7 rx-vtep=1 rx-owner=2 rx-destination=1" \
		"off 7"
}

all_kinds()
{
	pkt $B $GOOD4
	pkt $B $GOOD6
	pkt $B $GOOD4 src=8.8.8.8
	pkt $B $GOOD4 src=$C_POD4
	pkt $B $GOOD6 src=$A_POD6
	pkt $B $GOOD4 dst=$C_POD4
	pkt $D $GOOD4 from=$D_IP4
}

# Genuine ICMP errors from the underlay are believed if they quote our port and
# a VTEP; others make no exception and are counted.
test_udp_icmp_from_underlay() {
	local quote

	a_on_udp
	quote="encap=udp from=$A_IP4 to=$B_IP4 src=$A_BASE4 dst=$B_POD4
		router=$D_IP4 error=3/4"
	pkt $D $quote to=$D_IP4 mtu=1300
	drops_are A icmp-ignored=1
	pkt $D $quote mtu=1300
	has "$(ip -n $A route get $B_IP4)" "mtu 1300" "route to B"
	pkt $D $quote mtu=1200 quote=28
	has "$(ip -n $A route get $B_IP4)" "mtu 1200" "route to B"
	pkt $D encap=udp from=$A_IP6 to=$B_IP6 src=$A_BASE4 dst=$B_POD4 \
		router=$D_IP6 error=2/0 mtu=1400
	has "$(ip -n $A route get $B_IP6)" "mtu 1400" "IPv6 route to B"
	drops_are A icmp-ignored=1
}

# A destination without an entry: unreachable, as for vxlan.
test_udp_unreachable() {
	udp_pair
	drops_mark A
	wire_start pod $A_POD eth0
	pkt $A_POD encap=none proto=udp src=$A_POD4 dst=10.244.9.9
	pkt $A_POD encap=none proto=udp src=$A_POD6 dst=fd44:0:0:9::9
	drops_are A tx-miss=2
	wire_stop pod
	shows "$T/pod.wire" " icmp=3/1 "
	shows "$T/pod.wire" " icmp=1/3 "
}

# The port is opened by a device that has it, while it is up, and by no other.
test_udp_port() { # smoke
	nodes A
	fl A -b - <<-EOF
	link add $DEV up
	link add two $UDP vni 9 up
	EOF
	ports
	eq "$PORTS" "0.0.0.0:8285 0.0.0.0:8472 [::]:8285 [::]:8472 " "open ports"
	ip -n $A link set $DEV down
	ports
	eq "$PORTS" "0.0.0.0:8285 [::]:8285 " "open ports"
	ip -n $A link del two
	ip -n $A link set $DEV up
	ports
	eq "$PORTS" "0.0.0.0:8472 [::]:8472 " "open ports"
	# Somebody else's: said by its number, and nothing stays open.
	ip -n $A link del $DEV
	modprobe -q fou || : # or it is built in
	ip -n $A fou add port 8285 ipproto 4 || skip "no FOU here"
	fl A link add $DEV udp-port 8285
	refused "UDP port" fl A link set $DEV up
	ports
	eq "$PORTS" "0.0.0.0:8285 " "open ports"
	ip -n $A fou del port 8285
	fl A link set $DEV up
	ports
	eq "$PORTS" "0.0.0.0:8285 0.0.0.0:8472 [::]:8285 [::]:8472 " "open ports"
}

# ports: PORTS = where UDP is taken in A.
ports()
{
	PORTS=$(nsctl $A -- ss -Hlun | awk '{ print $4 }' | LC_ALL=C sort |
		tr '\n' ' ')
}

# What makes no sense is refused by name, and changes nothing.
test_udp_refusals() { # smoke
	local net='prefix=10.244.9.0 prefix-len=24 via=192.168.77.9'

	nodes A
	nlreq $A <<-EOF
	ERANGE | port is 0 | port | newlink x data{ port=0 }
	ERANGE | port is 0 | port | newlink x data{ port=0 udp-port=0 }
	EINVAL | its own | udp-port | newlink x data{ port=8285 udp-port=8285 }
	EINVAL | its own | udp-port | newlink x data{ udp-port=8472 }
	ERANGE | <policy> | gbp | newlink x data{ gbp=2 }
	ok | | | newlink both data{ udp-port=8285 }
	ok | | | newlink vxlan data{ vni=2 }
	ok | | | newlink udp data{ port=0 vni=3 udp-port=8286 }
	EEXIST | udp-port | | newlink x data{ vni=4 udp-port=8285 }
	EEXIST | udp-port | | newlink x data{ vni=4 port=8285 }
	EEXIST | udp-port | | newlink x data{ port=0 udp-port=8472 }
	EEXIST | udp-port | | newlink x data{ port=0 udp-port=8286 }
	EOPNOTSUPP | udp-port cannot | udp-port | setlink both data{ udp-port=8287 }
	EOPNOTSUPP | udp-port cannot | udp-port | setlink both data{ udp-port=0 }
	EOPNOTSUPP | udp-port cannot | udp-port | setlink vxlan data{ udp-port=8287 }
	EOPNOTSUPP | port cannot | port | setlink udp data{ port=8473 }
	ERANGE | port is 0 | | setlink udp data{ udp-port=0 }
	ok | | | setlink udp data{ port=0 udp-port=8286 }
	EOPNOTSUPP | no udp-port | encap | subnet-new vxlan subnet{ $net encap=1 }
	EOPNOTSUPP | no port | subnet | subnet-new udp subnet{ $net lladdr=020000000001 }
	EOPNOTSUPP | no port | encap | subnet-new udp subnet{ $net lladdr=020000000001 encap=0 }
	EINVAL | udp has no MACs | lladdr | subnet-new both subnet{ $net lladdr=020000000001 encap=1 }
	EINVAL | lladdr is missing | subnet | subnet-new both subnet{ $net encap=0 }
	ERANGE | <policy> | encap | subnet-new both subnet{ $net encap=2 }
	ok | | | subnet-new both subnet{ $net encap=1 }
	EOF
	ip -n $A -br link show type flannel > "$T/links"
	eq "$(wc -l < "$T/links")" 3 "links that were made"
	fl A subnet show > "$T/subnets"
	eq "$(wc -l < "$T/subnets")" 1 "entries that were made"
	shows "$T/subnets" "10.244.9.0/24 via 192.168.77.9 encap udp"
	# What is shown can be loaded again.
	fl A -j subnet show dev both > "$T/json"
	fl A subnet flush dev both
	fl A subnet load "$T/json" dev both owner manual > "$T/counts"
	has "$(cat "$T/counts")" "1 added" "loading what was shown"
}

# Down, up, changes and the end of a udp device while it is flooded, in a VRF
# and out of it.
test_udp_lifetime() {
	local _

	udp_pair outer-notrack on
	flood_start life $A_POD $B_POD4
	for _ in 1 2 3; do
		ip -n $B link set $DEV down
		ip -n $B -batch - <<-BATCH
		link set $DEV up
		address replace $B_BASE6/128 dev $DEV nodad
		route replace $NETWORK4 via $ONLINK4 dev $DEV onlink
		route replace $NETWORK6 via $ONLINK6 dev $DEV onlink
		BATCH
		fl B link set $DEV udpcsum off outer-notrack off rx gro
		fl B link set $DEV udpcsum on outer-notrack on rx direct
	done
	flood_stop life
	talk A B
	if ip -n $A link add blue type vrf table 10; then
		ip -n $A link set blue up
		ip -n $A link set eth0 master blue
		ip -n $A address replace $A_IP6/64 dev eth0 nodad
		talk A B
		talk B A
		ip -n $A link set eth0 nomaster
		ip -n $A address replace $A_IP6/64 dev eth0 nodad
		talk A B
	fi
	flood_start end $A_POD $B_POD4
	ip -n $B link del $DEV
	ip netns del $B
	flood_stop end
}

# outer-notrack has the udp backend's port as well.
test_udp_outer_notrack() {
	udp_pair
	nsctl $A -- nft -f - <<-EOF || skip "no nftables with conntrack here"
	table inet t {
		counter seen { }
		chain input {
			type filter hook input priority 0
			udp dport 8285 ct state untracked counter name seen
		}
		chain output {
			type filter hook output priority 0
			udp dport 8285 ct state untracked counter name seen
		}
	}
	EOF
	flow -q icmp $A_POD $B_POD $B_POD4
	counted $A seen 0
	fl A link set $DEV outer-notrack on
	flow -q icmp $A_POD $B_POD $B_POD4
	counted $A seen 6
}
