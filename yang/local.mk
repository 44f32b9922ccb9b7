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

nodist_lib_libsys_a_SOURCES = yang/modules.c
CLEANFILES += yang/modules.c

yang/modules.c: $(YANG_MODULES) yang/embed.awk
	$(AM_V_GEN)$(MKDIR_P) yang && \
	files= && for f in $(YANG_MODULES); do files="$$files $(srcdir)/$$f"; done && \
	$(AWK) -f $(srcdir)/yang/embed.awk $$files >$@.tmp && mv $@.tmp $@
