# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Builds the module and the tool from the current tree, each kernel in a copy of
# its own: output for one kernel, or of one clone, can never be taken for
# another's. Source it after common.sh.

BUILD=$FLANNEL_CACHE/build/$(printf '%s' "$ROOT" | cksum | tr ' ' -)

# source_copy DIR PATH...: bring DIR up to date with these paths of the clone.
# Unchanged files keep their time, so that make rebuilds only what changed;
# files that left the clone leave the copy too.
source_copy()
{
	local dir=$1 list f

	shift
	mkdir -p "$dir"
	list=$(cd "$ROOT" || exit
	       git -c safe.directory='*' ls-files -co --exclude-standard \
		   -- "$@" 2>/dev/null || find "$@" -type f)
	[ -n "$list" ] || { say "no sources: $*"; return 1; }
	while IFS= read -r f; do
		[ -f "$ROOT/$f" ] || continue
		cmp -s "$ROOT/$f" "$dir/$f" && continue
		mkdir -p "$dir/$(dirname "$f")"
		rm -f "$dir/$f"
		cp -p "$ROOT/$f" "$dir/$f"
		touch "$dir/$f"
	done <<< "$list"
	if [ -f "$dir/.sources" ]; then
		comm -23 "$dir/.sources" <(sort <<< "$list") |
		while IFS= read -r f; do
			rm -f "$dir/$f"
		done
	fi
	sort <<< "$list" > "$dir/.sources"
}

# source_version: what modinfo and -V shall say.
source_version()
{
	cat "$ROOT/VERSION" 2>/dev/null || echo 0
}

# alone DIR COMMAND...: while nobody else builds in DIR. Builds of clones that
# nobody has used for a week go away.
alone()
{
	local lock rc

	mkdir -p "$1"
	touch "${1%/*}"
	find "$FLANNEL_CACHE/build" -mindepth 1 -maxdepth 1 -mtime +7 \
		-exec rm -rf {} +
	exec {lock}> "$1/lock"
	flock "$lock"
	"${@:2}"
	rc=$?
	exec {lock}>&-
	return $rc
}

# module_build NAME KDIR OUT [MAKE ARGUMENT...]: OUT/flannel.ko for the kernel
# KDIR; NAME is its build directory.
module_build()
{
	alone "$BUILD/module-$1" module_build_alone "$@"
}

module_build_alone()
{
	local dir=$BUILD/module-$1 kdir=$2 out=$3

	shift 3
	source_copy "$dir" Kbuild Makefile VERSION kmod || return
	logged "$dir/build.log" make -C "$kdir" M="$dir" \
		FLANNEL_VERSION="$(source_version)" -j"$(nproc)" "$@" modules ||
		return
	cp "$dir/flannel.ko" "$out/"
}

# tool_build OUT: OUT/ gets the tool's executables.
tool_build()
{
	alone "$BUILD/tool" tool_build_alone "$@"
}

tool_build_alone()
{
	local dir=$BUILD/tool

	source_copy "$dir/source" tools kmod/uapi VERSION || return
	logged "$dir/build.log" make -C "$dir/source/tools/flanctl-genl" \
		OUT="$dir/out" FLANNEL_VERSION="$(source_version)" \
		-j"$(nproc)" || return
	find "$dir/out" -maxdepth 1 -type f -executable -exec cp -t "$1" {} +
	[ -x "$1/flanctl-genl" ] || { say "no flanctl-genl came out"; return 1; }
}

# helpers_build OUT: OUT/ gets the C programs of tests/vm/helpers.
helpers_build()
{
	alone "$BUILD/helpers" helpers_build_alone "$@"
}

helpers_build_alone()
{
	local dir=$BUILD/helpers

	source_copy "$dir/source" tests/vm/helpers kmod/uapi || return
	rm -rf "${dir:?}/bin"
	mkdir -p "$dir/bin"
	logged "$dir/build.log" make -C "$dir/source/tests/vm/helpers" \
		OUT="$dir/bin" -j"$(nproc)" || return
	find "$dir/bin" -maxdepth 1 -type f -executable -exec cp -t "$1" {} +
}
