/* From what is to be said to UPDATEs: routes with the same attributes go
 * together, whatever the order in which they changed; each set of attributes
 * is encoded once. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/nlri.h"
#include "bgpd/core/out_private.h"
#include "bgpd/core/update.h"
#include "lib/base/xalloc.h"

#define INDEX 8192 /* slots, more than items in a window */
#define ATTRS_MAX 65536

struct bucket {
	uint32_t attrs, first, last; /* items, index + 1 */
	uint16_t source, source_class, skip, only;
};

struct out_encoder {
	uint16_t index[INDEX]; /* bucket + 1 */
	uint32_t slots;	       /* of it that are in use: a power of two */
	VEC(struct bucket) buckets;
	struct transform transform;
	uint8_t attrs[ATTRS_MAX];
};

struct out_encoder *out_encoder_new(void)
{
	struct out_encoder *e = xcalloc(1, sizeof(*e));

	e->transform.scratch = xmalloc(TRANSFORM_ROOM);
	return e;
}

void out_encoder_free(struct out_encoder *e)
{
	free(e->transform.scratch);
	vec_free(&e->buckets);
	free(e);
}

/* ---- buckets ---- */

static bool bucket_fits(const struct bucket *b, const struct out_item *i, uint16_t source_class)
{
	return b->attrs == i->attrs && b->source_class == source_class && b->skip == i->skip &&
	       b->only == i->only;
}

static struct bucket *bucket_of(struct out_encoder *e, const struct out_item *i,
		uint16_t source_class)
{
	uint32_t mask = e->slots - 1;
	uint32_t slot = (i->attrs * 2654435761u + source_class * 40503u + i->skip * 31u + i->only) &
			mask;
	struct bucket *b;

	for (; e->index[slot]; slot = (slot + 1) & mask) {
		b = &e->buckets.v[e->index[slot] - 1];
		if (bucket_fits(b, i, source_class))
			return b;
	}
	b = vec_push(&e->buckets);
	*b = (struct bucket){ i->attrs, 0, 0, i->source, source_class, i->skip, i->only };
	e->index[slot] = (uint16_t)e->buckets.n;
	return b;
}

/* Neighbours mostly go into the same bucket. */
static inline bool is_like(const struct out_item *a, const struct out_item *b)
{
	return a->attrs == b->attrs && a->skip == b->skip && a->only == b->only &&
	       (a->source == b->source || !a->attrs);
}

static void fill_buckets(struct out_encoder *e, const struct out_group *g, struct out_item *items,
		uint32_t n)
{
	uint16_t source_class = 0, source = 0;

	/* One route is the common case: it must not wipe 16 KB of the processor's cache. */
	for (e->slots = 16; e->slots < 2 * n && e->slots < INDEX;)
		e->slots *= 2;
	e->buckets.n = 0;
	memset(e->index, 0, e->slots * sizeof(*e->index));
	for (uint32_t i = 0; i < n;) {
		const struct out_item *first = &items[i];
		struct bucket *b;

		if (!first->attrs) {
			source_class = source = 0;
		} else if (first->source != source) {
			source = first->source;
			source_class = out_source_class(g, source);
		}
		b = bucket_of(e, first, source_class);
		if (b->last)
			items[b->last - 1].next = i + 1;
		else
			b->first = i + 1;
		for (i++; i < n && is_like(&items[i], first); i++)
			items[i - 1].next = i + 1;
		items[i - 1].next = 0;
		b->last = i;
	}
}

/* ---- messages ---- */

static const uint8_t *item_key(const struct out_group *g, const struct out_item *i)
{
	static const uint8_t zero[NLRI_KEY_MAX];

	return i->dest ? dest_at(g->all->rib, i->dest)->key : zero;
}

static void add_record(struct out_chunk *c, const struct bucket *b, size_t len, size_t own)
{
	struct out_record *r = vec_push(&c->records);

	*r = (struct out_record){ (uint32_t)c->bytes.n, (uint16_t)len, (uint16_t)own, b->skip,
		b->only };
	c->bytes.n += len;
}

static void encode_withdraw(const struct encode_view *v, const struct out_group *g,
		const struct bucket *b, const struct out_item *items, struct out_chunk *c)
{
	uint32_t at = b->first;

	while (at) {
		struct update_out o;

		vec_reserve(&c->bytes, v->max_message);
		if (!update_out_withdraw(&o, c->bytes.v + c->bytes.n, v->max_message, v, g->all->family))
			assert(false);
		while (at && update_out_add(&o, item_key(g, &items[at - 1]), 0, NULL))
			at = items[at - 1].next;
		add_record(c, b, update_out_end(&o), 0);
	}
}

/* Where the next hop stands in a message that begins at p. */
static size_t next_hop_place(const uint8_t *p, const struct update_out *o, const uint8_t *attrs,
		enum family f)
{
	size_t at = 0;

	if (o->mp) {
		const uint8_t *mp = o->mp;
		size_t header = mp[0] & 0x10 ? 4 : 3; /* extended length */
		size_t rd = f == FAM_IPV4_VPN || f == FAM_IPV6_VPN ? 8 : 0;

		return (size_t)(mp - p) + header + 4 + rd;
	}
	while (attrs[at + 1] != ATTR_NEXT_HOP)
		at += attrs[at] & 0x10 ? 4u + ((size_t)attrs[at + 2] << 8 | attrs[at + 3]) :
					 3u + attrs[at + 2];
	return MSG_HEADER_SIZE + 4 + at + 3;
}

/* False: the attributes leave no room. */
static bool encode_reach(struct out_encoder *e, const struct encode_view *v, struct out_group *g,
		const struct bucket *b, const struct out_item *items, struct out_chunk *c)
{
	const struct info_table *infos = g->all->instance->core->infos;
	struct transform *t = &e->transform;
	struct wr w = wr_init(e->attrs, sizeof(e->attrs));
	enum family f = g->all->family;
	uint32_t at = b->first;

	out_transform(t, g, b->attrs, b->source);
	update_encode_attrs(&w, v, f, &t->a);
	if (w.failed)
		return false;
	while (at) {
		struct update_out o;
		uint8_t *p;
		size_t own, len;

		vec_reserve(&c->bytes, v->max_message);
		p = c->bytes.v + c->bytes.n;
		if (!update_out_reach(&o, p, v->max_message, v, f, e->attrs, wr_len(&w), &t->a.next_hop,
				    &t->a.next_hop_link_local))
			return false;
		while (at) {
			const struct out_item *i = &items[at - 1];

			if (!update_out_add(&o, item_key(g, i), 0, info_get(infos, i->info)))
				break;
			at = i->next;
		}
		assert(o.n);
		own = t->own_next_hop ? next_hop_place(p, &o, e->attrs, f) : 0;
		len = update_out_end(&o);
		assert(!own || !memcmp(p + own, t->a.next_hop.b, ip_bytes(&t->a.next_hop)));
		add_record(c, b, len, own);
	}
	return true;
}

static void give_up(const struct encode_view *v, struct out_group *g, const struct bucket *b,
		const struct out_item *items, struct out_chunk *c)
{
	static const struct sent none;
	unsigned n = 0;

	for (uint32_t at = b->first; at; at = items[at - 1].next, n++)
		if (items[at - 1].dest)
			out_sent_set(&g->sent, items[at - 1].dest, none);
	core_log(g->all->instance->core, 4 /* warning */,
			"%u %s routes are not announced: their attributes do not fit a message of %u bytes",
			n, families[g->all->family].name, v->max_message);
	encode_withdraw(v, g, b, items, c);
}

void out_encode(struct out_encoder *e, struct out_group *g, struct out_item *items, uint32_t n,
		struct out_chunk *c)
{
	const struct out_key *k = &g->key;
	struct encode_view v = { .as4 = k->as4, .ibgp = k->ibgp || k->confed,
		.default_local_pref = k->default_local_pref, .max_message = (uint16_t)k->max_message };
	const struct bucket *b;

	fill_buckets(e, g, items, n);
	vec_foreach(b, &e->buckets)
		if (!b->attrs)
			encode_withdraw(&v, g, b, items, c);
	vec_foreach(b, &e->buckets)
		if (b->attrs && !encode_reach(e, &v, g, b, items, c))
			give_up(&v, g, b, items, c);
}
