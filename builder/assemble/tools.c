/* The tools root: unpacked once into the store, then only read. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/assemble.h"
#include "assemble/dpkg.h"
#include "assemble/large_deb.h"
#include "assemble/packages.h"

/* Raise it when a root shall be made otherwise from the same packages. */
#define TOOLS_FORMAT "hiebox tools 2"
#define STAMP "hiebox-tools"

void tools_close(struct tools *tools)
{
	free(tools->root);
	free(tools->key);
	*tools = (struct tools){ 0 };
}

static char *tools_key(const struct lock *lock)
{
	struct hash *hash = hash_new("sha256");
	char hex[HASH_HEX_MAX];
	hash_text(hash, TOOLS_FORMAT);
	hash_text(hash, lock->architecture);
	for (size_t i = 0; i < lock->tools.count; i++) {
		hash_text(hash, lock->tools.items[i].name);
		hash_text(hash, lock->tools.items[i].sha256);
	}
	hash_finish(hash, hex);
	return text_copy(hex);
}

/* No maintainer script runs here: what tools need of them is this. */
static int finish_root(const char *root, struct error *err)
{
	static const char *const files[][2] = {
		{ "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
				"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" },
		{ "etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n" },
		{ "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n" },
		{ "etc/hosts", "127.0.0.1 localhost\n::1 localhost\n" },
	};
	static const char *const links[][2] = { { "mawk", "usr/bin/awk" },
						{ "gcc", "usr/bin/cc" } };
	for (size_t i = 0; i < LENGTH(files); i++) {
		autofree char *path = path_join(root, files[i][0]);
		if (file_write_plain(path, files[i][1], strlen(files[i][1]), 0644, err))
			return -1;
	}
	for (size_t i = 0; i < LENGTH(links); i++) {
		autofree char *path = path_join(root, links[i][1]);
		if (symlink(links[i][0], path) && errno != EEXIST)
			return error_set_errno(err, errno, "%s", path);
	}
	const char *const argv[] = { "/usr/sbin/ldconfig", NULL };
	const struct sandbox sandbox = { .root = root, .root_writable = true };
	const struct process process = { .argv = argv, .sandbox = &sandbox };
	return process_run(&process, NULL, err);
}

/* Half of all files, and no tool reads them. javac has Java's modules in one file; the others are jlink's. */
static bool is_unwanted(const char *path)
{
	static const char *const folders[] = { "usr/share/doc/", "usr/share/man/", "usr/share/locale/",
					       "usr/share/info/", "usr/share/lintian/" };
	for (size_t i = 0; i < LENGTH(folders); i++)
		if (text_starts(path, folders[i]))
			return true;
	return text_starts(path, "usr/lib/jvm/") && text_ends(path, ".jmod");
}

/* xz and what it needs first: it decompresses the rest. */
static int unpack_all(struct debs *debs, const char *architecture, const char *root, struct error *err)
{
	static const char *const first[] = { "xz-utils", "liblzma5", "libc6" };
	const struct tools tools = { .root = (char *)root };
	for (size_t i = 0; i < debs->count; i++) {
		struct deb *deb = &debs->items[i];
		/* diversions only matter to systems that change; nothing here does */
		deb->late = true;
		for (size_t k = 0; k < LENGTH(first); k++)
			deb->late = deb->late && !text_equal(deb->package->name, first[k]);
	}
	debs->unwanted = is_unwanted;
	if (debs_unpack(debs, root, false, NULL, err))
		return -1;
	debs->tools = large_deb_pays(architecture) ? &tools : NULL;
	int answer = debs_unpack(debs, root, true, NULL, err);
	debs->tools = NULL;
	return answer;
}

static int make_root(const struct store *store, const struct lock *lock, const char *root,
		     struct progress *progress, struct error *err)
{
	struct debs autodebs debs = { 0 };
	struct origins_map map = { 0 };
	autofree char *stamp = path_join3(root, "etc", STAMP);
	if (debs_check(store, &lock->tools, err) || debs_load(store, &lock->tools, &debs, err))
		return -1;
	debs_watch(&debs, progress);
	if (directory_make(root, 0755, err) || dpkg_prepare(root, lock->architecture, err) ||
	    unpack_all(&debs, lock->architecture, root, err) || debs_settle(&debs, root, &map, err))
		return -1;
	free(map.items);
	if (finish_root(root, err))
		return -1;
	return file_write_plain(stamp, TOOLS_FORMAT "\n", strlen(TOOLS_FORMAT "\n"), 0644, err);
}

static int publish_root(const char *made, const char *root, struct error *err)
{
	autofree char *above = path_directory(root);
	autofree char *record = path_join(above, STORE_DIGESTS);
	if (directory_make(above, 0755, err) || store_record(made, record, err))
		return -1;
	/* on the disk before it has its name: it is believed for ever, also after a power cut */
	autofd int fd = open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || syncfs(fd))
		return error_set_errno(err, errno, "%s", made);
	if (!rename(made, root))
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return error_set_errno(err, errno, "%s", root);
	return tree_remove(made, err);
}

bool tools_are_there(const struct store *store, const struct lock *lock)
{
	autofree char *key = tools_key(lock);
	autofree char *tools = path_join3(store->path, "tools", key);
	autofree char *stamp = path_join3(tools, "root/etc", STAMP);
	return path_exists(stamp);
}

int tools_open(const struct store *store, const struct lock *lock, struct tools *ret_tools, struct error *err)
{
	autofree char *key = tools_key(lock);
	autofree char *tools = path_join3(store->path, "tools", key);
	autofree char *root = path_join(tools, "root");
	autofree char *stamp = path_join3(root, "etc", STAMP);
	autofree char *lock_name = text_format("tools-%s", key);
	autofd int alone = -1;
	/* two builds at once: the second one waits and then finds it */
	if (!path_exists(stamp) && store_lock(store, lock_name, "unpacking the tools root", &alone, err))
		return -1;
	if (!path_exists(stamp)) {
		autofree char *made = path_join(store->work, "tools-root");
		struct progress *progress = progress_begin("tools", "unpack the tools root", 0, false);
		mode_t before = umask(022);
		int answer = tree_remove(made, err) ? -1 : make_root(store, lock, made, progress, err);
		umask(before);
		progress_end(progress, answer ? "failed" : NULL);
		if (answer || publish_root(made, root, err))
			return error_prefix(err, "tools root");
	}
	*ret_tools = (struct tools){ .root = steal(root), .key = steal(key) };
	return 0;
}

int tools_run(const struct tools *tools, const struct tool_run *run, struct error *err)
{
	struct strings environment __attribute__((cleanup(strings_clear))) = { 0 };
	strings_add_all(&environment, (const char *const[]){
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp", "TMPDIR=/tmp", "LC_ALL=C", "TZ=UTC",
		"TERM=dumb", NULL });
	strings_format(&environment, "SOURCE_DATE_EPOCH=%lld", (long long)run->timestamp);
	if (run->environment)
		strings_add_all(&environment, run->environment);
	const struct sandbox sandbox = {
		.root = tools->root, .binds = run->binds, .bind_count = run->bind_count, .no_sync = true,
	};
	const struct process process = {
		.argv = run->argv, .environment = (const char *const *)environment.items,
		.directory = run->directory ? run->directory : "/", .sandbox = &sandbox,
		.input_fd = run->input_fd, .output_fd = run->output_fd, .output = run->output,
	};
	return process_run(&process, NULL, err);
}
