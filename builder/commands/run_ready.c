/* When is it ready? The box's page knows; see run.h. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "commands/run.h"
#include "document/document.h"
#include "http/http.h"

#define PATIENCE 600.0      /* seconds, times slowness, until what is wrong is said; but … */
#define PATIENCE_MOST 1800.0 /* … at most */
#define ANSWER_MAX (256u << 10)

struct run_ready {
	pthread_t thread;
	atomic_bool over;
	char *url;
	char *page;                 /* where a console pushes the addresses away, the one to say again; else NULL */
	const struct machine *machine;
	double patience, began;
};

static bool is_over(void *context)
{
	return atomic_load(&((struct run_ready *)context)->over);
}

/* The page's own words for how the box is; NULL while it does not answer. */
static struct document *ask(struct run_ready *ready)
{
	struct http_request request = {.method = "GET", .url = ready->url, .timeout_seconds = 10, .body_max = ANSWER_MAX,
				       .stop = is_over, .stop_context = ready};
	struct http_settings settings = {.proxy_http = "DIRECT", .tries = 1};
	struct http_response response = {0};
	struct error unheard = {0};
	struct document *answer = NULL;

	if (http_request(&settings, &request, &response, &unheard) == 0 && response.status == 200)
		answer = document_json_or_null(response.body, response.body_length);
	http_response_clear(&response);
	error_clear(&unheard);
	return answer;
}

static void say_wrong(const struct document *answer)
{
	autofree char *said = text_plain_line(node_text(document_root(answer), "sentence", "the box's page says nothing that is understood"));

	printf("Not ready yet: %s\n", answer ? said : "the box's page does not answer");
	fflush(stdout);
}

static void *look(void *context)
{
	struct run_ready *ready = context;
	bool told = ready->page; /* the console says what is wrong */
	autofree char *stuck = NULL;

	while (!atomic_load(&ready->over)) {
		autodocument struct document *answer = ask(ready);
		double seconds = clock_seconds() - ready->began;
		if (text_equal(node_text(document_root(answer), "state", ""), "ok")) {
			if (ready->page) /* the terminal is raw, and the box writes there, too */
				printf("\r\nhiebox: ready after %.0f s; from here its page is %s\r\n", seconds, ready->page);
			else
				printf("Ready after %.0f s.\n", seconds);
			fflush(stdout);
			return NULL;
		}
		if (!told && machine_stuck(ready->machine, &stuck)) {
			printf("It does not come up: %s\n", stuck);
			fflush(stdout);
			told = true;
		}
		if (!told && seconds > ready->patience) {
			say_wrong(answer);
			told = true;
		}
		for (int i = 0; i < 5 && !atomic_load(&ready->over); i++)
			nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	}
	return NULL;
}

struct run_ready *run_ready_begin(const struct run *run, const struct machine *machine)
{
	uint16_t port = run_local(run, 80);
	sigset_t all, before;

	if (!port)
		return NULL;
	struct run_ready *ready = memory_alloc(sizeof *ready);
	ready->url = text_format("http://127.0.0.1:%u/status.json", port);
	ready->page = run->settings.terminal ? text_format("http://127.0.0.1:%u/", port) : NULL;
	ready->machine = machine;
	ready->patience = PATIENCE * machine_slowness(machine);
	if (ready->patience > PATIENCE_MOST)
		ready->patience = PATIENCE_MOST;
	ready->began = clock_seconds();
	/* signals are the main thread's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&ready->thread, NULL, look, ready);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		return ready;
	free(ready->url);
	free(ready->page);
	free(ready);
	return NULL;
}

void run_ready_end(struct run_ready *ready)
{
	if (!ready)
		return;
	atomic_store(&ready->over, true);
	pthread_join(ready->thread, NULL);
	free(ready->url);
	free(ready->page);
	free(ready);
}
