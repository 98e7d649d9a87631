/* map: what a message was, by its method and the shape of its address. Sources: the OpenHIE architecture's workflows;
 * IHE ITI (PDQm, PIXm, PMIR, mCSD, SVCM) for the names of transactions. */
#include <string.h>

#include "agent/map.h"

static const struct {
	const char *id;
	enum sentence name;
} places[MAP_PLACES] = {
	[MAP_TERMINOLOGY] = { "terminology-service", SAY_MAP_TERMINOLOGY },
	[MAP_CLIENTS] = { "client-registry", SAY_MAP_CLIENTS },
	[MAP_RECORDS] = { "shared-health-record", SAY_MAP_RECORDS },
	[MAP_FACILITIES] = { "facility-registry", SAY_MAP_FACILITIES },
	[MAP_WORKERS] = { "health-worker-registry", SAY_MAP_WORKERS },
	[MAP_PRODUCTS] = { "product-catalogue", SAY_MAP_PRODUCTS },
	[MAP_MANAGEMENT] = { "health-management-information-system", SAY_MAP_MANAGEMENT },
	[MAP_LOGISTICS] = { "logistics-management-information-system", SAY_MAP_LOGISTICS },
	[MAP_FINANCE] = { "finance-and-insurance-service", SAY_MAP_FINANCE },
	[MAP_OTHER] = { "other", SAY_MAP_OTHER },
};

const char *map_place_id(enum map_place place)
{
	return places[place].id;
}

enum sentence map_place_name(enum map_place place)
{
	return places[place].name;
}

/* Where a resource type lives when everything comes by one address. */
static const struct {
	const char *type;
	enum map_place place;
} types[] = {
	{ "Patient", MAP_CLIENTS }, { "$match", MAP_CLIENTS }, { "$mdm-", MAP_CLIENTS },
	{ "Location", MAP_FACILITIES }, { "Organization", MAP_FACILITIES }, { "HealthcareService", MAP_FACILITIES },
	{ "Endpoint", MAP_FACILITIES }, { "Practitioner", MAP_WORKERS },
	{ "CodeSystem", MAP_TERMINOLOGY }, { "ValueSet", MAP_TERMINOLOGY }, { "ConceptMap", MAP_TERMINOLOGY },
};

/* "" is any text; a type stands for itself with everything behind it. The first row that fits counts. */
static const struct {
	const char *methods, *begins, *ends;
	enum sentence words;
	const char *transaction;
} kinds[] = {
	{ "", "metadata", "", SAY_MAP_DID_METADATA, NULL },
	{ "", "$mdm-", "", SAY_MAP_DID_STEWARD, NULL },
	{ "", "Patient", "/$ihe-pix", SAY_MAP_DID_IDENTITY, "ITI-83" },
	{ "", "Patient", "/$match", SAY_MAP_DID_MATCH, "ITI-119" },
	{ "", "Patient", "/$summary", SAY_MAP_DID_SUMMARY, NULL },
	{ "", "Patient", "/$everything", SAY_MAP_DID_EVERYTHING, NULL },
	{ "POST", "Patient", "/_search", SAY_MAP_DID_FIND, "ITI-78" },
	/* PIXm's feed is conditional, by identifier; what names an id, and a plain POST, is not of it. */
	{ "PUT POST PATCH", "Patient/", "", SAY_MAP_DID_REGISTER, NULL },
	{ "DELETE", "Patient/", "", SAY_MAP_DID_DELETE, NULL },
	{ "PUT", "Patient", "", SAY_MAP_DID_REGISTER, "ITI-104" },
	{ "DELETE", "Patient", "", SAY_MAP_DID_DELETE, "ITI-104" },
	{ "POST PATCH", "Patient", "", SAY_MAP_DID_REGISTER, NULL },
	{ "GET HEAD", "Patient/", "", SAY_MAP_DID_PERSON, "ITI-78" },
	{ "GET HEAD", "Patient", "", SAY_MAP_DID_FIND, "ITI-78" },
	{ "POST", "Practitioner", "/_search", SAY_MAP_DID_WORKER, "ITI-90" },
	{ "POST", "Location", "/_search", SAY_MAP_DID_FACILITY, "ITI-90" },
	{ "POST", "Organization", "/_search", SAY_MAP_DID_FACILITY, "ITI-90" },
	{ "GET HEAD", "Practitioner", "", SAY_MAP_DID_WORKER, "ITI-90" },
	{ "GET HEAD", "Location", "", SAY_MAP_DID_FACILITY, "ITI-90" },
	{ "GET HEAD", "Organization", "", SAY_MAP_DID_FACILITY, "ITI-90" },
	{ "GET HEAD", "HealthcareService", "", SAY_MAP_DID_FACILITY, "ITI-90" },
	{ "", "ValueSet", "/$expand", SAY_MAP_DID_EXPAND, "ITI-97" },
	{ "", "ValueSet", "/$validate-code", SAY_MAP_DID_VALIDATE, "ITI-99" },
	{ "", "CodeSystem", "/$validate-code", SAY_MAP_DID_VALIDATE, "ITI-99" },
	{ "", "CodeSystem", "/$lookup", SAY_MAP_DID_LOOKUP, "ITI-98" },
	{ "", "ConceptMap", "/$translate", SAY_MAP_DID_TRANSLATE, "ITI-101" },
	{ "GET HEAD", "ValueSet", "", SAY_MAP_DID_CODES, "ITI-95" },
	{ "GET HEAD", "CodeSystem", "", SAY_MAP_DID_CODES, "ITI-96" },
	{ "GET HEAD", "ConceptMap", "", SAY_MAP_DID_CODES, "ITI-100" },
	{ "GET HEAD", "Encounter", "", SAY_MAP_DID_ASK_VISITS, NULL },
	{ "PUT POST PATCH", "Encounter", "", SAY_MAP_DID_VISIT, NULL },
	{ "GET HEAD", "ServiceRequest", "", SAY_MAP_DID_ASK_ORDERS, NULL },
	{ "PUT POST PATCH", "ServiceRequest", "", SAY_MAP_DID_ORDER, NULL },
	{ "GET HEAD", "Task", "", SAY_MAP_DID_ASK_ORDERS, NULL },
	{ "PUT POST PATCH", "Task", "", SAY_MAP_DID_TASK, NULL },
	{ "GET HEAD", "DiagnosticReport", "", SAY_MAP_DID_ASK_RESULTS, NULL },
	{ "PUT POST PATCH", "DiagnosticReport", "", SAY_MAP_DID_RESULT, NULL },
	{ "GET HEAD", "Observation", "", SAY_MAP_DID_ASK_RESULTS, NULL },
	{ "PUT POST PATCH", "Observation", "", SAY_MAP_DID_RESULT, NULL },
	{ "GET HEAD", "Immunization", "", SAY_MAP_DID_ASK_VACCINES, NULL },
	{ "PUT POST PATCH", "Immunization", "", SAY_MAP_DID_VACCINE, NULL },
	{ "", "", "/_search", SAY_MAP_DID_READ, NULL },
	{ "GET HEAD", "", "", SAY_MAP_DID_READ, NULL },
	{ "DELETE", "", "", SAY_MAP_DID_DELETE, NULL },
	{ "PUT POST PATCH", "", "", SAY_MAP_DID_WRITE, NULL },
	{ "", "", "", SAY_MAP_DID_OTHER, NULL },
};

static bool has_word(const char *words, const char *word)
{
	autostrings struct strings list = { 0 };
	strings_split(&list, words, " ");
	return !words[0] || strings_have(&list, word);
}

/* The part behind the base ("/CR/fhir/Patient" → "Patient"), and where the base alone leads; NULL: no FHIR of ours. */
static const char *behind_base(const char *path, enum map_place *ret_place)
{
	static const struct {
		const char *base;
		enum map_place place;
	} bases[] = {
		{ "/CR/fhir", MAP_CLIENTS }, { "/SHR/fhir", MAP_RECORDS }, { "/FR/fhir", MAP_FACILITIES },
		{ "/TS/fhir", MAP_TERMINOLOGY }, { "/fhir", MAP_PLACES },
	};
	for (size_t i = 0; i < LENGTH(bases); i++) {
		size_t length = strlen(bases[i].base);
		if (!text_starts(path, bases[i].base) || (path[length] && path[length] != '/'))
			continue;
		*ret_place = bases[i].place;
		return path[length] ? path + length + 1 : path + length;
	}
	return NULL;
}

static enum map_place place_of_type(const char *rest)
{
	for (size_t i = 0; i < LENGTH(types); i++)
		if (text_starts(rest, types[i].type))
			return types[i].place;
	return MAP_RECORDS;
}

struct map_kind map_kind_of(const char *method, const char *path)
{
	struct map_kind kind = { MAP_OTHER, SAY_MAP_DID_OTHER, NULL };
	const char *rest = behind_base(path, &kind.place);
	if (!rest)
		return kind;
	bool summary = text_ends(rest, "/$summary") || text_ends(rest, "/$everything");
	if (kind.place == MAP_PLACES)
		kind.place = summary ? MAP_RECORDS : place_of_type(rest);
	if (kind.place == MAP_FACILITIES && text_starts(rest, "Practitioner"))
		kind.place = MAP_WORKERS;
	if (!rest[0] && text_equal(method, "POST")) {
		kind.words = SAY_MAP_DID_BUNDLE;
		return kind;
	}
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (has_word(kinds[i].methods, method) && text_starts(rest, kinds[i].begins) && text_ends(rest, kinds[i].ends)) {
			kind.words = kinds[i].words;
			kind.transaction = kinds[i].transaction;
			break;
		}
	return kind;
}

/* Of a path as OpenHIM recorded it; events.js does the same before it tells. What the table above knows stays. */
char *map_shape(const char *path)
{
	autostrings struct strings parts = { 0 };
	struct buffer out = { 0 };
	bool started = false;
	strings_split(&parts, path, "/");
	for (size_t i = 0; i < parts.count; i++) {
		const char *part = parts.items[i];
		bool base = i < 2 && (text_equal(part, "fhir") || text_equal(part, "CR") || text_equal(part, "SHR")
				      || text_equal(part, "FR") || text_equal(part, "TS"));
		bool kept = base || part[0] == '$' || part[0] == '_' || (!started && part[0] >= 'A' && part[0] <= 'Z')
			|| text_equal(part, "metadata");
		buffer_format(&out, "/%s", kept ? part : "*");
		started = started || !base;
	}
	return out.length ? buffer_steal(&out) : text_copy("/");
}
