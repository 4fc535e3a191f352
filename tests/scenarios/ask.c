/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "nameserver/update_delay.h"
#include "tests/scenarios/scenario.h"
#include <assert.h>
#include <ctype.h>
#include <semaphore.h>

/* A record of a request, in text: class and TTL are said, for forms that are wrong. */
struct line {
	struct dns_name name;
	uint16_t type, class;
	uint32_t ttl;
	struct bytes rdata;
};

#define LINES_MAX 8192

static void put_u16(struct bytes_out *out, unsigned v)
{
	bytes_out_u16(out, (uint16_t)v);
}

static uint16_t flags_of(const struct manner *manner)
{
	unsigned flags = (unsigned)manner->opcode << 11;
	if (manner->has_rd)
		flags |= DNS_FLAG_RD;
	if (manner->has_ad)
		flags |= DNS_FLAG_AD;
	if (manner->has_cd)
		flags |= DNS_FLAG_CD;
	return (uint16_t)flags;
}

static void put_header(struct scenario *scenario, const struct manner *manner,
		       struct bytes_out *out)
{
	scenario->id += !manner->has_same_id;
	put_u16(out, scenario->id);
	put_u16(out, flags_of(manner));
	put_u16(out, 1);
	put_u16(out, 0);
	put_u16(out, 0);
	put_u16(out, manner->has_edns ? 1 : 0);
}

static void put_edns(const struct manner *manner, struct bytes_out *out)
{
	if (!manner->has_edns)
		return;
	bytes_out_u8(out, 0);
	put_u16(out, DNS_TYPE_OPT);
	put_u16(out, manner->edns_size);
	bytes_out_u8(out, 0);
	bytes_out_u8(out, manner->edns_version);
	put_u16(out, manner->wants_dnssec ? 0x8000 : 0);
	put_u16(out, manner->wants_nsid ? 4 : 0);
	if (manner->wants_nsid) {
		put_u16(out, DNS_EDNS_NSID);
		put_u16(out, 0);
	}
}

static void put_line(const struct line *line, struct bytes_out *out)
{
	bytes_out_put(out, line->name.wire, line->name.len);
	put_u16(out, line->type);
	put_u16(out, line->class);
	bytes_out_u32(out, line->ttl);
	put_u16(out, (unsigned)line->rdata.len);
	bytes_out_put(out, line->rdata.data, line->rdata.len);
}

struct waiting {
	sem_t answered;
};

static void answered(struct pending *pending, void *context)
{
	(void)pending;
	sem_post(&((struct waiting *)context)->answered);
}

/* The one message of a short transfer. */
static void take_message(struct scenario *scenario, const struct pending_part *part,
			 struct bytes_out *out)
{
	struct bytes_in in = bytes_in_of(part->framed.data, part->framed.len);
	size_t len = bytes_in_u16(&in);
	const uint8_t *message = bytes_in_take(&in, len);
	if (!message || !part->is_last || bytes_in_left(&in))
		scenario_fail(scenario, "the answer is not one message");
	bytes_out_put(out, message, len);
}

static void wait_for(struct scenario *scenario, const struct manner *manner,
		     struct pending *pending, struct bytes_out *out)
{
	struct waiting waiting;
	sem_init(&waiting.answered, 0, 0);
	if (!pending_post(pending, answered, &waiting))
		scenario_fail(scenario, "the request is not taken");
	/* One that waits for its turn passes the time until then. */
	uint64_t due = update_delay_next_due(scenario->core->update_delay);
	if (due)
		clock_move_to(&scenario->core->clock, due);
	while (sem_wait(&waiting.answered) != 0)
		;
	struct pending_part part;
	if (manner->is_tcp && pending_part(pending, &part))
		take_message(scenario, &part, out);
	else
		pending_answer(pending, &scenario->dispatcher, out);
	pending_free(pending);
	sem_destroy(&waiting.answered);
}

/* The request as it stands; signed already. */
static void send_request(struct scenario *scenario, const struct manner *manner)
{
	struct who proved;
	struct packet packet = {
		.bytes = bytes_of(scenario->request, scenario->request_len),
		.source = manner->source,
		.transport = manner->is_tcp ? ENTRY_TCP : ENTRY_UDP,
	};
	if (strncmp(manner->principal, "gss:", 4) == 0) {
		if (who_parse(&proved, manner->principal))
			scenario_fail(scenario, "principal '%s'?", manner->principal);
		packet.proved = &proved;
	}
	struct bytes_out out = bytes_out_of(scenario->answer, sizeof scenario->answer);
	struct pending *pending = NULL;
	dispatcher_begin(&scenario->dispatcher);
	enum dispatch_outcome outcome = dispatch(&scenario->dispatcher, &packet, &out, &pending);
	dispatcher_end(&scenario->dispatcher);
	if (outcome == DISPATCH_WAITS)
		wait_for(scenario, manner, pending, &out);
	scenario->answer_len = outcome == DISPATCH_DROP ? 0 : bytes_out_len(&out);
	scenario->is_dropped = scenario->answer_len == 0;
	scenario->manner = *manner;
}

static bool is_signed(const struct manner *manner)
{
	return strncmp(manner->principal, "key:", 4) == 0;
}

static void finish(struct scenario *scenario, struct manner *manner, const struct bytes_out *out)
{
	if (out->full)
		scenario_fail(scenario, "the request is too long");
	scenario->request_len = bytes_out_len(out);
	if (scenario->asks)
		scenario->asks(scenario);
	if (is_signed(manner))
		sign_request(scenario, manner);
	send_request(scenario, manner);
	if (is_signed(manner) && !scenario->is_dropped && !manner->flaw && !manner->time_skew)
		sign_check(scenario);
}

/* The question's name with the case in which it was written. */
static void put_name_as_written(struct scenario *scenario, const char *text, struct bytes_out *out)
{
	uint8_t raw[DNS_NAME_MAX], len;
	struct dns_name lower = word_name(scenario, text), written;
	if (dns_name_parse_raw(raw, &len, text, strlen(text), NULL) ||
	    !dns_name_from_wire(&written, bytes_of(raw, len)) || !dns_name_equal(&written, &lower))
		bytes_out_put(out, lower.wire, lower.len);
	else
		bytes_out_put(out, raw, len);
}

/* The SOA of who has this serial (RFC 1995 3), under the question's name, which begins at 12. */
static void put_since(struct scenario *scenario, const char *serial, struct bytes_out *out)
{
	char *text = arena_print(&scenario->arena, ". . %s 0 0 0 0", serial);
	struct bytes soa = word_rdata(scenario, DNS_TYPE_SOA, text);
	bytes_out_patch_u16(out, 8, 1);
	put_u16(out, 0xc00c);
	put_u16(out, DNS_TYPE_SOA);
	put_u16(out, DNS_CLASS_IN);
	bytes_out_u32(out, 0);
	put_u16(out, (unsigned)soa.len);
	bytes_out_put(out, soa.data, soa.len);
}

void ask_query(struct scenario *scenario, struct manner *manner, char *words)
{
	struct bytes_out out = bytes_out_of(scenario->request, sizeof scenario->request);
	char *name = word_next(&words), *type = word_next(&words), *class = word_next(&words);
	uint16_t qclass = DNS_CLASS_IN;
	char *since = strcmp(class, "since") == 0 ? word_next(&words) : NULL;
	if (since)
		class = since + strlen(since);
	if (*class && !dns_class_parse(class, strlen(class), &qclass))
		scenario_fail(scenario, "class '%s'?", class);
	put_header(scenario, manner, &out);
	put_name_as_written(scenario, name, &out);
	put_u16(&out, word_type(scenario, type));
	put_u16(&out, qclass);
	if (since)
		put_since(scenario, since, &out);
	put_edns(manner, &out);
	finish(scenario, manner, &out);
}

/* "CLASS TTL TYPE [DATA]" behind a name: any record, also one that is not allowed. */
static void take_any(struct scenario *scenario, char *words, struct line *line)
{
	char *class = word_next(&words), *ttl = word_next(&words), *type = word_next(&words);
	if (!dns_class_parse(class, strlen(class), &line->class))
		scenario_fail(scenario, "class '%s'?", class);
	line->ttl = (uint32_t)strtoul(ttl, NULL, 10);
	line->type = word_type(scenario, type);
	words = word_trim(words);
	if (*words)
		line->rdata =
			word_rdata(scenario, strncmp(words, "\\#", 2) ? line->type : 65280, words);
}

/* "TYPE [DATA]"; without a type it is ANY. */
static void take_type(struct scenario *scenario, char *words, struct line *line)
{
	char *type = word_next(&words);
	line->type = *type ? word_type(scenario, type) : DNS_TYPE_ANY;
	words = word_trim(words);
	if (*words)
		line->rdata = word_rdata(scenario, line->type, words);
}

/* One clause of an update. True: it is a prerequisite. */
static bool take_clause(struct scenario *scenario, char *words, struct line *line)
{
	char *command = word_next(&words), *name = word_next(&words);
	*line = (struct line){.name = word_name(scenario, name)};
	if (strcmp(command, "prerequisite") == 0 || strcmp(command, "change") == 0) {
		take_any(scenario, words, line);
		return *command == 'p';
	}
	if (strcmp(command, "add") == 0) {
		line->class = DNS_CLASS_IN;
		line->ttl = (uint32_t)strtoul(word_next(&words), NULL, 10);
		take_type(scenario, words, line);
		return false;
	}
	take_type(scenario, words, line);
	if (strcmp(command, "delete") == 0) {
		line->class = line->rdata.len ? DNS_CLASS_NONE : DNS_CLASS_ANY;
		return false;
	}
	if (strcmp(command, "absent") == 0)
		line->class = DNS_CLASS_NONE;
	else if (strcmp(command, "present") == 0)
		line->class = DNS_CLASS_ANY;
	else if (strcmp(command, "holds") == 0)
		line->class = DNS_CLASS_IN;
	else
		scenario_fail(scenario, "update clause '%s'?", command);
	return true;
}

/* Zone section: the last zone, or what `zone NAME [TYPE [CLASS]]` says as the first clause. */
static void put_zone(struct scenario *scenario, char *clause, struct bytes_out *out)
{
	struct dns_name zone;
	uint16_t type = DNS_TYPE_SOA, class = DNS_CLASS_IN;
	if (clause) {
		char *words = clause + strlen("zone ");
		zone = word_name(scenario, word_next(&words));
		char *word = word_next(&words);
		type = *word ? word_type(scenario, word) : type;
		word = word_next(&words);
		if (*word && !dns_class_parse(word, strlen(word), &class))
			scenario_fail(scenario, "class '%s'?", word);
	} else {
		zone = *scenario_zone(scenario);
	}
	bytes_out_put(out, zone.wire, zone.len);
	put_u16(out, type);
	put_u16(out, class);
}

struct sides {
	struct line *lines[2]; /* prerequisites, changes */
	unsigned count[2], room[2];
};

static void add_clause(struct scenario *scenario, char *clause, struct sides *sides)
{
	struct line line;
	unsigned side = take_clause(scenario, clause, &line) ? 0 : 1;
	if (sides->count[side] == LINES_MAX)
		scenario_fail(scenario, "too many clauses");
	if (sides->count[side] == sides->room[side]) {
		sides->room[side] = sides->room[side] ? 2 * sides->room[side] : 8;
		sides->lines[side] =
			realloc(sides->lines[side], sides->room[side] * sizeof *sides->lines[side]);
		assert(sides->lines[side]);
	}
	sides->lines[side][sides->count[side]++] = line;
}

/* `times N CLAUSE`: N of them, with the number for each `%`. */
static void add_clauses(struct scenario *scenario, char *clause, struct sides *sides)
{
	if (strncmp(clause, "times ", 6) != 0) {
		add_clause(scenario, clause, sides);
		return;
	}
	char *words = clause + 6;
	unsigned long times = strtoul(word_next(&words), NULL, 10);
	for (unsigned long i = 0; i < times; i++)
		add_clause(scenario, word_number(scenario, words, '%', i), sides);
}

void ask_update(struct scenario *scenario, struct manner *manner, char *words)
{
	struct bytes_out out = bytes_out_of(scenario->request, sizeof scenario->request);
	struct sides sides = {0};
	char *zone = NULL, *clause;
	while ((clause = word_until(&words, ";"))) {
		if (strncmp(clause, "zone ", 5) == 0)
			zone = clause;
		else if (*clause && strcmp(clause, "nothing") != 0)
			add_clauses(scenario, clause, &sides);
	}
	manner->opcode = DNS_OPCODE_UPDATE;
	put_header(scenario, manner, &out);
	put_zone(scenario, zone, &out);
	for (unsigned side = 0; side < 2; side++)
		for (unsigned i = 0; i < sides.count[side]; i++)
			put_line(&sides.lines[side][i], &out);
	free(sides.lines[0]);
	free(sides.lines[1]);
	bytes_out_patch_u16(&out, 6, (uint16_t)sides.count[0]);
	bytes_out_patch_u16(&out, 8, (uint16_t)sides.count[1]);
	put_edns(manner, &out);
	finish(scenario, manner, &out);
}

/* capture NAME: somebody keeps the last request. */
void ask_capture(struct scenario *scenario, char *words)
{
	struct captured *captured = arena_zero(&scenario->arena, sizeof *captured);
	const char *name = word_trim(words);
	uint8_t *copy = arena_alloc(&scenario->arena, scenario->request_len);
	memcpy(copy, scenario->request, scenario->request_len);
	captured->name = arena_text(&scenario->arena, name, strlen(name));
	captured->request = bytes_of(copy, scenario->request_len);
	captured->manner = scenario->manner;
	captured->mac_len = scenario->request_mac_len;
	memcpy(captured->mac, scenario->request_mac, sizeof captured->mac);
	captured->next = scenario->captured;
	scenario->captured = captured;
}

static void take_captured(struct scenario *scenario, const char *name)
{
	const struct captured *captured = scenario->captured;
	while (captured && strcmp(captured->name, name) != 0)
		captured = captured->next;
	if (!captured)
		scenario_fail(scenario, "nothing was captured as '%s'", name);
	memcpy(scenario->request, captured->request.data, captured->request.len);
	scenario->request_len = captured->request.len;
	scenario->manner = captured->manner;
	scenario->request_mac_len = captured->mac_len;
	memcpy(scenario->request_mac, captured->mac, sizeof captured->mac);
}

/* The same signature with a part of its MAC: anybody can do that. */
static void cut_mac(struct scenario *scenario, size_t len)
{
	struct dns_msg msg;
	enum dns_rcode rcode =
		dns_msg_open(&msg, bytes_of(scenario->request, scenario->request_len));
	if (rcode != DNS_NOERROR || !msg.has_tsig || msg.tsig.mac.len < len)
		scenario_fail(scenario, "the request has no such MAC");
	struct dns_tsig tsig = msg.tsig;
	struct bytes_out out = bytes_out_of(scenario->request, sizeof scenario->request);
	tsig.mac = bytes_of(scenario->request_mac, len);
	bytes_out_room(&out, msg.tsig_at);
	dns_tsig_write(&tsig, &out);
	scenario->request_len = bytes_out_len(&out);
	scenario->request_mac_len = len;
}

/* again [NAME]: the same bytes from the same place (unless the manner says otherwise). */
void ask_again(struct scenario *scenario, struct manner *manner, char *words)
{
	const char *name = word_trim(words);
	if (*name)
		take_captured(scenario, name);
	struct manner same = scenario->manner;
	if (manner->source.len)
		same.source = manner->source;
	same.is_tcp |= manner->is_tcp;
	if (manner->mac_len)
		cut_mac(scenario, manner->mac_len);
	if (manner->has_other_original_id)
		scenario->request[0] ^= 0x55;
	same.flaw = manner->flaw ? manner->flaw : same.flaw;
	send_request(scenario, &same);
	if (is_signed(&same) && !scenario->is_dropped && !same.flaw && !same.time_skew)
		sign_check(scenario);
}

void ask_raw(struct scenario *scenario, struct manner *manner, char *words)
{
	struct bytes_out out = bytes_out_of(scenario->request, sizeof scenario->request);
	for (; *words; words++) {
		if (isspace((unsigned char)*words))
			continue;
		char two[3] = {words[0], words[1], 0}, *end;
		bytes_out_u8(&out, (uint8_t)strtoul(two, &end, 16));
		if (*end || !words[1])
			scenario_fail(scenario, "'%s' is not hex", words);
		words++;
	}
	scenario->request_len = bytes_out_len(&out);
	send_request(scenario, manner);
}
