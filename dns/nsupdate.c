/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/nsupdate.h"
#include "dns/msg.h"
#include "dns/rdata.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define LINE_MAX_BYTES (1u << 18) /* the longest data there is, in any form */
#define TTL_MAX        0x7fffffffu
#define BLANKS         " \t\r\v\f"

/* Records of a section as they are collected. */
struct nsupdate_section {
	uint8_t room[DNS_MESSAGE_MAX];
	struct bytes_out out;
	struct nsupdate_lines lines;
};

struct nsupdate_state {
	struct nsupdate_reader *reader;
	unsigned line;
	const char *start, *at; /* the line, NUL-ended, and the next byte of it */
	char *text;             /* room for it */
	bool has_zone, has_ttl, is_over;
	struct dns_name zone;
	uint32_t ttl;
	struct nsupdate_section prerequisites, updates;
	uint8_t packet[2 * DNS_MESSAGE_MAX];
	uint8_t rdata[DNS_RDATA_MAX];
};

/* A word of a line. */
struct nsupdate_word {
	const char *text;
	size_t len;
};

static bool nsupdate_fail(struct nsupdate_state *s, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool nsupdate_fail(struct nsupdate_state *s, const char *at, const char *format, ...)
{
	va_list list;
	char *error = s->reader->error;
	int len = snprintf(error, NSUPDATE_ERROR_MAX, "%u:%zu: ", s->line,
			   (size_t)(at - s->start) + 1);
	va_start(list, format);
	vsnprintf(error + len, NSUPDATE_ERROR_MAX - (size_t)len, format, list);
	va_end(list);
	return false;
}

/* Goes to the next word; false: the line is over. */
static bool nsupdate_next(struct nsupdate_state *s, struct nsupdate_word *word)
{
	s->at += strspn(s->at, BLANKS);
	word->text = s->at;
	word->len = strcspn(s->at, BLANKS);
	s->at += word->len;
	return word->len > 0;
}

static bool nsupdate_is(const struct nsupdate_word *word, const char *text)
{
	return strlen(text) == word->len && strncasecmp(word->text, text, word->len) == 0;
}

static void nsupdate_clear(struct nsupdate_section *section)
{
	section->out = bytes_out_of(section->room, sizeof section->room);
	section->lines.count = 0;
}

/* --- words of commands */

static bool nsupdate_name(struct nsupdate_state *s, struct dns_name *name)
{
	struct nsupdate_word word;
	if (!nsupdate_next(s, &word))
		return nsupdate_fail(s, s->at, "a name is missing");
	const char *problem = dns_name_parse(name, word.text, word.len, NULL);
	if (problem)
		return nsupdate_fail(s, word.text, "'%.*s' is not a name: %s",
				     (int)(word.len < 200 ? word.len : 200), word.text, problem);
	return true;
}

/* IN, and what nsupdate takes beside it in deletions and prerequisites. */
static bool nsupdate_is_class(const struct nsupdate_word *word)
{
	return nsupdate_is(word, "IN") || nsupdate_is(word, "ANY") || nsupdate_is(word, "NONE");
}

static bool nsupdate_number(const struct nsupdate_word *word, uint32_t *number)
{
	uint64_t value = 0;
	for (size_t i = 0; i < word->len; i++) {
		if (word->text[i] < '0' || word->text[i] > '9' || i > 9)
			return false;
		value = value * 10 + (uint64_t)(word->text[i] - '0');
	}
	*number = (uint32_t)value;
	return word->len > 0 && value <= TTL_MAX;
}

static bool nsupdate_type(struct nsupdate_state *s, const struct nsupdate_word *word,
			  uint16_t *type)
{
	if (dns_type_parse(word->text, word->len, type) && *type != 0)
		return true;
	const char *meant = dns_type_meant(word->text, word->len);
	return nsupdate_fail(s, word->text, "'%.*s' is not a record type%s%s%s",
			     (int)(word->len < 200 ? word->len : 200), word->text,
			     meant ? ": did you mean '" : "", meant ? meant : "",
			     meant ? "'?" : "");
}

/* --- records */

struct nsupdate_rr {
	struct dns_name name;
	uint16_t type, class;
	uint32_t ttl;
	struct bytes rdata;
};

static bool nsupdate_put(struct nsupdate_state *s, struct nsupdate_section *section,
			 const struct nsupdate_rr *rr)
{
	struct bytes_out *out = &section->out;
	bytes_out_put(out, rr->name.wire, rr->name.len);
	bytes_out_u16(out, rr->type);
	bytes_out_u16(out, rr->class);
	bytes_out_u32(out, rr->ttl);
	bytes_out_u16(out, (uint16_t)rr->rdata.len);
	bytes_out_put(out, rr->rdata.data, rr->rdata.len);
	if (out->full || section->lines.count == NSUPDATE_RECORDS_MAX)
		return nsupdate_fail(s, s->start, "the message grows beyond %u bytes: send earlier",
				     DNS_MESSAGE_MAX);
	section->lines.line[section->lines.count++] = s->line;
	return true;
}

/* The rest of the line as data of the type; false: it is wrong. */
static bool nsupdate_data(struct nsupdate_state *s, uint16_t type, struct bytes *rdata)
{
	unsigned column = 0;
	struct dns_name root = dns_name_root();
	struct bytes_out out = bytes_out_of(s->rdata, sizeof s->rdata);
	s->at += strspn(s->at, BLANKS);
	if (dns_type_is_meta(type))
		return nsupdate_fail(s, s->at, "a type without data");
	const char *problem = dns_rdata_parse_text(type, s->at, &root, &out, &column);
	if (problem)
		return nsupdate_fail(s, s->at + (column > 0 ? column - 1 : 0), "%s", problem);
	*rdata = bytes_of(s->rdata, bytes_out_len(&out));
	return true;
}

static bool nsupdate_has_more(struct nsupdate_state *s)
{
	s->at += strspn(s->at, BLANKS);
	return *s->at != '\0';
}

static bool nsupdate_no_more(struct nsupdate_state *s)
{
	return !nsupdate_has_more(s) || nsupdate_fail(s, s->at, "what stands here is too much");
}

static bool nsupdate_add(struct nsupdate_state *s)
{
	struct nsupdate_rr rr = {.class = DNS_CLASS_IN, .ttl = s->ttl};
	struct nsupdate_word word;
	if (!nsupdate_name(s, &rr.name))
		return false;
	const char *missing = s->at;
	if (!nsupdate_next(s, &word))
		return nsupdate_fail(s, missing, "TTL, type and data are missing");
	if (nsupdate_number(&word, &rr.ttl)) {
		if (!nsupdate_next(s, &word))
			return nsupdate_fail(s, s->at, "type and data are missing");
	} else if (!s->has_ttl) {
		return nsupdate_fail(s, word.text, "a TTL in seconds is missing before '%.*s'",
				     (int)(word.len < 200 ? word.len : 200), word.text);
	}
	if (nsupdate_is(&word, "IN") && !nsupdate_next(s, &word))
		return nsupdate_fail(s, s->at, "type and data are missing");
	if (!nsupdate_type(s, &word, &rr.type))
		return false;
	if (!nsupdate_has_more(s))
		return nsupdate_fail(s, s->at, "the data is missing");
	return nsupdate_data(s, rr.type, &rr.rdata) && nsupdate_put(s, &s->updates, &rr);
}

static bool nsupdate_delete(struct nsupdate_state *s)
{
	struct nsupdate_rr rr = {.class = DNS_CLASS_ANY, .type = DNS_TYPE_ANY};
	struct nsupdate_word word;
	uint32_t ttl;
	if (!nsupdate_name(s, &rr.name))
		return false;
	bool has_word = nsupdate_next(s, &word);
	if (has_word && nsupdate_number(&word, &ttl)) /* taken, and not used */
		has_word = nsupdate_next(s, &word);
	if (has_word && nsupdate_is_class(&word) && nsupdate_has_more(s))
		has_word = nsupdate_next(s, &word);
	if (has_word && !nsupdate_type(s, &word, &rr.type))
		return false;
	if (nsupdate_has_more(s)) {
		rr.class = DNS_CLASS_NONE;
		if (!nsupdate_data(s, rr.type, &rr.rdata))
			return false;
	}
	return nsupdate_put(s, &s->updates, &rr);
}

/* nxdomain, yxdomain, nxrrset, yxrrset: whether the type is asked, and whether it is to be there.
 */
static bool nsupdate_prerequisite(struct nsupdate_state *s, bool has_type, bool is_wanted)
{
	struct nsupdate_rr rr = {.class = is_wanted ? DNS_CLASS_ANY : DNS_CLASS_NONE,
				 .type = DNS_TYPE_ANY};
	struct nsupdate_word word;
	if (!nsupdate_name(s, &rr.name))
		return false;
	if (has_type) {
		if (!nsupdate_next(s, &word) ||
		    (nsupdate_is_class(&word) && nsupdate_has_more(s) && !nsupdate_next(s, &word)))
			return nsupdate_fail(s, s->at, "a type is missing");
		if (!nsupdate_type(s, &word, &rr.type))
			return false;
	}
	if (has_type && is_wanted && nsupdate_has_more(s)) {
		rr.class = DNS_CLASS_IN;
		if (!nsupdate_data(s, rr.type, &rr.rdata))
			return false;
		return nsupdate_put(s, &s->prerequisites, &rr);
	}
	return nsupdate_no_more(s) && nsupdate_put(s, &s->prerequisites, &rr);
}

/* --- messages */

static bool nsupdate_send(struct nsupdate_state *s, bool is_sent)
{
	const struct nsupdate_lines *before = &s->prerequisites.lines, *changes = &s->updates.lines;
	struct bytes_out out = bytes_out_of(s->packet, sizeof s->packet);
	if (before->count + changes->count == 0)
		return true;
	bytes_out_u16(&out, 0);
	bytes_out_u16(&out, DNS_OPCODE_UPDATE << 11);
	bytes_out_u16(&out, 1);
	bytes_out_u16(&out, (uint16_t)before->count);
	bytes_out_u16(&out, (uint16_t)changes->count);
	bytes_out_u16(&out, 0);
	bytes_out_put(&out, s->zone.wire, s->zone.len);
	bytes_out_u16(&out, DNS_TYPE_SOA);
	bytes_out_u16(&out, DNS_CLASS_IN);
	bytes_out_put(&out, s->prerequisites.room, bytes_out_len(&s->prerequisites.out));
	bytes_out_put(&out, s->updates.room, bytes_out_len(&s->updates.out));
	if (bytes_out_len(&out) > DNS_MESSAGE_MAX)
		return nsupdate_fail(s, s->start,
				     "the message is longer than %u bytes: send earlier",
				     DNS_MESSAGE_MAX);
	unsigned first = before->count ? before->line[0] : changes->line[0];
	if (changes->count && changes->line[0] < first)
		first = changes->line[0];
	struct nsupdate_message message = {
		.line = first,
		.has_zone = s->has_zone,
		.is_sent = is_sent,
		.zone = s->zone,
		.packet = bytes_of(s->packet, bytes_out_len(&out)),
		.prerequisites = before,
		.updates = changes,
	};
	s->is_over = !s->reader->message(s->reader->context, &message);
	nsupdate_clear(&s->prerequisites);
	nsupdate_clear(&s->updates);
	return true;
}

/* --- commands */

static bool nsupdate_take_zone(struct nsupdate_state *s)
{
	if (!nsupdate_name(s, &s->zone))
		return false;
	s->has_zone = true;
	return nsupdate_no_more(s);
}

static bool nsupdate_take_ttl(struct nsupdate_state *s)
{
	struct nsupdate_word word;
	if (!nsupdate_next(s, &word))
		return nsupdate_fail(s, s->at, "a TTL in seconds is missing");
	if (!nsupdate_number(&word, &s->ttl))
		return nsupdate_fail(s, word.text, "'%.*s' is not a TTL in seconds",
				     (int)(word.len < 200 ? word.len : 200), word.text);
	s->has_ttl = true;
	return nsupdate_no_more(s);
}

static bool nsupdate_take_class(struct nsupdate_state *s)
{
	struct nsupdate_word word;
	if (nsupdate_next(s, &word) && nsupdate_is(&word, "IN"))
		return nsupdate_no_more(s);
	return nsupdate_fail(s, word.text, "only class IN is served");
}

/* The algorithm is the server's to know, the secret nobody's business. */
static bool nsupdate_take_key(struct nsupdate_state *s)
{
	struct nsupdate_word word;
	if (!nsupdate_next(s, &word))
		return nsupdate_fail(s, s->at, "a key's name is missing");
	const char *colon = memchr(word.text, ':', word.len);
	if (colon) {
		word.len -= (size_t)(colon + 1 - word.text);
		word.text = colon + 1;
	}
	const char *problem = dns_name_parse(&s->reader->key, word.text, word.len, NULL);
	if (problem)
		return nsupdate_fail(s, word.text, "this is no key's name: %s", problem);
	s->reader->has_key = true;
	s->reader->is_gss = false;
	return true;
}

static bool nsupdate_take_local(struct nsupdate_state *s)
{
	struct nsupdate_word word;
	if (!nsupdate_next(s, &word) || word.len >= sizeof s->reader->local)
		return nsupdate_fail(s, word.text, "an address is missing");
	memcpy(s->reader->local, word.text, word.len);
	s->reader->local[word.len] = '\0';
	return true;
}

static bool nsupdate_take_server(struct nsupdate_state *s)
{
	struct nsupdate_word word;
	return nsupdate_next(s, &word) || nsupdate_fail(s, s->at, "a host is missing");
}

static bool nsupdate_take_gss(struct nsupdate_state *s)
{
	s->reader->is_gss = true;
	s->reader->has_key = false;
	return true;
}

static bool nsupdate_take_nxdomain(struct nsupdate_state *s)
{
	return nsupdate_prerequisite(s, false, false);
}

static bool nsupdate_take_yxdomain(struct nsupdate_state *s)
{
	return nsupdate_prerequisite(s, false, true);
}

static bool nsupdate_take_nxrrset(struct nsupdate_state *s)
{
	return nsupdate_prerequisite(s, true, false);
}

static bool nsupdate_take_yxrrset(struct nsupdate_state *s)
{
	return nsupdate_prerequisite(s, true, true);
}

static bool nsupdate_take_send(struct nsupdate_state *s)
{
	return nsupdate_no_more(s) && nsupdate_send(s, true);
}

static bool nsupdate_take_quit(struct nsupdate_state *s)
{
	s->is_over = true;
	return true;
}

static bool nsupdate_pass(struct nsupdate_state *s)
{
	(void)s;
	return true;
}

static const struct {
	const char *word, *before; /* what may stand before it */
	bool (*take)(struct nsupdate_state *);
} nsupdate_commands[] = {
	{"add", "update", nsupdate_add},
	{"delete", "update", nsupdate_delete},
	{"del", "update", nsupdate_delete},
	{"nxdomain", "prereq", nsupdate_take_nxdomain},
	{"yxdomain", "prereq", nsupdate_take_yxdomain},
	{"nxrrset", "prereq", nsupdate_take_nxrrset},
	{"yxrrset", "prereq", nsupdate_take_yxrrset},
	{"send", NULL, nsupdate_take_send},
	{"zone", NULL, nsupdate_take_zone},
	{"server", NULL, nsupdate_take_server},
	{"local", NULL, nsupdate_take_local},
	{"key", NULL, nsupdate_take_key},
	{"ttl", NULL, nsupdate_take_ttl},
	{"class", NULL, nsupdate_take_class},
	{"gsstsig", NULL, nsupdate_take_gss},
	{"oldgsstsig", NULL, nsupdate_take_gss},
	{"quit", NULL, nsupdate_take_quit},
	{"realm", NULL, nsupdate_pass},
	{"show", NULL, nsupdate_pass},
	{"answer", NULL, nsupdate_pass},
	{"debug", NULL, nsupdate_pass},
	{"help", NULL, nsupdate_pass},
	{"version", NULL, nsupdate_pass},
	{"check-names", NULL, nsupdate_pass},
	{"check-svcb", NULL, nsupdate_pass},
	{"lease", NULL, nsupdate_pass},
};

static bool nsupdate_command(struct nsupdate_state *s, const struct nsupdate_word *word,
			     const char *before)
{
	for (size_t i = 0; i < sizeof nsupdate_commands / sizeof *nsupdate_commands; i++) {
		const char *may = nsupdate_commands[i].before;
		if (nsupdate_is(word, nsupdate_commands[i].word) &&
		    (!before || (may && strcmp(may, before) == 0)))
			return nsupdate_commands[i].take(s);
	}
	return nsupdate_fail(s, word->text, "'%.*s' is no command of nsupdate%s%s",
			     (int)(word->len < 60 ? word->len : 60), word->text,
			     before ? " behind " : "", before ? before : "");
}

static bool nsupdate_line(struct nsupdate_state *s)
{
	struct nsupdate_word word;
	const char *before = NULL;
	if (!nsupdate_next(s, &word))
		return nsupdate_send(s, true);
	if (*word.text == ';')
		return true;
	if (nsupdate_is(&word, "update") || nsupdate_is(&word, "prereq")) {
		before = nsupdate_is(&word, "update") ? "update" : "prereq";
		if (!nsupdate_next(s, &word))
			return nsupdate_fail(s, s->at, "%s of what?", before);
	}
	return nsupdate_command(s, &word, before);
}

/* The line at `at`, copied with a NUL. Returns where the next one begins. */
static const char *nsupdate_fetch(struct nsupdate_state *s, const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	const char *stop = newline ? newline : end;
	size_t len = (size_t)(stop - at);
	if (len < LINE_MAX_BYTES) {
		memcpy(s->text, at, len);
		s->text[len] = '\0';
	}
	s->line++;
	s->start = s->at = s->text;
	return newline ? newline + 1 : end;
}

static bool nsupdate_lines(struct nsupdate_state *s, const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	while (at < end && !s->is_over) {
		const char *next = nsupdate_fetch(s, at, end);
		size_t line_len = (size_t)(next - at);
		if (line_len > LINE_MAX_BYTES)
			return nsupdate_fail(s, s->start, "the line is too long");
		if (memchr(at, '\0', line_len))
			return nsupdate_fail(s, s->start, "the line holds a NUL");
		if (!nsupdate_line(s))
			return false;
		at = next;
	}
	return s->is_over || nsupdate_send(s, false);
}

bool nsupdate_read(struct nsupdate_reader *reader, const char *text, size_t len)
{
	struct nsupdate_state *s = calloc(1, sizeof *s);
	if (!s || !(s->text = calloc(1, LINE_MAX_BYTES)))
		abort();
	s->reader = reader;
	s->start = s->at = s->text;
	s->zone = dns_name_root();
	reader->error[0] = '\0';
	nsupdate_clear(&s->prerequisites);
	nsupdate_clear(&s->updates);
	bool is_read = nsupdate_lines(s, text, len);
	free(s->text);
	free(s);
	return is_read;
}
