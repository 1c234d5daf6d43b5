#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The agent's parts without a module and without a cluster, with ASan and UBSan:
# subnet.env, the interface's choice, packet filter rules, healthz and metrics,
# systemd. What needs a network has a namespace of its own. Prints TAP.
#   tests/unit/agent/run.sh [PATTERN...]: programs that match, e.g. 'rules*'
set -u
cd "$(dirname "$0")" || exit 1
tool=$(cd ../../../tools/flanctl-genl && pwd)
out=${OUT:-$tool/build-asan}
. ../suite.sh
export DRIVE=$out/test-agent/drive TOOL=$out/flanctl-genl LC_ALL=C
unset NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID IN_NAMESPACE

echo "TAP version 13"
suite_build agent
suite_run "$out/test-agent" test_*.c child.sh iface.sh rules.sh traffic.sh health.sh \
	node.sh -- "$@"
