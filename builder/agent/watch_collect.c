/* The collector's thread; see watch.h. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "agent/console.h"
#include "agent/watch.h"

#define SETTLE_MS 300          /* signals come in bunches */
#define WRITE_SECONDS 600      /* the file is never older */

struct collector {
	struct collector_settings settings;
	pthread_t thread;
	int event_fd;
	pthread_mutex_t lock;  /* guards what follows */
	pthread_cond_t wake;
	bool stop, poked, addresses;
	struct collected last; /* json NULL: none yet */

	/* the thread's own */
	struct status_source source;
	bool open, silent;     /* silent: the source did not answer */
	struct languages languages;
	struct console_files consoles;
	char *lasting;         /* what was written last */
	double written;
	enum health *before;   /* of each component, at the last collection */
	int64_t *since;
	int64_t *chores_done;  /* CLOCK_BOOTTIME seconds of the last run; 0: never */
};

/* The source's unit(), with a note when it fails: then it is opened anew. */
static int ask_unit(void *context, const char *name, struct unit_state *ret, struct error *err)
{
	struct collector *collector = context;
	if (collector->source.unit(collector->source.context, name, ret, err) == 0)
		return 0;
	collector->silent = true;
	return -1;
}

static int ask_probe(void *context, const struct box_health *health, struct error *err)
{
	struct collector *collector = context;
	return collector->source.probe(collector->source.context, health, err);
}

static int no_unit(void *context, const char *name, struct unit_state *ret, struct error *err)
{
	const struct collector *collector = context;
	(void)name;
	(void)ret;
	(void)collector;
	return sentence_error(err, SAY_NO_BUS, "?", NULL);
}

static void close_source(struct collector *collector)
{
	if (collector->open)
		collector->settings.close(collector->settings.context, &collector->source);
	collector->open = false;
	memset(&collector->source, 0, sizeof collector->source);
}

static struct status_source open_source(struct collector *collector)
{
	struct error err = { 0 };
	if (collector->silent)
		close_source(collector);
	collector->silent = false;
	if (!collector->open)
		collector->open = collector->settings.open(collector->settings.context, &collector->source, &err) == 0;
	error_clear(&err);
	return (struct status_source){ .unit = collector->open ? ask_unit : no_unit, .probe = ask_probe,
				       .context = collector, .probes = collector->source.probes };
}

/* Since when each component is as it is: from the second collection on, what was seen here. */
static void keep_since(struct collector *collector, struct status *status)
{
	bool first = !collector->before;
	size_t count = collector->settings.box->component_count;
	if (first) {
		collector->before = memory_alloc((count + 1) * sizeof *collector->before);
		collector->since = memory_alloc((count + 1) * sizeof *collector->since);
	}
	for (size_t i = 0; i < count; i++) {
		struct component_status *one = &status->components[i];
		if (first)
			collector->since[i] = one->since;
		else if (collector->before[i] != one->health)
			collector->since[i] = status->facts.now;
		collector->before[i] = one->health;
		one->since = collector->since[i];
	}
}

/* Only when something changed, or the file has become old. */
static void write_file(struct collector *collector, const struct status *status, const char *json)
{
	autofree char *lasting = status_json(status, NULL, true);
	autofree char *path = path_join(collector->settings.root, STATUS_FILE);
	struct error unwritten = { 0 };
	bool old = clock_seconds() - collector->written > WRITE_SECONDS;
	if (!old && text_equal(lasting, collector->lasting) && path_exists(path))
		return;
	if (file_write(path, json, strlen(json), 0644, &unwritten) < 0) {
		fprintf(stderr, "hie: %s\n", unwritten.message);
	} else {
		free(collector->lasting);
		collector->lasting = steal(lasting);
		collector->written = clock_seconds();
	}
	error_clear(&unwritten);
}

static enum health collect(struct collector *collector)
{
	struct status status;
	struct status_source source = open_source(collector);
	status_collect(collector->settings.root, collector->settings.box, &source, collector->settings.unreadable, &status);
	keep_since(collector, &status);
	struct collected found = { .json = status_json(&status, NULL, false),
				   .sentence = saying_text(&status.saying, NULL, status.box),
				   .health = status.health };
	write_file(collector, &status, found.json);
	console_write(&collector->consoles, collector->settings.root, &status,
		      languages_find(&collector->languages, collector->settings.box->language));
	status_clear(&status);
	found.finished = clock_seconds();
	pthread_mutex_lock(&collector->lock);
	collected_clear(&collector->last);
	collector->last = found;
	pthread_mutex_unlock(&collector->lock);
	/* it can only be full when the loop has not looked 2^64 times */
	if (eventfd_write(collector->event_fd, 1) < 0)
		errno = 0;
	malloc_trim(0); /* an answer may be megabytes, and the next one is half a minute away */
	return found.health;
}

static void do_chores(struct collector *collector, bool addresses)
{
	struct timespec now = { 0 };
	clock_gettime(CLOCK_BOOTTIME, &now);
	for (size_t i = 0; collector->settings.chores && collector->settings.chores[i].name; i++) {
		const struct chore *chore = &collector->settings.chores[i];
		struct error err = { 0 };
		bool due = !collector->chores_done[i] || now.tv_sec - collector->chores_done[i] >= chore->seconds;
		if (!due && !(addresses && chore->with_addresses))
			continue;
		collector->chores_done[i] = now.tv_sec ? now.tv_sec : 1;
		if (chore->run(collector->settings.root, collector->settings.box, &err) < 0)
			fprintf(stderr, "hie: %s: %s\n", chore->name, err.message);
		error_clear(&err);
	}
}

/* Sleeps until the next collection is due or somebody asks for one. False: it is time to end. */
static bool wait_for_turn(struct collector *collector, enum health health, bool *ret_addresses)
{
	static const double pauses[] = { COLLECT_REST, COLLECT_STARTING, COLLECT_TROUBLE, COLLECT_TROUBLE };
	double pause = pauses[health];
	if (collector->settings.longest > 0 && pause > collector->settings.longest)
		pause = collector->settings.longest;
	struct timespec end = { 0 };
	clock_gettime(CLOCK_MONOTONIC, &end);
	long nanoseconds = end.tv_nsec + (long)((pause - (double)(long)pause) * 1e9);
	end.tv_sec += (long)pause + nanoseconds / 1000000000;
	end.tv_nsec = nanoseconds % 1000000000;
	pthread_mutex_lock(&collector->lock);
	while (!collector->stop && !collector->poked
	       && pthread_cond_timedwait(&collector->wake, &collector->lock, &end) != ETIMEDOUT)
		continue;
	bool poked = collector->poked, stop = collector->stop;
	pthread_mutex_unlock(&collector->lock);
	if (poked && !stop)
		nanosleep(&(struct timespec){ .tv_nsec = SETTLE_MS * 1000000L }, NULL);
	pthread_mutex_lock(&collector->lock);
	*ret_addresses = collector->addresses;
	collector->poked = collector->addresses = false;
	pthread_mutex_unlock(&collector->lock);
	return !stop;
}

static void *run(void *argument)
{
	struct collector *collector = argument;
	bool addresses = false;
	enum health health;
	do {
		health = collect(collector);
		do_chores(collector, addresses);
	} while (wait_for_turn(collector, health, &addresses));
	close_source(collector);
	return NULL;
}

int collector_start(const struct collector_settings *settings, struct collector **ret_collector, int *ret_fd,
		    struct error *err)
{
	struct collector *collector = memory_alloc(sizeof *collector);
	size_t chores = 0;
	pthread_condattr_t monotonic;
	collector->settings = *settings;
	while (settings->chores && settings->chores[chores].name)
		chores++;
	collector->chores_done = memory_alloc((chores + 1) * sizeof *collector->chores_done);
	pthread_mutex_init(&collector->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&collector->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	struct diagnostics mistakes = { 0 };
	languages_load(settings->root, &collector->languages, &mistakes);
	diagnostics_clear(&mistakes);
	collector->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (collector->event_fd < 0 || pthread_create(&collector->thread, NULL, run, collector) != 0) {
		languages_clear(&collector->languages);
		free(collector->chores_done);
		free(collector);
		return error_set(err, "cannot start a thread");
	}
	*ret_collector = collector;
	*ret_fd = collector->event_fd;
	return 0;
}

void collector_poke(struct collector *collector, bool addresses)
{
	pthread_mutex_lock(&collector->lock);
	collector->poked = true;
	collector->addresses = collector->addresses || addresses;
	pthread_cond_signal(&collector->wake);
	pthread_mutex_unlock(&collector->lock);
}

bool collector_last(struct collector *collector, struct collected *ret_collected)
{
	pthread_mutex_lock(&collector->lock);
	bool have = collector->last.json != NULL;
	*ret_collected = (struct collected){ text_copy(collector->last.json), text_copy(collector->last.sentence),
					     collector->last.health, collector->last.finished };
	pthread_mutex_unlock(&collector->lock);
	return have;
}

void collected_clear(struct collected *collected)
{
	free(collected->json);
	free(collected->sentence);
	memset(collected, 0, sizeof *collected);
}

void collector_stop(struct collector *collector)
{
	if (!collector)
		return;
	pthread_mutex_lock(&collector->lock);
	collector->stop = true;
	pthread_cond_signal(&collector->wake);
	pthread_mutex_unlock(&collector->lock);
	pthread_join(collector->thread, NULL);
	close(collector->event_fd);
	collected_clear(&collector->last);
	pthread_mutex_destroy(&collector->lock);
	pthread_cond_destroy(&collector->wake);
	languages_clear(&collector->languages);
	console_files_clear(&collector->consoles);
	free(collector->lasting);
	free(collector->before);
	free(collector->since);
	free(collector->chores_done);
	free(collector);
}
