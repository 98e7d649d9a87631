/* hiebox doctor: can this machine build? Everything is tried as a build would do it, each in a process of its
 * own, and what a build would say stands here, too. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/session.h"
#include "document/document.h"

#define BUILD_MEMORY (UINT64_C(2) << 30)
#define BUILD_SPACE (UINT64_C(8) << 30)
#define BUILD_FILES 256

enum state { RIGHT, DOUBTFUL, WRONG };
static const char *const state_names[] = {"ok", "warn", "WRONG"};

/* What one check found (always) and what to do about it (unless right). */
struct finding {
	enum state state;
	struct buffer found;
	struct buffer advice;
};

struct check {
	const char *name;
	void (*run)(const struct parsed_options *options, struct finding *finding);
	bool inside; /* in the namespace of a build */
};

/* A build's own message: the reason, and below it what to type. */
static void take_error(struct finding *finding, struct error *err)
{
	const char *message = err->message ? err->message : "no reason was given";
	size_t line = strcspn(message, "\n");
	const char *rest = message + line + strspn(message + line, "\n ");

	finding->state = WRONG;
	buffer_add(&finding->found, message, line);
	buffer_text(&finding->advice, rest);
	error_clear(err);
}

static void doubt(struct finding *finding, const char *advice)
{
	if (finding->state == RIGHT)
		finding->state = DOUBTFUL;
	buffer_format(&finding->advice, "%s%s", finding->advice.length ? "; " : "", advice);
}

static void check_user(const struct parsed_options *options, struct finding *finding)
{
	const struct passwd *entry = getpwuid(geteuid());

	(void)options;
	if (geteuid() == 0)
		buffer_text(&finding->found, "root");
	else if (entry)
		buffer_format(&finding->found, "ordinary user %s", entry->pw_name);
	else
		buffer_format(&finding->found, "ordinary user %u, who has no name", (unsigned)geteuid());
}

/* Getting here was the check. */
static void check_namespaces(const struct parsed_options *options, struct finding *finding)
{
	(void)options;
	buffer_text(&finding->found, "a namespace with the ids 0 to 65534 and mounts of its own was made");
}

static void check_sandbox(const struct parsed_options *options, struct finding *finding)
{
	struct error err = {0};

	(void)options;
	if (sandbox_try(&err) < 0)
		take_error(finding, &err);
	else
		buffer_text(&finding->found, "a program ran in it, with /proc, /dev, memory and loopback");
}

static void check_store(const struct parsed_options *options, struct finding *finding)
{
	struct store store = {0};
	struct error err = {0};
	struct statvfs space = {0};

	if (store_open(option_value(options, "store"), &store, &err) < 0) {
		take_error(finding, &err);
		if (!finding->advice.length)
			buffer_text(&finding->advice, "--store DIR names another place, such as /var/tmp/hiebox");
		return;
	}
	if (sandbox_try_folder(store.work, store.path, &err) < 0) {
		take_error(finding, &err);
	} else if (statvfs(store.path, &space) == 0) {
		uint64_t bytes = (uint64_t)space.f_bavail * space.f_frsize;
		autofree char *size = size_text(bytes);

		buffer_format(&finding->found, "store %s with %s free", store.path, size);
		if (bytes < BUILD_SPACE)
			doubt(finding, "a first build of the demo takes about 8 GB; --store DIR names another place");
	}
	store_close(&store);
}

static void check_gpgv(const struct parsed_options *options, struct finding *finding)
{
	(void)options;
	if (process_available("gpgv")) {
		buffer_text(&finding->found, "gpgv is there");
		return;
	}
	finding->state = WRONG;
	buffer_text(&finding->found, "gpgv is missing: package lists could not be verified");
	buffer_text(&finding->advice, "Type as root:  apt-get install -y gpgv");
}

static void check_origins(const struct parsed_options *options, struct finding *finding)
{
	struct origins origins = {0};
	struct error err = {0};

	if (origins_find(option_value(options, "mirror"), false, &origins, &err) == 0) {
		buffer_format(&finding->found, "packages from %s, verified with %s", origins.debian, origins.keyring);
	} else {
		take_error(finding, &err);
		if (!finding->advice.length)
			buffer_text(&finding->advice, "--mirror URL or HIEBOX_DEBIAN_MIRROR names a Debian mirror");
	}
	origins_clear(&origins);
}

/* The least of what the machine has, of the control group's share (both versions of the hierarchy) and of
 * ulimit -v. */
static uint64_t memory_allowed(void)
{
	static const char *const groups[] = {"/sys/fs/cgroup/memory.max",
					     "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
	uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	struct rlimit limit;

	for (size_t i = 0; i < LENGTH(groups); i++) {
		autofree char *text = file_line_or_null(groups[i], 64);
		int64_t value;

		if (text && number_parse(text, 1, INT64_MAX, &value) == 0 && (uint64_t)value < bytes)
			bytes = (uint64_t)value;
	}
	if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur < bytes)
		bytes = limit.rlim_cur;
	return bytes;
}

static void check_memory(const struct parsed_options *options, struct finding *finding)
{
	uint64_t bytes = memory_allowed();
	autofree char *size = size_text(bytes);

	(void)options;
	buffer_format(&finding->found, "%s of memory, %u processors", size, processor_count());
	if (bytes < BUILD_MEMORY)
		doubt(finding, "2 GB are wanted (see also ulimit -v and the container's --memory)");
}

static void check_limits(const struct parsed_options *options, struct finding *finding)
{
	struct rlimit files = {0}, size = {0};

	(void)options;
	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_FSIZE, &size);
	buffer_format(&finding->found, "%ju open files", (uintmax_t)files.rlim_cur);
	if (files.rlim_cur < BUILD_FILES)
		doubt(finding, "ulimit -n 1024");
	if (size.rlim_cur != RLIM_INFINITY && size.rlim_cur < BUILD_SPACE) {
		buffer_text(&finding->found, ", files of a limited size");
		doubt(finding, "ulimit -f unlimited");
	}
}

/* The namespaces come before what is tried inside them. */
static const struct check checks[] = {
	{"user", check_user, false},       {"namespaces", check_namespaces, true},
	{"sandbox", check_sandbox, true},  {"store", check_store, true},
	{"gpgv", check_gpgv, false},       {"mirror", check_origins, false},
	{"memory", check_memory, false},   {"limits", check_limits, false},
};

/* The child that becomes root of the namespace: writes a state, and both texts with their final zeros. */
static _Noreturn void run_inside(const struct check *check, const struct parsed_options *options, int fd)
{
	struct finding finding = {0};
	struct error err = {0};

	progress_configure(PROGRESS_QUIET);
	buffer_text(&finding.found, "");
	buffer_text(&finding.advice, "");
	if (sandbox_enter_user_namespace(&err) < 0 || sandbox_private_mounts(&err) < 0)
		take_error(&finding, &err);
	else
		check->run(options, &finding);
	char state = (char)('0' + finding.state);
	if (fd_write_all(fd, &state, 1, NULL) < 0 ||
	    fd_write_all(fd, finding.found.data, finding.found.length + 1, NULL) < 0 ||
	    fd_write_all(fd, finding.advice.data, finding.advice.length + 1, NULL) < 0)
		_exit(1);
	_exit(0);
}

static void read_finding(int fd, struct finding *finding)
{
	autobuffer struct buffer text = {0};
	char block[4096];
	ssize_t got;

	while ((got = read(fd, block, sizeof block)) > 0)
		buffer_add(&text, block, (size_t)got);
	const char *second = text.length > 1 ? memchr(text.data, '\0', text.length - 1) : NULL;
	if (!second) {
		struct error err = {0};

		error_set(&err, "the process that tried it died");
		take_error(finding, &err);
		return;
	}
	finding->state = (enum state)(text.data[0] - '0');
	buffer_text(&finding->found, text.data + 1);
	buffer_text(&finding->advice, second + 1);
}

static void try_inside(const struct check *check, const struct parsed_options *options, struct finding *finding)
{
	struct error err = {0};
	int ends[2];

	fflush(NULL); /* what is buffered now would be written by both */
	if (pipe(ends) < 0) {
		error_set(&err, "no pipe");
		take_error(finding, &err);
		return;
	}
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		run_inside(check, options, ends[1]);
	}
	close(ends[1]);
	read_finding(ends[0], finding);
	close(ends[0]);
	waitpid(child, NULL, 0);
}

static void print_finding(const struct check *check, const struct finding *finding)
{
	autostrings struct strings lines = {0};

	printf("%-5s %-10s %s\n", state_names[finding->state], check->name, finding->found.data);
	strings_split(&lines, finding->advice.data, "\n");
	for (size_t i = 0; i < lines.count; i++)
		printf("                 %s\n", lines.items[i] + strspn(lines.items[i], " "));
}

static struct json *describe(const struct check *check, const struct finding *finding)
{
	struct json *item = json_new_object();

	json_set(item, "check", json_new_string(check->name));
	json_set(item, "ok", json_new_boolean(finding->state != WRONG));
	json_set(item, "state", json_new_string(state_names[finding->state]));
	json_set(item, "found", json_new_string(finding->found.data));
	json_set(item, "advice", json_new_string(finding->advice.data));
	return item;
}

int command_doctor(const struct parsed_options *options, struct error *err)
{
	autojson struct json *list = json_new_array();
	bool as_json = option_given(options, "json"), can_enter = true;
	size_t wrong = 0;

	for (size_t i = 0; i < LENGTH(checks); i++) {
		struct finding finding = {0};

		if (checks[i].inside && !can_enter)
			continue; /* it would only say the same */
		buffer_text(&finding.found, "");
		buffer_text(&finding.advice, "");
		if (checks[i].inside)
			try_inside(&checks[i], options, &finding);
		else
			checks[i].run(options, &finding);
		can_enter = can_enter && !(checks[i].inside && finding.state == WRONG);
		wrong += finding.state == WRONG;
		if (as_json)
			json_add(list, describe(&checks[i], &finding));
		else
			print_finding(&checks[i], &finding);
		buffer_clear(&finding.found);
		buffer_clear(&finding.advice);
	}
	if (as_json) {
		autofree char *text = json_write(list, false);
		fputs(text, stdout);
	}
	if (!wrong)
		return 0;
	return error_set(err, "this machine cannot build yet: %zu of %zu checks found why", wrong, LENGTH(checks));
}
