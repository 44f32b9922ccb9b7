sbin_PROGRAMS += bgpd/bgpd
bgpd_bgpd_SOURCES = \
	bgpd/bgpd.h bgpd/main.c \
	bgpd/config_yang.c bgpd/config_yang.h bgpd/config_yang_peer.c bgpd/config_yang_policy.c \
	bgpd/connection.c bgpd/feed_shell.c bgpd/feed_shell.h bgpd/record.c bgpd/record.h \
	bgpd/listeners.c bgpd/listeners.h bgpd/socket_options.c bgpd/socket_options.h \
	bgpd/sockets.c bgpd/sockets.h bgpd/sockets_private.h \
	bgpd/clear.c bgpd/show.c bgpd/show.h bgpd/show_detail.c bgpd/show_detail.h bgpd/show_detail_json.c \
	bgpd/show_evpn.c bgpd/show_filter.c bgpd/show_filter.h bgpd/show_misc.c \
	bgpd/show_neighbor.c bgpd/show_neighbor.h bgpd/show_neighbor_json.c \
	bgpd/show_path.c bgpd/show_path.h bgpd/show_policy.c bgpd/show_rd_route.c \
	bgpd/show_rd_route.h bgpd/show_summary.c \
	bgpd/show_table.c bgpd/show_table.h bgpd/show_table_frame.c \
	bgpd/show_table_private.h
bgpd_bgpd_LDADD = bgpd/libbgpcore.a lib/libsys.a lib/libbase.a $(SYS_LIBS)

noinst_PROGRAMS += bgpd/replay
bgpd_replay_SOURCES = bgpd/replay.c bgpd/record.c bgpd/record.h \
	bgpd/config_yang.c bgpd/config_yang.h bgpd/config_yang_peer.c bgpd/config_yang_policy.c
bgpd_replay_LDADD = $(bgpd_bgpd_LDADD)
