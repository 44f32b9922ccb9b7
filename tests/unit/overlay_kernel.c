/* A kernel played in memory: see overlay_kernel.h.  It works on bytes, not on
 * the core's structures: an object is the attributes that were asked for, its
 * key those that the real one goes by. */
#include "overlay_kernel.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void fake_init(struct fake_kernel *k, struct overlay_core *c)
{
	memset(k, 0, sizeof(*k));
	k->core = c;
	k->now = MONO_SEC(1);
	k->next_ifindex = 1;
}

void fake_fini(struct fake_kernel *k)
{
	vec_free(&k->objects);
	vec_free(&k->sysctls);
	vec_free(&k->notifications);
	vec_free(&k->answers);
	vec_free(&k->waiting);
}

static const struct {
	uint16_t add, del;
	uint8_t type;
	size_t fixed;
	uint16_t keys[4]; /* attributes that identify it */
} rows[] = {
	{ RTM_NEWLINK, RTM_DELLINK, KOBJ_LINK, sizeof(struct ifinfomsg), { IFLA_IFNAME } },
	{ RTM_NEWADDR, RTM_DELADDR, KOBJ_ADDR, sizeof(struct ifaddrmsg), { IFA_LOCAL } },
	{ RTM_NEWNEXTHOP, RTM_DELNEXTHOP, KOBJ_NEXTHOP, sizeof(struct nhmsg), { NHA_ID } },
	{ RTM_NEWNEIGH, RTM_DELNEIGH, KOBJ_NEIGH, sizeof(struct ndmsg), { NDA_DST, NDA_LLADDR } },
	{ RTM_NEWROUTE, RTM_DELROUTE, KOBJ_ROUTE, sizeof(struct rtmsg),
			{ RTA_DST, RTA_TABLE, RTA_PRIORITY } },
};

static bool find_attr(const struct nlmsg *m, size_t fixed, uint16_t type, struct nla *ret)
{
	struct nla_iter it = nla_iter_init(m->body, m->len, fixed);

	while (nla_next(&it, ret))
		if (ret->type == type)
			return true;
	return false;
}

static void key_add(struct fake_object *o, const void *p, size_t n)
{
	assert(o->key_len + n <= sizeof(o->key));
	memcpy(o->key + o->key_len, p, n);
	o->key_len += n;
}

static void key_attr(struct fake_object *o, const struct nlmsg *m, size_t fixed, uint16_t type)
{
	struct nla a;

	if (find_attr(m, fixed, type, &a))
		key_add(o, a.data, a.len);
	key_add(o, "|", 1);
}

static void make_key(struct fake_object *o, const struct nlmsg *m, size_t row)
{
	struct ndmsg nd;
	struct ifaddrmsg ifa;
	struct rtmsg rt;

	o->type = rows[row].type;
	o->key_len = 0;
	key_add(o, &o->type, 1);
	switch (o->type) {
	case KOBJ_NEIGH:
		memcpy(&nd, m->body, sizeof(nd));
		key_add(o, &nd.ndm_family, 1);
		/* A bridge has one entry a MAC; no two of those that are played share one. */
		if (nd.ndm_family != AF_BRIDGE || nd.ndm_flags & NTF_SELF)
			key_add(o, &nd.ndm_ifindex, 4);
		if (nd.ndm_family == AF_BRIDGE) {
			struct nla a;
			uint8_t self = nd.ndm_flags & NTF_SELF;
			bool flood = find_attr(m, sizeof(nd), NDA_LLADDR, &a) &&
				     memcmp(a.data, "\0\0\0\0\0", 6) == 0;

			o->type = KOBJ_FDB;
			key_add(o, &self, 1);
			key_attr(o, m, sizeof(nd), NDA_LLADDR);
			if (flood)
				key_attr(o, m, sizeof(nd), NDA_DST);
			return;
		}
		key_attr(o, m, sizeof(nd), NDA_DST);
		return;
	case KOBJ_ADDR:
		memcpy(&ifa, m->body, sizeof(ifa));
		key_add(o, &ifa.ifa_index, 4);
		key_add(o, &ifa.ifa_prefixlen, 1);
		break;
	case KOBJ_ROUTE:
		memcpy(&rt, m->body, sizeof(rt));
		key_add(o, &rt.rtm_family, 1);
		key_add(o, &rt.rtm_dst_len, 1);
		key_add(o, &rt.rtm_table, 1);
		break;
	}
	for (int i = 0; i < 4 && rows[row].keys[i]; i++)
		key_attr(o, m, rows[row].fixed, rows[row].keys[i]);
}

static struct fake_object *find(struct fake_kernel *k, const struct fake_object *key)
{
	struct fake_object *o;

	vec_foreach (o, &k->objects)
		if (o->live && o->type == key->type && o->key_len == key->key_len &&
				memcmp(o->key, key->key, o->key_len) == 0)
			return o;
	return NULL;
}

static struct fake_object *link_by_index(struct fake_kernel *k, uint32_t ifindex)
{
	struct fake_object *o;

	vec_foreach (o, &k->objects) {
		struct ifinfomsg h;

		if (!o->live || o->type != KOBJ_LINK)
			continue;
		memcpy(&h, o->bytes + sizeof(struct nlmsghdr), sizeof(h));
		if ((uint32_t)h.ifi_index == ifindex)
			return o;
	}
	return NULL;
}

static void notify(struct fake_kernel *k, const struct fake_object *o, uint16_t type)
{
	struct nlmsghdr h;
	size_t at = k->notifications.n;
	struct ndmsg nd;

	memcpy(&nd, o->bytes + sizeof(h), sizeof(nd));
	if (k->deletions_unheard && type == RTM_DELNEIGH && nd.ndm_flags & NTF_EXT_LEARNED)
		return;
	/* As netlink_ignore_requests() has it. */
	if (o->type == KOBJ_FDB && type == RTM_NEWNEIGH && nd.ndm_flags & NTF_EXT_LEARNED)
		return;
	vec_reserve(&k->notifications, o->len);
	memcpy(k->notifications.v + at, o->bytes, o->len);
	k->notifications.n += o->len;
	memcpy(&h, k->notifications.v + at, sizeof(h));
	h.nlmsg_type = type;
	memcpy(k->notifications.v + at, &h, sizeof(h));
}

/* What a link is as a port, in a nest of its own. */
static bool is_port_info(const struct nla *a)
{
	struct nla_iter it = nla_nested(a);
	struct nla in;

	while (a->type == IFLA_LINKINFO && nla_next(&it, &in))
		if (in.type == IFLA_INFO_SLAVE_KIND)
			return true;
	return false;
}

/* A bridge's port has what bridges give theirs. */
static void new_port_info(struct nlw *w)
{
	size_t info = nlw_nest(w, IFLA_LINKINFO), data;

	nlw_str(w, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nlw_nest(w, IFLA_INFO_SLAVE_DATA);
	nlw_u32(w, IFLA_BRPORT_COST, 100);
	nlw_u8(w, IFLA_BRPORT_LEARNING, 1);
	nlw_nest_end(w, data);
	nlw_nest_end(w, info);
}

static bool is_bridge(struct fake_kernel *k, uint32_t ifindex)
{
	const struct fake_object *o = link_by_index(k, ifindex);
	const uint8_t *p = o ? o->bytes : NULL;
	struct nlmsg m;
	struct kobj is;

	return o && nlmsg_next(&p, o->bytes + o->len, &m) == 1 && kobj_decode(&m, &is) == 1 &&
	       is.link.kind == KLINK_BRIDGE;
}

/* A link that exists takes over what the request names: one attribute of each
 * kind, the later one counts. */
static void link_merge(struct fake_kernel *k, struct fake_object *o, const struct nlmsg *m)
{
	struct nla_iter it = nla_iter_init(m->body, m->len, sizeof(struct ifinfomsg));
	struct ifinfomsg now, asked;
	struct nlw w = nlw_init(o->bytes, sizeof(o->bytes));
	uint8_t old[1024];
	struct nlmsg was = { .body = old + sizeof(struct nlmsghdr) };
	struct nla a, b;
	bool moves = find_attr(m, sizeof(asked), IFLA_MASTER, &a);
	uint32_t master = 0;

	if (moves)
		memcpy(&master, a.data, sizeof(master));
	memcpy(old, o->bytes, o->len);
	was.len = o->len - sizeof(struct nlmsghdr);
	memcpy(&now, was.body, sizeof(now));
	memcpy(&asked, m->body, sizeof(asked));
	now.ifi_flags = (now.ifi_flags & ~asked.ifi_change) | (asked.ifi_flags & asked.ifi_change);
	now.ifi_flags = now.ifi_flags & IFF_UP ? now.ifi_flags | IFF_RUNNING :
						 now.ifi_flags & ~IFF_RUNNING;
	nlw_begin(&w, RTM_NEWLINK, 0, 0, &now, sizeof(now));
	it = nla_iter_init(was.body, was.len, sizeof(now));
	while (nla_next(&it, &a)) {
		bool linkinfo = a.type == IFLA_LINKINFO && !(moves && is_port_info(&a)) &&
				!(find_attr(m, sizeof(asked), a.type, &b) && is_port_info(&b) &&
						is_port_info(&a));

		if (a.type == IFLA_LINKINFO ? linkinfo : !find_attr(m, sizeof(asked), a.type, &b))
			nlw_attr(&w, a.type, a.data, a.len);
	}
	it = nla_iter_init(m->body, m->len, sizeof(asked));
	while (nla_next(&it, &a))
		nlw_attr(&w, a.type, a.data, a.len);
	if (moves && is_bridge(k, master))
		new_port_info(&w);
	nlw_end(&w);
	assert(!w.failed);
	o->len = w.len;
}

/* What was in a VRF or bridge that goes is in none then, and stays. */
static void link_release_others(struct fake_kernel *k, uint32_t master)
{
	for (size_t i = 0; i < k->objects.n; i++) {
		struct fake_object *o = &k->objects.v[i];
		struct nlmsg m = { .body = o->bytes + sizeof(struct nlmsghdr),
			.len = o->len - sizeof(struct nlmsghdr) };
		uint8_t buf[128];
		struct nlw w = nlw_init(buf, sizeof(buf));
		struct ifinfomsg h = { 0 };
		uint32_t is = 0;
		struct nla a;

		if (!o->live || o->type != KOBJ_LINK || !find_attr(&m, sizeof(h), IFLA_MASTER, &a))
			continue;
		memcpy(&is, a.data, sizeof(is));
		if (is != master)
			continue;
		nlw_begin(&w, RTM_NEWLINK, 0, 0, &h, sizeof(h));
		nlw_u32(&w, IFLA_MASTER, 0);
		nlw_end(&w);
		m.body = buf + sizeof(struct nlmsghdr);
		m.len = w.len - sizeof(struct nlmsghdr);
		link_merge(k, o, &m);
		notify(k, o, RTM_NEWLINK);
	}
}

static const uint8_t *attr_of(const struct fake_object *o, size_t fixed, uint16_t type, size_t *ret_len)
{
	struct nlmsg m = { .body = o->bytes + sizeof(struct nlmsghdr),
		.len = o->len - sizeof(struct nlmsghdr) };
	struct nla a;

	if (!find_attr(&m, fixed, type, &a))
		return NULL;
	*ret_len = a.len;
	return a.data;
}

/* A group that its last leaf leaves goes, too. */
static void leave_groups(struct fake_kernel *k, const struct fake_object *leaf)
{
	struct fake_object *o;
	size_t len;

	vec_foreach (o, &k->objects) {
		const uint8_t *p, *id = attr_of(leaf, sizeof(struct nhmsg), NHA_ID, &len);

		if (!o->live || o->type != KOBJ_NEXTHOP)
			continue;
		p = attr_of(o, sizeof(struct nhmsg), NHA_GROUP, &len);
		if (!p || memcmp(p, id, sizeof(uint32_t)) != 0)
			continue;
		assert(len == sizeof(struct nexthop_grp)); /* larger ones nobody plays */
		o->live = false;
	}
}

static bool has_nexthop(const struct fake_kernel *k, uint32_t id)
{
	const struct fake_object *o;
	size_t len;

	vec_foreach (o, &k->objects) {
		const uint8_t *p;

		if (!o->live || o->type != KOBJ_NEXTHOP)
			continue;
		p = attr_of(o, sizeof(struct nhmsg), NHA_ID, &len);
		if (p && memcmp(p, &id, sizeof(id)) == 0)
			return true;
	}
	return false;
}

/* Does it go with that device? */
static bool is_of_link(const struct fake_object *o, uint32_t ifindex)
{
	const uint8_t *body = o->bytes + sizeof(struct nlmsghdr), *p;
	struct ifaddrmsg ifa;
	struct ndmsg nd;
	size_t len;

	switch (o->type) {
	case KOBJ_FDB:
	case KOBJ_NEIGH:
		memcpy(&nd, body, sizeof(nd));
		return (uint32_t)nd.ndm_ifindex == ifindex;
	case KOBJ_ADDR:
		memcpy(&ifa, body, sizeof(ifa));
		return ifa.ifa_index == ifindex;
	case KOBJ_NEXTHOP:
		p = attr_of(o, sizeof(struct nhmsg), NHA_OIF, &len);
		return p && memcmp(p, &ifindex, sizeof(ifindex)) == 0;
	}
	return false;
}

/* Of next hops, and the routes on them, the kernel says nothing. */
static void link_drop_others(struct fake_kernel *k, uint32_t ifindex)
{
	struct fake_object *o;
	size_t len;

	vec_foreach (o, &k->objects) {
		if (!o->live || !is_of_link(o, ifindex))
			continue;
		o->live = false;
		if (o->type == KOBJ_NEXTHOP)
			leave_groups(k, o);
		else
			notify(k, o, o->type == KOBJ_ADDR ? RTM_DELADDR : RTM_DELNEIGH);
	}
	vec_foreach (o, &k->objects) {
		const uint8_t *p = attr_of(o, sizeof(struct rtmsg), RTA_NH_ID, &len);
		uint32_t id;

		if (!o->live || o->type != KOBJ_ROUTE || !p)
			continue;
		memcpy(&id, p, sizeof(id));
		o->live = has_nexthop(k, id);
	}
}

static int link_request(struct fake_kernel *k, const struct nlmsg *m)
{
	struct ifinfomsg h;
	struct fake_object *o, key = { 0 };
	struct nla a;

	memcpy(&h, m->body, sizeof(h));
	if (m->type == RTM_DELLINK || h.ifi_index) {
		o = link_by_index(k, (uint32_t)h.ifi_index);
		if (!o)
			return -ENODEV;
		if (m->type == RTM_DELLINK) {
			o->live = false;
			link_release_others(k, (uint32_t)h.ifi_index);
			link_drop_others(k, (uint32_t)h.ifi_index);
			notify(k, o, RTM_DELLINK);
			return 0;
		}
		link_merge(k, o, m);
		notify(k, o, RTM_NEWLINK);
		return 0;
	}
	assert(find_attr(m, sizeof(h), IFLA_IFNAME, &a));
	make_key(&key, m, 0);
	if (find(k, &key))
		return -EEXIST;
	h.ifi_index = (int)k->next_ifindex++;
	key.live = true;
	{
		struct nlw w = nlw_init(key.bytes, sizeof(key.bytes));

		nlw_begin(&w, RTM_NEWLINK, 0, 0, &h, sizeof(h));
		nlw_end(&w);
		key.len = w.len;
	}
	*vec_push(&k->objects) = key;
	o = &k->objects.v[k->objects.n - 1];
	link_merge(k, o, m);
	notify(k, o, RTM_NEWLINK);
	return 0;
}

/* What the kernel says of a bridge's entry names its bridge. */
static void store(struct fake_kernel *k, struct fake_object *o, const struct nlmsg *m)
{
	struct nlw w = nlw_init(o->bytes, sizeof(o->bytes));
	size_t fixed = 0;
	struct nla a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].add == m->type)
			fixed = rows[i].fixed;
	nlw_begin(&w, m->type, 0, 0, m->body, fixed);
	struct nla_iter it = nla_iter_init(m->body, m->len, fixed);
	while (nla_next(&it, &a))
		nlw_attr(&w, a.type, a.data, a.len);
	if (o->type == KOBJ_FDB) {
		struct ndmsg nd;

		memcpy(&nd, m->body, sizeof(nd));
		if (!(nd.ndm_flags & NTF_SELF)) {
			struct fake_object *port = link_by_index(k, (uint32_t)nd.ndm_ifindex);
			struct nlmsg pm = { .body = port->bytes + sizeof(struct nlmsghdr),
				.len = port->len - sizeof(struct nlmsghdr) };

			if (find_attr(&pm, sizeof(struct ifinfomsg), IFLA_MASTER, &a))
				nlw_attr(&w, NDA_MASTER, a.data, a.len);
		}
	}
	nlw_end(&w);
	o->len = w.len;
	o->live = true;
}

static bool is_same_port(const struct fake_object *o, const struct nlmsg *m)
{
	struct ndmsg a, b;

	memcpy(&a, o->bytes + sizeof(struct nlmsghdr), sizeof(a));
	memcpy(&b, m->body, sizeof(b));
	return a.ndm_ifindex == b.ndm_ifindex;
}

static int one(struct fake_kernel *k, const struct nlmsg *m, size_t row, bool quiet)
{
	struct fake_object key = { 0 }, *o;

	make_key(&key, m, row);
	o = find(k, &key);
	if (m->type == rows[row].del) {
		if (!o || (o->type == KOBJ_FDB && !is_same_port(o, m)))
			return -ENOENT;
		o->live = false;
		if (o->type == KOBJ_NEXTHOP)
			leave_groups(k, o);
		/* Who asked for the end of a neighbour it does not say. */
		if (!quiet || o->type == KOBJ_NEIGH)
			notify(k, o, m->type);
		return 0;
	}
	if (!o) {
		*vec_push(&k->objects) = key;
		o = &k->objects.v[k->objects.n - 1];
	}
	store(k, o, m);
	if (!quiet)
		notify(k, o, m->type);
	return 0;
}

/* NTF_SELF and NTF_MASTER are two entries. */
static int fdb_request(struct fake_kernel *k, const struct nlmsg *m, size_t row)
{
	uint8_t copy[1024];
	struct ndmsg nd, each;
	struct nlmsg part = *m;
	int rc = 0;

	memcpy(&nd, m->body, sizeof(nd));
	memcpy(copy, m->body, m->len);
	part.body = copy;
	for (int self = 0; self < 2 && rc == 0; self++) {
		if (!(nd.ndm_flags & (self ? NTF_SELF : NTF_MASTER)))
			continue;
		each = nd;
		each.ndm_flags &= (uint8_t)~(self ? NTF_MASTER : NTF_MASTER | NTF_SELF);
		memcpy(copy, &each, sizeof(each));
		rc = one(k, &part, row, false);
	}
	return rc;
}

/* Is there a route that would go with the next hop, or lose it from its group? */
static bool is_stood_on(const struct fake_kernel *k, uint32_t id)
{
	const struct fake_object *o;
	size_t len;

	vec_foreach (o, &k->objects) {
		const uint8_t *p;
		uint32_t group;

		if (!o->live)
			continue;
		if (o->type == KOBJ_ROUTE) {
			p = attr_of(o, sizeof(struct rtmsg), RTA_NH_ID, &len);
			if (p && memcmp(p, &id, sizeof(id)) == 0)
				return true;
		}
		if (o->type != KOBJ_NEXTHOP)
			continue;
		p = attr_of(o, sizeof(struct nhmsg), NHA_GROUP, &len);
		for (size_t at = 0; p && at + sizeof(struct nexthop_grp) <= len;
				at += sizeof(struct nexthop_grp)) {
			if (memcmp(p + at, &id, sizeof(id)) != 0)
				continue;
			p = attr_of(o, sizeof(struct nhmsg), NHA_ID, &len);
			memcpy(&group, p, sizeof(group));
			if (is_stood_on(k, group))
				return true;
			break;
		}
	}
	return false;
}

/* What a request names is there, and what it takes away nobody needs. */
static bool stands(struct fake_kernel *k, const struct nlmsg *m)
{
	struct nexthop_grp g;
	struct nla a;
	uint32_t id;

	if (m->type == RTM_NEWROUTE && find_attr(m, sizeof(struct rtmsg), RTA_NH_ID, &a)) {
		memcpy(&id, a.data, sizeof(id));
		return has_nexthop(k, id);
	}
	if (m->type == RTM_NEWNEXTHOP && find_attr(m, sizeof(struct nhmsg), NHA_GROUP, &a)) {
		for (size_t at = 0; at + sizeof(g) <= a.len; at += sizeof(g)) {
			memcpy(&g, a.data + at, sizeof(g));
			if (!has_nexthop(k, g.id))
				return false;
		}
	}
	if (m->type == RTM_DELNEXTHOP && find_attr(m, sizeof(struct nhmsg), NHA_ID, &a)) {
		memcpy(&id, a.data, sizeof(id));
		k->broken += is_stood_on(k, id);
	}
	return true;
}

int fake_request(struct fake_kernel *k, const struct nlmsg *m, bool quiet)
{
	struct ndmsg nd;

	if (m->type == k->refuse_type)
		return k->refuse_error ? k->refuse_error : -EINVAL;
	if (!stands(k, m))
		return -EINVAL;
	if (m->type == RTM_NEWLINK || m->type == RTM_DELLINK)
		return link_request(k, m);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (m->type != rows[i].add && m->type != rows[i].del)
			continue;
		memcpy(&nd, m->body, sizeof(nd));
		if (rows[i].type == KOBJ_NEIGH && !link_by_index(k, (uint32_t)nd.ndm_ifindex))
			return -ENODEV;
		if (rows[i].type == KOBJ_NEIGH && nd.ndm_family == AF_BRIDGE)
			return fdb_request(k, m, i);
		if (rows[i].type == KOBJ_NEIGH && nd.ndm_flags & NTF_USE)
			return 0;
		return one(k, m, i, quiet);
	}
	assert(!"a request that nobody knows");
	return 0;
}

unsigned fake_count(const struct fake_kernel *k, enum kobj_type type)
{
	unsigned n = 0;

	for (size_t i = 0; i < k->objects.n; i++)
		n += k->objects.v[i].live && k->objects.v[i].type == type;
	return n;
}

bool fake_get(const struct fake_kernel *k, enum kobj_type type, unsigned n, struct kobj *ret)
{
	for (size_t i = 0; i < k->objects.n; i++) {
		const struct fake_object *o = &k->objects.v[i];
		const uint8_t *p = o->bytes;
		struct nlmsg m;

		if (!o->live || o->type != type || n-- > 0)
			continue;
		return nlmsg_next(&p, o->bytes + o->len, &m) == 1 && kobj_decode(&m, ret) == 1;
	}
	return false;
}

void fake_apply(struct fake_kernel *k, const uint8_t *msg, size_t len)
{
	uint16_t refuse_type = k->refuse_type;
	const uint8_t *p = msg;
	struct nlmsg m;

	k->refuse_type = 0;
	while (nlmsg_next(&p, msg + len, &m) > 0) {
		int rc = fake_request(k, &m, false);

		assert(rc == 0);
	}
	k->refuse_type = refuse_type;
}

uint32_t fake_ifindex(const struct fake_kernel *k, const char *name)
{
	struct kobj o;

	for (unsigned i = 0; fake_get(k, KOBJ_LINK, i, &o); i++)
		if (strcmp(o.link.name, name) == 0)
			return o.link.ifindex;
	return 0;
}
