/* A throw-away tree that stands for a box, with a box.json and stand-ins for PostgreSQL's programs. */
#ifndef TESTS_UNIT_AGENT_TREE_H
#define TESTS_UNIT_AGENT_TREE_H

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/box.h"
#include "agent/provision.h"
#include "base/base.h"

/* In a child: a crash must end it, not jump back into cmocka. */
static inline void tree_child(void)
{
	signal(SIGSEGV, SIG_DFL);
	signal(SIGABRT, SIG_DFL);
}

static inline char *tree_path(const char *root, const char *path)
{
	return path_join(root, path);
}

static inline void tree_write(const char *root, const char *path, const char *text, mode_t mode)
{
	autofree char *full = path_join(root, path);
	autofree char *directory = path_directory(full);
	struct error err = { 0 };
	assert_int_equal(directory_make(directory, 0755, &err), 0);
	assert_int_equal(file_write_plain(full, text, strlen(text), mode, &err), 0);
}

/* The file's text, or NULL when it is not there; caller frees. */
static inline char *tree_read(const char *root, const char *path)
{
	autofree char *full = path_join(root, path);
	char *text = NULL;
	struct error err = { 0 };
	if (file_read(full, 1u << 20, &text, NULL, &err) < 0)
		text = NULL;
	error_clear(&err);
	return text;
}

/* None of these paths is there. */
static inline void tree_expect_absent(const char *root, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		autofree char *path = path_join(root, paths[i]);
		if (path_exists(path))
			fail_msg("%s is left over", paths[i]);
	}
}

static const char tree_box[] =
	"{ \"format\": 1, \"recipe\": \"demo\", \"summary\": \"s\", \"mode\": \"training\", \"built\": 1700000000,\n"
	"  \"notices\": [{ \"title\": \"LOINC\", \"text\": \"by A & B\" }],\n"
	"  \"site\": { \"name\": \"testbox\", \"languages\": [\"en\", \"fr\"] },\n"
	"  \"components\": [ { \"id\": \"store\", \"title\": {\"en\": \"FHIR store\", \"fr\": \"Entrepôt\"},\n"
	"    \"ports\": [ {\"port\": 8080, \"protocol\": \"tcp\", \"for\": \"local-network\", \"summary\": \"API\"},\n"
	"                 {\"port\": 3447, \"protocol\": \"tcp\", \"for\": \"box\", \"summary\": \"inside\"} ],\n"
	"    \"state\": [ {\"name\": \"postgresql\", \"path\": \"/var/lib/postgresql\", \"mode\": \"0755\",\n"
	"                  \"user\": \"postgres\", \"group\": \"postgres\"} ],\n"
	"    \"secrets\": [ {\"name\": \"database\", \"kind\": \"token\", \"for\": \"service\"},\n"
	"                   {\"name\": \"admin\", \"kind\": \"password\", \"user\": \"root@box\", \"for\": \"person\",\n"
	"                    \"title\": {\"en\": \"Administrator\"}},\n"
	"                   {\"name\": \"clinic\", \"kind\": \"hex\", \"user\": \"clinic-a\", \"for\": \"service\"} ],\n"
	"    \"templates\": [ {\"from\": \"/usr/lib/hie/store/store.env.in\", \"to\": \"store.env\",\n"
	"                     \"user\": \"postgres\", \"mode\": \"0400\"} ],\n"
	"    \"databases\": [ {\"name\": \"store\", \"owner\": \"keeper\", \"secret\": \"database\",\n"
	"                     \"load\": \"/usr/lib/hie/store/schema.sql\"} ],\n"
	"    \"health\": [ {\"unit\": \"store.service\", \"url\": \"http://127.0.0.1:3447/\", \"status\": 200} ] },\n"
	"   { \"id\": \"tools\", \"title\": {\"en\": \"Tools\"} } ] }\n";

/* A tree with everything but PostgreSQL; caller frees the path and removes the tree. */
static inline char *tree_new(void)
{
	char *root = NULL;
	struct error err = { 0 };
	assert_int_equal(directory_temporary("/tmp", "hie-test-", &root, &err), 0);
	assert_int_equal(chmod(root, 0755), 0);
	tree_write(root, "/usr/lib/hie/box.json", tree_box, 0644);
	tree_write(root, "/usr/lib/hie/store/store.env.in", "PASSWORD={{secret:database}}\nNAME={{box:name}}\n", 0644);
	tree_write(root, "/usr/lib/hie/store/schema.sql",
		   "create table records (id integer primary key);\n"
		   "insert into records select generate_series(1, 10);\n", 0644);
	return root;
}

/* PostgreSQL that only leaves traces: psql writes what it is told into <programs>/told. */
static inline void tree_add_postgres(const char *root)
{
	tree_write(root, "/usr/lib/postgresql/17/bin/initdb",
		   "#!/bin/sh\nfor word; do case $word in --pgdata=*) d=${word#--pgdata=};; --sync-only) exit 0;; esac; done\n"
		   "mkdir \"$d\" && echo 17 >\"$d/PG_VERSION\" && : >\"$d/postgresql.conf\"\n", 0755);
	tree_write(root, "/usr/lib/postgresql/17/bin/postgres",
		   "#!/bin/sh\ntrap 'exit 0' INT\nwhile :; do sleep 0.02; done\n", 0755);
	tree_write(root, "/usr/lib/postgresql/17/bin/pg_isready", "#!/bin/sh\nexit 0\n", 0755);
	tree_write(root, "/usr/lib/postgresql/17/bin/psql", "#!/bin/sh\ncat >>\"${0%/*}/told\"\n", 0755);
}

/* The box that the tree's box.json describes; caller frees. */
static inline struct box *tree_load(const char *root)
{
	struct box *box = NULL;
	struct error err = { 0 };
	autofree char *path = tree_path(root, "/usr/lib/hie/box.json");
	assert_int_equal(box_load(path, &box, &err), 0);
	return box;
}

/* In a child: it ends at a crash, is silent from here on, and has a box to provision; without one it exits with 3. */
static inline struct provision tree_child_provision(const char *root)
{
	tree_child();
	struct box *box = NULL;
	struct error err = { 0 };
	autofree char *path = tree_path(root, "/usr/lib/hie/box.json");
	int null = open("/dev/null", O_WRONLY);
	if (null < 0 || dup2(null, STDERR_FILENO) < 0 || box_load(path, &box, &err) < 0)
		_exit(3);
	return (struct provision){ .root = root, .box = box, .timescale = 1 };
}

static inline int tree_wait(pid_t pid)
{
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Provisions the tree in a process of its own, which `boundary` may kill. Its wait status. */
static inline int tree_provision(const char *root, void (*boundary)(void *context, const char *where), void *context)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct provision provision = tree_child_provision(root);
		struct error err = { 0 };
		autofree char *rescue = tree_path(root, "/run/hie/rescue");
		provision.rescue = path_exists(rescue);
		provision.boundary = boundary;
		provision.context = context;
		_exit(provision_run(&provision, &err) == 0 ? 0 : 1);
	}
	return tree_wait(pid);
}

static inline void tree_free(char *root)
{
	struct error err = { 0 };
	assert_int_equal(tree_remove(root, &err), 0);
	free(root);
}

#endif
