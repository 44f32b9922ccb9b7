/* Kernel settings that an overlay needs: what, and why.  The core says what
 * they should be and remembers what they are; the shell reads and writes. */
#include <stdio.h>
#include <string.h>

#include "overlayd/core/state.h"

struct sysctl *sysctl_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->sysctls.slab, id) : NULL;
}

static uint32_t path_hash(const struct overlay_core *c, const char *path)
{
	return hash32(hash_bytes(c->seed, path, strlen(path)));
}

static bool path_equal(const void *ctx, uint32_t id, const void *key)
{
	return strcmp(sysctl_at(ctx, id)->path, key) == 0;
}

static uint32_t sysctl_find(const struct overlay_core *c, const char *path)
{
	return htab_find(&c->sysctls.by_key, path_hash(c, path), path_equal, c, path);
}

static void sysctl_drop(struct overlay_core *c, uint32_t id)
{
	struct sysctl *s = sysctl_at(c, id);

	htab_remove(&c->sysctls.by_key, path_hash(c, s->path), id);
	s->s.q = 0;
	slab_put(&c->sysctls.slab, id);
}

static void ask(struct overlay_core *c, const struct sysctl *s)
{
	struct overlay_effect *fx = vec_push(&c->effects);

	fx->type = OVERLAY_FX_SYSCTL;
	snprintf(fx->text, sizeof(fx->text), "%s", s->path);
	fx->value = s->value;
	fx->at_least = s->at_least;
}

/* Asks for it, unless it was asked for already. */
static struct sysctl *want(struct overlay_core *c, const char *path, int64_t value, bool at_least,
		bool optional)
{
	uint32_t id = sysctl_find(c, path);
	struct sysctl *s = sysctl_at(c, id);

	if (s && s->value == value) {
		s->keep = true;
		return s;
	}
	if (!s) {
		id = slab_new(&c->sysctls.slab);
		s = sysctl_at(c, id);
		s->s.q = Q_LIVE;
		snprintf(s->path, sizeof(s->path), "%s", path);
		htab_insert(&c->sysctls.by_key, path_hash(c, path), id);
	}
	s->value = value;
	s->at_least = at_least;
	s->optional = optional;
	s->keep = true;
	ask(c, s);
	return s;
}

static const struct {
	const char *path;
	int64_t value;
	bool at_least;
} globals[] = {
	/* A socket that listens in the default VRF accepts from all of them. */
	{ "net/ipv4/tcp_l3mdev_accept", 1, false },
	/* Flows of one pair of hosts spread over equal paths by ports too. */
	{ "net/ipv4/fib_multipath_hash_policy", 1, true },
	{ "net/ipv6/fib_multipath_hash_policy", 1, true },
	/* A path whose link has no carrier is not used. */
	{ "net/ipv4/conf/all/ignore_routes_with_linkdown", 1, false },
	{ "net/ipv4/conf/default/ignore_routes_with_linkdown", 1, false },
	{ "net/ipv6/conf/all/ignore_routes_with_linkdown", 1, false },
	/* IPv6 addresses outlive a link that goes down, as IPv4's do. */
	{ "net/ipv6/conf/all/keep_addr_on_down", 1, false },
	/* Neighbours of large segments; only in the initial namespace. */
	{ "net/ipv4/neigh/default/gc_thresh1", 8192, true },
	{ "net/ipv4/neigh/default/gc_thresh2", 65536, true },
	{ "net/ipv4/neigh/default/gc_thresh3", 262144, true },
	{ "net/ipv6/neigh/default/gc_thresh1", 8192, true },
	{ "net/ipv6/neigh/default/gc_thresh2", 65536, true },
	{ "net/ipv6/neigh/default/gc_thresh3", 262144, true },
	/* Each time so many bytes of its tree were replaced the kernel waits until
	 * nobody reads the old ones: too often while a full table comes. */
	{ "net/ipv4/fib_sync_mem", 32 << 20, true },
};

static const struct {
	const char *format;
	int64_t value;
	unsigned roles; /* bits of 1 << enum link_role */
} per_link[] = {
	/* Loose: replies may come by another path than requests (the kernel takes
	 * the larger of this and conf/all). */
	{ "net/ipv4/conf/%s/rp_filter", 2,
			1 << ROLE_BRIDGE | 1 << ROLE_L3BRIDGE | 1 << ROLE_TUNNEL | 1 << ROLE_VRF },
	/* All gateways of a segment share address and MAC: no duplicate detection,
	 * no address derived from the MAC. */
	{ "net/ipv6/conf/%s/accept_dad", 0, 1 << ROLE_BRIDGE | 1 << ROLE_L3BRIDGE },
	{ "net/ipv6/conf/%s/addr_gen_mode", 1,
			1 << ROLE_BRIDGE | 1 << ROLE_L3BRIDGE | 1 << ROLE_L2VNI | 1 << ROLE_L3VNI },
	/* A gratuitous ARP announces a silent host. */
	{ "net/ipv4/conf/%s/arp_accept", 1, 1 << ROLE_BRIDGE },
};

/* Rows of per_link that a link is to have, as bits. */
static uint8_t rows_of(const struct link *l)
{
	uint8_t rows = 0;

	if (!l->wanted || !l->create || !l->present)
		return 0;
	for (size_t i = 0; i < sizeof(per_link) / sizeof(per_link[0]); i++)
		if (per_link[i].roles & 1u << l->role)
			rows |= 1u << i;
	return rows;
}

/* Thousands of links have several each: only what a link lacks is spelled out. */
static void plan_link(struct overlay_core *c, uint32_t id)
{
	struct link *l = link_at(c, id);
	uint8_t rows = rows_of(l) & ~l->sysctls;
	char path[sizeof(((struct sysctl *)0)->path)];

	for (size_t i = 0; i < sizeof(per_link) / sizeof(per_link[0]); i++) {
		struct sysctl *s;

		if (!(rows & 1u << i))
			continue;
		snprintf(path, sizeof(path), per_link[i].format, l->name);
		s = want(c, path, per_link[i].value, false, true);
		s->link = id;
		s->row = (uint8_t)i;
	}
	l->sysctls |= rows;
}

static bool is_needed(const struct overlay_core *c, const struct sysctl *s)
{
	const struct link *l;

	if (!s->link)
		return s->keep;
	l = link_at(c, s->link); /* `sysctls` is 0 if another has its place now */
	return rows_of(l) & l->sysctls & 1u << s->row;
}

void sysctl_plan(struct overlay_core *c)
{
	struct sysctl *s;
	struct link *l;
	uint32_t id;

	slab_foreach (id, s, &c->sysctls.slab)
		s->keep = false;
	if (c->config->ip_forwarding)
		want(c, "net/ipv4/ip_forward", 1, false, false);
	if (c->config->ipv6_forwarding)
		want(c, "net/ipv6/conf/all/forwarding", 1, false, true);
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
		want(c, globals[i].path, globals[i].value, globals[i].at_least, true);
	slab_foreach (id, s, &c->sysctls.slab)
		if (!is_needed(c, s))
			sysctl_drop(c, id);
	slab_foreach (id, l, &c->links.slab) {
		l->sysctls &= rows_of(l);
		plan_link(c, id);
	}
}

void sysctl_result(struct overlay_core *c, const char *path, int64_t value, int error)
{
	struct sysctl *s = sysctl_at(c, sysctl_find(c, path));

	if (!s)
		return;
	s->actual = value;
	s->error = error;
	if (error && !s->optional)
		core_log(c, "sysctl %s can't be set to %lld: %s", path, (long long)s->value,
				errno_text(error));
}
