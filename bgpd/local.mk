sbin_PROGRAMS += bgpd/bgpd
bgpd_bgpd_SOURCES = bgpd/main.c
bgpd_bgpd_CFLAGS = $(AM_CFLAGS) $(YANG_CFLAGS)
bgpd_bgpd_LDADD = bgpd/libbgpcore.a lib/libsys.a lib/libbase.a $(SYS_LIBS)
