#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Create all objects of a manifest, as kubectl does.

    apply.py SERVER CAFILE TOKENFILE MANIFEST

Waits a minute for the server to be ready. Prints a line for each object; ends
with 1 when the server refuses one.
"""
import json
import ssl
import sys
import time
import urllib.error
import urllib.request

import yaml

PATHS = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding":
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
}


class Server:
    """An API server, and who we are there."""

    def __init__(self, url, cafile, token):
        self.url = url
        self.context = ssl.create_default_context(cafile=cafile)
        self.headers = {"Authorization": "Bearer " + token,
                        "Content-Type": "application/json"}

    def ask(self, path, body=None):
        request = urllib.request.Request(
            self.url + path, headers=self.headers,
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, context=self.context,
                                    timeout=10) as answer:
            return answer.read()

    def wait(self):
        for _ in range(300):
            try:
                self.ask("/readyz")
                return
            except OSError:
                time.sleep(0.2)
        sys.exit("the server is not ready")


def main():
    url, cafile, token, manifest = sys.argv[1:]
    with open(token, encoding="ascii") as f:
        server = Server(url, cafile, f.read().strip())
    server.wait()
    with open(manifest, encoding="utf-8") as f:
        for o in yaml.safe_load_all(f):
            path = PATHS[o["kind"]].format(o["metadata"].get("namespace"))
            try:
                server.ask(path, o)
            except urllib.error.HTTPError as e:
                print(o["kind"], e.read().decode())
                sys.exit(1)
            print(o["kind"], o["metadata"]["name"])


main()
