/* A program beside the editor; see dev_mediator.h. */
#include "commands/dev_mediator.h"

#include <stdio.h>
#include <string.h>

#include "commands/dev_work.h"
#include "document/document.h"

#define NAME "my-mediator"
#define WAIT_SECONDS 600.0 /* times slowness, until OpenHIM answers */
#define CALL_SECONDS 30.0
#define ROUTER 5001

int dev_mediator_read(const struct parsed_options *options, struct dev_mediator *mediator, struct error *err)
{
	const char *given = option_value(options, "mediator"), *path = option_value(options, "path");
	const char *colon = given ? strrchr(given, ':') : NULL;
	size_t length = colon ? (size_t)(colon - given) : 0;
	int64_t port = 0;

	if (path && !given) {
		error_set(err, "--path says what leads to the program of --mediator HOST:PORT, which is missing");
		return -2;
	}
	if (!given)
		return 0;
	if (!colon || !length || length >= sizeof mediator->host || number_parse(colon + 1, 1, 65535, &port) < 0 ||
	    strcspn(given, "/ @?#") < strlen(given)) {
		error_set(err, "--mediator: expected HOST:PORT, where your program listens for http, such as 127.0.0.1:3000, got \"%s\"",
			  given);
		return -2;
	}
	memcpy(mediator->host, given, length);
	mediator->port = (uint16_t)port;
	mediator->name = NAME;
	mediator->path = path ? path : "/" NAME;
	return 0;
}

static void explain(const struct dev_mediator *mediator, const struct run *run, const struct node *answer)
{
	autofree char *client = text_plain_line(node_text(answer, "client", ""));
	autofree char *password = text_plain_line(node_text(answer, "password", ""));
	uint16_t local = run_local(run, ROUTER);

	printf("Your program at %s:%u is behind the box's OpenHIM now: what comes to %s goes there.\n",
	       mediator->host, mediator->port, mediator->path);
	printf("    curl -i -u %s:%s http://127.0.0.1:%u%s/try\n", client, password, local, mediator->path);
	printf("    each request is in the exchange console, under Transactions; the channel is called %s\n", mediator->name);
	fflush(stdout);
}

int dev_mediator_begin(const struct dev_mediator *mediator, const struct run *run, struct machine *machine,
		       struct error *err)
{
	autobuffer struct buffer output = {.maximum = 65536};
	autofree char *host = text_shell(run->reach.inside_host), *path = text_shell(mediator->path);
	autofree char *script = text_format(
		"cd /run/hie/dev && umask 077 || exit 1\n" /* a password will be in it */
		"(setsid hie mediator %s --host %s --port %u --path %s --wait %.0f --replace --json >mediator.made 2>mediator.why\n"
		"echo $? >mediator.status) </dev/null >/dev/null 2>&1 &\n",
		mediator->name, host, run->reach.inside_port, path, WAIT_SECONDS * machine_slowness(machine));

	if (machine_shell(machine, script, CALL_SECONDS, &output, err) < 0)
		return -1;
	printf("As soon as OpenHIM answers, %s leads to your program.\n", mediator->path);
	fflush(stdout);
	return 0;
}

/* The box says its answer and its complaint in one; the one that is JSON is the answer. */
int dev_mediator_look(const struct dev_mediator *mediator, const struct run *run, struct machine *machine,
		      struct error *err)
{
	static const char script[] = "cd /run/hie/dev && [ -s mediator.status ] || exit 9\n"
				     "cat mediator.made mediator.why; exit \"$(cat mediator.status)\"\n";
	autobuffer struct buffer output = {.maximum = 65536};
	int status = machine_shell(machine, script, CALL_SECONDS, &output, err);

	if (status < 0 || status == 9)
		return status < 0 ? -1 : 0;
	autodocument struct document *answer = document_json_or_null(output.data, output.length);
	if (status == 0 && answer) {
		explain(mediator, run, document_root(answer));
		return 1;
	}
	return error_set(err, "--mediator: no channel was made: %s", output.length ? output.data : "the box does not say why");
}
