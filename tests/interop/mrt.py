"""MRT files (RFC 6396) and the path attributes in them, read for tests: bytes to tuples, nothing of ours in between."""
import gzip
import ipaddress
import struct

ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF, ATOMIC_AGGREGATE, AGGREGATOR, COMMUNITIES = range(1, 9)
ORIGINATOR_ID, CLUSTER_LIST, MP_REACH, MP_UNREACH = 9, 10, 14, 15
SET, SEQUENCE = 1, 2


def records(path):
    """(time, type, subtype, body) of every record."""
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rb") as f:
        data = f.read()
    at = 0
    while at < len(data):
        time, kind, subtype, length = struct.unpack_from(">IHHI", data, at)
        yield time, kind, subtype, data[at + 12:at + 12 + length]
        at += 12 + length


def raw_records(path):
    """The same, as they are in the file."""
    for time, kind, subtype, body in records(path):
        yield struct.pack(">IHHI", time, kind, subtype, len(body)) + body


def prefix_text(data, at, family):
    """A prefix of an NLRI and the place after it."""
    bits = data[at]
    n = (bits + 7) // 8
    raw = data[at + 1:at + 1 + n].ljust(4 if family == 1 else 16, b"\0")
    text = ".".join(map(str, raw)) if family == 1 else str(ipaddress.IPv6Address(raw))
    return f"{text}/{bits}", at + 1 + n


def prefixes(data, family=1):
    found, at = [], 0
    while at < len(data):
        text, at = prefix_text(data, at, family)
        found.append(text)
    return found


def prefix_bytes(text):
    net, bits = text.split("/")
    return bytes([int(bits)]) + ipaddress.ip_address(net).packed[:(int(bits) + 7) // 8]


def attributes(data):
    """code -> (flags, value), in the order of the message"""
    found, at = {}, 0
    while at < len(data):
        flags, code = data[at], data[at + 1]
        if flags & 0x10:
            length, at = struct.unpack_from(">H", data, at + 2)[0], at + 4
        else:
            length, at = data[at + 2], at + 3
        found[code] = (flags, data[at:at + length])
        at += length
    return found


def attribute_bytes(code, flags, value):
    flags = (flags & ~0x10) | (0x10 if len(value) > 255 else 0)
    return bytes([flags, code]) + struct.pack(">H" if flags & 0x10 else ">B", len(value)) + value


def as_path(value):
    """((segment type, AS numbers), ...); neighbouring sequences become one, and an AS_SET is sorted, as both mean the
    same."""
    found, at = [], 0
    while at < len(value):
        kind, n = value[at], value[at + 1]
        numbers = struct.unpack_from(f">{n}I", value, at + 2)
        at += 2 + 4 * n
        if kind == SEQUENCE and found and found[-1][0] == SEQUENCE:
            found[-1] = (SEQUENCE, found[-1][1] + numbers)
        else:
            found.append((kind, tuple(sorted(numbers)) if kind == SET else numbers))
    return tuple(found)


def as_path_bytes(path):
    out = b""
    for kind, numbers in path:
        for at in range(0, len(numbers), 255):
            part = numbers[at:at + 255]
            out += bytes([kind, len(part)]) + struct.pack(f">{len(part)}I", *part)
    return out


def as_numbers(path):
    return [n for _, numbers in path for n in numbers]


def as_path_length(path):
    """RFC 4271 section 9.1.2.2 (a): a set counts as one."""
    return sum(1 if kind == SET else len(numbers) for kind, numbers in path)


def meaning(attrs):
    """What attributes mean, for comparison: code -> value, with lists of communities as sets."""
    found = {}
    for code, (flags, value) in attrs.items():
        size = {COMMUNITIES: 4, 16: 8, 32: 12}.get(code)
        if code == AS_PATH:
            found[code] = as_path(value)
        elif size:
            found[code] = frozenset(value[i:i + size] for i in range(0, len(value), size))
        elif code not in (MP_REACH, MP_UNREACH):
            found[code] = value
    return found


def table(path):
    """(prefix, attribute bytes) of every route of a TABLE_DUMP_V2 file, IPv4 unicast."""
    for _, kind, subtype, body in records(path):
        if kind != 13 or subtype != 2:
            continue
        prefix, at = prefix_text(body, 4, 1)
        n = struct.unpack_from(">H", body, at)[0]
        at += 2
        for _ in range(n):
            length = struct.unpack_from(">H", body, at + 6)[0]
            yield prefix, body[at + 8:at + 8 + length]
            at += 8 + length


def updates(path):
    """(peer's AS, peer's address, message or None) of every BGP4MP record with 4-byte AS numbers; None: the session
    of the peer ended."""
    for _, kind, subtype, body in records(path):
        if kind != 16 or subtype not in (4, 5):
            continue
        asn, _, _, family = struct.unpack_from(">IIHH", body)
        n = 4 if family == 1 else 16
        address = str(ipaddress.ip_address(body[12:12 + n]))
        rest = body[12 + 2 * n:]
        if subtype == 4:
            yield asn, address, rest
        elif struct.unpack(">HH", rest[:4])[0] == 6:
            yield asn, address, None


def update_parse(message):
    """(withdrawn, attributes, announced) of an UPDATE with its header; prefixes as (text, next hop bytes)."""
    body = message[19:]
    n = struct.unpack_from(">H", body)[0]
    withdrawn = prefixes(body[2:2 + n])
    m = struct.unpack_from(">H", body, 2 + n)[0]
    attrs = attributes(body[4 + n:4 + n + m])
    announced = [(p, attrs[NEXT_HOP][1]) for p in prefixes(body[4 + n + m:])]
    if MP_UNREACH in attrs:
        value = attrs[MP_UNREACH][1]
        if value[:3] in (b"\0\1\1", b"\0\2\1"):
            withdrawn += prefixes(value[3:], value[1])
    if MP_REACH in attrs:
        value = attrs[MP_REACH][1]
        if value[:3] in (b"\0\1\1", b"\0\2\1"):
            hop = value[4:4 + value[3]]
            announced += [(p, hop) for p in prefixes(value[5 + value[3]:], value[1])]
    return withdrawn, attrs, announced
