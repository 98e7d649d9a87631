/* lock: writing the Debian lock. Reading is in lock_read.c; the format stands in plan.h. */
#include "plan/lock.h"

#include <inttypes.h>
#include <string.h>

static void add_package(struct buffer *text, const char *set, const struct package *package)
{
	static const char *const names[] = LOCK_FLAG_NAMES;
	const bool given[] = { package->essential, package->automatic, package->multi_arch_same };
	bool any = false;

	buffer_format(text, "%s %s %s %s %s %" PRIu64 " %s %" PRIu64 " ", set, package->name, package->version,
		      package->architecture, package->archive, package->size, package->sha256,
		      package->installed_kib);
	for (size_t i = 0; i < LENGTH(names); i++) {
		if (!given[i])
			continue;
		buffer_format(text, "%s%s", any ? "," : "", names[i]);
		any = true;
	}
	buffer_format(text, "%s %s %s\n", any ? "" : "-", package->filename, package->why);
}

char *lock_text(const struct lock *lock)
{
	struct buffer text = { 0 };

	buffer_format(&text, "%s\n", LOCK_FIRST_LINE);
	buffer_format(&text, "suite %s\n", lock->suite);
	buffer_format(&text, "architecture %s\n", lock->architecture);
	buffer_format(&text, "seed %s\n", lock->seed);
	buffer_format(&text, "timestamp %" PRId64 "\n", lock->timestamp);
	buffer_format(&text, "requests %s\n", lock->request_digest);
	for (size_t i = 0; i < lock->image.count; i++)
		add_package(&text, "image", &lock->image.items[i]);
	for (size_t i = 0; i < lock->tools.count; i++)
		add_package(&text, "tools", &lock->tools.items[i]);
	return buffer_steal(&text);
}

int lock_write(const char *path, const struct lock *lock, struct error *err)
{
	autofree char *text = lock_text(lock);

	return file_write(path, text, strlen(text), 0644, err);
}
