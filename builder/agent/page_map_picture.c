/* page: the picture of the exchange map. The OpenHIE architecture, as an SVG in two shapes: wide, and narrow for a phone
 * in the hand. map.js moves the messages along its lines. */
#include <string.h>

#include "agent/page_map.h"

#define WIDE_WIDTH 1185
#define WIDE_HEIGHT 610
#define NARROW_WIDTH 360
#define ROW_HEIGHT 100         /* three lines of a name, and the program's below */
#define LAYER_TOP 326
#define LINES 3u
#define LEADING 19             /* from line to line */

struct spot {
	int x, y, width, height;
	char line[96];                 /* from the layer to the box, as SVG's points */
};

struct shape {
	bool narrow;
	int width, height;
	struct spot layer;
};

static struct shape shape_of(bool narrow, size_t clients)
{
	struct shape shape = { narrow, WIDE_WIDTH, WIDE_HEIGHT, { 20, LAYER_TOP, WIDE_WIDTH - 40, 84, "" } };
	if (narrow)
		shape = (struct shape){ true, NARROW_WIDTH, 536 + (int)(clients + 1) / 2 * 72,
					{ 8, 430, NARROW_WIDTH - 16, 56, "" } };
	return shape;
}

/* Where a registry or service stands: registries in the row next to the layer, the others above their gaps. */
static struct spot place_spot(bool narrow, enum map_place place)
{
	static const enum map_place order[MAP_PLACES] = { MAP_RECORDS, MAP_MANAGEMENT, MAP_LOGISTICS, MAP_FINANCE, MAP_TERMINOLOGY,
							  MAP_CLIENTS, MAP_FACILITIES, MAP_WORKERS, MAP_PRODUCTS, MAP_OTHER };
	struct spot spot = { 0 };
	int at = 0;
	while (order[at] != place)
		at++;
	if (narrow) {
		int row = at / 2, left = at % 2 == 0;
		spot = (struct spot){ left ? 8 : 202, 30 + row * 72 + (at >= 4 ? 26 : 0), 150, 60, "" };
		snprintf(spot.line, sizeof spot.line, "180,430 180,%d %d,%d", spot.y + 30, left ? 158 : 202, spot.y + 30);
	} else if (at < 4) {
		spot = (struct spot){ 118 + at * 195, 34, 170, ROW_HEIGHT, "" };
		snprintf(spot.line, sizeof spot.line, "%d,%d %d,%d", spot.x + 85, LAYER_TOP, spot.x + 85, 34 + ROW_HEIGHT);
	} else {
		spot = (struct spot){ 20 + (at - 4) * 195, 178, 170, ROW_HEIGHT, "" };
		snprintf(spot.line, sizeof spot.line, "%d,%d %d,%d", spot.x + 85, LAYER_TOP, spot.x + 85, 178 + ROW_HEIGHT);
	}
	return spot;
}

static struct spot client_spot(bool narrow, size_t at, size_t count)
{
	struct spot spot = { 0 };
	if (narrow) {
		int left = at % 2 == 0;
		spot = (struct spot){ left ? 8 : 202, 526 + (int)(at / 2) * 72, 150, 60, "" };
		snprintf(spot.line, sizeof spot.line, "180,486 180,%d %d,%d", spot.y + 30, left ? 158 : 202, spot.y + 30);
		return spot;
	}
	int pitch = (WIDE_WIDTH - 40 + 24) / (int)count;
	spot = (struct spot){ 20 + (int)at * pitch, 496, pitch - 24, 84, "" };
	snprintf(spot.line, sizeof spot.line, "%d,%d %d,496", spot.x + spot.width / 2, LAYER_TOP + 84,
		 spot.x + spot.width / 2);
	return spot;
}

static void number(int value, char text[16])
{
	snprintf(text, 16, "%d", value);
}

/* A text in at most LINES lines, centred about (x, y). What does not fit ends with "…"; the <title> has it whole. `at` is
 * x, y, the width there is, and what a letter takes of it. */
static void lines(struct page *page, const char *class, const char *text, const int at[4])
{
	autostrings struct strings words = { 0 }, rows = { 0 };
	size_t room = (size_t)(at[2] / at[3]), width = 0;
	struct buffer row = { 0 };
	strings_split(&words, text, " ");
	for (size_t i = 0; i < words.count; i++) {
		size_t length = strlen(words.items[i]);
		if (row.length && width + 1 + length > room) {
			strings_take(&rows, buffer_steal(&row));
			memset(&row, 0, sizeof row);
			width = 0;
		}
		buffer_format(&row, "%s%s", width ? " " : "", words.items[i]);
		width += length + (width ? 1 : 0);
	}
	strings_take(&rows, buffer_steal(&row));
	char x[16], y[16];
	size_t shown = rows.count < LINES ? rows.count : LINES;
	number(at[0], x);
	for (size_t i = 0; i < shown; i++) {
		number(at[1] + (int)i * LEADING - (int)(shown - 1) * LEADING / 2, y);
		html_open(&page->html, "text", "class", class, "x", x, "y", y, "text-anchor", "middle", NULL);
		html_text(&page->html, rows.items[i]);
		if (i + 1 == shown && shown < rows.count)
			html_text(&page->html, " …");
		html_close(&page->html);
	}
}

static void rectangle(struct page *page, const struct spot *spot)
{
	char x[16], y[16], width[16], height[16];
	number(spot->x, x);
	number(spot->y, y);
	number(spot->width, width);
	number(spot->height, height);
	/* SVG's elements have an end, unlike HTML's <input>: without it all that follows would lie inside */
	html_open(&page->html, "rect", "x", x, "y", y, "width", width, "height", height, "rx", "10", NULL);
	html_close(&page->html);
}

/* A shape for each state, as the badges of the page have: nothing for what runs, a triangle, a square. */
static void state_sign(struct page *page, const struct spot *spot, const char *state)
{
	if (text_equal(state, "ok") || text_equal(state, "absent"))
		return;
	int x = spot->x + spot->width - 18, y = spot->y + 6;
	autofree char *path = text_equal(state, "failed") ? text_format("M%d %dh12v12h-12z", x, y)
		: text_format("M%d %dl6 12h-12z", x + 6, y);
	html_open(&page->html, "path", "class", "state", "d", path, NULL);
	html_close(&page->html);
}

static void line(struct page *page, const char *kind, const char *id, const struct spot *spot)
{
	html_open(&page->html, "polyline", "class", "line", kind, id, "points", spot->line, NULL);
	html_close(&page->html);
}

/* A box of the picture: `name` in its middle, `plays` (or NULL) below. */
static void draw(struct page *page, const struct spot *spot, const char *state, const char *name, const char *plays)
{
	int below = plays && plays[0] && spot->height > 70;
	rectangle(page, spot);
	bool bold = !text_equal(state, "absent"), narrow = spot->width < 160;
	int middle = spot->x + spot->width / 2, letter = narrow ? 8 : bold ? 10 : 9;
	lines(page, "name", name, (int[4]){ middle, spot->y + spot->height / 2 + 5 - (below ? 13 : 0), spot->width - 8, letter });
	if (below)
		lines(page, "plays", plays, (int[4]){ middle, spot->y + spot->height - 11, 8 * 64, 8 });
	state_sign(page, spot, state);
}

/* "Shared health record (HAPI FHIR)": what is in the brackets is the program's own name. NULL: nobody. Caller frees. */
static char *program_name(const struct page *page, const struct box_component *player)
{
	const char *title = player ? box_title(page->site->box, player->id, page->code) : NULL;
	const char *own = title ? strchr(title, '(') : NULL;
	return own ? text_copy_n(own + 1, strcspn(own + 1, ")")) : text_copy(title);
}

static void place(struct page *page, bool narrow, enum map_place which)
{
	static const char *const words[] = { "ok", "starting", "degraded", "failed" };
	static const enum sentence said[] = { SAY_PAGE_STATE_OK, SAY_PAGE_STATE_STARTING, SAY_PAGE_STATE_DEGRADED,
					      SAY_PAGE_STATE_FAILED };
	struct html *html = &page->html;
	struct spot spot = place_spot(narrow, which);
	const char *id = map_place_id(which), *state = page_map_state(page, id);
	const struct box_component *player = page_map_player(page, id);
	const char *name = language_sentence(html->language, map_place_name(which));
	const char *title = player ? box_title(page->site->box, player->id, page->code) : NULL;
	autofree char *class = text_format("place %s", which == MAP_OTHER ? "other" : state);
	line(page, "data-place", id, &spot);
	html_open(html, "g", "class", class, "data-box", id, NULL);
	html_open(html, "title", NULL);
	if (which == MAP_OTHER)
		html_text(html, name);
	else if (!player)
		html_words(html, SAY_MAP_ABSENT, name, NULL);
	for (size_t i = 0; player && i < LENGTH(words); i++)
		if (text_equal(words[i], state))
			html_words(html, SAY_MAP_PLAYED, name, title, language_sentence(html->language, said[i]), NULL);
	html_close(html);
	autofree char *plays = program_name(page, player);
	draw(page, &spot, state, name, plays);
	html_close(html);
}

static void layer(struct page *page, const struct shape *shape)
{
	struct html *html = &page->html;
	const char *state = page_map_state(page, BOX_LAYER);
	const struct box_component *player = page_map_player(page, BOX_LAYER);
	autofree char *class = text_format("place layer %s", state), *plays = program_name(page, player);
	html_open(html, "g", "class", class, "data-box", BOX_LAYER, NULL);
	draw(page, &shape->layer, state, language_sentence(html->language, SAY_MAP_LAYER), plays);
	html_close(html);
}

static void row_name(struct page *page, enum sentence which, int y)
{
	char text[16];
	number(y, text);
	html_open(&page->html, "text", "class", "row", "x", "20", "y", text, NULL);
	html_words(&page->html, which, NULL);
	html_close(&page->html);
}

void page_map_picture(struct page *page, bool narrow)
{
	struct html *html = &page->html;
	struct page_map_clients clients;
	page_map_clients(page, &clients);
	struct shape shape = shape_of(narrow, clients.count + 1);
	autofree char *view = text_format("0 0 %d %d", shape.width, shape.height);
	autofree char *label = sentence_in(html->language, SAY_MAP_PICTURE, NULL);
	html_open(html, "svg", "class", narrow ? "picture narrow" : "picture wide", "viewbox", view, "role", "img", "aria-label",
		  label, NULL);
	for (int i = 0; i < MAP_PLACES; i++)
		place(page, narrow, (enum map_place)i);
	for (size_t i = 0; i <= clients.count; i++) {
		struct spot spot = client_spot(narrow, i, clients.count + 1);
		bool known = i < clients.count;
		autofree char *name = known ? page_map_client_name(page, clients.items[i]->user) : NULL;
		const char *id = known ? clients.items[i]->user : "";
		line(page, "data-client", id, &spot);
		html_open(html, "g", "class", "client", "data-box", id, NULL);
		draw(page, &spot, "ok", known ? name : language_sentence(html->language, SAY_MAP_OTHERS), NULL);
		html_close(html);
	}
	layer(page, &shape);
	/* over the lines that cross them */
	row_name(page, SAY_MAP_ROW_BUSINESS, 22);
	row_name(page, SAY_MAP_ROW_REGISTRIES, narrow ? 192 : 165);
	row_name(page, SAY_MAP_ROW_POINTS, narrow ? 514 : 606);
	html_open(html, "g", "class", "moving", NULL);
	html_close(html);
	html_close(html);
}

/* The sign of an outcome: disc, triangle, square, cross. map.js takes its shape from here. */
void page_map_sign(struct page *page, enum map_outcome outcome)
{
	static const char *const paths[] = {
		"M0 -8a8 8 0 1 0 0.1 0z", "M0 -9l9 16h-18z", "M-8 -8h16v16h-16z",
		"M-9 -5l4 -4 5 5 5 -5 4 4 -5 5 5 5 -4 4 -5 -5 -5 5 -4 -4 5 -5z",
	};
	autofree char *class = text_format("sign %s", map_outcome_name(outcome));
	html_open(&page->html, "svg", "class", class, "viewbox", "-11 -11 22 22", "aria-hidden", "true", NULL);
	html_open(&page->html, "path", "d", paths[outcome], NULL);
	html_close(&page->html);
	html_close(&page->html);
}
