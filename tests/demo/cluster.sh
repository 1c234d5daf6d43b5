#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demo of a cluster, in a guest, as root: three nodes, each a network
# namespace, that agents alone make into a cluster.
#
#   pod-a - node-a 192.168.77.1 -+- 192.168.77.2 node-b - pod-b
#                                +- 192.168.77.3 node-c - pod-c
#                                +- 192.168.77.254 the registry
#
#   cluster.sh etcd|file|kube vxlan|host-gw|udp|auto
#
# Prints "failed: WHY" and ends with 1 when something is not as it should be.
set -u
here=$(dirname "$0")
. "$here/show.sh"
. "$here/hosts.sh"
. "$here/agents.sh"
REGISTRY=$1 BACKEND=$2
# shellcheck source=/dev/null
. "$here/registry-$REGISTRY.sh"

say "A cluster of two nodes, to which a third one comes and from which it goes" \
    "again. Each node runs the agent with flanneld's flags, and nothing else is" \
    "done by hand. Pods are attached by the CNI plugins bridge and host-local," \
    "with what the agent writes into subnet.env."
echo "Registry: $REGISTRY. Backend: $BACKEND."

step "The machine: Linux $(uname -r), the module and the tool"
run modprobe flannel
run flanctl-genl -V
underlay

step "The registry has the cluster's network, and no node"
registry_start || fail "the registry does not start: $(registry_log)"
registry_config "$(config)"
registry_show

step "Nodes A and B: an agent each"
node_start a 1
node_start b 2
node_wait a
node_wait b
registry_show

step "What the agents told the CNI plugins, and a pod on each node"
run cat "$(subnet_file a)"
run cat "$(subnet_file b)"
pod_add a
pod_add b
echo "pod-a has $(address a), pod-b has $(address b)."

step "Node A: the way to node B"
show_ways a

step "Pod to pod, both ways, and 4 MB by TCP"
run on pod-a ping -c 3 -i 0.2 -W 2 "$(address b)"
run on pod-b ping -c 3 -i 0.2 -W 2 "$(address a)"
transfer pod-a pod-b "$(address b)"
transfer pod-b pod-a "$(address a)"

step "Node C joins, while pod A pings pod B all the time: 10 packets a second"
traffic_start a b
began=$(now)
node_start c 3
node_wait c
pod_add c
reach c a || fail "pod C does not reach pod A"
reach a c || fail "pod A does not reach pod C"
echo "$(since "$began") s after its agent was started, pod-c ($(address c))" \
	"and pod-a reach each other, the pod's own start included."
show_ways a

step "Node C's agent is killed: its pod does not notice"
node_kill c
reach a c || fail "pod A does not reach pod C while C's agent is away"
echo "pod-a and pod-c still reach each other."

step "Node C leaves: its lease goes from the registry, and with it all that the" \
     "other nodes have of it"
subnet=$(subnet c)
began=$(now)
registry_remove c
gone a "$subnet" || fail "node A still has $subnet: $(ways a)"
gone b "$subnet" || fail "node B still has $subnet: $(ways b)"
echo "$(since "$began") s after the lease, $subnet was gone from nodes A and B."
show_ways a

step "And pod A's packets to pod B meanwhile"
traffic_stop
echo "$SENT sent, $LOST lost."
[ "$SENT" -gt 20 ] || fail "only $SENT packets were sent: it shows nothing"
[ "$LOST" = 0 ] || fail "$LOST of $SENT packets were lost"
nodes_stop
[ -z "$(kernel_complaints)" ] || fail "the kernel complained: $(kernel_complaints)"
