/* Any bytes as the file of events that OpenHIM writes: what is read is bounded, in order, and whole. */
#include "fuzz.h"

#include "agent/map.h"

static void check(const struct map_event *event)
{
	must(event->id > 0 && event->path[0] == '/' && event->status <= 999 && event->outcome <= OUTCOME_FAILED);
	must(!event->transaction[0] || strlen(event->transaction) == MAP_ID_LENGTH);
	struct map_kind kind = map_kind_of(event->method, event->path);
	must(kind.place < MAP_PLACES && sentence_english(kind.words) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct map_events events;
	struct map_event event;
	autofree char *copy = path_join(folder(), "events");
	must(file_write_plain(copy, data, size, 0600, NULL) == 0);
	for (int64_t after = 0; after < 3; after++) {
		map_events_read(copy, after, &events);
		must(events.source == MAP_READ && events.count <= MAP_SHOWN);
		for (size_t i = 0; i < events.count; i++)
			check(&events.items[i]);
	}
	if (events.count && map_events_find(copy, events.items[0].id, &event) == 0)
		check(&event);
	if (map_event_parse((const char *)data, size, &event) == 0)
		check(&event);
	return 0;
}
