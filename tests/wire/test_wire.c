/* Golden pairs: tests/wire/NAME.hex is a message as it travels, NAME.txt what
 * it says.  Each is decoded and compared, encoded again and compared, cut at
 * every length, and has its bits flipped.
 *
 * A .hex file has hexadecimal bytes, comments from '#' on, and lines that
 * begin with '@' and say how the message is to be taken (wire_message.h).
 * With arguments: prints the text of the .hex files named. */
#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rng.h"
#include "lib/base/vec.h"
#include "lib/base/xalloc.h"
#include "tests/wire/wire_message.h"

#define FLIPS 300 /* a message */

struct sample {
	uint8_t *bytes;
	size_t len;
	struct wire_options options;
};

static VEC(char *) names;
static char directory[4096];

static char *file_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct strbuf b = { 0 };
	char buf[4096];
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sb_addn(&b, buf, n);
	fclose(f);
	return sb_steal(&b);
}

static bool line_parse(char *line, struct sample *s, char *why)
{
	char *end = strchr(line, '#'), *word, *save;

	if (end)
		*end = 0;
	if (*line == '@') {
		for (word = strtok_r(line + 1, " \t", &save); word; word = strtok_r(NULL, " \t", &save))
			if (!wire_option_parse(&s->options, word)) {
				snprintf(why, 100, "unknown option %s", word);
				return false;
			}
		return true;
	}
	for (char *p = line; *p;) {
		unsigned v;
		int n;

		if (isspace((unsigned char)*p)) {
			p++;
		} else if (sscanf(p, "%2x%n", &v, &n) == 1 && n == 2) {
			s->bytes[s->len++] = (uint8_t)v;
			p += 2;
		} else {
			snprintf(why, 100, "no hexadecimal byte at \"%.10s\"", p);
			return false;
		}
	}
	return true;
}

/* In memory of the exact size, so that sanitizers see what goes beyond. */
static struct sample sample_read(const char *path)
{
	char *text = file_read(path), *save, why[100];
	struct sample s = { 0 };

	if (!text) {
		fprintf(stderr, "%s: can't be read\n", path);
		exit(1);
	}
	wire_options_init(&s.options);
	s.bytes = xmalloc(strlen(text) / 2 + 1);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!line_parse(line, &s, why)) {
			fprintf(stderr, "%s: %s\n", path, why);
			exit(1);
		}
	s.bytes = xrealloc(s.bytes, s.len ? s.len : 1);
	free(text);
	return s;
}

static struct sample sample_named(int i)
{
	char path[4400];

	snprintf(path, sizeof(path), "%s/%s.hex", directory, names.v[i]);
	return sample_read(path);
}

START_TEST(decodes)
{
	struct sample s = sample_named(_i);
	struct strbuf b = { 0 };
	char path[4400], *want;

	snprintf(path, sizeof(path), "%s/%s.txt", directory, names.v[_i]);
	want = file_read(path);
	ck_assert_msg(want != NULL, "%s is missing", path);
	wire_message_text(s.bytes, s.len, &s.options, &b);
	ck_assert_msg(strcmp(sb_str(&b), want) == 0, "%s: got\n%swanted\n%s", names.v[_i], sb_str(&b),
			want);
	sb_free(&b);
	free(want);
	free(s.bytes);
}
END_TEST

START_TEST(encodes)
{
	static uint8_t buf[2 * MSG_EXTENDED_MAX];
	struct sample s = sample_named(_i);
	struct strbuf b = { 0 };
	size_t n = wire_message_again(s.bytes, s.len, &s.options, buf, sizeof(buf));

	/* One that is refused has nothing to encode. */
	if (n && !s.options.one_way) {
		for (size_t i = 0; i < n; i++)
			sb_addf(&b, " %02x", buf[i]);
		ck_assert_msg(n == s.len && memcmp(buf, s.bytes, n) == 0,
				"%s: encoded again as %zu bytes:%s", names.v[_i], n, sb_str(&b));
	}
	wire_message_check(s.bytes, s.len, &s.options);
	sb_free(&b);
	free(s.bytes);
}
END_TEST

/* With the length in the header set right, so that what is behind it is read. */
static void message_check_cut(const struct sample *s, const uint8_t *bytes, size_t len)
{
	uint8_t *exact = xmemdup(bytes, len);

	wire_message_check(exact, len, &s->options);
	if (len >= MSG_HEADER_SIZE) {
		exact[16] = (uint8_t)(len >> 8);
		exact[17] = (uint8_t)len;
		wire_message_check(exact, len, &s->options);
	}
	free(exact);
}

START_TEST(cut_at_every_length)
{
	struct sample s = sample_named(_i);

	for (size_t n = 0; n < s.len; n++)
		message_check_cut(&s, s.bytes, n);
	free(s.bytes);
}
END_TEST

START_TEST(bits_flipped)
{
	struct sample s = sample_named(_i);
	uint8_t *copy = xmemdup(s.bytes, s.len);
	struct rng rng = { (uint64_t)_i + 1 };

	for (int i = 0; i < FLIPS && s.len > MSG_HEADER_SIZE; i++) {
		memcpy(copy, s.bytes, s.len);
		for (uint64_t k = rng_below(&rng, 3) + 1; k; k--)
			copy[MSG_HEADER_SIZE + rng_below(&rng, s.len - MSG_HEADER_SIZE)] ^=
					(uint8_t)(1u << rng_below(&rng, 8));
		wire_message_check(copy, s.len, &s.options);
	}
	free(copy);
	free(s.bytes);
}
END_TEST

static int text_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_read(void)
{
	const char *srcdir = getenv("srcdir");
	struct dirent *e;
	DIR *d;

	snprintf(directory, sizeof(directory), "%s/tests/wire", srcdir ? srcdir : ".");
	d = opendir(directory);
	if (!d) {
		perror(directory);
		exit(1);
	}
	while ((e = readdir(d)) != NULL) {
		char *dot = strrchr(e->d_name, '.');

		if (dot && strcmp(dot, ".hex") == 0) {
			*dot = 0;
			*vec_push(&names) = xstrdup(e->d_name);
		}
	}
	closedir(d);
	qsort(names.v, names.n, sizeof(names.v[0]), text_order);
}

int main(int argc, char **argv)
{
	struct strbuf b = { 0 };
	TCase *t = tcase_create("wire");
	Suite *suite = suite_create("wire");
	SRunner *runner;
	int failed;

	for (int i = 1; i < argc; i++) {
		struct sample s = sample_read(argv[i]);

		wire_message_text(s.bytes, s.len, &s.options, &b);
		free(s.bytes);
	}
	if (argc > 1) {
		fputs(sb_str(&b), stdout);
		sb_free(&b);
		return 0;
	}
	names_read();
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, decodes, 0, (int)names.n);
	tcase_add_loop_test(t, encodes, 0, (int)names.n);
	tcase_add_loop_test(t, cut_at_every_length, 0, (int)names.n);
	tcase_add_loop_test(t, bits_flipped, 0, (int)names.n);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	for (size_t i = 0; i < names.n; i++)
		free(names.v[i]);
	vec_free(&names);
	return failed != 0;
}
