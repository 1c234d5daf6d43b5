#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The command line as far as it needs no kernel module: what is refused, with
# which exit code and in which words. $TOOL is the executable.
. "$(dirname "$0")/lib.sh"

# In an empty network namespace nothing can be hurt; lo is no flannel device.
refuses 1 "unknown object 'nonsense'" nonsense
refuses 1 "unknown command 'nonsense'" subnet nonsense
refuses 1 "unknown command 'nonsense'" link nonsense
refuses 1 "agent: unknown flag '-nonsense'" agent -nonsense
refuses 1 "unknown option '-nonsense'" -nonsense
refuses 1 "'-b' needs a value" -b
refuses 1 "has no value" -json=x link
refuses 1 "always, auto or never" -color=sometimes link
refuses 1 "no such network namespace" -n no-such-namespace link
refuses 1 "'link' needs a value" link add
refuses 1 "at most 15 characters" link add a-name-that-is-too-long
refuses 1 "'nonsense' is not expected here" link add x nonsense
refuses 1 "vni: expected a number from 0 to 16777215" link add x vni 16777216
refuses 1 "vni: expected a number" link add x vni -1
refuses 1 "vni: expected a number" link add x vni 1x
refuses 1 "'vni' needs a value" link add x vni
refuses 1 "port: expected a number from 0 to 65535" link add x port 65536
refuses 1 "udp-port: expected a number from 0 to 65535" link add x udp-port 65536
refuses 1 "'udp-port' needs a value" link set x udp-port
refuses 1 "gbp is one of off|on" link add x gbp 1
refuses 1 "'gbp' needs a value" link set x gbp
refuses 1 "expected an IPv4 address" link add x local fd00::1
refuses 1 "expected an IPv6 address" link add x local6 10.0.0.1
refuses 1 "not an IP address" link add x local nonsense
refuses 1 "no such interface" link add x dev no-such-link
refuses 1 "a multicast MAC" link add x address 01:00:00:00:00:01
refuses 1 "the zero MAC" link add x address6 00:00:00:00:00:00
refuses 1 "beyond the prefix length" link add x network 10.1.2.3/8
refuses 1 "mtu: expected a number from 68" link add x mtu 67
refuses 1 "ttl: expected a number from 0 to 255" link add x ttl 256
refuses 1 "df is one of unset|set|inherit" link add x df nonsense
refuses 1 "udpcsum is one of off|on" link add x udpcsum 1
refuses 1 "source-check is one of off|log|vtep|owner|strict" link add x source-check all
refuses 1 "rx is one of direct|gro" link set x rx nonsense
refuses 1 "is not expected here" link del x y
refuses 2 "not a flannel device" link set lo up
refuses 2 "not a flannel device" link del lo
refuses 2 "not a flannel device" link show lo
refuses 2 "no such device" link show no-such-link
refuses 1 "'subnet' needs a value" subnet add
refuses 1 "10.1.0.0/24 would be one" subnet add 10.1.0.1/24 local dev lo
refuses 1 "'dev NAME' is needed" subnet add 10.1.0.0/24 local
refuses 1 "no device 'no-such-link'" subnet add 10.1.0.0/24 local dev no-such-link
refuses 1 "either 'local' or 'via IP'" subnet add 10.1.0.0/24 dev lo
refuses 1 "'lladdr MAC' is needed" subnet add 10.1.0.0/24 via 1.1.1.1 dev lo
refuses 1 "'encap udp' goes without lladdr" subnet add 10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 encap udp dev lo
refuses 1 "encap is 'vxlan' or 'udp'" subnet add 10.1.0.0/24 via 1.1.1.1 encap ipip dev lo
refuses 1 "'local' goes without" subnet add 10.1.0.0/24 local encap udp dev lo
refuses 1 "'local' goes without" subnet add 10.1.0.0/24 local via 1.1.1.1 dev lo
refuses 1 "1 to 15 printable" subnet add 10.1.0.0/24 local dev lo owner a-tag-that-is-too-long
refuses 1 "1 to 15 printable" subnet add 10.1.0.0/24 local dev lo owner 'a b'
refuses 1 "generation: expected a number" subnet add 10.1.0.0/24 local dev lo generation 4294967296
refuses 1 "not an IP address" subnet get 10.1.0.0/24 dev lo
refuses 1 "'owner TAG' and 'keep N'" subnet sweep dev lo
refuses 1 "'dev NAME' is needed" subnet flush
refuses 1 "No such file" subnet load no-such-file dev lo
refuses 1 "no subnets: to remove all" subnet load /dev/null dev lo
refuses 1 "'keep' is not expected" subnet load /dev/null dev lo keep 1
refuses 1 "is not expected here" vtep show nonsense
refuses 1 "is not expected here" stats show dev lo nonsense
refuses 1 "is not expected here" monitor nonsense
refuses 1 "No such file" -b no-such-file
refuses 1 "is not expected here" -b /dev/null link
refuses 1 "is not a registry" registry show nonsense
refuses 1 "is not a registry" registry show http://localhost
refuses 1 "write etcds://" registry show etcd://localhost --etcd-cafile x
refuses 1 "are for etcd registries" registry show file:x --etcd-username x
refuses 1 "'dev NAME' is needed" sync file:x
refuses 1 "is not expected here" sync file:x dev lo --nonsense
refuses 2 "No such file" sync file:no-such-file dev lo

printf '10.1.0.0/24 local\n10.2.0.0/24 nonsense\n' > "$tmp/load"
refuses 1 "$tmp/load:2: 'nonsense' is not expected here" subnet load "$tmp/load" dev lo

# Batches: which line, whether it goes on, and one exit code.
printf '# none\n\nlink \\\n  nonsense\nsubnet nonsense\n' > "$tmp/batch"
run -b "$tmp/batch"
ok "a batch says which line" says 2 "$tmp/batch:3: unknown command 'nonsense'"
# shellcheck disable=SC2317 # called by ok
once() { [ "$(grep -c nonsense "$tmp/err")" = "$1" ]; }
ok "a batch ends with an error" once 1
run -force -b "$tmp/batch"
ok "-force goes on" once 2
ok "a batch fails as a whole" says 2 "$tmp/batch:5: unknown command"
run -b "$tmp"
ok "a batch that cannot be read" says 1 "$tmp: Is a directory"
printf 'link show\n"link" '\''show'\'' # twice\n' > "$tmp/batch"
run -j -b "$tmp/batch"
ok "words may be quoted" [ "$rc $(tr -d '\n' < "$tmp/out")" = "0 [][]" ]
printf 'link "show\n' > "$tmp/batch"
run -b "$tmp/batch"
ok "a quote has to be closed" says 2 "quote is not closed"
printf 'registry show file:%s\nlink show\n' "$tmp/no-such-file" > "$tmp/batch"
run -j -force -b "$tmp/batch"
ok "a batch runs the other executable" says 2 "No such file"
ok "and goes on after it" grep -q '^\[\]$' "$tmp/out"

# Help and abbreviations.
run help
ok "help" says 0 "flanctl-genl subnet add|replace"
run -h
ok "-h" says 0 "flanctl-genl subnet add|replace"
run
ok "no word at all is help" says 0 "Usage:"
run subnet help
ok "help of an object" says 0 "subnet sweep owner TAG keep N dev NAME"
ok "and of no other" [ "$(grep -c 'link add' "$tmp/out")" = 0 ]
run -V
ok "-V" says 0 "flanctl-genl $(cat "$(dirname "$0")/../../../VERSION")"
run --version
ok "-V is not -version" says 1 "unknown option"
run -j l s
ok "l s is link show" [ "$rc $(cat "$tmp/out")" = "0 []" ]
run -j lin
ok "a missing command is show" [ "$rc $(cat "$tmp/out")" = "0 []" ]
run --json -pretty link list
ok "options have one dash or two" [ "$rc $(cat "$tmp/out")" = "0 []" ]
run -s -d -o -br -c=never link
ok "options without an effect" [ "$rc$(cat "$tmp/out")" = 0 ]

# The other executable is found where it is said to be.
FLANCTL_EXEC_PATH=$tmp run registry show file:x
ok "FLANCTL_EXEC_PATH alone counts" says 2 "is not installed"
printf '#!/bin/sh\necho "$@"\n' > "$tmp/flanctl-genl-registry"
chmod +x "$tmp/flanctl-genl-registry"
FLANCTL_EXEC_PATH=$tmp run -j -s -p sy file:x dev lo --strict
ok "options and words reach it" says 0 "-json -pretty -stats sync file:x dev lo --strict"

"$TOOL" -j link show > /dev/full 2>"$tmp/err"; rc=$?
ok "a full disk is an error" says 2 "cannot write the output"
if grep -q '^flannel ' /proc/modules 2>/dev/null; then
	skip "a missing module is explained" "it is loaded here"
else
	run subnet show
	ok "a missing module is explained" \
		says 2 "kernel module 'flannel' is not loaded: modprobe flannel"
fi
done_testing
