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


def registry(path, of):
    with open(path, "w", encoding="ascii") as f:
        json.dump({
            "config": {"Network": "10.0.0.0/8", "Backend": {"Type": "host-gw"}},
            "subnets": {subnet + "-24": {"PublicIP": ip, "BackendType": "host-gw"}
                        for subnet, ip in of}}, f)


def sync(path):
    subprocess.run([TOOL, "sync", "file:" + path, "dev", DEVICE], check=True,
                   stdout=subprocess.DEVNULL)


def stock_routes(write, to):
    device = socket.if_nametoindex(DEVICE)
    for subnet, ip in to:
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


def main(directory):
    for words in (("link", "add", DEVICE, "type", "veth", "peer", "name", "far"),
                  ("link", "set", DEVICE, "up"), ("link", "set", "far", "up"),
                  ("addr", "add", "192.168.0.1/16", "dev", DEVICE)):
        run("ip", *words)
    path = os.path.join(directory, "registry")
    everybody, few = peers(PEERS), peers(FEW)
    registry(path, everybody)
    ways = {"ours": (everybody, sync, path),
            "asked for each": (everybody, stock_routes, stock.add, everybody),
            "flanneld, few": (few, stock_routes, stock.add_as_flanneld, few)}
    times = {way: [] for way in ways}
    wrong = []
    for _ in range(ROUNDS):
        for way, (wanted, *act) in ways.items():
            forget()
            times[way].append(timed(*act))
            if sorted(programmed()) != sorted(wanted):
                wrong.append(way)
    ok(not wrong, ", ".join(["each peer is as it should be"] + wrong))
    forget()
    stock_routes(stock.add, everybody)
    taken = timed(sync, path)
    ok(sorted(programmed("proto", "102")) == sorted(everybody),
       "flanneld's are taken over")
    again = timed(sync, path)

    median = {way: statistics.median(of) for way, of in times.items()}
    for way, of in times.items():
        say("%s: %s ms" % (way, " ".join("%.0f" % (t * 1000) for t in of)))
    say("with nothing to do %.0f ms; flanneld's taken over in %.0f ms" %
        (again * 1000, taken * 1000))
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
