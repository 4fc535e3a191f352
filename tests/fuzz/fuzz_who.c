/* SPDX-License-Identifier: BSD-2-Clause */
/* Principals: what is taken is one word, says the same when it is read again, and has at most one
 * name of its own. */
#include "acl/who.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char text[2 * WHO_TEXT_MAX] = "";
	struct who who, again;
	struct dns_name own, same;
	memcpy(text, data, len < sizeof(text) - 1 ? len : sizeof(text) - 1);
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
