#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# host-gw in network namespaces of the running kernel, which needs no module of
# ours. Prints TAP.
#   tests/unit/hostgw/run.sh
# shellcheck disable=SC2317,SC2119,SC2120 # what ok() calls
set -u
cd "$(dirname "$0")" || exit 1
if [ "${1:-}" != inside ]; then
	if ! unshare -nm sh -c 'ip link add v type veth peer name w &&
				ip link set v up && ip nexthop' \
			> /dev/null 2>&1; then
		echo "TAP version 13"
		echo "ok 1 - host-gw # SKIP no root, or no veth and nexthop objects in this kernel"
		echo "1..1"
		exit 0
	fi
	exec unshare -nm "./${0##*/}" inside
fi
tool=$(cd ../../../tools/flanctl-genl && pwd)
out=${OUT:-$tool/build-asan}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export ASAN_OPTIONS=abort_on_error=0:exitcode=99 LC_ALL=C
export FLANCTL_EXEC_PATH=$out

n=0 failed=0
# ok TEXT COMMAND...: it succeeds.
ok()
{
	local text=$1

	shift
	n=$((n + 1))
	if "$@" > "$dir/ok" 2>&1; then
		echo "ok $n - $text"
		return
	fi
	failed=1
	echo "not ok $n - $text"
	sed 's/^/#   /' "$dir/ok" "$dir/said" 2> /dev/null | head -n 40
}

# is TEXT WANTED GOT
is()
{
	ok "$1" test "$2" = "$3"
	[ "$2" = "$3" ] || echo "#   wanted: $2; got: $3"
}

echo "TAP version 13"
if ! make -s -C "$tool" SANITIZE=1 OUT="$out" -j2 > "$dir/build" 2>&1; then
	sed 's/^/# /' "$dir/build"
	echo "not ok 1 - the tool builds"
	echo "1..1"
	exit 1
fi

# registry CONFIG-BACKEND [KEY VALUE]...
registry()
{
	local config=$1 sep=''

	shift
	{
		printf '{"config":{"Network":"10.0.0.0/8","SubnetLen":24,'
		printf '"EnableIPv6":true,"IPv6Network":"2001:cafe::/40",'
		printf '"Backend":%s},"subnets":{' "$config"
		while [ $# -gt 0 ]; do
			printf '%s"%s":%s' "$sep" "$1" "$2"
			sep=,
			shift 2
		done
		printf '}}\n'
	} > "$dir/registry"
}

# gw IP [IP6]: a lease of host-gw.
gw()
{
	local ip6=null

	[ $# -lt 2 ] || ip6="\"$2\""
	printf '{"PublicIP":"%s","PublicIPv6":%s,"BackendType":"host-gw"}' \
		"$1" "$ip6"
}

sync()
{
	"$out/flanctl-genl" sync "file:$dir/registry" dev eth0 "$@" \
		> "$dir/said" 2>&1
}

said()
{
	grep -q -e "$1" "$dir/said"
}

routes()
{
	ip -"${1:-4}" route show proto 102 | wc -l
}

hops()
{
	ip nexthop show | grep -c 'proto 102'
}

has()
{
	local family=$1

	shift
	[ -n "$(ip "-$family" route show "$@")" ]
}

HG='{"Type":"host-gw"}'
ME="10.1.1.0-24 $(gw 192.168.77.1)"
ip link set lo up
ip link add eth0 type veth peer name far
ip link add eth1 type veth peer name far1
for dev in eth0 far eth1 far1; do
	ip link set "$dev" up
done
ip addr add 192.168.77.1/16 dev eth0
ip addr add fd00:77::1/64 dev eth0 nodad
ip addr add 192.169.0.1/24 dev eth1
ip route add 172.20.0.0/24 via 192.168.77.254 dev eth0

# shellcheck disable=SC2086 # words
registry "$HG" $ME 10.1.2.0-24 "$(gw 192.168.77.2)" \
	10.1.3.0-24 "$(gw 192.168.77.2)" \
	'10.1.4.0-24&2001:cafe:4::-64' "$(gw 192.168.77.4 fd00:77::4)" \
	10.1.5.0-24 "$(gw 0.0.0.0 fd00:77::4)" \
	10.1.6.0-24 "$(gw 172.20.0.6)" \
	10.1.7.0-24 "$(gw 192.169.0.7)" \
	10.1.8.0-24 "$(gw 8.8.8.8)" \
	10.1.9.0-24 '{"PublicIP":"192.168.77.9","BackendType":"quantum"}'
ok "a first sync" sync
ok "IPv4 routes" has 4 10.1.2.0/24 via 192.168.77.2 dev eth0 proto 102
ok "IPv6 routes" has 6 2001:cafe:4::/64 via fd00:77::4 dev eth0 proto 102
ok "IPv4 over an IPv6 next hop" has 4 10.1.5.0/24 via inet6 fd00:77::4
is "a nexthop for each gateway" 3 "$(hops)"
is "a route for each subnet" 4 "$(routes)"
ok "a peer behind a router is refused" \
	said '! 10.1.6.0/24 .*not on the link but behind 192.168.77.254 dev eth0'
ok "a peer on another link is refused" \
	said '! 10.1.7.0/24 .*on the link of eth1, not of the underlay'
ok "a peer that there is no way to is refused" \
	said '! 10.1.8.0/24 .*not on the link: Network is unreachable'
ok "a backend that nobody knows is refused by name" \
	said '10.1.9.0-24.*BackendType is "quantum", not "host-gw"'
ok "the sum is told" said '5 added, 0 changed, 0 removed, 0 unchanged, 4 refused'
ok "--strict fails, and does the rest" test "$(sync --strict; echo $?)" = 2
ok "nothing is done twice" said '0 added, 0 changed, 0 removed, 5 unchanged'

# What is not ours.
ip route add 10.1.20.0/24 via 192.168.77.20 dev eth0
ip nexthop add id $((0x66000021)) via 192.168.77.21 dev eth0 proto 102
ip route add 10.1.21.0/24 nhid $((0x66000021)) proto 102
ip route add 11.1.21.0/24 nhid $((0x66000021)) proto 102
ip route add 10.1.22.0/24 dev eth1 proto 102
ip nexthop add id 7 via 192.168.77.7 dev eth0 proto 102
ip nexthop add id $((0x66000007)) via 192.168.77.7 dev eth0
kept=$(ip -o nexthop show | sed -n 's/^id \([0-9]*\) via 192.168.77.2 .*/\1/p')
ip route add 9.9.9.0/24 nhid "$kept"
# shellcheck disable=SC2086 # words
registry "$HG" $ME 10.1.3.0-24 "$(gw 192.168.77.3)" \
	10.1.4.0-24 garbage 10.1.20.0-24 "$(gw 192.168.77.22)"
sed -i 's/:garbage/:"garbage"/' "$dir/registry"
ok "a second sync, of which the kernel refuses something" \
	test "$(sync; echo $?)" = 2
ok "another gateway: a change" has 4 10.1.3.0/24 via 192.168.77.3
ok "which is told" said '~ 10.1.3.0/24 via 192.168.77.3 .*was via 192.168.77.2'
ok "a peer is gone" test -z "$(ip route show 10.1.2.0/24)"
ok "a stale route under our number is gone" \
	test -z "$(ip route show 10.1.21.0/24)"
ok "what is not understood stays" has 4 10.1.4.0/24 via 192.168.77.4
ok "another network's route stays" has 4 11.1.21.0/24
ok "so does one without a nexthop: the agent's into its device" \
	has 4 10.1.22.0/24 dev eth1
ok "another's route stays" has 4 10.1.20.0/24 via 192.168.77.20
ok "and is told" \
	said '! 10.1.20.0/24 .*not ours, via 192.168.77.20 dev eth0 proto 3'
ok "a nexthop that another's route uses stays" has 4 9.9.9.0/24
ok "others' nexthops stay" ip nexthop show id 7
ok "also those with an id of ours" ip nexthop show id $((0x66000007))

# A node that flanneld ran on, as its host-gw and its DirectRouting write routes;
# and routes of somebody who wants something else.
ip monitor route > "$dir/monitor" &
monitor=$!
# It says nothing of itself before it listens.
until [ -s "$dir/monitor" ]; do
	ip route add blackhole 203.0.113.0/24
	ip route del blackhole 203.0.113.0/24
	sleep 0.05
done
ip route add 10.1.30.0/24 via 192.168.77.30 dev eth0
ip -6 route add 2001:cafe:30::/64 via fd00:77::30 dev eth0
ip route add 10.1.31.0/24 via 192.168.77.31 dev eth0 proto static
ip route add 10.1.32.0/24 via 192.168.77.32 dev eth0 mtu 1400
ip route add 10.1.33.0/24 via 192.168.77.33 dev eth0 metric 7
ip route add 10.1.34.0/24 nexthop via 192.168.77.34 nexthop via 192.168.77.35
# shellcheck disable=SC2086 # words
registry "$HG" $ME 10.1.3.0-24 "$(gw 192.168.77.3)" \
	'10.1.30.0-24&2001:cafe:30::-64' "$(gw 192.168.77.30 fd00:77::30)" \
	10.1.31.0-24 "$(gw 192.168.77.31)" 10.1.32.0-24 "$(gw 192.168.77.32)" \
	10.1.33.0-24 "$(gw 192.168.77.33)" 10.1.34.0-24 "$(gw 192.168.77.34)"
until grep -q 10.1.34.0 "$dir/monitor"; do sleep 0.01; done
ok "a sync where flanneld was, of which the kernel refuses something" \
	test "$(sync; echo $?)" = 2
ok "its IPv4 route is ours now" has 4 10.1.30.0/24 via 192.168.77.30 proto 102
ok "its IPv6 route is ours now" has 6 2001:cafe:30::/64 via fd00:77::30 proto 102
is "there is one of each" "1 1" \
	"$(ip route show 10.1.30.0/24 | wc -l) $(ip -6 route show 2001:cafe:30::/64 | wc -l)"
ok "which is told" said '~ 10.1.30.0/24 via 192.168.77.30 .*was as flanneld writes it'
ok "also of IPv6" said '~ 2001:cafe:30::/64 .*was as flanneld writes it'
ok "another's to the same gateway stays" \
	has 4 10.1.31.0/24 via 192.168.77.31 proto static
is "and is enough" "" "$(ip route show 10.1.31.0/24 proto 102)"
ok "one with an MTU stays" has 4 10.1.32.0/24 via 192.168.77.32 proto boot
ok "one with another metric stays, below ours" \
	has 4 10.1.33.0/24 via 192.168.77.33 metric 7
ok "which is there" has 4 10.1.33.0/24 via 192.168.77.33 proto 102
ok "one of several ways stays, and the peer is refused" \
	said '! 10.1.34.0/24 .*not ours'
ok "the sum is told" \
	said '1 added, 2 changed, 1 removed, 3 unchanged, 1 refused'
sleep 0.1
kill $monitor
wait $monitor 2> /dev/null
is "flanneld's routes were never away" "" \
	"$(grep -e '^Deleted 10.1.30' -e '^Deleted 2001:cafe:30' "$dir/monitor")"
ok "again: nothing is done" test "$(sync; echo $?)" = 2
ok "which is told" \
	said '0 added, 0 changed, 0 removed, 6 unchanged, 1 refused'

# All is gone at once.
# shellcheck disable=SC2086 # words
registry "$HG" $ME
ok "an empty registry removes nothing" test "$(sync; echo $?)" = 2
ok "and says what to do" said 'add --allow-empty'
ok "unless that is meant" sync --allow-empty
is "then all of ours is gone" "11.1.21.0/24" \
	"$(ip -4 route show proto 102 | sed -n 's/ nhid .*//p')"
registry '{"Type":"wireguard"}' 10.1.2.0-24 "$(gw 192.168.77.2)"
ok "an unknown backend of the cluster" test "$(sync; echo $?)" = 2
ok "is named" said "backend is 'wireguard'"

# What is shown, without the module.
show()
{
	"$out/flanctl-genl" "$@" subnet show > "$dir/said" 2>&1
}

# One of two peers goes: that is not all at once.
# shellcheck disable=SC2086 # words
registry "$HG" $ME 10.1.2.0-24 "$(gw 192.168.77.2)" \
	10.1.3.0-24 "$(gw 192.168.77.3)"
ok "two peers" sync
# shellcheck disable=SC2086 # words
registry "$HG" $ME 10.1.2.0-24 "$(gw 192.168.77.2)"
ok "one of them goes" sync
ok "which is told" said '0 added, 0 changed, 1 removed, 1 unchanged'

# The link goes away and comes back.
# shellcheck disable=SC2086 # words
registry "$HG" $ME 10.1.2.0-24 "$(gw 192.168.77.2)"
ok "a peer" sync
ok "subnet show needs no module" show
ok "and names the way" \
	said '^10.1.2.0/24 via 192.168.77.2 way direct way-via 192.168.77.2 way-dev eth0$'
ok "in JSON as well" show -j
ok "with the same words" said '"way":"direct","way-via":"192.168.77.2","way-dev":"eth0"'
ip link set eth0 down
is "the kernel takes it with the link" 0 "$(ip route show 10.1.2.0/24 | wc -l)"
ok "the link is down: refused" sync
ok "with the reason" said '! 10.1.2.0/24'
ip link set eth0 up
ok "the link is back" sync
ok "so is the route" has 4 10.1.2.0/24 via 192.168.77.2

# Traffic, whatever the reverse path filter: A - B and A - router - C on links.
pod()
{
	ip netns add "$1"
	ip link add "e$1" type veth peer name eth0 netns "$1"
	ip link set "e$1" master lan up
	ip -n "$1" link set lo up
	ip -n "$1" link set eth0 up
	ip -n "$1" addr add "192.168.88.$2/24" dev eth0
	ip -n "$1" addr add "fd00:88::$2/64" dev eth0 nodad
	ip -n "$1" addr add "10.8.$2.1/24" dev lo
	ip -n "$1" addr add "2001:cafe:8$2::1/64" dev lo nodad
}

# node NAME N: what sync makes of the cluster there.
node()
{
	ip netns exec "$1" "$out/flanctl-genl" sync "file:$dir/registry" \
		dev eth0 > "$dir/said" 2>&1
}

mount -t tmpfs none /run
mkdir -p /run/netns
ip link add lan type bridge
ip link set lan up
for i in 1 2; do
	pod "n$i" $i
done
registry "$HG" '10.8.1.0-24&2001:cafe:81::-64' "$(gw 192.168.88.1 fd00:88::1)" \
	'10.8.2.0-24&2001:cafe:82::-64' "$(gw 192.168.88.2 fd00:88::2)"
ok "one node" node n1 1
# The other one as stock flannel does it.
ip -n n2 route add 10.8.1.0/24 via 192.168.88.1 dev eth0
ip -n n2 route add 2001:cafe:81::/64 via fd00:88::1 dev eth0
for mode in 0 1 2; do
	for node in n1 n2; do
		ip netns exec $node sysctl -qw net.ipv4.conf.all.rp_filter=$mode
		ip netns exec $node sysctl -qw net.ipv4.conf.eth0.rp_filter=$mode
	done
	ok "IPv4 with a stock node, rp_filter $mode" ip netns exec n1 \
		ping -qc 2 -i 0.1 -w 30 -I 10.8.1.1 10.8.2.1
done
ok "IPv6 with a stock node" ip netns exec n1 \
	ping -qc 2 -i 0.1 -w 30 -I 2001:cafe:81::1 2001:cafe:82::1

echo "1..$n"
exit $failed
