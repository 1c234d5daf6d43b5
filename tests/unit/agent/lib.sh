# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # tmp and rc are lib.sh's
# What the scripts here have in common beside those of the tool: a network
# namespace of their own, in which they are root, and the driven parts.

: "${DRIVE:?is set by run.sh}"

# own_network SCRIPT: begin again in a namespace of its own.
own_network()
{
	local as=()

	[ -z "${IN_NAMESPACE:-}" ] || return 0
	[ "$(id -u)" = 0 ] || as=(-r)
	if ! unshare "${as[@]}" -n true 2>/dev/null; then
		echo "ok 1 - network namespaces # SKIP they cannot be made here"
		echo "1..1"
		exit 0
	fi
	IN_NAMESPACE=1 exec unshare "${as[@]}" -n "$1"
}

# iface WORD...: what drive says about it; $tmp/out and $rc.
iface()
{
	rc=0
	"$DRIVE" iface "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null || rc=$?
}

# chooses NAME WANTED WORD...: a test of the choice.
chooses()
{
	local name=$1 wanted=$2

	shift 2
	iface "$@"
	ok "$name" test "$(cat "$tmp/out")" = "$wanted"
}

# finds_none NAME TEXT WORD...: a test that there is no choice, and why.
finds_none()
{
	local name=$1 text=$2

	shift 2
	iface "$@"
	ok "$name" says 1 "$text"
}

# quiet COMMAND...: only whether it succeeds.
quiet()
{
	"$@" > /dev/null 2>&1
}
