sbin_PROGRAMS += overlayd/overlayd
overlayd_overlayd_SOURCES = \
	overlayd/config_yang.c overlayd/config_yang.h \
	overlayd/kernel.c overlayd/kernel.h \
	overlayd/main.c \
	overlayd/show.c overlayd/show.h overlayd/show_int.h \
	overlayd/show_evpn.c \
	overlayd/show_evpn_entries.c \
	overlayd/show_links.c \
	overlayd/show_nexthop.c \
	overlayd/show_overlay.c \
	overlayd/show_route.c overlayd/show_route_order.c \
	overlayd/sysctl.c overlayd/sysctl.h
overlayd_overlayd_LDADD = overlayd/liboverlaycore.a lib/libsys.a lib/libbase.a $(SYS_LIBS)
