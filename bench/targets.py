"""What the figures are held against; read by report.py.

One row a target: scenarios, figures (names separated by commas), what they are compared with, the largest ratio that
meets the target.  Compared with
* "peer": the best of the other daemons in the same run;
* a daemon's name: that daemon; "kernel" is the kernel alone, fed by a loop without a daemon;
* "": nothing: the figure itself, in its own unit, must not exceed it.
A figure may have several targets."""

BGP = "ipv4-100k,ipv4-500k,ipv4-1m,ipv4-4x4,fanout-30,ipv6-200k,vpnv4-200k,evpn-200k,evpn5-200k,policy-200k,churn-200k"

TARGETS = [
    ("ipv4-100k,ipv4-500k,ipv4-1m", "load,load cpu", "peer", 0.35),
    ("ipv4-4x4", "load", "peer", 0.25),
    ("fanout-30", "load", "peer", 0.35),
    ("ipv6-200k,vpnv4-200k", "load", "peer", 0.35),
    ("evpn-200k", "load", "peer", 0.12),
    ("policy-200k", "load", "peer", 0.40),
    (BGP, "withdraw", "peer", 0.40),
    ("churn-200k", "churn p50,churn p99", "peer", 0.80),
    ("churn-200k", "burst", "peer", 0.25),
    ("churn-200k", "flap", "peer", 0.20),
    ("ipv4-100k,ipv4-500k,ipv4-1m", "memory", "peer", 0.65),
    ("ipv4-4x4", "memory", "peer", 0.45),
    ("fanout-30", "memory", "peer", 0.60),
    ("full-table", "load cpu", "peer", 0.35),
    ("full-table", "memory", "peer", 0.65),
    ("config-100k", "start,start cpu", "bird", 1.0),
    ("kernel-1m", "in", "frr", 1 / 3),
    ("kernel-1m", "in", "kernel", 1.5),
    ("kernel-1m", "restart", "kernel", 3.0),         # the kernel's: a bare dump
    ("macs-200k", "in", "frr", 1 / 5),
    ("show-1m", "first byte,first routes,text first routes", "", 50), # ms
    ("show-1m", "memory,text memory", "", 2),        # MiB
    ("show-200k", "total,cpu", "peer", 0.3),
    ("show-200k", "text total,text cpu", "peer", 0.7),
]
