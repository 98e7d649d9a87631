/* Recorded digests: what a tree of the store was when it was published, so that rot is found later. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/fetch.h"

#define RECORD_MAX (64u << 20)
#define FORMAT "hiebox digests 1\n"

struct digests {
	const char *tree;
	struct strings names;     /* below the tree */
	struct strings expected;  /* of the same index; empty when they are being made */
	char (*found)[HASH_HEX_MAX];
	uint64_t size_limit;      /* larger files are passed over */
};

static void digests_clear(struct digests *digests)
{
	strings_clear(&digests->names);
	strings_clear(&digests->expected);
	free(digests->found);
}
#define autodigests __attribute__((cleanup(digests_clear)))

/* Files and symbolic links; of what else a tree holds only the way in matters. */
static int list_tree(struct digests *digests, const char *below, struct error *err)
{
	autostrings struct strings names = {0};
	autofree char *folder = path_join(digests->tree, below);

	if (directory_list(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct stat about;
		autofree char *name = *below ? path_join(below, names.items[i]) : text_copy(names.items[i]);
		autofree char *path = path_join(digests->tree, name);

		if (lstat(path, &about) < 0)
			return error_set_errno(err, errno, "%s", path);
		if (S_ISDIR(about.st_mode) && list_tree(digests, name, err) < 0)
			return -1;
		bool record = *below || !text_equal(name, STORE_DIGESTS);
		if ((S_ISREG(about.st_mode) || S_ISLNK(about.st_mode)) && record && !strchr(name, '\n'))
			strings_take(&digests->names, steal(name));
	}
	return 0;
}

/* "link:" and what it points to, or the digest of the bytes; "missing", "too large" for what is not read. */
static int digest_one(void *context, size_t index, struct error *err)
{
	struct digests *digests = context;
	char *found = digests->found[index];
	autofree char *path = path_join(digests->tree, digests->names.items[index]);
	char target[4096];
	struct stat about;

	if (lstat(path, &about) < 0) {
		snprintf(found, HASH_HEX_MAX, "missing");
	} else if (S_ISLNK(about.st_mode)) {
		ssize_t length = readlink(path, target, sizeof target);

		if (length < 0)
			return error_set_errno(err, errno, "%s", path);
		hash_bytes("sha256", target, (size_t)length, found);
	} else if (!S_ISREG(about.st_mode)) {
		snprintf(found, HASH_HEX_MAX, "no file");
	} else if (digests->size_limit && (uint64_t)about.st_size > digests->size_limit) {
		snprintf(found, HASH_HEX_MAX, "too large");
	} else {
		return hash_file("sha256", path, found, err);
	}
	return 0;
}

static int digest_all(struct digests *digests, struct error *err)
{
	digests->found = memory_alloc((digests->names.count + 1) * sizeof *digests->found);
	return parallel_each(digests->names.count, 0, digest_one, digests, err);
}

int store_record(const char *tree, const char *record, struct error *err)
{
	autodigests struct digests digests = {.tree = tree};
	autobuffer struct buffer text = {.maximum = RECORD_MAX};

	if (list_tree(&digests, "", err) < 0 || digest_all(&digests, err) < 0)
		return -1;
	buffer_text(&text, FORMAT);
	for (size_t i = 0; i < digests.names.count; i++)
		buffer_format(&text, "%s %s\n", digests.found[i], digests.names.items[i]);
	char hex[HASH_HEX_MAX];
	hash_bytes("sha256", text.data, text.length, hex);
	buffer_format(&text, "%s\n", hex); /* the record itself may rot */
	return file_write_plain(record, text.data, text.length, 0644, err);
}

/* The record's lines, or -1 when it is not what store_record() wrote. */
static int read_record(struct digests *digests, const char *record)
{
	autofree char *text = NULL;
	autostrings struct strings lines = {0};
	char hex[HASH_HEX_MAX];
	size_t length;

	if (file_read(record, RECORD_MAX, &text, &length, NULL) < 0 || length < strlen(FORMAT) + 65)
		return -1;
	hash_bytes("sha256", text, length - 65, hex);
	if (memcmp(text + length - 65, hex, 64) != 0 || !text_starts(text, FORMAT))
		return -1;
	text[length - 65] = '\0';
	strings_split(&lines, text + strlen(FORMAT), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		if (strlen(lines.items[i]) < 66)
			return -1;
		strings_take(&digests->expected, text_copy_n(lines.items[i], 64));
		strings_add(&digests->names, lines.items[i] + 65);
	}
	return 0;
}

int store_check(const char *tree, const char *record, uint64_t size_limit, struct store_checked *ret_checked,
		struct error *err)
{
	autodigests struct digests digests = {.tree = tree, .size_limit = size_limit};
	struct store_checked checked = {0};

	if (!path_exists(record)) {
		*ret_checked = (struct store_checked){.unrecorded = true};
		return 0;
	}
	if (read_record(&digests, record) < 0) {
		*ret_checked = (struct store_checked){.bad = 1, .first_bad = text_copy(path_base(record))};
		return 0;
	}
	if (digest_all(&digests, err) < 0)
		return -1;
	for (size_t i = 0; i < digests.names.count; i++) {
		bool same = text_equal(digests.found[i], digests.expected.items[i]);

		if (text_equal(digests.found[i], "too large"))
			continue;
		checked.good += same;
		checked.bad += !same;
		if (!same && !checked.first_bad)
			checked.first_bad = text_copy(digests.names.items[i]);
	}
	*ret_checked = checked;
	return 0;
}
