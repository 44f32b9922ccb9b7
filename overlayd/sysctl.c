/* Kernel settings below /proc/sys: see sysctl.h. */
#include "overlayd/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int sysctl_read(const char *path, int64_t *ret)
{
	char text[32];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return n < 0 ? errno : EIO;
	text[n] = 0;
	*ret = strtoll(text, NULL, 10);
	return 0;
}

static int sysctl_write(const char *path, int64_t value)
{
	char text[32];
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;
	int n = snprintf(text, sizeof(text), "%lld\n", (long long)value);

	if (fd < 0)
		return errno;
	if (write(fd, text, (size_t)n) != n)
		rc = errno;
	close(fd);
	return rc;
}

int sysctl_ensure(const char *path, int64_t value, bool at_least, int64_t *ret_value)
{
	char full[256];
	int rc;

	*ret_value = 0;
	snprintf(full, sizeof(full), "/proc/sys/%s", path);
	rc = sysctl_read(full, ret_value);
	if (rc || *ret_value == value || (at_least && *ret_value > value))
		return rc;
	rc = sysctl_write(full, value);
	/* Some settings of IPv6 are made and yet answered with an error. */
	if (sysctl_read(full, ret_value) == 0 && *ret_value == value)
		return 0;
	return rc;
}
