/* The running configuration as text, and its file. */
#ifndef WEFT_VTYSH_FILES_H
#define WEFT_VTYSH_FILES_H

#include <stdbool.h>

#include "vtysh/daemons.h"
#include "vtysh/output.h"

/* Each returns false after saying why. */

/* owner: 0 for all, else only what that daemon reads. */
bool files_show_running(struct daemons *d, unsigned owner, bool header, struct output *o);
/* fallback: the file if no daemon says which it reads. */
bool files_show_startup(struct daemons *d, const char *fallback, struct output *o);
bool files_write(struct daemons *d, struct output *o);

/* The configured host name, appended to *out if there is one. */
void files_hostname(struct daemons *d, struct strbuf *out);

#endif
