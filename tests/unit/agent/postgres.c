/* The database step with the real PostgreSQL of this machine (skipped where there is none): cut off in
 * its worst moments, the next run has every record, and the password opens it. */
#include "tree.h"

#include <glob.h>
#include <signal.h>

#include "agent/provision.h"

struct cut {
	const char *where; /* the boundary to die at, or NULL */
};

static void cut(void *context, const char *where)
{
	const struct cut *here = context;
	if (text_equal(here->where, where))
		kill(getpid(), SIGKILL);
}

static int run(const char *root, const char *where)
{
	pid_t pid = fork();
	if (pid == 0) {
		tree_child();
		struct box *box = NULL;
		struct error err = { 0 };
		struct cut here = { where };
		autofree char *path = tree_path(root, "/usr/lib/hie/box.json");
		if (box_load(path, &box, &err) < 0)
			_exit(3);
		struct provision provision = { .root = root, .box = box };
		provision_look_around(&provision);
		provision.boundary = cut;
		provision.context = &here;
		_exit(provision_run(&provision, &err) == 0 ? 0 : 1);
	}
	return tree_wait(pid);
}

/* The machine's own programs inside a test tree; NULL when there are none or their user is unknown. */
static char *tree_with_real_postgres(void)
{
	glob_t found = { 0 };
	bool have = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0;
	globfree(&found);
	if (!have || !process_available("setpriv"))
		return NULL;
	char *root = tree_new();
	autofree char *link = tree_path(root, "/usr/lib/postgresql");
	assert_int_equal(symlink("/usr/lib/postgresql", link), 0);
	static const char *const files[] = { "/etc/passwd", "/etc/group" };
	for (size_t i = 0; i < LENGTH(files); i++) {
		autofree char *text = tree_read("/", files[i]);
		tree_write(root, files[i], text ? text : "", 0644);
	}
	autofree char *users = tree_read(root, "/etc/passwd");
	if (geteuid() == 0 && !strstr(users, "\npostgres:")) {
		tree_free(root);
		return NULL;
	}
	return root;
}

/* Asks the finished cluster, over the network and with the password, as the component will. */
static char *ask(const char *root, const char *sql)
{
	autobox struct box *box = tree_load(root);
	struct error err = { 0 };
	struct provision provision = { .root = root, .box = box };
	provision_look_around(&provision);
	autofree char *password = NULL;
	assert_int_equal(secret_read(root, "database", &password, &err), 0);
	autofree char *script = text_format(
		"set -e; cd /; bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1); v=${bin%%/bin}; v=${v##*/}\n"
		"d='%s'/var/lib/postgresql/$v/main; port=$((20000 + $$ %% 20000))\n"
		"as=; [ $(id -u) != 0 ] || as='setpriv --reuid=postgres --regid=postgres --clear-groups'\n"
		"$as $bin/pg_ctl -s -w -D $d -l /dev/null -o \"-p $port -c unix_socket_directories= "
		"-c listen_addresses=127.0.0.1\" start\n"
		"PGPASSWORD='%s' $bin/psql -X -A -t -h 127.0.0.1 -p $port -U keeper -d store -c \"%s\" || true\n"
		"$as $bin/pg_ctl -s -w -D $d -m fast stop\n", root, password, sql);
	const char *argv[] = { "sh", "-c", script, NULL };
	autobuffer struct buffer output = { 0 };
	if (process_run(&(struct process){ .argv = argv, .output = &output }, NULL, &err) < 0)
		fail_msg("%s", err.message);
	return buffer_steal(&output);
}

static void test_cuts(void **state)
{
	(void)state;
	static const char *const moments[] = { "cluster made", "role", "database made", "database loaded",
					       "cluster filled", "cluster in place" };
	char *root = tree_with_real_postgres();
	if (!root)
		skip();
	for (size_t i = 0; i < LENGTH(moments); i++) {
		int status = run(root, moments[i]);
		assert_true(WIFSIGNALED(status));
	}
	autofree char *secret = tree_read(root, "/var/lib/hie/secrets/database");
	assert_int_equal(run(root, NULL), 0);
	autofree char *count = ask(root, "select count(*), current_user from records");
	assert_string_equal(count, "10|keeper\n");
	autofree char *secret_now = tree_read(root, "/var/lib/hie/secrets/database");
	assert_string_equal(secret, secret_now);
	/* a new password is given to the role; the records stay */
	tree_write(root, "/var/lib/hie/secrets/database", "another-one", 0600);
	assert_int_equal(run(root, NULL), 0);
	autofree char *owner = ask(root, "select tableowner from pg_tables where tablename = 'records'");
	assert_string_equal(owner, "keeper\n");
	/* a database that a newer image adds to a box with records */
	autofree char *text = text_copy(tree_box);
	memcpy(strstr(text, "\"name\": \"store\""), "\"name\": \"other\"", 15);
	tree_write(root, "/usr/lib/hie/box.json", text, 0644);
	assert_true(WIFSIGNALED(run(root, "database loaded")));
	assert_int_equal(run(root, NULL), 0);
	autofree char *names = ask(root, "select string_agg(datname, ',' order by datname) from pg_database "
					 "where not datistemplate");
	assert_string_equal(names, "other,postgres,store\n");
	tree_free(root);
}

/* SQL that fails leaves no half database under the name, and says where. */
static void test_bad_sql(void **state)
{
	(void)state;
	char *root = tree_with_real_postgres();
	if (!root)
		skip();
	tree_write(root, "/usr/lib/hie/store/schema.sql", "create table a (i int);\ncreate tabel b;\n", 0644);
	int status = run(root, NULL);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	autofree char *why = tree_read(root, "/var/lib/hie/provision-error");
	assert_non_null(strstr(why, "database store: /usr/lib/hie/store/schema.sql: psql"));
	assert_non_null(strstr(why, "schema.sql:2"));
	autofree char *password = tree_read(root, "/var/lib/hie/secrets/database");
	assert_null(strstr(why, password));
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_bad_sql),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
