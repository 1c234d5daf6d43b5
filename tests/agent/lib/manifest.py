#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Create the objects of a manifest as kubectl does, then be its service account.

    manifest.py FILE

$API is the server's URL, $API_DIR holds its certificate and tokens.
"""
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request

import yaml

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests/unit/tool"))
from follow import done_testing, ok  # noqa: E402

API = os.environ["API"]
DIR = os.environ["API_DIR"]
TLS = ssl.create_default_context(cafile=DIR + "/ca.crt")
ACCOUNT = "system:serviceaccount:kube-flannel:flannel"
PATCH = "application/strategic-merge-patch+json"
PATHS = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/kube-flannel/serviceaccounts",
    "ConfigMap": "/api/v1/namespaces/kube-flannel/configmaps",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding":
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "DaemonSet": "/apis/apps/v1/namespaces/kube-flannel/daemonsets",
}


def ask(method, path, body=None, kind="application/json", user=None):
    """The status and the answer; user: be that one."""
    with open(DIR + "/admin.token", encoding="ascii") as f:
        headers = {"Authorization": "Bearer " + f.read().strip(),
                   "Content-Type": kind}
    if user:
        headers["Impersonate-User"] = user
    request = urllib.request.Request(
        API + path, method=method, headers=headers,
        data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, context=TLS,
                                    timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()


def may(status, text, method, path, body=None, kind="application/json"):
    got = ask(method, path, body, kind, ACCOUNT)
    ok(got[0] == status, "the account %s" % text, *got)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        objects = list(yaml.safe_load_all(f))
    for o in objects:
        got = ask("POST", PATHS[o["kind"]], o)
        ok(got[0] == 201, "the server takes the %s" % o["kind"], *got)
        # What the server does not know, it leaves out without a word.
        kept = json.loads(got[1])
        if o["kind"] == "DaemonSet":
            pod = kept["spec"]["template"]["spec"]
            agent = pod["containers"][0]
            ok(agent["readinessProbe"]["httpGet"]["path"] == "/readyz" and
               agent["securityContext"]["capabilities"]["add"] ==
               ["NET_ADMIN", "NET_RAW"] and len(pod["initContainers"]) == 3,
               "and keeps all of it", got[1])

    ask("POST", "/api/v1/nodes", {"metadata": {"name": "n1"},
                                  "spec": {"podCIDR": "10.244.1.0/24"}})
    # The server takes a while to know what was just bound.
    for _ in range(600):
        if ask("GET", "/api/v1/nodes", user=ACCOUNT)[0] == 200:
            break
        time.sleep(0.1)
    may(200, "lists nodes", "GET", "/api/v1/nodes")
    may(200, "watches them", "GET",
        "/api/v1/nodes?watch=true&timeoutSeconds=1")
    may(200, "reads its own", "GET", "/api/v1/nodes/n1")
    may(200, "writes annotations and the condition", "PATCH",
        "/api/v1/nodes/n1/status",
        {"metadata": {"annotations": {"flannel.alpha.coreos.com/x": "y"}},
         "status": {"conditions": [{"type": "NetworkUnavailable",
                                    "status": "False"}]}}, PATCH)
    may(404, "looks for its pod", "GET",
        "/api/v1/namespaces/kube-flannel/pods/p")
    may(403, "does not change a node's spec", "PATCH", "/api/v1/nodes/n1",
        {"spec": {"unschedulable": True}}, PATCH)
    may(403, "deletes no node", "DELETE", "/api/v1/nodes/n1")
    may(403, "lists no pods", "GET", "/api/v1/pods")
    may(403, "sees no secrets", "GET", "/api/v1/secrets")
    may(403, "changes no config", "DELETE",
        PATHS["ConfigMap"] + "/kube-flannel-cfg")
    return done_testing()


sys.exit(main())
