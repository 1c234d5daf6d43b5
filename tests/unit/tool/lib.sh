# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the scripts here have in common: TAP, and running the tool.

set -u
tap_n=0 tap_failed=0

# ok NAME COMMAND...: a test that passes if the command succeeds.
ok()
{
	local name=$1

	shift
	tap_n=$((tap_n + 1))
	if "$@"; then
		echo "ok $tap_n - $name"
	else
		echo "not ok $tap_n - $name"
		sed 's/^/# stdout: /' "$tmp/out" 2>/dev/null | head -n 20
		sed 's/^/# stderr: /' "$tmp/err" 2>/dev/null | head -n 20
		tap_failed=1
	fi
}

# skip NAME WHY
skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

done_testing()
{
	echo "1..$tap_n"
	return $tap_failed
}

# run WORD...: the tool; what it says is in $tmp/out, $tmp/err and $rc.
run()
{
	rc=0
	"$TOOL" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
}

# says RC TEXT: the exit code, and a part of stderr or stdout.
says()
{
	[ "$rc" = "$1" ] && cat "$tmp/err" "$tmp/out" | grep -qF -- "$2"
}

# refuses RC TEXT WORD...: a test that the tool says no.
refuses()
{
	local code=$1 text=$2

	shift 2
	run "$@"
	ok "$* is refused" says "$code" "$text"
}

# soon SECONDS COMMAND...: it succeeds within so many, whatever it takes itself.
soon()
{
	local tries=$(($1 * 10))

	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

tmp=$(mktemp -d)
pids=()

# Programs that were started here end here, by their ids.
finish()
{
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$tmp"
}
trap finish EXIT
