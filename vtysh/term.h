/* A person at a terminal: line editing, history, completion, help. */
#ifndef WEFT_VTYSH_TERM_H
#define WEFT_VTYSH_TERM_H

#include "vtysh/vtysh.h"

/* Reads and carries out lines until the end.  history: the file to keep them
 * in, or NULL.  Returns false if the terminal can't be used. */
bool term_run(struct vtysh *v, const char *history);

#endif
