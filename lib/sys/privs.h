/* Giving up root. */
#ifndef WEFT_SYS_PRIVS_H
#define WEFT_SYS_PRIVS_H

#include <stdint.h>

#include "lib/base/err.h"

/* Becomes user and group (names; either may be NULL) for good, keeping the
 * capabilities of the set (bits 1 << CAP_*), and only those.  Returns 0, or
 * -errno with a sentence. */
int privs_drop(const char *user, const char *group, uint64_t keep, struct err *err);

#endif
