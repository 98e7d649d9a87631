/* The watcher over a real tree: what editors do to files, and what must come of it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "commands/dev_watch.h"

struct project {
	char *root;
	char *paths[5];
	struct dev_folder folders[5];
	struct dev_watch *watch;
};

static char *at(const struct project *place, const char *relative)
{
	return path_join(place->root, relative);
}

static void put(const struct project *place, const char *relative, const char *text)
{
	autofree char *path = at(place, relative), *folder = path_directory(path);

	assert_int_equal(directory_make(folder, 0755, NULL), 0);
	assert_int_equal(file_write_plain(path, text, strlen(text), 0644, NULL), 0);
}

static void move(const struct project *place, const char *from, const char *to)
{
	autofree char *source = at(place, from), *target = at(place, to);

	assert_int_equal(rename(source, target), 0);
}

static void drop(const struct project *place, const char *relative)
{
	autofree char *path = at(place, relative);

	assert_int_equal(tree_remove(path, NULL), 0);
}

/* Two components with overlays and units, one that has nothing yet, and what comes later wins. */
static struct project *place_new(void)
{
	static const struct dev_folder parts[] = {
		{"overlays/base", "base", false}, {"overlays/web", "web", false}, {"overlays/late", "late", false},
		{"units/web", "web", true}, {"units/alone.service", "recipe", true},
	};
	struct project *place = calloc(1, sizeof *place);
	struct error err = {0};

	assert_int_equal(directory_temporary("/tmp", "hiebox-watch-", &place->root, NULL), 0);
	for (size_t i = 0; i < LENGTH(parts); i++) {
		place->paths[i] = at(place, parts[i].path);
		place->folders[i] = parts[i];
		place->folders[i].path = place->paths[i];
	}
	put(place, "overlays/base/usr/share/both", "base");
	put(place, "overlays/base/usr/share/page.d/base.yaml", "x");
	put(place, "overlays/web/usr/share/both", "web");
	put(place, "overlays/web/usr/lib/web/a.conf", "a");
	put(place, "units/web/web.service", "[Service]");
	put(place, "units/alone.service", "[Service]");
	autofree char *overlays = at(place, "overlays"), *units = at(place, "units");
	const char *const above[] = {overlays, units, NULL};
	assert_int_equal(dev_watch_open(place->folders, LENGTH(parts), above, &place->watch, &err), 0);
	return place;
}

static void place_free(struct project *place)
{
	dev_watch_close(place->watch);
	tree_remove(place->root, NULL);
	for (size_t i = 0; i < LENGTH(place->paths); i++)
		free(place->paths[i]);
	free(place->root);
	free(place);
}

/* What changed, one line: "web /usr/lib/web/a.conf, -base /x" (- gone, * executable, @ link, ! unit). */
static char *changed(struct project *place, double seconds)
{
	autochanges struct dev_changes changes = {0};
	struct buffer text = {0};
	struct error err = {0};
	double began = 0;

	assert_int_equal(dev_watch_wait(place->watch, seconds, &changes, &began, &err), 0);
	for (size_t i = 0; i < changes.count; i++) {
		const struct dev_change *one = &changes.items[i];
		buffer_format(&text, "%s%s%s%s%s%s %s", i ? ", " : "", one->from ? "" : "-", one->executable ? "*" : "",
			      one->link ? "@" : "", one->unit ? "!" : "", one->owner, one->to);
	}
	return buffer_steal(&text);
}

static void expect(struct project *place, const char *wanted)
{
	autofree char *got = changed(place, 2);

	assert_string_equal(got, wanted);
}

static void test_plain(void **state)
{
	struct project *place = place_new();

	(void)state;
	autofree char *nothing = changed(place, 0.05);
	assert_string_equal(nothing, "");
	put(place, "overlays/web/usr/lib/web/a.conf", "b");
	expect(place, "web /usr/lib/web/a.conf");
	put(place, "units/web/web.service", "[Service]\nUser=x");
	put(place, "units/alone.service", "[Unit]");
	expect(place, "!recipe /usr/lib/systemd/system/alone.service, !web /usr/lib/systemd/system/web.service");
	autofree char *path = at(place, "overlays/web/usr/lib/web/a.conf");
	put(place, "overlays/web/usr/lib/web/a.conf", "b"); /* written, but as it was */
	expect(place, "");
	assert_int_equal(chmod(path, 0755), 0);
	expect(place, "*web /usr/lib/web/a.conf");
	assert_int_equal(chmod(path, 0775), 0); /* the build makes 0755 of both */
	expect(place, "");
	drop(place, "overlays/web/usr/lib/web/a.conf");
	expect(place, "-*web /usr/lib/web/a.conf");
	place_free(place);
}

/* vim: the file is renamed away and written anew; gedit and sed -i: another is written and renamed over it; emacs: a
 * lock beside it. */
static void test_editors(void **state)
{
	struct project *place = place_new();

	(void)state;
	put(place, "overlays/web/usr/lib/web/4913", "");
	drop(place, "overlays/web/usr/lib/web/4913");
	move(place, "overlays/web/usr/lib/web/a.conf", "overlays/web/usr/lib/web/a.conf~");
	put(place, "overlays/web/usr/lib/web/a.conf", "vim");
	put(place, "overlays/web/usr/lib/web/.a.conf.swp", "vim");
	expect(place, "web /usr/lib/web/a.conf");
	drop(place, "overlays/web/usr/lib/web/a.conf~");
	put(place, "overlays/web/usr/lib/web/.goutputstream-AB12CD", "gedit");
	move(place, "overlays/web/usr/lib/web/.goutputstream-AB12CD", "overlays/web/usr/lib/web/a.conf");
	expect(place, "web /usr/lib/web/a.conf");
	put(place, "overlays/web/usr/lib/web/sedAbCdEf", "sed");
	move(place, "overlays/web/usr/lib/web/sedAbCdEf", "overlays/web/usr/lib/web/a.conf");
	expect(place, "web /usr/lib/web/a.conf");
	put(place, "overlays/web/usr/lib/web/#a.conf#", "emacs");
	autofree char *lock = at(place, "overlays/web/usr/lib/web/.#a.conf");
	assert_int_equal(symlink("nobody@nowhere.1", lock), 0);
	expect(place, "");
	place_free(place);
}

static void test_folders(void **state)
{
	struct project *place = place_new();

	(void)state;
	put(place, "overlays/web/etc/new/deep/er/file", "1");
	expect(place, "web /etc/new/deep/er/file");
	put(place, "overlays/web/etc/new/deep/er/file", "2"); /* the new folder is watched, too */
	expect(place, "web /etc/new/deep/er/file");
	move(place, "overlays/web/etc/new", "overlays/web/etc/other");
	expect(place, "-web /etc/new/deep/er/file, web /etc/other/deep/er/file");
	drop(place, "overlays/web/etc");
	expect(place, "-web /etc/other/deep/er/file");
	put(place, "overlays/late/usr/first", "1"); /* a component whose folder was not there */
	expect(place, "late /usr/first");
	put(place, "units/web/nginx.service.d/hie.conf", "[Unit]");
	put(place, "units/web/README", "no unit");
	expect(place, "!web /usr/lib/systemd/system/nginx.service.d/hie.conf");
	autofree char *link = at(place, "overlays/web/usr/lib/web/link");
	assert_int_equal(symlink("a.conf", link), 0);
	expect(place, "@web /usr/lib/web/link");
	place_free(place);
}

/* What a later folder hides has no effect; when that goes, it shows again. */
static void test_hidden(void **state)
{
	struct project *place = place_new();

	(void)state;
	put(place, "overlays/base/usr/share/both", "changed below");
	expect(place, "");
	drop(place, "overlays/web/usr/share/both");
	expect(place, "base /usr/share/both");
	drop(place, "overlays/base/usr/share/both");
	expect(place, "-base /usr/share/both");
	place_free(place);
}

/* More events than the kernel's queue holds (16384): none of them is needed. */
static void test_overflow(void **state)
{
	struct project *place = place_new();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		autofree char *name = text_format("overlays/web/usr/lib/web/f%d", i % 50);
		put(place, name, i % 2 ? "odd" : "even");
	}
	autochanges struct dev_changes changes = {0};
	double began = 0;
	assert_int_equal(dev_watch_wait(place->watch, 2, &changes, &began, NULL), 0);
	assert_int_equal(changes.count, 50);
	put(place, "overlays/web/usr/lib/web/a.conf", "after");
	autofree char *got = changed(place, 2);
	assert_non_null(strstr(got, "/a.conf"));
	place_free(place);
}

/* A burst is one change: 40 writes in 0.4 s. */
static void test_burst(void **state)
{
	struct project *place = place_new();
	pid_t writer = fork();

	(void)state;
	if (writer == 0) {
		for (int i = 0; i < 40; i++) {
			autofree char *text = text_format("%d", i);
			put(place, "overlays/web/usr/lib/web/a.conf", text);
			usleep(10000);
		}
		_exit(0);
	}
	expect(place, "web /usr/lib/web/a.conf");
	autofree char *more = changed(place, 0.3);
	assert_string_equal(more, "");
	place_free(place);
}

static void test_all(void **state)
{
	struct project *place = place_new();
	autochanges struct dev_changes changes = {0};

	(void)state;
	dev_watch_all(place->watch, &changes);
	assert_int_equal(changes.count, 5); /* `both` is one */
	place_free(place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_editors), cmocka_unit_test(test_folders),
		cmocka_unit_test(test_hidden), cmocka_unit_test(test_overflow), cmocka_unit_test(test_burst),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
