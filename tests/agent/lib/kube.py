#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of the Kubernetes registry with a real kube-apiserver; see 10-kube.sh.

$API is its URL, $API_DIR holds its certificate, tokens and kubeconfigs.
"""
import json
import os
import ssl
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests/unit/tool"))
from follow import Follow, done_testing, ok, skip, value_of  # noqa: E402

API = os.environ["API"]
DIR = os.environ["API_DIR"]
P = "flannel.alpha.coreos.com/"
TLS = ssl.create_default_context(cafile=DIR + "/ca.crt")
TMP = tempfile.mkdtemp()
CONFIG = os.path.join(TMP, "net-conf.json")
VALUE = ('{"PublicIP":"192.168.77.1","PublicIPv6":"fd00:77::1",'
         '"BackendType":"vxlan",'
         '"BackendData":{"VNI":1,"VtepMAC":"8e:a1:74:6e:c8:d3"},'
         '"BackendV6Data":{"VNI":1,"VtepMAC":"8e:a1:74:6e:c8:d4"}}')
CLAIM = "claim x %s put" % VALUE
OWN = "10.127.1.0-24&fd00:127:1::-64 own"


def token(user):
    with open("%s/%s.token" % (DIR, user), encoding="ascii") as f:
        return f.read().strip()


def api(method, path, body=None, kind="application/json"):
    request = urllib.request.Request(
        API + path, method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": "Bearer " + token("admin"),
                 "Content-Type": kind})
    try:
        with urllib.request.urlopen(request, context=TLS, timeout=30) as f:
            return json.load(f)
    except urllib.error.HTTPError as e:
        print("# %s %s: %s" % (method, path, e.read().decode()[:300]))
        return {}


def make_node(name, cidrs, ip=None):
    annotations = {} if not ip else {
        P + "kube-subnet-manager": "true", P + "backend-type": "vxlan",
        P + "public-ip": ip,
        P + "backend-data": '{"VNI":1,"VtepMAC":"02:00:00:00:00:07"}'}
    return api("POST", "/api/v1/nodes", {
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"podCIDR": cidrs[0], "podCIDRs": cidrs} if cidrs else {}})


def patch_node(name, annotations):
    return api("PATCH", "/api/v1/nodes/" + name,
               {"metadata": {"annotations": annotations}},
               "application/merge-patch+json")


def shell(word):
    """Have the shell do what only it can: its servers are its children."""
    with open(os.environ["RESTART_ASK"], "w", encoding="ascii") as f:
        f.write(word + "\n")
    with open(os.environ["RESTART_ANSWER"], encoding="ascii") as f:
        return f.readline().strip() == "0"


def conf(user):
    return "kube:%s/%s.conf" % (DIR, user)


def follow(name, user="flannel", **words):
    words.setdefault("config_path", CONFIG)
    return Follow(name, conf(user), **words)


def nodes(event, *keys):
    return event["event"] == "changed" and sorted(event["leases"]) == \
        sorted(keys)


def first():
    make_node("self", ["10.127.1.0/24", "fd00:127:1::/64"])
    make_node("peer", ["10.127.2.0/24"], "172.16.0.2")
    with follow("a node", node_name="self") as f:
        event = f.wait(lambda e: nodes(e, OWN, "10.127.2.0-24"),
                       "its podCIDRs, over TLS and with a token")
        ok(value_of(event, "10.127.2.0-24") == {
            "PublicIP": "172.16.0.2", "PublicIPv6": None,
            "BackendType": "vxlan",
            "BackendData": {"VNI": 1, "VtepMAC": "02:00:00:00:00:07"}},
           "the lease of a peer", event)
        before = f.seen
        f.say(CLAIM)
        f.wait(f.claimed("claimed"), "the claim")
        # The watch may have been sooner than the answer.
        f.seen = before
        event = f.wait(lambda e: value_of(e, OWN) == json.loads(VALUE),
                       "comes back through the watch")
        said = api("GET", "/api/v1/nodes/self")["metadata"]["annotations"]
        ok(said == {
            P + "backend-data": '{"VNI":1,"VtepMAC":"8e:a1:74:6e:c8:d3"}',
            P + "backend-v6-data": '{"VNI":1,"VtepMAC":"8e:a1:74:6e:c8:d4"}',
            P + "backend-type": "vxlan", P + "kube-subnet-manager": "true",
            P + "public-ip": "192.168.77.1", P + "public-ipv6": "fd00:77::1"},
           "flannel's annotations, byte for byte", said)
    with follow("started again", node_name="self") as f:
        f.wait(lambda e: value_of(e, OWN) == json.loads(VALUE),
               "it finds what it had")
        f.say(CLAIM)
        f.wait(f.claimed("claimed"), "and claims it")
        before = api("GET", "/api/v1/nodes/self")["metadata"]
        f.quiet("without writing anything")
        ok(before["resourceVersion"] ==
           api("GET", "/api/v1/nodes/self")["metadata"]["resourceVersion"],
           "the node is as it was")


def changes():
    with follow("changes", node_name="self") as f:
        f.wait(lambda e: nodes(e, OWN, "10.127.2.0-24"), "the list")
        make_node("p3", ["10.127.3.0/24"], "172.16.0.3")
        f.wait(lambda e: "10.127.3.0-24" in e.get("leases", {}), "a new node")
        patch_node("p3", {P + "public-ip": "172.16.0.33"})
        f.wait(lambda e: "172.16.0.33" in
               e.get("leases", {}).get("10.127.3.0-24", ""),
               "another address")
        patch_node("p3", {P + "backend-v6-data": "{}"})
        f.wait(lambda e: "BackendV6Data" in
               e.get("leases", {}).get("10.127.3.0-24", ""),
               "a change in one family")
        api("DELETE", "/api/v1/nodes/p3")
        f.wait(lambda e: nodes(e, OWN, "10.127.2.0-24"), "a node that goes")
        make_node("p3", ["10.127.4.0/24"], "172.16.0.3")
        f.wait(lambda e: "10.127.4.0-24" in e.get("leases", {}),
               "the same name with another podCIDR")
        patch_node("p3", {P + "kube-subnet-manager": None})
        f.wait(lambda e: nodes(e, OWN, "10.127.2.0-24"),
               "a node without flannel")
        api("DELETE", "/api/v1/nodes/p3")
        patch_node("self", {P + "public-ip-overwrite": "203.0.113.7",
                            P + "node-public-ip": "203.0.113.8"})
        f.wait(lambda e: e.get("node") == ["203.0.113.8", None,
                                           "203.0.113.7", None],
               "an administrator's word")
        patch_node("self", {P + "public-ip-overwrite": None,
                            P + "node-public-ip": None})


def put_back():
    with follow("another writer", node_name="self") as f:
        f.say(CLAIM)
        f.wait(f.claimed("claimed"), "the claim")
        # It may be put back before anything is told of it.
        patch_node("self", {P + "public-ip": "6.6.6.6"})
        f.until(lambda: api("GET", "/api/v1/nodes/self")["metadata"][
            "annotations"][P + "public-ip"] == "192.168.77.1",
                "is overwritten")
        f.complains("somebody else has changed", "and named in the log")


def condition():
    def now():
        found = api("GET", "/api/v1/nodes/self")["status"]
        return [c for c in found.get("conditions", [])
                if c["type"] == "NetworkUnavailable"]
    with follow("the condition", node_name="self") as f:
        f.wait(lambda e: OWN in e.get("leases", {}), "the list")
        for why, status, reason in (
                (None, "False", "FlannelIsUp"),
                ("the module is missing", "True", "FlannelIsDown"),
                (None, "False", "FlannelIsUp")):
            f.say("reachable" + (" " + why if why else ""))
            f.until(lambda w=why, s=status, r=reason: [
                (c["status"], c["reason"], c["message"]) for c in now()] == [
                    (s, r, w or "Flannel is running on this node")],
                    "NetworkUnavailable=" + status)


def rights():
    with follow("a user without rights", "nobody", node_name="self") as f:
        f.wait(f.failing("cannot list resource"),
               "the right that is missing is named")
    api("PATCH", "/apis/rbac.authorization.k8s.io/v1/clusterroles/flannel",
        {"rules": [{"apiGroups": [""], "resources": ["nodes"],
                    "verbs": ["get", "list", "watch"]}]},
        "application/merge-patch+json")
    patch_node("self", {P + "public-ip": "6.6.6.6"})
    with follow("without nodes/status", node_name="self") as f:
        f.wait(lambda e: OWN in e.get("leases", {}), "the list")
        f.say(CLAIM)
        f.wait(f.claimed("not-claimed", "cannot patch resource"),
               "the right that is missing is named")
        f.quiet("once", 3)
        api("PATCH", "/apis/rbac.authorization.k8s.io/v1/clusterroles/flannel",
            {"rules": [
                {"apiGroups": [""], "resources": ["nodes"],
                 "verbs": ["get", "list", "watch"]},
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
                {"apiGroups": [""], "resources": ["nodes/status"],
                 "verbs": ["patch"]}]}, "application/merge-patch+json")
        f.wait(f.claimed("claimed"), "the claim succeeds when it is given")


def restart():
    with follow("a restart", node_name="self") as f:
        f.wait(lambda e: OWN in e.get("leases", {}), "the list")
        ok(shell("stop"), "kube-apiserver stops")
        f.wait(lambda e: e["event"] == "failing", "it says so")
        ok(shell("start"), "kube-apiserver starts")
        f.wait(lambda e: OWN in e.get("leases", {}), "all is there again")
        make_node("p5", ["10.127.5.0/24"], "172.16.0.5")
        f.wait(lambda e: "10.127.5.0-24" in e.get("leases", {}),
               "and the watch works")
        api("DELETE", "/api/v1/nodes/p5")
        f.wait(lambda e: "10.127.5.0-24" not in e.get("leases", {OWN: 0}),
               "also for what goes")


def many():
    ok(shell("nodes"), "1200 nodes more are made")
    with follow("many nodes", node_name="self") as f:
        f.wait(lambda e: e.get("n", 0) == 1202, "all are there")
        api("DELETE", "/api/v1/nodes/n0600")
        f.wait(lambda e: e.get("n", 0) == 1201, "less one")
        f.say("relist")
        f.quiet("a list that says the same is not told", 2)


def in_pod():
    """With a service account's files where Kubernetes has them."""
    if os.geteuid():
        skip("in a pod", "only root can mount files where a pod has them")
        return
    account = os.path.join(TMP, "account")
    os.mkdir(account)
    for name, content in (("token", token("flannel")),
                          ("ca.crt", open(DIR + "/ca.crt").read())):
        with open(os.path.join(account, name), "w", encoding="ascii") as f:
            f.write(content)
    api("POST", "/api/v1/namespaces", {"metadata": {"name": "kube-flannel"}})
    api("POST", "/api/v1/namespaces/kube-flannel/pods", {
        "metadata": {"name": "kube-flannel-x"}, "spec": {
            "nodeName": "self", "containers": [
                {"name": "a", "image": "b"}]}})
    script = """
        d=/run/secrets/kubernetes.io/serviceaccount
        mount -t tmpfs run /run && mkdir -p $d && mount --bind "$0" $d &&
        exec "$@" """
    host, port = API.removeprefix("https://").split(":")
    with Follow("in a pod", "kube:", {
            "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port,
            "POD_NAME": "kube-flannel-x", "POD_NAMESPACE": "kube-flannel"},
                ("unshare", "-m", "sh", "-c", script, account),
                config_path=CONFIG) as f:
        f.wait(lambda e: e.get("n", 0) == 1201, "its service account")
        f.say(CLAIM.replace("77.1", "77.2"))
        f.wait(f.claimed("claimed"), "its node is known from its pod")
        said = api("GET", "/api/v1/nodes/self")["metadata"]["annotations"]
        ok(said[P + "public-ip"] == "192.168.77.2", "and is the right one")


def main():
    with open(CONFIG, "w", encoding="ascii") as f:
        f.write('{"Network":"10.0.0.0/8","Backend":{"Type":"vxlan"}}')
    for test in (first, changes, put_back, condition, rights, restart, many,
                 in_pod):
        test()
    return done_testing()


if __name__ == "__main__":
    sys.exit(main())
