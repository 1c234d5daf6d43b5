#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# etcd_real.sh with Debian 13's etcd in place of this system's.
. "$(dirname "$0")/lib.sh"

if bin=$(../../lib/etcd 2>"$tmp/err"); then
	rm -rf "$tmp"
	PATH=$bin:$PATH exec ./etcd_real.sh
fi
skip "etcd of Debian 13" "$(tr '\n' ' ' < "$tmp/err")"
done_testing
