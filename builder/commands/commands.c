/* The table of commands, and the one place where an error becomes text and an exit status. */
#include "commands/commands.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "commands/session.h"
#include "commands/table.h"
#include "card/card.h"
#include "workflow/workflow.h"

static const char program[] = "hiebox";

const struct option_entry hiebox_options[] = {
	{"quiet", 'q', NULL, "say only what went wrong", false},
	{"verbose", 'v', NULL, "say more about each step", false},
	{"store", 0, "DIR", "the store of downloads and layers (the user's cache folder)", false},
	{"project", 0, "DIR", "the folder with recipes/, units/ and overlays/ (found from the recipe)", false},
	{"set", 0, "KEY=VALUE", "a recipe's key, instead of what its file says: --set site.name=clinic-07", true},
	{"mirror", 0, "URL", "the Debian mirror (this machine's own APT sources)", false},
	{"offline", 0, NULL, "open no connection: the store must hold everything", false},
	{0},
};

static const struct option_entry build_options[] = {
	{"output", 'o', "DIR", "where the image goes (images)", false},
	{"name", 0, "NAME", "what the image is called, without .raw (as the recipe)", false},
	{"each", 0, "FILE.csv", "an image for each row of a table: its first line names keys, and `name`", false},
	{"format", 0, "raw", "kind of image (what the recipe's outputs say)", true},
	{"locked", 0, NULL, "fail when the lock is missing or does not fit, instead of solving", false},
	{"no-cache", 0, NULL, "use no finished layer of the store", false},
	{"keep-failed", 0, NULL, "when a step fails, keep what it made so far for `hiebox shell`", false},
	{"timing", 0, NULL, "say at the end where the time went; with --json as \"timing\" in it", false},
	{"json", 0, NULL, "describe the image as JSON on standard output", false},
	{0},
};
static const struct option_entry json_option[] = {
	{"json", 0, NULL, "as JSON", false},
	{0},
};
static const struct option_entry lock_options[] = {
	{"update", 0, NULL, "solve anew with the newest packages, even when the lock fits", false},
	{0},
};
static const struct option_entry gc_options[] = {
	{"dry-run", 'n', NULL, "only say what would go, and why each kind stays or goes", false},
	{"older-than", 0, "TIME", "only what was not used for that long: 30d, 12h, 2w", false},
	{"keep-lock", 0, "FILE", "keep the packages of this lock, too", true},
	{"all", 0, NULL, "everything that no running build uses, also what locks name", false},
	{"yes", 'y', NULL, "do not ask (without a terminal it never does)", false},
	{0},
};
static const struct option_entry run_options[] = {
	MACHINE_OPTIONS,
	{"keep", 0, NULL, "what the machine writes stays in the image", false},
	{"data", 0, "DIR", "with --nspawn: what it writes stays there", false},
	{"headless", 0, NULL, "no console: say the addresses, and when all is ready", false},
	{"display", 0, NULL, "the machine's screen in a window", false},
	{"log", 0, "FILE", "write the console's text there, too", false},
	{"port", 0, "GUEST:LOCAL", "pass on this port, or to this local number (0: any free one)", true},
	{"ssh", 0, NULL, "let in a key that is made for this run alone, and say how", false},
	{"share", 0, "DIR", "this folder is /run/hie/share inside, to be read", false},
	{0},
};
static const struct option_entry dev_options[] = {
	MACHINE_OPTIONS,
	{"mediator", 0, "HOST:PORT", "lead messages to your program, which listens there for http", false},
	{"path", 0, "PATH", "with --mediator: what of 5001's addresses leads to it (/my-mediator)", false},
	{"data", 0, "DIR", "with --nspawn: what it writes stays there", false},
	{"log", 0, "FILE", "write the console's text there", false},
	{"port", 0, "GUEST:LOCAL", "pass on this port, or to this local number (0: any free one)", true},
	{"ssh", 0, NULL, "let in a key that is made for this run alone, and say how", false},
	{"share", 0, "DIR", "this folder is /run/hie/share inside, to be read", false},
	{0},
};
static const struct option_entry workflow_new_options[] = {
	{"title", 0, "TEXT", "new: what it is called, for people", false},
	{"method", 0, "METHOD", "new: the first request's method (GET)", false},
	{"path", 0, "PATH", "new: its path from the exchange's root, such as /CR/fhir/Patient?family=Okello", false},
	{"from", 0, "ROLE", "new: who asks (point-of-service)", false},
	{"to", 0, "ROLE", "new: who answers (the registry that the path leads to)", false},
	{"as", 0, "CREDENTIAL", "new: with whose login, - for none (pos-clinic-a)", false},
	{"tell", 0, "TEXT", "new: what happens, in a sentence", false},
	{"status", 0, "STATUS", "new: the answer's status, or several: \"200, 201\"", false},
	{"shows", 0, "ID,ID", "new: requirements of the architecture that it shows, such as CRWF-4", false},
	{"expect", 0, "/POINTER=VALUE", "new: what must stand where in the answer", true},
	{"workflows", 0, "DIR", "the folder of the files (recipes/workflows of the project)", false},
	{"json", 0, NULL, "list: as JSON", false},
	{0},
};
static const struct option_entry no_options[] = {{0}};

static int command_help(const struct parsed_options *options, struct error *err);
static int command_version(const struct parsed_options *options, struct error *err);

const struct command_entry hiebox_commands[] = {
	{"build", "RECIPE …", "make the recipe's image, or those of many", build_options, 1, 1000, command_build,
	 "RECIPE is a file, or the plain name of one in the project's recipes/. The image is written to DIR/RECIPE.raw, "
	 "and beside it RECIPE.raw.json, which says what it was made of.\n\n"
	 "The first build chooses exact packages and writes them to the lock, RECIPE.lock; the same lock gives the same "
	 "bytes on every machine. What is already in the store is neither downloaded nor made again.\n\n"
	 "Of many recipes, or of the rows of a table, all are checked before the first is made; one that fails does not "
	 "stop the others. Images that ask for the same packages share all the work but their own settings. The table is "
	 "CSV as a spreadsheet saves it: in the first line stand `name`, what each image is called, and keys as for "
	 "--set; an empty cell leaves what the recipe says.",
	 "hiebox build demo # the demo, into images/demo.raw\n"
	 "hiebox build clinic.yaml -o /srv/images # a recipe of your own, into another folder\n"
	 "hiebox build demo --name clinic-07 --set site.name=clinic-07 # one setting of its own\n"
	 "hiebox build recipes/clinic-*.yaml # many recipes\n"
	 "hiebox build demo --each clinics.csv # one recipe, an image for each row\n"
	 "hiebox build demo --locked --offline # exactly what the lock says, without a network\n"},
	{"check", "RECIPE|FILE …", "find all mistakes of recipes, components, boards and workflows", no_options, 1, 1000,
	 command_check,
	 "Every mistake of every file is told at once, each as FILE:LINE:COLUMN. FILE may be the plain name of a recipe, "
	 "or a folder: then every *.yaml in it and below is checked. A file's first key says what it is; `hiebox.conf` is known "
	 "by its name. A recipe is checked with all that it names. Nothing is downloaded.",
	 "hiebox check demo clinic.yaml # two recipes\n"
	 "hiebox check recipes # everything there\n"},
	{"schema", "[recipe|component|board|workflow|seed]", "print the JSON Schema of these files, for editors", no_options, 0,
	 1, command_schema,
	 "Without an argument, one schema for all five, which goes by a file's first key. Editors with a YAML language "
	 "server complete keys and show mistakes with it. What refers to other files only `hiebox check` can see.",
	 "hiebox schema >.hiebox-schema.json # for the line `# yaml-language-server: $schema=PATH` on top of a file\n"},
	{"plan", "RECIPE", "say what would be built: packages, payloads, ports, memory, disk", json_option, 1, 1,
	 command_plan,
	 "Only package lists are downloaded, and those only when there is no lock that fits.",
	 "hiebox plan demo # before the download\n"},
	{"why", "RECIPE|IMAGE PACKAGE|FILE|PORT|UNIT|USER …", "say why something is in the image", json_option, 2, 100,
	 command_why,
	 "From anything in the image back to the line that asked for it: the shortest chain of packages with the field of "
	 "each dependency (with -v all direct reasons too), the component and why it is there, the overlay or package that "
	 "gave a file, the layer it is in and what it hides, who opened a port and for whom, who starts a unit. For what is "
	 "not in the image: the nearest name, and what would bring it.\n\n"
	 "Nothing is built or downloaded for it. What the store does not have yet is said.",
	 "hiebox why demo libpq5 # a package\n"
	 "hiebox why demo /usr/lib/systemd/system/hapi-fhir.service # a file\n"
	 "hiebox why demo 5001 openhim.service openhim # a port, a unit, a user\n"
	 "hiebox why images/demo.raw nginx # of an image that was built\n"},
	{"test", "[IMAGE|RECIPE] [WORKFLOW …]", "boot an image and prove it, or prove somebody's exchange", test_options, 0, 1000,
	 command_test,
	 "Boots the image, plays workflows against it and looks at the box itself: no unit failed, nothing listens that the "
	 "plan does not name, default logins are refused, a restart keeps data. The image stays as it is. WORKFLOW is the "
	 "plain name of one, or a file *.yaml; without any, all are played. It may be a Postman collection (format 2.1), too: "
	 "Newman of the tools root plays it, with `{{baseUrl}}` and, for each login, `{{NAME.user}}`, `{{NAME.password}}` and `{{NAME.token}}`.\n\n"
	 "With `--against URL` nothing is booted: the same workflows are played against the exchange that is there. FILE of "
	 "`--credentials` says what each name that workflows mention logs in with: `pos-clinic-a: { user: clinic, "
	 "password: secret }`, `{ token: … }` or `none`; `others:` is every name without a line. `connection: { certificate: FILE, "
	 "key: FILE, ca: FILE }` is for servers that want a certificate of who connects (mutual TLS, PEM; `key-password:` when the "
	 "key has one) and for an authority of their own; paths begin at the file's folder. When URL is the address of a FHIR "
	 "server, its registries are all asked there, and what needs an interoperability layer, or an operation that it does not "
	 "know, is skipped; `--at /CR/fhir=/openhim/patients`, given for each, says where any other exchange has them; then nothing is guessed.\n\n"
	 "Without `--write` nothing is sent but GET, HEAD, searches by POST and operations that are known to "
	 "read ($match, $validate-code and others); a workflow that needs more is skipped. With `--write` the end says what was "
	 "written and not removed again. Even then records of access and histories stay.\n\n"
	 "Standard output is TAP 14; progress goes to standard error. Reports are also written when it breaks off, and say "
	 "what happened last. Exit status: 0 passed, 1 something failed, 2 wrong use, 3 it could not be run, or not to its end.",
	 "hiebox test demo # the demo's image, with every workflow\n"
	 "hiebox test demo clinical-visit --nspawn --report visit.html # one, in seconds (root)\n"
	 "hiebox test --against https://exchange.example --credentials logins.yaml # before going live\n"
	 "hiebox test --against https://fhir.example/fhir --credentials logins.yaml --write # a FHIR server alone\n"},
	{"lock", "RECIPE", "choose exact packages and write them to RECIPE.lock", lock_options, 1, 1, command_lock,
	 "The lock stands beside the recipe. For an installed recipe, and where the recipe's folder cannot be written "
	 "to, it stands in the current folder. Keep it: with the same lock everybody gets the same bytes.",
	 "hiebox lock demo --update # today's security fixes\n"},
	{"fetch", "RECIPE", "bring everything that a build needs into the store", no_options, 1, 1, command_fetch,
	 "Afterwards `hiebox build RECIPE --offline` needs no network.",
	 "hiebox fetch demo # before a journey\n"},
	{"list", "[components|recipes|boards]", "list what the project offers", json_option, 0, 1, command_list,
	 "Without an argument, the components.",
	 "hiebox list recipes # what can be built\n"},
	{"inspect", "IMAGE", "describe a disk image", json_option, 1, 1, command_inspect,
	 "Reads the disk itself: its partitions, and the description that hiebox put in when it made it.",
	 "hiebox inspect images/demo.raw # what is in it\n"},
	{"run", "RECIPE|IMAGE", "start an image here: its addresses, its console; nothing stays behind", run_options, 1, 1,
	 command_run,
	 "A recipe's image is built first when it is missing or no longer fits. The machine has the memory that the plan "
	 "says, KVM where that really works, and this machine's 127.0.0.1 alone leads to its ports: 443 is 8443, 80 is "
	 "8000, 5001 is 5001 when these are free. The image stays as it is: what the machine writes goes to a temporary "
	 "file, or with `--keep` into the image.\n\n"
	 "The terminal is the box's serial console, without Ctrl-C: that shuts the box down, and a second one ends it at "
	 "once. However it ends, nothing of it is left.",
	 "hiebox run demo # build what is missing, start it\n"
	 "hiebox run images/demo.raw --firmware secure # with Secure Boot\n"
	 "sudo hiebox run demo --nspawn --headless # without a disk, in seconds\n"
	 "hiebox run demo --port 5001:15001 --ssh # a port of your choice, and a way in\n"},
	{"dev", "RECIPE", "the exchange beside your editor: what you save is in the running box at once", dev_options, 1, 1,
	 command_dev,
	 "Starts the recipe in mode `development` (its image is called RECIPE-development), to be reached from this machine "
	 "alone, and watches overlays/ and units/ of its components. A file that is saved is laid over the running box as "
	 "the build would lay it, and what reads it is restarted, reloaded or left alone; how long that took is said. A unit "
	 "with a mistake is shown with systemd's words, and the old one stays. The image itself is not changed: `hiebox "
	 "build` puts what you found into the next one.\n\n"
	 "`--mediator` makes a channel and a client in the box's OpenHIM, so that what comes to /my-mediator goes to a program "
	 "that runs beside your editor, and prints a request to try.",
	 "sudo hiebox dev demo --nspawn # a container: starts in seconds\n"
	 "hiebox dev demo --mediator 127.0.0.1:3000 # a machine, and your mediator behind its OpenHIM\n"},
	{"workflow", "list|new [NAME]", "list the stories that test an exchange, or begin a new one", workflow_new_options, 1,
	 2, command_workflow_files,
	 "A workflow is a story in requests with expectations, in recipes/workflows/NAME.yaml: test, lesson and "
	 "demonstration. `new` asks what it must know on a terminal, or takes it from options; a name and --path are "
	 "enough. What it writes has no mistakes, and no file is ever overwritten.",
	 "hiebox workflow list # what there is\n"
	 "hiebox workflow new # asks\n"
	 "hiebox workflow new find-a-child --path '/CR/fhir/Patient?family=Okello' --expect /resourceType=Bundle # asks nothing\n"},
	{"gc", "", "remove from the store what no lock needs any more", gc_options, 0, 0, command_gc,
	 "Every build records in the store which lock it used. What those locks name stays: downloads, the layers of the "
	 "recipe's last build, its tools. The rest goes: what no lock names, what a lock named that is not there any more, "
	 "kept failed builds, package lists that were replaced, what killed runs left. So `hiebox build --offline` of "
	 "every recipe with a lock works as before. With a terminal it asks first. `--older-than` narrows it to what was "
	 "not used for so long, and takes old logs, too; `--all --older-than 30d` goes by age alone.\n\n"
	 "While a build is running, only downloads that no lock names go. A build that begins meanwhile waits.",
	 "hiebox gc --dry-run # look first\n"
	 "hiebox gc --older-than 30d # from a timer\n"
	 "hiebox gc --all # as if nothing had been built\n"},
	{"shell", "RECIPE[:LAYER]|KEPT|LAYER [-- COMMAND …]", "look inside: layers, the tools root, or where a build failed",
	 no_options, 1, 1000, command_shell,
	 "A shell, or a command, as root and without a network, in the layers of a recipe's last build (RECIPE, or up "
	 "to a LAYER: `base`, `apps`, `site`, or a key of the store), in the tools that builds use (`RECIPE:tools`), or "
	 "in what `hiebox build --keep-failed` kept: there with the very sandbox of the call that failed. Nothing that is "
	 "done inside is kept. The exit status is the command's.",
	 "hiebox shell demo # all layers of the demo\n"
	 "hiebox shell demo:base -- dpkg -l # the packages of its base layer\n"
	 "hiebox shell 20260301-101500-demo # what a failed build left\n"},
	{"verify-store", "", "read all of the store and remove what is not as it was made", no_options, 0, 0,
	 command_verify_store,
	 "A build compares downloads and layers with their digests when it makes something of them. This reads everything "
	 "again, for disks that are not to be trusted.", NULL},
	{"doctor", "", "say whether this machine can build, and what is missing", json_option, 0, 0, command_doctor,
	 "One line for each thing that a build needs, and what to do about each that is wrong.", NULL},
	{"manual", "[PAGE]", "print a manual page, as source for man", no_options, 0, 1, command_manual,
	 "PAGE is hiebox, the default, or hiebox-KIND for a kind of file: hiebox-recipe, hiebox-component and so on.",
	 "hiebox manual | man -l - # read it without installing\n"},
	{"completion", "bash|zsh|fish", "print the script that completes command lines in your shell", no_options, 1, 1,
	 command_completion,
	 "`make install` and the Debian package put it where the shell finds it.",
	 "source <(hiebox completion bash) # for this bash\n"},
	{"complete", "WORD …", "list what may stand at the end of a command line (the shells' scripts call this)",
	 no_options, 0, SIZE_MAX, command_complete,
	 "The words of the line, with the program's name first, stand behind `--`; the last one is completed.",
	 "hiebox complete -- hiebox list \"\" # the arguments of list\n"},
	{"help", "[COMMAND|recipe|component|board|workflow|seed|hiebox.conf]", "explain a command or a file's keys", no_options, 0, 1,
	 command_help, "Without an argument, the list of commands.",
	 "hiebox help recipe # every key of a recipe\n"},
	{"version", "", "print the version", no_options, 0, 0, .run = command_version},
	{0},
};

const struct file_kind *const hiebox_kinds[] = {&kind_recipe, &kind_component, &kind_board, &kind_workflow, &kind_seed, NULL};

static int command_version(const struct parsed_options *options, struct error *err)
{
	(void)options;
	(void)err;
	printf("%s %s\n", program, HIEBOX_VERSION);
	return 0;
}

static int command_help(const struct parsed_options *options, struct error *err)
{
	if (!options->arguments.count) {
		options_help(stdout, program, hiebox_commands, hiebox_options);
		return 0;
	}
	const char *topic = options->arguments.items[0];
	const struct command_entry *command = hiebox_commands;
	while (command->name && !text_equal(command->name, topic))
		command++;
	for (size_t i = 0; hiebox_kinds[i]; i++)
		if (text_equal(hiebox_kinds[i]->name, topic)) {
			autofree char *keys = schema_help(hiebox_kinds[i]);
			if (command->name)
				printf("The file; `%s %s --help` explains the command.\n\n", program, topic);
			fputs(keys, stdout);
			return 0;
		}
	if (command->name) {
		options_command_help(stdout, program, command, hiebox_options);
		return 0;
	}
	if (text_equal(topic, kind_card.name)) {
		autofree char *keys = schema_help(&kind_card);
		fputs(keys, stdout);
		return 0;
	}
	const char *names[64] = {NULL};
	size_t count = 0;
	for (size_t i = 0; hiebox_commands[i].name && count < LENGTH(names) - 1; i++)
		names[count++] = hiebox_commands[i].name;
	for (size_t i = 0; hiebox_kinds[i] && count < LENGTH(names) - 1; i++)
		names[count++] = hiebox_kinds[i]->name;
	autofree char *guess = did_you_mean(topic, names);
	error_set(err, "help: there is no command or file kind \"%s\"%s", topic, guess);
	return -2;
}

/* --help and --version work anywhere, as people expect. */
static bool asked_for(int argc, char *const *argv, const char *option)
{
	for (int i = 1; i < argc && !text_equal(argv[i], "--"); i++)
		if (text_equal(argv[i], option))
			return true;
	return false;
}

static int usage_error(struct error *err)
{
	fprintf(stderr, "%s: %s\n", program, err->message);
	fprintf(stderr, "`%s help` lists the commands.\n", program);
	error_clear(err);
	return 2;
}

static int run(const struct parsed_options *options)
{
	struct error err = {0};

	if (option_given(options, "quiet"))
		progress_configure(PROGRESS_QUIET);
	else
		progress_configure(option_given(options, "verbose") ? PROGRESS_VERBOSE : PROGRESS_NORMAL);
	int result = options->command->run(options, &err);
	progress_finish();
	if (result >= 0) {
		if (fflush(stdout) == 0)
			return result;
		fprintf(stderr, "%s: standard output cannot be written\n", program);
		return 1;
	}
	if (result == -2)
		return usage_error(&err);
	guard_settle();
	fflush(stdout);
	autofree char *message = text_plain(err.message); /* it may quote a box, an image or a network */
	fprintf(stderr, "%s%s%s\n", strchr(message, '\n') ? "" : program, strchr(message, '\n') ? "" : ": ", message);
	error_clear(&err);
	return 1;
}

int commands_main(int argc, char *const *argv)
{
	struct parsed_options options = {0};
	struct error err = {0};

	if (argc < 2 || asked_for(argc, argv, "--help") || asked_for(argc, argv, "-h")) {
		for (const struct command_entry *entry = hiebox_commands; argc > 1 && entry->name; entry++)
			if (text_equal(entry->name, argv[1])) {
				options_command_help(stdout, program, entry, hiebox_options);
				return 0;
			}
		options_help(argc < 2 ? stderr : stdout, program, hiebox_commands, hiebox_options);
		return argc < 2 ? 2 : 0;
	}
	if (text_equal(argv[1], "--version"))
		return command_version(NULL, NULL);
	if (options_parse(argv, hiebox_commands, hiebox_options, &options, &err) < 0) {
		options_clear(&options);
		return usage_error(&err);
	}
	int status = run(&options);
	options_clear(&options);
	return status;
}
