/* UPDATE decoding: see update.h.  Goes through the message once, asks
 * update_attr.c about each attribute, then checks what holds between them
 * (RFC 4271 6.3, RFC 7606 3 to 5) and says which NLRIs are to be walked. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bgpd/core/as_path.h"
#include "bgpd/core/update_private.h"
#include "lib/base/xalloc.h"

void update_init(struct update *u)
{
	memset(u, 0, sizeof(*u));
}

void update_fini(struct update *u)
{
	free(u->scratch);
	memset(u, 0, sizeof(*u));
}

const char *upd_verdict_text(enum upd_verdict v)
{
	static const char *const words[] = { "ok", "attribute discarded", "treated as withdraw",
		"session reset" };

	return words[v];
}

void update_blame(struct update *u, enum upd_verdict v, uint8_t subcode, const void *data,
		size_t len, const char *fmt, ...)
{
	char text[sizeof(u->error.text)];
	va_list ap;

	if (v <= u->verdict)
		return;
	u->verdict = v;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	msg_error_set(&u->error, ERR_UPDATE, subcode, data, len, "%s", text);
}

/* Attributes one after the other.  Where one is longer than the rest, nothing
 * behind can be found any more (RFC 7606 section 4). */
static void attrs_decode(struct decoding *d, struct rd *r)
{
	while (rd_left(r) && d->u->verdict < UPD_RESET) {
		struct attr a = { .start = r->p };
		size_t len, left = rd_left(r);

		a.flags = rd_u8(r);
		a.code = rd_u8(r);
		len = a.flags & FLAG_EXTENDED ? rd_u16(r) : rd_u8(r);
		a.r = rd_sub(r, len);
		if (a.r.failed) {
			update_blame(d->u, UPD_TREAT_WITHDRAW, ERR_UPDATE_LIST, a.start, left,
					"attribute %u is longer than the attributes' field",
					left > 1 ? a.code : 0);
			return;
		}
		a.size = (size_t)(r->p - a.start);
		update_attr_decode(d, &a);
	}
}

/* Segments of the 2-byte path that lead to the AS4_PATH, then that
 * (RFC 6793 section 4.2.3). */
static void as4_path_merge(struct decoding *d)
{
	struct attr_span path = d->u->attrs.part[PART_AS_PATH], tail = d->as4_path;
	unsigned hops = as_path_hops(path), tail_hops = as_path_hops(tail), keep;
	const uint8_t *p = path.p, *end = path.len ? p + path.len : p;
	uint8_t *out, *start;

	if (tail.len == 0 || hops < tail_hops)
		return;
	start = out = update_scratch(d->u, (size_t)path.len + tail.len);
	for (keep = hops - tail_hops; p < end && keep; p += 2 + 4 * p[1]) {
		unsigned n = p[1];

		if (p[0] == AS_SEQUENCE)
			n = n < keep ? n : keep;
		out[0] = p[0];
		out[1] = (uint8_t)n;
		memcpy(out + 2, p + 2, 4 * n);
		out += 2 + 4 * n;
		keep -= p[0] == AS_SEQUENCE ? n : p[0] == AS_SET;
	}
	memcpy(out, tail.p, tail.len);
	out += tail.len;
	if (out - start <= UINT16_MAX)
		d->u->attrs.part[PART_AS_PATH] = (struct attr_span){ start, (uint16_t)(out - start) };
}

static void as4_merge(struct decoding *d)
{
	struct route_attrs *a = &d->u->attrs;

	if (a->part[PART_AGGREGATOR].len && !d->aggregator_is_trans)
		return; /* someone who knows no AS4 attributes aggregated since */
	if (a->part[PART_AGGREGATOR].len && d->as4_aggregator.len)
		a->part[PART_AGGREGATOR] = d->as4_aggregator;
	as4_path_merge(d);
}

/* Next hops that can't be one, RFC 4271 section 6.3. */
static bool next_hop_martian(const struct ip_addr *a)
{
	if (a->family == 4)
		return a->b[0] == 0 || a->b[0] == 127 || a->b[0] >= 224;
	return ip_is_zero(a) || ip_is_loopback(a) || ip_is_multicast(a);
}

static void next_hop_check(struct decoding *d, const struct ip_addr *a, const struct attr *attr)
{
	char text[IP_TEXT_MAX];

	if (next_hop_martian(a))
		update_blame(d->u, UPD_TREAT_WITHDRAW, ERR_UPDATE_NEXT_HOP, attr->start, attr->size,
				"next hop %s can't be one", ip_text(a, text));
}

static void mandatory_check(struct decoding *d, bool ipv4_reach)
{
	static const uint8_t codes[] = { ATTR_ORIGIN, ATTR_AS_PATH, ATTR_NEXT_HOP, ATTR_LOCAL_PREF };
	const bool needed[] = { true, true, ipv4_reach, d->s->ibgp };

	for (unsigned i = 0; i < sizeof(codes); i++)
		if (needed[i] && !(d->u->seen & 1ull << codes[i]))
			update_blame(d->u, UPD_TREAT_WITHDRAW, ERR_UPDATE_MISSING, &codes[i], 1,
					"%s is missing", attr_code_text(codes[i]));
}

/* What holds between attributes, once all are read. */
static void attrs_check(struct decoding *d, bool ipv4_reach)
{
	struct route_attrs *a = &d->u->attrs;
	uint32_t total = 0, first = as_path_first(a->part[PART_AS_PATH]);

	mandatory_check(d, ipv4_reach);
	if (d->u->verdict >= UPD_TREAT_WITHDRAW)
		return;
	if (ipv4_reach)
		next_hop_check(d, &d->next_hop, &d->next_hop_attr);
	if (d->has_reach)
		next_hop_check(d, &d->reach.next_hop, &d->reach_attr);
	if (d->s->enforce_first_as && !session_internal(d->s) && first != d->s->remote_as)
		update_blame(d->u, UPD_TREAT_WITHDRAW, ERR_UPDATE_AS_PATH, NULL, 0,
				"the first AS of the path is %u instead of the peer's, %u", first,
				d->s->remote_as);
	for (unsigned i = 0; i < PART_COUNT; i++)
		total += a->part[i].len;
	if (total > PARTS_MAX)
		update_blame(d->u, UPD_TREAT_WITHDRAW, ERR_UPDATE_LIST, NULL, 0,
				"%u bytes of attributes are more than can be kept", total);
}

static void field_add(struct update *u, const struct update_field *f)
{
	struct update_field *to = &u->field[u->n_fields++];

	*to = *f;
	if (u->verdict == UPD_TREAT_WITHDRAW)
		to->withdraw = true;
}

static void fields_collect(struct decoding *d, struct rd withdrawn, struct rd reach)
{
	bool ipv4 = d->s->family[FAM_IPV4_UNICAST], add_path = d->s->add_path[FAM_IPV4_UNICAST];
	struct update_field f = { .family = FAM_IPV4_UNICAST, .add_path = add_path };

	if (ipv4 && rd_left(&withdrawn)) {
		f.withdraw = true;
		f.r = withdrawn;
		field_add(d->u, &f);
	}
	if (d->has_unreach && rd_left(&d->unreach.r))
		field_add(d->u, &d->unreach);
	if (ipv4 && rd_left(&reach)) {
		f.withdraw = false;
		f.r = reach;
		f.next_hop = d->next_hop;
		field_add(d->u, &f);
	}
	if (d->has_reach && rd_left(&d->reach.r))
		field_add(d->u, &d->reach);
}

static void update_begin(struct update *u, size_t len)
{
	/* Widened path, AS4_PATH, their merge, attributes to pass on: none of these
	 * is more than twice, once, three times, twice the message. */
	size_t need = 8 * len + 64;

	if (u->scratch_room < need) {
		free(u->scratch);
		u->scratch = xmalloc(need);
		u->scratch_room = need;
	}
	u->scratch_used = 0;
	u->n_fields = 0;
	u->end_of_rib = FAM_NONE;
	u->verdict = UPD_OK;
	u->seen = 0;
	memset(&u->attrs, 0, sizeof(u->attrs));
}

static void end_of_rib_find(struct decoding *d, size_t len)
{
	if (len == 4 && d->s->family[FAM_IPV4_UNICAST])
		d->u->end_of_rib = FAM_IPV4_UNICAST;
	else if (d->has_unreach && !rd_left(&d->unreach.r) &&
			d->u->seen == 1ull << ATTR_MP_UNREACH)
		d->u->end_of_rib = d->unreach.family;
}

enum upd_verdict update_decode(struct update *u, const struct session_view *s, const uint8_t *body,
		size_t len)
{
	struct decoding d = { .u = u, .s = s };
	struct rd r = rd_init(body, len), withdrawn, attrs;

	update_begin(u, len);
	d.other = update_scratch(u, 2 * len);
	withdrawn = rd_sub(&r, rd_u16(&r));
	attrs = rd_sub(&r, rd_u16(&r));
	if (r.failed || withdrawn.failed || attrs.failed) {
		update_blame(u, UPD_RESET, ERR_UPDATE_LIST, NULL, 0,
				"the lengths inside an UPDATE of %zu bytes do not fit",
				len + MSG_HEADER_SIZE);
		return u->verdict;
	}
	attrs_decode(&d, &attrs);
	u->attrs.part[PART_OTHER] = (struct attr_span){ d.other, d.other_len };
	if (!s->as4 && u->verdict < UPD_TREAT_WITHDRAW)
		as4_merge(&d);
	if (u->verdict < UPD_TREAT_WITHDRAW && (rd_left(&r) || (d.has_reach && rd_left(&d.reach.r))))
		attrs_check(&d, rd_left(&r) != 0);
	if (u->verdict == UPD_RESET)
		return u->verdict;
	fields_collect(&d, withdrawn, r);
	if (u->n_fields == 0)
		end_of_rib_find(&d, len);
	return u->verdict;
}

int update_field_next_slow(struct update_field *f, struct nlri *ret)
{
	while (rd_left(&f->r)) {
		int rc = nlri_decode(&f->r, f->family, f->add_path, f->withdraw, ret);

		if (rc != -EOPNOTSUPP)
			return rc ? rc : 1;
		f->skipped++;
	}
	return 0;
}

void update_field_error(const struct update_field *f, struct msg_error *ret)
{
	/* RFC 7606 section 5.3: what follows can't be found any more. */
	if (f->mp)
		msg_error_set(ret, ERR_UPDATE, ERR_UPDATE_OPTIONAL, NULL, 0,
				"malformed %s NLRI in %s", families[f->family].name,
				f->withdraw ? "MP_UNREACH_NLRI" : "MP_REACH_NLRI");
	else
		msg_error_set(ret, ERR_UPDATE, ERR_UPDATE_NETWORK, NULL, 0,
				"malformed IPv4 prefix among the %s routes",
				f->withdraw ? "withdrawn" : "announced");
}
