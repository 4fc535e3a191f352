/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/stats.h"
#include "dns/type.h"
#include <stdatomic.h>
#include <stddef.h>

static const struct {
	const char *name, *help;
} words[] = {
#define X(code, name, help) {name, help},
	STATS_TABLE(X)
#undef X
};

void stats_add(struct stats *stats, enum stats_counter counter)
{
	atomic_fetch_add_explicit(&stats->counter[counter], 1, memory_order_relaxed);
}

void stats_add_many(struct stats *stats, enum stats_counter counter, uint64_t n)
{
	atomic_fetch_add_explicit(&stats->counter[counter], n, memory_order_relaxed);
}

void stats_add_rcode(struct stats *stats, unsigned rcode)
{
	switch (rcode) {
	case DNS_NOERROR:
		stats_add(stats, STATS_RCODE_NOERROR);
		return;
	case DNS_FORMERR:
		stats_add(stats, STATS_RCODE_FORMERR);
		return;
	case DNS_SERVFAIL:
		stats_add(stats, STATS_RCODE_SERVFAIL);
		return;
	case DNS_NXDOMAIN:
		stats_add(stats, STATS_RCODE_NXDOMAIN);
		return;
	case DNS_NOTIMP:
		stats_add(stats, STATS_RCODE_NOTIMP);
		return;
	case DNS_REFUSED:
		stats_add(stats, STATS_RCODE_REFUSED);
		return;
	default:
		stats_add(stats, STATS_RCODE_OTHER);
	}
}

uint64_t stats_get(const struct stats *stats, enum stats_counter counter)
{
	return atomic_load_explicit(&stats->counter[counter], memory_order_relaxed);
}

const char *stats_name(enum stats_counter counter)
{
	return words[counter].name;
}

const char *stats_help(enum stats_counter counter)
{
	return words[counter].help;
}
