/* UPDATEs from bytes to adj_in, with the verdicts of RFC 7606; ROUTE-REFRESH
 * (RFC 2918, RFC 7313); limits on prefixes. */
#include "bgpd/core/door.h"
#include "bgpd/core/fsm.h"
#include "bgpd/core/receive.h"

#define BAD_UPDATE_LOG_EVERY MONO_SEC(1) /* per peer: a flood of them must not flood the log */

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
		if (p->family[f].negotiated && over_limit(p, (enum family)f, &p->config.family[f]))
			return false;
	return true;
}

/* ---- UPDATE ---- */

/* The peer's fault, but the session goes on: say so, now and then. */
static void log_bad(struct conn *conn, const struct update *u)
{
	struct session *s = conn->peer->session;
	struct bgp_core *c = conn->core;
	char name[IP_TEXT_MAX];

	if (s->bad_update_logged && c->now - s->bad_update_logged < BAD_UPDATE_LOG_EVERY)
		return;
	s->bad_update_logged = c->now;
	core_log(c, LEVEL_ERR, "neighbor %s: UPDATE with an error (%s): %s", peer_name(conn->peer, name),
			upd_verdict_text(u->verdict), u->error.text);
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
		if (p->caps.enhanced_refresh)
			adj_in_mark_stale(p, r.family);
		break;
	case REFRESH_END:
		if (p->caps.enhanced_refresh) {
			p->session->purging++;
			adj_in_purge(p, r.family, true, nothing);
		}
		break;
	}
}
