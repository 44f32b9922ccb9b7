/* Inside of adj_in*.c: what a peer's routes become before they enter a table. */
#ifndef WEFT_BGPD_CORE_ADJ_IN_H
#define WEFT_BGPD_CORE_ADJ_IN_H

#include "bgpd/core/peer.h"
#include "bgpd/core/rib_private.h"

/* TASK_PURGED: a purge that has ended, which nobody was told yet. */
enum adj_in_task { TASK_NONE = 0, TASK_PURGE = 1, TASK_REFILTER = 2, TASK_PURGED = 4 };

struct adj_in_family {
	uint8_t era;	      /* 0 .. 3, of the paths that come now */
	uint8_t old_eras;     /* of which there may be stale paths: 0 .. 3 */
	uint32_t stale;	      /* paths of earlier eras */
	uint8_t tasks;	      /* enum adj_in_task, as bits: under way */
	uint32_t purge_at, refilter_at; /* destinations up to here are done */
	void (*done)(struct peer *, enum family);
	unsigned calls;	       /* of it that are owed: a purge may be asked for again meanwhile */
};

struct adj_in {
	struct work work;
	struct peer *peer;
	struct adj_in_family family[FAM_COUNT];
	void (*all_done)(struct peer *, enum family); /* of a purge of FAM_NONE */
	unsigned all_calls;
};

/* What becomes of all routes of a peer with one set of attributes. */
struct adj_in_verdict {
	uint32_t attrs;		 /* to go on with, one reference; 0: refused */
	enum path_reason reason; /* why, if so */
	bool per_prefix;	 /* the policy is still to be asked, for each prefix */
};
void adj_in_judge(struct peer *p, enum family f, uint32_t attrs_in, struct adj_in_verdict *ret);
/* The attributes of one route after policy, with one reference; 0: denied. */
uint32_t adj_in_apply(struct peer *p, enum family f, const struct adj_in_verdict *v,
		const uint8_t *key, uint32_t info, enum path_reason *ret_reason);
void adj_in_verdict_fini(struct peer *p, struct adj_in_verdict *v);

struct adj_in *adj_in_get(struct peer *p); /* made when first asked for */

static inline uint8_t adj_in_era_bits(const struct adj_in_family *af)
{
	return (uint8_t)(af->era << 4); /* PATH_ERA */
}

#endif
