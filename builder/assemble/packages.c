/* .deb files into a tree; see packages.h. */
#define _GNU_SOURCE 1
#include "assemble/packages.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "assemble/archive.h"
#include "assemble/large_deb.h"

#define CONTROL_MAXIMUM (64u << 20)       /* of control.tar, decompressed */
#define CONTROL_FILE_MAXIMUM (32u << 20)  /* md5sums of the largest packages have 10 MB */
#define CONTROL_FILES_MAXIMUM 256u
#define CONTROL_NAME_MAXIMUM 100u
#define UNPACKED_MINIMUM (64u << 20)      /* of data.tar: this much on top of what Installed-Size allows */
#define ENTRIES_MAXIMUM 1000000u

const struct deb_file *deb_file(const struct deb *deb, const char *name)
{
	for (size_t i = 0; i < deb->file_count; i++)
		if (text_equal(deb->files[i].name, name))
			return &deb->files[i];
	return NULL;
}

/* dpkg allows no more either: NAME.FILE is a file of its database. */
static bool is_control_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.";
	size_t length = strlen(name);
	return length > 0 && length <= CONTROL_NAME_MAXIMUM && *name != '.' && strspn(name, letters) == length;
}

/* dpkg refuses them too; libarchive would take names, sizes and attributes from them. */
static int check_headers(struct archive *archive, const char *name, struct error *err)
{
	if (archive_format(archive) != ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE &&
	    archive_format(archive) != ARCHIVE_FORMAT_TAR_PAX_RESTRICTED)
		return 0;
	return error_set(err, "%s: a pax header, which dpkg does not know", name);
}

static int visit_control(void *context, struct archive *archive, struct archive_entry *entry,
			 struct error *err)
{
	struct deb *deb = context;
	autofree char *name = unpack_name(archive_entry_pathname(entry), err);
	if (!name || check_headers(archive, name, err))
		return -1;
	if (archive_entry_filetype(entry) == AE_IFDIR && !*name)
		return 0;
	if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return error_set(err, "%s: only plain files belong there", name);
	if (!is_control_name(name))
		return error_set(err, "%s: not a name of a control file", name);
	if (deb->file_count == CONTROL_FILES_MAXIMUM)
		return error_set(err, "more than %u files", CONTROL_FILES_MAXIMUM);
	if (deb_file(deb, name) || (deb->control && text_equal(name, "control")))
		return error_set(err, "%s is there twice", name);
	autofree char *data = NULL;
	size_t length;
	if (archive_body(archive, CONTROL_FILE_MAXIMUM, &data, &length, err))
		return error_prefix(err, "%s", name);
	const char *kept = arena_string_n(deb->arena, data, length);
	if (text_equal(name, "control")) {
		deb->control = kept;
		return control_check(kept, length, err);
	}
	deb->files = array_grow(deb->files, deb->file_count, &deb->file_capacity, sizeof *deb->files);
	deb->files[deb->file_count++] = (struct deb_file){
		.name = arena_string(deb->arena, name), .data = kept, .length = length,
		.mode = archive_entry_perm(entry) & 0755,
	};
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct deb_file *)a)->name, ((const struct deb_file *)b)->name);
}

/* A package that calls itself otherwise than the index says would write another one's database files. */
static int check_identity(struct deb *deb, struct error *err)
{
	const struct package *package = deb->package;
	if (!deb->control)
		return error_set(err, "no control file inside");
	autofree char *name = control_field(deb->control, "Package");
	autofree char *version = control_field(deb->control, "Version");
	autofree char *architecture = control_field(deb->control, "Architecture");
	autofree char *multi = control_field(deb->control, "Multi-Arch");
	if (!text_equal(name, package->name) || !text_equal(version, package->version) ||
	    !text_equal(architecture, package->architecture))
		return error_set(err, "is %s %s %s inside", name ? name : "?", version ? version : "?",
				 architecture ? architecture : "?");
	deb->label = text_equal(multi, "same") ?
		arena_format(deb->arena, "%s:%s", name, architecture) : package->name;
	if (!text_ends(deb->control, "\n"))
		deb->control = arena_format(deb->arena, "%s\n", deb->control);
	return 0;
}

static int load_one(void *context, size_t index, struct error *err)
{
	struct deb *deb = &((struct debs *)context)->items[index];
	deb->arena = arena_new();
	const struct archive_input input = { deb->blob, INPUT_CONTROL, CONTROL_MAXIMUM };
	if (archive_each(&input, visit_control, deb, err) || check_identity(deb, err))
		return error_prefix(err, "package %s %s", deb->package->name, deb->package->version);
	if (deb->file_count)
		qsort(deb->files, deb->file_count, sizeof *deb->files, by_name);
	return 0;
}

/* What essential packages depend on must be there for any script to run. */
static void mark_core(struct debs *debs, struct deb *deb, bool *core)
{
	if (core[deb - debs->items])
		return;
	core[deb - debs->items] = true;
	autofree char *before = control_field(deb->control, "Pre-Depends");
	autofree char *needs = control_field(deb->control, "Depends");
	for (size_t i = 0; i < debs->count; i++) {
		const char *name = debs->items[i].package->name;
		if ((before && relation_names(before, name)) || (needs && relation_names(needs, name)))
			mark_core(debs, &debs->items[i], core);
	}
}

/* A diversion must stand before the package that made it is unpacked. */
static void mark_late(struct debs *debs)
{
	autofree bool *core = memory_alloc(debs->count + 1);
	for (size_t i = 0; i < debs->count; i++)
		if (debs->items[i].package->essential)
			mark_core(debs, &debs->items[i], core);
	for (size_t i = 0; i < debs->count; i++) {
		const struct deb_file *preinst = deb_file(&debs->items[i], "preinst");
		debs->items[i].late = preinst && !core[i] && strstr(preinst->data, "dpkg-divert");
	}
}

int debs_check(const struct store *store, const struct package_set *set, struct error *err)
{
	autofree struct blob_use *uses = memory_alloc((set->count + 1) * sizeof *uses);
	struct strings autostrings digests = { 0 };
	for (size_t i = 0; i < set->count; i++)
		strings_format(&digests, "sha256:%s", set->items[i].sha256);
	for (size_t i = 0; i < set->count; i++)
		uses[i] = (struct blob_use){ digests.items[i], set->items[i].name };
	return blobs_check(store, uses, set->count, err);
}

int debs_load(const struct store *store, const struct package_set *set, struct debs *ret_debs,
	      struct error *err)
{
	struct debs debs = { .count = set->count };
	debs.items = memory_alloc((set->count + 1) * sizeof *debs.items);
	for (size_t i = 0; i < set->count; i++) {
		autofree char *digest = text_format("sha256:%s", set->items[i].sha256);
		debs.items[i].package = &set->items[i];
		debs.items[i].blob = store_blob(store, digest);
	}
	if (parallel_each(debs.count, 0, load_one, &debs, err)) {
		debs_clear(&debs);
		return -1;
	}
	mark_late(&debs);
	*ret_debs = debs;
	return 0;
}

void debs_clear(struct debs *debs)
{
	for (size_t i = 0; i < debs->count; i++) {
		struct deb *deb = &debs->items[i];
		free(deb->blob);
		free(deb->files);
		free(deb->paths);
		arena_free(deb->arena);
	}
	free(debs->items);
	*debs = (struct debs){ 0 };
}

struct unpacking {
	struct deb *deb;
	struct unpack unpack;
	const struct diversions *diversions;
	bool (*unwanted)(const char *path);
};

/* Where a path of this package really goes. */
static const char *diverted(const struct unpacking *unpacking, const char *path)
{
	const struct diversions *diversions = unpacking->diversions;
	for (size_t i = 0; diversions && i < diversions->from.count; i++)
		if (text_equal(diversions->from.items[i], path) &&
		    !text_equal(diversions->package.items[i], unpacking->deb->package->name))
			return diversions->to.items[i];
	return path;
}

static int visit_data(void *context, struct archive *archive, struct archive_entry *entry,
		      struct error *err)
{
	struct unpacking *unpacking = context;
	struct deb *deb = unpacking->deb;
	autofree char *path = unpack_name(archive_entry_pathname(entry), err);
	if (!path || check_headers(archive, path, err))
		return -1;
	if (unpacking->unwanted && unpacking->unwanted(path))
		return 0;
	const char *link = archive_entry_hardlink(entry);
	deb->paths = array_grow(deb->paths, deb->path_count, &deb->path_capacity, sizeof *deb->paths);
	struct deb_path *item = &deb->paths[deb->path_count++];
	*item = (struct deb_path){
		.path = arena_string(deb->arena, path),
		.link = link ? arena_string(deb->arena, link) : NULL,
		.mode = link ? S_IFREG | 0644 : archive_entry_mode(entry),
		.uid = (uid_t)archive_entry_uid(entry), .gid = (gid_t)archive_entry_gid(entry),
		.mtime = archive_entry_mtime(entry),
	};
	const struct unpack_item place = {
		.path = diverted(unpacking, item->path),
		.meta = { .mode = item->mode & 07777, .uid = item->uid, .gid = item->gid,
			  .mtime = item->mtime },
	};
	return archive_unpack(archive, entry, &unpacking->unpack, &place, err);
}

struct unpack_job {
	struct deb **chosen;
	const struct debs *debs;
	const char *tree;
	const struct diversions *diversions;
};

/* What unpacking it costs, roughly: bytes, and a file or two that even the smallest has. */
static uint64_t deb_weight(const struct deb *deb)
{
	return deb->package->installed_kib + 64;
}

static int unpack_one(void *context, size_t index, struct error *err)
{
	const struct unpack_job *job = context;
	struct deb *deb = job->chosen[index];
	const struct tools *tools = job->debs->tools;
	struct unpacking unpacking = {
		.deb = deb, .diversions = job->diversions, .unwanted = job->debs->unwanted,
	};
	/* Installed-Size is only an estimate, but one that nothing honest exceeds fourfold */
	uint64_t budget = deb->package->installed_kib * 4096 + UNPACKED_MINIMUM;
	const struct archive_input input = { deb->blob, INPUT_DATA, budget };
	deb->path_count = 0;
	if (unpack_open(job->tree, budget, ENTRIES_MAXIMUM, &unpacking.unpack, err))
		return -1;
	const struct large_deb large = { .path = deb->blob, .tools = tools, .store = job->debs->store,
					 .keep = job->debs->keep, .sha256 = deb->package->sha256,
					 .maximum = budget };
	int answer = tools ? large_deb(&large, visit_data, &unpacking, err) : 1;
	if (answer > 0)
		answer = archive_each(&input, visit_data, &unpacking, err);
	unpack_close(&unpacking.unpack);
	if (answer)
		return error_prefix(err, "package %s %s", deb->package->name, deb->package->version);
	progress_detail(job->debs->progress, deb->package->name);
	progress_advance(job->debs->progress, deb_weight(deb));
	progress_item(job->debs->progress);
	return 0;
}

void debs_watch(struct debs *debs, struct progress *progress)
{
	uint64_t total = 0;
	for (size_t i = 0; i < debs->count; i++)
		total += deb_weight(&debs->items[i]);
	progress_total(progress, total);
	progress_items(progress, debs->count);
	debs->progress = progress;
}

static int larger_first(const void *a, const void *b)
{
	const struct deb *x = *(struct deb *const *)a, *y = *(struct deb *const *)b;
	if (x->package->size != y->package->size)
		return x->package->size > y->package->size ? -1 : 1;
	return x < y ? -1 : x > y;
}

int debs_unpack(struct debs *debs, const char *tree, bool late, const struct diversions *diversions,
		struct error *err)
{
	autofree struct deb **chosen = memory_alloc((debs->count + 1) * sizeof *chosen);
	size_t count = 0;
	for (size_t i = 0; i < debs->count; i++)
		if (debs->items[i].late == late && !debs->items[i].by_dpkg)
			chosen[count++] = &debs->items[i];
	qsort(chosen, count, sizeof *chosen, larger_first);
	struct unpack_job job = {
		.chosen = chosen, .debs = debs, .tree = tree, .diversions = diversions,
	};
	return parallel_each(count, 0, unpack_one, &job, err);
}
