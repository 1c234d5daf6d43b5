#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An agent beside etcd with 5 000 peers in it, natively: host-gw, which needs no
# module of ours, without ASan. Prints TAP.
. "$(dirname "$0")/../lib/common.sh"
. "$ROOT/tests/lib/source.sh"
ME=10-host-gw

if ! unshare -n sh -c 'ip link add v type veth peer name w &&
		       ip link set v up && ip nexthop' > /dev/null 2>&1; then
	echo "1..0 # SKIP no root, or no veth and nexthop objects in this kernel"
	exit 0
fi
if ! command -v etcd > /dev/null; then
	echo "1..0 # SKIP etcd is not installed"
	exit 0
fi
out=$BUILD/agent-plain
mkdir -p "$out"
alone "$out" make -s -C "$ROOT/tools/flanctl-genl" OUT="$out" -j"$(nproc)" >&2 ||
	exit 1
unset FLANCTL_EXEC_PATH
exec unshare -n "$ROOT/tests/scale/peers.py" host-gw "$out/flanctl-genl" 1
