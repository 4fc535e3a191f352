/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/model/history_parts.h"

#define SIGNED_SECONDS   300
#define UNSIGNED_SECONDS 15

/* --- a message of bytes */

/* The first names more often than the rest, which are special. */
static uint8_t pick_name(struct history *history)
{
	unsigned pick = history_pick(history, 16);
	return (uint8_t)(pick < 12 ? pick % 4 : history_pick(history, model_names_count));
}

/* Structure seldom: the model knows little of it. */
static uint8_t pick_datum(struct history *history)
{
	unsigned pick = history_pick(history, 64);
	return (uint8_t)(pick < 62 ? pick % (model_data_sent - 2U)
				   : pick - 62 + model_data_sent - 2U);
}

static struct model_clause pick_clause(struct history *history, enum model_form form)
{
	struct model_clause clause = {
		.form = form,
		.name = pick_name(history),
		.datum = pick_datum(history),
		.ttl = history_pick(history, 4) ? 60 : 90,
	};
	clause.type = model_data[clause.datum].type;
	if (clause.type == MODEL_DHCID) /* a ticket's TTL alone is no change */
		clause.ttl = 60;
	return clause;
}

/* Clients send many messages at one name: half of the clauses are at the first one's. */
static void message_make(struct history *history, struct model_message *message)
{
	static const uint8_t forms[] = {MODEL_ADD,         MODEL_ADD,        MODEL_ADD,
					MODEL_ADD,         MODEL_DELETE_SET, MODEL_DELETE_SET,
					MODEL_DELETE_NAME, MODEL_DELETE_ONE};
	unsigned shape = history_pick(history, 8);
	*message = (struct model_message){
		.who = (enum model_who)history_pick(history, MODEL_WHO_COUNT)};
	message->prerequisites_count = shape > 5 ? shape - 5 : 0;
	message->changes_count = history_pick(history, MODEL_CHANGES_MAX + 1);
	uint8_t first = pick_name(history);
	for (unsigned i = 0; i < message->prerequisites_count; i++) {
		struct model_clause *clause = &message->prerequisites[i];
		*clause = pick_clause(history, (enum model_form)history_pick(history, 5));
		if (history_pick(history, 2))
			clause->name = first;
	}
	for (unsigned i = 0; i < message->changes_count; i++) {
		struct model_clause *clause = &message->changes[i];
		*clause = pick_clause(history, (enum model_form)forms[history_pick(history, 8)]);
		if (history_pick(history, 2))
			clause->name = first;
	}
}

static size_t clause_print(const struct model_clause *clause, char *out, size_t cap)
{
	static const char *const words[] = {"present", "absent", "present", "absent", "holds",
					    "add",     "delete", "delete",  "delete"};
	const char *type = model_types[clause->type], *data = model_data[clause->datum].text;
	const char *name = model_names[clause->name].text, *word = words[clause->form];
	switch (clause->form) {
	case MODEL_ADD:
		return (size_t)snprintf(out, cap, "%s %s %u %s %s", word, name, clause->ttl, type,
					data);
	case MODEL_HOLDS:
	case MODEL_DELETE_ONE:
		return (size_t)snprintf(out, cap, "%s %s %s %s", word, name, type, data);
	case MODEL_EXISTS:
	case MODEL_NOT_EXISTS:
	case MODEL_DELETE_SET:
		return (size_t)snprintf(out, cap, "%s %s %s", word, name, type);
	default:
		return (size_t)snprintf(out, cap, "%s %s", word, name);
	}
}

static void message_send(struct history *history, const struct model_message *message)
{
	char text[2048];
	size_t len = 0;
	unsigned manner = history_pick(history, 4);
	for (unsigned i = 0; i < message->prerequisites_count; i++) {
		len += clause_print(&message->prerequisites[i], text + len, sizeof text - len);
		len += (size_t)snprintf(text + len, sizeof text - len, "; ");
	}
	for (unsigned i = 0; i < message->changes_count; i++) {
		len += clause_print(&message->changes[i], text + len, sizeof text - len);
		len += (size_t)snprintf(text + len, sizeof text - len, "; ");
	}
	if (len == 0)
		len = (size_t)snprintf(text, sizeof text, "nothing; ");
	text[len - 2] = 0;
	history_say(history, "as %s %s%supdate %s", model_whos[message->who],
		    manner & 1 ? "tcp " : "", manner & 2 ? "edns=1232 " : "", text);
}

/* --- what came of it */

static unsigned rcode_of(struct history *history)
{
	const struct scenario *scenario = history->scenario;
	if (scenario->is_dropped || scenario->answer_len < 4)
		history_fail(history, "no answer");
	return scenario->answer[3] & 0xf;
}

static bool is_same_record(const struct model_record *a, const struct model_record *b)
{
	return a->name == b->name && a->datum == b->datum && a->ttl == b->ttl &&
	       a->class == b->class && a->is_guest == b->is_guest &&
	       strcmp(a->owner, b->owner) == 0;
}

/* What somebody wrote who acts for a group may have become the group's. */
static bool is_as_wanted(struct history *history, const struct model_record *wanted,
			 const struct model_record *is, bool is_for_group)
{
	struct model_record given = *wanted;
	if (is_for_group && strcmp(is->owner, "@g") == 0)
		snprintf(given.owner, sizeof given.owner, "@g");
	return is_same_record(&given, is) &&
	       (history->was_clock_set || wanted->stamp == is->stamp ||
		wanted->stamp == MODEL_STAMP_UNKNOWN);
}

static const struct model_record *record_of(const struct zone_model *zone,
					    const struct model_record *like)
{
	for (size_t i = 0; i < zone->count; i++)
		if (zone->records[i].name == like->name && zone->records[i].datum == like->datum)
			return &zone->records[i];
	return NULL;
}

static void record_wrong(struct history *history, const struct model_record *wanted,
			 const struct model_record *is)
{
	char one[MODEL_RECORD_TEXT_MAX], two[MODEL_RECORD_TEXT_MAX];
	model_record_print(wanted, one);
	model_record_print(is, two);
	history_fail(history, "the model has %s, the store %s", one, two);
}

static void model_zones_compare(struct history *history, const struct zone_model *wanted,
				const struct zone_model *is, bool is_for_group)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct model_record *other = record_of(is, &wanted->records[i]);
		if (!other || !is_as_wanted(history, &wanted->records[i], other, is_for_group))
			record_wrong(history, &wanted->records[i], other);
	}
	for (size_t i = 0; i < is->count; i++)
		if (!record_of(wanted, &is->records[i]))
			record_wrong(history, NULL, &is->records[i]);
}

/* Whether the record stands at a name that speaks for a host where the requester has something. */
static bool speaks_for_host_of(const struct zone_model *zone, const struct model_record *was,
			       enum model_who who)
{
	for (size_t i = 0; i < zone->count; i++)
		if (model_names[was->name].kind == MODEL_SPEAKS && was->class == MODEL_DYNAMIC &&
		    zone->records[i].name == model_names[was->name].host &&
		    strcmp(zone->records[i].owner, model_whos[who]) == 0)
			return true;
	return false;
}

/* Whether the requester had any right to what went. */
static void check_losses(struct history *history, const struct zone_model *before,
			 const struct zone_model *after, enum model_who who)
{
	if (zone_model_may_touch_others(before, who) || before->is_strange)
		return;
	for (size_t i = 0; i < before->count; i++) {
		const struct model_record *was = &before->records[i];
		if (strcmp(was->owner, model_whos[who]) != 0 && !record_of(after, was) &&
		    !speaks_for_host_of(after, was, who))
			record_wrong(history, was, NULL);
	}
}

/* What is there to be compared with afterwards. */
struct history_before {
	struct zone_model zone;
	uint8_t state[DIGEST_LEN];
	uint64_t head;
	uint32_t serial;
};

static void before_take(struct history *history, struct history_before *before)
{
	before->zone = history->model;
	history_state(history, before->state);
	before->head = history_head(history);
	before->serial = history_serial(history);
}

/* Nothing was changed at all. */
static void check_untouched(struct history *history, const struct history_before *before)
{
	uint8_t state[DIGEST_LEN];
	history_state(history, state);
	if (memcmp(state, before->state, DIGEST_LEN) != 0)
		history_fail(history, "what was not done left a trace in the store");
	if (history_head(history) != before->head)
		history_fail(history, "what was not done left a trace in the change log");
}

static void check_serial(struct history *history, const struct history_before *before,
			 bool is_change)
{
	uint32_t serial = history_serial(history);
	if (serial != before->serial + is_change)
		history_fail(history, "the serial went from %u to %u", before->serial, serial);
}

/* What `why` said is what came of it. */
static void check_foretold(struct history *history, const struct history_before *before,
			   const char *verdict, unsigned rcode)
{
	bool is_change = history_serial(history) != before->serial;
	bool does_nothing = strcmp(verdict, "ignored") == 0 || strcmp(verdict, "nothing") == 0 ||
			    strcmp(verdict, "left in place") == 0;
	if (does_nothing && is_change)
		history_fail(history, "why says '%s', and the data changed", verdict);
	if (rcode == MODEL_NOERROR && history->trial.is_asked && history->trial.is_change &&
	    !is_change)
		history_fail(history, "why --update says that records change, and none did");
}

/* A zone that reports noted what was said. Of a guest that names its records again it notes
 * nothing. */
static void check_report(struct history *history, const struct model_message *message,
			 const char *report)
{
	struct report_row row;
	const char *who = model_whos[message->who];
	bool would_pass = strcmp(report, "would pass") == 0;
	if (history->model.is_report != (*report != 0))
		history_fail(history, "why says of the report '%s'", report);
	if (!*report)
		return;
	history_report(history, message->changes[0].name, &row);
	bool is_refused =
		message->who == MODEL_ANONYMOUS ? !row.is_open : strcmp(row.refused, who) == 0;
	bool has_passed =
		message->who == MODEL_ANONYMOUS ? row.is_open : strcmp(row.passed, who) == 0;
	if (would_pass ? !has_passed && !is_refused : !is_refused)
		history_fail(history, "why says of the report '%s', it notes passed=%s refused=%s",
			     report, row.passed, row.refused);
}

/* What a reader refuses by the zone's mode never ran, and is judged anew when it comes again. */
static bool is_for_writer(const struct zone_model *zone, enum model_who who, unsigned rcode)
{
	return rcode != MODEL_REFUSED || (zone->mode != MODEL_NONE && who != MODEL_ANONYMOUS);
}

static void capture(struct history *history, const struct model_message *message, unsigned rcode,
		    bool is_change)
{
	struct history_captured *captured;
	if (history->captured_count == CAPTURED_MAX ||
	    !is_for_writer(&history->model, message->who, rcode))
		return;
	history_say(history, "capture c%u", history->captured_count);
	captured = &history->captured[history->captured_count++];
	*captured = (struct history_captured){
		.is_signed = message->who != MODEL_ANONYMOUS,
		.is_change = is_change,
		.rcode = rcode,
		.at = history->scenario->now,
		.doubts = history->doubts,
	};
}

void history_update(struct history *history)
{
	struct model_message message;
	struct history_before before;
	struct zone_model after;
	struct history_foretold foretold;
	message_make(history, &message);
	message.now = history_now(history);
	before_take(history, &before);
	history_why(history, &message, &foretold);
	const char *verdict = foretold.verdict;
	history->is_update = true;
	history->sends = message.who;
	message_send(history, &message);
	history->is_update = false;
	unsigned rcode = rcode_of(history);
	struct model_outcome outcome = zone_model_update(&history->model, &message);
	history_counts.updates++;
	history_counts.explained += *verdict != 0;
	history_counts.known += outcome.is_known;
	history_counts.refused += rcode == MODEL_REFUSED;
	if (outcome.is_known && rcode != outcome.rcode)
		history_fail(history, "the model says rcode %u, the answer %u", outcome.rcode,
			     rcode);
	if (*verdict && (strcmp(verdict, "refused") != 0) != (rcode == MODEL_NOERROR))
		history_fail(history, "why says '%s', the answer %u", verdict, rcode);
	if (history->trial.is_asked && strcmp(history->trial.rcode, dns_rcode_name(rcode)) != 0)
		history_fail(history, "why --update says %s, the answer is %u",
			     history->trial.rcode, rcode);
	if (rcode != MODEL_NOERROR)
		check_untouched(history, &before);
	after = history->model;
	history_look(history, &after);
	if (outcome.is_known) {
		model_zones_compare(history, &history->model, &after, outcome.is_for_group);
		check_serial(history, &before, outcome.is_change);
	}
	check_foretold(history, &before, verdict, rcode);
	if (*verdict && rcode == MODEL_NOERROR)
		check_report(history, &message, foretold.report);
	check_losses(history, &before.zone, &after, message.who);
	bool is_change = history_head(history) != before.head;
	history_counts.changed += is_change;
	history->model = after;
	if (history_pick(history, 4) == 0)
		capture(history, &message, rcode, is_change);
}

/* --- resent requests */

/* The answer that a captured request must get; -1: none; -2: that is not said. */
static int answer_due(const struct history *history, const struct history_captured *captured)
{
	uint64_t now = history->scenario->now;
	uint64_t age = now > captured->at ? now - captured->at : captured->at - now;
	if (!captured->is_signed)
		return history->doubts == captured->doubts && age < UNSIGNED_SECONDS
			       ? (int)captured->rcode
			       : -2;
	if (age > SIGNED_SECONDS)
		return 9; /* NOTAUTH: BADTIME */
	if (captured->is_change || history->doubts == captured->doubts)
		return (int)captured->rcode;
	return -2;
}

void history_again(struct history *history)
{
	struct history_before before;
	if (history->captured_count == 0)
		return;
	unsigned number = history_pick(history, history->captured_count);
	const struct history_captured *captured = &history->captured[number];
	unsigned how = history_pick(history, 4);
	bool may_cut = captured->is_signed && how == 3;
	before_take(history, &before);
	history_say(history, "bad %s%sagain c%u", may_cut ? "mac=20 " : "",
		    captured->is_signed && how == 1 ? "from=192.0.2.77@7 " : "", number);
	int due = answer_due(history, captured);
	history_counts.resent++;
	if (captured->is_signed && captured->is_change)
		check_untouched(history, &before);
	/* Before the duplicates are looked at, the zone's mode or its absence may answer, or that
	 * of a zone below. */
	if (due >= 0 && !history->scenario->is_dropped) {
		unsigned rcode = rcode_of(history);
		bool is_readers = rcode == MODEL_REFUSED || !history->has_zone ||
				  (history->has_child && rcode == MODEL_NOTZONE);
		if (rcode != (unsigned)due && !is_readers)
			history_fail(history, "a resent request is answered %u instead of %d",
				     rcode, due);
	}
	history_look(history, &history->model);
}

void history_question(struct history *history)
{
	uint8_t name = pick_name(history), datum = pick_datum(history);
	history_say(history, "%squery %s %s", history_pick(history, 2) ? "tcp " : "",
		    model_names[name].text, model_types[model_data[datum].type]);
	unsigned rcode = rcode_of(history);
	bool may_be_refused = history->is_strange && rcode == MODEL_REFUSED;
	if (history->has_zone && rcode != MODEL_NOERROR && rcode != MODEL_NXDOMAIN &&
	    rcode != MODEL_YXDOMAIN && !may_be_refused)
		history_fail(history, "a question is answered %u", rcode);
	bool is_there = false;
	for (size_t i = 0; i < history->model.count; i++)
		is_there |= history->model.records[i].name == name;
	if (history->has_zone && is_there && rcode == MODEL_NXDOMAIN)
		history_fail(history, "a name that has records is not there");
}
