#include "base/lock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"

#define HOLDER_MAX 400

/* "process 123, which is unpacking the tools root": what the file says, whoever wrote it. Caller frees. */
static char *holder_of(const char *path)
{
	autofree char *text = file_text_or_null(path, HOLDER_MAX);

	if (!text || !*text)
		return text_copy("another hiebox");
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '\0';
	return text_copy(text);
}

static void write_holder(int fd, const char *purpose)
{
	autofree char *line = text_format("process %ld, which is %.300s", (long)getpid(), purpose);

	/* only for people to read: a full disk does not matter */
	if (ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0)
		fd_write_all(fd, line, strlen(line), NULL);
}

int lock_wait(const char *path, const char *purpose, int *ret_fd, struct error *err)
{
	int fd = -1;
	int held = lock_take(path, false, &fd, err);

	if (held > 0) {
		autofree char *holder = holder_of(path);
		double start = clock_seconds();

		progress_warn("waiting for %s (Ctrl-C gives up)", holder);
		held = lock_take(path, true, &fd, err);
		if (held == 0)
			progress_note("waited %.0f s for %s", clock_seconds() - start, holder);
	}
	if (held < 0)
		return -1;
	write_holder(fd, purpose);
	*ret_fd = fd;
	return 0;
}
