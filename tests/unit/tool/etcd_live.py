#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The etcd registry, followed: against etcd itself, Debian 12's 3.4 and Debian
13's 3.5, which are stopped, killed, compacted, set back and asked for leases.
"""
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from etcd_test import KEYS, MINE, PREFIX, VALUE, Follow, quickest, run, \
    same, skip, wait
from follow import done_testing, ok

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../lib"))
from ports import free_ports  # noqa: E402

TMP = tempfile.mkdtemp(prefix="flannel-etcd-")
FRESH = {"ASAN_OPTIONS": "quarantine_size_mb=1:exitcode=99"}


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Etcd:
    """A member of an etcd cluster."""
    all = []

    def __init__(self, where, name="one", ports=None, cluster=None):
        self.where = where
        self.name = name
        self.port, self.peer = ports or free_ports(2)
        self.cluster = cluster or "%s=http://127.0.0.1:%d" % (name, self.peer)
        self.dir = tempfile.mkdtemp(dir=TMP)
        self.data = os.path.join(self.dir, "data")
        self.endpoint = "127.0.0.1:%d" % self.port
        self.url = "etcd://" + self.endpoint
        self.token = None
        self.process = None
        Etcd.all.append(self)

    def start(self):
        url = "http://" + self.endpoint
        peer = "http://127.0.0.1:%d" % self.peer
        log = open(os.path.join(self.dir, "log"), "ab")
        self.process = subprocess.Popen(
            [os.path.join(self.where, "etcd"), "--data-dir", self.data,
             "--name", self.name, "--listen-client-urls", url,
             "--advertise-client-urls", url, "--listen-peer-urls", peer,
             "--initial-advertise-peer-urls", peer,
             "--initial-cluster", self.cluster, "--log-level", "error"],
            stdout=log, stderr=log)
        log.close()
        return self

    def ready(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.ask("kv/range", {"key": b64("x")}, 2)
                return True
            except (OSError, ValueError):
                time.sleep(0.1)
        return False

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def ask(self, path, request, seconds=10):
        headers = {"Authorization": self.token} if self.token else {}
        with urllib.request.urlopen(urllib.request.Request(
                "http://%s/v3/%s" % (self.endpoint, path),
                json.dumps(request).encode(), headers),
                timeout=seconds) as answer:
            return json.load(answer)

    def ctl(self, *words):
        return subprocess.run(
            [os.path.join(self.where, "etcdctl"), "--endpoints",
             self.endpoint, "--dial-timeout=60s", "--command-timeout=60s",
             *words], check=True, capture_output=True,
            env={**os.environ, "ETCDCTL_API": "3"})

    def put(self, key, value, lease=None):
        request = {"key": b64(PREFIX + key), "value": b64(value)}
        if lease:
            request["lease"] = lease
        return int(self.ask("kv/put", request)["header"]["revision"])

    def get(self, key):
        return self.ask("kv/range", {"key": b64(PREFIX + key)}).get(
            "kvs", [None])[0]

    def value(self, key):
        kv = self.get(key)
        return kv and base64.b64decode(kv["value"]).decode()

    def delete(self, key):
        self.ask("kv/deleterange", {"key": b64(PREFIX + key)})

    def leases(self):
        return [x["ID"] for x in self.ask("lease/leases", {}).get("leases", [])]

    def compact(self, revision):
        self.ask("kv/compaction", {"revision": str(revision),
                                   "physical": True})


def begin(where, v, n=2):
    etcd = Etcd(where).start()
    etcd.ready()
    etcd.put("config", '{"Network":"10.0.0.0/8"}')
    for key in KEYS[:n]:
        etcd.put("subnets/" + key, VALUE)
    follow = Follow(v + "followed", etcd.url)
    follow.told(KEYS[:n])
    time.sleep(0.3)
    return etcd, follow


def events(where, v):
    etcd, follow = begin(where, v)
    etcd.put("subnets/" + KEYS[2], VALUE)
    ok(follow.told(KEYS[:3]), v + "a new key is told")
    ok(quickest(follow, lambda n: etcd.put("subnets/" + KEYS[2], str(n)))
       < 0.02, v + "within 20 ms of etcd's answer")
    etcd.delete("subnets/" + KEYS[0])
    ok(follow.told(KEYS[1:3]), v + "so is a deleted one")
    etcd.put("subnets-evil/" + KEYS[0], VALUE)
    same(follow.still(0.3), [], v + "keys of others are not")

    # The follower sleeps while etcd restarts, changes and compacts.
    follow.stop()
    etcd.kill()
    etcd.start().ready()
    etcd.put("subnets/" + KEYS[3], VALUE)
    etcd.delete("subnets/" + KEYS[1])
    etcd.compact(etcd.put("subnets/" + KEYS[2], "else"))
    follow.go_on()
    event = follow.told(KEYS[2:])
    same(event and event["leases"][KEYS[2]], "else",
         v + "a compaction while disconnected")
    etcd.put("subnets/" + KEYS[2], "more")
    follow.find(lambda e: e.get("leases", {}).get(KEYS[2]) == "more")
    # It is watched; etcd sleeps. What is told on time is looked for below.
    stopped, seen = time.time(), follow.seen
    etcd.stop()
    same([e for e in follow.still(2) if e["t"] < stopped + 2], [],
         v + "an etcd that sleeps changes nothing")
    follow.seen = seen
    ok(follow.fails("no sign of life"), v + "and is told after a while")
    etcd.go_on()
    etcd.put("subnets/" + KEYS[0], VALUE)
    ok(follow.told([KEYS[0]] + KEYS[2:]), v + "it goes on")
    # It dies in the midst of it, and is there again much later.
    etcd.kill()
    ok(follow.fails("connect"), v + "an etcd that dies")
    etcd.start().ready()
    etcd.put("subnets/" + KEYS[1], VALUE)
    ok(follow.told(KEYS), v + "and lives again")
    ok(follow.never_less(2), v + "no lease was ever missing")
    follow.end()

    snapshot = os.path.join(etcd.dir, "snapshot")
    etcd.ctl("snapshot", "save", snapshot)
    follow = Follow(v + "snapshot", etcd.url)
    follow.told(KEYS)
    for n in range(20):
        etcd.put("subnets/" + KEYS[0], str(n))
    etcd.delete("subnets/" + KEYS[3])
    follow.told(KEYS[:3])
    etcd.kill()
    shutil.rmtree(etcd.data)
    etcd.ctl("snapshot", "restore", snapshot, "--data-dir", etcd.data,
             "--name", etcd.name, "--initial-cluster", etcd.cluster,
             "--initial-advertise-peer-urls",
             "http://127.0.0.1:%d" % etcd.peer)
    etcd.start().ready()
    ok(follow.fails("went back"), v + "a restored snapshot is noticed")
    event = follow.told(KEYS)
    same(event and event["leases"][KEYS[0]], VALUE, v + "and believed then")
    etcd.put("subnets/" + KEYS[2], "new")
    event = follow.told(KEYS)
    same(event and event["leases"][KEYS[2]], "new", v + "and watched")
    follow.end()
    etcd.kill()


def leases(where, v):
    etcd, follow = begin(where, v)
    follow.claim(KEYS[2], MINE, "create")
    ok(follow.answers("claimed"), v + "a claim")
    first = etcd.get("subnets/" + KEYS[2])["lease"]
    ttl = int(etcd.ask("lease/timetolive", {"ID": first})["TTL"])
    ok(86000 < ttl <= 86400, v + "a lease of a day")
    follow.told(KEYS[:3])
    follow.say("relist")
    follow.told(KEYS[:3])
    etcd.ask("lease/revoke", {"ID": first})
    ok(follow.answers("claimed"), v + "a lease that is revoked")
    second = etcd.get("subnets/" + KEYS[2])["lease"]
    ok(second != first, v + "is had again by a new one")
    before = etcd.leases()
    follow.claim(KEYS[1], MINE, "create")
    ok(follow.answers("taken"), v + "a race that is lost")
    same(etcd.value("subnets/" + KEYS[1]), VALUE, v + "changes nothing")
    ok(wait(lambda: sorted(etcd.leases()) == sorted(before)),
       v + "and leaves no lease")
    follow.claim(KEYS[1], MINE, "put")
    ok(follow.answers("claimed"), v + "a reservation is taken")
    kv = etcd.get("subnets/" + KEYS[1])
    same((etcd.value("subnets/" + KEYS[1]), kv.get("lease")), (MINE, None),
         v + "and stays one")
    follow.claim(KEYS[2], VALUE, "put")
    ok(follow.answers("claimed"), v + "our lease with another value")
    third = etcd.get("subnets/" + KEYS[2])["lease"]
    ok(third not in (first, second), v + "gets a new lease, as flannel does")
    follow.find(lambda e: e["event"] == "changed" and
                 e["leases"].get(KEYS[2]) == VALUE)
    etcd.put("subnets/" + KEYS[2], "another's")
    ok(follow.answers("taken"), v + "a key that another one takes")
    time.sleep(0.3)
    same(etcd.value("subnets/" + KEYS[2]), "another's", v + "is his")
    follow.claim(KEYS[3], MINE, "create")
    follow.answers("claimed")
    etcd.kill()
    etcd.start().ready()
    etcd.delete("subnets/" + KEYS[3])
    ok(follow.answers("claimed"), v + "a key lost while etcd restarts")
    same(etcd.value("subnets/" + KEYS[3]), MINE, v + "is there again")
    follow.end()
    etcd.kill()


def log_in(etcd):
    """As root; False: it does not answer yet."""
    try:
        etcd.token = etcd.ask("auth/authenticate", {
            "name": "root", "password": "secret"})["token"]
    except OSError:
        return False
    return True


def users(where, v):
    etcd = Etcd(where).start()
    etcd.ready()
    etcd.put("config", "{}")
    etcd.put("subnets/" + KEYS[0], VALUE)
    for words in (("user", "add", "root:secret"),
                  ("user", "grant-role", "root", "root"),
                  ("user", "add", "flannel:pass"), ("role", "add", "flannel"),
                  ("role", "grant-permission", "flannel", "readwrite", PREFIX,
                   "--prefix"),
                  ("user", "grant-role", "flannel", "flannel"),
                  ("auth", "enable")):
        etcd.ctl(*words)
    follow = Follow(v + "users", etcd.url, etcd_username="flannel",
                    etcd_password="pass")
    ok(follow.told(KEYS[:1]), v + "a user")
    follow.claim(KEYS[1], MINE, "create")
    ok(follow.answers("claimed"), v + "claims")
    follow.told(KEYS[:2])
    # etcd forgets its tokens when it restarts.
    etcd.kill()
    etcd.start()
    ok(wait(lambda: log_in(etcd), 60), v + "etcd is there again")
    etcd.put("subnets/" + KEYS[2], VALUE)
    ok(follow.told(KEYS[:3]), v + "watches on when its token is void")
    follow.claim(KEYS[3], MINE, "create")
    ok(follow.answers("claimed"), v + "and claims on")
    # Whatever changes about users makes all tokens void, in another way.
    etcd.ctl("--user", "root:secret", "role", "add", "another")
    follow.claim(KEYS[3], VALUE, "put")
    ok(follow.answers("claimed"), v + "also when users change")
    follow.say("relist")
    ok(follow.told(KEYS), v + "and lists on")
    follow.end()
    etcd.kill()


def put_somehow(etcd, key, value):
    """A cluster that has lost a member may have to elect a leader."""
    for _ in range(300):
        try:
            etcd.put(key, value)
            return
        except OSError:
            time.sleep(0.2)


def cluster(where, v):
    ports = free_ports(6)
    names = ["a", "b", "c"]
    peers = ",".join("%s=http://127.0.0.1:%d" % (n, p)
                     for n, p in zip(names, ports[3:]))
    etcds = [Etcd(where, n, (c, p), peers).start()
             for n, c, p in zip(names, ports, ports[3:])]
    ok(all(e.ready() for e in etcds), v + "three members")
    put_somehow(etcds[1], "config", "{}")
    put_somehow(etcds[1], "subnets/" + KEYS[0], VALUE)
    follow = Follow(v + "cluster", "etcd://" + ",".join(e.endpoint for e in etcds))
    follow.told(KEYS[:1])
    follow.claim(KEYS[3], MINE, "create")
    ok(follow.answers("claimed"), v + "a claim in a cluster")
    follow.told(KEYS[:1] + KEYS[3:])
    time.sleep(0.3)
    # Its connections stay, and nothing comes over them any more.
    etcds[0].stop()
    slept = time.monotonic()
    put_somehow(etcds[1], "subnets/" + KEYS[0], MINE)
    event = follow.find(lambda e: e.get("leases", {}).get(KEYS[0]) == MINE)
    ok(event, v + "a member that sleeps is left for the next one in seconds")
    print("# after %.1f s" % (time.monotonic() - slept))
    etcds[0].go_on()
    ok(etcds[0].ready(), v + "it wakes up")
    etcds[1].kill()
    put_somehow(etcds[2], "subnets/" + KEYS[1], VALUE)
    ok(follow.told(KEYS[:2] + KEYS[3:]), v + "the next member takes over")
    etcds[1].start()
    ok(etcds[1].ready(), v + "a member that died is there again")
    etcds[0].kill()
    etcds[2].kill()
    ok(follow.fails("none of the etcd endpoints", 40),
       v + "a member alone has no say")
    etcds[0].start()
    etcds[2].start()
    ok(etcds[1].ready(), v + "they are back")
    put_somehow(etcds[1], "subnets/" + KEYS[2], VALUE)
    ok(follow.told(KEYS), v + "and all goes on")
    ok(follow.never_less(1), v + "no lease was ever missing")
    follow.end()
    for e in etcds:
        e.kill()


def many(where, v):
    etcd = Etcd(where).start()
    etcd.ready()
    etcd.put("config", "{}")
    names = ["subnets/10.%d.%d.0-24" % (n // 250, n % 250)
             for n in range(5000)]
    for first in range(0, 5000, 100):
        etcd.ask("kv/txn", {"success": [
            {"request_put": {"key": b64(PREFIX + k), "value": b64(VALUE)}}
            for k in names[first:first + 100]]})
    begun = time.time()
    follow = Follow(v + "many", etcd.url, FRESH)
    event = follow.find(lambda e: e.get("n") == 5000)
    ok(event, v + "5000 leases")
    print("# listed in %.2f s, with ASan" % (event["t"] - begun))
    sizes = []
    changes = 0
    for second in range(8):
        end = time.monotonic() + 1
        for n in range(100):
            key = names[(second * 617 + n * 37) % 5000]
            if n % 10:
                etcd.put(key, VALUE + " " * (n % 7))
            else:
                etcd.delete(key)
                etcd.put(key, VALUE)
            changes += 1
        time.sleep(max(0, end - time.monotonic()))
        follow.say("memory")
        sizes.append(follow.find(lambda e: e["event"] == "memory")["kb"])
    ok(sizes[-1] - sizes[2] < 3000, v + "memory is flat under 100 changes a second")
    print("# kB: " + " ".join(map(str, sizes)))
    follow.still(0.3)
    same(follow.events[-1].get("n") or follow.events[-2].get("n"), 5000,
         v + "and none is lost")
    follow.end()
    etcd.kill()


def versions():
    """Where the binaries are."""
    if shutil.which("etcd") and shutil.which("etcdctl"):
        yield "3.4", os.path.dirname(shutil.which("etcd"))
    else:
        skip("3.4", "etcd is not installed")
    found = subprocess.run([os.path.join(HERE, "../../lib/etcd")],
                           capture_output=True, text=True, check=False)
    if found.returncode == 0:
        yield "3.5", found.stdout.strip()
    else:
        skip("3.5", " ".join(found.stderr.split()))


def main():
    for version, where in versions():
        says = subprocess.run([os.path.join(where, "etcd"), "--version"],
                              capture_output=True, text=True, check=True)
        print("# " + says.stdout.splitlines()[0])
        run((events, leases, users, cluster, many), where, version + ": ")


try:
    main()
finally:
    for one in Etcd.all:
        one.kill()
    shutil.rmtree(TMP, ignore_errors=True)
sys.exit(done_testing())
