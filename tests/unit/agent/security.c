/* Whether SSH runs, and certificates for clients: on a directory tree, with openssl(1) to judge them. */
#include "tree.h"

#include "agent/client_certificate.h"
#include "agent/provision.h"

static bool wanted(const char *root, struct box *box)
{
	struct provision provision = { .root = root, .box = box, .timescale = 1 };
	struct error err = { 0 };
	autofree char *remark = NULL, *marker = tree_path(root, "/run/hie/ssh-wanted");
	assert_int_equal(step_ssh_wanted(&provision, &remark, &err), 0);
	assert_non_null(remark);
	return path_exists(marker);
}

static void remove_file(const char *root, const char *path)
{
	autofree char *full = tree_path(root, path);
	assert_int_equal(unlink(full), 0);
}

static void ssh_only_with_a_key(void **state)
{
	static const char *const places[] = { "/root" "/.ssh/authorized_keys", "/home/ada/.ssh/authorized_keys",
					      "/var/lib/hie/ssh/authorized_keys.d/root" };
	(void)state;
	char *root = tree_new();
	struct box box = { .name = "testbox" };
	assert_false(wanted(root, &box));
	for (size_t i = 0; i < LENGTH(places); i++) {
		tree_write(root, places[i], "", 0600);
		assert_false(wanted(root, &box));
		tree_write(root, places[i], "\n# nobody yet\n \n", 0600);
		assert_false(wanted(root, &box));
		tree_write(root, places[i], "# Ada\nssh-ed25519 AAAA ada\n", 0600);
		assert_true(wanted(root, &box));
		assert_true(wanted(root, &box));
		remove_file(root, places[i]);
		assert_false(wanted(root, &box));
	}
	tree_free(root);
}

static int openssl(const char *const *argv)
{
	struct error err = { 0 };
	int status = -1;
	assert_int_equal(process_run(&(struct process){ .argv = argv }, &status, &err), 0);
	return status;
}

/* An authority and a client's certificate from it; the tree is the caller's. */
static char *authority_tree(void)
{
	struct error err = { 0 };
	char *root = tree_new();
	autobox struct box *box = tree_load(root);
	autofree char *remark = NULL;
	struct provision provision = { .root = root, .box = box, .timescale = 1 };
	autofree char *tls = tree_path(root, "/var/lib/hie/tls");
	assert_int_equal(directory_make(tls, 0755, &err), 0);
	assert_int_equal(step_certificate(&provision, &remark, &err), 0);
	return root;
}

static void clients_get_certificates(void **state)
{
	(void)state;
	char *root = authority_tree();
	struct error err = { 0 };
	struct buffer autobuffer text = { 0 };
	struct buffer autobuffer package = { 0 };
	struct client_certificate client = { .root = root, .name = "pos-clinic-a", .days = 30 };
	assert_int_equal(client_certificate_make(&client, &text, &err), 0);
	assert_non_null(strstr(text.data, "PRIVATE KEY-----"));
	autofree char *kept = tree_read(root, "/var/lib/hie/clients/pos-clinic-a.crt");
	assert_non_null(kept);
	assert_null(strstr(kept, "PRIVATE"));
	assert_non_null(strstr(text.data, kept));
	autofree char *authority = tree_path(root, "/var/lib/hie/tls/ca.crt");
	autofree char *path = tree_path(root, "/var/lib/hie/clients/pos-clinic-a.crt");
	assert_int_equal(openssl((const char *[]){ "openssl", "verify", "-purpose", "sslclient", "-CAfile", authority, path,
						   NULL }), 0);
	assert_int_not_equal(openssl((const char *[]){ "openssl", "verify", "-purpose", "sslserver", "-CAfile", authority,
						       path, NULL }), 0);
	assert_int_equal(openssl((const char *[]){ "openssl", "x509", "-in", path, "-noout", "-checkend", "2500000", NULL }), 0);
	assert_int_not_equal(openssl((const char *[]){ "openssl", "x509", "-in", path, "-noout", "-checkend", "2700000",
						       NULL }), 0);
	assert_int_equal(client_certificate_pack(&client, &text, "secret", &package, &err), 0);
	autofree char *p12 = tree_path(root, "/client.p12");
	assert_int_equal(file_write(p12, package.data, package.length, 0600, &err), 0);
	assert_int_equal(openssl((const char *[]){ "openssl", "pkcs12", "-in", p12, "-noout", "-passin", "pass:secret", NULL }), 0);
	assert_int_not_equal(openssl((const char *[]){ "openssl", "pkcs12", "-in", p12, "-noout", "-passin", "pass:other",
						       NULL }), 0);
	assert_int_equal(client_certificate_revoke(&client, &err), 0);
	assert_false(path_exists(path));
	assert_int_equal(client_certificate_revoke(&client, &err), 0);
	tree_free(root);
}

static void names_of_clients_are_plain(void **state)
{
	static const char *const bad[] = { "", "../x", "a/b", ".hidden", "-x", "a b", "a\nb", "é", "a=b" };
	(void)state;
	char *root = authority_tree();
	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct client_certificate client = { .root = root, .name = bad[i], .days = 30 };
		struct buffer autobuffer text = { 0 };
		struct error err = { 0 };
		assert_int_equal(client_certificate_make(&client, &text, &err), -1);
		assert_non_null(strstr(err.message, "no client’s name"));
		assert_int_equal(text.length, 0);
		error_clear(&err);
	}
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssh_only_with_a_key),
		cmocka_unit_test(clients_get_certificates),
		cmocka_unit_test(names_of_clients_are_plain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
