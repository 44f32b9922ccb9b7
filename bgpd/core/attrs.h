/* Path attributes.  Two forms: `struct route_attrs`, open and editable, its
 * variable parts pointing into someone's memory; and `struct attrs`, interned:
 * immutable, compact, shared by all routes that have the same, named by a
 * 32-bit id.  A route keeps two ids, as received and after policy. */
#ifndef WEFT_BGPD_CORE_ATTRS_H
#define WEFT_BGPD_CORE_ATTRS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/addr.h"

enum attr_origin { ORIGIN_IGP = 0, ORIGIN_EGP = 1, ORIGIN_INCOMPLETE = 2 };

/* IANA attribute type codes. */
enum attr_code {
	ATTR_ORIGIN = 1, ATTR_AS_PATH = 2, ATTR_NEXT_HOP = 3, ATTR_MED = 4, ATTR_LOCAL_PREF = 5,
	ATTR_ATOMIC_AGGREGATE = 6, ATTR_AGGREGATOR = 7, ATTR_COMMUNITIES = 8,
	ATTR_ORIGINATOR_ID = 9, ATTR_CLUSTER_LIST = 10, ATTR_MP_REACH = 14, ATTR_MP_UNREACH = 15,
	ATTR_EXT_COMMUNITIES = 16, ATTR_AS4_PATH = 17, ATTR_AS4_AGGREGATOR = 18,
	ATTR_PMSI_TUNNEL = 22, ATTR_AIGP = 26, ATTR_LARGE_COMMUNITIES = 32, ATTR_OTC = 35,
};

/* Parts of variable length, bytes as on the wire (AS numbers always 4 bytes). */
enum attr_part {
	PART_AS_PATH,	       /* segments: type, count, ASes */
	PART_COMMUNITIES,      /* 4 bytes each, RFC 1997 */
	PART_EXT_COMMUNITIES,  /* 8 bytes each, RFC 4360 */
	PART_LARGE_COMMUNITIES,/* 12 bytes each, RFC 8092 */
	PART_CLUSTER_LIST,     /* 4 bytes each, RFC 4456 */
	PART_AGGREGATOR,       /* AS (4), address (4) */
	PART_PMSI,	       /* RFC 6514 section 5 */
	PART_OTHER,	       /* attributes that we only pass on: flags, code, u16 length, value */
	PART_COUNT,
};

/* In `has`. */
#define HAS_MED 0x01
#define HAS_LOCAL_PREF 0x02
#define HAS_ATOMIC 0x04
#define HAS_ORIGINATOR 0x08
#define HAS_WEIGHT 0x10 /* local to this router, never sent */
#define HAS_TAG 0x20	/* likewise */
#define HAS_MED_SET 0x80 /* an outbound policy chose the MED: it goes to external peers, too */
#define HAS_NEXT_HOP_SET 0x40 /* an outbound policy chose the next hop: send it as it is */

struct attr_span {
	const uint8_t *p;
	uint16_t len;
};

struct route_attrs {
	uint8_t has, origin;
	uint32_t med, local_pref, originator_id /* host order */, weight, tag;
	struct ip_addr next_hop;	    /* family 0: none (a locally originated route) */
	struct ip_addr next_hop_link_local; /* IPv6 only; family 0 if none */
	struct attr_span part[PART_COUNT];
};

/* Interned.  Read through the functions below or the fields; never write. */
struct attrs {
	uint32_t refs, hash;
	uint32_t next_hop;    /* id: attrs_next_hop() */
	uint32_t med, local_pref; /* as present; else 0 */
	uint32_t neighbor_as; /* first AS of the path, 0 if empty or a set (RFC 4271 9.1.2.2 (c)) */
	uint16_t as_hops;     /* length of the path as decision counts it: a set is 1, confed 0 */
	uint8_t has, origin;
	uint16_t end[PART_COUNT]; /* where each part ends in data */
	uint8_t data[];	      /* the parts in order, then originator, weight, tag if present */
};

struct attrs_next_hop {
	struct ip_addr addr, link_local;
};

struct attrs_table;

struct attrs_table *attrs_table_new(uint64_t seed);
void attrs_table_free(struct attrs_table *t);

/* The id of the set with these attributes, with one reference for the caller;
 * never 0.  Ids are not dense.  The parts may have 65,535 bytes together. */
uint32_t attrs_intern(struct attrs_table *t, const struct route_attrs *a);
static inline void attrs_ref(struct attrs_table *t, uint32_t id);   /* id 0: nothing */
static inline void attrs_unref(struct attrs_table *t, uint32_t id); /* id 0: nothing */
static inline const struct attrs *attrs_get(const struct attrs_table *t, uint32_t id);
/* The editable form; its parts point into the interned set, so hold a
 * reference while using it. */
void attrs_open(const struct attrs_table *t, uint32_t id, struct route_attrs *ret);
uint32_t attrs_originator(const struct attrs *a); /* 0 if absent */
uint32_t attrs_weight(const struct attrs *a);
uint32_t attrs_tag(const struct attrs *a);

static inline struct attr_span attrs_part(const struct attrs *a, enum attr_part p)
{
	uint16_t from = p ? a->end[p - 1] : 0;

	return (struct attr_span){ a->data + from, (uint16_t)(a->end[p] - from) };
}

/* Next hops are numbered 1 .. attrs_next_hop_count(); ids are reused only after
 * the last attribute set with it is gone. */
const struct attrs_next_hop *attrs_next_hop(const struct attrs_table *t, uint32_t nh);
uint32_t attrs_next_hop_count(const struct attrs_table *t); /* highest id in use */
uint32_t attrs_next_hop_find(const struct attrs_table *t, const struct ip_addr *addr); /* 0: none */

uint32_t attrs_live(const struct attrs_table *t);  /* sets in use */
size_t attrs_bytes(const struct attrs_table *t);   /* memory held */

/* ---- inside, for speed: each route refers to several sets ---- */

#define ATTRS_UNIT 8u	       /* bytes */
#define ATTRS_BLOCK_BITS 17    /* units a block */
#define ATTRS_DYING (1u << 31) /* in refs: see attrs.c */

struct attrs_blocks { /* what a struct attrs_table begins with */
	uint8_t **blocks;
};

void attrs_last_ref_gone(struct attrs_table *t, uint32_t id);

static inline struct attrs *attrs_at_(const struct attrs_table *t, uint32_t id)
{
	uint8_t *block = ((const struct attrs_blocks *)(const void *)t)->blocks[id >> ATTRS_BLOCK_BITS];

	return (struct attrs *)(void *)(block +
					(size_t)(id & ((1u << ATTRS_BLOCK_BITS) - 1)) * ATTRS_UNIT);
}

static inline const struct attrs *attrs_get(const struct attrs_table *t, uint32_t id)
{
	return attrs_at_(t, id);
}

/* Always inline: see rib_hash_prefetch(). */
__attribute__((always_inline)) static inline void attrs_prefetch(const struct attrs_table *t,
		uint32_t id)
{
	if (id)
		__builtin_prefetch(attrs_at_(t, id), 1);
}

static inline void attrs_ref(struct attrs_table *t, uint32_t id)
{
	if (id)
		attrs_at_(t, id)->refs++;
}

/* n references, of an id that is not 0. */
static inline void attrs_unref_n(struct attrs_table *t, uint32_t id, uint32_t n)
{
	struct attrs *s = attrs_at_(t, id);

	assert((s->refs & ~ATTRS_DYING) >= n);
	s->refs -= n;
	if (!(s->refs & ~ATTRS_DYING))
		attrs_last_ref_gone(t, id);
}

static inline void attrs_unref(struct attrs_table *t, uint32_t id)
{
	if (id)
		attrs_unref_n(t, id, 1);
}

/* References that are given back one after the other, many of them to the same set:
 * neighbours in a table mostly share theirs. */
struct attrs_run {
	uint32_t id, n; /* id 0: none so far */
};

static inline void attrs_unref_end(struct attrs_table *t, struct attrs_run *r)
{
	if (r->id)
		attrs_unref_n(t, r->id, r->n);
	r->id = 0;
}

static inline void attrs_unref_run(struct attrs_table *t, struct attrs_run *r, uint32_t id)
{
	if (id == r->id) {
		r->n++;
		return;
	}
	attrs_prefetch(t, id);
	attrs_unref_end(t, r);
	*r = (struct attrs_run){ id, 1 };
}

#endif
