/* Looking into cores that have settled: see verify.h. */
#include <stdlib.h>

#include "bgpd/core/attr_text.h"
#include "bgpd/core/nlri.h"
#include "bgpd/core/peer.h"
#include "bgpd/core/session.h"
#include "lib/base/hash.h"
#include "tests/sim/verify.h"

static struct bgp_instance *instance_of(struct sim *s, int router)
{
	return core_instance_find(sim_core(s, router), "default");
}

static struct peer *peer_of(struct sim *s, int router, int other)
{
	struct ip_addr a = sim_addr(other);

	return core_peer_find(sim_core(s, router), "default", &a, "");
}

unsigned verify_settled(struct sim *s, struct topo *t)
{
	unsigned wrong = 0;

	for (int r = 0; r < t->n; r++) {
		const struct topo_session *x;

		vec_foreach(x, &t->router[r].sessions) {
			struct topo_session *back = topo_session(t, x->other, r);
			struct peer *p = peer_of(s, r, x->other);
			bool should = back && !x->shutdown && !back->shutdown &&
				      !(x->passive && back->passive);

			if (!p || peer_established(p) != should) {
				printf("r%d: session with r%d is %s\n", r, x->other,
						p ? fsm_state_text(p->state) : "not there");
				wrong++;
			} else if (should && out_group_pending(p)) {
				printf("r%d: has still something to say to r%d\n", r, x->other);
				wrong++;
			}
		}
	}
	return wrong;
}

/* ---- adjacencies ---- */

static const struct path *path_from(const struct rib *rib, const uint8_t *key, uint16_t source)
{
	uint32_t d = rib_find(rib, key);

	for (uint32_t id = d ? rib_dest(rib, d)->paths : 0; id; id = rib_path(rib, id)->next)
		if (rib_path(rib, id)->source == source)
			return rib_path(rib, id);
	return NULL;
}

static bool span_equal(struct attr_span a, struct attr_span b)
{
	return a.len == b.len && (!a.len || memcmp(a.p, b.p, a.len) == 0);
}

static bool attrs_same(struct bgp_core *ca, uint32_t a, struct bgp_core *cb, uint32_t b)
{
	struct route_attrs x, y;
	uint8_t sent = HAS_MED | HAS_ATOMIC | HAS_ORIGINATOR;

	attrs_open(ca->attrs, a, &x);
	attrs_open(cb->attrs, b, &y);
	for (int i = 0; i < PART_COUNT; i++)
		if (!span_equal(x.part[i], y.part[i]))
			return false;
	return x.origin == y.origin && (x.has & sent) == (y.has & sent) && x.med == y.med &&
	       x.originator_id == y.originator_id && ip_equal(&x.next_hop, &y.next_hop);
}

static void complain(int a, int b, enum family f, const uint8_t *key, const char *what)
{
	struct strbuf t = { 0 };

	nlri_key_text(f, key, &t);
	printf("r%d -> r%d: %s: %s\n", a, b, sb_str(&t), what);
	sb_free(&t);
}

static unsigned verify_adjacency(struct sim *s, int a, int b, struct peer *to, struct peer *from,
		enum family f)
{
	struct rib *ra = to->instance->rib[f], *rb = from->instance->rib[f];
	struct bgp_core *ca = sim_core(s, a), *cb = sim_core(s, b);
	unsigned wrong = 0;
	uint32_t told = 0;

	for (uint32_t d = rib_walk(ra, 0); d; d = rib_walk(ra, d)) {
		const uint8_t *key = rib_dest(ra, d)->key;
		const struct path *p = path_from(rb, key, from->source);
		uint32_t attrs, info;
		uint16_t source;

		if (!out_group_told(to, f, d, &attrs, &info, &source)) {
			if (p) {
				complain(a, b, f, key, "the receiver has what the sender has not said");
				wrong++;
			}
			continue;
		}
		told++;
		if (!p) {
			complain(a, b, f, key, "the receiver lacks it");
			wrong++;
		} else if (!attrs_same(ca, attrs, cb, p->attrs_in)) {
			complain(a, b, f, key, "attributes differ");
			wrong++;
		}
		attrs_unref(ca->attrs, attrs);
	}
	if (from->family[f].received != told) {
		printf("r%d -> r%d: %s: %u routes told, %u counted at the receiver\n", a, b,
				families[f].name, told, from->family[f].received);
		wrong++;
	}
	if (to->family[f].advertised != told) {
		printf("r%d -> r%d: %s: %u routes told, %u counted at the sender\n", a, b,
				families[f].name, told, to->family[f].advertised);
		wrong++;
	}
	return wrong;
}

unsigned verify_adjacencies(struct sim *s, struct topo *t)
{
	unsigned wrong = 0;

	for (int a = 0; a < t->n; a++)
		for (int b = 0; b < t->n; b++) {
			struct peer *to = a != b ? peer_of(s, a, b) : NULL;
			struct peer *from = a != b ? peer_of(s, b, a) : NULL;

			if (!to || !from || !peer_established(to) || !peer_established(from))
				continue;
			for (int f = 0; f < FAM_COUNT; f++)
				if (to->family[f].negotiated)
					wrong += verify_adjacency(s, a, b, to, from, (enum family)f);
		}
	return wrong;
}

/* ---- best routes ---- */

static bool path_is(struct attr_span span, const struct ref_route *x)
{
	unsigned n = 0;

	for (unsigned at = 0; at + 2 <= span.len;) {
		unsigned count = span.p[at + 1];

		for (unsigned i = 0; i < count; i++, n++) {
			const uint8_t *v = span.p + at + 2 + 4 * i;
			uint32_t as = (uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 |
				      (uint32_t)v[2] << 8 | v[3];

			if (n >= x->n_path || x->path[n] != as)
				return false;
		}
		at += 2 + 4 * count;
	}
	return n == x->n_path;
}

static int router_of(const struct bgp_core *c, uint16_t source)
{
	const struct route_source *src = c->sources.v[source];

	return src->kind == SOURCE_PEER ? (int)((ip4_u32(&src->addr) >> 8) & 0xffff) - 1 : -1;
}

static void show_route(const struct ref_route *x)
{
	printf("  wanted: from r%d, path", x->from);
	for (unsigned i = 0; i < x->n_path; i++)
		printf(" %u", x->path[i]);
	printf("\n");
}

static unsigned verify_one(struct sim *s, const struct reference *r, int router, unsigned prefix)
{
	struct bgp_core *c = sim_core(s, router);
	struct rib *rib = instance_of(s, router)->rib[FAM_IPV4_UNICAST];
	const struct ref_route *x = reference_best(r, router, prefix);
	struct prefix p = topo_prefix(prefix);
	char text[PREFIX_TEXT_MAX];
	const struct path *best;
	struct strbuf t = { 0 };
	uint8_t key[NLRI_KEY_MAX];
	uint32_t d;

	nlri_key_unicast(&p, key);
	d = rib_find(rib, key);
	best = d ? rib_best(rib, d) : NULL;
	if (!best && !x->valid)
		return 0;
	if (best && x->valid && router_of(c, best->source) == x->from &&
			path_is(attrs_part(attrs_get(c->attrs, best->attrs), PART_AS_PATH), x))
		return 0;
	printf("r%d: %s: ", router, prefix_text(&p, text));
	if (best) {
		as_path_text(attrs_part(attrs_get(c->attrs, best->attrs), PART_AS_PATH), &t);
		printf("from r%d, path %s\n", router_of(c, best->source), sb_str(&t));
		sb_free(&t);
	} else {
		printf("no route\n");
	}
	if (x->valid)
		show_route(x);
	return 1;
}

unsigned verify_best(struct sim *s, const struct reference *r)
{
	unsigned wrong = 0;

	for (int router = 0; router < r->n; router++)
		for (unsigned p = 0; p < r->n_prefixes; p++)
			wrong += verify_one(s, r, router, p);
	return wrong;
}

uint64_t verify_digest(struct sim *s)
{
	uint64_t sum = 0;

	for (int n = 0; n < (int)s->routers.n; n++) {
		struct bgp_core *c = sim_core(s, n);
		struct rib *rib = instance_of(s, n)->rib[FAM_IPV4_UNICAST];

		for (uint32_t d = rib_walk(rib, 0); d; d = rib_walk(rib, d)) {
			const struct path *best = rib_best(rib, d);
			struct attr_span path;
			uint64_t h;

			if (!best)
				continue;
			path = attrs_part(attrs_get(c->attrs, best->attrs), PART_AS_PATH);
			h = hash_bytes((uint64_t)n, rib_dest(rib, d)->key,
					families[FAM_IPV4_UNICAST].key_size);
			h = hash_bytes(h, path.p, path.len);
			sum += hash_u64(h, (uint64_t)(unsigned)router_of(c, best->source));
		}
	}
	return sum;
}
