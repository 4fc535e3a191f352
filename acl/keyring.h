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
 *      rotated          when the secret was made anew; a key that never was lacks it
 *      previous-until   of a key that was rotated: until when its previous secret is good, seconds
 *      previous         that secret, sealed, in hexadecimal
 *
 * No row holds a secret in clear: keyring_put seals it, unless it is sealed already. A snapshot
 * unseals all secrets when it is loaded. A key whose secret cannot be unsealed exists, but verifies
 * nothing.
 *
 * A snapshot (struct keyring) belongs to one thread, which reads the rows again that changed since
 * (store/settings.h). Contexts of OpenSSL are made when a key is
 * first used. Secrets are wiped before memory is freed, and are never logged.
 */
#include "acl/hmac.h"
#include "acl/store_key.h"
#include "base/hash_table.h"
#include "base/must_use.h"
#include "dns/name.h"
#include "journal/state.h"
#include <stdbool.h>

#define KEYRING_SECRET_MAX 512
#define KEYRING_SEALED_MAX (KEYRING_SECRET_MAX + STORE_KEY_OVERHEAD)

/* A key: a plain value, which must be wiped. */
struct keyring_key {
	struct dns_name name;
	enum hmac_algorithm algorithm;
	bool is_disabled;
	bool has_md5_leave;  /* HMAC-MD5 is allowed for this key; otherwise such a key verifies
				nothing */
	uint64_t created;    /* seconds since 1970 */
	uint64_t rotated;    /* when its secret was made anew; 0: it is as old as the key */
	uint16_t secret_len; /* 0: it was not unsealed */
	uint8_t secret[KEYRING_SECRET_MAX];
	uint16_t sealed_len; /* 0: it was not sealed yet */
	uint8_t sealed[KEYRING_SEALED_MAX];
	/* The previous secret of a rotated key, which verifies until `previous_until`; 0: none. */
	uint64_t previous_until;
	uint16_t previous_len;
	uint8_t previous[KEYRING_SECRET_MAX];
	uint16_t previous_sealed_len;
	uint8_t previous_sealed[KEYRING_SEALED_MAX];
};

void keyring_key_wipe(struct keyring_key *);

/* Makes a key with a random secret as long as the algorithm's MAC. Aborts if the system gives no
 * random bytes. */
void keyring_key_generate(struct keyring_key *, const struct dns_name *name, enum hmac_algorithm,
			  uint64_t now);

/* Gives the key a new random secret. The old one, which need not be unsealed, verifies until
 * `until`, in seconds. */
void keyring_key_rotate(struct keyring_key *, uint64_t now, uint64_t until);

/* Since when it has its secret, seconds. */
uint64_t keyring_key_since(const struct keyring_key *);

/* Unseals the secrets. Returns NULL, or why the secret cannot be unsealed, a constant phrase. A
 * previous secret that cannot be unsealed is dropped. */
MUST_USE const char *keyring_key_unseal(struct keyring_key *, const struct store_key *);

/* The length of the secret in bytes, also if it is sealed. */
size_t keyring_key_size(const struct keyring_key *);

/* Reads a stored key, with sealed secrets. False: there is none, or the transaction failed. */
bool keyring_get(struct store_txn *, const struct dns_name *, struct keyring_key *out);

/*
 * Puts a key, for an entry of the log; it replaces one of the same name. Secrets that are not
 * sealed are sealed. False: there is no store key, and nothing is put. Writer's thread.
 */
bool keyring_put(struct state_edit *, const struct store_key *, const struct keyring_key *);
/* Removes a key, for an entry of the log. False: there is none. Writer's thread. */
bool keyring_del(struct state_edit *, const struct dns_name *);

/* Unpacks the row of a key, whose name is in key form; secrets remain sealed. False: it is no such
 * row. */
MUST_USE bool keyring_unpack(struct keyring_key *, struct bytes name, struct bytes row);

/* Calls `each` for each key in canonical order of the names, with sealed secrets, until it returns
 * false. It must not change the table. */
void keyring_walk(struct store_txn *, bool (*each)(void *context, const struct keyring_key *),
		  void *context);

/* Writes the ids of the store keys that seal stored keys, each once, at most `room`. Returns how
 * many there are. */
size_t keyring_store_keys(struct store_txn *, struct store_key_id *, size_t room);

struct keyring;

/* Loads and unseals all keys. Never NULL; of a damaged table it has what could be read, and
 * txn->error is set. keyring_free frees. */
struct keyring *keyring_load(struct store_txn *, const struct store_key *);
void keyring_free(struct keyring *);
size_t keyring_count(const struct keyring *);

/* How many keys could not be unsealed; `*needs` is the store key that the first of them by name
 * needs. Looks at all keys if there are such. */
size_t keyring_sealed_count(const struct keyring *, struct store_key_id *needs);

/* Reads the row of one key again, by its key of STATE_KEY: it changed, is new or is gone. What was
 * found of it before is not valid any more. */
void keyring_update(struct keyring *, struct store_txn *, struct bytes name);

/* A key of a snapshot, valid as long as the snapshot. */
struct keyring_entry {
	struct hash_link link;
	struct dns_name name;
	struct hmac_key key;
	bool is_disabled, has_md5_leave;
	bool is_sealed;            /* its secret could not be unsealed: `key` is empty */
	struct store_key_id needs; /* the store key, if it is sealed */
	struct hmac *hmac;         /* made by keyring_hmac */
	uint64_t previous_until;
	struct hmac_key previous; /* len 0: none */
	struct hmac *previous_hmac;
};

/* The key with this name; NULL: there is none. */
struct keyring_entry *keyring_find(const struct keyring *, const struct dns_name *);

/* The name of a key that may be meant by one that is not there, in the arena; NULL: none. */
const char *keyring_nearest(const struct keyring *, const struct dns_name *, struct arena *);

/* The context of the key. NULL: its secret is sealed, or OpenSSL does not offer its algorithm. */
struct hmac *keyring_hmac(struct keyring_entry *);

/* The context of the previous secret. NULL: there is none, or it no longer verifies at `now`, in
 * seconds. */
struct hmac *keyring_hmac_previous(struct keyring_entry *, uint64_t now);
