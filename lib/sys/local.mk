noinst_LIBRARIES += lib/libsys.a
lib_libsys_a_SOURCES =
# Lines of a configuration go through many small functions and loops: where those begin, which
# else is chance, is 8 % of reading a large file.
SYS_ALIGN = -falign-functions=64 -falign-loops=32
lib_libsys_a_CFLAGS = $(AM_CFLAGS) $(SYS_ALIGN) $(EVENT_CFLAGS) $(MNL_CFLAGS) $(JANSSON_CFLAGS)
SYS_LIBS = $(EVENT_LIBS) $(MNL_LIBS) $(JANSSON_LIBS)
# loop, log, start-up
lib_libsys_a_SOURCES += \
	lib/sys/daemon.c lib/sys/daemon.h \
	lib/sys/log.c lib/sys/log.h \
	lib/sys/loop.c lib/sys/loop.h \
	lib/sys/notify.c lib/sys/notify.h \
	lib/sys/options.c lib/sys/options.h \
	lib/sys/privs.c lib/sys/privs.h \
	lib/sys/unixsock.c lib/sys/unixsock.h
# control socket, feed
lib_libsys_a_SOURCES += \
	lib/sys/ctl.h lib/sys/ctl_client.c lib/sys/ctl_server.c \
	lib/sys/feedconn.c lib/sys/feedconn.h
# configuration and command grammar (the schema's table is in yang/local.mk)
GRAMMAR_SOURCES = \
	lib/sys/value.h lib/sys/value.c lib/sys/syntax.c \
	lib/sys/template.h lib/sys/template.c \
	lib/sys/grammar_graph.h lib/sys/grammar_graph.c \
	lib/sys/schema.h lib/sys/schema_int.h lib/sys/schema.c \
	lib/sys/config_line_check.c \
	lib/sys/grammar.h lib/sys/grammar_build.c
lib_libsys_a_SOURCES += $(GRAMMAR_SOURCES) \
	lib/sys/grammar.c \
	lib/sys/grammar_parse.h lib/sys/grammar_words.c lib/sys/grammar_match.c \
	lib/sys/grammar_narrow.c lib/sys/grammar_complete.c \
	lib/sys/config.h lib/sys/config_int.h lib/sys/config.c \
	lib/sys/config_index.c lib/sys/config_node.c lib/sys/config_list.c lib/sys/config_change.c \
	lib/sys/config_tree.c lib/sys/config_content.c lib/sys/config_apply.c \
	lib/sys/config_edit.c lib/sys/config_load.c lib/sys/config_masks.c lib/sys/config_print.c \
	lib/sys/config_check.c
# configuration of a daemon, commands, what every daemon answers
lib_libsys_a_SOURCES += \
	lib/sys/command_owner.c lib/sys/commands.h \
	lib/sys/running.c lib/sys/running.h \
	lib/sys/running_files.c lib/sys/running_files.h \
	lib/sys/running_source.c lib/sys/running_source.h \
	lib/sys/service.c lib/sys/service.h \
	lib/sys/textfile.c lib/sys/textfile.h
# kernel
lib_libsys_a_SOURCES += lib/sys/netlink.c lib/sys/netlink.h lib/sys/netlink_sender.c lib/sys/netlink_sender.h
