# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034,SC2153
# A node's overlay: our device, or the kernel's vxlan as stock flannel sets it
# up, and what one node has to know of another. Any mixture works.

DEV=flannel.1

# fl NODE WORD...: the tool in the node's namespace.
fl()
{
	local node="$1" ns

	shift
	eval "ns=\$$node"
	flanctl-genl -n "$ns" "$@"
}

# ours NODE [LINK ATTRIBUTE...]: flannel.1 with both families, up, routed to.
# The attributes come last, so they win. A node that publishes two MACs, as a
# dual-stack one taken over from stock does, is made with `address6 MAC`.
ours()
{
	local node="$1"

	shift
	of "$node"
	eval "${node}_KIND=ours"
	flanctl-genl -n "$NS" -b - <<-EOF
	link add $DEV vni 1 port 8472 local $IP4 local6 $IP6 dev eth0 address $MAC4 network $NETWORK4 network $NETWORK6 $*
	subnet add $NET4 local dev $DEV
	subnet add $NET6 local dev $DEV
	EOF
	case " $* " in
	*" address6 "*)	eval "${node}_KIND=ours2" ;;
	esac
	ours_up "$node"
}

# ours_up NODE: what a route, an address and the state of the link are.
ours_up()
{
	of "$1"
	ip -n "$NS" -batch - <<-EOF
	link set $DEV up
	address add $BASE4/32 dev $DEV
	address add $BASE6/128 dev $DEV nodad
	route add $NETWORK4 via $ONLINK4 dev $DEV onlink
	route add $NETWORK6 via $ONLINK6 dev $DEV onlink
	EOF
}

# stock NODE [VXLAN OPTION...]: one device an underlay family.
stock()
{
	local node="$1"

	shift
	of "$node"
	eval "${node}_KIND=stock"
	ip -n "$NS" -batch - <<-EOF
	link add $DEV address $MAC4 mtu 1450 type vxlan id 1 dev eth0 local $IP4 dstport 8472 nolearning $*
	link add flannel-v6.1 address $MAC6 mtu 1430 type vxlan id 1 dev eth0 local $IP6 dstport 8472 nolearning $*
	address add $BASE4/32 dev $DEV
	address add $BASE6/128 dev flannel-v6.1 nodad
	link set $DEV up
	link set flannel-v6.1 up
	EOF
}

# vtep_mac KIND INNER OUTER: MAC = the inner destination MAC that the node
# named by of() accepts. Stock has a device an outer family, we one an inner.
vtep_mac()
{
	case $1$2$3 in
	stock?6 | ours26?)	MAC=$MAC6 ;;
	*)			MAC=$MAC4 ;;
	esac
}

# peer NODE OTHER [OUTER4 [OUTER6]]: NODE learns the subnets of OTHER; IPv4 is
# carried over underlay family OUTER4 (4), IPv6 over OUTER6 (6).
peer()
{
	local node="$1" other="$2" outer4="${3:-4}" outer6="${4:-6}"
	local kind ns via4 via6 mac4 mac6 dev4 dev6

	of "$node"
	kind=$KIND ns=$NS
	of "$other"
	eval "via4=\$IP$outer4 via6=\$IP$outer6"
	vtep_mac "$KIND" 4 "$outer4"
	mac4=$MAC
	vtep_mac "$KIND" 6 "$outer6"
	mac6=$MAC

	case $kind in
	ours*)
		flanctl-genl -n "$ns" -b - <<-EOF
		subnet replace $NET4 via $via4 lladdr $mac4 dev $DEV
		subnet replace $NET6 via $via6 lladdr $mac6 dev $DEV
		EOF
		;;
	stock)
		stock_device "$outer4"
		dev4=$REPLY
		stock_device "$outer6"
		dev6=$REPLY
		bridge -n "$ns" -batch - <<-EOF
		fdb replace $mac4 dev $dev4 dst $via4 self permanent
		fdb replace $mac6 dev $dev6 dst $via6 self permanent
		EOF
		ip -n "$ns" -batch - <<-EOF
		neighbour replace $BASE4 lladdr $mac4 dev $dev4 nud permanent
		neighbour replace $BASE6 lladdr $mac6 dev $dev6 nud permanent
		route replace $NET4 via $BASE4 dev $dev4 onlink
		route replace $NET6 via $BASE6 dev $dev6 onlink
		EOF
		;;
	*)	fail "$node has no overlay" ;;
	esac
}

stock_device()
{
	REPLY=$DEV
	[ "$1" = 4 ] || REPLY=flannel-v6.1
}

# peers OUTER4 OUTER6 NODE...: each learns all others.
peers()
{
	local outer4="$1" outer6="$2" one other

	shift 2
	for one; do
		for other; do
			[ "$one" = "$other" ] ||
				peer "$one" "$other" "$outer4" "$outer6"
		done
	done
}

# pair KIND KIND: nodes A and B with pods that know each other.
pair()
{
	nodes A B
	pods A B
	"$1" A
	"$2" B
	peers 4 6 A B
}

# stats NODE [DEV]: STATS = the tool's answer for its device.
stats()
{
	STATS=$(fl "$1" -j stats show dev "${2:-$DEV}") ||
		fail "no stats of $1"
}

# drop_of REASON: DROP = its counter in STATS.
drop_of()
{
	case $STATS in
	*\""$1"\":*) ;;
	*)	fail "no counter $1 in: $STATS" ;;
	esac
	DROP=${STATS#*\""$1"\":}
	DROP=${DROP# }
	DROP=${DROP%%[!0-9]*}
}

# all_drops: DROPS = "REASON=N " for every counter of STATS that is not zero.
all_drops()
{
	local rest="${STATS#*\"drops\":}" name value

	rest=${rest#*\{}
	rest=${rest%%\}*}
	DROPS=''
	while [ "$rest" != "${rest#*\"}" ]; do
		rest=${rest#*\"}
		name=${rest%%\"*}
		rest=${rest#*:}
		value=${rest# }
		value=${value%%[!0-9]*}
		[ "$value" = 0 ] || DROPS="$DROPS$name=$value "
	done
}

# drops NODE: the counters from here on are compared with what is now.
drops_mark()
{
	stats "$1"
	all_drops
	eval "${1}_DROPS=\$DROPS"
}

# drops_are NODE [REASON=N...]: exactly these were counted since drops_mark,
# nothing else was. Packets on their way get some seconds to arrive.
drops_are()
{
	local node="$1" try=0 before

	shift
	eval "before=\$${node}_DROPS"
	while :; do
		stats "$node"
		all_drops
		drops_since "$before"
		[ "$SINCE" != "$(sorted_words "$@")" ] || return 0
		try=$((try + 1))
		[ $try -lt 300 ] || break
		sleep 0.1
	done
	fail "$node dropped '$SINCE', wanted '$(sorted_words "$@")'"
}

# drops_since BEFORE: SINCE = DROPS minus BEFORE, sorted.
drops_since()
{
	local word old was
	local out=''

	for word in $DROPS; do
		was=0
		for old in $1; do
			[ "${old%=*}" != "${word%=*}" ] || was=${old#*=}
		done
		[ "${word#*=}" -eq "$was" ] ||
			out="$out ${word%=*}=$((${word#*=} - was))"
	done
	# shellcheck disable=SC2086 # words
	SINCE=$(sorted_words $out)
}

sorted_words()
{
	[ $# -gt 1 ] || {
		echo "$*"
		return
	}
	printf '%s\n' "$@" | sort | tr '\n' ' '
}

# device_stats NODE [DEV]: RX_PACKETS RX_BYTES RX_DROPPED TX_PACKETS TX_BYTES
# TX_DROPPED, and the errors, from /proc/net/dev.
device_stats()
{
	local ns dev="${2:-$DEV}" line
	local r1 r2 r3 r4 r5 r6 r7 r8 t1 t2 t3 t4 rest

	eval "ns=\$$1"
	nsctl "$ns" /proc/self/net/dev > "$T/netdev"
	while read -r line; do
		case $line in
		"$dev:"*)	break ;;
		esac
	done < "$T/netdev"
	read -r r1 r2 r3 r4 r5 r6 r7 r8 t1 t2 t3 t4 rest <<-EOF
	${line#*:}
	EOF
	RX_BYTES=$r1 RX_PACKETS=$r2 RX_ERRORS=$r3 RX_DROPPED=$r4
	TX_BYTES=$t1 TX_PACKETS=$t2 TX_ERRORS=$t3 TX_DROPPED=$t4
}

# arrived NODE N WHAT: its device has received N packets; those that are on
# their way may have to wait for ksoftirqd.
arrived()
{
	local try=0

	device_stats "$1"
	while [ "$RX_PACKETS" -lt "$2" ] && [ $try -lt 300 ]; do
		sleep 0.1
		try=$((try + 1))
		device_stats "$1"
	done
	eq "$RX_PACKETS" "$2" "$3"
}

# by_mode SEND "MODE N [REASON=N]..."...: in each mode of the source check, N of
# the packets that SEND sends to A arrive, the others are counted so.
by_mode()
{
	local send="$1" mode before number

	shift
	for mode; do
		# shellcheck disable=SC2086 # words
		set -- $mode
		diag "source-check $1"
		fl A link set "$DEV" source-check "$1"
		number=$2
		shift 2
		drops_mark A
		device_stats A
		before=$RX_PACKETS
		$send
		arrived A $((before + number)) "packets received"
		drops_are A "$@"
	done
}

# over_tap: A reaches its VTEPs over tap0, on which a test is the driver.
over_tap()
{
	ip -n "$A" -batch - <<-EOF
	link set tap0 up
	address add 192.168.88.1/24 dev tap0
	address add fd88::1/64 dev tap0 nodad
	EOF
	fl A link set "$DEV" nodev local 0.0.0.0 local6 ::
}

# talk FROM TO [FAMILY...]: ICMP, UDP and TCP between their pods.
talk()
{
	local from="$1" to="$2" family source server address

	shift 2
	[ $# -gt 0 ] || set -- 4 6
	eval "source=\$${from}_POD server=\$${to}_POD"
	for family; do
		eval "address=\$${to}_POD$family"
		flow -q talk "$source" "$server" "$address" ||
			fail "$from to $to over IPv$family"
	done
}

# The host A has told a pod; the sniffer flushes at its end only, so the kernel's
# counters are asked.
sees_too_big()
{
	nsctl "$A" /proc/self/net/snmp6 > "$T/snmp6"
	line_of "$T/snmp6" "Icmp6OutPktTooBigs" &&
		[ "${LINE##*[!0-9]}" -ge 1 ]
}

# pod_learns_mtu MTU: a sniffer "pod" saw that the pod of A was told this MTU in
# both families; what may be fragmented, or is sent anew, gets to B.
pod_learns_mtu()
{
	wait_for 60 sees_too_big
	wire_stop pod
	shows "$T/pod.wire" " icmp=3/4 " "mtu=$1"
	shows "$T/pod.wire" " icmp=2/0 " "mtu=$1"
	flow -q -l 4000 udp "$A_POD" "$B_POD" "$B_POD4"
	flow -q -l 4000 udp "$A_POD" "$B_POD" "$B_POD6"
	flow -q tcp "$A_POD" "$B_POD" "$B_POD4" 300000
	flow -q tcp "$A_POD" "$B_POD" "$B_POD6" 300000
}

# listens NAMESPACE: whether a listener of a generic netlink family is there.
listens()
{
	local line

	nsctl "$1" /proc/self/net/netlink > "$T/netlink"
	while read -r line; do
		# shellcheck disable=SC2086 # words
		set -- $line
		[ "$2" = 16 ] && [ "$4" != 00000000 ] && return 0
	done < "$T/netlink"
	return 1
}
