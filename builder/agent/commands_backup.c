/* The commands of backup and restore: what was typed becomes a struct backup_command. */
#include "agent/backup.h"
#include "agent/command.h"

const struct option_entry backup_options[] = {
	{ "to", 0, "DIR", "write it into this directory", false },
	{ "to-stick", 0, NULL, "write it to the USB stick", false },
	{ "to-card", 0, NULL, "write it to the HIEBOX partition (the standard)", false },
	{ "passphrase-file", 0, "FILE", "the passphrase is the first line of FILE (default: ask)", false },
	{ "list", 0, NULL, "show what backups there are", false },
	{ "json", 0, NULL, "the list as JSON", false },
	{ "requested", 0, NULL, "do what the request in /run/hie/requests says (for hie-backup.service)", false },
	{ 0 },
};
const struct option_entry restore_options[] = {
	{ "from-stick", 0, NULL, "FILE is a name on the USB stick", false },
	{ "passphrase-file", 0, "FILE", "the passphrase is the first line of FILE (default: ask)", false },
	{ "keep-identity", 0, NULL, "this box keeps its own name, certificates and SSH host keys", false },
	{ "no-restart", 0, NULL, "put it in place at the next start", false },
	{ "yes", 'y', NULL, "do not ask", false },
	{ "requested", 0, NULL, "do what the request in /run/hie/requests says (for hie-restore.service)", false },
	{ 0 },
};

int command_backup(const struct parsed_options *options, struct error *err)
{
	autobox struct box *box = NULL;
	if (need_root(options, err) < 0 || load_box(options, &box, err) < 0)
		return -1;
	const struct backup_command command = {
		.root = root_of(options),
		.box = box,
		.to = option_value(options, "to"),
		.passphrase_file = option_value(options, "passphrase-file"),
		.stick = option_given(options, "to-stick"),
		.card = option_given(options, "to-card"),
		.list = option_given(options, "list"),
		.json = option_given(options, "json"),
		.requested = option_given(options, "requested"),
	};
	if (command.stick + command.card + (command.to != NULL) > 1) {
		error_set(err, "backup: --to, --to-stick and --to-card exclude one another");
		return -2;
	}
	return backup_command(&command, err);
}

int command_restore(const struct parsed_options *options, struct error *err)
{
	autobox struct box *box = NULL;
	bool requested = option_given(options, "requested");
	if (requested == (options->arguments.count > 0)) {
		error_set(err, "restore: expected the FILE of a backup");
		return -2;
	}
	if (need_root(options, err) < 0 || load_box(options, &box, err) < 0)
		return -1;
	const struct backup_command command = {
		.root = root_of(options),
		.box = box,
		.passphrase_file = option_value(options, "passphrase-file"),
		.file = requested ? NULL : options->arguments.items[0],
		.stick = option_given(options, "from-stick"),
		.requested = requested,
		.yes = option_given(options, "yes"),
		.keep_identity = option_given(options, "keep-identity"),
		.no_restart = option_given(options, "no-restart"),
	};
	return restore_command(&command, err);
}
