/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/refusal_code.h"
#include "dns/type.h"
#include <string.h>

static const char *const event_words[] = {
#define X(constant, word) [constant] = word,
	REFUSAL_EVENTS(X)
#undef X
};

static const char *const code_words[] = {[REFUSAL_NO_CODE] = NULL,
#define X(constant, word, sentence) [REFUSAL_##constant] = word,
					 POLICY_REASONS(X)
#undef X
#define X(constant, word) [constant] = word,
						 REFUSALS(X)
#undef X
};

const char *refusal_event_word(enum refusal_event event)
{
	return event_words[event];
}

bool refusal_event_parse(const char *word, enum refusal_event *event)
{
	for (size_t i = 0; i < sizeof event_words / sizeof *event_words; i++) {
		const char *known = event_words[i];
		if (known ? !word || strcmp(word, known) != 0 : word != NULL)
			continue;
		*event = (enum refusal_event)i;
		return true;
	}
	return false;
}

const char *refusal_word(enum refusal_code code)
{
	return code_words[code];
}

enum refusal_code refusal_code_parse(const char *word)
{
	for (size_t i = 1; word && i < sizeof code_words / sizeof *code_words; i++)
		if (strcmp(word, code_words[i]) == 0)
			return (enum refusal_code)i;
	return REFUSAL_NO_CODE;
}

enum refusal_code refusal_code_of_policy(enum policy_reason reason)
{
	return (enum refusal_code)(REFUSAL_POLICY_NOT_BOUND + (int)reason - (int)POLICY_NOT_BOUND);
}

enum refusal_code refusal_code_of_tsig(unsigned error)
{
	switch (error) {
	case DNS_BADSIG:
		return REFUSAL_BADSIG;
	case DNS_BADTIME:
		return REFUSAL_BADTIME;
	case DNS_BADTRUNC:
		return REFUSAL_BADTRUNC;
	default:
		return REFUSAL_BADKEY;
	}
}
