#include "bgpd/show.h"
#include <errno.h>
void show_exec(struct bgpd *b, const struct grammar_match *m, struct ctl_answer *a)
{
	(void)b;(void)m;
	ctl_answer_err(a, 0, "not yet");
	a->status = EINVAL;
}
void show_memory(void *bgpd, struct strbuf *out){(void)bgpd;(void)out;}
