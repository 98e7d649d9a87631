/* JSON pointers (RFC 6901) over an answer, with * for any item of a list. */
#include "workflow/player.h"

#include <string.h>

bool pointer_has_star(const char *pointer)
{
	for (const char *at = strstr(pointer, "/*"); at; at = strstr(at + 1, "/*"))
		if (!at[2] || at[2] == '/')
			return true;
	return false;
}

void places_clear(struct places *places)
{
	free(places->items);
	*places = (struct places){ 0 };
}

/* "a~1b" is the key "a/b". Caller frees. */
static char *unescape(const char *token, size_t length)
{
	char *key = text_copy_n(token, length);
	char *to = key;
	for (const char *from = key; *from; from++) {
		if (*from == '~' && (from[1] == '0' || from[1] == '1'))
			*to++ = *++from == '0' ? '~' : '/';
		else
			*to++ = *from;
	}
	*to = '\0';
	return key;
}

static const struct node *list_item(const struct node *list, const char *key)
{
	int64_t index = 0;
	if (strspn(key, DIGITS) != strlen(key) || (key[0] == '0' && key[1]) ||
	    number_parse(key, 0, DOCUMENT_MAX_NODES, &index) < 0)
		return NULL;
	const struct node *item = list->first;
	while (item && index-- > 0)
		item = item->next;
	return item;
}

/* `pointer` begins with / or is at its end. A pointer has at most 400 bytes, so this goes no deeper than 400. */
static void walk(const struct node *node, const char *pointer, struct places *places)
{
	if (!node || places->count >= POINTER_PLACES)
		return;
	if (!*pointer) {
		places->items = array_grow(places->items, places->count, &places->capacity,
					   sizeof *places->items);
		places->items[places->count++] = node;
		return;
	}
	const char *token = pointer + 1;
	size_t length = strcspn(token, "/");
	if (node->kind == NODE_LIST && length == 1 && *token == '*') {
		for node_each (item, node)
			walk(item, token + length, places);
		return;
	}
	autofree char *key = unescape(token, length);
	if (node->kind == NODE_MAP)
		walk(node_get(node, key), token + length, places);
	else if (node->kind == NODE_LIST)
		walk(list_item(node, key), token + length, places);
}

void pointer_find(const struct node *root, const char *pointer, struct places *ret_places)
{
	*ret_places = (struct places){ 0 };
	walk(root, pointer, ret_places);
}
