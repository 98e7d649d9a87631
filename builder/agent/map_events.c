/* map: reads what OpenHIM tells of its messages. At rest it is a look at the file's last line. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/map.h"

#define LOOK 2048u                     /* bytes in which the last line is */
#define TRIES 400u                     /* lines that are looked at closely, at most: no file may keep us busy */
#define BEGINNING "{\"id\":"

static const char *const outcome_names[] = { "passed", "declined", "refused", "failed" };

const char *map_outcome_name(enum map_outcome outcome)
{
	return outcome_names[outcome];
}

int map_outcome_find(const char *name, enum map_outcome *ret_outcome)
{
	for (size_t i = 0; i < LENGTH(outcome_names); i++)
		if (text_equal(outcome_names[i], name)) {
			*ret_outcome = (enum map_outcome)i;
			return 0;
		}
	return -1;
}

static enum sentence why_of(const char *why, enum map_outcome outcome)
{
	static const struct {
		const char *name;
		enum sentence sentence;
	} table[] = {
		{ "unknown", SAY_MAP_WHY_UNKNOWN }, { "no-channel", SAY_MAP_WHY_NO_CHANNEL }, { "no-role", SAY_MAP_WHY_NO_ROLE },
		{ "late", SAY_MAP_WHY_LATE }, { "broken", SAY_MAP_WHY_BROKEN },
	};
	for (size_t i = 0; i < LENGTH(table); i++)
		if (text_equal(table[i].name, why))
			return table[i].sentence;
	return outcome == OUTCOME_FAILED ? SAY_MAP_WHY_UNREACHABLE : outcome == OUTCOME_DECLINED ? SAY_MAP_WHY_DECLINED
		: outcome == OUTCOME_REFUSED ? SAY_MAP_WHY_NO_ROLE : SAY_MAP_ANSWERED;
}

/* A text that may be missing; -1 when it is too long or something else. */
static int take_text(const struct node *root, const char *key, char *ret, size_t size)
{
	const struct node *node = node_get(root, key);
	ret[0] = '\0';
	if (!node || node->kind == NODE_NULL)
		return 0;
	if (node->kind != NODE_STRING || !node->text || strlen(node->text) >= size)
		return -1;
	memcpy(ret, node->text, strlen(node->text) + 1);
	return 0;
}

static int take_number(const struct node *root, const char *key, double high, int64_t *ret)
{
	const struct node *node = node_get(root, key);
	if (!node || node->kind != NODE_NUMBER || !(node->number >= 0) || node->number > high)
		return -1;
	*ret = (int64_t)node->number;
	return 0;
}

static bool is_transaction(const char *text)
{
	return !text[0] || (strlen(text) == MAP_ID_LENGTH && strspn(text, "0123456789abcdef") == MAP_ID_LENGTH);
}

int map_event_parse(const char *line, size_t length, struct map_event *ret_event)
{
	struct map_event event = { 0 };
	int64_t status = 0, milliseconds = 0;
	if (!length || length > MAP_LINE_MAX || memchr(line, '\0', length))
		return -1;
	autodocument struct document *document = document_json_or_null(line, length);
	const struct node *root = document_root(document);
	if (take_number(root, "id", 9e15, &event.id) < 0 || event.id == 0 || take_number(root, "time", 9e11, &event.time) < 0
	    || take_number(root, "status", 999, &status) < 0 || take_number(root, "ms", 4e9, &milliseconds) < 0
	    || take_text(root, "tx", event.transaction, sizeof event.transaction) < 0
	    || take_text(root, "client", event.client, sizeof event.client) < 0
	    || take_text(root, "channel", event.channel, sizeof event.channel) < 0
	    || take_text(root, "method", event.method, sizeof event.method) < 0
	    || take_text(root, "path", event.path, sizeof event.path) < 0 || event.path[0] != '/'
	    || !is_transaction(event.transaction)
	    || map_outcome_find(node_text(root, "outcome", NULL), &event.outcome) < 0)
		return -1;
	event.status = (unsigned)status;
	event.milliseconds = (unsigned)milliseconds;
	event.why = why_of(node_text(root, "why", NULL), event.outcome);
	*ret_event = event;
	return 0;
}

/* The number at a line's beginning, without reading the rest; 0: none. */
static int64_t line_id(const char *line, size_t length)
{
	int64_t id = 0;
	size_t at = strlen(BEGINNING);
	if (length <= at || length > MAP_LINE_MAX || memcmp(line, BEGINNING, at) != 0)
		return 0;
	for (; at < length && line[at] >= '0' && line[at] <= '9'; at++) {
		if (id > INT64_MAX / 100)
			return 0;
		id = id * 10 + (line[at] - '0');
	}
	return id;
}

/* The end of the file, up to `maximum` bytes; what is no whole line at its two ends does not count. */
static char *read_end(int fd, size_t maximum, size_t *ret_begin, size_t *ret_end)
{
	struct stat st;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	size_t size = (uint64_t)st.st_size > maximum ? maximum : (size_t)st.st_size;
	off_t from = st.st_size - (off_t)size;
	char *data = memory_alloc(size + 1);
	size_t got = 0;
	for (ssize_t count = 1; got < size && count > 0; got += count > 0 ? (size_t)count : 0)
		count = pread(fd, data + got, size - got, from + (off_t)got);
	size_t begin = 0, end = got;
	if (from > 0) {
		const char *first = memchr(data, '\n', got);
		begin = first ? (size_t)(first - data) + 1 : got;
	}
	while (end > begin && data[end - 1] != '\n')
		end--;
	*ret_begin = begin;
	*ret_end = end;
	return data;
}

/* The line that ends (with its line break) at `end`: where it begins. */
static size_t line_begin(const char *data, size_t begin, size_t end)
{
	size_t at = end - 1;
	while (at > begin && data[at - 1] != '\n')
		at--;
	return at;
}

static int64_t newest_id(const char *data, size_t begin, size_t end)
{
	for (size_t tries = 0; end > begin && tries < TRIES;) {
		size_t at = line_begin(data, begin, end);
		struct map_event event;
		if (line_id(data + at, end - 1 - at) && ++tries && map_event_parse(data + at, end - 1 - at, &event) == 0)
			return event.id;
		end = at;
	}
	return 0;
}

static void collect(const char *data, size_t begin, size_t end, int64_t after, struct map_events *events)
{
	struct map_event *items = events->items;
	size_t tries = 0;
	while (end > begin) {
		size_t at = line_begin(data, begin, end), length = end - 1 - at;
		int64_t id = line_id(data + at, length);
		if (id && id <= after)
			break;
		if (events->count == MAP_SHOWN)
			events->skipped += id ? 1 : 0;
		else if (id && tries++ < TRIES && map_event_parse(data + at, length, &items[events->count]) == 0 && items[events->count].id > after)
			events->count++;
		end = at;
	}
	for (size_t i = 0; i < events->count / 2; i++) { /* the newest came first */
		struct map_event other = items[i];
		items[i] = items[events->count - 1 - i];
		items[events->count - 1 - i] = other;
	}
}

static int open_events(const char *path, enum map_source *ret_source)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	*ret_source = fd >= 0 ? MAP_READ : path_exists(path) ? MAP_UNREADABLE : MAP_MISSING;
	return fd;
}

void map_events_read(const char *path, int64_t after, struct map_events *ret_events)
{
	size_t begin = 0, end = 0;
	memset(ret_events, 0, sizeof *ret_events);
	autofd int fd = open_events(path, &ret_events->source);
	if (fd < 0)
		return;
	autofree char *look = read_end(fd, LOOK, &begin, &end);
	if (!look) {
		ret_events->source = MAP_UNREADABLE;
		return;
	}
	ret_events->newest = newest_id(look, begin, end);
	if (ret_events->newest && ret_events->newest == after)
		return;
	autofree char *data = read_end(fd, MAP_READ_MAX, &begin, &end);
	ret_events->newest = data ? newest_id(data, begin, end) : 0;
	ret_events->again = after > ret_events->newest;
	if (data)
		collect(data, begin, end, ret_events->again ? 0 : after, ret_events);
}

int map_events_find(const char *path, int64_t id, struct map_event *ret_event)
{
	enum map_source source;
	size_t begin = 0, end = 0;
	autofd int fd = open_events(path, &source);
	autofree char *data = fd >= 0 && id > 0 ? read_end(fd, MAP_READ_MAX, &begin, &end) : NULL;
	while (data && end > begin) {
		size_t at = line_begin(data, begin, end);
		if (line_id(data + at, end - 1 - at) == id)
			return map_event_parse(data + at, end - 1 - at, ret_event);
		end = at;
	}
	return -1;
}
