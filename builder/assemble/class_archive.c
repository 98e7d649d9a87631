/* Class archives; see class_archive.h. */
#define _GNU_SOURCE 1
#include "assemble/class_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "assemble/packages.h"

/* cds.h and filemap.hpp of Java 25: a header of magic, checksum and version, and of the heap's region its checksum, its
 * place in the file and its size */
#define ARCHIVE_MAGIC 0xf00baba2u
#define ARCHIVE_VERSION 19u
#define CHECKSUM_AT 4u
#define VERSION_AT 8u
#define HEAP_CHECKSUM_AT 312u
#define HEAP_AT 336u
#define HEAP_SIZE_AT 352u
#define HEADER_LEAST 4096u
/* Where java.lang.ref.SoftReference keeps its time; before it stand a mark word, a class, and four references, of which
 * an archived one has only the first two. */
#define TIME_AT 32u
/* The clock that they take it from is a static field, in the object that is the class; this far before it stands the
 * address of the class, of which an object holds the lower half. */
#define CLASS_BEFORE_CLOCK 104u
#define CLASSES_MAX 16u
#define TIME_ROOM 10000
#define TIME_LEAST 1000 /* below it are lengths and counts; no JVM works in a machine's first second */
#define TIMES_MAX (64u << 20)

struct soft_classes { /* SoftReference and those that extend it */
	uint32_t ids[CLASSES_MAX];
	size_t count;
};

static uint32_t number(const unsigned char *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return value;
}

static uint64_t long_number(const unsigned char *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof value);
	return value;
}

static bool is_within(const unsigned char *at, const int64_t window[2])
{
	int64_t value = (int64_t)long_number(at);
	return value >= TIME_LEAST && value >= window[0] && value <= window[1];
}

static bool is_soft_reference(const unsigned char *object)
{
	return long_number(object) == 1 && number(object + 8) && !number(object + 20) && !number(object + 24);
}

static bool is_known(const struct soft_classes *classes, uint32_t id)
{
	for (size_t i = 0; i < classes->count; i++)
		if (classes->ids[i] == id)
			return true;
	return false;
}

static int settle_references(unsigned char *heap, size_t size, const int64_t window[2], struct soft_classes *classes,
			     struct error *err)
{
	for (size_t at = TIME_AT; at + 8 <= size; at += 8) {
		const unsigned char *object = heap + at - TIME_AT;
		if (!is_within(heap + at, window) || !is_soft_reference(object))
			continue;
		if (!is_known(classes, number(object + 8))) {
			if (classes->count == CLASSES_MAX)
				return error_set(err, "more than %u classes of soft references", CLASSES_MAX);
			classes->ids[classes->count++] = number(object + 8);
		}
		memset(heap + at, 0, 8);
	}
	return 0;
}

static int settle_clock(unsigned char *heap, size_t size, const int64_t window[2], const struct soft_classes *classes,
			struct error *err)
{
	size_t found = 0;
	for (size_t at = CLASS_BEFORE_CLOCK; at + 8 <= size; at += 8)
		if (is_within(heap + at, window) && is_known(classes, number(heap + at - CLASS_BEFORE_CLOCK))) {
			memset(heap + at, 0, 8);
			found++;
		}
	return found == 1 ? 0 : error_set(err, "the clock of soft references was expected once, and found %zu times", found);
}

int class_archive_settle(unsigned char *data, size_t size, const int64_t window[2], struct error *err)
{
	struct soft_classes classes = { 0 };
	if (size < HEADER_LEAST || number(data) != ARCHIVE_MAGIC || number(data + VERSION_AT) != ARCHIVE_VERSION)
		return error_set(err, "not an archive of Java 25: what differs in it from run to run is not known");
	uint64_t heap = long_number(data + HEAP_AT), heap_size = long_number(data + HEAP_SIZE_AT);
	if (heap % 8 || heap < HEADER_LEAST || heap > size || heap_size > size - heap)
		return error_set(err, "the archive's heap is said to be at %" PRIu64 ", %" PRIu64 " bytes: outside of it", heap,
				 heap_size);
	if (settle_references(data + heap, heap_size, window, &classes, err) ||
	    settle_clock(data + heap, heap_size, window, &classes, err))
		return -1;
	memset(data + CHECKSUM_AT, 0, 4);
	memset(data + HEAP_CHECKSUM_AT, 0, 4);
	return 0;
}

/* When the JVM worked, by its own clock, which need not be ours (time namespaces, faketime): each line of its log
 * begins with "[<nanoseconds>ns]". Milliseconds, with room for what it did before the first and after the last. */
static int read_window(const char *path, int64_t ret_window[2], struct error *err)
{
	autofree char *text = NULL;
	struct strings autostrings lines = { 0 };
	int64_t first = INT64_MAX, last = 0;
	if (file_read(path, TIMES_MAX, &text, NULL, err))
		return -1;
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i];
		size_t digits = line[0] == '[' ? strspn(line + 1, "0123456789") : 0;
		if (!digits || !text_starts(line + 1 + digits, "ns]"))
			continue;
		int64_t time = strtoll(line + 1, NULL, 10) / 1000000;
		first = time < first ? time : first;
		last = time > last ? time : last;
	}
	if (first > last)
		return error_set(err, "the JVM's log has no times");
	ret_window[0] = first - TIME_ROOM;
	ret_window[1] = last + TIME_ROOM;
	return 0;
}

static int settle_file(const char *path, const int64_t window[2], struct error *err)
{
	struct stat status;
	if (chmod(path, 0644)) /* the JVM leaves 0444 */
		return error_set_errno(err, errno, "%s", path);
	autofd int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status))
		return error_set_errno(err, errno, "%s", path);
	void *data = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return error_set_errno(err, errno, "%s", path);
	int answer = class_archive_settle(data, (size_t)status.st_size, window, err);
	munmap(data, (size_t)status.st_size);
	return answer;
}

/* Which of the image's JVMs will be /usr/bin/java: Debian's alternatives prefer the newest. */
static const struct package *find_jvm(const struct package_set *set)
{
	const struct package *best = NULL;
	long newest = 0;
	for (size_t i = 0; i < set->count; i++) {
		const char *name = set->items[i].name;
		if (!text_starts(name, "openjdk-") || !text_ends(name, "-jre-headless"))
			continue;
		long version = strtol(name + strlen("openjdk-"), NULL, 10);
		if (version > newest) {
			newest = version;
			best = &set->items[i];
		}
	}
	return best;
}

/* The JVM alone, unpacked: all that it needs besides itself, the C library, is in the tools root, of the same suite. */
static int unpack_jvm(const struct build *build, const char *tree, char **ret_java, struct error *err)
{
	struct debs autodebs debs = { 0 };
	const struct package *package = find_jvm(&build->plan->lock.image);
	if (!package)
		return error_set(err, "the plan has no openjdk-…-jre-headless: add it to the variant's packages");
	const struct package_set set = { .items = (struct package *)package, .count = 1 };
	if (debs_check(build->store, &set, err) || tree_remove(tree, err) || directory_make(tree, 0755, err) ||
	    debs_load(build->store, &set, &debs, err))
		return -1;
	debs.items[0].late = false;
	if (debs_unpack(&debs, tree, false, NULL, err))
		return -1;
	*ret_java = text_format("/usr/lib/jvm/java-%ld-openjdk-%s/bin/java",
				strtol(package->name + strlen("openjdk-"), NULL, 10), build->plan->lock.architecture);
	autofree char *outside = path_join(tree, *ret_java);
	if (path_exists(outside))
		return 0;
	return error_set(err, "%s has no %s", package->name, *ret_java);
}

static int unpack_list(const struct build *build, const char *list, const char *to, struct error *err)
{
	autofd int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set_errno(err, errno, "%s", to);
	const char *const argv[] = { "/usr/bin/xz", "--decompress", "--stdout", "/run/list", NULL };
	const struct sandbox_bind bind = { .from = list, .to = "/run/list" };
	const struct tool_run run = { .argv = argv, .binds = &bind, .bind_count = 1, .output_fd = fd };
	return tools_run(build->tools, &run, err);
}

/* The class path in the order of names, for Java's own `*` follows the directory's; and the jars get their times. */
static int read_jars(const struct build *build, const struct source *source, const char *folder, struct buffer *classpath,
		     struct error *err)
{
	struct strings autostrings names = { 0 };
	const struct timespec time = { .tv_sec = build->plan->lock.timestamp };
	if (!path_is_directory(folder))
		return error_set(err, "%s is not in the apps layer (yet)", source->classpath);
	if (directory_list(folder, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *path = path_join(folder, names.items[i]);
		if (!text_ends(path, ".jar"))
			continue;
		if (utimensat(AT_FDCWD, path, (const struct timespec[]){ time, time }, AT_SYMLINK_NOFOLLOW))
			return error_set_errno(err, errno, "%s", path);
		buffer_format(classpath, "%s%s/%s", classpath->length ? ":" : "", source->classpath, names.items[i]);
	}
	return classpath->length ? 0 : error_set(err, "%s holds no jar", source->classpath);
}

/* Only the same class path fits: the archive's and the program's come from one place. */
static int write_arguments(const struct source *source, const char *to, const char *classpath, struct error *err)
{
	autofree char *path = text_format("%s.args", to);
	autofree char *text = text_format("-XX:SharedArchiveFile=%s\n-cp %s\n", source->to, classpath);
	return file_write_plain(path, text, strlen(text), 0644, err);
}

struct dump {
	const struct source *source;
	const char *tree, *work, *jvm, *java; /* apps tree; folder that gets the archive; the JVM's tree; its program inside */
	const char *classpath;
};

static int run_jvm(const struct build *build, const struct dump *dump, struct error *err)
{
	autofree char *jars = path_join(dump->tree, dump->source->classpath);
	/* G1, for no other collector writes the heap's part, which every collector reads; the size of the heap and the
	 * number of threads are given, so that they do not follow the machine */
	const char *const argv[] = {
		dump->java, "-Xshare:dump", "-XX:+AOTClassLinking", "-XX:+UseG1GC", "-Xms640m", "-Xmx640m",
		"-XX:ParallelGCThreads=2",
		"-XX:ActiveProcessorCount=2", "-XX:SharedClassListFile=/run/archive/list",
		"-XX:SharedArchiveFile=/run/archive/archive", "-Xlog:disable", "-Xlog:all=error:stderr",
		"-Xlog:cds=info:file=/run/archive/times:timenanos:filecount=0", "-cp",
		dump->classpath, NULL,
	};
	const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=/tmp", NULL };
	const char *const lower[] = { dump->jvm, build->tools->root, NULL };
	const struct sandbox_bind binds[] = {
		{ .from = jars, .to = dump->source->classpath },
		{ .from = dump->work, .to = "/run/archive", .writable = true },
	};
	const struct sandbox sandbox = { .lower = lower, .binds = binds, .bind_count = 2, .no_sync = true };
	const struct process process = { .argv = argv, .environment = environment, .sandbox = &sandbox };
	return process_run(&process, NULL, err);
}

static int make(const struct build *build, struct dump *dump, struct error *err)
{
	autofree char *list = path_join(dump->work, "list"), *made = path_join(dump->work, "archive");
	autofree char *jars = path_join(dump->tree, dump->source->classpath), *to = path_join(dump->tree, dump->source->to);
	autofree char *folder = path_directory(to);
	struct buffer autobuffer classpath = { 0 };
	autofree char *times = path_join(dump->work, "times");
	int64_t window[2];
	if (unpack_list(build, dump->source->lock, list, err) ||
	    read_jars(build, dump->source, jars, &classpath, err))
		return -1;
	dump->classpath = classpath.data;
	if (run_jvm(build, dump, err))
		return -1;
	if (read_window(times, window, err) || settle_file(made, window, err) || directory_make(folder, 0755, err) ||
	    file_copy(made, to, 0644, err))
		return -1;
	return write_arguments(dump->source, to, classpath.data, err);
}

int class_archive(const struct build *build, const struct source *source, const char *tree, struct error *err)
{
	autofree char *jvm = path_join(build->trees, "jvm"), *work = path_join(build->trees, "class-archive"), *java = NULL;
	int answer = -1;
	if (!unpack_jvm(build, jvm, &java, err) && !tree_remove(work, err) && !directory_make(work, 0755, err)) {
		struct dump dump = { .source = source, .tree = tree, .work = work, .jvm = jvm, .java = java };
		answer = make(build, &dump, err);
	}
	if (answer)
		return error_prefix(err, "%s", source->lock);
	return tree_remove(work, err) || tree_remove(jvm, err) ? -1 : 0;
}
