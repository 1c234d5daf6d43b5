#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What tests/vm says about time, in the debug kernel, while nothing else runs:
# beside other guests the same tests run in lanes vm and debug, where how long
# something takes is shown and not judged. Prints TAP.
. "$(dirname "$0")/uml.sh"

in_guest <<GUEST
#!/bin/sh
export FLANNEL_ALONE=yes
exec /run/flannel/tests/vm/guest.sh --timed
GUEST
