/* The box's certificate: a private authority that only this box has, and a server certificate under it
 * for the box's names and addresses. openssl(1) makes both; files move into place by rename.
 * Profile: RFC 5280; P-256 because every phone knows it and small boards sign with it quickly. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include "agent/provision.h"

#define AUTHORITY_DAYS 7305  /* 20 years */
/* Phones refuse server certificates of more than 825 days, from a private authority too. */
#define SERVER_DAYS 800
#define RENEW_DAYS 200
#define FILE_MAX (1u << 20)
#define DAY INT64_C(86400)

struct tls {
	const struct provision *provision;
	char *directory, *authority_key, *authority, *key, *certificate, *made;
};

static void cleanup_tls(struct tls *tls)
{
	free(tls->directory);
	free(tls->authority_key);
	free(tls->authority);
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

/* Authority: the key comes first, the certificate can be made from it at any later boot. */
static int make_authority(const struct tls *tls, bool *ret_made, struct error *err)
{
	if (!path_exists(tls->authority_key)) {
		if (unlink(tls->authority) < 0 && errno != ENOENT)
			return error_set_errno(err, errno, "cannot remove %s", tls->authority);
		if (make_key(tls->authority_key, err) < 0)
			return -1;
		provision_boundary(tls->provision, "authority's key");
	}
	if (path_exists(tls->authority))
		return 0;
	autofree char *word = secret_new(SECRET_HEX);
	word[8] = '\0'; /* two boxes of one name must not look like one authority */
	autofree char *subject = text_format("%s authority %s", tls->provision->box->name, word);
	autofree char *serial = secret_new(SECRET_HEX);
	memcpy(serial, "0x1", 3);
	serial[34] = '\0';
	autofree char *days = text_format("%d", AUTHORITY_DAYS);
	autofree char *configuration = NULL;
	if (write_configuration(tls, subject, "basicConstraints = critical, CA:true, pathlen:0\n"
				"keyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash\n",
				&configuration, err) < 0)
		return -1;
	const char *argv[] = { "openssl", "req", "-x509", "-new", "-sha256", "-config", configuration, "-key",
			       tls->authority_key, "-days", days, "-set_serial", serial, NULL };
	*ret_made = true;
	return make_file(argv, tls->authority, NULL, 0644, err);
}

/* The addresses that the box has now, as "IP:…". None is fine: the network may come later. */
static void add_addresses(struct strings *names)
{
	struct ifaddrs *all = NULL;
	if (getifaddrs(&all) < 0)
		return;
	for (struct ifaddrs *one = all; one; one = one->ifa_next) {
		char text[INET6_ADDRSTRLEN] = "";
		if (!one->ifa_addr || one->ifa_flags & IFF_LOOPBACK)
			continue;
		if (one->ifa_addr->sa_family == AF_INET) {
			inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)one->ifa_addr)->sin_addr, text,
				  sizeof text);
		} else if (one->ifa_addr->sa_family == AF_INET6) {
			struct in6_addr *address = &((struct sockaddr_in6 *)(void *)one->ifa_addr)->sin6_addr;
			if (!IN6_IS_ADDR_LINKLOCAL(address))
				inet_ntop(AF_INET6, address, text, sizeof text);
		}
		if (text[0])
			strings_format(names, "IP:%s", text);
	}
	freeifaddrs(all);
}

static void wanted_names(const struct provision *provision, struct strings *names)
{
	strings_format(names, "DNS:%s", provision->box->name);
	strings_format(names, "DNS:%s.local", provision->box->name);
	strings_add(names, "DNS:localhost");
	strings_add(names, "IP:127.0.0.1");
	strings_add(names, "IP:::1");
	strings_add(names, "IP:10.0.2.2"); /* how a machine inside QEMU's user network reaches a forwarded port */
	if (provision->on_box)
		add_addresses(names);
	strings_sort(names);
	strings_unique(names);
}

/* A digest of the three files that must fit together; "" when one is missing. */
static char *files_digest(const struct tls *tls)
{
	const char *paths[] = { tls->authority, tls->key, tls->certificate };
	struct hash *hash = hash_new("sha256");
	char hex[HASH_HEX_MAX];
	bool complete = true;
	for (size_t i = 0; i < LENGTH(paths); i++) {
		autofree char *text = NULL;
		struct error missing = { 0 };
		if (file_read(paths[i], FILE_MAX, &text, NULL, &missing) < 0)
			complete = false;
		error_clear(&missing);
		hash_text(hash, text ? text : "");
	}
	hash_finish(hash, hex);
	return text_copy(complete ? hex : "");
}

/* Is the certificate there, of this authority and key, for all wanted names and for long enough? The
 * file `made` was written last and says so: digest, end of validity, names, one per line. */
static bool is_current(const struct tls *tls, const struct strings *names)
{
	autofree char *text = NULL;
	struct error unread = { 0 };
	if (file_read(tls->made, FILE_MAX, &text, NULL, &unread) < 0) {
		error_clear(&unread);
		return false;
	}
	autostrings struct strings lines = { 0 };
	strings_split(&lines, text, "\n");
	autofree char *digest = files_digest(tls);
	int64_t end = 0;
	if (lines.count < 2 || !digest[0] || !text_equal(lines.items[0], digest)
	    || number_parse(lines.items[1], 0, INT64_MAX, &end) < 0)
		return false;
	for (size_t i = 0; i < names->count; i++)
		if (!strings_have(&lines, names->items[i]))
			return false;
	return end - time(NULL) > RENEW_DAYS * DAY;
}

static int write_made(const struct tls *tls, const struct strings *names, int64_t end, struct error *err)
{
	autofree char *digest = files_digest(tls);
	autofree char *list = strings_join(names, "\n");
	autofree char *text = text_format("%s\n%" PRId64 "\n%s\n", digest, end, list);
	return file_write(tls->made, text, strlen(text), 0600, err);
}

static int make_certificate(const struct tls *tls, const struct strings *names, struct error *err)
{
	if (!path_exists(tls->key) && make_key(tls->key, err) < 0)
		return -1;
	provision_boundary(tls->provision, "server's key");
	autofree char *chain = NULL;
	autofree char *list = strings_join(names, ", ");
	autofree char *extensions = text_format("basicConstraints = critical, CA:false\n"
		"keyUsage = critical, digitalSignature\nextendedKeyUsage = serverAuth\n"
		"subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always\nsubjectAltName = %s\n", list);
	autofree char *configuration = NULL;
	autofree char *serial = secret_new(SECRET_HEX);
	memcpy(serial, "0x1", 3);
	serial[34] = '\0';
	autofree char *days = text_format("%d", SERVER_DAYS);
	int64_t end = time(NULL) + SERVER_DAYS * DAY;
	if (file_read(tls->authority, FILE_MAX, &chain, NULL, err) < 0
	    || write_configuration(tls, tls->provision->box->name, extensions, &configuration, err) < 0)
		return -1;
	const char *argv[] = { "openssl", "req", "-x509", "-new", "-sha256", "-config", configuration, "-key",
			       tls->key, "-CA", tls->authority, "-CAkey", tls->authority_key, "-days", days,
			       "-set_serial", serial, NULL };
	if (make_file(argv, tls->certificate, chain, 0644, err) < 0)
		return -1;
	provision_boundary(tls->provision, "server's certificate");
	return write_made(tls, names, end, err);
}

int step_certificate(const struct provision *provision, char **ret_remark, struct error *err)
{
	autofree char *directory = hie_path(provision->root, "tls");
	__attribute__((cleanup(cleanup_tls))) struct tls tls = {
		.provision = provision,
		.directory = text_copy(directory),
		.authority_key = path_join(directory, "ca.key"),
		.authority = path_join(directory, "ca.crt"),
		.key = path_join(directory, "server.key"),
		.certificate = path_join(directory, "server.crt"),
		.made = path_join(directory, "server.made"),
	};
	autostrings struct strings names = { 0 };
	wanted_names(provision, &names);
	bool new_authority = false;
	if (make_authority(&tls, &new_authority, err) < 0)
		return -1;
	provision_boundary(provision, "authority");
	if (!new_authority && is_current(&tls, &names)) {
		*ret_remark = sentence(SAY_CERTIFICATE_KEPT, NULL);
		return 0;
	}
	if (make_certificate(&tls, &names, err) < 0)
		return -1;
	provision_boundary(provision, "certificate");
	autofree char *list = strings_join(&names, " ");
	*ret_remark = sentence(SAY_CERTIFICATE_MADE, list, NULL);
	return 0;
}
