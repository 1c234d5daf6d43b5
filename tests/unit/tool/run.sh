#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tool without a kernel module and without root: its parts as C programs,
# the command line, registries, documents; all with ASan and UBSan. Prints TAP.
#   tests/unit/tool/run.sh [PATTERN...]: programs that match, e.g. 'test_*'
set -u
cd "$(dirname "$0")" || exit 1
tool=$(cd ../../../tools/flanctl-genl && pwd)
out=${OUT:-$tool/build-asan}
. ../suite.sh
export TOOL=$out/flanctl-genl FOLLOW=$out/test/follow LC_ALL=C
unset FLANCTL_EXEC_PATH FLANNELD_ETCD_PASSWORD

echo "TAP version 13"
suite_build tool
suite_run "$out/test" test_*.c grammar.sh etcd_fake.sh etcd_real.sh etcd_new.sh \
	etcd_follow.py etcd_live.py file_follow.py kube_fake.py docs.sh -- "$@"
