"""The scenarios of run.py, and the daemons under test (DUTs): how each is configured, started and asked.
Used by all scripts of this directory that start a daemon."""
import os
import pathlib
import shlex
import shutil
import subprocess
import time
from random import Random

DUT_AS, SENDER_AS, RECEIVER_AS = 65000, 65001, 65201
DUT_ID = "10.255.0.1"

# ---------------------------------------------------------------- scenarios

BASE = dict(family="ipv4", routes=100_000, senders=1, receivers=1, ibgp=False,
            policy=False, phases="load,withdraw", leave_out={}, extra=[])
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
    "policy-200k": dict(routes=200_000, policy=True, leave_out={
        "frr": "FRR 8.4 does not finish reading this configuration (a prefix list of 10,000 entries) in five minutes"}),
    "churn-200k":  dict(routes=200_000, senders=2, phases="load,churn,burst,flap,withdraw",
                        extra=["--best-zero"]),
    # The real table.  Every daemon refuses some 80 of its routes, so the load never is complete.
    "full-table":  dict(routes=3_000_000, mrt=True, refused_by_all=True, timeout=12),
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
