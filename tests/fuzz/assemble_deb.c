/* Any bytes as a .deb: its control files are read, its data is unpacked, the database is written, and
 * nothing lands outside the tree. */
#include "fuzz.h"

#include "assemble/deb_members.h"
#include "assemble/dpkg.h"
#include "assemble/packages.h"

static char *tree, *outside;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	tree = path_join(folder(), "around/tree");
	outside = path_join(folder(), "around/outside");
	blob_is_input();
	must(directory_make(outside, 0755, NULL) == 0);
	return 0;
}

/* Only the tree may change: beside it there is one folder, and that is empty. */
static void check_outside(void)
{
	autofree char *around = path_directory(tree);
	autostrings struct strings names = { 0 }, inside = { 0 };

	must(directory_list(around, &names, NULL) == 0 && names.count == 2);
	must(directory_list(outside, &inside, NULL) == 0 && inside.count == 0);
}

static int unpack(struct debs *debs, struct error *err)
{
	struct origins_map map = { 0 };
	struct diversions diversions = { 0 };
	int result = -1;

	if (dpkg_prepare(tree, "amd64", err) == 0 && debs_unpack(debs, tree, false, NULL, err) == 0 &&
	    dpkg_diversions(tree, &diversions, err) == 0 &&
	    debs_unpack(debs, tree, true, &diversions, err) == 0 &&
	    debs_settle(debs, tree, &map, err) == 0)
		result = dpkg_write(tree, debs, err);
	diversions_clear(&diversions);
	free(map.items);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct store store = { .path = (char *)folder() };
	struct package package = { .name = "app", .version = "1.0", .architecture = "all", .sha256 = BLOB,
				   .filename = "pool/app.deb", .installed_kib = 1, .why = "asked for" };
	const struct package_set set = { .items = &package, .count = 1 };
	autodebs struct debs debs = { 0 };
	struct error err = { 0 };
	struct deb_members members;
	int fd = memory_fill(data, size);
	bool whole = deb_members(fd, &members, NULL) == 0;

	must(!whole || (members.control.offset + members.control.size < members.data.offset &&
			members.data.offset + members.data.size <= size));
	int result = debs_load(&store, &set, &debs, &err);

	must((result < 0) == (err.message != NULL));
	must(whole || result < 0);
	if (result == 0) {
		must(directory_make(tree, 0755, NULL) == 0);
		result = unpack(&debs, &err);
		must((result < 0) == (err.message != NULL));
		check_outside();
		must(tree_remove(tree, NULL) == 0);
	}
	error_clear(&err);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	size_t mutated = seed % 8 && room > size + 1024 ? ar_mutate(data, size, room, seed / 8) : 0;

	return mutated ? mutated : LLVMFuzzerMutate(data, size, room);
}
