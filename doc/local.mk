dist_man_MANS += doc/man/bgpd.8 doc/man/overlayd.8 doc/man/vtysh.1 doc/man/weft.conf.5
EXTRA_DIST += doc/architecture.md doc/performance.md doc/performance.svg doc/user-guide.md

# reference of the configuration language, from the schema
noinst_PROGRAMS += doc/mkreference
doc_mkreference_SOURCES = doc/mkreference.c
doc_mkreference_LDADD = lib/libsys.a lib/libbase.a $(SYS_LIBS)
nodist_doc_DATA = doc/configuration.md
CLEANFILES += doc/configuration.md

doc/configuration.md: doc/mkreference$(EXEEXT)
	$(AM_V_GEN)doc/mkreference >$@.tmp && mv $@.tmp $@
