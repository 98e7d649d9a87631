#include "http/part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int part_init(struct part *part, const char *path, const char *digest, struct error *err)
{
	*part = (struct part){.path = path, .digest = digest, .fd = -1};
	if (digest) {
		const char *colon = strchr(digest, ':');
		size_t length = colon ? (size_t)(colon - digest) : 0;

		if (length == 0 || length >= sizeof part->algorithm)
			return error_set(err, "%s: \"%s\" is no digest (expected algorithm:hex)",
					 path, digest);
		memcpy(part->algorithm, digest, length);
		if (!hash_is_hex(part->algorithm, colon + 1))
			return error_set(err, "%s: \"%s\" is no digest (expected algorithm:hex)",
					 path, digest);
	}
	part->partial = text_format("%s.part", path);
	return 0;
}

/* Opens and locks. The file may be renamed by another process between open and flock, so the name
 * must still lead to the inode that was locked. */
static int open_locked(struct part *part, struct error *err)
{
	for (;;) {
		struct stat mine, named;
		autofd int fd =
			open(part->partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

		if (fd < 0)
			return error_set_errno(err, errno, "cannot write %s", part->partial);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno == EWOULDBLOCK)
				return 1;
			return error_set_errno(err, errno, "cannot lock %s", part->partial);
		}
		if (fstat(fd, &mine) == 0 && stat(part->partial, &named) == 0 &&
		    mine.st_ino == named.st_ino && mine.st_dev == named.st_dev) {
			part->fd = steal_fd(fd);
			return 0;
		}
	}
}

static int hash_existing(struct part *part, struct error *err)
{
	autofree char *bytes = memory_alloc(1 << 16);
	ssize_t got;

	while ((got = read(part->fd, bytes, 1 << 16)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, errno, "cannot read %s", part->partial);
		if (part->length < sizeof part->head) {
			size_t room = sizeof part->head - part->length;

			memcpy(part->head + part->length, bytes,
			       (size_t)got < room ? (size_t)got : room);
		}
		hash_add(part->hash, bytes, (size_t)got);
		part->length += (uint64_t)got;
	}
	return 0;
}

int part_open(struct part *part, struct error *err)
{
	int locked = open_locked(part, err);

	if (locked != 0)
		return locked;
	part->length = 0;
	if (!part->digest)
		return part_restart(part, err);
	hash_free(part->hash);
	part->hash = hash_new(part->algorithm);
	return hash_existing(part, err);
}

int part_restart(struct part *part, struct error *err)
{
	if (ftruncate(part->fd, 0) < 0 || lseek(part->fd, 0, SEEK_SET) < 0)
		return error_set_errno(err, errno, "cannot write %s", part->partial);
	hash_free(part->hash);
	part->hash = part->digest ? hash_new(part->algorithm) : NULL;
	part->length = 0;
	memset(part->head, 0, sizeof part->head);
	return 0;
}

int part_write(struct part *part, const void *bytes, size_t length, struct error *err)
{
	if (fd_write_all(part->fd, bytes, length, err) < 0)
		return error_prefix(err, "cannot write %s", part->partial);
	if (part->length < sizeof part->head) {
		size_t room = sizeof part->head - part->length;

		memcpy(part->head + part->length, bytes, length < room ? length : room);
	}
	if (part->hash)
		hash_add(part->hash, bytes, length);
	part->length += length;
	return 0;
}

int part_publish(struct part *part, uint64_t size, char **ret_found, struct error *err)
{
	char hex[HASH_HEX_MAX] = "";

	if (part->hash)
		hash_finish(steal(part->hash), hex);
	bool wrong_size = size != 0 && part->length != size;
	bool wrong_hash =
		part->digest && !text_equal(hex, part->digest + strlen(part->algorithm) + 1);
	if (wrong_size || wrong_hash) {
		*ret_found = text_format("%llu bytes%s%s%s%s", (unsigned long long)part->length,
					 part->digest ? " with " : "", part->algorithm,
					 part->digest ? ":" : "", hex);
		part_close(part, false);
		return 1;
	}
	/* The data must be on the disk before its name is: a blob is believed by name and size. */
	if (fdatasync(part->fd) < 0)
		return error_set_errno(err, errno, "cannot write %s", part->partial);
	if (rename(part->partial, part->path) < 0)
		return error_set_errno(err, errno, "cannot rename %s to %s", part->partial,
				       part->path);
	close(part->fd);
	part->fd = -1;
	return 0;
}

void part_close(struct part *part, bool keep)
{
	if (part->fd < 0)
		return;
	if (!keep || part->length == 0 || !part->digest)
		unlink(part->partial); /* while the lock is held */
	if (!keep)
		part->length = 0;
	close(part->fd);
	part->fd = -1;
}

void part_clear(struct part *part)
{
	part_close(part, true);
	hash_free(part->hash);
	free(part->partial);
	*part = (struct part){.fd = -1};
}
