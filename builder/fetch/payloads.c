#include "fetch/blobs.h"
#include "fetch/fetch.h"

/* The URL of a payload; NULL with err set. Caller frees. */
static char *payload_url(const struct origins *origins, const struct payload *payload,
			 struct error *err)
{
	switch (payload->kind) {
	case PAYLOAD_NPM:
		if (origins->npm)
			return url_join(origins->npm, payload->location, err);
		error_set(err, "no npm registry is known: set npm_config_registry, or a line "
			       "registry=… in ~/.npmrc");
		return NULL;
	case PAYLOAD_MAVEN:
		if (origins->maven)
			return url_join(origins->maven, payload->location, err);
		error_set(err, "no Maven repository is known: name a mirror of central in "
			       "~/.m2/settings.xml");
		return NULL;
	case PAYLOAD_FILE:
		return text_copy(payload->location);
	}
	error_set(err, "a payload of unknown kind");
	return NULL;
}

static int add_payload(struct bring_list *list, const struct store *store,
		       const struct origins *origins, const struct payload *payload,
		       struct error *err)
{
	if (blob_is_there(store, payload->digest, payload->size))
		return 0;
	autofree char *url = payload_url(origins, payload, err);
	if (!url)
		return -1;
	const struct http_download wanted = {
		.url = url,
		.digest = payload->digest,
		.size = payload->size,
		.authorization = payload->kind == PAYLOAD_NPM ? origins->npm_authorization : NULL,
		.optional = true, /* so that all that are missing are told together */
	};
	return bring_blob(list, store, &wanted, err);
}

static int add_source(struct bring_list *list, const struct store *store,
		      const struct origins *origins, const struct planned_source *source,
		      struct error *err)
{
	for (size_t i = 0; i < source->payload_count; i++)
		if (add_payload(list, store, origins, &source->payloads[i], err) < 0)
			return error_prefix(err, "component %s: %s", source->component->id,
					    source->payloads[i].location);
	return 0;
}

int fetch_payloads(const struct store *store, const struct origins *origins,
		   const struct plan *plan, struct error *err)
{
	autobring struct bring_list list = {0};
	struct http_settings settings = origins_settings(origins, false);

	for (size_t i = 0; i < plan->source_count; i++)
		if (add_source(&list, store, origins, &plan->sources[i], err) < 0)
			return -1;
	autofree char *label = text_format("%zu files of the components", list.count);
	int rc = bring_run(&list, &settings, label, err);
	return bring_report_missing(&list, NULL,
				    "files that the components' locks name are not there (HTTP 404)",
				    "Is the registry the right one, and does it carry these versions?",
				    err) < 0 ? -1 : rc;
}
