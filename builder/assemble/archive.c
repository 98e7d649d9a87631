/* Reading archives; see archive.h. */
#include "assemble/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define BLOCK (128u << 10)
#define MEMBER_MAXIMUM (256u << 20)

static void archive_close(struct archive **archive)
{
	if (*archive)
		archive_read_free(*archive);
}
#define autoarchive __attribute__((cleanup(archive_close)))

static int archive_problem(struct archive *archive, struct error *err)
{
	const char *text = archive_error_string(archive);
	return error_set(err, "%s", text ? text : "damaged archive");
}

static int visit_entries(struct archive *archive, archive_visit *visit, void *context, struct error *err)
{
	for (;;) {
		struct archive_entry *entry;
		int got = archive_read_next_header(archive, &entry);
		if (got == ARCHIVE_EOF)
			return 0;
		/* a warning is about a character set; the raw bytes of the name are what we use */
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
			return archive_problem(archive, err);
		int answer = visit(context, archive, entry, err);
		if (answer)
			return answer < 0 ? -1 : 0;
	}
}

static ssize_t read_member(struct archive *inner, void *context, const void **ret_block)
{
	struct archive *outer = context;
	size_t length = 0;
	la_int64_t offset;
	int got = archive_read_data_block(outer, ret_block, &length, &offset);
	if (got == ARCHIVE_EOF)
		return 0;
	if (got != ARCHIVE_OK) {
		archive_set_error(inner, EIO, "%s", archive_error_string(outer));
		return -1;
	}
	return (ssize_t)length;
}

static struct archive *tar_reader(void)
{
	struct archive *archive = archive_read_new();
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_format_tar(archive);
	return archive;
}

struct deb_member {
	const char *name;
	archive_visit *visit;
	void *context;
	bool found;
};

static int visit_deb(void *context, struct archive *outer, struct archive_entry *entry, struct error *err)
{
	struct deb_member *member = context;
	const char *name = archive_entry_pathname(entry);
	if (!name || !text_starts(name, member->name))
		return 0;
	member->found = true;
	autoarchive struct archive *inner = tar_reader();
	if (archive_read_open(inner, outer, NULL, read_member, NULL) != ARCHIVE_OK)
		return archive_problem(inner, err);
	return visit_entries(inner, member->visit, member->context, err) ? -1 : 1;
}

int archive_deb(const char *path, const char *name, archive_visit *visit, void *context,
		struct error *err)
{
	struct deb_member member = { .name = name, .visit = visit, .context = context };
	autoarchive struct archive *outer = archive_read_new();
	archive_read_support_format_ar(outer);
	if (archive_read_open_filename(outer, path, BLOCK) != ARCHIVE_OK)
		return archive_problem(outer, err);
	if (visit_entries(outer, visit_deb, &member, err))
		return -1;
	return member.found ? 0 : error_set(err, "not a Debian package: no %s inside", name);
}

struct stream {
	int fd;
	const struct archive_copy *copy;
	char *block;
};

static ssize_t stream_block(struct stream *stream)
{
	ssize_t got;
	do
		got = read(stream->fd, stream->block, BLOCK);
	while (got < 0 && errno == EINTR);
	if (got > 0 && stream->copy)
		stream->copy->add(stream->copy->context, stream->block, (size_t)got);
	return got;
}

static ssize_t read_stream(struct archive *archive, void *context, const void **ret_block)
{
	struct stream *stream = context;
	ssize_t got = stream_block(stream);
	if (got < 0)
		archive_set_error(archive, errno, "the pipe cannot be read");
	*ret_block = stream->block;
	return got;
}

static int stream_entries(struct stream *stream, archive_visit *visit, void *context, struct error *err)
{
	autoarchive struct archive *archive = archive_read_new();
	archive_read_support_format_tar(archive);
	if (archive_read_open(archive, stream, NULL, read_stream, NULL) != ARCHIVE_OK)
		return archive_problem(archive, err);
	return visit_entries(archive, visit, context, err);
}

int archive_stream(int fd, const struct archive_copy *copy, archive_visit *visit, void *context,
		   struct error *err)
{
	autofree char *block = memory_alloc(BLOCK);
	struct stream stream = { .fd = fd, .copy = copy, .block = block };
	int answer = stream_entries(&stream, visit, context, err);
	while (stream_block(&stream) > 0)
		;
	return answer;
}

int archive_read(const char *path, bool zip, archive_visit *visit, void *context, struct error *err)
{
	autoarchive struct archive *archive = zip ? archive_read_new() : tar_reader();
	if (zip)
		archive_read_support_format_zip_seekable(archive);
	if (archive_read_open_filename(archive, path, BLOCK) != ARCHIVE_OK)
		return archive_problem(archive, err);
	return visit_entries(archive, visit, context, err);
}

/* The next block of the current member: 1, or 0 at its end. */
static int next_block(struct archive *archive, const void **block, size_t *length, la_int64_t *offset,
		      struct error *err)
{
	int got = archive_read_data_block(archive, block, length, offset);
	if (got == ARCHIVE_EOF)
		return 0;
	return got == ARCHIVE_OK ? 1 : archive_problem(archive, err);
}

int archive_body(struct archive *archive, size_t maximum, char **ret_data, size_t *ret_length,
		 struct error *err)
{
	struct buffer autobuffer body = { .maximum = maximum };
	const void *block;
	size_t length;
	la_int64_t offset;
	int more;
	while ((more = next_block(archive, &block, &length, &offset, err)) > 0) {
		if ((uint64_t)offset != body.length)
			return error_set(err, "unexpected hole in an archive member");
		buffer_add(&body, block, length);
		if (body.overflow)
			return error_set(err, "archive member larger than %zu bytes", maximum);
	}
	if (more < 0)
		return -1;
	if (ret_length)
		*ret_length = body.length;
	*ret_data = buffer_steal(&body);
	return 0;
}

int archive_body_to(struct archive *archive, int fd, struct unpack *unpack, struct error *err)
{
	uint64_t end = 0;
	const void *block;
	size_t length;
	la_int64_t offset;
	int more;
	while ((more = next_block(archive, &block, &length, &offset, err)) > 0) {
		if (offset < 0 || (uint64_t)offset < end)
			return error_set(err, "blocks of an archive member out of order");
		if (unpack_spend(unpack, (uint64_t)offset - end + length, err))
			return -1;
		if ((uint64_t)offset > end && lseek(fd, offset, SEEK_SET) < 0)
			return error_set_errno(err, errno, "seek");
		if (fd_write_all(fd, block, length, err))
			return -1;
		end = (uint64_t)offset + length;
	}
	return more;
}

static int set_xattrs(struct archive_entry *entry, int fd, const char *path, struct error *err)
{
	archive_entry_xattr_reset(entry);
	const char *name;
	const void *value;
	size_t size;
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		if (fsetxattr(fd, name, value, size, 0))
			return error_set_errno(err, errno, "%s: attribute %s", path, name);
	return 0;
}

static int unpack_regular(struct archive *archive, struct archive_entry *entry, struct unpack *unpack,
			  const struct unpack_item *item, struct error *err)
{
	const char *path = item->path;
	int64_t size = archive_entry_size(entry);
	if (size < 0 || (uint64_t)size > unpack->bytes_left)
		return error_set(err, "%s: larger than the whole archive declared", path);
	autofd int fd = unpack_file(unpack, path, err);
	if (fd < 0 || archive_body_to(archive, fd, unpack, err))
		return -1;
	struct stat status;
	/* a hole at the end is not in any block */
	if (!fstat(fd, &status) && status.st_size < size && ftruncate(fd, size))
		return error_set_errno(err, errno, "%s", path);
	if (unpack_file_owner(fd, path, &item->meta, err) || set_xattrs(entry, fd, path, err))
		return -1;
	return unpack_file_end(steal_fd(fd), path, &item->meta, err);
}

int archive_unpack(struct archive *archive, struct archive_entry *entry, struct unpack *unpack,
		   const struct unpack_item *item, struct error *err)
{
	const char *path = item->path;
	const struct unpack_meta *meta = &item->meta;
	const char *link = archive_entry_hardlink(entry);
	if (link) {
		autofree char *target = unpack_name(link);
		if (!target || !*target)
			return error_set(err, "%s: hard link leads out of the tree", path);
		return unpack_hardlink(unpack, path, target, err);
	}
	switch (archive_entry_filetype(entry)) {
	case AE_IFDIR:
		return unpack_directory(unpack, path, meta, err);
	case AE_IFLNK:
		if (!archive_entry_symlink(entry) || !*archive_entry_symlink(entry))
			return error_set(err, "%s: symbolic link without a target", path);
		return unpack_symlink(unpack, path, archive_entry_symlink(entry), meta, err);
	case AE_IFIFO:
		return unpack_fifo(unpack, path, meta, err);
	case AE_IFREG:
		return unpack_regular(archive, entry, unpack, item, err);
	default:
		return error_set(err, "%s: device nodes and sockets are not unpacked", path);
	}
}

struct wanted_member {
	const char *name;
	char *data;
	size_t length;
};

static int visit_member(void *context, struct archive *archive, struct archive_entry *entry,
			struct error *err)
{
	struct wanted_member *wanted = context;
	const char *name = archive_entry_pathname(entry);
	autofree char *clean = name ? unpack_name(name) : NULL;
	if (!clean || !text_equal(clean, wanted->name))
		return 0;
	return archive_body(archive, MEMBER_MAXIMUM, &wanted->data, &wanted->length, err) ? -1 : 1;
}

int archive_member(const char *path, const char *member, char **ret_data, size_t *ret_length,
		   struct error *err)
{
	bool zip = text_ends(path, ".jar") || text_ends(path, ".zip") || text_ends(path, ".war");
	struct wanted_member wanted = { .name = member };
	if (archive_read(path, zip, visit_member, &wanted, err))
		return error_prefix(err, "%s", path_base(path));
	if (!wanted.data)
		return 1;
	*ret_data = wanted.data;
	if (ret_length)
		*ret_length = wanted.length;
	return 0;
}
