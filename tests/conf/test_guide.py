#!/usr/bin/python3
"""The user guide's examples are true: each configuration block is a file that both daemons take without a word, each
command line is one that vtysh knows."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WEFT_BUILD", TOP / "build"))
GUIDE = (TOP / "doc" / "user-guide.md").read_text()
failed = False


def say(ok, what, why=""):
    global failed
    failed |= not ok
    print(("ok - " if ok else "not ok - ") + what, flush=True)
    if not ok:
        print(why, file=sys.stderr, flush=True)


def blocks(kind):
    """(line number, text) of each fenced block of a kind."""
    for m in re.finditer(rf"^```{kind}\n(.*?)^```", GUIDE, re.M | re.S):
        yield GUIDE[:m.start()].count("\n") + 1, m[1]


def commands():
    for _, text in blocks("console"):
        yield from text.splitlines()
    for cell in re.findall(r"^\|.*\|(.*)\|$", GUIDE, re.M):
        yield from re.findall(r"`(.*?)`", cell)


def check_files(tmp):
    for line, text in blocks("weft"):
        f = tmp / "guide.conf"
        f.write_text(text)
        for daemon in ("bgpd", "overlayd"):
            r = subprocess.run([BUILD / daemon / daemon, "-C", "-f", f], capture_output=True, text=True, timeout=120)
            say(r.returncode == 0, f"configuration at line {line} of the guide, {daemon}", r.stdout + r.stderr)


def wait_for(path, process):
    for _ in range(600):
        if path.exists() or process.poll() is not None:
            return path.exists()
        time.sleep(0.1)
    return False


def check_commands(tmp):
    conf = tmp / "empty.conf"
    conf.write_text("router bgp 65000\n bgp router-id 10.0.0.1\n neighbor 192.0.2.1 remote-as 65010\n"
                    "router bgp 65000 vrf prod\n bgp router-id 10.0.0.1\n")
    bgpd = subprocess.Popen(["unshare", "-n", BUILD / "bgpd" / "bgpd", "-n", "-f", conf, "-p", "1790", "-i", tmp / "pid",
                             "--vty_socket", tmp, "--log", f"file:{tmp}/log"])
    try:
        say(wait_for(tmp / "bgpd.vty", bgpd), "bgpd starts")
        for command in commands():
            r = subprocess.run([BUILD / "vtysh" / "vtysh", "--vty_socket", tmp, "-c", command], capture_output=True,
                               text=True, timeout=120)
            text = r.stdout + r.stderr
            say(not re.search(r"% (Unknown|Ambiguous|Command incomplete|not yet)", text), f"command: {command}", text)
    finally:
        bgpd.send_signal(signal.SIGTERM)
        say(bgpd.wait(60) == 0, "bgpd ends cleanly")


with tempfile.TemporaryDirectory(prefix="weft-guide-") as d:
    check_files(pathlib.Path(d))
    check_commands(pathlib.Path(d))
sys.exit(1 if failed else 0)
