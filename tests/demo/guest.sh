#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demo itself, in a guest, as root: an underlay with a registry and three
# hosts, each a network namespace.
#
#   pod 10.244.1.2 - node-a 192.168.77.1 -+- 192.168.77.2 node-b - pod 10.244.2.2
#                    our device           |               stock flannel's vxlan
#                                         +- 192.168.77.3 stranger
#                                         +- 192.168.77.254 etcd
#
# Prints "failed: WHY" and ends with 1 when something is not as it should be.
set -u
here=$(dirname "$0")
. "$here/show.sh"
. "$here/hosts.sh"
. "$here/registry-etcd.sh"
. "$here/nodes.sh"

say "Two nodes of a flannel cluster, each with one pod. Node A has the flannel" \
    "device of this project, node B is set up exactly as flanneld sets a node up" \
    "today: the kernel's vxlan with a route, an ARP and an FDB entry a peer. A" \
    "real etcd holds flannel's own keys."

step "The machine: Linux $(uname -r), the module and the tool"
run modprobe flannel
run modinfo -F description flannel
run flanctl-genl -V
underlay

step "The registry: the cluster's network, and a lease of each node"
registry_start || fail "etcd does not start: $(registry_log)"
put config '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}'
put subnets/10.244.1.0-24 "$(lease 192.168.77.1 $MAC_A)"
put subnets/10.244.2.0-24 "$(lease 192.168.77.2 $MAC_B)"
registry_show

step "Node A: one device, one route for the whole cluster, the table from etcd"
run on node-a flanctl-genl link add flannel.1 vni 1 local 192.168.77.1 dev eth0 \
	address $MAC_A network 10.244.0.0/16
run on node-a ip address add 10.244.1.0/32 dev flannel.1
run on node-a ip link set flannel.1 up
run on node-a ip route add 10.244.0.0/16 via 169.254.1.1 dev flannel.1 onlink
run on node-a flanctl-genl sync $REGISTRY dev flannel.1
run on node-a flanctl-genl subnet show dev flannel.1

step "Node B: what flanneld does for its only peer, node A"
run on node-b ip link add flannel.1 address $MAC_B mtu 1450 type vxlan id 1 \
	dev eth0 local 192.168.77.2 dstport 8472 nolearning
run on node-b ip address add 10.244.2.0/32 dev flannel.1
run on node-b ip link set flannel.1 up
run on node-b ip neighbour replace 10.244.1.0 lladdr $MAC_A dev flannel.1 nud permanent
run on node-b bridge fdb replace $MAC_A dev flannel.1 dst 192.168.77.1 self permanent
run on node-b ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink

step "Pod to pod, both ways"
run on pod-a ping -c 3 -i 0.2 -W 2 10.244.2.2
run on pod-b ping -c 3 -i 0.2 -W 2 10.244.1.2

step "TCP, both ways: 4 MB, and what arrives is what was sent"
transfer pod-a pod-b 10.244.2.2
transfer pod-b pod-a 10.244.1.2

step "What node A knows of it"
run on node-a flanctl-genl link show flannel.1
run on node-a flanctl-genl vtep show dev flannel.1
run on node-a flanctl-genl -j subnet get 10.244.2.2 dev flannel.1

step "A stranger on the underlay sends both pods packets that claim to come from" \
     "the other pod. Anybody who reaches UDP port 8472 can do that."
stranger
refused=$(drops)
echoes_a=$(echoes pod-a) echoes_b=$(echoes pod-b)
forge 10.244.1.2 10.244.2.2
forge 10.244.2.2 10.244.1.2
echo "Pod A, behind our device, got $(($(echoes pod-a) - echoes_a)) of 3 forged packets."
echo "Pod B, behind the stock device, got $(($(echoes pod-b) - echoes_b)) of 3."
run on node-a flanctl-genl stats show dev flannel.1
[ "$(echoes pod-a)" = "$echoes_a" ] || fail "a forged packet reached pod A"
[ "$(echoes pod-b)" -gt "$echoes_b" ] ||
	fail "the stranger's packets did not even reach pod B: it shows nothing"
[ "$(drops)" = $((refused + 3)) ] || fail "the refusals were not counted"

step "A node that joins is one key in etcd and one more sync"
put subnets/10.244.3.0-24 "$(lease 192.168.77.4 0a:58:c0:a8:4d:04)"
run on node-a flanctl-genl sync $REGISTRY dev flannel.1
[ -z "$(kernel_complaints)" ] || fail "the kernel complained: $(kernel_complaints)"
