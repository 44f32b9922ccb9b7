/* What overlayd is to know, made when its socket can take it: the best routes
 * of each VRF's unicast tables (read off their logs), then evpn.c's remote VTEPs
 * and MACs, and requests to watch next hops.
 *
 * A new connection gets all of it, then END, upon which overlayd drops what it
 * kept from before.  So after a start of bgpd END waits until the peers have
 * told their routes (End-of-RIB, RFC 4724 section 2) and overlayd has answered
 * for their next hops, without which they aren't used yet, or long enough: else
 * a restart of bgpd would interrupt traffic that still flows well. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/conn.h"
#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"
#include "bgpd/core/nexthop.h"
#include "bgpd/core/origin.h"
#include "bgpd/core/peer.h"
#include "bgpd/core/vrf.h"
#include "lib/base/xalloc.h"

#define SETTLE_PEER MONO_SEC(10)  /* an established peer without End-of-RIB is done after this silence */
#define SETTLE_MAX MONO_SEC(120)  /* whoever isn't up by then is not waited for */
#define SETTLE_LOOK MONO_SEC(1)
#define BATCH 64

/* A request about an address or a VRF, in order. */
struct request {
	uint8_t type; /* FEED_NEXTHOP_WATCH, FEED_SUBSCRIBE */
	bool add;
	char vrf[FEED_NAME_MAX];
	struct ip_addr addr;
};

struct feed_table {
	struct rib_reader reader;
	struct feed_out *out;
	struct bgp_instance *instance;
	enum family family;
	size_t place; /* in its feed_out's list */
	bool ready;   /* has something to say: in the list of those, */
	struct feed_table *ready_before, *ready_after; /* between these */
	uint32_t ids[BATCH]; /* read, not yet sent */
	uint32_t n_ids, at_id;
};

/* Routes of a table that is gone, to be taken back. */
struct retired {
	char vrf[FEED_NAME_MAX];
	VEC(struct prefix) prefixes; /* taken from the end */
};

struct feed_out {
	struct bgp_core *core;
	VEC(struct retired) retired;
	VEC(struct request) requests;
	size_t requests_done;
	VEC(struct feed_table *) tables;
	struct feed_table *ready, *ready_last; /* in the order in which they will be read */
	bool up, end_sent, woken;
	mono_t born; /* first connection: what SETTLE_MAX counts from */
	struct core_timer settle;
};

void feed_out_wake(struct feed_out *f)
{
	f->woken = true;
}

static void table_ready(struct feed_table *t)
{
	struct feed_out *f = t->out;

	if (t->ready)
		return;
	t->ready = true;
	t->ready_before = f->ready_last;
	t->ready_after = NULL;
	*(f->ready_last ? &f->ready_last->ready_after : &f->ready) = t;
	f->ready_last = t;
}

static void table_done(struct feed_table *t)
{
	struct feed_out *f = t->out;

	if (!t->ready)
		return;
	t->ready = false;
	*(t->ready_before ? &t->ready_before->ready_after : &f->ready) = t->ready_after;
	*(t->ready_after ? &t->ready_after->ready_before : &f->ready_last) = t->ready_before;
}

static void table_wake(struct rib_reader *r)
{
	struct feed_table *t = (struct feed_table *)((char *)r - offsetof(struct feed_table, reader));

	table_ready(t);
	feed_out_wake(t->out);
}

static void table_open(struct feed_table *t)
{
	rib_reader_open(t->instance->rib[t->family], &t->reader, true, table_wake);
	if (rib_reader_pending(&t->reader))
		table_ready(t);
}

/* ---- requests ---- */

static void request(struct feed_out *f, uint8_t type, const char *vrf, const struct ip_addr *a,
		bool add)
{
	struct request *r;

	if (!f->up)
		return; /* all are sent when it comes up */
	r = vec_push(&f->requests);
	r->type = type;
	r->add = add;
	memcpy(r->vrf, vrf, sizeof(r->vrf));
	if (a)
		r->addr = *a;
	feed_out_wake(f);
}

void feed_out_watch(struct feed_out *f, const struct bgp_instance *i, const struct ip_addr *a,
		bool add)
{
	request(f, FEED_NEXTHOP_WATCH, i->name, a, add);
}

void feed_out_subscribe(struct feed_out *f, const struct bgp_instance *i, bool kernel)
{
	request(f, FEED_SUBSCRIBE, i->name, NULL, kernel);
}

static bool wants_kernel_routes(const struct bgp_instance *i)
{
	return i->config->family[FAM_IPV4_UNICAST].redistribute[FEED_KERNEL].on ||
	       i->config->family[FAM_IPV6_UNICAST].redistribute[FEED_KERNEL].on;
}

static void requests_again(struct feed_out *f)
{
	f->requests.n = f->requests_done = 0;
	for (size_t n = 0; n < f->core->instances.n; n++) {
		const struct bgp_instance *i = f->core->instances.v[n];
		const struct nexthop *nh;

		if (!i)
			continue;
		for (size_t k = 0; (nh = nexthops_at(i->nexthops, k)); k++)
			feed_out_watch(f, i, &nh->addr, true);
		if (wants_kernel_routes(i))
			feed_out_subscribe(f, i, true);
	}
}

static void requests_pull(struct feed_out *f, struct wr *w)
{
	while (f->requests_done < f->requests.n && !w->failed) {
		const struct request *r = &f->requests.v[f->requests_done];
		struct feed_msg m = { .type = r->type, .add = r->add };

		memcpy(m.vrf, r->vrf, sizeof(m.vrf));
		if (r->type == FEED_NEXTHOP_WATCH)
			m.nexthop.addr = r->addr;
		else
			m.subscribe.proto = FEED_KERNEL;
		feed_encode(w, &m);
		if (!w->failed)
			f->requests_done++;
	}
	if (f->requests_done == f->requests.n)
		f->requests.n = f->requests_done = 0;
}

/* ---- routes ---- */

static bool is_local(const struct route_source *s)
{
	return s->kind != SOURCE_PEER && s->kind != SOURCE_IMPORT;
}

static bool path_hop(const struct bgp_instance *i, enum family f, const struct prefix *dest,
		uint32_t id, struct feed_nexthop *ret, bool *ret_ibgp);

/* A route of a link of this box, in the VRF where the link is. */
static bool local_hop(const struct bgp_instance *i, const struct prefix *p, struct feed_nexthop *ret)
{
	const struct local_route *local = origin_local_route(i->origin, p);

	if (!local)
		return false;
	*ret = (struct feed_nexthop){ .addr = local->gateway, .ifindex = local->ifindex, .weight = 1 };
	return true;
}

/* A route of another local VRF: the packet goes on there, the way that VRF's
 * own best route goes. */
static bool leaked_hop(const struct bgp_instance *from, enum family f, const struct prefix *p,
		struct feed_nexthop *ret, bool *ret_ibgp)
{
	const struct bgp_core *c = from->core;
	const struct rib *rib = from->rib[f];
	uint8_t key[NLRI_KEY_MAX];
	uint32_t dest;
	const struct path *best;

	nlri_key_unicast(p, key);
	dest = rib ? rib_find(rib, key) : 0;
	best = dest ? rib_best(rib, dest) : NULL;
	/* What was imported there is not exported again. */
	if (!best || c->sources.v[best->source]->kind == SOURCE_IMPORT)
		return false;
	if (is_local(c->sources.v[best->source])) {
		if (!local_hop(from, p, ret))
			return false;
	} else if (!path_hop(from, f, p, rib_dest(rib, dest)->paths, ret, ret_ibgp)) {
		return false;
	}
	if (!ret->ifindex)
		memcpy(ret->vrf, from->name, sizeof(ret->vrf));
	return true;
}

static bool peer_hop(const struct bgp_instance *i, const struct route_source *src,
		const struct ip_addr *next_hop, struct feed_nexthop *ret)
{
	const struct peer *p = src->peer;

	if (!next_hop->family)
		return false;
	ret->addr = *next_hop;
	/* A link-local address says nothing without its link. */
	if (next_hop->family == 6 && ip_is_link_local(next_hop))
		ret->ifindex = local_ifindex(i->core, i->name, p->config.interface);
	return true;
}

/* The next hop of one path; false if it can't be installed. */
static bool path_hop(const struct bgp_instance *i, enum family f, const struct prefix *dest,
		uint32_t id, struct feed_nexthop *ret, bool *ret_ibgp)
{
	const struct bgp_core *c = i->core;
	const struct path *p = rib_path(i->rib[f], id);
	const struct attrs *a = attrs_get(c->attrs, p->attrs);
	const struct ip_addr *next_hop = &attrs_next_hop(c->attrs, a->next_hop)->addr;
	const struct route_source *src = c->sources.v[p->source];
	struct vrf_origin o;
	const uint8_t *rmac;

	*ret = (struct feed_nexthop){ .weight = 1 };
	*ret_ibgp = src->ibgp;
	if (src->kind == SOURCE_PEER)
		return peer_hop(i, src, next_hop, ret);
	if (!vrf_path_origin(i, rib_path_add_path_id(i->rib[f], id), &o))
		return false;
	*ret_ibgp = c->sources.v[o.source]->ibgp;
	if (o.vrf)
		return leaked_hop(o.vrf, f, dest, ret, ret_ibgp);
	rmac = ext_community_find(attrs_part(a, PART_EXT_COMMUNITIES), 0x06, 0x03);
	if (o.family != FAM_EVPN || !next_hop->family || !rmac)
		return false; /* MPLS is not forwarded here; type 5 needs the router's MAC */
	ret->addr = *next_hop;
	ret->vni = info_get(c->infos, p->info)->label[0];
	memcpy(ret->rmac.b, rmac + 2, 6);
	return true;
}

static void route_msg(const struct feed_table *t, uint32_t dest, struct feed_msg *m)
{
	const struct bgp_core *c = t->instance->core;
	const struct rib *rib = t->instance->rib[t->family];
	const struct instance_family_config *conf = &t->instance->config->family[t->family];
	const struct path *best = rib_best(rib, dest);
	bool ibgp;

	/* The message is large and mostly its next hops: those aren't cleared. */
	memset(m, 0, offsetof(struct feed_msg, route.nexthops));
	m->type = FEED_ROUTE;
	memcpy(m->vrf, t->instance->name, sizeof(m->vrf));
	nlri_key_prefix(t->family, rib_dest(rib, dest)->key, &m->route.prefix);
	if (!best || is_local(c->sources.v[best->source]))
		return;
	for (uint32_t id = rib_dest(rib, dest)->paths; id; id = rib_used_next(rib, dest, id)) {
		if (m->route.n_nexthops < FEED_NEXTHOPS_MAX &&
				path_hop(t->instance, t->family, &m->route.prefix, id,
						&m->route.nexthops[m->route.n_nexthops], &ibgp)) {
			if (m->route.n_nexthops++ == 0)
				m->route.distance = ibgp ? conf->distance_ibgp : conf->distance_ebgp;
		}
	}
	if (!m->route.n_nexthops)
		return;
	m->add = true;
	m->route.metric = attrs_get(c->attrs, best->attrs)->med;
	m->route.tag = attrs_tag(attrs_get(c->attrs, best->attrs));
}

/* Sends what changed in one table; false if the writer is full.  Else its reader
 * waits, and will wake it. */
static bool table_pull(struct feed_table *t, struct wr *w)
{
	struct feed_msg m;

	for (;;) {
		if (t->at_id == t->n_ids) {
			t->at_id = 0;
			t->n_ids = rib_reader_read(&t->reader, t->ids, BATCH);
			if (!t->n_ids)
				return true;
		}
		route_msg(t, t->ids[t->at_id], &m);
		feed_encode(w, &m);
		if (w->failed)
			return false;
		t->at_id++;
	}
}

/* ---- instances ---- */

/* The table is about to be freed, but its VRF may stay. */
static void retire(struct feed_out *f, const struct feed_table *t)
{
	const struct rib *rib = t->instance->rib[t->family];
	struct retired *r;

	if (!f->up || core_door(f->core)->shutdown || !rib_walk(rib, 0))
		return;
	r = vec_push(&f->retired);
	memcpy(r->vrf, t->instance->name, sizeof(r->vrf));
	for (uint32_t dest = rib_walk(rib, 0); dest; dest = rib_walk(rib, dest))
		nlri_key_prefix(t->family, rib_dest(rib, dest)->key, vec_push(&r->prefixes));
	feed_out_wake(f);
}

static void retired_pull(struct feed_out *f, struct wr *w)
{
	while (f->retired.n && !w->failed) {
		struct retired *r = &f->retired.v[f->retired.n - 1];
		struct feed_msg m = { .type = FEED_ROUTE };

		memcpy(m.vrf, r->vrf, sizeof(m.vrf));
		while (r->prefixes.n) {
			m.route.prefix = r->prefixes.v[r->prefixes.n - 1];
			feed_encode(w, &m);
			if (w->failed)
				return;
			r->prefixes.n--;
		}
		vec_free(&r->prefixes);
		f->retired.n--;
	}
}

static void retired_free(struct feed_out *f)
{
	struct retired *r;

	vec_foreach(r, &f->retired)
		vec_free(&r->prefixes);
	vec_free(&f->retired);
}

static void table_remove(struct feed_out *f, struct feed_table *t)
{
	struct feed_table *last = vec_pop(&f->tables);

	retire(f, t);
	table_done(t);
	rib_reader_close(&t->reader);
	f->tables.v[t->place] = last;
	last->place = t->place;
	free(t);
}

void feed_out_instance(struct feed_out *f, struct bgp_instance *i)
{
	static const enum family unicast[2] = { FAM_IPV4_UNICAST, FAM_IPV6_UNICAST };

	if (i->removed) {
		for (int k = 2; k-- > 0;)
			if (i->feed[k])
				table_remove(f, i->feed[k]);
		return;
	}
	for (int k = 0; k < 2; k++) {
		struct feed_table *t;

		if (!i->rib[unicast[k]])
			continue;
		t = xcalloc(1, sizeof(*t));
		t->out = f;
		t->instance = i;
		t->family = unicast[k];
		t->place = f->tables.n;
		i->feed[k] = t;
		*vec_push(&f->tables) = t;
		if (f->up)
			table_open(t);
	}
	if (f->up && wants_kernel_routes(i))
		feed_out_subscribe(f, i, true);
	feed_out_wake(f);
}

/* ---- a connection's life ---- */

static bool peer_settled(const struct peer *p, mono_t now)
{
	mono_t heard;

	if (p->config.shutdown)
		return true;
	if (!peer_established(p))
		return false;
	heard = p->session->up->last_update;
	if (now - (heard ? heard : p->session->last_established_at) > SETTLE_PEER)
		return true;
	for (int f = 0; f < FAM_COUNT; f++)
		if (p->family[f].negotiated && !p->family[f].end_of_rib_received)
			return false;
	return true;
}

static bool settled(const struct feed_out *f)
{
	const struct bgp_core *c = f->core;

	if (c->now - f->born > SETTLE_MAX)
		return true;
	if (core_door(c)->work)
		return false; /* received, not yet in the tables */
	for (size_t n = 0; n < c->instances.n; n++) {
		const struct bgp_instance *i = c->instances.v[n];

		if (i && !nexthops_settled(i->nexthops))
			return false;
		for (size_t k = 0; i && k < i->peers.n; k++)
			if (!peer_settled(i->peers.v[k], c->now))
				return false;
	}
	return true;
}

static void settle_look(struct core_timer *t, struct bgp_core *c)
{
	struct feed_out *f = (struct feed_out *)((char *)t - offsetof(struct feed_out, settle));

	if (f->up && !f->end_sent) {
		feed_out_wake(f);
		core_timer_start(c, t, SETTLE_LOOK);
	}
}

/* A new connection, or none (core->feed_up is false). */
void feed_out_reset(struct feed_out *f)
{
	struct bgp_core *c = f->core;

	f->up = c->feed_up;
	f->end_sent = false;
	f->requests.n = f->requests_done = 0;
	retired_free(f);
	core_timer_stop(c, &f->settle);
	for (size_t n = 0; n < f->tables.n; n++) {
		struct feed_table *t = f->tables.v[n];

		t->n_ids = t->at_id = 0;
		table_done(t);
		rib_reader_close(&t->reader);
		if (f->up)
			table_open(t);
	}
	evpn_feed_out_reset(c->evpn);
	if (!f->up)
		return;
	if (!f->born)
		f->born = c->now;
	requests_again(f);
	core_timer_start(c, &f->settle, SETTLE_LOOK);
	feed_out_wake(f);
}

bool feed_out_pending(const struct feed_out *f)
{
	if (!f->up || !f->woken)
		return false;
	if (f->requests.n || f->retired.n || f->ready || evpn_feed_out_pending(f->core->evpn))
		return true;
	return !f->end_sent && settled(f);
}

size_t feed_out_pull(struct feed_out *f, uint8_t *buf, size_t size)
{
	struct wr w = wr_init(buf, size);
	bool drained = true;

	if (!f->up)
		return 0;
	requests_pull(f, &w);
	retired_pull(f, &w); /* before the routes of an instance of the same VRF that came since */
	drained = !f->retired.n;
	while (drained && f->ready) {
		drained = table_pull(f->ready, &w);
		if (drained)
			table_done(f->ready);
	}
	if (drained && !w.failed)
		evpn_feed_out_pull(f->core->evpn, &w);
	if (drained && !w.failed && !evpn_feed_out_pending(f->core->evpn)) {
		if (!f->end_sent && settled(f)) {
			struct feed_msg m = { .type = FEED_END, .add = true };

			feed_encode(&w, &m);
			f->end_sent = !w.failed;
		}
		f->woken = w.failed;
	}
	return wr_len(&w);
}

struct feed_out *feed_out_new(struct bgp_core *c)
{
	struct feed_out *f = xcalloc(1, sizeof(*f));

	f->core = c;
	f->settle.fire = settle_look;
	return f;
}

void feed_out_free(struct feed_out *f)
{
	if (!f)
		return;
	core_timer_stop(f->core, &f->settle);
	for (size_t n = 0; n < f->tables.n; n++) {
		rib_reader_close(&f->tables.v[n]->reader);
		free(f->tables.v[n]);
	}
	vec_free(&f->tables);
	retired_free(f);
	vec_free(&f->requests);
	free(f);
}
