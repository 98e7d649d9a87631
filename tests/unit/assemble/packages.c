/* Packages into a tree: owners of paths, dpkg's database, and packages that lie about themselves. */
#include "archives.h"

#include "assemble/dpkg.h"
#include "assemble/packages.h"

/* A package of one file with a control stanza that ends in `fields`. */
static struct package make_deb(const char *name, const char *fields, const char *path, const char *text)
{
	struct buffer control = { 0 }, data = { 0 };
	autofree char *stanza = text_format("Package: %s\nVersion: 1\nArchitecture: amd64\n%s", name, fields);
	autofree char *conffiles = text_format("/%s\n", path), *file = text_format("./%s", path);
	char digest[HASH_HEX_MAX];
	hash_bytes("sha256", name, strlen(name), digest);
	tar_add(&control, '0', "./control", stanza);
	tar_add(&control, '0', "./conffiles", conffiles);
	tar_add(&control, '0', "./triggers", "interest-noawait /usr/share/x # files\ninterest named\nactivate y\n");
	tar_end(&control);
	tar_add(&data, '5', "./", "");
	tar_add(&data, '5', "./etc/", "");
	tar_add(&data, '0', file, text);
	tar_end(&data);
	autofree char *blob = text_format("store/blobs/sha256/%.2s/%s", digest, digest);
	put(blob, "");
	deb_write(at(blob), &control, &data);
	buffer_clear(&control);
	buffer_clear(&data);
	return (struct package){ .name = name, .version = "1", .architecture = "amd64",
				 .sha256 = strdup(digest), .installed_kib = 1, .automatic = true };
}

static int unpack_set(struct package *packages, size_t count, const char *tree, struct debs *ret_debs,
		      struct error *err)
{
	const struct package_set set = { .items = packages, .count = count };
	autofree char *path = text_copy(at("store"));
	const struct store store = { .path = path };
	struct origins_map map = { 0 };
	assert_int_equal(directory_make(at(tree), 0755, NULL), 0);
	int answer = debs_load(&store, &set, ret_debs, err);
	if (!answer)
		answer = dpkg_prepare(at(tree), "amd64", err) || debs_unpack(ret_debs, at(tree), false, NULL, err) ||
			 debs_settle(ret_debs, at(tree), &map, err) ? -1 : 0;
	free(map.items);
	for (size_t i = 0; i < count; i++)
		free((void *)packages[i].sha256);
	return answer;
}

static void the_database_is_written(void **state)
{
	struct package packages[] = {
		make_deb("alpha", "Multi-Arch: same\n", "etc/alpha", "a"),
		make_deb("beta", "Description: b", "etc/beta", "b"),
	};
	struct debs autodebs debs = { 0 };
	(void)state;
	assert_int_equal(unpack_set(packages, 2, "tree", &debs, NULL), 0);
	assert_int_equal(dpkg_write(at("tree"), &debs, NULL), 0);
	assert_int_equal(dpkg_write_automatic(at("tree"), &debs, NULL), 0);
	autofree char *status = got("tree/var/lib/dpkg/status");
	assert_string_equal(status,
			    "Package: alpha\nStatus: install ok unpacked\nVersion: 1\nArchitecture: amd64\n"
			    "Multi-Arch: same\nConffiles:\n /etc/alpha 0cc175b9c0f1b6a831c399e269772661\n\n"
			    "Package: beta\nStatus: install ok unpacked\nVersion: 1\nArchitecture: amd64\n"
			    "Description: b\nConffiles:\n /etc/beta 92eb5ffee6ae2fec3ad71c777531578f\n\n");
	autofree char *list = got("tree/var/lib/dpkg/info/alpha:amd64.list");
	assert_string_equal(list, "/.\n/etc\n/etc/alpha\n");
	autofree char *files = got("tree/var/lib/dpkg/triggers/File");
	assert_string_equal(files, "/usr/share/x alpha:amd64/noawait\n/usr/share/x beta/noawait\n");
	autofree char *named = got("tree/var/lib/dpkg/triggers/named");
	assert_string_equal(named, "alpha:amd64\nbeta\n");
	autofree char *automatic = got("tree/var/lib/apt/extended_states");
	assert_string_equal(automatic, "Package: alpha\nArchitecture: amd64\nAuto-Installed: 1\n\n"
				       "Package: beta\nArchitecture: amd64\nAuto-Installed: 1\n\n");
	char target[16] = "";
	assert_true(readlink(at("tree/lib64"), target, sizeof target - 1) > 0);
	assert_string_equal(target, "usr/lib64");
}

static void the_replacing_package_owns(void **state)
{
	struct package packages[] = {
		make_deb("alpha", "Replaces: other, beta (<< 3)\n", "etc/shared", "of alpha"),
		make_deb("beta", "", "etc/shared", "of beta"),
	};
	struct debs autodebs debs = { 0 };
	(void)state;
	assert_int_equal(unpack_set(packages, 2, "replacing", &debs, NULL), 0);
	autofree char *text = got("replacing/etc/shared");
	assert_string_equal(text, "of alpha");
	assert_int_equal(dpkg_write(at("replacing"), &debs, NULL), 0);
	autofree char *list = got("replacing/var/lib/dpkg/info/beta.list");
	assert_string_equal(list, "/.\n/etc\n");
}

static void clashes_are_errors(void **state)
{
	struct package packages[] = {
		make_deb("alpha", "", "etc/shared", "of alpha"),
		make_deb("beta", "", "etc/shared", "of beta"),
	};
	struct debs autodebs debs = { 0 };
	struct error err = { 0 };
	(void)state;
	assert_int_equal(unpack_set(packages, 2, "clash", &debs, &err), -1);
	assert_string_equal(err.message, "packages alpha and beta both ship /etc/shared");
	error_clear(&err);
}

static void identity_is_checked(void **state)
{
	struct package package = make_deb("gamma", "", "etc/x", "x");
	struct debs autodebs debs = { 0 };
	struct error err = { 0 };
	(void)state;
	package.version = "2";
	assert_int_equal(unpack_set(&package, 1, "lies", &debs, &err), -1);
	assert_string_equal(err.message, "package gamma 2: is gamma 1 amd64 inside");
	error_clear(&err);
}

static void diverted_files_move(void **state)
{
	struct package package = make_deb("delta", "", "etc/tool", "of delta");
	const struct package_set set = { .items = &package, .count = 1 };
	autofree char *path = text_copy(at("store"));
	const struct store store = { .path = path };
	struct diversions diversions = { 0 };
	struct debs autodebs debs = { 0 };
	(void)state;
	put("diverted/var/lib/dpkg/diversions", "/etc/tool\n/etc/tool.real\nother\n");
	assert_int_equal(dpkg_diversions(at("diverted"), &diversions, NULL), 0);
	assert_int_equal(debs_load(&store, &set, &debs, NULL), 0);
	assert_int_equal(debs_unpack(&debs, at("diverted"), false, &diversions, NULL), 0);
	autofree char *text = got("diverted/etc/tool.real");
	assert_string_equal(text, "of delta");
	assert_false(path_exists(at("diverted/etc/tool")));
	diversions_clear(&diversions);
	free((void *)package.sha256);
}

static void relations_are_read(void **state)
{
	static const char stanza[] = "Package: a\nDepends: b (>= 1),\n c | d\nVersion: 2\n";
	(void)state;
	autofree char *depends = control_field(stanza, "depends"), *missing = control_field(stanza, "Pre");
	assert_string_equal(depends, "b (>= 1),\n c | d");
	assert_null(missing);
	assert_true(relation_names(depends, "b"));
	assert_true(relation_names(depends, "d"));
	assert_false(relation_names("libb, b-dev, bb", "b"));
	assert_true(relation_names("libb, b:any", "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_database_is_written),
		cmocka_unit_test(the_replacing_package_owns),
		cmocka_unit_test(clashes_are_errors),
		cmocka_unit_test(identity_is_checked),
		cmocka_unit_test(diverted_files_move),
		cmocka_unit_test(relations_are_read),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
