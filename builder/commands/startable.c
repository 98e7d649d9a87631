/* What run, dev and test start; see startable.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/build_many.h"
#include "commands/project.h"
#include "commands/startable.h"
#include "commands/table.h"
#include "image/image.h"

#define MESSAGE_MAX (1u << 20)

void changed_clear(struct changed *changed)
{
	options_clear(&changed->options);
	free(changed->setting);
}

void changed_make(const struct parsed_options *from, const char *argument, enum mode mode, struct changed *ret)
{
	const struct option_entry *set = hiebox_options;

	ret->options = *from;
	ret->options.arguments = (struct strings){0};
	strings_add(&ret->options.arguments, argument);
	ret->options.values = memory_resize(NULL, from->count + 1, sizeof *from->values);
	if (from->count)
		memcpy(ret->options.values, from->values, from->count * sizeof *from->values);
	while (!text_equal(set->name, "set"))
		set++;
	ret->setting = mode ? text_format("mode=%s", mode_name(mode)) : NULL;
	if (mode)
		ret->options.values[ret->options.count++] = (struct parsed_value){set, ret->setting};
}

/* ---- building ---- */

static pid_t builder;

/* The terminal tells the whole group; anybody else only us. */
static void pass_on(int number)
{
	if (builder > 0)
		kill(builder, number);
}

static const int interruptions[] = {SIGINT, SIGTERM, SIGHUP};

/* Never returns: its exit status is the build's, and what went wrong goes to the pipe. */
static void build_and_exit(const struct build_job *job, int pipe_fd, pid_t parent)
{
	struct error problem = {0};

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(1);
	int result = session_enter(&problem);
	if (result == 0)
		result = build_image(job, &problem);
	progress_finish();
	if (result < 0 && problem.message)
		fd_write_all(pipe_fd, problem.message, strlen(problem.message), NULL);
	fflush(NULL);
	_exit(result == 0 ? 0 : result == -2 ? 2 : 1);
}

static void read_all(int fd, struct buffer *text)
{
	char block[4096];
	ssize_t got;

	text->maximum = MESSAGE_MAX;
	while ((got = read(fd, block, sizeof block)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			buffer_add(text, block, (size_t)got);
}

static int wait_for_builder(int fd, struct error *err)
{
	autobuffer struct buffer text = {0};
	int status = 0;

	read_all(fd, &text);
	while (waitpid(builder, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status)) { /* it has cleared away; now we end as it did */
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	error_set(err, "%s", text.length ? text.data : "the build ended without saying why");
	return WIFEXITED(status) && WEXITSTATUS(status) == 2 ? -2 : -1;
}

static int build_apart(const struct build_job *job, struct error *err)
{
	struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART}, before[LENGTH(interruptions)];
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	fflush(NULL);
	builder = fork();
	if (builder == 0) {
		close(ends[0]);
		build_and_exit(job, ends[1], parent);
	}
	close(ends[1]);
	autofd int reading = ends[0];
	if (builder < 0)
		return error_set_errno(err, errno, "cannot start a process");
	for (size_t i = 0; i < LENGTH(interruptions); i++) {
		sigaction(interruptions[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(interruptions[i], &action, NULL);
	}
	int result = wait_for_builder(reading, err);
	builder = 0;
	for (size_t i = 0; i < LENGTH(interruptions); i++)
		sigaction(interruptions[i], &before[i], NULL);
	return result;
}

/* Tells whether a file was replaced. */
static char *file_stamp(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return text_copy("missing");
	return text_format("%ju %jd.%09ld", (uintmax_t)status.st_ino, (intmax_t)status.st_mtim.tv_sec,
			   status.st_mtim.tv_nsec);
}

static int make_image(const struct parsed_options *options, enum mode mode, struct startable *ret, struct error *err)
{
	autojobs struct build_jobs jobs = {0};
	int result = build_jobs_make(options, &jobs, err);

	if (result < 0)
		return result;
	struct build_job *job = &jobs.items[0];
	job->alone = false; /* what to type next is ours to say */
	if (mode) {
		autofree char *plain = job->name;
		job->name = text_format("%s-%s", plain, mode_name(mode));
	}
	ret->disk = image_path(options, job->name);
	autofree char *manifest = text_format("%s.json", ret->disk), *before = file_stamp(manifest);
	result = build_apart(job, err);
	if (result < 0)
		return result;
	autofree char *after = file_stamp(manifest);
	ret->made = !text_equal(before, after);
	if (!ret->made && !option_given(options, "quiet"))
		fprintf(stderr, "%s: up to date\n", ret->disk);
	return 0;
}

/* ---- what is in it ---- */

static void add_port(struct startable *startable, const struct startable_port *port)
{
	startable->ports = memory_resize(startable->ports, startable->port_count + 1, sizeof *startable->ports);
	startable->ports[startable->port_count++] = *port;
}

static void ports_of_plan(struct startable *startable, const struct plan *plan)
{
	for (size_t i = 0; i < plan->port_count; i++) {
		const struct port *port = &plan->ports[i];
		if (port_in_mode(port, startable->mode))
			add_port(startable, &(struct startable_port){(uint16_t)port->number, text_equal(port->protocol, "udp"),
								     port->audience, port->summary});
	}
}

/* As image/manifest.c wrote them. */
static void ports_of_manifest(struct startable *startable, const struct node *list)
{
	for node_each(item, list) {
		const char *whom = node_text(item, "for", "");
		int64_t number;
		enum audience audience = FOR_BOX;
		if (number_parse(node_text(item, "port", ""), 1, 65535, &number) < 0)
			continue;
		while (audience < FOR_SERVICES && !text_equal(audience_name(audience), whom))
			audience++;
		const char *summary = node_text(item, "summary", "");
		char *copy = arena_alloc(startable->arena, strlen(summary) + 1);
		memcpy(copy, summary, strlen(summary));
		add_port(startable, &(struct startable_port){(uint16_t)number,
							     text_equal(node_text(item, "protocol", ""), "udp"), audience, copy});
	}
}

static void add_layers(const struct parsed_options *options, struct startable *startable, const struct node *list)
{
	const char *given = option_value(options, "store");
	autofree char *place = given ? text_copy(given) : cache_directory("hiebox");
	autofree char *store = place ? realpath(place, NULL) : NULL;

	for node_each(layer, list) {
		/* an image could name any path, and what lies there would be started as root */
		const char *key = node_text(layer, "key", "-");
		bool good = path_is_clean(key) && !strchr(key, '/');
		autofree char *file = text_format("%s/layers/%s/layer.squashfs", store ? store : "", key);
		if (good && store && path_exists(file)) {
			strings_format(&startable->layers, "%s=%s", node_text(layer, "name", ""), file);
			continue;
		}
		strings_clear(&startable->layers);
		return;
	}
}

/* The scripts that lay the layers are the same for every image: the project's, else the installed ones. */
static void find_boot(const struct parsed_options *options, struct startable *startable)
{
	char *const projects[] = {project_here(options), project_installed()};

	for (size_t i = 0; i < LENGTH(projects); i++) {
		autofree char *folder = projects[i] ? path_join(projects[i], "overlays/boot") : NULL;
		if (folder && !startable->boot && path_is_directory(folder))
			startable->boot = realpath(folder, NULL);
		free(projects[i]);
	}
}

static enum mode mode_of(const char *name)
{
	for (enum mode mode = MODE_TRAINING; mode <= MODE_PRODUCTION; mode <<= 1)
		if (text_equal(mode_name(mode), name))
			return mode;
	return MODE_TRAINING;
}

static int read_image(const struct parsed_options *options, struct startable *ret, struct error *err)
{
	autojson struct json *description = NULL;
	int64_t memory = 0;

	if (image_inspect(ret->disk, &description, err) < 0)
		return -1;
	autofree char *text = json_write(description, true);
	autodocument struct document *document = document_json_or_null(text, strlen(text));
	const struct node *manifest = node_get(document_root(document), "manifest");
	if (!node_text(manifest, "recipe", NULL))
		return error_set(err, "%s: no disk that hiebox made", ret->disk);
	if (image_whole(ret->disk, err) < 0)
		return -1;
	number_parse(node_text(manifest, "memory", "0"), 0, INT64_MAX, &memory);
	ret->name = text_copy(node_text(manifest, "recipe", NULL));
	ret->mode = mode_of(node_text(manifest, "mode", ""));
	ret->memory = (uint64_t)memory;
	add_layers(options, ret, node_get(manifest, "layers"));
	ports_of_manifest(ret, node_get(manifest, "ports"));
	find_boot(options, ret);
	return 0;
}

/* The recipe of an image, where it is found: images of before do not know their ports. */
static int plan_of_image(const struct parsed_options *options, struct startable *ret, struct error *err)
{
	struct changed changed = {0};
	struct error ignored = {0};

	changed_make(options, ret->name, 0, &changed);
	ret->planned = session_open(&changed.options, &ret->session, &ignored) == 0;
	ret->session.options = options;
	changed_clear(&changed);
	error_clear(&ignored);
	if (ret->planned && !ret->port_count)
		ports_of_plan(ret, &ret->session.plan);
	if (ret->port_count)
		return 0;
	return error_set(err, "%s: it does not say which ports it opens, and its recipe \"%s\" is not found here: start from its "
			 "project, or say --project DIR", ret->disk, ret->name);
}

bool startable_is_image(const char *argument)
{
	static const char *const endings[] = {".raw", ".img", ".iso", ".qcow2", ".vdi", ".vmdk", ".ova", ".gz", ".xz", ".zst", ".zip"};

	for (size_t i = 0; i < LENGTH(endings); i++)
		if (text_ends(argument, endings[i]))
			return true;
	return path_exists(argument) && !path_is_directory(argument) && !text_ends(argument, ".yaml");
}

static int find_recipe(const struct parsed_options *options, enum mode mode, struct startable *ret, struct error *err)
{
	/* its mistakes are told before anything is built; a recipe that has this mode already needs no other image */
	if (session_open(options, &ret->session, err) < 0)
		return -1;
	struct changed changed = {0};
	enum mode other = ret->session.plan.recipe->mode == mode ? 0 : mode;

	changed_make(options, options->arguments.items[0], other, &changed);
	if (other) {
		session_close(&ret->session);
		ret->session = (struct session){0};
	}
	int result = other ? session_open(&changed.options, &ret->session, err) : 0;
	if (result == 0)
		result = make_image(&changed.options, other, ret, err);
	ret->session.options = options;
	changed_clear(&changed);
	ret->planned = result == 0;
	return result < 0 ? result : read_image(options, ret, err);
}

int startable_find(const struct parsed_options *options, enum mode mode, struct startable *ret, struct error *err)
{
	const char *argument = options->arguments.items[0];

	ret->arena = arena_new();
	if (!startable_is_image(argument))
		return find_recipe(options, mode, ret, err);
	ret->disk = text_copy(argument);
	if (read_image(options, ret, err) < 0)
		return -1;
	return plan_of_image(options, ret, err);
}

void startable_clear(struct startable *startable)
{
	session_close(&startable->session);
	arena_free(startable->arena);
	strings_clear(&startable->layers);
	free(startable->name);
	free(startable->disk);
	free(startable->boot);
	free(startable->ports);
	*startable = (struct startable){0};
}
