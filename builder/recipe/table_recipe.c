/* The keys of a recipe, what a site edits: recipes/<name>.yaml. */
#include "recipe/tables.h"

static bool valid_seed(const char *text)
{
	return value_id.valid(text);
}

static const struct word suites[] = { { "trixie", 0 }, { NULL, 0 } };
static const struct word layouts[] = { { "layers", LAYOUT_LAYERS },
				       { "plain", LAYOUT_PLAIN },
				       { NULL, 0 } };
static const struct word output_words[] = { { "raw", 0 }, { NULL, 0 } };

static const struct value_type value_suite = WORDS(STORE_TEXT, "suite", suites);
static const struct value_type value_layout = WORDS(STORE_WORD, "layout", layouts);
static const struct value_type value_output = WORDS(STORE_TEXT, "output", output_words);
static const struct value_type value_board = {
	.form = FORM_SCALAR,
	.store = STORE_PLACED,
	.name = "id",
	.expected = "the name of a board such as pc",
};
static const struct value_type value_seed = {
	.form = FORM_SCALAR,
	.store = STORE_PLACED,
	.name = "id",
	.expected = "the name of a data set such as two-clinics",
	.valid = valid_seed,
	.pattern = "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$",
	.example = "two-clinics",
	.slug = true,
};
static const struct value_type value_data_size = NUMBERS(STORE_SIZE, "size", 256ll << 20,
							 16ll << 40);
static const struct value_type list_packages = TEXT_LIST(&value_package);
static const struct value_type list_files = TEXT_LIST(&value_file_name);
static const struct value_type list_arguments = TEXT_LIST(&value_kernel_argument);
static const struct value_type list_groups = TEXT_LIST(&value_account);
static const struct value_type list_ssh_keys = TEXT_LIST(&value_ssh_key);
static const struct value_type list_outputs = FILLED_LIST(STORE_TEXTS, &value_output);
static const struct value_type list_languages = FILLED_LIST(STORE_TEXTS, &value_language);
static const struct value_type list_user_keys = FILLED_LIST(STORE_TEXTS, &value_ssh_key);

static const struct key_entry choice_keys[] = {
	{ "id", &value_id, KEY_REQUIRED, NULL, "a folder of recipes/components/",
	  AT(component_choice, id) },
	{ "variant", &value_id, 0, NULL,
	  "one of the component's variants; without it the first suitable one",
	  AT(component_choice, variant) },
	KEYS_END,
};
static const struct value_type record_choice = {
	.form = FORM_RECORD,
	.name = "component",
	.keys = choice_keys,
	.short_key = "id",
	.place_offset = AT(component_choice, place),
};
static const struct value_type list_choices = {
	.form = FORM_LIST,
	.store = STORE_RECORDS,
	.name = "list",
	.item = &record_choice,
	.item_size = sizeof(struct component_choice),
	.unique = "id",
	.not_empty = true,
};

static const struct key_entry user_keys[] = {
	{ "name", &value_person, KEY_REQUIRED, NULL, "the login name", AT(login_user, name) },
	{ "groups", &list_groups, 0, NULL, "groups besides the user's own",
	  AT(login_user, groups) },
	{ "shell", &value_box_path, 0, "/bin/bash", "the login shell", AT(login_user, shell) },
	{ "ssh-keys", &list_user_keys, KEY_REQUIRED, NULL,
	  "public keys that may log in as this user: the only way in", AT(login_user, ssh_keys) },
	{ "sudo", &value_boolean, 0, "false", "may this user become root?", AT(login_user, sudo) },
	KEYS_END,
};
static const struct value_type record_user = RECORD(login_user, "user", user_keys);
static const struct value_type list_users = RECORD_LIST(login_user, &record_user, "name");

static const struct key_entry distribution_keys[] = {
	{ "suite", &value_suite, 0, "trixie", "the Debian release", AT(recipe, suite) },
	{ "architecture", &value_architecture, 0, "amd64", "the processor; it must be the board's",
	  AT(recipe, architecture) },
	KEYS_END,
};
static const struct value_type record_distribution = MAP(distribution_keys);

static const struct key_entry data_keys[] = {
	{ "size", &value_data_size, 0, "4G", "size of the data partition in the image",
	  AT(recipe, data_size) },
	{ "grow", &value_boolean, 0, "true",
	  "does it grow to the whole medium when the box first starts?", AT(recipe, data_grow) },
	{ "seed", &value_seed, 0, NULL, "a data set that the box starts with", AT(recipe, seed) },
	KEYS_END,
};
static const struct value_type record_data = MAP(data_keys);

static const struct key_entry site_keys[] = {
	{ "name", &value_host_name, 0, "hiebox", "the box's host name; it answers to <name>.local",
	  AT(recipe, site_name) },
	{ "languages", &list_languages, 0, "en",
	  "languages of its page, the first one is the default", AT(recipe, languages) },
	{ "time-zone", &value_time_zone, 0, "UTC", "a time zone such as Africa/Nairobi",
	  AT(recipe, time_zone) },
	{ "keyboard", &value_keyboard, 0, "us", "layout of a keyboard plugged into the box",
	  AT(recipe, keyboard) },
	{ "access-point", &value_boolean, 0, "false", "does the box open its own wireless network?",
	  AT(recipe, access_point) },
	{ "ssh-keys", &list_ssh_keys, 0, NULL, "public keys that may log in as root",
	  AT(recipe, ssh_keys) },
	KEYS_END,
};
static const struct value_type record_site = MAP(site_keys);

/* What a recipe does to lists of the one it extends. */
static const struct key_entry added_site_keys[] = {
	{ "languages", &list_languages, 0, NULL, "more languages", 0 },
	{ "ssh-keys", &list_ssh_keys, 0, NULL, "more public keys", 0 },
	KEYS_END,
};
static const struct value_type record_added_site = MAP(added_site_keys);
static const struct key_entry added_keys[] = {
	{ "components", &list_choices, 0, NULL, "more components", 0 },
	{ "packages", &list_packages, 0, NULL, "more packages", 0 },
	{ "overlays", &list_files, 0, NULL, "more folders, laid over those of the other recipe", 0 },
	{ "units", &list_files, 0, NULL, "more units", 0 },
	{ "users", &list_users, 0, NULL, "more accounts", 0 },
	{ "kernel-arguments", &list_arguments, 0, NULL, "more words", 0 },
	{ "site", &record_added_site, 0, NULL, "more of what is particular to this place", 0 },
	{ "outputs", &list_outputs, 0, NULL, "more formats", 0 },
	KEYS_END,
};
static const struct value_type record_added = MAP(added_keys);

static const struct value_type list_ids = FILLED_LIST(STORE_TEXTS, &value_id);
static const struct value_type list_names = FILLED_LIST(STORE_TEXTS, &value_account);
static const struct key_entry removed_site_keys[] = {
	{ "languages", &list_languages, 0, NULL, "fewer languages", 0 },
	{ "ssh-keys", &list_ssh_keys, 0, NULL, "fewer public keys, as they are written there", 0 },
	KEYS_END,
};
static const struct value_type record_removed_site = MAP(removed_site_keys);
static const struct key_entry removed_keys[] = {
	{ "components", &list_ids, 0, NULL, "by their ids", 0 },
	{ "packages", &list_packages, 0, NULL, "as they are written there", 0 },
	{ "overlays", &list_files, 0, NULL, "as they are written there", 0 },
	{ "units", &list_files, 0, NULL, "as they are written there", 0 },
	{ "users", &list_names, 0, NULL, "by their names", 0 },
	{ "kernel-arguments", &list_arguments, 0, NULL, "as they are written there", 0 },
	{ "site", &record_removed_site, 0, NULL, "in the same way", 0 },
	{ "outputs", &list_outputs, 0, NULL, "fewer formats", 0 },
	KEYS_END,
};
static const struct value_type record_removed = MAP(removed_keys);

#define KEY_ADD \
	{ "add", &record_added, KEY_NODE, NULL, "what lists of that recipe shall hold besides", \
	  AT(recipe, add) }
#define KEY_REMOVE \
	{ "remove", &record_removed, KEY_NODE, NULL, "what lists of that recipe shall not hold", \
	  AT(recipe, remove) }

static const struct key_entry list_change_keys[] = { KEY_ADD, KEY_REMOVE, KEYS_END };
const struct value_type file_list_changes = CHECKED_RECORD("recipe", list_change_keys);

static const struct key_entry recipe_keys[] = {
	{ "recipe", &value_id, KEY_REQUIRED, NULL, "the recipe's name, the same as its file's",
	  AT(recipe, name) },
	{ "summary", &value_line, KEY_REQUIRED, NULL, "one line that says what the box is for",
	  AT(recipe, summary) },
	{ "extends", &value_recipe_file, 0, NULL,
	  "another recipe, of which this one says only what differs (see below)",
	  AT(recipe, base) },
	{ "distribution", &record_distribution, 0, NULL, "what the box is built from",
	  AT(recipe, name) },
	{ "board", &value_board, KEY_REQUIRED, NULL, "the machine: a file of recipes/boards/",
	  AT(recipe, board_id) },
	{ "layout", &value_layout, 0, "layers",
	  "layers (read-only, resettable) or plain (one root where apt works)",
	  AT(recipe, layout) },
	{ "mode", &value_run_mode, KEY_REQUIRED, NULL,
	  "what the box is for; production refuses what is only good for training",
	  AT(recipe, mode) },
	{ "components", &list_choices, KEY_REQUIRED, NULL,
	  "what runs on the box; what they need comes by itself", AT(recipe, components) },
	{ "packages", &list_packages, 0, NULL, "more Debian packages", AT(recipe, packages) },
	{ "overlays", &list_files, 0, NULL,
	  "folders laid over the root: beside the recipe, or names in overlays/",
	  AT(recipe, overlays) },
	{ "units", &list_files, 0, NULL,
	  "systemd units: files beside the recipe, or folders in units/", AT(recipe, units) },
	{ "users", &list_users, 0, NULL, "people's accounts, with SSH keys and without passwords",
	  AT(recipe, users) },
	{ "kernel-arguments", &list_arguments, 0, NULL, "more words for the kernel command line",
	  AT(recipe, kernel_arguments) },
	{ "data", &record_data, 0, NULL, "the partition that keeps what changes",
	  AT(recipe, name) },
	{ "site", &record_site, 0, NULL, "what is particular to this place", AT(recipe, name) },
	{ "outputs", &list_outputs, 0, "raw", "image formats to make", AT(recipe, outputs) },
	KEY_ADD,
	KEY_REMOVE,
	KEYS_END,
};
/* "distribution", "data" and "site" fill members of struct recipe itself, so their offset is its beginning. */
_Static_assert(AT(recipe, name) == 0, "nested maps of a recipe fill the struct from its beginning");
COUNTED(recipe, components, component_count);
COUNTED(recipe, users, user_count);
_Static_assert(sizeof(enum mode) == sizeof(int) && sizeof(enum layout_kind) == sizeof(int), "");

const struct value_type file_recipe = CHECKED_RECORD("recipe", recipe_keys);
static const char example[] =
	"recipe: my-clinic\n"
	"summary: The exchange of one district's training room\n"
	"board: pc\n"
	"mode: training\n"
	"components:\n"
	"  - interoperability-layer-openhim\n"
	"  - fhir-datastore-hapi-fhir\n"
	"  - reverse-proxy-nginx\n"
	"packages: [tree]                   # more Debian packages\n"
	"data: { size: 8G }\n"
	"site:\n"
	"  name: my-clinic                  # it answers to my-clinic.local\n"
	"  languages: [en, fr]\n"
	"  time-zone: Africa/Nairobi\n";

static const char more[] =
	"A recipe with `extends: other.yaml` says only what differs from the other one,\n"
	"which itself extends nothing. Maps (data, site, …) are merged key by key; every\n"
	"other value, lists too, replaces the other's; null takes a key away, so that\n"
	"its default counts. Lists are changed instead of replaced by `add` and\n"
	"`remove`, which name keys as above:\n"
	"\n"
	"  recipe: clinic-07\n"
	"  extends: demo.yaml\n"
	"  site: { name: clinic-07, keyboard: null }\n"
	"  add: { packages: [htop], site: { languages: [sw] } }\n"
	"  remove: { components: [reverse-proxy-nginx] }\n"
	"\n"
	"Overlays and units are searched from the file that names them. Where both ask\n"
	"for the same packages, the lock of the other recipe counts, and their images\n"
	"share its layers.\n"
	"\n"
	"On the command line `--set key=value` says the same for one run, by the same\n"
	"rules:\n"
	"\n"
	"  --set site.name=clinic-07 --set data.size=8G --set 'site.languages=[fr, en]'\n"
	"  --set 'add.packages=[htop]' --set 'users[ada].sudo=true'\n"
	"  --set site.keyboard=null\n";

const struct file_kind kind_recipe = { "recipe", "recipes/<name>.yaml", "what a site edits",
				       &file_recipe, example, more, "extends" };
