sbin_PROGRAMS += overlayd/overlayd
overlayd_overlayd_SOURCES = overlayd/main.c
overlayd_overlayd_CFLAGS = $(AM_CFLAGS) $(YANG_CFLAGS)
overlayd_overlayd_LDADD = overlayd/liboverlaycore.a lib/libsys.a lib/libbase.a $(SYS_LIBS)
