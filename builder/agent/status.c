#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#include "agent/status.h"
#include "document/document.h"

/* A service that was active for so long and still does not answer is not starting any more. */
#define GRACE_SECONDS 60
#define RESTARTS_BAD 3u

const char *health_name(enum health health)
{
	static const char *const names[] = { "ok", "starting", "degraded", "failed" };
	return names[health];
}

void unit_state_clear(struct unit_state *state)
{
	free(state->load);
	free(state->active);
	free(state->sub);
	free(state->result);
	memset(state, 0, sizeof *state);
}

static enum health judge_active(const char *title, const struct box_health *check,
				const struct unit_state *state, const char *unanswered, char **ret_sentence)
{
	if (!check->url) {
		*ret_sentence = sentence(SAY_OK_UNPROBED, title, NULL);
		return HEALTH_OK;
	}
	if (!unanswered) {
		*ret_sentence = sentence(SAY_OK, title, NULL);
		return HEALTH_OK;
	}
	bool young = state->active_seconds >= 0 && state->active_seconds < GRACE_SECONDS;
	*ret_sentence = sentence(young ? SAY_NOT_ANSWERING_YET : SAY_NOT_ANSWERING, check->unit, unanswered, NULL);
	return young ? HEALTH_STARTING : HEALTH_DEGRADED;
}

static enum health judge_activating(const struct box_health *check, const struct unit_state *state,
				    char **ret_sentence)
{
	if (!text_equal(state->sub, "auto-restart") && state->restarts == 0) {
		*ret_sentence = sentence(SAY_STARTING, check->unit, NULL);
		return HEALTH_STARTING;
	}
	autofree char *count = text_format("%u", state->restarts);
	*ret_sentence = sentence(SAY_RESTARTING, check->unit, count, NULL);
	return state->restarts > RESTARTS_BAD ? HEALTH_DEGRADED : HEALTH_STARTING;
}

enum health status_judge(const char *title, const struct box_health *check, const struct unit_state *state,
			 const char *unanswered, char **ret_sentence)
{
	static const struct {
		const char *load, *active; /* NULL: any */
		bool job;                  /* only with a job waiting */
		enum health health;
		enum sentence say;
	} table[] = {
		{ "not-found", NULL, false, HEALTH_FAILED, SAY_NO_UNIT },
		{ "masked", NULL, false, HEALTH_FAILED, SAY_MASKED },
		{ NULL, "failed", true, HEALTH_STARTING, SAY_WAITING },
		{ NULL, "failed", false, HEALTH_FAILED, SAY_FAILED },
		{ NULL, "deactivating", false, HEALTH_STARTING, SAY_STOPPING },
		{ NULL, "reloading", false, HEALTH_STARTING, SAY_STARTING },
		{ NULL, "inactive", true, HEALTH_STARTING, SAY_WAITING },
	};
	if (text_equal(state->active, "active"))
		return judge_active(title, check, state, unanswered, ret_sentence);
	if (text_equal(state->active, "activating"))
		return judge_activating(check, state, ret_sentence);
	for (size_t i = 0; i < LENGTH(table); i++) {
		if ((table[i].load && !text_equal(table[i].load, state->load))
		    || (table[i].active && !text_equal(table[i].active, state->active))
		    || (table[i].job && !state->job))
			continue;
		*ret_sentence = sentence(table[i].say, check->unit, state->result ? state->result : "?", NULL);
		return table[i].health;
	}
	*ret_sentence = sentence(SAY_NOT_RUNNING, check->unit, NULL);
	return HEALTH_FAILED;
}

/* One check of a component: systemd first, the probe only where something runs. */
static enum health check_one(const char *title, const struct box_health *check,
			     const struct status_source *source, char **ret_sentence)
{
	struct unit_state state = { .active_seconds = -1 };
	struct error unread = { 0 }, unanswered = { 0 };
	enum health health = HEALTH_FAILED;
	if (source->unit(source->context, check->unit, &state, &unread) < 0) {
		*ret_sentence = sentence(SAY_UNIT_UNKNOWN, check->unit, unread.message ? unread.message : "?", NULL);
	} else {
		if (check->url && text_equal(state.active, "active"))
			source->probe(source->context, check, &unanswered);
		health = status_judge(title, check, &state, unanswered.message, ret_sentence);
	}
	error_clear(&unread);
	error_clear(&unanswered);
	unit_state_clear(&state);
	return health;
}

/* A component is as well as its worst check. */
static void check_component(const struct status *status, size_t index, const struct status_source *source,
			    struct component_status *result)
{
	const struct box *box = status->box;
	result->component = &box->components[index];
	const char *title = result->component->title;
	for (size_t i = 0; i < box->health_count; i++) {
		if (box->health[i].component != index)
			continue;
		if (status->rescue) {
			result->health = HEALTH_FAILED;
			result->sentence = sentence(SAY_NOT_STARTED_IN_RESCUE, title, NULL);
			return;
		}
		autofree char *text = NULL;
		enum health health = check_one(title, &box->health[i], source, &text);
		if (result->sentence && health <= result->health)
			continue;
		free(result->sentence);
		result->sentence = steal(text);
		result->health = health;
	}
	if (!result->sentence)
		result->sentence = sentence(SAY_NOTHING_TO_CHECK, title, NULL);
}

/* The first line of a file, or NULL when it is not there. */
static char *first_line(const char *root, const char *path)
{
	autofree char *full = path_join(root, path);
	char *text = NULL;
	struct error unread = { 0 };
	if (file_read(full, 65536, &text, NULL, &unread) == 0)
		text[strcspn(text, "\n")] = '\0';
	error_clear(&unread);
	return text;
}

static uint64_t memory_line(const char *text, const char *key)
{
	const char *at = text ? strstr(text, key) : NULL;
	return at ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

static void measure(const char *root, struct status *status)
{
	static const char *const places[] = { "/run/hie/data", "/var" };
	for (size_t i = 0; i < LENGTH(places) && !status->disk_size; i++) {
		autofree char *path = path_join(root, places[i]);
		struct statvfs st;
		if (statvfs(path, &st) < 0)
			continue;
		status->disk_free = (uint64_t)st.f_bavail * st.f_frsize;
		status->disk_size = (uint64_t)st.f_blocks * st.f_frsize;
	}
	autofree char *path = path_join(root, "/proc/meminfo");
	autofree char *text = NULL;
	struct error unread = { 0 };
	file_read(path, 65536, &text, NULL, &unread);
	error_clear(&unread);
	status->memory_size = memory_line(text, "MemTotal:");
	status->memory_available = memory_line(text, "MemAvailable:");
}

/* How many components are as bad as the worst. */
static char *count_text(const struct status *status)
{
	autostrings struct strings titles = { 0 };
	for (size_t i = 0; i < status->box->component_count; i++)
		if (status->components[i].health >= HEALTH_DEGRADED)
			strings_add(&titles, status->components[i].component->title);
	return strings_join(&titles, ", ");
}

/* The one sentence about the box: what prevents everything first, then components, then shortages. */
static void judge_box(struct status *status)
{
	autofree char *which = count_text(status);
	autofree char *free_disk = size_text(status->disk_free);
	autofree char *free_memory = size_text(status->memory_available);
	for (size_t i = 0; i < status->box->component_count; i++)
		if (status->components[i].health > status->health)
			status->health = status->components[i].health;
	if (status->rescue) {
		status->health = HEALTH_FAILED;
		status->sentence = sentence(SAY_BOX_RESCUE, status->rescue, NULL);
	} else if (status->provision) {
		status->health = HEALTH_FAILED;
		status->sentence = sentence(SAY_BOX_PROVISION, status->provision, NULL);
	} else if (status->health != HEALTH_OK) {
		static const enum sentence says[] = { SAY_BOX_OK, SAY_BOX_STARTING, SAY_BOX_DEGRADED, SAY_BOX_FAILED };
		status->sentence = sentence(says[status->health], which, NULL);
	} else if (status->disk_size && status->disk_free < status->disk_size / 20) {
		status->health = HEALTH_DEGRADED;
		status->sentence = sentence(SAY_DISK_FULL, free_disk, NULL);
	} else if (status->memory_size && status->memory_available < status->memory_size / 25) {
		status->health = HEALTH_DEGRADED;
		status->sentence = sentence(SAY_MEMORY_LOW, free_memory, NULL);
	} else {
		status->sentence = sentence(SAY_BOX_OK, NULL);
	}
}

void status_collect(const char *root, const struct box *box, const struct status_source *source,
		    struct status *ret_status)
{
	struct status status = { .box = box };
	status.rescue = first_line(root, "/run/hie/rescue");
	status.provision = first_line(root, "/var/lib/hie/provision-error");
	status.components = memory_alloc((box->component_count + 1) * sizeof *status.components);
	for (size_t i = 0; i < box->component_count; i++)
		check_component(&status, i, source, &status.components[i]);
	measure(root, &status);
	judge_box(&status);
	*ret_status = status;
}

void status_clear(struct status *status)
{
	for (size_t i = 0; status->components && i < status->box->component_count; i++)
		free(status->components[i].sentence);
	free(status->components);
	free(status->sentence);
	free(status->rescue);
	free(status->provision);
	memset(status, 0, sizeof *status);
}

static char *status_json(const struct status *status)
{
	autojson struct json *all = json_new_object();
	json_set(all, "name", json_new_string(status->box->name));
	json_set(all, "recipe", json_new_string(status->box->recipe));
	json_set(all, "mode", json_new_string(status->box->mode));
	json_set(all, "state", json_new_string(health_name(status->health)));
	json_set(all, "sentence", json_new_string(status->sentence));
	json_set(all, "rescue", json_new_string(status->rescue));
	json_set(all, "provision-error", json_new_string(status->provision));
	struct json *components = json_new_array();
	for (size_t i = 0; i < status->box->component_count; i++) {
		const struct component_status *one = &status->components[i];
		struct json *component = json_new_object();
		json_set(component, "id", json_new_string(one->component->id));
		json_set(component, "title", json_new_string(one->component->title));
		json_set(component, "state", json_new_string(health_name(one->health)));
		json_set(component, "sentence", json_new_string(one->sentence));
		json_add(components, component);
	}
	json_set(all, "components", components);
	const struct {
		const char *name;
		uint64_t free, size;
	} amounts[] = { { "storage", status->disk_free, status->disk_size },
			{ "memory", status->memory_available, status->memory_size } };
	for (size_t i = 0; i < LENGTH(amounts); i++) {
		struct json *amount = json_new_object();
		json_set(amount, "free", json_new_number((int64_t)amounts[i].free));
		json_set(amount, "size", json_new_number((int64_t)amounts[i].size));
		json_set(all, amounts[i].name, amount);
	}
	return json_write(all, false);
}

char *status_text(const struct status *status, bool json)
{
	if (json)
		return status_json(status);
	autobuffer struct buffer out = { 0 };
	buffer_format(&out, "%s: %s\n", status->box->name, status->sentence);
	for (size_t i = 0; i < status->box->component_count; i++)
		buffer_format(&out, "  %-9s %s\n", health_name(status->components[i].health),
			      status->components[i].sentence);
	autofree char *disk_free = size_text(status->disk_free);
	autofree char *disk_size = size_text(status->disk_size);
	autofree char *memory_free = size_text(status->memory_available);
	autofree char *memory_size = size_text(status->memory_size);
	autofree char *line = sentence(SAY_DISK_AND_MEMORY, disk_free, disk_size, memory_free, memory_size, NULL);
	buffer_format(&out, "%s\n", line);
	return buffer_steal(&out);
}
