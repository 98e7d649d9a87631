/* Kept data of packages; see unpacked.h. Lies in unpacked/<sha256 of the .deb>.tar.zst, its own digest beside it. */
#include "assemble/unpacked.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Of the demo's 827 MB (13.7 s of processor time by xz): level 1 takes 3.2 s to write 358 MB and 0.9 s to read
 * them, level 3 takes 3.9 s, 326 MB, 1.1 s. */
#define LEVEL "1"

struct unpacked {
	char *data, *digest;               /* final names */
	char *unfinished, *unfinished_digest;
	struct archive *archive;
	struct archive_entry *entry;
	int fd;
	bool failed;
};

static char *place(const struct store *store, const char *sha256, const char *ending)
{
	return text_format("%s/unpacked/%s%s", store->path, sha256, ending);
}

static bool is_whole(const char *data, const char *digest)
{
	autofree char *expected = file_text_or_null(digest, HASH_HEX_MAX);
	char found[HASH_HEX_MAX];
	return expected && hash_file("sha256", data, found, NULL) == 0 && text_equal(expected, found);
}

int unpacked_read(const struct store *store, const char *sha256, archive_visit *visit, void *context,
		  struct error *err)
{
	autofree char *data = place(store, sha256, ".tar.zst"), *digest = place(store, sha256, ".digest");
	if (!path_exists(data))
		return 1;
	if (!is_whole(data, digest)) {
		progress_note("%s is damaged: the package itself is read", data);
		unlink(data);
		unlink(digest);
		return 1;
	}
	const struct archive_input input = { data, INPUT_TAR, UINT64_MAX }; /* we wrote it ourselves */
	return archive_each(&input, visit, context, err);
}

static bool open_archive(struct unpacked *unpacked)
{
	struct archive *archive = unpacked->archive = archive_write_new();
	unpacked->entry = archive_entry_new();
	archive_entry_set_filetype(unpacked->entry, AE_IFREG);
	return archive_write_add_filter_zstd(archive) == ARCHIVE_OK &&
	       archive_write_set_filter_option(archive, "zstd", "compression-level", LEVEL) == ARCHIVE_OK &&
	       archive_write_set_format_raw(archive) == ARCHIVE_OK &&
	       archive_write_open_fd(archive, unpacked->fd) == ARCHIVE_OK &&
	       archive_write_header(archive, unpacked->entry) == ARCHIVE_OK;
}

struct unpacked *unpacked_begin(const struct store *store, const char *sha256)
{
	struct unpacked *unpacked = memory_alloc(sizeof *unpacked);
	unpacked->data = place(store, sha256, ".tar.zst");
	unpacked->digest = place(store, sha256, ".digest");
	unpacked->unfinished = text_format("%s/unpacked-%s", store->work, sha256);
	unpacked->unfinished_digest = text_format("%s.digest", unpacked->unfinished);
	autofree char *folder = path_directory(unpacked->data);
	struct error ignored = { 0 };
	unpacked->fd = -1;
	if (directory_make(folder, 0755, &ignored) == 0)
		unpacked->fd = open(unpacked->unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	error_clear(&ignored);
	unpacked->failed = unpacked->fd < 0 || !open_archive(unpacked);
	return unpacked;
}

void unpacked_add(void *context, const void *bytes, size_t length)
{
	struct unpacked *unpacked = context;
	if (unpacked && !unpacked->failed && archive_write_data(unpacked->archive, bytes, length) != (la_ssize_t)length)
		unpacked->failed = true;
}

/* The digest is there before the data: data without a digest is damaged data. */
static bool publish(const struct unpacked *unpacked)
{
	char digest[HASH_HEX_MAX];
	struct error ignored = { 0 };
	bool good = hash_file("sha256", unpacked->unfinished, digest, &ignored) == 0 &&
		    file_write_plain(unpacked->unfinished_digest, digest, strlen(digest), 0644, &ignored) == 0 &&
		    rename(unpacked->unfinished_digest, unpacked->digest) == 0 &&
		    rename(unpacked->unfinished, unpacked->data) == 0;
	error_clear(&ignored);
	return good;
}

void unpacked_end(struct unpacked *unpacked, bool whole)
{
	if (!unpacked)
		return;
	if (unpacked->archive && archive_write_free(unpacked->archive) != ARCHIVE_OK)
		unpacked->failed = true;
	if (unpacked->entry)
		archive_entry_free(unpacked->entry);
	if (unpacked->fd >= 0 && close(unpacked->fd))
		unpacked->failed = true;
	if (whole && (unpacked->failed || !publish(unpacked)))
		progress_note("%s could not be kept", unpacked->data);
	unlink(unpacked->unfinished);
	free(unpacked->data);
	free(unpacked->digest);
	free(unpacked->unfinished);
	free(unpacked->unfinished_digest);
	free(unpacked);
}
