# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Guests side by side, for lanes that report what each says. Source it after
# env.sh and ktap.sh. $job is a directory of the lane's own, $base what every
# guest sees in its /run/job, $dir their kernel: the two that are set when a guest
# is started count.

mkdir -p "$UML_DIR"
job=$(mktemp -d "$UML_DIR/job.XXXXXX")
declare -A guests=()

# shellcheck disable=SC2317 # called by the trap
guests_end()
{
	[ ${#guests[@]} = 0 ] || kill "${guests[@]}" 2>/dev/null
	rm -rf "$job"
}
trap guests_end EXIT
trap 'exit 130' INT TERM

# kernel_build: the kernel of UML_FLAVOUR; its directory is in $job/dir.
# shellcheck disable=SC2317 # called by ktap_step
kernel_build()
{
	local kernel

	kernel=$("$ROOT/tests/uml/build") && echo "$kernel" > "$job/dir"
}

# guests_prepare DIR TREE...: $dir, and in $base = DIR all that a guest needs,
# with these parts of the clone.
guests_prepare()
{
	base=$1
	shift
	mkdir -p "$base"
	ktap_step kernel kernel_build
	dir=$(cat "$job/dir")
	say "Linux $(uml_release "$dir")${UML_FLAVOUR:+, $UML_FLAVOUR}"
	ktap_step module uml_module "$dir" "$base"
	ktap_step programs uml_programs "$base"
	ktap_step tests source_copy "$base/flannel" "$@"
}

# guest_start NAME SECONDS [KERNEL PARAMETER...]: boot one with the script on
# stdin; what the script says is in $job/NAME/results. $job/NAME.expected has the
# names of its tests.
guest_start()
{
	local name=$1 seconds=$2 to=$job/$1

	shift 2
	cp -al "$base" "$to"
	{
		echo 'exec > /run/job/results'
		cat
	} > "$to/script"
	: > "$to/results"
	(uml_boot "$dir" "$to" "$seconds" "$@") </dev/null > "$to/console" 2>&1 &
	guests[$name]=$!
}

# guest_follow NAME: pass on its results until it has ended.
guest_follow()
{
	local to=$job/$1

	tail -n +1 -s 0.3 -f --pid="${guests[$1]}" "$to/results" |
		ktap_follow "$to.expected" "$to/console" &
	# wait, because a signal ends it; a pipeline in the foreground it does not.
	wait $!
	wait "${guests[$1]}"
	unset "guests[$1]"
	[ -z "${FLANNEL_LOG:-}" ] || cp "$to/console" "$FLANNEL_LOG.$1.console"
}

# guests_follow: all that run, one after the other.
guests_follow()
{
	local name

	for name in $(printf '%s\n' "${!guests[@]}" | sort); do
		guest_follow "$name"
	done
}
