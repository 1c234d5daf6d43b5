# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034,SC2046,SC2086,SC2153,SC2154 # names without blanks, of lib/
# Services: what kube-proxy's rules send through the overlay arrives under every
# source check as it does with stock flannel's devices, but for what strict says
# that it refuses.
#
# A, B, C are nodes with a pod each, D is a host outside. Every service has one
# endpoint, so that it is known who answers: a, b, c the pods, h and g the hosts
# B and C themselves, l the pod of B with externalTrafficPolicy Local.

# One line a service: its number in the service network, its port on the nodes
# (0: none), its policy, and the variable that has its endpoint's address.
SERVICES='a 2 30002 Cluster A_POD
	b 3 30003 Cluster B_POD
	c 4 30004 Cluster C_POD
	h 5 0 Cluster B_IP
	g 6 0 Cluster C_IP
	l 7 30007 Local B_POD'
VIP4=10.96.0. VIP6=fd96::
OTHER4=172.16.77. OTHER6=fd16::
REFUSED='' LARGEST=3000

# each_service FAMILY COMMAND: with NAME VIP PORT POLICY TO and PROTO.
each_service()
{
	local family="$1" command="$2" name number node_port policy endpoint

	while read -r name number node_port policy endpoint; do
		eval "VIP=\${VIP$family}$number TO=\$$endpoint$family"
		PORT=$node_port POLICY=$policy
		for PROTO in tcp udp; do
			NAME=$name-$PROTO
			$command
		done
	done <<-EOF
	$SERVICES
	EOF
}

# iptables, as kube-proxy of Kubernetes 1.2x lays them out.

iptables_chains()
{
	echo ":KUBE-SVC-$NAME - [0:0]"
	echo ":KUBE-SEP-$NAME - [0:0]"
	[ $PORT = 0 ] || echo ":KUBE-EXT-$NAME - [0:0]"
	[ $POLICY = Cluster ] || echo ":KUBE-SVL-$NAME - [0:0]"
}

iptables_service()
{
	local to="$TO:5201" l

	case $TO in
	*:*)	to="[$TO]:5201" ;;
	esac
	cat <<-EOF
	-A KUBE-SERVICES -d $VIP -p $PROTO -m comment --comment "ns/$NAME cluster IP" -m $PROTO --dport 80 -j KUBE-SVC-$NAME
	-A KUBE-SVC-$NAME ! -s $NETWORK -d $VIP -p $PROTO -m comment --comment "ns/$NAME cluster IP" -m $PROTO --dport 80 -j KUBE-MARK-MASQ
	-A KUBE-SVC-$NAME -m comment --comment "ns/$NAME -> $to" -j KUBE-SEP-$NAME
	-A KUBE-SEP-$NAME -s $TO -m comment --comment "ns/$NAME" -j KUBE-MARK-MASQ
	-A KUBE-SEP-$NAME -p $PROTO -m comment --comment "ns/$NAME" -m $PROTO -j DNAT --to-destination $to
	EOF
	[ $PORT != 0 ] || return 0
	l="-m comment --comment \"masquerade traffic for ns/$NAME external destinations\""
	echo "-A KUBE-NODEPORTS -p $PROTO -m comment --comment \"ns/$NAME\" -m $PROTO --dport $PORT -j KUBE-EXT-$NAME"
	if [ $POLICY = Cluster ]; then
		echo "-A KUBE-EXT-$NAME $l -j KUBE-MARK-MASQ"
		echo "-A KUBE-EXT-$NAME -j KUBE-SVC-$NAME"
		return 0
	fi
	cat <<-EOF
	-A KUBE-EXT-$NAME -s $NETWORK -m comment --comment "pod traffic for ns/$NAME external destinations" -j KUBE-SVC-$NAME
	-A KUBE-EXT-$NAME -m comment --comment "masquerade LOCAL traffic for ns/$NAME external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
	-A KUBE-EXT-$NAME -m comment --comment "route LOCAL traffic for ns/$NAME external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-$NAME
	-A KUBE-EXT-$NAME -j KUBE-SVL-$NAME
	EOF
	! is_here || echo "-A KUBE-SVL-$NAME -m comment --comment \"ns/$NAME -> $to\" -j KUBE-SEP-$NAME"
}

# is_here: the endpoint is a pod of the node named by of().
is_here()
{
	[ $TO = $POD4 ] || [ $TO = $POD6 ]
}

# iptables_rules FAMILY: of the node named by of(); the kept source is what
# nothing of kube-proxy does, and load balancers with DSR do.
iptables_rules()
{
	local to="$A_POD4:9"

	[ $1 = 4 ] || to="[$A_POD6]:9"
	cat <<-EOF
	*nat
	:KUBE-SERVICES - [0:0]
	:KUBE-NODEPORTS - [0:0]
	:KUBE-POSTROUTING - [0:0]
	:KUBE-MARK-MASQ - [0:0]
	EOF
	each_service $1 iptables_chains
	cat <<-EOF
	-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
	-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
	-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
	-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
	-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
	-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
	-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
	EOF
	each_service $1 iptables_service
	cat <<-EOF
	-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
	-A PREROUTING -p udp -m udp --dport 30009 -j DNAT --to-destination $to
	COMMIT
	*filter
	:KUBE-FORWARD - [0:0]
	-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
	-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
	-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
	-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	COMMIT
	EOF
}

# nftables, as kube-proxy's mode of that name lays them out.

nft_service()
{
	local to="$TO" ip=ip

	case $TO in
	*:*)	to="[$TO]" ip=ip6 ;;
	esac
	cat <<-EOF
	chain endpoint-$NAME {
		$ip saddr $TO jump mark-for-masquerade
		meta l4proto $PROTO dnat to $to:5201
	}
	chain service-$NAME {
		$ip daddr $VIP $PROTO dport 80 $ip saddr != $NETWORK jump mark-for-masquerade
		goto endpoint-$NAME
	}
	EOF
	[ $PORT != 0 ] || return 0
	echo "chain external-$NAME {"
	if [ $POLICY = Cluster ]; then
		echo "jump mark-for-masquerade"
		echo "goto service-$NAME"
		echo "}"
		return 0
	fi
	echo "$ip saddr $NETWORK goto service-$NAME"
	echo "fib saddr type local jump mark-for-masquerade"
	echo "fib saddr type local goto service-$NAME"
	! is_here || echo "goto endpoint-$NAME"
	echo "}"
}

nft_address()
{
	echo "$VIP . $PROTO . 80 : goto service-$NAME,"
}

nft_port()
{
	[ $PORT = 0 ] || echo "$PROTO . $PORT : goto external-$NAME,"
}

# nft_rules FAMILY: of the node named by of().
nft_rules()
{
	local ip=ip type=ipv4_addr node=$IP4 to=$A_POD4

	[ $1 = 4 ] || ip=ip6 type=ipv6_addr node=$IP6 to="[$A_POD6]"
	cat <<-EOF
	table $ip kube-proxy {
	chain mark-for-masquerade {
		meta mark set meta mark | 0x4000
	}
	chain masquerading {
		meta mark & 0x4000 == 0 return
		meta mark set meta mark ^ 0x4000
		masquerade fully-random
	}
	EOF
	each_service $1 nft_service
	cat <<-EOF
	set nodeport-ips { type $type; elements = { $node } }
	map service-ips {
		type $type . inet_proto . inet_service : verdict
		elements = { $(each_service $1 nft_address) }
	}
	map service-nodeports {
		type inet_proto . inet_service : verdict
		elements = { $(each_service $1 nft_port) }
	}
	chain services {
		$ip daddr . meta l4proto . th dport vmap @service-ips
		$ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
	}
	chain filter-forward {
		type filter hook forward priority -110; policy accept;
		ct state invalid drop
	}
	chain nat-prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		jump services
		udp dport 30009 dnat to $to:9
	}
	chain nat-output {
		type nat hook output priority -100; policy accept;
		jump services
	}
	chain nat-postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		jump masquerading
	}
	}
	EOF
}

# kube_proxy KIND NODE: what it would have written there.
kube_proxy()
{
	local kind="$1"

	of $2
	if [ $kind = iptables ]; then
		NETWORK=$NETWORK4
		iptables_rules 4 > "$T/rules"
		rules $NS iptables-restore < "$T/rules"
		NETWORK=$NETWORK6
		iptables_rules 6 > "$T/rules"
		rules $NS ip6tables-restore < "$T/rules"
		return
	fi
	NETWORK=$NETWORK4
	nft_rules 4 > "$T/rules"
	NETWORK=$NETWORK6
	nft_rules 6 >> "$T/rules"
	rules $NS nft -f - < "$T/rules"
}

# cluster KIND OF-A OF-B: C is always stock. Hosts have another address of their
# own, which the others reach over the underlay.
cluster()
{
	local node n=0

	[ $1 = nftables ] || needs_iptables
	nodes A B C D
	pods A B C
	$2 A
	$3 B
	stock C
	peers 4 6 A B C
	for node in A B C; do
		n=$((n + 1))
		of $node
		eval "${node}_OTHER4=$OTHER4$n ${node}_OTHER6=$OTHER6$n"
		ip -n $NS -batch - <<-EOF
		address add $OTHER4$n/32 dev lo
		address add $OTHER6$n/128 dev lo nodad
		route add default via $D_IP4
		route add default via $D_IP6
		EOF
		kube_proxy $1 $node
	done
	for node in "A B" "B A" "A C" "C A" "B C" "C B"; do
		set -- $node
		eval "echo route add \$$2_OTHER4 via \$$2_IP4 >> $T/$1.routes"
		eval "echo route add \$$2_OTHER6 via \$$2_IP6 >> $T/$1.routes"
	done
	for node in A B C; do
		eval "NS=\$$node"
		ip -n $NS -batch "$T/$node.routes"
	done
}

# path NAME FLOW...: it works, or it is one of REFUSED and does not.
path()
{
	local name="$1"

	shift
	case " $REFUSED " in
	*" $name "*)
		! flow -q -w 400 "$@" > "$T/out" 2>&1 ||
			fail "$name works, and should not: $*" ;;
	*)	flow -q -l $LARGEST "$@" ||
			fail "$name does not work: $*" ;;
	esac
}

# kept_source FAMILY: a load balancer hands on what D has sent, and leaves D's
# address in it. The answer would go elsewhere: it counts whether it arrives.
kept_source()
{
	local from to pod

	eval "from=\$D_IP$1 to=\$C_IP$1 pod=\$A_POD$1"
	wire_start kept $A_POD eth0
	pkt $D encap=none from=$from to=$to src=$from dst=$to proto=udp \
		isport=4000 idport=30009 len=20
	# Behind it on the same way: when this is answered, that has arrived.
	flow -q icmp -b $to $C $A_POD $pod
	wire_stop kept
	case " $REFUSED " in
	*" kept-source "*)
		shows_not "$T/kept.wire" dir=in " src=$from " ;;
	*)	shows "$T/kept.wire" dir=in " src=$from " " dport=9 " ;;
	esac
}

# learn_mtu: over IPv6 there are 20 bytes less than pods believe. A datagram that
# is too long finds its way; all others stay below.
learn_mtu()
{
	path node-port udp -w 15000 -l 3000 -p 30002 $D $A_POD $B_IP6
}

# all_paths FAMILY...: all that a service does to a packet on its way between
# nodes.
all_paths()
{
	local f vip node_b node_c bytes

	for f; do
		# With stock a host that talks to a service never learns the MTU.
		bytes=1000 LARGEST=1200
		[ $f = 6 ] || bytes=20000 LARGEST=3000
		eval "vip=\$VIP$f node_b=\$B_IP$f node_c=\$C_IP$f"
		# ClusterIP: a pod's source stays, a host's is masqueraded.
		path pod-to-service tcp -p 80 $A_POD $B_POD ${vip}3 $bytes
		path pod-to-service udp -p 80 $A_POD $B_POD ${vip}3
		path pod-to-service tcp -p 80 $A_POD $C_POD ${vip}4 $bytes
		path pod-to-service udp -p 80 $C_POD $A_POD ${vip}2
		path host-to-service tcp -p 80 $A $B_POD ${vip}3 $bytes
		path host-to-service tcp -p 80 $C $A_POD ${vip}2 $bytes
		# Hosts answer pods through the overlay, by their own address.
		path pod-to-host tcp -p 80 $A_POD $B ${vip}5 $bytes
		path pod-to-host tcp -p 80 $C_POD $B ${vip}5 $bytes
		path pod-to-host tcp -p 80 $B_POD $C ${vip}6 $bytes
		# hostNetwork, bound to the node's address.
		eval "path host-bound tcp -b \$A_IP$f $A $B_POD \$B_POD$f $bytes"
		eval "path host-bound icmp -b \$A_IP$f $A $C_POD \$C_POD$f"
		eval "path host-bound udp -b \$C_IP$f $C $A_POD \$A_POD$f"
		# NodePort, with an endpoint there, on a third node, and back.
		path node-port tcp -p 30003 $D $B_POD $node_b $bytes
		path node-port tcp -p 30004 $D $C_POD $node_b $bytes
		path node-port udp -p 30002 $D $A_POD $node_b
		path node-port tcp -p 30002 $D $A_POD $node_c $bytes
		path node-port tcp -p 30004 $A $C_POD $node_b $bytes
		path node-port tcp -p 30004 $A_POD $C_POD $node_b $bytes
		path node-port tcp -p 30002 $A_POD $A_POD $node_b $bytes
		path node-port-local tcp -p 30007 $D $B_POD $node_b $bytes
		# Addresses of nobody, as far as the registry knows.
		eval "path other-address tcp -b \$A_OTHER$f $A $B_POD \$B_POD$f $bytes"
		eval "path other-address tcp -b \$C_OTHER$f $C $A_POD \$A_POD$f $bytes"
		kept_source $f
	done
}

# ours_and_stock KIND: all paths, by every mode, as README.md has them. Modes that
# ask for less than the default are not asked about both families.
ours_and_stock()
{
	local mode node families

	REFUSED=''
	cluster $1 ours ours
	learn_mtu
	for mode in owner off log vtep strict; do
		diag "source-check $mode"
		families='4 6'
		case $mode in
		owner)	;;
		strict)	REFUSED='other-address kept-source' ;;
		*)	families=4 ;;
		esac
		for node in A B; do
			fl $node link set $DEV source-check $mode
			drops_mark $node
		done
		all_paths $families
		[ $mode != strict ] || break
		drops_are A
		drops_are B
	done
	only_strict A
	only_strict B
}

# only_strict NODE: since drops_mark it refused sources outside, nothing else.
only_strict()
{
	local before

	eval "before=\$${1}_DROPS"
	stats $1
	all_drops
	drops_since "$before"
	case $SINCE in
	*\ *)		fail "$1 dropped '$SINCE'" ;;
	rx-strict=*)	;;
	*)		fail "$1 dropped '$SINCE'" ;;
	esac
}

# With kube-proxy's rules in iptables: two of our nodes and a stock one.
test_services_iptables() {
	ours_and_stock iptables
}

# With kube-proxy's rules in nftables: the same.
test_services_nftables() {
	ours_and_stock nftables
}

# What the paths are measured by: the same with stock's devices alone.
test_services_stock_iptables() {
	REFUSED=''
	cluster iptables stock stock
	learn_mtu
	all_paths 4 6
}

# And in nftables.
test_services_stock_nftables() {
	REFUSED=''
	cluster nftables stock stock
	learn_mtu
	all_paths 4 6
}
