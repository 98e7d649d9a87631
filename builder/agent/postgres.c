#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "agent/postgres.h"

#define START_SECONDS 120u
#define ARGUMENTS_MAX 40

/* The highest number N among the paths of a glob pattern, where N is the part after `prefix`. */
static long newest(const char *pattern, size_t prefix)
{
	glob_t found = { 0 };
	long best = 0;
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			long number = strtol(found.gl_pathv[i] + prefix, NULL, 10);
			best = number > best ? number : best;
		}
	}
	globfree(&found);
	return best;
}

/* A cluster of another version must not be passed over silently: it holds the box's records. */
static int check_other_version(const char *state, const char *version, struct error *err)
{
	autofree char *prefix = path_join(state, "/");
	autofree char *pattern = text_format("%s/[0-9]*/main/PG_VERSION", prefix);
	autofree char *own = path_join3(state, version, "main");
	long other = path_exists(own) ? 0 : newest(pattern, strlen(prefix) + 1);
	if (!other)
		return 0;
	return error_set(err, "the records are in the format of PostgreSQL %ld, but version %s is installed",
			 other, version);
}

static int find_programs(struct postgres *postgres, struct error *err)
{
	autofree char *programs = path_join(postgres->provision->root, "/usr/lib/postgresql");
	autofree char *pattern = text_format("%s/[0-9]*/bin/initdb", programs);
	long version = newest(pattern, strlen(programs) + 1);
	if (!version)
		return sentence_error(err, SAY_NO_POSTGRES, programs, NULL);
	postgres->version = text_format("%ld", version);
	postgres->programs = path_join3(programs, postgres->version, "bin");
	return 0;
}

int postgres_open(const struct provision *provision, struct postgres *ret_postgres, struct error *err)
{
	struct postgres postgres = { .provision = provision };
	const char *path = "/var/lib/postgresql";
	struct owner_names names = { .user = "postgres", .what = "PostgreSQL" };
	for (size_t i = 0; i < provision->box->state_count; i++) {
		const struct box_state *state = &provision->box->state[i];
		if (!text_equal(state->name, "postgresql"))
			continue;
		path = state->path;
		names.user = state->user;
		names.group = state->group;
	}
	autofree char *state = path_join(provision->root, path);
	if (find_programs(&postgres, err) < 0 || check_other_version(state, postgres.version, err) < 0
	    || owner_find(provision, &names, &postgres.owner, err) < 0) {
		postgres_close(&postgres);
		return -1;
	}
	postgres.base = path_join(state, postgres.version);
	postgres.data = path_join(postgres.base, "main");
	postgres.socket = path_join(provision->root, "/run/hie-provision");
	struct passwd *self = provision->owners ? NULL : getpwuid(geteuid());
	postgres.superuser = text_copy(self ? self->pw_name : names.user);
	*ret_postgres = postgres;
	return 0;
}

void postgres_close(struct postgres *postgres)
{
	if (postgres->pid) {
		struct error ignored = { 0 };
		postgres_stop(postgres, &ignored);
		error_clear(&ignored);
	}
	free(postgres->programs);
	free(postgres->version);
	free(postgres->base);
	free(postgres->data);
	free(postgres->socket);
	free(postgres->superuser);
	memset(postgres, 0, sizeof *postgres);
}

/* setpriv(1) in front: become the user, and get SIGQUIT (stop at once) when this process dies. */
static void as_user(const struct postgres *postgres, const char *const *argv, uint64_t limit, struct strings *ret)
{
	static const char *const die[] = { "setpriv", "--pdeathsig", "QUIT", NULL };
	if (limit) {
		strings_add(ret, "prlimit");
		strings_format(ret, "--fsize=%" PRIu64, limit);
	}
	strings_add_all(ret, die);
	if (postgres->owner.user != (uid_t)-1) {
		strings_format(ret, "--reuid=%u", (unsigned)postgres->owner.user);
		strings_format(ret, "--regid=%u", (unsigned)postgres->owner.group);
		strings_add(ret, "--clear-groups");
	}
	strings_add(ret, "--");
	strings_take(ret, path_join(postgres->programs, argv[0]));
	strings_add_all(ret, argv + 1);
}

static const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", NULL };

/* An unnamed file that holds `text`, read from its start. */
static int text_as_file(const char *text, struct error *err)
{
	int fd = memfd_create("hie-input", MFD_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno, "cannot make an unnamed file");
	if (fd_write_all(fd, text, strlen(text), err) == 0 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return err->message ? -1 : error_set(err, "cannot read an unnamed file");
}

int postgres_run(const struct postgres *postgres, const char *const *argv, const char *input,
		 struct buffer *output, struct error *err)
{
	autostrings struct strings whole = { 0 };
	autofd int input_fd = -1;
	if (input) {
		input_fd = text_as_file(input, err);
		if (input_fd < 0)
			return -1;
	}
	as_user(postgres, argv, 0, &whole);
	struct process process = {
		.argv = (const char *const *)whole.items,
		.environment = environment,
		.directory = "/",
		.input_fd = input ? input_fd : 0,
		.output = output,
	};
	if (process_run(&process, NULL, err) < 0)
		return error_prefix(err, "%s", argv[0]);
	return 0;
}

int postgres_run_files(const struct postgres *postgres, const char *const *argv, const struct postgres_files *files,
		       struct error *err)
{
	autostrings struct strings whole = { 0 };
	as_user(postgres, argv, files->limit, &whole);
	struct process process = {
		.argv = (const char *const *)whole.items,
		.environment = environment,
		.directory = "/",
		.input_fd = files->input_fd,
		.output_fd = files->output_fd,
	};
	return process_run(&process, NULL, err) < 0 ? error_prefix(err, "%s", argv[0]) : 0;
}

/* Settings for a box whose image brings none of its own. */
static const char own_settings[] =
	"\n# by hie provision\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '/run/postgresql'\n"
	"password_encryption = scram-sha-256\nmax_connections = 60\nshared_buffers = 64MB\nwork_mem = 4MB\n"
	"maintenance_work_mem = 32MB\nmin_wal_size = 32MB\nmax_wal_size = 256MB\njit = off\n"
	"log_timezone = 'UTC'\ntimezone = 'UTC'\n";

int postgres_init(const struct postgres *postgres, const char *data, struct error *err)
{
	autostrings struct strings argv = { 0 };
	static const char *const fixed[] = { "initdb", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums",
					     "--auth-local=peer", "--auth-host=scram-sha-256", "--no-sync",
					     "--no-instructions", NULL };
	strings_add_all(&argv, fixed);
	if (strtol(postgres->version, NULL, 10) >= 17)
		strings_add(&argv, "--locale-provider=builtin"); /* sorts the same on every C library */
	strings_format(&argv, "--username=%s", postgres->superuser);
	strings_format(&argv, "--pgdata=%s", data);
	if (postgres_run(postgres, (const char *const *)argv.items, NULL, NULL, err) < 0)
		return -1;
	autofree char *settings = path_join(data, "postgresql.conf");
	autofile FILE *file = fopen(settings, "ae");
	if (!file || fputs(own_settings, file) == EOF || fflush(file) == EOF)
		return error_set_errno(err, errno, "cannot write %s", settings);
	return 0;
}

int postgres_sync(const struct postgres *postgres, const char *data, struct error *err)
{
	const char *argv[] = { "initdb", "--sync-only", "--pgdata", data, NULL };
	return postgres_run(postgres, argv, NULL, NULL, err);
}

int postgres_trust(const struct postgres *postgres, const char *data, bool trust, struct error *err)
{
	static const char let_in[] = "local all all trust\n", usual[] = "local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\n";
	autofree char *path = path_join(data, "pg_hba.conf");
	const char *text = trust ? let_in : usual;
	if (file_write(path, text, strlen(text), 0600, err) < 0)
		return -1;
	return owner_apply(path, postgres->owner, 0600, err);
}

int postgres_use_running(struct postgres *postgres)
{
	autofree char *socket = path_join(postgres->provision->root, "/run/postgresql");
	autofree char *lock = path_join(socket, ".s.PGSQL.5432.lock");
	const char *argv[] = { "pg_isready", "-q", "-h", socket, NULL };
	struct error not_there = { 0 };
	bool running = path_exists(lock) && postgres_run(postgres, argv, NULL, NULL, &not_there) == 0;
	error_clear(&not_there);
	if (!running)
		return 0;
	free(postgres->socket);
	postgres->socket = steal(socket);
	return 1;
}

/* Waits until the server answers, ends, or the time is over. */
static int wait_ready(const struct postgres *postgres, struct error *err)
{
	const char *argv[] = { "pg_isready", "-q", "-h", postgres->socket, NULL };
	unsigned seconds = START_SECONDS * postgres->provision->timescale;
	double end = clock_seconds() + seconds;
	while (clock_seconds() < end) {
		siginfo_t ended = { 0 };
		if (waitid(P_PID, (id_t)postgres->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid)
			return sentence_error(err, SAY_POSTGRES_ENDED, NULL);
		struct error not_yet = { 0 };
		if (postgres_run(postgres, argv, NULL, NULL, &not_yet) == 0)
			return 0;
		error_clear(&not_yet);
		nanosleep(&(struct timespec){ .tv_nsec = 100 * 1000 * 1000 }, NULL);
	}
	autofree char *limit = text_format("%u", seconds);
	return sentence_error(err, SAY_POSTGRES_LATE, limit, NULL);
}

int postgres_start(struct postgres *postgres, const char *data, bool careless, struct error *err)
{
	autostrings struct strings argv = { 0 }, whole = { 0 };
	/* A failing statement may hold a password: the server's log must not repeat it. */
	static const char *const fixed[] = { "-c", "listen_addresses=", "-c", "log_min_error_statement=panic",
					     "-c", "jit=off", "-c", "max_parallel_workers=0",
					     "-c", "max_parallel_maintenance_workers=0", NULL };
	if (tree_remove(postgres->socket, err) < 0
	    || owner_directory(postgres->socket, postgres->owner, 0700, err) < 0)
		return -1;
	strings_add(&argv, "postgres");
	strings_format(&argv, "--data_directory=%s", data);
	strings_format(&argv, "--config_file=%s/postgresql.conf", data);
	strings_format(&argv, "--hba_file=%s/pg_hba.conf", data);
	strings_format(&argv, "--ident_file=%s/pg_ident.conf", data);
	strings_format(&argv, "--unix_socket_directories=%s", postgres->socket);
	strings_add_all(&argv, fixed);
	if (careless)
		strings_add(&argv, "--fsync=off");
	as_user(postgres, (const char *const *)argv.items, 0, &whole);
	struct process process = { .argv = (const char *const *)whole.items,
				   .environment = environment, .directory = "/" };
	if (process_start(&process, &postgres->pid, err) < 0)
		return -1;
	if (wait_ready(postgres, err) == 0)
		return 0;
	struct error ended = { 0 };
	if (postgres_stop(postgres, &ended) < 0)
		error_prefix(&ended, "%s", err->message);
	if (ended.message) {
		error_clear(err);
		*err = ended;
	}
	return -1;
}

int postgres_stop(struct postgres *postgres, struct error *err)
{
	pid_t pid = postgres->pid;
	postgres->pid = 0;
	kill(pid, SIGINT); /* "fast": end connections, write everything, go */
	if (process_wait(pid, "postgres", NULL, err) < 0)
		return -1;
	return tree_remove(postgres->socket, err);
}
