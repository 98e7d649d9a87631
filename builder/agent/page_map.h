/* page_map: what the files of the exchange map share. */
#ifndef HIEBOX_AGENT_PAGE_MAP_H
#define HIEBOX_AGENT_PAGE_MAP_H

#include "agent/map.h"
#include "agent/page.h"

#define PAGE_MAP_CLIENTS 7u

/* The points of service that have a box of their own on the map. */
struct page_map_clients {
	const struct box_secret *items[PAGE_MAP_CLIENTS];
	size_t count;
};
void page_map_clients(const struct page *page, struct page_map_clients *ret_clients);
/* How people call a client of OpenHIM ("" is nobody that it knows); caller frees. */
char *page_map_client_name(const struct page *page, const char *client);
/* The sentence of a kind or an outcome, for an event; caller frees. */
char *page_map_words(const struct page *page, enum sentence which, const struct map_event *event);
char *page_map_path(const struct page *page);          /* of the events' file; caller frees */
/* The component that plays a role, or NULL; and its state: "ok", …, or "absent". */
const struct box_component *page_map_player(const struct page *page, const char *role);
const char *page_map_state(const struct page *page, const char *role);

/* page_map_picture.c */
void page_map_picture(struct page *page, bool narrow);
void page_map_sign(struct page *page, enum map_outcome outcome);

#endif
