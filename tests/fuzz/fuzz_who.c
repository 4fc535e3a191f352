/* SPDX-License-Identifier: BSD-2-Clause */
/* Principals: what is taken is one word, says the same when it is read again, and has at most one
 * name of its own. */
#include "acl/policy.h"
#include "acl/realm.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The settings of realms are lists of such words. */
static void fuzz_realms(const char *text)
{
	struct who who;
	struct arena arena = {0};
	struct realms realms = {0};
	if (!realms_parse(&realms, text, &arena)) {
		for (size_t i = 0; i < realms.count; i++)
			assert(!realm_fault(realms.names[i]) &&
			       realms_name(&realms, realms.names[i]));
	}
	if (!realms_parse_suffix(&realms, text, &arena) && realms.suffix_count > 0) {
		assert(!realm_fault(realms.suffixes[0].realm));
		assert(!who_parse(&who, "gss:PC1$@R"));
		struct policy_asker asker = policy_asker_of(&who, NULL, false);
		policy_asker_in_realm(&asker, &realms, true);
		struct dns_name own;
		for (size_t at = 0; policy_next_own_name(&asker, &at, &own);)
			assert(policy_is_own_name(&asker, &own));
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char text[2 * WHO_TEXT_MAX] = "";
	struct who who, again;
	struct dns_name own, same;
	memcpy(text, data, len < sizeof(text) - 1 ? len : sizeof(text) - 1);
	fuzz_realms(text);
	if (who_parse(&who, text))
		return 0;
	assert(strlen(who.text) < sizeof(who.text));
	for (const char *c = who.text; *c; c++)
		assert((unsigned char)*c > ' ' && *c != 0x7f);
	assert(!who_parse(&again, who.text));
	assert(who_equal(&who, &again) && who.kind == again.kind);
	assert(!(who_is_unbound(&who) && who_is_authenticated(&who)));
	if (who_own_name(&who, &own)) {
		assert(who_is_authenticated(&who) && own.labels > 0);
		assert(dns_name_from_wire(&same, bytes_of(own.wire, own.len)));
	}
	if (who.kind == WHO_KEY && who_own_name(&who, &own)) {
		assert(who_of_key(&again, &own));
		assert(who_equal(&who, &again));
	}
	struct dns_name suffix = dns_name_root();
	if (who_own_name_under(&who, &suffix, &own))
		assert(who.kind == WHO_GSS && who_realm(&who) && own.labels > 0);
	return 0;
}
