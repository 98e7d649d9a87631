/* hiebox test IMAGE|RECIPE: boots it, plays workflows against it, looks at it, restarts it. */
#include "commands/postman.h"
#include "commands/test_box.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define ROUTER 5001
#define SECURE_ROUTER 5000

struct box_run {
	struct test_machine *test;
	struct test_inside inside;
	int authority_fd;           /* the certificate, in a file without a name; -1: none */
	char *authority;            /* its path */
	struct postman *postman;
};

static void box_run_clear(struct box_run *run)
{
	postman_end(run->postman);
	test_inside_clear(&run->inside);
	if (run->authority_fd >= 0)
		close(run->authority_fd);
	free(run->authority);
}

/* Does the box still answer? */
static int still_there(void *context, struct error *err)
{
	struct test_machine *test = context;
	autofree char *text = NULL;

	return test_machine_ask(test, "true", 60, &text, err);
}

static int make_authority(struct box_run *run, struct error *err)
{
	run->authority_fd = memfd_create("hiebox-authority", MFD_CLOEXEC);
	if (run->authority_fd < 0)
		return error_set_errno(err, errno, "cannot keep the box's certificate");
	run->authority = text_format("/proc/%d/fd/%d", (int)getpid(), run->authority_fd);
	return fd_write_all(run->authority_fd, run->inside.authority, strlen(run->inside.authority), err);
}

/* "http://127.0.0.1:PORT" of the door that this mode has; NULL: it has none. Caller frees. */
static char *find_door(const struct test_machine *test, bool *ret_secure)
{
	uint16_t plain = test_machine_local(test, ROUTER), secure = test_machine_local(test, SECURE_ROUTER);

	*ret_secure = test->what.mode == MODE_PRODUCTION || !plain;
	if (*ret_secure)
		return secure ? text_format("https://127.0.0.1:%u", secure) : NULL;
	return text_format("http://127.0.0.1:%u", plain);
}

static int play_workflows(struct box_run *run, const struct test_workflows *workflows, struct error *err)
{
	struct test_machine *test = run->test;
	struct test_play play = {.workflows = workflows, .postman = run->postman, .still_there = still_there, .context = test};
	const struct http_settings http = {.proxy_http = "DIRECT", .proxy_https = "DIRECT"};
	bool secure = false;
	autofree char *base = find_door(test, &secure);

	if (!base) {
		proof_add_check(test->proof, "workflows are played", PROOF_SKIPPED,
				"the image opens no door of an interoperability layer (port 5000 or 5001)", NULL);
		return 0;
	}
	if (secure && make_authority(run, err) < 0)
		return -1;
	play.settings = (struct play_settings){.base = base, .ca_file = run->authority, .http = &http, .roles = run->inside.roles,
					       .credential = test_inside_credential, .context = &run->inside};
	return test_play_all(&play, test->proof, err);
}

/* Where the time until then went. */
static void say_slowest(const struct proof *proof)
{
	const struct proof_service *slowest = NULL;

	for (size_t i = 0; i < proof->service_count; i++) {
		const struct proof_service *service = &proof->services[i];
		if (service->ready >= 0 && (!slowest || service->ready - service->begins > slowest->ready - slowest->begins))
			slowest = service;
	}
	if (slowest && proof->healthy >= 0)
		progress_note("everything ran %.1f s after the start; the slowest, %s, took %.1f s", proof->healthy, slowest->unit,
			      slowest->ready - slowest->begins);
}

static int look_at_box(struct test_machine *test, struct error *err)
{
	struct progress *progress = progress_begin("look", "at the box itself", 0, false);
	const struct startable *what = &test->what;
	autofree struct proof_port *ports = memory_alloc((what->port_count + 1) * sizeof *ports);

	for (size_t i = 0; i < what->port_count; i++)
		ports[i] = (struct proof_port){what->ports[i].number, what->ports[i].udp, audience_name(what->ports[i].audience)};
	const struct proof_plan plan = {ports, what->port_count, mode_name(what->mode)};
	int result = proof_look(test->machine, &plan, test->proof, err);
	progress_end(progress, result < 0 ? "it does not answer" : NULL);
	say_slowest(test->proof);
	return result;
}

static int restart_box(struct test_machine *test, struct error *err)
{
	if (option_given(test->options, "no-restart"))
		return 0;
	struct progress *progress = progress_begin("restart", test->what.name, 0, false);
	int result = proof_restart(test->machine, test->proof, err);
	progress_end(progress, result < 0 ? "it broke off" : NULL);
	return result;
}

static int interrupted(struct error *err)
{
	if (!test_interrupted())
		return 0;
	autofree char *why = test_interruption();
	error_clear(err);
	return error_set(err, "%s", why);
}

static int run_box(struct box_run *run, const struct test_workflows *workflows, struct error *err)
{
	struct test_machine *test = run->test;
	struct error ignored = {0};

	if (test_machine_start(test, err) < 0)
		return -1;
	int state = test_machine_wait(test, err);
	if (state > 0) { /* no use to play; but what is wrong can be seen */
		look_at_box(test, &ignored);
		error_clear(&ignored);
	}
	if (state != 0 || interrupted(err) < 0)
		return -1;
	if (test_inside_read(test, &run->inside, err) < 0 || play_workflows(run, workflows, err) < 0)
		return -1;
	if (interrupted(err) < 0 || look_at_box(test, err) < 0 || interrupted(err) < 0)
		return -1;
	return restart_box(test, err);
}

/* Which image: the key of its uppermost layer. */
static char *image_version(const struct startable *what)
{
	const char *top = what->layers.count ? what->layers.items[what->layers.count - 1] : NULL;
	autofree char *folder = top ? path_directory(top) : NULL;

	return folder ? text_copy(path_base(folder)) : NULL;
}

int test_box(const struct parsed_options *options, struct proof *proof, struct error *err)
{
	struct test_machine test = {.proof = proof, .disk_fd = -1};
	struct box_run run = {.test = &test, .authority_fd = -1};
	struct test_workflows workflows = {0};

	proof->what = text_copy(path_base(options->arguments.items[0]));
	int result = test_workflows_read(options, options->arguments.items + 1, &workflows, err);
	if (result == 0)
		result = test_machine_prepare(options, &test, err);
	if (result == 0) {
		proof->version = image_version(&test.what);
		test_signals_begin();
		if (test_workflows_need_postman(&workflows))
			result = postman_begin(options, &run.postman, err);
		if (result == 0)
			result = run_box(&run, &workflows, err);
		if (result < 0 && interrupted(err) < 0)
			result = -1;
		if (result < 0)
			test_machine_last(&test, err);
	}
	box_run_clear(&run);
	test_machine_clear(&test);
	test_workflows_clear(&workflows);
	return result;
}
