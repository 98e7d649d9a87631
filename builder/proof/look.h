/* Inside the room: asking a running box. */
#ifndef HIEBOX_PROOF_LOOK_H
#define HIEBOX_PROOF_LOOK_H

#include "proof/proof.h"

#define LOOK_ANSWER_MAX (4u << 20)  /* of what a script prints */
#define LOOK_JOURNAL_LINES 80
#define LOOK_UNITS_MAX 500u
#define LOOK_LINES_MAX 40u          /* of a check's detail */

/* Runs a script inside. 0: its output is in *ret_text, whatever its status; caller frees. -1: the box does not answer any
 * more. */
int look_ask(struct machine *machine, const char *script, double seconds, char **ret_text, struct error *err);
/* May a script name it so? */
bool look_is_unit(const char *name);
/* The service of that name, added when it is new. */
struct proof_service *look_service(struct proof *proof, const char *unit);

/* A check that is being made: wrong lines are collected, then it is added. */
struct look_check {
	struct proof *proof;
	const char *name;
	double began;
	struct strings wrong;
};
struct look_check look_begin(struct proof *proof, const char *name);
/* Adds it: passed without wrong lines, else failed with the first in the message and all in the detail. */
void look_end(struct look_check *check);
/* Adds it with another verdict. */
void look_give_up(struct look_check *check, enum proof_verdict verdict, const char *why);

/* look_units.c: failed units with their journals, and the chart of the boot. */
int look_units(struct machine *machine, struct proof *proof, struct error *err);
/* look_ports.c */
int look_ports(struct machine *machine, const struct proof_plan *plan, struct proof *proof, struct error *err);
/* One line each: what is wrong with what `ss -ltnupH` printed, or with the firewall's rules; for tests too. `missing`
 * gets named ports at which nobody listens. */
void look_judge_listeners(const struct proof_plan *plan, const char *text, struct strings *wrong, struct strings *missing);
void look_judge_firewall(const struct proof_plan *plan, const char *text, struct strings *wrong);
/* look_logins.c: each known default login is tried. `box` is box.json's root. */
int look_logins(struct machine *machine, const struct node *box, struct proof *proof, struct error *err);

#endif
