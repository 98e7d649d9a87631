/* The file of --credentials: NAME: { user, password }. */
#include <string.h>
#include <sys/stat.h>

#include "commands/test.h"

static const char *const keys[] = {"user", "password", NULL};

static void check_text(const struct node *one, const char *key, struct diagnostics *mistakes)
{
	const struct node *value = node_get(one, key);

	if (!value)
		diagnostics_add(mistakes, one->place, "%s: %s is missing", one->key, key);
	else if (!value->text || !*value->text)
		diagnostics_add(mistakes, value->place, "%s.%s: expected text, got %s", one->key, key,
				value->text ? "nothing" : node_kind_name(value->kind));
	else if (has_control(value->text)) /* never quoted: it may be the password */
		diagnostics_add(mistakes, value->place, "%s.%s: it has a control character", one->key, key);
	else if (text_equal(key, "user") && strchr(value->text, ':'))
		diagnostics_add(mistakes, value->place, "%s.user: a name for HTTP's Basic login has no colon (RFC 7617)", one->key);
}

static void check_one(const struct node *one, struct diagnostics *mistakes)
{
	autofree char *shown = text_quoted(one->key);

	if (!value_id.valid(one->key)) {
		diagnostics_add(mistakes, one->key_place,
				"expected the name that workflows have for it, such as pos-clinic-a, got %s", shown);
		return;
	}
	if (one->kind != NODE_MAP) {
		diagnostics_add(mistakes, one->place, "%s: expected { user: …, password: … }, got %s", one->key,
				node_kind_name(one->kind));
		return;
	}
	for node_each(value, one) {
		autofree char *guess = did_you_mean(value->key, keys);
		if (!text_equal(value->key, "user") && !text_equal(value->key, "password"))
			diagnostics_add(mistakes, value->key_place, "%s: unknown key \"%s\"%s", one->key, value->key, guess);
	}
	check_text(one, "user", mistakes);
	check_text(one, "password", mistakes);
}

static void check_all(const struct node *root, const char *path, struct diagnostics *mistakes)
{
	if (!root || root->kind != NODE_MAP || !root->count) {
		struct place place = root ? root->place : (struct place){.file = path};
		diagnostics_add(mistakes, place, "expected names with user and password, such as "
						 "`pos-clinic-a: { user: clinic, password: secret }`");
		return;
	}
	for node_each(one, root)
		check_one(one, mistakes);
}

static void warn_when_open(const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)))
		progress_warn("%s: others on this machine can read these passwords; `chmod 600 %s` keeps them from it", path, path);
}

int test_credentials_read(const char *path, struct test_credentials *credentials, struct error *err)
{
	struct diagnostics mistakes = {0};

	*credentials = (struct test_credentials){0};
	if (document_load(path, &credentials->document, &mistakes) == 0) {
		warn_when_open(path);
		check_all(document_root(credentials->document), path, &mistakes);
	}
	diagnostics_sort(&mistakes);
	if (diagnostics_to_error(&mistakes, err) < 0) {
		diagnostics_clear(&mistakes);
		test_credentials_clear(credentials);
		return -1;
	}
	const struct node *root = document_root(credentials->document);
	size_t count = 0;
	credentials->names = memory_alloc((root->count + 1) * sizeof *credentials->names);
	for node_each(one, root)
		credentials->names[count++] = one->key;
	return 0;
}

void test_credentials_clear(struct test_credentials *credentials)
{
	document_free(credentials->document);
	free(credentials->names);
	*credentials = (struct test_credentials){0};
}

int test_credentials_find(void *context, const char *name, char **ret_user, char **ret_password, struct error *err)
{
	const struct test_credentials *credentials = context;
	const struct node *one = node_get(document_root(credentials->document), name);

	if (!one)
		return error_set(err, credentials->document ? "the file of --credentials has none of that name"
							    : "no file was given with --credentials");
	*ret_user = text_copy(node_text(one, "user", ""));
	*ret_password = text_copy(node_text(one, "password", ""));
	return 0;
}
