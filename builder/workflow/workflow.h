/* workflow: a story in HTTP steps with expectations, read from a file and checked; every value with its
 * place. Beside the line of rooms: the builder and the box's agent both use it. The format is explained
 * by `hiebox help workflow`, from the key table in table.c.
 *
 * What a player must know. Steps are played in order; a step waits for its answer, at most `time_out`,
 * and with `retry` it is sent again every so often until everything expected is there or the time is over. What `keep` takes out of the answer counts as a variable in all later steps.
 * Cleanup steps are played at the end in any case, each unless a variable in it was never kept. Text
 * with {{variable}} is kept as it was written; in a path, values are percent-encoded where they are put
 * in. `{{unique}}` and `{{uuid}}` are made anew at each mention in `values`, once for each run. */
#ifndef HIEBOX_WORKFLOW_H
#define HIEBOX_WORKFLOW_H

#include "base/base.h"
#include "document/document.h"
#include "schema/schema.h"

struct actor {
	struct placed_text role;       /* in the words of the OpenHIE architecture, "client-registry" */
	struct placed_text name;       /* as steps say it */
};

/* A value that an answer must have; every field that is not NULL or false must hold. */
struct expected_value {
	struct placed_text at;         /* a JSON pointer (RFC 6901; "*": any item of a list), or a header's name */
	const struct node *is;         /* equal: for objects with the same keys, for lists in the same order */
	const struct node *differs;    /* not equal */
	const struct node *one_of;     /* a list: equal to one of these */
	const struct node *contains;   /* a part of the text; an item of the list; keys and values of the object */
	struct placed_text matches;    /* POSIX extended regular expression (regex(7)), found in the text */
	const struct node *count;      /* whole number: exactly so many items */
	const struct node *at_least, *at_most;
	bool present, absent;
	struct place place;
};

struct kept_value {
	struct placed_text name;       /* of the variable */
	struct placed_text json;       /* a JSON pointer into the answer's body, or … */
	struct placed_text header;     /* … an answer's header */
	struct placed_text match;      /* regular expression whose first group is kept, or all that it finds; text NULL: everything */
	struct place place;
};

struct workflow_request {
	struct placed_text method, path; /* path with query, from the exchange's root */
	struct entry_list headers;
	const struct node *json;       /* one of these three bodies, or none (NULL, NULL, 0) */
	struct placed_text text;
	struct entry_list form;        /* application/x-www-form-urlencoded */
	struct place place;
};

struct expectation {
	struct number_list status;     /* one of these; never empty */
	struct expected_value *headers;
	size_t header_count;
	struct expected_value *json;
	size_t json_count;
	struct text_list text;         /* parts of the body */
	struct place place;
};

/* A question whose answer tells whether the rest can be played at all. */
struct requirement {
	struct entry_list otherwise;   /* language to text: why it was skipped */
	struct placed_text as;
	struct workflow_request request;
	struct expectation expect;
	struct place place;
};

struct retry {
	unsigned every, within;        /* milliseconds; within 0: the step is sent once */
	struct place place;
};

struct step {
	struct placed_text id;         /* text NULL: known by its number */
	struct entry_list tell;        /* language to text */
	struct placed_text from, via, to; /* names of actors; via may be NULL */
	struct placed_text as;         /* a credential of the box; NULL: none is sent */
	struct placed_text transaction; /* "ITI-104", or NULL */
	struct text_list shows;        /* requirement ids */
	struct requirement *requires;  /* when one does not hold, this step alone is skipped */
	size_t requires_count;
	struct workflow_request request;
	struct expectation expect;
	struct kept_value *keep;
	size_t keep_count;
	struct retry retry;
	unsigned time_out;             /* milliseconds */
	struct place place;
};

/* How to break what the workflow plays on, so that it fails at a certain step; for learners. */
struct exercise {
	struct entry_list breaks, why, mend; /* language to text */
	struct placed_text step;       /* the id of the step that then fails */
	const char *message;           /* a part of what it then says, as `hie workflow run` writes it */
	struct place place;
};

struct workflow {
	const char *id, *architecture; /* "4.0": version of the OpenHIE architecture specification */
	struct entry_list title, summary; /* language to text */
	unsigned order;                /* place in lists, lower first */
	struct text_list languages;    /* the title's, to which all texts are complete */
	struct text_list shows, needs; /* requirement ids; roles or components that the box must have */
	struct actor *actors;
	size_t actor_count;
	struct entry_list values;      /* variable to text */
	struct requirement *requires;
	size_t requires_count;
	struct step *steps;
	size_t step_count;
	struct step *cleanup;          /* without actors; tell and what is expected may be missing */
	size_t cleanup_count;
	struct exercise *exercises;
	size_t exercise_count;
	struct place place;
};

/* What the workflow's names are checked against. Each is NULL-terminated; NULL: not checked. */
struct workflow_names {
	const char *const *roles;       /* components and the roles they provide, besides the architecture's own */
	const char *const *credentials;
};

/* Reads a workflow from the tree of a document and checks it; the file's name without .yaml must be its id.
 * All mistakes are added to `mistakes` at their places, with the nearest right names. `*ret_workflow`
 * lives in `arena` and borrows from the document. Returns 0, or -1 when there was a mistake; then it is not
 * set. `names` may be NULL. */
int workflow_read(const struct node *root, const struct workflow_names *names, struct arena *arena,
		  const struct workflow **ret_workflow, struct diagnostics *mistakes);

/* Adds every requirement id of the OpenHIE architecture specification 4.0, in its order. */
void workflow_requirement_ids(struct strings *ids);

/* The file kind, for help and JSON Schema. */
extern const struct file_kind kind_workflow;

#include "workflow/play.h"   /* playing it */
#include "workflow/result.h" /* what came of it, for machines */

#endif
