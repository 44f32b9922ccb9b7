bin_PROGRAMS += vtysh/vtysh
vtysh_vtysh_SOURCES = vtysh/main.c \
	vtysh/commit.c vtysh/commit.h \
	vtysh/daemons.c vtysh/daemons.h \
	vtysh/edit.c vtysh/edit.h \
	vtysh/exec.c vtysh/vtysh.h \
	vtysh/files.c vtysh/files.h \
	vtysh/names.c vtysh/names.h \
	vtysh/output.c vtysh/output.h \
	vtysh/term.c vtysh/term.h
vtysh_vtysh_CFLAGS = $(AM_CFLAGS) $(EDIT_CFLAGS)
vtysh_vtysh_LDADD = lib/libsys.a lib/libbase.a $(SYS_LIBS) $(EDIT_LIBS)
