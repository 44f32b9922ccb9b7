/* One vtysh: what all its parts share, and how a line is carried out. */
#ifndef WEFT_VTYSH_VTYSH_H
#define WEFT_VTYSH_VTYSH_H

#include <stdbool.h>

#include "lib/sys/commands.h"
#include "vtysh/daemons.h"
#include "vtysh/edit.h"
#include "vtysh/output.h"

struct vtysh {
	struct daemons *daemons;
	struct output *out;
	struct edit *edit;	 /* NULL in the exec mode */
	const char *config_file; /* of which to speak when no daemon is running */
	bool interactive;	 /* a person types */
	bool numbered;		 /* lines of a file: faults are told with their number */
	bool quit;
	unsigned line_number;
	void (*show_history)(struct output *o); /* NULL if there is none */
};

/* Carries out a line in the mode that v is in.  Returns false if it failed, after
 * saying why. */
bool vtysh_line(struct vtysh *v, const char *line);
/* Leaves the configuration modes; false if what waited was refused. */
bool vtysh_leave_edit(struct vtysh *v);

/* What may follow a partial line. */
void vtysh_complete(const struct vtysh *v, const char *partial, struct grammar_candidates *ret);
/* The same with the names of what is configured. */
void vtysh_offers(struct vtysh *v, const char *partial, struct grammar_candidates *ret);
/* Prints what may follow, as `?` does. */
void vtysh_help(struct vtysh *v, const char *partial);

#endif
