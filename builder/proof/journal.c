/* The journal of a box that does not answer any more, by journalctl of this machine. Source: journalctl(1),
 * sd-messages(3): SD_MESSAGE_UNIT_FAILED and SD_MESSAGE_UNIT_FAILURE_RESULT. */
#include <string.h>

#include "proof/look.h"

#define FAILED_MESSAGE "MESSAGE_ID=be02cf6855d2428ba40df7e9d022f03d"
#define RESULT_MESSAGE "MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c"
#define LAST_LINES "200"

/* The text of journalctl with these arguments. Caller frees. */
static int ask_journal(const char *folder, const char *const *arguments, char **ret_text, struct error *err)
{
	autostrings struct strings words = { 0 };
	struct buffer out = { .maximum = LOOK_ANSWER_MAX };
	const char *const head[] = { "timeout", "60", "journalctl", "--no-pager", "-q", "-D", folder, NULL };
	strings_add_all(&words, head);
	strings_add_all(&words, arguments);
	const struct process process = { .argv = (const char *const *)words.items, .output = &out };
	if (process_run(&process, NULL, err) < 0) {
		buffer_clear(&out);
		return -1;
	}
	*ret_text = buffer_steal(&out);
	return 0;
}

static void add_unit(const char *folder, const char *unit, struct proof *proof)
{
	const char *const arguments[] = { "-b", "-o", "short-iso", "-n", "80", "-u", unit, NULL };
	struct error ignored = { 0 };
	autofree char *text = NULL;
	if (ask_journal(folder, arguments, &text, &ignored) < 0) {
		error_clear(&ignored);
		return;
	}
	struct proof_service *service = look_service(proof, unit);
	service->failed = true;
	if (!service->journal)
		service->journal = steal(text);
}

int proof_journal(const char *folder, struct proof *proof, struct error *err)
{
	static const char *const failed[] = { "-b", "-o", "json", "--output-fields=UNIT", FAILED_MESSAGE, "+", RESULT_MESSAGE, NULL };
	static const char *const last[] = { "-b", "-o", "short-iso", "-n", LAST_LINES, NULL };
	autofree char *units = NULL, *text = NULL;
	autostrings struct strings lines = { 0 }, names = { 0 };
	if (ask_journal(folder, last, &text, err) < 0 || ask_journal(folder, failed, &units, err) < 0)
		return -1;
	strings_split(&lines, units, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		autodocument struct document *line = document_json_or_null(lines.items[i], strlen(lines.items[i]));
		const char *unit = node_text(document_root(line), "UNIT", "");
		if (look_is_unit(unit) && !strings_have(&names, unit))
			strings_add(&names, unit);
	}
	for (size_t i = 0; i < names.count && i < 20; i++)
		add_unit(folder, names.items[i], proof);
	autofree char *console = steal(proof->last);
	proof->last = text_format("%s%s%s%s", console ? console : "", console ? "\n" : "", *text ? "The end of its journal:\n" : "", text);
	return 0;
}
