/* Templates: a service's settings with this box's own values filled in. */
#include <errno.h>
#include <string.h>

#include "agent/provision.h"
#include "document/document.h"

#define TEMPLATE_MAX (4u << 20)
#define VALUE_MAX (1u << 20)

typedef int placeholder_value(const struct provision *provision, const char *argument, char **ret_value,
			      struct error *err);

static int value_secret(const struct provision *provision, const char *argument, char **ret_value,
			struct error *err)
{
	if (!box_secret(provision->box, argument))
		return sentence_error(err, SAY_PLACEHOLDER_SECRET, argument, NULL);
	return secret_read(provision->root, argument, ret_value, err);
}

static int value_file(const struct provision *provision, const char *argument, char **ret_value,
		      struct error *err)
{
	autofree char *path = path_join(provision->root, argument);
	size_t length = 0;
	autofree char *value = NULL;
	if (argument[0] != '/' || !path_is_clean(argument + 1))
		return error_set(err, "%s is not an absolute path", argument);
	if (file_read(path, VALUE_MAX, &value, &length, err) < 0)
		return -1;
	if (strlen(value) != length)
		return error_set(err, "%s is not a text file", path);
	*ret_value = steal(value);
	return 0;
}

static int value_box(const struct provision *provision, const char *argument, char **ret_value,
		     struct error *err)
{
	const struct box *box = provision->box;
	const struct {
		const char *name, *value;
	} properties[] = {
		{ "name", box->name }, { "mode", box->mode }, { "recipe", box->recipe },
		{ "summary", box->summary }, { "time-zone", box->time_zone }, { "keyboard", box->keyboard },
		{ "language", box->language },
	};
	for (size_t i = 0; i < LENGTH(properties); i++) {
		if (!text_equal(properties[i].name, argument))
			continue;
		*ret_value = text_copy(properties[i].value);
		return 0;
	}
	return sentence_error(err, SAY_PLACEHOLDER_BOX, argument, NULL);
}

/* Every kind; "json-" in front of a name means: escaped to stand between the quotes of a JSON string. */
static const struct {
	const char *name;
	placeholder_value *value;
} kinds[] = { { "secret:", value_secret }, { "file:", value_file }, { "box:", value_box } };

/* A JSON string's text without its quotes (RFC 8259 section 7). */
static char *json_escape(const char *text)
{
	autojson struct json *json = json_new_string(text);
	char *quoted = json_write(json, true);
	size_t length = strlen(quoted);
	while (length && quoted[length - 1] != '"')
		length--;
	char *inner = length >= 2 ? text_copy_n(quoted + 1, length - 2) : text_copy("");
	free(quoted);
	return inner;
}

static int find_value(const struct provision *provision, const char *placeholder, char **ret_value,
		      struct error *err)
{
	bool json = text_starts(placeholder, "json-");
	const char *name = json ? placeholder + strlen("json-") : placeholder;
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		if (!text_starts(name, kinds[i].name))
			continue;
		autofree char *value = NULL;
		if (kinds[i].value(provision, name + strlen(kinds[i].name), &value, err) < 0)
			return -1;
		*ret_value = json ? json_escape(value) : text_copy(value);
		return 0;
	}
	return sentence_error(err, SAY_PLACEHOLDER_UNKNOWN, placeholder, NULL);
}

int template_render(const struct provision *provision, const char *name, const char *text, char **ret_text,
		    struct error *err)
{
	autobuffer struct buffer out = { 0 };
	unsigned line = 1;
	for (const char *at = text; *at;) {
		size_t plain = strcspn(at, "{\n");
		buffer_add(&out, at, plain);
		at += plain;
		if (!text_starts(at, "{{")) {
			line += *at == '\n';
			if (*at)
				buffer_add(&out, at++, 1);
			continue;
		}
		size_t length = strcspn(at + 2, "}\n");
		autofree char *placeholder = text_copy_n(at + 2, length);
		autofree char *value = NULL;
		if (!text_starts(at + 2 + length, "}}"))
			sentence_error(err, SAY_PLACEHOLDER_OPEN, NULL);
		else
			find_value(provision, placeholder, &value, err);
		if (!value)
			return error_prefix(err, "%s:%u", name, line);
		buffer_text(&out, value);
		at += 2 + length + 2;
	}
	if (out.overflow)
		return error_set(err, "%s: becomes too large", name);
	*ret_text = buffer_steal(&out);
	return 0;
}

/* Renders one template; `*changed` counts those that got a new content. */
static int render(const struct provision *provision, const struct box_template *template, size_t *changed,
		  struct error *err)
{
	autofree char *from = path_join(provision->root, template->from);
	autofree char *rendered = hie_path(provision->root, "rendered");
	autofree char *to = path_join(rendered, template->to);
	autofree char *directory = path_directory(to);
	autofree char *source = NULL, *text = NULL;
	struct owner_names names = { template->user, template->group, template->to };
	struct owner owner;
	if (owner_find(provision, &names, &owner, err) < 0
	    || file_read(from, TEMPLATE_MAX, &source, NULL, err) < 0
	    || template_render(provision, template->from, source, &text, err) < 0
	    || directory_make(directory, 0711, err) < 0)
		return -1;
	if (!file_has(to, text, strlen(text))) {
		/* Unreadable for others until it belongs to its user. */
		if (file_write(to, text, strlen(text), 0600, err) < 0)
			return -1;
		++*changed;
		provision_boundary(provision, "template written");
	}
	return owner_apply(to, owner, template->mode, err);
}

int step_templates(const struct provision *provision, char **ret_remark, struct error *err)
{
	size_t changed = 0;
	for (size_t i = 0; i < provision->box->template_count; i++) {
		if (render(provision, &provision->box->templates[i], &changed, err) < 0)
			return -1;
		provision_boundary(provision, provision->box->templates[i].to);
	}
	autofree char *all = text_format("%zu", provision->box->template_count);
	autofree char *fresh = text_format("%zu", changed);
	*ret_remark = sentence(SAY_TEMPLATES_DONE, all, fresh, NULL);
	return 0;
}
