#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A node that cannot carry its pods' traffic tells Kubernetes: a whole agent, a
# real API server, and no kernel module. Prints TAP.
# shellcheck disable=SC2317 # what ok() calls
. "$(dirname "$0")/../lib/common.sh"
. "$ROOT/tests/agent/lib/apiserver.sh"
ME=30-unable

if [ "${1:-}" != inside ]; then
	if ! apiserver_find; then
		echo "1..0 # SKIP kube-apiserver cannot be built: $API_WHY"
		exit 0
	fi
	if [ -e /sys/module/flannel ] || ! unshare -n true 2> /dev/null; then
		echo "1..0 # SKIP the module is loaded here, or root is missing"
		exit 0
	fi
	API_PROGRAM=$API_SERVER exec unshare -n "$0" inside
fi
. "$ROOT/tests/unit/tool/lib.sh"
API_SERVER=$API_PROGRAM
trap 'apiserver_stop; finish' EXIT
trap 'exit 1' INT TERM
ip link set lo up
ip link add under type veth peer name other
ip link set under up
ip link set other up
ip addr add 192.168.77.1/24 dev under
apiserver_start "$tmp/api" || exit 1
node_make n1 10.244.1.0/24 > "$tmp/made"

# agent BACKEND
agent()
{
	echo "{\"Network\": \"10.244.0.0/16\", \"Backend\": {\"Type\": \"$1\"}}" \
		> "$tmp/net-conf.json"
	NODE_NAME=n1 "$TOOL" agent -kube-subnet-mgr -iface under \
		-kubeconfig-file "$API_DIR/flannel.conf" \
		-net-config-path "$tmp/net-conf.json" \
		-subnet-file "$tmp/subnet.env" -iptables-forward-rules=false \
		-healthz-ip 127.0.0.1 -healthz-port 18083 > "$tmp/err" 2>&1 &
	pids=($!)
}

# condition: NetworkUnavailable of the node, and why.
condition()
{
	api GET /api/v1/nodes/n1 | python3 -c '
import json, sys
for c in json.load(sys.stdin)["status"].get("conditions", []):
    if c["type"] == "NetworkUnavailable":
        print(c["status"], c["message"])' > "$tmp/out"
}

# told STATUS TEXT: the condition is that.
told()
{
	condition
	grep -q "^$1 .*$2" "$tmp/out"
}

# readyz PATTERN...: it has these lines.
readyz()
{
	local pattern

	curl -s -m 60 http://127.0.0.1:18083/readyz > "$tmp/out"
	for pattern; do
		grep -q -- "$pattern" "$tmp/out" || return 1
	done
}

only_ready()
{
	readyz && [ "$(cat "$tmp/out")" = "flanneld is ready" ]
}

ends()
{
	local rc=0

	kill "${pids[0]}"
	wait "${pids[0]}" || rc=$?
	pids=()
	[ $rc = 0 ]
}

missing="kernel module 'flannel' is not loaded: modprobe flannel"
agent vxlan
ok "without the module the node says why it has no network" soon 60 told True "$missing"
ok "and so does /readyz" soon 60 readyz "$missing"
ok "it goes on, and ends when it is asked to" ends
agent host-gw
ok "with a backend that needs none it has one" soon 60 told False ''
ok "and is ready" soon 60 only_ready

# What the registry told last stands, and it is said what is wrong with it.
mv "$tmp/net-conf.json" "$tmp/away"
ok "a network config that is gone leaves it ready" soon 60 readyz \
	"flanneld is ready" "registry: .*net-conf.json: No such file"
node_make n2 10.244.2.0/24 > "$tmp/made"
sleep 1
ok "news of other nodes do not mend that" soon 60 readyz \
	"flanneld is ready" "registry: .*net-conf.json: No such file"
ok "it was said once" [ "$(grep -c "registry cannot be read.*net-conf" "$tmp/err")" = 1 ]
mv "$tmp/away" "$tmp/net-conf.json"
ok "and is over when it is there" soon 60 only_ready
apiserver_end
ok "nor does an API server that dies harm it" soon 60 readyz \
	"flanneld is ready" "registry: "
apiserver_run
ok "until it is there again" soon 60 only_ready
ok "it ends" ends
rc=0
NODE_NAME='' POD_NAME='' "$TOOL" agent -kube-subnet-mgr \
	-kubeconfig-file "$API_DIR/flannel.conf" > "$tmp/out" 2> "$tmp/err" || rc=$?
ok "an agent that cannot know its node ends at once" says 1 "set NODE_NAME"
done_testing
