/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/age_note.h"
#include "base/timeword.h"
#include <string.h>
#include <strings.h>

#define HOURS_TO_1970 3234576ull
#define HOURS_MAX     (HOURS_TO_1970 + 253402300799ull / 3600)

#define OURS "tenure owner="

/* One `name=value` of a comment. */
struct word {
	const char *value;
	size_t len;
};

/* Takes the next word, which must be `name`; false: it is another, or none. */
static bool age_note_take_word(const char *text, size_t len, size_t *at, const char *name,
			       struct word *word)
{
	size_t name_len = strlen(name);
	while (*at < len && (text[*at] == ' ' || text[*at] == '\t'))
		++*at;
	if (len - *at <= name_len || memcmp(text + *at, name, name_len) != 0 ||
	    text[*at + name_len] != '=')
		return false;
	*at += name_len + 1;
	word->value = text + *at;
	while (*at < len && text[*at] != ' ' && text[*at] != '\t')
		++*at;
	word->len = (size_t)(text + *at - word->value);
	return true;
}

static bool age_note_read_stamp(const struct word *word, uint64_t *stamp)
{
	char text[TIMEWORD_TEXT_MAX];
	/* A date in full: `now` and `7d` would be another time at each reading. */
	if (word->len >= sizeof(text) || word->len < 10 || word->value[4] != '-' ||
	    memchr(word->value, '\0', word->len))
		return false;
	memcpy(text, word->value, word->len);
	text[word->len] = '\0';
	return time_parse(text, 0, stamp);
}

static bool age_note_read_class(const struct word *word, enum dns_age_class *class)
{
	static const char *const words[] = {NULL, "static", "dynamic", "pinned", "derived"};
	for (unsigned i = DNS_AGE_STATIC; i <= DNS_AGE_DERIVED; i++) {
		if (strlen(words[i]) == word->len &&
		    memcmp(words[i], word->value, word->len) == 0) {
			*class = (enum dns_age_class)i;
			return true;
		}
	}
	return false;
}

const char *dns_age_of_comment(const char *text, size_t len, struct dns_age *age, size_t *at)
{
	struct word owner, stamp, class;
	struct dns_age read = {.class = DNS_AGE_UNSAID};
	*age = read;
	*at = 0;
	if (len < strlen(OURS) || memcmp(text, OURS, strlen(OURS)) != 0)
		return NULL;
	*at = strlen("tenure");
	if (!age_note_take_word(text, len, at, "owner", &owner) || owner.len == 0 ||
	    owner.len > DNS_AGE_OWNER_MAX)
		return "owner= wants a principal";
	if (!age_note_take_word(text, len, at, "stamp", &stamp))
		return "stamp= is expected behind owner=";
	if (!age_note_read_stamp(&stamp, &read.stamp)) {
		*at -= stamp.len;
		return "stamp= wants a time, as 2026-01-05T09:00:00Z";
	}
	if (!age_note_take_word(text, len, at, "class", &class))
		return "class= is expected behind stamp=";
	if (!age_note_read_class(&class, &read.class)) {
		*at -= class.len;
		return "class= is one of static, dynamic, pinned, derived";
	}
	if (*at < len)
		return "more words than owner=, stamp= and class=";
	read.owner = owner.value;
	read.owner_len = owner.len;
	*age = read;
	return NULL;
}

bool dns_age_is_note(const char *word, size_t len)
{
	return len > 0 && word[0] == '[';
}

bool dns_age_of_hours(uint64_t hours, struct dns_age *age)
{
	if (hours != 0 && (hours < HOURS_TO_1970 || hours > HOURS_MAX))
		return false;
	*age = (struct dns_age){.class = hours ? DNS_AGE_DYNAMIC : DNS_AGE_STATIC,
				.stamp = hours ? (hours - HOURS_TO_1970) * 3600 : 0};
	return true;
}

const char *dns_age_of_note(const char *word, size_t len, struct dns_age *age)
{
	static const char *const heads[] = {"[AGE:", "[Aging:"};
	uint64_t hours = 0;
	size_t at = 0;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]) && !at; i++) {
		size_t head = strlen(heads[i]);
		if (len > head && strncasecmp(word, heads[i], head) == 0)
			at = head;
	}
	if (!at)
		return "not an age as Windows writes it: [AGE:hours]";
	size_t first = at;
	for (; at < len && word[at] >= '0' && word[at] <= '9' && hours <= HOURS_MAX; at++)
		hours = hours * 10 + (uint64_t)(word[at] - '0');
	if (at == first || at + 1 != len || word[at] != ']')
		return "[AGE:] wants whole hours since 1601, as in [AGE:3725745]";
	if (!dns_age_of_hours(hours, age))
		return "[AGE:] of a time before 1970 or after 9999: it is hours since 1601";
	return NULL;
}
