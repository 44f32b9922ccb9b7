/* A fuzz target without a fuzzer: gives it every file named on the command
 * line, or below the directories named there; with no arguments, those of the
 * target's own corpus in the source tree (make check).  Small inputs are also
 * given cut at every length.  Linked to each tests/fuzz/fuzz_*.c where
 * libFuzzer's own main is not. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CUT_MAX 4096 /* bytes: longer inputs are not cut */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long n_inputs;

/* In an allocation of its exact size, so that AddressSanitizer and valgrind
 * see a read of one byte too many. */
static void input_give(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	n_inputs++;
}

static void file_replay(const char *path, size_t size)
{
	uint8_t *data = malloc(size + 1);
	FILE *f = fopen(path, "rb");

	if (!f || !data || fread(data, 1, size, f) != size) {
		perror(path);
		exit(1);
	}
	fclose(f);
	fprintf(stderr, "%s\n", path);
	input_give(data, size);
	if (size <= CUT_MAX)
		for (size_t cut = 0; cut < size; cut++)
			input_give(data, cut);
	free(data);
}

static void path_replay(const char *path)
{
	struct dirent **names;
	struct stat st;
	int n;

	if (stat(path, &st)) {
		perror(path);
		exit(1);
	}
	if (!S_ISDIR(st.st_mode)) {
		file_replay(path, (size_t)st.st_size);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char sub[4096];

		if (names[i]->d_name[0] != '.') {
			snprintf(sub, sizeof(sub), "%s/%s", path, names[i]->d_name);
			path_replay(sub);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void corpus_replay(const char *program)
{
	const char *srcdir = getenv("srcdir"), *name = strrchr(program, '/');
	char path[4096];

	name = name ? name + 1 : program;
	if (strncmp(name, "fuzz_", 5)) {
		fprintf(stderr, "%s: name a file or a directory\n", program);
		exit(1);
	}
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", name + 5);
	path_replay(path);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		path_replay(argv[i]);
	if (argc == 1)
		corpus_replay(argv[0]);
	fprintf(stderr, "%lu inputs\n", n_inputs);
	return n_inputs == 0;
}
