# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Hosts as network namespaces, for both demos. Source it after show.sh.

# on HOST COMMAND...: run it there.
on()
{
	ip netns exec "$@"
}

# until_true SECONDS COMMAND...: try it until it succeeds.
until_true()
{
	local tries=$(($1 * 5))

	shift
	while [ $tries -gt 0 ]; do
		"$@" > /dev/null 2>&1 && return
		tries=$((tries - 1))
		sleep 0.2
	done
	return 1
}

# listens HOST: somebody waits there for the data of transfer.
listens()
{
	on "$1" ss -Hltn 'sport = :5000' | grep -q .
}

# transfer FROM TO ADDRESS: 4 MB by TCP; the other side answers with the
# checksum of what it got.
transfer()
{
	local sent got

	[ -e /tmp/data ] || head -c 4000000 /dev/urandom > /tmp/data
	on "$2" nc -l -p 5000 -e sha256sum &
	until_true 30 listens "$2" || fail "nobody listens on $2"
	got=$(on "$1" nc -w 60 "$3" 5000 < /tmp/data) ||
		fail "no TCP connection from $1 to $3"
	wait $!
	sent=$(sha256sum < /tmp/data)
	[ "$sent" = "$got" ] || fail "$1 to $2: sent $sent, arrived ${got:-nothing}"
	echo "$1 -> $2: 4000000 bytes, sha256 ${got%% *}: intact"
}

# kernel_complaints: there must be none.
kernel_complaints()
{
	dmesg | grep -E 'BUG:|WARNING:|Call Trace|Oops' | head -n 3
}
