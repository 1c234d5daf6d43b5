# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The hosts of the demo and what happens between them. Source it after hosts.sh
# and registry-etcd.sh.

# shellcheck disable=SC2034 # guest.sh
REGISTRY=etcd://192.168.77.254:2379/coreos.com/network
MAC_A=0a:58:c0:a8:4d:01
MAC_B=0a:58:c0:a8:4d:02

# underlay: a switch, the hosts on it, a pod behind each of the two nodes.
underlay()
{
	local host n=0

	ip link add underlay type bridge
	ip address add 192.168.77.254/24 dev underlay
	ip link set underlay up
	for host in node-a node-b stranger; do
		n=$((n + 1))
		ip netns add $host
		ip link add to-$host type veth peer name eth0 netns $host
		ip link set to-$host master underlay up
		ip -n $host -batch - <<-BATCH
		link set lo up
		link set eth0 up
		address add 192.168.77.$n/24 dev eth0
		BATCH
	done
	pod a 1
	pod b 2
}

# pod NAME SUBNET: behind node-NAME, as a CNI plugin attaches it.
pod()
{
	local node=node-$1 pod=pod-$1 subnet=$2

	ip netns add "$pod"
	ip -n "$node" link add cni0 type veth peer name eth0 netns "$pod"
	on "$node" sysctl -qw net.ipv4.ip_forward=1
	ip -n "$node" address add "10.244.$subnet.1/24" dev cni0
	ip -n "$node" link set cni0 up
	ip -n "$pod" -batch - <<-BATCH
	link set lo up
	link set eth0 up
	address add 10.244.$subnet.2/24 dev eth0
	route add default via 10.244.$subnet.1
	BATCH
}

# put KEY VALUE: as flanneld writes it.
put()
{
	etcdctl put "$PREFIX/$1" "$2" > /dev/null ||
		fail "etcd does not take $1"
}

# lease ADDRESS MAC: the bytes flanneld writes for a node.
lease()
{
	printf '{"PublicIP":"%s","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"%s"}}' \
		"$1" "$2"
}

# stranger: a host that is in no lease, but knows how vxlan works.
stranger()
{
	ip -n stranger link add flannel.1 mtu 1450 type vxlan id 1 dev eth0 \
		local 192.168.77.3 dstport 8472 nolearning
	ip -n stranger link set flannel.1 up
}

# forge SOURCE DESTINATION: three echo requests from the stranger, with the
# address of a pod that lives elsewhere.
forge()
{
	local node=192.168.77.2 mac=$MAC_B

	case $2 in
	10.244.1.*) node=192.168.77.1 mac=$MAC_A ;;
	esac
	ip -n stranger -batch - <<-BATCH
	address add $1/32 dev flannel.1
	neighbour replace 10.244.9.9 lladdr $mac dev flannel.1 nud permanent
	route replace $2/32 via 10.244.9.9 dev flannel.1 onlink src $1
	BATCH
	on stranger bridge fdb replace $mac dev flannel.1 dst $node self permanent
	echo "\$ [stranger] ping -c 3 -I $1 $2"
	on stranger ping -q -c 3 -i 0.2 -W 1 -I "$1" "$2" > /dev/null 2>&1
	ip -n stranger address del "$1/32" dev flannel.1
}

# echoes POD: how many echo requests it got.
echoes()
{
	on "$1" nstat -asz IcmpInEchos | awk '/^IcmpInEchos/ { print $2 }'
}

# drops: how many packets node A has refused, for whatever reason.
drops()
{
	on node-a flanctl-genl stats show dev flannel.1 |
		awk '$1 == "drops" { for (f = 3; f <= NF; f += 2) n += $f }
		     END { print n + 0 }'
}
