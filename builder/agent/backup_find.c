/* Which backups there are: on the card and on every stick. */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/backup_content.h"

/* "…-20260101T120000Z.hiebackup": when it was made; 0 when the name does not say. */
static int64_t time_of(const char *name)
{
	struct tm broken = { 0 };
	size_t length = strlen(name), tail = strlen("20260101T120000Z" BACKUP_SUFFIX);
	if (length < tail || !strptime(name + length - tail, "%Y%m%dT%H%M%SZ", &broken))
		return 0;
	return (int64_t)timegm(&broken);
}

/* Adds the backups of one place to the list. */
static void find_in(const struct target *target, struct json *list)
{
	autostrings struct strings names = { 0 };
	struct error ignored = { 0 };
	if (directory_list(target->directory, &names, &ignored) < 0)
		names.count = 0;
	error_clear(&ignored);
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(target->directory, names.items[i]);
		struct stat st;
		if (!text_ends(names.items[i], BACKUP_SUFFIX) || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		struct json *one = json_new_object();
		json_set(one, "file", json_new_string(names.items[i]));
		json_set(one, "target", json_new_string(target->name));
		json_set(one, "size", json_new_number(st.st_size));
		json_set(one, "time", json_new_number(time_of(names.items[i])));
		json_add(list, one);
	}
}

/* A place that cannot be looked at has no backups. */
static void find_at(struct work *work, const char *name, struct json *list)
{
	struct target target = { 0 };
	struct error ignored = { 0 };
	if (target_open(work, name, false, &target, &ignored) == 0) {
		find_in(&target, list);
		target_close(&target, NULL);
	}
	error_clear(&ignored);
	work->failed = false;
}

struct json *backup_list(struct work *work, const char *target)
{
	struct json *all = json_new_object(), *list = json_new_array();
	struct sticks sticks = { 0 };
	struct error ignored = { 0 };
	json_set(all, "format", json_new_number(1));
	find_at(work, target ? target : "card", list);
	if (!target && sticks_find(work->provision->root, &sticks, &ignored) == 0)
		for (size_t i = 0; i < sticks.count; i++) {
			autofree char *name = text_format("stick:%s", sticks.items[i].name);
			find_at(work, name, list);
		}
	sticks_clear(&sticks);
	error_clear(&ignored);
	json_set(all, "backups", list);
	return all;
}

int backup_find(struct work *work, struct error *err)
{
	autofree char *directory = path_join(work->provision->root, "/run/hie/jobs");
	autofree char *path = path_join(directory, "backups.json");
	autofd int lock = -1;
	if (work_lock(work, &lock, err) < 0)
		return -1;
	autojson struct json *all = backup_list(work, NULL);
	autofree char *text = json_write(all, false);
	size_t count = 0;
	for (const char *at = text; (at = strstr(at, "\"file\": ")); at++)
		count++;
	work->job.size = text_format("%zu", count);
	if (directory_make(directory, 0755, err) < 0)
		return -1;
	return file_write(path, text, strlen(text), 0644, err);
}

struct json *backup_targets(const char *root)
{
	struct json *list = json_new_array();
	struct sticks sticks = { 0 };
	struct error ignored = { 0 };
	autofree char *card = path_join(root, "/run/hie/hiebox");
	struct json *one = json_new_object();
	if (sticks_find(root, &sticks, &ignored) < 0)
		error_clear(&ignored);
	json_set(one, "id", json_new_string("card"));
	json_set(one, "free", json_new_number((int64_t)space_free(card)));
	if (path_is_directory(card))
		json_add(list, one);
	else
		json_release(one);
	for (size_t i = 0; i < sticks.count; i++) {
		autofree char *id = text_format("stick:%s", sticks.items[i].name);
		one = json_new_object();
		json_set(one, "id", json_new_string(id));
		json_set(one, "label", json_new_string(sticks.items[i].label));
		json_set(one, "kind", json_new_string(sticks.items[i].kind));
		json_set(one, "size", json_new_number((int64_t)sticks.items[i].size));
		json_add(list, one);
	}
	sticks_clear(&sticks);
	return list;
}
