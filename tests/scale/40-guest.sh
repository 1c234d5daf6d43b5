#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What tests/vm says about time, in the debug kernel, while nothing else runs:
# beside other guests the same tests run in lanes vm and debug, where how long
# something takes is shown and not judged. Prints TAP.
. "$(dirname "$0")/../lib/common.sh"
. "$ROOT/tests/lib/source.sh"
. "$ROOT/tests/uml/env.sh"
ME=40-guest

if ! uml_current > /dev/null; then
	echo "1..0 # SKIP there is no such kernel: lane debug, or tests/uml/build, builds it"
	exit 0
fi
script=$(mktemp)
trap 'rm -f "$script"' EXIT
cat > "$script" <<GUEST
#!/bin/sh
export FLANNEL_ALONE=yes
exec /run/flannel/tests/vm/guest.sh --timed
GUEST
UML_TIMEOUT=${UML_TIMEOUT:-600} "$ROOT/tests/uml/shell" "$script" 2>&1 |
	tr -d '\r' | grep -E '^(ok|not ok|# |1\.\.)'
exit "${PIPESTATUS[0]}"
