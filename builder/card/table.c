/* The keys of hiebox.conf. */
#include <arpa/inet.h>
#include <string.h>

#include "card/card.h"

static bool printable(const char *text, size_t least, size_t most)
{
	size_t length = strlen(text);
	for (size_t i = 0; i < length; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return length >= least && length <= most && text[0] != ' ' && text[length - 1] != ' ';
}

/* IEEE 802.11: at most 32 bytes. */
static bool valid_network(const char *text)
{
	return *text && strlen(text) <= 32 && !has_control(text);
}

/* IEEE 802.11i: 8 to 63 characters, or 64 hexadecimal digits. */
static bool valid_network_password(const char *text)
{
	return printable(text, 8, 63) || made_of(text, DIGITS "abcdefABCDEF", 64, 64);
}

static bool valid_password(const char *text)
{
	return printable(text, 8, 128);
}

/* Always an answer: a wrong password is not quoted in a message either. */
static const char *explain_password(const char *text)
{
	(void)text;
	return "expected a password of 8 to 128 letters, digits and signs of an English keyboard, in double quotes";
}

static const char *explain_network_password(const char *text)
{
	(void)text;
	return "expected the network's password, 8 to 63 letters, digits and signs, in double quotes";
}

static bool valid_country(const char *text)
{
	return made_of(text, UPPER, 2, 2);
}

static bool is_address(const char *text, int family)
{
	unsigned char bytes[16];
	return inet_pton(family, text, bytes) == 1;
}

static bool with_prefix(const char *text, int family, int64_t longest)
{
	const char *slash = strchr(text, '/');
	int64_t bits;
	if (!slash || number_parse(slash + 1, 1, longest, &bits) < 0)
		return false;
	autofree char *address = text_copy_n(text, (size_t)(slash - text));
	return is_address(address, family);
}

static bool valid_ipv4(const char *text)
{
	return with_prefix(text, AF_INET, 32);
}

static bool valid_ipv6(const char *text)
{
	return with_prefix(text, AF_INET6, 128);
}

static bool valid_address(const char *text)
{
	return is_address(text, AF_INET) || is_address(text, AF_INET6);
}

static const struct word dhcp_words[] = { { "dhcp", 0 }, { NULL, 0 } };
static const struct value_type value_dhcp = WORDS(STORE_TEXT, "dhcp", dhcp_words);
static const struct value_type value_network = TEXT_VALUE(
	"network", .expected = "the name of a wireless network, at most 32 bytes", .valid = valid_network,
	.pattern = "^.{1,32}$", .example = "clinic");
static const struct value_type value_network_password = TEXT_VALUE(
	"password", .expected = "the network's password", .valid = valid_network_password,
	.explain = explain_network_password, .pattern = "^[ -~]{8,64}$", .example = "the network's password");
static const struct value_type value_password = TEXT_VALUE(
	"password", .expected = "a password", .valid = valid_password, .explain = explain_password,
	.pattern = "^[!-~][ -~]{6,126}[!-~]$", .example = "a long password");
static const struct value_type value_country = TEXT_VALUE(
	"country", .expected = "a country's two letters such as KE", .valid = valid_country,
	.pattern = "^[A-Z]{2}$", .example = "KE");
static const struct value_type value_ipv4 = TEXT_VALUE(
	"IPv4 address", .expected = "an address with its network's length such as 192.168.1.10/24",
	.valid = valid_ipv4, .pattern = "^[0-9.]{7,15}/[0-9]{1,2}$", .example = "192.168.1.10/24");
static const struct value_type value_ipv6 = TEXT_VALUE(
	"IPv6 address", .expected = "an address with its network's length such as fd00:1::10/64",
	.valid = valid_ipv6, .pattern = "^[0-9a-fA-F:.]{2,45}/[0-9]{1,3}$", .example = "fd00:1::10/64");
static const struct value_type value_address = TEXT_VALUE(
	"address", .expected = "an address such as 192.168.1.1", .valid = valid_address,
	.pattern = "^[0-9a-fA-F.:]{2,45}$", .example = "192.168.1.1");

static const struct value_type list_ssh_keys = TEXT_LIST(&value_ssh_key);
static const struct value_type list_addresses = { .form = FORM_LIST,
						  .store = STORE_TEXTS,
						  .name = "list",
						  .item = &value_address,
						  .lone = true };
static const struct value_type map_passwords = {
	.form = FORM_MAP,
	.store = STORE_ENTRIES,
	.name = "passwords",
	.key_type = &value_id,
	.item = &value_password,
	.expected = "a map of secrets and passwords such as { admin: \"a long password\" }",
};

static const struct key_entry wifi_keys[] = {
	{ "name", &value_network, KEY_REQUIRED, NULL, "the network's name", AT(card_wifi, name) },
	{ "password", &value_network_password, 0, NULL,
	  "its password; without this key the network is open. The box takes it over and wipes it here",
	  AT(card_wifi, password) },
	{ "country", &value_country, KEY_REQUIRED, NULL, "the country the box is in: its law of the air",
	  AT(card_wifi, country) },
	KEYS_END,
};
static const struct value_type record_wifi = MAP(wifi_keys);

static const struct key_entry address_keys[] = {
	{ "by", &value_dhcp, 0, NULL, "dhcp: the network gives the address, as without this key",
	  AT(card_address, by) },
	{ "ipv4", &value_ipv4, 0, NULL, "a fixed IPv4 address", AT(card_address, ipv4) },
	{ "ipv6", &value_ipv6, 0, NULL, "a fixed IPv6 address", AT(card_address, ipv6) },
	{ "gateway", &list_addresses, 0, NULL, "the way to other networks, one per family",
	  AT(card_address, gateways) },
	{ "dns", &list_addresses, 0, NULL, "name servers", AT(card_address, dns) },
	KEYS_END,
};
static const struct value_type record_address = {
	.form = FORM_RECORD, .name = "address", .keys = address_keys, .short_key = "by", .not_empty = true
};

static const struct key_entry card_keys[] = {
	{ "name", &value_host_name, 0, NULL, "the box's name; it answers to <name>.local", AT(card, name) },
	{ "language", &value_language, 0, NULL, "the language of its page and console", AT(card, language) },
	{ "time-zone", &value_time_zone, 0, NULL, "a time zone such as Africa/Nairobi", AT(card, time_zone) },
	{ "keyboard", &value_keyboard, 0, NULL, "layout of a keyboard plugged into the box",
	  AT(card, keyboard) },
	{ "wifi", &record_wifi, 0, NULL, "the wireless network that the box joins", AT(card, wifi) },
	{ "address", &record_address, 0, NULL, "the address of its network card, or dhcp", AT(card, address) },
	{ "ssh-keys", &list_ssh_keys, 0, NULL, "public keys that may log in as root", AT(card, ssh_keys) },
	{ "passwords", &map_passwords, 0, NULL,
	  "passwords for this card, by the secret's name; the box takes them over and wipes them here",
	  AT(card, passwords) },
	{ "wifi-name", NULL, 0, NULL, "write it as wifi: { name: \"…\", password: \"…\", country: KE }", 0 },
	{ "wifi-password", NULL, 0, NULL, "write it as wifi: { name: \"…\", password: \"…\", country: KE }", 0 },
	KEYS_END,
};
static const struct value_type file_card = MAP(card_keys);

const struct file_kind kind_card = {
	CARD_FILE, CARD_FILE " on the partition HIEBOX of a card or stick",
	"what a person with a laptop tells one box", &file_card,
	"name: clinic-07\n"
	"language: fr\n"
	"time-zone: Africa/Kampala\n"
	"keyboard: fr\n"
	"wifi: { name: \"clinic\", password: \"the network's password\", country: UG }\n"
	"address:\n"
	"  ipv4: 192.168.1.10/24\n"
	"  gateway: 192.168.1.1\n"
	"  dns: [192.168.1.1]\n"
	"passwords:\n"
	"  admin: \"a long password\"\n",
	NULL, NULL
};
