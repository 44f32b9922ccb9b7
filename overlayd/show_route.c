/* show ip route: of each prefix all that is known, in the order of FRR's
 * administrative distance: connected, the kernel's, static, bgpd's; which of
 * them is selected, and whether the kernel has it. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "overlayd/show_int.h"

enum { P_ALL, P_CONNECTED, P_KERNEL, P_STATIC, P_BGP, P_LOCAL };

static const struct {
	const char *name;
	char letter;
} protos[] = { [P_CONNECTED] = { "connected", 'C' }, [P_KERNEL] = { "kernel", 'K' },
	[P_STATIC] = { "static", 'S' }, [P_BGP] = { "bgp", 'B' } };

/* One of the routes of a prefix. */
struct candidate {
	uint8_t proto, type, distance;
	bool selected, installed, refused, queued;
	uint32_t metric, tag, nhid;
	const struct spec *spec;      /* ours */
	const struct foreign *foreign; /* the others' */
};

#define CANDIDATES_MAX 16

static unsigned candidates_make(const struct overlay_core *c, const struct route *r,
		struct candidate *ret)
{
	const struct foreign *connected = r->foreign ? route_connected(c, r) : NULL;
	const bool refused = refusal_find(c, &r->s);
	uint8_t proto;
	uint32_t wanted = route_wanted(c, r, &proto), id;
	unsigned n = 0;

	for (id = r->foreign; id && n < CANDIDATES_MAX - 4; id = foreign_at(c, id)->next) {
		const struct foreign *f = foreign_at(c, id);

		/* The kernel's own route for a subnet is what the address stands for. */
		if (f->proto == RTPROT_KERNEL && connected)
			continue;
		ret[n++] = (struct candidate){ .proto = f->proto ? P_KERNEL : P_CONNECTED,
			.type = f->type,
			.selected = !connected || f == connected,
			.installed = true,
			.metric = f->proto ? f->metric : 0,
			.nhid = f->nhid,
			.foreign = f };
	}
	for (id = r->statics; id && n < CANDIDATES_MAX - 1; id = static_at(c, id)->next) {
		const struct static_route *s = static_at(c, id);
		bool sel = wanted && proto == KOBJ_PROTO_STATIC && route_static(c, r) == id;

		ret[n++] = (struct candidate){ .proto = P_STATIC,
			.type = spec_at(c, s->spec)->type,
			.distance = s->distance,
			.selected = sel,
			.installed = sel && r->a_type && r->a_proto == KOBJ_PROTO_STATIC,
			.refused = sel && refused,
			.tag = s->tag,
			.nhid = r->a_nhid,
			.spec = spec_at(c, s->spec) };
	}
	if (r->w_spec || (r->a_type && r->a_proto == KOBJ_PROTO_BGP)) {
		bool sel = wanted && proto == KOBJ_PROTO_BGP;
		/* Kept from an earlier life until bgpd has said all: selected as is. */
		bool kept = !r->w_spec && !wanted;

		ret[n++] = (struct candidate){ .proto = P_BGP,
			.type = r->w_spec ? spec_at(c, r->w_spec)->type : r->a_type,
			.distance = r->w_distance,
			.selected = sel || kept,
			.installed = (sel || kept) && r->a_type && r->a_proto == KOBJ_PROTO_BGP,
			.refused = sel && refused,
			.metric = r->w_metric,
			.tag = r->w_tag,
			.nhid = r->a_nhid,
			.spec = r->w_spec ? spec_at(c, r->w_spec) : NULL };
	}
	for (unsigned i = 0; i < n; i++)
		ret[i].queued = ret[i].selected && !ret[i].installed && !ret[i].refused;
	return n;
}

bool show_route_may_have(const struct show *s, const struct route *r)
{
	switch (s->proto) {
	case P_ALL:
		return true;
	case P_STATIC:
		return r->statics != 0;
	case P_BGP:
		return r->w_spec || r->a_type;
	default:
		return r->foreign != 0;
	}
}

/* What it resolves to, as it is or will be in the kernel. */
static unsigned candidate_hops(const struct overlay_core *c, const struct candidate *d,
		struct khop *hops, uint32_t *weights, bool *onlink, unsigned max)
{
	const struct group *g = d->spec && d->spec->group ? group_at(c, d->spec->group) : NULL;
	unsigned n = 0;

	for (unsigned i = 0; d->foreign && i < d->foreign->n && n < max; i++) {
		weights[n] = 1;
		onlink[n] = false;
		hops[n++] = d->foreign->hops[i];
	}
	for (unsigned i = 0; g && i < g->n_w && n < max; i++) {
		const struct leaf *l = leaf_at(c, g->w[i].leaf);

		weights[n] = g->w[i].weight;
		onlink[n] = l->onlink;
		hops[n++] = (struct khop){ l->gateway, l->oif };
	}
	if (!d->spec && !d->foreign) {
		n = group_hops(c, d->nhid, hops, max);
		for (unsigned i = 0; i < n; i++) {
			weights[i] = 1;
			onlink[i] = false;
		}
	}
	return n;
}

#define HOPS_MAX KNEXTHOP_MAX

static void route_line(struct show *s, const struct route *r, const struct candidate *d)
{
	struct prefix p = route_prefix(r);
	struct khop hops[HOPS_MAX];
	uint32_t weights[HOPS_MAX];
	bool onlink[HOPS_MAX];
	unsigned n = candidate_hops(s->c, d, hops, weights, onlink, HOPS_MAX);
	char text[PREFIX_TEXT_MAX], ip[IP_TEXT_MAX];
	size_t start = s->out->len, head;

	sb_addf(s->out, "%c%c%c %s", protos[d->proto].letter, d->selected ? '>' : ' ',
			d->installed ? '*' : d->refused ? 'r' : d->queued ? 'q' : ' ',
			prefix_text(&p, text));
	if (d->distance || d->metric)
		sb_addf(s->out, " [%u/%u]", d->distance, d->metric);
	head = s->out->len - start;
	if (d->type != RTN_UNICAST)
		sb_addf(s->out, " %s\n", d->type == RTN_BLACKHOLE ? "unreachable (blackhole)" :
							  "unreachable (ICMP unreachable)");
	else if (n == 0)
		sb_add(s->out, " inactive\n");
	for (unsigned i = 0; d->type == RTN_UNICAST && i < n; i++) {
		if (i)
			sb_addf(s->out, "  %c%*s", d->installed ? '*' : ' ', (int)head - 3, "");
		if (hops[i].gateway.family)
			sb_addf(s->out, " via %s, %s%s", ip_text(&hops[i].gateway, ip),
					show_link_name(s->c, hops[i].oif), onlink[i] ? " onlink" : "");
		else
			sb_addf(s->out, " is directly connected, %s",
					show_link_name(s->c, hops[i].oif));
		if (d->spec)
			sb_addf(s->out, ", weight %u", weights[i]);
		sb_addc(s->out, '\n');
	}
}

/* Bits of "flags" of a next hop, as FRR numbers them. */
enum { HOP_ACTIVE = 1, HOP_FIB = 2, HOP_ONLINK = 8 };

static void hop_json(struct show *s, const struct candidate *d, const struct khop *h,
		uint32_t weight, bool onlink)
{
	struct jsonw *j = &s->j;
	char ip[IP_TEXT_MAX];

	jsonw_object(j, NULL);
	jsonw_uint(j, "flags", HOP_ACTIVE | (d->installed ? HOP_FIB : 0) | (onlink ? HOP_ONLINK : 0));
	if (d->installed)
		jsonw_bool(j, "fib", true);
	if (h->gateway.family) {
		jsonw_str(j, "ip", ip_text(&h->gateway, ip));
		jsonw_str(j, "afi", h->gateway.family == 4 ? "ipv4" : "ipv6");
	} else {
		jsonw_bool(j, "directlyConnected", true);
	}
	jsonw_uint(j, "interfaceIndex", h->oif);
	jsonw_str(j, "interfaceName", show_link_name(s->c, h->oif));
	jsonw_bool(j, "active", true);
	if (onlink)
		jsonw_bool(j, "onLink", true);
	if (d->spec)
		jsonw_uint(j, "weight", weight);
	jsonw_end_object(j);
}

static void hops_json(struct show *s, const struct candidate *d)
{
	struct khop hops[HOPS_MAX];
	uint32_t weights[HOPS_MAX];
	bool onlink[HOPS_MAX];
	unsigned n = candidate_hops(s->c, d, hops, weights, onlink, HOPS_MAX);
	struct jsonw *j = &s->j;
	char ip[IP_TEXT_MAX];

	jsonw_uint(j, "internalNextHopNum", n);
	jsonw_uint(j, "internalNextHopActiveNum", n);
	jsonw_array(j, "nexthops");
	if (d->type != RTN_UNICAST) {
		jsonw_object(j, NULL);
		if (d->installed)
			jsonw_bool(j, "fib", true);
		jsonw_bool(j, "unreachable", true);
		jsonw_bool(j, d->type == RTN_BLACKHOLE ? "blackhole" : "reject", true);
		jsonw_bool(j, "active", true);
		jsonw_end_object(j);
	}
	for (unsigned i = 0; d->type == RTN_UNICAST && i < n; i++)
		hop_json(s, d, &hops[i], weights[i], onlink[i]);
	/* Not resolved: what was asked for. */
	for (unsigned i = 0; n == 0 && d->spec && i < d->spec->n; i++) {
		jsonw_object(j, NULL);
		if (d->spec->hops[i].addr.family)
			jsonw_str(j, "ip", ip_text(&d->spec->hops[i].addr, ip));
		jsonw_bool(j, "active", false);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
}

static void route_json(struct show *s, const struct route *r, const struct candidate *d)
{
	const struct vrf *v = vrf_at(s->c, r->vrf);
	const struct link *l = link_at(s->c, v->link);
	struct prefix p = route_prefix(r);
	char text[PREFIX_TEXT_MAX];
	struct jsonw *j = &s->j;

	jsonw_object(j, NULL);
	jsonw_str(j, "prefix", prefix_text(&p, text));
	jsonw_uint(j, "prefixLen", p.len);
	jsonw_str(j, "protocol", protos[d->proto].name);
	jsonw_uint(j, "vrfId", l ? l->a.ifindex : 0);
	jsonw_str(j, "vrfName", v->name);
	if (d->selected) {
		jsonw_bool(j, "selected", true);
		jsonw_bool(j, "destSelected", true);
	}
	jsonw_uint(j, "distance", d->distance);
	jsonw_uint(j, "metric", d->metric);
	if (d->installed)
		jsonw_bool(j, "installed", true);
	if (d->queued)
		jsonw_bool(j, "queued", true);
	if (d->refused) {
		jsonw_bool(j, "failed", true);
		jsonw_str(j, "reason", refusal_find(s->c, &r->s)->text);
	}
	jsonw_uint(j, "table", v->table);
	if (d->tag)
		jsonw_uint(j, "tag", d->tag);
	if (d->installed && d->nhid) {
		jsonw_uint(j, "nexthopGroupId", d->nhid);
		jsonw_uint(j, "installedNexthopGroupId", d->nhid);
	}
	hops_json(s, d);
	jsonw_end_object(j);
}

static void one_route(struct show *s, const struct route *r)
{
	struct candidate d[CANDIDATES_MAX];
	unsigned n = candidates_make(s->c, r, d);
	struct prefix p = route_prefix(r);
	char text[PREFIX_TEXT_MAX];
	bool any = false;

	for (unsigned i = 0; i < n; i++) {
		if (s->proto && d[i].proto != s->proto)
			continue;
		if (s->json && !any)
			jsonw_array(&s->j, prefix_text(&p, text));
		any = true;
		if (s->json)
			route_json(s, r, &d[i]);
		else
			route_line(s, r, &d[i]);
	}
	if (any && s->json)
		jsonw_end_array(&s->j);
}

static void vrf_ends(struct show *s)
{
	if (s->open && s->json && s->vrf == 0)
		jsonw_end_object(&s->j);
	s->open = 0;
}

static void vrf_begins(struct show *s, const struct route *r)
{
	if (s->vrf || s->open == r->vrf)
		return;
	vrf_ends(s);
	s->open = r->vrf;
	if (s->json)
		jsonw_object(&s->j, vrf_at(s->c, r->vrf)->name);
	else
		sb_addf(s->out, "\nVRF %s:\n", vrf_at(s->c, r->vrf)->name);
}

/* The next id in s->cursor, 0 after the last; false: later. */
static bool route_find_next(struct show *s)
{
	uint32_t id;

	if (!s->walk) {
		s->cursor = s->count < s->ids.n ? s->ids.v[s->count++] : 0;
		return true;
	}
	id = ordered_next(s->walk, s);
	s->wait = id == ORDERED_WAIT;
	s->cursor = id;
	return !s->wait;
}

static bool route_step(struct show *s)
{
	const struct table *t = s->family == 6 ? &s->c->routes6 : &s->c->routes4;
	const struct route *r;

	if (!route_find_next(s))
		return true;
	if (!s->cursor) {
		vrf_ends(s);
		if (s->json) {
			jsonw_end_object(&s->j);
			sb_addc(s->out, '\n');
		} else if (s->walk && s->prefix.family && !s->entry) {
			sb_add(s->out, "% Network not in table\n");
		}
		return false;
	}
	s->entry = s->cursor;
	r = slab_at(&t->slab, s->cursor);
	/* Of those that were looked up: it may have gone, or be another's by now. */
	if (!(r->s.q & Q_LIVE) || (s->vrf && r->vrf != s->vrf))
		return true;
	vrf_begins(s, r);
	one_route(s, r);
	return true;
}

/* A prefix in each VRF that is meant. */
static void routes_of_prefix(struct show *s, const struct prefix *p)
{
	const struct vrf *v;
	uint32_t vrf;

	slab_foreach (vrf, v, &s->c->vrfs.slab) {
		uint32_t id = !s->vrf || vrf == s->vrf ? route_find(s->c, vrf, p) : 0;

		if (id)
			*vec_push(&s->ids) = id & ~ROUTE_V6;
	}
}

/* The longest prefix that has the address, in each VRF that is meant. */
static void routes_of_address(struct show *s, const struct ip_addr *a)
{
	const struct vrf *v;
	uint32_t vrf;

	slab_foreach (vrf, v, &s->c->vrfs.slab) {
		if (s->vrf && vrf != s->vrf)
			continue;
		for (unsigned len = family_bits(a->family) + 1; len-- > 0;) {
			struct prefix p = prefix_make(a, (uint8_t)len);
			uint32_t id = v->lens[a->family == 6][len] ? route_find(s->c, vrf, &p) : 0;

			if (!id || !route_is_present(route_at(s->c, id)))
				continue;
			*vec_push(&s->ids) = id & ~ROUTE_V6;
			break;
		}
	}
}

static uint8_t proto_arg(const struct grammar_match *m)
{
	for (uint8_t p = P_CONNECTED; p <= P_BGP; p++)
		if (grammar_has(m, protos[p].name))
			return p;
	return grammar_has(m, "local") ? P_LOCAL : P_ALL;
}

void show_route(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	const char *address = grammar_value(m, "address"), *prefix = grammar_value(m, "prefix");

	s->family = grammar_has(m, "ipv6") ? 6 : 4;
	if (!show_vrf_arg(s, m, a))
		return;
	s->proto = proto_arg(m);
	s->longer = grammar_has(m, "longer-prefixes");
	if (prefix)
		prefix_parse(prefix, &s->prefix);
	if (address)
		ip_parse(address, &s->address);
	if ((prefix && s->prefix.family != s->family) || (address && s->address.family != s->family)) {
		show_fail(a, EINVAL, "%% that is not an IPv%u address", s->family);
		return;
	}
	if (address)
		routes_of_address(s, &s->address);
	else if (prefix && !s->longer)
		routes_of_prefix(s, &s->prefix);
	else
		s->walk = show_route_walk(s);
	if (s->json)
		jsonw_object(&s->j, NULL);
	else if (!s->walk)
		sb_add(&a->out, s->ids.n ? "" : "% Network not in table\n");
	else if (!prefix)
		sb_add(&a->out,
				"Codes: K - kernel route, C - connected, S - static, B - BGP,\n"
				"       > - selected route, * - FIB route, q - queued, r - rejected\n\n");
	s->step = route_step;
}

/* ---- summary */

static void summary_json(struct show *s, const unsigned *total, const unsigned *fib)
{
	struct jsonw *j = &s->j;
	unsigned all = 0, all_fib = 0;

	jsonw_object(j, NULL);
	jsonw_array(j, "routes");
	for (unsigned p = P_CONNECTED; p <= P_BGP; p++) {
		all += total[p];
		all_fib += fib[p];
		if (!total[p])
			continue;
		jsonw_object(j, NULL);
		jsonw_uint(j, "fib", fib[p]);
		jsonw_uint(j, "rib", total[p]);
		jsonw_str(j, "type", protos[p].name);
		jsonw_end_object(j);
	}
	jsonw_end_array(j);
	jsonw_uint(j, "routesTotal", all);
	jsonw_uint(j, "routesTotalFib", all_fib);
	jsonw_end_object(j);
	sb_addc(s->out, '\n');
}

static void summary_text(struct show *s, const unsigned *total, const unsigned *fib)
{
	unsigned all = 0, all_fib = 0;

	sb_addf(s->out, "%-20s %-20s %s  (vrf %s)\n", "Route Source", "Routes", "FIB",
			s->vrf ? vrf_at(s->c, s->vrf)->name : "all");
	for (unsigned p = P_CONNECTED; p <= P_BGP; p++) {
		all += total[p];
		all_fib += fib[p];
		if (total[p])
			sb_addf(s->out, "%-20s %-20u %u\n", protos[p].name, total[p], fib[p]);
	}
	sb_addf(s->out, "------\n%-20s %-20u %u\n", "Totals", all, all_fib);
}

#define COUNT_PIECE 8192 /* routes counted in a turn */

static bool summary_step(struct show *s)
{
	const struct slab *slab = s->family == 6 ? &s->c->routes6.slab : &s->c->routes4.slab;
	unsigned *total = s->counts, *fib = s->counts + P_LOCAL;

	for (unsigned k = 0; k < COUNT_PIECE && s->cursor < slab->used; k++) {
		const struct route *r = slab_at(slab, ++s->cursor);
		struct candidate d[CANDIDATES_MAX];
		unsigned n;

		if (!(r->s.q & Q_LIVE) || (s->vrf && r->vrf != s->vrf))
			continue;
		n = candidates_make(s->c, r, d);
		for (unsigned i = 0; i < n; i++) {
			total[d[i].proto]++;
			fib[d[i].proto] += d[i].installed;
		}
	}
	s->wait = true;
	if (s->cursor < slab->used)
		return true;
	if (s->json)
		summary_json(s, total, fib);
	else
		summary_text(s, total, fib);
	return false;
}

void show_route_summary(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	s->family = grammar_has(m, "ipv6") ? 6 : 4;
	if (!show_vrf_arg(s, m, a))
		return;
	s->counts = xcalloc(2 * P_LOCAL, sizeof(*s->counts));
	s->step = summary_step;
}
