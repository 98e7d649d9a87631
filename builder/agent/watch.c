/* The loop of `hie watch`; see watch.h. */
#include "agent/clock.h"
#include "agent/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "agent/bus.h"
#include "agent/provision.h"
#include "agent/timescale.h"

#define SECOND UINT64_C(1000000)
#define BUS_RETRY (10 * SECOND)

struct watch {
	const char *root;
	struct box *box;
	char *unreadable;      /* why there is only an unknown box, or NULL */
	unsigned scale;
	sd_event *event;
	sd_bus *bus;           /* for systemd's signals; NULL while there is none */
	int listener, collected_fd, netlink;
	uint64_t watchdog;     /* microseconds; 0: nobody wants to know */
	struct collector *collector;
	struct control control;
	bool ready;
	char *sentence;        /* what systemd was told last */
};

/* Not before this box has certificates, and not while `hie provision` is at work: it makes them itself. An address that
 * came meanwhile is seen a minute later. */
static int look_after_certificate(const char *root, const struct box *box, struct error *err)
{
	autofree char *authority = hie_path(root, "tls/ca.crt");
	autofree char *remark = NULL;
	struct provision provision = { .root = root, .box = box };
	if (!path_exists(authority))
		return 0;
	provision_look_around(&provision);
	return certificate_renew(&provision, false, &remark, err) < 0 ? -1 : 0;
}

static int remember_clock(const char *root, const struct box *box, struct error *err)
{
	(void)box;
	return clock_remember(root, err);
}

static const struct chore chores[] = {
	{ "certificate", 60, true, look_after_certificate },
	{ "clock", 3600, false, remember_clock },
	{ 0 },
};

static int open_system(void *context, struct status_source *ret_source, struct error *err)
{
	const struct watch *watch = context;
	struct system_source *system = NULL;
	return system_source_open(watch->scale, &system, ret_source, err);
}

static void close_system(void *context, struct status_source *source)
{
	(void)context;
	system_source_close(source->context);
}

/* A unit changed, or jobs came and went. */
static int on_unit(sd_bus_message *message, void *context, sd_bus_error *error)
{
	struct watch *watch = context;
	(void)message;
	(void)error;
	collector_poke(watch->collector, false);
	return 0;
}

/* Everything here is asynchronous: a bus that hangs must not hold up the loop. */
static void connect_bus(struct watch *watch)
{
	struct error err = { 0 };
	if (bus_open(&watch->bus, &err) < 0) {
		error_clear(&err);
		return;
	}
	int result = sd_bus_attach_event(watch->bus, watch->event, SD_EVENT_PRIORITY_NORMAL);
	if (result >= 0)
		result = sd_bus_call_method_async(watch->bus, NULL, BUS_MANAGER, "Subscribe", NULL, NULL, NULL);
	for (size_t i = 0; result >= 0 && i < watch->box->health_count; i++) {
		autofree char *path = system_unit_path(watch->box->health[i].unit);
		result = sd_bus_match_signal_async(watch->bus, NULL, BUS_SYSTEMD, path, "org.freedesktop.DBus.Properties",
						   "PropertiesChanged", on_unit, NULL, watch);
	}
	if (result < 0)
		fprintf(stderr, "hie: no signals of systemd: %s\n", strerrordesc_np(-result));
}

static void disconnect_bus(struct watch *watch)
{
	if (!watch->bus)
		return;
	sd_bus_detach_event(watch->bus);
	watch->bus = sd_bus_close_unref(watch->bus);
}

/* Arms a timer that goes on; accuracy matters to nobody, so that wake-ups can be shared. */
static void again(sd_event_source *source, uint64_t microseconds)
{
	sd_event_source_set_time_relative(source, microseconds);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_bus_timer(sd_event_source *source, uint64_t time, void *context)
{
	struct watch *watch = context;
	(void)time;
	if (!watch->bus || sd_bus_is_open(watch->bus) <= 0) {
		disconnect_bus(watch);
		connect_bus(watch);
	}
	again(source, BUS_RETRY);
	return 0;
}

/* The watchdog is fed only as long as collections come to their end. */
static int on_watchdog(sd_event_source *source, uint64_t time, void *context)
{
	struct watch *watch = context;
	struct collected last;
	(void)time;
	if (collector_last(watch->collector, &last)
	    && (clock_seconds() - last.finished) * (double)SECOND < (double)watch->watchdog)
		sd_notify(0, "WATCHDOG=1");
	collected_clear(&last);
	again(source, watch->watchdog / 3);
	return 0;
}

static int on_collected(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct watch *watch = context;
	struct collected last;
	eventfd_t count;
	(void)source;
	(void)events;
	if (eventfd_read(fd, &count) < 0 || !collector_last(watch->collector, &last))
		return 0;
	if (!watch->ready || !text_equal(watch->sentence, last.sentence)) {
		sd_notifyf(0, "%sSTATUS=%s", watch->ready ? "" : "READY=1\n", last.sentence);
		fprintf(stderr, "hie: %s\n", last.sentence);
		free(watch->sentence);
		watch->sentence = steal(last.sentence);
	}
	watch->ready = true;
	collected_clear(&last);
	return 0;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct watch *watch = context;
	(void)source;
	(void)events;
	control_accept(&watch->control, fd);
	return 0;
}

/* rtnetlink(7): only that something changed counts, not what. */
static int on_addresses(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct watch *watch = context;
	char message[8192];
	(void)source;
	(void)events;
	while (recv(fd, message, sizeof message, MSG_DONTWAIT) > 0)
		continue;
	collector_poke(watch->collector, true);
	return 0;
}

static int open_netlink(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
	autofd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (const struct sockaddr *)(const void *)&address, sizeof address) < 0)
		return -1;
	return steal_fd(fd);
}

/* systemd's socket (hie-control.socket), which is there before us and stays when we go; else our own. */
static int open_listener(const struct watch *watch, struct error *err)
{
	autofree char *path = path_join(watch->root, CONTROL_SOCKET);
	autofree char *directory = path_directory(path);
	if (sd_listen_fds(1) > 0) {
		int flags = fcntl(SD_LISTEN_FDS_START, F_GETFL);
		if (flags >= 0 && fcntl(SD_LISTEN_FDS_START, F_SETFL, flags | O_NONBLOCK) == 0)
			return SD_LISTEN_FDS_START;
	}
	return directory_make(directory, 0755, err) < 0 ? -1 : control_listen(path, err);
}

static int add_sources(struct watch *watch)
{
	int result = sd_event_add_io(watch->event, NULL, watch->listener, EPOLLIN, on_client, watch);
	if (result >= 0)
		result = sd_event_add_io(watch->event, NULL, watch->collected_fd, EPOLLIN, on_collected, watch);
	if (result >= 0 && watch->netlink >= 0)
		result = sd_event_add_io(watch->event, NULL, watch->netlink, EPOLLIN, on_addresses, watch);
	if (result >= 0)
		result = sd_event_add_signal(watch->event, NULL, SIGTERM, NULL, NULL);
	if (result >= 0)
		result = sd_event_add_signal(watch->event, NULL, SIGINT, NULL, NULL);
	if (result >= 0)
		result = sd_event_add_time_relative(watch->event, NULL, CLOCK_MONOTONIC, 0, SECOND, on_bus_timer, watch);
	if (result >= 0 && watch->watchdog)
		result = sd_event_add_time_relative(watch->event, NULL, CLOCK_MONOTONIC, watch->watchdog / 3,
						    watch->watchdog / 20, on_watchdog, watch);
	return result;
}

/* A box.json that cannot be used is said, and the rest goes on: people must be able to see why. */
static void load_box(struct watch *watch, const char *file)
{
	struct error err = { 0 };
	if (box_load(file, &watch->box, &err) < 0) {
		fprintf(stderr, "hie: %s\n", err.message);
		watch->unreadable = steal(err.message);
		watch->unreadable[strcspn(watch->unreadable, "\n")] = '\0';
		watch->box = box_unknown();
	}
	error_clear(&err);
}

/* Who besides root may ask: the page, and who we are ourselves. */
static void find_users(struct watch *watch)
{
	const struct owner_names names = { .user = "hie-page", .what = "the control socket" };
	struct provision provision = { .root = watch->root, .box = watch->box, .owners = true };
	struct owner owner;
	struct error unknown = { 0 };
	watch->control.users[watch->control.user_count++] = geteuid();
	if (owner_find(&provision, &names, &owner, &unknown) == 0)
		watch->control.users[watch->control.user_count++] = owner.user;
	error_clear(&unknown);
}

static int begin(struct watch *watch, struct error *err)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before the first thread, so that only the loop gets them */
	watch->listener = open_listener(watch, err);
	watch->netlink = open_netlink();
	if (watch->listener < 0)
		return -1;
	if (sd_watchdog_enabled(0, &watch->watchdog) <= 0)
		watch->watchdog = 0;
	struct collector_settings settings = {
		.root = watch->root, .box = watch->box, .unreadable = watch->unreadable, .open = open_system,
		.close = close_system, .context = watch, .chores = chores,
		.longest = watch->watchdog ? (double)watch->watchdog / (double)SECOND / 4 : 0,
	};
	if (collector_start(&settings, &watch->collector, &watch->collected_fd, err) < 0)
		return -1;
	watch->control.root = watch->root;
	watch->control.box = watch->box;
	watch->control.system = watch_system(watch->collector);
	find_users(watch);
	control_init(&watch->control);
	int result = sd_event_new(&watch->event);
	if (result >= 0)
		result = add_sources(watch);
	return result < 0 ? error_set_errno(err, -result, "cannot start the loop") : 0;
}

int watch_run(const char *root, const char *box_file, struct error *err)
{
	struct watch watch = { .root = root, .listener = -1, .netlink = -1, .scale = timescale_read(root) };
	mallopt(M_ARENA_MAX, 2); /* threads come and go: one more heap is enough for all of them */
	mallopt(M_MMAP_THRESHOLD, 256 << 10); /* a record of megabytes is given back with it, not kept for a next one */
	load_box(&watch, box_file);
	int result = begin(&watch, err);
	if (result == 0 && sd_event_loop(watch.event) < 0)
		result = error_set(err, "the loop broke");
	sd_notify(0, "STOPPING=1");
	if (watch.control.root)
		control_clear(&watch.control);
	disconnect_bus(&watch);
	sd_event_unref(watch.event);
	collector_stop(watch.collector);
	if (watch.listener >= 0)
		close(watch.listener);
	if (watch.netlink >= 0)
		close(watch.netlink);
	free(watch.sentence);
	free(watch.unreadable);
	box_free(watch.box);
	return result;
}
