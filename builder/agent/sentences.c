#include <stdarg.h>
#include <string.h>

#include "agent/language.h"

/* Each sentence's name, which is its key in the files of other languages, and its English. */
#define SENTENCE(name, text) [SAY_##name] = { #name, text }
#define SENTENCE_ROW(name, text) SENTENCE(name, text),

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
	SENTENCE(CLOCK_RIGHT, "the clock is not before the last time that this box knew"),
	SENTENCE(CLOCK_SET, "the clock was before the last time that this box knew and is now {1}"),
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
	SENTENCE(STARTING_LONG, "{1} has been starting for {2} minutes, which is too long. Restart it, or switch the box off and on "
		 "again. (For experts: journalctl -u {3})"),
	SENTENCE(RESTARTING, "{1} stopped by itself and is being started again ({2} times so far)."),
	SENTENCE(RESTARTS_OFTEN, "{1} stops again and again ({2} times so far). Switch the box off and on again; if that does not "
		 "help, ask somebody who knows it. (For experts: journalctl -u {3})"),
	SENTENCE(STOPPING, "{1} is stopping."),
	SENTENCE(NOT_ANSWERING_YET, "{1} has started but does not answer yet: {2}."),
	SENTENCE(NOT_ANSWERING, "{1} runs but does not answer as it should. Wait a few minutes, then restart it. (For experts: {2})"),
	SENTENCE(FAILED, "{1} has stopped with an error. Restart it, or switch the box off and on again. "
		 "(For experts: {3}; journalctl -u {2})"),
	SENTENCE(FAILED_MEMORY, "{1} had too little memory and was stopped. Restart it; if this happens again, this machine is too "
		 "small. (For experts: {3}; journalctl -u {2})"),
	SENTENCE(FAILED_LATE, "{1} took too long and was stopped. Restart it; on a slow machine this may happen. "
		 "(For experts: {3}; journalctl -u {2})"),
	SENTENCE(NOT_RUNNING, "{1} does not run. Restart it, or switch the box off and on again. (For experts: journalctl -u {2})"),
	SENTENCE(NO_UNIT, "{1} is missing on this box: this image is damaged. Write it anew. (For experts: {2})"),
	SENTENCE(MASKED, "{1} has been switched off by somebody. (For experts: systemctl unmask {2})"),
	SENTENCE(UNIT_UNKNOWN, "The state of {1} cannot be read: {2}."),
	SENTENCE(NOT_STARTED_IN_RESCUE, "{1} is not started in rescue mode."),
	SENTENCE(PROBE_STATUS, "it says HTTP {1} where {2} is expected"),
	SENTENCE(BOX_OK, "Everything runs."),
	SENTENCE(BOX_STARTING, "The box is starting."),
	SENTENCE(BOX_DEGRADED, "The box runs, but not everything is well: {1}."),
	SENTENCE(BOX_FAILED, "Something does not run: {1}."),
	SENTENCE(BOX_RESCUE, "The box is in rescue mode: {1}"),
	SENTENCE(RESCUE_ASKED, "Rescue was asked for at the start."),
	SENTENCE(RESCUE_NO_DATA, "This medium has no data partition."),
	SENTENCE(RESCUE_DAMAGED, "The data partition is damaged and could not be repaired."),
	SENTENCE(RESCUE_NOT_ANEW, "The data partition is damaged and could not be made anew."),
	SENTENCE(RESCUE_READ_ONLY, "The data partition cannot be written to, so it is not used."),
	SENTENCE(RESCUE_PART_LOST, "The data partition was damaged and part of what it held is lost."),
	SENTENCE(RESCUE_LOST, "The data partition was damaged and what it held is lost."),
	SENTENCE(BOX_PROVISION, "The first start did not finish: {1}"),
	SENTENCE(DISK_FULL, "The storage is nearly full: {1} free. Make a backup, then delete what is not needed, or use a larger "
		 "medium."),
	SENTENCE(MEMORY_LOW, "Memory is short: {1} available. The box may become slow; a machine with more memory helps."),
	SENTENCE(TOO_HOT, "The box is too hot ({1} °C). Put it into the shade and keep its openings free."),
	SENTENCE(CLOCK_WRONG, "The clock shows {1}, which cannot be right. Set it on the page, under Administration."),
	SENTENCE(CERTIFICATE_OVER, "The certificate of the box is over, or its clock is wrong (it shows {1}). Check the clock; if it "
		 "is right, switch the box off and on again."),
	SENTENCE(CERTIFICATE_SOON, "The certificate of the box ends soon. It is renewed when the box is switched on again."),
	SENTENCE(CONFIGURATION_MISTAKE, "A line of hiebox.conf on the card does not count: {1}"),
	SENTENCE(DISK_AND_MEMORY, "Storage: {1} of {2} free. Memory: {3} of {4} available."),
	SENTENCE(NO_BUS, "systemd does not answer: {1}"),
	SENTENCE(CONSOLE_PAGE, "The box's page, for a phone or computer in the same network:"),
	SENTENCE(CONSOLE_NO_NETWORK, "There is no network yet. Connect a cable, then the address of the page appears here."),
	SENTENCE(CONSOLE_RESCUE, "Switch the box off and on again. If it comes back here, write down the sentence above, make "
		 "a copy of the medium if it holds data that you need, and write the image anew."),
	SENTENCE(CONTROL_UNKNOWN, "The box did not understand this request."),
	SENTENCE(CONTROL_BUSY, "The box is busy. Please try again in a moment."),
	SENTENCE(STATUS_UNKNOWN, "The box has only just started: its state is not known yet."),
	SENTENCE(JOB_BEGINS, "The work begins."),
	SENTENCE(ACTION_FAILED, "That did not work: {1}"),
	SENTENCE(LOGIN_NEEDED, "Please log in as the administrator."),
	SENTENCE(LOGIN_WRONG, "The password is not right."),
	SENTENCE(LOGIN_NOT_YET, "The box has not made its passwords yet. Please wait until it has finished its first start."),
	SENTENCE(LOGIN_WAIT, "Too many wrong passwords. Please wait {1} seconds."),
	SENTENCE(PASSWORD_UNFIT, "A new password needs at least {1} characters, and no space at its beginning or end."),
	SENTENCE(CLOCK_NO_TIME, "Please give a date and a time."),
	SENTENCE(CLOCK_TOO_EARLY, "The clock cannot be set before {1}, the day on which this box was made."),
	SENTENCE(COMPONENT_UNKNOWN, "There is no such part on this box."),
	SENTENCE(COMPONENT_NO_UNIT, "{1} has no service of its own."),
	SENTENCE(RESTART_IN_RESCUE, "Nothing is started in rescue mode."),
	SENTENCE(ROOT_ONLY, "Only root may do this: use sudo."),
	SENTENCE(NOT_YET, "The box has not finished its first start: {1} is missing."),
	SENTENCE(CREDENTIALS_HEAD, "Who can log in on {1}:"),
	SENTENCE(CREDENTIALS_NONE, "Nobody has a password on this box."),
	SENTENCE(PLACES_HEAD, "Where:"),
	SENTENCE(USER_LINE, "  {1}  {2}  {3}"),
	SENTENCE(PLACE_LINE, "  {1}  {2}"),
	SENTENCE(OVERVIEW_PAGE, "Overview"),
	/* first boot: hiebox.conf, clock */
	SENTENCE(STEP_CARD, "Reading hiebox.conf"),
	SENTENCE(STEP_SETTINGS, "Setting name, time zone and keyboard"),
	SENTENCE(CARD_NONE, "no hiebox.conf"),
	SENTENCE(CARD_KEPT, "nothing new"),
	SENTENCE(CARD_TAKEN, "taken over: {1}"),
	SENTENCE(CARD_WRONG, "{1} mistakes; taken over: {2}"),
	SENTENCE(SETTINGS_DONE, "{1}, {2}, {3}"),
	SENTENCE(CLOCK_NOW, "It is {1}."),
	SENTENCE(CLOCK_WRONG_TIME, "{1} is not a time such as 2026-03-01T10:15:00Z, or it is before this image was made."),
	SENTENCE(RESET_ASK, "Everything that was entered on this box will be deleted. Type yes to go on: "),
	SENTENCE(RESET_KEPT, "Nothing was changed."),
	SENTENCE(RESET_MARKED, "The box will be as new after the next start."),
	SENTENCE(RESET_DATA_ASK, "Patients and their records will be as at the first start; what was entered since is deleted. "
		 "Passwords and certificates stay. Type yes to go on: "),
	SENTENCE(RESET_DATA_MARKED, "Patients and records will be as at the first start when the services start again."),
	SENTENCE(RESET_DATA_DOING, "The services are stopped and start again with the first data."),
	SENTENCE(RESET_DATA_DONE, "Patients and records are as at the first start."),
	SENTENCE(RESET_NO_DATA, "There is nothing to reset: {1} does not exist."),
	SENTENCE(REBOOTING, "Restarting now."),
	SENTENCE(STEP_RESTORE, "Putting the restored data in place"),
	SENTENCE(PASSPHRASE_ASK, "Passphrase of the backup: "),
	SENTENCE(PASSPHRASE_AGAIN, "The same passphrase again: "),
	SENTENCE(PASSPHRASE_DIFFERS, "The two passphrases are not the same."),
	SENTENCE(PASSPHRASE_SHORT, "The passphrase is too short: at least {1} characters."),
	SENTENCE(PASSPHRASE_BAD,
		 "The passphrase cannot be used: one line, without control characters, not too long."),
	SENTENCE(JOB_VANISHED, "The work was cut off in the middle. Start it again."),
	SENTENCE(BACKUP_COLLECTING, "Collecting the data of: {1}"),
	SENTENCE(BACKUP_WRITING, "Writing the backup {1}"),
	SENTENCE(BACKUP_DONE, "The backup {1} is complete ({2})."),
	SENTENCE(BACKUP_FAILED, "The backup failed: {1}"),
	SENTENCE(BACKUP_BUSY, "Another backup or restore is going on."),
	SENTENCE(BACKUP_NO_ROOM, "The backup needs {1}, but only {2} are free in {3}. Nothing was changed."),
	SENTENCE(BACKUP_FAT_LIMIT,
		 "The backup is {1} large, but this medium holds files of at most 4 GB: use a stick that is formatted as exFAT."),
	SENTENCE(BACKUP_NO_CARD, "The HIEBOX partition of this box is not there: use a stick."),
	SENTENCE(BACKUP_NO_STICK, "No stick was found: plug in one with FAT, exFAT, NTFS or ext4."),
	SENTENCE(BACKUP_MANY_STICKS, "There are several sticks: say which one ({1})."),
	SENTENCE(BACKUP_STICK_GONE, "The stick {1} is not plugged in."),
	SENTENCE(BACKUP_STICK_BAD, "The stick {1} cannot be used: {2}"),
	SENTENCE(BACKUP_NO_FOLDER, "There is no folder {1}."),
	SENTENCE(BACKUP_NONE, "No backup was found."),
	SENTENCE(BACKUP_FOUND, "Backups found: {1}"),
	SENTENCE(BACKUP_LINE, "{1}  {2}  {3}  {4}"),
	SENTENCE(BACKUP_CARD, "HIEBOX partition of this box"),
	SENTENCE(BACKUP_STICK, "Stick {1} ({2}, {3})"),
	SENTENCE(RESTORE_ASK, "Everything on this box will be replaced by what is in {1}. Type yes to go on: "),
	SENTENCE(RESTORE_CHECKING, "Checking the backup {1}"),
	SENTENCE(RESTORE_PREPARING, "Preparing the data of: {1}"),
	SENTENCE(RESTORE_READY, "The backup {1} will be in place after the next start."),
	SENTENCE(RESTORE_DONE, "The backup {1} has been restored; the services are starting."),
	SENTENCE(RESTORE_IN_PLACE, "in place, {1} files"),
	SENTENCE(RESTORE_FAILED, "Nothing was restored and nothing was changed: {1}"),
	SENTENCE(RESTORE_NOT_APPLIED, "The backup was read, but putting it in place did not finish; restart the box: {1}"),
	SENTENCE(RESTORE_NO_FILE, "There is no backup {1}."),
	SENTENCE(RESTORE_NOT_A_BACKUP, "{1} is not a backup of a box."),
	SENTENCE(RESTORE_WRONG_PASSPHRASE, "The passphrase does not open this backup."),
	SENTENCE(RESTORE_CORRUPT, "The backup is damaged or incomplete and was not used: {1}"),
	SENTENCE(RESTORE_NEWER_FORMAT, "The backup was made by a newer version: use a newer image on this box."),
	SENTENCE(RESTORE_NEWER_BOX,
		 "The backup comes from a newer image ({1}) than this box has ({2}): use a newer image."),
	SENTENCE(RESTORE_NO_COMPONENT, "The backup has data of {1}, which this box does not have."),
	SENTENCE(RESTORE_OLD_POSTGRES, "The backup comes from PostgreSQL {1}, but this box has version {2}."),
	SENTENCE(RESTORE_OTHER_SCHEMA,
		 "The tables of the database {1} have another form on this box, and nothing here can convert them: "
		 "restore on the image that the backup comes from."),
	SENTENCE(CLIENT_NAME, "\"{1}\" is no client’s name: up to 64 letters, digits and . _ @ -"),
	SENTENCE(CLIENT_MADE, "{1} holds the key and the certificate of {2}, good for {3} days. Port 5000 accepts it instead "
			      "of a password as soon as the interoperability layer has a client of that name."),
	SENTENCE(CLIENT_PASSPHRASE, "Its passphrase, shown this once: {1}"),
	SENTENCE(CLIENT_REVOKED, "No certificate counts for {1} any more."),
	SENTENCE(STEP_SSH_WANTED, "looking whether anybody may log in over the network"),
	SENTENCE(SSH_ON, "SSH is on: {1} files hold a key"),
	SENTENCE(SSH_OFF, "SSH stays off: nobody has a key"),
	PAGE_SENTENCES(SENTENCE_ROW)
	WORKFLOW_SENTENCES(SENTENCE_ROW)
	MAP_SENTENCES(SENTENCE_ROW)
};

#undef SENTENCE
#undef SENTENCE_ROW

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

void sentence_arguments(struct strings *with, va_list arguments)
{
	for (const char *value; with->count < SENTENCE_ARGUMENTS && (value = va_arg(arguments, const char *));)
		strings_add(with, value);
}

static char *fill(const char *text, va_list arguments)
{
	autostrings struct strings with = { 0 };
	sentence_arguments(&with, arguments);
	return sentence_fill(text, &with);
}

char *sentence_in_v(const struct language *language, enum sentence which, va_list arguments)
{
	return fill(language_sentence(language, which), arguments);
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
	char *text = sentence_in_v(language, which, arguments);
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
	sentence_arguments(&saying.with, arguments);
	va_end(arguments);
	return saying;
}

void saying_clear(struct saying *saying)
{
	strings_clear(&saying->with);
	saying->which = SAY_NOTHING_TO_DO;
}

/* "@id,id" are components: their titles in the language. The reason for rescue mode is a sentence of the initramfs. */
static char *argument_text(const char *argument, const struct language *language, const struct box *box)
{
	for (unsigned i = SAY_RESCUE_ASKED; i <= SAY_RESCUE_LOST; i++)
		if (text_equal(sentences[i].english, argument))
			return text_copy(language_sentence(language, (enum sentence)i));
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
