/* The table of what can be asked over the control socket, and the actions about the box itself. An action is
 * one row here and one function; see control.h for what goes in and out. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "agent/control_serve.h"

#define LOG_LINES 1000
#define LOG_MAX (256u << 10)

static const struct action actions[] = {
	{ "status", ACTION_ANYBODY, false, action_status },
	{ "credentials", ACTION_SESSION_UNLESS_TRAINING, false, action_credentials },
	{ "login", ACTION_ANYBODY, true, action_login },
	{ "session", ACTION_SESSION, false, action_session },
	{ "logout", ACTION_SESSION, true, action_logout },
	{ "password", ACTION_SESSION, true, action_password },
	{ "clock", ACTION_SESSION, true, action_clock },
	{ "restart", ACTION_SESSION, true, action_restart },
	{ "log", ACTION_SESSION, true, action_log },
	{ "reset", ACTION_SESSION, true, action_reset },
	{ "targets", ACTION_SESSION, false, action_targets },
	{ "backup", ACTION_SESSION, true, action_backup },
	{ "backups", ACTION_SESSION, false, action_backups },
	{ "restore", ACTION_SESSION, true, action_restore },
	{ "job", ACTION_SESSION, false, action_job },
	{ "workflow", ACTION_SESSION_UNLESS_TRAINING, true, action_workflow },
	{ "message", ACTION_SESSION_UNLESS_TRAINING, false, action_message },
	{ "mediator", ACTION_SESSION, true, action_mediator },
};

const struct action *action_find(const char *name)
{
	for (size_t i = 0; i < LENGTH(actions); i++)
		if (text_equal(actions[i].name, name))
			return &actions[i];
	return NULL;
}

/* Why the system did not do it; takes the error's message. */
static int refuse_error(struct saying *ret_refusal, struct error *err)
{
	*ret_refusal = saying_make(SAY_ACTION_FAILED, err->message ? err->message : "?", NULL);
	error_clear(err);
	return -1;
}

/* The collection may be half a minute old: the time is that of now. */
static void freshen(struct json *status, const struct node *old)
{
	const struct node *then = node_find(old, "clock", "now", NULL), *uptime = node_get(old, "uptime");
	int64_t passed = then && then->kind == NODE_NUMBER ? time(NULL) - (int64_t)then->number : 0;
	struct json *clock = json_from_node(node_get(old, "clock"));
	if (!then || !uptime || uptime->kind != NODE_NUMBER) {
		json_release(clock);
		return;
	}
	json_set(clock, "now", json_new_number(time(NULL)));
	json_set(status, "clock", clock);
	if (passed > 0 && passed < 120) /* else somebody set the clock in between */
		json_set(status, "uptime", json_new_number((int64_t)uptime->number + passed));
}

int action_status(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const struct control_system *system = &request->control->system;
	autofree char *text = system->status(system->context);
	autodocument struct document *document = document_json_or_null(text, text ? strlen(text) : 0);
	if (!document)
		return refuse(ret_refusal, SAY_STATUS_UNKNOWN);
	struct json *status = json_from_node(document_root(document));
	freshen(status, document_root(document));
	json_set(answer, "status", status);
	return 0;
}

int action_clock(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const struct control *control = request->control;
	struct error err = { 0 };
	int64_t time = 0;
	(void)answer;
	/* 4102444800: 2100-01-01, beyond which certificates and databases get into trouble of their own */
	if (request_number(request, "time", 0, INT64_C(4102444800), &time) < 0)
		return refuse(ret_refusal, SAY_CLOCK_NO_TIME);
	request->note = text_format("%" PRId64, time);
	if (time < control->box->built) {
		struct tm broken = { 0 };
		time_t built = (time_t)control->box->built;
		char text[40] = "";
		strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&built, &broken));
		return refuse(ret_refusal, SAY_CLOCK_TOO_EARLY, text);
	}
	if (control->system.clock(control->system.context, time, &err) < 0)
		return refuse_error(ret_refusal, &err);
	control->system.changed(control->system.context);
	return 0;
}

/* The units that a component's checks name, each once. -1: there is no such component, or it has none. */
static int find_units(struct request *request, struct strings *units, struct saying *ret_refusal)
{
	const struct box *box = request->control->box;
	const char *id = request_text(request, "component", 64);
	bool found = false;
	for (size_t i = 0; id && i < box->component_count; i++)
		found = found || text_equal(box->components[i].id, id);
	if (!found)
		return refuse(ret_refusal, SAY_COMPONENT_UNKNOWN);
	request->note = text_copy(id);
	for (size_t i = 0; i < box->health_count; i++)
		if (text_equal(box->components[box->health[i].component].id, id)
		    && !strings_have(units, box->health[i].unit))
			strings_add(units, box->health[i].unit);
	autofree char *title = text_format("@%s", id);
	return units->count ? 0 : refuse(ret_refusal, SAY_COMPONENT_NO_UNIT, title);
}

int action_restart(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const struct control *control = request->control;
	autofree char *rescue = path_join(control->root, "/run/hie/rescue");
	autostrings struct strings units = { 0 };
	struct error err = { 0 };
	(void)answer;
	if (find_units(request, &units, ret_refusal) < 0)
		return -1;
	if (path_exists(rescue))
		return refuse(ret_refusal, SAY_RESTART_IN_RESCUE);
	for (size_t i = 0; i < units.count; i++)
		if (control->system.unit(control->system.context, units.items[i], true, &err) < 0)
			return refuse_error(ret_refusal, &err);
	control->system.changed(control->system.context);
	return 0;
}

int action_log(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const struct control_system *system = &request->control->system;
	autostrings struct strings units = { 0 };
	autobuffer struct buffer text = { .maximum = LOG_MAX };
	struct error err = { 0 };
	int64_t lines = 200;
	if (node_get(request->root, "lines") && request_number(request, "lines", 1, LOG_LINES, &lines) < 0)
		return refuse(ret_refusal, SAY_CONTROL_UNKNOWN);
	if (find_units(request, &units, ret_refusal) < 0)
		return -1;
	if (system->log(system->context, &units, (unsigned)lines, &text, &err) < 0)
		return refuse_error(ret_refusal, &err);
	json_set(answer, "log", json_new_string(text.data ? text.data : ""));
	return 0;
}

int action_reset(struct request *request, struct json *answer, struct saying *ret_refusal)
{
	const struct control *control = request->control;
	autofree char *data = path_join(control->root, "/run/hie/data");
	autofree char *marker = path_join(data, "reset-requested");
	struct error err = { 0 };
	(void)answer;
	const char *what = request_text(request, "what", 64);
	if (text_equal(what, "data"))
		return control->system.unit(control->system.context, "hie-reset-data.service", false, &err) < 0
			       ? refuse_error(ret_refusal, &err) : 0;
	if (!text_equal(what, "all"))
		return refuse(ret_refusal, SAY_CONTROL_UNKNOWN);
	if (!path_is_directory(data))
		return refuse(ret_refusal, SAY_RESET_NO_DATA, data);
	if (file_write(marker, "", 0, 0600, &err) < 0
	    || control->system.unit(control->system.context, "reboot.target", false, &err) < 0)
		return refuse_error(ret_refusal, &err);
	return 0;
}
