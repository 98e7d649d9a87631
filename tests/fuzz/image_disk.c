/* A disk image of somebody else: its table, its manifest. */
#define _GNU_SOURCE 1
#include <stdint.h>
#include <sys/mman.h>

#include "image/disk.h"
#include "image/gpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct gpt gpt;
	autofree char *text = NULL;
	autofd int fd = memfd_create("disk", MFD_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, data, size, NULL) < 0)
		return 0;
	if (gpt_read(fd, &gpt, &err) == 0)
		gpt_clear(&gpt);
	error_clear(&err);
	manifest_read(fd, &text, &err);
	error_clear(&err);
	return 0;
}
