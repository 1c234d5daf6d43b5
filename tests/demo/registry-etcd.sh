# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The demo's registry: a real etcd, as a cluster of one has it. Source it after
# show.sh and hosts.sh.

export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=http://192.168.77.254:2379
PREFIX=/coreos.com/network

# etcdctl WORD...: with more than its five seconds, for a slow guest; of 3.4,
# the environment does not tell it.
etcdctl()
{
	command etcdctl --command-timeout=60s "$@"
}

registry_start()
{
	etcd --data-dir /tmp/etcd \
		--listen-client-urls $ETCDCTL_ENDPOINTS \
		--advertise-client-urls $ETCDCTL_ENDPOINTS \
		--listen-peer-urls http://127.0.0.1:2380 \
		--initial-advertise-peer-urls http://127.0.0.1:2380 \
		--initial-cluster default=http://127.0.0.1:2380 \
		> /tmp/etcd.log 2>&1 &
	until_true 60 etcd_healthy
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
