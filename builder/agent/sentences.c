#include <stdarg.h>
#include <string.h>

#include "agent/sentences.h"

static const char *const english[SENTENCE_COUNT] = {
	[SAY_STEP_CLOCK] = "Checking the clock",
	[SAY_STEP_DIRECTORIES] = "Making the directories",
	[SAY_STEP_SECRETS] = "Making this box's own passwords",
	[SAY_STEP_SSH] = "Making this box's own SSH keys",
	[SAY_STEP_CERTIFICATE] = "Making this box's own certificate",
	[SAY_STEP_DATABASE] = "Making the databases",
	[SAY_STEP_TEMPLATES] = "Writing the services' settings",
	[SAY_STEP_CREDENTIALS] = "Writing down who can log in",
	[SAY_NOTHING_TO_DO] = "nothing to do",
	[SAY_CLOCK_RIGHT] = "the clock is not before this image was made",
	[SAY_CLOCK_SET] = "the clock was before this image was made and is now {1}",
	[SAY_CLOCK_NOT_OURS] = "the clock is not touched outside a box",
	[SAY_DIRECTORIES_DONE] = "{1} in place",
	[SAY_SECRETS_DONE] = "{1} in all, {2} new",
	[SAY_TEMPLATES_DONE] = "{1} in all, {2} changed",
	[SAY_KEYS_KEPT] = "kept",
	[SAY_KEYS_MADE] = "made: {1}",
	[SAY_CERTIFICATE_KEPT] = "kept",
	[SAY_CERTIFICATE_MADE] = "made for {1}",
	[SAY_DATABASES_KEPT] = "{1} in all, unchanged",
	[SAY_DATABASES_MADE] = "{1} in all, made or changed",
	[SAY_SKIPPED_IN_RESCUE] = "left out in rescue mode",
	[SAY_STEP_FAILED] = "{1} failed: {2}",
	[SAY_STEP_FAILED_UNNEEDED] = "{1} failed, going on without: {2}",
	[SAY_BOX_UNREADABLE] = "The description of this box cannot be used: {1}",
	[SAY_SECRET_EMPTY] = "{1} is empty: remove it and start the box again to get a new one",
	[SAY_USER_UNKNOWN] = "there is no user {1} (needed for {2})",
	[SAY_GROUP_UNKNOWN] = "there is no group {1} (needed for {2})",
	[SAY_PLACEHOLDER_UNKNOWN] = "unknown placeholder {{{1}}}",
	[SAY_PLACEHOLDER_OPEN] = "{{ without }} on the same line",
	[SAY_PLACEHOLDER_BOX] = "the box has no property {1}",
	[SAY_PLACEHOLDER_SECRET] = "no component of this box declares a secret {1}",
	[SAY_NO_POSTGRES] = "no PostgreSQL server is installed in {1}",
	[SAY_POSTGRES_ENDED] = "the database server ended before it was ready",
	[SAY_POSTGRES_LATE] = "the database server was not ready after {1} seconds",
	[SAY_OK] = "{1} runs and answers.",
	[SAY_OK_UNPROBED] = "{1} runs.",
	[SAY_NOTHING_TO_CHECK] = "{1} is installed.",
	[SAY_STARTING] = "{1} is starting.",
	[SAY_WAITING] = "{1} waits for its turn to start.",
	[SAY_RESTARTING] = "{1} stopped by itself and is being started again ({2} times so far).",
	[SAY_STOPPING] = "{1} is stopping.",
	[SAY_NOT_ANSWERING_YET] = "{1} has started but does not answer yet: {2}.",
	[SAY_NOT_ANSWERING] = "{1} runs but does not answer as it should: {2}.",
	[SAY_FAILED] = "{1} failed ({2}). See: journalctl -u {1}",
	[SAY_NOT_RUNNING] = "{1} does not run. See: journalctl -u {1}",
	[SAY_NO_UNIT] = "{1} is missing on this box.",
	[SAY_MASKED] = "{1} has been switched off.",
	[SAY_UNIT_UNKNOWN] = "The state of {1} cannot be read: {2}.",
	[SAY_NOT_STARTED_IN_RESCUE] = "{1} is not started in rescue mode.",
	[SAY_PROBE_STATUS] = "it says HTTP {1} where {2} is expected",
	[SAY_BOX_OK] = "Everything runs.",
	[SAY_BOX_STARTING] = "The box is starting.",
	[SAY_BOX_DEGRADED] = "The box runs, but not everything is well ({1}).",
	[SAY_BOX_FAILED] = "Something does not run ({1}).",
	[SAY_BOX_RESCUE] = "The box is in rescue mode: {1}",
	[SAY_BOX_PROVISION] = "The first start did not finish: {1}",
	[SAY_DISK_FULL] = "The storage is nearly full: {1} free.",
	[SAY_MEMORY_LOW] = "Memory is short: {1} available.",
	[SAY_DISK_AND_MEMORY] = "Storage: {1} of {2} free. Memory: {3} of {4} available.",
	[SAY_NO_BUS] = "systemd does not answer: {1}",
	[SAY_ROOT_ONLY] = "Only root may do this: use sudo.",
	[SAY_NOT_YET] = "The box has not finished its first start: {1} is missing.",
	[SAY_CREDENTIALS_HEAD] = "Who can log in on {1}:",
	[SAY_CREDENTIALS_NONE] = "Nobody has a password on this box.",
	[SAY_PLACES_HEAD] = "Where:",
	[SAY_USER_LINE] = "  {1}  {2}  {3}",
	[SAY_PLACE_LINE] = "  {1}  {2}",
	[SAY_OVERVIEW_PAGE] = "Overview",
	[SAY_RESET_ASK] = "Everything that was entered on this box will be deleted. Type yes to go on: ",
	[SAY_RESET_KEPT] = "Nothing was changed.",
	[SAY_RESET_MARKED] = "The box will be as new after the next start.",
	[SAY_RESET_NO_DATA] = "There is nothing to reset: {1} does not exist.",
	[SAY_REBOOTING] = "Restarting now.",
};

/* Fills in {1}…{9}; other braces stand for themselves. */
static char *fill(const char *text, va_list arguments)
{
	const char *values[9] = { NULL };
	size_t count = 0;
	for (const char *value; count < LENGTH(values) && (value = va_arg(arguments, const char *));)
		values[count++] = value;
	struct buffer out = { 0 };
	for (const char *at = text; *at; at++) {
		bool place = at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}';
		if (place && (size_t)(at[1] - '1') < count) {
			buffer_text(&out, values[at[1] - '1']);
			at += 2;
		} else {
			buffer_add(&out, at, 1);
		}
	}
	return buffer_steal(&out);
}

char *sentence(enum sentence which, ...)
{
	va_list arguments;
	va_start(arguments, which);
	char *text = fill(english[which], arguments);
	va_end(arguments);
	return text;
}

int sentence_error(struct error *err, enum sentence which, ...)
{
	va_list arguments;
	va_start(arguments, which);
	autofree char *text = fill(english[which], arguments);
	va_end(arguments);
	return error_set(err, "%s", text);
}
