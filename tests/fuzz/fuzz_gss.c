/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests that are signed by a security context (RFC 3645), from anywhere: whoever is
 * verified is the context's principal, each outcome can be answered within its reserve, and every
 * hold is given back. The first byte says what the mechanism, which is a fake one, will find.
 */
#include "acl/tsig_server.h"
#include <assert.h>
#include <stdlib.h>

#define NOW 1767603600

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned live;
static uint8_t told; /* 1: the MIC is right; 2: nothing can be signed any more */

static bool verify(void *security, struct bytes message, struct bytes mic)
{
	assert(security && message.len > DNS_HEADER_LEN && mic.len <= GSS_CONTEXT_MIC_MAX);
	return told & 1;
}

static size_t sign(void *security, struct bytes message, uint8_t mic[GSS_CONTEXT_MIC_MAX])
{
	assert(security && message.len >= DNS_HEADER_LEN);
	memset(mic, 0x55, GSS_CONTEXT_MIC_MAX);
	return told & 2 ? 0 : GSS_CONTEXT_MIC_MAX;
}

static void drop(void *security)
{
	free(security);
	live--;
}

static const struct gss_context_mechanism fake = {verify, sign, drop};

static void put(struct gss_context_table *table, const char *key, bool is_of_windows)
{
	struct gss_context_made made = {
		.algorithm = is_of_windows ? GSS_CONTEXT_MICROSOFT : GSS_CONTEXT_TSIG,
		.expires = NOW + 3600,
		.is_of_windows = is_of_windows,
		.security = malloc(1),
	};
	made.source.any.sa_family = AF_INET;
	assert(!dns_name_parse_text(&made.key, key) && !who_parse(&made.who, "gss:PC-1$@R"));
	gss_context_release(gss_context_put(table, &made, NOW));
	live++;
}

static void answer(const struct identity *id)
{
	uint8_t buffer[DNS_HEADER_LEN + 1024] = {0};
	size_t room = DNS_HEADER_LEN + identity_reserve(id);
	assert(room <= sizeof buffer);
	size_t len = identity_sign(id, NULL, buffer, DNS_HEADER_LEN, room, NOW);
	assert(len <= room && (len > DNS_HEADER_LEN) == (buffer[11] == 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct gss_context_limits limits = {4, 4};
	struct identity id;
	struct dns_msg msg;
	enum gss_context_algorithm algorithm;
	if (len < 1 || dns_msg_open(&msg, bytes_of(data + 1, len - 1)) != DNS_NOERROR ||
	    !msg.has_tsig || !gss_context_algorithm_of(&msg.tsig.algorithm, &algorithm))
		return 0;
	told = data[0];
	struct gss_context_table *table = gss_context_table_new(&limits, &fake);
	put(table, "a.example", false);
	put(table, "b.example", true);
	struct identity_policy policy = {.contexts = table};
	enum identity_outcome outcome = tsig_server_identify(NULL, &policy, &msg, NOW, &id);
	assert(outcome != IDENTITY_UNSIGNED);
	assert((outcome == IDENTITY_VERIFIED) == (strcmp(id.who.text, "gss:PC-1$@R") == 0));
	assert(outcome != IDENTITY_VERIFIED || told & 1);
	gss_context_table_free(table);
	answer(&id);
	identity_wipe(&id);
	assert(live == 0);
	return 0;
}
