# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# Group policy in VXLAN, beside the in-tree driver.

# marks NODE: IPv4 from its pods is marked as group 0x123 with "policy applied",
# IPv6 as group 0xffff; what comes from the overlay is counted by its mark.
marks()
{
	of $1
	nsctl $NS -- nft -f - <<-EOF || skip "no nftables here"
	table inet t {
		counter v4 { }
		counter v6 { }
		counter none { }
		chain pre {
			type filter hook prerouting priority -150
			iifname cni0 ip version 4 meta mark set 0x80123
			iifname cni0 ip6 version 6 meta mark set 0xffff
			iifname "flannel*" meta mark 0x80123 counter name v4
			iifname "flannel*" meta mark 0x0ffff counter name v6
			iifname "flannel*" meta mark 0 counter name none
		}
	}
	EOF
}

# Group policy to and from the in-tree driver: a mark is carried, and nothing
# else of the packet is another one; the outer packet has the device's mark.
test_gbp() { # smoke
	nodes A B
	pods A B
	ours A gbp on fwmark 0x77
	stock B gbp
	peers 4 6 A B
	marks A
	marks B
	wire_start under $B eth0 -e
	flow -q icmp $A_POD $B_POD $B_POD4
	flow -q icmp $A_POD $B_POD $B_POD6
	wire_stop under
	wire_totals under
	eq $BAD 0 "bad checksums"
	shows "$T/under.wire" dir=in flags=0x88 " gbp=0x80123 " " v=4 "
	shows "$T/under.wire" dir=in flags=0x88 " gbp=0xffff " " v=6 "
	counted $B v4 3
	counted $B v6 3
	counted $B none 0
	counted $A v4 3
	counted $A v6 3
	counted $A none 0
	# Bulk keeps its group, whole; without a mark the header is a plain one.
	flow -q tcp $A_POD $B_POD $B_POD4 1000000
	flow -q tcp $B_POD $A_POD $A_POD4 1000000
	counted $A none 0
	counted $B none 0
	nsctl $A -- nft flush chain inet t pre
	wire_start under $B eth0 -e
	flow -q icmp $A_POD $B_POD $B_POD4
	wire_stop under
	shows "$T/under.wire" dir=in flags=0x08 " v=4 "
	shows_not "$T/under.wire" dir=in flags=0x88
	counted $B none 3
}

# Without gbp such frames have a reason of their own, and no mark is sent; with
# it plain ones are taken as before.
test_gbp_off() { # smoke
	nodes A B
	pods A
	ours A
	peer A B
	marks A
	drops_mark A
	GOOD4="from=$B_IP4 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_BASE4"
	pkt $B $GOOD4 flags=0x88 , reserved=0x123
	pkt $B $GOOD4 flags=0x08 reserved=0x123 , reserved=0 flags=0x8c
	drops_are A rx-gbp=2 rx-header=2
	wire_start under $B eth0 -e
	pkt $A_POD encap=none src=$A_POD4 dst=$B_POD4
	wire_stop under
	shows "$T/under.wire" dir=in flags=0x08
	shows_not "$T/under.wire" dir=in flags=0x88
	fl A link set $DEV gbp on
	has "$(fl A -d link show $DEV)" "gbp on" "what is shown"
	device_stats A
	before=$RX_PACKETS
	pkt $B $GOOD4
	pkt $B $GOOD4 flags=0x88 reserved=0x80123 , reserved=0xf7ffff
	arrived A $((before + 3)) "packets taken"
	# Bits without a meaning are none of the mark: 0x40ffff.
	counted $A v4 1
	counted $A none 1
	pkt $B $GOOD4 flags=0x89 , flags=0x8c , flags=0x80
	drops_are A rx-gbp=2 rx-header=5
}
