/* Workflows ask at the addresses that this project's exchange has. Where somebody else's has them. */
#include <string.h>

#include "commands/test.h"

/* The registries' addresses behind an interoperability layer. */
static const char *const registries[] = {"/CR/fhir", "/SHR/fhir", "/FR/fhir", "/TS/fhir", "/fhir"};

/* What a FHIR server is good for, by a type of resource that it says it has. */
static const struct {
	const char *type, *role;
} roles[] = {
	{"Patient", "client-registry"},
	{"Encounter", "shared-health-record"},
	{"Location", "facility-registry"},
	{"Practitioner", "health-worker-registry"},
	{"ValueSet", "terminology-service"},
};

static void add(struct test_places *places, const char *from, const char *to)
{
	strings_add(&places->texts, from);
	strings_add(&places->texts, to);
}

/* The texts have come to rest: items borrow them. */
static void settle(struct test_places *places)
{
	places->count = places->texts.count / 2;
	places->items = memory_alloc((places->count + 1) * sizeof *places->items);
	for (size_t i = 0; i < places->count; i++)
		places->items[i] = (struct play_place){places->texts.items[2 * i], places->texts.items[2 * i + 1]};
}

/* "/CR/fhir": parts of a path, without what would not be whole parts of one. */
static bool is_path(const char *text)
{
	return *text == '/' && text[1] && !has_control(text) && !strpbrk(text, " ?#%\"<>\\^`{}|") && !strstr(text, "//") && !strstr(text, "/.");
}

static char *without_end(const char *text)
{
	size_t length = strlen(text);

	while (length && text[length - 1] == '/')
		length--;
	return text_copy_n(text, length);
}

int test_places_read(const struct parsed_options *options, struct test_places *places, struct error *err)
{
	autostrings struct strings values = {0};

	option_values(options, "at", &values);
	for (size_t i = 0; i < values.count; i++) {
		const char *equal = strchr(values.items[i], '=');
		autofree char *first = equal ? text_copy_n(values.items[i], (size_t)(equal - values.items[i])) : text_copy("");
		autofree char *from = without_end(first), *to = without_end(equal ? equal + 1 : "");
		if (!equal || !is_path(from) || (*to && !is_path(to))) {
			autofree char *shown = text_quoted(values.items[i]);
			error_set(err, "--at: expected where the exchange has what workflows ask, such as "
				       "/CR/fhir=/openhim/patients/fhir, got %s", shown);
			return -2;
		}
		add(places, from, to);
	}
	if (values.count)
		settle(places);
	return 0;
}

static bool has_type(const struct node *statement, const char *type)
{
	for node_each(rest, node_get(statement, "rest"))
		for node_each(resource, node_get(rest, "resource"))
			if (text_equal(node_text(resource, "type", ""), type))
				return true;
	return false;
}

static void add_operations(const struct node *list, struct strings *operations)
{
	for node_each(operation, list) {
		const char *name = node_text(operation, "name", "");
		name += *name == '$';
		if (*name)
			strings_add(operations, name);
	}
}

static void take_operations(const struct node *statement, struct strings *operations)
{
	for node_each(rest, node_get(statement, "rest")) {
		add_operations(node_get(rest, "operation"), operations);
		for node_each(resource, node_get(rest, "resource"))
			add_operations(node_get(resource, "operation"), operations);
	}
	strings_sort(operations);
	strings_unique(operations);
}

void test_places_look(const char *text, size_t length, struct test_places *places)
{
	autodocument struct document *document = text ? document_json_or_null(text, length) : NULL;
	const struct node *root = document_root(document);
	size_t count = 0;

	if (places->count || !text_equal(node_text(root, "resourceType", ""), "CapabilityStatement"))
		return;
	places->fhir = true;
	for (size_t i = 0; i < LENGTH(registries); i++)
		add(places, registries[i], "");
	settle(places);
	for (size_t i = 0; i < LENGTH(roles); i++)
		if (has_type(root, roles[i].type))
			places->roles[count++] = roles[i].role;
	places->roles[count] = NULL;
	take_operations(root, &places->operations);
}

void test_places_clear(struct test_places *places)
{
	strings_clear(&places->texts);
	strings_clear(&places->operations);
	free(places->items);
	*places = (struct test_places){0};
}
