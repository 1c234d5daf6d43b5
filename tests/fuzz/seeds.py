#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""seeds.py DIR: what the fuzzers begin with, a directory for each: etcd.txt,
kube.txt, and the keys, configs and leases of the unit tests.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
UNIT = os.path.join(HERE, "../unit/tool")
OUT = sys.argv[1]
COUNT = {}


def plain(text):
    """%XX is a byte."""
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]),
                  text.encode())


def seed(target, data):
    COUNT[target] = COUNT.get(target, 0) + 1
    directory = os.path.join(OUT, target)
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "%03d" % COUNT[target]), "wb") as f:
        f.write(data)


def lines(name):
    with open(os.path.join(UNIT, name), encoding="utf-8") as f:
        return [x.rstrip("\n") for x in f if x.strip() and x[0] != "#"]


def blocks(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        for block in f.read().split("\n\n")[1:]:
            title, text = block.split("\n", 1)
            yield title.split()[0], text.rstrip("\n") + "\n"


for kind, text in blocks("etcd.txt"):
    seed("etcd_" + kind, text.encode())
for kind, text in blocks("kube.txt"):
    seed(kind, text.encode())
for line in lines("keys.txt"):
    seed("key", plain(line.split(" ")[0]))
schema = lines("schema.txt")
for title, text in zip(schema[::2], schema[1::2]):
    seed("config" if title.startswith("config") else "value", plain(text))
