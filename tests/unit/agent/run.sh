#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The agent's parts without a module and without a cluster, with ASan and UBSan:
# subnet.env, the interface's choice, packet filter rules, healthz and metrics,
# systemd. What needs a network has a namespace of its own. Prints TAP.
#   tests/unit/agent/run.sh [PATTERN...]: programs that match, e.g. 'rules*'
set -u
cd "$(dirname "$0")" || exit 1
tool=$(cd ../../../tools/flanctl-genl && pwd)
out=${OUT:-$tool/build-asan}
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
export ASAN_OPTIONS=abort_on_error=0:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1
export DRIVE=$out/test-agent/drive TOOL=$out/flanctl-genl LC_ALL=C
unset NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID IN_NAMESPACE

echo "TAP version 13"
if ! { make -C "$tool" SANITIZE=1 OUT="$out" -j2 &&
       make OUT="$out" -j2; } > "$log/build" 2>&1; then
	tail -n 40 "$log/build" | sed 's/^/# /'
	echo "not ok 1 - the agent builds"
	echo "1..1"
	exit 1
fi

# wanted NAME
wanted()
{
	local p

	[ ${#patterns[@]} -gt 0 ] || return 0
	for p in "${patterns[@]}"; do
		# shellcheck disable=SC2053 # a pattern is meant
		[[ $1 != $p ]] || return 0
	done
	return 1
}

# A program's results, renumbered; that it came to its end is one as well.
n=0 failed=0
results()
{
	local name=$1 program=$2 line rc seen=0 planned=-1 bad=0

	"$program" > "$log/out" 2> "$log/err" < /dev/null
	rc=$?
	while IFS= read -r line; do
		case $line in
		"ok "*|"not ok "*)
			n=$((n + 1)) seen=$((seen + 1))
			[ "${line#not}" = "$line" ] || bad=1
			echo "${line%%ok *}ok $n - $name: ${line#* - }" ;;
		1..*)	planned=${line#1..} ;;
		*)	echo "# ${line#\# }" ;;
		esac
	done < "$log/out"
	if [ "$seen" != "$planned" ] || { [ $rc != 0 ] && [ $bad = 0 ]; }; then
		tail -n 40 "$log/err" | sed 's/^/# /'
		n=$((n + 1)) bad=1
		echo "not ok $n - $name: ends well"
	fi
	[ $bad = 0 ] || failed=1
}

patterns=("$@")
for program in test_*.c child.sh iface.sh rules.sh traffic.sh health.sh; do
	name=${program%.*}
	wanted "$name" || continue
	case $program in
	*.c)	results "$name" "$out/test-agent/$name" ;;
	*)	results "$name" "./$program" ;;
	esac
done
echo "1..$n"
exit $failed
