/* Which images one `hiebox build` makes: one for each recipe, or for each row of a table. */
#include <string.h>

#include "commands/build_many.h"
#include "commands/project.h"
#include "schema/schema.h"

/* The column that names the image; the others are keys, as with --set. */
#define NAME_COLUMN "name"

static const struct option_entry set_option = {.name = "set", .value = "KEY=VALUE", .repeat = true};

static struct build_job *add_job(const struct parsed_options *options, struct build_jobs *jobs, const char *argument)
{
	jobs->items = array_grow(jobs->items, jobs->count, &jobs->capacity, sizeof *jobs->items);
	struct build_job *job = &jobs->items[jobs->count++];

	*job = (struct build_job){.options = *options, .argument = text_copy(argument)};
	job->options.arguments = (struct strings){0};
	strings_add(&job->options.arguments, argument);
	job->options.values = memory_copy(options->values, options->count * sizeof *options->values);
	return job;
}

static void add_setting(struct build_job *job, char *setting)
{
	size_t count = job->options.count++;

	job->options.values = memory_resize(job->options.values, count + 1, sizeof *job->options.values);
	job->options.values[count] = (struct parsed_value){&set_option, setting};
}

/* An image is called as its recipe's file. */
static char *recipe_name(const struct parsed_options *options, const char *argument)
{
	autofree char *path = project_recipe(options, argument);
	const char *base = path_base(path);

	return text_copy_n(base, strlen(base) - (text_ends(base, ".yaml") ? strlen(".yaml") : 0));
}

static bool is_name(const char *name)
{
	return made_of(name, LOWER UPPER DIGITS "._+-", 1, 100) && name[0] != '.' && name[0] != '-';
}

/* Two jobs must not write the same file. */
static int check_names(const struct build_jobs *jobs, struct error *err)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const struct build_job *job = &jobs->items[i];
		const char *row = job->row ? job->row : "--name";
		if ((job->row || option_given(&job->options, "name")) && !is_name(job->name)) {
			autofree char *found = text_quoted(job->name);
			error_set(err, "%s: expected a file name of letters, digits, - and _, without .raw, got %s",
				  row, found);
			return -2;
		}
		for (size_t j = 0; j < i; j++) {
			if (!text_equal(job->name, jobs->items[j].name))
				continue;
			error_set(err, "%s: two images would be called %s.raw",
				  job->row ? job->row : job->argument, job->name);
			return -2;
		}
	}
	return 0;
}

static size_t find_column(const struct strings *header, const char *name)
{
	size_t column = 0;

	while (column < header->count && !text_equal(header->items[column], name))
		column++;
	return column;
}

static int check_header(const char *path, const struct strings *header, struct error *err)
{
	for (size_t i = 0; i < header->count; i++) {
		if (!*header->items[i])
			error_set(err, "%s:1: column %zu has no key", path, i + 1);
		else if (find_column(header, header->items[i]) != i)
			error_set(err, "%s:1: the column %s stands here twice", path, header->items[i]);
		if (err->message)
			return -2;
	}
	if (find_column(header, NAME_COLUMN) < header->count)
		return 0;
	error_set(err, "%s:1: expected a column \"%s\", which names the images", path, NAME_COLUMN);
	return -2;
}

static void add_row(const struct parsed_options *options, struct build_jobs *jobs, const struct strings *header,
		    const struct strings *row)
{
	struct build_job *job = add_job(options, jobs, options->arguments.items[0]);

	for (size_t i = 0; i < header->count; i++) {
		if (text_equal(header->items[i], NAME_COLUMN))
			job->name = text_copy(row->items[i]);
		else if (*row->items[i]) /* an empty cell: what the recipe says */
			add_setting(job, text_format("%s=%s", header->items[i], row->items[i]));
	}
}

static int add_rows(const struct parsed_options *options, struct build_jobs *jobs, struct error *err)
{
	const char *path = option_value(options, "each");
	autotable struct table_file table = {0};

	if (options->arguments.count > 1 || option_given(options, "name")) {
		error_set(err, "--each makes many images of one recipe, and its column \"%s\" names them",
			  NAME_COLUMN);
		return -2;
	}
	if (table_file_read(path, &table, err) < 0)
		return -1;
	if (check_header(path, &table.rows[0], err) < 0)
		return -2;
	for (size_t i = 1; i < table.count; i++) {
		add_row(options, jobs, &table.rows[0], &table.rows[i]);
		jobs->items[jobs->count - 1].row = text_format("%s:%u", path, table.lines[i]);
	}
	return 0;
}

int build_jobs_make(const struct parsed_options *options, struct build_jobs *jobs, struct error *err)
{
	const char *name = option_value(options, "name");
	int result = option_given(options, "each") ? add_rows(options, jobs, err) : 0;

	if (result < 0)
		return result;
	if (name && options->arguments.count > 1) {
		error_set(err, "--name is for one recipe; these are %zu", options->arguments.count);
		return -2;
	}
	for (size_t i = 0; i < options->arguments.count && !option_given(options, "each"); i++) {
		struct build_job *job = add_job(options, jobs, options->arguments.items[i]);
		job->name = name ? text_copy(name) : recipe_name(options, job->argument);
	}
	for (size_t i = 0; i < jobs->count; i++)
		jobs->items[i].alone = jobs->count == 1;
	return check_names(jobs, err);
}

void build_jobs_clear(struct build_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		struct build_job *job = &jobs->items[i];
		for (size_t v = 0; v < job->options.count; v++)
			if (job->options.values[v].entry == &set_option)
				free((char *)job->options.values[v].value);
		options_clear(&job->options);
		free(job->argument);
		free(job->name);
		free(job->row);
		free(job->failure);
	}
	free(jobs->items);
	*jobs = (struct build_jobs){0};
}
