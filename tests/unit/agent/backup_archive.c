/* Archives and manifests that somebody made to do harm, or that lie: refused, byte for byte made here. */
#include "tree.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "agent/backup_content.h"

#define BLOCK 512

/* One header, as GNU tar writes it; the checksum is made last. */
struct header {
	char bytes[BLOCK];
};

static struct header header_of(const char *name, const char *size, char kind)
{
	struct header header = { 0 };
	memcpy(header.bytes, name, strnlen(name, 100));
	memcpy(header.bytes + 100, "0000644", 8);
	memcpy(header.bytes + 124, size, strlen(size));
	header.bytes[156] = kind;
	memcpy(header.bytes + 257, "ustar  ", 8);
	return header;
}

static void add_header(struct buffer *out, struct header header)
{
	unsigned sum = 0;
	memset(header.bytes + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)header.bytes[i];
	autofree char *text = text_format("%06o", sum);
	memcpy(header.bytes + 148, text, 7);
	buffer_add(out, header.bytes, BLOCK);
}

static void add_data(struct buffer *out, const char *data, size_t length)
{
	static const char zeros[BLOCK] = { 0 };
	buffer_add(out, data, length);
	buffer_add(out, zeros, (size_t)(-length % BLOCK));
}

static void add_file(struct buffer *out, const char *name, const char *data)
{
	autofree char *size = text_format("%011zo", strlen(data));
	add_header(out, header_of(name, size, '0'));
	add_data(out, data, strlen(data));
}

static void add_end(struct buffer *out)
{
	static const char zeros[2 * BLOCK] = { 0 };
	buffer_add(out, zeros, sizeof zeros);
}

/* What a walk sees: "name=content;…". */
static int collect(void *context, struct tar_reader *reader, const struct tar_entry *entry, struct error *err)
{
	struct buffer *seen = context;
	char block[64];
	ssize_t got;
	buffer_format(seen, "%s=", entry->path);
	while ((got = tar_read(reader, block, sizeof block, err)) > 0)
		if (seen->length < 4096)
			buffer_add(seen, block, (size_t)got);
	buffer_text(seen, ";");
	return got < 0 ? -1 : 0;
}

static char *walk(const struct buffer *archive, struct error *err)
{
	struct buffer seen = { 0 };
	int fd = memfd_create("archive", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, archive->data, archive->length, err), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	struct tar_reader reader = { .file = collect, .context = &seen, .fd = fd };
	int result = tar_walk(&reader, err);
	close(fd);
	if (result == 0)
		return buffer_steal(&seen);
	buffer_clear(&seen);
	return NULL;
}

static void assert_seen(struct buffer *archive, const char *expected)
{
	struct error err = { 0 };
	autofree char *seen = walk(archive, &err);
	if (!seen)
		fail_msg("refused: %s", err.message);
	assert_string_equal(seen, expected);
	buffer_clear(archive);
}

static void assert_refused(struct buffer *archive, const char *words)
{
	struct error err = { 0 };
	autofree char *seen = walk(archive, &err);
	if (seen)
		fail_msg("not refused: %s", words);
	if (!strstr(err.message, words))
		fail_msg("expected \"%s\", got \"%s\"", words, err.message);
	error_clear(&err);
	buffer_clear(archive);
}

static void test_good(void **state)
{
	(void)state;
	struct buffer archive = { 0 };
	add_file(&archive, "a", "one");
	add_file(&archive, "b/c", "");
	add_end(&archive);
	assert_seen(&archive, "a=one;b/c=;");
	autofree char *name = text_format("%0300d", 7);
	autofree char *size = text_format("%011zo", strlen(name) + 1);
	autofree char *expected = text_format("%s=x;", name);
	add_header(&archive, header_of("././@LongLink", size, 'L'));
	add_data(&archive, name, strlen(name) + 1);
	add_file(&archive, "short", "x");
	add_end(&archive);
	assert_seen(&archive, expected);
}

static void test_hostile(void **state)
{
	(void)state;
	static const struct {
		const char *name, *size;
		char kind;
		const char *words;
	} cases[] = {
		{ "/etc/passwd", "00000000000", '0', "is not allowed" },
		{ "../x", "00000000000", '0', "is not allowed" },
		{ "a/../../x", "00000000000", '0', "is not allowed" },
		{ "a//b", "00000000000", '0', "is not allowed" },
		{ "", "00000000000", '0', "is not allowed" },
		{ "link", "00000000000", '2', "something else than files" },
		{ "hard", "00000000000", '1', "something else than files" },
		{ "device", "00000000000", '3', "something else than files" },
		{ "block", "00000000000", '4', "something else than files" },
		{ "folder", "00000000000", '5', "something else than files" },
		{ "pipe", "00000000000", '6', "something else than files" },
		{ "pax", "00000000000", 'x', "something else than files" },
		{ "sparse", "00000000000", 'S', "something else than files" },
		{ "large", "77777777777", '0', "ends in the middle" },
		{ "larger", "\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", '0', "is wrong" },
		{ "negative", "-0000000001", '0', "is wrong" },
		{ "letters", "000000zz000", '0', "is wrong" },
		{ "././@LongLink", "00007777777", 'L', "is too long" },
		{ "././@LongLink", "00000000000", 'L', "is too long" },
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct buffer archive = { 0 };
		add_header(&archive, header_of(cases[i].name, cases[i].size, cases[i].kind));
		add_end(&archive);
		assert_refused(&archive, cases[i].words);
	}
}

static void test_broken(void **state)
{
	(void)state;
	struct buffer archive = { 0 };
	buffer_text(&archive, "");
	assert_refused(&archive, "has no end");
	add_file(&archive, "a", "one");
	assert_refused(&archive, "has no end");
	add_file(&archive, "a", "one");
	archive.length -= 200;
	assert_refused(&archive, "ends in the middle");
	add_file(&archive, "a", "one");
	archive.data[10] = 'x';
	assert_refused(&archive, "is wrong");
	add_end(&archive);
	add_file(&archive, "behind", "the end");
	assert_refused(&archive, "follows the end");
	char noise[BLOCK];
	memset(noise, 'n', sizeof noise);
	buffer_add(&archive, noise, sizeof noise);
	assert_refused(&archive, "is wrong");
	add_header(&archive, header_of("././@LongLink", "00000000002", 'L'));
	add_data(&archive, "a", 2);
	add_end(&archive);
	assert_refused(&archive, "without a file");
	for (unsigned i = 0; i < MEMBERS_MAX + 2; i++)
		add_file(&archive, "again", "");
	add_end(&archive);
	assert_refused(&archive, "more than");
}

#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEAD "{\"kind\":\"hiebox-backup\",\"format\":1,\"name\":\"n\",\"recipe\":\"r\",\"builder\":\"1\",\"made\":1," \
	     "\"built\":1,\"postgresql\":17,\"components\":[\"a\"],\"databases\":["
#define MEMBER(path) "{\"path\":\"" path "\",\"size\":1,\"mode\":\"0600\",\"sha256\":\"" DIGEST "\"}"

static void test_manifests(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words; /* words NULL: good */
	} cases[] = {
		{ HEAD "],\"members\":[" MEMBER("box/var/lib/hie/secrets/a") "," MEMBER("state/openhim") "]}", NULL },
		{ HEAD "{\"name\":\"d\",\"schema\":\"\",\"size\":1}],\"members\":[" MEMBER("database/d.dump") "]}", NULL },
		{ "", "" },
		{ "[]", "no manifest of a backup" },
		{ "{\"kind\":\"hiebox-backup\",\"format\":2}", "made by a newer version" },
		{ "{\"kind\":\"hiebox-backup\",\"format\":1}", "name is no text" },
		{ HEAD "]}", "lists no files" },
		{ HEAD "{\"name\":\"d\",\"schema\":\"\",\"size\":1}],\"members\":[]}", "wrong about the database d" },
		{ HEAD "{\"name\":\"../d\",\"schema\":\"\",\"size\":1}],\"members\":[]}", "wrong about the database" },
		{ HEAD "],\"members\":[" MEMBER("state/a") "," MEMBER("state/a") "]}", "lists state/a twice" },
		{ HEAD "],\"members\":[" MEMBER("etc/passwd") "]}", "does not belong" },
		{ HEAD "],\"members\":[" MEMBER("/etc/passwd") "]}", "does not belong" },
		{ HEAD "],\"members\":[" MEMBER("box/etc/passwd") "]}", "does not belong" },
		{ HEAD "],\"members\":[" MEMBER("box/var/lib/hie/../x") "]}", "does not belong" },
		{ HEAD "],\"members\":[" MEMBER("box/var/lib/hie/restore/x") "]}", "does not belong" },
		{ HEAD "],\"members\":[" MEMBER("box/var/lib/hie/.backup.lock") "]}", "does not belong" },
		{ HEAD "],\"members\":[" MEMBER("state/a/b") "]}", "does not belong" },
		{ HEAD "],\"members\":[" MEMBER("database/.dump") "]}", "does not belong" },
		{ HEAD "],\"members\":[{\"path\":\"state/a\",\"size\":-1,\"mode\":\"0600\",\"sha256\":\"" DIGEST "\"}]}",
		  "size is no number" },
		{ HEAD "],\"members\":[{\"path\":\"state/a\",\"size\":1e300,\"mode\":\"0600\",\"sha256\":\"" DIGEST "\"}]}",
		  "size is no number" },
		{ HEAD "],\"members\":[{\"path\":\"state/a\",\"size\":1,\"mode\":\"0600\",\"sha256\":\"x\"}]}", "too little" },
		{ HEAD "],\"members\":[{\"path\":\"state/a\",\"size\":1,\"sha256\":\"" DIGEST "\"}]}", "too little" },
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct manifest manifest = { 0 };
		struct error err = { 0 };
		int result = manifest_parse(cases[i].text, strlen(cases[i].text), &manifest, &err);
		if (!cases[i].words && result < 0)
			fail_msg("refused: %s", err.message);
		if (cases[i].words && (result == 0 || !strstr(err.message, cases[i].words)))
			fail_msg("%zu: expected \"%s\", got \"%s\"", i, cases[i].words, err.message ? err.message : "good");
		if (result == 0)
			manifest_clear(&manifest);
		error_clear(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_manifests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
