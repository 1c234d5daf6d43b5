# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# The table through generic netlink: what can be written, what is refused, who
# owns what, what listeners are told.

# a_device: node A alone with a device.
a_device()
{
	nodes A
	fl A link add $DEV dev eth0 local $A_IP4 local6 $A_IP6
}

# entry PREFIX LAST_BYTE: words for an entry by way of 192.168.77.LAST_BYTE.
entry()
{
	ENTRY="$1 via 192.168.77.$2 lladdr 02:f1:00:00:00:0$2 dev $DEV"
}

# table: $T/table = the whole table, one entry a line.
table()
{
	fl A subnet show dev $DEV > "$T/table"
}

# entries N: how many there are.
entries()
{
	fl A -j stats show dev $DEV > "$T/stats"
	has "$(cat "$T/stats")" "\"subnets\":$1," entries
}

# An entry is added once, replaced, found by the longest match, and removed.
test_add_replace_del() { # smoke
	a_device
	fl A -b - <<-EOF
	subnet add $B_NET4 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet add $B_NET6 via $B_IP6 lladdr $B_MAC4 dev $DEV
	subnet add $A_NET4 local dev $DEV
	EOF
	table
	shows "$T/table" $B_NET4 "via $B_IP4" "lladdr $B_MAC4"
	shows "$T/table" $B_NET6 "via $B_IP6" "lladdr $B_MAC4"
	shows "$T/table" $A_NET4 local
	entry $B_NET4 3
	refused "exists" fl A subnet add $ENTRY
	fl A subnet replace $ENTRY
	table
	shows "$T/table" $B_NET4 "via 192.168.77.3"
	fl A subnet replace $B_NET4 local dev $DEV
	table
	shows "$T/table" $B_NET4 local
	fl A subnet del $B_NET4 dev $DEV
	refused "no such subnet" fl A subnet del $B_NET4 dev $DEV
	entries 2
}

# get finds the longest match, of either family; a miss is ENOENT.
test_longest_match_get() { # smoke
	a_device
	fl A -b - <<-EOF
	subnet add 10.0.0.0/8 via 192.168.77.2 lladdr 02:f1:00:00:00:02 dev $DEV
	subnet add 10.244.0.0/16 via 192.168.77.3 lladdr 02:f1:00:00:00:03 dev $DEV
	subnet add 10.244.7.0/24 via 192.168.77.4 lladdr 02:f1:00:00:00:04 dev $DEV
	subnet add 10.244.7.9/32 via 192.168.77.5 lladdr 02:f1:00:00:00:05 dev $DEV
	subnet add fd44::/32 via 192.168.77.2 lladdr 02:f1:00:00:00:02 dev $DEV
	subnet add fd44:0:0:7::/64 via 192.168.77.3 lladdr 02:f1:00:00:00:03 dev $DEV
	subnet add fd44:0:0:7::9/128 via 192.168.77.4 lladdr 02:f1:00:00:00:04 dev $DEV
	EOF
	got 10.1.2.3 10.0.0.0/8
	got 10.244.1.1 10.244.0.0/16
	got 10.244.7.8 10.244.7.0/24
	got 10.244.7.9 10.244.7.9
	got fd44:0:9:: fd44::/32
	got fd44:0:0:7::8 fd44:0:0:7::/64
	got fd44:0:0:7::9 fd44:0:0:7::9
	refused "no entry" fl A subnet get 11.0.0.1 dev $DEV
	refused "no entry" fl A subnet get fd45::1 dev $DEV
	fl A subnet add 0.0.0.0/0 via 192.168.77.6 lladdr 02:f1:00:00:00:06 dev $DEV
	fl A subnet add ::/0 via 192.168.77.6 lladdr 02:f1:00:00:00:06 dev $DEV
	got 11.0.0.1 0.0.0.0/0
	got fd45::1 ::/0
	fl A subnet del 10.244.7.9/32 dev $DEV
	got 10.244.7.9 10.244.7.0/24
	fl A subnet flush dev $DEV
	entries 0
}

# got ADDRESS PREFIX
got()
{
	has "$(fl A -j subnet get $1 dev $DEV)" "\"prefix\":\"$2" "get $1"
}

# Every wrong request is refused, says why, and points at the attribute.
test_subnet_refusals() { # smoke
	local mac=lladdr=02f100000002 via=via=192.168.77.2 net="prefix=10.1.0.0 prefix-len=24"

	a_device
	nlreq $A <<-EOF
	EINVAL | ifindex | | subnet-new - subnet{ $net $via $mac }
	ENODEV | no such link | ifindex | subnet-new - ifindex=9999 subnet{ $net $via $mac }
	ERANGE | | ifindex | subnet-new - ifindex=0 subnet{ $net $via $mac }
	EINVAL | | ifindex | subnet-new - ifindex:u8=1 subnet{ $net $via $mac }
	EOPNOTSUPP | not of type flannel | | subnet-new eth0 subnet{ $net $via $mac }
	EINVAL | subnet is missing | | subnet-new $DEV
	EINVAL | prefix | | subnet-new $DEV subnet{ $via $mac }
	EINVAL | prefix | | subnet-new $DEV subnet{ prefix=10.1.0.0 $via $mac }
	EINVAL | prefix | | subnet-new $DEV subnet{ prefix-len=24 $via $mac }
	EINVAL | 4 or 16 | prefix | subnet-new $DEV subnet{ prefix:hex=0a0100 prefix-len=24 $via $mac }
	EINVAL | 4 or 16 | prefix | subnet-new $DEV subnet{ prefix:hex= prefix-len=24 $via $mac }
	ERANGE | | prefix | subnet-new $DEV subnet{ prefix:hex=0001020304050607080900010203040506 prefix-len=24 $via $mac }
	ERANGE | 32 | prefix-len | subnet-new $DEV subnet{ prefix=10.1.0.0 prefix-len=33 $via $mac }
	ERANGE | | prefix-len | subnet-new $DEV subnet{ prefix=fd44:: prefix-len=129 $via $mac }
	EINVAL | host bits | prefix | subnet-new $DEV subnet{ prefix=10.1.0.1 prefix-len=24 $via $mac }
	EINVAL | host bits | prefix | subnet-new $DEV subnet{ prefix=fd44::1 prefix-len=64 $via $mac }
	EINVAL | via or local | | subnet-new $DEV subnet{ $net $mac }
	EINVAL | via or local | | subnet-new $DEV subnet{ $net }
	EINVAL | lladdr | | subnet-new $DEV subnet{ $net $via }
	EINVAL | excludes | local | subnet-new $DEV subnet{ $net local $via }
	EINVAL | excludes | local | subnet-new $DEV subnet{ $net local $mac }
	EINVAL | excludes | local | subnet-new $DEV subnet{ $net local src=192.168.77.9 }
	EINVAL | excludes | local | subnet-new $DEV subnet{ $net local encap=0 }
	EINVAL | unicast | via | subnet-new $DEV subnet{ $net via=224.0.0.1 $mac }
	EINVAL | unicast | via | subnet-new $DEV subnet{ $net via=127.0.0.1 $mac }
	EINVAL | unicast | via | subnet-new $DEV subnet{ $net via=0.0.0.0 $mac }
	EINVAL | unicast | via | subnet-new $DEV subnet{ $net via=255.255.255.255 $mac }
	EINVAL | unicast | via | subnet-new $DEV subnet{ $net via=ff02::1 $mac }
	EINVAL | unicast | via | subnet-new $DEV subnet{ $net via=::1 $mac }
	EINVAL | unicast | via | subnet-new $DEV subnet{ $net via=:: $mac }
	EINVAL | unicast | via | subnet-new $DEV subnet{ $net via=fe80::1 $mac }
	EINVAL | unicast | via | subnet-new $DEV subnet{ $net via=::ffff:192.168.77.2 $mac }
	EINVAL | 4 or 16 | via | subnet-new $DEV subnet{ $net via:hex=0102030405 $mac }
	EINVAL | multicast | lladdr | subnet-new $DEV subnet{ $net $via lladdr=000000000000 }
	EINVAL | multicast | lladdr | subnet-new $DEV subnet{ $net $via lladdr=01005e000001 }
	ERANGE | | lladdr | subnet-new $DEV subnet{ $net $via lladdr=0200000000 }
	ERANGE | | encap | subnet-new $DEV subnet{ $net $via $mac encap=9 }
	EINVAL | unicast | src | subnet-new $DEV subnet{ $net $via $mac src=224.0.0.1 }
	EINVAL | owner | owner | subnet-new $DEV subnet{ $net $via $mac owner= }
	EINVAL/ERANGE | <policy> | owner | subnet-new $DEV subnet{ $net $via $mac owner=0123456789abcdef }
	EINVAL | printable | owner | subnet-new $DEV subnet{ $net $via $mac owner:hex=610a6200 }
	EINVAL | | generation | subnet-new $DEV subnet{ $net $via $mac generation:u8=1 }
	EINVAL | | | subnet-new $DEV subnet{ $net $via $mac 99:u32=1 }
	EINVAL | | | subnet-new $DEV subnet{ $net $via $mac } 99:u32=1
	EINVAL | twice | subnet | subnet-new $DEV subnet{ $net $via $mac } subnet{ $net $via $mac }
	ENOENT | no such subnet | subnet | subnet-del $DEV subnet{ $net }
	EINVAL | host bits | prefix | subnet-del $DEV subnet{ prefix=10.1.0.1 prefix-len=24 }
	EINVAL | subnet is missing | | subnet-del $DEV
	EINVAL | address | | subnet-get $DEV
	EINVAL | 4 or 16 | address | subnet-get $DEV address:hex=0102
	ENOENT | no entry | address | subnet-get $DEV address=10.1.0.1
	ENOENT | no entry | address | vtep-get $DEV address=10.1.0.1
	EINVAL | owner or generation | | subnet-sweep $DEV
	EINVAL | owner or generation | | subnet-sweep $DEV owner=x
	EINVAL | owner or generation | | subnet-sweep $DEV generation=1
	EINVAL | owner | owner | subnet-flush $DEV owner=
	EINVAL | for dumps | owner | subnet-get $DEV address=10.1.0.1 owner=x
	EINVAL | not for dumps | | subnet-get $DEV +dump address=10.1.0.1
	EINVAL | not for dumps | | vtep-get - +dump address=10.1.0.1
	ENODEV | no such link | | subnet-get - +dump ifindex=9999
	ENODEV | no such link | | subnet-get - +dump ifindex=4294967295
	EOPNOTSUPP | | | 99 $DEV
	EOF
	entries 0
}

# More in one request than the limit: refused; the limit itself: taken.
test_batch_limits() {
	local src

	a_device
	src="src=192.168.78.1 src=192.168.78.2 src=192.168.78.3 src=192.168.78.4
		src=192.168.78.5 src=192.168.78.6 src=192.168.78.7 src=192.168.78.8"
	# shellcheck disable=SC2116 # on one line
	src=$(echo $src)
	nlreq $A <<-EOF
	ERANGE | 1024 | | subnet-new $DEV fill=1025
	EOF
	entries 0
	nlreq $A <<-EOF
	ok | | | subnet-new $DEV fill=1024
	ERANGE | 8 src | src | subnet-new $DEV subnet{ prefix=11.0.0.0 prefix-len=24 via=192.168.77.3 lladdr=020000000003 $src src=192.168.78.9 }
	ok | | | subnet-new $DEV subnet{ prefix=11.0.0.0 prefix-len=24 via=192.168.77.3 lladdr=020000000003 $src }
	EOF
	entries 1025
}

# A request with one bad entry changes nothing, in whatever place it stands.
test_all_or_nothing() { # smoke
	local good bad

	a_device
	entry 10.1.0.0/24 2
	fl A subnet add $ENTRY owner first generation 1
	table
	cp "$T/table" "$T/before"
	good="prefix-len=24 via=192.168.77.3 lladdr=020000000003"
	bad="subnet{ prefix=10.9.0.1 $good }"
	nlreq $A <<-EOF
	EINVAL | host bits | prefix | subnet-new $DEV subnet{ prefix=10.1.0.0 $good } subnet{ prefix=10.2.0.0 $good } $bad
	EINVAL | host bits | prefix | subnet-new $DEV $bad subnet{ prefix=10.1.0.0 $good } subnet{ prefix=10.2.0.0 $good }
	EEXIST | exists | subnet | subnet-new $DEV excl subnet{ prefix=10.2.0.0 $good } subnet{ prefix=10.1.0.0 $good }
	EEXIST | exists | subnet | subnet-new $DEV excl subnet{ prefix=10.1.0.0 $good } subnet{ prefix=10.2.0.0 $good }
	ENOENT | no such | subnet | subnet-del $DEV subnet{ prefix=10.1.0.0 prefix-len=24 } subnet{ prefix=10.2.0.0 prefix-len=24 }
	EINVAL | twice | subnet | subnet-del $DEV subnet{ prefix=10.1.0.0 prefix-len=24 } subnet{ prefix=10.1.0.0 prefix-len=24 }
	EOF
	table
	cmp "$T/before" "$T/table"
	has "$(fl A vtep show dev $DEV)" 192.168.77.2 vteps
	has_not "$(fl A vtep show dev $DEV)" 192.168.77.3 vteps
}

# A VTEP has one MAC: another one in a request is that of all its subnets; two
# in one request are a contradiction.
test_vtep_mac() { # smoke
	a_device
	fl A -b - <<-EOF
	subnet add 10.1.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet add 10.2.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet add 10.3.0.0/24 via $B_IP6 lladdr $B_MAC6 dev $DEV
	EOF
	fl A -j vtep show dev $DEV > "$T/vteps"
	has "$(cat "$T/vteps")" "\"via\":\"$B_IP4\",\"lladdr\":\"$B_MAC4\"" vteps
	has "$(cat "$T/vteps")" "\"via\":\"$B_IP6\",\"lladdr\":\"$B_MAC6\"" vteps
	fl A subnet replace 10.2.0.0/24 via $B_IP4 lladdr $C_MAC4 dev $DEV
	table
	shows "$T/table" 10.1.0.0/24 "lladdr $C_MAC4"
	shows "$T/table" 10.2.0.0/24 "lladdr $C_MAC4"
	shows "$T/table" 10.3.0.0/24 "lladdr $B_MAC6"
	nlreq $A <<-EOF
	EINVAL | | subnet | subnet-new $DEV subnet{ prefix=10.4.0.0 prefix-len=24 via=$C_IP4 lladdr=020000000001 } subnet{ prefix=10.5.0.0 prefix-len=24 via=$C_IP4 lladdr=020000000002 }
	EOF
	entries 3
	# The last subnet takes the VTEP with it.
	fl A subnet del 10.3.0.0/24 dev $DEV
	has_not "$(fl A vtep show dev $DEV)" $B_IP6 vteps
	fl A subnet flush dev $DEV
	eq "$(fl A -j vtep show dev $DEV)" "[]" vteps
}

# Further source addresses of a VTEP: set, shown, replaced, removed.
test_vtep_src() {
	a_device
	fl A subnet add 10.1.0.0/24 via $B_IP4 lladdr $B_MAC4 \
		src 192.168.78.2,fd78::2 dev $DEV
	has "$(fl A -j vtep show dev $DEV)" '"src":["192.168.78.2","fd78::2"]' src
	fl A subnet replace 10.1.0.0/24 via $B_IP4 lladdr $B_MAC4 \
		src 192.168.79.2 dev $DEV
	has "$(fl A -j vtep show dev $DEV)" '"src":["192.168.79.2"]' src
	fl A subnet replace 10.1.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV
	has_not "$(fl A -j vtep show dev $DEV)" 192.168.79.2 src
}

# Sweep removes what an owner has of another generation, and nobody else's.
test_sweep() { # smoke
	a_device
	fl A -b - <<-EOF
	subnet add 10.1.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV owner sync generation 1
	subnet add 10.2.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV owner sync generation 1
	subnet add 10.3.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV owner agent generation 1
	subnet add 10.4.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet add $A_NET4 local dev $DEV
	subnet replace 10.2.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV owner sync generation 2
	subnet sweep owner sync keep 2 dev $DEV
	EOF
	table
	shows_not "$T/table" 10.1.0.0/24
	entries 4
	fl A subnet sweep owner nobody keep 2 dev $DEV
	entries 4
	fl A subnet flush owner agent dev $DEV
	table
	shows_not "$T/table" 10.3.0.0/24
	entries 3
	has "$(fl A -j -d subnet show owner sync dev $DEV)" '"generation":2' sync
	fl A subnet show owner manual dev $DEV > "$T/manual"
	eq "$(wc -l < "$T/manual")" 2 "entries of owner manual"
	fl A subnet flush dev $DEV
	entries 0
}

# The limit of the table: ENOSPC beyond it, replacing goes on.
test_max_subnets() {
	module_unload
	module_load max_subnets=10
	a_device
	nlreq $A <<-EOF
	ok     | | | subnet-new $DEV fill=10
	ENOSPC | max_subnets | subnet | subnet-new $DEV subnet{ prefix=11.0.0.0 prefix-len=24 local }
	ok     | | | subnet-new $DEV fill=10
	ENOSPC | max_subnets | | subnet-new $DEV fill=11
	ok     | | | subnet-del $DEV subnet{ prefix=10.0.0.0 prefix-len=24 }
	ok     | | | subnet-new $DEV subnet{ prefix=11.0.0.0 prefix-len=24 local }
	ENOSPC | max_subnets | | subnet-new $DEV subnet{ prefix=12.0.0.0 prefix-len=24 local }
	EOF
	entries 10
	has "$(cat "$T/stats")" '"max-subnets":10,' limit
	ip netns del $A
	module_unload
	module_load
}

# Listeners are told what was added, changed and removed, in one message where
# it fits, and nothing where nothing changed.
test_notifications() { # smoke
	local pid

	a_device
	flanctl-genl -n $A -j monitor subnet > "$T/events" 2>&1 &
	pid=$!
	wait_for 60 listens $A
	fl A -b - <<-EOF
	subnet add 10.1.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet replace 10.1.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet replace 10.1.0.0/24 via $C_IP4 lladdr $C_MAC4 dev $DEV
	subnet add 10.2.0.0/24 via $C_IP4 lladdr $C_MAC4 dev $DEV
	subnet replace 10.2.0.0/24 via $C_IP4 lladdr $D_MAC4 dev $DEV
	subnet replace 10.2.0.0/24 via $C_IP4 lladdr $D_MAC4 dev $DEV owner y
	subnet replace 10.2.0.0/24 via $C_IP4 lladdr $D_MAC4 dev $DEV owner y generation 5
	subnet del 10.1.0.0/24 dev $DEV
	subnet add 10.3.0.0/24 local dev $DEV owner x generation 7
	subnet flush dev $DEV
	EOF
	wait_for 60 shows_removed
	kill $pid
	count_lines "$T/events" 10.1.0.0/24
	eq $COUNT 4 "events of 10.1.0.0/24 (new, VTEP, MAC of the VTEP, gone)"
	count_lines "$T/events" 10.2.0.0/24
	eq $COUNT 4 "events of 10.2.0.0/24 (new, MAC, owner, gone)"
	count_lines "$T/events" 10.3.0.0/24
	eq $COUNT 2 "events of 10.3.0.0/24 (new, gone)"
	shows "$T/events" 10.2.0.0/24 "$D_MAC4"
}

shows_removed()
{
	count_lines "$T/events" 10.3.0.0/24
	[ "$COUNT" -ge 2 ]
}

# Dumps end also behind a device that has the last index of all.
test_last_ifindex() {
	nodes A
	ip -n $A link add last index 2147483647 type flannel
	fl A subnet add 10.2.0.0/24 via $B_IP4 lladdr $B_MAC4 dev last
	fl A subnet show dev last > "$T/table"
	eq "$(wc -l < "$T/table")" 1 "entries of the last one"
	fl A vtep show > "$T/table"
	eq "$(wc -l < "$T/table")" 1 "VTEPs of all"
	fl A stats show dev last > "$T/table"
	shows "$T/table" "dev last"
	fl A subnet flush dev last
	fl A subnet show dev last > "$T/table"
	eq "$(wc -l < "$T/table")" 0 "entries after all"
}

# Ten thousand entries: loaded, all of them dumped, one changed, all flushed.
test_ten_thousand() {
	a_device
	many 10000 > "$T/load"
	fl A subnet load "$T/load" dev $DEV owner sync
	entries 10000
	dumpcheck -r 2 $A $DEV 10000
	fl A subnet show dev $DEV > "$T/table"
	eq "$(wc -l < "$T/table")" 10000 "entries shown"
	fl A -j subnet show dev $DEV > "$T/json"
	fl A subnet load "$T/json" dev $DEV owner sync
	entries 10000
	got 10.19.135.200 10.19.135.128/25
	fl A subnet flush owner sync dev $DEV
	entries 0
}

# many N [VTEPS]: N lines for subnet load, 10.x.y.z/25, by VTEPS nodes (200).
many()
{
	awk -v n="$1" -v vteps="${2:-200}" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "10.%d.%d.%d/25 via 172.16.0.%d lladdr 02:00:00:00:00:%02x\n",
				i / 512, int(i / 2) % 256, i % 2 * 128,
				i % vteps + 1, i % vteps
	}'
}

# load replaces what the owner had, and leaves others' entries.
test_load_sweeps() {
	a_device
	fl A subnet add $A_NET4 local dev $DEV
	fl A subnet load - dev $DEV owner sync <<-EOF
	10.1.0.0/24 via $B_IP4 lladdr $B_MAC4
	10.2.0.0/24 via $B_IP4 lladdr $B_MAC4
	EOF
	entries 3
	fl A subnet load - dev $DEV owner sync <<-EOF
	10.2.0.0/24 via $C_IP4 lladdr $C_MAC4
	EOF
	table
	shows_not "$T/table" 10.1.0.0/24
	shows "$T/table" 10.2.0.0/24 "via $C_IP4"
	shows "$T/table" $A_NET4 local
	entries 2
	# What cannot be read changes nothing.
	no fl A subnet load - dev $DEV owner sync <<-EOF
	10.3.0.0/24 via $C_IP4 lladdr $C_MAC4
	10.4.0.1/24 via $C_IP4 lladdr $C_MAC4
	EOF
	table
	shows_not "$T/table" 10.3.0.0/24
	shows "$T/table" 10.2.0.0/24
	entries 2
}

# Tables of two devices, and of two namespaces, have nothing in common.
test_tables_are_separate() {
	nodes A B
	fl A -b - <<-EOF
	link add $DEV
	link add flannel.2 vni 2
	subnet add 10.1.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV
	subnet add 10.1.0.0/24 via $C_IP4 lladdr $C_MAC4 dev flannel.2
	EOF
	fl B link add $DEV
	has "$(fl A subnet show dev $DEV)" "via $B_IP4" "first device"
	has "$(fl A subnet show dev flannel.2)" "via $C_IP4" "second device"
	eq "$(fl B -j subnet show)" "[]" "other namespace"
	fl A subnet show > "$T/all"
	eq "$(wc -l < "$T/all")" 2 "entries of all devices"
	fl A link del $DEV
	fl A subnet show > "$T/all"
	eq "$(wc -l < "$T/all")" 1 "entries after one device has gone"
}

# Requests that are almost right, some thousands of them: whatever is refused
# has changed nothing, and the kernel log stays clean.
test_almost_right() {
	local b="via=$B_IP4 lladdr=02f100000002" v6="via=$B_IP6 lladdr=02f106000002"

	nodes A
	ours A
	nlfuzz ${FLANNEL_FUZZ:-4000} $A <<-EOF
	subnet-new $DEV subnet{ prefix=10.2.0.0 prefix-len=24 $b owner=x generation=1 }
	subnet-new $DEV subnet{ prefix=10.3.0.0 prefix-len=16 $b encap=0 src=192.168.77.9 src=fd77::9 }
	subnet-new $DEV excl subnet{ prefix=fd99:: prefix-len=64 $v6 } subnet{ prefix=10.4.0.0 prefix-len=24 local }
	subnet-new $DEV subnet{ prefix=10.5.0.0 prefix-len=24 $b } subnet{ prefix=10.6.0.0 prefix-len=24 $b } subnet{ prefix=fd98:: prefix-len=96 $v6 }
	subnet-del $DEV subnet{ prefix=10.2.0.0 prefix-len=24 }
	subnet-del $DEV subnet{ prefix=10.5.0.0 prefix-len=24 } subnet{ prefix=10.6.0.0 prefix-len=24 }
	subnet-get $DEV address=10.2.0.9
	subnet-get $DEV +dump owner=x
	subnet-sweep $DEV owner=x generation=2
	subnet-flush $DEV owner=x
	vtep-get $DEV address=$B_IP4
	vtep-get - +dump ifindex:u32=1
	stats-get - +dump ifindex:u32=1
	setlink $DEV data{ ttl=7 tos=4 df=1 rx-mode=1 source-check=2 fwmark=9 udp-csum=0 }
	setlink $DEV data{ local=$A_IP4 local6=$A_IP6 link-name=eth0 network=10.244.0.0 network-len=16 }
	setlink $DEV data{ address=02f100000001 address6=02f106000001 network6=fd44:: network6-len=48 }
	setlink $DEV data{ outer-notrack=1 link=eth0 udp-port=0 vni=1 port=8472 }
	EOF
	ip -n $A link del $DEV
	ours A
	fl A subnet add 10.2.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV
	has "$(fl A subnet get 10.2.0.9 dev $DEV)" $B_IP4 "the table afterwards"
}

# What a table takes is charged to the cgroup of whoever fills it.
test_memory_is_charged() {
	local root=/sys/fs/cgroup before after

	grep -q "^cgroup2 $root " /proc/mounts ||
		mount -t cgroup2 cgroup2 $root 2> /dev/null ||
		skip "no cgroups here"
	echo +memory 2> /dev/null > $root/cgroup.subtree_control ||
		skip "no memory controller here"
	mkdir -p $root/filler
	a_device
	many 10000 > "$T/load"
	before=$(charged $root/filler)
	(
		echo 0 > $root/filler/cgroup.procs
		fl A subnet load "$T/load" dev $DEV owner sync
	)
	after=$(charged $root/filler)
	fl A subnet flush dev $DEV
	rmdir $root/filler
	[ $((after - before)) -gt 1000000 ] ||
		fail "10000 entries charged $((after - before)) bytes"
}

# charged CGROUP: bytes of kernel objects that it pays for.
charged()
{
	awk '$1 == "slab" { print $2 }' "$1/memory.stat"
}
