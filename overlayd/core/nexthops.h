/* Between nexthops.c, leaves.c and groups.c (objects of the kernel) and specs.c
 * (lists of next hops, and what they resolve to). */
#ifndef WEFT_OVERLAYD_NEXTHOPS_H
#define WEFT_OVERLAYD_NEXTHOPS_H

#include "overlayd/core/state.h"

static inline uint32_t kid_hash(const struct overlay_core *c, uint32_t kid)
{
	return hash32(hash_u64(c->seed, kid));
}

/* An id that is no leaf's and no group's yet. */
uint32_t kid_new(struct overlay_core *c);
uint32_t leaf_by_kid(const struct overlay_core *c, uint32_t kid);

/* A reference to the leaf with this content; family is that of a hop without
 * a gateway. */
uint32_t leaf_ref(struct overlay_core *c, uint8_t family, const struct khop *hop, bool onlink);
void leaf_unref(struct overlay_core *c, uint32_t id);
void leaf_put(struct overlay_core *c, uint32_t id);
/* What the kernel says of one. */
void leaf_actual(struct overlay_core *c, const struct knexthop *k);
void group_actual(struct overlay_core *c, const struct knexthop *k);
/* Does a group that is in the kernel name it? */
bool leaf_is_in_group(const struct overlay_core *c, const struct leaf *l);
void groups_leaf_lost(struct overlay_core *c, uint32_t kid);

/* A group for the spec: one that lies unused in the kernel with just these
 * members, or a new one. */
uint32_t group_claim(struct overlay_core *c, uint32_t spec, const struct member *w, unsigned n);
/* Sets the wanted members, taking references to the leaves. */
void group_set(struct overlay_core *c, uint32_t id, const struct member *w, unsigned n);
/* Nobody wants it any more. */
void group_release(struct overlay_core *c, uint32_t id);
void group_put(struct overlay_core *c, uint32_t id);

#endif
