dist_man_MANS += doc/man/bgpd.8 doc/man/overlayd.8 doc/man/vtysh.1 doc/man/weft.conf.5
EXTRA_DIST += doc/architecture.md
