/* Inside the room: a run under way. */
#ifndef HIEBOX_WORKFLOW_PLAYER_H
#define HIEBOX_WORKFLOW_PLAYER_H

#include "http/http.h"
#include "workflow/workflow.h"

struct player {
	const struct workflow *workflow;
	const struct play_settings *settings;
	const struct play_observer *observer;
	struct workflow_result *result;
	struct http_session *session;
	struct strings variables;     /* name and value by turns */
	uint64_t random;              /* state, when the settings have a seed */
	char now[32], today[16];
	double began, end;            /* seconds of a clock that only goes forward; at `end` it is stopped */
	size_t shown;                 /* bytes of bodies in the result so far */
	bool sent;                    /* anything at all */
};

double play_clock(void);
/* Has somebody said stop, or is the time over? */
bool player_stops(struct player *player);

/* fill.c: {{variables}} become values. */
void player_set(struct player *player, const char *name, const char *value);
const char *player_get(const struct player *player, const char *name); /* NULL: unknown */
/* Sets all of `values`. */
void player_make_values(struct player *player);
/* Where the text goes: as it is; into a path, encoded. Caller frees; NULL: a variable is unknown, which is said only
 * by player_unknown(). */
enum fill { FILL_PLAIN, FILL_PATH };
char *player_fill(const struct player *player, const char *text, enum fill fill);
/* A tree with its texts filled. Caller releases. Unknown variables become "". */
struct json *player_fill_node(const struct player *player, const struct node *node);
/* The first unknown variable of a request or expectation, in `name`'s buffer of 64 bytes; false: all are known. */
bool player_unknown(const struct player *player, const struct step *step, char *name);
void percent_encode(struct buffer *out, const char *text);

/* send.c: one request, recorded in `played`. 0 when an answer came. */
struct question {
	const struct workflow_request *request;
	const struct placed_text *as;
	unsigned time_out;            /* milliseconds */
};
int player_send(struct player *player, const struct question *question, struct played_step *played,
		struct http_response *ret_answer);
void exchange_clear(struct exchange *exchange);

/* judge.c: adds what does not hold to played->failures. */
struct judged {
	const struct player *player;
	struct played_step *played;
	const struct http_response *answer;
	const struct node *root;      /* of a JSON body, or NULL */
	char *no_json;                /* why there is none */
};
void judge_answer(const struct judged *judged, const struct expectation *expect);
/* compare.c: what one place must hold. */
void judge_json(const struct judged *judged, const struct expected_value *value);
void judge_header(const struct judged *judged, const struct expected_value *value);
/* Takes what later steps need, into the variables. */
void judge_keep(struct player *player, const struct judged *judged, const struct step *step);
/* The value of the n-th header of that name (in any case, RFC 9110 section 5.1), or NULL. */
const char *header_value(const struct http_response *answer, const char *name, size_t n);
/* The text that an expression finds: its first group, or all. NULL: nothing. `*ret_long`: it was not searched. */
char *find_expression(const char *expression, const char *text, bool *ret_long);
/* What an OperationOutcome says, or NULL. Caller frees. */
char *outcome_text(const struct node *root);

/* failure.c */
struct said {
	enum failure_kind kind;
	enum failure_how how;
	struct place place;
	const char *at, *expected, *got; /* borrowed */
};
void add_failure(struct played_step *played, const struct said *said);
void failures_clear(struct played_step *played);
/* "step \"id\"", "step 3", "cleanup 1" or "requires". Caller frees. */
char *step_label(const struct played_step *played);

/* pointer.c: the places that a JSON pointer names, * being any item of a list. At most POINTER_PLACES. */
#define POINTER_PLACES 20000u
struct places {
	const struct node **items;
	size_t count, capacity;
};
void pointer_find(const struct node *root, const char *pointer, struct places *ret_places);
bool pointer_has_star(const char *pointer);
void places_clear(struct places *places);

/* A value as JSON on one line, cut when long. Caller frees. */
char *shown_node(const struct node *node);
char *shown_json(struct json *json); /* takes it over */
char *shown_text(const char *text);

#endif
