/* The watcher: collections that go on whatever happens, a file that is written when something changed, chores;
 * and the whole program with systemd's notifications, without a systemd. */
#include "tree.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "agent/agent.h"
#include "agent/watch.h"

/* A system whose answers a test changes while the collector runs. */
struct fixture {
	char *root;
	struct box *box;
	pthread_mutex_t lock;
	const char *active;    /* NULL: there is no answer */
	bool unanswered;
	unsigned opened, closed, probes, chores;
	struct collector *collector;
	int fd;
};

static struct fixture *current; /* for chores, which get no context */

static int give_unit(void *context, const char *name, struct unit_state *ret, struct error *err)
{
	struct fixture *fixture = context;
	(void)name;
	pthread_mutex_lock(&fixture->lock);
	const char *active = fixture->active;
	pthread_mutex_unlock(&fixture->lock);
	if (!active)
		return error_set(err, "gone");
	*ret = (struct unit_state){ .load = text_copy("loaded"), .active = text_copy(active), .sub = text_copy("x"),
				    .result = text_copy("success"), .seconds = 500, .since = 1700000500 };
	return 0;
}

static int give_probe(void *context, const struct box_health *health, struct error *err)
{
	struct fixture *fixture = context;
	(void)health;
	pthread_mutex_lock(&fixture->lock);
	fixture->probes++;
	bool unanswered = fixture->unanswered;
	pthread_mutex_unlock(&fixture->lock);
	return unanswered ? error_set(err, "refused") : 0;
}

static int open_source(void *context, struct status_source *ret_source, struct error *err)
{
	struct fixture *fixture = context;
	pthread_mutex_lock(&fixture->lock);
	fixture->opened++;
	bool first_fails = fixture->opened == 1;
	pthread_mutex_unlock(&fixture->lock);
	if (first_fails)
		return error_set(err, "no bus yet");
	*ret_source = (struct status_source){ .unit = give_unit, .probe = give_probe, .context = context, .probes = 2 };
	return 0;
}

static void close_source(void *context, struct status_source *source)
{
	struct fixture *fixture = context;
	(void)source;
	pthread_mutex_lock(&fixture->lock);
	fixture->closed++;
	pthread_mutex_unlock(&fixture->lock);
}

static int chore(const char *root, const struct box *box, struct error *err)
{
	(void)root;
	(void)box;
	pthread_mutex_lock(&current->lock);
	current->chores++;
	pthread_mutex_unlock(&current->lock);
	return error_set(err, "a chore that fails harms nobody");
}

/* Waits for the next collection and gives its sentence; caller frees. */
static char *next(struct fixture *fixture)
{
	struct pollfd waiting = { .fd = fixture->fd, .events = POLLIN };
	struct collected last;
	uint64_t count;
	assert_int_equal(poll(&waiting, 1, 20000), 1);
	assert_int_equal(read(fixture->fd, &count, sizeof count), sizeof count);
	assert_true(collector_last(fixture->collector, &last));
	char *sentence = steal(last.sentence);
	collected_clear(&last);
	return sentence;
}

/* Sets what the system says, and expects the sentence of the next collection. */
static void expect(struct fixture *fixture, const char *active, bool unanswered, const char *sentence)
{
	pthread_mutex_lock(&fixture->lock);
	fixture->active = active;
	fixture->unanswered = unanswered;
	pthread_mutex_unlock(&fixture->lock);
	collector_poke(fixture->collector, false);
	autofree char *said = next(fixture);
	assert_string_equal(said, sentence);
}

static void test_collector(void **state)
{
	(void)state;
	static const struct chore chores[] = { { "often", 1000, true, chore }, { 0 } };
	struct fixture fixture = { .root = tree_new(), .active = "active" };
	struct error err = { 0 };
	autofree char *file = tree_path(fixture.root, STATUS_FILE);
	tree_write(fixture.root, "/run/hie/x", "", 0600);
	tree_write(fixture.root, "/proc/meminfo", "MemTotal: 3000000 kB\nMemAvailable: 2000000 kB\n", 0644);
	fixture.box = tree_load(fixture.root);
	pthread_mutex_init(&fixture.lock, NULL);
	current = &fixture;
	struct collector_settings settings = { .root = fixture.root, .box = fixture.box, .open = open_source,
					       .close = close_source, .context = &fixture, .chores = chores };
	assert_int_equal(collector_start(&settings, &fixture.collector, &fixture.fd, &err), 0);
	/* no bus at first: that is said, and tried again */
	autofree char *first = next(&fixture);
	assert_string_equal(first, "Something does not run: FHIR store.");
	expect(&fixture, "active", false, "Everything runs.");
	struct stat before, after;
	assert_int_equal(stat(file, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0644);
	expect(&fixture, "active", false, "Everything runs.");
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* nothing changed: not written */
	expect(&fixture, "active", true, "The box runs, but not everything is well: FHIR store.");
	expect(&fixture, "activating", true, "The box runs, but not everything is well: FHIR store.");
	assert_int_equal(stat(file, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	/* the source is lost: it is closed and opened anew */
	unsigned opened = fixture.opened;
	expect(&fixture, NULL, false, "Something does not run: FHIR store.");
	expect(&fixture, "active", false, "Everything runs.");
	assert_int_equal(fixture.opened, opened + 1);
	assert_int_equal(fixture.closed, 1);
	autofree char *json = tree_read(fixture.root, STATUS_FILE);
	assert_non_null(strstr(json, "\"say\": \"BOX_OK\""));
	assert_int_equal(fixture.chores, 1);
	collector_poke(fixture.collector, true);
	free(next(&fixture));
	collector_stop(fixture.collector);
	assert_int_equal(fixture.chores, 2);
	assert_int_equal(fixture.closed, 2);
	pthread_mutex_destroy(&fixture.lock);
	box_free(fixture.box);
	tree_free(fixture.root);
}

static pid_t start(const char *root, const char *notify)
{
	autofree char *option = text_format("--root=%s", root);
	const char *argv[] = { "hie", "watch", option, NULL };
	pid_t pid = fork();
	if (pid == 0) {
		tree_child();
		autofree char *me = text_format("%d", (int)getpid());
		setenv("NOTIFY_SOCKET", notify, 1);
		setenv("WATCHDOG_USEC", "3000000", 1);
		setenv("WATCHDOG_PID", me, 1);
		_exit(agent_run(3, (char *const *)(uintptr_t)argv));
	}
	return pid;
}

static int notify_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
	return fd;
}

/* Reads notifications until one has the text. */
static void expect_notice(int fd, const char *text)
{
	for (unsigned i = 0; i < 100; i++) {
		char notice[4096] = "";
		struct pollfd waiting = { .fd = fd, .events = POLLIN };
		assert_int_equal(poll(&waiting, 1, 20000), 1);
		assert_true(recv(fd, notice, sizeof notice - 1, 0) > 0);
		if (strstr(notice, text))
			return;
	}
	fail_msg("no %s", text);
}

/* A damaged box.json is no reason to be silent: ready, watched, answering, and it says why. */
static void test_whole(void **state)
{
	(void)state;
	char *root = tree_new();
	struct error err = { 0 };
	autofree char *notify = tree_path(root, "/notify"), *socket = tree_path(root, CONTROL_SOCKET);
	tree_write(root, "/usr/lib/hie/box.json", "{ \"format\": ", 0644);
	int fd = notify_socket(notify);
	pid_t pid = start(root, notify);
	expect_notice(fd, "READY=1");
	expect_notice(fd, "WATCHDOG=1");
	expect_notice(fd, "WATCHDOG=1");
	autojson struct json *request = json_new_object();
	json_set(request, "do", json_new_string("status"));
	autodocument struct document *answer = NULL;
	assert_int_equal(control_ask(socket, request, &answer, &err), 0);
	const struct node *status = node_get(document_root(answer), "status");
	assert_string_equal(node_text(status, "say", ""), "BOX_UNREADABLE");
	assert_string_equal(node_text(status, "state", ""), "failed");
	assert_int_equal(kill(pid, SIGTERM), 0);
	int end = 0;
	assert_int_equal(waitpid(pid, &end, 0), pid);
	assert_true(WIFEXITED(end));
	assert_int_equal(WEXITSTATUS(end), 0);
	close(fd);
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_collector),
		cmocka_unit_test(test_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
