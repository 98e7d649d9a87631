/* play: sends a workflow's requests and judges the answers. The box (`hie workflow run`, the page) and the builder
 * (`hiebox test`) play with the same function. What a player does is said in workflow.h; here is how it decides
 * what that leaves open:
 * - After a failed step the rest is not played; cleanup is, also when an observer stopped the run, but not when
 *   nothing was sent. A step that needs a variable which a skipped step would have kept is skipped too.
 * - A question of `requires` that gets no answer at all, or that of a broken server (5xx but 501), is a failure;
 *   another answer than the expected: skipped.
 * - A pointer with * holds when one place has everything that is expected there; `is-not` when no place is that, and
 *   `absent` when there is no place. A list that is missing has 0 items (FHIR leaves empty lists out).
 * - A text of a file that held a {{variable}} equals a number or boolean of the same writing.
 * - In a path everything that RFC 3986 does not allow is percent-encoded, as in identifier=urn:a|1; a path that has
 *   come to hold "." or ".." as a part is not sent. Redirects are answers: they are not followed.
 * - Without an Accept header FHIR's JSON is asked for. */
#ifndef HIEBOX_WORKFLOW_PLAY_H
#define HIEBOX_WORKFLOW_PLAY_H

/* Part of the door: workflow.h includes this. */

/* Limits for what others send. */
#define PLAY_ANSWER_MAX DOCUMENT_MAX_BYTES  /* a larger body fails the step; it is not read on */
#define PLAY_SHOWN_MAX (32u << 10)          /* of each body in a result … */
#define PLAY_SHOWN_TOTAL (1u << 20)         /* … and of all; beyond it PLAY_SHOWN_LITTLE */
#define PLAY_SHOWN_LITTLE 1024u
#define PLAY_HEADERS_SHOWN 50u              /* of an answer in a result … */
#define PLAY_HEADER_SHOWN 1024u             /* … and bytes of each */
#define PLAY_SUBJECT_MAX (16u << 10)        /* a regular expression looks at no longer text */
#define PLAY_KEPT_MAX 2000u                 /* bytes of a kept value */
#define PLAY_RUN_SECONDS 1800u              /* a whole run; then it is stopped */

enum verdict { VERDICT_NOT_PLAYED, VERDICT_PASSED, VERDICT_FAILED, VERDICT_SKIPPED };

/* Why something was skipped: the exchange lacks a role; a question had another answer; a variable is unknown; it would
 * write where only reading is allowed; a credential that it names was not given; the scripts of a Postman collection went past it;
 * the server has no such operation. */
enum skip_kind { SKIP_NONE, SKIP_NEEDS, SKIP_REQUIRES, SKIP_VARIABLE, SKIP_WRITES, SKIP_CREDENTIAL, SKIP_SCRIPT, SKIP_OPERATION };

enum failure_kind {
	FAILURE_NO_ANSWER,    /* got: why */
	FAILURE_CREDENTIAL,   /* at: its name; got: why */
	FAILURE_REQUEST,      /* it could not be made: got: why */
	FAILURE_TOO_LARGE,    /* expected, got: bytes */
	FAILURE_STATUS,
	FAILURE_HEADER,       /* at: its name */
	FAILURE_BODY,         /* it is no JSON; got: why, and how it begins */
	FAILURE_JSON,         /* at: the pointer */
	FAILURE_TEXT,
	FAILURE_KEEP,         /* at: the variable */
	FAILURE_SCRIPT,       /* of a Postman collection; at: its test; got: what it said */
};

/* How two values were compared; what a message says about it. */
enum failure_how {
	HOW_NONE, HOW_IS, HOW_IS_NOT, HOW_ONE_OF, HOW_CONTAINS, HOW_MATCHES, HOW_COUNT, HOW_AT_LEAST, HOW_AT_MOST,
	HOW_PRESENT, HOW_ABSENT,
};

/* An expectation that did not hold. Texts are owned; `expected` and `got` are JSON or plain text, cut when long, or
 * NULL: nothing. */
struct failure {
	enum failure_kind kind;
	enum failure_how how;
	struct place place;       /* in the workflow's file */
	char *at, *expected, *got;
	char *message;            /* file:line:column: step "id": /at: expected …, got … */
};

/* What went over the wire last. A body that is cut says so; its full length is known all the same. */
struct played_body {
	char *text;               /* NULL: none; may hold any byte */
	size_t shown, length;     /* bytes in `text`; bytes that were sent or came */
};
struct exchange {
	char *method, *path;      /* as sent; NULL: nothing was sent */
	struct strings sent_headers; /* "Name: value"; Authorization's value is the credential's name */
	struct played_body sent;
	long status;              /* 0: no answer */
	struct strings headers;   /* the first of them, cut when long */
	struct played_body body;
	double milliseconds;      /* of the last try */
	unsigned tries;
};

struct played_step {
	const struct step *step;  /* NULL: the workflow's own needs and questions */
	bool cleanup;
	size_t number;            /* from 1 */
	enum verdict verdict;
	enum skip_kind skip;
	const struct entry_list *otherwise; /* SKIP_REQUIRES: language to text */
	const char *missing;      /* SKIP_NEEDS: the role; SKIP_VARIABLE: the variable; SKIP_WRITES: the method; SKIP_CREDENTIAL: its name; SKIP_OPERATION: "$" and its name */
	struct exchange exchange; /* of a step that was skipped: the question */
	struct failure *failures;
	size_t failure_count;
	char *diagnostics;        /* what an OperationOutcome said, or NULL */
	struct strings kept;      /* name and value by turns */
	double milliseconds;      /* with questions, tries and the waiting between them */
};

struct workflow_result {
	const struct workflow *workflow; /* borrowed, like all that points into it */
	char *base;
	char *operation;          /* what `missing` borrows with SKIP_OPERATION, or NULL */
	enum verdict verdict;     /* NOT_PLAYED while it goes, and when it was stopped before it failed */
	bool stopped;             /* by the observer, or because it took too long */
	int64_t began;            /* seconds since 1970 */
	double milliseconds;
	struct played_step before; /* the workflow's needs and questions */
	struct played_step *steps, *cleanup; /* as many as the workflow has */
};

/* What a request is sent with as one of an exchange's systems. Texts are owned; NULL: not that; all NULL: as nobody. */
struct play_login {
	char *user, *password;    /* HTTP Basic */
	char *token;              /* Authorization: Bearer (RFC 6750) */
	char *certificate, *key;  /* of mutual TLS: files in PEM; one file may hold both */
	char *key_password;       /* the key's passphrase */
};
void play_login_clear(struct play_login *login); /* passwords are overwritten */

/* Paths that begin with `from` ("/CR/fhir") are asked at `to` ("/fhir", or "": at the base itself). */
struct play_place {
	const char *from, *to;
};
/* The path as it is asked: the longest `from` that is whole parts of it counts; "" is possible. Caller frees. */
char *play_path(const struct play_place *places, size_t count, const char *path);

struct play_settings {
	const char *base;         /* "https://127.0.0.1:5000": http or https, perhaps with a path, without a query */
	const char *ca_file;      /* trust this bundle only; NULL: the system's */
	bool insecure;            /* certificates are not looked at */
	const struct play_login *connection; /* its certificate is shown with every request that has none of its own; may be NULL */
	const struct play_place *places; /* where what is asked is elsewhere; results have the paths that were asked */
	size_t place_count;
	bool only_read;           /* a workflow that would write is skipped whole; no request that could write is sent */
	const struct http_settings *http; /* proxies; NULL: the environment's */
	const char *const *roles; /* what the exchange has: roles and components, NULL-terminated; NULL: everything */
	const char *const *known; /* credentials there are, NULL-terminated: a workflow that names another is skipped whole; NULL: its step fails */
	const char *const *operations; /* those of the server without "$", NULL-terminated: a workflow with a step that asks for another
					* and has no `requires` is skipped whole; NULL: they are not known */
	/* Gives what a credential is; the caller clears it, whatever comes back. -1: there is none, and why. */
	int (*credential)(void *context, const char *name, struct play_login *ret_login, struct error *err);
	void *context;
	uint64_t seed;            /* not 0: unique values are the same in each run, for tests */
	int64_t now;              /* not 0: the time that {{now}} and {{today}} say */
};

/* Who looks on; each function may be NULL. */
struct play_observer {
	/* Before each step (also cleanup, where the answer does not count): false stops the run. It may wait. */
	bool (*begins)(void *context, const struct workflow_result *result, const struct played_step *step);
	void (*ended)(void *context, const struct workflow_result *result, const struct played_step *step);
	bool (*stop)(void *context); /* asked while waiting, at least once a second; true stops the run */
	void *context;
};

/* Plays. 0 when there is a result, whatever it says; -1 when the settings cannot be used. `observer` may be NULL.
 * Free the result with workflow_result_free(). */
int workflow_play(const struct workflow *workflow, const struct play_settings *settings,
		  const struct play_observer *observer, struct workflow_result **ret_result, struct error *err);
void workflow_result_free(struct workflow_result *result); /* NULL allowed */
void cleanup_workflow_result(struct workflow_result **result);
#define auto_workflow_result __attribute__((cleanup(cleanup_workflow_result)))

/* Adds what a player of its own (of Postman collections) found wrong with a step. `at` may be NULL. */
void played_add_failure(struct played_step *played, enum failure_kind kind, const char *at, const char *got);

/* The first need of the workflow that is not among these roles, or NULL. `roles` NULL: everything is there. */
const char *workflow_missing(const struct workflow *workflow, const char *const *roles);
/* Is it known to change nothing where it is sent? GET and HEAD; POST when the path's last part is _search or one of the
 * operations listed in reads.c. A variable there counts as writing. */
bool request_reads(const struct workflow_request *request);
bool method_path_reads(const char *method, const char *path);
/* The first credential that it names (of 64) and that is not among these, or NULL. Borrowed from the workflow. */
const char *workflow_unknown_credential(const struct workflow *workflow, const char *const *known);
/* The first operation ("$ihe-pix") of a step without `requires` that is not among these, or NULL. Caller frees. */
char *workflow_unknown_operation(const struct workflow *workflow, const char *const *operations);
/* The first request that may write, of questions, steps and cleanup; NULL: the workflow only reads. */
const struct workflow_request *workflow_writes(const struct workflow *workflow);
/* The text in a language, else in English, else the first; NULL when there is none. Borrowed. */
const char *workflow_text(const struct entry_list *texts, const char *language);

#endif
