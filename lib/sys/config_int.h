/* The inside of a configuration value, shared by config_*.c. */
#ifndef WEFT_SYS_CONFIG_INT_H
#define WEFT_SYS_CONFIG_INT_H

#include "lib/sys/config.h"
#include "lib/sys/schema_int.h"

/* Hash of list and leaf-list entries: libyang can't look one up without making
 * it first. */
struct cindex_slot {
	uint64_t hash;
	struct lyd_node *node; /* NULL: empty; CINDEX_GONE: was used */
};

struct cindex {
	struct cindex_slot *slots;
	size_t mask, used, live;
};

typedef bool cindex_equal_fn(const struct lyd_node *n, const void *key);

struct lyd_node *cindex_find(const struct cindex *x, uint64_t hash, cindex_equal_fn *equal,
		const void *key);
void cindex_add(struct cindex *x, uint64_t hash, struct lyd_node *n);
void cindex_remove(struct cindex *x, uint64_t hash, const struct lyd_node *n);
void cindex_fini(struct cindex *x);

/* The largest number used in a list whose numbers may be left out. */
struct auto_max {
	const struct lyd_node *parent;
	const struct snode *list;
	uint64_t max;
};

struct config {
	const struct schema *schema;
	struct lyd_node *root;
	struct cindex entries;	/* by parent and keys */
	struct cindex contents; /* auto-numbered entries by parent and leaves */
	bool indexed, contents_indexed; /* the second when it is first asked for */
	bool unsorted;
	uint64_t generation;	/* changes when nodes were removed */
	VEC(struct auto_max) maxima; /* sorted by nothing; few are in use at a time */
	uint32_t line;		/* given to nodes that are made now */
};

/* One leaf's value in a line. */
struct cvalue {
	const struct snode *leaf;
	const char *value; /* of empty and boolean leaves: NULL, set */
};

struct cvalues {
	VEC(struct cvalue) v;
};

const struct cvalue *cvalues_find(const struct cvalues *vals, const struct snode *leaf);

/* -- config_tree.c: nodes -- */

/* The container or list entry below parent; NULL if it isn't there.  Keys come
 * from vals, or are what leaving them out means. */
struct lyd_node *tree_find(struct config *c, struct lyd_node *parent, const struct snode *s,
		const struct cvalues *vals);
struct lyd_node *tree_get(struct config *c, struct lyd_node *parent, const struct snode *s,
		const struct cvalues *vals);
struct lyd_node *tree_leaf(const struct lyd_node *parent, const struct snode *s);
struct lyd_node *tree_leaf_entry(struct config *c, const struct lyd_node *parent,
		const struct snode *s, const char *value);
/* Sets a leaf, or adds an entry to a leaf-list. */
void tree_set(struct config *c, struct lyd_node *parent, const struct snode *s,
		const char *value);
/* Makes the index of entries, if it isn't there. */
void tree_index(struct config *c);
/* Removes a subtree. */
void tree_remove(struct config *c, struct lyd_node *n);
/* Removes containers and entries from n upwards that say nothing any more. */
void tree_prune(struct config *c, struct lyd_node *n, const struct lyd_node *stop);
/* The same for everything below n. */
void tree_prune_all(struct config *c, struct lyd_node *n);

/* -- config_content.c: numbered entries -- */

/* The auto-numbered entry that has exactly these leaves. */
struct lyd_node *tree_find_content(struct config *c, struct lyd_node *parent,
		const struct snode *list, const struct cvalues *vals);
/* Around changes of an auto-numbered entry's leaves. */
void tree_content_forget(struct config *c, struct lyd_node *entry);
void tree_content_learn(struct config *c, struct lyd_node *entry);
/* The number that a new entry gets. */
uint64_t tree_next_number(struct config *c, struct lyd_node *parent, const struct snode *list);
void tree_number_used(struct config *c, const struct lyd_node *parent, const struct snode *list,
		const char *number);
/* An entry of a list below parent was removed, or parent is: look again. */
void tree_numbers_forget(struct config *c, const struct lyd_node *parent);

/* -- config_sort.c -- */
void tree_sort(struct config *c);

/* -- config_apply.c: lines -- */

struct line_check_arg {
	struct config *config;
	const struct sline *line;
	const struct cvalues *vals;
	struct lyd_node *existing; /* the entry that the line is about, or NULL */
};

/* base is the node of the line's mode.  0, or -EINVAL and a sentence; nothing
 * has changed then.  *ret_node, if not NULL: the anchor (plain form). */
int line_apply(struct config *c, struct lyd_node *base, const struct sline *l,
		const struct gmatch *m, bool no, struct lyd_node **ret_node, struct err *e);
void line_values(const struct sline *l, const struct gmatch *m, struct cvalues *ret);

/* -- config_check.c -- */
unsigned config_repair(struct config *c, const char *name, config_report_fn *report, void *arg);

#endif
