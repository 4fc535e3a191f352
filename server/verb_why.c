/* SPDX-License-Identifier: BSD-2-Clause */
/* why: what an update would meet, by the functions that judge updates; and past refusals. */
#include "dns/rdata.h"
#include "journal/audit.h"
#include "server/update_parts.h"
#include "server/verb.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"

#define LAST_COUNT 5 /* refusals that `why --last` shows */

/* A hypothetical update. */
struct question {
	struct call *call;
	struct zone zone;
	struct dns_name name;
	uint16_t type;
	bool has_data, is_delete, is_stored;
	struct bytes rdata;
	struct who who;
	struct addr source;
	struct node node; /* when is_stored */
	struct update_sight sight;
	struct policy_name at;
	const char *other; /* the first other owner at the name, or NULL */
	bool is_allowed;
};

/* What a remedy speaks of. */
struct remedy {
	enum policy_reason reason;
	const char *zone, *name, *type, *who, *owner;
};

/* What a refusal for that reason lacked; NULL: no right would have helped. */
static const char *right_lacked(enum policy_reason reason)
{
	static const char *const rights[POLICY_MANY_RECORDS + 1] = {
		[POLICY_APEX] = "write", [POLICY_IS_STATIC] = "write", [POLICY_FOREIGN] = "write",
		[POLICY_TAKEN] = "join", [POLICY_RESERVED] = "claim",  [POLICY_NO_RULE] = "claim",
	};
	return rights[reason];
}

/* The reasons that a rule could change. */
static const char *rule_remedy(struct call *call, const struct remedy *r)
{
	return arena_print(&call->arena,
			   "the rule 'allow %s %s at %s. types %s', by: tenurectl zone policy "
			   "edit %s",
			   r->who, right_lacked(r->reason), r->name, r->type, r->zone);
}

static const char *transfer_remedy(struct call *call, const struct remedy *r)
{
	return arena_print(&call->arena,
			   "to let %s have it: tenurectl owner transfer --from %s --to %s --zone "
			   "%s --match %s",
			   r->who, r->owner, r->who, r->zone, r->name);
}

/* The command that would change it; NULL: none would. */
static const char *remedy_of(struct call *call, const struct remedy *r)
{
	struct arena *arena = &call->arena;
	switch (r->reason) {
	case POLICY_MODE_NONE:
		return arena_print(arena, "tenurectl zone set %s update=secure", r->zone);
	case POLICY_UNSIGNED:
		return "sign the request: tenurectl key generate NAME > NAME.key; nsupdate -k "
		       "NAME.key";
	case POLICY_IS_STATIC:
		if (!r->owner)
			return rule_remedy(call, r);
		return transfer_remedy(call, r);
	case POLICY_FOREIGN:
	case POLICY_SPARED:
	case POLICY_TAKEN:
		return r->owner ? transfer_remedy(call, r) : rule_remedy(call, r);
	case POLICY_APEX:
	case POLICY_RESERVED:
	case POLICY_NO_RULE:
		return rule_remedy(call, r);
	case POLICY_DENIED:
	case POLICY_CAPPED:
		return arena_print(arena, "tenurectl zone policy edit %s", r->zone);
	case POLICY_MANY_NAMES:
		return arena_print(arena, "tenurectl zone set %s max-names=NUMBER", r->zone);
	case POLICY_MANY_RECORDS:
		return arena_print(arena, "tenurectl zone set %s max-records=NUMBER", r->zone);
	default:
		return NULL;
	}
}

static const char *shown_name(struct call *call, const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	dns_name_show(name, text);
	return arena_text(&call->arena, text, strlen(text));
}

static const char *shown_type(struct call *call, uint16_t type)
{
	char text[DNS_TYPE_TEXT_MAX];
	dns_type_print(type, text);
	return arena_text(&call->arena, text, strlen(text));
}

static const char *verdict_word(const struct verdict *verdict)
{
	if (verdict->is_allowed)
		return "allowed";
	return verdict->is_spared ? "left in place" : "refused";
}

/* What is asked of the policy, as it is shown. */
struct asked {
	const char *change; /* "add", "delete" */
	uint16_t type;
	const char *data; /* or NULL */
	const char *owner;
};

static void answer(struct question *q, const struct asked *asked, const struct verdict *verdict)
{
	struct call *call = q->call;
	char text[POLICY_TEXT_MAX];
	const char *owner = asked->owner ? asked->owner : q->other;
	struct remedy remedy = {
		.reason = verdict->reason,
		.zone = shown_name(call, &q->zone.apex),
		.name = shown_name(call, &q->name),
		.type = shown_type(call, asked->type),
		.who = q->who.text,
		.owner = owner,
	};
	json_t *row = json_object();
	json_object_set_new(row, "verdict", json_string(verdict_word(verdict)));
	json_object_set_new(row, "change", json_string(asked->change));
	json_object_set_new(row, "zone", json_string(remedy.zone));
	json_object_set_new(row, "name", json_string(remedy.name));
	json_object_set_new(row, "type", json_string(remedy.type));
	if (asked->data)
		json_object_set_new(row, "data", verb_string(asked->data));
	json_object_set_new(row, "as", verb_string(q->who.text));
	json_object_set_new(row, "reason", json_string(policy_reason_word(verdict->reason)));
	json_object_set_new(row, "because", verb_string(policy_verdict_text(verdict, owner, text)));
	json_object_set_new(row, "owner", verb_string(owner));
	json_object_set_new(row, "right", json_string(policy_right_word(verdict->right)));
	json_object_set_new(row, "rule", verb_string(verdict->rule));
	if (verdict->line)
		json_object_set_new(row, "line", json_integer(verdict->line));
	if (!verdict->is_allowed)
		json_object_set_new(row, "remedy", verb_string(remedy_of(call, &remedy)));
	q->is_allowed &= verdict->is_allowed;
	verb_row(call, row);
}

static bool find_rrset(const struct question *q, struct node_rrset *rrset)
{
	return q->is_stored && node_find(&q->node, q->type, rrset);
}

static bool is_asked(const struct question *q, struct bytes rdata)
{
	return !q->has_data || dns_rdata_compare(q->type, rdata, q->rdata) == 0;
}

static void judge_stored(struct question *q, const struct node_record *is,
			 enum policy_change change)
{
	struct policy_record record = update_stored(&q->sight, change, q->type, is);
	struct verdict verdict = policy_judge(&q->sight.policy, &q->sight.asker, &q->at, &record);
	struct asked asked = {
		.change = change == POLICY_SAME ? "add" : "delete",
		.type = q->type,
		.data = verb_rdata(q->call, q->type, is->rdata),
		.owner = update_owner_text(&q->sight, is->owner, is->class),
	};
	answer(q, &asked, &verdict);
}

/* What stands there, or is deleted. How many of them were asked for. */
static unsigned ask_stored(struct question *q, enum policy_change change)
{
	unsigned count = 0;
	struct node_rrset rrset;
	struct node_record record;
	if (!find_rrset(q, &rrset))
		return 0;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	while (node_next_record(&in, &record)) {
		if (!is_asked(q, record.rdata))
			continue;
		judge_stored(q, &record, change);
		count++;
	}
	return count;
}

static void ask_add(struct question *q)
{
	struct node_rrset rrset;
	struct policy_record record = {
		.change = POLICY_ADD,
		.type = q->type,
		.after = 1 + (find_rrset(q, &rrset) ? rrset.count : 0),
	};
	if (q->has_data)
		record.is_target_self = update_is_target_self(&q->sight.asker, q->type, q->rdata);
	struct verdict verdict = policy_judge(&q->sight.policy, &q->sight.asker, &q->at, &record);
	struct asked asked = {
		.change = "add",
		.type = q->type,
		.data = q->has_data ? verb_rdata(q->call, q->type, q->rdata) : NULL,
	};
	answer(q, &asked, &verdict);
}

/* Who else has something at the name: what `taken` is about. */
static const char *other_owner(const struct question *q)
{
	struct node_rrset rrset;
	struct node_record record;
	struct bytes_in in = q->is_stored ? bytes_in_of(q->node.rrsets.data, q->node.rrsets.len)
					  : bytes_in_of("", 0);
	while (node_next_rrset(&in, &rrset)) {
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		while (node_next_record(&records, &record))
			if (!update_owns(&q->sight.ids, record.owner))
				return update_owner_text(&q->sight, record.owner, record.class);
	}
	return NULL;
}

/* In the order of an update: any right in the zone, then each difference. */
static void ask(struct question *q)
{
	struct call *call = q->call;
	update_sight_open(&q->sight, &call->view, &q->zone, &call->arena);
	q->sight.asker = policy_asker_of(&q->who, q->source.len ? &q->source : NULL, false);
	update_ids(&call->view, &q->who, &q->sight.ids);
	const struct update_owner *ids = &q->sight.ids;
	q->is_stored = lookup_node(call->view.txn, &q->zone, &q->name, &q->node);
	update_see(&q->sight, &q->name, q->is_stored ? &q->node : NULL, &q->at);
	q->other = other_owner(q);
	struct verdict verdict = update_admit(&q->zone, &call->view, &q->sight.asker,
					      ids->has_self || ids->has_acting);
	if (!verdict.is_allowed) {
		struct asked asked = {.change = q->is_delete ? "delete" : "add", .type = q->type};
		answer(q, &asked, &verdict);
		return;
	}
	if (!q->is_delete && (!q->has_data || ask_stored(q, POLICY_SAME) == 0))
		ask_add(q);
	if (q->is_delete && ask_stored(q, POLICY_REMOVE) == 0)
		verb_say(call,
			 "no such record at %s: deleting it changes nothing, and needs no "
			 "right",
			 shown_name(call, &q->name));
}

static enum call_code take_data(struct question *q)
{
	struct call *call = q->call;
	const char *text = verb_text(call, "data");
	unsigned column = 0;
	if (!text)
		return CALL_OK;
	uint8_t *buffer = arena_alloc(&call->arena, DNS_RDATA_MAX);
	struct bytes_out out = bytes_out_of(buffer, DNS_RDATA_MAX);
	const char *problem = dns_rdata_parse_text(q->type, text, &q->zone.apex, &out, &column);
	if (problem)
		return call_fail(call, CALL_USAGE, "data of %s, column %u of '%.200s': %s",
				 shown_type(call, q->type), column, text, problem);
	q->rdata = bytes_of(buffer, bytes_out_len(&out));
	q->has_data = true;
	return CALL_OK;
}

/* Somebody who is not known is no fault: names are asked about before keys are made. */
static enum call_code take_asker(struct question *q)
{
	struct call *call = q->call;
	struct dns_name key;
	const char *as = verb_text(call, "as"), *from = verb_text(call, "from");
	const char *problem = as ? who_parse(&q->who, as) : "who would ask is needed";
	if (problem)
		return call_fail(call, CALL_USAGE,
				 "as: '%.200s' is not a principal (key:NAME, gss:NAME@REALM, "
				 "anonymous): %s",
				 as ? as : "", problem);
	problem = from ? addr_parse(from, 0, &q->source) : NULL;
	if (problem)
		return call_fail(call, CALL_USAGE, "from: '%.60s' is not an address: %s", from,
				 problem);
	if (q->who.kind == WHO_KEY && !dns_name_parse_text(&key, q->who.text + strlen("key:")) &&
	    !keyring_find(call->view.keys, &key))
		verb_warn(call, 0,
			  arena_print(&call->arena,
				      "as: there is no key '%s' here: its requests "
				      "would be answered NOTAUTH (BADKEY)",
				      q->who.text + strlen("key:")));
	return CALL_OK;
}

static enum call_code why_asked(struct call *call)
{
	struct question q = {
		.call = call, .is_delete = verb_flag(call, "delete"), .is_allowed = true};
	if (!verb_text(call, "name") || !verb_text(call, "type"))
		return call_fail(call, CALL_USAGE, "a name and a type are needed");
	enum call_code code = verb_place_of(call, &q.zone, &q.name);
	if (!code)
		code = verb_type_of(call, "type", &q.type);
	if (!code && dns_type_is_meta(q.type))
		code = call_fail(call, CALL_USAGE, "type %s cannot be stored",
				 shown_type(call, q.type));
	if (!code)
		code = take_asker(&q);
	if (!code)
		code = take_data(&q);
	if (code)
		return code;
	ask(&q);
	verb_result(call, "allowed", json_boolean(q.is_allowed));
	return verb_read_ended(call);
}

/* --- refusals that were */

struct past {
	struct call *call;
	uint64_t seq; /* 0: any */
	uint64_t count;
};

struct known_cause {
	const char *begin, *remedy;
};

/* Causes that are not the policy's. */
static const struct known_cause known_causes[] = {
	{"signature: BADKEY",
	 "the key must be here, and enabled, with the client's algorithm: tenurectl key list"},
	{"signature: BADSIG", "compare the secrets: tenurectl key test KEY"},
	{"signature: BADTIME", "set the clock that is wrong (chronyc tracking)"},
	{"signature: BADTRUNC", "let the client send the whole MAC"},
	{"wrong zone", "name the zone that holds the name in the update: nsupdate's `zone`"},
	{NULL, NULL},
};

/* The policy's reason that a logged sentence begins with; the longest, as some begin alike. */
static bool reason_of_text(const char *text, enum policy_reason *reason)
{
	size_t best = 0;
	char sentence[POLICY_TEXT_MAX];
	for (enum policy_reason r = 0; r <= POLICY_MANY_RECORDS; r++) {
		policy_reason_text(r, "", sentence);
		size_t len = strlen(sentence);
		if (r == POLICY_FOREIGN || r == POLICY_SPARED)
			len -= strlen("nobody");
		if (len <= best || strncmp(text, sentence, len) != 0)
			continue;
		best = len;
		*reason = r;
	}
	return best > 0;
}

static const char *text_of(const json_t *event, const char *member)
{
	const char *text = json_string_value(json_object_get(event, member));
	return text ? text : "";
}

/* What the entry does not say in members of their own: owner, right, remedy. */
static void explain_past(struct call *call, const json_t *event, json_t *row)
{
	enum policy_reason reason;
	const char *text = text_of(event, "reason"), *subject = text_of(event, "subject");
	for (const struct known_cause *known = known_causes; known->begin; known++)
		if (strncmp(text, known->begin, strlen(known->begin)) == 0)
			json_object_set_new(row, "remedy", verb_string(known->remedy));
	if (!reason_of_text(text, &reason))
		return;
	size_t name_len = strcspn(subject, " ");
	bool names_owner = reason == POLICY_FOREIGN || reason == POLICY_SPARED;
	char sentence[POLICY_TEXT_MAX];
	policy_reason_text(reason, "", sentence);
	const struct remedy remedy = {
		.reason = reason,
		.zone = text_of(event, "zone"),
		.name = arena_text(&call->arena, subject, name_len),
		.type = subject[name_len] ? subject + name_len + 1 : "ANY",
		.who = text_of(event, "principal"),
		.owner = names_owner ? text + strlen(sentence) - strlen("nobody") : NULL,
	};
	const char *right = right_lacked(reason), *cure = remedy_of(call, &remedy);
	if (remedy.owner)
		json_object_set_new(row, "owner", verb_string(remedy.owner));
	if (right)
		json_object_set_new(row, "right", verb_string(right));
	if (cure)
		json_object_set_new(row, "remedy", verb_string(cure));
}

static void show_past(void *context, json_t *event)
{
	struct past *past = context;
	struct call *call = past->call;
	uint64_t seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));
	if (past->seq && past->seq != seq)
		return;
	past->count++;
	json_t *row = json_deep_copy(event);
	explain_past(call, event, row);
	verb_row(call, row);
}

static enum call_code why_last(struct call *call)
{
	struct audit_filter filter = {.has_name = true, .denied_only = true, .limit = LAST_COUNT};
	struct past past = {.call = call};
	enum call_code code = verb_name_of(call, "last", &filter.name);
	if (code)
		return code;
	audit_walk(call->view.txn, &filter, show_past, &past);
	code = verb_read_ended(call);
	if (!code && past.count == 0)
		code = call_fail(call, CALL_NOT_FOUND, "the log holds no refusal about %s",
				 shown_name(call, &filter.name));
	return code;
}

static enum call_code why_seq(struct call *call)
{
	struct entry entry;
	uint64_t first, last, seq = verb_number(call, "seq", 0);
	journal_range(call->view.txn, &first, &last);
	if (seq == 0 || seq < first || seq > last ||
	    !journal_read(call->view.txn, seq, &entry, &call->arena)) {
		enum call_code code = verb_read_ended(call);
		return code ? code
			    : call_fail(call, CALL_NOT_FOUND,
					"no entry %llu: the log holds %llu to %llu",
					(unsigned long long)seq, (unsigned long long)first,
					(unsigned long long)last);
	}
	if (entry.kind != ENTRY_DENIED)
		return call_fail(call, CALL_FAILED, "entry %llu is no refusal: its kind is %s",
				 (unsigned long long)seq, entry_kind_name(entry.kind));
	struct audit_filter filter = {
		.denied_only = true, .after_seq = seq - 1, .until_us = entry.time_us};
	struct past past = {.call = call, .seq = seq};
	audit_walk(call->view.txn, &filter, show_past, &past);
	return verb_read_ended(call);
}

static enum call_code why(struct call *call)
{
	bool has_last = verb_text(call, "last"), has_seq = json_object_get(call->args, "seq");
	if (has_last + has_seq + (verb_text(call, "name") != NULL) != 1)
		return call_fail(call, CALL_USAGE,
				 "one of a name, a name for --last, a number for --seq is needed");
	if (has_last)
		return why_last(call);
	return has_seq ? why_seq(call) : why_asked(call);
}

const struct verb verb_why_table[] = {
	{"why", why, "name=s? type=s? data=s? as=s? zone=s? from=s? delete=b? last=s? seq=i?"},
	{0},
};
