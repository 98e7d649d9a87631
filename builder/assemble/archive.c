/* Reading archives; see archive.h. */
#include "assemble/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/deb_members.h"

#define BLOCK (128u << 10)
#define MEMBER_MAXIMUM (256u << 20)      /* of a member that is read into memory */
#define UNPACKED_MAXIMUM (2ull << 30)    /* of a tarball */
#define UNPACKED_MINIMUM (64ull << 20)   /* this much is always allowed */
#define UNPACKED_RATIO 200u              /* and so many times the archive's size: gzip cannot do more than 1032 */

static void archive_close(struct archive **archive)
{
	if (*archive)
		archive_read_free(*archive);
}
#define autoarchive __attribute__((cleanup(archive_close)))

static int archive_problem(struct archive *archive, struct error *err)
{
	const char *text = archive_error_string(archive);
	return error_set(err, "damaged: %s", text ? text : "no archive of a known kind");
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

/* Every byte that a tar's reader gets counts, also of what is passed over. */
struct watch {
	uint64_t total, maximum;
	bool refused;              /* libarchive would only say that the input is cut off */
};

/* False: no more of it. */
static bool pass(struct watch *watch, size_t length)
{
	watch->total += length;
	watch->refused = watch->total > watch->maximum;
	return !watch->refused;
}

static int watched(const struct watch *watch, int answer, struct error *err)
{
	if (!watch->refused)
		return answer;
	return error_set(err, "unpacks to more than the %llu bytes that are allowed for it",
			 (unsigned long long)watch->maximum);
}

/* A part of a file: where reading goes on, and its end. */
struct window {
	int fd;
	uint64_t at, end;
	char *block;
};

static ssize_t read_window(struct archive *archive, void *context, const void **ret_block)
{
	struct window *window = context;
	uint64_t left = window->end - window->at;
	ssize_t got;
	do
		got = pread(window->fd, window->block, left < BLOCK ? left : BLOCK, (off_t)window->at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		archive_set_error(archive, errno, "the file cannot be read");
	window->at += got > 0 ? (uint64_t)got : 0;
	*ret_block = window->block;
	return got;
}

/* How a member of a .deb is compressed stands in its name; of a tarball nothing says it. */
static const struct filter {
	const char *ending;
	int (*support)(struct archive *archive);
} filters[] = {
	{ ".gz", archive_read_support_filter_gzip },
	{ ".xz", archive_read_support_filter_xz },
	{ ".zst", archive_read_support_filter_zstd },
};

/* What decompresses a file; `ending` NULL: by any filter. NULL for an ending that stands for none of them. */
static struct archive *raw_reader(const char *ending)
{
	struct archive *archive = archive_read_new();
	bool known = !ending || !*ending;
	for (size_t i = 0; i < LENGTH(filters); i++)
		if (!ending || text_equal(ending, filters[i].ending)) {
			filters[i].support(archive);
			known = true;
		}
	archive_read_support_format_raw(archive);
	if (!known)
		archive_close(&archive);
	return known ? archive : NULL;
}

/* The bytes of an open raw reader as a tar. */
struct raw {
	struct archive *archive;
	struct watch watch;
};

static ssize_t read_raw(struct archive *tar, void *context, const void **ret_block)
{
	struct raw *raw = context;
	size_t length = 0;
	la_int64_t offset;
	int got = archive_read_data_block(raw->archive, ret_block, &length, &offset);
	if (got == ARCHIVE_EOF)
		return 0;
	if (got != ARCHIVE_OK) {
		archive_set_error(tar, EIO, "%s", archive_error_string(raw->archive));
		return -1;
	}
	return pass(&raw->watch, length) ? (ssize_t)length : -1;
}

static int each_of_raw(struct archive *archive, uint64_t maximum, archive_visit *visit, void *context,
		       struct error *err)
{
	struct raw raw = { .archive = archive, .watch = { .maximum = maximum } };
	struct archive_entry *entry;
	if (archive_read_next_header(archive, &entry) != ARCHIVE_OK)
		return archive_problem(archive, err);
	/* gzip inside xz, and so on, would multiply */
	if (archive_filter_count(archive) > 2)
		return error_set(err, "compressed more than once");
	autoarchive struct archive *tar = archive_read_new();
	archive_read_support_format_tar(tar);
	int answer = archive_read_open(tar, &raw, NULL, read_raw, NULL) == ARCHIVE_OK ?
		visit_entries(tar, visit, context, err) : archive_problem(tar, err);
	return watched(&raw.watch, answer, err);
}

static int each_of_deb(const struct archive_input *input, archive_visit *visit, void *context, struct error *err)
{
	struct deb_members members;
	autofree char *block = memory_alloc(BLOCK);
	autofd int fd = open(input->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno, "%s", input->path);
	if (deb_members(fd, &members, err))
		return -1;
	const struct deb_member *member = input->kind == INPUT_CONTROL ? &members.control : &members.data;
	struct window window = { fd, member->offset, member->offset + member->size, block };
	autoarchive struct archive *archive = raw_reader(strstr(member->name, ".tar") + strlen(".tar"));
	if (!archive)
		return error_set(err, "%s: its compression is not known", member->name);
	if (archive_read_open(archive, &window, NULL, read_window, NULL) != ARCHIVE_OK)
		archive_problem(archive, err);
	else if (each_of_raw(archive, input->maximum, visit, context, err) == 0)
		return 0;
	return error_prefix(err, "%s", member->name);
}

int archive_each(const struct archive_input *input, archive_visit *visit, void *context, struct error *err)
{
	if (input->kind == INPUT_CONTROL || input->kind == INPUT_DATA)
		return each_of_deb(input, visit, context, err);
	autoarchive struct archive *archive = input->kind == INPUT_ZIP ? archive_read_new() : raw_reader(NULL);
	if (input->kind == INPUT_ZIP)
		archive_read_support_format_zip_seekable(archive);
	if (archive_read_open_filename(archive, input->path, BLOCK) != ARCHIVE_OK)
		return archive_problem(archive, err);
	/* of a zip only what is wanted is decompressed */
	return input->kind == INPUT_ZIP ? visit_entries(archive, visit, context, err)
					: each_of_raw(archive, input->maximum, visit, context, err);
}

uint64_t archive_maximum(uint64_t size)
{
	if (size >= (UNPACKED_MAXIMUM - UNPACKED_MINIMUM) / UNPACKED_RATIO)
		return UNPACKED_MAXIMUM;
	return UNPACKED_MINIMUM + size * UNPACKED_RATIO;
}

struct stream {
	const struct archive_pipe *pipe;
	char *block;
	struct watch watch;
};

static ssize_t stream_block(struct stream *stream)
{
	const struct archive_pipe *pipe = stream->pipe;
	ssize_t got;
	do
		got = read(pipe->fd, stream->block, BLOCK);
	while (got < 0 && errno == EINTR);
	if (got > 0 && pipe->add)
		pipe->add(pipe->context, stream->block, (size_t)got);
	return got;
}

static ssize_t read_stream(struct archive *archive, void *context, const void **ret_block)
{
	struct stream *stream = context;
	ssize_t got = stream_block(stream);
	if (got < 0)
		archive_set_error(archive, errno, "the pipe cannot be read");
	else if (!pass(&stream->watch, (size_t)got))
		return -1;
	*ret_block = stream->block;
	return got;
}

static int stream_entries(struct stream *stream, archive_visit *visit, void *context, struct error *err)
{
	autoarchive struct archive *archive = archive_read_new();
	archive_read_support_format_tar(archive);
	if (archive_read_open(archive, stream, NULL, read_stream, NULL) != ARCHIVE_OK)
		return archive_problem(archive, err);
	if (visit_entries(archive, visit, context, err))
		return -1;
	/* behind the end of a tar there is padding, which counts as well */
	ssize_t got;
	while ((got = stream_block(stream)) > 0 && pass(&stream->watch, (size_t)got))
		;
	return 0;
}

int archive_stream(const struct archive_pipe *pipe, archive_visit *visit, void *context, struct error *err)
{
	autofree char *block = memory_alloc(BLOCK);
	struct stream stream = { .pipe = pipe, .block = block, .watch = { .maximum = pipe->maximum } };
	return watched(&stream.watch, stream_entries(&stream, visit, context, err), err);
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
			return error_set(err, "a file with holes");
		buffer_add(&body, block, length);
		if (body.overflow)
			return error_set(err, "larger than %zu bytes", maximum);
	}
	if (more < 0)
		return -1;
	if (ret_length)
		*ret_length = body.length;
	*ret_data = buffer_steal(&body);
	return 0;
}

/* Writes the current entry's body to `fd`, spending the budget of `unpack`. Returns its length, or -1. */
static int64_t write_body(struct archive *archive, int fd, struct unpack *unpack, struct error *err)
{
	uint64_t end = 0;
	const void *block;
	size_t length;
	la_int64_t offset;
	int more;
	while ((more = next_block(archive, &block, &length, &offset, err)) > 0) {
		if ((uint64_t)offset != end)
			return error_set(err, "a file with holes");
		if (unpack_spend(unpack, length, err) || fd_write_all(fd, block, length, err))
			return -1;
		end += length;
	}
	return more < 0 ? -1 : (int64_t)end;
}

static int unpack_regular(struct archive *archive, struct archive_entry *entry, struct unpack *unpack,
			  const struct unpack_item *item, struct error *err)
{
	const char *path = item->path;
	int64_t size = archive_entry_size(entry);
	if (archive_entry_sparse_count(entry))
		return error_set(err, "%s: sparse files are not unpacked", path);
	if (size < 0 || (uint64_t)size > unpack->bytes_left)
		return error_set(err, "%s: %lld bytes are more than the %llu that are left for the archive", path,
				 (long long)size, (unsigned long long)unpack->bytes_left);
	autofd int fd = unpack_file(unpack, path, err);
	if (fd < 0)
		return -1;
	int64_t written = write_body(archive, fd, unpack, err);
	if (written < 0)
		return error_prefix(err, "%s", path);
	if (written != size)
		return error_set(err, "%s: %lld bytes instead of the %lld that the archive declares", path,
				 (long long)written, (long long)size);
	if (unpack_file_owner(fd, path, &item->meta, err))
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
		autofree char *target = unpack_name(link, err);
		if (!target)
			return error_prefix(err, "%s: hard link to", path);
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
	autofree char *clean = name ? unpack_name(name, NULL) : NULL;
	if (!clean || !text_equal(clean, wanted->name))
		return 0;
	if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return error_set(err, "%s is no plain file", wanted->name);
	return archive_body(archive, MEMBER_MAXIMUM, &wanted->data, &wanted->length, err) ? -1 : 1;
}

int archive_member(const char *path, const char *member, char **ret_data, size_t *ret_length,
		   struct error *err)
{
	bool zip = text_ends(path, ".jar") || text_ends(path, ".zip") || text_ends(path, ".war");
	struct wanted_member wanted = { .name = member };
	struct stat status;
	if (stat(path, &status))
		return error_set_errno(err, errno, "%s", path_base(path));
	const struct archive_input input = { path, zip ? INPUT_ZIP : INPUT_TAR,
					     archive_maximum((uint64_t)status.st_size) };
	if (archive_each(&input, visit_member, &wanted, err)) {
		free(wanted.data);
		return error_prefix(err, "%s", path_base(path));
	}
	if (!wanted.data)
		return 1;
	*ret_data = wanted.data;
	if (ret_length)
		*ret_length = wanted.length;
	return 0;
}
