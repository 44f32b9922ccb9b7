/* Tables of routes as generators.  One call of next() makes a few KB or does a slice
 * of the search for what comes next, so a table of a million routes neither holds up
 * keepalives nor needs memory.  Between two calls the table may change. */
#include "bgpd/show_table_private.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd/core/attr_text.h"
#include "bgpd/core/session.h"
#include "bgpd/show_detail.h"
#include "lib/base/xalloc.h"

#define PIECE 32768	    /* bytes of output a call */
#define DESTS_PER_PIECE 4096 /* looked at a call, also when none is wanted */

static void table_free(void *gen)
{
	struct table_gen *g = gen;

	show_filter_fini(&g->spec.filter);
	vec_free(&g->instances);
	rib_order_free(g->order);
	sb_free(&g->text);
	sb_free(&g->tail.text);
	free(g);
}

static void table_rest(void *gen)
{
	struct table_gen *g = gen;

	if (g->order)
		rib_order_rest(g->order);
}

static struct bgp_instance *instance_now(const struct table_gen *g)
{
	struct bgp_instance *i = g->instances.n ? g->core->instances.v[g->instances.v[0]] : NULL;

	return i && i->rib[g->family] ? i : NULL;
}

static bool dest_wanted(const void *gen, const uint8_t *key)
{
	const struct table_gen *g = gen;

	return show_filter_dest(&g->spec.filter, g->family, key);
}

/* Of EVPN routes the others are counted, too. */
static bool looks_at_all(const struct table_gen *g)
{
	return g->family == FAM_EVPN || !show_filter_by_dest(&g->spec.filter);
}

static void instance_start(struct table_gen *g, struct strbuf *out)
{
	struct bgp_instance *i = instance_now(g);

	g->order = rib_order_new(i->rib[g->family], looks_at_all(g) ? NULL : dest_wanted, g);
	g->n = 0;
	g->routes = g->paths = g->filtered = 0;
	g->rd_open = g->header_out = false;
	g->started = true;
	if (g->json)
		table_head_json(g, i);
	else if (g->spec.all_vrfs)
		sb_addf(out, "\nInstance %s:\n", i->name);
}

/* ---- one destination ---- */

/* Routes of one route distinguisher stand together. */
static void rd_update(struct table_gen *g, const uint8_t *key, struct strbuf *out)
{
	struct rd_value rd;
	char buf[RD_TEXT_MAX];

	if (!nlri_key_rd(g->family, key, &rd) ||
			(g->rd_open && memcmp(&rd, &g->rd, sizeof(rd)) == 0))
		return;
	if (g->json) {
		if (g->rd_open)
			jsonw_end_object(&g->j);
		jsonw_object(&g->j, rd_text(&rd, buf));
		if (g->family == FAM_EVPN)
			jsonw_str(&g->j, "rd", buf);
	} else {
		sb_addf(out, "Route Distinguisher: %s\n", rd_text(&rd, buf));
	}
	g->rd = rd;
	g->rd_open = true;
}

/* Before a destination's first path. */
static void dest_open(struct table_gen *g, const struct bgp_instance *i, const uint8_t *key,
		const char *text, struct strbuf *out)
{
	bool evpn = g->family == FAM_EVPN;

	if (!g->json && !g->header_out && !g->spec.detail)
		table_legend_text(g, i, out);
	rd_update(g, key, out);
	g->routes++;
	if (!g->json)
		return;
	/* A line each, so that readers of lines need not hold the table. */
	if (evpn) {
		jsonw_object(&g->j, text);
		g->j.pretty = false;
		jsonw_str(&g->j, "prefix", text);
		jsonw_uint(&g->j, "prefixLen", 352); /* FRR's size of an EVPN prefix, in bits */
		jsonw_array(&g->j, "paths");
	} else {
		jsonw_array(&g->j, text);
		g->j.pretty = false;
	}
}

static void dest_close(struct table_gen *g)
{
	if (!g->json)
		return;
	jsonw_end_array(&g->j);
	if (g->family == FAM_EVPN)
		jsonw_end_object(&g->j);
	g->j.pretty = true;
}

static void table_path(struct table_gen *g, const struct path_view *v, const char *text, bool first,
		struct strbuf *out)
{
	bool nested = g->spec.form == TABLE_EVPN_ROUTES;

	if (!g->json) {
		path_row_text(v, first ? text : "", g->spec.wide, &g->tail, out);
		return;
	}
	if (nested)
		jsonw_array(&g->j, NULL);
	jsonw_object(&g->j, NULL);
	path_row_json(v, &g->tail, &g->j);
	jsonw_end_object(&g->j);
	if (nested)
		jsonw_end_array(&g->j);
}

static void detail_dest(struct table_gen *g, const struct bgp_instance *i, uint32_t dest,
		const char *text, struct strbuf *out)
{
	rd_update(g, rib_dest(i->rib[g->family], dest)->key, out);
	g->routes++;
	g->header_out = true;
	if (!g->json) {
		dest_detail_text(i, g->family, dest, DETAIL_ALL, out);
		return;
	}
	jsonw_object(&g->j, text);
	g->j.pretty = false;
	dest_detail_json(i, g->family, dest, DETAIL_ALL, &g->j);
	jsonw_end_object(&g->j);
	g->j.pretty = true;
}

static void table_dest(struct table_gen *g, const struct bgp_instance *i, uint32_t dest,
		const char *text, struct strbuf *out)
{
	const struct rib *rib = i->rib[g->family];
	bool first = true;
	struct path_view v;

	for (uint32_t id = rib_dest(rib, dest)->paths; id; id = rib_path(rib, id)->next) {
		path_view_init(&v, i, g->family, dest, id);
		if (!show_filter_path(&g->spec.filter, &v))
			continue;
		g->paths++;
		if (g->spec.detail) {
			if (first)
				detail_dest(g, i, dest, text, out);
		} else {
			if (first)
				dest_open(g, i, v.key, text, out);
			table_path(g, &v, text, first, out);
		}
		first = false;
	}
	if (!first && !g->spec.detail)
		dest_close(g);
}

/* ---- what a peer sent, or was sent: one route a destination ---- */

/* refused: why it was not taken, NULL if it was. */
static void peer_row_json(struct table_gen *g, const uint8_t *key, const char *text,
		const struct attrs *a, bool best, const char *refused)
{
	const struct ip_addr *nh = a->next_hop ? &attrs_next_hop(g->core->attrs, a->next_hop)->addr :
						 NULL;
	char buf[PREFIX_TEXT_MAX], code[2] = { origin_code(a->origin), 0 };
	struct jsonw *j = &g->j;
	struct prefix p;

	jsonw_object(j, text);
	j->pretty = false;
	if (g->family == FAM_EVPN) {
		evpn_key_json(key, j);
	} else if (nlri_key_prefix(g->family, key, &p)) {
		struct ip_addr addr = prefix_addr(&p);

		jsonw_str(j, "addrPrefix", ip_text(&addr, buf));
		jsonw_uint(j, "prefixLen", p.len);
		jsonw_str(j, "network", prefix_text(&p, buf));
	}
	jsonw_str(j, nh && nh->family == 6 ? "nextHopGlobal" : "nextHop",
			nh && nh->family ? ip_text(nh, buf) : "0.0.0.0");
	if (a->has & HAS_MED)
		jsonw_uint(j, "metric", a->med);
	if (a->has & HAS_LOCAL_PREF)
		jsonw_uint(j, "locPrf", a->local_pref);
	jsonw_uint(j, "weight", attrs_weight(a));
	json_part(j, "path", a, PART_AS_PATH, as_path_text);
	jsonw_str(j, "bgpOriginCode", code);
	jsonw_object(j, "appliedStatusSymbols");
	jsonw_bool(j, "*", true);
	if (best)
		jsonw_bool(j, ">", true);
	jsonw_end_object(j);
	if (refused)
		jsonw_str(j, "reason", refused);
	jsonw_end_object(j);
	j->pretty = true;
}

static void peer_row(struct table_gen *g, const struct bgp_instance *i, const uint8_t *key,
		const char *text, const struct attrs *a, bool best, const char *refused,
		struct strbuf *out)
{
	const struct ip_addr none = { 0 },
			     *nh = a->next_hop ? &attrs_next_hop(g->core->attrs, a->next_hop)->addr :
						 &none;
	struct prefix p;

	if (!g->json && !g->header_out)
		table_legend_text(g, i, out);
	rd_update(g, key, out);
	g->routes++;
	if (g->json) {
		peer_row_json(g, key, text, a, best, refused);
		return;
	}
	row_status_text(true, best, false, false, false, out);
	sb_add(out, text);
	if (g->text.len >= 17)
		sb_addc(out, '\n');
	sb_pad(out, g->text.len >= 17 ? 20 : 17 - g->text.len);
	next_hop_column_text(nh, nlri_key_prefix(g->family, key, &p) ? p.family : 4, false, out);
	row_attrs_text(a, out);
	if (refused && g->spec.filter.which == PATHS_FILTERED)
		sb_addf(out, "%*srefused: %s\n", 20, "", refused);
}

static void received_dest(struct table_gen *g, const struct bgp_instance *i, uint32_t dest,
		const char *text, struct strbuf *out)
{
	const struct rib *rib = i->rib[g->family];
	struct path_view v;

	for (uint32_t id = rib_dest(rib, dest)->paths; id; id = rib_path(rib, id)->next) {
		path_view_init(&v, i, g->family, dest, id);
		if (!show_filter_path(&g->spec.filter, &v))
			continue;
		path_view_received(&v);
		g->filtered += !v.path->attrs;
		peer_row(g, i, v.key, text, v.attrs, v.best,
				v.path->attrs ? NULL : reason_text(v.path->reason), out);
	}
}

static void advertised_dest(struct table_gen *g, const struct bgp_instance *i, uint32_t dest,
		const char *text, struct strbuf *out)
{
	const struct route_source *s = g->core->sources.v[g->peer_source];
	const struct peer *p = s && s->kind == SOURCE_PEER ? s->peer : NULL;
	uint32_t attrs, info;
	uint16_t source;

	if (!p || !peer_established(p) || !p->family[g->family].negotiated ||
			!out_group_told(p, g->family, dest, &attrs, &info, &source))
		return;
	peer_row(g, i, rib_dest(i->rib[g->family], dest)->key, text,
			attrs_get(g->core->attrs, attrs), true, NULL, out);
	attrs_unref(g->core->attrs, attrs);
}

static void dest_show(struct table_gen *g, const struct bgp_instance *i, uint32_t dest,
		struct strbuf *out)
{
	const uint8_t *key = rib_dest(i->rib[g->family], dest)->key;

	if (g->family == FAM_EVPN && !dest_wanted(g, key))
		return;
	sb_reset(&g->text);
	key_text(g->family, key, &g->text);
	switch (g->spec.form) {
	case TABLE_ROUTES:
	case TABLE_EVPN_ROUTES:
		table_dest(g, i, dest, sb_str(&g->text), out);
		break;
	case TABLE_PEER:
		received_dest(g, i, dest, sb_str(&g->text), out);
		break;
	case TABLE_ADVERTISED:
		advertised_dest(g, i, dest, sb_str(&g->text), out);
		break;
	}
}

/* ---- the generator ---- */

static void instance_end(struct table_gen *g)
{
	rib_order_free(g->order);
	g->order = NULL;
	g->started = false;
	vec_remove(&g->instances, 0);
}

/* true: there is more of this instance. */
static bool instance_next(struct table_gen *g, const struct bgp_instance *i, struct strbuf *out)
{
	struct rib *rib = i->rib[g->family];
	size_t from = out->len;
	uint32_t dest;

	rib_order_resume(g->order, rib);
	row_tail_forget(&g->tail);
	for (unsigned n = 0; n < DESTS_PER_PIECE && out->len - from < PIECE; n++) {
		dest = rib_order_next(g->order);
		if (dest == ORDERED_WAIT)
			return true;
		if (!dest) {
			if (!looks_at_all(g))
				g->n = rib_dest_count(rib);
			return false;
		}
		g->n++;
		dest_show(g, i, dest, out);
	}
	return true;
}

static bool table_next(void *gen, struct strbuf *out)
{
	struct table_gen *g = gen;
	struct bgp_instance *i;

	g->j.out = out;
	if (!g->begun && g->json && g->spec.all_vrfs)
		jsonw_object(&g->j, NULL);
	g->begun = true;
	while (g->instances.n && !instance_now(g))
		instance_end(g);
	i = instance_now(g);
	if (i) {
		if (!g->started)
			instance_start(g, out);
		if (instance_next(g, i, out))
			return true;
		if (g->json)
			table_foot_json(g);
		else
			table_foot_text(g, out);
		instance_end(g);
		if (g->instances.n)
			return true;
	}
	if (g->json) {
		if (g->spec.all_vrfs)
			jsonw_end_object(&g->j);
		sb_addc(out, '\n');
	}
	return false;
}

void show_table(const struct show *s, const struct bgp_instance *i, enum family f,
		const struct table_spec *spec)
{
	struct table_gen *g = xcalloc(1, sizeof(*g));

	g->core = s->core;
	g->spec = *spec;
	g->json = s->json;
	g->family = f;
	if (spec->peer)
		g->peer_source = spec->peer->source;
	g->spec.peer = NULL; /* it may be gone when we look again: found by its source */
	if (i)
		*vec_push(&g->instances) = i->index;
	for (uint16_t k = 0; !i && k < s->core->instances.n; k++)
		if (s->core->instances.v[k] && s->core->instances.v[k]->rib[f])
			*vec_push(&g->instances) = k;
	jsonw_init(&g->j, s->out, true);
	s->answer->gen = g;
	s->answer->next = table_next;
	s->answer->gen_free = table_free;
	s->answer->gen_rest = table_rest;
}
