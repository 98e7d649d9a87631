/* The box's certificate: a private authority that only this box has, and a server certificate under it
 * for the box's names and addresses. openssl(1) makes both; files move into place by rename.
 * Profile: RFC 5280; P-256 because every phone knows it and small boards sign with it quickly. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "agent/clock.h"
#include "agent/settings.h"
#include "agent/tls.h"

#define AUTHORITY_DAYS 7305  /* 20 years */
/* Phones refuse server certificates of more than 825 days, from a private authority too. */
#define SERVER_DAYS 800
#define RENEW_DAYS 200
#define FILE_MAX (1u << 20)
#define DAY INT64_C(86400)

struct tls {
	const struct provision *provision;
	char *directory, *authority_key, *authority, *authority_made, *key, *certificate, *made;
};

static void cleanup_tls(struct tls *tls)
{
	free(tls->directory);
	free(tls->authority_key);
	free(tls->authority);
	free(tls->authority_made);
	free(tls->key);
	free(tls->certificate);
	free(tls->made);
}

/* Runs openssl and writes what it prints under `path`, with `more` (may be NULL) behind it. */
static int make_file(const char *const *argv, const char *path, const char *more, mode_t mode,
		     struct error *err)
{
	autobuffer struct buffer output = { .maximum = FILE_MAX };
	if (process_run(&(struct process){ .argv = argv, .output = &output }, NULL, err) < 0)
		return error_prefix(err, "%s", path_base(path));
	if (!output.length || !strstr(output.data, "-----BEGIN "))
		return error_set(err, "%s: openssl made nothing", path_base(path));
	if (more)
		buffer_text(&output, more);
	int result = file_write(path, output.data, output.length, mode, err);
	explicit_bzero(output.data, output.length);
	return result;
}

static int make_key(const char *path, struct error *err)
{
	static const char *const argv[] = { "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
					    "ec_paramgen_curve:P-256", NULL };
	return make_file(argv, path, NULL, 0600, err);
}

/* Writes the configuration for one certificate beside it; caller frees the path. */
static int write_configuration(const struct tls *tls, const char *subject, const char *extensions,
			       char **ret_path, struct error *err)
{
	autofree char *path = path_join(tls->directory, "request.cnf");
	autofree char *text = text_format("[req]\ndistinguished_name = name\nprompt = no\n"
					  "string_mask = utf8only\nx509_extensions = extensions\n"
					  "[name]\nCN = %s\n[extensions]\n%s", subject, extensions);
	if (file_write(path, text, strlen(text), 0644, err) < 0)
		return -1;
	*ret_path = steal(path);
	return 0;
}

/* The name that the authority's constraints hold, and when it was made; it may vouch for nothing else, so a later
 * name of the box counts as <name>.local alone. Written before the certificate. Caller frees `*ret_name`. */
static int read_authority(const struct tls *tls, char **ret_name, int64_t *ret_made)
{
	autofree char *text = file_text_or_null(tls->authority_made, FILE_MAX);
	autostrings struct strings lines = { 0 };
	if (!text)
		return -1;
	strings_split(&lines, text, "\n");
	if (lines.count != 2 || number_parse(lines.items[1], 0, INT64_MAX, ret_made) < 0)
		return -1;
	*ret_name = text_copy(lines.items[0]);
	return 0;
}

static int write_authority(const struct tls *tls, struct error *err)
{
	const char *name = tls->provision->box->name;
	autofree char *word = secret_new(SECRET_HEX);
	word[8] = '\0'; /* two boxes of one name must not look like one authority */
	autofree char *subject = text_format("%s authority %s", name, word);
	autofree char *serial = secret_new(SECRET_HEX);
	memcpy(serial, "0x1", 3);
	serial[34] = '\0';
	autofree char *days = text_format("%d", AUTHORITY_DAYS);
	autofree char *made = text_format("%s\n%" PRId64 "\n", name, (int64_t)time(NULL));
	autofree char *constraints = tls_constraints(name);
	autofree char *extensions = text_format("basicConstraints = critical, CA:true, pathlen:0\n"
		"keyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash\nnameConstraints = %s\n",
		constraints);
	autofree char *configuration = NULL;
	if (file_write(tls->authority_made, made, strlen(made), 0644, err) < 0)
		return -1;
	provision_boundary(tls->provision, "authority's limits");
	if (write_configuration(tls, subject, extensions, &configuration, err) < 0)
		return -1;
	const char *argv[] = { "openssl", "req", "-x509", "-new", "-sha256", "-config", configuration, "-key",
			       tls->authority_key, "-days", days, "-set_serial", serial, NULL };
	return make_file(argv, tls->authority, NULL, 0644, err);
}

/* Authority: the key comes first, the certificate can be made from it at any later boot. One that is of the future,
 * because the clock was ahead then and has been set back since, is good for nobody: it is made again. */
static int make_authority(const struct tls *tls, char **ret_name, bool *ret_made, struct error *err)
{
	int64_t made = 0;
	if (!path_exists(tls->authority_key)) {
		if (unlink(tls->authority) < 0 && errno != ENOENT)
			return error_set_errno(err, errno, "cannot remove %s", tls->authority);
		if (make_key(tls->authority_key, err) < 0)
			return -1;
		provision_boundary(tls->provision, "authority's key");
	}
	if (path_exists(tls->authority) && read_authority(tls, ret_name, &made) == 0 && made <= time(NULL) + DAY)
		return 0;
	free(steal(*ret_name));
	if (write_authority(tls, err) < 0)
		return -1;
	*ret_made = true;
	*ret_name = text_copy(tls->provision->box->name);
	return 0;
}

/* A digest of the three files that must fit together; "" when one is missing. */
static char *files_digest(const struct tls *tls)
{
	const char *paths[] = { tls->authority, tls->key, tls->certificate };
	struct hash *hash = hash_new("sha256");
	char hex[HASH_HEX_MAX];
	bool complete = true;
	for (size_t i = 0; i < LENGTH(paths); i++) {
		autofree char *text = file_text_or_null(paths[i], FILE_MAX);
		complete = complete && text;
		hash_text(hash, text ? text : "");
	}
	hash_finish(hash, hex);
	return text_copy(complete ? hex : "");
}

/* What `made` says, which was written last: digest, end of validity, when it was made, and a line for each name with
 * the time it was last seen. */
struct made {
	struct tls_names names;
	int64_t end, begin;
	bool right;            /* of these files */
};

static void cleanup_made(struct made *made)
{
	tls_names_clear(&made->names);
}
#define automade __attribute__((cleanup(cleanup_made)))

static void read_made(const struct tls *tls, struct made *ret)
{
	autofree char *text = file_text_or_null(tls->made, FILE_MAX), *digest = files_digest(tls);
	autostrings struct strings lines = { 0 };
	if (text)
		strings_split(&lines, text, "\n");
	if (lines.count < 3)
		return;
	ret->right = digest[0] && text_equal(lines.items[0], digest)
		&& number_parse(lines.items[1], 0, INT64_MAX, &ret->end) == 0
		&& number_parse(lines.items[2], 0, INT64_MAX, &ret->begin) == 0;
	for (size_t i = 3; i < lines.count; i++) {
		char *blank = strchr(lines.items[i], ' ');
		int64_t seen;
		if (!blank || number_parse(blank + 1, 0, INT64_MAX, &seen) < 0)
			continue;
		*blank = '\0';
		tls_names_add(&ret->names, lines.items[i], seen);
	}
}

static int write_made(const struct tls *tls, const struct tls_names *names, const struct made *made,
		      struct error *err)
{
	autofree char *digest = files_digest(tls);
	autobuffer struct buffer out = { 0 };
	buffer_format(&out, "%s\n%" PRId64 "\n%" PRId64 "\n", digest, made->end, made->begin);
	for (size_t i = 0; i < names->count; i++)
		buffer_format(&out, "%s %" PRId64 "\n", names->items[i].name, names->items[i].seen);
	return file_write(tls->made, out.data, out.length, 0600, err);
}

/* Is the certificate there, of this authority and key, for all names of now, not of the future and good for long
 * enough? */
static bool is_current(const struct made *made, const struct tls_names *names)
{
	int64_t now = time(NULL);
	if (!made->right || made->end - now <= RENEW_DAYS * DAY || made->begin > now + DAY)
		return false;
	for (size_t i = 0; i < names->count; i++)
		if (!tls_names_find(&made->names, names->items[i].name))
			return false;
	return true;
}

/* Once a day, that the names of now are still in use. */
static int note_seen(const struct tls *tls, const struct made *made, const struct tls_names *names, struct error *err)
{
	struct tls_names all = { 0 };
	bool old = false;
	for (size_t i = 0; i < made->names.count; i++)
		tls_names_add(&all, made->names.items[i].name, made->names.items[i].seen);
	for (size_t i = 0; i < names->count; i++) {
		old = old || tls_names_find(&made->names, names->items[i].name)->seen < time(NULL) - DAY;
		tls_names_add(&all, names->items[i].name, names->items[i].seen);
	}
	int result = old ? write_made(tls, &all, made, err) : 0;
	tls_names_clear(&all);
	return result;
}

static char *names_text(const struct tls_names *names, const char *between)
{
	autostrings struct strings list = { 0 };
	for (size_t i = 0; i < names->count; i++)
		strings_add(&list, names->items[i].name);
	strings_sort(&list);
	return strings_join(&list, between);
}

static int make_certificate(const struct tls *tls, const struct tls_names *names, struct error *err)
{
	if (!path_exists(tls->key) && make_key(tls->key, err) < 0)
		return -1;
	provision_boundary(tls->provision, "server's key");
	autofree char *chain = NULL;
	autofree char *list = names_text(names, ", ");
	autofree char *extensions = text_format("basicConstraints = critical, CA:false\n"
		"keyUsage = critical, digitalSignature\nextendedKeyUsage = serverAuth\n"
		"subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always\nsubjectAltName = %s\n", list);
	autofree char *configuration = NULL;
	autofree char *serial = secret_new(SECRET_HEX);
	memcpy(serial, "0x1", 3);
	serial[34] = '\0';
	autofree char *days = text_format("%d", SERVER_DAYS);
	const struct made made = { .begin = time(NULL), .end = time(NULL) + SERVER_DAYS * DAY };
	if (file_read(tls->authority, FILE_MAX, &chain, NULL, err) < 0
	    || write_configuration(tls, tls->provision->box->name, extensions, &configuration, err) < 0)
		return -1;
	const char *argv[] = { "openssl", "req", "-x509", "-new", "-sha256", "-config", configuration, "-key",
			       tls->key, "-CA", tls->authority, "-CAkey", tls->authority_key, "-days", days,
			       "-set_serial", serial, NULL };
	if (make_file(argv, tls->certificate, chain, 0644, err) < 0)
		return -1;
	provision_boundary(tls->provision, "server's certificate");
	return write_made(tls, names, &made, err);
}

static int look_after(const struct provision *provision, bool *ret_made, char **ret_remark, struct error *err)
{
	autofree char *directory = hie_path(provision->root, "tls");
	__attribute__((cleanup(cleanup_tls))) struct tls tls = {
		.provision = provision,
		.directory = text_copy(directory),
		.authority_key = path_join(directory, "ca.key"),
		.authority = path_join(directory, "ca.crt"),
		.authority_made = path_join(directory, "ca.made"),
		.key = path_join(directory, "server.key"),
		.certificate = path_join(directory, "server.crt"),
		.made = path_join(directory, "server.made"),
	};
	__attribute__((cleanup(tls_names_clear))) struct tls_names names = { 0 };
	automade struct made made = { 0 };
	autofree char *authority_name = NULL;
	bool new_authority = false;
	if (make_authority(&tls, &authority_name, &new_authority, err) < 0)
		return -1;
	provision_boundary(provision, "authority");
	tls_names_now(provision, authority_name, &names);
	read_made(&tls, &made);
	*ret_made = new_authority || !is_current(&made, &names);
	if (!*ret_made) {
		*ret_remark = sentence(SAY_CERTIFICATE_KEPT, NULL);
		return note_seen(&tls, &made, &names, err);
	}
	tls_names_keep(&names, &made.names, time(NULL));
	if (make_certificate(&tls, &names, err) < 0)
		return -1;
	provision_boundary(provision, "certificate");
	autofree char *list = names_text(&names, " ");
	*ret_remark = sentence(SAY_CERTIFICATE_MADE, list, NULL);
	/* from here on an earlier clock would make this certificate one of the future */
	return clock_remember(provision->root, err);
}

int step_certificate(const struct provision *provision, char **ret_remark, struct error *err)
{
	bool made;
	return look_after(provision, &made, ret_remark, err);
}

int certificate_renew(const struct provision *provision, bool wait, char **ret_remark, struct error *err)
{
	autofree char *lock = hie_path(provision->root, ".provision.lock");
	autofd int lock_fd = -1;
	bool made = false;
	int taken = lock_take(lock, wait, &lock_fd, err);
	if (taken < 0)
		return -1;
	if (taken > 0) {
		*ret_remark = sentence(SAY_CERTIFICATE_KEPT, NULL);
		return 0;
	}
	if (look_after(provision, &made, ret_remark, err) < 0)
		return -1;
	if (made)
		fprintf(stderr, "hie: certificate: %s\n", *ret_remark);
	if (made && provision->on_box) {
		bus_unit("ReloadOrTryRestartUnit", "nginx.service");
		bus_unit("ReloadOrTryRestartUnit", "openhim.service");
	}
	return 0;
}
