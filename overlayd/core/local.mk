noinst_LIBRARIES += overlayd/liboverlaycore.a
overlayd_liboverlaycore_a_SOURCES =
