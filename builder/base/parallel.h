/* Parallel: the same function over many items on a few threads. */
#ifndef HIEBOX_BASE_PARALLEL_H
#define HIEBOX_BASE_PARALLEL_H

#include <stddef.h>

#include "base/error.h"

/* Does item `index` of `context`; sets err and returns -1 on failure. Called from several threads. */
typedef int parallel_work(void *context, size_t index, struct error *err);

/* Runs work(context, 0..count-1) on `threads` threads (0: processor_count()), items taken in order.
 * After a failure no new item is begun; the error of the lowest failed index is given. */
int parallel_each(size_t count, unsigned threads, parallel_work *work, void *context, struct error *err);

#endif
