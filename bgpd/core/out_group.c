/* Out groups: peers of one table that are told the same bytes.  A group reads
 * the table's log with one cursor, keeps one memory of what it was told, and
 * makes each UPDATE once.
 *
 * A peer that comes later joins a group that is there, and gets what the group
 * was told as a dump of its own.  When the configuration of a peer changes, a
 * copy of its group's memory (shared until written) goes with it into another
 * group, which walks the table again and says what is different.  A member that
 * stays behind is split off in the same way.  When two groups that are told the
 * same have both read all there is, they become one. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/out_private.h"
#include "lib/base/xalloc.h"

#define PATIENCE MONO_SEC(2) /* with a member that is behind, before it is split off */

struct out_groups *out_groups_new(struct bgp_instance *i, enum family f)
{
	struct out_groups *all = xcalloc(1, sizeof(*all));

	all->instance = i;
	all->family = f;
	all->rib = i->rib[f];
	return all;
}

/* ---- waking ---- */

void out_group_want_write(struct out_group *g)
{
	struct out_member **m;

	vec_foreach(m, &g->members)
		peer_want_write((*m)->peer);
}

static void timer_fire(struct core_timer *t, struct bgp_core *c)
{
	struct out_group *g = (struct out_group *)((char *)t - offsetof(struct out_group, timer));

	(void)c;
	g->blocked = false;
	out_group_want_write(g);
}

void out_group_wake_at(struct out_group *g, mono_t when)
{
	struct bgp_core *c = g->all->instance->core;

	if (timer_running(&g->timer.timer) && g->timer.timer.at <= when)
		return;
	g->timer.fire = timer_fire;
	core_timer_start(c, &g->timer, when > c->now ? when - c->now : 0);
}

static void reader_wake(struct rib_reader *r)
{
	struct out_group *g = (struct out_group *)((char *)r - offsetof(struct out_group, reader));

	if (g->next_at > g->all->instance->core->now)
		out_group_wake_at(g, g->next_at);
	else
		out_group_want_write(g);
}

/* ---- groups ---- */

static struct out_group *group_new(struct out_groups *all, const struct out_key *k,
		const struct out_filters *x)
{
	struct out_group *g = xcalloc(1, sizeof(*g));

	g->all = all;
	g->key = *k;
	g->filters = *x;
	out_sent_init(&g->sent, all->instance->core, all->family);
	*vec_push(&all->groups) = g;
	if (!all->window)
		all->window = out_window_new();
	return g;
}

static void group_free(struct out_group *g)
{
	struct out_groups *all = g->all;

	size_t place = 0;

	for (size_t i = 0; i < all->groups.n; i++) {
		if (all->groups.v[i]->forked_from == g)
			all->groups.v[i]->forked_from = NULL;
		if (all->groups.v[i] == g)
			place = i;
	}
	vec_remove(&all->groups, place);
	rib_reader_close(&g->reader);
	core_timer_stop(all->instance->core, &g->timer);
	attrs_unref(all->instance->core->attrs, g->default_attrs);
	out_filters_fini(&g->filters);
	out_sent_fini(&g->sent);
	vec_free(&g->members);
	free(g);
	if (!all->groups.n) {
		out_window_free(all->window);
		all->window = NULL;
		vec_free(&all->groups);
	}
}

/* A group of its own for some members of g, which starts where g is. */
static struct out_group *group_fork(struct out_group *g, const struct out_key *k,
		const struct out_filters *x)
{
	struct out_group *n = group_new(g->all, k, x);

	rib_reader_copy(&n->reader, &g->reader, reader_wake);
	out_sent_copy(&n->sent, &g->sent);
	n->force = g->force;
	n->lonely = true;
	n->next_at = g->next_at;
	n->forked_from = g;
	n->forked_at = g->produced;
	n->default_attrs = g->default_attrs;
	attrs_ref(g->all->instance->core->attrs, n->default_attrs);
	n->default_match = g->default_match;
	n->default_scan = g->default_scan;
	n->default_force = g->default_force;
	return n;
}

static bool group_is(const struct out_group *g, const struct out_key *k, const struct out_filters *x)
{
	return !memcmp(&g->key, k, sizeof(*k)) && out_filters_equal(&g->filters, x);
}

static void member_move(struct out_member *m, struct out_group *to)
{
	struct out_group *from = m->group;

	for (size_t i = 0; from && i < from->members.n; i++)
		if (from->members.v[i] == m) {
			vec_remove(&from->members, i);
			break;
		}
	m->group = to;
	if (to)
		*vec_push(&to->members) = m;
	if (from && !from->members.n)
		group_free(from);
}

/* ---- merging and splitting ---- */

static bool is_settled(const struct out_group *g)
{
	return !rib_reader_pending(&g->reader) && !out_default_pending(g);
}

/* Both have seen all that the table has, so both were told the same. */
void out_group_try_merge(struct out_group *g)
{
	struct out_group *other = NULL;

	for (size_t i = 0; i < g->all->groups.n && !other; i++) {
		struct out_group *x = g->all->groups.v[i];

		if (x != g && group_is(x, &g->key, &g->filters))
			other = x;
	}
	if (!other) {
		g->lonely = false;
		return;
	}
	if (!is_settled(other))
		return;
	for (size_t left = g->members.n; left; left--)
		member_move(g->members.v[0], other); /* the last one ends g */
}

static void split_off(struct out_member *m)
{
	struct out_filters x;
	struct out_group *g = m->group;

	out_filters_bind(m->peer, g->all->family, &x);
	member_move(m, group_fork(g, &g->key, &x));
	m->group->forked_from = NULL; /* nobody else belongs there */
}

bool out_group_has_laggard(const struct out_group *g)
{
	for (size_t i = 0; i < g->members.n; i++)
		if (g->members.v[i]->behind_since)
			return true;
	return false;
}

/* A member that is behind stops its group until it has caught up a little, or
 * is split off. */
bool out_group_must_wait(struct out_group *g)
{
	mono_t now = g->all->instance->core->now;

	for (size_t i = 0; i < g->members.n; i++) {
		struct out_member *m = g->members.v[i];

		if (!m->behind_since)
			continue;
		if (now - m->behind_since < PATIENCE) {
			g->blocked = true;
			out_group_wake_at(g, m->behind_since + PATIENCE);
			return true;
		}
		if (g->members.n > 1) {
			split_off(m);
			i--;
		}
	}
	return false;
}

/* ---- joining and leaving ---- */

static void own_next_hop(struct out_member *m)
{
	struct ip_addr a, link_local;
	unsigned n;

	out_own_next_hop(m->peer, m->group->all->family, &a, &link_local);
	n = ip_bytes(&a);
	memcpy(m->own, a.b, n);
	if (link_local.family)
		memcpy(m->own + n, link_local.b, 16);
}

static void join_new(struct peer *p, struct out_groups *all, const struct out_key *k,
		struct out_filters *x)
{
	struct out_member *m = xcalloc(1, sizeof(*m));
	struct out_group *g = NULL;

	for (size_t i = 0; i < all->groups.n && !g; i++)
		if (group_is(all->groups.v[i], k, x))
			g = all->groups.v[i];
	if (g) {
		out_filters_fini(x);
	} else {
		g = group_new(all, k, x);
		rib_reader_open(all->rib, &g->reader, true, reader_wake);
		out_default_restart(g);
	}
	m->peer = p;
	p->family[all->family].member = m;
	member_move(m, g);
	m->dumping = g->sent.count || g->default_attrs;
	m->end_of_rib_due = true;
}

static struct out_group *fork_that_fits(const struct out_group *g, const struct out_key *k,
		const struct out_filters *x)
{
	for (size_t i = 0; i < g->all->groups.n; i++) {
		struct out_group *n = g->all->groups.v[i];

		if (n->forked_from == g && n->forked_at == g->produced && !n->produced &&
				group_is(n, k, x))
			return n;
	}
	return NULL;
}

static void rejoin(struct out_member *m, const struct out_key *k, struct out_filters *x)
{
	struct out_group *g = m->group, *n;
	bool bytes = memcmp(&g->key, k, sizeof(*k)) != 0;

	if (!bytes && out_filters_equal(&g->filters, x)) {
		/* The same, but bound to the policy of now. */
		out_filters_fini(&g->filters);
		g->filters = *x;
		return;
	}
	n = fork_that_fits(g, k, x);
	if (n) {
		out_filters_fini(x);
		member_move(m, n);
		return;
	}
	if (g->members.n > 1) {
		n = group_fork(g, k, x);
		member_move(m, n);
	} else {
		n = g;
		out_filters_fini(&g->filters);
		g->key = *k;
		g->filters = *x;
		g->lonely = true;
	}
	n->force |= bytes;
	n->default_force |= bytes;
	rib_reader_rewind(&n->reader);
	out_default_restart(n);
}

void out_group_join(struct peer *p, enum family f)
{
	struct out_groups *all = p->instance->out[f];
	struct out_member *m = p->family[f].member;
	struct out_filters x;
	struct out_key k;

	if (!all)
		return;
	out_filters_bind(p, f, &x);
	out_key_make(p, f, &x, &k);
	if (m)
		rejoin(m, &k, &x);
	else
		join_new(p, all, &k, &x);
	m = p->family[f].member;
	own_next_hop(m);
	peer_want_write(p);
}

void out_group_leave(struct peer *p, enum family f)
{
	struct out_member *m = p->family[f].member;

	if (!m)
		return;
	out_member_drop_queue(m);
	vec_free(&m->queue);
	p->family[f].member = NULL;
	p->family[f].advertised = 0;
	member_move(m, NULL);
	free(m);
}

void out_group_refresh(struct peer *p, enum family f)
{
	struct out_member *m = p->family[f].member;

	if (!m)
		return;
	m->dumping = true;
	m->dump_at = 0;
	/* No marks before End-of-RIB (RFC 7313 section 4). */
	m->refresh_begin_due = m->refresh_end_due = p->caps.enhanced_refresh && !m->end_of_rib_due;
	peer_want_write(p);
}

void out_groups_hold(struct out_groups *all, bool hold)
{
	all->held = hold;
	for (size_t i = 0; !hold && i < all->groups.n; i++)
		out_group_want_write(all->groups.v[i]);
}

void out_groups_free(struct out_groups *all)
{
	if (!all)
		return;
	while (all->groups.n)
		out_group_leave(all->groups.v[0]->members.v[0]->peer, all->family);
	free(all);
}
