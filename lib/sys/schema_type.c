/* YANG types to types of command values. */
#include <errno.h>
#include <string.h>

#include "lib/base/xalloc.h"
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

static void uint_ranges(struct value_type *v, const struct lysc_range *r, uint64_t max)
{
	LY_ARRAY_COUNT_TYPE i;

	if (!r) {
		*vec_push(&v->ranges) = (struct value_range){ 0, max };
		return;
	}
	LY_ARRAY_FOR(r->parts, i) {
		*vec_push(&v->ranges) = (struct value_range){ r->parts[i].min_u64,
				r->parts[i].max_u64 };
	}
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

static int fill_type(struct value_type *v, const struct lysc_type *t, struct err *e)
{
	const char *name = syntax_name(t);
	LY_ARRAY_COUNT_TYPE i;

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
		uint_ranges(v, ((const struct lysc_type_num *)t)->range,
				t->basetype == LY_TYPE_UINT8	 ? UINT8_MAX :
				t->basetype == LY_TYPE_UINT16 ? UINT16_MAX :
				t->basetype == LY_TYPE_UINT32 ? UINT32_MAX :
								UINT64_MAX);
		return 0;
	case LY_TYPE_ENUM:
		v->kind = VALUE_ENUM;
		LY_ARRAY_FOR(((const struct lysc_type_enum *)t)->enums, i) {
			const struct lysc_type_bitenum_item *x =
					&((const struct lysc_type_enum *)t)->enums[i];

			*vec_push(&v->items) = (struct value_item){ x->name, x->dsc };
		}
		return 0;
	case LY_TYPE_UNION:
		v->kind = VALUE_UNION;
		LY_ARRAY_FOR(((const struct lysc_type_union *)t)->types, i) {
			struct value_type *m = schema_type(
					((const struct lysc_type_union *)t)->types[i], e);

			if (!m)
				return -EINVAL;
			*vec_push(&v->members) = m;
		}
		return 0;
	case LY_TYPE_EMPTY:
	case LY_TYPE_BOOL:
		v->kind = VALUE_NOTHING;
		return 0;
	default:
		return err_set(e, EINVAL, "a base type that command lines don't know");
	}
}

struct value_type *schema_type(const struct lysc_type *t, struct err *e)
{
	struct value_type *v = xcalloc(1, sizeof(*v));

	if (fill_type(v, t, e)) {
		value_type_free(v);
		return NULL;
	}
	value_type_finish(v);
	return v;
}
