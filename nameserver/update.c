/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/container.h"
#include "journal/entry_time.h"
#include "nameserver/client_turn.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/near_limits.h"
#include "nameserver/update_parts.h"
#include "nameserver/tap.h"
#include "nameserver/trace_row.h"
#include "zonedb/principal.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define PREREQUISITE_HEAD        6          /* type, class, length */
#define UPDATE_PREREQUISITES_MAX 4096       /* bytes in the log: DHCP servers send one or two */
#define EVERY_ZONE               UINT32_MAX /* of a rate; no zone has this id */

/* The zone section (RFC 2136 3.1). */
static enum dns_rcode zone_find(const struct request *asked, const struct zone **zone)
{
	const struct dns_msg *msg = asked->msg;
	if (msg->qtype != DNS_TYPE_SOA)
		return DNS_FORMERR;
	if (msg->qclass != DNS_CLASS_IN)
		return DNS_NOTAUTH;
	*zone = zoneset_exact(asked->by->snapshot.zones, &msg->qname);
	return *zone ? DNS_NOERROR : DNS_NOTAUTH;
}

static const char *update_key_of(const struct update_run *run)
{
	char text[DNS_NAME_TEXT_MAX];
	if (run->update->request.identity.outcome != IDENTITY_VERIFIED)
		return NULL;
	dns_name_show(&run->update->request.identity.key, text);
	return arena_text(run->arena, text, strlen(text));
}

/* Whether a record is added, altered, ... */
static bool update_has_change(struct edit *edit, enum change_what what)
{
	size_t count;
	const struct edit_change *changes = edit_diff(edit, &count);
	for (size_t i = 0; i < count; i++)
		if (changes[i].change.what == what)
			return true;
	return false;
}

/* The owner of the records that are about to be written gets its id. */
static void update_own(struct update_run *run)
{
	if (!update_has_change(run->edit, CHANGE_ADDED) &&
	    !update_has_change(run->edit, CHANGE_ALTERED))
		return;
	const char *text = run->acting ? run->acting->name : run->update->request.who.text;
	uint32_t id = principal_intern(run->txn, text);
	assert(id == run->owner || run->txn->error);
}

/* As entry.h packs them: the first that fit in UPDATE_PREREQUISITES_MAX bytes. */
static struct bytes prerequisites_of(const struct update_run *run)
{
	const struct update_rrs *all = &run->prerequisites;
	if (all->count == 0)
		return bytes_of("", 0);
	uint8_t *room = arena_alloc(run->arena, UPDATE_PREREQUISITES_MAX);
	struct bytes_out out = bytes_out_of(room, UPDATE_PREREQUISITES_MAX);
	for (size_t i = 0; i < all->count; i++) {
		const struct update_rr *rr = &all->rr[i];
		if (bytes_out_left(&out) < rr->name.len + PREREQUISITE_HEAD + rr->rdata.len)
			break;
		bytes_out_put(&out, rr->name.wire, rr->name.len);
		bytes_out_u16(&out, rr->type);
		bytes_out_u16(&out, rr->class);
		bytes_out_u16(&out, (uint16_t)rr->rdata.len);
		bytes_out_put(&out, rr->rdata.data, rr->rdata.len);
	}
	return bytes_of(room, bytes_out_len(&out));
}

struct entry update_entry(const struct update_run *run, enum entry_kind kind)
{
	const struct update *update = run->update;
	return (struct entry){
		.time_us = run->now_us,
		.kind = kind,
		.principal = update->request.who.text,
		.acting = run->acting ? run->acting->name : NULL,
		.key = update_key_of(run),
		.source = update->request.source,
		.transport = update->request.transport,
		.message_id = update->request.msg.id,
	};
}

/* Why no group acts for a requester that is in two; NULL: it is not. */
static const char *update_clash_of(const struct update_run *run)
{
	return update_clash_text(&run->ids, &run->update->request.who, run->arena);
}

static enum update_outcome update_commit(struct update_run *run)
{
	/* What removes gives room back, and what refreshes or alters takes none but for its entry:
	 * a full store keeps room for both, so that hosts that live do not lose their names. */
	if (!update_has_change(run->edit, CHANGE_ADDED))
		store_use_half_of_reserve(run->txn);
	update_own(run);
	/* edit_commit calls it a refresh if it is one. */
	struct entry entry = update_entry(run, ENTRY_UPDATE);
	entry.reason = run->reason ? run->reason : update_clash_of(run);
	entry.subject = run->subject;
	entry.code = run->reason ? refusal_word(run->code) : run->allowed_code;
	entry.owner = run->blocker;
	entry.rule = run->allowed_rule;
	entry.prerequisites = prerequisites_of(run);
	entry.has_rest = run->left.count > 0 && run->left.is_more;
	const struct duplicate_request_key *key = &run->update->duplicate_request_key;
	if (key->is_signed)
		entry.request = bytes_of(key->hash, sizeof(key->hash));
	uint64_t seq = edit_commit(run->edit, &entry);
	if (seq != 0 && entry.kind == ENTRY_UPDATE)
		update_share_add(run, &entry);
	update_note_ignored(run);
	if (seq != 0)
		return entry.kind == ENTRY_UPDATE ? UPDATE_CHANGED : UPDATE_REFRESHED;
	/* Nothing was left to do: what was left out is worth an entry of its own, but not at each
	 * refresh of a host beside another's record. */
	bool is_refresh = run->adds_count > 0 && run->spared && !run->ignored;
	if (run->reason && !is_refresh)
		update_log_refusal(run);
	return UPDATE_EMPTY;
}

/* A principal, or its acting group, gets an id when it has something to own: what is refused leaves
 * none. */
void update_open_edit(struct update_run *run)
{
	const char *text = run->acting ? run->acting->name : run->update->request.who.text;
	run->owner = principal_expect(run->txn, text);
	if (run->acting)
		run->ids.acting = run->owner;
	else
		run->ids.self = run->owner;
	run->ids.has_acting = run->acting != NULL;
	run->ids.has_self |= !run->acting;
	struct edit_author author = {
		.owner = run->owner,
		.owner_text = text,
		.self = run->acting && run->ids.has_self ? run->ids.self : 0,
		.source = who_is_authenticated(&run->update->request.who)
				  ? NULL
				  : &run->update->request.source,
		.now = run->now_us / 1000000,
		.class = RECORD_DYNAMIC,
	};
	run->edit = edit_open(run->txn, run->zone, &author, run->arena);
}

bool update_goes_on(struct update_run *run, const struct update_objection *objection)
{
	if (!run->object)
		return false;
	run->object(run, objection);
	run->reason = run->subject = run->blocker = run->rule = run->ede_text = NULL;
	run->code = REFUSAL_NO_CODE;
	run->right = POLICY_RIGHT_NOTHING;
	run->line = 0;
	return true;
}

static enum dns_rcode update_deny(struct update_run *run, const char *ede_text)
{
	snprintf(run->update->ede_text, sizeof run->update->ede_text, "%s", ede_text);
	run->update->rcode = DNS_REFUSED;
	run->update->outcome = UPDATE_DENIED;
	run->update->refused = run->code;
	const char *clash = update_clash_of(run);
	if (clash)
		run->reason = arena_print(run->arena, "%s; %s", run->reason, clash);
	update_log_refusal(run);
	return DNS_REFUSED;
}

/* What the message is about, as far as it was read: its first change, or the zone. */
static const char *update_subject_of(const struct update_run *run)
{
	const struct update_rr *first = run->changes.rr;
	if (run->changes.count == 0)
		return update_subject(run->arena, &run->zone->apex, DNS_TYPE_SOA);
	return update_subject(run->arena, &first->name, first->type);
}

/* Without any right in the zone not even prerequisites are answered (tenure-policy(5), "How an
 * update is judged"). */
static bool is_admitted(struct update_run *run)
{
	char text[POLICY_TEXT_MAX];
	struct policy_asker *asker = arena_alloc(run->arena, sizeof *asker);
	struct update_owner *ids = &run->ids;
	*asker = request_kept_asker(&run->update->request, &run->side->snapshot);
	asker->memo = update_memo_of(run);
	run->asker = asker;
	run->acting = update_ids(&run->side->snapshot, asker, ids, run->arena);
	struct verdict verdict = update_admit(run->zone, &run->side->snapshot, asker, ids,
					      run->prerequisites.count > 0);
	if (verdict.is_allowed)
		return true;
	policy_verdict_text(&verdict, NULL, text);
	run->reason = arena_text(run->arena, text, strlen(text));
	update_say(run, &verdict);
	run->subject = update_subject_of(run);
	return false;
}

enum dns_rcode update_try(struct update_run *run)
{
	if (!is_admitted(run) || update_is_hidden(run))
		return DNS_REFUSED;
	update_open_edit(run);
	enum dns_rcode rcode = update_apply(run);
	return rcode ? rcode : update_judge(run);
}

static bool update_owns_at(const struct update_run *run, const struct edit_name *at)
{
	struct node_record record;
	for (const struct edit_rrset *rrset = at->rrsets; rrset; rrset = rrset->next)
		for (const struct edit_record *is = rrset->records; is; is = is->next)
			if (update_owns(&run->ids, is->owner, &at->name))
				return true;
	struct node_walk walk = node_walk_of(&at->stored);
	while (at->is_stored && node_walk_next(&walk, &record))
		if (update_owns(&run->ids, record.owner, &at->name))
			return true;
	return false;
}

static void update_note_owned(struct update_run *run)
{
	run->update->owns_first =
		run->changes.count > 0 &&
		update_owns_at(run, edit_see(run->edit, &run->changes.rr[0].name));
}

static bool update_are_in_zone(const struct update_run *run, const struct update_rrs *rrs)
{
	const struct zoneset *zones = run->side->snapshot.zones;
	for (size_t i = 0; i < rrs->count; i++)
		if (!update_is_in_zone(zones, &run->zone->apex, &rrs->rr[i].name, rrs->rr[i].type))
			return false;
	return true;
}

/* Whether a zone below took one of its names while it waited: a change of the zone above would be
 * acknowledged, and never be seen. */
static bool update_has_left(const struct update_run *run)
{
	return run->update->settings != run->side->snapshot.version &&
	       !(update_are_in_zone(run, &run->prerequisites) &&
		 update_are_in_zone(run, &run->changes));
}

static enum dns_rcode update_decide(struct update_run *run)
{
	struct update *update = run->update;
	run->zone = zoneset_exact(run->side->snapshot.zones, &update->request.msg.qname);
	update->outcome = UPDATE_BROKEN;
	if (!run->zone) /* it went while the request waited */
		return DNS_NOTAUTH;
	run->prerequisites = update_read(&update->request.msg, DNS_PREREQUISITE, run->arena);
	run->changes = update_read(&update->request.msg, DNS_UPDATE, run->arena);
	if (update_has_left(run))
		return DNS_NOTZONE;
	update_number_names(run);
	if (!is_admitted(run))
		return update_deny(run, ANSWER_NOT_AUTHORIZED);
	if (run->zone->is_frozen) {
		run->reason = "the zone is frozen";
		run->code = REFUSAL_FROZEN;
		run->subject = update_subject_of(run);
		return update_deny(run, run->reason);
	}
	if (update_is_too_much(run)) {
		run->subject = update_subject_of(run);
		return update_deny(run, run->ede_text);
	}
	if (update_is_hidden(run))
		return update_deny(run, run->ede_text ? run->ede_text : ANSWER_NOT_AUTHORIZED);
	if (update_report_probes(run) || update_read_prerequisites(run) != DNS_NOERROR)
		return update_deny(run, run->ede_text);
	enum dns_rcode rcode = update_check_prerequisites(run);
	if (rcode != DNS_NOERROR) {
		update->outcome = UPDATE_FAILED;
		update_note_failed(run, rcode);
		return rcode;
	}
	update_open_edit(run);
	if (update_apply(run) != DNS_NOERROR || update_judge(run) != DNS_NOERROR ||
	    update_mark_ptr(run) != DNS_NOERROR || update_judge_names(run) != DNS_NOERROR ||
	    update_is_over_share(run))
		return update_deny(run, run->ede_text);
	update_report(run);
	update_say_spared(run);
	update_say_left(run);
	if (who_is_authenticated(&update->request.who))
		update_note_owned(run);
	update->outcome = update_commit(run);
	return DNS_NOERROR;
}

/* Not answered: it may have run, or what it was could not be remembered. */
static void update_drop(struct update_run *run, enum duplicate_request_state state)
{
	struct update *update = run->update;
	bool is_full = state == DUPLICATE_REQUEST_NO_ROOM;
	update->rcode = DNS_REFUSED;
	update->outcome = UPDATE_DROPPED;
	if (!snapshot_use(&run->side->snapshot, run->txn))
		return;
	run->zone = zoneset_exact(run->side->snapshot.zones, &update->request.msg.qname);
	if (!run->zone)
		return;
	run->changes = update_read(&update->request.msg, DNS_UPDATE, run->arena);
	run->subject = update_subject_of(run);
	run->code = is_full ? REFUSAL_TABLE_FULL : REFUSAL_IN_DOUBT;
	run->reason = is_full ? "dropped without an answer: the table of recent requests is full"
			      : "dropped without an answer: it was signed before a crash of this "
				"server, or before its clock was set back, and may have run";
	update_log_refusal(run);
}

/* Whether it ran before; otherwise it has its place among those that did. */
static enum duplicate_request_state update_remember(struct update_run *run, uint64_t now,
						    struct duplicate_request_answer *stored)
{
	struct duplicate_requests *duplicates = run->side->duplicates;
	const struct duplicate_request_key *key = &run->update->duplicate_request_key;
	enum duplicate_request_state state = duplicate_requests_take(duplicates, key, now, stored);
	if (state == DUPLICATE_REQUEST_IN_DOUBT && duplicate_requests_is_behind(duplicates, now) &&
	    duplicate_requests_learn(duplicates, run->txn, now))
		state = duplicate_requests_take(duplicates, key, now, stored);
	return state;
}

/* The same answer as the first time. */
static void update_resend(struct update *update, const struct duplicate_request_answer *stored)
{
	update->rcode = stored->rcode;
	snprintf(update->ede_text, sizeof update->ede_text, "%s",
		 stored->ede_text ? stored->ede_text : "");
	update->outcome = UPDATE_RESENT;
}

static void update_run_update(struct writer_job *job, struct store_txn *txn)
{
	struct update *update = container_of(job, struct update, job);
	struct writer_side *side = update->request.core->writer_side;
	uint64_t now_us = clock_now_us(&update->request.core->clock);
	struct duplicate_request_answer stored;
	arena_reset(&side->arena);
	struct update_run run = {
		.update = update,
		.side = side,
		.txn = txn,
		.arena = &side->arena,
		.now_us = entry_time_now(txn, now_us),
	};
	update->ede_text[0] = '\0';
	update->near.which = (enum policy_reason)0;
	update->rcode = DNS_NOERROR;
	update->outcome = UPDATE_BROKEN;
	enum duplicate_request_state state = update_remember(&run, now_us / 1000000, &stored);
	if (state == DUPLICATE_REQUEST_KNOWN)
		update_resend(update, &stored);
	else if (state != DUPLICATE_REQUEST_NEW)
		update_drop(&run, state);
	else if (snapshot_use(&side->snapshot, txn))
		update->rcode = update_decide(&run);
	if (txn->error != STORE_OK) {
		update->rcode = DNS_SERVFAIL;
		update->outcome = UPDATE_BROKEN;
		return;
	}
	if (state != DUPLICATE_REQUEST_NEW)
		return;
	stored = (struct duplicate_request_answer){update->rcode,
						   update->ede_text[0] ? update->ede_text : NULL};
	duplicate_requests_answer(side->duplicates, &stored);
}

/* Which limit refused. */
static void update_count_limit(const struct update *update)
{
	static const struct {
		enum refusal_code code;
		enum stats_counter counter;
	} limits[] = {
		{REFUSAL_POLICY_MANY_NAMES, STATS_LIMIT_NAMES},
		{REFUSAL_POLICY_MANY_RECORDS, STATS_LIMIT_RECORDS},
		{REFUSAL_POLICY_MANY_TYPES, STATS_LIMIT_TYPES},
		{REFUSAL_POLICY_MANY_BYTES, STATS_LIMIT_BYTES},
		{REFUSAL_POLICY_CAPPED, STATS_LIMIT_RULE},
		{REFUSAL_TOO_MUCH, STATS_LIMIT_MESSAGE},
		{REFUSAL_LOG_SHARE, STATS_LIMIT_LOG},
	};
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		if (update->refused == limits[i].code)
			stats_add(&update->request.core->stats, limits[i].counter);
}

static void update_count(const struct update *update)
{
	const struct tally_of_update counted = {
		.zone_id = update->zone_id,
		.outcome = update->outcome,
		.principal = update->request.who.text,
		.us = clock_monotonic_us() - update->began_us,
	};
	static const int counters[] = {
		[UPDATE_CHANGED] = STATS_UPDATES_CHANGED,
		[UPDATE_REFRESHED] = STATS_UPDATES_REFRESHED,
		[UPDATE_EMPTY] = STATS_UPDATES_EMPTY,
		[UPDATE_FAILED] = STATS_UPDATES_FAILED,
		[UPDATE_DENIED] = STATS_UPDATES_DENIED,
		[UPDATE_RESENT] = STATS_UPDATES_RESENT,
		[UPDATE_DROPPED] = STATS_UPDATES_DROPPED,
		[UPDATE_BROKEN] = -1,
	};
	if (update->outcome == UPDATE_DENIED)
		update_count_limit(update);
	if (counters[update->outcome] >= 0)
		stats_add(&update->request.core->stats,
			  (enum stats_counter)counters[update->outcome]);
	tally_update(update->request.core->writer_side->tally, &counted);
}

/* A client's message without a signature was refused, and this is the same with one. Whose the name
 * is not sends nothing that could be the same. */
static void update_forget_unsigned(const struct update *update)
{
	bool is_accepted = update->outcome == UPDATE_CHANGED ||
			   update->outcome == UPDATE_REFRESHED || update->outcome == UPDATE_EMPTY;
	if (!is_accepted || !who_is_authenticated(&update->request.who) || !update->owns_first)
		return;
	unsigned count = refusals_forget(update->request.core, &update->request.msg,
					 &update->request.source);
	for (; count > 0; count--)
		stats_add(&update->request.core->stats, STATS_REFUSALS_SIGNED_LATER);
}

static void update_note_near(const struct update *update)
{
	struct near_limit near = {.which = update->near.which};
	if (!near.which || update->outcome != UPDATE_CHANGED)
		return;
	near.zone_id = update->near.zone_id;
	near.type = update->near.type;
	near.name = update->near.name;
	snprintf(near.principal, sizeof near.principal, "%s", update->request.who.text);
	near_limits_add(update->request.core->near_limits, &near);
}

static void done_update(struct writer_job *job, enum store_error error)
{
	struct update *update = container_of(job, struct update, job);
	struct duplicate_requests *duplicates = update->request.core->writer_side->duplicates;
	if (job->outcome == TURNS_CLOSED) {
		update->outcome = UPDATE_DROPPED; /* the server stops, and it has not run */
		update->is_dropped = true;
	} else if (error != STORE_OK) {
		update->rcode = DNS_SERVFAIL;
		update->outcome = UPDATE_BROKEN;
		if (log_rate(&update->request.core->store_failures, 1))
			log_error("update failed, nothing was changed", "error=\"%s\"",
				  store_error_text(error));
	} else {
		duplicate_requests_confirm(duplicates);
		update_forget_unsigned(update);
		update_note_near(update);
		update->is_dropped = update->outcome == UPDATE_DROPPED;
	}
	update_count(update);
	update->pending.answered(&update->pending, update->pending.context);
}

static struct update *update_of(struct pending *pending)
{
	return container_of(pending, struct update, pending);
}

/* The writer takes no more of it. A client that is told so gives up; one that is not tries again.
 */
static void update_crowded(struct update *update)
{
	struct core *core = update->request.core;
	char text[LOG_QUOTED_MAX], host[ADDR_TEXT_MAX] = "";
	stats_add(&core->stats, STATS_UPDATES_DROPPED);
	if (update->job.outcome == TURNS_CLOSED)
		return;
	update_refusal_crowd(update, update->job.outcome);
	if (!log_rate(&core->waiting_updates, 1))
		return;
	if (update->request.source.len)
		addr_print_host(&update->request.source, host);
	log_warning("update dropped: too many wait for the writer",
		    "principal=%s source=%s limit=%s", log_quote(update->request.who.text, text),
		    host, update->job.outcome == TURNS_CLIENT_FULL ? "client" : "server");
}

/* The pacer's: its turn has come. */
static void update_go(struct delayed_update *held)
{
	struct update *update = container_of(held, struct update, held);
	if (writer_post(update->request.core->writer, &update->job, WRITER_URGENT))
		return;
	update->is_dropped = true;
	update_crowded(update);
	update->pending.answered(&update->pending, update->pending.context);
}

static bool update_post(struct pending *pending)
{
	struct update *update = update_of(pending);
	enum update_delay_outcome outcome = UPDATE_DELAY_AT_ONCE;
	update->job.turn =
		client_turn_of(update->request.core, &update->request.who, &update->request.source);
	update->job.run = update_run_update;
	update->job.done = done_update;
	update->held.go = update_go;
	update->held.bytes = update->pending.bytes;
	if (update->has_rate_slot)
		outcome = update_delay_hold(update->request.core->update_delay, &update->held,
					    &update->rate_slot);
	if (outcome == UPDATE_DELAY_HELD)
		return true;
	if (outcome != UPDATE_DELAY_AT_ONCE)
		stats_add(&update->request.core->stats, STATS_UPDATES_DROPPED);
	else if (writer_post(update->request.core->writer, &update->job, WRITER_URGENT))
		return true;
	else
		update_crowded(update);
	return false;
}

static void update_tap(const struct update *update, const struct bytes_out *answer)
{
	struct core *core = update->request.core;
	uint64_t now_us = clock_now_us(&core->clock);
	struct tap_exchange exchange = {
		.query = update->request.msg.packet,
		.response = bytes_of(answer->start, bytes_out_len(answer)),
		.peer = &update->request.source,
		.is_tcp = update->request.transport == ENTRY_TCP,
		.is_update = true,
		.query_us = now_us - (clock_monotonic_us() - update->began_us),
		.response_us = now_us,
	};
	tap_copy(core->tap, &exchange);
}

/* To who looks. No answer: it was dropped. */
static void update_show(const struct update *update, const struct request *request,
			const struct bytes_out *answer)
{
	struct core *core = request->core;
	if (!core->watchers)
		return;
	if (core->tap && answer)
		update_tap(update, answer);
	if (trace_is_on(core))
		trace_row_update(update, request, answer);
}

static void update_answer(struct pending *pending, struct dispatcher *dispatcher,
			  struct bytes_out *out)
{
	struct update *update = update_of(pending);
	struct request request = request_again(&update->request, dispatcher);
	struct answer answer;
	if (update->is_dropped) {
		update_show(update, &request, NULL);
		return;
	}
	answer_start(&answer, &request, out);
	answer.rcode = update->rcode;
	if (update->rcode == DNS_REFUSED)
		answer_prohibit(&answer, update->ede_text);
	answer_finish(&answer, dispatcher->snapshot.keys, request.now);
	update_show(update, &request, out);
}

static void update_free(struct pending *pending)
{
	struct update *update = update_of(pending);
	request_kept_end(&update->request);
	free(update);
}

static const struct pending_kind update_kind = {
	.post = update_post,
	.answer = update_answer,
	.free = update_free,
};

/* The writer's own copy of all that the request is. */
static struct update *update_new(const struct request *asked)
{
	size_t len = asked->msg->packet.len;
	struct update *update = malloc(sizeof *update + len);
	assert(update);
	memset(update, 0, offsetof(struct update, request));
	request_keep(&update->request, asked, update->packet);
	update->began_us = clock_monotonic_us();
	update->pending.kind = &update_kind;
	update->pending.bytes = sizeof *update + len;
	update->pending.is_forgeable = !request_is_signed(asked);
	update->duplicate_request_key =
		duplicate_request_key_of(asked->core->writer_side->duplicates, &update->request);
	return update;
}

/* Unsigned requests have no principal whose they are. */
static bool has_rate(const struct zone *zone, const struct who *who)
{
	return zone->max_rate > 0 && who_is_authenticated(who);
}

/* Whether more come than may wait for their turn. */
static bool is_too_fast(const struct request *asked, const struct zone *zone,
			struct update_rate_slot *rate_slot)
{
	const struct who *who = asked->who;
	struct core *core = asked->core;
	struct update_rate_of of = {zone->id, who->text, zone->max_rate};
	if (!has_rate(zone, who) ||
	    update_rate_take(core->update_rates, &of, clock_now_us(&core->clock), rate_slot))
		return false;
	stats_add(&core->stats, STATS_UPDATES_DROPPED);
	stats_add(&core->stats, STATS_LIMIT_RATE);
	update_refusal_drop(asked, zone);
	if (log_rate(&core->fast_updates, 1)) {
		char apex[DNS_NAME_TEXT_MAX], principal[LOG_QUOTED_MAX];
		log_warning("update dropped: more than max-rate allows", "zone=%s principal=%s",
			    dns_name_show(&zone->apex, apex), log_quote(who->text, principal));
	}
	return true;
}

/* Whether it is to be dropped, since its principal fills the table of duplicate requests; as long
 * as it does, its updates wait for their turn. */
static bool fills_table(const struct request *asked, const struct zone *zone, struct update *update)
{
	struct core *core = asked->core;
	const struct duplicate_request_key *key = &update->duplicate_request_key;
	struct update_rate_slot slot;
	uint32_t rate = key->is_signed
				? duplicate_requests_rate(core->writer_side->duplicates, key->asker)
				: 0;
	if (rate == 0)
		return false;
	struct update_rate_of of = {EVERY_ZONE, asked->who->text, rate};
	if (update_rate_take(core->update_rates, &of, clock_now_us(&core->clock), &slot)) {
		if (!update->has_rate_slot || update->rate_slot.due_us < slot.due_us)
			update->rate_slot = slot;
		update->has_rate_slot = true;
		return false;
	}
	stats_add(&core->stats, STATS_UPDATES_DROPPED);
	update_refusal_full(asked, zone, rate);
	if (log_rate(&core->fast_updates, 1)) {
		char principal[LOG_QUOTED_MAX];
		log_warning("update dropped: its principal fills the table of recent requests",
			    "principal=%s allowed=%u/s", log_quote(asked->who->text, principal),
			    rate);
	}
	return true;
}

enum dns_rcode update_make(const struct request *asked, struct pending **pending)
{
	const struct zone *zone;
	struct update_flaw flaw = {.name = asked->msg->qname,
				   .type = asked->msg->qtype,
				   .what = "the zone section asks for another type than SOA"};
	enum dns_rcode rcode = zone_find(asked, &zone);
	if (rcode == DNS_NOTAUTH)
		update_refusal_zone(asked);
	if (rcode == DNS_FORMERR)
		update_refusal_form(asked, rcode, &flaw);
	if (rcode != DNS_NOERROR)
		return rcode;
	struct policy_asker asker = request_asker(asked);
	struct verdict verdict = update_admit(zone, &asked->by->snapshot, &asker, NULL, false);
	if (!verdict.is_allowed) {
		const struct tally_of_update denied = {zone->id, UPDATE_DENIED, asked->who->text,
						       0};
		stats_add(&asked->core->stats, STATS_UPDATES_DENIED);
		tally_update(asked->by->tally, &denied);
		update_refusal_policy(asked, zone, &verdict);
		return DNS_REFUSED;
	}
	rcode = update_prescan(asked->msg, asked->by->snapshot.zones, &asked->by->arena, &flaw);
	if (rcode != DNS_NOERROR)
		update_refusal_form(asked, rcode, &flaw);
	*pending = NULL;
	struct update_rate_slot rate_slot;
	if (rcode != DNS_NOERROR || is_too_fast(asked, zone, &rate_slot))
		return rcode;
	struct update *update = update_new(asked);
	update->zone_id = zone->id;
	update->settings = asked->by->snapshot.version;
	update->has_rate_slot = has_rate(zone, asked->who);
	if (update->has_rate_slot)
		update->rate_slot = rate_slot;
	if (fills_table(asked, zone, update))
		update_free(&update->pending);
	else
		*pending = &update->pending;
	return DNS_NOERROR;
}
