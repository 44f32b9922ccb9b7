/* Between the parts of UPDATE decoding: update.c goes through the message,
 * update_attr.c has a table row for each attribute, update_mp.c reads
 * MP_REACH_NLRI and MP_UNREACH_NLRI. */
#ifndef WEFT_BGPD_CORE_UPDATE_PRIVATE_H
#define WEFT_BGPD_CORE_UPDATE_PRIVATE_H

#include "bgpd/core/update.h"

#define FLAG_OPTIONAL 0x80
#define FLAG_TRANSITIVE 0x40
#define FLAG_PARTIAL 0x20
#define FLAG_EXTENDED 0x10

/* All parts of a set together: what attrs_intern() can keep, with a reserve
 * for what policy adds. */
#define PARTS_MAX 50000

/* One attribute being read. */
struct attr {
	const uint8_t *start; /* of its flags */
	size_t size;	      /* with flags, code and length */
	uint8_t flags, code;
	struct rd r;	      /* its value */
};

/* One UPDATE being read. */
struct decoding {
	struct update *u;
	const struct session_view *s;
	struct ip_addr next_hop;       /* NEXT_HOP */
	struct attr next_hop_attr;
	struct attr_span as4_path, as4_aggregator;
	bool aggregator_is_trans;
	struct update_field reach, unreach; /* of MP_REACH, MP_UNREACH */
	struct attr reach_attr;
	bool has_reach, has_unreach;
	uint16_t other_len;
	uint8_t *other;		       /* attributes to pass on, gathered here */
	uint64_t unknown_seen[4];      /* a bit per code */
};

/* Reads the value; false if it is malformed, with *why perhaps set to words
 * better than "malformed". */
typedef bool attr_decode_fn(struct decoding *d, struct attr *a, const char **why);

attr_decode_fn update_mp_reach_decode, update_mp_unreach_decode;

/* Takes one attribute, with its verdict if it is bad. */
void update_attr_decode(struct decoding *d, struct attr *a);

static inline uint8_t *update_scratch(struct update *u, size_t n)
{
	uint8_t *p = u->scratch + u->scratch_used;

	u->scratch_used += n; /* update_decode() made room for the most there can be */
	return p;
}

static inline bool session_internal(const struct session_view *s)
{
	return s->ibgp || s->confed;
}

/* Takes over a verdict, its NOTIFICATION and its words, if it is worse than
 * what is there already. */
void update_blame(struct update *u, enum upd_verdict v, uint8_t subcode, const void *data,
		size_t len, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

#endif
