/* bgpd: the shell around the BGP core.  Start-up, the loop's hand-over of events
 * to the core, and what its effects ask for.  Sockets are in sockets.c, the
 * feed in feed_shell.c, configuration in config_yang*.c, shows in show*.c. */
#include <config.h>

#include <errno.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgpd/bgpd.h"
#include "bgpd/config_yang.h"
#include "bgpd/feed_shell.h"
#include "bgpd/record.h"
#include "bgpd/show.h"
#include "bgpd/sockets.h"
#include "lib/base/xalloc.h"
#include "lib/sys/config.h"
#include "lib/sys/feedconn.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"

#define BGP_PORT 179

static const struct daemon_info info = {
	.name = "bgpd",
	.log_tag = "BGP",
	.summary = "Border Gateway Protocol and EVPN",
	.port = BGP_PORT,
	.keep_caps = 1ull << CAP_NET_BIND_SERVICE | 1ull << CAP_NET_RAW | 1ull << CAP_NET_ADMIN,
	.short_turns = true,
};

/* ---- effects ---- */

static void effect(struct bgpd *b, const struct bgp_effect *ef)
{
	switch (ef->type) {
	case BGP_EFFECT_CONNECT:
		sockets_connect(b->sockets, ef);
		break;
	case BGP_EFFECT_CLOSE:
		sockets_close(b->sockets, ef->conn);
		break;
	case BGP_EFFECT_WANT_WRITE:
		sockets_want_write(b->sockets, ef->conn);
		break;
	case BGP_EFFECT_WANT_FEED:
		if (b->feed)
			feedconn_want_write(b->feed);
		break;
	case BGP_EFFECT_PASSWORDS:
		sockets_sync(b->sockets);
		break;
	case BGP_EFFECT_LOG:
		log_msg((enum log_level)ef->log.level, "%s", ef->log.text);
		break;
	case BGP_EFFECT_FINISHED:
		b->finished = true;
		loop_work_schedule(b->flush);
		break;
	}
}

static void deadline_set(struct bgpd *b)
{
	mono_t at = bgp_core_deadline(b->core);

	if (at <= mono_now())
		loop_work_schedule(b->busy);
	else
		loop_timer_set(b->deadline, at);
}

void bgpd_effects(struct bgpd *b)
{
	struct bgp_effect ef;

	/* An effect may bring an event, and that effects: the outer loop takes
	 * them. */
	if (b->dispatching)
		return;
	b->dispatching = true;
	while (bgp_core_next_effect(b->core, &ef))
		effect(b, &ef);
	b->dispatching = false;
	deadline_set(b);
}

size_t bgpd_input(struct bgpd *b, const struct bgp_event *ev)
{
	mono_t now = mono_now();
	size_t taken;

	record_event(b->record, now, ev, sb_str(&b->config_text));
	taken = bgp_core_input(b->core, now, ev);
	if (ev->type == BGP_EVENT_DATA && taken < ev->data.len)
		record_taken(b->record, now, taken);
	bgpd_effects(b);
	return taken;
}

size_t bgpd_pull(struct bgpd *b, conn_id conn, uint8_t *buf, size_t size)
{
	mono_t now = mono_now();
	size_t n = bgp_core_pull(b->core, now, conn, buf, size);

	record_pull(b->record, now, RECORD_PULL, conn, size, buf, n);
	return n;
}

size_t bgpd_pull_feed(struct bgpd *b, uint8_t *buf, size_t size)
{
	mono_t now = mono_now();
	size_t n = bgp_core_pull_feed(b->core, now, buf, size);

	record_pull(b->record, now, RECORD_PULL_FEED, 0, size, buf, n);
	return n;
}

static void tick(struct bgpd *b)
{
	const struct bgp_event ev = { .type = BGP_EVENT_TICK };

	bgpd_input(b, &ev);
	sockets_offer(b->sockets);
}

static void deadline_fire(void *arg)
{
	tick(arg);
}

static bool busy_run(void *arg)
{
	struct bgpd *b = arg;

	tick(b);
	return bgp_core_deadline(b->core) <= mono_now();
}

static bool flush_run(void *arg)
{
	struct bgpd *b = arg;
	bool more = sockets_flush(b->sockets);

	bgpd_effects(b);
	if (b->finished && !more && !sockets_draining(b->sockets))
		daemon_stopped(b->daemon);
	return more;
}

/* ---- configuration ---- */

static int config_build(void *ctx, const struct config *tree, void **ret_value, struct err *e)
{
	struct bgpd *b = ctx;
	struct bgp_config *c = config_yang_build(tree, e);
	int r;

	if (!c)
		return -EINVAL;
	r = bgp_core_check(b->core, c, NULL, e);
	if (r) {
		bgp_config_unref(c);
		return r;
	}
	if (b->record) {
		sb_reset(&b->config_text);
		config_print(tree, NULL, &b->config_text);
	}
	*ret_value = c;
	return 0;
}

static void config_apply(void *ctx, void *value)
{
	struct bgpd *b = ctx;
	struct bgp_event ev = { .type = BGP_EVENT_CONFIG, .config = value };

	bgpd_input(b, &ev);
	bgp_config_unref(value);
	sockets_sync(b->sockets);
}

static void config_discard(void *ctx, void *value)
{
	(void)ctx;
	bgp_config_unref(value);
}

static void exec(void *ctx, const struct grammar_match *m, struct ctl_answer *a)
{
	show_exec(ctx, m, a);
}

/* ---- start and end ---- */

static bool stop(void *arg)
{
	struct bgpd *b = arg;
	const struct bgp_event ev = { .type = BGP_EVENT_SHUTDOWN };

	b->stopping = true;
	bgpd_input(b, &ev);
	return true;
}

/* Without overlayd and without a configured one: the highest IPv4 address that
 * is not loopback's, as routers do. */
static uint32_t router_id_guess(void)
{
	struct ifaddrs *all, *i;
	uint32_t best = 0;

	if (getifaddrs(&all) < 0)
		return 0;
	for (i = all; i; i = i->ifa_next) {
		uint32_t a;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
			continue;
		a = ntohl(((struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr);
		if (a >> 24 != 127 && a > best)
			best = a;
	}
	freeifaddrs(all);
	return best;
}

static int64_t wall_offset(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 - mono_now();
}

int main(int argc, char **argv)
{
	static const struct service_hooks hooks = {
		.config = { config_build, config_apply, config_discard },
		.exec = exec,
		.memory = show_memory,
	};
	struct daemon *d = daemon_new(&info, argc, argv);
	struct bgpd b = { .daemon = d, .options = daemon_options(d), .loop = daemon_loop(d) };
	struct bgp_core_options o = { .seed = daemon_boot_id(d),
		/* overlayd is bgpd's only way to the kernel's routes. */
		.no_overlay = b.options->no_overlayd || b.options->no_kernel, .router_id = router_id_guess(),
		.wall_offset = wall_offset() };
	struct service *service;
	struct err e = { "" };
	int status;

	if (b.options->record) {
		b.record = record_open(b.options->record, &o, mono_now(), &e);
		if (!b.record)
			daemon_fail(d, "%s", e.text);
	}
	b.core = bgp_core_new(&o, mono_now());
	b.deadline = loop_timer_new(b.loop, deadline_fire, &b);
	b.busy = loop_work_new(b.loop, busy_run, &b);
	b.flush = loop_work_new(b.loop, flush_run, &b);
	b.sockets = sockets_new(&b);
	service = service_new(d, &hooks, &b);
	b.tree = service_config(service);
	if (sockets_listen(b.sockets, &e))
		daemon_fail(d, "%s", e.text);
	sockets_sync(b.sockets);
	if (!o.no_overlay)
		feed_shell_open(&b);
	daemon_on_stop(d, stop, &b);
	status = daemon_run(d);
	service_free(service);
	feed_shell_close(&b);
	sockets_free(b.sockets);
	loop_work_free(b.busy);
	loop_work_free(b.flush);
	loop_timer_free(b.deadline);
	bgp_core_free(b.core);
	record_close(b.record);
	sb_free(&b.config_text);
	daemon_free(d);
	return status;
}
