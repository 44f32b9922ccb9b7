/* With route distinguishers a prefix may stand several times: all are looked at,
 * in slices, as the table may be large. */
#include <config.h>

#include "bgpd/show_rd_route.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd/core/session.h"
#include "lib/base/xalloc.h"

struct rd_route {
	const struct bgp_core *core;
	uint16_t instance;
	enum family family;
	enum detail_which which;
	bool json, by_rd;
	struct prefix prefix; /* family 0: what has the address */
	struct ip_addr addr;
	struct rd_value rd;
	struct rib_order *order;
	struct jsonw j;
	uint32_t found;
};

static void rd_route_free(void *gen)
{
	struct rd_route *g = gen;

	rib_order_free(g->order);
	free(g);
}

static void rd_route_rest(void *gen)
{
	rib_order_rest(((struct rd_route *)gen)->order);
}

static bool key_wanted(const void *gen, const uint8_t *key)
{
	const struct rd_route *g = gen;
	struct rd_value rd;
	struct prefix p;

	return nlri_key_prefix(g->family, key, &p) &&
	       (g->prefix.family ? prefix_equal(&p, &g->prefix) : prefix_contains(&p, &g->addr)) &&
	       nlri_key_rd(g->family, key, &rd) &&
	       (!g->by_rd || memcmp(&rd, &g->rd, sizeof(rd)) == 0);
}

static void one_route(struct rd_route *g, const struct bgp_instance *i, uint32_t dest,
		struct strbuf *out)
{
	struct rd_value rd;
	char buf[RD_TEXT_MAX];

	g->found++;
	if (!g->json) {
		dest_detail_text(i, g->family, dest, g->which, out);
		return;
	}
	nlri_key_rd(g->family, rib_dest(i->rib[g->family], dest)->key, &rd);
	jsonw_object(&g->j, rd_text(&rd, buf));
	dest_detail_json(i, g->family, dest, g->which, &g->j);
	jsonw_end_object(&g->j);
}

static bool rd_route_next(void *gen, struct strbuf *out)
{
	struct rd_route *g = gen;
	const struct bgp_instance *i = g->core->instances.v[g->instance];
	uint32_t dest = 0;

	g->j.out = out;
	if (i && i->rib[g->family]) {
		rib_order_resume(g->order, i->rib[g->family]);
		dest = rib_order_next(g->order);
	}
	if (dest == ORDERED_WAIT)
		return true;
	if (!g->found && g->json)
		jsonw_object(&g->j, NULL);
	if (dest) {
		one_route(g, i, dest, out);
		return true;
	}
	if (g->json) {
		jsonw_end_object(&g->j);
		sb_addc(out, '\n');
	} else if (!g->found) {
		sb_add(out, "% Network not in table\n");
	}
	return false;
}

void show_rd_route(const struct show *s, const struct bgp_instance *i, enum family f,
		enum detail_which which)
{
	const char *prefix = show_value(s, "prefix"), *addr = show_value(s, "address"),
		   *rd = show_value(s, "rd");
	struct rd_route *g = xcalloc(1, sizeof(*g));

	g->core = s->core;
	g->instance = i->index;
	g->family = f;
	g->which = which;
	g->json = s->json;
	g->by_rd = rd && rd_parse(rd, &g->rd) == 0;
	if (prefix)
		prefix_parse(prefix, &g->prefix);
	else if (addr)
		ip_parse(addr, &g->addr);
	g->order = rib_order_new(i->rib[f], key_wanted, g);
	jsonw_init(&g->j, s->out, true);
	s->answer->gen = g;
	s->answer->next = rd_route_next;
	s->answer->gen_free = rd_route_free;
	s->answer->gen_rest = rd_route_rest;
}
