/* SPDX-License-Identifier: BSD-2-Clause */
/* The serials of what is restored: ahead of what secondaries may have (doc/decisions/047). */
#include "dns/rdata.h"
#include "journal/journal.h"
#include "vault/restore.h"
#include "zonedb/edit.h"
#include "zonedb/lookup.h"

#define PRINCIPAL "local:restore"
#define REASON    "the serial goes ahead of what secondaries may have"

/* Beyond what was written since the backup in bursts, and steadily. Half of what RFC 1982 allows is
 * the most, so that a secondary which is some way ahead is behind. */
#define STEP_LEAST      (1u << 20)
#define STEP_PER_SECOND 16
#define STEP_MOST       (1u << 30)

uint32_t restore_serial_step(const struct restore_options *options, uint64_t last_us)
{
	uint64_t last = last_us / 1000000;
	uint64_t since = options->now > last ? options->now - last : 0;
	bool is_whole = options->log_of && !options->to && !options->to_seq;
	if (is_whole || options->is_to_compare)
		return 0;
	if (since > (STEP_MOST - STEP_LEAST) / STEP_PER_SECOND)
		return STEP_MOST;
	return STEP_LEAST + (uint32_t)since * STEP_PER_SECOND;
}

uint32_t restore_serial_ahead(uint32_t serial, uint32_t step)
{
	serial += step;
	return serial ? serial : 1;
}

/* A move. */
struct restore_serials {
	struct store_txn *txn;
	const struct restore_options *options;
	struct report *report;
	uint32_t step;
	struct arena arena; /* of one zone */
};

/* A signature or digest that another signer made holds with his serial alone. */
static bool restore_serial_is_signed(const struct node *apex)
{
	struct node_walk walk = node_walk_of(apex);
	struct node_record record;
	while (node_walk_next(&walk, &record)) {
		if (walk.rrset.type == DNS_TYPE_ZONEMD ||
		    dns_rdata_covered(walk.rrset.type, record.rdata) == DNS_TYPE_SOA)
			return true;
	}
	return false;
}

static void restore_serial_keep(struct restore_serials *s, const struct zone *zone)
{
	char text[DNS_NAME_TEXT_MAX];
	const struct finding finding = {
		.zone = dns_name_show(&zone->apex, text),
		.what = "is signed, so its serial stays: `zone import` what its signer has, "
			"which secondaries may have"};
	if (s->report->found)
		s->report->found(s->report->context, &finding);
}

static void restore_serial_commit(struct restore_serials *s, const struct zone *zone,
				  const struct node_rrset *soa, struct node_record *record)
{
	struct edit_author nobody = {.owner_text = "anonymous", .now = s->options->now};
	struct entry entry = {.time_us = s->options->now * 1000000,
			      .kind = ENTRY_RESTORE,
			      .principal = PRINCIPAL,
			      .event = EVENT_RESTORE,
			      .reason = REASON,
			      .transport = ENTRY_LOCAL};
	size_t len = record->rdata.len;
	uint8_t *rdata = arena_copy(&s->arena, record->rdata.data, len);
	dns_soa_set_serial(rdata, len,
			   restore_serial_ahead(dns_soa_serial(record->rdata), s->step));
	record->rdata = bytes_of(rdata, len);
	struct edit *edit = edit_open(s->txn, zone, &nobody, &s->arena);
	edit_add_as(edit, &zone->apex, DNS_TYPE_SOA, soa->ttl, record);
	edit_commit(edit, &entry);
}

static void restore_serial_move(struct restore_serials *s, const struct zone *zone)
{
	struct node apex;
	struct node_rrset soa;
	struct node_record record;
	if (!lookup_node(s->txn, zone, &zone->apex, &apex) || !node_find(&apex, DNS_TYPE_SOA, &soa))
		return;
	if (restore_serial_is_signed(&apex)) {
		restore_serial_keep(s, zone);
		return;
	}
	struct bytes_in in = bytes_in_of(soa.records.data, soa.records.len);
	if (node_next_record(&in, &record))
		restore_serial_commit(s, zone, &soa, &record);
	else
		store_fail(s->txn, STORE_CORRUPT);
}

void restore_move_serials(struct store_txn *txn, const struct restore_options *options,
			  struct report *report, const struct restore_result *result)
{
	struct restore_serials s = {
		.txn = txn, .options = options, .report = report, .step = result->serial_step};
	if (s.step == 0 || txn->error)
		return;
	struct zoneset *zones = zoneset_load(txn);
	for (size_t i = 0; i < zoneset_count(zones) && !txn->error; i++) {
		restore_serial_move(&s, zoneset_at(zones, i));
		arena_reset(&s.arena);
	}
	zoneset_free(zones);
	arena_free(&s.arena);
}
