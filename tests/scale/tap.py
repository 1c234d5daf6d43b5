# SPDX-License-Identifier: GPL-2.0
"""Results as TAP, and figures beside them."""
import subprocess

COUNT = {"n": 0, "failed": 0}


def ok(good, name):
    COUNT["n"] += 1
    COUNT["failed"] += not good
    print("%sok %d - %s" % ("" if good else "not ", COUNT["n"], name), flush=True)
    return good


def say(text):
    print("# " + text, flush=True)


def run(*words):
    return subprocess.run(words, check=True, capture_output=True,
                          text=True).stdout


def done_testing():
    """The plan; the exit code."""
    print("1..%d" % COUNT["n"], flush=True)
    return COUNT["failed"] > 0
