# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For what is timed in a network namespace of the running kernel: host-gw, which
# needs no module of ours. The tool is built without ASan. Source it; $plain is
# where the tool is.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
. "$ROOT/tests/lib/source.sh"
ME=$(basename "$0" .sh)

if ! unshare -n sh -c 'ip link add v type veth peer name w &&
		       ip link set v up && ip nexthop' > /dev/null 2>&1; then
	echo "1..0 # SKIP no root, or no veth and nexthop objects in this kernel"
	exit 0
fi
plain=$BUILD/agent-plain
mkdir -p "$plain"
alone "$plain" make -s -C "$ROOT/tools/flanctl-genl" OUT="$plain" \
	-j"$(nproc)" >&2 || exit 1
unset FLANCTL_EXEC_PATH
