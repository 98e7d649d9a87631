/* suites: the suites that make up a distribution (the suite itself, -updates, -security), and how
 * one of them becomes a verified Release. Private to fetch. */
#ifndef HIEBOX_FETCH_SUITES_H
#define HIEBOX_FETCH_SUITES_H

#include "fetch/fetch.h"
#include "fetch/release.h"

#define SUITES 3

struct suite {
	char *name;          /* "trixie-security" */
	const char *archive; /* "debian", "debian-security" */
	const char *mirror;  /* URL, borrowed; NULL when none is known */
	const struct strings *others; /* further mirrors, borrowed */
	const char *keyring; /* borrowed */
	const struct index_dates *dates;
	bool required;       /* the suite itself */
	char *fetched;       /* the signed file in the work directory */
	char *stored;        /* the signed file that the store keeps */
	bool present;        /* found, verified */
	struct release release;
	char sha256[65]; /* of main's Packages.xz */
	uint64_t size;
	char *location; /* below the mirror: "dists/trixie/main/binary-amd64/Packages.xz" */
	char *by_hash;  /* the same by its digest, NULL when the mirror has no such names */
	char *index;    /* path in the store */
};

/* The suites of the request; `ret_suites` has SUITES elements. Free each with suite_clear(). */
int suites_make(const struct index_request *request, struct suite *ret_suites, struct error *err);
void suite_clear(struct suite *suite);

/* Brings the signed files (or takes the stored ones when offline), verifies them, finds the index
 * of the architecture. Afterwards `present` says which suites there are. */
int suites_verify(const struct index_request *request, struct suite *suites, struct error *err);

/* Makes the suites as suites_make() left them, for another try. */
void suites_forget(struct suite *suites);

/* Keeps the verified signed file for offline runs. Called when its index is in the store. */
int suite_keep(const struct suite *suite, struct error *err);

#endif
