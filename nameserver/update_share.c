/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much of the log a client may write within a day (nameserver/log_share.h). It binds messages
 * that add or alter records: those that only remove or refresh them write little that is not
 * needed, and a host that lives must not lose its name for what it did before.
 */
#include "acl/policy_limit.h"
#include "base/sizeword.h"
#include "nameserver/update_parts.h"

static uint64_t share_day(const struct update_share *share, bool *is_minor)
{
	*is_minor = policy_limit_is_minor(share->policy, share->asker);
	return log_share_day(share->retention, share->log_most, *is_minor);
}

bool update_share_is_spent(struct log_shares *shares, const struct update_share *share,
			   struct arena *arena, const char **reason)
{
	bool is_minor;
	char setting[SIZEWORD_TEXT_MAX];
	struct log_share_of of = share->of;
	of.day = share_day(share, &is_minor);
	if (of.day == RETENTION_NONE)
		return false;
	uint64_t spent = log_shares_spent(shares, &of);
	if (spent < of.day)
		return false;
	size_print(share->retention->principal_size, setting);
	*reason = arena_print(arena,
			      "more of the log than one client may write: %s count within a day, "
			      "at most %s%s (principal-size=%s)",
			      log_share_text(arena, spent), log_share_text(arena, of.day),
			      is_minor ? " of a host" : "", setting);
	return true;
}

/* The settings, read where some have changed. */
static void share_read_settings(struct update_run *run)
{
	struct store_usage usage;
	struct writer_side *side = run->side;
	if (side->log_most && side->retention_version == side->snapshot.version)
		return;
	store_usage(side->store, &usage);
	side->retention = retention_get(run->txn);
	side->log_most = retention_share(JOURNAL_CHANGES, usage.size);
	if (side->retention.size < side->log_most)
		side->log_most = side->retention.size;
	side->retention_version = side->snapshot.version;
}

static struct update_share share_of_run(struct update_run *run)
{
	bool is_signed = who_is_authenticated(&run->update->request.who);
	struct update_sight *sight = update_sight_of(run);
	share_read_settings(run);
	return (struct update_share){
		.of = {.client = is_signed ? names_owner_of(run->owner)
					   : names_owner_of_addr(&run->update->request.source),
		       .now_us = run->now_us},
		.policy = &sight->policy,
		.asker = &sight->asker,
		.retention = &run->side->retention,
		.log_most = run->side->log_most,
	};
}

static bool share_is_growth(struct update_run *run)
{
	size_t count;
	const struct edit_change *changes = edit_diff(run->edit, &count);
	for (size_t i = 0; i < count; i++)
		if (changes[i].change.what == CHANGE_ADDED ||
		    changes[i].change.what == CHANGE_ALTERED)
			return true;
	return false;
}

bool update_is_over_share(struct update_run *run)
{
	if (!share_is_growth(run))
		return false;
	struct update_share share = share_of_run(run);
	if (!update_share_is_spent(run->side->log_shares, &share, run->arena, &run->reason))
		return false;
	size_t count;
	const struct change *first = &edit_diff(run->edit, &count)->change;
	run->code = REFUSAL_LOG_SHARE;
	run->subject = update_subject(run->arena, &first->name, first->type);
	run->ede_text = "more of the log than one client may write";
	return true;
}

void update_share_add(struct update_run *run, const struct entry *entry)
{
	bool is_minor;
	struct update_share share = share_of_run(run);
	share.of.day = share_day(&share, &is_minor);
	if (share.of.day != RETENTION_NONE)
		log_shares_add(run->side->log_shares, &share.of, entry->weight);
}
