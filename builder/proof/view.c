#include "proof/view.h"

#include <math.h>
#include <string.h>
#include <time.h>

static const char *const parts[] = { "before", "steps", "cleanup" };

static void enter(struct view_walk *walk, const struct json *json)
{
	static const char *const words[] = { "passed", "failed", "skipped" };
	const char *verdict = view_text(json, "verdict", "");
	walk->step.json = json;
	walk->step.number++;
	walk->step.state = VIEW_NOT_PLAYED;
	for (size_t i = 0; i < LENGTH(words); i++)
		if (text_equal(verdict, words[i]))
			walk->step.state = (enum view_state)i;
}

bool view_next(struct view_walk *walk)
{
	const struct json *next = NULL;
	if (!walk->begun) {
		walk->begun = true;
		next = json_get(walk->run, parts[VIEW_BEFORE]);
		if (json_kind(next) != NODE_MAP)
			next = NULL;
	} else if (walk->step.part != VIEW_BEFORE) {
		next = json_next(walk->step.json);
	}
	while (!next && walk->step.part < VIEW_CLEANUP) {
		walk->step.part++;
		walk->step.number = 0;
		const struct json *list = json_get(walk->run, parts[walk->step.part]);
		next = json_kind(list) == NODE_LIST ? json_first(list) : NULL;
	}
	if (next)
		enter(walk, next);
	return next;
}

enum proof_verdict view_run_verdict(const struct json *run)
{
	const char *verdict = view_text(run, "verdict", "");
	if (text_equal(verdict, "passed"))
		return PROOF_PASSED;
	if (text_equal(verdict, "failed"))
		return PROOF_FAILED;
	return text_equal(verdict, "skipped") ? PROOF_SKIPPED : PROOF_ERROR;
}

bool view_is_test(const struct view_step *step)
{
	return step->part == VIEW_STEP || step->state == VIEW_FAILED;
}

bool view_unexplained(const struct json *run)
{
	enum proof_verdict verdict = view_run_verdict(run);
	bool failed = false;
	for (struct view_walk walk = { .run = run }; view_next(&walk);)
		failed = failed || walk.step.state == VIEW_FAILED;
	return verdict == PROOF_ERROR || (verdict == PROOF_FAILED && !failed);
}

const char *view_text(const struct json *object, const char *key, const char *fallback)
{
	const char *text = json_text(json_get(object, key));
	return text && text[0] ? text : fallback;
}

double view_number(const struct json *object, const char *key)
{
	const struct json *value = json_get(object, key);
	double number = json_kind(value) == NODE_NUMBER ? strtod(json_text(value), NULL) : 0;
	return isfinite(number) && number >= 0 && number < 1e15 ? number : 0;
}

const char *view_said(const struct json *object, const char *key, const char *language)
{
	const struct json *texts = json_get(object, key);
	if (json_kind(texts) != NODE_MAP)
		return NULL;
	const char *said = view_text(texts, language, NULL);
	if (!said)
		said = view_text(texts, "en", NULL);
	return said || !json_first(texts) ? said : json_text(json_first(texts));
}

const char *view_run_name(const struct json *run)
{
	return view_text(run, "workflow", "workflow");
}

char *view_step_name(const struct view_step *step)
{
	const char *id = view_text(step->json, "id", NULL);
	if (id)
		return text_copy_n(id, strnlen(id, VIEW_NAME_MAX));
	if (step->part == VIEW_BEFORE)
		return text_copy("before");
	return text_format("%s%zu", step->part == VIEW_CLEANUP ? "cleanup-" : "", step->number);
}

char *view_speakers(const struct view_step *step)
{
	static const char *const keys[] = { "from", "via", "to" };
	autostrings struct strings names = { 0 };
	for (size_t i = 0; i < LENGTH(keys); i++) {
		const char *name = view_text(step->json, keys[i], NULL);
		if (name)
			strings_take(&names, text_copy_n(name, strnlen(name, VIEW_NAME_MAX)));
	}
	return names.count ? strings_join(&names, " → ") : NULL;
}

char *view_why_not(const struct view_step *step, const char *language)
{
	const struct json *skipped = json_get(step->json, "skipped");
	const char *said = view_said(skipped, "otherwise", language);
	const char *why = view_text(skipped, "why", "");
	const char *missing = view_text(skipped, "missing", "?");
	if (said)
		return text_copy(said);
	if (text_equal(why, "needs"))
		return text_format("the exchange has no %s", missing);
	if (text_equal(why, "variable"))
		return text_format("no step kept {{%s}}", missing);
	return text_copy(step->state == VIEW_NOT_PLAYED ? "not played" : "skipped");
}

static size_t share(struct allowance *allowance, size_t most)
{
	size_t little = most < VIEW_LITTLE ? most : VIEW_LITTLE;
	return allowance->left >= most ? most : little;
}

/* What is written as an entity costs as much as its entity. */
static void spend(struct allowance *allowance, const char *text, size_t length)
{
	size_t bytes = length;
	for (size_t i = 0; i < length; i++)
		if (strchr("<>&\"'", text[i]))
			bytes += 4;
	allowance->left -= bytes < allowance->left ? bytes : allowance->left;
}

static bool within_character(const char *text, size_t at)
{
	return ((unsigned char)text[at] & 0xc0) == 0x80;
}

char *view_cut(struct allowance *allowance, const char *text, size_t most)
{
	if (!text)
		return NULL;
	size_t length = strlen(text), shown = share(allowance, most);
	if (length <= shown) {
		spend(allowance, text, length);
		return text_copy(text);
	}
	for (int i = 0; i < 3 && shown && within_character(text, shown); i++)
		shown--;
	spend(allowance, text, shown);
	return text_format("%.*s… (%zu bytes more)", (int)shown, text, length - shown);
}

char *view_cut_begin(struct allowance *allowance, const char *text, size_t most)
{
	if (!text)
		return NULL;
	size_t length = strlen(text), shown = share(allowance, most);
	if (length <= shown) {
		spend(allowance, text, length);
		return text_copy(text);
	}
	size_t from = length - shown;
	for (int i = 0; i < 3 && within_character(text, from); i++)
		from++;
	const char *line = strchr(text + from, '\n'); /* better a whole line, when one begins soon */
	if (line && line[1] && (size_t)(line - text) < from + shown / 2)
		from = (size_t)(line - text) + 1;
	spend(allowance, text + from, length - from);
	return text_format("(%zu bytes before)…\n%s", from, text + from);
}

void view_publish(struct buffer *whole, struct buffer *out)
{
	size_t maximum = out->maximum ? out->maximum : (size_t)64 << 20;
	if (whole->overflow || out->overflow || out->length + whole->length > maximum)
		out->overflow = true;
	else
		buffer_add(out, whole->data, whole->length);
}

char *view_time(int64_t seconds)
{
	struct tm parts_of_it = { 0 };
	time_t time = (time_t)seconds;
	char text[40] = "";
	if (!gmtime_r(&time, &parts_of_it) || parts_of_it.tm_year < 0 || parts_of_it.tm_year > 8099)
		return text_copy("1970-01-01T00:00:00Z");
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts_of_it);
	return text_copy(text);
}
