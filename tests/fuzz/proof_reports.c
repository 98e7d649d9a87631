/* Any bytes as what was seen: a JSON text with the keys of struct proof (tests/support/proof_case.h), and the same bytes as
 * a name, a message, a journal and a body. Every report of it is whole, well-formed and of characters that its form allows. */
#include "fuzz.h"

#include "../support/proof_case.h"

static void only_good_characters(const struct buffer *out, bool xml)
{
	for (const char *at = out->data; *at;) {
		size_t bytes = utf8_length(at);
		must(bytes > 0 && !utf8_steers(at, bytes));
		must(!xml || !(text_starts(at, "\xef\xbf\xbe") || text_starts(at, "\xef\xbf\xbf")));
		at += bytes;
	}
}

static size_t name_length(const char *at)
{
	return strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

/* Every element is closed by its own end, and nothing else begins with <. */
static void well_formed(const char *at)
{
	const char *open[64];
	size_t depth = 0;
	while ((at = strchr(at, '<'))) {
		const char *name = at + 1, *end = strchr(at, '>');
		must(end != NULL);
		if (*name == '?' || *name == '!') {
			at = end;
			continue;
		}
		bool closes = *name == '/';
		name += closes;
		size_t length = name_length(name);
		must(length > 0);
		if (closes) {
			must(depth > 0 && name_length(open[--depth]) == length && strncmp(open[depth], name, length) == 0);
		} else if (length != 4 || strncmp(name, "meta", 4)) {
			must(depth < LENGTH(open));
			open[depth++] = name;
		}
		at = end;
	}
	must(depth == 0);
}

static void add_raw(struct proof *proof, const char *text)
{
	struct json *run = json_new_object(), *steps = json_new_array(), *step = json_new_object(), *answer = json_new_object();
	json_set(answer, "body", json_new_string(text));
	json_set(step, "answer", answer);
	json_set(step, "verdict", json_new_string("failed"));
	json_add(steps, step);
	json_set(run, "workflow", json_new_string(text));
	json_set(run, "steps", steps);
	proof_add_run(proof, run);
	proof_add_check(proof, text, PROOF_FAILED, text, text);
	if (!proof->broke)
		proof->broke = text_copy(text);
	if (!proof->last)
		proof->last = text_copy(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = input_text(data, size);
	autodocument struct document *document = document_json_or_null((const char *)data, size);
	autoproof struct proof proof = { 0 };
	struct proof_counts counts;
	case_load(&proof, document_root(document));
	if (!document || size % 2)
		add_raw(&proof, text);
	counts = proof_count(&proof);
	must(counts.passed + counts.failed + counts.skipped + counts.errors == proof.run_count + proof.check_count);
	must((proof_verdict(&proof) == PROOF_FAILED) == (counts.failed > 0));
	for (size_t i = 0; i < LENGTH(case_reports); i++) {
		autobuffer struct buffer out = { 0 };
		case_reports[i].write(&proof, case_reports[i].language, &out);
		must(!out.overflow && strlen(out.data) == out.length);
		if (text_ends(case_reports[i].suffix, ".json")) {
			autodocument struct document *read = document_json_or_null(out.data, out.length);
			must(read != NULL || out.length > 1u << 20);
			continue;
		}
		bool markup = !text_equal(case_reports[i].suffix, "tap");
		only_good_characters(&out, markup);
		if (markup)
			well_formed(out.data);
	}
	return 0;
}
