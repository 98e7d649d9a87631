/* The box of hiebox test: chosen, started, and waited for. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "commands/test_box.h"

#define SHELL_SECONDS 60.0    /* until the shell inside answers the first time; times slowness, but … */
#define SHELL_MOST 1200.0     /* … at most */
#define HEALTHY_SECONDS 300.0 /* until everything runs; times slowness, but … */
#define HEALTHY_MOST 2400.0
#define STATUS_SECONDS 60.0

void test_machine_clear(struct test_machine *test)
{
	machine_close(test->machine);
	test->machine = NULL;
	if (test->disk_fd >= 0)
		close(test->disk_fd);
	test->disk_fd = -1;
	free(test->disk);
	free(test->ports);
	startable_clear(&test->what);
}

/* Every port that the network would reach, each at any free local one. */
static void choose_ports(struct test_machine *test)
{
	for (size_t i = 0; i < test->what.port_count; i++)
		if (startable_is_open(&test->what, &test->what.ports[i])) {
			test->ports = memory_resize(test->ports, test->port_count + 1, sizeof *test->ports);
			test->ports[test->port_count++] = (struct machine_port){.guest = test->what.ports[i].number};
		}
	test->settings.ports = test->ports;
	test->settings.port_count = test->port_count;
}

int test_machine_prepare(const struct parsed_options *options, struct test_machine *test, struct error *err)
{
	test->options = options;
	if (startable_options(options, &test->settings, err) < 0)
		return -2;
	if (machine_can(test->settings.kind, test->settings.firmware, err) < 0)
		return -1;
	int found = startable_find(options, 0, &test->what, err);
	if (found < 0)
		return found;
	if (startable_settings(&test->what, &test->settings, err) < 0)
		return -1;
	choose_ports(test);
	test->settings.shell = true;
	test->settings.stop = test_interrupted;
	return 0;
}

/* A disk of its own, without a name: so it is gone with this process, however that ends, and can be read when the machine
 * is no more. Where the filesystem has no such files the machine keeps what it writes to itself. */
static void copy_disk(struct test_machine *test)
{
	autofree char *folder = path_directory(test->settings.disk);
	const char *const places[] = {folder, getenv("TMPDIR"), "/var/tmp"};
	autofd int from = open(test->settings.disk, O_RDONLY | O_CLOEXEC);
	struct error ignored = {0};

	if (from >= 0 && flock(from, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return; /* a machine writes it: machine_open() says so */
	for (size_t i = 0; i < LENGTH(places) && from >= 0; i++) {
		autofd int to = places[i] ? open(places[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
		if (to < 0 || lseek(from, 0, SEEK_SET) < 0 || fd_copy(from, to, UINT64_MAX, true, &ignored) < 0) {
			error_clear(&ignored);
			continue;
		}
		test->disk_fd = steal_fd(to);
		test->disk = text_format("/proc/%d/fd/%d", (int)getpid(), test->disk_fd);
		test->settings.disk = test->disk;
		test->settings.keep = true;
		return;
	}
}

int test_machine_start(struct test_machine *test, struct error *err)
{
	struct progress *progress = progress_begin("start", test->what.name, 0, false);

	if (test->settings.kind == MACHINE_QEMU)
		copy_disk(test);
	test->began = clock_seconds();
	int result = machine_open(&test->settings, &test->machine, err);
	if (result == 0)
		test->proof->how = text_copy(machine_how(test->machine));
	progress_end(progress, result < 0 ? "it did not start" : machine_how(test->machine));
	return result;
}

uint16_t test_machine_local(const struct test_machine *test, uint16_t guest)
{
	for (size_t i = 0; i < test->port_count; i++)
		if (test->ports[i].guest == guest)
			return test->ports[i].local;
	return 0;
}

int test_machine_ask(struct test_machine *test, const char *script, double seconds, char **ret_text, struct error *err)
{
	struct buffer out = {.maximum = 4u << 20};
	autofree char *ended = NULL, *interrupted = NULL;

	test->answers = machine_shell(test->machine, script, seconds, &out, err) >= 0;
	if (test->answers) {
		*ret_text = buffer_steal(&out);
		return 0;
	}
	buffer_clear(&out);
	if (test_interrupted())
		interrupted = test_interruption();
	/* a shell that was cut off may be the first to hear that the box has ended */
	for (int i = 0; i < 20 && !interrupted && machine_runs(test->machine, &ended); i++)
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	if (interrupted || ended) {
		error_clear(err);
		error_set(err, "%s", interrupted ? interrupted : ended);
	}
	return -1;
}

/* ---- until everything runs ---- */

static double bounded(const struct test_machine *test, double seconds, double most)
{
	double slow = machine_slowness(test->machine);

	return seconds * slow > most ? most / slow : seconds;
}

/* How many components are well; `*ret_first` is what the first other one says, or NULL. Borrowed. */
static size_t count_well(const struct node *status, size_t *ret_all, const char **ret_first)
{
	size_t well = 0;

	*ret_all = 0;
	*ret_first = NULL;
	for node_each(component, node_get(status, "components")) {
		bool good = text_equal(node_text(component, "state", ""), "ok");
		well += good;
		++*ret_all;
		if (!good && !*ret_first)
			*ret_first = node_text(component, "sentence", NULL);
	}
	return well;
}

struct waiting {
	struct test_machine *test;
	struct progress *progress;
	size_t well;
	char *sentence;             /* how it is, when not all runs */
};

/* 1: all runs. 0: not yet. -1: it does not answer. */
static int look_once(struct waiting *waiting, double seconds, struct error *err)
{
	autofree char *text = NULL;
	size_t all = 0;
	const char *first = NULL;

	if (test_machine_ask(waiting->test, "hie status --json || :", seconds, &text, err) < 0)
		return -1;
	autodocument struct document *document = document_json_or_null(text, strlen(text));
	const struct node *status = document_root(document);
	size_t well = count_well(status, &all, &first);
	progress_total(waiting->progress, all);
	if (well > waiting->well)
		progress_advance(waiting->progress, well - waiting->well);
	waiting->well = well > waiting->well ? well : waiting->well;
	autofree char *detail = text_plain_line(first);
	progress_detail(waiting->progress, detail);
	free(waiting->sentence);
	waiting->sentence = text_copy(first ? first : node_text(status, "sentence", "it does not say how it is"));
	return text_equal(node_text(status, "state", ""), "ok");
}

static int wait_for_health(struct waiting *waiting, struct error *err)
{
	struct test_machine *test = waiting->test;
	double end = clock_seconds() + bounded(test, HEALTHY_SECONDS, HEALTHY_MOST) * machine_slowness(test->machine);
	double seconds = bounded(test, SHELL_SECONDS, SHELL_MOST);
	autofree char *nothing = NULL;

	for (;;) {
		int state = look_once(waiting, seconds, err);
		if (state != 0)
			return state;
		if (clock_seconds() > end)
			return 0;
		seconds = bounded(test, STATUS_SECONDS, SHELL_MOST);
		if (test_machine_ask(test, "sleep 0.3\n", seconds, &nothing, err) < 0)
			return -1;
		free(steal(nothing));
	}
}

int test_machine_wait(struct test_machine *test, struct error *err)
{
	struct waiting waiting = {.test = test, .progress = progress_begin("wait", "for everything to run", 0, false)};
	int state = wait_for_health(&waiting, err);

	progress_end(waiting.progress, state == 1 ? NULL : state == 0 ? "not everything runs" : "it does not answer");
	if (state == 1)
		test->proof->healthy = clock_seconds() - test->began;
	if (state == 0)
		error_set(err, "after %.0f s not everything runs: %s", clock_seconds() - test->began, waiting.sentence);
	if (state < 0 && !test_interrupted())
		error_prefix(err, "%s", test->what.name);
	free(waiting.sentence);
	return state == 1 ? 0 : state == 0 ? 1 : -1;
}
