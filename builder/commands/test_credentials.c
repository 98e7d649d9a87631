/* The file of --credentials: what each name of the workflows logs in with. */
#include <string.h>
#include <sys/stat.h>

#include "commands/test.h"

#define OTHERS "others"         /* the login of every name that has no line of its own */
#define CONNECTION "connection" /* no name: what every connection shows and trusts */
#define PEM_MAX (1u << 20)

static const char *const login_keys[] = {"user", "password", "token", "certificate", "key", "key-password", NULL};
static const char *const connection_keys[] = {"certificate", "key", "key-password", "ca", NULL};

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
	else if (text_equal(key, "token") && strchr(value->text, ' '))
		diagnostics_add(mistakes, value->place, "%s.token: expected the token alone, without \"Bearer\" or spaces (RFC 6750)", one->key);
}

static void warn_when_open(const char *path, const char *what)
{
	struct stat status;

	if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)))
		progress_warn("%s: others on this machine can read %s; `chmod 600 %s` keeps them from it", path, what, path);
}

/* Where a file of the credentials is: beside them, unless its path says otherwise. Caller frees; NULL without the key. */
static char *file_of(const struct test_credentials *credentials, const struct node *one, const char *key)
{
	const char *path = node_text(one, key, NULL);

	return !path ? NULL : *path == '/' ? text_copy(path) : path_join(credentials->folder, path);
}

static const char *const wanted_certificate = "-----BEGIN CERTIFICATE-----", *const wanted_key = "PRIVATE KEY-----";

/* A file in PEM that holds what is wanted; `where` is the key that names it. */
static void check_pem(const struct test_credentials *credentials, const struct node *one, const char *where, const char *wanted,
		      struct diagnostics *mistakes)
{
	const struct node *value = node_get(one, where);
	autofree char *path = file_of(credentials, one, where), *text = NULL;
	struct error err = {0};
	bool key = wanted == wanted_key;

	if (!value->text || !*value->text || has_control(value->text))
		diagnostics_add(mistakes, value->place, "%s.%s: expected a file", one->key, where);
	else if (file_read(path, PEM_MAX, &text, NULL, &err) < 0)
		diagnostics_add(mistakes, value->place, "%s.%s: %s", one->key, where, err.message);
	else if (!strstr(text, wanted))
		diagnostics_add(mistakes, value->place, "%s.%s: %s holds no %s (PEM, %s)%s", one->key, where, path, key ? "key" : "certificate",
				key ? "-----BEGIN PRIVATE KEY-----" : wanted,
				key && text_equal(where, "certificate") ? "; name its file as key" : "");
	else if (key && strstr(text, "ENCRYPTED") && !node_get(one, "key-password"))
		diagnostics_add(mistakes, value->place, "%s.%s: %s has a passphrase; give it as key-password", one->key, where, path);
	else if (key)
		warn_when_open(path, "this key");
	if (text)
		explicit_bzero(text, strlen(text));
	error_clear(&err);
}

static void check_certificate(const struct test_credentials *credentials, const struct node *one, struct diagnostics *mistakes)
{
	static const char *const with[] = {"key", "key-password"};

	for (size_t i = 0; !node_get(one, "certificate") && i < LENGTH(with); i++)
		if (node_get(one, with[i])) {
			diagnostics_add(mistakes, node_get(one, with[i])->key_place, "%s: %s goes with certificate, which is missing", one->key, with[i]);
			return;
		}
	if (!node_get(one, "certificate"))
		return;
	check_pem(credentials, one, "certificate", wanted_certificate, mistakes);
	check_pem(credentials, one, node_get(one, "key") ? "key" : "certificate", wanted_key, mistakes);
	if (node_get(one, "key-password"))
		check_text(one, "key-password", mistakes);
}

static void check_keys(const struct node *one, const char *const *keys, struct diagnostics *mistakes)
{
	for node_each(value, one) {
		autofree char *guess = did_you_mean(value->key, keys);
		if (!text_one_of(value->key, keys))
			diagnostics_add(mistakes, value->key_place, "%s: unknown key \"%s\"%s", one->key, value->key, guess);
	}
}

static void check_login(const struct test_credentials *credentials, const struct node *one, struct diagnostics *mistakes)
{
	bool named = node_get(one, "user") || node_get(one, "password");

	check_keys(one, login_keys, mistakes);
	check_certificate(credentials, one, mistakes);
	if (node_get(one, "token") && named)
		diagnostics_add(mistakes, node_get(one, "token")->key_place, "%s: expected user and password, or a token, and not both", one->key);
	else if (node_get(one, "token"))
		check_text(one, "token", mistakes);
	if (!named && (node_get(one, "token") || node_get(one, "certificate")))
		return;
	check_text(one, "user", mistakes);
	check_text(one, "password", mistakes);
}

static void check_connection(const struct test_credentials *credentials, const struct node *one, struct diagnostics *mistakes)
{
	check_keys(one, connection_keys, mistakes);
	check_certificate(credentials, one, mistakes);
	if (node_get(one, "ca"))
		check_pem(credentials, one, "ca", wanted_certificate, mistakes);
}

static void check_one(const struct test_credentials *credentials, const struct node *one, struct diagnostics *mistakes)
{
	autofree char *shown = text_quoted(one->key);
	bool connection = text_equal(one->key, CONNECTION);

	if (!value_id.valid(one->key))
		diagnostics_add(mistakes, one->key_place,
				"expected the name that workflows have for it, such as pos-clinic-a, or " OTHERS ", got %s", shown);
	else if (connection && one->kind == NODE_MAP)
		check_connection(credentials, one, mistakes);
	else if (connection)
		diagnostics_add(mistakes, one->place, "%s: expected { certificate: FILE, key: FILE, ca: FILE }, got %s", one->key,
				node_kind_name(one->kind));
	else if (one->kind == NODE_MAP)
		check_login(credentials, one, mistakes);
	else if (!text_equal(one->text, "none"))
		diagnostics_add(mistakes, one->place, "%s: expected { user: …, password: … }, { token: … } or none, got %s", one->key,
				node_kind_name(one->kind));
}

static void check_all(const struct test_credentials *credentials, const struct node *root, const char *path, struct diagnostics *mistakes)
{
	if (!root || root->kind != NODE_MAP || !root->count) {
		struct place place = root ? root->place : (struct place){.file = path};
		diagnostics_add(mistakes, place, "expected names with user and password, such as "
						 "`pos-clinic-a: { user: clinic, password: secret }`");
		return;
	}
	for node_each(one, root)
		check_one(credentials, one, mistakes);
}

static void take(const struct test_credentials *credentials, const struct node *one, struct play_login *login)
{
	const char *user = node_text(one, "user", NULL), *password = node_text(one, "password", NULL);
	const char *token = node_text(one, "token", NULL), *passphrase = node_text(one, "key-password", NULL);

	*login = (struct play_login){.user = text_copy(user), .password = text_copy(password), .token = text_copy(token),
				     .certificate = file_of(credentials, one, "certificate"), .key = file_of(credentials, one, "key"),
				     .key_password = text_copy(passphrase)};
}

int test_credentials_read(const char *path, struct test_credentials *credentials, struct error *err)
{
	struct diagnostics mistakes = {0};

	*credentials = (struct test_credentials){.folder = path_directory(path)};
	if (document_load(path, &credentials->document, &mistakes) == 0) {
		warn_when_open(path, "these passwords");
		check_all(credentials, document_root(credentials->document), path, &mistakes);
	}
	diagnostics_sort(&mistakes);
	if (diagnostics_to_error(&mistakes, err) < 0) {
		diagnostics_clear(&mistakes);
		test_credentials_clear(credentials);
		return -1;
	}
	const struct node *root = document_root(credentials->document), *connection = node_get(root, CONNECTION);
	size_t count = 0;
	credentials->names = memory_alloc((root->count + 1) * sizeof *credentials->names);
	for node_each(one, root)
		if (one != connection)
			credentials->names[count++] = one->key;
	credentials->others = node_get(root, OTHERS) != NULL;
	take(credentials, connection, &credentials->connection);
	credentials->ca = file_of(credentials, connection, "ca");
	return 0;
}

void test_credentials_clear(struct test_credentials *credentials)
{
	document_free(credentials->document);
	free(credentials->names);
	play_login_clear(&credentials->connection);
	free(credentials->ca);
	free(credentials->folder);
	*credentials = (struct test_credentials){0};
}

int test_credentials_find(void *context, const char *name, struct play_login *ret_login, struct error *err)
{
	const struct test_credentials *credentials = context;
	const struct node *root = document_root(credentials->document);
	const struct node *one = text_equal(name, CONNECTION) ? NULL : node_get(root, name);

	if (!one)
		one = node_get(root, OTHERS);
	if (!one)
		return error_set(err, credentials->document ? "the file of --credentials has none of that name"
							    : "no file was given with --credentials");
	take(credentials, one, ret_login);
	return 0;
}
