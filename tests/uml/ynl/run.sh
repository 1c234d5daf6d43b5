#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/uml/ynl/run.sh [--list]: in the debug kernel, the module driven by the
# kernel's own netlink client. LINUX is a Linux source tree, SPEC the spec of
# our family. Prints KTAP.
set -u
here=$(dirname "$0")

[ "${1:-}" != --list ] || exec /usr/bin/python3 "$here/client.py" --list
modprobe flannel || exit 1
ip link set lo up
exec /usr/bin/python3 -B "$here/client.py" "$LINUX/tools/net/ynl/pyynl" \
	"$SPEC" "$LINUX/Documentation/netlink/genetlink-legacy.yaml"
