/* Fuzz target: overlayd's door to the kernel.  The bytes are notifications to a
 * core that has a configuration and a played listing behind it, so they reach
 * the tables too, not only the decoder. */
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "overlayd/core/core.h"
#include "overlayd/core/kobj.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct overlay_config *config(void)
{
	struct overlay_config *c = overlay_config_new();
	struct overlay_vrf *v = overlay_config_vrf(c, "red");
	struct overlay_bridge_domain *d = vec_push(&c->bridge_domains);

	ip_parse("192.0.2.1", &c->underlay_source);
	v->l3vni = 2;
	d->id = 1;
	d->vni = 1;
	snprintf(d->vrf, sizeof(d->vrf), "red");
	return c;
}

/* Takes what the core asks for and says that it is done. */
static void answer(struct overlay_core *c, mono_t now)
{
	static uint8_t buf[OVERLAY_BATCH_MAX];
	struct overlay_effect fx;

	for (int i = 0; i < 40; i++) {
		size_t n = overlay_core_pull_netlink(c, now, buf, sizeof(buf));
		const uint8_t *p = buf;
		struct nlmsg m, last = { 0 };
		struct nlmsgerr none = { 0 };
		uint8_t reply[64];
		struct nlw w = nlw_init(reply, sizeof(reply));
		struct overlay_event ev = { .type = OVERLAY_NL_REPLY };

		while (overlay_core_next_effect(c, &fx))
			;
		while (nlmsg_next(&p, buf + n, &m) == 1)
			last = m;
		if (n == 0)
			continue;
		nlw_begin(&w, last.flags & NLM_F_ACK ? NLMSG_ERROR : NLMSG_DONE, 0, last.seq, &none,
				sizeof(none));
		nlw_end(&w);
		ev.bytes.data = reply;
		ev.bytes.len = w.len;
		overlay_core_input(c, now, &ev);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct overlay_core *c = overlay_core_new(1);
	struct overlay_event ev = { .type = OVERLAY_CONFIG, .config = config() };
	uint8_t out[8192];

	overlay_core_input(c, 1, &ev);
	ev = (struct overlay_event){ .type = OVERLAY_FEED_UP };
	overlay_core_input(c, 1, &ev);
	answer(c, 1);
	ev.type = OVERLAY_NL_NOTIFY;
	ev.bytes.data = data;
	ev.bytes.len = size;
	overlay_core_input(c, 2, &ev);
	answer(c, 3);
	while (overlay_core_pull_feed(c, out, sizeof(out)))
		;
	overlay_core_free(c);
	return 0;
}
