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

const struct value_type value_id = TEXT_VALUE(
	"id", "a name of lower-case letters, digits and hyphens", valid_id);
const struct value_type value_line = TEXT_VALUE("text", "one line of text", valid_line);
const struct value_type value_free_text = TEXT_VALUE("text", "text", valid_free_text);
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
const struct value_type value_mode = { .form = FORM_SCALAR,
				       .store = STORE_MODE,
				       .name = "mode",
				       .expected = "an octal mode such as 0755",
				       .valid = valid_mode };
const struct value_type value_boolean = {
	.form = FORM_SCALAR, .store = STORE_BOOLEAN, .name = "boolean", .expected = "true or false"
};
const struct value_type value_translations = {
	.form = FORM_TRANSLATIONS,
	.name = "translations",
	.expected = "a map of languages such as { en: …, fr: … }",
	.item = &value_line
};
