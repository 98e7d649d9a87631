/* table: look-ups, and the cache file (written by rename, checked on load). */
#include "plan/table.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* Changes with every change of the format or of what is read from an index. */
#define TABLE_MAGIC "hiebox-table-4\n"
#define TABLE_PREFIX "packages-"
#define TABLE_SUFFIX ".table"
#define MONTH (30 * 24 * 60 * 60)

uint64_t table_checksum(const void *bytes, size_t length)
{
	/* Against torn or rotten files, not against people: the cache is the user's own. Two
	 * multiply-and-fold lanes, so that 25 MB take a few milliseconds. */
	const unsigned char *at = bytes;
	uint64_t first = 0x9e3779b97f4a7c15u ^ length, second = 0xc2b2ae3d27d4eb4fu;

	for (; length >= 16; at += 16, length -= 16) {
		uint64_t words[2];

		memcpy(words, at, sizeof words);
		first = (first ^ words[0]) * 0xff51afd7ed558ccdu;
		second = (second ^ words[1]) * 0xc4ceb9fe1a85ec53u;
		first ^= first >> 32;
		second ^= second >> 29;
	}
	for (; length > 0; at++, length--)
		first = (first ^ *at) * 0x100000001b3u;
	return first ^ (second * 0x9e3779b97f4a7c15u);
}

static void table_key(const struct solve_input *input, char ret_key[HASH_HEX_MAX])
{
	const struct package_index *indexes = input->indexes;

	struct hash *hash = hash_new("sha256");

	hash_text(hash, TABLE_MAGIC);
	hash_text(hash, input->architecture);
	for (size_t i = 0; i < input->index_count; i++) {
		hash_text(hash, indexes[i].digest);
		hash_text(hash, indexes[i].archive);
		hash_text(hash, indexes[i].suite);
	}
	hash_finish(hash, ret_key);
}

static size_t body_size(const struct table_head *head)
{
	return head->record_count * sizeof(struct record) +
	       head->provision_count * sizeof(struct provision) + head->text_size;
}

static void point_into(struct table *table)
{
	const char *at = (const char *)table->block + sizeof table->head;

	table->records = (const struct record *)at;
	at += table->head.record_count * sizeof *table->records;
	table->provisions = (const struct provision *)at;
	table->text = at + table->head.provision_count * sizeof *table->provisions;
}

/* Everything that later code relies on without looking again. */
static bool table_is_sound(const struct table *table, size_t size)
{
	const struct table_head *head = &table->head;

	if (head->record_count > UINT32_MAX || head->provision_count > UINT32_MAX ||
	    head->text_size > UINT32_MAX || head->text_size < 1 ||
	    size != sizeof *head + body_size(head))
		return false;
	const char *body = (const char *)table->block + sizeof *head;

	if (table_checksum(body, size - sizeof *head) != head->checksum)
		return false;
	if (((const char *)table->block)[size - 1] != '\0')
		return false;
	for (size_t i = 0; i < head->record_count; i++)
		if (table->records[i].index >= table->index_count)
			return false;
	for (size_t i = 0; i < head->provision_count; i++)
		if (table->provisions[i].record >= head->record_count)
			return false;
	return true;
}

/* True when the cache file is there and good. */
static bool cache_load(const char *path, const char *key, struct table *table)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_size < (off_t)sizeof table->head || status.st_size > (off_t)UINT32_MAX)
		return false;
	size_t size = (size_t)status.st_size;
	void *block = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);

	if (block == MAP_FAILED)
		return false;
	table->block = block;
	table->mapped = size;
	memcpy(&table->head, block, sizeof table->head);
	if (memcmp(table->head.magic, TABLE_MAGIC, sizeof table->head.magic) == 0 &&
	    memcmp(table->head.key, key, sizeof table->head.key) == 0) {
		if (table->head.record_count <= UINT32_MAX && table->head.provision_count <= UINT32_MAX &&
		    size == sizeof table->head + body_size(&table->head))
			point_into(table);
		if (table->text && table_is_sound(table, size)) {
			futimens(fd, NULL); /* says when it was used last: see cache_sweep() */
			return true;
		}
	}
	table_close(table);
	return false;
}

/* Tables of old indexes are 30 MB each: those that nothing has used for a month go. */
static void cache_sweep(const char *folder)
{
	autostrings struct strings names = { 0 };

	if (directory_list(folder, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);
		struct stat status;

		if (text_starts(names.items[i], TABLE_PREFIX) && text_ends(names.items[i], TABLE_SUFFIX) &&
		    lstat(path, &status) == 0 && status.st_mtime + MONTH < time(NULL))
			unlink(path);
	}
}

static void cache_save(const char *path, struct table *table)
{
	struct error ignored = { 0 };
	autofree char *folder = path_directory(path);

	cache_sweep(folder);

	if (directory_make(folder, 0700, &ignored) < 0 ||
	    file_write(path, table->block, sizeof table->head + body_size(&table->head), 0600, &ignored) < 0)
		error_clear(&ignored);
}

int table_open(const struct solve_input *input, struct table *ret_table, struct error *err)
{
	struct table table = { .indexes = input->indexes, .index_count = input->index_count };
	char key[HASH_HEX_MAX];
	autofree char *path = NULL;

	table_key(input, key);
	if (input->cache) {
		autofree char *name = text_format(TABLE_PREFIX "%.32s" TABLE_SUFFIX, key);

		path = path_join(input->cache, name);
		if (cache_load(path, key, &table)) {
			*ret_table = table;
			return 0;
		}
	}
	if (table_make(input, &table, err) < 0)
		return -1;
	memcpy(table.head.magic, TABLE_MAGIC, sizeof table.head.magic);
	memcpy(table.head.key, key, sizeof table.head.key);
	table.head.checksum = table_checksum((char *)table.block + sizeof table.head, body_size(&table.head));
	memcpy(table.block, &table.head, sizeof table.head);
	point_into(&table);
	if (path)
		cache_save(path, &table);
	*ret_table = table;
	return 0;
}

void table_close(struct table *table)
{
	if (table->mapped > 0)
		munmap(table->block, table->mapped);
	else
		free(table->block);
	table->block = NULL;
	table->mapped = 0;
	table->text = NULL;
}

const char *table_text(const struct table *table, uint32_t offset)
{
	return offset < table->head.text_size ? table->text + offset : "";
}

/* The first of `count` elements whose name is not before `name`; names are read by `name_at`. */
typedef uint32_t name_at(const struct table *table, size_t index);

static uint32_t record_name(const struct table *table, size_t index)
{
	return table->records[index].name;
}

static uint32_t provision_name(const struct table *table, size_t index)
{
	return table->provisions[index].name;
}

static struct span find_span(const struct table *table, const char *name, size_t count, name_at *at)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(table_text(table, at(table, middle)), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	struct span span = { low, 0 };

	while (low < count && strcmp(table_text(table, at(table, low)), name) == 0)
		low++;
	span.count = low - span.first;
	return span;
}

struct span table_versions(const struct table *table, const char *name)
{
	return find_span(table, name, table->head.record_count, record_name);
}

struct span table_providers(const struct table *table, const char *name)
{
	return find_span(table, name, table->head.provision_count, provision_name);
}
