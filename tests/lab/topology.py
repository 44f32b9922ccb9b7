"""The lab of the demonstration and of the lab tests.

        dev-a prod-a                                      prod-b dev-b
            \\   |            +------ spine1 ------+         |   /
  onprem --- [ gw-a ]--------+                     +-------[ gw-b ]--- (GRE) --- tgw
  AS 65010    VTEP 10.255.0.1 \\                   /         VTEP 10.255.0.2       AS 64512
                               +---- spine2 -----+
                                       |  | (both spines)
                                    [ leaf ]   VTEP 10.255.0.3, FRR
                                   /   |    \\
                             dev-c  prod-c  prod-d

* Underlay: eBGP IPv4 unicast of AS 65000 (gateways, leaf) with the spines (AS 65100, FRR), which carries the loopbacks;
  each gateway has two uplinks.  The gateways' own AS comes back to them through the spines: allowas-in.
* Overlay: iBGP EVPN between the three loopbacks.
* Segments `prod` (L3VNI 4000) and `dev` (L3VNI 4001) with the same address plan: 10.1.10.0/24 stretched over all
  three in both, and 10.1.20.0/24 on the leaf in prod.
* onprem: eBGP in prod.  tgw: a Transit Gateway Connect peer: GRE, 169.254.6.0/29, two eBGP sessions.
* Both announce 10.60.0.0/16, so a policy can choose."""
import pathlib

import peers
from lab import Lab, wait_until

HERE = pathlib.Path(__file__).resolve().parent
VTEP = {"gw-a": "10.255.0.1", "gw-b": "10.255.0.2", "leaf": "10.255.0.3"}
NUMBER = {"gw-a": 1, "gw-b": 2, "leaf": 3}
GW_MAC = {10: "02:00:0a:01:0a:01", 20: "02:00:0a:01:14:01"}
# (segment, L3VNI, table)
SEGMENTS = {"prod": (4000, 4000), "dev": (4001, 4001)}
# bridge domain -> (segment, VNI, subnet's first three bytes, VTEPs)
DOMAINS = {10: ("prod", 10010, "10.1.10", ("gw-a", "gw-b", "leaf")),
           20: ("prod", 10020, "10.1.20", ("leaf",)),
           110: ("dev", 11010, "10.1.10", ("gw-a", "gw-b", "leaf"))}
# host -> (where, port, bridge domain, last byte)
HOSTS = {"prod-a": ("gw-a", "eth1", 10, 11), "prod-b": ("gw-b", "eth1", 10, 12), "prod-c": ("leaf", "eth1", 10, 13),
         "prod-d": ("leaf", "eth3", 20, 14),
         "dev-a": ("gw-a", "eth2", 110, 11), "dev-b": ("gw-b", "eth2", 110, 12), "dev-c": ("leaf", "eth2", 110, 13)}
ONPREM, CLOUD, SHARED = "10.50.0.1", "10.200.0.1", "10.60.0.1"


def uplink(gateway, spine):
    """(gateway's, spine's) address of the link between them."""
    n = 2 * NUMBER[gateway]
    return f"10.0.{spine}.{n}", f"10.0.{spine}.{n + 1}"


def host_address(host):
    _, _, domain, last = HOSTS[host]
    return f"{DOMAINS[domain][2]}.{last}"


def domain_mac(domain):
    return GW_MAC[20 if domain == 20 else 10]


# ------------------------------------------------------------------ configurations

def spine_config(spine):
    lines = ["router bgp 65100", f" bgp router-id 10.255.1.{spine}", " no bgp ebgp-requires-policy",
             " timers bgp 3 9"]
    for gw in VTEP:
        lines.append(f" neighbor {uplink(gw, spine)[0]} remote-as 65000")
    lines += [" address-family ipv4 unicast", "  maximum-paths 4", " exit-address-family"]
    return "\n".join(lines) + "\n"


def frr_gateway_config(name):
    """A gateway played by FRR; its devices are made by frr_gateway_devices()."""
    vtep = VTEP[name]
    bgp = ["router bgp 65000", f" bgp router-id {vtep}", " no bgp ebgp-requires-policy", " timers bgp 3 9",
           *(f" neighbor {uplink(name, s)[1]} remote-as 65100" for s in (1, 2))]
    for other, address in VTEP.items():
        if other != name:
            bgp += [f" neighbor {address} remote-as 65000", f" neighbor {address} update-source lo",
                    f" neighbor {address} timers 3 9", f" neighbor {address} timers connect 1"]
    bgp += [" address-family ipv4 unicast", f"  network {vtep}/32", "  maximum-paths 2"]
    bgp += [f"  neighbor {uplink(name, s)[1]} allowas-in 1" for s in (1, 2)]
    bgp += [f"  no neighbor {a} activate" for o, a in VTEP.items() if o != name]
    bgp += [" exit-address-family", " address-family l2vpn evpn"]
    bgp += [f"  neighbor {a} activate" for o, a in VTEP.items() if o != name]
    bgp += ["  advertise-all-vni", " exit-address-family"]
    vrfs = []
    for vrf, (l3vni, _) in SEGMENTS.items():
        vrfs += [f"vrf {vrf}", f" vni {l3vni}", "exit-vrf"]
        bgp += [f"router bgp 65000 vrf {vrf}", f" bgp router-id {vtep}", " no bgp ebgp-requires-policy"]
        unicast = ["  redistribute connected"]
        if vrf == "prod" and name == "gw-a":
            bgp += [" neighbor 192.168.100.2 remote-as 65010", " neighbor 192.168.100.2 timers 3 9"]
        if vrf == "prod" and name == "gw-b":
            for peer in ("169.254.6.2", "169.254.6.3"):
                bgp += [f" neighbor {peer} remote-as 64512", f" neighbor {peer} ebgp-multihop 2",
                        f" neighbor {peer} timers 10 30", f" neighbor {peer} timers connect 1"]
                unicast.append(f"  neighbor {peer} route-map FROM-CLOUD in")
            unicast.append("  maximum-paths 2")
        bgp += [" address-family ipv4 unicast", *unicast, " exit-address-family",
                " address-family l2vpn evpn", "  advertise ipv4 unicast", " exit-address-family"]
    policy = ["route-map FROM-CLOUD permit 10"] if name == "gw-b" else []
    return "\n".join(vrfs + bgp + policy) + "\n"


def frr_gateway_devices(name):
    """What ip(8) and bridge(8) must make before FRR can use it: (ip commands, bridge commands)."""
    vtep, n = VTEP[name], NUMBER[name]
    ip, bridge = [f"addr add {vtep}/32 dev lo"], []
    for spine in (1, 2):
        ip.append(f"addr add {uplink(name, spine)[0]}/31 dev up{spine}")

    def vxlan(vni, master, flags=""):
        ip.append(f"link add vx{vni} type vxlan id {vni} local {vtep} dstport 4789 nolearning")
        ip.append(f"link set vx{vni} master {master} addrgenmode none up")
        bridge.append(f"link set dev vx{vni} learning off {flags}")

    for vrf, (l3vni, table) in SEGMENTS.items():
        ip += [f"link add name {vrf} type vrf table {table}", f"link set dev {vrf} up",
               f"link add br{l3vni} address 02:00:00:00:{n:02x}:{l3vni % 100:02x} type bridge",
               f"link set br{l3vni} master {vrf} addrgenmode none up"]
        vxlan(l3vni, f"br{l3vni}")
    for domain, (vrf, vni, subnet, where) in DOMAINS.items():
        if name not in where:
            continue
        ip += [f"link add br{domain} address {domain_mac(domain)} type bridge",
               f"link set br{domain} master {vrf} up", f"addr add {subnet}.1/24 dev br{domain}"]
        vxlan(vni, f"br{domain}", "neigh_suppress on")
    for host, (where, port, domain, _) in HOSTS.items():
        if where == name:
            ip.append(f"link set {port} master br{domain}")
    if name == "gw-a":
        ip += ["link set onp master prod", "addr add 192.168.100.1/30 dev onp"]
    if name == "gw-b":
        ip += ["addr add 10.9.0.2/24 dev wan", "link add tgw1 type gre local 10.9.0.2 remote 10.9.0.100 ttl 64",
               "link set tgw1 master prod up mtu 1476", "addr add 169.254.6.1/29 dev tgw1"]
    return "\n".join(ip), "\n".join(bridge)


ONPREM_CONFIG = """
ip route 10.50.0.0/16 blackhole
ip route 10.60.0.0/16 blackhole
router bgp 65010
 bgp router-id 10.50.0.1
 no bgp ebgp-requires-policy
 neighbor 192.168.100.1 remote-as 65000
 neighbor 192.168.100.1 timers 3 9
 neighbor 192.168.100.1 timers connect 1
 address-family ipv4 unicast
  network 10.50.0.0/16
  network 10.60.0.0/16
 exit-address-family
"""

def tgw_config(n):
    """One of the two speakers of the Connect peer: BIRD has at most one session with one neighbour."""
    return f"""
router id 10.200.0.{n};
protocol device {{}}
protocol direct {{ ipv4; interface "gw", "wan"; }}
protocol kernel {{ metric {30 + n}; ipv4 {{ import none; export where source = RTS_BGP; }}; }}
protocol static cloud {{
	ipv4;
	route 10.200.0.0/16 blackhole;
	route 10.201.0.0/16 blackhole;
	route 10.60.0.0/16 blackhole;
}}
filter announce {{
	if proto != "cloud" then reject;
	if net = 10.60.0.0/16 then bgp_community.add((64512, 100));
	accept;
}}
protocol bgp session {{
	local 169.254.6.{n} as 64512;
	neighbor 169.254.6.1 as 65000;
	strict bind yes;
	multihop 2;
	keepalive time 10;
	hold time 30;
	connect delay time 1;
	connect retry time 2;
	error wait time 1, 2;
	ipv4 {{ import all; export filter announce; }};
}}
"""


# ------------------------------------------------------------------ building it

class Network:
    """The whole lab.  `weft` names the gateways that are weft; the others are FRR.  `configs` may replace files of
    weft gateways."""

    def __init__(self, name, weft=("gw-a", "gw-b"), configs=None):
        self.configs = configs or {}
        self.weft, self.connect = weft, []
        self.lab = lab = Lab(name)
        for name in ("gw-a", "gw-b", "leaf", "spine1", "spine2", "onprem", "tgw"):
            setattr(self, name.replace("-", "_"), lab.router(name))
        self.hosts = {h: lab.node(h) for h in HOSTS}
        for gw in VTEP:
            for spine in (1, 2):
                lab.link(lab.nodes[gw], f"up{spine}", lab.nodes[f"spine{spine}"], gw.replace("-", ""))
        for host, (where, port, _, _) in HOSTS.items():
            lab.link(lab.nodes[where], port, self.hosts[host], "eth0")
        lab.link(self.gw_a, "onp", self.onprem, "gw")
        lab.link(self.gw_b, "wan", self.tgw, "wan")

    def node(self, name):
        return self.lab.nodes[name]

    def make(self):
        self.lab.make()
        for spine in (1, 2):
            self.node(f"spine{spine}").ip("\n".join(
                f"addr add {uplink(gw, spine)[1]}/31 dev {gw.replace('-', '')}" for gw in VTEP))
        self.onprem.ip(f"addr add 192.168.100.2/30 dev gw\naddr add {ONPREM}/32 dev lo\naddr add {SHARED}/32 dev lo")
        # Two inside addresses behind one tunnel, as a Connect peer has them.
        self.tgw.ip(f"""
            addr add 10.9.0.100/24 dev wan
            link add gw type gre local 10.9.0.100 remote 10.9.0.2 ttl 64
            link set gw up mtu 1476
            addr add 169.254.6.2/29 dev gw
            addr add 169.254.6.3/29 dev gw
            addr add {CLOUD}/32 dev lo
            addr add {SHARED}/32 dev lo""")
        for host, (_, _, domain, last) in HOSTS.items():
            subnet = DOMAINS[domain][2]
            self.hosts[host].ip(f"addr add {subnet}.{last}/24 dev eth0\nroute add default via {subnet}.1")
        for gw in VTEP:
            if gw not in self.weft:
                ip, bridge = frr_gateway_devices(gw)
                self.node(gw).ip(ip)
                self.node(gw).bridge(bridge)

    def start(self):
        """Starts all daemons, side by side, and waits until each answers."""
        for spine in (1, 2):
            peers.Frr(self.node(f"spine{spine}"), spine_config(spine), ("zebra", "bgpd"))
        peers.Frr(self.onprem, ONPREM_CONFIG)
        for n in (2, 3):
            self.connect.append(peers.Bird(self.tgw, tgw_config(n), f"bird{n}"))
        for gw in VTEP:
            if gw in self.weft:
                text = self.configs.get(gw) or (HERE / "demo" / f"{gw}.conf").read_text()
                peers.Weft(self.node(gw), text)
            else:
                peers.Frr(self.node(gw), frr_gateway_config(gw))
        routers = [n.router for n in self.lab.nodes.values() if n.router] + self.connect[:1]
        frr = [r for r in routers if isinstance(r, peers.Frr)]
        for r in frr:
            r.start_zebra()
        for r in routers:
            if r not in frr:
                r.start(wait=False)
        for r in frr:
            r.start_others()
        for r in routers:
            r.wait()

    def hosts_speak(self):
        """Each host sends once: behind an anycast gateway a silent host is found by nobody."""
        for host in self.hosts.values():
            gateway = ".".join(host_address(host.name).split(".")[:3]) + ".1"
            wait_until(f"{host.name} reaches its gateway", lambda: host.ping(gateway), 60)
