/* From the configuration tree to struct overlay_config.  A new option is one
 * line here, beside its node in yang/. */
#include "overlayd/config_yang.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void name(char *dst, const struct config_node *n, const char *path)
{
	const char *text = config_str(n, path);

	snprintf(dst, IFNAMSIZ, "%s", text ? text : "");
}

static struct ip_addr address(const struct config_node *n, const char *path)
{
	const char *text = config_str(n, path);
	struct ip_addr a = { 0 };

	if (text)
		ip_parse(text, &a);
	return a;
}

static int ifaddr(const char *text, struct overlay_ifaddr *ret, struct err *e)
{
	if (ip_with_len_parse(text, &ret->addr, &ret->len))
		return err_set(e, EINVAL, "'%.60s' is no address with a length", text);
	return 0;
}

static int static_route(const struct config_node *n, struct overlay_static *s, struct err *e)
{
	const char *gateway = config_str(n, "gateway");

	if (prefix_parse(config_str(n, "prefix"), &s->prefix))
		return err_set(e, EINVAL, "'%.60s' is no prefix", config_str(n, "prefix"));
	if (strcmp(gateway, "blackhole") == 0 || strcmp(gateway, "Null0") == 0)
		s->discard = OVERLAY_BLACKHOLE;
	else if (strcmp(gateway, "reject") == 0)
		s->discard = OVERLAY_REJECT;
	else
		s->gateway = address(n, "gateway");
	name(s->interface, n, "interface");
	/* FRR's other way to say it. */
	if (!s->gateway.family && strcasecmp(s->interface, "Null0") == 0) {
		s->discard = OVERLAY_BLACKHOLE;
		s->interface[0] = 0;
	}
	name(s->nexthop_vrf, n, "nexthop-vrf");
	s->distance = (uint8_t)config_u32(n, "distance", NULL);
	s->tag = config_u32(n, "tag", NULL);
	return 0;
}

static int vrf_content(const struct config_node *n, struct overlay_vrf *v, struct err *e)
{
	const struct config_node *x;

	v->resolve_via_default[0] = config_flag(n, "ip-nht-resolve-via-default");
	v->resolve_via_default[1] = config_flag(n, "ipv6-nht-resolve-via-default");
	CONFIG_FOREACH(x, n, "ipv4-route")
		if (static_route(x, vec_push(&v->routes), e))
			return -EINVAL;
	CONFIG_FOREACH(x, n, "ipv6-route")
		if (static_route(x, vec_push(&v->routes), e))
			return -EINVAL;
	return 0;
}

static int vrf(const struct config_node *n, struct overlay_config *c, struct err *e)
{
	const char *vrf_name = config_str(n, "name");
	/* a list has each name once; only "default" is there before it is configured */
	struct overlay_vrf *v = strcmp(vrf_name, "default") == 0 ? overlay_config_vrf(c, vrf_name) :
								    vec_push(&c->vrfs);

	name(v->name, n, "name");

	v->l3vni = config_u32(n, "vni", NULL);
	v->table = config_u32(n, "table", NULL);
	return vrf_content(n, v, e);
}

static int bridge_domain(const struct config_node *n, struct overlay_bridge_domain *d, struct err *e)
{
	const struct config_node *x;

	d->id = config_u32(n, "id", NULL);
	d->vni = config_u32(n, "vni", NULL);
	d->mtu = config_u32(n, "mtu", NULL);
	d->arp_suppress = config_flag(n, "arp-suppress");
	name(d->vrf, n, "vrf");
	CONFIG_FOREACH(x, n, "gateway") {
		struct overlay_gateway *g = vec_push(&d->gateways);
		const char *mac = config_str(x, "mac");

		if (ifaddr(config_str(x, "address"), &g->addr, e))
			return -EINVAL;
		if (mac && mac_parse(mac, &g->mac))
			return err_set(e, EINVAL, "'%.60s' is no MAC address", mac);
	}
	CONFIG_FOREACH(x, n, "member")
		snprintf(vec_push(&d->members)->name, IFNAMSIZ, "%s", config_value(x));
	return 0;
}

static void tunnel(const struct config_node *n, struct overlay_interface *i)
{
	struct overlay_tunnel *t = &i->tunnel;

	t->source = address(n, "tunnel/source");
	t->destination = address(n, "tunnel/destination");
	t->key = config_u32(n, "tunnel/key", &t->has_key);
	t->ttl = (uint8_t)config_u32(n, "tunnel/ttl", NULL);
	i->is_tunnel = t->source.family && t->source.family == t->destination.family;
}

static int interface(const struct config_node *n, struct overlay_config *c, struct err *e)
{
	struct overlay_interface *i = vec_push(&c->interfaces);
	static const char *const lists[] = { "ip-address", "ipv6-address" };
	const struct config_node *x;

	name(i->name, n, "name");
	name(i->vrf, n, "vrf");
	i->mtu = config_u32(n, "mtu", NULL);
	i->shutdown = config_flag(n, "shutdown");
	if (config_has(n, "tunnel"))
		tunnel(n, i);
	for (int f = 0; f < 2; f++)
		CONFIG_FOREACH(x, n, lists[f])
			if (ifaddr(config_value(x), vec_push(&i->addrs), e))
				return -EINVAL;
	return 0;
}

/* Interfaces that only have a description, or BGP's settings, are nobody's. */
static bool interface_is_ours(const struct config_node *n)
{
	static const char *const leaves[] = { "vrf", "mtu", "shutdown", "tunnel", "ip-address",
		"ipv6-address" };

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		if (config_has(n, leaves[i]))
			return true;
	return false;
}

struct overlay_config *config_yang_build(const struct config *tree, struct err *e)
{
	const struct config_node *root = config_root(tree), *n;
	struct overlay_config *c = overlay_config_new();

	c->underlay_source = address(root, "underlay/source");
	c->vxlan_port = (uint16_t)config_u32(root, "underlay/port", NULL);
	c->ip_forwarding = config_flag(root, "ip-forwarding");
	c->ipv6_forwarding = config_flag(root, "ipv6-forwarding");
	if (vrf_content(root, overlay_config_vrf(c, "default"), e))
		goto fail;
	CONFIG_FOREACH(n, root, "vrf")
		if (vrf(n, c, e)) {
			err_prepend(e, "vrf %s", config_str(n, "name"));
			goto fail;
		}
	CONFIG_FOREACH(n, root, "bridge-domain")
		if (bridge_domain(n, vec_push(&c->bridge_domains), e)) {
			err_prepend(e, "bridge-domain %s", config_str(n, "id"));
			goto fail;
		}
	CONFIG_FOREACH(n, root, "interface")
		if (interface_is_ours(n) && interface(n, c, e)) {
			err_prepend(e, "interface %s", config_str(n, "name"));
			goto fail;
		}
	if (overlay_config_check(c, e))
		goto fail;
	return c;
fail:
	overlay_config_free(c);
	return NULL;
}
