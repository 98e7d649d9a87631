/* What happened last, when a box broke off. */
#include <stddef.h>
#include <string.h>

#include "commands/test_box.h"
#include "image/image.h"

#define CONSOLE_LINES 60
#define JOURNAL_PLACE "state/var/upper/log/journal" /* in the data partition (overlays/boot, hie-stack) */
#define TOOL_SECONDS "60"

/* Where the data partition of the disk begins, in bytes; 0: it cannot be told. */
static uint64_t data_start(const char *disk)
{
	autojson struct json *description = NULL;
	struct error ignored = {0};
	int64_t start = 0;

	if (image_inspect(disk, &description, &ignored) < 0) {
		error_clear(&ignored);
		return 0;
	}
	autofree char *text = json_write(description, true);
	autodocument struct document *document = document_json_or_null(text, strlen(text));
	for node_each(partition, node_get(document_root(document), "partitions"))
		if (text_equal(node_text(partition, "name", ""), "data"))
			number_parse(node_text(partition, "start", "0"), 0, INT64_MAX, &start);
	return (uint64_t)start;
}

/* The journal out of the filesystem, which nobody needs to be root or to mount for: debugfs(8). */
static int read_disk(const char *disk, const char *folder, struct error *err)
{
	uint64_t start = data_start(disk);
	autofree char *device = text_format("%s?offset=%llu", disk, (unsigned long long)start);
	autofree char *request = text_format("rdump /" JOURNAL_PLACE " %s", folder);
	struct buffer out = {.maximum = 1u << 20};
	const char *argv[] = {"timeout", TOOL_SECONDS, "debugfs", "-c", "-R", request, device, NULL};
	const struct process process = {.argv = argv, .output = &out};

	if (!start)
		return error_set(err, "the disk has no partition \"data\"");
	int result = process_run(&process, NULL, err);
	buffer_clear(&out);
	return result;
}

static void read_journal(struct test_machine *test)
{
	struct error err = {0};
	autofree char *folder = NULL, *journal = NULL;
	const char *data = machine_data(test->machine);

	if (data)
		journal = path_join(data, JOURNAL_PLACE);
	else if (!test->disk || directory_temporary("/tmp", "hiebox-journal-", &folder, &err) < 0)
		return;
	if (folder) {
		guard_remember(folder);
		if (read_disk(test->disk, folder, &err) < 0)
			progress_note("the journal cannot be read from the disk: %s", err.message);
		error_clear(&err);
		journal = path_join(folder, "journal");
	}
	if (path_is_directory(journal) && proof_journal(journal, test->proof, &err) < 0)
		progress_note("%s", err.message);
	error_clear(&err);
	if (folder) {
		tree_remove(folder, NULL);
		guard_forget(folder);
	}
}

/* A training box shows its passwords on its screen: four times four characters (agent/secrets.c). A report travels. */
static void hide_passwords(char *text)
{
	static const char shape[] = "xxxx-xxxx-xxxx-xxxx";
	size_t found = 0;

	for (char *at = text; *at; at++) {
		bool letter = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9');
		bool fits = shape[found] == '-' ? *at == '-' : letter;
		found = fits ? found + 1 : letter ? 1 : 0;
		if (shape[found])
			continue;
		for (size_t i = 0; i < found; i++)
			at[-(ptrdiff_t)i] = '*';
		found = 0;
	}
}

void test_machine_last(struct test_machine *test)
{
	struct proof *proof = test->proof;

	if (!test->machine)
		return;
	if (!proof->last)
		proof->last = machine_console(test->machine, CONSOLE_LINES);
	if (!test->answers && !test_interrupted())
		read_journal(test);
	if (proof->last)
		hide_passwords(proof->last);
}
