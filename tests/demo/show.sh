# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# How the demo speaks: a line of explanation, the command, its output. Source it.

# say TEXT...: a paragraph.
say()
{
	echo "$*" | fold -s -w 78 | sed "s|  *$||"
}

# step TEXT...: what the next commands show.
step()
{
	echo
	echo "$*" | fold -s -w 74 | sed "s|^|== |; s|  *$||"
}

# run COMMAND...: show it, run it; the demo is over if it fails.
run()
{
	local shown="$*"

	# "on HOST ..." is ours; what one would type is shorter.
	[ "$1" != on ] || shown="[$2] ${*:3}"
	echo "\$ $shown"
	"$@" || fail "$shown"
}

# fail WHY
fail()
{
	echo "failed: $*"
	exit 1
}
