/* Dispatch of the show commands, and how an answer is made in pieces: see
 * show.h. */
#include "overlayd/show_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"

#define PIECE 16384 /* bytes, about, for one turn */
#define STEPS 2048  /* also when they have nothing to say */

static const struct {
	int id;
	void (*show)(struct show *, const struct grammar_match *, struct ctl_answer *);
} rows[] = {
	{ CMD_ROUTE, show_route },
	{ CMD_ROUTE_SUMMARY, show_route_summary },
	{ CMD_NHT, show_nht },
	{ CMD_NEXTHOP_GROUP, show_nexthop_group },
	{ CMD_VRF, show_vrf },
	{ CMD_VRF_VNI, show_vrf_vni },
	{ CMD_EVPN, show_evpn },
	{ CMD_EVPN_VNI, show_evpn_vni },
	{ CMD_EVPN_MAC, show_evpn_mac },
	{ CMD_EVPN_ARP_CACHE, show_evpn_arp },
	{ CMD_EVPN_RMAC, show_evpn_rmac },
	{ CMD_EVPN_NEXT_HOPS, show_evpn_next_hops },
	{ CMD_INTERFACE, show_interface },
	{ CMD_INTERFACE_BRIEF, show_interface_brief },
	{ CMD_BRIDGE_DOMAIN, show_bridge_domain },
	{ CMD_OVERLAY_DRIFT, show_drift },
	{ CMD_OVERLAY_STATUS, show_status },
};

static bool next(void *gen, struct strbuf *out)
{
	struct show *s = gen;

	size_t from = out->len;

	s->out = s->j.out = out;
	s->wait = false;
	if (s->walk)
		ordered_resume(s->walk);
	for (unsigned n = 0; n < STEPS && out->len - from < PIECE && !s->wait; n++)
		if (!s->step(s))
			return false;
	return true;
}

static void show_rest(void *gen)
{
	struct show *s = gen;

	if (s->walk)
		ordered_rest(s->walk);
}

static void show_free(void *gen)
{
	struct show *s = gen;

	vec_free(&s->ids);
	free(s->vni_counts);
	ordered_free(s->walk);
	free(s->counts);
	free(s);
}

void show_exec(struct overlay_core *c, const struct grammar_match *m, struct ctl_answer *a)
{
	struct show *s = xcalloc(1, sizeof(*s));

	s->c = c;
	s->out = &a->out;
	s->json = grammar_has(m, "json");
	jsonw_init(&s->j, &a->out, true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].id == m->id)
			rows[i].show(s, m, a);
	if (!s->step) {
		show_free(s);
		return;
	}
	a->gen = s;
	a->next = next;
	a->gen_free = show_free;
	a->gen_rest = show_rest;
}

void show_fail(struct ctl_answer *a, int error, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctl_answer_err(a, 0, text);
	a->status = error;
}

bool show_vrf_arg(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	const char *name = grammar_value(m, "vrf");

	s->vrf = VRF_DEFAULT;
	if (!name)
		return true;
	if (strcmp(name, "all") == 0) {
		s->vrf = 0;
		return true;
	}
	s->vrf = vrf_find(s->c, name);
	if (s->vrf)
		return true;
	if (s->json)
		sb_add(&a->out, "{}\n");
	else
		show_fail(a, ENOENT, "%% VRF %s is not known", name);
	return false;
}

const char *show_link_name(const struct overlay_core *c, uint32_t ifindex)
{
	const struct link *l = link_at(c, link_by_ifindex(c, ifindex));

	return l ? l->name : "unknown";
}

uint32_t show_next_live(const struct slab *slab, uint32_t cursor)
{
	/* All objects begin alike. */
	while (++cursor <= slab->used)
		if (((const struct obj_state *)slab_at(slab, cursor))->q & Q_LIVE)
			return cursor;
	return 0;
}

void show_memory(const struct overlay_core *c, struct strbuf *out)
{
	const struct {
		const char *name;
		const struct slab *slab;
		const struct htab *index;
	} t[] = {
		{ "Links", &c->links.slab, &c->links.by_key },
		{ "Addresses", &c->addrs.slab, &c->addrs.by_key },
		{ "IPv4 routes", &c->routes4.slab, &c->routes4.by_key },
		{ "IPv6 routes", &c->routes6.slab, &c->routes6.by_key },
		{ "Routes of others", &c->foreigns, NULL },
		{ "MAC addresses", &c->macs.slab, &c->macs.by_key },
		{ "Neighbours", &c->neighs.slab, &c->neighs.by_key },
		{ "Flooding entries", &c->floods.slab, &c->floods.by_key },
		{ "Next hops", &c->leaves.slab, &c->leaves.by_key },
		{ "Next-hop groups", &c->groups.slab, &c->groups_by_kid },
		{ "Next-hop lists", &c->specs.slab, &c->specs.by_key },
		{ "Watched addresses", &c->watches.slab, &c->watches.by_key },
		{ "Refusals", &c->refusals, NULL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		size_t bytes = slab_bytes(t[i].slab);

		if (t[i].index)
			bytes += htab_bytes(t[i].index);
		sb_addf(out, "%-20s %10u objects %12zu bytes\n", t[i].name, t[i].slab->live, bytes);
	}
}
