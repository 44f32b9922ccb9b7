/* clear bgp ...: sessions reset, or routes evaluated again. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/session.h"
#include "bgpd/show.h"
#include "lib/base/vec.h"

static bool meant(const struct show *s, const struct peer *p)
{
	const char *group = show_value(s, "group"), *as = show_value(s, "as");

	if (p->removed)
		return false;
	if (group)
		return p->config.group && strcmp(p->config.group, group) == 0;
	if (as)
		return p->remote_as == strtoul(as, NULL, 10);
	if (show_value(s, "neighbor"))
		return show_peer(s, p->instance) == p;
	return !show_has(s, "external") || !p->ibgp;
}

static void clear_peer(const struct show *s, const char *vrf, const struct ip_addr *addr)
{
	bool soft = show_has(s, "soft"), in = show_has(s, "in"), out = show_has(s, "out");
	struct bgp_event ev = { .type = BGP_EVENT_CLEAR };

	snprintf(ev.clear.vrf, sizeof(ev.clear.vrf), "%s", vrf);
	ev.clear.peer = *addr;
	ev.clear.family = show_has(s, "ipv4") || show_has(s, "ipv6") || show_has(s, "evpn") ?
					  show_family(s) :
					  FAM_NONE;
	ev.clear.soft_in = in || (soft && !out);
	ev.clear.soft_out = out || (soft && !in);
	bgpd_input(s->bgpd, &ev);
}

/* The number of peers that were meant. */
static size_t clear_instance(const struct show *s, const struct bgp_instance *i)
{
	VEC(struct ip_addr) chosen = { 0 };
	size_t n;

	/* Clearing may change the list of peers: choose first. */
	for (size_t k = 0; k < i->peers.n; k++)
		if (meant(s, i->peers.v[k]))
			*vec_push(&chosen) = i->peers.v[k]->config.addr;
	for (size_t k = 0; k < chosen.n; k++)
		clear_peer(s, i->name, &chosen.v[k]);
	n = chosen.n;
	vec_free(&chosen);
	return n;
}

void clear_bgp(const struct show *s)
{
	const struct bgp_instance *i;
	size_t n = 0;
	bool failed;

	i = show_instance(s, &failed);
	if (failed)
		return;
	for (size_t k = 0; k < s->core->instances.n; k++) {
		const struct bgp_instance *x = s->core->instances.v[k];

		if (x && !x->removed && (!i || x == i))
			n += clear_instance(s, x);
	}
	if (!n && (show_value(s, "neighbor") || show_value(s, "group") || show_value(s, "as")))
		show_fail(s, "%% BGP: Unknown neighbor - \"%s\"",
				show_value(s, "neighbor") ? show_value(s, "neighbor") :
				show_value(s, "group")	  ? show_value(s, "group") :
							    show_value(s, "as"));
}
