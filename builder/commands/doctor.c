/* hiebox doctor: can this machine build? Each check is one line, and what to do about it. */
#include <inttypes.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/session.h"
#include "document/document.h"

#define SUBORDINATE_IDS 65535 /* what base's sandbox maps beside the user */

/* One check: writes what it found (always) and what to do (when not right). Returns whether it is right. */
struct check {
	const char *name;
	bool (*run)(const struct parsed_options *options, struct buffer *found, struct buffer *advice);
};

static bool check_gpgv(const struct parsed_options *options, struct buffer *found, struct buffer *advice)
{
	(void)options;
	bool right = process_available("gpgv");

	buffer_text(found, right ? "gpgv is there" : "gpgv is missing: package lists could not be verified");
	if (!right)
		buffer_text(advice, "apt-get install gpgv");
	return right;
}

/* subuid(5): "name:first:count". The advice is a range behind all others: two people must not share ids. */
static bool subordinate_range(const char *file, const char *user, struct buffer *advice)
{
	autofree char *text = NULL;
	autostrings struct strings lines = {0};
	int64_t next = 100000, found = 0;

	if (file_read(file, 1 << 20, &text, NULL, NULL) == 0)
		strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		autostrings struct strings fields = {0};
		int64_t first, count;

		strings_split(&fields, lines.items[i], ": \t\r");
		if (fields.count != 3 || number_parse(fields.items[1], 1, UINT32_MAX, &first) < 0 ||
		    number_parse(fields.items[2], 1, UINT32_MAX, &count) < 0)
			continue;
		found += text_equal(fields.items[0], user) ? count : 0;
		next = first + count > next ? first + count : next;
	}
	if (found >= SUBORDINATE_IDS)
		return true;
	buffer_format(advice, "%sadd the line %s:%" PRId64 ":65536 to %s", advice->length ? "; " : "", user, next, file);
	return false;
}

static bool check_user(const struct parsed_options *options, struct buffer *found, struct buffer *advice)
{
	(void)options;
	if (geteuid() == 0) {
		buffer_text(found, "root: no subordinate ids are needed");
		return true;
	}
	const struct passwd *entry = getpwuid(geteuid());
	if (!entry) {
		buffer_format(found, "user %u has no name in /etc/passwd", (unsigned)geteuid());
		return false;
	}
	bool right = process_available("newuidmap") && process_available("newgidmap");
	if (!right)
		buffer_text(advice, "apt-get install uidmap");
	right = subordinate_range("/etc/subuid", entry->pw_name, advice) && right;
	right = subordinate_range("/etc/subgid", entry->pw_name, advice) && right;
	buffer_format(found, "ordinary user %s, %s", entry->pw_name,
		      right ? "with subordinate ids" : "who cannot become root of a namespace");
	return right;
}

/* Tried, not guessed, in a child: settings, containers and filters all have a say. */
static bool can_unshare(int flags)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(unshare(flags) < 0);
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Ubuntu's AppArmor allows the namespace and then takes its powers away. */
static bool setting_is_on(const char *path)
{
	autofree char *text = NULL;

	return file_read(path, 64, &text, NULL, NULL) == 0 && text_starts(text, "1");
}

static bool check_namespaces(const struct parsed_options *options, struct buffer *found, struct buffer *advice)
{
	(void)options;
	if (geteuid() == 0) {
		bool right = can_unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET);

		buffer_text(found, right ? "namespaces are allowed" : "root may not make namespaces here");
		if (!right)
			buffer_text(advice, "a container must allow it: --privileged or CAP_SYS_ADMIN");
		return right;
	}
	bool filtered = setting_is_on("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
	bool right = !filtered && can_unshare(CLONE_NEWUSER);
	buffer_text(found, right ? "user namespaces are allowed" : "user namespaces are switched off");
	if (filtered)
		buffer_text(advice, "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or build as root");
	else if (!right)
		buffer_text(advice, "sysctl user.max_user_namespaces=65536 kernel.unprivileged_userns_clone=1, "
				    "or build as root");
	return right;
}

static bool check_store(const struct parsed_options *options, struct buffer *found, struct buffer *advice)
{
	struct store store = {0};
	struct error err = {0};
	struct statvfs space;

	if (store_open(option_value(options, "store"), &store, &err) < 0) {
		buffer_text(found, err.message);
		error_clear(&err);
		return false;
	}
	bool right = statvfs(store.path, &space) == 0;
	uint64_t bytes = right ? (uint64_t)space.f_bavail * space.f_frsize : 0;
	autofree char *size = size_text(bytes);
	right = bytes >= UINT64_C(8) << 30;
	buffer_format(found, "store %s with %s free", store.path, size);
	if (!right)
		buffer_text(advice, "a first build of the demo needs about 8 GB; --store DIR names another place");
	store_close(&store);
	return right;
}

static bool check_origins(const struct parsed_options *options, struct buffer *found, struct buffer *advice)
{
	struct origins origins = {0};
	struct error err = {0};

	bool right = origins_find(option_value(options, "mirror"), false, &origins, &err) == 0;
	if (right)
		buffer_format(found, "packages from %s, verified with %s", origins.debian, origins.keyring);
	else
		buffer_text(found, err.message);
	if (!right)
		buffer_text(advice, "--mirror URL or HIEBOX_DEBIAN_MIRROR names a Debian mirror");
	error_clear(&err);
	origins_clear(&origins);
	return right;
}

static bool check_memory(const struct parsed_options *options, struct buffer *found, struct buffer *advice)
{
	uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	autofree char *size = size_text(bytes);
	bool right = bytes >= UINT64_C(2) << 30;

	(void)options;
	buffer_format(found, "%s of memory, %u processors", size, processor_count());
	if (!right)
		buffer_text(advice, "2 GB are wanted");
	return right;
}

static const struct check checks[] = {
	{"user", check_user},       {"namespaces", check_namespaces}, {"gpgv", check_gpgv},
	{"mirror", check_origins},  {"store", check_store},           {"memory", check_memory},
};

int command_doctor(const struct parsed_options *options, struct error *err)
{
	autojson struct json *list = json_new_array();
	size_t wrong = 0;

	for (size_t i = 0; i < LENGTH(checks); i++) {
		autobuffer struct buffer found = {0};
		autobuffer struct buffer advice = {0};
		bool right = checks[i].run(options, &found, &advice);
		wrong += !right;
		if (!option_given(options, "json")) {
			printf("%-5s %-10s %s\n", right ? "ok" : "WRONG", checks[i].name, found.data);
			if (!right && advice.length)
				printf("                 do: %s\n", advice.data);
			continue;
		}
		struct json *item = json_new_object();
		json_set(item, "check", json_new_string(checks[i].name));
		json_set(item, "ok", json_new_boolean(right));
		json_set(item, "found", json_new_string(found.data));
		json_set(item, "advice", json_new_string(advice.data));
		json_add(list, item);
	}
	if (option_given(options, "json")) {
		autofree char *text = json_write(list, false);
		fputs(text, stdout);
	}
	return wrong ? error_set(err, "%zu of %zu checks found something missing", wrong, LENGTH(checks)) : 0;
}
