/* What is passed on to a machine: options, ports, memory, files; see startable.h. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "commands/startable.h"

#define MIB (UINT64_C(1) << 20)
#define LEAST_MEMORY (2048 * MIB)
#define MEMORY_OF_OPTION (512 * MIB) /* a person may know better than the plan */
#define MOST_PROCESSORS 64
#define PORTS_MAX 64
#define SSH_PORT 22

/* Numbers below 1024 are root's; these are what people expect instead. */
static const struct {
	uint16_t guest, local;
} known[] = {{443, 8443}, {80, 8000}, {SSH_PORT, 2222}};

bool startable_is_open(const struct startable *startable, const struct startable_port *port)
{
	return !port->udp && (port->audience == FOR_LOCAL_NETWORK ||
			      (port->audience == FOR_DEVELOPER && startable->mode == MODE_DEVELOPMENT));
}

int startable_settings(const struct startable *startable, struct machine_settings *settings, struct error *err)
{
	settings->name = startable->name;
	settings->disk = startable->disk;
	settings->layers = startable->layers.count ? (const char *const *)startable->layers.items : NULL;
	settings->boot = startable->boot;
	if (!settings->memory)
		settings->memory = startable->memory < LEAST_MEMORY ? LEAST_MEMORY :
				   (startable->memory + MIB - 1) / MIB * MIB;
	if (settings->kind != MACHINE_NSPAWN)
		return 0;
	if (!settings->layers)
		return error_set(err, "%s: its layers are not in the store, and a container is made of them; `hiebox build %s` "
				 "brings them back, or start it in QEMU (without --nspawn)", startable->disk, startable->name);
	return startable->boot ? 0 : error_set(err, "a container needs the project's overlays/boot, and no project is here; "
					       "say --project DIR");
}

static int wrong_use(struct error *err, const char *option, const char *expected, const char *got)
{
	error_set(err, "--%s: expected %s, got \"%s\"", option, expected, got);
	return -2;
}

/* Options that mean nothing to a container are refused, not passed over. */
static int check_kind(const struct parsed_options *options, struct error *err)
{
	static const char *const of_qemu[] = {"firmware", "display", "keep", "memory", "processors"};

	for (size_t i = 0; i < LENGTH(of_qemu); i++)
		if (option_given(options, "nspawn") && option_given(options, of_qemu[i])) {
			error_set(err, "--%s is for QEMU, and --nspawn starts a container without a disk%s", of_qemu[i],
				  text_equal(of_qemu[i], "keep") ? "; --data DIR keeps what it writes" : "");
			return -2;
		}
	if (option_given(options, "data") && !option_given(options, "nspawn")) {
		error_set(err, "--data is for --nspawn; --keep lets a machine write to the image itself");
		return -2;
	}
	if (option_given(options, "display") && option_given(options, "headless")) {
		error_set(err, "--display shows a window and --headless shows nothing: choose one");
		return -2;
	}
	return 0;
}

static int read_numbers(const struct parsed_options *options, struct machine_settings *settings, struct error *err)
{
	const char *memory = option_value(options, "memory"), *processors = option_value(options, "processors");
	int64_t number;

	if (memory && (size_parse(memory, &settings->memory) < 0 || settings->memory < MEMORY_OF_OPTION))
		return wrong_use(err, "memory", "a size such as 4G, at least 512M", memory);
	if (processors && number_parse(processors, 1, MOST_PROCESSORS, &number) < 0)
		return wrong_use(err, "processors", "a number from 1 to 64", processors);
	settings->processors = processors ? (unsigned)number : 0;
	return 0;
}

static int read_firmware(const struct parsed_options *options, struct machine_settings *settings, struct error *err)
{
	static const char *const names[] = {[MACHINE_BIOS] = "bios", [MACHINE_UEFI] = "uefi", [MACHINE_SECURE] = "secure"};
	const char *given = option_value(options, "firmware");

	for (size_t i = 0; i < LENGTH(names); i++)
		if (!given || text_equal(given, names[i])) {
			settings->firmware = (enum machine_firmware)i;
			return 0;
		}
	return wrong_use(err, "firmware", "bios, uefi or secure", given);
}

int startable_options(const struct parsed_options *options, struct machine_settings *settings, struct error *err)
{
	settings->kind = option_given(options, "nspawn") ? MACHINE_NSPAWN : MACHINE_QEMU;
	settings->keep = option_given(options, "keep");
	settings->display = option_given(options, "display");
	if (check_kind(options, err) < 0 || read_numbers(options, settings, err) < 0 || read_firmware(options, settings, err) < 0)
		return -2;
	return 0;
}

/* Is nobody there? Asked without SO_REUSEADDR, so that one who listens is seen. */
static bool is_free(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	autofd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

struct chosen {
	struct machine_port items[PORTS_MAX];
	size_t count;
};

static bool is_chosen(const struct chosen *chosen, uint16_t local)
{
	for (size_t i = 0; i < chosen->count; i++)
		if (local && chosen->items[i].local == local)
			return true;
	return false;
}

/* A guest port that was wished for is not added again. */
static void add_preferred(struct chosen *chosen, uint16_t guest)
{
	uint16_t local = guest;

	for (size_t i = 0; i < chosen->count; i++)
		if (chosen->items[i].guest == guest)
			return;
	if (chosen->count == PORTS_MAX)
		return;
	for (size_t i = 0; i < LENGTH(known); i++)
		if (known[i].guest == guest)
			local = known[i].local;
	if (local < 1024)
		local += 8000;
	if (is_chosen(chosen, local) || !is_free(local))
		local = 0;
	chosen->items[chosen->count++] = (struct machine_port){guest, local};
}

static int add_wish(struct chosen *chosen, const char *wish, struct error *err)
{
	const char *colon = strchr(wish, ':');
	int64_t guest = 0, local = 0;
	autofree char *first = colon ? text_copy_n(wish, (size_t)(colon - wish)) : text_copy(wish);

	if (number_parse(first, 1, 65535, &guest) < 0 || (colon && number_parse(colon + 1, 0, 65535, &local) < 0)) {
		error_set(err, "--port: expected GUEST:LOCAL such as 5001:15001 (LOCAL 0: any free one), got \"%s\"", wish);
		return -2;
	}
	if (is_chosen(chosen, (uint16_t)local)) {
		error_set(err, "--port: %d is given twice as a local port", (int)local);
		return -2;
	}
	if (chosen->count == PORTS_MAX) {
		error_set(err, "--port: at most %d ports", PORTS_MAX);
		return -2;
	}
	chosen->items[chosen->count++] = (struct machine_port){(uint16_t)guest, (uint16_t)local};
	return 0;
}

int startable_local_ports(const struct startable *startable, const struct startable_wishes *wishes,
			  struct machine_port **ret_ports, size_t *ret_count, struct error *err)
{
	struct chosen chosen = {.count = 0};

	for (size_t i = 0; i < wishes->ports.count; i++)
		if (add_wish(&chosen, wishes->ports.items[i], err) < 0)
			return -2;
	for (size_t i = 0; i < startable->port_count; i++)
		if (startable_is_open(startable, &startable->ports[i]))
			add_preferred(&chosen, startable->ports[i].number);
	if (wishes->ssh)
		add_preferred(&chosen, SSH_PORT);
	*ret_ports = memory_copy(chosen.items, chosen.count * sizeof *chosen.items);
	*ret_count = chosen.count;
	return 0;
}
