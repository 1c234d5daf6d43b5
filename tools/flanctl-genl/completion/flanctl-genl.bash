# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
# Bash completion of flanctl-genl.

_flanctl_genl_devices()
{
	flanctl-genl -brief link show 2>/dev/null | cut -d' ' -f1
}

_flanctl_genl_interfaces()
{
	ls /sys/class/net 2>/dev/null
}

# The value of the word before the cursor, if that word has one.
_flanctl_genl_value()
{
	case $1 in
	dev)
		case $2 in
		link)	_flanctl_genl_interfaces ;;
		*)	_flanctl_genl_devices ;;
		esac ;;
	owner)		echo manual sync agent ;;
	encap)		echo vxlan udp ;;
	df)		echo set unset inherit ;;
	source-check)	echo off log vtep owner strict ;;
	rx)		echo direct gro ;;
	udpcsum|outer-notrack|gbp)	echo on off ;;
	local|local6|address|address6|network|mtu|ttl|tos|fwmark|vni|port|\
	udp-port|via|lladdr|src|generation|keep|--etcd-username|\
	--etcd-password)
		[ "$2 $1" != "subnet local" ] ;;
	*)	return 1 ;;
	esac
}

_flanctl_genl_attributes="vni port local local6 dev nodev address address6 \
network mtu ttl tos df udpcsum source-check rx fwmark outer-notrack udp-port gbp \
up"

_flanctl_genl_words()
{
	case $1 in
	"link add")	echo "$_flanctl_genl_attributes" ;;
	"link set")	echo "$_flanctl_genl_attributes down" ;;
	"subnet add"|"subnet replace")
			echo local via lladdr encap src dev owner generation ;;
	"subnet del"|"subnet delete"|"subnet get"|"vtep show"|"stats show")
			echo dev ;;
	"subnet show"|"subnet flush"|"subnet load")
			echo dev owner ;;
	"subnet sweep")	echo owner keep dev ;;
	monitor*)	echo subnet link miss ;;
	sync*)		echo dev --strict --allow-empty --etcd-cafile \
				--etcd-certfile --etcd-keyfile --etcd-username \
				--etcd-password ;;
	"registry show")
			echo --etcd-cafile --etcd-certfile --etcd-keyfile \
				--etcd-username --etcd-password ;;
	esac
}

_flanctl_genl_commands()
{
	case $1 in
	link)		echo add set del show help ;;
	subnet)		echo add replace del get show flush sweep load help ;;
	vtep|stats|registry)	echo show help ;;
	*)		return 1 ;;
	esac
}

# Where a file is expected: options, load files, file registries.
_flanctl_genl_file()
{
	case $1 in
	-b|-batch|--etcd-cafile|--etcd-certfile|--etcd-keyfile)	return 0 ;;
	load)	[ "$2" = subnet ] ;;
	*)	return 1 ;;
	esac
}

_flanctl_genl_reply()
{
	local IFS=$' \t\n'

	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_flanctl_genl_registry()
{
	COMPREPLY=()
	case $cur in
	/*|./*)	mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	*)	_flanctl_genl_reply "file: etcd:// etcds:// kube:"
		compopt -o nospace 2>/dev/null ;;
	esac
}

_flanctl_genl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local i=1 object command words

	while [ "$i" -lt "$COMP_CWORD" ] && [[ ${COMP_WORDS[i]} == -* ]]; do
		case ${COMP_WORDS[i]} in
		-n|-netns|-b|-batch)	i=$((i + 1)) ;;
		esac
		i=$((i + 1))
	done
	object=${COMP_WORDS[i]:-}
	command=${COMP_WORDS[i+1]:-}

	if _flanctl_genl_file "$prev" "$object"; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	elif [ "$prev" = -n ] || [ "$prev" = -netns ]; then
		_flanctl_genl_reply "$(ls /run/netns 2>/dev/null)"
	elif [ "$i" -ge "$COMP_CWORD" ] && [[ $cur == -* ]]; then
		_flanctl_genl_reply "-json -pretty -statistics -details -color
			-oneline -brief -netns -batch -force -timestamp
			-Version -help"
	elif [ "$i" -ge "$COMP_CWORD" ]; then
		_flanctl_genl_reply "link subnet vtep stats monitor sync
			registry agent help"
	elif [ "$COMP_CWORD" -eq $((i + 1)) ] &&
	     words=$(_flanctl_genl_commands "$object"); then
		_flanctl_genl_reply "$words"
	elif [ "$COMP_CWORD $object" = "$((i + 1)) sync" ] ||
	     [ "$COMP_CWORD $object $command" = "$((i + 2)) registry show" ]
	then
		_flanctl_genl_registry
	elif [ "$object" = link ] && [ "$COMP_CWORD" -eq $((i + 2)) ]; then
		[ "$command" = add ] ||
			_flanctl_genl_reply "$(_flanctl_genl_devices)"
	elif words=$(_flanctl_genl_value "$prev" "$object"); then
		_flanctl_genl_reply "$words"
	else
		_flanctl_genl_reply "$(_flanctl_genl_words "$object $command")"
	fi
}

complete -F _flanctl_genl flanctl-genl
