/* What a saved file asks for, in the project itself: the demo's components as they are. And the script that does it, run by
 * sh with stand-ins for systemd's tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "commands/dev_script.h"
#include "commands/dev_work.h"

static struct catalogue *catalogue;
static struct arena *arena;
static struct plan plan;

static int load(void **state)
{
	struct diagnostics mistakes = {0};

	(void)state;
	arena = arena_new();
	assert_int_equal(catalogue_load("recipes/demo.yaml", NULL, &catalogue, &mistakes), 0);
	assert_int_equal(plan_components(catalogue, arena, &plan, &mistakes), 0);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	catalogue_free(catalogue);
	arena_free(arena);
	return 0;
}

static void add(struct buffer *text, const char *name, const struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		buffer_format(text, "%s%s %s", text->length ? "; " : "", name, list->items[i]);
}

/* One line: "restart nginx.service; note …". */
static char *work_of(const char *owner, const char *to, bool unit, bool gone)
{
	struct dev_change change = {.to = (char *)to, .from = gone ? NULL : (char *)"x", .owner = owner, .unit = unit};
	struct dev_changes changes = {.items = &change, .count = 1};
	autowork struct dev_work work = {0};
	struct buffer text = {0};

	dev_work_find(&plan, &changes, &work);
	add(&text, "verify", &work.verify);
	add(&text, "restart", &work.restart);
	add(&text, "start", &work.start);
	add(&text, "reload", &work.reload);
	add(&text, "run", &work.run);
	add(&text, "note", &work.notes);
	if (work.provision)
		buffer_format(&text, "%sprovision", text.length ? "; " : "");
	assert_int_equal(work.units, unit);
	return buffer_steal(&text);
}

static void test_files(void **state)
{
	static const struct {
		const char *owner, *to, *work;
	} table[] = {
		{"reverse-proxy-nginx", "/usr/share/hie/page/style.css", ""},
		{"point-of-service-demo", "/usr/share/hie/point-of-service/app.js", ""},
		{"interoperability-layer-openhim", "/usr/share/hie/console/app.js", ""},
		{"reverse-proxy-nginx", "/usr/lib/hie/reverse-proxy-nginx/nginx.conf", "reload nginx.service"},
		{"interoperability-layer-openhim", "/usr/lib/hie/reverse-proxy-nginx/site.d/console.conf", "reload nginx.service"},
		{"interoperability-layer-openhim", "/usr/share/hie/page.d/interoperability-layer-openhim.yaml", "restart hie-page.service"},
		/* the unit names the folder; the store beside it does not */
		{"interoperability-layer-openhim", "/usr/lib/hie/interoperability-layer-openhim/channels.js", "restart openhim.service"},
		{"interoperability-layer-openhim", "/usr/lib/hie/interoperability-layer-openhim/openhim-import.json.in",
		 "restart openhim.service; provision"},
		/* the unit names the file itself */
		{"fhir-datastore-hapi-fhir", "/usr/lib/hie/fhir-datastore-hapi-fhir/ask-first", "restart hapi-fhir-first.service"},
		{"database-postgres", "/usr/lib/hie/database-postgres/postgresql.conf", "restart hie-postgresql.service"},
		/* nobody names it: all of the component's own, which are no additions to another's */
		{"interoperability-layer-openhim", "/usr/lib/elsewhere/file", "restart openhim-store.service; restart openhim.service"},
		{"hie-base", "/usr/lib/hie/wait-until-healthy", ""},
		{"hie-base", "/usr/lib/hie/chrony.conf", "restart chrony.service"},
		{"hie-base", "/usr/lib/tmpfiles.d/hie.conf", "run systemd-tmpfiles --create '/usr/lib/tmpfiles.d/hie.conf'"},
		{"hie-base", "/usr/lib/udev/rules.d/a\ntouch x", ""},
		{"hie-base", "/usr/lib/repart.d/50-data.conf", "note /usr/lib/repart.d/50-data.conf: it is read once, at the first start"},
		{"recipe", "/opt/x", "note /opt/x: only below /usr, /etc and /var a running box can be changed"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(table); i++) {
		autofree char *got = work_of(table[i].owner, table[i].to, false, false);
		assert_string_equal(got, table[i].work);
	}
}

static void test_units(void **state)
{
	static const struct {
		const char *to, *work, *gone;
	} table[] = {
		{"/usr/lib/systemd/system/openhim.service", "verify openhim.service; start openhim.service", "start openhim.service"},
		{"/usr/lib/systemd/system/nginx.service.d/hie.conf", "verify nginx.service; start nginx.service", "start nginx.service"},
		{"/usr/lib/systemd/system/hie-workflow@.service", "verify hie-workflow@.service", ""},
		{"/usr/lib/systemd/system/dbus.service.d/hie.conf",
		 "verify dbus.service; note /usr/lib/systemd/system/dbus.service.d/hie.conf: it counts when the box starts again",
		 "note /usr/lib/systemd/system/dbus.service.d/hie.conf: it counts when the box starts again"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(table); i++) {
		autofree char *got = work_of("hie-base", table[i].to, true, false);
		autofree char *gone = work_of("hie-base", table[i].to, true, true);
		assert_string_equal(got, table[i].work);
		assert_string_equal(gone, table[i].gone);
	}
}

/* ---- the script ---- */

/* Runs lines with the functions, in a tree of its own; systemctl and the others are what the test says. */
static char *run_script(const char *tree, const char *lines)
{
	struct buffer output = {0};
	autofree char *script = text_format(
		"%s\ndev=%s/dev\nmkdir -p $dev/new $dev/check\nchown() { :; }\n"
		"systemctl() { case $1 in is-active) cat '%s/is-active' ;; show) echo active ;; *) echo \"systemctl $*\" ;; esac; }\n"
		"timeout() { shift; [ ! -e \"$dev/check/bad.service\" ] || { echo \"$dev/check/bad.service:1: oh\"; return 1; }; }\n"
		"main() {\n%s\n}\nmain\n", dev_script_functions, tree, tree, lines);
	const char *const argv[] = {"sh", "-c", script, NULL};

	assert_int_equal(process_run(&(struct process){.argv = argv, .output = &output}, NULL, NULL), 0);
	return buffer_steal(&output);
}

static char *tree_of(const char *state)
{
	char *tree;
	assert_int_equal(directory_temporary("/tmp", "hiebox-dev-", &tree, NULL), 0);
	autofree char *answer = path_join(tree, "is-active");
	assert_int_equal(file_write_plain(answer, state, strlen(state), 0644, NULL), 0);
	return tree;
}

static void test_lay(void **state)
{
	autofree char *tree = tree_of("active\n"), *to = path_join(tree, "a b/it's; $(x)"), *link = path_join(tree, "link");
	char bytes[256];
	autobuffer struct buffer script = {0};
	struct dev_change file = {.to = to, .from = to, .owner = "x", .executable = true};
	struct dev_change symbolic = {.to = link, .from = link, .owner = "x", .link = true};
	struct dev_change gone = {.to = link, .owner = "x"};
	struct stat facts;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)i;
	dev_script_bytes(&script, 0, bytes, 100); /* in two pieces */
	dev_script_bytes(&script, 0, bytes + 100, sizeof bytes - 100);
	dev_script_bytes(&script, 1, "target", 6);
	dev_script_lay(&script, &file, 0);
	dev_script_lay(&script, &symbolic, 1);
	autofree char *said = run_script(tree, script.data);
	assert_string_equal(said, "@hiebox laid\n@hiebox laid\n");
	assert_true(file_has(to, bytes, sizeof bytes));
	assert_int_equal(stat(to, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0755);
	assert_int_equal(lstat(link, &facts), 0);
	assert_true(S_ISLNK(facts.st_mode));
	buffer_clear(&script);
	dev_script_lay(&script, &gone, 0);
	autofree char *removed = run_script(tree, script.data);
	assert_int_equal(lstat(link, &facts), -1);
	tree_remove(tree, NULL);
}

/* A unit with a mistake stays as it is, and is not restarted; the others go on. */
static void test_judge(void **state)
{
	autofree char *tree = tree_of("active\n");
	autobuffer struct buffer staged = {0}, lay = {0}, script = {0};
	autowork struct dev_work work = {.units = true};
	struct dev_change change = {.to = (char *)"/usr/lib/systemd/system/bad.service", .from = (char *)"x", .unit = true};

	(void)state;
	strings_add(&work.verify, "bad.service");
	strings_add(&work.start, "bad.service");
	strings_add(&work.restart, "good.service");
	dev_script_bytes(&script, 0, "[Unit]", 6);
	dev_script_stage(&staged, &change, 0);
	dev_script_lay(&lay, &change, 0);
	dev_script_work(&script, staged.data, lay.data, &work);
	autofree char *said = run_script(tree, script.data);
	assert_string_equal(said, "@hiebox refused bad.service\nbad.service:1: oh\nsystemctl daemon-reload\n"
			    "systemctl reset-failed good.service\nsystemctl --no-block restart good.service\n@hiebox unit good.service active restarted\n");
	tree_remove(tree, NULL);
}

/* What does not run is not started by a change of what it reads. */
static void test_idle(void **state)
{
	autofree char *tree = tree_of("inactive\n");
	autobuffer struct buffer script = {0};
	autowork struct dev_work work = {0};

	(void)state;
	strings_add(&work.restart, "idle.service");
	strings_add(&work.reload, "idle.service");
	dev_script_work(&script, "", "", &work);
	autofree char *said = run_script(tree, script.data);
	assert_string_equal(said, "");
	tree_remove(tree, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files), cmocka_unit_test(test_units), cmocka_unit_test(test_lay),
		cmocka_unit_test(test_judge), cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
