# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Loading and unloading the module, and what this guest can do.

# module_load [PARAMETER=VALUE...]
module_load()
{
	modprobe flannel "$@"
}

# module_unload: it has to go, in a bounded time.
module_unload()
{
	rmmod flannel
}

module_is_loaded()
{
	[ -d /sys/module/flannel ]
}

# kernel_at_least MAJOR MINOR
kernel_at_least()
{
	local release major minor

	read -r release < /proc/sys/kernel/osrelease
	major=${release%%.*}
	minor=${release#*.}
	minor=${minor%%[!0-9]*}
	[ "$major" -gt "$1" ] ||
		{ [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}
