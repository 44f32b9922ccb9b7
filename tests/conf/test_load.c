/* Configuration files as a daemon reads them: in pieces, several as one, and with lines
 * that are left out because the daemon does not take what they make. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/strbuf.h"
#include "lib/sys/config.h"
#include "lib/sys/running.h"
#include "lib/sys/textfile.h"


static char dir[] = "/tmp/test_load.XXXXXX";

static char *file(const char *name, const char *text, size_t len)
{
	static char paths[2][64];
	char *path = paths[*name == 'b'];
	FILE *f;

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert(f != NULL && fwrite(text, 1, len, f) == len && fclose(f) == 0);
	return path;
}

static bool piece_add(void *arg, const char *text, size_t len)
{
	sb_addn(arg, text, len);
	ck_assert(len > 0);
	return true;
}

static bool piece_first(void *arg, const char *text, size_t len)
{
	ck_assert_uint_eq(text[len - 1], '\n');
	piece_add(arg, text, len);
	return false;
}

/* Lines that are longer than a piece, end with one, or have no end. */
START_TEST(a_file_in_pieces)
{
	static const size_t lens[][3] = { { 1, 1, 1 }, { 65535, 65535, 0 }, { 65536, 200000, 5 },
		{ 65534, 131071, 0 }, { 200000, 0, 0 }, { 0, 0, 3 } };
	struct strbuf text = { 0 }, got = { 0 };
	struct err err = { "" };
	char *path;
	int fd;

	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < lens[_i][i]; k++)
			sb_addc(&text, (char)('a' + k % 26));
		if (i < 2)
			sb_addc(&text, '\n');
	}
	path = file("a", text.s, text.len);
	fd = text_file_open(path);
	ck_assert_int_ge(fd, 0);
	for (int again = 0; again < 2; again++) {
		sb_reset(&got);
		ck_assert_int_eq(text_file_pieces(fd, path, piece_add, &got, &err), 0);
		ck_assert_uint_eq(got.len, text.len);
		ck_assert(memcmp(got.s, text.s, text.len) == 0);
	}
	sb_reset(&got);
	ck_assert_int_eq(text_file_pieces(fd, path, piece_first, &got, &err), 0);
	ck_assert_uint_le(got.len, text.len);
	close(fd);
	fd = text_file_open(file("a", "x\n\0y\n", 5));
	ck_assert_int_lt(text_file_pieces(fd, path, piece_add, &got, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "NUL"));
	close(fd);
	ck_assert_int_eq(text_file_open(dir), -1);
	ck_assert_int_eq(text_file_open("-"), -1);
	sb_free(&text);
	sb_free(&got);
}
END_TEST

static unsigned builds;

/* A daemon that takes no more than two VRFs. */
static int build(void *ctx, const struct config *c, void **ret_value, struct err *err)
{
	size_t n = config_count(config_root(c), "vrf");

	(void)ctx;
	builds++;
	*ret_value = NULL;
	return n > 2 ? err_set(err, E2BIG, "%% two VRFs are enough") : 0;
}

static void take(void *ctx, void *value)
{
	(void)ctx;
	(void)value;
}

static const struct running_hooks hooks = { .build = build, .apply = take, .discard = take };

static void loads(struct running *r, const char *a, const char *b, const char *errors,
		const char *want)
{
	char *paths[2] = { file("a", a, strlen(a)), b ? file("b", b, strlen(b)) : NULL };
	struct strbuf out = { 0 }, seen = { 0 };
	struct err err = { "" };

	ck_assert_msg(running_load(r, paths, b ? 2 : 1, true, &err) >= 0, "%s", err.text);
	/* without the directory */
	for (const char *p = running_errors(r), *nl; (nl = strchr(p, '\n')) != NULL; p = nl + 1) {
		const char *at = strrchr(dir, '/') + 1;

		p = strstr(p, at) + strlen(at) + 1;
		sb_addn(&seen, p, (size_t)(nl + 1 - p));
	}
	ck_assert_str_eq(sb_str(&seen), errors);
	config_print(running_config(r), NULL, &out);
	ck_assert_str_eq(sb_str(&out), want);
	sb_free(&out);
	sb_free(&seen);
}

START_TEST(files_and_their_errors)
{
	struct running *r = running_new(schema_table, &hooks, NULL);
	char *path;
	struct err err = { "" };

	loads(r, "hostname a\nbogus\n", "\nbogus\nvrf x\n vni 5",
			"a:2: Unknown command: bogus\nb:2: Unknown command: bogus\n",
			"hostname a\n!\nvrf x\n vni 5\nexit-vrf\n");
	/* the indentation comes late, and in the second file */
	loads(r, "interface e0\nvrf x\nexit\n", " vni 5\n", "b:1: Unknown command: vni 5\n",
			"vrf x\nexit-vrf\n!\ninterface e0\nexit\n");
	/* refused by the daemon: the whole text is needed, and nothing is said twice */
	builds = 0;
	loads(r, "bogus\nvrf x\n vni 5\nvrf y\n", "hostname b\nvrf z\n vni 7\nbogus\n",
			"a:1: Unknown command: bogus\nb:4: Unknown command: bogus\n"
			"b:2: two VRFs are enough\n",
			"hostname b\n!\nvrf x\n vni 5\nexit-vrf\n!\nvrf y\nexit-vrf\n");
	ck_assert_uint_gt(builds, 3);
	/* what can't be read leaves what is running as it is */
	path = file("a", "hostname c\n\0\n", 13);
	ck_assert_int_lt(running_load(r, &path, 1, true, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "NUL"));
	ck_assert_str_eq(config_str(config_root(running_config(r)), "hostname"), "b");
	running_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("load");
	TCase *t = tcase_create("files");
	SRunner *sr;
	char path[64];
	int failed;

	if (!mkdtemp(dir))
		return 1;
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_file_in_pieces, 0, 6);
	tcase_add_test(t, files_and_their_errors);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	for (const char *name = "ab"; *name; name++) {
		snprintf(path, sizeof(path), "%s/%c", dir, *name);
		unlink(path);
	}
	rmdir(dir);
	return failed ? 1 : 0;
}
