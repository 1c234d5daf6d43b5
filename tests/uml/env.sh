# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Where the debug kernel (User Mode Linux) lives and how it is started. Source
# it after common.sh and source.sh.

UML_DIR=$FLANNEL_CACHE/uml

# uml_fragments: what is asked of the kernel; of a flavour (UML_FLAVOUR=smp), on
# top of it what its directory has.
uml_fragments()
{
	cat "$ROOT"/tests/uml/*.config \
		${UML_FLAVOUR:+"$ROOT/tests/uml/$UML_FLAVOUR"/*.config}
}

# uml_config: its lines; of an option that is there twice, the last.
uml_config()
{
	uml_fragments | awk '
	match($0, /CONFIG_[A-Z0-9_]+/) && /^(CONFIG_|# CONFIG_.* is not set$)/ {
		name = substr($0, RSTART, RLENGTH)
		if (!(name in line))
			names[++n] = name
		line[name] = $0
	}
	END { for (i = 1; i <= n; i++) print line[names[i]] }'
}

# uml_key: stands for what is asked of the kernel. Clones that ask for different
# things have different kernels.
uml_key()
{
	uml_fragments | cksum | tr ' ' -
}

# uml_current: the directory of the newest kernel with this configuration.
uml_current()
{
	local d

	d=$(for d in "$UML_DIR"/*-"$(uml_key)"/complete; do
		[ -e "$d" ] && echo "${d%/complete}"
	    done | sort -V | tail -n 1)
	[ -n "$d" ] && touch "$d" && echo "$d"
}

# uml_release DIR: what uname -r says in it.
uml_release()
{
	cat "$1/build/include/config/kernel.release"
}

# uml_prepare DIR JOB: build what the guest needs from the current tree: JOB/root
# has the modules as modprobe wants them, JOB/bin the tool and the helpers.
uml_prepare()
{
	uml_module "$@" && uml_programs "$2"
}

uml_module()
{
	local release to

	release=$(uml_release "$1")
	to=$2/root/lib/modules/$release
	alone "$1/install" uml_install "$1" || return
	mkdir -p "$to/updates"
	cp -al "$1/install/lib/modules/$release/." "$to/" || return
	module_build "um-$release" "$(readlink -f "$1/build")" "$to/updates" \
		ARCH=um FLANNEL_DEBUG=y || return
	depmod -b "$2/root" "$release"
}

# uml_install DIR: the kernel's own modules, once.
uml_install()
{
	[ ! -e "$1/install/complete" ] || return 0
	logged "$1/install.log" make -C "$1/build" ARCH=um \
		INSTALL_MOD_PATH="$1/install" modules_install &&
		touch "$1/install/complete"
}

uml_programs()
{
	mkdir -p "$1/bin"
	tool_build "$1/bin" && helpers_build "$1/bin"
}

# uml_boot DIR JOB SECONDS [KERNEL PARAMETER...]: run JOB/script in it. The
# guest sees JOB as /run/job and writes its status there last; the console is
# this process's stdin and stdout. Replaces the shell that calls it: ( ... ) &.
uml_boot()
{
	local dir=$1 job=$2 limit=$3 mem=${UML_MEM:-768M} tmp

	shift 3
	# The guest's memory is a file: /dev/shm, unless it is too small for
	# five of them.
	tmp=/dev/shm
	[ "$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 4000000 ] ||
		tmp=$job
	rm -f "$job/status"
	exec env TMPDIR="$tmp" timeout --foreground -k 5 "$limit" \
		"$dir/build/linux" \
		mem="$mem" rootfstype=hostfs rootflags=/ ro \
		init="$ROOT/tests/uml/init" con=null con0=fd:0,fd:1 \
		panic=-1 dummy.numdummies=0 ifb.numifbs=0 fb_tunnels=none \
		kasan_multi_shot ${UML_CPUS:+seccomp=on ncpus=$UML_CPUS} \
		JOB="$job" UMLROOT="$job/root" CLONE="$ROOT" "$@"
}
