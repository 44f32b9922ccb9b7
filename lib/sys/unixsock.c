/* Unix stream sockets in a run directory. */
#include <config.h>

#include "lib/sys/unixsock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int make_dirs(const char *dir)
{
	char path[256];

	if (strlen(dir) >= sizeof(path))
		return -ENAMETOOLONG;
	strcpy(path, dir);
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int address(struct sockaddr_un *sa, const char *dir, const char *file)
{
	int n;

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	n = snprintf(sa->sun_path, sizeof(sa->sun_path), "%s/%s", dir, file);
	return n < 0 || (size_t)n >= sizeof(sa->sun_path) ? -ENAMETOOLONG : 0;
}

int unix_connect(const char *dir, const char *file, int flags)
{
	struct sockaddr_un sa;
	int fd, r = address(&sa, dir, file);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

int unix_listen(const char *dir, const char *file, char *path, size_t path_size, struct err *err)
{
	struct sockaddr_un sa;
	mode_t mask;
	int fd, r = make_dirs(dir);

	if (r < 0)
		return err_set(err, -r, "%s: %s", dir, strerror(-r));
	r = address(&sa, dir, file);
	if (r < 0 || strlen(sa.sun_path) >= path_size)
		return err_set(err, ENAMETOOLONG, "%s/%s: too long for a socket's name", dir, file);
	fd = unix_connect(dir, file, SOCK_NONBLOCK);
	if (fd >= 0 || fd == -EAGAIN) {
		if (fd >= 0)
			close(fd);
		return err_set(err, EADDRINUSE, "%s: another process is listening there",
				sa.sun_path);
	}
	unlink(sa.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, errno, "socket: %s", strerror(errno));
	mask = umask(0117);
	r = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 32) < 0 ? -errno : 0;
	umask(mask);
	if (r < 0) {
		close(fd);
		return err_set(err, -r, "%s: %s", sa.sun_path, strerror(-r));
	}
	strcpy(path, sa.sun_path);
	return fd;
}
