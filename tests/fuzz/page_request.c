/* Any bytes as a request to the box's page: "METHOD TARGET", lines of headers, an empty line, the body. It is read
 * within its limits and answered with whole HTML, and nothing a visitor sent becomes an element or an effect. */
#include <stdint.h>
#include <string.h>

#include "agent/page.h"
#include "fuzz.h"

static const char box_text[] =
	"{ \"format\": 1, \"recipe\": \"demo\", \"summary\": \"s\", \"mode\": \"training\", \"built\": 1700000000,\n"
	"  \"site\": { \"name\": \"testbox\", \"languages\": [\"en\"] },\n"
	"  \"components\": [ { \"id\": \"store\", \"provides\": [\"interoperability-layer\"], \"title\": {\"en\": \"Store\"},\n"
	"    \"health\": [ {\"unit\": \"store.service\"} ] } ] }\n";
static struct page_site site;

/* The watcher knows one session; what has effects must come with its token. */
static int ask(void *context, const struct json *request, struct document **ret_answer, struct error *err)
{
	static const char yes[] = "{\"ok\":true,\"csrf\":\"t0ken\",\"status\":{\"state\":\"ok\",\"say\":\"BOX_OK\"},"
				  "\"session\":\"s\",\"client\":\"c\",\"log\":\"l\",\"job\":\"j\"}";
	static const char no[] = "{\"ok\":false,\"say\":\"PAGE_REFUSED\"}";
	static const char *const free_for_all[] = { "\"status\"", "\"credentials\"", "\"login\"" };
	autofree char *text = json_write(request, true);
	struct diagnostics mistakes = { 0 };
	bool good = strstr(text, "\"session\":\"g00d\"") != NULL;
	(void)context;
	(void)err;
	for (size_t i = 0; i < LENGTH(free_for_all); i++)
		good = good || strstr(text, free_for_all[i]);
	return document_parse_json("answer", good ? yes : no, strlen(good ? yes : no), ret_answer, &mistakes);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct box *box;
	struct diagnostics mistakes = { 0 };
	struct error err = { 0 };
	(void)argc;
	(void)argv;
	autofree char *path = path_join(folder(), "box.json");
	must(file_write_plain(path, box_text, strlen(box_text), 0644, &err) == 0 && box_load(path, &box, &err) == 0);
	page_site_open(folder(), box, &site, &mistakes);
	site.ask = ask;
	return 0;
}

/* Every '<' that is followed by what could begin an element came from the program: as many begin as end. */
static void check_html(const char *text)
{
	long depth = 0;
	static const char *const empty[] = { "<!DOCTYPE", "<meta", "<link", "<input" };
	for (const char *at = strchr(text, '<'); at; at = strchr(at + 1, '<')) {
		bool alone = false;
		for (size_t i = 0; i < LENGTH(empty); i++)
			alone = alone || text_starts(at, empty[i]);
		must(strchr(at, '>') != NULL);
		if (!alone)
			depth += at[1] == '/' ? -1 : 1;
		must(depth >= 0);
	}
	must(depth == 0);
	must(!strstr(text, "fuzzed") || !strstr(text, "<fuzzed"));
}

static unsigned read_lines(struct page_request *request, char *text, size_t size)
{
	char *end = strchr(text, '\n'), *space = strchr(text, ' ');
	if (!end || !space || space > end)
		return 400;
	*space = *end = '\0';
	page_request_method(request, text);
	unsigned refused = page_request_target(request, space + 1);
	for (char *line = end + 1; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		if (end == line) {
			unsigned bad = page_request_body(request, end + 1, size - (size_t)(end + 1 - text));
			return refused ? refused : bad;
		}
		*end = '\0';
		char *value = strchr(line, ':');
		if (!value)
			continue;
		*value++ = '\0';
		unsigned bad = page_request_header(request, line, value + strspn(value, " "));
		refused = refused ? refused : bad;
	}
	return refused;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page_request request = { 0 };
	struct page_answer answer = { 0 };
	autofree char *text = input_text(data, size);
	unsigned refused = read_lines(&request, text, size);
	must(request.query.count <= PAGE_PAIRS_MAX && request.form.count <= PAGE_PAIRS_MAX
	     && request.cookies.count <= PAGE_PAIRS_MAX);
	must(!request.path || (request.path[0] == '/' && !strstr(request.path, "..")));
	page_answer_request(&site, &request, refused, &answer);
	must(answer.status >= 200 && answer.status < 600 && answer.status != 500);
	for (size_t i = 0; i < answer.headers.count; i++)
		must(!strpbrk(answer.headers.items[i], "\r\n") && strstr(answer.headers.items[i], ": "));
	if (answer.body.data && text_starts(answer.type, "text/html"))
		check_html(answer.body.data);
	page_answer_clear(&answer);
	page_request_clear(&request);
	return 0;
}
