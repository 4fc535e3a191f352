/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * TSIG keys: in the store, and as a snapshot to verify with.
 *
 * STORE_KEYS: the key's name in key form, relative to the root ->
 *
 *      1 byte   version, 1 or 2
 *      1 byte   algorithm (enum hmac_algorithm)
 *      1 byte   flags: 1 disabled, 2 may be used with HMAC-MD5
 *      8 bytes  created, seconds since 1970
 *      2 bytes  length of the secret
 *      n bytes  secret
 *
 * and in version 2, for keys that were rotated or used:
 *
 *      8 bytes  until when the previous secret is good, seconds
 *      2 bytes  length of the previous secret; 0: none
 *      n bytes  previous secret
 *      8 bytes  used last, seconds; 0: never seen
 *      1 byte   length of the address
 *      n bytes  the address that used it, as text
 *
 * A snapshot belongs to one thread: each thread that verifies loads its own, and loads it anew when
 * store_settings_version() differs from what keyring_version() says. Contexts are made when a key
 * is first used. Secrets are wiped when memory is given back, and are never logged.
 */
#include "acl/hmac.h"
#include "base/addr.h"
#include "dns/name.h"
#include "store/store.h"
#include <stdbool.h>

#define KEYRING_SECRET_MAX 512

/* A key as it is stored and shown. A plain value, to be wiped. */
struct keyring_key {
	struct dns_name name;
	enum hmac_algorithm algorithm;
	bool is_disabled;
	bool has_md5_leave; /* HMAC-MD5 was allowed for this very key; else such a key proves
			       nothing */
	uint64_t created;   /* seconds since 1970 */
	uint16_t secret_len;
	uint8_t secret[KEYRING_SECRET_MAX];
	/* After a rotation: what verifies too, before `previous_until`. */
	uint64_t previous_until;
	uint16_t previous_len;
	uint8_t previous[KEYRING_SECRET_MAX];
	/* As it was last written: some time ago. */
	uint64_t used;
	char used_from[ADDR_TEXT_MAX];
};

void keyring_key_wipe(struct keyring_key *);

/* A new random secret, as long as the algorithm's MAC. Aborts if the machine has no randomness. */
void keyring_key_generate(struct keyring_key *, const struct dns_name *name, enum hmac_algorithm,
			  uint64_t now);

/*
 * The store's side. A put replaces a key of the same name; put and del note that settings have
 * changed. False: no such key (or an error, which sticks to the transaction).
 */
bool keyring_get(struct store_txn *, const struct dns_name *, struct keyring_key *out);
void keyring_put(struct store_txn *, const struct keyring_key *);
bool keyring_del(struct store_txn *, const struct dns_name *);

/* A new random secret; the one that was is good until `until`. */
void keyring_key_rotate(struct keyring_key *, uint64_t until);

/* Writes down a use, if the key is still there. No setting changes by it. */
void keyring_used(struct store_txn *, const struct dns_name *, uint64_t at, const struct addr *);

/* All keys in canonical order of their names. `each` returns false to stop; it must not change the
 * table. */
void keyring_walk(struct store_txn *, bool (*each)(void *context, const struct keyring_key *),
		  void *context);

struct keyring;

/* All keys. Never NULL; a damaged table gives what could be read, and txn->error. */
struct keyring *keyring_load(struct store_txn *);
void keyring_free(struct keyring *);
size_t keyring_count(const struct keyring *);

/* store_settings_version() as it was when this was loaded. */
uint64_t keyring_version(const struct keyring *);

/* A key of a snapshot; it lives as long as the snapshot. */
struct keyring_entry {
	struct dns_name name;
	struct hmac_key key;
	bool is_disabled, has_md5_leave;
	struct hmac *hmac; /* made by keyring_hmac */
	uint64_t previous_until;
	struct hmac_key previous; /* len 0: none */
	struct hmac *previous_hmac;
};

/* NULL: there is no key of this name. */
struct keyring_entry *keyring_find(const struct keyring *, const struct dns_name *);

/* The entry's context. NULL: OpenSSL does not offer its algorithm. */
struct hmac *keyring_hmac(struct keyring_entry *);

/* The same of the previous secret; NULL also when it is no longer good, or there was none. */
struct hmac *keyring_hmac_previous(struct keyring_entry *, uint64_t now);
