/* {{variables}}: made at the beginning of a run, kept from answers, put into requests and expectations. */
#include "workflow/player.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define UNIQUE_LENGTH 12 /* of 31 characters: 59 bits */

void player_set(struct player *player, const char *name, const char *value)
{
	struct strings *all = &player->variables;
	for (size_t i = 0; i + 1 < all->count; i += 2)
		if (text_equal(all->items[i], name)) { /* an earlier try kept it */
			free(all->items[i + 1]);
			all->items[i + 1] = text_copy(value);
			return;
		}
	strings_add(&player->variables, name);
	strings_add(&player->variables, value);
}

const char *player_get(const struct player *player, const char *name)
{
	const struct strings *all = &player->variables;
	for (size_t i = 0; i + 1 < all->count; i += 2)
		if (text_equal(all->items[i], name))
			return all->items[i + 1];
	if (text_equal(name, "now"))
		return player->now;
	return text_equal(name, "today") ? player->today : NULL;
}

/* ---- what is new in every run ---- */

/* splitmix64, for tests, which want the same values each time. */
static uint64_t next_fixed(struct player *player)
{
	uint64_t z = player->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void random_bytes(struct player *player, unsigned char *bytes, size_t count)
{
	for (size_t i = 0; player->settings->seed && i < count; i++)
		bytes[i] = (unsigned char)next_fixed(player);
	while (!player->settings->seed && getrandom(bytes, count, 0) != (ssize_t)count)
		if (errno != EINTR)
			abort(); /* a kernel without randomness */
}

/* Characters that a person reads aloud without mistakes. */
static char *make_unique(struct player *player)
{
	static const char alphabet[] = "abcdefghjkmnpqrstuvwxyz23456789";
	char text[UNIQUE_LENGTH + 1] = "";
	for (size_t i = 0; i < UNIQUE_LENGTH;) {
		unsigned char byte;
		random_bytes(player, &byte, 1);
		if (byte < 248) /* 8 * 31: an even choice */
			text[i++] = alphabet[byte % 31];
	}
	return text_copy(text);
}

/* RFC 9562, version 4. */
static char *make_uuid(struct player *player)
{
	unsigned char b[16];
	random_bytes(player, b, sizeof b);
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	return text_format("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
			   b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
			   b[14], b[15]);
}

static void make_value(struct player *player, const char *name, const char *text)
{
	struct buffer out = { 0 };
	while (*text) {
		const char *end = text_starts(text, "{{") ? strstr(text, "}}") : NULL;
		if (!end) {
			buffer_add(&out, text++, 1);
			continue;
		}
		autofree char *variable = text_copy_n(text + 2, (size_t)(end - text - 2));
		autofree char *made = text_equal(variable, "unique") ? make_unique(player)
				      : text_equal(variable, "uuid") ? make_uuid(player)
								     : NULL;
		const char *value = made ? made : player_get(player, variable);
		buffer_text(&out, value ? value : "");
		text = end + 2;
	}
	autofree char *value = buffer_steal(&out);
	player_set(player, name, value);
}

void player_make_values(struct player *player)
{
	const struct entry_list *values = &player->workflow->values;
	time_t now = (time_t)player->result->began;
	struct tm parts = { 0 };
	gmtime_r(&now, &parts);
	strftime(player->now, sizeof player->now, "%Y-%m-%dT%H:%M:%SZ", &parts);
	strftime(player->today, sizeof player->today, "%Y-%m-%d", &parts);
	for (size_t i = 0; i < values->count; i++)
		make_value(player, values->items[i].key.text, values->items[i].value->text);
}

/* ---- putting them in ---- */

#define UNRESERVED LOWER UPPER DIGITS "-._~"

void percent_encode(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		if (strchr(UNRESERVED, *text))
			buffer_add(out, text, 1);
		else
			buffer_format(out, "%%%02X", (unsigned char)*text);
	}
}

/* What a person wrote: only what may not stand in a path or query is encoded (RFC 3986 section 3.3). */
static void add_written(struct buffer *out, char byte, enum fill fill)
{
	if (fill == FILL_PATH && !strchr(UNRESERVED "!$&'()*+,;=:@/?%", byte))
		buffer_format(out, "%%%02X", (unsigned char)byte);
	else
		buffer_add(out, &byte, 1);
}

char *player_fill(const struct player *player, const char *text, enum fill fill)
{
	autobuffer struct buffer out = { 0 };
	while (*text) {
		const char *end = text_starts(text, "{{") ? strstr(text, "}}") : NULL;
		if (!end) {
			add_written(&out, *text++, fill);
			continue;
		}
		autofree char *name = text_copy_n(text + 2, (size_t)(end - text - 2));
		const char *value = player_get(player, name);
		if (!value)
			return NULL;
		if (fill == FILL_PATH)
			percent_encode(&out, value);
		else
			buffer_text(&out, value);
		text = end + 2;
	}
	return buffer_steal(&out);
}

/* The document's limits bound the depth. */
struct json *player_fill_node(const struct player *player, const struct node *node)
{
	if (node->kind == NODE_STRING) {
		autofree char *text = player_fill(player, node->text, FILL_PLAIN);
		return json_new_string(text ? text : "");
	}
	if (node->kind != NODE_LIST && node->kind != NODE_MAP)
		return json_from_node(node);
	struct json *json = node->kind == NODE_LIST ? json_new_array() : json_new_object();
	for node_each (child, node) {
		struct json *value = player_fill_node(player, child);
		if (node->kind == NODE_LIST)
			json_add(json, value);
		else
			json_set(json, child->key, value);
	}
	return json;
}

/* ---- which are unknown ---- */

static bool unknown_in(const struct player *player, const char *text, char *name)
{
	while (text && (text = strstr(text, "{{"))) {
		const char *end = strstr(text, "}}");
		if (!end)
			return false;
		autofree char *variable = text_copy_n(text + 2, (size_t)(end - text - 2));
		if (!player_get(player, variable)) {
			snprintf(name, 64, "%s", variable);
			return true;
		}
		text = end + 2;
	}
	return false;
}

static bool unknown_in_node(const struct player *player, const struct node *node, char *name)
{
	if (!node)
		return false;
	if (node->kind == NODE_STRING && unknown_in(player, node->text, name))
		return true;
	for node_each (child, node)
		if (unknown_in_node(player, child, name))
			return true;
	return false;
}

static bool unknown_in_entries(const struct player *player, const struct entry_list *entries, char *name)
{
	for (size_t i = 0; i < entries->count; i++)
		if (unknown_in_node(player, entries->items[i].value, name))
			return true;
	return false;
}

static bool unknown_in_request(const struct player *player, const struct workflow_request *request, char *name)
{
	return unknown_in(player, request->path.text, name) ||
	       unknown_in_entries(player, &request->headers, name) ||
	       unknown_in_node(player, request->json, name) ||
	       unknown_in(player, request->text.text, name) ||
	       unknown_in_entries(player, &request->form, name);
}

static bool unknown_in_expected(const struct player *player, const struct expected_value *values, size_t count,
				char *name)
{
	for (size_t i = 0; i < count; i++) {
		const struct expected_value *value = &values[i];
		const struct node *const nodes[] = { value->is, value->differs, value->one_of, value->contains };
		for (size_t k = 0; k < LENGTH(nodes); k++)
			if (unknown_in_node(player, nodes[k], name))
				return true;
	}
	return false;
}

static bool unknown_in_expectation(const struct player *player, const struct expectation *expect, char *name)
{
	for (size_t i = 0; i < expect->text.count; i++)
		if (unknown_in(player, expect->text.items[i].text, name))
			return true;
	return unknown_in_expected(player, expect->headers, expect->header_count, name) ||
	       unknown_in_expected(player, expect->json, expect->json_count, name);
}

bool player_unknown(const struct player *player, const struct step *step, char *name)
{
	for (size_t i = 0; i < step->requires_count; i++)
		if (unknown_in_request(player, &step->requires[i].request, name) ||
		    unknown_in_expectation(player, &step->requires[i].expect, name))
			return true;
	return unknown_in_request(player, &step->request, name) ||
	       unknown_in_expectation(player, &step->expect, name);
}
