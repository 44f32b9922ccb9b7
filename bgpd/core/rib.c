/* A table of routes: destinations, their paths, and what happens when one of
 * them changes.  Filled by adj_in.c, origin.c, vrf.c and evpn.c; its log
 * (rib_log.c) is read by out groups and the feed.  See rib.h. */
#include <assert.h>
#include <string.h>

#include "bgpd/core/nlri.h"
#include "bgpd/core/rib_private.h"

/* ---- destinations ---- */

_Static_assert(NLRI_KEY_MAX == 36, "rib_hash_evpn() takes a key of 36 bytes");

uint64_t rib_hash_evpn(uint64_t seed, const uint8_t *key)
{
	uint64_t end = rib_key_word(key + 16), h;
	uint32_t offset = 0, last;

	if (key[0] == EVPN_MACIP) { /* byte 18 is the last one of the MAC */
		offset = (uint32_t)(end >> 40) & 7;
		end &= ~(7ull << 40);
	}
	memcpy(&last, key + 32, 4);
	h = hash_words(seed, rib_key_word(key), rib_key_word(key + 8));
	h = hash_words(seed ^ h, end, rib_key_word(key + 24));
	return rib_hash_near(hash_u64(h, last), offset);
}

/* Of as many bytes as the key, in words that may overlap: never a call. */
static inline bool key_equal(const struct rib *rib, const uint8_t *a, const uint8_t *b)
{
	unsigned n = rib->key_size;
	uint64_t diff;

	if (n < 8) {
		uint32_t x, y;

		memcpy(&x, a, 4);
		memcpy(&y, b, 4);
		return x == y && a[n - 1] == b[n - 1];
	}
	diff = rib_key_word(a + n - 8) ^ rib_key_word(b + n - 8);
	for (unsigned at = 0; at + 8 < n; at += 8)
		diff |= rib_key_word(a + at) ^ rib_key_word(b + at);
	return !diff;
}

static uint32_t dest_find(const struct rib *rib, const uint8_t *key, uint64_t hash, uint32_t *ret_at)
{
	uint32_t id = rib_hash_first(&rib->hash, hash, ret_at);

	while (id && !key_equal(rib, dest_at(rib, id)->key, key))
		id = rib_hash_next(&rib->hash, hash, ret_at);
	return id;
}

/* The same, with a guess that may be wrong, or of another key by now. */
static inline uint32_t dest_find_guessed(const struct rib *rib, const uint8_t *key, uint64_t hash,
		uint32_t guess, uint32_t *ret_at)
{
	if (guess && key_equal(rib, dest_at(rib, guess)->key, key))
		return guess;
	return dest_find(rib, key, hash, ret_at);
}

static void dest_hashes(const void *ctx, const uint32_t *ids, unsigned n, uint64_t *ret)
{
	const struct rib *rib = ctx;

	for (unsigned i = 0; i < n; i++)
		__builtin_prefetch(dest_at(rib, ids[i])->key);
	for (unsigned i = 0; i < n; i++)
		ret[i] = rib_key_hash(rib, dest_at(rib, ids[i])->key);
}

/* at: the free slot where dest_find() ended. */
static uint32_t dest_new(struct rib *rib, const uint8_t *key, uint64_t hash, uint32_t at)
{
	uint32_t id = slab_new(&rib->dests);
	struct dest *d = dest_at(rib, id);

	/* Not in the log, wherever that is now. */
	d->log_at = rib->log.tail - 1;
	memcpy(d->key, key, rib->key_size);
	rib_hash_insert(&rib->hash, hash, id, at, dest_hashes, rib);
	if (rib_is_unicast(rib))
		rib->lengths[key[rib->key_size - 1]]++;
	return id;
}

/* Backwards: in the log neighbours stand in the order of their slots, and one behind
 * which nothing is any more leaves no grave. */
void rib_dests_free(struct rib *rib, const struct rib_gone *gone, unsigned n)
{
	uint8_t dead_at = rib->dead_at, length_at = (uint8_t)(rib->key_size - 1);
	bool unicast = rib_is_unicast(rib);

	while (n--) {
		uint32_t id = gone[n].dest;
		struct dest *d = dest_at(rib, id);

		assert(!d->paths);
		rib_hash_remove(&rib->hash, gone[n].hash, id);
		if (unicast)
			rib->lengths[d->key[length_at]]--;
		d->key[dead_at] = 0xff;
		slab_put_at(&rib->dests, id, d);
	}
}

static void dest_free(struct rib *rib, uint32_t id, uint64_t hash)
{
	struct rib_gone gone = { hash, id };

	rib_dests_free(rib, &gone, 1);
}

/* ---- outcome ---- */

static uint64_t path_print(uint32_t id, const struct path *p)
{
	return hash_mix((uint64_t)p->attrs << 32 | p->info, (uint64_t)id << 16 | p->source);
}

/* A fingerprint of what consumers see of a destination. */
#define OUTCOME_UNKNOWN 2 /* like no other, as those are odd or 0 */
static uint64_t outcome(const struct rib *rib, const struct dest *d)
{
	const struct path *p;
	uint64_t sum = 0;
	uint32_t id = d->paths;

	if (!id || !((p = path_at(rib, id))->flags & PATH_USABLE))
		return 0;
	sum = path_print(id, p) | 1;
	if (rib->log_all)
		for (id = p->next; id && (p = path_at(rib, id))->flags & PATH_USABLE; id = p->next)
			sum += path_print(id, p) * 2;
	else
		while ((id = rib_used_after(rib, d, id)))
			sum += path_print(id, path_at(rib, id)) * 2;
	return sum;
}

/* After a choice: logs if the outcome is another, and lets go of a destination
 * that nobody needs. */
static void chosen(struct rib *rib, uint32_t id, bool differs)
{
	struct dest *d = dest_at(rib, id);

	if (differs)
		rib_log_add(rib, id);
	if (!d->paths && !rib_log_keeps(rib, id))
		dest_free(rib, id, rib_key_hash(rib, d->key));
}

static void settle(struct rib *rib, uint32_t id, uint64_t before)
{
	rib_choose(rib, dest_at(rib, id));
	chosen(rib, id, outcome(rib, dest_at(rib, id)) != before);
}

void rib_decide(struct rib *rib, uint32_t dest)
{
	settle(rib, dest, outcome(rib, dest_at(rib, dest)));
}

void rib_touch(struct rib *rib, uint32_t dest)
{
	rib_log_add(rib, dest);
}

/* ---- changes ---- */

static uint32_t path_find(const struct rib *rib, const struct dest *d, uint16_t source,
		uint32_t path_id, uint32_t **ret_link)
{
	uint32_t *link = (uint32_t *)&d->paths;

	while (*link) {
		struct path *p = path_at(rib, *link);

		if (rib_path_is(rib, *link, p, source, path_id)) {
			*ret_link = link;
			return *link;
		}
		link = &p->next;
	}
	*ret_link = link;
	return 0;
}

__attribute__((always_inline)) static inline void path_unref(struct rib *rib, const struct path *p)
{
	if (p->attrs == p->attrs_in) {
		attrs_unref_n(rib->env->attrs, p->attrs, 2);
	} else {
		attrs_unref(rib->env->attrs, p->attrs_in);
		attrs_unref(rib->env->attrs, p->attrs);
	}
	if (p->info)
		info_unref(rib->env->infos, p->info);
}

void rib_put(struct rib *rib, const uint8_t *key, uint64_t hash, uint32_t guess,
		const struct path *route, uint32_t path_id, struct rib_change *ret)
{
	uint32_t at = 0, id = dest_find_guessed(rib, key, hash, guess, &at), p_id = 0, *link;
	uint64_t before = 0;
	bool aside = true; /* the other paths' places have nothing to do with this one's */
	bool sorted = false, several = false; /* might be used at once: the outcome takes a walk */
	bool was_used = false, used = false;
	struct dest *d;
	struct path *p;

	if (!id)
		id = dest_new(rib, key, hash, at);
	d = dest_at(rib, id);
	if (d->paths) {
		sorted = rib_is_sorted(rib, d);
		several = sorted && path_at(rib, d->paths)->flags & PATH_TWINS;
		before = several ? OUTCOME_UNKNOWN : outcome(rib, d);
		p_id = sorted ? rib_sorted_find(rib, d, route->source, path_id, &link) :
				path_find(rib, d, route->source, path_id, &link);
	}
	*ret = (struct rib_change){ .dest = id };
	if (p_id) {
		struct path old;

		p = path_at(rib, p_id);
		old = *p;
		*ret = (struct rib_change){ id, true, old.attrs != 0, old.flags };
		if (old.attrs_in == route->attrs_in && old.attrs == route->attrs &&
				old.info == route->info && (route->attrs || old.reason == route->reason)) {
			path_unref(rib, route);
			p->flags = (uint8_t)((old.flags & ~(PATH_STALE | PATH_ERA)) |
					     (route->flags & PATH_ERA));
			return;
		}
		aside = !sorted && rib_stands_aside(rib, d, p_id);
		was_used = d->paths == p_id || old.flags & PATH_MULTIPATH;
		if (sorted)
			sorted = rib_sorted_unlink(rib, d, link) && rib_is_sorted(rib, d);
		else
			*link = old.next;
		*p = *route;
		p->flags = (uint8_t)((old.flags & PATH_ADD_PATH) | (route->flags & PATH_ERA));
		path_unref(rib, &old);
	} else {
		p_id = slab_new(&rib->paths);
		p = path_at(rib, p_id);
		*p = *route;
		p->flags = (uint8_t)((path_id ? PATH_ADD_PATH : 0) | (route->flags & PATH_ERA));
		if (path_id)
			rib_path_id_set(rib, p_id, path_id);
	}
	if (sorted && rib_sorted_insert(rib, d, p_id, &used)) {
		chosen(rib, id, several ? was_used || used : outcome(rib, d) != before);
		return;
	}
	if (!sorted && aside && rib_place_loser(rib, d, p_id))
		return;
	p->next = d->paths;
	d->paths = p_id;
	settle(rib, id, before);
}

uint32_t rib_update(struct rib *rib, const uint8_t *key, uint16_t source, uint32_t path_id,
		uint32_t attrs_in, uint32_t attrs, uint32_t info, enum path_reason reason,
		uint32_t now_secs)
{
	struct path route = { .attrs_in = attrs_in, .attrs = attrs, .info = info, .time = now_secs,
		.source = source, .reason = (uint8_t)reason };
	struct rib_change change;

	rib_put(rib, key, rib_key_hash(rib, key), 0, &route, path_id, &change);
	return change.dest;
}

static void path_remove(struct rib *rib, uint32_t dest, uint32_t path, uint32_t *link)
{
	struct path *p = path_at(rib, path);
	struct dest *d = dest_at(rib, dest);
	bool sorted = rib_is_sorted(rib, d), best = d->paths == path;
	bool used = best || p->flags & PATH_MULTIPATH;
	bool aside = sorted ? !used : rib_stands_aside(rib, d, path); /* nobody is told */
	uint64_t before = aside || sorted ? 0 : outcome(rib, d);
	bool decided = sorted;

	if (sorted)
		decided = rib_sorted_unlink(rib, d, link);
	else
		*link = p->next;
	if (p->flags & PATH_ADD_PATH)
		rib_path_id_drop(rib, path);
	path_unref(rib, p);
	slab_put(&rib->paths, path);
	if (aside && d->paths)
		return;
	if (!decided && (sorted || !best || !rib_promote(rib, d)))
		rib_choose(rib, d);
	chosen(rib, dest, sorted || outcome(rib, d) != before);
}

/* The same for the only path of a destination, with nothing left to choose
 * from: what a mass withdrawal does a million times. */
static inline void path_remove_last(struct rib *rib, uint32_t dest, struct dest *d, uint64_t hash)
{
	uint32_t path = d->paths;
	struct path *p = path_at(rib, path);
	bool used = p->flags & PATH_USABLE;

	d->paths = 0;
	path_unref(rib, p);
	slab_put_at(&rib->paths, path, p);
	if (used ? !rib_log_add_at(rib, dest, d) : !rib_log_keeps(rib, dest))
		dest_free(rib, dest, hash);
}

void rib_prefetch(const struct rib *rib, const uint64_t *hashes, unsigned n, uint32_t *ret)
{
	uint32_t paths[RIB_BATCH];
	unsigned n_paths = 0;

	assert(n <= RIB_BATCH);
	for (unsigned i = 0; i < n; i++) {
		ret[i] = rib_hash_guess(&rib->hash, hashes[i]);
		if (ret[i])
			__builtin_prefetch(dest_at(rib, ret[i]), 1);
	}
	for (unsigned i = 0; i < n; i++) {
		if (!ret[i] || !(paths[n_paths] = dest_at(rib, ret[i])->paths))
			continue;
		__builtin_prefetch(path_at(rib, paths[n_paths++]), 1);
	}
	for (unsigned i = 0; i < n_paths; i++)
		attrs_prefetch(rib->env->attrs, path_at(rib, paths[i])->attrs_in);
}

static inline void count_dropped(struct rib_dropped *d, const struct path *p, uint8_t era)
{
	d->paths++;
	d->accepted += p->attrs != 0;
	d->other_era += (p->flags & PATH_ERA) != era;
}

static void drop_one(struct rib *rib, const struct nlri *nlri, uint64_t hash, uint16_t source,
		uint8_t era, struct rib_dropped *ret)
{
	uint32_t at, id = dest_find(rib, nlri->key, hash, &at), path, *link;

	if (!id)
		return;
	path = path_find(rib, dest_at(rib, id), source, nlri->path_id, &link);
	if (!path)
		return;
	count_dropped(ret, path_at(rib, path), era);
	path_remove(rib, id, path, link);
}

/* The destination is the one that was guessed, and this its only path? */
static inline bool drop_only(struct rib *rib, const struct nlri *nlri, uint64_t hash, uint32_t guess,
		uint16_t source, uint8_t era, struct rib_dropped *ret)
{
	const struct path *p;
	struct dest *d;

	if (!guess || !key_equal(rib, (d = dest_at(rib, guess))->key, nlri->key) || !d->paths)
		return false;
	p = path_at(rib, d->paths);
	if ((p->source ^ source) | p->next | nlri->path_id | (p->flags & PATH_ADD_PATH))
		return false;
	count_dropped(ret, p, era);
	path_remove_last(rib, guess, d, hash);
	return true;
}

struct rib_dropped rib_drop(struct rib *rib, const struct nlri *nlri, const uint64_t *hashes,
		unsigned n, uint16_t source, uint8_t era)
{
	struct rib_dropped ret = { 0 }, rare = { 0 }; /* the first one in registers */
	uint32_t guess[RIB_BATCH];

	rib_prefetch(rib, hashes, n, guess);
	for (unsigned i = 0; i < n; i++)
		if (!drop_only(rib, &nlri[i], hashes[i], guess[i], source, era, &ret))
			drop_one(rib, &nlri[i], hashes[i], source, era, &rare);
	ret.paths += rare.paths;
	ret.accepted += rare.accepted;
	ret.other_era += rare.other_era;
	return ret;
}

bool rib_withdraw(struct rib *rib, const uint8_t *key, uint16_t source, uint32_t path_id)
{
	struct rib_dropped dropped = { 0 };
	struct nlri nlri = { .path_id = path_id };

	memcpy(nlri.key, key, rib->key_size);
	drop_one(rib, &nlri, rib_key_hash(rib, key), source, 0, &dropped);
	return dropped.paths;
}

void rib_drop_path(struct rib *rib, uint32_t dest, uint32_t path)
{
	uint32_t *link = &dest_at(rib, dest)->paths;

	while (*link != path)
		link = &path_at(rib, *link)->next;
	path_remove(rib, dest, path, link);
}

void rib_set_path_attrs(struct rib *rib, uint32_t dest, uint32_t path, uint32_t attrs,
		enum path_reason reason, uint32_t now_secs)
{
	uint64_t before = outcome(rib, dest_at(rib, dest));
	struct path *p = path_at(rib, path);

	if (p->attrs == attrs && (attrs || p->reason == reason)) {
		attrs_unref(rib->env->attrs, attrs);
		return;
	}
	attrs_unref(rib->env->attrs, p->attrs);
	p->attrs = attrs;
	p->reason = (uint8_t)reason;
	p->time = now_secs;
	settle(rib, dest, before);
}
