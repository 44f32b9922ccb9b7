/* bgpd/replay FILE: makes a core do again what `bgpd --record FILE` saw, and
 * compares what it says with what it said then.
 *
 *	replay [-v] FILE	-v: every event and log line
 *
 * Exit status: 0 the same, 1 not the same, 2 the file can't be used. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgpd/config_yang.h"
#include "bgpd/record.h"
#include "lib/base/xalloc.h"
#include "lib/sys/config.h"

struct replay {
	FILE *file;
	bool verbose;
	struct bgp_core *core;
	uint8_t *body;
	size_t room;
	unsigned long n, differences;
	size_t taken, offered; /* of the last DATA event */
};

static const char *const names[] = {
	[BGP_EVENT_TICK] = "tick", [BGP_EVENT_CONFIG] = "config", [BGP_EVENT_ACCEPTED] = "accepted",
	[BGP_EVENT_CONNECTED] = "connected", [BGP_EVENT_CONNECT_FAILED] = "connect failed",
	[BGP_EVENT_DATA] = "data", [BGP_EVENT_CLOSED] = "closed", [BGP_EVENT_FEED] = "feed",
	[BGP_EVENT_FEED_UP] = "feed up", [BGP_EVENT_FEED_DOWN] = "feed down",
	[BGP_EVENT_CLEAR] = "clear", [BGP_EVENT_SHUTDOWN] = "shutdown",
	[RECORD_OPTIONS] = "options", [RECORD_PULL] = "pull", [RECORD_PULL_FEED] = "pull feed",
	[RECORD_TAKEN] = "taken",
};

static void different(struct replay *r, mono_t now, const char *what)
{
	if (r->differences++ < 10)
		printf("%.6f record %lu: %s\n", (double)now / 1e6, r->n, what);
}

static void effects(struct replay *r, mono_t now)
{
	struct bgp_effect e;

	while (bgp_core_next_effect(r->core, &e))
		if (r->verbose && e.type == BGP_EFFECT_LOG)
			printf("%.6f   log: %s\n", (double)now / 1e6, e.log.text);
}

static int configure(struct replay *r, struct bgp_event *ev, size_t len)
{
	struct config *tree = config_new(schema_table);
	struct err e = { "" };

	config_load_text(tree, (const char *)r->body, len, "recorded", NULL, NULL);
	ev->config = config_yang_build(tree, &e);
	config_free(tree);
	if (ev->config)
		return 0;
	fprintf(stderr, "replay: a configuration can't be used: %s\n", e.text);
	return -1;
}

/* The event of a record; -1 if the record makes no sense. */
static int event_read(struct replay *r, uint8_t type, conn_id conn, size_t len, struct bgp_event *ev,
		struct feed_msg *feed)
{
	struct rd rd = rd_init(r->body, len);

	*ev = (struct bgp_event){ .type = (enum bgp_event_type)type, .conn = conn };
	switch (ev->type) {
	case BGP_EVENT_CONFIG:
		return configure(r, ev, len);
	case BGP_EVENT_ACCEPTED:
	case BGP_EVENT_CONNECTED:
		rd_copy(&rd, &ev->accepted, sizeof(ev->accepted));
		break;
	case BGP_EVENT_DATA:
		ev->data.bytes = r->body;
		ev->data.len = len;
		break;
	case BGP_EVENT_CONNECT_FAILED:
	case BGP_EVENT_CLOSED:
		rd_copy(&rd, &ev->error, sizeof(ev->error));
		break;
	case BGP_EVENT_FEED:
		ev->feed = feed;
		return feed_decode(&rd, feed) == 1 ? 0 : -1;
	case BGP_EVENT_CLEAR:
		rd_copy(&rd, &ev->clear, sizeof(ev->clear));
		break;
	default:
		break;
	}
	return rd.failed ? -1 : 0;
}

static int event_replay(struct replay *r, uint8_t type, mono_t now, conn_id conn, size_t len)
{
	struct bgp_event ev;
	struct feed_msg feed;

	if (type > BGP_EVENT_SHUTDOWN || event_read(r, type, conn, len, &ev, &feed) < 0)
		return -1;
	r->taken = bgp_core_input(r->core, now, &ev);
	r->offered = type == BGP_EVENT_DATA ? len : 0;
	if (type == BGP_EVENT_CONFIG)
		bgp_config_unref(ev.config);
	effects(r, now);
	return 0;
}

static void pull_replay(struct replay *r, uint8_t type, mono_t now, conn_id conn, size_t len)
{
	struct rd rd = rd_init(r->body, len);
	size_t size = rd_u32(&rd), n = rd_u32(&rd), came;
	uint64_t hash = rd_u64(&rd);
	uint8_t *buf = xmalloc(size ? size : 1);

	came = type == RECORD_PULL ? bgp_core_pull(r->core, now, conn, buf, size)
				   : bgp_core_pull_feed(r->core, now, buf, size);
	if (came != n || record_hash(buf, came) != hash)
		different(r, now, type == RECORD_PULL ? "other bytes for a connection"
						      : "other frames for overlayd");
	free(buf);
	effects(r, now);
}

static int record_replay(struct replay *r, uint8_t type, mono_t now, conn_id conn, size_t len)
{
	struct rd rd = rd_init(r->body, len);
	struct bgp_core_options o;

	if (r->verbose && type < sizeof(names) / sizeof(names[0]) && names[type])
		printf("%.6f %s conn %u, %zu bytes\n", (double)now / 1e6, names[type], conn, len);
	if (type == RECORD_OPTIONS) {
		rd_copy(&rd, &o, sizeof(o));
		if (rd.failed || r->core)
			return -1;
		r->core = bgp_core_new(&o, now);
		return 0;
	}
	if (!r->core)
		return -1;
	if (type == RECORD_PULL || type == RECORD_PULL_FEED)
		pull_replay(r, type, now, conn, len);
	else if (type == RECORD_TAKEN) {
		if (rd_u32(&rd) != r->taken)
			different(r, now, "took another part of the bytes");
	} else
		return event_replay(r, type, now, conn, len);
	return 0;
}

static int read_all(struct replay *r)
{
	char magic[sizeof(RECORD_MAGIC)] = "";
	uint8_t head[17];

	if (!fgets(magic, sizeof(magic), r->file) || strcmp(magic, RECORD_MAGIC) != 0) {
		fprintf(stderr, "replay: this is no recording of this version\n");
		return 2;
	}
	/* The end may be cut off: the daemon may have been killed while writing. */
	while (fread(head, sizeof(head), 1, r->file) == 1) {
		struct rd rd = rd_init(head, sizeof(head));
		uint8_t type = rd_u8(&rd);
		mono_t now = (mono_t)rd_u64(&rd);
		conn_id conn = rd_u32(&rd);
		size_t len = rd_u32(&rd);

		if (len > r->room) {
			r->body = xrealloc(r->body, len);
			r->room = len;
		}
		if (len && fread(r->body, len, 1, r->file) != 1)
			break;
		r->n++;
		if (record_replay(r, type, now, conn, len) < 0) {
			fprintf(stderr, "replay: record %lu makes no sense\n", r->n);
			return 2;
		}
	}
	printf("%lu records, %lu differences\n", r->n, r->differences);
	return r->differences != 0;
}

int main(int argc, char **argv)
{
	struct replay r = { 0 };
	int c, status;

	while ((c = getopt(argc, argv, "v")) == 'v')
		r.verbose = true;
	if (c != -1 || optind != argc - 1) {
		fprintf(stderr, "usage: replay [-v] FILE\n");
		return 2;
	}
	r.file = fopen(argv[optind], "re");
	if (!r.file) {
		perror(argv[optind]);
		return 2;
	}
	status = read_all(&r);
	if (r.core)
		bgp_core_free(r.core);
	free(r.body);
	fclose(r.file);
	return status;
}
