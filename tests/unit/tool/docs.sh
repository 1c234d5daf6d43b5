#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The man page and the completion: free of mistakes, and complete. $TOOL is the
# executable.
. "$(dirname "$0")/lib.sh"
dir=$(cd "$(dirname "$0")/../../../tools/flanctl-genl" && pwd)
man=$dir/man/flanctl-genl.8
completion=$dir/completion/flanctl-genl.bash

if command -v mandoc >/dev/null; then
	# References to other pages depend on what is installed.
	mandoc -Tlint "$man" 2>&1 | grep -v 'mandoc.db\|referenced manual not found' \
		> "$tmp/out"
	ok "the man page has no mistakes" [ ! -s "$tmp/out" ]
	mandoc -Tascii "$man" | col -b 2>/dev/null > "$tmp/man"
else
	skip "the man page has no mistakes" "mandoc is not installed"
	cp "$man" "$tmp/man"
fi

"$TOOL" help > "$tmp/help"
words=$(grep -oE '\b(link|subnet|vtep|stats|registry) (add|set|del|show|replace|get|flush|sweep|load)' \
	"$tmp/help" | sort -u)
missing=
while read -r object command; do
	grep -q "$object .*$command\|$command.*$object" "$tmp/man" ||
		missing+=" $object-$command"
done <<< "$words"
ok "every command is in the man page:$missing" [ -z "$missing" ]

# What the usage of "link" names as attributes.
attributes=$("$TOOL" link help | sed -n '/ATTRIBUTE:/,$p' | tr '|' '\n' |
	sed 's/ATTRIBUTE://' | awk '{ print $1 }' | grep -E '^[a-z]' |
	grep -vE '^(unset|inherit|off|log|vtep|owner|strict|gro|on)$')
missing=
for word in $attributes; do
	grep -qw -- "$word" "$tmp/man" || missing+=" $word"
done
ok "every attribute is in the man page:$missing" [ -z "$missing" ]
missing=
for word in $attributes; do
	grep -qw -- "$word" "$completion" || missing+=" $word"
done
ok "every attribute is in the completion:$missing" [ -z "$missing" ]
ok "there are attributes" [ "$(wc -w <<< "$attributes")" -ge 19 ]

reasons=$(sed -n 's/.*\[FLANNEL_DROP_.*\] = "\(.*\)",/\1/p' "$dir/drops.c")
missing=
for reason in $reasons; do
	grep -qw -- "$reason" "$man" || missing+=" $reason"
done
ok "every drop reason is in the man page:$missing" [ -z "$missing" ]
ok "there are drop reasons" [ "$(wc -w <<< "$reasons")" -ge 25 ]

# objects: those that the help has.
objects()
{
	sed -n 's/^\(Usage:\|      \) flanctl-genl \([a-z]*\) .*/\2/p' "$tmp/help" |
		sort -u | xargs
}
ok "the completion is bash" bash -n "$completion"
if command -v shellcheck >/dev/null; then
	shellcheck "$completion" > "$tmp/out" 2>&1
	ok "and has no mistakes" [ ! -s "$tmp/out" ]
else
	skip "and has no mistakes" "shellcheck is not installed"
fi

# completes LINE EXPECTED: what is offered for the last word, sorted.
completes()
{
	local -a line
	local got

	read -ra line <<< "$1"
	[ "${1% }" = "$1" ] || line+=("")
	got=$(
		# shellcheck source=/dev/null
		. "$completion"
		COMP_WORDS=("${line[@]}") COMP_CWORD=$((${#line[@]} - 1))
		COMPREPLY=()
		_flanctl_genl
		printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
	)
	[ "$got" = "$2" ] || { echo "# $got"; return 1; }
}
ok "completion of all objects" completes "flanctl-genl " \
	"$({ objects; echo help; } | xargs -n 1 | sort -u | xargs)"
ok "of some" completes "flanctl-genl s" "stats subnet sync"
ok "of commands" completes "flanctl-genl -j subnet f" "flush"
ok "of words" completes "flanctl-genl subnet add 10.0.0.0/24 l" "lladdr local"
ok "of values" completes "flanctl-genl link add x rx " "direct gro"
ok "of options" completes "flanctl-genl -p" "-pretty"
ok "of registries" completes "flanctl-genl sync etcd" "etcd:// etcds://"
ok "of options for them" completes "flanctl-genl sync file:x dev d --s" "--strict"
done_testing
