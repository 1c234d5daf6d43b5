#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The choice of the interface to the underlay, with real interfaces.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
own_network ./iface.sh
. ../tool/lib.sh

ip link set lo up
for i in a b c; do
	ip link add "e$i" type veth peer name "p$i"
	ip link set "e$i" up
	ip link set "p$i" up
done
ip link set eb mtu 9000
for f in /proc/sys/net/ipv6/conf/*/accept_dad; do
	echo 0 > "$f"
done

finds_none "without any route" "default route: there is none for IPv4: give --iface; there are lo, pa, ea, pb" 4
finds_none "without a family" "neither IPv4 nor IPv6" iface=ea

ip addr add 192.0.2.1/24 dev ea
ip addr add 192.0.2.2/24 dev ea
ip addr add 198.51.100.1/24 dev eb
ip addr add 169.254.7.7/16 dev ec
ip addr add 203.0.113.1/24 dev ec
ip -6 addr add 2001:db8:a::1/64 dev ea nodad
ip -6 addr add 2001:db8:b::1/64 dev eb nodad
ip route add default via 192.0.2.254 dev ea metric 50
ip route add default via 198.51.100.254 dev eb metric 20

chooses "the default route with the lowest metric" \
	"eb 9000 198.51.100.1  198.51.100.1 " 4
ip route add unreachable default metric 1
chooses "an unreachable route is none" "eb 9000 198.51.100.1  198.51.100.1 " 4
ip route del unreachable default metric 1
finds_none "IPv6 has no default route" "there is none for IPv6" 6
finds_none "dual stack, and none for IPv6" \
	"the one for IPv4 leads to eb, none for IPv6 does" 4 6
ip -6 route add default via fe80::1 dev ea metric 10
finds_none "dual stack, and the one for IPv6 leads elsewhere" \
	"leads to eb, none for IPv6 does" 4 6
ip -6 route add default via fe80::1 dev eb metric 99
chooses "dual stack, another one for IPv6 leads there" \
	"eb 9000 198.51.100.1 2001:db8:b::1 198.51.100.1 2001:db8:b::1" 4 6
chooses "IPv6 alone" "ea 1500  2001:db8:a::1  2001:db8:a::1" 6
ip route del default dev eb
ip route del default dev ea
ip route add default nexthop via 192.0.2.254 dev ea \
	nexthop via 192.0.2.253 dev ea
chooses "a route with several next hops" "ea 1500 192.0.2.1  192.0.2.1 " 4

chooses "--iface by name" "eb 9000 198.51.100.1  198.51.100.1 " 4 iface=eb
chooses "--iface by address, which is not the first" \
	"ea 1500 192.0.2.2  192.0.2.2 " 4 iface=192.0.2.2
chooses "by an IPv6 address, dual stack" \
	"eb 9000 198.51.100.1 2001:db8:b::1 198.51.100.1 2001:db8:b::1" \
	4 6 iface=2001:db8:b::1
chooses "the first that there is" "eb 9000 198.51.100.1  198.51.100.1 " \
	4 iface=nothing iface=eb iface=ea
finds_none "one that is not there" \
	"--iface nothing: no such interface; there are lo, pa, ea 192.0.2.1 2001:db8:a::1, pb, eb" \
	4 iface=nothing
finds_none "all are named" "--iface x: no such interface; --iface 10.9.9.9: no interface has this address" \
	4 iface=x iface=10.9.9.9
finds_none "an address of the other family" \
	"IPv6 is not enabled in the network config" 4 iface=2001:db8:a::1
finds_none "a loopback address" "a loopback address" 4 iface=127.0.0.1
finds_none "an interface without an address of a family" \
	"ec has no usable IPv6 address" 4 6 iface=ec
finds_none "what is not printable" '--iface a\x0ab' 4 iface=$'a\nb'
chooses "link-local addresses come last" "ec 1500 203.0.113.1  203.0.113.1 " \
	4 iface=ec
chooses "a name goes before what follows" \
	"eb 9000 198.51.100.1  198.51.100.1 " 4 iface=eb regex=ea reach=192.0.2.9

chooses "--iface-regex by address" "ec 1500 203.0.113.1  203.0.113.1 " \
	4 'regex=^203\.'
chooses "by address, which is not the first" "ea 1500 192.0.2.2  192.0.2.2 " \
	4 'regex=\.2\.2$'
chooses "by name" "eb 9000 198.51.100.1  198.51.100.1 " 4 'regex=^e[b-z]$'
chooses "addresses go before names" "eb 9000 198.51.100.1  198.51.100.1 " \
	4 'regex=^(ea|198.*)$'
chooses "a name whose interface lacks a family is passed over" \
	"eb 9000 198.51.100.1 2001:db8:b::1 198.51.100.1 2001:db8:b::1" \
	4 6 'regex=^e[cb]$'
chooses "the second pattern" "eb 9000 198.51.100.1  198.51.100.1 " \
	4 regex=nothing regex=eb
finds_none "no match" "--iface-regex ^x: no interface with a usable address matches" \
	4 regex=^x
finds_none "a pattern that is none" "--iface-regex (: missing closing parenthesis at character 2" \
	4 'regex=('
finds_none "a pattern without end" "no interface with a usable address" \
	4 'regex=^(((((.*)*)*)*)*)*x$'

chooses "--iface-can-reach" "eb 9000 198.51.100.1  198.51.100.1 " \
	4 reach=198.51.100.77
chooses "by IPv6" "ea 1500 192.0.2.1 2001:db8:a::1 192.0.2.1 2001:db8:a::1" \
	4 6 reach=2001:db8:a::77
finds_none "this host itself" "it is this host or unreachable" 4 reach=192.0.2.1
finds_none "no address" "--iface-can-reach here: not an address" 4 reach=here

chooses "--public-ip finds its interface" "eb 9000 198.51.100.1  198.51.100.1 " \
	4 public=198.51.100.1
finds_none "--public-ip that nobody has" \
	"--public-ip 203.0.113.99: no interface has this address" 4 public=203.0.113.99
chooses "--public-ip that nobody has, and --iface" \
	"ea 1500 192.0.2.1  203.0.113.99 " 4 iface=ea public=203.0.113.99
chooses "both families" \
	"ea 1500 192.0.2.1 2001:db8:a::1 203.0.113.99 2001:db8::99" \
	4 6 iface=ea public=203.0.113.99 public6=2001:db8::99
chooses "--public-ip, and --iface that has it as its second one" \
	"ea 1500 192.0.2.2  192.0.2.2 " 4 iface=ea public=192.0.2.2
chooses "--public-ipv6 alone" \
	"eb 9000 198.51.100.1 2001:db8:b::1 198.51.100.1 2001:db8:b::1" \
	4 6 public6=2001:db8:b::1
finds_none "--public-ip that is none" "--public-ip 1.2.3: not an IPv4 address" \
	4 iface=ea public=1.2.3
finds_none "--public-ip of the other family" "not an IPv4 address" \
	4 iface=ea public=2001:db8::1
finds_none "--public-ip of no host" "a multicast address" \
	4 iface=ea public=224.0.0.1

# Addresses that are not for good come after the others, or not at all.
ip -6 addr flush dev ec scope global
ip -6 addr add 2001:db8:c::d/64 dev ec nodad preferred_lft 0
finds_none "a deprecated address is none" "no usable IPv6 address" 6 iface=ec
ip -6 addr add 2001:db8:c::e/64 dev ec nodad valid_lft 1000 preferred_lft 900
chooses "one with a lifetime" "ec 1500  2001:db8:c::e  2001:db8:c::e" 6 iface=ec
ip -6 addr add 2001:db8:c::f/64 dev ec nodad
chooses "a permanent one" "ec 1500  2001:db8:c::f  2001:db8:c::f" 6 iface=ec

# Temporary addresses are made by the kernel, of one that manages them.
echo 2 > /proc/sys/net/ipv6/conf/ec/use_tempaddr
ip -6 addr flush dev ec scope global
ip -6 addr add 2001:db8:c::1/64 dev ec nodad mngtmpaddr valid_lft 90000 \
	preferred_lft 80000
temporary()
{
	ip -6 addr show dev ec | grep -q temporary
}
for _ in 1 2 3 4 5 6 7 8 9 10; do
	! temporary || break
	sleep 0.1
done
ok "there is a temporary address" temporary
chooses "which is not taken" "ec 1500  2001:db8:c::1  2001:db8:c::1" 6 iface=ec

# With duplicate detection an address is tentative, and is one all the same.
echo 1 > /proc/sys/net/ipv6/conf/ec/accept_dad
ip -6 addr flush dev ec scope global
ip -6 addr add 2001:db8:c::1/64 dev ec
ip -6 addr add 2001:db8:c::2/64 dev ec nodad
chooses "one whose detection still runs comes last" \
	"ec 1500  2001:db8:c::2  2001:db8:c::2" 6 iface=ec

ip link set eb down
ip link del ea
finds_none "what is gone is gone" "--iface ea: no such interface; there are lo, pb, eb 198" \
	4 iface=ea
done_testing
