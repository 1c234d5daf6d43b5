# SPDX-License-Identifier: GPL-2.0
"""Tests that follow a registry: TAP, and the program of follow.c as an object."""
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time

DIR = os.path.dirname(os.environ["TOOL"])
count = 0
failed = 0


def ok(good, name):
    """One result."""
    global count, failed
    count += 1
    if not good:
        failed = 1
    print("%sok %d - %s" % ("" if good else "not ", count, name), flush=True)
    return good


def same(got, expected, name):
    """A result, that says what was got instead."""
    if not ok(got == expected, name):
        print("# got      %s\n# expected %s" % (got, expected), flush=True)


def skip(name, why):
    """A result that was not got."""
    global count
    count += 1
    print("ok %d - %s # SKIP %s" % (count, name, why), flush=True)


def done():
    """The end of all results."""
    print("1..%d" % count, flush=True)
    sys.exit(failed)


class Follow:
    """A registry that is followed. What it has told is in self.events."""

    def __init__(self, registry, *options):
        self.process = subprocess.Popen(
            [os.path.join(DIR, "test", "follow"), *options, registry],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.queue = queue.Queue()
        self.events = []
        self.errors = []
        threading.Thread(target=self.read, daemon=True).start()
        self.reader = threading.Thread(target=self.read_errors, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.queue.put(json.loads(line))
        self.queue.put(None)

    def read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line)

    def next(self, seconds=5):
        """The next event, None: there is none so long."""
        try:
            event = self.queue.get(timeout=max(seconds, 0))
        except queue.Empty:
            return None
        if event:
            self.events.append(event)
        return event

    def until(self, wanted, seconds=8):
        """The first event for which wanted(event) holds, None: none."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            event = self.next(end - time.monotonic())
            if event and wanted(event):
                return event
            if event is None:
                break
        return None

    def told(self, leases, seconds=8):
        """Wait until it tells these keys."""
        keys = sorted(leases)
        return self.until(lambda e: e["event"] == "changed" and
                          sorted(e["leases"]) == keys, seconds)

    def failing(self, text, seconds=8):
        return self.until(lambda e: e["event"] == "failing" and
                          text in e["why"], seconds)

    def claimed(self, how, seconds=8):
        return self.until(lambda e: e["event"] == "claimed" and
                          e["how"] == how, seconds)

    def quiet(self, seconds):
        """All events within some time."""
        got = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            event = self.next(end - time.monotonic())
            if event:
                got.append(event)
        return got

    def say(self, command):
        if self.process.poll() is not None:
            return
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def claim(self, key, value, how):
        self.say("claim %s %s %s" % (key, value, how))

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        self.signal(signal.SIGSTOP)

    def go_on(self):
        self.signal(signal.SIGCONT)

    def end(self, name):
        if os.environ.get("DEBUG"):
            for event in self.events:
                print("# " + json.dumps(event)[:200])
        """Close it; that nothing leaks or stays is a result."""
        try:
            self.say("quit")
            code = self.process.wait(10)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            code = self.process.poll()
            self.process.kill()
        self.reader.join(5)
        if not ok(code == 0, name + ": ends well"):
            print("# exit code %s" % code)
            for line in self.errors[-30:]:
                print("# " + line.rstrip())
            for event in self.events[-5:]:
                print("# " + json.dumps(event)[:300])
