# Test programs.  Each is a check_PROGRAM below tests/BED/ and is found by `make list-tests`; it uses libcheck
# (its cases are counted one by one) or only its exit status (0 passed, 77 skipped).
#
#	check_PROGRAMS += tests/unit/test_rd
#	tests_unit_test_rd_LDADD = lib/libbase.a $(CHECK_LIBS)
#
# A fuzz target is tests/fuzz/fuzz_NAME.c, which defines LLVMFuzzerTestOneInput() alone, its corpus in
# tests/fuzz/corpus/NAME/, and two lines:
#
#	check_PROGRAMS += tests/fuzz/fuzz_NAME
#	tests_fuzz_fuzz_NAME_LDADD = $(FUZZ_LDADD)
TESTS += $(check_PROGRAMS)
EXTRA_DIST += run README.md CONTRIBUTING.md LICENSE

# As a directory in EXTRA_DIST it would bring what is built below the build directory's tests/ too.
dist-hook:
	tar -C $(srcdir) --exclude=__pycache__ -cf - tests | tar -C $(distdir) -xf -

if LIBFUZZER
FUZZ_ENGINE = $(LIBFUZZER_LDFLAGS)
else
FUZZ_ENGINE = tests/fuzz/libreplay.a
check_LIBRARIES += tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/replay.c
endif
FUZZ_LDADD = $(FUZZ_ENGINE) bgpd/libbgpcore.a overlayd/liboverlaycore.a lib/libbase.a

tests: $(check_PROGRAMS)
list-tests:
	@for t in $(check_PROGRAMS); do echo $$t; done
.PHONY: tests list-tests

# base
check_PROGRAMS += tests/unit/test_base tests/unit/test_htab
tests_unit_test_base_LDADD = lib/libbase.a $(CHECK_LIBS)
tests_unit_test_htab_LDADD = lib/libbase.a $(CHECK_LIBS)

# wire
check_PROGRAMS += tests/wire/test_wire tests/unit/test_attrs tests/fuzz/fuzz_msg tests/fuzz/fuzz_open \
	tests/fuzz/fuzz_update tests/fuzz/fuzz_nlri
check_LIBRARIES += tests/wire/libmessage.a
tests_wire_libmessage_a_SOURCES = tests/wire/wire_message.c tests/wire/wire_message.h
tests_wire_test_wire_LDADD = tests/wire/libmessage.a bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_unit_test_attrs_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_fuzz_fuzz_msg_LDADD = tests/wire/libmessage.a $(FUZZ_LDADD)
tests_fuzz_fuzz_open_LDADD = $(FUZZ_LDADD)
tests_fuzz_fuzz_update_LDADD = tests/wire/libmessage.a $(FUZZ_LDADD)
tests_fuzz_fuzz_nlri_LDADD = $(FUZZ_LDADD)

# rib
check_PROGRAMS += tests/unit/test_decision tests/unit/test_rib tests/unit/test_rib_hash tests/unit/test_rib_order \
	tests/unit/test_rib_model
tests_unit_test_decision_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_unit_test_rib_order_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_unit_test_rib_model_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_unit_test_rib_hash_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_unit_test_rib_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_adj_in tests/unit/test_out_group
tests_unit_test_out_group_LDADD = tests/unit/librig.a bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
check_LIBRARIES += tests/unit/librig.a
tests_unit_librig_a_SOURCES = tests/unit/rig.c tests/unit/rig.h
tests_unit_test_adj_in_LDADD = tests/unit/librig.a bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)

# peer
check_PROGRAMS += tests/sim/test_sim
tests_sim_test_sim_SOURCES = tests/sim/test_sim.c tests/sim/sim.c tests/sim/sim.h tests/sim/topo.c \
	tests/sim/topo.h tests/sim/reference.c tests/sim/reference.h tests/sim/verify.c tests/sim/verify.h
tests_sim_test_sim_LDADD = bgpd/libbgpcore.a lib/libbase.a
check_PROGRAMS += tests/sim/test_fabric
tests_sim_test_fabric_SOURCES = tests/sim/test_fabric.c tests/sim/fabric.c tests/sim/fabric.h \
	tests/sim/overlay.c tests/sim/overlay.h tests/sim/sim.c tests/sim/sim.h
tests_sim_test_fabric_LDADD = bgpd/libbgpcore.a lib/libbase.a
check_PROGRAMS += tests/unit/test_fsm tests/unit/test_reload tests/unit/test_local
tests_unit_test_local_SOURCES = tests/unit/test_local.c tests/unit/door.c tests/unit/door.h
tests_unit_test_local_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_unit_test_fsm_SOURCES = tests/unit/test_fsm.c tests/unit/door.c tests/unit/door.h
tests_unit_test_fsm_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_unit_test_reload_SOURCES = tests/unit/test_reload.c tests/unit/door.c tests/unit/door.h
tests_unit_test_reload_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/sim/test_overlay tests/sim/test_past
gateways_sources = tests/sim/gateways.c tests/sim/gateways.h tests/sim/overlay.c tests/sim/overlay.h \
	tests/sim/sim.c tests/sim/sim.h
tests_sim_test_overlay_SOURCES = tests/sim/test_overlay.c $(gateways_sources)
tests_sim_test_overlay_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_sim_test_past_SOURCES = tests/sim/test_past.c $(gateways_sources)
tests_sim_test_past_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_session
tests_fuzz_fuzz_session_LDADD = $(FUZZ_LDADD)

# policy
check_PROGRAMS += tests/unit/test_policy tests/unit/test_policy_lists \
	tests/fuzz/fuzz_as_path_regex
tests_unit_test_policy_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_unit_test_policy_lists_LDADD = bgpd/libbgpcore.a lib/libbase.a $(CHECK_LIBS)
tests_fuzz_fuzz_as_path_regex_LDADD = $(FUZZ_LDADD)
check_PROGRAMS += tests/conf/test_bgp_config
tests_conf_test_bgp_config_SOURCES = tests/conf/test_bgp_config.c bgpd/config_yang.c \
	bgpd/config_yang_peer.c bgpd/config_yang_policy.c
tests_conf_test_bgp_config_LDADD = bgpd/libbgpcore.a lib/libsys.a lib/libbase.a $(SYS_LIBS) \
	$(CHECK_LIBS)

# evpn

# overlay
check_PROGRAMS += tests/unit/test_nlmsg
tests_unit_test_nlmsg_LDADD = overlayd/liboverlaycore.a lib/libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_overlay_codec tests/unit/test_overlay_core tests/fuzz/fuzz_netlink
tests_unit_test_overlay_codec_LDADD = overlayd/liboverlaycore.a lib/libbase.a $(CHECK_LIBS)
tests_unit_test_overlay_core_SOURCES = tests/unit/test_overlay_core.c tests/unit/overlay_kernel.c \
	tests/unit/overlay_kernel_run.c tests/unit/overlay_kernel.h tests/unit/overlay_fixture.h
tests_unit_test_overlay_core_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_overlay_core_LDADD = overlayd/liboverlaycore.a lib/libbase.a $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_overlay_trouble
tests_unit_test_overlay_trouble_SOURCES = tests/unit/test_overlay_trouble.c tests/unit/overlay_kernel.c \
	tests/unit/overlay_kernel_run.c tests/unit/overlay_kernel.h tests/unit/overlay_fixture.h
tests_unit_test_overlay_trouble_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_overlay_trouble_LDADD = overlayd/liboverlaycore.a lib/libbase.a $(CHECK_LIBS)
tests_fuzz_fuzz_netlink_LDADD = $(FUZZ_LDADD)

# sys
check_PROGRAMS += tests/unit/test_loop tests/unit/test_ctl tests/unit/test_feedconn
tests_unit_test_loop_LDADD = lib/libsys.a lib/libbase.a $(SYS_LIBS) $(CHECK_LIBS)
tests_unit_test_ctl_LDADD = lib/libsys.a lib/libbase.a $(SYS_LIBS) $(CHECK_LIBS)
EXTRA_PROGRAMS += tests/vtysh/testd
tests_vtysh_testd_LDADD = lib/libsys.a lib/libbase.a $(SYS_LIBS)
tests_unit_test_feedconn_LDADD = lib/libsys.a lib/libbase.a $(SYS_LIBS) $(CHECK_LIBS)

# cli
check_LIBRARIES += tests/conf/libgen.a
tests_conf_libgen_a_SOURCES = tests/conf/gen.c tests/conf/gen.h
CONF_LDADD = tests/conf/libgen.a lib/libsys.a lib/libbase.a $(SYS_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/conf/test_config_random
tests_conf_test_config_random_LDADD = $(CONF_LDADD)
check_PROGRAMS += tests/conf/test_schema
tests_conf_test_schema_CFLAGS = $(AM_CFLAGS) $(YANG_CFLAGS)
tests_conf_test_schema_LDADD = yang/libbuild.a lib/libsys.a lib/libbase.a $(YANG_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/conf/test_config tests/conf/test_load tests/unit/test_grammar tests/fuzz/fuzz_config
tests_conf_test_config_LDADD = $(CONF_LDADD)
tests_conf_test_load_LDADD = lib/libsys.a lib/libbase.a $(SYS_LIBS) $(CHECK_LIBS)
tests_unit_test_grammar_LDADD = $(CONF_LDADD)
tests_fuzz_fuzz_config_LDADD = $(FUZZ_LDADD) lib/libsys.a lib/libbase.a $(SYS_LIBS)

# vtysh
# What scripts need beside the programs.
test-helpers: tests/vtysh/testd
tests: test-helpers
.PHONY: test-helpers
CLEANFILES += tests/vtysh/testd

# fuzz
check_PROGRAMS += tests/fuzz/fuzz_feed
tests_fuzz_fuzz_feed_LDADD = $(FUZZ_LDADD)
check_PROGRAMS += tests/fuzz/fuzz_ctl
tests_fuzz_fuzz_ctl_LDADD = $(FUZZ_LDADD) lib/libsys.a lib/libbase.a $(SYS_LIBS)
