# What is installed beside the programs: systemd units, an empty configuration to start from.
systemdsystemunit_DATA = etc/weft-bgpd.service etc/weft-overlayd.service
EXTRA_DIST += etc/weft-bgpd.service.in etc/weft-overlayd.service.in
CLEANFILES += $(systemdsystemunit_DATA)

$(systemdsystemunit_DATA): %.service: %.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc && $(SED) 's|@sbindir[@]|$(sbindir)|g' $(srcdir)/$@.in >$@
