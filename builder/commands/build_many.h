/* hiebox build with one recipe or many. Inside the room. */
#ifndef HIEBOX_COMMANDS_BUILD_MANY_H
#define HIEBOX_COMMANDS_BUILD_MANY_H

#include "base/base.h"
#include "document/document.h"

/* One image to make. */
struct build_job {
	struct parsed_options options; /* as given, but with this recipe alone and with its row's settings */
	char *argument;                /* the recipe, as given */
	char *name;                    /* of the image, without .raw: --name, the row's, or the recipe's own */
	char *row;                     /* "clinics.csv:3", or NULL */
	bool alone;                    /* it is the only one: it is described when it is made */
	struct json *list;             /* --json of many: where it is described; else NULL */
	char *failure;                 /* why there is no image, or NULL */
	double seconds;
};

struct build_jobs {
	struct build_job *items;
	size_t count, capacity;
};

/* The jobs that the arguments and the rows of --each lead to. -2 with err set for wrong use. */
int build_jobs_make(const struct parsed_options *options, struct build_jobs *jobs, struct error *err);
void build_jobs_clear(struct build_jobs *jobs);
#define autojobs __attribute__((cleanup(build_jobs_clear)))

/* Makes one image: build.c, the tour of the program. */
int build_image(const struct build_job *job, struct error *err);

/* Makes them all, as far as they can be made; -1 when one could not. */
int build_many(struct build_jobs *jobs, const struct parsed_options *options, struct error *err);
/* Where images go. */
const char *build_folder(const struct parsed_options *options);
/* Where the image `name` goes; caller frees. */
char *image_path(const struct parsed_options *options, const char *name);

/* A table as spreadsheets write it: RFC 4180, or with semicolons in place of commas; UTF-8, with or without a
 * byte order mark. */
struct table_file {
	struct strings *rows; /* the first one is the header; all have its length */
	unsigned *lines;      /* where each begins */
	size_t count, capacity;
};
/* Every mistake has its place, "clinics.csv:3: …"; -1 with the first one in err. */
int table_file_read(const char *path, struct table_file *ret_table, struct error *err);
void table_file_clear(struct table_file *table);
#define autotable __attribute__((cleanup(table_file_clear)))

#endif
