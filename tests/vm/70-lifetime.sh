# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# Things come and go while packets flow: links, addresses, routes, devices,
# namespaces, the module.

# The underlay link is deleted and made again under its name: traffic resumes
# within about a second, the device untouched. Its peer's entries stay.
test_underlay_recreated() { # smoke, timed
	local before after

	pair ours stock
	before=$(fl A -j link show $DEV)
	fl A subnet show dev $DEV > "$T/before"
	flood_start under $A_POD $B_POD4
	ip -n $A link del eth0
	after=$(fl A -j link show $DEV)
	has "$after" '"up":true' "device without its underlay"
	no flow -q -w 200 icmp $A_POD $B_POD $B_POD4
	ip link add eth0 netns $A type veth peer name eth0 netns $B
	ip -n $B -batch - <<-EOF
	link set eth0 up
	address add $B_IP4/24 dev eth0
	address add $B_IP6/64 dev eth0 nodad
	EOF
	ip -n $A -batch - <<-EOF
	link set eth0 up
	address add $A_IP4/24 dev eth0
	address add $A_IP6/64 dev eth0 nodad
	EOF
	# The stock end does not follow its link: what it had is gone.
	stock B
	peer B A
	clock
	start=$CLOCK
	wait_for 60 flow -q -w 100 icmp $A_POD $B_POD $B_POD4
	clock
	timed resumed $(((CLOCK - start) * 10)) 1500
	flood_stop under
	talk A B
	fl A subnet show dev $DEV > "$T/after"
	cmp "$T/before" "$T/after"
	after=$(fl A -j link show $DEV)
	eq "$after" "$before" "the device"
}

# The underlay link goes down, loses its address, changes its name: each time
# traffic comes back with it.
test_underlay_changes() {
	pair ours ours
	talk A B 4
	ip -n $A link set eth0 down
	no flow -q -w 200 icmp $A_POD $B_POD $B_POD4
	ip -n $A link set eth0 up
	ip -n $A address replace $A_IP6/64 dev eth0 nodad
	talk A B
	ip -n $A address flush dev eth0 scope global
	no flow -q -w 200 icmp $A_POD $B_POD $B_POD4
	ip -n $A address add $A_IP4/24 dev eth0
	ip -n $A address add $A_IP6/64 dev eth0 nodad
	talk A B
	ip -n $A link set eth0 down
	ip -n $A link set eth0 name wan
	ip -n $A link set wan up
	ip -n $A address replace $A_IP6/64 dev wan nodad
	talk A B
	has "$(fl A -j link show $DEV)" '"dev":"wan"' "the underlay's name"
	# A route that moves to another link is followed at once.
	ip -n $A link add other type dummy
	ip -n $A link set other up
	fl A link set $DEV nodev
	talk A B
	ip -n $A route add $B_IP4/32 dev other
	no flow -q -w 200 icmp $A_POD $B_POD $B_POD4
	ip -n $A route del $B_IP4/32 dev other
	talk A B
}

# Deleting the underlay link with routes through it cached does not wait for
# anybody: the kernel would for ten seconds before it complains.
test_underlay_release() { # timed
	pair ours ours
	flow -q icmp $A_POD $B_POD $B_POD4
	flow -q icmp $A_POD $B_POD $B_POD6
	clock
	start=$CLOCK
	ip -n $A link del eth0
	clock
	timed "ip link del" $(((CLOCK - start) * 10)) 2000
	ip netns del $B
}

# A namespace goes while packets flow through it, in both roles.
test_netns_deleted_under_traffic() { # smoke
	pair ours ours
	flood_start one $A_POD $B_POD4 -i 500
	flood_start two $B_POD $A_POD6 -i 500
	ip netns del $B
	ip netns del $A_POD
	flood_stop one
	ip netns del $A
	flood_stop two
	ip netns del $B_POD
}

# The device goes down, up, away and back while packets flow.
test_down_up_under_traffic() { # smoke

	pair ours ours
	flood_start flow $A_POD $B_POD4 -i 2000
	for _ in 1 2 3 4 5; do
		ip -n $B -batch - <<-EOF
		link set $DEV down
		link set $DEV up
		route replace $NETWORK4 via $ONLINK4 dev $DEV onlink
		route replace $NETWORK6 via $ONLINK6 dev $DEV onlink
		EOF
	done
	flow -q icmp $A_POD $B_POD $B_POD4
	fl B subnet show dev $DEV > "$T/table"
	eq "$(wc -l < "$T/table")" 4 "entries after down and up"
	fl B link del $DEV
	ours B
	peer B A
	talk A B
	flood_stop flow
	[ "$SENT" -gt 100 ] || fail "only $SENT packets"
}

# A live change of every attribute while packets flow loses none, where both
# ends stay compatible.
test_changelink_under_traffic() {
	local words

	pair ours ours
	flood_start flow $A_POD $B_POD4 -i 1000
	for words in "ttl 9" "tos 4" "tos 1" "df set" "df unset" \
		     "udpcsum off" "udpcsum on" "source-check strict" \
		     "source-check owner" "rx gro" "rx direct" "fwmark 9" \
		     "fwmark 0" "outer-notrack on" "outer-notrack off" \
		     "dev eth0" "network 10.0.0.0/8" "network $NETWORK4"; do
		echo "link set $DEV $words"
	done > "$T/batch"
	fl A -b "$T/batch"
	fl B -b "$T/batch"
	flood_stop flow
	eq $LOST 0 lost
}

# The module goes with devices, entries and traffic in place, and comes back.
test_unload_under_traffic() { # smoke
	pair ours ours
	flood_start flow $A_POD $B_POD4 -i 500
	module_unload
	no module_is_loaded
	no ip -n $A link show $DEV
	flood_stop flow
	module_load
	ours A
	ours B
	peers 4 6 A B
	talk A B
}

# The module goes right after a namespace with a full table has gone.
test_unload_after_netns() {
	nodes A B
	ours A
	ours B
	awk 'BEGIN { for (i = 0; i < 5000; i++)
		printf "10.%d.%d.0/24 via 172.16.%d.%d lladdr 02:00:00:00:%02x:%02x\n",
			i / 256, i % 256, i / 250, i % 250 + 1, i / 256, i % 256 }' \
		> "$T/load"
	fl A subnet load "$T/load" dev $DEV owner sync
	fl B subnet load "$T/load" dev $DEV owner sync
	fl A subnet flush dev $DEV owner sync
	ip netns del $B
	module_unload
	ip netns del $A
	module_load
}

# An underlay in a VRF: the sockets belong to it.
test_vrf_underlay() { # smoke
	nodes A B
	pods A B
	ip -n $A link add blue type vrf table 10 || skip "no VRF here"
	ip -n $A -batch - <<-EOF
	link set blue up
	link set eth0 master blue
	address replace $A_IP6/64 dev eth0 nodad
	EOF
	ours A
	stock B
	peers 4 6 A B
	talk A B
	talk B A
	# Out of the VRF and into it again, live.
	ip -n $A link set eth0 nomaster
	ip -n $A address replace $A_IP6/64 dev eth0 nodad
	talk A B
	ip -n $A link set eth0 master blue
	ip -n $A address replace $A_IP6/64 dev eth0 nodad
	talk A B
	# The device itself in another VRF, the underlay outside.
	ip -n $A link set eth0 nomaster
	ip -n $A address replace $A_IP6/64 dev eth0 nodad
	ip -n $A -batch - <<-EOF
	link add red type vrf table 20
	link set red up
	link set $DEV master red
	link set cni0 master red
	address replace $A_GW6/64 dev cni0 nodad
	address replace $A_BASE6/128 dev $DEV nodad
	route replace $NETWORK4 via $ONLINK4 dev $DEV onlink vrf red
	route replace $NETWORK6 via $ONLINK6 dev $DEV onlink vrf red
	EOF
	talk A B
	talk B A
}

# IPv6 switched off in the namespace: IPv4 goes on, IPv6 packets are nobody's.
test_ipv6_disabled() {
	nodes A B
	pods A B
	nsctl $A net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
	fl A -b - <<-EOF
	link add $DEV local $A_IP4 dev eth0 address $A_MAC4 network $NETWORK4
	subnet add $A_NET4 local dev $DEV
	EOF
	# shellcheck disable=SC2034 # peers looks at it
	A_KIND=ours
	ip -n $A -batch - <<-EOF
	link set $DEV up
	address add $A_BASE4/32 dev $DEV
	route add $NETWORK4 via $ONLINK4 dev $DEV onlink
	EOF
	stock B
	peers 4 4 A B
	talk A B 4
	talk B A 4
	pkt $B from=$B_IP4 to=$A_IP4 dmac=$A_MAC4 src=$B_POD6 dst=$A_POD6 count=3
	inject valid $A $DEV $A_BASE6 $B_POD6
	nsctl $A net.ipv6.conf.all.disable_ipv6=0
	talk A B 4
}

# Devices come and go quickly, up, with entries, in one namespace.
test_device_churn() {
	local vni

	nodes A
	for vni in 2 3 4 5 6 7 8 9; do
		cat <<-EOF
		link add $DEV dev eth0 local $A_IP4
		link set $DEV up
		subnet add 10.1.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV
		link add flannel.$vni vni $vni
		link set flannel.$vni up
		link del $DEV
		link del flannel.$vni
		EOF
	done > "$T/batch"
	fl A -b "$T/batch"
	eq "$(fl A -j link show)" "[]" "devices left"
	nsctl $A /proc/self/net/udp > "$T/udp"
	shows_not "$T/udp" ":2118 "
}

# A reader of a dump goes away in the middle, and so does a listener.
test_abandoned_readers() {
	local pid

	nodes A
	ours A
	awk 'BEGIN { for (i = 0; i < 20000; i++)
		printf "10.%d.%d.%d/25 via 172.16.0.1 lladdr 02:00:00:00:00:01\n",
			i / 512, int(i / 2) % 256, i % 2 * 128 }' > "$T/load"
	flanctl-genl -n $A monitor > "$T/events" 2>&1 &
	pid=$!
	wait_for 60 listens $A
	kill -STOP $pid
	fl A subnet load "$T/load" dev $DEV owner sync
	dumpcheck -r 1 -a $A $DEV 20000
	kill -KILL $pid
	fl A link del $DEV
}

# No netns, no problem: the tool works on a device that is down, and a device
# that is down drops nothing into anybody's hands.
test_device_down() {
	nodes A B
	ours A
	fl A subnet add $B_NET4 via $B_IP4 lladdr $B_MAC4 dev $DEV
	ip -n $A link set $DEV down
	fl A subnet add $C_NET4 via $C_IP4 lladdr $C_MAC4 dev $DEV
	has "$(fl A subnet show dev $DEV)" $C_NET4 "the table of a down device"
	pkt $B from=$B_IP4 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_BASE4
	inject valid $A $DEV $A_BASE4 $B_POD4 > "$T/out" 2>&1 || :
	device_stats A
	eq $RX_PACKETS 0 received
	eq $TX_PACKETS 0 sent
	ip -n $A link set $DEV up
	ip -n $A address replace $A_BASE4/32 dev $DEV
	pkt $B from=$B_IP4 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_BASE4
	arrived A 1 "received when up again"
}

# An upgrade: the table is written down, the module replaced, the table read
# again; the same entries are there, and the same flow goes on.
test_upgrade() {
	pair ours ours
	fl A subnet add 10.1.0.0/24 via $C_IP4 lladdr $C_MAC4 src 192.168.77.9 dev $DEV
	fl A subnet show dev $DEV > "$T/before"
	fl A -j subnet show dev $DEV owner manual > "$T/table"
	flood_start flow $A_POD $B_POD4 -i 1000
	clock
	start=$CLOCK
	module_unload
	module_load
	ours A
	fl A subnet load "$T/table" dev $DEV owner manual
	ours B
	peer B A
	clock
	diag "upgraded within $((CLOCK - start))0 ms"
	talk A B
	flood_stop flow
	diag "longest gap: $GAP ms"
	fl A subnet show dev $DEV > "$T/after"
	cmp "$T/before" "$T/after"
}

# A CPU goes and comes back while packets flow: none of its counters are lost.
test_cpu_hotplug() { # smoke
	local cpu=/sys/devices/system/cpu/cpu1/online before

	[ -w $cpu ] || skip "no CPU to spare here"
	pair ours ours
	flood_start flow $A_POD $B_POD4 -i 1000
	for _ in 1 2 3; do
		echo 0 > $cpu
		flow -q -w 20000 tcp $A_POD $B_POD $B_POD4 100000
		device_stats A
		before=$TX_PACKETS
		echo 1 > $cpu
		flow -q -w 20000 tcp $A_POD $B_POD $B_POD6 100000
		device_stats A
		[ "$TX_PACKETS" -ge "$before" ] ||
			fail "$TX_PACKETS packets sent after $before"
	done
	flood_stop flow
	talk A B
}
