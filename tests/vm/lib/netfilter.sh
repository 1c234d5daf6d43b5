# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154 # names of topology.sh
# Packet filters: which of them this guest has, and how rules are loaded.

# rules NAMESPACE PROGRAM [OPTION...]: load the rules on stdin.
rules()
{
	local ns="$1"

	shift
	nsctl $ns -- "$@" > "$T/out" 2>&1 ||
		fail "$* in $ns: $(cat "$T/out")"
}

# needs_iptables: or the test is skipped. What kube-proxy and flannel use is
# tried, as a kernel may have tables and none of xtables' matches.
needs_iptables()
{
	local program

	cat > "$T/rules" <<-EOF
	*nat
	:X - [0:0]
	-A X -m comment --comment x -m mark ! --mark 1/1 -j RETURN
	-A X -m addrtype --dst-type LOCAL -j MARK --set-xmark 1/1
	-A X -p tcp -m tcp --dport 1 -j DNAT --to-destination :1
	-A POSTROUTING -j MASQUERADE --random-fully
	COMMIT
	*filter
	-A FORWARD -m conntrack --ctstate INVALID -j DROP
	COMMIT
	EOF
	nsctl +ft-probe
	for program in iptables ip6tables; do
		command -v $program-restore > /dev/null ||
			skip "no $program here"
		nsctl ft-probe -- $program-restore < "$T/rules" \
			> "$T/out" 2>&1 ||
			skip "$program does not work with this kernel: $(head -n 1 "$T/out")"
	done
	ip netns del ft-probe
}

# counted NAMESPACE COUNTER N
counted()
{
	nsctl $1 -- nft list counter inet t $2 > "$T/counter"
	line_of "$T/counter" packets || fail "no counter $2"
	LINE=${LINE#*packets }
	eq "${LINE%% *}" $3 "packets counted as $2"
}
