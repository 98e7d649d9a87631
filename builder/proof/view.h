/* Inside the room: a workflow's result (workflow/result.h) as the reports look at it. Nothing in it is trusted: what is
 * missing or of another kind counts as unknown, and texts are cut. */
#ifndef HIEBOX_PROOF_VIEW_H
#define HIEBOX_PROOF_VIEW_H

#include "proof/proof.h"

/* How much a report shows of one text, in bytes. */
#define VIEW_NAME_MAX 200u
#define VIEW_MESSAGE_MAX 4000u
#define VIEW_BODY_MAX (32u << 10)
#define VIEW_JOURNAL_MAX (64u << 10)
#define VIEW_TOTAL_MAX (16u << 20) /* of all texts together; beyond it VIEW_LITTLE of each */
#define VIEW_LITTLE 120u
#define VIEW_FAILURES_MAX 100u     /* of one step */

enum view_part { VIEW_BEFORE, VIEW_STEP, VIEW_CLEANUP };
enum view_state { VIEW_PASSED, VIEW_FAILED, VIEW_SKIPPED, VIEW_NOT_PLAYED };

struct view_step {
	const struct json *json;
	enum view_part part;
	size_t number;             /* from 1, in its part */
	enum view_state state;
};

/* A walk through a run: before, steps, cleanup. Zero-initialise but for `run`. */
struct view_walk {
	const struct json *run;
	struct view_step step;     /* where it is */
	bool begun;
};
bool view_next(struct view_walk *walk); /* false: that was all */

enum proof_verdict view_run_verdict(const struct json *run);
/* How a step counts as a test: what was not played because of an earlier failure was skipped. Cleanup and what goes
 * before is a test only when it did not pass. */
bool view_is_test(const struct view_step *step);
/* The run went wrong, but no step of it did: it was stopped, or its result is none. */
bool view_unexplained(const struct json *run);

/* The text of a key, or `fallback`. Borrowed. */
const char *view_text(const struct json *object, const char *key, const char *fallback);
double view_number(const struct json *object, const char *key); /* 0 when there is none, or a senseless one */
/* From a map of languages: in that language, else English, else the first; NULL when there is none. Borrowed. */
const char *view_said(const struct json *object, const char *key, const char *language);
const char *view_run_name(const struct json *run); /* its id; "workflow" without one. Borrowed. */
/* "register-at-a", "3", "cleanup-1", "before": short and the same in each run. Caller frees. */
char *view_step_name(const struct view_step *step);
/* "point-of-service clinic → exchange → record"; NULL when nobody is named. Caller frees. */
char *view_speakers(const struct view_step *step);
/* Why it was skipped or not played; caller frees. */
char *view_why_not(const struct view_step *step, const char *language);

/* What is left to be shown. */
struct allowance {
	size_t left;
};
/* A copy of at most `most` bytes of a text, and less when the allowance is used up; it ends with how much is missing.
 * NULL gives NULL. Caller frees. */
char *view_cut(struct allowance *allowance, const char *text, size_t most);
/* The same, but it is the end that is kept. */
char *view_cut_begin(struct allowance *allowance, const char *text, size_t most);

/* Adds `whole` to `out` when it fits there, else sets its overflow. */
void view_publish(struct buffer *whole, struct buffer *out);
/* "2026-11-23T04:49:02Z"; caller frees. */
char *view_time(int64_t seconds);

#endif
