/* openhim_api: OpenHIM's own interface, asked by the watcher with the box's own login. Users log in by a token of
 * salted hashes. */
#ifndef HIEBOX_AGENT_OPENHIM_API_H
#define HIEBOX_AGENT_OPENHIM_API_H

#include "agent/box.h"
#include "base/base.h"
#include "document/document.h"

#define OPENHIM_LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define OPENHIM_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Who asks. Zero-initialise. */
struct openhim_api {
	char *headers[5];           /* the last is NULL */
};
void openhim_clear(struct openhim_api *api);
#define auto_openhim __attribute__((cleanup(openhim_clear)))

/* `root` is the tree with the secret. -1: there is none, or nobody answered, or OpenHIM did not like it. */
int openhim_log_in(const char *root, const struct box *box, struct openhim_api *ret_api);
/* One call (`api` NULL: without a login) that waits six seconds at most: its status; and the answer's JSON (NULL when it
 * has none or the status is no 2xx; `ret_answer` NULL: not wanted), which the caller frees. -1: nobody answered, or with
 * more than DOCUMENT_MAX_BYTES. */
int openhim_call(const struct openhim_api *api, const char *method, const char *path, const struct json *body,
		 struct document **ret_answer);

/* sha512 of the three texts together. */
void openhim_digest(const char *first, const char *second, const char *third, char ret_hex[HASH_HEX_MAX]);
/* Not empty, not longer, nothing but these characters. */
bool openhim_made_of(const char *text, const char *characters, size_t maximum);

#endif
