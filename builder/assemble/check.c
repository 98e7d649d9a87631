/* The last look at a layer: nothing secret, nothing that must differ between boxes. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "assemble/normalise.h"

/* Larger files are archives, libraries and models: a key lies in a small text. */
#define SCAN_MAXIMUM (1u << 20)

/* Never in an image, as fnmatch(3) patterns without FNM_PATHNAME. */
static const char *const forbidden[] = {
	"etc/ssh/ssh_host_*", "etc/ssl/private/?*", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed",
	"var/lib/systemd/credential.secret", "var/lib/postgresql/*/main/*", "etc/postgresql/*/main/*",
	"var/log/*.log", "var/lib/apt/lists/*_Packages*", "*/__pycache__/*", "usr/sbin/policy-rc.d",
	"etc/resolv.conf.host", "var/lib/hie/?*", "root/.bash_history", "root/.ssh/id_*",
};

/* Where packages ship examples and test data, or programs that know the words; nothing there is used as
 * a key. */
static const char *const innocent[] = {
	"usr/share/doc/*", "usr/share/man/*", "usr/lib/x86_64-linux-gnu/*", "usr/lib/aarch64-linux-gnu/*",
	"usr/bin/*", "usr/sbin/*", "usr/lib/jvm/*", "usr/share/nodejs/*", "usr/share/perl*", "usr/lib/python3*",
	"usr/libexec/*", "usr/share/vim/*", "usr/lib/modules/*", "usr/share/file/*", "usr/lib/file/*",
	"usr/share/mime/*", "usr/lib/openssh/*", "usr/lib/systemd/*", "opt/*/node_modules/*.js", "opt/*/node_modules/*.cjs",
	"opt/*/node_modules/*.mjs", "opt/*/node_modules/*.ts",
	"usr/share/locale/*", "usr/lib/locale/*", "usr/lib/git-core/*",
};

static bool listed(const char *const *patterns, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (!fnmatch(patterns[i], path, 0))
			return true;
	return false;
}

/* 1 when the file holds the mark of a PEM private key (RFC 7468, and OpenSSH's). */
static int holds_key(int root, const struct entry *entry, struct error *err)
{
	static const char mark[] = "PRIVATE KEY-----";
	autofd int fd = openat(root, entry->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno, "%s", entry->path);
	void *bytes = mmap(NULL, entry->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return error_set_errno(err, errno, "%s", entry->path);
	bool found = memmem(bytes, entry->size, mark, sizeof mark - 1) != NULL;
	munmap(bytes, entry->size);
	return found;
}

int normalise_check(const char *tree, const struct entries *entries, struct error *err)
{
	autofd int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_set_errno(err, errno, "%s", tree);
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->items[i];
		if (S_ISDIR(entry->mode))
			continue;
		if (listed(forbidden, LENGTH(forbidden), entry->path))
			return error_set(err, "/%s must not be in an image: it would be the same, or known, on "
					 "every box", entry->path);
		if (text_equal(entry->path, "etc/machine-id") && entry->size)
			return error_set(err, "/etc/machine-id must be empty in an image");
		if (!S_ISREG(entry->mode) || entry->hard_link || !entry->size || entry->size > SCAN_MAXIMUM ||
		    listed(innocent, LENGTH(innocent), entry->path))
			continue;
		int found = holds_key(root, entry, err);
		if (found < 0)
			return -1;
		if (found)
			return error_set(err, "/%s holds a private key, which every box would share",
					 entry->path);
	}
	return 0;
}
