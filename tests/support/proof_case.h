/* What was seen, from a JSON text: for tests of the reports. The keys are those of struct proof; `runs` are results as
 * `hie workflow run --json` writes them. What is missing or of another kind stays empty. */
#ifndef HIEBOX_TESTS_PROOF_CASE_H
#define HIEBOX_TESTS_PROOF_CASE_H

#include <string.h>

#include "proof/proof.h"

static inline double case_number(const struct node *map, const char *key, double fallback)
{
	const struct node *node = node_get(map, key);
	return node && node->kind == NODE_NUMBER ? node->number : fallback;
}

static inline char *case_text(const struct node *map, const char *key)
{
	return text_copy(node_text(map, key, NULL));
}

static inline enum proof_verdict case_verdict(const char *word)
{
	static const char *const words[] = { "passed", "failed", "skipped", "error" };
	for (size_t i = 0; i < LENGTH(words); i++)
		if (text_equal(words[i], word))
			return (enum proof_verdict)i;
	return PROOF_ERROR;
}

static inline bool case_flag(const struct node *map, const char *key)
{
	const struct node *node = node_get(map, key);
	return node && node->boolean;
}

static inline void case_services(struct proof *proof, const struct node *list)
{
	for node_each (item, list) {
		proof->services = memory_resize(proof->services, proof->service_count + 1, sizeof *proof->services);
		proof->services[proof->service_count++] = (struct proof_service){
			.unit = text_copy(node_text(item, "unit", "?")),
			.begins = case_number(item, "begins", 0),
			.ready = case_number(item, "ready", -1),
			.memory = (uint64_t)(int64_t)case_number(item, "memory", 0),
			.failed = case_flag(item, "failed"),
			.journal = case_text(item, "journal"),
		};
	}
}

static inline void case_load(struct proof *proof, const struct node *root)
{
	proof->what = case_text(root, "what");
	proof->how = case_text(root, "how");
	proof->version = case_text(root, "version");
	proof->began = (int64_t)case_number(root, "began", 0);
	proof->seconds = case_number(root, "seconds", 0);
	proof->healthy = case_number(root, "healthy", -1);
	proof->last = case_text(root, "last");
	proof->broke = case_text(root, "broke");
	for node_each (run, node_get(root, "runs"))
		proof_add_run(proof, json_from_node(run));
	for node_each (item, node_get(root, "checks")) {
		struct proof_check *check = proof_add_check(proof, node_text(item, "name", "?"),
							    case_verdict(node_text(item, "verdict", "")),
							    node_text(item, "message", NULL), node_text(item, "detail", NULL));
		check->seconds = case_number(item, "seconds", 0);
	}
	case_services(proof, node_get(root, "services"));
	for node_each (line, node_get(root, "left"))
		if (line->text)
			strings_add(&proof->left, line->text);
}

/* A report, and how its file's name goes on. */
struct case_report {
	const char *suffix, *language;
	void (*write)(const struct proof *proof, const char *language, struct buffer *out);
};
static const struct case_report case_reports[] = {
	{ "tap", "en", proof_tap },
	{ "junit.xml", "en", proof_junit },
	{ "testreport.json", "fr", proof_testreport },
	{ "en.html", "en", proof_html },
	{ "fr.html", "fr", proof_html },
};

#endif
