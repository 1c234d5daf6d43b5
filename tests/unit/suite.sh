# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A suite of programs that print TAP, of the tool's objects with ASan and UBSan,
# as one stream of results. Source it; $tool is the tool's directory, $out where
# its objects go; $log is a directory that goes with the suite.

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
export ASAN_OPTIONS=abort_on_error=0:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1
n=0 failed=0

# suite_build WHAT: the tool, then what the Makefile of this directory makes.
suite_build()
{
	# shellcheck disable=SC2154 # of whoever sources this
	if ! { make -C "$tool" SANITIZE=1 OUT="$out" -j2 &&
	       make OUT="$out" -j2; } > "$log/build" 2>&1; then
		tail -n 40 "$log/build" | sed 's/^/# /'
		echo "not ok 1 - the $1 builds"
		echo "1..1"
		exit 1
	fi
}

# results NAME PROGRAM: a program's results, renumbered; that it came to its end
# is one as well.
results()
{
	local name=$1 line rc seen=0 planned=-1 bad=0

	"$2" > "$log/out" 2> "$log/err" < /dev/null
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

# suite_run DIR PROGRAM... -- [PATTERN...]: those that match, all without a
# pattern; what was compiled is in DIR.
suite_run()
{
	local dir=$1 program name p wanted programs=()

	shift
	while [ "$1" != -- ]; do
		programs+=("$1")
		shift
	done
	shift
	for program in "${programs[@]}"; do
		name=${program%.*}
		wanted=$([ $# -gt 0 ] || echo yes)
		for p; do
			# shellcheck disable=SC2053 # a pattern is meant
			[[ $name != $p ]] || wanted=yes
		done
		[ -n "$wanted" ] || continue
		case $program in
		*.c)	results "$name" "$dir/$name" ;;
		*)	results "$name" "./$program" ;;
		esac
	done
	echo "1..$n"
	exit $failed
}
