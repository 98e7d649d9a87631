#include "agent/workflows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool workflow_is_id(const char *id)
{
	return id && value_id.valid(id);
}

int box_workflow_read(const char *root, const char *id, struct box_workflow *ret_workflow)
{
	*ret_workflow = (struct box_workflow){ 0 };
	if (!workflow_is_id(id))
		return -1;
	autofree char *name = text_format("%s.yaml", id);
	autofree char *path = path_join3(root, WORKFLOWS_FOLDER, name);
	if (!path_exists(path))
		return -1;
	ret_workflow->id = text_copy(id);
	ret_workflow->arena = arena_new();
	if (document_load(path, &ret_workflow->document, &ret_workflow->mistakes) == 0)
		workflow_read(document_root(ret_workflow->document), NULL, ret_workflow->arena,
			      &ret_workflow->workflow, &ret_workflow->mistakes);
	return 0;
}

void box_workflow_clear(struct box_workflow *workflow)
{
	free(workflow->id);
	document_free(workflow->document);
	arena_free(workflow->arena);
	diagnostics_clear(&workflow->mistakes);
	*workflow = (struct box_workflow){ 0 };
}

struct listed {
	int64_t order;
	char *id;
};

static int by_order(const void *a, const void *b)
{
	const struct listed *one = a, *other = b;
	return one->order != other->order ? (one->order < other->order ? -1 : 1) : strcmp(one->id, other->id);
}

/* What a file says of its place; in the middle when it does not. */
static int64_t order_of(const char *folder, const char *name)
{
	autofree char *path = path_join(folder, name);
	autodocument struct document *document = document_load_or_null(path);
	const struct node *order = document ? node_get(document_root(document), "order") : NULL;
	int64_t number;
	return order && order->text && number_parse(order->text, 1, 999, &number) == 0 ? number : 500;
}

void box_workflow_list(const char *root, struct strings *ret_ids)
{
	autostrings struct strings names = { 0 };
	autofree char *folder = path_join(root, WORKFLOWS_FOLDER);
	struct error none = { 0 };
	directory_list(folder, &names, &none); /* a missing folder holds nothing */
	error_clear(&none);
	struct listed listed[WORKFLOWS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < names.count && count < WORKFLOWS_MAX; i++) {
		if (!text_ends(names.items[i], ".yaml"))
			continue;
		autofree char *id = text_copy_n(names.items[i], strlen(names.items[i]) - 5);
		if (workflow_is_id(id))
			listed[count++] = (struct listed){ order_of(folder, names.items[i]), steal(id) };
	}
	qsort(listed, count, sizeof *listed, by_order);
	for (size_t i = 0; i < count; i++) {
		strings_add(ret_ids, listed[i].id);
		free(listed[i].id);
	}
}

const char **box_roles(const struct box *box)
{
	const struct node *components = node_get(document_root(box->document), "components");
	size_t count = 0, capacity = 0;
	const char **roles = NULL;
	for node_each (component, components) {
		roles = array_grow(roles, count, &capacity, sizeof *roles);
		roles[count++] = node_text(component, "id", "");
		for node_each (one, node_get(component, "provides")) {
			roles = array_grow(roles, count, &capacity, sizeof *roles);
			roles[count++] = one->text ? one->text : "";
		}
	}
	roles = array_grow(roles, count, &capacity, sizeof *roles);
	roles[count] = NULL;
	return roles;
}

char *workflow_result_path(const char *root, const char *id)
{
	autofree char *name = text_format("%s.json", id);
	return path_join3(root, WORKFLOWS_RESULTS, name);
}

/* The folder's group (hie-page) reads it: answers of registries are not for every user of the box. */
static int write_result(const char *root, const char *id, const struct json *json, struct error *err)
{
	autofree char *path = workflow_result_path(root, id);
	autofree char *text = json_write(json, true);
	return file_write(path, text, strlen(text), 0640, err);
}

int workflow_result_write(const char *root, const struct workflow_result *result, const struct played_step *playing,
			  struct error *err)
{
	autojson struct json *json = workflow_result_json(result, playing);
	return write_result(root, result->workflow->id, json, err);
}

/* Steps, of which none is under way. */
static struct json *settled_steps(const struct node *steps)
{
	struct json *list = json_new_array();
	for node_each (step, steps) {
		struct json *one = json_from_node(step);
		if (node_get(step, "playing"))
			json_set(one, "playing", json_new_boolean(false));
		json_add(list, one);
	}
	return list;
}

int workflow_result_settle(const char *root, const char *id, struct error *err)
{
	static const char *const lists[] = { "steps", "cleanup" };
	if (!workflow_is_id(id))
		return error_set(err, "\"%s\" is no workflow's id", id);
	autofree char *path = workflow_result_path(root, id);
	autodocument struct document *document = document_load_or_null(path);
	const struct node *result = document_root(document);
	if (!text_equal(node_text(result, "state", NULL), "playing"))
		return 0;
	autojson struct json *json = json_from_node(result);
	json_set(json, "state", json_new_string("ended"));
	json_set(json, "stopped", json_new_boolean(true));
	for (size_t i = 0; i < LENGTH(lists); i++)
		if (node_get(result, lists[i]))
			json_set(json, lists[i], settled_steps(node_get(result, lists[i])));
	return write_result(root, id, json, err);
}
