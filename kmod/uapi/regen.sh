#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Generate what comes from flannel.yaml, with a Linux source tree's ynl_gen_c:
# linux/flannel.h for everybody, netlink-gen.[ch] (policies, ops) for kmod/.
#
#	kmod/uapi/regen.sh LINUX_TREE [OUTPUT_ROOT]
set -eu

tree=$1
here=$(cd "$(dirname "$0")" && pwd)
out=${2:-$here/../..}
gen=$tree/tools/net/ynl/pyynl/ynl_gen_c.py
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

# The generator looks for a kernel tree above the spec, and for the schema in
# the directory above it.
mkdir -p "$stage/kmod/uapi" "$out/kmod/uapi/linux"
touch "$stage/MAINTAINERS"
cp "$tree/Documentation/netlink/genetlink-legacy.yaml" "$stage/kmod/"
cp "$here/flannel.yaml" "$stage/kmod/uapi/"

generate() {
	/usr/bin/python3 "$gen" --spec "$stage/kmod/uapi/flannel.yaml" \
		--function-prefix flannel_nl --mode "$1" "$2" -o "$out/$3"
}

# The multicast groups need flags that the generator does not know: netlink.c
# has them. An op has one policy for do and dump, whose requests are the same
# in the spec; the generator writes it twice and then refers to neither.
polish() {
	sed -i -e '/^static const struct genl_multicast_group/,/^};/d' \
		-e '/ - dump \*\/$/,/^};$/d' -e 's/_do_nl_policy/_nl_policy/' \
		-e 's|tools/net/ynl/ynl-regen.sh|kmod/uapi/regen.sh LINUX_TREE|' \
		"$out/$1"
	cat -s "$out/$1" >"$stage/polished"
	cp "$stage/polished" "$out/$1"
	sed -i -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$out/$1"
}

generate uapi --header kmod/uapi/linux/flannel.h
generate kernel --header kmod/netlink-gen.h
generate kernel --source kmod/netlink-gen.c
for file in kmod/uapi/linux/flannel.h kmod/netlink-gen.h kmod/netlink-gen.c; do
	polish "$file"
done
