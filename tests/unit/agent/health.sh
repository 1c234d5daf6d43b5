#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# /healthz, /readyz and /metrics, by curl, and connections that go wrong.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
own_network ./health.sh
. ../tool/lib.sh
ip link set lo up
port=18080

# start IP: serves on stdin's pipe, which is descriptor 5.
start()
{
	mkfifo "$tmp/in.$1"
	"$DRIVE" health "$1" "$port" > "$tmp/drive" 2>&1 < "$tmp/in.$1" &
	pid=$!
	exec 5> "$tmp/in.$1"
	soon 30 grep -q listening "$tmp/drive"
}

stop()
{
	exec 5>&-
	wait "$pid"
}

# get PATH [OPTION...]: $tmp/out is the body, $tmp/err the headers.
get()
{
	local path=$1

	shift
	rc=0
	curl -s -m 60 -D "$tmp/err" -o "$tmp/out" "$@" \
		"http://127.0.0.1:$port$path" || rc=$?
}

# answers STATUS BODY: what get got.
answers()
{
	grep -q "^HTTP/1.1 $1 " "$tmp/err" && [ "$(cat "$tmp/out")" = "$2" ]
}

ok "it listens" start 0.0.0.0
get /healthz
ok "/healthz" answers 200 "flanneld is running"
ok "has flannel's type" grep -qi '^content-type: text/plain' "$tmp/err"
ok "and length" grep -qi '^content-length: 19' "$tmp/err"
get /readyz
ok "/readyz, not ready" answers 503 "flanneld is not ready yet
no lease yet
registry: timeout"
echo ready >&5
soon 30 grep -q '^ready' "$tmp/drive"
get /readyz
ok "/readyz, ready" answers 200 "flanneld is ready"
get /healthz --head
ok "HEAD" grep -q '^HTTP/1.1 200 ' "$tmp/err"
get /healthz -X DELETE
ok "DELETE is refused" answers 405 "only GET and HEAD"
ok "and it is said what is not" grep -qi '^allow: GET, HEAD' "$tmp/err"
get /healthz -d "$(head -c 100000 /dev/zero | tr '\0' x)"
ok "POST is refused" grep -q '^HTTP/1.1 405 ' "$tmp/err"
get /
ok "another path" answers 404 "404 page not found"
get /healthz/
ok "no path below" grep -q '^HTTP/1.1 404 ' "$tmp/err"
get "/healthz?verbose=1"
ok "a query is passed over" answers 200 "flanneld is running"
get "/$(head -c 20000 /dev/zero | tr '\0' a)"
ok "a long path is refused" grep -q '^HTTP/1.1 4' "$tmp/err"

get /metrics
ok "/metrics has Prometheus' type" \
	grep -qi '^content-type: text/plain; version=0.0.4' "$tmp/err"
has()
{
	grep -qxF -- "$1" "$tmp/out"
}
ok "a gauge" has "flannel_peers 5000"
ok "a large number" has "flannel_registry_revision 18446744073709551615"
ok "seconds" has "flannel_registry_age_seconds 1.500000"
ok "a flag" has "flannel_ready 1"
ok "a counter is one" has "# TYPE flannel_reconciles_total counter"
ok "drops" has 'flannel_drops_total{device="flannel.1",reason="no_subnet"} 12'
ok "labels are escaped" has \
	'flannel_drops_total{device="a\"b\\c\nd?",reason="other"} 18446744073709551615'

# A client that has nothing more to say, before or after we have read it.
half_close()
{
	python3 - "$pid" "$port" <<-E
	import os, signal, socket, sys
	os.kill(int(sys.argv[1]), signal.SIGSTOP)
	s = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
	s.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
	s.shutdown(socket.SHUT_WR)
	os.kill(int(sys.argv[1]), signal.SIGCONT)
	s.settimeout(60)
	sys.exit(b"flanneld is ready" not in s.recv(4096))
	E
}
ok "who has closed his half is answered" half_close

# Every sample belongs to the family before it, which has HELP and TYPE once.
well_formed()
{
	awk '
	/^# HELP / { help = $3; n[$3]++; next }
	/^# TYPE / { if ($3 != help || $4 !~ /^(gauge|counter)$/) exit 1
		     type = $4; next }
	{ name = $1; sub(/\{.*/, "", name)
	  if (name != help || (type == "counter") != (name ~ /_total$/)) exit 1
	  if ($NF !~ /^[0-9]+(\.[0-9]+)?$/) exit 1 }
	END { for (f in n) if (n[f] != 1) exit 1 }' "$tmp/out"
}
ok "all of it is well-formed" well_formed

# Rubbish, and connections that say nothing.
exec 6<> /dev/tcp/127.0.0.1/$port
head -c 4000 /dev/urandom >&6
exec 6>&-
held=()
for _ in {1..100}; do
	{ exec {fd}<> "/dev/tcp/127.0.0.1/$port"; } 2> /dev/null || break
	held+=("$fd")
done
descriptors()
{
	set -- /proc/"$pid"/fd/*
	[ $# -lt 100 ]
}
ok "who holds connections does not get many" descriptors
ip addr add 127.0.0.2/8 dev lo
get /healthz --interface 127.0.0.2
ok "and others are served" answers 200 "flanneld is running"

# served: the address that holds them is.
served()
{
	get /healthz
	answers 200 "flanneld is running"
}
ok "they end by themselves" soon 60 served
for fd in "${held[@]}"; do
	exec {fd}>&-
done

busy=$("$DRIVE" health 127.0.0.1 $port < /dev/null 2>&1)
ok "a port that is taken is named: $busy" \
	test "$busy" = "cannot listen on 127.0.0.1 port $port: Address already in use"
ok "so is what is no address" \
	test "$("$DRIVE" health here 1 < /dev/null)" = \
	"cannot listen on here port 1: Invalid argument"
ok "it ends, and nothing is left" stop

ok ":: stands for both families" start ::
get /healthz
ok "IPv4" answers 200 "flanneld is running"
curl -s -m 60 -D "$tmp/err" -o "$tmp/out" "http://[::1]:$port/healthz"
ok "IPv6" answers 200 "flanneld is running"
ok "it ends" stop
done_testing
