# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # $list is for who sources it
# What a lane is asked for: --list, or patterns of its tests' names. Source it.

list='' patterns=()

# select_words WORD...: of the command line; $list and $patterns.
select_words()
{
	local word

	for word; do
		case $word in
		--list)	list=yes ;;
		*)	patterns+=("$word") ;;
		esac
	done
}

# wanted NAME...: whether a pattern asks for something with one of these names;
# without patterns everything is asked for.
wanted()
{
	local name p

	[ ${#patterns[@]} -gt 0 ] || return 0
	for name; do
		for p in "${patterns[@]}"; do
			# shellcheck disable=SC2053 # a pattern is meant
			[[ $name != $p ]] || return 0
		done
	done
	return 1
}
