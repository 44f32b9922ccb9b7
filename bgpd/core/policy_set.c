/* Set clauses of route-maps: one row each at the end, its parser and its
 * change above.  Called by policy_bind.c for each route that an entry permits.
 *
 * The clauses of an entry are applied in the order of this table, so that the
 * result does not depend on the order in which they were typed: what takes
 * away comes before what adds. */
#include <errno.h>
#include <string.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/policy_clause.h"
#include "lib/base/wr.h"
#include "lib/base/xalloc.h"

#define ALL_ASES 0 /* "any", "all": AS 0 is not a valid number */

uint8_t *policy_edit_alloc(struct policy_edit *x, size_t size)
{
	uint8_t *p = xmalloc(size ? size : 1);

	*vec_push(&x->memory) = p;
	return p;
}

/* A relative number keeps to what 32 bits can hold. */
static int parse_delta(struct clause *c, const struct policy *p, struct err *e)
{
	const char *text = c->arg;

	(void)p;
	c->sign = *text == '+' ? 1 : *text == '-' ? -1 : 0;
	text += c->sign != 0;
	if (clause_u32(text, &c->number))
		return err_set(e, EINVAL, "'%.80s' is not a number", c->arg);
	return 0;
}

static uint32_t delta_apply(const struct clause *c, uint32_t old)
{
	if (c->sign > 0)
		return old > UINT32_MAX - c->number ? UINT32_MAX : old + c->number;
	if (c->sign < 0)
		return old < c->number ? 0 : old - c->number;
	return c->number;
}

static int parse_metric(struct clause *c, const struct policy *p, struct err *e)
{
	c->none = strcmp(c->arg, "igp") == 0;
	return c->none ? 0 : parse_delta(c, p, e);
}

static int parse_tag(struct clause *c, const struct policy *p, struct err *e)
{
	return strcmp(c->arg, "untagged") == 0 ? 0 : clause_parse_number(c, p, e);
}

static void set_local_pref(const struct clause *c, struct policy_edit *x)
{
	x->a.local_pref = delta_apply(c, x->a.has & HAS_LOCAL_PREF ? x->a.local_pref : 100);
	x->a.has |= HAS_LOCAL_PREF;
}

static void set_metric(const struct clause *c, struct policy_edit *x)
{
	if (c->none)
		x->a.med = x->ctx->route->igp_metric;
	else
		x->a.med = delta_apply(c, x->a.has & HAS_MED ? x->a.med : 0);
	x->a.has |= HAS_MED;
	if (x->ctx->route->outbound)
		x->a.has |= HAS_MED_SET;
}

static void set_weight(const struct clause *c, struct policy_edit *x)
{
	x->a.weight = c->number;
	x->a.has |= HAS_WEIGHT;
}

static void set_tag(const struct clause *c, struct policy_edit *x)
{
	x->a.tag = c->number;
	x->a.has = (uint8_t)(c->number ? x->a.has | HAS_TAG : x->a.has & ~HAS_TAG);
}

static void set_origin(const struct clause *c, struct policy_edit *x)
{
	x->a.origin = (uint8_t)c->number;
}

static void set_atomic(const struct clause *c, struct policy_edit *x)
{
	(void)c;
	x->a.has |= HAS_ATOMIC;
}

static void set_originator(const struct clause *c, struct policy_edit *x)
{
	x->a.originator_id = ip4_u32(&c->addr);
	x->a.has |= HAS_ORIGINATOR;
}

static int parse_aggregator(struct clause *c, const struct policy *p, struct err *e)
{
	const char *text = c->arg;
	char word[3][IP_TEXT_MAX];
	unsigned n = 0;

	(void)p;
	while (n < 3 && clause_word(&text, word[n], sizeof(word[0])))
		n++;
	/* "as N A.B.C.D"; the word "as" may be part of the clause's own. */
	if (n == 3 && strcmp(word[0], "as") == 0) {
		memmove(word[0], word[1], 2 * sizeof(word[0]));
		n = 2;
	}
	if (n != 2 || clause_u32(word[0], &c->number) || ip_parse(word[1], &c->addr) ||
			c->addr.family != 4)
		return err_set(e, EINVAL, "'%.80s' is not an AS and a router", c->arg);
	return 0;
}

static void set_aggregator(const struct clause *c, struct policy_edit *x)
{
	uint8_t *p = policy_edit_alloc(x, 8);

	wr_put32(p, c->number);
	memcpy(p + 4, c->addr.b, 4);
	x->a.part[PART_AGGREGATOR] = (struct attr_span){ p, 8 };
}

/* ---- AS path ---- */

static int parse_ases(struct clause *c, const struct policy *p, struct err *e)
{
	const char *text = c->arg;
	char word[24];
	uint32_t as;

	(void)p;
	while (clause_word(&text, word, sizeof(word))) {
		if (strcmp(word, "any") == 0 || strcmp(word, "all") == 0)
			as = ALL_ASES;
		else if (clause_u32(word, &as) || as == 0)
			return err_set(e, EINVAL, "'%s' is not an AS number", word);
		*vec_push(&c->numbers) = as;
	}
	if (!c->numbers.n)
		return err_set(e, EINVAL, "AS numbers are missing");
	return 0;
}

static int parse_prepend(struct clause *c, const struct policy *p, struct err *e)
{
	if (strncmp(c->arg, "last-as ", 8) == 0)
		return clause_u32(c->arg + 8, &c->number2) ?
				       err_set(e, EINVAL, "'%.80s' is not a number", c->arg) :
				       0;
	if (parse_ases(c, p, e))
		return -EINVAL;
	for (size_t i = 0; i < c->numbers.n; i++)
		if (c->numbers.v[i] == ALL_ASES)
			return err_set(e, EINVAL, "'%.80s' has no place here", c->arg);
	return 0;
}

static int parse_last_as(struct clause *c, const struct policy *p, struct err *e)
{
	(void)p;
	if (clause_u32(c->arg, &c->number2))
		return err_set(e, EINVAL, "'%.80s' is not a number", c->arg);
	return 0;
}

static void as_path_put(struct policy_edit *x, uint32_t as, unsigned n)
{
	struct attr_span old = x->a.part[PART_AS_PATH];

	/* A path that would not fit its length field stays as it is. */
	if (n && AS_PATH_ROOM((size_t)old.len, n) <= UINT16_MAX)
		x->a.part[PART_AS_PATH] = as_path_prepend(old, AS_SEQUENCE, as, n,
				policy_edit_alloc(x, AS_PATH_ROOM((size_t)old.len, n)));
}

static void set_prepend(const struct clause *c, struct policy_edit *x)
{
	if (c->number2)
		as_path_put(x, as_path_first(x->a.part[PART_AS_PATH]), c->number2);
	for (size_t i = c->numbers.n; i-- > 0;)
		as_path_put(x, c->numbers.v[i], 1);
}

static void set_last_as(const struct clause *c, struct policy_edit *x)
{
	uint32_t as = as_path_first(x->a.part[PART_AS_PATH]);

	if (as)
		as_path_put(x, as, c->number2);
}

static void set_exclude(const struct clause *c, struct policy_edit *x)
{
	struct attr_span *path = &x->a.part[PART_AS_PATH];

	for (size_t i = 0; i < c->numbers.n; i++) {
		if (c->numbers.v[i] == ALL_ASES)
			path->len = 0;
		else if (as_path_count(*path, c->numbers.v[i]))
			*path = as_path_remove(*path, c->numbers.v[i],
					policy_edit_alloc(x, AS_PATH_ROOM((size_t)path->len, 0)));
	}
}

/* "any | AS [to AS]": FRR's `set as-path replace`. */
static int parse_replace(struct clause *c, const struct policy *p, struct err *e)
{
	if (parse_ases(c, p, e))
		return -EINVAL;
	if (c->numbers.n > 2 || (c->numbers.n == 2 && c->numbers.v[1] == ALL_ASES))
		return err_set(e, EINVAL, "'%.80s' is too much", c->arg);
	return 0;
}

static void set_replace(const struct clause *c, struct policy_edit *x)
{
	struct attr_span *path = &x->a.part[PART_AS_PATH];
	uint32_t to = c->numbers.n == 2 ? c->numbers.v[1] : x->ctx->route->local_as;
	uint8_t *p;

	if (!path->len)
		return;
	p = policy_edit_alloc(x, AS_PATH_ROOM((size_t)path->len, 0));
	if (c->numbers.v[0] != ALL_ASES) {
		*path = as_path_replace(*path, c->numbers.v[0], to, p);
		return;
	}
	memcpy(p, path->p, path->len);
	for (unsigned at = 0; at + 2 <= path->len; at += 2 + 4 * p[at + 1])
		for (unsigned i = 0; i < p[at + 1]; i++)
			wr_put32(p + at + 2 + 4 * i, to);
	path->p = p;
}

/* ---- communities of all three kinds ---- */

static int parse_communities(struct clause *c, const struct policy *p, struct err *e)
{
	char word[24], *text = xstrdup(c->arg), *end = text + strlen(text);
	const char *at = text;
	int r = 0;

	(void)p;
	while (end > text && end[-1] == ' ')
		*--end = '\0';
	if (end - text > 9 && strcmp(end - 9, " additive") == 0) {
		c->additive = true;
		end[-9] = '\0';
	}
	c->none = clause_word(&at, word, sizeof(word)) && strcmp(word, "none") == 0;
	if (!c->none)
		r = communities_parse(c->kind->list, text, &c->bytes, e);
	free(text);
	return r;
}

/* rt and soo are clauses of their own: their kind is not among the words. */
static int parse_ext_communities(struct clause *c, const struct policy *p, struct err *e)
{
	struct strbuf sb = { 0 };
	int r;

	(void)p;
	c->additive = true;
	sb_addf(&sb, "%s %s", c->kind->detail == 2 ? "rt" : "soo", c->arg);
	r = communities_parse(LIST_EXT_COMMUNITY, sb_str(&sb), &c->bytes, e);
	sb_free(&sb);
	return r;
}

static void communities_put(struct policy_edit *x, enum list_kind k, const uint8_t *add, size_t len,
		bool additive)
{
	const struct community_kind *kind = community_kind(k);
	struct attr_span *part = &x->a.part[kind->part];
	size_t old = additive ? part->len : 0, n;
	uint8_t *p;

	if (old + len > UINT16_MAX)
		return;
	p = policy_edit_alloc(x, old + len);
	if (old)
		memcpy(p, part->p, old);
	if (len)
		memcpy(p + old, add, len);
	n = communities_sort(p, (old + len) / kind->size, kind->size);
	*part = (struct attr_span){ p, (uint16_t)(n * kind->size) };
}

static void set_communities(const struct clause *c, struct policy_edit *x)
{
	communities_put(x, c->kind->list, c->bytes.v, c->bytes.n, c->additive && !c->none);
}

static int parse_delete(struct clause *c, const struct policy *p, struct err *e)
{
	const char *text = c->arg;
	char name[256], word[16];

	if (!clause_word(&text, name, sizeof(name)))
		return err_set(e, EINVAL, "a list's name is missing");
	if (clause_word(&text, word, sizeof(word)) && strcmp(word, "delete") != 0)
		return err_set(e, EINVAL, "'%s' is not known here", word);
	c->list = policy_find_list(p, c->kind->list, name);
	return 0;
}

static void set_delete(const struct clause *c, struct policy_edit *x)
{
	const struct community_kind *k = community_kind(c->kind->list);
	struct attr_span *part = &x->a.part[k->part];
	uint8_t *p;
	uint16_t len = 0;

	if (!c->list || !part->len)
		return;
	p = policy_edit_alloc(x, part->len);
	for (unsigned at = 0; at + k->size <= part->len; at += k->size) {
		if (route_list_match_one(c->list, part->p + at))
			continue;
		memcpy(p + len, part->p + at, k->size);
		len = (uint16_t)(len + k->size);
	}
	*part = (struct attr_span){ p, len };
}

/* Link bandwidth, draft-ietf-idr-link-bandwidth: two-octet AS, then bytes per
 * second as a float.  The argument is in Mbit/s. */
static int parse_bandwidth(struct clause *c, const struct policy *p, struct err *e)
{
	const char *text = c->arg;
	char word[24];

	(void)p;
	if (!clause_word(&text, word, sizeof(word)) || clause_u32(word, &c->number))
		return err_set(e, EINVAL, "'%.80s' is not a bandwidth in Mbit/s", c->arg);
	if (clause_word(&text, word, sizeof(word))) {
		if (strcmp(word, "non-transitive") != 0)
			return err_set(e, EINVAL, "'%s' is not known here", word);
		c->sign = 1;
	}
	return 0;
}

static void set_bandwidth(const struct clause *c, struct policy_edit *x)
{
	float bytes = (float)((double)c->number * 1000000 / 8);
	uint32_t as = x->ctx->route->local_as, bits;
	uint8_t ext[8] = { c->sign ? 0x40 : 0x00, 0x04 };

	if (as > UINT16_MAX)
		as = 23456; /* AS_TRANS, RFC 6793 */
	memcpy(&bits, &bytes, sizeof(bits));
	wr_put16(ext + 2, (uint16_t)as);
	wr_put32(ext + 4, bits);
	communities_put(x, LIST_EXT_COMMUNITY, ext, 8, true);
}

/* ---- next hop ---- */

static int parse_next_hop(struct clause *c, const struct policy *p, struct err *e)
{
	static const char *const words[] = { "", "peer-address", "unchanged", "self" };

	for (uint32_t i = 1; i < 4; i++)
		if (strcmp(c->arg, words[i]) == 0) {
			c->number = i;
			return 0;
		}
	return clause_parse_addr(c, p, e);
}

/* Inbound the peer's address is the sender's, outbound it is ours on that
 * session: a next hop of family 0 is filled in so. */
static void next_hop_peer(struct policy_edit *x, uint8_t family)
{
	const struct policy_route *r = x->ctx->route;

	if (r->outbound)
		x->a.next_hop = x->a.next_hop_link_local = (struct ip_addr){ 0 };
	else if (r->peer && r->peer->family == family)
		x->a.next_hop = *r->peer;
}

static void next_hop_set(const struct clause *c, struct policy_edit *x)
{
	uint8_t family = c->kind->family;

	switch (c->number) {
	case 1:
		next_hop_peer(x, family);
		break;
	case 2:
		if (x->ctx->route->outbound)
			x->a.has |= HAS_NEXT_HOP_SET;
		break;
	case 3:
		x->a.next_hop = x->a.next_hop_link_local = (struct ip_addr){ 0 };
		break;
	default:
		x->a.next_hop = c->addr;
		if (x->ctx->route->outbound)
			x->a.has |= HAS_NEXT_HOP_SET;
	}
}

static void set_ip_next_hop(const struct clause *c, struct policy_edit *x)
{
	next_hop_set(c, x);
}

static void set_ipv6_local(const struct clause *c, struct policy_edit *x)
{
	x->a.next_hop_link_local = c->addr;
	if (x->ctx->route->outbound && x->a.next_hop.family == 6)
		x->a.has |= HAS_NEXT_HOP_SET;
}

static void set_ipv6_peer(const struct clause *c, struct policy_edit *x)
{
	(void)c;
	next_hop_peer(x, 6);
}

static void set_prefer_global(const struct clause *c, struct policy_edit *x)
{
	(void)c;
	if (x->a.next_hop.family == 6 && !ip_is_link_local(&x->a.next_hop))
		x->a.next_hop_link_local = (struct ip_addr){ 0 };
}

#define ROUTE .flags = CLAUSE_ROUTE
#define NONE clause_parse_none

const struct clause_kind set_kinds[] = {
	{ "as-path exclude", parse_ases, .set = set_exclude },
	{ "as-path replace", parse_replace, .set = set_replace, ROUTE },
	{ "as-path prepend last-as", parse_last_as, .set = set_last_as },
	{ "as-path prepend", parse_prepend, .set = set_prepend },
	{ "comm-list delete", parse_delete, .set = set_delete, .list = LIST_COMMUNITY },
	{ "large-comm-list delete", parse_delete, .set = set_delete,
			.list = LIST_LARGE_COMMUNITY },
	{ "extended-comm-list delete", parse_delete, .set = set_delete,
			.list = LIST_EXT_COMMUNITY },
	{ "community", parse_communities, .set = set_communities, .list = LIST_COMMUNITY },
	{ "large-community", parse_communities, .set = set_communities,
			.list = LIST_LARGE_COMMUNITY },
	{ "extcommunity none", NONE, .set = set_communities, .list = LIST_EXT_COMMUNITY },
	{ "extcommunity rt", parse_ext_communities, .set = set_communities,
			.list = LIST_EXT_COMMUNITY, .detail = 2 },
	{ "extcommunity soo", parse_ext_communities, .set = set_communities,
			.list = LIST_EXT_COMMUNITY, .detail = 3 },
	{ "extcommunity bandwidth", parse_bandwidth, .set = set_bandwidth, ROUTE },
	{ "ip next-hop", parse_next_hop, .set = set_ip_next_hop, ROUTE, .family = 4 },
	{ "ipv6 next-hop global", clause_parse_addr, .set = set_ip_next_hop, ROUTE, .family = 6 },
	{ "ipv6 next-hop local", clause_parse_addr, .set = set_ipv6_local, ROUTE, .family = 6 },
	{ "ipv6 next-hop peer-address", NONE, .set = set_ipv6_peer, ROUTE, .family = 6 },
	{ "ipv6 next-hop prefer-global", NONE, .set = set_prefer_global },
	{ "local-preference", parse_delta, .set = set_local_pref },
	{ "metric", parse_metric, .set = set_metric, ROUTE },
	{ "weight", clause_parse_number, .set = set_weight },
	{ "tag", parse_tag, .set = set_tag },
	{ "origin", clause_parse_origin, .set = set_origin },
	{ "atomic-aggregate", NONE, .set = set_atomic },
	{ "aggregator", parse_aggregator, .set = set_aggregator },
	{ "originator-id", clause_parse_addr, .set = set_originator, .family = 4 },
	{ .words = NULL },
};
