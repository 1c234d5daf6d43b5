# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034
# Nodes A, B, C, D: namespaces on one underlay, each with its part of the
# cluster network; pods behind them. Everything is named here and nowhere else.

NETWORK4=10.244.0.0/16 NETWORK6=fd44::/48
ONLINK4=169.254.1.1 ONLINK6=fe80::1

A=ft-A A_POD=ft-A-pod A_NET4=10.244.1.0/24 A_NET6=fd44:0:0:1::/64
A_IP4=192.168.77.1 A_BASE4=10.244.1.0 A_GW4=10.244.1.1 A_POD4=10.244.1.2
A_IP6=fd77::1 A_BASE6=fd44:0:0:1:: A_GW6=fd44:0:0:1::1 A_POD6=fd44:0:0:1::2
A_MAC4=02:f1:00:00:00:01 A_MAC6=02:f1:06:00:00:01

B=ft-B B_POD=ft-B-pod B_NET4=10.244.2.0/24 B_NET6=fd44:0:0:2::/64
B_IP4=192.168.77.2 B_BASE4=10.244.2.0 B_GW4=10.244.2.1 B_POD4=10.244.2.2
B_IP6=fd77::2 B_BASE6=fd44:0:0:2:: B_GW6=fd44:0:0:2::1 B_POD6=fd44:0:0:2::2
B_MAC4=02:f1:00:00:00:02 B_MAC6=02:f1:06:00:00:02

C=ft-C C_POD=ft-C-pod C_NET4=10.244.3.0/24 C_NET6=fd44:0:0:3::/64
C_IP4=192.168.77.3 C_BASE4=10.244.3.0 C_GW4=10.244.3.1 C_POD4=10.244.3.2
C_IP6=fd77::3 C_BASE6=fd44:0:0:3:: C_GW6=fd44:0:0:3::1 C_POD6=fd44:0:0:3::2
C_MAC4=02:f1:00:00:00:03 C_MAC6=02:f1:06:00:00:03

D=ft-D D_POD=ft-D-pod D_NET4=10.244.4.0/24 D_NET6=fd44:0:0:4::/64
D_IP4=192.168.77.4 D_BASE4=10.244.4.0 D_GW4=10.244.4.1 D_POD4=10.244.4.2
D_IP6=fd77::4 D_BASE6=fd44:0:0:4:: D_GW6=fd44:0:0:4::1 D_POD6=fd44:0:0:4::2
D_MAC4=02:f1:00:00:00:04 D_MAC6=02:f1:06:00:00:04

SWITCH=ft-switch

# No wait for duplicate addresses, no surprise from the distribution.
SYSCTLS='net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
	net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0'
FORWARDING='net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1'

# of NODE: IP4, BASE4, GW4, ... = those of the node.
of()
{
	eval "NS=\$$1 POD=\$$1_POD IP4=\$$1_IP4 IP6=\$$1_IP6 NET4=\$$1_NET4 \
		NET6=\$$1_NET6 BASE4=\$$1_BASE4 BASE6=\$$1_BASE6 GW4=\$$1_GW4 \
		GW6=\$$1_GW6 POD4=\$$1_POD4 POD6=\$$1_POD6 MAC4=\$$1_MAC4 \
		MAC6=\$$1_MAC6 KIND=\${$1_KIND:-none}"
}

# nodes NODE...: namespaces with eth0 on one underlay: two share a veth pair,
# more of them a switch; one alone has a link that leads nowhere.
nodes()
{
	local node make=''

	for node; do
		eval "NS=\$$node"
		make="$make +$NS $SYSCTLS $FORWARDING ,"
	done
	[ $# -le 2 ] || make="$make +$SWITCH $SYSCTLS ,"
	# shellcheck disable=SC2086 # words
	nsctl $make

	if [ $# -eq 1 ]; then
		ip -n "$NS" link add eth0 type dummy
	elif [ $# -eq 2 ]; then
		eval "ip link add eth0 netns \$$1 type veth peer name eth0 netns \$$2"
	else
		for node; do
			eval "NS=\$$node"
			echo "link add eth0 netns $NS type veth peer name $node netns $SWITCH"
		done > "$T/batch"
		ip -batch "$T/batch"
		{
			echo "link add bridge type bridge mcast_snooping 0"
			echo "link set bridge up"
			for node; do
				echo "link set $node master bridge up"
			done
		} > "$T/batch"
		ip -n $SWITCH -batch "$T/batch"
	fi
	for node; do
		of "$node"
		ip -n "$NS" -batch - <<-EOF
		link set eth0 up
		address add $IP4/24 dev eth0
		address add $IP6/64 dev eth0 nodad
		EOF
	done
}

# pods NODE...: a pod behind each, as a CNI plugin attaches it.
pods()
{
	local node

	for node; do
		of "$node"
		# shellcheck disable=SC2086 # words
		nsctl "+$POD" $SYSCTLS
		ip -n "$NS" -batch - <<-EOF
		link add cni0 mtu 1450 type veth peer name eth0 netns $POD mtu 1450
		address add $GW4/24 dev cni0
		address add $GW6/64 dev cni0 nodad
		link set cni0 up
		EOF
		ip -n "$POD" -batch - <<-EOF
		address add $POD4/24 dev eth0
		address add $POD6/64 dev eth0 nodad
		link set eth0 up
		route add default via $GW4
		route add default via $GW6
		EOF
	done
}

# bulky POD...: their TCP makes large super-packets, as a fast sender does by
# itself; a slow machine's have two segments, whatever carries them.
bulky()
{
	local pod

	for pod; do
		nsctl "$pod" net.ipv4.tcp_min_tso_segs=16
	done
}
