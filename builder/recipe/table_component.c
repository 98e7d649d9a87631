/* The keys of a component, what a contributor adds: recipes/components/<id>/component.yaml. */
#include "recipe/tables.h"

static const struct word protocols[] = { { "tcp", 0 }, { "udp", 0 }, { NULL, 0 } };
static const struct word audiences[] = {
	{ "box", FOR_BOX },
	{ "local-network", FOR_LOCAL_NETWORK },
	{ "developer", FOR_DEVELOPER },
	{ "services", FOR_SERVICES },
	{ NULL, 0 },
};
static const struct word secret_kinds[] = {
	{ "password", 0 }, { "token", 0 }, { "hex", 0 }, { NULL, 0 }
};
static const struct word readers[] = { { "person", 0 }, { "service", 0 }, { NULL, 0 } };

static const struct value_type value_protocol = WORDS(STORE_TEXT, "protocol", protocols);
static const struct value_type value_audience = WORDS(STORE_WORD, "audience", audiences);
static const struct value_type value_secret_kind = WORDS(STORE_TEXT, "kind", secret_kinds);
static const struct value_type value_reader = WORDS(STORE_TEXT, "reader", readers);
static const struct value_type value_port = NUMBERS(STORE_UNSIGNED, "number", 1, 65535);
static const struct value_type value_status = NUMBERS(STORE_UNSIGNED, "number", 100, 599);
static const struct value_type value_release = NUMBERS(STORE_LONG, "number", 8, 99);
static const struct value_type value_memory = NUMBERS(STORE_SIZE, "size", 1ll << 20, 1ll << 40);
static const struct value_type list_ids = TEXT_LIST(&value_id);
static const struct value_type list_packages = TEXT_LIST(&value_package);
static const struct value_type list_globs = TEXT_LIST(&value_glob);
static const struct value_type list_images = TEXT_LIST(&value_image);
static const struct value_type list_suitable = FILLED_LIST(STORE_BITS, &value_run_mode);
static const struct value_type list_modes = FILLED_LIST(STORE_BITS, &value_run_mode);

static const struct key_entry port_keys[] = {
	{ "port", &value_port, KEY_REQUIRED, NULL, "the port's number", AT(port, number) },
	{ "protocol", &value_protocol, 0, "tcp", "tcp or udp", AT(port, protocol) },
	{ "for", &value_audience, 0, "box",
	  "who may reach it: box, services (that need the component; and root), local-network, developer",
	  AT(port, audience) },
	{ "modes", &list_modes, 0, NULL, "the modes in which it is there at all; every one when left out",
	  AT(port, modes) },
	{ "summary", &value_line, 0, NULL, "one line that says what answers there",
	  AT(port, summary) },
	KEYS_END,
};
static const struct value_type record_port = RECORD(port, "port", port_keys);
static const struct value_type list_ports = RECORD_LIST(port, &record_port, NULL);

static const struct key_entry user_keys[] = {
	{ "name", &value_account, KEY_REQUIRED, NULL, "the system user's name",
	  AT(box_user, name) },
	{ "home", &value_deep_path, 0, "/nonexistent", "its home directory", AT(box_user, home) },
	KEYS_END,
};
static const struct value_type record_user = RECORD(box_user, "user", user_keys);
static const struct value_type list_users = RECORD_LIST(box_user, &record_user, "name");

static const struct key_entry state_keys[] = {
	{ "name", &value_id, KEY_REQUIRED, NULL, "the directory's name on the data partition",
	  AT(state_directory, name) },
	{ "path", &value_deep_path, KEY_REQUIRED, NULL, "where the box sees it",
	  AT(state_directory, path) },
	{ "mode", &value_mode, 0, "0755", "its mode", AT(state_directory, mode) },
	{ "user", &value_account, 0, "root", "its owner", AT(state_directory, user) },
	{ "group", &value_account, 0, "root", "its group", AT(state_directory, group) },
	KEYS_END,
};
static const struct value_type record_state = RECORD(state_directory, "state", state_keys);
static const struct value_type list_state = RECORD_LIST(state_directory, &record_state, "name");

/* The next seven are only checked here: the agent reads them from box.json, and their defaults are its own. */
static const struct key_entry secret_keys[] = {
	{ "name", &value_id, KEY_REQUIRED, NULL, "its name, the file /var/lib/hie/secrets/<name>",
	  0 },
	{ "kind", &value_secret_kind, KEY_REQUIRED, NULL,
	  "password (typed by people), token or hex", 0 },
	{ "user", &value_login, 0, NULL, "who logs in with it", 0 },
	{ "title", &value_translations, 0, NULL, "what it opens, for `hie credentials`", 0 },
	{ "for", &value_reader, 0, "service",
	  "person: shown by `hie credentials`; service: never shown", 0 },
	KEYS_END,
};
static const struct key_entry template_keys[] = {
	{ "from", &value_box_path, KEY_REQUIRED, NULL,
	  "the template on the box; {{secret:NAME}} and others are filled in", 0 },
	{ "to", &value_file_name, KEY_REQUIRED, NULL, "the result below /var/lib/hie/rendered/",
	  0 },
	{ "user", &value_account, 0, "root", "who owns it", 0 },
	{ "mode", &value_mode, 0, "0400", "its mode", 0 },
	KEYS_END,
};
static const struct key_entry database_keys[] = {
	{ "name", &value_identifier, KEY_REQUIRED, NULL, "the database's name", 0 },
	{ "owner", &value_identifier, KEY_REQUIRED, NULL, "the database user that owns it", 0 },
	{ "secret", &value_id, KEY_REQUIRED, NULL, "the secret that is its password", 0 },
	{ "load", &value_box_path, 0, NULL, "SQL that fills it when the box first starts", 0 },
	KEYS_END,
};
static const struct key_entry health_keys[] = {
	{ "unit", &value_unit, KEY_REQUIRED, NULL, "the systemd unit that must be active", 0 },
	{ "url", &value_web_url, 0, NULL, "what must answer", 0 },
	{ "status", &value_status, 0, "200", "the HTTP status that is right", 0 },
	KEYS_END,
};
static const struct key_entry page_keys[] = {
	{ "path", &value_url_path, KEY_REQUIRED, NULL, "where the box's page has it", 0 },
	{ "title", &value_translations, KEY_REQUIRED, NULL, "what the box's page calls it", 0 },
	KEYS_END,
};
static const struct key_entry login_keys[] = {
	{ "user", &value_login, KEY_REQUIRED, NULL, "the user that is known everywhere", 0 },
	{ "password", &value_free_text, KEY_REQUIRED, NULL, "the password that is known everywhere",
	  0 },
	{ "url", &value_any_url, KEY_REQUIRED, NULL, "where it must be refused", 0 },
	KEYS_END,
};
static const struct key_entry backup_keys[] = {
	{ "state", &value_id, KEY_REQUIRED, NULL, "which of its state directories", 0 },
	{ "save", &value_box_path, 0, NULL,
	  "program that prints its content while everything runs; without one, tar does", 0 },
	{ "load", &value_box_path, 0, NULL,
	  "program that reads that, in a new directory which takes the other's place", 0 },
	KEYS_END,
};
static const struct value_type record_backup = CHECKED_RECORD("backup", backup_keys);
static const struct value_type list_backup = CHECKED_LIST(&record_backup, "state");
static const struct value_type record_secret = CHECKED_RECORD("secret", secret_keys);
static const struct value_type record_template = CHECKED_RECORD("template", template_keys);
static const struct value_type record_database = CHECKED_RECORD("database", database_keys);
static const struct value_type record_health = CHECKED_RECORD("probe", health_keys);
static const struct value_type record_page = MAP(page_keys);
static const struct key_entry seed_keys[] = {
	{ "run", &value_box_path, KEY_REQUIRED, NULL,
	  "program in its overlay that makes the SQL of a data set when the image is built", AT(component, seed_run) },
	{ "database", &value_identifier, KEY_REQUIRED, NULL,
	  "which of its databases is filled by that SQL instead of by its `load`", AT(component, seed_database) },
	{ "to", &value_deep_path, KEY_REQUIRED, NULL, "the file on the box that gets the SQL", AT(component, seed_to) },
	KEYS_END,
};
static const struct value_type record_seed = MAP(seed_keys);
static const struct value_type record_login = CHECKED_RECORD("login", login_keys);
static const struct value_type list_secrets = CHECKED_LIST(&record_secret, "name");
static const struct value_type list_templates = CHECKED_LIST(&record_template, "to");
static const struct value_type list_databases = CHECKED_LIST(&record_database, "name");
static const struct value_type list_health = CHECKED_LIST(&record_health, NULL);
static const struct value_type list_logins = CHECKED_LIST(&record_login, NULL);

static const struct key_entry npm_keys[] = {
	{ "npm", &value_file_name, KEY_REQUIRED, NULL, "the npm lock beside component.yaml",
	  AT(source, lock) },
	{ "into", &value_deep_path, KEY_REQUIRED, NULL,
	  "directory on the box that gets node_modules", AT(source, into) },
	{ "prune", &list_globs, 0, NULL, "patterns below `into` to remove; * also matches /",
	  AT(source, prune) },
	KEYS_END,
};
static const struct key_entry maven_keys[] = {
	{ "maven", &value_file_name, KEY_REQUIRED, NULL, "the Maven lock beside component.yaml",
	  AT(source, lock) },
	{ "into", &value_deep_path, KEY_REQUIRED, NULL, "directory on the box that gets the jars",
	  AT(source, into) },
	KEYS_END,
};
static const struct key_entry java_keys[] = {
	{ "java", &value_file_name, KEY_REQUIRED, NULL, "the Java source beside component.yaml",
	  AT(source, lock) },
	{ "into", &value_deep_path, KEY_REQUIRED, NULL,
	  "directory on the box that gets the classes; or a .jar for them", AT(source, into) },
	{ "classpath", &value_deep_path, 0, NULL, "directory of jars on the box",
	  AT(source, classpath) },
	{ "release", &value_release, 0, "21", "the Java version to compile for",
	  AT(source, release) },
	KEYS_END,
};
static const struct key_entry extract_keys[] = {
	{ "extract", &value_deep_path, KEY_REQUIRED, NULL, "an archive on the box",
	  AT(source, archive) },
	{ "member", &value_file_name, KEY_REQUIRED, NULL, "the file in it", AT(source, member) },
	{ "to", &value_deep_path, KEY_REQUIRED, NULL, "the file on the box", AT(source, to) },
	{ "mode", &value_mode, 0, "0644", "the file's mode", AT(source, mode) },
	KEYS_END,
};
static const struct key_entry file_keys[] = {
	{ "file", &value_web_url, KEY_REQUIRED, NULL, "the URL of the file", AT(source, url) },
	{ "sha256", &value_sha256, KEY_REQUIRED, NULL, "its SHA-256", AT(source, sha256) },
	{ "to", &value_deep_path, KEY_REQUIRED, NULL, "the file on the box", AT(source, to) },
	{ "mode", &value_mode, 0, "0644", "the file's mode", AT(source, mode) },
	KEYS_END,
};
static const struct key_entry class_archive_keys[] = {
	{ "class-archive", &value_file_name, KEY_REQUIRED, NULL,
	  "the class list beside component.yaml, by Java 25's -XX:DumpLoadedClassList and xz",
	  AT(source, lock) },
	{ "classpath", &value_deep_path, KEY_REQUIRED, NULL,
	  "directory of jars on the box, all of them the class path",
	  AT(source, classpath) },
	{ "to", &value_deep_path, KEY_REQUIRED, NULL,
	  "the archive on the box; the program starts by java @TO.args, which names it and the class path", AT(source, to) },
	KEYS_END,
};
static const struct value_type source_npm = RECORD(source, "source", npm_keys),
			       source_maven = RECORD(source, "source", maven_keys),
			       source_java = RECORD(source, "source", java_keys),
			       source_extract = RECORD(source, "source", extract_keys),
			       source_file = RECORD(source, "source", file_keys),
			       source_class_archive = RECORD(source, "source", class_archive_keys);
static const struct choice source_choices[] = {
	{ "npm", SOURCE_NPM, &source_npm },    { "maven", SOURCE_MAVEN, &source_maven },
	{ "java", SOURCE_JAVA, &source_java }, { "extract", SOURCE_EXTRACT, &source_extract },
	{ "file", SOURCE_FILE, &source_file },
	{ "class-archive", SOURCE_CLASS_ARCHIVE, &source_class_archive }, { NULL, 0, NULL },
};
static const struct value_type choice_source = {
	.form = FORM_CHOICE,
	.name = "source",
	.choices = source_choices,
	.choice_offset = AT(source, kind),
};
static const struct value_type list_sources = RECORD_LIST(source, &choice_source, NULL);

static const struct key_entry variant_keys[] = {
	{ "name", &value_id, KEY_REQUIRED, NULL, "the variant's name, such as native",
	  AT(variant, name) },
	{ "suitable", &list_suitable, KEY_REQUIRED, NULL, "the modes it is good enough for",
	  AT(variant, suitable) },
	{ "described-only", &value_boolean, 0, "false",
	  "listed and explained, but not to be built yet", AT(variant, described_only) },
	{ "packages", &list_packages, 0, NULL, "Debian packages", AT(variant, packages) },
	{ "sources", &list_sources, 0, NULL, "what comes from elsewhere, in this order",
	  AT(variant, sources) },
	{ "images", &list_images, 0, NULL, "container images", AT(variant, images) },
	KEYS_END,
};
static const struct value_type record_variant = RECORD(variant, "variant", variant_keys);
static const struct value_type list_variants = {
	.form = FORM_LIST,
	.store = STORE_RECORDS,
	.name = "list",
	.item = &record_variant,
	.item_size = sizeof(struct variant),
	.unique = "name",
	.not_empty = true,
};

static const struct key_entry component_keys[] = {
	{ "component", &value_id, KEY_REQUIRED, NULL,
	  "the component's name, the same as its folder's", AT(component, id) },
	{ "title", &value_translations, KEY_REQUIRED | KEY_NODE, NULL, "its name for people",
	  AT(component, title) },
	{ "summary", &value_line, KEY_REQUIRED, NULL, "one line that says what it does",
	  AT(component, summary) },
	{ "provides", &list_ids, 0, NULL, "roles it plays in the exchange",
	  AT(component, provides) },
	{ "needs", &list_ids, 0, NULL, "components or roles it cannot do without",
	  AT(component, needs) },
	{ "seeds", &list_ids, 0, NULL, "data sets that it can start with",
	  AT(component, seeds) },
	{ "seed", &record_seed, 0, NULL, "how one of them gets into the image", 0 },
	{ "ports", &list_ports, 0, NULL, "ports it listens on", AT(component, ports) },
	{ "users", &list_users, 0, NULL, "system users it runs as", AT(component, users) },
	{ "memory", &value_memory, KEY_REQUIRED, NULL, "how much memory it uses",
	  AT(component, memory) },
	{ "state", &list_state, 0, NULL,
	  "directories that survive a restart, outside /etc and /var's overlay",
	  AT(component, state) },
	{ "secrets", &list_secrets, KEY_NODE, NULL, "secrets that each box makes for itself",
	  AT(component, secrets) },
	{ "templates", &list_templates, KEY_NODE, NULL,
	  "settings that secrets are filled into on the box", AT(component, templates) },
	{ "databases", &list_databases, KEY_NODE, NULL, "PostgreSQL databases",
	  AT(component, databases) },
	{ "health", &list_health, KEY_NODE, NULL, "how the box knows that it works",
	  AT(component, health) },
	{ "backup", &list_backup, KEY_NODE, NULL,
	  "which state directories go into backups (databases always do)", AT(component, backup) },
	{ "page", &record_page, KEY_NODE, NULL, "its entry on the box's page",
	  AT(component, page) },
	{ "default-logins", &list_logins, KEY_NODE, NULL,
	  "known default logins, which tests try and must be refused",
	  AT(component, default_logins) },
	{ "variants", &list_variants, KEY_REQUIRED, NULL,
	  "ways to build it, the preferred one first", AT(component, variants) },
	KEYS_END,
};
COUNTED(component, ports, port_count);
COUNTED(component, users, user_count);
COUNTED(component, state, state_count);
COUNTED(component, variants, variant_count);
COUNTED(variant, sources, source_count);
_Static_assert(sizeof(enum source_kind) == sizeof(int) && sizeof(enum audience) == sizeof(int), "");

const struct value_type file_component = RECORD(component, "component", component_keys);
static const char example[] =
	"component: my-mediator\n"
	"title: { en: My mediator, fr: Mon médiateur }\n"
	"summary: Turns clinic messages into FHIR\n"
	"needs: [interoperability-layer]\n"
	"ports:\n"
	"  - { port: 3003, for: box, summary: The mediator }\n"
	"users:\n"
	"  - { name: my-mediator, home: /var/lib/my-mediator }\n"
	"memory: 128M\n"
	"health:\n"
	"  - { unit: my-mediator.service, url: \"http://127.0.0.1:3003/heartbeat\" }\n"
	"variants:\n"
	"  - name: native\n"
	"    suitable: [training, development]\n"
	"    packages: [nodejs]\n";

const struct file_kind kind_component = { "component", "recipes/components/<id>/component.yaml",
					   "what a contributor adds", &file_component, example, NULL, NULL };

bool port_in_mode(const struct port *port, enum mode mode)
{
	return !port->modes || (port->modes & (unsigned)mode);
}

const char *audience_name(enum audience audience)
{
	return audiences[audience].name;
}
