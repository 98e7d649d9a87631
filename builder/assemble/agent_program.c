/* The agent; see agent_program.h. */
#define _GNU_SOURCE 1
#include "assemble/agent_program.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "assemble/layer.h"

#define VERSION_MAXIMUM 256u

/* The rooms that the box's program is made of: from the Makefile, which installs the same ones. */
static const char *const rooms[] = { AGENT_ROOMS };

int agent_key(struct hash *key, const struct build *build, struct error *err)
{
	const char *source = build->options->agent_source;
	for (size_t i = 0; i < LENGTH(rooms); i++) {
		autofree char *folder = path_join(source, rooms[i]);
		if (layer_key_folder(key, folder, err))
			return -1;
	}
	autofree char *version = path_join(source, "VERSION");
	return path_exists(version) ? layer_key_file(key, version, err) : 0;
}

struct compile {
	const struct build *build;
	const char *work;          /* gets the object files */
	const char *define;
	struct strings files;      /* "agent/hie.c", … */
};

static int run_gcc(const struct compile *compile, const struct strings *argv, struct error *err)
{
	const struct sandbox_bind binds[] = {
		{ .from = compile->build->options->agent_source, .to = "/run/source" },
		{ .from = compile->work, .to = "/run/objects", .writable = true },
	};
	const struct tool_run run = {
		.argv = (const char *const *)argv->items, .binds = binds, .bind_count = 2,
		.timestamp = compile->build->plan->lock.timestamp, .directory = "/run/source",
	};
	return tools_run(compile->build->tools, &run, err);
}

static int compile_one(void *context, size_t index, struct error *err)
{
	const struct compile *compile = context;
	struct strings autostrings argv = { 0 };
	strings_add_all(&argv, (const char *const[]){
		"/usr/bin/gcc", "-std=gnu17", "-O2", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64",
		"-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-fPIE", "-Werror=date-time",
		"-ffile-prefix-map=/run/source=builder", "-I.", "-c", NULL });
	strings_add(&argv, compile->define);
	strings_add(&argv, compile->files.items[index]);
	strings_add(&argv, "-o");
	strings_format(&argv, "/run/objects/%zu.o", index);
	return run_gcc(compile, &argv, err) ?
		error_prefix(err, "builder/%s", compile->files.items[index]) : 0;
}

static int link_program(const struct compile *compile, struct error *err)
{
	struct strings autostrings argv = { 0 };
	strings_add_all(&argv, (const char *const[]){ "/usr/bin/gcc", "-pie", "-s", "-Wl,-z,relro,-z,now",
						      "-Wl,--as-needed", "-Wl,--build-id=none", "-o",
						      "/run/objects/hie", NULL });
	for (size_t i = 0; i < compile->files.count; i++)
		strings_format(&argv, "/run/objects/%zu.o", i);
	strings_add_all(&argv, (const char *const[]){ "-lcurl", "-lyaml", "-ljansson", "-lcrypto", "-lsystemd",
						      "-lmicrohttpd", "-lqrencode", "-lpthread", "-lm", NULL });
	return run_gcc(compile, &argv, err);
}

static int find_files(struct compile *compile, struct error *err)
{
	bool agent = false;
	for (size_t i = 0; i < LENGTH(rooms); i++) {
		autofree char *folder = path_join(compile->build->options->agent_source, rooms[i]);
		struct strings autostrings names = { 0 };
		if (directory_list(folder, &names, err))
			return -1;
		for (size_t k = 0; k < names.count; k++) {
			if (!text_ends(names.items[k], ".c"))
				continue;
			strings_format(&compile->files, "%s/%s", rooms[i], names.items[k]);
			agent = agent || text_equal(rooms[i], "agent");
		}
	}
	return agent ? 0 : error_set(err, "%s/agent holds no source: the box's program cannot be made",
				     compile->build->options->agent_source);
}

static int read_version(const struct build *build, char **ret_define, struct error *err)
{
	autofree char *path = path_join(build->options->agent_source, "VERSION"), *text = NULL;
	if (path_exists(path) && file_read(path, VERSION_MAXIMUM, &text, NULL, err))
		return -1;
	*ret_define = text_format("-DHIEBOX_VERSION=\"%.*s\"", text ? (int)strcspn(text, "\n") : 1,
				  text ? text : "0");
	return 0;
}

static int compile_agent(const struct build *build, const char *work, struct error *err)
{
	struct compile compile = { .build = build, .work = work };
	autofree char *define = NULL;
	int answer = -1;
	if (!tree_remove(work, err) && !directory_make(work, 0755, err) && !read_version(build, &define, err) &&
	    !find_files(&compile, err)) {
		compile.define = define;
		answer = parallel_each(compile.files.count, 0, compile_one, &compile, err);
	}
	if (!answer)
		answer = link_program(&compile, err);
	strings_clear(&compile.files);
	return answer;
}

/* The program alone, in a folder that becomes agent's in the store. */
static int keep_agent(const struct build *build, const char *made, const char *key, struct error *err)
{
	autofree char *directory = path_join(build->store->work, "agent-layer");
	autofree char *kept = path_join(directory, "hie");
	if (tree_remove(directory, err) || directory_make(directory, 0755, err) ||
	    file_copy(made, kept, 0755, err))
		return -1;
	return layer_publish(build->store, directory, key, err);
}

int agent_layer_key(const struct build *build, char **ret_key, struct error *err)
{
	struct hash *hash = layer_key_begin("agent", build->tools);
	if (agent_key(hash, build, err)) {
		hash_free(hash);
		return -1;
	}
	*ret_key = layer_key_end(hash);
	return 0;
}

int agent_build(const struct build *build, const char *tree, struct error *err)
{
	autofree char *work = path_join(build->store->work, "agent"), *key = NULL;
	autofree char *made = path_join(work, "hie"), *to = path_join(tree, "usr/bin/hie");
	autofree char *bin = path_directory(to);
	if (agent_layer_key(build, &key, err))
		return -1;
	autofree char *directory = layer_directory(build->store, key);
	autofree char *kept = path_join(directory, "hie");
	bool have = !build->options->no_cache && path_exists(kept);
	int answer = have ? 0 : compile_agent(build, work, err);
	if (!answer && !have)
		answer = keep_agent(build, made, key, err);
	if (!answer && (directory_make(bin, 0755, err) || file_copy(have ? kept : made, to, 0755, err)))
		answer = -1;
	return answer ? error_prefix(err, "the box's program") : 0;
}
