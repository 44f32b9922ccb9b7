/* Text files. */
#include <config.h>

#include "lib/sys/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/xalloc.h"

static int not_text(const char *path, struct err *err)
{
	return err_set(err, EINVAL, "%s: not a text: it has a NUL byte", path);
}

int text_file_read(const char *path, struct strbuf *out, struct err *err)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	size_t before = out->len;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (!out->s && fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= TEXT_FILE_MAX) {
		out->room = (size_t)st.st_size + 2;
		out->s = xmalloc_huge(out->room);
		*out->s = 0;
	}
	/* what has no size comes in pieces; a file ends where its room does */
	for (;;) {
		sb_room(out, out->room > out->len + 1 ? 1 : 65536);
		n = read(fd, out->s + out->len, out->room - out->len - 1);
		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || out->len - before > TEXT_FILE_MAX)
			break;
		sb_used(out, (size_t)n);
	}
	n = n < 0 ? -errno : n > 0 ? -EFBIG : 0;
	close(fd);
	if (n < 0)
		return err_set(err, (int)-n, "%s: %s", path, strerror((int)-n));
	if (out->len > before && memchr(out->s + before, 0, out->len - before))
		return not_text(path, err);
	return 0;
}

int text_file_open(const char *path)
{
	int fd = strcmp(path, "-") == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > TEXT_FILE_MAX)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

#define PIECE 65536 /* bytes; stays in a processor's cache while it is worked on */

/* Hands over what is whole, and keeps the rest.  Only the last `fresh` bytes may have a line's end. */
static bool give_lines(struct strbuf *b, size_t fresh, text_piece_fn *fn, void *arg)
{
	char *end = memrchr(b->s + b->len - fresh, '\n', fresh);
	size_t n = end ? (size_t)(end + 1 - b->s) : 0;
	bool more;

	if (n == 0)
		return true;
	more = fn(arg, b->s, n);
	memmove(b->s, b->s + n, b->len - n);
	b->len -= n;
	return more;
}

int text_file_pieces(int fd, const char *path, text_piece_fn *fn, void *arg, struct err *err)
{
	struct strbuf b = { 0 };
	size_t sum = 0;
	int rc = 0;
	ssize_t n = 1;

	while (rc == 0 && n > 0) {
		char *at = sb_room(&b, PIECE);

		n = pread(fd, at, PIECE, (off_t)sum);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n < 0)
			rc = err_set(err, errno, "%s: %s", path, strerror(errno));
		if (n <= 0)
			break;
		sum += (size_t)n;
		sb_used(&b, (size_t)n);
		if (memchr(at, 0, (size_t)n))
			rc = not_text(path, err);
		else if (sum > TEXT_FILE_MAX)
			rc = err_set(err, EFBIG, "%s: %s", path, strerror(EFBIG));
		else if (!give_lines(&b, (size_t)n, fn, arg))
			b.len = 0, n = 0;
	}
	if (rc == 0 && b.len)
		fn(arg, b.s, b.len);
	sb_free(&b);
	return rc;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static void dir_of(const char *path, char dir[PATH_MAX])
{
	char *slash;

	snprintf(dir, PATH_MAX, "%s", path);
	slash = strrchr(dir, '/');
	if (!slash)
		strcpy(dir, ".");
	else
		slash[slash == dir] = '\0';
}

static void sync_dir(const char *path)
{
	char dir[PATH_MAX];
	int fd;

	dir_of(path, dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* The old file under its second name: a hard link, so that PATH is never
 * missing. */
static void keep_old(const char *path)
{
	char sav[PATH_MAX + 8];

	snprintf(sav, sizeof(sav), "%s.sav", path);
	unlink(sav);
	if (link(path, sav) < 0)
		return; /* there was none, or the file system has no links */
}

int text_file_replace(const char *path, const char *text, size_t len, struct err *err)
{
	char target[PATH_MAX], tmp[PATH_MAX + 8], dir[PATH_MAX];
	struct stat st;
	bool had;
	int fd, r;

	/* A symbolic link stays one: what it points to is replaced. */
	if (!realpath(path, target))
		snprintf(target, sizeof(target), "%s", path);
	had = stat(target, &st) == 0;
	/* The first write of a new installation. */
	dir_of(target, dir);
	mkdir(dir, 0755);
	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", target);
	fd = mkstemp(tmp);
	if (fd < 0)
		return err_set(err, errno, "%s: can't make a file beside it: %s", path,
				strerror(errno));
	r = fchmod(fd, had ? st.st_mode & 07777 : 0640) < 0 ? -errno : 0;
	if (had && fchown(fd, st.st_uid, st.st_gid) < 0 && errno != EPERM)
		r = -errno;
	if (r == 0)
		r = write_all(fd, text, len);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && had)
		keep_old(target);
	if (r == 0 && rename(tmp, target) < 0)
		r = -errno;
	if (r < 0) {
		unlink(tmp);
		return err_set(err, -r, "%s: not written, the old file stays: %s", path,
				strerror(-r));
	}
	sync_dir(target);
	return 0;
}
