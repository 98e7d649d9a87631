/* Which requests only read: decided by what is known to read, so that whatever else there is counts as writing.
 * Sources: RFC 9110 9.2.1 (safe methods), FHIR R4 3.1.0.9.1 (search by POST), the OperationDefinitions of FHIR R4, IPS and
 * PIXm with affectsState false, HAPI's MDM. */
#include "workflow/workflow.h"

#include <string.h>
#include <strings.h>

/* By POST; not those that can be told to keep something ($document, $closure), nor $graphql, which has mutations. */
static const char *const reading_ends[] = {
	"_search",        "$conforms", "$convert",      "$data-requirements", "$everything",        "$expand",
	"$find",          "$graph",    "$find-matches", "$ihe-pix",           "$implements",        "$lastn",
	"$lookup",        "$match",    "$mdm-match",    "$mdm-query-links",   "$meta",              "$preferred-id",
	"$questionnaire", "$stats",    "$subset",       "$subsumes",          "$summary",           "$translate",
	"$validate",      "$versions", "$validate-code",
};

bool method_path_reads(const char *method, const char *path)
{
	if (text_equal(method, "GET") || text_equal(method, "HEAD"))
		return true;
	if (!text_equal(method, "POST"))
		return false;
	size_t length = strcspn(path, "?#");
	for (size_t i = 0; i < LENGTH(reading_ends); i++) {
		size_t end = strlen(reading_ends[i]);
		if (length > end && path[length - end - 1] == '/' && memcmp(path + length - end, reading_ends[i], end) == 0)
			return true;
	}
	return false;
}

bool request_reads(const struct workflow_request *request)
{
	static const char *const overrides[] = { "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override" };
	for (size_t i = 0; i < request->headers.count; i++)
		for (size_t k = 0; k < LENGTH(overrides); k++)
			if (strcasecmp(request->headers.items[i].key.text, overrides[k]) == 0)
				return false;
	return method_path_reads(request->method.text, request->path.text);
}

static const struct workflow_request *find_writing(const struct requirement *requires, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!request_reads(&requires[i].request))
			return &requires[i].request;
	return NULL;
}

static const struct workflow_request *find_in_steps(const struct step *steps, size_t count)
{
	const struct workflow_request *found = NULL;
	for (size_t i = 0; i < count && !found; i++)
		found = !request_reads(&steps[i].request) ? &steps[i].request
							  : find_writing(steps[i].requires, steps[i].requires_count);
	return found;
}

const struct workflow_request *workflow_writes(const struct workflow *workflow)
{
	const struct workflow_request *found = find_writing(workflow->requires, workflow->requires_count);
	if (!found)
		found = find_in_steps(workflow->steps, workflow->step_count);
	return found ? found : find_in_steps(workflow->cleanup, workflow->cleanup_count);
}

/* "$ihe-pix" of /CR/fhir/Patient/$ihe-pix?sourceIdentifier=…, or NULL. Caller frees. */
static char *operation_of(const char *path)
{
	size_t length = strcspn(path, "?#");
	autofree char *plain = text_copy_n(path, length);
	const char *part = strrchr(plain, '/');
	return part && part[1] == '$' && part[2] ? text_copy(part + 1) : NULL;
}

char *workflow_unknown_operation(const struct workflow *workflow, const char *const *operations)
{
	for (size_t i = 0; i < workflow->step_count; i++) {
		const struct step *step = &workflow->steps[i];
		autofree char *operation = step->requires_count ? NULL : operation_of(step->request.path.text);
		size_t n = 0;
		while (operation && operations[n] && !text_equal(operations[n], operation + 1))
			n++;
		if (operation && !operations[n])
			return steal(operation);
	}
	return NULL;
}
