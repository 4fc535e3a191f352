/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/talks/talk.h"
#include "dns/rdata.h"

static void append(char *out, size_t cap, const char *text)
{
	size_t len = strlen(out);
	snprintf(out + len, cap - len, "%s", text);
}

/* The answer, opened. One that holds no question (FORMERR) has its header only. */
static bool answer_open(struct talk *talk, struct dns_msg *msg)
{
	if (talk->answer_len < DNS_HEADER_LEN)
		return false;
	return dns_msg_open(msg, bytes_of(talk->answer, talk->answer_len)) == DNS_NOERROR;
}

static unsigned flags_of(const struct talk *talk)
{
	return (unsigned)(talk->answer[2] << 8 | talk->answer[3]);
}

static bool find_opt(const struct dns_msg *msg, struct dns_msg_rr *rr)
{
	struct dns_msg_walk walk = dns_msg_walk(msg, DNS_ADDITIONAL);
	while (dns_msg_next(&walk, rr))
		if (rr->type == DNS_TYPE_OPT)
			return true;
	return false;
}

static unsigned rcode_of(struct talk *talk)
{
	struct dns_msg msg;
	struct dns_msg_rr rr;
	unsigned rcode = flags_of(talk) & 0xf;
	if (answer_open(talk, &msg) && find_opt(&msg, &rr))
		rcode |= rr.ttl >> 24 << 4;
	return rcode;
}

static void append_rdata(struct talk *talk, const struct dns_msg *msg, const struct dns_msg_rr *rr,
			 char *out, size_t cap)
{
	uint8_t *room = arena_alloc(&talk->arena, DNS_RDATA_MAX);
	struct bytes_out data = bytes_out_of(room, DNS_RDATA_MAX);
	if (!dns_msg_rdata(msg, rr, &data))
		talk_fail(talk, "the answer holds broken data");
	size_t len = strlen(out);
	dns_rdata_print(rr->type, bytes_of(room, bytes_out_len(&data)), out + len, cap - len);
}

static bool is_of_message(uint16_t type)
{
	return type == DNS_TYPE_OPT || type == DNS_TYPE_TSIG;
}

/* Data alone, as `dig +short` shows it, with commas between. */
void show_answer(struct talk *talk, char *out, size_t cap)
{
	struct dns_msg msg;
	struct dns_msg_rr rr;
	*out = 0;
	if (!answer_open(talk, &msg))
		return;
	struct dns_msg_walk walk = dns_msg_walk(&msg, DNS_ANSWER);
	while (dns_msg_next(&walk, &rr)) {
		if (*out)
			append(out, cap, ", ");
		append_rdata(talk, &msg, &rr, out, cap);
	}
}

/* Whole records, `; ` between. */
void show_section(struct talk *talk, enum dns_section section, char *out, size_t cap)
{
	struct dns_msg msg;
	struct dns_msg_rr rr;
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], head[DNS_NAME_TEXT_MAX + 64];
	*out = 0;
	if (!answer_open(talk, &msg))
		talk_fail(talk, "the answer cannot be opened");
	struct dns_msg_walk walk = dns_msg_walk(&msg, section);
	while (dns_msg_next(&walk, &rr)) {
		if (is_of_message(rr.type))
			continue;
		snprintf(head, sizeof head, "%s%s %u %s ", *out ? "; " : "",
			 dns_name_show(&rr.owner, name), rr.ttl, dns_type_print(rr.type, type));
		append(out, cap, head);
		append_rdata(talk, &msg, &rr, out, cap);
	}
	if (!*out)
		append(out, cap, "nothing");
}

static const struct {
	const char *word;
	unsigned flag;
} flag_words[] = {
	{"qr", DNS_FLAG_QR}, {"aa", DNS_FLAG_AA}, {"tc", DNS_FLAG_TC}, {"rd", DNS_FLAG_RD},
	{"ra", DNS_FLAG_RA}, {"ad", DNS_FLAG_AD}, {"cd", DNS_FLAG_CD},
};
#define FLAG_WORDS (sizeof flag_words / sizeof *flag_words)

void show_flags(struct talk *talk, char *out, size_t cap)
{
	*out = 0;
	for (size_t i = 0; i < FLAG_WORDS; i++) {
		if (!(flags_of(talk) & flag_words[i].flag))
			continue;
		append(out, cap, *out ? " " : "");
		append(out, cap, flag_words[i].word);
	}
}

void show_opt(struct talk *talk, char *out, size_t cap)
{
	struct dns_msg msg;
	struct dns_msg_rr rr;
	char text[160];
	if (!answer_open(talk, &msg) || !find_opt(&msg, &rr)) {
		snprintf(out, cap, "none");
		return;
	}
	snprintf(out, cap, "size=%u version=%u%s", rr.class, rr.ttl >> 16 & 0xff,
		 rr.ttl & 0x8000 ? " do" : "");
	struct bytes_in in = bytes_in_of(msg.packet.data + rr.rdata_at, rr.rdata_len);
	while (bytes_in_left(&in) > 0) {
		unsigned code = bytes_in_u16(&in), len = bytes_in_u16(&in);
		const uint8_t *data = bytes_in_take(&in, len);
		if (!data)
			talk_fail(talk, "broken EDNS options in the answer");
		if (code == DNS_EDNS_EDE)
			snprintf(text, sizeof text, " ede=%u %.*s", data[0] << 8 | data[1],
				 (int)len - 2, (const char *)data + 2);
		else if (code == DNS_EDNS_NSID)
			snprintf(text, sizeof text, " nsid=%.*s", (int)len, (const char *)data);
		else
			snprintf(text, sizeof text, " option=%u", code);
		append(out, cap, text);
	}
}

void show_tsig(struct talk *talk, char *out, size_t cap)
{
	struct dns_msg msg;
	if (!answer_open(talk, &msg) || !msg.has_tsig) {
		snprintf(out, cap, "none");
		return;
	}
	snprintf(out, cap, "%s mac=%zu other=%zu", dns_tsig_error_name(msg.tsig.error),
		 msg.tsig.mac.len, msg.tsig.other.len);
}

void show_size(struct talk *talk, char *out, size_t cap)
{
	snprintf(out, cap, "%zu", talk->answer_len);
}

void show_hex(struct talk *talk, char *out, size_t cap)
{
	*out = 0;
	for (size_t i = 0; i < talk->answer_len; i++) {
		char two[3];
		snprintf(two, sizeof two, "%02x", talk->answer[i]);
		append(out, cap, two);
	}
}

/* A flag's word before the data: set, or with `no-` before it not. True: it was one. */
static bool expect_flag(struct talk *talk, const char *word)
{
	bool is_wanted = strncmp(word, "no-", 3) != 0;
	const char *name = is_wanted ? word : word + 3;
	for (size_t i = 0; i < FLAG_WORDS; i++) {
		if (strcmp(flag_words[i].word, name) != 0)
			continue;
		if (((flags_of(talk) & flag_words[i].flag) != 0) != is_wanted)
			talk_fail(talk, "flag %s is%s set", name, is_wanted ? " not" : "");
		return true;
	}
	return false;
}

/* "NOERROR aa 10.0.0.7": the code, flags, then the answer's data; "nothing" for no data. */
void show_expect(struct talk *talk, const char *expected)
{
	char *words = arena_text(&talk->arena, expected, strlen(expected));
	char *code = word_next(&words);
	if (strcmp(code, "drop") == 0) {
		if (!talk->is_dropped)
			talk_fail(talk, "answered %s instead of silence",
				  dns_rcode_name(rcode_of(talk)));
		return;
	}
	if (talk->is_dropped)
		talk_fail(talk, "silence instead of %s", code);
	const char *got = dns_rcode_name(rcode_of(talk));
	char *data = arena_alloc(&talk->arena, TALK_TEXT_MAX);
	show_answer(talk, data, TALK_TEXT_MAX);
	if (strcmp(got, code) != 0)
		talk_fail(talk, "%s %s instead of %s", got, data, expected);
	char *rest = word_trim(words);
	while (*rest) {
		char *mark = rest, *copy = arena_text(&talk->arena, rest, strlen(rest));
		char *cursor = copy, *word = word_next(&cursor);
		if (!expect_flag(talk, word))
			break;
		rest = word_trim(mark + (cursor - copy));
	}
	if (*rest && strcmp(strcmp(rest, "nothing") == 0 ? "" : rest, data) != 0)
		talk_fail(talk, "answer is '%s' instead of '%s'", data, rest);
}
