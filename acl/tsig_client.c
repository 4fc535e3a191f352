/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/tsig_client.h"
#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#define OTHER_MAX 64 /* what DNS_TSIG_VARIABLES_MAX has room for */

bool tsig_client_of(struct tsig_client *out, const struct keyring_entry *entry, bool is_previous,
		    uint64_t now)
{
	const struct hmac_key *key = is_previous ? &entry->previous : &entry->key;
	*out = (struct tsig_client){.key = entry->name};
	if (entry->is_disabled || key->len == 0 || (is_previous && now >= entry->previous_until))
		return false;
	struct hmac *hmac = hmac_new(key);
	if (!hmac)
		return false;
	hmac_free(hmac);
	const char *problem =
		dns_name_parse_text(&out->algorithm, hmac_by_number(key->algorithm)->name);
	assert(!problem);
	out->secret = *key;
	return true;
}

size_t tsig_client_size(const struct tsig_client *out)
{
	return dns_tsig_size(&out->key, &out->algorithm,
			     hmac_by_number(out->secret.algorithm)->mac_len, 0);
}

/* The MAC over the pieces and the TSIG's variables behind them. */
static size_t tsig_client_compute(const struct tsig_client *out, const struct dns_tsig *tsig,
				  struct bytes pieces[static 5], size_t count,
				  uint8_t mac[HMAC_MAC_MAX])
{
	uint8_t variables[DNS_TSIG_VARIABLES_MAX];
	struct bytes_out vars = bytes_out_of(variables, sizeof(variables));
	dns_tsig_variables(tsig, false, &vars);
	assert(!vars.full);
	pieces[count++] = bytes_of(variables, bytes_out_len(&vars));
	size_t len = hmac_once(&out->secret, pieces, count, mac);
	if (len == 0)
		abort(); /* tsig_client_of() has tried it */
	return len;
}

size_t tsig_client_sign(struct tsig_client *out, uint8_t *buffer, size_t len, size_t cap,
			uint64_t now)
{
	struct dns_tsig tsig = dns_tsig_for(bytes_of(buffer, len), &out->key, &out->algorithm, now);
	struct bytes pieces[5] = {bytes_of(buffer, len)};
	out->mac_len = (uint8_t)tsig_client_compute(out, &tsig, pieces, 1, out->mac);
	tsig.mac = bytes_of(out->mac, out->mac_len);
	return dns_tsig_append(&tsig, buffer, len, cap);
}

/* RFC 8945 4.3: the request's MAC behind its length, then the answer as it was signed. */
static bool is_signed_by(const struct tsig_client *out, const struct dns_msg *answer)
{
	uint8_t head[DNS_HEADER_LEN], mac_len[2] = {0, out->mac_len}, mac[HMAC_MAC_MAX];
	struct bytes_out patch = bytes_out_of(head, sizeof(head));
	bytes_out_put(&patch, answer->packet.data, sizeof(head));
	bytes_out_patch_u16(&patch, 0, answer->tsig.original_id);
	bytes_out_patch_u16(&patch, DNS_OFFSET_ARCOUNT,
			    (uint16_t)(answer->count[DNS_ADDITIONAL] - 1));
	struct bytes pieces[5] = {
		bytes_of(mac_len, sizeof(mac_len)),
		bytes_of(out->mac, out->mac_len),
		bytes_of(head, sizeof(head)),
		bytes_of(answer->packet.data + sizeof(head), answer->tsig_at - sizeof(head)),
	};
	size_t len = tsig_client_compute(out, &answer->tsig, pieces, 4, mac);
	return answer->tsig.mac.len == len && hmac_equal(mac, answer->tsig.mac.data, len);
}

const char *tsig_client_verify(const struct tsig_client *out, const struct dns_msg *answer,
			       uint64_t now, uint16_t *error)
{
	const struct dns_tsig *tsig = &answer->tsig;
	*error = 0;
	if (!answer->has_tsig)
		return "the answer is not signed";
	if (!dns_name_equal(&tsig->key, &out->key) ||
	    !dns_name_equal(&tsig->algorithm, &out->algorithm))
		return "the answer is signed with another key";
	*error = tsig->error;
	if (tsig->error == DNS_BADKEY)
		return "the peer does not know the key (BADKEY)";
	if (tsig->error == DNS_BADSIG)
		return "the peer has another secret under the key's name (BADSIG)";
	if (tsig->other.len > OTHER_MAX || !is_signed_by(out, answer))
		return "the answer's signature is wrong";
	if (tsig->error == DNS_BADTIME)
		return "the clocks of the two servers differ too much (BADTIME)";
	uint64_t apart = now > tsig->time ? now - tsig->time : tsig->time - now;
	if (apart > tsig->fudge)
		return "the answer's signature is of another time";
	return tsig->error ? "the peer refuses the signature" : NULL;
}

void tsig_client_wipe(struct tsig_client *out)
{
	OPENSSL_cleanse(&out->secret, sizeof(out->secret));
}
