/* Names of what is configured, offered where a value may come. */
#ifndef WEFT_VTYSH_NAMES_H
#define WEFT_VTYSH_NAMES_H

#include "lib/sys/config.h"

/* Does any candidate name something that a configuration may know? */
bool names_wanted(const struct grammar_candidates *c);
/* Adds the names that begin with `last` (of interfaces also the kernel's). */
void names_offer(const struct config *c, const char *last, struct grammar_candidates *ret);

#endif
