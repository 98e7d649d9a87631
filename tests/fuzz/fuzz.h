/* What the targets share: a check that stops the run, files that lie in memory, a folder of their own, and
 * mutations that keep checksums and sizes right, so that the bytes behind them are reached. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/base.h"
#include "fetch/fetch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
/* libFuzzer's own mutation; replay.c has none. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

#define TAR_BLOCK 512u
#define AR_HEADER 60u

static inline void must(bool condition)
{
	if (!condition)
		abort();
}

/* The input as a text that ends with NUL; caller frees. */
static inline char *input_text(const uint8_t *data, size_t size)
{
	return text_copy_n((const char *)data, size);
}

/* Fills the one file in memory that a target keeps open, and returns its descriptor. Opened by its name
 * (memory_path()) it is read from the start. */
static inline int memory_fill(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	must(fd >= 0 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	must(fd_write_all(fd, data, size, NULL) == 0);
	return fd;
}

static inline char *memory_path(void)
{
	return text_format("/proc/self/fd/%d", memory_fill((const uint8_t *)"", 0));
}

static char *fuzz_folder;

static inline void folder_remove(void)
{
	tree_remove(fuzz_folder, NULL);
	free(fuzz_folder);
	fuzz_folder = NULL;
}

/* A folder of this process below $TMPDIR, gone when it ends. Made at the first call. */
static inline const char *folder(void)
{
	const char *parent = getenv("TMPDIR");

	if (fuzz_folder)
		return fuzz_folder;
	must(directory_temporary(parent ? parent : "/tmp", "hiebox-fuzz-", &fuzz_folder, NULL) == 0);
	atexit(folder_remove);
	return fuzz_folder;
}

/* 64 hex digits: the name of the one blob in the store that a target's folder is. */
#define BLOB "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* The input is that blob from now on. */
static inline void blob_is_input(void)
{
	const struct store store = { .path = (char *)folder() };
	autofree char *blob = store_blob(&store, "sha256:" BLOB);
	autofree char *above = path_directory(blob), *input = memory_path();

	must(directory_make(above, 0755, NULL) == 0 && symlink(input, blob) == 0);
}

/* Right checksums for all headers of a tar (tar(5)). */
static inline void tar_mend(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + TAR_BLOCK <= size;) {
		uint8_t *header = data + at;
		char digits[13] = { 0 };
		unsigned sum = 0;

		memset(header + 148, ' ', 8);
		for (size_t i = 0; i < TAR_BLOCK; i++)
			sum += header[i];
		if (sum == 8 * ' ') { /* the end's zeros */
			memset(header + 148, 0, 8);
			return;
		}
		for (size_t i = 6; i-- > 0; sum >>= 3)
			header[148 + i] = (uint8_t)('0' + (sum & 7));
		header[154] = '\0';
		memcpy(digits, header + 124, 12);
		uint64_t length = strtoull(digits, NULL, 8);
		if (length > size - at)
			return;
		at += TAR_BLOCK + (length + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	}
}

/* Changes one member of an ar archive and writes its size into its header (ar(5)). 0: it is no such archive. */
static inline size_t ar_mutate(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	size_t at = 8, starts[8], count = 0;

	while (at + AR_HEADER <= size && count < LENGTH(starts)) {
		char digits[11] = { 0 };

		starts[count++] = at;
		memcpy(digits, data + at + 48, 10);
		uint64_t length = strtoull(digits, NULL, 10);
		if (length > size - at - AR_HEADER)
			break;
		at += AR_HEADER + length + (length & 1);
	}
	if (!count)
		return 0;
	size_t chosen = seed % count, begin = starts[chosen] + AR_HEADER;
	size_t end = chosen + 1 < count ? starts[chosen + 1] : size, rest = size - end;
	autofree uint8_t *behind = memory_copy(data + end, rest);
	size_t length = LLVMFuzzerMutate(data + begin, end - begin, room - begin - rest - 1);

	tar_mend(data + begin, length);
	char text[11];
	snprintf(text, sizeof text, "%-10zu", length);
	memcpy(data + begin - 12, text, 10);
	if (length & 1)
		data[begin + length++] = '\n';
	memcpy(data + begin + length, behind, rest);
	return begin + length + rest;
}

#endif
