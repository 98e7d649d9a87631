/* Stands in for libFuzzer: gives every file of the directories (or every file) named on the command
 * line to the target, so that `make check` replays each corpus without clang. */
#include <stdint.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Few targets have one. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static int replay_file(const char *path)
{
	autofree char *data = NULL;
	size_t length = 0;
	struct error err = { 0 };
	if (file_read(path, 64u << 20, &data, &length, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		error_clear(&err);
		return -1;
	}
	/* A copy of exactly this size, so that the address sanitizer sees one byte too many. */
	autofree uint8_t *exact = length ? memory_copy(data, length) : NULL;
	LLVMFuzzerTestOneInput(exact, length);
	return 0;
}

static int replay_directory(const char *path, size_t *count)
{
	autostrings struct strings names = { 0 };
	struct error err = { 0 };
	if (directory_list(path, &names, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		error_clear(&err);
		return -1;
	}
	for (size_t i = 0; i < names.count; i++) {
		autofree char *file = path_join(path, names.items[i]);
		if (replay_file(file) < 0)
			return -1;
		++*count;
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		bool directory = path_is_directory(argv[i]);
		if (directory ? replay_directory(argv[i], &count) < 0 : replay_file(argv[i]) < 0)
			return 1;
		count += !directory;
	}
	printf("replayed %zu inputs\n", count);
	return count ? 0 : 1;
}
