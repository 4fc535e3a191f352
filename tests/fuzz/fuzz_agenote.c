/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What files say of records' ages: what is read, written as `zone export` writes it, reads as the
 * same; what is wrong is placed inside the text.
 */
#include "base/timeword.h"
#include "dns/age_note.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_again(const struct dns_age *age)
{
	static const char *const words[] = {NULL, "static", "dynamic", "pinned"};
	char text[DNS_AGE_OWNER_MAX + 128], stamp[TIMEWORD_TEXT_MAX];
	struct dns_age again;
	size_t at;
	time_print(age->stamp, stamp);
	int n = snprintf(text, sizeof text, "tenure owner=%.*s stamp=%s class=%s",
			 (int)age->owner_len, age->owner, stamp, words[age->class]);
	/* A NUL in the owner is for who parses owners. */
	if (memchr(age->owner, '\0', age->owner_len))
		return;
	assert(n > 0 && (size_t)n < sizeof text);
	assert(!dns_age_of_comment(text, (size_t)n, &again, &at));
	assert(again.class == age->class && again.stamp == age->stamp);
	assert(again.owner_len == age->owner_len);
	assert(memcmp(again.owner, age->owner, age->owner_len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct dns_age age;
	size_t at;
	const char *wrong = dns_age_of_comment(text, len, &age, &at);
	assert(at <= len);
	assert(!wrong || age.class == DNS_AGE_UNSAID);
	if (age.class != DNS_AGE_UNSAID) {
		assert(age.owner >= text && age.owner + age.owner_len <= text + len);
		read_again(&age);
	}
	if (!dns_age_of_note(text, len, &age)) {
		assert(dns_age_is_note(text, len));
		assert((age.class == DNS_AGE_DYNAMIC || age.stamp == 0) && age.stamp % 3600 == 0);
	}
	return 0;
}
