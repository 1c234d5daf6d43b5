#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs that the agent runs.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
. ../tool/lib.sh

# runs NAME WANTED COMMAND...
runs()
{
	local name=$1 wanted=$2

	shift 2
	timeout 60 "$DRIVE" child "$@" > "$tmp/out" 2> "$tmp/err"
	ok "$name" test "$(cat "$tmp/out")" = "$wanted"
}

runs "its input comes back" "code=0 out=5:hello err=" cat
runs "its complaint, one line, fit to be printed" \
	'code=3 out=0: err=a\x09b' sh -c 'printf "a\tb\nc\n" >&2; exit 3'
runs "one that does not read" "code=0 out=0: err=" true
runs "one that is not there" "not started: No such file or directory" nothing
runs "one that is killed" "code=-1 out=0: err=" sh -c 'kill -9 $$'
runs "one that prints without end" \
	"code=-1 out=1048576:yyyyyyyyyyyyyyyyyyyy err=" \
	sh -c 'yes | tr -d "\n" | head -c 3000000'
runs "one that does not end is ended" "code=-1 out=0: err=" sleep 50
done_testing
