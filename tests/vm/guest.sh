#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# guest.sh [--list] [--smoke|--timed] [PATTERN...]: run the functional tests in a
# guest, as root, results as KTAP on stdout; --list prints lines "FILE NAME TEXT".
# PATTERN is a shell pattern of test names or file names. FLANNEL_TESTS is this
# directory, FLANNEL_AFTER_TEST a command that looks for damage after each test;
# if it fails, so does the test. With FLANNEL_PROVOKE, a command that makes the
# kernel misbehave, each test runs under "FLANNEL_PROVOKE start" and is judged
# by damage alone. FLANNEL_LIMIT is how many seconds a test has; FLANNEL_ALONE says
# that nothing else runs, and how long something takes is judged.
#
# A test is a function test_NAME of a file NN-*.sh here, after a comment that
# says what it shows; "# smoke" and "# timed" may follow its brace.
# shellcheck disable=SC3043,SC2086 # local is what dash and ash have
set -u
FLANNEL_TESTS=${FLANNEL_TESTS:-$(dirname "$0")}
export FLANNEL_TESTS LC_ALL=C
T=/tmp/flannel-test
PREFIX=ft-
# Far more than any needs: what waits, and for how long, a test says itself.
LIMIT=${FLANNEL_LIMIT:-1200}

for lib in "$FLANNEL_TESTS"/lib/*.sh; do
	# shellcheck source=/dev/null
	. "$lib"
done

# tests_of [--smoke|--timed] PATTERN...: lines "FILE NAME DESCRIPTION".
tests_of()
{
	local mark=''

	case ${1:-} in
	--*)
		mark=${1#--}
		shift ;;
	esac
	awk -v mark="$mark" '
	/^# / { text = text (text == "" ? "" : " ") substr($0, 3); next }
	/^test_[a-z0-9_]+\(\)/ {
		name = $0
		sub(/^test_/, "", name); sub(/\(.*/, "", name)
		file = FILENAME
		sub(/.*\//, "", file)
		if ($0 ~ "# .*" mark || mark == "")
			print file, name, text
	}
	!/^#/ { text = "" }
	' "$FLANNEL_TESTS"/[0-9][0-9]-*.sh | while read -r file name rest; do
		[ $# -gt 0 ] || echo "$file $name $rest"
		for pattern; do
			# shellcheck disable=SC2254 # a pattern is meant
			case $name in
			$pattern)	echo "$file $name $rest"; break ;;
			esac
			# shellcheck disable=SC2254
			case $file in
			$pattern)	echo "$file $name $rest"; break ;;
			esac
		done
	done
}

# run_one FILE NAME: what supervise starts; a failing command ends the test.
run_one()
{
	set -eu
	cd "$T"
	# shellcheck source=/dev/null
	. "$FLANNEL_TESTS/$1"
	"test_$2"
	exit 0
}

# prepare: say why nothing can be tested, if nothing can.
prepare()
{
	local helper

	[ "$(id -u)" = 0 ] || bail "root is needed"
	for helper in supervise nsctl flow ip flanctl-genl; do
		command -v "$helper" > /dev/null || bail "no $helper in PATH"
	done
	mkdir -p "$T" || bail "/tmp cannot be written"
	module_load > "$T/log" 2>&1 || {
		show_log
		bail "flannel.ko cannot be loaded"
	}
	modprobe vxlan 2>/dev/null || :
	BASE=$(supervise -B) || bail "supervise does not run"

	# A log that is not seen would let everything pass.
	supervise -n control -o "$T/log" -t 120 -p $PREFIX -b "$BASE" -- \
		sh -c 'echo "flannel-test: control" > /dev/kmsg'
	[ $? = 125 ] || {
		show_log
		bail "the kernel log cannot be watched"
	}
}

bail()
{
	echo "Bail out! $*"
	exit 1
}

show_log()
{
	sed 's/^/# /' "$T/log"
}

# one_test NUMBER FILE NAME DESCRIPTION
one_test()
{
	local start end rc result

	rm -rf "$T"
	mkdir -p "$T"
	clock
	start=$CLOCK
	[ -z "${FLANNEL_PROVOKE:-}" ] || sh -c "$FLANNEL_PROVOKE start"
	supervise -n "$3" -o "$T.log" -t "$LIMIT" -p $PREFIX -b "$BASE" -- \
		sh "$FLANNEL_TESTS/guest.sh" --run "$2" "$3"
	rc=$?
	mv "$T.log" "$T/log"
	if [ -n "${FLANNEL_PROVOKE:-}" ]; then
		sh -c "$FLANNEL_PROVOKE stop"
		[ $rc = 125 ] || [ $rc = $EXIT_SKIP ] || rc=0
	fi
	if [ -n "${FLANNEL_AFTER_TEST:-}" ]; then
		sh -c "$FLANNEL_AFTER_TEST" >> "$T/log" 2>&1 || {
			echo "failed: $FLANNEL_AFTER_TEST" >> "$T/log"
			rc=125
		}
	fi
	clock
	end=$((CLOCK - start))

	result=ok
	[ $rc = 0 ] || [ $rc = $EXIT_SKIP ] || {
		result='not ok'
		show_log
		[ $rc -le 1 ] || echo "# exit code $rc"
	}
	printf '# %s (%d.%02d s)\n' "$4" $((end / 100)) $((end % 100))
	[ ! -e "$T/figures" ] || sed 's/^/# /' "$T/figures"
	if [ $rc = $EXIT_SKIP ] && [ -s "$T/skip" ]; then
		echo "ok $1 $3 # SKIP $(cat "$T/skip")"
	else
		echo "$result $1 $3"
	fi
	[ "$result" = ok ]
}

main()
{
	local list file name text number=0 failed=0

	list=$(tests_of "$@")
	[ -n "$list" ] || bail "no such test: $*"
	prepare
	echo "KTAP version 1"
	echo "1..$(printf '%s\n' "$list" | wc -l)"
	while read -r file name text; do
		number=$((number + 1))
		one_test $number "$file" "$name" "$text" < /dev/null ||
			failed=1
	done <<-EOF
	$list
	EOF
	return $failed
}

case ${1:-} in
--run)
	run_one "$2" "$3" ;;
--list)
	shift
	tests_of "$@" | while read -r file name text; do
		printf '%-16s %-28s %s\n' "$file" "$name" "$text"
	done ;;
*)
	main "$@" ;;
esac
