/* The status, for people and for programs. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "agent/language.h"
#include "agent/status.h"
#include "document/document.h"

/* "state", "say", "with", "sentence" */
static void set_saying(struct json *json, enum health health, const struct saying *saying,
		       const struct status *status, const struct language *language)
{
	struct json *with = json_new_array();
	for (size_t i = 0; i < saying->with.count; i++)
		json_add(with, json_new_string(saying->with.items[i]));
	autofree char *text = saying_text(saying, language, status->box);
	json_set(json, "state", json_new_string(health_name(health)));
	json_set(json, "say", json_new_string(sentence_name(saying->which)));
	json_set(json, "with", with);
	json_set(json, "sentence", json_new_string(text));
}

static struct json *components_json(const struct status *status, const struct language *language)
{
	struct json *components = json_new_array();
	for (size_t i = 0; i < status->box->component_count; i++) {
		const struct component_status *one = &status->components[i];
		struct json *component = json_new_object();
		json_set(component, "id", json_new_string(one->component->id));
		json_set(component, "title",
			 json_new_string(box_title(status->box, one->component->id, language_code(language))));
		set_saying(component, one->health, &one->saying, status, language);
		json_set(component, "since", one->since ? json_new_number(one->since) : json_new_string(NULL));
		json_add(components, component);
	}
	return components;
}

static struct json *notes_json(const struct status *status, const struct language *language)
{
	struct json *notes = json_new_array();
	for (size_t i = 0; i < status->note_count; i++) {
		struct json *note = json_new_object();
		set_saying(note, status->notes[i].health, &status->notes[i].saying, status, language);
		json_add(notes, note);
	}
	return notes;
}

/* Free of size; coarsely: in 64ths of the size. */
static struct json *amount_json(uint64_t free, uint64_t size, bool lasting)
{
	struct json *amount = json_new_object();
	uint64_t part = size / 64 ? size / 64 : 1;
	json_set(amount, "free", json_new_number((int64_t)(lasting ? free / part * part : free)));
	json_set(amount, "size", json_new_number((int64_t)size));
	return amount;
}

static struct json *number_or_null(int64_t number)
{
	return number ? json_new_number(number) : json_new_string(NULL);
}

static struct json *texts_json(const struct strings *texts)
{
	struct json *list = json_new_array();
	for (size_t i = 0; i < texts->count; i++)
		json_add(list, json_new_string(texts->items[i]));
	return list;
}

static void set_facts(struct json *all, const struct status *status, bool lasting)
{
	const struct status_facts *facts = &status->facts;
	json_set(all, "storage", amount_json(facts->disk_free, facts->disk_size, lasting));
	json_set(all, "memory", amount_json(facts->memory_available, facts->memory_size, lasting));
	struct json *clock = json_new_object();
	json_set(clock, "now", json_new_number(lasting ? 0 : facts->now));
	json_set(clock, "synchronised", json_new_boolean(facts->synchronised));
	json_set(clock, "source", json_new_string(facts->synchronised ? "network" : "box"));
	json_set(all, "clock", clock);
	if (facts->temperature == INT_MIN) {
		json_set(all, "temperature", json_new_string(NULL));
	} else {
		struct json *temperature = json_new_object();
		json_set(temperature, "celsius", json_new_number(lasting ? facts->temperature / 10 : facts->temperature));
		json_set(temperature, "hot", json_new_number(facts->too_hot));
		json_set(all, "temperature", temperature);
	}
	json_set(all, "uptime", json_new_number(lasting ? 0 : facts->uptime));
	json_set(all, "addresses", texts_json(&facts->addresses));
	json_set(all, "mistakes", texts_json(&facts->mistakes));
	json_set(all, "certificate-end", number_or_null(facts->certificate_end));
	json_set(all, "last-backup", number_or_null(facts->last_backup));
}

char *status_json(const struct status *status, const struct language *language, bool lasting)
{
	autojson struct json *all = json_new_object();
	json_set(all, "name", json_new_string(status->box->name));
	json_set(all, "recipe", json_new_string(status->box->recipe));
	json_set(all, "mode", json_new_string(status->box->mode));
	set_saying(all, status->health, &status->saying, status, language);
	json_set(all, "rescue", json_new_string(status->rescue));
	json_set(all, "provision-error", json_new_string(status->provision));
	json_set(all, "components", components_json(status, language));
	json_set(all, "notes", notes_json(status, language));
	set_facts(all, status, lasting);
	return json_write(all, false);
}

char *status_text(const struct status *status, const struct language *language)
{
	autobuffer struct buffer out = { 0 };
	autofree char *box = saying_text(&status->saying, language, status->box);
	buffer_format(&out, "%s: %s\n", status->box->name, box);
	for (size_t i = 0; i < status->box->component_count; i++) {
		autofree char *text = saying_text(&status->components[i].saying, language, status->box);
		buffer_format(&out, "  %-9s %s\n", health_name(status->components[i].health), text);
	}
	for (size_t i = 0; i < status->note_count; i++) {
		autofree char *text = saying_text(&status->notes[i].saying, language, status->box);
		buffer_format(&out, "  %-9s %s\n", health_name(status->notes[i].health), text);
	}
	const struct status_facts *facts = &status->facts;
	autofree char *disk_free = size_text(facts->disk_free);
	autofree char *disk_size = size_text(facts->disk_size);
	autofree char *memory_free = size_text(facts->memory_available);
	autofree char *memory_size = size_text(facts->memory_size);
	autofree char *line = sentence_in(language, SAY_DISK_AND_MEMORY, disk_free, disk_size, memory_free,
					  memory_size, NULL);
	buffer_format(&out, "%s\n", line);
	return buffer_steal(&out);
}
