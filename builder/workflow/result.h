/* result: what a play gave, for machines: JSON, and TAP. */
#ifndef HIEBOX_WORKFLOW_RESULT_H
#define HIEBOX_WORKFLOW_RESULT_H

/* Part of the door: workflow.h includes this. */

/* The words that JSON has for them. */
const char *verdict_word(enum verdict verdict);           /* "not-played", "passed", "failed", "skipped" */
const char *skip_word(enum skip_kind kind);               /* "needs", "requires", "variable", … */
const char *failure_word(enum failure_kind kind);         /* "status", "json", … */
const char *failure_how_word(enum failure_how how);       /* as in the file: "is-not" */

/* One object; texts for people are maps from language to text, as in the workflow; what is unknown or empty is absent:
 *   format       1
 *   workflow, architecture, title, summary, shows
 *   verdict      passed | failed | skipped | not-played (it goes on, or was stopped)
 *   stopped      true when it was
 *   state        "playing" or "ended"
 *   base         the address it was played against
 *   began        RFC 3339, UTC        milliseconds   of the whole run
 *   before       a step object: the workflow's needs and questions, with its verdict
 *   steps, cleanup   lists of step objects, also of those that were not played (yet):
 *     number, id, tell, from, via, to (names)  from-role, via-role, to-role  as, transaction, shows
 *     verdict    as above         playing   true: it is under way
 *     skipped    { why: needs | requires | variable | writes | credential | script, missing: NAME, otherwise: {language: text} }
 *     request    { method, path, headers: ["Name: value"], body, length, cut }    Authorization names the credential
 *     answer     { status, headers, body, length, cut }
 *     milliseconds, answer-milliseconds, tries
 *     kept       { variable: value }
 *     failures   [{ kind, how, at, expected, got, file, line, column, message }]
 *     diagnostics  what an OperationOutcome said
 * Caller releases. `playing`: the step that is under way; NULL: the run has ended. */
struct json *workflow_result_json(const struct workflow_result *result, const struct played_step *playing);

/* Test Anything Protocol, version 14: a test for each step, with failures as YAML; a workflow that was skipped is one test with "# SKIP why".
 * Tests are counted on from `*number`, so that several runs make one stream: the caller writes the first line and,
 * at the end, the plan. */
void workflow_result_tap(const struct workflow_result *result, const char *language, unsigned *number,
			 struct buffer *out);

/* Why it was skipped, in a language where the workflow's author said it, else in English. Caller frees. */
char *workflow_skip_text(const struct played_step *step, const char *language);

#endif
