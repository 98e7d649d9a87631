/* What happened last, when a box broke off. */
#include <stddef.h>
#include <string.h>

#include "commands/test_box.h"

#define CONSOLE_LINES 60

static int read_disk(const char *disk, const char *folder, struct error *err)
{
	uint64_t start = test_journal_start(disk);

	return start ? test_journal_copy(disk, start, folder, err) : error_set(err, "the disk has no partition \"data\"");
}

static void read_journal(struct test_machine *test)
{
	struct error err = {0};
	autofree char *folder = NULL, *journal = NULL;
	const char *data = machine_data(test->machine);

	if (data)
		journal = path_join(data, TEST_JOURNAL_PLACE);
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

void test_machine_last(struct test_machine *test, struct error *err)
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
	if (err->message)
		hide_passwords(err->message);
}
