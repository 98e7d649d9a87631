/* Sessions end when they should, and who guesses has to wait, but not those who know. */
#include "tree.h"

#include "agent/sessions.h"

static void test_life(void **state)
{
	(void)state;
	struct sessions sessions;
	struct session found;
	char token[SESSION_TOKEN], csrf[SESSION_TOKEN], other[SESSION_TOKEN], unused[SESSION_TOKEN];
	sessions_init(&sessions);
	sessions_begin(&sessions, "10.0.0.1", 1000, token, csrf);
	sessions_begin(&sessions, "10.0.0.2", 1000, other, unused);
	assert_string_not_equal(token, other);
	assert_string_not_equal(token, csrf);
	assert_int_equal(strlen(token), 64);
	assert_true(sessions_use(&sessions, token, 1000 + SESSION_IDLE, &found));
	assert_string_equal(found.csrf, csrf);
	assert_string_equal(found.from, "10.0.0.1");
	assert_string_not_equal(found.digest, token);
	assert_false(sessions_use(&sessions, other, 1001 + SESSION_IDLE, &found));
	for (double now = 1000 + SESSION_IDLE; now <= 1000 + SESSION_LIFE; now += SESSION_IDLE)
		assert_true(sessions_use(&sessions, token, now, &found));
	assert_false(sessions_use(&sessions, token, 1001 + SESSION_LIFE, &found));
	assert_false(sessions_use(&sessions, token, 1001, &found));
	assert_false(sessions_use(&sessions, NULL, 1001, &found));
	assert_false(sessions_use(&sessions, "", 1001, &found));
	sessions_begin(&sessions, "", 1000, token, csrf);
	sessions_begin(&sessions, "", 1000, other, unused);
	sessions_end_others(&sessions, other);
	assert_false(sessions_use(&sessions, token, 1001, &found));
	assert_true(sessions_use(&sessions, other, 1001, &found));
	sessions_end(&sessions, other);
	assert_false(sessions_use(&sessions, other, 1001, &found));
	sessions_clear(&sessions);
}

/* The one that was used last stays when there are too many. */
static void test_many(void **state)
{
	(void)state;
	struct sessions sessions;
	struct session found;
	char first[SESSION_TOKEN], second[SESSION_TOKEN], token[SESSION_TOKEN], csrf[SESSION_TOKEN];
	sessions_init(&sessions);
	sessions_begin(&sessions, "", 1, first, csrf);
	sessions_begin(&sessions, "", 2, second, csrf);
	for (unsigned i = 2; i < SESSIONS_MAX; i++)
		sessions_begin(&sessions, "", 3, token, csrf);
	assert_true(sessions_use(&sessions, first, 4, &found));
	sessions_begin(&sessions, "", 5, token, csrf);
	assert_true(sessions_use(&sessions, first, 5, &found));
	assert_false(sessions_use(&sessions, second, 5, &found));
	sessions_clear(&sessions);
}

static void test_guesses(void **state)
{
	(void)state;
	struct sessions sessions;
	double now = 100;
	sessions_init(&sessions);
	for (unsigned i = 0; i < GUESSES_FREE; i++) {
		assert_int_equal(sessions_wait(&sessions, "10.0.0.1", now), 0);
		sessions_tried(&sessions, "10.0.0.1", false, now);
	}
	assert_int_equal(sessions_wait(&sessions, "10.0.0.1", now), 2);
	assert_int_equal(sessions_wait(&sessions, "10.0.0.2", now), 0);
	sessions_tried(&sessions, "10.0.0.1", false, now += 2);
	assert_int_equal(sessions_wait(&sessions, "10.0.0.1", now), 4);
	for (unsigned i = 0; i < 20; i++)
		sessions_tried(&sessions, "10.0.0.1", false, now);
	assert_int_equal(sessions_wait(&sessions, "10.0.0.1", now), GUESSES_WAIT_MAX);
	/* by now the box as a whole waits, too; but not who has logged in before */
	assert_true(sessions_wait(&sessions, "10.0.0.9", now) > 0);
	sessions_tried(&sessions, "10.0.0.7", true, now);
	assert_int_equal(sessions_wait(&sessions, "10.0.0.9", now), 0);
	assert_true(sessions_wait(&sessions, "10.0.0.1", now) > 0);
	for (unsigned i = 0; i < 3 * GUESSERS_MAX; i++) {
		autofree char *from = text_format("10.1.0.%u", i);
		sessions_tried(&sessions, from, false, now + i);
	}
	now += 3 * GUESSERS_MAX;
	assert_true(sessions_wait(&sessions, "10.0.0.9", now) > 0);
	assert_true(sessions_wait(&sessions, "10.0.0.1", now) > 0);
	assert_int_equal(sessions_wait(&sessions, "10.0.0.9", now + GUESSES_WAIT_MAX), 0);
	sessions_clear(&sessions);
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(secret_equal("abcd", "abcd"));
	assert_true(secret_equal("", ""));
	assert_false(secret_equal("abcd", "abce"));
	assert_false(secret_equal("abcd", "abc"));
	assert_false(secret_equal("", "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_equal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
