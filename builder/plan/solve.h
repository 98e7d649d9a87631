/* solve: what plan_solve and its explanations share. Private to plan. */
#ifndef HIEBOX_PLAN_SOLVE_H
#define HIEBOX_PLAN_SOLVE_H

#include "base/base.h"
#include "plan/plan.h"
#include "plan/pick.h"

/* Up to three package or virtual names like this one, "a, b or c"; NULL when none is near. In the pick's arena. */
const char *solve_nearest(struct pick *pick, const char *name);

/* "trixie has b 1.0 and trixie-security has b 1.1"; "" when there is no such package. In the pick's arena. */
const char *solve_versions_text(struct pick *pick, const char *name);

/* Who provides a name, best first: "postfix, exim4 and 3 more". In the pick's arena. */
const char *solve_providers_text(struct pick *pick, const char *name);

/* "demo.yaml:12:5", or in words when the request stands in no file. In the pick's arena. */
const char *solve_asker(struct pick *pick, const struct package_request *request);

/* Adds a mistake at the place of the request; NULL: of every system's Essential packages. */
void solve_blame(struct diagnostics *mistakes, const struct package_request *request, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Turns the failures of a pick into plain words, one mistake for each. */
void solve_explain(struct pick *pick, struct diagnostics *mistakes);

#endif
