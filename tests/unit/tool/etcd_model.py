# SPDX-License-Identifier: GPL-2.0
"""An etcd of a few lines, with what goes wrong with one on request.

Its state can be looked at and changed from outside, under self.lock.
"""
import base64
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PREFIX = "/coreos.com/network/"


def b64(text):
    return base64.b64encode(text.encode()).decode()


def unb64(text):
    return base64.b64decode(text).decode()


class Handler(BaseHTTPRequestHandler):
    """One request."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        etcd = self.server.etcd
        length = int(self.headers.get("Content-Length", 0))
        request = json.loads(self.rfile.read(length))
        path = self.path.removeprefix("/v3/")
        with etcd.lock:
            etcd.log.append((path, request))
        fault = etcd.fault(path, request)
        if fault == "hang":
            time.sleep(30)
            return
        if fault == "close":
            self.close_connection = True
            return
        if isinstance(fault, tuple):
            self.answer(*fault)
            return
        if etcd.users and path != "auth/authenticate" and \
                self.headers.get("Authorization") not in etcd.tokens:
            self.answer(401, {"error": "etcdserver: invalid auth token",
                              "code": 16})
            return
        if path == "watch":
            self.watch(etcd, request["create_request"])
            return
        service = getattr(etcd, path.replace("/", "_"), None)
        if service is None:
            self.answer(404, {"code": 5, "message": "Not Found"})
            return
        with etcd.lock:
            status, reply = service(request)
        if etcd.after(path, request) == "close":
            self.close_connection = True
            return
        self.answer(status, reply)

    def answer(self, status, reply):
        body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def watch(self, etcd, request):
        self.close_connection = True
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        watcher = Watcher(self, etcd, int(request["start_revision"]))
        try:
            watcher.run()
        except OSError:
            pass
        finally:
            with etcd.lock:
                if watcher in etcd.watchers:
                    etcd.watchers.remove(watcher)

    def log_message(self, *_):
        pass


class Watcher:
    """A stream of events."""

    def __init__(self, handler, etcd, start):
        self.handler = handler
        self.etcd = etcd
        self.next = start
        self.raw = []
        self.ended = False

    def line(self, result):
        return json.dumps({"result": result}).encode() + b"\n"

    def send(self, etcd):
        """What is to be sent now, and whether that is the end."""
        if self.raw:
            data = self.raw.pop(0)
            return data, data == b""
        if self.ended:
            return b"", True
        if etcd.paused:
            return None, False
        events = [e for e in etcd.history if e["mod"] >= self.next]
        if not events:
            return None, False
        self.next = etcd.revision + 1
        return self.line({"header": etcd.header(),
                          "events": [e["event"] for e in events]}), False

    def run(self):
        etcd = self.etcd
        with etcd.lock:
            first = {"header": etcd.header(), "created": True}
            compacted = self.next <= etcd.compacted
            etcd.watchers.append(self)
            data = self.line(first)
            if compacted or etcd.always_compacted:
                data += self.line({"header": etcd.header(), "canceled": True,
                                   "compact_revision": str(etcd.compacted)})
        self.handler.chunk(data)
        while True:
            with etcd.changed:
                data, end = self.send(etcd)
                while data is None and not self.gone():
                    etcd.changed.wait(0.2)
                    data, end = self.send(etcd)
            if data is None:
                return
            if end and not self.ended:
                self.hang_up()
                return
            if end:
                self.handler.chunk(b"")
                return
            self.handler.chunk(data)

    def gone(self):
        """Has the other side hung up?"""
        sock = self.handler.connection
        try:
            sock.setblocking(False)
            return sock.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            sock.setblocking(True)

    def hang_up(self):
        sock = self.handler.connection
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        sock.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass


class Etcd:
    """The server. fault(path, request) may return "hang", "close", (status, answer)."""

    def __init__(self, port=0):
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.revision = 10
        self.compacted = 0
        self.always_compacted = False
        self.paused = False
        self.store = {}
        self.history = []
        self.watchers = []
        self.leases = {}
        self.ttl = 86400
        self.users = {}
        self.tokens = set()
        self.log = []
        self.fault = lambda path, request: None
        self.after = lambda path, request: None
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.etcd = self
        self.port = self.server.server_address[1]
        self.name = "127.0.0.1:%d" % self.port
        self.url = "etcd://" + self.name
        threading.Thread(target=self.server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def close(self):
        """No new connections, and the end of all streams."""
        self.server.shutdown()
        self.server.server_close()
        self.cut()

    def header(self):
        return {"cluster_id": "1", "member_id": "1",
                "revision": str(self.revision), "raft_term": "2"}

    # What a test does.

    def put(self, key, value, lease=None, silent=False):
        """Write a key, below PREFIX."""
        with self.changed:
            self.revision += not silent
            key = PREFIX + key
            old = self.store.get(key)
            kv = {"value": value, "mod": self.revision, "lease": lease,
                  "create": old["create"] if old else self.revision}
            self.store[key] = kv
            if not silent:
                self.happened({"kv": self.kv(key)})

    def delete(self, key, silent=False):
        with self.changed:
            key = PREFIX + key
            del self.store[key]
            self.revision += not silent
            if not silent:
                self.happened({"type": "DELETE", "kv": {
                    "key": b64(key), "mod_revision": str(self.revision)}})

    def happened(self, event):
        self.history.append({"mod": self.revision, "event": event})
        self.changed.notify_all()

    def raw(self, data):
        """Send bytes on all streams; none: a hard end."""
        with self.changed:
            for w in self.watchers:
                w.raw.append(data)
            self.changed.notify_all()

    def cut(self):
        self.raw(b"")

    def end_streams(self):
        with self.changed:
            for w in self.watchers:
                w.ended = True
            self.changed.notify_all()

    def compact(self):
        with self.lock:
            self.compacted = self.revision
            self.history = [e for e in self.history
                            if e["mod"] > self.compacted]

    def asked(self, path):
        """All requests to a path."""
        with self.lock:
            return [r for p, r in self.log if p == path]

    def listings(self):
        """All questions of a listing, without those for a sign of life."""
        return [r for r in self.asked("kv/range") if "keys_only" not in r]

    def forget(self):
        with self.lock:
            self.log.clear()

    # What it serves.

    def kv(self, key):
        kv = self.store[key]
        found = {"key": b64(key), "create_revision": str(kv["create"]),
                 "mod_revision": str(kv["mod"]), "version": "1"}
        if kv["value"]:
            found["value"] = b64(kv["value"])
        if kv["lease"]:
            found["lease"] = kv["lease"]
        return found

    def range(self, request):
        key = unb64(request["key"])
        end = unb64(request["range_end"]) if "range_end" in request else None
        keys = sorted(k for k in self.store
                      if (key <= k < end if end else k == key))
        limit = int(request.get("limit", 0)) or len(keys)
        reply = {"header": self.header()}
        if keys:
            reply["kvs"] = [self.kv(k) for k in keys[:limit]]
            reply["count"] = str(len(keys))
        if len(keys) > limit:
            reply["more"] = True
        return reply

    def kv_range(self, request):
        if 0 < int(request.get("revision", 0)) < self.compacted:
            return 400, {"error": "etcdserver: mvcc: required revision has "
                                  "been compacted", "code": 11}
        return 200, self.range(request)

    def holds(self, compare):
        kv = self.store.get(unb64(compare["key"]))
        if compare["target"] == "CREATE":
            return (kv["create"] if kv else 0) == int(compare["create_revision"])
        if compare["target"] == "MOD":
            return (kv["mod"] if kv else 0) == int(compare["mod_revision"])
        return bool(kv) and b64(kv["value"]) == compare["value"]

    def kv_txn(self, request):
        if not all(self.holds(c) for c in request["compare"]):
            found = self.range(request["failure"][0]["request_range"])
            return 200, {"header": self.header(),
                         "responses": [{"response_range": found}]}
        put = request["success"][0]["request_put"]
        lease = put.get("lease")
        if lease and lease not in self.leases:
            return 400, {"error": "etcdserver: requested lease not found",
                         "code": 5}
        self.put(unb64(put["key"]).removeprefix(PREFIX), unb64(put["value"]),
                 lease)
        return 200, {"header": self.header(), "succeeded": True,
                     "responses": [{"response_put": {}}]}

    def lease_grant(self, _):
        number = str(7587870000000000 + len(self.leases))
        self.leases[number] = self.ttl
        return 200, {"header": self.header(), "ID": number,
                     "TTL": str(self.ttl)}

    def lease_revoke(self, request):
        self.leases[request["ID"]] = None
        for key in [k for k, v in self.store.items()
                    if v["lease"] == request["ID"]]:
            self.delete(key.removeprefix(PREFIX))
        return 200, {"header": self.header()}

    def lease_timetolive(self, request):
        reply = {"header": self.header(), "ID": request["ID"]}
        if self.leases.get(request["ID"]):
            reply["TTL"] = str(self.leases[request["ID"]])
            reply["grantedTTL"] = str(self.ttl)
        return 200, reply

    def auth_authenticate(self, request):
        if self.users.get(request["name"]) != request["password"]:
            return 400, {"error": "etcdserver: authentication failed, invalid "
                                  "user ID or password", "code": 3}
        token = "token.%d" % len(self.log)
        self.tokens.add(token)
        return 200, {"header": self.header(), "token": token}
