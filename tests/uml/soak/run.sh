#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/uml/soak/run.sh netns|unloads COUNT: in the debug kernel, COUNT times
# the same; afterwards there are no more kernel objects than before, nothing has
# leaked, and the kernel log is clean. Prints KTAP, every hundredth time a
# comment with how far it is.
# shellcheck disable=SC3043 # local is what dash has
set -u
here=$(dirname "$0")
what=$1 count=$2
DEV=flannel.1
MAC=02:f1:00:00:00:02

# device NETNS: up, with entries of all kinds.
device()
{
	ip -n "$1" -batch - <<-EOF
	link set lo up
	link add eth0 type dummy
	link set eth0 up
	address add 192.168.77.1/24 dev eth0
	EOF
	flanctl-genl -n "$1" -b - <<-EOF
	link add $DEV dev eth0 local 192.168.77.1
	link set $DEV up
	subnet add 10.244.1.0/24 local dev $DEV
	subnet add 10.244.2.0/24 via 192.168.77.2 lladdr $MAC dev $DEV
	subnet add 10.244.3.0/24 via 192.168.77.3 lladdr $MAC src 192.168.77.4 dev $DEV
	subnet add fd44:0:0:2::/64 via fd77::2 lladdr $MAC dev $DEV
	EOF
	ip -n "$1" -batch - <<-EOF
	address add 10.244.1.0/32 dev $DEV
	route add 10.244.0.0/16 via 169.254.1.1 dev $DEV onlink
	neighbour add 192.168.77.2 lladdr $MAC dev eth0
	EOF
	pkt "$1" encap=none src=10.244.1.0 dst=10.244.2.2 proto=udp count=10
	pkt "$1" encap=none src=10.244.1.0 dst=10.244.9.9 proto=udp count=2
}

netns_once()
{
	ip netns add ft-x && device ft-x && ip netns del ft-x
}

unloads_once()
{
	modprobe flannel && device ft-y && rmmod flannel &&
		ip -n ft-y link del eth0
}

# settle: until namespaces that go are gone, and what waits for a grace period
# or for the sanitizer's quarantine is freed.
settle()
{
	local i=0

	while [ "$(supervise -B)" -gt "$base" ] && [ $i -lt 100 ]; do
		i=$((i + 1))
		sleep 0.2
	done
	sleep 2
	for f in /sys/kernel/slab/*/shrink; do
		echo 1 > "$f" 2> /dev/null
	done
}

# objects: how many there are, and their size, of each kind that networks are
# made of.
objects()
{
	settle
	awk '$1 ~ /^(net_namespace|ip_dst|ip6_dst|UDP|fib|ip_fib|sock_|skbuff|kmalloc|inet|ip6|pernet|proc_inode|rtnl)/ {
		print $1, $2, $4 }' /proc/slabinfo | sort
}

# same: whether there are as many objects as before. Half-filled slabs and the
# free objects that a CPU keeps count as used: some hundreds more or fewer are
# nothing, one more for every tenth time is a leak.
same()
{
	join /tmp/before /tmp/after | awk -v count="$count" '
	{ more = $4 - $2; total += more * $3 }
	more { print "# " $1 ": " more " more" }
	more > 600 + count / 10 { bad = 1 }
	END { print "# in all: " total " bytes more, by " count " times"; exit bad }'
}

verdict()
{
	local rc=0

	same || rc=1
	"$here/../after-test" > /tmp/after-test || {
		sed 's/^/# /' /tmp/after-test
		rc=1
	}
	if dmesg | grep -E 'BUG:|WARNING:|KASAN|UBSAN|refcount_t|suspicious|to become free'; then
		rc=1
	fi
	return $rc
}

echo "KTAP version 1"
echo "1..1"
modprobe flannel
[ "$what" = netns ] || { ip netns add ft-y; rmmod flannel; }
base=$(supervise -B)
"$here/../after-test" begin
n=0
while [ $n -lt "$count" ]; do
	"${what}_once" > /tmp/once 2>&1 || {
		sed 's/^/# /' /tmp/once
		echo "# ended after $n times"
		echo "not ok 1 $what"
		exit 1
	}
	n=$((n + 1))
	# The first ones fill caches that stay.
	[ $n != 20 ] || objects > /tmp/before
	[ $((n % 100)) != 0 ] || echo "# $n times, $(cut -d ' ' -f 1 /proc/uptime) s"
done
objects > /tmp/after
if verdict; then
	echo "ok 1 $what"
else
	echo "not ok 1 $what"
fi
