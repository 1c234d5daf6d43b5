#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packet filter rules: what is written, when, and what is removed.
# shellcheck disable=SC2086,SC2154 # setups are words; figures sets variables
cd "$(dirname "$0")" || exit 1
. ./lib.sh
own_network ./rules.sh
. ../tool/lib.sh

v4="net=10.42.0.0/16 sub=10.42.3.0/24"
v6="net=fd42::/48 sub=fd42:0:0:3::/64"

# begin [PATH]
begin()
{
	rm -f "$tmp/in"
	mkfifo "$tmp/in"
	PATH=${1:-$PATH} "$DRIVE" rules > "$tmp/out" 2> "$tmp/err" < "$tmp/in" &
	pid=$!
	exec 5> "$tmp/in"
	said=0
}

# next: the next line that drive says is in $line.
next()
{
	said=$((said + 1))
	for _ in {1..1200}; do
		line=$(sed -n "${said}p" "$tmp/out")
		[ -z "$line" ] || return 0
		sleep 0.05
	done
	line="(nothing)"
	return 1
}

# setup WORD...: and what becomes of it.
setup()
{
	echo "$*" >&5
	next
	[ "$line" = installed ]
}

# figures: checks, writes and errors so far.
figures()
{
	echo figures >&5
	next && eval "$line"
}

end()
{
	exec 5>&-
	wait $pid
}

# same COMMAND...: its output, without comments, is what is wanted.
same()
{
	"$@" 2>&1 | sed '/^#/d; s/ $//; /^$/d' > "$tmp/is"
	cmp -s "$tmp/is" "$tmp/wanted"
}

# is NAME WANTED COMMAND...; becomes, the same: within a minute.
is()
{
	local name=$1 wanted=$2

	shift 2
	printf '%s\n' "$wanted" | sed '/^$/d' > "$tmp/wanted"
	ok "$name" ${patience:-} same "$@"
	diff "$tmp/wanted" "$tmp/is" | sed 's/^/# /'
}

becomes()
{
	local patience="soon 60"

	is "$@"
}

# save PROGRAM TABLE: its rules, without counters.
save()
{
	"$1-save" -t "$2" | sed -n 's/ \[[0-9:]*\]$//; /^[:-]/p'
}

# save_both: what iptables has. Not with the comments of iptables-save, which
# tell the time.
save_both()
{
	save iptables nat
	save iptables filter
}

nat4=':PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
:FLANNEL-POSTRTG -
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.42.3.0/24 -d 10.42.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.42.0.0/16 -d 10.42.3.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s 10.42.0.0/16 -d 10.42.3.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.42.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s 10.42.0.0/16 -d 10.42.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully'
nat6=$(sed 's,10\.42\.3\.0/24,fd42:0:0:3::/64,g; s,10\.42\.0\.0/16,fd42::/48,g
	s,224\.0\.0\.0/4,ff00::/8,g' <<< "$nat4")
filter4=':INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
:FLANNEL-FWD -
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A FLANNEL-FWD -s 10.42.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.42.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT'
filter6=${filter4//10.42.0.0\/16/fd42::\/48}

begin
ok "nothing is asked for" setup
ok "and nothing is made" test -z "$(nft list tables)"
ok "masquerade and forward" setup masq forward random $v4
is "nat" "$nat4" save iptables nat
is "filter" "$filter4" save iptables filter
ok "nothing of IPv6" test -z "$(nft list tables ip6)"
ok "dual stack" setup masq forward random $v4 $v6
is "nat of IPv6" "$nat6" save ip6tables nat
is "filter of IPv6" "$filter6" save ip6tables filter
is "nat stays" "$nat4" save iptables nat
figures
before=$writes

# has_looked TIMES: since it began.
has_looked()
{
	figures && [ "$checks" -gt "$1" ]
}
ok "it looks again" soon 60 has_looked 3
ok "and does not write what is there" test "$writes" = "$before"
ok "without an error" test "$errors" = 0

# back TEXT COMMAND...: what a command breaks is mended within the next look.
back()
{
	local text=$1

	shift
	"$@"
	becomes "$text: nat" "$nat4" save iptables nat
	becomes "$text: filter" "$filter4" save iptables filter
	# Until it has seen its own rules, the next one would be another's.
	figures
	soon 60 has_looked "$checks"
}
back "a rule is removed" iptables -t nat -D FLANNEL-POSTRTG 2
back "a rule is inserted" iptables -t nat -I FLANNEL-POSTRTG -j ACCEPT
back "a rule is changed" iptables -t nat -R FLANNEL-POSTRTG 5 -s 10.42.0.0/16 -j MASQUERADE
back "the chain is empty" iptables -t nat -F FLANNEL-POSTRTG
back "the jump is removed" iptables -D FORWARD 1
back "the jump is there twice" iptables -t nat -A POSTROUTING -m comment \
	--comment "flanneld masq" -j FLANNEL-POSTRTG
back "all is gone" nft flush ruleset

iptables -t nat -I POSTROUTING -s 1.2.3.4 -j ACCEPT
iptables -I FORWARD -s 1.2.3.4 -j DROP
iptables -N OTHER
setup masq forward random net=10.43.0.0/16 sub=10.43.3.0/24 $v6
# shellcheck disable=SC2001 # lines are meant
sed 's/10\.42\./10.43./g
	s/^-A POSTROUTING/-A POSTROUTING -s 1.2.3.4\/32 -j ACCEPT\n&/' \
	<<< "$nat4" > "$tmp/nat"
is "the network changes, and other rules stay where they are" \
	"$(cat "$tmp/nat")" save iptables nat
ok "other chains stay" quiet iptables -S OTHER
ok "no random ports" setup masq net=10.43.0.0/16 sub=10.43.3.0/24
sed -i 's/ --random-fully//' "$tmp/nat"
is "are not in the rules" "$(cat "$tmp/nat")" save iptables nat
is "and the forward rules are gone" ":INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
:OTHER -
-A FORWARD -s 1.2.3.4/32 -j DROP" save iptables filter
ok "so is IPv6's chain" test -z "$(save ip6tables nat | grep FLANNEL)"
ok "it ends" end
is "and the rules stay" "$(cat "$tmp/nat")" save iptables nat

# What an old flannel has left, directly in the chains.
nft flush ruleset
iptables-restore <<-E
	*nat
	-A POSTROUTING -s 10.42.0.0/16 -d 10.42.0.0/16 -m comment --comment "flanneld masq" -j RETURN
	-A POSTROUTING -s 10.42.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE
	-A POSTROUTING -s 10.9.0.0/16 -m comment --comment "mine" -j MASQUERADE
	COMMIT
	*filter
	-A FORWARD -s 10.42.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
	COMMIT
E
begin
ok "over what an old flannel left" setup masq forward random $v4
ok "that goes" test "$(save iptables nat | grep -c '^-A POSTROUTING')" = 2
ok "others' rules stay" grep -q mine <(save iptables nat)
is "filter" "$filter4" save iptables filter

# nftables.
mode4='table ip flannel-ipv4 {
	chain postrtg {
		type nat hook postrouting priority 100; policy accept;
		meta mark & 0x00004000 == 0x00004000 return
		ip saddr 10.42.3.0/24 ip daddr 10.42.0.0/16 return
		ip saddr 10.42.0.0/16 ip daddr 10.42.3.0/24 return
		ip saddr != 10.42.0.0/16 ip daddr 10.42.3.0/24 return
		ip saddr 10.42.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random
		ip saddr != 10.42.0.0/16 ip daddr 10.42.0.0/16 masquerade fully-random
	}

	chain forward {
		type filter hook forward priority 0; policy accept;
		ip saddr 10.42.0.0/16 accept
		ip daddr 10.42.0.0/16 accept
	}
}'
mode6=$(sed 's,10\.42\.3\.0/24,fd42:0:0:3::/64,g; s,10\.42\.0\.0/16,fd42::/48,g
	s,224\.0\.0\.0/4,ff00::/8,g; s/ip flannel-ipv4/ip6 flannel-ipv6/
	s/ip \([sd]addr\)/ip6 \1/g' <<< "$mode4")

# nft_of FAMILY TABLE
nft_of()
{
	nft -y -s list table "$1" "$2"
}
ok "nftables instead" setup nft masq forward random $v4 $v6
is "IPv4" "$mode4" nft_of ip flannel-ipv4
is "IPv6" "$mode6" nft_of ip6 flannel-ipv6
ok "iptables' chains are gone" test -z \
	"$(iptables-save | grep -e FLANNEL -e flanneld)"
ok "others' rules stay" grep -q mine <(save iptables nat)
figures
before=$writes
soon 60 has_looked $((checks + 2))
ok "nothing is written where nothing differs" test "$writes" = "$before"
nft flush chain ip flannel-ipv4 postrtg
nft delete table ip6 flannel-ipv6
becomes "what was removed comes back" "$mode4" nft_of ip flannel-ipv4
becomes "a whole table as well" "$mode6" nft_of ip6 flannel-ipv6
nft add rule ip flannel-ipv4 forward drop
becomes "what was added goes" "$mode4" nft_of ip flannel-ipv4

# The guard goes with both.
guard='table inet flannel-guard {
	set vtep4 {
		type ipv4_addr
		elements = { 192.0.0.1, 192.0.0.2,
			     192.0.0.3 }
	}

	set vtep6 {
		type ipv6_addr
	}

	chain forward {
		type filter hook forward priority 0; policy accept;
		ip saddr 10.42.0.0/16 ip daddr @vtep4 udp dport 8472 counter drop
		ip saddr 10.42.0.0/16 ip daddr @vtep4 udp dport 8285 counter drop
	}
}'
ok "a guard, and back to iptables" setup masq forward random guard vteps=3 $v4
is "the guard" "$guard" nft_of inet flannel-guard
is "nat" ":PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
:FLANNEL-POSTRTG -
-A POSTROUTING -s 10.9.0.0/16 -m comment --comment mine -j MASQUERADE
$(sed 1,5d <<< "$nat4")" save iptables nat
ok "nftables' tables are gone" test "$(nft list tables | grep -c flannel)" = 1
echo "masq forward random guard vteps=4 $v4" >&5

# guards ADDRESS: it is in the set.
guards()
{
	nft get element inet flannel-guard vtep4 "{ $1 }"
}
ok "another VTEP is in the set" soon 60 quiet guards 192.0.0.4
start=$EPOCHREALTIME
echo "masq forward random guard vteps=10000 $v4" >&5
ok "10 000 VTEPs" soon 60 quiet guards 192.0.39.16
awk -v a="$start" -v b="$EPOCHREALTIME" \
	'BEGIN { printf "# after %.2f s\n", b - a }'
figures
soon 60 has_looked "$checks"
before=$writes
soon 60 has_looked $((checks + 2))
ok "they are not written again" test "$writes" = "$before"
ok "no error so far" test "$errors" = 0

# Two agents, and the end.
echo "remove" >&5
next
ok "all of it is removed" test "$line" = installed
ok "nothing is left in iptables" test -z \
	"$(iptables-save | grep -e FLANNEL -e flanneld)"
ok "nor in nftables" test -z "$(nft list tables | grep flannel)"
ok "others' rules stay" grep -q mine <(save iptables nat)
ok "one agent" setup masq forward random guard vteps=2 $v4

# no_second: the second one has no table.
no_second()
{
	! nft list tables | grep -q v2
}

# second_has TIMES: so often it had all its rules.
second_has()
{
	[ "$(grep -cx installed "$tmp/second")" = "$1" ]
}
# shellcheck disable=SC2094 # what it says is what is waited for
{
	echo "masq forward instance=v2 guard vteps=1 net=10.77.0.0/16 sub=10.77.1.0/24"
	soon 60 second_has 1
	sleep 2.5
	echo "nft masq instance=v2 net=10.77.0.0/16 sub=10.77.1.0/24"
	soon 60 second_has 2
} | "$DRIVE" rules > "$tmp/second" 2>&1
ok "and another one beside it" grep -qx installed "$tmp/second"
ok "which has tables of its own" quiet nft list table ip flannel-ipv4-v2
figures
ok "they do not disturb each other" test "$errors" = 0
is "the first one's rules" "$(sed 1,5d <<< "$nat4")" \
	sh -c 'iptables-save -t nat | grep -e "-A.*FLANNEL"'
{ echo "remove v2"; soon 60 no_second; } | "$DRIVE" rules > "$tmp/second" 2>&1
ok "the second one's are removed" no_second
is "and the first one's are not" "$(sed 1,5d <<< "$nat4")" \
	sh -c 'iptables-save -t nat | grep -e "-A.*FLANNEL"'
ok "it ends" end

begin
ok "a name made of a file's" setup masq file=/run/flannel/subnet2.env $v4
ok "names chains" grep -qE '^:FLANNEL-POSTRTG-[0-9a-f]{8} ' \
	<(iptables-save -t nat)
ok "it ends" end

# Cleaning up beside a flanneld that runs again leaves it what has its names.
nft flush ruleset
begin
echo FLANNEL_MTU=1450 > "$tmp/subnet.env"
ok "one whose end is cleaned up" setup masq forward guard vteps=2 \
	file="$tmp/subnet.env" $v4
ok "it ends" end
both=$(save_both)
cp "$(type -P sleep)" "$tmp/flanneld"
"$tmp/flanneld" 600 &
flanneld=$!
pids+=("$flanneld")
soon 30 grep -qx flanneld "/proc/$flanneld/comm"
run agent -cleanup -subnet-file "$tmp/subnet.env"
ok "flanneld's is named" says 0 "which runs as process $flanneld"
ok "and its file stays" test -s "$tmp/subnet.env"
is "and its rules" "$both" save_both
ok "the guard goes" test -z "$(nft list tables | grep guard)"
kill "$flanneld"
wait "$flanneld"
run agent -cleanup -subnet-file "$tmp/subnet.env"
ok "without it the file goes" test ! -e "$tmp/subnet.env"
ok "and the rules" test -z "$(iptables-save | grep -e FLANNEL- -e flanneld)"

# Commands cannot be smuggled in, and nonsense is refused.
begin
setup masq 'instance=a;b' $v4
ok "a name that is none" test "$line" = \
	"failed the instance's name is not of letters and digits"
setup masq net=10.42.0.0/16
ok "a network without a subnet" test "$line" = \
	"failed there is a network without a subnet"
ok "it ends" end

# Without the programs.
mkdir "$tmp/bin"
begin "$tmp/bin"
setup masq $v4
ok "iptables is not there: $line" test "$line" = \
	"failed iptables, table nat: this program is not installed"
ok "and need not be" setup nft masq $v4
ok "it ends" end
printf '#!/bin/sh\nexit 4\n' > "$tmp/bin/iptables"
chmod +x "$tmp/bin/iptables"
begin "$tmp/bin:$PATH"
setup masq $v4
ok "iptables does not get its lock: $line" test "$line" = \
	"failed iptables, table nat: it failed"
rm "$tmp/bin/iptables"
next
ok "it is tried again: $line" test "$line" = installed
ok "it ends" end
done_testing
