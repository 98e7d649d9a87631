/* Any bytes as JSON: no crash, and what was understood is written and read back the same. */
#include <stdint.h>
#include <string.h>

#include "document/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* Every node but the root lies behind its parent's place. */
static void check_places(const struct node *parent)
{
	for node_each (child, parent) {
		must(child->place.line > parent->place.line ||
		     (child->place.line == parent->place.line &&
		      child->place.column > parent->place.column));
		check_places(child);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autodocument struct document *document = NULL;
	autodocument struct document *again = NULL;
	struct diagnostics mistakes = { 0 };
	int result = document_parse_json("f", (const char *)data, size, &document, &mistakes);
	must((result == 0) == (mistakes.count == 0) && (result == 0) == (document != NULL));
	if (document) {
		check_places(document_root(document));
		autojson struct json *json = json_from_node(document_root(document));
		autofree char *text = json_write(json, false);
		must(document_parse_json("g", text, strlen(text), &again, &mistakes) == 0);
		autojson struct json *second = json_from_node(document_root(again));
		autofree char *second_text = json_write(second, false);
		must(text_equal(text, second_text));
	}
	diagnostics_clear(&mistakes);
	return 0;
}
