/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/removals.h"
#include "base/container.h"
#include "base/log.h"
#include "journal/entry_time.h"
#include "zonedb/removal_parts.h"

struct removals {
	struct writer_job job;
	const struct clock *clock;
	struct zone zone;
	bool is_found, is_gone;
};

static void removals_run(struct writer_job *job, struct store_txn *txn)
{
	struct removals *removals = container_of(job, struct removals, job);
	struct writer_part part = writer_part_begin(0);
	removals->is_gone = false;
	removals->is_found = removal_parts_next(txn, &removals->zone);
	if (removals->is_found)
		removals->is_gone =
			removal_part(txn, &removals->zone,
				     entry_time_now(txn, clock_now_us(removals->clock)), &part);
}

void removals_finish(struct writer *writer, const struct clock *clock, const _Atomic bool *stop)
{
	struct removals removals = {.job.run = removals_run, .clock = clock};
	char shown[DNS_NAME_TEXT_MAX];
	while (!*stop && !writer_call(writer, &removals.job, WRITER_IDLE) && removals.is_found)
		if (removals.is_gone)
			log_info("the deletion of a zone, which was interrupted, is finished",
				 "zone=%s", dns_name_show(&removals.zone.apex, shown));
}

struct ptr_making {
	struct writer_job job;
	const struct clock *clock;
	struct ptr_sync sync, next; /* before the part, and after it */
	bool has_more;
};

static void ptr_making_run(struct writer_job *job, struct store_txn *txn)
{
	struct ptr_making *making = container_of(job, struct ptr_making, job);
	struct writer_part part = writer_part_begin(0);
	making->next = making->sync;
	making->has_more = ptr_sync_part(&making->next, txn,
					 entry_time_now(txn, clock_now_us(making->clock)), &part);
}

void removals_make_ptr(struct writer *writer, const struct clock *clock, const struct ptr_sync *of,
		       const _Atomic bool *stop)
{
	struct ptr_making making = {
		.job.run = ptr_making_run, .clock = clock, .sync = *of, .has_more = true};
	while (!*stop && making.has_more && !writer_call(writer, &making.job, WRITER_IDLE))
		making.sync = making.next;
	if (making.sync.all_made || making.sync.all_removed)
		log_info("PTR were made that an interrupted change left", "made=%llu removed=%llu",
			 (unsigned long long)making.sync.all_made,
			 (unsigned long long)making.sync.all_removed);
}
