#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Kubernetes registry with a real kube-apiserver and etcd: TLS, tokens,
# RBAC, pages, watches, patches, restarts; in a pod and outside. Prints TAP;
# $FOLLOW is the program follow of tests/unit/tool.
. "$(dirname "$0")/../lib/common.sh"
. "$ROOT/tests/agent/lib/apiserver.sh"
ME=10-kube

if ! apiserver_find; then
	echo "1..0 # SKIP kube-apiserver cannot be built: $API_WHY"
	exit 0
fi
tmp=$(mktemp -d)
trap 'apiserver_stop; rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
apiserver_start "$tmp/api" || exit 1

export API API_DIR ROOT
# kube.py asks for a restart through a pipe: servers are this shell's children.
mkfifo "$tmp/ask" "$tmp/answer"
exec 8<> "$tmp/ask" 9<> "$tmp/answer"
RESTART_ASK=$tmp/ask RESTART_ANSWER=$tmp/answer \
	"$ROOT/tests/agent/lib/kube.py" &
tests=$!
(
	# shellcheck disable=SC2030 # for the loop's own sake
	while kill -0 $tests 2>/dev/null; do sleep 1; done
	echo end > "$tmp/ask"
) &
while read -r word <&8; do
	case $word in
	stop)	apiserver_end ;;
	start)	apiserver_run ;;
	nodes)	nodes_make 1 1200 ;;
	end)	break ;;
	esac
	echo "$?" >&9
done
wait $tests
