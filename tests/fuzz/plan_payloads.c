/* Any bytes as an npm lock and as a maven lock: no crash, and every path that was taken is a safe one. */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "plan/payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as(enum source_kind kind, const char *path)
{
	autoarena struct arena *arena = arena_new();
	struct diagnostics mistakes = { 0 };
	const struct source source = { .kind = kind, .lock = path };
	struct planned_source planned = { .source = &source };

	if ((plan_payloads(&planned, arena, &mistakes) < 0) != (mistakes.count > 0))
		abort();
	for (size_t i = 0; i < planned.payload_count; i++)
		if (!path_is_clean(planned.payloads[i].target) || !path_is_clean(planned.payloads[i].location) ||
		    !strchr(planned.payloads[i].digest, ':'))
			abort();
	diagnostics_clear(&mistakes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofd int fd = memfd_create("lock", MFD_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, data, size, NULL) < 0)
		abort();
	autofree char *path = text_format("/proc/self/fd/%d", fd);

	read_as(SOURCE_NPM, path);
	read_as(SOURCE_MAVEN, path);
	return 0;
}
