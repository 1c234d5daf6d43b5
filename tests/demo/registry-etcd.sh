# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The cluster demo's registry: etcd, a cluster of one. Source it after show.sh
# and agents.sh.

export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=http://192.168.77.254:2379
PREFIX=/coreos.com/network

registry_start()
{
	etcd --data-dir /tmp/etcd \
		--listen-client-urls $ETCDCTL_ENDPOINTS \
		--advertise-client-urls $ETCDCTL_ENDPOINTS \
		--listen-peer-urls http://127.0.0.1:2380 \
		--initial-advertise-peer-urls http://127.0.0.1:2380 \
		--initial-cluster default=http://127.0.0.1:2380 \
		> /tmp/etcd.log 2>&1 &
	until_true 30 etcd_healthy
}

etcd_healthy()
{
	wget -q -O - $ETCDCTL_ENDPOINTS/health | grep -q true
}

registry_log()
{
	tail -n 3 /tmp/etcd.log
}

registry_config()
{
	etcdctl put $PREFIX/config "$1" > /dev/null || fail "etcd takes no config"
}

# registry_node NODE NUMBER: what has to be there before a node joins.
registry_node()
{
	:
}

registry_flags()
{
	echo "--etcd-endpoints=$ETCDCTL_ENDPOINTS"
}

registry_show()
{
	run etcdctl get --prefix $PREFIX
}

# registry_remove NODE
registry_remove()
{
	local key

	key=$PREFIX/subnets/$(subnet "$1" | tr / -)
	run etcdctl del "$key"
}
