# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# Nodes whose outer packets come from somewhere else than their interface's first
# address, or from other ports, with an agent on each.

# lease_at NODE ADDRESS: its lease if that is its address.
lease_at()
{
	lease $1 | sed "s/\"PublicIP\": \"[^\"]*\"/\"PublicIP\": \"$2\"/"
}

# two_agents [FLAG OF B...]: A and B with pods, leases and agents.
two_agents()
{
	agent A
	agent B "$@"
	ready A B
	wait_for 60 in_table A "$B_NET4 via"
	wait_for 60 in_table B "$A_NET4 via"
	drops_mark A
	drops_mark B
}

# behind_nat: B reaches the others through D only, which gives what B sends its
# own address and another port, and hands on what comes to its VXLAN port.
behind_nat()
{
	local other

	for other in A C; do
		of $other
		ip -n $B route add $IP4/32 via $D_IP4 dev eth0
	done
	nsctl $D net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.eth0.send_redirects=0
	nsctl $B net.ipv4.conf.all.accept_redirects=0 \
		net.ipv4.conf.eth0.accept_redirects=0
	rules $D nft -f - <<-EOF
	table ip nat {
		chain pre {
			type nat hook prerouting priority dstnat;
			ip daddr $D_IP4 udp dport 8472 dnat to $B_IP4
		}
		chain post {
			type nat hook postrouting priority srcnat;
			ip saddr $B_IP4 udp dport 8472 snat to $D_IP4:20000-29999
		}
	}
	EOF
}

# A node behind a NAT that publishes the NAT's address is a node like any other,
# for ours and for stock's, in the default mode; not one packet is refused.
test_nat_published() {
	nodes A B C D
	pods A B C
	behind_nat
	leases "$(lease A)" "$(lease_at B $D_IP4)" "$(lease C)"
	stock C
	two_agents -public-ip=$D_IP4
	in_table A "$B_NET4 via $D_IP4 " || fail "not by the NAT's address"
	# The world has one address for B.
	of B
	B_IP4=$D_IP4
	peer C B
	peer C A
	wire_start a $A eth0 -e
	talk A B 4
	talk B A 4
	talk C B 4
	talk B C 4
	wire_stop a
	shows "$T/a.wire" dir=in "o.src=$D_IP4 " " src=$B_POD4 "
	shows_not "$T/a.wire" dir=in "o.src=192.168.77.2 "
	drops_are A
	drops_are B
}

# One that publishes an address it does not send from is refused by the default
# mode, and heard in log, which is for finding such nodes; once the address is
# published all is well.
test_nat_unpublished() {
	nodes A B C D
	pods A B
	behind_nat
	leases "$(lease A)" "$(lease B)"
	two_agents
	no flow -q -w 300 icmp $B_POD $A_POD $A_POD4
	drops_are A rx-vtep=1
	again agent A -source-check=log
	talk B A 4
	again agent A
	leases "$(lease A)" "$(lease_at B $D_IP4)"
	wait_for 60 in_table A "$B_NET4 via $D_IP4 "
	flow -q icmp $B_POD $A_POD $A_POD4
	flow -q icmp $A_POD $B_POD $B_POD4
}

# A host that masquerades all that leaves it changes the ports of outer packets:
# they are still that VTEP's. With an address that is no VTEP's they are not. The
# kernel's NAT makes their checksums wrong while the inner one is not computed,
# with stock's device as with ours: ours can keep them out of it.
test_nat_masqueraded_outer() {
	nodes A B
	pods A B
	leases "$(lease A)" "$(lease B)"
	two_agents
	nat_on_b 'masquerade to'
	masqueraded
	wire_totals a
	diag "checksums that are wrong: $BAD"
	fl B link set $DEV udpcsum off
	masqueraded
	shows_not "$T/a.wire" "csum=bad"
	fl B link set $DEV udpcsum on outer-notrack on
	# As on a wire: what is wrong does not arrive.
	nsctl $B -- ethtool -K eth0 tx off > "$T/out"
	wire_start a $A eth0 -e
	talk B A 4
	wire_stop a
	shows_not "$T/a.wire" "csum=bad"
	drops_are A
	drops_are B

	# Another address than it has published.
	fl B link set $DEV outer-notrack off
	nsctl $B -- ethtool -K eth0 tx on > "$T/out"
	ip -n $B address add 192.168.77.22/24 dev eth0
	nat_on_b 'snat to 192.168.77.22'
	no flow -q -w 300 udp $B_POD $A_POD $A_POD4
	drops_are A rx-vtep=1
}

# nat_on_b STATEMENT: what becomes of the outer packets of new flows.
nat_on_b()
{
	rules $B nft -f - <<-EOF
	table ip nat
	delete table ip nat
	table ip nat {
		chain post {
			type nat hook postrouting priority srcnat;
			udp dport 8472 $1:61000-61999 fully-random
		}
	}
	EOF
}

# masqueraded: both ways, and A hears B from the ports of its NAT.
masqueraded()
{
	wire_start a $A eth0 -e
	talk B A 4
	talk A B 4
	wire_stop a
	shows "$T/a.wire" dir=in "o.src=$B_IP4 " " o.sport=61" " src=$B_POD4 "
	drops_are A
	drops_are B
}

# Of several addresses of the interface the one that is asked for is published,
# and outer packets have it; without a wish it is the first one.
test_nat_secondary_address() {
	nodes A B
	pods A B
	ip -n $B address add 192.168.77.22/24 dev eth0
	ip -n $A address add 192.168.77.33/24 dev eth0
	leases "$(lease A)" "$(lease_at B 192.168.77.22)"
	two_agents -public-ip=192.168.77.22
	in_table A "$B_NET4 via 192.168.77.22 " || fail "not the address"
	in_table B "$A_NET4 via $A_IP4 " || fail "not the first one"
	fl B -o link show > "$T/links"
	shows "$T/links" "local 192.168.77.22 "
	wire_start a $A eth0 -e
	talk A B 4
	talk B A 4
	wire_stop a
	shows "$T/a.wire" dir=in "o.src=192.168.77.22 "
	shows_not "$T/a.wire" dir=in "o.src=$B_IP4 "
	shows_not "$T/a.wire" dir=out "o.src=192.168.77.33 "
	drops_are A
	drops_are B
}
