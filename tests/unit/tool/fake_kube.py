# SPDX-License-Identifier: GPL-2.0
"""An API server of a few lines, that misbehaves when it is told to.

Its Nodes are in nodes, changed by put() and remove(); what happens instead of an
answer is put into the lists of trouble, by what is asked for: each is used once.
"""
import json
import os
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

P = "flannel.alpha.coreos.com/"

# What is told again to a watch that begins before it; trouble is not.
EVENTS = ("ADDED", "MODIFIED", "DELETED", "BOOKMARK")


def certificate(directory, name):
    """A certificate that is its own authority."""
    path = os.path.join(directory, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=" + name, "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", path + ".key",
                    "-out", path + ".crt"], check=True,
                   stderr=subprocess.DEVNULL)
    return path


def node(name, cidr, ip=None, **more):
    """A node as the API server has it; without @ip flannel is not on it."""
    annotations = {"other.example/x": "y"}
    if ip:
        annotations.update({
            P + "kube-subnet-manager": "true", P + "backend-type": "vxlan",
            P + "public-ip": ip, P + "backend-data":
            '{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}'})
    metadata = {"name": name, "uid": "uid-" + name,
                "creationTimestamp": "2020-01-01T00:00:00Z",
                "annotations": annotations}
    metadata.update(more)
    spec = {"podCIDR": cidr, "podCIDRs": [cidr]} if cidr else {}
    return {"kind": "Node", "apiVersion": "v1", "metadata": metadata,
            "spec": spec, "status": {"images": []}}


class FakeKube:
    """The server; it runs until it is closed."""

    def __init__(self, cert, token="secret"):
        self.version = 100
        self.token = token
        self.nodes = {}
        self.history = []
        self.trouble = {"list": [], "watch": [], "patch": [], "pod": []}
        self.log = []
        self.news = threading.Condition()
        self.closed = False
        self.pod_node = "self"
        handler = type("Bound", (Handler,), {"kube": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert + ".crt", cert + ".key")
        # A handshake belongs into the connection's own thread.
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True,
            do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def url(self):
        return "https://127.0.0.1:%d" % self.server.server_address[1]

    def close(self):
        with self.news:
            self.closed = True
            self.news.notify_all()
        self.server.shutdown()
        self.server.server_close()

    def tell(self, kind, thing):
        """An event, as it is: an object, or the text of a line."""
        with self.news:
            self.version += 1
            if isinstance(thing, dict) and "metadata" in thing:
                thing["metadata"]["resourceVersion"] = str(self.version)
            self.history.append((self.version, kind, json.loads(
                json.dumps(thing))))
            self.news.notify_all()

    def put(self, thing):
        name = thing["metadata"]["name"]
        with self.news:
            kind = "MODIFIED" if name in self.nodes else "ADDED"
            self.nodes[name] = thing
            self.tell(kind, thing)

    def remove(self, name):
        self.tell("DELETED", self.nodes.pop(name))

    def forget(self, name):
        """It goes without an event."""
        with self.news:
            self.version += 1
            del self.nodes[name]

    def asked(self, what):
        return [line for line in self.log if what in line]

    def wait_asked(self, what, times, seconds=20):
        until = time.monotonic() + seconds
        while len(self.asked(what)) < times and time.monotonic() < until:
            time.sleep(0.05)
        return len(self.asked(what)) >= times


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kube = None

    def log_message(self, *args):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass

    def answer(self, status, thing):
        body = thing if isinstance(thing, bytes) else json.dumps(
            thing).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, message):
        self.answer(status, {"kind": "Status", "status": "Failure",
                             "message": message, "code": status})

    def ask(self):
        """What is asked for; None if it was refused."""
        given = self.headers.get("Authorization", "")
        url = urlsplit(self.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        # Who sees it in the log may tell a watch that begins.
        self.begun = self.kube.version
        self.kube.log.append("%s %s %s" % (self.command, self.path, given))
        if given != "Bearer " + self.kube.token:
            self.refuse(401, "Unauthorized")
            return None, None, None
        if self.command == "PATCH":
            what = "patch"
        elif "/pods/" in url.path:
            what = "pod"
        else:
            what = "watch" if "watch" in query else "list"
        trouble = self.kube.trouble[what]
        if trouble and trouble[0](self, query):
            del trouble[:1]
            return None, None, None
        return what, url.path, query

    def do_GET(self):
        what, _, query = self.ask()
        if what == "list":
            self.list(query)
        elif what == "watch":
            self.watch(query)
        elif what == "pod":
            self.answer(200, {"kind": "Pod", "metadata": {"name": "p"},
                              "spec": {"nodeName": self.kube.pod_node}})

    def list(self, query):
        kube = self.kube
        limit = int(query["limit"])
        begin = int(query.get("continue", "0/").split("/")[0])
        with kube.news:
            names = sorted(kube.nodes)
            page = [kube.nodes[n] for n in names[begin:begin + limit]]
            metadata = {"resourceVersion": str(kube.version)}
            if begin + limit < len(names):
                metadata["continue"] = "%d/+=" % (begin + limit)
            body = json.dumps({"kind": "NodeList", "metadata": metadata,
                               "items": page}).encode()
        self.answer(200, body)

    def begin(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def end(self):
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def watch(self, query):
        kube = self.kube
        at = int(query["resourceVersion"])
        self.begin()
        while True:
            with kube.news:
                news = [e for e in kube.history if e[0] > at]
                if not news and not kube.closed:
                    kube.news.wait(5)
                    continue
                if kube.closed:
                    return
            for at, kind, thing in news:
                if at <= self.begun and kind not in EVENTS:
                    continue
                if not self.event(kind, thing):
                    return

    def event(self, kind, thing):
        """False: the watch has ended."""
        if kind == "END":
            self.end()
            return False
        if kind == "CUT":
            self.wfile.write(b"ff\r\n" + thing.encode())
            self.wfile.flush()
            self.close_connection = True
            return False
        if kind == "RAW":
            self.chunk(thing.encode())
            return True
        if kind == "SLOW":
            line = json.dumps({"type": "ADDED", "object": thing}) + "\n"
            for i in range(0, len(line), 100):
                self.chunk(line[i:i + 100].encode())
                time.sleep(0.05)
            return True
        self.chunk((json.dumps({"type": kind, "object": thing}) +
                    "\n").encode())
        return True

    def do_PATCH(self):
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        what, path, _ = self.ask()
        if not what:
            return
        name = path.split("/")[4]
        changed = self.patch(name, json.loads(body))
        self.kube.log.append("BODY " + body.decode() + " " +
                             self.headers["Content-Type"])
        if changed:
            self.answer(200, changed)
        else:
            self.refuse(404, 'nodes "%s" not found' % name)

    def patch(self, name, patch):
        """The node as it is then; None: there is none."""
        with self.kube.news:
            if name not in self.kube.nodes:
                return None
            changed = json.loads(json.dumps(self.kube.nodes[name]))
            changed["metadata"].setdefault("annotations", {}).update(
                patch.get("metadata", {}).get("annotations", {}))
            if "status" in patch:
                changed["status"]["conditions"] = \
                    patch["status"]["conditions"]
            self.kube.put(changed)
            return changed
