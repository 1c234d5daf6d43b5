# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A real cluster registry: etcd and kube-apiserver, with TLS, tokens and RBAC,
# on an address of this network namespace. Source it after tests/lib/common.sh.
#
# What apiserver_start makes in its directory: ca.crt; admin.conf, flannel.conf
# and nobody.conf, kubeconfigs of a user who may everything, one who may what
# flannel's manifest allows, and one who may nothing; ADMIN.token and so on.
# kube-apiserver has no namespace, pod or node until somebody makes them.

API=             # https://ADDRESS:PORT
API_DIR=
API_ADDRESS=
API_ALSO=        # another address under which clients reach it
API_PORT=
API_ETCD=        # PORT
API_PIDS=()      # etcd, kube-apiserver
API_SERVER=      # the program

# apiserver_find: find the program, build it where there is none. Fails with a
# reason in API_WHY if that cannot be done here.
apiserver_find()
{
	local log rc

	log=$(mktemp)
	API_SERVER=$("$ROOT/tests/agent/lib/apiserver-build" 2> "$log")
	rc=$?
	# shellcheck disable=SC2034 # for whoever sources this
	API_WHY=$(tail -n 1 "$log")
	[ $rc = 0 ] || cat "$log" >&2
	rm -f "$log"
	return $rc
}

# api METHOD PATH [BODY [TYPE]]: as the administrator; prints the answer.
api()
{
	curl -sS -m 30 --cacert "$API_DIR/ca.crt" -X "$1" \
		-H "Authorization: Bearer $(cat "$API_DIR/admin.token")" \
		${3:+-H "Content-Type: ${4:-application/json}" --data "$3"} \
		"$API$2"
}

# apiserver_keys: an authority, the server's certificate, the key for tokens.
apiserver_keys()
{
	local d=$API_DIR

	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj /CN=test-authority -keyout "$d/ca.key" \
		-out "$d/ca.crt" &&
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj /CN=kube-apiserver -keyout "$d/server.key" \
		-out "$d/server.csr" &&
	openssl x509 -req -days 2 -in "$d/server.csr" -CA "$d/ca.crt" \
		-CAkey "$d/ca.key" -CAcreateserial -out "$d/server.crt" \
		-extfile <(echo "subjectAltName=IP:$API_ADDRESS${API_ALSO:+,IP:$API_ALSO}") &&
	openssl genrsa -out "$d/tokens.key" 2048
}

# kubeconfig USER: its kubeconfig, with a token.
kubeconfig()
{
	local d=$API_DIR

	(umask 077 && cat > "$d/$1.conf" <<CONFIG
apiVersion: v1
kind: Config
clusters:
- name: test
  cluster:
    server: $API
    certificate-authority-data: $(base64 -w 0 "$d/ca.crt")
users:
- name: $1
  user:
    tokenFile: $1.token
contexts:
- name: test
  context: {cluster: test, user: $1}
current-context: test
CONFIG
	)
}

apiserver_users()
{
	local user group

	: > "$API_DIR/users"
	for user in admin flannel nobody; do
		group='test'
		[ $user != admin ] || group=system:masters
		(umask 077 && openssl rand -hex 16 > "$API_DIR/$user.token")
		echo "$(cat "$API_DIR/$user.token"),$user,$user,$group" \
			>> "$API_DIR/users"
		kubeconfig $user
	done
}

# What flannel's own manifest allows.
apiserver_roles()
{
	local rbac=/apis/rbac.authorization.k8s.io/v1

	api POST $rbac/clusterroles '{"metadata": {"name": "flannel"}, "rules": [
		{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
		{"apiGroups": [""], "resources": ["nodes"],
		 "verbs": ["get", "list", "watch"]},
		{"apiGroups": [""], "resources": ["nodes/status"],
		 "verbs": ["patch"]}]}' &&
	api POST $rbac/clusterrolebindings '{"metadata": {"name": "flannel"},
		"roleRef": {"apiGroup": "rbac.authorization.k8s.io",
			    "kind": "ClusterRole", "name": "flannel"},
		"subjects": [{"apiGroup": "rbac.authorization.k8s.io",
			      "kind": "User", "name": "flannel"}]}'
}

# wait_ready SECONDS COMMAND...
wait_ready()
{
	local until=$((SECONDS + $1))

	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.2
	done
}

apiserver_etcd()
{
	etcd --data-dir "$API_DIR/etcd" \
		--listen-client-urls "http://127.0.0.1:$API_ETCD" \
		--advertise-client-urls "http://127.0.0.1:$API_ETCD" \
		--listen-peer-urls "http://127.0.0.1:$1" \
		--unsafe-no-fsync > "$API_DIR/etcd.log" 2>&1 &
	API_PIDS[0]=$!
	wait_ready 120 curl -sf -m 5 "http://127.0.0.1:$API_ETCD/health"
}

# apiserver_run: start kube-apiserver alone, and wait until it is ready.
apiserver_run()
{
	"$API_SERVER" --etcd-servers "http://127.0.0.1:$API_ETCD" \
		--bind-address "$API_ADDRESS" --secure-port "$API_PORT" \
		--advertise-address 192.0.2.1 --endpoint-reconciler-type none \
		--tls-cert-file "$API_DIR/server.crt" \
		--tls-private-key-file "$API_DIR/server.key" \
		--token-auth-file "$API_DIR/users" --authorization-mode RBAC \
		--service-cluster-ip-range 10.96.0.0/24 \
		--service-account-issuer https://test.invalid \
		--service-account-signing-key-file "$API_DIR/tokens.key" \
		--service-account-key-file "$API_DIR/tokens.key" \
		--disable-admission-plugins ServiceAccount \
		--feature-gates IPv6DualStack=true \
		>> "$API_DIR/apiserver.log" 2>&1 &
	API_PIDS[1]=$!
	wait_ready 120 apiserver_ready
}

apiserver_ready()
{
	api GET /readyz | grep -qx ok
}

# apiserver_start DIR [ADDRESS]: start all of it. apiserver_find comes first.
apiserver_start()
{
	local peer

	API_DIR=$1 API_ADDRESS=${2:-127.0.0.1}
	rm -rf "$API_DIR"
	mkdir -p "$API_DIR"
	read -r API_PORT API_ETCD peer < <("$ROOT/tests/lib/ports.py" 3)
	API=https://$API_ADDRESS:$API_PORT
	apiserver_keys > "$API_DIR/keys.log" 2>&1 || return
	apiserver_users
	if ! { apiserver_etcd "$peer" && apiserver_run; }; then
		tail -n 20 "$API_DIR/etcd.log" "$API_DIR/apiserver.log" >&2
		apiserver_stop
		return 1
	fi
	apiserver_roles > "$API_DIR/roles.log"
}

# apiserver_end: kube-apiserver crashes (asked to stop, it waits for watches to
# end); etcd goes on, and apiserver_run starts it again at the same place.
apiserver_end()
{
	kill -9 "${API_PIDS[1]}" 2>/dev/null
	wait "${API_PIDS[1]}" 2>/dev/null
	! kill -0 "${API_PIDS[1]}" 2>/dev/null
}

apiserver_stop()
{
	[ ${#API_PIDS[@]} = 0 ] || kill -9 "${API_PIDS[@]}" 2>/dev/null
	wait "${API_PIDS[@]}" 2>/dev/null
	API_PIDS=()
}

# node_make NAME PODCIDR[,PODCIDR]: what kubelet and kube-controller-manager do.
node_make()
{
	api POST /api/v1/nodes "{\"metadata\": {\"name\": \"$1\"}, \"spec\": {
		\"podCIDR\": \"${2%,*}\", \"podCIDRs\": [\"${2//,/\", \"}\"]}}"
}

# nodes_make FROM TO: nodes n0001 ... with subnets of 10.128.0.0/10, that other
# flannels run on.
nodes_make()
{
	local list=$API_DIR/nodes.curl i p=flannel.alpha.coreos.com

	for ((i = $1; i <= $2; i++)); do
		[ "$i" = "$1" ] || echo next
		printf 'url = "%s/api/v1/nodes"\n' "$API"
		printf 'cacert = "%s"\n' "$API_DIR/ca.crt"
		printf 'output = "/dev/null"\nsilent\nfail\nshow-error\n'
		printf 'header = "Authorization: Bearer %s"\n' \
			"$(<"$API_DIR/admin.token")"
		printf 'header = "Content-Type: application/json"\n'
		printf 'data = "%s"\n' "$(printf '{"metadata": {"name": "n%04d", "annotations": {"%s/kube-subnet-manager": "true", "%s/backend-type": "vxlan", "%s/public-ip": "172.16.%d.%d", "%s/backend-data": "{\\"VNI\\":1,\\"VtepMAC\\":\\"02:00:00:00:%02x:%02x\\"}"}}, "spec": {"podCIDR": "10.%d.%d.0/24"}}' \
			"$i" $p $p $p $((i / 256)) $((i % 256)) $p \
			$((i / 256)) $((i % 256)) $((128 + i / 256)) \
			$((i % 256)) | sed 's/\\/\\\\/g; s/"/\\"/g')"
	done > "$list"
	curl -K "$list"
}
