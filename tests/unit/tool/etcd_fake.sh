#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The etcd client against a server that misbehaves: whatever it answers, there
# is one clear line, exit code 2 and no lease. $TOOL is the executable.
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")
export LOG=$tmp/log

# serve MODE: start the fake; its port is in $port.
serve()
{
	: > "$LOG"
	: > "$tmp/port.$1"
	python3 "$here/fake_etcd.py" "$1" > "$tmp/port.$1" 2> "$tmp/server" &
	pids+=($!)
	for _ in $(seq 100); do
		port=$(cat "$tmp/port.$1")
		[ -z "$port" ] || return 0
		sleep 0.1
	done
	echo "# the fake etcd does not start"
}

# bad MODE TEXT
bad()
{
	serve "$1"
	run -j registry show "etcd://127.0.0.1:$port"
	ok "$1: the registry is refused" says 2 "$2"
	ok "$1: in one line, without control characters" \
		[ "$(wc -l < "$tmp/err") $(LC_ALL=C tr -d '\n -~' < "$tmp/err" | wc -c) $(wc -c < "$tmp/out")" = "1 0 0" ]
}

# leases: how many leases were printed.
leases() { grep -c '^lease' "$tmp/out"; }

# A hanging server is given ten seconds while the others are tested.
serve hang
hanging=$port
(
	start=$SECONDS
	"$TOOL" registry show "etcd://127.0.0.1:$hanging" > "$tmp/hang.out" \
		2> "$tmp/hang.err"
	echo "$? $((SECONDS - start))" > "$tmp/hang.rc"
) &
hang=$!

serve many
run registry show "etcd://127.0.0.1:$port"
ok "1203 leases in pages" [ "$rc $(leases)" = "0 1203" ]
ok "one page is 500 leases" [ "$(grep -c '"limit": 500' "$LOG")" = 3 ]
ok "all pages are read at the config's revision" \
	[ "$(grep -c '"revision": "42"' "$LOG")" = 3 ]
# behind: how many pages begin with a key and a NUL: behind the last one.
behind()
{
	sed 's/.*"key": "\([^"]*\)".*/\1/' "$LOG" | while read -r key; do
		echo "$key" | base64 -d | tr '\0\n' '\n '
	done | wc -l
}
ok "a page begins just behind the last key" [ "$(behind)" = 2 ]

run registry show "etcd://127.0.0.1:1,127.0.0.1:$port,127.0.0.1:2"
ok "the next endpoint is tried" [ "$rc $(leases)" = "0 1203" ]
run registry show "etcd://127.0.0.1:1,127.0.0.1:2"
ok "no endpoint at all" says 2 "none of the etcd endpoints"
run registry show "etcd://127.0.0.1:$port/other"
ok "another prefix is not there" says 2 "there is no network config"

serve long
run registry show "etcd://127.0.0.1:$port"
ok "values that are too long are refused alone" \
	[ "$rc $(grep -c '^refused.*longer than 65536 bytes' "$tmp/out")" = "0 24" ]
ok "pages become smaller for them" grep -q '"limit": 5,' "$LOG"

serve compacted
run registry show "etcd://127.0.0.1:$port"
ok "a compacted revision is read again" [ "$rc $(leases)" = "0 3" ]

bad always-compacted "has been compacted"
bad fails-late "no leader"
bad no-config "there is no network config"
bad redirect "HTTP status 307"
bad not-json "not a JSON object"
bad deep "not a JSON object"
bad endless "too long"
bad no-revision "no revision"
bad same-page-again "not asked for"
bad foreign-key "not asked for"
bad empty-page "empty page"
bad kvs-object "not an array"
bad no-base64 "not base64"
bad wrong-types "not base64"
bad no-revision-of-a-key "no create_revision"

wait "$hang"
read -r rc seconds < "$tmp/hang.rc"
ok "a server that does not answer" \
	grep -q "Operation timed out" "$tmp/hang.err"
ok "is given ten seconds" [ "$rc $((seconds <= 30))" = "2 1" ]
done_testing
