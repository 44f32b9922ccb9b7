/* Kernel settings below /proc/sys, which are numbers. */
#ifndef WEFT_OVERLAYD_SYSCTL_H
#define WEFT_OVERLAYD_SYSCTL_H

#include <stdbool.h>
#include <stdint.h>

/* Makes path hold value (or, with at_least, no less).  *ret_value is what it
 * holds then, 0 if it can't be read.  Returns 0 or an errno. */
int sysctl_ensure(const char *path, int64_t value, bool at_least, int64_t *ret_value);

#endif
