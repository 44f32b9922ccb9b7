/* Nodes of a configuration, each with its leaves in one piece.  A hundred thousand of
 * them are cut from a few blocks of memory, as half of their cost would be the system's
 * for one page after the other.  Leaves are replaced as a whole (config_tree.c). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/config_int.h"

static size_t leaf_size(size_t value_len)
{
	return (sizeof(struct config_leaf) + value_len + 1 + 3) & ~(size_t)3;
}

static char *put_leaf(char *at, const struct snode *s, const char *value, size_t len)
{
	struct config_leaf *l = (struct config_leaf *)at;
	size_t size = leaf_size(len);

	assert(size < 1u << 21);
	l->place = s->place;
	l->has_line = false;
	l->size = (uint32_t)size & 0x1fffff;
	memcpy(l->value, value, len + 1);
	return at + size;
}

/* A leaf whose value came with another line than its node. */
static void put_line(struct config_leaf *l, uint32_t line)
{
	memcpy((char *)l + l->size, &line, sizeof(line));
	l->size = (l->size + sizeof(line)) & 0x1fffff;
	l->has_line = true;
}

#define BLOCK_MIN 4096u /* blocks grow with the configuration, up to a huge page */

static void block_release(struct node_block *b)
{
	if (--b->live == 0)
		xfree_huge(b, b->size);
}

static struct node_block *block_new(uint32_t size)
{
	struct node_block *b = xcalloc_huge(size);

	b->size = size;
	b->used = sizeof(*b);
	b->live = 1;
	return b;
}

/* What would fill half a huge page is not given a whole one. */
static uint32_t block_size(size_t wish)
{
	return (uint32_t)(wish < BLOCK_MIN ? BLOCK_MIN : wish < XALLOC_HUGE ? wish : XALLOC_HUGE);
}

void nodes_begin(struct config *c, size_t size)
{
/* a node that is used after it was freed has to be seen */
#ifndef WEFT_SANITIZERS
	if (!c->block)
		c->block = block_new(block_size(size));
#else
	(void)c, (void)size;
#endif
}

void nodes_end(struct config *c)
{
	if (c->block)
		block_release(c->block);
	c->block = NULL;
}

static struct config_node *block_cut(struct config *c, uint32_t size, uint32_t *ret_at)
{
	struct node_block *b = c->block;
	struct config_node *n;

	if (b->size - b->used < size) {
		c->block = block_new(block_size((size_t)b->size * 4));
		block_release(b);
		b = c->block;
	}
	n = (struct config_node *)((char *)b + b->used);
	*ret_at = b->used;
	b->used += size;
	b->live++;
	return n;
}

/* Room for the leaves, or a pointer to them if they can change: a leaf-list's entry can't. */
static struct config_node *node_alloc(struct config *c, const struct snode *s, size_t leaves_len)
{
	size_t least = s->is_leaflist ? 0 : sizeof(char *);
	size_t own = (s->has_below ? sizeof(struct config_list *) : 0) +
		     (leaves_len > least ? leaves_len : least);
	size_t size = (offsetof(struct config_node, own) + own + 7) & ~(size_t)7;
	struct config_node *n;
	uint32_t at = 0;

	if (c->block && size <= BLOCK_MIN)
		n = block_cut(c, (uint32_t)size, &at);
	else
		n = xmalloc(size);
	*n = (struct config_node){
		.s = s,
		.leaves_len = (uint32_t)leaves_len & 0x3fffffff,
		.has_below = s->has_below,
		.at = at,
	};
	if (s->has_below)
		node_lists_set(n, NULL);
	return n;
}

struct config_node *node_new(struct config *c, const struct snode *s, const struct cvalue *vals,
		size_t n_vals, uint32_t line)
{
	struct config_node *n;
	size_t len = 0, lens[64];
	char *at;

	assert(n_vals <= sizeof(lens) / sizeof(lens[0]));
	for (size_t i = 0; i < n_vals; i++) {
		lens[i] = strlen(vals[i].value);
		len += leaf_size(lens[i]);
	}
	n = node_alloc(c, s, len);
	n->line = line;
	at = node_leaves(n);
	for (size_t i = 0; i < n_vals; i++)
		at = put_leaf(at, vals[i].leaf, vals[i].value, lens[i]);
	return n;
}

void node_free(struct config_node *n)
{
	struct config_list *next;

	for (struct config_list *l = node_lists(n); l; l = next) {
		next = l->next;
		list_free(l);
	}
	if (n->away)
		free(node_leaves(n));
	if (n->at)
		block_release((struct node_block *)((char *)n - n->at));
	else
		free(n);
}

struct config_node *node_dup(struct config *c, const struct config_node *n)
{
	struct config_node *d = node_alloc(c, n->s, n->leaves_len);

	d->line = n->line;
	memcpy(node_leaves(d), node_leaves(n), n->leaves_len);
	for (const struct config_list *l = node_lists(n); l; l = l->next) {
		for (const struct config_node *k = l->first; k; k = k->next)
			list_insert(d, node_dup(c, k));
	}
	return d;
}

char *node_leaves_with(const struct config_node *n, const struct snode *s, const char *value,
		uint32_t line, uint32_t *ret_len)
{
	size_t value_len = value ? strlen(value) : 0, before = 0, skip = 0, added;
	bool has_line = line != n->line;
	const char *old = node_leaves(n);
	const struct config_leaf *l;
	char *leaves;

	NODE_FOREACH_LEAF(l, n) {
		if (l->place == s->place)
			skip = l->size;
		if (l->place >= s->place)
			break;
		before += l->size;
	}
	added = value ? leaf_size(value_len) + (has_line ? sizeof(line) : 0) : 0;
	*ret_len = (uint32_t)(n->leaves_len - skip + added);
	leaves = xmalloc(*ret_len + 1u);
	memcpy(leaves, old, before);
	if (value)
		put_leaf(leaves + before, s, value, value_len);
	if (value && has_line)
		put_line((struct config_leaf *)(leaves + before), line);
	memcpy(leaves + before + added, old + before + skip, n->leaves_len - before - skip);
	return leaves;
}

char *node_leaves_swap(struct config_node *n, char *leaves, uint32_t len, bool keep)
{
	char *old = n->away || keep ? node_leaves(n) : NULL;

	if (!n->away && keep)
		old = xmemdup(old, n->leaves_len);
	if (!keep) {
		free(old);
		old = NULL;
	}
	memcpy((char *)node_own_leaves(n), &leaves, sizeof(leaves));
	n->away = true;
	n->leaves_len = len & 0x3fffffff;
	return old;
}

void node_lists_set(struct config_node *n, struct config_list *first)
{
	assert(n->has_below);
	memcpy(n->own, &first, sizeof(first));
}

uint32_t leaf_line(const struct config_node *n, const struct config_leaf *l)
{
	uint32_t line = n->line;

	if (l->has_line)
		memcpy(&line, (const char *)leaf_next(l) - sizeof(line), sizeof(line));
	return line;
}
