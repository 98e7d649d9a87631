/* hiebox manual: manual pages as man(7) source, from the tables that parse and check. Only what no table knows is
 * written here. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands/manual_kind.h"
#include "commands/roff.h"
#include "commands/session.h"
#include "commands/table.h"

static const char about[] =
	"hiebox turns one small recipe into a disk image that boots into a preconfigured OpenHIE health information "
	"exchange. Put the image on a USB stick or start it as a virtual machine, switch on, and it answers.\n\n"
	"A recipe (hiebox-recipe(5)) names components (hiebox-component(5)) and a board (hiebox-board(5)). From it hiebox "
	"chooses exact Debian packages, fetches and verifies everything, makes the layers of the root filesystem in a "
	"sandbox, and writes the disk. It needs neither root nor loop devices: an ordinary user needs subordinate ids "
	"(subuid(5)); `hiebox doctor` says what is missing.";

static const char projects[] =
	"Recipes, components, boards, units and overlays stand in a project: a folder that holds recipes/components. It is "
	"the one that --project names, else the nearest folder at or above the recipe (or the current folder), else the one "
	"that was installed with hiebox. A recipe in any other folder may so name the installed components.\n\n"
	"RECIPE is the path of a file, or a plain name: recipes/NAME.yaml of the project, then NAME.yaml in the current "
	"folder, then the installed recipe of that name.";

struct item {
	const char *term, *text;
};

static const struct item environment[] = {
	{"XDG_CACHE_HOME", "Where the store is, in the folder hiebox, without --store; else ~/.cache."},
	{"HIEBOX_DEBIAN_MIRROR, HIEBOX_DEBIAN_SECURITY_MIRROR",
	 "URLs of Debian mirrors, as --mirror. Without them this machine's own APT sources and proxies count."},
	{"HIEBOX_DEBIAN_KEYRING", "The keyring that package lists are verified with."},
	{"SOURCE_DATE_EPOCH", "The time stamp of a new lock, in seconds since 1970, in place of the present time."},
	{"HIEBOX_TOOL_NAME", "The program to run in place of this machine's NAME, for example HIEBOX_TOOL_GPGV."},
	{"http_proxy, https_proxy, no_proxy", "Proxies, where APT's settings name none."},
	{"SSL_CERT_FILE, CURL_CA_BUNDLE", "The certificates that https servers are checked with."},
	{"TERM", "With the value dumb, progress is told in lines."},
	{0},
};

static const struct item files[] = {
	{"images/NAME.raw", "The image, and beside it NAME.raw.json: what it was made of."},
	{"NAME.lock",
	 "Exact packages, the seed of all ids and the time stamp. Beside the recipe; in the current folder for an "
	 "installed recipe and where the recipe's folder cannot be written to."},
	{"~/.cache/hiebox",
	 "The store: verified downloads, finished layers, the tools that builds run. It may be removed at any time."},
	{"/etc/apt/sources.list, /etc/apt/sources.list.d", "Where mirrors are read from."},
	{"/etc/subuid, /etc/subgid", "The subordinate ids of ordinary users."},
	{0},
};

static const struct item statuses[] = {
	{"0", "Everything went well."},
	{"1", "Something failed; standard error says what, and what to do."},
	{"2", "The command line is wrong."},
	{0},
};

static const char diagnostics[] =
	"A mistake in a file reads `FILE:LINE:COLUMN: KEY: what was expected, what was found`, with the nearest right name. "
	"All mistakes of all files are told at once. When a tool fails, its last words are quoted.";

static void print_items(const char *title, const struct item *items)
{
	roff_section(title);
	for (; items->term; items++) {
		roff_term(items->term, NULL, NULL);
		roff_text(items->text);
	}
}

/* "-o, --output=DIR" */
static void print_option(const struct option_entry *entry)
{
	autofree char *name = entry->letter ? text_format("-%c, --%s", entry->letter, entry->name)
					    : text_format("--%s", entry->name);
	autofree char *help = text_format("%s%s", entry->help, entry->repeat ? "; may be given more than once" : "");

	roff_term(name, entry->value ? "=" : NULL, entry->value);
	roff_text(help);
}

static void print_command(const struct command_entry *entry)
{
	bool some = entry->options && entry->options->name;
	autofree char *name = text_format("hiebox %s", entry->name);
	bool arguments = entry->arguments && *entry->arguments;
	autofree char *rest = text_format("%s%s%s", some ? " [OPTION …]" : "", arguments ? " " : "",
					  arguments ? entry->arguments : "");

	roff_term(name, rest, NULL);
	roff_text(entry->help);
	if (entry->more)
		roff_more(entry->more);
	if (some)
		roff_indent(true);
	for (const struct option_entry *option = entry->options; some && option->name; option++)
		print_option(option);
	if (some)
		roff_indent(false);
}

static void print_examples(void)
{
	roff_section("EXAMPLES");
	for (const struct command_entry *entry = hiebox_commands; entry->name; entry++) {
		autostrings struct strings lines = {0};
		strings_split(&lines, entry->examples ? entry->examples : "", "\n");
		for (size_t i = 0; i < lines.count; i++) {
			char *remark = strstr(lines.items[i], " # ");
			if (!remark)
				continue;
			*remark = '\0';
			roff_term(lines.items[i], NULL, NULL);
			roff_text(remark + 3);
		}
	}
}

static void print_program(void)
{
	roff_section("NAME");
	puts("hiebox \\- build disk images that boot into a health information exchange");
	roff_section("SYNOPSIS");
	roff_bold("hiebox");
	puts("\\fICOMMAND\\fR [\\fIOPTION\\fR \\&...] [\\fIARGUMENT\\fR \\&...]");
	roff_section("DESCRIPTION");
	roff_text(about);
	roff_section("COMMANDS");
	for (const struct command_entry *entry = hiebox_commands; entry->name; entry++)
		print_command(entry);
	roff_section("OPTIONS");
	roff_text("These may stand with every command, before it or behind it.");
	for (const struct option_entry *option = hiebox_options; option->name; option++)
		print_option(option);
	roff_section("PROJECTS AND RECIPES");
	roff_text(projects);
	print_items("ENVIRONMENT", environment);
	print_items("FILES", files);
	print_items("EXIT STATUS", statuses);
	roff_section("DIAGNOSTICS");
	roff_text(diagnostics);
	print_examples();
	manual_see_also(NULL);
}

/* The page's date: SOURCE_DATE_EPOCH, so that what is packaged is always the same; else today. */
static int page_date(char date[11], struct error *err)
{
	const char *given = getenv("SOURCE_DATE_EPOCH");
	int64_t seconds = time(NULL);
	struct tm parts;

	if (given && number_parse(given, 0, INT64_C(1) << 36, &seconds) < 0)
		return error_set(err, "SOURCE_DATE_EPOCH: expected seconds since 1970, got \"%s\"", given);
	time_t when = (time_t)seconds;
	gmtime_r(&when, &parts);
	strftime(date, 11, "%Y-%m-%d", &parts);
	return 0;
}

int command_manual(const struct parsed_options *options, struct error *err)
{
	const char *page = options->arguments.count ? options->arguments.items[0] : "hiebox";
	autostrings struct strings names = {0};
	char date[11];

	if (page_date(date, err) < 0)
		return -1;
	if (text_equal(page, "hiebox")) {
		roff_title("HIEBOX", 1, date);
		print_program();
		return 0;
	}
	strings_add(&names, "hiebox");
	for (size_t i = 0; hiebox_kinds[i]; i++) {
		autofree char *name = text_format("hiebox-%s", hiebox_kinds[i]->name);
		strings_add(&names, name);
		if (!text_equal(page, name))
			continue;
		roff_title(name, 5, date);
		manual_kind(hiebox_kinds[i]);
		return 0;
	}
	autofree char *known = strings_join(&names, ", ");
	error_set(err, "manual: there is no page \"%s\"; expected one of %s", page, known);
	return -2;
}
