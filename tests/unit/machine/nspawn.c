/* nspawn: what a container starts from; nothing is started here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "machine/nspawn.h"

static char *place; /* a directory of the test's own; TMPDIR */
static const char *layers[4];

static int make_place(void **state)
{
	char path[] = "/tmp/hiebox-nspawn.XXXXXX";
	struct error err = {0};

	(void)state;
	place = text_copy(mkdtemp(path));
	setenv("TMPDIR", place, 1);
	autofree char *file = path_join(place, "base.squashfs");
	autofree char *functions = path_join(place, "etc/initramfs-tools/scripts");
	autofree char *script = path_join(functions, "hie-stack");
	if (file_write_plain(file, "x", 1, 0644, &err) < 0 || directory_make(functions, 0755, &err) < 0)
		return -1;
	layers[0] = text_format("base=%s", file);
	layers[1] = text_format("site=%s", file);
	return file_write_plain(script, "", 0, 0644, &err);
}

static int remove_place(void **state)
{
	struct error err = {0};

	(void)state;
	free((char *)layers[0]);
	free((char *)layers[1]);
	int result = tree_remove(place, &err);
	free(place);
	return result;
}

static struct machine_settings settings_for(const char *data)
{
	return (struct machine_settings){.kind = MACHINE_NSPAWN, .name = "Demo of_all", .layers = layers, .boot = place, .data = data};
}

static void clear(struct nspawn *nspawn)
{
	folder_close(&nspawn->folder);
	cleanup_fd(&nspawn->data_lock);
	strings_clear(&nspawn->argv);
	strings_clear(&nspawn->environment);
	strings_clear(&nspawn->cgroups);
	free(nspawn->data);
}
#define NO_NSPAWN {.folder = NO_FOLDER, .data_lock = -1, .inner = -1, .leader = -1}

static void assert_refused(const struct machine_settings *settings, const char *part)
{
	struct nspawn nspawn = NO_NSPAWN;
	struct error err = {0};

	assert_int_equal(nspawn_prepare(&nspawn, settings, &err), -1);
	if (!strstr(err.message, part))
		fail_msg("expected \"%s\" in: %s", part, err.message);
	error_clear(&err);
	clear(&nspawn);
}

static void assert_text(const char *directory, const char *name, const char *expected)
{
	autofree char *path = path_join(directory, name);
	autofree char *text = file_text_or_null(path, 4096);

	assert_string_equal(text ? text : "(missing)", expected);
}

static void everything_lies_in_the_folder(void **state)
{
	autofree char *share = path_join(place, "a: b");
	struct machine_settings settings = settings_for(NULL);
	struct nspawn nspawn = NO_NSPAWN;
	struct error err = {0};

	(void)state;
	assert_int_equal(mkdir(share, 0755), 0);
	settings.share = share;
	settings.ssh_key = "ssh-ed25519 AAAA me";
	if (nspawn_prepare(&nspawn, &settings, &err) < 0)
		fail_msg("%s", err.message);
	assert_text(nspawn.folder.path, "slot/layers", "base\nsite\n");
	assert_text(nspawn.folder.path, "slot/site.squashfs", "x");
	assert_text(nspawn.folder.path, "ssh/authorized_keys", "ssh-ed25519 AAAA me\n");
	assert_text(nspawn.data, ".hiebox-data", "new\n");
	assert_true(text_starts(nspawn.data, nspawn.folder.path));
	autofree char *bind = text_format("--bind-ro=%s/a\\: b:/run/hie/share", place);
	assert_string_equal(nspawn.argv.items[nspawn.argv.count - 1], bind);
	assert_true(strings_have(&nspawn.argv, "demoofall"));
	assert_true(strings_have(&nspawn.environment, "TERM=dumb"));
	autofree char *path = text_copy(nspawn.folder.path);
	clear(&nspawn);
	assert_false(path_exists(path));
}

static void data_is_nobody_elses(void **state)
{
	autofree char *data = path_join(place, "data");
	autofree char *state_folder = path_join(data, "state");
	autofree char *precious = path_join(place, "precious");
	autofree char *letter = path_join(precious, "letter");
	const struct machine_settings settings = settings_for(data);
	const struct machine_settings other = settings_for(precious);
	struct nspawn nspawn = NO_NSPAWN;
	struct error err = {0};

	(void)state;
	assert_int_equal(nspawn_prepare(&nspawn, &settings, &err), 0);
	assert_refused(&settings, "is in use by another machine: end that first, or name another directory");
	clear(&nspawn);
	/* it stays, and is taken again as it is */
	assert_true(path_is_directory(state_folder));
	assert_int_equal(file_write_plain(letter, "", 0, 0644, &err), -1);
	error_clear(&err);
	nspawn = (struct nspawn)NO_NSPAWN;
	assert_int_equal(nspawn_prepare(&nspawn, &settings, &err), 0);
	clear(&nspawn);
	/* a directory with something else in it is left alone */
	assert_int_equal(mkdir(precious, 0755), 0);
	assert_int_equal(file_write_plain(letter, "", 0, 0644, &err), 0);
	assert_refused(&other, "precious is not empty and holds no box's data: name an empty or a new directory");
	autostrings struct strings names = {0};
	assert_int_equal(directory_list(precious, &names, &err), 0);
	assert_int_equal(names.count, 1);
}

static void mistakes_are_said(void **state)
{
	struct machine_settings settings = settings_for(NULL);
	const char *const missing[] = {"base=/nowhere/layer.squashfs", NULL};
	const char *const nameless[] = {"/nowhere/layer.squashfs", NULL};
	const char *const twice[] = {layers[0], layers[0], NULL};

	(void)state;
	settings.share = "/nowhere/at-all";
	assert_refused(&settings, "/nowhere/at-all is no directory, so it cannot be shared");
	settings.share = NULL;
	settings.ssh_key = "one\ntwo";
	assert_refused(&settings, "an SSH key is one line");
	settings.ssh_key = NULL;
	settings.boot = "/nowhere";
	assert_refused(&settings, "/nowhere/etc/initramfs-tools/scripts/hie-stack, which lays the layers, cannot be read");
	settings.boot = place;
	settings.layers = NULL;
	assert_refused(&settings, "a container needs the image's layers");
	settings.layers = missing;
	assert_refused(&settings, "layer base: build the image again, for /nowhere/layer.squashfs cannot be read");
	settings.layers = nameless;
	assert_refused(&settings, "expected NAME=FILE");
	settings.layers = twice;
	assert_refused(&settings, "layer base: its name cannot be used, or is there twice");
}

static void an_ordinary_user_is_told_what_works(void **state)
{
	struct error err = {0};
	int status;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(2);
		_exit(machine_nspawn.can(MACHINE_BIOS, &err) == -1 &&
				      text_equal(err.message, "a container (--nspawn) needs root: put sudo in front, or leave out "
							      "--nspawn: QEMU needs no root")
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_lies_in_the_folder),
		cmocka_unit_test(data_is_nobody_elses),
		cmocka_unit_test(mistakes_are_said),
		cmocka_unit_test(an_ordinary_user_is_told_what_works),
	};

	return cmocka_run_group_tests(tests, make_place, remove_place);
}
