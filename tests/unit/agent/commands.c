/* The command line: what is refused, what is asked, and the generator that never fails. */
#include "tree.h"

#include <fcntl.h>

#include "agent/agent.h"

/* Runs the program in a process of its own with `input` on standard input; both outputs in `*ret_text`
 * (caller frees). The exit status. */
static int run(const char *root, const char *const *argv, const char *input, char **ret_text)
{
	autofree char *in = tree_path(root, "/in");
	autofree char *out = tree_path(root, "/out");
	tree_write(root, "/in", input, 0600);
	pid_t pid = fork();
	if (pid == 0) {
		tree_child();
		int argc = 0;
		int from = open(in, O_RDONLY), to = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (dup2(from, 0) < 0 || dup2(to, 1) < 0 || dup2(to, 2) < 0)
			_exit(99);
		while (argv[argc])
			argc++;
		int status = agent_run(argc, (char *const *)(uintptr_t)argv);
		fflush(NULL);
		_exit(status);
	}
	int status = tree_wait(pid);
	assert_true(WIFEXITED(status));
	*ret_text = tree_read(root, "/out");
	return WEXITSTATUS(status);
}

static void expect(const char *root, const char *const *argv, const char *input, int status, const char *text)
{
	autofree char *said = NULL;
	int got = run(root, argv, input, &said);
	if (got != status || !strstr(said, text))
		fail_msg("%s: exit status %d, said: %s", argv[1], got, said);
}

#define RUN(...) ((const char *const[]){ "hie", __VA_ARGS__, NULL })

static void test_usage(void **state)
{
	(void)state;
	char *root = tree_new();
	autofree char *option = text_format("--root=%s", root);
	expect(root, RUN("help"), "", 0, "credentials");
	expect(root, RUN("help", "status"), "", 0, "--wait");
	expect(root, RUN("status", "--help"), "", 0, "--wait");
	expect(root, RUN("--help"), "", 0, "provision");
	expect(root, RUN("help", "nonsense"), "", 2, "there is no command");
	expect(root, RUN("provison"), "", 2, "provision");
	expect(root, RUN("status", "--jsno"), "", 2, "--json");
	expect(root, RUN("status", option, "--wait", "soon"), "", 2, "expected seconds");
	expect(root, RUN("status", option, "--language", "xx"), "", 2, "--language: expected one of en, got \"xx\"");
	expect(root, RUN("logs", option, "--lines=none"), "", 2, "--lines: expected a number");
	expect(root, RUN("logs", option, "stroe"), "", 2, "did you mean store?");
	expect(root, RUN("logs", option, "tools"), "", 2, "has no logs");
	expect(root, RUN("status", option, "--watched"), "", 1, "its state is not known yet");
	tree_write(root, "/run/hie/status.json", "{\"state\":\"degraded\",\"say\":\"BOX_DEGRADED\",\"with\":[\"@store\"],"
		   "\"components\":[{\"state\":\"starting\",\"say\":\"STARTING\",\"with\":[\"@store\"]}]}", 0644);
	expect(root, RUN("status", option, "--watched"), "", 1,
	       "testbox: The box runs, but not everything is well: FHIR store.\n  starting  FHIR store is starting.\n");
	expect(root, RUN("status", option, "--watched", "--json"), "", 1, "\"say\":\"BOX_DEGRADED\"");
	/* a remark does not go away by waiting, and is no reason to call a start incomplete */
	tree_write(root, "/run/hie/status.json", "{\"state\":\"degraded\",\"say\":\"BOX_OK\",\"with\":[],\"rescue\":null,"
		   "\"components\":[{\"id\":\"store\",\"state\":\"ok\",\"say\":\"OK\",\"with\":[\"@store\"]}]}", 0644);
	expect(root, RUN("status", option, "--watched", "--wait", "3600"), "", 1, "Everything runs.");
	expect(root, RUN("status", option, "--watched", "--wait", "3600", "--running"), "", 0, "Everything runs.");
	tree_write(root, "/run/hie/status.json", "{\"state\":\"starting\",\"say\":\"BOX_STARTING\",\"with\":[],"
		   "\"components\":[{\"id\":\"store\",\"state\":\"starting\",\"say\":\"STARTING\",\"with\":[\"@store\",\"s\"]}]}", 0644);
	expect(root, RUN("status", option, "--watched", "--wait", "1", "--running"), "", 1, "The box is starting.");
	tree_write(root, "/run/hie/status.json", "{\"state\":\"ok\",\"say\":\"BOX_OK\",\"with\":[]}", 0644);
	expect(root, RUN("status", option, "--watched", "--wait=5"), "", 0, "testbox: Everything runs.\n");
	expect(root, RUN("watch", option, "more"), "", 2, "watch");
	expect(root, RUN("version"), "", 0, "hie ");
	expect(root, RUN("credentials", option), "", 1, "The box has not finished its first start");
	expect(root, RUN("credentials", option, "--box=/nowhere.json"), "", 1, "cannot be used");
	expect(root, RUN("provision", option, "--box=/nowhere.json"), "", 1, "cannot be used");
	tree_free(root);
}

static void test_reset(void **state)
{
	(void)state;
	char *root = tree_new();
	autofree char *option = text_format("--root=%s", root);
	autofree char *marker = tree_path(root, "/run/hie/data/reset-requested");
	expect(root, RUN("reset", option, "--yes", "--no-reboot"), "", 1, "nothing to reset");
	tree_write(root, "/run/hie/data/x", "", 0600);
	expect(root, RUN("reset", option, "--no-reboot"), "no\n", 1, "Nothing was changed");
	expect(root, RUN("reset", option, "--no-reboot"), "", 1, "Nothing was changed");
	assert_false(path_exists(marker));
	expect(root, RUN("reset", option, "--no-reboot"), "yes\n", 0, "as new");
	assert_true(path_exists(marker));
	expect(root, RUN("reset", option, "--no-reboot", "--yes"), "", 0, "as new");
	tree_free(root);
}

static void test_reset_data(void **state)
{
	(void)state;
	char *root = tree_new();
	autofree char *option = text_format("--root=%s", root);
	autofree char *wish = tree_path(root, "/var/lib/hie/fresh-data");
	autofree char *everything = tree_path(root, "/run/hie/data/reset-requested");
	tree_write(root, "/run/hie/data/x", "", 0600);
	tree_write(root, "/var/lib/hie/x", "", 0600);
	expect(root, RUN("reset", option, "--data", "--no-reboot"), "no\n", 1, "Passwords and certificates stay. Type yes to go on: Nothing was changed");
	assert_false(path_exists(wish));
	expect(root, RUN("reset", option, "--data", "--no-reboot"), "yes\n", 0, "as at the first start");
	assert_true(path_exists(wish));
	expect(root, RUN("reset", option, "--data", "--no-reboot", "--yes"), "", 0, "as at the first start");
	assert_false(path_exists(everything));
	tree_free(root);
}

/* systemd calls a generator with three directories; a broken box must still boot. */
static void test_generator(void **state)
{
	(void)state;
	char *root = tree_new();
	autofree char *option = text_format("--root=%s", root);
	autofree char *normal = tree_path(root, "/normal");
	autofree char *dropin = tree_path(root, "/normal/store.service.d/90-hie-timescale.conf");
	tree_write(root, "/proc/cmdline", "hie.timescale=3", 0644);
	tree_write(root, "/usr/lib/systemd/system/store.service", "[Service]\n", 0644);
	expect(root, RUN("timescale-generator", option, normal, "/early", "/late"), "", 0, "");
	assert_true(path_exists(dropin));
	expect(root, ((const char *const[]){ "/x/hie-timescale", normal, "/early", "/late", NULL }), "", 0, "");
	tree_write(root, "/usr/lib/hie/box.json", "{", 0644);
	expect(root, RUN("timescale-generator", option, normal), "", 0, "hie-timescale: ");
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_reset_data),
		cmocka_unit_test(test_generator),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
