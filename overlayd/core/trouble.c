/* When talking to the kernel fails, as it may for long without memory or without
 * a capability: tried again with growing pauses, said once, and once more when
 * it is over. */
#include "overlayd/core/state.h"

#define PAUSE_FIRST MONO_MSEC(100)
#define PAUSE_LAST MONO_SEC(10)
#define FORGOTTEN MONO_SEC(60) /* what fails after so long is something new */

mono_t trouble_pause(unsigned fails)
{
	mono_t t = PAUSE_FIRST;

	if (fails == 0)
		return 0;
	while (--fails && t < PAUSE_LAST)
		t *= 2;
	return t < PAUSE_LAST ? t : PAUSE_LAST;
}

unsigned trouble_add(struct overlay_core *c, struct trouble *t)
{
	if (c->now - t->last > FORGOTTEN)
		t->fails = 0;
	if (t->fails++ == 0)
		t->since = c->now;
	t->last = c->now;
	return t->fails;
}

void trouble_over(struct overlay_core *c, struct trouble *t, unsigned from, const char *what)
{
	if (t->fails >= from)
		core_log(c, "%s again, after %u failures in %.1f s", what, t->fails,
				(double)(c->now - t->since) / (double)MONO_SEC(1));
	t->fails = 0;
}

/* Requests fail while listings succeed, say: only what failed says that it is over. */
void sending_lost(struct overlay_core *c, bool requests, const char *text)
{
	unsigned fails = trouble_add(c, &c->sending);

	c->requests_lost |= requests;
	if (fails == 1)
		core_log(c, "netlink: %s; listing everything again", text);
	c->send_at = fails > 1 ? c->now + trouble_pause(fails - 1) : 0;
}

void sending_works(struct overlay_core *c, bool requests)
{
	if (c->requests_lost && !requests)
		return;
	c->requests_lost = false;
	trouble_over(c, &c->sending, 2, "netlink: requests are answered");
}
