/* hiebox dev: the exchange beside the editor. What is saved is in the running box a moment later. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands/dev_apply.h"
#include "commands/dev_mediator.h"
#include "commands/run.h"

#define SHELL_SECONDS 900.0 /* times slowness, until the box has a shell at the start */
#define LOOK_SECONDS 1.0    /* between two looks at units that start */
#define FRESH_SECONDS 5.0   /* between two questions whether the box has started anew */
#define OFF_SECONDS 120.0

struct dev {
	struct run run;
	struct machine *machine;
	struct arena *arena;
	struct dev_folder *folders;
	size_t folder_count;
	struct dev_watch *watch;
	struct dev_changes touched;  /* everything that was laid over since the start */
	struct strings starting;     /* units that are not up yet */
	double saved;                /* when the last change was saved */
	double looked, prepared;
	struct dev_mediator mediator;
	bool mediator_waits;
	struct run_ready *ready;
};

/* How often a person asked for the end. */
static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t patience = 1; /* so many are answered in order */

/* The first ends what is done, the second the waiting for an orderly end, the third this process, and the machine with it. */
static void on_signal(int number)
{
	if (interrupted++ < 2)
		return;
	signal(number, SIG_DFL);
	raise(number);
}

static bool is_interrupted(void)
{
	return interrupted >= patience;
}

static void catch_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal}, old;

	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
}

/* ---- the project ---- */

static void add_folder(struct dev *dev, char *path, const char *owner, bool units)
{
	dev->folders = memory_resize(dev->folders, dev->folder_count + 1, sizeof *dev->folders);
	dev->folders[dev->folder_count++] = (struct dev_folder){arena_string(dev->arena, path), owner, units};
	free(path);
}

/* In the order of assemble/site.c, so that here and there the same file wins. */
static int find_folders(struct dev *dev, struct error *err)
{
	const struct plan *plan = &dev->run.what.session.plan;
	const struct recipe *recipe = plan->recipe;
	const char *project = recipe->project;
	autofree char *mode = text_format("mode-%s", mode_name(recipe->mode));
	autofree char *overlays = path_join(project, "overlays"), *units = path_join(project, "units");
	const char *const above[] = {overlays, units, NULL};
	const char *mode_owner = arena_string(dev->arena, mode);

	for (int pass = 0; pass < 2; pass++) {
		const char *folder = pass ? units : overlays;
		add_folder(dev, path_join(folder, "hie-base"), "hie-base", pass);
		for (size_t i = 0; i < plan->component_count; i++) {
			const char *id = plan->components[i].component->id;
			if (!text_equal(id, "hie-base"))
				add_folder(dev, path_join(folder, id), id, pass);
		}
		add_folder(dev, path_join(folder, mode), mode_owner, pass);
		const struct text_list *more = pass ? &recipe->units : &recipe->overlays;
		for (size_t i = 0; i < more->count; i++)
			add_folder(dev, text_copy(more->items[i].text), "recipe", pass);
	}
	return dev_watch_open(dev->folders, dev->folder_count, above, &dev->watch, err);
}

/* ---- what is told ---- */

static void print_time(void)
{
	time_t now = time(NULL);
	struct tm local;
	char text[16] = "";

	if (localtime_r(&now, &local))
		strftime(text, sizeof text, "%H:%M:%S", &local);
	printf("%s ", text);
}

static void print_plain(const char *before, const char *text)
{
	autofree char *plain = text_plain_line(text);

	printf("%s%s\n", before, plain);
}

static void print_changes(const struct dev_changes *changes)
{
	autostrings struct strings owners = {0};

	for (size_t i = 0; i < changes->count; i++)
		if (!strings_have(&owners, changes->items[i].owner))
			strings_add(&owners, changes->items[i].owner);
	autofree char *names = strings_join(&owners, ", ");
	print_time();
	printf("%s:", names);
	for (size_t i = 0; i < changes->count && i < 4; i++)
		printf("%s %s%s", i ? "," : "", path_base(changes->items[i].to), changes->items[i].from ? "" : " (gone)");
	if (changes->count > 4)
		printf(" and %zu more", changes->count - 4);
	printf("\n");
	fflush(stdout);
}

static const char *words_of(const struct dev_unit *unit)
{
	if (text_equal(unit->state, "active"))
		return unit->reloaded ? "reloaded" : "restarted";
	if (text_equal(unit->state, "activating") || text_equal(unit->state, "reloading"))
		return "starts";
	return text_equal(unit->state, "failed") ? "FAILED" : unit->state;
}

static void print_result(const struct dev_result *result, const struct dev_work *work, double began)
{
	for (size_t i = 0; i < result->refused.count; i++)
		printf("         %s has a mistake; the old one stays:\n", result->refused.items[i]);
	for (size_t i = 0; i < result->said.count; i++)
		print_plain("         | ", result->said.items[i]);
	for (size_t i = 0; i < work->notes.count; i++)
		print_plain("         ", work->notes.items[i]);
	if (result->laid)
		printf("         %zu laid over", result->laid);
	else
		printf("         nothing laid over");
	for (size_t i = 0; i < result->unit_count; i++)
		printf(", %s %s", result->units[i].name, words_of(&result->units[i]));
	printf(", %.2f s\n", clock_seconds() - began);
	fflush(stdout);
}

/* ---- changes ---- */

static void copy_change(struct dev_changes *list, const struct dev_change *change)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->items[i].to, change->to)) {
			free(list->items[i].to);
			free(list->items[i].from);
			list->items[i] = list->items[--list->count];
			break;
		}
	list->items = array_grow(list->items, list->count, &list->capacity, sizeof *list->items);
	list->items[list->count] = *change;
	list->items[list->count].to = text_copy(change->to);
	list->items[list->count++].from = text_copy(change->from);
}

static void remember_starting(struct dev *dev, const struct dev_result *result)
{
	for (size_t i = 0; i < result->unit_count; i++)
		if (text_equal(words_of(&result->units[i]), "starts") && !strings_have(&dev->starting, result->units[i].name))
			strings_add(&dev->starting, result->units[i].name);
	dev->looked = clock_seconds();
}

static int apply(struct dev *dev, const struct dev_changes *changes, double began, struct error *err)
{
	autowork struct dev_work work = {0};
	autoresult struct dev_result result = {0};

	dev->saved = began;
	dev_work_find(&dev->run.what.session.plan, changes, &work);
	if (dev_apply(dev->machine, changes, &work, &result, err) < 0)
		return -1;
	print_result(&result, &work, began);
	remember_starting(dev, &result);
	/* it started anew just now, between two questions */
	return result.fresh && changes != &dev->touched ? apply(dev, &dev->touched, began, err) : 0;
}

/* A box that started anew has lost all that was laid over it: then it is laid again. 1 when it was. */
static int lay_again(struct dev *dev, struct error *err)
{
	bool fresh = false;

	dev->prepared = clock_seconds();
	if (dev_prepare(dev->machine, &fresh, err) < 0)
		return -1;
	if (!fresh || !dev->touched.count)
		return 0;
	print_time();
	printf("the box has started anew: all that changed since its image was built is laid over it again\n");
	return apply(dev, &dev->touched, dev->prepared, err) < 0 ? -1 : 1;
}

static int take_changes(struct dev *dev, const struct dev_changes *changes, double began, struct error *err)
{
	print_changes(changes);
	for (size_t i = 0; i < changes->count; i++)
		copy_change(&dev->touched, &changes->items[i]);
	int again = lay_again(dev, err);
	return again ? again : apply(dev, changes, began, err);
}

static int look_at_starting(struct dev *dev, struct error *err)
{
	autoresult struct dev_result result = {0};
	double passed = clock_seconds() - dev->saved;

	if (dev_look(dev->machine, &dev->starting, (unsigned)passed + 1, &result, err) < 0)
		return -1;
	strings_clear(&dev->starting);
	for (size_t i = 0; i < result.unit_count; i++) {
		const char *words = words_of(&result.units[i]);
		if (text_equal(words, "starts"))
			continue;
		print_time();
		printf("%s %s, %.1f s after it was saved\n", result.units[i].name, text_equal(words, "restarted") ? "runs" : words,
		       passed);
	}
	for (size_t i = 0; i < result.said.count; i++)
		print_plain("         | ", result.said.items[i]);
	fflush(stdout);
	remember_starting(dev, &result);
	return 0;
}

/* What takes its time, or happens by itself: units that start, OpenHIM for the mediator, a box that starts anew. */
static int look_around(struct dev *dev, struct error *err)
{
	double now = clock_seconds();

	if (dev->mediator_waits && now - dev->prepared > LOOK_SECONDS) {
		int done = dev_mediator_look(&dev->mediator, &dev->run, dev->machine, err);
		dev->mediator_waits = done == 0;
		if (done < 0)
			return -1;
	}
	if (dev->starting.count && now - dev->looked > LOOK_SECONDS)
		return look_at_starting(dev, err);
	return now - dev->prepared > FRESH_SECONDS ? lay_again(dev, err) : 0;
}

/* Until a person or the machine ends it. */
static int follow(struct dev *dev, struct error *err)
{
	while (!interrupted) {
		autochanges struct dev_changes changes = {0};
		autofree char *why = NULL;
		struct error problem = {0};
		double began;
		if (!machine_runs(dev->machine, &why))
			return error_set(err, "the box ended: %s", why);
		int result = dev_watch_wait(dev->watch, LOOK_SECONDS, &changes, &began, err);
		if (result < 0)
			return -1;
		result = changes.count ? take_changes(dev, &changes, began, &problem) : look_around(dev, &problem);
		autofree char *plain = text_plain(problem.message); /* it may quote the box */
		if (result < 0 && !interrupted)
			fprintf(stderr, "hiebox: %s\n", plain);
		error_clear(&problem);
	}
	return 0;
}

/* ---- start and end ---- */

static int wait_for_shell(struct dev *dev, struct error *err)
{
	autobuffer struct buffer nothing = {0};
	bool fresh;

	if (machine_shell(dev->machine, ":", SHELL_SECONDS, &nothing, err) < 0)
		return -1;
	return dev_prepare(dev->machine, &fresh, err);
}

static int begin(struct dev *dev, struct error *err)
{
	double began = clock_seconds();

	if (machine_open(&dev->run.settings, &dev->machine, err) < 0)
		return -1;
	run_show(&dev->run, dev->machine);
	dev->ready = run_ready_begin(&dev->run, dev->machine);
	if (wait_for_shell(dev, err) < 0)
		return -1;
	printf("The box is there after %.0f s; what is saved in overlays/ and units/ of its components is laid over it.\n",
	       clock_seconds() - began);
	fflush(stdout);
	dev->mediator_waits = dev->mediator.name != NULL;
	return dev->mediator_waits ? dev_mediator_begin(&dev->mediator, &dev->run, dev->machine, err) : 0;
}

static void explain_end(const struct dev *dev)
{
	autofree char *last = dev->machine ? machine_console(dev->machine, 15) : NULL;

	if (last && *last)
		fprintf(stderr, "The last lines of its console:\n%s\n", last);
}

/* Asks for an orderly end; a second Ctrl-C ends the machine at once. */
static int end(struct dev *dev, struct error *err)
{
	patience = 2;
	if (!machine_runs(dev->machine, NULL))
		return 0;
	fprintf(stderr, "\nhiebox: shutting down; Ctrl-C again ends it at once\n");
	run_ready_end(dev->ready);
	dev->ready = NULL;
	if (machine_power_off(dev->machine, OFF_SECONDS, err) == 0)
		return 0;
	return is_interrupted() ? error_prefix(err, "the box was ended before it had shut down") : -1;
}

static void dev_clear(struct dev *dev)
{
	run_ready_end(dev->ready);
	machine_close(dev->machine);
	dev_watch_close(dev->watch);
	dev_changes_clear(&dev->touched);
	strings_clear(&dev->starting);
	free(dev->folders);
	arena_free(dev->arena);
	run_clear(&dev->run);
}

static int develop(const struct parsed_options *options, struct dev *dev, struct error *err)
{
	const struct dev_mediator *mediator = &dev->mediator;
	int result = dev_mediator_read(options, &dev->mediator, err);

	if (result == 0)
		result = run_prepare(options, MODE_DEVELOPMENT, &dev->run, err);
	if (result < 0)
		return result;
	if (!dev->run.what.planned)
		return error_set(err, "dev needs a recipe, whose files it watches; `hiebox run` starts an image");
	dev->run.settings.shell = true;
	if (mediator->name) {
		dev->run.reach = (struct machine_reach){.host = mediator->host, .port = mediator->port};
		dev->run.settings.reaches = &dev->run.reach;
		dev->run.settings.reach_count = 1;
	}
	catch_signals();
	dev->run.settings.stop = is_interrupted;
	/* watched from before the start: what is saved while it starts counts */
	result = find_folders(dev, err);
	if (result == 0)
		result = begin(dev, err);
	if (result == 0)
		result = follow(dev, err);
	if (interrupted && dev->machine) {
		error_clear(err);
		return end(dev, err);
	}
	if (result < 0)
		explain_end(dev);
	return result;
}

int command_dev(const struct parsed_options *options, struct error *err)
{
	struct dev dev = {.arena = arena_new()};
	const char *argument = options->arguments.items[0];
	int result = -2;

	if (startable_is_image(argument))
		error_set(err, "dev: expected a recipe, whose files it watches, got the image %s; `hiebox run` starts images", argument);
	else
		result = develop(options, &dev, err);
	dev_clear(&dev);
	return result;
}
