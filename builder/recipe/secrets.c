/* Secrets by name: databases and templates may only ask for ones that some component declares. */
#include "recipe/catalogue.h"

#include <string.h>

#define TEMPLATE_MAX (1u << 20)

/* Names of all secrets of the catalogue, NULL-terminated; the caller frees the array. */
static const char **secret_names(const struct catalogue *catalogue)
{
	size_t count = 0;
	for (size_t i = 0; i < catalogue->component_count; i++) {
		const struct node *secrets = catalogue->component_list[i]->secrets;
		count += secrets ? secrets->count : 0;
	}
	const char **names = memory_alloc((count + 1) * sizeof *names);
	size_t used = 0;
	for (size_t i = 0; i < catalogue->component_count; i++) {
		for node_each (secret, catalogue->component_list[i]->secrets) {
			const char *name = node_text(secret, "name", NULL);
			if (name)
				names[used++] = name;
		}
	}
	return names;
}

static void check_name(struct catalogue *catalogue, const char *name, struct place place,
		       const char *where)
{
	autofree const char **names = secret_names(catalogue);
	for (size_t i = 0; names[i]; i++) {
		if (text_equal(names[i], name))
			return;
	}
	autofree char *found = text_quoted(name);
	autofree char *guess = did_you_mean(name, names);
	diagnostics_add(catalogue->mistakes, place, "%sno component has a secret %s%s", where,
			found, guess);
}

/* The {{secret:NAME}} and {{json-secret:NAME}} of one line. */
static void check_line(struct catalogue *catalogue, const char *line, size_t length,
		       struct place place)
{
	static const char *const words[] = { "{{secret:", "{{json-secret:" };
	for (size_t w = 0; w < LENGTH(words); w++) {
		size_t word_length = strlen(words[w]);
		const char *end = line + length;
		const char *at = line;
		while ((at = memmem(at, (size_t)(end - at), words[w], word_length))) {
			place.column = (unsigned)(at - line) + 1;
			at += word_length;
			const char *close = memmem(at, (size_t)(end - at), "}}", 2);
			if (!close) {
				diagnostics_add(catalogue->mistakes, place,
						"%s is not closed by }}", words[w]);
				break;
			}
			autofree char *name = text_copy_n(at, (size_t)(close - at));
			check_name(catalogue, name, place, "");
		}
	}
}

static void check_template(struct catalogue *catalogue, const struct component *component,
			   const char *from)
{
	autofree char *path = path_join(component->overlay_folder, from);
	autofree char *text = NULL;
	size_t length = 0;
	struct error err = { 0 };
	if (!path_exists(path) || path_is_directory(path))
		return; /* made by a source, or said already */
	struct place place = { locate_shown(catalogue, path + strlen(catalogue->project) + 1), 0,
			       0 };
	if (file_read(path, TEMPLATE_MAX, &text, &length, &err) < 0) {
		diagnostics_add(catalogue->mistakes, place, "%s", err.message);
		error_clear(&err);
		return;
	}
	place.line = 1;
	for (const char *line = text; line < text + length; place.line++) {
		const char *end = memchr(line, '\n', length - (size_t)(line - text));
		size_t line_length = end ? (size_t)(end - line) : length - (size_t)(line - text);
		check_line(catalogue, line, line_length, place);
		line += line_length + 1;
	}
}

/* What is for people must say so in words. */
static void check_shown(struct catalogue *catalogue, const struct node *secret)
{
	static const char *const keys[] = { "title", "user" };
	if (!text_equal(node_text(secret, "for", NULL), "person"))
		return;
	for (size_t i = 0; i < LENGTH(keys); i++) {
		if (!node_get(secret, keys[i]))
			diagnostics_add(catalogue->mistakes, secret->place,
					"secrets[]: a secret for a person needs the key \"%s\"",
					keys[i]);
	}
}

void check_secrets(struct catalogue *catalogue, const struct component *component)
{
	for node_each (secret, component->secrets)
		check_shown(catalogue, secret);
	if (catalogue->incomplete)
		return;
	for node_each (database, component->databases) {
		const struct node *secret = node_get(database, "secret");
		if (secret && secret->text && value_id.valid(secret->text))
			check_name(catalogue, secret->text, secret->place, "databases[].secret: ");
	}
	for node_each (template, component->templates) {
		const char *from = node_text(template, "from", NULL);
		if (from && component->overlay_folder && value_box_path.valid(from))
			check_template(catalogue, component, from);
	}
}
