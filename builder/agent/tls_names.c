#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include "agent/tls.h"

#define KEPT_SECONDS (INT64_C(30) * 86400)
#define KEPT_MAX 8u

void tls_names_clear(struct tls_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i].name);
	free(names->items);
	*names = (struct tls_names){ 0 };
}

const struct tls_name *tls_names_find(const struct tls_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (text_equal(names->items[i].name, name))
			return &names->items[i];
	return NULL;
}

void tls_names_add(struct tls_names *names, const char *name, int64_t seen)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!text_equal(names->items[i].name, name))
			continue;
		if (seen > names->items[i].seen)
			names->items[i].seen = seen;
		return;
	}
	names->items = array_grow(names->items, names->count, &names->capacity, sizeof *names->items);
	names->items[names->count++] = (struct tls_name){ text_copy(name), seen };
}

/* Addresses that mean something within one network only: loopback, RFC 1918, link-local (RFC 3927), shared
 * (RFC 6598), unique local (RFC 4193). */
static const struct {
	int family;
	unsigned char address[16], mask[16];
	const char *text;      /* as openssl's x509v3_config(5) wants it */
} networks[] = {
	{ AF_INET, { 127 }, { 255 }, "127.0.0.0/255.0.0.0" },
	{ AF_INET, { 10 }, { 255 }, "10.0.0.0/255.0.0.0" },
	{ AF_INET, { 172, 16 }, { 255, 240 }, "172.16.0.0/255.240.0.0" },
	{ AF_INET, { 192, 168 }, { 255, 255 }, "192.168.0.0/255.255.0.0" },
	{ AF_INET, { 169, 254 }, { 255, 255 }, "169.254.0.0/255.255.0.0" },
	{ AF_INET, { 100, 64 }, { 255, 192 }, "100.64.0.0/255.192.0.0" },
	{ AF_INET6, { 0xfc }, { 0xfe }, "fc00::/fe00::" },
	{ AF_INET6, { 0xfe, 0x80 }, { 0xff, 0xc0 }, "fe80::/ffc0::" },
	{ AF_INET6, { [15] = 1 },
	  { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 },
	  "::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
};

char *tls_constraints(const char *box_name)
{
	struct buffer out = { 0 };
	buffer_format(&out, "critical, permitted;DNS:%s, permitted;DNS:local, permitted;DNS:localhost", box_name);
	for (size_t i = 0; i < LENGTH(networks); i++)
		buffer_format(&out, ", permitted;IP:%s", networks[i].text);
	return buffer_steal(&out);
}

static bool is_private(const char *text)
{
	unsigned char address[16];
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	size_t length = family == AF_INET ? 4 : 16;
	if (inet_pton(family, text, address) != 1)
		return false;
	for (size_t i = 0; i < LENGTH(networks); i++) {
		bool inside = networks[i].family == family;
		for (size_t k = 0; inside && k < length; k++)
			inside = (address[k] & networks[i].mask[k]) == networks[i].address[k];
		if (inside)
			return true;
	}
	return false;
}

/* A constraint vouches for the name itself and for what lies below it. */
static bool is_below(const char *name, const char *permitted)
{
	size_t length = strlen(name), size = strlen(permitted);
	return text_ends(name, permitted) && (length == size || name[length - size - 1] == '.');
}

bool tls_permitted(const char *box_name, const char *name)
{
	if (text_starts(name, "IP:"))
		return is_private(name + strlen("IP:"));
	if (!text_starts(name, "DNS:"))
		return false;
	name += strlen("DNS:");
	return is_below(name, box_name) || is_below(name, "local") || is_below(name, "localhost");
}

/* The addresses that the box has now. None is fine: the network may come later. */
static void add_addresses(struct strings *names)
{
	struct ifaddrs *all = NULL;
	if (getifaddrs(&all) < 0)
		return;
	for (struct ifaddrs *one = all; one; one = one->ifa_next) {
		char text[INET6_ADDRSTRLEN] = "";
		if (!one->ifa_addr || one->ifa_flags & IFF_LOOPBACK)
			continue;
		if (one->ifa_addr->sa_family == AF_INET) {
			inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)one->ifa_addr)->sin_addr, text,
				  sizeof text);
		} else if (one->ifa_addr->sa_family == AF_INET6) {
			struct in6_addr *address = &((struct sockaddr_in6 *)(void *)one->ifa_addr)->sin6_addr;
			if (!IN6_IS_ADDR_LINKLOCAL(address))
				inet_ntop(AF_INET6, address, text, sizeof text);
		}
		if (text[0])
			strings_format(names, "IP:%s", text);
	}
	freeifaddrs(all);
}

void tls_names_now(const struct provision *provision, const char *authority_name, struct tls_names *names)
{
	/* 10.0.2.2 is how a machine inside QEMU's user network reaches a forwarded port */
	static const char *const always[] = { "DNS:localhost", "IP:127.0.0.1", "IP:::1", "IP:10.0.2.2",
					      "IP:" ACCESS_POINT_ADDRESS, NULL };
	autostrings struct strings wanted = { 0 };
	strings_format(&wanted, "DNS:%s", provision->box->name);
	strings_format(&wanted, "DNS:%s.local", provision->box->name);
	strings_add_all(&wanted, always);
	if (provision->on_box)
		add_addresses(&wanted);
	for (size_t i = 0; i < wanted.count; i++)
		if (tls_permitted(authority_name, wanted.items[i]))
			tls_names_add(names, wanted.items[i], time(NULL));
}

void tls_names_keep(struct tls_names *names, const struct tls_names *before, int64_t now)
{
	for (size_t kept = 0; kept < KEPT_MAX; kept++) {
		const struct tls_name *latest = NULL;
		for (size_t i = 0; i < before->count; i++) {
			const struct tls_name *one = &before->items[i];
			if (text_starts(one->name, "IP:") && one->seen > now - KEPT_SECONDS && one->seen <= now
			    && !tls_names_find(names, one->name) && (!latest || one->seen > latest->seen))
				latest = one;
		}
		if (!latest)
			return;
		tls_names_add(names, latest->name, latest->seen);
	}
}
