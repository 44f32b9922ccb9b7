/* Changes to the running configuration, made by all running daemons or by none:
 * each checks the change, then all apply it. */
#ifndef WEFT_VTYSH_COMMIT_H
#define WEFT_VTYSH_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/vec.h"
#include "vtysh/daemons.h"

struct refusal {
	uint32_t line; /* 0: none in particular */
	char *text;
	unsigned owners; /* who refused it */
};

struct change {
	const char *node;    /* lines that lead to where the text begins; "" for the top */
	const char *text;    /* the lines */
	size_t len;
	uint32_t first_line; /* number of the first */
	bool lenient;	     /* lines that are refused are left out */
	VEC(struct refusal) refusals; /* filled in */
};

/* Returns 0 if it was applied (lenient: without the lines refused), -EINVAL if
 * it was refused, -ENOTCONN if no daemon is running. */
int commit_change(struct daemons *d, struct change *c);
void change_fini(struct change *c);
/* Prints the refusals, each once: "line 3: ..." if numbered. */
void change_print(const struct change *c, bool numbered);

#endif
