/* Cleaning a configured tree; see normalise.h. */
#define _GNU_SOURCE 1
#include "assemble/normalise.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/keystore.h"

#define DAY 86400
#define ACCOUNT_FILE_MAXIMUM (1u << 20)

/* Whole contents of directories that live only while a system runs. */
static const char *const emptied[] = {
	"tmp", "run", "dev", "proc", "sys", "var/tmp", "var/backups", "var/lib/apt/lists", "var/lib/initramfs-tools",
	"var/lib/systemd/coredump", "var/lib/dpkg/updates",
};

/* Single files, as fnmatch(3) patterns over the path, where "*" does not cross a slash. */
static const char *const removed[] = {
	"etc/*-", "etc/.pwd.lock", "etc/resolv.conf", "etc/hostname", "etc/mtab~", "etc/ssh/ssh_host_*",
	"etc/ssl/private/ssl-cert-snakeoil.key", "etc/ssl/certs/ssl-cert-snakeoil.pem",
	"usr/sbin/policy-rc.d", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed",
	"var/lib/systemd/credential.secret", "var/lib/dpkg/*-old", "var/lib/urandom/random-seed",
	"boot/initrd.img*", "boot/vmlinuz*", "vmlinuz*", "initrd.img*", "root/.wget-hsts", "root/.rnd",
	"var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/dpkg/triggers/Lock",
	"var/lib/apt/daily_lock", "var/cache/debconf/*-old", "etc/debconf*-old",
};

/* Everything that is no directory below these goes, but for the exceptions. */
static const char *const swept[] = { "var/log", "var/cache" };
static const char *const kept[] = {
	"var/cache/debconf/config.dat", "var/cache/debconf/templates.dat", "var/cache/debconf/passwords.dat",
};

static bool matches(const char *const *patterns, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (!fnmatch(patterns[i], path, FNM_PATHNAME))
			return true;
	return false;
}

static int empty_directory(const char *tree, const char *folder, struct error *err)
{
	autofree char *path = path_join(tree, folder);
	struct strings autostrings names = { 0 };
	struct stat status;
	if (lstat(path, &status) || !S_ISDIR(status.st_mode))
		return 0;
	if (directory_list(path, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *item = path_join(path, names.items[i]);
		if (tree_remove(item, err))
			return -1;
	}
	return 0;
}

static bool is_swept(const char *path)
{
	for (size_t i = 0; i < LENGTH(swept); i++)
		if (text_starts(path, swept[i]) && path[strlen(swept[i])] == '/')
			return !matches(kept, LENGTH(kept), path);
	return false;
}

/* Visits the tree depth first; paths are relative to it. */
static int sweep(const char *tree, const char *below, struct error *err)
{
	autofree char *folder = *below ? path_join(tree, below) : text_copy(tree);
	autodir DIR *dir = opendir(folder);
	if (!dir)
		return error_set_errno(err, errno, "%s", folder);
	const struct dirent *item;
	while ((item = readdir(dir))) {
		if (text_equal(item->d_name, ".") || text_equal(item->d_name, ".."))
			continue;
		autofree char *name = *below ? path_join(below, item->d_name) : text_copy(item->d_name);
		autofree char *path = path_join(tree, name);
		if (item->d_type == DT_DIR) {
			if (text_equal(item->d_name, "__pycache__") ? tree_remove(path, err) :
			    sweep(tree, name, err))
				return -1;
		} else if (is_swept(name) || matches(removed, LENGTH(removed), name)) {
			if (unlink(path))
				return error_set_errno(err, errno, "%s", path);
		}
	}
	return 0;
}

/* Removes symbolic links of etc/ssl/certs that led to what was removed (hashes of the snakeoil pair). */
static int remove_dangling(const char *tree, const char *folder, struct error *err)
{
	autofree char *path = path_join(tree, folder);
	struct strings autostrings names = { 0 };
	if (!path_is_directory(path))
		return 0;
	if (directory_list(path, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *link = path_join(path, names.items[i]);
		char target[256];
		ssize_t length = readlink(link, target, sizeof target - 1);
		if (length <= 0)
			continue;
		target[length] = '\0';
		if (strchr(target, '/') || (!strstr(target, "snakeoil")))
			continue;
		if (unlink(link))
			return error_set_errno(err, errno, "%s", link);
	}
	return 0;
}

/* Field 3 of shadow(5), the day of the last change, for every account that has one. */
static int fix_shadow(const char *tree, int64_t timestamp, struct error *err)
{
	autofree char *path = path_join(tree, "etc/shadow"), *text = NULL;
	struct strings autostrings lines = { 0 };
	struct buffer autobuffer fixed = { 0 };
	struct stat status;
	if (stat(path, &status))
		return errno == ENOENT ? 0 : error_set_errno(err, errno, "%s", path);
	if (file_read(path, ACCOUNT_FILE_MAXIMUM, &text, NULL, err))
		return -1;
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char *second = strchr(lines.items[i], ':');
		char *third = second ? strchr(second + 1, ':') : NULL;
		char *rest = third ? strchr(third + 1, ':') : NULL;
		if (!rest || rest == third + 1) {
			buffer_format(&fixed, "%s\n", lines.items[i]);
			continue;
		}
		*third = '\0';
		buffer_format(&fixed, "%s:%lld%s\n", lines.items[i], (long long)(timestamp / DAY), rest);
	}
	/* in place: owner and mode stay */
	autofd int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno, "%s", path);
	return fd_write_all(fd, fixed.data ? fixed.data : "", fixed.length, err);
}

int normalise_tree(const char *tree, int64_t timestamp, struct error *err)
{
	for (size_t i = 0; i < LENGTH(emptied); i++)
		if (empty_directory(tree, emptied[i], err))
			return -1;
	if (sweep(tree, "", err) || remove_dangling(tree, "etc/ssl/certs", err))
		return -1;
	autofree char *java = path_join(tree, "etc/ssl/certs/java/cacerts");
	if (keystore_normalise(java, timestamp, err))
		return -1;
	autofree char *machine = path_join(tree, "etc/machine-id");
	if (unlink(machine) && errno != ENOENT)
		return error_set_errno(err, errno, "%s", machine);
	if (file_write_plain(machine, "", 0, 0444, err))
		return -1;
	return fix_shadow(tree, timestamp, err);
}

void normalise_times(struct entries *entries, const struct origins_map *map, int64_t timestamp)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->items[i];
		const struct deb_path *from = map ? origin_find(map, entry->path) : NULL;
		/* the clock may stand anywhere: a time counts only when it came with a package */
		bool shipped = from && (from->mode & S_IFMT) == (entry->mode & S_IFMT) &&
			       (S_ISDIR(entry->mode) || from->mtime == entry->mtime);
		entry->mtime = shipped && from->mtime < timestamp ? from->mtime : timestamp;
	}
}
