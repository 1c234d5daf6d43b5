# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The nodes of the cluster demo: agents, pods and what is between them. What is
# the registry's is in registry-*.sh. Source it after hosts.sh.

NODES="a b c"
NETWORK=10.244.0.0/16
declare -A AGENT=()

# now: seconds, with hundredths.
now()
{
	local up rest

	read -r up rest < /proc/uptime
	echo "$up"
}

# since TIME: how long ago that is.
since()
{
	awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'
}

# underlay: a switch, and the nodes on it.
underlay()
{
	local node n=0

	# What flannel asks of a node that has iptables.
	modprobe br_netfilter
	ip link add underlay type bridge
	ip address add 192.168.77.254/24 dev underlay
	ip link set underlay up
	for node in $NODES; do
		n=$((n + 1))
		ip netns add "node-$node"
		ip netns add "pod-$node"
		ip link add "to-$node" type veth peer name eth0 netns "node-$node"
		ip link set "to-$node" master underlay up
		ip -n "node-$node" -batch - <<-BATCH
		link set lo up
		link set eth0 up
		address add 192.168.77.$n/24 dev eth0
		route add default via 192.168.77.254
		BATCH
	done
}

# config: the cluster's network config.
config()
{
	local backend='"Type": "vxlan"'

	# shellcheck disable=SC2153 # cluster.sh
	case $BACKEND in
	vxlan)	;;
	auto)	backend+=', "DirectRouting": true' ;;
	*)	backend="\"Type\": \"$BACKEND\"" ;;
	esac
	echo "{\"Network\": \"$NETWORK\", \"Backend\": {$backend}}"
}

# subnet_file NODE
subnet_file()
{
	echo "/run/flannel/node-$1/subnet.env"
}

# subnet NODE: as it is in tables and routes.
subnet()
{
	sed -n 's|^FLANNEL_SUBNET=\(.*\)\.1/24|\1.0/24|p' "$(subnet_file "$1")"
}

# node_start NODE NUMBER: its agent, with the flags of flanneld.
node_start()
{
	local node=node-$1
	local flags=(--iface=eth0 --ip-masq
		--subnet-file="$(subnet_file "$1")" --healthz-port=8081)

	mkdir -p "/run/flannel/$node"
	registry_node "$1" "$2"
	echo "\$ [$node] flanctl-genl agent ${flags[*]} $(registry_flags "$1")"
	# Not through on(): the agent has to be the process that is killed.
	# shellcheck disable=SC2046 # words
	NODE_NAME=$node ip netns exec "$node" flanctl-genl agent \
		"${flags[@]}" $(registry_flags "$1") > "/tmp/$node.log" 2>&1 &
	AGENT[$1]=$!
}

# readyz NODE: what its agent answers; fails unless it is ready.
readyz()
{
	local status rest

	# shellcheck disable=SC2016 # the inner shell's
	on "node-$1" timeout 5 bash -c '
		exec 3<> /dev/tcp/127.0.0.1/8081 || exit
		printf "GET /readyz HTTP/1.0\r\n\r\n" >&3
		cat <&3' > "/tmp/readyz-$1" 2> /dev/null
	read -r _ status rest < "/tmp/readyz-$1"
	[ "$status" = 200 ]
}

# node_wait NODE: until the agent says that it is ready.
node_wait()
{
	until_true 60 readyz "$1" || {
		uniq "/tmp/node-$1.log" | tail -n 20 | sed 's/^/  /'
		fail "the agent of node-$1 is not ready:" \
			"$(tail -n 1 "/tmp/readyz-$1")"
	}
	echo "node-$1 is ready."
}

# node_kill NODE: without a chance to clean up.
node_kill()
{
	kill -KILL "${AGENT[$1]}"
	wait "${AGENT[$1]}" 2> /dev/null
	unset "AGENT[$1]"
}

# nodes_stop: they have a second to end.
nodes_stop()
{
	local node began

	began=$(now)
	kill "${AGENT[@]}"
	for node in "${!AGENT[@]}"; do
		wait "${AGENT[$node]}" ||
			fail "the agent of node-$node ended with code $?"
	done
	echo "The agents ended in $(since "$began") s, packets flow on:"
	reach a b || fail "pod A does not reach pod B without agents"
	echo "pod-a and pod-b still reach each other."
}

# pod_add NODE: through the CNI plugins.
pod_add()
{
	ip -n "pod-$1" link set lo up
	"$(dirname "${BASH_SOURCE[0]}")/cni" add "node-$1" "pod-$1" \
		"$(subnet_file "$1")" > "/tmp/pod-$1" || fail "no pod on node-$1"
}

# address NODE: its pod's.
address()
{
	sed 's|/.*||' "/tmp/pod-$1"
}

# reach FROM TO: soon, a pod's echo request is answered.
reach()
{
	until_true 20 on "pod-$1" ping -q -c 1 -W 1 "$(address "$2")"
}

# ways NODE: all that it knows of the subnets of others.
ways()
{
	on "node-$1" flanctl-genl subnet show 2> /dev/null | grep -v ' local '
	on "node-$1" ip route show | grep -vE 'dev (eth0|cni0) proto kernel|default'
}

# show_ways NODE
show_ways()
{
	if [ "$BACKEND" != host-gw ]; then
		run on "node-$1" flanctl-genl subnet show
	fi
	run on "node-$1" ip route show
}

# absent NODE SUBNET
absent()
{
	! ways "$1" | grep -qF "${2%/*}"
}

# gone NODE SUBNET: soon, the node knows nothing of it.
gone()
{
	until_true 20 absent "$1" "$2"
}

# traffic_start FROM TO: ping, which says which packets were not answered when
# the next one left.
traffic_start()
{
	ip netns exec "pod-$1" ping -n -O -i 0.1 "$(address "$2")" > /tmp/traffic 2>&1 &
	TRAFFIC=$!
	until_true 5 grep -q 'icmp_seq=3 ttl' /tmp/traffic ||
		fail "no traffic from pod-$1 to pod-$2"
}

# traffic_stop: SENT and LOST; the last packet is still on its way. On a machine
# that is fast everything is over before enough packets have shown it.
traffic_stop()
{
	until_true 10 grep -q 'icmp_seq=30 ' /tmp/traffic
	kill -INT "$TRAFFIC"
	wait "$TRAFFIC"
	SENT=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' /tmp/traffic)
	# shellcheck disable=SC2034 # cluster.sh
	LOST=$(grep -oE '^no answer yet for icmp_seq=[0-9]+|^[0-9]+ bytes.*icmp_seq=[0-9]+' \
		/tmp/traffic | awk -F= '/^no/ { late[$2] = 1 }
			/bytes/ { delete late[$2] }
			END { n = 0; for (s in late) n++; print n }')
	SENT=${SENT:-0}
}
