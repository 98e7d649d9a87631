/* Time-outs on slow machines: time spans are read as systemd reads them, drop-ins multiply them. */
#include "tree.h"

#include "agent/timescale.h"

static void test_spans(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t seconds_times_1000; /* 0: an error */
	} cases[] = {
		{ "90", 90000 }, { "5min 20s", 320000 }, { "1h", 3600000 }, { " 2 min ", 120000 }, { "1.5s", 1500 },
		{ "250ms", 250 }, { "1d", 86400000 }, { "", 0 }, { "x", 0 }, { "5 parsecs", 0 }, { "-5", 0 },
		{ "1..5", 0 }, { ".", 0 }, { "infinityx", 0 }, { "99999999999999999999", 0 },
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint64_t span = 0;
		int result = timespan_parse(cases[i].text, &span);
		assert_int_equal(result, cases[i].seconds_times_1000 ? 0 : -1);
		assert_int_equal(span, cases[i].seconds_times_1000 * 1000);
	}
	uint64_t span = 0;
	assert_int_equal(timespan_parse("infinity", &span), 0);
	assert_true(span == UINT64_MAX);
}

static void test_read(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		unsigned scale;
	} cases[] = {
		{ "quiet hie.timescale=12 ro\n", 12 }, { "hie.timescale=0\n", 1 }, { "hie.timescale=101\n", 1 },
		{ "hie.timescale=x\n", 1 }, { "xhie.timescale=5\n", 1 }, { "", 1 }, { "hie.timescale=100", 100 },
		{ "hie.timescale=2 hie.timescale=3", 3 },
	};
	char *root = tree_new();
	assert_int_equal(timescale_read(root), 1);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		tree_write(root, "/proc/cmdline", cases[i].line, 0444);
		assert_int_equal(timescale_read(root), cases[i].scale);
	}
	/* a virtual machine's credential, over which the kernel command line has the last word */
	tree_write(root, "/proc/cmdline", "ro\n", 0444);
	tree_write(root, "/run/credentials/@system/hie.timescale", "7\n", 0400);
	assert_int_equal(timescale_read(root), 7);
	tree_write(root, "/proc/cmdline", "hie.timescale=9\n", 0444);
	assert_int_equal(timescale_read(root), 9);
	tree_free(root);
}

static void test_generate(void **state)
{
	(void)state;
	char *root = tree_new();
	autobox struct box *box = tree_load(root);
	struct error err = { 0 };
	autofree char *out = tree_path(root, "/out");
	tree_write(root, "/usr/lib/systemd/system/store.service",
		   "[Unit]\nTimeoutStartSec=1\n[Service]\nType=notify\nTimeoutStartSec=5min\n", 0644);
	tree_write(root, "/etc/systemd/system/store.service.d/x.conf", "[Service]\nTimeoutStopSec=7\n", 0644);
	tree_write(root, "/usr/lib/systemd/system/hie-one.service", "[Service]\nType=oneshot\n", 0644);
	tree_write(root, "/usr/lib/systemd/system/hie-two.service", "[Service]\nTimeoutSec=infinity\nWatchdogSec=3min\n", 0644);
	tree_write(root, "/usr/lib/systemd/system/hie-x.target", "[Unit]\n", 0644);
	assert_int_equal(timescale_generate(root, box, out, &err), 0);
	assert_false(path_exists(out)); /* a scale of 1 leaves nothing */
	tree_write(root, "/proc/cmdline", "hie.timescale=10\n", 0644);
	assert_int_equal(timescale_generate(root, box, out, &err), 0);
	autofree char *store = tree_read(root, "/out/store.service.d/90-hie-timescale.conf");
	autofree char *one = tree_read(root, "/out/hie-one.service.d/90-hie-timescale.conf");
	autofree char *two = tree_read(root, "/out/hie-two.service.d/90-hie-timescale.conf");
	autofree char *target = tree_read(root, "/out/hie-x.target.d/90-hie-timescale.conf");
	assert_string_equal(store, "# hie.timescale\n[Service]\nTimeoutStartSec=3000000000us\n"
				   "TimeoutStopSec=70000000us\n");
	assert_string_equal(one, "# hie.timescale\n[Service]\nTimeoutStopSec=900000000us\n");
	assert_string_equal(two, "# hie.timescale\n[Service]\nWatchdogSec=1800000000us\n");
	assert_null(target);
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_generate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
