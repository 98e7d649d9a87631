/* Reading hiebox.conf so that one mistake costs one key: when the file cannot be parsed as a whole, the
 * parts that begin at the left margin are parsed one by one, each at its own line. */
#include <string.h>

#include "card/card.h"
#include "card/lines.h"

struct reader {
	const char *file;
	struct card *card;
	struct diagnostics *mistakes;
	bool seen[CARD_KEYS];
	bool lost;             /* something could have been any key: what is unsaid keeps its value then */
};

static int key_number(const char *name)
{
	for (int i = 0; i < CARD_KEYS; i++)
		if (text_equal(kind_card.type->keys[i].name, name))
			return i;
	return -1;
}

static bool is_secret(int key)
{
	return key == CARD_WIFI || key == CARD_PASSWORDS;
}

/* Passes mistakes on. Of `wifi` and `passwords` nothing that was written may be in them: a password without
 * quotes may look like anything to YAML. */
static void pass_on(const struct reader *reader, const struct diagnostics *found, bool secret)
{
	for (size_t i = 0; i < found->count; i++) {
		autofree char *message = text_copy(found->messages[i]);
		char *quoted = secret ? strstr(message, ", got ") : NULL;
		if (quoted)
			*quoted = '\0';
		diagnostics_add(reader->mistakes, (struct place){ 0 }, "%s", message);
	}
}

/* A syntax mistake within a secret part: its place, and words of ours. */
static void pass_places(const struct reader *reader, const struct diagnostics *found)
{
	for (size_t i = 0; i < found->count; i++) {
		const char *message = found->messages[i];
		const char *end = strstr(message, ": ");
		diagnostics_add(reader->mistakes, (struct place){ 0 },
				"%.*s: this cannot be read; is it indented with spaces, and does every password stand in double quotes?",
				(int)(end ? end - message : 0), message);
	}
}

static void keep(struct card *card, struct document *document)
{
	card->documents = array_grow(card->documents, card->document_count, &card->document_capacity,
				     sizeof *card->documents);
	card->documents[card->document_count++] = document;
}

/* `~` stands where a password was taken over: as if the key were not there. */
static const struct node *without_nulls(struct arena *arena, const struct node *map)
{
	if (map->kind != NODE_MAP)
		return map;
	struct node *copy = arena_alloc(arena, sizeof *copy);
	*copy = *map;
	copy->first = NULL;
	copy->count = 0;
	struct node **end = &copy->first;
	for node_each(child, map) {
		if (child->kind == NODE_NULL)
			continue;
		*end = arena_alloc(arena, sizeof **end);
		**end = *child;
		(*end)->next = NULL;
		end = &(*end)->next;
		copy->count++;
	}
	return copy;
}

static void check_address(const struct reader *reader, const struct node *node, struct diagnostics *found)
{
	const struct card_address *address = &reader->card->address;
	bool fixed = address->ipv4 || address->ipv6;
	if (address->by && (fixed || address->gateways.count || address->dns.count))
		diagnostics_add(found, node->place, "address: by dhcp, or with addresses, not both");
	else if (!address->by && !fixed)
		diagnostics_add(found, node->place, "address: the key \"ipv4\" or \"ipv6\" is missing");
}

/* One key of the file: all of it is right, or none of it counts. */
static void take_key(struct reader *reader, const struct node *root, const struct node *child)
{
	struct card *card = reader->card;
	int key = key_number(child->key);
	struct diagnostics found = { 0 };
	struct node one = *child;
	if (key >= 0 && reader->seen[key]) {
		diagnostics_add(reader->mistakes, child->key_place, "%s: stands here again", child->key);
		card->said[key] = CARD_WRONG;
		return;
	}
	if (key >= 0)
		reader->seen[key] = true;
	if (key >= 0 && child->kind == NODE_NULL)
		return;
	if (is_secret(key))
		one = *without_nulls(card->arena, child);
	one.next = NULL;
	const struct node alone = { .kind = NODE_MAP, .place = root->place, .first = &one, .count = 1 };
	walk_file(&(struct walk){ card->arena, &found }, kind_card.type, &alone, NULL);
	if (!found.count)
		walk_file(&(struct walk){ card->arena, &found }, kind_card.type, &alone, card);
	if (!found.count && key == CARD_ADDRESS)
		check_address(reader, child, &found);
	if (key >= 0) {
		card->said[key] = found.count ? CARD_WRONG : CARD_SAID;
		card->nodes[key] = child;
	} else {
		reader->lost = true;
	}
	pass_on(reader, &found, is_secret(key));
	diagnostics_clear(&found);
}

static void take_root(struct reader *reader, const struct node *root)
{
	if (root->kind == NODE_NULL)
		return;
	if (root->kind != NODE_MAP) {
		diagnostics_add(reader->mistakes, root->place,
				"expected lines such as \"name: clinic-07\" (key, colon, blank, value)");
		reader->lost = true;
		return;
	}
	for node_each(child, root)
		take_key(reader, root, child);
}

/* Does the text hold anything but comments and blank lines? */
static bool says_something(const char *text, size_t length)
{
	bool comment = false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n' || text[i] == '\r')
			comment = false;
		else if (text[i] == '#')
			comment = true;
		else if (!comment && text[i] != ' ' && text[i] != '\t')
			return true;
	}
	return false;
}

static bool begins_part(char first)
{
	return first == '"' || first == '\'' || (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
}

/* The key that a part begins with: which one it is decides how its mistakes are told. */
static int part_key(const char *text, size_t length)
{
	size_t quote = length && (text[0] == '"' || text[0] == '\'') ? 1 : 0;
	for (int i = 0; i < CARD_KEYS; i++) {
		size_t size = strlen(kind_card.type->keys[i].name);
		if (length >= size + quote && !memcmp(text + quote, kind_card.type->keys[i].name, size)
		    && (length == size + quote || !strchr(LOWER DIGITS "-", text[size + quote])))
			return i;
	}
	return -1;
}

/* Parses lines `line` and on; newlines in front keep its places right. */
static void take_part(struct reader *reader, const char *text, size_t length, unsigned line)
{
	struct diagnostics found = { 0 };
	struct document *document = NULL;
	autobuffer struct buffer padded = { 0 };
	for (unsigned i = 1; i < line; i++)
		buffer_add(&padded, "\n", 1);
	buffer_add(&padded, text, length);
	int key = part_key(text, length);
	/* what begins like no key may be the rest of a broken password */
	bool secret = key < 0 || is_secret(key);
	if (!says_something(text, length)) {
		/* comments */
	} else if (document_parse_yaml(reader->file, padded.data, padded.length, &document, &found) == 0) {
		keep(reader->card, document);
		take_root(reader, document_root(document));
	} else {
		if (key >= 0) {
			reader->card->said[key] = CARD_WRONG;
			reader->seen[key] = true;
		} else {
			reader->lost = true;
		}
		if (secret)
			pass_places(reader, &found);
		else
			pass_on(reader, &found, false);
	}
	diagnostics_clear(&found);
	if (padded.data)
		explicit_bzero(padded.data, padded.length);
}

static void take_parts(struct reader *reader, const char *text, size_t length)
{
	size_t start = 0;
	unsigned line = 1, first = 1;
	for (size_t at = 0; at < length; line++) {
		if (at > start && begins_part(text[at])) {
			take_part(reader, text + start, at - start, first);
			start = at;
			first = line;
		}
		size_t end = 0;
		while (at < length && !(end = line_break(text + at, length - at)))
			at++;
		at += end;
	}
	take_part(reader, text + start, length - start, first);
}

static void keep_unsaid(struct card *card)
{
	for (int i = 0; i < CARD_KEYS; i++)
		if (card->said[i] == CARD_UNSAID)
			card->said[i] = CARD_WRONG;
}

void card_read(const char *file, const char *text, size_t length, struct card *ret_card,
	       struct diagnostics *mistakes)
{
	struct reader reader = { .file = file, .card = ret_card, .mistakes = mistakes };
	struct diagnostics found = { 0 };
	struct document *document = NULL;
	*ret_card = (struct card){ .arena = arena_new() };
	if (length >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2) || memchr(text, 0, length))) {
		diagnostics_add(mistakes, (struct place){ file, 0, 0 },
				"saved as \"Unicode\" (UTF-16): save it again with the encoding UTF-8");
		keep_unsaid(ret_card);
		return;
	}
	if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		length -= 3;
	}
	if (!says_something(text, length))
		return;
	if (document_parse_yaml(file, text, length, &document, &found) == 0) {
		keep(ret_card, document);
		take_root(&reader, document_root(document));
	} else {
		take_parts(&reader, text, length);
	}
	if (reader.lost)
		keep_unsaid(ret_card);
	diagnostics_clear(&found);
}

void card_clear(struct card *card)
{
	for (size_t i = 0; i < card->document_count; i++)
		document_free(card->documents[i]);
	free(card->documents);
	arena_free(card->arena);
	*card = (struct card){ 0 };
}
