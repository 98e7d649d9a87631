/* judge: libsolv's part. The normal way gives it only the proposed records (milliseconds); only when
 * it refuses them is the whole archive loaded. Its own .solv cache is not used: the records it needs
 * are few, and reading .solv files is the part of libsolv that had the most security fixes. */
#include "plan/judge.h"

#include <string.h>

#include <solv/pool.h>
#include <solv/problems.h>
#include <solv/repo.h>
#include <solv/repo_deb.h>
#include <solv/solv_xfopen.h>
#include <solv/solver.h>

struct judge {
	Pool *pool;
	Repo *repo;
	uint32_t *records;      /* record of the solvable repo->start + i */
	size_t count;
};

static void add_field(struct buffer *text, const char *name, const char *value)
{
	if (*value)
		buffer_format(text, "%s: %s\n", name, value);
}

/* The record as a stanza that libsolv reads. Recommends and the like are left out: nothing asks for them. */
static void add_stanza(struct buffer *text, const struct table *table, const struct record *record)
{
	const char *multi = record->flags & RECORD_SAME ? "same" : record->flags & RECORD_FOREIGN ? "foreign"
			  : record->flags & RECORD_ALLOWED ? "allowed" : "";

	add_field(text, "Package", table_text(table, record->name));
	add_field(text, "Version", table_text(table, record->version));
	add_field(text, "Architecture", table_text(table, record->architecture));
	add_field(text, "Multi-Arch", multi);
	add_field(text, "Pre-Depends", table_text(table, record->pre_depends));
	add_field(text, "Depends", table_text(table, record->depends));
	add_field(text, "Conflicts", table_text(table, record->conflicts));
	add_field(text, "Breaks", table_text(table, record->breaks));
	add_field(text, "Provides", table_text(table, record->provides));
	buffer_text(text, "\n");
}

static void judge_close(struct judge *judge)
{
	if (judge->pool)
		pool_free(judge->pool);
	free(judge->records);
	judge->pool = NULL;
}

/* A pool of the marked records, or of all that could be taken: the newest version of each package, or the one
 * that a request names. */
static int judge_open(struct pick *pick, const char *architecture, bool all, struct judge *judge)
{
	const struct table *table = pick->table;
	autobuffer struct buffer text = { .maximum = 1u << 30 };

	judge->records = memory_alloc((table->head.record_count + 1) * sizeof *judge->records);
	judge->count = 0;
	for (uint32_t i = 0; i < table->head.record_count; i++) {
		if (all ? pick_candidate(pick, i) != i : !pick->marked[i])
			continue;
		add_stanza(&text, table, &table->records[i]);
		judge->records[judge->count++] = i;
	}
	judge->pool = pool_create();
	pool_setdisttype(judge->pool, DISTTYPE_DEB);
	pool_setarch(judge->pool, architecture);
	judge->repo = repo_create(judge->pool, "archive");
	FILE *file = solv_fmemopen(text.data ? text.data : "", text.length, "r");
	int result = file ? repo_add_debpackages(judge->repo, file, 0) : -1;

	if (file)
		fclose(file);
	if (result != 0 || text.overflow || judge->repo->nsolvables != (int)judge->count) {
		judge_close(judge);
		return -1;
	}
	pool_createwhatprovides(judge->pool);
	return 0;
}

/* Solvables were added in the order of the stanzas. */
static Id solvable_of(const struct judge *judge, size_t place)
{
	return (Id)(judge->repo->start + (int)place);
}

bool judge_accepts(struct pick *pick, const char *architecture)
{
	struct judge judge = { 0 };
	Queue jobs;

	if (judge_open(pick, architecture, false, &judge) < 0)
		return false;
	queue_init(&jobs);
	for (size_t i = 0; i < judge.count; i++)
		queue_push2(&jobs, SOLVER_INSTALL | SOLVER_SOLVABLE, solvable_of(&judge, i));
	Solver *solver = solver_create(judge.pool);

	solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
	int problems = solver_solve(solver, &jobs);

	solver_free(solver);
	queue_free(&jobs);
	judge_close(&judge);
	return problems == 0;
}

/* Roots must come in, marked ones are liked; the first candidate of each alternative that the picker
 * looked at is liked too, because it is marked. */
static void add_jobs(const struct pick *pick, const struct judge *judge, Queue *jobs)
{
	for (size_t i = 0; i < judge->count; i++) {
		bool root = false;

		for (size_t j = 0; j < pick->root_count; j++)
			root = root || pick->roots[j].record == judge->records[i];
		if (root)
			queue_push2(jobs, SOLVER_INSTALL | SOLVER_SOLVABLE, solvable_of(judge, i));
		else if (pick->marked[judge->records[i]])
			queue_push2(jobs, SOLVER_FAVOR | SOLVER_SOLVABLE, solvable_of(judge, i));
	}
}

static void take_answer(struct pick *pick, const struct judge *judge, Solver *solver)
{
	memset(pick->marked, 0, pick->table->head.record_count * sizeof *pick->marked);
	for (size_t i = 0; i < judge->count; i++)
		pick->marked[judge->records[i]] = solver_get_decisionlevel(solver, solvable_of(judge, i)) > 0;
}

int judge_solve(struct pick *pick, const char *architecture, struct error *err)
{
	struct judge judge = { 0 };
	Queue jobs;
	int result = 0;

	if (judge_open(pick, architecture, true, &judge) < 0)
		return error_set(err, "libsolv cannot read the package records");
	queue_init(&jobs);
	add_jobs(pick, &judge, &jobs);
	Solver *solver = solver_create(judge.pool);

	solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
	if (solver_solve(solver, &jobs) == 0)
		take_answer(pick, &judge, solver);
	else
		result = error_set(err, "%s", solver_problem2str(solver, 1));
	solver_free(solver);
	queue_free(&jobs);
	judge_close(&judge);
	return result;
}
