/* Words for what the kernel answers.  strerror() depends on the locale and may
 * keep state; a core does neither. */
#include <errno.h>

#include "overlayd/core/state.h"

static const struct {
	int error;
	const char *text;
} rows[] = {
	{ EPERM, "not permitted" },
	{ ENOENT, "no such entry" },
	{ ESRCH, "no such object" },
	{ EINTR, "interrupted" },
	{ EIO, "input or output error" },
	{ ENXIO, "no such device or address" },
	{ E2BIG, "too much data" },
	{ EAGAIN, "try again" },
	{ ENOMEM, "out of memory" },
	{ EACCES, "access denied" },
	{ EBUSY, "in use" },
	{ EEXIST, "exists already" },
	{ ENODEV, "no such device" },
	{ EINVAL, "invalid" },
	{ ENFILE, "too many open files in the system" },
	{ EMFILE, "too many open files" },
	{ ENOSPC, "no room left" },
	{ EROFS, "read-only" },
	{ ERANGE, "out of range" },
	{ ELOOP, "a loop" },
	{ EMSGSIZE, "message too long" },
	{ EOPNOTSUPP, "not supported by this kernel" },
	{ EPROTONOSUPPORT, "protocol not supported by this kernel" },
	{ EAFNOSUPPORT, "address family not supported by this kernel" },
	{ EADDRINUSE, "address in use" },
	{ EADDRNOTAVAIL, "no such address" },
	{ ENETDOWN, "the link is down" },
	{ ENETUNREACH, "network unreachable" },
	{ EHOSTUNREACH, "no route to the gateway" },
	{ ENOBUFS, "buffers overran" },
	{ ETIMEDOUT, "timed out" },
	{ ENOTCONN, "not connected" },
};

const char *errno_text(int error)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].error == error)
			return rows[i].text;
	return "refused, for a reason without a name here";
}
