/* BGP messages for tests: see wire_message.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/attr_text.h"
#include "tests/wire/wire_message.h"

void wire_options_init(struct wire_options *o)
{
	*o = (struct wire_options){ .max = MSG_MAX };
	o->session.as4 = true;
	for (int f = 0; f < FAM_COUNT; f++)
		o->session.family[f] = true;
}

bool wire_option_parse(struct wire_options *o, const char *word)
{
	struct session_view *s = &o->session;

	if (strcmp(word, "as2") == 0) {
		s->as4 = false;
	} else if (strcmp(word, "ibgp") == 0) {
		s->ibgp = true;
	} else if (strcmp(word, "confed") == 0) {
		s->confed = true;
	} else if (strcmp(word, "add-path") == 0) {
		for (int f = 0; f < FAM_COUNT; f++)
			s->add_path[f] = true;
	} else if (strcmp(word, "extended-next-hop") == 0) {
		s->extended_next_hop[FAM_IPV4_UNICAST] = s->extended_next_hop[FAM_IPV4_VPN] = true;
	} else if (strcmp(word, "extended-message") == 0) {
		o->max = MSG_EXTENDED_MAX;
	} else if (strcmp(word, "ipv4-only") == 0) {
		for (int f = 1; f < FAM_COUNT; f++)
			s->family[f] = false;
	} else if (strncmp(word, "first-as=", 9) == 0) {
		s->enforce_first_as = true;
		s->remote_as = (uint32_t)strtoul(word + 9, NULL, 10);
	} else if (strcmp(word, "one-way") == 0) {
		o->one_way = true;
	} else {
		return false;
	}
	return true;
}

/* ---- text ---- */

static void error_text(const struct msg_error *e, struct strbuf *out)
{
	struct notification n = { e->code, e->subcode, e->data, e->data_len };

	sb_addf(out, "error: %s\nnotification %u/%u: ", e->text, e->code, e->subcode);
	notification_text(&n, out);
	sb_add(out, "\n");
}

static void families_text(const char *name, const bool *on, struct strbuf *out)
{
	for (int f = 0; f < FAM_COUNT; f++)
		if (on[f])
			sb_addf(out, "%s: %s\n", name, families[f].name);
}

static void open_text(const uint8_t *body, size_t len, struct strbuf *out)
{
	const struct capabilities *c;
	struct msg_error e;
	struct open_msg o;

	if (open_decode(body, len, &o, &e)) {
		error_text(&e, out);
		return;
	}
	c = &o.caps;
	sb_addf(out, "version: %u\nas: %u\nas of the header: %u\nhold: %u\nid: %u.%u.%u.%u\n",
			o.version, o.as, o.as2, o.hold, o.router_id >> 24, o.router_id >> 16 & 255,
			o.router_id >> 8 & 255, o.router_id & 255);
	families_text("multiprotocol", c->family, out);
	for (int i = 0; i < c->n_foreign; i++)
		sb_addf(out, "multiprotocol: AFI %u SAFI %u\n", c->foreign[i][0], c->foreign[i][1]);
	if (c->refresh)
		sb_add(out, "route refresh\n");
	if (c->enhanced_refresh)
		sb_add(out, "enhanced route refresh\n");
	if (c->extended_message)
		sb_add(out, "extended message\n");
	families_text("extended next hop", c->extended_next_hop, out);
	if (c->as4)
		sb_addf(out, "4-byte as: %u\n", c->as4_number);
	if (c->graceful_restart)
		sb_addf(out, "graceful restart: %u s%s%s\n", c->gr_time,
				c->gr_restarting ? ", restarting" : "",
				c->gr_notification ? ", notification" : "");
	families_text("graceful restart", c->gr_family, out);
	families_text("forwarding kept", c->gr_forwarding, out);
	for (int f = 0; f < FAM_COUNT; f++)
		if (c->add_path[f])
			sb_addf(out, "add-path: %s%s%s\n", families[f].name,
					c->add_path[f] & ADD_PATH_RECEIVE ? " receive" : "",
					c->add_path[f] & ADD_PATH_SEND ? " send" : "");
	for (int f = 0; f < FAM_COUNT; f++)
		if (c->llgr_family[f])
			sb_addf(out, "long-lived graceful restart: %s %u s%s\n", families[f].name,
					c->llgr_time[f],
					c->llgr_forwarding[f] ? ", forwarding kept" : "");
	if (c->has_role)
		sb_addf(out, "role: %s\n", role_text(c->role));
	if (c->fqdn)
		sb_addf(out, "fqdn: \"%s\" \"%s\"\n", c->hostname, c->domain);
	for (int i = 0; i < c->n_unknown; i++)
		sb_addf(out, "unknown capability: %u\n", c->unknown[i]);
}

static void hex_line(const char *name, const uint8_t *p, size_t len, struct strbuf *out)
{
	sb_addf(out, "%s:", name);
	for (size_t i = 0; i < len; i++)
		sb_addf(out, " %02x", p[i]);
	sb_add(out, "\n");
}

static void part_line(const char *name, struct attr_span s,
		void (*text)(struct attr_span, struct strbuf *), struct strbuf *out)
{
	if (!s.len)
		return;
	sb_addf(out, "%s: ", name);
	text(s, out);
	sb_add(out, "\n");
}

static void addresses_text(struct attr_span s, struct strbuf *out)
{
	char text[IP_TEXT_MAX];

	for (unsigned i = 0; i < s.len; i += 4) {
		struct ip_addr a = ip_from_bytes(s.p + i, 4);

		sb_addf(out, "%s%s", i ? " " : "", ip_text(&a, text));
	}
}

static void attrs_text(const struct update *u, struct strbuf *out)
{
	const struct route_attrs *a = &u->attrs;
	struct attr_span other = a->part[PART_OTHER], g = a->part[PART_AGGREGATOR];

	if (u->seen & 1ull << ATTR_ORIGIN)
		sb_addf(out, "origin: %s\n", origin_text(a->origin));
	if (u->seen & 1ull << ATTR_AS_PATH) {
		sb_add(out, "as-path: ");
		as_path_text(a->part[PART_AS_PATH], out);
		sb_add(out, "\n");
	}
	if (a->has & HAS_MED)
		sb_addf(out, "med: %u\n", a->med);
	if (a->has & HAS_LOCAL_PREF)
		sb_addf(out, "local-preference: %u\n", a->local_pref);
	if (a->has & HAS_ATOMIC)
		sb_add(out, "atomic-aggregate\n");
	if (g.len) {
		sb_addf(out, "aggregator: %u ", (unsigned)g.p[0] << 24 | (unsigned)g.p[1] << 16 |
						(unsigned)g.p[2] << 8 | g.p[3]);
		addresses_text((struct attr_span){ g.p + 4, 4 }, out);
		sb_add(out, "\n");
	}
	part_line("communities", a->part[PART_COMMUNITIES], communities_text, out);
	if (a->has & HAS_ORIGINATOR)
		sb_addf(out, "originator: %08x\n", a->originator_id);
	part_line("cluster-list", a->part[PART_CLUSTER_LIST], addresses_text, out);
	part_line("extended-communities", a->part[PART_EXT_COMMUNITIES], ext_communities_text, out);
	if (a->part[PART_PMSI].len)
		hex_line("pmsi-tunnel", a->part[PART_PMSI].p, a->part[PART_PMSI].len, out);
	part_line("large-communities", a->part[PART_LARGE_COMMUNITIES], large_communities_text, out);
	for (; other.len; other.len = (uint16_t)(other.len - 4 - (other.p[2] << 8 | other.p[3])),
			other.p += 4 + (other.p[2] << 8 | other.p[3])) {
		sb_addf(out, "passed on: flags %02x code %u", other.p[0], other.p[1]);
		hex_line("", other.p + 4, (size_t)(other.p[2] << 8 | other.p[3]), out);
	}
}

static void info_text(const struct nlri_info *i, struct strbuf *out)
{
	static const uint8_t no_esi[10];
	char text[IP_TEXT_MAX];

	for (int k = 0; k < 2; k++)
		if (i->label[k] != NLRI_LABEL_NONE)
			sb_addf(out, " label %u", i->label[k]);
	if (memcmp(i->esi, no_esi, 10) != 0) {
		sb_add(out, " esi ");
		for (int k = 0; k < 10; k++)
			sb_addf(out, "%02x", i->esi[k]);
	}
	if (i->gateway.family)
		sb_addf(out, " gateway %s", ip_text(&i->gateway, text));
}

static void field_text(struct update_field *f, struct strbuf *out)
{
	char text[RD_TEXT_MAX + IP_TEXT_MAX];
	bool unicast = f->family == FAM_IPV4_UNICAST || f->family == FAM_IPV6_UNICAST;
	struct rd_value rd;
	struct nlri n;
	int rc;

	sb_addf(out, "%s %s", f->withdraw ? "withdraw" : "reach", families[f->family].name);
	if (!f->withdraw)
		sb_addf(out, " via %s", ip_text(&f->next_hop, text));
	if (!f->withdraw && f->next_hop_link_local.family)
		sb_addf(out, " and %s", ip_text(&f->next_hop_link_local, text));
	sb_add(out, "\n");
	while ((rc = update_field_next(f, &n)) == 1) {
		sb_add(out, "  ");
		if (f->add_path)
			sb_addf(out, "path %u: ", n.path_id);
		if (nlri_key_rd(f->family, n.key, &rd))
			sb_addf(out, "%s ", rd_text(&rd, text));
		nlri_key_text(f->family, n.key, out);
		if (!unicast)
			info_text(&n.info, out);
		sb_add(out, "\n");
	}
	if (f->skipped)
		sb_addf(out, "  passed over: %u\n", f->skipped);
	if (rc) {
		struct msg_error e;

		update_field_error(f, &e);
		error_text(&e, out);
	}
}

static void update_text(const uint8_t *body, size_t len, const struct session_view *s,
		struct strbuf *out)
{
	struct update u;

	update_init(&u);
	update_decode(&u, s, body, len);
	sb_addf(out, "verdict: %s\n", upd_verdict_text(u.verdict));
	if (u.verdict != UPD_OK)
		error_text(&u.error, out);
	if (u.verdict != UPD_RESET)
		attrs_text(&u, out);
	for (unsigned i = 0; i < u.n_fields; i++)
		field_text(&u.field[i], out);
	if (u.end_of_rib != FAM_NONE)
		sb_addf(out, "end of rib: %s\n", families[u.end_of_rib].name);
	update_fini(&u);
}

static void refresh_text(const uint8_t *body, size_t len, struct strbuf *out)
{
	struct refresh r;
	struct msg_error e;

	if (refresh_decode(body, len, &r, &e)) {
		error_text(&e, out);
		return;
	}
	sb_addf(out, "family: %s\nkind: %u\n",
			r.family == FAM_NONE ? "another" : families[r.family].name, r.kind);
}

void wire_message_text(const uint8_t *msg, size_t len, const struct wire_options *o,
		struct strbuf *out)
{
	const uint8_t *body = msg + MSG_HEADER_SIZE;
	struct notification n;
	struct msg_error e;
	uint32_t whole;
	uint8_t type;
	int rc = msg_header_decode(msg, len, o->max, &type, &whole, &e);

	if (rc < 0) {
		error_text(&e, out);
		return;
	}
	if (rc == 0 || whole != len) {
		sb_addf(out, "%s\n", rc ? "more than one message" : "incomplete");
		return;
	}
	sb_addf(out, "%s\n", msg_type_text(type));
	len -= MSG_HEADER_SIZE;
	switch (type) {
	case MSG_OPEN:
		open_text(body, len, out);
		break;
	case MSG_UPDATE:
		update_text(body, len, &o->session, out);
		break;
	case MSG_NOTIFICATION:
		notification_decode(body, len, &n, NULL);
		notification_text(&n, out);
		sb_add(out, "\n");
		break;
	case MSG_REFRESH:
		refresh_text(body, len, out);
		break;
	}
}

/* ---- again ---- */

static bool unicast_or_withdraw(const struct update_field *f)
{
	return f->withdraw || f->family == FAM_IPV4_UNICAST || f->family == FAM_IPV6_UNICAST;
}

static void field_again(struct wr *w, struct update *u, struct update_field *f,
		const struct session_view *s, uint32_t max)
{
	static uint8_t attrs_buf[MSG_EXTENDED_MAX * 2];
	struct encode_view v = { .as4 = s->as4, .ibgp = s->ibgp || s->confed, .max_message = (uint16_t)max,
		.add_path = f->add_path, .default_local_pref = 100 };
	struct wr attrs = wr_init(attrs_buf, sizeof(attrs_buf));
	struct update_out o;
	struct nlri n;
	bool room;
	int rc;

	if (f->withdraw) {
		room = update_out_withdraw(&o, w->p, wr_left(w), &v, f->family);
	} else {
		update_encode_attrs(&attrs, &v, f->family, update_field_attrs(u, f));
		room = !attrs.failed && update_out_reach(&o, w->p, wr_left(w), &v, f->family,
				attrs_buf, wr_len(&attrs), &f->next_hop, &f->next_hop_link_local);
	}
	if (!room) {
		w->failed = true;
		return;
	}
	while ((rc = update_field_next(f, &n)) == 1)
		if (!update_out_add(&o, n.key, n.path_id, unicast_or_withdraw(f) ? NULL : &n.info)) {
			rc = -1; /* two messages now: the tests have none such */
			break;
		}
	if (rc) {
		w->failed = true;
		return;
	}
	w->p += update_out_end(&o);
}

static void update_again(struct wr *w, const uint8_t *body, size_t len, const struct wire_options *o)
{
	struct update u;

	update_init(&u);
	update_decode(&u, &o->session, body, len);
	if (u.verdict != UPD_OK)
		w->failed = true;
	for (unsigned i = 0; i < u.n_fields && !w->failed; i++)
		field_again(w, &u, &u.field[i], &o->session, o->max);
	if (u.end_of_rib != FAM_NONE)
		update_end_of_rib(w, u.end_of_rib);
	update_fini(&u);
}

size_t wire_message_again(const uint8_t *msg, size_t len, const struct wire_options *o, uint8_t *buf,
		size_t size)
{
	const uint8_t *body = msg + MSG_HEADER_SIZE;
	struct wr w = wr_init(buf, size);
	struct notification n;
	struct open_msg open;
	struct refresh r;
	uint32_t whole;
	uint8_t type;

	if (msg_header_decode(msg, len, o->max, &type, &whole, NULL) != 1 || whole != len)
		return 0;
	len -= MSG_HEADER_SIZE;
	switch (type) {
	case MSG_OPEN:
		if (open_decode(body, len, &open, NULL))
			return 0;
		open_encode(&w, &open, open.caps.any);
		break;
	case MSG_UPDATE:
		update_again(&w, body, len, o);
		break;
	case MSG_NOTIFICATION:
		notification_decode(body, len, &n, NULL);
		notification_encode(&w, n.code, n.subcode, n.data, n.data_len);
		break;
	case MSG_KEEPALIVE:
		keepalive_encode(&w);
		break;
	case MSG_REFRESH:
		if (refresh_decode(body, len, &r, NULL) || r.family == FAM_NONE)
			return 0;
		refresh_encode(&w, r.family, (enum refresh_kind)r.kind);
		break;
	}
	return w.failed ? 0 : wr_len(&w);
}

/* All texts of the messages in buf, one after the other. */
static void messages_text(const uint8_t *buf, size_t len, const struct wire_options *o,
		struct strbuf *out)
{
	while (len) {
		size_t n = (size_t)buf[16] << 8 | buf[17];

		assert(n >= MSG_HEADER_SIZE && n <= len);
		wire_message_text(buf, n, o, out);
		buf += n;
		len -= n;
	}
}

void wire_message_check(const uint8_t *msg, size_t len, const struct wire_options *o)
{
	static uint8_t once[4 * MSG_EXTENDED_MAX], twice[4 * MSG_EXTENDED_MAX];
	struct strbuf a = { 0 }, b = { 0 };
	size_t n = wire_message_again(msg, len, o, once, sizeof(once)), m = 0, k;

	wire_message_text(msg, len, o, &a);
	sb_reset(&a);
	/* What is encoded is in the form of our choice: encoding that again must
	 * change nothing, and mean the same. */
	for (size_t at = 0; at < n; at += k) {
		size_t got;

		k = (size_t)once[at + 16] << 8 | once[at + 17];
		got = wire_message_again(once + at, k, o, twice + m, sizeof(twice) - m);
		/* Nothing comes of unknown EVPN types alone, or of 2-byte confederation
		 * paths that lost numbers. */
		if (got == 0)
			break;
		m += got;
	}
	if (m == n && n) {
		messages_text(once, n, o, &a);
		messages_text(twice, m, o, &b);
		assert(strcmp(sb_str(&a), sb_str(&b)) == 0);
	}
	sb_free(&a);
	sb_free(&b);
}
