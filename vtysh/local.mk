bin_PROGRAMS += vtysh/vtysh
vtysh_vtysh_SOURCES = vtysh/main.c
vtysh_vtysh_CFLAGS = $(AM_CFLAGS) $(YANG_CFLAGS) $(EDIT_CFLAGS)
vtysh_vtysh_LDADD = lib/libsys.a lib/libbase.a $(SYS_LIBS) $(EDIT_LIBS)
