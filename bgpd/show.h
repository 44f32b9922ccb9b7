/* What bgpd answers to show and clear commands (lib/sys/commands.h).
 *
 * Each show is a function that writes all at once if its answer is bounded, or
 * leaves a generator that walks a table a piece at a time.  Text and JSON come
 * from the same data; FRR's layout and keys where FRR has the show. */
#ifndef WEFT_BGPD_SHOW_H
#define WEFT_BGPD_SHOW_H

#include "bgpd/bgpd.h"
#include "bgpd/core/instance.h"
#include "lib/base/jsonw.h"
#include "lib/base/strbuf.h"
#include "lib/sys/commands.h"
#include "lib/sys/ctl.h"

/* One command being answered. */
struct show {
	struct bgpd *bgpd;
	struct bgp_core *core;
	const struct grammar_match *match;
	struct ctl_answer *answer;
	struct strbuf *out; /* answer->out */
	bool json;
};

void show_exec(struct bgpd *b, const struct grammar_match *m, struct ctl_answer *a);
/* Adds bgpd's lines to `show memory`. */
void show_memory(void *bgpd, struct strbuf *out);

#endif
