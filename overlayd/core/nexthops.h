/* Between nexthops.c (objects of the kernel) and specs.c (lists of next hops,
 * and what they resolve to). */
#ifndef WEFT_OVERLAYD_NEXTHOPS_H
#define WEFT_OVERLAYD_NEXTHOPS_H

#include "overlayd/core/state.h"

/* A reference to the leaf with this content; family is that of a hop without
 * a gateway. */
uint32_t leaf_ref(struct overlay_core *c, uint8_t family, const struct khop *hop, bool onlink);
void leaf_unref(struct overlay_core *c, uint32_t id);
void leaf_put(struct overlay_core *c, uint32_t id);

/* A group for the spec: one that lies unused in the kernel with just these
 * members, or a new one. */
uint32_t group_claim(struct overlay_core *c, uint32_t spec, const struct member *w, unsigned n);
/* Sets the wanted members, taking references to the leaves. */
void group_set(struct overlay_core *c, uint32_t id, const struct member *w, unsigned n);
/* Nobody wants it any more. */
void group_release(struct overlay_core *c, uint32_t id);
void group_put(struct overlay_core *c, uint32_t id);

#endif
