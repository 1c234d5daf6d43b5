# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The steps from a clone to a running guest of Debian's kernel, in the order in
# which a lane calls them. What lives while a guest is prepared and runs is in
# $GUEST, in the cache, and goes away with the lane. Source it after common.sh,
# source.sh, ktap.sh and root.sh.

# guest_begin NAME: make $GUEST.
guest_begin()
{
	mkdir -p "$FLANNEL_CACHE/job"
	GUEST=$(mktemp -d "$FLANNEL_CACHE/job/$1.XXXXXX") ||
		die "no room for a guest in $FLANNEL_CACHE"
	root_layout "$GUEST/root"
	mkdir "$GUEST/root/job"
	trap guest_end EXIT
	trap 'exit 130' INT TERM
}

guest_end()
{
	[ -z "${GUEST_PID:-}" ] || kill "$GUEST_PID" 2>/dev/null
	rm -rf "$GUEST"
}

# guest_list [ARGUMENT...]: which tests have to be reported.
guest_list()
{
	"$ROOT/tests/vm/guest.sh" --list "$@" > "$GUEST/list" || return
	awk '{ print $2 }' "$GUEST/list" > "$GUEST/expected"
	[ -s "$GUEST/expected" ] || { echo "no such test: $*"; return 1; }
}

# guest_kernel SERIES: choose and fetch the kernel.
guest_kernel()
{
	"$ROOT/tests/image/kernel" "$1" > "$GUEST/release"
}

guest_release()
{
	cat "$GUEST/release"
}

# guest_module: build flannel.ko for the chosen kernel.
guest_module()
{
	module_build "$(guest_release)" \
		"/usr/src/linux-headers-$(guest_release)" "$GUEST" "$@"
}

# guest_tool: build the tool and put it into the guest.
guest_tool()
{
	mkdir -p "$GUEST/tool"
	tool_build "$GUEST/tool" && guest_add "$GUEST"/tool/*
}

# guest_helpers: the C programs of tests/vm, and the tests themselves.
guest_helpers()
{
	mkdir -p "$GUEST/helpers"
	helpers_build "$GUEST/helpers" && guest_add "$GUEST"/helpers/* &&
		source_copy "$GUEST/root/flannel" tests/vm
}

# guest_add PROGRAM...: into the guest's /usr/local/bin, with their libraries.
guest_add()
{
	cp "$@" "$GUEST/root/usr/local/bin/" &&
		root_libraries "$GUEST/root" "$@"
}

# guest_script: stdin is what the guest runs.
guest_script()
{
	{ echo '#!/bin/bash'; cat; } > "$GUEST/root/job/script"
	chmod +x "$GUEST/root/job/script"
}

# guest_image [COMMAND...]: the archives, with further commands of the host.
guest_image()
{
	local commands base

	commands="$(sed 's/#.*//' "$ROOT/tests/image/commands") $*"
	# shellcheck disable=SC2086 # a list of names
	set -- $commands
	base=$FLANNEL_CACHE/base-$(guest_base_key "$@").cpio
	# Another lane removes those that nobody has touched for long.
	touch -c "$base"
	[ -s "$base" ] || "$ROOT/tests/image/base" "$base" "$@" || return
	cp "$base" "$GUEST/base.cpio" || return
	find "$FLANNEL_CACHE" -maxdepth 1 -name 'base-*.cpio' -mmin +60 -delete
	"$ROOT/tests/image/drivers" "$(guest_release)" "$GUEST/root" \
		"$GUEST"/*.ko || return
	"$ROOT/tests/image/archive" "$GUEST/root" "$GUEST/root.cpio"
}

# guest_base_key COMMAND...: changes with the commands and with this machine's
# packages.
guest_base_key()
{
	{
		echo "$@"
		cat "$ROOT"/tests/image/{init,base}
		stat -c %Y /var/lib/dpkg/status
	} | cksum | tr -d ' '
}

# guest_boot SECONDS: start it. GUEST_PID ends with it; $GUEST/results grows.
guest_boot()
{
	: > "$GUEST/results"
	: > "$GUEST/console"
	"$ROOT/tests/image/boot" "$(guest_release)" "$GUEST" "$1" \
		"$GUEST/base.cpio" "$GUEST/root.cpio" &
	GUEST_PID=$!
}

# guest_wait: until it has ended. What the kernel said outlives the guest, for
# whoever looks for a cause.
guest_wait()
{
	wait "$GUEST_PID"
	GUEST_PID=
	[ -z "${FLANNEL_LOG:-}" ] || cp "$GUEST/console" "$FLANNEL_LOG.console"
}

# guest_run SECONDS: boot it and pass on what it reports, against the list.
guest_run()
{
	guest_boot "$1"
	tail -n +1 -s 0.3 -f --pid=$GUEST_PID "$GUEST/results" |
		ktap_follow "$GUEST/expected" "$GUEST/console" &
	# wait, because a signal ends it; a pipeline in the foreground it does not.
	wait $!
	guest_wait
}
