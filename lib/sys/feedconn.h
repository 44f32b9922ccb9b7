/* The feed's connection: frames of lib/base/feed.h over DIR/feed.sock.
 * overlayd listens and holds one connection; bgpd connects, and again with
 * growing pauses when it broke.  HELLO is exchanged here: `up` is called when
 * both sides agree on the version, and from then on both send what they have.
 *
 * Sending is pulled: `fill` is called when the socket can take more. */
#ifndef WEFT_SYS_FEEDCONN_H
#define WEFT_SYS_FEEDCONN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/feed.h"
#include "lib/base/wr.h"
#include "lib/sys/loop.h"

struct feedconn;

struct feedconn_hooks {
	/* A connection is there: start over with a snapshot.  boot_id is the
	 * other side's, and differs from the last if it was restarted. */
	void (*up)(void *ctx, uint64_t boot_id);
	/* After up; `why` is a sentence.  Nothing unsent is kept. */
	void (*down)(void *ctx, const char *why);
	void (*message)(void *ctx, const struct feed_msg *m);
	/* Appends frames by feed_encode() as far as they fit (a writer of
	 * FEEDCONN_FILL bytes; one that has failed has lost only the frame that
	 * did not fit: see feedconn_fits()).  Returns whether there is more. */
	bool (*fill)(void *ctx, struct wr *w);
	/* NULL, or told of a message before the one ahead of it is handed out: what it
	 * will need can be asked of the memory meanwhile.  It may not come after all. */
	void (*soon)(void *ctx, const struct feed_msg *m);
};

#define FEEDCONN_FILL 131072

/* Is there room for a frame of any kind? */
static inline bool feedconn_fits(const struct wr *w)
{
	return wr_left(w) >= FEED_FRAME_MAX;
}

/* NULL and a sentence if the socket can't be made. */
struct feedconn *feedconn_listen(struct loop *l, const char *dir, uint64_t boot_id,
		const struct feedconn_hooks *h, void *ctx, struct err *err);
struct feedconn *feedconn_connect(struct loop *l, const char *dir, uint64_t boot_id,
		const struct feedconn_hooks *h, void *ctx);
void feedconn_free(struct feedconn *f); /* without calling down */

bool feedconn_is_up(const struct feedconn *f);
/* There is something to send: fill will be called.  Cheap; may be called at
 * any time, also while down. */
void feedconn_want_write(struct feedconn *f);
/* Stops taking messages while the receiver is behind; the sender then waits. */
void feedconn_pause(struct feedconn *f, bool paused);
/* Closes a connection whose peer can't be understood; connects again later. */
void feedconn_reset(struct feedconn *f, const char *why);

struct feedconn_stats {
	uint64_t ups, in_frames, in_bytes, out_bytes;
	char last_down[96]; /* "" if never */
};
void feedconn_get_stats(const struct feedconn *f, struct feedconn_stats *ret);

#endif
