#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC3043 # names without blanks; dash has local
# tests/uml/noipv6/run.sh [--list]: in the debug kernel, booted with
# ipv6.disable=1: there is no list of IPv6 addresses, no routing table, no
# socket to be had; IPv4 goes on. Prints KTAP.
# shellcheck disable=SC2086,SC3043 # names without blanks; local is what dash has
set -u
here=$(dirname "$0")
log=/tmp/noipv6.log
DEV=flannel.1

case ${1:-} in
--list)
	echo noipv6.device
	echo noipv6.unload
	exit 0 ;;
--device)
	set -eu
	# It is refused to whoever asks for it, and that is all.
	[ ! -e /proc/sys/net/ipv6 ]
	for n in a b; do
		ip netns add ft-$n
	done
	ip link add eth0 netns ft-a type veth peer name eth0 netns ft-b
	node()
	{
		ip -n ft-$1 link set eth0 up
		ip -n ft-$1 address add 192.168.77.$2/24 dev eth0
		flanctl-genl -n ft-$1 -b - <<-EOF
		link add $DEV dev eth0 local 192.168.77.$2 address 02:f1:00:00:00:0$2 network 10.244.0.0/16 network fd44::/48
		subnet add 10.244.$2.0/24 local dev $DEV
		subnet add 10.244.$3.0/24 via 192.168.77.$3 lladdr 02:f1:00:00:00:0$3 dev $DEV
		subnet add fd44:0:0:$2::/64 local dev $DEV
		subnet add fd44:0:0:$3::/64 via 192.168.77.$3 lladdr 02:f1:00:00:00:0$3 dev $DEV
		subnet add fd44:0:0:9::/64 via fd77::9 lladdr 02:f1:00:00:00:09 dev $DEV
		EOF
		ip -n ft-$1 -batch - <<-EOF
		link set $DEV up
		address add 10.244.$2.0/32 dev $DEV
		route add 10.244.0.0/16 via 169.254.1.1 dev $DEV onlink
		EOF
	}
	node a 1 2
	node b 2 1
	flow -q icmp ft-a ft-b 10.244.2.0
	flow -q tcp ft-b ft-a 10.244.1.0 100000
	# IPv6 packets: over IPv4, over IPv6, to nobody, too big; received.
	inject valid ft-a $DEV fd44:0:0:1:: fd44:0:0:2::2
	inject valid ft-a $DEV fd44:0:0:1:: fd44:0:0:9::2
	inject valid ft-a $DEV fd44:0:0:1:: fd44:0:0:7::2
	inject odd ft-a $DEV fd44:0:0:1:: fd44:0:0:2::2
	pkt ft-b from=192.168.77.2 to=192.168.77.1 dmac=02:f1:00:00:00:01 \
		src=fd44:0:0:2::2 dst=fd44:0:0:1::2 , src=fd44:0:0:9::2 \
		, dst=fd44:0:0:2::2 , src=::1
	flanctl-genl -n ft-a stats show dev $DEV
	for n in a b; do
		flanctl-genl -n ft-$n link set $DEV local6 fd77::1 outer-notrack on
		flanctl-genl -n ft-$n link set $DEV rx gro df set source-check strict
	done
	flow -q icmp ft-b ft-a 10.244.1.0
	inject valid ft-a $DEV fd44:0:0:1:: fd44:0:0:2::2
	exit 0 ;;
esac

n=0 failed=0

# watched NAME COMMAND...: one result, the kernel log and all that the debug
# kernel watches looked at.
watched()
{
	local name="$1"

	shift
	n=$((n + 1))
	if supervise -n "$name" -o $log -t 300 -p ft- -b "$base" -- "$@" &&
	   "$here/../after-test" >> $log; then
		echo "ok $n noipv6.$name"
		return
	fi
	sed 's/^/# /' $log
	echo "not ok $n noipv6.$name"
	failed=1
}

modprobe flannel || exit 1
ip link set lo up
base=$(supervise -B) || { echo "Bail out! supervise does not run"; exit 1; }
"$here/../after-test" begin
echo "KTAP version 1"
echo "1..2"
watched device sh "$0" --device
watched unload rmmod flannel
exit $failed
