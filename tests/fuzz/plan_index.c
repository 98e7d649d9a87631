/* Any bytes as a Packages file: no crash while it is read, solved for the package `app`, or explained. */
#include <stdint.h>
#include <sys/mman.h>

#include "plan/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena *arena = arena_new();
	autofd int fd = memfd_create("Packages", MFD_CLOEXEC);
	struct package_set set = { 0 };
	struct error err = { 0 };

	if (fd < 0 || fd_write_all(fd, data, size, NULL) < 0)
		abort();
	autofree char *path = text_format("/proc/self/fd/%d", fd);
	struct package_index index = { path, "debian", "trixie", "sha256:fuzz" };
	struct package_request request = { .name = "app", .asked_by = "test" };
	struct solve_input input = { &index, 1, "amd64", &request, 1, NULL };
	int result = plan_solve(&input, arena, &set, &err);

	if ((result < 0) != (err.message != NULL) || (result == 0 && set.count == 0))
		abort();
	error_clear(&err);
	return 0;
}
