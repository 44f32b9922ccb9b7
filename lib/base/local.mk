noinst_LIBRARIES += lib/libbase.a
lib_libbase_a_SOURCES = \
	lib/base/addr.c lib/base/addr.h \
	lib/base/arena.c lib/base/arena.h \
	lib/base/err.c lib/base/err.h \
	lib/base/feed.c lib/base/feed.h \
	lib/base/hash.h \
	lib/base/htab.c lib/base/htab.h \
	lib/base/jsonw.c lib/base/jsonw.h \
	lib/base/mono.h \
	lib/base/near.c lib/base/near.h \
	lib/base/ordered.c lib/base/ordered.h \
	lib/base/rd.h \
	lib/base/rng.h \
	lib/base/slab.c lib/base/slab.h \
	lib/base/strbuf.c lib/base/strbuf.h \
	lib/base/text_regex.c lib/base/text_regex.h \
	lib/base/text_regex_parse.c lib/base/text_regex_parse.h \
	lib/base/timers.c lib/base/timers.h \
	lib/base/vec.c lib/base/vec.h \
	lib/base/wr.h \
	lib/base/xalloc.c lib/base/xalloc.h
