# sources of yang/
YANG_MODULES = \
	yang/weft-cli.yang \
	yang/weft-types.yang \
	yang/weft-system.yang \
	yang/weft-overlay.yang \
	yang/weft-policy.yang \
	yang/weft-route-map.yang \
	yang/weft-bgp-peer.yang \
	yang/weft-bgp-family.yang \
	yang/weft-bgp.yang \
	yang/weft-config.yang

yangdir = $(pkgdatadir)/yang
dist_yang_DATA = $(YANG_MODULES)
EXTRA_DIST += yang/embed.awk

# the modules' texts and libyang, in the program that makes the table and in its test
noinst_LIBRARIES += yang/libbuild.a
yang_libbuild_a_SOURCES = $(GRAMMAR_SOURCES) \
	lib/sys/schema_modules.h lib/sys/schema_build.h lib/sys/schema_build.c \
	lib/sys/schema_line.c lib/sys/schema_type.c lib/sys/commands.c
nodist_yang_libbuild_a_SOURCES = yang/modules.c
yang_libbuild_a_CFLAGS = $(AM_CFLAGS) $(YANG_CFLAGS)
CLEANFILES += yang/modules.c yang/tables.c

yang/modules.c: $(YANG_MODULES) yang/embed.awk
	$(AM_V_GEN)$(MKDIR_P) yang && \
	files= && for f in $(YANG_MODULES); do files="$$files $(srcdir)/$$f"; done && \
	$(AWK) -f $(srcdir)/yang/embed.awk $$files >$@.tmp && mv $@.tmp $@

noinst_PROGRAMS += yang/mkschema
yang_mkschema_SOURCES = yang/mkschema.c
yang_mkschema_CFLAGS = $(AM_CFLAGS) $(YANG_CFLAGS)
yang_mkschema_LDADD = yang/libbuild.a lib/libbase.a $(YANG_LIBS)

nodist_lib_libsys_a_SOURCES = yang/tables.c
yang/tables.c: yang/mkschema$(EXEEXT)
	$(AM_V_GEN)yang/mkschema >$@.tmp && mv $@.tmp $@
