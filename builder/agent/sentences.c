#include <stdarg.h>
#include <string.h>

#include "agent/language.h"

/* Each sentence's name, which is its key in the files of other languages, and its English. */
#define SENTENCE(name, text) [SAY_##name] = { #name, text }

static const struct {
	const char *name, *english;
} sentences[SENTENCE_COUNT] = {
	SENTENCE(STEP_CLOCK, "Checking the clock"),
	SENTENCE(STEP_DIRECTORIES, "Making the directories"),
	SENTENCE(STEP_SECRETS, "Making this box's own passwords"),
	SENTENCE(STEP_SSH, "Making this box's own SSH keys"),
	SENTENCE(STEP_CERTIFICATE, "Making this box's own certificate"),
	SENTENCE(STEP_DATABASE, "Making the databases"),
	SENTENCE(STEP_TEMPLATES, "Writing the services' settings"),
	SENTENCE(STEP_CREDENTIALS, "Writing down who can log in"),
	SENTENCE(NOTHING_TO_DO, "nothing to do"),
	SENTENCE(CLOCK_RIGHT, "the clock is not before this image was made"),
	SENTENCE(CLOCK_SET, "the clock was before this image was made and is now {1}"),
	SENTENCE(CLOCK_NOT_OURS, "the clock is not touched outside a box"),
	SENTENCE(DIRECTORIES_DONE, "{1} in place"),
	SENTENCE(SECRETS_DONE, "{1} in all, {2} new"),
	SENTENCE(TEMPLATES_DONE, "{1} in all, {2} changed"),
	SENTENCE(KEYS_KEPT, "kept"),
	SENTENCE(KEYS_MADE, "made: {1}"),
	SENTENCE(CERTIFICATE_KEPT, "kept"),
	SENTENCE(CERTIFICATE_MADE, "made for {1}"),
	SENTENCE(DATABASES_KEPT, "{1} in all, unchanged"),
	SENTENCE(DATABASES_MADE, "{1} in all, made or changed"),
	SENTENCE(SKIPPED_IN_RESCUE, "left out in rescue mode"),
	SENTENCE(STEP_FAILED, "{1} failed: {2}"),
	SENTENCE(STEP_FAILED_UNNEEDED, "{1} failed, going on without: {2}"),
	SENTENCE(BOX_UNREADABLE, "The description of this box cannot be used: {1}"),
	SENTENCE(SECRET_EMPTY, "{1} is empty: remove it and start the box again to get a new one"),
	SENTENCE(USER_UNKNOWN, "there is no user {1} (needed for {2})"),
	SENTENCE(GROUP_UNKNOWN, "there is no group {1} (needed for {2})"),
	SENTENCE(PLACEHOLDER_UNKNOWN, "unknown placeholder {{{1}}}"),
	SENTENCE(PLACEHOLDER_OPEN, "{{ without }} on the same line"),
	SENTENCE(PLACEHOLDER_BOX, "the box has no property {1}"),
	SENTENCE(PLACEHOLDER_SECRET, "no component of this box declares a secret {1}"),
	SENTENCE(NO_POSTGRES, "no PostgreSQL server is installed in {1}"),
	SENTENCE(POSTGRES_ENDED, "the database server ended before it was ready"),
	SENTENCE(POSTGRES_LATE, "the database server was not ready after {1} seconds"),
	SENTENCE(OK, "{1} runs and answers."),
	SENTENCE(OK_UNPROBED, "{1} runs."),
	SENTENCE(NOTHING_TO_CHECK, "{1} is installed."),
	SENTENCE(STARTING, "{1} is starting."),
	SENTENCE(WAITING, "{1} waits for its turn to start."),
	SENTENCE(RESTARTING, "{1} stopped by itself and is being started again ({2} times so far)."),
	SENTENCE(STOPPING, "{1} is stopping."),
	SENTENCE(NOT_ANSWERING_YET, "{1} has started but does not answer yet: {2}."),
	SENTENCE(NOT_ANSWERING, "{1} runs but does not answer as it should: {2}."),
	SENTENCE(FAILED, "{1} failed ({2}). See: journalctl -u {1}"),
	SENTENCE(NOT_RUNNING, "{1} does not run. See: journalctl -u {1}"),
	SENTENCE(NO_UNIT, "{1} is missing on this box."),
	SENTENCE(MASKED, "{1} has been switched off."),
	SENTENCE(UNIT_UNKNOWN, "The state of {1} cannot be read: {2}."),
	SENTENCE(NOT_STARTED_IN_RESCUE, "{1} is not started in rescue mode."),
	SENTENCE(PROBE_STATUS, "it says HTTP {1} where {2} is expected"),
	SENTENCE(BOX_OK, "Everything runs."),
	SENTENCE(BOX_STARTING, "The box is starting."),
	SENTENCE(BOX_DEGRADED, "The box runs, but not everything is well ({1})."),
	SENTENCE(BOX_FAILED, "Something does not run ({1})."),
	SENTENCE(BOX_RESCUE, "The box is in rescue mode: {1}"),
	SENTENCE(BOX_PROVISION, "The first start did not finish: {1}"),
	SENTENCE(DISK_FULL, "The storage is nearly full: {1} free."),
	SENTENCE(MEMORY_LOW, "Memory is short: {1} available."),
	SENTENCE(DISK_AND_MEMORY, "Storage: {1} of {2} free. Memory: {3} of {4} available."),
	SENTENCE(NO_BUS, "systemd does not answer: {1}"),
	SENTENCE(ROOT_ONLY, "Only root may do this: use sudo."),
	SENTENCE(NOT_YET, "The box has not finished its first start: {1} is missing."),
	SENTENCE(CREDENTIALS_HEAD, "Who can log in on {1}:"),
	SENTENCE(CREDENTIALS_NONE, "Nobody has a password on this box."),
	SENTENCE(PLACES_HEAD, "Where:"),
	SENTENCE(USER_LINE, "  {1}  {2}  {3}"),
	SENTENCE(PLACE_LINE, "  {1}  {2}"),
	SENTENCE(OVERVIEW_PAGE, "Overview"),
	SENTENCE(RESET_ASK, "Everything that was entered on this box will be deleted. Type yes to go on: "),
	SENTENCE(RESET_KEPT, "Nothing was changed."),
	SENTENCE(RESET_MARKED, "The box will be as new after the next start."),
	SENTENCE(RESET_NO_DATA, "There is nothing to reset: {1} does not exist."),
	SENTENCE(REBOOTING, "Restarting now."),
};

#undef SENTENCE

const char *sentence_name(enum sentence which)
{
	return sentences[which].name;
}

const char *sentence_english(enum sentence which)
{
	return sentences[which].english;
}

int sentence_find(const char *name, enum sentence *ret_which)
{
	for (size_t i = 0; i < SENTENCE_COUNT; i++) {
		if (!text_equal(sentences[i].name, name))
			continue;
		*ret_which = (enum sentence)i;
		return 0;
	}
	return -1;
}

char *sentence_fill(const char *text, const struct strings *with)
{
	struct buffer out = { 0 };
	for (const char *at = text; *at; at++) {
		bool place = at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}';
		if (place && (size_t)(at[1] - '1') < with->count) {
			buffer_text(&out, with->items[at[1] - '1']);
			at += 2;
		} else {
			buffer_add(&out, at, 1);
		}
	}
	return buffer_steal(&out);
}

static char *fill(const char *text, va_list arguments)
{
	autostrings struct strings with = { 0 };
	for (const char *value; with.count < SENTENCE_ARGUMENTS && (value = va_arg(arguments, const char *));)
		strings_add(&with, value);
	return sentence_fill(text, &with);
}

char *sentence(enum sentence which, ...)
{
	va_list arguments;
	va_start(arguments, which);
	char *text = fill(sentences[which].english, arguments);
	va_end(arguments);
	return text;
}

char *sentence_in(const struct language *language, enum sentence which, ...)
{
	va_list arguments;
	va_start(arguments, which);
	char *text = fill(language_sentence(language, which), arguments);
	va_end(arguments);
	return text;
}

int sentence_error(struct error *err, enum sentence which, ...)
{
	va_list arguments;
	va_start(arguments, which);
	autofree char *text = fill(sentences[which].english, arguments);
	va_end(arguments);
	return error_set(err, "%s", text);
}

struct saying saying_make(enum sentence which, ...)
{
	struct saying saying = { .which = which };
	va_list arguments;
	va_start(arguments, which);
	for (const char *value; saying.with.count < SENTENCE_ARGUMENTS && (value = va_arg(arguments, const char *));)
		strings_add(&saying.with, value);
	va_end(arguments);
	return saying;
}

void saying_clear(struct saying *saying)
{
	strings_clear(&saying->with);
	saying->which = SAY_NOTHING_TO_DO;
}

/* "@id,id" are components: their titles in the language. */
static char *argument_text(const char *argument, const struct language *language, const struct box *box)
{
	if (argument[0] != '@' || !box)
		return text_copy(argument);
	autostrings struct strings ids = { 0 }, titles = { 0 };
	strings_split(&ids, argument + 1, ",");
	for (size_t i = 0; i < ids.count; i++)
		strings_add(&titles, box_title(box, ids.items[i], language_code(language)));
	return strings_join(&titles, ", ");
}

char *saying_text(const struct saying *saying, const struct language *language, const struct box *box)
{
	autostrings struct strings with = { 0 };
	for (size_t i = 0; i < saying->with.count; i++)
		strings_take(&with, argument_text(saying->with.items[i], language, box));
	return sentence_fill(language_sentence(language, saying->which), &with);
}

struct json *saying_json(const struct saying *saying)
{
	struct json *json = json_new_object();
	json_set(json, "say", json_new_string(sentences[saying->which].name));
	struct json *with = json_new_array();
	for (size_t i = 0; i < saying->with.count; i++)
		json_add(with, json_new_string(saying->with.items[i]));
	json_set(json, "with", with);
	return json;
}

int saying_read(const struct node *node, struct saying *ret_saying)
{
	struct saying saying = { 0 };
	const char *name = node_text(node, "say", NULL);
	if (!name || sentence_find(name, &saying.which) < 0)
		return -1;
	for node_each(argument, node_get(node, "with"))
		if (argument->text && saying.with.count < SENTENCE_ARGUMENTS)
			strings_add(&saying.with, argument->text);
	*ret_saying = saying;
	return 0;
}
