/* A layer as a sorted list of entries; see entries.h. */
#include "assemble/entries.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define XATTR_NAMES_MAXIMUM 4096u
#define XATTR_MAXIMUM 65536u
#define LIST_MAXIMUM (512u << 20)

void entries_clear(struct entries *entries)
{
	arena_free(entries->arena);
	free(entries->items);
	*entries = (struct entries){ 0 };
}

static int read_xattrs(struct entries *entries, const char *path, struct entry *entry, struct error *err)
{
	char names[XATTR_NAMES_MAXIMUM];
	ssize_t length = llistxattr(path, names, sizeof names);
	if (length < 0 && errno != ENOTSUP)
		return error_set_errno(err, errno, "%s: attributes", entry->path);
	if (length <= 0)
		return 0;
	entry->xattrs = arena_alloc(entries->arena, (size_t)length * sizeof *entry->xattrs);
	autofree char *value = memory_alloc(XATTR_MAXIMUM);
	for (const char *name = names; name < names + length; name += strlen(name) + 1) {
		if (text_starts(name, "system.posix_acl_"))
			continue;
		ssize_t size = lgetxattr(path, name, value, XATTR_MAXIMUM);
		if (size < 0)
			return error_set_errno(err, errno, "%s: attribute %s", entry->path, name);
		void *kept = arena_alloc(entries->arena, (size_t)size + 1);
		memcpy(kept, value, (size_t)size);
		entry->xattrs[entry->xattr_count++] = (struct entry_xattr){
			.name = arena_string(entries->arena, name), .value = kept, .length = (size_t)size,
		};
	}
	return 0;
}

static int read_target(struct entries *entries, const char *path, struct entry *entry, struct error *err)
{
	char target[4097];
	ssize_t length = readlink(path, target, sizeof target - 1);
	if (length < 0)
		return error_set_errno(err, errno, "%s", entry->path);
	entry->link = arena_string_n(entries->arena, target, (size_t)length);
	entry->size = 0;
	return 0;
}

static int add_entry(struct entries *entries, const char *path, const char *name, struct error *err)
{
	struct stat status;
	if (lstat(path, &status))
		return error_set_errno(err, errno, "%s", path);
	entries->items = array_grow(entries->items, entries->count, &entries->capacity,
				    sizeof *entries->items);
	struct entry *entry = &entries->items[entries->count++];
	*entry = (struct entry){
		.path = arena_string(entries->arena, name),
		.mode = status.st_mode, .uid = status.st_uid, .gid = status.st_gid,
		.size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0,
		.mtime = status.st_mtim.tv_sec, .device = status.st_dev, .inode = status.st_ino,
		.links = S_ISDIR(status.st_mode) ? 1 : status.st_nlink,
	};
	if (S_ISLNK(entry->mode))
		return read_target(entries, path, entry, err);
	if (!S_ISREG(entry->mode) && !S_ISDIR(entry->mode) && !S_ISFIFO(entry->mode))
		return error_set(err, "%s: a layer holds no sockets and no device nodes", name);
	return S_ISFIFO(entry->mode) ? 0 : read_xattrs(entries, path, entry, err);
}

static int walk(struct entries *entries, const char *tree, const char *below, struct error *err)
{
	autofree char *folder = *below ? path_join(tree, below) : text_copy(tree);
	autodir DIR *dir = opendir(folder);
	if (!dir)
		return error_set_errno(err, errno, "%s", folder);
	for (;;) {
		errno = 0;
		const struct dirent *item = readdir(dir);
		if (!item)
			return errno ? error_set_errno(err, errno, "%s", folder) : 0;
		if (text_equal(item->d_name, ".") || text_equal(item->d_name, ".."))
			continue;
		autofree char *name = *below ? path_join(below, item->d_name) : text_copy(item->d_name);
		autofree char *path = path_join(tree, name);
		if (add_entry(entries, path, name, err))
			return -1;
		if (S_ISDIR(entries->items[entries->count - 1].mode) && walk(entries, tree, name, err))
			return -1;
	}
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static int by_inode(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* Of several names of one file the first by path is the file, the others link to it. */
static void find_hard_links(struct entries *entries)
{
	autofree struct entry **shared = memory_alloc((entries->count + 1) * sizeof *shared);
	size_t count = 0;
	for (size_t i = 0; i < entries->count; i++)
		if (entries->items[i].links > 1 && !S_ISLNK(entries->items[i].mode))
			shared[count++] = &entries->items[i];
	qsort(shared, count, sizeof *shared, by_inode);
	for (size_t i = 1, first = 0; i < count; i++) {
		if (shared[i]->inode != shared[first]->inode ||
		    shared[i]->device != shared[first]->device) {
			first = i;
			continue;
		}
		shared[i]->hard_link = true;
		shared[i]->link = shared[first]->path;
		shared[i]->size = 0;
	}
}

int entries_walk(const char *tree, struct entries *ret_entries, struct error *err)
{
	struct entries entries = { .arena = arena_new() };
	if (walk(&entries, tree, "", err)) {
		entries_clear(&entries);
		return -1;
	}
	if (entries.count)
		qsort(entries.items, entries.count, sizeof *entries.items, by_path);
	find_hard_links(&entries);
	*ret_entries = entries;
	return 0;
}

struct entry *entries_find(const struct entries *entries, const char *path)
{
	const struct entry key = { .path = path };
	if (!entries->count)
		return NULL;
	return bsearch(&key, entries->items, entries->count, sizeof *entries->items, by_path);
}

/* One line of an entries file, as entries_text() writes it. Lines with escaped names are of no interest here. */
static int inherit_line(struct entries *entries, char *line, struct error *err)
{
	char type;
	unsigned mode, uid, gid;
	char *path = strrchr(line, ' ');
	if (!path || sscanf(line, "%c %o %u %u ", &type, &mode, &uid, &gid) != 4)
		return error_set(err, "damaged entries file");
	if (type != 'd' && type != 'l')
		return 0;
	struct entry *entry = entries_find(entries, path + 1);
	if (!entry || !S_ISDIR(entry->mode))
		return 0;
	if (type == 'l')
		return error_set(err, "/%s is a symbolic link in a layer below: use the path that it leads to",
				 path + 1);
	entry->mode = S_IFDIR | (mode & 07777);
	entry->uid = uid;
	entry->gid = gid;
	return 0;
}

int entries_inherit(struct entries *entries, const char *path, struct error *err)
{
	autofree char *text = NULL;
	if (file_read(path, LIST_MAXIMUM, &text, NULL, err))
		return -1;
	for (char *line = text; *line;) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		if ((*line == 'd' || *line == 'l') && inherit_line(entries, line, err))
			return -1;
		if (!end)
			break;
		line = end + 1;
	}
	return 0;
}

static char type_letter(const struct entry *entry)
{
	if (entry->hard_link)
		return 'h';
	switch (entry->mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFIFO:
		return 'p';
	default:
		return 'f';
	}
}

/* Line breaks, blanks and backslashes in names would break the list's form. */
static void add_escaped(struct buffer *text, const char *name)
{
	for (const char *c = name; *c; c++) {
		if (*c == ' ' || *c == '\n' || *c == '\\' || *c == '\t')
			buffer_format(text, "\\%03o", (unsigned char)*c);
		else
			buffer_add(text, c, 1);
	}
}

char *entries_text(const struct entries *entries)
{
	struct buffer text = { .maximum = LIST_MAXIMUM };
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->items[i];
		buffer_format(&text, "%c %04o %u %u %llu ", type_letter(entry),
			      (unsigned)(entry->mode & 07777), (unsigned)entry->uid, (unsigned)entry->gid,
			      (unsigned long long)entry->size);
		if (entry->link)
			add_escaped(&text, entry->link);
		else
			buffer_text(&text, *entry->digest ? entry->digest : "-");
		buffer_text(&text, " ");
		add_escaped(&text, entry->path);
		buffer_text(&text, "\n");
	}
	return buffer_steal(&text);
}
