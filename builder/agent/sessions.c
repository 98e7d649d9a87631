#include "agent/sessions.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* 256 bits from the kernel, in hex. */
static void random_token(char ret_token[SESSION_TOKEN])
{
	unsigned char bytes[32];
	for (size_t have = 0; have < sizeof bytes;) {
		ssize_t got = getrandom(bytes + have, sizeof bytes - have, 0);
		if (got < 0 && errno != EINTR)
			abort(); /* a kernel without randomness: nothing safe is left to do */
		have += got > 0 ? (size_t)got : 0;
	}
	for (size_t i = 0; i < sizeof bytes; i++) {
		ret_token[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		ret_token[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	ret_token[SESSION_TOKEN - 1] = '\0';
	explicit_bzero(bytes, sizeof bytes);
}

bool secret_equal(const char *a, const char *b)
{
	char digests[2][HASH_HEX_MAX];
	unsigned differs = 0;
	hash_bytes("sha256", a, strlen(a), digests[0]);
	hash_bytes("sha256", b, strlen(b), digests[1]);
	for (size_t i = 0; i < 64; i++)
		differs |= (unsigned)(digests[0][i] ^ digests[1][i]);
	explicit_bzero(digests, sizeof digests);
	return differs == 0;
}

void sessions_init(struct sessions *sessions)
{
	memset(sessions, 0, sizeof *sessions);
	pthread_mutex_init(&sessions->lock, NULL);
}

void sessions_clear(struct sessions *sessions)
{
	pthread_mutex_destroy(&sessions->lock);
	explicit_bzero(sessions, sizeof *sessions);
}

static bool is_over(const struct session *session, double now)
{
	return !session->digest[0] || now - session->used > SESSION_IDLE || now - session->began > SESSION_LIFE;
}

/* The session of a token, or NULL. All places are compared, whatever is found. */
static struct session *find(struct sessions *sessions, const char *token)
{
	char digest[HASH_HEX_MAX];
	struct session *found = NULL;
	if (!token || strlen(token) != SESSION_TOKEN - 1)
		return NULL;
	hash_bytes("sha256", token, strlen(token), digest);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (sessions->items[i].digest[0] && secret_equal(sessions->items[i].digest, digest))
			found = &sessions->items[i];
	return found;
}

void sessions_begin(struct sessions *sessions, const char *from, double now, char ret_token[SESSION_TOKEN],
		    char ret_csrf[SESSION_TOKEN])
{
	pthread_mutex_lock(&sessions->lock);
	struct session *place = &sessions->items[0];
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *one = &sessions->items[i];
		if (is_over(one, now))
			explicit_bzero(one, sizeof *one);
		if (!one->digest[0] || (place->digest[0] && one->used < place->used))
			place = one;
	}
	random_token(ret_token);
	random_token(ret_csrf);
	hash_bytes("sha256", ret_token, SESSION_TOKEN - 1, place->digest);
	memcpy(place->csrf, ret_csrf, SESSION_TOKEN);
	snprintf(place->from, sizeof place->from, "%s", from);
	place->began = place->used = now;
	pthread_mutex_unlock(&sessions->lock);
}

bool sessions_use(struct sessions *sessions, const char *token, double now, struct session *ret_session)
{
	pthread_mutex_lock(&sessions->lock);
	struct session *found = find(sessions, token);
	bool good = found && !is_over(found, now);
	if (good) {
		found->used = now;
		*ret_session = *found;
	} else if (found) {
		explicit_bzero(found, sizeof *found);
	}
	pthread_mutex_unlock(&sessions->lock);
	return good;
}

void sessions_end(struct sessions *sessions, const char *token)
{
	pthread_mutex_lock(&sessions->lock);
	struct session *found = find(sessions, token);
	if (found)
		explicit_bzero(found, sizeof *found);
	pthread_mutex_unlock(&sessions->lock);
}

void sessions_end_others(struct sessions *sessions, const char *token)
{
	pthread_mutex_lock(&sessions->lock);
	struct session *kept = find(sessions, token);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (&sessions->items[i] != kept)
			explicit_bzero(&sessions->items[i], sizeof sessions->items[i]);
	pthread_mutex_unlock(&sessions->lock);
}

static double latest(const struct guesser *guesser)
{
	return guesser->last > guesser->until ? guesser->last : guesser->until;
}

/* What is known about an address; an unknown one takes the place of the one that tried longest ago, those
 * that must wait last of all. */
static struct guesser *find_guesser(struct sessions *sessions, const char *from, bool make)
{
	struct guesser *place = &sessions->guessers[0];
	for (size_t i = 0; i < GUESSERS_MAX; i++) {
		struct guesser *one = &sessions->guessers[i];
		if (one->last > 0 && text_equal(one->from, from))
			return one;
		if (latest(one) < latest(place))
			place = one;
	}
	if (!make)
		return NULL;
	memset(place, 0, sizeof *place);
	snprintf(place->from, sizeof place->from, "%s", from);
	return place;
}

unsigned sessions_wait(struct sessions *sessions, const char *from, double now)
{
	pthread_mutex_lock(&sessions->lock);
	const struct guesser *one = find_guesser(sessions, from, false);
	double until = one ? one->until : 0;
	if ((!one || !one->known) && sessions->box.until > until)
		until = sessions->box.until;
	pthread_mutex_unlock(&sessions->lock);
	return until > now ? (unsigned)(until - now + 0.999) : 0;
}

/* One more wrong one: from the limit on the wait doubles, beginning with two seconds. */
static void count_wrong(struct guesser *guesser, unsigned limit, double now)
{
	guesser->wrong++;
	guesser->last = now;
	if (guesser->wrong < limit)
		return;
	unsigned doublings = guesser->wrong - limit + 1;
	double wait = doublings < 10 ? (double)(1u << doublings) : GUESSES_WAIT_MAX;
	guesser->until = now + (wait < GUESSES_WAIT_MAX ? wait : GUESSES_WAIT_MAX);
}

void sessions_tried(struct sessions *sessions, const char *from, bool right, double now)
{
	pthread_mutex_lock(&sessions->lock);
	struct guesser *one = find_guesser(sessions, from, true);
	if (right) {
		one->known = true;
		one->wrong = sessions->box.wrong = 0;
		one->until = sessions->box.until = 0;
		one->last = now;
	} else {
		count_wrong(one, GUESSES_FREE, now);
		if (!one->known)
			count_wrong(&sessions->box, GUESSES_FREE_BOX, now);
	}
	pthread_mutex_unlock(&sessions->lock);
}
