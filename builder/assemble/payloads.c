/* npm, Maven and file payloads; see payloads.h. Source: npm's pack format (a tarball whose entries lie under
 * one top folder, mostly "package/"). */
#define _GNU_SOURCE 1
#include "assemble/payloads.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/archive.h"
#include "assemble/class_archive.h"
#include "assemble/java.h"
#include "assemble/layer.h"

#define TARBALL_ENTRIES 200000u

static void key_text(struct hash *key, const char *text)
{
	hash_text(key, text ? text : "");
}

int payloads_key(struct hash *key, const struct planned_source *planned, struct error *err)
{
	const struct source *source = planned->source;
	autofree char *numbers = text_format("%d %ld %o", (int)source->kind, source->release,
					     (unsigned)source->mode);
	hash_text(key, numbers);
	key_text(key, source->into);
	key_text(key, source->classpath);
	key_text(key, source->archive);
	key_text(key, source->member);
	key_text(key, source->to);
	for (size_t i = 0; i < source->prune.count; i++)
		key_text(key, source->prune.items[i].text);
	for (size_t i = 0; i < planned->payload_count; i++) {
		key_text(key, planned->payloads[i].digest);
		key_text(key, planned->payloads[i].target);
	}
	return source->kind == SOURCE_JAVA || source->kind == SOURCE_CLASS_ARCHIVE ?
		layer_key_file(key, source->lock, err) : 0;
}

struct payload_job {
	const struct build *build;
	const struct planned_source *planned;
	char *into;                /* in the tree */
};

/* Where a payload of a source goes; the lock's paths are checked here once more. */
static int payload_path(const struct payload_job *job, const struct payload *payload, char **ret_path,
			struct error *err)
{
	if (text_equal(payload->target, ".")) {
		*ret_path = text_copy(job->into);
		return 0;
	}
	if (!path_is_clean(payload->target))
		return error_set(err, "%s: a path that leads out of its folder", payload->target);
	*ret_path = path_join(job->into, payload->target);
	return 0;
}

struct npm_package {
	struct unpack unpack;
	int64_t timestamp;
};

static int visit_npm(void *context, struct archive *archive, struct archive_entry *entry, struct error *err)
{
	struct npm_package *package = context;
	autofree char *path = unpack_name(archive_entry_pathname(entry), err);
	if (!path)
		return -1;
	/* as npm does: the first part goes, and only files count */
	const char *inside = strchr(path, '/');
	if (!inside || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return 0;
	const struct unpack_item item = {
		.path = inside + 1,
		.meta = { .mode = archive_entry_perm(entry) & 0111 ? 0755 : 0644,
			  .mtime = package->timestamp },
	};
	return archive_unpack(archive, entry, &package->unpack, &item, err);
}

static int unpack_npm(void *context, size_t index, struct error *err)
{
	const struct payload_job *job = context;
	const struct payload *payload = &job->planned->payloads[index];
	struct npm_package package = { .timestamp = job->build->plan->lock.timestamp };
	autofree char *folder = NULL, *blob = store_blob(job->build->store, payload->digest);
	struct stat status;
	if (stat(blob, &status))
		return error_set_errno(err, errno, "%s", blob);
	const struct archive_input input = { blob, INPUT_TAR, archive_maximum((uint64_t)status.st_size) };
	if (payload_path(job, payload, &folder, err) || directory_make(folder, 0755, err) ||
	    unpack_open(folder, input.maximum, TARBALL_ENTRIES, &package.unpack, err))
		return -1;
	int answer = archive_each(&input, visit_npm, &package, err);
	unpack_close(&package.unpack);
	return answer ? error_prefix(err, "npm package %s", payload->location) : 0;
}

static int copy_payload(void *context, size_t index, struct error *err)
{
	const struct payload_job *job = context;
	const struct payload *payload = &job->planned->payloads[index];
	autofree char *path = NULL, *blob = store_blob(job->build->store, payload->digest);
	if (payload_path(job, payload, &path, err))
		return -1;
	return file_copy(blob, path, 0644, err);
}

static bool is_pruned(const struct source *source, const char *path)
{
	for (size_t i = 0; i < source->prune.count; i++)
		if (!fnmatch(source->prune.items[i].text, path, 0))
			return true;
	return false;
}

/* Removes what a glob names, files and whole folders; paths are relative to the source's folder. */
static int prune(const struct source *source, const char *into, const char *below, struct error *err)
{
	autofree char *folder = *below ? path_join(into, below) : text_copy(into);
	struct strings autostrings names = { 0 };
	if (directory_list(folder, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *name = *below ? path_join(below, names.items[i]) : text_copy(names.items[i]);
		autofree char *path = path_join(into, name);
		struct stat status;
		if (is_pruned(source, name)) {
			if (tree_remove(path, err))
				return -1;
		} else if (!lstat(path, &status) && S_ISDIR(status.st_mode) &&
			   prune(source, into, name, err)) {
			return -1;
		}
	}
	return 0;
}

static int build_files(const struct payload_job *job, parallel_work *work, struct error *err)
{
	const struct planned_source *planned = job->planned;
	if (directory_make(job->into, 0755, err) ||
	    parallel_each(planned->payload_count, 0, work, (void *)job, err))
		return -1;
	return planned->source->prune.count ? prune(planned->source, job->into, "", err) : 0;
}

static mode_t file_mode(const struct source *source)
{
	return source->mode ? source->mode : 0644;
}

static int build_extract(const struct source *source, const char *tree, struct error *err)
{
	autofree char *archive = path_join(tree, source->archive), *to = path_join(tree, source->to);
	autofree char *folder = path_directory(to), *data = NULL;
	size_t length;
	if (!path_exists(archive))
		return error_set(err, "%s is not in the apps layer (yet)", source->archive);
	int answer = archive_member(archive, source->member, &data, &length, err);
	if (answer)
		return answer < 0 ? -1 : error_set(err, "%s has no member %s", source->archive, source->member);
	if (directory_make(folder, 0755, err))
		return -1;
	return file_write_plain(to, data, length, file_mode(source), err);
}

static int build_file(const struct build *build, const struct planned_source *planned, const char *tree,
		      struct error *err)
{
	autofree char *to = path_join(tree, planned->source->to), *folder = path_directory(to);
	if (planned->payload_count != 1)
		return error_set(err, "%s: one file expected", planned->source->to);
	autofree char *blob = store_blob(build->store, planned->payloads[0].digest);
	if (directory_make(folder, 0755, err))
		return -1;
	return file_copy(blob, to, file_mode(planned->source), err);
}

static int build_source(const struct build *build, const struct planned_source *planned, const char *tree,
			struct error *err)
{
	const struct source *source = planned->source;
	autofree char *into = source->into ? path_join(tree, source->into) : NULL;
	const struct payload_job job = { .build = build, .planned = planned, .into = into };
	switch (source->kind) {
	case SOURCE_NPM:
		return build_files(&job, unpack_npm, err);
	case SOURCE_MAVEN:
		return build_files(&job, copy_payload, err);
	case SOURCE_JAVA:
		return java_compile(build, source, tree, err);
	case SOURCE_EXTRACT:
		return build_extract(source, tree, err);
	case SOURCE_FILE:
		return build_file(build, planned, tree, err);
	case SOURCE_CLASS_ARCHIVE:
		return class_archive(build, source, tree, err);
	}
	return error_set(err, "a kind of source that cannot be built");
}

int payloads_build(const struct build *build, const struct planned_source *planned, const char *tree,
		   struct error *err)
{
	if (build_source(build, planned, tree, err))
		return error_prefix(err, "component %s", planned->component->id);
	return 0;
}

int assemble_sources(const struct store *store, const struct plan *plan, const char *tree, struct error *err)
{
	const struct build build = { .plan = plan, .store = store };
	for (size_t i = 0; i < plan->source_count; i++)
		if (payloads_build(&build, &plan->sources[i], tree, err))
			return -1;
	return 0;
}
