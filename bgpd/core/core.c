/* The door: every event comes in here, every effect goes out here.  Timers and
 * slices of work run on a TICK only, so that what happens in one call is
 * bounded by its event. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bgpd/core/conn.h"
#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"
#include "lib/base/hash.h"
#include "lib/base/htab.h"
#include "lib/base/xalloc.h"

#define TIMERS_PER_TICK 256
#define SLICES_PER_TICK 4
#define CONN_OURS 0x80000000u /* bit of connection numbers that the core chooses */

/* ---- effects ---- */

struct bgp_effect *core_effect(struct bgp_core *c, enum bgp_effect_type type, conn_id id)
{
	struct bgp_effect *e = vec_push(&core_door(c)->effects);

	e->type = type;
	e->conn = id;
	return e;
}

bool bgp_core_next_effect(struct bgp_core *c, struct bgp_effect *ret)
{
	struct door *d = core_door(c);

	if (d->effects_at == d->effects.n) {
		d->effects_at = d->effects.n = 0;
		return false;
	}
	*ret = d->effects.v[d->effects_at++];
	return true;
}

void core_log(struct bgp_core *c, int level, const char *fmt, ...)
{
	struct bgp_effect *e = core_effect(c, BGP_EFFECT_LOG, 0);
	va_list ap;

	e->log.level = level;
	va_start(ap, fmt);
	vsnprintf(e->log.text, sizeof(e->log.text), fmt, ap);
	va_end(ap);
}

/* ---- timers and work ---- */

mono_t core_jitter(struct bgp_core *c, mono_t t)
{
	return t - (mono_t)rng_below(&core_door(c)->rng, (uint64_t)t / 4 + 1);
}

void core_timer_start(struct bgp_core *c, struct core_timer *t, mono_t after)
{
	timer_start(&c->timers, &t->timer, c->now + after);
}

void core_timer_stop(struct bgp_core *c, struct core_timer *t)
{
	timer_stop(&c->timers, &t->timer);
}

mono_t core_timer_left(const struct bgp_core *c, const struct core_timer *t)
{
	if (!timer_running(&t->timer))
		return 0;
	return t->timer.at > c->now ? t->timer.at - c->now : 1;
}

void core_work_add(struct bgp_core *c, struct work *w)
{
	struct door *d = core_door(c);

	if (w->queued)
		return;
	w->queued = true;
	w->next = NULL;
	if (d->work)
		d->work_last->next = w;
	else
		d->work = w;
	d->work_last = w;
}

void core_work_remove(struct bgp_core *c, struct work *w)
{
	struct door *d = core_door(c);
	struct work **at = &d->work, *last = NULL;

	if (!w->queued)
		return;
	for (; *at != w; at = &(*at)->next)
		last = *at;
	*at = w->next;
	if (d->work_last == w)
		d->work_last = last;
	w->queued = false;
}

static void run_work(struct bgp_core *c)
{
	struct door *d = core_door(c);

	for (int n = 0; n < SLICES_PER_TICK && d->work; n++) {
		struct work *w = d->work;

		/* Off the queue while it runs: it may free itself, or queue itself. */
		core_work_remove(c, w);
		if (w->run(w, c))
			core_work_add(c, w);
	}
}

static void run_timers(struct bgp_core *c)
{
	struct timer *t;

	for (int n = 0; n < TIMERS_PER_TICK && (t = timers_take(&c->timers, c->now)); n++) {
		struct core_timer *ct = (struct core_timer *)t;

		ct->fire(ct, c);
	}
}

mono_t bgp_core_deadline(const struct bgp_core *c)
{
	const struct door *d = core_door(c);

	if (d->work || d->data_held)
		return c->now;
	return timers_next(&c->timers);
}

/* ---- connections by number ---- */

static bool conn_has_id(const void *ctx, uint32_t place, const void *key)
{
	const struct door *d = ctx;

	return d->conns.v[place - 1]->id == *(const conn_id *)key;
}

static uint32_t conn_hash(const struct bgp_core *c, conn_id id)
{
	return (uint32_t)hash_u64(c->seed, id);
}

struct conn *core_conn_find(const struct bgp_core *c, conn_id id)
{
	const struct door *d = core_door(c);
	uint32_t place = htab_find(&d->conn_ids, conn_hash(c, id), conn_has_id, d, &id);

	return place ? d->conns.v[place - 1] : NULL;
}

void core_conn_add(struct bgp_core *c, struct conn *conn)
{
	struct door *d = core_door(c);
	size_t i = 0;

	if (!conn->id) {
		d->last_conn = (d->last_conn + 1) | CONN_OURS;
		conn->id = d->last_conn;
	}
	if (d->conns_live == d->conns.n)
		vec_push(&d->conns), i = d->conns.n - 1;
	else
		while (d->conns.v[i])
			i++;
	d->conns.v[i] = conn;
	d->conns_live++;
	htab_insert(&d->conn_ids, conn_hash(c, conn->id), (uint32_t)i + 1);
}

void core_conn_remove(struct bgp_core *c, struct conn *conn)
{
	struct door *d = core_door(c);
	uint32_t h = conn_hash(c, conn->id);
	uint32_t place = htab_find(&d->conn_ids, h, conn_has_id, d, &conn->id);

	htab_remove(&d->conn_ids, h, place);
	d->conns.v[place - 1] = NULL;
	d->conns_live--;
}

/* ---- the face ---- */

static const struct rib_env *env_init(struct bgp_core *c)
{
	c->rib_env = (struct rib_env){
		.attrs = c->attrs,
		.infos = c->infos,
		.next_hop_usable = nexthop_usable,
		.ctx = c,
	};
	return &c->rib_env;
}

struct bgp_core *bgp_core_new(const struct bgp_core_options *o, mono_t now)
{
	struct bgp_core *c = xcalloc(1, sizeof(*c));
	struct door *d = xcalloc(1, sizeof(*d));
	struct rng rng = { o->seed };

	c->options = *o;
	c->now = now;
	c->door = d;
	d->last_conn = CONN_OURS;
	c->seed = rng_next(&rng);
	d->rng.state = rng_next(&rng);
	update_init(&d->update);
	c->attrs = attrs_table_new(rng_next(&rng));
	c->infos = info_table_new(rng_next(&rng));
	vec_push(&c->sources); /* number 0 is never used */
	env_init(c);
	c->rib_env.sources = (const struct route_source *const *)c->sources.v;
	c->config = bgp_config_new();
	c->policy = policy_new(&c->config->policy, NULL);
	c->feed_out = feed_out_new(c);
	c->evpn = evpn_new(c);
	return c;
}

void bgp_core_free(struct bgp_core *c)
{
	struct door *d = core_door(c);

	d->shutdown = true;
	for (size_t i = c->instances.n; i-- > 0;)
		if (c->instances.v[i])
			instance_free(c->instances.v[i]);
	for (size_t i = 0; i < d->conns.n; i++)
		if (d->conns.v[i])
			conn_free(c, d->conns.v[i]);
	evpn_free(c->evpn);
	feed_out_free(c->feed_out);
	policy_unref(c->policy);
	bgp_config_unref(c->config);
	for (size_t i = 0; i < c->sources.n; i++)
		free(c->sources.v[i]);
	vec_free(&c->sources);
	vec_free(&c->instances);
	htab_fini(&c->instance_names);
	attrs_table_free(c->attrs);
	info_table_free(c->infos);
	timers_fini(&c->timers);
	vec_free(&d->effects);
	vec_free(&d->conns);
	htab_fini(&d->conn_ids);
	local_fini(&d->local);
	update_fini(&d->update);
	free(d);
	free(c);
}

static void take_config(struct bgp_core *c, struct bgp_config *config)
{
	struct err e = { "" };

	if (reload_config(c, config, &e) < 0)
		core_log(c, 3, "the new configuration is not used: %s", e.text);
}

static void finish(struct bgp_core *c)
{
	struct door *d = core_door(c);

	if (d->shutdown && !d->finished && !d->conns_live) {
		d->finished = true;
		core_effect(c, BGP_EFFECT_FINISHED, 0);
	}
}

static void want_feed(struct bgp_core *c)
{
	struct door *d = core_door(c);

	if (c->feed_up && !d->feed_wanted && feed_out_pending(c->feed_out)) {
		d->feed_wanted = true;
		core_effect(c, BGP_EFFECT_WANT_FEED, 0);
	}
}

static void feed_state(struct bgp_core *c, bool up)
{
	c->feed_up = up;
	core_door(c)->feed_wanted = false;
	if (up) {
		local_feed_up(c);
		feed_out_reset(c->feed_out);
	} else {
		local_feed_down(c);
		feed_out_reset(c->feed_out);
	}
}

size_t bgp_core_input(struct bgp_core *c, mono_t now, const struct bgp_event *ev)
{
	struct door *d = core_door(c);
	struct conn *conn = ev->conn ? core_conn_find(c, ev->conn) : NULL;
	size_t taken = 0;

	if (now > c->now)
		c->now = now;
	switch (ev->type) {
	case BGP_EVENT_TICK:
		d->data_held = false;
		run_timers(c);
		run_work(c);
		break;
	case BGP_EVENT_CONFIG:
		take_config(c, ev->config);
		break;
	case BGP_EVENT_ACCEPTED:
		fsm_accepted(c, ev);
		break;
	case BGP_EVENT_CONNECTED:
		if (conn)
			fsm_connected(conn, ev);
		else
			core_effect(c, BGP_EFFECT_CLOSE, ev->conn);
		break;
	case BGP_EVENT_CONNECT_FAILED:
		if (conn)
			fsm_connect_failed(conn, ev->error);
		break;
	case BGP_EVENT_DATA:
		taken = conn ? conn_data(c, conn, ev->data.bytes, ev->data.len) : ev->data.len;
		d->data_held |= taken < ev->data.len;
		break;
	case BGP_EVENT_CLOSED:
		if (conn)
			fsm_closed(conn, ev->error);
		break;
	case BGP_EVENT_FEED:
		local_feed(c, ev->feed);
		break;
	case BGP_EVENT_FEED_UP:
		feed_state(c, true);
		break;
	case BGP_EVENT_FEED_DOWN:
		feed_state(c, false);
		break;
	case BGP_EVENT_CLEAR:
		core_clear(c, &ev->clear);
		break;
	case BGP_EVENT_SHUTDOWN:
		d->shutdown = true;
		fsm_shutdown_all(c);
		break;
	}
	want_feed(c);
	finish(c);
	return taken;
}

size_t bgp_core_pull(struct bgp_core *c, mono_t now, conn_id id, uint8_t *buf, size_t size)
{
	struct conn *conn = core_conn_find(c, id);
	size_t n;

	if (now > c->now)
		c->now = now;
	if (!conn)
		return 0;
	n = conn_pull(c, conn, buf, size);
	finish(c);
	return n;
}

size_t bgp_core_pull_feed(struct bgp_core *c, mono_t now, uint8_t *buf, size_t size)
{
	size_t n;

	if (now > c->now)
		c->now = now;
	n = c->feed_up ? feed_out_pull(c->feed_out, buf, size) : 0;
	if (!n)
		core_door(c)->feed_wanted = false;
	return n;
}
