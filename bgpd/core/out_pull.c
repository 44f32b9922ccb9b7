/* Pulling: what a member's socket takes, made when it asks.  In this order: what
 * its group has made already, its own dump, End-of-RIB, and then the group's
 * next window.  A slice ends after a few windows. */
#include <stdlib.h>

#include "bgpd/core/out_private.h"
#include "bgpd/core/update.h"
#include "lib/base/xalloc.h"

#define WINDOWS_PER_PULL 4

static bool group_may_produce(struct out_group *g)
{
	struct bgp_core *c = g->all->instance->core;

	if (g->all->held)
		return false;
	if (g->next_at > c->now) {
		if (rib_reader_pending(&g->reader))
			out_group_wake_at(g, g->next_at);
		return false;
	}
	return !out_group_must_wait(g);
}

static bool write_end_of_rib(struct out_member *m, struct wr *w)
{
	struct out_group *g = m->group;

	if (wr_left(w) < 32)
		return false;
	update_end_of_rib(w, g->all->family);
	m->end_of_rib_due = false;
	m->peer->family[g->all->family].end_of_rib_sent = true;
	return true;
}

/* BoRR and EoRR (RFC 7313 section 4). */
static bool write_refresh(struct out_member *m, struct wr *w, bool *due, enum refresh_kind kind)
{
	if (wr_left(w) < MSG_HEADER_SIZE + 4)
		return false;
	refresh_encode(w, m->group->all->family, kind);
	*due = false;
	return true;
}

/* Told all that the table had when it joined? */
static bool has_told_all(const struct out_member *m)
{
	return !m->dumping && !m->group->all->held && !rib_reader_walking(&m->group->reader) &&
	       !out_default_pending(m->group);
}

/* False: the buffer is full, or the slice is over. */
static bool pull_family(struct out_member *m, struct wr *w)
{
	for (unsigned windows = 0;; windows++) {
		struct out_group *g = m->group;

		if (out_member_copy(m, w))
			return false;
		if (g->blocked && !out_group_has_laggard(g)) {
			g->blocked = false;
			out_group_want_write(g);
		}
		if (m->end_of_rib_due && has_told_all(m) && !write_end_of_rib(m, w))
			return false;
		if (windows == WINDOWS_PER_PULL) {
			out_group_wake_at(g, 0);
			return false;
		}
		if (m->refresh_begin_due &&
				!write_refresh(m, w, &m->refresh_begin_due, REFRESH_BEGIN))
			return false;
		if (m->dumping) {
			out_member_dump(m);
			continue;
		}
		if (m->refresh_end_due && !write_refresh(m, w, &m->refresh_end_due, REFRESH_END))
			return false;
		if (!group_may_produce(g))
			return true;
		if (out_group_produce(g))
			continue;
		if (g->key.interval)
			g->next_at = g->all->instance->core->now + MONO_SEC(g->key.interval);
		if (g->lonely)
			out_group_try_merge(g);
		if (!m->end_of_rib_due || !has_told_all(m))
			return true;
	}
}

static void count_advertised(struct peer *p, enum family f)
{
	const struct out_member *m = p->family[f].member;
	const struct out_group *g = m->group;

	p->family[f].advertised = g->sent.count - out_sent_of_source(&g->sent, p->source) +
				  (g->default_attrs != 0);
}

static void count_messages(struct peer *p, const uint8_t *b, size_t n)
{
	for (size_t at = 0; at < n; at += (size_t)b[at + 16] << 8 | b[at + 17]) {
		p->count.messages_out[0]++;
		p->count.messages_out[b[at + 18]]++;
	}
}

size_t out_group_pull(struct peer *p, uint8_t *buf, size_t size)
{
	struct wr w = wr_init(buf, size);

	for (int f = 0; f < FAM_COUNT; f++) {
		bool more;

		if (!p->family[f].member)
			continue;
		more = pull_family(p->family[f].member, &w);
		count_advertised(p, (enum family)f);
		if (!more)
			break;
	}
	count_messages(p, buf, wr_len(&w));
	return wr_len(&w);
}

bool out_group_pending(const struct peer *p)
{
	for (int f = 0; f < FAM_COUNT; f++) {
		const struct out_member *m = p->family[f].member;

		if (m && (out_member_has_chunks(m) || m->dumping || m->end_of_rib_due ||
					 m->refresh_end_due || rib_reader_pending(&m->group->reader) ||
					 out_default_pending(m->group)))
			return true;
	}
	return false;
}

bool out_group_told(const struct peer *p, enum family f, uint32_t dest, uint32_t *ret_attrs,
		uint32_t *ret_info, uint16_t *ret_source)
{
	const struct out_member *m = p->family[f].member;
	struct transform t;
	struct sent s;

	if (!m)
		return false;
	s = out_sent_get(&m->group->sent, dest);
	if (!s.attrs || s.source == p->source)
		return false;
	t.scratch = xmalloc(TRANSFORM_ROOM);
	out_transform(&t, m->group, s.attrs, s.source);
	if (t.own_next_hop)
		out_own_next_hop(p, f, &t.a.next_hop, &t.a.next_hop_link_local);
	*ret_attrs = attrs_intern(p->instance->core->attrs, &t.a);
	*ret_info = s.info;
	*ret_source = s.source;
	free(t.scratch);
	return true;
}
