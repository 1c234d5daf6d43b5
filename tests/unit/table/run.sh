#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The table's index, compiled for user space: once with sanitizers and its full
# self-test, once optimised for the figures. Prints TAP.
set -eu

build=$(dirname "$0")/build
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

"$build" "$dir/checked" -O1 -fsanitize=address,undefined \
	-fno-sanitize-recover=all
"$build" "$dir/fast" -O2
"$dir/fast" 1000 | grep '^# .* ns '
"$dir/checked" "$@"
