/* Any bytes as an npm tarball, as a tar or zip that a member is taken from, and as Java's list of
 * certificates: nothing lands outside the folder, and only plain files and folders lie in it. */
#include "fuzz.h"

#include <dirent.h>

#include "assemble/archive.h"
#include "assemble/keystore.h"
#include "assemble/payloads.h"

static char *tree, *keystore, *jar, *tarball;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	autofree char *input = memory_path();

	(void)argc, (void)argv;
	tree = path_join(folder(), "around/tree");
	keystore = path_join(folder(), "cacerts");
	jar = path_join(folder(), "app.jar");
	tarball = path_join(folder(), "app.tar");
	blob_is_input();
	must(symlink(input, jar) == 0 && symlink(input, tarball) == 0);
	return 0;
}

static void check_plain(const char *path)
{
	autodir DIR *dir = opendir(path);

	must(dir != NULL);
	for (const struct dirent *item; (item = readdir(dir));) {
		autofree char *below = path_join(path, item->d_name);
		struct stat status;

		if (text_equal(item->d_name, ".") || text_equal(item->d_name, ".."))
			continue;
		must(lstat(below, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)));
		must((status.st_mode & 07022) == 0 && (S_ISDIR(status.st_mode) || status.st_nlink == 1));
		if (S_ISDIR(status.st_mode))
			check_plain(below);
	}
}

static void unpack_npm(void)
{
	const struct store store = { .path = (char *)folder() };
	const struct component component = { .id = "app" };
	const struct source source = { .kind = SOURCE_NPM, .into = "srv/app" };
	struct payload payload = { .kind = PAYLOAD_NPM, .location = "app/-/app-1.0.tgz",
				   .digest = "sha256:" BLOB, .target = "node_modules/app" };
	const struct planned_source planned = { &source, &component, &payload, 1 };
	const struct plan plan = { .lock = { .timestamp = 1780000000 } };
	const struct build build = { .plan = &plan, .store = &store };
	autofree char *around = path_directory(tree);
	autostrings struct strings names = { 0 };
	struct error err = { 0 };

	must(directory_make(tree, 0755, NULL) == 0);
	int result = payloads_build(&build, &planned, tree, &err);
	must((result < 0) == (err.message != NULL));
	error_clear(&err);
	must(directory_list(around, &names, NULL) == 0 && names.count == 1);
	check_plain(tree);
	must(tree_remove(tree, NULL) == 0);
}

static void take_member(const char *path)
{
	struct error err = { 0 };
	autofree char *data = NULL;
	size_t length;
	int result = archive_member(path, "lib/a.jar", &data, &length, &err);

	must((result < 0) == (err.message != NULL) && (result == 0) == (data != NULL));
	must(!data || data[length] == '\0');
	error_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4 && !memcmp(data, "\xfe\xed\xfe\xed", 4)) {
		must(file_write_plain(keystore, data, size, 0644, NULL) == 0);
		must(keystore_normalise(keystore, 1780000000, NULL) == 0);
		return 0;
	}
	memory_fill(data, size);
	take_member(jar);
	take_member(tarball);
	unpack_npm();
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	size_t mutated = LLVMFuzzerMutate(data, size, room);

	if (seed % 4 && mutated >= 2 * TAR_BLOCK && !memcmp(data + 257, "ustar", 5))
		tar_mend(data, mutated);
	return mutated;
}
