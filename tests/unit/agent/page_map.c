/* The exchange map as the page makes it; `hie watch` is a function here, OpenHIM's events are a file. */
#include "tree.h"

#include "agent/page.h"

#define TX "0123456789abcdef01234567"
#define EVENTS "/run/openhim/events"

static const char box_text[] =
	"{ \"format\": 1, \"recipe\": \"demo\", \"summary\": \"s\", \"mode\": \"%s\", \"built\": 1700000000,\n"
	"  \"site\": { \"name\": \"testbox\", \"languages\": [\"en\"] },\n"
	"  \"components\": [ { \"id\": \"layer\", \"title\": {\"en\": \"Interoperability layer (OpenHIM)\"},\n"
	"      \"provides\": [\"interoperability-layer\"], \"secrets\": [\n"
	"      {\"name\": \"root\", \"kind\": \"password\", \"user\": \"root@openhim.org\", \"for\": \"person\", \"title\": {\"en\": \"A\"}},\n"
	"      {\"name\": \"pos-clinic-a\", \"kind\": \"password\", \"user\": \"pos-clinic-a\", \"for\": \"person\",\n"
	"       \"title\": {\"en\": \"Clinic A (point of service)\", \"fr\": \"Clinique A (point de service)\"}} ] },\n"
	"    { \"id\": \"hapi\", \"title\": {\"en\": \"FHIR server (HAPI)\"}, \"provides\": [\"client-registry\", \"shared-health-record\"] } ] }\n";

static const char *message; /* what the watcher knows of TX, or NULL */

static int ask(void *context, const struct json *request, struct document **ret_answer, struct error *err)
{
	struct diagnostics mistakes = { 0 };
	autofree char *text = json_write(request, true), *answer = NULL;
	(void)context;
	(void)err;
	if (strstr(text, "\"do\":\"status\""))
		answer = text_copy("{\"ok\":true,\"status\":{\"state\":\"failed\",\"say\":\"BOX_OK\",\"components\":["
				   "{\"id\":\"layer\",\"state\":\"ok\"},{\"id\":\"hapi\",\"state\":\"failed\"}]}}");
	else if (strstr(text, "\"do\":\"session\"") && strstr(text, "\"g00d\""))
		answer = text_copy("{\"ok\":true,\"csrf\":\"t\"}");
	else if (strstr(text, "\"do\":\"message\"") && strstr(text, TX) && message)
		answer = text_format("{\"ok\":true,\"message\":%s}", message);
	else
		answer = text_copy("{\"ok\":false,\"say\":\"MAP_FORGOTTEN\",\"with\":[]}");
	assert_int_equal(document_parse_json("answer", answer, strlen(answer), ret_answer, &mistakes), 0);
	return 0;
}

static struct {
	char *root;
	struct box *box;
	struct page_site site;
	struct page_answer answered;
} here;

static void begin(const char *mode, const char *events)
{
	struct diagnostics mistakes = { 0 };
	autofree char *text = text_format(box_text, mode);
	here.root = tree_new();
	tree_write(here.root, "/usr/lib/hie/box.json", text, 0644);
	tree_write(here.root, "/usr/share/hie/console/index.html", "", 0644);
	if (events)
		tree_write(here.root, EVENTS, events, 0640);
	here.box = tree_load(here.root);
	page_site_open(here.root, here.box, &here.site, &mistakes);
	assert_int_equal(mistakes.count, 0);
	here.site.ask = ask;
	message = NULL;
}

static void end(void)
{
	page_answer_clear(&here.answered);
	memset(&here.answered, 0, sizeof here.answered);
	page_site_close(&here.site);
	box_free(here.box);
	tree_free(here.root);
}

static const char *visit(const char *target, const char *cookie, const char *host)
{
	struct page_request request = { 0 };
	page_answer_clear(&here.answered);
	memset(&here.answered, 0, sizeof here.answered);
	page_request_method(&request, "GET");
	assert_int_equal(page_request_target(&request, target), 0);
	page_request_header(&request, "Host", host ? host : "testbox.local");
	page_request_header(&request, "X-Forwarded-Proto", "https");
	if (cookie)
		page_request_header(&request, "Cookie", cookie);
	page_answer_request(&here.site, &request, 0, &here.answered);
	page_request_clear(&request);
	return here.answered.body.data;
}

static void expect(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strstr(text, *words))
			fail_msg("%s is missing in %s", *words, text);
}
#define EXPECT(text, ...) expect(text, (const char *const[]){ __VA_ARGS__, NULL })

#define EVENT(id, tx, client, path, status, outcome, why) \
	"{\"id\":" id ",\"time\":1795397230,\"tx\":" tx ",\"client\":" client ",\"channel\":\"CR\",\"method\":\"GET\",\"path\":\"" path "\"," \
	"\"status\":" status ",\"ms\":34,\"outcome\":\"" outcome "\",\"why\":" why "}\n"
static const char three[] =
	EVENT("10", "\"" TX "\"", "\"pos-clinic-a\"", "/CR/fhir/Patient", "200", "passed", "null")
	EVENT("11", "null", "null", "/CR/fhir/Patient", "401", "refused", "\"unknown\"")
	EVENT("12", "null", "\"<script>alert(1)</script>\"", "/fhir/Encounter", "500", "failed", "\"unreachable\"");

static void test_page(void **state)
{
	(void)state;
	begin("training", three);
	const char *text = visit("/map", NULL, NULL);
	assert_int_equal(here.answered.status, 200);
	EXPECT(text, "viewbox=\"0 0 1185 610\"", "data-box=\"client-registry\"", "data-place=\"terminology-service\"",
	       "class=\"place failed\" data-box=\"client-registry\"", "class=\"place absent\" data-box=\"terminology-service\"",
	       "class=\"place layer ok\"", "data-client=\"pos-clinic-a\"", ">Clinic A<", ">HAPI<", "data-after=\"12\"",
	       "Clinic A asked the client registry who a person is.", "/map/message?id=" TX "&amp;event=10",
	       "tr class=\"refused\"", "does not know who is asking", "&lt;script&gt;alert(1)", "it cannot be reached",
	       "src=\"/map.js\" type=\"module\"", "href=\"/map.css\"", "aria-current=\"page\"");
	assert_null(strstr(text, "<script>alert"));
	EXPECT(text, "</rect><text class=\"name\"", ">OpenHIM<"); /* nothing lies inside a <rect> */
	assert_null(strstr(text, "root@openhim"));
	EXPECT(visit("/map?presenter=1&x=%3C", NULL, NULL), "map presenter", "/map?language=en&amp;presenter=1\"");
	end();
}

static void test_events(void **state)
{
	(void)state;
	begin("training", three);
	EXPECT(visit("/map/events?after=10", NULL, NULL), "\"newest\":12", "\"skipped\":0", "\"again\":false", "\"id\":11", "\"id\":12",
	       "\"outcome\":\"refused\"", "\"from\":\"\"", "\"to\":\"shared-health-record\"", "\"client-registry\":\"failed\"",
	       "\"terminology-service\":\"absent\"");
	assert_null(strstr(here.answered.body.data, "\"id\":10"));
	assert_string_equal(here.answered.type, "application/json");
	EXPECT(visit("/map/events?after=12", NULL, NULL), "\"events\":[]");
	assert_null(strstr(here.answered.body.data, "\"note\""));
	EXPECT(visit("/map/events?after=99", NULL, NULL), "\"again\":true", "\"id\":10", "\"from\":\"pos-clinic-a\"");
	EXPECT(visit("/map/events?after=-1", NULL, NULL), "\"id\":10");
	EXPECT(visit("/map/events?after=x", NULL, NULL), "\"id\":10");
	/* by a name that is not this box's own: a trick of somebody's page */
	visit("/map/events?after=0", NULL, "evil.example");
	assert_int_equal(here.answered.status, 403);
	assert_null(strstr(here.answered.body.data, "Clinic"));
	end();
	begin("training", NULL);
	EXPECT(visit("/map", NULL, NULL), "is not running, so no message passes");
	EXPECT(visit("/map/events?after=5", NULL, NULL), "\"note\":\"The interoperability layer is not running", "\"events\":[]");
	end();
	begin("training", "");
	EXPECT(visit("/map", NULL, NULL), "No message has passed yet", "data-after=\"0\"");
	end();
}

static void test_production(void **state)
{
	(void)state;
	begin("production", three);
	EXPECT(visit("/map", NULL, NULL), "shown to the administrator alone", "data-box=\"client-registry\"");
	assert_null(strstr(here.answered.body.data, "asked the client registry"));
	assert_null(strstr(here.answered.body.data, "data-after"));
	visit("/map/events?after=0", NULL, NULL);
	assert_int_equal(here.answered.status, 403);
	assert_null(strstr(here.answered.body.data, "asked"));
	visit("/map/message?event=11", NULL, NULL);
	assert_int_equal(here.answered.status, 403);
	visit("/map/message?event=11", "__Host-hie=bad", NULL);
	assert_int_equal(here.answered.status, 403);
	EXPECT(visit("/map", "__Host-hie=g00d", NULL), "Clinic A asked the client registry");
	visit("/map/message?event=11", "__Host-hie=g00d", NULL);
	assert_int_equal(here.answered.status, 200);
	end();
}

#define MESSAGE(query, status, body) \
	"{\"id\":\"" TX "\",\"client\":\"pos-clinic-a\",\"request\":{\"method\":\"GET\",\"path\":\"/CR/fhir/Patient\",\"query\":\"" query "\"," \
	"\"headers\":{\"accept\":\"<b>\"},\"body\":\"\"},\"response\":{\"status\":\"" status "\",\"body\":\"" body "\",\"length\":10," \
	"\"headers\":{}},\"routes\":[{\"name\":\"HAPI FHIR\",\"status\":\"200\"}]}"

static void test_message(void **state)
{
	(void)state;
	begin("training", three);
	message = MESSAGE("family=Love%6cace&given=Ada+M", "200",
			  "{\\\"resourceType\\\":\\\"Bundle\\\",\\\"type\\\":\\\"searchset\\\",\\\"total\\\":2}");
	EXPECT(visit("/map/message?id=" TX "&event=10", NULL, NULL), "who “Ada M Lovelace” is", "2 were found", "ITI-78", "HAPI FHIR (200)",
	       "&quot;resourceType&quot;: &quot;Bundle&quot;", "/console/#/transactions/" TX, "&lt;b&gt;", "34 milliseconds");
	message = MESSAGE("identifier=urn:x%7ca-1&name=", "200", "{\\\"resourceType\\\":\\\"Bundle\\\",\\\"type\\\":\\\"searchset\\\"}");
	EXPECT(visit("/map/message?id=" TX "&event=99", NULL, NULL), "whose number “a-1” is", "nothing was found");
	/* script in a name, in a body that is no JSON, and a reason given */
	message = MESSAGE("name=%3Cscript%3E", "200", "</pre><script>alert(1)</script>");
	EXPECT(visit("/map/message?id=" TX "&event=10", NULL, NULL), "&lt;script&gt;", "&lt;/pre&gt;");
	assert_null(strstr(here.answered.body.data, "<script>"));
	message = MESSAGE("", "422", "{\\\"resourceType\\\":\\\"OperationOutcome\\\",\\\"issue\\\":[{\\\"diagnostics\\\":\\\"<no>\\\"}]}");
	EXPECT(visit("/map/message?id=" TX, NULL, NULL), "the answer was no (status 422)", "The reason given: &lt;no&gt;");
	/* whose event is gone: the record says when it was, or nothing does */
	assert_null(strstr(here.answered.body.data, "Received"));
	message = "{\"request\":{\"path\":\"/x\",\"time\":\"2026-11-23T12:30:15.123Z\"},\"response\":{\"status\":\"200\"}}";
	EXPECT(visit("/map/message?id=" TX, NULL, NULL), "Received", "2026-11-2");
	/* gone from OpenHIM, refused, never there */
	message = NULL;
	EXPECT(visit("/map/message?id=" TX "&event=10", NULL, NULL), "who a person is", "has no record of this message any more");
	EXPECT(visit("/map/message?event=11", NULL, NULL), "Somebody unknown", "does not know who is asking", "in its audits");
	visit("/map/message?event=99", NULL, NULL);
	assert_int_equal(here.answered.status, 404);
	visit("/map/message?id=../../x", NULL, NULL);
	assert_int_equal(here.answered.status, 404);
	visit("/map/message", NULL, NULL);
	assert_int_equal(here.answered.status, 404);
	end();
}

/* A box without an exchange: the map says so and asks nobody. */
static void test_no_exchange(void **state)
{
	struct diagnostics mistakes = { 0 };
	(void)state;
	here.root = tree_new();
	here.box = tree_load(here.root);
	page_site_open(here.root, here.box, &here.site, &mistakes);
	here.site.ask = ask;
	EXPECT(visit("/map", NULL, NULL), "has no interoperability layer", "class=\"place layer absent\"");
	assert_int_equal(here.answered.status, 200);
	assert_null(strstr(visit("/", NULL, NULL), "href=\"/map\""));
	end();
}

static void test_large(void **state)
{
	struct buffer text = { 0 };
	(void)state;
	begin("training", three);
	buffer_text(&text, "{\"request\":{\"body\":\"");
	for (size_t i = 0; i < 64u << 10; i++)
		buffer_text(&text, "'");
	buffer_text(&text, "\",\"length\":65536},\"response\":{\"status\":\"200\",\"body\":\"");
	for (size_t i = 0; i < 60; i++)
		buffer_text(&text, "[");
	for (size_t i = 0; i < 30000; i++)
		buffer_text(&text, "1,");
	buffer_text(&text, "1");
	for (size_t i = 0; i < 60; i++)
		buffer_text(&text, "]");
	buffer_text(&text, "\"}}");
	message = text.data;
	EXPECT(visit("/map/message?id=" TX "&event=10", NULL, NULL), "Only its beginning is shown; it is 65536 bytes long", "[[[[");
	assert_int_equal(here.answered.status, 200);
	end();
	buffer_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page), cmocka_unit_test(test_events), cmocka_unit_test(test_production),
		cmocka_unit_test(test_message), cmocka_unit_test(test_large),
		cmocka_unit_test(test_no_exchange),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
