/* Kernel settings that an overlay needs: what, and why.  The core says what
 * they should be and remembers what they are; the shell reads and writes. */
#include <stdio.h>
#include <string.h>

#include "overlayd/core/state.h"

static void want(struct overlay_core *c, const char *path, int64_t value, bool at_least,
		bool optional)
{
	struct sysctl *s;

	vec_foreach (s, &c->sysctls) {
		if (strcmp(s->path, path) != 0)
			continue;
		s->keep = true;
		if (s->value != value) {
			s->value = value;
			s->asked = false;
		}
		return;
	}
	s = vec_push(&c->sysctls);
	snprintf(s->path, sizeof(s->path), "%s", path);
	s->value = value;
	s->at_least = at_least;
	s->optional = optional;
	s->keep = true;
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

void sysctl_plan(struct overlay_core *c)
{
	const struct link *l;
	struct sysctl *s;
	char path[96];
	uint32_t id;

	vec_foreach (s, &c->sysctls)
		s->keep = false;
	if (c->config->ip_forwarding)
		want(c, "net/ipv4/ip_forward", 1, false, false);
	if (c->config->ipv6_forwarding)
		want(c, "net/ipv6/conf/all/forwarding", 1, false, true);
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
		want(c, globals[i].path, globals[i].value, globals[i].at_least, true);
	slab_foreach (id, l, &c->links.slab) {
		if (!l->wanted || !l->create || !l->present)
			continue;
		for (size_t i = 0; i < sizeof(per_link) / sizeof(per_link[0]); i++) {
			if (!(per_link[i].roles & 1u << l->role))
				continue;
			snprintf(path, sizeof(path), per_link[i].format, l->name);
			want(c, path, per_link[i].value, false, true);
		}
	}
	for (size_t i = c->sysctls.n; i-- > 0;)
		if (!c->sysctls.v[i].keep)
			vec_remove(&c->sysctls, i);
	vec_foreach (s, &c->sysctls) {
		struct overlay_effect *fx;

		if (s->asked)
			continue;
		s->asked = true;
		fx = vec_push(&c->effects);
		fx->type = OVERLAY_FX_SYSCTL;
		snprintf(fx->text, sizeof(fx->text), "%s", s->path);
		fx->value = s->value;
		fx->at_least = s->at_least;
	}
}

void sysctl_result(struct overlay_core *c, const char *path, int64_t value, int error)
{
	struct sysctl *s;

	vec_foreach (s, &c->sysctls) {
		if (strcmp(s->path, path) != 0)
			continue;
		s->actual = value;
		s->error = error;
		if (error && !s->optional)
			core_log(c, "sysctl %s can't be set to %lld: %s", path,
					(long long)s->value, errno_text(error));
		return;
	}
}
