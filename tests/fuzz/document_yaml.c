/* Any bytes as YAML: no crash, mistakes have places, and what was understood survives JSON. */
#include <stdint.h>
#include <string.h>

#include "document/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autodocument struct document *document = NULL;
	autodocument struct document *again = NULL;
	struct diagnostics mistakes = { 0 };
	int result = document_parse_yaml("f", (const char *)data, size, &document, &mistakes);
	must((result == 0) == (mistakes.count == 0) && (result == 0) == (document != NULL));
	for (size_t i = 0; i < mistakes.count; i++)
		must(text_starts(mistakes.messages[i], "f:"));
	if (document) {
		autojson struct json *json = json_from_node(document_root(document));
		autofree char *text = json_write(json, true);
		must(document_parse_json("g", text, strlen(text), &again, &mistakes) == 0);
		autojson struct json *second = json_from_node(document_root(again));
		autofree char *second_text = json_write(second, true);
		must(text_equal(text, second_text));
	}
	diagnostics_clear(&mistakes);
	return 0;
}
