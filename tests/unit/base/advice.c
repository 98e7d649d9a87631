/* What hiebox says when it cannot become root of a namespace: the whole texts, from faked files of the system,
 * because a person types what stands there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/sandbox_advice.h"
#include "base/sandbox_ids.h"

#define ALL_CAPABILITIES "CapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n"
#define ENGINE_CAPABILITIES "CapEff:\t00000000800405fb\nCapBnd:\t00000000800405fb\n"
#define WHOLE_MAP "         0          0 4294967295\n"
#define ROOTLESS_MAP "         0       1000          1\n         1     100000      65536\n"
#define HOST_MOUNTS "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
#define ENGINE_MOUNTS "22 1 0:40 / / rw - overlay overlay rw\n30 22 254:0 /x/hosts /etc/hosts rw - ext4 /dev/vda rw\n"

/* A system is its files. */
struct file {
	const char *path, *content;
};
struct system {
	struct file files[10];
};

static const struct system plain = {{{"/proc/self/status", "Name:\thiebox\n" ALL_CAPABILITIES "NoNewPrivs:\t0\nSeccomp:\t0\n"},
				     {"/proc/self/uid_map", WHOLE_MAP},
				     {"/proc/self/gid_map", WHOLE_MAP},
				     {"/proc/self/mountinfo", HOST_MOUNTS}}};
static const struct system podman = {{{"/proc/self/status", "Name:\thiebox\n" ENGINE_CAPABILITIES "NoNewPrivs:\t0\nSeccomp:\t2\n"},
				      {"/proc/self/uid_map", ROOTLESS_MAP},
				      {"/proc/self/gid_map", ROOTLESS_MAP},
				      {"/proc/self/mountinfo", ENGINE_MOUNTS},
				      {"/run/.containerenv", ""}}};

/* The system with `more` laid over it; its files stay only while they are read. */
static struct surroundings read_system(const struct system *system, const struct system *more)
{
	struct surroundings surroundings;
	const struct system *both[] = {system, more};
	const char *parent = getenv("TMPDIR");
	char *root;

	assert_int_equal(directory_temporary(parent ? parent : "/tmp", "hiebox-advice-", &root, NULL), 0);
	for (size_t i = 0; i < LENGTH(both); i++)
		for (const struct file *file = both[i] ? both[i]->files : NULL; file && file->path; file++) {
			autofree char *path = text_format("%s%s", root, file->path);
			autofree char *directory = path_directory(path);

			assert_int_equal(directory_make(directory, 0755, NULL), 0);
			assert_int_equal(file_write_plain(path, file->content, strlen(file->content), 0644, NULL), 0);
		}
	surroundings_read(root, &surroundings);
	assert_int_equal(tree_remove(root, NULL), 0);
	free(root);
	return surroundings;
}

static void check_message(struct error *err, const char *expected)
{
	assert_string_equal(err->message ? err->message : "(none)", expected);
	error_clear(err);
}

static void namespaces(void **state)
{
	static const struct {
		const struct system *system;
		struct system more;
		int errnum;
		const char *expected;
	} cases[] = {
		{&plain, {{{"/proc/self/status", "x\nCapEff:\t0\n"}, {"/proc/sys/kernel/unprivileged_userns_clone", "0\n"}}}, EPERM,
		 "namespaces are switched off here (kernel.unprivileged_userns_clone).\n"
		 "  Type as root:  echo kernel.unprivileged_userns_clone=1 >/etc/sysctl.d/60-hiebox.conf && sysctl -p "
		 "/etc/sysctl.d/60-hiebox.conf\n  or run hiebox as root"},
		/* AppArmor takes the powers away only after the namespace was made: all capabilities seem to be there */
		{&plain, {{{"/proc/self/uid_map", ROOTLESS_MAP}, {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n"}}}, EACCES,
		 "namespaces are switched off here (kernel.apparmor_restrict_unprivileged_userns).\n"
		 "  Type as root:  echo kernel.apparmor_restrict_unprivileged_userns=0 >/etc/sysctl.d/60-hiebox.conf && sysctl -p "
		 "/etc/sysctl.d/60-hiebox.conf\n  or run hiebox as root"},
		{&plain, {{{"/proc/sys/user/max_user_namespaces", "0\n"}}}, ENOSPC,
		 "namespaces are switched off here (user.max_user_namespaces).\n"
		 "  Type as root:  echo user.max_user_namespaces=65536 >/etc/sysctl.d/60-hiebox.conf && sysctl -p "
		 "/etc/sysctl.d/60-hiebox.conf"},
		{&plain, {{{"/proc/sys/user/max_user_namespaces", "9\n"}, {"/proc/sys/user/max_net_namespaces", "0\n"}}}, ENOSPC,
		 "namespaces are switched off here (user.max_net_namespaces).\n"
		 "  Type as root:  echo user.max_net_namespaces=65536 >/etc/sysctl.d/60-hiebox.conf && sysctl -p "
		 "/etc/sysctl.d/60-hiebox.conf"},
		{&podman, {{{"/proc/sys/user/max_user_namespaces", "0\n"}}}, ENOSPC,
		 "namespaces are switched off here (user.max_user_namespaces).\n"
		 "  Type as root on the host:  echo user.max_user_namespaces=65536 >/etc/sysctl.d/60-hiebox.conf && sysctl -p "
		 "/etc/sysctl.d/60-hiebox.conf"},
		/* a setting about ordinary users says nothing about the system's root */
		{&plain, {{{"/proc/sys/kernel/unprivileged_userns_clone", "0\n"}}}, EPERM,
		 "this system does not let hiebox make namespaces (Operation not permitted).\n"
		 "  Run hiebox as root, or as an ordinary user who may make user namespaces"},
		{&plain, {{{"/proc/self/mountinfo", "22 1 254:0 / /proc rw - proc proc rw\n"}}}, EPERM,
		 "this is a chroot into a plain folder: namespaces cannot be had there.\n  Enter the folder with:  systemd-nspawn -D FOLDER"},
		{&podman, {{{NULL, NULL}}}, EPERM,
		 "this container may not make user namespaces (Operation not permitted).\n"
		 "  Start it with:  podman run --security-opt seccomp=unconfined IMAGE …"},
		{&plain, {{{"/proc/self/mountinfo", ENGINE_MOUNTS}, {"/.dockerenv", ""}}}, EPERM,
		 "this container may not make user namespaces (Operation not permitted).\n"
		 "  Start it with:  docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined IMAGE …"},
		{&plain, {{{"/proc/self/mountinfo", ENGINE_MOUNTS}, {"/.dockerenv", ""}}}, EACCES,
		 "AppArmor keeps this container from mounting.\n"
		 "  Start it with:  docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined IMAGE …"},
		{&plain, {{{"/run/systemd/container", "lxc\n"}}}, EPERM,
		 "this container may not make user namespaces (Operation not permitted).\n"
		 "  Type on the host:  lxc config set NAME security.nesting true && lxc restart NAME"},
		/* a machine that was made from an image has docker's mark, but is no container */
		{&plain, {{{"/.dockerenv", ""}, {"/proc/self/status", "x\nCapEff:\t0\nSeccomp:\t2\n"}}}, EPERM,
		 "a filter of system calls keeps hiebox from making namespaces (Operation not permitted).\n"
		 "  Start hiebox without it (systemd: RestrictNamespaces=no; a container: seccomp unconfined)"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autosurroundings struct surroundings surroundings = read_system(cases[i].system, &cases[i].more);
		struct error err = {0};

		assert_int_equal(explain_namespaces(&surroundings, cases[i].errnum, &err), -1);
		check_message(&err, cases[i].expected);
	}
}

static void roots(void **state)
{
	static const struct system bare = {{{"/proc/self/status", "x\nCapEff:\t0\n"}}};
	static const struct system one = {{{"/proc/self/uid_map", "0 1000 1\n"}, {"/proc/self/gid_map", "0 1000 1\n"}}};
	static const struct system nspawn = {{{"/run/systemd/container", "systemd-nspawn\n"}, {"/proc/self/status", "x\nCapEff:\t40\n"}}};
	autosurroundings struct surroundings real = read_system(&plain, NULL);
	autosurroundings struct surroundings engine = read_system(&podman, NULL);
	autosurroundings struct surroundings powerless = read_system(&podman, &bare);
	autosurroundings struct surroundings alone = read_system(&podman, &one);
	autosurroundings struct surroundings unshared = read_system(&plain, &one);
	autosurroundings struct surroundings booted = read_system(&plain, &nspawn);
	struct error err = {0};

	(void)state;
	assert_true(surroundings_are_enough(&real));
	assert_false(surroundings_are_enough(&engine));
	assert_int_equal(surroundings_check_ids(&real, &err), 0);
	assert_int_equal(surroundings_check_ids(&engine, &err), 0);
	assert_int_equal(surroundings_check_root(&engine, &err), 0);
	assert_int_equal(surroundings_check_root(&powerless, &err), -1);
	check_message(&err, "root is without CAP_SETUID,CAP_SETGID,CAP_SETFCAP here, and without it cannot make a user namespace with "
			    "all ids.\n  Start the container with:  podman run --cap-add SETUID --cap-add SETGID --cap-add SETFCAP IMAGE …");
	assert_int_equal(surroundings_check_root(&booted, &err), -1);
	check_message(&err, "root is without CAP_SETUID,CAP_SETFCAP here, and without it cannot make a user namespace with all ids.\n"
			    "  Start the container with:  systemd-nspawn --capability=CAP_SETUID,CAP_SETFCAP …");
	assert_int_equal(surroundings_check_ids(&alone, &err), -1);
	check_message(&err, "only 1 user ids exist in this user namespace; a system has files of 0 to 65534.\n"
			    "  Do:  on the host, for the USER who runs podman:  usermod --add-subuids 100000-165535 --add-subgids "
			    "100000-165535 USER && runuser -u USER podman system migrate");
	assert_int_equal(surroundings_check_ids(&unshared, &err), -1);
	check_message(&err, "only 1 user ids exist in this user namespace; a system has files of 0 to 65534.\n"
			    "  Do:  run hiebox outside of this user namespace, as an ordinary user or as root");
	assert_int_equal(explain_host_name(&engine, "hiebox", EPERM, &err), -1);
	check_message(&err, "the host name cannot be set here, and an image must not depend on it (Operation not permitted).\n"
			    "  Start the container with:  podman run --hostname hiebox IMAGE …");
}

static void subordinate_ids(void **state)
{
	static const char enough[] = "alice:100000:65536\n", others[] = "bob:100000:65536\n# a remark\nalice:1:x\n";
	static const struct {
		const struct system *system;
		const char *texts[2];
		bool tools;
		const char *expected; /* NULL: all is there */
	} cases[] = {
		{&plain, {enough, enough}, true, NULL},
		{&plain, {"1000:100000:65534\n", enough}, true, NULL}, /* by number, the least */
		{&plain, {"alice:1000:1000\nalice:1500:65536\n", enough}, true, NULL}, /* with the own id, overlapping */
		{&plain, {enough, enough}, false,
		 "user alice cannot build without root yet: newuidmap and newgidmap are missing.\n"
		 "  Type as root:  apt-get install -y uidmap\n  or run hiebox as root"},
		{&plain, {enough, others}, true,
		 "user alice cannot build without root yet: 0 of the 65534 ids wanted in /etc/subgid.\n"
		 "  Type as root:  usermod --add-subgids 165536-231071 alice\n  or run hiebox as root"},
		{&plain, {"alice:300000:1000\n", ""}, false,
		 "user alice cannot build without root yet: newuidmap and newgidmap are missing, 1000 of the 65534 ids wanted in "
		 "/etc/subuid, 0 of the 65534 ids wanted in /etc/subgid.\n"
		 "  Type as root:  apt-get install -y uidmap && usermod --add-subuids 301000-366535 --add-subgids 301000-366535 alice\n"
		 "  or run hiebox as root"},
		{&plain, {"alice:100000:65533\n", enough}, true,
		 "user alice cannot build without root yet: 65533 of the 65534 ids wanted in /etc/subuid.\n"
		 "  Type as root:  usermod --add-subuids 165536-231071 alice\n  or run hiebox as root"},
		{&podman, {"", ""}, true,
		 "user alice cannot build without root yet: 0 of the 65534 ids wanted in /etc/subuid, 0 of the 65534 ids wanted in "
		 "/etc/subgid.\n  Run hiebox as root in this container, which needs no more:  --user 0:0 --hostname hiebox"},
		{&podman, {enough, enough}, true,
		 "the subordinate ids 100000-165535 of /etc/subuid do not exist in this user namespace, which has 65537 ids.\n"
		 "  Run hiebox as root in this container, which needs no more:  --user 0:0 --hostname hiebox"},
		{&podman, {"alice:1:999\nalice:1001:64536\n", "alice:1:999\nalice:1001:64536\n"}, true, NULL},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		autosurroundings struct surroundings surroundings = read_system(cases[i].system, NULL);
		const struct subordinate subordinate = {"alice", {1000, 1000}, {cases[i].texts[0], cases[i].texts[1]}, cases[i].tools};
		struct id_ranges ranges[2] = {{0}, {0}};
		struct error err = {0};
		int status = check_subordinate(&surroundings, &subordinate, ranges, &err);

		assert_int_equal(status, cases[i].expected ? -1 : 0);
		check_message(&err, cases[i].expected ? cases[i].expected : "(none)");
		id_ranges_clear(&ranges[0]);
		id_ranges_clear(&ranges[1]);
	}
}

/* The kernel refuses a map in which an id stands twice. */
static void ranges(void **state)
{
	autoranges struct id_ranges found = {0};
	autoranges struct id_ranges map = {0};
	static const struct id_range expected[] = {{900, 100}, {1001, 399}, {500, 400}, {1400, 100}, {5000, 10}};

	(void)state;
	id_ranges_of_user(&found, "a:900:500\nb:1:9\na:500:1000\na:5000:10\na:5003:2\na:5000\na:-1:5\n\na:1000:1\n", "a", 1000);
	assert_int_equal(found.count, LENGTH(expected));
	for (size_t i = 0; i < found.count; i++) {
		assert_int_equal(found.items[i].first, expected[i].first);
		assert_int_equal(found.items[i].count, expected[i].count);
	}
	assert_int_equal(id_ranges_total(&found), 1009);
	id_ranges_of_map(&map, "  10 5 10\n 0 1 10\n 40 7 1\n");
	assert_true(id_ranges_cover(&map, (struct id_range){0, 20}));
	assert_false(id_ranges_cover(&map, (struct id_range){0, 21}));
	assert_true(id_ranges_cover(&map, (struct id_range){40, 1}));
	assert_int_equal(id_free_start("a:5:6\n"), 100000);
	assert_int_equal(id_free_start("a:200000:6\nb:100000:65536\n"), 200006);
}

static void tools(void **state)
{
	static const struct system no_new = {{{"/proc/self/status", "x\nCapEff:\t0\nCapBnd:\t0\nNoNewPrivs:\t1\n"}}};
	autosurroundings struct surroundings real = read_system(&plain, NULL);
	autosurroundings struct surroundings engine = read_system(&podman, NULL);
	autosurroundings struct surroundings locked = read_system(&plain, &no_new);
	autofree char *here = NULL, *path = NULL, *text = NULL;
	const char *parent = getenv("TMPDIR");

	(void)state;
	assert_int_equal(directory_temporary(parent ? parent : "/tmp", "hiebox-advice-", &here, NULL), 0);
	path = path_join(here, "newuidmap");
	assert_int_equal(file_write_plain(path, "", 0, 0755, NULL), 0);
	text = explain_tool(&locked, path);
	assert_string_equal(text, "set-user-ID programs have no power here (no_new_privs).\n"
				  "  Start hiebox outside of bubblewrap, and of services with NoNewPrivileges=yes");
	free(text);
	text = explain_tool(&real, path);
	/* where temporary files are on a filesystem without set-user-ID programs, that is the reason */
	assert_true(strstr(text, "is neither set-user-ID root nor has its file capability.\n"
				 "  Type as root:  chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap") ||
		    strstr(text, "lies on a filesystem that is mounted nosuid.\n  Type as root:  mount -o remount,suid"));
	free(text);
	if (geteuid() == 0 && chmod(path, 04755) == 0) {
		text = explain_tool(&engine, path);
		assert_true(strstr(text, "needs CAP_SYS_ADMIN, which is kept from this container.\n"
					 "  Run hiebox as root in this container, which needs no more:  --user 0:0 --hostname hiebox") ||
			    strstr(text, "nosuid"));
	} else {
		text = NULL;
	}
	assert_int_equal(tree_remove(here, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespaces), cmocka_unit_test(roots), cmocka_unit_test(subordinate_ids),
		cmocka_unit_test(ranges),     cmocka_unit_test(tools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
