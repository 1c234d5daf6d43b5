#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The Kubernetes registry against an API server that misbehaves. Prints TAP."""
import base64
import json
import os
import shutil
import sys
import tempfile
import time

from fake_kube import P, FakeKube, certificate, node
from follow import Follow, done_testing, ok, value_of

TMP = tempfile.mkdtemp()
CERT = certificate(TMP, "kube")
OTHER = certificate(TMP, "other")
CONFIG = os.path.join(TMP, "config", "net-conf.json")
CLAIM = ('claim x {"PublicIP":"192.168.77.1","PublicIPv6":null,'
         '"BackendType":"vxlan",'
         '"BackendData":{"VNI":1,"VtepMAC":"8e:a1:74:6e:c8:d3"}} put')


def write(path, text):
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write(text)
    os.rename(path + ".new", path)


def kubeconfig(url, ca=CERT, user="tokenFile: token"):
    path = os.path.join(TMP, "kubeconfig")
    write(path, """
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "%s", certificate-authority: %s}}]
users: [{name: u, user: {%s}}]
""" % (url, ca + ".crt", user))
    os.chmod(path, 0o600)
    return "kube:" + path


class Case:
    """A server with three nodes, and a registry that follows it."""

    def __init__(self, name, prepare=None, ca=CERT, self_node="self", env=None):
        self.kube = FakeKube(CERT)
        self.kube.nodes = {n["metadata"]["name"]: n for n in (
            node("self", "10.0.1.0/24"), node("a", "10.0.2.0/24", "1.1.1.2"),
            node("b", "10.0.3.0/24", "1.1.1.3"))}
        write(os.path.join(TMP, "token"), "secret\n")
        write(CONFIG, '{"Network":"10.0.0.0/16"}')
        if prepare:
            prepare(self.kube)
        words = {"config_path": CONFIG}
        if self_node:
            words["node_name"] = self_node
        self.follow = Follow(name, kubeconfig(self.kube.url(), ca), env,
                             **words)

    def __enter__(self):
        self.follow.__enter__()
        return self.kube, self.follow

    def __exit__(self, *args):
        self.follow.__exit__(*args)
        self.kube.close()


OWN = "10.0.1.0-24 own"
ALL = ("10.0.1.0-24", "10.0.2.0-24", "10.0.3.0-24")


def basics():
    with Case("basics") as (kube, f):
        event = f.wait(f.keys(*ALL), "the first list")
        ok(len([k for k in event["leases"] if " own" in k]) == 1 and
           value_of(event, OWN) ==
           {"PublicIP": None, "PublicIPv6": None},
           "our own node is there before it has a lease", event)
        ok(event["config"] == '{"Network":"10.0.0.0/16"}', "the config")
        ok(event["endpoints"] == ["127.0.0.1"], "where the server is")
        kube.put(node("c", "10.0.4.0/24", "1.1.1.4"))
        f.wait(f.keys(*ALL, "10.0.4.0-24"), "a node that comes")
        kube.put(node("c", "10.0.5.0/24", "1.1.1.4"))
        f.wait(f.keys(*ALL, "10.0.5.0-24"), "another podCIDR")
        kube.put(node("c", "10.0.5.0/24", "1.1.1.5"))
        event = f.wait(f.keys(*ALL, "10.0.5.0-24"), "another address")
        ok(value_of(event, "10.0.5.0-24")["PublicIP"] == "1.1.1.5",
           "it is told")
        kube.put(node("c", "10.0.5.0/24", "1.1.1.5", labels={"x": "y"}))
        f.quiet("what does not concern us is not told")
        kube.put(node("c", "10.0.5.0/24"))
        f.wait(f.keys(*ALL), "a node that flannel has left")
        kube.put(node("d", None, "1.1.1.6"))
        kube.put(node("d", "10.0.6.0/24", "1.1.1.6"))
        f.wait(f.keys(*ALL, "10.0.6.0-24"), "a node that gets its podCIDR")
        kube.remove("d")
        f.wait(f.keys(*ALL), "a node that goes")
        ok(len(kube.asked("limit=")) == 1 and
           len(kube.asked("watch=true")) == 1, "one list and one watch",
           kube.log)


def one_family():
    with Case("dual stack") as (kube, f):
        f.wait(f.keys(*ALL), "the first list")
        both = node("b", "10.0.3.0/24", "1.1.1.3")
        both["spec"]["podCIDRs"].append("fd00:3::/64")
        both["metadata"]["annotations"].update({
            P + "public-ipv6": "fd00::3", P + "backend-v6-data":
            '{"VNI":1,"VtepMAC":"02:00:00:00:00:03"}'})
        keys = ALL[:2] + ("10.0.3.0-24&fd00:3::-64",)
        kube.put(both)
        f.wait(f.keys(*keys), "a second family")
        both["metadata"]["annotations"][P + "public-ipv6"] = "fd00::33"
        kube.put(both)
        event = f.wait(f.keys(*keys), "a change in one family alone")
        ok(value_of(event, keys[2])["PublicIPv6"] == "fd00::33", "is told")


def order():
    def prepare(kube):
        for name, when in (("self", "2021-01-01T00:00:00Z"),
                           ("a", "2022-01-01T00:00:00Z"),
                           ("b", "2020-01-01T00:00:00Z")):
            kube.nodes[name]["metadata"]["creationTimestamp"] = when
    with Case("order", prepare) as (_, f):
        event = f.wait(f.keys(*ALL), "the list")
        ok(list(event["leases"]) == ["10.0.3.0-24", OWN, "10.0.2.0-24"],
           "the oldest node has the oldest lease", event)


def pages():
    def prepare(kube):
        for i in range(1200):
            name = "n%d" % i
            kube.nodes[name] = node(name, "10.%d.%d.0/24" % (
                i // 256 + 1, i % 256), "1.2.%d.%d" % (i // 256, i % 256))
    with Case("pages", prepare) as (kube, f):
        f.wait(lambda e: e.get("n") == 1203, "1203 nodes")
        ok(len(kube.asked("limit=500")) == 3, "in three pages")
        kube.trouble["list"] = [
            lambda h, q: "continue" in q and
            (h.refuse(410, "the continue parameter is too old") or True)]
        f.say("relist")
        f.wait(f.failing("continue parameter is too old"),
               "a list whose beginning is forgotten")
        f.wait(lambda e: e.get("n") == 1203, "begins again")


def long_pages():
    def endless(handler, query):
        if int(query["limit"]) < 500:
            return False
        handler.send_response(200)
        handler.end_headers()
        for _ in range(70):
            handler.wfile.write(b" " * (1 << 20))
        handler.close_connection = True
        return True

    def prepare(kube):
        kube.trouble["list"] = [endless]
    with Case("a long page", prepare) as (kube, f):
        f.wait(f.keys(*ALL), "is asked for in smaller ones")
        ok(len(kube.asked("limit=50&")) + len(
            [x for x in kube.log if "limit=50 " in x]) == 1,
           "ten times smaller", kube.log)


def ends():
    with Case("a watch that ends") as (kube, f):
        f.wait(f.keys(*ALL), "the first list")
        kube.wait_asked("watch=true", 1)
        kube.tell("BOOKMARK", {"kind": "Node", "metadata": {}})
        mark = kube.version
        kube.tell("END", "")
        ok(kube.wait_asked("resourceVersion=%d&" % mark, 1),
           "goes on at the bookmark", kube.log)
        kube.put(node("c", "10.0.4.0/24", "1.1.1.4"))
        f.wait(f.keys(*ALL, "10.0.4.0-24"), "and misses nothing")
        ok(len(kube.asked("limit=")) == 1, "without another list", kube.log)


def gone(name, tell):
    with Case(name) as (kube, f):
        f.wait(f.keys(*ALL), "the first list")
        kube.wait_asked("watch=true", 1)
        kube.forget("b")
        tell(kube)
        f.wait(f.keys(*ALL[:2]), "a node that went meanwhile")
        ok(len(kube.asked("limit=")) == 2, "one more list", kube.log)
        kube.put(node("c", "10.0.4.0/24", "1.1.1.4"))
        f.wait(f.keys(*ALL[:2], "10.0.4.0-24"), "the watch works again")


def gone_status(kube):
    kube.trouble["watch"] = [
        lambda h, q: h.refuse(410, "too old resource version") or True]
    kube.tell("END", "")


def gone_event(kube):
    kube.tell("ERROR", {"kind": "Status", "code": 410, "message": "too old"})


def broken(name, why, kind, thing):
    """The stream breaks; what was told stands until there is more to tell."""
    with Case(name) as (kube, f):
        f.wait(f.keys(*ALL), "the first list")
        kube.wait_asked("watch=true", 1)
        kube.tell(kind, thing)
        f.wait(f.failing(why), "it says so")
        f.wait(f.keys(*ALL), "and that all is well again")
        kube.put(node("c", "10.0.4.0/24", "1.1.1.4"))
        f.wait(f.keys(*ALL, "10.0.4.0-24"), "the watch works again")


def slow():
    with Case("a slow stream") as (kube, f):
        f.wait(f.keys(*ALL), "the first list")
        kube.wait_asked("watch=true", 1)
        kube.tell("SLOW", node("c", "10.0.4.0/24", "1.1.1.4"))
        f.wait(f.keys(*ALL, "10.0.4.0-24"), "is read in its own time")


def malformed():
    def prepare(kube):
        kube.nodes["b"]["metadata"]["annotations"][P + "backend-data"] = "{"
    with Case("malformed nodes", prepare) as (kube, f):
        event = f.wait(f.keys(*ALL), "are told as they are")
        ok(value_of(event, "10.0.3.0-24")["BackendData"] == "{",
           "their value is no lease, the others' are")
        bad = node("a", "10.0.2.0/24", "1.1.1.2", annotations=[7])
        kube.put(bad)
        kube.put(node("c", "10.0.4.0/24", "1.1.1.4"))
        f.wait(f.keys(*ALL, "10.0.4.0-24"),
               "one that makes no sense stays as it was")
        f.complains("node a: annotations is not an object", "with a warning")
        f.say("relist")
        ok(kube.wait_asked("limit=", 2), "also in a list")
        kube.wait_asked("watch=true", 2)
        f.quiet("and nothing else is lost")
        three = node("c", "10.0.4.0/24", "1.1.1.4")
        three["spec"]["podCIDRs"] = ["10.1.0.0/24", "10.2.0.0/24",
                                     "10.3.0.0/24"]
        kube.put(three)
        f.wait(f.keys(*ALL, "node c: more than two podCIDRs"),
               "three podCIDRs are an error of that node")


def bad_list(name, why, thing):
    with Case(name) as (kube, f):
        f.wait(f.keys(*ALL), "the first list")
        kube.trouble["list"] = [lambda h, q: h.answer(200, thing) or True]
        f.say("relist")
        f.wait(f.failing(why), "it says so")
        f.wait(f.keys(*ALL), "and the next list is good")


def same_page():
    item = node("a", "10.0.2.0/24", "1.1.1.2")
    page = {"kind": "NodeList", "items": [item], "metadata":
            {"resourceVersion": "1", "continue": "x"}}

    def prepare(kube):
        kube.trouble["list"] = 2 * [lambda h, q: h.answer(200, page) or True]
    with Case("a page that comes again", prepare) as (_, f):
        f.wait(f.failing("a page without a new node"), "is noticed")
        f.wait(f.keys(*ALL), "and the next list is good")


def refused():
    def prepare(kube):
        kube.trouble["list"] = [
            lambda h, q: h.refuse(403, 'nodes is forbidden: User "x" cannot '
                                  "list\x1b[2J") or True,
            lambda h, q: h.refuse(500, "etcdserver: no leader") or True,
            lambda h, q: h.answer(503, b"<html>") or True]
    with Case("refusals", prepare) as (_, f):
        f.wait(f.failing('cannot list\\x1b[2J'), "what the server says")
        f.wait(f.failing("no leader"), "another reason")
        f.wait(f.failing("HTTP status 503"), "no reason at all")
        f.wait(f.keys(*ALL), "and in the end the list")


def token():
    with Case("a token that is replaced") as (kube, f):
        f.wait(f.keys(*ALL), "the first list")
        kube.wait_asked("watch=true", 1)
        kube.token = "new"
        kube.tell("END", "")
        f.wait(f.failing("Unauthorized"), "the old one is refused")
        write(os.path.join(TMP, "token"), "new\n")
        ok(kube.wait_asked("Bearer new", 1), "the new one is taken")
        f.wait(f.keys(*ALL), "and all is well")
        os.unlink(os.path.join(TMP, "token"))
        kube.tell("END", "")
        f.wait(f.failing("token: No such file"), "one that is not there")


def authority():
    with Case("another authority", ca=OTHER) as (kube, f):
        f.wait(f.failing("certificate"), "is not believed")
        ok(not kube.log, "and gets no token", kube.log)


def claim():
    with Case("a claim") as (kube, f):
        f.wait(f.keys(*ALL), "the first list")
        kube.trouble["patch"] = [
            lambda h, q: h.refuse(403, 'nodes "self" is forbidden: User "f" '
                                  'cannot patch resource "nodes/status"')
            or True,
            lambda h, q: h.refuse(500, "busy") or True]
        seen = f.seen
        f.say(CLAIM)
        f.wait(f.claimed("not-claimed", "cannot patch"), "names the right")
        f.wait(f.claimed("not-claimed", "busy"), "is tried again")
        f.wait(f.claimed("claimed"), "until it is there")
        wanted = json.loads(CLAIM.split(" ")[2])
        # The watch may have been sooner than the answer.
        f.until(lambda: any(value_of(e, OWN) == wanted
                            for e in f.events[seen:]), "as it was claimed")
        bodies = kube.asked("BODY")
        ok(len(bodies) == 1 and
           "application/strategic-merge-patch+json" in bodies[0] and
           "PATCH /api/v1/nodes/self/status" in "".join(kube.log),
           "in flannel's way", bodies)
        f.say(CLAIM)
        f.wait(f.claimed("claimed"), "the same claim again")
        ok(len(kube.asked("BODY")) == 1, "needs no patch")
        time.sleep(1)
        f.say(CLAIM.replace("77.1", "77.2"))
        f.wait(f.claimed("claimed"), "another claim")
        ok(kube.asked("BODY")[-1].startswith(
            'BODY {"metadata":{"annotations":{"' + P +
            'public-ip":"192.168.77.2"}}}'), "patches what differs",
            kube.asked("BODY")[-1])


def interference():
    with Case("another writer") as (kube, f):
        f.wait(f.keys(*ALL), "the first list")
        f.say(CLAIM)
        f.wait(f.claimed("claimed"), "the claim")
        for i in range(1, 4):
            time.sleep(0.2)
            changed = json.loads(json.dumps(kube.nodes["self"]))
            changed["metadata"]["annotations"][P + "public-ip"] = "6.6.6.6"
            kube.put(changed)
            ok(kube.wait_asked("BODY", i + 1), "another writer: put back")
        f.complains("somebody else has changed", "with a warning")
        ok(kube.nodes["self"]["metadata"]["annotations"][P + "public-ip"] ==
           "192.168.77.1", "another writer: ours is there")
        kube.remove("self")
        f.wait(f.failing("does not know it"), "our node goes")
        kube.put(node("self", "10.0.9.0/24", uid="2"))
        f.wait(lambda e: e["event"] == "changed" and value_of(
            e, "10.0.9.0-24 own") not in (None, {"PublicIP": None,
                                             "PublicIPv6": None}),
               "it comes again, and is claimed again")
        ok(not kube.asked("FlannelIsUp"),
           "another writer: of its network nothing was to be said", kube.log)


def condition():
    with Case("the condition") as (kube, f):
        f.wait(f.keys(*ALL), "the first list")
        f.say("reachable")
        ok(kube.wait_asked("FlannelIsUp", 1), "the network works", kube.log)
        ok('"status":"False"' in kube.asked("FlannelIsUp")[0], "False")
        f.say("reachable the module is missing")
        ok(kube.wait_asked("the module is missing", 1), "it does not")
        kube.trouble["patch"] = [lambda h, q: h.refuse(500, "busy") or True]
        f.say("reachable")
        ok(kube.wait_asked("FlannelIsUp", 2), "it is tried again")
        kube.remove("self")
        kube.put(node("self", "10.0.1.0/24", uid="2"))
        ok(kube.wait_asked("FlannelIsUp", 3), "a new node is told as well")


def config():
    with Case("the config") as (_, f):
        f.wait(f.keys(*ALL), "the first list")
        write(CONFIG, '{"Network":"10.0.0.0/8"}')
        f.wait(lambda e: e.get("config") == '{"Network":"10.0.0.0/8"}',
               "is replaced", 8)
        os.unlink(CONFIG)
        f.wait(f.failing(CONFIG + ": No such file"), "goes away")
        write(CONFIG, '{"Network":"10.0.0.0/8"}')
        event = f.wait(f.keys(*ALL), "comes back")
        ok(event["config"] == '{"Network":"10.0.0.0/8"}', "and stood")


def links():
    """As Kubernetes mounts a ConfigMap."""
    base = os.path.join(TMP, "map")
    for n in ("1", "2"):
        os.makedirs(os.path.join(base, n))
        write(os.path.join(base, n, "net-conf.json"), '{"n":%s}' % n)
    os.symlink("1", os.path.join(base, "..data"))
    path = os.path.join(base, "net-conf.json")
    os.symlink("..data/net-conf.json", path)
    kube = FakeKube(CERT)
    write(os.path.join(TMP, "token"), "secret\n")
    with Follow("a ConfigMap", kubeconfig(kube.url()), config_path=path) as f:
        f.wait(lambda e: e.get("config") == '{"n":1}', "is read")
        os.symlink("2", os.path.join(base, "..data_tmp"))
        os.rename(os.path.join(base, "..data_tmp"),
                  os.path.join(base, "..data"))
        f.wait(lambda e: e.get("config") == '{"n":2}', "is replaced", 8)
    kube.close()


def pod():
    env = {"POD_NAME": "kube-flannel-x", "POD_NAMESPACE": "kube-flannel"}

    def prepare(kube):
        kube.trouble["pod"] = [
            lambda h, q: h.refuse(403, "pods is forbidden") or True]
    with Case("our pod", prepare, self_node=None, env=env) as (kube, f):
        f.wait(f.failing("pods is forbidden"), "has to be readable")
        event = f.wait(f.keys(*ALL), "says which node is ours")
        ok(OWN in event["leases"], "and it is", event)
        ok(kube.asked("/api/v1/namespaces/kube-flannel/pods/kube-flannel-x"),
           "where it was looked for")
    with Case("no node", self_node=None) as (kube, f):
        f.wait(f.keys(*ALL[1:]), "is ours if nobody says which")
        f.say(CLAIM)
        f.wait(f.claimed("not-claimed", "NODE_NAME"), "nothing to claim")


def self_missing():
    with Case("ourselves", self_node="other") as (kube, f):
        f.wait(f.failing("node other: the API server does not know it"),
               "are not there")
        f.say(CLAIM)
        f.wait(f.claimed("not-claimed", "no such node"), "nothing to claim")
        kube.put(node("other", None))
        f.wait(f.failing("node other has no podCIDR"), "have no podCIDR")
        f.wait(f.claimed("claimed"), "the claim is there all the same")


def annotations():
    def prepare(kube):
        kube.nodes["self"]["metadata"]["annotations"].update({
            P + "node-public-ip": "5.5.5.5",
            P + "node-public-ipv6": "fd00::5",
            P + "public-ip-overwrite": "6.6.6.6"})
    with Case("an administrator's word", prepare) as (_, f):
        event = f.wait(f.keys(*ALL), "the list")
        ok(event["node"] == ["5.5.5.5", "fd00::5", "6.6.6.6", None],
           "is told", event)


def plain():
    """Without TLS the token stays here."""
    kube = FakeKube(CERT)
    token_data = base64.b64encode(b"x").decode()
    registry = kubeconfig("http://127.0.0.1:1", user="token: %s" % token_data)
    with Follow("plain HTTP", registry) as f:
        f.complains("the token is not sent there", "is warned of")
    kube.close()


def main():
    os.mkdir(os.path.dirname(CONFIG))
    cases = [
        basics, one_family, order, pages, long_pages, ends,
        lambda: gone("410 as a status", gone_status),
        lambda: gone("410 as an event", gone_event),
        lambda: broken("a stream that is cut", "", "CUT", '{"type":"ADD'),
        lambda: broken("a line of garbage", "bad JSON", "RAW", "garbage{\n"),
        lambda: broken("no type", "without a type", "RAW", "{}\n"),
        lambda: broken("another type", "of an unknown type", "RENAMED",
                       {"kind": "Node", "metadata": {}}),
        lambda: broken("another kind", "not about a node", "ADDED",
                       {"kind": "Pod", "metadata": {}}),
        lambda: broken("an endless line", "too long", "RAW",
                       "x" * (5 << 20)),
        lambda: broken("another error", "the server is tired", "ERROR",
                       {"kind": "Status", "code": 500,
                        "message": "the server is tired"}),
        slow, malformed,
        lambda: bad_list("an empty answer", "no list of nodes", {}),
        lambda: bad_list("no JSON", "bad JSON", b"<html>"),
        lambda: bad_list("a list without a version", "no list of nodes",
                         {"kind": "NodeList", "items": []}),
        lambda: bad_list("a node without a name", "without a name",
                         {"kind": "NodeList", "metadata":
                          {"resourceVersion": "1"}, "items": [{}]}),
        same_page, refused, token, authority, claim, interference, condition,
        config, links, pod, self_missing, annotations, plain,
    ]
    only = sys.argv[1:]
    for case in cases:
        if not only or case.__name__ in only:
            case()
    shutil.rmtree(TMP)
    return done_testing()


if __name__ == "__main__":
    sys.exit(main())
