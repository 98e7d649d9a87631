/* Any bytes as a request to the control socket, of a client without a session and of one that has logged in:
 * no crash, always one JSON object with "ok", and nothing done without a session. */
#include "fuzz.h"

#include "agent/control_serve.h"

static bool acted, logged_in;

static char *give_status(void *context)
{
	(void)context;
	return text_copy("{\"state\":\"ok\"}");
}

static int act(void *context, const char *unit, bool restart, struct error *err)
{
	(void)context;
	(void)err;
	must(restart ? text_equal(unit, "store.service")
	     : text_equal(unit, "hie-backup.service") || text_equal(unit, "hie-restore.service"));
	acted = true;
	return 0;
}

static int set_clock(void *context, int64_t seconds, struct error *err)
{
	(void)context;
	(void)err;
	must(seconds >= 1700000000);
	acted = true;
	return 0;
}

static int give_log(void *context, const struct strings *units, unsigned lines, struct buffer *ret, struct error *err)
{
	(void)context;
	(void)err;
	must(units->count == 1 && lines >= 1 && lines <= 1000);
	buffer_text(ret, "a line\n");
	acted = true;
	return 0;
}

static void record(void *context, const char *line)
{
	(void)context;
	must(!strstr(line, "right-one") && !strchr(line, '\n'));
}

static void changed(void *context)
{
	(void)context;
}

/* Later at each look, so that nothing is waited for. */
static double now(void *context)
{
	static double seconds = 1000;
	(void)context;
	return seconds += 10;
}

static const char box_text[] = "{ \"format\": 1, \"recipe\": \"demo\", \"built\": 1700000000, \"mode\": \"production\","
	" \"components\": [ { \"id\": \"store\", \"health\": [ { \"unit\": \"store.service\" } ] }, { \"id\": \"tools\" } ] }";

static struct box *make_box(void)
{
	autofree char *path = path_join(folder(), "box.json");
	autofree char *secrets = path_join(folder(), "var/lib/hie/secrets");
	autofree char *admin = path_join(secrets, "admin");
	struct box *box = NULL;
	must(file_write_plain(path, box_text, strlen(box_text), 0600, NULL) == 0 && box_load(path, &box, NULL) == 0);
	must(directory_make(secrets, 0700, NULL) == 0 && file_write_plain(admin, "right-one", 9, 0600, NULL) == 0);
	return box;
}

/* The answer is one object, and says whether it is good. */
static void check(const char *answer)
{
	autodocument struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	must(document_parse_json("answer", answer, strlen(answer), &document, &mistakes) == 0);
	const struct node *ok = node_get(document_root(document), "ok");
	must(ok && ok->kind == NODE_BOOLEAN && (ok->boolean || node_get(document_root(document), "say")));
	must(!acted || logged_in);
	diagnostics_clear(&mistakes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct box *box;
	char token[SESSION_TOKEN], csrf[SESSION_TOKEN];
	if (!box)
		box = make_box();
	struct control control = {
		.root = folder(), .box = box,
		.system = { give_status, act, set_clock, give_log, record, changed, now, NULL },
	};
	control_init(&control);
	autofree char *jobs = path_join(folder(), "run/hie/jobs");
	must(tree_remove(jobs, NULL) == 0);
	acted = logged_in = false;
	autofree char *answer = control_answer(&control, (const char *)data, size);
	check(answer);
	/* the same with a session: the token in front of the object's other members */
	sessions_begin(&control.sessions, "192.0.2.1", now(NULL), token, csrf);
	logged_in = true;
	if (size && data[0] == '{' && size < CONTROL_MAX / 2) {
		autofree char *rest = text_copy_n((const char *)data + 1, size - 1);
		autofree char *with = text_format("{\"session\":\"%s\"%s%s", token, size > 2 ? "," : "", rest);
		autofree char *second = control_answer(&control, with, strlen(with));
		check(second);
	}
	control_clear(&control);
	return 0;
}
