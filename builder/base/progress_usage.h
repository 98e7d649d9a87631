/* Private to base: what this process and the children it waited for used of the machine. */
#ifndef HIEBOX_BASE_PROGRESS_USAGE_H
#define HIEBOX_BASE_PROGRESS_USAGE_H

#include <stdint.h>

struct usage {
	double cpu_seconds;  /* own and of ended children */
	uint64_t peak_bytes; /* the most this process ever held */
	uint64_t now_bytes;  /* what it holds now */
};
void usage_begin(struct usage *usage);
/* Since then: processor time, and the most memory of this process. The kernel keeps one record for the
 * whole life of a process: when it was not broken, what is held at both ends stands for it. */
struct usage usage_since(const struct usage *begin);

#endif
