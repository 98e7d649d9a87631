/* The step `card`: see settings.h. */
#include <errno.h>
#include <string.h>

#include "agent/settings.h"

#define SETTINGS_FILE "settings.json"

static void cleanup_visit(struct visit *visit)
{
	if (visit->text)
		explicit_bzero(visit->text, visit->length);
	free(visit->text);
	free(visit->file);
	card_clear(&visit->card);
	diagnostics_clear(&visit->mistakes);
	strings_clear(&visit->changed);
}

int settings_keep(const char *path, const char *text, mode_t mode, struct error *err)
{
	autofree char *folder = path_directory(path);
	if (!text) {
		if (!path_exists(path))
			return 0;
		return unlink(path) < 0 ? error_set_errno(err, errno, "cannot remove %s", path) : 1;
	}
	if (file_has(path, text, strlen(text)))
		return 0;
	if (directory_make(folder, mode & 0007 ? 0755 : 0700, err) < 0
	    || file_write(path, text, strlen(text), mode, err) < 0)
		return -1;
	return 1;
}

struct document *settings_load(const char *root)
{
	autofree char *path = hie_path(root, SETTINGS_FILE);
	return document_load_or_null(path);
}

/* hiebox.conf, or what Windows makes of it where endings are hidden. NULL when there is none. */
static char *find_file(struct visit *visit)
{
	autofree char *folder = path_join(visit->provision->root, "/run/hie/hiebox");
	autofree char *file = path_join(folder, CARD_FILE);
	autofree char *doubled = path_join(folder, CARD_FILE ".txt");
	if (!path_exists(file))
		return path_exists(doubled) ? steal(doubled) : NULL;
	if (path_exists(doubled))
		diagnostics_add(&visit->mistakes, (struct place){ CARD_FILE ".txt", 0, 0 },
				"is not read, because " CARD_FILE " is there too");
	return steal(file);
}

/* Services put these into files and command lines of their own, so they keep to the alphabet they were made in. */
static bool fits_kind(const char *value, enum secret_kind kind)
{
	switch (kind) {
	case SECRET_TOKEN: return made_of(value, LOWER UPPER DIGITS, 16, 128);
	case SECRET_HEX: return made_of(value, DIGITS "abcdef", 64, 64);
	default: return true;
	}
}

static int take_password(struct visit *visit, const struct map_entry *entry, struct error *err)
{
	const struct provision *provision = visit->provision;
	const struct box_secret *secret = box_secret(provision->box, entry->key.text);
	autofree char *name = text_format("passwords.%s", entry->key.text);
	autofree char *folder = hie_path(provision->root, "secrets");
	autofree char *path = path_join(folder, entry->key.text);
	if (!secret) {
		autofree const char **names = memory_alloc((provision->box->secret_count + 1) * sizeof *names);
		for (size_t i = 0; i < provision->box->secret_count; i++)
			names[i] = provision->box->secrets[i].name;
		autofree char *guess = did_you_mean(entry->key.text, names);
		diagnostics_add(&visit->mistakes, entry->key.place, "%s: this box has no such password%s", name, guess);
		return 0;
	}
	if (!fits_kind(entry->value->text, secret->kind)) {
		diagnostics_add(&visit->mistakes, entry->value->place, "%s: expected %s", name,
				secret->kind == SECRET_HEX ? "64 hexadecimal digits" : "16 to 128 letters and digits");
		return 0;
	}
	if (!visit_can_wipe(visit, entry->value, name))
		return 0;
	int changed = settings_keep(path, entry->value->text, 0600, err);
	if (changed < 0)
		return -1;
	if (changed)
		strings_add(&visit->changed, name);
	provision_boundary(provision, "password taken over");
	visit_wipe(visit, entry->value);
	return 0;
}

int visit_passwords(struct visit *visit, struct error *err)
{
	if (visit->card.said[CARD_PASSWORDS] != CARD_SAID)
		return 0;
	for (size_t i = 0; i < visit->card.passwords.count; i++)
		if (take_password(visit, &visit->card.passwords.items[i], err) < 0)
			return -1;
	return 0;
}

/* Is there such a file in the system? If not, the key is as wrong as a misspelled one. */
static void check_known(struct visit *visit, enum card_key key, const char *path, const char *complaint)
{
	autofree char *full = path_join(visit->provision->root, path);
	if (visit->card.said[key] != CARD_SAID || path_exists(full))
		return;
	diagnostics_add(&visit->mistakes, visit->card.nodes[key]->place, "%s", complaint);
	visit->card.said[key] = CARD_WRONG;
}

static void check_words(struct visit *visit)
{
	const struct card *card = &visit->card;
	autofree char *zone = text_format("/usr/share/zoneinfo/%s", card->time_zone ? card->time_zone : "");
	autofree char *language = text_format("/usr/share/hie/languages/%s.yaml", card->language ? card->language : "");
	check_known(visit, CARD_TIME_ZONE, zone, "time-zone: there is no such time zone");
	if (!text_equal(card->language, "en"))
		check_known(visit, CARD_LANGUAGE, language, "language: this box does not speak it");
	if (!text_equal(card->keyboard, "us"))
		check_known(visit, CARD_KEYBOARD, "/usr/bin/setupcon",
			    "keyboard: this image knows the layout us alone; its recipe can name another");
}

/* settings.json: right keys as said, wrong ones as before, unsaid ones not at all. */
static int keep_words(struct visit *visit, struct error *err)
{
	const struct card *card = &visit->card;
	const struct {
		enum card_key key;
		const char *name, *value;
	} words[] = { { CARD_NAME, "name", card->name }, { CARD_LANGUAGE, "language", card->language },
		      { CARD_TIME_ZONE, "time-zone", card->time_zone }, { CARD_KEYBOARD, "keyboard", card->keyboard } };
	autodocument struct document *before = settings_load(visit->provision->root);
	const struct node *known = before ? document_root(before) : NULL;
	autojson struct json *json = json_new_object();
	bool any = false;
	for (size_t i = 0; i < LENGTH(words); i++) {
		const char *old = node_text(known, words[i].name, NULL);
		const char *value = card->said[words[i].key] == CARD_SAID ? words[i].value
			: card->said[words[i].key] == CARD_WRONG ? old : NULL;
		if (!text_equal(old, value))
			strings_add(&visit->changed, words[i].name);
		if (value)
			json_set(json, words[i].name, json_new_string(value));
		any = any || value;
	}
	autofree char *path = hie_path(visit->provision->root, SETTINGS_FILE);
	autofree char *text = json_write(json, false);
	int changed = settings_keep(path, any || before ? text : NULL, 0644, err);
	if (changed < 0)
		return -1;
	provision_boundary(visit->provision, "settings kept");
	/* they have read the box already */
	if (changed && visit->provision->on_box) {
		bus_unit("TryRestartUnit", "hie-watch.service");
		bus_unit("TryRestartUnit", "hie-page.service");
	}
	return 0;
}

/* On the card, for who holds it, and for the page. */
static int tell_mistakes(struct visit *visit, struct error *err)
{
	struct buffer autobuffer lines = { 0 }, letter = { 0 };
	buffer_text(&letter, "\xef\xbb\xbfThe box could not use these lines of hiebox.conf (file:line:column); the others count.\r\n"
			     "La boîte n'a pas pu utiliser ces lignes de hiebox.conf (fichier:ligne:colonne) ; les autres comptent.\r\n\r\n");
	for (size_t i = 0; i < visit->mistakes.count; i++) {
		buffer_format(&lines, "%s\n", visit->mistakes.messages[i]);
		buffer_format(&letter, "%s\r\n", visit->mistakes.messages[i]);
		fprintf(stderr, "hie: %s\n", visit->mistakes.messages[i]);
	}
	autofree char *path = hie_path(visit->provision->root, "configuration-mistakes");
	if (settings_keep(path, lines.length ? lines.data : NULL, 0644, err) < 0)
		return -1;
	provision_boundary(visit->provision, "mistakes kept");
	autofree char *folder = path_directory(visit->file);
	autofree char *note = path_join(folder, CARD_FILE ".mistakes.txt");
	struct error unwritten = { 0 };
	if (!lines.length)
		unlink(note); /* a write-protected card keeps it */
	else if (!file_has(note, letter.data, letter.length)
		 && file_write_plain(note, letter.data, letter.length, 0600, &unwritten) < 0)
		fprintf(stderr, "hie: %s\n", unwritten.message);
	error_clear(&unwritten);
	provision_boundary(visit->provision, "mistakes told");
	return 0;
}

static int read_file(struct visit *visit, struct error *err)
{
	if (file_read(visit->file, CARD_MAX, &visit->text, &visit->length, err) < 0)
		return -1;
	card_read(path_base(visit->file), visit->text, visit->length, &visit->card, &visit->mistakes);
	check_words(visit);
	return 0;
}

static int (*const parts[])(struct visit *visit, struct error *err) = {
	visit_passwords, visit_wifi, visit_address, visit_ssh_keys, keep_words,
};

/* What fails here must not keep the rest, least of all the wiping, from being done. */
static void take_part(struct visit *visit, int (*part)(struct visit *visit, struct error *err))
{
	struct error failure = { 0 };
	if (part(visit, &failure) < 0)
		diagnostics_add(&visit->mistakes, (struct place){ CARD_FILE, 0, 0 }, "%s", failure.message);
	error_clear(&failure);
}

int step_card(const struct provision *provision, char **ret_remark, struct error *err)
{
	__attribute__((cleanup(cleanup_visit))) struct visit visit = { .provision = provision };
	visit.file = find_file(&visit);
	if (wipe_resume(provision, visit.file, err) < 0)
		return -1;
	if (!visit.file) {
		autofree char *mistakes = hie_path(provision->root, "configuration-mistakes");
		*ret_remark = sentence(SAY_CARD_NONE, NULL);
		return settings_keep(mistakes, NULL, 0, err) < 0 ? -1 : 0;
	}
	if (read_file(&visit, err) < 0)
		return -1;
	for (size_t i = 0; i < LENGTH(parts); i++)
		take_part(&visit, parts[i]);
	if (wipe_run(&visit, err) < 0 || tell_mistakes(&visit, err) < 0)
		return -1;
	autofree char *list = strings_join(&visit.changed, ", ");
	autofree char *count = text_format("%zu", visit.mistakes.count);
	*ret_remark = visit.mistakes.count ? sentence(SAY_CARD_WRONG, count, list[0] ? list : "-", NULL)
		: list[0] ? sentence(SAY_CARD_TAKEN, list, NULL) : sentence(SAY_CARD_KEPT, NULL);
	return 0;
}
