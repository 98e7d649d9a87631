/* Failed units with their journals, and when each service began, was ready, and what memory it has.
 * Source: org.freedesktop.systemd1(5), systemctl(1), journalctl(1), proc(5) for smaps_rollup. */
#include "proof/look.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

static const char units_script[] =
	"echo '=failed'\n"
	"systemctl list-units --failed --plain --no-legend --no-pager\n"
	"echo '=start'\n"
	"systemctl show -p UserspaceTimestampMonotonic --value\n"
	"echo '=services'\n"
	"systemctl show '*.service' --no-pager -p Id,ActiveState,InactiveExitTimestampMonotonic,ActiveEnterTimestampMonotonic,"
	"InactiveEnterTimestampMonotonic\n"
	/* Each process's fair share: MemoryCurrent is not there where the kernel counts no memory by group, as in containers. */
	"echo '=memory'\n"
	"for p in /proc/[0-9]*; do\n"
	"  unit=\n"
	"  while IFS= read -r group; do\n" /* several lines where groups are of version 1; a unit's own groups lie below it */
	"    case $group in *.service|*.service/*) group=${group%.service*}; unit=${group##*/}.service ;; esac\n"
	"  done 2>/dev/null <\"$p/cgroup\"\n"
	"  [ \"$unit\" ] || continue\n"
	"  while read -r key value rest; do\n"
	"    [ \"$key\" != Pss: ] || printf '%s %s\\n' \"$unit\" \"$value\"\n"
	"  done 2>/dev/null <\"$p/smaps_rollup\"\n"
	"done\n"
	"true\n";

/* The lines behind "=NAME". Caller frees. */
static char *section(const char *text, const char *name)
{
	autofree char *head = text_format("=%s\n", name);
	const char *at = text_starts(text, head) ? text : NULL;
	autofree char *inner = text_format("\n%s", head);
	at = at ? at + strlen(head) : strstr(text, inner) ? strstr(text, inner) + strlen(inner) : "";
	const char *end = *at == '=' ? at : strstr(at, "\n=");
	return text_copy_n(at, end ? (size_t)(end - at) : strlen(at));
}

bool look_is_unit(const char *name)
{
	return made_of(name, LOWER UPPER DIGITS ":-_.\\@", 1, 255) && name[0] != '-';
}

/* ---- failed ---- */

static struct proof_service *find_service(struct proof *proof, const char *unit)
{
	for (size_t i = 0; i < proof->service_count; i++)
		if (text_equal(proof->services[i].unit, unit))
			return &proof->services[i];
	return NULL;
}

struct proof_service *look_service(struct proof *proof, const char *unit)
{
	struct proof_service *old = find_service(proof, unit);
	if (old)
		return old;
	proof->services = memory_resize(proof->services, proof->service_count + 1, sizeof *proof->services);
	struct proof_service *service = &proof->services[proof->service_count++];
	*service = (struct proof_service){ .unit = text_copy(unit), .ready = -1 };
	return service;
}

static int add_journal(struct machine *machine, const char *unit, struct proof *proof, struct error *err)
{
	autofree char *quoted = text_shell(unit), *text = NULL;
	autofree char *script = text_format("journalctl --no-pager -b -o short-iso -n %d -u %s", LOOK_JOURNAL_LINES, quoted);
	if (look_ask(machine, script, 60, &text, err) < 0)
		return -1;
	struct proof_service *service = look_service(proof, unit);
	free(service->journal);
	service->journal = steal(text);
	service->failed = true;
	return 0;
}

static int look_failed(struct machine *machine, const char *text, struct proof *proof, struct error *err)
{
	struct look_check check = look_begin(proof, "no unit failed");
	autostrings struct strings lines = { 0 };
	int result = 0;
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count && result == 0; i++) {
		autofree char *unit = text_copy_n(lines.items[i], strcspn(lines.items[i], " "));
		if (!look_is_unit(unit))
			continue;
		strings_format(&check.wrong, "%s failed", unit);
		if (i < 20)
			result = add_journal(machine, unit, proof, err);
	}
	if (result < 0)
		strings_clear(&check.wrong);
	else
		look_end(&check);
	return result;
}

/* ---- the boot ---- */

static double after(const char *microseconds, double start)
{
	double at = strtod(microseconds, NULL);
	return at > 0 && at >= start ? (at - start) / 1e6 : -1;
}

/* One service: lines KEY=VALUE. */
static void read_service(struct proof *proof, const char *const *lines, size_t count, double start)
{
	static const char *const keys[] = { "Id=", "ActiveState=", "InactiveExitTimestampMonotonic=",
					    "ActiveEnterTimestampMonotonic=", "InactiveEnterTimestampMonotonic=" };
	const char *values[LENGTH(keys)] = { "", "", "", "", "" };
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < LENGTH(keys); k++)
			if (text_starts(lines[i], keys[k]))
				values[k] = lines[i] + strlen(keys[k]);
	double begins = after(values[2], start);
	if (!look_is_unit(values[0]) || begins < 0 || (proof->service_count >= LOOK_UNITS_MAX && !find_service(proof, values[0])))
		return;
	struct proof_service *service = look_service(proof, values[0]);
	double active = after(values[3], start), ended = after(values[4], start);
	service->begins = begins;
	service->ready = active >= begins ? active : ended >= begins ? ended : -1;
	service->failed = service->failed || text_equal(values[1], "failed");
}

#define SERVICE_LINES_MAX 32u /* six were asked for; a box may say anything */

static void read_services(struct proof *proof, const char *text, double start)
{
	autostrings struct strings lines = { 0 };
	strings_split(&lines, text, "\n"); /* drops the empty lines between them: each begins anew with a key seen before */
	size_t first = 0;
	for (size_t i = 1; i <= lines.count; i++) {
		bool ends = i == lines.count || i - first == SERVICE_LINES_MAX;
		for (size_t k = first; !ends && k < i; k++) {
			size_t key = strcspn(lines.items[k], "=");
			ends = strncmp(lines.items[k], lines.items[i], key + 1) == 0;
		}
		if (!ends)
			continue;
		read_service(proof, (const char *const *)lines.items + first, i - first, start);
		first = i;
	}
}

/* Lines "UNIT KIBIBYTES", one for each process. */
static void read_memory(struct proof *proof, const char *text)
{
	autostrings struct strings lines = { 0 };
	for (size_t i = 0; i < proof->service_count; i++)
		proof->services[i].memory = 0; /* looked at before the restart, too */
	strings_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		size_t length = strcspn(lines.items[i], " ");
		autofree char *unit = text_copy_n(lines.items[i], length);
		double kib = strtod(lines.items[i] + length, NULL);
		for (size_t s = 0; s < proof->service_count; s++)
			if (text_equal(proof->services[s].unit, unit) && kib > 0 && kib < 1e12)
				proof->services[s].memory += (uint64_t)(kib * 1024);
	}
}

static int by_begin(const void *a, const void *b)
{
	const struct proof_service *one = a, *other = b;
	return one->begins < other->begins ? -1 : one->begins > other->begins ? 1 : strcmp(one->unit, other->unit);
}

int look_units(struct machine *machine, struct proof *proof, struct error *err)
{
	autofree char *text = NULL;
	if (look_ask(machine, units_script, 60, &text, err) < 0)
		return -1;
	autofree char *failed = section(text, "failed"), *start = section(text, "start");
	autofree char *services = section(text, "services"), *memory = section(text, "memory");
	read_services(proof, services, strtod(start, NULL));
	read_memory(proof, memory);
	int result = look_failed(machine, failed, proof, err);
	if (proof->service_count)
		qsort(proof->services, proof->service_count, sizeof *proof->services, by_begin);
	return result;
}
