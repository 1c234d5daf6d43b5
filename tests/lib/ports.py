#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""TCP ports that nobody listens on now.

ports.py N       print so many
"""
import socket
import sys


def free_ports(n):
    """Different ones: all are held until the last is found."""
    held = [socket.socket() for _ in range(n)]
    for s in held:
        s.bind(("", 0))
    ports = [s.getsockname()[1] for s in held]
    # Whoever is told does not wait until this program has ended.
    for s in held:
        s.close()
    return ports


if __name__ == "__main__":
    print(*free_ports(int(sys.argv[1])))
