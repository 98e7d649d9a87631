/* What a recipe turns into: the firewall's text and the keystore's dates. */
#include "archives.h"

#include "assemble/keystore.h"
#include "assemble/settings.h"
#include "assemble/setuid.h"
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

/* What asks for no password is reached by its own users, by those of what needs it, and by root. */
static void services_are_for_those_that_need_them(void **state)
{
	struct box_user store_users[] = { { .name = "store" } }, router_users[] = { { .name = "router" } };
	struct box_user page_users[] = { { .name = "page" } };
	struct port ports[] = { { .number = 3447, .protocol = "tcp", .audience = FOR_SERVICES },
				{ .number = 9000, .protocol = "tcp", .audience = FOR_SERVICES,
				  .modes = MODE_PRODUCTION } };
	struct placed_text role = { .text = "record" }, provided = { .text = "record" };
	struct component store = { .id = "store", .ports = ports, .port_count = 2, .users = store_users,
				   .user_count = 1, .provides = { &provided, 1 } };
	struct component router = { .id = "router", .needs = { &role, 1 }, .users = router_users, .user_count = 1 };
	struct component page = { .id = "page", .users = page_users, .user_count = 1 };
	struct planned_component planned[] = { { .component = &page }, { .component = &store },
					       { .component = &router } };
	struct recipe recipe = { .mode = MODE_TRAINING };
	struct plan plan = { .recipe = &recipe, .components = planned, .component_count = LENGTH(planned) };
	(void)state;
	autofree char *text = settings_firewall_text(&plan);
	assert_non_null(strstr(text, "\t\toif \"lo\" tcp dport 3447 meta skuid != { \"root\", \"store\", \"router\" } reject\n"));
	assert_null(strstr(text, "9000"));
	assert_null(strstr(text, "dport 3447 accept"));
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

static unsigned mode_of(const char *name)
{
	struct stat status;
	assert_int_equal(stat(at(name), &status), 0);
	return status.st_mode & 07777;
}

/* Programs lose the bits that a box does not need, and dpkg is told; sudo keeps its for who may use it. */
static void setuid_bits_go(void **state)
{
	static const char *const folders[] = { "t/usr/bin", "t/usr/lib/dbus-1.0", "t/var/lib/dpkg" };
	(void)state;
	for (size_t i = 0; i < LENGTH(folders); i++)
		assert_int_equal(directory_make(at(folders[i]), 0755, NULL), 0);
	put("t/usr/bin/su", "x");
	put("t/usr/bin/sudo", "x");
	put("t/usr/bin/other", "x");
	put("t/usr/lib/dbus-1.0/dbus-daemon-launch-helper", "x");
	put("t/var/lib/dpkg/statoverride", "root ssl-cert 710 /etc/ssl/private\n"
	    "root messagebus 4754 /usr/lib/dbus-1.0/dbus-daemon-launch-helper\n");
	assert_int_equal(chmod(at("t/usr/bin/su"), 04755), 0);
	assert_int_equal(chmod(at("t/usr/bin/sudo"), 04755), 0);
	assert_int_equal(chmod(at("t/usr/bin/other"), 02755), 0);
	assert_int_equal(chmod(at("t/usr/lib/dbus-1.0/dbus-daemon-launch-helper"), 04754), 0);
	assert_int_equal(setuid_drop(at("t"), true, NULL), 0);
	assert_int_equal(mode_of("t/usr/bin/su"), 0755);
	assert_int_equal(mode_of("t/usr/bin/sudo"), 04755);
	assert_int_equal(mode_of("t/usr/bin/other"), 02755);
	assert_int_equal(setuid_drop(at("t"), false, NULL), 0);
	assert_int_equal(mode_of("t/usr/bin/sudo"), 0755);
	autofree char *said = got("t/var/lib/dpkg/statoverride");
	assert_string_equal(said, "root ssl-cert 710 /etc/ssl/private\nroot root 755 /usr/bin/su\n"
			    "root messagebus 754 /usr/lib/dbus-1.0/dbus-daemon-launch-helper\n"
			    "root root 755 /usr/bin/sudo\n");
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
		cmocka_unit_test(services_are_for_those_that_need_them),
		cmocka_unit_test(keystores_lose_their_dates),
		cmocka_unit_test(setuid_bits_go),
		cmocka_unit_test(memory_is_left_over),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
