/* Writing hostile archives into a tree; see unpack.h. */
#include "assemble/unpack.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Of a path in an archive. Trees are walked with one open folder for each level, and lie below other folders. */
#define PATH_MAXIMUM 2048
#define PART_MAXIMUM 255
#define DEPTH_MAXIMUM 200
#define SHOWN_MAXIMUM 100u

#define NUMBER_TEXT(number) NUMBER_TEXT_OF(number)
#define NUMBER_TEXT_OF(number) #number

/* openat2 may ask to be tried again while somebody renames directories beside us. */
#define RETRIES 64

static int open_in_root(int root, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	for (int i = 0; i < RETRIES; i++) {
		long fd = syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
		if (fd >= 0 || errno != EAGAIN)
			return (int)fd;
	}
	return -1;
}

int unpack_open(const char *root, uint64_t bytes, uint64_t entries, struct unpack *ret, struct error *err)
{
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno, "%s", root);
	*ret = (struct unpack){
		.root = fd, .parent_fd = -1, .bytes_left = bytes, .entries_left = entries,
	};
	return 0;
}

void unpack_close(struct unpack *unpack)
{
	if (unpack->parent_fd >= 0)
		close(unpack->parent_fd);
	if (unpack->root > 0)
		close(unpack->root);
	free(unpack->parent);
	*unpack = (struct unpack){ .root = -1, .parent_fd = -1 };
}

int unpack_spend(struct unpack *unpack, uint64_t bytes, struct error *err)
{
	if (bytes > unpack->bytes_left)
		return error_set(err, "the archive unpacks to far more than it declared");
	unpack->bytes_left -= bytes;
	return 0;
}

/* Makes every missing directory of `path`, from the top. */
static int make_parents(struct unpack *unpack, const char *path, struct error *err)
{
	autofree char *part = text_copy(path);
	for (char *end = part; end;) {
		end = strchr(end, '/');
		if (end)
			*end = '\0';
		autofd int there = open_in_root(unpack->root, part, O_PATH | O_DIRECTORY);
		if (there < 0 && errno == ENOENT) {
			autofree char *above = path_directory(part);
			autofd int fd = open_in_root(unpack->root, above, O_PATH | O_DIRECTORY);
			if (fd < 0 || (mkdirat(fd, path_base(part), 0755) && errno != EEXIST))
				return error_set_errno(err, errno, "%s", part);
		} else if (there < 0) {
			return error_set_errno(err, errno, "%s", part);
		}
		if (end)
			*end++ = '/';
	}
	return 0;
}

/* The directory that shall hold `path`, kept open for the entries that follow. Returns its descriptor. */
static int parent_of(struct unpack *unpack, const char *path, struct error *err)
{
	if (unpack->entries_left-- == 0)
		return error_set(err, "more entries than the archive may have");
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	if (unpack->parent_fd >= 0 && strlen(unpack->parent) == length &&
	    !strncmp(unpack->parent, path, length))
		return unpack->parent_fd;

	autofree char *parent = text_copy_n(path, length);
	int fd = open_in_root(unpack->root, parent, O_PATH | O_DIRECTORY);
	if (fd < 0 && errno == ENOENT) {
		if (make_parents(unpack, parent, err))
			return -1;
		fd = open_in_root(unpack->root, parent, O_PATH | O_DIRECTORY);
	}
	if (fd < 0)
		return error_set_errno(err, errno, "%s", parent);
	if (unpack->parent_fd >= 0)
		close(unpack->parent_fd);
	free(unpack->parent);
	unpack->parent_fd = fd;
	unpack->parent = steal(parent);
	return fd;
}

/* Removes what is in the way of a new non-directory. */
static int make_room(int parent, const char *path, struct error *err)
{
	if (unlinkat(parent, path_base(path), 0) && errno != ENOENT)
		return errno == EISDIR ? error_set(err, "%s: a folder is in the way of something else", path)
				       : error_set_errno(err, errno, "%s: something is in the way", path);
	return 0;
}

static int set_link_meta(int parent, const char *path, const struct unpack_meta *meta, struct error *err)
{
	const char *name = path_base(path);
	const struct timespec times[2] = { { .tv_sec = meta->mtime }, { .tv_sec = meta->mtime } };
	if (fchownat(parent, name, meta->uid, meta->gid, AT_SYMLINK_NOFOLLOW) ||
	    utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW))
		return error_set_errno(err, errno, "%s", path);
	return 0;
}

int unpack_directory(struct unpack *unpack, const char *path, const struct unpack_meta *meta,
		     struct error *err)
{
	if (!*path)
		return 0;
	int parent = parent_of(unpack, path, err);
	if (parent < 0)
		return -1;
	if (mkdirat(parent, path_base(path), 0755)) {
		int problem = errno;
		if (problem != EEXIST)
			return error_set_errno(err, problem, "%s", path);
		autofd int there = open_in_root(unpack->root, path, O_PATH | O_DIRECTORY);
		return there >= 0 ? 0 : error_set(err, "%s: something else is in the way of a folder", path);
	}
	if (fchownat(parent, path_base(path), meta->uid, meta->gid, AT_SYMLINK_NOFOLLOW) ||
	    fchmodat(parent, path_base(path), meta->mode, 0))
		return error_set_errno(err, errno, "%s", path);
	return 0;
}

static bool is_link_to(int parent, const char *name, const char *target)
{
	char now[4097];
	ssize_t length = readlinkat(parent, name, now, sizeof now);
	return length >= 0 && (size_t)length == strlen(target) && !memcmp(now, target, (size_t)length);
}

int unpack_symlink(struct unpack *unpack, const char *path, const char *target,
		   const struct unpack_meta *meta, struct error *err)
{
	int parent = parent_of(unpack, path, err);
	if (parent < 0)
		return -1;
	if (symlinkat(target, parent, path_base(path))) {
		if (errno != EEXIST)
			return error_set_errno(err, errno, "%s", path);
		/* never away for a moment: other threads may be walking through /lib */
		if (is_link_to(parent, path_base(path), target))
			return set_link_meta(parent, path, meta, err);
		autofd int there = open_in_root(unpack->root, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
		if (there >= 0)
			return 0;
		if (make_room(parent, path, err))
			return -1;
		if (symlinkat(target, parent, path_base(path)))
			return error_set_errno(err, errno, "%s", path);
	}
	return set_link_meta(parent, path, meta, err);
}

int unpack_hardlink(struct unpack *unpack, const char *path, const char *target, struct error *err)
{
	autofree char *above = path_directory(target);
	autofd int from = open_in_root(unpack->root, above, O_PATH | O_DIRECTORY);
	if (from < 0)
		return error_set_errno(err, errno, "%s: link to %s", path, target);
	int parent = parent_of(unpack, path, err);
	if (parent < 0 || make_room(parent, path, err))
		return -1;
	if (linkat(from, path_base(target), parent, path_base(path), 0))
		return error_set_errno(err, errno, "%s: link to %s", path, target);
	return 0;
}

int unpack_fifo(struct unpack *unpack, const char *path, const struct unpack_meta *meta, struct error *err)
{
	int parent = parent_of(unpack, path, err);
	if (parent < 0 || make_room(parent, path, err))
		return -1;
	if (mkfifoat(parent, path_base(path), meta->mode & 0777))
		return error_set_errno(err, errno, "%s", path);
	return set_link_meta(parent, path, meta, err);
}

int unpack_file(struct unpack *unpack, const char *path, struct error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int parent = parent_of(unpack, path, err);
	if (parent < 0)
		return -1;
	int fd = openat(parent, path_base(path), flags, 0600);
	if (fd < 0 && errno == EEXIST) {
		if (make_room(parent, path, err))
			return -1;
		fd = openat(parent, path_base(path), flags, 0600);
	}
	return fd >= 0 ? fd : error_set_errno(err, errno, "%s", path);
}

int unpack_file_owner(int fd, const char *path, const struct unpack_meta *meta, struct error *err)
{
	/* the owner first: changing it clears set-user-id bits */
	if (fchown(fd, meta->uid, meta->gid) || fchmod(fd, meta->mode))
		return error_set_errno(err, errno, "%s", path);
	return 0;
}

int unpack_file_end(int fd, const char *path, const struct unpack_meta *meta, struct error *err)
{
	const struct timespec times[2] = { { .tv_sec = meta->mtime }, { .tv_sec = meta->mtime } };
	int bad = futimens(fd, times) ? errno : 0;
	if (close(fd) && !bad)
		bad = errno;
	return bad ? error_set_errno(err, bad, "%s", path) : 0;
}

int unpack_reader(const char *tree, const char *path)
{
	autofd int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : open_in_root(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
}

/* What is wrong with a part of a path, or NULL. */
static const char *part_problem(const char *part)
{
	if (text_equal(part, ".."))
		return "a path with \"..\"";
	if (strlen(part) > PART_MAXIMUM)
		return "a name longer than " NUMBER_TEXT(PART_MAXIMUM) " bytes";
	return NULL;
}

static const char *name_problem(const char *name)
{
	if (*name == '/')
		return "an absolute path";
	if (strlen(name) > PATH_MAXIMUM)
		return "a path longer than " NUMBER_TEXT(PATH_MAXIMUM) " bytes";
	/* as dpkg: the database has one path a line */
	if (strchr(name, '\n'))
		return "a path with a line break";
	return NULL;
}

/* The name for people: short, and without control characters. */
static int name_refused(const char *name, const char *problem, struct error *err)
{
	autofree char *shown = text_copy_n(name, strnlen(name, SHOWN_MAXIMUM));
	for (char *c = shown; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	return error_set(err, "\"%s%s\": %s", shown, strlen(name) > SHOWN_MAXIMUM ? "…" : "", problem);
}

char *unpack_name(const char *name, struct error *err)
{
	struct strings parts __attribute__((cleanup(strings_clear))) = { 0 };
	if (!name) {
		error_set(err, "an entry without a name");
		return NULL;
	}
	const char *problem = name_problem(name);
	if (!problem)
		strings_split(&parts, name, "/");
	struct buffer text = { 0 };
	size_t depth = 0;
	for (size_t i = 0; i < parts.count && !problem; i++) {
		if (text_equal(parts.items[i], "."))
			continue;
		problem = ++depth > DEPTH_MAXIMUM ? "a path more than " NUMBER_TEXT(DEPTH_MAXIMUM) " folders deep"
						  : part_problem(parts.items[i]);
		if (text.length)
			buffer_text(&text, "/");
		buffer_text(&text, parts.items[i]);
	}
	if (!problem)
		return buffer_steal(&text);
	buffer_clear(&text);
	name_refused(name, problem, err);
	return NULL;
}
