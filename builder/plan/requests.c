/* requests: which packages a plan asks for, and why: hiebox's own list, the board, the components'
 * variants, the recipe; and the fixed list of the tools root. */
#include "plan/plan.h"

#include <string.h>

/* What every box needs: boot, devices, network, storage, and the shared libraries of the agent. */
static const char *const base_packages[] = {
	"systemd", "systemd-sysv", "udev", "dbus", "libpam-systemd", "kmod", "iproute2", "nftables", "e2fsprogs",
	"fdisk", "systemd-repart", "busybox", "initramfs-tools", "zstd", "ca-certificates", "openssl",
	"libcurl4t64", "libyaml-0-2", "libjansson4", "libssl3t64", "libsystemd0",
	"libmicrohttpd12t64", "libqrencode4",
};

/* What shapes bytes (see "the tools root" in design.md). The list does not depend on the recipe, so
 * that all recipes of a suite share one tools root. */
static const char *const tools_packages[] = {
	/* filesystems, archives, disks */
	"squashfs-tools", "e2fsprogs", "libarchive13t64", "mtools", "dosfstools", "fdisk", "zstd", "cpio", "kmod",
	/* a small system to run them in */
	"coreutils", "dash", "bash", "tar", "gzip", "xz-utils", "findutils", "sed", "grep", "mawk", "dpkg",
	/* systemctl --root, systemd-sysusers, systemd-analyze */
	"systemd",
	/* the agent is compiled here */
	"gcc", "libc6-dev", "libcurl4-openssl-dev", "libyaml-dev", "libjansson-dev", "libssl-dev",
	"libsystemd-dev", "libmicrohttpd-dev", "libqrencode-dev",
	/* Java sources of components */
	"openjdk-21-jdk-headless",
	/* the default addresses of the Maven repository and the npm registry, as their clients know them */
	"libmaven3-core-java", "node-registry-url",
};
static const char *const tools_packages_amd64[] = {
	"grub-common", "grub-pc-bin", "grub-efi-amd64-bin", "grub-efi-amd64-signed", "shim-signed",
	"shim-helpers-amd64-signed",
};

struct request_list {
	struct package_request *items;
	size_t count, capacity;
};

static void add(struct request_list *list, const char *name, const char *asked_by, struct place place)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return;
	list->items = array_grow(list->items, list->count, &list->capacity, sizeof *list->items);
	list->items[list->count++] = (struct package_request){ name, asked_by, place };
}

static void add_names(struct request_list *list, const char *const *names, size_t count, const char *asked_by)
{
	for (size_t i = 0; i < count; i++)
		add(list, names[i], asked_by, (struct place){ 0 });
}

static void add_texts(struct request_list *list, const struct text_list *texts, const char *asked_by)
{
	for (size_t i = 0; i < texts->count; i++)
		add(list, texts->items[i].text, asked_by, texts->items[i].place);
}

static size_t finish(struct request_list *list, struct arena *arena, struct package_request **ret_requests)
{
	*ret_requests = arena_alloc(arena, (list->count + 1) * sizeof **ret_requests);
	if (list->count > 0)
		memcpy(*ret_requests, list->items, list->count * sizeof **ret_requests);
	free(list->items);
	return list->count;
}

static const char *place_text(struct arena *arena, const struct recipe *recipe, struct place place)
{
	const char *file = place.file ? path_base(place.file) : path_base(recipe->file);

	if (place.file && !place.line) /* no file: "--set packages=[curl]" */
		return arena_string(arena, place.file);
	return arena_format(arena, "%s:%u:%u", file, place.line, place.column);
}

size_t plan_image_requests(const struct plan *plan, struct arena *arena, struct package_request **ret_requests)
{
	const struct recipe *recipe = plan->recipe;
	const struct board *board = plan->board;
	struct request_list list = { 0 };

	/* What a person wrote comes first: of two askers the first is the one that the lock names. */
	for (size_t i = 0; i < recipe->packages.count; i++)
		add(&list, recipe->packages.items[i].text, place_text(arena, recipe, recipe->packages.items[i].place),
		    recipe->packages.items[i].place);
	for (size_t i = 0; i < plan->component_count; i++) {
		const struct planned_component *planned = &plan->components[i];

		add_texts(&list, &planned->variant->packages,
			  arena_format(arena, "component %s, variant %s", planned->component->id,
				       planned->variant->name));
	}
	const char *board_words = arena_format(arena, "board %s", board->id);

	add(&list, board->kernel, board_words, board->place);
	add_texts(&list, &board->packages, board_words);
	add_names(&list, base_packages, LENGTH(base_packages), "hiebox");
	if (recipe->layout == LAYOUT_PLAIN)
		add(&list, "apt", "layout plain", (struct place){ 0 });
	if (recipe->keyboard && !text_equal(recipe->keyboard, "us"))
		add(&list, "console-setup", "the keyboard's layout", (struct place){ 0 });
	return finish(&list, arena, ret_requests);
}

size_t plan_tools_requests(const struct plan *plan, struct arena *arena, struct package_request **ret_requests)
{
	struct request_list list = { 0 };

	add_names(&list, tools_packages, LENGTH(tools_packages), "hiebox tools");
	if (text_equal(plan->recipe->architecture, "amd64"))
		add_names(&list, tools_packages_amd64, LENGTH(tools_packages_amd64), "hiebox tools");
	return finish(&list, arena, ret_requests);
}
