noinst_LIBRARIES += overlayd/liboverlaycore.a
overlayd_liboverlaycore_a_SOURCES = \
	overlayd/core/actual.c \
	overlayd/core/addrs.c \
	overlayd/core/config.c overlayd/core/config.h \
	overlayd/core/connected.c \
	overlayd/core/core.c overlayd/core/core.h \
	overlayd/core/errno_text.c \
	overlayd/core/feed_in.c \
	overlayd/core/feed_out.c \
	overlayd/core/kobj.h \
	overlayd/core/kobj_decode.c \
	overlayd/core/kobj_encode.c \
	overlayd/core/groups.c \
	overlayd/core/learn.c \
	overlayd/core/leaves.c \
	overlayd/core/links.c \
	overlayd/core/macs.c \
	overlayd/core/neighs.c \
	overlayd/core/nexthops.c overlayd/core/nexthops.h \
	overlayd/core/nlmsg.c overlayd/core/nlmsg.h \
	overlayd/core/plan.c \
	overlayd/core/plan_routes.c \
	overlayd/core/idqueue.c overlayd/core/idqueue.h \
	overlayd/core/reconcile.c \
	overlayd/core/refusals.c \
	overlayd/core/routes.c \
	overlayd/core/routes_all.c \
	overlayd/core/specs.c \
	overlayd/core/state.h \
	overlayd/core/sysctls.c \
	overlayd/core/trouble.c \
	overlayd/core/unheard.c \
	overlayd/core/vrfs.c \
	overlayd/core/watch.c
