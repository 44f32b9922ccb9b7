/* What types can't say: checks of lines as they are typed, one row each.
 * The names are those of weft:check statements. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text_regex.h"
#include "lib/sys/config_int.h"

static inline bool is_about(const struct line_check_arg *a, const struct cvalue *v,
		const char *leaf)
{
	const char *name = near_at(v->leaf->name);

	return *name == *leaf && near_at(v->leaf->parent) == near_at(a->line->anchor) &&
			strcmp(name, leaf) == 0;
}

static const char *given(const struct line_check_arg *a, const char *leaf)
{
	const struct cvalue *v;

	vec_foreach(v, &a->vals->v) {
		if (is_about(a, v, leaf))
			return v->value ? v->value : "";
	}
	return NULL;
}

/* length <= ge <= le */
static int check_prefix_list(const struct line_check_arg *a, struct err *e)
{
	const char *prefix, *ge = NULL, *le = NULL;
	const struct cvalue *v;
	long len, g, l;

	/* most lines give neither */
	vec_foreach(v, &a->vals->v) {
		if (is_about(a, v, "le"))
			le = v->value;
		else if (is_about(a, v, "ge"))
			ge = v->value;
	}
	if (!ge && !le)
		return 0;
	prefix = given(a, "prefix");
	if (!prefix)
		return 0;
	len = strtol(strchr(prefix, '/') + 1, NULL, 10);
	g = ge ? strtol(ge, NULL, 10) : len;
	l = le ? strtol(le, NULL, 10) : 128;
	if ((ge && g < len) || (le && l < len) || g > l)
		return err_set(e, EINVAL, "%% Invalid prefix range for %s, make sure: len <= ge <= le",
				prefix);
	return 0;
}

static int check_regex(const struct line_check_arg *a, struct err *e)
{
	const char *text = given(a, "regex");
	struct text_regex *r;
	struct err why = { "" };

	if (!text)
		return 0;
	r = text_regex_new(text, &why);
	if (!r)
		return err_set(e, EINVAL, "%% %s", why.text);
	text_regex_free(r);
	return 0;
}

static int check_static_route(const struct line_check_arg *a, struct err *e)
{
	const char *gateway = given(a, "gateway"), *interface = given(a, "interface");

	if (gateway && interface && *interface &&
			(!strcmp(gateway, "blackhole") || !strcmp(gateway, "reject") ||
					!strcmp(gateway, "Null0")))
		return err_set(e, EINVAL, "%% A %s route leads to no interface", gateway);
	return 0;
}

static int check_bgp_instance(const struct line_check_arg *a, struct err *e)
{
	if (!a->existing && !given(a, "asn"))
		return err_set(e, EINVAL, "%% No BGP process is configured: an AS number is needed");
	return 0;
}

const struct line_check line_checks[] = {
	{ "prefix-list-entry", check_prefix_list, false },
	{ "regex", check_regex, false },
	{ "static-route", check_static_route, false },
	{ "bgp-instance", check_bgp_instance, true },
	{ NULL, NULL, false },
};
