# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Builds the module for one of Debian's kernels the way a check wants it. Source
# it after files.sh.
. "$ROOT/tests/lib/source.sh"

# headers SERIES: KDIR of Debian's kernel.
headers()
{
	local meta=linux-headers-$1-amd64 release

	[ "$1" != 6.1 ] || meta=linux-headers-amd64
	release=$(dpkg-query -W -f '${Depends}' "$meta" 2>/dev/null |
		  sed -n 's/.*linux-headers-\([^ ,]*\).*/\1/p')
	[ -n "$release" ] || die "$meta is not installed: run tests/setup"
	echo "/usr/src/linux-headers-$release"
}

# checked_build NAME KDIR MAKE-ARGUMENT...: build everything anew; print what the
# compiler said about our files.
checked_build()
{
	alone "$BUILD/lint-$1" checked_build_alone "$@"
}

checked_build_alone()
{
	local dir=$BUILD/lint-$1 kdir=$2

	shift 2
	source_copy "$dir" Kbuild Makefile VERSION kmod || exit 1
	make -s -C "$kdir" M="$dir" clean >/dev/null 2>&1
	make -C "$kdir" M="$dir" FLANNEL_VERSION="$(source_version)" \
		-j"$(nproc)" "$@" modules > "$dir/build.log" 2>&1 || {
		tail -n 60 "$dir/build.log"
		return 1
	}
	grep -E 'warning|error|note:' "$dir/build.log" |
		sed "s|$dir/||" | findings
}
