/* Filters of shows.  Lists are compiled anew for the show from the running
 * configuration, so that it may take as long as its reader does. */
#include "bgpd/show_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"

static const struct list_config *list_find(const struct bgp_core *c, enum list_kind kind,
		const char *name)
{
	const struct list_config *l;

	if (c->config)
		vec_foreach(l, &c->config->policy.lists)
			if (l->kind == kind && strcmp(l->name, name) == 0)
				return l;
	return NULL;
}

static int filter_named(struct show_filter *x, const struct bgp_core *c, enum list_kind kind,
		const char *name, const char *what, struct err *e)
{
	const struct list_config *l = list_find(c, kind, name);

	if (!l)
		return err_set(e, EINVAL, "%% %s is not a valid %s name", name, what);
	x->kind = kind;
	x->list = route_list_new(l, e);
	return x->list ? 0 : -EINVAL;
}

/* A list of one entry made from the command's own words. */
static int filter_inline(struct show_filter *x, enum list_kind kind, const char *text, struct err *e)
{
	struct list_config c = { .name = (char *)"", .kind = kind };
	struct list_entry *entry = vec_push(&c.entries);

	entry->permit = true;
	entry->text = (char *)text;
	x->kind = kind;
	x->list = route_list_new(&c, e);
	vec_free(&c.entries);
	return x->list ? 0 : -EINVAL;
}

static int filter_community(struct show_filter *x, enum list_kind kind, const char *text,
		struct err *e)
{
	if (text)
		return filter_inline(x, kind, text, e);
	x->kind = kind;
	x->any_community = true;
	return 0;
}

static bool prefix_list_is_there(const struct bgp_core *c, const char *name)
{
	const struct prefix_list_config *l;

	if (c->config)
		vec_foreach(l, &c->config->policy.prefix_lists)
			if (strcmp(l->name, name) == 0)
				return true;
	return false;
}

static int filter_bound(struct show_filter *x, const struct bgp_core *c, const char *prefix_list,
		const char *route_map, struct err *e)
{
	struct policy_filter f = { .prefix_list = prefix_list, .route_map = route_map };

	if (prefix_list && !prefix_list_is_there(c, prefix_list))
		return err_set(e, EINVAL, "%% %s is not a valid prefix-list name", prefix_list);
	if (!c->policy)
		return err_set(e, EINVAL, "%% there is no policy");
	x->bound = policy_bind(c->policy, FAM_IPV4_UNICAST, &f);
	return 0;
}

static const char *value(const struct show *s, const char *name)
{
	return grammar_value(s->match, name);
}

static bool has(const struct show *s, const char *word)
{
	return grammar_has(s->match, word);
}

static int evpn_type_of(const struct show *s)
{
	static const struct {
		const char *word;
		int type;
	} types[] = { { "ead", 1 }, { "1", 1 }, { "macip", 2 }, { "2", 2 }, { "multicast", 3 },
		{ "3", 3 }, { "es", 4 }, { "4", 4 }, { "prefix", 5 }, { "5", 5 } };

	if (has(s, "type"))
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			if (has(s, types[i].word))
				return types[i].type;
	return 0;
}

static void evpn_filter(struct show_filter *x, const struct show *s)
{
	const char *vni = value(s, "vni"), *mac = value(s, "mac"), *ip = value(s, "ip"),
		   *rd = value(s, "rd");

	x->evpn_type = evpn_type_of(s);
	x->by_vni = vni != NULL;
	x->vni = vni ? (uint32_t)strtoul(vni, NULL, 10) : 0;
	x->by_mac = mac && mac_parse(mac, &x->mac) == 0;
	x->by_ip = ip && ip_parse(ip, &x->ip) == 0;
	x->by_rd = rd && rd_parse(rd, &x->rd) == 0;
}

int show_filter_init(struct show_filter *x, const struct show *s, struct err *e)
{
	const struct bgp_core *c = s->core;
	const char *name;

	memset(x, 0, sizeof(*x));
	evpn_filter(x, s);
	x->mode = has(s, "exact-match") ? LIST_EXACT : LIST_INCLUDES;
	x->cidr_only = has(s, "cidr-only");
	if ((name = value(s, "community-list")))
		return filter_named(x, c, LIST_COMMUNITY, name, "community-list", e);
	if ((name = value(s, "large-community-list")))
		return filter_named(x, c, LIST_LARGE_COMMUNITY, name, "large-community-list", e);
	if ((name = value(s, "filter-list")))
		return filter_named(x, c, LIST_AS_PATH, name, "AS-path access-list", e);
	if ((name = value(s, "regexp")))
		return filter_inline(x, LIST_AS_PATH, name, e);
	if (has(s, "community"))
		return filter_community(x, LIST_COMMUNITY, value(s, "community"), e);
	if (has(s, "large-community"))
		return filter_community(x, LIST_LARGE_COMMUNITY, value(s, "large-community"), e);
	if (value(s, "prefix-list") || value(s, "route-map"))
		return filter_bound(x, c, value(s, "prefix-list"), value(s, "route-map"), e);
	return 0;
}

void show_filter_fini(struct show_filter *x)
{
	route_list_free(x->list);
	policy_bound_free(x->bound);
}

/* Not the natural mask of a class A, B or C network. */
static bool is_classless(const struct prefix *p)
{
	uint8_t natural = p->b[0] < 128 ? 8 : p->b[0] < 192 ? 16 : 24;

	return p->family == 4 && p->len != natural;
}

static bool evpn_key_wanted(const struct show_filter *x, const uint8_t *key)
{
	struct evpn_key k;

	if (x->evpn_type && key[0] != x->evpn_type)
		return false;
	if (!x->by_mac && !x->by_ip)
		return true;
	nlri_evpn_key(key, &k);
	if (x->by_mac && (k.type != EVPN_MACIP || memcmp(&k.mac, &x->mac, sizeof(k.mac)) != 0))
		return false;
	return !x->by_ip || ip_equal(&k.ip, &x->ip);
}

bool show_filter_by_dest(const struct show_filter *x)
{
	return x->by_rd || x->cidr_only || x->inside || x->evpn_type || x->by_mac || x->by_ip;
}

bool show_filter_dest(const struct show_filter *x, enum family f, const uint8_t *key)
{
	struct rd_value rd;
	struct prefix p;

	if (x->by_rd && (!nlri_key_rd(f, key, &rd) || memcmp(&rd, &x->rd, sizeof(rd)) != 0))
		return false;
	if (f == FAM_EVPN && !evpn_key_wanted(x, key))
		return false;
	if (!x->cidr_only && !x->inside)
		return true;
	if (!nlri_key_prefix(f, key, &p))
		return false;
	return (!x->cidr_only || is_classless(&p)) && (!x->inside || prefix_covers(&x->within, &p));
}

static bool bound_permits(const struct show_filter *x, const struct path_view *v)
{
	struct policy_route r = { .family = v->family, .key = v->key, .info = v->info,
		.source = v->source, .peer = v->source->kind == SOURCE_PEER ? &v->source->addr : NULL,
		.interface = "", .local_as = v->instance->config ? v->instance->config->as : 0 };
	struct attrs_table *t = v->core->attrs;
	uint32_t id = v->path->attrs ? v->path->attrs : v->path->attrs_in;
	bool ok;

	attrs_ref(t, id);
	ok = policy_apply(x->bound, t, v->core->infos, &r, &id, NULL);
	attrs_unref(t, id);
	return ok;
}

bool show_filter_path(const struct show_filter *x, const struct path_view *v)
{
	const struct community_kind *k;

	if (x->source && v->path->source != x->source)
		return false;
	/* What policy denied is no part of the table, but kept beside it. */
	if (x->which == PATHS_IN_TABLE && !v->path->attrs)
		return false;
	if (x->which == PATHS_FILTERED && v->path->attrs)
		return false;
	if (x->by_vni && !(v->info && (v->info->label[0] == x->vni || v->info->label[1] == x->vni)))
		return false;
	if (x->any_community) {
		k = community_kind(x->kind);
		return attrs_part(v->attrs, k->part).len > 0;
	}
	if (x->list) {
		k = community_kind(x->kind);
		return route_list_match(x->list, attrs_part(v->attrs, k ? k->part : PART_AS_PATH),
				x->mode);
	}
	return !x->bound || bound_permits(x, v);
}
