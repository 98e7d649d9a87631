/* Requests and jobs of the backup services: read as written, gone when taken, and nothing else is taken. */
#include "tree.h"

#include "agent/backup.h"

static void assert_mode(const char *root, const char *path, mode_t mode)
{
	autofree char *full = tree_path(root, path);
	struct stat st;
	assert_int_equal(stat(full, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void test_request(void **state)
{
	(void)state;
	char *root = tree_new();
	struct error err = { 0 };
	struct backup_request request = { .action = BACKUP_RESTORE, .target = text_copy("stick:sdb1"),
					  .file = text_copy("a-demo-20260101T000000Z.hiebackup"),
					  .passphrase = text_copy("eight \"words\" é"), .keep_identity = true };
	struct backup_request read = { 0 };
	assert_int_equal(backup_request_write(root, &request, &err), 0);
	assert_mode(root, "/run/hie/requests", 0700);
	assert_mode(root, "/run/hie/requests/restore.json", 0600);
	assert_int_equal(backup_request_take(root, "restore", &read, &err), 0);
	assert_int_equal(read.action, BACKUP_RESTORE);
	assert_string_equal(read.target, request.target);
	assert_string_equal(read.file, request.file);
	assert_string_equal(read.passphrase, request.passphrase);
	assert_true(read.keep_identity);
	backup_request_clear(&read);
	assert_int_equal(backup_request_take(root, "restore", &read, &err), -1);
	error_clear(&err);
	backup_request_clear(&request);
	tree_free(root);
}

/* A request that is taken is gone, also when it says nothing sensible. */
static void test_bad_requests(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "{", "[]", "{\"action\":\"delete\"}", "{\"action\":\"save\"}",
		"{\"action\":\"save\",\"passphrase\":\"short\"}",
		"{\"action\":\"save\",\"passphrase\":\"long enough\\nbut two lines\"}",
		"{\"action\":\"save\",\"passphrase\":\"long enough\",\"target\":\"stick:../x\"}",
		"{\"action\":\"save\",\"passphrase\":\"long enough\",\"target\":\"elsewhere\"}",
		"{\"action\":\"restore\",\"passphrase\":\"long enough\",\"file\":\"x\"}",
	};
	char *root = tree_new();
	autofree char *path = tree_path(root, "/run/hie/requests/backup.json");
	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct backup_request read = { 0 };
		struct error err = { 0 };
		tree_write(root, "/run/hie/requests/backup.json", bad[i], 0600);
		assert_int_equal(backup_request_take(root, "backup", &read, &err), -1);
		assert_non_null(err.message);
		assert_false(path_exists(path));
		error_clear(&err);
	}
	struct error err = { 0 };
	struct backup_request out = { .action = BACKUP_RESTORE, .file = text_copy("../x.hiebackup"),
				      .passphrase = text_copy("long enough") };
	assert_int_equal(backup_request_write(root, &out, &err), -1);
	error_clear(&err);
	backup_request_clear(&out);
	tree_free(root);
}

static void test_job(void **state)
{
	(void)state;
	char *root = tree_new();
	struct error err = { 0 };
	struct job job = { 0 }, read = { 0 };
	assert_int_equal(job_read(root, "backup", &read, &err), 0);
	assert_int_equal(read.state, JOB_NONE);
	job = (struct job){ .state = JOB_RUNNING, .percent = 40, .file = text_copy("x.hiebackup"),
			    .saying = saying_make(SAY_BACKUP_WRITING, "x.hiebackup", NULL) };
	assert_int_equal(job_write(root, "backup", &job, &err), 0);
	assert_mode(root, "/run/hie/jobs/backup.json", 0644);
	assert_int_equal(job_read(root, "backup", &read, &err), 0);
	assert_int_equal(read.state, JOB_RUNNING);
	assert_int_equal(read.percent, 40);
	assert_string_equal(read.file, "x.hiebackup");
	autofree char *said = saying_text(&read.saying, NULL, NULL);
	assert_string_equal(said, "Writing the backup x.hiebackup");
	job_clear(&read);
	job_clear(&job);
	/* its process died without a word */
	tree_write(root, "/run/hie/jobs/backup.json",
		   "{\"state\":\"running\",\"percent\":5,\"pid\":9999999,\"say\":\"BACKUP_WRITING\",\"with\":[\"x\"]}", 0644);
	assert_int_equal(job_read(root, "backup", &read, &err), 0);
	assert_int_equal(read.state, JOB_FAILED);
	assert_int_equal(read.saying.which, SAY_JOB_VANISHED);
	job_clear(&read);
	tree_write(root, "/run/hie/jobs/backup.json", "{\"state\":\"lost\"}", 0644);
	assert_int_equal(job_read(root, "backup", &read, &err), -1);
	error_clear(&err);
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_job),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
