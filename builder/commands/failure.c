#include "commands/failure.h"

#include <string.h>
#include <time.h>

#include "document/document.h"

void failure_watch(const struct session *session)
{
	autofree char *folder = path_join(session->store.path, "logs");

	tool_log_open(folder, session->plan.recipe->name, LOGS_KEPT);
}

static struct json *strings_json(const struct strings *list)
{
	struct json *array = json_new_array();

	for (size_t i = 0; i < list->count; i++)
		json_add(array, json_new_string(list->items[i]));
	return array;
}

/* A path in the work folder lies in the kept one afterwards. */
static struct json *moved(const char *path, const char *work, const char *kept)
{
	if (!path || !text_starts(path, work) || (path[strlen(work)] && path[strlen(work)] != '/'))
		return json_new_string(path);
	autofree char *now = text_format("%s%s", kept, path + strlen(work));
	return json_new_string(now);
}

static struct json *binds_json(const struct tool_failure *failure, const char *work, const char *kept)
{
	struct json *binds = json_new_array();

	for (size_t i = 0; i < failure->bind_from.count; i++) {
		struct json *bind = json_new_object();

		json_set(bind, "from", moved(failure->bind_from.items[i], work, kept));
		json_set(bind, "to", json_new_string(failure->bind_to.items[i]));
		json_set(bind, "writable", json_new_boolean(failure->bind_writable[i]));
		json_add(binds, bind);
	}
	return binds;
}

/* A tree to enter when no tool failed in one: the last that was begun. */
static char *some_tree(const char *work)
{
	static const char *const names[] = {"plain-tree", "trees/site", "trees/apps", "trees/base"};

	for (size_t i = 0; i < LENGTH(names); i++) {
		autofree char *tree = path_join(work, names[i]), *shell = path_join(tree, "usr/bin/sh");

		if (path_exists(shell))
			return steal(tree);
	}
	return NULL;
}

static struct json *describe(const struct session *session, const struct tool_failure *failure, const char *message,
			     const char *kept)
{
	const char *work = session->store.work;
	struct json *object = json_new_object();
	autofree char *tree = failure ? NULL : some_tree(work);

	json_set(object, "recipe", json_new_string(session->plan.recipe->file));
	json_set(object, "failed", json_new_string(failure ? failure->summary : message));
	json_set(object, "log", json_new_string(tool_log_path()));
	json_set(object, "root", moved(failure ? failure->root : tree, work, kept));
	if (!failure)
		return object;
	struct json *fds = json_new_array();
	json_set(object, "step", json_new_string(failure->step));
	json_set(object, "arguments", strings_json(&failure->argv));
	json_set(object, "environment", strings_json(&failure->environment));
	json_set(object, "directory", json_new_string(failure->directory));
	json_set(object, "own-tmp", json_new_boolean(failure->no_tmpfs));
	json_set(object, "binds", binds_json(failure, work, kept));
	for (size_t i = 0; i < LENGTH(failure->extra_fds) && failure->extra_fds[i]; i++)
		json_add(fds, json_new_number(failure->extra_fds[i]));
	json_set(object, "descriptors", fds);
	return object;
}

/* Moves the work folder to kept/NAME, with its description. Gives NAME. */
static int keep(struct session *session, const struct tool_failure *failure, const char *message, char **ret_name,
		struct error *err)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &parts);
	autofree char *name = text_format("%s-%s", stamp, session->plan.recipe->name);
	autofree char *kept = path_join3(session->store.path, "kept", name);
	autofree char *file = path_join(session->store.work, KEPT_FILE);
	autojson struct json *description = describe(session, failure, message, kept);
	autofree char *text = json_write(description, false);
	if (file_write_plain(file, text, strlen(text), 0600, err) < 0 || store_keep_work(&session->store, name, err) < 0)
		return -1;
	*ret_name = steal(name);
	return 0;
}

static char *shell_command(const struct session *session, const char *name)
{
	const char *store = option_value(session->options, "store");

	return store ? text_format("hiebox shell %s --store %s", name, session->store.path) :
		       text_format("hiebox shell %s", name);
}

static void add_kept(const struct session *session, const struct tool_failure *failure, const char *name,
		     struct buffer *text)
{
	autofree char *shell = shell_command(session, name);

	buffer_format(text, "\nwhat was made so far is kept in %s/kept/%s", session->store.path, name);
	buffer_format(text, "\nto look at it:        %s", shell);
	if (!failure || !failure->sandboxed)
		return;
	autofree char *call = arguments_text((const char *const *)failure->argv.items);
	buffer_format(text, "\nthe same call again:  %s -- %s", shell, call);
	if (failure->had_input)
		buffer_text(text, "\n                      (hiebox itself wrote its standard input; there it is empty)");
}

void failure_explain(struct session *session, struct error *err)
{
	const struct tool_failure *failure = tool_log_failure(err->message);
	bool wanted = option_given(session->options, "keep-failed");
	autobuffer struct buffer text = {0};
	autofree char *name = NULL;
	struct error problem = {0};

	autofree char *here = realpath(".", NULL);
	const char *output = option_value(session->options, "output");
	space_explain((const char *const[]){session->store.path, output ? output : here ? here : ".", NULL}, err);
	buffer_text(&text, err->message);
	if (failure && tool_log_path())
		buffer_format(&text, "\nevery tool's output:  %s (this was call %u)", tool_log_path(), failure->number);
	if (wanted && keep(session, failure, err->message, &name, &problem) < 0)
		buffer_format(&text, "\nnothing could be kept: %s", problem.message);
	else if (wanted)
		add_kept(session, failure, name, &text);
	else if (failure && failure->sandboxed)
		buffer_text(&text, "\nto look into it:      the same command again with --keep-failed");
	error_clear(&problem);
	error_set(err, "%s", text.data);
	tool_log_close();
}
