/* A backup's archive as a restore reads it: any bytes as tar, and its first file as a manifest. */
#include <string.h>
#include <sys/mman.h>

#include "agent/backup_content.h"
#include "fuzz.h"

struct seen {
	struct manifest manifest;
	bool begun;
};

static int take(void *context, struct tar_reader *reader, const struct tar_entry *entry, struct error *err)
{
	struct seen *seen = context;
	autobuffer struct buffer text = { .maximum = MANIFEST_MAX };
	char block[4096];
	ssize_t got;
	if (!path_is_clean(entry->path) || strlen(entry->path) > MEMBER_NAME_MAX || entry->mode > 0777)
		abort();
	while ((got = tar_read(reader, block, sizeof block, err)) > 0)
		buffer_add(&text, block, (size_t)got);
	if (got < 0 || seen->begun)
		return (int)got;
	seen->begun = true;
	return manifest_parse(text.data ? text.data : "", text.length, &seen->manifest, err);
}

/* Whatever was taken is nowhere but where backups have their files. */
static void check(const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->member_count; i++) {
		const char *path = manifest->members[i].path;
		if (!path_is_clean(path) || strstr(path, "..") == path
		    || !(text_starts(path, "box/var/lib/hie/") || text_starts(path, "state/") || text_starts(path, "database/")))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { 0 };
	struct error err = { 0 };
	int fd = memfd_create("archive", MFD_CLOEXEC);
	if (fd < 0 || fd_write_all(fd, data, size, NULL) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	struct tar_reader reader = { .file = take, .context = &seen, .fd = fd };
	tar_walk(&reader, &err);
	check(&seen.manifest);
	manifest_clear(&seen.manifest);
	error_clear(&err);
	close(fd);
	return 0;
}
