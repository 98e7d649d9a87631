/* language: what the sentences are in languages other than English, and which one a reader wants. A third
 * language is one file, overlays/hie-base/usr/share/hie/languages/<code>.yaml: `name:` (of the language, in
 * itself) and `sentences:`, a map from names to texts with the same {1}…{9}. */
#ifndef HIEBOX_AGENT_LANGUAGE_H
#define HIEBOX_AGENT_LANGUAGE_H

#include "agent/sentences.h"

/* All languages of a box: English first, then the files in order of their codes. */
struct languages {
	struct language **items;
	size_t count;
};

/* Reads <root>/usr/share/hie/languages/. A missing folder is English alone. Mistakes in a file (unknown names,
 * other placeholders than the English has, no text) are added to `mistakes`, and that text stays English.
 * Free with languages_clear(). */
void languages_load(const char *root, struct languages *ret_languages, struct diagnostics *mistakes);
void languages_clear(struct languages *languages);

/* The one of that code ("fr"), or NULL. */
const struct language *languages_find(const struct languages *languages, const char *code);
/* The best for a browser's Accept-Language (RFC 9110 section 12.5.4; NULL allowed), else `standard`. */
const struct language *languages_choose(const struct languages *languages, const char *accept,
					const char *standard);

/* NULL is English everywhere. */
const char *language_code(const struct language *language);
const char *language_name(const struct language *language);
const char *language_sentence(const struct language *language, enum sentence which);
/* Has this language its own text for the sentence? */
bool language_has(const struct language *language, enum sentence which);

#endif
