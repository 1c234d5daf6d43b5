#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A whole agent on a node where something is missing: the module, the interface,
# the registry; and with a registry that talks nonsense. What it says in its
# log, in /readyz and in /metrics.
# shellcheck disable=SC2317,SC2015 # what ok() calls
cd "$(dirname "$0")" || exit 1
. ./lib.sh
own_network ./node.sh
. ../tool/lib.sh

ip link set lo up
ip link add under type veth peer name other
ip link set under up
ip link set other up
ip addr add 192.168.77.1/24 dev under
registry=$tmp/registry.json
port=18081

# put TEXT: that is the registry, all at once.
put()
{
	echo "$1" > "$registry.new"
	mv "$registry.new" "$registry"
}

# config BACKEND [LEASES]
config()
{
	put "{\"config\": {\"Network\": \"10.244.0.0/16\", \"Backend\": {\"Type\": \"$1\"}}, \"subnets\": {${2:-}}}"
}

# agent: with the registry in the file, or $name.
agent()
{
	"$TOOL" agent -registry "${name:-file:$registry}" -iface under \
		-subnet-file "$tmp/subnet.env" -iptables-forward-rules=false \
		-healthz-ip 127.0.0.1 -healthz-port $port \
		> "$tmp/log" 2>&1 < /dev/null 7<&- &
	pid=$!
	pids=("$pid")
}

# get PATH: its body is in $tmp/out, "STATUS" in $status.
get()
{
	status=$(curl -s -m 60 -o "$tmp/out" -w '%{http_code}' \
		"http://127.0.0.1:$port$1")
}

# readyz STATUS TEXT...: that is what it says, sooner or later: the status, and
# these lines or parts of lines.
readyz()
{
	local wanted=$1 text all

	shift
	for _ in {1..600}; do
		get /readyz
		all=$([ "$status" = "$wanted" ] && echo yes)
		for text; do
			grep -qF -- "$text" "$tmp/out" || all=''
		done
		[ -z "$all" ] || return 0
		sleep 0.1
	done
	cp "$tmp/log" "$tmp/err"
	return 1
}

# exactly TEXT: what /readyz says.
exactly()
{
	get /readyz
	[ "$(cat "$tmp/out")" = "$1" ]
}

# all_well: until /readyz says nothing else.
all_well()
{
	soon 30 exactly "flanneld is ready"
}

metric()
{
	get /metrics
	grep -qxF "flannel_$1" "$tmp/out"
}

# said TIMES TEXT
said()
{
	cp "$tmp/log" "$tmp/err"
	[ "$(grep -cF -- "$2" "$tmp/log")" = "$1" ]
}

# ends CODE: after SIGTERM. How soon is judged in lane scale.
ends()
{
	local rc=0

	kill "$pid"
	wait "$pid" || rc=$?
	pids=()
	cp "$tmp/log" "$tmp/err"
	[ $rc = "$1" ]
}

# refused TEXT WORD...: exit code 1 and one line, and nothing is touched.
refused()
{
	local text=$1

	shift
	run agent -registry "file:$registry" -subnet-file "$tmp/no/subnet.env" "$@"
	ok "${*: -1} is refused" says 1 "$text"
	ok "in one line, before anything is touched" \
		[ "$(wc -l < "$tmp/err")$(ls "$tmp/no" 2>/dev/null)" = 1 ]
}

config vxlan
refused "--iface-regex eth(: missing closing parenthesis" -iface-regex "eth("
refused "--iface-can-reach here: not an address" -iface-can-reach here
refused "-etcd-prefix 'coreos.com/network'" -etcd-prefix coreos.com/network
refused "-etcd-prefix '/a//b'" -etcd-prefix /a//b
refused "-healthz-ip 'nowhere'" -healthz-port 1 -healthz-ip nowhere
NODE_NAME='' POD_NAME='' refused "set NODE_NAME, or POD_NAME and POD_NAMESPACE" \
	-registry "kube:" -kube-api-url http://127.0.0.1:1

config wireguard
agent
rc=0
wait "$pid" || rc=$?
ok "a backend that there is not ends it" test $rc = 1
ok "by name" said 1 "backend 'wireguard' is not supported"

missing="kernel module 'flannel' is not loaded: modprobe flannel"
if [ -e /sys/module/flannel ]; then
	skip "a node without the module" "this one has it"
else
	config vxlan
	agent
	ok "without the module it is not ready" readyz 503 \
		"flanneld is not ready yet" "cannot make flannel.1: $missing"
	sleep 2.5
	ok "it is said once" said 1 "$missing"
	ok "and in metrics" metric "module_loaded 0"
	ok "as is the rest" metric "ready 0"
	ok "it still ends" ends 0
fi

rm "$registry"
ip link set under name later
agent
ok "without a registry it is not ready" readyz 503 "waiting for the registry" \
	"registry: " "No such file or directory"
ok "which metrics tell" metric "registry_up 0"
config host-gw
ok "without an interface it is not ready" readyz 503 "--iface under: no such interface"
ok "the registry is there now" metric "registry_up 1"
ok "which is said" said 1 "the registry can be read again"
ip link set later name under
ok "with one it is" readyz 200
ok "and says no more than that" exactly "flanneld is ready"
lease=$(sed -n "s/.*this node's lease is \([^,]*\), newly.*/\1/p" "$tmp/log")
ok "the subnet was chosen once" said 1 "newly chosen"

# The last good state stays, and it is said what is wrong.
ip route > "$tmp/before"
good=$(cat "$registry")
for nonsense in '' '{"config": {"Netw' '[]' '{"config": 7, "subnets": []}' \
	'{"subnets": {}}garbage'; do
	errors=$(get /metrics
		sed -n 's/^flannel_registry_errors_total //p' "$tmp/out")
	printf '%s' "$nonsense" > "$registry.new"
	mv "$registry.new" "$registry"
	ok "'$nonsense': it stays ready, and says why" readyz 200 \
		"flanneld is ready" "registry: "
	ok "and in metrics" metric "registry_up 0"
	ok "where it is counted" metric "registry_errors_total $((errors + 1))"
	put "$good"
	all_well
	ok "until it is good again" exactly "flanneld is ready"
done
put "${good/\"Type\": \"host-gw\"/\"Type\": \"nonsense\"}"
ok "a network config that is nonsense is not taken" readyz 200 \
	"backend from host-gw to nonsense"
ok "is in metrics" metric "config_ignored 1"
put "$good"
all_well
ok "and forgotten with the old one" metric "config_ignored 0"
bad='"10.244.200.0-24": {"PublicIP": "127.0.0.1", "BackendType": "host-gw"}'
with_bad=${good/\"subnets\": \{/\"subnets\": \{$bad,}
put "$with_bad"
ok "a lease that is nonsense is told" readyz 200 "1 leases are refused"
ok "and in metrics" metric "refused_leases 1"
ip route > "$tmp/after"
ok "all the while nothing changed" cmp "$tmp/before" "$tmp/after"

# Whoever makes it complain all the time does not fill the disk.
for n in {1..150}; do
	printf '{"config": {"Netw%s' "$n" > "$registry"
	sleep 0.03
	echo "$with_bad" > "$registry"
	sleep 0.01
done
ok "complaints are limited" [ "$(wc -l < "$tmp/log")" -lt 250 ]
ok "it ends" ends 0
ok "the lease is this node's" grep -qF "lease $lease is this node's" "$tmp/log"

# The same with an etcd: one of a few lines, that is told what to answer.
cat > "$tmp/etcd.py" <<'PYTHON'
import sys
import etcd_model
etcd = etcd_model.Etcd()
etcd.put("config", '{"Network":"10.244.0.0/16","Backend":{"Type":"host-gw"}}')
print(etcd.url, flush=True)
good = etcd.fault
answers = {"nonsense": (200, b'{"header": "nonsense"'),
           "rubbish": (500, b"\x00\xff<html>"), "empty": (200, b"{}")}
for line in sys.stdin:
    answer = answers.get(line.strip())
    etcd.fault = (lambda path, request, a=answer: a) if answer else good
    # Who asks again by himself has found the good one already.
    if answer:
        etcd.cut()
PYTHON
mkfifo "$tmp/tell"
PYTHONPATH=../tool python3 "$tmp/etcd.py" < "$tmp/tell" > "$tmp/name" &
server=$!
exec 8> "$tmp/tell"
soon 30 test -s "$tmp/name"
name=$(cat "$tmp/name")
rm "$tmp/subnet.env"
agent
pids+=("$server")
ok "with etcd it is ready" readyz 200
for nonsense in nonsense rubbish empty; do
	echo $nonsense >&8
	ok "$nonsense of an etcd: it stays ready, and says why" readyz 200 \
		"flanneld is ready" "registry: etcd 127.0.0.1:"
	ok "and in metrics" metric "registry_up 0"
	sleep 1
	echo good >&8
	ok "until it is good again" all_well
done

# outages TIMES: so many were said, each with its end, and in each no reason
# twice.
outages()
{
	cp "$tmp/log" "$tmp/err"
	awk -v wanted="$1" '
	/the registry cannot be read, what it told last stands/ {
		if ($0 in said) bad = 1
		said[$0]
	}
	/the registry can be read again/ {
		if (!length(said)) bad = 1
		delete said
		n++
	}
	END { exit bad || n != wanted || length(said) }' "$tmp/log"
}
ok "each was said once, and its end" soon 30 outages 3
ok "it ends" ends 0
exec 8>&-
wait "$server"
name=

# What was chosen and could not be written is asked for again.
rm "$tmp/subnet.env"
mkdir "$tmp/kept"
registry=$tmp/kept/registry.json
config host-gw
exec 7< "$tmp/kept"
flock 7
agent
ok "a registry that cannot be written is told" readyz 503 "to take the lease" \
	"somebody keeps it locked"
sleep 6
ok "once" said 1 "somebody keeps it locked"
exec 7<&-
ok "it is tried again" readyz 200
ok "with the same subnet" said 1 "newly chosen"
ok "it ends" ends 0

# A second agent is kept off by a name that anybody can have: a stranger who has
# it keeps nobody off.
taken()
{
	rm -f "$tmp/taken"
	python3 -c '
import os, socket, sys, time
os.setuid(int(sys.argv[1]))
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(b"\0flanctl-genl-agent/0/host-gw")
print("taken", flush=True)
time.sleep(60)' "$1" > "$tmp/taken" &
	taker=$!
	soon 30 grep -q taken "$tmp/taken"
}

# can_tell: whether the kernel lists sockets with their names and users.
can_tell()
{
	python3 -c '
import socket, struct, sys
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)
s.send(struct.pack("=IHHIIBBHIIIII", 40, 20, 0x301, 1, 0,
                   socket.AF_UNIX, 0, 0, 0xffffffff, 0, 0x41, 0, 0))
sys.exit(struct.unpack_from("=IH", s.recv(65536))[1] == 2)'
}

ends_fatally()
{
	local rc=0

	wait "$pid" || rc=$?
	[ $rc = 1 ] && said 1 "another agent runs"
}

taken 0
agent
ok "another agent keeps it off" ends_fatally
kill $taker
wait $taker
taken 65534
if can_tell; then
	agent
	ok "a stranger does not" readyz 200
	ok "and is named" said 1 "user 65534 has taken the name"
	ok "it ends" ends 0
else
	skip "a stranger does not" "this kernel does not tell whose sockets are"
fi
kill $taker
wait $taker

# A lease that another node has taken: this node keeps its subnet until it is
# started again, and follows its peers all the same.
rm -rf "$tmp/subnet.env"
registry=$tmp/registry.json
config host-gw
agent
ok "a lease of its own" readyz 200
lease=$(sed -n 's/.*lease \(.*\) is this node.s/\1/p' "$tmp/log")
config host-gw "\"$lease\": {\"PublicIP\": \"192.168.77.9\", \"BackendType\": \"host-gw\"}, \"10.244.250.0-24\": {\"PublicIP\": \"192.168.77.8\", \"BackendType\": \"host-gw\"}"
ok "another node has it" readyz 503 "lease $lease is another node's now"

# routed SUBNET: there is a route to it.
routed()
{
	[ -n "$(ip route show "$1")" ]
}
ok "a peer that comes has a route" soon 30 routed 10.244.250.0/24
ok "the other node has none" test -z "$(ip route show "${lease/-//}")"
ok "it ends" ends 0
ip route flush proto 102

# With Kubernetes a node has the subnets that it is given, and no others.
cat > "$tmp/kube.py" <<'PYTHON'
import sys
from fake_kube import FakeKube, certificate, node
kube = FakeKube(certificate(sys.argv[1], "kube"))
kube.nodes["self"] = node("self", None)
print(kube.url(), flush=True)
for line in sys.stdin:
    kube.put(node("self", line.strip()))
PYTHON
rm "$tmp/tell"
mkfifo "$tmp/tell"
PYTHONPATH=../tool python3 "$tmp/kube.py" "$tmp" < "$tmp/tell" > "$tmp/url" &
server=$!
exec 8> "$tmp/tell"
soon 30 test -s "$tmp/url"
cat > "$tmp/kubeconfig" <<YAML
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "$(cat "$tmp/url")", certificate-authority: $tmp/kube.crt}}]
users: [{name: u, user: {token: secret}}]
YAML
chmod 600 "$tmp/kubeconfig"
echo '{"Network": "10.244.0.0/16", "Backend": {"Type": "host-gw"}}' > "$tmp/net-conf.json"
export NODE_NAME=self FLANNELD_NET_CONFIG_PATH=$tmp/net-conf.json
name=kube:$tmp/kubeconfig
rm "$tmp/subnet.env"
agent
pids+=("$server")
ok "without a podCIDR it waits" readyz 503 "waiting for this node's podCIDR"
echo 10.99.1.0/24 >&8
ok "one outside the network is refused" readyz 503 \
	"this node's podCIDR 10.99.1.0/24 is outside the cluster network 10.244.0.0/16"
echo fd00:9::/64 >&8
ok "so is one of another family" readyz 503 \
	"this node has no podCIDR in the cluster network 10.244.0.0/16"
ok "and it has chosen none" test ! -e "$tmp/subnet.env"
echo 10.244.7.0/24 >&8
ok "with one it is ready" readyz 200
ok "and that is its subnet" grep -qx FLANNEL_SUBNET=10.244.7.1/24 "$tmp/subnet.env"
ok "it ends" ends 0
exec 8>&-
wait "$server"
unset NODE_NAME FLANNELD_NET_CONFIG_PATH
name=

# A program of the packet filter that ends before it has read what it is told is
# an error like any other: so is cleanup's, which has no agent around it.
mkdir "$tmp/bin"
cat > "$tmp/bin/iptables" <<'SCRIPT'
#!/bin/sh
case "$*" in
--version)		echo "iptables v1.8.9 (nf_tables)" ;;
*"-S POSTROUTING")	echo "-A POSTROUTING -j FLANNEL-POSTRTG" ;;
*)			echo "-N FLANNEL-POSTRTG" ;;
esac
SCRIPT
chmod +x "$tmp/bin/iptables"
cp "$tmp/bin/iptables" "$tmp/bin/ip6tables"
ln -s "$(type -P false)" "$tmp/bin/iptables-restore"
ln -s "$(type -P false)" "$tmp/bin/ip6tables-restore"
rc=2
for _ in {1..10}; do
	[ $rc = 2 ] || break
	rc=0
	PATH=$tmp/bin:$PATH "$TOOL" agent -cleanup \
		-subnet-file "$tmp/none/subnet.env" > "$tmp/out" 2> "$tmp/err" ||
		rc=$?
done
ok "a cleanup whose iptables-restore ends early says so" says 2 \
	"iptables-restore, table nat: it failed"
done_testing
