/* Any bytes as a Debian lock: no crash, and what was understood is written and read back the same. */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "plan/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_bytes(const void *data, size_t size, struct arena *arena, struct lock *ret_lock)
{
	autofd int fd = memfd_create("lock", MFD_CLOEXEC);
	struct error err = { 0 };

	if (fd < 0 || fd_write_all(fd, data, size, NULL) < 0)
		abort();
	autofree char *path = text_format("/proc/self/fd/%d", fd);
	int result = lock_read(path, arena, ret_lock, &err);

	if ((result < 0) != (err.message != NULL))
		abort();
	error_clear(&err);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena *arena = arena_new();
	struct lock lock = { 0 }, again = { 0 };

	if (read_bytes(data, size, arena, &lock) < 0)
		return 0;
	autofree char *text = lock_text(&lock);

	if (read_bytes(text, strlen(text), arena, &again) < 0)
		abort();
	autofree char *second = lock_text(&again);

	if (strcmp(text, second) != 0)
		abort();
	return 0;
}
