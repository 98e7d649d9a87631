/* solve CACHE ARCHITECTURE INDEX… -- NAME…: prints the set that plan_solve() finds, "name version" lines
 * sorted by name, and on standard error the seconds it took. For solve-against-apt.sh. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plan/plan.h"

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	autoarena struct arena *arena = arena_new();
	struct package_index *indexes = arena_alloc(arena, (size_t)argc * sizeof *indexes);
	struct package_request *requests = arena_alloc(arena, (size_t)argc * sizeof *requests);
	struct package_set set;
	struct error err = { 0 };
	size_t index_count = 0, request_count = 0;
	int at = 3;

	for (; at < argc && strcmp(argv[at], "--") != 0; at++)
		indexes[index_count++] = (struct package_index){ argv[at], "debian", "trixie", argv[at] };
	for (at++; at < argc; at++)
		requests[request_count++] = (struct package_request){ .name = argv[at], .asked_by = "the command line" };
	if (index_count == 0 || request_count == 0)
		return 2;
	struct solve_input input = { indexes, index_count, argv[2], requests, request_count, argv[1] };
	double start = seconds();

	if (plan_solve(&input, arena, &set, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		error_clear(&err);
		return 1;
	}
	fprintf(stderr, "%.3f\n", seconds() - start);
	for (size_t i = 0; i < set.count; i++)
		printf("%s %s\n", set.items[i].name, set.items[i].version);
	return 0;
}
