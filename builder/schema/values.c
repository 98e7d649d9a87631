/* What single values look like that several file kinds share. Names end in file names, unit files and boot menus on the box, so each
 * pattern is the narrowest that real files need. */
#include "schema/schema.h"

#include <ctype.h>
#include <string.h>

bool made_of(const char *text, const char *characters, size_t least, size_t most)
{
	size_t length = strlen(text);
	return length >= least && length <= most && strspn(text, characters) == length;
}

bool has_control(const char *text)
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

static bool valid_long_text(const char *text)
{
	return text[0] && strlen(text) <= 4000 && !has_control(text);
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

/* Three octal digits, or four of which the first gives no set-user-id. */
static bool valid_mode(const char *text)
{
	size_t length = strlen(text);
	return made_of(text, "01234567", 3, 4) && (length == 3 || text[0] <= '3');
}

static const char *explain_url(const char *text)
{
	if (strstr(text, "://") && strchr(text, '@'))
		return "a URL with a user or password in it is not allowed";
	return NULL;
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

/* Parts of patterns. A part of a path is neither . nor .. */
#define NO_CONTROL "[^\\u0000-\\u001f\\u007f-\\u009f]"
#define PATH_PART "(?!\\.{1,2}(/|$))[A-Za-z0-9._+@,=~-]+"
#define URL_REST "://[A-Za-z0-9\\[][A-Za-z0-9._~:/?#\\[\\]!$&'()*+,;=%|-]*$"

const struct value_type value_id = TEXT_VALUE(
	"id", .expected = "a name of lower-case letters, digits and hyphens", .valid = valid_id,
	.pattern = "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$", .example = "my-name", .slug = true);
const struct value_type value_line = TEXT_VALUE(
	"text", .expected = "one line of text", .valid = valid_line,
	.pattern = "^(?! )" NO_CONTROL "{1,400}$", .example = "A line of text");
const struct value_type value_free_text = TEXT_VALUE("text", .expected = "text",
						     .valid = valid_free_text,
						     .pattern = "^" NO_CONTROL "{0,400}$",
						     .example = "Any text");
const struct value_type value_long_text = TEXT_VALUE(
	"long text", .expected = "text of at most 4000 bytes without line breaks", .valid = valid_long_text,
	.pattern = "^" NO_CONTROL "{1,4000}$", .example = "Words of a licence");
const struct value_type value_box_path = TEXT_VALUE(
	"box path", .expected = "an absolute path on the box", .valid = valid_box_path,
	.pattern = "^(/" PATH_PART ")+$", .example = "/bin/bash");
const struct value_type value_deep_path = TEXT_VALUE(
	"deep box path", .expected = "an absolute path of two parts or more, such as /var/lib/openhim",
	.valid = valid_deep_path, .explain = explain_deep_path,
	.pattern = "^(?!/(proc|sys|dev|run|tmp|boot)/)(/" PATH_PART "){2,}$",
	.example = "/var/lib/openhim");
const struct value_type value_file_name = TEXT_VALUE(
	"file", .expected = "a relative path without .. and blanks", .valid = valid_file_name,
	.pattern = "^(?!-)" PATH_PART "(/" PATH_PART ")*$", .example = "site/files");
const struct value_type value_glob = TEXT_VALUE(
	"pattern", .expected = "a relative pattern such as */test", .valid = valid_glob,
	.pattern = "^(?!/)(?!(.*/)?\\.\\.(/|$))" NO_CONTROL "{1,400}$", .example = "*/test");
const struct value_type value_host_name = TEXT_VALUE(
	"host name", .expected = "a host name such as hiebox", .valid = valid_host_name,
	.pattern = "^(?!localhost$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", .example = "hiebox",
	.slug = true);
const struct value_type value_language = TEXT_VALUE(
	"language", .expected = "a language such as en, fr or pt-BR", .valid = valid_language,
	.pattern = "^[a-z]{2,3}(-[A-Z]{2})?$", .example = "en");
const struct value_type value_web_url = TEXT_VALUE(
	"URL", .expected = "a URL that begins with https:// or http://", .valid = valid_web_url,
	.explain = explain_url, .pattern = "^https?" URL_REST, .example = "http://127.0.0.1/");
const struct value_type value_any_url = TEXT_VALUE(
	"URL", .expected = "a URL such as https://127.0.0.1:8080/", .valid = valid_any_url,
	.explain = explain_url, .pattern = "^(https?|postgresql|mongodb|ssh)" URL_REST,
	.example = "https://127.0.0.1:8080/");
const struct value_type value_url_path = TEXT_VALUE(
	"path", .expected = "a path of the page such as /openhim/", .valid = valid_url_path,
	.pattern = "^(?!//)(?!.*/\\.\\.)/[A-Za-z0-9/._~-]*$", .example = "/openhim/");
const struct value_type value_sha256 = TEXT_VALUE(
	"sha256", .expected = "64 lower-case hexadecimal digits", .valid = valid_sha256,
	.pattern = "^[0-9a-f]{64}$",
	.example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
const struct value_type value_mode = { .form = FORM_SCALAR,
				       .store = STORE_MODE,
				       .name = "mode",
				       .expected = "an octal mode such as 0755",
				       .valid = valid_mode,
				       .pattern = "^[0-3]?[0-7]{3}$",
				       .example = "0755" };
const struct value_type value_time_zone = TEXT_VALUE(
	"time zone", .expected = "a time zone such as Africa/Nairobi", .valid = valid_time_zone,
	.pattern = "^(?=.{2,60}$)[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
	.example = "Africa/Nairobi");
const struct value_type value_keyboard = TEXT_VALUE(
	"keyboard", .expected = "a keyboard layout such as us or fr", .valid = valid_keyboard,
	.pattern = "^[a-z][a-z0-9-]{1,19}$", .example = "us");
const struct value_type value_ssh_key = TEXT_VALUE(
	"SSH public key", .expected = "an SSH public key such as \"ssh-ed25519 AAAA… name\"",
	.valid = valid_ssh_key, .explain = explain_ssh_key,
	.pattern = "^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|"
		   "sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\\.com) [A-Za-z0-9+/]+=*( .*)?$",
	.example = "ssh-ed25519 "
		   "AAAAC3NzaC1lZDI1NTE5AAAAIN4H9Rrnd1dpTb2xYtRh3PBWQtZKRNbN1DkQmhUiZoYJ me");
const struct value_type value_boolean = {
	.form = FORM_SCALAR, .store = STORE_BOOLEAN, .name = "boolean", .expected = "true or false"
};
const struct value_type value_translations = {
	.form = FORM_MAP,
	.store = STORE_ENTRIES,
	.name = "translations",
	.expected = "a map of languages such as { en: …, fr: … }",
	.key_type = &value_language,
	.item = &value_line,
	.must_hold = "en",
	.must_why = "English is what stands in for others",
};
