/* Hostile npm tarballs and jars: what leads out of the folder, or unpacks to more than it may, is refused; links,
 * devices and odd modes come to nothing, as with npm. And the limits of both. */
#include "archives.h"

#include "assemble/archive.h"
#include "assemble/payloads.h"

static char digest[HASH_HEX_MAX];
static unsigned count;                  /* of trees */

/* Unpacks the tar (ended here, by gzip) as an npm package into "tree<count>/app"; compares the error. */
static void expect(struct buffer *tar, const char *words)
{
	hash_bytes("sha256", "app", 3, digest);
	autofree char *blob = text_format("store/blobs/sha256/%.2s/%s", digest, digest);
	autofree char *store_path = text_copy(at("store")), *name = text_format("sha256:%s", digest);
	autofree char *tree = text_format("tree%u", ++count);
	const struct store store = { .path = store_path };
	const struct component component = { .id = "app" };
	const struct source source = { .kind = SOURCE_NPM, .into = "app" };
	struct payload payload = { .kind = PAYLOAD_NPM, .location = "app/-/app-1.0.tgz", .digest = name, .target = "." };
	const struct planned_source planned = { &source, &component, &payload, 1 };
	const struct plan plan = { .lock = { .timestamp = TEST_TIME } };
	const struct build build = { .plan = &plan, .store = &store };
	struct error err = { 0 };
	tar_end(tar);
	compress_buffer(tar, "gzip");
	put(blob, "");
	assert_int_equal(file_write_plain(at(blob), tar->data, tar->length, 0644, NULL), 0);
	buffer_clear(tar);
	assert_int_equal(directory_make(at(tree), 0755, NULL), 0);
	int answer = payloads_build(&build, &planned, at(tree), &err);
	assert_int_equal(answer != 0, err.message != NULL);
	autofree char *error = err.message ? err.message : text_copy("");
	if (*words ? !strstr(error, words) : *error)
		fail_msg("expected \"%s\", got \"%s\"", words, error);
	if (*words && !text_starts(error, "component app: npm package app/-/app-1.0.tgz: "))
		fail_msg("names no package: %s", error);
	struct strings autostrings outside = { 0 };
	assert_int_equal(directory_list(at("outside"), &outside, NULL), 0);
	assert_int_equal(outside.count, 0);
	assert_false(path_exists(at("escaped")));
}

static char *inside(const char *path)
{
	return text_format("tree%u/app/%s", count, path);
}

static void npm_names_are_judged(void **state)
{
	struct buffer tar = { 0 };
	(void)state;
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "/escaped", .body = "x" });
	expect(&tar, "\"/escaped\": an absolute path");
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "package/../../escaped", .body = "x" });
	expect(&tar, "\"package/../../escaped\": a path with \"..\"");
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "package/a\nb", .body = "x" });
	expect(&tar, "a path with a line break");
	/* the first folder goes, whatever its name */
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "any/lib/a.js", .body = "x" });
	expect(&tar, "");
	autofree char *file = inside("lib/a.js");
	assert_true(path_exists(at(file)));
}

static void npm_kinds_are_dropped(void **state)
{
	struct buffer tar = { 0 };
	struct stat status;
	autofree char *outside = text_copy(at("outside"));
	(void)state;
	tar_put(&tar, &(struct tar_entry){ .type = '2', .name = "package/up", .link = outside });
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "package/up/file", .body = "x" });
	tar_put(&tar, &(struct tar_entry){ .type = '1', .name = "package/hard", .link = "/etc/passwd" });
	tar_put(&tar, &(struct tar_entry){ .type = '3', .name = "package/device" });
	tar_put(&tar, &(struct tar_entry){ .type = '6', .name = "package/fifo" });
	tar_put(&tar, &(struct tar_entry){ .type = 'x', .name = "pax", .body = "33 SCHILY.xattr.user.hostile=yes\n" });
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "package/set", .body = "x", .mode = 06777 });
	expect(&tar, "");
	autofree char *set = inside("set"), *up = inside("up"), *hard = inside("hard"), *device = inside("device");
	autofree char *fifo = inside("fifo");
	assert_int_equal(lstat(at(set), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);
	assert_int_equal(lstat(at(up), &status), 0);
	assert_true(S_ISDIR(status.st_mode));
	assert_false(path_exists(at(hard)) || path_exists(at(device)) || path_exists(at(fifo)));
	tar_put(&tar, &(struct tar_entry){ .type = 'S', .name = "package/sparse", .body = "" });
	expect(&tar, "sparse: sparse files are not unpacked");
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "package/a/b", .body = "x" });
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "package/a", .body = "x" });
	expect(&tar, "a: a folder is in the way of something else");
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "package/a", .body = "x" });
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "package/a/b", .body = "x" });
	expect(&tar, "Not a directory");
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "package/a", .body = "1" });
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "package/a", .body = "2" });
	expect(&tar, "");
}

/* 64 MiB, and 200 times the size of the archive: zeros by gzip are a thousandth of what they were. */
static void npm_bombs_are_refused(void **state)
{
	autofree char *large = memory_alloc((8 << 20) + 1);
	(void)state;
	memset(large, 'x', 8 << 20);
	for (int files = 9; files <= 11; files += 2) {
		struct buffer tar = { .maximum = 128 << 20 };
		for (int i = 0; i < files; i++) {
			/* that nobody wants the file does not make it smaller */
			autofree char *name = text_format("%s%d", files == 9 ? "package/" : "", i);
			tar_put(&tar, &(struct tar_entry){ .type = '0', .name = name, .body = large });
		}
		expect(&tar, files == 9 ? "" : "unpacks to more than the ");
	}
}

static int count_bytes(void *context, struct archive *archive, struct archive_entry *entry, struct error *err)
{
	(void)context, (void)archive, (void)entry, (void)err;
	return 0;
}

static void decompressed_bytes_have_a_limit(void **state)
{
	static const char *const filters[] = { "gzip", "xz", "zstd" };
	autofree char *body = memory_alloc((1 << 20) + 1);
	(void)state;
	memset(body, 'x', 1 << 20);
	for (size_t i = 0; i < LENGTH(filters); i++) {
		struct buffer autobuffer tar = { 0 };
		struct error err = { 0 };
		tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "a", .body = body });
		tar_end(&tar);
		uint64_t length = tar.length;
		compress_buffer(&tar, filters[i]);
		assert_int_equal(file_write_plain(at("bomb"), tar.data, tar.length, 0644, NULL), 0);
		struct archive_input input = { at("bomb"), INPUT_TAR, length };
		assert_int_equal(archive_each(&input, count_bytes, NULL, &err), 0);
		input.maximum = 1 << 20;
		assert_int_equal(archive_each(&input, count_bytes, NULL, &err), -1);
		assert_non_null(strstr(err.message, "unpacks to more than the "));
		error_clear(&err);
	}
	assert_int_equal(archive_maximum(0), 64 << 20);
	assert_int_equal(archive_maximum(1 << 20), (64 << 20) + (200 << 20));
	assert_int_equal(archive_maximum(UINT64_MAX), 2ll << 30);
}

/* A zip with one member of this text; `type` is a libarchive file type. */
static void write_zip(const char *name, const char *text, unsigned type)
{
	struct archive *zip = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, 0644);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(entry, text);
	else
		archive_entry_set_size(entry, (la_int64_t)strlen(text));
	assert_int_equal(archive_write_set_format_zip(zip), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(zip, at("a.jar")), ARCHIVE_OK);
	assert_int_equal(archive_write_header(zip, entry), ARCHIVE_OK);
	if (type == AE_IFREG)
		archive_write_data(zip, text, strlen(text));
	archive_entry_free(entry);
	archive_write_free(zip);
}

static char *take(const char *member)
{
	struct error err = { 0 };
	char *data = NULL;
	int answer = archive_member(at("a.jar"), member, &data, NULL, &err);
	if (answer == 0)
		return data;
	assert_int_equal(answer > 0, err.message == NULL);
	return err.message ? err.message : text_copy("none");
}

/* Takes the member of the jar whose bytes were changed at one place. */
static char *take_changed(const char *find, size_t offset, char byte)
{
	autofree char *bytes = NULL;
	size_t length;
	assert_int_equal(file_read(at("a.jar"), 1 << 20, &bytes, &length, NULL), 0);
	char *place = memmem(bytes, length, find, strlen(find));
	assert_non_null(place);
	place[offset] = byte;
	assert_int_equal(file_write_plain(at("a.jar"), bytes, length, 0644, NULL), 0);
	return take("lib/a");
}

static void jars_are_judged(void **state)
{
	(void)state;
	write_zip("lib/a", "some text", AE_IFREG);
	autofree char *good = take("lib/a"), *other = take("lib/b");
	assert_string_equal(good, "some text");
	assert_string_equal(other, "none");
	write_zip("../lib/a", "some text", AE_IFREG);
	autofree char *up = take("lib/a");
	assert_string_equal(up, "none");
	write_zip("lib/a", "/etc/passwd", AE_IFLNK);
	autofree char *link = take("lib/a");
	assert_string_equal(link, "a.jar: lib/a is no plain file");
	autofree char *text = memory_alloc(5001);
	memset(text, 'x', 5000);
	write_zip("lib/a", text, AE_IFREG);
	autofree char *wrong = take_changed("lib/a", 12, 'Z');
	assert_true(text_starts(wrong, "a.jar: damaged: "));
	/* cut off before its list of members */
	write_zip("lib/a", text, AE_IFREG);
	assert_int_equal(truncate(at("a.jar"), 60), 0);
	autofree char *cut = take("lib/a");
	assert_true(text_starts(cut, "a.jar: damaged: "));
	put("a.jar", "no zip");
	autofree char *none = take("lib/a");
	assert_true(text_starts(none, "a.jar: damaged: "));
}

static int take_body(void *context, struct archive *archive, struct archive_entry *entry, struct error *err)
{
	autofree char *data = NULL;
	(void)entry;
	return archive_body(archive, *(size_t *)context, &data, NULL, err);
}

static void bodies_have_a_limit(void **state)
{
	struct buffer autobuffer tar = { 0 };
	struct error err = { 0 };
	size_t maximum = 10;
	(void)state;
	tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "a", .body = "0123456789" });
	tar_end(&tar);
	assert_int_equal(file_write_plain(at("a.tar"), tar.data, tar.length, 0644, NULL), 0);
	const struct archive_input input = { at("a.tar"), INPUT_TAR, UINT64_MAX };
	assert_int_equal(archive_each(&input, take_body, &maximum, NULL), 0);
	maximum--;
	assert_int_equal(archive_each(&input, take_body, &maximum, &err), -1);
	assert_string_equal(err.message, "larger than 9 bytes");
	error_clear(&err);
}

static int set_up(void **state)
{
	return make_scratch(state) || directory_make(at("outside"), 0755, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(npm_names_are_judged),
		cmocka_unit_test(npm_kinds_are_dropped),
		cmocka_unit_test(npm_bombs_are_refused),
		cmocka_unit_test(decompressed_bytes_have_a_limit),
		cmocka_unit_test(jars_are_judged),
		cmocka_unit_test(bodies_have_a_limit),
	};
	return cmocka_run_group_tests(tests, set_up, remove_scratch);
}
