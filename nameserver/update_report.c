/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A zone of mode `report`: an update is accepted as in a nonsecure zone, and what `secure` would
 * have said is noted at the names of its update section (nameserver/report.h).
 */
#include "nameserver/report.h"
#include "nameserver/update_parts.h"
#include "zonedb/principal.h"
#include <stdio.h>

/* Names of one message that are noted. */
#define REPORTED_NAMES_MAX 200

/* What has taken more is not judged a second time: a message with thousands of changes says nothing
 * of one client. */
#define REPORTED_STEPS_MAX (UPDATE_STEPS_MAX / 2)

/* The same message in a zone that is secure, up to the commit, with an edit of its own that is not
 * committed. */
static struct report_verdict report_judge(struct update_run *run)
{
	struct zone *zone = arena_copy(run->arena, run->zone, sizeof *zone);
	zone->update = ZONE_UPDATE_SECURE;
	struct update_run again = {.update = run->update,
				   .side = run->side,
				   .txn = run->txn,
				   .arena = run->arena,
				   .zone = zone,
				   .now_us = run->now_us,
				   .prerequisites = run->prerequisites,
				   .changes = run->changes,
				   .names = run->names};
	enum dns_rcode rcode = update_try(&again);
	run->steps += update_steps(&again);
	if (rcode == DNS_NOERROR)
		return (struct report_verdict){.is_allowed = true};
	return (struct report_verdict){.code = refusal_word(again.code),
				       .reason = again.reason ? again.reason : ""};
}

static void report_set_text(char text[REPORT_TEXT_MAX], const char *is)
{
	memset(text, 0, REPORT_TEXT_MAX); /* rows are compared whole */
	snprintf(text, REPORT_TEXT_MAX, "%.*s", REPORT_TEXT_MAX - 1, is ? is : "");
}

/* Whether a row that was written as `before` is to be written again: it says something else, or a
 * time of it is old. */
static bool is_worth_writing(const struct report_row *before, const struct report_row *after)
{
	struct report_row same = *after;
	same.passed_at = before->passed_at;
	same.refused_at = before->refused_at;
	same.unsigned_at = before->unsigned_at;
	return memcmp(before, &same, sizeof same) != 0 ||
	       !before->refused_at != !after->refused_at ||
	       after->passed_at >= before->passed_at + REPORT_REWRITE_S ||
	       after->refused_at >= before->refused_at + REPORT_REWRITE_S ||
	       after->unsigned_at >= before->unsigned_at + REPORT_REWRITE_S ||
	       (after->probed_at && before->unsigned_at <= after->probed_at &&
		after->unsigned_at > after->probed_at);
}

/* Whether the requester is the one that the name, or the address of a reverse name, is of. A key
 * that also writes there, as a DHCP server's, says nothing of the host itself. */
static bool report_is_own(struct update_run *run, const struct dns_name *name)
{
	return run->asker->is_trusted && (policy_is_own_name(run->asker, name) ||
					  update_is_ptr_of_self(&run->side->snapshot, run->asker,
								&run->ids, name, &run->steps));
}

static bool report_is_guest(struct update_run *run, const struct dns_name *name)
{
	for (const struct edit_rrset *s = edit_see(run->edit, name)->rrsets; s; s = s->next)
		for (const struct edit_record *r = s->records; r; r = r->next)
			if (r->is_guest && update_owns(&run->ids, r->owner, name))
				return true;
	return false;
}

static void report_set_signed(struct update_run *run, const struct report_verdict *verdict,
			      const struct dns_name *name, struct report_row *row)
{
	uint64_t now = run->now_us / 1000000;
	const char *who = run->update->request.who.text;
	bool is_own = report_is_own(run, name);
	row->has_own |= is_own;
	row->has_signed_probe |= is_own && row->probed_at && now <= row->probed_at + REPORT_PROBE_S;
	if (!verdict->is_allowed) {
		row->refused_at = now;
		report_set_text(row->refused, who);
		report_set_text(row->code, verdict->code);
		report_set_text(row->reason, verdict->reason);
		return;
	}
	/* That secure lets it name again what secure would not have let it add says nothing. */
	if (row->refused_at && strcmp(row->refused, who) == 0 && report_is_guest(run, name))
		return;
	row->passed_at = now;
	report_set_text(row->passed, who);
	/* Its own refusal is over, not that of another. */
	if (strcmp(row->passed, row->refused) == 0) {
		row->refused_at = 0;
		report_set_text(row->refused, NULL);
		report_set_text(row->code, NULL);
		report_set_text(row->reason, NULL);
	}
}

static void report_set_unsigned(struct update_run *run, const struct report_verdict *verdict,
				struct report_row *row)
{
	char address[ADDR_TEXT_MAX];
	struct addr source = run->update->request.source;
	row->unsigned_at = run->now_us / 1000000;
	row->is_open = verdict->is_allowed;
	addr_print(&source, address);
	address[strcspn(address, "@")] = '\0';
	report_set_text(row->address, address);
}

/* Each name of the update section once; they mostly follow each other. */
static void report_note(struct update_run *run, const struct report_verdict *verdict)
{
	bool is_signed = who_is_authenticated(&run->update->request.who);
	size_t noted = 0;
	for (size_t i = 0; i < run->changes.count && noted < REPORTED_NAMES_MAX; i++) {
		const struct dns_name *name = &run->changes.rr[i].name;
		struct report_row before, row;
		if (i > 0 && dns_name_equal(name, &run->changes.rr[i - 1].name))
			continue;
		noted++;
		report_get(run->txn, run->zone, name, &before);
		row = before;
		if (is_signed)
			report_set_signed(run, verdict, name, &row);
		else
			report_set_unsigned(run, verdict, &row);
		if (is_worth_writing(&before, &row))
			report_put(run->txn, run->zone, name, &row);
	}
}

/* Whether the requester owns a record there already that is no guest. */
static bool report_is_owner(struct update_run *run, const struct edit_name *at)
{
	struct node_walk walk = node_walk_of(&at->stored);
	struct node_record record;
	while (at->is_stored && node_walk_next(&walk, &record))
		if (!record.is_guest && update_owns(&run->ids, record.owner, &at->name))
			return true;
	return false;
}

/* Whether others have records there after the message. Static ones are the business of every
 * nonsecure zone (acl/policy.h). */
static bool report_is_beside(struct update_run *run, const struct edit_name *at)
{
	for (const struct edit_rrset *s = at->rrsets; s; s = s->next)
		for (const struct edit_record *r = s->records; r; r = r->next)
			if ((r->class == RECORD_DYNAMIC || r->class == RECORD_PINNED) &&
			    !update_owns(&run->ids, r->owner, &at->name))
				return true;
	return false;
}

/* What secure would not have let in beside records of others makes nobody an owner of their name
 * when the zone becomes secure: it is a guest, as what comes by `join`. */
static void report_mark_guests(struct update_run *run)
{
	size_t count;
	const struct edit_name *at = NULL;
	bool is_marked = false;
	const struct edit_change *edited = edit_diff(run->edit, &count);
	for (size_t i = 0; i < count; i++) {
		const struct change *change = &edited[i].change;
		if (!edit_registers(&edited[i]) || change->is.is_guest ||
		    edited[i].is_owner != run->owner)
			continue;
		if (edited[i].at != at) {
			at = edited[i].at;
			is_marked = report_is_beside(run, at) && !report_is_owner(run, at) &&
				    !report_is_own(run, &at->name);
		}
		struct node_record as = {.owner = run->owner,
					 .stamp = change->is.stamp,
					 .class = change->is.class,
					 .is_guest = true,
					 .rdata = change->rdata};
		if (is_marked)
			edit_add_as(run->edit, &change->name, change->type, change->is.ttl, &as);
	}
}

bool update_report_foretells(struct update_run *run, struct report_verdict *verdict)
{
	*verdict = (struct report_verdict){0};
	if (run->zone->update != ZONE_UPDATE_REPORT || run->changes.count == 0 ||
	    update_steps(run) > REPORTED_STEPS_MAX)
		return false;
	*verdict = report_judge(run);
	return true;
}

void update_report(struct update_run *run)
{
	struct report_verdict verdict;
	if (run->zone->update != ZONE_UPDATE_REPORT || run->changes.count == 0)
		return;
	bool is_judged = update_report_foretells(run, &verdict);
	if (!verdict.is_allowed && who_is_authenticated(&run->update->request.who))
		report_mark_guests(run);
	if (is_judged)
		report_note(run, &verdict);
}

bool report_has_self(struct store_txn *txn, const struct node *node, const struct dns_name *name,
		     struct arena *arena)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	struct who who;
	struct dns_name own;
	while (node_walk_next(&walk, &record)) {
		if (record.owner == PRINCIPAL_ANONYMOUS)
			continue;
		const char *text = principal_text(txn, record.owner, arena);
		if (*text != '@' && !who_parse(&who, text) && who_is_authenticated(&who) &&
		    who_own_name(&who, &own) && dns_name_equal(&own, name))
			return true;
	}
	return false;
}

/* Whether it is known that the client of the name signs, or was asked before. */
static bool report_is_known(struct update_run *run, const struct dns_name *name,
			    struct report_row *row)
{
	struct node node;
	if (report_get(run->txn, run->zone, name, row) && (row->probed_at || row->has_own))
		return true;
	return lookup_node(run->txn, run->zone, name, &node) &&
	       report_has_self(run->txn, &node, name, run->arena);
}

bool update_report_probes(struct update_run *run)
{
	struct report_row row;
	struct report_verdict verdict = {0};
	const struct update_rr *first = run->changes.rr;
	if (run->zone->update != ZONE_UPDATE_REPORT || !run->zone->probes_report ||
	    run->changes.count == 0 || who_is_authenticated(&run->update->request.who) ||
	    report_is_known(run, &first->name, &row))
		return false;
	verdict = report_judge(run);
	if (verdict.is_allowed)
		return false;
	report_set_unsigned(run, &verdict, &row);
	row.probed_at = row.unsigned_at;
	bool is_noted = run->object ? report_has_room(run->txn, run->zone, &first->name)
				    : report_put(run->txn, run->zone, &first->name, &row);
	if (!is_noted)
		return false;
	run->reason = run->ede_text =
		"unsigned, and refused once by report-probe: the next is accepted";
	run->code = REFUSAL_POLICY_UNSIGNED;
	run->subject = update_subject(run->arena, &first->name, first->type);
	return true;
}
