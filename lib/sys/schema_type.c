/* YANG types to types of command values. */
#include <errno.h>
#include <string.h>

#include "lib/sys/schema_build.h"

static const char *syntax_name(const struct lysc_type *t)
{
	LY_ARRAY_COUNT_TYPE i;

	LY_ARRAY_FOR(t->exts, i) {
		if (strcmp(t->exts[i].def->name, "syntax") == 0)
			return t->exts[i].argument;
	}
	return NULL;
}

static void uint_ranges(struct near_area *a, struct value_type *v, const struct lysc_range *r,
		uint64_t max)
{
	LY_ARRAY_COUNT_TYPE i;

	near_array_fill(a, v->ranges, r ? LY_ARRAY_COUNT(r->parts) : 1);
	near_array(v->ranges)[0] = (struct value_range){ 0, max };
	if (!r)
		return;
	LY_ARRAY_FOR(r->parts, i) {
		near_array(v->ranges)[i] = (struct value_range){ r->parts[i].min_u64,
				r->parts[i].max_u64 };
	}
}

static void enum_items(struct near_area *a, struct value_type *v, const struct lysc_type_enum *t)
{
	LY_ARRAY_COUNT_TYPE i;

	LY_ARRAY_FOR(t->enums, i) {
		struct value_item *x = near_new(a, struct value_item);

		near_push(a, v->items, x);
		near_set_text(a, x->name, t->enums[i].name);
		near_set_text(a, x->help, t->enums[i].dsc);
	}
}

static int union_members(struct near_area *a, struct value_type *v,
		const struct lysc_type_union *t, struct err *e)
{
	LY_ARRAY_COUNT_TYPE i;

	LY_ARRAY_FOR(t->types, i) {
		struct value_type *m = schema_type(a, t->types[i], e);

		if (!m)
			return -EINVAL;
		near_push(a, v->members, m);
	}
	return 0;
}

static int string_type(struct value_type *v, const struct lysc_type *t, struct err *e)
{
	const struct lysc_type_str *str = (const struct lysc_type_str *)t;

	if (str->length) {
		v->min_len = (uint32_t)str->length->parts[0].min_u64;
		v->max_len = (uint32_t)str->length->parts[0].max_u64;
		/* the type of "empty, where a line leaves it out" */
		if (v->max_len == 0) {
			v->kind = VALUE_NOTHING;
			return 0;
		}
	}
	if (!v->syntax)
		return err_set(e, EINVAL, "a string type without weft:syntax");
	v->kind = VALUE_SYNTAX;
	return 0;
}

static int fill_type(struct near_area *a, struct value_type *v, const struct lysc_type *t,
		struct err *e)
{
	const char *name = syntax_name(t);

	if (name && !(v->syntax = syntax_find(name)))
		return err_set(e, EINVAL, "no syntax %s", name);
	switch (t->basetype) {
	case LY_TYPE_STRING:
		return string_type(v, t, e);
	case LY_TYPE_UINT8:
	case LY_TYPE_UINT16:
	case LY_TYPE_UINT32:
	case LY_TYPE_UINT64:
		v->kind = VALUE_UINT;
		uint_ranges(a, v, ((const struct lysc_type_num *)t)->range,
				t->basetype == LY_TYPE_UINT8	 ? UINT8_MAX :
				t->basetype == LY_TYPE_UINT16 ? UINT16_MAX :
				t->basetype == LY_TYPE_UINT32 ? UINT32_MAX :
								UINT64_MAX);
		return 0;
	case LY_TYPE_ENUM:
		v->kind = VALUE_ENUM;
		enum_items(a, v, (const struct lysc_type_enum *)t);
		return 0;
	case LY_TYPE_UNION:
		v->kind = VALUE_UNION;
		return union_members(a, v, (const struct lysc_type_union *)t, e);
	case LY_TYPE_EMPTY:
	case LY_TYPE_BOOL:
		v->kind = VALUE_NOTHING;
		return 0;
	default:
		return err_set(e, EINVAL, "a base type that command lines don't know");
	}
}

struct value_type *schema_type(struct near_area *a, const struct lysc_type *t, struct err *e)
{
	struct value_type *v = near_new(a, struct value_type);

	if (fill_type(a, v, t, e))
		return NULL;
	value_type_finish(a, v);
	return v;
}
