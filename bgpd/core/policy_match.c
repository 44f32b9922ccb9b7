/* Match clauses of route-maps: one row each at the end, its parser and its
 * question above.  Called by policy_bind.c for each route.
 * A clause about something that the route does not have does not match. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/attr_text.h"
#include "bgpd/core/policy_clause.h"
#include "lib/base/feed.h"
#include "lib/base/hash.h"

bool clause_word(const char **text, char *buf, size_t size)
{
	const char *p = *text + strspn(*text, " ");
	size_t len = strcspn(p, " "), kept = len < size ? len : size - 1;

	if (!len)
		return false;
	memcpy(buf, p, kept);
	buf[kept] = '\0';
	*text = p + len;
	return true;
}

int clause_u32(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long long v;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	v = strtoull(text, &end, 10);
	if (*end || v > UINT32_MAX)
		return -EINVAL;
	*ret = (uint32_t)v;
	return 0;
}

int clause_parse_none(struct clause *c, const struct policy *p, struct err *e)
{
	(void)p;
	if (c->arg[0])
		return err_set(e, EINVAL, "'%.80s' is too much", c->arg);
	return 0;
}

int clause_parse_number(struct clause *c, const struct policy *p, struct err *e)
{
	(void)p;
	if (clause_u32(c->arg, &c->number))
		return err_set(e, EINVAL, "'%.80s' is not a number", c->arg);
	return 0;
}

int clause_parse_addr(struct clause *c, const struct policy *p, struct err *e)
{
	(void)p;
	if (ip_parse(c->arg, &c->addr) || (c->kind->family && c->addr.family != c->kind->family))
		return err_set(e, EINVAL, "'%.80s' is not an IPv%u address", c->arg,
				c->kind->family);
	return 0;
}

int clause_parse_origin(struct clause *c, const struct policy *p, struct err *e)
{
	static const char *const names[] = { "igp", "egp", "incomplete" };

	(void)p;
	for (uint32_t i = 0; i < 3; i++)
		if (strcmp(c->arg, names[i]) == 0) {
			c->number = i;
			return 0;
		}
	return err_set(e, EINVAL, "'%.80s' is not an origin", c->arg);
}

static int parse_prefix_list(struct clause *c, const struct policy *p, struct err *e)
{
	(void)e;
	c->prefixes = policy_find_prefix_list(p, c->kind->family, c->arg);
	return 0;
}

static int parse_access_list(struct clause *c, const struct policy *p, struct err *e)
{
	(void)e;
	c->prefixes = policy_find_access_list(p, c->kind->family, c->arg);
	return 0;
}

static int parse_list(struct clause *c, const struct policy *p, struct err *e)
{
	const char *text = c->arg;
	char name[256], word[32];

	if (!clause_word(&text, name, sizeof(name)))
		return err_set(e, EINVAL, "a list's name is missing");
	c->list = policy_find_list(p, c->kind->list, name);
	while (clause_word(&text, word, sizeof(word))) {
		if (strcmp(word, "exact-match") == 0)
			c->mode = LIST_EXACT;
		else if (strcmp(word, "any") == 0)
			c->mode = LIST_ANY;
		else
			return err_set(e, EINVAL, "'%s' is not known here", word);
	}
	return 0;
}

static int parse_peer(struct clause *c, const struct policy *p, struct err *e)
{
	(void)p;
	(void)e;
	c->none = strcmp(c->arg, "local") == 0;
	/* Else an interface: it is compared by name. */
	if (!c->none)
		ip_parse(c->arg, &c->addr);
	return 0;
}

static int parse_text(struct clause *c, const struct policy *p, struct err *e)
{
	(void)p;
	return c->arg[0] ? 0 : err_set(e, EINVAL, "a name is missing");
}

static int parse_rd(struct clause *c, const struct policy *p, struct err *e)
{
	(void)p;
	return rd_parse(c->arg, &c->rd) ? err_set(e, EINVAL,
			"'%.80s' is not a route distinguisher", c->arg) : 0;
}

static int parse_mac(struct clause *c, const struct policy *p, struct err *e)
{
	struct mac_addr mac;

	(void)p;
	if (mac_parse(c->arg, &mac))
		return err_set(e, EINVAL, "'%.80s' is not a MAC address", c->arg);
	for (int i = 0; i < 6; i++)
		*vec_push(&c->bytes) = mac.b[i];
	return 0;
}

/* In both tables of names number 0 is no valid answer. */
static const char *const protocols[] = { "bgp", "connected", "static", "kernel" };
static const char *const evpn_types[] = { "", "ead", "macip", "multicast", "es", "prefix" };

static int parse_word_of(struct clause *c, const char *const *words, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (c->arg[0] && strcmp(c->arg, words[i]) == 0) {
			c->number = (uint32_t)i;
			return 0;
		}
	return err_set(e, EINVAL, "'%.80s' is not known here", c->arg);
}

static int parse_protocol(struct clause *c, const struct policy *p, struct err *e)
{
	(void)p;
	return parse_word_of(c, protocols, 4, e);
}

static int parse_evpn_type(struct clause *c, const struct policy *p, struct err *e)
{
	(void)p;
	if (clause_u32(c->arg, &c->number) == 0 && c->number >= 1 && c->number <= 5)
		return 0;
	return parse_word_of(c, evpn_types, 6, e);
}

static bool match_prefixes(const struct clause *c, const struct policy_ctx *x)
{
	return c->prefixes && x->prefix.family && prefix_list_match(c->prefixes, &x->prefix, NULL);
}

static bool match_prefix_len(const struct clause *c, const struct policy_ctx *x)
{
	return x->prefix.family == c->kind->family && x->prefix.len == c->number;
}

/* As a host prefix, which is how lists judge addresses. */
static bool addr_in_list(const struct clause *c, const struct ip_addr *a)
{
	struct prefix p;

	if (!c->prefixes || a->family != c->kind->family)
		return false;
	p = prefix_make(a, (uint8_t)family_bits(a->family));
	return prefix_list_match(c->prefixes, &p, NULL);
}

static const struct ip_addr *next_hop_of(const struct policy_ctx *x)
{
	static const struct ip_addr none;

	return x->attrs->next_hop ? &attrs_next_hop(x->table, x->attrs->next_hop)->addr : &none;
}

static bool match_next_hop_list(const struct clause *c, const struct policy_ctx *x)
{
	return addr_in_list(c, next_hop_of(x));
}

static bool match_next_hop_addr(const struct clause *c, const struct policy_ctx *x)
{
	return ip_equal(&c->addr, next_hop_of(x));
}

static bool match_route_source(const struct clause *c, const struct policy_ctx *x)
{
	return x->route->source && addr_in_list(c, &x->route->source->addr);
}

static bool match_list(const struct clause *c, const struct policy_ctx *x)
{
	enum attr_part part = c->kind->list == LIST_AS_PATH ? PART_AS_PATH :
							      community_kind(c->kind->list)->part;

	return c->list && route_list_match(c->list, attrs_part(x->attrs, part), c->mode);
}

static bool match_local_pref(const struct clause *c, const struct policy_ctx *x)
{
	return (x->attrs->has & HAS_LOCAL_PREF ? x->attrs->local_pref : 100) == c->number;
}

static bool match_metric(const struct clause *c, const struct policy_ctx *x)
{
	return (x->attrs->has & HAS_MED ? x->attrs->med : 0) == c->number;
}

static bool match_tag(const struct clause *c, const struct policy_ctx *x)
{
	return (x->attrs->has & HAS_TAG ? attrs_tag(x->attrs) : 0) == c->number;
}

static bool match_origin(const struct clause *c, const struct policy_ctx *x)
{
	return x->attrs->origin == c->number;
}

static bool match_peer(const struct clause *c, const struct policy_ctx *x)
{
	const struct route_source *s = x->route->source;

	if (c->none)
		return s && s->kind != SOURCE_PEER;
	if (c->addr.family)
		return x->route->peer && ip_equal(x->route->peer, &c->addr);
	return x->route->interface && strcmp(x->route->interface, c->arg) == 0;
}

static bool match_source_peer(const struct clause *c, const struct policy_ctx *x)
{
	const struct route_source *s = x->route->source;

	return s && s->kind == SOURCE_PEER && ip_equal(&s->addr, &c->addr);
}

static bool match_interface(const struct clause *c, const struct policy_ctx *x)
{
	return x->route->interface && strcmp(x->route->interface, c->arg) == 0;
}

static bool match_protocol(const struct clause *c, const struct policy_ctx *x)
{
	const struct route_source *s = x->route->source;

	if (!s)
		return false;
	return c->number == 0 ? s->kind == SOURCE_PEER :
				s->kind == SOURCE_REDISTRIBUTE && s->proto == c->number;
}

static bool match_source_vrf(const struct clause *c, const struct policy_ctx *x)
{
	return x->route->source_vrf && strcmp(x->route->source_vrf, c->arg) == 0;
}

/* The same route gets the same answer each time: a share of the prefixes. */
static bool match_probability(const struct clause *c, const struct policy_ctx *x)
{
	uint64_t h = x->route->key ? hash_bytes(0, x->route->key,
						     families[x->route->family].key_size) :
				     x->attrs->hash;

	return (h >> 11) % 100 < c->number;
}

static bool match_as_path_count(const struct clause *c, const struct policy_ctx *x)
{
	return x->attrs->as_hops == c->number;
}

static bool match_community_limit(const struct clause *c, const struct policy_ctx *x)
{
	const struct community_kind *k = community_kind(c->kind->list);

	return attrs_part(x->attrs, k->part).len / k->size <= c->number;
}

static bool is_evpn(const struct policy_ctx *x)
{
	return x->route->family == FAM_EVPN && x->route->key;
}

static bool match_evpn_type(const struct clause *c, const struct policy_ctx *x)
{
	return is_evpn(x) && x->route->key[0] == c->number;
}

static bool match_evpn_vni(const struct clause *c, const struct policy_ctx *x)
{
	const struct nlri_info *i = x->route->info;

	return is_evpn(x) && i && (i->label[0] == c->number || i->label[1] == c->number);
}

static bool match_rd(const struct clause *c, const struct policy_ctx *x)
{
	struct rd_value rd;

	return x->route->key && nlri_key_rd(x->route->family, x->route->key, &rd) &&
	       memcmp(&rd, &c->rd, sizeof(rd)) == 0;
}

static bool match_evpn_default(const struct clause *c, const struct policy_ctx *x)
{
	struct evpn_key k;

	(void)c;
	if (!is_evpn(x) || x->route->key[0] != EVPN_PREFIX)
		return false;
	nlri_evpn_key(x->route->key, &k);
	return k.prefix_len == 0;
}

static bool match_mac(const struct clause *c, const struct policy_ctx *x)
{
	struct evpn_key k;

	if (!is_evpn(x) || x->route->key[0] != EVPN_MACIP)
		return false;
	nlri_evpn_key(x->route->key, &k);
	return memcmp(k.mac.b, c->bytes.v, 6) == 0;
}

#define PREFIX .flags = CLAUSE_PREFIX
#define DEAR .flags = CLAUSE_DEAR
#define CHEAP .flags = 0

const struct clause_kind match_kinds[] = {
	{ "ip address", parse_access_list, match_prefixes, .family = 4, PREFIX },
	{ "ip address prefix-list", parse_prefix_list, match_prefixes, .family = 4, PREFIX },
	{ "ip address prefix-len", clause_parse_number, match_prefix_len, .family = 4, PREFIX },
	{ "ip next-hop", parse_access_list, match_next_hop_list, .family = 4 },
	{ "ip next-hop address", clause_parse_addr, match_next_hop_addr, .family = 4 },
	{ "ip next-hop prefix-list", parse_prefix_list, match_next_hop_list, .family = 4 },
	{ "ip route-source", parse_access_list, match_route_source, .family = 4 },
	{ "ip route-source prefix-list", parse_prefix_list, match_route_source, .family = 4 },
	{ "ipv6 address", parse_access_list, match_prefixes, .family = 6, PREFIX },
	{ "ipv6 address prefix-list", parse_prefix_list, match_prefixes, .family = 6, PREFIX },
	{ "ipv6 address prefix-len", clause_parse_number, match_prefix_len, .family = 6, PREFIX },
	{ "ipv6 next-hop", parse_access_list, match_next_hop_list, .family = 6 },
	{ "ipv6 next-hop address", clause_parse_addr, match_next_hop_addr, .family = 6 },
	{ "ipv6 next-hop prefix-list", parse_prefix_list, match_next_hop_list, .family = 6 },
	{ "as-path", parse_list, match_list, .list = LIST_AS_PATH, DEAR },
	{ "as-path-count", clause_parse_number, match_as_path_count, CHEAP },
	{ "community", parse_list, match_list, .list = LIST_COMMUNITY, DEAR },
	{ "large-community", parse_list, match_list, .list = LIST_LARGE_COMMUNITY, DEAR },
	{ "extcommunity", parse_list, match_list, .list = LIST_EXT_COMMUNITY, DEAR },
	{ "community-limit", clause_parse_number, match_community_limit,
			.list = LIST_COMMUNITY },
	{ "extcommunity-limit", clause_parse_number, match_community_limit,
			.list = LIST_EXT_COMMUNITY },
	{ "local-preference", clause_parse_number, match_local_pref, CHEAP },
	{ "metric", clause_parse_number, match_metric, CHEAP },
	{ "tag", clause_parse_number, match_tag, CHEAP },
	{ "origin", clause_parse_origin, match_origin, CHEAP },
	{ "peer", parse_peer, match_peer, CHEAP },
	{ "src-peer", clause_parse_addr, match_source_peer, CHEAP },
	{ "interface", parse_text, match_interface, CHEAP },
	{ "source-protocol", parse_protocol, match_protocol, CHEAP },
	{ "source-vrf", parse_text, match_source_vrf, CHEAP },
	{ "probability", clause_parse_number, match_probability, PREFIX },
	{ "mac address", parse_mac, match_mac, PREFIX },
	{ "evpn route-type", parse_evpn_type, match_evpn_type, PREFIX },
	{ "evpn vni", clause_parse_number, match_evpn_vni, PREFIX },
	{ "evpn rd", parse_rd, match_rd, PREFIX },
	{ "evpn default-route", clause_parse_none, match_evpn_default, PREFIX },
	{ .words = NULL },
};
