#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write routes with the requests that flanneld's host-gw makes.

    stock.py add|list FIRST N DEVICE

A route for each of N peers, 10.x.y.0/24 by 192.168.x.y on DEVICE. For each
flanneld looks for a route to the subnet, looks again after it might have removed
one, adds it and looks whether it is there: three times all routes of the table,
as its library filters what the kernel tells. Each request has a socket of its
own and is acknowledged before the next one. "add" leaves the looking out: what
is left is no more than any program needs that does not use nexthop objects.
Prints milliseconds.
"""
import socket
import struct
import sys
import time

NEWROUTE, GETROUTE, DONE = 24, 26, 3
REQUEST, ACK, DUMP, CREATE, EXCL = 1, 4, 0x300, 0x400, 0x200


def ask(kind, flags, body):
    """One request on a socket of its own; all of its answer is received."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    sock.bind((0, 0))
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, flags | REQUEST, 1,
                          0) + body)
    answer = sock.recv(65536)
    # The end of a dump is a message of 20 bytes, the last one.
    while flags & DUMP == DUMP and \
            struct.unpack_from("=H", answer, len(answer) - 16)[0] != DONE:
        answer = sock.recv(65536)
    sock.close()
    return answer


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value


def look():
    ask(GETROUTE, DUMP, struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, 0,
                                    0, 0, 0, 0))


def add(subnet, gateway, device):
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, 24, 0, 0, 254, 3, 0, 1, 0)
    body += attribute(1, subnet) + attribute(5, gateway) + \
        attribute(4, struct.pack("=I", device))
    error = struct.unpack_from("=i", ask(NEWROUTE, ACK | CREATE | EXCL, body),
                               16)[0]
    if error:
        sys.exit(f"stock.py: {subnet}: error {error}")


def main():
    lists = sys.argv[1] == "list"
    first, count = int(sys.argv[2]), int(sys.argv[3])
    device = socket.if_nametoindex(sys.argv[4])
    start = time.monotonic()
    for i in range(first, first + count):
        if lists:
            look()
            look()
        add(bytes((10, 64 + i // 256, i % 256, 0)),
            bytes((192, 168, 100 + i // 200, 1 + i % 200)), device)
        if lists:
            look()
    print(round((time.monotonic() - start) * 1000))


main()
