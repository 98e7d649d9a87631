/* The page against visitors with good and bad intentions; `hie watch` is a function here. */
#include "tree.h"

#include "agent/page.h"

#define SESSION "00112233445566778899aabbccddeeff"
#define TOKEN "csrf-of-this-session"

/* What the fake watcher says, and what it was asked to do last. */
static struct {
	const char *status;
	bool silent, refuses;          /* nobody there; yes to the session alone */
	char done[64];
} watcher;

static const char status_evil[] =
	"{\"name\":\"<script>alert(1)</script>\",\"state\":\"\\\"><script>\",\"sentence\":\"<img src=x onerror=alert(1)>\","
	"\"components\":[{\"id\":\"store\",\"state\":\"failed\",\"sentence\":\"<b>\\u0007'\\\"\"}],"
	"\"addresses\":[\"javascript:alert(1)\",\"\\\"><script>\"]}";

static int ask(void *context, const struct json *request, struct document **ret_answer, struct error *err)
{
	(void)context;
	autofree char *text = json_write(request, true);
	autodocument struct document *question = NULL;
	struct diagnostics mistakes = { 0 };
	if (watcher.silent)
		return error_set(err, "nobody there");
	assert_int_equal(document_parse_json("question", text, strlen(text), &question, &mistakes), 0);
	const struct node *root = document_root(question);
	const char *what = node_text(root, "do", "");
	bool good = text_equal(node_text(root, "session", NULL), SESSION);
	autofree char *answer = NULL;
	if (text_equal(what, "status"))
		answer = text_format("{\"ok\":true,\"status\":%s}", watcher.status);
	else if (text_equal(what, "credentials"))
		answer = text_copy("{\"ok\":true,\"credentials\":[{\"name\":\"admin\",\"user\":\"<i>root\",\"password\":\"se&cret\","
				   "\"title\":\"T\"}]}");
	else if (text_equal(what, "login") && text_equal(node_text(root, "password", ""), "right"))
		answer = text_copy("{\"ok\":true,\"session\":\"" SESSION "\",\"csrf\":\"" TOKEN "\"}");
	else if (text_equal(what, "session") && good)
		answer = text_copy("{\"ok\":true,\"csrf\":\"" TOKEN "\"}");
	else if (!good || watcher.refuses)
		answer = text_copy("{\"ok\":false,\"login\":true,\"say\":\"PAGE_REFUSED\",\"with\":[]}");
	else
		answer = text_copy("{\"ok\":true,\"log\":\"</pre><script>\"}");
	if (good && !text_equal(what, "session") && !text_equal(what, "status") && !text_equal(what, "credentials"))
		snprintf(watcher.done, sizeof watcher.done, "%s", what);
	assert_int_equal(document_parse_json("answer", answer, strlen(answer), ret_answer, &mistakes), 0);
	return 0;
}

static struct {
	char *root;
	struct box *box;
	struct page_site site;
} here;

static int set_up(void **state)
{
	struct diagnostics mistakes = { 0 };
	(void)state;
	here.root = tree_new();
	tree_write(here.root, "/usr/share/hie/page.d/store.yaml",
		   "next: [{ title: {en: 'One <step>'}, text: {en: 'To {address}'}, command: 'curl -u {user:admin}:{password:admin} x', open: /screens/ },\n"
		   "       { title: {en: A click}, text: {en: first}, open: /map }]\n"
		   "loss: { en: 'Loss & gain' }\n", 0644);
	tree_write(here.root, "/usr/share/hie/languages/fr.yaml", "name: Français\nsentences: { OVERVIEW_PAGE: Vue }\n", 0644);
	here.box = tree_load(here.root);
	page_site_open(here.root, here.box, &here.site, &mistakes);
	assert_int_equal(mistakes.count, 0);
	here.site.ask = ask;
	watcher.silent = watcher.refuses = false;
	watcher.done[0] = '\0';
	watcher.status = "{\"name\":\"testbox\",\"state\":\"ok\",\"say\":\"BOX_OK\",\"with\":[]}";
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

/* The headers of a browser that means well. */
#define FROM_HERE "Host: testbox.local", "Origin: https://testbox.local", "X-Forwarded-Proto: https", \
	"Content-Type: application/x-www-form-urlencoded"
#define LOGGED_IN FROM_HERE, "Cookie: __Host-hie=" SESSION

struct visit {
	const char *method, *target, *body;
	const char *headers[8];
};

static struct page_answer answered;

/* Visits; the status. The answer stays in `answered`. */
static unsigned visit(struct visit visit)
{
	struct page_request request = { 0 };
	watcher.done[0] = '\0';
	page_answer_clear(&answered);
	memset(&answered, 0, sizeof answered);
	page_request_method(&request, visit.method);
	unsigned refused = page_request_target(&request, visit.target);
	for (size_t i = 0; i < LENGTH(visit.headers) && visit.headers[i]; i++) {
		autofree char *name = text_copy(visit.headers[i]);
		name[strcspn(name, ":")] = '\0';
		unsigned bad = page_request_header(&request, name, visit.headers[i] + strlen(name) + 2);
		refused = refused ? refused : bad;
	}
	if (!refused && visit.body)
		refused = page_request_body(&request, visit.body, strlen(visit.body));
	page_answer_request(&here.site, &request, refused, &answered);
	page_request_clear(&request);
	return answered.status;
}

static bool says(const char *text)
{
	return answered.body.data && strstr(answered.body.data, text);
}

static bool has_header(const char *start)
{
	for (size_t i = 0; i < answered.headers.count; i++)
		if (text_starts(answered.headers.items[i], start))
			return true;
	return false;
}

static void test_overview(void **state)
{
	(void)state;
	assert_int_equal(visit((struct visit){ "GET", "/", NULL, { "Host: 10.0.0.7:80" } }), 200);
	assert_true(says("<html lang=\"en\">"));
	assert_true(says("Everything runs."));
	assert_true(says("One &lt;step&gt;"));
	assert_true(says("<a class=\"button\" href=\"/screens/\">One &lt;step&gt;</a>"));
	assert_true(says("To 10.0.0.7"));
	/* what asks for a click comes before what asks for a terminal */
	assert_true(says("A click") && strstr(answered.body.data, "A click") < strstr(answered.body.data, "One &lt;step&gt;"));
	assert_true(says("Loss &amp; gain"));
	assert_true(says("by A &amp; B"));
	/* a password that would mean something to a shell is not put into a line to copy */
	assert_true(says("curl -u admin:PASSWORD x"));
	assert_true(says("se&amp;cret"));
	assert_false(says("5001"));
	assert_true(has_header("Cache-Control: no-store"));
	assert_int_equal(visit((struct visit){ "GET", "/?language=fr", NULL, { "Host: testbox" } }), 200);
	assert_true(says("<html lang=\"fr\">"));
	assert_true(has_header("Set-Cookie: hie-language=fr;"));
	assert_int_equal(visit((struct visit){ "GET", "/", NULL, { "Host: testbox", "Cookie: hie-language=fr" } }), 200);
	assert_true(says("<html lang=\"fr\">"));
	assert_int_equal(visit((struct visit){ "GET", "/", NULL, { "Host: testbox", "Accept-Language: fr-CA, en;q=0.5" } }), 200);
	assert_true(says("<html lang=\"fr\">"));
}

static void test_hostile_names(void **state)
{
	(void)state;
	watcher.status = status_evil;
	static const char *const targets[] = { "/", "/state", "/connect", "/nowhere" };
	for (size_t i = 0; i < LENGTH(targets); i++) {
		visit((struct visit){ "GET", targets[i], NULL, { "Host: testbox.local" } });
		assert_false(says("<script>"));
		assert_false(says("<img"));
		assert_false(says("<i>"));
		assert_false(says("href=\"javascript:"));
	}
	assert_int_equal(visit((struct visit){ "GET", "/admin/log?component=store", NULL, { LOGGED_IN } }), 200);
	assert_false(says("</pre><script>"));
	visit((struct visit){ "POST", "/connect", "csrf=" TOKEN "&name=%22%3E%3Cscript%3E&host=x&port=1&path=/x", { LOGGED_IN } });
	assert_false(says("<script>"));
}

/* The passwords as JSON: what the overview shows, and nowhere where it does not. */
static void test_credentials_json(void **state)
{
	(void)state;
	assert_int_equal(visit((struct visit){ "GET", "/credentials.json", NULL, { "Host: testbox" } }), 200);
	assert_string_equal(answered.type, "application/json");
	assert_true(has_header("Cache-Control: no-store"));
	assert_true(says("se&cret"));
	assert_int_equal(visit((struct visit){ "GET", "/credentials.json?name=admin", NULL, { "Host: testbox" } }), 200);
	assert_true(says("se&cret"));
	assert_int_equal(visit((struct visit){ "GET", "/credentials.json?name=other", NULL, { "Host: testbox" } }), 200);
	assert_false(says("se&cret"));
	assert_int_equal(visit((struct visit){ "GET", "/credentials.json", NULL, { "Host: evil.example" } }), 404);
	assert_false(says("se&cret"));
	assert_int_equal(visit((struct visit){ "POST", "/credentials.json", "", { FROM_HERE } }), 405);
	watcher.silent = true;
	assert_int_equal(visit((struct visit){ "GET", "/credentials.json", NULL, { "Host: testbox" } }), 503);
	watcher.silent = false;
	here.box->mode = "production";
	assert_int_equal(visit((struct visit){ "GET", "/credentials.json", NULL, { "Host: testbox" } }), 404);
	assert_false(says("se&cret"));
}

static void test_without_watcher(void **state)
{
	(void)state;
	watcher.silent = true;
	assert_int_equal(visit((struct visit){ "GET", "/", NULL, { "Host: testbox" } }), 200);
	assert_true(says("The box is starting."));
	assert_false(says("se&amp;cret"));
	assert_int_equal(visit((struct visit){ "GET", "/status.json", NULL, { "Host: testbox" } }), 503);
	tree_write(here.root, "/run/hie/status.json", "{\"state\":\"ok\",\"say\":\"BOX_OK\",\"with\":[]}", 0644);
	assert_int_equal(visit((struct visit){ "GET", "/", NULL, { "Host: testbox" } }), 200);
	assert_true(says("Last known at"));
	tree_write(here.root, "/run/hie/rescue", "the disk is broken", 0644);
	assert_int_equal(visit((struct visit){ "GET", "/", NULL, { "Host: testbox" } }), 200);
	assert_true(says("rescue mode"));
	assert_int_equal(visit((struct visit){ "POST", "/admin/login", "password=right", { FROM_HERE } }), 403);
	assert_true(says("does not answer"));
	watcher.silent = false;
	/* what a session opens and the watcher then refuses is a sentence, too */
	watcher.refuses = true;
	assert_int_equal(visit((struct visit){ "GET", "/admin/job?job=backup", NULL, { LOGGED_IN } }), 200);
	assert_true(says("The box refused this."));
	assert_int_equal(visit((struct visit){ "GET", "/admin/backup", NULL, { LOGGED_IN } }), 200);
	assert_int_equal(visit((struct visit){ "GET", "/admin/log?component=store", NULL, { LOGGED_IN } }), 200);
}

static void test_login(void **state)
{
	(void)state;
	assert_int_equal(visit((struct visit){ "POST", "/admin/login", "password=wrong", { FROM_HERE } }), 403);
	assert_false(has_header("Set-Cookie: __Host-hie"));
	assert_int_equal(visit((struct visit){ "POST", "/admin/login", "password=right", { FROM_HERE } }), 303);
	assert_true(has_header("Set-Cookie: __Host-hie=" SESSION "; Path=/; Secure; HttpOnly; SameSite=Strict"));
	assert_true(has_header("Location: /admin"));
	/* fixation: a session that came with the request is never the one that was logged in */
	assert_int_equal(visit((struct visit){ "POST", "/admin/login", "password=right",
					       { FROM_HERE, "Cookie: __Host-hie=attacker" } }), 303);
	assert_true(has_header("Set-Cookie: __Host-hie=" SESSION));
	/* and where it leads is ours */
	assert_int_equal(visit((struct visit){ "POST", "/admin/login", "password=right&next=//evil.example", { FROM_HERE } }), 303);
	assert_true(has_header("Location: /admin"));
	assert_int_equal(visit((struct visit){ "GET", "/admin", NULL, { LOGGED_IN } }), 200);
	assert_true(says("name=\"csrf\" value=\"" TOKEN "\""));
	assert_int_equal(visit((struct visit){ "GET", "/admin", NULL, { FROM_HERE, "Cookie: __Host-hie=unknown" } }), 200);
	assert_true(says("action=\"/admin/login\""));
	assert_false(says(TOKEN));
	assert_int_equal(visit((struct visit){ "POST", "/admin/logout", "csrf=" TOKEN, { LOGGED_IN } }), 303);
	assert_true(has_header("Set-Cookie: __Host-hie=;"));
}

/* Every row of the table that changes something or needs somebody, with one thing missing at a time. */
static void test_guards(void **state)
{
	(void)state;
	for (const struct page_route *route = page_routes; route->path; route++) {
		const char *method = route->method == PAGE_GET ? "GET" : "POST";
		bool changes = route->method == PAGE_POST;
		if (route->https)
			assert_int_equal(visit((struct visit){ method, route->path, NULL,
				{ "Host: testbox.local", "Origin: http://testbox.local", "Cookie: __Host-hie=" SESSION } }), 403);
		assert_string_equal(watcher.done, "");
		if (route->session) {
			assert_int_equal(visit((struct visit){ method, route->path, NULL, { FROM_HERE } }), changes ? 403 : 303);
			assert_int_equal(visit((struct visit){ method, route->path, NULL,
				{ FROM_HERE, "Cookie: __Host-hie=another" } }), changes ? 403 : 303);
		}
		/* while training anybody may play: tests/unit/agent/workflows.c */
		if (!changes || text_equal(route->path, "/workflows/"))
			continue;
		assert_true(route->https);
		assert_int_equal(visit((struct visit){ method, route->path, "csrf=" TOKEN, { "Host: testbox.local",
			"X-Forwarded-Proto: https", "Content-Type: application/x-www-form-urlencoded",
			"Cookie: __Host-hie=" SESSION } }), 403);
		assert_int_equal(visit((struct visit){ method, route->path, "csrf=" TOKEN, { LOGGED_IN } }) == 403, text_equal(route->path, "/admin/login"));
		if (route->session) {
			assert_int_equal(visit((struct visit){ method, route->path, "a=b", { LOGGED_IN } }), 403);
			assert_int_equal(visit((struct visit){ method, route->path, "csrf=csrf-of-that-session", { LOGGED_IN } }), 403);
			assert_string_equal(watcher.done, "");
		}
	}
}

static void test_origins(void **state)
{
	static const char *const bad[] = { "Origin: https://evil.example", "Origin: null", "Origin: http://testbox.local",
					   "Origin: https://testbox.local.evil.example", "Referer: https://evil.example/",
					   "Referer: https://testbox.local.evil.example/" };
	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_int_equal(visit((struct visit){ "POST", "/admin/login", "password=right", { "Host: testbox.local", bad[i],
			"X-Forwarded-Proto: https", "Content-Type: application/x-www-form-urlencoded" } }), 403);
	assert_int_equal(visit((struct visit){ "POST", "/admin/login", "password=right", { "Host: testbox.local",
		"Referer: https://testbox.local/admin", "X-Forwarded-Proto: https",
		"Content-Type: application/x-www-form-urlencoded" } }), 303);
	/* a name that was pointed at the box: host and origin agree, and yet it is not the box's */
	assert_int_equal(visit((struct visit){ "POST", "/admin/login", "password=right", { "Host: evil.example",
		"Origin: https://evil.example", "X-Forwarded-Proto: https",
		"Content-Type: application/x-www-form-urlencoded" } }), 403);
	assert_int_equal(visit((struct visit){ "GET", "/", NULL, { "Host: evil.example" } }), 200);
	assert_false(says("se&amp;cret"));
	assert_false(says("evil.example"));
}

static void test_wrong_requests(void **state)
{
	static const struct {
		const char *method, *target;
		unsigned status;
	} table[] = {
		{ "GET", "/nowhere", 404 },    { "GET", "/admin/login", 405 }, { "POST", "/", 405 },
		{ "DELETE", "/", 405 },        { "TRACE", "/admin", 405 },     { "GET", "/../etc/passwd", 404 },
		{ "GET", "/%2e%2e/etc", 404 }, { "GET", "//admin", 404 },      { "GET", "/admin/", 404 },
		{ "GET", "/admin%00", 400 },   { "GET", "/admin%zz", 400 },    { "GET", "admin", 400 },
		{ "GET", "/\\admin", 404 },    { "GET", "/ADMIN", 404 },       { "GET", "/?language=%ff", 400 },
		{ "GET", "http://x/", 400 },   { "OPTIONS", "*", 400 },        { "GET", "/?a=%", 400 },
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(table); i++) {
		unsigned got = visit((struct visit){ table[i].method, table[i].target, NULL, { "Host: testbox" } });
		if (got != table[i].status)
			fail_msg("%s %s: %u", table[i].method, table[i].target, got);
		assert_true(says("<h1>"));
	}
	assert_int_equal(visit((struct visit){ "POST", "/", NULL, { "Host: testbox" } }), 405);
	assert_true(has_header("Allow: GET, HEAD"));
	assert_int_equal(visit((struct visit){ "POST", "/admin/login", "{}", { "Host: testbox", "Content-Type: application/json" } }), 415);
}

static void test_too_much(void **state)
{
	struct page_request request = { 0 };
	autofree char *large = memory_alloc(PAGE_BODY_MAX + 2);
	(void)state;
	memset(large, 'a', PAGE_BODY_MAX + 1);
	assert_int_equal(visit((struct visit){ "POST", "/admin/login", large, { FROM_HERE } }), 413);
	large[0] = '/';
	assert_int_equal(page_request_target(&request, large), 414);
	large[PAGE_HEADER_MAX + 1] = '\0';
	assert_int_equal(page_request_header(&request, "Cookie", large), 431);
	page_request_clear(&request);
	for (size_t i = 0; i < PAGE_HEADERS_MAX; i++)
		assert_int_equal(page_request_header(&request, "X-Any", "1"), 0);
	assert_int_equal(page_request_header(&request, "X-Any", "1"), 431);
	page_request_clear(&request);
	struct buffer pairs = { 0 };
	for (size_t i = 0; i <= PAGE_PAIRS_MAX; i++)
		buffer_text(&pairs, "a=1&");
	request.content_type = text_copy("application/x-www-form-urlencoded");
	assert_int_equal(page_request_body(&request, pairs.data, pairs.length), 400);
	buffer_clear(&pairs);
	page_request_clear(&request);
}

static void test_actions(void **state)
{
	static const struct {
		const char *target, *body, *done;
	} table[] = {
		{ "/admin/restart", "&component=store", "restart" },
		{ "/admin/restart", "&component=../../x", "" },
		{ "/admin/clock", "&time=2030-01-31+14:05", "clock" },
		{ "/admin/clock", "&time=1970-01-01+00:00", "" },
		{ "/admin/clock", "&time=tomorrow", "" },
		{ "/admin/password", "&old=a&new=b&again=b", "password" },
		{ "/admin/password", "&old=a&new=b&again=c", "" },
		{ "/admin/reset", "&name=testbox", "reset" },
		{ "/admin/reset", "&name=other", "" },
		{ "/admin/reset", "", "" },
		{ "/admin/reset-data", "", "reset" },
		{ "/admin/restore", "&file=x&target=y&passphrase=z&name=other", "" },
		{ "/admin/restore", "&file=x&target=y&passphrase=z&name=testbox", "restore" },
		{ "/connect", "&name=m&host=h&port=1&path=/m", "mediator" },
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(table); i++) {
		autofree char *body = text_format("csrf=" TOKEN "%s", table[i].body);
		visit((struct visit){ "POST", table[i].target, body, { LOGGED_IN } });
		assert_string_equal(watcher.done, table[i].done);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_overview, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_credentials_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_without_watcher, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_login, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_guards, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_origins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_requests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_much, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_actions, set_up, tear_down),
	};
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	page_answer_clear(&answered);
	return result;
}
