/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "nameserver/near_limits.h"
#include "nameserver/update_parts.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include <string.h>

struct judge {
	struct update_run *run;
	struct update_sight *sight;
	/* The name that was judged last: changes come name by name. */
	const struct edit_name *at;
	/* Static and pinned records that the message removes of the RRset of the present change,
	 * whose class was not given on yet. */
	unsigned left_static, left_pinned;
	/* Of its dynamic records with a window class, which was not given on yet; and the class. */
	unsigned left_windows;
	uint16_t left_window;
	/* What the message makes of the name, and of the RRset of the present change. */
	struct policy_growth records, types, bytes;
	/* Behind the RRsets of the present change, which come by type. */
	const struct edit_rrset *is;
	struct bytes_in was;
};

struct update_sight *update_sight_of(struct update_run *run)
{
	if (run->sight)
		return run->sight;
	struct update_sight *sight = arena_zero(run->arena, sizeof *sight);
	update_sight_open(sight, &run->side->snapshot, run->zone, run->arena);
	sight->asker = *run->asker;
	sight->ids = run->ids;
	sight->edit = run->edit;
	sight->steps = &run->steps;
	sight->steps_max = UPDATE_STEPS_MAX;
	run->sight = sight;
	return sight;
}

const struct policy_name *update_name_of(struct update_run *run, const struct edit_name *at)
{
	struct update_sight *sight = update_sight_of(run);
	if (run->seen == at)
		return &run->seen_name;
	/* Whoever goes from name to name and back has each looked at again. */
	run->steps += at->is_stored ? at->stored.rrsets.len / UPDATE_STEP_BYTES : 0;
	update_see(sight, &at->name, at->is_stored ? &at->stored : NULL, &run->seen_name);
	run->seen = at;
	return &run->seen_name;
}

static struct judge *judge_new(struct update_run *run)
{
	struct judge *judge = arena_zero(run->arena, sizeof *judge);
	judge->run = run;
	judge->sight = update_sight_of(run);
	/* What a host name or a delegation holds is what it holds after the message. */
	run->seen = NULL;
	update_sight_renew(judge->sight);
	for (size_t i = 0; i < run->changes.count; i++)
		judge->sight->cuts->is_expected |= run->changes.rr[i].class == DNS_CLASS_IN &&
						   (run->changes.rr[i].type == DNS_TYPE_NS ||
						    run->changes.rr[i].type == DNS_TYPE_DNAME);
	return judge;
}

/* What is stored at the name, counted. */
static void judge_see(struct judge *judge, const struct edit_name *at)
{
	struct update_run *run = judge->run;
	if (judge->at == at)
		return;
	judge->at = at;
	update_name_of(run, at);
}

/* Types and bytes of a name. */
static void judge_measure_name(struct judge *judge, const struct edit_name *at)
{
	struct node_rrset stored;
	unsigned last = 0;
	judge->types = judge->bytes = (struct policy_growth){0};
	if (at->is_stored) {
		struct bytes_in in = bytes_in_of(at->stored.rrsets.data, at->stored.rrsets.len);
		judge->bytes.before = (unsigned)at->stored.rrsets.len;
		for (; node_next_rrset(&in, &stored); last = stored.type)
			judge->types.before += stored.type != last;
	}
	judge->is = at->rrsets;
	judge->was = bytes_in_of(at->stored.rrsets.data, at->is_stored ? at->stored.rrsets.len : 0);
	for (const struct edit_rrset *rrset = at->rrsets; rrset; rrset = rrset->next) {
		judge->types.after++;
		judge->bytes.after += (unsigned)edit_rrset_bytes(rrset);
	}
}

/* Records of the type of a change. */
static void judge_measure_rrset(struct judge *judge, const struct edit_change *edited)
{
	struct node_rrset stored;
	uint16_t type = edited->change.type;
	struct bytes_in next = judge->was;
	while (judge->is && judge->is->type < type)
		judge->is = judge->is->next;
	bool is_there = judge->is && judge->is->type == type;
	judge->records = (struct policy_growth){0, is_there ? (unsigned)judge->is->count : 0};
	while (node_next_rrset(&next, &stored) && stored.type <= type) {
		judge->records.before += stored.type == type ? stored.count : 0;
		judge->was = next;
	}
}

static struct verdict update_judge_change(struct judge *judge, const struct edit_change *edited)
{
	const struct change *change = &edited->change;
	judge_see(judge, edited->at);
	struct policy_record record = {
		.change = POLICY_ADD,
		.type = change->type,
		.is_target_self =
			update_is_target_self(&judge->sight->asker, change->type, change->rdata),
	};
	if (edit_registers(edited)) {
		record.records = judge->records;
		record.types = judge->types;
		record.bytes = judge->bytes;
	} else {
		struct node_record was = {
			.owner = edited->was_owner,
			.class = change->was.class,
			.rdata = change->rdata,
		};
		bool is_removed = change->what == CHANGE_REMOVED;
		record = update_stored(judge->sight, is_removed ? POLICY_REMOVE : POLICY_TTL,
				       &change->name, change->type, &was);
	}
	return update_ask(judge->sight, &judge->run->seen_name, &record);
}

/* Who stands in the way: the record's owner; where one is added, somebody else at the name. */
static const char *blocker_of(const struct judge *judge, const struct edit_change *edited,
			      enum policy_reason reason)
{
	const struct change *change = &edited->change;
	if (reason == POLICY_APEX || reason == POLICY_CHILD || reason == POLICY_SPEAKS ||
	    reason == POLICY_CUT)
		return NULL;
	if (reason == POLICY_KEPT_FOR)
		return judge->run->seen_name.kept_for;
	if (!edit_registers(edited))
		return update_owner_text(judge->sight, edited->was_owner, change->was.class);
	if ((reason != POLICY_TAKEN && reason != POLICY_STRUCTURE) || !edited->at->is_stored)
		return NULL;
	return update_other_owner(judge->sight, &edited->at->name, &edited->at->stored);
}

static void update_judge_explain(struct judge *judge, const struct edit_change *edited,
				 const struct verdict *why)
{
	char text[POLICY_TEXT_MAX];
	struct update_run *run = judge->run;
	run->blocker = blocker_of(judge, edited, why->reason);
	policy_verdict_text(why, run->blocker, text);
	run->reason = arena_text(run->arena, text, strlen(text));
	policy_reason_text(why->reason, run->blocker, text);
	run->ede_text = update_told(run, &edited->change.name, edited->change.type, text);
	update_say(run, why);
	run->subject = update_subject(run->arena, &edited->change.name, edited->change.type);
}

/* What allowed it: the first rule that did, or the first reason when none did. */
static void note_allowed(struct update_run *run, enum policy_reason reason,
			 const struct verdict *verdict)
{
	char text[POLICY_TEXT_MAX];
	const char *rule = policy_rule_text(verdict, text);
	if (run->allowed_rule || (run->allowed_code && !rule))
		return;
	run->allowed_code = policy_reason_word(reason);
	run->allowed_rule = rule ? arena_text(run->arena, rule, strlen(rule)) : NULL;
}

static enum record_class update_judge_class_of(enum policy_class class)
{
	static const enum record_class classes[] = {
		[POLICY_STATIC] = RECORD_STATIC,
		[POLICY_DYNAMIC] = RECORD_DYNAMIC,
		[POLICY_PINNED] = RECORD_PINNED,
	};
	return classes[class];
}

/* The class of what is let in, its window class, and whether it is a guest. */
static void judge_set_marks(struct update_run *run, const struct edit_change *edited,
			    const struct node_record *marks)
{
	const struct change *change = &edited->change;
	struct node_record as = *marks;
	as.owner = edited->is_owner;
	as.stamp = change->is.stamp;
	as.rdata = change->rdata;
	edit_add_as(run->edit, &change->name, change->type, change->is.ttl, &as);
}

/* The record becomes the requester's. */
static void take_over(struct update_run *run, const struct edit_name *at,
		      const struct edit_rrset *rrset, const struct edit_record *record,
		      enum record_class class)
{
	struct node_record as = {
		.owner = run->owner,
		.stamp = run->now_us / 1000000,
		.class = class,
		.rdata = record->rdata,
	};
	edit_add_as(run->edit, &at->name, rrset->type, edit_ttl(rrset, record), &as);
}

/* A record that is named again, at a name that was seen. */
static void take_named(struct judge *judge, const struct edit_name *at,
		       const struct edit_rrset *rrset, const struct edit_record *is)
{
	struct update_run *run = judge->run;
	run->steps++;
	if (!is->is_named || update_owns(&run->ids, is->owner, &at->name))
		return;
	struct node_record stored = {.owner = is->owner, .class = is->class, .rdata = is->rdata};
	struct policy_record record =
		update_stored(judge->sight, POLICY_SAME, &at->name, rrset->type, &stored);
	struct verdict verdict = update_ask(judge->sight, &judge->run->seen_name, &record);
	if (!verdict.takes_over)
		return;
	note_allowed(run, verdict.is_by_rule ? POLICY_BY_RULE : POLICY_SELF, &verdict);
	take_over(run, at, rrset, is,
		  verdict.has_class ? update_judge_class_of(verdict.class) : is->class);
}

static void take_at(struct judge *judge, const struct dns_name *name)
{
	struct edit_name *at = edit_see(judge->run->edit, name);
	if (at->is_marked)
		return;
	at->is_marked = true; /* once, however often the message names it */
	judge_see(judge, at);
	for (struct edit_rrset *rrset = at->rrsets; rrset; rrset = rrset->next)
		for (struct edit_record *is = rrset->records; is; is = is->next)
			take_named(judge, at, rrset, is);
}

/*
 * Records that the requester names again and may take over become its own, though their data is as
 * it was: those that `anonymous` left at its own name (tenure-policy(5), "A zone that becomes
 * secure"), and those that a rule for `takeover` gives.
 */
static void take_what_is_named(struct judge *judge)
{
	struct update_run *run = judge->run;
	if (judge->sight->policy.mode != POLICY_SECURE)
		return;
	struct dns_name own;
	size_t at = 0;
	while (judge->sight->asker.is_trusted &&
	       policy_next_own_name(&judge->sight->asker, &at, &own))
		if (dns_name_under(&own, &run->zone->apex))
			take_at(judge, &own);
	for (size_t i = 0; judge->sight->wants_takeable && i < run->changes.count; i++)
		if (run->changes.rr[i].class == DNS_CLASS_IN)
			take_at(judge, &run->changes.rr[i].name);
}

static bool is_same_rrset(const struct edit_change *a, const struct edit_change *b)
{
	return a->at == b->at && a->change.type == b->change.type;
}

/* Whether a removed record gives its class to what takes its place: one of the requester's that
 * does not age. */
static bool is_inherited(const struct judge *judge, const struct edit_change *edited)
{
	const struct update_run *run = judge->run;
	enum record_class class = edited->change.was.class;
	bool may_own = judge->sight->policy.mode != POLICY_SECURE ||
		       who_is_authenticated(&run->update->request.who);
	bool is_nobodys = principal_is_nobody(edited->was_owner, class);
	return edited->change.what == CHANGE_REMOVED && may_own && !is_nobodys &&
	       (class == RECORD_PINNED || class == RECORD_STATIC) &&
	       update_owns(&run->ids, edited->was_owner, &edited->at->name);
}

/* The window class of a dynamic record of the requester's that goes is that of what takes its
 * place, too. */
static void judge_note_window(struct judge *judge, const struct edit_change *edited)
{
	const struct record_windows *windows = &edited->change.was.windows;
	uint16_t number = RECORD_WINDOW_ZONE;
	if (!windows->refresh || edited->change.what != CHANGE_REMOVED ||
	    edited->change.was.class != RECORD_DYNAMIC ||
	    !update_owns(&judge->run->ids, edited->was_owner, &edited->at->name) ||
	    !record_window_find(judge->run->txn, windows, &number))
		return;
	judge->left_window = judge->left_windows++ ? judge->left_window : number;
}

/* Whether a change removes what a rule for `takeover` gives, or made it the requester's. */
static bool judge_takes(struct judge *judge, const struct edit_change *edited)
{
	const struct change *change = &edited->change;
	if (change->was.class == RECORD_DERIVED)
		return false;
	if (change->what == CHANGE_ALTERED && edited->is_owner != edited->was_owner)
		return !update_owns(&judge->run->ids, edited->was_owner, &change->name);
	if (change->what != CHANGE_REMOVED)
		return false;
	struct verdict verdict = update_judge_change(judge, edited);
	return verdict.is_allowed && verdict.right == POLICY_RIGHT_TAKEOVER;
}

/* Before the first change of a name; `changes` begins with it. Those of a name follow each other.
 */
static void judge_begin_name(struct judge *judge, const struct edit_change *changes, size_t count)
{
	judge_see(judge, changes->at);
	judge_measure_name(judge, changes->at);
	struct policy_name *name = &judge->run->seen_name;
	for (size_t i = 0; name->takeable && !name->takes && i < count; i++) {
		if (changes[i].at != changes->at)
			break;
		name->takes = judge_takes(judge, &changes[i]);
	}
}

/* Before the first change of an RRset; `changes` begins with it. Those of an RRset follow each
 * other.
 */
static void judge_begin_rrset(struct judge *judge, const struct edit_change *changes, size_t count)
{
	judge->left_static = judge->left_pinned = judge->left_windows = 0;
	judge_measure_rrset(judge, changes);
	for (size_t i = 0; i < count && is_same_rrset(changes, &changes[i]); i++) {
		judge_note_window(judge, &changes[i]);
		if (!is_inherited(judge, &changes[i]))
			continue;
		judge->left_static += changes[i].change.was.class == RECORD_STATIC;
		judge->left_pinned += changes[i].change.was.class == RECORD_PINNED;
	}
}

/* The class of the record whose place the next one takes, what was static first: one for one, so
 * that nobody gets more records that do not age than there were. */
static enum record_class judge_inherit(struct judge *judge, enum record_class otherwise)
{
	if (judge->left_static > 0) {
		judge->left_static--;
		return RECORD_STATIC;
	}
	if (judge->left_pinned > 0) {
		judge->left_pinned--;
		return RECORD_PINNED;
	}
	return otherwise;
}

/* A record that is let in has the class that a rule gives, else that of the requester's record
 * whose place it takes: a pinned host stays pinned when it moves. */
static void judge_give_marks(struct judge *judge, const struct edit_change *edited,
			     const struct verdict *verdict)
{
	if (!edit_registers(edited))
		return;
	struct node_record marks = {.is_guest = verdict->is_guest};
	marks.class = verdict->has_class ? update_judge_class_of(verdict->class)
					 : judge_inherit(judge, edited->change.is.class);
	if (marks.class == RECORD_DYNAMIC && judge->left_windows > 0) {
		judge->left_windows--;
		marks.window = judge->left_window;
	}
	if (marks.class != edited->change.is.class || marks.is_guest || marks.window)
		judge_set_marks(judge->run, edited, &marks);
}

/* A change of a record of a fellow member, or of the same machine under another name, makes it the
 * requester's. */
static void judge_own_changed(struct update_run *run, const struct edit_change *edited)
{
	const struct change *change = &edited->change;
	struct node_record as, was;
	if (change->what != CHANGE_ALTERED || edited->was_owner == run->owner ||
	    !update_owns(&run->ids, edited->was_owner, &change->name) ||
	    !edit_find_stored(run->edit, edited->at, change->type, change->rdata, &was))
		return;
	as = was;
	as.owner = run->owner;
	as.stamp = run->now_us / 1000000;
	edit_add_as(run->edit, &change->name, change->type, change->is.ttl, &as);
}

/* What was let in may have brought its name near a limit. */
static void judge_note_near(struct judge *judge, const struct edit_change *edited)
{
	struct update *update = judge->run->update;
	const struct policy_zone *zone = &judge->sight->policy;
	const struct {
		enum policy_reason which;
		const struct policy_growth *growth;
		unsigned limit;
	} limits[] = {{POLICY_MANY_RECORDS, &judge->records, zone->max_records},
		      {POLICY_MANY_TYPES, &judge->types, zone->max_types},
		      {POLICY_MANY_BYTES, &judge->bytes, zone->max_name_bytes}};
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		const struct policy_growth *growth = limits[i].growth;
		if (growth->after <= growth->before ||
		    !near_limits_is_near(growth->after, limits[i].limit))
			continue;
		update->near.which = limits[i].which;
		update->near.zone_id = judge->run->zone->id;
		update->near.type = edited->change.type;
		update->near.name = edited->change.name;
		return;
	}
}

/* One difference. False: refused. */
static bool judge_one(struct judge *judge, const struct edit_change *edited)
{
	struct update_run *run = judge->run;
	if (edited->change.what == CHANGE_REFRESHED)
		return true;
	/* A derived record makes room for one that is registered. */
	if (edit_makes_room(edited))
		return true;
	/* What has become the requester's was judged when it was taken. */
	if (edited->change.what == CHANGE_ALTERED && edited->is_owner != edited->was_owner &&
	    !edit_registers(edited))
		return true;
	judge_see(judge, edited->at);
	struct verdict verdict = update_judge_change(judge, edited);
	if (run->judged)
		run->judged(run, edited, &verdict);
	if (verdict.is_allowed)
		judge_give_marks(judge, edited, &verdict);
	if (verdict.is_allowed) {
		judge_own_changed(run, edited);
		note_allowed(run, verdict.reason, &verdict);
		if (edited->change.what == CHANGE_ADDED && !run->object)
			judge_note_near(judge, edited);
		return true;
	}
	update_judge_explain(judge, edited, &verdict);
	return false;
}

/*
 * Who refreshes (tenurectl(8), AGING): the owner, unless a rule denies it `write`; what counted as
 * the requester's is its own from then on. In a nonsecure zone also who may change the record; in a
 * secure one whom a rule gives `write`, by naming the record again and not by a prerequisite: then
 * the owner stays. At a name that speaks for a host that is another's by now, nobody whom no rule
 * names there.
 */
static enum edit_refresh update_judge_may_refresh(void *context, const struct edit_name *at,
						  uint16_t type, const struct node_record *stored,
						  bool is_named)
{
	struct judge *judge = context;
	judge_see(judge, at);
	struct policy_record record =
		update_stored(judge->sight, POLICY_TTL, &at->name, type, stored);
	const struct policy_name *name = &judge->run->seen_name;
	struct verdict verdict = update_ask(judge->sight, name, &record);
	if (!policy_may_renew(&judge->sight->policy, &judge->sight->asker, name, &record) ||
	    !update_refreshes(judge->sight->policy.mode, &record, &verdict, is_named))
		return EDIT_REFRESH_NOT;
	return record.owner == POLICY_OWNER_REQUESTER ? EDIT_REFRESH_TAKES : EDIT_REFRESH_KEEPS;
}

void update_say(struct update_run *run, const struct verdict *verdict)
{
	char text[POLICY_TEXT_MAX];
	const char *rule = policy_rule_text(verdict, text);
	run->code = refusal_code_of_policy(verdict->reason);
	run->rule = rule ? arena_text(run->arena, rule, strlen(rule)) : NULL;
	run->right = verdict->right;
	run->line = verdict->line;
}

enum dns_rcode update_judge(struct update_run *run)
{
	struct judge *judge = judge_new(run);
	take_what_is_named(judge);
	edit_let_refresh(run->edit, update_judge_may_refresh, judge);
	if (judge->sight->wants_window)
		update_let_window(run);
	size_t count, left = UPDATE_STEPS_MAX - update_steps(run);
	if (update_has_too_many_steps(run) || !edit_diff_within(run->edit, left))
		return update_refuse_steps(run, run->changes.rr);
	const struct edit_change *changes = edit_diff(run->edit, &count);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || changes[i - 1].at != changes[i].at)
			judge_begin_name(judge, changes + i, count - i);
		if (i == 0 || !is_same_rrset(&changes[i - 1], &changes[i]))
			judge_begin_rrset(judge, changes + i, count - i);
		bool is_let_in = judge_one(judge, &changes[i]);
		if (update_has_too_many_steps(run))
			return update_refuse_steps_at(run, &changes[i]);
		if (!is_let_in &&
		    !update_goes_on(run, &(struct update_objection){.edited = &changes[i],
								    .rcode = DNS_REFUSED}))
			return DNS_REFUSED;
	}
	update_take_left(run, changes, count);
	return DNS_NOERROR;
}
