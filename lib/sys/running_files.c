/* Configuration files, read in pieces while they become a tree.  Only when the daemon
 * does not take the tree, and lines have to be left out one by one, are they
 * read as a whole. */
#include "lib/sys/running_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sys/log.h"
#include "lib/sys/textfile.h"

static void files_report(void *arg, const char *name, uint32_t line, const char *sentence)
{
	struct files *f = arg;
	size_t i = f->n;
	struct strbuf *b = f->errors;

	(void)name;
	if (strncmp(sentence, "% ", 2) == 0)
		sentence += 2;
	while (i > 1 && f->first[i - 1] > line)
		i--;
	if (line)
		line -= (uint32_t)f->first[i - 1] - 1;
	if (line)
		sb_addf(b, "%s:%u: %s\n", f->names[i - 1], line, sentence);
	else
		sb_addf(b, "%s: %s\n", f->names[i - 1], sentence);
}

static int files_read(struct files *f, struct err *err)
{
	size_t line = 1;

	for (size_t i = 0; i < f->n; i++) {
		size_t before = f->text.len;
		int rc = text_file_read(f->names[i], &f->text, err);

		f->first[i] = line;
		if (rc == -ENOENT && !f->must_exist) {
			log_notice("%s: not there; starting with an empty configuration", f->names[i]);
			continue;
		}
		if (rc < 0)
			return rc;
		if (f->text.len > before && f->text.s[f->text.len - 1] != '\n')
			sb_addc(&f->text, '\n');
		for (size_t k = before; i + 1 < f->n && k < f->text.len; k++)
			line += f->text.s[k] == '\n';
	}
	return 0;
}

/* False, and none is open, if one of them can't be read in pieces. */
static bool files_open(struct files *f, size_t *ret_size)
{
	struct stat st;

	*ret_size = 0;
	for (size_t i = 0; i < f->n; i++)
		f->fds[i] = -1;
	for (size_t i = 0; i < f->n; i++) {
		f->fds[i] = text_file_open(f->names[i]);
		if (f->fds[i] < 0 || fstat(f->fds[i], &st) < 0) {
			files_close(f);
			return false;
		}
		*ret_size += (size_t)st.st_size;
	}
	return true;
}

void files_close(struct files *f)
{
	for (size_t i = 0; i < f->n && i < FILES_MAX; i++) {
		if (f->fds[i] >= 0)
			close(f->fds[i]);
		f->fds[i] = -1;
	}
	sb_free(&f->text);
}

static bool load_piece(void *arg, const char *text, size_t len)
{
	config_load_piece(arg, text, len);
	return true;
}

static bool files_pieces(void *arg, struct config_load *l)
{
	struct files *f = arg;
	int rc = 0;

	for (size_t i = 0; i < f->n; i++)
		f->first[i] = SIZE_MAX; /* not begun: no report is about it */
	for (size_t i = 0; i < f->n && rc == 0; i++) {
		f->first[i] = config_load_lines(l) + 1;
		rc = text_file_pieces(f->fds[i], f->names[i], load_piece, l, &f->err);
	}
	return rc == 0;
}

struct look {
	bool begun, indented;
};

static bool look_at_piece(void *arg, const char *text, size_t len)
{
	struct look *l = arg;

	l->indented = (l->begun && (*text == ' ' || *text == '\t')) ||
			config_text_is_indented(text, len);
	l->begun = true;
	return !l->indented;
}

/* Asked of the text when it matters, if it ever does. */
static bool files_indented(void *arg)
{
	struct files *f = arg;
	struct look l = { 0 };
	struct err err;

	for (size_t i = 0; i < f->n && !l.indented; i++) {
		if (text_file_pieces(f->fds[i], f->names[i], look_at_piece, &l, &err) < 0)
			break; /* reading it once more will tell */
	}
	return l.indented;
}

static bool files_whole(void *arg, struct source *s)
{
	struct files *f = arg;

	sb_reset(f->errors);
	if (files_read(f, &f->err) < 0)
		return false;
	s->text = sb_str(&f->text);
	s->len = f->text.len;
	return true;
}

int files_source(struct files *f, struct source *ret, struct err *err)
{
	size_t size;

	if (f->n > FILES_MAX)
		return err_set(err, E2BIG, "too many configuration files");
	if (files_open(f, &size)) {
		source_init(ret, f->names[0], NULL, size, 1);
		ret->pieces = files_pieces;
		ret->indented = files_indented;
		ret->whole = files_whole;
		ret->pieces_arg = f;
	} else {
		int rc = files_read(f, err);

		if (rc < 0)
			return rc;
		source_init(ret, f->names[0], sb_str(&f->text), f->text.len, 1);
	}
	ret->report = files_report;
	ret->report_arg = f;
	return 0;
}
