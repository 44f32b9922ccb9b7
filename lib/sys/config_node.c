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

static char *put_leaf(char *at, const struct snode *s, const char *value, size_t len, uint32_t line)
{
	struct config_leaf *l = (struct config_leaf *)at;
	size_t size = leaf_size(len);

	assert(size < 1u << 22);
	l->line = line;
	l->place = s->place;
	l->size = (uint32_t)size & 0x3fffff;
	memcpy(l->value, value, len + 1);
	return at + size;
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

void nodes_begin(struct config *c, size_t size)
{
/* a node that is used after it was freed has to be seen */
#ifndef WEFT_SANITIZERS
	uint32_t first = BLOCK_MIN;

	while (first < size && first < XALLOC_HUGE)
		first *= 2;
	if (!c->block)
		c->block = block_new(first);
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

static struct config_node *block_cut(struct config *c, uint32_t size)
{
	struct node_block *b = c->block;
	struct config_node *n;

	if (b->size - b->used < size) {
		c->block = block_new(b->size < XALLOC_HUGE ? b->size * 4 : b->size);
		block_release(b);
		b = c->block;
	}
	n = (struct config_node *)((char *)b + b->used);
	memset(n, 0, sizeof(*n));
	n->at = b->used;
	b->used += size;
	b->live++;
	return n;
}

static struct config_node *node_alloc(struct config *c, const struct snode *s, size_t leaves_len)
{
	size_t size = (offsetof(struct config_node, own) + leaves_len + 7) & ~(size_t)7;
	struct config_node *n;

	if (c->block && size <= BLOCK_MIN)
		n = block_cut(c, (uint32_t)size);
	else
		n = xcalloc(1, size);
	n->s = s;
	n->leaves = n->own;
	n->leaves_len = (uint32_t)leaves_len;
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
	at = n->leaves;
	for (size_t i = 0; i < n_vals; i++)
		at = put_leaf(at, vals[i].leaf, vals[i].value, lens[i], line);
	return n;
}

void node_free(struct config_node *n)
{
	struct config_list *next;

	for (struct config_list *l = n->lists; l; l = next) {
		next = l->next;
		list_free(l);
	}
	node_leaves_free(n, n->leaves);
	if (n->at)
		block_release((struct node_block *)((char *)n - n->at));
	else
		free(n);
}

struct config_node *node_dup(struct config *c, const struct config_node *n)
{
	struct config_node *d = node_alloc(c, n->s, n->leaves_len);

	d->line = n->line;
	memcpy(d->leaves, n->leaves, n->leaves_len);
	for (const struct config_list *l = n->lists; l; l = l->next) {
		for (const struct config_node *k = l->first; k; k = k->next)
			list_insert(d, node_dup(c, k));
	}
	return d;
}

char *node_leaves_with(const struct config_node *n, const struct snode *s, const char *value,
		uint32_t line, uint32_t *ret_len)
{
	size_t value_len = value ? strlen(value) : 0, before = 0, skip = 0, added;
	const struct config_leaf *l;
	char *leaves;

	NODE_FOREACH_LEAF(l, n) {
		if (l->place == s->place)
			skip = l->size;
		if (l->place >= s->place)
			break;
		before += l->size;
	}
	added = value ? leaf_size(value_len) : 0;
	*ret_len = (uint32_t)(n->leaves_len - skip + added);
	leaves = xmalloc(*ret_len + 1u);
	memcpy(leaves, n->leaves, before);
	if (value)
		put_leaf(leaves + before, s, value, value_len, line);
	memcpy(leaves + before + added, n->leaves + before + skip, n->leaves_len - before - skip);
	return leaves;
}

char *node_leaves_swap(struct config_node *n, char *leaves, uint32_t len)
{
	char *old = n->leaves;

	n->leaves = leaves;
	n->leaves_len = len;
	return old;
}

void node_leaves_free(const struct config_node *n, char *leaves)
{
	if (leaves != n->own)
		free(leaves);
}
