/* Asks the running box about itself. */
#include "proof/look.h"

#include <string.h>

int look_ask(struct machine *machine, const char *script, double seconds, char **ret_text, struct error *err)
{
	struct buffer out = { .maximum = LOOK_ANSWER_MAX };
	if (machine_shell(machine, script, seconds, &out, err) < 0) {
		buffer_clear(&out);
		return -1;
	}
	*ret_text = buffer_steal(&out);
	return 0;
}

struct look_check look_begin(struct proof *proof, const char *name)
{
	return (struct look_check){ .proof = proof, .name = name, .began = clock_seconds() };
}

void look_end(struct look_check *check)
{
	size_t count = check->wrong.count;
	struct strings *wrong = &check->wrong;
	autofree char *message = count > 1 ? text_format("%s (and %zu more)", wrong->items[0], count - 1)
					   : text_copy(count ? wrong->items[0] : NULL);
	if (count > LOOK_LINES_MAX) {
		for (size_t i = LOOK_LINES_MAX; i < count; i++)
			free(wrong->items[i]);
		wrong->count = LOOK_LINES_MAX;
		wrong->items[wrong->count] = NULL;
		strings_format(wrong, "and %zu more", count - LOOK_LINES_MAX);
	}
	autofree char *detail = count > 1 ? strings_join(wrong, "\n") : NULL;
	proof_add_check(check->proof, check->name, count ? PROOF_FAILED : PROOF_PASSED, message, detail)->seconds =
		clock_seconds() - check->began;
	strings_clear(wrong);
}

void look_give_up(struct look_check *check, enum proof_verdict verdict, const char *why)
{
	proof_add_check(check->proof, check->name, verdict, why, NULL)->seconds = clock_seconds() - check->began;
	strings_clear(&check->wrong);
}

static int look_health(struct machine *machine, struct proof *proof, struct error *err)
{
	struct look_check check = look_begin(proof, "everything runs at the end");
	autofree char *text = NULL;
	if (look_ask(machine, "hie status --json", 30, &text, err) < 0)
		return -1;
	autodocument struct document *document = document_json_or_null(text, strlen(text));
	const struct node *root = document_root(document);
	if (!root) {
		autofree char *shown = text_quoted(text);
		autofree char *why = text_format("`hie status --json` gave no JSON: %s", shown);
		look_give_up(&check, PROOF_ERROR, why);
		return 0;
	}
	if (!text_equal(node_text(root, "state", ""), "ok"))
		strings_add(&check.wrong, node_text(root, "sentence", "the box does not say how it is"));
	for node_each (component, node_get(root, "components"))
		if (!text_equal(node_text(component, "state", ""), "ok"))
			strings_add(&check.wrong, node_text(component, "sentence", "?"));
	look_end(&check);
	return 0;
}

int proof_look(struct machine *machine, const struct proof_plan *plan, struct proof *proof, struct error *err)
{
	autofree char *text = NULL;
	if (look_ask(machine, "cat /usr/lib/hie/box.json", 30, &text, err) < 0)
		return -1;
	autodocument struct document *document = document_json_or_null(text, strlen(text));
	if (look_units(machine, proof, err) < 0 || look_ports(machine, plan, proof, err) < 0)
		return -1;
	if (look_logins(machine, document_root(document), proof, err) < 0)
		return -1;
	return look_health(machine, proof, err);
}
