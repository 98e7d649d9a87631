/* table: what the Packages files say, as one compact block of memory: the same bytes in the cache file
 * and when it was read a moment ago. Private to plan. */
#ifndef HIEBOX_PLAN_TABLE_H
#define HIEBOX_PLAN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "plan/plan.h"
#include "plan/relation.h"

enum record_flag { RECORD_ESSENTIAL = 1, RECORD_PROTECTED = 2, RECORD_SAME = 4, RECORD_FOREIGN = 8,
		   RECORD_ALLOWED = 16 };

/* One version of one package. Texts are offsets into the table's text; 0 is the empty text. */
struct record {
	uint64_t size, installed_kib;
	uint32_t name, version, architecture, filename, sha256;
	uint32_t pre_depends, depends, conflicts, breaks, recommends, suggests, provides;
	uint32_t rank;          /* when a reader of all indexes first hears of the name (apt's package id) */
	uint16_t index;         /* which of the indexes it stands in */
	uint8_t priority;       /* 1 required … 5 extra, as apt orders providers */
	uint8_t flags;          /* enum record_flag */
};

/* One name that a record provides. */
struct provision {
	uint32_t name, version; /* version 0: unversioned */
	uint32_t record;
	uint32_t spare;
};

/* The head of the block and of the cache file; everything in host byte order. */
struct table_head {
	char magic[16];
	char key[64];           /* hex sha256 of the format, architecture and index digests */
	uint64_t checksum;      /* over all that follows the head */
	uint64_t record_count, provision_count, text_size;
};

struct table {
	struct table_head head;
	const struct record *records;        /* by name, newest version first */
	const struct provision *provisions;  /* by name, then record */
	const char *text;
	const struct package_index *indexes; /* borrowed */
	size_t index_count;
	void *block;                         /* owned: read from a cache file (mapped) or made by table_make() */
	size_t mapped;                       /* size of the mapping, 0 when `block` is memory */
};

/* Reads all indexes of the input (through the cache directory unless NULL). A cache that cannot be
 * written is no error: the table is just not kept. The indexes must outlive the table. */
int table_open(const struct solve_input *input, struct table *ret_table, struct error *err);
void table_close(struct table *table);

/* The text at an offset; "" for one that is out of bounds. Borrowed. */
const char *table_text(const struct table *table, uint32_t offset);

/* A run of neighbours in records or provisions. */
struct span {
	size_t first, count;
};
/* All versions of a package, newest first; all who provide a name. */
struct span table_versions(const struct table *table, const char *name);
struct span table_providers(const struct table *table, const char *name);

/* table_read.c: reads the indexes anew into one block. */
int table_make(const struct solve_input *input, struct table *ret_table, struct error *err);
/* table_cache.c: the checksum over a block behind its head. */
uint64_t table_checksum(const void *bytes, size_t length);

#endif
