/* What a change of a neighbour's configuration costs: one row per option, so
 * that `check`, reload.c and peer_config_equal() can't disagree.  Options that
 * only matter for the next session cost nothing: a running one keeps what it
 * negotiated, as with FRR's `timers`. */
#include "bgpd/core/config_cost.h"
#include "bgpd/core/session.h"

enum field_kind { FIELD_VALUE, FIELD_ARRAY /* char [], text */, FIELD_TEXT /* const char *, may be NULL */ };

struct field {
	uint16_t at, size;
	uint8_t kind, cost, why;
};

#define ROW(owner, m, k, c, w) { offsetof(struct owner, m), sizeof(((struct owner *)0)->m), k, c, w }
#define VALUE(m, c, w) ROW(peer_config, m, FIELD_VALUE, c, w)
#define ARRAY(m, c, w) ROW(peer_config, m, FIELD_ARRAY, c, w)
#define TEXT(m, c, w) ROW(peer_config, m, FIELD_TEXT, c, w)

static const struct field peer_fields[] = {
	VALUE(addr, COST_SESSION, DOWN_CONFIG),
	ARRAY(interface, COST_SESSION, DOWN_CONFIG),
	TEXT(group, COST_NOTHING, 0),
	TEXT(description, COST_NOTHING, 0),
	VALUE(remote_as_type, COST_SESSION, DOWN_REMOTE_AS),
	VALUE(remote_as, COST_SESSION, DOWN_REMOTE_AS),
	VALUE(local_as, COST_SESSION, DOWN_LOCAL_AS),
	VALUE(local_as_no_prepend, COST_SESSION, DOWN_LOCAL_AS),
	VALUE(local_as_replace_as, COST_SESSION, DOWN_LOCAL_AS),
	VALUE(local_as_dual, COST_SESSION, DOWN_LOCAL_AS),
	VALUE(port, COST_NOTHING, 0),
	VALUE(ebgp_multihop, COST_SESSION, DOWN_MULTIHOP),
	VALUE(ttl_security_hops, COST_SESSION, DOWN_MULTIHOP),
	VALUE(disable_connected_check, COST_NOTHING, 0),
	TEXT(password, COST_SESSION, DOWN_PASSWORD),
	VALUE(update_source, COST_SESSION, DOWN_UPDATE_SOURCE),
	ARRAY(update_source_interface, COST_SESSION, DOWN_UPDATE_SOURCE),
	VALUE(has_timers, COST_NOTHING, 0),
	VALUE(keepalive, COST_NOTHING, 0),
	VALUE(hold, COST_NOTHING, 0),
	VALUE(connect_retry, COST_NOTHING, 0),
	VALUE(advertisement_interval, COST_NOTHING, 0),
	VALUE(delay_open, COST_NOTHING, 0),
	VALUE(passive, COST_NOTHING, 0),
	VALUE(shutdown, COST_SESSION, DOWN_SHUTDOWN),
	TEXT(shutdown_message, COST_NOTHING, 0),
	VALUE(extended_next_hop, COST_SESSION, DOWN_CAPABILITY),
	VALUE(dont_capability_negotiate, COST_SESSION, DOWN_CAPABILITY),
	VALUE(override_capability, COST_SESSION, DOWN_CAPABILITY),
	VALUE(strict_capability_match, COST_NOTHING, 0),
	VALUE(enforce_first_as, COST_IN, 0),
	VALUE(solo, COST_OUT, 0),
	VALUE(graceful_shutdown, COST_OUT, 0),
	VALUE(dynamic, COST_NOTHING, 0),
	VALUE(tcp_mss, COST_SESSION, DOWN_CONFIG),
};

#undef VALUE
#undef TEXT
#define VALUE(m, c, w) ROW(peer_family_config, m, FIELD_VALUE, c, w)
#define TEXT(m, c, w) ROW(peer_family_config, m, FIELD_TEXT, c, w)

static const struct field family_fields[] = {
	VALUE(active, COST_SESSION, DOWN_FAMILY),
	TEXT(in.route_map, COST_IN, 0),
	TEXT(out.route_map, COST_OUT, 0),
	TEXT(in.prefix_list, COST_IN, 0),
	TEXT(out.prefix_list, COST_OUT, 0),
	TEXT(in.distribute_list, COST_IN, 0),
	TEXT(out.distribute_list, COST_OUT, 0),
	TEXT(in.filter_list, COST_IN, 0),
	TEXT(out.filter_list, COST_OUT, 0),
	TEXT(unsuppress_map, COST_OUT, 0),
	VALUE(next_hop_self, COST_OUT, 0),
	VALUE(next_hop_self_force, COST_OUT, 0),
	VALUE(next_hop_unchanged, COST_OUT, 0),
	VALUE(as_path_unchanged, COST_OUT, 0),
	VALUE(med_unchanged, COST_OUT, 0),
	VALUE(route_reflector_client, COST_SESSION, DOWN_RR_CLIENT),
	VALUE(route_server_client, COST_SESSION, DOWN_RS_CLIENT),
	VALUE(remove_private_as, COST_OUT, 0),
	VALUE(remove_private_as_all, COST_OUT, 0),
	VALUE(remove_private_as_replace, COST_OUT, 0),
	VALUE(as_override, COST_OUT, 0),
	VALUE(send_community, COST_OUT, 0),
	VALUE(send_ext_community, COST_OUT, 0),
	VALUE(send_large_community, COST_OUT, 0),
	VALUE(soft_reconfiguration, COST_NOTHING, 0),
	VALUE(allow_as_in, COST_IN, 0),
	VALUE(allow_as_in_origin, COST_IN, 0),
	VALUE(default_originate, COST_OUT, 0),
	TEXT(default_originate_map, COST_OUT, 0),
	VALUE(max_prefix, COST_NOTHING, 0),
	VALUE(max_prefix_threshold, COST_NOTHING, 0),
	VALUE(max_prefix_warning_only, COST_NOTHING, 0),
	VALUE(max_prefix_restart, COST_NOTHING, 0),
	VALUE(weight, COST_IN, 0),
	VALUE(has_weight, COST_IN, 0),
};

#define N_ROWS(t) (sizeof(t) / sizeof((t)[0]))

static bool field_equal(const struct field *f, const void *a, const void *b)
{
	const char *p = (const char *)a + f->at, *q = (const char *)b + f->at;

	if (f->kind == FIELD_ARRAY)
		return strncmp(p, q, f->size) == 0;
	if (f->kind == FIELD_TEXT) {
		const char *s = *(const char *const *)p, *t = *(const char *const *)q;

		return s == t || (s && t && strcmp(s, t) == 0);
	}
	return memcmp(p, q, f->size) == 0;
}

bool peer_config_equal(const struct peer_config *a, const struct peer_config *b)
{
	for (size_t i = 0; i < N_ROWS(peer_fields); i++)
		if (!field_equal(&peer_fields[i], a, b))
			return false;
	for (int f = 0; f < FAM_COUNT; f++)
		for (size_t i = 0; a->family[f] != b->family[f] && i < N_ROWS(family_fields); i++)
			if (!field_equal(&family_fields[i], a->family[f], b->family[f]))
				return false;
	return true;
}

static void note(struct peer_config_change *c, const struct field *f, bool *in, bool *out)
{
	switch ((enum config_cost)f->cost) {
	case COST_SESSION:
		if (!c->session)
			c->why = f->why;
		c->session = true;
		break;
	case COST_IN:
		*in = true;
		break;
	case COST_OUT:
		*out = true;
		break;
	case COST_NOTHING:
		break;
	}
}

struct peer_config_change peer_config_compare(
		const struct peer_config *old, const struct peer_config *new)
{
	struct peer_config_change c = { 0 };
	bool in = false, out = false;

	for (size_t i = 0; i < N_ROWS(peer_fields); i++)
		if (!field_equal(&peer_fields[i], old, new))
			note(&c, &peer_fields[i], &in, &out);
	for (int f = 0; f < FAM_COUNT; f++) {
		const struct peer_family_config *a = old->family[f], *b = new->family[f];

		c.in[f] = in;
		c.out[f] = out;
		/* Options of a family that is off on both sides wait for it to come on. */
		if (a == b || (!a->active && !b->active))
			continue;
		for (size_t i = 0; i < N_ROWS(family_fields); i++)
			if (!field_equal(&family_fields[i], a, b))
				note(&c, &family_fields[i], &c.in[f], &c.out[f]);
	}
	return c;
}

enum config_cost peer_config_cost(const struct peer_config *old, const struct peer_config *new)
{
	struct peer_config_change c = peer_config_compare(old, new);
	enum config_cost cost = COST_NOTHING;

	if (c.session)
		return COST_SESSION;
	for (int f = 0; f < FAM_COUNT; f++) {
		if (c.in[f])
			return COST_IN;
		if (c.out[f])
			cost = COST_OUT;
	}
	return cost;
}
