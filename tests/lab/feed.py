"""bgpd's side of the feed (lib/base/feed.h), so that overlayd can be tried without a bgpd.

    bgpd = Feed("/run/weft/gw/feed.sock")
    bgpd.route("prod", "10.2.0.0/16", [hop("10.255.0.2", vni=4000, rmac="02:57:0a:ff:00:02")])
    bgpd.end()
    bgpd.poll(); bgpd.local_macs"""
import ipaddress
import socket
import struct
import time

HELLO, END, VRF, VNI, LOCAL_MAC, LOCAL_ROUTE, INTERFACE, ADDRESS, NEXTHOP, STATUS = 1, 2, 10, 11, 12, 13, 14, 15, 16, 17
ROUTE, VTEP, REMOTE_MAC, WATCH, SUBSCRIBE = 30, 31, 32, 33, 34
NAMES = {1: "connected", 2: "static", 3: "kernel"}
HAS_VRF = {VRF, VNI, LOCAL_ROUTE, INTERFACE, ADDRESS, NEXTHOP, STATUS, ROUTE, WATCH, SUBSCRIBE}


def addr(text):
    if text is None:
        return b"\0"
    a = ipaddress.ip_address(text)
    return bytes([a.version]) + a.packed


def prefix(text):
    n = ipaddress.ip_network(text)
    return addr(n.network_address) + bytes([n.prefixlen])


def text(s):
    return bytes([len(s)]) + s.encode()


def mac(s):
    return bytes.fromhex(s.replace(":", ""))


def hop(gateway=None, ifindex=0, vni=0, rmac="00:00:00:00:00:00", weight=1, vrf=""):
    return addr(gateway) + struct.pack("!II", ifindex, vni) + mac(rmac) + struct.pack("!I", weight) + text(vrf)


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, n):
        piece, self.data = self.data[:n], self.data[n:]
        assert len(piece) == n, "a frame is too short"
        return piece

    def num(self, n=4):
        return int.from_bytes(self.take(n), "big")

    def addr(self):
        family = self.num(1)
        return str(ipaddress.ip_address(self.take({4: 4, 6: 16}[family]))) if family else None

    def text(self):
        return self.take(self.num(1)).decode()

    def mac(self):
        return self.take(6).hex(":")

    def prefix(self):
        a = self.addr()
        return f"{a}/{self.num(1)}"


class Feed:
    def __init__(self, path, boot_id=1):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.socket.setblocking(False)
        self.inbox, self.ended = b"", False
        self.vrfs, self.vnis, self.interfaces, self.nexthops, self.status = {}, {}, {}, {}, {}
        self.local_macs, self.local_routes, self.addresses = {}, {}, set()
        self.out = []
        self.send(HELLO, struct.pack("!IQ", 1, boot_id))

    def close(self):
        self.socket.close()

    # ------------------------------------------------------------ sending

    def send(self, kind, body, add=True):
        frame = struct.pack("!HBB", len(body) + 2, kind, add) + body
        self.out.append(frame)
        if len(self.out) >= 500:
            self.flush()

    def flush(self):
        data, self.out = b"".join(self.out), []
        self.socket.setblocking(True)
        self.socket.settimeout(60)
        self.socket.sendall(data)
        self.socket.setblocking(False)

    def end(self):
        self.send(END, b"")
        self.flush()

    def route(self, vrf, dst, hops=(), add=True, distance=20, metric=0):
        body = text(vrf) + prefix(dst) + struct.pack("!BIIH", distance, metric, 0, len(hops)) + b"".join(hops)
        self.send(ROUTE, body, add)

    def vtep(self, vni, address, add=True):
        self.send(VTEP, struct.pack("!I", vni) + addr(address), add)

    def remote_mac(self, vni, address, vtep, ip=None, add=True, flags=0, seq=0):
        self.send(REMOTE_MAC, struct.pack("!I", vni) + mac(address) + addr(ip) + struct.pack("!BI", flags, seq)
                  + addr(vtep), add)

    def watch(self, vrf, address, add=True):
        self.send(WATCH, text(vrf) + addr(address), add)

    def subscribe(self, vrf):
        self.send(SUBSCRIBE, text(vrf) + b"\3")

    # ------------------------------------------------------------ receiving

    def poll(self):
        """Takes what is there; True, so that it can stand in a condition."""
        self.flush()
        while True:
            try:
                data = self.socket.recv(1 << 20)
            except BlockingIOError:
                break
            assert data, "overlayd closed the feed"
            self.inbox += data
        while len(self.inbox) >= 2:
            n = int.from_bytes(self.inbox[:2], "big")
            if len(self.inbox) < n + 2:
                break
            frame, self.inbox = self.inbox[2:n + 2], self.inbox[n + 2:]
            self.message(frame[0], frame[1], Reader(frame[2:]))
        return True

    @staticmethod
    def put(table, key, value, add):
        if add:
            table[key] = value
        else:
            table.pop(key, None)

    def message(self, kind, add, r):
        vrf = r.text() if kind in HAS_VRF else None
        if kind == END:
            self.ended = True
        elif kind == VRF:
            self.put(self.vrfs, vrf, dict(table=r.num(), ifindex=r.num(), l3vni=r.num(), vtep=r.addr(), rmac=r.mac(),
                                          up=r.num(1)), add)
        elif kind == VNI:
            self.put(self.vnis, r.num(), dict(vrf=vrf, vtep=r.addr(), mcast=r.addr(), up=r.num(1)), add)
        elif kind == LOCAL_MAC:
            self.put(self.local_macs, (r.num(), r.mac(), r.addr()), r.num(1), add)
        elif kind == LOCAL_ROUTE:
            key, proto = (vrf, r.prefix()), NAMES[r.num(1)]
            if add or self.local_routes.get(key) == proto:
                self.put(self.local_routes, key, proto, add)
        elif kind == INTERFACE:
            ifindex, name = r.num(), r.text()
            self.put(self.interfaces, (vrf, name), dict(ifindex=ifindex, mtu=r.num(), mac=r.mac(), up=r.num(1)), add)
        elif kind == ADDRESS:
            r.num()
            key = (vrf, r.addr(), r.num(1))
            (self.addresses.add if add else self.addresses.discard)(key)
        elif kind == NEXTHOP:
            key = (vrf, r.addr())  # before the value, which is read next
            self.nexthops[key] = dict(resolved=r.num(1), connected=r.num(1), by_default=r.num(1),
                                      metric=r.num(), ifindex=r.num())
        elif kind == STATUS:
            p, error = r.prefix(), r.num()
            self.status[vrf, p] = (error, r.text())

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not (self.poll() and condition()):
            if time.monotonic() > end:
                raise AssertionError("overlayd did not say it in time")
            time.sleep(0.02)
