/* EVPN: what the attributes of a remote route say: which VNIs import it, by its
 * route targets, and what overlayd would be told by it.  Routes of a VTEP and VNI
 * share their attributes and come together, so what the last ones said is kept. */
#include <string.h>

#include "bgpd/core/evpn_private.h"

/* ---- route targets ---- */

/* Automatic route targets are compared without the AS, so that fabrics of
 * several ASes need no configuration, as is the field's habit. */
static uint64_t rt_without_as(uint64_t rt)
{
	return rt & 0xffff0000ffffffffu;
}

static int index_compare(const void *a, const void *b)
{
	const struct evpn_rt_vni *x = a, *y = b;

	if (x->rt != y->rt)
		return x->rt < y->rt ? -1 : 1;
	return x->vni < y->vni ? -1 : x->vni > y->vni;
}

void evpn_saying_index(struct evpn_saying *s, const struct evpn *e)
{
	size_t n = 0;

	s->index.n = 0;
	for (size_t k = 0; k < e->vnis.n; k++) {
		const struct evpn_vni *v = e->vnis.v[k];

		for (size_t t = 0; v->advertised && t < v->rt_import.rt.n; t++)
			*vec_push(&s->index) = (struct evpn_rt_vni){ v->rt_import_auto ?
						rt_without_as(v->rt_import.rt.v[t]) :
						v->rt_import.rt.v[t],
				v->vni };
	}
	if (s->index.n)
		qsort(s->index.v, s->index.n, sizeof(*s->index.v), index_compare);
	for (size_t k = 0; k < s->index.n; k++)
		if (n == 0 || index_compare(&s->index.v[n - 1], &s->index.v[k]) != 0)
			s->index.v[n++] = s->index.v[k];
	s->index.n = n;
}

/* Adds the VNIs that import rt; returns whether there were any. */
static bool vnis_add(struct evpn_saying *s, uint64_t rt)
{
	struct evpn_rt_vni key = { rt, 0 };
	size_t lo = 0, hi = s->index.n, before = s->vnis.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (index_compare(&s->index.v[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < s->index.n && s->index.v[lo].rt == rt; lo++)
		*vec_push(&s->vnis) = s->index.v[lo].vni;
	return s->vnis.n > before;
}

static int vni_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void vnis_find(struct evpn_saying *s, const struct attrs *a)
{
	struct attr_span c = attrs_part(a, PART_EXT_COMMUNITIES);
	unsigned targets = 0;
	size_t n = 0;

	s->vnis.n = 0;
	for (unsigned at = 0; at + 8 <= c.len; at += 8) {
		uint64_t rt = 0;

		if (c.p[at] > 2 || c.p[at + 1] != 2)
			continue;
		for (int b = 0; b < 8; b++)
			rt = rt << 8 | c.p[at + b];
		targets += vnis_add(s, rt);
		if (c.p[at] == 0)
			targets += vnis_add(s, rt_without_as(rt));
	}
	if (targets < 2)
		return;
	qsort(s->vnis.v, s->vnis.n, sizeof(s->vnis.v[0]), vni_compare);
	for (size_t i = 0; i < s->vnis.n; i++)
		if (n == 0 || s->vnis.v[n - 1] != s->vnis.v[i])
			s->vnis.v[n++] = s->vnis.v[i];
	s->vnis.n = n;
}

/* ---- what overlayd would be told ---- */

static uint8_t told_flags(const struct attrs *a, bool sticky)
{
	struct attr_span s = attrs_part(a, PART_EXT_COMMUNITIES);
	const uint8_t *nd = ext_community_find(s, 0x06, 0x08);

	return (sticky ? FEED_MAC_STICKY : 0) |
	       (ext_community_find(s, 0x03, 0x0d) ? FEED_MAC_GATEWAY : 0) |
	       (nd && (nd[2] & 1) ? FEED_MAC_ROUTER : 0);
}

static void told_find(struct evpn_saying *s, const struct attrs_table *t, const struct attrs *a)
{
	bool sticky;

	s->told = (struct evpn_told){ .present = a->next_hop != 0 };
	if (!a->next_hop)
		return;
	s->told.seq = evpn_mobility(a, &sticky);
	s->told.flags = told_flags(a, sticky);
	s->told.vtep = attrs_next_hop(t, a->next_hop)->addr;
}

/* ---- the last ones ---- */

static void remember(struct evpn_saying *s, const struct evpn *e, uint32_t attrs)
{
	attrs_ref(e->core->attrs, attrs);
	attrs_unref(e->core->attrs, s->attrs);
	s->attrs = attrs;
	s->vnis_known = s->told_known = false;
}

void evpn_saying_vnis(struct evpn_saying *s, const struct evpn *e, uint32_t attrs)
{
	if (s->attrs != attrs)
		remember(s, e, attrs);
	if (!s->vnis_known)
		vnis_find(s, attrs_get(e->core->attrs, attrs));
	s->vnis_known = true;
}

const struct evpn_told *evpn_saying_told(struct evpn_saying *s, const struct evpn *e, uint32_t attrs)
{
	if (s->attrs != attrs)
		remember(s, e, attrs);
	if (!s->told_known)
		told_find(s, e->core->attrs, attrs_get(e->core->attrs, attrs));
	s->told_known = true;
	return &s->told;
}

void evpn_saying_forget(struct evpn_saying *s, const struct evpn *e)
{
	if (s->attrs)
		remember(s, e, 0);
}

void evpn_saying_fini(struct evpn_saying *s)
{
	vec_free(&s->index);
	vec_free(&s->vnis);
}
