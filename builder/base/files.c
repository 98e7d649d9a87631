#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/guard.h"
#include "base/memory.h"

#define COPY_BLOCK ((size_t)256 << 10)
#define HOLE_BLOCK ((size_t)4096)
#define PATH_LENGTH_MAX 4096

char *path_join(const char *a, const char *b)
{
	size_t length = strlen(a);

	while (length > 1 && a[length - 1] == '/')
		length--;
	b += strspn(b, "/");
	if (!length)
		return text_copy(b);
	if (!*b)
		return text_copy_n(a, length);
	return text_format("%.*s%s%s", (int)length, a, a[length - 1] == '/' ? "" : "/", b);
}

char *path_join3(const char *a, const char *b, const char *c)
{
	autofree char *first = path_join(a, b);

	return path_join(first, c);
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return text_copy(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? text_copy("/") : text_copy_n(path, (size_t)(slash - path));
}

bool path_is_clean(const char *path)
{
	if (!path || !*path || strlen(path) > PATH_LENGTH_MAX)
		return false;
	for (;;) {
		size_t part = strcspn(path, "/");

		if (part == 0 || (part == 1 && path[0] == '.') ||
		    (part == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += part;
		if (!*path)
			return true;
		path++;
	}
}

bool path_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool path_is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Reads until the end or one byte more than `maximum`. The size that stat gives is only a hint:
 * files of /proc and /sys have none. */
static int read_whole(int fd, const char *path, size_t maximum, struct buffer *ret,
		      struct error *err)
{
	autofree char *block = memory_resize(NULL, COPY_BLOCK, 1);

	ret->maximum = maximum;
	for (;;) {
		ssize_t got = read(fd, block, COPY_BLOCK);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, errno, "cannot read %s", path);
		buffer_add(ret, block, (size_t)got);
		if (ret->overflow || (got > 0 && !maximum))
			return error_set(err, "%s is larger than %zu bytes", path, maximum);
		if (got == 0)
			return 0;
	}
}

int file_read(const char *path, size_t maximum, char **ret_data, size_t *ret_length,
	      struct error *err)
{
	autobuffer struct buffer bytes = {0};
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_set_errno(err, errno, "cannot open %s", path);
	if (read_whole(fd, path, maximum, &bytes, err) < 0)
		return -1;
	if (ret_length)
		*ret_length = bytes.length;
	*ret_data = buffer_steal(&bytes);
	return 0;
}

char *file_text_or_null(const char *path, size_t maximum)
{
	char *text = NULL;

	return file_read(path, maximum, &text, NULL, NULL) < 0 ? NULL : text;
}

char *file_line_or_null(const char *path, size_t maximum)
{
	char *text = file_text_or_null(path, maximum);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

bool file_has(const char *path, const void *bytes, size_t length)
{
	autofree char *found = NULL;
	size_t found_length = 0;

	if (file_read(path, length, &found, &found_length, NULL) < 0)
		return false;
	bool same = found_length == length && memcmp(found, bytes, length) == 0;
	explicit_bzero(found, found_length);
	return same;
}

int fd_write_all(int fd, const void *data, size_t length, struct error *err)
{
	const char *bytes = data;

	while (length) {
		ssize_t put = write(fd, bytes, length);

		if (put < 0 && errno == EINTR)
			continue;
		/* a terminal or pipe that another program has made so */
		if (put < 0 && errno == EAGAIN && poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1) >= 0)
			continue;
		if (put < 0)
			return error_set_errno(err, errno, "cannot write");
		bytes += put;
		length -= (size_t)put;
	}
	return 0;
}

bool fd_read_at(int fd, void *bytes, size_t length, uint64_t offset)
{
	char *to = bytes;

	while (length) {
		ssize_t got = pread(fd, to, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		to += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return true;
}

int directory_sync(const char *path, struct error *err)
{
	autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? error_set_errno(err, errno, "cannot save %s", path) : 0;
}

int file_write(const char *path, const void *data, size_t length, mode_t mode, struct error *err)
{
	autofree char *directory = path_directory(path);
	autofree char *temporary = text_format("%s/.%.200s.XXXXXX", directory, path_base(path));
	autofd int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(err, errno, "cannot create a file in %s", directory);
	guard_remember(temporary);
	if (fd_write_all(fd, data, length, err) < 0) {
		error_prefix(err, "%s", path);
	} else if (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(temporary, path) < 0) {
		error_set_errno(err, errno, "cannot write %s", path);
	} else {
		guard_forget(temporary);
		directory_sync(directory, NULL); /* some filesystems cannot; the file itself is safe */
		return 0;
	}
	unlink(temporary);
	guard_forget(temporary);
	return -1;
}

/* Opens `path` for writing from nothing. A symbolic link or a file with other names is replaced,
 * not written through: inside a tree a link may point anywhere, out of the tree as well. */
static int open_fresh(const char *path, mode_t mode)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd >= 0 || errno != EEXIST)
		return fd;
	if (lstat(path, &st) == 0 &&
	    (S_ISLNK(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink > 1))) {
		if (unlink(path) < 0)
			return -1;
		return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	}
	return open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
}

int file_write_plain(const char *path, const void *data, size_t length, mode_t mode,
		     struct error *err)
{
	autofd int fd = open_fresh(path, mode);

	if (fd < 0)
		return error_set_errno(err, errno, "cannot create %s", path);
	if (fd_write_all(fd, data, length, err) < 0)
		return error_prefix(err, "%s", path);
	if (fchmod(fd, mode) < 0)
		return error_set_errno(err, errno, "cannot set the mode of %s", path);
	return 0;
}

static bool all_zero(const char *bytes, size_t length)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* Writes a block, stepping over the parts that hold only zeros. */
static int write_sparse(int to, const char *bytes, size_t length, struct error *err)
{
	while (length) {
		size_t part = length < HOLE_BLOCK ? length : HOLE_BLOCK;
		bool zero = all_zero(bytes, part);
		size_t run = part;

		while (run < length) {
			size_t next = length - run < HOLE_BLOCK ? length - run : HOLE_BLOCK;

			if (all_zero(bytes + run, next) != zero)
				break;
			run += next;
		}
		if (!zero && fd_write_all(to, bytes, run, err) < 0)
			return -1;
		if (zero && lseek(to, (off_t)run, SEEK_CUR) < 0)
			return error_set_errno(err, errno, "cannot seek");
		bytes += run;
		length -= run;
	}
	return 0;
}

/* How many bytes from here on are a hole of `from`; at the hole's end reading goes on there. */
static uint64_t skip_hole(int from, uint64_t length)
{
	off_t here = lseek(from, 0, SEEK_CUR);
	off_t data = here < 0 ? -1 : lseek(from, here, SEEK_DATA);
	off_t end = data;

	if (here < 0)
		return 0;
	if (data < 0) {
		/* ENXIO: nothing but a hole up to the end. Else this filesystem cannot tell. */
		end = errno == ENXIO ? lseek(from, 0, SEEK_END) : here;
		if (end < here)
			end = here;
	}
	if ((uint64_t)(end - here) > length)
		end = here + (off_t)length;
	return lseek(from, end, SEEK_SET) < 0 ? 0 : (uint64_t)(end - here);
}

/* A hole at the end was only stepped over: the length must say so. */
static int finish_sparse(int to, struct error *err)
{
	struct stat st;
	off_t position = lseek(to, 0, SEEK_CUR);

	if (position < 0 || fstat(to, &st) < 0)
		return error_set_errno(err, errno, "cannot seek");
	if (st.st_size < position && ftruncate(to, position) < 0)
		return error_set_errno(err, errno, "cannot set the length");
	return 0;
}

static bool is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

int fd_copy(int from, int to, uint64_t length, bool sparse, struct error *err)
{
	autofree char *block = memory_resize(NULL, COPY_BLOCK, 1);
	bool holes;

	sparse = sparse && is_regular(to);
	holes = sparse && is_regular(from);
	for (uint64_t left = length; left;) {
		size_t part = left < COPY_BLOCK ? (size_t)left : COPY_BLOCK;
		uint64_t hole = holes ? skip_hole(from, left) : 0;
		ssize_t got;

		if (hole) {
			if (lseek(to, (off_t)hole, SEEK_CUR) < 0)
				return error_set_errno(err, errno, "cannot seek");
			left -= hole;
			continue;
		}
		got = read(from, block, part);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, errno, "cannot read");
		if (got == 0 && length != UINT64_MAX)
			return error_set(err, "the end came %llu bytes too early",
					 (unsigned long long)left);
		if (got == 0)
			break;
		if ((sparse ? write_sparse(to, block, (size_t)got, err)
			    : fd_write_all(to, block, (size_t)got, err)) < 0)
			return -1;
		left -= (uint64_t)got;
	}
	return sparse ? finish_sparse(to, err) : 0;
}

int file_copy(const char *from, const char *to, mode_t mode, struct error *err)
{
	autofd int in = open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	autofd int out = -1;

	if (in < 0)
		return error_set_errno(err, errno, "cannot open %s", from);
	out = open_fresh(to, mode);
	if (out < 0)
		return error_set_errno(err, errno, "cannot create %s", to);
	if (fd_copy(in, out, UINT64_MAX, true, err) < 0)
		return error_prefix(err, "copying %s to %s", from, to);
	if (fchmod(out, mode) < 0)
		return error_set_errno(err, errno, "cannot set the mode of %s", to);
	return 0;
}

int lock_take(const char *path, bool wait, int *ret_fd, struct error *err)
{
	for (;;) {
		autofd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
		struct stat held, named;

		if (fd < 0)
			return error_set_errno(err, errno, "cannot open the lock file %s", path);
		while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
			if (errno == EWOULDBLOCK)
				return 1;
			if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS)
				return error_set_errno(err, errno, "%s lies on a file system without locks: choose "
						       "another place with --store", path);
			if (errno != EINTR)
				return error_set_errno(err, errno, "cannot lock %s", path);
		}
		/* The previous holder may have removed the file: then this lock keeps nobody out.
		 */
		if (fstat(fd, &held) == 0 && stat(path, &named) == 0 &&
		    held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
			*ret_fd = steal_fd(fd);
			return 0;
		}
	}
}

char *cache_directory(const char *name)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	/* The XDG Base Directory specification: a relative path is to be ignored. */
	if (cache && cache[0] == '/')
		return path_join(cache, name);
	if (home && home[0] == '/')
		return path_join3(home, ".cache", name);
	return NULL;
}
