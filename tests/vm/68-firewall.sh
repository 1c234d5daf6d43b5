# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2153,SC2154 # names without blanks, of lib/
# The agent's packet filter rules at work, in iptables and in nftables: a host
# that forwards nothing by itself, a world that knows no pods, and others who
# remove rules or have left some.

# cluster_of_two [CONFIG]: A and B with pods and leases; D is the world.
cluster_of_two()
{
	nodes A B D
	pods A B
	leases "$(lease A)" "$(lease B)"
	sed -i "s/\"config\": {/&${1:-}/" "$R"
}

# usual_agent NODE [FLAG...]: with the subnet file that agents usually have, as
# that is what its rules are named by: in a mount namespace of its own.
usual_agent()
{
	local node="$1" ns

	shift
	eval "ns=\$$node ${node}_KIND=ours2"
	mkdir -p /run/flannel
	unshare -m sh -c 'mount -t tmpfs none /run/flannel && exec "$@"' sh \
		flanctl-genl -n "$ns" agent -registry "file:$R" -iface eth0 \
		-iptables-resync 1 "$@" >> "$T/$node.log" 2>&1 < /dev/null &
	eval "${node}_AGENT=$!"
}

# goes_out FAMILY [MS]: a pod of A reaches the world, which answers hosts only,
# and may take so long for each answer.
goes_out()
{
	local to

	eval "to=\$D_IP$1"
	flow -q -w ${2:-20000} -l 100 udp $A_POD $D $to 2> /dev/null
}

# reaches FAMILY: a pod of A reaches one of B.
reaches()
{
	local to

	eval "to=\$B_POD$1"
	flow -q -w 2000 -l 100 udp $A_POD $B_POD $to 2> /dev/null
}

# works: pods reach each other and the world, in both families.
works()
{
	talk A B
	talk B A
	goes_out 4 || fail "no way out"
	goes_out 6 || fail "no way out over IPv6"
}

# rules_of NODE: all that iptables and nftables have of flannel's, in $T/all.
rules_of()
{
	local ns

	eval "ns=\$$1"
	nsctl $ns -- nft list ruleset > "$T/ruleset"
	grep -i flannel "$T/ruleset" > "$T/all" || :
}

no_rules()
{
	rules_of $1
	[ ! -s "$T/all" ]
}

# Everything that is forwarded is dropped from the start, as after a boot with
# docker's policy: pods talk, go out, and do so again after somebody has removed
# a rule. Rules that nobody wants any more go.
test_firewall_iptables() {
	local node ns

	needs_iptables
	cluster_of_two
	for node in A B; do
		eval "ns=\$$node"
		nsctl $ns -- iptables -P FORWARD DROP
		nsctl $ns -- ip6tables -P FORWARD DROP
	done
	# Of nftables' mode, and of a network that is no more.
	rules $A nft -f - <<-EOF
	table ip flannel-ipv4 {
		chain forward {
			type filter hook forward priority 0; policy drop;
		}
	}
	EOF
	rules $A iptables-restore --noflush <<-EOF
	*nat
	:FLANNEL-POSTRTG - [0:0]
	-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
	-A FLANNEL-POSTRTG -s 10.99.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE
	COMMIT
	EOF
	usual_agent A -ip-masq
	usual_agent B -ip-masq
	ready A B
	works
	rules_of A
	shows_not "$T/all" flannel-ipv4
	nsctl $A -- iptables -t nat -S > "$T/nat"
	shows_not "$T/nat" 10.99.
	shows "$T/nat" "-A FLANNEL-POSTRTG" "-s $NETWORK4 ! -d 224.0.0.0/4" MASQUERADE

	nsctl $A -- iptables -F FLANNEL-FWD
	wait_for 60 reaches 4
	nsctl $A -- ip6tables -F FORWARD
	wait_for 60 reaches 6
	nsctl $A -- iptables -t nat -F POSTROUTING
	wait_for 60 goes_out 4 2000
	nsctl $A -- ip6tables -t nat -D FLANNEL-POSTRTG 5
	wait_for 60 goes_out 6 2000
	nsctl $A -- nft flush ruleset
	wait_for 60 goes_out 4 2000

	nsctl $A -- iptables -A FORWARD -s 203.0.113.1 -j ACCEPT
	again usual_agent A -iptables-forward-rules=false
	wait_for 60 no_rules A
	nsctl $A -- iptables -S FORWARD > "$T/forward"
	shows "$T/forward" 203.0.113.1
}

# The same with nftables' own tables.
test_firewall_nftables() {
	cluster_of_two '"EnableNFTables": true, '
	usual_agent A -ip-masq
	usual_agent B -ip-masq
	ready A B
	works
	nsctl $A -- nft flush table ip flannel-ipv4
	wait_for 60 goes_out 4 2000
	nsctl $A -- nft delete table ip6 flannel-ipv6
	wait_for 60 goes_out 6 2000
	# Somebody's own table stays.
	nsctl $A -- nft add table ip mine
	again usual_agent A -iptables-forward-rules=false
	wait_for 60 no_rules A
	nsctl $A -- nft list table ip mine > "$T/out"
}

# The cluster goes from one kind to the other and back: there is never more than
# one, and pods go out with each.
test_firewall_kinds() {
	local mode

	needs_iptables
	cluster_of_two '"EnableNFTables": false, '
	usual_agent A -ip-masq
	usual_agent B -ip-masq
	ready A B
	for mode in true false; do
		works
		sed -i "s/\"EnableNFTables\": [a-z]*/\"EnableNFTables\": $mode/" "$R"
		again usual_agent A -ip-masq
		again usual_agent B -ip-masq
		wait_for 60 one_kind A $mode
		wait_for 60 one_kind B $mode
	done
	works
}

# one_kind NODE NFTABLES
one_kind()
{
	rules_of $1
	if [ $2 = true ]; then
		line_of "$T/all" flannel-ipv4 && ! line_of "$T/all" FLANNEL-
	else
		! line_of "$T/all" flannel-ipv && line_of "$T/all" FLANNEL-FWD
	fi
}

# A pod that sends VXLAN to another node is masqueraded like anybody else: that
# node hears A, and believes what A's pods say. With the guard it hears nothing.
test_firewall_guard() {
	local before

	cluster_of_two '"EnableNFTables": true, '
	usual_agent A -ip-masq
	usual_agent B -ip-masq
	ready A B
	drops_mark B
	device_stats B
	before=$RX_PACKETS
	inject $B_IP4 8472
	arrived B $((before + 1)) "packets from a pod, without the guard"

	again usual_agent A -ip-masq -guard
	wait_for 60 guarded
	inject $B_IP4 8472
	inject $B_IP4 8285
	flow -q icmp $A_POD $B_POD $B_POD4
	device_stats B
	# Three requests of the ping.
	eq $RX_PACKETS $((before + 4)) "packets taken with the guard"
	drops_are B
	nsctl $A -- nft list table inet flannel-guard > "$T/guard"
	count_lines "$T/guard" "counter packets 1 "
	eq $COUNT 2 "rules that have dropped a packet"
	# Other hosts and other ports are none of its business.
	works
	again usual_agent A -ip-masq
	wait_for 60 unguarded
}

# inject ADDRESS PORT: what only a node should send, by a pod.
inject()
{
	pkt $A_POD from=$A_POD4 to=$1 dport=$2 sport=50001 dmac=$B_MAC4 \
		src=$A_POD4 dst=$B_POD4
}

guarded()
{
	rules_of A
	line_of "$T/ruleset" $B_IP4 && line_of "$T/all" flannel-guard
}

unguarded()
{
	! guarded
}

# Bridges whose packets iptables never sees are told of, once; the number of
# routes is in the metrics.
test_firewall_bridge_and_figures() {
	cluster_of_two
	agent A -healthz-ip 127.0.0.1 -healthz-port 8080
	ready A
	if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
		diag "this guest has br_netfilter"
	else
		grep -c 'bridge-nf-call-iptables is missing' "$T/A.log" > "$T/out"
		eq "$(cat "$T/out")" 1 "warnings of br_netfilter"
	fi
	scrape /metrics
	shows "$T/http" "flannel_routes 2"
	shows "$T/http" "flannel_peers 2"
	scrape /readyz
	shows "$T/http" "flanneld is ready"
}

# scrape PATH: of A's agent, into $T/http.
scrape()
{
	# shellcheck disable=SC2016 # bash expands it
	nsctl $A -- bash -c 'exec 3<> /dev/tcp/127.0.0.1/8080
		printf "GET %s HTTP/1.0\r\n\r\n" "$1" >&3
		cat <&3' bash "$1" > "$T/http"
	echo >> "$T/http"
}
