/* Entries of a list, always in order: a tree doesn't tell in which order its lines
 * came.  They are linked, and found by halving runs of pointers; an entry
 * that comes after the last one, as in every file that was printed, costs one
 * comparison. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/config_int.h"

struct config_list *list_of(const struct config_node *parent, const struct snode *s)
{
	struct config_list *l = node_lists(parent);

	while (l && l->s != s)
		l = l->next;
	return l;
}

static struct config_list *list_get(struct config_node *parent, const struct snode *s)
{
	struct config_list *before = NULL, *l = node_lists(parent), *made;

	for (; l && l->s->place < s->place; l = l->next)
		before = l;
	if (l && l->s == s)
		return l;
	made = xcalloc(1, sizeof(*made));
	made->s = s;
	made->next = l;
	if (before)
		before->next = made;
	else
		node_lists_set(parent, made);
	return made;
}

static int compare_further(const char *const *keys, const struct config_node *n)
{
	const struct config_leaf *l = leaf_first(n);
	int d = 0;

	for (unsigned i = 1; !d && i < n->s->nkeys; i++) {
		l = leaf_next(l);
		d = value_compare(keys[i], l->value);
	}
	return d;
}

static inline int compare(const char *const *keys, const struct config_node *n)
{
	int d = value_compare(keys[0], leaf_first(n)->value);

	return d || n->s->nkeys <= 1 ? d : compare_further(keys, n);
}

static void search(const struct config_list *l, const char *const *keys, struct list_place *ret)
{
	size_t lo = 0, hi = l->runs.n;
	int d = compare(keys, l->last);

	ret->found = d == 0;
	if (d >= 0) {
		ret->run = l->runs.n - 1;
		ret->i = l->runs.v[ret->run].n - (d == 0);
		return;
	}
	/* the last run that begins at or before the keys, or the first */
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		d = compare(keys, l->runs.v[mid].v[0]);
		if (d < 0)
			hi = mid;
		else
			lo = mid;
	}
	ret->run = lo;
	lo = 0;
	hi = l->runs.v[ret->run].n;
	for (d = 1; lo < hi && d != 0;) {
		size_t mid = lo + (hi - lo) / 2;

		d = compare(keys, l->runs.v[ret->run].v[mid]);
		if (d <= 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	ret->found = d == 0;
	ret->i = d == 0 ? hi : lo;
}

struct config_node *list_seek(const struct config_list *l, const char *const *keys,
		struct list_place *ret)
{
	*ret = (struct list_place){ 0 };
	if (!l || !l->first)
		return NULL;
	if (!l->s->is_list && !l->s->is_leaflist)
		return l->first;
	search(l, keys, ret);
	return ret->found ? l->runs.v[ret->run].v[ret->i] : NULL;
}

struct config_node *list_find(const struct config_list *l, const char *const *keys)
{
	struct list_place at;

	return list_seek(l, keys, &at);
}

bool node_has(const struct config_node *n, const struct snode *s)
{
	const struct config_list *l;

	if (s->is_leaf)
		return node_leaf(n, s) != NULL;
	l = list_of(n, s);
	return l && l->first;
}

static void keys_of(const struct config_node *n, const char *keys[3])
{
	const struct config_leaf *l = leaf_first(n);

	keys[0] = l->value;
	for (unsigned i = 1; i < n->s->nkeys; i++) {
		l = leaf_next(l);
		keys[i] = l->value;
	}
}

static struct run *run_insert(struct config_list *l, size_t i)
{
	(void)vec_push(&l->runs);
	memmove(&l->runs.v[i + 1], &l->runs.v[i], (l->runs.n - 1 - i) * sizeof(*l->runs.v));
	memset(&l->runs.v[i], 0, sizeof(*l->runs.v));
	return &l->runs.v[i];
}

/* A full run makes room: at the end of the list by a new one after it, else the
 * half of it moves. */
static void run_split(struct config_list *l, struct list_place *at)
{
	bool end = at->run + 1 == l->runs.n && at->i == RUN_MAX;
	struct run *next = run_insert(l, at->run + 1), *full = &l->runs.v[at->run];

	next->room = RUN_MAX;
	next->v = xmalloc(RUN_MAX * sizeof(*next->v));
	if (!end) {
		next->n = RUN_MAX / 2;
		full->n = RUN_MAX / 2;
		memcpy(next->v, full->v + full->n, next->n * sizeof(*next->v));
	}
	if (at->i > full->n || end) {
		at->i -= full->n;
		at->run++;
	}
}

/* The entry before a place; NULL: it is the first. */
static struct config_node *entry_before(const struct config_list *l, struct list_place at)
{
	const struct run *r = &l->runs.v[at.run];

	if (at.i == 0 && at.run == 0)
		return NULL;
	return at.i ? r->v[at.i - 1] : r[-1].v[r[-1].n - 1];
}

/* Returns the entry before it. */
static struct config_node *put(struct config_list *l, struct list_place at, struct config_node *n)
{
	struct run *r;

	if (l->runs.n == 0)
		run_insert(l, 0);
	if (l->runs.v[at.run].n == RUN_MAX)
		run_split(l, &at);
	r = &l->runs.v[at.run];
	if (r->n == r->room) {
		r->room = r->room ? r->room * 2 : 4;
		r->v = xrealloc(r->v, r->room * sizeof(*r->v));
	}
	memmove(&r->v[at.i + 1], &r->v[at.i], (r->n - at.i) * sizeof(*r->v));
	r->v[at.i] = n;
	r->n++;
	return entry_before(l, at);
}

void list_insert(struct config_node *parent, struct config_node *n)
{
	struct list_place at = { 0 };
	const char *keys[3];

	if (n->s->is_list || n->s->is_leaflist)
		keys_of(n, keys);
	list_seek(list_of(parent, n->s), keys, &at);
	list_insert_at(parent, n, at);
}

void list_insert_at(struct config_node *parent, struct config_node *n, struct list_place at)
{
	struct config_list *l = list_get(parent, n->s);
	struct config_node *prev = NULL;

	n->parent = parent;
	if (n->s->is_list || n->s->is_leaflist)
		prev = put(l, at, n);
	n->next = prev ? prev->next : l->first;
	*(prev ? &prev->next : &l->first) = n;
	if (!n->next)
		l->last = n;
	content_learn(l, n);
}

void list_remove(struct config_node *n)
{
	struct config_list *l = list_of(n->parent, n->s);
	struct config_node *prev = NULL;
	const char *keys[3];

	content_forget(l, n);
	if (n->s->is_list || n->s->is_leaflist) {
		struct list_place at;
		struct run *r;

		keys_of(n, keys);
		search(l, keys, &at);
		prev = entry_before(l, at);
		r = &l->runs.v[at.run];
		memmove(&r->v[at.i], &r->v[at.i + 1], (r->n - at.i - 1) * sizeof(*r->v));
		if (--r->n == 0) {
			free(r->v);
			vec_remove(&l->runs, at.run);
		}
	}
	*(prev ? &prev->next : &l->first) = n->next;
	if (!n->next)
		l->last = prev;
	n->parent = n->next = NULL;
}

void list_free(struct config_list *l)
{
	struct config_node *next;

	for (struct config_node *n = l->first; n; n = next) {
		next = n->next;
		node_free(n);
	}
	for (size_t i = 0; i < l->runs.n; i++)
		free(l->runs.v[i].v);
	vec_free(&l->runs);
	if (l->contents) {
		cindex_fini(l->contents);
		free(l->contents);
	}
	free(l);
}
