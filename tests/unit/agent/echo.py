#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""UDP servers that say whom they hear, and a client.

echo.py serve PORT...            answer with the sender's address, for ever
echo.py ask FROM FROM-PORT TO PORT SECONDS
                                 print the answer, or "nothing" after so long
"""
import selectors
import socket
import sys
import time


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(ports):
    waiting = selectors.DefaultSelector()
    for port in ports:
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # The answer comes from the address that was asked.
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind(("::", int(port)))
        waiting.register(s, selectors.EVENT_READ)
    print("serving", flush=True)
    while True:
        for key, _ in waiting.select():
            s = key.fileobj
            _, info, _, sender = s.recvmsg(2048, 256)
            text = sender[0].removeprefix("::ffff:")
            info = [i for i in info if i[:2] == (
                socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)]
            # The interface is the route's choice.
            info = [(a, b, c[:16] + b"\0\0\0\0") for a, b, c in info]
            try:
                s.sendmsg([text.encode()], info, 0, sender)
            except OSError as e:
                print(e, flush=True)


def ask(source, source_port, to, port, seconds):
    s = socket.socket(family(to), socket.SOCK_DGRAM)
    s.bind((source, int(source_port)))
    s.connect((to, int(port)))
    s.settimeout(0.4)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        try:
            s.send(b"?")
            return s.recv(2048).decode()
        except OSError:
            pass
    return "nothing"


if sys.argv[1] == "serve":
    serve(sys.argv[2:])
else:
    print(ask(*sys.argv[2:]))
