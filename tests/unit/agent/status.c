/* Status: facts in, one state and one sentence out. */
#include "tree.h"

#include "agent/language.h"
#include "agent/status.h"

/* One unit's facts as a test writes them down. */
struct facts {
	const char *load, *active, *sub, *result;
	bool job;
	unsigned restarts;
	int64_t seconds;
	const char *unanswered;
	const char *url;
	enum health health;
	const char *sentence;
};

#define RESTART " Restart it, or switch the box off and on again. (For experts: "
static const struct facts cases[] = {
	{ "loaded", "active", "running", "success", false, 0, 5, NULL, "http://x", HEALTH_OK, "FHIR store runs and answers." },
	{ "loaded", "active", "running", "success", false, 0, 5, NULL, NULL, HEALTH_OK, "FHIR store runs." },
	{ "loaded", "active", "running", "success", false, 0, 5, "refused", "http://x", HEALTH_STARTING,
	  "FHIR store has started but does not answer yet: refused." },
	{ "loaded", "active", "running", "success", false, 0, 500, "refused", "http://x", HEALTH_DEGRADED,
	  "FHIR store runs but does not answer as it should. Wait a few minutes, then restart it. (For experts: refused)" },
	{ "loaded", "activating", "start-post", "success", false, 0, 9, NULL, "http://x", HEALTH_STARTING,
	  "FHIR store is starting." },
	{ "loaded", "activating", "start-post", "success", false, 0, 200, NULL, "http://x", HEALTH_DEGRADED,
	  "FHIR store has been starting for 3 minutes, which is too long." RESTART "journalctl -u s.service)" },
	{ "loaded", "activating", "auto-restart", "exit-code", false, 2, 1, NULL, "http://x", HEALTH_STARTING,
	  "FHIR store stopped by itself and is being started again (2 times so far)." },
	{ "loaded", "activating", "auto-restart", "exit-code", false, 9, 1, NULL, "http://x", HEALTH_DEGRADED,
	  "FHIR store stops again and again (9 times so far). Switch the box off and on again; if that does not help, ask "
	  "somebody who knows it. (For experts: journalctl -u s.service)" },
	{ "loaded", "active", "running", "success", false, 9, 2, NULL, "http://x", HEALTH_DEGRADED,
	  "FHIR store stops again and again (9 times so far). Switch the box off and on again; if that does not help, ask "
	  "somebody who knows it. (For experts: journalctl -u s.service)" },
	{ "loaded", "active", "running", "success", false, 9, 200, NULL, "http://x", HEALTH_OK, "FHIR store runs and answers." },
	{ "loaded", "inactive", "dead", "success", true, 0, -1, NULL, "http://x", HEALTH_STARTING,
	  "FHIR store waits for its turn to start." },
	{ "loaded", "inactive", "dead", "success", false, 0, -1, NULL, "http://x", HEALTH_FAILED,
	  "FHIR store does not run." RESTART "journalctl -u s.service)" },
	{ "loaded", "failed", "failed", "oom-kill", false, 0, -1, NULL, "http://x", HEALTH_FAILED,
	  "FHIR store had too little memory and was stopped. Restart it; if this happens again, this machine is too small. "
	  "(For experts: oom-kill; journalctl -u s.service)" },
	{ "loaded", "failed", "failed", "timeout", false, 0, -1, NULL, "http://x", HEALTH_FAILED,
	  "FHIR store took too long and was stopped. Restart it; on a slow machine this may happen. "
	  "(For experts: timeout; journalctl -u s.service)" },
	{ "loaded", "failed", "failed", "exit-code", false, 0, -1, NULL, "http://x", HEALTH_FAILED,
	  "FHIR store has stopped with an error." RESTART "exit-code; journalctl -u s.service)" },
	{ "loaded", "failed", "failed", "exit-code", true, 0, -1, NULL, "http://x", HEALTH_STARTING,
	  "FHIR store waits for its turn to start." },
	{ "not-found", "inactive", "dead", "success", false, 0, -1, NULL, "http://x", HEALTH_FAILED,
	  "FHIR store is missing on this box: this image is damaged. Write it anew. (For experts: s.service)" },
	{ "masked", "inactive", "dead", "success", false, 0, -1, NULL, "http://x", HEALTH_FAILED,
	  "FHIR store has been switched off by somebody. (For experts: systemctl unmask s.service)" },
	{ "loaded", "deactivating", "stop", "success", false, 0, -1, NULL, "http://x", HEALTH_STARTING,
	  "FHIR store is stopping." },
	{ NULL, NULL, NULL, NULL, false, 0, -1, NULL, NULL, HEALTH_FAILED,
	  "FHIR store does not run." RESTART "journalctl -u s.service)" },
};
#define CASE_ERROR 14 /* that of the failed service */

static struct unit_state unit_of(const struct facts *facts)
{
	return (struct unit_state){ .load = text_copy(facts->load), .active = text_copy(facts->active),
				    .sub = text_copy(facts->sub), .result = text_copy(facts->result),
				    .job = facts->job, .restarts = facts->restarts,
				    .seconds = facts->seconds, .since = 1700000500 };
}

static void test_judge(void **state)
{
	(void)state;
	char *root = tree_new();
	autobox struct box *box = tree_load(root);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct box_health check = { .unit = "s.service", .url = cases[i].url, .status = 200 };
		struct unit_state unit = unit_of(&cases[i]);
		struct saying saying = { 0 };
		enum health health = status_judge("store", &check, &unit, cases[i].unanswered, &saying);
		autofree char *text = saying_text(&saying, NULL, box);
		assert_string_equal(text, cases[i].sentence);
		assert_int_equal(health, cases[i].health);
		saying_clear(&saying);
		unit_state_clear(&unit);
	}
	tree_free(root);
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

enum form { TEXT, FRENCH, JSON, LASTING };

/* The status of the test tree's box; caller frees. */
static char *whole(const char *root, const struct facts *facts, enum health expected, enum form form)
{
	autobox struct box *box = tree_load(root);
	struct status_source source = { .unit = give_unit, .probe = give_probe, .context = (void *)(uintptr_t)facts };
	struct status status;
	struct languages all;
	struct diagnostics mistakes = { 0 };
	languages_load("overlays/hie-base", &all, &mistakes);
	status_collect(root, box, &source, NULL, &status);
	assert_int_equal(status.health, expected);
	char *text = form < JSON ? status_text(&status, form == FRENCH ? languages_find(&all, "fr") : NULL)
		: status_json(&status, NULL, form == LASTING);
	status_clear(&status);
	languages_clear(&all);
	diagnostics_clear(&mistakes);
	return text;
}

/* As a whole it is `expected`, and the text says `words` somewhere. */
static void expect_words(const char *root, const struct facts *facts, enum health expected, const char *words)
{
	autofree char *text = whole(root, facts, expected, TEXT);
	if (!strstr(text, words))
		fail_msg("no %s in %s", words, text);
}

static char *tree_with_memory(void)
{
	char *root = tree_new();
	tree_write(root, "/var/empty", "", 0644);
	tree_write(root, "/proc/meminfo", "MemTotal: 3000000 kB\nMemFree: 1 kB\nMemAvailable: 2000000 kB\n", 0644);
	return root;
}

static void test_whole(void **state)
{
	(void)state;
	char *root = tree_with_memory();
	autofree char *good = whole(root, &cases[0], HEALTH_OK, TEXT);
	assert_true(text_starts(good, "testbox: Everything runs.\n  ok        FHIR store runs and answers.\n"
				      "  ok        Tools is installed.\n"
				      "Storage: "));
	autofree char *json = whole(root, &cases[0], HEALTH_OK, JSON);
	assert_non_null(strstr(json, "\"state\": \"ok\""));
	assert_non_null(strstr(json, "\"size\": 3072000000"));
	assert_non_null(strstr(json, "\"rescue\": null"));
	assert_non_null(strstr(json, "\"say\": \"OK\""));
	assert_non_null(strstr(json, "\"@store\""));
	assert_non_null(strstr(json, "\"since\": 1700000500"));
	autofree char *bad = whole(root, &cases[CASE_ERROR], HEALTH_FAILED, TEXT);
	assert_true(text_starts(bad, "testbox: Something does not run: FHIR store.\n  failed    FHIR store has stopped"));
	autofree char *french = whole(root, &cases[CASE_ERROR], HEALTH_FAILED, FRENCH);
	assert_true(text_starts(french, "testbox: Quelque chose ne fonctionne pas : Entrepôt.\n  failed    Entrepôt s’est"));
	expect_words(root, NULL, HEALTH_FAILED, "The state of FHIR store cannot be read: no bus.");
	tree_write(root, "/var/lib/hie/provision-error", "Making the databases failed: x\nmore\n", 0644);
	expect_words(root, &cases[0], HEALTH_FAILED,
		     "The first start did not finish: Making the databases failed: x\n");
	tree_write(root, "/run/hie/rescue", "The storage could not be read.\n", 0644);
	autofree char *rescue = whole(root, NULL, HEALTH_FAILED, TEXT);
	assert_true(text_starts(rescue, "testbox: The box is in rescue mode: The storage could not be read.\n"
					"  failed    FHIR store is not started in rescue mode.\n"));
	expect_words(root, &cases[0], HEALTH_FAILED, "  ok        FHIR store runs and answers.\n"); /* as the page does there */
	tree_free(root);
}

/* What is measured, and what is said about it. */
static void test_facts(void **state)
{
	(void)state;
	char *root = tree_with_memory();
	tree_write(root, "/proc/uptime", "125.30 200.00\n", 0644);
	tree_write(root, "/sys/class/thermal/thermal_zone0/temp", "47500\n", 0644);
	tree_write(root, "/sys/class/thermal/thermal_zone1/temp", "-274000\n", 0644);
	tree_write(root, "/sys/class/hwmon/hwmon0/temp1_input", "41000\n", 0644);
	tree_write(root, "/var/lib/hie/last-backup", "1700000100\n", 0644);
	tree_write(root, "/var/lib/hie/tls/server.made", "abc\n4102444800\nDNS:x\n", 0600);
	autofree char *json = whole(root, &cases[0], HEALTH_OK, JSON);
	static const char *const parts[] = { "\"uptime\": 125", "\"celsius\": 47", "\"hot\": 85",
		"\"last-backup\": 1700000100", "\"certificate-end\": 4102444800", "\"notes\": []", "\"mistakes\": []" };
	for (size_t i = 0; i < LENGTH(parts); i++)
		if (!strstr(json, parts[i]))
			fail_msg("no %s in %s", parts[i], json);
	/* what changes by itself is not in the lasting text */
	autofree char *before = whole(root, &cases[0], HEALTH_OK, LASTING);
	tree_write(root, "/proc/uptime", "126.30 201.00\n", 0644);
	tree_write(root, "/proc/meminfo", "MemTotal: 3000000 kB\nMemAvailable: 2000400 kB\n", 0644);
	autofree char *after = whole(root, &cases[0], HEALTH_OK, LASTING);
	assert_string_equal(before, after);
	tree_write(root, "/sys/class/thermal/thermal_zone0/temp", "91000\n", 0644);
	autofree char *hot = whole(root, &cases[0], HEALTH_DEGRADED, TEXT);
	assert_true(text_starts(hot, "testbox: The box is too hot (91 °C)."));
	tree_write(root, "/sys/class/thermal/thermal_zone0/temp", "41000\n", 0644);
	tree_write(root, "/proc/meminfo", "MemTotal: 3000000 kB\nMemAvailable: 20000 kB\n", 0644);
	expect_words(root, &cases[0], HEALTH_DEGRADED, "Memory is short");
	tree_write(root, "/proc/meminfo", "MemTotal: 3000000 kB\nMemAvailable: 2000000 kB\n", 0644);
	tree_write(root, "/var/lib/hie/tls/server.made", "abc\n1700000000\nDNS:x\n", 0600);
	expect_words(root, &cases[0], HEALTH_DEGRADED, "The certificate of the box is over");
	tree_write(root, "/var/lib/hie/tls/server.made", "\n", 0600);
	tree_write(root, "/var/lib/hie/configuration-mistakes", "hiebox.conf:3:7: name: too long\nhiebox.conf:4:1: x\n", 0644);
	expect_words(root, &cases[0], HEALTH_DEGRADED,
		     "A line of hiebox.conf on the card does not count: hiebox.conf:3:7: name: too long\n");
	tree_free(root);
}

/* A clock before the image was made cannot be right. */
static void test_clock(void **state)
{
	(void)state;
	char *root = tree_with_memory();
	autofree char *path = tree_path(root, "/usr/lib/hie/box.json");
	autofree char *text = tree_read(root, "/usr/lib/hie/box.json");
	memcpy(strstr(text, "1700000000"), "3700000000", 10);
	tree_write(root, "/usr/lib/hie/box.json", text, 0644);
	expect_words(root, &cases[0], HEALTH_DEGRADED, "which cannot be right. Set it on the page");
	tree_free(root);
}

/* Without a box.json that can be read there is still a status, which says so. */
static void test_unknown(void **state)
{
	(void)state;
	char *root = tree_with_memory();
	autobox struct box *box = box_unknown();
	struct status_source source = { 0 };
	struct status status;
	status_collect(root, box, &source, "box.json:1:2: expected something", &status);
	autofree char *text = status_text(&status, NULL);
	assert_int_equal(status.health, HEALTH_FAILED);
	assert_true(text_starts(text, "hiebox: The description of this box cannot be used: box.json:1:2: expected"));
	status_clear(&status);
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
