/* Workflows on the box: `hie workflow`, the control action, and the pages, against what hostile servers answered. */
#include "tree.h"

#include <fcntl.h>

#include "../../support/answer_server.h"
#include "agent/agent.h"
#include "agent/control_serve.h"
#include "agent/page.h"
#include "agent/workflows.h"

#define HEAD "architecture: \"4.0\"\ntitle: { en: \"A <story>\", fr: Une histoire }\nneeds: [store]\n" \
	     "actors: { clinic: point-of-service, exchange: interoperability-layer }\n"
#define STEP "steps:\n  - tell: { en: \"It <asks>\", fr: Elle demande }\n    from: clinic\n    to: exchange\n    as: clinic\n" \
	     "    request: { method: GET, path: /x }\n    expect: { status: 200, json: { /a: 1 } }\n"

static const char box_text[] =
	"{ \"format\": 1, \"recipe\": \"demo\", \"summary\": \"s\", \"mode\": \"training\", \"built\": 1700000000,\n"
	"  \"site\": { \"name\": \"testbox\", \"languages\": [\"en\", \"fr\"] },\n"
	"  \"components\": [ { \"id\": \"store\", \"title\": {\"en\": \"Layer\"}, \"provides\": [\"interoperability-layer\"],\n"
	"    \"secrets\": [ {\"name\": \"clinic\", \"kind\": \"hex\", \"user\": \"clinic-a\", \"for\": \"person\", \"title\": {\"en\": \"Clinic\"}},\n"
	"      {\"name\": \"layer-root\", \"kind\": \"hex\", \"user\": \"root@box\", \"for\": \"person\", \"title\": {\"en\": \"Root\"}},\n"
	"      {\"name\": \"database\", \"kind\": \"hex\", \"user\": \"layer\", \"for\": \"service\"} ] },\n"
	"   { \"id\": \"base\", \"title\": {\"en\": \"Base\"},\n"
	"    \"secrets\": [ {\"name\": \"admin\", \"kind\": \"hex\", \"user\": \"admin\", \"for\": \"person\", \"title\": {\"en\": \"A\"}} ] } ] }\n";

static const char story[] = "workflow: story\n" HEAD STEP;
static const char other[] = "workflow: other\narchitecture: \"4.0\"\ntitle: { en: Other }\nneeds: [shared-health-record]\n"
			    "actors: { clinic: point-of-service, exchange: interoperability-layer }\n"
			    "steps:\n  - tell: { en: Asks }\n    from: clinic\n    to: exchange\n"
			    "    request: { method: GET, path: /x }\n    expect: { status: 200 }\n";
/* What a player wrote of a server that hates this page. */
static const char evil[] =
	"{\"format\":1,\"workflow\":\"story\",\"verdict\":\"failed\",\"state\":\"ended\",\"began\":\"<b>\",\"steps\":[{\"number\":1,"
	"\"tell\":{\"en\":\"<script>1\"},\"from\":\"<i>\",\"to\":\"</li>\",\"verdict\":\"failed\",\"milliseconds\":5,"
	"\"request\":{\"method\":\"GET\",\"path\":\"/\\\"><script>\",\"headers\":[\"<h>\"]},"
	"\"answer\":{\"status\":200,\"headers\":[\"x: <script>\"],\"body\":\"{\\\"a\\\":\\\"<script>alert(1)\\\"}\",\"length\":9,"
	"\"cut\":true},\"failures\":[{\"kind\":\"json\",\"how\":\"is\",\"at\":\"/a<\",\"expected\":\"1\",\"got\":\"<script>\"},"
	"{\"kind\":\"nonsense\"},{}],\"diagnostics\":\"<script>said\"}],\"cleanup\":[{\"verdict\":\"passed\"}]}";

static struct {
	char *root;
	struct box *box;
	struct page_site site;
	char asked[64], started[64];
} here;

static int ask(void *context, const struct json *request, struct document **ret_answer, struct error *err)
{
	(void)context, (void)err;
	autofree char *text = json_write(request, true);
	autodocument struct document *question = document_json_or_null(text, strlen(text));
	const char *no = "{\"ok\":false,\"login\":true,\"say\":\"PAGE_REFUSED\",\"with\":[]}";
	bool play = text_equal(node_text(document_root(question), "do", ""), "workflow");
	if (play)
		snprintf(here.asked, sizeof here.asked, "%s", node_text(document_root(question), "workflow", ""));
	*ret_answer = play ? document_json_or_null("{\"ok\":true}", 11) : document_json_or_null(no, strlen(no));
	return 0;
}

static int set_up(void **state)
{
	struct diagnostics mistakes = { 0 };
	(void)state;
	memset(&here, 0, sizeof here);
	here.root = tree_new();
	tree_write(here.root, "/usr/lib/hie/box.json", box_text, 0644);
	tree_write(here.root, WORKFLOWS_FOLDER "/story.yaml", story, 0644);
	tree_write(here.root, WORKFLOWS_FOLDER "/other.yaml", other, 0644);
	tree_write(here.root, WORKFLOWS_FOLDER "/broken.yaml", "workflow: broken\n", 0644);
	tree_write(here.root, "/var/lib/hie/secrets/clinic", "very-secret\n", 0600);
	tree_write(here.root, "/run/hie-workflow/story/nothing", "", 0600);
	tree_write(here.root, WORKFLOWS_RESULTS "/nothing", "", 0600);
	here.box = tree_load(here.root);
	page_site_open(here.root, here.box, &here.site, &mistakes);
	here.site.ask = ask;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	page_site_close(&here.site);
	box_free(here.box);
	tree_free(here.root);
	return 0;
}

/* ---- pages ---- */

static struct page_answer answered;

static const char *host = "testbox.local";

static unsigned visit(const char *method, const char *target, const char *origin)
{
	struct page_request request = { 0 };
	page_answer_clear(&answered);
	memset(&answered, 0, sizeof answered);
	page_request_method(&request, method);
	unsigned refused = page_request_target(&request, target);
	page_request_header(&request, "Host", host);
	page_request_header(&request, "Content-Type", "application/x-www-form-urlencoded");
	if (origin)
		page_request_header(&request, "Origin", origin);
	page_answer_request(&here.site, &request, refused, &answered);
	page_request_clear(&request);
	return answered.status;
}

static bool says(const char *text)
{
	return answered.body.data && strstr(answered.body.data, text);
}

static void test_list(void **state)
{
	(void)state;
	assert_int_equal(visit("GET", "/workflows", NULL), 200);
	assert_true(says("A &lt;story&gt;") && says("action=\"/workflows/story\""));
	assert_true(says("It needs shared-health-record, which this box does not have."));
	assert_true(says("Its file has mistakes: ") && !says("action=\"/workflows/other\""));
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
	assert_true(says("It &lt;asks&gt;") && says("<li>A clinic</li>") && says("<li>Interoperability layer</li>"));
	assert_int_equal(visit("GET", "/workflows/broken", NULL), 200);
	assert_int_equal(visit("GET", "/workflows/absent", NULL), 404);
	assert_int_equal(visit("GET", "/workflows/..%2Fstory", NULL), 404);
	assert_int_equal(visit("GET", "/workflows/", NULL), 404);
}

/* The files say where they stand; one that is wrong stands in the middle. */
static void test_order(void **state)
{
	struct listed_workflows list;
	struct buffer autobuffer all = { 0 };
	(void)state;
	tree_write(here.root, WORKFLOWS_FOLDER "/zebra.yaml", "workflow: zebra\norder: 20\n" HEAD STEP, 0644);
	tree_write(here.root, WORKFLOWS_FOLDER "/yak.yaml", "workflow: yak\norder: 100\n" HEAD STEP, 0644);
	tree_write(here.root, WORKFLOWS_FOLDER "/aardvark.yaml", "workflow: aardvark\norder: [1]\n" HEAD STEP, 0644);
	tree_write(here.root, WORKFLOWS_FOLDER "/last.yaml", "workflow: last\norder: 501\n" HEAD STEP, 0644);
	box_workflow_read_list(here.root, here.box, here.site.languages.items[0], "en", &list);
	for (size_t i = 0; i < list.count; i++)
		buffer_format(&all, "%s%s", i ? " " : "", list.items[i].id);
	assert_string_equal(all.data, "zebra yak aardvark broken other story last");
	listed_workflows_clear(&list);
}

static void test_hostile_result(void **state)
{
	(void)state;
	tree_write(here.root, WORKFLOWS_RESULTS "/story.json", evil, 0640);
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
	assert_true(says("&lt;script&gt;alert(1)"));
	assert_true(says("/a&lt;: 1 was expected; &lt;script&gt; came."));
	assert_false(says("<script>") || says("<i>") || says("<b>") || says("<h>"));
	assert_int_equal(visit("GET", "/workflows/story?part=1", NULL), 200);
	assert_true(says("data-playing=\"no\"") && !says("<html"));
	tree_write(here.root, WORKFLOWS_RESULTS "/story.json", "{\"state\":\"playing\"}", 0640);
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
	assert_true(says("data-playing=\"yes\"") && says("http-equiv=\"refresh\"") && !says("action=\"/workflows/story\""));
	tree_write(here.root, WORKFLOWS_RESULTS "/story.json", "{\"sta", 0640);
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
}

/* JSON that is a hundred times as long when it is laid out in lines stays as it came. */
static void test_deep_result(void **state)
{
	(void)state;
	autobuffer struct buffer body = { 0 };
	for (unsigned i = 0; i < 60; i++)
		buffer_text(&body, "[");
	for (unsigned i = 0; i < 15000; i++)
		buffer_text(&body, "1,");
	buffer_text(&body, "1");
	for (unsigned i = 0; i < 60; i++)
		buffer_text(&body, "]");
	autofree char *text = text_format("{\"state\":\"ended\",\"verdict\":\"passed\",\"steps\":[{\"verdict\":\"passed\","
					  "\"answer\":{\"body\":\"%s\"}}]}", body.data);
	tree_write(here.root, WORKFLOWS_RESULTS "/story.json", text, 0640);
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
	assert_true(says("[[[1,1,1,"));
}

/* Many long answers: bodies are left out, but there is a page. */
static void test_large_result(void **state)
{
	(void)state;
	autobuffer struct buffer text = { 0 };
	autofree char *body = memory_alloc(32001);
	memset(body, '<', 32000);
	buffer_text(&text, "{\"state\":\"ended\",\"verdict\":\"passed\",\"steps\":[");
	for (unsigned i = 0; i < 60; i++)
		buffer_format(&text, "%s{\"verdict\":\"passed\",\"request\":{\"body\":\"%s\"},\"answer\":{\"body\":\"%s\"}}", i ? "," : "",
			      body, body);
	buffer_text(&text, "]}");
	tree_write(here.root, WORKFLOWS_RESULTS "/story.json", text.data, 0640);
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
}

static void test_who_may_play(void **state)
{
	(void)state;
	tree_write(here.root, WORKFLOWS_RESULTS "/story.json", evil, 0640);
	assert_int_equal(visit("POST", "/workflows/story", "http://evil.example"), 403);
	assert_int_equal(visit("POST", "/workflows/story", NULL), 403);
	assert_string_equal(here.asked, "");
	assert_int_equal(visit("POST", "/workflows/story", "http://testbox.local"), 303);
	assert_string_equal(here.asked, "story");
	here.asked[0] = '\0';
	/* a name that was pointed at this box */
	host = "evil.example";
	assert_int_equal(visit("POST", "/workflows/story", "http://evil.example"), 403);
	assert_string_equal(here.asked, "");
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
	assert_false(says("alert(1)"));
	host = "testbox.local";
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
	assert_true(says("alert(1)"));
	here.box->mode = "production";
	assert_int_equal(visit("POST", "/workflows/story", "http://testbox.local"), 303);
	assert_string_equal(here.asked, "");
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
	assert_false(says("alert(1)"));
	assert_true(says("Log in as administrator"));
}

/* ---- the action ---- */

static int act(void *context, const char *unit, bool restart, struct error *err)
{
	(void)context, (void)restart, (void)err;
	snprintf(here.started, sizeof here.started, "%s", unit);
	tree_write(here.root, WORKFLOWS_RESULTS "/story.json", "{}", 0640);
	return 0;
}

static void record(void *context, const char *line)
{
	(void)context, (void)line;
}

static double now(void *context)
{
	(void)context;
	return 1000;
}

static bool answers(struct control *control, const char *id, const char *words)
{
	autofree char *request = text_format("{\"do\":\"workflow\",\"workflow\":\"%s\"}", id);
	autofree char *answer = control_answer(control, request, strlen(request));
	if (!strstr(answer, words))
		print_message("no %s in %s\n", words, answer);
	return strstr(answer, words);
}

static void test_action(void **state)
{
	(void)state;
	struct control control = { .root = here.root, .box = here.box,
				   .system = { .unit = act, .record = record, .now = now } };
	control_init(&control);
	assert_true(answers(&control, "absent", "PLAY_UNKNOWN"));
	assert_true(answers(&control, "../story", "PLAY_UNKNOWN"));
	assert_true(answers(&control, "broken", "PLAY_WRONG_FILE"));
	assert_true(answers(&control, "other", "PLAY_NEEDS"));
	assert_string_equal(here.started, "");
	assert_true(answers(&control, "story", "\"ok\":true"));
	assert_string_equal(here.started, "hie-workflow@story.service");
	for (unsigned i = 0; i <= WORKFLOWS_WAITING; i++) { /* one plays, four wait */
		autofree char *file = text_format(WORKFLOWS_FOLDER "/w%u.yaml", i);
		autofree char *result = text_format(WORKFLOWS_RESULTS "/w%u.json", i);
		tree_write(here.root, file, story, 0644);
		tree_write(here.root, result, "{\"state\":\"playing\"}", 0640);
	}
	assert_true(answers(&control, "story", "PLAY_BUSY"));
	here.box->mode = "production";
	assert_true(answers(&control, "story", "\"login\""));
	control_clear(&control);
}

/* ---- hie workflow ---- */

static int hie(const char *const *words)
{
	struct strings argv = { 0 };
	strings_add(&argv, "hie");
	strings_add(&argv, "--root");
	strings_add(&argv, here.root);
	strings_add_all(&argv, words);
	int status = agent_run((int)argv.count, argv.items);
	strings_clear(&argv);
	return status;
}

/* The same, with what it prints in a file: lines of TAP among this test's own would count as its own. */
static int hie_into(const char *path, const char *const *words)
{
	fflush(stdout);
	int own = dup(STDOUT_FILENO), file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(own >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
	int status = hie(words);
	fflush(stdout);
	dup2(own, STDOUT_FILENO);
	close(own);
	close(file);
	return status;
}

static void test_command(void **state)
{
	(void)state;
	struct answer_server server = { 0 };
	answer_add_json(&server, 200, "", "{\"a\":1}");
	answer_add_json(&server, 200, "", "{\"a\":2}");
	answer_add_json(&server, 200, "", "{\"a\":1}");
	autofree char *base = answer_server_start(&server), *file = path_join(here.root, "/result.json");
	assert_int_equal(hie((const char *[]){ "workflow", "list", NULL }), 0);
	assert_int_equal(hie((const char *[]){ "workflow", "run", "story", "--base", base, "--json", file, NULL }), 0);
	autofree char *result = tree_read(here.root, "/result.json");
	assert_non_null(strstr(result, "\"verdict\": \"passed\""));
	assert_non_null(strstr(result, "Authorization: clinic"));
	assert_null(strstr(result, "very-secret"));
	autofree char *tap = path_join(here.root, "/tap");
	assert_int_equal(hie_into(tap, (const char *[]){ "workflow", "run", "story", "--tap", "--language", "fr", "--base", base, NULL }), 1);
	autofree char *said = tree_read(here.root, "/tap");
	assert_non_null(strstr(said, "not ok 1 - story/1 Elle demande"));
	assert_int_equal(hie((const char *[]){ "workflow", "hand-over", "story", NULL }), 0);
	assert_int_equal(hie((const char *[]){ "workflow", "run", "--for-page", "story", "--base", base, NULL }), 0);
	assert_int_equal(hie((const char *[]){ "workflow", "run", "absent", NULL }), 2);
	assert_int_equal(hie((const char *[]){ "workflow", "run", "broken", NULL }), 2);
	assert_int_equal(hie((const char *[]){ "workflow", "run", "story", "--base", "nowhere", NULL }), 2);
	assert_int_equal(hie((const char *[]){ "workflow", "run", NULL }), 2);
	answer_server_stop(&server);
	/* clinic-a:very-secret */
	assert_int_equal(server.requests.count, 3);
	for (size_t i = 0; i < server.requests.count; i++)
		assert_non_null(strstr(server.requests.items[i], "Authorization: Basic Y2xpbmljLWE6dmVyeS1zZWNyZXQ="));
	strings_clear(&server.requests);
	autofree char *kept = tree_read(here.root, WORKFLOWS_RESULTS "/story.json");
	assert_non_null(strstr(kept, "\"state\":\"ended\""));
	assert_null(strstr(kept, "very-secret"));
}

/* What was killed while it played, or waited for its turn, no longer plays. */
static void test_killed(void **state)
{
	(void)state;
	tree_write(here.root, WORKFLOWS_RESULTS "/story.json",
		   "{\"state\":\"playing\",\"verdict\":\"not-played\",\"steps\":[{\"number\":1,\"verdict\":\"passed\"},"
		   "{\"number\":2,\"verdict\":\"not-played\",\"playing\":true}],\"cleanup\":[]}", 0640);
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
	assert_true(says(">playing<") && !says("action=\"/workflows/story\""));
	assert_int_equal(hie((const char *[]){ "workflow", "settle", "story", NULL }), 0);
	assert_int_equal(visit("GET", "/workflows/story", NULL), 200);
	assert_true(!says(">playing<") && says("action=\"/workflows/story\""));
	autofree char *settled = tree_read(here.root, WORKFLOWS_RESULTS "/story.json");
	assert_int_equal(hie((const char *[]){ "workflow", "settle", "story", NULL }), 0);
	autofree char *again = tree_read(here.root, WORKFLOWS_RESULTS "/story.json");
	assert_string_equal(settled, again);
	tree_write(here.root, WORKFLOWS_RESULTS "/other.json", "{\"state\":\"playing\"}", 0640);
	assert_int_equal(hie((const char *[]){ "workflow", "settle", "other", NULL }), 0);
	autofree char *other_settled = tree_read(here.root, WORKFLOWS_RESULTS "/other.json");
	assert_non_null(strstr(other_settled, "\"ended\""));
	assert_int_equal(hie((const char *[]){ "workflow", "settle", "../story", NULL }), 1);
	assert_int_equal(hie((const char *[]){ "workflow", "settle", NULL }), 2);
}

/* A workflow that names what is no client's is not given it. */
static void test_whose_credentials(void **state)
{
	(void)state;
	static const char *const names[] = { "clinic", "layer-root", "database", "admin" };
	for (size_t i = 0; i < LENGTH(names); i++) {
		autofree char *text = text_format("workflow: nosy\n" HEAD "steps:\n  - tell: { en: Asks, fr: Demande }\n    from: clinic\n"
						  "    to: exchange\n    as: %s\n    request: { method: GET, path: /x }\n"
						  "    expect: { status: 200 }\n", names[i]);
		autofree char *secret = text_format("/var/lib/hie/secrets/%s", names[i]);
		tree_write(here.root, secret, "very-secret\n", 0600);
		tree_write(here.root, WORKFLOWS_FOLDER "/nosy.yaml", text, 0644);
		tree_write(here.root, "/run/hie-workflow/nosy/nothing", "", 0600);
		assert_int_equal(hie((const char *[]){ "workflow", "hand-over", "nosy", NULL }), 0);
		autofree char *handed = tree_read(here.root, "/run/hie-workflow/nosy/credentials.json");
		assert_int_equal(strstr(handed, "very-secret") != NULL, i == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whose_credentials, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_result, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deep_result, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large_result, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_who_may_play, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_action, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_command, set_up, tear_down),
	};
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	page_answer_clear(&answered);
	return result;
}
