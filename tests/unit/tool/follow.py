# SPDX-License-Identifier: GPL-2.0
"""Tests in Python: TAP, and a registry that is followed by the program follow.

$FOLLOW is that program. What it tells is kept; tests wait for what they expect,
so a slow machine makes them slow and not wrong.
"""
import json
import os
import subprocess
import threading
import time

LIMIT = 60
COUNT = {"n": 0, "failed": 0}


def ok(good, name, *notes):
    COUNT["n"] += 1
    COUNT["failed"] += not good
    print("%sok %d - %s" % ("" if good else "not ", COUNT["n"], name))
    for note in () if good else notes:
        for line in str(note)[-2000:].splitlines():
            print("# " + line)
    return good


def skip(name, why):
    COUNT["n"] += 1
    print("ok %d - %s # SKIP %s" % (COUNT["n"], name, why))


def done_testing():
    print("1..%d" % COUNT["n"])
    return 1 if COUNT["failed"] else 0


class Follow:
    """One run of follow, as a context: it has to end well."""

    def __init__(self, name, registry, env=None, prefix=(), **words):
        command = list(prefix) + [os.environ["FOLLOW"]]
        for word, value in words.items():
            command += ["--" + word.replace("_", "-"), value]
        command.append(registry)
        self.name = name
        self.events = []
        self.seen = 0
        self.errors = []
        self.news = threading.Condition()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace",
            env=dict(os.environ, **(env or {})))
        self.readers = [threading.Thread(target=self.read_events, daemon=True),
                        threading.Thread(target=self.read_errors, daemon=True)]
        for reader in self.readers:
            reader.start()

    def read_events(self):
        for line in self.process.stdout:
            with self.news:
                self.events.append(json.loads(line))
                self.news.notify_all()
        with self.news:
            self.news.notify_all()

    def read_errors(self):
        for line in self.process.stderr:
            with self.news:
                self.errors.append(line)
                self.news.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.stdin.close()
        try:
            rc = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            rc = "killed"
        for reader in self.readers:
            reader.join()
        ok(rc == 0, self.name + ": it ends well", rc, "".join(self.errors))

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def wait(self, good, what, seconds=LIMIT):
        """Wait for an event that is @good, behind the last one found."""
        until = time.monotonic() + seconds
        with self.news:
            while True:
                for i in range(self.seen, len(self.events)):
                    if good(self.events[i]):
                        self.seen = i + 1
                        ok(True, self.name + ": " + what)
                        return self.events[i]
                left = until - time.monotonic()
                if left <= 0:
                    break
                self.news.wait(left)
        ok(False, self.name + ": " + what, self.events[-3:],
           "".join(self.errors))
        return {"leases": {}, "config": "", "node": [], "endpoints": []}

    def complains(self, text, what, seconds=LIMIT):
        """Wait for a line on stderr."""
        until = time.monotonic() + seconds
        with self.news:
            while not any(text in line for line in self.errors):
                left = until - time.monotonic()
                if left <= 0:
                    break
                self.news.wait(left)
            ok(any(text in line for line in self.errors),
               self.name + ": " + what, "".join(self.errors))

    def keys(self, *keys):
        """An event that says that exactly these leases are there."""
        def good(event):
            return event["event"] == "changed" and \
                sorted(k.removesuffix(" own") for k in event["leases"]) == \
                sorted(keys)
        return good

    @staticmethod
    def failing(text):
        def good(event):
            return event["event"] == "failing" and text in event["why"]
        return good

    @staticmethod
    def claimed(how, text=""):
        def good(event):
            return event["event"] == "claimed" and event["how"] == how and \
                text in (event["why"] or "")
        return good

    def until(self, good, what, seconds=LIMIT):
        """Wait until something is so."""
        until = time.monotonic() + seconds
        while not good() and time.monotonic() < until:
            time.sleep(0.1)
        ok(good(), self.name + ": " + what, "".join(self.errors))

    def quiet(self, what, seconds=0.5):
        """Nothing more is told for a while."""
        time.sleep(seconds)
        with self.news:
            ok(self.seen == len(self.events), self.name + ": " + what,
               self.events[self.seen:])


def value_of(event, key):
    """The value of a lease, parsed."""
    value = event.get("leases", {}).get(key)
    return json.loads(value) if value else None
