/* The manifest and the texts on HIEBOX. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "card/card.h"
#include "sample.h"

static void what_is_written_is_read(void **state)
{
	struct sample sample;
	char path[] = "/tmp/hiebox-manifest-XXXXXX";
	autofree char *read = NULL;
	autofd int fd = mkstemp(path);

	(void)state;
	unlink(path);
	sample_fill(&sample, LAYOUT_LAYERS);
	autofree char *text = manifest_text(&sample.input, &sample.layout);
	sample.disk.manifest = text;
	sample.disk.fd = fd;
	assert_int_equal(manifest_write(&sample.disk, NULL), 0);
	assert_int_equal(manifest_read(fd, &read, NULL), 0);
	assert_string_equal(read, text);
	assert_non_null(strstr(text, "\"recipe\": \"sample\""));
	assert_non_null(strstr(text, "\"key\": \"key of base\""));
}

static void a_disk_without_one_has_none(void **state)
{
	char path[] = "/tmp/hiebox-manifest-XXXXXX";
	autofd int fd = mkstemp(path);
	char *text = (char *)path;

	(void)state;
	unlink(path);
	assert_int_equal(manifest_read(fd, &text, NULL), 0);
	assert_null(text);
}

static void every_partition_is_found_by_its_role(void **state)
{
	struct sample sample;
	unsigned number;

	(void)state;
	sample_fill(&sample, LAYOUT_LAYERS);
	assert_string_equal(disk_partition(&sample.disk, PARTITION_EFI, &number)->name, "efi");
	assert_int_equal(number, 2);
	assert_null(disk_partition(&sample.disk, PARTITION_ROOT, &number));
	assert_int_equal(number, 0);
	assert_true(disk_firmware(&sample.disk, "bios"));
	assert_false(disk_firmware(&sample.disk, "u-boot"));
}

static void texts_for_people_name_the_box(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample, LAYOUT_LAYERS);
	autofree char *read_me = exchange_read_me(&sample.disk);
	autofree char *settings = exchange_settings(&sample.disk);
	assert_non_null(strstr(read_me, "https://box.local"));
	assert_non_null(strstr(read_me, "FRANÇAIS"));
	assert_non_null(strstr(settings, "#name: box\r\n"));
	/* a template: nothing in it is said to the box, and with the # of its settings taken away it has no mistake */
	autobuffer struct buffer said = {0};
	autostrings struct strings lines = {0};
	strings_split(&lines, settings, "\r\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i];
		assert_int_equal(line[0], '#');
		bool words = !line[1] || (line[1] == ' ' && line[2] != ' ');
		buffer_format(&said, "%s\r\n", words ? line : line + 1);
	}
	struct card card = {0};
	struct diagnostics mistakes = {0};
	card_read("hiebox.conf", said.data, said.length, &card, &mistakes);
	assert_int_equal(mistakes.count, 0);
	for (size_t i = 0; i < CARD_KEYS; i++)
		assert_int_equal(card.said[i], CARD_SAID);
	card_clear(&card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_disk_without_one_has_none),
		cmocka_unit_test(every_partition_is_found_by_its_role),
		cmocka_unit_test(texts_for_people_name_the_box),
	};

	return cmocka_run_group_tests_name("image/manifest", tests, NULL, NULL);
}
