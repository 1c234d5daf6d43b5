#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""host-gw: how soon sync has written the routes of ten thousand peers, beside
what flanneld asks the kernel for. Each is timed as often, in turn; medians are
compared. Runs in a network namespace of its own, as root. Prints TAP.

  sync.py TOOL; FLANNEL_PEERS for another number of them.
"""
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import stock
from tap import done_testing, ok, run, say

TOOL = sys.argv[1]
PEERS = int(os.environ.get("FLANNEL_PEERS", "10000"))
FEW = PEERS // 5
ROUNDS = 3
DEVICE = "eth0"


def peers(n):
    """Subnets, each with the address of its node."""
    return [("10.%d.%d.0" % (64 + i // 256, i % 256),
             "192.168.%d.%d" % (100 + i // 200, 1 + i % 200)) for i in range(n)]


def registry(path, n):
    with open(path, "w", encoding="ascii") as f:
        json.dump({
            "config": {"Network": "10.0.0.0/8", "Backend": {"Type": "host-gw"}},
            "subnets": {subnet + "-24": {"PublicIP": ip, "BackendType": "host-gw"}
                        for subnet, ip in peers(n)}}, f)


def sync(path):
    subprocess.run([TOOL, "sync", "file:" + path, "dev", DEVICE], check=True,
                   stdout=subprocess.DEVNULL)


def stock_routes(write, n):
    device = socket.if_nametoindex(DEVICE)
    for subnet, ip in peers(n):
        write(subnet, ip, device)


def programmed(*of):
    """What the kernel has: address of each peer by its subnet."""
    return re.findall(r"^(10\.\S+)/24 .*?via (\S+)",
                      run("ip", "route", "show", *of), re.M)


def forget():
    """Nobody's route is left, and no nexthop."""
    for what in (("nexthop", "flush"), ("route", "flush", "root", "10.0.0.0/8")):
        subprocess.run(("ip",) + what, check=False, capture_output=True)


def timed(act, *words):
    begin = time.monotonic()
    act(*words)
    return time.monotonic() - begin


def work(act, *words):
    """Seconds of CPU, the program's and the kernel's for it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    act(*words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def main(directory):
    for words in (("link", "add", DEVICE, "type", "veth", "peer", "name", "far"),
                  ("link", "set", DEVICE, "up"), ("link", "set", "far", "up"),
                  ("addr", "add", "192.168.0.1/16", "dev", DEVICE)):
        run("ip", *words)
    all_of_them = os.path.join(directory, "all")
    a_few = os.path.join(directory, "few")
    registry(all_of_them, PEERS)
    registry(a_few, FEW)
    ways = {"ours": (sync, all_of_them), "ours, few": (sync, a_few),
            "asked for each": (stock_routes, stock.add, PEERS),
            "flanneld, few": (stock_routes, stock.add_as_flanneld, FEW)}
    times = {way: [] for way in ways}
    cpu, wrong = [], []
    for _ in range(ROUNDS):
        for way, act in ways.items():
            forget()
            times[way].append(timed(*act))
            n = FEW if "few" in way else PEERS
            if sorted(programmed()) != sorted(peers(n)):
                wrong.append(way)
    ok(not wrong, ", ".join(["each peer is as it should be"] + wrong))
    for _ in range(ROUNDS):
        forget()
        cpu.append(work(sync, all_of_them))
    again = [timed(sync, all_of_them) for _ in range(ROUNDS)]
    forget()
    stock_routes(stock.add, PEERS)
    taken = timed(sync, all_of_them)
    ok(sorted(programmed("proto", "102")) == sorted(peers(PEERS)),
       "flanneld's are taken over")

    median = {way: statistics.median(of) for way, of in times.items()}
    for way, of in times.items():
        say("%s: %s ms" % (way, " ".join("%.0f" % (t * 1000) for t in of)))
    say("%d peers: %.0f ms of CPU; with nothing to do %.0f ms; flanneld's taken "
        "over in %.0f ms" % (PEERS, statistics.median(cpu) * 1000,
                             statistics.median(again) * 1000, taken * 1000))
    say("one request a route: %.1f times as long; flanneld for %d of them: %.1f" %
        (median["asked for each"] / median["ours"], FEW,
         median["flanneld, few"] / median["ours"]))
    ok(median["ours"] < 1, "%d peers in less than a second" % PEERS)
    ok(median["ours"] < median["asked for each"],
       "sooner than any that asks for each")
    ok(median["ours"] < median["flanneld, few"],
       "and than flanneld for %d" % FEW)


with tempfile.TemporaryDirectory(prefix="flannel-scale-") as path_of_it:
    main(path_of_it)
sys.exit(done_testing())
