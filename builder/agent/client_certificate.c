/* Certificates for clients; see client_certificate.h. Profile: RFC 5280, P-256, clientAuth alone. openssl(1) gets
 * what is secret through memory (memfd_create(2)), so that no key lies on the disk or in the list of processes. */
#include "agent/client_certificate.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/provision.h"
#include "agent/sentences.h"

#define TEXT_MAX (1u << 20)
#define NAME_MAX_LENGTH 64

/* A name is also a file's and a field of the certificate's subject. */
static int check_name(const char *name, struct error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-";
	size_t length = strlen(name);
	if (length && length <= NAME_MAX_LENGTH && strspn(name, allowed) == length && *name != '.' && *name != '-')
		return 0;
	return sentence_error(err, SAY_CLIENT_NAME, name, NULL);
}

/* `text` as an open file in memory that a tool finds at `*ret_path`. */
static int in_memory(const char *text, size_t length, char **ret_path, struct error *err)
{
	int fd = memfd_create("hie", 0);
	if (fd < 0)
		return error_set_errno(err, errno, "memfd_create");
	if (fd_write_all(fd, text, length, err) < 0) {
		close(fd);
		return -1;
	}
	*ret_path = text_format("/proc/self/fd/%d", fd);
	return fd;
}

static int run_openssl(const char *const *argv, const int *fds, struct buffer *output, struct error *err)
{
	struct process process = { .argv = argv, .output = output };
	for (size_t i = 0; i < LENGTH(process.extra_fds) && fds && fds[i] > 0; i++)
		process.extra_fds[i] = fds[i];
	output->maximum = TEXT_MAX;
	return process_run(&process, NULL, err);
}

static int sign(const struct client_certificate *wanted, const struct buffer *key, struct buffer *ret_text,
		struct error *err)
{
	autofree char *configuration = text_format("[req]\ndistinguished_name = name\nprompt = no\n"
		"string_mask = utf8only\nx509_extensions = extensions\n[name]\nO = hiebox client\nCN = %s\n"
		"[extensions]\nbasicConstraints = critical, CA:false\nkeyUsage = critical, digitalSignature\n"
		"extendedKeyUsage = clientAuth\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always\n",
		wanted->name);
	autofree char *authority = hie_path(wanted->root, "tls/ca.crt"), *signer = hie_path(wanted->root, "tls/ca.key");
	autofree char *key_path = NULL, *configuration_path = NULL, *serial = secret_new(SECRET_HEX);
	autofree char *days = text_format("%ld", wanted->days);
	memcpy(serial, "0x1", 3);
	serial[34] = '\0';
	autofd int key_fd = in_memory(key->data, key->length, &key_path, err);
	autofd int configuration_fd = key_fd < 0 ? -1 :
		in_memory(configuration, strlen(configuration), &configuration_path, err);
	if (key_fd < 0 || configuration_fd < 0)
		return -1;
	const char *argv[] = { "openssl", "req", "-x509", "-new", "-sha256", "-config", configuration_path, "-key",
			       key_path, "-CA", authority, "-CAkey", signer, "-days", days, "-set_serial", serial, NULL };
	return run_openssl(argv, (const int[]){ key_fd, configuration_fd, 0, 0 }, ret_text, err);
}

static char *certificate_path(const struct client_certificate *wanted)
{
	autofree char *directory = hie_path(wanted->root, "clients"), *file = text_format("%s.crt", wanted->name);
	return path_join(directory, file);
}

int client_certificate_make(const struct client_certificate *wanted, struct buffer *ret_text, struct error *err)
{
	static const char *const new_key[] = { "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
					       "ec_paramgen_curve:P-256", NULL };
	autofree char *authority = hie_path(wanted->root, "tls/ca.crt"), *chain = NULL;
	autofree char *directory = hie_path(wanted->root, "clients");
	struct buffer autobuffer key = { 0 };
	struct buffer autobuffer certificate = { 0 };
	if (check_name(wanted->name, err) < 0)
		return -1;
	if (!path_exists(authority))
		return sentence_error(err, SAY_NOT_YET, authority, NULL);
	int answer = run_openssl(new_key, NULL, &key, err);
	if (!answer)
		answer = sign(wanted, &key, &certificate, err);
	if (!answer)
		answer = file_read(authority, TEXT_MAX, &chain, NULL, err);
	autofree char *path = certificate_path(wanted);
	if (!answer && !(answer = directory_make(directory, 0755, err)))
		answer = file_write(path, certificate.data, certificate.length, 0644, err);
	if (!answer) {
		buffer_add(ret_text, key.data, key.length);
		buffer_add(ret_text, certificate.data, certificate.length);
		buffer_text(ret_text, chain);
	}
	if (key.data)
		explicit_bzero(key.data, key.length);
	return answer;
}

int client_certificate_pack(const struct client_certificate *wanted, const struct buffer *text, const char *passphrase,
			    struct buffer *ret_package, struct error *err)
{
	autofree char *text_path = NULL, *passphrase_path = NULL;
	autofd int text_fd = in_memory(text->data, text->length, &text_path, err);
	autofd int passphrase_fd = text_fd < 0 ? -1 : in_memory(passphrase, strlen(passphrase), &passphrase_path, err);
	if (text_fd < 0 || passphrase_fd < 0)
		return -1;
	autofree char *source = text_format("file:%s", passphrase_path);
	const char *argv[] = { "openssl", "pkcs12", "-export", "-in", text_path, "-name", wanted->name, "-passout", source,
			       NULL };
	return run_openssl(argv, (const int[]){ text_fd, passphrase_fd, 0, 0 }, ret_package, err);
}

int client_certificate_revoke(const struct client_certificate *wanted, struct error *err)
{
	if (check_name(wanted->name, err) < 0)
		return -1;
	autofree char *path = certificate_path(wanted);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_set_errno(err, errno, "cannot remove %s", path);
	return 0;
}
