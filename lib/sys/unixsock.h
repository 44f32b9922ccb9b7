/* Unix stream sockets in a run directory. */
#ifndef WEFT_SYS_UNIXSOCK_H
#define WEFT_SYS_UNIXSOCK_H

#include <stddef.h>

#include "lib/base/err.h"

/* Listens on DIR/FILE, mode 0660; makes DIR (and its parents) if need be.  A
 * file that nobody listens on any more is replaced.  Returns the descriptor
 * (non-blocking, close-on-exec) with the path in path[], or -errno with a
 * sentence; -EADDRINUSE if another process answers there. */
int unix_listen(const char *dir, const char *file, char *path, size_t path_size, struct err *err);

/* Returns a connected descriptor or -errno.  flags: SOCK_NONBLOCK or 0; a Unix
 * socket connects at once or not at all. */
int unix_connect(const char *dir, const char *file, int flags);

#endif
