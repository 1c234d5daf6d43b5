# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# Both backends in one table.

# One device, both backends: who may speak for a subnet is a matter of outer
# addresses, whichever way the packet comes, and a stranger is one on both.
test_mixed_source_check() {
	nodes A B C D
	ours A udp-port 8285
	udp_peer A B
	peer A C
	vxlan="encap=vxlan dmac=$A_MAC4 to=$A_IP4 dst=$A_BASE4"
	udp="encap=udp to=$A_IP4 dst=$A_BASE4"
	by_mode both_backends \
		"owner 4 rx-vtep=2 rx-owner=2" \
		"strict 4 rx-vtep=2 rx-owner=2" \
		"vtep 6 rx-vtep=2" \
		"log 8 rx-vtep=2 rx-owner=2" \
		"off 8"
}

both_backends()
{
	pkt $B $udp from=$B_IP4 src=$B_POD4
	pkt $B $vxlan from=$B_IP4 src=$B_POD4
	pkt $C $vxlan from=$C_IP4 src=$C_POD4
	pkt $C $udp from=$C_IP4 src=$C_POD4
	pkt $B $vxlan from=$B_IP4 src=$C_POD4
	pkt $C $udp from=$C_IP4 src=$B_POD4
	pkt $D $udp from=$D_IP4 src=$C_POD4
	pkt $D $vxlan from=$D_IP4 src=$B_POD4
}

# One device, one node, both backends: each its VTEP, one answer by address.
test_mixed_vteps() {
	nodes A
	ours A udp-port 8285
	fl A -b - <<-EOF
	subnet add 10.244.8.0/24 via $B_IP4 encap udp dev $DEV
	subnet add 10.244.9.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV
	EOF
	fl A vtep show dev $DEV > "$T/vteps"
	shows "$T/vteps" "via $B_IP4 lladdr $B_MAC4 encap vxlan"
	shows "$T/vteps" "via $B_IP4 encap udp"
	nlreq $A <<-EOF
	ok | | | vtep-get $DEV address=$B_IP4
	EOF
	fl A subnet del 10.244.9.0/24 dev $DEV
	nlreq $A <<-EOF
	ok | | | vtep-get $DEV address=$B_IP4
	EOF
	fl A vtep show dev $DEV > "$T/vteps"
	eq "$(wc -l < "$T/vteps")" 1 "VTEPs"
}

# A thousand vxlan and a thousand udp entries, mixed, and traffic to each.
test_mixed_thousands() { # smoke
	nodes A B
	ours A udp-port 8285
	ours B udp-port 8285
	peer B A
	awk -v via=$B_IP4 -v mac=$B_MAC4 'BEGIN {
		for (i = 0; i < 2000; i++)
			printf "10.244.%d.%d/28 via %s %s\n",
				128 + i / 16, i % 16 * 16, via,
				i % 2 ? "encap udp" : "lladdr " mac }' > "$T/load"
	fl A subnet load "$T/load" dev $DEV owner sync
	fl B subnet add 10.244.128.0/17 local dev $DEV
	ip -n $B route add local 10.244.128.0/17 dev lo
	fl A vtep show dev $DEV > "$T/vteps"
	shows "$T/vteps" "encap vxlan subnets 1000"
	shows "$T/vteps" "encap udp subnets 1000"
	drops_mark A
	drops_mark B
	device_stats A
	before=$RX_PACKETS
	awk 'BEGIN { for (i = 0; i < 2000; i++)
		printf "dst=10.244.%d.%d%s\n", 128 + i / 16, i % 16 * 16 + 1,
			i < 1999 ? " ," : "" }' > "$T/spec"
	# shellcheck disable=SC2046 # words
	pkt $A encap=none proto=echo src=$A_BASE4 $(cat "$T/spec")
	# B answers each through its own entry for A.
	wait_for 60 answered 2000
	fl A -j vtep show dev $DEV > "$T/vteps"
	has "$(cat "$T/vteps")" '"encap":"vxlan","subnets":1000,"tx-packets":1000,' vxlan
	has "$(cat "$T/vteps")" '"encap":"udp","subnets":1000,"tx-packets":1000,' udp
	drops_are A
	drops_are B
}

answered()
{
	device_stats A
	[ $((RX_PACKETS - before)) -ge $1 ]
}

# Entries change from one backend to the other and back, one end after the
# other, under a flood: nothing is lost.
test_backend_change_under_traffic() { # smoke
	local one other

	nodes A B
	pods A B
	ours A udp-port 8285
	ours B udp-port 8285
	peers 4 6 A B
	flow -q icmp $A_POD $B_POD $B_POD4
	flow -q icmp $A_POD $B_POD $B_POD6
	flood_start v4 $A_POD $B_POD4
	flood_start v6 $A_POD $B_POD6
	wire_start under $B eth0 -e
	for one in A B A; do
		other=B
		[ $one = A ] || other=A
		udp_peer $one $other
		udp_peer $other $one
		peer $one $other
		peer $other $one
	done
	wire_stop under
	flood_stop v4
	eq $LOST 0 "lost over IPv4"
	flood_stop v6
	eq $LOST 0 "lost over IPv6"
	shows "$T/under.wire" dir=in " o.dport=8285 " " v=4 "
	shows "$T/under.wire" dir=in " o.dport=8472 " " v=4 "
	shows "$T/under.wire" dir=out " o.dport=8285 " " v=6 "
	shows "$T/under.wire" dir=out " o.dport=8472 " " v=6 "
}
