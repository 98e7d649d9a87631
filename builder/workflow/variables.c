/* Each {{variable}} must be declared in `values`, or kept by an earlier step. */
#include "workflow/table.h"

#include <string.h>

struct scan {
	const struct checker *checker;
	struct placed_text *known; /* what may be used where the scan stands */
	size_t count;
	bool values;               /* inside `values`, where unique and uuid may be mentioned */
};

/* The line that gives `name` its value, anywhere in the workflow; 0 when none does. */
static unsigned known_in_line(const struct workflow *workflow, const char *name)
{
	for (size_t i = 0; i < workflow->values.count; i++) {
		if (text_equal(workflow->values.items[i].key.text, name))
			return workflow->values.items[i].key.place.line;
	}
	for (size_t i = 0; i < workflow->step_count; i++) {
		const struct step *step = &workflow->steps[i];
		for (size_t k = 0; k < step->keep_count; k++) {
			if (text_equal(step->keep[k].name.text, name))
				return step->keep[k].name.place.line;
		}
	}
	return 0;
}

static void unknown_variable(const struct scan *scan, const char *name, struct place place)
{
	static const char *const made[] = { "today", "now", "unique", "uuid" };
	unsigned line = known_in_line(scan->checker->workflow, name);
	if (line) {
		workflow_mistake(scan->checker, place,
				 "{{%s}} is not known here yet: it gets its value in line %u, after "
				 "this",
				 name, line);
		return;
	}
	if (!*name) {
		workflow_mistake(scan->checker, place, "{{}} names no variable");
		return;
	}
	autofree const char **names = memory_resize(NULL, scan->count + LENGTH(made) + 1,
						    sizeof *names);
	size_t count = 0;
	for (size_t i = 0; i < scan->count; i++)
		names[count++] = scan->known[i].text;
	for (size_t i = 0; i < LENGTH(made); i++)
		names[count++] = made[i];
	names[count] = NULL;
	autofree char *found = text_quoted(name);
	autofree char *guess = did_you_mean(name, names);
	workflow_mistake(scan->checker, place,
			 "there is no variable %s in `values`, and no earlier step keeps it%s",
			 found, guess);
}

static void check_name(const struct scan *scan, const char *name, struct place place)
{
	if (text_equal(name, "today") || text_equal(name, "now"))
		return;
	if (text_equal(name, "unique") || text_equal(name, "uuid")) {
		if (!scan->values)
			workflow_mistake(scan->checker, place,
					 "{{%s}} is made anew at each mention; give it a name in "
					 "`values` and use that",
					 name);
		return;
	}
	for (size_t i = 0; i < scan->count; i++) {
		if (text_equal(scan->known[i].text, name))
			return;
	}
	unknown_variable(scan, name, place);
}

static void scan_text(const struct scan *scan, const char *text, struct place place)
{
	while (text && (text = strstr(text, "{{"))) {
		const char *end = strstr(text, "}}");
		if (!end) {
			workflow_mistake(scan->checker, place, "{{ is not closed by }}");
			return;
		}
		autofree char *name = text_copy_n(text + 2, (size_t)(end - text - 2));
		check_name(scan, name, place);
		text = end + 2;
	}
}

/* The document's limits bound the depth. */
static void scan_node(const struct scan *scan, const struct node *node)
{
	if (!node)
		return;
	if (node->kind == NODE_STRING)
		scan_text(scan, node->text, node->place);
	for node_each (child, node)
		scan_node(scan, child);
}

static void scan_entries(const struct scan *scan, const struct entry_list *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		scan_node(scan, entries->items[i].value);
}

static void scan_request(const struct scan *scan, const struct workflow_request *request)
{
	scan_text(scan, request->path.text, request->path.place);
	scan_entries(scan, &request->headers);
	scan_node(scan, request->json);
	scan_text(scan, request->text.text, request->text.place);
	scan_entries(scan, &request->form);
}

static void scan_expected(const struct scan *scan, const struct expected_value *values,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		scan_node(scan, values[i].is);
		scan_node(scan, values[i].differs);
		scan_node(scan, values[i].one_of);
		scan_node(scan, values[i].contains);
	}
}

static void scan_expectation(const struct scan *scan, const struct expectation *expect)
{
	scan_expected(scan, expect->headers, expect->header_count);
	scan_expected(scan, expect->json, expect->json_count);
	for (size_t i = 0; i < expect->text.count; i++)
		scan_text(scan, expect->text.items[i].text, expect->text.items[i].place);
}

static void scan_requires(const struct scan *scan, const struct requirement *requires, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		scan_entries(scan, &requires[i].otherwise);
		scan_request(scan, &requires[i].request);
		scan_expectation(scan, &requires[i].expect);
	}
}

static void add_known(struct scan *scan, const struct placed_text *name)
{
	for (size_t i = 0; i < scan->count; i++) {
		if (!text_equal(scan->known[i].text, name->text))
			continue;
		workflow_mistake(scan->checker, name->place,
				 "keep.%s: the variable is there already, since line %u; choose "
				 "another name",
				 name->text, scan->known[i].place.line);
		return;
	}
	scan->known[scan->count++] = *name;
}

static void scan_step(struct scan *scan, const struct step *step)
{
	scan_entries(scan, &step->tell);
	scan_requires(scan, step->requires, step->requires_count);
	scan_request(scan, &step->request);
	scan_expectation(scan, &step->expect);
	for (size_t k = 0; k < step->keep_count; k++)
		add_known(scan, &step->keep[k].name);
}

void check_variables(const struct checker *checker)
{
	const struct workflow *workflow = checker->workflow;
	size_t most = workflow->values.count;
	for (size_t i = 0; i < workflow->step_count; i++)
		most += workflow->steps[i].keep_count;
	autofree struct placed_text *known = memory_resize(NULL, most + 1, sizeof *known);
	struct scan scan = { .checker = checker, .known = known, .values = true };
	for (size_t i = 0; i < workflow->values.count; i++) {
		scan_node(&scan, workflow->values.items[i].value);
		add_known(&scan, &workflow->values.items[i].key);
	}
	scan.values = false;
	scan_requires(&scan, workflow->requires, workflow->requires_count);
	for (size_t i = 0; i < workflow->step_count; i++)
		scan_step(&scan, &workflow->steps[i]);
	for (size_t i = 0; i < workflow->cleanup_count; i++)
		scan_step(&scan, &workflow->cleanup[i]);
}
