/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * TSIG keys: as rows of decided state (journal/state.h, STATE_KEY), and as a snapshot to verify
 * with. A row has the key's name in key form, relative to the root, as its key, and these fields:
 *
 *      algorithm        "hmac-sha256", ...
 *      created          seconds since 1970
 *      disabled         flag
 *      allow-md5        flag: may be used with HMAC-MD5
 *      sealed           the secret, sealed by a store key (acl/store_key.h), in hexadecimal
 *      previous-until   of a key that was rotated: until when its previous secret is good, seconds
 *      previous         that secret, sealed, in hexadecimal
 *
 * No row holds a secret in clear: it is sealed when it is put, and what is sealed already is put
 * unchanged. A snapshot unseals all secrets when it is loaded. A key whose secret cannot be
 * unsealed is known, and proves nothing.
 *
 * A snapshot belongs to one thread: each thread that verifies loads its own, and loads it anew when
 * store_settings_version() differs from what keyring_version() says. Contexts are made when a key
 * is first used. Secrets are wiped when memory is given back, and are never logged.
 */
#include "acl/hmac.h"
#include "acl/store_key.h"
#include "base/hash_table.h"
#include "dns/name.h"
#include "journal/state.h"
#include <stdbool.h>

#define KEYRING_SECRET_MAX 512
#define KEYRING_SEALED_MAX (KEYRING_SECRET_MAX + STORE_KEY_OVERHEAD)

/* A key. A plain value, to be wiped. */
struct keyring_key {
	struct dns_name name;
	enum hmac_algorithm algorithm;
	bool is_disabled;
	bool has_md5_leave;  /* HMAC-MD5 was allowed for this very key; else such a key proves
				nothing */
	uint64_t created;    /* seconds since 1970 */
	uint16_t secret_len; /* 0: it was not unsealed */
	uint8_t secret[KEYRING_SECRET_MAX];
	uint16_t sealed_len; /* 0: it was not sealed yet */
	uint8_t sealed[KEYRING_SEALED_MAX];
	/* After a rotation: what verifies too, before `previous_until`; 0: there was none. */
	uint64_t previous_until;
	uint16_t previous_len;
	uint8_t previous[KEYRING_SECRET_MAX];
	uint16_t previous_sealed_len;
	uint8_t previous_sealed[KEYRING_SEALED_MAX];
};

void keyring_key_wipe(struct keyring_key *);

/* A new random secret, as long as the algorithm's MAC. Aborts if the machine has no randomness. */
void keyring_key_generate(struct keyring_key *, const struct dns_name *name, enum hmac_algorithm,
			  uint64_t now);

/* A new random secret; the one that was is good until `until`, also if it was not unsealed. */
void keyring_key_rotate(struct keyring_key *, uint64_t until);

/* Unseals its secrets. NULL, or why the secret cannot be unsealed; a previous secret that cannot
 * be is left out. */
const char *keyring_key_unseal(struct keyring_key *, const struct store_key *);

/* Bytes of the secret, also when it was not unsealed. */
size_t keyring_key_size(const struct keyring_key *);

/* The stored key; its secrets stay sealed. False: no such key (or an error, which sticks to the
 * transaction). */
bool keyring_get(struct store_txn *, const struct dns_name *, struct keyring_key *out);

/*
 * A row as it is to be; it replaces one of the same name. Secrets that are sealed are put as they
 * are, others are sealed. False: there is no store key to seal with, and nothing is put.
 */
bool keyring_put(struct state_edit *, const struct store_key *, const struct keyring_key *);
/* False: no such key. */
bool keyring_del(struct state_edit *, const struct dns_name *);

/* The key of a row, whose name is in key form, with sealed secrets. False: it is no key's. */
bool keyring_unpack(struct keyring_key *, struct bytes name, struct bytes row);

/* All keys in canonical order of their names, with sealed secrets. `each` returns false to stop; it
 * must not change the table. */
void keyring_walk(struct store_txn *, bool (*each)(void *context, const struct keyring_key *),
		  void *context);

/* The store keys that the stored keys are sealed by, each once, the first `room` of them; returns
 * how many there are. */
size_t keyring_store_keys(struct store_txn *, struct store_key_id *, size_t room);

struct keyring;

/* All keys, unsealed. Never NULL; a damaged table gives what could be read, and txn->error. */
struct keyring *keyring_load(struct store_txn *, const struct store_key *);
void keyring_free(struct keyring *);
size_t keyring_count(const struct keyring *);

/* How many keys could not be unsealed; `needs` gets the store key of the first of them. */
size_t keyring_sealed_count(const struct keyring *, struct store_key_id *needs);

/* store_settings_version() as it was when this was loaded. */
uint64_t keyring_version(const struct keyring *);

/* A key of a snapshot; it lives as long as the snapshot. */
struct keyring_entry {
	struct hash_link link;
	struct dns_name name;
	struct hmac_key key;
	bool is_disabled, has_md5_leave;
	bool is_sealed;    /* its secret could not be unsealed: `key` is empty */
	struct hmac *hmac; /* made by keyring_hmac */
	uint64_t previous_until;
	struct hmac_key previous; /* len 0: none */
	struct hmac *previous_hmac;
};

/* NULL: there is no key of this name. */
struct keyring_entry *keyring_find(const struct keyring *, const struct dns_name *);

/* The entry's context. NULL: its secret is sealed, or OpenSSL does not offer its algorithm. */
struct hmac *keyring_hmac(struct keyring_entry *);

/* The same of the previous secret; NULL also when it is no longer good, or there was none. */
struct hmac *keyring_hmac_previous(struct keyring_entry *, uint64_t now);
