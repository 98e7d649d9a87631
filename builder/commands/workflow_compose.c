/* The text of a new workflow; see workflow_new.h. */
#include <ctype.h>
#include <string.h>

#include "commands/workflow_new.h"

static const struct {
	const char *role, *actor;
} actors[] = {
	{"point-of-service", "clinic"}, {"interoperability-layer", "exchange"}, {"client-registry", "registry"},
	{"facility-registry", "facilities"}, {"health-worker-registry", "workers"}, {"shared-health-record", "record"},
	{"terminology-service", "terminology"},
};

/* What answers beneath an address of the exchange. */
static const struct {
	const char *path, *role;
} addresses[] = {
	{"/CR/", "client-registry"}, {"/SHR/", "shared-health-record"}, {"/FR/", "facility-registry"},
	{"/TS/", "terminology-service"}, {"/fhir/", "shared-health-record"},
};

static const char *actor_of(const char *role)
{
	for (size_t i = 0; i < LENGTH(actors); i++)
		if (text_equal(actors[i].role, role))
			return actors[i].actor;
	return role;
}

void workflow_answers_clear(struct workflow_answers *answers)
{
	char *texts[] = {answers->id, answers->title, answers->from, answers->to, answers->as, answers->method,
			 answers->path, answers->tell, answers->status, answers->shows};

	for (size_t i = 0; i < LENGTH(texts); i++)
		free(texts[i]);
	strings_clear(&answers->expect);
	*answers = (struct workflow_answers){0};
}

static void likely(char **answer, char *text)
{
	if (*answer)
		free(text);
	else
		*answer = text;
}

/* "find-a-child" as "Find a child". */
static char *title_of(const char *id)
{
	char *title = text_copy(id ? id : "");

	title[0] = (char)toupper((unsigned char)title[0]);
	for (char *at = title; *at; at++)
		if (*at == '-')
			*at = ' ';
	return title;
}

static const char *role_of(const char *path)
{
	autofree char *slashed = text_format("%s/", path ? path : "");

	for (size_t i = 0; i < LENGTH(addresses); i++)
		if (text_starts(slashed, addresses[i].path))
			return addresses[i].role;
	return "interoperability-layer";
}

static const char *status_of(const char *method)
{
	if (text_equal(method, "POST"))
		return "201";
	if (text_equal(method, "PUT") || text_equal(method, "PATCH"))
		return "200, 201";
	return text_equal(method, "DELETE") ? "200, 204" : "200";
}

/* A sentence for people from what is known. */
static char *sentence_of(const struct workflow_answers *answers)
{
	const char *what = text_equal(answers->method, "GET") || text_equal(answers->method, "HEAD") ? "asks" : "tells";
	char *text = text_format("The %s %s the %s.", actor_of(answers->from), what, actor_of(answers->to));

	return text;
}

void workflow_guess(struct workflow_answers *answers)
{
	likely(&answers->title, title_of(answers->id));
	likely(&answers->from, text_copy("point-of-service"));
	likely(&answers->to, text_copy(role_of(answers->path)));
	likely(&answers->as, text_copy("pos-clinic-a"));
	likely(&answers->method, text_copy("GET"));
	likely(&answers->status, text_copy(status_of(answers->method)));
	likely(&answers->shows, text_copy(""));
	likely(&answers->tell, sentence_of(answers));
}

/* In double quotes, as JSON writes it, which YAML reads the same way. */
static char *quoted(const char *text)
{
	autojson struct json *value = json_new_string(text);
	char *line = json_write(value, true);
	size_t length = strlen(line);

	if (length && line[length - 1] == '\n')
		line[length - 1] = '\0';
	return line;
}

/* Adds {{variables}} of the text that are not the player's own, each once. */
static void find_variables(const char *text, struct strings *variables)
{
	static const char *const made[] = {"unique", "uuid", "now", "today"};

	for (const char *at = strstr(text, "{{"); at; at = strstr(at + 2, "{{")) {
		const char *end = strstr(at, "}}");
		bool own = false;
		if (!end)
			return;
		autofree char *name = text_copy_n(at + 2, (size_t)(end - at - 2));
		for (size_t i = 0; i < LENGTH(made); i++)
			own = own || text_equal(name, made[i]);
		if (!own && *name && !strings_have(variables, name))
			strings_add(variables, name);
	}
}

/* "Patient" of /CR/fhir/Patient?identifier=…; NULL when the path's last part is no resource type. */
static char *resource_of(const char *path)
{
	autofree char *plain = text_copy_n(path, strcspn(path, "?"));
	const char *last = path_base(plain);

	return isupper((unsigned char)*last) && !last[strspn(last, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] ?
	       text_copy(last) : NULL;
}

static bool writes(const struct workflow_answers *answers)
{
	return text_equal(answers->method, "POST") || text_equal(answers->method, "PUT") ||
	       text_equal(answers->method, "PATCH");
}

/* Does it leave something behind that can be named afterwards? A search by POST does not. */
static bool leaves(const struct workflow_answers *answers, const char *resource)
{
	return resource && (text_equal(answers->method, "POST") || text_equal(answers->method, "PUT"));
}

/* "urn:a|1" of …?identifier=urn:a|1; NULL when the path names none. */
static const char *identifier_of(const char *path)
{
	const char *at = strstr(path, "identifier="), *value = at ? at + strlen("identifier=") : NULL;

	return value && strchr(value, '|') ? value : NULL;
}

static void add_values(struct buffer *text, const struct workflow_answers *answers, const char *resource)
{
	autostrings struct strings variables = {0};

	find_variables(answers->path, &variables);
	if (writes(answers) && resource && !identifier_of(answers->path) && !strings_have(&variables, "number"))
		strings_add(&variables, "number");
	if (!variables.count)
		return;
	buffer_text(text, "values:                          # {{unique}} is another one in every run\n");
	for (size_t i = 0; i < variables.count; i++) {
		autofree char *name = quoted(variables.items[i]);
		bool plain = made_of(variables.items[i], LOWER DIGITS "-", 1, 40);
		buffer_format(text, "  %s: \"{{unique}}\"\n", plain ? variables.items[i] : name);
	}
}

static void add_body(struct buffer *text, const struct workflow_answers *answers, const char *resource)
{
	if (!writes(answers))
		return;
	buffer_text(text, "      json:                      # the body: write it as YAML\n");
	buffer_format(text, "        resourceType: %s\n", resource ? resource : "Bundle");
	if (!resource) {
		buffer_text(text, "        type: transaction\n        entry: []\n");
		return;
	}
	const char *value = identifier_of(answers->path), *bar = value ? strchr(value, '|') : NULL;
	autofree char *system = bar ? text_copy_n(value, (size_t)(bar - value)) :
				      text_format("urn:hiebox:%s", answers->id);
	autofree char *number = bar ? text_copy_n(bar + 1, strcspn(bar + 1, "&")) : text_copy("{{number}}");
	autofree char *system_quoted = quoted(system), *number_quoted = quoted(number);
	buffer_format(text, "        identifier: [{ system: %s, value: %s }]\n", system_quoted, number_quoted);
}

/* "/total=1": a number or true as itself, all else as text. */
static void add_expected(struct buffer *text, const char *expected)
{
	const char *equal = strchr(expected, '=');
	autofree char *pointer = text_copy_n(expected, equal ? (size_t)(equal - expected) : strlen(expected));
	autofree char *value = quoted(equal ? equal + 1 : ""), *key = quoted(pointer);
	int64_t number;
	bool plain = equal && (number_parse(equal + 1, INT64_MIN, INT64_MAX, &number) == 0 ||
			       text_equal(equal + 1, "true") || text_equal(equal + 1, "false"));

	if (equal)
		buffer_format(text, "        %s: %s\n", key, plain ? equal + 1 : value);
	else
		buffer_format(text, "        %s: { present: true }\n", key);
}

static void add_step(struct buffer *text, const struct workflow_answers *answers, const char *resource)
{
	autofree char *tell = quoted(answers->tell), *path = quoted(answers->path);
	bool through = !text_equal(answers->to, "interoperability-layer") &&
		       !text_equal(answers->from, "interoperability-layer");

	buffer_text(text, "steps:                           # add more; they are played in order\n  - id: first\n");
	buffer_format(text, "    tell: { en: %s }\n    from: %s\n", tell, actor_of(answers->from));
	if (through)
		buffer_text(text, "    via: exchange\n");
	buffer_format(text, "    to: %s\n", actor_of(answers->to));
	if (*answers->as)
		buffer_format(text, "    as: %s             # whose login; without it none is sent\n", answers->as);
	buffer_text(text, "    # transaction: ITI-78        # of the profile, when there is one\n"
			  "    # shows: [CRF-1]             # requirements of the architecture that this step shows\n"
			  "    request:\n");
	buffer_format(text, "      method: %s\n      path: %s\n", answers->method, path);
	add_body(text, answers, resource);
	buffer_format(text, "    expect:\n      status: [%s]\n", answers->status);
	if (answers->expect.count)
		buffer_text(text, "      json:                      # JSON pointer: what stands there\n");
	for (size_t i = 0; i < answers->expect.count; i++)
		add_expected(text, answers->expect.items[i]);
	if (leaves(answers, resource))
		buffer_text(text, "    keep: { made: /id }          # a variable for later steps: {{made}}\n");
}

/* In these registries only the steward deletes. */
static const char *who_deletes(const struct workflow_answers *answers)
{
	bool steward = text_equal(answers->as, "pos-clinic-a") || text_equal(answers->as, "pos-clinic-b") ||
		       text_equal(answers->as, "hospital");

	return steward && !text_equal(answers->to, "shared-health-record") ? "registry-steward" : answers->as;
}

static void add_cleanup(struct buffer *text, const struct workflow_answers *answers)
{
	autofree char *plain = text_copy_n(answers->path, strcspn(answers->path, "?"));
	autofree char *made = text_format("%s/{{made}}", plain), *path = quoted(made);

	buffer_text(text, "cleanup:                         # at the end, also of a run that failed\n");
	if (*answers->as)
		buffer_format(text, "  - as: %s\n    ", who_deletes(answers));
	else
		buffer_text(text, "  - ");
	buffer_format(text, "request: { method: DELETE, path: %s }\n", path);
}

char *workflow_compose(const struct workflow_answers *answers)
{
	struct buffer text = {0};
	autofree char *title = quoted(answers->title), *resource = resource_of(answers->path);
	const char *const roles[] = {answers->from, "interoperability-layer", answers->to};
	bool always = text_equal(answers->to, "interoperability-layer") || text_equal(answers->to, "point-of-service");

	buffer_format(&text, "# Begun by `hiebox workflow new`. `hiebox help workflow` explains every key.\n"
			     "workflow: %s\narchitecture: \"4.0\"\ntitle: { en: %s }\n", answers->id, title);
	if (*answers->shows)
		buffer_format(&text, "shows: [%s]\n", answers->shows);
	if (!always)
		buffer_format(&text, "needs: [%s]\n", answers->to);
	buffer_text(&text, "actors:\n");
	for (size_t i = 0; i < LENGTH(roles); i++) {
		bool twice = false;
		for (size_t before = 0; before < i; before++)
			twice = twice || text_equal(roles[before], roles[i]);
		if (!twice)
			buffer_format(&text, "  %s: %s\n", actor_of(roles[i]), roles[i]);
	}
	add_values(&text, answers, resource);
	add_step(&text, answers, resource);
	if (leaves(answers, resource))
		add_cleanup(&text, answers);
	return buffer_steal(&text);
}

/* What stands in the file without quotes must be what it looks like. */
static int check_plain(const struct workflow_answers *answers, struct error *err)
{
	const struct {
		const char *what, *text, *characters, *expected;
	} plain[] = {
		{"id", answers->id, LOWER DIGITS "-", "small letters, digits and hyphens, such as find-a-child"},
		{"from", answers->from, LOWER DIGITS "-", "a role such as point-of-service"},
		{"to", answers->to, LOWER DIGITS "-", "a role such as client-registry"},
		{"as", answers->as, LOWER DIGITS "-", "a credential's name such as pos-clinic-a"},
		{"method", answers->method, UPPER, "GET, HEAD, POST, PUT, PATCH or DELETE"},
		{"shows", answers->shows, UPPER DIGITS "-, ", "requirement ids such as CRWF-4 or CRF-1, CRF-2"},
		{"status", answers->status, DIGITS ", ", "HTTP statuses such as 200 or 200, 201"},
	};

	for (size_t i = 0; i < LENGTH(plain); i++) {
		const char *text = plain[i].text;
		if (!text || (!*text && (text_equal(plain[i].what, "as") || text_equal(plain[i].what, "shows"))) || made_of(text, plain[i].characters, 1, 64))
			continue;
		autofree char *got = text_quoted(text);
		return error_set(err, "%s: expected %s, got %s", plain[i].what, plain[i].expected, got);
	}
	for (size_t i = 0; i < answers->expect.count; i++) {
		const char *one = answers->expect.items[i];
		autofree char *got = text_quoted(one);
		if (one[0] != '/')
			return error_set(err, "expect: expected a JSON pointer and a value such as /resourceType=Bundle, got %s", got);
	}
	return 0;
}

/* Line and column of a file that is not there yet help nobody. */
static void add_mistake(struct buffer *text, const char *id, const char *message)
{
	autofree char *file = text_format("%s.yaml:", id);
	const char *at = text_starts(message, file) ? strstr(message, ": ") : NULL;

	buffer_format(text, "%s%s", text->length ? "\n" : "", at ? at + 2 : message);
}

int workflow_judge(const struct workflow_answers *answers, const struct workflow_names *names, char **ret_text,
		   struct error *err)
{
	struct diagnostics mistakes = {0};
	autodocument struct document *document = NULL;
	autoarena struct arena *arena = arena_new();
	autobuffer struct buffer said = {0};
	const struct workflow *workflow;

	if (check_plain(answers, err) < 0)
		return -1;
	autofree char *file = text_format("%s.yaml", answers->id), *text = workflow_compose(answers);
	if (document_parse_yaml(file, text, strlen(text), &document, &mistakes) == 0)
		workflow_read(document_root(document), names, arena, &workflow, &mistakes);
	diagnostics_sort(&mistakes);
	for (size_t i = 0; i < mistakes.count; i++)
		add_mistake(&said, answers->id, mistakes.messages[i]);
	diagnostics_clear(&mistakes);
	if (said.length)
		return error_set(err, "%s", said.data);
	*ret_text = steal(text);
	return 0;
}
