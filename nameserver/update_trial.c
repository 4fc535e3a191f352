/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/update_trial.h"
#include "acl/policy_window.h"
#include "dns/rdata.h"
#include "nameserver/core.h"
#include "zonedb/principal.h"
#include <assert.h>
#include <stdlib.h>

static bool trial_is_of(const struct update_rr *rr, const struct edit_change *edited)
{
	const struct change *change = &edited->change;
	if (!dns_name_equal(&rr->name, &change->name) ||
	    (rr->type != change->type && rr->type != DNS_TYPE_ANY))
		return false;
	/* A deletion of the set alters no other record; an addition gives the set its TTL. */
	if (edit_registers(edited))
		return rr->class == DNS_CLASS_IN && bytes_equal(rr->rdata, change->rdata);
	if (change->what == CHANGE_REMOVED)
		return rr->class == DNS_CLASS_ANY ||
		       (rr->class == DNS_CLASS_NONE &&
			dns_rdata_compare(rr->type, rr->rdata, change->rdata) == 0);
	return rr->class == DNS_CLASS_IN;
}

/* Which change of the message makes this difference: its number, from 1. */
static size_t trial_record(const struct update_run *run, const struct edit_change *edited)
{
	for (size_t i = run->changes.count; i > 0; i--)
		if (trial_is_of(&run->changes.rr[i - 1], edited))
			return i;
	return 0;
}

static const char *trial_change_word(const struct edit_change *edited)
{
	enum change_what what = edit_registers(edited) ? CHANGE_ADDED : edited->change.what;
	return what == CHANGE_ADDED ? "add" : what == CHANGE_REMOVED ? "delete" : "change TTL";
}

static void trial_tell_edited(const struct update_run *run, const struct edit_change *edited,
			      struct update_trial_found *found)
{
	found->change = trial_change_word(edited);
	found->name = edited->change.name;
	found->type = edited->change.type;
	found->rdata = edited->change.rdata;
	found->has_data = true;
	found->is_judged = run->code != REFUSAL_LOG_SHARE && run->code != REFUSAL_TOO_MUCH;
	found->record = trial_record(run, edited);
}

static void trial_tell_asked(const struct update_run *run, const struct update_rr *rr,
			     struct update_trial_found *found)
{
	const struct update_rrs *before = &run->prerequisites;
	found->is_prerequisite =
		before->count > 0 && rr >= before->rr && rr < before->rr + before->count;
	found->is_own = found->is_prerequisite && run->code == REFUSAL_IN_USE && run->holds_meant;
	found->change = found->is_prerequisite      ? "prerequisite"
			: rr->class == DNS_CLASS_IN ? "add"
						    : "delete";
	found->name = rr->name;
	found->type = rr->type;
	found->rdata = rr->rdata;
	found->has_data = rr->rdata.len > 0;
	found->record = 1 + (size_t)(rr - (found->is_prerequisite ? before->rr : run->changes.rr));
}

static void trial_object(struct update_run *run, const struct update_objection *objection)
{
	struct update_trial *trial = run->context;
	struct update_trial_found found = {
		.rcode = objection->rcode,
		.code = run->code,
		.because = run->reason,
		.owner = run->blocker,
		.rule = run->rule,
		.right = run->right,
		.line = run->line,
	};
	if (objection->edited)
		trial_tell_edited(run, objection->edited, &found);
	else
		trial_tell_asked(run, objection->asked, &found);
	if (found.is_prerequisite && trial->holds && found.code != REFUSAL_HIDDEN)
		return;
	trial->refused += objection->rcode != DNS_NOERROR;
	trial->found(trial->context, &found);
}

static void trial_tell_judged(struct update_run *run, const struct edit_change *edited,
			      const struct verdict *verdict)
{
	struct update_trial *trial = run->context;
	const struct change *change = &edited->change;
	struct update_trial_judged judged = {
		.change = trial_change_word(edited),
		.name = change->name,
		.type = change->type,
		.rdata = change->rdata,
		.verdict = *verdict,
	};
	if (!edit_registers(edited))
		judged.owner = update_owner_text(update_sight_of(run), edited->was_owner,
						 change->was.class);
	trial->judged(trial->context, &judged);
}

/* The run says why nothing is looked at: the message's first change stands for it. */
static void trial_object_to_all(struct update_run *run)
{
	const struct update_rrs *all = run->changes.count ? &run->changes : &run->prerequisites;
	struct update_rr zone = {.name = run->zone->apex, .type = DNS_TYPE_SOA};
	struct update_trial *trial = run->context;
	struct update_trial_found found = {
		.rcode = DNS_REFUSED,
		.code = run->code,
		.because = run->reason,
		.rule = run->rule,
		.right = run->right,
		.line = run->line,
	};
	if (all->count)
		trial_tell_asked(run, all->rr, &found);
	else
		trial_tell_asked(run, &zone, &found);
	found.record = all->count ? 1 : 0;
	trial->refused++;
	trial->found(trial->context, &found);
}

/* What a delete leaves in place is not refused, but not done either. */
static void trial_tell_spared(struct update_run *run)
{
	struct update_trial *trial = run->context;
	if (!run->spared)
		return;
	run->reason = NULL;
	update_say_spared(run);
	struct update_trial_found found = {
		.change = "delete",
		.is_spared = true,
		.code = REFUSAL_SPARED,
		.because = run->reason,
		.owner = run->spared_owner,
		.right = POLICY_RIGHT_WRITE,
	};
	for (size_t i = 0; i < run->changes.count; i++) {
		const struct update_rr *rr = &run->changes.rr[i];
		char name[DNS_NAME_TEXT_MAX];
		dns_name_show(&rr->name, name);
		size_t len = strlen(name);
		if (rr->class != DNS_CLASS_ANY || strncmp(run->spared_subject, name, len) != 0 ||
		    run->spared_subject[len] != ' ')
			continue;
		found.name = rr->name;
		found.type = rr->type;
		found.record = i + 1;
		trial->found(trial->context, &found);
		return;
	}
}

static void trial_count(struct update_trial *trial, struct update_run *run)
{
	size_t count;
	const struct edit_change *changes = edit_diff(run->edit, &count);
	for (size_t i = 0; i < count; i++) {
		trial->added += edit_registers(&changes[i]);
		trial->removed += changes[i].change.what == CHANGE_REMOVED;
		trial->altered +=
			changes[i].change.what == CHANGE_ALTERED && !edit_registers(&changes[i]);
		trial->refreshed += changes[i].change.what == CHANGE_REFRESHED;
	}
	for (const struct edit_ignored *i = edit_ignored(run->edit); i; i = i->next)
		if (trial->ignored++ == 0)
			trial->ignored_owner =
				update_owner_text(update_sight_of(run), i->owner, i->class);
}

static const struct policy_asker *trial_asker(const struct update_trial *trial,
					      struct update_run *run)
{
	struct policy_asker *asker = arena_alloc(run->arena, sizeof *asker);
	*asker = request_kept_asker(&run->update->request, trial->snapshot);
	if (!trial->source.len)
		asker->source = NULL;
	asker->memo = update_memo_of(run);
	return asker;
}

/* The supposed rules, and what they want to know. */
static void trial_suppose(struct update_run *run)
{
	const struct update_trial *trial = run->context;
	struct update_sight *sight = update_sight_of(run);
	if (!trial->rules)
		return;
	sight->policy.rules = trial->rules;
	sight->wants_ptr = policy_wants_ptr(&sight->policy);
	sight->wants_takeable = policy_wants_takeable(&sight->policy);
	sight->wants_reservation = policy_wants_reservation(&sight->policy);
	sight->wants_window = policy_wants_window(&sight->policy);
}

/* What it may not ask about; the sight is without the message's changes. */
static void trial_ask_hidden(struct update_run *run)
{
	trial_suppose(run);
	update_is_hidden(run);
	run->sight = NULL;
}

/* How much of the log the client wrote; of one that is not known nothing is. */
static void trial_judge_share(const struct update_trial *trial, struct update_run *run)
{
	size_t count;
	bool is_known = who_is_authenticated(trial->who) || trial->source.len > 0;
	if (who_is_unbound(trial->who) || !is_known || !update_is_over_share(run))
		return;
	run->rule = "limits of the log";
	const struct edit_change *first = edit_diff(run->edit, &count);
	trial_object(run, &(struct update_objection){.edited = first, .rcode = DNS_REFUSED});
	run->reason = NULL;
}

static void trial_judge(struct update_trial *trial, struct update_run *run)
{
	run->asker = trial_asker(trial, run);
	struct policy_zone policy = update_policy(run->zone, trial->snapshot);
	policy.apex = run->prerequisites.count > 0 ? &run->zone->apex : NULL;
	if (trial->rules)
		policy.rules = trial->rules;
	run->acting = update_ids(trial->snapshot, run->asker, &run->ids, run->arena);
	struct verdict verdict =
		policy_admit(&policy, run->asker,
			     trial->owns || update_may_own(trial->snapshot, run->zone, &run->ids));
	if (!verdict.is_allowed) {
		char text[POLICY_TEXT_MAX];
		policy_verdict_text(&verdict, NULL, text);
		run->reason = arena_text(run->arena, text, strlen(text));
		update_say(run, &verdict);
		trial_object_to_all(run);
		return;
	}
	update_number_names(run);
	if (update_is_too_much(run)) {
		trial_object_to_all(run);
		return;
	}
	trial_ask_hidden(run);
	if (!trial->was_probed && update_report_probes(run)) {
		trial_object_to_all(run);
		return;
	}
	if (update_has_too_many_steps(run) || update_read_prerequisites(run) != DNS_NOERROR)
		return;
	update_open_edit(run);
	for (size_t i = 0; i < trial->gone_count; i++)
		edit_suppose_gone(run->edit, &trial->gone[i].name, trial->gone[i].type);
	trial_suppose(run);
	update_check_prerequisites(run);
	/* As if the owner and the requester were members of one acting group. */
	if (trial->owns) {
		run->ids.has_supposed = principal_find(run->txn, trial->owns, &run->ids.supposed);
		run->sight->ids = run->ids;
	}
	if (update_apply(run) == DNS_NOERROR && update_judge(run) == DNS_NOERROR &&
	    update_judge_names(run) == DNS_NOERROR)
		trial_judge_share(trial, run);
	trial_tell_spared(run);
	trial_count(trial, run);
	if (!trial->refused)
		trial->is_reported = update_report_foretells(run, &trial->report);
}

static void trial_run(struct update_trial *trial, struct update_run *run)
{
	struct writer_side *side = arena_zero(trial->arena, sizeof *side);
	side->snapshot = *trial->snapshot;
	side->store = trial->core->store;
	side->log_shares = trial->core->writer_side->log_shares;
	/* What is found may point into it. */
	struct update *update = arena_zero(trial->arena, sizeof *update);
	update->request.core = trial->core;
	if (trial->msg)
		update->request.msg = *trial->msg;
	update->request.who = *trial->who;
	update->request.source = trial->source;
	update->request.transport = trial->is_tcp ? ENTRY_TCP : ENTRY_UDP;
	run->update = update;
	run->side = side;
	run->txn = trial->snapshot->txn;
	run->arena = trial->arena;
	run->zone = &trial->zone;
	run->now_us = clock_now_us(&trial->core->clock);
	run->object = trial_object;
	run->judged = trial->judged ? trial_tell_judged : NULL;
	run->context = trial;
	trial->refused = trial->added = trial->removed = trial->altered = trial->refreshed = 0;
	trial->ignored = 0;
	trial->is_reported = false;
	trial_judge(trial, run);
}

void update_trial_run(struct update_trial *trial)
{
	struct update_run run = {
		.prerequisites = update_read(trial->msg, DNS_PREREQUISITE, trial->arena),
		.changes = update_read(trial->msg, DNS_UPDATE, trial->arena),
	};
	trial_run(trial, &run);
}

void update_trial_change(struct update_trial *trial, struct update_rr *change)
{
	struct update_run run = {.changes = {change, 1}};
	trial_run(trial, &run);
}
