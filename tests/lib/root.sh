# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A guest's root directory, as a tree that becomes a cpio archive. Source it.

# root_layout TREE: the merged directories of a Debian root. Every archive of a
# guest has the same ones: a directory where the former has a link would take
# the link's place.
root_layout()
{
	local d

	mkdir -p "$1"/usr/{bin,sbin,lib,lib64,local/bin}
	for d in bin sbin lib lib64; do
		ln -sfn "usr/$d" "$1/$d"
	done
}

# root_libraries TREE FILE...: copy the libraries that these programs are
# linked to, under the very names the loader looks for.
root_libraries()
{
	local tree=$1 f

	shift
	for f in $(ldd "$@" 2>/dev/null |
		   sed -n 's/^.*=> \(\/[^ ]*\) (.*/\1/p
			   s/^\t\(\/[^ ]*\) (.*/\1/p' | sort -u); do
		[ ! -e "$tree$f" ] || continue
		mkdir -p "$tree${f%/*}"
		cp -L "$f" "$tree$f" || return
	done
}
