#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The registry in files, followed: written well, badly, by halves, replaced,
removed, and asked for leases. Prints TAP.
"""
import fcntl
import json
import os
import shutil
import stat
import sys
import tempfile
import threading
import time

from etcd_test import KEYS, MINE, VALUE, Follow, quickest, run, same
from follow import done_testing, ok

TMP = tempfile.mkdtemp(prefix="flannel-file-")
CONFIG = {"Network": "10.0.0.0/8"}


def whole(keys, **more):
    return json.dumps({"config": CONFIG, "more": [1, 2.5, "ü"],
                       "subnets": {k: json.loads(VALUE) for k in keys}, **more})


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def replace(path, text):
    write(path + ".new", text)
    os.rename(path + ".new", path)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def object_file(name, keys):
    directory = os.path.join(TMP, name)
    os.mkdir(directory)
    path = os.path.join(directory, "registry.json")
    write(path, whole(keys))
    follow = Follow(name, "file:" + path)
    follow.told(keys)
    return path, follow


def directory(name, keys):
    path = os.path.join(TMP, name)
    os.makedirs(os.path.join(path, "subnets"))
    write(os.path.join(path, "config"), json.dumps(CONFIG))
    for key in keys:
        write(os.path.join(path, "subnets", key), VALUE)
    follow = Follow(name, "file:" + path)
    follow.told(keys)
    return path, follow


def test_object():
    path, follow = object_file("object", KEYS[:2])
    ok(quickest(follow, lambda n: replace(path, whole(KEYS[n % 2:3]))) < 0.02,
       "a file that is replaced is told within 20 ms")
    write(path, whole(KEYS[:1]))
    ok(follow.told(KEYS[:1]), "one that is overwritten too")
    write(path, whole(KEYS[:1]))
    write(os.path.join(os.path.dirname(path), "another"), "x")
    same(follow.still(0.5), [], "what does not change is not told")
    keys = KEYS[:1]
    for _ in range(20):
        # Something new each time; too slow is for longer than a moment.
        keys = KEYS[:1] if keys == KEYS else KEYS
        seen = len(follow.events)
        begun = time.monotonic()
        write(path, whole(keys)[:50])
        time.sleep(0.05)
        replace(path, whole(keys))
        quick = time.monotonic() - begun < 0.15
        event = follow.told(keys)
        if quick:
            break
    ok(event, "a file that is written by halves")
    same([e for e in follow.events[seen:] if e["event"] == "failing"], [],
         "in less than a moment is no failure")
    write(path, whole(KEYS)[:50])
    ok(follow.fails("registry.json:1: bad JSON"), "for longer it is")
    same(follow.still(0.7), [], "that is told once")
    for text in ("[]", "{}", '{"config":1,"subnets":{}}', "", "\0"):
        write(path, text)
    ok(follow.never_less(1), "whatever stands there, what was told stands")
    os.unlink(path)
    ok(follow.fails("No such file"), "a file that is removed")
    shutil.rmtree(os.path.dirname(path))
    time.sleep(0.3)
    os.mkdir(os.path.dirname(path))
    write(path, whole(KEYS[:2]))
    follow.say("relist")
    ok(follow.told(KEYS[:2]), "with its directory, and is there again")
    replace(path, whole(KEYS[:3]))
    ok(follow.told(KEYS[:3]), "is watched again")
    ok(follow.never_less(1), "nothing was ever missing")
    follow.end()


def test_directory():
    path, follow = directory("directory", KEYS[:2])
    subnets = os.path.join(path, "subnets")
    replace(os.path.join(subnets, KEYS[2]), VALUE)
    event = follow.find(lambda e: e.get("n") == 3)
    ok(event, "a key that is new")
    os.unlink(os.path.join(subnets, KEYS[0]))
    ok(follow.told(KEYS[1:3]), "one that is removed")
    write(os.path.join(subnets, ".hidden"), VALUE)
    same(follow.still(0.3), [], "hidden files are no keys")
    write(os.path.join(path, "config"), '{"Network":"10.0.0.0/9"}')
    ok(follow.find(lambda e: "/9" in (e.get("config") or "")), "the config")
    os.rename(subnets, subnets + ".old")
    ok(follow.fails("subnets: No such file"), "no keys at all")
    os.rename(subnets + ".old", subnets)
    ok(follow.told(KEYS[1:3]), "are there again")
    ok(follow.never_less(2), "nothing was missing meanwhile")
    big = os.path.join(subnets, "big")
    replace(big, "x" * 1000000)
    event = follow.find(lambda e: e.get("n") == 3)
    same(event and len(event["leases"]["big"]), 65537, "a giant value is cut")
    os.unlink(big)
    follow.told(KEYS[1:3])
    os.mkdir(big)
    event = follow.find(lambda e: e.get("n") == 3 and e["leases"]["big"])
    same(event and event["leases"]["big"], "Is a directory",
         "what cannot be read is there, and is no lease")
    os.rmdir(big)
    follow.told(KEYS[1:3])
    for n in range(300):
        write(os.path.join(subnets, "10.8.%d.0-24" % n), VALUE)
    ok(follow.find(lambda e: e.get("n") == 302), "many at once")
    follow.end()


def test_claim_directory():
    path, follow = directory("claim-directory", KEYS[:2])
    own = os.path.join(path, "subnets", KEYS[2])
    follow.claim(KEYS[2], MINE, "create")
    ok(follow.answers("claimed"), "a key is created")
    same(read(own), MINE, "as a file")
    follow.claim(KEYS[2], VALUE, "put")
    ok(follow.answers("claimed"), "and written anew")
    same(read(own), VALUE, "with another value")
    follow.still(0.3)
    os.unlink(own)
    ok(follow.answers("claimed"), "a key that is lost is created again")
    same(read(own), VALUE, "as it was")
    follow.still(0.3)
    write(own, MINE)
    ok(follow.answers("taken"), "unless another one has it")
    same(read(own), MINE, "whose it is then")
    follow.claim(KEYS[0], MINE, "create")
    ok(follow.answers("taken"), "a key that is there is not created")
    same(read(os.path.join(path, "subnets", KEYS[0])), VALUE, "and stays")
    follow.claim(KEYS[0], VALUE, "create")
    ok(follow.answers("claimed"), "but is ours if it has our value")
    for key in ("../../evil", ".hidden", "a/b"):
        follow.claim(key, MINE, "create")
        ok(follow.answers("not-claimed"), "no file is called " + key)
    left = [n for n in os.listdir(os.path.join(path, "subnets"))
            if n[0] == "."]
    same(left, [], "nothing else is left behind")
    follow.end()


def test_claim_object():
    path, follow = object_file("claim-object", KEYS[:2])
    os.chmod(path, 0o640)
    link = os.path.join(os.path.dirname(path), "link.json")
    os.symlink("registry.json", link)
    follow.end()
    follow = Follow("claim-object", "file:" + link)
    follow.told(KEYS[:2])
    follow.claim(KEYS[2], MINE, "create")
    ok(follow.answers("claimed"), "a key is added to a file")
    now = json.loads(read(path))
    before = json.loads(whole(KEYS[:2]))
    before["subnets"][KEYS[2]] = json.loads(MINE)
    same(now, before, "and all else is what it was")
    same(list(now), list(before), "in its order")
    same((stat.S_IMODE(os.stat(path).st_mode), os.path.islink(link)),
         (0o640, True), "permissions and links too")
    follow.told(KEYS[:3])
    replace(path, whole(KEYS[:2]))
    ok(follow.answers("claimed"), "a key that is lost is added again")
    follow.told(KEYS[:3])
    replace(path, whole(KEYS[:3]))
    ok(follow.answers("taken"), "unless another one has it")
    same(json.loads(read(path)), json.loads(whole(KEYS[:3])),
         "whose it is then")
    follow.claim(KEYS[3], "not JSON", "create")
    ok(follow.answers("not-claimed"), "a value has to be JSON")
    write(path, "{")
    follow.claim(KEYS[3], MINE, "create")
    ok(follow.answers("not-claimed"), "a file that is broken")
    same(read(path), "{", "is not made worse")
    write(path, whole(KEYS[:2]))
    lock = os.open(os.path.dirname(path), os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    follow.claim(KEYS[3], MINE, "create")
    same([e["event"] for e in follow.still(0.6) if e["event"] == "claimed"],
         [], "who else writes is waited for")
    os.close(lock)
    ok(follow.answers("claimed"), "until he is done")
    left = sorted(os.listdir(os.path.dirname(path)))
    same(left, ["link.json", "registry.json"], "nothing else is left behind")
    follow.end()


def race(name, path):
    """Eight want to have the same key, and one of their own."""
    all_of_them = [Follow("%s %d" % (name, n), "file:" + path)
                   for n in range(8)]
    for f in all_of_them:
        f.find(lambda e: e["event"] == "changed")
    values = ['{"PublicIP":"192.168.1.%d"}' % n for n in range(8)]
    threads = [threading.Thread(target=f.claim, args=(KEYS[3], v, "create"))
               for f, v in zip(all_of_them, values)]
    for t in threads:
        t.start()
    got = [f.find(lambda e: e["event"] == "claimed") for f in all_of_them]
    same(sorted(e["how"] if e else "?" for e in got),
         ["claimed"] + ["taken"] * 7, name + ": one has it")
    for n, f in enumerate(all_of_them):
        f.claim("10.5.%d.0-24" % n, values[n], "create")
    got = [f.answers("claimed") for f in all_of_them]
    ok(all(got), name + ": each has one of his own")
    for f in all_of_them:
        ok(f.find(lambda e: e.get("n") == 9), f.name + ": sees all")
        f.end()


def test_races():
    os.makedirs(os.path.join(TMP, "race", "subnets"))
    write(os.path.join(TMP, "race", "config"), "{}")
    race("directory", os.path.join(TMP, "race"))
    path = os.path.join(TMP, "race.json")
    write(path, whole([]))
    race("object", path)


try:
    run([test for name, test in sorted(globals().items())
         if name.startswith("test_")])
finally:
    shutil.rmtree(TMP, ignore_errors=True)
sys.exit(done_testing())
