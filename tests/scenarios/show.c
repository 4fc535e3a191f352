/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "tests/scenarios/scenario.h"

static void append(char *out, size_t cap, const char *text)
{
	size_t len = strlen(out);
	snprintf(out + len, cap - len, "%s", text);
}

/* The answer, opened. One that holds no question (FORMERR) has its header only. */
static bool answer_open(struct scenario *scenario, struct dns_msg *msg)
{
	if (scenario->answer_len < DNS_HEADER_LEN)
		return false;
	return dns_msg_open(msg, bytes_of(scenario->answer, scenario->answer_len)) == DNS_NOERROR;
}

static unsigned flags_of(const struct scenario *scenario)
{
	return (unsigned)(scenario->answer[2] << 8 | scenario->answer[3]);
}

static bool find_opt(const struct dns_msg *msg, struct dns_msg_rr *rr)
{
	struct dns_msg_walk walk = dns_msg_walk(msg, DNS_ADDITIONAL);
	while (dns_msg_next(&walk, rr))
		if (rr->type == DNS_TYPE_OPT)
			return true;
	return false;
}

static unsigned rcode_of(struct scenario *scenario)
{
	struct dns_msg msg;
	struct dns_msg_rr rr;
	unsigned rcode = flags_of(scenario) & 0xf;
	if (answer_open(scenario, &msg) && find_opt(&msg, &rr))
		rcode |= rr.ttl >> 24 << 4;
	return rcode;
}

static void append_rdata(struct scenario *scenario, const struct dns_msg *msg,
			 const struct dns_msg_rr *rr, char *out, size_t cap)
{
	static uint8_t room[DNS_RDATA_MAX]; /* scenarios have one thread */
	struct bytes_out data = bytes_out_of(room, DNS_RDATA_MAX);
	if (!dns_msg_rdata(msg, rr, &data))
		scenario_fail(scenario, "the answer holds broken data");
	size_t len = strlen(out);
	dns_rdata_print(rr->type, bytes_of(room, bytes_out_len(&data)), out + len, cap - len);
}

static bool is_of_message(uint16_t type)
{
	return type == DNS_TYPE_OPT || type == DNS_TYPE_TSIG;
}

/* Data alone, as `dig +short` shows it, with commas between. */
void show_answer(struct scenario *scenario, char *out, size_t cap)
{
	struct dns_msg msg;
	struct dns_msg_rr rr;
	*out = 0;
	if (!answer_open(scenario, &msg))
		return;
	struct dns_msg_walk walk = dns_msg_walk(&msg, DNS_ANSWER);
	while (dns_msg_next(&walk, &rr)) {
		if (*out)
			append(out, cap, ", ");
		append_rdata(scenario, &msg, &rr, out, cap);
	}
}

/* Whole records, `; ` between. */
void show_section(struct scenario *scenario, enum dns_section section, char *out, size_t cap)
{
	struct dns_msg msg;
	struct dns_msg_rr rr;
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], head[DNS_NAME_TEXT_MAX + 64];
	*out = 0;
	if (!answer_open(scenario, &msg))
		scenario_fail(scenario, "the answer cannot be opened");
	struct dns_msg_walk walk = dns_msg_walk(&msg, section);
	while (dns_msg_next(&walk, &rr)) {
		if (is_of_message(rr.type))
			continue;
		snprintf(head, sizeof head, "%s%s %u %s ", *out ? "; " : "",
			 dns_name_show(&rr.owner, name), rr.ttl, dns_type_print(rr.type, type));
		append(out, cap, head);
		append_rdata(scenario, &msg, &rr, out, cap);
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

void show_flags(struct scenario *scenario, char *out, size_t cap)
{
	*out = 0;
	for (size_t i = 0; i < FLAG_WORDS; i++) {
		if (!(flags_of(scenario) & flag_words[i].flag))
			continue;
		append(out, cap, *out ? " " : "");
		append(out, cap, flag_words[i].word);
	}
}

void show_opt(struct scenario *scenario, char *out, size_t cap)
{
	struct dns_msg msg;
	struct dns_msg_rr rr;
	char text[160];
	if (!answer_open(scenario, &msg) || !find_opt(&msg, &rr)) {
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
			scenario_fail(scenario, "broken EDNS options in the answer");
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

void show_tsig(struct scenario *scenario, char *out, size_t cap)
{
	struct dns_msg msg;
	if (!answer_open(scenario, &msg) || !msg.has_tsig) {
		snprintf(out, cap, "none");
		return;
	}
	snprintf(out, cap, "%s mac=%zu other=%zu", dns_tsig_error_name(msg.tsig.error),
		 msg.tsig.mac.len, msg.tsig.other.len);
}

void show_size(struct scenario *scenario, char *out, size_t cap)
{
	snprintf(out, cap, "%zu", scenario->answer_len);
}

void show_hex(struct scenario *scenario, char *out, size_t cap)
{
	*out = 0;
	for (size_t i = 0; i < scenario->answer_len; i++) {
		char two[3];
		snprintf(two, sizeof two, "%02x", scenario->answer[i]);
		append(out, cap, two);
	}
}

/* A flag's word before the data: set, or with `no-` before it not. True: it was one. */
static bool expect_flag(struct scenario *scenario, const char *word)
{
	bool is_wanted = strncmp(word, "no-", 3) != 0;
	const char *name = is_wanted ? word : word + 3;
	for (size_t i = 0; i < FLAG_WORDS; i++) {
		if (strcmp(flag_words[i].word, name) != 0)
			continue;
		if (((flags_of(scenario) & flag_words[i].flag) != 0) != is_wanted)
			scenario_fail(scenario, "flag %s is%s set", name, is_wanted ? " not" : "");
		return true;
	}
	return false;
}

/* "NOERROR aa 10.0.0.7": the code, flags, then the answer's data; "nothing" for no data. */
void show_expect(struct scenario *scenario, const char *expected)
{
	char *words = arena_text(&scenario->arena, expected, strlen(expected));
	char *code = word_next(&words);
	if (strcmp(code, "drop") == 0) {
		if (!scenario->is_dropped)
			scenario_fail(scenario, "answered %s instead of silence",
				      dns_rcode_name(rcode_of(scenario)));
		return;
	}
	if (scenario->is_dropped)
		scenario_fail(scenario, "silence instead of %s", code);
	const char *got = dns_rcode_name(rcode_of(scenario));
	char *data = arena_alloc(&scenario->arena, SCENARIO_TEXT_MAX);
	show_answer(scenario, data, SCENARIO_TEXT_MAX);
	if (strcmp(got, code) != 0)
		scenario_fail(scenario, "%s %s instead of %s", got, data, expected);
	char *rest = word_trim(words);
	while (*rest) {
		char *mark = rest, *copy = arena_text(&scenario->arena, rest, strlen(rest));
		char *cursor = copy, *word = word_next(&cursor);
		if (!expect_flag(scenario, word))
			break;
		rest = word_trim(mark + (cursor - copy));
	}
	if (*rest && strcmp(strcmp(rest, "nothing") == 0 ? "" : rest, data) != 0)
		scenario_fail(scenario, "answer is '%s' instead of '%s'", data, rest);
}

const char *show_code(struct scenario *scenario)
{
	return scenario->is_dropped ? "drop" : dns_rcode_name(rcode_of(scenario));
}
