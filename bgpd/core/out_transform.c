/* Attributes as a kind of peer must get them: what the protocol demands, after
 * the policy has had its say.  Done once for each set of attributes in a chunk;
 * the result is not kept.
 * Sources: RFC 4271 section 5.1; RFC 4456 section 8; RFC 5065 section 5;
 * RFC 4360 section 6 (transitivity); RFC 7947 section 2.2 (route servers);
 * RFC 8326 section 3. */
#include <string.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/out_private.h"

static uint8_t *room(struct transform *t, size_t n)
{
	uint8_t *p = t->scratch + t->used;

	t->used += n;
	return p;
}

static const struct route_source *source_of(const struct out_group *g, uint16_t source)
{
	const struct bgp_core *c = g->all->instance->core;

	return source < c->sources.n ? c->sources.v[source] : NULL;
}

static bool learned_internally(const struct route_source *s)
{
	return s && s->kind == SOURCE_PEER && s->ibgp;
}

/* ---- AS path ---- */

static void prepend(struct transform *t, enum as_segment type, uint32_t as)
{
	struct attr_span *path = &t->a.part[PART_AS_PATH];

	*path = as_path_prepend(*path, (uint8_t)type, as, 1, room(t, AS_PATH_ROOM(path->len, 1)));
}

static void path_external(struct transform *t, const struct out_key *k)
{
	struct attr_span *path = &t->a.part[PART_AS_PATH];
	uint32_t as = k->confed_as ? k->confed_as : k->as;

	if (as_path_has_confed(*path))
		*path = as_path_strip_confed(*path, room(t, AS_PATH_ROOM(path->len, 0)));
	if (k->rs_client || k->as_path_unchanged)
		return;
	if (k->remove_private || k->remove_private_all)
		*path = as_path_remove_private(*path, k->remove_private_all,
				k->remove_private_replace ? as : 0, k->remote_as, room(t, AS_PATH_ROOM(path->len, 0)));
	if (k->as_override && as_path_count(*path, k->remote_as))
		*path = as_path_replace(*path, k->remote_as, as, room(t, AS_PATH_ROOM(path->len, 0)));
	/* local-as: the peer sees both numbers, or only that one. */
	if (k->local_as != as && k->local_as != k->as) {
		if (!k->local_as_replace)
			prepend(t, AS_SEQUENCE, as);
		prepend(t, AS_SEQUENCE, k->local_as);
		return;
	}
	prepend(t, AS_SEQUENCE, as);
}

/* ---- reflection ---- */

static void reflect(struct transform *t, const struct out_key *k, const struct route_source *s)
{
	struct attr_span *clusters = &t->a.part[PART_CLUSTER_LIST];
	uint8_t *p = room(t, clusters->len + 4u);

	if (!(t->a.has & HAS_ORIGINATOR)) {
		t->a.has |= HAS_ORIGINATOR;
		t->a.originator_id = s->router_id;
	}
	wr_put32(p, k->cluster_id);
	if (clusters->len)
		memcpy(p + 4, clusters->p, clusters->len);
	*clusters = (struct attr_span){ p, (uint16_t)(clusters->len + 4) };
}

/* ---- next hop ---- */

static bool next_hop_is_ours(const struct transform *t, const struct out_group *g,
		const struct route_source *s)
{
	const struct out_key *k = &g->key;
	enum family f = g->all->family;

	if (!t->a.next_hop.family)
		return true; /* made here, or a policy asked for our own */
	if (f == FAM_IPV4_UNICAST && t->a.next_hop.family == 6 && !k->extended_next_hop)
		return true; /* it can't be said otherwise */
	if (t->a.has & HAS_NEXT_HOP_SET)
		return false;
	if (k->next_hop_self_force)
		return true;
	if (k->next_hop_self)
		return !(k->ibgp && learned_internally(s));
	if (k->ibgp || k->confed || k->next_hop_unchanged || k->rs_client)
		return false;
	/* Who stands in as next hop of a labelled or EVPN route must forward by its
	 * label, so only on request. */
	return f == FAM_IPV4_UNICAST || f == FAM_IPV6_UNICAST;
}

static void next_hop(struct transform *t, const struct out_group *g, const struct route_source *s)
{
	t->own_next_hop = next_hop_is_ours(t, g, s);
	if (t->own_next_hop)
		out_own_next_hop(g->members.v[0]->peer, g->all->family, &t->a.next_hop,
				&t->a.next_hop_link_local);
	else /* it means nothing on another link (RFC 2545 section 3) */
		t->a.next_hop_link_local = (struct ip_addr){ 0 };
}

/* ---- communities ---- */

static void strip_non_transitive(struct transform *t)
{
	struct attr_span *s = &t->a.part[PART_EXT_COMMUNITIES];
	uint8_t *p;
	uint16_t n = 0;

	if (!s->len)
		return;
	p = room(t, s->len);
	for (unsigned at = 0; at + 8 <= s->len; at += 8)
		if (!(s->p[at] & 0x40)) {
			memcpy(p + n, s->p + at, 8);
			n += 8;
		}
	*s = (struct attr_span){ p, n };
}

static void graceful_shutdown(struct transform *t, const struct out_key *k)
{
	struct attr_span *s = &t->a.part[PART_COMMUNITIES];
	uint8_t *p;

	if (k->ibgp) {
		t->a.has |= HAS_LOCAL_PREF;
		t->a.local_pref = 0;
	}
	p = room(t, s->len + 4u);
	wr_put32(p, 0xffff0000u); /* GRACEFUL_SHUTDOWN: the least of the well-known ones */
	if (s->len)
		memcpy(p + 4, s->p, s->len);
	*s = (struct attr_span){ p, (uint16_t)(s->len + 4) };
}

void out_transform(struct transform *t, const struct out_group *g, uint32_t attrs, uint16_t source)
{
	const struct out_key *k = &g->key;
	const struct route_source *s = source_of(g, source);

	t->used = 0;
	attrs_open(g->all->instance->core->attrs, attrs, &t->a);
	next_hop(t, g, s);
	if (out_is_external(k)) {
		/* RFC 4271 5.1.4: a neighbour's MED is not for the next AS. */
		if (!(t->a.has & HAS_MED_SET) && !k->med_unchanged && !k->rs_client && s &&
				(s->kind == SOURCE_PEER || s->kind == SOURCE_IMPORT))
			t->a.has &= (uint8_t)~HAS_MED;
		t->a.has &= (uint8_t) ~(HAS_LOCAL_PREF | HAS_ORIGINATOR);
		t->a.part[PART_CLUSTER_LIST].len = 0;
		path_external(t, k);
		strip_non_transitive(t);
	} else if (k->confed) {
		t->a.has &= (uint8_t)~HAS_ORIGINATOR;
		t->a.part[PART_CLUSTER_LIST].len = 0;
		prepend(t, AS_CONFED_SEQUENCE, k->as);
	} else if (learned_internally(s)) {
		reflect(t, k, s);
	}
	if (k->graceful_shutdown)
		graceful_shutdown(t, k);
	if (!k->communities)
		t->a.part[PART_COMMUNITIES].len = 0;
	if (!k->ext_communities)
		t->a.part[PART_EXT_COMMUNITIES].len = 0;
	if (!k->large_communities)
		t->a.part[PART_LARGE_COMMUNITIES].len = 0;
	t->a.has &= (uint8_t) ~(HAS_WEIGHT | HAS_TAG | HAS_NEXT_HOP_SET | HAS_MED_SET);
}
