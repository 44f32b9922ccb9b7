/* What a session that comes up brings with it, and what its end takes away:
 * families, the source of its paths, out groups, the removal of its paths or,
 * for a peer that restarts gracefully (RFC 4724, we as helper), their stay. */
#include <stdio.h>

#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"

#define STALE_PATH_TIME MONO_SEC(360) /* for a restarted peer to send End-of-RIB */

enum { LEVEL_NOTICE = 5 };

static struct bgp_core *core_of(const struct peer *p)
{
	return p->instance->core;
}

static const char *host_of(const struct peer *p)
{
	const struct session *s = p->session;

	return s->received && s->received->caps.hostname[0] ? s->received->caps.hostname : "Unknown";
}

static void log_change(const struct peer *p, const char *what)
{
	char name[IP_TEXT_MAX];

	if (p->instance->config->log_neighbor_changes)
		core_log(core_of(p), LEVEL_NOTICE, "%%ADJCHANGE: neighbor %s(%s) in vrf %s %s",
				peer_name(p, name), host_of(p), p->instance->name, what);
}

/* ---- removal of paths ---- */

static bool reap_run(struct work *w, struct bgp_core *c)
{
	struct session *s = (struct session *)((char *)w - offsetof(struct session, reap));

	(void)c;
	peer_free(s->peer);
	return false;
}

void session_reap(struct peer *p)
{
	struct session *s = p->session;

	if (!p->removed || s->purging || core_door(core_of(p))->shutdown)
		return;
	s->reap.run = reap_run;
	core_work_add(core_of(p), &s->reap);
}

static void purged(struct peer *p, enum family f)
{
	(void)f;
	p->session->purging--;
	session_reap(p);
}

static void purge(struct peer *p, enum family f, bool stale_only)
{
	/* On the way out, the peers learn from the Cease what they need to know. */
	if (core_door(core_of(p))->shutdown)
		return;
	p->session->purging++;
	adj_in_purge(p, f, stale_only, purged);
}

static void stale_fire(struct core_timer *t, struct bgp_core *c)
{
	(void)c;
	session_forget_stale(((struct session *)((char *)t - offsetof(struct session, stale)))->peer);
}

void session_forget_stale(struct peer *p)
{
	struct session *s = p->session;

	core_timer_stop(core_of(p), &s->stale);
	for (int f = 0; f < FAM_COUNT; f++) {
		if (!s->stale_family[f])
			continue;
		s->stale_family[f] = false;
		purge(p, (enum family)f, true);
	}
}

void session_end_of_rib(struct peer *p, enum family f)
{
	struct session *s = p->session;
	bool any = false;

	p->family[f].end_of_rib_received = true;
	instance_end_of_rib(p->instance);
	if (!s->stale_family[f])
		return;
	s->stale_family[f] = false;
	purge(p, f, true);
	for (int i = 0; i < FAM_COUNT; i++)
		any |= s->stale_family[i];
	if (!any)
		core_timer_stop(core_of(p), &s->stale);
}

/* RFC 4724 section 4.2: its forwarding goes on without it. */
static bool keeps_family(const struct peer *p, enum family f)
{
	const struct capabilities *k = &p->session->received->caps;

	return p->family[f].negotiated && p->caps.graceful_restart && k->gr_family[f];
}

static bool keep_paths(struct peer *p)
{
	struct session *s = p->session;
	bool any = false;

	for (int f = 0; f < FAM_COUNT; f++) {
		if (!keeps_family(p, (enum family)f))
			continue;
		/* A second restart: what is stale from the first is to go. */
		if (s->stale_family[f])
			purge(p, (enum family)f, true);
		adj_in_mark_stale(p, (enum family)f);
		s->stale_family[f] = any = true;
	}
	if (any) {
		s->stale.fire = stale_fire;
		core_timer_start(core_of(p), &s->stale, MONO_SEC(s->received->caps.gr_time));
	}
	return any;
}

/* It is back: which of the routes that we kept may still be waited for? */
static void resume_stale(struct peer *p)
{
	struct session *s = p->session;
	const struct capabilities *k = &s->received->caps;
	bool any = false;

	for (int f = 0; f < FAM_COUNT; f++) {
		if (!s->stale_family[f])
			continue;
		if (p->family[f].negotiated && k->graceful_restart && k->gr_family[f] &&
				k->gr_forwarding[f]) {
			any = true;
		} else {
			s->stale_family[f] = false;
			purge(p, (enum family)f, true);
		}
	}
	if (any)
		core_timer_start(core_of(p), &s->stale, STALE_PATH_TIME);
	else
		core_timer_stop(core_of(p), &s->stale);
}

/* ---- up and down ---- */

static void fill_view(struct peer *p)
{
	struct session_view *v = &p->session->view;

	*v = (struct session_view){
		.as4 = p->caps.as4,
		.ibgp = p->ibgp,
		.confed = p->confed,
		.enforce_first_as = p->config.enforce_first_as,
		.remote_as = p->remote_as,
	};
	for (int f = 0; f < FAM_COUNT; f++) {
		v->family[f] = p->family[f].negotiated;
		v->add_path[f] = p->family[f].add_path_rx;
		v->extended_next_hop[f] = p->caps.extended_next_hop[f];
	}
}

/* Paths are ranked by it: those that were kept may win or lose now, and where they
 * stand others would be put into wrong places. */
static void source_update(struct peer *p, const struct conn *conn)
{
	struct route_source *src = core_of(p)->sources.v[p->source], was = *src;

	src->as = p->remote_as;
	src->ibgp = p->ibgp;
	src->router_id = p->remote_id;
	src->addr = conn->remote;
	if (src->as == was.as && src->ibgp == was.ibgp && src->router_id == was.router_id &&
			ip_equal(&src->addr, &was.addr))
		return;
	for (int f = 0; f < FAM_COUNT; f++)
		if (p->family[f].received && p->instance->rib[f])
			instance_redecide(p->instance, (enum family)f);
}

void session_up(struct peer *p, struct conn *conn)
{
	struct bgp_core *c = core_of(p);
	struct session *s = p->session;

	open_apply(p, conn);
	p->local_addr = conn->local;
	p->local_addr4 = conn->local.family == 4 ? conn->local : conn->local4;
	p->local_addr6 = conn->local.family == 6 ? conn->local : conn->local_global6;
	if (conn->local.family == 6 && ip_is_link_local(&conn->local))
		p->local_addr6 = conn->local_global6;
	p->local_link_local6 = conn->local_link_local6;
	p->on_link = conn->on_link;
	source_update(p, conn);
	fill_view(p);
	p->count.established++;
	s->last_established_at = c->now;
	conn->last_update = 0;
	memset(s->max_prefix_warned, 0, sizeof(s->max_prefix_warned));
	log_change(p, "Up");
	resume_stale(p);
	for (int f = 0; f < FAM_COUNT; f++) {
		p->family[f].end_of_rib_received = p->family[f].end_of_rib_sent = false;
		p->family[f].refresh_pending = p->family[f].refreshing = false;
		if (p->family[f].negotiated)
			out_group_join(p, (enum family)f);
	}
}

void session_down(struct peer *p, enum peer_down why, bool graceful)
{
	struct session *s = p->session;
	char text[80];
	bool kept;

	snprintf(text, sizeof(text), "Down %s", peer_down_text(why));
	log_change(p, text);
	p->count.dropped++;
	s->last_down_at = core_of(p)->now;
	for (int f = 0; f < FAM_COUNT; f++)
		if (p->family[f].negotiated)
			out_group_leave(p, (enum family)f);
	if (!graceful)
		session_forget_stale(p);
	kept = graceful && keep_paths(p);
	if (!kept)
		purge(p, FAM_NONE, false);
	for (int f = 0; f < FAM_COUNT; f++) {
		if (kept && !s->stale_family[f])
			purge(p, (enum family)f, false);
		p->family[f].negotiated = false;
	}
	p->caps = (struct session_caps){ 0 };
}
