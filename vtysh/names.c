/* Names of what is configured, as candidates beside the placeholder of a value.
 * Which lists name it is said in yang/ ("names") and lib/sys/commands.c. */
#include <config.h>

#include "vtysh/names.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/xalloc.h"
#include "lib/sys/grammar_graph.h"

bool names_wanted(const struct grammar_candidates *c)
{
	for (size_t i = 0; i < c->list.n; i++)
		if (c->list.v[i].names)
			return true;
	return false;
}

struct offer {
	const char *last, *help;
	struct grammar_candidates *to;
};

static void offer_name(const struct offer *o, const char *name)
{
	struct grammar_candidate *x;

	if (strncmp(name, o->last, strlen(o->last)) != 0)
		return;
	for (size_t i = 0; i < o->to->list.n; i++)
		if (strcmp(o->to->list.v[i].text, name) == 0)
			return;
	x = vec_push(&o->to->list);
	x->text = xstrdup(name);
	x->help = xstrdup(o->help);
}

/* path: "a/b:leaf" */
static void offer_list(const struct offer *o, const struct config_node *at, const char *path)
{
	const size_t len = strcspn(path, "/:");
	const struct config_node *n;
	struct config_item key;
	char list[64];

	snprintf(list, sizeof(list), "%.*s", (int)len, path);
	CONFIG_FOREACH(n, at, list) {
		size_t first = 0;

		if (path[len] == '/')
			offer_list(o, n, path + len + 1);
		else if (path[len] == ':' && !config_has(n, path + len + 1))
			continue;
		else if (config_item(n, &first, &key) && key.value)
			offer_name(o, key.value);
	}
}

static void offer_kernel_interfaces(const struct offer *o)
{
	struct if_nameindex *all = if_nameindex();

	for (const struct if_nameindex *i = all; i && i->if_index; i++)
		offer_name(o, i->if_name);
	if (all)
		if_freenameindex(all);
}

void names_offer(const struct config *c, const char *last, struct grammar_candidates *ret)
{
	for (size_t i = 0, n = ret->list.n; i < n; i++) {
		char *lists = ret->list.v[i].names ? xstrdup(ret->list.v[i].names) : NULL;
		struct offer o = { last, ret->list.v[i].help, ret };
		char *save = NULL;

		for (char *l = lists ? strtok_r(lists, " ", &save) : NULL; l;
				l = strtok_r(NULL, " ", &save)) {
			offer_list(&o, config_root(c), l);
			if (strcmp(l, "interface") == 0)
				offer_kernel_interfaces(&o);
		}
		free(lists);
	}
	candidates_sort(ret);
}
