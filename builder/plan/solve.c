/* plan_solve: the package set of a list of requests. The picker proposes what apt would take, libsolv
 * judges it and decides the hard cases. */
#include "plan/solve.h"

#include <stdlib.h>
#include <string.h>

#include "plan/judge.h"
#include "plan/valid.h"

static void add_root(struct pick *pick, uint32_t record, const struct package_request *request)
{
	pick->roots = array_grow(pick->roots, pick->root_count, &pick->root_capacity, sizeof *pick->roots);
	pick->roots[pick->root_count++] = (struct root){ record, request };
}

static void add_essential(struct pick *pick)
{
	for (uint32_t i = 0; i < pick->table->head.record_count; i++)
		if ((pick->table->records[i].flags & RECORD_ESSENTIAL) && pick_candidate(pick, i) == i)
			add_root(pick, i, NULL);
}

const char *solve_asker(struct pick *pick, const struct package_request *request)
{
	if (!request->place.file)
		return request->asked_by;
	return arena_format(pick->arena, "%s:%u:%u", request->place.file, request->place.line,
			    request->place.column);
}

void solve_blame(struct diagnostics *mistakes, const struct package_request *request, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	autofree char *text = text_format_v(format, arguments);
	va_end(arguments);
	if (!request)
		diagnostics_add(mistakes, (struct place){ 0 }, "Essential packages: %s", text);
	else if (request->place.file)
		diagnostics_add(mistakes, request->place, "packages: %s", text);
	else
		diagnostics_add(mistakes, (struct place){ 0 }, "packages of %s: %s", request->asked_by, text);
}

/* The version `version` of a package becomes the only one that is looked at. */
static bool choose_version(struct pick *pick, struct span versions, const char *version)
{
	for (size_t i = versions.first; i < versions.first + versions.count; i++) {
		if (version_compare(table_text(pick->table, pick->table->records[i].version), version) == 0) {
			pick->chosen[versions.first] = 1 + (uint32_t)i;
			return true;
		}
	}
	return false;
}

/* What people ask for that Debian has, but not in main (the part that hiebox takes packages from). */
static const char *other_area(const char *name)
{
	static const struct {
		const char *start, *area;
	} known[] = { { "firmware-", "non-free-firmware" }, { "intel-microcode", "non-free-firmware" },
		      { "amd64-microcode", "non-free-firmware" }, { "raspi-firmware", "non-free-firmware" },
		      { "bluez-firmware", "non-free-firmware" }, { "nvidia-", "non-free" },
		      { "broadcom-sta-", "non-free" }, { "unrar", "non-free" },
		      { "virtualbox", "contrib" }, { "ttf-mscorefonts-", "contrib" } };

	for (size_t i = 0; i < LENGTH(known); i++)
		if (text_starts(name, known[i].start))
			return known[i].area;
	return NULL;
}

static void blame_unknown(struct pick *pick, const struct package_request *request, const char *name,
			  struct diagnostics *mistakes)
{
	const char *suite = pick->table->index_count > 0 ? pick->table->indexes[0].suite : "any index";
	const char *nearest = solve_nearest(pick, name);
	const char *area = other_area(name);

	if (area)
		solve_blame(mistakes, request, "there is no package %s in main of %s; Debian keeps such packages in %s, "
			    "and packages are taken from main only", name, suite, area);
	else
		solve_blame(mistakes, request, "there is no package %s in %s%s%s%s", name, suite,
			    nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* "name", "name=version", "name:architecture". */
struct wanted {
	const char *name, *version, *architecture;
};

static struct wanted cut_request(struct pick *pick, const char *text)
{
	size_t length = strcspn(text, ":=");
	struct wanted wanted = { .name = arena_string_n(pick->arena, text, length) };

	if (text[length] == ':') {
		size_t more = strcspn(text + length + 1, "=");

		wanted.architecture = arena_string_n(pick->arena, text + length + 1, more);
		length += 1 + more;
	}
	if (text[length] == '=')
		wanted.version = text + length + 1;
	return wanted;
}

/* Fixes the version that a request names, before anything is looked up. */
static void choose_versions(struct pick *pick, const struct solve_input *input, struct diagnostics *mistakes)
{
	for (size_t i = 0; i < input->request_count; i++) {
		const struct package_request *request = &input->requests[i];
		struct wanted wanted = cut_request(pick, request->name);
		struct span versions = table_versions(pick->table, wanted.name);

		if (wanted.version && versions.count > 0 && !choose_version(pick, versions, wanted.version))
			solve_blame(mistakes, request, "%s is asked for in version %s, but %s", wanted.name,
				    wanted.version, solve_versions_text(pick, wanted.name));
	}
}

static void add_request(struct pick *pick, const struct solve_input *input, const struct package_request *request,
			struct diagnostics *mistakes)
{
	struct wanted wanted = cut_request(pick, request->name);
	struct relation relation = { .name = wanted.name };
	struct relation_group group = { &relation, 1 };
	bool real = table_versions(pick->table, wanted.name).count > 0;
	uint32_t records[2];
	size_t count = pick_solutions(pick, &group, records, LENGTH(records));

	if (wanted.architecture && !text_equal(wanted.architecture, input->architecture))
		solve_blame(mistakes, request, "%s: the image is %s: packages of another architecture cannot be in it",
			    request->name, input->architecture);
	else if (count == 0)
		blame_unknown(pick, request, wanted.name, mistakes);
	else if (!real && wanted.version)
		solve_blame(mistakes, request, "%s has no version of its own: it is only provided by %s", wanted.name,
			    solve_providers_text(pick, wanted.name));
	else if (!real && count > 1)
		/* As apt: it would be chance which of them it is. */
		solve_blame(mistakes, request, "%s is only provided by other packages: name one of %s", wanted.name,
			    solve_providers_text(pick, wanted.name));
	else
		add_root(pick, records[0], request);
}

/* One reason per record, breadth first from what was asked for. */
struct reasons {
	struct pick *pick;
	const char **why;       /* by record */
	bool *automatic;
	uint32_t *queue;
	size_t count;
};

static void give_reason(struct reasons *reasons, uint32_t record, const char *why, bool automatic)
{
	if (!reasons->pick->marked[record] || reasons->why[record])
		return;
	reasons->why[record] = why;
	reasons->automatic[record] = automatic;
	reasons->queue[reasons->count++] = record;
}

static void reason_for_needs(struct reasons *reasons, uint32_t record)
{
	struct pick *pick = reasons->pick;
	const struct record_relations *relations = pick_relations(pick, record);
	const char *why = arena_format(pick->arena, "needed by %s",
				       table_text(pick->table, pick->table->records[record].name));

	for (size_t field = 0; field < LENGTH(relations->needs); field++) {
		for (size_t i = 0; i < relations->needs[field].count; i++) {
			uint32_t other = pick_satisfied(pick, &relations->needs[field].groups[i]);

			if (other != UINT32_MAX)
				give_reason(reasons, other, why, true);
		}
	}
}

static void find_reasons(struct reasons *reasons)
{
	struct pick *pick = reasons->pick;

	for (size_t i = 0; i < pick->root_count; i++)
		if (pick->roots[i].request)
			give_reason(reasons, pick->roots[i].record, pick->roots[i].request->asked_by, false);
	for (size_t i = 0; i < pick->root_count; i++)
		if (!pick->roots[i].request)
			give_reason(reasons, pick->roots[i].record, "essential", false);
	for (size_t at = 0; at < reasons->count; at++)
		reason_for_needs(reasons, reasons->queue[at]);
	/* A second package that fulfils an already fulfilled group is nobody's first choice; nor is what was left
	 * of an alternative that failed and stays because it is recommended. apt keeps both. */
	for (uint32_t i = 0; i < pick->table->head.record_count; i++)
		give_reason(reasons, i, "an alternative of another package", true);
}

static struct package to_package(const struct reasons *reasons, uint32_t index, struct arena *arena)
{
	const struct table *table = reasons->pick->table;
	const struct record *record = &table->records[index];

	return (struct package){
		.name = arena_string(arena, table_text(table, record->name)),
		.version = arena_string(arena, table_text(table, record->version)),
		.architecture = arena_string(arena, table_text(table, record->architecture)),
		.archive = arena_string(arena, table->indexes[record->index].archive),
		.filename = arena_string(arena, table_text(table, record->filename)),
		.sha256 = arena_string(arena, table_text(table, record->sha256)),
		.size = record->size,
		.installed_kib = record->installed_kib,
		.essential = record->flags & RECORD_ESSENTIAL,
		.multi_arch_same = record->flags & RECORD_SAME,
		.why = arena_string(arena, reasons->why[index]),
		.automatic = reasons->automatic[index],
	};
}

/* What was read from an index was checked there; a damaged cache file may say anything. */
static int check_package(const struct package *package, struct error *err)
{
	if (valid_package_name(package->name) && valid_version(package->version) &&
	    valid_word(package->architecture) && valid_path(package->filename) &&
	    hash_is_hex("sha256", package->sha256))
		return 0;
	return error_set(err, "the store's table of packages is damaged at \"%.80s\": remove the files "
			 "packages-*.table from the store's folder indexes", package->name);
}

/* Records are sorted by name already, and one name has one architecture. */
static int make_set(struct pick *pick, struct arena *arena, struct package_set *ret_set, struct error *err)
{
	size_t count = pick->table->head.record_count;
	struct reasons reasons = { .pick = pick };
	struct package_set set = { 0 };
	int result = 0;

	reasons.why = memory_alloc((count + 1) * sizeof *reasons.why);
	reasons.automatic = memory_alloc((count + 1) * sizeof *reasons.automatic);
	reasons.queue = memory_alloc((count + 1) * sizeof *reasons.queue);
	find_reasons(&reasons);
	set.items = arena_alloc(arena, (reasons.count + 1) * sizeof *set.items);
	for (uint32_t i = 0; i < count && result == 0; i++) {
		if (!pick->marked[i])
			continue;
		set.items[set.count] = to_package(&reasons, i, arena);
		result = check_package(&set.items[set.count++], err);
		set.download_bytes += pick->table->records[i].size;
		set.installed_bytes += pick->table->records[i].installed_kib * 1024;
	}
	free(reasons.why);
	free(reasons.automatic);
	free(reasons.queue);
	*ret_set = set;
	return result;
}

static void solve(struct pick *pick, const char *architecture, struct diagnostics *mistakes)
{
	struct error words = { 0 };

	if (pick_run(pick) && judge_accepts(pick, architecture))
		return;
	if (judge_solve(pick, architecture, &words) < 0) {
		if (pick->failure_count > 0)
			solve_explain(pick, mistakes);
		else
			diagnostics_add(mistakes, (struct place){ 0 }, "these packages do not go together: %s",
					words.message);
	}
	error_clear(&words);
}

int plan_solve(const struct solve_input *input, struct arena *arena, struct package_set *ret_set,
	       struct error *err)
{
	struct table table;
	struct pick pick;
	struct diagnostics mistakes = { 0 };
	autoarena struct arena *scratch = arena_new();

	if (table_open(input, &table, err) < 0)
		return -1;
	pick_open(&pick, &table, scratch);
	choose_versions(&pick, input, &mistakes);
	add_essential(&pick);
	for (size_t i = 0; i < input->request_count; i++)
		add_request(&pick, input, &input->requests[i], &mistakes);
	/* Also when a name is wrong already: all mistakes at once. */
	solve(&pick, input->architecture, &mistakes);
	diagnostics_sort(&mistakes);
	int result = diagnostics_to_error(&mistakes, err);

	if (result == 0)
		result = make_set(&pick, arena, ret_set, err);
	diagnostics_clear(&mistakes);
	pick_close(&pick);
	table_close(&table);
	return result;
}
