sbin_PROGRAMS += bgpd/bgpd
bgpd_bgpd_SOURCES = \
	bgpd/bgpd.h bgpd/main.c \
	bgpd/config_yang.c bgpd/config_yang.h bgpd/config_yang_peer.c bgpd/config_yang_policy.c \
	bgpd/feed_shell.c bgpd/feed_shell.h \
	bgpd/listeners.c bgpd/listeners.h bgpd/socket_options.c bgpd/socket_options.h \
	bgpd/sockets.c bgpd/sockets.h bgpd/sockets_private.h \
	bgpd/show.c bgpd/show.h
bgpd_bgpd_CFLAGS = $(AM_CFLAGS) $(YANG_CFLAGS)
bgpd_bgpd_LDADD = bgpd/libbgpcore.a lib/libsys.a lib/libbase.a $(SYS_LIBS)
