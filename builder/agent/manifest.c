/* A backup's manifest.json: written by us, read as if by anybody. */
#include <inttypes.h>
#include <string.h>

#include "agent/backup_content.h"

#define KIND "hiebox-backup"
#define NUMBER_MAX ((double)(INT64_C(1) << 50))

void manifest_clear(struct manifest *manifest)
{
	free(manifest->name);
	free(manifest->recipe);
	free(manifest->builder);
	strings_clear(&manifest->components);
	for (size_t i = 0; i < manifest->database_count; i++)
		free(manifest->databases[i].name);
	for (size_t i = 0; i < manifest->member_count; i++)
		free(manifest->members[i].path);
	free(manifest->databases);
	free(manifest->members);
	memset(manifest, 0, sizeof *manifest);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->path, ((const struct member *)b)->path);
}

struct member *manifest_member(const struct manifest *manifest, const char *path)
{
	char copy[MEMBER_NAME_MAX + 1];
	struct member wanted = { .path = copy };
	if (!manifest->member_count || strlen(path) > MEMBER_NAME_MAX)
		return NULL;
	memcpy(copy, path, strlen(path) + 1);
	return bsearch(&wanted, manifest->members, manifest->member_count, sizeof wanted, compare_paths);
}

static struct json *databases_json(const struct manifest *manifest)
{
	struct json *list = json_new_array();
	for (size_t i = 0; i < manifest->database_count; i++) {
		const struct backup_database *database = &manifest->databases[i];
		struct json *one = json_new_object();
		json_set(one, "name", json_new_string(database->name));
		json_set(one, "schema", json_new_string(database->schema));
		json_set(one, "size", json_new_number((int64_t)database->size));
		json_add(list, one);
	}
	return list;
}

static struct json *members_json(const struct manifest *manifest)
{
	struct json *list = json_new_array();
	for (size_t i = 0; i < manifest->member_count; i++) {
		const struct member *member = &manifest->members[i];
		autofree char *mode = text_format("%04o", (unsigned)member->mode);
		struct json *one = json_new_object();
		json_set(one, "path", json_new_string(member->path));
		json_set(one, "size", json_new_number((int64_t)member->size));
		json_set(one, "mode", json_new_string(mode));
		json_set(one, "sha256", json_new_string(member->sha256));
		json_add(list, one);
	}
	return list;
}

char *manifest_text(const struct manifest *manifest, const struct node *image)
{
	autojson struct json *json = json_new_object();
	json_set(json, "kind", json_new_string(KIND));
	json_set(json, "format", json_new_number(BACKUP_FORMAT));
	json_set(json, "name", json_new_string(manifest->name));
	json_set(json, "recipe", json_new_string(manifest->recipe));
	json_set(json, "made", json_new_number(manifest->made));
	json_set(json, "built", json_new_number(manifest->built));
	json_set(json, "builder", json_new_string(manifest->builder));
	json_set(json, "postgresql", json_new_number(manifest->postgres));
	struct json *components = json_new_array();
	for (size_t i = 0; i < manifest->components.count; i++)
		json_add(components, json_new_string(manifest->components.items[i]));
	json_set(json, "components", components);
	/* for people, and for who has to find the very same image again */
	struct json *versions = json_new_object();
	static const char *const told[] = { "lock", "layers", "kernel", "components" };
	for (size_t i = 0; i < LENGTH(told); i++)
		if (node_get(image, told[i]))
			json_set(versions, told[i], json_from_node(node_get(image, told[i])));
	json_set(json, "image", versions);
	json_set(json, "databases", databases_json(manifest));
	json_set(json, "members", members_json(manifest));
	return json_write(json, false);
}

static int read_whole(const struct node *map, const char *key, int64_t *ret_number, struct error *err)
{
	const struct node *child = node_get(map, key);
	if (!child || child->kind != NODE_NUMBER || child->number < 0 || child->number > NUMBER_MAX)
		return error_set(err, "the manifest's %s is no number", key);
	*ret_number = (int64_t)child->number;
	return 0;
}

static int read_line(const struct node *map, const char *key, char **ret_text, struct error *err)
{
	const struct node *child = node_get(map, key);
	if (!child || child->kind != NODE_STRING || strlen(child->text) > MEMBER_NAME_MAX)
		return error_set(err, "the manifest's %s is no text", key);
	*ret_text = text_copy(child->text);
	return 0;
}

/* Names that become files: of databases and of state directories. */
static bool is_plain_name(const char *name, size_t length)
{
	return length && length <= 64
		&& strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") >= length;
}

/* The four places where members may be; see backup_content.h. */
static bool is_member_path(const char *path)
{
	static const char box[] = "box/var/lib/hie/", state[] = "state/", database[] = "database/", dump[] = ".dump";
	size_t length = strlen(path);
	if (!path_is_clean(path) || length > MEMBER_NAME_MAX)
		return false;
	if (text_starts(path, box))
		return !backup_leaves_out(path + strlen(box));
	if (text_starts(path, state))
		return is_plain_name(path + strlen(state), length - strlen(state));
	return text_starts(path, database) && text_ends(path, dump) && length > strlen(database) + strlen(dump)
		&& is_plain_name(path + strlen(database), length - strlen(database) - strlen(dump));
}

static int read_member(const struct node *item, struct manifest *manifest, struct error *err)
{
	manifest->members = array_grow(manifest->members, manifest->member_count, &manifest->member_capacity,
				       sizeof *manifest->members);
	struct member *member = &manifest->members[manifest->member_count];
	memset(member, 0, sizeof *member);
	manifest->member_count++;
	const char *digest = node_text(item, "sha256", ""), *mode = node_text(item, "mode", "");
	int64_t size = 0;
	if (read_line(item, "path", &member->path, err) < 0 || read_whole(item, "size", &size, err) < 0)
		return -1;
	member->size = (uint64_t)size;
	if (!is_member_path(member->path)) {
		autofree char *shown = text_quoted(member->path);
		return error_set(err, "the manifest names a file that does not belong into a backup: %s", shown);
	}
	if (!hash_is_hex("sha256", digest) || strlen(mode) != 4 || strspn(mode, "01234567") != 4)
		return error_set(err, "the manifest says too little about %s", member->path);
	memcpy(member->sha256, digest, sizeof member->sha256);
	member->mode = (mode_t)strtoul(mode, NULL, 8) & 0777;
	return 0;
}

static int read_members(const struct node *list, struct manifest *manifest, struct error *err)
{
	if (!list || list->kind != NODE_LIST || list->count > MEMBERS_MAX)
		return error_set(err, "the manifest lists no files, or more than %u", MEMBERS_MAX);
	for node_each(item, list)
		if (read_member(item, manifest, err) < 0)
			return -1;
	if (manifest->member_count)
		qsort(manifest->members, manifest->member_count, sizeof *manifest->members, compare_paths);
	for (size_t i = 1; i < manifest->member_count; i++)
		if (text_equal(manifest->members[i].path, manifest->members[i - 1].path))
			return error_set(err, "the manifest lists %s twice", manifest->members[i].path);
	return 0;
}

static int read_databases(const struct node *list, struct manifest *manifest, struct error *err)
{
	for node_each(item, list) {
		manifest->databases = array_grow(manifest->databases, manifest->database_count,
						 &manifest->database_capacity, sizeof *manifest->databases);
		struct backup_database *database = &manifest->databases[manifest->database_count];
		memset(database, 0, sizeof *database);
		manifest->database_count++;
		const char *schema = node_text(item, "schema", "");
		int64_t size = 0;
		if (read_line(item, "name", &database->name, err) < 0 || read_whole(item, "size", &size, err) < 0)
			return -1;
		autofree char *path = text_format("database/%s.dump", database->name);
		if ((schema[0] && !hash_is_hex("sha256", schema)) || !manifest_member(manifest, path))
			return error_set(err, "the manifest is wrong about the database %s", database->name);
		memcpy(database->schema, schema, strlen(schema) + 1);
		database->size = (uint64_t)size;
	}
	return 0;
}

static int read_manifest(const struct node *root, struct manifest *manifest, struct error *err)
{
	int64_t format = 0, postgres = 0;
	if (!text_equal(node_text(root, "kind", ""), KIND))
		return error_set(err, "there is no manifest of a backup in it");
	if (read_whole(root, "format", &format, err) < 0)
		return -1;
	if (format != BACKUP_FORMAT)
		return sentence_error(err, SAY_RESTORE_NEWER_FORMAT, NULL);
	if (read_line(root, "name", &manifest->name, err) < 0 || read_line(root, "recipe", &manifest->recipe, err) < 0
	    || read_line(root, "builder", &manifest->builder, err) < 0
	    || read_whole(root, "made", &manifest->made, err) < 0
	    || read_whole(root, "built", &manifest->built, err) < 0
	    || read_whole(root, "postgresql", &postgres, err) < 0)
		return -1;
	manifest->postgres = (long)postgres;
	for node_each(component, node_get(root, "components"))
		strings_add(&manifest->components, component->text ? component->text : "");
	if (read_members(node_get(root, "members"), manifest, err) < 0)
		return -1;
	return read_databases(node_get(root, "databases"), manifest, err);
}

int manifest_parse(const char *text, size_t length, struct manifest *ret_manifest, struct error *err)
{
	autodocument struct document *document = NULL;
	struct diagnostics mistakes = { 0 };
	struct manifest manifest = { 0 };
	if (document_parse_json(MANIFEST_NAME, text, length, &document, &mistakes) < 0) {
		diagnostics_to_error(&mistakes, err);
		diagnostics_clear(&mistakes);
		return -1;
	}
	if (read_manifest(document_root(document), &manifest, err) < 0) {
		manifest_clear(&manifest);
		return -1;
	}
	*ret_manifest = manifest;
	return 0;
}
