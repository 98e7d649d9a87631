/* hiebox.conf as people write it: what is right counts, what is wrong is told with its place, and no password is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "card/card.h"

struct sample {
	struct card card;
	struct diagnostics mistakes;
	char *messages;
};

static struct sample read_text(const char *text)
{
	struct sample sample = { 0 };
	struct error err = { 0 };
	card_read("hiebox.conf", text, strlen(text), &sample.card, &sample.mistakes);
	diagnostics_to_error(&sample.mistakes, &err);
	sample.messages = err.message ? err.message : text_copy("");
	return sample;
}

static void release(struct sample *sample)
{
	card_clear(&sample->card);
	diagnostics_clear(&sample->mistakes);
	free(sample->messages);
}

static void everything(void **state)
{
	(void)state;
	struct sample sample = read_text(
		"name: clinic-07\nlanguage: fr\ntime-zone: Africa/Kampala\nkeyboard: fr\n"
		"wifi: { name: \"Clinique d'Arua\", password: \"it's \\\"secret\\\"\", country: UG }\n"
		"address:\n  ipv4: 192.168.1.10/24\n  ipv6: fd00:1::10/64\n  gateway: 192.168.1.1\n  dns: [192.168.1.1, fd00:1::1]\n"
		"ssh-keys:\n- ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN4H9Rrnd1dpTb2xYtRh3PBWQtZKRNbN1DkQmhUiZoYJ me\n"
		"passwords:\n  admin: correct horse\n  pos-clinic-a: 12345678\n");
	assert_string_equal(sample.messages, "");
	for (int i = 0; i < CARD_KEYS; i++)
		assert_int_equal(sample.card.said[i], CARD_SAID);
	assert_string_equal(sample.card.name, "clinic-07");
	assert_string_equal(sample.card.wifi.password, "it's \"secret\"");
	assert_string_equal(sample.card.address.gateways.items[0].text, "192.168.1.1");
	assert_int_equal(sample.card.address.dns.count, 2);
	assert_int_equal(sample.card.ssh_keys.count, 1);
	assert_int_equal(sample.card.passwords.count, 2);
	assert_string_equal(sample.card.passwords.items[1].value->text, "12345678");
	release(&sample);
}

static void nothing(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "\n", "# name: x\r\n\r\n  # more\r\n", "\xef\xbb\xbf#\r\n", "name:\n" };
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct sample sample = read_text(texts[i]);
		assert_string_equal(sample.messages, "");
		for (int k = 0; k < CARD_KEYS; k++)
			assert_int_equal(sample.card.said[k], CARD_UNSAID);
		release(&sample);
	}
}

/* Notepad: a byte order mark, CR LF, and no newline at the end. */
static void notepad(void **state)
{
	(void)state;
	struct sample sample = read_text("\xef\xbb\xbfname: box-2\r\npasswords:\r\n  admin: \"long enough\"\r\ntime-zone: Europe/Paris");
	assert_string_equal(sample.messages, "");
	assert_string_equal(sample.card.name, "box-2");
	assert_string_equal(sample.card.time_zone, "Europe/Paris");
	assert_string_equal(sample.card.passwords.items[0].value->text, "long enough");
	release(&sample);
}

static void mistakes(void **state)
{
	(void)state;
	static const struct {
		const char *text, *messages;
	} cases[] = {
		{ "name: Clinic 7\n", "hiebox.conf:1:7: name: expected a host name such as hiebox, got \"Clinic 7\"; did you mean \"clinic-7\"?" },
		{ "nmae: box\n", "hiebox.conf:1:1: unknown key \"nmae\"; did you mean \"name\"?" },
		{ "name = box\n", "hiebox.conf:1:1: expected lines such as \"name: clinic-07\" (key, colon, blank, value)" },
		{ "address:\n\tipv4: 10.0.0.1/8\n", "hiebox.conf:2:1: found character that cannot start any token (a tab: YAML is indented with spaces)" },
		{ "address: { ipv4: 10.0.0.1 }\n", "hiebox.conf:1:18: address.ipv4: expected an address with its network's length such as 192.168.1.10/24, got \"10.0.0.1\"" },
		{ "address: dhcpd\n", "hiebox.conf:1:10: address: expected dhcp, got \"dhcpd\"; did you mean \"dhcp\"?" },
		{ "address: { gateway: 10.0.0.1 }\n", "hiebox.conf:1:10: address: the key \"ipv4\" or \"ipv6\" is missing" },
		{ "address: { by: dhcp, ipv4: 10.0.0.1/8 }\n", "hiebox.conf:1:10: address: by dhcp, or with addresses, not both" },
		{ "wifi: { name: x, country: ke }\n", "hiebox.conf:1:27: wifi.country: expected a country's two letters such as KE" },
		{ "name: a\nname: b\n", "hiebox.conf:2:1: name: stands here again" },
		{ "\xff\xfen", "hiebox.conf: saved as \"Unicode\" (UTF-16): save it again with the encoding UTF-8" },
		{ "name: caf\xe9\n", "hiebox.conf:1:10: not UTF-8 text (incomplete UTF-8 octet sequence)" },
		{ "wifi-password: secret\n", "hiebox.conf:1:1: wifi-password: write it as wifi: { name: \"…\", password: \"…\", country: KE }" },
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct sample sample = read_text(cases[i].text);
		assert_string_equal(sample.messages, cases[i].messages);
		release(&sample);
	}
}

/* One mistake costs one key; a part that cannot be read does not hide the others. */
static void the_rest_counts(void **state)
{
	(void)state;
	struct sample sample = read_text("name: box-3\nwifi: {\n  name: x\nlanguage: fr\ntime-zone: nowhere\npasswords:\n  admin: \"fine enough\"\n");
	assert_string_equal(sample.card.name, "box-3");
	assert_int_equal(sample.card.said[CARD_WIFI], CARD_WRONG);
	assert_string_equal(sample.card.language, "fr");
	assert_int_equal(sample.card.said[CARD_TIME_ZONE], CARD_WRONG);
	assert_int_equal(sample.card.said[CARD_KEYBOARD], CARD_UNSAID);
	assert_int_equal(sample.card.passwords.count, 1);
	assert_non_null(strstr(sample.messages, "hiebox.conf:4:"));
	assert_non_null(strstr(sample.messages, "hiebox.conf:5:12: time-zone: expected a time zone"));
	release(&sample);
	struct sample lost = read_text("\tname: box-4\nlanguage: fr\n");
	assert_int_equal(lost.card.said[CARD_NAME], CARD_WRONG);
	assert_string_equal(lost.card.language, "fr");
	release(&lost);
}

/* Whatever a person does to a password, no message holds it. */
static void secrets_stay_secret(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"passwords: hunter2\n", "passwords:\n  admin: hunter2\n", "passwords:\n  admin: &hunter2 x\n",
		"passwords:\n  admin: *hunter2\n", "passwords:\n  admin: !hunter2 x\n", "passwords:\n  admin: \"hunter2\n",
		"passwords:\n  admin: @hunter2\n", "passwords:\n  - hunter2\n", "passwords: { admin: [hunter2] }\n",
		"passwords:\n  admin: %hunter2\n", "passwords:\n  admin: hunter2: x\n", "passwords:\n\tadmin: hunter2\n",
		"wifi: hunter2\n", "wifi: { name: x, country: KE, password: hunter2 }\n", "wifi: { password: [hunter2 }\n",
		"passwords:\n  admin: |\n    hunter2\n    hunter2\n", "\"passwords\": hunter2\n",
		"passwords: { admin: *hunter2 }\nname: a b\n",
	};
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct sample sample = read_text(texts[i]);
		if (!sample.messages[0] || strstr(sample.messages, "hunter2"))
			fail_msg("%s gives: %s", texts[i], sample.messages);
		assert_true(text_starts(sample.messages, "hiebox.conf:"));
		release(&sample);
	}
}

/* A password that was taken over leaves `~`, which is neither a password nor a mistake. */
static void wiping(void **state)
{
	(void)state;
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "passwords:\n  admin: long enough   # mine\n", "passwords:\n  admin: ~             # mine\n" },
		{ "\xef\xbb\xbfpasswords:\r\n  admin: \"a \\\" b c d e\"\r\n", "\xef\xbb\xbfpasswords:\r\n  admin: ~             \r\n" },
		{ "passwords: {admin: 'it''s long', b: xxxxxxxx}\n", "passwords: {admin: ~           , b: ~       }\n" },
		{ "name: \"é\"\npasswords:\n  \"admin\": 12345678\n", "name: \"é\"\npasswords:\n  \"admin\": ~       \n" },
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct sample sample = read_text(cases[i].before);
		autofree char *text = text_copy(cases[i].before);
		const struct node *values[4];
		for (size_t k = 0; k < sample.card.passwords.count; k++)
			values[k] = sample.card.passwords.items[k].value;
		assert_true(sample.card.passwords.count > 0);
		assert_int_equal(card_wipe(text, strlen(text), values, sample.card.passwords.count), 0);
		assert_string_equal(text, cases[i].after);
		struct sample again = read_text(text);
		assert_int_equal(again.card.passwords.count, 0);
		assert_int_equal(again.card.said[CARD_PASSWORDS], CARD_SAID);
		release(&again);
		release(&sample);
	}
	struct sample sample = read_text("passwords:\n  admin: two\n    lines together\n");
	autofree char *text = text_copy("passwords:\n  admin: two\n    lines together\n");
	if (sample.card.passwords.count)
		assert_int_equal(card_wipe(text, strlen(text), &sample.card.passwords.items[0].value, 1), -1);
	release(&sample);
}

/* What help shows to begin with has no mistake. */
static void the_example(void **state)
{
	(void)state;
	struct sample sample = read_text(kind_card.example);
	assert_string_equal(sample.messages, "");
	release(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything), cmocka_unit_test(nothing), cmocka_unit_test(notepad),
		cmocka_unit_test(mistakes), cmocka_unit_test(the_rest_counts), cmocka_unit_test(secrets_stay_secret),
		cmocka_unit_test(wiping), cmocka_unit_test(the_example),
	};
	return cmocka_run_group_tests_name("card/read", tests, NULL, NULL);
}
