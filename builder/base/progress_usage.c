#include "base/progress_usage.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"

static double cpu_of(int who, uint64_t *ret_peak)
{
	struct rusage usage;

	if (getrusage(who, &usage) < 0)
		return 0;
	*ret_peak = (uint64_t)usage.ru_maxrss * 1024;
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The second number of /proc/self/statm: resident pages; proc(5). */
static uint64_t resident(void)
{
	autofile FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long size, pages;

	if (!file || fscanf(file, "%llu %llu", &size, &pages) != 2)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void usage_begin(struct usage *usage)
{
	uint64_t ignored = 0;

	*usage = (struct usage){.now_bytes = resident()};
	usage->cpu_seconds = cpu_of(RUSAGE_SELF, &usage->peak_bytes) + cpu_of(RUSAGE_CHILDREN, &ignored);
}

struct usage usage_since(const struct usage *begin)
{
	struct usage now;

	usage_begin(&now);
	now.cpu_seconds -= begin->cpu_seconds;
	if (now.peak_bytes <= begin->peak_bytes)
		now.peak_bytes = now.now_bytes > begin->now_bytes ? now.now_bytes : begin->now_bytes;
	return now;
}
