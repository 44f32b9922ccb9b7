/* Inside of out_*.c: what peers are told.
 *
 *	out_group.c	groups and members: who shares with whom
 *	out_pull.c	a member's turn
 *	out_key.c	what a group's bytes depend on
 *	out_window.c	changed destinations -> what is to be said
 *	out_policy.c	may a route go out, and as which attributes
 *	out_transform.c	attributes as this kind of peer must get them
 *	out_encode.c	what is to be said -> UPDATEs in a chunk
 *	out_chunk.c	chunks, and members copying them
 *	out_sent.c	what the group was told
 *	out_default.c	default-originate
 */
#ifndef WEFT_BGPD_CORE_OUT_PRIVATE_H
#define WEFT_BGPD_CORE_OUT_PRIVATE_H

#include "bgpd/core/peer.h"
#include "bgpd/core/rib_private.h"

/* ---- what was sent: by destination id; copied on write between groups ---- */

#define SENT_BITS 10 /* destinations per block */

struct sent {
	uint32_t attrs;	 /* after the outbound policy; 0: nothing */
	uint32_t info;
	uint16_t source; /* whom it came from, who was not told */
};

struct sent_block {
	unsigned refs;
	uint32_t attrs[1u << SENT_BITS];
	uint16_t source[1u << SENT_BITS];
	uint32_t info[]; /* as many, or none */
};

struct out_sent {
	struct attrs_table *attrs;
	struct info_table *infos;
	bool with_info;
	VEC(struct sent_block *) blocks;
	uint32_t count;		  /* destinations that are announced */
	VEC(uint32_t) by_source;  /* of them, by source number */
};

void out_sent_init(struct out_sent *s, const struct bgp_core *c, enum family f);
void out_sent_fini(struct out_sent *s);
/* *to becomes the same as *from. */
void out_sent_copy(struct out_sent *to, const struct out_sent *from);
static inline struct sent out_sent_get(const struct out_sent *s, uint32_t dest)
{
	uint32_t i = dest & ((1u << SENT_BITS) - 1);
	const struct sent_block *b;

	if (dest >> SENT_BITS >= s->blocks.n || !(b = s->blocks.v[dest >> SENT_BITS]))
		return (struct sent){ 0 };
	return (struct sent){ b->attrs[i], s->with_info ? b->info[i] : 0, b->source[i] };
}
void out_sent_set(struct out_sent *s, uint32_t dest, struct sent v); /* takes its own references */
uint16_t out_sent_forget_slow(struct out_sent *s, uint32_t dest);
/* Forgets what was said of a destination; the source that it came from, 0 if nothing was.
 * run: takes over the reference to the attributes. */
static inline uint16_t out_sent_forget(struct out_sent *s, uint32_t dest, struct attrs_run *run)
{
	uint32_t i = dest & ((1u << SENT_BITS) - 1), attrs;
	struct sent_block *b;
	uint16_t source;

	if (dest >> SENT_BITS >= s->blocks.n || !(b = s->blocks.v[dest >> SENT_BITS]) ||
			!(attrs = b->attrs[i]))
		return 0;
	if (b->refs > 1 || s->with_info)
		return out_sent_forget_slow(s, dest);
	source = b->source[i];
	b->attrs[i] = 0;
	b->source[i] = 0;
	s->count--;
	s->by_source.v[source]--;
	attrs_unref_run(s->attrs, run, attrs);
	return source;
}
uint32_t out_sent_end(const struct out_sent *s); /* ids from here on have nothing */
uint32_t out_sent_of_source(const struct out_sent *s, uint16_t source);

/* ---- chunks ---- */

#define OUT_CHUNK_LIMIT (1u << 20) /* bytes a member may be behind before its group waits */

/* One message. */
struct out_record {
	uint32_t at;	/* in bytes */
	uint16_t len;
	uint16_t own;	/* offset of the next hop, where each member puts its own; 0: none */
	uint16_t skip;	/* source of the member that must not get it; 0: none */
	uint16_t only;	/* source of the only one that gets it; 0: all */
};

struct out_chunk {
	unsigned refs;
	VEC(uint8_t) bytes;
	VEC(struct out_record) records;
};

struct out_chunk *out_chunk_new(void);
void out_chunk_unref(struct out_chunk *c);

/* ---- groups ---- */

/* All that the bytes depend on but for policy.  Compared whole: made by
 * out_key_make(), which leaves no byte undefined. */
struct out_key {
	uint32_t as, local_as, confed_as; /* the instance's, the session's, the confederation's or 0 */
	uint32_t remote_as;		  /* only where the bytes depend on it */
	uint32_t router_id, cluster_id, default_local_pref;
	uint32_t max_message;
	uint16_t interval;		  /* seconds */
	uint16_t solo;			  /* source number of a peer that shares with nobody */
	uint8_t own_family, own_link_local; /* of our next hop */
	bool ibgp, confed, rr_client, rs_client, as4, extended_next_hop;
	bool silent;			  /* RFC 8212: an external peer without a policy */
	bool reflect_between_clients, graceful_shutdown;
	bool next_hop_self, next_hop_self_force, next_hop_unchanged;
	bool as_path_unchanged, med_unchanged, local_as_replace;
	bool remove_private, remove_private_all, remove_private_replace, as_override;
	bool communities, ext_communities, large_communities;
	bool default_originate, has_default_map;
};

struct out_filters {
	struct policy_bound *policy, *unsuppress, *default_map; /* any may be NULL */
};

struct out_member {
	struct peer *peer;
	struct out_group *group;
	uint8_t own[32];	/* our next hop towards it, as on the wire, key.own_family decides */
	VEC(struct out_chunk *) queue;
	size_t at;		/* first in the queue */
	size_t record;		/* next in that */
	size_t queued;		/* bytes */
	mono_t behind_since;	/* over the limit; 0: not */
	uint32_t dump_at;	/* next destination of its own dump */
	bool dumping, end_of_rib_due, refresh_begin_due, refresh_end_due;
};

struct out_group {
	struct out_groups *all;
	struct out_key key;
	struct out_filters filters;
	struct rib_reader reader; /* first: see out_group.c */
	struct out_sent sent;
	VEC(struct out_member *) members;
	struct core_timer timer;
	mono_t next_at;		/* advertisement-interval: not before */
	bool force;		/* in this walk, say all again: the bytes have changed */
	bool lonely;		/* may find a group to merge with */
	bool blocked;		/* waits for a member that is behind */
	const struct out_group *forked_from; /* while nothing was produced here nor there; not followed */
	uint64_t forked_at;
	uint64_t produced;	/* windows so far */
	/* default-originate: out_default.c */
	uint32_t default_attrs;	/* as sent; 0: not */
	uint32_t default_match; /* destination that the map permits */
	uint32_t default_scan;	/* looking for one: next id; 0: not looking */
	bool default_force;	/* say it again: its bytes have changed */
};

struct out_groups {
	struct bgp_instance *instance;
	enum family family;
	struct rib *rib;
	bool held;
	VEC(struct out_group *) groups;
	/* Of the window that is being made, to save allocations: */
	struct out_window *window;
};

/* ---- out_group.c ---- */
void out_group_want_write(struct out_group *g); /* all members */
void out_group_wake_at(struct out_group *g, mono_t when);
bool out_group_has_laggard(const struct out_group *g); /* a member is behind */
/* Splits off who is behind for long; true if another one must be waited for. */
bool out_group_must_wait(struct out_group *g);
/* g has read all: members of it move to a group like it that has, too, and g is
 * gone then. */
void out_group_try_merge(struct out_group *g);

/* ---- out_key.c ---- */
void out_key_make(const struct peer *p, enum family f, const struct out_filters *x,
		struct out_key *ret);
void out_filters_bind(const struct peer *p, enum family f, struct out_filters *ret);
void out_filters_fini(struct out_filters *x);
bool out_filters_equal(const struct out_filters *a, const struct out_filters *b);
/* Our own address as next hop for a peer: *ret_link_local family 0 if none is sent. */
void out_own_next_hop(const struct peer *p, enum family f, struct ip_addr *ret,
		struct ip_addr *ret_link_local);

/* ---- out_policy.c ---- */

/* The member of g that is this source, or NULL. */
struct out_member *out_member_of(const struct out_group *g, uint16_t source);
bool out_is_external(const struct out_key *k);
/* Sources with the same value give the same bytes. */
uint16_t out_source_class(const struct out_group *g, uint16_t source);
/* May routes with these attributes go from this source to the group at all
 * (RFC 4456, well-known communities)? */
bool out_exportable(const struct out_group *g, const struct attrs *a, const struct route_source *s);
/* The attributes after policy of a path, with one reference; 0: not to be sent. */
uint32_t out_policy(const struct out_group *g, const uint8_t *key, const struct path *path);
bool out_policy_ignores_prefix(const struct out_group *g);

/* unsuppress-map of the group permits it. */
bool out_unsuppressed(const struct out_group *g, const uint8_t *key, const struct path *path);

/* ---- out_transform.c ---- */
#define TRANSFORM_ROOM (10 * 66560) /* each step may write a part of the largest size anew */

struct transform {
	struct route_attrs a; /* as they go out; parts point into scratch or the interned set */
	bool own_next_hop;    /* a.next_hop is ours: each member has its own */
	uint8_t *scratch;     /* TRANSFORM_ROOM bytes */
	size_t used;
};
void out_transform(struct transform *t, const struct out_group *g, uint32_t attrs, uint16_t source);

/* ---- out_window.c ---- */
/* Makes the next chunk and hands it to the members.  False: nothing to say. */
bool out_group_produce(struct out_group *g);
/* A slice of a member's own dump of what its group was told. */
void out_member_dump(struct out_member *m);
struct out_window *out_window_new(void);
void out_window_free(struct out_window *w);

/* ---- out_encode.c ---- */
struct out_item {
	uint32_t dest;	/* 0: the default route of default-originate */
	uint32_t attrs; /* 0: withdraw; the window holds a reference */
	uint16_t skip, only, source;
	uint32_t info;
	uint32_t next;	/* in its bucket, index + 1 */
};

struct out_encoder;
struct out_encoder *out_encoder_new(void);
void out_encoder_free(struct out_encoder *e);
/* Appends UPDATEs for the items to the chunk.  Routes whose attributes leave
 * no room in a message are withdrawn instead. */
void out_encode(struct out_encoder *e, struct out_group *g, struct out_item *items, uint32_t n,
		struct out_chunk *c);

/* ---- out_chunk.c ---- */
void out_member_push(struct out_member *m, struct out_chunk *c);
/* Copies what fits; true if something is left because of lack of room. */
bool out_member_copy(struct out_member *m, struct wr *w);
void out_member_drop_queue(struct out_member *m);

static inline bool out_member_has_chunks(const struct out_member *m)
{
	return m->at < m->queue.n;
}

/* ---- out_default.c ---- */
/* Called for each destination of a window: does the map's route still match? */
void out_default_look(struct out_group *g, uint32_t dest);
/* Goes on with a search; then appends an item if the default route is to be
 * announced or withdrawn.  True if it did. */
bool out_default_update(struct out_group *g, struct out_item *ret);
bool out_default_pending(const struct out_group *g);
void out_default_restart(struct out_group *g); /* its conditions have changed */

#endif
