# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# Pod to pod: every combination of families, against the in-tree driver and
# among ourselves, what it looks like on the wire, and its statistics.

# both_ways OUTER4 OUTER6 KIND KIND: two nodes of these kinds talk.
both_ways()
{
	nodes A B
	pods A B
	$3 A
	$4 B
	peers $1 $2 A B
	talk A B
	talk B A
}

# IPv4 over IPv4 and IPv6 over IPv6 with a stock node, as stock flannel does.
test_stock_peer() { # smoke
	both_ways 4 6 ours stock
}

# IPv6 over IPv4 and IPv4 over IPv6 with the in-tree driver.
test_stock_peer_crossed() { # smoke
	both_ways 6 4 ours stock
}

# All four combinations among nodes of ours.
test_our_peer() { # smoke
	both_ways 4 6 ours ours
	peers 6 4 A B
	talk A B
	talk B A
}

# Everything over one underlay family, the other one not even configured.
test_one_underlay_family() {
	both_ways 4 4 ours stock
	ip -n $A -6 address flush dev eth0
	fl A link set $DEV local $A_IP4
	talk A B
	ip netns del $A
	ip netns del $B
	ip netns del $A_POD
	ip netns del $B_POD
	both_ways 6 6 ours stock
}

# Three nodes, two of them stock, one device for both families here.
test_three_nodes() {
	nodes A B C
	pods A B C
	ours A
	stock B
	stock C
	peers 4 6 A B C
	talk A B
	talk A C
	talk C A
	talk B C
}

# A dual-stack stock peer publishes two MACs; we may have two as well.
test_two_vtep_macs() {
	nodes A B
	pods A B
	ours A address6 $A_MAC6
	stock B
	peers 4 6 A B
	wire_start under $B eth0 -e
	talk A B
	talk B A
	wire_stop under
	shows "$T/under.wire" v=4 "src=$A_POD4" smac=$A_MAC4 dmac=$B_MAC4
	shows "$T/under.wire" v=6 "src=$A_POD6" smac=$A_MAC6 dmac=$B_MAC6
	shows "$T/under.wire" v=4 "src=$B_POD4" smac=$B_MAC4 dmac=$A_MAC4
	shows "$T/under.wire" v=6 "src=$B_POD6" smac=$B_MAC6 dmac=$A_MAC6
}

# Two networks with their own VNI share a port, and nothing else.
test_two_networks_on_one_port() {
	pair ours stock
	fl A -b - <<-EOF
	link add flannel.2 vni 2 local $A_IP4 dev eth0 address 02:f2:00:00:00:01 network 10.245.0.0/16
	subnet add 10.245.1.0/24 local dev flannel.2
	subnet add 10.245.2.0/24 via $B_IP4 lladdr 02:f2:00:00:00:02 dev flannel.2
	EOF
	ip -n $A -batch - <<-EOF
	link set flannel.2 up
	address add 10.245.1.0/32 dev flannel.2
	route add 10.245.0.0/16 via $ONLINK4 dev flannel.2 onlink
	EOF
	ip -n $B -batch - <<-EOF
	link add flannel.2 address 02:f2:00:00:00:02 mtu 1450 type vxlan id 2 dev eth0 local $B_IP4 dstport 8472 nolearning
	link set flannel.2 up
	address add 10.245.2.0/32 dev flannel.2
	neighbour add 10.245.1.0 lladdr 02:f2:00:00:00:01 dev flannel.2
	route add 10.245.1.0/24 via 10.245.1.0 dev flannel.2 onlink
	EOF
	bridge -n $B fdb add 02:f2:00:00:00:01 dev flannel.2 dst $A_IP4 self permanent
	talk A B 4
	flow -q talk $A $B 10.245.2.0
	flow -q talk $B $A 10.245.1.0
	drops_mark A
	# What is right in one network is not in the other one.
	pkt $B from=$B_IP4 to=$A_IP4 vni=2 dmac=$A_MAC4 src=10.245.2.0 \
		dst=10.245.1.0
	pkt $B from=$B_IP4 to=$A_IP4 vni=1 dmac=$A_MAC4 src=10.244.9.9 \
		dst=$A_BASE4
	drops_are A rx-owner=1
	ip -n $A link del flannel.2
	talk B A 4
	pkt $B from=$B_IP4 to=$A_IP4 vni=2 dmac=$A_MAC4 src=10.245.2.0 \
		dst=10.245.1.0
	drops_are A rx-owner=1 rx-vni=1
}

# On the wire: byte for byte what stock sends, the checksums right.
test_wire_format() { # smoke
	pair ours stock
	# What TCP sends again would have another hash, and so another port.
	nsctl $A_POD net.core.txrehash=0
	wire_start under $B eth0 -e
	talk A B
	wire_stop under
	wire_totals under
	eq $BAD 0 "bad checksums"
	shows "$T/under.wire" dir=in o.v=4 "o.src=$A_IP4" "o.dst=$B_IP4" \
		" o.ttl=64 " " o.tos=0 " " o.df=0 " " o.dport=8472 " " vni=1 " \
		" flags=0x08 " " o.csum=ok " " v=4 " " smac=$A_MAC4 " " dmac=$B_MAC4 "
	shows "$T/under.wire" dir=in o.v=6 "o.src=$A_IP6" "o.dst=$B_IP6" \
		" o.ttl=64 " " o.tos=0 " " o.dport=8472 " " o.csum=ok " " v=6 "
	# Both directions of a flow hash to a source port of the local range,
	# and a flow keeps its port.
	awk '$1 == "dir=in" && / proto=6 / && / v=4 / && !/ o.sport=(3276[89]|327[789]|32[89]|3[3-9]|[45]|60)/' \
		"$T/under.wire" > "$T/outside"
	eq "$(wc -l < "$T/outside")" 0 "source ports outside the local range"
	awk '/dir=in/ && / proto=6 / && / v=4 / { for (i = 1; i <= NF; i++)
		if ($i ~ /^o.sport=/) print $i }' "$T/under.wire" | sort -u > "$T/ports"
	eq "$(wc -l < "$T/ports")" 1 "source ports of one TCP flow"
}

# Without any offload on the underlay, checksums are computed and right.
test_checksums_without_offload() {
	pair ours stock
	nsctl $A -- ethtool -K eth0 tx off tso off gso off > /dev/null
	nsctl $B -- ethtool -K eth0 gro off > /dev/null
	wire_start under $B eth0 -e
	talk A B
	talk B A
	wire_stop under
	wire_totals under
	eq $BAD 0 "bad checksums"
	[ "$PACKETS" -gt 50 ] || fail "only $PACKETS packets"
	line_of "$T/under.wire" dir=in "gso=0" "proto=6" "csum=ok" ||
		fail "no plain TCP segment"
}

# udpcsum off: no outer checksum over IPv4 and IPv6, and the peer takes it.
test_udpcsum_off() {
	nodes A B
	pods A B
	ours A udpcsum off
	stock B
	ip -n $B link del flannel-v6.1
	ip -n $B link add flannel-v6.1 address $B_MAC6 mtu 1430 type vxlan id 1 \
		dev eth0 local $B_IP6 dstport 8472 nolearning \
		udp6zerocsumrx
	ip -n $B link set flannel-v6.1 up
	peers 4 6 A B
	wire_start under $B eth0 -e
	talk A B
	wire_stop under
	wire_totals under
	eq $BAD 0 "bad checksums"
	shows "$T/under.wire" dir=in o.v=4 o.csum=none
	shows "$T/under.wire" dir=in o.v=6 o.csum=none
	line_of "$T/under.wire" dir=in o.csum=ok &&
		fail "a checksum: $LINE"
	fl A link set $DEV udpcsum on
	wire_start under $B eth0 -e
	flow -q udp $A_POD $B_POD $B_POD4
	wire_stop under
	shows "$T/under.wire" dir=in o.csum=ok
}

# TCP bulk passes veth as super-packets: nobody segments them in software.
test_gso_stays_whole() { # smoke
	local way

	pair ours stock
	bulky $A_POD $B_POD
	for way in 4 6; do
		eval "address=\$B_POD$way back=\$A_POD$way"
		wire_start under $B eth0 -e -b
		wire_start pod $B_POD eth0 -b
		flow -q tcp $A_POD $B_POD $address 3000000
		flow -q tcp $B_POD $A_POD $back 3000000
		wire_stop under
		wire_stop pod
		wire_totals under
		eq $BAD 0 "bad checksums on the underlay"
		[ "$LONGEST" -gt 20000 ] ||
			fail "IPv$way: no super-packet on the underlay: $LINE"
		# 12 MB in both directions at 1400 bytes would be 8500.
		[ "$PACKETS" -lt 3000 ] || fail "IPv$way: segmented: $LINE"
		wire_totals pod
		[ "$LONGEST" -gt 20000 ] ||
			fail "IPv$way: segmented on the way to the pod: $LINE"
	done
	flow -q udpgso $A_POD $B_POD $B_POD4
	flow -q udpgso $B_POD $A_POD $A_POD6
}

# Where the underlay carries single segments, the receiver merges them.
test_gro_merges() {
	local mode

	pair stock ours
	nsctl $A -- ethtool -K eth0 tso off gso off \
		tx-udp_tnl-segmentation off tx-udp_tnl-csum-segmentation off \
		> /dev/null
	nsctl $B -- ethtool -K eth0 gro on > /dev/null
	for mode in direct gro; do
		fl B link set $DEV rx $mode
		wire_start under $B eth0 -e -b
		wire_start dev $B $DEV -b
		flow -q tcp $A_POD $B_POD $B_POD4 2000000
		flow -q tcp $A_POD $B_POD $B_POD6 2000000
		wire_stop under
		wire_stop dev
		wire_totals dev
		# How many meet in one poll is the machine's load's to say.
		[ "$LONGEST" -gt 2500 ] || fail "rx $mode: not merged: $LINE"
		eq $BAD 0 "bad checksums"
	done
}

# Both ways of delivery carry the same traffic; a change while it flows loses
# nothing.
test_rx_modes() {
	pair ours ours
	fl A link set $DEV rx gro
	talk A B
	talk B A
	flood_start change $A_POD $B_POD4
	fl A link set $DEV rx direct
	fl A link set $DEV rx gro
	fl A link set $DEV rx direct
	flood_stop change
	eq $LOST 0 lost
}

# The mark of outer packets is the device's, never the inner packet's.
test_fwmark() {
	pair ours stock
	nft_load $A <<-EOF
	table inet t {
		counter zero { }
		counter inner { }
		counter outer { }
		chain forward {
			type filter hook forward priority -150
			meta mark set 0x4000
		}
		chain output {
			type filter hook output priority 0
			udp dport 8472 meta mark 0 counter name zero
			udp dport 8472 meta mark 0x4000 counter name inner
			udp dport 8472 meta mark 0x77 counter name outer
		}
	}
	EOF
	flow -q icmp $A_POD $B_POD $B_POD4
	nft_counter $A zero
	eq $COUNT 3 "unmarked outer packets"
	fl A link set $DEV fwmark 0x77
	flow -q icmp $A_POD $B_POD $B_POD6
	nft_counter $A outer
	eq $COUNT 3 "outer packets with the device's mark"
	nft_counter $A inner
	eq $COUNT 0 "outer packets with the inner mark"
	# The mark takes part in the choice of the route.
	fl A link set $DEV fwmark 0x78
	ip -n $A -batch - <<-EOF
	rule add fwmark 0x78 table 78
	route add default via 192.168.77.99 dev eth0 table 78
	EOF
	no flow -q -w 500 icmp $A_POD $B_POD $B_POD4
}

# outer-notrack: outer packets are untracked in both directions, inner ones and
# those that are forwarded are not; without it they are tracked.
test_outer_notrack() {
	pair ours ours
	nft_load $A <<-EOF
	table inet t {
		counter outer_in { }
		counter outer_out { }
		counter inner { }
		counter forwarded { }
		chain input {
			type filter hook input priority 0
			udp dport 8472 ct state untracked counter name outer_in
		}
		chain output {
			type filter hook output priority 0
			udp dport 8472 ct state untracked counter name outer_out
		}
		chain forward {
			type filter hook forward priority 0
			udp dport 8472 counter name forwarded
			ct state untracked counter name inner
			ct state invalid drop
		}
	}
	EOF
	flow -q icmp $A_POD $B_POD $B_POD4
	nft_counter $A outer_in
	eq $COUNT 0 "untracked without the attribute"
	fl A link set $DEV outer-notrack on
	flow -q icmp $A_POD $B_POD $B_POD4
	flow -q icmp $A_POD $B_POD $B_POD6
	nft_counter $A outer_in
	eq $COUNT 6 "untracked received"
	nft_counter $A outer_out
	eq $COUNT 6 "untracked sent"
	pkt $A_POD encap=none proto=udp src=$A_POD4 dst=$B_IP4 idport=8472 \
		, src=$A_POD6 dst=$B_IP6 idport=8472
	nft_counter $A forwarded
	eq $COUNT 2 "packets forwarded to the port of somebody else"
	nft_counter $A inner
	eq $COUNT 0 "untracked inner packets"
	fl A link set $DEV outer-notrack off
	flow -q icmp $A_POD $B_POD $B_POD4
	nft_counter $A outer_in
	eq $COUNT 6 "untracked after it was switched off"
}

# nft_load NODE_NAMESPACE: the ruleset on stdin.
nft_load()
{
	nsctl $1 -- nft -f - || skip "no nftables with conntrack here"
}

# nft_counter NAMESPACE NAME: COUNT = its packets.
nft_counter()
{
	nsctl $1 -- nft list counter inet t $2 > "$T/counter"
	line_of "$T/counter" packets || fail "no counter $2"
	COUNT=${LINE#*packets }
	COUNT=${COUNT%% *}
}

# Statistics are exact: device, VTEP and drops, packets and bytes.
test_statistics() { # smoke
	local tx rx

	pair ours ours
	flow -q icmp $A_POD $B_POD $B_POD4
	drops_mark A
	drops_mark B
	device_stats A
	tx=$TX_PACKETS rx=$RX_PACKETS tx_bytes=$TX_BYTES rx_bytes=$RX_BYTES
	flow -q icmp $A_POD $B_POD $B_POD4
	flow -q icmp $A_POD $B_POD $B_POD4
	device_stats A
	eq $((TX_PACKETS - tx)) 6 "sent packets"
	eq $((RX_PACKETS - rx)) 6 "received packets"
	# ICMP payloads of 64, 1200 and 64 bytes with their IPv4 headers.
	eq $((TX_BYTES - tx_bytes)) 2776 "sent bytes"
	eq $((RX_BYTES - rx_bytes)) 2776 "received bytes"
	drops_are A
	drops_are B
	fl A -j vtep show dev $DEV > "$T/vteps"
	has "$(cat "$T/vteps")" "\"via\":\"$B_IP4\"" vteps
	has "$(cat "$T/vteps")" "\"tx-packets\":9,\"tx-bytes\":4164,\"rx-packets\":9,\"rx-bytes\":4164" \
		"counters of the VTEP"
	fl A -s link show $DEV > "$T/link"
	shows "$T/link" "tx-packets $TX_PACKETS"
}

# Traffic of a node itself, by its overlay address and to a pod elsewhere.
test_node_to_pod() {
	pair ours stock
	flow -q icmp $A $B_POD $B_POD4
	flow -q icmp $A $B_POD $B_POD6
	flow -q icmp $B $A_POD $A_POD4
	flow -q icmp $B $A_POD $A_POD6
	flow -q icmp $A $B $B_BASE4
	flow -q icmp $A $B $B_BASE6
}

# The routes that stock flannel writes work on our device as well.
test_stock_routes() {
	pair ours stock
	ip -n $A -batch - <<-EOF
	route del $NETWORK4 dev $DEV
	route del $NETWORK6 dev $DEV
	route add $B_NET4 via $B_BASE4 dev $DEV onlink
	route add $B_NET6 via $B_BASE6 dev $DEV onlink
	EOF
	talk A B
	talk B A
}

# The longest match decides, and a change of the table acts on the next packet
# of a running flow, without a gap.
test_longest_match_under_traffic() {
	nodes A B C
	pods A B C
	ours A
	ours B
	ours C
	peers 4 6 A B C
	# C holds one address of B's subnet.
	ip -n $C_POD address add 10.244.2.99/32 dev eth0
	ip -n $C route add 10.244.2.99/32 dev cni0
	fl C subnet add 10.244.2.99/32 local dev $DEV
	ip -n $B_POD address add 10.244.2.99/32 dev eth0
	# Neighbours are resolved before; packets that wait for one may be lost.
	flow -q icmp $A_POD $C_POD $C_POD4
	flood_start match $A_POD 10.244.2.99
	wire_start c $C eth0 -e
	fl A subnet add 10.244.2.99/32 via $C_IP4 lladdr $C_MAC4 dev $DEV
	flow -q icmp $A_POD $C_POD 10.244.2.99
	wire_stop c
	wire_start b $B eth0 -e
	fl A subnet del 10.244.2.99/32 dev $DEV
	flow -q icmp $A_POD $B_POD 10.244.2.99
	wire_stop b
	# Another underlay family: each end lists the other's second address.
	fl B subnet replace $A_NET4 via $A_IP4 lladdr $A_MAC4 src $A_IP6 dev $DEV
	fl A subnet replace $B_NET4 via $B_IP6 lladdr $B_MAC4 src $B_IP4 dev $DEV
	fl A subnet replace $B_NET4 via $B_IP4 lladdr $B_MAC4 dev $DEV
	flood_stop match
	eq $LOST 0 lost
	shows "$T/c.wire" dir=in dst=10.244.2.99
	shows "$T/b.wire" dir=in dst=10.244.2.99
}

# Ten thousand subnets are loaded again with another generation and swept,
# while a subnet that does not change is flooded: nothing is lost.
test_reload_without_loss() {
	pair ours ours
	{
		echo "$B_NET4 via $B_IP4 lladdr $B_MAC4"
		echo "$B_NET6 via $B_IP6 lladdr $B_MAC4"
		awk 'BEGIN { for (i = 0; i < 10000; i++)
			printf "10.%d.%d.0/24 via 172.16.%d.%d lladdr 02:00:00:00:%02x:%02x\n",
				i / 256, i % 256, i / 250, i % 250 + 1, i / 256, i % 256 }'
	} > "$T/load"
	sed 's/^10\.9\./10.199./' "$T/load" > "$T/other"
	fl A subnet flush dev $DEV owner manual
	fl A -b - <<-EOF
	subnet add $A_NET4 local dev $DEV
	subnet add $A_NET6 local dev $DEV
	EOF
	fl A subnet load "$T/load" dev $DEV owner sync
	flood_start v4 $A_POD $B_POD4 -i 1000
	flood_start v6 $A_POD $B_POD6 -i 1000
	fl A subnet load "$T/other" dev $DEV owner sync
	fl A subnet load "$T/load" dev $DEV owner sync
	flood_stop v4
	eq $LOST 0 "lost over IPv4"
	flood_stop v6
	eq $LOST 0 "lost over IPv6"
	stats A
	has "$STATS" '"subnets":10004,' subnets
}
