#!/usr/bin/python3
"""vtysh, start-up and the running configuration, before a daemon that only tests (tests/vtysh/testd.c)."""
import contextlib
import json
import os
import pathlib
import pty
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from tap import main, skip

BUILD = pathlib.Path(os.environ.get("WEFT_BUILD", "build"))
VTYSH, TESTD = BUILD / "vtysh/vtysh", BUILD / "tests/vtysh/testd"
DEADLINE = 60
CONFIG = """hostname r1
router bgp 65000
 neighbor 10.0.0.1 remote-as 65001
 address-family ipv4 unicast
  neighbor 10.0.0.1 activate
"""


def wait_for(what, condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"no {what}"
        time.sleep(0.02)


def ended(pid):
    """Gone, or waiting for its parent to look."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


class Box:
    """A run directory, a configuration file and the daemons of one router."""

    def __init__(self, config=CONFIG):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="weft-vtysh-"))
        self.conf = self.dir / "weft.conf"
        self.conf.write_text(config)
        self.pids = {}

    def start(self, name, *options, check=True, env=None):
        p = subprocess.run([TESTD, "-d", "-f", self.conf, "--vty_socket", self.dir, "--log", f"file:{self.dir}/{name}.log",
                            *options], env={**os.environ, "TESTD_NAME": name, **(env or {})},
                           capture_output=True, text=True, timeout=DEADLINE)
        if check:
            assert p.returncode == 0, p.stderr
            self.pids[name] = int((self.dir / f"{name}.pid").read_text())
        return p

    def stop(self, name, signo=signal.SIGTERM):
        pid = self.pids.pop(name)
        os.kill(pid, signo)
        wait_for(f"end of {name}", lambda: ended(pid))

    def vtysh(self, *args, stdin=None, **more):
        return subprocess.run([VTYSH, "--vty_socket", self.dir, *args], input=stdin, capture_output=True, text=True,
                              timeout=DEADLINE, **({} if stdin is not None else {"stdin": subprocess.DEVNULL}), **more)

    def commands(self, *lines):
        return self.vtysh(*(a for line in lines for a in ("-c", line)))

    def running(self):
        p = self.commands("show running-config no-header")
        assert p.returncode == 0, p.stderr
        return p.stdout

    def state(self, command="show bgp summary json"):
        return json.loads(self.commands(command).stdout)

    def log(self, name):
        return (self.dir / f"{name}.log").read_text()

    def close(self):
        for name in list(self.pids):
            with contextlib.suppress(ProcessLookupError):
                self.stop(name)
        shutil.rmtree(self.dir)


@contextlib.contextmanager
def box(*daemons, config=CONFIG):
    b = Box(config)
    try:
        for name in daemons:
            b.start(name)
        yield b
    finally:
        b.close()


def both(**more):
    return box("bgpd", "overlayd", **more)


def test_start_and_end():
    with box() as b:
        p = b.start("bgpd")
        assert p.stdout == ""
        assert pathlib.Path(b.dir / "bgpd.vty").is_socket()
        second = b.start("bgpd", check=False)
        assert second.returncode == 1 and "another bgpd" in second.stderr, second.stderr
        b.stop("bgpd")
        assert not (b.dir / "bgpd.pid").exists() and not (b.dir / "bgpd.vty").exists()
        # what a killed one leaves behind stops nobody
        b.start("bgpd")
        b.stop("bgpd", signal.SIGKILL)
        assert (b.dir / "bgpd.pid").exists() and (b.dir / "bgpd.vty").exists()
        b.start("bgpd")
        assert b.state()["host"] == "r1"


def test_options():
    run = lambda *a: subprocess.run([TESTD, *a], capture_output=True, text=True, timeout=DEADLINE,
                                    env={**os.environ, "TESTD_NAME": "bgpd"})
    assert run("-v").stdout.split()[:2] == ["bgpd", "version"]
    assert "--vty_socket" in run("-h").stdout
    for bad in (["-p", "70000"], ["-l", "nonsense"], ["--log-level", "loud"], ["--what"], ["word"], ["-f", "/nowhere/x"]):
        p = run(*bad, "-i", "/tmp/weft-test-unused.pid", "--vty_socket", "/tmp")
        assert p.returncode == 1 and "bgpd" in p.stderr, bad
        assert not pathlib.Path("/tmp/weft-test-unused.pid").exists()
    with box(config="hostname a\nnonsense here\nhostname\n") as b:
        p = run("-C", "-f", str(b.conf))
        assert p.returncode == 1 and ":2: " in p.stderr and ":3: " in p.stderr, p.stderr
        b.conf.write_text(CONFIG)
        p = run("-C", "-f", str(b.conf))
        assert p.returncode == 0 and p.stderr == ""


def test_notify():
    with box() as b, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(b.dir / "notify"))
        s.settimeout(DEADLINE)
        b.start("bgpd", env={"NOTIFY_SOCKET": str(b.dir / "notify")})
        assert "READY=1" in s.recv(500).decode()
        os.kill(b.pids["bgpd"], signal.SIGHUP)
        assert "RELOADING=1" in s.recv(500).decode()
        assert "READY=1" in s.recv(500).decode()
        b.stop("bgpd")
        assert "STOPPING=1" in s.recv(500).decode()


def test_bad_lines_of_the_file():
    with both(config=CONFIG + "exit\nnonsense 1 2\nvrf prod\n vni 4000\n") as b:
        assert "weft.conf:7: Unknown command: nonsense 1 2" in b.log("bgpd")
        assert b.commands("show startup-config errors").stdout.count("nonsense") == 1
        assert "vni 4000" in b.running()


def test_line_refused_by_one_daemon():
    with both(config="vrf prod\nexit-vrf\nhostname not-for-bgpd\nvrf dev\n") as b:
        # each daemon leaves out what it can't do, and nothing else
        assert ":3: host name not-for-bgpd" in b.log("bgpd")
        assert b.state()["host"] == "" and b.state("show overlay status json")["host"] == "not-for-bgpd"
        assert "vrf prod" in b.running() and "vrf dev" in b.running()


def test_commands():
    with both() as b:
        p = b.commands("show bgp summary json")
        assert p.returncode == 0 and json.loads(p.stdout)["host"] == "r1" and p.stderr == ""
        p = b.commands("sh ver")
        assert [line.split()[0] for line in p.stdout.splitlines()] == ["overlayd", "bgpd"]
        p = b.vtysh("-d", "bgpd", "-c", "show version")
        assert p.stdout.startswith("bgpd version") and "overlayd" not in p.stdout
        assert b.commands("show bgp | count 99").stdout == f"{sum('99' in str(i) for i in range(1, 100001))}\n"
        assert b.commands("show bgp | begin ^route.3$").stdout == "route 3\nroute 2\nroute 1\n"
        assert b.commands("show bgp | include ^route 99999$").stdout == "route 99999\n"
        section = b.commands("show running-config | section ^router").stdout
        assert section.startswith("router bgp")
        assert section.splitlines()[1:] and all(l.startswith(" ") for l in section.splitlines()[1:]), section
        assert len(b.commands("show bgp").stdout.splitlines()) == 100000
        for line, sentence in (("nonsense", "% Unknown command"), ("show", "% Command incomplete"),
                               ("show bgp | what x", "% Unknown filter"), ("show memoryx", "% Unknown command")):
            p = b.commands(line, "echo not reached")
            assert p.returncode == 1 and p.stdout.startswith(sentence), (line, p.stdout)
            assert "not reached" not in p.stdout
        assert "summary" in b.commands("show bgp ?").stdout
        assert "show bgp memory" in b.commands("find bgp memory").stdout
        assert b.commands("show interface").returncode == 1


def test_configure():
    with both() as b:
        p = b.commands("configure terminal", "router bgp 65000", "neighbor 10.0.0.2 remote-as 65002",
                       "address-family ipv6 unicast", "neighbor 10.0.0.2 activate", "exit", "no neighbor 10.0.0.1",
                       "do show bgp summary", "end", "show version")
        assert p.returncode == 0, p.stdout + p.stderr
        running = b.running()
        assert "neighbor 10.0.0.2 activate" in running and "10.0.0.1" not in running
        for daemon in ("bgpd", "overlayd"):
            assert b.vtysh("-d", daemon, "-c", "show running-config no-header").stdout == running
        p = b.commands("conf t", "router bgp 65000", "nonsense", "hostname never")
        assert p.returncode == 1 and "% Unknown command: nonsense" in p.stdout
        assert "never" not in b.running()
        p = b.commands("conf t", "router bgp 65000", "neighbor 10.0.0.3 description mistyped")
        assert p.returncode == 0 and "neighbor 10.0.0.3: remote-as or peer-group must be given" in p.stderr, p.stderr
        p = b.commands("conf t", "no router bgp 65009")
        assert p.returncode == 1 and "Our AS number is 65000; nothing was removed" in p.stdout, p.stdout
        p = b.commands("conf t", "router bgp 65000", "no neighbor 10.0.0.3")
        assert p.returncode == 0 and p.stderr == "" and "10.0.0.3" not in b.running()


def test_names_are_offered():
    def offered(*lines):
        return [l.split()[0] for l in b.commands(*lines).stdout.splitlines()]
    with both(config=CONFIG + "route-map OUT permit 10\nip prefix-list P permit any\nvrf blue\n"
              "router bgp 65000\n neighbor RR peer-group\n") as b:
        assert "10.0.0.1" in offered("show bgp neighbors ?")
        assert "OUT" in offered("show route-map ?") and "OUT" not in offered("show route-map P?")
        assert "P" in offered("show ip prefix-list ?") and "blue" in offered("show bgp vrf ?")
        assert "lo" in offered("show interface ?") and "RR" in offered("clear bgp peer-group ?")
        assert "10.0.0.1" not in offered("clear bgp peer-group ?")
        bgp = ("conf t", "router bgp 65000")
        assert "10.0.0.1" in offered(*bgp, "neighbor ?") and "OUT" in offered(*bgp, "neighbor 10.0.0.1 route-map ?")
        assert "P" in offered(*bgp, "no neighbor 10.0.0.1 prefix-list ?")
        assert "blue" in offered("conf t", "bridge-domain 5", "vrf ?")
        assert "P" in offered("conf t", "route-map OUT permit 10", "match ip address prefix-list ?")


def test_refused_by_one_is_applied_by_none():
    with both() as b:
        before = b.running()
        for daemon, other in (("bgpd", "show overlay status json"), ("overlayd", "show bgp summary json")):
            applied = b.state(other)["applied"]
            p = b.vtysh(stdin="")
            p = b.commands("conf t", f"hostname not-for-{daemon}")
            assert p.returncode == 1 and "is not wanted" in p.stdout, p.stdout
            assert b.running() == before and b.state(other)["applied"] <= applied + 1
            assert b.state(other)["host"] == "r1"


def test_file():
    with both() as b:
        f = b.dir / "more.conf"
        f.write_text("hostname r2\nnonsense\nrouter bgp 65000\n neighbor 10.0.0.9 remote-as 9\nexit\n"
                     "hostname not-for-overlayd\nvrf blue\n vni 77\nexit-vrf\n")
        p = b.vtysh("-f", f)
        assert p.returncode == 1
        assert p.stderr.splitlines() == ["line 2: % Unknown command: nonsense",
                                         "line 6: % host name not-for-overlayd is not wanted"], p.stderr
        assert b.state()["host"] == "r2" and b.state("show overlay status json")["host"] == "r2"
        assert "neighbor 10.0.0.9 remote-as 9" in b.running() and "vni 77" in b.running()
        f.write_text("no vrf blue\nhostname r3\n")
        assert b.vtysh("-f", f).returncode == 0
        assert b.state()["host"] == "r3" and "blue" not in b.running()
        p = b.vtysh("-f", "-", stdin="hostname r4\n")
        assert p.returncode == 0 and b.state()["host"] == "r4"
        # -b takes the configuration file, -C only looks
        assert b.vtysh("-b", "--config_dir", b.dir).returncode == 0
        assert b.state()["host"] == "r1"
        f.write_text("hostname r5\nnonsense\n")
        p = b.vtysh("-C", "-f", f)
        assert p.returncode == 1 and "line 2" in p.stderr and b.state()["host"] == "r1"


def test_typed_lines():
    with both() as b:
        p = b.vtysh(stdin="show version\nconfigure terminal\nhostname r7\nrouter bgp 65000\n nonsense\n"
                          " neighbor 10.0.0.7 remote-as 7\ndo show bgp summary\nend\nshow bgp summary json\n")
        assert p.returncode == 1
        assert "line 5: % Unknown command: nonsense" in p.stderr, p.stderr
        assert "host r7" in p.stdout and '"host":"r7"' in p.stdout
        assert "neighbor 10.0.0.7 remote-as 7" in b.running()
        # without `end`: what was typed counts
        p = b.vtysh(stdin="conf t\nhostname r8\n")
        assert p.returncode == 0 and b.state()["host"] == "r8"


def test_running_reads_back():
    with both() as b:
        b.commands("conf t", "vrf prod", "vni 4000", "exit", "ip prefix-list A seq 5 permit 10.0.0.0/8",
                   "route-map M permit 10", "match ip address prefix-list A", "set local-preference 200")
        text = b.running()
        with both(config="") as other:
            other.vtysh("-f", "-", stdin=text)
            assert other.running() == text
            marked = other.vtysh("-m", "-f", "-", stdin=text)
            assert marked.returncode == 0, marked.stderr


def test_lines_below_a_refused_one():
    config = ("router bgp 65000\n neighbor 1.1.1.1 remote-as 1\nrouter bgp 65000 vrf a b\n neighbor 2.2.2.2 remote-as 2\n"
              " address-family ipv4 unicast\n  network 10.0.0.0/8\nvrf blue\n vni 7\n")
    with both(config=config) as b:
        # they must not reach the instance of the lines before
        assert "2.2.2.2" not in b.running() and "network" not in b.running() and "vni 7" in b.running()
        assert ":4: Left out with the line that it is below" in b.log("bgpd")
        assert b.vtysh(stdin="configure terminal\n" + config).returncode == 1
        assert "2.2.2.2" not in b.running()


FRR_RELOAD = pathlib.Path("/usr/lib/frr/frr-reload.py")


def test_frr_reload():
    """FRR's own tool finds out what to change, and changes it."""
    if not FRR_RELOAD.exists():
        skip("no frr-reload.py here (package frr-pythontools)")
    config = CONFIG + ("  network 10.2.0.0/16\nip prefix-list A seq 5 permit 10.0.0.0/8\nroute-map M permit 10\n"
                       " match ip address prefix-list A\n set local-preference 200\nvrf prod\n vni 4000\n")
    with both(config=config) as b:
        (b.dir / "bin").mkdir()
        (b.dir / "bin/vtysh").symlink_to(VTYSH.absolute())
        wanted = b.running().replace("local-preference 200", "local-preference 300").replace("10.2.0.0", "10.3.0.0")
        wanted = wanted.replace("vni 4000", "vni 5000")
        (b.dir / "wanted").write_text(wanted)
        subprocess.run([FRR_RELOAD, "--reload", "--stdout", "--bindir", b.dir / "bin", "--vty_socket", b.dir, "--confdir",
                        b.dir, "--rundir", b.dir, b.dir / "wanted"], check=True, timeout=DEADLINE)
        assert b.running() == wanted


def test_write():
    with both() as b:
        b.commands("conf t", "hostname r9")
        old = b.conf.read_text()
        # a disk that takes no more: the old file stays whole
        def full():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
        p = b.vtysh("-c", "write", preexec_fn=full)
        assert p.returncode == 1 and "the old file stays" in p.stderr, p.stderr
        assert b.conf.read_text() == old
        assert sorted(x.name for x in b.dir.iterdir() if x.name.startswith("weft.conf")) == ["weft.conf"]
        p = b.commands("write memory")
        assert p.returncode == 0 and "[OK]" in p.stdout
        assert b.conf.read_text().startswith("hostname r9\n")
        assert (b.dir / "weft.conf.sav").read_text() == old
        assert b.commands("show startup-config").stdout == b.conf.read_text()
        b.stop("bgpd")
        b.start("bgpd")
        assert b.state()["host"] == "r9"


def test_first_write_makes_the_directory():
    with box() as b:
        b.conf = b.dir / "etc" / "weft.conf"
        b.conf.parent.mkdir()
        b.conf.write_text("hostname r1\n")
        b.start("bgpd")
        shutil.rmtree(b.conf.parent)
        p = b.commands("conf t", "hostname r2", "do write")
        assert p.returncode == 0, p.stderr
        assert b.conf.read_text().startswith("hostname r2\n")


def test_reload():
    with both() as b:
        b.conf.write_text("hostname r10\nnonsense\n")
        os.kill(b.pids["bgpd"], signal.SIGHUP)
        wait_for("reload", lambda: b.state()["host"] == "r10")
        assert "router bgp" not in b.vtysh("-d", "bgpd", "-c", "show running-config").stdout
        assert ":2: Unknown command: nonsense" in b.log("bgpd")
        # what each daemon owns comes from it
        assert "router bgp" not in b.running()
        b.conf.unlink()
        os.kill(b.pids["bgpd"], signal.SIGHUP)
        wait_for("refusal", lambda: "stays as it was" in b.log("bgpd"))
        assert b.state()["host"] == "r10"


def test_daemon_down():
    with both() as b:
        b.stop("overlayd", signal.SIGKILL)
        p = b.commands("show overlay status json")
        assert p.returncode == 1 and p.stdout == "" and p.stderr == "% overlayd is not running\n"
        p = b.commands("show running-config")
        assert p.returncode == 0 and "router bgp 65000" in p.stdout and "overlayd is not running" in p.stderr
        p = b.commands("show version")
        assert p.stdout.startswith("bgpd version") and "overlayd is not running" in p.stderr
        assert b.commands("conf t", "hostname alone").returncode == 0 and b.state()["host"] == "alone"
        b.stop("bgpd")
        p = b.commands("conf t", "hostname nobody")
        assert p.returncode == 1 and p.stderr == "% overlayd is not running\n% bgpd is not running\n", p.stderr
        assert b.commands("show daemons").stdout == "\n"


def test_large_file():
    lines = "".join(f"ip prefix-list P seq {i + 5} permit 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}/32\n"
                    for i in range(100000))
    with both(config="") as b:
        start = time.monotonic()
        p = b.vtysh("-f", "-", stdin=lines)
        took = time.monotonic() - start
        assert p.returncode == 0, p.stderr[:200]
        print(f"100,000 lines into two daemons: {took:.2f} s")
        assert b.running().count("\n") >= 100000
        assert took < 40, took


def test_man_pages():
    def options(program, **env):
        text = subprocess.run([program, "--help"], capture_output=True, text=True, env={**os.environ, **env}).stdout
        return set(re.findall(r"--([a-z][a-z_-]+)", text))

    man = pathlib.Path(__file__).parents[2] / "doc/man"
    for page, known in (("bgpd.8", options(TESTD, TESTD_NAME="bgpd")), ("vtysh.1", options(VTYSH))):
        text = (man / page).read_text().replace("\\", "")
        assert len(known) > 10 and not {o for o in known if f"--{o}" not in text}, page
    example = re.search(r"\.nf\n(.*?)\.fi", (man / "weft.conf.5").read_text(), re.S).group(1)
    with tempfile.NamedTemporaryFile("w") as f:
        f.write(example)
        f.flush()
        p = subprocess.run([VTYSH, "-C", "-f", f.name], capture_output=True, text=True)
        assert p.returncode == 0 and p.stderr == "", p.stderr


class Terminal:
    """A person at vtysh."""

    def __init__(self, b, **env):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.environ.update(HOME=str(b.dir), TERM="dumb", **env)
            os.environ.pop("VTYSH_PAGER", None)
            os.execv(VTYSH, ["vtysh", "--vty_socket", str(b.dir)])
        self.pid, self.text = pid, ""

    def expect(self, pattern):
        end = time.monotonic() + DEADLINE
        while True:
            m = re.search(pattern, self.text)
            if m:
                seen, self.text = self.text[:m.end()], self.text[m.end():]
                return seen
            assert time.monotonic() < end, f"no {pattern!r} in {self.text!r}"
            if select.select([self.fd], [], [], 1)[0]:
                try:
                    self.text += os.read(self.fd, 65536).decode()
                except OSError:
                    raise AssertionError(f"vtysh ended; no {pattern!r} in {self.text!r}")

    def type(self, text):
        os.write(self.fd, text.encode())

    def line(self, text, prompt):
        self.type(text + "\r")
        return self.expect(re.escape(prompt))

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@contextlib.contextmanager
def terminal(b, **env):
    t = Terminal(b, **env)
    try:
        yield t
    finally:
        t.close()


def test_terminal():
    with both() as b:
        with terminal(b) as t:
            t.expect("r1# ")
            t.line("configure terminal", "r1(config)# ")
            t.line("hostname r2", "r2(config)# ")
            t.line("router bgp 65000", "r2(config-router)# ")
            assert b.state()["host"] == "r2"  # at once
            t.line("address-family ipv4 unicast", "r2(config-router-af)# ")
            assert "host r2" in t.line("do show bgp summary", "r2(config-router-af)# ")
            assert "% Unknown command: nonsense" in t.line("nonsense", "r2(config-router-af)# ")
            assert "^" in t.line("neighbor 1.2.3.4 nonsense", "r2(config-router-af)# ")
            # a line of the mode above, from this one
            t.line("neighbor 10.0.0.5 remote-as 5", "r2(config-router)# ")
            assert "is not wanted" in t.line("hostname not-for-bgpd", "r2(config)# ")
            t.line("router bgp 65000", "r2(config-router)# ")
            t.line("end", "r2# ")
            assert "neighbor 10.0.0.5 remote-as 5" in b.running()

            t.type("show bgp sum\t")
            t.expect("show bgp summary")
            t.type("?")
            help_text = t.expect(r"<cr>")
            assert "json" in help_text
            t.type("json\r")
            t.expect('"host":"r2"')
            t.expect("r2# ")
            t.type("show bgp neighbors 10.0.0.5\t")  # a name that is configured
            t.expect("show bgp neighbors 10.0.0.5 ")
            t.type("\x15")
            t.type("sh\t")
            t.expect("show")
            t.type("\x15")
            t.type("show history\r")
            t.expect("  show bgp summary json")
            t.expect("show history\r\n(.*\n)*.*r2# ")
            # a daemon that is started again is found again
            b.stop("bgpd", signal.SIGKILL)
            assert "% bgpd is not running" in t.line("show bgp summary", "r2# ")
            b.start("bgpd")
            assert "host r1" in t.line("show bgp summary", "r2# ")
            t.type("exit\r")
            wait_for("end of vtysh", lambda: ended(t.pid))
        assert "show bgp summary" in (b.dir / ".weft_history").read_text().replace("\\040", " ")


def test_two_sessions():
    with both(config="hostname r1\n") as b, terminal(b) as t:
        t.expect("r1# ")
        t.line("configure terminal", "r1(config)# ")
        assert "an AS number is needed" in t.line("router bgp", "r1(config)# ")
        # what a line lacks may have come from another session meanwhile
        b.commands("configure terminal", "router bgp 65000")
        t.line("router bgp", "r1(config-router)# ")
        t.line("neighbor 10.0.0.9 remote-as 9", "r1(config-router)# ")
        t.line("nonsense", "r1(config-router)# ")
        b.commands("configure terminal", "no router bgp 65000")
        t.line("nonsense", "r1(config)# ")
        # and after a daemon was away
        b.stop("bgpd")
        b.stop("overlayd")
        b.conf.write_text(CONFIG)
        b.start("bgpd")
        b.start("overlayd")
        t.line("router bgp", "r1(config-router)# ")


def test_pages():
    with both() as b, terminal(b) as t:
        t.expect("r1# ")
        t.line("terminal length 10", "r1# ")
        t.type("show bgp\r")
        first = t.expect("--More--")
        assert first.count("route ") == 10, first
        t.type(" ")
        t.expect("--More--")
        t.type("q")
        t.expect("r1# ")
        t.line("terminal length 0", "r1# ")
        assert t.line("show bgp | include ^route .0$", "r1# ").count("\nroute ") == 9
        # breaking off a long answer leaves a session that works
        assert "version" in t.line("show version", "r1# ")


if __name__ == "__main__":
    main()
