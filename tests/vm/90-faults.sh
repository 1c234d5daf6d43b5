# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# Each allocation of each request fails once: what is refused has changed
# nothing. Needs a kernel with fault injection.

# fails NAMESPACE DEVICE: requests of stdin, one after another, see
# helpers/failnth.c. Grace periods are most of the time it takes.
fails()
{
	local rc=0

	[ ! -w /sys/kernel/rcu_expedited ] || echo 1 > /sys/kernel/rcu_expedited
	failnth $1 $2 || rc=$?
	[ $rc != 4 ] || skip "this kernel has no fault injection"
	[ $rc = 0 ] || fail "a failed request did harm, or had no reason to fail"

}

# Making, changing and removing a device.
test_faults_link() {
	nodes A
	fails $A flannel.9 <<-EOF
	newlink flannel.9 data{ vni=9 port=4789 link-name=eth0 local=$A_IP4 network=10.0.0.0 network-len=8 } | dellink flannel.9
	newlink flannel.9 up data{ vni=9 outer-notrack=1 rx-mode=1 } | dellink flannel.9
	EOF
	fl A link add flannel.9 vni 9
	fails $A flannel.9 <<-EOF
	setlink flannel.9 data{ ttl=7 tos=4 rx-mode=1 link-name=eth0 } | setlink flannel.9 data{ ttl=0 tos=0 rx-mode=0 link:u32=0 }
	setlink flannel.9 up | setlink flannel.9 down
	setlink flannel.9 mtu=1300 | setlink flannel.9 mtu=1450
	EOF
	ip -n $A link set flannel.9 up
	fails $A flannel.9 <<-EOF
	setlink flannel.9 data{ outer-notrack=1 } | setlink flannel.9 data{ outer-notrack=0 }
	EOF
}

# Writing, removing and reading entries.
test_faults_table() {
	local b="via=$B_IP4 lladdr=02f100000002" c="via=$C_IP4 lladdr=02f100000003"
	local v6="via=$B_IP6 lladdr=02f100000002"

	nodes A
	ours A
	fl A -b - <<-EOF
	subnet add 10.1.0.0/24 via $B_IP4 lladdr $B_MAC4 dev $DEV owner x generation 1
	subnet add 10.1.7.0/25 via $C_IP4 lladdr $C_MAC4 dev $DEV
	EOF
	fails $A $DEV <<-EOF
	subnet-new $DEV subnet{ prefix=10.2.0.0 prefix-len=24 $b } subnet{ prefix=10.3.0.0 prefix-len=24 local } subnet{ prefix=fd99:: prefix-len=64 $v6 src=fd77::9 src=192.168.77.9 } | subnet-del $DEV subnet{ prefix=10.2.0.0 prefix-len=24 } subnet{ prefix=10.3.0.0 prefix-len=24 } subnet{ prefix=fd99:: prefix-len=64 }
	subnet-new $DEV subnet{ prefix=10.1.0.0 prefix-len=24 $c owner=x generation=1 } | subnet-new $DEV subnet{ prefix=10.1.0.0 prefix-len=24 $b owner=x generation=1 }
	subnet-new $DEV subnet{ prefix=10.1.0.0 prefix-len=24 via=$B_IP4 lladdr=020000000099 src=192.168.77.9 owner=x generation=1 } | subnet-new $DEV subnet{ prefix=10.1.0.0 prefix-len=24 $b owner=x generation=1 }
	subnet-new $DEV excl subnet{ prefix=9.0.0.0 prefix-len=8 $b } subnet{ prefix=9.1.0.0 prefix-len=16 $c } | subnet-del $DEV subnet{ prefix=9.0.0.0 prefix-len=8 } subnet{ prefix=9.1.0.0 prefix-len=16 }
	subnet-del $DEV subnet{ prefix=10.1.0.0 prefix-len=24 } | subnet-new $DEV subnet{ prefix=10.1.0.0 prefix-len=24 $b owner=x generation=1 }
	subnet-sweep $DEV owner=x generation=2 | subnet-new $DEV subnet{ prefix=10.1.0.0 prefix-len=24 $b owner=x generation=1 }
	subnet-flush $DEV owner=x | subnet-new $DEV subnet{ prefix=10.1.0.0 prefix-len=24 $b owner=x generation=1 }
	subnet-get $DEV address=10.1.0.9
	subnet-get $DEV +dump
	vtep-get $DEV address=$B_IP4
	vtep-get $DEV +dump
	stats-get $DEV
	stats-get - +dump
	EOF
	# With a listener, who is told or gets ENOBUFS.
	flanctl-genl -n $A monitor subnet > "$T/events" 2>&1 &
	wait_for 60 listens $A
	fails $A $DEV <<-EOF
	subnet-new $DEV subnet{ prefix=10.2.0.0 prefix-len=24 $b } | subnet-del $DEV subnet{ prefix=10.2.0.0 prefix-len=24 }
	EOF
}

# Headers that are moved behind the back of whoever keeps a pointer: at every
# chance, under all kinds of traffic. What is lost does not matter.
test_faults_skb_realloc() {
	local dir=/sys/kernel/debug/fail_skb_realloc

	[ -d $dir ] || skip "this kernel cannot move packet heads at will"
	pair ours stock
	talk A B
	echo 100 > $dir/probability
	echo -1 > $dir/times
	echo 0 > $dir/verbose
	flow -q -w 300 icmp $A_POD $B_POD $B_POD4 || :
	flow -q -w 300 udp $A_POD $B_POD $B_POD6 || :
	flow -q -w 3000 tcp $A_POD $B_POD $B_POD4 30000 || :
	flow -q -w 3000 tcp $B_POD $A_POD $A_POD6 30000 || :
	pkt $B from=$B_IP4 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_POD4 \
		cut=all proto=udp
	pkt $B from=$B_IP6 to=$A_IP6 dmac=$A_MAC4 src=$B_POD6 dst=$A_POD6 \
		cut=all proto=udp
	pkt $B from=$B_IP4 to=$A_IP4 dmac=$A_MAC4 src=$B_POD4 dst=$A_POD4 \
		otos=3 tos=1 , tos=2 , tos=0
	inject odd $A $DEV $A_BASE4 $B_POD4
	echo 0 > $dir/probability
	echo 1 > $dir/times
	flow -q -w 8000 icmp $A_POD $B_POD $B_POD4
	talk A B
}

# Loading the module: whatever fails, it is either there or not, and can be
# loaded again.
test_faults_load() {
	local file parameters='' rc=0

	file=$(modinfo -n flannel)
	# Of its self-test, a few rounds have all that it allocates.
	if modinfo -F parm flannel | grep -q selftest_rounds; then
		parameters=selftest_rounds=40
	fi
	module_unload
	failnth -m $file flannel $parameters || rc=$?
	module_load
	[ $rc != 4 ] || skip "this kernel has no fault injection"
	[ $rc = 0 ] || fail "a failed load did harm, or had no reason to fail"
	nodes A
	ours A
}

# Another part of the kernel refuses what happens to the device: the request
# fails, and leaves nothing.
test_faults_notifier() {
	local netdev=/sys/kernel/debug/notifier-error-inject/netdev/actions

	modprobe netdev-notifier-error-inject 2> /dev/null ||
		skip "this kernel cannot make notifiers fail"
	nodes A
	fl A link add flannel.2 vni 2
	ip -n $A link set flannel.2 up
	nsctl $A /proc/self/net/udp /proc/self/net/udp6 > "$T/before"

	echo -12 > $netdev/NETDEV_REGISTER/error
	refused "" fl A link add $DEV dev eth0
	echo 0 > $netdev/NETDEV_REGISTER/error
	no ip -n $A link show $DEV

	fl A link add $DEV dev eth0 port 4789
	echo -12 > $netdev/NETDEV_PRE_UP/error
	refused "" fl A link set $DEV up
	echo 0 > $netdev/NETDEV_PRE_UP/error
	nsctl $A /proc/self/net/udp /proc/self/net/udp6 > "$T/after"
	eq "$(wc -l < "$T/after")" "$(wc -l < "$T/before")" sockets

	echo -12 > $netdev/NETDEV_PRECHANGEMTU/error
	refused "" ip -n $A link set $DEV mtu 1400
	echo 0 > $netdev/NETDEV_PRECHANGEMTU/error
	has "$(ip -n $A -j link show $DEV)" '"mtu":1450,' MTU
	# The underlay changes, and the device cannot follow: it goes on.
	fl A link set $DEV up
	echo -12 > $netdev/NETDEV_CHANGEMTU/error
	ip -n $A link set eth0 mtu 1400 || :
	echo 0 > $netdev/NETDEV_CHANGEMTU/error
	rmmod netdev-notifier-error-inject
	fl A link del $DEV
	nsctl $A /proc/self/net/udp /proc/self/net/udp6 > "$T/after"
	eq "$(wc -l < "$T/after")" "$(wc -l < "$T/before")" sockets
}
