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

#endif
