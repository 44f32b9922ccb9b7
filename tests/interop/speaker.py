"""A small BGP speaker for tests: says exactly the bytes that it is given, and keeps what it hears.

Each speaker is a thread in the network namespace of its node."""
import queue
import select
import socket
import struct
import threading
import time

import mrt
import sandbox
from lab import wait_until

MARKER = b"\xff" * 16
OPEN, UPDATE, NOTIFICATION, KEEPALIVE = range(1, 5)
IPV4, IPV6, VPNV4, VPNV6, EVPN = (1, 1), (2, 1), (1, 128), (2, 128), (25, 70)


def message(kind, body=b""):
    return MARKER + struct.pack(">HB", 19 + len(body), kind) + body


def open_message(asn, router_id, hold, families):
    capabilities = b"".join(b"\1\4" + struct.pack(">HBB", afi, 0, safi) for afi, safi in families)
    capabilities += b"\2\0" + b"\x41\4" + struct.pack(">I", asn)
    body = struct.pack(">BHH4sB", 4, asn if asn < 65536 else 23456, hold, socket.inet_aton(router_id),
                       len(capabilities) + 2)
    return message(OPEN, body + bytes([2, len(capabilities)]) + capabilities)


def update_messages(attributes, prefixes, room=4096):
    """UPDATEs that announce prefixes (bytes) with the same attributes."""
    head = b"\0\0" + struct.pack(">H", len(attributes)) + attributes
    nlri, size = [], 0
    for p in prefixes:
        if size + len(p) > room - 19 - len(head):
            yield message(UPDATE, head + b"".join(nlri))
            nlri, size = [], 0
        nlri.append(p)
        size += len(p)
    if nlri:
        yield message(UPDATE, head + b"".join(nlri))


class Speaker(threading.Thread):
    """One session.  `rib` is what it was told and has not been withdrawn: prefix -> (attributes, next hop)."""

    def __init__(self, node, local, remote, asn, router_id=None, hold=90, families=(IPV4,), port=179, keep=True,
                 receive_buffer=None):
        super().__init__(daemon=True)
        self.node, self.local, self.remote, self.asn, self.hold, self.port = node, local, remote, asn, hold, port
        self.open = open_message(asn, router_id or local, hold, families)
        self.keep, self.receive_buffer = keep, receive_buffer
        self.rib, self.n_updates = {}, 0
        self.established, self.reading = threading.Event(), threading.Event()
        self.reading.set()
        self.out = queue.Queue()
        self.heard = []         # when any message came
        self.ended = None       # how the session ended: a NOTIFICATION's (code, subcode), or words
        self.stopping = self.mute = False  # mute: says nothing on its own, so no keepalives
        self.sock = None

    # ---- for the test

    def up(self, deadline=60):
        """Starts it and waits for the session."""
        self.start()
        return self.wait_up(deadline)

    def wait_up(self, deadline=60):
        wait_until(f"session of {self.local} with {self.remote} (ended: {self.ended})", self.established.is_set,
                   deadline, 0.02)
        return self

    def say(self, data):
        """Bytes for the peer, in order."""
        for at in range(0, len(data), 65536):
            self.out.put(data[at:at + 65536])

    def said(self, deadline=120):
        """Waits until all has been given to the kernel."""
        wait_until(f"{self.local} has sent all", lambda: self.out.empty() and not self.left, deadline, 0.05)
        return self

    def end(self):
        self.stopping = True
        self.reading.set()
        self.join(30)

    def longest_silence(self, since):
        times = [since, *(t for t in self.heard if t >= since), time.monotonic()]
        return max(b - a for a, b in zip(times, times[1:]))

    # ---- the thread

    left = b""

    def run(self):
        sandbox.setns(self.node.fd)
        try:
            while not self.stopping and not self.connect():
                time.sleep(0.1)
            if not self.stopping:
                self.converse()
        except OSError as error:
            self.ended = self.ended or str(error)
        finally:
            self.established.clear()
            if self.sock:
                self.sock.close()

    def connect(self):
        self.sock = socket.socket(socket.AF_INET6 if ":" in self.remote else socket.AF_INET)
        if self.receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.sock.bind((self.local, 0))
        try:
            self.sock.settimeout(5)
            self.sock.connect((self.remote, self.port))
            return True
        except OSError:
            self.sock.close()
            return False

    def converse(self):
        self.sock.setblocking(False)
        buffer, self.left, keepalive = b"", self.open, time.monotonic() + self.hold / 3
        while not self.stopping and not (self.ended and self.ended[0] == "sent"):
            reading = self.reading.is_set()
            if not self.left and self.established.is_set() and not self.out.empty():
                self.left = self.out.get()
            ready, writable, _ = select.select([self.sock] if reading else [], [self.sock] if self.left else [], [],
                                               0.02)
            if writable:
                self.left = self.left[self.sock.send(self.left):]
            if ready:
                data = self.sock.recv(1 << 20)
                if not data:
                    self.ended = self.ended or "closed"
                    return
                buffer = self.take(buffer + data)
            if self.hold and time.monotonic() > keepalive and not self.left and not self.mute:
                self.left, keepalive = message(KEEPALIVE), time.monotonic() + self.hold / 3

    def take(self, buffer):
        at = 0
        while len(buffer) - at >= 19:
            length, kind = struct.unpack_from(">HB", buffer, at + 16)
            if len(buffer) - at < length:
                break
            self.hear(kind, buffer[at:at + length])
            at += length
        return buffer[at:]

    def hear(self, kind, data):
        self.heard.append(time.monotonic())
        if kind == OPEN:
            self.left += message(KEEPALIVE)
        elif kind == KEEPALIVE:
            self.established.set()
        elif kind == NOTIFICATION:
            self.ended = (data[19], data[20])
        elif kind == UPDATE:
            self.n_updates += 1
            if self.keep:
                withdrawn, attrs, announced = mrt.update_parse(data)
                for p in withdrawn:
                    self.rib.pop(p, None)
                for p, hop in announced:
                    self.rib[p] = attrs, hop
