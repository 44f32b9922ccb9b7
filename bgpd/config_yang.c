/* From the configuration tree to struct bgp_config: instances and their address
 * families.  Peers are in config_yang_peer.c, policy in config_yang_policy.c.
 * A new option is one line here, beside its node in yang/. */
#include "bgpd/config_yang.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/attr_text.h"
#include "lib/base/feed.h"
#include "lib/base/xalloc.h"
#include "lib/sys/config.h"

int config_yang_name(char *dst, size_t size, const char *name, struct err *e)
{
	size_t len = name ? strlen(name) : 0;

	if (len >= size)
		return err_set(e, EINVAL, "name '%.80s' is longer than %zu characters", name,
				size - 1);
	memcpy(dst, name ? name : "", len + 1);
	return 0;
}

static int rt_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Sorted and each once: leaf-lists may come from two statements. */
void config_yang_rts_sort(struct rt_list *l)
{
	size_t kept = 0;

	if (!l->rt.n)
		return;
	qsort(l->rt.v, l->rt.n, sizeof(*l->rt.v), rt_compare);
	for (size_t i = 0; i < l->rt.n; i++)
		if (!kept || l->rt.v[kept - 1] != l->rt.v[i])
			l->rt.v[kept++] = l->rt.v[i];
	l->rt.n = kept;
}

int config_yang_rts(const char *text, struct rt_list *ret, struct err *e)
{
	char word[64];
	uint8_t rt[8];

	if (!text)
		return 0;
	for (const char *p = text + strspn(text, " "); *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");
		uint64_t v = 0;

		snprintf(word, sizeof(word), "%.*s", (int)len, p);
		if (len >= sizeof(word) || ext_community_parse(word, 0x02, rt))
			return err_set(e, EINVAL, "'%.60s' is not a route target", word);
		for (int i = 0; i < 8; i++)
			v = v << 8 | rt[i];
		*vec_push(&ret->rt) = v;
		p += len;
	}
	config_yang_rts_sort(ret);
	return 0;
}

static int rt_leaves(const struct config_node *n, const char *path, struct rt_list *ret, struct err *e)
{
	const struct config_node *rt;

	CONFIG_FOREACH(rt, n, path)
		if (config_yang_rts(config_value(rt), ret, e))
			return -EINVAL;
	return 0;
}

static uint32_t ipv4_u32(const char *text)
{
	struct ip_addr a;

	return text && ip_parse(text, &a) == 0 && a.family == 4 ? ip4_u32(&a) : 0;
}

static bool rd_leaf(const struct config_node *n, const char *path, struct rd_value *ret)
{
	const char *text = config_str(n, path);

	return text && rd_parse(text, ret) == 0;
}

static int u32_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void instance_settings(const struct config_node *n, struct instance_config *i)
{
	struct decision_options *d = &i->decision;
	const char *cluster = config_str(n, "cluster-id");
	const struct config_node *peer;

	i->as = config_u32(n, "asn", NULL);
	i->router_id = ipv4_u32(config_str(n, "router-id"));
	i->cluster_id = ipv4_u32(cluster);
	if (cluster && !i->cluster_id)
		i->cluster_id = (uint32_t)strtoul(cluster, NULL, 10);
	i->log_neighbor_changes = config_flag(n, "log-neighbor-changes");
	i->ebgp_requires_policy = config_flag(n, "ebgp-requires-policy");
	i->network_import_check = config_flag(n, "network-import-check");
	i->reflect_client_to_client = config_flag(n, "client-to-client-reflection");
	i->suppress_duplicates = config_flag(n, "suppress-duplicates");
	i->fast_external_failover = config_flag(n, "fast-external-failover");
	i->default_local_pref = config_u32(n, "default-local-preference", NULL);
	i->keepalive = (uint16_t)config_u32(n, "timers/keepalive", NULL);
	i->hold = (uint16_t)config_u32(n, "timers/hold-time", NULL);
	i->min_hold = (uint16_t)config_u32(n, "minimum-holdtime", NULL);
	i->update_delay = (uint16_t)config_u32(n, "update-delay/max-delay", NULL);
	i->confederation_id = config_u32(n, "confederation/identifier", NULL);
	CONFIG_FOREACH(peer, n, "confederation/peer-as")
		*vec_push(&i->confederation_peers) =
				(uint32_t)strtoul(config_value(peer), NULL, 10);
	if (i->confederation_peers.n)
		qsort(i->confederation_peers.v, i->confederation_peers.n, sizeof(uint32_t),
				u32_compare);
	i->graceful_shutdown = config_flag(n, "graceful-shutdown");
	i->reject_as_sets = config_flag(n, "reject-as-sets");
	d->always_compare_med = config_flag(n, "always-compare-med");
	d->deterministic_med = config_flag(n, "deterministic-med");
	d->med_missing_as_worst = config_flag(n, "bestpath/med/missing-as-worst");
	d->med_confed = config_flag(n, "bestpath/med/confed");
	d->as_path_ignore = config_flag(n, "bestpath/as-path-ignore");
	d->as_path_confed = config_flag(n, "bestpath/as-path-confed");
	d->multipath_relax = config_has(n, "bestpath/as-path-multipath-relax");
	d->compare_router_id = config_flag(n, "bestpath/compare-routerid");
	d->default_local_pref = i->default_local_pref;
}

static char *text_copy(const struct config_node *n, const char *path, struct arena *a)
{
	return arena_strdup(a, config_str(n, path));
}

static int networks(const struct config_node *n, struct instance_family_config *f, struct arena *a)
{
	const struct config_node *x;

	CONFIG_FOREACH(x, n, "network") {
		struct network_config *w = vec_push(&f->networks);

		if (prefix_parse(config_str(x, "prefix"), &w->prefix))
			return -EINVAL;
		w->route_map = text_copy(x, "route-map", a);
	}
	return 0;
}

static int aggregates(const struct config_node *n, struct instance_family_config *f, struct arena *m)
{
	static const char *const origins[] = { "igp", "egp", "incomplete" };
	const struct config_node *x;

	CONFIG_FOREACH(x, n, "aggregate-address") {
		struct aggregate_config *a = vec_push(&f->aggregates);
		const char *origin = config_str(x, "origin");

		a->summary_only = config_flag(x, "summary-only");
		a->as_set = config_flag(x, "as-set");
		for (uint8_t i = 0; origin && i < 3; i++)
			if (strcmp(origin, origins[i]) == 0) {
				a->has_origin = true;
				a->origin = i;
			}
		if (prefix_parse(config_str(x, "prefix"), &a->prefix))
			return -EINVAL;
		a->route_map = text_copy(x, "route-map", m);
	}
	return 0;
}

static void redistribution(const struct config_node *n, struct instance_family_config *f,
		struct arena *a)
{
	static const char *const names[4] = { [FEED_CONNECTED] = "connected",
		[FEED_STATIC] = "static", [FEED_KERNEL] = "kernel" };
	const struct config_node *x;

	CONFIG_FOREACH(x, n, "redistribute") {
		const char *protocol = config_str(x, "protocol");

		for (unsigned p = 1; p < 4; p++) {
			struct redistribute_config *r = &f->redistribute[p];

			if (strcmp(protocol, names[p]) != 0)
				continue;
			r->on = true;
			r->metric = config_u32(x, "metric", &r->has_metric);
			r->route_map = text_copy(x, "route-map", a);
		}
	}
}

static int vpn_leak(const struct config_node *n, struct instance_family_config *f, struct arena *a,
		struct err *e)
{
	const char *label = config_str(n, "vpn/label-export");
	const struct config_node *x;

	f->vpn_import = config_flag(n, "vpn/import");
	f->vpn_export = config_flag(n, "vpn/export");
	f->has_rd = rd_leaf(n, "vpn/rd-export", &f->rd);
	if (label && strcmp(label, "auto") != 0) {
		f->has_label = true;
		f->label = (uint32_t)strtoul(label, NULL, 10);
	}
	CONFIG_FOREACH(x, n, "import-vrf/vrf")
		*vec_push(&f->import_vrfs) = arena_strdup(a, config_value(x));
	if (config_yang_rts(config_str(n, "vpn/rt-import"), &f->rt_import, e) ||
			config_yang_rts(config_str(n, "vpn/rt-export"), &f->rt_export, e))
		return -EINVAL;
	f->vpn_map_import = text_copy(n, "vpn/route-map-import", a);
	f->vpn_map_export = text_copy(n, "vpn/route-map-export", a);
	/* `import vrf route-map` judges what comes from VRFs, as `route-map vpn
	 * import` judges what comes from the VPN table: one of them is given. */
	if (!f->vpn_map_import)
		f->vpn_map_import = text_copy(n, "import-vrf/route-map", a);
	return 0;
}

static int unicast(const struct config_node *n, struct instance_family_config *f, struct arena *a,
		struct err *e)
{
	bool set;

	/* 0 stands for the default in the value, so that it needs no copy there. */
	f->max_paths_ebgp = (uint16_t)config_u32(n, "maximum-paths", &set);
	f->max_paths_ebgp = set ? f->max_paths_ebgp : 0;
	f->max_paths_ibgp = (uint16_t)config_u32(n, "maximum-paths-ibgp/paths", &set);
	f->max_paths_ibgp = set ? f->max_paths_ibgp : 0;
	f->distance_ebgp = (uint8_t)config_u32(n, "distance/external", NULL);
	f->distance_ibgp = (uint8_t)config_u32(n, "distance/internal", NULL);
	f->distance_local = (uint8_t)config_u32(n, "distance/local", NULL);
	redistribution(n, f, a);
	f->table_map = text_copy(n, "table-map", a);
	return networks(n, f, a) || aggregates(n, f, a) || vpn_leak(n, f, a, e) ? -EINVAL : 0;
}

static int evpn_vnis(const struct config_node *n, struct evpn_config *v, struct err *e)
{
	const struct config_node *x;

	CONFIG_FOREACH(x, n, "vni") {
		struct evpn_vni_config *c = vec_push(&v->vnis);

		c->vni = config_u32(x, "vni", NULL);
		c->has_rd = rd_leaf(x, "rd", &c->rd);
		c->advertise_default_gw = config_flag(x, "advertise-default-gw");
		c->advertise_svi_ip = config_flag(x, "advertise-svi-ip");
		if (rt_leaves(x, "route-target-import", &c->rt_import, e) ||
				rt_leaves(x, "route-target-export", &c->rt_export, e))
			return -EINVAL;
	}
	return 0;
}

static int evpn(const struct config_node *n, struct evpn_config *v, struct arena *m, struct err *e)
{
	static const char *const advertise[2] = { "advertise-ipv4-unicast",
		"advertise-ipv6-unicast" };
	const char *flooding = config_str(n, "flooding");

	v->advertise_all_vni = config_flag(n, "advertise-all-vni");
	v->advertise_default_gw = config_flag(n, "advertise-default-gw");
	v->advertise_svi_ip = config_flag(n, "advertise-svi-ip");
	v->flooding_disabled = flooding && strcmp(flooding, "disable") == 0;
	v->has_rd = rd_leaf(n, "rd", &v->rd);
	for (int i = 0; i < 2; i++) {
		const struct config_node *a = config_child(n, advertise[i]);

		v->advertise[i] = config_has(n, advertise[i]);
		v->advertise_map[i] = a ? text_copy(a, "route-map", m) : NULL;
	}
	if (rt_leaves(n, "route-target-import", &v->rt_import, e) ||
			rt_leaves(n, "route-target-export", &v->rt_export, e))
		return -EINVAL;
	return evpn_vnis(n, v, e);
}

static int instance(const struct config_node *n, struct bgp_config *c, struct instance_config *i,
		struct err *e)
{
	static const char *const names[] = { "ipv4-unicast", "ipv6-unicast" };

	instance_config_init(i);
	if (config_yang_name(i->vrf, sizeof(i->vrf), config_str(n, "vrf"), e))
		return -EINVAL;
	instance_settings(n, i);
	for (int f = FAM_IPV4_UNICAST; f <= FAM_IPV6_UNICAST; f++) {
		const struct config_node *x = config_child(n, names[f]);

		if (x && unicast(x, &i->family[f], &c->memory, e))
			return -EINVAL;
	}
	if (config_child(n, "l2vpn-evpn") &&
			evpn(config_child(n, "l2vpn-evpn"), &i->evpn, &c->memory, e))
		return -EINVAL;
	return config_yang_peers(n, c, i, e);
}

static int instance_compare(const void *a, const void *b)
{
	const struct instance_config *x = a, *y = b;
	bool dx = strcmp(x->vrf, "default") == 0, dy = strcmp(y->vrf, "default") == 0;

	return dx != dy ? dy - dx : strcmp(x->vrf, y->vrf);
}

struct bgp_config *config_yang_build(const struct config *tree, struct err *e)
{
	const struct config_node *root = config_root(tree), *n;
	struct bgp_config *c = bgp_config_new();
	const char *hostname = config_str(root, "hostname");

	snprintf(c->hostname, sizeof(c->hostname), "%s", hostname ? hostname : "");
	CONFIG_FOREACH(n, root, "bgp")
		if (config_str(n, "asn") && instance(n, c, vec_push(&c->instances), e)) {
			err_prepend(e, "router bgp%s%s",
					strcmp(config_str(n, "vrf"), "default") ? " vrf " : "",
					strcmp(config_str(n, "vrf"), "default") ?
							config_str(n, "vrf") :
							"");
			goto fail;
		}
	if (c->instances.n)
		qsort(c->instances.v, c->instances.n, sizeof(*c->instances.v), instance_compare);
	if (config_yang_policy(root, &c->policy, e))
		goto fail;
	return c;
fail:
	bgp_config_unref(c);
	return NULL;
}
