/* A machine for tests of who asks one: a script runs here, in /bin/sh, with programs of the test's own before all others
 * in PATH, and with the box's folders below the test's folder. Include it in one file of a program; it stands in the place
 * of the room machine. */
#ifndef HIEBOX_TESTS_FAKE_MACHINE_H
#define HIEBOX_TESTS_FAKE_MACHINE_H

#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "machine/machine.h"

struct machine {
	char *folder;        /* bin/, var/lib/hie, usr/lib/hie, etc */
	unsigned asked;      /* scripts that were run */
	unsigned dies_after; /* then it does not answer any more; 0: never */
	unsigned restarts;
	void (*on_restart)(struct machine *machine); /* may be NULL */
	char *last;          /* the last script */
};

static inline struct machine *fake_machine_new(void)
{
	static const char *const folders[] = { "bin", "var/lib/hie/secrets", "usr/lib/hie", "etc/ssh" };
	struct machine *machine = memory_alloc(sizeof *machine);
	struct error err = { 0 };

	if (directory_temporary("/tmp", "hiebox-fake-", &machine->folder, &err) < 0)
		abort();
	for (size_t i = 0; i < LENGTH(folders); i++) {
		autofree char *path = path_join(machine->folder, folders[i]);
		if (directory_make(path, 0755, &err) < 0)
			abort();
	}
	return machine;
}

static inline void fake_machine_free(struct machine *machine)
{
	tree_remove(machine->folder, NULL);
	free(machine->folder);
	free(machine->last);
	free(machine);
}

/* A file of the box; `mode` 0755 makes a program of it. */
static inline void fake_machine_file(const struct machine *machine, const char *path, const char *text, mode_t mode)
{
	autofree char *whole = path_join(machine->folder, path), *folder = path_directory(whole);

	if (directory_make(folder, 0755, NULL) < 0 || file_write_plain(whole, text, strlen(text), mode, NULL) < 0 || chmod(whole, mode) < 0)
		abort();
}

/* A program in bin/: a shell script without its first line. */
static inline void fake_machine_program(const struct machine *machine, const char *name, const char *script)
{
	autofree char *path = text_format("bin/%s", name), *text = text_format("#!/bin/sh\n%s\n", script);

	fake_machine_file(machine, path, text, 0755);
}

/* The script with the box's folders where the test has them. Caller frees. */
static inline char *fake_machine_moved(const struct machine *machine, const char *script)
{
	static const char *const roots[] = { "/var/lib/hie", "/usr/lib/hie", "/etc/ssh", "/etc/machine-id", "/proc/[" };
	struct buffer out = { 0 };

	while (*script) {
		for (size_t i = 0; i < LENGTH(roots); i++)
			if (text_starts(script, roots[i]))
				buffer_text(&out, machine->folder);
		buffer_add(&out, script++, 1);
	}
	return buffer_steal(&out);
}

int machine_shell(struct machine *machine, const char *script, double seconds, struct buffer *output, struct error *err)
{
	autofree char *path = text_format("PATH=%s/bin:/usr/bin:/bin", machine->folder);
	autofree char *moved = fake_machine_moved(machine, script);
	const char *const argv[] = { "/bin/sh", "-c", "exec 2>&1\neval \"$1\"", "sh", moved, NULL };
	const char *const environment[] = { path, "LC_ALL=C", NULL };
	const struct process process = { .argv = argv, .environment = environment, .output = output };
	int status = 0;

	(void)seconds;
	free(machine->last);
	machine->last = text_copy(script);
	if (machine->dies_after && machine->asked >= machine->dies_after)
		return error_set(err, "it does not answer");
	machine->asked++;
	return process_run(&process, &status, err) < 0 ? -1 : status;
}

double machine_slowness(const struct machine *machine)
{
	(void)machine;
	return 0.01;
}

int machine_restart(struct machine *machine, double seconds, struct error *err)
{
	(void)seconds, (void)err;
	machine->restarts++;
	if (machine->on_restart)
		machine->on_restart(machine);
	return 0;
}

#endif
