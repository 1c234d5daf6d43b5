#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/uml/controls/run.sh [--list]: in the debug kernel, load modules that do
# something wrong, before the very eyes that watch the tests (supervise,
# after-test). A control passes if it was noticed: a lane that notices nothing
# proves nothing. CONTROLS is the directory of the built modules. Prints KTAP.
set -u
here=$(dirname "$0")
after_test=$here/../after-test
log=/tmp/control.log
skb=/sys/kernel/debug/fail_skb_realloc
DIRTY=125
n=0 failed=0

# watched COMMAND...: as a test is; RC is supervise's verdict.
watched()
{
	supervise -n provoked -o $log -t 120 -p ft- -b "$BASE" -- "$@"
	RC=$?
}

# expect NAME CODE [TEXT]: RC was CODE, and the log has TEXT, or nothing.
expect()
{
	n=$((n + 1))
	if [ $RC = "$2" ] &&
	   if [ -n "${3:-}" ]; then grep -q "$3" $log; else [ ! -s $log ]; fi
	then
		echo "ok $n $1"
	else
		sed 's/^/# /' $log
		echo "# exit code $RC; wanted $2, and in the log: ${3:-nothing}"
		echo "not ok $n $1"
		failed=1
	fi
}

# In an order in which none spoils the next: any report turns the lock checker
# off.
names="stale_unprovoked leak leak_forgotten lock_inversion lock_checker_off
	stale_pointer"

case ${1:-} in
--list)
	for name in $names; do
		echo "control.$name"
	done
	exit 0 ;;
esac

BASE=$(supervise -B) || { echo "Bail out! supervise does not run"; exit 1; }
echo "KTAP version 1"
echo "1..6"
"$after_test" begin

watched insmod "$CONTROLS/stale.ko"
expect control.stale_unprovoked 0
rmmod stale

watched insmod "$CONTROLS/leak.ko"
"$after_test" > $log
RC=$?
expect control.leak 1 'unreferenced object'
# What hid at one look, behind a word on some stack, is found by the next.
for _ in 1 2 3 4 5; do
	"$after_test" > $log
	RC=$?
	[ $RC != 0 ] || break
done
expect control.leak_forgotten 0

watched insmod "$CONTROLS/inversion.ko"
expect control.lock_inversion $DIRTY 'circular locking'
"$after_test" > $log
RC=$?
expect control.lock_checker_off 1 'lock checker is off'
echo 100 > $skb/probability
echo -1 > $skb/times
watched insmod "$CONTROLS/stale.ko"
echo 0 > $skb/probability
expect control.stale_pointer $DIRTY 'KASAN: .*use-after-free'
exit $failed
