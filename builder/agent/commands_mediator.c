/* `hie mediator`: what the page's form does, for who is root here. */
#include <stdio.h>
#include <time.h>

#include "agent/command.h"
#include "agent/mediator.h"
#include "document/document.h"

const struct option_entry mediator_options[] = {
	{ "host", 0, "HOST", "where the program listens: a name or an address, as seen from this box", false },
	{ "port", 0, "PORT", "its port, which speaks http", false },
	{ "path", 0, "PATH", "what of the interoperability layer's addresses leads there (/NAME)", false },
	{ "replace", 0, NULL, "remove a channel and a client of this name first", false },
	{ "wait", 0, "SECONDS", "try so long while the interoperability layer does not answer", false },
	{ "json", 0, NULL, "as JSON", false },
	{ 0 },
};

static void show(const struct mediator_wish *wish, const struct mediator_made *made, bool as_json)
{
	if (!as_json) {
		printf("%s\n%s\n%s\n", made->address, wish->name, made->password);
		return;
	}
	autojson struct json *answer = json_new_object();
	json_set(answer, "client", json_new_string(wish->name));
	json_set(answer, "password", json_new_string(made->password));
	json_set(answer, "channel", json_new_string(wish->name));
	json_set(answer, "path", json_new_string(wish->path));
	json_set(answer, "address", json_new_string(made->address));
	autofree char *text = json_write(answer, false);
	fputs(text, stdout);
}

/* A box that starts has its interoperability layer last. */
struct attempt {
	const char *root;
	const struct box *box;
	int64_t seconds;
};

static int make_patiently(const struct attempt *attempt, const struct mediator_wish *wish, struct mediator_made *made,
			  struct saying *refusal)
{
	double end = clock_seconds() + (double)attempt->seconds;
	for (;;) {
		int result = mediator_make(attempt->root, attempt->box, wish, made, refusal);
		if (result == 0 || refusal->which != SAY_MEDIATOR_NO_ANSWER || clock_seconds() >= end)
			return result;
		saying_clear(refusal);
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	}
}

int command_mediator(const struct parsed_options *options, struct error *err)
{
	autobox struct box *box = NULL;
	const char *name = options->arguments.items[0], *path = option_value(options, "path");
	autofree char *usual = text_format("/%s", name);
	struct mediator_made made = { 0 };
	struct saying refusal = { 0 };
	const struct mediator_wish wish = { .name = name, .host = option_value(options, "host"), .port = option_value(options, "port"),
					    .path = path ? path : usual, .replace = option_given(options, "replace") };
	struct attempt attempt = { .root = root_of(options) };
	const char *wait = option_value(options, "wait");
	if (wait && number_parse(wait, 0, 86400, &attempt.seconds) < 0) {
		error_set(err, "--wait: expected a number of seconds, got \"%s\"", wait);
		return -2;
	}
	if (need_root(options, err) < 0 || load_box(options, &box, err) < 0)
		return -1;
	attempt.box = box;
	int result = make_patiently(&attempt, &wish, &made, &refusal);
	if (result < 0) {
		autofree char *why = saying_text(&refusal, NULL, box);
		error_set(err, "%s", why);
	} else {
		show(&wish, &made, option_given(options, "json"));
	}
	saying_clear(&refusal);
	mediator_made_clear(&made);
	return result;
}
