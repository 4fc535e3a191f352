/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The store key: seals the secrets of TSIG keys, so that store, log and backups hold no secret in
 * clear. It is a file outside of the store, STORE_KEY_FILE in the data folder, mode 0600, a line a
 * key; a line that begins with `#` says nothing:
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
 * A set of store keys only grows, and any thread may seal and unseal meanwhile; store_key_add is
 * called by one thread at a time. Bytes of keys are wiped when memory is given back.
 */
#include "dns/name.h"

#define STORE_KEY_FILE      "store.key"
#define STORE_KEY_LEN       32
#define STORE_KEY_PRINT_LEN 8
#define STORE_KEY_LINES_MAX 256
#define STORE_KEY_OVERHEAD  40 /* bytes that sealing adds */
#define STORE_KEY_ERROR_MAX 512
#define STORE_KEY_FILE_MAX  ((size_t)STORE_KEY_LINES_MAX * 80 + 256)

/* What names a store key; number 0: none. */
struct store_key_id {
	uint32_t number;
	uint8_t fingerprint[STORE_KEY_PRINT_LEN];
};

/* "1 (8f0c4455aa01b2c3)"; returns `out`. */
#define STORE_KEY_ID_TEXT_MAX 40
char *store_key_id_print(const struct store_key_id *, char out[STORE_KEY_ID_TEXT_MAX]);
bool store_key_id_equal(const struct store_key_id *, const struct store_key_id *);

struct store_key;

/* A set without keys: it seals and unseals nothing. */
struct store_key *store_key_new(void);
void store_key_free(struct store_key *);

/* A new random key, with a number higher than all others and than `above`. False: there are as many
 * as there may be. Aborts if the machine has no randomness. */
bool store_key_add(struct store_key *, uint32_t above);
/* The keys of `from` that are not there are added. False: they are too many. */
bool store_key_merge(struct store_key *, const struct store_key *from);

/*
 * Adds the keys of a file's text: all, or none with a reason in `error`, as it stands behind the
 * file's name. Strict: 32 bytes a key, no number 0, no key twice.
 */
bool store_key_parse(struct store_key *, const char *text, size_t len,
		     char error[STORE_KEY_ERROR_MAX]);
/* The text of a file, to be wiped; returns its length. */
size_t store_key_print(const struct store_key *, char out[STORE_KEY_FILE_MAX]);

/*
 * The keys of the file in this folder, added. False: `error` names the file and says what is wrong
 * with it: cannot be read, others than its owner may read it, ...; `*is_absent`: there is no file.
 */
bool store_key_read(struct store_key *, const char *folder, bool *is_absent,
		    char error[STORE_KEY_ERROR_MAX]);
/* Writes the file: whole into the place of what was there, on the disk when it returns. */
bool store_key_write(const struct store_key *, const char *folder, char error[STORE_KEY_ERROR_MAX]);

size_t store_key_count(const struct store_key *);
/* The key that seals; number 0: there is none. */
struct store_key_id store_key_current(const struct store_key *);
bool store_key_has(const struct store_key *, const struct store_key_id *);

/* Seals for the TSIG key of this name. `out` has room for STORE_KEY_OVERHEAD bytes more; returns
 * the length, or 0: there is no store key. */
size_t store_key_seal(const struct store_key *, const struct dns_name *, struct bytes secret,
		      uint8_t *out);

/* Which store key sealed these bytes. False: they are too short to be sealed. */
bool store_key_of(struct bytes sealed, struct store_key_id *);

/* Unseals `sealed.len - STORE_KEY_OVERHEAD` bytes into `out`. NULL, or why not (then `out` is
 * wiped): the store key is not there, or the bytes were changed, or are another name's. */
const char *store_key_unseal(const struct store_key *, const struct dns_name *, struct bytes sealed,
			     uint8_t *out);
