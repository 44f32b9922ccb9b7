/* What overlayd shows: text and JSON from the same data, in pieces, so that
 * tables of any size need no memory. */
#ifndef WEFT_OVERLAYD_SHOW_H
#define WEFT_OVERLAYD_SHOW_H

#include "lib/sys/commands.h"
#include "lib/sys/ctl.h"
#include "overlayd/core/core.h"

void show_exec(struct overlay_core *c, const struct grammar_match *m, struct ctl_answer *a);
void show_memory(const struct overlay_core *c, struct strbuf *out);

#endif
