/* Neighbours from the configuration tree, each with its group's settings merged
 * in: a setting that the neighbour has itself wins.  For config_yang.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/config_yang.h"
#include "lib/base/xalloc.h"
#include "lib/sys/config.h"

/* Who has the setting: the peer, else its group, else whoever can tell the
 * default. */
static const struct config_node *owner(const struct yang_source *s, const char *path)
{
	if (s->own && config_has(s->own, path))
		return s->own;
	if (s->group && config_has(s->group, path))
		return s->group;
	return NULL;
}

static const struct config_node *owner_or_default(const struct yang_source *s, const char *path)
{
	/* most peers are in no group: nothing to choose from */
	if (!s->own || !s->group)
		return s->own ? s->own : s->group;
	return config_has(s->own, path) || !config_has(s->group, path) ? s->own : s->group;
}

static bool flag(const struct yang_source *s, const char *path)
{
	const struct config_node *n = owner_or_default(s, path);

	return n && config_flag(n, path);
}

static bool has(const struct yang_source *s, const char *path)
{
	return owner(s, path) != NULL;
}

static const char *str(const struct yang_source *s, const char *path)
{
	const struct config_node *n = owner_or_default(s, path);

	return n ? config_str(n, path) : NULL;
}

static uint32_t u32(const struct yang_source *s, const char *path)
{
	const struct config_node *n = owner_or_default(s, path);

	return n ? config_u32(n, path, NULL) : 0;
}

/* A setting of several leaves in a container comes from one place whole. */
static struct yang_source whole(const struct yang_source *s, const char *container)
{
	const struct config_node *n = owner(s, container);

	return (struct yang_source){ n ? config_child(n, container) : NULL, NULL };
}

static void remote_as(const char *as, struct peer_config *p, uint32_t our_as)
{
	if (strcmp(as, "internal") == 0) {
		p->remote_as_type = REMOTE_AS_INTERNAL;
		p->remote_as = our_as;
	} else if (strcmp(as, "external") == 0) {
		p->remote_as_type = REMOTE_AS_EXTERNAL;
	} else if (strcmp(as, "auto") == 0) {
		p->remote_as_type = REMOTE_AS_AUTO;
	} else {
		p->remote_as_type = REMOTE_AS_NUMBER;
		p->remote_as = (uint32_t)strtoul(as, NULL, 10);
	}
}

static int session(const struct yang_source *s, const struct config_node *bgp, struct peer_config *p,
		struct arena *a, struct err *e)
{
	const char *source = str(s, "update-source");
	struct yang_source timers = whole(s, "timers"), las = whole(s, "local-as"),
			   down = whole(s, "shutdown");

	p->description = arena_strdup(a, str(s, "description"));
	p->local_as = u32(&las, "as");
	p->local_as_no_prepend = flag(&las, "no-prepend");
	p->local_as_replace_as = flag(&las, "replace-as");
	p->local_as_dual = flag(&las, "dual-as");
	p->port = (uint16_t)u32(s, "port");
	p->ebgp_multihop = (uint8_t)u32(s, "ebgp-multihop");
	p->ttl_security_hops = (uint8_t)u32(s, "ttl-security-hops");
	p->disable_connected_check = flag(s, "disable-connected-check");
	p->password = arena_strdup(a, str(s, "password"));
	if (source && ip_parse(source, &p->update_source) &&
			config_yang_name(p->update_source_interface,
					sizeof(p->update_source_interface), source, e))
		return -EINVAL;
	p->has_timers = timers.own != NULL;
	p->keepalive = (uint16_t)u32(&timers, "keepalive");
	p->hold = (uint16_t)u32(&timers, "hold-time");
	if (has(s, "connect-time"))
		p->connect_retry = (uint16_t)u32(s, "connect-time");
	p->advertisement_interval = (uint16_t)u32(s, "advertisement-interval");
	p->passive = flag(s, "passive");
	p->shutdown = down.own != NULL || config_flag(bgp, "shutdown");
	p->shutdown_message = arena_strdup(a, str(&down, "message"));
	p->extended_next_hop = flag(s, "capability-extended-nexthop");
	p->dont_capability_negotiate = flag(s, "dont-capability-negotiate");
	p->enforce_first_as = has(s, "enforce-first-as") ? flag(s, "enforce-first-as") :
							   config_flag(bgp, "enforce-first-as");
	p->solo = flag(s, "solo");
	p->graceful_shutdown = flag(s, "graceful-shutdown");
	p->tcp_mss = (uint16_t)u32(s, "tcp-mss");
	return 0;
}

static void names(const struct yang_source *s, struct peer_family_config *f, struct arena *a)
{
	const struct {
		const char *path, **name;
	} rows[] = {
		{ "route-map/in", &f->in.route_map },
		{ "route-map/out", &f->out.route_map },
		{ "prefix-list/in", &f->in.prefix_list },
		{ "prefix-list/out", &f->out.prefix_list },
		{ "filter-list/in", &f->in.filter_list },
		{ "filter-list/out", &f->out.filter_list },
		{ "distribute-list/in", &f->in.distribute_list },
		{ "distribute-list/out", &f->out.distribute_list },
		{ "default-originate/route-map", &f->default_originate_map },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		*rows[i].name = arena_strdup(a, str(s, rows[i].path));
}

static void maximum_prefix(const struct yang_source *s, struct peer_family_config *f)
{
	struct yang_source max = whole(s, "maximum-prefix");

	if (!max.own)
		return;
	f->max_prefix = u32(&max, "limit");
	f->max_prefix_threshold = (uint8_t)u32(&max, "threshold");
	f->max_prefix_warning_only = flag(&max, "warning-only");
	f->max_prefix_restart = (uint16_t)u32(&max, "restart");
}

static void family(const struct yang_source *s, struct peer_family_config *f, struct arena *a)
{
	struct yang_source self = whole(s, "next-hop-self"), private = whole(s, "remove-private-as"),
			   allow = whole(s, "allowas-in"), same = whole(s, "attribute-unchanged");
	bool all = same.own && !has(&same, "as-path") && !has(&same, "next-hop") &&
		   !has(&same, "med");

	f->next_hop_self = self.own != NULL;
	f->next_hop_self_force = flag(&self, "force");
	f->as_path_unchanged = all || flag(&same, "as-path");
	f->next_hop_unchanged = all || flag(&same, "next-hop");
	f->med_unchanged = all || flag(&same, "med");
	f->route_reflector_client = flag(s, "route-reflector-client");
	f->route_server_client = flag(s, "route-server-client");
	f->remove_private_as = private.own != NULL;
	f->remove_private_as_all = flag(&private, "all");
	f->remove_private_as_replace = flag(&private, "replace-as");
	f->as_override = flag(s, "as-override");
	f->send_community = flag(s, "send-community/standard");
	f->send_ext_community = flag(s, "send-community/extended");
	f->send_large_community = flag(s, "send-community/large");
	f->soft_reconfiguration = flag(s, "soft-reconfiguration-inbound");
	f->allow_as_in_origin = flag(&allow, "origin");
	f->allow_as_in = allow.own ? (uint8_t)u32(&allow, "count") : 0;
	f->default_originate = has(s, "default-originate");
	f->has_weight = has(s, "weight");
	f->weight = u32(s, "weight");
	maximum_prefix(s, f);
	names(s, f, a);
}

static const struct config_node *neighbor_find(const struct config_node *n, const char *name)
{
	return n && name && *name ? config_entry(n, "neighbor", name) : NULL;
}

/* Where the tree says nothing: does `bgp default FAMILY` activate it? */
static const struct {
	const char *container, *by_default;
} yang_families[FAM_COUNT] = {
	[FAM_IPV4_UNICAST] = { "ipv4-unicast", "default-ipv4-unicast" },
	[FAM_IPV6_UNICAST] = { "ipv6-unicast", "default-ipv6-unicast" },
	[FAM_IPV4_VPN] = { "ipv4-vpn", NULL },
	[FAM_IPV6_VPN] = { "ipv6-vpn", NULL },
	[FAM_EVPN] = { "l2vpn-evpn", NULL },
};

static bool activated(const struct config_node *bgp, const struct yang_source *s, int f)
{
	if ((s->own || s->group) && has(s, "activate"))
		return flag(s, "activate");
	return yang_families[f].by_default && config_flag(bgp, yang_families[f].by_default);
}

/* name: the peer's; NULL: of a listen range, which has only its group's. */
static int peer_fill(const struct config_node *bgp, const struct yang_source *s, const char *name,
		struct bgp_config *c, struct peer_config *p, uint32_t our_as, struct err *e)
{
	remote_as(str(s, "remote-as"), p, our_as);
	if (session(s, bgp, p, &c->memory, e))
		return -EINVAL;
	for (int f = 0; f < FAM_COUNT; f++) {
		const struct config_node *fn = config_child(bgp, yang_families[f].container);
		struct yang_source fs = { neighbor_find(fn, name), neighbor_find(fn, p->group) };

		if (activated(bgp, &fs, f))
			p->family[f] = &peer_family_on;
		/* most neighbours have settings in one family or two */
		if (fs.own || fs.group)
			family(&fs, peer_config_family(c, p, (enum family)f), &c->memory);
	}
	return 0;
}

static int peer(const struct config_node *bgp, const struct config_node *n, const char *name,
		struct bgp_config *c, struct instance_config *i, struct err *e)
{
	struct yang_source s = { n, neighbor_find(bgp, config_str(n, "peer-group")) };
	struct peer_config *p;

	/* Lines are typed one by one: without its AS it is no peer yet. */
	if (!str(&s, "remote-as"))
		return 0;
	p = vec_push(&i->peers);
	peer_config_init(p);
	if (ip_parse(name, &p->addr) &&
			config_yang_name(p->interface, sizeof(p->interface), name, e))
		return -EINVAL;
	p->group = arena_strdup(&c->memory, config_str(n, "peer-group"));
	return peer_fill(bgp, &s, name, c, p, i->as, e);
}

static int listen_ranges(const struct config_node *bgp, struct bgp_config *c,
		struct instance_config *i, struct err *e)
{
	const struct config_node *n;

	i->listen_limit = (uint16_t)config_u32(bgp, "listen/limit", NULL);
	CONFIG_FOREACH(n, bgp, "listen/range") {
		const char *group = config_str(n, "peer-group");
		struct yang_source s = { NULL, neighbor_find(bgp, group) };
		struct listen_config *l;

		if (!s.group || !str(&s, "remote-as"))
			continue;
		l = vec_push(&i->listen);
		peer_config_init(&l->peer);
		l->peer.group = arena_strdup(&c->memory, group);
		if (prefix_parse(config_str(n, "prefix"), &l->range) ||
				peer_fill(bgp, &s, NULL, c, &l->peer, i->as, e))
			return -EINVAL;
	}
	return 0;
}

static int peer_compare(const void *a, const void *b)
{
	const struct peer_config *x = a, *y = b;
	int c = ip_compare(&x->addr, &y->addr);

	return c ? c : strcmp(x->interface, y->interface);
}

int config_yang_peers(const struct config_node *bgp, struct bgp_config *c, struct instance_config *i,
		struct err *e)
{
	size_t count = config_count(bgp, "neighbor");
	const struct config_node *n;

	if (count) {
		i->peers.v = xmalloc_huge(count * sizeof(*i->peers.v));
		i->peers.room = count;
	}
	CONFIG_FOREACH(n, bgp, "neighbor") {
		const char *name = config_str(n, "peer");

		if (config_flag(n, "is-peer-group"))
			continue;
		if (peer(bgp, n, name, c, i, e)) {
			err_prepend(e, "neighbor %s", name);
			return -EINVAL;
		}
	}
	if (i->peers.n)
		qsort(i->peers.v, i->peers.n, sizeof(*i->peers.v), peer_compare);
	return listen_ranges(bgp, c, i, e);
}
