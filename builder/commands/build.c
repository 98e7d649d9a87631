/* hiebox build: the tour of the program. Each step is one call through one room's door. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/build_many.h"
#include "commands/project.h"
#include "commands/failure.h"
#include "commands/session.h"
#include "commands/timing.h"
#include "document/document.h"
#include "image/image.h"

/* Where the image goes and what it was made of, so that an image that is already there and right is
 * not written again. */
struct target {
	char *path;      /* images/demo.raw */
	char *manifest;  /* images/demo.raw.json */
	char key[HASH_HEX_MAX];
};

static void target_clear(struct target *target)
{
	free(target->path);
	free(target->manifest);
}
#define autotarget __attribute__((cleanup(target_clear)))

static int check_formats(const struct session *session, struct error *err)
{
	const struct parsed_options *options = session->options;

	for (size_t i = 0; i < options->count; i++)
		if (text_equal(options->values[i].entry->name, "format") &&
		    !text_equal(options->values[i].value, "raw")) {
			error_set(err, "--format: expected raw, got \"%s\"", options->values[i].value);
			return -2;
		}
	return 0;
}

static void warn_of_the_unmade(const struct plan *plan)
{
	autostrings struct strings lines = {0};

	plan_without_effect(plan, &lines);
	for (size_t i = 0; i < lines.count; i++)
		progress_warn("%s", lines.items[i]);
}

/* The key of the whole image: every layer's key, both boot files, and what the disk itself is made from. */
static void image_key(const struct session *session, const struct layers *layers, struct target *target)
{
	const struct recipe *recipe = session->plan.recipe;
	struct hash *hash = hash_new("sha256");
	struct layout layout;
	uint64_t bytes = 0;

	hash_text(hash, "hiebox image 1 " HIEBOX_VERSION);
	hash_text(hash, IMAGE_SOURCES); /* from the Makefile: what other code wrote is written again */
	for (size_t i = 0; i < LAYER_COUNT; i++) {
		hash_text(hash, layers->items[i].key ? layers->items[i].key : "");
		bytes += layers->items[i].size;
	}
	hash_text(hash, session->tools.key);
	plan_layout(&session->plan, bytes, &layout);
	for (size_t i = 0; i < layout.count; i++) {
		autofree char *line = text_format("%d %s %ju %ju", (int)layout.partitions[i].role,
						  layout.partitions[i].uuid, (uintmax_t)layout.partitions[i].start,
						  (uintmax_t)layout.partitions[i].size);
		hash_text(hash, line);
	}
	hash_text(hash, recipe->text);
	for (size_t i = 0; i < session->plan.board->firmware.count; i++)
		hash_text(hash, session->plan.board->firmware.items[i].text);
	for (size_t i = 0; i < session->plan.board->kernel_arguments.count; i++)
		hash_text(hash, session->plan.board->kernel_arguments.items[i].text);
	for (size_t i = 0; i < recipe->kernel_arguments.count; i++)
		hash_text(hash, recipe->kernel_arguments.items[i].text);
	hash_finish(hash, target->key);
}

/* What tells an untouched image from another: stat only, as make does. With the kernel's boot id, because an
 * image that was not yet on the disk when the machine lost power has its old size and time, and holes. */
static char *image_stamp(const char *path)
{
	struct stat status;
	autofree char *boot = file_line_or_null("/proc/sys/kernel/random/boot_id", 64);

	if (stat(path, &status) < 0)
		return text_copy("missing");
	return text_format("%jd %jd.%09ld %s", (intmax_t)status.st_size, (intmax_t)status.st_mtim.tv_sec,
			   status.st_mtim.tv_nsec, boot ? boot : "");
}

static bool image_is_current(const struct target *target)
{
	struct diagnostics mistakes = {0};
	autodocument struct document *document = NULL;

	if (!path_exists(target->manifest) ||
	    document_load(target->manifest, &document, &mistakes) < 0) {
		diagnostics_clear(&mistakes);
		return false;
	}
	autofree char *stamp = image_stamp(target->path);
	const struct node *root = document_root(document);
	return text_equal(node_text(root, "key", NULL), target->key) &&
	       text_equal(node_text(root, "stamp", NULL), stamp);
}

static struct json *describe(const struct session *session, const struct layers *layers,
			     const struct target *target)
{
	struct json *description = json_new_object();
	struct json *list = json_new_array();
	autofree char *stamp = image_stamp(target->path);

	json_set(description, "image", json_new_string(path_base(target->path)));
	json_set(description, "recipe", json_new_string(session->plan.recipe->name));
	json_set(description, "key", json_new_string(target->key));
	json_set(description, "stamp", json_new_string(stamp));
	for (size_t i = 0; i < LAYER_COUNT; i++) {
		if (!layers->items[i].key)
			continue;
		struct json *layer = json_new_object();
		json_set(layer, "name", json_new_string(layers->items[i].name));
		json_set(layer, "key", json_new_string(layers->items[i].key));
		json_set(layer, "bytes", json_new_number((int64_t)layers->items[i].size));
		json_add(list, layer);
	}
	json_set(description, "layers", list);
	return description;
}

static int write_manifest(const struct session *session, const struct layers *layers,
			  const struct target *target, struct error *err)
{
	autojson struct json *description = describe(session, layers, target);
	autofree char *text = json_write(description, false);

	return file_write(target->manifest, text, strlen(text), 0644, err);
}

/* What it made, how big it is, and the next command to type. */
static void report(const struct session *session, const struct layers *layers, const struct target *target)
{
	struct stat status;

	if (option_given(session->options, "json")) {
		autojson struct json *description = describe(session, layers, target);
		if (option_given(session->options, "timing"))
			json_set(description, "timing", timing_json());
		autofree char *text = json_write(description, false);
		fputs(text, stdout);
		return;
	}
	if (option_given(session->options, "quiet") || stat(target->path, &status) < 0)
		return;
	autofree char *size = size_text((uint64_t)status.st_size);
	autofree char *used = size_text((uint64_t)status.st_blocks * 512);
	autofree char *memory = size_text(session->plan.memory);
	printf("\n%s: a disk of %s, %s of it used; needs %s of memory\n\n", target->path, size, used, memory);
	printf("Start it here:        %s run %s\n", program_invocation_name, target->path); /* in a clone it is on no PATH */
	printf("Or put it on a stick: sudo dd if=%s of=/dev/sdX bs=4M conv=fsync status=progress\n"
	       "                      (sdX is the stick: `lsblk` shows it; everything on it is lost)\n", target->path);
}

/* In the order in which they come; one whose result is in the store already is passed over. */
static const char *const steps[] = {"solve", "fetch", "tools", "fetch", "fetch", "unpack", "settle", "configure",
				    "compress", "apps", "site", "image", NULL};

static int make_image(const struct build_job *job, struct session *session, struct target *target,
		      struct error *err)
{
	const struct parsed_options *options = session->options;
	autofree char *builder = project_sources(session->plan.recipe->project);
	bool keep_failed = option_given(options, "keep-failed");
	struct layers layers = {0};
	struct layout layout;
	struct assemble_options with = {.store = &session->store, .tools = &session->tools,
					.no_cache = option_given(options, "no-cache"), .keep_failed = keep_failed,
					.agent_source = builder};

	int result = assemble_layers(&session->plan, &with, &layers, err);
	if (result == 0)
		result = session_record(session, &layers, err);
	if (result == 0)
		image_key(session, &layers, target);
	if (result == 0 && (with.no_cache || !image_is_current(target))) {
		struct image_input input = {.plan = &session->plan, .layers = &layers, .tools = &session->tools,
					    .work = session->store.work, .keep_failed = keep_failed};
		result = image_write(&input, target->path, &layout, err);
		if (result == 0)
			result = write_manifest(session, &layers, target, err);
	}
	if (result == 0 && job->alone)
		report(session, &layers, target);
	else if (result == 0 && job->list)
		json_add(job->list, describe(session, &layers, target));
	layers_clear(&layers);
	return result;
}

/* The same image by two builds at once: the second waits, and then finds everything made. */
static int lock_target(const struct session *session, const struct target *target, int *ret_fd, struct error *err)
{
	autofree char *here = realpath(".", NULL);
	autofree char *place = text_format("%s/%s", *target->path == '/' || !here ? "" : here, target->path);
	autofree char *purpose = text_format("building %s", session->plan.recipe->name);
	char hex[HASH_HEX_MAX];

	hash_bytes("sha256", place, strlen(place), hex);
	autofree char *name = text_format("image-%.32s", hex);
	return store_lock(&session->store, name, purpose, ret_fd, err);
}

const char *build_folder(const struct parsed_options *options)
{
	return option_value(options, "output") ? option_value(options, "output") : "images";
}

char *image_path(const struct parsed_options *options, const char *name)
{
	autofree char *path = path_join(build_folder(options), name);

	return text_format("%s.raw", path);
}

int build_image(const struct build_job *job, struct error *err)
{
	const struct parsed_options *options = &job->options;
	autosession struct session session = {0};
	autotarget struct target target = {0};

	if (session_open(options, &session, err) < 0)
		return -1;
	int result = check_formats(&session, err);
	if (result < 0)
		return result;
	progress_plan(steps);
	warn_of_the_unmade(&session.plan);
	if (session_open_store(&session, err) < 0)
		return -1;
	if (session_lock(&session, option_given(options, "locked") ? LOCK_REQUIRE : LOCK_USE, err) < 0)
		return -1;
	if (directory_make(build_folder(options), 0755, err) < 0)
		return -1;
	target.path = image_path(options, job->name);
	target.manifest = text_format("%s.json", target.path);
	if (faccessat(AT_FDCWD, build_folder(options), W_OK, AT_EACCESS) < 0)
		return error_set_errno(err, errno, "%s: the image cannot be written there; choose another place with -o",
				       build_folder(options));
	autofd int alone = -1;
	if (lock_target(&session, &target, &alone, err) < 0)
		return -1;
	failure_watch(&session);
	if (session_open_tools(&session, err) < 0 || session_fetch(&session, err) < 0)
		result = -1;
	else
		result = make_image(job, &session, &target, err);
	if (result < 0)
		failure_explain(&session, err);
	tool_log_close();
	return result;
}

int command_build(const struct parsed_options *options, struct error *err)
{
	autojobs struct build_jobs jobs = {0};
	int result = build_jobs_make(options, &jobs, err);

	if (result < 0)
		return result;
	/* An ordinary user becomes root of a namespace of subordinate ids; from here on both are alike. */
	if (session_enter(err) < 0)
		return -1;
	result = jobs.count == 1 ? build_image(&jobs.items[0], err) : build_many(&jobs, options, err);
	if (option_given(options, "timing") && !option_given(options, "json"))
		timing_print();
	return result;
}
