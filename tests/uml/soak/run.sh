#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/uml/soak/run.sh netns|unloads COUNT: in the debug kernel, COUNT times
# the same; afterwards there are no more kernel objects than before, nothing has
# leaked, and the kernel log is clean. Prints KTAP, and now and then how far it
# is.
# shellcheck disable=SC3043 # local is what dash has
set -u
here=$(dirname "$0")
what=$1 count=$2
DEV=flannel.1

# underlay, device: what cycle makes of them; entries of all kinds, and packets
# to most of them.
underlay()
{
	cat <<-EOF
	newlink eth0 kind=dummy
	setlink eth0 up
	newaddr eth0 192.168.77.1/24
	newaddr eth0 192.168.77.4/24
	newaddr eth0 fd77::1/64
	EOF
}

device()
{
	cat <<-EOF
	newlink $DEV data{ link=eth0 local=192.168.77.1 local6=fd77::1 }
	setlink $DEV up
	subnet-new $DEV subnet{ prefix=10.244.1.0 prefix-len=24 local }
	subnet-new $DEV subnet{ prefix=10.244.2.0 prefix-len=24 via=192.168.77.2 lladdr=02f100000002 }
	subnet-new $DEV subnet{ prefix=10.244.3.0 prefix-len=24 via=192.168.77.3 lladdr=02f100000003 src=192.168.77.4 }
	subnet-new $DEV subnet{ prefix=fd44:0:0:2:: prefix-len=64 via=fd77::2 lladdr=02f100000002 }
	newaddr $DEV 10.244.1.0/32
	newroute $DEV 10.244.0.0/16 169.254.1.1
	newroute $DEV fd44::/48
	send 10.244.2.2 10
	send 10.244.3.2 2
	send 10.244.9.9 2
	send fd44:0:0:2::2 4
	EOF
}

# netns TIMES, unloads TIMES: the same, so many times.
netns()
{
	{ echo "setlink lo up"; underlay; device; } | cycle "$1"
}

unloads()
{
	local i=0

	while [ $i -lt "$1" ]; do
		modprobe flannel && device | cycle -n ft-y && rmmod flannel ||
			return
		i=$((i + 1))
	done
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
# Others' tunnels do not belong into each namespace.
echo 2 > /proc/sys/net/core/fb_tunnels_only_for_init_net
if [ "$what" = netns ]; then
	modprobe flannel
else
	nsctl +ft-y
	underlay | cycle -n ft-y
fi
base=$(supervise -B)
"$here/../after-test" begin
n=0
# The first ones fill caches that stay.
step=20
while [ $n -lt "$count" ]; do
	[ $((n + step)) -le "$count" ] || step=$((count - n))
	"$what" $step > /tmp/once 2>&1 || {
		sed 's/^/# /' /tmp/once
		echo "# ended after $n times"
		echo "not ok 1 $what"
		exit 1
	}
	[ $n != 0 ] || objects > /tmp/before
	n=$((n + step))
	step=80
	echo "# $n times, $(cut -d ' ' -f 1 /proc/uptime) s"
done
objects > /tmp/after
if verdict; then
	echo "ok 1 $what"
else
	echo "not ok 1 $what"
fi
