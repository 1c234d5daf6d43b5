# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For what is timed in the debug kernel. Source it.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
. "$ROOT/tests/lib/source.sh"
. "$ROOT/tests/uml/env.sh"
ME=$(basename "$0" .sh)

if ! uml_current > /dev/null; then
	echo "1..0 # SKIP there is no such kernel: lane debug, or tests/uml/build, builds it"
	exit 0
fi

# in_guest: run the script on stdin there, and pass on what it reports.
in_guest()
{
	local script rc

	script=$(mktemp)
	cat > "$script"
	# The guest's console: at the end of a file, it would hang up.
	UML_TIMEOUT=${UML_TIMEOUT:-1500} "$ROOT/tests/uml/shell" "$script" \
		2>&1 < /dev/null | tr -d '\r' |
		grep -E '^(ok|not ok|# |1\.\.)'
	rc=${PIPESTATUS[0]}
	rm -f "$script"
	return "$rc"
}
