/* What is asked of `mediator` is judged before anything is made; the rest is tried on a booted box (33-page.sh). */
#include "tree.h"

#include "agent/control_serve.h"

static const char exchange_box[] =
	"{ \"format\": 1, \"recipe\": \"demo\", \"summary\": \"s\", \"mode\": \"training\", \"built\": 1700000000,\n"
	"  \"site\": { \"name\": \"testbox\", \"languages\": [\"en\"] },\n"
	"  \"components\": [ { \"id\": \"layer\", \"title\": {\"en\": \"Layer\"}, \"provides\": [\"interoperability-layer\"] } ] }\n";

static enum sentence refusal(const char *box_text, const char *question)
{
	char *root = tree_new();
	struct diagnostics mistakes = { 0 };
	autodocument struct document *document = NULL;
	autojson struct json *answer = json_new_object();
	struct saying why = { 0 };
	tree_write(root, "/usr/lib/hie/box.json", box_text, 0644);
	autobox struct box *box = tree_load(root);
	assert_int_equal(document_parse_json("q", question, strlen(question), &document, &mistakes), 0);
	struct control control = { .root = root, .box = box };
	struct request request = { .control = &control, .root = document_root(document) };
	assert_int_equal(action_mediator(&request, answer, &why), -1);
	enum sentence which = why.which;
	free(request.note);
	saying_clear(&why);
	tree_free(root);
	return which;
}

#define WISH(name, host, port, path) \
	"{\"name\":\"" name "\",\"host\":\"" host "\",\"port\":\"" port "\",\"path\":\"" path "\"}"

static void test_judge(void **state)
{
	static const struct {
		const char *question;
		enum sentence why;
	} table[] = {
		{ "{}", SAY_MEDIATOR_NAME },
		{ WISH("", "h", "1", "/x"), SAY_MEDIATOR_NAME },
		{ WISH("Upper", "h", "1", "/x"), SAY_MEDIATOR_NAME },
		{ WISH("-x", "h", "1", "/x"), SAY_MEDIATOR_NAME },
		{ WISH("<script>", "h", "1", "/x"), SAY_MEDIATOR_NAME },
		{ WISH("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "h", "1", "/x"), SAY_MEDIATOR_NAME },
		{ WISH("x", "", "1", "/x"), SAY_MEDIATOR_HOST },
		{ WISH("x", "a b", "1", "/x"), SAY_MEDIATOR_HOST },
		{ WISH("x", "a/b", "1", "/x"), SAY_MEDIATOR_HOST },
		{ WISH("x", "user@h", "1", "/x"), SAY_MEDIATOR_HOST },
		{ WISH("x", "h", "0", "/x"), SAY_MEDIATOR_PORT },
		{ WISH("x", "h", "65536", "/x"), SAY_MEDIATOR_PORT },
		{ WISH("x", "h", "1x", "/x"), SAY_MEDIATOR_PORT },
		{ WISH("x", "h", "1", "x"), SAY_MEDIATOR_PATH },
		{ WISH("x", "h", "1", "/"), SAY_MEDIATOR_PATH },
		{ WISH("x", "h", "1", "/x/"), SAY_MEDIATOR_PATH },
		{ WISH("x", "h", "1", "/x//y"), SAY_MEDIATOR_PATH },
		{ WISH("x", "h", "1", "/../x"), SAY_MEDIATOR_PATH },
		{ WISH("x", "h", "1", "/.*"), SAY_MEDIATOR_PATH },
		{ WISH("x", "h", "1", "/x$"), SAY_MEDIATOR_PATH },
		/* nothing wrong with this one, but there is no OpenHIM here, nor a secret for it */
		{ WISH("x", "192.168.1.9", "3000", "/x/y.z"), SAY_MEDIATOR_NO_ANSWER },
		{ WISH("lab-2", "fe80::1", "65535", "/x"), SAY_MEDIATOR_NO_ANSWER },
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(table); i++)
		if (refusal(exchange_box, table[i].question) != table[i].why)
			fail_msg("%s", table[i].question);
}

static void test_no_exchange(void **state)
{
	(void)state;
	assert_int_equal(refusal(tree_box, WISH("x", "h", "1", "/x")), SAY_PAGE_NO_EXCHANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_judge), cmocka_unit_test(test_no_exchange) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
