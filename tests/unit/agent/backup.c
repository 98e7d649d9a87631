/* Backup and restore on trees: nothing is lost, a bad backup changes nothing, and the power may go at any
 * moment. age, tar and the programs of components are real; PostgreSQL leaves traces only (postgres.c and
 * tests/integration have the real one). */
#include "tree.h"

#include <fcntl.h>
#include <signal.h>

#include "agent/backup_content.h"
#include "agent/restore.h"

#define PASSPHRASE "correct horse battery"

static const char box_text[] =
	"{ \"format\": 1, \"recipe\": \"demo\", \"mode\": \"training\", \"built\": 1700000000,\n"
	"  \"site\": { \"name\": \"testbox\", \"languages\": [\"en\"] },\n"
	"  \"components\": [ { \"id\": \"store\",\n"
	"    \"state\": [ {\"name\": \"postgresql\", \"path\": \"/var/lib/postgresql\"},\n"
	"                 {\"name\": \"letters\", \"path\": \"/var/lib/letters\", \"mode\": \"0700\"},\n"
	"                 {\"name\": \"files\", \"path\": \"/var/lib/files\", \"mode\": \"0700\"} ],\n"
	"    \"backup\": [ {\"state\": \"letters\", \"save\": \"/usr/lib/hie/store/save\", \"load\": \"/usr/lib/hie/store/load\"},\n"
	"                  {\"state\": \"files\"} ],\n"
	"    \"secrets\": [ {\"name\": \"database\", \"kind\": \"token\"}, {\"name\": \"admin\", \"kind\": \"password\"} ],\n"
	"    \"databases\": [ {\"name\": \"store\", \"owner\": \"keeper\", \"secret\": \"database\",\n"
	"                     \"load\": \"/usr/lib/hie/store/schema.sql\"} ] } ] }\n";

/* Instead of age, whose passphrases take a second each by design: the same questions on the same terminal, and a
 * look at whether the passphrase can be seen anywhere. */
static const char quick_age[] =
	"#!/bin/sh\nread -r p </dev/tty\n"
	"if tr '\\0' ' ' </proc/$$/cmdline | grep -q \"$p\" || tr '\\0' ' ' </proc/$$/environ | grep -q \"$p\"; then\n"
	"  echo the passphrase can be seen >&2; exit 3\nfi\n"
	"case $1 in\n--encrypt) read -r again </dev/tty; [ \"$p\" = \"$again\" ] || exit 1\n"
	"  echo age-encryption.org/v1; echo \"$p\"; exec cat ;;\nesac\n"
	"read -r magic; read -r wanted\n"
	"[ \"$p\" = \"$wanted\" ] || { echo 'age: error: incorrect passphrase' >&2; exit 1; }\nexec cat\n";

static int with_quick_age(void **state)
{
	(void)state;
	char *path = text_copy("/tmp/hie-test-age.XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, quick_age, strlen(quick_age), NULL), 0);
	assert_int_equal(fchmod(fd, 0755), 0);
	close(fd);
	assert_int_equal(setenv("HIEBOX_TOOL_AGE", path, 1), 0);
	free(path);
	return 0;
}

static int with_age(void **state)
{
	(void)state;
	const char *path = getenv("HIEBOX_TOOL_AGE");
	if (path)
		unlink(path);
	return unsetenv("HIEBOX_TOOL_AGE");
}

static char *new_tree(void)
{
	char *root = tree_new();
	tree_add_postgres(root);
	tree_write(root, "/usr/lib/hie/box.json", box_text, 0644);
	tree_write(root, "/usr/lib/hie/store/save", "#!/bin/sh\ncat letter\n", 0755);
	tree_write(root, "/usr/lib/hie/store/load", "#!/bin/sh\ncat >letter\n", 0755);
	tree_write(root, "/usr/lib/postgresql/17/bin/psql",
		   "#!/bin/sh\nt=$(cat)\necho \"$t\" >>\"${0%/*}/told\"\n"
		   "case $t in *pg_database_size*) echo 100000 ;; esac\n", 0755);
	tree_write(root, "/usr/lib/postgresql/17/bin/pg_dump", "#!/bin/sh\necho the records\n", 0755);
	tree_write(root, "/usr/lib/postgresql/17/bin/pg_restore", "#!/bin/sh\ncat >\"${0%/*}/restored\"\n", 0755);
	return root;
}

static void cut(void *context, const char *where)
{
	int *left = context;
	(void)where;
	if (*left > 0 && --*left == 0)
		kill(getpid(), SIGKILL);
}

/* What a child process shall do on a tree. */
struct deed {
	const char *root;
	const char *file;       /* a backup to be restored; NULL: provision, or back up into `to` */
	const char *to;
	const char *passphrase;
	bool keep_identity;
	int cut_at;
	char *why;              /* what the job says at the end; caller frees */
};

static int do_it(struct deed *deed, struct provision *provision, struct error *err)
{
	struct backup_request request = { .action = deed->file ? BACKUP_RESTORE : BACKUP_SAVE,
					  .target = text_copy(deed->to), .file = text_copy(deed->file),
					  .passphrase = text_copy(deed->passphrase ? deed->passphrase : PASSPHRASE),
					  .keep_identity = deed->keep_identity };
	struct work work = { .provision = provision, .request = &request, .job_name = "test" };
	if (!deed->file && !deed->to)
		return provision_run(provision, err);
	int result = deed->file ? restore_run(&work, false, err) : backup_save(&work, err);
	return work_end(&work, result, saying_make(SAY_NOTHING_TO_DO, NULL), SAY_BACKUP_FAILED, err);
}

static int run(struct deed *deed)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct provision provision = tree_child_provision(deed->root);
		struct error err = { 0 };
		provision.boundary = cut;
		provision.context = &deed->cut_at;
		_exit(do_it(deed, &provision, &err) == 0 ? 0 : 1);
	}
	int status = tree_wait(pid);
	struct job job = { 0 };
	struct error err = { 0 };
	if ((deed->file || deed->to) && job_read(deed->root, "test", &job, &err) == 0)
		deed->why = saying_text(&job.saying, NULL, NULL);
	job_clear(&job);
	error_clear(&err);
	return status;
}

static void assert_done(struct deed deed)
{
	int status = run(&deed);
	if (status != 0)
		fail_msg("failed: %s", deed.why ? deed.why : "?");
	free(deed.why);
}

/* A box with content, and one backup of it: "out/<name>.hiebackup". */
static char *old_box(char **ret_backup)
{
	char *root = new_tree();
	assert_done((struct deed){ .root = root });
	tree_write(root, "/var/lib/letters/letter", "dear box\n", 0600);
	tree_write(root, "/var/lib/files/a/one", "1\n", 0640);
	tree_write(root, "/var/lib/files/two", "2\n", 0600);
	tree_write(root, "/var/lib/hie/settings.json", "{ \"name\": \"oldbox\" }\n", 0644);
	autofree char *out = tree_path(root, "/out");
	struct error err = { 0 };
	assert_int_equal(directory_make(out, 0755, &err), 0);
	assert_done((struct deed){ .root = root, .to = out });
	autostrings struct strings names = { 0 };
	assert_int_equal(directory_list(out, &names, &err), 0);
	assert_int_equal(names.count, 1);
	assert_true(text_starts(names.items[0], "testbox-demo-20") || text_starts(names.items[0], "oldbox-demo-20"));
	assert_true(text_ends(names.items[0], "Z.hiebackup"));
	*ret_backup = path_join(out, names.items[0]);
	autofree char *staging = tree_path(root, "/var/lib/hie/backup.new");
	assert_false(path_exists(staging));
	return root;
}

/* Everything below the tree's /var but what a run leaves by itself, as one digest. */
static char *digest(const char *root)
{
	autobuffer struct buffer output = { 0 };
	autofree char *var = tree_path(root, "/var");
	const char *argv[] = { "tar", "--sort=name", "--mtime=@0", "--exclude=*.lock", "-C", var, "-cf", "-", ".", NULL };
	struct error err = { 0 };
	char hex[HASH_HEX_MAX];
	assert_int_equal(process_run(&(struct process){ .argv = argv, .output = &output }, NULL, &err), 0);
	hash_bytes("sha256", output.data, output.length, hex);
	return text_copy(hex);
}

static const char *const same_files[] = {
	"/var/lib/hie/secrets/database", "/var/lib/hie/secrets/admin", "/var/lib/hie/tls/ca.key",
	"/var/lib/hie/tls/ca.crt", "/var/lib/hie/tls/server.key", "/var/lib/hie/ssh/ssh_host_ed25519_key",
	"/var/lib/letters/letter", "/var/lib/files/a/one", "/var/lib/files/two", "/var/lib/hie/settings.json",
};
static const char *const gone[] = {
	"/var/lib/hie/restore", "/var/lib/hie/restore.new", "/var/lib/hie/restore.done", "/var/lib/hie/backup.new",
	"/var/lib/letters/.restore", "/var/lib/letters/.restore-old", "/var/lib/letters/.restore-ready",
	"/var/lib/letters/stale", "/var/lib/postgresql/17/restore", "/var/lib/postgresql/17/old", "/run/hie-provision",
};

static bool is_same(const char *a, const char *b, const char *path)
{
	autofree char *first = tree_read(a, path), *second = tree_read(b, path);
	return first && text_equal(first, second);
}

/* `to` is now what `from` was. */
static void assert_restored(const char *from, const char *to)
{
	for (size_t i = 0; i < LENGTH(same_files); i++)
		if (!is_same(from, to, same_files[i]))
			fail_msg("%s is not as in the backup", same_files[i]);
	tree_expect_absent(to, gone, LENGTH(gone));
	autofree char *records = tree_read(to, "/usr/lib/postgresql/17/bin/restored");
	autofree char *cluster = tree_read(to, "/var/lib/postgresql/17/main/PG_VERSION");
	assert_string_equal(records, "the records\n");
	assert_non_null(cluster);
}

static char *new_box(void)
{
	char *root = new_tree();
	assert_done((struct deed){ .root = root });
	tree_write(root, "/var/lib/letters/letter", "another\n", 0600);
	tree_write(root, "/var/lib/letters/stale", "goes\n", 0600);
	return root;
}

static void test_there_and_back(void **state)
{
	(void)state;
	char *backup = NULL, *old = old_box(&backup), *fresh = new_box();
	autofree char *secret = tree_read(fresh, "/var/lib/hie/secrets/admin");
	assert_done((struct deed){ .root = fresh, .file = backup });
	autofree char *still = tree_read(fresh, "/var/lib/hie/secrets/admin");
	assert_string_equal(still, secret); /* decided upon, not yet applied */
	assert_true(restore_is_pending(fresh));
	assert_done((struct deed){ .root = fresh });
	assert_restored(old, fresh);
	struct stat st;
	autofree char *key = tree_path(fresh, "/var/lib/hie/secrets/admin"), *one = tree_path(fresh, "/var/lib/files/a/one");
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(one, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	autofree char *told = tree_read(fresh, "/usr/lib/postgresql/17/bin/told");
	autofree char *password = tree_read(old, "/var/lib/hie/secrets/database");
	autofree char *expected = text_format("PASSWORD '%s'", password);
	assert_non_null(strstr(told, expected));
	assert_done((struct deed){ .root = fresh }); /* and later starts change nothing */
	assert_restored(old, fresh);
	tree_free(fresh);
	tree_free(old);
	free(backup);
}

static void test_keep_identity(void **state)
{
	(void)state;
	char *backup = NULL, *old = old_box(&backup), *fresh = new_box();
	autofree char *authority = tree_read(fresh, "/var/lib/hie/tls/ca.crt");
	autofree char *host = tree_read(fresh, "/var/lib/hie/ssh/ssh_host_ed25519_key");
	assert_done((struct deed){ .root = fresh, .file = backup, .keep_identity = true });
	assert_done((struct deed){ .root = fresh });
	autofree char *authority_now = tree_read(fresh, "/var/lib/hie/tls/ca.crt");
	autofree char *host_now = tree_read(fresh, "/var/lib/hie/ssh/ssh_host_ed25519_key");
	autofree char *settings = tree_path(fresh, "/var/lib/hie/settings.json");
	assert_string_equal(authority, authority_now);
	assert_string_equal(host, host_now);
	assert_false(path_exists(settings));
	assert_true(is_same(old, fresh, "/var/lib/hie/secrets/admin"));
	assert_true(is_same(old, fresh, "/var/lib/letters/letter"));
	tree_free(fresh);
	tree_free(old);
	free(backup);
}

/* The power goes at every moment of reading and preparing: the box is the old one or, decided upon, the new. */
static void test_cut_while_preparing(void **state)
{
	(void)state;
	char *backup = NULL, *old = old_box(&backup);
	struct error err = { 0 };
	int cuts = 0, decided = 0;
	for (int n = 1;; n++) {
		char *fresh = new_box();
		autofree char *secret = tree_read(fresh, "/var/lib/hie/secrets/admin");
		struct deed deed = { .root = fresh, .file = backup, .cut_at = n };
		bool ended = WIFEXITED(run(&deed));
		free(deed.why);
		autofree char *run_directory = tree_path(fresh, "/run"); /* memory: empty after a power cut */
		assert_int_equal(tree_remove(run_directory, &err), 0);
		bool pending = restore_is_pending(fresh);
		assert_done((struct deed){ .root = fresh });
		autofree char *now = tree_read(fresh, "/var/lib/hie/secrets/admin");
		autofree char *letter = tree_read(fresh, "/var/lib/letters/letter");
		assert_int_equal(text_equal(now, secret), !pending);
		assert_int_equal(text_equal(letter, "another\n"), !pending);
		if (pending)
			assert_restored(old, fresh);
		for (size_t i = 0; i < LENGTH(gone); i++) {
			autofree char *path = tree_path(fresh, gone[i]);
			if (path_exists(path) && (pending || !text_ends(gone[i], "stale")))
				fail_msg("%s is left over", gone[i]);
		}
		cuts += !ended;
		decided += pending;
		tree_free(fresh);
		if (ended)
			break;
	}
	assert_in_range(cuts, 8, 60);
	assert_in_range(decided, 1, 5);
	tree_free(old);
	free(backup);
}

/* The power goes at every moment of putting it in place: the next start has all of it. */
static void test_cut_while_applying(void **state)
{
	(void)state;
	char *backup = NULL, *old = old_box(&backup), *ready = new_box();
	int cuts = 0;
	struct error err = { 0 };
	assert_done((struct deed){ .root = ready, .file = backup });
	for (int n = 1;; n++) {
		char *fresh = NULL;
		assert_int_equal(directory_temporary("/tmp", "hie-test-", &fresh, &err), 0);
		assert_int_equal(tree_copy(ready, fresh, &err), 0);
		struct deed deed = { .root = fresh, .cut_at = n };
		bool ended = WIFEXITED(run(&deed));
		for (int again = n + 3; n % 4 == 0 && again < n + 9; again += 5) { /* and again, before it is complete */
			struct deed more = { .root = fresh, .cut_at = again };
			run(&more);
		}
		assert_done((struct deed){ .root = fresh });
		assert_restored(old, fresh);
		tree_free(fresh);
		cuts += !ended;
		if (ended)
			break;
	}
	assert_in_range(cuts, 25, 200);
	tree_free(ready);
	tree_free(old);
	free(backup);
}

/* Refused, with these words, and the tree is what it was. */
static void assert_refused(const char *root, const char *file, const char *passphrase, const char *words)
{
	autofree char *before = digest(root);
	struct deed deed = { .root = root, .file = file, .passphrase = passphrase };
	int status = run(&deed);
	autofree char *why = deed.why;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
		fail_msg("was not refused: expected \"%s\"", words);
	if (!why || !strstr(why, words))
		fail_msg("expected \"%s\", got \"%s\"", words, why ? why : "nothing");
	autofree char *after = digest(root);
	assert_string_equal(before, after);
}

static void change(const char *path, const char *to, off_t at, off_t length)
{
	struct error err = { 0 };
	struct stat st;
	assert_int_equal(file_copy(path, to, 0600, &err), 0);
	assert_int_equal(stat(to, &st), 0);
	int fd = open(to, O_RDWR);
	assert_true(fd >= 0);
	if (length >= 0)
		assert_int_equal(ftruncate(fd, length), 0);
	char byte;
	off_t place = at < 0 ? st.st_size + at : at;
	if (length < 0) {
		assert_int_equal(pread(fd, &byte, 1, place), 1);
		byte = (char)(byte ^ 0x11);
		assert_int_equal(pwrite(fd, &byte, 1, place), 1);
	}
	close(fd);
}

static void test_damaged(void **state)
{
	(void)state;
	char *backup = NULL, *old = old_box(&backup), *fresh = new_box();
	autofree char *bad = text_format("%s-bad", backup);
	struct stat st;
	assert_int_equal(stat(backup, &st), 0);
	/* age's version line, the salt, the wrapped key, the header's code, the nonce, the first and last chunks */
	const off_t flips[] = { 3, 40, 80, 150, 190, 260, st.st_size / 2, -1 };
	for (size_t i = 0; i < LENGTH(flips); i++) {
		change(backup, bad, flips[i], -1);
		assert_refused(fresh, bad, NULL, flips[i] == 3 ? "is not a backup of a box"
			       : flips[i] == 40 || flips[i] == 80 ? "backup" /* another passphrase, or no base64 */
			       : "The backup is damaged");
	}
	const off_t lengths[] = { 0, 10, 100, 300, st.st_size / 2, st.st_size - 1 };
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		change(backup, bad, 0, lengths[i]);
		assert_refused(fresh, bad, NULL, lengths[i] < 20 ? "is not a backup of a box" : "The backup is damaged");
	}
	assert_refused(fresh, backup, "not the passphrase", "The passphrase does not open this backup.");
	assert_refused(fresh, "/etc/passwd", NULL, "passwd is not a backup of a box.");
	assert_refused(fresh, "/no/such.hiebackup", NULL, "There is no backup such.hiebackup.");
	assert_refused(fresh, "/tmp", NULL, "is not a backup");
	tree_free(fresh);
	tree_free(old);
	free(backup);
}

/* What this box cannot take is refused with the reason. */
static void test_other_box(void **state)
{
	(void)state;
	char *backup = NULL, *old = old_box(&backup), *fresh = new_box();
	autofree char *older = text_copy(box_text);
	memcpy(strstr(older, "1700000000"), "1600000000", 10);
	tree_write(fresh, "/usr/lib/hie/box.json", older, 0644);
	assert_refused(fresh, backup, NULL, "The backup comes from a newer image (2023-11-14) than this box has (2020-09-13)");
	autofree char *other = text_copy(box_text);
	char *entry = strstr(other, ",\n                  {\"state\": \"files\"}");
	memset(entry, ' ', strlen(",\n                  {\"state\": \"files\"}"));
	tree_write(fresh, "/usr/lib/hie/box.json", other, 0644);
	assert_refused(fresh, backup, NULL, "The backup has data of files, which this box does not have.");
	tree_write(fresh, "/usr/lib/hie/box.json", box_text, 0644);
	tree_write(fresh, "/usr/lib/hie/store/schema.sql", "create table other ();\n", 0644);
	assert_refused(fresh, backup, NULL, "The tables of the database store have another form");
	tree_free(fresh);
	fresh = new_box();
	autofree char *programs = tree_path(fresh, "/usr/lib/postgresql/17"), *elder = tree_path(fresh, "/usr/lib/postgresql/16");
	autofree char *cluster = tree_path(fresh, "/var/lib/postgresql/17"), *older_cluster = tree_path(fresh, "/var/lib/postgresql/16");
	assert_int_equal(rename(programs, elder), 0);
	assert_int_equal(rename(cluster, older_cluster), 0);
	assert_refused(fresh, backup, NULL, "The backup comes from PostgreSQL 17, but this box has version 16.");
	tree_free(fresh);
	tree_free(old);
	free(backup);
}

/* Loading fails on the new box: it stays as it was. */
static void test_load_fails(void **state)
{
	(void)state;
	char *backup = NULL, *old = old_box(&backup), *fresh = new_box();
	tree_write(fresh, "/usr/lib/hie/store/load", "#!/bin/sh\ncat >/dev/null\nln -s /etc/passwd letter\n", 0755);
	assert_refused(fresh, backup, NULL, "letters: letter is no plain file");
	tree_write(fresh, "/usr/lib/hie/store/load", "#!/bin/sh\necho cannot read that >&2\nexit 4\n", 0755);
	assert_refused(fresh, backup, NULL, "cannot read that");
	tree_write(fresh, "/usr/lib/postgresql/17/bin/pg_restore", "#!/bin/sh\necho bad dump >&2\nexit 1\n", 0755);
	assert_refused(fresh, backup, NULL, "bad dump");
	tree_free(fresh);
	tree_free(old);
	free(backup);
}

/* A backup that fails says why, leaves nothing, and older ones stay. */
static void test_save_fails(void **state)
{
	(void)state;
	char *backup = NULL, *old = old_box(&backup);
	autofree char *out = path_directory(backup), *part = path_join(out, "x" BACKUP_SUFFIX ".part");
	static const struct {
		const char *path, *text, *words;
	} cases[] = {
		{ "/usr/lib/hie/store/save", "#!/bin/sh\necho the store is away >&2\nexit 1\n", "the store is away" },
		{ "/usr/lib/postgresql/17/bin/pg_dump", "#!/bin/sh\necho no such table >&2\nexit 1\n", "no such table" },
		{ "/usr/lib/postgresql/17/bin/pg_dump", "#!/bin/sh\nkill -9 $$\n", "killed" },
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autofree char *right = tree_read(old, cases[i].path);
		tree_write(old, cases[i].path, cases[i].text, 0755);
		struct deed deed = { .root = old, .to = out };
		int status = run(&deed);
		autofree char *why = deed.why;
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
		if (!strstr(why, "The backup failed") || !strstr(why, cases[i].words))
			fail_msg("expected \"%s\", got \"%s\"", cases[i].words, why);
		tree_write(old, cases[i].path, right, 0755);
	}
	struct deed deed = { .root = old, .to = "/no/such/folder" };
	assert_int_equal(WEXITSTATUS(run(&deed)), 1);
	assert_string_equal(deed.why, "There is no folder /no/such/folder.");
	free(deed.why);
	tree_write(old, part + strlen(old), "half", 0600);
	assert_done((struct deed){ .root = old, .to = out });
	autostrings struct strings names = { 0 };
	struct error err = { 0 };
	assert_int_equal(directory_list(out, &names, &err), 0);
	assert_int_equal(names.count, 2);
	assert_false(path_exists(part));
	assert_true(path_exists(backup));
	tree_free(old);
	free(backup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test_setup_teardown(test_keep_identity, with_quick_age, with_age),
		cmocka_unit_test_setup_teardown(test_cut_while_preparing, with_quick_age, with_age),
		cmocka_unit_test_setup_teardown(test_cut_while_applying, with_quick_age, with_age),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test_setup_teardown(test_other_box, with_quick_age, with_age),
		cmocka_unit_test_setup_teardown(test_load_fails, with_quick_age, with_age),
		cmocka_unit_test_setup_teardown(test_save_fails, with_quick_age, with_age),
	};
	if (!process_available("age")) {
		printf("ok 1 - backup # SKIP there is no age here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
