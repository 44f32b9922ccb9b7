noinst_LIBRARIES += bgpd/libbgpcore.a
bgpd_libbgpcore_a_SOURCES =
# wire: messages, capabilities, update, attributes, families

# rib: prefixes, paths, decision, out groups

# peer: sessions and the door

# policy

# vrf, evpn, next hops
