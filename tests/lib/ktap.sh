# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP as lanes print it: complete against a list of what had to run, so that a
# test that never came is a failure and not a smaller number. Source it.

# ktap_step NAME COMMAND...: something a lane cannot go on without. Its failure
# is the lane's only result: a failed test NAME with the output as diagnostics.
ktap_step()
{
	local name=$1 log

	shift
	log=$(mktemp)
	if "$@" >"$log" 2>&1 </dev/null; then
		rm -f "$log"
		return
	fi
	printf 'KTAP version 1\n1..1\n'
	ktap_comment < "$log"
	echo "not ok 1 $name"
	rm -f "$log"
	exit 1
}

# ktap_comment: stdin as diagnostics.
ktap_comment()
{
	sed 's/^/# /'
}

# ktap_text LINE: what follows the number in "ok 1 name", "not ok 1 - name ...".
ktap_text()
{
	local line=${1#not }

	line=${line#ok }
	line=${line#"${line%%[!0-9]*}"}
	line=${line# }
	echo "${line#- }"
}

# How many results ktap_result has printed, and whether one of them was bad.
# shellcheck disable=SC2034 # for lanes
ktap_n=0 ktap_failed=0

# ktap_result "ok"|"not ok" TEXT
ktap_result()
{
	ktap_n=$((ktap_n + 1))
	# shellcheck disable=SC2034 # for whoever sources this
	[ "$1" = ok ] || ktap_failed=1
	echo "$1 $ktap_n $2"
}

# ktap_program NAME SECONDS COMMAND...: pass on the results of a program that
# prints TAP. That it reports all it planned, and ends well only if all is well,
# is a result too; "1..0 # SKIP why" is one that is skipped.
ktap_program()
{
	local name=$1 limit=$2 line rc planned=0 seen=0 bad=0 skipped='' log

	shift 2
	log=$(mktemp)
	# In the lane's process group: whoever ends that ends all of it.
	timeout --foreground -k 5 "$limit" "$@" > "$log" 2> "$log.err" </dev/null
	rc=$?
	while IFS= read -r line; do
		case $line in
		"ok "*|"not ok "*)
			seen=$((seen + 1))
			[ "${line#not ok}" = "$line" ] || bad=$((bad + 1))
			ktap_result "${line%%ok *}ok" \
				"$name: $(ktap_text "$line")" ;;
		"1..0 # SKIP"*) skipped=${line#1..0 } ;;
		1..*)	planned=${line#1..}; planned=${planned%%[!0-9]*} ;;
		"TAP version"*|"KTAP version"*|'') ;;
		'#'*)	echo "$line" ;;
		*)	echo "# $line" ;;
		esac
	done < "$log"
	if [ -n "$skipped" ] && [ $seen$rc = 00 ]; then
		ktap_result ok "$name $skipped"
	elif [ $seen = 0 ] || [ $seen != "$planned" ] ||
	     { [ $rc != 0 ] && [ $bad = 0 ]; }; then
		tail -n 40 "$log.err" | ktap_comment
		echo "# $seen of $planned results, exit code $rc: $*"
		ktap_result "not ok" "$name"
	fi
	rm -f "$log" "$log.err"
}

# ktap_follow EXPECTED CONSOLE: pass on what a guest reports on stdin, line by
# line. EXPECTED is a file with the name of every test that has to be reported;
# those that were not are failures, the first of them with the end of the file
# CONSOLE: it was running when the guest stopped.
ktap_follow()
{
	local expected=$1 console=$2 line name n=0 verdict dead=
	local -A seen=()

	printf 'KTAP version 1\n1..%d\n' "$(wc -l < "$expected")"
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		"ok "*|"not ok "*)
			name=$(ktap_text "$line")
			name=${name%% *}
			verdict=${line%%ok*}ok
			n=$((n + 1))
			seen[$name]=1
			case $line in
			*"# SKIP"*) echo "$verdict $n $name # SKIP${line#*# SKIP}" ;;
			*)	    echo "$verdict $n $name" ;;
			esac ;;
		"KTAP version"*|"TAP version"*|1..*|'')
			;;
		"Bail out!"*)
			dead=${line#Bail out! }
			echo "# $line" ;;
		'#'*)	echo "$line" ;;
		*)	echo "# $line" ;;
		esac
	done
	while IFS= read -r name; do
		[ -z "${seen[$name]:-}" ] || continue
		n=$((n + 1))
		if [ -z "$dead" ]; then
			dead="the guest ended during $name"
			echo "# the guest ended during this test; its console:"
			tail -n 80 "$console" | tr -d '\r' | ktap_comment
		else
			echo "# did not run: $dead"
		fi
		echo "not ok $n $name"
	done < "$expected"
}
