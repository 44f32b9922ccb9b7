/* Recording: see record.h.  Called around every call of the core. */
#include <config.h>

#include "bgpd/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/xalloc.h"

struct record {
	FILE *file;
};

static void put(struct record *r, uint8_t type, mono_t now, conn_id conn, const void *body, size_t len)
{
	uint8_t head[17];
	struct wr w = wr_init(head, sizeof(head));

	wr_u8(&w, type);
	wr_u64(&w, (uint64_t)now);
	wr_u32(&w, conn);
	wr_u32(&w, (uint32_t)len);
	/* A full disk ends the recording, not the daemon. */
	if (!r->file)
		return;
	if (fwrite(head, sizeof(head), 1, r->file) != 1 || (len && fwrite(body, len, 1, r->file) != 1) ||
			fflush(r->file) != 0) {
		fclose(r->file);
		r->file = NULL;
	}
}

struct record *record_open(const char *path, const struct bgp_core_options *o, mono_t now,
		struct err *e)
{
	struct record *r;
	FILE *f = fopen(path, "we");

	if (!f) {
		err_set(e, errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->file = f;
	fputs(RECORD_MAGIC, f);
	put(r, RECORD_OPTIONS, now, 0, o, sizeof(*o));
	return r;
}

void record_close(struct record *r)
{
	if (!r)
		return;
	if (r->file)
		fclose(r->file);
	free(r);
}

static void put_feed(struct record *r, mono_t now, const struct feed_msg *m)
{
	uint8_t frame[FEED_FRAME_MAX];
	struct wr w = wr_init(frame, sizeof(frame));

	feed_encode(&w, m);
	put(r, BGP_EVENT_FEED, now, 0, frame, wr_len(&w));
}

void record_event(struct record *r, mono_t now, const struct bgp_event *ev, const char *config_text)
{
	if (!r)
		return;
	switch (ev->type) {
	case BGP_EVENT_CONFIG:
		put(r, (uint8_t)ev->type, now, 0, config_text, strlen(config_text));
		break;
	case BGP_EVENT_ACCEPTED:
	case BGP_EVENT_CONNECTED:
		put(r, (uint8_t)ev->type, now, ev->conn, &ev->accepted, sizeof(ev->accepted));
		break;
	case BGP_EVENT_DATA:
		put(r, (uint8_t)ev->type, now, ev->conn, ev->data.bytes, ev->data.len);
		break;
	case BGP_EVENT_CONNECT_FAILED:
	case BGP_EVENT_CLOSED:
		put(r, (uint8_t)ev->type, now, ev->conn, &ev->error, sizeof(ev->error));
		break;
	case BGP_EVENT_FEED:
		put_feed(r, now, ev->feed);
		break;
	case BGP_EVENT_CLEAR:
		put(r, (uint8_t)ev->type, now, 0, &ev->clear, sizeof(ev->clear));
		break;
	case BGP_EVENT_TICK:
	case BGP_EVENT_FEED_UP:
	case BGP_EVENT_FEED_DOWN:
	case BGP_EVENT_SHUTDOWN:
		put(r, (uint8_t)ev->type, now, 0, NULL, 0);
		break;
	}
}

uint64_t record_hash(const uint8_t *bytes, size_t n)
{
	return hash_bytes(1, bytes, n);
}

void record_pull(struct record *r, mono_t now, enum record_type type, conn_id conn, size_t size,
		const uint8_t *bytes, size_t n)
{
	uint8_t body[16];
	struct wr w = wr_init(body, sizeof(body));

	if (!r)
		return;
	wr_u32(&w, (uint32_t)size);
	wr_u32(&w, (uint32_t)n);
	wr_u64(&w, record_hash(bytes, n));
	put(r, (uint8_t)type, now, conn, body, sizeof(body));
}

void record_taken(struct record *r, mono_t now, size_t taken)
{
	uint8_t body[4];
	struct wr w = wr_init(body, sizeof(body));

	if (!r)
		return;
	wr_u32(&w, (uint32_t)taken);
	put(r, RECORD_TAKEN, now, 0, body, sizeof(body));
}
