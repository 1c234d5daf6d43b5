#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the rules do to packets: a node that forwards between its pod and the
# rest of the world, whose FORWARD policy is DROP. Who hears whom is told by
# UDP servers. All of it with iptables of both kinds, and with nftables.
#
#	pod 10.42.3.2 -- 10.42.3.1 node 192.0.2.1 -- 192.0.2.2 world
#	    fd42:3::2 -- fd42:3::1      2001:db8::1 -- 2001:db8::2
#
# The world is another node (its pod is 10.42.9.9, fd42:9::9), and a host
# elsewhere, 198.51.100.9 and 2001:db8:9::9.
# shellcheck disable=SC2154 # namespace sets variables
cd "$(dirname "$0")" || exit 1
. ./lib.sh
own_network ./traffic.sh
. ../tool/lib.sh

# namespace NAME: a process in a network namespace of its own; its id.
namespace()
{
	unshare -n sleep 600 &
	pids+=($!)
	eval "$1=$!"
	until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
		sleep 0.01
	done
}

# enter NAMESPACE: $enter goes before a command there; the node itself is "node".
enter()
{
	case $1 in
	pod)	enter=(nsenter -t "$pod" -n) ;;
	world)	enter=(nsenter -t "$world" -n) ;;
	*)	enter=() ;;
	esac
}

# in_ns NAMESPACE COMMAND...
in_ns()
{
	local enter

	enter "$1"
	shift
	"${enter[@]}" "$@"
}

# join NAME ADDRESS PEER-ADDRESS ADDRESS6 PEER-ADDRESS6: a veth to a namespace.
join()
{
	ip link add "$1" type veth peer name eth0 netns "${!1}"
	ip link set "$1" up
	ip addr add "$2" dev "$1"
	ip addr add "$4" dev "$1" nodad
	in_ns "$1" ip link set lo up
	in_ns "$1" ip link set eth0 up
	in_ns "$1" ip addr add "$3" dev eth0
	in_ns "$1" ip addr add "$5" dev eth0 nodad
}

# serve NAMESPACE: a server that goes with this script. A function in the
# background would be a shell with the server below it.
serve()
{
	local enter

	enter "$1"
	"${enter[@]}" python3 echo.py serve 9 8472 > "$tmp/serve.$1" 2>&1 &
	pids+=($!)
	until grep -q serving "$tmp/serve.$1"; do
		sleep 0.05
	done
}

namespace pod
namespace world
ip link set lo up
join pod 10.42.3.1/24 10.42.3.2/24 fd42:3::1/64 fd42:3::2/64
join world 192.0.2.1/24 192.0.2.2/24 2001:db8::1/64 2001:db8::2/64
in_ns pod ip route add default via 10.42.3.1
in_ns pod ip route add default via fd42:3::1
for a in 10.42.9.9/32 198.51.100.9/32; do
	in_ns world ip addr add $a dev lo
done
for a in fd42:9::9/128 2001:db8:9::9/128; do
	in_ns world ip addr add $a dev lo nodad
done
in_ns world ip route add 10.42.3.0/24 via 192.0.2.1
in_ns world ip route add fd42:3::/64 via 2001:db8::1
ip route add 10.42.9.0/24 via 192.0.2.2
ip route add 198.51.100.0/24 via 192.0.2.2
ip route add fd42:9::/64 via 2001:db8::2
ip route add 2001:db8:9::/64 via 2001:db8::2
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
serve pod
serve world
serve node

# ask WHERE FROM TO PORT SECONDS: as whom TO hears FROM is in $got. What NAT
# remembers of one question is nothing to the next: each has a port of its own.
from_port=20000
ask()
{
	from_port=$((from_port + 1))
	got=$(in_ns "$1" python3 echo.py ask "$2" $from_port "$3" "$4" "$5")
}

# hears NAME WHERE FROM TO PORT WANTED: as whom it hears who sends to TO. An
# answer is waited for, however slow the machine is.
hears()
{
	local patience=60 got

	[ "$6" != nothing ] || patience=0.8
	ask "$2" "$3" "$4" "$5" $patience
	ok "$1: heard as $got" test "$got" = "$6"
}

# agent WORD...: the rules from now on; they are there when it returns.
agent()
{
	agent_end
	rm -f "$tmp/in"
	mkfifo "$tmp/in"
	"$DRIVE" rules > "$tmp/out" 2> "$tmp/err" < "$tmp/in" &
	agent=$!
	exec 5> "$tmp/in"
	echo "$* random net=10.42.0.0/16 sub=10.42.3.0/24 net=fd42::/16 sub=fd42:3::/64" >&5
	soon 60 grep -q . "$tmp/out"
	grep -qx installed "$tmp/out"
}

agent_end()
{
	[ -n "${agent:-}" ] || return 0
	exec 5>&-
	wait "$agent"
	agent=
}

# same_writes: the last two figures tell of as many.
same_writes()
{
	[ "$(tail -n 2 "$tmp/out" | sed 's/checks=[0-9]* //' | sort -u | wc -l)" = 1 ]
}

# Everybody hears who it ought to, by families.
all_heard()
{
	hears "$1, pod to a pod elsewhere" pod 10.42.3.2 10.42.9.9 9 10.42.3.2
	hears "$1, from there to the pod" world 10.42.9.9 10.42.3.2 9 10.42.9.9
	hears "$1, pod to the world" pod 10.42.3.2 198.51.100.9 9 192.0.2.1
	hears "$1, the world to the pod" world 198.51.100.9 10.42.3.2 9 198.51.100.9
	hears "$1, pod to its node" pod 10.42.3.2 192.0.2.1 9 10.42.3.2
	hears "$1, the node to its pod" node 192.0.2.1 10.42.3.2 9 192.0.2.1
	hears "$1, the node to a pod elsewhere" node 10.42.3.1 10.42.9.9 9 10.42.3.1
	hears "$1, and from another address" node 127.0.0.1 127.0.0.1 9 127.0.0.1
	hears "$1, IPv6 pod to a pod elsewhere" pod fd42:3::2 fd42:9::9 9 fd42:3::2
	hears "$1, IPv6 pod to the world" pod fd42:3::2 2001:db8:9::9 9 2001:db8::1
	hears "$1, IPv6 the node to its pod" node 2001:db8::1 fd42:3::2 9 2001:db8::1
	hears "$1, IPv6 the world to the pod" world 2001:db8:9::9 fd42:3::2 9 2001:db8:9::9
}

# Who has marked a packet to be masqueraded by himself gets it untouched,
# whatever else the mark says.
marked()
{
	nft add table ip marker
	nft 'add chain ip marker c { type filter hook prerouting priority -150; }'
	nft add rule ip marker c ip saddr 10.42.3.2 meta mark set 0x14000
	hears "$1, a marked packet" pod 10.42.3.2 198.51.100.9 9 10.42.3.2
	nft delete table ip marker
}

# variant NAME: iptables of that kind, as if it were the only one.
variant()
{
	local t

	mkdir -p "$tmp/$1"
	for t in iptables ip6tables; do
		for w in '' -save -restore; do
			ln -sf "$(command -v "$t-$1$w")" "$tmp/$1/$t$w"
		done
	done
	PATH=$tmp/$1:$clean
}

clean=$PATH
for kind in nft legacy; do
	variant $kind
	iptables -P FORWARD DROP
	ip6tables -P FORWARD DROP
	hears "$kind, policy DROP, no rules" pod 10.42.3.2 10.42.9.9 9 nothing
	ok "$kind: rules" agent masq forward
	all_heard $kind
	marked $kind
	echo figures >&5
	sleep 2.2
	agent_end
	ok "$kind: they are not written again" same_writes

	# An accept of nftables is no answer to a DROP of iptables.
	ok "$kind: nftables' tables instead" agent nft masq forward
	hears "$kind, policy DROP, nftables" pod 10.42.3.2 10.42.9.9 9 nothing
	ok "$kind: iptables' rules are gone" test -z \
		"$(iptables-save | grep -e FLANNEL -e flanneld)"
	iptables -P FORWARD ACCEPT
	ip6tables -P FORWARD ACCEPT
	agent_end
done

ok "nftables: tables" agent nft masq forward
all_heard nftables
marked nftables

ok "a guard" agent masq forward guard vtep=192.0.2.2
hears "pod to a tunnel port of a VTEP" pod 10.42.3.2 192.0.2.2 8472 nothing
hears "to another port" pod 10.42.3.2 192.0.2.2 9 192.0.2.1
hears "to another host" pod 10.42.3.2 198.51.100.9 8472 192.0.2.1
hears "the node itself" node 192.0.2.1 192.0.2.2 8472 192.0.2.1
ok "another VTEP instead" agent masq forward guard vtep=198.51.100.9
hears "then that one is out of reach" pod 10.42.3.2 198.51.100.9 8472 nothing
hears "and the first one is not" pod 10.42.3.2 192.0.2.2 8472 192.0.2.1
ok "no guard" agent masq forward
hears "then none is" pod 10.42.3.2 198.51.100.9 8472 192.0.2.1

# While the rules are written again and again, no packet gets past them.
count_foreign()
{
	local i got

	for i in {1..30}; do
		echo "masq forward net=10.42.0.0/16 sub=10.42.3.0/24 resync=$((i % 2 + 1))" >&5
		ask pod 10.42.3.2 198.51.100.9 9 60
		[ "$got" = 192.0.2.1 ] || return 1
	done
}
ok "no packet gets past rules that are written again" count_foreign
agent_end
done_testing
