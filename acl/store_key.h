/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Store keys: seal (encrypt) the secrets of TSIG keys, so that store, log and backups hold no
 * secret in clear. They are in a file outside of the store, STORE_KEY_FILE in the data folder, of
 * mode 0600, a key on each line; a line that begins with `#` is a comment:
 *
 *      1 8f0c...64 hexadecimal digits
 *      2 ...
 *
 * The last line seals; all of them unseal, because the log still holds what older ones sealed. A
 * key's fingerprint is the first 8 bytes of the SHA-256 of its bytes: number and fingerprint
 * together name it. Sealed bytes are AES-256-GCM:
 *
 *      4 bytes   number of the store key
 *      8 bytes   its fingerprint
 *      12 bytes  nonce, random
 *      n bytes   the secret, encrypted
 *      16 bytes  tag: over these, the 12 bytes in front and the TSIG key's name
 *
 * A set of store keys (struct store_key) only grows. Any thread may seal and unseal at any time;
 * one thread at a time may call store_key_add. Keys are wiped before memory is freed.
 */
#include "base/must_use.h"
#include "dns/name.h"

#define STORE_KEY_FILE      "store.key"
#define STORE_KEY_LEN       32
#define STORE_KEY_PRINT_LEN 8
#define STORE_KEY_LINES_MAX 256
#define STORE_KEY_OVERHEAD  40 /* bytes that sealing adds */
#define STORE_KEY_ERROR_MAX 512
#define STORE_KEY_FILE_MAX  ((size_t)STORE_KEY_LINES_MAX * 80 + 256)

/* The name of a store key; number 0: none. */
struct store_key_id {
	uint32_t number;
	uint8_t fingerprint[STORE_KEY_PRINT_LEN];
};

/* Writes "1 (8f0c4455aa01b2c3)". Returns `out`. */
#define STORE_KEY_ID_TEXT_MAX 40
char *store_key_id_print(const struct store_key_id *, char out[STORE_KEY_ID_TEXT_MAX]);
bool store_key_id_equal(const struct store_key_id *, const struct store_key_id *);

struct store_key;

/* A set without keys, which seals and unseals nothing. store_key_free frees. */
struct store_key *store_key_new(void);
void store_key_free(struct store_key *);

/* Adds a random key, with a number higher than all others and than `above`. False: the set is full.
 * Aborts if the system gives no random bytes. */
MUST_USE bool store_key_add(struct store_key *, uint32_t above);
/* Adds the keys of `from` that the set does not have. False: the set is full. */
MUST_USE bool store_key_merge(struct store_key *, const struct store_key *from);

/*
 * Adds the keys of the text of a file, all or none. A key must have 32 bytes and a number that is
 * not 0, and none may occur twice. False: `error` is a reason, to be printed behind the file's
 * name.
 */
MUST_USE bool store_key_parse(struct store_key *, const char *text, size_t len,
			      char error[STORE_KEY_ERROR_MAX]);
/* Writes the text of a file, which the caller wipes. Returns its length. */
size_t store_key_print(const struct store_key *, char out[STORE_KEY_FILE_MAX]);

/*
 * Adds the keys of the file in this folder. False: `error` names the file and says what is wrong,
 * as that others than its owner may read it; `*is_absent` is true if there is no file.
 */
MUST_USE bool store_key_read(struct store_key *, const char *folder, bool *is_absent,
			     char error[STORE_KEY_ERROR_MAX]);
/* Replaces the file, which is on the disk when it returns. False: `error` says why not. */
MUST_USE bool store_key_write(const struct store_key *, const char *folder,
			      char error[STORE_KEY_ERROR_MAX]);

size_t store_key_count(const struct store_key *);
/* The key that seals, the last one; number 0: there is none. */
struct store_key_id store_key_current(const struct store_key *);
bool store_key_has(const struct store_key *, const struct store_key_id *);

/* A secret for another purpose, which is a constant phrase: derived from the first key, which stays
 * when others are added. The caller wipes it. False: there is no key. */
MUST_USE bool store_key_derive(const struct store_key *, const char *purpose,
			       uint8_t out[STORE_KEY_LEN]);

/* Seals the secret of the TSIG key with this name. `out` must have room for the secret and
 * STORE_KEY_OVERHEAD bytes. Returns the length; 0: there is no store key. */
MUST_USE size_t store_key_seal(const struct store_key *, const struct dns_name *,
			       struct bytes secret, uint8_t *out);

/* The id of the store key that sealed these bytes. False: they are too short. */
MUST_USE bool store_key_of(struct bytes sealed, struct store_key_id *);

/* Unseals to `out`, `sealed.len - STORE_KEY_OVERHEAD` bytes. Returns NULL, or why not, a constant
 * phrase, and wipes `out`: the store key is missing, the bytes were changed, or are of another
 * name. */
MUST_USE const char *store_key_unseal(const struct store_key *, const struct dns_name *,
				      struct bytes sealed, uint8_t *out);
