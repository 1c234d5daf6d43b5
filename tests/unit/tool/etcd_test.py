# SPDX-License-Identifier: GPL-2.0
"""What the tests of the etcd registry have in common."""
import json
import signal
import sys
import time

import follow
from follow import COUNT, ok

PREFIX = "/coreos.com/network/"
KEYS = ["10.1.%d.0-24" % n for n in range(4)]
VALUE = '{"PublicIP":"192.168.0.1"}'
MINE = '{"PublicIP":"192.168.0.9"}'


def same(got, expected, name):
    """A result, that says what was got instead."""
    ok(got == expected, name, "got      %s" % (got,),
       "expected %s" % (expected,))


def skip(name, why):
    """A result that was not got."""
    COUNT["n"] += 1
    print("ok %d - %s # SKIP %s" % (COUNT["n"], name, why), flush=True)


def run(tests, *args):
    """Run those tests that the command line names, or all."""
    for test in tests:
        if len(sys.argv) < 2 or test.__name__ in sys.argv[1:]:
            test(*args)


def wait(condition, seconds=30):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def quickest(follow, change):
    """Ten changes: how soon the quickest of them was told, on a busy machine."""
    best = 9
    for n in range(10):
        change(n)
        sent = time.time()
        event = follow.find(lambda e: e["event"] == "changed")
        if event:
            best = min(best, event["t"] - sent)
    print("# %.1f ms" % (best * 1000))
    return best


class Follow(follow.Follow):
    """A registry that is followed: what is looked for is no result yet."""

    def find(self, good, seconds=30):
        """The next event that is good, None: there is none so long."""
        until = time.monotonic() + seconds
        with self.news:
            while True:
                for i in range(self.seen, len(self.events)):
                    if good(self.events[i]):
                        self.seen = i + 1
                        return self.events[i]
                self.seen = len(self.events)
                left = until - time.monotonic()
                if left <= 0:
                    return None
                self.news.wait(left)

    def told(self, keys, seconds=30):
        return self.find(self.keys(*keys), seconds)

    def keys(self, *keys):
        def good(event):
            return event["event"] == "changed" and \
                sorted(event["leases"]) == sorted(keys)
        return good

    def fails(self, text, seconds=30):
        return self.find(self.failing(text), seconds)

    def answers(self, how, seconds=30):
        return self.find(self.claimed(how), seconds)

    def still(self, seconds):
        """All that is told within some time."""
        seen = self.seen
        time.sleep(seconds)
        with self.news:
            self.seen = len(self.events)
            return self.events[seen:]

    def never_less(self, n):
        """Was there never less than n leases?"""
        return all(e["n"] >= n for e in self.events
                   if e["event"] == "changed")

    def claim(self, key, value, how):
        self.say("claim %s %s %s" % (key, value, how))

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        """Close it; that nothing leaks or stays is a result."""
        before = COUNT["failed"]
        self.__exit__()
        if COUNT["failed"] != before:
            for event in self.events[-5:]:
                print("# " + json.dumps(event)[:300])
