#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A node that is cut off from etcd: an agent with host-gw, which needs no module,
# and etcd in a network namespace of its own. Meanwhile peers move, go and come,
# and etcd forgets its history. Prints TAP.
# shellcheck disable=SC2317 # what ok() calls
. "$(dirname "$0")/../lib/common.sh"
ME=40-partition
PEERS=20
PREFIX=/coreos.com/network
ETCD_NET=10.78.0

if [ "${1:-}" != inside ]; then
	if ! unshare -n sh -c 'ip link add v type veth peer name w &&
			       ip link set v up && ip nexthop && nft list tables' \
			> /dev/null 2>&1; then
		echo "1..0 # SKIP no root, or no veth, nexthop objects or nft here"
		exit 0
	fi
	if ! command -v etcd > /dev/null || ! command -v etcdctl > /dev/null; then
		echo "1..0 # SKIP etcd is not installed"
		exit 0
	fi
	exec unshare -n "$0" inside
fi
. "$ROOT/tests/unit/tool/lib.sh"
export ETCDCTL_API=3
etcd_ns=

# there COMMAND...: in the namespace of etcd.
there()
{
	nsenter --net="/proc/$etcd_ns/ns/net" "$@"
}

# ctl WORD...: etcdctl there, which has more than five seconds; of 3.4, the
# environment does not tell it.
ctl()
{
	there etcdctl --command-timeout=60s "$@"
}

# address N [MOVED]: where peer N is.
address()
{
	echo "10.77.$((1 + ${2:-0})).$1"
}

# lease N [MOVED]: peer N publishes itself.
lease()
{
	ctl put "$PREFIX/subnets/10.129.$1.0-24" \
		"{\"PublicIP\":\"$(address "$@")\",\"PublicIPv6\":null,\"BackendType\":\"host-gw\"}" \
		> "$tmp/put"
}

# own_lease: keys that are no peer's.
own_lease()
{
	ctl get --prefix --keys-only "$PREFIX/subnets/" |
		grep -v '^.*/10\.129\.[0-9]*\.0-24$\|^$'
}

# routes: what the kernel has, one line a peer.
routes()
{
	ip route show proto 102 |
		sed -n 's/^\([0-9.]*\)\/24 nhid [0-9]* via \([0-9.]*\) .*/\1 \2/p' |
		sort
}

# wanted [MOVED GONE COME]: what it should have.
wanted()
{
	local n

	for ((n = 1; n <= PEERS; n++)); do
		[ "$n" != "${2:-}" ] || continue
		if [ "$n" = "${1:-}" ]; then
			echo "10.129.$n.0 $(address "$n" 1)"
		else
			echo "10.129.$n.0 $(address "$n")"
		fi
	done > "$tmp/unsorted"
	[ -z "${3:-}" ] || echo "10.129.$3.0 $(address "$3")" >> "$tmp/unsorted"
	sort "$tmp/unsorted"
}

routes_are()
{
	routes > "$tmp/out"
	cmp -s "$tmp/out" "$tmp/wanted"
}

readyz()
{
	curl -s -m 60 http://127.0.0.1:18084/readyz > "$tmp/out"
	head -n 1 "$tmp/out" | grep -qx "flanneld is ready" || return 1
	case $1 in
	reached)	! grep -q "registry: " "$tmp/out" ;;
	cut-off)	grep -q "registry: " "$tmp/out" ;;
	esac
}

cut_off()
{
	there nft -f - <<-NFT
	table inet cut {
		chain input {
			type filter hook input priority 0
			iifname "etcd0" $1
		}
		chain output {
			type filter hook output priority 0
			oifname "etcd0" $1
		}
	}
	NFT
}

heal()
{
	there nft delete table inet cut
}

# forget: etcd has no history any more that the node could go on from.
forget()
{
	local revision

	revision=$(ctl get "$PREFIX/config" -w json |
		   sed 's/.*"revision":\([0-9]*\).*/\1/')
	ctl compaction --physical "$revision" > "$tmp/out" 2> "$tmp/err"
}

# marked: the monitor has written all that was before the mark.
marked()
{
	grep -qw "198.51.100.$marks" "$tmp/monitor"
}

# Deletions of routes that anybody saw since the last call.
marks=0
deletions()
{
	marks=$((marks + 1))
	ip route add blackhole 198.51.100.$marks
	soon 60 marked
	grep -o '^Deleted 10\.129\.[0-9]*\.' "$tmp/monitor"
	: > "$tmp/monitor"
}

unshare -n sleep 3600 &
etcd_ns=$!
pids=("$etcd_ns")
soon 60 test ! "/proc/$etcd_ns/ns/net" -ef /proc/self/ns/net
ip link set lo up
ip link add under type veth peer name other
ip link set under up
ip link set other up
ip addr add 10.77.0.1/16 dev under
ip link add reg type veth peer name etcd0 netns "$etcd_ns"
ip addr add $ETCD_NET.1/24 dev reg
ip link set reg up
there ip link set lo up
there ip addr add $ETCD_NET.2/24 dev etcd0
there ip link set etcd0 up

there etcd --data-dir "$tmp/etcd" --unsafe-no-fsync --log-level error \
	--listen-client-urls "http://$ETCD_NET.2:2379,http://127.0.0.1:2379" \
	--advertise-client-urls "http://$ETCD_NET.2:2379" > "$tmp/etcd.log" 2>&1 &
pids+=($!)
alive()
{
	ctl put "$PREFIX/config" \
		'{"Network":"10.128.0.0/9","Backend":{"Type":"host-gw"}}' \
		> "$tmp/out" 2> "$tmp/err"
}
ok "etcd is there" soon 60 alive
for ((n = 1; n <= PEERS; n++)); do
	lease "$n"
done
ip -o monitor route >> "$tmp/monitor" &
pids+=($!)
"$TOOL" agent -etcd-endpoints "http://$ETCD_NET.2:2379" -iface under \
	-subnet-file "$tmp/subnet.env" -iptables-forward-rules=false \
	-healthz-ip 127.0.0.1 -healthz-port 18084 > "$tmp/err" 2>&1 &
agent=$!
wanted > "$tmp/wanted"
ok "an agent programs $PEERS peers" soon 60 routes_are
ok "and is ready" soon 60 readyz reached
own_lease > "$tmp/own"
ok "with a lease of its own" [ "$(wc -l < "$tmp/own")" = 1 ]
deletions > "$tmp/out"

moved=1
for how in drop "reject with tcp reset"; do
	come=$((PEERS + moved)) gone=$((moved + 1))
	cut_off "$( [ "$how" = drop ] || echo meta l4proto tcp) $how"
	lease $moved 1
	ctl del "$PREFIX/subnets/10.129.$gone.0-24" > "$tmp/out"
	lease "$come"
	forget
	ok "cut off ($how): it says so, and stays ready" soon 60 readyz cut-off
	ok "cut off ($how): nothing has changed" routes_are
	heal
	wanted $moved $gone $come > "$tmp/wanted"
	ok "cut off ($how): all is caught up with" soon 60 routes_are
	ok "cut off ($how): it is ready without a complaint" soon 60 readyz reached
	deletions > "$tmp/out"
	ok "cut off ($how): no route was away but the one that went" \
		[ "$(sort -u "$tmp/out")" = "Deleted 10.129.$gone." ]

	# As it was, for the next round.
	lease $moved
	lease $gone
	ctl del "$PREFIX/subnets/10.129.$come.0-24" > "$tmp/out"
	wanted > "$tmp/wanted"
	ok "cut off ($how): and it goes on" soon 60 routes_are
	deletions > "$tmp/out"
	moved=$((moved + 2))
done
own_lease > "$tmp/out"
ok "its lease is the same one" cmp "$tmp/own" "$tmp/out"
kill $agent
rc=0
wait $agent || rc=$?
ok "it ends" [ $rc = 0 ]
done_testing
