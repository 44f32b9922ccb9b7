/* UPDATEs from bytes to adj_in, with the verdicts of RFC 7606; ROUTE-REFRESH
 * (RFC 2918, RFC 7313); limits on prefixes. */
#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"
#include "bgpd/core/receive.h"
#include "lib/base/strbuf.h"

/* Per peer: each refused prefix is named, but a flood of them must not flood the
 * log.  A line costs one of these, and they come back at LOGS_PER_SEC.  A
 * discarded attribute costs no route and may be on every one: now and then. */
#define DISCARD_LOG_EVERY MONO_SEC(1)
#define LOGS_AT_ONCE 200
#define LOGS_PER_SEC 2
#define LOG_ROOM 238 /* of a line: what struct bgp_effect has for its text */

enum { LEVEL_ERR = 3, LEVEL_WARNING = 4, LEVEL_INFO = 6 };

/* ---- limits ---- */

static bool over_limit(struct peer *p, enum family f, const struct peer_family_config *k)
{
	struct session *s = p->session;
	struct bgp_core *c = p->instance->core;
	uint32_t n = p->family[f].accepted;
	char name[IP_TEXT_MAX];
	uint8_t data[7] = { (uint8_t)(families[f].afi >> 8), (uint8_t)families[f].afi,
		families[f].safi };

	if (!k->max_prefix)
		return false;
	if (n > k->max_prefix) {
		if (k->max_prefix_warning_only && s->max_prefix_warned[f])
			return false;
		s->max_prefix_warned[f] = true;
		core_log(c, LEVEL_WARNING,
				"%%MAXPFX: No. of %s prefix received from %s %u exceed, limit %u",
				families[f].name, peer_name(p, name), n, k->max_prefix);
		if (k->max_prefix_warning_only)
			return false;
		wr_put32(data + 3, k->max_prefix);
		s->max_prefix_down = true;
		fsm_stop(p, DOWN_MAX_PREFIX, CEASE_MAX_PREFIX, data, sizeof(data));
		if (k->max_prefix_restart)
			core_timer_start(c, &s->restart, MONO_SEC(60) * k->max_prefix_restart);
		return true;
	}
	if ((uint64_t)n * 100 > (uint64_t)k->max_prefix * k->max_prefix_threshold) {
		if (!s->max_prefix_warned[f])
			core_log(c, LEVEL_WARNING,
					"%%MAXPFX: No. of %s prefix received from %s reaches %u, max %u",
					families[f].name, peer_name(p, name), n, k->max_prefix);
		s->max_prefix_warned[f] = true;
	} else {
		s->max_prefix_warned[f] = false;
	}
	return false;
}

bool receive_check_limits(struct peer *p)
{
	for (int f = 0; f < FAM_COUNT; f++)
		if (p->family[f].negotiated && over_limit(p, (enum family)f, p->config.family[f]))
			return false;
	return true;
}

/* ---- UPDATE ---- */

/* May another line about bad UPDATEs of this peer be logged? */
static bool log_allowed(struct bgp_core *c, struct session *s)
{
	mono_t earned = (c->now - s->bad_update_at) * LOGS_PER_SEC / MONO_SEC(1);

	if (earned > 0 || !s->bad_update_at) {
		bool full = !s->bad_update_at || earned >= s->bad_update_lines;

		s->bad_update_lines = full ? 0 : s->bad_update_lines - (unsigned)earned;
		s->bad_update_at = c->now;
	}
	if (s->bad_update_lines >= LOGS_AT_ONCE) {
		s->bad_update_unsaid++;
		return false;
	}
	s->bad_update_lines++;
	return true;
}

/* The line so far, if it is allowed; then it is empty. */
static bool log_line(struct conn *conn, struct strbuf *line)
{
	struct session *s = conn->peer->session;
	bool ok = log_allowed(conn->core, s);
	char name[IP_TEXT_MAX];

	if (ok && s->bad_update_unsaid) {
		core_log(conn->core, LEVEL_ERR, "neighbor %s: %u lines about UPDATEs with errors left out",
				peer_name(conn->peer, name), s->bad_update_unsaid);
		s->bad_update_unsaid = 0;
	}
	if (ok)
		core_log(conn->core, LEVEL_ERR, "%s", sb_str(line));
	sb_reset(line);
	return ok;
}

static void bad_update_head(struct conn *conn, const struct update *u, struct strbuf *line)
{
	char name[IP_TEXT_MAX];

	sb_addf(line, "neighbor %s: UPDATE with an error (%s): %s", peer_name(conn->peer, name),
			upd_verdict_text(u->verdict), u->error.text);
}

/* The peer's fault, but the session goes on: say so, with the prefixes that it
 * costs.  They are in no table, so this is where an operator learns of them. */
static void log_bad(struct conn *conn, const struct update *u)
{
	struct strbuf line = { 0 }, one = { 0 };
	struct nlri nlri;
	struct session *s = conn->peer->session;
	bool ok = true;

	if (u->verdict == UPD_DISCARD_ATTRIBUTE) {
		if (s->discard_logged && conn->core->now - s->discard_logged < DISCARD_LOG_EVERY)
			return;
		s->discard_logged = conn->core->now;
	}
	bad_update_head(conn, u, &line);
	for (unsigned i = 0; u->verdict == UPD_TREAT_WITHDRAW && ok && i < u->n_fields; i++) {
		struct update_field f = u->field[i]; /* a walk of our own */

		while (ok && update_field_next(&f, &nlri) == 1) {
			sb_reset(&one);
			nlri_key_text(f.family, nlri.key, &one);
			if (line.len + 2 + one.len > LOG_ROOM) {
				ok = log_line(conn, &line);
				bad_update_head(conn, u, &line);
			}
			sb_addf(&line, "%s %s", line.s[line.len - 1] == ',' ? "" : ":", sb_str(&one));
			sb_addc(&line, ',');
		}
	}
	if (line.s[line.len - 1] == ',')
		line.s[--line.len] = '\0';
	if (ok)
		log_line(conn, &line);
	sb_free(&line);
	sb_free(&one);
}

static bool take_fields(struct conn *conn, struct update *u)
{
	struct msg_error e;

	for (unsigned i = 0; i < u->n_fields; i++) {
		if (adj_in_field(conn->peer, u, &u->field[i], &e) < 0) {
			fsm_error(conn, &e);
			return false;
		}
	}
	return true;
}

void receive_update(struct conn *conn, const uint8_t *body, size_t len)
{
	struct peer *p = conn->peer;
	struct update *u = &core_door(conn->core)->update;

	conn->last_update = conn->core->now;
	switch (update_decode(u, &p->session->view, body, len)) {
	case UPD_OK:
		break;
	case UPD_DISCARD_ATTRIBUTE:
		p->count.attributes_discarded++;
		log_bad(conn, u);
		break;
	case UPD_TREAT_WITHDRAW:
		p->count.treated_as_withdraw++;
		log_bad(conn, u);
		break;
	case UPD_RESET:
		fsm_error(conn, &u->error);
		return;
	}
	if (!take_fields(conn, u))
		return;
	if (u->end_of_rib != FAM_NONE && p->family[u->end_of_rib].negotiated)
		session_end_of_rib(p, u->end_of_rib);
	receive_check_limits(p);
}

/* ---- ROUTE-REFRESH ---- */

static void nothing(struct peer *p, enum family f)
{
	(void)f;
	p->session->purging--;
	session_reap(p);
}

/* Of a peer that restarts gracefully only End-of-RIB says what is stale (RFC 7313
 * section 4): routes that it has just repeated must not become so. */
static bool refresh_too_early(struct conn *conn, enum family f)
{
	struct peer *p = conn->peer;
	char name[IP_TEXT_MAX];

	if (!p->session->received->caps.graceful_restart || p->family[f].end_of_rib_received)
		return false;
	if (log_allowed(conn->core, p->session))
		core_log(conn->core, LEVEL_ERR, "neighbor %s: a route refresh begins before its End-of-RIB",
				peer_name(p, name));
	return true;
}

void receive_refresh(struct conn *conn, const uint8_t *body, size_t len)
{
	struct peer *p = conn->peer;
	struct msg_error e;
	struct refresh r;

	if (refresh_decode(body, len, &r, &e) < 0) {
		fsm_error(conn, &e);
		return;
	}
	if (r.family == FAM_NONE || !p->family[r.family].negotiated)
		return;
	switch (r.kind) {
	case REFRESH_REQUEST:
		out_group_refresh(p, r.family);
		break;
	case REFRESH_BEGIN:
		if (!p->caps.enhanced_refresh || refresh_too_early(conn, r.family))
			break;
		p->family[r.family].refreshing = true;
		adj_in_mark_stale(p, r.family);
		break;
	case REFRESH_END:
		if (!p->family[r.family].refreshing)
			break;
		p->family[r.family].refreshing = false;
		p->session->purging++;
		adj_in_purge(p, r.family, true, nothing);
		break;
	}
}
