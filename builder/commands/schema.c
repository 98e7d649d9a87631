/* hiebox schema: the JSON Schema of one file kind, or of all. */
#include <stdio.h>

#include "commands/session.h"
#include "commands/table.h"

int command_schema(const struct parsed_options *options, struct error *err)
{
	const char *names[8] = {NULL};
	size_t count = 0;

	for (; hiebox_kinds[count]; count++)
		names[count] = hiebox_kinds[count]->name;
	const char *topic = options->arguments.count ? options->arguments.items[0] : NULL;
	for (size_t i = 0; i < count; i++) {
		if (topic && !text_equal(names[i], topic))
			continue;
		autojson struct json *schema = schema_json(hiebox_kinds + i, topic ? 1 : count);
		autofree char *text = json_write(schema, false);
		fputs(text, stdout);
		return 0;
	}
	autofree char *guess = did_you_mean(topic, names);
	error_set(err, "schema: expected recipe, component, board, workflow or seed, got \"%s\"%s", topic, guess);
	return -2;
}
