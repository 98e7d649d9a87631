/* What a recipe turns into: the firewall's text and the keystore's dates. */
#include "archives.h"

#include "assemble/keystore.h"
#include "assemble/settings.h"
#include "assemble/workspace.h"

static void only_named_ports_are_open(void **state)
{
	struct port ports[] = {
		{ .number = 443, .protocol = "tcp", .audience = FOR_LOCAL_NETWORK },
		{ .number = 3447, .protocol = "tcp", .audience = FOR_DEVELOPER },
		{ .number = 5353, .protocol = "udp", .audience = FOR_LOCAL_NETWORK },
		{ .number = 5432, .protocol = "tcp", .audience = FOR_BOX },
	};
	struct recipe recipe = { .mode = MODE_TRAINING };
	struct plan plan = { .recipe = &recipe, .ports = ports, .port_count = LENGTH(ports) };
	(void)state;
	autofree char *training = settings_firewall_text(&plan);
	assert_non_null(strstr(training, "\t\ttcp dport 443 accept\n"));
	assert_null(strstr(training, "3447"));
	assert_null(strstr(training, "5432"));
	/* mDNS is always open: named once only */
	assert_null(strstr(strstr(training, "5353") + 4, "5353"));
	recipe.mode = MODE_DEVELOPMENT;
	autofree char *development = settings_firewall_text(&plan);
	assert_non_null(strstr(development, "\t\ttcp dport 3447 accept\n"));
}

/* One trusted certificate "c" with the alias "a" and a date. */
static const char store[] = "\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\2\0\1a\0\0\1\x9a\x12\x34\x56\x78\0\1X\0\0\0\1c"
			    "01234567890123456789";

static void keystores_lose_their_dates(void **state)
{
	autofree char *data = NULL;
	size_t length;
	(void)state;
	assert_int_equal(file_write_plain(at("cacerts"), store, sizeof store - 1, 0644, NULL), 0);
	assert_int_equal(keystore_normalise(at("cacerts"), 1500000000, NULL), 0);
	assert_int_equal(file_read(at("cacerts"), 1000, &data, &length, NULL), 0);
	assert_int_equal(length, sizeof store - 1);
	assert_memory_equal(data + 19, "\0\0\1\x5d\x3e\xf7\x98\0", 8);
	assert_memory_equal(data, store, 19);
	assert_memory_not_equal(data + length - 20, store + length - 20, 20);
	/* another form stays as it is */
	put("other", "not a keystore, but long enough to be looked at");
	assert_int_equal(keystore_normalise(at("other"), 1500000000, NULL), 0);
	autofree char *other = got("other");
	assert_string_equal(other, "not a keystore, but long enough to be looked at");
	assert_int_equal(keystore_normalise(at("missing"), 1500000000, NULL), 0);
}

static void memory_is_left_over(void **state)
{
	const uint64_t gib = 1ull << 30;
	(void)state;
	assert_true(workspace_fits(gib, 4 * gib));
	assert_false(workspace_fits(gib, 4 * gib - 1));
	assert_false(workspace_fits(UINT64_MAX, UINT64_MAX));
	assert_false(workspace_fits(0, gib));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_named_ports_are_open),
		cmocka_unit_test(keystores_lose_their_dates),
		cmocka_unit_test(memory_is_left_over),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
