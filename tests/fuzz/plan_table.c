/* Any bytes as the solver's cache file, with a head that fits (its checksum is against rot, not against
 * people): it is passed over, or solving with it neither crashes nor gives names that no archive has. */
#include "fuzz.h"

#include "plan/plan.h"
#include "plan/table.h"
#include "plan/valid.h"

static char *cache, *path;
static struct table_head head;

static const struct package_request requests[] = { { .name = "app", .asked_by = "test" } };

static int solve(struct arena *arena, struct package_set *ret_set, struct error *err)
{
	static const struct package_index index = { "/dev/null", "debian", "trixie", "sha256:fuzz" };
	const struct solve_input input = { &index, 1, "amd64", requests, 1, cache };

	return plan_solve(&input, arena, ret_set, err);
}

/* Lets the solver write an empty table, to learn the file's name and head. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	autoarena struct arena *arena = arena_new();
	autostrings struct strings names = { 0 };
	autofree char *bytes = NULL;
	struct package_set set;
	struct error err = { 0 };

	(void)argc, (void)argv;
	cache = path_join(folder(), "cache");
	must(solve(arena, &set, &err) < 0);
	error_clear(&err);
	must(directory_list(cache, &names, NULL) == 0 && names.count == 1);
	path = path_join(cache, names.items[0]);
	must(file_read(path, 1 << 20, &bytes, NULL, NULL) == 0);
	memcpy(&head, bytes, sizeof head);
	return 0;
}

/* The input: counts of records and provisions, then the body of the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena *arena = arena_new();
	struct package_set set = { 0 };
	struct error err = { 0 };

	if (size < 3)
		return 0;
	uint64_t records = data[0], provisions = data[1], length = size - 2;
	head.record_count = records;
	head.provision_count = provisions;
	head.text_size = length - records * sizeof(struct record) - provisions * sizeof(struct provision);
	head.checksum = table_checksum(data + 2, length);
	autobuffer struct buffer file = { 0 };
	buffer_add(&file, &head, sizeof head);
	buffer_add(&file, data + 2, length);
	must(file_write_plain(path, file.data, file.length, 0600, NULL) == 0);
	int result = solve(arena, &set, &err);
	must((result < 0) == (err.message != NULL));
	for (size_t i = 0; result == 0 && i < set.count; i++) {
		must(valid_package_name(set.items[i].name) && valid_version(set.items[i].version));
		must(valid_path(set.items[i].filename) && hash_is_hex("sha256", set.items[i].sha256));
	}
	error_clear(&err);
	return 0;
}
