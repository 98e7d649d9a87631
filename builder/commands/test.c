/* hiebox test: workflows against a box that was booted for it, or against somebody's exchange, with verdicts and reports. */
#include "commands/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "commands/session.h"
#include "commands/table.h"

const struct option_entry test_options[] = {
	{"against", 0, "URL", "boot nothing: play against the exchange that is there", false},
	{"credentials", 0, "FILE", "with --against: who logs in how, as YAML or JSON", false},
	{"at", 0, "PATH=PATH", "with --against: where it has what workflows ask: /CR/fhir=/openhim/patients", true},
	{"write", 0, NULL, "with --against: also play workflows that write, and say what they leave behind", false},
	{"ca", 0, "FILE", "with --against: trust this authority's certificate (PEM) alone", false},
	{"insecure", 0, NULL, "with --against: trust any certificate", false},
	MACHINE_OPTIONS,
	{"no-restart", 0, NULL, "do not restart the box to see whether it keeps what was entered", false},
	{"workflows", 0, "DIR", "where workflows are (the project's recipes/workflows)", true},
	{"junit", 0, "FILE", "write the verdicts as JUnit's XML", false},
	{"testreport", 0, "FILE", "write them as a FHIR Bundle of TestReports", false},
	{"report", 0, "FILE", "write everything that was seen as one HTML page", false},
	{"language", 0, "CODE", "of the workflows' texts in reports (en)", false},
	{0},
};

/* A report: its option and who writes it. */
static const struct {
	const char *option;
	void (*write)(const struct proof *proof, const char *language, struct buffer *out);
} reports[] = {
	{"junit", proof_junit},
	{"testreport", proof_testreport},
	{"report", proof_html},
};

/* A pipe or a device is written to; all else gets a whole file, or keeps the one it has. */
static bool is_stream(const char *path)
{
	struct stat status;

	return text_starts(path, "/dev/") || (stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

static int write_report(const char *path, const struct buffer *text, struct error *err)
{
	if (!is_stream(path))
		return file_write(path, text->data ? text->data : "", text->length, 0644, err);
	autofd int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_set_errno(err, errno, "%s", path);
	return fd_write_all(fd, text->data ? text->data : "", text->length, err);
}

/* A wrong path is better known before the box boots than after. */
static int check_reports(const struct parsed_options *options, struct error *err)
{
	for (size_t i = 0; i < LENGTH(reports); i++) {
		const char *path = option_value(options, reports[i].option);
		autofree char *folder = path ? path_directory(path) : NULL;
		if (!path || is_stream(path))
			continue;
		if (path_is_directory(path) || !*path)
			return error_set(err, "--%s: expected a file, got the folder %s", reports[i].option, path);
		if (!path_is_directory(folder))
			return error_set(err, "--%s: there is no folder %s", reports[i].option, folder);
		if (access(folder, W_OK) < 0)
			return error_set(err, "--%s: nothing can be written into the folder %s", reports[i].option, folder);
		for (size_t j = 0; j < i; j++)
			if (option_given(options, reports[j].option) && text_equal(path, option_value(options, reports[j].option)))
				return error_set(err, "--%s and --%s have the same file, %s", reports[j].option, reports[i].option, path);
	}
	return 0;
}

/* Options of the one kind of run make no sense in the other. */
static int check_options(const struct parsed_options *options, struct error *err)
{
	static const char *const far[] = {"credentials", "at", "write", "ca", "insecure"}, *const near[] = {"nspawn", "firmware", "memory", "processors", "output", "no-restart"};
	bool against = option_given(options, "against");

	for (size_t i = 0; !against && i < LENGTH(far); i++)
		if (option_given(options, far[i]))
			error_set(err, "--%s goes with --against URL", far[i]);
	for (size_t i = 0; against && !err->message && i < LENGTH(near); i++)
		if (option_given(options, near[i]))
			error_set(err, "--%s is about booting, and with --against nothing is booted", near[i]);
	if (!err->message && option_given(options, "ca") && option_given(options, "insecure"))
		error_set(err, "--ca and --insecure contradict each other");
	if (!err->message && !against && !options->arguments.count)
		error_set(err, "test needs an image or a recipe, or --against URL");
	return err->message ? -2 : 0;
}

static int write_reports(const struct parsed_options *options, const struct proof *proof, const char *language, struct error *err)
{
	for (size_t i = 0; i < LENGTH(reports); i++) {
		const char *path = option_value(options, reports[i].option);
		autobuffer struct buffer out = {.maximum = 1u << 30};
		if (!path)
			continue;
		reports[i].write(proof, language, &out);
		if (out.overflow)
			return error_set(err, "--%s: the report would be larger than 1 GiB", reports[i].option);
		if (write_report(path, &out, err) < 0)
			return error_prefix(err, "--%s", reports[i].option);
		if (!option_given(options, "quiet"))
			fprintf(stderr, "%s: written\n", path);
	}
	return 0;
}

static void say_left(const struct proof *proof, bool writes)
{
	if (!proof->left.count) {
		if (writes && proof->run_count)
			fprintf(stderr, "Nothing that was written stays behind at %s.\n", proof->what);
		return;
	}
	fprintf(stderr, "This stays behind at %s:\n", proof->what);
	for (size_t i = 0; i < proof->left.count; i++) {
		autofree char *plain = text_plain_line(proof->left.items[i]);
		fprintf(stderr, "  %s\n", plain);
	}
}

/* The exit status. */
static int conclude(const struct parsed_options *options, const struct proof *proof)
{
	const char *chosen = option_value(options, "language"), *language = chosen ? chosen : "en";
	struct proof_counts counts = proof_count(proof);
	autobuffer struct buffer tap = {.maximum = 1u << 30};
	struct error err = {0};

	progress_finish();
	proof_tap(proof, language, &tap);
	fputs(tap.data ? tap.data : "", stdout);
	fflush(stdout);
	bool unwritten = write_reports(options, proof, language, &err) < 0;
	if (unwritten)
		fprintf(stderr, "hiebox: %s\n", err.message);
	error_clear(&err);
	say_left(proof, option_given(options, "write"));
	autofree char *broke = text_plain(proof->broke);
	if (broke)
		fprintf(stderr, "%s%s\n", strchr(broke, '\n') ? "" : "hiebox: ", broke);
	fprintf(stderr, "%zu passed, %zu failed, %zu skipped, %zu not tried\n", counts.passed, counts.failed, counts.skipped, counts.errors);
	enum proof_verdict verdict = proof_verdict(proof);
	if (verdict == PROOF_FAILED)
		return 1;
	return verdict == PROOF_ERROR || unwritten || ferror(stdout) ? TEST_NOT_RUN : 0;
}

int command_test(const struct parsed_options *options, struct error *err)
{
	autoproof struct proof proof = {.began = time(NULL), .healthy = -1};
	double began = clock_seconds();

	if (check_options(options, err) < 0)
		return -2;
	if (check_reports(options, err) < 0)
		return -2;
	int result = option_given(options, "against") ? test_against(options, &proof, err) : test_box(options, &proof, err);
	if (result == -2)
		return -2;
	if (result < 0 && !proof.broke)
		proof.broke = text_copy(err->message ? err->message : "it broke off");
	error_clear(err);
	proof.seconds = clock_seconds() - began;
	return conclude(options, &proof);
}
