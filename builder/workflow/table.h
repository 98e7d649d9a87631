/* Inside the room: the key table, and what checks need of it. */
#ifndef HIEBOX_WORKFLOW_TABLE_H
#define HIEBOX_WORKFLOW_TABLE_H

#include "workflow/workflow.h"

/* values.c */
extern const struct value_type value_variable, value_role, value_credential, value_transaction,
	value_requirement, value_request_path, value_header, value_sent_header, value_kept_header,
	value_json_pointer, value_regular_expression, value_content, value_id_placed;

/* The architecture's own roles, ended by a NULL name. */
extern const struct word role_words[];

/* What the checks share. */
struct checker {
	const struct workflow *workflow;
	const struct workflow_names *names;
	struct diagnostics *mistakes;
};

/* Notes `format` at a place, in front of it the key. */
void workflow_mistake(const struct checker *checker, struct place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* check.c: what the key table cannot see. */
void workflow_check(const struct checker *checker);
/* messages.c: each request and expectation by itself. */
void check_request(const struct checker *checker, const struct workflow_request *request);
void check_expectation(const struct checker *checker, const struct expectation *expect,
		       const struct workflow_request *request);
void check_kept(const struct checker *checker, const struct kept_value *kept);
/* variables.c: each {{variable}} was declared or kept before. */
void check_variables(const struct checker *checker);

#endif
