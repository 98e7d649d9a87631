/* Paths, reading and writing, locks. Trees: see trees.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/base.h"

static char *scratch;

static int make_scratch(void **state)
{
	const char *parent = getenv("TMPDIR");

	(void)state;
	return directory_temporary(parent ? parent : "/tmp", "hiebox-files-", &scratch, NULL);
}

static int remove_scratch(void **state)
{
	int status = tree_remove(scratch, NULL);

	(void)state;
	free(scratch);
	return status;
}

static void assert_text(char *text, const char *expected)
{
	assert_string_equal(text, expected);
	free(text);
}

static void paths_are_joined(void **state)
{
	(void)state;
	assert_text(path_join("a", "b"), "a/b");
	assert_text(path_join("a/", "/b"), "a/b");
	assert_text(path_join("/", "b"), "/b");
	assert_text(path_join("///", "b/"), "/b/");
	assert_text(path_join("", "b"), "b");
	assert_text(path_join("a", ""), "a");
	assert_text(path_join3("/tree", "/etc", "passwd"), "/tree/etc/passwd");
}

static void paths_are_taken_apart(void **state)
{
	(void)state;
	assert_string_equal(path_base("/a/b"), "b");
	assert_string_equal(path_base("b"), "b");
	assert_text(path_directory("/a/b"), "/a");
	assert_text(path_directory("/a"), "/");
	assert_text(path_directory("a//b"), "a");
	assert_text(path_directory("b"), ".");
}

static void clean_paths(void **state)
{
	static const char *const good[] = {"a", "a/b", "...", ".a/b.", "a/..b"};
	static const char *const bad[] = {"",   "/a",   "a/",   "a//b",  ".",
					  "..", "a/..", "../a", "a/./b", "a/../b"};
	autofree char *endless = memory_alloc(4098);

	(void)state;
	for (size_t i = 0; i < LENGTH(good); i++)
		assert_true(path_is_clean(good[i]));
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(path_is_clean(bad[i]));
	assert_false(path_is_clean(NULL));
	memset(endless, 'a', 4097);
	assert_false(path_is_clean(endless));
}

static void written_files_are_read_back(void **state)
{
	autofree char *path = path_join(scratch, "file");
	autofree char *data = NULL;
	struct error err = {0};
	struct stat st;
	size_t length = 0;
	mode_t before = umask(077);

	(void)state;
	assert_int_equal(file_write(path, "one\0two", 7, 0644, &err), 0);
	umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(file_read(path, 7, &data, &length, &err), 0);
	assert_int_equal(length, 7);
	assert_memory_equal(data, "one\0two", 8);
	free(steal(data));
	assert_int_equal(file_read(path, 6, &data, &length, &err), -1);
	assert_non_null(strstr(err.message, "is larger than 6 bytes"));
	assert_null(data);
	error_clear(&err);
	assert_int_equal(file_write(path, "", 0, 0600, &err), 0);
	assert_int_equal(file_read(path, 0, &data, NULL, &err), 0);
	assert_string_equal(data, "");
}

static void reading_tells_what_is_wrong(void **state)
{
	autofree char *path = path_join(scratch, "missing");
	struct error err = {0};
	char *data = NULL;

	(void)state;
	assert_int_equal(file_read(path, 10, &data, NULL, &err), -1);
	assert_true(text_ends(err.message, "missing: No such file or directory"));
	error_clear(&err);
	assert_int_equal(file_read(scratch, 10, &data, NULL, &err), -1);
	assert_true(text_ends(err.message, ": Is a directory"));
	error_clear(&err);
	assert_int_equal(file_read("/proc/self/stat", 100000, &data, NULL, &err), 0);
	assert_true(strlen(data) > 20);
	free(data);
}

static void missing_files_may_be_ignored(void **state)
{
	autofree char *path = path_join(scratch, "optional");

	(void)state;
	assert_null(file_text_or_null(path, 64));
	assert_null(file_line_or_null(path, 64));
	assert_false(file_has(path, "", 0));
	assert_int_equal(file_write_plain(path, "", 0, 0600, NULL), 0);
	assert_true(file_has(path, "", 0));
	assert_text(file_line_or_null(path, 0), "");
	assert_int_equal(file_write_plain(path, "one\ntwo\n", 8, 0600, NULL), 0);
	assert_text(file_text_or_null(path, 8), "one\ntwo\n");
	assert_text(file_line_or_null(path, 8), "one");
	assert_null(file_text_or_null(path, 7));
	assert_null(file_line_or_null(path, 7));
	assert_true(file_has(path, "one\ntwo\n", 8));
	assert_false(file_has(path, "one\ntwo\r", 8));
	assert_false(file_has(path, "one\ntwo\n\n", 9));
	assert_false(file_has(path, "one\n", 4));
	assert_false(file_has(path, "", 0));
	assert_int_equal(file_write_plain(path, "a\0b", 3, 0600, NULL), 0);
	assert_false(file_has(path, "a", 1));
	assert_true(file_has(path, "a\0b", 3));
	assert_null(file_text_or_null(scratch, 64));
}

static void failed_writes_leave_nothing(void **state)
{
	autofree char *directory = path_join(scratch, "taken");
	autofree char *inner = path_join(directory, "x");
	autostrings struct strings names = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(directory_make(inner, 0755, &err), 0);
	assert_int_equal(file_write(directory, "x", 1, 0644, &err), -1);
	error_clear(&err);
	assert_int_equal(directory_list(scratch, &names, &err), 0);
	for (size_t i = 0; i < names.count; i++)
		assert_int_not_equal(names.items[i][0], '.');
}

/* Inside a tree a link may point out of it: it is replaced, never written through. */
static void plain_writes_replace_links(void **state)
{
	autofree char *outside = path_join(scratch, "outside");
	autofree char *inside = path_join(scratch, "inside");
	autofree char *second = path_join(scratch, "second");
	autofree char *data = NULL;
	struct error err = {0};
	struct stat st;

	(void)state;
	assert_int_equal(file_write_plain(outside, "outside", 7, 0644, &err), 0);
	assert_int_equal(symlink(outside, inside), 0);
	assert_int_equal(link(outside, second), 0);
	assert_int_equal(file_write_plain(inside, "inside", 6, 0640, &err), 0);
	assert_int_equal(file_copy(inside, second, 0600, &err), 0);
	assert_int_equal(file_read(outside, 100, &data, NULL, &err), 0);
	assert_string_equal(data, "outside");
	assert_int_equal(lstat(inside, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(file_write_plain(inside, "in", 2, 0600, &err), 0);
	assert_int_equal(stat(inside, &st), 0);
	assert_int_equal(st.st_size, 2);
}

/* Pattern: data, a hole within, data that happens to be zero, a hole at the end. */
static void make_sparse(const char *path)
{
	autofd int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	static char zeros[100000];

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "begin", 5, 3), 5);
	assert_int_equal(pwrite(fd, zeros, sizeof zeros, 1 << 20), sizeof zeros);
	assert_int_equal(pwrite(fd, "end", 3, (8 << 20) + 77), 3);
	assert_int_equal(ftruncate(fd, (16 << 20) + 5), 0);
}

static void copies_keep_holes(void **state)
{
	autofree char *from = path_join(scratch, "sparse");
	autofree char *to = path_join(scratch, "copy");
	char first[HASH_HEX_MAX], second[HASH_HEX_MAX];
	struct error err = {0};
	struct stat st;

	(void)state;
	make_sparse(from);
	assert_int_equal(file_copy(from, to, 0600, &err), 0);
	assert_int_equal(stat(to, &st), 0);
	assert_int_equal(st.st_size, (16 << 20) + 5);
	assert_true(st.st_blocks * 512 < 1 << 20);
	hash_file("sha256", from, first, &err);
	hash_file("sha256", to, second, &err);
	assert_string_equal(first, second);
}

static void parts_are_copied(void **state)
{
	autofree char *from = path_join(scratch, "sparse2");
	autofree char *to = path_join(scratch, "part");
	autofree char *data = NULL;
	struct error err = {0};
	size_t length = 0;
	autofd int in = -1;
	autofd int out = -1;

	(void)state;
	make_sparse(from);
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fd_copy(in, out, 8, false, &err), 0);
	assert_int_equal(fd_copy(in, out, 5000, true, &err), 0);
	assert_int_equal(lseek(in, 0, SEEK_CUR), 5008);
	assert_int_equal(lseek(out, 0, SEEK_CUR), 5008);
	assert_int_equal(file_read(to, 10000, &data, &length, &err), 0);
	assert_int_equal(length, 5008);
	assert_memory_equal(data, "\0\0\0begin\0", 9);
	assert_int_equal(fd_copy(in, out, (uint64_t)1 << 40, true, &err), -1);
	assert_non_null(strstr(err.message, "too early"));
	error_clear(&err);
}

static void places_are_read(void **state)
{
	autofree char *path = path_join(scratch, "places");
	char bytes[4] = "";

	(void)state;
	assert_int_equal(file_write_plain(path, "0123456789", 10, 0600, NULL), 0);
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd_read_at(fd, bytes, 4, 6));
	assert_memory_equal(bytes, "6789", 4);
	assert_true(fd_read_at(fd, bytes, 2, 0));
	assert_memory_equal(bytes, "0189", 4);
	assert_true(fd_read_at(fd, bytes, 0, 10));
	assert_false(fd_read_at(fd, bytes, 4, 7));
	assert_false(fd_read_at(-1, bytes, 1, 0));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
}

static void pipes_are_copied(void **state)
{
	autofree char *to = path_join(scratch, "piped");
	autofree char *data = NULL;
	struct error err = {0};
	int ends[2];
	autofd int out = open(to, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fd_write_all(ends[1], "words", 5, &err), 0);
	close(ends[1]);
	assert_int_equal(fd_copy(ends[0], out, UINT64_MAX, true, &err), 0);
	close(ends[0]);
	assert_int_equal(file_read(to, 10, &data, NULL, &err), 0);
	assert_string_equal(data, "words");
	assert_int_equal(fd_write_all(ends[1], "x", 1, &err), -1);
	assert_string_equal(err.message, "cannot write: Bad file descriptor");
	error_clear(&err);
}

static void directories_are_synced(void **state)
{
	autofree char *file = path_join(scratch, "no-directory");
	autofree char *missing = path_join(scratch, "missing");
	autofree char *told = text_format("cannot save %s: Not a directory", file);
	struct error err = {0};

	(void)state;
	assert_int_equal(directory_sync(scratch, &err), 0);
	assert_null(err.message);
	assert_int_equal(file_write_plain(file, "x", 1, 0600, NULL), 0);
	assert_int_equal(directory_sync(file, &err), -1);
	assert_string_equal(err.message, told);
	error_clear(&err);
	assert_int_equal(directory_sync(missing, NULL), -1);
}

static void locks_exclude(void **state)
{
	autofree char *path = path_join(scratch, "lock");
	struct error err = {0};
	int first = -1, second = -1;

	(void)state;
	assert_int_equal(lock_take(path, true, &first, &err), 0);
	assert_int_equal(lock_take(path, false, &second, &err), 1);
	assert_int_equal(second, -1);
	/* Who removes the file makes room for a new lock. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(lock_take(path, false, &second, &err), 0);
	close(second);
	close(first);
	assert_int_equal(lock_take(path, false, &first, &err), 0);
	close(first);
}

static void the_cache_directory(void **state)
{
	(void)state;
	setenv("HOME", "/people/ada", 1);
	setenv("XDG_CACHE_HOME", "/cache", 1);
	assert_text(cache_directory("hiebox"), "/cache/hiebox");
	setenv("XDG_CACHE_HOME", "relative", 1);
	assert_text(cache_directory("hiebox"), "/people/ada/.cache/hiebox");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	assert_null(cache_directory("hiebox"));
}

/* As a terminal that another program has made so. */
static void what_would_block_is_waited_for(void **state)
{
	int ends[2];
	autofree char *bytes = memory_alloc(1u << 20);
	struct error err = {0};

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	pid_t reader = fork();
	if (reader == 0) {
		char block[65536];
		size_t all = 0;

		close(ends[1]);
		poll(NULL, 0, 100);
		for (ssize_t got; (got = read(ends[0], block, sizeof block)) > 0;)
			all += (size_t)got;
		_exit(all == 1u << 20 ? 0 : 1);
	}
	close(ends[0]);
	assert_int_equal(fd_write_all(ends[1], bytes, 1u << 20, &err), 0);
	close(ends[1]);
	int status;
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_joined),
		cmocka_unit_test(paths_are_taken_apart),
		cmocka_unit_test(clean_paths),
		cmocka_unit_test(written_files_are_read_back),
		cmocka_unit_test(reading_tells_what_is_wrong),
		cmocka_unit_test(missing_files_may_be_ignored),
		cmocka_unit_test(failed_writes_leave_nothing),
		cmocka_unit_test(plain_writes_replace_links),
		cmocka_unit_test(copies_keep_holes),
		cmocka_unit_test(parts_are_copied),
		cmocka_unit_test(places_are_read),
		cmocka_unit_test(pipes_are_copied),
		cmocka_unit_test(directories_are_synced),
		cmocka_unit_test(locks_exclude),
		cmocka_unit_test(the_cache_directory),
		cmocka_unit_test(what_would_block_is_waited_for),
	};

	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
