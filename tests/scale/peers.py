#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""An agent and an etcd with thousands of peers: how soon all is programmed, how
soon others are where one lease is bad, and how much memory it takes while the
cluster never rests. Runs in a network namespace of its own, as root. Prints TAP.

  peers.py BACKEND TOOL SECONDS: the tool, and how long a start may take;
  FLANNEL_PEERS and FLANNEL_CHURN_SECONDS for more than what CI does.
"""
import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from tap import done_testing, ok, run, say

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
from ports import free_ports  # noqa: E402

BACKEND, TOOL, LIMIT = sys.argv[1], sys.argv[2], float(sys.argv[3])
PEERS = int(os.environ.get("FLANNEL_PEERS", "5000"))
CHURN = int(os.environ.get("FLANNEL_CHURN_SECONDS", "10"))
RATE = 100
PREFIX = "/coreos.com/network/"
GROWTH_KB = 3000
# Where a start may take so long, reading what there is takes long too.
PATIENCE = 10 if LIMIT > 5 else 1
HEALTH = 18082
TMP = tempfile.mkdtemp(prefix="flannel-scale-")
PROCESSES = []


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Etcd:
    """A server of one member, and what is put into it."""

    def __init__(self):
        self.port, peer = free_ports(2)
        url = "http://127.0.0.1:%d" % self.port
        self.process = subprocess.Popen(
            ["etcd", "--data-dir", os.path.join(TMP, "etcd"), "--unsafe-no-fsync",
             "--listen-client-urls", url, "--advertise-client-urls", url,
             "--listen-peer-urls", "http://127.0.0.1:%d" % peer,
             "--initial-advertise-peer-urls", "http://127.0.0.1:%d" % peer,
             "--initial-cluster", "default=http://127.0.0.1:%d" % peer,
             "--log-level", "error"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        PROCESSES.append(self.process)
        for _ in range(600):
            try:
                self.ask("kv/range", {"key": b64("x")})
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("etcd does not start")

    def ask(self, path, request):
        with urllib.request.urlopen(urllib.request.Request(
                "http://127.0.0.1:%d/v3/%s" % (self.port, path),
                json.dumps(request).encode()), timeout=30) as answer:
            return json.load(answer)

    def put(self, key, value):
        self.ask("kv/put", {"key": b64(PREFIX + key), "value": b64(value)})

    def delete(self, key):
        self.ask("kv/deleterange", {"key": b64(PREFIX + key)})


def subnet(n):
    return "10.%d.%d.0" % (129 + n // 250, n % 250)


def key(n):
    return "subnets/%s-24" % subnet(n)


def lease(n, move=0):
    """What peer n publishes; it can be at another address."""
    address = "10.77.%d.%d" % (1 + n // 250, 1 + n % 250)
    if move:
        address = "10.77.%d.%d" % (100 + n // 250, 1 + n % 250)
    value = {"PublicIP": address, "PublicIPv6": None, "BackendType": BACKEND}
    if BACKEND == "vxlan":
        value["BackendData"] = {"VNI": 1, "VtepMAC": "02:f1:%02x:00:%02x:%02x" %
                                (move, n // 256, n % 256)}
    return json.dumps(value)


def fill(etcd, n):
    etcd.put("config", json.dumps({
        "Network": "10.128.0.0/9", "Backend": {"Type": BACKEND}}))
    for first in range(0, n, 100):
        etcd.ask("kv/txn", {"success": [
            {"request_put": {"key": b64(PREFIX + key(i)), "value": b64(lease(i))}}
            for i in range(first, min(first + 100, n))]})


class Agent:
    """One that runs; what it says comes with its time."""

    def __init__(self, etcd):
        self.lines = []
        self.news = threading.Condition()
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [TOOL, "agent", "-etcd-endpoints",
             "http://127.0.0.1:%d" % etcd.port, "-iface", "under",
             "-subnet-file", os.path.join(TMP, "subnet.env"),
             "-iptables-forward-rules=false", "-hold-deletions=0",
             "-healthz-ip=127.0.0.1", "-healthz-port=%d" % HEALTH],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        PROCESSES.append(self.process)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append((time.monotonic(), line))
                self.news.notify_all()

    def ready(self, seconds):
        """How long it took until it was, None: it was not."""
        with self.news:
            if self.news.wait_for(
                    lambda: any("agent: ready:" in x for _, x in self.lines),
                    seconds):
                return next(t for t, x in self.lines
                            if "agent: ready:" in x) - self.began
        return None

    def rss(self):
        with open("/proc/%d/status" % self.process.pid) as f:
            return int(re.search(r"VmRSS:\s*(\d+)", f.read()).group(1))

    def figure(self, name):
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % HEALTH,
                                    timeout=30) as answer:
            return float(re.search(r"^flannel_%s (\S+)" % name,
                                   answer.read().decode(), re.M).group(1))

    def end(self):
        """How long that took."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20 * PATIENCE)
        return time.monotonic() - begin


def programmed():
    """What the kernel has: address of each peer by its subnet."""
    if BACKEND == "vxlan":
        out = run(TOOL, "subnet", "show", "dev", "flannel.1")
        return dict(re.findall(r"^(\S+)/24 via (\S+)", out, re.M))
    out = run("ip", "route", "show", "proto", "102")
    return dict(re.findall(r"^(\S+)/24 nhid \d+ via (\S+)", out, re.M))


def wanted(moved, gone):
    return {subnet(n): json.loads(lease(n, moved.get(n, 0)))["PublicIP"]
            for n in range(PEERS) if n not in gone}


def forget():
    """As after a boot."""
    subprocess.run([TOOL, "agent", "-cleanup", "-subnet-file",
                    os.path.join(TMP, "subnet.env"), "-iptables-forward-rules=false"],
                   check=False, capture_output=True)


def starts(etcd):
    times = []
    for n in range(3 if PATIENCE == 1 else 1):
        if n:
            agent.end()
            forget()
        agent = Agent(etcd)
        took = agent.ready(120)
        if not ok(took is not None, "start %d: it is ready" % (n + 1)):
            print("".join("# " + x for _, x in agent.lines))
            break
        times.append(took)
        ok(programmed() == wanted({}, ()), "%d peers, each as it should be" % PEERS)
    say("from start to programmed: " + " ".join("%.2f s" % t for t in times))
    ok(times and min(times) < LIMIT, "in less than %.1f s" % LIMIT)
    if times:
        # All is there already.
        agent.end()
        agent = Agent(etcd)
        took = agent.ready(120)
        say("started again: %.2f s; a step takes %.0f ms" %
            (took, agent.figure("reconcile_seconds") * 1000))
    return agent


def until(condition, seconds=60 * PATIENCE):
    """How long it takes until something holds."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if condition():
            return time.monotonic() - begin
        time.sleep(0.01)
    return seconds


def is_there(n):
    if BACKEND == "vxlan":
        return subprocess.run([TOOL, "subnet", "get", subnet(n), "dev",
                               "flannel.1"], check=False, capture_output=True
                              ).stdout.startswith(subnet(n).encode())
    return ("10.77.") in subprocess.run(
        ["ip", "route", "show", subnet(n) + "/24"], check=False,
        capture_output=True, text=True).stdout


def bad_leases(etcd):
    time.sleep(2)
    etcd.put(key(PEERS), lease(PEERS))
    plain = until(lambda: is_there(PEERS))
    bad = [("subnets/garbage", "x"), ("subnets/0.0.0.0-0", lease(1)),
           ("subnets/8.8.8.0-24", lease(1)), ("subnets/10.77.0.0-24", lease(1)),
           ("subnets/10.255.1.0-24", "{" * 1000),
           ("subnets/10.255.2.0-24", '{"PublicIP":"127.0.0.1"}'),
           ("subnets/10.255.3.0-24", "x" * 100000)]
    for name, value in bad:
        etcd.put(name, value)
    etcd.put(key(PEERS + 1), lease(PEERS + 1))
    worst = until(lambda: is_there(PEERS + 1))
    say("a peer is there after %.0f ms, behind %d bad leases after %.0f ms" %
        (plain * 1000, len(bad), worst * 1000))
    ok(worst < max(LIMIT, plain + LIMIT), "bad leases delay others by less than %.0f s" % LIMIT)
    for name, _ in bad:
        etcd.delete(name)
    etcd.delete(key(PEERS))
    etcd.delete(key(PEERS + 1))


def churn(etcd, agent):
    """Peers move, go and come back."""
    moved, gone, sizes, least = {}, set(), [], 0
    begin, n = time.monotonic(), 0
    while n < CHURN * RATE:
        for _ in range(RATE // 10):
            peer = n * 617 % PEERS
            if peer in gone:
                gone.remove(peer)
                etcd.put(key(peer), lease(peer, moved.get(peer, 0)))
            elif n % 4:
                moved[peer] = 1 - moved.get(peer, 0)
                etcd.put(key(peer), lease(peer, moved[peer]))
            else:
                gone.add(peer)
                etcd.delete(key(peer))
            n += 1
        time.sleep(max(0, begin + n / RATE - time.monotonic()))
        # What a step needs while it is under way is not kept.
        least = min(least or agent.rss(), agent.rss())
        if not n % max(RATE, RATE * (CHURN // 10)):
            sizes.append(least)
            least = 0
    took = time.monotonic() - begin
    last = wanted(moved, gone)
    lag = until(lambda: programmed() == last, 30 * PATIENCE)
    say("%d changes in %.0f s, all there %.2f s after the last; kB: %s" %
        (n, took, lag, " ".join(map(str, sizes))))
    ok(lag < 30 * PATIENCE, "exactly what should be after %d changes" % n)
    ok(sizes[-1] - sizes[len(sizes) // 4] < GROWTH_KB, "memory is flat")


def main():
    for words in (("link", "set", "lo", "up"),
                  ("link", "add", "under", "type", "veth", "peer", "name", "other"),
                  ("link", "set", "under", "up"), ("link", "set", "other", "up"),
                  ("addr", "add", "10.77.0.1/16", "dev", "under")):
        run("ip", *words)
    etcd = Etcd()
    fill(etcd, PEERS)
    agent = starts(etcd)
    bad_leases(etcd)
    churn(etcd, agent)
    took = agent.end()
    ok(agent.process.returncode == 0, "it ends well")
    say("it ends after %.0f ms" % (took * 1000))
    ok(took < LIMIT, "and in less than %.0f s" % LIMIT)


try:
    main()
finally:
    for one in PROCESSES:
        if one.poll() is None:
            one.kill()
    shutil.rmtree(TMP, ignore_errors=True)
sys.exit(done_testing())
