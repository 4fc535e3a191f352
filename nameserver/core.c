/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/core.h"
#include "journal/journal.h"
#include "nameserver/client_skew.h"
#include "nameserver/gss_thread.h"
#include "nameserver/key_uses.h"
#include "nameserver/shadow.h"
#include "nameserver/snapshot_pool.h"
#include "nameserver/store_key_file.h"
#include "nameserver/trace.h"
#include "nameserver/update_delay.h"
#include "nameserver/near_limits.h"
#include "nameserver/writer_side.h"
#include "nameserver/xfr.h"
#include "vault/checkpoints.h"
#include "vault/log_maintenance.h"
#include "zonedb/owned_names.h"
#include "zonedb/zone_owner.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UDP_SIZE_DEFAULT 1232 /* no fragments on any path (DNS flag day 2020) */

/* Transactions beside the readers' and the commands': the schedule's, and what an operator's
 * command needs while another one runs. */
#define SPARE_READERS 8

static void text_set(char out[CORE_TEXT_MAX], const char *text)
{
	snprintf(out, CORE_TEXT_MAX, "%s", text ? text : "");
}

static void settings_take(struct core *core, const struct core_options *options)
{
	text_set(core->version, options->version);
	text_set(core->server_id, options->server_id);
	core->udp_size = options->udp_size ? options->udp_size : UDP_SIZE_DEFAULT;
	core->allows_md5 = options->allows_md5;
	core->backup_age = options->backup_age;
	core->key_age = options->key_age;
	if (options->hand_clock_us)
		clock_by_hand(&core->clock, options->hand_clock_us);
	else
		clock_system(&core->clock);
	core->started_us = clock_now_us(&core->clock);
	clock_watch_init(&core->clock_watch, &core->clock);
}

static size_t or_default(size_t value, size_t otherwise)
{
	return value ? value : otherwise;
}

static void start_gss_thread(struct core *core, const struct core_options *options)
{
	struct gss_thread_options how = {
		.keytab = options->keytab,
		.limits = {or_default(options->contexts, CORE_CONTEXTS),
			   or_default(options->contexts_per_principal,
				      CORE_CONTEXTS_PER_PRINCIPAL)},
	};
	core->gss_thread = gss_thread_start(core, &how);
}

/* Fills the index of owners, and counts their names, in a store of an older version. */
static bool zone_owners_ready(struct store *store)
{
	struct store_txn txn;
	store_write_begin(store, &txn);
	store_use_reserve(&txn);
	zone_owners_fill(&txn);
	owned_names_fill(&txn);
	return store_commit(&txn) == STORE_OK;
}

static void start_transfers(struct core *core, const struct core_options *options)
{
	struct transfers_options how = {
		.folder = options->data,
		.parallel = or_default(options->transfers, CORE_TRANSFERS),
		.per_address =
			or_default(options->transfers_per_address, CORE_TRANSFERS_PER_ADDRESS),
		.spool = options->transfer_spool ? options->transfer_spool : CORE_TRANSFER_SPOOL,
	};
	core->transfers = transfers_start(core, &how);
}

/* False: `error` says why. */
static bool start_checkpoints(struct core *core, const struct core_options *options,
			      char error[STORE_ERROR_MAX])
{
	struct checkpoints_options how = {
		.key = options->checkpoint_key,
		.file = options->checkpoint_file,
		.seconds = options->checkpoint_seconds,
		.entries = options->checkpoint_entries,
		.store = core->store,
		.writer = core->writer,
		.clock = &core->clock,
	};
	core->checkpoints = checkpoints_open(&how, error);
	return core->checkpoints || !how.key;
}

/* False: a later version has written here, and what it did is not known. */
static bool core_knows_log(struct store *store, char error[STORE_ERROR_MAX])
{
	struct store_txn txn;
	struct arena arena = {0};
	struct entry last;
	store_read_begin(store, &txn);
	bool is_read = journal_read(&txn, journal_head(&txn).seq, &last, &arena);
	bool is_newer = !is_read && txn.error == STORE_NEWER;
	store_read_end(&txn);
	arena_free(&arena);
	if (is_newer)
		snprintf(error, STORE_ERROR_MAX, "store %.200s: %s", store_path(store),
			 store_error_text(STORE_NEWER));
	return !is_newer;
}

struct core *core_start(const struct core_options *options, char error[STORE_ERROR_MAX])
{
	struct store_options where = {
		.path = options->data,
		.map_size = options->map_size,
		.serves_damaged = true,
		.readers = options->readers + options->commands + SPARE_READERS + XFR_THREADS,
	};
	struct store *store = store_open(&where, error);
	if (!store || !core_knows_log(store, error)) {
		store_close(store);
		return NULL;
	}
	struct core *core = calloc(1, sizeof *core);
	assert(core);
	settings_take(core, options);
	core->store = store;
	core->turn_key = hash_key_random();
	core->store_key = store_key_file_open(store, options->data, core->store_key_problem);
	store_key_file_warn(core);
	core->writer_side = writer_side_new(store, core->store_key);
	core->tallies = tallies_new();
	core->writer_side->tally = tally_begin(core->tallies);
	core->client_skews = client_skews_new();
	core->traces = traces_new(&core->watchers);
	core->shadow = shadow_new(&core->clock, &core->watchers);
	core->near_limits = near_limits_new();
	core->snapshot_pool = snapshot_pool_new();
	core->update_rates = update_rates_new();
	core->update_delay = update_delay_start(&core->clock);
	core->key_uses = key_uses_new();
	/* What keeps it from being written is in the log by now. */
	if (!store_is_protected(store) && !zone_owners_ready(store))
		log_warning("the index of owners is filled when the store can be written",
			    "do=restart");
	duplicate_requests_open(core->writer_side->duplicates, store, &core->clock);
	core->writer = writer_start(store, writer_side_forget, core->writer_side);
	assert(core->writer);
	struct writer_hook look = clock_watch_hook(&core->clock_watch);
	writer_begin_with(core->writer, &look);
	if (options->keytab)
		start_gss_thread(core, options);
	start_transfers(core, options);
	if (!start_checkpoints(core, options, error)) {
		core_stop(core);
		return NULL;
	}
	if (options->has_schedule)
		core->schedule = schedule_start(store, core->writer, &core->clock_watch);
	if (options->has_schedule)
		core->log_maintenance = log_maintenance_start(
			&(struct log_maintenance_options){store, core->writer, &core->clock,
							  core->checkpoints, update_ptr_may, core});
	return core;
}

void core_halt(struct core *core)
{
	if (core->is_halted)
		return;
	core->is_halted = true;
	shadow_end(core->shadow);
	if (core->schedule)
		schedule_stop(core->schedule);
	/* The last checkpoint signs what was refused until now, too. */
	if (core->checkpoints)
		refusals_settle(core, NULL);
	log_maintenance_stop(core->log_maintenance);
	checkpoints_close(core->checkpoints);
	core->checkpoints = NULL;
	if (core->gss_thread)
		gss_thread_stop(core->gss_thread);
	update_delay_stop(core->update_delay);
	transfers_stop(core->transfers);
	key_uses_flush(core);
	refusals_settle(core, NULL);
	/* The last jobs still need the writer's side. */
	writer_free(core->writer);
	duplicate_requests_close(core->writer_side->duplicates, core->store,
				 clock_now(&core->clock));
}

void core_leave(struct core *core)
{
	key_uses_flush(core);
	refusals_settle(core, NULL);
	writer_stop(core->writer);
	duplicate_requests_close(core->writer_side->duplicates, core->store,
				 clock_now(&core->clock));
}

void core_stop(struct core *core)
{
	core_halt(core);
	transfers_free(core->transfers);
	tally_end(core->tallies, core->writer_side->tally);
	tallies_free(core->tallies);
	writer_side_free(core->writer_side);
	client_skews_free(core->client_skews);
	shadow_free(core->shadow);
	traces_free(core->traces);
	near_limits_free(core->near_limits);
	snapshot_pool_free(core->snapshot_pool);
	update_rates_free(core->update_rates);
	key_uses_free(core->key_uses);
	store_close(core->store);
	store_key_free(core->store_key);
	free(core);
}
