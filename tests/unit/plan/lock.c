/* The Debian lock: written, read back the same, and every mistake in one has its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/plan.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD "# hiebox lock 1\nsuite trixie\narchitecture amd64\nseed " DIGEST "\ntimestamp 1700000000\nrequests " \
	     DIGEST "\n"
#define LINE(name) name " 1:2.0~rc1-3+b1 amd64 debian 1234 " DIGEST " 56 automatic,same pool/main/a/a_1.deb why not\n"

static char *write_temporary(const char *text, size_t length)
{
	char *path = text_copy("/tmp/hiebox-lock-XXXXXX");
	autofd int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, length, NULL), 0);
	return path;
}

/* Reads the text as a lock; the mistakes (with the path as "LOCK"), or "" . */
static char *read_text(const char *text, size_t length, struct arena *arena, struct lock *ret_lock)
{
	autofree char *path = write_temporary(text, length);
	struct error err = { 0 };
	struct buffer out = { 0 };

	if (lock_read(path, arena, ret_lock, &err) < 0) {
		const char *at = err.message, *next;

		for (; (next = strstr(at, path)); at = next + strlen(path)) {
			buffer_add(&out, at, (size_t)(next - at));
			buffer_text(&out, "LOCK");
		}
		buffer_text(&out, at);
	}
	error_clear(&err);
	unlink(path);
	return buffer_steal(&out);
}

static void test_round_trip(void **state)
{
	(void)state;
	static const char text[] = HEAD "image " LINE("aa") "image " LINE("ab") "tools " LINE("aa");
	autoarena struct arena *arena = arena_new();
	struct lock lock = { 0 };
	autofree char *mistakes = read_text(text, strlen(text), arena, &lock);

	assert_string_equal(mistakes, "");
	assert_string_equal(lock.suite, "trixie");
	assert_string_equal(lock.architecture, "amd64");
	assert_string_equal(lock.seed, DIGEST);
	assert_string_equal(lock.request_digest, DIGEST);
	assert_true(lock.timestamp == 1700000000);
	assert_int_equal(lock.image.count, 2);
	assert_int_equal(lock.tools.count, 1);
	assert_int_equal(lock.image.download_bytes, 2468);
	assert_int_equal(lock.image.installed_bytes, 2 * 56 * 1024);
	const struct package *package = &lock.image.items[1];

	assert_string_equal(package->name, "ab");
	assert_string_equal(package->version, "1:2.0~rc1-3+b1");
	assert_string_equal(package->filename, "pool/main/a/a_1.deb");
	assert_string_equal(package->why, "why not");
	assert_true(package->automatic && package->multi_arch_same && !package->essential);
	autofree char *again = lock_text(&lock);

	assert_string_equal(again, text);
}

static void test_written_file(void **state)
{
	(void)state;
	autoarena struct arena *arena = arena_new();
	struct package package = { .name = "a", .version = "1", .architecture = "all", .archive = "debian",
				   .filename = "pool/a.deb", .sha256 = DIGEST, .size = 1, .essential = true,
				   .why = "component openhim, variant native" };
	struct lock lock = { .seed = DIGEST, .suite = "trixie", .architecture = "amd64",
			     .request_digest = DIGEST, .image = { &package, 1, 1, 0 } }, back;
	char path[] = "/tmp/hiebox-lock-dir-XXXXXX";

	assert_non_null(mkdtemp(path));
	autofree char *file = path_join(path, "demo.lock");

	assert_int_equal(lock_write(file, &lock, NULL), 0);
	assert_int_equal(lock_read(file, arena, &back, NULL), 0);
	assert_string_equal(back.image.items[0].why, "component openhim, variant native");
	assert_true(back.image.items[0].essential && !back.image.items[0].automatic);
	assert_int_equal(tree_remove(path, NULL), 0);
	struct error err = { 0 };

	assert_int_equal(lock_read(file, arena, &back, &err), -1);
	assert_non_null(strstr(err.message, "demo.lock"));
	error_clear(&err);
}

static const struct {
	const char *text, *expected;
} broken[] = {
	{ "", "LOCK: suite is missing\nLOCK: architecture is missing\nLOCK: seed is missing\n"
	      "LOCK: timestamp is missing\nLOCK: requests is missing" },
	{ "# hiebox lock 2\n" , "LOCK:1:1: expected the first line to be \"# hiebox lock 1\", got \"# hiebox lock 2\"" },
	{ HEAD "image a", "LOCK:7:1: the file ends within a line" },
	{ HEAD "image a 1\n", "LOCK:7:1: a package line has 11 columns, this one has 3" },
	{ HEAD "suite trixie\n", "LOCK:7:1: suite is given twice" },
	{ HEAD "sweet trixie\n", "LOCK:7:1: expected suite, architecture, seed, timestamp, requests, image or "
				 "tools, got \"sweet\"" },
	{ HEAD "image " LINE("b") "image " LINE("a"),
	  "LOCK:8:7: expected packages of a set in the order of their names, got \"a\"" },
	{ HEAD "image " LINE("a") "image " LINE("a"),
	  "LOCK:8:7: expected packages of a set in the order of their names, got \"a\"" },
	{ HEAD "image ../a /1 AMD64 x/y -1 " DIGEST "0 1k essential,x ../../etc/passwd why\n",
	  "LOCK:7:7: expected a package name, got \"../a\"\n"
	  "LOCK:7:12: expected a version, got \"/1\"\n"
	  "LOCK:7:15: expected an architecture, got \"AMD64\"\n"
	  "LOCK:7:21: expected an archive such as debian, got \"x/y\"\n"
	  "LOCK:7:25: expected a size in bytes, got \"-1\"\n"
	  "LOCK:7:28: expected 64 hex digits of a SHA-256, got \"" DIGEST "0\"\n"
	  "LOCK:7:94: expected a size in KiB, got \"1k\"\n"
	  "LOCK:7:97: expected flags (essential, automatic, same) or -, got \"essential,x\"\n"
	  "LOCK:7:109: expected a path below the mirror, got \"../../etc/passwd\"" },
	{ HEAD "image a 1 all debian 1 " DIGEST " 1 - pool/a.deb \x1b[2J\n", "LOCK:7:104: expected a reason, got" },
	{ "# hiebox lock 1\nseed " DIGEST "0\ntimestamp soon\n",
	  "LOCK:2:6: expected 64 hex digits, got \"" DIGEST "0\"\nLOCK:3:11: expected seconds since 1970, got \"soon\"" },
};

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(broken); i++) {
		autoarena struct arena *arena = arena_new();
		struct lock lock;
		autofree char *mistakes = read_text(broken[i].text, strlen(broken[i].text), arena, &lock);

		if (!text_starts(mistakes, broken[i].expected))
			fail_msg("case %zu:\n%s\nexpected:\n%s", i, mistakes, broken[i].expected);
	}
}

static void test_nul(void **state)
{
	(void)state;
	static const char text[] = HEAD "image a\0b\n";
	autoarena struct arena *arena = arena_new();
	struct lock lock;
	autofree char *mistakes = read_text(text, sizeof text - 1, arena, &lock);

	assert_string_equal(mistakes, "LOCK: holds a NUL byte: this is no lock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_written_file),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests_name("plan/lock", tests, NULL, NULL);
}
