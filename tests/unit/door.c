/* A core and neighbours played by hand: see door.h. */
#include <assert.h>
#include <stdlib.h>

#include "lib/base/xalloc.h"
#include "tests/unit/door.h"

void door_open(struct door_test *t)
{
	struct bgp_core_options o = { .seed = 7, .no_overlay = true, .router_id = OUR_ID };

	*t = (struct door_test){ .now = MONO_SEC(100) };
	t->core = bgp_core_new(&o, t->now);
}

void door_close(struct door_test *t)
{
	bgp_core_free(t->core);
	if (t->config)
		bgp_config_unref(t->config);
	for (size_t i = 0; i < t->conns.n; i++) {
		for (size_t k = 0; k < t->conns.v[i].sent.n; k++)
			free(t->conns.v[i].sent.v[k].body);
		vec_free(&t->conns.v[i].sent);
	}
	vec_free(&t->conns);
	for (size_t i = 0; i < t->log.n; i++)
		free(t->log.v[i]);
	vec_free(&t->log);
}

struct bgp_config *door_config_new(void)
{
	struct bgp_config *c = bgp_config_new();
	struct instance_config *i = vec_push(&c->instances);

	instance_config_init(i);
	i->as = OUR_AS;
	i->router_id = OUR_ID;
	i->ebgp_requires_policy = false;
	i->network_import_check = false;
	return c;
}

struct peer_config *door_config_peer(struct bgp_config *c, uint32_t addr, uint32_t as)
{
	struct peer_config *p = vec_push(&c->instances.v[0].peers);

	peer_config_init(p);
	p->addr = ip4(addr);
	p->remote_as = as;
	p->family[FAM_IPV4_UNICAST] = &peer_family_on;
	return p;
}

struct door_conn *door_conn(struct door_test *t, conn_id id)
{
	struct door_conn *c;

	vec_foreach(c, &t->conns)
		if (c->id == id)
			return c;
	c = vec_push(&t->conns);
	c->id = id;
	return c;
}

static void pull_conn(struct door_test *t, conn_id id)
{
	static uint8_t buf[65535];
	size_t n;

	while ((n = bgp_core_pull(t->core, t->now, id, buf, sizeof(buf))) > 0)
		for (size_t at = 0; at < n;) {
			struct door_conn *c = door_conn(t, id);
			struct door_msg *m;
			struct msg_error e;
			uint32_t len;
			uint8_t type;
			int r = msg_header_decode(buf + at, n - at, MSG_EXTENDED_MAX, &type, &len, &e);

			assert(r == 1);
			m = vec_push(&c->sent);
			m->type = type;
			m->len = (uint16_t)(len - MSG_HEADER_SIZE);
			m->body = xmemdup(buf + at + MSG_HEADER_SIZE, m->len ? m->len : 1u);
			at += len;
		}
}

static void drain(struct door_test *t)
{
	struct bgp_effect e;

	while (bgp_core_next_effect(t->core, &e)) {
		switch (e.type) {
		case BGP_EFFECT_CONNECT:
			t->connecting = e.conn;
			t->connects++;
			break;
		case BGP_EFFECT_CLOSE:
			door_conn(t, e.conn)->closed = true;
			pull_conn(t, e.conn);
			break;
		case BGP_EFFECT_WANT_WRITE:
			if (!t->no_pull)
				pull_conn(t, e.conn);
			break;
		case BGP_EFFECT_LOG:
			*vec_push(&t->log) = xstrdup(e.log.text);
			break;
		case BGP_EFFECT_FINISHED:
			t->finished = true;
			break;
		default:
			break;
		}
	}
}

size_t door_input(struct door_test *t, struct bgp_event *ev)
{
	size_t n = bgp_core_input(t->core, t->now, ev);

	drain(t);
	return n;
}

void door_wait(struct door_test *t, mono_t time)
{
	struct bgp_event ev = { .type = BGP_EVENT_TICK };
	mono_t until = t->now + time;

	for (;;) {
		mono_t at = bgp_core_deadline(t->core);

		if (at > until)
			break;
		if (at > t->now)
			t->now = at;
		door_input(t, &ev);
	}
	t->now = until;
}

void door_configure(struct door_test *t, struct bgp_config *c)
{
	struct bgp_event ev = { .type = BGP_EVENT_CONFIG, .config = c };

	door_input(t, &ev);
	if (t->config)
		bgp_config_unref(t->config);
	t->config = c;
}

void door_accept(struct door_test *t, conn_id id, uint32_t addr)
{
	struct bgp_event ev = { .type = BGP_EVENT_ACCEPTED, .conn = id,
		.accepted = { .vrf = "default", .local = ip4(OUR_ID), .remote = ip4(addr) } };

	door_input(t, &ev);
}

conn_id door_connected(struct door_test *t)
{
	struct bgp_event ev = { .type = BGP_EVENT_CONNECTED, .conn = t->connecting,
		.accepted = { .vrf = "default", .local = ip4(OUR_ID) } };

	t->connecting = 0;
	door_input(t, &ev);
	return ev.conn;
}

void door_lost(struct door_test *t, conn_id id, int error)
{
	struct bgp_event ev = { .type = BGP_EVENT_CLOSED, .conn = id, .error = error };

	door_input(t, &ev);
}

size_t door_data(struct door_test *t, conn_id id, const void *p, size_t len)
{
	uint8_t *exact = xmemdup(p, len ? len : 1);
	struct bgp_event ev = { .type = BGP_EVENT_DATA, .conn = id, .data = { exact, len } };
	size_t n = door_input(t, &ev);

	free(exact);
	return n;
}

struct open_msg door_open_msg(uint32_t as, uint32_t id)
{
	struct open_msg o = { .version = 4, .as = as, .hold = 90, .router_id = id };

	o.as2 = as > UINT16_MAX ? AS_TRANS : (uint16_t)as;
	o.caps.any = o.caps.multiprotocol = o.caps.refresh = o.caps.as4 = true;
	o.caps.as4_number = as;
	o.caps.family[FAM_IPV4_UNICAST] = true;
	return o;
}

void door_send_open(struct door_test *t, conn_id id, const struct open_msg *o)
{
	uint8_t buf[MSG_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	open_encode(&w, o, o->caps.any);
	door_data(t, id, buf, wr_len(&w));
}

void door_send(struct door_test *t, conn_id id, uint8_t type, const void *body, size_t len)
{
	uint8_t buf[MSG_EXTENDED_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	msg_begin(&w, (enum msg_type)type);
	wr_bytes(&w, body, len);
	msg_end(&w, buf);
	assert(!w.failed);
	door_data(t, id, buf, wr_len(&w));
}

void door_keepalive(struct door_test *t, conn_id id)
{
	door_send(t, id, MSG_KEEPALIVE, "", 0);
}

void door_announce(struct door_test *t, conn_id id, uint32_t as, unsigned first, unsigned n)
{
	uint8_t buf[MSG_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	const uint8_t attrs[] = { 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, (uint8_t)(as >> 24),
		(uint8_t)(as >> 16), (uint8_t)(as >> 8), (uint8_t)as, 0x40, 3, 4, 10, 0, 0, 9 };

	wr_u16(&w, 0);
	wr_u16(&w, sizeof(attrs));
	wr_bytes(&w, attrs, sizeof(attrs));
	for (unsigned i = first; i < first + n; i++) {
		wr_u8(&w, 16);
		wr_u8(&w, 10);
		wr_u8(&w, (uint8_t)i);
	}
	door_send(t, id, MSG_UPDATE, buf, wr_len(&w));
}

void door_end_of_rib(struct door_test *t, conn_id id)
{
	door_send(t, id, MSG_UPDATE, "\0\0\0\0", 4);
}

void door_establish(struct door_test *t, conn_id id, uint32_t addr, const struct open_msg *o)
{
	door_accept(t, id, addr);
	door_send_open(t, id, o);
	door_keepalive(t, id);
}

const struct door_msg *door_next(struct door_test *t, conn_id id)
{
	struct door_conn *c = door_conn(t, id);

	return c->seen < c->sent.n ? &c->sent.v[c->seen++] : NULL;
}

const struct door_msg *door_next_news(struct door_test *t, conn_id id)
{
	const struct door_msg *m;

	while ((m = door_next(t, id)) && m->type == MSG_KEEPALIVE)
		continue;
	return m;
}

bool door_notified(struct door_test *t, conn_id id, uint8_t code, uint8_t subcode)
{
	struct door_conn *c = door_conn(t, id);
	const struct door_msg *m = c->sent.n ? &c->sent.v[c->sent.n - 1] : NULL;

	return m && m->type == MSG_NOTIFICATION && m->body[0] == code && m->body[1] == subcode &&
	       c->closed;
}

struct peer *door_peer(struct door_test *t, uint32_t addr)
{
	struct ip_addr a = ip4(addr);

	return core_peer_find(t->core, "default", &a, "");
}

unsigned door_paths(struct door_test *t)
{
	return rib_path_count(core_instance_find(t->core, "default")->rib[FAM_IPV4_UNICAST]);
}

bool door_logged(struct door_test *t, const char *text)
{
	for (size_t i = 0; i < t->log.n; i++)
		if (strstr(t->log.v[i], text))
			return true;
	return false;
}
