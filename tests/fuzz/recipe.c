/* Any bytes as a recipe, a board and a component: the walk over the key tables neither crashes nor
 * stores what it complained about. */
#include <stdint.h>
#include <string.h>

#include "recipe/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void check_recipe(const struct recipe *recipe)
{
	must(recipe->name && recipe->board_id.text && recipe->suite && recipe->architecture);
	must(recipe->site_name && recipe->time_zone && recipe->keyboard);
	must(recipe->component_count && recipe->outputs.count && recipe->languages.count);
	for (size_t i = 0; i < recipe->component_count; i++)
		must(recipe->components[i].id != NULL);
	for (size_t i = 0; i < recipe->user_count; i++)
		must(recipe->users[i].name && recipe->users[i].shell &&
		     recipe->users[i].ssh_keys.count);
}

static void check_component(const struct component *component)
{
	must(component->id && component->title && component->memory && component->variant_count);
	for (size_t i = 0; i < component->state_count; i++)
		must(component->state[i].path && component->state[i].user &&
		     component->state[i].group);
	for (size_t i = 0; i < component->variant_count; i++)
		must(component->variants[i].name && component->variants[i].suitable);
}

static void check_board(const struct board *board)
{
	must(board->id && board->architecture && board->kernel && board->memory && board->efi_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autodocument struct document *document = NULL;
	autoarena struct arena *arena = arena_new();
	struct diagnostics mistakes = { 0 };
	struct recipe recipe = { 0 };
	struct board board = { 0 };
	struct component component = { 0 };
	const struct {
		const struct value_type *type;
		void *target;
	} kinds[] = { { &file_recipe, &recipe },
		      { &file_board, &board },
		      { &file_component, &component } };
	document_parse_yaml("f", (const char *)data, size, &document, &mistakes);
	for (size_t i = 0; document && i < LENGTH(kinds); i++) {
		diagnostics_clear(&mistakes);
		walk_file(&(struct walk){ arena, &mistakes }, kinds[i].type,
			  document_root(document), kinds[i].target);
		diagnostics_sort(&mistakes);
		if (mistakes.count)
			continue;
		if (i == 0)
			check_recipe(&recipe);
		else if (i == 1)
			check_board(&board);
		else
			check_component(&component);
	}
	diagnostics_clear(&mistakes);
	return 0;
}
