# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the checks in this directory look at. Source it.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# Their findings are theirs; progress is the lane's.
cd "$ROOT" || exit 1

# files PATTERN...: the clone's files, tracked or about to be.
files()
{
	git -c safe.directory='*' ls-files -co --exclude-standard -- "$@" |
	while IFS= read -r f; do
		[ ! -f "$f" ] || echo "$f"
	done
}

# shell_files: all that a shell runs.
shell_files()
{
	local f line

	files . | while IFS= read -r f; do
		case $f in
		*.sh)	echo "$f"; continue ;;
		esac
		IFS= read -r line < "$f" 2>/dev/null || continue
		case $line in
		'#!'*sh|'#!'*sh' '*)	echo "$f" ;;
		esac
	done
}

# findings: stdin are findings; succeeds where there are none.
findings()
{
	local text

	text=$(cat)
	[ -z "$text" ] || { printf '%s\n' "$text"; return 1; }
}
