/* hiebox gc: what of the store goes and why, and then it goes. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/session.h"

static const char *const kinds[GC_KINDS] = {
	"downloads", "unpacked packages", "layers", "tools roots", "package lists", "logs", "kept failed builds",
	"unfinished work",
};
static const char *const reasons[GC_REASONS] = {
	[GC_NAMED] = "a lock names them", [GC_YOUNG] = "used more recently than --older-than",
	[GC_BUSY] = "a build is running and may use them", [GC_NEWEST] = "the newest", [GC_RECENT] = "the last builds",
	[GC_RESUMABLE] = "a download goes on from there", [GC_UNNAMED] = "no lock names them",
	[GC_WANTED] = "--all: not in use", [GC_OUTDATED] = "outdated", [GC_FAILED] = "of failed builds",
	[GC_LEFT] = "left by a run that was killed",
};

static int read_age(const char *text, int64_t *ret_seconds, struct error *err)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = {{"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}};
	int64_t number;

	for (size_t i = 0; i < LENGTH(units); i++) {
		if (!text_ends(text, units[i].unit))
			continue;
		autofree char *digits = text_copy_n(text, strlen(text) - 1);
		if (number_parse(digits, 1, 100000, &number) < 0)
			break;
		*ret_seconds = number * units[i].seconds;
		return 0;
	}
	error_set(err, "--older-than: expected a time such as 30d, 12h or 2w, got \"%s\"", text);
	return -2;
}

static void print_row(const char *kind, const char *what, const struct gc_count *count, const char *why)
{
	autofree char *size = size_text(count->bytes);

	printf("%-19s %-5s %8zu %9s  %s\n", kind, what, count->things, size, why);
}

static void print_table(const struct gc *gc)
{
	printf("%-19s %-5s %8s %9s  %s\n", "", "", "things", "on disk", "why");
	for (size_t kind = 0; kind < GC_KINDS; kind++) {
		const char *name = kinds[kind];

		for (size_t reason = 0; reason < GC_REASONS; reason++) {
			if (!gc->counts[kind][reason].things)
				continue;
			print_row(name, reason >= GC_UNNAMED ? "go" : "stay", &gc->counts[kind][reason], reasons[reason]);
			name = "";
		}
	}
	print_row("together", "go", &gc->going, "");
	for (size_t i = 0; i < gc->locks.count; i++)
		printf("%s %s\n", i ? "          " : "\nlocks:    ", gc->locks.items[i]);
	for (size_t i = 0; i < gc->gone.count; i++)
		printf("gone:      %s\n", gc->gone.items[i]);
	fflush(stdout);
}

/* Only a person at a terminal is asked. */
static bool confirmed(const struct gc *gc)
{
	autofree char *size = size_text(gc->going.bytes);
	char answer[16];

	fprintf(stderr, "Remove %zu things, %s? [y/N] ", gc->going.things, size);
	if (!fgets(answer, sizeof answer, stdin))
		return false;
	return *answer == 'y' || *answer == 'Y';
}

static int collect(const struct parsed_options *options, const struct gc_wish *wish, struct store *store,
		   struct error *err)
{
	bool quiet = option_given(options, "quiet"), dry = option_given(options, "dry-run");
	bool ask = !dry && !quiet && !option_given(options, "yes") && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	struct gc gc;

	if (store_gc_begin(store, wish, &gc, err) < 0)
		return -1;
	if (!quiet)
		print_table(&gc);
	if (ask && gc.going.things) {
		bool yes = confirmed(&gc);

		/* no build waits for a person: all is looked at again */
		store_gc_end(store, &gc);
		if (!yes)
			return error_set(err, "nothing was removed");
		if (store_gc_begin(store, wish, &gc, err) < 0)
			return -1;
	}
	int result = dry || !gc.going.things ? 0 : store_gc_remove(store, &gc, err);
	store_gc_end(store, &gc);
	return result;
}

int command_gc(const struct parsed_options *options, struct error *err)
{
	autostrings struct strings locks = {0};
	struct gc_wish wish = {.all = option_given(options, "all")};
	const char *age = option_value(options, "older-than");
	struct store store;

	int result = age ? read_age(age, &wish.older_than, err) : 0;
	if (result < 0)
		return result;
	option_values(options, "keep-lock", &locks);
	wish.keep_locks = (const char *const *)locks.items;
	/* trees hold files of subordinate ids, which only the namespace's root can remove */
	if (sandbox_enter_user_namespace(err) < 0 || store_open(option_value(options, "store"), &store, err) < 0)
		return -1;
	result = collect(options, &wish, &store, err);
	store_close(&store);
	return result;
}
