#include "base/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "base/memory.h"
#include "base/process.h"

struct parallel {
	pthread_mutex_t mutex; /* guards what follows */
	size_t next;
	size_t failed_index;
	bool failed;
	struct error error;

	size_t count;
	parallel_work *work;
	void *context;
};

static bool take_next(struct parallel *parallel, size_t *ret_index)
{
	bool more;

	pthread_mutex_lock(&parallel->mutex);
	more = !parallel->failed && parallel->next < parallel->count;
	if (more)
		*ret_index = parallel->next++;
	pthread_mutex_unlock(&parallel->mutex);
	return more;
}

/* Keeps the error of the lowest index, so that the same mistake gives the same message each time.
 */
static void keep_error(struct parallel *parallel, size_t index, struct error *error)
{
	pthread_mutex_lock(&parallel->mutex);
	if (!parallel->failed || index < parallel->failed_index) {
		error_clear(&parallel->error);
		parallel->error.message = steal(error->message);
		parallel->failed_index = index;
		parallel->failed = true;
	}
	pthread_mutex_unlock(&parallel->mutex);
	error_clear(error);
}

static void *run_items(void *pointer)
{
	struct parallel *parallel = pointer;
	size_t index;

	while (take_next(parallel, &index)) {
		struct error error = {0};

		if (parallel->work(parallel->context, index, &error) < 0)
			keep_error(parallel, index, &error);
		else
			error_clear(&error);
	}
	return NULL;
}

/* Starts up to `wanted` helpers; fewer is no failure, since this thread works too. Signals stay
 * with the thread that had them before. */
static unsigned start_threads(struct parallel *parallel, pthread_t *threads, unsigned wanted)
{
	sigset_t all, before;
	unsigned started = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (started < wanted &&
	       pthread_create(&threads[started], NULL, run_items, parallel) == 0)
		started++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

int parallel_each(size_t count, unsigned threads, parallel_work *work, void *context,
		  struct error *err)
{
	struct parallel parallel = {.mutex = PTHREAD_MUTEX_INITIALIZER,
				    .count = count,
				    .work = work,
				    .context = context};
	autofree pthread_t *ids = NULL;
	unsigned started;

	if (!threads)
		threads = processor_count();
	if (threads > count)
		threads = count ? (unsigned)count : 1;
	ids = memory_alloc(threads * sizeof *ids);
	started = start_threads(&parallel, ids, threads - 1);
	run_items(&parallel);
	for (unsigned i = 0; i < started; i++)
		pthread_join(ids[i], NULL);
	pthread_mutex_destroy(&parallel.mutex);
	if (!parallel.failed)
		return 0;
	error_set(err, "%s", parallel.error.message ? parallel.error.message : "unknown error");
	error_clear(&parallel.error);
	return -1;
}
