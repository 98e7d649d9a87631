/* What single values of recipes, boards and components look like, besides the common ones of the room
 * `schema`. Names end in file names, unit files and boot menus on the box, so each pattern is the narrowest
 * that real files need. */
#include "recipe/tables.h"

#include <ctype.h>
#include <string.h>

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

/* From the folder of the recipe that names it, or from recipes/. */
static bool valid_recipe_file(const char *text)
{
	return made_of(text, LOWER UPPER DIGITS "/._+@=~-", 6, 1000) && text_ends(text, ".yaml") &&
	       text[0] != '/' && text[0] != '-' && path_base(text)[0] != '.';
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

/* It stands in a GRUB menu: no quotes, blanks, dollars, braces or semicolons. */
static bool valid_kernel_argument(const char *text)
{
	return made_of(text, LOWER UPPER DIGITS "._,:=/@+%*!-", 1, 200) && text[0] != '=';
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

static const struct word architectures[] = { { "amd64", 0 }, { "arm64", 0 }, { NULL, 0 } };
static const struct word run_modes[] = {
	{ "training", MODE_TRAINING },
	{ "development", MODE_DEVELOPMENT },
	{ "production", MODE_PRODUCTION },
	{ NULL, 0 },
};

const struct value_type value_package = TEXT_VALUE(
	"package", .expected = "a Debian package such as curl or curl=8.14.1-2",
	.valid = valid_package,
	.pattern = "^[a-z0-9][a-z0-9+.-]{1,127}(=[A-Za-z0-9.+:~-]{1,128})?$", .example = "curl");
const struct value_type value_module = TEXT_VALUE(
	"module", .expected = "the name of a kernel module", .valid = valid_module,
	.pattern = "^[A-Za-z0-9_][A-Za-z0-9_-]{0,59}$", .example = "virtio_blk");
#define ACCOUNT "an account name of lower-case letters, digits, _ and -, at most 31"
const struct value_type value_account = TEXT_VALUE("account", .expected = ACCOUNT,
						   .valid = valid_account,
						   .pattern = "^[a-z_][a-z0-9_-]{0,30}$",
						   .example = "openhim");
const struct value_type value_person = TEXT_VALUE("account", .expected = ACCOUNT,
						  .valid = valid_person, .explain = explain_person,
						  .pattern = "^(?!root$)[a-z_][a-z0-9_-]{0,30}$",
						  .example = "trainer");
const struct value_type value_login = TEXT_VALUE(
	"login", .expected = "a login name such as root@openhim.org", .valid = valid_login,
	.pattern = "^[A-Za-z0-9._@+][A-Za-z0-9._@+-]{0,99}$", .example = "root@openhim.org");
const struct value_type value_unit = TEXT_VALUE(
	"unit", .expected = "a unit such as openhim.service", .valid = valid_unit,
	.pattern = "^(?![.-])[A-Za-z0-9._@:-]*\\.(service|socket|target|timer|mount|path)$",
	.example = "openhim.service");
const struct value_type value_kernel_argument = TEXT_VALUE(
	"kernel argument", .expected = "one kernel argument such as console=ttyS0,115200",
	.valid = valid_kernel_argument, .pattern = "^(?!=)[A-Za-z0-9._,:=/@+%*!-]{1,200}$",
	.example = "console=ttyS0,115200");
const struct value_type value_image = TEXT_VALUE(
	"image",
	.expected = "a container image such as docker.io/jembi/openhim-core:v8.5.0",
	.valid = valid_image, .pattern = "^[A-Za-z0-9][A-Za-z0-9._:@-]*/[A-Za-z0-9._/:@-]+$",
	.example = "docker.io/jembi/openhim-core:v8.5.0");
const struct value_type value_identifier = TEXT_VALUE(
	"SQL name", .expected = "a name of lower-case letters, digits and _",
	.valid = valid_identifier, .pattern = "^[a-z_][a-z0-9_]{0,62}$", .example = "hapi");
const struct value_type value_recipe_file = TEXT_VALUE(
	"recipe file",
	.expected = "the file of another recipe, beside this one or in recipes/, such as demo.yaml",
	.valid = valid_recipe_file,
	.pattern = "^(?![/-])([A-Za-z0-9._+@=~-]*/)*(?!\\.)[A-Za-z0-9._+@=~-]+\\.yaml$",
	.example = "demo.yaml");
const struct value_type value_architecture = {
	.form = FORM_SCALAR, .store = STORE_TEXT, .name = "architecture", .words = architectures
};
const struct value_type value_run_mode = {
	.form = FORM_SCALAR, .store = STORE_WORD, .name = "mode", .words = run_modes
};

const char *mode_name(enum mode mode)
{
	for (const struct word *word = run_modes; word->name; word++) {
		if (word->value == (int)mode)
			return word->name;
	}
	return "unknown";
}
