/* Is an answer what was expected? And what of it is kept. */
#include "workflow/player.h"

#include <string.h>

#define ISSUES_SHOWN 3u

char *outcome_text(const struct node *root)
{
	struct strings said = { 0 };
	if (!text_equal(node_text(root, "resourceType", NULL), "OperationOutcome"))
		return NULL;
	for node_each (issue, node_get(root, "issue")) {
		const char *text = node_text(issue, "diagnostics", NULL);
		if (!text)
			text = node_text(node_get(issue, "details"), "text", NULL);
		if (text && said.count < ISSUES_SHOWN)
			strings_take(&said, shown_text(text));
	}
	char *all = said.count ? strings_join(&said, ", ") : NULL;
	strings_clear(&said);
	return all;
}

static void judge_status(const struct judged *judged, const struct expectation *expect)
{
	struct strings wanted = { 0 };
	for (size_t i = 0; i < expect->status.count; i++) {
		if (judged->answer->status == (long)expect->status.items[i])
			return strings_clear(&wanted);
		strings_format(&wanted, "%u", expect->status.items[i]);
	}
	if (!wanted.count)
		return;
	autofree char *expected = strings_join(&wanted, ", ");
	autofree char *outcome = outcome_text(judged->root);
	autofree char *got = outcome ? text_format("%ld, OperationOutcome: %s", judged->answer->status, outcome)
				     : text_format("%ld", judged->answer->status);
	add_failure(judged->played, &(struct said){ FAILURE_STATUS, wanted.count > 1 ? HOW_ONE_OF : HOW_IS,
						    expect->place, NULL, expected, got });
	strings_clear(&wanted);
}

static void no_json(const struct judged *judged, struct place place)
{
	add_failure(judged->played,
		    &(struct said){ FAILURE_BODY, HOW_NONE, place, NULL, NULL, judged->no_json });
}

void judge_answer(const struct judged *judged, const struct expectation *expect)
{
	const struct http_response *answer = judged->answer;
	judge_status(judged, expect);
	for (size_t i = 0; i < expect->header_count; i++)
		judge_header(judged, &expect->headers[i]);
	if (expect->json_count && !judged->root)
		no_json(judged, expect->json[0].place);
	for (size_t i = 0; judged->root && i < expect->json_count; i++)
		judge_json(judged, &expect->json[i]);
	for (size_t i = 0; i < expect->text.count; i++) {
		const struct placed_text *part = &expect->text.items[i];
		autofree char *text = player_fill(judged->player, part->text, FILL_PLAIN);
		if (text && memmem(answer->body, answer->body_length, text, strlen(text)))
			continue;
		autofree char *expected = shown_text(text ? text : part->text);
		autofree char *got = shown_text(answer->body);
		add_failure(judged->played, &(struct said){ FAILURE_TEXT, HOW_CONTAINS, part->place, NULL,
							    expected, got });
	}
}

/* ---- what is kept ---- */

static void not_kept(const struct judged *judged, const struct kept_value *kept, const char *expected,
		     const char *got)
{
	add_failure(judged->played,
		    &(struct said){ FAILURE_KEEP, kept->match.text ? HOW_MATCHES : HOW_IS, kept->place,
				    kept->name.text, kept->match.text ? kept->match.text : expected, got });
}

/* The text at its place, borrowed; NULL: said why not. */
static const char *kept_source(const struct judged *judged, const struct kept_value *kept)
{
	const char *text = NULL;
	if (kept->header.text) {
		autofree char *wanted = text_format("a header %s", kept->header.text);
		text = header_value(judged->answer, kept->header.text, 0);
		if (!text || !*text)
			not_kept(judged, kept, wanted, NULL);
		return text && *text ? text : NULL;
	}
	if (!judged->root) {
		no_json(judged, kept->place);
		return NULL;
	}
	struct places places;
	autofree char *wanted = text_format("text or a number at %s", kept->json.text);
	pointer_find(judged->root, kept->json.text, &places);
	const struct node *node = places.count ? places.items[0] : NULL;
	places_clear(&places);
	text = node && node->kind != NODE_NULL ? node->text : NULL;
	if (text && *text)
		return text;
	autofree char *got = node ? shown_node(node) : NULL;
	not_kept(judged, kept, wanted, got);
	return NULL;
}

static void keep_one(struct player *player, const struct judged *judged, const struct kept_value *kept)
{
	bool too_long = false;
	const char *text = kept_source(judged, kept);
	if (!text)
		return;
	autofree char *part = kept->match.text ? find_expression(kept->match.text, text, &too_long)
					       : text_copy(text);
	if (!part || !*part || strlen(part) > PLAY_KEPT_MAX) {
		autofree char *shown = too_long || (part && *part)
					       ? text_format("a text of %zu bytes, which is too long", strlen(text))
					       : shown_text(text);
		not_kept(judged, kept, "a short text", shown);
		return;
	}
	player_set(player, kept->name.text, part);
	strings_add(&judged->played->kept, kept->name.text);
	strings_add(&judged->played->kept, part);
}

void judge_keep(struct player *player, const struct judged *judged, const struct step *step)
{
	for (size_t i = 0; i < step->keep_count; i++)
		keep_one(player, judged, &step->keep[i]);
}
