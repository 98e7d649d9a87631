/* Status: facts in, one state and one sentence out. */
#include "tree.h"

#include "agent/status.h"

/* One unit's facts as a test writes them down. */
struct facts {
	const char *load, *active, *sub, *result;
	bool job;
	unsigned restarts;
	int64_t active_seconds;
	const char *unanswered;
	const char *url;
	enum health health;
	const char *sentence;
};

static const struct facts cases[] = {
	{ "loaded", "active", "running", "success", false, 0, 500, NULL, "http://x", HEALTH_OK,
	  "Store runs and answers." },
	{ "loaded", "active", "running", "success", false, 0, 500, NULL, NULL, HEALTH_OK, "Store runs." },
	{ "loaded", "active", "running", "success", false, 0, 5, "refused", "http://x", HEALTH_STARTING,
	  "s.service has started but does not answer yet: refused." },
	{ "loaded", "active", "running", "success", false, 0, 500, "refused", "http://x", HEALTH_DEGRADED,
	  "s.service runs but does not answer as it should: refused." },
	{ "loaded", "activating", "start", "success", false, 0, -1, NULL, "http://x", HEALTH_STARTING,
	  "s.service is starting." },
	{ "loaded", "activating", "auto-restart", "exit-code", false, 1, -1, NULL, "http://x", HEALTH_STARTING,
	  "s.service stopped by itself and is being started again (1 times so far)." },
	{ "loaded", "activating", "start", "success", false, 9, -1, NULL, "http://x", HEALTH_DEGRADED,
	  "s.service stopped by itself and is being started again (9 times so far)." },
	{ "loaded", "inactive", "dead", "success", true, 0, -1, NULL, "http://x", HEALTH_STARTING,
	  "s.service waits for its turn to start." },
	{ "loaded", "inactive", "dead", "success", false, 0, -1, NULL, "http://x", HEALTH_FAILED,
	  "s.service does not run. See: journalctl -u s.service" },
	{ "loaded", "failed", "failed", "oom-kill", false, 0, -1, NULL, "http://x", HEALTH_FAILED,
	  "s.service failed (oom-kill). See: journalctl -u s.service" },
	{ "loaded", "failed", "failed", "exit-code", true, 0, -1, NULL, "http://x", HEALTH_STARTING,
	  "s.service waits for its turn to start." },
	{ "not-found", "inactive", "dead", "success", false, 0, -1, NULL, "http://x", HEALTH_FAILED,
	  "s.service is missing on this box." },
	{ "masked", "inactive", "dead", "success", false, 0, -1, NULL, "http://x", HEALTH_FAILED,
	  "s.service has been switched off." },
	{ "loaded", "deactivating", "stop", "success", false, 0, -1, NULL, "http://x", HEALTH_STARTING,
	  "s.service is stopping." },
	{ NULL, NULL, NULL, NULL, false, 0, -1, NULL, NULL, HEALTH_FAILED,
	  "s.service does not run. See: journalctl -u s.service" },
};

static struct unit_state unit_of(const struct facts *facts)
{
	return (struct unit_state){ .load = text_copy(facts->load), .active = text_copy(facts->active),
				    .sub = text_copy(facts->sub), .result = text_copy(facts->result),
				    .job = facts->job, .restarts = facts->restarts,
				    .active_seconds = facts->active_seconds };
}

static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct box_health check = { .unit = "s.service", .url = cases[i].url, .status = 200 };
		struct unit_state unit = unit_of(&cases[i]);
		autofree char *text = NULL;
		enum health health = status_judge("Store", &check, &unit, cases[i].unanswered, &text);
		assert_string_equal(text, cases[i].sentence);
		assert_int_equal(health, cases[i].health);
		unit_state_clear(&unit);
	}
}

static int give_unit(void *context, const char *name, struct unit_state *ret, struct error *err)
{
	const struct facts *facts = context;
	assert_string_equal(name, "store.service");
	if (!facts)
		return error_set(err, "no bus");
	*ret = unit_of(facts);
	return 0;
}

static int give_probe(void *context, const struct box_health *health, struct error *err)
{
	const struct facts *facts = context;
	assert_string_equal(health->url, "http://127.0.0.1:3447/");
	return facts->unanswered ? error_set(err, "%s", facts->unanswered) : 0;
}

/* The status of the test tree's box, as text. */
static char *whole(char *root, const struct facts *facts, enum health expected, bool json)
{
	autobox struct box *box = NULL;
	struct error err = { 0 };
	autofree char *path = tree_path(root, "/usr/lib/hie/box.json");
	assert_int_equal(box_load(path, &box, &err), 0);
	struct status_source source = { .unit = give_unit, .probe = give_probe, .context = (void *)(uintptr_t)facts };
	struct status status;
	status_collect(root, box, &source, &status);
	assert_int_equal(status.health, expected);
	char *text = status_text(&status, json);
	status_clear(&status);
	return text;
}

static void test_whole(void **state)
{
	(void)state;
	char *root = tree_new();
	tree_write(root, "/var/empty", "", 0644);
	tree_write(root, "/proc/meminfo", "MemTotal: 3000000 kB\nMemFree: 1 kB\nMemAvailable: 2000000 kB\n", 0644);
	autofree char *good = whole(root, &cases[0], HEALTH_OK, false);
	assert_true(text_starts(good, "testbox: Everything runs.\n  ok        FHIR store runs and answers.\n"
				      "  ok        Tools is installed.\n"
				      "Storage: "));
	autofree char *json = whole(root, &cases[0], HEALTH_OK, true);
	assert_non_null(strstr(json, "\"state\": \"ok\""));
	assert_non_null(strstr(json, "\"size\": 3072000000"));
	assert_non_null(strstr(json, "\"rescue\": null"));
	autofree char *bad = whole(root, &cases[9], HEALTH_FAILED, false);
	assert_true(text_starts(bad, "testbox: Something does not run (FHIR store).\n  failed    store.service failed"));
	autofree char *no_bus = whole(root, NULL, HEALTH_FAILED, false);
	assert_non_null(strstr(no_bus, "The state of store.service cannot be read: no bus."));
	tree_write(root, "/proc/meminfo", "MemTotal: 3000000 kB\nMemAvailable: 20000 kB\n", 0644);
	autofree char *low = whole(root, &cases[0], HEALTH_DEGRADED, false);
	assert_non_null(strstr(low, "Memory is short"));
	tree_write(root, "/var/lib/hie/provision-error", "Making the databases failed: x\nmore\n", 0644);
	autofree char *half = whole(root, &cases[0], HEALTH_FAILED, false);
	assert_non_null(strstr(half, "The first start did not finish: Making the databases failed: x\n"));
	tree_write(root, "/run/hie/rescue", "The storage could not be read.\n", 0644);
	autofree char *rescue = whole(root, NULL, HEALTH_FAILED, false);
	assert_true(text_starts(rescue, "testbox: The box is in rescue mode: The storage could not be read.\n"
					"  failed    FHIR store is not started in rescue mode.\n"));
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
