/* summary: the sums that both the text and the JSON of a plan show. Private to plan. */
#ifndef HIEBOX_PLAN_SUMMARY_H
#define HIEBOX_PLAN_SUMMARY_H

#include "plan/plan.h"

struct amount {
	size_t count, present;           /* files; how many the store has */
	uint64_t bytes, present_bytes;   /* known sizes only */
};
struct amount summary_packages(const struct package_set *set, plan_present *present, void *context);
struct amount summary_payloads(const struct planned_source *source, plan_present *present, void *context);
/* What the source is called: the lock's or Java file's name, or where a file comes from. Borrowed. */
const char *summary_source_name(const struct source *source);
/* The component that opens the port. Borrowed. */
const char *summary_port_owner(const struct plan *plan, const struct port *port);

/* What is fetched, by kind: the image's packages, the tools', then npm, maven and single files. */
enum fetch_kind { FETCH_IMAGE, FETCH_TOOLS, FETCH_NPM, FETCH_MAVEN, FETCH_FILE, FETCH_KINDS };
struct amount summary_fetch(const struct plan *plan, enum fetch_kind kind, plan_present *present, void *context);
extern const char *const summary_fetch_names[FETCH_KINDS];
extern const char *const summary_source_kinds[];

/* The memory of the system itself: what the components leave of the plan's sum. */
uint64_t summary_system_memory(const struct plan *plan);

/* A user of the box, from a component or the recipe. */
struct summary_user {
	const char *name, *home, *shell, *component; /* component NULL: a person of the recipe */
	const struct login_user *person;
};
size_t summary_users(const struct plan *plan, struct arena *arena, struct summary_user **ret_users);

#endif
