/* Monotonic time as the pure parts see it: a number that is handed in. */
#ifndef WEFT_BASE_MONO_H
#define WEFT_BASE_MONO_H

#include <stdint.h>

typedef int64_t mono_t; /* microseconds since an arbitrary start */

#define MONO_NEVER INT64_MAX
#define MONO_SEC(n) ((mono_t)(n) * 1000000)
#define MONO_MSEC(n) ((mono_t)(n) * 1000)

#endif
