/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The internals of a load, for load.c and load_*.c alone. */
#include "zonedb/load.h"

struct load_record {
	const char *owner; /* NULL: nothing was said of it beside its data */
	uint64_t stamp;
	enum record_class class;
	bool is_guest, lacks_ptr;
	uint16_t window;
	uint32_t ttl;
	unsigned line;
	uint16_t type, key_len, rdata_len;
	uint8_t data[]; /* key form of the name, then the record's data */
};

struct load {
	struct dns_name apex;
	struct arena arena;
	struct load_record **records;
	size_t count, room;
	bool is_sorted;
	const char *last_owner; /* many records in a row have the same */
	char error[DNS_NAME_TEXT_MAX + 128];
};

static inline struct bytes load_key(const struct load_record *record)
{
	return bytes_of(record->data, record->key_len);
}

static inline struct bytes load_rdata(const struct load_record *record)
{
	return bytes_of(record->data + record->key_len, record->rdata_len);
}

/* Where the records of the name at `start` end. */
size_t load_name_end(const struct load *, size_t start);
