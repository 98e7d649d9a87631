/* Many images in one run: all are checked before the first is made, one that fails does not stop the others, and
 * the end says what there is and what there is not. */
#include <string.h>
#include <sys/stat.h>

#include "commands/build_many.h"
#include "commands/session.h"

static void note_failure(struct build_job *job, struct error *failure)
{
	progress_finish();
	fprintf(stderr, "%s%s%s%s: not made:\n%s\n", job->name, job->row ? " (" : "", job->row ? job->row : "",
		job->row ? ")" : "", failure->message);
	job->failure = text_copy(failure->message);
	error_clear(failure);
}

/* A mistake in the last row of a table is told before the first image is made. */
static size_t check_all(struct build_jobs *jobs)
{
	size_t wrong = 0;

	for (size_t i = 0; i < jobs->count; i++) {
		struct session session = {0};
		struct error failure = {0};

		if (session_open(&jobs->items[i].options, &session, &failure) < 0) {
			note_failure(&jobs->items[i], &failure);
			wrong++;
		}
		session_close(&session);
	}
	return wrong;
}

static size_t make_all(struct build_jobs *jobs, bool quiet)
{
	size_t failed = 0;

	for (size_t i = 0; i < jobs->count; i++) {
		struct build_job *job = &jobs->items[i];
		struct error failure = {0};
		double began = clock_seconds();

		if (job->failure)
			continue;
		progress_finish();
		if (!quiet)
			fprintf(stderr, "%s (%zu of %zu)\n", job->name, i + 1, jobs->count);
		if (build_image(job, &failure) < 0) {
			note_failure(job, &failure);
			failed++;
		}
		job->seconds = clock_seconds() - began;
	}
	return failed;
}

static void sum_up(const struct build_jobs *jobs, const struct parsed_options *options)
{
	uint64_t together = 0;

	printf("\n");
	for (size_t i = 0; i < jobs->count; i++) {
		const struct build_job *job = &jobs->items[i];
		autofree char *path = image_path(options, job->name);
		struct stat status;
		if (job->failure || stat(path, &status) < 0) {
			printf("NOT MADE  %s (see above)\n", path);
			continue;
		}
		uint64_t bytes = (uint64_t)status.st_blocks * 512;
		autofree char *size = size_text((uint64_t)status.st_size);
		autofree char *used = size_text(bytes);
		printf("made      %s: a disk of %s, %s of it used, in %.1f s\n", path, size, used, job->seconds);
		together += bytes;
	}
	autofree char *used = size_text(together);
	autofree char *any = image_path(options, "NAME");
	printf("\nTogether they use %s. Put one on a stick:\n"
	       "  sudo dd if=%s of=/dev/sdX bs=4M conv=fsync status=progress\n"
	       "  (sdX is the stick: `lsblk` shows it; everything on it is lost)\n", used, any);
}

int build_many(struct build_jobs *jobs, const struct parsed_options *options, struct error *err)
{
	autojson struct json *list = option_given(options, "json") ? json_new_array() : NULL;
	bool quiet = option_given(options, "quiet");

	for (size_t i = 0; i < jobs->count; i++)
		jobs->items[i].list = list;
	size_t failed = check_all(jobs);
	failed += make_all(jobs, quiet);
	if (list) {
		autofree char *text = json_write(list, false);
		fputs(text, stdout);
	} else if (!quiet) {
		sum_up(jobs, options);
	}
	if (!failed)
		return 0;
	return error_set(err, "%zu of %zu images were not made", failed, jobs->count);
}
