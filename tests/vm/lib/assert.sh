# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034,SC2086
# How a test says what it found, waits for something, and runs things in the
# background. T is the test's own directory; the exit codes are guest.sh's.

EXIT_SKIP=4
TAB='	'

# diag TEXT...: shown when the test fails.
diag()
{
	printf '%s\n' "$*"
}

# figure TEXT...: what was measured, shown also when the test passes.
figure()
{
	printf '%s\n' "$*" >> "$T/figures"
}

# timed WHAT MS MOST: so long it took. Where nothing else runs, which is in lane
# scale, it may take MOST at most; beside others it says nothing of the code.
timed()
{
	figure "$1: $2 ms"
	[ -z "${FLANNEL_ALONE:-}" ] || [ $2 -le $3 ] ||
		fail "$1: $2 ms, more than $3"
}

fail()
{
	diag "failed: $*"
	exit 1
}

# skip WHY: the test cannot be run here.
skip()
{
	printf '%s' "$*" > "$T/skip"
	exit $EXIT_SKIP
}

# not_provoked WHY: skip what the kernel itself cannot take then.
not_provoked()
{
	[ -z "${FLANNEL_PROVOKE:-}" ] || skip "$*"
}

# eq IS WANTED WHAT
eq()
{
	[ "$1" = "$2" ] || fail "$3: is '$1', wanted '$2'"
}

# has TEXT PART WHAT
has()
{
	case $1 in
	*"$2"*)	;;
	*)	fail "$3: no '$2' in: $1" ;;
	esac
}

has_not()
{
	case $1 in
	*"$2"*)	fail "$3: '$2' is in: $1" ;;
	esac
}

# no COMMAND...: it has to fail. Neither set -e nor ! would notice.
no()
{
	if "$@" > "$T/out" 2>&1; then
		fail "succeeded, but should not: $*: $(cat "$T/out")"
	fi
}

# refused TEXT COMMAND...: the kernel says no (exit code 2 of the tool and of
# ip), and TEXT is in what is said. Every word of TEXT counts, in order.
refused()
{
	local text="$1" rc=0 said

	shift
	"$@" > "$T/out" 2>&1 < /dev/null || rc=$?
	said=$(cat "$T/out")
	[ $rc -ne 0 ] || fail "not refused: $*"
	[ $rc -eq 2 ] || fail "exit code $rc instead of 2: $*: $said"
	has "$said" "$text" "$*"
}

# wait_for SECONDS COMMAND...: until it succeeds. A kernel that looks for mistakes
# has five times as long: a program that is started there takes its time.
wait_for()
{
	local seconds="$1" end

	shift
	[ -z "${FLANNEL_AFTER_TEST:-}" ] || seconds=$((seconds * 5))
	clock
	end=$((CLOCK + seconds * 100))
	until "$@"; do
		clock
		[ "$CLOCK" -lt "$end" ] || fail "not within $seconds s: $*"
		sleep 0.05
	done
}

# clock: CLOCK = hundredths of a second since boot.
clock()
{
	local up rest

	read -r up rest < /proc/uptime
	CLOCK=${up%.*}${up#*.}
	CLOCK=${CLOCK#0}
}

# line_of FILE PART...: LINE = the first line that holds all parts, or fails.
line_of()
{
	local file="$1" part

	shift
	while read -r LINE; do
		for part; do
			case " $LINE " in
			*"$part"*) ;;
			*)	continue 2 ;;
			esac
		done
		return 0
	done < "$file"
	return 1
}

# shows FILE PART...: a line holds all parts.
shows()
{
	line_of "$@" || {
		head -n 20 "$1"
		fail "no line with: $*"
	}
}

shows_not()
{
	if line_of "$@"; then
		fail "a line with $*: $LINE"
	fi
}

# count_lines FILE PART...: COUNT = lines that hold all parts.
count_lines()
{
	local file="$1" part line

	shift
	COUNT=0
	while read -r line; do
		for part; do
			case " $line " in
			*"$part"*) ;;
			*)	continue 2 ;;
			esac
		done
		COUNT=$((COUNT + 1))
	done < "$file"
}

# stop_daemon PIDFILE: a helper ends and has written all; kill and wait cost no
# process.
stop_daemon()
{
	local pid end

	[ -e "$1" ] || return 0
	# It may end by itself just now.
	read -r pid 2> /dev/null < "$1" || return 0
	kill -TERM "$pid" 2>/dev/null || :
	clock
	end=$((CLOCK + 6000))
	while [ -e "$1" ]; do
		clock
		[ "$CLOCK" -lt "$end" ] || fail "$1 does not end"
	done
}

# wire_start NAME NETNS LINK [OPTION...]: from now on $T/NAME.wire gets what
# passes LINK (helpers/wire.c), complete after wire_stop NAME.
wire_start()
{
	local name="$1" netns="$2" link="$3"

	shift 3
	wire -p "$T/$name.pid" -o "$T/$name.wire" "$@" "$netns" "$link" ||
		fail "no look at $link"
}

wire_stop()
{
	stop_daemon "$T/$1.pid"
}

# wire_totals NAME: PACKETS LONGEST GSO BAD of the last line.
wire_totals()
{
	line_of "$T/$1.wire" packets= longest= || fail "$1: no totals"
	# shellcheck disable=SC2086 # words
	set -- $LINE
	PACKETS=${1#*=} LONGEST=${2#*=} GSO=${3#*=} BAD=${4#*=}
}

# flood_start NAME NETNS ADDRESS [OPTION...]; flood_stop sets SENT LOST GAP.
flood_start()
{
	local name="$1" netns="$2" address="$3"

	shift 3
	flood -p "$T/$name.pid" -o "$T/$name.flood" "$@" "$netns" "$address" ||
		fail "$address does not answer"
}

flood_stop()
{
	stop_daemon "$T/$1.pid"
	line_of "$T/$1.flood" sent= || fail "$1: no result"
	diag "flood $1: $LINE"
	# shellcheck disable=SC2086 # words
	set -- $LINE
	SENT=${1#*=} LOST=${3#*=} GAP=${4#*=}
}

# ecn_table: keys of pkt for the 16 combinations of outer and inner ECN, each
# with a length of its own.
ecn_table()
{
	local inner outer

	for inner in 0 1 2 3; do
		for outer in 0 1 2 3; do
			echo "otos=$outer tos=$inner len=$((100 + inner * 4 + outer)) ,"
		done
	done
}

# ecn_judged: $T/pod.wire has what RFC 6040 makes of ecn_table, sent as ICMP
# over IPv4 and over IPv6.
ecn_judged()
{
	local inner outer wanted

	for inner in 0 1 2 3; do
		for outer in 0 1 2 3; do
			wanted=$inner
			case $outer$inner in
			30)	wanted=none ;;
			31 | 32) wanted=3 ;;
			12)	wanted=1 ;;
			esac
			came $((128 + inner * 4 + outer)) $wanted 4
			came $((148 + inner * 4 + outer)) $wanted 6
		done
	done
}

# came LENGTH TOS FAMILY: a packet of that length came with that TOS, or none.
came()
{
	if [ $2 = none ]; then
		shows_not "$T/pod.wire" " len=$1 " " v=$3 "
	else
		shows "$T/pod.wire" " len=$1 " " v=$3 " " tos=$2 "
	fi
}
