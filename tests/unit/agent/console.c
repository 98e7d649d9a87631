/* The consoles: what fits into 80 columns and 25 lines, what a narrow line gets, and that the QR code on it is
 * the one of the page's address. With an argument, writes what a screen and a serial line show into that folder. */
#include "tree.h"

#include <qrencode.h>

#include "agent/console.h"

struct fixture {
	char *root;
	struct box *box;
	struct languages languages;
	struct status status;
};

static struct fixture fixture_new(const char *mode)
{
	struct fixture fixture = { .root = tree_new() };
	struct diagnostics mistakes = { 0 };
	autofree char *text = tree_read(fixture.root, "/usr/lib/hie/box.json");
	char *at = strstr(text, "training");
	*at = '\0';
	autofree char *changed = text_format("%s%s%s", text, mode, at + strlen("training"));
	tree_write(fixture.root, "/usr/lib/hie/box.json", changed, 0644);
	fixture.box = tree_load(fixture.root);
	languages_load("overlays/hie-base", &fixture.languages, &mistakes);
	fixture.status = (struct status){ .box = fixture.box, .saying = saying_make(SAY_BOX_OK, NULL) };
	fixture.status.components = memory_alloc(fixture.box->component_count * sizeof *fixture.status.components);
	strings_add(&fixture.status.facts.addresses, "192.168.178.123");
	strings_add(&fixture.status.facts.addresses, "fd00::2");
	tree_write(fixture.root, "/var/lib/hie/secrets/admin", "ab\\cd-efgh", 0600);
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	status_clear(&fixture->status);
	languages_clear(&fixture->languages);
	box_free(fixture->box);
	tree_free(fixture->root);
}

static char *show(const struct fixture *fixture, const char *language, unsigned columns, unsigned lines)
{
	struct console console = { .root = fixture->root, .status = &fixture->status, .columns = columns, .lines = lines,
				   .language = languages_find(&fixture->languages, language), .old_font = lines != 0 };
	return console_text(&console);
}

/* Columns of the longest line, and how many lines. */
static void measure(const char *text, size_t *ret_columns, size_t *ret_lines)
{
	size_t columns = 0, width = 0, lines = 0;
	text += text_starts(text, CONSOLE_CLEAR) ? strlen(CONSOLE_CLEAR) : 0;
	for (const char *at = text; *at; at++) {
		if (*at == '\033') {
			at += strcspn(at, "m");
			continue;
		}
		if (*at == '\n') {
			lines++;
			width = 0;
			continue;
		}
		width += ((unsigned char)*at & 0xc0) != 0x80;
		columns = width > columns ? width : columns;
	}
	*ret_columns = columns;
	*ret_lines = lines;
}

static void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void test_screen(void **state)
{
	(void)state;
	struct fixture fixture = fixture_new("training");
	size_t columns, lines;
	autofree char *text = show(&fixture, "en", 80, 21);
	measure(text, &columns, &lines);
	assert_true(columns <= 80);
	assert_true(lines <= 21);
	assert_true(text_starts(text, CONSOLE_CLEAR));
	expect(text, "Everything runs.");
	expect(text, "http://192.168.178.123/");
	expect(text, "http://testbox.local/");
	expect(text, "root@box  \033[1mab\\\\cd-efgh"); /* a backslash is an instruction to agetty */
	expect(text, "\u2580");
	autofree char *french = show(&fixture, "fr", 80, 21);
	expect(french, "Tout fonctionne.");
	/* the worst: rescue, whose sentences are the longest, and nothing that the kernel's font does not have */
	fixture.status.rescue = text_copy("The \033[5Jstorage could not be read.");
	saying_clear(&fixture.status.saying);
	fixture.status.saying = saying_make(SAY_BOX_RESCUE, fixture.status.rescue, NULL);
	autofree char *rescue = show(&fixture, "fr", 80, 21);
	measure(rescue, &columns, &lines);
	assert_true(columns <= 80);
	assert_true(lines <= 21);
	expect(rescue, "Le boîtier est en mode de secours");
	expect(rescue, "S'il revient");
	assert_null(strstr(rescue, "\u2019"));
	assert_null(strstr(rescue, "\033[5J"));
	fixture_free(&fixture);
}

static void test_serial(void **state)
{
	(void)state;
	struct fixture fixture = fixture_new("training");
	size_t columns, lines;
	static const unsigned widths[] = { 72, 40, 33 };
	for (size_t i = 0; i < LENGTH(widths); i++) {
		autofree char *text = show(&fixture, "en", widths[i], 0);
		measure(text, &columns, &lines);
		assert_true(columns <= widths[i]);
		assert_null(strstr(text, CONSOLE_CLEAR));
		expect(text, "http://192.168.178.123/");
		expect(text, "\u2580");
	}
	/* no room for a code: none, rather than half of one */
	autofree char *narrow = show(&fixture, "en", 20, 0);
	assert_null(strstr(narrow, "\u2580"));
	expect(narrow, "http://192.168.178.123/");
	fixture_free(&fixture);
}

static void test_production(void **state)
{
	(void)state;
	struct fixture fixture = fixture_new("production");
	autofree char *text = show(&fixture, "en", 80, 21);
	expect(text, "https://192.168.178.123/");
	assert_null(strstr(text, "efgh"));
	strings_clear(&fixture.status.facts.addresses);
	autofree char *alone = show(&fixture, "en", 80, 21);
	expect(alone, "There is no network yet.");
	assert_null(strstr(alone, "\u2580"));
	fixture_free(&fixture);
}

/* The half blocks, read back, are the library's modules. */
static void test_code(void **state)
{
	(void)state;
	static const char url[] = "http://[fd00:1234:5678:9abc::2]/";
	autostrings struct strings lines = { 0 };
	unsigned width = 0;
	assert_int_equal(console_qr(url, &lines, &width), 0);
	QRcode *code = QRcode_encodeString8bit(url, 0, QR_ECLEVEL_L);
	assert_int_equal(width, code->width + 4);
	assert_int_equal(lines.count, (width + 1) / 2);
	for (size_t row = 0; row < lines.count; row++) {
		const char *at = strchr(lines.items[row], 'm') + 1;
		for (unsigned x = 0; x < width; x++) {
			unsigned dark = 0;
			if (*at == ' ') {
				at++;
			} else {
				dark = text_starts(at, "\u2580") ? 1 : text_starts(at, "\u2584") ? 2 : 3;
				at += 3;
			}
			for (unsigned i = 0; i < 2; i++) {
				int column = (int)x - 2, line = (int)(2 * row + i) - 2;
				bool inside = column >= 0 && line >= 0 && column < code->width && line < code->width;
				bool wanted = inside && code->data[line * code->width + column] & 1;
				assert_int_equal((dark >> i) & 1, wanted);
			}
		}
		assert_string_equal(at, "\033[0m");
	}
	QRcode_free(code);
	autofree char *much = memory_alloc(1000);
	memset(much, 'x', 999);
	assert_int_equal(console_qr(much, &lines, &width), -1);
}

/* agetty is told when something changed; the serial line not more often than every half minute. */
static void test_files(void **state)
{
	(void)state;
	struct fixture fixture = fixture_new("training");
	struct console_files files = { 0 };
	struct stat before, after;
	tree_write(fixture.root, "/run/agetty.reload", "", 0600);
	autofree char *reload = tree_path(fixture.root, CONSOLE_RELOAD);
	autofree char *screen = tree_path(fixture.root, CONSOLE_SCREEN);
	tree_write(fixture.root, "/run/hie/x", "", 0600);
	console_write(&files, fixture.root, &fixture.status, NULL);
	assert_int_equal(stat(screen, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0600);
	assert_int_equal(stat(reload, &before), 0);
	usleep(20000);
	console_write(&files, fixture.root, &fixture.status, NULL);
	assert_int_equal(stat(reload, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof after.st_mtim);
	fixture.status.saying.which = SAY_BOX_STARTING;
	console_write(&files, fixture.root, &fixture.status, NULL);
	assert_int_equal(stat(reload, &after), 0);
	assert_memory_not_equal(&before.st_mtim, &after.st_mtim, sizeof after.st_mtim);
	autofree char *shown = tree_read(fixture.root, CONSOLE_SCREEN), *serial = tree_read(fixture.root, CONSOLE_SERIAL);
	expect(shown, "The box is starting.");
	expect(serial, "Everything runs.");
	console_files_clear(&files);
	fixture_free(&fixture);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_screen),
		cmocka_unit_test(test_serial),
		cmocka_unit_test(test_production),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_files),
	};
	if (argc > 1) {
		struct fixture fixture = fixture_new("training");
		struct error err = { 0 };
		for (unsigned i = 0; i < 2; i++) {
			autofree char *text = show(&fixture, i ? "fr" : "en", i ? 72 : 80, i ? 0 : 21);
			autofree char *path = path_join(argv[1], i ? "serial" : "screen");
			assert_int_equal(file_write_plain(path, text, strlen(text), 0644, &err), 0);
		}
		fixture_free(&fixture);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
