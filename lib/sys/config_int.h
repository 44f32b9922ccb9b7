/* The inside of a configuration value, shared by config_*.c. */
#ifndef WEFT_SYS_CONFIG_INT_H
#define WEFT_SYS_CONFIG_INT_H

#include <string.h>

#include "lib/sys/config.h"
#include "lib/sys/schema_int.h"

/* -- config_index.c: hash of numbered entries by what they say -- */

struct cindex_slot {
	uint64_t hash;
	struct config_node *node; /* NULL: empty; CINDEX_GONE: was used */
};

struct cindex {
	struct cindex_slot *slots;
	size_t mask, used, live;
};

typedef bool cindex_equal_fn(const struct config_node *n, const void *key);

struct config_node *cindex_find(const struct cindex *x, uint64_t hash, cindex_equal_fn *equal,
		const void *key);
void cindex_add(struct cindex *x, uint64_t hash, struct config_node *n);
void cindex_remove(struct cindex *x, uint64_t hash, const struct config_node *n);
void cindex_fini(struct cindex *x);

/* -- values of lines -- */

/* One leaf's value in a line. */
struct cvalue {
	const struct snode *leaf;
	const char *value; /* of empty and boolean leaves: NULL, set */
};

struct cvalues {
	VEC(struct cvalue) v;
	uint64_t way; /* of the match that they are of (grammar_graph.h); 0: of none */
};

const struct cvalue *cvalues_find(const struct cvalues *vals, const struct snode *leaf);

/* -- the tree -- */

/* A value, in its node's block of them.  Blocks are replaced, never changed, so
 * that what was there can be put back. */
struct config_leaf {
	uint32_t place : 10;	/* among the kids of the schema's node */
	uint32_t has_line : 1;	/* it is not the node's: the last four bytes */
	uint32_t size : 21;	/* bytes to the next */
	char value[];
};

/* Entries of a list, in order; a run is full at RUN_MAX. */
#define RUN_MAX 64

struct run {
	struct config_node **v;
	uint32_t n, room;
};

/* What is below a node and has one schema node: the entries of a list or
 * leaf-list, or the container.  Stays when it is empty. */
struct config_list {
	struct config_list *next; /* in the schema's order */
	const struct snode *s;
	struct config_node *first, *last;
	VEC(struct run) runs;	  /* of containers none */
	struct cindex *contents;  /* of numbered entries; made when first asked for */
};

/* The top, a container, or an entry of a list or leaf-list.  Its leaves are sorted by
 * place: a list entry's block begins with its keys; a leaf-list entry's has its value alone.
 * There may be hundreds of thousands, so what few have is behind: own[] begins with
 * the first of the lists below, if the schema has any there, and then has the leaves,
 * or a pointer to them when they have changed. */
struct config_node {
	const struct snode *s;
	struct config_node *parent, *next;
	uint32_t leaves_len : 30;
	uint32_t has_below : 1; /* as the schema's node */
	uint32_t away : 1;	/* the leaves have changed */
	uint32_t line;
	uint32_t at; /* in its block of nodes; 0: it has none */
	char own[];
};

/* Memory that nodes are cut from, freed with the last of them. */
struct node_block {
	_Alignas(struct config_node) uint32_t size; /* its end is where a node may begin */
	uint32_t used;
	uint32_t live; /* nodes, and the configuration while it cuts from it */
};

struct config {
	struct node_block *block; /* of a load of many lines, or NULL */
	const struct schema *schema;
	struct config_node *root;
	uint64_t generation;	      /* changes when nodes were removed */
	uint32_t line;		      /* given to nodes that are made now */
	struct config_change *change; /* that is being recorded, or NULL */
};

/* -- config_node.c -- */

/* Where its leaves or the pointer to them begin. */
static inline const char *node_own_leaves(const struct config_node *n)
{
	return n->own + (n->has_below ? sizeof(struct config_list *) : 0);
}

/* The lists below the node, the first of them. */
static inline struct config_list *node_lists(const struct config_node *n)
{
	struct config_list *l = NULL;

	if (n->has_below)
		memcpy(&l, n->own, sizeof(l));
	return l;
}

static inline char *node_leaves(const struct config_node *n)
{
	const char *own = node_own_leaves(n);
	char *leaves = (char *)own;

	if (n->away)
		memcpy(&leaves, own, sizeof(leaves));
	return leaves;
}

static inline const struct config_leaf *leaf_first(const struct config_node *n)
{
	return (const struct config_leaf *)node_leaves(n);
}

static inline const struct config_leaf *leaf_next(const struct config_leaf *l)
{
	return (const struct config_leaf *)((const char *)l + l->size);
}

#define NODE_FOREACH_LEAF(l, n)                                                                    \
	for (const struct config_leaf *leaf_end_ = ((l) = leaf_first(n),                           \
			(const struct config_leaf *)((const char *)(l) + (n)->leaves_len));        \
			(l) < leaf_end_; (l) = leaf_next(l))

/* A leaf of a node; NULL if it is not there. */
static inline const struct config_leaf *node_leaf(const struct config_node *n,
		const struct snode *s)
{
	const struct config_leaf *l;

	NODE_FOREACH_LEAF(l, n) {
		if (l->place >= s->place)
			return l->place == s->place ? l : NULL;
	}
	return NULL;
}

static inline const char *node_value(const struct config_node *n, const struct snode *s)
{
	const struct config_leaf *l = node_leaf(n, s);

	return l ? l->value : NULL;
}

/* Of a leaf-list's entry; the first key of a list's. */
static inline const char *node_first_value(const struct config_node *n)
{
	return leaf_first(n)->value;
}

static inline const struct snode *leaf_schema(const struct config_node *n,
		const struct config_leaf *l)
{
	return n->s->is_leaflist ? n->s : near_nth(n->s->kids, l->place);
}

/* Between the two calls new nodes are cut from blocks, the first of which has about `size` bytes:
 * a file's lines live and die together.  Single edits have memory of their own, as what they replace has to be
 * given back. */
void nodes_begin(struct config *c, size_t size);
void nodes_end(struct config *c);
/* vals are sorted by place; their values are there. */
struct config_node *node_new(struct config *c, const struct snode *s, const struct cvalue *vals,
		size_t n_vals, uint32_t line);
/* With all that is below it. */
void node_free(struct config_node *n);
struct config_node *node_dup(struct config *c, const struct config_node *n);
/* A block with this leaf's value changed; NULL: without it. */
char *node_leaves_with(const struct config_node *n, const struct snode *s, const char *value,
		uint32_t line, uint32_t *ret_len);
/* Changes the block for another that was allocated.  keep: returns the one that was there, or a
 * copy of it, to be freed; else NULL. */
char *node_leaves_swap(struct config_node *n, char *leaves, uint32_t len, bool keep);
/* Makes `first` the first of the lists below; the schema has some there. */
void node_lists_set(struct config_node *n, struct config_list *first);
/* The line that gave a leaf of the node its value. */
uint32_t leaf_line(const struct config_node *n, const struct config_leaf *l);

/* -- config_list.c -- */

/* NULL if there is none yet. */
struct config_list *list_of(const struct config_node *parent, const struct snode *s);
/* keys: as many as the list has; a leaf-list's value; ignored for a container. */
struct config_node *list_find(const struct config_list *l, const char *const *keys);
/* Where an entry is, or would be. */
struct list_place {
	size_t run, i;
	bool found;
};
struct config_node *list_seek(const struct config_list *l, const char *const *keys,
		struct list_place *ret);
/* Is a leaf, a container or an entry of a list there? */
bool node_has(const struct config_node *n, const struct snode *s);
/* Puts a node below its parent, and takes it away again. */
void list_insert(struct config_node *parent, struct config_node *n);
void list_insert_at(struct config_node *parent, struct config_node *n, struct list_place at);
void list_remove(struct config_node *n);
void list_free(struct config_list *l);

/* -- config_change.c -- */

void change_made(struct config *c, struct config_node *n);
/* n is no longer in the tree.  Frees it, or keeps it. */
void change_gone(struct config *c, struct config_node *n);
void change_leaves(struct config *c, struct config_node *n, char *leaves, uint32_t len);

/* -- config_tree.c: nodes by the values of lines -- */

/* The container or list entry below parent; NULL if it isn't there.  Keys come
 * from vals, or are what leaving them out means. */
struct config_node *tree_find(const struct config_node *parent, const struct snode *s,
		const struct cvalues *vals);
/* Makes it if it isn't there.  ret_made, if not NULL, asks for a new entry with
 * all its leaves that vals has, and says whether it was made. */
struct config_node *tree_get(struct config *c, struct config_node *parent, const struct snode *s,
		const struct cvalues *vals, bool *ret_made);
struct config_node *tree_leaf_entry(const struct config_node *parent, const struct snode *s,
		const char *value);
/* Sets a leaf, or adds an entry to a leaf-list. */
void tree_set(struct config *c, struct config_node *parent, const struct snode *s,
		const char *value);
void tree_unset(struct config *c, struct config_node *parent, const struct snode *s);
/* Removes a subtree. */
void tree_remove(struct config *c, struct config_node *n);
/* Removes containers and entries from n upwards that say nothing any more. */
void tree_prune(struct config *c, struct config_node *n, const struct config_node *stop);
/* The same for everything below n. */
void tree_prune_all(struct config *c, struct config_node *n);
/* What the line's value of a leaf is in the tree; NULL: the default, which needs no words. */
const char *tree_text(const struct cvalue *v);

/* -- config_content.c: numbered entries -- */

/* The auto-numbered entry that has exactly these leaves. */
struct config_node *content_find(struct config_node *parent, const struct snode *list,
		const struct cvalues *vals);
/* Around changes of an entry's leaves, and when it comes and goes. */
void content_forget(const struct config_list *l, struct config_node *entry);
void content_learn(const struct config_list *l, struct config_node *entry);
/* The number that a new entry gets. */
uint64_t content_next_number(const struct config_node *parent, const struct snode *list);

/* -- config_apply.c: lines -- */

struct line_check_arg {
	const struct sline *line;
	const struct cvalues *vals;
	struct config_node *existing; /* the entry that the line is about, or NULL */
};

/* base is the node of the line's mode.  0, or -EINVAL and a sentence; nothing
 * has changed then.  *ret_node, if not NULL: the anchor (plain form).  vals: see below. */
int line_apply(struct config *c, struct config_node *base, const struct sline *l,
		const struct gmatch *m, struct cvalues *vals, bool no, struct config_node **ret_node,
		struct err *e);
/* vals is this match's alone: it is left as it is if the way is that of the time before. */
void line_values(const struct sline *l, const struct gmatch *m, struct cvalues *ret);

/* -- config_edit.c: what config_load.c does for each line -- */

/* A line ends in NUL or a newline, which len does not count. */
enum config_result config_line_n(struct config_cursor *cur, const char *line, size_t len,
		struct err *e);
/* The lines are those of one text; indented: see config_load_begin(). */
void config_cursor_text(struct config_cursor *cur, config_indented_fn *indented, void *arg);

/* -- config_masks.c -- */
/* Does the line of n words (already in p) hold an address and a mask where the
 * grammar has a prefix?  Then *out is the line as the grammar has it. */
bool masks_spell(const struct gparse *p, size_t n, size_t indent, struct strbuf *out);

/* -- config_check.c -- */
unsigned config_repair(struct config *c, const char *name, config_report_fn *report, void *arg);

#endif
