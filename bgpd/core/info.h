/* Interned struct nlri_info: labels and the like that came with an NLRI.
 * Id 0 stands for "nothing": no label, no ESI, no gateway. */
#ifndef WEFT_BGPD_CORE_INFO_H
#define WEFT_BGPD_CORE_INFO_H

#include "bgpd/core/nlri.h"

struct info_table;

struct info_table *info_table_new(uint64_t seed);
void info_table_free(struct info_table *t);
uint32_t info_intern(struct info_table *t, const struct nlri_info *i); /* one reference */
void info_ref(struct info_table *t, uint32_t id);   /* id 0: nothing */
void info_unref(struct info_table *t, uint32_t id); /* id 0: nothing */
const struct nlri_info *info_get(const struct info_table *t, uint32_t id); /* id 0: the empty one */

#endif
