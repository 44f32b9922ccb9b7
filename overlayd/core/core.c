/* The door: see core.h.  Events change halves of objects; the work that follows
 * from many changes (plan, look-ups, marking) is done once, before the next
 * batch is filled. */
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "overlayd/core/nexthops.h"

#define ANSWER_TIMEOUT MONO_SEC(30) /* the kernel answers at once, or it was lost */

static void table_init(struct table *t, size_t size)
{
	slab_init(&t->slab, (uint32_t)size);
}

static void table_fini(struct table *t)
{
	slab_fini(&t->slab);
	htab_fini(&t->by_key);
}

struct overlay_core *overlay_core_new(uint64_t seed)
{
	struct overlay_core *c = xcalloc(1, sizeof(*c));

	c->seed = seed;
	c->seq = 1;
	c->dumping = -1;
	c->retry_next = c->probe_next = c->resync_at = MONO_NEVER;
	c->next_kid = KID_FIRST;
	c->dumps_wanted = DUMP_ALL;
	table_init(&c->links, sizeof(struct link));
	table_init(&c->vrfs, sizeof(struct vrf));
	table_init(&c->vnis, sizeof(struct vni));
	table_init(&c->addrs, sizeof(struct addr));
	table_init(&c->macs, sizeof(struct mac));
	table_init(&c->floods, sizeof(struct flood));
	table_init(&c->neighs, sizeof(struct neigh));
	table_init(&c->vteps, sizeof(struct vtep));
	table_init(&c->leaves, sizeof(struct leaf));
	table_init(&c->groups, sizeof(struct group));
	table_init(&c->specs, sizeof(struct spec));
	table_init(&c->watches, sizeof(struct watch));
	table_init(&c->routes4, sizeof(struct route) + 4);
	table_init(&c->routes6, sizeof(struct route) + 16);
	table_init(&c->sysctls, sizeof(struct sysctl));
	slab_init(&c->foreigns, sizeof(struct foreign));
	slab_init(&c->refusals, sizeof(struct refusal));
	slab_init(&c->statics, sizeof(struct static_route));
	reconcile_init(c);
	vrf_at(c, vrf_get(c, "default"))->table = RT_TABLE_MAIN;
	return c;
}

void overlay_core_free(struct overlay_core *c)
{
	struct table *tables[] = { &c->links, &c->vrfs, &c->vnis, &c->addrs, &c->macs, &c->floods,
		&c->neighs, &c->vteps, &c->leaves, &c->groups, &c->specs, &c->watches, &c->routes4,
		&c->routes6, &c->sysctls };
	struct group *g;
	struct spec *s;
	uint32_t id;

	slab_foreach (id, g, &c->groups.slab) {
		free(g->w);
		free(g->a);
		free(g->sent);
	}
	slab_foreach (id, s, &c->specs.slab)
		free(s->hops);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		table_fini(tables[i]);
	slab_fini(&c->foreigns);
	slab_fini(&c->refusals);
	slab_fini(&c->statics);
	htab_fini(&c->links_by_ifindex);
	htab_fini(&c->leaves_by_kid);
	htab_fini(&c->groups_by_kid);
	htab_fini(&c->groups_free);
	reconcile_fini(c);
	vec_free(&c->specs_new);
	vec_free(&c->own_macs);
	vec_free(&c->own_neighs);
	vec_free(&c->watch_sorted);
	vec_free(&c->tells);
	vec_free(&c->effects);
	overlay_config_free(c->config);
	free(c);
}

void core_log(struct overlay_core *c, const char *fmt, ...)
{
	struct overlay_effect *fx = vec_push(&c->effects);
	va_list ap;

	fx->type = OVERLAY_FX_LOG;
	va_start(ap, fmt);
	vsnprintf(fx->text, sizeof(fx->text), fmt, ap);
	va_end(ap);
}

bool overlay_core_next_effect(struct overlay_core *c, struct overlay_effect *ret)
{
	if (c->effect_head == c->effects.n) {
		c->effects.n = c->effect_head = 0;
		return false;
	}
	*ret = c->effects.v[c->effect_head++];
	return true;
}

/* ---- events */

static void each_msg(struct overlay_core *c, const struct overlay_event *ev,
		void (*fn)(struct overlay_core *, const struct nlmsg *))
{
	const uint8_t *p = ev->bytes.data, *end = p + ev->bytes.len;
	struct nlmsg m;
	int rc;

	while ((rc = nlmsg_next(&p, end, &m)) > 0)
		fn(c, &m);
	if (rc < 0)
		c->count.bad_messages++;
}

static void reply(struct overlay_core *c, const struct nlmsg *m)
{
	if (c->dumping >= 0)
		dump_reply(c, m);
	else
		reconcile_reply(c, m);
}

static void lost(struct overlay_core *c, const char *text)
{
	if (!overlay_core_awaits_reply(c))
		return;
	sending_lost(c, c->dumping < 0, text);
	if (c->dumping >= 0)
		dump_lost(c);
	else
		reconcile_lost(c);
}

static void answer_timeout(struct overlay_core *c)
{
	if (!overlay_core_awaits_reply(c) || c->now - c->asked_at <= ANSWER_TIMEOUT)
		return;
	lost(c, "the kernel's answer did not come");
}

static void tick(struct overlay_core *c)
{
	if (c->dumps_later && c->now >= c->resync_at) {
		c->dumps_wanted |= c->dumps_later;
		c->dumps_later = 0;
		c->resync_at = MONO_NEVER;
	}
	if (c->now >= c->send_at)
		c->send_at = 0;
	refusals_tick(c);
	learn_tick(c);
}

void overlay_core_input(struct overlay_core *c, mono_t now, const struct overlay_event *ev)
{
	c->now = now;
	switch (ev->type) {
	case OVERLAY_CONFIG:
		overlay_config_free(c->config);
		c->config = ev->config;
		c->plan_due = true;
		refusals_retry_all(c);
		break;
	case OVERLAY_FEED_UP:
		feed_down(c);
		feed_up(c);
		break;
	case OVERLAY_FEED_DOWN:
		feed_down(c);
		break;
	case OVERLAY_FEED_MSG:
		feed_in(c, ev->msg);
		break;
	case OVERLAY_NL_REPLY:
		each_msg(c, ev, reply);
		break;
	case OVERLAY_NL_SENDING:
		c->asked_at = now;
		break;
	case OVERLAY_NL_LOST:
		lost(c, errno_text(ev->error));
		break;
	case OVERLAY_NL_NOTIFY:
		each_msg(c, ev, actual_notify);
		break;
	case OVERLAY_NL_OVERRUN:
		c->count.overruns++;
		/* Not at once again: listing a large table is what made it overrun. */
		resync_want(c, DUMP_ALL, MONO_MSEC(100) + 2 * c->dump_took);
		break;
	case OVERLAY_SYSCTL:
		sysctl_result(c, ev->sysctl.path, ev->sysctl.value, ev->sysctl.error);
		break;
	case OVERLAY_RESYNC:
		resync_want(c, DUMP_ALL, 0);
		break;
	case OVERLAY_TICK:
		answer_timeout(c);
		break;
	}
	tick(c);
}

void overlay_core_feed_soon(const struct overlay_core *c, const struct feed_msg *m)
{
	if (m->type != FEED_REMOTE_MAC)
		return;
	mac_soon(c, m->mac.vni, &m->mac.mac);
	if (m->mac.ip.family)
		neigh_soon(c, m->mac.vni, &m->mac.ip);
}

/* ---- what follows from events */

static void settle(struct overlay_core *c)
{
	if (c->plan_due)
		plan_run(c);
	if (c->connected_due)
		connected_run(c);
	if (c->entries_due)
		fdb_entries_dirty(c);
	if (c->learn_due)
		learn_run(c);
	if (c->orphans_due)
		routes_drop_orphans(c);
	if (c->watch_due)
		watches_resolve(c);
	if (c->specs_due || c->specs_new.n)
		specs_resolve(c);
	if (c->groups_due)
		groups_look_again(c);
	if (c->toggled_due)
		routes_spec_toggled(c);
}

size_t overlay_core_pull_netlink(struct overlay_core *c, mono_t now, void *buf, size_t size)
{
	size_t n;

	c->now = now;
	if (c->dumping >= 0 || !reconcile_may_fill(c) || now < c->send_at)
		return 0;
	unheard_end(c);
	if (c->effect_head < c->effects.n || (c->dumps_wanted && reconcile_is_in_air(c)))
		return 0;
	n = dump_request(c, buf, size);
	if (n || !c->synced || !c->config)
		return n;
	settle(c);
	if (c->effect_head < c->effects.n)
		return 0; /* settings of a new link come before it goes up */
	return reconcile_fill(c, buf, size);
}

bool overlay_core_awaits_reply(const struct overlay_core *c)
{
	return reconcile_is_in_air(c) || c->dumping >= 0;
}

bool overlay_core_takes_notifications(const struct overlay_core *c)
{
	return c->dumping < 0 && reconcile_takes_notifications(c);
}

size_t overlay_core_pull_feed(struct overlay_core *c, void *buf, size_t size)
{
	return feed_out(c, buf, size);
}

bool overlay_core_wants_feed(const struct overlay_core *c)
{
	return feed_is_due(c);
}

mono_t overlay_core_deadline(const struct overlay_core *c)
{
	mono_t t = c->retry_next < c->probe_next ? c->retry_next : c->probe_next;

	if (c->dumps_later && c->resync_at < t)
		t = c->resync_at;
	if (c->send_at && c->send_at < t)
		t = c->send_at;
	if (unheard_deadline(c) < t)
		t = unheard_deadline(c);
	if (overlay_core_awaits_reply(c) && c->asked_at + ANSWER_TIMEOUT + 1 < t)
		t = c->asked_at + ANSWER_TIMEOUT + 1;
	return t;
}

bool overlay_core_is_settled(const struct overlay_core *c)
{
	return c->synced && !overlay_core_awaits_reply(c) && !c->dumps_wanted && !c->plan_due &&
	       !c->connected_due && !c->entries_due && !c->learn_due && !c->orphans_due &&
	       !c->watch_due && !c->specs_due && !c->specs_new.n && !c->groups_due &&
	       !c->toggled_due && reconcile_is_idle(c);
}
