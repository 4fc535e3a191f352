/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * When each TSIG key was used last, and from where. Kept in memory; what is new is left for the
 * writer now and then (daemon.c: each minute, and at the end), so that no request costs a write.
 * Any thread. It holds so many keys; of more, some are not told.
 */
#include "base/addr.h"
#include "dns/name.h"
#include <stdint.h>

#define KEY_USES_MAX 1024

struct core;
struct key_uses;

struct key_uses *key_uses_new(void);
void key_uses_free(struct key_uses *);

void key_uses_note(struct key_uses *, const struct dns_name *key, uint64_t now,
		   const struct addr *source);

/* The last use since the start. False: there was none. */
bool key_uses_find(struct key_uses *, const struct dns_name *key, uint64_t *used,
		   struct addr *source);

/* Leaves for the writer what was not yet written. */
void key_uses_flush(struct core *);
