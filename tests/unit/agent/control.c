/* The control socket: what each request is answered, who is let in, and clients that mean no good. */
#include "tree.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/control_serve.h"

/* A box whose system only writes down what it is told. */
struct fixture {
	char *root;
	struct box *box;
	struct control control;
	struct buffer told;
	double now;
	bool broken;
};

static char *give_status(void *context)
{
	(void)context;
	return text_copy("{ \"state\": \"ok\", \"clock\": { \"now\": 1, \"synchronised\": true }, \"uptime\": 1 }");
}

static int told(struct fixture *fixture, const char *what, const char *which, struct error *err)
{
	buffer_format(&fixture->told, "%s %s\n", what, which);
	return fixture->broken ? error_set(err, "it is broken") : 0;
}

static int act(void *context, const char *unit, bool restart, struct error *err)
{
	return told(context, restart ? "restart" : "start", unit, err);
}

static int set_clock(void *context, int64_t seconds, struct error *err)
{
	autofree char *text = text_format("%ld", (long)seconds);
	return told(context, "clock", text, err);
}

static int give_log(void *context, const struct strings *units, unsigned lines, struct buffer *ret, struct error *err)
{
	buffer_format(ret, "%u lines of %s", lines, units->items[0]);
	return told(context, "log", units->items[0], err);
}

static void record(void *context, const char *line)
{
	struct error err = { 0 };
	told(context, "record", line, &err);
	error_clear(&err);
}

static void changed(void *context)
{
	(void)context;
}

static double now(void *context)
{
	return ((const struct fixture *)context)->now;
}

static struct fixture *fixture_new(void)
{
	struct fixture *fixture = memory_alloc(sizeof *fixture);
	fixture->root = tree_new();
	fixture->now = 1000;
	fixture->box = tree_load(fixture->root);
	tree_write(fixture->root, "/var/lib/hie/secrets/admin", "right-one\n", 0600);
	tree_write(fixture->root, "/var/lib/hie/secrets/clinic", "clinic-one\n", 0600);
	tree_write(fixture->root, "/var/lib/hie/credentials.json",
		   "{ \"credentials\": [ { \"name\": \"admin\" } ], \"places\": [] }", 0600);
	fixture->control = (struct control){
		.root = fixture->root, .box = fixture->box, .users = { geteuid() }, .user_count = 1,
		.system = { give_status, act, set_clock, give_log, record, changed, now, fixture },
	};
	control_init(&fixture->control);
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	control_clear(&fixture->control);
	box_free(fixture->box);
	tree_free(fixture->root);
	buffer_clear(&fixture->told);
	free(fixture);
}

/* The answer to a request, written with ' for "; caller frees. */
static char *ask(struct fixture *fixture, const char *request)
{
	autofree char *text = text_copy(request);
	for (char *at = text; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	return control_answer(&fixture->control, text, strlen(text));
}

static void expect(struct fixture *fixture, const char *request, const char *part)
{
	autofree char *answer = ask(fixture, request);
	if (!strstr(answer, part))
		fail_msg("%s: expected %s, got %s", request, part, answer);
}

/* A text of the answer; caller frees. */
static char *value_of(const char *answer, const char *key)
{
	autodocument struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	assert_int_equal(document_parse_json("answer", answer, strlen(answer), &document, &mistakes), 0);
	return text_copy(node_text(document_root(document), key, ""));
}

static char *log_in(struct fixture *fixture, char **ret_csrf)
{
	autofree char *answer = ask(fixture, "{'do':'login','password':'right-one','from':'10.0.0.5'}");
	assert_non_null(strstr(answer, "\"ok\":true"));
	if (ret_csrf)
		*ret_csrf = value_of(answer, "csrf");
	return value_of(answer, "session");
}

/* A request of somebody who has logged in. */
static void expect_admin(struct fixture *fixture, const char *session, const char *request, const char *part)
{
	autofree char *whole = text_format("{'session':'%s',%s}", session, request);
	expect(fixture, whole, part);
}

/* A request of somebody who has logged in, and a part of its answer. */
struct exchange {
	const char *request, *part;
};

static void expect_exchanges(struct fixture *fixture, const char *session, const struct exchange *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_admin(fixture, session, all[i].request, all[i].part);
}

static void test_refusals(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new();
	static const char *const nonsense[] = { "", "{", "[]", "null", "1", "'do'", "{}", "{'do':1}", "{'do':null}",
		"{'do':['status']}", "{'do':''}", "{'do':'stat'}", "{'do':'status'}{'do':'status'}",
		"{'do':'status','do':'status'}" };
	for (size_t i = 0; i < LENGTH(nonsense); i++)
		expect(fixture, nonsense[i], "CONTROL_UNKNOWN");
	static const char *const closed[] = { "session", "logout", "clock", "restart", "log", "reset", "targets", "backup",
		"backups", "restore", "job", "mediator", "password" };
	for (size_t i = 0; i < LENGTH(closed); i++) {
		autofree char *request = text_format("{'do':'%s','session':'0123'}", closed[i]);
		expect(fixture, request, "\"login\":true");
		autofree char *odd = text_format("{'do':'%s','session':{}}", closed[i]);
		expect(fixture, odd, "LOGIN_NEEDED");
	}
	assert_null(fixture->told.data);
	expect(fixture, "{'do':'status'}", "\"status\":{\"state\":\"ok\"");
	expect(fixture, "{'do':'credentials'}", "\"credentials\":[{\"name\":\"admin\"}]");
	fixture_free(fixture);
}

static void test_login(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new();
	autofree char *csrf = NULL;
	autofree char *session = log_in(fixture, &csrf);
	assert_int_equal(strlen(session), 64);
	assert_non_null(strstr(fixture->told.data, "login from 10.0.0.5: done"));
	expect_admin(fixture, session, "'do':'session'", csrf);
	static const char *const wrong[] = { "'wrong'", "''", "null", "1", "['right-one']", "'right-one '" };
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		autofree char *request = text_format("{'do':'login','from':'10.0.0.6','password':%s}", wrong[i]);
		expect(fixture, request, i < 5 ? "LOGIN_WRONG" : "LOGIN_WAIT");
	}
	/* the right one does not help, and the wait is not in the journal */
	expect(fixture, "{'do':'login','from':'10.0.0.6','password':'right-one'}", "\"with\":[\"2\"]");
	assert_null(strstr(fixture->told.data, "WAIT"));
	assert_null(strstr(fixture->told.data, "right-one"));
	fixture->now += 3;
	expect(fixture, "{'do':'login','from':'10.0.0.6','password':'right-one'}", "\"ok\":true");
	expect_admin(fixture, session, "'do':'logout'", "\"ok\":true");
	expect_admin(fixture, session, "'do':'session'", "LOGIN_NEEDED");
	tree_write(fixture->root, "/var/lib/hie/secrets/admin", "\n", 0600);
	expect(fixture, "{'do':'login','password':''}", "LOGIN_NOT_YET");
	fixture_free(fixture);
}

static void test_actions(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new();
	autofree char *session = log_in(fixture, NULL);
	static const struct exchange cases[] = {
		{ "'do':'clock'", "CLOCK_NO_TIME" }, { "'do':'clock','time':'1800000000'", "CLOCK_NO_TIME" },
		{ "'do':'clock','time':-1", "CLOCK_NO_TIME" }, { "'do':'clock','time':1e300", "CLOCK_NO_TIME" },
		{ "'do':'clock','time':1600000000", "2023-11-14" }, { "'do':'clock','time':1800000000", "\"ok\":true" },
		{ "'do':'restart'", "COMPONENT_UNKNOWN" }, { "'do':'restart','component':'../x'", "COMPONENT_UNKNOWN" },
		{ "'do':'restart','component':'tools'", "\"with\":[\"@tools\"]" },
		{ "'do':'restart','component':'store'", "\"ok\":true" },
		{ "'do':'log','component':'store'", "200 lines of store.service" },
		{ "'do':'log','component':'store','lines':7", "7 lines of" },
		{ "'do':'log','component':'store','lines':0", "CONTROL_UNKNOWN" },
		{ "'do':'log','component':'store','lines':'7'", "CONTROL_UNKNOWN" },
		{ "'do':'log','component':'nginx.service'", "COMPONENT_UNKNOWN" },
		{ "'do':'reset'", "CONTROL_UNKNOWN" }, { "'do':'reset','what':'all'", "RESET_NO_DATA" },
		{ "'do':'mediator','name':'x'", "\"ok\":false" },
	};
	expect_exchanges(fixture, session, cases, LENGTH(cases));
	tree_write(fixture->root, "/run/hie/data/x", "", 0600);
	autofree char *marker = tree_path(fixture->root, "/run/hie/data/reset-requested");
	expect_admin(fixture, session, "'do':'reset','what':'data'", "\"ok\":true");
	assert_false(path_exists(marker));
	assert_non_null(strstr(fixture->told.data, "start hie-reset-data.service\n"));
	expect_admin(fixture, session, "'do':'reset','what':'all'", "\"ok\":true");
	assert_true(path_exists(marker));
	assert_non_null(strstr(fixture->told.data, "clock 1800000000\n"));
	assert_non_null(strstr(fixture->told.data, "restart store.service\nrecord administration: restart store from 10.0.0.5: done"));
	assert_non_null(strstr(fixture->told.data, "start reboot.target\n"));
	fixture->broken = true;
	expect_admin(fixture, session, "'do':'restart','component':'store'", "it is broken");
	tree_write(fixture->root, "/run/hie/rescue", "why\n", 0600);
	expect_admin(fixture, session, "'do':'restart','component':'store'", "RESTART_IN_RESCUE");
	fixture_free(fixture);
}

static void test_password(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new();
	autofree char *session = log_in(fixture, NULL), *other = log_in(fixture, NULL);
	static const char *const unfit[] = { "''", "'short'", "1", "' 12345678'", "'123456789 '", "'1234567\\n9'", "'éééé'" };
	for (size_t i = 0; i < LENGTH(unfit); i++) {
		autofree char *request = text_format("'do':'password','old':'right-one','new':%s", unfit[i]);
		expect_admin(fixture, session, request, "PASSWORD_UNFIT");
	}
	expect_admin(fixture, session, "'do':'password','old':'wrong','new':'a better one'", "LOGIN_WRONG");
	expect_admin(fixture, session, "'do':'password','old':'right-one','new':'a better onè'", "\"ok\":true");
	autofree char *secret = tree_read(fixture->root, "/var/lib/hie/secrets/admin");
	assert_string_equal(secret, "a better onè");
	autofree char *credentials = tree_read(fixture->root, "/var/lib/hie/credentials.json");
	assert_non_null(strstr(credentials, "a better on"));
	expect_admin(fixture, session, "'do':'session'", "\"ok\":true");
	expect_admin(fixture, other, "'do':'session'", "LOGIN_NEEDED");
	expect(fixture, "{'do':'login','password':'right-one'}", "LOGIN_WRONG");
	expect(fixture, "{'do':'login','password':'a better onè'}", "\"ok\":true");
	assert_null(strstr(fixture->told.data, "better"));
	fixture_free(fixture);
}

/* Backups: a request for the service, which is started; one at a time. */
static void test_backup(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new();
	autofree char *session = log_in(fixture, NULL);
	static const struct exchange cases[] = {
		{ "'do':'backup','target':'card','passphrase':'short'", "PASSPHRASE_SHORT" },
		{ "'do':'backup','target':'card'", "PASSPHRASE_SHORT" },
		{ "'do':'backup','target':'card','passphrase':'two\\nlines of it'", "PASSPHRASE_BAD" },
		{ "'do':'backup','target':'/etc','passphrase':'long enough'", "CONTROL_UNKNOWN" },
		{ "'do':'restore','target':'card','passphrase':'long enough'", "CONTROL_UNKNOWN" },
		{ "'do':'restore','target':'card','file':'../x','passphrase':'long enough'", "CONTROL_UNKNOWN" },
		{ "'do':'restore','target':'card','file':'a/x','passphrase':'long enough'", "CONTROL_UNKNOWN" },
		{ "'do':'job','job':'../x'", "CONTROL_UNKNOWN" },
		{ "'do':'job','job':'backup'", "\"state\":\"none\"" },
		{ "'do':'backup','target':'card','passphrase':'long enough'", "\"job\":\"backup\"" },
		{ "'do':'job','job':'backup'", "\"state\":\"running\"" },
		{ "'do':'backup','target':'card','passphrase':'long enough'", "BACKUP_BUSY" },
		{ "'do':'backups'", "\"backups\":[]" },
	};
	tree_write(fixture->root, "/run/hie/x", "", 0600);
	expect_exchanges(fixture, session, cases, LENGTH(cases));
	tree_write(fixture->root, "/run/hie/hiebox/hiebox.conf", "", 0600);
	tree_write(fixture->root, "/usr/share/hie/languages/fr.yaml", "sentences:\n  BACKUP_CARD: Partition HIEBOX\n", 0644);
	expect_admin(fixture, session, "'do':'targets'", "\"id\":\"card\"");
	expect_admin(fixture, session, "'do':'targets'",
		     "\"title\":{\"en\":\"HIEBOX partition of this box\",\"fr\":\"Partition HIEBOX\"}");
	assert_non_null(strstr(fixture->told.data, "start hie-backup.service\n"));
	assert_null(strstr(fixture->told.data, "enough"));
	autofree char *request = tree_read(fixture->root, "/run/hie/requests/backup.json");
	assert_non_null(strstr(request, "long enough"));
	tree_write(fixture->root, "/run/hie/jobs/backup.json", "{\"format\":1,\"state\":\"done\",\"percent\":100,"
		   "\"pid\":1,\"say\":\"BACKUP_DONE\",\"with\":[\"f\",\"1 MB\"]}", 0644);
	fixture->broken = true;
	expect_admin(fixture, session, "'do':'backup','target':'card','passphrase':'long enough'", "it is broken");
	expect_admin(fixture, session, "'do':'job','job':'backup'", "\"state\":\"failed\"");
	fixture_free(fixture);
}

/* A listening socket with a thread that lets clients in until `stop`. */
struct server {
	struct fixture *fixture;
	char *path;
	int listener;
	atomic_bool stop;
	pthread_t thread;
};

static void *serve(void *argument)
{
	struct server *server = argument;
	while (!atomic_load(&server->stop)) {
		struct pollfd waiting = { .fd = server->listener, .events = POLLIN };
		if (poll(&waiting, 1, 20) > 0)
			control_accept(&server->fixture->control, server->listener);
	}
	return NULL;
}

static struct server *server_new(void)
{
	struct server *server = memory_alloc(sizeof *server);
	struct error err = { 0 };
	server->fixture = fixture_new();
	server->path = tree_path(server->fixture->root, "/control");
	server->listener = control_listen(server->path, &err);
	assert_true(server->listener >= 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
	return server;
}

static void server_free(struct server *server)
{
	atomic_store(&server->stop, true);
	pthread_join(server->thread, NULL);
	close(server->listener);
	free(server->path);
	fixture_free(server->fixture);
	free(server);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
	return fd;
}

static void test_socket(void **state)
{
	(void)state;
	struct server *server = server_new();
	struct stat st;
	assert_int_equal(stat(server->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	autojson struct json *request = json_new_object();
	json_set(request, "do", json_new_string("status"));
	for (unsigned i = 0; i < 50; i++) {
		autodocument struct document *answer = NULL;
		struct error err = { 0 };
		assert_int_equal(control_ask(server->path, request, &answer, &err), 0);
		assert_true(node_get(document_root(answer), "ok")->boolean);
	}
	server_free(server);
}

/* Those that say nothing take places, no more; whoever comes then is told at once, and later served again. */
static void test_many(void **state)
{
	(void)state;
	struct server *server = server_new();
	int silent[CONTROL_CLIENTS];
	char text[256] = "";
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		silent[i] = connect_to(server->path);
	for (unsigned i = 0; i < 200 && atomic_load(&server->fixture->control.clients) < CONTROL_CLIENTS; i++)
		usleep(10000);
	int late = connect_to(server->path);
	assert_true(read(late, text, sizeof text - 1) > 0);
	assert_non_null(strstr(text, "CONTROL_BUSY"));
	close(late);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		close(silent[i]);
	for (unsigned i = 0; i < 200 && atomic_load(&server->fixture->control.clients); i++)
		usleep(10000);
	assert_int_equal(atomic_load(&server->fixture->control.clients), 0);
	server_free(server);
}

/* Too much is cut off in the middle; the server goes on. */
static void test_oversize(void **state)
{
	(void)state;
	struct server *server = server_new();
	static char much[65536];
	memset(much, ' ', sizeof much);
	int fd = connect_to(server->path);
	size_t sent = 0;
	for (ssize_t one; (one = send(fd, much, sizeof much, MSG_NOSIGNAL)) > 0;)
		sent += (size_t)one;
	assert_true(sent < 4 * CONTROL_MAX);
	close(fd);
	/* nobody but root and those who are named: here a user who is not us */
	server->fixture->control.users[0] = geteuid() + 12345;
	if (geteuid() != 0) {
		int other = connect_to(server->path);
		char byte;
		assert_int_equal(read(other, &byte, 1), 0);
		close(other);
	}
	server_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_oversize),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
