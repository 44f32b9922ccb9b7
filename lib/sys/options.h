/* The daemons' command line: one table of options. */
#ifndef WEFT_SYS_OPTIONS_H
#define WEFT_SYS_OPTIONS_H

#include "lib/sys/daemon.h"

/* Fills *o, which is zero before.  Ends the process for -h and -v (status 0)
 * and for what it can't accept (status 1, with a sentence). */
void options_parse(struct daemon_options *o, const struct daemon_info *info, int argc,
		char **argv);
void options_fini(struct daemon_options *o);

#endif
