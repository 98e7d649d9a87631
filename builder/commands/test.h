/* hiebox test: what its parts share. Inside the room. */
#ifndef HIEBOX_COMMANDS_TEST_H
#define HIEBOX_COMMANDS_TEST_H

#include "base/base.h"
#include "document/document.h"
#include "proof/proof.h"
#include "workflow/workflow.h"

#define TEST_NOT_RUN 3 /* exit status: what was asked for could not be tried */

/* test_signals.c: SIGINT, SIGTERM and SIGHUP are remembered instead of ending the program, so that reports are written
 * and machines closed; the second one ends it. */
void test_signals_begin(void);
bool test_interrupted(void);
/* "it was interrupted (SIGINT)". Caller frees. */
char *test_interruption(void);

/* test_workflows.c: the files, read before anything is sent or booted. */
struct test_workflow {
	struct document *document;
	struct arena *arena;
	const struct workflow *workflow;
	bool postman;               /* a collection: postman.h */
};
struct test_workflows {
	struct test_workflow *items;
	size_t count, capacity;
};
/* Those of the command line: `names` are ids, looked for in the folders of --workflows (the project's
 * recipes/workflows), or files *.yaml and *.json (Postman collections); none: all of the folders. -2: there is no such workflow. -1: mistakes, one line
 * each. Free with test_workflows_clear(). */
int test_workflows_read(const struct parsed_options *options, char *const *names, struct test_workflows *workflows,
			struct error *err);
void test_workflows_clear(struct test_workflows *workflows);
bool test_workflows_need_postman(const struct test_workflows *workflows);

/* test_play.c: plays them one after the other and adds the results. */
struct test_play {
	const struct test_workflows *workflows;
	struct postman *postman; /* for collections; may be NULL when there are none, or nothing may be written */
	struct play_settings settings;
	bool tell_left;   /* what was written and not removed goes to proof->left */
	/* Asked after an answer did not come: -1 with err when it is no use to go on. May be NULL. */
	int (*still_there)(void *context, struct error *err);
	void *context;
};
/* 0; -1: it broke off, and err says why (interrupted, or what still_there() says). */
int test_play_all(const struct test_play *play, struct proof *proof, struct error *err);

/* test_credentials.c: a file that says what each name logs in with: user and password, a token, a certificate, or none;
 * what `others` do that it does not name; and the certificate and authority of the connection. */
struct test_credentials {
	struct document *document;
	const char **names;          /* NULL-terminated; NULL: no file was read */
	bool others;                 /* every name has a login */
	struct play_login connection;
	char *ca;                    /* the authority to trust, or NULL */
	char *folder;                /* its paths begin here */
};
/* All mistakes stand in err, one per line. Free with test_credentials_clear(). */
int test_credentials_read(const char *path, struct test_credentials *credentials, struct error *err);
void test_credentials_clear(struct test_credentials *credentials);
/* As struct play_settings wants it; context: the credentials. */
int test_credentials_find(void *credentials, const char *name, struct play_login *ret_login, struct error *err);

/* test_places.c: where an exchange elsewhere has what workflows ask: --at FROM=TO, else, when its address is that of a FHIR
 * server, all of it there. */
struct test_places {
	struct strings texts;        /* from and to by turns */
	struct play_place *items;
	size_t count;
	const char *roles[8];        /* what a FHIR server alone can be, NULL-terminated; none when it is an exchange */
	bool fhir;                   /* it is a FHIR server alone */
	struct strings operations;   /* that it says it has, without "$"; none: it does not say */
};
/* -2: wrong use. Free with test_places_clear(). */
int test_places_read(const struct parsed_options *options, struct test_places *places, struct error *err);
/* By what BASE/metadata has answered (FHIR R4 http.html#capabilities); NULL: nothing. */
void test_places_look(const char *text, size_t length, struct test_places *places);
void test_places_clear(struct test_places *places);

/* test_against.c, test_box.c: fill the proof. 0: it ended as it should, whatever it says; -1: it could not be run, or
 * broke off, and err says why; -2: wrong use. */
int test_against(const struct parsed_options *options, struct proof *proof, struct error *err);
int test_box(const struct parsed_options *options, struct proof *proof, struct error *err);

#endif
