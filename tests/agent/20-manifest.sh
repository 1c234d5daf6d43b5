#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# deploy/kube-flannel.yml and a real API server: it takes every object, and the
# service account may do what the agent does, and nothing else. Prints TAP.
. "$(dirname "$0")/../lib/common.sh"
. "$ROOT/tests/agent/lib/apiserver.sh"
ME=20-manifest

if ! apiserver_find; then
	echo "1..0 # SKIP kube-apiserver cannot be built: $API_WHY"
	exit 0
fi
tmp=$(mktemp -d)
trap 'apiserver_stop; rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
apiserver_start "$tmp/api" || exit 1

# These come from the manifest itself.
rbac=/apis/rbac.authorization.k8s.io/v1
for object in clusterroles clusterrolebindings; do
	api DELETE $rbac/$object/flannel > "$tmp/deleted" ||
		cat "$tmp/deleted" >&2
done
export API API_DIR ROOT
"$ROOT/tests/agent/lib/manifest.py" \
	"$ROOT/tools/flanctl-genl/deploy/kube-flannel.yml"
