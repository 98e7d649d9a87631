/* A tree as entries, a tar stream and a list of text; cleaning, times and the last look. */
#include "archives.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>

#include "assemble/archive.h"
#include "assemble/entries.h"
#include "assemble/normalise.h"
#include "assemble/overlay.h"
#include "assemble/tar.h"

#define LONG_PART "a-name-of-forty-characters-which-is-long-"

static int visit(void *context, struct archive *archive, struct archive_entry *entry, struct error *err)
{
	struct buffer *text = context;
	autofree char *body = NULL;
	size_t length = 0;
	if (archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry) &&
	    archive_body(archive, 1 << 20, &body, &length, err))
		return -1;
	buffer_format(text, "%s %o %lld %s|%s|%s\n", archive_entry_pathname(entry),
		      (unsigned)archive_entry_mode(entry) & 0777, (long long)archive_entry_mtime(entry),
		      body ? body : "", archive_entry_hardlink(entry) ? archive_entry_hardlink(entry) : "",
		      archive_entry_symlink(entry) ? archive_entry_symlink(entry) : "");
	return 0;
}

static void make_tree(const char *name)
{
	autofree char *folder = text_format("%s/" LONG_PART LONG_PART LONG_PART, name);
	autofree char *deep = text_format("%s/" LONG_PART "x", folder);
	autofree char *first = text_format("%s/b/file", name), *second = text_format("%s/c-link", name);
	autofree char *symbolic = text_format("%s/a link", name);
	put(deep, "deep");
	put(first, "text");
	assert_int_equal(link(at(first), at(second)), 0);
	assert_int_equal(symlink("target", at(symbolic)), 0);
	assert_int_equal(chmod(at(first), 0755), 0);
}

static void a_tree_becomes_a_tar(void **state)
{
	struct entries autoentries entries = { 0 };
	struct buffer autobuffer text = { 0 };
	(void)state;
	make_tree("tree");
	assert_int_equal(entries_walk(at("tree"), &entries, NULL), 0);
	normalise_times(&entries, NULL, 1700000000);
	autofd int fd = open(at("out.tar"), O_WRONLY | O_CREAT, 0644);
	assert_int_equal(tar_write(fd, at("tree"), &entries, NULL, NULL), 0);
	const struct archive_input input = { at("out.tar"), INPUT_TAR, UINT64_MAX };
	assert_int_equal(archive_each(&input, visit, &text, NULL), 0);
	assert_string_equal(text.data,
			    "a link 777 1700000000 ||target\n"
			    LONG_PART LONG_PART LONG_PART " 755 1700000000 ||\n"
			    LONG_PART LONG_PART LONG_PART "/" LONG_PART "x 644 1700000000 deep||\n"
			    "b 755 1700000000 ||\n"
			    "b/file 755 1700000000 text||\n"
			    "c-link 755 1700000000 |b/file|\n");
	autofree char *list = entries_text(&entries);
	assert_non_null(strstr(list, " target a\\040link\n"));
	assert_non_null(strstr(list, " 4 982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1 b/file\n"));
	assert_non_null(strstr(list, "h 0755 "));
}

static void directories_take_after_the_layer_below(void **state)
{
	struct entries autoentries entries = { 0 };
	struct error err = { 0 };
	(void)state;
	put("upper/etc/sudoers.d/x", "x");
	put("below", "d 0750 0 7 0 - etc/sudoers.d\nf 0644 0 0 1 - etc/x\nl 0777 0 0 0 usr/lib lib\n");
	assert_int_equal(entries_walk(at("upper"), &entries, NULL), 0);
	assert_int_equal(entries_inherit(&entries, at("below"), &err), 0);
	const struct entry *entry = entries_find(&entries, "etc/sudoers.d");
	assert_int_equal(entry->mode & 07777, 0750);
	assert_int_equal(entry->gid, 7);
	entries_clear(&entries);
	put("upper/lib/x", "x");
	assert_int_equal(entries_walk(at("upper"), &entries, NULL), 0);
	assert_int_equal(entries_inherit(&entries, at("below"), &err), -1);
	assert_non_null(strstr(err.message, "/lib is a symbolic link in a layer below"));
	error_clear(&err);
}

static void traces_go(void **state)
{
	static const char *const gone[] = {
		"etc/ssh/ssh_host_rsa_key", "etc/passwd-", "var/log/apt/term.log", "var/cache/apt/pkgcache.bin",
		"var/lib/systemd/random-seed", "tmp/x", "usr/lib/python3/__pycache__/a.pyc", "var/lib/dpkg/status-old",
		"etc/hostname", "etc/resolv.conf", "boot/initrd.img-1", "usr/sbin/policy-rc.d",
	};
	static const char *const stay[] = { "etc/ssh/sshd_config", "etc/passwd", "var/cache/debconf/config.dat",
					    "var/lib/dpkg/status", "boot/config-1" };
	(void)state;
	for (size_t i = 0; i < LENGTH(gone) + LENGTH(stay); i++) {
		autofree char *path = path_join("dirty", i < LENGTH(gone) ? gone[i] : stay[i - LENGTH(gone)]);
		put(path, "x");
	}
	put("dirty/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	put("dirty/etc/shadow", "root:*:20000:0:99999:7:::\nhapi:!*:1::::::\nodd\nx:y::\n");
	assert_int_equal(normalise_tree(at("dirty"), 1700000000, NULL), 0);
	for (size_t i = 0; i < LENGTH(gone); i++) {
		autofree char *path = path_join("dirty", gone[i]);
		assert_false(path_exists(at(path)));
	}
	for (size_t i = 0; i < LENGTH(stay); i++) {
		autofree char *path = path_join("dirty", stay[i]);
		assert_true(path_exists(at(path)));
	}
	assert_true(path_is_directory(at("dirty/var/log/apt")));
	autofree char *machine = got("dirty/etc/machine-id"), *shadow = got("dirty/etc/shadow");
	assert_string_equal(machine, "");
	assert_string_equal(shadow, "root:*:19675:0:99999:7:::\nhapi:!*:19675::::::\nodd\nx:y::\n");
}

/* What normalise_check() says about a tree of one file; "" when nothing. Caller frees. */
static char *check_file(const char *path, const char *text)
{
	struct entries autoentries entries = { 0 };
	struct error err = { 0 };
	autofree char *full = path_join("checked", path);
	tree_remove(at("checked"), NULL);
	put(full, text);
	assert_int_equal(entries_walk(at("checked"), &entries, NULL), 0);
	normalise_check(at("checked"), &entries, &err);
	return err.message ? err.message : text_copy("");
}

static void secrets_are_found(void **state)
{
	static const char key[] = "-----BEGIN EC PRIVATE " "KEY-----\nMHc\n";
	(void)state;
	autofree char *fine = check_file("opt/x/config", "nothing");
	autofree char *private = check_file("opt/x/config", key);
	autofree char *known = check_file("usr/share/doc/x/example", key);
	autofree char *host = check_file("etc/ssh/ssh_host_ed25519_key", "x");
	autofree char *machine = check_file("etc/machine-id", "0\n");
	assert_string_equal(fine, "");
	assert_string_equal(private, "/opt/x/config holds a private key, which every box would share");
	assert_string_equal(known, "");
	assert_non_null(strstr(host, "must not be in an image"));
	assert_string_equal(machine, "/etc/machine-id must be empty in an image");
}

static void overlays_are_uniform(void **state)
{
	struct stat status;
	(void)state;
	put("from/usr/bin/tool", "x");
	put("from/etc/conf", "y");
	assert_int_equal(chmod(at("from/usr/bin/tool"), 0700), 0);
	assert_int_equal(chmod(at("from/etc/conf"), 0600), 0);
	put("to/etc/conf", "old");
	assert_int_equal(overlay_copy(at("from"), at("to"), TEST_TIME, NULL), 0);
	assert_int_equal(stat(at("to/usr/bin/tool"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);
	assert_int_equal(stat(at("to/etc/conf"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_int_equal(status.st_mtim.tv_sec, TEST_TIME);
	autofree char *text = got("to/etc/conf");
	assert_string_equal(text, "y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_becomes_a_tar),
		cmocka_unit_test(directories_take_after_the_layer_below),
		cmocka_unit_test(traces_go),
		cmocka_unit_test(secrets_are_found),
		cmocka_unit_test(overlays_are_uniform),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
