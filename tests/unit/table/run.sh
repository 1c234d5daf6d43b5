#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The table's index, compiled for user space: once with sanitizers and its full
# self-test, once optimised for the figures. Prints TAP.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kmod=$(cd "$here/../../../kmod" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

build() {
	out=$1
	shift
	"${CC:-gcc}" -std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-parameter \
		-Wno-sign-compare -DFLANNEL_DEBUG -I"$here/shim" -I"$kmod" \
		"$@" -o "$dir/$out" "$here/table.c"
}

build checked -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
build fast -O2
"$dir/fast" 1000 | grep '^# .* ns '
"$dir/checked" "$@"
