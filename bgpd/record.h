/* A recording of all that a core was told and asked: one file, from which
 * bgpd/replay makes the same core do the same again, without a socket, under
 * gdb or perf.  Written before the core acts, so a crash is in it.
 *
 * The file: RECORD_MAGIC, then records of type (1), time (8), connection (4),
 * length (4) and body; network order.  Structures in bodies are as in memory:
 * a file is for the build that wrote it. */
#ifndef WEFT_BGPD_RECORD_H
#define WEFT_BGPD_RECORD_H

#include "bgpd/core/core.h"

#define RECORD_MAGIC "weft bgpd record 1\n"

enum record_type {
	/* below: enum bgp_event_type */
	RECORD_OPTIONS = 64, /* struct bgp_core_options; first */
	RECORD_PULL,	     /* size asked for (4), bytes that came (4), their hash (8) */
	RECORD_PULL_FEED,
	RECORD_TAKEN,	     /* what bgp_core_input() returned (4), if not all of a DATA event */
};

struct record;

/* NULL and a sentence if the file can't be written. */
struct record *record_open(const char *path, const struct bgp_core_options *o, mono_t now,
		struct err *e);
void record_close(struct record *r);

/* All take r NULL: nothing is recorded.  config_text: the lines of the
 * configuration, for BGP_EVENT_CONFIG. */
void record_event(struct record *r, mono_t now, const struct bgp_event *ev, const char *config_text);
void record_pull(struct record *r, mono_t now, enum record_type type, conn_id conn, size_t size,
		const uint8_t *bytes, size_t n);
void record_taken(struct record *r, mono_t now, size_t taken);
uint64_t record_hash(const uint8_t *bytes, size_t n);

#endif
