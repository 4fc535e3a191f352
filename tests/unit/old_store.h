/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Bytes as tenure 0.1.0 packed them (vault/migrate_row.h), and a small store of schema 1: zone
 * corp.example with one host, a rule, a group, a reservation, a TSIG key and a setting. Asserts
 * what fails.
 */
#include "dns/name.h"
#include "store/store.h"

#define OLD_SECRET "secret"

/* A key or a value, while it is written. */
struct old {
	uint8_t data[4096];
	size_t len;
};

struct bytes old_bytes(const struct old *);
void old_put(struct old *, const void *data, size_t len);
/* `width` bytes, the highest first. */
void old_number(struct old *, uint64_t value, size_t width);
/* 2 tag, 2 length, the value. */
void old_field(struct old *, uint16_t tag, const void *data, size_t len);
void old_number_field(struct old *, uint16_t tag, uint64_t value);

struct dns_name old_name(const char *text);

/* Keys: of a zone ('a', or 'd' without its end), of a word, of a number, of a name in a zone. */
struct old old_apex_key(uint8_t kind, const char *apex);
struct old old_word(const char *text);
struct old old_id(uint64_t id, size_t width);
struct old old_name_key(uint32_t id, const char *label);
struct old old_tsig_key(void);

/* Values. Version 2 of a key has a previous secret and a last use. */
struct old old_zone(uint32_t id);
void old_rules(struct old *, const char *apex, const char *text);
struct old old_group(uint8_t flags, uint16_t count);
void old_member(struct old *, const char *text);
struct old old_tsig(uint8_t version);
/* A name's head, and an RRset of one dynamic record of principal 1. */
struct old old_node(uint64_t seq);
void old_rrset(struct old *, uint16_t type, const void *data, size_t len);

/* Writes the store into a folder, which is made. */
void old_store_make(const char *folder);
