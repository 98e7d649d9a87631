/* The names of credentials that a workflow speaks with. */
#include "workflow/workflow.h"

#define NAMES_MOST 64u

struct names {
	const char *items[NAMES_MOST];
	size_t count;
};

static void add_name(struct names *names, const struct placed_text *as)
{
	for (size_t i = 0; i < names->count; i++)
		if (text_equal(names->items[i], as->text))
			return;
	if (as->text && names->count < NAMES_MOST)
		names->items[names->count++] = as->text;
}

static void add_of_questions(struct names *names, const struct requirement *requires, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_name(names, &requires[i].as);
}

static void add_of_steps(struct names *names, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		add_name(names, &steps[i].as);
		add_of_questions(names, steps[i].requires, steps[i].requires_count);
	}
}

const char *workflow_unknown_credential(const struct workflow *workflow, const char *const *known)
{
	struct names names = { .count = 0 };
	add_of_questions(&names, workflow->requires, workflow->requires_count);
	add_of_steps(&names, workflow->steps, workflow->step_count);
	add_of_steps(&names, workflow->cleanup, workflow->cleanup_count);
	for (size_t i = 0; i < names.count; i++) {
		size_t k = 0;
		while (known[k] && !text_equal(known[k], names.items[i]))
			k++;
		if (!known[k])
			return names.items[i];
	}
	return NULL;
}
