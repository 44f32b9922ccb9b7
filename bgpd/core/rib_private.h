/* Inside of a table, for rib*.c and for the hot paths of adj_in.c and out_*.c. */
#ifndef WEFT_BGPD_CORE_RIB_PRIVATE_H
#define WEFT_BGPD_CORE_RIB_PRIVATE_H

#include "bgpd/core/decision.h"
#include "bgpd/core/rib.h"
#include "bgpd/core/rib_hash.h"
#include "lib/base/hash.h"
#include "lib/base/vec.h"

/* The log: a ring of destinations, addressed by places that only grow (and
 * wrap at 2^32).  An entry counts if it is its destination's last one. */
struct rib_log {
	uint32_t *ring;
	uint32_t mask;	     /* room - 1 */
	uint32_t tail, head; /* places [tail, head) */
	uint32_t front;	     /* the farthest that a reader has read */
	uint32_t superseded; /* entries in the ring that no longer count */
	uint32_t idle;	     /* readers that wait for something */
	struct rib_reader *readers;
};

struct rib {
	const struct rib_env *env;
	enum family family;
	uint16_t instance;
	uint8_t key_size;
	uint8_t dead_at;     /* offset in the key of a byte that is 0xff in free ones only */
	bool log_all;
	uint64_t seed;
	struct decision_options options;
	struct slab dests, paths;
	struct rib_hash hash;
	struct rib_log log;
	uint32_t lengths[129]; /* unicast: destinations of each prefix length */
	/* path ids, of the few paths that have one: from path to id */
	struct slab path_ids;
	struct rib_hash path_id_hash;
	VEC(struct candidate) scratch;
	VEC(uint32_t) standing; /* scratch of rib_sorted.c */
};

static inline struct dest *dest_at(const struct rib *rib, uint32_t id)
{
	return slab_at(&rib->dests, id);
}

/* As slab_at(), of a size that the compiler knows. */
static inline struct path *path_at(const struct rib *rib, uint32_t id)
{
	struct path *block = (struct path *)(void *)rib->paths.blocks[id >> SLAB_BLOCK_BITS];

	return &block[id & ((1u << SLAB_BLOCK_BITS) - 1)];
}

static inline bool rib_path_is(const struct rib *rib, uint32_t id, const struct path *p,
		uint16_t source, uint32_t path_id)
{
	return p->source == source &&
	       (p->flags & PATH_ADD_PATH ? rib_path_add_path_id(rib, id) : 0) == path_id;
}

static inline bool rib_is_unicast(const struct rib *rib)
{
	return rib->family == FAM_IPV4_UNICAST || rib->family == FAM_IPV6_UNICAST;
}

static inline bool dest_is_live(const struct rib *rib, const struct dest *d)
{
	return d->key[rib->dead_at] != 0xff;
}

/* Neighbouring prefixes of one length (and neighbouring MACs) come together, so
 * they stand together: eight of them share half a cache line of slots.  The
 * lower bits of the result are the place, the upper ones the tag. */
static inline uint64_t rib_hash_near(uint64_t block, uint32_t offset)
{
	return ((block & ~(uint64_t)7) | offset) + ((uint64_t)(offset * 0x9e3779b1u) << 32);
}

static inline uint64_t rib_key_word(const uint8_t *key) /* its first byte on top */
{
	uint64_t v;

	memcpy(&v, key, 8);
	return __builtin_bswap64(v);
}

static inline uint64_t rib_hash_ipv4(uint64_t seed, const uint8_t *prefix)
{
	uint32_t v;

	memcpy(&v, prefix, 4);
	v = (uint32_t)((uint64_t)__builtin_bswap32(v) >> (32 - prefix[4]));
	return rib_hash_near(hash_u64(seed, (uint64_t)(v >> 3) << 8 | prefix[4]), v & 7);
}

static inline uint64_t rib_hash_ipv6(uint64_t seed, const uint8_t *prefix)
{
	__uint128_t v = (__uint128_t)rib_key_word(prefix) << 64 | rib_key_word(prefix + 8);
	unsigned len = prefix[16];

	v = len ? v >> (128 - len) : 0;
	return rib_hash_near(hash_words(seed ^ len, (uint64_t)(v >> 64), (uint64_t)v >> 3), v & 7);
}

uint64_t rib_hash_evpn(uint64_t seed, const uint8_t *key);

static inline uint64_t rib_key_hash(const struct rib *rib, const uint8_t *key)
{
	if (rib->family == FAM_IPV4_UNICAST) /* a branch, as this is in the longest loops */
		return rib_hash_ipv4(rib->seed, key);
	switch (rib->family) {
	case FAM_IPV6_UNICAST:
		return rib_hash_ipv6(rib->seed, key);
	case FAM_IPV4_VPN:
		return rib_hash_ipv4(hash_u64(rib->seed, rib_key_word(key)), key + 8);
	case FAM_IPV6_VPN:
		return rib_hash_ipv6(hash_u64(rib->seed, rib_key_word(key)), key + 8);
	default:
		return rib_hash_evpn(rib->seed, key);
	}
}

/* rib_update() in full, for a caller that has the hash.  guess: 0, or what rib_prefetch()
 * found for that hash. */
struct rib_change {
	uint32_t dest;
	bool was_there;	   /* the path, before; if so: */
	bool was_accepted; /* it had attributes after policy */
	uint8_t flags;	   /* that it had */
};
/* route: all but `next`; of its flags only PATH_ERA counts. */
void rib_put(struct rib *rib, const uint8_t *key, uint64_t hash, uint32_t guess,
		const struct path *route, uint32_t path_id, struct rib_change *ret);
/* Of many at once, as they come in an UPDATE: what went, and of that, what had
 * attributes after policy, and what was of another era than this one. */
struct rib_dropped {
	uint32_t paths, accepted, other_era;
};
struct rib_dropped rib_drop(struct rib *rib, const struct nlri *nlri, const uint64_t *hashes,
		unsigned n, uint16_t source, uint8_t era);
/* Removes a path that the caller found by walking; the destination may go, too. */
void rib_drop_path(struct rib *rib, uint32_t dest, uint32_t path);
/* Changes what the policy made of a path (takes over the reference to attrs). */
void rib_set_path_attrs(struct rib *rib, uint32_t dest, uint32_t path, uint32_t attrs,
		enum path_reason reason, uint32_t now_secs);

/* Brings the destinations that rib_put() will need, and then their paths
 * and those attributes; their slots have been asked for by rib_hash_prefetch()
 * some time ago.  ret: what is there for each hash, if it is the right key; 0: nothing. */
#define RIB_BATCH 64 /* at most so many */
void rib_prefetch(const struct rib *rib, const uint64_t *hashes, unsigned n, uint32_t *ret);

/* rib_decide.c */

/* Does it take part in the decision, and at which metric?  The second one notes it. */
bool rib_path_usable(const struct rib *rib, const struct path *p, uint32_t *ret_metric);
bool rib_path_check(const struct rib *rib, struct path *p, uint32_t *ret_metric);
struct candidate rib_candidate(const struct rib *rib, uint32_t id, uint32_t metric);
struct decision_context rib_decision_context(const struct rib *rib, const struct dest *d);
/* Orders a destination's paths anew. */
void rib_choose(struct rib *rib, struct dest *d);
/* Would all others keep their places, were this path gone? */
bool rib_stands_aside(const struct rib *rib, const struct dest *d, uint32_t path);
/* The best is gone: orders those that may follow it, and leaves the others where
 * they are; false if that does not suffice. */
bool rib_promote(struct rib *rib, struct dest *d);
/* Puts a path that is in no list yet where it belongs, if it loses to the best
 * and nobody else's place changes; else false, and the list is as it was. */
bool rib_place_loser(struct rib *rib, struct dest *d, uint32_t path);

/* rib_sorted.c */

/* Are the usable paths in the order in which they would win?  One alone always is. */
bool rib_is_sorted(const struct rib *rib, const struct dest *d);
/* The path of that source in a sorted one, and who points to it, or 0; notes the others
 * for rib_sorted_insert(). */
uint32_t rib_sorted_find(struct rib *rib, struct dest *d, uint16_t source, uint32_t path_id,
		uint32_t **ret_link);
/* Puts a path that is in no list yet where it belongs in the sorted one of the last
 * rib_sorted_find(), where that path was; false, and the list as it was, if it does
 * not fit in, so that all must be decided.  *ret_used: is it the best, or used beside that? */
bool rib_sorted_insert(struct rib *rib, struct dest *d, uint32_t path, bool *ret_used);
/* Takes out the path that link points to; false if all others must be decided. */
bool rib_sorted_unlink(struct rib *rib, struct dest *d, uint32_t *link);
/* Chooses those that are used beside the best. */
void rib_sorted_use(struct rib *rib, struct dest *d);
/* rib_used_next(), of a destination with a best path. */
uint32_t rib_used_after(const struct rib *rib, const struct dest *d, uint32_t path);
/* Sorts, if these candidates can be; else the whole decision is needed.  When they are in the
 * destination's list, rib_sorted_use() must follow. */
bool rib_sort(const struct decision_context *x, struct candidate *c, unsigned n);

/* rib_path_id.c */
#define RIB_PATH_ID_SIZE 8
void rib_path_id_set(struct rib *rib, uint32_t path, uint32_t value);
void rib_path_id_drop(struct rib *rib, uint32_t path);

/* rib_log.c */

/* Some reader has yet to see it.  A place from long ago may look like one of
 * now: then the ring tells. */
static inline bool rib_log_has_at(const struct rib_log *l, uint32_t dest, uint32_t place)
{
	return place - l->tail < l->head - l->tail && l->ring[place & l->mask] == dest;
}

static inline bool rib_log_has(const struct rib *rib, uint32_t dest)
{
	return rib_log_has_at(&rib->log, dest, dest_at(rib, dest)->log_at);
}

/* Does anybody need a destination without paths?  The log, or a reader that was
 * given it by its walk: it is in the log then, too. */
bool rib_log_keeps(struct rib *rib, uint32_t dest);
bool rib_log_add_slow(struct rib *rib, uint32_t dest);
/* True if it stands in the log now: not if nobody reads that.  d: dest_at(rib, dest). */
static inline bool rib_log_add_at(struct rib *rib, uint32_t dest, struct dest *d)
{
	struct rib_log *l = &rib->log;

	if (rib_log_has_at(l, dest, d->log_at) || l->idle || !l->readers || !l->ring ||
			l->head - l->tail > l->mask)
		return rib_log_add_slow(rib, dest);
	l->ring[l->head & l->mask] = dest;
	d->log_at = l->head++;
	return true;
}

static inline bool rib_log_add(struct rib *rib, uint32_t dest)
{
	return rib_log_add_at(rib, dest, dest_at(rib, dest));
}

void rib_log_fini(struct rib *rib);
/* rib.c, for rib_log.c: destinations without a path that no reader needs. */
struct rib_gone {
	uint64_t hash; /* of its key */
	uint32_t dest;
};
void rib_dests_free(struct rib *rib, const struct rib_gone *gone, unsigned n);

#endif
