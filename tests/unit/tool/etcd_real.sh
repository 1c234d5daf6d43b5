#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The etcd client against etcd itself: many leases, TLS that has to verify,
# certificates of clients, users. $TOOL is the executable.
. "$(dirname "$0")/lib.sh"
export ETCDCTL_API=3

if ! command -v etcd >/dev/null || ! command -v etcdctl >/dev/null; then
	skip "etcd" "it is not installed"
	done_testing
	exit
fi

# start SCHEME [OPTION...]: an etcd of its own; its port is in $port.
start()
{
	local scheme=$1 peer

	shift
	read -r port peer < <(../../lib/ports.py 2)
	etcd --data-dir "$tmp/etcd.$port" --name "test$port" \
		--listen-client-urls "$scheme://127.0.0.1:$port" \
		--advertise-client-urls "$scheme://127.0.0.1:$port" \
		--listen-peer-urls "http://127.0.0.1:$peer" \
		--initial-advertise-peer-urls "http://127.0.0.1:$peer" \
		--initial-cluster "test$port=http://127.0.0.1:$peer" \
		--log-level error "$@" > "$tmp/etcd.log" 2>&1 &
	pids+=($!)
}

# ready COMMAND...: wait until a command succeeds, two minutes or one try more.
ready()
{
	local until=$((SECONDS + 120))

	while [ $SECONDS -lt $until ]; do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.2
	done
	sed 's/^/# /' "$tmp/etcd.log"
	return 1
}

# A slow machine takes longer than etcdctl waits, and the environment does not
# tell it.
patient=(--dial-timeout=60s --command-timeout=60s)
ctl() { etcdctl "${patient[@]}" --endpoints="127.0.0.1:$port" "$@"; }
leases() { grep -c '^lease' "$tmp/out"; }

config='{"Network":"10.0.0.0/8","Backend":{"Type":"vxlan"}}'
lease='{"PublicIP":"192.168.77.2","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"4e:e4:f4:7b:b3:de"}}'
prefix=/coreos.com/network

start http
ok "etcd starts" ready ctl endpoint health
run registry show "etcd://127.0.0.1:$port"
ok "an empty etcd has no config" says 2 "there is no network config"
ctl put $prefix/config "$config" >/dev/null
run -j registry show "etcd://127.0.0.1:$port"
ok "no leases" [ "$rc $(cat "$tmp/out")" = \
	'0 [{"type":"config","network":["10.0.0.0/8"],"backend":"vxlan","vni":1}]' ]

# fill PORT: 1 100 leases, of which etcd takes 100 in a transaction.
fill()
{
	python3 - "$1" <<-'END'
	import base64, json, sys, urllib.request
	def b64(text):
	    return base64.b64encode(text.encode()).decode()
	def lease(a, b):
	    value = {"PublicIP": f"172.16.{a}.{b}", "PublicIPv6": None,
	             "BackendType": "vxlan", "BackendData":
	             {"VNI": 1, "VtepMAC": "4e:e4:f4:7b:b3:de"}}
	    key = f"/coreos.com/network/subnets/10.{a}.{b}.0-24"
	    return {"request_put": {"key": b64(key), "value": b64(json.dumps(value))}}
	for a in range(11):
	    body = {"success": [lease(a, b) for b in range(1, 101)]}
	    urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/v3/kv/txn",
	                           json.dumps(body).encode()).read()
	END
}
fill "$port"
run registry show "etcd://127.0.0.1:$port"
ok "1100 leases" [ "$rc $(leases)" = "0 1100" ]

# The lease that was made first counts, whatever its place in the listing.
ctl put "$prefix/subnets/10.200.2.0-25" "$lease" >/dev/null
ctl put "$prefix/subnets/10.200.2.0-24" "$lease" >/dev/null
ctl put "$prefix/subnets/10.200.2.0-25" "$lease" >/dev/null
run registry show "etcd://127.0.0.1:$port"
ok "an older lease wins, even after it was renewed" \
	says 0 "refused 10.200.2.0-24 overlaps the older lease 10.200.2.0-25"

# What others may have put there.
ctl put "$prefix/subnets/garbage" x >/dev/null
ctl put "$prefix/subnets-evil/10.251.0.0-24" "$lease" >/dev/null
ctl put "$prefix/subnets/../../evil/10.250.0.0-24" "$lease" >/dev/null
ctl put "$prefix/subnets/" "$lease" >/dev/null
ctl put "$prefix/subnets/10.252.0.0-24" -- '{"PublicIP":' >/dev/null
ctl put "$prefix/subnets/10.253.0.0-24" '' >/dev/null
head -c 1000000 /dev/zero | tr '\0' x | ctl put "$prefix/subnets/10.254.0.0-24" >/dev/null
run registry show "etcd://127.0.0.1:$port$prefix/"
ok "all good leases are still there" [ "$rc $(leases)" = "0 1101" ]
ok "a prefix is a prefix with a slash" [ "$(grep -c 10.251.0.0 "$tmp/out")" = 0 ]
ok "and what is below it has to be a key" \
	says 0 "refused ../../evil/10.250.0.0-24 bad key"
ok "seven entries are refused" [ "$(grep -c '^refused' "$tmp/out")" = 7 ]
ok "each on a short line" [ "$(awk 'length > 400' "$tmp/out" | wc -l)" = 0 ]

# Users.
{
	ctl user add root:secret && ctl user grant-role root root
	ctl user add reader:pass && ctl role add reader &&
		ctl role grant-permission reader read "$prefix/" --prefix &&
		ctl user grant-role reader reader && ctl auth enable
} >/dev/null
run registry show "etcd://127.0.0.1:$port"
ok "without a user name nothing is shown" says 2 "user name is empty"
run registry show "etcd://127.0.0.1:$port" --etcd-username reader --etcd-password wrong
ok "nor with a wrong password" says 2 "authentication failed"
run registry show "etcd://127.0.0.1:$port" --etcd-username=reader --etcd-password=pass
ok "a user who may read" [ "$rc $(leases)" = "0 1101" ]
FLANNELD_ETCD_PASSWORD=pass run registry show "etcd://127.0.0.1:$port" -etcd-username reader
ok "a password from the environment" [ "$rc $(leases)" = "0 1101" ]
run registry show "etcd://127.0.0.1:$port/other" --etcd-username reader --etcd-password pass
ok "and not what the user may not read" says 2 "permission denied"

if ! command -v openssl >/dev/null; then
	skip "TLS" "openssl is not installed"
	done_testing
	exit
fi

# cert NAME CA SUBJECT [EXTENSION]: a certificate and its key.
cert()
{
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$tmp/$1.key" -out "$tmp/$1.csr" -subj "/CN=$3" &&
	openssl x509 -req -in "$tmp/$1.csr" -CA "$tmp/$2.pem" \
		-CAkey "$tmp/$2.key" -CAcreateserial -days "${5:-2}" \
		-out "$tmp/$1.pem" -extfile <(echo "${4:-basicConstraints=CA:FALSE}")
}
authority()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$tmp/$1.key" -out "$tmp/$1.pem" -subj "/CN=$1" -days 2
}
{
	authority ca && authority other
	cert server ca server subjectAltName=IP:127.0.0.1
	cert name ca name subjectAltName=DNS:etcd.example
	cert client ca client
} >/dev/null 2>&1
ca=--etcd-cafile=$tmp/ca.pem

start https --cert-file "$tmp/server.pem" --key-file "$tmp/server.key"
secure()
{
	etcdctl "${patient[@]}" --endpoints="https://127.0.0.1:$port" \
		--cacert "$tmp/ca.pem" "$@"
}
ok "etcd with TLS starts" ready secure endpoint health
secure put $prefix/config "$config" >/dev/null
run registry show "etcds://127.0.0.1:$port" "$ca"
ok "a CA alone is enough, and is TLS" says 0 "config network 10.0.0.0/8"
run registry show "etcds://127.0.0.1:$port"
ok "the system's authorities do not know it" says 2 "certificate"
run registry show "etcds://127.0.0.1:$port" --etcd-cafile "$tmp/other.pem"
ok "nor does another authority" says 2 "certificate"
run registry show "etcds://127.0.0.1:$port" --etcd-cafile "$tmp/no-such-file"
ok "a CA file that is not there" says 2 "etcd 127.0.0.1:$port: "
run registry show "etcds://localhost:$port" "$ca"
ok "another host name" says 2 "no alternative certificate subject name"
run registry show "etcd://127.0.0.1:$port"
ok "no plain text where there is TLS" says 2 "etcd 127.0.0.1:$port: "

expired="$tmp/expired"
if openssl x509 -req -in "$tmp/server.csr" -CA "$tmp/ca.pem" \
	-CAkey "$tmp/ca.key" -CAcreateserial -days -1 -out "$expired.pem" \
	-extfile <(echo subjectAltName=IP:127.0.0.1) 2>/dev/null; then
	start https --cert-file "$expired.pem" --key-file "$tmp/server.key"
	ready curl -sk "https://127.0.0.1:$port/health" || true
	run registry show "etcds://127.0.0.1:$port" "$ca"
	ok "a certificate that has expired" says 2 "certificate has expired"
else
	skip "a certificate that has expired" "openssl makes none"
fi

start https --cert-file "$tmp/name.pem" --key-file "$tmp/name.key"
ready curl -sk "https://127.0.0.1:$port/health" || true
run registry show "etcds://127.0.0.1:$port" "$ca"
ok "a certificate of another name" says 2 "no alternative certificate subject name"

start https --cert-file "$tmp/server.pem" --key-file "$tmp/server.key" \
	--client-cert-auth --trusted-ca-file "$tmp/ca.pem"
own=(--cert "$tmp/client.pem" --key "$tmp/client.key")
ok "etcd that asks for certificates starts" ready secure "${own[@]}" endpoint health
secure "${own[@]}" put $prefix/config "$config" >/dev/null
run registry show "etcds://127.0.0.1:$port" "$ca"
ok "without a certificate nothing is shown" says 2 "etcd 127.0.0.1:$port: "
own=("$ca" --etcd-certfile "$tmp/client.pem" --etcd-keyfile "$tmp/client.key")
run registry show "etcds://127.0.0.1:$port" "${own[@]}"
ok "with one it is" says 0 "config network 10.0.0.0/8"
chmod 644 "$tmp/client.key"
run registry show "etcds://127.0.0.1:$port" "${own[@]}"
ok "a key that others may read is not used" says 1 "chmod 600"
done_testing
