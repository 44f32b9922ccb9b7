/* Golden table of policy: lists and route-maps as lines, a route, and what
 * becomes of it.  The lines are a small language of this test: words and
 * argument of a clause are parted by '|'. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/attr_text.h"
#include "bgpd/core/nlri.h"
#include "bgpd/core/policy.h"
#include "lib/base/feed.h"
#include "lib/base/wr.h"
#include "lib/base/xalloc.h"

/* ---- lines to configuration ---- */

static void add_line(struct policy_config *c, char *line)
{
	char *word[6] = { 0 }, *rest = line, *bar;
	struct route_map_entry *e = NULL;

	if (c->route_maps.n) {
		struct route_map_config *m = &c->route_maps.v[c->route_maps.n - 1];

		e = &m->entries.v[m->entries.n - 1];
	}
	for (int i = 0; i < 5 && (word[i] = strtok_r(i ? NULL : line, " ", &rest)); i++)
		if (i == 0 && (strcmp(word[0], "match") == 0 || strcmp(word[0], "set") == 0))
			break;
	if (strcmp(word[0], "match") == 0 || strcmp(word[0], "set") == 0) {
		struct clause_config *k = strcmp(word[0], "set") ? vec_push(&e->match) :
								   vec_push(&e->set);

		bar = strchr(rest, '|');
		if (bar)
			*bar = '\0';
		k->words = xstrdup(rest);
		k->arg = xstrdup(bar ? bar + 1 : "");
	} else if (strcmp(word[0], "call") == 0) {
		e->call = xstrdup(word[1]);
	} else if (strcmp(word[0], "next") == 0) {
		e->on_match_next = true;
	} else if (strcmp(word[0], "goto") == 0) {
		e->on_match_goto = (uint32_t)atoi(word[1]);
	} else if (strcmp(word[0], "map") == 0) { /* map NAME permit|deny SEQ */
		struct route_map_config *m = NULL;

		for (size_t i = 0; i < c->route_maps.n; i++)
			if (strcmp(c->route_maps.v[i].name, word[1]) == 0)
				m = &c->route_maps.v[i];
		if (!m) {
			m = vec_push(&c->route_maps);
			m->name = xstrdup(word[1]);
		}
		e = vec_push(&m->entries);
		e->permit = strcmp(word[2], "permit") == 0;
		e->seq = (uint32_t)atoi(word[3]);
	} else if (strcmp(word[0], "pl") == 0) { /* pl NAME permit PREFIX|any [GE-LE] */
		struct prefix_list_config *l = NULL;
		struct prefix_list_entry x = { 0 };

		for (size_t i = 0; i < c->prefix_lists.n; i++)
			if (strcmp(c->prefix_lists.v[i].name, word[1]) == 0)
				l = &c->prefix_lists.v[i];
		if (!l) {
			l = vec_push(&c->prefix_lists);
			l->name = xstrdup(word[1]);
			l->family = strchr(word[3], ':') ? 6 : 4;
		}
		x.seq = l->rules ? (l->rules->n + 1) * 5 : 5;
		x.permit = strcmp(word[2], "permit") == 0;
		x.any = strcmp(word[3], "any") == 0;
		if (!x.any)
			ck_assert_int_eq(prefix_parse(word[3], &x.prefix), 0);
		if (word[4])
			ck_assert_int_eq(sscanf(word[4], "%hhu-%hhu", &x.ge, &x.le), 2);
		prefix_list_config_add(l, &x);
	} else { /* KIND[x] NAME permit TEXT */
		static const char *const kinds[LIST_KINDS] = { "acl", "path", "comm", "large",
			"ext" };
		struct list_config *l = NULL;
		struct list_entry *x;
		size_t len = strlen(word[0]);
		int kind = -1;

		for (int k = 0; k < LIST_KINDS; k++)
			if (strncmp(word[0], kinds[k], strlen(kinds[k])) == 0)
				kind = k;
		ck_assert_int_ge(kind, 0);
		for (size_t i = 0; i < c->lists.n; i++)
			if (strcmp(c->lists.v[i].name, word[1]) == 0)
				l = &c->lists.v[i];
		if (!l) {
			l = vec_push(&c->lists);
			l->name = xstrdup(word[1]);
			l->kind = (enum list_kind)kind;
			l->family = 4;
		}
		x = vec_push(&l->entries);
		x->seq = (uint32_t)l->entries.n * 5;
		x->permit = strcmp(word[2], "permit") == 0;
		x->regex = word[0][len - 1] == 'x';
		x->exact = word[0][len - 1] == '=';
		x->text = xmalloc(200);
		snprintf(x->text, 200, "%s%s%s%s%s", word[3], word[4] ? " " : "",
				word[4] ? word[4] : "", rest && *rest ? " " : "", rest ? rest : "");
	}
}

static struct policy *policy_of(const char *lines, struct err *e)
{
	struct policy_config c = { 0 };
	char *text = xstrdup(lines), *rest = text, *line;
	struct policy *p;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			add_line(&c, line);
	p = policy_new(&c, e);
	policy_config_fini(&c);
	free(text);
	return p;
}

/* ---- a route: "10.0.0.0/24 path=1 2 lp=200 ..." with ';' between ---- */

struct made {
	uint8_t bytes[PART_COUNT][512];
	uint8_t key[NLRI_KEY_MAX];
	struct policy_route r;
	struct nlri_info info;
	struct route_source source;
	struct ip_addr peer;
	char iface[16];
	struct route_attrs a;
};

static void make_communities(struct made *m, const char *value, int size, enum attr_part part)
{
	char *text = xstrdup(value), *rest = text, *word;
	uint16_t len = 0;
	uint32_t c;

	while ((word = strsep(&rest, " "))) {
		if (size == 4) {
			ck_assert_int_eq(community_parse(word, &c), 0);
			wr_put32(m->bytes[part] + len, c);
		} else if (size == 12) {
			ck_assert_int_eq(large_community_parse(word, m->bytes[part] + len), 0);
		} else {
			ck_assert_int_eq(ext_community_parse(word, 2, m->bytes[part] + len), 0);
		}
		len = (uint16_t)(len + size);
	}
	m->a.part[part] = (struct attr_span){ m->bytes[part], len };
	free(text);
}

static void make_path(struct made *m, const char *value)
{
	uint8_t *p = m->bytes[PART_AS_PATH];
	char *end;

	p[0] = AS_SEQUENCE;
	for (; *value; value = end + strspn(end, " "))
		wr_put32(p + 2 + 4 * p[1]++, (uint32_t)strtoul(value, &end, 10));
	m->a.part[PART_AS_PATH] = (struct attr_span){ p, (uint16_t)(p[1] ? 2 + 4 * p[1] : 0) };
}

static void make_field(struct made *m, const char *name, const char *value)
{
	if (strcmp(name, "path") == 0) {
		make_path(m, value);
	} else if (strcmp(name, "comm") == 0) {
		make_communities(m, value, 4, PART_COMMUNITIES);
	} else if (strcmp(name, "large") == 0) {
		make_communities(m, value, 12, PART_LARGE_COMMUNITIES);
	} else if (strcmp(name, "rt") == 0) {
		make_communities(m, value, 8, PART_EXT_COMMUNITIES);
	} else if (strcmp(name, "lp") == 0) {
		m->a.local_pref = (uint32_t)atoi(value);
		m->a.has |= HAS_LOCAL_PREF;
	} else if (strcmp(name, "med") == 0) {
		m->a.med = (uint32_t)atoi(value);
		m->a.has |= HAS_MED;
	} else if (strcmp(name, "tag") == 0) {
		m->a.tag = (uint32_t)atoi(value);
		m->a.has |= HAS_TAG;
	} else if (strcmp(name, "nh") == 0) {
		ck_assert_int_eq(ip_parse(value, &m->a.next_hop), 0);
	} else if (strcmp(name, "ll") == 0) {
		ck_assert_int_eq(ip_parse(value, &m->a.next_hop_link_local), 0);
	} else if (strcmp(name, "origin") == 0) {
		m->a.origin = (uint8_t)atoi(value);
	} else if (strcmp(name, "if") == 0) {
		snprintf(m->iface, sizeof(m->iface), "%s", value);
	} else if (strcmp(name, "static") == 0) {
		m->source.kind = SOURCE_REDISTRIBUTE;
		m->source.proto = FEED_STATIC;
		m->r.peer = NULL;
	} else if (strcmp(name, "out") == 0) {
		m->r.outbound = true;
	} else if (strcmp(name, "vrf") == 0) {
		m->r.source_vrf = value;
	} else if (strcmp(name, "vni") == 0) {
		struct evpn_key k = { .type = EVPN_PREFIX };

		ck_assert_int_eq(rd_parse("65000:1", &k.rd), 0);
		k.ip = ip4(0x0a000000);
		k.prefix_len = (uint8_t)atoi(strchr(value, '/') + 1);
		nlri_key_evpn(&k, m->key);
		m->r.family = FAM_EVPN;
		m->info.label[0] = (uint32_t)atoi(value);
	} else {
		ck_abort_msg("%s", name);
	}
}

static void make_route(struct made *m, char *text)
{
	char *rest = text, *field = strsep(&rest, ";"), *value;
	struct prefix p;

	memset(m, 0, sizeof(*m));
	m->info.label[0] = m->info.label[1] = NLRI_LABEL_NONE;
	ck_assert_int_eq(prefix_parse(field, &p), 0);
	m->peer = ip4(0x0a0000fe);
	m->source = (struct route_source){ .kind = SOURCE_PEER, .as = 65001, .addr = m->peer };
	m->r = (struct policy_route){ .family = p.family == 6 ? FAM_IPV6_UNICAST : FAM_IPV4_UNICAST,
		.key = m->key, .info = &m->info, .source = &m->source, .peer = &m->peer,
		.interface = m->iface, .local_as = 65000, .igp_metric = 77 };
	nlri_key_unicast(&p, m->key);
	while (rest && (field = strsep(&rest, ";"))) {
		value = strchr(field, '=');
		if (value)
			*value++ = '\0';
		make_field(m, field, value ? value : "");
	}
}

/* ---- the outcome as text ---- */

static void show_part(struct strbuf *out, const struct attrs *a, enum attr_part p, const char *name,
		void (*text)(struct attr_span, struct strbuf *))
{
	if (!attrs_part(a, p).len)
		return;
	sb_addf(out, "%s=", name);
	text(attrs_part(a, p), out);
	sb_addc(out, ';');
}

static void show(const struct attrs_table *t, uint32_t id, struct strbuf *out)
{
	const struct attrs *a = attrs_get(t, id);
	const struct attrs_next_hop *nh = attrs_next_hop(t, a->next_hop);
	char buf[IP_TEXT_MAX];

	show_part(out, a, PART_AS_PATH, "path", as_path_text);
	if (a->has & HAS_LOCAL_PREF)
		sb_addf(out, "lp=%u;", a->local_pref);
	if (a->has & HAS_MED)
		sb_addf(out, "med=%u;", a->med);
	if (a->has & HAS_WEIGHT)
		sb_addf(out, "weight=%u;", attrs_weight(a));
	if (a->has & HAS_TAG)
		sb_addf(out, "tag=%u;", attrs_tag(a));
	if (a->has & HAS_ORIGINATOR)
		sb_addf(out, "originator=%x;", attrs_originator(a));
	if (a->has & HAS_ATOMIC)
		sb_add(out, "atomic;");
	if (a->has & HAS_NEXT_HOP_SET)
		sb_add(out, "nhset;");
	if (a->origin)
		sb_addf(out, "origin=%u;", a->origin);
	if (a->next_hop && nh->addr.family)
		sb_addf(out, "nh=%s;", ip_text(&nh->addr, buf));
	if (a->next_hop && nh->link_local.family)
		sb_addf(out, "ll=%s;", ip_text(&nh->link_local, buf));
	if (attrs_part(a, PART_AGGREGATOR).len)
		sb_addf(out, "aggregator=%u;", attrs_part(a, PART_AGGREGATOR).p[3]);
	show_part(out, a, PART_COMMUNITIES, "comm", communities_text);
	show_part(out, a, PART_LARGE_COMMUNITIES, "large", large_communities_text);
	show_part(out, a, PART_EXT_COMMUNITIES, "ext", ext_communities_text);
	if (out->len)
		out->s[--out->len] = '\0';
}

#define P "map M permit 10\n"
#define IF(clause) P "match " clause
#define SET(clause) P "set " clause

static const struct {
	const char *lines, *route, *result; /* NULL: denied */
} cases[] = {
	/* the skeleton */
	{ "map M permit 10", "10.0.0.0/8;lp=1", "lp=1" },
	{ "map M deny 10", "10.0.0.0/8", NULL },
	{ "map X permit 10", "10.0.0.0/8", NULL },
	{ "map M permit 10\nmatch metric|5\nmap M permit 20\nset metric|6", "10.0.0.0/8", "med=6" },
	{ "map M permit 10\nmatch metric|5", "10.0.0.0/8;med=4", NULL },
	{ "map M permit 10\nmatch metric|5\nmatch tag|3", "10.0.0.0/8;med=5", NULL },
	{ "map M permit 10\nmatch metric|5\nmatch tag|3", "10.0.0.0/8;med=5;tag=3", "med=5;tag=3" },
	{ "map M permit 10\nset metric|1\nnext\nmap M permit 20\nset tag|2\nmap M permit 30\n"
	  "set weight|9",
			"10.0.0.0/8", "med=1;tag=2" },
	{ "map M permit 10\nset metric|1\nnext\nmap M permit 20\nmatch tag|2", "10.0.0.0/8",
			"med=1" },
	{ "map M permit 10\nset metric|1\nnext\nmap M deny 20\nmatch metric|1", "10.0.0.0/8", NULL },
	{ "map M permit 10\ngoto 30\nmap M permit 20\nset tag|2\nmap M permit 30\nset weight|9",
			"10.0.0.0/8", "weight=9" },
	{ "map M permit 10\ngoto 25\nmap M permit 20\nset tag|2\nmap M permit 30\nset weight|9",
			"10.0.0.0/8", "weight=9" },
	{ "map C permit 10\nset tag|7\nmap M permit 10\ncall C\nset metric|1", "10.0.0.0/8",
			"med=1;tag=7" },
	{ "map C deny 10\nmap M permit 10\ncall C\nset metric|1", "10.0.0.0/8", NULL },
	{ "map M permit 10\ncall M", "10.0.0.0/8", NULL },
	{ "map M permit 10\ncall NONE", "10.0.0.0/8;lp=1", "lp=1" },
	/* prefixes */
	{ "pl L permit 10.0.0.0/8\n" IF("ip address prefix-list|L"), "10.0.0.0/8;lp=1", "lp=1" },
	{ "pl L permit 10.0.0.0/8\n" IF("ip address prefix-list|L"), "10.1.0.0/16", NULL },
	{ "pl L permit 10.0.0.0/8 0-24\n" IF("ip address prefix-list|L"), "10.1.0.0/16;lp=1",
			"lp=1" },
	{ "pl L permit 10.0.0.0/8 24-0\n" IF("ip address prefix-list|L"), "10.1.1.1/32;lp=1",
			"lp=1" },
	{ "pl L permit 10.0.0.0/8 24-0\n" IF("ip address prefix-list|L"), "10.1.0.0/16", NULL },
	{ "pl L permit 10.0.0.0/8 16-24\n" IF("ip address prefix-list|L"), "10.0.0.0/8", NULL },
	{ "pl L deny 10.1.0.0/16 0-32\npl L permit any\n" IF("ip-address-prefix-list|L"),
			"10.1.2.0/24", NULL },
	{ "pl L deny 10.1.0.0/16 0-32\npl L permit any\n" IF("ip-address-prefix-list|L"),
			"10.2.2.0/24;lp=1", "lp=1" },
	{ IF("ip address prefix-list|NONE"), "10.0.0.0/8", NULL },
	{ "pl L permit any\n" IF("ip address prefix-list|L"), "2001:db8::/32", NULL },
	{ "pl L permit 2001:db8::/32 0-48\n" IF("ipv6 address prefix-list|L"),
			"2001:db8:1::/48;lp=1", "lp=1" },
	{ IF("ip address prefix-len|24"), "10.0.0.0/24;lp=1", "lp=1" },
	{ IF("ip address prefix-len|24"), "10.0.0.0/23", NULL },
	{ "acl A permit 10.0.0.0/8\n" IF("ip address|A"), "10.5.0.0/16;lp=1", "lp=1" },
	{ "acl= A permit 10.0.0.0/8\n" IF("ip address|A"), "10.5.0.0/16", NULL },
	{ "acl A deny 10.5.0.0/16\nacl A permit any\n" IF("ip address|A"), "10.5.1.0/24", NULL },
	/* next hop, source */
	{ IF("ip next-hop address|10.0.0.1"), "10.0.0.0/8;nh=10.0.0.1", "nh=10.0.0.1" },
	{ IF("ip next-hop address|10.0.0.1"), "10.0.0.0/8;nh=10.0.0.2", NULL },
	{ "pl L permit 10.0.0.0/24 32-0\n" IF("ip next-hop prefix-list|L"),
			"10.0.0.0/8;nh=10.0.0.2", "nh=10.0.0.2" },
	{ "acl L permit 10.0.0.0/24\n" IF("ip next-hop|L"), "10.0.0.0/8;nh=10.0.1.2", NULL },
	{ "acl L permit 10.0.0.0/24\n" IF("ip route-source|L"), "10.0.0.0/8;lp=1", "lp=1" },
	{ IF("peer|10.0.0.254"), "10.0.0.0/8;lp=1", "lp=1" },
	{ IF("peer|10.0.0.253"), "10.0.0.0/8;lp=1", NULL },
	{ IF("peer|local"), "10.0.0.0/8;lp=1", NULL },
	{ IF("peer|local"), "10.0.0.0/8;lp=1;static", "lp=1" },
	{ IF("interface|eth1"), "10.0.0.0/8;lp=1;if=eth1", "lp=1" },
	{ IF("interface|eth1"), "10.0.0.0/8;lp=1;if=eth2", NULL },
	{ IF("source-protocol|static"), "10.0.0.0/8;lp=1;static", "lp=1" },
	{ IF("source-protocol|bgp"), "10.0.0.0/8;lp=1;static", NULL },
	{ IF("source-vrf|red"), "10.0.0.0/8;lp=1;vrf=red", "lp=1" },
	{ IF("source-vrf|red"), "10.0.0.0/8;lp=1", NULL },
	/* attributes */
	{ IF("origin|egp"), "10.0.0.0/8;origin=1", "origin=1" },
	{ IF("origin|igp"), "10.0.0.0/8;origin=1", NULL },
	{ IF("local-preference|100"), "10.0.0.0/8;med=1", "med=1" },
	{ IF("local-preference|100"), "10.0.0.0/8;lp=101", NULL },
	{ IF("probability|100"), "10.0.0.0/8;med=1", "med=1" },
	{ IF("probability|0"), "10.0.0.0/8;med=1", NULL },
	{ "path A permit _65002_\n" IF("as-path|A"), "10.0.0.0/8;path=65001 65002 3",
			"path=65001 65002 3" },
	{ "path A permit _65002_\n" IF("as-path|A"), "10.0.0.0/8;path=65001 3", NULL },
	{ "path A deny ^65001\npath A permit .*\n" IF("as-path|A"), "10.0.0.0/8;path=65001 3", NULL },
	{ "path A permit ^$\n" IF("as-path|A"), "10.0.0.0/8;lp=1", "lp=1" },
	{ IF("as-path|NONE"), "10.0.0.0/8;lp=1", NULL },
	{ "comm C permit 1:1 2:2\n" IF("community|C"), "10.0.0.0/8;comm=2:2 1:1 3:3",
			"comm=2:2 1:1 3:3" },
	{ "comm C permit 1:1 2:2\n" IF("community|C"), "10.0.0.0/8;comm=1:1", NULL },
	{ "comm C permit 1:1 2:2\n" IF("community|C any"), "10.0.0.0/8;comm=1:1", "comm=1:1" },
	{ "comm C permit 1:1 2:2\n" IF("community|C exact-match"), "10.0.0.0/8;comm=2:2 1:1",
			"comm=2:2 1:1" },
	{ "comm C permit 1:1 2:2\n" IF("community|C exact-match"), "10.0.0.0/8;comm=1:1 2:2 3:3",
			NULL },
	{ "comm C permit 1:1\ncomm C permit no-export\n" IF("community|C"),
			"10.0.0.0/8;comm=no-export", "comm=no-export" },
	{ "comm C deny 1:1\ncomm C permit internet\n" IF("community|C"), "10.0.0.0/8;comm=1:1",
			NULL },
	{ "comm C deny 1:1\ncomm C permit internet\n" IF("community|C"), "10.0.0.0/8;lp=1",
			"lp=1" },
	{ "commx C permit _1:[0-9]_\n" IF("community|C"), "10.0.0.0/8;comm=7:7 1:3",
			"comm=7:7 1:3" },
	{ "large C permit 1:2:3\n" IF("large-community|C"), "10.0.0.0/8;large=1:2:3", "large=1:2:3" },
	{ "large C permit 1:2:3\n" IF("large-community|C"), "10.0.0.0/8;large=1:2:4", NULL },
	{ "ext C permit rt 1:2\n" IF("extcommunity|C"), "10.0.0.0/8;rt=1:2 1:3", "ext=RT:1:2 RT:1:3" },
	{ "ext C permit rt 1:2 soo 1:2\n" IF("extcommunity|C"), "10.0.0.0/8;rt=1:2 1:3", NULL },
	{ "extx C permit RT:1:.*\n" IF("extcommunity|C"), "10.0.0.0/8;rt=1:2", "ext=RT:1:2" },
	{ IF("community-limit|1"), "10.0.0.0/8;comm=1:1 2:2", NULL },
	{ IF("as-path-count|2"), "10.0.0.0/8;path=1 2", "path=1 2" },
	/* EVPN */
	{ IF("evpn route-type|prefix"), "10.0.0.0/8;vni=100/8;lp=1", "lp=1" },
	{ IF("evpn route-type|macip"), "10.0.0.0/8;vni=100/8;lp=1", NULL },
	{ IF("evpn vni|100"), "10.0.0.0/8;vni=100/8;lp=1", "lp=1" },
	{ IF("evpn vni|101"), "10.0.0.0/8;vni=100/8;lp=1", NULL },
	{ IF("evpn vni|100"), "10.0.0.0/8;lp=1", NULL },
	{ IF("evpn rd|65000:1"), "10.0.0.0/8;vni=100/8;lp=1", "lp=1" },
	{ IF("evpn rd|65000:2"), "10.0.0.0/8;vni=100/8;lp=1", NULL },
	{ IF("evpn default-route|"), "10.0.0.0/8;vni=100/0;lp=1", "lp=1" },
	{ IF("evpn default-route|"), "10.0.0.0/8;vni=100/8;lp=1", NULL },
	{ "pl L permit 10.0.0.0/8\n" IF("ip address prefix-list|L"), "9.0.0.0/8;vni=1/8;lp=1",
			"lp=1" },
	/* set: numbers */
	{ SET("local-preference|200"), "10.0.0.0/8", "lp=200" },
	{ SET("local-preference|+20"), "10.0.0.0/8", "lp=120" },
	{ SET("local-preference|-30"), "10.0.0.0/8;lp=20", "lp=0" },
	{ SET("metric|+5"), "10.0.0.0/8;med=4294967294", "med=4294967295" },
	{ SET("metric|-5"), "10.0.0.0/8;med=8", "med=3" },
	{ SET("metric|igp"), "10.0.0.0/8", "med=77" },
	{ SET("weight|300"), "10.0.0.0/8", "weight=300" },
	{ SET("tag|3"), "10.0.0.0/8", "tag=3" },
	{ SET("tag|untagged"), "10.0.0.0/8;tag=4;lp=1", "lp=1" },
	{ SET("origin|incomplete"), "10.0.0.0/8", "origin=2" },
	{ SET("atomic-aggregate|"), "10.0.0.0/8", "atomic" },
	{ SET("originator-id|1.2.3.4"), "10.0.0.0/8", "originator=1020304" },
	{ SET("aggregator|as 7 1.2.3.4"), "10.0.0.0/8", "aggregator=7" },
	{ SET("aggregator|7 1.2.3.4"), "10.0.0.0/8", "aggregator=7" },
	/* set: AS path */
	{ SET("as-path prepend|7 8"), "10.0.0.0/8;path=1 2", "path=7 8 1 2" },
	{ SET("as-path prepend|7"), "10.0.0.0/8", "path=7" },
	{ SET("as-path prepend|last-as 2"), "10.0.0.0/8;path=1 2", "path=1 1 1 2" },
	{ SET("as-path prepend last-as|1"), "10.0.0.0/8", "" },
	{ SET("as-path exclude|1 3"), "10.0.0.0/8;path=1 2 3 1", "path=2" },
	{ SET("as-path exclude|all"), "10.0.0.0/8;path=1 2 3 1;lp=1", "lp=1" },
	{ SET("as-path replace|any"), "10.0.0.0/8;path=1 2", "path=65000 65000" },
	{ SET("as-path replace|2"), "10.0.0.0/8;path=1 2", "path=1 65000" },
	{ SET("as-path replace|any 9"), "10.0.0.0/8;path=1 2", "path=9 9" },
	{ P "set as-path prepend|5\nset as-path exclude|1", "10.0.0.0/8;path=1 2", "path=5 2" },
	/* set: communities */
	{ SET("community|2:2 1:1 2:2"), "10.0.0.0/8;comm=9:9", "comm=1:1 2:2" },
	{ SET("community|2:2 additive"), "10.0.0.0/8;comm=9:9 1:1", "comm=1:1 2:2 9:9" },
	{ SET("community|no-export"), "10.0.0.0/8", "comm=no-export" },
	{ SET("community|none"), "10.0.0.0/8;comm=9:9;lp=1", "lp=1" },
	{ "comm C permit 1:1\ncommx C permit ^2:\n" SET("comm-list delete|C"),
			"10.0.0.0/8;comm=1:1 2:9 3:3", "comm=3:3" },
	{ "comm C permit 1:1 3:3\n" P "set comm-list-delete|C\nset community|4:4 additive",
			"10.0.0.0/8;comm=1:1 2:9 3:3", "comm=2:9 4:4" },
	{ SET("comm-list delete|NONE"), "10.0.0.0/8;comm=1:1", "comm=1:1" },
	{ SET("large-community|1:2:3 additive"), "10.0.0.0/8;large=0:0:1", "large=0:0:1 1:2:3" },
	{ SET("large-community|none"), "10.0.0.0/8;large=0:0:1;lp=1", "lp=1" },
	{ SET("extcommunity rt|1:2 1.2.3.4:5"), "10.0.0.0/8;rt=9:9",
			"ext=RT:1:2 RT:9:9 RT:1.2.3.4:5" },
	{ SET("extcommunity soo|1:2"), "10.0.0.0/8", "ext=SoO:1:2" },
	{ SET("extcommunity none|"), "10.0.0.0/8;rt=9:9;lp=1", "lp=1" },
	{ SET("extcommunity bandwidth|100"), "10.0.0.0/8", "ext=LB:65000:12500000 (100.000 Mbps)" },
	/* set: next hop */
	{ SET("ip next-hop|1.1.1.1"), "10.0.0.0/8;nh=2.2.2.2", "nh=1.1.1.1" },
	{ SET("ip next-hop|1.1.1.1"), "10.0.0.0/8;nh=2.2.2.2;out", "nhset;nh=1.1.1.1" },
	{ SET("ip next-hop|peer-address"), "10.0.0.0/8;nh=2.2.2.2", "nh=10.0.0.254" },
	{ SET("ip next-hop|peer-address"), "10.0.0.0/8;nh=2.2.2.2;out", "" },
	{ SET("ip next-hop|unchanged"), "10.0.0.0/8;nh=2.2.2.2;out", "nhset;nh=2.2.2.2" },
	{ SET("ip next-hop|unchanged"), "10.0.0.0/8;nh=2.2.2.2", "nh=2.2.2.2" },
	{ SET("ipv6 next-hop global|2001:db8::1"), "2001:db8::/32;nh=2001:db8::2",
			"nh=2001:db8::1" },
	{ SET("ipv6 next-hop local|fe80::1"), "2001:db8::/32;nh=2001:db8::2",
			"nh=2001:db8::2;ll=fe80::1" },
	{ SET("ipv6 next-hop prefer-global|"), "2001:db8::/32;nh=2001:db8::2;ll=fe80::1",
			"nh=2001:db8::2" },
};

START_TEST(route_map_case)
{
	struct attrs_table *t = attrs_table_new(1);
	struct err e = { "" };
	struct policy *p = policy_of(cases[_i].lines, &e);
	struct policy_filter x = { .route_map = "M" };
	struct policy_bound *b;
	char *text = xstrdup(cases[_i].route);
	struct made m;

	ck_assert_msg(p != NULL, "%s", e.text);
	b = policy_bind(p, FAM_IPV4_UNICAST, &x);
	make_route(&m, text);
	/* Twice: the second time what was remembered answers. */
	for (int again = 0; again < 2; again++) {
		uint32_t id = attrs_intern(t, &m.a), before = id;
		bool ok = policy_apply(b, t, NULL, &m.r, &id, NULL);
		struct strbuf out = { 0 };

		show(t, id, &out);
		ck_assert_msg(ok == (cases[_i].result != NULL), "%s: %s", cases[_i].lines,
				ok ? "permitted" : "denied");
		if (ok)
			ck_assert_str_eq(sb_str(&out), cases[_i].result);
		else
			ck_assert_uint_eq(id, before);
		attrs_unref(t, id);
		sb_free(&out);
	}
	policy_bound_free(b);
	policy_unref(p);
	ck_assert_uint_eq(attrs_live(t), 0);
	attrs_table_free(t);
	free(text);
}
END_TEST

static const char *const bad[] = {
	P "match nonsense|1", P "set metric|x", P "set community|65536:1", P "match origin|x",
	"path A permit (\n" P, "comm A permit 1:2:3\n" P, P "set as-path prepend|0",
	P "set ip next-hop|2001:db8::1", "acl A permit x\n" P, P "match community|", P "match evpn rd|x",
};

START_TEST(bad_policy_is_refused)
{
	struct err e = { "" };

	ck_assert_ptr_null(policy_of(bad[_i], &e));
	ck_assert_str_ne(e.text, "");
}
END_TEST

static bool equal_after(const char *a, const char *b, const struct policy_filter *x)
{
	struct policy *p = policy_of(a, NULL), *q = policy_of(b, NULL);
	struct policy_bound *u = policy_bind(p, FAM_IPV4_UNICAST, x),
			    *v = policy_bind(q, FAM_IPV4_UNICAST, x);
	bool equal = policy_bound_equal(u, v);

	ck_assert(policy_bound_equal(u, u));
	ck_assert(policy_bound_equal(v, u) == equal);
	policy_bound_free(u);
	policy_bound_free(v);
	policy_unref(p);
	policy_unref(q);
	return equal;
}

START_TEST(what_a_reload_touches)
{
	struct policy_filter m = { .route_map = "M" }, l = { .prefix_list = "L" }, none = { 0 };
	const char *base = "pl L permit 10.0.0.0/8\n" IF("ip address prefix-list|L");

	ck_assert(equal_after(base, base, &m));
	ck_assert(equal_after(base, "pl K permit any\npl L permit 10.0.0.0/8\n"
			IF("ip address prefix-list|L"), &m));
	ck_assert(!equal_after(base, "pl L permit 10.0.0.0/9\n" IF("ip address prefix-list|L"), &m));
	ck_assert(!equal_after(base, IF("ip address prefix-list|L"), &m));
	ck_assert(!equal_after(base, "pl L permit 10.0.0.0/8\n" IF("ip address prefix-list|L")
			"\nset metric|1", &m));
	ck_assert(!equal_after(base, "pl L permit 10.0.0.0/8\n", &m));
	ck_assert(equal_after(base, "pl L permit 10.0.0.0/8\n", &l));
	ck_assert(equal_after(base, "", &none));
	ck_assert(!equal_after("map C permit 1\n" P "call C", "map C deny 1\n" P "call C", &m));
	ck_assert(equal_after("map C permit 1\n" P "call C", "map C permit 1\n" P "call C", &m));
}
END_TEST

START_TEST(filters_of_a_neighbor)
{
	struct attrs_table *t = attrs_table_new(1);
	struct policy *p = policy_of("pl L permit 10.0.0.0/8 0-32\npath A permit ^1_\n"
				     "acl D deny 10.1.0.0/16\nacl D permit any\n" P "set metric|1",
			NULL);
	struct policy_filter x = { "M", "L", "D", "A" }, only_map = { .route_map = "M" },
			     missing = { .prefix_list = "NONE" }, nothing = { 0 };
	struct policy_bound *all = policy_bind(p, FAM_IPV4_UNICAST, &x),
			    *map = policy_bind(p, FAM_IPV4_UNICAST, &only_map),
			    *no = policy_bind(p, FAM_IPV4_UNICAST, &missing),
			    *empty = policy_bind(p, FAM_IPV4_UNICAST, &nothing);
	static const struct {
		const char *route, *list;
		uint32_t seq;
		bool ok;
	} routes[] = {
		{ "10.2.0.0/16;path=1 2", "M", 10, true },
		{ "11.0.0.0/16;path=1 2", "L", 0, false },
		{ "10.1.0.0/16;path=1 2", "D", 5, false },
		{ "10.2.0.0/16;path=2", "A", 0, false },
	};

	ck_assert(!policy_bound_ignores_prefix(all) && policy_bound_ignores_prefix(map));
	ck_assert(policy_bound_permits_all(empty) && !policy_bound_permits_all(no));
	for (size_t i = 0; i < 4; i++) {
		char *text = xstrdup(routes[i].route);
		struct policy_trace trace;
		struct made m;
		uint32_t id;

		make_route(&m, text);
		id = attrs_intern(t, &m.a);
		ck_assert(policy_apply(all, t, NULL, &m.r, &id, &trace) == routes[i].ok);
		ck_assert_str_eq(trace.list, routes[i].list);
		ck_assert_uint_eq(trace.seq, routes[i].seq);
		ck_assert(!policy_apply(no, t, NULL, &m.r, &id, &trace));
		ck_assert(policy_apply(empty, t, NULL, &m.r, &id, NULL));
		attrs_unref(t, id);
		free(text);
	}
	ck_assert_uint_eq(policy_entry_hits(p, "M", 10), 1);
	policy_bound_free(all);
	policy_bound_free(map);
	policy_bound_free(no);
	policy_bound_free(empty);
	policy_unref(p);
	attrs_table_free(t);
}
END_TEST

START_TEST(names_of_clauses)
{
	ck_assert_str_eq(policy_clause_words(false, "ip-next-hop-prefix-list"),
			"ip next-hop prefix-list");
	ck_assert_str_eq(policy_clause_words(true, "comm-list-delete"), "comm-list delete");
	ck_assert_ptr_null(policy_clause_words(true, "comm-list"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy");
	TCase *tc = tcase_create("policy");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, route_map_case, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(tc, bad_policy_is_refused, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, what_a_reload_touches);
	tcase_add_test(tc, filters_of_a_neighbor);
	tcase_add_test(tc, names_of_clauses);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
