# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What every script under tests/ agrees on: where the clone is, where the cache
# is, and how to speak to the person in front of the terminal. Source it; ME is
# the name under which the script speaks.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export ROOT
ME=${0##*/}

# Kernels, images and builds outlive a clone; without root they live in the
# user's own cache.
if [ -z "${FLANNEL_CACHE:-}" ]; then
	if [ "$(id -u)" = 0 ]; then
		FLANNEL_CACHE=/var/cache/flannel-tests
	else
		FLANNEL_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/flannel-tests
	fi
fi
export FLANNEL_CACHE
if ! mkdir -p "$FLANNEL_CACHE" 2>/dev/null; then
	FLANNEL_CACHE=$(mktemp -d -t flannel-tests.XXXXXX)
fi

# say TEXT...: one line of progress; stdout belongs to results.
say()
{
	printf '%s: %s\n' "$ME" "$*" >&2
}

# die TEXT...: what failed and what to do about it.
die()
{
	say "$*"
	exit 1
}

# need COMMAND PACKAGE: a command that tests/setup would have installed.
need()
{
	command -v "$1" >/dev/null 2>&1 ||
		die "$1 is missing: run tests/setup, or: apt-get install $2"
}

# retried COMMAND...: what needs the network gets a second chance, and a third.
retried()
{
	local pause

	for pause in 10 30 60; do
		"$@" && return
		say "once more in $pause seconds"
		sleep $pause
	done
	"$@"
}

# logged FILE COMMAND...: run quietly; on failure show the end of the log.
logged()
{
	local log=$1

	shift
	if ! "$@" >"$log" 2>&1 </dev/null; then
		say "failed: $*"
		tail -n 40 "$log" >&2
		return 1
	fi
}
