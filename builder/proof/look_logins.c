/* Default logins: what the documents of OpenHIE's reference projects and of the programs themselves say to type after
 * installing, and what components name of their own. Each must be refused. Tried inside, as a program of the box would. */
#include "proof/look.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Names that come with a known password, by where they are asked for. */
static const char *const client_users[] = { "test", "tut", "admin", "root", "hapi", "openhim", "instant", "instant-client",
					    "test-harness-client", "root@openhim.org" };
static const char *const passwords[] = { "openhim-password", "instant101", "dev_password_only", "password", "admin", "test",
					 "Admin123", "district", "SanteDB123", "" };
static const char *const tokens[] = { "Custom test", "Custom test-harness-token", "Bearer test", "JWT test" };
/* OpenHIM's own way of logging in needs two requests; PostgreSQL's is none of HTTP. */
static const struct {
	const char *user, *password;
} api_logins[] = {
	{ "root@openhim.org", "openhim-password" }, { "root@openhim.org", "instant101" }, { "root@openhim.org", "password" },
	{ "root@openhim.org", "admin" },            { "root@openhim.org", "dev_password_only" }, { "root@openhim.org", "openHIEdemo!123" },
	{ "root", "root" },                         { "admin", "admin" },                 { "test", "test" },
}, database_logins[] = {
	{ "postgres", "postgres" }, { "postgres", "instant101" }, { "postgres", "password" }, { "postgres", "" },
	{ "hapi", "hapi" },         { "hapi", "instant101" },     { "hapi", "admin" },        { "admin", "admin" },
};

#define API "https://127.0.0.1:8080/"
#define ROUTER "http://127.0.0.1:5001/fhir/metadata"
#define SECURE_ROUTER "https://127.0.0.1:5000/fhir/metadata"
#define DATABASE "postgresql://127.0.0.1:5432/"

/* A try that needs a program of its own says "accepted NAME", "unclear NAME CODE", "refused" or "nobody": nobody listens
 * there. The others are asked by one curl, which says "CODE NUMBER" for each. */
static const char head[] =
	"command -v curl >/dev/null || { echo no-curl; exit; }\n"
	"code() { curl -sk -o /dev/null -w '%{http_code}' --max-time 60 \"$@\" 2>/dev/null; }\n"
	"say() { case $2 in\n"
	"  401|403|404) echo refused ;; 000) echo nobody ;; 2*|accepted) echo \"accepted $1\" ;; *) echo \"unclear $1 $2\" ;; esac; }\n"
	"sum() { printf %s \"$1\" | sha512sum | cut -d' ' -f1; }\n"
	"openhim() {\n"
	"  answer=$(curl -sk --max-time 60 \"$3authenticate/$1\" 2>/dev/null) || { echo nobody; return; }\n"
	"  salt=$(echo \"$answer\" | sed -n 's/.*\"salt\":\"\\([^\"]*\\)\".*/\\1/p')\n"
	"  ts=$(echo \"$answer\" | sed -n 's/.*\"ts\":\"\\([^\"]*\\)\".*/\\1/p')\n"
	"  say \"$1 at $3\" \"$(code -H \"auth-username: $1\" -H \"auth-ts: $ts\" -H \"auth-salt: $salt\" "
	"-H \"auth-token: $(sum \"$(sum \"$salt$2\")$salt$ts\")\" \"$3channels\")\"\n"
	"}\n"
	"postgresql() {\n"
	"  command -v psql >/dev/null || { echo nobody; return; }\n"
	"  if said=$(PGPASSWORD=$2 PGCONNECT_TIMEOUT=60 psql -w -X -U \"$1\" -d \"$3\" -c 'select 1' 2>&1)\n"
	"  then echo \"accepted $1 at $3\"\n"
	"  else case $said in *\"Connection refused\"*) echo nobody ;; *) echo refused ;; esac; fi\n"
	"}\n";

struct tries {
	struct buffer script, asked; /* asked: curl's own configuration (curl(1), -K) */
	struct strings names;        /* of what it asks, in order */
};

static void tries_clear(struct tries *tries)
{
	buffer_clear(&tries->script);
	buffer_clear(&tries->asked);
	strings_clear(&tries->names);
}

static void add_program(struct tries *tries, const char *kind, const char *user, const char *password, const char *url)
{
	const char *const words[] = { user, password, url };
	buffer_text(&tries->script, kind);
	for (size_t i = 0; i < LENGTH(words); i++) {
		buffer_text(&tries->script, " ");
		autofree char *quoted = text_shell(words[i]);
		buffer_text(&tries->script, quoted);
	}
	buffer_text(&tries->script, "\n");
}

/* In double quotes, on one line. */
static void add_setting(struct buffer *out, const char *key, const char *value, const char *more)
{
	const char *const parts[] = { value, more };
	buffer_format(out, "%s = \"", key);
	for (size_t i = 0; i < LENGTH(parts); i++)
		for (const char *c = parts[i] ? parts[i] : ""; *c; c++) {
			if (*c == '"' || *c == '\\')
				buffer_text(out, "\\");
			buffer_add(out, (unsigned char)*c < 0x20 ? "?" : c, 1);
		}
	buffer_text(out, "\"\n");
}

/* With `user` and password, or with a header of its own. */
static void add_request(struct tries *tries, const char *user, const char *password, const char *header, const char *url)
{
	struct buffer *out = &tries->asked;
	autofree char *login = user ? text_format("%s:", user) : NULL;
	buffer_text(out, tries->names.count ? "next\n" : "");
	add_setting(out, "url", url, NULL);
	if (login)
		add_setting(out, "user", login, password);
	else
		add_setting(out, "header", "Authorization: ", header);
	buffer_format(out, "output = /dev/null\ninsecure\nsilent\nmax-time = 60\nwrite-out = \"%%{http_code} %zu\\n\"\n",
		      tries->names.count);
	strings_format(&tries->names, "%s at %s", user ? user : header, url);
}

/* As the component wrote it: the address says how one logs in there. */
static void add_named(struct tries *tries, const struct node *login)
{
	const char *url = node_text(login, "url", ""), *user = node_text(login, "user", "");
	const char *password = node_text(login, "password", "");
	if (text_starts(url, "postgresql:"))
		add_program(tries, "postgresql", user, password, url);
	else if (text_equal(url, API))
		add_program(tries, "openhim", user, password, url);
	else if (text_starts(url, "http"))
		add_request(tries, user, password, NULL, url);
}

static void add_user(struct tries *tries, const char *user, const char *url)
{
	for (size_t k = 0; k < LENGTH(passwords); k++)
		if (!text_equal(user, passwords[k]))
			add_request(tries, user, passwords[k], NULL, url);
	add_request(tries, user, user, NULL, url);
}

/* The box's own clients, by the passwords that others gave theirs. */
static void add_clients(struct tries *tries, const struct node *box)
{
	for node_each (component, node_get(box, "components"))
		for node_each (secret, node_get(component, "secrets")) {
			const char *user = node_text(secret, "user", NULL);
			if (!user)
				continue;
			add_user(tries, user, ROUTER);
			add_user(tries, user, SECURE_ROUTER);
		}
}

static void add_all(struct tries *tries, const struct node *box)
{
	buffer_text(&tries->script, head);
	for node_each (component, node_get(box, "components"))
		for node_each (login, node_get(component, "default-logins"))
			add_named(tries, login);
	for (size_t i = 0; i < LENGTH(api_logins); i++)
		add_program(tries, "openhim", api_logins[i].user, api_logins[i].password, API);
	for (size_t i = 0; i < LENGTH(database_logins); i++)
		add_program(tries, "postgresql", database_logins[i].user, database_logins[i].password, DATABASE "postgres");
	for (size_t i = 0; i < LENGTH(client_users); i++) {
		add_user(tries, client_users[i], ROUTER);
		add_user(tries, client_users[i], API "channels");
	}
	add_clients(tries, box);
	for (size_t i = 0; i < LENGTH(tokens); i++)
		add_request(tries, NULL, NULL, tokens[i], ROUTER);
	buffer_format(&tries->script, "echo '=asked'\ncurl -K - 2>/dev/null <<'END-OF-TRIES'\n%sEND-OF-TRIES\necho end\n",
		      tries->asked.data);
}

/* What is said of one try; refused ones are counted. */
static void judge_line(const struct tries *tries, const char *line, struct look_check *check, size_t *refused)
{
	char *rest;
	long code = strtol(line, &rest, 10);
	size_t number = *rest == ' ' ? strtoul(rest, NULL, 10) : SIZE_MAX;
	const char *name = number < tries->names.count ? tries->names.items[number] : NULL;
	if (text_equal(line, "refused") || (name && (code == 401 || code == 403)))
		++*refused;
	else if (text_starts(line, "accepted "))
		strings_format(&check->wrong, "a default password lets in %s", line + strlen("accepted "));
	else if (text_starts(line, "unclear "))
		strings_format(&check->wrong, "the answer to a default password was none that refuses: %s", line + strlen("unclear "));
	else if (name && code >= 200 && code < 300)
		strings_format(&check->wrong, "a default password lets in %s", name);
	else if (name && code)
		strings_format(&check->wrong, "the answer to a default password was none that refuses: %s %ld", name, code);
}

int look_logins(struct machine *machine, const struct node *box, struct proof *proof, struct error *err)
{
	struct look_check check = look_begin(proof, "default logins are refused");
	__attribute__((cleanup(tries_clear))) struct tries tries = { .names = { 0 } };
	autofree char *text = NULL;
	autostrings struct strings lines = { 0 };
	size_t refused = 0;
	add_all(&tries, box);
	if (look_ask(machine, tries.script.data, 300, &text, err) < 0)
		return -1;
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++)
		judge_line(&tries, lines.items[i], &check, &refused);
	if (strstr(text, "no-curl"))
		look_give_up(&check, PROOF_ERROR, "the image has no `curl` to try them with");
	else if (!lines.count || !text_equal(lines.items[lines.count - 1], "end"))
		look_give_up(&check, PROOF_ERROR, "they were not tried to the end");
	else if (!refused && !check.wrong.count)
		look_give_up(&check, PROOF_SKIPPED, "nothing on this box asks for a login");
	else
		look_end(&check);
	return 0;
}
