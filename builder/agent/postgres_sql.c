/* What is in a cluster: roles and databases, by psql(1) on the private socket. Names were checked when
 * box.json was read and are quoted all the same. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/postgres.h"

/* Runs SQL text in one database; `output` may be NULL. */
static int run_sql(const struct postgres *postgres, const char *database, const char *sql,
		   struct buffer *output, struct error *err)
{
	const char *argv[] = { "psql", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-h", postgres->socket,
			       "-U", postgres->superuser, "-d", database, "-f", "-", NULL };
	return postgres_run(postgres, argv, sql, output, err);
}

static char *quoted_literal(const char *text)
{
	struct buffer out = { 0 };
	buffer_text(&out, "'");
	for (; *text; text++) {
		if (*text == '\'')
			buffer_text(&out, "'");
		buffer_add(&out, text, 1);
	}
	buffer_text(&out, "'");
	return buffer_steal(&out);
}

static int make_role(const struct postgres *postgres, const struct box_database *database, struct error *err)
{
	autofree char *secret = NULL;
	autofree char *other = postgres->secrets ? path_join3(postgres->secrets, "/var/lib/hie/secrets", database->secret)
						 : NULL;
	const char *root = other && path_exists(other) ? postgres->secrets : postgres->provision->root;
	if (secret_read(root, database->secret, &secret, err) < 0)
		return -1;
	autofree char *literal = quoted_literal(secret);
	autofree char *sql = text_format(
		"SELECT 'CREATE ROLE \"%s\" LOGIN' WHERE NOT EXISTS\n"
		"(SELECT FROM pg_catalog.pg_roles WHERE rolname = '%s') \\gexec\n"
		"SET password_encryption = 'scram-sha-256';\n"
		"ALTER ROLE \"%s\" WITH LOGIN PASSWORD %s;\n",
		database->owner, database->owner, database->owner, literal);
	int result = run_sql(postgres, "postgres", sql, NULL, err);
	explicit_bzero(sql, strlen(sql));
	explicit_bzero(literal, strlen(literal));
	explicit_bzero(secret, strlen(secret));
	return result;
}

static int find_database(const struct postgres *postgres, const char *name, bool *ret_found, struct error *err)
{
	autobuffer struct buffer output = { 0 };
	autofree char *sql = text_format("SELECT 'yes' FROM pg_catalog.pg_database WHERE datname = '%s';\n", name);
	if (run_sql(postgres, "postgres", sql, &output, err) < 0)
		return -1;
	*ret_found = output.length && text_starts(output.data, "yes");
	return 0;
}

/* Everything that is loaded belongs to the owner; one transaction, so that it is quick as well. */
static int load(const struct postgres *postgres, const struct box_database *database, const char *name,
		struct error *err)
{
	autofree char *path = path_join(postgres->provision->root, database->load);
	autofree char *role = text_format("SET ROLE \"%s\"", database->owner);
	const char *argv[] = { "psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-h",
			       postgres->socket, "-U", postgres->superuser, "-d", name, "-c", role, "-f", path,
			       NULL };
	if (postgres_run(postgres, argv, NULL, NULL, err) < 0)
		return error_prefix(err, "%s", database->load);
	return run_sql(postgres, name, "ANALYZE;\n", NULL, err);
}

int postgres_dump(const struct postgres *postgres, const char *database, const struct postgres_files *files,
		  struct error *err)
{
	/* zstd is quick on small boards; older versions have only what zlib gives */
	const char *compress = strtol(postgres->version, NULL, 10) >= 16 ? "--compress=zstd:3" : "--compress=3";
	const char *argv[] = { "pg_dump", "--format=custom", compress, "--no-password", "-h", postgres->socket, "-U",
			       postgres->superuser, "-d", database, NULL };
	return postgres_run_files(postgres, argv, files, err);
}

int postgres_size(const struct postgres *postgres, const char *database, uint64_t *ret_bytes, struct error *err)
{
	autobuffer struct buffer output = { 0 };
	autofree char *sql = text_format("SELECT pg_database_size('%s');\n", database);
	int64_t bytes = 0;
	if (run_sql(postgres, "postgres", sql, &output, err) < 0)
		return -1;
	if (output.length)
		output.data[strcspn(output.data, "\n")] = '\0';
	if (!output.length || number_parse(output.data, 0, INT64_MAX, &bytes) < 0)
		return error_set(err, "the size of the database %s is unknown", database);
	*ret_bytes = (uint64_t)bytes;
	return 0;
}

/* A dump that somebody brought is run with the rights of the database's owner, who may do nothing outside it. */
static int load_dump(const struct postgres *postgres, const struct box_database *database, const char *name,
		     const char *dump, struct error *err)
{
	const char *argv[] = { "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--no-password", "-h",
			       postgres->socket, "-U", database->owner, "-d", name, NULL };
	autofd int input = open(dump, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (input < 0)
		return error_set_errno(err, errno, "cannot open %s", dump);
	if (postgres_run_files(postgres, argv, &(struct postgres_files){ .input_fd = input }, err) < 0)
		return -1;
	return run_sql(postgres, name, "ANALYZE;\n", NULL, err);
}

static int fill(const struct postgres *postgres, const struct box_database *database, const char *name,
		struct error *err)
{
	autofree char *file = text_format("%s.dump", database->name);
	autofree char *dump = postgres->dumps ? path_join(postgres->dumps, file) : NULL;
	if (dump && path_exists(dump))
		return load_dump(postgres, database, name, dump, err);
	return database->load ? load(postgres, database, name, err) : 0;
}

int postgres_apply(const struct postgres *postgres, const struct box_database *database, struct error *err)
{
	bool found = false;
	if (make_role(postgres, database, err) < 0 || find_database(postgres, database->name, &found, err) < 0)
		return error_prefix(err, "database %s", database->name);
	provision_boundary(postgres->provision, "role");
	if (found)
		return 0;
	autofree char *name = text_format("%s.new", database->name);
	autofree char *create = text_format(
		"DROP DATABASE IF EXISTS \"%s\";\n"
		"CREATE DATABASE \"%s\" OWNER \"%s\" ENCODING 'UTF8' TEMPLATE template0;\n",
		name, name, database->owner);
	autofree char *grant = text_format(
		"REVOKE ALL ON SCHEMA public FROM PUBLIC;\nALTER SCHEMA public OWNER TO \"%s\";\n"
		"REVOKE ALL ON DATABASE \"%s\" FROM PUBLIC;\n", database->owner, name);
	autofree char *rename = text_format("ALTER DATABASE \"%s\" RENAME TO \"%s\";\n", name, database->name);
	if (run_sql(postgres, "postgres", create, NULL, err) < 0 || run_sql(postgres, name, grant, NULL, err) < 0)
		return error_prefix(err, "database %s", database->name);
	provision_boundary(postgres->provision, "database made");
	if (fill(postgres, database, name, err) < 0)
		return error_prefix(err, "database %s", database->name);
	provision_boundary(postgres->provision, "database loaded");
	return run_sql(postgres, "postgres", rename, NULL, err);
}
