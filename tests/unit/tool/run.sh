#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tool without a kernel module and without root: its parts as C programs,
# the command line, registries, documents; all with ASan and UBSan. Prints TAP.
#   tests/unit/tool/run.sh [PATTERN...]: programs that match, e.g. 'test_*'
set -u
cd "$(dirname "$0")" || exit 1
tool=$(cd ../../../tools/flanctl-genl && pwd)
out=${OUT:-$tool/build-asan}
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
export ASAN_OPTIONS=abort_on_error=0:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1
export TOOL=$out/flanctl-genl FOLLOW=$out/test/follow LC_ALL=C
unset FLANCTL_EXEC_PATH FLANNELD_ETCD_PASSWORD

echo "TAP version 13"
if ! { make -C "$tool" SANITIZE=1 OUT="$out" -j2 &&
       make OUT="$out" -j2; } > "$log/build" 2>&1; then
	tail -n 40 "$log/build" | sed 's/^/# /'
	echo "not ok 1 - the tool builds"
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
	local name=$1 line rc seen=0 planned=-1 bad=0

	shift
	"$@" > "$log/out" 2> "$log/err" < /dev/null
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
for program in test_*.c grammar.sh etcd_fake.sh etcd_real.sh etcd_new.sh \
	etcd_follow.py etcd_live.py file_follow.py kube_fake.py docs.sh; do
	name=${program%.*}
	wanted "$name" || continue
	case $program in
	*.c)	results "$name" "$out/test/$name" ;;
	*)	results "$name" "./$program" ;;
	esac
done
echo "1..$n"
exit $failed
