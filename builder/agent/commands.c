/* The commands of /usr/bin/hie, and the one place where an error becomes text and an exit status. */
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/card_mount.h"
#include "agent/client_certificate.h"
#include "agent/command.h"
#include "agent/provision.h"
#include "agent/restore.h"
#include "agent/status.h"
#include "agent/timescale.h"

#ifndef HIEBOX_VERSION
#define HIEBOX_VERSION "unknown"
#endif

static const char program[] = "hie";

static const struct option_entry global_options[] = {
	{ "root", 0, "DIR", "act on the tree in DIR instead of this machine (for tests)", false },
	{ "box", 0, "FILE", "the box's description (/usr/lib/hie/box.json)", false },
	{ 0 },
};
static const struct option_entry no_options[] = { { 0 } };
static const struct option_entry json_options[] = {
	{ "json", 0, NULL, "as JSON", false },
	{ 0 },
};
static const struct option_entry reset_options[] = {
	{ "data", 0, NULL, "patients and records alone: as at the first start; passwords and certificates stay", false },
	{ "yes", 'y', NULL, "do not ask", false },
	{ "no-reboot", 0, NULL, "do not restart the box (with --data: the services) now", false },
	{ 0 },
};

static const struct option_entry client_options[] = {
	{ "pkcs12", 0, "FILE", "write a PKCS#12 file with a passphrase, which is shown (browsers, Java)", false },
	{ "days", 0, "DAYS", "how long it counts (730)", false },
	{ "revoke", 0, NULL, "accept the certificate of this name no longer", false },
	{ 0 },
};

static int command_provision(const struct parsed_options *options, struct error *err);
static int command_credentials(const struct parsed_options *options, struct error *err);
static int command_reset(const struct parsed_options *options, struct error *err);
static int command_client_certificate(const struct parsed_options *options, struct error *err);
static int command_timescale(const struct parsed_options *options, struct error *err);
static int command_help(const struct parsed_options *options, struct error *err);
static int command_version(const struct parsed_options *options, struct error *err);

static const struct command_entry commands[] = {
	{ "status", "", "say whether everything on this box runs, and what to do where it does not", status_options, 0, 0,
	  .run = command_status },
	{ "health", "", "the same as status", status_options, 0, 0, .run = command_status },
	{ "logs", "[COMPONENT]", "show what the box's services wrote, or those of one component", logs_options, 0, 1,
	  .run = command_logs },
	{ "credentials", "", "show who can log in, with which password, and where (root only)", json_options, 0, 0,
	  .run = command_credentials },
	{ "provision", "", "make what this box needs of its own: keys, passwords, databases (at every start)",
	  no_options, 0, 0, .run = command_provision },
	{ "clock", "", "say what time it is, or set it", clock_options, 0, 0, .run = command_clock },
	{ "certificate", "", "renew the certificate when names, addresses or time ask for it", no_options, 0, 0,
	  .run = command_certificate },
	{ "reset", "", "make the box as new: everything that was entered is deleted", reset_options, 0, 0,
	  .run = command_reset },
	{ "client-certificate", "NAME", "make a key and a certificate for a system that sends messages (port 5000)",
	  client_options, 1, 1, .run = command_client_certificate },
	{ "watch", "", "look at the box all the time, and answer its page (hie-watch.service runs this)", no_options, 0, 0,
	  .run = command_watch },
	{ "backup", "", "write everything that this box holds into one file that a passphrase opens", backup_options, 0, 0,
	  .run = command_backup },
	{ "restore", "[FILE]", "replace everything on this box by what a backup holds", restore_options, 0, 1,
	  .run = command_restore },
	{ "timescale-generator", "DIR…", "stretch time-outs on slow machines, mount HIEBOX (systemd calls this)", no_options, 1, 3,
	  .run = command_timescale },
	{ "page", "", "serve the box's page on a Unix socket (hie-page.service runs this)", page_options, 0, 0,
	  .run = command_page },
	{ "workflow", "list|run [ID …]", "list the stories that this exchange can play, or play some and judge the answers",
	  workflow_options, 1, 40, .run = command_workflow },
	{ "mediator", "NAME", "lead messages to a program outside of this box: a channel and a client in OpenHIM (root only)",
	  mediator_options, 1, 1, .run = command_mediator },
	{ "help", "[COMMAND]", "explain a command", no_options, 0, 1, .run = command_help },
	{ "version", "", "print the version", no_options, 0, 0, .run = command_version },
	{ 0 },
};

const char *root_of(const struct parsed_options *options)
{
	const char *root = option_value(options, "root");
	return root ? root : "/";
}

char *box_path_of(const struct parsed_options *options)
{
	const char *given = option_value(options, "box");
	return given ? text_copy(given) : path_join(root_of(options), "/usr/lib/hie/box.json");
}

int load_box(const struct parsed_options *options, struct box **ret_box, struct error *err)
{
	autofree char *path = box_path_of(options);
	if (box_load(path, ret_box, err) == 0)
		return 0;
	autofree char *why = steal(err->message);
	return sentence_error(err, SAY_BOX_UNREADABLE, why, NULL);
}

int need_root(const struct parsed_options *options, struct error *err)
{
	if (geteuid() == 0 || option_given(options, "root"))
		return 0;
	return sentence_error(err, SAY_ROOT_ONLY, NULL);
}

static int command_provision(const struct parsed_options *options, struct error *err)
{
	autobox struct box *box = NULL;
	if (load_box(options, &box, err) < 0)
		return -1;
	struct provision provision = { .root = root_of(options), .box = box,
				       .box_path = option_value(options, "box") };
	provision_look_around(&provision);
	return provision_run(&provision, err);
}

static int command_credentials(const struct parsed_options *options, struct error *err)
{
	autobox struct box *box = NULL;
	autofree char *text = NULL;
	if (need_root(options, err) < 0 || load_box(options, &box, err) < 0)
		return -1;
	if (credentials_text(root_of(options), box, option_given(options, "json"), &text, err) < 0) {
		autofree char *why = steal(err->message);
		return sentence_error(err, SAY_NOT_YET, why, NULL);
	}
	fputs(text, stdout);
	return 0;
}

static bool confirmed(enum sentence which)
{
	char answer[16] = "";
	autofree char *question = sentence(which, NULL);
	fputs(question, stdout);
	fflush(stdout);
	return fgets(answer, sizeof answer, stdin) && text_equal(answer, "yes\n");
}

static void say(enum sentence which)
{
	autofree char *text = sentence(which, NULL);
	printf("%s\n", text);
	fflush(stdout);
}

static int reset_data(const struct parsed_options *options, struct error *err)
{
	autofree char *wish = hie_path(root_of(options), FRESH_DATA);
	if (!option_given(options, "yes") && !confirmed(SAY_RESET_DATA_ASK)) {
		say(SAY_RESET_KEPT);
		return 1;
	}
	if (file_write(wish, "", 0, 0600, err) < 0)
		return -1;
	if (option_given(options, "no-reboot")) {
		say(SAY_RESET_DATA_MARKED);
		return 0;
	}
	say(SAY_RESET_DATA_DOING);
	if (provision_again(err) < 0)
		return -1;
	say(SAY_RESET_DATA_DONE);
	return 0;
}

static int command_reset(const struct parsed_options *options, struct error *err)
{
	autofree char *data = path_join(root_of(options), "/run/hie/data");
	autofree char *marker = path_join(data, "reset-requested");
	if (need_root(options, err) < 0)
		return -1;
	if (option_given(options, "data"))
		return reset_data(options, err);
	if (!path_is_directory(data))
		return sentence_error(err, SAY_RESET_NO_DATA, data, NULL);
	if (!option_given(options, "yes") && !confirmed(SAY_RESET_ASK)) {
		say(SAY_RESET_KEPT);
		return 1;
	}
	if (file_write(marker, "", 0, 0600, err) < 0)
		return -1;
	say(SAY_RESET_MARKED);
	if (option_given(options, "no-reboot"))
		return 0;
	struct system_source *system = NULL;
	struct status_source source;
	if (system_source_open(1, &system, &source, err) < 0)
		return -1;
	say(SAY_REBOOTING);
	int result = system_start_unit(system, "reboot.target", err);
	system_source_close(system);
	return result;
}

/* To standard output as PEM, or into a file of its own with a passphrase. */
static int hand_over(const struct client_certificate *wanted, const char *package, const struct buffer *text,
		     struct error *err)
{
	struct buffer autobuffer packed = { 0 };
	if (!package)
		return fwrite(text->data, 1, text->length, stdout) == text->length ? 0 : error_set(err, "standard output");
	autofree char *passphrase = secret_new(SECRET_PASSWORD), *days = text_format("%ld", wanted->days);
	if (client_certificate_pack(wanted, text, passphrase, &packed, err) < 0
	    || file_write(package, packed.data, packed.length, 0600, err) < 0)
		return -1;
	autofree char *made = sentence(SAY_CLIENT_MADE, package, wanted->name, days, NULL);
	autofree char *said = sentence(SAY_CLIENT_PASSPHRASE, passphrase, NULL);
	printf("%s\n%s\n", made, said);
	return 0;
}

static int command_client_certificate(const struct parsed_options *options, struct error *err)
{
	struct client_certificate wanted = { .root = root_of(options), .name = options->arguments.items[0] };
	const char *given = option_value(options, "days");
	struct buffer autobuffer text = { 0 };
	int64_t days = 730;
	if (given && number_parse(given, 1, 7300, &days) < 0) {
		error_set(err, "--days: expected a number of days, got \"%s\"", given);
		return -2;
	}
	wanted.days = (long)days;
	if (need_root(options, err) < 0)
		return -1;
	if (option_given(options, "revoke")) {
		autofree char *said = sentence(SAY_CLIENT_REVOKED, wanted.name, NULL);
		return client_certificate_revoke(&wanted, err) < 0 ? -1 : printf("%s\n", said) < 0;
	}
	int answer = client_certificate_make(&wanted, &text, err);
	if (!answer)
		answer = hand_over(&wanted, option_value(options, "pkcs12"), &text, err);
	if (text.data)
		explicit_bzero(text.data, text.length);
	return answer;
}

/* A generator must never hold up a boot: whatever goes wrong is said and forgotten. */
static int generate(const char *root, const char *file, const char *directory)
{
	autobox struct box *box = NULL;
	struct error problem = { 0 };
	if (timescale_read(root) != 1 && (box_load(file, &box, &problem) < 0
					  || timescale_generate(root, box, directory, &problem) < 0))
		fprintf(stderr, "hie-timescale: %s\n", problem.message);
	error_clear(&problem);
	if (card_mount_generate(root, directory, &problem) < 0)
		fprintf(stderr, "hie-timescale: %s\n", problem.message);
	error_clear(&problem);
	return 0;
}

static int command_timescale(const struct parsed_options *options, struct error *err)
{
	(void)err;
	autofree char *path = box_path_of(options);
	return generate(root_of(options), path, options->arguments.items[0]);
}

static int command_help(const struct parsed_options *options, struct error *err)
{
	const char *topic = options->arguments.count ? options->arguments.items[0] : NULL;
	for (const struct command_entry *entry = commands; topic && entry->name; entry++) {
		if (!text_equal(entry->name, topic))
			continue;
		options_command_help(stdout, program, entry, global_options);
		return 0;
	}
	if (topic) {
		error_set(err, "help: there is no command \"%s\"", topic);
		return -2;
	}
	options_help(stdout, program, commands, global_options);
	return 0;
}

static int command_version(const struct parsed_options *options, struct error *err)
{
	(void)options;
	(void)err;
	printf("%s %s\n", program, HIEBOX_VERSION);
	return 0;
}

static int usage_error(struct error *err)
{
	fprintf(stderr, "%s: %s\n", program, err->message);
	fprintf(stderr, "`%s help` lists the commands.\n", program);
	error_clear(err);
	return 2;
}

/* --help anywhere asks for help: with a command in front, about that command. */
static bool help_asked(int argc, char *const *argv)
{
	for (int i = 1; i < argc; i++)
		if (text_equal(argv[i], "--help") || text_equal(argv[i], "-h"))
			return true;
	return argc < 2;
}

static int show_help(int argc, char *const *argv)
{
	for (int i = 1; i < argc; i++)
		for (const struct command_entry *entry = commands; entry->name; entry++)
			if (text_equal(entry->name, argv[i])) {
				options_command_help(stdout, program, entry, global_options);
				return 0;
			}
	options_help(stdout, program, commands, global_options);
	return 0;
}

int agent_run(int argc, char *const *argv)
{
	struct parsed_options options = { 0 };
	struct error err = { 0 };
	if (argc > 1 && text_equal(path_base(argv[0]), "hie-timescale"))
		return generate("/", "/usr/lib/hie/box.json", argv[1]);
	if (help_asked(argc, argv))
		return show_help(argc, argv);
	if (options_parse(argv, commands, global_options, &options, &err) < 0) {
		options_clear(&options);
		return usage_error(&err);
	}
	int result = options.command->run(&options, &err);
	options_clear(&options);
	if (result == -2)
		return usage_error(&err);
	if (result < 0)
		fprintf(stderr, "%s: %s\n", program, err.message ? err.message : "?");
	error_clear(&err);
	if (fflush(stdout) != 0 && result == 0)
		result = 1;
	return result ? 1 : 0;
}
