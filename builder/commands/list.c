/* hiebox list, inspect: what a project offers, what an image holds. */
#include <stdio.h>
#include <string.h>

#include "commands/project.h"
#include "commands/session.h"
#include "document/document.h"
#include "image/image.h"

static char *suitable_text(const struct variant *variant)
{
	autostrings struct strings words = {0};

	for (unsigned mode = MODE_TRAINING; mode <= MODE_PRODUCTION; mode <<= 1)
		if (variant->suitable & mode)
			strings_add(&words, mode_name(mode));
	return strings_join(&words, ", ");
}

static void print_component(const struct component *component)
{
	printf("%s\n    %s\n", component->id, component->summary ? component->summary : "");
	for (size_t i = 0; i < component->variant_count; i++) {
		const struct variant *variant = &component->variants[i];
		autofree char *suitable = suitable_text(variant);
		printf("    variant %s: for %s%s\n", variant->name, suitable,
		       variant->described_only ? " (described, cannot be built yet)" : "");
	}
}

static struct json *component_json(const struct component *component)
{
	struct json *object = json_new_object();
	struct json *variants = json_new_array();

	json_set(object, "id", json_new_string(component->id));
	json_set(object, "summary", json_new_string(component->summary));
	for (size_t i = 0; i < component->variant_count; i++) {
		const struct variant *variant = &component->variants[i];
		struct json *item = json_new_object();
		struct json *modes = json_new_array();
		for (unsigned mode = MODE_TRAINING; mode <= MODE_PRODUCTION; mode <<= 1)
			if (variant->suitable & mode)
				json_add(modes, json_new_string(mode_name(mode)));
		json_set(item, "name", json_new_string(variant->name));
		json_set(item, "suitable", modes);
		json_set(item, "described-only", json_new_boolean(variant->described_only));
		json_add(variants, item);
	}
	json_set(object, "variants", variants);
	return object;
}

static int list_components(const struct parsed_options *options, const char *project, struct error *err)
{
	struct diagnostics mistakes = {0};
	struct catalogue *catalogue = NULL;
	const struct component *const *components;

	int result = catalogue_load_components(project, &catalogue, &mistakes);
	if (result < 0) {
		diagnostics_sort(&mistakes);
		diagnostics_to_error(&mistakes, err);
	} else {
		autojson struct json *list = json_new_array();
		size_t count = catalogue_components(catalogue, &components);
		for (size_t i = 0; i < count; i++) {
			if (option_given(options, "json"))
				json_add(list, component_json(components[i]));
			else
				print_component(components[i]);
		}
		if (option_given(options, "json")) {
			autofree char *text = json_write(list, false);
			fputs(text, stdout);
		}
	}
	diagnostics_clear(&mistakes);
	catalogue_free(catalogue);
	return result < 0 ? -1 : 0;
}

/* Recipes and boards are files with a `summary` line each. */
static int list_files(const struct parsed_options *options, const char *folder, struct error *err)
{
	autostrings struct strings names = {0};
	autojson struct json *list = json_new_array();

	if (directory_list(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		struct diagnostics mistakes = {0};
		autodocument struct document *document = NULL;
		if (!text_ends(names.items[i], ".yaml"))
			continue;
		autofree char *path = path_join(folder, names.items[i]);
		const char *summary = "(has mistakes: see `hiebox check`)";
		if (document_load(path, &document, &mistakes) == 0)
			summary = node_text(document_root(document), "summary", "");
		if (option_given(options, "json")) {
			struct json *item = json_new_object();
			json_set(item, "file", json_new_string(path));
			json_set(item, "summary", json_new_string(summary));
			json_add(list, item);
		} else {
			printf("%s\n    %s\n", path, summary);
		}
		diagnostics_clear(&mistakes);
	}
	if (option_given(options, "json")) {
		autofree char *text = json_write(list, false);
		fputs(text, stdout);
	}
	return 0;
}

int command_list(const struct parsed_options *options, struct error *err)
{
	static const char *const kinds[] = {"components", "recipes", "boards", NULL};
	autofree char *found = project_here(options);
	const char *project = found ? found : ".";
	const char *kind = options->arguments.count ? options->arguments.items[0] : "components";

	if (text_equal(kind, "components"))
		return list_components(options, found, err);
	autofree char *recipes = path_join(project, "recipes");
	autofree char *boards = path_join(recipes, "boards");
	if (text_equal(kind, "recipes"))
		return list_files(options, recipes, err);
	if (text_equal(kind, "boards"))
		return list_files(options, boards, err);
	const char *near = nearest_name(kind, kinds);
	error_set(err, "list: expected components, recipes or boards, got \"%s\"%s%s%s", kind,
		  near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	return -2;
}

static void print_partition(const struct node *partition)
{
	autofree char *size = NULL;
	int64_t bytes = 0;

	number_parse(node_text(partition, "size", "0"), 0, INT64_MAX, &bytes);
	size = size_text((uint64_t)bytes);
	printf("  %2s  %-10s  %9s  starts at %-11s %-9s  %s\n", node_text(partition, "number", "?"),
	       node_text(partition, "name", ""), size, node_text(partition, "start", "?"),
	       node_text(partition, "content", ""), node_text(partition, "uuid", ""));
}

/* What the disk was made of, for people. Disks that hiebox did not write have no manifest. */
static void print_manifest(const struct node *manifest)
{
	static const char *const keys[] = {"recipe", "summary", "mode", "board", "layout", "suite", "architecture",
					   "kernel", "packages"};

	for (size_t i = 0; i < LENGTH(keys); i++)
		if (node_text(manifest, keys[i], NULL))
			printf("  %-12s %s\n", keys[i], node_text(manifest, keys[i], NULL));
	if (node_text(manifest, "extends", NULL))
		printf("  %-12s %s\n", "extends", node_text(manifest, "extends", NULL));
	for node_each(item, node_get(manifest, "settings"))
		printf("  %-12s --set %s\n", "setting", item->text ? item->text : "?");
	for node_each(item, node_get(manifest, "components"))
		printf("  component    %s (%s)\n", node_text(item, "id", "?"), node_text(item, "variant", "?"));
	for node_each(item, node_get(manifest, "layers"))
		printf("  layer        %-5s %s bytes, key %s\n", node_text(item, "name", "?"),
		       node_text(item, "bytes", "?"), node_text(item, "key", "?"));
}

int command_inspect(const struct parsed_options *options, struct error *err)
{
	autojson struct json *description = NULL;
	autodocument struct document *document = NULL;
	struct diagnostics mistakes = {0};

	if (image_inspect(options->arguments.items[0], &description, err) < 0)
		return -1;
	autofree char *text = json_write(description, false);
	if (option_given(options, "json")) {
		fputs(text, stdout);
		return 0;
	}
	/* The JSON is the one description; the text for people is read from it. */
	if (document_parse_json("description", text, strlen(text), &document, &mistakes) < 0) {
		int result = diagnostics_to_error(&mistakes, err);
		diagnostics_clear(&mistakes);
		return result;
	}
	const struct node *root = document_root(document);
	printf("%s\n", options->arguments.items[0]);
	for node_each(item, root)
		if (item->text)
			printf("  %-12s %s\n", item->key, item->text);
	print_manifest(node_get(root, "manifest"));
	for node_each(item, node_get(root, "partitions"))
		print_partition(item);
	return 0;
}
