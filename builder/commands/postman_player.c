/* Newman, in the tools root: a process that is made before there are machines and threads, becomes one that may use the
 * sandbox, unpacks Newman into the store's work folder, and then plays one collection after the other. Both ends speak in
 * messages: a letter, four bytes of length in network order, and so many bytes of text. The player says R (ready),
 * A (an answer: what play.js wrote) or E (an error); it is sent J (a job). */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands/postman.h"
#include "commands/project.h"
#include "commands/startable.h"
#include "http/http.h"

#define MESSAGE_MAX (32u << 20)
#define RESULT_MAX DOCUMENT_MAX_BYTES
#define NAP_MILLISECONDS 200
#define PEM_MAX (1u << 20)
#define GRACE_SECONDS 60.0    /* beyond the time that a collection has by itself */
#define FOLDER "/mnt"         /* where Newman is, inside */
#define HEAP "--max-old-space-size=512"
#define NOBODY 65534          /* other people's scripts run here: not as root, who in a sandbox of root's is the machine's */

struct postman {
	pid_t player;
	int socket;
	bool busy;                  /* a job was sent and not answered */
};

/* ---- messages ---- */

static int send_message(int fd, char kind, const char *text, size_t length, struct error *err)
{
	uint32_t size = htonl((uint32_t)length);
	char head[5] = {kind};

	memcpy(head + 1, &size, sizeof size);
	if (length > MESSAGE_MAX)
		return error_set(err, "a message to or from Newman would have %zu bytes", length);
	return fd_write_all(fd, head, sizeof head, err) < 0 ? -1 : fd_write_all(fd, text, length, err);
}

/* For how long to wait for a message. */
struct patience {
	double end;                 /* of clock_seconds() */
	bool (*stop)(void);         /* or NULL */
};
static const struct patience for_ever = {.end = 1e300};

static int receive_bytes(int fd, char *to, size_t length, const struct patience *patience, struct error *err)
{
	while (length) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		if (patience->stop && patience->stop()) {
			autofree char *why = test_interruption();
			return error_set(err, "%s", why);
		}
		if (clock_seconds() > patience->end)
			return error_set(err, "Newman does not come to an end");
		if (poll(&ready, 1, NAP_MILLISECONDS) <= 0)
			continue;
		ssize_t got = read(fd, to, length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_set(err, "the process that runs Newman has ended");
		to += got;
		length -= (size_t)got;
	}
	return 0;
}

/* *ret_text has a NUL at its end; the caller frees. */
static int receive_message(int fd, const struct patience *patience, char *ret_kind, char **ret_text, struct error *err)
{
	char head[5];
	uint32_t size;

	if (receive_bytes(fd, head, sizeof head, patience, err) < 0)
		return -1;
	memcpy(&size, head + 1, sizeof size);
	size = ntohl(size);
	if (size > MESSAGE_MAX)
		return error_set(err, "a message to or from Newman would have %u bytes", size);
	autofree char *text = memory_alloc((size_t)size + 1);
	if (receive_bytes(fd, text, size, patience, err) < 0)
		return -1;
	*ret_kind = head[0];
	*ret_text = steal(text);
	return 0;
}

/* ---- the player ---- */

struct player {
	struct session session;
	char *folder;               /* node_modules and play.js */
	char *names;                /* a nsswitch.conf that knows the network */
	struct planned_source source; /* Newman */
	struct plan plan;           /* nothing but that */
};

/* The recipe that lends its tools: which packages those are does not depend on it. */
static int open_session(struct player *player, const struct parsed_options *options, struct error *err)
{
	const char *first = options->arguments.count ? options->arguments.items[0] : NULL;
	struct error problem = {0};

	if (first && !option_given(options, "against") && !startable_is_image(first) && session_open(options, &player->session, &problem) == 0)
		return 0;
	error_clear(&problem);
	session_close(&player->session);
	player->session = (struct session){0};
	struct changed *changed = memory_alloc(sizeof *changed); /* the session borrows it, and this process ends with it */
	changed_make(options, "demo", 0, changed);
	return session_open(&changed->options, &player->session, err) < 0
		? error_prefix(err, "Postman collections are played with the tools of the recipe demo") : 0;
}

static int read_lock(struct player *player, const char *folder, struct error *err)
{
	struct source *source = arena_alloc(player->session.arena, sizeof *source);
	static const struct component newman = {.id = "newman"};
	struct diagnostics mistakes = {0};

	autofree char *path = path_join(folder, "newman.npm.lock");
	*source = (struct source){.kind = SOURCE_NPM, .lock = arena_string(player->session.arena, path), .into = "."};
	player->source = (struct planned_source){.source = source, .component = &newman};
	player->plan = (struct plan){.sources = &player->source, .source_count = 1, .lock = player->session.plan.lock};
	plan_payloads(&player->source, player->session.arena, &mistakes);
	int result = diagnostics_to_error(&mistakes, err);
	diagnostics_clear(&mistakes);
	return result;
}

/* So that `hiebox gc` leaves it where it is. */
static int record(const struct player *player, struct error *err)
{
	struct store_use use = {.lock = realpath(player->source.source->lock, NULL), .recipe = realpath(player->source.source->lock, NULL)};

	for (size_t i = 0; i < player->source.payload_count; i++)
		strings_add(&use.blobs, player->source.payloads[i].digest);
	strings_sort(&use.blobs);
	strings_unique(&use.blobs);
	int result = use.lock ? store_use_write(&player->session.store, &use, err) : 0;
	store_use_clear(&use);
	return result;
}

static int unpack(struct player *player, const char *folder, struct error *err)
{
	static const char hosts[] = "hosts: files dns\n";
	const struct store *store = &player->session.store;

	player->folder = path_join(store->work, "newman");
	player->names = path_join(store->work, "nsswitch.conf");
	autofree char *from = path_join(folder, "play.js"), *to = path_join(player->folder, "play.js");
	if (directory_make(player->folder, 0755, err) < 0 || assemble_sources(store, &player->plan, player->folder, err) < 0
	    || file_copy(from, to, 0644, err) < 0)
		return -1;
	return file_write_plain(player->names, hosts, sizeof hosts - 1, 0644, err);
}

/* Whoever started us tells of interruptions; the processes that clear away after us need not. */
static int enter_quietly(struct error *err)
{
	autofd int shown = dup(STDERR_FILENO), nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (shown < 0 || nothing < 0)
		return error_set_errno(err, errno, "cannot open /dev/null");
	dup2(nothing, STDERR_FILENO);
	int result = session_enter(err);
	dup2(shown, STDERR_FILENO);
	return result;
}

static int prepare(struct player *player, const struct parsed_options *options, struct error *err)
{
	if (enter_quietly(err) < 0 || open_session(player, options, err) < 0)
		return -1;
	struct session *session = &player->session;
	autofree char *here = project_here(session->options), *installed = project_installed();
	autofree char *folder = path_join(here ? here : installed ? installed : ".", "recipes/postman");
	if (read_lock(player, folder, err) < 0 || session_open_store(session, err) < 0 || session_lock(session, LOCK_SHOW, err) < 0)
		return -1;
	player->plan.lock = session->plan.lock;
	if (session_open_tools(session, err) < 0 || fetch_payloads(&session->store, &session->origins, &player->plan, err) < 0
	    || record(player, err) < 0)
		return -1;
	return unpack(player, folder, err);
}

static int play(const struct player *player, const char *job, struct buffer *answer, struct error *err)
{
	autofd int input = memfd_create("hiebox-postman", MFD_CLOEXEC);
	static const char *const argv[] = {"/usr/bin/node", HEAP, FOLDER "/play.js", NULL};
	static const char *const environment[] = {"PATH=/usr/bin:/bin", "HOME=/tmp", "LC_ALL=C.UTF-8", "NODE_ENV=production", NULL};
	const char *lower[] = {player->session.tools.root, NULL};
	const struct sandbox_bind binds[] = {
		{player->folder, FOLDER, false},
		{player->names, "/etc/nsswitch.conf", false},
		{"/etc/hosts", "/etc/hosts", false},
		{"/etc/resolv.conf", "/etc/resolv.conf", false},
	};

	if (input < 0 || fd_write_all(input, job, strlen(job), err) < 0 || lseek(input, 0, SEEK_SET) < 0)
		return err->message ? -1 : error_set_errno(err, errno, "cannot keep a job for Newman");
	const struct sandbox sandbox = {.lower = lower, .binds = binds, .bind_count = path_exists("/etc/resolv.conf") ? 4 : 3,
					.keep_network = true, .user = NOBODY, .group = NOBODY};
	const struct process process = {.argv = argv, .environment = environment, .sandbox = &sandbox, .input_fd = input, .output = answer};
	answer->maximum = RESULT_MAX;
	return process_run(&process, NULL, err);
}

static void serve(const struct player *player, int fd)
{
	struct error err = {0};
	char kind;

	for (char *job = NULL; receive_message(fd, &for_ever, &kind, &job, &err) == 0; free(steal(job))) {
		autobuffer struct buffer answer = {0};
		int result = play(player, job, &answer, &err);
		const char *text = result < 0 ? err.message : answer.data ? answer.data : "";
		explicit_bzero(job, strlen(job));
		result = send_message(fd, result < 0 ? 'E' : 'A', text, strlen(text), &err);
		error_clear(&err);
		if (result < 0)
			break;
	}
	error_clear(&err);
}

/* Never returns. */
static void be_player(const struct parsed_options *options, int fd, pid_t parent)
{
	struct player player = {0};
	struct error err = {0};

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* of the terminal; it is for the one that started us */
	signal(SIGHUP, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(1);
	bool ready = prepare(&player, options, &err) == 0;
	progress_finish();
	send_message(fd, ready ? 'R' : 'E', ready ? "" : err.message, ready ? 0 : strlen(err.message), NULL);
	if (ready)
		serve(&player, fd);
	session_close(&player.session); /* with the work folder */
	_exit(0);
}

/* ---- from outside ---- */

int postman_begin(const struct parsed_options *options, struct postman **ret_postman, struct error *err)
{
	int ends[2];
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set_errno(err, errno, "cannot make a socket");
	fflush(NULL);
	pid_t player = fork();
	if (player == 0) {
		close(ends[0]);
		be_player(options, ends[1], parent);
	}
	close(ends[1]);
	if (player < 0) {
		close(ends[0]);
		return error_set_errno(err, errno, "cannot start a process");
	}
	struct postman *postman = memory_alloc(sizeof *postman);
	*postman = (struct postman){.player = player, .socket = ends[0], .busy = true};
	autofree char *text = NULL;
	char kind = 'E';
	const struct patience until_stopped = {1e300, test_interrupted};
	int result = receive_message(postman->socket, &until_stopped, &kind, &text, err);
	postman->busy = result < 0;
	if (result == 0 && kind != 'R')
		result = error_set(err, "%s", text);
	if (result < 0) {
		postman_end(postman);
		return -1;
	}
	*ret_postman = postman;
	return 0;
}

void postman_end(struct postman *postman)
{
	if (!postman)
		return;
	close(postman->socket);
	if (postman->busy) /* it would not see that */
		kill(postman->player, SIGTERM);
	while (waitpid(postman->player, NULL, 0) < 0 && errno == EINTR)
		;
	free(postman);
}

static bool is_of_name(char byte)
{
	return islower((unsigned char)byte) || isdigit((unsigned char)byte) || byte == '-';
}

/* The names in front of ".user", ".password" and ".token" that the collection's text has; those that are credentials are handed over. */
static void add_credentials(struct json *job, const char *text, const struct play_settings *settings, char **ret_missing)
{
	struct json *credentials = json_new_object();

	for (const char *dot = strchr(text, '.'); dot; dot = strchr(dot + 1, '.')) {
		const char *from = dot;
		bool named = text_starts(dot, ".user") || text_starts(dot, ".password") || text_starts(dot, ".token");
		while (named && from > text && dot - from < 64 && is_of_name(from[-1]))
			from--;
		autofree char *name = text_copy_n(from, (size_t)(dot - from));
		struct play_login login = {0};
		struct error none = {0};
		if (from == dot || json_get(credentials, name))
			continue;
		if (settings->credential(settings->context, name, &login, &none) == 0) {
			struct json *one = json_new_object();
			json_set(one, "user", json_new_string(login.user ? login.user : ""));
			json_set(one, "password", json_new_string(login.password ? login.password : ""));
			json_set(one, "token", json_new_string(login.token ? login.token : ""));
			json_set(credentials, name, one);
		} else if (!*ret_missing && from - text >= 2 && from[-1] == '{' && from[-2] == '{') {
			*ret_missing = text_copy(name);
		}
		play_login_clear(&login);
		error_clear(&none);
	}
	json_set(job, "credentials", credentials);
}

/* The certificate that every connection shows: play.js puts it into files that nobody else sees. */
static int add_certificate(struct json *job, const struct play_login *login, struct error *err)
{
	autofree char *certificate = NULL, *key = NULL;

	if (!login || !login->certificate)
		return 0;
	if (file_read(login->certificate, PEM_MAX, &certificate, NULL, err) < 0
	    || file_read(login->key ? login->key : login->certificate, PEM_MAX, &key, NULL, err) < 0)
		return -1;
	json_set(job, "certificate", json_new_string(certificate));
	json_set(job, "key", json_new_string(key));
	json_set(job, "passphrase", json_new_string(login->key_password ? login->key_password : ""));
	explicit_bzero(key, strlen(key));
	return 0;
}

/* Where paths are elsewhere: from and to. */
static struct json *places_of(const struct play_settings *settings)
{
	struct json *list = json_new_object();

	for (size_t i = 0; i < settings->place_count; i++)
		json_set(list, settings->places[i].from, json_new_string(settings->places[i].to));
	return list;
}

/* As curl reads them, for exchanges elsewhere. */
static struct json *proxies(const struct play_settings *settings)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"};
	struct json *environment = json_new_object();
	bool direct = settings->http && settings->http->proxy_http && text_equal(settings->http->proxy_http, "DIRECT");

	for (size_t i = 0; i < LENGTH(names) && !direct; i++)
		if (getenv(names[i]))
			json_set(environment, names[i], json_new_string(getenv(names[i])));
	return environment;
}

static int make_job(const struct test_workflow *test, const struct play_settings *settings, char **ret_job, char **ret_missing,
		    struct error *err)
{
	autojson struct json *job = json_new_object();
	autofree char *authority = NULL;

	if (settings->ca_file && file_read(settings->ca_file, 4u << 20, &authority, NULL, err) < 0)
		return -1;
	struct json *collection = json_from_node(document_root(test->document));
	autofree char *written = json_write(collection, true);
	json_set(job, "collection", collection);
	json_set(job, "base", json_new_string(settings->base));
	json_set(job, "insecure", json_new_boolean(settings->insecure));
	if (authority)
		json_set(job, "ca", json_new_string(authority));
	json_set(job, "milliseconds", json_new_number(PLAY_RUN_SECONDS * 1000));
	json_set(job, "environment", proxies(settings));
	json_set(job, "places", places_of(settings));
	if (add_certificate(job, settings->connection, err) < 0)
		return -1;
	add_credentials(job, written, settings, ret_missing);
	*ret_job = json_write(job, true);
	return 0;
}

/* A result in which nothing was played. */
static struct workflow_result *skipped(const struct workflow *workflow, const char *base, enum skip_kind why, const char *missing)
{
	struct workflow_result *result = memory_alloc(sizeof *result);

	result->workflow = workflow;
	result->base = text_copy(base);
	result->began = time(NULL);
	result->verdict = result->before.verdict = VERDICT_SKIPPED;
	result->before.skip = why;
	result->before.missing = missing;
	result->steps = memory_alloc((workflow->step_count + 1) * sizeof *result->steps);
	for (size_t i = 0; i < workflow->step_count; i++)
		result->steps[i] = (struct played_step){.step = &workflow->steps[i], .number = i + 1};
	return result;
}

int postman_play(struct postman *postman, const struct test_workflow *test, const struct play_settings *settings,
		 struct workflow_result **ret_result, struct error *err)
{
	autofree char *job = NULL, *text = NULL, *missing = NULL;
	const struct patience patience = {clock_seconds() + PLAY_RUN_SECONDS + GRACE_SECONDS, test_interrupted};
	char kind = 'E';

	if (settings->only_read) {
		*ret_result = skipped(test->workflow, settings->base, SKIP_WRITES, "what a collection's scripts do is not known");
		return 0;
	}
	if (make_job(test, settings, &job, &missing, err) < 0)
		return -1;
	if (missing) {
		*ret_result = skipped(test->workflow, settings->base, SKIP_CREDENTIAL, arena_string(test->arena, missing));
		return 0;
	}
	postman->busy = true;
	int sent = send_message(postman->socket, 'J', job, strlen(job), err);
	explicit_bzero(job, strlen(job));
	if (sent < 0 || receive_message(postman->socket, &patience, &kind, &text, err) < 0)
		return -1;
	postman->busy = false;
	if (kind != 'A')
		return error_set(err, "%s: Newman could not play it: %s", test->workflow->place.file, text);
	autodocument struct document *document = document_json_or_null(text, strlen(text));
	return postman_result(test->workflow, settings->base, document_root(document), ret_result, err);
}
