/* The feed between the core and overlayd: messages in as events, frames out as
 * the connection can take them. */
#include "bgpd/feed_shell.h"

#include "bgpd/sockets.h"
#include "lib/sys/feedconn.h"
#include "lib/sys/log.h"

static void feed_up(void *ctx, uint64_t boot_id)
{
	const struct bgp_event ev = { .type = BGP_EVENT_FEED_UP };

	(void)boot_id;
	log_info("overlayd is connected");
	bgpd_input(ctx, &ev);
}

static void feed_down(void *ctx, const char *why)
{
	const struct bgp_event ev = { .type = BGP_EVENT_FEED_DOWN };

	log_warning("overlayd is not connected: %s", why);
	bgpd_input(ctx, &ev);
}

static void feed_message(void *ctx, const struct feed_msg *m)
{
	struct bgpd *b = ctx;
	const struct bgp_event ev = { .type = BGP_EVENT_FEED, .feed = m };

	bgpd_input(b, &ev);
	/* A listener can be bound to the VRF's device now, or no more. */
	if (m->type == FEED_VRF)
		sockets_sync(b->sockets);
}

static bool feed_fill(void *ctx, struct wr *w)
{
	struct bgpd *b = ctx;
	size_t n = bgpd_pull_feed(b, w->p, wr_left(w));

	w->p += n;
	bgpd_effects(b);
	return n > 0;
}

void feed_shell_open(struct bgpd *b)
{
	static const struct feedconn_hooks hooks = {
		.up = feed_up, .down = feed_down, .message = feed_message, .fill = feed_fill };

	b->feed = feedconn_connect(b->loop, b->options->run_dir, daemon_boot_id(b->daemon), &hooks,
			b);
}

void feed_shell_close(struct bgpd *b)
{
	if (b->feed)
		feedconn_free(b->feed);
	b->feed = NULL;
}
