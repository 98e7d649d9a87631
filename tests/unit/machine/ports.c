/* ports and folder: what both kinds of machine take from this one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/file.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "machine/folder.h"
#include "machine/ports.h"

static void a_taken_port_names_its_owner(void **state)
{
	struct error err = {0};
	uint16_t port = 0;
	int fd, second;

	(void)state;
	assert_int_equal(port_listen(&port, &fd, &err), 0);
	assert_true(port >= 1024);
	assert_int_equal(port_listen(&port, &second, &err), -1);
	autofree char *expected = text_format("port %u is taken by ports (process %d): end that first, or choose another port",
					      port, (int)getpid());
	assert_string_equal(err.message, expected);
	error_clear(&err);
	close(fd);
	assert_null(port_owner(port));
	assert_int_equal(port_listen(&port, &fd, &err), 0);
	close(fd);
}

static void a_folder_goes_with_its_owner(void **state)
{
	struct error err = {0};
	struct folder mine = NO_FOLDER, next = NO_FOLDER;
	char parent[] = "/tmp/hiebox-folder.XXXXXX";
	struct stat status;

	(void)state;
	assert_non_null(mkdtemp(parent));
	setenv("TMPDIR", parent, 1);
	assert_int_equal(folder_open(&mine, &err), 0);
	assert_int_equal(stat(mine.path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	/* in use: stays */
	assert_int_equal(folder_open(&next, &err), 0);
	assert_true(path_exists(mine.path));
	folder_close(&next);
	/* its owner dies: the next one removes it, with all that is in it */
	autofree char *file = path_join(mine.path, "data");
	assert_int_equal(file_write_plain(file, "x", 1, 0600, &err), 0);
	close(mine.lock);
	assert_int_equal(folder_open(&next, &err), 0);
	assert_false(path_exists(mine.path));
	folder_close(&next);
	/* one that is being made is not touched, nor is a link */
	autofree char *young = path_join(parent, "hiebox-machine.young1");
	autofree char *link = path_join(parent, "hiebox-machine.link01");
	assert_int_equal(mkdir(young, 0700), 0);
	assert_int_equal(symlink(young, link), 0);
	assert_int_equal(folder_open(&next, &err), 0);
	assert_true(path_exists(young));
	assert_true(path_exists(link));
	folder_close(&next);
	free(mine.path);
	assert_int_equal(tree_remove(parent, &err), 0);
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_taken_port_names_its_owner),
		cmocka_unit_test(a_folder_goes_with_its_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
