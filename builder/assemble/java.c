/* Java sources; see java.h. */
#include "assemble/java.h"

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

int java_compile(const struct build *build, const struct source *source, const char *tree,
		 struct error *err)
{
	autofree char *javac = NULL, *into = path_join(tree, source->into);
	autofree char *inside = path_join("/run/java", path_base(source->lock));
	autofree char *target = path_join("/run/tree", source->into);
	autofree char *jars = source->classpath ? text_format("/run/tree%s/*", source->classpath) : NULL;
	autofree char *release = text_format("%ld", source->release ? source->release : 21);
	if (find_javac(build->tools, &javac, err) || directory_make(into, 0755, err))
		return -1;
	/* a short run: the simple compiler and collector of the JVM start fastest */
	const char *const argv[] = {
		javac, "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-J-Xshare:auto", "-encoding", "UTF-8",
		"-proc:none", "-nowarn", "-g:source,lines", "--release", release, "-d", target, "-cp",
		jars ? jars : target, inside, NULL,
	};
	const struct sandbox_bind binds[] = {
		{ .from = tree, .to = "/run/tree", .writable = true },
		{ .from = source->lock, .to = inside },
	};
	const struct tool_run run = {
		.argv = argv, .binds = binds, .bind_count = 2, .timestamp = build->plan->lock.timestamp,
	};
	return tools_run(build->tools, &run, err) ? error_prefix(err, "%s", source->lock) : 0;
}
