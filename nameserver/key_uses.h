/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Notes when and from where each TSIG key was last used. Uses are kept in memory, and written each
 * minute and at the end (server/daemon.c), so that a request costs no write. At most KEY_USES_MAX
 * keys are noted. Any thread.
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

/* The last use since the start, otherwise the last that was written. False: there is none. */
bool key_uses_find(struct key_uses *, struct store_txn *, const struct dns_name *key,
		   uint64_t *used, char from[ADDR_TEXT_MAX]);

/* The last use since the start. False: there is none. */
bool key_uses_recent(struct key_uses *, const struct dns_name *key, uint64_t *used,
		     char from[ADDR_TEXT_MAX]);

/* Removes the uses of a key that is deleted in this transaction. Writer's thread. */
void key_uses_forget(struct key_uses *, struct store_txn *, const struct dns_name *key);

/* Gives uses that are not written yet to the writer. Does not wait. */
void key_uses_flush(struct core *);
