/* Shows of lists and route-maps: from the running configuration value, with the
 * counters of the compiled policy. */
#include <config.h>

#include <string.h>

#include "bgpd/show.h"

static bool wanted(const struct show *s, const char *name)
{
	static const char *const values[] = { "route-map", "prefix-list", "list", "filter-list" };
	const char *only = NULL;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && !only; i++)
		only = show_value(s, values[i]);
	return !only || strcmp(only, name) == 0;
}

/* ---- route-maps ---- */

static void clause_line(const struct clause_config *c, bool set, struct strbuf *out)
{
	const char *words = policy_clause_words(set, c->words);

	sb_add(out, words ? words : c->words);
	if (c->arg && *c->arg)
		sb_addf(out, " %s", c->arg);
}

static void clauses_show(const struct show *s, const struct clause_config *c, size_t n, bool set,
		struct jsonw *j)
{
	struct strbuf sb = { 0 };

	if (s->json)
		jsonw_array(j, set ? "setClauses" : "matchClauses");
	else
		sb_addf(s->out, "  %s clauses:\n", set ? "Set" : "Match");
	for (size_t i = 0; i < n; i++) {
		sb_reset(&sb);
		clause_line(&c[i], set, &sb);
		if (s->json)
			jsonw_str(j, NULL, sb_str(&sb));
		else
			sb_addf(s->out, "    %s\n", sb_str(&sb));
	}
	if (s->json)
		jsonw_end_array(j);
	sb_free(&sb);
}

static void action_text(const struct route_map_entry *e, struct strbuf *sb)
{
	if (e->on_match_goto)
		sb_addf(sb, "Goto %u", e->on_match_goto);
	else
		sb_add(sb, e->on_match_next ? "Continue to next entry" : "Exit routemap");
}

static void entry_show(const struct show *s, const char *map, const struct route_map_entry *e,
		struct jsonw *j)
{
	uint64_t hits = s->core->policy ? policy_entry_hits(s->core->policy, map, e->seq) : 0;
	struct strbuf action = { 0 };

	action_text(e, &action);
	if (s->json) {
		jsonw_object(j, NULL);
		jsonw_uint(j, "sequenceNumber", e->seq);
		jsonw_str(j, "type", e->permit ? "permit" : "deny");
		jsonw_uint(j, "invoked", hits);
		if (e->description)
			jsonw_str(j, "description", e->description);
	} else {
		sb_addf(s->out, " %s, sequence %u Invoked %llu\n", e->permit ? "permit" : "deny", e->seq,
				(unsigned long long)hits);
		if (e->description)
			sb_addf(s->out, "  Description:\n    %s\n", e->description);
	}
	clauses_show(s, e->match.v, e->match.n, false, j);
	clauses_show(s, e->set.v, e->set.n, true, j);
	if (s->json) {
		if (e->call)
			jsonw_str(j, "callClause", e->call);
		jsonw_str(j, "action", sb_str(&action));
		jsonw_end_object(j);
	} else {
		sb_add(s->out, "  Call clause:\n");
		if (e->call)
			sb_addf(s->out, "    Call %s\n", e->call);
		sb_addf(s->out, "  Action:\n    %s\n", sb_str(&action));
	}
	sb_free(&action);
}

static uint64_t map_hits(const struct show *s, const struct route_map_config *m)
{
	uint64_t n = 0;

	for (size_t i = 0; s->core->policy && i < m->entries.n; i++)
		n += policy_entry_hits(s->core->policy, m->name, m->entries.v[i].seq);
	return n;
}

void show_route_map(const struct show *s)
{
	const struct route_map_config *m;
	struct jsonw j;

	jsonw_init(&j, s->out, true);
	if (s->json) {
		jsonw_object(&j, NULL);
		jsonw_object(&j, "BGP");
	} else {
		sb_add(s->out, "BGP:\n");
	}
	if (s->core->config)
		vec_foreach(m, &s->core->config->policy.route_maps) {
			if (!wanted(s, m->name))
				continue;
			if (s->json) {
				jsonw_object(&j, m->name);
				jsonw_uint(&j, "invoked", map_hits(s, m));
				jsonw_bool(&j, "disabledOptimization", false);
				jsonw_bool(&j, "processedChange", false);
				jsonw_array(&j, "rules");
			} else {
				sb_addf(s->out, "route-map: %s Invoked: %llu Optimization: enabled "
						"Processed Change: false\n",
						m->name, (unsigned long long)map_hits(s, m));
			}
			for (size_t i = 0; i < m->entries.n; i++)
				entry_show(s, m->name, &m->entries.v[i], &j);
			if (s->json) {
				jsonw_end_array(&j);
				jsonw_end_object(&j);
			}
		}
	if (s->json) {
		jsonw_end_object(&j);
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	}
}

/* ---- prefix lists ---- */

static void prefix_entry_text(const struct prefix_list_entry *e, struct strbuf *out)
{
	char buf[PREFIX_TEXT_MAX];

	sb_addf(out, "   seq %u %s %s", e->seq, e->permit ? "permit" : "deny",
			e->any ? "any" : prefix_text(&e->prefix, buf));
	if (e->ge)
		sb_addf(out, " ge %u", e->ge);
	if (e->le)
		sb_addf(out, " le %u", e->le);
	sb_addc(out, '\n');
}

static void prefix_entry_json(const struct prefix_list_entry *e, uint8_t family, struct jsonw *j)
{
	char buf[PREFIX_TEXT_MAX];

	jsonw_object(j, NULL);
	jsonw_uint(j, "sequenceNumber", e->seq);
	jsonw_str(j, "type", e->permit ? "permit" : "deny");
	jsonw_str(j, "prefix", e->any ? (family == 6 ? "::/0" : "0.0.0.0/0") :
					prefix_text(&e->prefix, buf));
	if (e->ge)
		jsonw_uint(j, "minimumPrefixLength", e->ge);
	if (e->le || e->any)
		jsonw_uint(j, "maximumPrefixLength", e->any ? family_bits(family) : e->le);
	jsonw_end_object(j);
}

static size_t rules_count(const struct prefix_list_config *l)
{
	return l->rules ? l->rules->n : 0;
}

/* Of the i-th rule; 0 if there is none. */
static uint32_t rule_seq(const struct prefix_list_config *l, size_t i)
{
	return i < rules_count(l) ? prefix_rules_at(l->rules, i)->seq : 0;
}

static unsigned count_ranges(const struct prefix_list_config *l)
{
	unsigned n = 0;

	for (size_t i = 0; i < rules_count(l); i++)
		n += prefix_rules_at(l->rules, i)->ge || prefix_rules_at(l->rules, i)->le;
	return n;
}

static void prefix_list_text(const struct show *s, const struct prefix_list_config *l)
{
	const char *ip = l->family == 6 ? "ipv6" : "ip";
	bool brief = show_has(s, "summary");

	if (brief || show_has(s, "detail"))
		sb_addf(s->out, "BGP: %s prefix-list %s:\n   count: %zu, range entries: %u, sequences: %u - %u\n",
				ip, l->name, rules_count(l), count_ranges(l), rule_seq(l, 0),
				rule_seq(l, rules_count(l) - 1));
	else
		sb_addf(s->out, "BGP: %s prefix-list %s: %zu entries\n", ip, l->name, rules_count(l));
	for (size_t i = 0; !brief && i < rules_count(l); i++) {
		struct prefix_list_entry e = prefix_rules_entry(l->rules, i);

		prefix_entry_text(&e, s->out);
	}
}

static void prefix_list_json(const struct show *s, const struct prefix_list_config *l,
		struct jsonw *j)
{
	bool brief = show_has(s, "summary");

	jsonw_object(j, l->name);
	jsonw_str(j, "addressFamily", l->family == 6 ? "IPv6" : "IPv4");
	if (brief || show_has(s, "detail")) {
		jsonw_uint(j, "count", rules_count(l));
		jsonw_uint(j, "rangeEntries", count_ranges(l));
		jsonw_uint(j, "sequenceStart", rule_seq(l, 0));
		jsonw_uint(j, "sequenceEnd", rule_seq(l, rules_count(l) - 1));
	}
	if (!brief) {
		jsonw_array(j, "entries");
		for (size_t i = 0; i < rules_count(l); i++) {
			struct prefix_list_entry e = prefix_rules_entry(l->rules, i);

			prefix_entry_json(&e, l->family, j);
		}
		jsonw_end_array(j);
	}
	jsonw_end_object(j);
}

void show_prefix_list(const struct show *s)
{
	uint8_t family = show_has(s, "ipv6") ? 6 : 4;
	const struct prefix_list_config *l;
	struct jsonw j;

	jsonw_init(&j, s->out, true);
	if (s->json) {
		jsonw_object(&j, NULL);
		jsonw_object(&j, "BGP");
	}
	if (s->core->config)
		vec_foreach(l, &s->core->config->policy.prefix_lists) {
			if (l->family != family || !wanted(s, l->name))
				continue;
			if (s->json)
				prefix_list_json(s, l, &j);
			else
				prefix_list_text(s, l);
		}
	if (s->json) {
		jsonw_end_object(&j);
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	}
}

/* ---- community and AS-path lists ---- */

static const char *list_title(const struct list_config *l)
{
	bool expanded = l->entries.n && l->entries.v[0].regex;
	bool number = l->name[strspn(l->name, "0123456789")] == '\0';

	switch (l->kind) {
	case LIST_LARGE_COMMUNITY:
		return number ? (expanded ? "Large community (expanded) access list" :
					    "Large community (standard) access list") :
				(expanded ? "Named large community expanded list" :
					    "Named large community standard list");
	case LIST_EXT_COMMUNITY:
		return number ? (expanded ? "Extended community list (expanded)" :
					    "Extended community list") :
				(expanded ? "Named extended community expanded list" :
					    "Named extended community standard list");
	default:
		return number ? (expanded ? "Community (expanded) access list" :
					    "Community (standard) access list") :
				(expanded ? "Named Community expanded list" :
					    "Named Community standard list");
	}
}

static void list_show(const struct show *s, const struct list_config *l, const char *title,
		const char *text_key, struct jsonw *j)
{
	if (s->json)
		jsonw_array(j, l->name);
	else
		sb_addf(s->out, "%s %s\n", title, l->name);
	for (size_t i = 0; i < l->entries.n; i++) {
		const struct list_entry *e = &l->entries.v[i];

		if (!s->json) {
			sb_addf(s->out, "    %s %s\n", e->permit ? "permit" : "deny", e->text);
			continue;
		}
		jsonw_object(j, NULL);
		jsonw_uint(j, "sequenceNumber", e->seq);
		jsonw_str(j, "type", e->permit ? "permit" : "deny");
		jsonw_str(j, e->regex ? "regExp" : text_key, e->text);
		jsonw_end_object(j);
	}
	if (s->json)
		jsonw_end_array(j);
}

static void lists_show(const struct show *s, enum list_kind kind, const char *title,
		const char *text_key)
{
	const struct list_config *l;
	struct jsonw j;

	jsonw_init(&j, s->out, true);
	if (s->json)
		jsonw_object(&j, NULL);
	if (s->core->config)
		vec_foreach(l, &s->core->config->policy.lists)
			if (l->kind == kind && wanted(s, l->name))
				list_show(s, l, title ? title : list_title(l), text_key, &j);
	if (s->json) {
		jsonw_end_object(&j);
		sb_addc(s->out, '\n');
	}
}

void show_community_list(const struct show *s)
{
	enum list_kind kind = show_has(s, "large-community-list") ? LIST_LARGE_COMMUNITY :
			      show_has(s, "extcommunity-list")	  ? LIST_EXT_COMMUNITY :
								    LIST_COMMUNITY;

	lists_show(s, kind, NULL, "communities");
}

void show_as_path_list(const struct show *s)
{
	lists_show(s, LIST_AS_PATH, "AS path access list", "regExp");
}
