/* The core's hands: its requests go to the kernel, the kernel's answers and
 * notifications and the results of sysctls go to it. */
#ifndef WEFT_OVERLAYD_KERNEL_H
#define WEFT_OVERLAYD_KERNEL_H

#include "lib/base/err.h"
#include "lib/sys/feedconn.h"
#include "lib/sys/loop.h"
#include "overlayd/core/core.h"

struct kernel;

/* no_kernel: opens nothing and asks nothing.  NULL and a sentence on failure. */
struct kernel *kernel_new(struct loop *l, struct overlay_core *core, bool no_kernel,
		struct err *err);
void kernel_free(struct kernel *k);
/* Whom to wake when there is something to tell bgpd. */
void kernel_set_feed(struct kernel *k, struct feedconn *f);
/* An event went into the core: looks after what follows from it. */
void kernel_input(struct kernel *k, const struct overlay_event *ev);

#endif
