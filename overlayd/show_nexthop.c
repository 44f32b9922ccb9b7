/* show ip nht: addresses that bgpd asks about and gateways of routes, and what
 * they resolve to.  show nexthop-group: the kernel's next-hop objects. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "overlayd/show_int.h"

static bool watch_is_meant(const struct show *s, const struct watch *w)
{
	return w->addr.family == s->family && (!s->vrf || w->vrf == s->vrf) &&
	       (!s->address.family || ip_equal(&w->addr, &s->address));
}

static void watch_text(struct show *s, const struct watch *w)
{
	char ip[IP_TEXT_MAX];

	sb_addf(s->out, "%s%s%s\n", ip_text(&w->addr, ip), w->vrf == VRF_DEFAULT ? "" : "  VRF ",
			w->vrf == VRF_DEFAULT ? "" : vrf_at(s->c, w->vrf)->name);
	if (!w->resolved)
		sb_add(s->out, " unresolved\n");
	else
		sb_addf(s->out, " resolved%s%s, metric %u\n",
				w->connected ? " (connected)" : "",
				w->by_default ? " via the default route" : "", w->metric);
	for (unsigned i = 0; i < w->n; i++)
		sb_addf(s->out, " via %s, %s\n", ip_text(&w->hops[i].gateway, ip),
				show_link_name(s->c, w->hops[i].oif));
	if (w->feed)
		sb_add(s->out, " Client list: bgp\n");
	else
		sb_add(s->out, " Client list: routes\n");
}

static void watch_json(struct show *s, const struct watch *w)
{
	struct jsonw *j = &s->j;
	char ip[IP_TEXT_MAX];

	jsonw_object(j, ip_text(&w->addr, ip));
	jsonw_str(j, "vrfName", vrf_at(s->c, w->vrf)->name);
	jsonw_bool(j, "resolved", w->resolved);
	jsonw_bool(j, "connected", w->connected);
	jsonw_bool(j, "resolvedByDefault", w->by_default);
	jsonw_uint(j, "metric", w->metric);
	jsonw_array(j, "nexthops");
	for (unsigned i = 0; i < w->n; i++) {
		jsonw_object(j, NULL);
		jsonw_str(j, "ip", ip_text(&w->hops[i].gateway, ip));
		jsonw_uint(j, "interfaceIndex", w->hops[i].oif);
		jsonw_str(j, "interfaceName", show_link_name(s->c, w->hops[i].oif));
		jsonw_bool(j, "active", true);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
	jsonw_array(j, "clientList");
	if (w->feed) {
		jsonw_object(j, NULL);
		jsonw_str(j, "protocol", "bgp");
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
	jsonw_end_object(j);
}

static bool nht_step(struct show *s)
{
	const struct watch *w;

	s->cursor = show_next_live(&s->c->watches.slab, s->cursor);
	if (!s->cursor) {
		if (s->json) {
			jsonw_end_object(&s->j);
			jsonw_end_object(&s->j);
			sb_addc(s->out, '\n');
		}
		return false;
	}
	w = watch_at(s->c, s->cursor);
	if (!watch_is_meant(s, w))
		return true;
	if (s->json)
		watch_json(s, w);
	else
		watch_text(s, w);
	return true;
}

void show_nht(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	const char *address = grammar_value(m, "address");

	s->family = grammar_has(m, "ipv6") ? 6 : 4;
	if (!show_vrf_arg(s, m, a))
		return;
	if (address)
		ip_parse(address, &s->address);
	if (s->json) {
		jsonw_object(&s->j, NULL);
		jsonw_object(&s->j, s->family == 6 ? "ipv6" : "ipv4");
	}
	s->step = nht_step;
}

/* ---- groups */

static void group_text(struct show *s, const struct group *g)
{
	char ip[IP_TEXT_MAX];

	sb_addf(s->out, "ID: %u (bgp)\n     RefCnt: %u\n     %s%s\n", g->kid, g->a_refs,
			g->spec ? "Valid" : "Unused", g->present ? ", Installed" : "");
	for (unsigned i = 0; i < g->n_w; i++) {
		const struct leaf *l = leaf_at(s->c, g->w[i].leaf);

		sb_addf(s->out, "     %s%s, %s%s, weight %u (object %u)\n",
				l->gateway.family ? "via " : "directly connected",
				l->gateway.family ? ip_text(&l->gateway, ip) : "",
				show_link_name(s->c, l->oif), l->onlink ? " onlink" : "",
				g->w[i].weight, l->kid);
	}
}

static void group_json(struct show *s, const struct group *g)
{
	struct jsonw *j = &s->j;
	char id[16], ip[IP_TEXT_MAX];

	snprintf(id, sizeof(id), "%u", g->kid);
	jsonw_object(j, id);
	jsonw_str(j, "type", "bgp");
	jsonw_uint(j, "refCount", g->a_refs);
	jsonw_bool(j, "valid", g->spec != 0);
	jsonw_bool(j, "installed", g->present);
	jsonw_array(j, "nexthops");
	for (unsigned i = 0; i < g->n_w; i++) {
		const struct leaf *l = leaf_at(s->c, g->w[i].leaf);

		jsonw_object(j, NULL);
		if (l->gateway.family)
			jsonw_str(j, "ip", ip_text(&l->gateway, ip));
		jsonw_str(j, "interfaceName", show_link_name(s->c, l->oif));
		jsonw_uint(j, "interfaceIndex", l->oif);
		jsonw_bool(j, "active", l->present);
		jsonw_bool(j, "onLink", l->onlink);
		jsonw_uint(j, "weight", g->w[i].weight);
		jsonw_uint(j, "id", l->kid);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
	jsonw_end_object(j);
}

static bool group_step(struct show *s)
{
	const struct group *g;

	s->cursor = show_next_live(&s->c->groups.slab, s->cursor);
	if (!s->cursor) {
		if (s->json) {
			jsonw_end_object(&s->j);
			sb_addc(s->out, '\n');
		}
		return false;
	}
	g = group_at(s->c, s->cursor);
	if (s->vni && g->kid != s->vni)
		return true;
	if (s->json)
		group_json(s, g);
	else
		group_text(s, g);
	return true;
}

void show_nexthop_group(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	const char *id = grammar_value(m, "id");

	(void)a;
	if (id)
		s->vni = (uint32_t)strtoul(id, NULL, 10); /* the number that filters */
	if (s->json)
		jsonw_object(&s->j, NULL);
	s->step = group_step;
}
