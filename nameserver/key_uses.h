/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * When each TSIG key was used last, and from where. Kept in memory; what is new is left for the
 * writer now and then (daemon.c: each minute, and at the end), so that no request costs a write.
 * Any thread. It holds so many keys; of more, some are not told.
 *
 * What is written is local state (journal/local.h): `key-use:` and the key's name in key form ->
 * 8 bytes of seconds and the address as text.
 */
#include "base/addr.h"
#include "dns/name.h"
#include "store/store.h"
#include <stdint.h>

#define KEY_USES_MAX 1024

struct core;
struct key_uses;

struct key_uses *key_uses_new(void);
void key_uses_free(struct key_uses *);

void key_uses_note(struct key_uses *, const struct dns_name *key, uint64_t now,
		   const struct addr *source);

/* The last use since the start, else the last one that was written. False: there was none. */
bool key_uses_find(struct key_uses *, struct store_txn *, const struct dns_name *key,
		   uint64_t *used, char from[ADDR_TEXT_MAX]);

/* The last use since the start alone. */
bool key_uses_recent(struct key_uses *, const struct dns_name *key, uint64_t *used,
		     char from[ADDR_TEXT_MAX]);

/* Of a key that is deleted in this transaction: writer's thread. */
void key_uses_forget(struct key_uses *, struct store_txn *, const struct dns_name *key);

/* Leaves for the writer what was not yet written. */
void key_uses_flush(struct core *);
