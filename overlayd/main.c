/* overlayd: keeps the kernel's part of the overlay as the configuration and
 * bgpd want it, and tells bgpd what is local.  Here its parts are put together:
 * the core, its hands in the kernel, the feed to bgpd, the control socket. */
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/sys/feedconn.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"
#include "overlayd/config_yang.h"
#include "overlayd/kernel.h"
#include "overlayd/show.h"

struct overlayd {
	struct daemon *daemon;
	struct overlay_core *core;
	struct kernel *kernel;
	struct feedconn *feed;
};

/* ---- configuration */

static int build(void *ctx, const struct config *c, void **ret_value, struct err *err)
{
	(void)ctx;
	*ret_value = config_yang_build(c, err);
	return *ret_value ? 0 : -1;
}

static void apply(void *ctx, void *value)
{
	struct overlayd *o = ctx;
	struct overlay_event ev = { .type = OVERLAY_CONFIG, .config = value };

	kernel_input(o->kernel, &ev);
}

static void discard(void *ctx, void *value)
{
	(void)ctx;
	overlay_config_free(value);
}

/* ---- feed */

static void feed_is_up(void *ctx, uint64_t boot_id)
{
	struct overlayd *o = ctx;
	struct overlay_event ev = { .type = OVERLAY_FEED_UP };

	(void)boot_id;
	log_notice("bgpd is connected");
	kernel_input(o->kernel, &ev);
	feedconn_want_write(o->feed);
}

static void feed_is_down(void *ctx, const char *why)
{
	struct overlayd *o = ctx;
	struct overlay_event ev = { .type = OVERLAY_FEED_DOWN };

	log_notice("bgpd is gone, what it said is kept: %s", why);
	kernel_input(o->kernel, &ev);
}

static void feed_message(void *ctx, const struct feed_msg *m)
{
	struct overlayd *o = ctx;
	struct overlay_event ev = { .type = OVERLAY_FEED_MSG, .msg = m };

	kernel_input(o->kernel, &ev);
}

static void feed_soon(void *ctx, const struct feed_msg *m)
{
	const struct overlayd *o = ctx;

	overlay_core_feed_soon(o->core, m);
}

static bool feed_fill(void *ctx, struct wr *w)
{
	struct overlayd *o = ctx;
	size_t n = overlay_core_pull_feed(o->core, w->p, wr_left(w));

	w->p += n;
	return n > 0 && overlay_core_wants_feed(o->core);
}

/* ---- the rest */

static void exec(void *ctx, const struct grammar_match *m, struct ctl_answer *a)
{
	struct overlayd *o = ctx;

	if (m->id == CMD_OVERLAY_REPAIR) {
		struct overlay_event ev = { .type = OVERLAY_RESYNC };

		kernel_input(o->kernel, &ev);
		return;
	}
	show_exec(o->core, m, a);
}

static void memory(void *ctx, struct strbuf *out)
{
	struct overlayd *o = ctx;

	show_memory(o->core, out);
}

static const struct daemon_info info = {
	.name = "overlayd",
	.log_tag = "OVERLAY",
	.summary = "Keeps VRFs, bridges, VXLAN, tunnels and routes in the kernel as configured",
	.keep_caps = 1ull << CAP_NET_ADMIN | 1ull << CAP_DAC_OVERRIDE,
};

static const struct service_hooks service_hooks = {
	.config = { build, apply, discard },
	.exec = exec,
	.memory = memory,
};

static const struct feedconn_hooks feed_hooks = { feed_is_up, feed_is_down, feed_message,
	feed_fill, feed_soon };

int main(int argc, char **argv)
{
	struct overlayd o = { 0 };
	struct service *service;
	const struct daemon_options *opts;
	uint64_t seed = 0;
	struct err err;
	int status;

	o.daemon = daemon_new(&info, argc, argv);
	opts = daemon_options(o.daemon);
	if (getrandom(&seed, sizeof(seed), 0) < 0)
		seed = daemon_boot_id(o.daemon);
	o.core = overlay_core_new(seed);
	o.kernel = kernel_new(daemon_loop(o.daemon), o.core, opts->no_kernel || opts->dry_run, &err);
	if (!o.kernel)
		daemon_fail(o.daemon, "%s", err.text);
	service = service_new(o.daemon, &service_hooks, &o);
	o.feed = feedconn_listen(daemon_loop(o.daemon), opts->run_dir, daemon_boot_id(o.daemon),
			&feed_hooks, &o, &err);
	if (!o.feed)
		daemon_fail(o.daemon, "%s", err.text);
	kernel_set_feed(o.kernel, o.feed);
	status = daemon_run(o.daemon);
	feedconn_free(o.feed);
	service_free(service);
	kernel_free(o.kernel);
	overlay_core_free(o.core);
	daemon_free(o.daemon);
	return status;
}
