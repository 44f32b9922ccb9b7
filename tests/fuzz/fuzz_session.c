/* Bytes into an established session, through the door; a second session, to
 * which the routes go on, must be told in well-formed messages.
 *
 * Input: one byte of options, then what the peer sends: bytes as they are, or
 * (OPT_FRAMED) messages of type, length (2 bytes), body, whose header is put
 * before them here. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "bgpd/core/core.h"
#include "bgpd/core/instance.h"
#include "bgpd/core/msg.h"
#include "bgpd/core/update.h"

enum { OPT_IBGP = 1, OPT_AS2 = 2, OPT_FRAMED = 4, OPT_PIECES = 8, OPT_PATH_IDS = 16, OPT_PULL = 32 };

#define OUR_AS 65000
#define BUFFER 65535

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct bgp_core *core;
	mono_t now;
	bool closed[3]; /* by connection */
};

static void drain(struct world *w)
{
	struct bgp_effect e;

	while (bgp_core_next_effect(w->core, &e))
		if (e.type == BGP_EFFECT_CLOSE && e.conn < 3)
			w->closed[e.conn] = true;
}

static void input(struct world *w, struct bgp_event *ev)
{
	bgp_core_input(w->core, w->now, ev);
	drain(w);
}

static void tick(struct world *w)
{
	struct bgp_event ev = { .type = BGP_EVENT_TICK };

	for (int n = 0; n < 1000 && bgp_core_deadline(w->core) <= w->now; n++)
		input(w, &ev);
}

static void feed(struct world *w, conn_id conn, const uint8_t *p, size_t len)
{
	while (len && !w->closed[conn]) {
		struct bgp_event ev = { .type = BGP_EVENT_DATA, .conn = conn, .data = { p, len } };
		size_t n = bgp_core_input(w->core, w->now, &ev);

		drain(w);
		assert(n <= len);
		p += n;
		len -= n;
		if (len)
			tick(w);
	}
}

static void add_peer(struct instance_config *i, uint32_t addr, uint32_t as)
{
	struct peer_config *p = vec_push(&i->peers);

	peer_config_init(p);
	p->addr = ip4(addr);
	p->remote_as = as;
	p->passive = true;
	p->extended_next_hop = true;
	p->enforce_first_as = false;
	for (int f = 0; f < FAM_COUNT; f++)
		p->family[f] = &peer_family_on;
}

static void configure(struct world *w, uint32_t remote_as)
{
	struct bgp_config *c = bgp_config_new();
	struct instance_config *i = vec_push(&c->instances);
	struct bgp_event ev = { .type = BGP_EVENT_CONFIG, .config = c };

	instance_config_init(i);
	i->as = OUR_AS;
	i->router_id = 0x0a000001;
	i->ebgp_requires_policy = false;
	add_peer(i, 0x0a000002, remote_as);
	add_peer(i, 0x0a000003, 65300);
	input(w, &ev);
	bgp_config_unref(c);
}

static void establish(struct world *w, conn_id conn, uint32_t addr, uint32_t as, unsigned options)
{
	struct bgp_event ev = { .type = BGP_EVENT_ACCEPTED, .conn = conn,
		.accepted = { .vrf = "default", .local = ip4(0x0a000001), .remote = ip4(addr),
			.local_global6 = { 6, { 0x20, 1 } } } };
	struct open_msg o = { .version = 4, .as = as, .as2 = (uint16_t)as, .hold = 90,
		.router_id = addr };
	uint8_t buf[MSG_MAX];
	struct wr out = wr_init(buf, sizeof(buf));

	o.caps.any = o.caps.multiprotocol = o.caps.refresh = o.caps.enhanced_refresh = true;
	o.caps.extended_message = true;
	o.caps.as4 = !(options & OPT_AS2);
	o.caps.as4_number = as;
	for (int f = 0; f < FAM_COUNT; f++) {
		o.caps.family[f] = true;
		o.caps.extended_next_hop[f] = true;
		o.caps.add_path[f] = options & OPT_PATH_IDS ? ADD_PATH_SEND : 0;
	}
	input(w, &ev);
	open_encode(&out, &o, true);
	keepalive_encode(&out);
	feed(w, conn, buf, wr_len(&out));
}

/* What a session is told must be messages that we would take ourselves. */
static void pull(struct world *w, conn_id conn, struct update *u, const struct session_view *view)
{
	static uint8_t buf[BUFFER];
	size_t n;

	while ((n = bgp_core_pull(w->core, w->now, conn, buf, sizeof(buf))) > 0) {
		for (size_t at = 0; at < n;) {
			struct msg_error e;
			uint32_t len;
			uint8_t type;
			int r = msg_header_decode(buf + at, n - at, MSG_EXTENDED_MAX, &type, &len, &e);

			assert(r == 1);
			if (type == MSG_UPDATE && view) {
				enum upd_verdict v = update_decode(u, view, buf + at + MSG_HEADER_SIZE,
						len - MSG_HEADER_SIZE);

				assert(v == UPD_OK || v == UPD_DISCARD_ATTRIBUTE);
				for (unsigned f = 0; f < u->n_fields; f++) {
					struct nlri nlri;
					int k;

					while ((k = update_field_next(&u->field[f], &nlri)) == 1)
						continue;
					assert(k == 0);
				}
			}
			at += len;
		}
		drain(w);
	}
}

static void send_framed(struct world *w, const uint8_t *p, size_t size)
{
	static uint8_t msg[MSG_HEADER_SIZE + UINT16_MAX];

	while (size >= 3 && !w->closed[1]) {
		size_t len = (size_t)p[1] << 8 | p[2], total;
		uint8_t type = p[0];

		p += 3;
		size -= 3;
		if (len > size)
			len = size;
		if (len > MSG_EXTENDED_MAX - MSG_HEADER_SIZE)
			len = MSG_EXTENDED_MAX - MSG_HEADER_SIZE;
		total = len + MSG_HEADER_SIZE;
		memset(msg, 0xff, 16);
		wr_put16(msg + 16, (uint16_t)total);
		msg[18] = type;
		memcpy(msg + MSG_HEADER_SIZE, p, len);
		feed(w, 1, msg, total);
		p += len;
		size -= len;
	}
}

static void send_raw(struct world *w, const uint8_t *p, size_t size, bool pieces)
{
	size_t step = pieces ? 1u + p[size - 1] % 61 : size;

	while (size) {
		size_t n = step < size ? step : size;

		feed(w, 1, p, n);
		p += n;
		size -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bgp_core_options o = { .seed = 1, .no_overlay = true, .router_id = 0x0a000001 };
	struct session_view view = { .as4 = true, .remote_as = OUR_AS };
	struct world w = { .now = MONO_SEC(100) };
	unsigned options = size ? data[0] : 0;
	struct update u;

	w.core = bgp_core_new(&o, w.now);
	update_init(&u);
	for (int f = 0; f < FAM_COUNT; f++)
		view.family[f] = view.extended_next_hop[f] = true;
	configure(&w, options & OPT_IBGP ? OUR_AS : 65200);
	establish(&w, 1, 0x0a000002, options & OPT_IBGP ? OUR_AS : 65200, options);
	establish(&w, 2, 0x0a000003, 65300, 0);
	pull(&w, 1, &u, NULL);
	assert(!w.closed[1] && !w.closed[2]);
	if (size > 1) {
		if (options & OPT_FRAMED)
			send_framed(&w, data + 1, size - 1);
		else
			send_raw(&w, data + 1, size - 1, options & OPT_PIECES);
	}
	tick(&w);
	pull(&w, 2, &u, &view);
	if (options & OPT_PULL)
		pull(&w, 1, &u, NULL);
	/* The other session never suffers. */
	assert(!w.closed[2]);
	w.now += MONO_SEC(200);
	tick(&w);
	update_fini(&u);
	bgp_core_free(w.core);
	return 0;
}
