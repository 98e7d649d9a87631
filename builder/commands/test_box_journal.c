/* The journal out of the data partition of a disk whose box does not answer any more: debugfs(8), so that nobody needs to be
 * root or to mount what a broken box has left. Names in there are the box's: what is made here is named by us. */
#include <string.h>

#include "commands/test_box.h"
#include "image/image.h"
#include "schema/schema.h"

#define JOURNAL "/" TEST_JOURNAL_PLACE
#define TOOL_SECONDS "60"
#define FILES_MOST 64u
#define FILE_MOST (128u << 20)
#define FILE_MOST_OPTION "--fsize=134217728" /* also of one whose listing lies */
#define ALL_MOST (512u << 20)

/* One line of "ls -p": /inode/mode/uid/gid/name/size/ */
struct entry {
	int64_t inode, size;
	bool folder;
	const char *name;
};

static bool read_entry(const struct strings *words, struct entry *ret)
{
	if (words->count < 5 || number_parse(words->items[0], 1, UINT32_MAX, &ret->inode) < 0)
		return false;
	const char *size = words->count > 5 ? words->items[5] : "0"; /* folders have none */
	if (number_parse(size, 0, FILE_MOST, &ret->size) < 0)
		return false;
	ret->folder = text_starts(words->items[1], "04");
	ret->name = words->items[4];
	return ret->folder || text_starts(words->items[1], "10");
}

static bool is_journal(const struct entry *entry)
{
	return !entry->folder && made_of(entry->name, LOWER UPPER DIGITS "@.-_", 1, 200) && text_ends(entry->name, ".journal") &&
	       entry->name[0] != '.';
}

static bool is_machine(const struct entry *entry)
{
	return entry->folder && made_of(entry->name, DIGITS "abcdef", 32, 32);
}

static int ask(const char *device, const char *option, const char *request, char **ret_text, struct error *err)
{
	struct buffer out = {.maximum = 1u << 20};
	const char *argv[] = {"timeout", TOOL_SECONDS, "prlimit", FILE_MOST_OPTION, "debugfs", "-c", option, request, device, NULL};
	const struct process process = {.argv = argv, .output = &out};
	int result = process_run(&process, NULL, err);

	if (result == 0 && ret_text)
		*ret_text = buffer_steal(&out);
	buffer_clear(&out);
	return result;
}

struct copying {
	const char *device, *to;
	struct strings machines;    /* "<inode>" of their folders */
	struct strings dumps;       /* debugfs's orders */
	int64_t bytes;
};

static void copying_clear(struct copying *copying)
{
	strings_clear(&copying->machines);
	strings_clear(&copying->dumps);
}

/* Two machines' journals may have the same names. */
static void add_entry(struct copying *copying, const struct entry *entry)
{
	if (is_machine(entry) && copying->machines.count < FILES_MOST) {
		strings_format(&copying->machines, "<%lld>", (long long)entry->inode);
		return;
	}
	copying->bytes += entry->size;
	if (is_journal(entry) && copying->dumps.count < FILES_MOST && copying->bytes <= ALL_MOST)
		strings_format(&copying->dumps, "dump <%lld> \"%s/%zu-%s\"", (long long)entry->inode, copying->to,
			       copying->dumps.count, entry->name);
}

static int list(struct copying *copying, const char *folder, bool machines, struct error *err)
{
	autofree char *request = text_format("ls -p %s", folder), *text = NULL;
	autostrings struct strings lines = {0};

	if (ask(copying->device, "-R", request, &text, err) < 0)
		return -1;
	strings_split(&lines, text ? text : "", "\n");
	for (size_t i = 0; i < lines.count; i++) {
		autostrings struct strings words = {0};
		struct entry entry;
		strings_split(&words, lines.items[i], "/");
		if (read_entry(&words, &entry) && entry.folder == machines)
			add_entry(copying, &entry);
	}
	return 0;
}

int test_journal_copy(const char *disk, uint64_t start, const char *folder, struct error *err)
{
	autofree char *device = text_format("%s?offset=%llu", disk, (unsigned long long)start);
	autofree char *orders = path_join(folder, "orders"), *to = path_join(folder, "journal");
	__attribute__((cleanup(copying_clear))) struct copying copying = {.device = device, .to = to};

	if (directory_make(to, 0700, err) < 0 || list(&copying, JOURNAL, true, err) < 0)
		return -1;
	for (size_t i = 0; i < copying.machines.count; i++)
		if (list(&copying, copying.machines.items[i], false, err) < 0)
			return -1;
	if (!copying.dumps.count)
		return error_set(err, "there is no journal in it");
	strings_add(&copying.dumps, "");
	autofree char *text = strings_join(&copying.dumps, "\n");
	if (file_write_plain(orders, text, strlen(text), 0600, err) < 0)
		return -1;
	return ask(device, "-f", orders, NULL, err);
}

uint64_t test_journal_start(const char *disk)
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
