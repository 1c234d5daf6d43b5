#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sync, and 10 000 peers of host-gw, natively. Prints TAP.
. "$(dirname "$0")/plain.sh"
# shellcheck disable=SC2154 # plain.sh's
exec unshare -n "$ROOT/tests/scale/sync.py" "$plain/flanctl-genl"
