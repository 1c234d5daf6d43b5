#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""An etcd of a few lines that misbehaves on request: fake_etcd.py MODE.

It prints its port, then serves /v3/kv/range on 127.0.0.1 until it is killed.
Requests are appended to the file that $LOG names, one JSON object a line.
"""
import base64
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODE = sys.argv[1]
PREFIX = "/coreos.com/network/"
CONFIG = {"Network": "10.0.0.0/8", "Backend": {"Type": "vxlan"}}
REVISION = 42


def b64(text):
    return base64.b64encode(text.encode()).decode()


def lease(n):
    value = {"PublicIP": "172.16.%d.%d" % (n // 256, n % 256),
             "PublicIPv6": None, "BackendType": "vxlan",
             "BackendData": {"VNI": 1, "VtepMAC": "02:00:00:00:00:01"}}
    return (PREFIX + "subnets/10.%d.%d.0-24" % (n // 256 + 1, n % 256),
            json.dumps(value), n + 1)


def entries():
    count = {"many": 1203, "long": 24}.get(MODE, 3)
    found = [lease(n) for n in range(count)]
    if MODE == "long":
        found = [(k, '"' + 1200000 * "x" + '"', c) for k, v, c in found]
    return sorted(found)


ENTRIES = entries()
COUNT = {"requests": 0, "compacted": 0}


def answer(request):
    """The answer to a range request: status and object."""
    key = base64.b64decode(request["key"]).decode()
    header = {"revision": str(REVISION)}
    if key == PREFIX + "config":
        if MODE == "no-config":
            return 200, {"header": header}
        kv = {"key": b64(key), "value": b64(json.dumps(CONFIG)),
              "create_revision": "1", "mod_revision": "1"}
        return 200, {"header": header, "kvs": [kv], "count": "1"}
    if "range_end" not in request:
        return 200, {"header": header}
    if MODE == "compacted" and COUNT["compacted"] < 2:
        COUNT["compacted"] += 1
        return 400, {"error": "required revision has been compacted",
                     "code": 11, "message": "compacted"}
    if MODE == "always-compacted":
        return 400, {"error": "required revision has been compacted",
                     "code": 11}
    if MODE == "fails-late":
        return 500, {"error": "etcdserver: no leader\x1b[2J", "code": 14}
    end = base64.b64decode(request["range_end"]).decode()
    found = [e for e in ENTRIES if key <= e[0] < end]
    limit = request.get("limit", 0) or len(found)
    page = found[:limit]
    if MODE == "same-page-again":
        page = ENTRIES[:limit]
    if MODE == "foreign-key":
        page = [("/other/key", "{}", 1)]
    kvs = [{"key": b64(k), "value": b64(v), "create_revision": str(c),
            "mod_revision": str(c)}
           for k, v, c in page]
    if MODE == "no-base64":
        kvs[1]["value"] = "%%%"
    if MODE == "no-revision-of-a-key":
        del kvs[1]["create_revision"]
    if MODE == "wrong-types":
        kvs[1] = {"key": 1, "value": [], "create_revision": 2}
    count = len(found) + (len(page) if MODE == "same-page-again" else 0)
    reply = {"header": header, "count": str(count)}
    if kvs:
        reply["kvs"] = kvs
    if len(found) > len(page) or MODE in ("same-page-again",):
        reply["more"] = True
    if MODE == "empty-page":
        reply = {"header": header, "more": True}
    if MODE == "kvs-object":
        reply["kvs"] = {"a": 1}
    return 200, reply


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def send(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        request = json.loads(self.rfile.read(length))
        COUNT["requests"] += 1
        with open(os.environ["LOG"], "a", encoding="utf-8") as log:
            log.write(json.dumps(request) + "\n")
        if MODE == "redirect":
            self.send(307, b"", [("Location", "http://127.0.0.1:9/")])
        elif MODE == "hang":
            time.sleep(60)
        elif MODE == "not-json":
            self.send(200, b"<html>")
        elif MODE == "deep":
            self.send(200, b"[" * 100000)
        elif MODE == "no-revision":
            self.send(200, b'{"kvs":[]}')
        elif MODE == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b" " * 65536)
            except OSError:
                pass
        elif self.path != "/v3/kv/range":
            self.send(404, b'{"code":5,"message":"Not Found"}')
        else:
            status, reply = answer(request)
            self.send(status, json.dumps(reply).encode())

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
