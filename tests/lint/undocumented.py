#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""undocumented.py FILE...: functions that are not static, and structures in
headers, that no kernel-doc comment stands before. kernel-doc itself says only
what is wrong with the comments that exist."""

import re
import sys

FUNCTION = re.compile(
    r"^(?!static\b|extern\b|typedef\b|struct \w+ \{|else\b|return\b)"
    r"[a-z_][\w \t\*]*?[ \*\t\n](\w+)\(([^;{}]|\n)*?\)\s*(__\w+(\([^)]*\))?\s*)*\n\{",
    re.M)
STRUCTURE = re.compile(r"^struct (\w+) \{", re.M)
# What the kernel's own macros make of a name needs no comment of ours.
MACRO = re.compile(r"^[A-Z_0-9]+$")


def documented(text, start):
    """Does a kernel-doc comment end right before this place?"""
    before = text[:start].rstrip()
    if not before.endswith("*/"):
        return False
    return before[before.rfind("/*"):].startswith("/**")


def missing(name):
    with open(name, encoding="utf-8") as source:
        text = source.read()
    patterns = [FUNCTION] if name.endswith(".c") else [STRUCTURE]
    for pattern in patterns:
        for match in pattern.finditer(text):
            what = match.group(1)
            if MACRO.match(what) or documented(text, match.start()):
                continue
            line = text.count("\n", 0, match.start()) + 1
            yield f"{name}:{line}: {what} has no kernel-doc comment"


for path in sys.argv[1:]:
    for finding in missing(path):
        print(finding)
