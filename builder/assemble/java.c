/* Java sources; see java.h. */
#include "assemble/java.h"

#include <time.h>

/* The tools root has one JDK; where it lies depends on its version and architecture. */
static int find_javac(const struct tools *tools, char **ret_path, struct error *err)
{
	autofree char *folder = path_join(tools->root, "usr/lib/jvm");
	struct strings autostrings names = { 0 };
	if (!path_is_directory(folder))
		return error_set(err, "the tools root holds no Java compiler");
	if (directory_list(folder, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *inside = text_format("/usr/lib/jvm/%s/bin/javac", names.items[i]);
		autofree char *path = path_join(tools->root, inside);
		if (!path_exists(path))
			continue;
		*ret_path = steal(inside);
		return 0;
	}
	return error_set(err, "the tools root holds no Java compiler");
}

/* A short run: the simple compiler and collector of the JVM start fastest. */
#define QUICK "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-J-Xshare:auto"

struct compiling {
	const struct build *build;
	const struct source *source;
	const char *tree, *javac;
};

static int run(const struct compiling *job, const char *const *argv, const char *inside, struct error *err)
{
	const struct sandbox_bind binds[] = {
		{ .from = job->tree, .to = "/run/tree", .writable = true },
		{ .from = job->source->lock, .to = inside },
	};
	const struct tool_run tool = {
		.argv = argv, .binds = binds, .bind_count = 2, .timestamp = job->build->plan->lock.timestamp,
	};
	return tools_run(job->build->tools, &tool, err);
}

/* `to`: the directory for the classes, as the sandbox sees it. */
static int run_javac(const struct compiling *job, const char *to, const char *inside, struct error *err)
{
	const struct source *source = job->source;
	autofree char *jars = source->classpath ? text_format("/run/tree%s/*", source->classpath) : NULL;
	autofree char *release = text_format("%ld", source->release ? source->release : 21);
	const char *const argv[] = {
		job->javac, QUICK, "-encoding", "UTF-8", "-proc:none", "-nowarn", "-g:source,lines", "--release", release,
		"-d", to, "-cp", jars ? jars : to, inside, NULL,
	};
	return run(job, argv, inside, err);
}

/* jar sorts its entries and gives each the one time that it is told; a manifest would say which JDK made it. */
static int run_jar(const struct compiling *job, const char *classes, const char *inside, struct error *err)
{
	char date[32];
	time_t time = (time_t)job->build->plan->lock.timestamp;
	struct tm parts;
	if (!gmtime_r(&time, &parts) || !strftime(date, sizeof date, "--date=%Y-%m-%dT%H:%M:%SZ", &parts))
		return error_set(err, "the time stamp of the lock is not a date");
	autofree char *folder = path_directory(job->javac), *jar = path_join(folder, "jar");
	autofree char *file = text_format("/run/tree%s", job->source->into);
	const char *const argv[] = {
		jar, QUICK, "--create", "--no-manifest", date, "--file", file, "-C", classes, ".", NULL,
	};
	return run(job, argv, inside, err);
}

static int compile(const struct compiling *job, const char *inside, struct error *err)
{
	const struct source *source = job->source;
	const bool packed = text_ends(source->into, ".jar");
	autofree char *name = packed ? text_format("%s.classes", source->into) : text_copy(source->into);
	autofree char *classes = path_join(job->tree, name), *to = text_format("/run/tree%s", name);
	if (directory_make(classes, 0755, err) || run_javac(job, to, inside, err))
		return -1;
	return packed && (run_jar(job, to, inside, err) || tree_remove(classes, err)) ? -1 : 0;
}

int java_compile(const struct build *build, const struct source *source, const char *tree,
		 struct error *err)
{
	autofree char *javac = NULL, *inside = path_join("/run/java", path_base(source->lock));
	if (find_javac(build->tools, &javac, err))
		return -1;
	const struct compiling job = { .build = build, .source = source, .tree = tree, .javac = javac };
	return compile(&job, inside, err) ? error_prefix(err, "%s", source->lock) : 0;
}
