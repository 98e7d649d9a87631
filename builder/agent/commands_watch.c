/* `hie status`, `hie logs` and `hie watch`: how the box is. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/command.h"
#include "agent/language.h"
#include "agent/status.h"
#include "agent/timescale.h"
#include "agent/watch.h"
#include "document/document.h"

const struct option_entry status_options[] = {
	{ "json", 0, NULL, "as JSON", false },
	{ "language", 0, "CODE", "in this language, such as fr", false },
	{ "wait", 0, "SECONDS", "wait until everything runs or something has failed", false },
	{ "running", 0, NULL, "exit with 0 when every component runs, whatever else there is to say", false },
	{ "watched", 0, NULL, "what hie-watch.service saw last, instead of asking anew (so it is for who is not root)", false },
	{ 0 },
};
const struct option_entry logs_options[] = {
	{ "lines", 'n', "NUMBER", "so many lines, the last ones (200)", false },
	{ "follow", 'f', NULL, "go on showing what is written", false },
	{ 0 },
};

static bool all_run(const struct status *status)
{
	bool ok = !status->rescue && !status->provision && !status->unreadable;
	for (size_t i = 0; i < status->box->component_count; i++)
		ok = ok && status->components[i].health == HEALTH_OK;
	return ok;
}

/* Asks until all components run or something has failed, or the time is over: what else may be said of a box (a
 * mistake in hiebox.conf, little room) does not go away by waiting. */
static void collect_until(const char *root, const struct box *box, const struct status_source *source,
			  int64_t seconds, struct status *ret_status)
{
	double end = clock_seconds() + (double)seconds;
	for (;;) {
		status_collect(root, box, source, NULL, ret_status);
		bool settled = ret_status->health == HEALTH_OK || ret_status->health == HEALTH_FAILED;
		if (settled || all_run(ret_status) || clock_seconds() >= end)
			return;
		status_clear(ret_status);
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	}
}

/* The language that was asked for; -2 when the box does not have it. */
static int find_language(const struct parsed_options *options, const struct languages *all,
			 const struct language **ret_language, struct error *err)
{
	const char *code = option_value(options, "language");
	*ret_language = code ? languages_find(all, code) : NULL;
	if (!code || *ret_language)
		return 0;
	autostrings struct strings codes = { 0 };
	for (size_t i = 0; i < all->count; i++)
		strings_add(&codes, language_code(all->items[i]));
	autofree char *list = strings_join(&codes, ", ");
	error_set(err, "--language: expected one of %s, got \"%s\"", list, code);
	return -2;
}

/* What the watcher wrote, parsed; NULL when there is nothing yet. `*ret_text` is for the caller to free. */
static struct document *read_watched(const char *root, char **ret_text)
{
	autofree char *path = path_join(root, STATUS_FILE);
	*ret_text = file_text_or_null(path, 1u << 20);
	return document_json_or_null(*ret_text, *ret_text ? strlen(*ret_text) : 0);
}

static void print_watched(const struct node *root, const struct box *box, const struct language *language)
{
	const struct node *lists[] = { node_get(root, "components"), node_get(root, "notes") };
	struct saying saying = { 0 };
	if (saying_read(root, &saying) < 0)
		return;
	autofree char *first = saying_text(&saying, language, box);
	printf("%s: %s\n", box->name, first);
	saying_clear(&saying);
	for (size_t i = 0; i < LENGTH(lists); i++)
		for node_each(one, lists[i]) {
			if (saying_read(one, &saying) < 0)
				continue;
			autofree char *text = saying_text(&saying, language, box);
			printf("  %-9s %s\n", node_text(one, "state", "?"), text);
			saying_clear(&saying);
		}
}

/* all_run() of what the watcher wrote. */
static bool all_ran(const struct node *root)
{
	const struct node *components = node_get(root, "components");
	bool ok = components && components->first;
	static const char *const reasons[] = { "rescue", "provision-error" };
	for (size_t i = 0; i < LENGTH(reasons); i++) {
		const struct node *reason = node_get(root, reasons[i]);
		ok = ok && (!reason || reason->kind == NODE_NULL);
	}
	for node_each(one, components)
		ok = ok && text_equal(node_text(one, "state", "?"), "ok");
	return ok;
}

/* For who is not root: the firewall lets only those ask the services who must, so what the watcher saw counts. */
static int show_watched(const struct parsed_options *options, const struct language *language, int64_t seconds,
			struct error *err)
{
	autobox struct box *box = NULL;
	double end = clock_seconds() + (double)seconds;
	if (load_box(options, &box, err) < 0)
		return -1;
	for (;;) {
		autofree char *text = NULL;
		autodocument struct document *document = read_watched(root_of(options), &text);
		const struct node *root = document ? document_root(document) : NULL;
		const char *state = node_text(root, "state", "starting");
		bool ok = text_equal(state, "ok");
		bool settled = ok || text_equal(state, "failed") || all_ran(root);
		if (!settled && clock_seconds() < end) {
			nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
			continue;
		}
		if (!root)
			return sentence_error(err, SAY_STATUS_UNKNOWN, NULL);
		if (option_given(options, "json"))
			fputs(text, stdout);
		else
			print_watched(root, box, language);
		return ok || (option_given(options, "running") && all_ran(root)) ? 0 : 1;
	}
}

static int show_status(const struct parsed_options *options, const struct language *language, int64_t seconds,
		       struct error *err)
{
	autobox struct box *box = NULL;
	if (option_given(options, "watched") || (geteuid() != 0 && !option_given(options, "root")))
		return show_watched(options, language, seconds, err);
	struct system_source *system = NULL;
	struct status_source source = { 0 };
	struct status status = { 0 };
	if (load_box(options, &box, err) < 0
	    || system_source_open(timescale_read(root_of(options)), &system, &source, err) < 0)
		return -1;
	collect_until(root_of(options), box, &source, seconds, &status);
	autofree char *text = option_given(options, "json") ? status_json(&status, language, false)
		: status_text(&status, language);
	fputs(text, stdout);
	bool well = status.health == HEALTH_OK || (option_given(options, "running") && all_run(&status));
	int result = well ? 0 : 1;
	status_clear(&status);
	system_source_close(system);
	return result;
}

int command_status(const struct parsed_options *options, struct error *err)
{
	const char *wait = option_value(options, "wait");
	const struct language *language = NULL;
	struct languages all;
	struct diagnostics mistakes = { 0 };
	int64_t seconds = 0;
	if (wait && number_parse(wait, 0, 86400, &seconds) < 0) {
		error_set(err, "--wait: expected seconds, got \"%s\"", wait);
		return -2;
	}
	languages_load(root_of(options), &all, &mistakes);
	int result = find_language(options, &all, &language, err);
	if (result == 0)
		result = show_status(options, language, seconds, err);
	languages_clear(&all);
	diagnostics_clear(&mistakes);
	return result;
}

/* The units of one component (NULL: of all). */
static void find_units(const struct box *box, const char *id, struct strings *units)
{
	for (size_t i = 0; i < box->health_count; i++)
		if ((!id || text_equal(box->components[box->health[i].component].id, id))
		    && !strings_have(units, box->health[i].unit))
			strings_add(units, box->health[i].unit);
}

/* -2 with the ids that there are. */
static int no_component(const struct box *box, const char *id, struct error *err)
{
	autostrings struct strings ids = { 0 };
	for (size_t i = 0; i < box->component_count; i++)
		strings_add(&ids, box->components[i].id);
	const char *near = nearest_name(id, (const char *const *)ids.items);
	autofree char *list = strings_join(&ids, ", ");
	error_set(err, "logs: \"%s\" has no logs; did you mean %s?", id, near ? near : list);
	return -2;
}

int command_logs(const struct parsed_options *options, struct error *err)
{
	autobox struct box *box = NULL;
	autostrings struct strings units = { 0 }, argv = { 0 };
	const char *lines = option_value(options, "lines"), *id = options->arguments.count ? options->arguments.items[0] : NULL;
	int64_t count = 200;
	if (lines && number_parse(lines, 1, 1000000, &count) < 0) {
		error_set(err, "--lines: expected a number, got \"%s\"", lines);
		return -2;
	}
	if (load_box(options, &box, err) < 0)
		return -1;
	find_units(box, id, &units);
	if (id && !units.count)
		return no_component(box, id, err);
	if (!id)
		strings_add_all(&units, (const char *const[]){ "hie-provision.service", "hie-watch.service", NULL });
	strings_add_all(&argv, (const char *const[]){ "journalctl", "--quiet", NULL });
	strings_format(&argv, "--lines=%d", (int)count);
	if (option_given(options, "follow"))
		strings_add(&argv, "--follow");
	for (size_t i = 0; i < units.count; i++)
		strings_format(&argv, "--unit=%s", units.items[i]);
	return process_run(&(struct process){ .argv = (const char *const *)argv.items, .interactive = true }, NULL, err);
}

int command_watch(const struct parsed_options *options, struct error *err)
{
	autofree char *path = box_path_of(options);
	if (need_root(options, err) < 0)
		return -1;
	return watch_run(root_of(options), path, err);
}
