/* May a route come in, and as what?  Loops, the peer's weight, graceful
 * shutdown, and the inbound policy.  Asked by adj_in.c for each batch of new
 * routes, and by adj_in_work.c again when the policy has changed.
 * Sources: RFC 4271 sections 6.3, 9.1.2; RFC 4456 section 8; RFC 5065; RFC 8212;
 * RFC 8326 section 4. */
#include "bgpd/core/adj_in.h"
#include "bgpd/core/as_path.h"

#define COMMUNITY_GRACEFUL_SHUTDOWN 0xffff0000u

static bool peer_is_ebgp(const struct peer *p)
{
	return !p->ibgp && !p->confed;
}

static bool as_loops(const struct peer *p, const struct peer_family_config *c,
		struct attr_span path, uint32_t as)
{
	unsigned n = as_path_count(path, as);

	if (!n)
		return false;
	if (c->allow_as_in_origin && n == 1 && as_path_origin_as(path) == as)
		return false;
	(void)p;
	return n > c->allow_as_in;
}

static bool as_path_loops(const struct peer *p, const struct peer_family_config *c,
		const struct attrs *a)
{
	struct attr_span path = attrs_part(a, PART_AS_PATH);
	const struct instance_config *ic = p->instance->config;

	if (!path.len)
		return false;
	if (as_loops(p, c, path, p->local_as))
		return true;
	/* With local-as the peer knows us by another number than the others do. */
	if (ic->as != p->local_as && as_loops(p, c, path, ic->as))
		return true;
	return ic->confederation_id && ic->confederation_id != p->local_as &&
	       as_loops(p, c, path, ic->confederation_id);
}

static bool cluster_loops(const struct peer *p, const struct attrs *a)
{
	struct attr_span s = attrs_part(a, PART_CLUSTER_LIST);
	uint8_t own[4];

	wr_put32(own, p->instance->cluster_id);
	for (unsigned at = 0; at + 4 <= s.len; at += 4)
		if (!memcmp(s.p + at, own, 4))
			return true;
	return false;
}

static bool has_community(const struct attrs *a, uint32_t c)
{
	struct attr_span s = attrs_part(a, PART_COMMUNITIES);
	uint8_t b[4];

	wr_put32(b, c);
	for (unsigned at = 0; at + 4 <= s.len; at += 4)
		if (!memcmp(s.p + at, b, 4))
			return true;
	return false;
}

static enum path_reason refuse(const struct peer *p, enum family f, const struct attrs *a)
{
	const struct peer_family_config *c = p->config.family[f];

	if (as_path_loops(p, c, a))
		return REASON_AS_LOOP;
	if (p->instance->config->reject_as_sets && as_path_has_set(attrs_part(a, PART_AS_PATH)))
		return REASON_AS_SET;
	if (p->ibgp && (a->has & HAS_ORIGINATOR) && attrs_originator(a) == p->instance->router_id)
		return REASON_ORIGINATOR_LOOP;
	if (p->ibgp && cluster_loops(p, a))
		return REASON_CLUSTER_LOOP;
	if (a->next_hop && p->local_addr.family) {
		const struct attrs_next_hop *nh = attrs_next_hop(p->instance->core->attrs, a->next_hop);

		if (ip_equal(&nh->addr, &p->local_addr))
			return REASON_NEXT_HOP_SELF;
	}
	if (peer_is_ebgp(p) && p->instance->config->ebgp_requires_policy && !policy_filter_any(&c->in))
		return REASON_POLICY_DENIED;
	return REASON_NONE;
}

/* What the peer's configuration adds before the policy looks; takes over the
 * reference and returns one. */
static uint32_t adjust(const struct peer *p, enum family f, uint32_t id)
{
	const struct peer_family_config *c = p->config.family[f];
	struct attrs_table *t = p->instance->core->attrs;
	const struct attrs *a = attrs_get(t, id);
	bool shut = peer_is_ebgp(p) && has_community(a, COMMUNITY_GRACEFUL_SHUTDOWN);
	struct route_attrs open;
	uint32_t changed;

	if (!c->has_weight && !shut)
		return id;
	attrs_open(t, id, &open);
	if (c->has_weight) {
		open.has |= HAS_WEIGHT;
		open.weight = c->weight;
	}
	if (shut) {
		open.has |= HAS_LOCAL_PREF;
		open.local_pref = 0;
	}
	changed = attrs_intern(t, &open);
	attrs_unref(t, id);
	return changed;
}

static bool apply_policy(struct peer *p, enum family f, const uint8_t *key, uint32_t info,
		uint32_t *attrs)
{
	struct bgp_core *core = p->instance->core;
	struct policy_route r = { .family = f, .key = key, .info = info_get(core->infos, info),
		.source = core->sources.v[p->source], .peer = &p->config.addr,
		.interface = p->config.interface, .local_as = p->local_as };

	return policy_apply(p->family[f].in, core->attrs, core->infos, &r, attrs, NULL);
}

void adj_in_judge(struct peer *p, enum family f, uint32_t attrs_in, struct adj_in_verdict *ret)
{
	struct attrs_table *t = p->instance->core->attrs;
	const struct policy_bound *in = p->family[f].in;

	*ret = (struct adj_in_verdict){ .reason = refuse(p, f, attrs_get(t, attrs_in)) };
	if (ret->reason)
		return;
	attrs_ref(t, attrs_in);
	ret->attrs = adjust(p, f, attrs_in);
	if (!in || policy_bound_permits_all(in))
		return;
	if (!policy_bound_ignores_prefix(in)) {
		ret->per_prefix = true;
		return;
	}
	if (!apply_policy(p, f, NULL, 0, &ret->attrs)) {
		attrs_unref(t, ret->attrs);
		ret->attrs = 0;
		ret->reason = REASON_POLICY_DENIED;
	}
}

uint32_t adj_in_apply(struct peer *p, enum family f, const struct adj_in_verdict *v,
		const uint8_t *key, uint32_t info, enum path_reason *ret_reason)
{
	uint32_t attrs = v->attrs;

	*ret_reason = v->reason;
	attrs_ref(p->instance->core->attrs, attrs);
	if (!v->per_prefix || apply_policy(p, f, key, info, &attrs))
		return attrs;
	attrs_unref(p->instance->core->attrs, attrs);
	*ret_reason = REASON_POLICY_DENIED;
	return 0;
}

void adj_in_verdict_fini(struct peer *p, struct adj_in_verdict *v)
{
	attrs_unref(p->instance->core->attrs, v->attrs);
	v->attrs = 0;
}
