/* hiebox why, files and units: which package, component, overlay or step of hiebox gave it, in which layer, and
 * what it hides. The layers' own lists of entries say what is in the image; the project's folders and the
 * packages' .deb files say where it comes from, also before anything was built. */
#include "commands/why.h"

#include <string.h>

#define ENTRIES_MAXIMUM (256u << 20)
#define UNITS "usr/lib/systemd/system"

void why_read_layers(struct why *why, const struct strings *layers)
{
	for (size_t i = 0; i < layers->count && why->layer_count < LAYER_COUNT; i++) {
		const char *blank = strchr(layers->items[i], ' ');

		if (!blank)
			continue;
		autofree char *name = text_copy_n(layers->items[i], (size_t)(blank - layers->items[i]));
		autofree char *path = text_format("%s/layers/%s/entries", why->session->store.path, blank + 1);
		char *text = file_text_or_null(path, ENTRIES_MAXIMUM);

		if (!text)
			continue;
		why->layers[why->layer_count++] = (struct known_layer){arena_string(why->arena, name), text};
	}
}

/* The line of a layer's list that ends with this path; NULL when the layer has none. Not NUL-terminated. */
static const char *find_entry(const struct known_layer *layer, const char *path)
{
	autofree char *end = text_format(" %s\n", path);
	const char *at = strstr(layer->entries, end);

	while (at && at > layer->entries && at[-1] != '\n')
		at--;
	return at;
}

/* "bin/ls" is "usr/bin/ls"; no slash in front, none at the end. */
static char *merged(const char *path)
{
	static const char *const merged_into_usr[] = {"bin/", "sbin/", "lib/", "lib64/"};
	bool usr = false;

	path += strspn(path, "/");
	size_t length = strlen(path);
	while (length > 0 && path[length - 1] == '/')
		length--;
	for (size_t i = 0; i < LENGTH(merged_into_usr); i++)
		usr = usr || text_starts(path, merged_into_usr[i]);
	return text_format("%s%.*s", usr ? "usr/" : "", (int)length, path);
}

/* Who gave a file, topmost first. */
struct giver {
	const char *layer;         /* in which layer it is then */
	const char *words;         /* "component x (overlays/x/etc/y)" */
	const char *component, *package; /* one of them, or neither: the recipe or hiebox itself */
	struct place place;
};
struct givers {
	struct giver items[32];
	size_t count;
};

static void add_giver(struct givers *givers, struct giver giver)
{
	if (givers->count < LENGTH(givers->items))
		givers->items[givers->count++] = giver;
}

/* A path as a person of this project would say it. */
static const char *in_project(const struct why *why, const char *path)
{
	const char *project = why->session->plan.recipe->project;
	size_t length = strlen(project);

	return arena_string(why->arena, text_starts(path, project) && path[length] == '/' ? path + length + 1 : path);
}

/* Is `path` a file of this overlay? Adds it, with the file's own path. */
static void try_folder(struct why *why, struct givers *givers, const char *folder, const char *rest,
		       struct giver giver)
{
	autofree char *file = folder && *rest ? path_join(folder, rest) : NULL;

	if (!file || !path_exists(file))
		return;
	giver.layer = "site";
	giver.words = arena_format(why->arena, "%s (%s)", giver.words, in_project(why, file));
	add_giver(givers, giver);
}

static const char *below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return text_starts(path, folder) && path[length] == '/' ? path + length + 1 : NULL;
}

static void givers_of_recipe(struct why *why, const char *path, struct givers *givers)
{
	const struct recipe *recipe = why->session->plan.recipe;
	const char *unit = below(path, UNITS);

	for (size_t i = recipe->units.count; unit && i-- > 0;) {
		const struct placed_text *from = &recipe->units.items[i];
		autofree char *alone = path_directory(from->text);

		try_folder(why, givers, path_is_directory(from->text) ? from->text : alone,
			   path_is_directory(from->text) || text_equal(path_base(from->text), unit) ? unit : "",
			   (struct giver){.words = "a unit of the recipe", .place = from->place});
	}
	for (size_t i = recipe->overlays.count; i-- > 0;)
		try_folder(why, givers, recipe->overlays.items[i].text, path,
			   (struct giver){.words = "an overlay of the recipe", .place = recipe->overlays.items[i].place});
	const char *mode = mode_name(recipe->mode);
	const char *words = arena_format(why->arena, "hiebox's settings for mode %s", mode);
	autofree char *units = text_format("%s/units/mode-%s", recipe->project, mode);
	autofree char *overlay = text_format("%s/overlays/mode-%s", recipe->project, mode);

	try_folder(why, givers, units, unit ? unit : "", (struct giver){.words = words});
	try_folder(why, givers, overlay, path, (struct giver){.words = words});
}

static void givers_of_components(struct why *why, const char *path, struct givers *givers)
{
	const struct plan *plan = &why->session->plan;
	const char *unit = below(path, UNITS);

	for (size_t i = plan->component_count; i-- > 0;) {
		const struct component *component = plan->components[i].component;
		const char *words = arena_format(why->arena, "component %s", component->id);
		struct giver giver = {.words = words, .component = component->id};

		try_folder(why, givers, component->units_folder, unit ? unit : "", giver);
		try_folder(why, givers, component->overlay_folder, path, giver);
	}
	for (size_t i = 0; i < plan->source_count; i++) {
		const struct source *source = plan->sources[i].source;
		const char *target = source->into ? source->into : source->to;
		const char *inside = target ? below(path, target + (*target == '/')) : NULL;

		if (!target || (!inside && !text_equal(path, target + (*target == '/'))))
			continue;
		add_giver(givers, (struct giver){
			.layer = "apps", .component = plan->sources[i].component->id,
			.words = arena_format(why->arena, "a payload of component %s (%s)", plan->sources[i].component->id,
					      source->lock ? path_base(source->lock) : target)});
	}
}

/* Packages are in the base layer: what its list lacks is not looked for, and only for a link, or when there is no
 * list, are the packages unpacked. */
static int givers_of_packages(struct why *why, const char *path, struct givers *givers, size_t *ret_missing,
			      struct error *err)
{
	struct contents contents = {0};
	struct contents_query query = {&why->session->plan.lock.image, path, givers->count == 0};

	for (size_t i = 0; i < why->layer_count; i++) {
		const char *entry = text_equal(why->layers[i].name, "base") ? find_entry(&why->layers[i], path) : "l";

		if (!entry || *entry == 'd')
			return 0;
		query.links = query.links && *entry == 'l';
	}
	if (contents_find(&why->session->store, &query, &contents, err) < 0)
		return -1;
	for (size_t i = 0; i < contents.packages.count; i++) {
		const char *name = arena_string(why->arena, contents.packages.items[i]);

		add_giver(givers, (struct giver){.layer = "base", .package = name,
						 .words = arena_format(why->arena, "package %s", name)});
	}
	*ret_missing = contents.missing;
	strings_clear(&contents.packages);
	return 0;
}

/* What hiebox itself makes while it assembles; the longest start that fits. */
static const char *made_by_hiebox(const char *path, const char *layer)
{
	static const struct {
		const char *start, *words;
	} made[] = {
		{"usr/bin/hie", "hiebox's program on the box, compiled for this image"},
		{"usr/lib/hie/box.json", "what the program on the box reads: the components, ports and secrets' names"},
		{"usr/lib/hie/", "hiebox's description of this image"},
		{"etc/nftables.conf", "the firewall, made from the ports of the plan"},
		{"etc/passwd", "all users: of packages, of components, of the recipe"},
		{"etc/group", "all groups: of packages, of components, of the recipe"},
		{"etc/shadow", "no passwords: every user's is locked"},
		{"etc/gshadow", "no passwords"},
		{"etc/hostname", "site.name of the recipe"},
		{"etc/hosts", "site.name of the recipe"},
		{"etc/localtime", "site.time-zone of the recipe"},
		{"etc/timezone", "site.time-zone of the recipe"},
		{"etc/locale.conf", "site.languages of the recipe"},
		{"etc/default/keyboard", "site.keyboard of the recipe"},
		{"etc/systemd/system/", "what presets enable or mask (systemctl preset-all)"},
		{"usr/lib/systemd/system-preset/", "which units are enabled: those of the plan's components"},
		{"etc/alternatives/", "update-alternatives, called by packages when they were configured"},
		{"var/lib/dpkg/", "dpkg's database of the image's packages"},
		{"var/lib/apt/", "apt's marks: what was asked for, what came with it"},
		{"etc/ld.so.cache", "ldconfig, after all packages were unpacked"},
		{"etc/ssl/certs/", "update-ca-certificates, called by ca-certificates"},
		{"boot/", "the boot files of a plain root"},
	};

	for (size_t i = 0; i < LENGTH(made); i++)
		if (text_ends(made[i].start, "/") ? text_starts(path, made[i].start)
						  : text_equal(path, made[i].start))
			return made[i].words;
	if (text_equal(layer, "base"))
		return "made by a package's scripts or triggers when it was configured";
	return layer ? "made by hiebox for this image" : NULL;
}

static int tell_giver(struct why *why, struct finding *finding, const struct giver *giver, struct error *err)
{
	const char *place = !giver->place.file ? "" : arena_format(why->arena, ", named at %s:%u:%u", giver->place.file,
								   giver->place.line, giver->place.column);

	finding_line(finding, "given-by", "given by %s%s, in layer %s", giver->words, place, giver->layer);
	if (giver->component)
		finding_component(why, finding, giver->component);
	return giver->package ? finding_package(why, finding, giver->package, err) : 0;
}

/* The layers that have the path, topmost first. */
static size_t find_layers(const struct why *why, const char *path, const char *ret_layers[LAYER_COUNT],
			  const char **ret_entry)
{
	size_t count = 0;

	for (size_t i = why->layer_count; i-- > 0;) {
		const char *entry = find_entry(&why->layers[i], path);

		if (!entry)
			continue;
		if (count == 0)
			*ret_entry = entry;
		ret_layers[count++] = why->layers[i].name;
	}
	return count;
}

/* The name in the same folder that is nearest to this one. */
static void tell_neighbour(const struct why *why, struct finding *finding, const char *path)
{
	autofree char *folder = path_directory(path);
	autofree char *start = text_format(" %s/", folder);
	autostrings struct strings names = {0};

	for (size_t i = why->layer_count; i-- > 0;)
		for (const char *at = why->layers[i].entries; (at = strstr(at, start));) {
			at += strlen(start);
			size_t length = strcspn(at, "/\n");

			if (at[length] == '\n')
				strings_take(&names, text_copy_n(at, length));
		}
	const char *nearest = names.count > 0 ? nearest_name(path_base(path), (const char *const *)names.items) : NULL;

	if (nearest)
		finding_line(finding, "nearest", "there is /%s/%s", folder, nearest);
}

/* Paths of the image with the same last part. */
static void tell_nearest(const struct why *why, struct finding *finding, const char *path)
{
	autofree char *end = text_format("/%s\n", path_base(path));
	size_t told = 0;

	for (size_t i = why->layer_count; i-- > 0;)
		for (const char *at = why->layers[i].entries; (at = strstr(at, end)) && told < 3; at++) {
			const char *start = at;

			while (start > why->layers[i].entries && start[-1] != ' ')
				start--;
			finding_line(finding, "nearest", "there is /%.*s", (int)(at - start + (ptrdiff_t)strlen(end) - 1),
				     start);
			told++;
		}
	if (told == 0)
		tell_neighbour(why, finding, path);
}

static void tell_absent(struct why *why, const char *path, size_t missing)
{
	autofree char *headline = text_format("/%s: not in this image", path);
	struct finding *finding = finding_begin(why, "nothing", path, headline);

	tell_nearest(why, finding, path);
	if (missing > 0)
		finding_line(finding, "missing", "(%zu packages are not in the store and were not looked into: "
			     "`hiebox fetch` brings them)", missing);
	if (why->layer_count == 0)
		finding_line(finding, "missing", "(the store has no finished layers of this recipe: what a build makes "
			     "itself is not known before `hiebox build`)");
}

int why_file(struct why *why, const char *given, struct error *err)
{
	autofree char *path = merged(given);
	struct givers givers = {0};
	const char *layers[LAYER_COUNT] = {0}, *entry = NULL;
	size_t missing = 0, count = find_layers(why, path, layers, &entry);
	bool directory = entry && *entry == 'd';

	givers_of_recipe(why, path, &givers);
	givers_of_components(why, path, &givers);
	const char *made = givers.count == 0 ? made_by_hiebox(path, layers[0]) : NULL;

	if (!directory && givers_of_packages(why, path, &givers, &missing, err) < 0)
		return -1;
	/* What is in a layer above the package's was made there; without layers only what is always made is known. */
	if (givers.count > 0 && givers.items[0].package && (text_equal(layers[0], "base") || (!layers[0] && !made)))
		made = NULL;

	if (count == 0 && givers.count == 0 && (why->layer_count > 0 || !made)) {
		tell_absent(why, path, missing);
		return 1;
	}
	autofree char *headline = text_format("/%s: %s", path, directory ? "a directory" : entry && *entry == 'l' ?
					      "a link" : "a file");
	struct finding *finding = finding_begin(why, "file", path, headline);

	if (made && !directory)
		finding_line(finding, "given-by", "%s%s%s", made, layers[0] ? ", in layer " : "",
			     layers[0] ? layers[0] : "");
	if (!made && givers.count > 0 && tell_giver(why, finding, &givers.items[0], err) < 0)
		return -1;
	for (size_t i = made ? 0 : 1; i < givers.count; i++)
		finding_line(finding, "hides", "hides the same path of %s", givers.items[i].words);
	for (size_t i = directory ? 0 : 1; i < count; i++)
		finding_line(finding, directory ? "layer" : "hides", directory ? "in layer %s" :
			     "hides what layer %s has there", layers[i]);
	if (count == 0 && why->layer_count > 0)
		finding_line(finding, "missing", "(but the finished layers do not have it: it was removed, or the layers "
			     "are older)");
	return 1;
}

/* Links X.wants/UNIT and X.requires/UNIT of all layers. */
static void tell_links(const struct why *why, struct finding *finding, const char *name)
{
	autofree char *wants = text_format(".wants/%s\n", name), *requires = text_format(".requires/%s\n", name);
	const char *const ends[] = {wants, requires};

	for (size_t i = why->layer_count; i-- > 0;)
		for (size_t k = 0; k < LENGTH(ends); k++)
			for (const char *at = why->layers[i].entries; (at = strstr(at, ends[k])); at++) {
				const char *start = at;

				while (start > why->layers[i].entries && start[-1] != '/')
					start--;
				/* not the notes of deb-systemd-helper below /var */
				if (start - why->layers[i].entries < 15 || memcmp(start - 15, "systemd/system/", 15) != 0)
					continue;
				finding_line(finding, "enabled", "started by %.*s (a link in layer %s)", (int)(at - start),
					     start, why->layers[i].name);
			}
}

static bool has_word(const char *words, const char *word)
{
	autostrings struct strings list = {0};

	strings_split(&list, words ? words : "", " ");
	return strings_have(&list, word);
}

static void tell_order(struct why *why, struct finding *finding, const char *name)
{
	struct planned_unit *units;
	size_t count = plan_units(&why->session->plan, why->arena, &units);

	for (size_t i = 0; i < count; i++) {
		const struct planned_unit *unit = &units[i];

		if (text_equal(unit->name, name)) {
			if (unit->additions)
				finding_line(finding, "changed", "changed by %s (%s)", unit->component ?
					     unit->component->id : "the recipe", in_project(why, unit->path));
			if (unit->wanted_by && why->layer_count == 0)
				finding_line(finding, "enabled", "to be started by %s", unit->wanted_by);
			if (unit->after)
				finding_line(finding, "after", "starts after %s", unit->after);
			if (unit->requires)
				finding_line(finding, "requires", "cannot be without %s", unit->requires);
		} else if (has_word(unit->requires, name) || has_word(unit->after, name) ||
			   has_word(unit->before, name)) {
			finding_line(finding, "ordered", "%s %s it", unit->name, has_word(unit->requires, name) ? "needs" :
				     has_word(unit->after, name) ? "starts after" : "starts before");
		}
	}
}

int why_unit(struct why *why, const char *name, struct error *err)
{
	static const char *const folders[] = {UNITS, "etc/systemd/system", "usr/share/containers/systemd"};

	for (size_t i = 0; i < LENGTH(folders); i++) {
		autofree char *path = text_format("%s/%s", folders[i], name);
		struct givers givers = {0};
		const char *layers[LAYER_COUNT] = {0}, *entry = NULL;
		size_t missing = 0, count = find_layers(why, path, layers, &entry);

		givers_of_recipe(why, path, &givers);
		givers_of_components(why, path, &givers);
		/* What is known to be elsewhere is not looked for in packages: links take long to find. */
		if (givers.count == 0 && (count > 0 || (why->layer_count == 0 && i == 0)) &&
		    givers_of_packages(why, path, &givers, &missing, err) < 0)
			return -1;
		if (givers.count == 0 && count == 0)
			continue;
		autofree char *headline = text_format("%s: a systemd unit, /%s", name, path);
		struct finding *finding = finding_begin(why, "unit", name, headline);

		if (givers.count > 0 && tell_giver(why, finding, &givers.items[0], err) < 0)
			return -1;
		tell_links(why, finding, name);
		tell_order(why, finding, name);
		return 1;
	}
	return 0;
}
