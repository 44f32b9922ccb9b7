/* A core with played neighbours: see rig.h. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/attr_text.h"
#include "bgpd/core/msg.h"
#include "bgpd/core/nlri.h"
#include "lib/base/xalloc.h"
#include "tests/unit/rig.h"

struct rig *rig_new(void)
{
	struct rig *r = xcalloc(1, sizeof(*r));
	struct bgp_core_options o = { .seed = 42, .no_overlay = true };

	r->now = MONO_SEC(1000);
	r->core = bgp_core_new(&o, r->now);
	r->attrs = attrs_table_new(3);
	r->infos = info_table_new(3);
	r->sources[1] = &r->source;
	r->source.kind = SOURCE_PEER;
	r->env = (struct rib_env){ r->attrs, r->infos, r->sources, NULL, NULL };
	update_init(&r->update);
	instance_config_init(&r->instance);
	r->instance.as = RIG_AS;
	r->instance.router_id = 0x0a000001;
	r->instance.ebgp_requires_policy = false;
	return r;
}

void rig_free(struct rig *r)
{
	for (size_t i = 0; i < r->peers.n; i++) {
		rib_free(r->peers.v[i]->told);
		free(r->peers.v[i]);
	}
	vec_free(&r->peers);
	bgp_core_free(r->core);
	update_fini(&r->update);
	attrs_table_free(r->attrs);
	info_table_free(r->infos);
	for (int f = 0; f < FAM_UNICAST_COUNT; f++)
		vec_free(&r->instance.family[f].aggregates);
	vec_free(&r->instance.confederation_peers);
	free(r);
}

struct rig_peer *rig_peer(struct rig *r, const char *addr, uint32_t as)
{
	struct rig_peer *p = xcalloc(1, sizeof(*p));

	p->rig = r;
	peer_config_init(&p->config);
	for (int f = 0; f < FAM_COUNT; f++)
		p->family[f] = peer_family_off;
	ck_assert_int_eq(ip_parse(addr, &p->config.addr), 0);
	p->config.remote_as = as;
	p->config.remote_as_type = REMOTE_AS_NUMBER;
	p->config.passive = true;
	p->family[FAM_IPV4_UNICAST].active = true;
	p->told = rib_new(&r->env, FAM_IPV4_UNICAST, 0, 9);
	*vec_push(&r->peers) = p;
	return p;
}

static int by_addr(const void *a, const void *b)
{
	return ip_compare(&((const struct peer_config *)a)->addr, &((const struct peer_config *)b)->addr);
}

void rig_configure(struct rig *r)
{
	struct bgp_config *c = bgp_config_new();
	struct instance_config *i = vec_push(&c->instances);
	struct bgp_event e = { .type = BGP_EVENT_CONFIG, .config = c };

	*i = r->instance;
	memset(&i->peers, 0, sizeof(i->peers));
	memset(&i->confederation_peers, 0, sizeof(i->confederation_peers));
	for (size_t n = 0; n < r->instance.confederation_peers.n; n++)
		*vec_push(&i->confederation_peers) = r->instance.confederation_peers.v[n];
	for (int f = 0; f < FAM_UNICAST_COUNT; f++) {
		memset(&i->family[f].aggregates, 0, sizeof(i->family[f].aggregates));
		for (size_t n = 0; n < r->instance.family[f].aggregates.n; n++)
			*vec_push(&i->family[f].aggregates) = r->instance.family[f].aggregates.v[n];
	}
	for (size_t n = 0; n < r->peers.n; n++) {
		struct peer_config *k = vec_push(&i->peers);

		*k = r->peers.v[n]->config;
		for (int f = 0; f < FAM_COUNT; f++)
			*peer_config_family(c, k, (enum family)f) = r->peers.v[n]->family[f];
	}
	qsort(i->peers.v, i->peers.n, sizeof(*i->peers.v), by_addr);
	if (r->policy)
		r->policy(&c->policy);
	bgp_core_input(r->core, r->now, &e);
	bgp_config_unref(c);
	rig_run(r);
}

/* ---- what the core says ---- */

static void hear_field(struct rig_peer *p, struct update *u, struct update_field *f)
{
	struct rig *r = p->rig;
	struct nlri n;

	while (update_field_next(f, &n) == 1) {
		uint32_t d = rib_find(p->told, n.key), attrs;

		if (f->withdraw) {
			p->needless += !d;
			rib_withdraw(p->told, n.key, 1, 0);
			continue;
		}
		attrs = attrs_intern(r->attrs, update_field_attrs(u, f));
		p->repeated += d && rib_best(p->told, d)->attrs == attrs;
		attrs_ref(r->attrs, attrs);
		rib_update(p->told, n.key, 1, 0, attrs, attrs, 0, REASON_NONE, 0);
	}
}

static bool is_confed(const struct rig_peer *p)
{
	const struct instance_config *i = &p->rig->instance;

	for (size_t n = 0; n < i->confederation_peers.n; n++)
		if (i->confederation_peers.v[n] == p->config.remote_as)
			return true;
	return false;
}

static void hear_update(struct rig_peer *p, const uint8_t *body, size_t len)
{
	struct session_view view = { .as4 = true, .ibgp = p->config.remote_as == RIG_AS,
		.confed = is_confed(p) };
	struct update *u = &p->rig->update;

	for (int f = 0; f < FAM_COUNT; f++)
		view.family[f] = true;
	ck_assert_msg(update_decode(u, &view, body, len) == UPD_OK, "%s", u->error.text);
	for (unsigned i = 0; i < u->n_fields; i++)
		hear_field(p, u, &u->field[i]);
	p->end_of_rib += u->end_of_rib != FAM_NONE;
	p->updates++;
}

static void hear(struct rig_peer *p, const uint8_t *b, size_t n)
{
	while (n) {
		struct msg_error e;
		uint32_t len;
		uint8_t type;

		ck_assert_int_eq(msg_header_decode(b, n, MSG_MAX, &type, &len, &e), 1);
		if (type == MSG_UPDATE)
			hear_update(p, b + MSG_HEADER_SIZE, len - MSG_HEADER_SIZE);
		if (type == MSG_NOTIFICATION)
			p->notifications++;
		if (type == MSG_REFRESH) {
			p->borr += b[21] == REFRESH_BEGIN;
			p->eorr += b[21] == REFRESH_END;
		}
		b += len;
		n -= len;
	}
}

static struct rig_peer *peer_of(struct rig *r, conn_id conn)
{
	for (size_t i = 0; i < r->peers.n; i++)
		if (r->peers.v[i]->conn == conn)
			return r->peers.v[i];
	return NULL;
}

void rig_pull(struct rig_peer *p, unsigned times)
{
	static uint8_t buf[65536];

	while (p->want && times--) {
		size_t n = bgp_core_pull(p->rig->core, p->rig->now, p->conn, buf, sizeof(buf));

		hear(p, buf, n);
		if (!n)
			p->want = false;
	}
}

static void effects(struct rig *r)
{
	struct bgp_effect e;
	bool again;

	do {
		while (bgp_core_next_effect(r->core, &e)) {
			struct rig_peer *p = peer_of(r, e.conn);

			if (e.type == BGP_EFFECT_LOG && getenv("RIG_LOG"))
				fprintf(stderr, "%s\n", e.log.text);
			if (p && e.type == BGP_EFFECT_WANT_WRITE)
				p->want = true;
			if (p && e.type == BGP_EFFECT_CLOSE) {
				p->want = true;
				rig_pull(p, 100);
				p->conn = 0;
			}
		}
		again = false;
		for (size_t i = 0; i < r->peers.n; i++) {
			struct rig_peer *p = r->peers.v[i];

			if (!p->want || p->deaf || !p->conn)
				continue;
			rig_pull(p, 1);
			again = true;
		}
	} while (again);
}

void rig_run(struct rig *r)
{
	struct bgp_event e = { .type = BGP_EVENT_TICK };

	do {
		bgp_core_input(r->core, r->now, &e);
		effects(r);
	} while (bgp_core_deadline(r->core) <= r->now);
}

void rig_advance(struct rig *r, mono_t by)
{
	mono_t until = r->now + by, next;

	while ((next = bgp_core_deadline(r->core)) <= until) {
		if (next > r->now)
			r->now = next;
		rig_run(r);
	}
	r->now = until;
	rig_run(r);
}

/* ---- what the neighbours say ---- */

static void say(struct rig_peer *p, const uint8_t *b, size_t n)
{
	struct bgp_event e = { .type = BGP_EVENT_DATA, .conn = p->conn };

	while (n && p->conn) {
		size_t taken;

		e.data.bytes = b;
		e.data.len = n;
		taken = bgp_core_input(p->rig->core, p->rig->now, &e);
		b += taken;
		n -= taken;
		if (n)
			rig_run(p->rig);
	}
}

void rig_up(struct rig_peer *p)
{
	struct rig *r = p->rig;
	struct bgp_event e = { .type = BGP_EVENT_ACCEPTED };
	struct open_msg o = { .version = 4, .as = p->config.remote_as,
		.as2 = (uint16_t)p->config.remote_as, .hold = 0, .router_id = ip4_u32(&p->config.addr) };
	uint8_t buf[MSG_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	ck_assert_uint_eq(p->conn, 0);
	e.conn = p->conn = ++r->last_conn;
	o.caps.as4 = true;
	o.caps.as4_number = p->config.remote_as;
	o.caps.refresh = o.caps.enhanced_refresh = p->open_refresh;
	o.caps.family[FAM_IPV4_UNICAST] = true;
	strcpy(e.accepted.vrf, "default");
	ip_parse(RIG_ADDR, &e.accepted.local);
	e.accepted.remote = p->config.addr;
	e.accepted.local_port = 179;
	bgp_core_input(r->core, r->now, &e);
	open_encode(&w, &o, true);
	keepalive_encode(&w);
	say(p, buf, wr_len(&w));
	rig_run(r);
	ck_assert_uint_ne(p->conn, 0);
	ck_assert(peer_established(rig_core_peer(p)));
}

static void forget(struct rig_peer *p)
{
	rib_free(p->told);
	p->told = rib_new(&p->rig->env, FAM_IPV4_UNICAST, 0, 9);
	p->want = false;
}

void rig_down(struct rig_peer *p)
{
	struct bgp_event e = { .type = BGP_EVENT_CLOSED, .conn = p->conn };

	bgp_core_input(p->rig->core, p->rig->now, &e);
	p->conn = 0;
	forget(p);
	rig_run(p->rig);
}

static void announce(struct rig_peer *p, const uint8_t *key, const struct route_attrs *a)
{
	struct encode_view v = { .as4 = true, .ibgp = p->config.remote_as == RIG_AS,
		.default_local_pref = 100, .max_message = MSG_MAX };
	struct route_attrs x = *a;
	uint8_t attrs[MSG_MAX], buf[MSG_MAX];
	struct wr w = wr_init(attrs, sizeof(attrs));
	struct update_out o;

	if (!x.next_hop.family)
		x.next_hop = p->config.addr;
	update_encode_attrs(&w, &v, FAM_IPV4_UNICAST, &x);
	ck_assert(update_out_reach(&o, buf, sizeof(buf), &v, FAM_IPV4_UNICAST, attrs, wr_len(&w),
			&x.next_hop, &x.next_hop_link_local));
	ck_assert(update_out_add(&o, key, 0, NULL));
	say(p, buf, update_out_end(&o));
}

static void withdraw(struct rig_peer *p, const uint8_t *key)
{
	struct encode_view v = { .as4 = true, .max_message = MSG_MAX };
	uint8_t buf[MSG_MAX];
	struct update_out o;

	ck_assert(update_out_withdraw(&o, buf, sizeof(buf), &v, FAM_IPV4_UNICAST));
	ck_assert(update_out_add(&o, key, 0, NULL));
	say(p, buf, update_out_end(&o));
}

static const uint8_t *text_key(const char *prefix)
{
	static uint8_t key[5];
	struct prefix p;

	ck_assert_int_eq(prefix_parse(prefix, &p), 0);
	nlri_key_unicast(&p, key);
	return key;
}

static const uint8_t *number_key(uint32_t n)
{
	static uint8_t key[5];

	wr_put32(key, 0x14000000 + (n << 8));
	key[4] = 24;
	return key;
}

void rig_announce(struct rig_peer *p, const char *prefix, const struct route_attrs *a)
{
	announce(p, text_key(prefix), a);
	rig_run(p->rig);
}

void rig_withdraw(struct rig_peer *p, const char *prefix)
{
	withdraw(p, text_key(prefix));
	rig_run(p->rig);
}

void rig_announce_n(struct rig_peer *p, uint32_t n, const struct route_attrs *a)
{
	announce(p, number_key(n), a);
}

void rig_withdraw_n(struct rig_peer *p, uint32_t n)
{
	withdraw(p, number_key(n));
}

void rig_refresh(struct rig_peer *p)
{
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));

	refresh_encode(&w, FAM_IPV4_UNICAST, REFRESH_REQUEST);
	say(p, buf, wr_len(&w));
	rig_run(p->rig);
}

void rig_end_of_rib(struct rig_peer *p)
{
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));

	update_end_of_rib(&w, FAM_IPV4_UNICAST);
	say(p, buf, wr_len(&w));
	rig_run(p->rig);
}

/* ---- questions ---- */

const char *rig_told(struct rig_peer *p, const char *prefix)
{
	static struct strbuf b;
	uint32_t d = rib_find(p->told, text_key(prefix));
	struct route_attrs a;
	char text[IP_TEXT_MAX];

	sb_reset(&b);
	if (!d || !rib_best(p->told, d))
		return "";
	attrs_open(p->rig->attrs, rib_best(p->told, d)->attrs, &a);
	sb_addf(&b, "nh %s path ", ip_text(&a.next_hop, text));
	as_path_text(a.part[PART_AS_PATH], &b);
	if (a.has & HAS_LOCAL_PREF)
		sb_addf(&b, " lp %u", a.local_pref);
	if (a.has & HAS_MED)
		sb_addf(&b, " med %u", a.med);
	if (a.part[PART_COMMUNITIES].len) {
		sb_add(&b, " com ");
		communities_text(a.part[PART_COMMUNITIES], &b);
	}
	if (a.part[PART_LARGE_COMMUNITIES].len) {
		sb_add(&b, " large ");
		large_communities_text(a.part[PART_LARGE_COMMUNITIES], &b);
	}
	if (a.part[PART_EXT_COMMUNITIES].len) {
		sb_add(&b, " ext ");
		ext_communities_text(a.part[PART_EXT_COMMUNITIES], &b);
	}
	if (a.has & HAS_ORIGINATOR)
		sb_addf(&b, " originator %x", a.originator_id);
	for (unsigned at = 0; at + 4 <= a.part[PART_CLUSTER_LIST].len; at += 4) {
		const uint8_t *c = a.part[PART_CLUSTER_LIST].p + at;

		sb_addf(&b, " cluster %x%02x%02x%02x", c[0], c[1], c[2], c[3]);
	}
	return sb_str(&b);
}

uint32_t rig_told_count(const struct rig_peer *p)
{
	return rib_dest_count(p->told);
}

struct peer *rig_core_peer(const struct rig_peer *p)
{
	struct bgp_instance *i = core_instance_find(p->rig->core, "default");

	for (size_t n = 0; n < i->peers.n; n++)
		if (ip_equal(&i->peers.v[n]->config.addr, &p->config.addr) && !i->peers.v[n]->removed)
			return i->peers.v[n];
	return NULL;
}

struct rib *rig_rib(const struct rig *r)
{
	return core_instance_find(r->core, "default")->rib[FAM_IPV4_UNICAST];
}

uint32_t rig_dest(const struct rig *r, const char *prefix)
{
	return rib_find(rig_rib(r), text_key(prefix));
}

struct attr_span rig_path(const uint32_t *as)
{
	static uint8_t ring[16][128];
	static unsigned turn;
	uint8_t *buf = ring[turn++ % 16];
	struct wr w = wr_init(buf, 128);
	unsigned n = 0;

	while (as[n])
		n++;
	wr_u8(&w, 2);
	wr_u8(&w, (uint8_t)n);
	for (unsigned i = 0; i < n; i++)
		wr_u32(&w, as[i]);
	return (struct attr_span){ buf, (uint16_t)wr_len(&w) };
}
