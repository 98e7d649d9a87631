/* Expectations that did not hold, as values and as messages; how values are shown in them. */
#include "workflow/player.h"
#include "workflow/workflow.h"

#include <string.h>

#define SHOWN_BYTES 300u

static char *cut(char *text)
{
	size_t length = strlen(text), shown = text_cut(text, length, SHOWN_BYTES);
	if (shown == length)
		return text;
	char *shorter = text_format("%.*s…", (int)shown, text);
	free(text);
	return shorter;
}

char *shown_json(struct json *json)
{
	char *text = json_write(json, true);
	json_release(json);
	text[strcspn(text, "\n")] = '\0';
	return cut(text);
}

char *shown_node(const struct node *node)
{
	return shown_json(json_from_node(node));
}

char *shown_text(const char *text)
{
	return text ? shown_json(json_new_string(text)) : NULL;
}

char *step_label(const struct played_step *played)
{
	if (!played->step)
		return text_copy("requires");
	if (played->step->id.text)
		return text_format("step \"%s\"", played->step->id.text);
	return text_format("%s %zu", played->cleanup ? "cleanup" : "step", played->number);
}

/* "expected …, got …" in words that suit the way of comparing. */
static char *compared(const struct said *said)
{
	const char *expected = said->expected ? said->expected : "nothing";
	const char *got = said->got ? said->got : "nothing";
	static const char *const words[] = {
		[HOW_IS] = "",
		[HOW_IS_NOT] = "something else than ",
		[HOW_ONE_OF] = "one of ",
		[HOW_CONTAINS] = "something that holds ",
		[HOW_MATCHES] = "a match of ",
		[HOW_COUNT] = "a list of ",
		[HOW_AT_LEAST] = "a list of at least ",
		[HOW_AT_MOST] = "a list of at most ",
	};
	if (said->how == HOW_PRESENT)
		return text_format("expected anything, got %s", got);
	if (said->how == HOW_ABSENT)
		return text_format("expected nothing, got %s", got);
	return text_format("expected %s%s, got %s", words[said->how], expected, got);
}

static char *complaint(const struct said *said)
{
	const char *got = said->got ? said->got : "";
	autofree char *words = said->how ? compared(said) : NULL;
	switch (said->kind) {
	case FAILURE_NO_ANSWER:
		return text_format("no answer: %s", got);
	case FAILURE_CREDENTIAL:
		return text_format("as: the credential \"%s\" cannot be used: %s", said->at, got);
	case FAILURE_REQUEST:
		return text_format("the request cannot be made: %s", got);
	case FAILURE_TOO_LARGE:
		return text_format("the answer is larger than %s", said->expected);
	case FAILURE_BODY:
		return text_format("the answer is no JSON: %s", got);
	case FAILURE_STATUS:
		return text_format("status: %s", words);
	case FAILURE_TEXT:
		return text_format("text: %s", words);
	case FAILURE_KEEP:
		return text_format("keep.%s: %s", said->at, words ? words : got);
	case FAILURE_SCRIPT:
		return said->at[0] ? text_format("test \"%s\": %s", said->at, got) : text_copy(got);
	case FAILURE_HEADER:
	case FAILURE_JSON:
		break;
	}
	return text_format("%s: %s", said->at[0] ? said->at : "the whole answer", words);
}

void add_failure(struct played_step *played, const struct said *said)
{
	autofree char *label = step_label(played);
	autofree char *words = complaint(said);
	struct failure *failure;
	/* grown by one: an expectation has few */
	played->failures = memory_resize(played->failures, played->failure_count + 1,
					 sizeof *played->failures);
	failure = &played->failures[played->failure_count++];
	*failure = (struct failure){ .kind = said->kind, .how = said->how, .place = said->place };
	failure->at = text_copy(said->at);
	failure->expected = text_copy(said->expected);
	failure->got = text_copy(said->got);
	failure->message = text_format("%s:%u:%u: %s: %s", said->place.file ? said->place.file : "?",
				       said->place.line, said->place.column, label, words);
}

void played_add_failure(struct played_step *played, enum failure_kind kind, const char *at, const char *got)
{
	const struct said said = { .kind = kind, .place = played->step->place, .at = at ? at : "", .got = got };
	add_failure(played, &said);
}

void failures_clear(struct played_step *played)
{
	for (size_t i = 0; i < played->failure_count; i++) {
		struct failure *failure = &played->failures[i];
		free(failure->at);
		free(failure->expected);
		free(failure->got);
		free(failure->message);
	}
	free(played->failures);
	played->failures = NULL;
	played->failure_count = 0;
}

const char *verdict_word(enum verdict verdict)
{
	static const char *const words[] = { "not-played", "passed", "failed", "skipped" };
	return words[verdict];
}

const char *skip_word(enum skip_kind kind)
{
	static const char *const words[] = { "", "needs", "requires", "variable", "writes", "credential", "script", "operation" };
	return words[kind];
}

const char *failure_word(enum failure_kind kind)
{
	static const char *const words[] = { "no-answer", "credential", "request", "too-large", "status",
					     "header",    "body",       "json",    "text",      "keep", "script" };
	return words[kind];
}

const char *failure_how_word(enum failure_how how)
{
	static const char *const words[] = { "",      "is",       "is-not",  "one-of",  "contains", "matches",
					     "count", "at-least", "at-most", "present", "absent" };
	return words[how];
}
