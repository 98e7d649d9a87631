/* Hostile .deb files: refused with a sentence that names package, member and entry, or treated as dpkg treats
 * them; and nothing is ever written outside the tree. What dpkg-deb refuses, where it is there, we refuse. */
#include "archives.h"

#include <sys/xattr.h>

#include "assemble/dpkg.h"
#include "assemble/packages.h"

#define CONTROL "Package: app\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.example>\nDescription: d\n"
#define TEN "xxxxxxxxxx"
#define FIFTY TEN TEN TEN TEN TEN

static char blob[HASH_HEX_MAX];
static unsigned count;                  /* of trees */

/* What the package at blob_path() unpacks to: the error's text, or "". The tree is at("tree<count>"). */
static char *blob_path(void)
{
	hash_bytes("sha256", "app", 3, blob);
	return text_format("store/blobs/sha256/%.2s/%s", blob, blob);
}

static void check_outside(void)
{
	struct strings autostrings names = { 0 };
	assert_int_equal(directory_list(at("outside"), &names, NULL), 0);
	assert_int_equal(names.count, 1);
	autofree char *text = got("outside/file");
	assert_string_equal(text, "untouched");
	assert_false(path_exists(at("escaped")));
}

static char *unpack_blob(uint64_t installed_kib)
{
	struct package package = { .name = "app", .version = "1", .architecture = "all", .sha256 = blob,
				   .installed_kib = installed_kib };
	const struct package_set set = { .items = &package, .count = 1 };
	autofree char *path = text_copy(at("store")), *tree = text_format("tree%u", ++count);
	const struct store store = { .path = path };
	struct debs autodebs debs = { 0 };
	struct origins_map map = { 0 };
	struct error err = { 0 };
	assert_int_equal(directory_make(at(tree), 0755, NULL), 0);
	int answer = debs_load(&store, &set, &debs, &err);
	if (!answer)
		answer = dpkg_prepare(at(tree), "amd64", &err) || debs_unpack(&debs, at(tree), false, NULL, &err) ||
			 debs_settle(&debs, at(tree), &map, &err) || dpkg_write(at(tree), &debs, &err) ? -1 : 0;
	free(map.items);
	assert_int_equal(answer != 0, err.message != NULL);
	check_outside();
	return err.message ? err.message : text_copy("");
}

/* Does dpkg-deb refuse the package? */
static bool dpkg_refuses(const char *deb)
{
	const char *const argv[] = { "sh", "-c", "exec dpkg-deb --info \"$0\" >/dev/null 2>&1 && "
				     "exec dpkg-deb --fsys-tarfile \"$0\" >/dev/null 2>&1", deb, NULL };
	const struct process process = { .argv = argv };
	int code = 0;
	return process_available("dpkg-deb") && process_run(&process, &code, NULL) == 0 && code != 0;
}

/* Writes the bytes as the package, and compares what comes of it with `words` ("" when it is taken). */
static void expect(struct buffer *ar, const char *words)
{
	autofree char *path = blob_path();
	put(path, "");
	assert_int_equal(file_write_plain(at(path), ar->data, ar->length, 0644, NULL), 0);
	buffer_clear(ar);
	autofree char *error = unpack_blob(1);
	if (*words ? !strstr(error, words) : *error) {
		print_message("expected \"%s\", got \"%s\"\n", words, error);
		fail();
	}
	if (*words && !text_starts(error, "package app 1: "))
		fail_msg("names no package: %s", error);
	if (!*words && dpkg_refuses(at(path)))
		fail_msg("dpkg-deb refuses what was taken");
}

static void begin(struct buffer *ar)
{
	buffer_text(ar, "!<arch>\n");
	ar_add(ar, "debian-binary", "2.0\n", 4);
}

static void add_control(struct buffer *ar, const char *text)
{
	struct buffer autobuffer tar = { 0 };
	tar_put(&tar, &(struct tar_entry){ '0', "./control", .body = text });
	tar_end(&tar);
	ar_add(ar, "control.tar", tar.data, tar.length);
}

/* A package of this control archive, and of this data, which is ended; both are cleared. */
static void expect_package(const char *name, struct buffer *control, struct buffer *data, const char *words)
{
	struct buffer autobuffer ar = { 0 };
	tar_end(data);
	begin(&ar);
	ar_add(&ar, name, control->data, control->length);
	ar_add(&ar, "data.tar", data->data, data->length);
	buffer_clear(control);
	buffer_clear(data);
	expect(&ar, words);
}

/* A package with this data; the tar is ended and cleared. */
static void expect_data(struct buffer *tar, const char *words)
{
	struct buffer autobuffer ar = { 0 };
	tar_end(tar);
	begin(&ar);
	add_control(&ar, CONTROL);
	ar_add(&ar, "data.tar", tar->data, tar->length);
	buffer_clear(tar);
	expect(&ar, words);
}

static void expect_entry(struct tar_entry entry, const char *words)
{
	struct buffer autobuffer tar = { 0 };
	tar_put(&tar, &entry);
	expect_data(&tar, words);
}

/* Below the tree of the last package. */
static char *inside(const char *path)
{
	return text_format("tree%u/%s", count, path);
}

static void names_are_judged(void **state)
{
	(void)state;
	expect_entry((struct tar_entry){ '0', "/escaped", .body = "x" },
		     "package app 1: data.tar: \"/escaped\": an absolute path");
	expect_entry((struct tar_entry){ '0', "../escaped", .body = "x" }, "data.tar: \"../escaped\": a path with \"..\"");
	expect_entry((struct tar_entry){ '0', "./a/../../escaped", .body = "x" }, "a path with \"..\"");
	expect_entry((struct tar_entry){ '0', "./a\nb", .body = "x" }, "data.tar: \"./a?b\": a path with a line break");
	expect_entry((struct tar_entry){ '0', "./a\x01 b\\", .body = "x" }, "");
	autofree char *odd = inside("a\x01 b\\");
	assert_true(path_exists(at(odd)));
	/* an entry without a name is the tree itself */
	expect_entry((struct tar_entry){ .type = '5', .name = "./" }, "");
}

static void names_have_limits(void **state)
{
	struct buffer tar = { 0 };
	(void)state;
	const char *part = FIFTY FIFTY FIFTY FIFTY FIFTY "xxxxx"; /* 255 bytes */
	autofree char *longer = text_format("%sx", part);
	tar_put_long(&tar, part);
	expect_data(&tar, "");
	tar_put_long(&tar, longer);
	expect_data(&tar, "…\": a name longer than 255 bytes");
	/* eight parts with their slashes are 2047 bytes */
	autofree char *eight = text_format("%s/%s/%s/%s/%s/%s/%s/%s", part, part, part, part, part, part, part, part);
	autofree char *path = text_format("./%s", eight + 1), *more = text_format("./%s", eight);
	assert_int_equal(strlen(path), 2048);
	tar_put_long(&tar, path);
	expect_data(&tar, "");
	tar_put_long(&tar, more);
	expect_data(&tar, "a path longer than 2048 bytes");
	struct buffer autobuffer deep = { 0 };
	for (int i = 0; i < 199; i++)
		buffer_text(&deep, "d/");
	buffer_text(&deep, "f");
	tar_put_long(&tar, deep.data);
	expect_data(&tar, "");
	buffer_text(&deep, "/g");
	tar_put_long(&tar, deep.data);
	expect_data(&tar, "a path more than 200 folders deep");
}

static void links_stay_inside(void **state)
{
	struct buffer tar = { 0 };
	autofree char *outside = text_copy(at("outside")), *file = text_copy(at("outside/file"));
	(void)state;
	tar_put(&tar, &(struct tar_entry){ '2', "up", .link = "../outside" });
	tar_put(&tar, &(struct tar_entry){ '0', "up/file", .body = "hostile" });
	expect_data(&tar, "data.tar: ");
	tar_put(&tar, &(struct tar_entry){ '2', "there", .link = outside });
	tar_put(&tar, &(struct tar_entry){ '0', "there/file", .body = "hostile" });
	expect_data(&tar, "data.tar: ");
	/* "/" is the tree */
	tar_put(&tar, &(struct tar_entry){ '2', "root", .link = "/" });
	tar_put(&tar, &(struct tar_entry){ '0', "root/escaped", .body = "x" });
	expect_data(&tar, "");
	autofree char *escaped = inside("escaped");
	assert_true(path_exists(at(escaped)));
	tar_put(&tar, &(struct tar_entry){ '2', "link", .link = file });
	tar_put(&tar, &(struct tar_entry){ '1', "hard", .link = "link" });
	tar_put(&tar, &(struct tar_entry){ '0', "hard", .body = "hostile" });
	tar_put(&tar, &(struct tar_entry){ '0', "link", .body = "hostile" });
	expect_data(&tar, "");
	expect_entry((struct tar_entry){ '1', "hard", .link = "../outside/file" },
		     "data.tar: hard: hard link to: \"../outside/file\": a path with \"..\"");
	expect_entry((struct tar_entry){ '1', "hard", .link = file }, "an absolute path");
	tar_put(&tar, &(struct tar_entry){ '2', "up", .link = "../outside" });
	tar_put(&tar, &(struct tar_entry){ '1', "hard", .link = "up/file" });
	expect_data(&tar, "hard: link to up/file");
	expect_entry((struct tar_entry){ .type = '2', .name = "empty" }, "data.tar: empty: symbolic link without a target");
	tar_put(&tar, &(struct tar_entry){ .type = '5', .name = "d" });
	expect_data(&tar, "");
}

/* dpkg's own files are not written through what a package put in their place. */
static void the_database_stays_inside(void **state)
{
	struct buffer tar = { 0 }, control = { 0 };
	autofree char *outside = text_copy(at("outside")), *file = text_copy(at("outside/file"));
	(void)state;
	tar_put(&tar, &(struct tar_entry){ '2', "var/lib/dpkg/status", .link = file });
	tar_put(&tar, &(struct tar_entry){ '2', "var/lib/dpkg/info", .link = outside });
	tar_put(&tar, &(struct tar_entry){ '2', "var/lib/dpkg/info/app.list", .link = file });
	expect_data(&tar, "");
	/* neither is a conffile's digest taken from the machine's own files */
	tar_put(&control, &(struct tar_entry){ '0', "control", .body = CONTROL });
	tar_put(&control, &(struct tar_entry){ '0', "conffiles", .body = "/etc/x\n/etc/y/file\n" });
	tar_end(&control);
	tar_put(&tar, &(struct tar_entry){ '2', "etc/x", .link = file });
	tar_put(&tar, &(struct tar_entry){ '2', "etc/y", .link = outside });
	expect_package("control.tar", &control, &tar, "");
	autofree char *status = inside("var/lib/dpkg/status"), *text = got(status);
	assert_null(strstr(text, "Conffiles"));
	tar_put(&control, &(struct tar_entry){ '0', "control", .body = CONTROL });
	tar_put(&control, &(struct tar_entry){ '0', "conffiles", .body = "/../outside/file\n" });
	tar_end(&control);
	expect_package("control.tar", &control, &tar, "conffiles: \"/../outside/file\" is no plain path");
}

static void kinds_are_judged(void **state)
{
	struct buffer tar = { 0 };
	struct stat status;
	(void)state;
	expect_entry((struct tar_entry){ .type = '3', .name = "dev" }, "data.tar: dev: device nodes and sockets are not unpacked");
	expect_entry((struct tar_entry){ .type = '4', .name = "dev" }, "dev: device nodes and sockets are not unpacked");
	expect_entry((struct tar_entry){ .type = '6', .name = "fifo" }, "");
	expect_entry((struct tar_entry){ '0', "set", .body = "x", .mode = 04755 }, "");
	autofree char *set = inside("set");
	assert_int_equal(lstat(at(set), &status), 0);
	assert_int_equal(status.st_mode & 07777, 04755);
	expect_entry((struct tar_entry){ 'S', "sparse", .body = "" }, "sparse: sparse files are not unpacked");
	tar_put(&tar, &(struct tar_entry){ 'x', "pax", .body = "33 SCHILY.xattr.user.hostile=yes\n" });
	tar_put(&tar, &(struct tar_entry){ '0', "file", .body = "x" });
	expect_data(&tar, "data.tar: file: a pax header, which dpkg does not know");
	tar_put(&tar, &(struct tar_entry){ 'x', "pax", .body = "28 size=9223372036854775807\n" });
	tar_put(&tar, &(struct tar_entry){ '0', "file", .body = "x" });
	expect_data(&tar, "data.tar: ");
	autofree char *huge = memory_alloc((1 << 20) + 2);
	memset(huge, 'x', (1 << 20) + 1);
	tar_put(&tar, &(struct tar_entry){ 'x', "pax", .body = huge });
	tar_put(&tar, &(struct tar_entry){ '0', "file", .body = "x" });
	expect_data(&tar, "data.tar: damaged: ");
	tar_put_long(&tar, huge);
	expect_data(&tar, "data.tar: damaged: ");
	/* headers about the next header, one after another: libarchive gives up in good time */
	for (const char *type = "gVAXxKL"; *type; type++) {
		for (int i = 0; i < 5000; i++)
			tar_put(&tar, &(struct tar_entry){ .type = *type, .name = "x",
							   .body = *type == 'V' ? NULL : "9 a=bcde\n" });
		tar_put(&tar, &(struct tar_entry){ .type = '0', .name = "file", .body = "x" });
		expect_data(&tar, "data.tar: ");
	}
}

static void clashes_inside_are_judged(void **state)
{
	struct buffer tar = { 0 };
	(void)state;
	tar_put(&tar, &(struct tar_entry){ '0', "twice", .body = "first" });
	tar_put(&tar, &(struct tar_entry){ '0', "twice", .body = "second" });
	expect_data(&tar, "");
	autofree char *twice = inside("twice"), *text = got(twice), *name = inside("var/lib/dpkg/info/app.list");
	autofree char *list = got(name);
	assert_string_equal(text, "second");
	assert_string_equal(list, "/twice\n");
	tar_put(&tar, &(struct tar_entry){ .type = '5', .name = "d" });
	tar_put(&tar, &(struct tar_entry){ '0', "d/x", .body = "x" });
	tar_put(&tar, &(struct tar_entry){ '0', "d", .body = "x" });
	expect_data(&tar, "data.tar: d: a folder is in the way of something else");
	tar_put(&tar, &(struct tar_entry){ '0', "d", .body = "x" });
	tar_put(&tar, &(struct tar_entry){ .type = '5', .name = "d" });
	expect_data(&tar, "data.tar: d: something else is in the way of a folder");
	tar_put(&tar, &(struct tar_entry){ '0', "d", .body = "x" });
	tar_put(&tar, &(struct tar_entry){ '0', "d/x", .body = "x" });
	expect_data(&tar, "data.tar: d: Not a directory");
	/* as dpkg: the directory stays */
	tar_put(&tar, &(struct tar_entry){ .type = '5', .name = "d" });
	tar_put(&tar, &(struct tar_entry){ '2', "d", .link = "x" });
	expect_data(&tar, "");
}

static void sizes_are_judged(void **state)
{
	struct buffer tar = { 0 };
	struct buffer autobuffer ar = { 0 };
	(void)state;
	/* 64 MiB and four times Installed-Size are allowed */
	expect_entry((struct tar_entry){ '0', "large", .size = "00400010001\0" }, "data.tar: large: 67112961 bytes are more than the");
	expect_entry((struct tar_entry){ '0', "short", .size = "00000010000\0" }, "data.tar: short: damaged: Truncated");
	/* base 256: minus one, and just below 2^63 */
	expect_entry((struct tar_entry){ '0', "less", .size = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" }, "data.tar: ");
	expect_entry((struct tar_entry){ '0', "most", .size = "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff" }, "data.tar: ");
	tar_put(&tar, &(struct tar_entry){ '0', "cut", .body = FIFTY });
	begin(&ar);
	add_control(&ar, CONTROL);
	ar_add(&ar, "data.tar", tar.data, 512 + 20);
	buffer_clear(&tar);
	expect(&ar, "data.tar: cut: damaged: Truncated");
}

static void compressions_are_judged(void **state)
{
	static const char *const filters[][2] = { { "gzip", ".gz" }, { "xz", ".xz" }, { "zstd", ".zst" } };
	(void)state;
	for (size_t i = 0; i < LENGTH(filters); i++)
		for (int kind = 0; kind < 4; kind++) {
			struct buffer tar = { 0 }, ar = { 0 };
			tar_put(&tar, &(struct tar_entry){ '0', "file", .body = FIFTY });
			tar_end(&tar);
			compress_buffer(&tar, filters[i][0]);
			if (kind == 1)
				compress_buffer(&tar, filters[i][0]);
			autofree char *name = text_format("data.tar%s", kind == 2 ? ".bz2" : filters[i][1]);
			begin(&ar);
			add_control(&ar, CONTROL);
			ar_add(&ar, name, tar.data, kind == 3 ? tar.length / 2 : tar.length);
			buffer_clear(&tar);
			expect(&ar, kind == 1 ? ": compressed more than once" : kind == 2 ? "data.tar.bz2: its compression is not known" :
				    kind == 3 ? ": damaged: " : "");
		}
}

/* A control member of many megabytes in few bytes. */
static void bombs_are_refused(void **state)
{
	static const char *const filters[][2] = { { "gzip", ".gz" }, { "xz", ".xz" }, { "zstd", ".zst" } };
	autofree char *large = memory_alloc((3 << 20) + 1);
	(void)state;
	memset(large, 'x', 3 << 20);
	for (size_t i = 0; i < LENGTH(filters); i++) {
		struct buffer tar = { .maximum = 128 << 20 }, data = { 0 };
		tar_put(&tar, &(struct tar_entry){ '0', "control", .body = CONTROL });
		for (int k = 0; k < 22; k++) {
			autofree char *name = text_format("file%d", k);
			tar_put(&tar, &(struct tar_entry){ '0', name, .body = large });
		}
		tar_end(&tar);
		compress_buffer(&tar, filters[i][0]);
		autofree char *name = text_format("control.tar%s", filters[i][1]);
		expect_package(name, &tar, &data, ": unpacks to more than the 67108864 bytes that are allowed for it");
	}
}

static void members_are_judged(void **state)
{
	static const struct {
		const char *members[6];     /* "name" or "name=size" */
		const char *words;
	} cases[] = {
		{ { "B", "C", "D" }, "" },
		{ { "B", "_more", "C", "_x", "D", "after" }, "" },
		{ { "B", "C/", "D/" }, "" },
		{ { "C", "D" }, "not a Debian package: its first member is \"control.tar\"" },
		{ { "B", "D", "C" }, "the member \"data.tar\" stands where control.tar belongs" },
		{ { "B", "C" }, "not a Debian package: no data.tar inside" },
		{ { "B" }, "not a Debian package: no control.tar inside" },
		{ { "B", "C", "C", "D" }, "a second control member control.tar" },
		{ { "B", "C", "odd", "D" }, "the member \"odd\" stands where data.tar belongs" },
		{ { "B", "C", "data.tar=-1" }, "the size of the member data.tar is no number" },
		{ { "B", "C", "data.tar=" }, "the size of the member data.tar is no number" },
		{ { "B", "C", "data.tar=12x" }, "the size of the member data.tar is no number" },
		{ { "B", "C", "data.tar=9999999999" }, "the member data.tar is cut off: 5 of 9999999999 bytes are there" },
		{ { "debian-binary=3.0\n" }, "debian-binary does not say format 2" },
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct buffer ar = { 0 }, data = { 0 }, whole = { 0 };
		tar_put(&data, &(struct tar_entry){ .type = '5', .name = "./" });
		tar_end(&data);
		buffer_text(&ar, "!<arch>\n");
		for (size_t k = 0; k < LENGTH(cases[i].members) && cases[i].members[k]; k++) {
			const char *member = cases[i].members[k], *equal = strchr(member, '=');
			autofree char *name = equal ? text_copy_n(member, (size_t)(equal - member)) : NULL;
			if (text_equal(member, "B"))
				ar_add(&ar, "debian-binary", "2.0\n", 4);
			else if (text_equal(name, "debian-binary"))
				ar_add(&ar, name, equal + 1, strlen(equal + 1));
			else if (equal)
				ar_lie(&ar, name, "bytes", equal + 1);
			else if (*member == 'C')
				add_control(&ar, CONTROL);
			else if (*member == 'D')
				ar_add(&ar, member[1] ? "data.tar/" : "data.tar", data.data, data.length);
			else
				ar_add(&ar, member, "odd", 3);
		}
		buffer_clear(&data);
		buffer_clear(&whole);
		expect(&ar, cases[i].words);
	}
	struct buffer ar = { 0 };
	begin(&ar);
	for (int i = 0; i < 20; i++)
		ar_add(&ar, "_more", "x", 1);
	expect(&ar, "more than 16 members before data.tar");
	begin(&ar);
	buffer_text(&ar, "control.tar     0     ");
	expect(&ar, "the archive is cut off");
	buffer_text(&ar, "PK\3\4 no package at all");
	expect(&ar, "not a Debian package: no ar archive");
}

static void control_is_judged(void **state)
{
	static const struct {
		struct tar_entry entries[3];
		const char *words;
	} cases[] = {
		{ { { '0', "control", .body = CONTROL }, { '0', "postinst", .body = "#!/bin/sh\n" } }, "" },
		{ { { '0', "md5sums", .body = "" } }, "no control file inside" },
		{ { { '0', "control", .body = CONTROL }, { '0', "control", .body = CONTROL } }, "control.tar: control is there twice" },
		{ { { '0', "d/control", .body = CONTROL } }, "control.tar: d/control: not a name of a control file" },
		{ { { '0', "../control", .body = CONTROL } }, "control.tar: \"../control\": a path with \"..\"" },
		{ { { '0', "a b", .body = CONTROL } }, "not a name of a control file" },
		{ { { '0', FIFTY FIFTY "", .body = CONTROL } }, "no control file inside" },
		{ { { '2', "control", .link = "/etc/passwd" } }, "control.tar: control: only plain files belong there" },
		{ { { '0', "control", .body = CONTROL "\nPackage: other\n" } }, "control: more than one stanza" },
		{ { { '0', "control", .body = CONTROL "Status: install ok installed\n" } }, "the field Status belongs to dpkg's database only" },
		{ { { '0', "control", .body = CONTROL "version: 2\n" } }, "control: the field version is there twice" },
		{ { { '0', "control", .body = CONTROL "no field\n" } }, "control: a line that is no field: \"no field" },
		{ { { '0', "control", .body = " x\n" CONTROL } }, "control: begins with a continued line" },
		{ { { '0', "control", .body = "Package: other\nVersion: 1\nArchitecture: all\n" } }, "is other 1 all inside" },
		{ { { '0', "control", .body = CONTROL }, { '0', "triggers", .body = "interest ../../x\n" } }, "triggers: \"../../x\" is no name of a trigger" },
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct buffer tar = { 0 }, data = { 0 };
		for (size_t k = 0; k < LENGTH(cases[i].entries) && cases[i].entries[k].name; k++)
			tar_put(&tar, &cases[i].entries[k]);
		tar_end(&tar);
		expect_package("control.tar", &tar, &data, cases[i].words);
	}
}

/* 256 files besides control, each with a name of at most 100 letters. */
static void control_has_limits(void **state)
{
	(void)state;
	for (unsigned files = 256; files <= 257; files++) {
		struct buffer tar = { 0 }, data = { 0 };
		tar_put(&tar, &(struct tar_entry){ '0', "control", .body = CONTROL });
		for (unsigned i = 0; i < files; i++) {
			autofree char *name = text_format("file%u", i);
			tar_put(&tar, &(struct tar_entry){ '0', name, .body = "x" });
		}
		tar_end(&tar);
		expect_package("control.tar", &tar, &data, files == 256 ? "" : "control.tar: more than 256 files");
	}
}

static int set_up(void **state)
{
	if (make_scratch(state))
		return -1;
	put("outside/file", "untouched");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_judged),
		cmocka_unit_test(names_have_limits),
		cmocka_unit_test(links_stay_inside),
		cmocka_unit_test(the_database_stays_inside),
		cmocka_unit_test(kinds_are_judged),
		cmocka_unit_test(clashes_inside_are_judged),
		cmocka_unit_test(sizes_are_judged),
		cmocka_unit_test(compressions_are_judged),
		cmocka_unit_test(bombs_are_refused),
		cmocka_unit_test(members_are_judged),
		cmocka_unit_test(control_is_judged),
		cmocka_unit_test(control_has_limits),
	};
	return cmocka_run_group_tests(tests, set_up, remove_scratch);
}
