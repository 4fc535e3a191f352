/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/sid.h"
#include <stdio.h>

#define AUTHORITY_MAX 0xffffffffffffull

/* Of S-1-5-21-a-b-c-rid. */
#define DOMAIN_PARTS 5

bool sid_read(struct bytes_in *in, struct sid *sid)
{
	struct sid read = {0};
	uint8_t revision = bytes_in_u8(in);
	read.count = bytes_in_u8(in);
	read.authority = bytes_in_u48(in);
	if (revision != 1 || read.count == 0 || read.count > SID_PARTS_MAX)
		return false;
	for (unsigned i = 0; i < read.count; i++)
		read.parts[i] = __builtin_bswap32(bytes_in_u32(in));
	if (in->bad)
		return false;
	*sid = read;
	return true;
}

/* Digits up to the next `-` or the end, moving behind them. False: none, or too large a number. */
static bool sid_number(const char **at, const char *end, uint64_t most, uint64_t *number)
{
	const char *start = *at;
	*number = 0;
	for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
		*number = *number * 10 + (uint64_t)(**at - '0');
		if (*number > most)
			return false;
	}
	return *at > start;
}

bool sid_parse(const char *text, size_t len, struct sid *sid)
{
	const char *at = text, *end = text + len;
	struct sid read = {0};
	uint64_t part;
	if (len < 4 || (text[0] != 'S' && text[0] != 's') || memcmp(text + 1, "-1-", 3) != 0)
		return false;
	at += 4;
	if (!sid_number(&at, end, AUTHORITY_MAX, &read.authority))
		return false;
	while (at < end) {
		if (*at++ != '-' || read.count == SID_PARTS_MAX ||
		    !sid_number(&at, end, UINT32_MAX, &part))
			return false;
		read.parts[read.count++] = (uint32_t)part;
	}
	if (read.count == 0)
		return false;
	*sid = read;
	return true;
}

char *sid_print(const struct sid *sid, char out[SID_TEXT_MAX])
{
	int at = snprintf(out, SID_TEXT_MAX, "S-1-%llu", (unsigned long long)sid->authority);
	for (unsigned i = 0; i < sid->count; i++)
		at += snprintf(out + at, SID_TEXT_MAX - (size_t)at, "-%u", sid->parts[i]);
	return out;
}

int sid_compare(const struct sid *a, const struct sid *b)
{
	if (a->authority != b->authority)
		return a->authority < b->authority ? -1 : 1;
	for (unsigned i = 0; i < a->count && i < b->count; i++)
		if (a->parts[i] != b->parts[i])
			return a->parts[i] < b->parts[i] ? -1 : 1;
	return (a->count > b->count) - (a->count < b->count);
}

bool sid_equal(const struct sid *a, const struct sid *b)
{
	return sid_compare(a, b) == 0;
}

bool sid_is(const struct sid *sid, const char *text)
{
	struct sid other;
	return sid_parse(text, strlen(text), &other) && sid_equal(sid, &other);
}

bool sid_is_everyone(const struct sid *sid)
{
	return sid_is(sid, SID_EVERYONE) || sid_is(sid, SID_AUTHENTICATED);
}

bool sid_is_of_domain(const struct sid *sid)
{
	return sid->authority == 5 && sid->count == DOMAIN_PARTS && sid->parts[0] == 21;
}

uint32_t sid_rid(const struct sid *sid)
{
	return sid->count ? sid->parts[sid->count - 1] : 0;
}

struct sid sid_domain(const struct sid *account)
{
	struct sid domain = *account;
	if (domain.count)
		domain.parts[--domain.count] = 0;
	return domain;
}

struct sid sid_with_rid(const struct sid *domain, uint32_t rid)
{
	struct sid sid = *domain;
	if (sid.count == 0 || sid.count == SID_PARTS_MAX)
		return (struct sid){0};
	sid.parts[sid.count++] = rid;
	return sid;
}
