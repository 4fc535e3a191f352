/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/keyring.h"
#include "tests/scenarios/scenario.h"
#include <assert.h>

/* The key of the scenario's principal, as the store has it. */
static void key_find(struct scenario *scenario, const struct dns_name *name,
		     struct keyring_key *key)
{
	dispatcher_begin(&scenario->dispatcher);
	bool is_there = keyring_get(scenario->dispatcher.snapshot.txn, name, key);
	dispatcher_end(&scenario->dispatcher);
	if (!is_there)
		scenario_fail(scenario, "the key is not there");
	const char *problem = keyring_key_unseal(key, scenario->core->store_key);
	if (problem)
		scenario_fail(scenario, "the key: %s", problem);
}

static size_t mac_of(const struct keyring_key *key, const struct bytes *pieces, size_t count,
		     uint8_t out[HMAC_MAC_MAX])
{
	struct hmac_key secret;
	assert(hmac_key_set(&secret, key->algorithm, bytes_of(key->secret, key->secret_len)));
	return hmac_once(&secret, pieces, count, out);
}

static struct dns_tsig tsig_make(struct scenario *scenario, const struct manner *manner,
				 const struct keyring_key *key)
{
	struct dns_tsig tsig = {
		.key = key->name,
		.time = scenario->now + (uint64_t)manner->time_skew,
		.fudge = manner->fudge ? manner->fudge : DNS_TSIG_FUDGE,
		.original_id = scenario->id,
	};
	assert(!dns_name_parse_text(&tsig.algorithm, hmac_by_number(key->algorithm)->name));
	if (manner->flaw && strcmp(manner->flaw, "badkey") == 0)
		assert(!dns_name_parse_text(&tsig.key, "nobody-knows-this-key"));
	if (manner->flaw && strcmp(manner->flaw, "badalg") == 0)
		assert(!dns_name_parse_text(&tsig.algorithm, "hmac-sha3"));
	return tsig;
}

void sign_request(struct scenario *scenario, const struct manner *manner)
{
	struct keyring_key key;
	struct dns_name name;
	assert(!dns_name_parse_text(&name, manner->principal + strlen("key:")));
	key_find(scenario, &name, &key);
	struct dns_tsig tsig = tsig_make(scenario, manner, &key);
	if (manner->has_other_original_id)
		tsig.original_id ^= 0x5555;
	uint8_t variables[DNS_TSIG_VARIABLES_MAX], id[2];
	struct bytes_out out = bytes_out_of(variables, sizeof variables);
	dns_tsig_variables(&tsig, false, &out);
	id[0] = (uint8_t)(tsig.original_id >> 8);
	id[1] = (uint8_t)tsig.original_id;
	struct bytes pieces[] = {bytes_of(id, 2),
				 bytes_of(scenario->request + 2, scenario->request_len - 2),
				 bytes_of(variables, bytes_out_len(&out))};
	size_t len = mac_of(&key, pieces, 3, scenario->request_mac);
	if (manner->mac_len)
		len = manner->mac_len;
	if (manner->flaw && strcmp(manner->flaw, "badmac") == 0)
		scenario->request_mac[0] ^= 1;
	scenario->request_mac_len = len;
	tsig.mac = bytes_of(scenario->request_mac, len);
	struct bytes_out whole = bytes_out_of(scenario->request, sizeof scenario->request);
	bytes_out_room(&whole, scenario->request_len);
	dns_tsig_write(&tsig, &whole);
	if (whole.full)
		scenario_fail(scenario, "the signature does not fit");
	uint16_t count = (uint16_t)(scenario->request[10] << 8 | scenario->request[11]);
	bytes_out_patch_u16(&whole, 10, (uint16_t)(count + 1));
	scenario->request_len = bytes_out_len(&whole);
}

void sign_check(struct scenario *scenario)
{
	struct dns_msg msg;
	enum dns_rcode rcode = dns_msg_open(&msg, bytes_of(scenario->answer, scenario->answer_len));
	if (rcode != DNS_NOERROR || !msg.has_tsig)
		scenario_fail(scenario, "the answer is not signed");
	struct keyring_key key;
	key_find(scenario, &msg.tsig.key, &key);
	uint8_t head[DNS_HEADER_LEN], len[2], mac[HMAC_MAC_MAX];
	uint8_t variables[DNS_TSIG_VARIABLES_MAX];
	memcpy(head, scenario->answer, sizeof head);
	struct bytes_out patch = bytes_out_of(head, sizeof head);
	bytes_out_room(&patch, sizeof head);
	bytes_out_patch_u16(&patch, 0, msg.tsig.original_id);
	bytes_out_patch_u16(&patch, 10, (uint16_t)(msg.count[DNS_ADDITIONAL] - 1));
	len[0] = 0;
	len[1] = (uint8_t)scenario->request_mac_len;
	struct bytes_out out = bytes_out_of(variables, sizeof variables);
	dns_tsig_variables(&msg.tsig, false, &out);
	struct bytes pieces[] = {
		bytes_of(len, 2),
		bytes_of(scenario->request_mac, scenario->request_mac_len),
		bytes_of(head, sizeof head),
		bytes_of(scenario->answer + sizeof head, msg.tsig_at - sizeof head),
		bytes_of(variables, bytes_out_len(&out)),
	};
	mac_of(&key, pieces, 5, mac);
	if (msg.tsig.mac.len == 0 || memcmp(mac, msg.tsig.mac.data, msg.tsig.mac.len) != 0)
		scenario_fail(scenario, "the answer's signature does not verify");
}
