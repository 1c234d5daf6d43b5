# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a person sees of the lanes: each result with the lane's name before it, a
# failure with what the test said; at the end the sum. Source it.

# report_begin: nothing counted yet.
report_begin()
{
	REPORT_PASSED=0 REPORT_FAILED=0 REPORT_SKIPPED=0 REPORT_FAILURES=()
}

# report_lines NAME: KTAP on stdin; what a passed test said is left out.
report_lines()
{
	local name=$1 line said='' failed=

	while IFS= read -r line; do
		case $line in
		"not ok "*)
			printf '%s' "$said"
			echo "$name: $line"
			said='' failed=yes ;;
		"ok "*)	echo "$name: $line"
			said='' failed='' ;;
		'#'*)	if [ -n "$failed" ]; then
				echo "$name: $line"
			else
				said+="$name: $line"$'\n'
			fi ;;
		esac
	done
}

# report_live NAME FILE PID: on a terminal, show results as they come.
report_live()
{
	[ -t 1 ] || return 0
	tail -n +1 -s 0.3 -f --pid="$3" "$2.ktap" 2>/dev/null |
		report_lines "$1" &
	REPORT_LIVE=$!
}

# report_end NAME FILE CODE SECONDS: a lane has ended; show it and count. A lane without
# a result, or that failed without saying what, is a failure of its own.
report_end()
{
	local name=$1 file=$2.ktap rc=$3 passed failed skipped planned line why=''

	skipped=$(grep -ciE '^ok .*# skip' "$file")
	passed=$(($(grep -c '^ok ' "$file") - skipped))
	failed=$(grep -c '^not ok ' "$file")
	planned=$(sed -n 's/^1\.\.//p' "$file" | awk '{ n += $1 } END { print n + 0 }')

	if [ -t 1 ]; then
		wait "${REPORT_LIVE:-}" 2>/dev/null
	else
		report_lines "$name" < "$file"
	fi
	while IFS= read -r line; do
		REPORT_FAILURES+=("$name: $line")
	done < <(grep '^not ok ' "$file")
	if [ $((passed + failed + skipped)) = 0 ]; then
		why="no test ran"
	elif [ $((passed + failed + skipped)) -lt "$planned" ]; then
		why="$planned tests planned, $((passed + failed + skipped)) reported"
	elif [ "$failed" = 0 ] && [ "$rc" != 0 ]; then
		why="the lane ended with code $rc"
	fi
	if [ -n "$why" ]; then
		echo "$name: not ok: $why"
		REPORT_FAILURES+=("$name: not ok: $why")
		failed=$((failed + 1))
	fi
	echo "$name: $passed passed, $failed failed, $skipped skipped ($4 s)"
	[ "$failed" = 0 ] || echo "$name: everything it said: $2.*"
	REPORT_PASSED=$((REPORT_PASSED + passed))
	REPORT_FAILED=$((REPORT_FAILED + failed))
	REPORT_SKIPPED=$((REPORT_SKIPPED + skipped))
}

# report_total: what failed, once more, and the last line; fails if anything did.
report_total()
{
	[ "$REPORT_FAILED" = 0 ] || printf '%s\n' "" "${REPORT_FAILURES[@]}"
	echo "$REPORT_PASSED passed, $REPORT_FAILED failed, $REPORT_SKIPPED skipped"
	[ "$REPORT_FAILED" = 0 ] && [ "$REPORT_PASSED" -gt 0 ]
}
