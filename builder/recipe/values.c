/* What single values look like. Names end in file names, unit files and boot menus on the box, so each
 * pattern is the narrowest that real files need. */
#include "recipe/keys.h"

#include <ctype.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* Is `text` of `least` to `most` characters, all of them in `characters`? */
static bool made_of(const char *text, const char *characters, size_t least, size_t most)
{
	size_t length = strlen(text);
	return length >= least && length <= most && strspn(text, characters) == length;
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)text[1] < 0xa0))
			return true;
	}
	return false;
}

static bool valid_id(const char *text)
{
	return made_of(text, LOWER DIGITS "-", 1, 64) && text[0] != '-' &&
	       text[strlen(text) - 1] != '-';
}

static bool valid_line(const char *text)
{
	return *text && strlen(text) <= 400 && !has_control(text) && *text != ' ';
}

static bool valid_free_text(const char *text)
{
	return strlen(text) <= 400 && !has_control(text);
}

/* Debian Policy 5.6.1, with an exact version (5.6.12) behind "=" if wanted. */
static bool valid_package(const char *text)
{
	size_t name = strspn(text, LOWER DIGITS "+-.");
	if (name < 2 || name > 128 || !isalnum((unsigned char)text[0]))
		return false;
	return !text[name] ||
	       (text[name] == '=' && made_of(text + name + 1, LOWER UPPER DIGITS ".+-:~", 1, 128));
}

static bool valid_module(const char *text)
{
	return made_of(text, LOWER UPPER DIGITS "_-", 1, 60) && text[0] != '-';
}

/* The strict rule of useradd(8) and sysusers.d(5). */
static bool valid_account(const char *text)
{
	return made_of(text, LOWER DIGITS "_-", 1, 31) &&
	       (islower((unsigned char)text[0]) || text[0] == '_');
}

static const char *explain_person(const char *text)
{
	return text_equal(text, "root")
		       ? "root is there already; its SSH keys belong to site.ssh-keys"
		       : NULL;
}

static bool valid_person(const char *text)
{
	return valid_account(text) && !explain_person(text);
}

/* A user of a service: often an e-mail address. */
static bool valid_login(const char *text)
{
	return made_of(text, LOWER UPPER DIGITS "._@+-", 1, 100) && text[0] != '-';
}

/* systemd.unit(5). */
static bool valid_unit(const char *text)
{
	static const char *const kinds[] = { ".service", ".socket", ".target",
					     ".timer",   ".mount",  ".path" };
	if (!made_of(text, LOWER UPPER DIGITS "._@:-", 3, 120) || text[0] == '.' || text[0] == '-')
		return false;
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		if (text_ends(text, kinds[i]))
			return true;
	}
	return false;
}

static bool valid_box_path(const char *text)
{
	return text[0] == '/' && text[1] && path_is_clean(text + 1) &&
	       made_of(text, LOWER UPPER DIGITS "/._+@,=~-", 2, 1000);
}

/* What the running system fills by itself: nothing of a layer would be seen there. */
static const char *explain_deep_path(const char *text)
{
	static const char *const kept[] = {
		"/proc/", "/sys/", "/dev/", "/run/", "/tmp/", "/boot/"
	};
	for (size_t i = 0; i < LENGTH(kept); i++) {
		if (text_starts(text, kept[i]))
			return "/proc, /sys, /dev, /run, /tmp and /boot are filled by the running "
			       "system; choose another place";
	}
	return NULL;
}

static bool valid_deep_path(const char *text)
{
	return valid_box_path(text) && strchr(text + 1, '/') && !explain_deep_path(text);
}

static bool valid_file_name(const char *text)
{
	return path_is_clean(text) && made_of(text, LOWER UPPER DIGITS "/._+@,=~-", 1, 1000) &&
	       text[0] != '-';
}

static bool valid_glob(const char *text)
{
	return *text && text[0] != '/' && strlen(text) <= 400 && !has_control(text) &&
	       !text_equal(text, "..") && !text_starts(text, "../") && !text_ends(text, "/..") &&
	       !strstr(text, "/../");
}

/* RFC 1123 label; it becomes <name>.local. */
static bool valid_host_name(const char *text)
{
	return valid_id(text) && strlen(text) <= 63 && !text_equal(text, "localhost");
}

static bool valid_language(const char *text)
{
	size_t letters = strspn(text, LOWER);
	if (letters < 2 || letters > 3)
		return false;
	return !text[letters] || (text[letters] == '-' && made_of(text + letters + 1, UPPER, 2, 2));
}

static bool valid_time_zone(const char *text)
{
	return made_of(text, LOWER UPPER DIGITS "/_+-", 2, 60) && isupper((unsigned char)text[0]) &&
	       path_is_clean(text);
}

static bool valid_keyboard(const char *text)
{
	return made_of(text, LOWER DIGITS "-", 2, 20) && islower((unsigned char)text[0]);
}

/* It stands in a GRUB menu: no quotes, blanks, dollars, braces or semicolons. */
static bool valid_kernel_argument(const char *text)
{
	return made_of(text, LOWER UPPER DIGITS "._,:=/@+%*!-", 1, 200) && text[0] != '=';
}

static bool url_after(const char *text, const char *scheme)
{
	size_t length = strlen(scheme);
	static const char characters[] = LOWER UPPER DIGITS "-._~:/?#[]@!$&'()*+,;=%|";
	return text_starts(text, scheme) && made_of(text + length, characters, 1, 2000) &&
	       (isalnum((unsigned char)text[length]) || text[length] == '[') &&
	       !strchr(text + length, '@');
}

static bool valid_web_url(const char *text)
{
	return url_after(text, "http://") || url_after(text, "https://");
}

static bool valid_any_url(const char *text)
{
	return valid_web_url(text) || url_after(text, "postgresql://") ||
	       url_after(text, "mongodb://") || url_after(text, "ssh://");
}

static bool valid_url_path(const char *text)
{
	return text[0] == '/' && text[1] != '/' &&
	       made_of(text, LOWER UPPER DIGITS "/._~-", 1, 400) && !strstr(text, "/..");
}

static bool valid_sha256(const char *text)
{
	return hash_is_hex("sha256", text);
}

/* registry/name[:tag][@sha256:hex], the OCI distribution spec's grammar without its corners. */
static bool valid_image(const char *text)
{
	const char *slash = strchr(text, '/');
	return slash && slash != text && slash[1] &&
	       made_of(text, LOWER UPPER DIGITS "._/:@-", 3, 300) &&
	       isalnum((unsigned char)text[0]);
}

/* An SQL name that needs no quotes. */
static bool valid_identifier(const char *text)
{
	return made_of(text, LOWER DIGITS "_", 1, 63) &&
	       (islower((unsigned char)text[0]) || text[0] == '_');
}

/* Three octal digits, or four of which the first gives no set-user-id. */
static bool valid_mode(const char *text)
{
	size_t length = strlen(text);
	return made_of(text, "01234567", 3, 4) && (length == 3 || text[0] <= '3');
}

/* authorized_keys line, sshd(8): type, base64 of a blob that begins with the same type, comment. */
static bool valid_ssh_key(const char *text)
{
	static const char *const types[] = {
		"ssh-ed25519",
		"ssh-rsa",
		"ecdsa-sha2-nistp256",
		"ecdsa-sha2-nistp384",
		"ecdsa-sha2-nistp521",
		"sk-ssh-ed25519@openssh.com",
		"sk-ecdsa-sha2-nistp256@openssh.com",
	};
	size_t type_length = strcspn(text, " ");
	if (!text[type_length] || strlen(text) > 4000 || has_control(text))
		return false;
	const char *blob_text = text + type_length + 1;
	autofree char *encoded = text_copy_n(blob_text, strcspn(blob_text, " "));
	autofree unsigned char *blob = memory_alloc(strlen(encoded) + 4);
	long length = base64_decode(encoded, blob, strlen(encoded) + 4);
	for (size_t i = 0; i < LENGTH(types); i++) {
		if (strlen(types[i]) != type_length || strncmp(text, types[i], type_length))
			continue;
		return length > (long)type_length + 36 && !blob[0] && !blob[1] && !blob[2] &&
		       blob[3] == type_length && !memcmp(blob + 4, types[i], type_length);
	}
	return false;
}

static const char *explain_ssh_key(const char *text)
{
	if (strstr(text, "PRIVATE KEY") || text_starts(text, "PuTTY-User-Key-File"))
		return "this is a private key, which belongs in no file that is passed on; "
		       "put the one line of its .pub file here";
	return NULL;
}

static const char *explain_url(const char *text)
{
	if (strstr(text, "://") && strchr(text, '@'))
		return "a URL with a user or password in it is not allowed";
	return NULL;
}

static const struct word architectures[] = { { "amd64", 0 }, { "arm64", 0 }, { NULL, 0 } };
static const struct word run_modes[] = {
	{ "training", MODE_TRAINING },
	{ "development", MODE_DEVELOPMENT },
	{ "production", MODE_PRODUCTION },
	{ NULL, 0 },
};

#define TEXT_VALUE(help_name, message, check) \
	{ \
		.form = FORM_SCALAR, .store = STORE_TEXT, .name = help_name, .expected = message, \
		.valid = check \
	}

const struct value_type value_id = TEXT_VALUE(
	"id", "a name of lower-case letters, digits and hyphens", valid_id);
const struct value_type value_line = TEXT_VALUE("text", "one line of text", valid_line);
const struct value_type value_free_text = TEXT_VALUE("text", "text", valid_free_text);
const struct value_type value_package = TEXT_VALUE(
	"package", "a Debian package such as curl or curl=8.14.1-2", valid_package);
const struct value_type value_module = TEXT_VALUE("module", "the name of a kernel module",
						  valid_module);
const struct value_type value_account = TEXT_VALUE(
	"account", "an account name of lower-case letters, digits, _ and -, at most 31",
	valid_account);
const struct value_type value_person = {
	.form = FORM_SCALAR,
	.store = STORE_TEXT,
	.name = "account",
	.expected = "an account name of lower-case letters, digits, _ and -, at most 31",
	.valid = valid_person,
	.explain = explain_person
};
const struct value_type value_login = TEXT_VALUE("login", "a login name such as root@openhim.org",
						 valid_login);
const struct value_type value_unit = TEXT_VALUE("unit", "a unit such as openhim.service",
						valid_unit);
const struct value_type value_box_path = TEXT_VALUE("box path", "an absolute path on the box",
						    valid_box_path);
const struct value_type value_deep_path = {
	.form = FORM_SCALAR,
	.store = STORE_TEXT,
	.name = "box path",
	.expected = "an absolute path of two parts or more, such as /var/lib/openhim",
	.valid = valid_deep_path,
	.explain = explain_deep_path
};
const struct value_type value_file_name = TEXT_VALUE(
	"file", "a relative path without .. and blanks", valid_file_name);
const struct value_type value_glob = TEXT_VALUE("pattern", "a relative pattern such as */test",
						valid_glob);
const struct value_type value_host_name = TEXT_VALUE("host name", "a host name such as hiebox",
						     valid_host_name);
const struct value_type value_language = TEXT_VALUE(
	"language", "a language such as en, fr or pt-BR", valid_language);
const struct value_type value_time_zone = TEXT_VALUE(
	"time zone", "a time zone such as Africa/Nairobi", valid_time_zone);
const struct value_type value_keyboard = TEXT_VALUE(
	"keyboard", "a keyboard layout such as us or fr", valid_keyboard);
const struct value_type value_kernel_argument = TEXT_VALUE(
	"kernel argument", "one kernel argument such as console=ttyS0,115200",
	valid_kernel_argument);
const struct value_type value_web_url = { .form = FORM_SCALAR,
					  .store = STORE_TEXT,
					  .name = "URL",
					  .expected = "a URL that begins with https:// or http://",
					  .valid = valid_web_url,
					  .explain = explain_url };
const struct value_type value_any_url = { .form = FORM_SCALAR,
					  .store = STORE_TEXT,
					  .name = "URL",
					  .expected = "a URL such as https://127.0.0.1:8080/",
					  .valid = valid_any_url,
					  .explain = explain_url };
const struct value_type value_url_path = TEXT_VALUE("path", "a path of the page such as /openhim/",
						    valid_url_path);
const struct value_type value_sha256 = TEXT_VALUE("sha256", "64 lower-case hexadecimal digits",
						  valid_sha256);
const struct value_type value_ssh_key = {
	.form = FORM_SCALAR,
	.store = STORE_TEXT,
	.name = "SSH public key",
	.expected = "an SSH public key such as \"ssh-ed25519 AAAA… name\"",
	.valid = valid_ssh_key,
	.explain = explain_ssh_key
};
const struct value_type value_image = TEXT_VALUE(
	"image", "a container image such as docker.io/jembi/openhim-core:v8.5.0", valid_image);
const struct value_type value_identifier = TEXT_VALUE(
	"SQL name", "a name of lower-case letters, digits and _", valid_identifier);
const struct value_type value_mode = { .form = FORM_SCALAR,
				       .store = STORE_MODE,
				       .name = "mode",
				       .expected = "an octal mode such as 0755",
				       .valid = valid_mode };
const struct value_type value_boolean = {
	.form = FORM_SCALAR, .store = STORE_BOOLEAN, .name = "boolean", .expected = "true or false"
};
const struct value_type value_architecture = {
	.form = FORM_SCALAR, .store = STORE_TEXT, .name = "architecture", .words = architectures
};
const struct value_type value_run_mode = {
	.form = FORM_SCALAR, .store = STORE_WORD, .name = "mode", .words = run_modes
};
const struct value_type value_translations = {
	.form = FORM_TRANSLATIONS,
	.name = "translations",
	.expected = "a map of languages such as { en: …, fr: … }",
	.item = &value_line
};

const char *mode_name(enum mode mode)
{
	for (const struct word *word = run_modes; word->name; word++) {
		if (word->value == (int)mode)
			return word->name;
	}
	return "unknown";
}
