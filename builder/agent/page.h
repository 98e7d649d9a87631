/* page: the box's page, made by a process without any rights (`hie page`). What it knows comes from box.json,
 * status.json, the components' page.d files, and from `hie watch` over the control socket; what it sends is
 * HTML that reads without JavaScript. One table (page_routes.c) says which address does what. */
#ifndef HIEBOX_AGENT_PAGE_H
#define HIEBOX_AGENT_PAGE_H

#include "agent/html.h"
#include "agent/page_request.h"

#define PAGE_CONNECTIONS 48u
#define PAGE_TIMEOUT 15u               /* seconds without a byte */
#define PAGE_CONNECTION_MEMORY (24u << 10)
#define PAGE_THREAD_STACK (512u << 10)
#define PAGE_SESSION_COOKIE "__Host-hie"
#define PAGE_LANGUAGE_COOKIE "hie-language"

/* What all requests share; read only while requests are answered. */
struct page_site {
	const struct box *box;
	struct languages languages;
	struct document **guides;      /* page.d, in the order of the box's components */
	size_t guide_count;
	const char *root;              /* "/" on a box */
	/* Asks the control socket; as control_ask(). A test may put its own in this place. */
	int (*ask)(void *context, const struct json *request, struct document **ret_answer, struct error *err);
	void *context;
};
/* `box` and `root` are borrowed. Mistakes in files of languages or page.d go to `mistakes`. */
void page_site_open(const char *root, const struct box *box, struct page_site *ret_site,
		    struct diagnostics *mistakes);
void page_site_close(struct page_site *site);

/* What goes back. Free with page_answer_clear(). */
struct page_answer {
	unsigned status;
	const char *type;
	struct buffer body;
	struct strings headers;        /* "Name: value" */
};
void page_answer_clear(struct page_answer *answer);

/* Answers a request; `refused` is 0 or the status with which reading it already ended. */
void page_answer_request(const struct page_site *site, const struct page_request *request, unsigned refused,
			 struct page_answer *ret_answer);

/* Serves until SIGTERM, on systemd's socket or, when `listen` is not NULL, on a socket file made there. */
int page_serve(const struct page_site *site, const char *listen, struct error *err);

/* One request being answered: what the pages' functions pass around. */
struct page {
	const struct page_site *site;
	const struct page_request *request;
	struct page_answer *answer;
	struct html html;
	const char *code;              /* of the language */
	char *host;                    /* how the visitor calls this box (without port); never NULL */
	bool own_host;                 /* that is a name or an address of a box, so no rebinding is played */
	struct document *status_document;
	const struct node *status;     /* status.json, or NULL */
	int64_t status_time;           /* when that was so */
	bool alive;                    /* `hie watch` itself said so */
	const char *session;           /* the cookie's, or NULL */
	char *csrf;                    /* set when the session is good */
	bool done;                     /* of `outcome`: it went well */
	bool said;                     /* there is an outcome */
	struct saying outcome;         /* of what was asked for */
	const char *assets;            /* "/map": this page has a map.css and a module map.js of its own */
};

/* A row of the table. */
struct page_route {
	enum page_method method;
	const char *path;
	bool https, session;           /* what it needs */
	void (*run)(struct page *page);
};
extern const struct page_route page_routes[];

/* page_frame.c */
void page_begin(struct page *page, enum sentence title, const char *here, unsigned refresh_seconds);
void page_end(struct page *page);
void page_redirect(struct page *page, const char *address);
/* A page with a heading and a sentence, and the status. */
void page_message(struct page *page, unsigned status, enum sentence title, enum sentence text);
void page_outcome(struct page *page);                  /* shown when there is one */
void page_set_outcome(struct page *page, bool done, struct saying saying);
/* A form that posts to `address` with the CSRF token inside; close it with html_close() twice. */
void page_form(struct page *page, const char *address, const char *label);
void page_field(struct page *page, enum sentence label, const char *name, const char *type, const char *value);
void page_button(struct page *page, enum sentence label, const char *class);
void page_hidden(struct page *page, const char *name, const char *value);

/* A body that another system sent: JSON (`json`, or NULL) laid out in lines, else as it came; cut where it is long, so that
 * two of them escaped are well below HTML_MAX. Caller frees. */
char *page_body(const char *text, const struct node *json, bool *ret_cut);

/* page_state.c: reads status.json into the page; the part of the overview that changes. */
void page_read_status(struct page *page);
const char *page_state_word(const char *state);        /* one of the four that style.css knows */
void page_state(struct page *page);
char *page_size(const struct page *page, int64_t bytes);  /* "1,4 Go"; caller frees */
char *page_time(int64_t seconds);                      /* "2026-03-01 10:15"; caller frees */
/* "2026-11-23T02:30:15Z" (RFC 3339 in UTC; a fraction of a second does not count) in seconds since 1970; -1: it is none. */
int page_moment(const char *text, int64_t *ret_seconds);
int64_t page_number(const struct node *map, const char *key); /* the whole part of a number there; 0: none, or a huge one */
bool page_is_rescue(const struct page *page);
char *page_name(const struct page *page);              /* the box's name as it is now; caller frees */

/* page_guide.c: what components say about themselves on the page (/usr/share/hie/page.d/<id>.yaml). */
struct page_people {
	struct document *answer;       /* of credentials */
	const struct node *list;       /* or NULL: they are not shown */
};
void page_people_read(struct page *page, struct page_people *ret_people);
void page_people_clear(struct page_people *people);
const char *page_translation(const struct page *page, const struct node *texts);
/* `text` with {address}, {user:NAME} and {password:NAME} filled in; caller frees. */
char *page_fill(const struct page *page, const struct page_people *people, const char *text);
bool page_provides(const struct page_site *site, const char *what);

/* page_ask.c: the control socket. `request` is taken over. True when the answer is ok; otherwise
 * the page's outcome says why. */
bool page_ask(struct page *page, struct json *request, struct document **ret_answer);
struct json *page_question(const struct page *page, const char *what);  /* with the session and address */
bool page_login_known(struct page *page);              /* sets csrf */
/* May this visitor see what systems send each other, and have them do so? While training whoever came here by the box's own
 * name; else the administrator, logged in. No outcome is set. */
bool page_may_look(struct page *page);

/* The pages. */
void page_overview(struct page *page);
void page_state_part(struct page *page);
void page_status_json(struct page *page);
void page_credentials_json(struct page *page);
void page_connect(struct page *page);
void page_connect_make(struct page *page);
void page_admin(struct page *page);
void page_admin_login(struct page *page);
void page_admin_logout(struct page *page);
void page_admin_clock(struct page *page);
void page_admin_restart(struct page *page);
void page_admin_log(struct page *page);
void page_admin_password(struct page *page);
void page_admin_reset(struct page *page);
void page_admin_reset_data(struct page *page);
void page_backup(struct page *page);
void page_backup_job(struct page *page);
void page_restore(struct page *page);
void page_restore_start(struct page *page);
void page_workflows(struct page *page);
void page_workflow(struct page *page);
void page_workflow_play(struct page *page);
/* page_play.c: a result as workflow_result_json() writes it. */
struct workflow;
void page_play_result(struct page *page, const struct workflow *workflow, const struct node *result);
/* How people call one who takes part; caller frees. */
char *page_play_actor(const struct page *page, const struct workflow *workflow, const char *id);
void page_map(struct page *page);
void page_map_events(struct page *page);
void page_map_message(struct page *page);

#endif
