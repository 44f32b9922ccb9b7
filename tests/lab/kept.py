#!/usr/bin/python3
"""A lab that stays up after the program that made it: started here, entered by `./run shell NODE`, ended by
`./run down`.

Directly, the lab's process 1 goes on in namespaces of its own and nsenter(1) leads there.  In a guest, the guest goes
on, and a shell comes through one of its virtio-serial ports ("doors"): frames of type, length, bytes, both ways."""
import fcntl
import json
import os
import pathlib
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import tty

import guest

STATE = guest.STATE
RECORD = STATE / "kept.json"  # of the lab that is up
NODES = "nodes.json"  # in its share: node -> command of its shell
READY = "ready"
DATA, SIZE, OPEN, EXIT = b"d", b"s", b"o", b"x"


# ---------------------------------------------------------------- starting a lab

def launch(argv, keep):
    """Runs a lab program (which enters a sandbox) here or in a guest; its exit status.  With keep, it goes on in the
    background once it has called stay()."""
    if keep and RECORD.exists():
        sys.exit("a lab is up already: ./run shell NODE, or ./run down")
    mode, why = guest.which()
    print(f"The lab runs {'in network namespaces of this machine' if mode == 'direct' else 'in a QEMU guest'}: {why}.",
          flush=True)
    if mode == "guest":
        return launch_guest(argv, keep)
    if not keep:
        # pdeathsig: the lab goes with us, however we end
        return subprocess.run(["setpriv", "--pdeathsig", "KILL", *argv]).returncode
    return launch_direct(argv)


def launch_guest(argv, keep):
    g = guest.Guest(argv, {**guest.passed_on(), "WEFT_SHARE": ""})
    g.env["WEFT_SHARE"] = str(g.share)
    stays = False
    try:
        g.boot(keep)
        status = g.wait(g.share / READY if keep else None)
        if status is None:
            stays = True
            record(mode="guest", pids=[p.pid for p in g.helpers], share=str(g.share), private=str(g.private))
            status = int((g.share / READY).read_text())
        return status
    except guest.GuestError as error:
        print(f"guest: {error}", file=sys.stderr)
        return 125
    finally:
        if not stays:
            g.close()


def launch_direct(argv):
    STATE.mkdir(parents=True, exist_ok=True)
    share = pathlib.Path(tempfile.mkdtemp(prefix="share-", dir=STATE))
    with open(share / "stdout", "wb") as out, open(share / "stderr", "wb") as err:
        p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
                             env={**os.environ, "WEFT_SHARE": str(share)})

    def alive():
        if p.poll() is not None:
            (share / "status").write_text(str(p.returncode))
    status = guest.follow(share, alive, share / READY)
    if status is None:
        record(mode="direct", pids=[p.pid], share=str(share))
        status = int((share / READY).read_text())
    return status


def record(**what):
    what["started"] = {str(pid): start_time(pid) for pid in what["pids"]}
    RECORD.write_text(json.dumps(what))


def start_time(pid):
    """What tells a process from a later one with its number; None if there is none."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return None


def stay(lab, status):
    """Called by the lab's own process 1: says that the lab is up, and serves shells until it is killed."""
    share = pathlib.Path(os.environ["WEFT_SHARE"])
    (share / NODES).write_text(json.dumps({n.name: n.shell_argv for n in lab.nodes.values()}))
    sys.stdout.flush()
    (share / "ready.new").write_text(str(status))
    os.rename(share / "ready.new", share / READY)
    if "WEFT_IN_GUEST" in os.environ:
        for port in pathlib.Path("/sys/class/virtio-ports").iterdir():
            if (port / "name").read_text().startswith("door") and os.fork() == 0:
                serve_door(f"/dev/{port.name}", json.loads((share / NODES).read_text()))
    while True:
        signal.pause()


# ---------------------------------------------------------------- the guest's end of a door

def frame(kind, data=b""):
    return kind + struct.pack(">I", len(data)) + data


class Frames:
    """Cuts a byte stream into frames."""

    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        self.buffer += data
        while len(self.buffer) >= 5:
            n = struct.unpack(">I", self.buffer[1:5])[0]
            if len(self.buffer) < 5 + n:
                return
            kind, body = self.buffer[:1], self.buffer[5:5 + n]
            self.buffer = self.buffer[5 + n:]
            yield kind, body


def set_size(fd, size):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))


def serve_door(path, nodes):
    """One shell after the other, for ever."""
    door = os.open(path, os.O_RDWR)
    while True:
        try:
            frames, request = Frames(), None
            while request is None:
                data = os.read(door, 65536)
                if not data:  # nobody at the other end
                    time.sleep(0.1)
                    continue
                for kind, body in frames.feed(data):
                    if kind == OPEN:
                        request = json.loads(body)
            shell_in_pty(door, frames, request, nodes)
        except OSError:
            time.sleep(0.1)


def shell_in_pty(door, frames, request, nodes):
    pid, master = pty.fork()
    if pid == 0:
        os.environ["TERM"] = request["term"]
        if not request["terminal"]:
            os.environ["VTYSH_PAGER"] = "cat"
        node = request["node"]
        os.execvp("ip", ["ip", "netns", "exec", node, *(request["command"] or nodes[node])])
    set_size(master, request["size"])
    hung_up = False
    while True:
        ready, _, _ = select.select([door, master], [], [])
        if master in ready:
            try:
                data = os.read(master, 4096)
            except OSError:
                data = b""
            if not data:
                break
            os.write(door, frame(DATA, data))
        if door in ready:
            data = os.read(door, 65536)
            if not data:
                hung_up = True
                os.kill(pid, signal.SIGHUP)
                break
            for kind, body in frames.feed(data):
                if kind == DATA:
                    os.write(master, body)
                elif kind == SIZE:
                    set_size(master, json.loads(body))
    os.close(master)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if not hung_up:
        os.write(door, frame(EXIT, str(status).encode()))


# ---------------------------------------------------------------- the user's end

def shell(node=None, *command):
    if not RECORD.exists():
        sys.exit("no lab is up: ./run demo --keep")
    lab = json.loads(RECORD.read_text())
    if any(start_time(pid) != lab["started"][str(pid)] for pid in lab["pids"]):
        sys.exit("the lab has died; ./run down forgets it")
    nodes = json.loads((pathlib.Path(lab["share"]) / NODES).read_text())
    if node not in nodes:
        sys.exit(("" if node is None else f"no node {node}; ") + "nodes: " + " ".join(nodes))
    if command and command[0].startswith("-"):  # options of the node's own shell, as -c "show bgp summary"
        command = (*nodes[node], *command)
    if lab["mode"] == "direct":
        inside = subprocess.run(["pgrep", "-P", str(lab["pids"][0])], capture_output=True, text=True).stdout.split()[0]
        os.execvp("nsenter", ["nsenter", "-t", inside, "-m", "-n", "-p", "ip", "netns", "exec", node,
                              *(command or nodes[node])])
    return through_door(pathlib.Path(lab["private"]), node, command)


def through_door(private, node, command):
    for path in sorted(private.glob("door*")):
        with socket.socket(socket.AF_UNIX) as s, open(str(path) + ".lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                s.connect(str(path))
            except OSError:
                continue  # in use
            return converse(s, node, command)
    sys.exit("all doors into the guest are in use")


def converse(s, node, command):
    on_terminal = os.isatty(0)
    size = list(os.get_terminal_size(0))[::-1] if on_terminal else [24, 80]
    s.sendall(frame(OPEN, json.dumps({"node": node, "command": command, "size": size, "terminal": on_terminal,
                                      "term": os.environ.get("TERM", "dumb")}).encode()))
    saved = termios.tcgetattr(0) if on_terminal else None
    if on_terminal:
        tty.setraw(0)
        signal.signal(signal.SIGWINCH, lambda *_: s.sendall(
            frame(SIZE, json.dumps(list(os.get_terminal_size(0))[::-1]).encode())))
    frames, sources = Frames(), [s, 0]
    try:
        while True:
            ready, _, _ = select.select(sources, [], [])
            if 0 in ready:
                data = os.read(0, 4096)
                if data:
                    s.sendall(frame(DATA, data))
                else:
                    sources = [s]
                    s.sendall(frame(DATA, b"\x04"))  # end of input, as a terminal says it
            if s in ready:
                data = s.recv(65536)
                if not data:
                    return 1
                for kind, body in frames.feed(data):
                    if kind == EXIT:
                        return int(body)
                    os.write(1, body)
    finally:
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)


def down():
    if not RECORD.exists():
        print("no lab is up")
        return 0
    lab = json.loads(RECORD.read_text())
    for pid in lab["pids"]:
        if start_time(pid) == lab["started"][str(pid)]:
            os.kill(pid, signal.SIGKILL)
    for directory in (lab.get("private"), lab["share"]):
        if directory:
            subprocess.run(["rm", "-rf", directory])
    RECORD.unlink()
    return 0


if __name__ == "__main__":
    sys.exit({"shell": shell, "down": down}[sys.argv[1]](*sys.argv[2:]))
