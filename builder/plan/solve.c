/* plan_solve: the package set of a list of requests. The picker proposes what apt would take, libsolv
 * judges it and decides the hard cases. */
#include "plan/solve.h"

#include <stdlib.h>
#include <string.h>

#include "plan/judge.h"
#include "plan/valid.h"

static void add_root(struct pick *pick, uint32_t record, const char *asked_by)
{
	pick->roots = array_grow(pick->roots, pick->root_count, &pick->root_capacity, sizeof *pick->roots);
	pick->roots[pick->root_count++] = (struct root){ record, asked_by };
}

static void add_essential(struct pick *pick)
{
	for (uint32_t i = 0; i < pick->table->head.record_count; i++)
		if ((pick->table->records[i].flags & RECORD_ESSENTIAL) && pick_candidate(pick, i) == i)
			add_root(pick, i, NULL);
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

static void complain(struct buffer *complaints, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void complain(struct buffer *complaints, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	autofree char *text = text_format_v(format, arguments);
	va_end(arguments);
	if (complaints->length > 0)
		buffer_text(complaints, "\n");
	buffer_text(complaints, text);
}

static void complain_unknown(struct pick *pick, const struct package_request *request, const char *name,
			     struct buffer *complaints)
{
	const char *suite = pick->table->index_count > 0 ? pick->table->indexes[0].suite : "any index";
	const char *nearest = solve_nearest(pick->table, name);

	complain(complaints, "%s: no package of this name in %s, asked for by %s%s%s%s", name, suite,
		 request->asked_by, nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* Fixes the versions that requests name, before anything is looked up. */
static void choose_versions(struct pick *pick, const struct package_request *requests, size_t count,
			    struct buffer *complaints)
{
	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(requests[i].name, '=');

		if (!equals)
			continue;
		autofree char *name = text_copy_n(requests[i].name, (size_t)(equals - requests[i].name));
		struct span versions = table_versions(pick->table, name);

		if (versions.count == 0)
			complain_unknown(pick, &requests[i], name, complaints);
		else if (!choose_version(pick, versions, equals + 1))
			complain(complaints, "%s: asked for in version %s by %s, but only %s", name, equals + 1,
				 requests[i].asked_by, solve_versions_text(pick, name));
	}
}

static void add_requests(struct pick *pick, const struct package_request *requests, size_t count,
			 struct buffer *complaints)
{
	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(requests[i].name, '=');
		size_t length = equals ? (size_t)(equals - requests[i].name) : strlen(requests[i].name);
		struct relation relation = { .name = arena_string_n(pick->arena, requests[i].name, length) };
		struct relation_group group = { &relation, 1 };
		uint32_t record;

		if (pick_solutions(pick, &group, &record, 1) > 0)
			add_root(pick, record, requests[i].asked_by);
		else if (!equals)
			complain_unknown(pick, &requests[i], relation.name, complaints);
	}
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
		if (pick->roots[i].asked_by)
			give_reason(reasons, pick->roots[i].record, pick->roots[i].asked_by, false);
	for (size_t i = 0; i < pick->root_count; i++)
		if (!pick->roots[i].asked_by)
			give_reason(reasons, pick->roots[i].record, "essential", false);
	for (size_t at = 0; at < reasons->count; at++)
		reason_for_needs(reasons, reasons->queue[at]);
	/* A second package that fulfils an already fulfilled group is nobody's first choice. */
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

static int solve(struct pick *pick, const char *architecture, struct error *err)
{
	if (pick_run(pick) && judge_accepts(pick, architecture))
		return 0;
	struct error words = { 0 };

	if (judge_solve(pick, architecture, &words) == 0)
		return 0;
	if (pick->failure_count > 0)
		solve_explain(pick, err);
	else
		error_set(err, "these packages do not go together: %s", words.message);
	error_clear(&words);
	return -1;
}

int plan_solve(const struct solve_input *input, struct arena *arena, struct package_set *ret_set,
	       struct error *err)
{
	struct table table;
	struct pick pick;
	autobuffer struct buffer complaints = { 0 };
	autoarena struct arena *scratch = arena_new();
	int result;

	if (table_open(input, &table, err) < 0)
		return -1;
	pick_open(&pick, &table, scratch);
	choose_versions(&pick, input->requests, input->request_count, &complaints);
	add_essential(&pick);
	add_requests(&pick, input->requests, input->request_count, &complaints);
	if (complaints.length > 0)
		result = error_set(err, "%s", complaints.data);
	else
		result = solve(&pick, input->architecture, err);
	if (result == 0)
		result = make_set(&pick, arena, ret_set, err);
	pick_close(&pick);
	table_close(&table);
	return result;
}
