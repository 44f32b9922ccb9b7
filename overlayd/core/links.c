/* Links: what the kernel has beside what the configuration wants.  Wanted links
 * are known by name, the kernel's by index; an entry is a name.  A link is made
 * in one request and brought into shape in further ones, each the difference
 * to what the kernel last said, until there is none. */
#include <errno.h>
#include <linux/neighbour.h>
#include <stdio.h>
#include <string.h>

#include "overlayd/core/state.h"

#define VAIN_MAX 4 /* the same request that often without effect: a refusal */

struct link *link_at(const struct overlay_core *c, uint32_t id)
{
	return id ? slab_at(&c->links.slab, id) : NULL;
}

static uint32_t name_hash(const struct overlay_core *c, const char *name)
{
	return hash32(hash_bytes(c->seed, name, strlen(name)));
}

static bool name_equal(const void *ctx, uint32_t id, const void *key)
{
	return strcmp(link_at(ctx, id)->name, key) == 0;
}

static bool ifindex_equal(const void *ctx, uint32_t id, const void *key)
{
	return link_at(ctx, id)->a.ifindex == *(const uint32_t *)key;
}

uint32_t link_find(const struct overlay_core *c, const char *name)
{
	return htab_find(&c->links.by_key, name_hash(c, name), name_equal, c, name);
}

uint32_t link_by_ifindex(const struct overlay_core *c, uint32_t ifindex)
{
	return htab_find(&c->links_by_ifindex, hash32(hash_u64(c->seed, ifindex)), ifindex_equal, c,
			&ifindex);
}

uint32_t link_get(struct overlay_core *c, const char *name)
{
	uint32_t id = link_find(c, name);
	struct link *l;

	if (id)
		return id;
	id = slab_new(&c->links.slab);
	l = link_at(c, id);
	l->s.q = Q_LIVE;
	memcpy(l->name, name, strnlen(name, sizeof(l->name) - 1));
	htab_insert(&c->links.by_key, name_hash(c, name), id);
	return id;
}

void link_put(struct overlay_core *c, uint32_t id)
{
	struct link *l = link_at(c, id);

	if (l->present || l->wanted || l->told || l->s.q & ~(Q_LIVE | Q_REFUSED))
		return;
	refusal_forget(c, &l->s);
	htab_remove(&c->links.by_key, name_hash(c, l->name), id);
	l->s.q = 0;
	slab_put(&c->links.slab, id);
}

bool link_is_ours(const struct link *l)
{
	return l->present && l->a.group == KOBJ_LINK_GROUP;
}

bool link_runs(const struct link *l)
{
	return l->present && (l->a.flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

/* Through its master, or its master's: a port of a bridge is in no VRF itself. */
uint32_t link_vrf(const struct overlay_core *c, const struct link *l)
{
	const struct link *m = l->a.master ? link_at(c, link_by_ifindex(c, l->a.master)) : NULL;

	if (l->a.kind == KLINK_VRF)
		return vrf_find(c, l->name);
	return m && m->a.kind == KLINK_VRF ? vrf_find(c, m->name) : VRF_DEFAULT;
}

static void addrs_of_link_lost(struct overlay_core *c, uint32_t ifindex)
{
	struct addr *a;
	uint32_t id;

	slab_foreach (id, a, &c->addrs.slab) {
		if (a->ifindex != ifindex)
			continue;
		a->wanted = false;
		addr_lost(c, id);
	}
}

/* Does the plan look at it?  With thousands of VNIs a plan takes milliseconds,
 * and other people's links come and go. */
static bool link_is_planned(const struct link *l)
{
	return l->wanted || l->enslaved;
}

/* The kernel has it no more. */
void link_lost(struct overlay_core *c, uint32_t id)
{
	struct link *l = link_at(c, id);
	uint32_t ifindex = l->a.ifindex;

	if (!l->present)
		return;
	htab_remove(&c->links_by_ifindex, hash32(hash_u64(c->seed, ifindex)), id);
	l->present = false;
	l->sysctls = 0;
	vrf_device_changed(c, id, true);
	memset(&l->a, 0, sizeof(l->a));
	addrs_of_link_lost(c, ifindex);
	nexthops_link_lost(c, ifindex);
	if (routes_link_stopped(c, ifindex, true))
		resync_want(c, ROUTE_DUMPS, MONO_SEC(1));
	watch_touch_all(c);
	c->connected_due = true;
	c->plan_due |= link_is_planned(l);
	feed_tell(c, FEED_INTERFACE, id, &l->s);
	obj_dirty(c, OBJ_LINK, id, &l->s);
}

/* A link that stops running takes next hops and, when it goes down, IPv4
 * routes with it, of which the kernel says nothing (fib_sync_down_dev,
 * nexthop_flush_dev).  We do the same to our picture, and list the next hops, with
 * which our routes go, later; all routes only if need be: there may be millions.
 * Whether a link that moved went down in between depends on where it moved. */
static void link_stopped(struct overlay_core *c, struct link *l, bool moved)
{
	bool down = moved || !(l->a.flags & IFF_UP), in_doubt;

	nexthops_link_lost(c, l->a.ifindex);
	in_doubt = routes_link_stopped(c, l->a.ifindex, down) || moved;
	resync_want(c, 1u << DUMP_NEXTHOP | (in_doubt ? ROUTE_DUMPS : 0), MONO_SEC(1));
}

static void link_changed(struct overlay_core *c, uint32_t id, const struct klink *old, bool was)
{
	struct link *l = link_at(c, id);
	bool ran = was && (old->flags & IFF_UP) && (old->flags & IFF_RUNNING);
	bool runs = link_runs(l);

	/* Also when the link moved to another VRF, which takes it down and up, or goes
	 * down after it has lost its carrier. */
	if ((ran && !runs) || (was && (old->flags & ~l->a.flags & IFF_UP || old->master != l->a.master)))
		link_stopped(c, l, old->master != l->a.master);
	if (!was || old->kind != l->a.kind || old->table != l->a.table)
		vrf_device_changed(c, id, false);
	if (!was || ran != runs || old->master != l->a.master)
		watch_touch_all(c);
	if (!was || ran != runs || old->master != l->a.master || old->flags != l->a.flags) {
		c->connected_due = c->specs_due = true;
		c->plan_due |= link_is_planned(l);
	}
	if (!was || memcmp(old, &l->a, sizeof(*old)) != 0) {
		feed_tell(c, FEED_INTERFACE, id, &l->s);
		obj_dirty(c, OBJ_LINK, id, &l->s);
	}
}

void link_actual(struct overlay_core *c, const struct klink *k, bool gone)
{
	uint32_t id = link_by_ifindex(c, k->ifindex);
	struct link *l = link_at(c, id);
	struct klink old;
	bool was;

	if (k->port_only) {
		if (!l || !k->is_port)
			return;
		l->a.is_port = true;
		l->a.port_suppress = k->port_suppress;
		l->a.port_learning = k->port_learning;
		l->a.port_cost = k->port_cost;
		obj_dirty(c, OBJ_LINK, id, &l->s);
		return;
	}
	if (gone) {
		if (l)
			link_lost(c, id);
		return;
	}
	if (k->name[0] == 0)
		return;
	if (l && strcmp(l->name, k->name) != 0) { /* renamed */
		link_lost(c, id);
		l = NULL;
	}
	id = link_get(c, k->name);
	l = link_at(c, id);
	if (l->present && l->a.ifindex != k->ifindex)
		link_lost(c, id); /* replaced, and its end was not seen */
	was = l->present;
	old = l->a;
	l->a = *k;
	l->present = true;
	l->s.seen = c->dump_no;
	if (!was)
		htab_insert(&c->links_by_ifindex, hash32(hash_u64(c->seed, k->ifindex)), id);
	link_changed(c, id, &old, was);
}

static void say_address(char *text, size_t size, const char *which, const struct ip_addr *a)
{
	char buf[IP_TEXT_MAX];

	snprintf(text, size, "with %s%s address%s%s", a->family ? "" : "no ", which,
			a->family ? " " : "", a->family ? ip_text(a, buf) : "");
}

static bool is_other_vxlan(const struct klink *a, const struct klink *w, char *text, size_t size)
{
	if (a->vni != w->vni)
		snprintf(text, size, "with VNI %u", a->vni);
	else if (a->port != w->port)
		snprintf(text, size, "with UDP port %u", a->port);
	else if (!ip_equal(&a->local, &w->local))
		say_address(text, size, "local", &a->local);
	else if (a->learning != w->learning)
		snprintf(text, size, "with%s address learning", a->learning ? "" : "out");
	else
		return false;
	return true;
}

static bool is_other_gre(const struct klink *a, const struct klink *w, char *text, size_t size)
{
	if (!ip_equal(&a->local, &w->local))
		say_address(text, size, "local", &a->local);
	else if (!ip_equal(&a->remote, &w->remote))
		say_address(text, size, "remote", &a->remote);
	else if (a->has_key && (!w->has_key || a->key != w->key))
		snprintf(text, size, "with key %u", a->key);
	else if (a->has_key != w->has_key)
		snprintf(text, size, "without a key");
	else if (a->ttl != w->ttl)
		snprintf(text, size, "with TTL %u", a->ttl);
	else
		return false;
	return true;
}

/* Is what has the name another device, by what can't be changed in place?  The
 * text says what it has: "with VNI 7". */
static bool is_other_device(const struct link *l, char *text, size_t size)
{
	static const char *const kinds[] = { [KLINK_OTHER] = "device of another kind",
		[KLINK_VRF] = "VRF",
		[KLINK_BRIDGE] = "bridge",
		[KLINK_VXLAN] = "VXLAN device",
		[KLINK_GRE] = "GRE tunnel",
		[KLINK_GRE6] = "GRE tunnel over IPv6" };
	const struct klink *a = &l->a, *w = &l->w;

	if (!l->create)
		return false;
	if (a->kind != w->kind) {
		snprintf(text, size, "as a %s", kinds[a->kind]);
		return true;
	}
	switch (w->kind) {
	case KLINK_VRF:
		if (a->table == w->table)
			return false;
		snprintf(text, size, "with table %u", a->table);
		return true;
	case KLINK_VXLAN:
		return is_other_vxlan(a, w, text, size);
	case KLINK_GRE:
	case KLINK_GRE6:
		return is_other_gre(a, w, text, size);
	}
	return false;
}

static uint32_t wanted_master(const struct overlay_core *c, const struct link *l)
{
	const struct link *m = l->master[0] ? link_at(c, link_find(c, l->master)) : NULL;

	return m && m->present ? m->a.ifindex : 0;
}

bool link_is_placed(const struct overlay_core *c, const struct link *l)
{
	return !(l->want & KLINK_SET_MASTER) || (l->a.master == wanted_master(c, l) &&
								(l->a.master || !l->master[0]));
}

bool link_is_astray(const struct overlay_core *c, const struct link *l)
{
	return l->want & KLINK_SET_MASTER && l->master[0] && !l->a.master && !wanted_master(c, l);
}

/* KLINK_SET_* of what differs. */
static unsigned link_differs(const struct overlay_core *c, const struct link *l)
{
	const struct klink *a = &l->a, *w = &l->w;
	unsigned what = 0;

	if (l->want & KLINK_SET_MASTER) {
		uint32_t master = wanted_master(c, l);

		/* One that is not there yet is waited for. */
		if (a->master != master && (master || !l->master[0]))
			what |= KLINK_SET_MASTER;
	}
	if ((l->want & KLINK_SET_UP) && (a->flags & IFF_UP) != (w->flags & IFF_UP))
		what |= KLINK_SET_UP;
	if ((l->want & KLINK_SET_MTU) && a->mtu != w->mtu)
		what |= KLINK_SET_MTU;
	if ((l->want & KLINK_SET_MAC) && memcmp(&a->mac, &w->mac, sizeof(w->mac)) != 0)
		what |= KLINK_SET_MAC;
	if (!a->is_port || what & KLINK_SET_MASTER)
		return what;
	if ((l->want & KLINK_SET_PORT && (a->port_suppress != w->port_suppress ||
						 a->port_learning != w->port_learning)) ||
			(l->want & KLINK_SET_MARK && a->port_cost != KOBJ_PORT_COST))
		what |= l->want & (KLINK_SET_PORT | KLINK_SET_MARK);
	return what;
}

enum verb link_diff(struct overlay_core *c, uint32_t id)
{
	struct link *l = link_at(c, id);
	const struct vrf *other;
	char what[64], text[sizeof(what) + 48];

	if (!c->config)
		return VERB_NONE;
	if (!l->wanted)
		return link_is_ours(l) ? VERB_DELETE : VERB_NONE;
	if (!l->present) {
		other = vrf_at(c, l->table_of);
		if (other) {
			snprintf(text, sizeof(text), "table %u is that of VRF %s", l->w.table,
					other->name);
			refuse(c, OBJ_LINK, VERB_WAIT, id, &l->s, EEXIST, text);
			return VERB_WAIT;
		}
		if (l->create)
			return VERB_ADD;
		refuse(c, OBJ_LINK, VERB_WAIT, id, &l->s, ENODEV, "there is no such interface");
		return VERB_WAIT;
	}
	if (is_other_device(l, what, sizeof(what))) {
		if (link_is_ours(l))
			return VERB_DELETE;
		snprintf(text, sizeof(text), "it is there %s, and is not ours to replace", what);
		refuse(c, OBJ_LINK, VERB_WAIT, id, &l->s, EEXIST, text);
		return VERB_WAIT;
	}
	if (link_differs(c, l))
		return VERB_ADD;
	l->last_op = 0;
	l->last_op_count = 0;
	return link_is_placed(c, l) ? VERB_NONE : VERB_WAIT;
}

/* A request that the kernel accepts but does not carry out would be repeated
 * for ever. */
static bool is_vain(struct overlay_core *c, uint32_t id, const void *bytes, size_t len)
{
	struct link *l = link_at(c, id);
	uint64_t h = hash_bytes(c->seed, bytes, len) | 1;

	if (l->last_op != h)
		l->last_op_count = 0;
	l->last_op = h;
	if (l->last_op_count < VAIN_MAX)
		return false;
	l->last_op_count = 0;
	refuse(c, OBJ_LINK, VERB_ADD, id, &l->s, EAGAIN,
			"the kernel accepts the request, but nothing changes");
	return true;
}

bool link_encode(struct overlay_core *c, struct nlw *w, uint32_t seq, uint32_t id, enum verb v,
		struct flight *f)
{
	struct link *l = link_at(c, id);
	struct klink k = l->w;
	struct nlw before = *w;
	bool fits;

	if (v == VERB_DELETE)
		return kobj_encode_link_delete(w, seq, l->a.ifindex);
	k.master = wanted_master(c, l);
	if (!l->present) {
		memcpy(k.name, l->name, sizeof(k.name));
		k.group = KOBJ_LINK_GROUP;
		if (!(l->want & KLINK_SET_MASTER))
			k.master = 0;
		if (!(l->want & KLINK_SET_MTU))
			k.mtu = 0;
		k.flags = 0; /* up only when its sysctls are set */
		fits = kobj_encode_link_create(w, seq, &k);
	} else {
		f->sent[0] = link_differs(c, l);
		k.ifindex = l->a.ifindex;
		fits = kobj_encode_link_set(w, seq, &k, f->sent[0]);
	}
	/* The sequence number is no part of what is compared. */
	if (fits && is_vain(c, id, w->buf + w->start + sizeof(struct nlmsghdr),
				    w->len - w->start - sizeof(struct nlmsghdr)))
		*w = before;
	return fits;
}

/* The notification says what became of it; if there was none, the next diff
 * finds the same difference. */
void link_done(struct overlay_core *c, const struct flight *f)
{
	struct link *l = link_at(c, f->id);

	l->last_op_count++;
	obj_dirty(c, OBJ_LINK, f->id, &l->s);
}

void link_describe(const struct overlay_core *c, uint32_t id, struct strbuf *out)
{
	sb_addf(out, "link %s", link_at(c, id)->name);
}
