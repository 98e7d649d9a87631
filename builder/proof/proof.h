/* proof: what a running box, or somebody's exchange, was seen to do, and the reports of it.
 * Sources: TAP 14; JUnit's XML as Jenkins and GitLab read it (testsuites/testsuite/testcase, failure, error, skipped);
 * FHIR R4 TestReport; WCAG 2.1 for the page. */
#ifndef HIEBOX_PROOF_H
#define HIEBOX_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "document/document.h"
#include "machine/machine.h"
#include "workflow/workflow.h"

enum proof_verdict { PROOF_PASSED, PROOF_FAILED, PROOF_SKIPPED, PROOF_ERROR }; /* error: it could not be tried */

/* One check of the image itself. Texts are owned. */
struct proof_check {
	char *name;                 /* "nothing listens that the plan does not name" */
	enum proof_verdict verdict;
	char *message;              /* what is wrong, or why it was skipped; NULL */
	char *detail;               /* lines for a report: a journal, a list; NULL */
	double seconds;
};
/* One service of the boot. */
struct proof_service {
	char *unit;                 /* "hapi-fhir.service" */
	double begins, ready;       /* seconds after the first process; ready < 0: never */
	uint64_t memory;            /* bytes, at the end: the sum of its processes' Pss; 0 unknown */
	bool failed;
	char *journal;              /* its last lines when it failed; NULL */
};

struct proof {
	char *what;                 /* image, recipe or address that was tested */
	char *how;                  /* "QEMU, KVM", "systemd-nspawn", "against https://…" */
	char *version;              /* of the recipe's image: its key; NULL against others */
	int64_t began;              /* seconds since 1970 */
	double seconds, healthy;    /* whole; until everything was healthy (<0: never) */
	struct json **runs;         /* workflow_result_json() of each workflow, in order; owned */
	size_t run_count;
	struct proof_check *checks;
	size_t check_count;
	struct proof_service *services;
	size_t service_count;
	char *last;                 /* what happened last when it broke off: console's end; NULL */
	char *broke;                /* why it broke off, in a sentence; NULL: it ended as it should */
	struct strings left;        /* what was written and not removed: "DELETE …" hints, one per line */
};

void proof_clear(struct proof *proof);
#define autoproof __attribute__((cleanup(proof_clear)))
/* Copies the texts; `message` and `detail` may be NULL. Gives the check, so that its seconds can be set; it stays there
 * until the next is added. */
struct proof_check *proof_add_check(struct proof *proof, const char *name, enum proof_verdict verdict, const char *message,
				    const char *detail);
/* Takes over the result of a workflow (json_release() is proof_clear()'s). */
void proof_add_run(struct proof *proof, struct json *result);

/* Adds to `left` what the run of a workflow wrote and nothing of it removed, a line each: "DELETE /CR/fhir/Patient/12 (step
 * register of identity-feed)" removes it; "not undone: PUT …" changed what was there before. Reading by what was sent and
 * answered (proof/left.c). */
void proof_left(const struct workflow_result *result, struct strings *left);

/* Failed when anything failed; error when it broke off or something could not be tried; else passed. Skipped alone is
 * passed, and counted. */
enum proof_verdict proof_verdict(const struct proof *proof);
struct proof_counts { size_t passed, failed, skipped, errors; };
struct proof_counts proof_count(const struct proof *proof); /* workflows and checks */

/* The reports. Each adds to `out`, whole or not at all (then out->overflow is set); texts for people in `language` where
 * a workflow has it. Every byte that came over a network or from a box is escaped, control characters too. Bounded: of
 * bodies, messages and journals so much is shown as view.h says, and says so where it is cut.
 * TAP: each check and each step is a test, with the plan at the end; proof_tap_run() and proof_tap_check() are its parts,
 * for who shows them as they come (tests are counted on from `*number`; the caller writes the version and the plan).
 * JUnit: a testsuite per workflow and one for the checks. TestReport: one Bundle (type collection) with a TestReport per
 * workflow and one for the checks, valid R4. HTML: one file that needs no other, without script. */
void proof_tap(const struct proof *proof, const char *language, struct buffer *out);
void proof_tap_run(const struct json *run, const char *language, unsigned *number, struct buffer *out);
void proof_tap_check(const struct proof_check *check, unsigned *number, struct buffer *out);
void proof_junit(const struct proof *proof, const char *language, struct buffer *out);
void proof_testreport(const struct proof *proof, const char *language, struct buffer *out);
void proof_html(const struct proof *proof, const char *language, struct buffer *out);

/* What an image opens, and its mode as in the recipe; `whom` as in a component: local-network, box, services, developer. */
struct proof_port { uint16_t port; bool udp; const char *whom; };
struct proof_plan {
	const struct proof_port *ports;
	size_t count;
	const char *mode;
};
/* Asks the running box about itself and adds the checks: no unit failed; nothing listens that the plan does not name and
 * everything that it names does; the firewall lets in no more; each default login of openhie.md is refused; health at the
 * end. Fills `services`. -1 only when the box does not answer any more. */
int proof_look(struct machine *machine, const struct proof_plan *plan, struct proof *proof, struct error *err);
/* Restarts the box and adds: what was written before is there; provisioning again changed nothing. */
int proof_restart(struct machine *machine, struct proof *proof, struct error *err);
/* Of a box that does not answer any more: reads the journal files in `folder` (journalctl of this machine), adds each
 * unit that failed in its last boot with its journal to `services`, and the journal's end to `last`. */
int proof_journal(const char *folder, struct proof *proof, struct error *err);

#endif
