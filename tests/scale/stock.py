# SPDX-License-Identifier: GPL-2.0
"""Routes, written with the requests that flanneld's host-gw makes.

For each peer flanneld looks for a route to the subnet, looks again after it might
have removed one, adds it and looks whether it is there: three times all routes of
the table, as its library filters what the kernel tells. Each request has a socket
of its own and is acknowledged before the next one.
"""
import socket
import struct

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
    """One route: no more than any program needs that asks for each."""
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, 24, 0, 0, 254, 3, 0, 1, 0)
    body += attribute(1, socket.inet_aton(subnet)) + \
        attribute(5, socket.inet_aton(gateway)) + \
        attribute(4, struct.pack("=I", device))
    error = struct.unpack_from("=i", ask(NEWROUTE, ACK | CREATE | EXCL, body),
                               16)[0]
    if error:
        raise RuntimeError("%s by %s: error %d" % (subnet, gateway, error))


def add_as_flanneld(subnet, gateway, device):
    look()
    look()
    add(subnet, gateway, device)
    look()
