/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "outbound/notify_targets.h"
#include "dns/rdata.h"
#include "zonedb/lookup.h"
#include <errno.h>
#include <ifaddrs.h>
#include <unistd.h>

/* The list while it grows. */
struct targets {
	struct snapshot *snapshot;
	const struct zone *zone;
	const struct notify_self *self;
	const struct notify_peer *peer; /* for which it grows now */
	struct notify_target *out;
	size_t count;
};

static bool is_any(const struct addr *a)
{
	return a->any.sa_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr)
					    : a->v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

static bool is_loopback(const struct addr *a)
{
	return a->any.sa_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr)
					    : ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
}

static bool has_host_of(const struct addr *a, const struct addr *b)
{
	char left[ADDR_TEXT_MAX], right[ADDR_TEXT_MAX];
	addr_print_host(a, left);
	addr_print_host(b, right);
	return strcmp(left, right) == 0;
}

static struct addr notify_targets_addr_of(const struct sockaddr *from)
{
	struct addr a = {0};
	a.len = from->sa_family == AF_INET6 ? sizeof(a.v6) : sizeof(a.v4);
	memcpy(&a, from, a.len);
	return a;
}

/* Whether this machine has the address. */
static bool is_of_machine(const struct addr *a)
{
	struct ifaddrs *all, *one;
	bool is_there = is_loopback(a);
	if (is_there || getifaddrs(&all) != 0)
		return is_there;
	for (one = all; one && !is_there; one = one->ifa_next) {
		if (!one->ifa_addr || one->ifa_addr->sa_family != a->any.sa_family)
			continue;
		struct addr own = notify_targets_addr_of(one->ifa_addr);
		is_there = has_host_of(&own, a);
	}
	freeifaddrs(all);
	return is_there;
}

bool notify_self_is(const struct notify_self *self, const struct addr *a)
{
	for (size_t i = 0; i < self->count; i++) {
		const struct addr *listen = &self->listen[i];
		if (listen->any.sa_family != a->any.sa_family || addr_port(listen) != addr_port(a))
			continue;
		if (has_host_of(listen, a) || (is_any(listen) && is_of_machine(a)))
			return true;
	}
	return false;
}

static bool is_double(const struct targets *t, const struct notify_target *target)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct notify_target *other = &t->out[i];
		if (target->has_address != other->has_address)
			continue;
		if (target->has_address ? addr_equal(&target->addr, &other->addr)
					: dns_name_equal(&target->ns, &other->ns))
			return true;
	}
	return false;
}

static void notify_targets_add(struct targets *t, const struct notify_target *target)
{
	if (t->count < NOTIFY_TARGETS_MAX && !is_double(t, target))
		t->out[t->count++] = *target;
}

/* An A or AAAA record's address, with the peer's port. */
static struct addr addr_of_record(struct bytes rdata, const struct addr *peer)
{
	struct addr a = {0};
	if (rdata.len == 4) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(addr_port(peer));
		memcpy(&a.v4.sin_addr, rdata.data, 4);
		a.len = sizeof(a.v4);
	} else {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(addr_port(peer));
		memcpy(&a.v6.sin6_addr, rdata.data, 16);
		a.len = sizeof(a.v6);
	}
	return a;
}

/* Returns how many there are, ours not counted out. */
static size_t add_addresses(struct targets *t, struct notify_target *target,
			    const struct node *node, uint16_t type)
{
	struct node_rrset rrset;
	struct node_record record;
	size_t count = 0;
	if (!node_find(node, type, &rrset))
		return 0;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	for (; node_next_record(&in, &record); count++) {
		target->addr = addr_of_record(record.rdata, &t->peer->addr);
		target->has_address = true;
		if (!notify_self_is(t->self, &target->addr))
			notify_targets_add(t, target);
	}
	return count;
}

static void add_server(struct targets *t, const struct dns_name *name)
{
	struct notify_target target = {
		.is_ns = true, .ns = *name, .has_key = t->peer->has_key, .key = t->peer->key};
	const struct zone *zone = zoneset_find(t->snapshot->zones, name);
	struct node node;
	size_t count = 0;
	if (zone && lookup_node(t->snapshot->txn, zone, name, &node)) {
		count += add_addresses(t, &target, &node, DNS_TYPE_A);
		count += add_addresses(t, &target, &node, DNS_TYPE_AAAA);
	}
	if (count > 0)
		return;
	target.has_address = false;
	target.addr = t->peer->addr;
	notify_targets_add(t, &target);
}

static void notify_targets_add_servers(struct targets *t)
{
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	struct dns_soa soa;
	struct dns_name name;
	struct bytes rdata;
	uint32_t ttl;
	if (!zone_soa(t->snapshot->txn, t->zone, &rdata, &ttl) || !dns_soa_unpack(rdata, &soa) ||
	    !lookup_node(t->snapshot->txn, t->zone, &t->zone->apex, &node) ||
	    !node_find(&node, DNS_TYPE_NS, &rrset))
		return;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	while (node_next_record(&in, &record))
		if (dns_name_from_wire(&name, record.rdata) && !dns_name_equal(&name, &soa.mname))
			add_server(t, &name);
}

size_t notify_targets(struct snapshot *snapshot, const struct zone *zone,
		      const struct notify_self *self, struct arena *arena,
		      struct notify_target out[NOTIFY_TARGETS_MAX])
{
	struct notify_list list;
	struct targets t = {.snapshot = snapshot, .zone = zone, .self = self, .out = out};
	if (!zone->notify[0] || notify_list_parse(&list, zone->notify, arena))
		return 0;
	/* What is listed by itself comes first: its key counts where a name server is the same. */
	for (size_t i = 0; i < list.count; i++) {
		t.peer = &list.peer[i];
		struct notify_target target = {.has_address = true,
					       .addr = t.peer->addr,
					       .has_key = t.peer->has_key,
					       .key = t.peer->key};
		if (!t.peer->is_ns)
			notify_targets_add(&t, &target);
	}
	for (size_t i = 0; i < list.count; i++) {
		t.peer = &list.peer[i];
		if (t.peer->is_ns)
			notify_targets_add_servers(&t);
	}
	return t.count;
}

static int socket_from(const struct addr *source, const struct addr *target)
{
	int fd = socket(target->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if ((!source || bind(fd, &source->any, source->len) == 0) &&
	    connect(fd, &target->any, target->len) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* The address to send from instead; NULL: the kernel's choice is well. */
static const struct addr *better_source(const struct notify_self *self, const struct addr *chosen,
					const struct addr *target)
{
	const struct addr *first = NULL;
	for (size_t i = 0; i < self->count; i++) {
		const struct addr *listen = &self->listen[i];
		if (listen->any.sa_family != target->any.sa_family)
			continue;
		if (is_any(listen) || has_host_of(listen, chosen))
			return NULL;
		if (!first && is_loopback(listen) == is_loopback(target))
			first = listen;
	}
	return first;
}

int notify_connect(const struct notify_self *self, const struct addr *target)
{
	struct addr chosen = {.len = sizeof(chosen.v6)};
	int fd = socket_from(NULL, target);
	if (fd < 0 || getsockname(fd, &chosen.any, &chosen.len) != 0)
		return fd;
	const struct addr *source = better_source(self, &chosen, target);
	if (!source)
		return fd;
	struct addr from = *source;
	if (from.any.sa_family == AF_INET6)
		from.v6.sin6_port = 0;
	else
		from.v4.sin_port = 0;
	int other = socket_from(&from, target);
	if (other < 0)
		return fd;
	close(fd);
	return other;
}
