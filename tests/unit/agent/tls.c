/* The certificate: what its authority vouches for, when it is renewed, and clocks that jump. Judged by openssl(1). */
#include "tree.h"

#include <inttypes.h>
#include <time.h>

#include "agent/clock.h"
#include "agent/tls.h"

#define DAY INT64_C(86400)

static char *certificate(const char *root, const char *box_name)
{
	autofree char *text = text_copy(tree_box);
	struct error err = { 0 };
	char *remark = NULL;
	memcpy(strstr(text, "testbox"), box_name, 7);
	tree_write(root, "/usr/lib/hie/box.json", text, 0644);
	autofree char *tls = tree_path(root, "/var/lib/hie/tls");
	assert_int_equal(directory_make(tls, 0755, &err), 0);
	struct box *box = tree_load(root);
	struct provision provision = { .root = root, .box = box };
	if (step_certificate(&provision, &remark, &err) < 0)
		fail_msg("%s", err.message);
	box_free(box);
	return remark;
}

/* Is `name` vouched for by the box's authority with this certificate? */
static bool verifies(const char *root, const char *file, const char *kind, const char *name)
{
	autofree char *authority = tree_path(root, "/var/lib/hie/tls/ca.crt");
	autofree char *path = tree_path(root, file);
	const char *argv[] = { "openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", authority, kind,
			       name, path, NULL };
	struct error err = { 0 };
	bool good = process_run(&(struct process){ .argv = argv }, NULL, &err) == 0;
	error_clear(&err);
	return good;
}

static void assert_names(const char *root, const char *const *hosts)
{
	static const char *const addresses[] = { "127.0.0.1", "::1", "10.0.2.2", ACCESS_POINT_ADDRESS, NULL };
	for (; *hosts; hosts++)
		if (!verifies(root, "/var/lib/hie/tls/server.crt", "-verify_hostname", *hosts))
			fail_msg("%s is not vouched for", *hosts);
	for (size_t i = 0; addresses[i]; i++)
		if (!verifies(root, "/var/lib/hie/tls/server.crt", "-verify_ip", addresses[i]))
			fail_msg("%s is not vouched for", addresses[i]);
	assert_false(verifies(root, "/var/lib/hie/tls/server.crt", "-verify_hostname", "example.org"));
	assert_false(verifies(root, "/var/lib/hie/tls/server.crt", "-verify_ip", "10.9.9.9"));
}

/* Whoever steals the authority's key makes certificates for the box's world, not for the web. */
static void assert_refuses(const char *root, const char *name, const char *kind, const char *verified)
{
	autofree char *tls = tree_path(root, "/var/lib/hie/tls");
	autofree char *key = path_join(tls, "ca.key"), *authority = path_join(tls, "ca.crt");
	autofree char *out = path_join(tls, "other.crt");
	autofree char *configuration = path_join(tls, "other.cnf");
	autofree char *text = text_format("[req]\ndistinguished_name=n\nprompt=no\nx509_extensions=e\n[n]\nCN=x\n[e]\n"
					  "basicConstraints=critical,CA:false\nextendedKeyUsage=serverAuth\n"
					  "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=%s\n", name);
	struct error err = { 0 };
	assert_int_equal(file_write_plain(configuration, text, strlen(text), 0644, &err), 0);
	const char *argv[] = { "openssl", "req", "-x509", "-new", "-sha256", "-config", configuration, "-key", key,
			       "-CA", authority, "-CAkey", key, "-days", "30", "-out", out, NULL };
	assert_int_equal(process_run(&(struct process){ .argv = argv }, NULL, &err), 0);
	bool good = verifies(root, "/var/lib/hie/tls/other.crt", kind, verified);
	bool wanted = text_starts(name, "DNS:other.local");
	if (good != wanted)
		fail_msg("%s is %s", name, good ? "vouched for" : "refused");
}

static void test_names(void **state)
{
	(void)state;
	char *root = tree_new();
	free(certificate(root, "testbox"));
	assert_names(root, (const char *const[]){ "testbox", "testbox.local", "localhost", NULL });
	assert_refuses(root, "DNS:other.local", "-verify_hostname", "other.local"); /* the net's, so it may */
	assert_refuses(root, "DNS:example.org", "-verify_hostname", "example.org");
	assert_refuses(root, "DNS:nottestbox", "-verify_hostname", "nottestbox");
	assert_refuses(root, "IP:8.8.8.8", "-verify_ip", "8.8.8.8");
	assert_refuses(root, "IP:2001:db8::1", "-verify_ip", "2001:db8::1");
	/* another name: the same authority, which vouches for its .local alone */
	autofree char *authority = tree_read(root, "/var/lib/hie/tls/ca.crt");
	autofree char *remark = certificate(root, "bestbox");
	autofree char *now = tree_read(root, "/var/lib/hie/tls/ca.crt");
	assert_string_equal(authority, now);
	assert_non_null(strstr(remark, "DNS:bestbox.local"));
	assert_null(strstr(remark, "DNS:bestbox "));
	assert_names(root, (const char *const[]){ "bestbox.local", "localhost", NULL });
	tree_free(root);
}

static void test_permitted(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool permitted;
	} cases[] = {
		{ "DNS:box", true }, { "DNS:a.box", true }, { "DNS:abox", false }, { "DNS:x.local", true },
		{ "DNS:localhost", true }, { "DNS:example.org", false }, { "IP:10.1.2.3", true },
		{ "IP:172.15.0.1", false }, { "IP:172.16.0.1", true }, { "IP:172.31.9.9", true }, { "IP:172.32.0.1", false },
		{ "IP:100.64.0.1", true }, { "IP:100.128.0.1", false }, { "IP:8.8.8.8", false }, { "IP:fd00::1", true },
		{ "IP:fe80::1", true }, { "IP:2001:db8::1", false }, { "IP:::1", true }, { "IP:::2", false },
		{ "IP:nonsense", false }, { "email:x@box", false },
	};
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (tls_permitted("box", cases[i].name) != cases[i].permitted)
			fail_msg("%s", cases[i].name);
}

/* Lines of server.made: digest, end, begin, names. */
static void change_line(const char *root, const char *path, size_t line, int64_t value)
{
	autofree char *text = tree_read(root, path);
	autostrings struct strings lines = { 0 };
	strings_split(&lines, text, "\n");
	free(lines.items[line]);
	lines.items[line] = text_format("%" PRId64, value);
	autofree char *joined = strings_join(&lines, "\n");
	tree_write(root, path, joined, 0600);
}

static bool renewed(const char *root)
{
	autofree char *before = tree_read(root, "/var/lib/hie/tls/server.crt");
	free(certificate(root, "testbox"));
	autofree char *after = tree_read(root, "/var/lib/hie/tls/server.crt");
	return !text_equal(before, after);
}

/* The clock jumps years ahead and back: what expired, or is of the future, is made again, at once and once. */
static void test_clock_jumps(void **state)
{
	(void)state;
	static const char made[] = "/var/lib/hie/tls/server.made";
	char *root = tree_new();
	int64_t now = (int64_t)time(NULL);
	free(certificate(root, "testbox"));
	assert_false(renewed(root));
	change_line(root, made, 1, now - 5); /* expired */
	assert_true(renewed(root));
	assert_false(renewed(root));
	change_line(root, made, 1, now + 100 * DAY); /* soon */
	assert_true(renewed(root));
	change_line(root, made, 2, now + 400 * DAY); /* made by a clock that was ahead */
	assert_true(renewed(root));
	autofree char *authority = tree_read(root, "/var/lib/hie/tls/ca.crt");
	change_line(root, "/var/lib/hie/tls/ca.made", 1, now + 400 * DAY);
	assert_true(renewed(root));
	autofree char *authority_now = tree_read(root, "/var/lib/hie/tls/ca.crt");
	assert_string_not_equal(authority, authority_now);
	assert_names(root, (const char *const[]){ "testbox", NULL });
	assert_false(renewed(root));
	tree_free(root);
}

/* Addresses that the box had lately stay, at most eight and for a month; asking for fewer renews nothing. */
static void test_addresses_stay(void **state)
{
	(void)state;
	struct tls_names before = { 0 }, names = { 0 };
	int64_t now = 1800000000;
	for (int i = 0; i < 12; i++) {
		autofree char *name = text_format("IP:10.0.0.%d", i);
		tls_names_add(&before, name, now - i * 4 * DAY);
	}
	tls_names_add(&before, "DNS:old.local", now);
	tls_names_add(&before, "IP:10.0.0.77", now + DAY);
	tls_names_add(&names, "IP:10.0.0.1", now);
	tls_names_keep(&names, &before, now);
	assert_int_equal(names.count, 1 + 7); /* 0, 2 … 7: 28 days */
	assert_non_null(tls_names_find(&names, "IP:10.0.0.0"));
	assert_non_null(tls_names_find(&names, "IP:10.0.0.7"));
	assert_null(tls_names_find(&names, "IP:10.0.0.8"));
	assert_null(tls_names_find(&names, "DNS:old.local"));
	assert_null(tls_names_find(&names, "IP:10.0.0.77"));
	tls_names_clear(&names);
	tls_names_clear(&before);
}

static void test_clock(void **state)
{
	(void)state;
	char *root = tree_new();
	struct error err = { 0 };
	autobox struct box *box = tree_load(root);
	assert_int_equal(clock_least(root, box), 1700000000); /* of the image */
	static const struct {
		const char *text;
		int64_t least;
	} cases[] = { { "1800000000\n", 1800000000 }, { "5\n", 1700000000 }, { "", 1700000000 },
		      { "99999999999\n", 1700000000 }, { "x\n", 1700000000 } };
	for (size_t i = 0; i < LENGTH(cases); i++) {
		tree_write(root, "/var/lib/hie/clock", cases[i].text, 0644);
		assert_int_equal(clock_least(root, box), cases[i].least);
	}
	assert_int_equal(clock_remember(root, &err), 0);
	assert_true(clock_least(root, box) >= (int64_t)time(NULL) - 5);
	assert_int_equal(clock_set(root, 1800000000, &err), 0); /* of a tree: only remembered */
	int64_t seconds = 0;
	assert_int_equal(clock_parse("2026-03-01T10:15:00Z", &seconds), 0);
	assert_int_equal(seconds, 1772360100);
	assert_int_equal(clock_parse("1772360100", &seconds), 0);
	static const char *const wrong[] = { "", "tomorrow", "2026-03-01", "2026-03-01T10:15:00", "-5", "2026-03-01T10:15:00+01:00" };
	for (size_t i = 0; i < LENGTH(wrong); i++)
		assert_int_equal(clock_parse(wrong[i], &seconds), -1);
	tree_free(root);
}

/* DHCP is hostile until proven otherwise: what is no name or address never reaches chrony's configuration. */
static void test_sources(void **state)
{
	(void)state;
	char *root = tree_new();
	struct error err = { 0 };
	tree_write(root, "/run/chrony-dhcp/x", "", 0644);
	tree_write(root, "/run/systemd/netif/state",
		   "OPER_STATE=routable\nDNS=10.0.0.1\nNTP=10.0.0.2 ntp.example.org fd00::1 -x a;b\n", 0644);
	assert_int_equal(clock_sources(root, &err), 0);
	autofree char *text = tree_read(root, "/run/chrony-dhcp/hie.sources");
	assert_string_equal(text, "# From the network, by DHCP.\nserver 10.0.0.2 iburst\nserver ntp.example.org iburst\n"
				  "server fd00::1 iburst\n");
	tree_write(root, "/run/systemd/netif/state", "OPER_STATE=routable\n", 0644);
	assert_int_equal(clock_sources(root, &err), 0);
	autofree char *none = tree_read(root, "/run/chrony-dhcp/hie.sources");
	assert_string_equal(none, "# From the network, by DHCP.\n");
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),       cmocka_unit_test(test_permitted),
		cmocka_unit_test(test_clock_jumps), cmocka_unit_test(test_addresses_stay),
		cmocka_unit_test(test_clock),       cmocka_unit_test(test_sources),
	};
	return cmocka_run_group_tests_name("agent/tls", tests, NULL, NULL);
}
