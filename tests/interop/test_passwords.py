#!/usr/bin/python3
"""The keys of neighbours at bgpd's listening socket, when the kernel has room for some of them only."""
import re
import signal

from interop import AS, NO_POLICY, bed, main
from lab import wait_until


def config(numbers):
    lines = "".join(f" neighbor 198.51.100.{n} remote-as 65002\n neighbor 198.51.100.{n} password secret{n}\n"
                    f" neighbor 198.51.100.{n} passive\n" for n in numbers)
    return f"hostname weft\nrouter bgp {AS}\n{NO_POLICY}{lines}"


def keys(node):
    """The addresses that have a key, as the kernel lists them."""
    text = node.run(["ss", "-4tlnHei", "sport", "=", ":179"])
    return {int(n) for n in re.findall(r"198\.51\.100\.(\d+)(?:/32)?=", text)}


def test_keys_come_when_there_is_room():
    with bed("passwords") as b:
        b.w.run(["sysctl", "-qw", "net.core.optmem_max=4096"])
        w = b.start(config(range(1, 61)))
        wait_until("some keys", lambda: keys(b.w), 60)
        some = keys(b.w)
        assert 5 < len(some) < 55, some
        missing = set(range(1, 61)) - some
        rest = sorted(missing)[:5] + sorted(some)[:5]
        w.file.write_text(config(rest))
        w.bgpd.send_signal(signal.SIGHUP)
        wait_until(f"keys of {rest} alone, not {sorted(keys(b.w))}", lambda: keys(b.w) == set(rest), 60)


if __name__ == "__main__":
    main()
