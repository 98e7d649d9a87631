#include "agent/workflows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define USUAL_ORDER 500u /* as the key table has it */

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

void box_workflow_list(const char *root, struct strings *ret_ids)
{
	autostrings struct strings names = { 0 };
	autofree char *folder = path_join(root, WORKFLOWS_FOLDER);
	struct error none = { 0 };
	directory_list(folder, &names, &none); /* a missing folder holds nothing */
	error_clear(&none);
	for (size_t i = 0; i < names.count && ret_ids->count < WORKFLOWS_MAX; i++) {
		if (!text_ends(names.items[i], ".yaml"))
			continue;
		autofree char *id = text_copy_n(names.items[i], strlen(names.items[i]) - 5);
		if (workflow_is_id(id))
			strings_add(ret_ids, id);
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

static char *obstacle(const struct box_workflow *one, const char *const *roles, const struct language *language)
{
	if (!one->workflow)
		return sentence_in(language, SAY_PLAY_WRONG_FILE, one->mistakes.count ? one->mistakes.messages[0] : "?", NULL);
	const char *missing = workflow_missing(one->workflow, roles);
	return missing ? sentence_in(language, SAY_PLAY_NEEDS, missing, NULL) : NULL;
}

char *box_workflow_obstacle(const struct box *box, const struct language *language, const struct box_workflow *workflow)
{
	autofree const char **roles = box_roles(box);
	return obstacle(workflow, roles, language);
}

static int by_order(const void *a, const void *b)
{
	const struct listed_workflow *one = a, *other = b;
	return one->order != other->order ? (one->order < other->order ? -1 : 1) : strcmp(one->id, other->id);
}

void box_workflow_read_list(const char *root, const struct box *box, const struct language *language, const char *code,
			    struct listed_workflows *ret_list)
{
	autostrings struct strings ids = { 0 };
	autofree const char **roles = box_roles(box);
	struct listed_workflows list = { 0 };
	box_workflow_list(root, &ids);
	list.items = memory_alloc((ids.count + 1) * sizeof *list.items);
	for (size_t i = 0; i < ids.count; i++) {
		struct box_workflow one;
		if (box_workflow_read(root, ids.items[i], &one) < 0)
			continue;
		list.items[list.count++] = (struct listed_workflow){
			.id = text_copy(one.id),
			.title = one.workflow ? text_copy(workflow_text(&one.workflow->title, code)) : NULL,
			.summary = one.workflow ? text_copy(workflow_text(&one.workflow->summary, code)) : NULL,
			.obstacle = obstacle(&one, roles, language),
			.order = one.workflow ? one.workflow->order : USUAL_ORDER,
		};
		box_workflow_clear(&one);
	}
	qsort(list.items, list.count, sizeof *list.items, by_order);
	*ret_list = list;
}

void listed_workflows_clear(struct listed_workflows *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].id);
		free(list->items[i].title);
		free(list->items[i].summary);
		free(list->items[i].obstacle);
	}
	free(list->items);
	*list = (struct listed_workflows){ 0 };
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
