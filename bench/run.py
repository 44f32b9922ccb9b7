#!/usr/bin/env python3
"""Benchmark BGP daemons as black boxes with bgpblast.

Every measurement starts a fresh daemon (the DUT) in a network namespace of
its own, joined by a veth pair to a second one which holds bgpblast.  DUTs
alternate within one run, so that slow drifts of the machine hit all of them.
Needs root.  See README.md.
"""
import argparse, json, os, pathlib, shlex, shutil, signal, statistics, subprocess, sys, tempfile, time
from random import Random

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "bench"
NS_DUT, NS_GEN = "bgpbench-dut", "bgpbench-gen"
DUT_AS, SENDER_AS, RECEIVER_AS = 65000, 65001, 65201
DUT_ID = "10.255.0.1"
TICK = os.sysconf("SC_CLK_TCK")

# ---------------------------------------------------------------- scenarios

BASE = dict(family="ipv4", routes=100_000, senders=1, receivers=1, ibgp=False,
            policy=False, phases="load,withdraw", extra=[])
SCENARIOS = {name: {**BASE, **s} for name, s in {
    "smoke":       dict(routes=5_000, phases="load,churn,withdraw", extra=["--churn-secs", "1"]),
    "ipv4-100k":   dict(routes=100_000),
    "ipv4-500k":   dict(routes=500_000),
    "ipv4-1m":     dict(routes=1_000_000),
    "ipv4-4x4":    dict(routes=500_000, senders=4, receivers=4),
    "fanout-30":   dict(routes=100_000, receivers=30),
    "ipv6-200k":   dict(family="ipv6", routes=200_000),
    "vpnv4-200k":  dict(family="vpnv4", routes=200_000, ibgp=True),
    "evpn-200k":   dict(family="evpn", routes=200_000, ibgp=True),
    "evpn5-200k":  dict(family="evpn5", routes=200_000, ibgp=True),
    "policy-200k": dict(routes=200_000, policy=True),
    "churn-200k":  dict(routes=200_000, senders=2, phases="load,churn,burst,flap,withdraw",
                        extra=["--best-zero"]),
}.items()}


def peers(scn):
    """(address, AS) of every bgpblast session: senders first."""
    six = scn["family"] == "ipv6"
    for base, count, asn in ((1, scn["senders"], SENDER_AS), (2, scn["receivers"], RECEIVER_AS)):
        for i in range(count):
            yield (f"fd00:255::{base}:{i + 1:x}" if six else f"10.255.{base}.{i + 1}",
                   DUT_AS if scn["ibgp"] else asn + i)


def dut_addr(scn):
    return "fd00:255::1" if scn["family"] == "ipv6" else DUT_ID

# The import policy, the same for all: reject two AS_PATH patterns (which do
# not occur), then prefix list -> local-pref 200, community -> 150, else accept.


def policy_prefixes():
    r = Random(7)
    seen = set()
    while len(seen) < 10_000:
        plen = r.choice([16, 18, 20, 22, 22, 24, 24, 24])
        a = r.randrange(11 << 24, 223 << 24) & ~((1 << (32 - plen)) - 1)
        if a >> 24 != 127:
            seen.add((a, plen))
    return [("%d.%d.%d.%d/%d" % (a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255, p), p, min(p + 4, 24))
            for a, p in sorted(seen)]


BAD_AS = (64666, 64777)
COMMUNITIES = [(170 + i, 1 + 50 * i) for i in range(0, 40, 4)]

# ------------------------------------------------------- configuration files


def frr_config(scn, d, tuned=True):
    fam = {"ipv4": "ipv4 unicast", "ipv6": "ipv6 unicast", "vpnv4": "ipv4 vpn",
           "evpn": "l2vpn evpn", "evpn5": "l2vpn evpn"}[scn["family"]]
    c = ["frr defaults traditional", "hostname dut", f"log file {d}/log errors"]
    if scn["policy"]:
        c += [f"ip prefix-list PL seq {5 * i} permit {p}" + (f" le {le}" if le > n else "")
              for i, (p, n, le) in enumerate(policy_prefixes(), 1)]
        c += [f"bgp as-path access-list BAD permit _{a}_" for a in BAD_AS]
        c += [f"bgp community-list standard CL permit {a}:{b}" for a, b in COMMUNITIES]
        c += ["route-map IN deny 10", " match as-path BAD",
              "route-map IN permit 20", " match ip address prefix-list PL", " set local-preference 200",
              "route-map IN permit 30", " match community CL", " set local-preference 150",
              "route-map IN permit 40"]
    c += [f"router bgp {DUT_AS}", f" bgp router-id {DUT_ID}", " no bgp ebgp-requires-policy",
          " no bgp default ipv4-unicast", " no bgp network import-check"]
    if tuned:
        c += [" write-quanta 64", " read-quanta 10", " coalesce-time 0"]
    act = []
    for a, asn in peers(scn):
        c += [f" neighbor {a} remote-as {asn}", f" neighbor {a} passive", f" neighbor {a} timers 80 240"]
        if tuned:
            c += [f" neighbor {a} advertisement-interval 0"]
        if not scn["ibgp"]:
            c += [f" neighbor {a} ebgp-multihop 2"]
        act += [f"  neighbor {a} activate"]
        if scn["ibgp"]:
            act += [f"  neighbor {a} route-reflector-client"]
        if scn["policy"] and asn < RECEIVER_AS:
            act += [f"  neighbor {a} route-map IN in"]
    c += [f" address-family {fam}"] + act + [" exit-address-family"]
    return "\n".join(c) + "\n"


def bird_config(scn, d):
    chan = {"ipv4": "ipv4", "ipv6": "ipv6", "vpnv4": "vpn4"}[scn["family"]]
    c = [f"router id {DUT_ID};", "protocol device {}"]
    if chan == "vpn4":
        c += ["vpn4 table tv;"]
    if scn["policy"]:
        c += ["define PL = [" + ",".join(p + (f"{{{n},{le}}}" if le > n else "")
                                         for p, n, le in policy_prefixes()) + "];",
              "define CL = [" + ",".join(f"({a},{b})" for a, b in COMMUNITIES) + "];",
              "filter fin {"] + \
             [f"if bgp_path ~ [= * {a} * =] then reject;" for a in BAD_AS] + \
             ["if net ~ PL then { bgp_local_pref = 200; accept; }",
              "if bgp_community ~ CL then { bgp_local_pref = 150; accept; }", "accept; }"]
    for i, (a, asn) in enumerate(peers(scn)):
        imp = "filter fin" if scn["policy"] and asn < RECEIVER_AS else "all"
        c += [f"protocol bgp p{i} {{ local {dut_addr(scn)} as {DUT_AS}; neighbor {a} as {asn};",
              "  passive yes; hold time 240;" + (" direct; rr client;" if scn["ibgp"] else ""),
              f"  {'vpn4 mpls' if chan == 'vpn4' else chan} {{ {'table tv;' if chan == 'vpn4' else ''} import {imp}; export all;"
              f" {'gateway direct;' if scn['ibgp'] else ''} }}; }}"]
    return "\n".join(c) + "\n"


def gobgp_config(scn, d):
    fam = {"ipv4": "ipv4-unicast", "ipv6": "ipv6-unicast", "vpnv4": "l3vpn-ipv4-unicast",
           "evpn": "l2vpn-evpn", "evpn5": "l2vpn-evpn"}[scn["family"]]
    c = ["[global.config]", f"as = {DUT_AS}", f'router-id = "{DUT_ID}"']
    if scn["policy"]:
        c += ['[global.apply-policy.config]', 'import-policy-list = ["in"]',
              'default-import-policy = "accept-route"']
    for a, asn in peers(scn):
        c += ["[[neighbors]]", "[neighbors.config]", f'neighbor-address = "{a}"', f"peer-as = {asn}",
              "[neighbors.transport.config]", "passive-mode = true",
              "[neighbors.timers.config]", "hold-time = 240", "keepalive-interval = 80"]
        if scn["ibgp"]:
            c += ["[neighbors.route-reflector.config]", "route-reflector-client = true",
                  f'route-reflector-cluster-id = "{DUT_ID}"']
        c += ["[[neighbors.afi-safis]]", "[neighbors.afi-safis.config]", f'afi-safi-name = "{fam}"']
    if scn["policy"]:
        c += ["[[defined-sets.prefix-sets]]", 'prefix-set-name = "PL"']
        for p, n, le in policy_prefixes():
            c += ["[[defined-sets.prefix-sets.prefix-list]]", f'ip-prefix = "{p}"',
                  f'masklength-range = "{n}..{le}"']
        c += ["[[defined-sets.bgp-defined-sets.community-sets]]", 'community-set-name = "CL"',
              "community-list = [" + ",".join(f'"{a}:{b}"' for a, b in COMMUNITIES) + "]",
              "[[defined-sets.bgp-defined-sets.as-path-sets]]", 'as-path-set-name = "BAD"',
              "as-path-list = [" + ",".join(f'"_{a}_"' for a in BAD_AS) + "]",
              "[[policy-definitions]]", 'name = "in"',
              "[[policy-definitions.statements]]",
              "[policy-definitions.statements.conditions.bgp-conditions.match-as-path-set]",
              'as-path-set = "BAD"', 'match-set-options = "any"',
              "[policy-definitions.statements.actions]", 'route-disposition = "reject-route"',
              "[[policy-definitions.statements]]",
              "[policy-definitions.statements.conditions.match-prefix-set]",
              'prefix-set = "PL"', 'match-set-options = "any"',
              "[policy-definitions.statements.actions]", 'route-disposition = "accept-route"',
              "[policy-definitions.statements.actions.bgp-actions]", "set-local-pref = 200",
              "[[policy-definitions.statements]]",
              "[policy-definitions.statements.conditions.bgp-conditions.match-community-set]",
              'community-set = "CL"', 'match-set-options = "any"',
              "[policy-definitions.statements.actions]", 'route-disposition = "accept-route"',
              "[policy-definitions.statements.actions.bgp-actions]", "set-local-pref = 150"]
    return "\n".join(c) + "\n"


def openbgpd_config(scn, d):
    fam = {"ipv4": "IPv4 unicast", "ipv6": "IPv6 unicast", "vpnv4": "IPv4 vpn"}[scn["family"]]
    c = [f"AS {DUT_AS}", f"router-id {DUT_ID}", "fib-update no", "holdtime 240",
         f"listen on {dut_addr(scn)}", f'socket "{d}/ctl"']
    if scn["policy"]:
        c += ["prefix-set PL { " + " ".join(p + (f" maxlen {le}" if le > n else "")
                                            for p, n, le in policy_prefixes()) + " }"]
    for a, asn in peers(scn):
        c += [f"neighbor {a} {{", f"  remote-as {asn}", "  passive",
              "  announce IPv4 none", "  announce IPv6 none", f"  announce {fam}",
              "  route-reflector" if scn["ibgp"] else "  enforce neighbor-as no", "}"]
    c += ["allow from any", "allow to any"]
    if scn["policy"]:                    # the last match decides here: reverse order
        s = "{ " + " ".join(a for a, n in peers(scn) if n < RECEIVER_AS) + " }"
        c += [f"match from {s} community {a}:{b} set localpref 150" for a, b in COMMUNITIES]
        c += [f"match from {s} prefix-set PL set localpref 200"]
        c += [f"deny quick from {s} AS {a}" for a in BAD_AS]
    return "\n".join(c) + "\n"

# ------------------------------------------------------------------ daemons
#
# config(scenario, directory) -> text of the configuration file
# command(directory) -> argv; the configuration is in <directory>/conf
# count(directory, scenario) -> argv of a CLI command for the second opinion
# setup(directory): optional, called after the start
# families: what the daemon can do; broken: (family, phase) to leave out.
# env: additional environment.


# another FRR than Debian's: FRR_SBIN and FRR_VTYSH in the environment
FRR_SBIN = os.environ.get("FRR_SBIN", "/usr/lib/frr")
FRR_VTYSH = os.environ.get("FRR_VTYSH", "vtysh")


def frr_command(binary):
    def cmd(d):
        shutil.chown(d, "frr", "frr")
        pathlib.Path(d, "empty").touch(0o644)
        return [binary, "-f", f"{d}/empty", "-n", "-Z", "-p", "179", "-i", f"{d}/pid",
                "--vty_socket", d, "-P", "0"]
    return cmd


def frr_setup(d):
    """FRR gets its configuration the usual way, through vtysh."""
    for _ in range(200):
        if os.path.exists(f"{d}/bgpd.vty"):
            break
        time.sleep(0.05)
    subprocess.run([FRR_VTYSH, "--vty_socket", d, "-f", f"{d}/conf"], stdout=subprocess.DEVNULL)


def frr_count(d, scn):
    fam = {"ipv4": "ipv4 unicast", "ipv6": "ipv6 unicast", "vpnv4": "ipv4 vpn"}.get(scn["family"], "l2vpn evpn")
    return [FRR_VTYSH, "--vty_socket", d, "-c", f"show bgp {fam} summary"]


def openbgpd_command(d):
    os.makedirs("/run/openbgpd", exist_ok=True)
    os.chmod(f"{d}/conf", 0o600)
    return ["/usr/sbin/bgpd", "-d", "-f", f"{d}/conf"]


def ours_command(d):
    """OURS is the binary; OURS_ARGS its arguments, with {d} for the directory."""
    args = os.environ.get("OURS_ARGS", "-f {d}/conf -n -Z -p 179 -i {d}/pid --vty_socket {d} -P 0")
    return [os.environ.get("OURS", "bgpd")] + shlex.split(args.format(d=d))


ALL = {"ipv4", "ipv6", "vpnv4", "evpn", "evpn5"}
DUTS = {
    "frr": dict(config=frr_config, command=frr_command(f"{FRR_SBIN}/bgpd"), count=frr_count, families=ALL,
                setup=frr_setup),
    "frr-default": dict(config=lambda s, d: frr_config(s, d, tuned=False),
                        command=frr_command(f"{FRR_SBIN}/bgpd"), count=frr_count, families=ALL,
                        setup=frr_setup),
    "bird": dict(config=bird_config, command=lambda d: ["/usr/sbin/bird", "-f", "-c", f"{d}/conf", "-s", f"{d}/ctl"],
                 count=lambda d, s: ["birdc", "-s", f"{d}/ctl", "show", "route", "count"],
                 families={"ipv4", "ipv6", "vpnv4"}),
    "gobgp": dict(config=gobgp_config, families=ALL,
                  command=lambda d: ["gobgpd", "-f", f"{d}/conf", "-l", "error", "--api-hosts", "127.0.0.1:50051"],
                  count=lambda d, s: ["gobgp", "global", "rib", "summary", "-a",
                                      {"vpnv4": "vpnv4"}.get(s["family"], s["family"].rstrip("5")
                                                             if "evpn" in s["family"] else s["family"])]),
    "openbgpd": dict(config=openbgpd_config, command=openbgpd_command, families={"ipv4", "ipv6", "vpnv4"},
                     broken={("vpnv4", "withdraw")},   # 7.7 ignores VPN withdrawals
                     count=lambda d, s: ["bgpctl", "-s", f"{d}/ctl", "show", "rib", "memory"]),
    "ours": dict(config=frr_config, command=ours_command, count=frr_count, families=ALL),
}

# ---------------------------------------------------------------- machinery


def sh(cmd, check=True):
    return subprocess.run(shlex.split(cmd), check=check, stdout=subprocess.PIPE,
                          stderr=None if check else subprocess.DEVNULL, text=True)


def make_net():
    drop_net()
    for ns in (NS_DUT, NS_GEN):
        sh(f"ip netns add {ns}")
        sh(f"ip -n {ns} link set lo up")
        # no duplicate address detection, so IPv6 addresses work at once
        sh(f"ip netns exec {ns} sysctl -qw net.ipv6.conf.default.accept_dad=0")
    sh(f"ip -n {NS_DUT} link add bench0 type veth peer name bench0 netns {NS_GEN}")
    sh(f"ip -n {NS_DUT} addr add {DUT_ID}/16 dev bench0")
    sh(f"ip -n {NS_DUT} addr add fd00:255::1/64 dev bench0 nodad")
    cmds = [f"addr add 10.255.{b}.{i + 1}/16 dev bench0" for b in (1, 2) for i in range(63)]
    cmds += [f"addr add fd00:255::{b}:{i + 1:x}/64 dev bench0 nodad" for b in (1, 2) for i in range(63)]
    subprocess.run(["ip", "-n", NS_GEN, "-b", "-"], input="\n".join(cmds), text=True, check=True)
    for ns in (NS_DUT, NS_GEN):
        sh(f"ip -n {ns} link set bench0 up")
    time.sleep(0.3)


def raise_priority(nice):
    """Run this process, and so DUT and bgpblast, at this nice value; with
    autogroup scheduling that counts only within a session, so the session gets
    it, too."""
    os.setpriority(os.PRIO_PROCESS, 0, nice)
    try:
        os.setsid()
    except OSError:
        return                       # already the leader of a session
    finally:
        try:
            pathlib.Path("/proc/self/autogroup").write_text(str(nice))
        except OSError:
            pass


def drop_net():
    for ns in (NS_DUT, NS_GEN):
        sh(f"ip netns del {ns}", check=False)


def dut_pids():
    """All processes in the DUT's namespace."""
    try:
        want = os.stat(f"/run/netns/{NS_DUT}").st_ino
    except FileNotFoundError:
        return []
    found = []
    for p in os.listdir("/proc"):
        try:
            if p.isdigit() and os.stat(f"/proc/{p}/ns/net").st_ino == want:
                found.append(int(p))
        except OSError:
            pass
    return found


def sample():
    """CPU seconds and memory (MiB), summed over the DUT's processes; busy is
    the CPU time of everything on the machine, to spot disturbed runs."""
    cpu = rss = hwm = 0
    with open("/proc/stat") as f:
        u = [int(x) for x in f.readline().split()[1:]]
    busy = (sum(u[:8]) - u[3] - u[4]) / TICK
    for p in dut_pids():
        try:
            f = open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split()
            cpu += (int(f[11]) + int(f[12])) / TICK
            for line in open(f"/proc/{p}/status"):
                if line.startswith("VmRSS"):
                    rss += int(line.split()[1]) / 1024
                elif line.startswith("VmHWM"):
                    hwm += int(line.split()[1]) / 1024
        except (OSError, IndexError):
            pass
    return dict(cpu=cpu, rss=rss, hwm=hwm, busy=busy)


def stop_dut():
    for sig, wait in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        for p in dut_pids():
            try:
                os.kill(p, sig)
            except ProcessLookupError:
                pass
        end = time.time() + wait
        while dut_pids() and time.time() < end:
            time.sleep(0.05)


def wait_listening(proc):
    """Wait until port 179 is open, that is until the configuration is read."""
    end = time.time() + 400
    while proc.poll() is None and time.time() < end:
        if ":179" in sh(f"ip netns exec {NS_DUT} ss -Hltn", check=False).stdout:
            return
        time.sleep(0.1)


def measure(name, scn, args, blast):
    """One fresh daemon, one pass of bgpblast.  Returns its JSON plus samples."""
    dut = DUTS[name]
    make_net()
    d = tempfile.mkdtemp(prefix=f"bgpbench-{name}-")
    os.chmod(d, 0o755)
    pathlib.Path(d, "conf").write_text(dut["config"](scn, d))
    os.chmod(f"{d}/conf", 0o644)
    log = open(f"{d}/stdout", "w")
    proc = subprocess.Popen(["ip", "netns", "exec", NS_DUT] + dut["command"](d), stdout=log,
                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                            env={**os.environ, **dut.get("env", {})})
    try:
        t0 = time.time()
        if "setup" in dut:
            dut["setup"](d)
        wait_listening(proc)
        start_s = time.time() - t0
        if proc.poll() is not None:
            return dict(error="the daemon did not start", log=open(f"{d}/stdout").read()[-2000:])
        addrs = [a for a, _ in peers(scn)]
        phases = ",".join(p for p in scn["phases"].split(",") if (scn["family"], p) not in dut.get("broken", ()))
        cmd = ["ip", "netns", "exec", NS_GEN, str(blast), "--step", "--dut", dut_addr(scn),
               "--dut-as", str(DUT_AS), "--family", scn["family"], "--routes", str(scn["routes"]),
               "--senders", str(scn["senders"]), "--receivers", str(scn["receivers"]),
               "--sender-addr", addrs[0], "--receiver-addr", addrs[scn["senders"]],
               "--phases", phases, "--timeout", str(args.timeout)]
        cmd += (["--ibgp"] if scn["ibgp"] else []) + (["--mrt", args.mrt] if args.mrt else []) + scn["extra"]
        b = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        points, notes, second = {}, [], ""
        for line in b.stderr:
            if not line.startswith("PHASE "):
                notes.append(line.strip())
                continue
            phase = line.split()[1]
            points[phase] = sample()
            if phase == "load" and args.verify:
                r = subprocess.run(["ip", "netns", "exec", NS_DUT] + dut["count"](d, scn),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                second = r.stdout
                points[phase]["cpu"] = sample()["cpu"]   # do not charge the CLI to the next phase
            if args.perf and phase in ("established", "load"):
                if phase == "established":
                    perf = subprocess.Popen(["perf", "record", "-q", "-o", f"{d}/perf", "-p",
                                             ",".join(map(str, dut_pids()))], stderr=subprocess.DEVNULL)
                    time.sleep(1)
                else:
                    perf.send_signal(signal.SIGINT)
                    perf.wait()
                    r = subprocess.run(["perf", "report", "-i", f"{d}/perf", "--stdio", "--sort", "comm,symbol"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                    hot = [l for l in r.stdout.splitlines() if l.strip() and l[0] != "#"][:30]
                    print(f"--- profile of {name} while loading\n" + "\n".join(hot), flush=True)
            try:
                b.stdin.write("\n")
                b.stdin.flush()
            except BrokenPipeError:
                pass
        out = b.stdout.read()
        b.wait()
        try:
            res = json.loads(out)
        except ValueError:
            # an error message is the last object on the line
            res = {"error": out[out.rfind('{"error"'):].strip() or "bgpblast died"}
        if "error" in res or proc.poll() is not None:
            res["log"] = open(f"{d}/stdout").read()[-2000:]
            if not dut_pids():
                res.setdefault("error", "the daemon died")
        final = sample()
        last = None
        for phase, s in points.items():
            if phase in res:
                res[phase]["dut_cpu_s"] = round(s["cpu"] - last["cpu"], 2)
            last = s
        if "load" in points:
            res["rss_start_mib"] = round(points["established"]["rss"], 1)
            res["rss_loaded_mib"] = round(points["load"]["rss"], 1)
            res["bytes_per_route"] = round((points["load"]["rss"] - points["established"]["rss"])
                                           * 2**20 / res.get("routes", scn["routes"]))
        if "established" in points:
            first = points["established"]
            res["foreign_cpu_s"] = round(final["busy"] - first["busy"] - (final["cpu"] - first["cpu"])
                                         - res.get("self_cpu_s", 0), 2)
        res["start_s"] = round(start_s, 2)
        res["peak_rss_mib"] = round(final["hwm"], 1)
        res["notes"] = notes
        if second:
            res["second_opinion"] = second.strip()
        return res
    finally:
        stop_dut()
        proc.wait()
        log.close()
        drop_net()
        if not args.keep:
            shutil.rmtree(d, ignore_errors=True)

# ------------------------------------------------------------------ reports


def metrics(res):
    """Flatten one result into the figures of the table."""
    m = {}
    for ph in ("load", "churn", "burst", "flap", "withdraw"):
        r = res.get(ph)
        if not r:
            continue
        if ph != "churn":
            m[f"{ph} s"] = r["s"] if r["s"] >= 0 else float("nan")
        if ph == "load" and res["senders"] > 1:
            m["load stable s"] = r["stable_s"]
        m[f"{ph} cpu s"] = r.get("dut_cpu_s")
        for k in ("p50_ms", "p99_ms") if ph == "churn" else ():
            if k in r:
                m[f"{ph} {k[:3]} ms"] = r[k]
    if "bytes_per_route" in res:
        m["B/route"] = res["bytes_per_route"]
    if res.get("start_s", 0) > 2:
        m["start s"] = res["start_s"]
    if "foreign_cpu_s" in res:
        m["foreign cpu s"] = res["foreign_cpu_s"]
    m["peak MiB"] = res.get("peak_rss_mib")
    return {k: v for k, v in m.items() if v is not None}


def faults(res):
    if "error" in res:
        return "FAILED: " + res["error"]
    bad = []
    for ph in ("load", "churn", "burst", "flap", "withdraw"):
        r = res.get(ph, {})
        bad += [f"{ph}:{k}={r[k]}" for k in ("missing", "wrong_best", "left") if r.get(k)]
        if r.get("timed_out"):
            bad += [f"{ph}:timed out"]
    bad += [f"{k}={res[k]}" for k in ("unknown_routes", "attr_mismatch", "malformed") if res.get(k)]
    return " ".join(bad)


def table(scenario, by_dut):
    """Markdown table: median (min-max) and ratio to the best median."""
    rows, faulty = {}, {}
    for dut, results in by_dut.items():
        good = [metrics(r) for r in results if "error" not in r]
        f = sorted({faults(r) for r in results} - {""})
        if f:
            faulty[dut] = "; ".join(f)
        for m in good:
            for k, v in m.items():
                rows.setdefault(k, {}).setdefault(dut, []).append(v)
    duts = list(by_dut)
    out = [f"### {scenario}", "", "| | " + " | ".join(duts) + " |", "|---|" + "---|" * len(duts)]
    for k, vals in rows.items():
        med = {d: statistics.median(v) for d, v in vals.items()}
        best = min((x for x in med.values() if x == x), default=0)
        cells = []
        for d in duts:
            if d not in med:
                cells.append("-")
                continue
            v, x = vals[d], med[d]
            fmt = (lambda y: f"{y:.0f}") if k in ("B/route", "peak MiB") else (lambda y: f"{y:.3g}")
            rng = f" ({fmt(min(v))}–{fmt(max(v))})" if len(v) > 1 else ""
            cells.append(f"{fmt(x)}{rng} ×{x / best:.1f}" if best and x == x else fmt(x) + rng)
        out.append(f"| {k} | " + " | ".join(cells) + " |")
    for d, f in faulty.items():
        out.append(f"\n{d}: {f}")
    return "\n".join(out) + "\n"


def report(scenario, r):
    text = table(scenario, r["duts"])
    if "floor" in r:
        text += "\nfloor: " + ", ".join(
            f"{ph} {statistics.median(x[ph]['s'] for x in r['floor']):.3f} s" for ph in ("load", "withdraw")) + "\n"
    return text


def floor(scn, blast, args):
    """bgpblast's senders wired straight to its receivers: no DUT at all."""
    n = max(scn["senders"], scn["receivers"])
    make_net()
    addrs = [a for a, _ in peers({**scn, "senders": n, "receivers": n})]
    cmd = ["ip", "netns", "exec", NS_GEN, str(blast), "--direct", "--family", scn["family"],
           "--routes", str(scn["routes"]), "--senders", str(n), "--receivers", str(n),
           "--sender-addr", addrs[0], "--receiver-addr", addrs[n], "--phases", "load,withdraw"]
    cmd += (["--ibgp"] if scn["ibgp"] else []) + (["--mrt", args.mrt] if args.mrt else [])
    r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    drop_net()
    return json.loads(r.stdout)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--duts", default="ours,frr,bird,gobgp,openbgpd", help=f"of {', '.join(DUTS)}")
    ap.add_argument("--scenarios", default="smoke", help=f"of {', '.join(SCENARIOS)}, or 'all'")
    ap.add_argument("--runs", type=int, default=1)
    ap.add_argument("--routes", type=int, help="override the number of routes")
    ap.add_argument("--timeout", type=float, default=180, help="seconds for each phase")
    ap.add_argument("--ours", help="the bgpd of weft (or environment variable OURS)")
    ap.add_argument("--nice", type=int, default=-20, help="of the DUT and bgpblast alike (default -20)")
    ap.add_argument("--mrt", help="take routes from this TABLE_DUMP_V2 file")
    ap.add_argument("--verify", action="store_true", help="ask the DUT's CLI how many routes it has")
    ap.add_argument("--perf", action="store_true", help="profile the DUT with perf during the load phase")
    ap.add_argument("--floor", action="store_true", help="also measure bgpblast against itself")
    ap.add_argument("--keep", action="store_true", help="keep configurations and logs")
    ap.add_argument("--from", dest="again", metavar="FILE", help="only print the tables of earlier results")
    ap.add_argument("--out", default=str(BUILD / "results.json"))
    ap.add_argument("--append", action="store_true", help="add to the results in --out")
    args = ap.parse_args()
    if args.again:
        for sname, r in json.loads(pathlib.Path(args.again).read_text()).items():
            print(report(sname, r))
        return
    if args.ours:
        os.environ["OURS"] = args.ours
    if os.geteuid():
        sys.exit("run.py: needs root for network namespaces")
    raise_priority(args.nice)
    blast = BUILD / "bgpblast"
    blast.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-O2", "-std=c11", "-o", str(blast), str(HERE / "bgpblast.c")], check=True)

    names = list(SCENARIOS) if args.scenarios == "all" else args.scenarios.split(",")
    out = pathlib.Path(args.out)
    results = json.loads(out.read_text()) if args.append and out.exists() else {}
    for sname in names:
        scn = dict(SCENARIOS[sname])
        if args.routes:
            scn["routes"] = args.routes
        duts = [d for d in args.duts.split(",") if scn["family"] in DUTS[d]["families"]]
        by_dut = results.setdefault(sname, {"scenario": scn, "duts": {}})
        if args.floor:
            by_dut["floor"] = [floor(scn, blast, args) for _ in range(max(3, args.runs))]
            print(f"{sname}: floor load", [r["load"]["s"] for r in by_dut["floor"]],
                  "withdraw", [r["withdraw"]["s"] for r in by_dut["floor"]], flush=True)
        for run in range(args.runs):
            for d in duts:
                t = time.time()
                res = measure(d, scn, args, blast)
                by_dut["duts"].setdefault(d, []).append(res)
                line = " ".join(f"{k}={v:.4g}" for k, v in metrics(res).items()) if "error" not in res else ""
                print(f"{sname} run {run + 1}/{args.runs} {d:12} [{time.time() - t:.0f}s] {line} {faults(res)}",
                      flush=True)
                if "second_opinion" in res:
                    print("    " + res["second_opinion"].replace("\n", "\n    "))
                if "log" in res:
                    print("    " + res["log"][-600:].replace("\n", "\n    "))
                out.write_text(json.dumps(results, indent=1))
    print()
    for sname, r in results.items():
        print(report(sname, r))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop_dut()
        drop_net()
