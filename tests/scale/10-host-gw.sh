#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An agent beside etcd with 5 000 peers in it, natively. Prints TAP.
if ! command -v etcd > /dev/null; then
	echo "1..0 # SKIP etcd is not installed"
	exit 0
fi
. "$(dirname "$0")/plain.sh"
# shellcheck disable=SC2154 # plain.sh's
exec unshare -n "$ROOT/tests/scale/peers.py" host-gw "$plain/flanctl-genl" 1
