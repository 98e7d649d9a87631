/* What single values of a workflow look like. */
#include "workflow/table.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>
#include <strings.h>

const struct word role_words[] = {
	{ "point-of-service", 0 },
	{ "interoperability-layer", 0 },
	{ "client-registry", 0 },
	{ "facility-registry", 0 },
	{ "health-worker-registry", 0 },
	{ "shared-health-record", 0 },
	{ "terminology-service", 0 },
	{ "health-management-information-system", 0 },
	{ "logistics-management-information-system", 0 },
	{ "finance-and-insurance-service", 0 },
	{ "product-catalogue", 0 },
	{ NULL, 0 },
};

static const char *explain_variable(const char *text)
{
	static const char *const made[] = { "unique", "uuid", "now", "today" };
	for (size_t i = 0; i < LENGTH(made); i++) {
		if (text_equal(text, made[i]))
			return "unique, uuid, now and today are made by the player; choose another "
			       "name";
	}
	return NULL;
}

static bool valid_variable(const char *text)
{
	return made_of(text, LOWER DIGITS "-", 1, 40) && islower((unsigned char)text[0]) &&
	       !explain_variable(text);
}

static bool valid_credential(const char *text)
{
	return value_id.valid(text);
}

static const char *explain_credential(const char *text)
{
	if (strchr(text, ':'))
		return "expected the name of one of the box's credentials, such as pos-clinic-a; "
		       "passwords and tokens never stand in these files";
	return NULL;
}

/* "ITI-104", "CRF-1": letters, a hyphen, a number. */
static bool valid_identifier(const char *text)
{
	size_t letters = strspn(text, UPPER);
	return letters >= 2 && letters <= 8 && text[letters] == '-' &&
	       made_of(text + letters + 1, DIGITS, 1, 4);
}

static const char *explain_path(const char *text)
{
	if (strstr(text, "://"))
		return "expected only a path such as /SHR/fhir/Patient: the exchange's address is "
		       "given when the workflow is played";
	if (text[0] != '/')
		return "a path begins with /, such as /SHR/fhir/Patient";
	if (strchr(text, ' '))
		return "a blank in a path is written %20";
	return NULL;
}

static bool valid_path(const char *text)
{
	return text[0] == '/' && text[1] != '/' && strlen(text) <= 2000 && !has_control(text) &&
	       !strpbrk(text, " #\"<>\\^`") && !strstr(text, "://") &&
	       !strstr(text, "/../") && !text_ends(text, "/..");
}

/* RFC 9110 5.6.2. */
static bool valid_header(const char *text)
{
	return made_of(text, LOWER UPPER DIGITS "!#$%&'*+-.^_`|~", 1, 100);
}

static const char *explain_sent_header(const char *text)
{
	static const char *const secret[] = { "Authorization", "Proxy-Authorization", "Cookie" };
	static const char *const own[] = { "Host", "Content-Length", "Connection",
					   "Transfer-Encoding" };
	for (size_t i = 0; i < LENGTH(secret); i++) {
		if (!strcasecmp(text, secret[i]))
			return "credentials are named by the key \"as\"; they never stand in these "
			       "files";
	}
	for (size_t i = 0; i < LENGTH(own); i++) {
		if (!strcasecmp(text, own[i]))
			return "the player sets this header itself";
	}
	return NULL;
}

static bool valid_sent_header(const char *text)
{
	return valid_header(text) && !explain_sent_header(text);
}

/* RFC 6901. */
static bool valid_pointer(const char *text)
{
	if ((*text && *text != '/') || strlen(text) > 400 || has_control(text))
		return false;
	for (const char *tilde = strchr(text, '~'); tilde; tilde = strchr(tilde + 1, '~')) {
		if (tilde[1] != '0' && tilde[1] != '1')
			return false;
	}
	return true;
}

static const char *explain_pointer(const char *text)
{
	if (*text && *text != '/')
		return "a JSON pointer begins with /, such as /id or /entry/*/resource/id";
	return NULL;
}

/* Repetitions multiply, and the C library expands them: ((a{99}){99}){99} would fill the memory. */
static bool repeats_too_much(const char *text)
{
	uint64_t product = 1;
	for (const char *brace = strchr(text, '{'); brace; brace = strchr(brace + 1, '{')) {
		uint64_t most = 1, number = 0;
		for (const char *at = brace + 1; *at && *at != '}'; at++) {
			number = isdigit((unsigned char)*at) ? number * 10 + (uint64_t)(*at - '0')
							     : 0;
			most = number > most ? number : most;
			if (most > 1000)
				return true;
		}
		product *= most;
		if (product > 1000)
			return true;
	}
	return false;
}

/* A pattern with \1 can take any time at all. */
static bool has_back_reference(const char *text)
{
	for (; *text; text++) {
		if (*text != '\\')
			continue;
		if (!*++text)
			return false;
		if (isdigit((unsigned char)*text))
			return true;
	}
	return false;
}

static bool valid_expression(const char *text)
{
	regex_t expression;
	if (!*text || strlen(text) > 200 || has_control(text) || repeats_too_much(text) ||
	    has_back_reference(text) || regcomp(&expression, text, REG_EXTENDED))
		return false;
	regfree(&expression);
	return true;
}

static const char *explain_expression(const char *text)
{
	if (repeats_too_much(text))
		return "the repetitions in { } come to more than 1000";
	if (has_back_reference(text))
		return "a regular expression with a reference back (\\1) is not allowed";
	return NULL;
}

static bool valid_content(const char *text)
{
	for (const char *at = text; *at; at++) {
		if ((unsigned char)*at < 0x20 && *at != '\n' && *at != '\t' && *at != '\r')
			return false;
	}
	return strlen(text) <= 65536;
}

#define IDENTIFIER "^[A-Z]{2,8}-[0-9]{1,4}$"

const struct value_type value_variable = TEXT_VALUE(
	"variable", .expected = "a variable's name of lower-case letters, digits and hyphens",
	.valid = valid_variable, .explain = explain_variable,
	.pattern = "^(?!(unique|uuid|now|today)$)[a-z][a-z0-9-]{0,39}$", .example = "patient",
	.slug = true);
const struct value_type value_role = {
	.form = FORM_SCALAR, .store = STORE_PLACED, .name = "role", .words = role_words
};
const struct value_type value_credential = {
	.form = FORM_SCALAR,
	.store = STORE_PLACED,
	.name = "credential",
	.slug = true,
	.expected = "the name of one of the box's credentials, such as pos-clinic-a",
	.valid = valid_credential,
	.explain = explain_credential,
	.pattern = "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$",
	.example = "pos-clinic-a",
};
const struct value_type value_transaction = {
	.form = FORM_SCALAR,
	.store = STORE_PLACED,
	.name = "transaction",
	.expected = "a transaction's id such as ITI-104",
	.valid = valid_identifier,
	.pattern = IDENTIFIER,
	.example = "ITI-104",
};
const struct value_type value_requirement = TEXT_VALUE(
	"requirement", .expected = "a requirement's id such as CRF-1", .valid = valid_identifier,
	.pattern = IDENTIFIER, .example = "CRF-1");
const struct value_type value_request_path = {
	.form = FORM_SCALAR,
	.store = STORE_PLACED,
	.name = "URL path",
	.expected = "a path with its query such as /CR/fhir/Patient?family={{family}}",
	.valid = valid_path,
	.explain = explain_path,
	.pattern = "^/(?!/)(?!(.*/)?\\.\\.(/|$))(?!.*://)[^\\u0000-\\u001f\\u007f-\\u009f #\"<>\\\\^`]{0,1999}$",
	.example = "/SHR/fhir/Patient?family={{family}}",
};
const struct value_type value_header = TEXT_VALUE(
	"header", .expected = "the name of a header such as Content-Type", .valid = valid_header,
	.pattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$", .example = "Content-Type");
const struct value_type value_sent_header = TEXT_VALUE(
	"sent header", .expected = "the name of a header such as Accept",
	.valid = valid_sent_header, .explain = explain_sent_header,
	.pattern = "^(?!([Aa]uthorization|[Hh]ost|[Cc]ookie|[Cc]ontent-[Ll]ength)$)"
		   "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$",
	.example = "Accept");
const struct value_type value_kept_header = {
	.form = FORM_SCALAR,
	.store = STORE_PLACED,
	.name = "header",
	.expected = "the name of a header such as Content-Type",
	.valid = valid_header,
	.pattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$",
	.example = "Location",
};
const struct value_type value_json_pointer = {
	.form = FORM_SCALAR,
	.store = STORE_PLACED,
	.name = "JSON pointer",
	.expected = "a JSON pointer such as /id or /entry/*/resource/id (* is any item of a list)",
	.valid = valid_pointer,
	.explain = explain_pointer,
	.pattern = "^(/([^~\\u0000-\\u001f\\u007f-\\u009f]|~[01])*)?$",
	.example = "/id",
};
const struct value_type value_regular_expression = {
	.form = FORM_SCALAR,
	.store = STORE_PLACED,
	.name = "regular expression",
	.expected = "an extended regular expression such as ^Patient/([^/]+)",
	.valid = valid_expression,
	.explain = explain_expression,
	.pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]{1,200}$",
	.example = "^Patient/([^/]+)",
};
const struct value_type value_content = {
	.form = FORM_SCALAR,
	.store = STORE_PLACED,
	.name = "content",
	.expected = "text of at most 64 KiB",
	.valid = valid_content,
	.pattern = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]{0,65536}$",
	.example = "Any text, also of many lines",
};
const struct value_type value_id_placed = {
	.form = FORM_SCALAR,
	.store = STORE_PLACED,
	.name = "id",
	.expected = "a name of lower-case letters, digits and hyphens",
	.valid = valid_credential,
	.pattern = "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$",
	.example = "my-name",
	.slug = true,
};
