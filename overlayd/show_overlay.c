/* show overlay drift: where the kernel differs from what is wanted, and why.
 * show overlay status: feed, netlink, settings, counters. */
#include <errno.h>

#include "overlayd/show_int.h"

static const struct slab *class_slab(const struct overlay_core *c, unsigned cls, unsigned part)
{
	const struct slab *slabs[OBJ_CLASSES] = { &c->links.slab, &c->addrs.slab, &c->macs.slab,
		&c->floods.slab, &c->neighs.slab, &c->leaves.slab, &c->groups.slab,
		part ? &c->routes6.slab : &c->routes4.slab };

	return slabs[cls];
}

static const char *waiting_reason(const struct overlay_core *c, unsigned cls, uint32_t id)
{
	const struct route *r;
	uint8_t proto;

	switch (cls) {
	case OBJ_MAC:
	case OBJ_FLOOD:
	case OBJ_NEIGH:
		return "the VNI is not configured, or its devices are not up";
	case OBJ_ROUTE:
		r = route_at(c, id);
		if (!vrf_at(c, r->vrf)->table || (r->vrf != VRF_DEFAULT && !vrf_at(c, r->vrf)->link))
			return "the VRF has no device";
		if (route_connected(c, r))
			return NULL; /* a connected subnet is as good */
		if (route_wanted(c, r, &proto))
			return "the kernel has not taken its next hops";
		return "no next hop can be reached";
	case OBJ_LINK:
		return "the VRF or bridge that it is to be in is not there";
	case OBJ_LEAF:
		return "the link is down";
	case OBJ_GROUP:
		return "its next hops are not there";
	}
	return "waits for the link that it belongs to";
}

static unsigned secs_since(const struct refusal *r)
{
	return (unsigned)((mono_now() - r->since) / MONO_SEC(1));
}

static void drift_item(struct show *s, unsigned cls, uint32_t id, enum verb v, const char *reason,
		const struct refusal *r)
{
	const char *state = r && v != VERB_WAIT	? "refused" :
			    v == VERB_ADD    ? "missing" :
			    v == VERB_DELETE ? "surplus" :
					       "waiting";
	struct strbuf what = { 0 };

	class_rows[cls].describe(s->c, id, &what);
	s->count++;
	if (s->json) {
		jsonw_object(&s->j, NULL);
		jsonw_str(&s->j, "class", class_rows[cls].name);
		jsonw_str(&s->j, "object", sb_str(&what));
		jsonw_str(&s->j, "state", state);
		jsonw_str(&s->j, "reason", reason);
		if (r && r->verb != VERB_WAIT) {
			jsonw_int(&s->j, "errno", r->error);
			jsonw_uint(&s->j, "attempts", r->fails);
			jsonw_uint(&s->j, "sinceSecs", secs_since(r));
		}
		jsonw_end_object(&s->j);
	} else {
		sb_addf(s->out, "%-8s %s: %s", state, sb_str(&what), reason);
		if (r && r->verb != VERB_WAIT && r->fails > 1)
			sb_addf(s->out, " (%u times in %u s)", r->fails, secs_since(r));
		sb_addc(s->out, '\n');
	}
	sb_free(&what);
}

/* One object, if it drifts. */
static void drift_check(struct show *s, unsigned cls, uint32_t id)
{
	const struct obj_state *st = class_rows[cls].at(s->c, id);
	const struct refusal *r = refusal_find(s->c, st);
	enum verb v = class_rows[cls].diff(s->c, id);
	const char *reason;

	if (v == VERB_NONE)
		return;
	r = refusal_find(s->c, st); /* a diff may find the reason itself */
	reason = r		 ? r->text :
		 v == VERB_ADD	 ? "about to be set" :
		 v == VERB_DELETE ? "about to be deleted" :
				    waiting_reason(s->c, cls, id);
	if (reason)
		drift_item(s, cls, id, v, reason, r);
}

static void drift_end(struct show *s)
{
	const struct sysctl *y;
	uint32_t id;

	slab_foreach (id, y, &s->c->sysctls.slab) {
		if (!y->error || (y->optional && (y->error == ENOENT || y->error == EROFS)))
			continue;
		s->count++;
		if (s->json) {
			jsonw_object(&s->j, NULL);
			jsonw_str(&s->j, "class", "sysctl");
			jsonw_str(&s->j, "object", y->path);
			jsonw_str(&s->j, "state", "refused");
			jsonw_str(&s->j, "reason", errno_text(y->error));
			jsonw_end_object(&s->j);
		} else {
			sb_addf(s->out, "%-8s sysctl %s = %lld: %s\n", "refused", y->path,
					(long long)y->value, errno_text(y->error));
		}
	}
	if (s->json) {
		jsonw_end_array(&s->j);
		jsonw_uint(&s->j, "count", s->count);
		jsonw_end_object(&s->j);
		sb_addc(s->out, '\n');
	} else if (s->count == 0) {
		sb_add(s->out, "The kernel has what is wanted.\n");
	}
}

static bool drift_step(struct show *s)
{
	/* Routes of IPv6 are a round of their own. */
	unsigned cls = s->phase <= OBJ_ROUTE ? s->phase : OBJ_ROUTE;
	const struct slab *slab = class_slab(s->c, cls, s->phase > OBJ_ROUTE);

	for (int i = 0; i < 1000; i++) {
		s->cursor = show_next_live(slab, s->cursor);
		if (!s->cursor) {
			if (++s->phase <= OBJ_ROUTE + 1)
				return true;
			drift_end(s);
			return false;
		}
		drift_check(s, cls, s->phase > OBJ_ROUTE ? s->cursor | ROUTE_V6 : s->cursor);
	}
	return true;
}

void show_drift(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	(void)m, (void)a;
	if (s->json) {
		jsonw_object(&s->j, NULL);
		jsonw_bool(&s->j, "settled", overlay_core_is_settled(s->c));
		jsonw_array(&s->j, "drift");
	}
	s->step = drift_step;
}

static void status_text(struct show *s)
{
	const struct overlay_core *c = s->c;
	const struct counters *n = &c->count;
	const struct sysctl *y;
	uint32_t id;

	sb_addf(s->out, "Feed: bgpd is %s%s\n", c->feed_up ? "connected" : "not connected",
			c->feed_stale && c->feed_synced	  ? "; what it said before is kept" :
			c->feed_up && !c->feed_synced ? "; its snapshot is not complete" :
							    "");
	sb_addf(s->out, "Kernel: %s\n",
			!c->synced		     ? "not listed yet" :
			overlay_core_is_settled(c) ? "as wanted, or refused" :
						     "being brought to what is wanted");
	sb_addf(s->out, "Netlink: %llu batches, %llu requests, %u refused now, %llu lost\n",
			(unsigned long long)n->batches, (unsigned long long)n->requests,
			c->refusals.live, (unsigned long long)n->lost);
	sb_addf(s->out, "Listings: %llu; notifications: %llu, overruns %llu, not understood %llu\n",
			(unsigned long long)n->dumps, (unsigned long long)n->notifications,
			(unsigned long long)n->overruns, (unsigned long long)n->bad_messages);
	sb_addf(s->out, "Hosts: %llu moved here, %llu probes\n", (unsigned long long)n->moved,
			(unsigned long long)n->probes);
	sb_add(s->out, "Settings of the kernel:\n");
	slab_foreach (id, y, &c->sysctls.slab)
		sb_addf(s->out, "  %-55s %s%lld%s%s\n", y->path, y->at_least ? ">= " : "",
				(long long)y->value, y->error ? "  " : "",
				y->error ? errno_text(y->error) : "");
}

static void status_json(struct show *s)
{
	const struct overlay_core *c = s->c;
	const struct counters *n = &c->count;
	const struct sysctl *y;
	uint32_t id;
	struct jsonw *j = &s->j;

	jsonw_object(j, NULL);
	jsonw_bool(j, "feedConnected", c->feed_up);
	jsonw_bool(j, "feedSynced", c->feed_synced);
	jsonw_bool(j, "feedStale", c->feed_stale && c->feed_synced);
	jsonw_bool(j, "kernelListed", c->synced);
	jsonw_bool(j, "settled", overlay_core_is_settled(c));
	jsonw_uint(j, "batches", n->batches);
	jsonw_uint(j, "requests", n->requests);
	jsonw_uint(j, "refusedNow", c->refusals.live);
	jsonw_uint(j, "refusals", n->refusals);
	jsonw_uint(j, "answersLost", n->lost);
	jsonw_uint(j, "listings", n->dumps);
	jsonw_uint(j, "notifications", n->notifications);
	jsonw_uint(j, "overruns", n->overruns);
	jsonw_uint(j, "notUnderstood", n->bad_messages);
	jsonw_uint(j, "hostsMovedHere", n->moved);
	jsonw_uint(j, "probes", n->probes);
	jsonw_object(j, "sysctls");
	slab_foreach (id, y, &c->sysctls.slab)
		jsonw_int(j, y->path, y->actual);
	jsonw_end_object(j);
	jsonw_end_object(j);
	sb_addc(s->out, '\n');
}

void show_status(struct show *s, const struct grammar_match *m, struct ctl_answer *a)
{
	(void)m, (void)a;
	if (s->json)
		status_json(s);
	else
		status_text(s);
}
