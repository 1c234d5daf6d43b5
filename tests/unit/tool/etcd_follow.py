#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The etcd registry, followed: against a small etcd that does all that goes
wrong with one. What it tells must never be less than what was there.
"""
import json
import sys
import time

import etcd_model
from etcd_model import Etcd
from etcd_test import KEYS, MINE, PREFIX, VALUE, Follow, quickest, run, \
    same, wait
from follow import done_testing, ok


def start(name, n=2):
    """An etcd with n leases, and who follows it, having been told them."""
    etcd = Etcd()
    etcd.put("config", '{"Network":"10.0.0.0/8"}')
    for key in KEYS[:n]:
        etcd.put("subnets/" + key, VALUE)
    follow = Follow(name, etcd.url)
    follow.told(KEYS[:n])
    begun(etcd)
    return etcd, follow


def begun(etcd):
    """Wait until it is watched, and whoever watches knows."""
    wait(lambda: etcd.watchers)
    time.sleep(0.1)


def test_events():
    etcd, follow = start("events")
    same(follow.events[0]["config"], '{"Network":"10.0.0.0/8"}', "the config")
    same(follow.events[0]["endpoints"], ["127.0.0.1"], "and the endpoint")
    etcd.put("subnets/" + KEYS[2], VALUE)
    ok(follow.told(KEYS[:3]), "a key that is new")
    ok(quickest(follow, lambda n: etcd.put("subnets/" + KEYS[2], str(n)))
       < 0.02, "is told within 20 ms")
    etcd.put("subnets/" + KEYS[2], "else")
    event = follow.told(KEYS[:3])
    same(event and event["leases"][KEYS[2]], "else", "another value")
    etcd.delete("subnets/" + KEYS[2])
    ok(follow.told(KEYS[:2]), "a key that is deleted")
    etcd.put("config", "{}")
    event = follow.find(lambda e: True)
    same(event and event["config"], "{}", "another config")
    etcd.delete("config")
    event = follow.find(lambda e: True)
    ok(event and event["config"] is None, "no config any more")
    etcd.put("other", "x")
    etcd.put("subnets-evil/" + KEYS[3], "x")
    same(follow.still(0.3), [], "keys of others are not told")
    with etcd.lock:
        for n in range(500):
            etcd.put("subnets/10.9.%d.0-24" % (n % 250), str(n))
    event = follow.find(lambda e: e["event"] == "changed" and e["n"] == 252)
    ok(event and len(follow.still(0.3)) == 0, "500 events are told at once")
    etcd.put("subnets/big", "x" * 2000000)
    event = follow.find(lambda e: e["event"] == "changed" and e["n"] == 253)
    ok(event, "a giant value")
    same(len(etcd.asked("watch")), 1, "all that by one watch")
    follow.end()


def test_gap():
    """Something happens between the listing and the watch."""
    etcd = Etcd()
    etcd.put("config", "{}")
    etcd.put("subnets/" + KEYS[0], VALUE)

    def after(path, request):
        if path == "kv/range" and "range_end" in request:
            etcd.after = lambda path, request: None
            etcd.put("subnets/" + KEYS[1], VALUE)
    etcd.after = after
    follow = Follow("gap", etcd.url)
    ok(follow.told(KEYS[:2]), "between listing and watch nothing is missed")
    same(len(etcd.listings()), 2, "without a second listing")
    follow.end()


def test_streams():
    etcd, follow = start("streams")
    for how in (etcd.cut, etcd.end_streams):
        etcd.forget()
        etcd.paused = True
        how()
        wait(lambda: not etcd.watchers)
        etcd.put("subnets/" + KEYS[2], str(how))
        etcd.paused = False
        event = follow.told(KEYS[:3])
        same(event and event["leases"][KEYS[2]], str(how),
             "a stream that breaks goes on behind the last event")
        same((len(etcd.listings()),
              etcd.asked("watch")[0]["create_request"]["start_revision"]),
             (0, str(etcd.revision)), "without a listing")
    etcd.revision += 1
    with etcd.lock:
        line = json.dumps({"result": {"header": etcd.header(), "events": [
            {"kv": {"key": etcd_model.b64(PREFIX + "subnets/" + KEYS[3]),
                    "create_revision": "50", "value": "QUJD",
                    "mod_revision": str(etcd.revision)}}]}}).encode() + b"\n"
    etcd.raw(line[:60])
    same(follow.still(0.3), [], "half a line says nothing")
    etcd.raw(line[60:])
    ok(follow.told(KEYS), "the other half does")
    etcd.put("subnets/" + KEYS[3], "", silent=True)
    follow.end()


def test_nonsense():
    lines = [
        b"what?\n", b"{}\n", b"[]\n", b'{"result":[]}\n', b'{"result":{}}\n',
        b"[" * 5000 + b"\n", b"\xff\xfe\n", b"\n", b'"\n',
        b'{"result":{"header":{"revision":"99"},"events":{}}}\n',
        b'{"result":{"header":{"revision":"99"},"events":[1]}}\n',
        b'{"result":{"header":{"revision":"99"},"events":[{}]}}\n',
        b'{"result":{"header":{"revision":"99"},"events":[{"type":"X"}]}}\n',
        b'{"error":{"grpc_code":14,"message":"etcdserver: no leader"}}\n',
        b'{"result":{"canceled":true,"cancel_reason":"because"}}\n',
        b'{"result":{"canceled":true}}\n',
    ]
    old = json.dumps({"result": {"header": {"revision": "99"}, "events": [
        {"type": "DELETE", "kv": {"mod_revision": "5", "key": etcd_model.b64(
            PREFIX + "subnets/" + KEYS[0])}}]}}).encode() + b"\n"
    pairs = [start("nonsense") for _ in lines + [old]]
    for (etcd, _), line in zip(pairs, lines + [old]):
        etcd.forget()
        etcd.raw(line)
    for n, (etcd, follow) in enumerate(pairs):
        wait(lambda: etcd.asked("watch"))
        begun(etcd)
        etcd.put("subnets/" + KEYS[2], VALUE)
        ok(follow.told(KEYS[:3]) and follow.never_less(2),
           "nonsense %d is overcome, and was not believed" % n)
        follow.end()


def test_compaction():
    etcd, follow = start("compaction", 3)
    with etcd.lock:
        etcd.paused = True
        etcd.cut()
        etcd.put("subnets/" + KEYS[3], VALUE)
        etcd.delete("subnets/" + KEYS[0])
        etcd.put("subnets/" + KEYS[1], "else")
        etcd.compact()
        etcd.paused = False
    event = follow.told(KEYS[1:])
    same(event and event["leases"][KEYS[1]], "else",
         "a compaction while the stream is broken")
    begun(etcd)
    etcd.always_compacted = True
    etcd.cut()
    etcd.forget()
    wait(lambda: len(etcd.log) > 1)
    time.sleep(4)
    requests = len(etcd.log)
    ok(1 < requests < 60, "compaction for ever is no loop")
    print("# %d requests in 4 s" % requests)
    etcd.always_compacted = False
    etcd.put("subnets/" + KEYS[0], VALUE)
    ok(follow.told(KEYS), "and ends well")
    ok(follow.never_less(3), "never less than there was")
    same([e for e in follow.events if e["event"] == "failing"], [],
         "none of it is a failure")
    follow.end()


def test_other_history():
    etcd, follow = start("other_history", 3)
    with etcd.lock:
        etcd.revision = 5
        etcd.history = []
        etcd.store = {k: v for k, v in etcd.store.items()
                      if KEYS[2] not in k}
        etcd.cut()
    ok(follow.fails("went back from 14 to 5"), "an older state is noticed")
    ok(follow.never_less(3), "not believed at once")
    ok(follow.told(KEYS[:2]), "but when it is said again")
    same(len([e for e in follow.events if e["event"] == "failing"]), 1,
         "that is told once")
    etcd.put("subnets/" + KEYS[3], VALUE)
    ok(follow.told(KEYS[:2] + KEYS[3:]), "and watched from there")
    follow.end()


def test_failures():
    etcd, follow = start("failures")
    etcd.fault = lambda path, request: (503, {"error": "etcdserver: no leader",
                                              "code": 14})
    etcd.cut()
    ok(follow.fails("no leader"), "a server that fails")
    etcd.put("subnets/" + KEYS[2], VALUE)
    got = follow.still(3)
    same(got, [], "is told once")
    etcd.fault = lambda path, request: None
    ok(follow.told(KEYS[:3]), "and works again")
    etcd.fault = lambda path, request: (200, b"<html>\x1b[2J")
    etcd.cut()
    ok(follow.fails("etcd"), "answers that are not JSON")
    etcd.fault = lambda path, request: None
    ok(follow.told(KEYS[:3]), "are told, and their end too")
    ok(follow.never_less(2), "nothing gets lost meanwhile")
    port = etcd.port
    etcd.close()
    ok(follow.fails("connect"), "a server that is gone")
    again = Etcd(port)
    again.revision = etcd.revision
    again.store = etcd.store
    event = follow.find(lambda e: e["event"] == "changed")
    ok(event and event["n"] == 3, "and is there again")
    follow.end()


def test_slow():
    """Three who do not answer, at the same time: each takes ten seconds."""
    list_hangs = Etcd()
    list_hangs.fault = lambda path, request: "hang"
    watch_hangs, second = start("slow")
    watch_hangs.fault = lambda path, request: \
        "hang" if path == "watch" else None
    watch_hangs.cut()
    begun = time.monotonic()
    first = Follow("slow", list_hangs.url)
    ok(first.fails("timed out", 30), "a listing that is not answered")
    ok(second.fails("does not begin", 30), "a watch that does not begin")
    ok(8 < time.monotonic() - begun < 40, "are given ten seconds")
    watch_hangs.fault = lambda path, request: None
    list_hangs.fault = lambda path, request: None
    list_hangs.put("config", "{}")
    ok(second.told(KEYS[:2]), "and work again")
    ok(first.told([]), "both")
    first.end()
    second.end()


def test_endpoints():
    one, two = Etcd(), Etcd()
    for etcd in (one, two):
        etcd.put("config", "{}")
        etcd.put("subnets/" + KEYS[0], VALUE)
    follow = Follow("endpoints", "etcd://%s,%s" % (one.name, two.name))
    follow.told(KEYS[:1])
    begun(one)
    for etcd in (one, two):
        etcd.put("subnets/" + KEYS[1], VALUE)
    follow.told(KEYS[:2])
    one.close()
    two.put("subnets/" + KEYS[2], VALUE)
    ok(follow.told(KEYS[:3]), "the next endpoint takes over")
    same(len(two.listings()), 0, "where the first one was")
    same([e["event"] for e in follow.events], ["changed"] * 3,
         "which is no failure")
    two.close()
    event = follow.fails("none of the etcd endpoints")
    ok(event and one.name in event["why"] and two.name in event["why"],
       "none any more, each with its reason")
    ok(follow.never_less(1), "what was told stands")
    follow.end()
    ok(any(one.name in line for line in follow.errors),
       "a warning names the endpoint that was gone")


def test_no_watch():
    """Both can be listed and not watched, by name: all is listed once."""
    one, two = Etcd(), Etcd()
    for etcd in (one, two):
        etcd.put("config", "{}")
        etcd.fault = lambda path, request: \
            (403, {"error": "etcdserver: permission denied", "code": 7}) \
            if path == "watch" else None
    follow = Follow("no watch", "etcd://localhost:%d,localhost:%d" %
                    (one.port, two.port))
    ok(follow.told([]), "what can only be listed is told")
    ok(follow.fails("permission denied"), "and that it cannot be watched")
    same([e for e in follow.still(3) if e["event"] == "failing"], [], "once")
    ok(len(one.listings()) + len(two.listings()) <= 6,
       "and is not listed again and again")
    follow.end()


def test_users():
    etcd = Etcd()
    etcd.users = {"me": "secret"}
    etcd.put("config", "{}")
    etcd.put("subnets/" + KEYS[0], VALUE)
    follow = Follow("users", etcd.url, etcd_username="me",
                    etcd_password="wrong")
    ok(follow.fails("authentication failed"), "a wrong password")
    follow.end()
    follow = Follow("users", etcd.url, etcd_username="me",
                    etcd_password="secret")
    ok(follow.told(KEYS[:1]), "a user")
    begun(etcd)
    etcd.tokens.clear()
    etcd.cut()
    etcd.put("subnets/" + KEYS[1], VALUE)
    ok(follow.told(KEYS[:2]), "whose token has expired")
    etcd.tokens.clear()
    follow.claim(KEYS[2], MINE, "create")
    ok(follow.answers("claimed"), "also while something is claimed")
    same([e for e in follow.events if e["event"] == "failing"], [],
         "which is no failure")
    follow.end()
    etcd = Etcd()
    etcd.put("config", "{}")
    etcd.auth_authenticate = lambda request: (
        400, {"error": "etcdserver: authentication is not enabled", "code": 9})
    follow = Follow("users", etcd.url, etcd_username="me", etcd_password="x")
    ok(follow.told([]), "a user where there are none")
    follow.end()


def test_relist():
    etcd, follow = start("relist")
    etcd.put("subnets/" + KEYS[2], VALUE, silent=True)
    etcd.delete("subnets/" + KEYS[0], silent=True)
    same(follow.still(0.3), [], "what the watch does not tell")
    follow.say("relist")
    ok(follow.told(KEYS[1:3]), "a listing repairs")
    # The watch runs ahead of the listing that is on its way.
    ahead = []

    def after(path, request):
        if path == "kv/range" and "range_end" not in request and \
                "keys_only" not in request and not ahead:
            ahead.append(True)
            n = len(follow.events)
            etcd.put("subnets/" + KEYS[3], VALUE)
            wait(lambda: any(e.get("n") == 3 for e in follow.events[n:]))
    etcd.after = after
    real = etcd.kv_range

    def old(request):
        status, reply = real(request)
        if "range_end" in request and ahead == [True]:
            ahead.append(True)
            reply["kvs"] = [kv for kv in reply["kvs"] if etcd_model.unb64(
                kv["key"]).removeprefix(PREFIX + "subnets/") != KEYS[3]]
            reply["count"] = str(len(reply["kvs"]))
        return status, reply
    etcd.kv_range = old
    follow.say("relist")
    ok(follow.told(KEYS[1:]), "an event during a listing")
    again = follow.told(KEYS[1:])
    ok(again, "a listing that is older than what was told")
    told = [e["n"] for e in follow.events if e["event"] == "changed"]
    ok(told[-2:] == [3, 3], "never takes it back")
    follow.end()


def lease_of(etcd, key):
    kv = etcd.store.get(PREFIX + "subnets/" + key)
    return kv and kv["lease"]


def test_claim():
    etcd, follow = start("claim")
    follow.claim(KEYS[2], MINE, "create")
    ok(follow.answers("claimed"), "a key is claimed")
    lease = lease_of(etcd, KEYS[2])
    ok(lease, "with a lease")
    same(etcd.asked("lease/grant"), [{"TTL": "86400"}], "of a day")
    compare = etcd.asked("kv/txn")[0]["compare"][0]
    same((compare["target"], compare["create_revision"]), ("CREATE", "0"),
         "if nobody has it")
    follow.told(KEYS[:3])
    etcd.delete("subnets/" + KEYS[2])
    ok(follow.answers("claimed"), "a key that is deleted is created again")
    ok(lease_of(etcd, KEYS[2]) not in (None, lease), "with a new lease")
    with etcd.lock:
        etcd.delete("subnets/" + KEYS[2])
        etcd.put("subnets/" + KEYS[2], "another's")
    ok(follow.answers("taken"), "unless another one has it")
    time.sleep(0.3)
    same(etcd.store[PREFIX + "subnets/" + KEYS[2]]["value"], "another's",
         "whose it stays")
    etcd.forget()
    follow.claim(KEYS[1], MINE, "create")
    ok(follow.answers("taken"), "a race that is lost")
    ok(wait(lambda: etcd.asked("lease/revoke")), "gives its lease back")
    same(etcd.store[PREFIX + "subnets/" + KEYS[1]]["value"], VALUE,
         "and changes nothing")
    etcd.put("subnets/" + KEYS[3], MINE, lease="77")
    etcd.leases["77"] = 5
    follow.claim(KEYS[3], MINE, "create")
    ok(follow.answers("claimed"), "our own value is ours already")
    ok(lease_of(etcd, KEYS[3]) != "77", "and gets a lease of our own")
    follow.end()


def test_reuse():
    etcd, follow = start("reuse")
    etcd.put("subnets/" + KEYS[0], VALUE, lease="77")
    etcd.leases["77"] = 500
    follow.find(lambda e: True)
    follow.claim(KEYS[0], MINE, "put")
    ok(follow.answers("claimed"), "a lease that we have is written anew")
    ok(lease_of(etcd, KEYS[0]) not in (None, "77"), "with a new lease")
    etcd.forget()
    follow.claim(KEYS[1], MINE, "put")
    ok(follow.answers("claimed"), "a reservation")
    same((etcd.store[PREFIX + "subnets/" + KEYS[1]]["value"],
          lease_of(etcd, KEYS[1])), (MINE, None), "stays without a lease")
    same(etcd.asked("lease/grant"), [], "which is not even asked for")
    begun(etcd)
    etcd.delete("subnets/" + KEYS[1])
    ok(follow.answers("claimed"), "a reservation that is deleted")
    ok(lease_of(etcd, KEYS[1]), "becomes a lease")
    follow.claim(KEYS[2], MINE, "put")
    ok(follow.answers("claimed"), "what is no longer there is created")
    ok(lease_of(etcd, KEYS[2]), "with a lease")
    etcd.paused = True
    etcd.put("subnets/" + KEYS[3], "unseen")
    follow.claim(KEYS[3], MINE, "put")
    ok(follow.answers("not-claimed"), "what was not yet told is not written")
    same(etcd.store[PREFIX + "subnets/" + KEYS[3]]["value"], "unseen",
         "and stays")
    follow.end()


def test_lost_answers():
    """What is asked for is done, and its answer does not come."""
    etcd, follow = start("lost_answers")
    etcd.put("subnets/" + KEYS[0], VALUE, lease="77")
    etcd.leases["77"] = 500
    follow.find(lambda e: True)
    etcd.after = lambda path, request: "close" if path == "kv/txn" else None
    for value, what in ((MINE, "a lease that we have"),
                        (VALUE, "and the same once more")):
        follow.claim(KEYS[0], value, "put")
        ok(follow.answers("not-claimed"), what + ": nobody knows")
        same(etcd.store[PREFIX + "subnets/" + KEYS[0]]["value"], value,
             "it is written")
    etcd.after = lambda path, request: None
    same(etcd.asked("lease/revoke"), [], "and not taken back")
    follow.claim(KEYS[0], VALUE, "put")
    ok(follow.answers("claimed"), "in the end it is claimed")
    etcd.after = lambda path, request: "close" if path == "kv/txn" else None
    for value in (MINE, VALUE):
        follow.claim(KEYS[0], value, "put")
        ok(follow.answers("not-claimed"), "published anew: nobody knows")
    etcd.after = lambda path, request: None
    follow.claim(KEYS[0], MINE, "put")
    ok(follow.answers("claimed"), "and claimed as well")
    same(etcd.asked("lease/revoke"), [], "nothing was ever taken back")
    follow.end()


def test_renewal():
    etcd = Etcd()
    etcd.put("config", "{}")
    etcd.ttl = 3
    follow = Follow("renewal", etcd.url)
    follow.told([])
    follow.claim(KEYS[0], MINE, "create")
    follow.answers("claimed")
    first = lease_of(etcd, KEYS[0])
    ok(wait(lambda: lease_of(etcd, KEYS[0]) != first, 10),
       "a lease is renewed before its end, by a new one")
    same([r["compare"][0]["target"] for r in etcd.asked("kv/txn")][:2],
         ["CREATE", "VALUE"], "where our value stands")
    same(etcd.asked("lease/revoke"), [], "the old one is left to end")
    etcd.fault = lambda path, request: \
        (503, {"error": "etcdserver: no space", "code": 8}) \
        if path == "kv/txn" else None
    ok(follow.fails("cannot be renewed"), "a renewal that fails is told")
    same(len([e for e in follow.still(3) if e["event"] == "failing"]), 0,
         "once")
    before = len(etcd.asked("kv/txn"))
    second = lease_of(etcd, KEYS[0])
    etcd.fault = lambda path, request: None
    ok(wait(lambda: lease_of(etcd, KEYS[0]) != second),
       "and tried again and again")
    ok(follow.told(KEYS[:1]), "its end is told")
    ok(2 <= before <= 8, "not too often")
    same([e for e in follow.events if e["event"] == "claimed"][1:], [],
         "the claim itself stands")
    etcd.ttl = 86400
    wait(lambda: etcd.leases.get(lease_of(etcd, KEYS[0])) == 86400)
    third = lease_of(etcd, KEYS[0])
    time.sleep(0.2)
    etcd.leases[third] = None
    follow.say("relist")
    ok(wait(lambda: lease_of(etcd, KEYS[0]) != third),
       "a lease that is dead without our knowing is noticed")
    same(etcd.asked("lease/timetolive")[-1], {"ID": third}, "by asking")
    follow.end()


def test_refused_claims():
    etcd, follow = start("refused_claims")
    etcd.fault = lambda path, request: \
        (400, {"error": "etcdserver: permission denied", "code": 7}) \
        if path == "kv/txn" else None
    follow.claim(KEYS[2], MINE, "create")
    event = follow.answers("not-claimed")
    ok(event and "permission denied" in event["why"], "a claim is refused")
    ok(wait(lambda: etcd.asked("lease/revoke")), "and its lease given back")
    for name, answer in (("no lease", {}),
                         ("no number", {"ID": "x", "TTL": "5"}),
                         ("no time", {"ID": "5"}),
                         ("wrong types", {"ID": 5, "TTL": 5}),
                         ("not JSON", b"{")):
        etcd.fault = lambda path, request: \
            (200, answer) if path == "lease/grant" else None
        follow.claim(KEYS[2], MINE, "create")
        ok(follow.answers("not-claimed"), "a grant that is none: " + name)
    for name, answer in (("empty", {}), ("types", {"responses": {}}),
                         ("no base64", {"responses": [{"response_range": {
                             "kvs": [{"value": "%"}]}}]}),
                         ("no revision", {"succeeded": True})):
        etcd.fault = lambda path, request: \
            (200, answer) if path == "kv/txn" else None
        follow.claim(KEYS[2], MINE, "create")
        ok(follow.answers("not-claimed"), "a transaction that is none: " + name)
    etcd.fault = lambda path, request: None
    follow.claim(KEYS[2], MINE, "create")
    ok(follow.answers("claimed"), "and in the end it is claimed")
    first = lease_of(etcd, KEYS[2])
    etcd.fault = lambda path, request: \
        (503, {"error": "etcdserver: no space", "code": 8}) \
        if path == "kv/txn" else None
    follow.claim(KEYS[2], VALUE, "put")
    ok(follow.answers("not-claimed"), "another value cannot be written")
    etcd.fault = lambda path, request: None
    ok(follow.answers("claimed"), "it is, later, without being asked again")
    same(etcd.store[PREFIX + "subnets/" + KEYS[2]]["value"], VALUE,
         "which keeps the key")
    ok(lease_of(etcd, KEYS[2]) != first, "and its lease")
    follow.end()


run([test for name, test in sorted(globals().items())
     if name.startswith("test_")])
sys.exit(done_testing())
