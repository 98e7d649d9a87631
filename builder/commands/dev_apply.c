/* A change is laid over the running box; see dev_apply.h. */
#include "commands/dev_apply.h"

#include <string.h>
#include <unistd.h>

#include "commands/dev_script.h"

#define SECONDS 60.0              /* times slowness, for one script */
#define PIECE ((size_t)192 << 10) /* bytes of files in one script: a shell by a serial port is slow */
#define OUTPUT_MAX (1u << 20)
#define ANSWER "@hiebox "         /* what begins a line for us */

void dev_result_clear(struct dev_result *result)
{
	for (size_t i = 0; i < result->unit_count; i++) {
		free(result->units[i].name);
		free(result->units[i].state);
	}
	free(result->units);
	strings_clear(&result->refused);
	strings_clear(&result->said);
	*result = (struct dev_result){0};
}

static void add_unit(struct dev_result *result, const char *words)
{
	const char *space = strchr(words, ' '), *second = space ? strchr(space + 1, ' ') : NULL;

	if (!space)
		return;
	size_t length = second ? (size_t)(second - space - 1) : strlen(space + 1);
	result->units = memory_resize(result->units, result->unit_count + 1, sizeof *result->units);
	result->units[result->unit_count++] = (struct dev_unit){
		.name = text_copy_n(words, (size_t)(space - words)), .state = text_copy_n(space + 1, length),
		.reloaded = second && text_equal(second + 1, "reloaded")};
}

/* "@hiebox WORD …" is for us; all else was said by tools. */
static void take_line(struct dev_result *result, const char *line)
{
	const char *words = line + strlen(ANSWER);

	if (!text_starts(line, ANSWER))
		strings_add(&result->said, line);
	else if (text_equal(words, "fresh"))
		result->fresh = true;
	else if (text_equal(words, "laid"))
		result->laid++;
	else if (text_starts(words, "refused "))
		strings_add(&result->refused, words + strlen("refused "));
	else if (text_starts(words, "unit "))
		add_unit(result, words + strlen("unit "));
}

static int run(struct machine *machine, const char *body, struct dev_result *result, struct error *err)
{
	autobuffer struct buffer output = {.maximum = OUTPUT_MAX};
	autostrings struct strings lines = {0};
	/* a function is read to its end before anything of it runs, and nothing in it reads the script */
	autofree char *script = text_format("%s\nmain() {\n%s\n}\nmain </dev/null\n", dev_script_functions, body);
	int status = machine_shell(machine, script, SECONDS, &output, err);

	if (status < 0)
		return -1;
	strings_split(&lines, output.data ? output.data : "", "\r\n");
	for (size_t i = 0; i < lines.count; i++) {
		autofree char *line = text_plain_line(lines.items[i]);
		take_line(result, line);
	}
	return status == 0 ? 0 : error_set(err, "what was to be done on the box failed: %s",
					   lines.count ? lines.items[lines.count - 1] : "it says nothing");
}

int dev_prepare(struct machine *machine, bool *ret_fresh, struct error *err)
{
	autoresult struct dev_result result = {0};

	if (run(machine, "prepare", &result, err) < 0)
		return -1;
	*ret_fresh = result.fresh;
	return 0;
}

/* ---- files ---- */

/* What is on its way to the box. */
struct sending {
	struct machine *machine;
	struct buffer script;       /* lines for the next call */
	struct dev_result *result;
	struct error *err;
};

static int send_script(struct sending *sending)
{
	int status = run(sending->machine, sending->script.data, sending->result, sending->err);

	buffer_clear(&sending->script);
	return status;
}

/* The bytes wait on the box as number `number`; many of them come in pieces. */
static int send_bytes(struct sending *sending, size_t number, const char *bytes, size_t length)
{
	size_t at = 0;

	do {
		size_t piece = length - at < PIECE ? length - at : PIECE;
		dev_script_bytes(&sending->script, number, bytes + at, piece);
		at += piece;
		if (sending->script.length > PIECE && send_script(sending) < 0)
			return -1;
	} while (at < length);
	return 0;
}

/* What cannot be read is left out with a word: an editor may be at it, and the next event brings it. 1: left out. */
static int send_change(struct sending *sending, const struct dev_change *change, size_t number)
{
	struct strings *said = &sending->result->said;
	autofree char *bytes = NULL;
	struct error problem = {0};
	char target[4097];
	size_t length = 0;

	if (strpbrk(change->to, "\n\r")) {
		strings_format(said, "%s is left out: its name has a line break", change->from);
		return 1;
	}
	if (!change->from)
		return 0;
	if (change->link) {
		ssize_t got = readlink(change->from, target, sizeof target);
		return got < 0 ? 1 : send_bytes(sending, number, target, (size_t)got);
	}
	if (file_read(change->from, DEV_FILE_MAX, &bytes, &length, &problem) < 0) {
		strings_add(said, problem.message);
		error_clear(&problem);
		return 1;
	}
	return send_bytes(sending, number, bytes, length);
}

int dev_apply(struct machine *machine, const struct dev_changes *changes, const struct dev_work *work,
	      struct dev_result *result, struct error *err)
{
	struct sending sending = {.machine = machine, .result = result, .err = err};
	autobuffer struct buffer staged = {0}, lay = {0};
	int status = 0;

	buffer_text(&sending.script, "prepare || return 1\nempty\n");
	for (size_t i = 0; i < changes->count && status >= 0; i++) {
		const struct dev_change *change = &changes->items[i];
		status = send_change(&sending, change, i);
		if (status != 0)
			continue;
		if (change->unit && change->from)
			dev_script_stage(&staged, change, i);
		dev_script_lay(&lay, change, i);
	}
	dev_script_work(&sending.script, staged.data ? staged.data : "", lay.data ? lay.data : "", work);
	if (status >= 0)
		status = send_script(&sending);
	buffer_clear(&sending.script);
	return status < 0 ? -1 : 0;
}

int dev_look(struct machine *machine, const struct strings *names, unsigned seconds, struct dev_result *result,
	     struct error *err)
{
	autobuffer struct buffer script = {0};

	dev_script_look(&script, names, seconds);
	return run(machine, script.data ? script.data : ":", result, err);
}
