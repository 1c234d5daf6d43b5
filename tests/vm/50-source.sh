# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# The source check: which received packets are believed, by every mode, and
# that nothing is relayed.

# a_with_peers [LINK ATTRIBUTE...]: A has a device and knows B; C and D are
# hosts on the underlay, D without any entry. Packets go to A's own address.
a_with_peers()
{
	nodes A B C D
	ours A "$@"
	fl A -b - <<-EOF
	subnet add $B_NET4 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet add $B_NET6 via $B_IP6 lladdr $B_MAC4 dev $DEV
	subnet add $C_NET4 via $C_IP4 lladdr $C_MAC4 dev $DEV
	subnet add $C_NET6 via $C_IP6 lladdr $C_MAC4 dev $DEV
	EOF
	drops_mark A
}

# from NODE SOURCE... : one packet to A's overlay address from each inner
# source, sent by NODE itself.
from()
{
	local node="$1" source ns ip4 ip6

	shift
	eval "ns=\$$node ip4=\$${node}_IP4 ip6=\$${node}_IP6"
	for source; do
		case $source in
		*:*)	echo "from=$ip6 to=$A_IP6 dst=$A_BASE6 src=$source ," ;;
		*)	echo "from=$ip4 to=$A_IP4 dst=$A_BASE4 src=$source ," ;;
		esac
	done > "$T/spec"
	# The last comma repeats the packet before it: none is left over.
	# shellcheck disable=SC2046 # words
	pkt $ns dmac=$A_MAC4 $(cat "$T/spec") count=0
}

# taken N COMMAND...: the device receives N packets while the command runs.
taken()
{
	local number="$1" before

	shift
	device_stats A
	before=$RX_PACKETS
	"$@"
	arrived A $((before + number)) "packets taken by: $*, after $before"
}

# owner, the default: known VTEPs speak for their own subnets, for themselves
# and for the world outside the cluster network, and for nothing else.
test_owner() { # smoke
	a_with_peers
	taken 2 from B $B_POD4 $B_POD6
	taken 2 from B $B_IP4 $B_IP6
	taken 2 from B 8.8.8.8 2001:db8::8
	drops_are A
	# A host that is no VTEP.
	taken 0 from D $B_POD4 $B_POD6 8.8.8.8 $D_IP4
	drops_are A rx-vtep=4
	# A VTEP that claims another's subnet, ours, or nobody's in the cluster.
	taken 0 from C $B_POD4 $B_POD6
	taken 0 from C $A_POD4 $A_POD6 $D_POD4 $D_POD6
	drops_are A rx-vtep=4 rx-owner=6
	# The address of another VTEP is no better than any outside address.
	taken 1 from C $B_IP4
}

# A forged outer address of a VTEP is a VTEP's, as far as we can know; its
# subnets are checked all the same.
test_owner_forged_outer() {
	a_with_peers
	pkt $D from=$B_IP4 to=$A_IP4 dmac=$A_MAC4 src=$C_POD4 dst=$A_BASE4
	pkt $D from=$B_IP6 to=$A_IP6 dmac=$A_MAC4 src=$C_POD6 dst=$A_BASE6
	drops_are A rx-owner=2
	pkt $D from=203.0.113.1 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_BASE4
	drops_are A rx-owner=2 rx-vtep=1
}

# vtep: the outer source is all that counts.
test_vtep_mode() { # smoke
	a_with_peers source-check vtep
	taken 4 from C $B_POD4 $B_POD6 8.8.8.8 $D_POD4
	drops_are A
	taken 0 from D $B_POD4 $B_POD6
	drops_are A rx-vtep=2
	# Nothing is relayed in this mode either.
	pkt $C from=$C_IP4 to=$A_IP4 dmac=$A_MAC4 src=$C_POD4 dst=$B_POD4
	drops_are A rx-vtep=2 rx-destination=1
}

# strict: inner sources are owned ones and the VTEPs' own addresses.
test_strict_mode() {
	a_with_peers source-check strict
	taken 4 from B $B_POD4 $B_POD6 $B_IP4 $B_IP6
	taken 0 from B 8.8.8.8 2001:db8::8
	drops_are A rx-strict=2
	taken 0 from C $B_POD4 $D_POD4
	drops_are A rx-strict=2 rx-owner=2
	taken 0 from D $B_POD4
	drops_are A rx-strict=2 rx-owner=2 rx-vtep=1
}

# off: as the in-tree driver, everything that has our MAC and VNI.
test_off_mode() {
	a_with_peers source-check off
	taken 4 from D $B_POD4 $B_POD6 $A_POD4 8.8.8.8
	taken 2 from C $B_POD4 $D_POD6
	drops_are A
}

# log: everything passes, what owner would refuse is counted.
test_log_mode() { # smoke
	a_with_peers source-check log
	taken 2 from B $B_POD4 $B_POD6
	drops_are A
	taken 2 from D $B_POD4 $B_POD6
	taken 2 from C $B_POD4 $A_POD6
	drops_are A rx-vtep=2 rx-owner=2
	device_stats A
	eq $RX_DROPPED 0 "dropped by the device"
}

# A live change of the mode acts on the next packet.
test_mode_changes_live() {
	a_with_peers
	taken 0 from D $B_POD4
	fl A link set $DEV source-check off
	taken 1 from D $B_POD4
	fl A link set $DEV source-check strict
	taken 0 from B 8.8.8.8
	fl A link set $DEV source-check owner
	taken 1 from B 8.8.8.8
	drops_are A rx-vtep=1 rx-strict=1
}

# Without a cluster network, the union of the table stands for it.
test_no_cluster_network() {
	a_with_peers
	nlreq $A <<-EOF
	ok | | | setlink $DEV data{ network=0.0.0.0 network-len=0 network6=:: network6-len=0 }
	EOF
	taken 2 from B $B_POD4 $B_POD6
	taken 2 from B $D_POD4 $D_POD6
	drops_are A
	taken 0 from C $B_POD4 $A_POD6
	drops_are A rx-owner=2
}

# A node that sends from a second address: unknown, until it is listed.
test_second_address() { # smoke
	a_with_peers
	ip -n $B address add 192.168.77.22/24 dev eth0
	ip -n $B address add fd77::22/64 dev eth0 nodad
	pkt $B from=192.168.77.22 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_BASE4
	drops_are A rx-vtep=1
	fl A subnet replace $B_NET4 via $B_IP4 lladdr $B_MAC4 \
		src 192.168.77.22,fd77::22 dev $DEV
	taken 2 second_address
	drops_are A rx-vtep=1
	# What is not listed any more is unknown again.
	fl A subnet replace $B_NET4 via $B_IP4 lladdr $B_MAC4 dev $DEV
	taken 0 second_address
	drops_are A rx-vtep=3
}

second_address()
{
	pkt $B from=192.168.77.22 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_BASE4 \
	    , from=fd77::22 to=$A_IP6
}

# An address that two VTEPs list: each speaks for its own subnets through it.
test_shared_source_address() {
	a_with_peers
	fl A -b - <<-EOF
	subnet replace $B_NET4 via $B_IP4 lladdr $B_MAC4 src $D_IP4 dev $DEV
	subnet replace $C_NET4 via $C_IP4 lladdr $C_MAC4 src $D_IP4 dev $DEV
	EOF
	taken 2 from D $B_POD4 $C_POD4
	fl A subnet replace $B_NET4 via $B_IP4 lladdr $B_MAC4 dev $DEV
	taken 1 from D $B_POD4 $C_POD4
	drops_are A rx-owner=1
}

# A dual-stack peer: its IPv4 pods may come over its IPv6 address only if that
# is listed.
test_other_underlay_family() {
	a_with_peers
	pkt $B from=$B_IP6 to=$A_IP6 dmac=$A_MAC4 src=$B_POD4 dst=$A_BASE4
	drops_are A rx-owner=1
	fl A subnet replace $B_NET4 via $B_IP4 lladdr $B_MAC4 src $B_IP6 dev $DEV
	taken 1 pkt $B from=$B_IP6 to=$A_IP6 dmac=$A_MAC4 src=$B_POD4 \
		dst=$A_BASE4
}

# Inner destinations elsewhere: no packet leaves, whoever asks.
test_no_relaying() { # smoke
	a_with_peers
	wire_start out $A eth0 -e
	wire_start b $B eth0 -e
	pkt $C from=$C_IP4 to=$A_IP4 dmac=$A_MAC4 src=$C_POD4 dst=$B_POD4 \
	    , dst=$D_POD4 , dst=8.8.8.8 , dst=192.168.77.2
	pkt $C from=$C_IP6 to=$A_IP6 dmac=$A_MAC4 src=$C_POD6 dst=$B_POD6 \
	    , dst=$D_POD6
	drops_are A rx-destination=6
	wire_stop out
	wire_stop b
	shows_not "$T/out.wire" dir=out
	shows_not "$T/b.wire" dir=in
	device_stats A
	eq $TX_PACKETS 0 "packets sent"
	# A destination in our subnet, or an address of ours, is taken.
	taken 3 pkt $C from=$C_IP4 to=$A_IP4 dmac=$A_MAC4 src=$C_POD4 \
		dst=$A_BASE4 , dst=$A_IP4 , dst=$A_POD4
}

# Inner addresses that never travel between nodes.
test_martians() {
	local address

	a_with_peers
	for address in 0.0.0.0 127.0.0.1 224.0.0.1 255.255.255.255 $A_IP4 \
		       $A_BASE4; do
		echo "src=$address ,"
	done > "$T/spec"
	# shellcheck disable=SC2046 # words
	pkt $B from=$B_IP4 to=$A_IP4 dmac=$A_MAC4 dst=$A_BASE4 $(cat "$T/spec") \
		src=$B_POD4 dst=127.0.0.1 , dst=224.0.0.1 , \
		dst=255.255.255.255 , dst=0.0.0.0
	for address in :: ::1 ff02::1 fe80::1 ::ffff:10.244.2.2 $A_IP6 \
		       $A_BASE6; do
		echo "src=$address ,"
	done > "$T/spec"
	# shellcheck disable=SC2046
	pkt $B from=$B_IP6 to=$A_IP6 dmac=$A_MAC4 dst=$A_BASE6 $(cat "$T/spec") \
		src=$B_POD6 dst=::1 , dst=ff02::1 , dst=fe80::1 , dst=::
	# Our own overlay addresses lie in our subnet: that is the owner's word.
	drops_are A rx-martian=19 rx-owner=2
	device_stats A
	eq $RX_PACKETS 0 "packets taken"
}

# The underlay lies inside the cluster network: VTEP addresses are allowed as
# inner sources, other addresses of the underlay are not.
test_underlay_in_network() {
	a_with_peers network 0.0.0.0/1
	fl A link set $DEV network 192.168.0.0/16
	taken 1 from B $B_IP4
	drops_are A
	taken 0 from B $D_IP4
	drops_are A rx-owner=1
	# The node's address may lie in another node's subnet.
	fl A subnet add 192.168.77.0/28 via $C_IP4 lladdr $C_MAC4 dev $DEV
	taken 1 from B $B_IP4
	drops_are A rx-owner=1
	flow -q icmp $A $B $B_IP4
}

# A pod cannot inject through its own node, nor through another one.
test_injection_by_pod() {
	pair ours ours
	drops_mark A
	drops_mark B
	# To its own node, to the other one.
	pkt $A_POD from=$A_POD4 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_POD4
	pkt $A_POD from=$A_POD4 to=$B_IP4 dmac=$B_MAC4 src=$A_POD4 dst=$B_POD4
	drops_are A rx-vtep=1
	drops_are B rx-vtep=1
	# Masqueraded, it comes from a VTEP, and may say what that VTEP may.
	nsctl $A -- nft -f - <<-EOF || skip "no NAT here"
	table ip n {
		chain post {
			type nat hook postrouting priority 100
			oifname eth0 masquerade
		}
	}
	EOF
	pkt $A_POD from=$A_POD4 to=$B_IP4 dmac=$B_MAC4 src=$C_POD4 dst=$B_POD4 \
		sport=50001
	drops_are B rx-vtep=1 rx-owner=1
}

# Refusals are traced with both addresses.
test_trace() {
	local tracing=/sys/kernel/tracing

	[ -d $tracing/events/flannel ] || skip "no tracefs here"
	a_with_peers
	echo 1 > $tracing/events/flannel/flannel_drop/enable
	echo > $tracing/trace
	from D $B_POD4
	from C $B_POD6
	drops_are A rx-vtep=1 rx-owner=1
	cat $tracing/trace > "$T/trace"
	echo 0 > $tracing/events/flannel/flannel_drop/enable
	shows "$T/trace" flannel_drop $DEV VTEP $D_IP4 $B_POD4
	shows "$T/trace" flannel_drop $DEV OWNER $C_IP6 $B_POD6
}
