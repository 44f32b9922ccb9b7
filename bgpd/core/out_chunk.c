/* Chunks of UPDATEs, made once for a group, and members copying them into what
 * their sockets take.  The only things that differ between members are left
 * out (what came from that member) or put in (our own address as next hop)
 * here. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/out_private.h"
#include "lib/base/xalloc.h"

struct out_chunk *out_chunk_new(void)
{
	struct out_chunk *c = xcalloc(1, sizeof(*c));

	c->refs = 1;
	return c;
}

void out_chunk_unref(struct out_chunk *c)
{
	if (--c->refs)
		return;
	vec_free(&c->bytes);
	vec_free(&c->records);
	free(c);
}

static bool is_for(const struct out_record *r, uint16_t source)
{
	return r->skip != source && (!r->only || r->only == source);
}

/* Behind: more waits for it than a socket's worth, so its group must not run
 * further ahead. */
void out_member_push(struct out_member *m, struct out_chunk *c)
{
	if (m->at && m->at == m->queue.n)
		m->queue.n = m->at = 0;
	*vec_push(&m->queue) = c;
	c->refs++;
	m->queued += c->bytes.n;
	if (m->queued > OUT_CHUNK_LIMIT && !m->behind_since)
		m->behind_since = m->peer->instance->core->now;
}

static void chunk_done(struct out_member *m)
{
	struct out_chunk *c = m->queue.v[m->at++];

	m->queued -= c->bytes.n;
	m->record = 0;
	if (m->queued <= OUT_CHUNK_LIMIT / 2)
		m->behind_since = 0;
	out_chunk_unref(c);
	if (m->at == m->queue.n) {
		vec_free(&m->queue);
		m->at = 0;
	}
}

static size_t own_size(const struct out_member *m)
{
	size_t one = m->group->key.own_family == 6 ? 16 : 4;

	return m->group->key.own_link_local ? 2 * one : one;
}

bool out_member_copy(struct out_member *m, struct wr *w)
{
	uint16_t source = m->peer->source;

	while (m->at < m->queue.n) {
		struct out_chunk *c = m->queue.v[m->at];
		size_t own = own_size(m);

		for (; m->record < c->records.n; m->record++) {
			const struct out_record *r = &c->records.v[m->record];
			uint8_t *to;

			if (!is_for(r, source))
				continue;
			if (wr_left(w) < r->len)
				return true;
			to = wr_reserve(w, r->len);
			memcpy(to, c->bytes.v + r->at, r->len);
			if (r->own)
				memcpy(to + r->own, m->own, own);
		}
		chunk_done(m);
	}
	return false;
}

void out_member_drop_queue(struct out_member *m)
{
	while (m->at < m->queue.n)
		chunk_done(m);
}
