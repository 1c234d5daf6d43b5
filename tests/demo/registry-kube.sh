# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The cluster demo's registry: a kube-apiserver on the machine that the guest
# runs on, 10.0.2.2. Agents may there what flannel's manifest allows; what
# kubelet and kube-controller-manager do, a Node with a podCIDR, is done here.
# Source it after show.sh, hosts.sh and agents.sh.

# shellcheck source=tests/agent/lib/apiserver.sh
. "${BASH_SOURCE%/*}/../agent/lib/apiserver.sh"
API_DIR=/job/api
API=$(cat $API_DIR/server)
NET_CONFIG=/tmp/net-conf.json

# registry_start: a way out of the guest for its nodes.
registry_start()
{
	modprobe virtio_pci
	modprobe virtio_net
	until_true 5 ip link set eth0 up || fail "the guest has no network card"
	ip address add 10.0.2.15/24 dev eth0
	sysctl -qw net.ipv4.ip_forward=1
	nft -f - <<-RULES
	table ip demo {
		chain postrouting {
			type nat hook postrouting priority srcnat;
			oifname eth0 masquerade
		}
	}
	RULES
	until_true 30 apiserver_ready
}

registry_log()
{
	api GET /readyz 2>&1
}

registry_config()
{
	echo "$1" > $NET_CONFIG
}

# registry_node NODE NUMBER: what has to be there before a node joins.
registry_node()
{
	node_make "node-$1" "10.244.$2.0/24" > "/tmp/made-$1" ||
		fail "the API server takes no node-$1: $(cat "/tmp/made-$1")"
}

registry_flags()
{
	echo "--kube-subnet-mgr --kubeconfig-file=$API_DIR/flannel.conf" \
		"--net-config-path=$NET_CONFIG"
}

registry_show()
{
	echo "\$ kubectl get nodes -o json | ..."
	api GET /api/v1/nodes |
		grep -E '"(name|podCIDR|flannel[^"]*)": |"reason": "Flannel' |
		sed 's/^ */  /'
}

# registry_remove NODE
registry_remove()
{
	echo "\$ kubectl delete node node-$1"
	api DELETE "/api/v1/nodes/node-$1" > /tmp/deleted ||
		fail "node-$1 cannot be deleted: $(cat /tmp/deleted)"
}
