/* Lists that policies match AS paths and communities against.  For policy.c. */
#include "bgpd/core/list.h"

#include <errno.h>
#include <string.h>

#include "bgpd/core/attr_text.h"
#include "lib/base/text_regex.h"
#include "lib/base/xalloc.h"

struct list_rule {
	uint32_t seq;
	bool permit, internet; /* internet: "any route", the field's habit */
	char *pattern;	       /* of regex; NULL: communities */
	struct text_regex *regex;
	byte_vec bytes;	       /* communities, sorted */
};

struct route_list {
	enum list_kind kind;
	VEC(struct list_rule) rules;
	struct strbuf *text; /* kept for the next route */
};

static const struct community_kind kinds[LIST_KINDS] = {
	[LIST_COMMUNITY] = { 4, PART_COMMUNITIES, communities_text },
	[LIST_LARGE_COMMUNITY] = { 12, PART_LARGE_COMMUNITIES, large_communities_text },
	[LIST_EXT_COMMUNITY] = { 8, PART_EXT_COMMUNITIES, ext_communities_text },
};

const struct community_kind *community_kind(enum list_kind k)
{
	return kinds[k].size ? &kinds[k] : NULL;
}

size_t communities_sort(uint8_t *p, size_t n, unsigned size)
{
	size_t kept = 0;

	/* Insertion: they are few, and nearly always sorted. */
	for (size_t i = 0; i < n; i++) {
		uint8_t c[12];
		size_t at = kept;

		memcpy(c, p + i * size, size);
		while (at && memcmp(p + (at - 1) * size, c, size) > 0)
			at--;
		if (at && memcmp(p + (at - 1) * size, c, size) == 0)
			continue;
		memmove(p + (at + 1) * size, p + at * size, (kept - at) * size);
		memcpy(p + at * size, c, size);
		kept++;
	}
	return kept;
}

static const struct {
	const char *word;
	uint8_t sub_type;
} ext_kinds[] = { { "rt", 0x02 }, { "soo", 0x03 } };

/* One community into ret; *kind is the kind that the last "rt" or "soo" named. */
static int community_one(enum list_kind k, const char *word, uint8_t *kind, uint8_t *ret)
{
	uint32_t c;

	switch (k) {
	case LIST_COMMUNITY:
		if (community_parse(word, &c))
			return -EINVAL;
		for (int i = 0; i < 4; i++)
			ret[i] = (uint8_t)(c >> (24 - 8 * i));
		return 0;
	case LIST_LARGE_COMMUNITY:
		return large_community_parse(word, ret);
	default:
		for (size_t i = 0; i < sizeof(ext_kinds) / sizeof(ext_kinds[0]); i++)
			if (strcmp(word, ext_kinds[i].word) == 0) {
				*kind = ext_kinds[i].sub_type;
				return 1;
			}
		return *kind ? ext_community_parse(word, *kind, ret) : -EINVAL;
	}
}

int communities_parse(enum list_kind k, const char *text, byte_vec *out, struct err *e)
{
	unsigned size = kinds[k].size;
	uint8_t c[12], kind = 0;
	char word[64];

	for (const char *p = text + strspn(text, " "); *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");
		int r = -EINVAL;

		if (len < sizeof(word)) {
			memcpy(word, p, len);
			word[len] = '\0';
			r = community_one(k, word, &kind, c);
		}
		if (r < 0)
			return err_set(e, EINVAL, "'%.*s' is not a community", (int)len, p);
		p += len;
		for (unsigned i = 0; r == 0 && i < size; i++)
			*vec_push(out) = c[i];
	}
	if (!out->n)
		return err_set(e, EINVAL, "no communities in '%.80s'", text);
	out->n = communities_sort(out->v, out->n / size, size) * size;
	return 0;
}

static int rule_init(struct list_rule *r, enum list_kind k, const struct list_entry *c,
		struct err *e)
{
	r->seq = c->seq;
	r->permit = c->permit;
	if (c->regex || k == LIST_AS_PATH) {
		r->pattern = xstrdup(c->text);
		r->regex = text_regex_new(c->text, e);
		return r->regex ? 0 : -EINVAL;
	}
	r->internet = k == LIST_COMMUNITY && strcmp(c->text, "internet") == 0;
	return r->internet ? 0 : communities_parse(k, c->text, &r->bytes, e);
}

struct route_list *route_list_new(const struct list_config *c, struct err *e)
{
	struct route_list *l = xcalloc(1, sizeof(*l));

	l->kind = c->kind;
	l->text = xcalloc(1, sizeof(*l->text));
	for (size_t i = 0; i < c->entries.n; i++) {
		if (!rule_init(vec_push(&l->rules), c->kind, &c->entries.v[i], e))
			continue;
		err_prepend(e, "list %s seq %u", c->name, c->entries.v[i].seq);
		route_list_free(l);
		return NULL;
	}
	return l;
}

void route_list_free(struct route_list *l)
{
	struct list_rule *r;

	if (!l)
		return;
	vec_foreach(r, &l->rules) {
		free(r->pattern);
		text_regex_free(r->regex);
		vec_free(&r->bytes);
	}
	vec_free(&l->rules);
	sb_free(l->text);
	free(l->text);
	free(l);
}

static bool has_community(struct attr_span part, const uint8_t *c, unsigned size)
{
	for (unsigned at = 0; at + size <= part.len; at += size)
		if (memcmp(part.p + at, c, size) == 0)
			return true;
	return false;
}

static bool rule_matches_set(const struct list_rule *r, struct attr_span part, unsigned size,
		enum list_mode mode)
{
	size_t found = 0, n = r->bytes.n / size;

	for (size_t i = 0; i < n; i++)
		found += has_community(part, r->bytes.v + i * size, size);
	if (mode == LIST_ANY)
		return found > 0;
	return found == n && (mode == LIST_INCLUDES || part.len / size == n);
}

bool route_list_match(const struct route_list *l, struct attr_span part, enum list_mode mode)
{
	const struct list_rule *r;
	bool have_text = false, matches;

	vec_foreach(r, &l->rules) {
		if (r->regex && !have_text) {
			sb_reset(l->text);
			if (l->kind == LIST_AS_PATH)
				as_path_text(part, l->text);
			else
				kinds[l->kind].text(part, l->text);
			have_text = true;
		}
		if (r->regex)
			matches = text_regex_match(r->regex, sb_str(l->text), l->text->len);
		else if (r->internet)
			matches = true;
		else
			matches = rule_matches_set(r, part, kinds[l->kind].size, mode);
		if (matches)
			return r->permit;
	}
	return false;
}

bool route_list_match_one(const struct route_list *l, const uint8_t *community)
{
	unsigned size = kinds[l->kind].size;
	struct attr_span one = { community, (uint16_t)size };

	/* Here an entry need only name this community among others. */
	return route_list_match(l, one, LIST_ANY);
}

bool route_list_equal(const struct route_list *a, const struct route_list *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->rules.n != b->rules.n)
		return false;
	for (size_t i = 0; i < a->rules.n; i++) {
		const struct list_rule *x = &a->rules.v[i], *y = &b->rules.v[i];

		if (x->permit != y->permit || x->internet != y->internet ||
				!x->pattern != !y->pattern || x->bytes.n != y->bytes.n)
			return false;
		if (x->pattern && strcmp(x->pattern, y->pattern) != 0)
			return false;
		if (x->bytes.n && memcmp(x->bytes.v, y->bytes.v, x->bytes.n) != 0)
			return false;
	}
	return true;
}
