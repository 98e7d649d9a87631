/* The keys of a data set, what a box can start with: recipes/seeds/<id>/seed.yaml. They are only checked here: the
 * program that makes SQL of it reads the list of files, people and pages read the rest. */
#include "recipe/tables.h"

static const struct value_type list_ids = TEXT_LIST(&value_id);
static const struct value_type list_files = FILLED_LIST(STORE_TEXTS, &value_file_name);
static const struct word formats[] = { { "fhir-r4", 0 }, { NULL, 0 } };
static const struct value_type value_format = WORDS(STORE_TEXT, "format", formats);

static const struct key_entry notice_keys[] = {
	{ "title", &value_line, KEY_REQUIRED, NULL, "whose work it is", 0 },
	{ "text", &value_long_text, KEY_REQUIRED, NULL, "the words that its licence asks for", 0 },
	KEYS_END,
};
static const struct value_type record_notice = CHECKED_RECORD("notice", notice_keys);
static const struct value_type list_notices = CHECKED_LIST(&record_notice, "title");

static const struct key_entry seed_keys[] = {
	{ "seed", &value_id, KEY_REQUIRED, NULL, "the data set's name, the same as its folder's", 0 },
	{ "title", &value_translations, KEY_REQUIRED, NULL, "its name for people", 0 },
	{ "summary", &value_line, KEY_REQUIRED, NULL, "one line that says what is in it", 0 },
	{ "format", &value_format, 0, "fhir-r4", "what its files are: fhir-r4, transaction bundles that put to ids of their own",
	  0 },
	{ "needs", &list_ids, 0, NULL, "roles of the exchange that hold it", 0 },
	{ "latest", &value_line, 0, NULL, "a day such as 2026-06-30, after which nothing in it happens", 0 },
	{ "files", &list_files, KEY_REQUIRED, NULL, "its files beside seed.yaml, in the order in which they are loaded",
	  0 },
	{ "answers", &value_file_name, 0, NULL, "a file that says who is who, for trainers and tests", 0 },
	{ "notices", &list_notices, 0, NULL, "what must be said about works of others in it", 0 },
	KEYS_END,
};

const struct value_type file_seed = CHECKED_RECORD("seed", seed_keys);
static const char example[] =
	"seed: my-people\n"
	"title: { en: My people, fr: Mes patients }\n"
	"summary: Ten people of one clinic\n"
	"files: [01-places.json, 02-people.json]\n"
	"notices:\n"
	"  - { title: CVX, text: CVX codes are in the public domain. }\n";

const struct file_kind kind_seed = { "seed", "recipes/seeds/<id>/seed.yaml", "what a box can start with", &file_seed,
				     example, NULL, NULL };
