#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The table's index and its self-test where the highest byte comes first: built
# for s390x, run in emulation. Prints TAP.
set -eu

for command in s390x-linux-gnu-gcc qemu-s390x; do
	if ! command -v $command > /dev/null; then
		echo "1..0 # SKIP $command is not installed: run tests/setup"
		exit 0
	fi
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CC=s390x-linux-gnu-gcc "$(dirname "$0")/../table/build" "$dir/table" \
	-O2 -static
qemu-s390x "$dir/table" "${1:-10000}"
