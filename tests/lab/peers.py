"""Daemons for the nodes of a lab: weft's own, and the peers that it is tested with."""
import json
import os
import pathlib
import re
import shutil
import socket

from lab import LabError, PATIENCE, wait_until

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("WEFT_BUILD", TOP / "build"))


def last_words(process, n=5):
    return " | ".join(process.log_text().strip().splitlines()[-n:])


def wait_socket(process, path, deadline=60):
    """Until the daemon listens on its Unix socket; at once an error when it has died."""
    def listening():
        if not process.alive():
            raise SystemError(f"{process.node.name}: {process.name} ended with status {process.popen.returncode}: "
                              f"{last_words(process)}")
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(path))
        return True
    wait_until(f"{process.node.name}: {process.name} listens on {path}", listening, deadline, 0.05)


class Weft:
    """bgpd and overlayd of one node, with a private run directory.  `config` is one file's text for both."""

    def __init__(self, node, config, overlay=True, port=None, valgrind=False, listen=None, record=None):
        self.node, self.overlay = node, overlay
        self.run_dir = pathlib.Path("/run/weft") / node.name
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self.file = node.directory / "weft.conf"
        self.file.write_text(config)
        wrap = []
        if valgrind:
            wrap = ["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite,indirect", "--error-exitcode=99",
                    "--num-callers=25"]
        common = ["-f", self.file, "--vty_socket", self.run_dir]
        bgpd = [*wrap, BUILD / "bgpd/bgpd", *common, "-i", self.run_dir / "bgpd.pid",
                "--log", f"file:{node.directory}/bgpd-messages.log"]
        if not overlay:
            bgpd.append("-Z")
        if port:
            bgpd += ["-p", str(port)]
        if listen:
            bgpd += ["-l", listen]
        if record:
            bgpd += ["--record", record]
        self.bgpd = node.process("bgpd", bgpd)
        self.overlayd = None
        if overlay:
            self.overlayd = node.process("overlayd", [
                *wrap, BUILD / "overlayd/overlayd", *common, "-i", self.run_dir / "overlayd.pid",
                "--log", f"file:{node.directory}/overlayd-messages.log"])
        self.vtysh_argv = [str(BUILD / "vtysh/vtysh"), "--vty_socket", str(self.run_dir)]
        node.shell_argv = self.vtysh_argv
        node.router = self

    def start(self, wait=True):
        if self.overlayd:
            self.overlayd.start()
        self.bgpd.start()
        if wait:
            self.wait()
        return self

    def wait(self):
        for p in filter(None, (self.overlayd, self.bgpd)):
            wait_socket(p, self.run_dir / f"{p.name}.vty")

    def stop(self):
        return {p.name: p.stop() for p in (self.bgpd, self.overlayd) if p}

    def show(self, *commands, check=True):
        """Output of one vtysh that is given these commands."""
        argv = list(self.vtysh_argv)
        for c in commands:
            argv += ["-c", c]
        return self.node.run(argv, check=check)

    def json(self, command):
        text = self.show(command)
        try:
            return json.loads(text)
        except ValueError:
            raise LabError(f"{self.node.name}: `{command}` is no JSON: {text[:300]!r}")

    def configure(self, *lines):
        return self.show("configure terminal", *lines)


class Frr:
    """Debian's FRR: zebra, staticd and bgpd, one configuration for all."""

    def __init__(self, node, config, daemons=("zebra", "staticd", "bgpd"), args=None):
        self.node, self.daemons = node, daemons
        self.run_dir = pathlib.Path("/run/frr") / node.name
        self.run_dir.mkdir(parents=True, exist_ok=True)
        # The daemons run as frr, which need not be able to read this tree.
        self.file = self.run_dir / "frr.conf"
        for copy in (self.file, node.directory / "frr.conf"):
            copy.write_text(f"hostname {node.name}\n{config}")
        shutil.chown(self.run_dir, "frr", "frr")
        for d in daemons:
            node.process(d, [f"/usr/lib/frr/{d}", "-N", node.name, "-f", self.file, "--log", "stdout", "--log-level",
                             "info", "-i", self.run_dir / f"{d}.pid", *((args or {}).get(d, []))])
        (self.run_dir / "vtysh.conf").touch()
        self.vtysh_argv = ["/usr/bin/vtysh", "-N", node.name, "--config_dir", str(self.run_dir)]
        node.shell_argv = self.vtysh_argv
        node.router = self

    def start(self, wait=True):
        if "zebra" in self.daemons:
            self.start_zebra()
        self.start_others()
        if wait:
            self.wait()
        return self

    def start_zebra(self):
        self.node.processes["zebra"].start()

    def start_others(self):
        if "zebra" in self.daemons:  # without it they would wait for 10 s before they try again
            wait_socket(self.node.processes["zebra"], self.run_dir / "zebra.vty")
        for d in self.daemons:
            if d != "zebra":
                self.node.processes[d].start()

    def wait(self):
        for d in self.daemons:
            wait_socket(self.node.processes[d], self.run_dir / f"{d}.vty")

    def stop(self):
        return {d: self.node.processes[d].stop() for d in reversed(self.daemons)}

    def show(self, *commands, check=True):
        argv = list(self.vtysh_argv)
        for c in commands:
            argv += ["-c", c]
        return self.node.run(argv, check=check)

    def ask(self, command, daemon="bgpd"):
        """The same from one daemon's socket: no process is started, so it is the way to poll."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30 * PATIENCE)
            s.connect(str(self.run_dir / f"{daemon}.vty"))
            text = b""
            for line in ("enable", command):
                s.sendall(line.encode() + b"\0")
                text = b""
                while not (len(text) >= 4 and text[-4:-1] == b"\0\0\0"):  # then one byte of status
                    data = s.recv(65536)
                    if not data:
                        raise LabError(f"{self.node.name}: {daemon} closed its socket")
                    text += data
            return text[:-4].decode(errors="replace")

    def json(self, command, daemon="bgpd"):
        if re.match("show (ip|ipv6) route|show evpn|show vrf|show interface", command):
            daemon = "zebra"
        text = self.ask(command, daemon)
        try:
            return json.loads(text)
        except ValueError:
            raise LabError(f"{self.node.name}: `{command}` is no JSON: {text[:300]!r}")

    def configure(self, *lines):
        return self.show("configure terminal", *lines)


class Bird:
    def __init__(self, node, config, name="bird"):
        self.node = node
        self.socket = pathlib.Path("/run") / f"{name}-{node.name}.ctl"
        self.file = node.directory / f"{name}.conf"
        self.file.write_text(config)
        self.process = node.process(name, ["/usr/sbin/bird", "-f", "-c", self.file, "-s", self.socket])
        node.shell_argv = ["/usr/sbin/birdc", "-s", str(self.socket)]
        node.router = self

    def start(self, wait=True):
        self.process.start()
        if wait:
            self.wait()
        return self

    def wait(self):
        wait_socket(self.process, self.socket)

    def show(self, command):
        return self.node.run(["/usr/sbin/birdc", "-s", self.socket, *command.split()])


class Gobgp:
    """gobgpd; its gRPC port is private to the node's namespace."""

    def __init__(self, node, config):
        self.node = node
        self.file = node.directory / "gobgpd.toml"
        self.file.write_text(config)
        self.process = node.process("gobgpd", ["/usr/bin/gobgpd", "-f", self.file, "-t", "toml", "-l", "info"])
        node.router = self

    def start(self):
        self.process.start()

        def answers():
            if not self.process.alive():
                raise SystemError(f"gobgpd ended: {last_words(self.process)}")
            return self.json("global") is not None
        wait_until("gobgpd answers", answers, 60)
        return self

    def gobgp(self, command):
        return self.node.run(["/usr/bin/gobgp", *command.split()])

    def json(self, command):
        return json.loads(self.node.run(["/usr/bin/gobgp", "-j", *command.split()]))


class Exabgp:
    """ExaBGP, which announces what its configuration says and logs what it hears (as JSON lines)."""

    def __init__(self, node, config):
        self.node = node
        self.heard_path = node.directory / "heard.jsonl"
        self.heard_path.write_text("")
        self.file = node.directory / "exabgp.conf"
        self.file.write_text(config.replace("@HEARD@", str(self.heard_path)))
        env = {"exabgp.daemon.user": "root", "exabgp.daemon.daemonize": "false", "exabgp.log.destination": "stderr",
               "exabgp.tcp.bind": "", "exabgp.api.cli": "false", "exabgp.api.ack": "false"}
        self.process = node.process("exabgp", ["/usr/sbin/exabgp", self.file], env)

    def start(self):
        self.process.start()
        return self

    def heard(self):
        out = []
        for line in self.heard_path.read_text().splitlines():
            if line.startswith("{"):
                out.append(json.loads(line))
        return out


class OpenBgpd:
    def __init__(self, node, config):
        self.node = node
        self.file = node.directory / "openbgpd.conf"
        self.socket = f"/run/openbgpd-{node.name}.sock"
        os.makedirs("/run/openbgpd", mode=0o755, exist_ok=True)  # its processes chroot there
        self.file.write_text(config.replace("@SOCKET@", self.socket))
        self.file.chmod(0o600)
        self.process = node.process("openbgpd", ["/usr/sbin/bgpd", "-d", "-f", self.file])

    def start(self):
        self.process.start()
        wait_socket(self.process, self.socket)
        return self

    def show(self, command):
        return self.node.run(["/usr/sbin/bgpctl", "-s", self.socket, *command.split()])


def established(router, n, vrf=None, families=("ipv4Unicast", "ipv6Unicast", "l2VpnEvpn")):
    """True when at least n neighbours of the instance are up (in any of the families)."""
    text = "show bgp vrf %s summary json" % vrf if vrf else "show bgp summary json"
    up = set()
    for family, value in router.json(text).items():
        if isinstance(value, dict):
            for address, peer in value.get("peers", {}).items():
                if peer.get("state") == "Established":
                    up.add(address)
    return len(up) >= n
