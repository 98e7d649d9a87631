#include <stdlib.h>
#include <string.h>

#include "agent/status.h"
#include "document/document.h"

/* A service that was active for so long and still does not answer is not starting any more. */
#define GRACE_SECONDS 60
/* One that starts for so long may never come: the slowest of our own takes a tenth of that. */
#define LONG_SECONDS 180
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

static enum health say(struct saying *ret_saying, enum health health, struct saying saying)
{
	*ret_saying = saying;
	return health;
}

/* What the sentences need: who (a component, to be said by its title), its unit, how often. */
struct words {
	char *who, *count;
	const char *unit, *why;
};

static enum health judge_active(const struct words *words, const struct box_health *check,
				const struct unit_state *state, const char *unanswered, struct saying *ret_saying)
{
	bool young = state->seconds >= 0 && state->seconds < GRACE_SECONDS;
	if (young && state->restarts > RESTARTS_BAD)
		return say(ret_saying, HEALTH_DEGRADED,
			   saying_make(SAY_RESTARTS_OFTEN, words->who, words->count, words->unit, NULL));
	if (!check->url)
		return say(ret_saying, HEALTH_OK, saying_make(SAY_OK_UNPROBED, words->who, NULL));
	if (!unanswered)
		return say(ret_saying, HEALTH_OK, saying_make(SAY_OK, words->who, NULL));
	return say(ret_saying, young ? HEALTH_STARTING : HEALTH_DEGRADED,
		   saying_make(young ? SAY_NOT_ANSWERING_YET : SAY_NOT_ANSWERING, words->who, unanswered, NULL));
}

static enum health judge_activating(const struct words *words, const struct unit_state *state,
				    struct saying *ret_saying)
{
	if (state->restarts > RESTARTS_BAD)
		return say(ret_saying, HEALTH_DEGRADED,
			   saying_make(SAY_RESTARTS_OFTEN, words->who, words->count, words->unit, NULL));
	if (text_equal(state->sub, "auto-restart") || state->restarts > 0)
		return say(ret_saying, HEALTH_STARTING, saying_make(SAY_RESTARTING, words->who, words->count, NULL));
	if (state->seconds < LONG_SECONDS)
		return say(ret_saying, HEALTH_STARTING, saying_make(SAY_STARTING, words->who, NULL));
	autofree char *minutes = text_format("%d", (int)(state->seconds / 60));
	return say(ret_saying, HEALTH_DEGRADED, saying_make(SAY_STARTING_LONG, words->who, minutes, words->unit, NULL));
}

static enum health judge(const struct words *words, const struct box_health *check,
			 const struct unit_state *state, const char *unanswered, struct saying *ret_saying)
{
	static const struct {
		const char *load, *active, *result; /* NULL: any */
		bool job;                           /* only with a job waiting */
		enum health health;
		enum sentence say;
	} table[] = {
		{ "not-found", NULL, NULL, false, HEALTH_FAILED, SAY_NO_UNIT },
		{ "masked", NULL, NULL, false, HEALTH_FAILED, SAY_MASKED },
		{ NULL, "failed", NULL, true, HEALTH_STARTING, SAY_WAITING },
		{ NULL, "failed", "oom-kill", false, HEALTH_FAILED, SAY_FAILED_MEMORY },
		{ NULL, "failed", "timeout", false, HEALTH_FAILED, SAY_FAILED_LATE },
		{ NULL, "failed", NULL, false, HEALTH_FAILED, SAY_FAILED },
		{ NULL, "deactivating", NULL, false, HEALTH_STARTING, SAY_STOPPING },
		{ NULL, "reloading", NULL, false, HEALTH_STARTING, SAY_STARTING },
		{ NULL, "inactive", NULL, true, HEALTH_STARTING, SAY_WAITING },
	};
	if (text_equal(state->active, "active"))
		return judge_active(words, check, state, unanswered, ret_saying);
	/* a service that never gets ready is stopped each time it was waited for too long */
	bool again = text_equal(state->active, "deactivating") && state->restarts > RESTARTS_BAD;
	if (text_equal(state->active, "activating") || again)
		return judge_activating(words, state, ret_saying);
	for (size_t i = 0; i < LENGTH(table); i++)
		if ((!table[i].load || text_equal(table[i].load, state->load))
		    && (!table[i].active || text_equal(table[i].active, state->active))
		    && (!table[i].result || text_equal(table[i].result, state->result))
		    && (!table[i].job || state->job))
			return say(ret_saying, table[i].health,
				   saying_make(table[i].say, words->who, words->unit, words->why, NULL));
	return say(ret_saying, HEALTH_FAILED, saying_make(SAY_NOT_RUNNING, words->who, words->unit, NULL));
}

enum health status_judge(const char *id, const struct box_health *check, const struct unit_state *state,
			 const char *unanswered, struct saying *ret_saying)
{
	struct words words = { .who = text_format("@%s", id), .count = text_format("%u", state->restarts),
			       .unit = check->unit, .why = state->result ? state->result : "?" };
	enum health health = judge(&words, check, state, unanswered, ret_saying);
	free(words.who);
	free(words.count);
	return health;
}

/* One check of a component, from asking to judgement. */
struct check {
	const struct box_health *health;
	struct unit_state state;
	char *unread, *unanswered; /* why there is no state, and no answer */
};

struct checks {
	const struct status_source *source;
	struct check *items;
};

static int probe_one(void *context, size_t index, struct error *err)
{
	const struct checks *checks = context;
	struct check *check = &checks->items[index];
	struct error unanswered = { 0 };
	(void)err;
	if (check->health->url && text_equal(check->state.active, "active")
	    && checks->source->probe(checks->source->context, check->health, &unanswered) < 0)
		check->unanswered = text_copy(unanswered.message ? unanswered.message : "?");
	error_clear(&unanswered);
	return 0;
}

/* Asks systemd about every unit, then the addresses of those that run. */
static struct check *ask_all(const struct box *box, const struct status_source *source)
{
	struct check *items = memory_alloc((box->health_count + 1) * sizeof *items);
	struct checks checks = { source, items };
	for (size_t i = 0; i < box->health_count; i++) {
		struct error unread = { 0 };
		items[i].health = &box->health[i];
		items[i].state.seconds = -1;
		if (source->unit(source->context, box->health[i].unit, &items[i].state, &unread) < 0)
			items[i].unread = text_copy(unread.message ? unread.message : "?");
		error_clear(&unread);
	}
	if (source->probes > 1 && box->health_count > 1)
		parallel_each(box->health_count, source->probes, probe_one, &checks, NULL);
	else
		for (size_t i = 0; i < box->health_count; i++)
			probe_one(&checks, i, NULL);
	return items;
}

static void free_checks(struct check *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unit_state_clear(&items[i].state);
		free(items[i].unread);
		free(items[i].unanswered);
	}
	free(items);
}

/* In rescue mode no part of the exchange is started; what runs all the same (the page) is judged as ever. */
static enum health judge_check(const char *id, const struct check *check, bool rescue, struct saying *ret_saying)
{
	autofree char *who = text_format("@%s", id);
	if (rescue && (check->unread || !text_equal(check->state.active, "active"))) {
		*ret_saying = saying_make(SAY_NOT_STARTED_IN_RESCUE, who, NULL);
		return HEALTH_FAILED;
	}
	if (!check->unread)
		return status_judge(id, check->health, &check->state, check->unanswered, ret_saying);
	*ret_saying = saying_make(SAY_UNIT_UNKNOWN, who, check->unread, NULL);
	return HEALTH_FAILED;
}

/* A component is as well as its worst check. */
static void check_component(const struct status *status, size_t index, const struct check *checks,
			    struct component_status *result)
{
	const struct box *box = status->box;
	result->component = &box->components[index];
	autofree char *who = text_format("@%s", result->component->id);
	bool said = false;
	for (size_t i = 0; i < box->health_count; i++) {
		struct saying saying = { 0 };
		if (box->health[i].component != index)
			continue;
		enum health health = judge_check(result->component->id, &checks[i], status->rescue != NULL, &saying);
		if (said && health <= result->health) {
			saying_clear(&saying);
			continue;
		}
		saying_clear(&result->saying);
		result->saying = saying;
		result->health = health;
		result->since = checks[i].state.since;
		said = true;
	}
	if (!said)
		result->saying = saying_make(SAY_NOTHING_TO_CHECK, who, NULL);
}

/* The first line of a file, or NULL when it is not there. */
static char *first_line(const char *root, const char *path)
{
	autofree char *full = path_join(root, path);
	return file_line_or_null(full, 65536);
}

/* "@id,id" of the components that are as bad as `least` or worse. */
static char *which_components(const struct status *status, enum health least)
{
	autostrings struct strings ids = { 0 };
	for (size_t i = 0; i < status->box->component_count; i++)
		if (status->components[i].health >= least)
			strings_add(&ids, status->components[i].component->id);
	autofree char *list = strings_join(&ids, ",");
	return text_format("@%s", list);
}

/* The one sentence about the box: what prevents everything first, then components, then shortages. */
static void judge_box(struct status *status)
{
	for (size_t i = 0; i < status->box->component_count; i++)
		if (status->components[i].health > status->health)
			status->health = status->components[i].health;
	autofree char *which = which_components(status, status->health);
	const struct status_note *worst = status->note_count ? &status->notes[0] : NULL;
	if (status->unreadable) {
		status->health = HEALTH_FAILED;
		status->saying = saying_make(SAY_BOX_UNREADABLE, status->unreadable, NULL);
	} else if (status->rescue) {
		status->health = HEALTH_FAILED;
		status->saying = saying_make(SAY_BOX_RESCUE, status->rescue, NULL);
	} else if (status->provision) {
		status->health = HEALTH_FAILED;
		status->saying = saying_make(SAY_BOX_PROVISION, status->provision, NULL);
	} else if (status->health != HEALTH_OK && (!worst || worst->health <= status->health)) {
		static const enum sentence says[] = { SAY_BOX_OK, SAY_BOX_STARTING, SAY_BOX_DEGRADED, SAY_BOX_FAILED };
		status->saying = saying_make(says[status->health], which, NULL);
	} else if (worst && worst->health > status->health) {
		status->health = worst->health;
		for (size_t i = 0; i < worst->saying.with.count; i++)
			strings_add(&status->saying.with, worst->saying.with.items[i]);
		status->saying.which = worst->saying.which;
	} else {
		status->saying = saying_make(SAY_BOX_OK, NULL);
	}
}

void status_add_note(struct status *status, enum health health, struct saying saying)
{
	status->notes = memory_resize(status->notes, status->note_count + 1, sizeof *status->notes);
	size_t at = status->note_count++;
	for (; at > 0 && status->notes[at - 1].health < health; at--)
		status->notes[at] = status->notes[at - 1];
	status->notes[at] = (struct status_note){ health, saying };
}

void status_collect(const char *root, const struct box *box, const struct status_source *source,
		    const char *unreadable, struct status *ret_status)
{
	struct status status = { .box = box, .unreadable = text_copy(unreadable) };
	status.rescue = first_line(root, "/run/hie/rescue");
	status.provision = first_line(root, "/var/lib/hie/provision-error");
	status.components = memory_alloc((box->component_count + 1) * sizeof *status.components);
	struct check *checks = ask_all(box, source);
	for (size_t i = 0; i < box->component_count; i++)
		check_component(&status, i, checks, &status.components[i]);
	free_checks(checks, box->health_count);
	status_measure(root, &status.facts);
	status_note_facts(&status);
	judge_box(&status);
	*ret_status = status;
}

void status_clear(struct status *status)
{
	for (size_t i = 0; status->components && i < status->box->component_count; i++)
		saying_clear(&status->components[i].saying);
	for (size_t i = 0; i < status->note_count; i++)
		saying_clear(&status->notes[i].saying);
	free(status->components);
	free(status->notes);
	saying_clear(&status->saying);
	free(status->rescue);
	free(status->provision);
	free(status->unreadable);
	status_facts_clear(&status->facts);
	memset(status, 0, sizeof *status);
}
