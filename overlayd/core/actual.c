/* What is there: dumps and notifications, through one decoder into the same
 * tables.  A dump is numbered; what it did not list when it ends is gone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "overlayd/core/state.h"

#define REFUSED_SAID 3	  /* refused so often in a row: no passing state, but worth a line */
#define REFUSED_GO_ON 5	  /* so often: the start does not wait for it any longer */

static const struct {
	enum kobj_type type;
	uint8_t family;
	const char *name;
} dumps[DUMPS] = {
	[DUMP_LINK] = { KOBJ_LINK, 0, "links" },
	[DUMP_ADDR] = { KOBJ_ADDR, 0, "addresses" },
	[DUMP_NEXTHOP] = { KOBJ_NEXTHOP, 0, "next hops" },
	[DUMP_FDB] = { KOBJ_FDB, 0, "forwarding entries" },
	[DUMP_NEIGH4] = { KOBJ_NEIGH, 4, "IPv4 neighbours" },
	[DUMP_NEIGH6] = { KOBJ_NEIGH, 6, "IPv6 neighbours" },
	[DUMP_ROUTE4] = { KOBJ_ROUTE, 4, "IPv4 routes" },
	[DUMP_ROUTE6] = { KOBJ_ROUTE, 6, "IPv6 routes" },
};

static void apply(struct overlay_core *c, const struct kobj *o)
{
	switch (o->type) {
	case KOBJ_LINK:
		link_actual(c, &o->link, o->gone);
		break;
	case KOBJ_ADDR:
		addr_actual(c, &o->addr, o->gone);
		break;
	case KOBJ_NEXTHOP:
		nexthop_actual(c, &o->nexthop, o->gone);
		break;
	case KOBJ_NEIGH:
		neigh_actual(c, &o->neigh, o->gone);
		break;
	case KOBJ_FDB:
		fdb_actual(c, &o->neigh, o->gone);
		break;
	case KOBJ_ROUTE:
		route_actual(c, &o->route, o->gone);
		break;
	}
}

void actual_notify(struct overlay_core *c, const struct nlmsg *m)
{
	struct kobj o;
	int rc = kobj_decode(m, &o);

	c->count.notifications++;
	if (rc < 0)
		c->count.bad_messages++;
	else if (rc > 0)
		apply(c, &o);
}

void resync_want(struct overlay_core *c, unsigned which, mono_t delay)
{
	if (delay == 0) {
		c->dumps_wanted |= which;
		return;
	}
	if (c->dumps_later == 0 || c->now + delay < c->resync_at)
		c->resync_at = c->now + delay;
	c->dumps_later |= which;
}

size_t dump_request(struct overlay_core *c, void *buf, size_t size)
{
	struct nlw w = nlw_init(buf, size);

	/* FDB and neighbours are kept only of bridges that the plan knows. */
	if (c->plan_due && !(c->dumps_wanted & 1u << DUMP_LINK))
		plan_run(c);
	for (int i = 0; i < DUMPS; i++) {
		if (!(c->dumps_wanted & 1u << i))
			continue;
		c->dumps_wanted &= ~(1u << i);
		c->dumping = i;
		c->dump_broken = false;
		c->dump_seq = c->seq++;
		c->dump_no++;
		c->asked_at = c->dump_began = c->now;
		c->count.dumps++;
		kobj_encode_dump(&w, c->dump_seq, dumps[i].type, dumps[i].family);
		return w.len;
	}
	return 0;
}

/* Entries of a table that the dump did not list are not there. */
#define SWEEP(p, table, is_present, lost)                                                          \
	do {                                                                                       \
		slab_foreach (id, p, &c->table.slab)                                               \
			if ((is_present) && p->s.seen != c->dump_no)                               \
				lost(c, id);                                                       \
	} while (0)

static void sweep_nexthops(struct overlay_core *c)
{
	const struct leaf *l;
	const struct group *g;
	uint32_t id;

	slab_foreach (id, l, &c->leaves.slab)
		if (l->present && l->s.seen != c->dump_no)
			leaf_lost(c, id);
	slab_foreach (id, g, &c->groups.slab)
		if (g->present && g->s.seen != c->dump_no)
			group_lost(c, id);
}

static void sweep_neighs(struct overlay_core *c, uint8_t family)
{
	struct neigh *p;
	uint32_t id;

	SWEEP(p, neighs, p->present && p->ip.family == family, neigh_lost);
}

static void sweep(struct overlay_core *c, enum dump d)
{
	uint32_t id;

	switch (d) {
	case DUMP_LINK: {
		struct link *p;
		SWEEP(p, links, p->present, link_lost);
		break;
	}
	case DUMP_ADDR: {
		struct addr *p;
		SWEEP(p, addrs, p->present, addr_lost);
		break;
	}
	case DUMP_NEXTHOP:
		sweep_nexthops(c);
		break;
	case DUMP_FDB: {
		const struct mac *m;
		struct flood *p;

		slab_foreach (id, m, &c->macs.slab)
			mac_unseen(c, id);
		SWEEP(p, floods, p->present, flood_lost);
		break;
	}
	case DUMP_NEIGH4:
	case DUMP_NEIGH6:
		sweep_neighs(c, dumps[d].family);
		break;
	case DUMP_ROUTE4:
	case DUMP_ROUTE6:
		route_sweep(c, dumps[d].family);
		break;
	case DUMPS:
		break;
	}
}

/* All that can be known of them is known. */
static void dump_done(struct overlay_core *c, enum dump d)
{
	c->dumped |= 1u << d;
	if (c->synced || c->dumped != DUMP_ALL)
		return;
	c->synced = true;
	c->snapshot_due = c->feed_up;
	core_log(c, "listed the kernel: %u links, %u addresses, %u routes, %u MACs, %u neighbours",
			c->links.slab.live, c->addrs.slab.live,
			c->routes4.slab.live + c->routes6.slab.live, c->macs.slab.live,
			c->neighs.slab.live);
}

static void dump_end(struct overlay_core *c)
{
	enum dump d = (enum dump)c->dumping;

	c->dumping = -1;
	sending_works(c, false);
	if (c->dump_broken) {
		/* The kernel's table changed while it was listed, so entries may lack:
		 * nothing may be concluded from that. */
		resync_want(c, 1u << d, MONO_MSEC(100));
		return;
	}
	sweep(c, d);
	if (d == DUMP_ROUTE4)
		c->dump_took = c->now - c->dump_began;
	c->listable |= 1u << d;
	c->unlistable &= ~(1u << d);
	if (c->listing[d].fails) {
		char what[48];

		snprintf(what, sizeof(what), "the kernel lists %s", dumps[d].name);
		trouble_over(c, &c->listing[d], REFUSED_SAID, what);
	}
	dump_done(c, d);
	if (!c->dumps_wanted)
		refusals_retry_all(c);
}

void dump_lost(struct overlay_core *c)
{
	enum dump d = (enum dump)c->dumping;

	c->dumping = -1;
	c->count.lost++;
	resync_want(c, 1u << d, 0); /* after sending_lost()'s pause */
}

/* No error says that there is nothing, so nothing is taken for gone.  A kernel
 * that lacks a kind of object (next hops before Linux 5.3) answers EOPNOTSUPP, as
 * nobody has registered for such a listing (rtnetlink_rcv_msg), and goes on
 * doing so; other errors may pass, as that it still lists for a request that was
 * given up (EBUSY). */
static void dump_refused(struct overlay_core *c, int error, const char *text)
{
	enum dump d = (enum dump)c->dumping;
	bool lacks = error == -EOPNOTSUPP && !(c->listable & 1u << d);
	bool known = c->unlistable & 1u << d;
	unsigned fails = 0;

	c->dumping = -1;
	if (lacks) {
		c->unlistable |= 1u << d;
	} else {
		fails = trouble_add(c, &c->listing[d]);
		c->count.lost++;
		resync_want(c, 1u << d, trouble_pause(fails));
	}
	if (lacks ? !known : fails == REFUSED_SAID)
		core_log(c, "the kernel does not list %s: %s", dumps[d].name,
				text[0] ? text : errno_text(-error));
	if (lacks || fails >= REFUSED_GO_ON)
		dump_done(c, d);
}

/* The end may say why it came early. */
static int done_error(const struct nlmsg *m)
{
	int32_t v = 0;

	if (m->len >= sizeof(v))
		memcpy(&v, m->body, sizeof(v));
	return v;
}

void dump_reply(struct overlay_core *c, const struct nlmsg *m)
{
	struct kobj o;
	char text[96];
	int rc, error;

	if (m->seq != c->dump_seq)
		return;
	c->asked_at = c->now; /* it is alive */
	c->dump_broken |= m->flags & NLM_F_DUMP_INTR;
	if (m->type == NLMSG_DONE) {
		error = done_error(m);
		if (error < 0)
			dump_refused(c, error, "");
		else
			dump_end(c);
		return;
	}
	if (kobj_decode_ack(m, &error, text, sizeof(text)) == 1) {
		dump_refused(c, error, text);
		return;
	}
	rc = kobj_decode(m, &o);
	if (rc < 0)
		c->count.bad_messages++;
	else if (rc > 0)
		apply(c, &o);
}
