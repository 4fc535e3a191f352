/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What the commands of the control socket share: their tables, arguments as values,
 * rows, and writing through the one hand.
 */
#include "admin/call.h"
#include "zonedb/edit.h"
#include "zonedb/load.h"

/*
 * A command. `params` lists its arguments, `name=kind` with blanks between; kind is s (text), b
 * (true or false), i (a number), o (an object of texts), a (an array of texts); `?` behind it: may
 * be absent. What is not listed is refused, so nothing that was asked for is ignored.
 */
struct command {
	const char *words;
	enum call_code (*run)(struct call *);
	const char *params;
};

/* A table for each noun, ended by NULL words. */
extern const struct command command_backup_table[];
extern const struct command command_zone_table[], command_history_table[], command_revert_table[],
	command_bin_table[];
extern const struct command command_zonedata_table[];
extern const struct command command_record_table[];
extern const struct command command_key_table[];
extern const struct command command_audit_table[];
extern const struct command command_audit_entry_table[];
extern const struct command command_retention_table[];
extern const struct command command_verify_table[];
extern const struct command command_scavenge_table[];
extern const struct command command_owner_table[];
extern const struct command command_transfer_table[];
extern const struct command command_class_table[];
extern const struct command command_server_table[];
extern const struct command command_group_table[];
extern const struct command command_policy_table[];
extern const struct command command_why_table[];
extern const struct command command_rotate_table[];
extern const struct command command_scavenge_plan_table[];
extern const struct command command_record_list_table[];
extern const struct command command_touch_table[];
extern const struct command command_freeze_table[];
extern const struct command command_notify_table[];
extern const struct command command_reserve_table[];
extern const struct command command_scavenge_set_table[];
extern const struct command command_scavenge_history_table[];
extern const struct command command_export_table[];
extern const struct command command_store_table[];
extern const struct command command_digest_table[];

/* Arguments; absent: NULL, false, `otherwise`. */
const char *command_text(const struct call *, const char *name);
bool command_flag(const struct call *, const char *name);
uint64_t command_number(const struct call *, const char *name, uint64_t otherwise);
/* These fail with a sentence; an absent argument leaves `*out` alone. */
enum call_code command_time_of(struct call *, const char *name, uint64_t *seconds);
enum call_code command_duration_of(struct call *, const char *name, uint32_t *seconds);
enum call_code command_name_of(struct call *, const char *name, struct dns_name *out);
enum call_code command_type_of(struct call *, const char *name, uint16_t *type);

/* The zone of argument `zone`, as the snapshot shows it. NOT_FOUND names the nearest. */
enum call_code command_zone_of(struct call *, struct zone *out);
/* The same in a write transaction. */
enum call_code command_zone_in(struct call *, struct store_txn *, struct zone *out);
/* A name in a zone as people type it: `@`, relative, absolute with its dot, or ending in the
 * zone's name. */
enum call_code command_name_in(struct call *, const char *text, const struct zone *,
			       struct dns_name *out);

/* Argument `name` in argument `zone`, or in the closest zone that holds it. */
enum call_code command_place_of(struct call *, struct zone *, struct dns_name *name);
/* An owner, which is a principal or an acting group, in its canonical form. */
enum call_code command_owner_of(struct call *, const char *name, const char **owner);

/* JSON of a text that may not be UTF-8 (then what is not ASCII becomes `?`); NULL is null. */
json_t *command_string(const char *text);
/* A setting's name as a member of rows and results, with `_` for `-`; in the row's arena. */
const char *command_member(struct call *, const char *setting);
json_t *command_name(const struct dns_name *);
json_t *command_type(uint16_t type);
json_t *command_seconds(uint64_t seconds); /* a time; 0 is null */

/* Sends the row and ends it. False: the peer is gone. */
bool command_row(struct call *, json_t *row);
/* A warning for the one who asked: about his record `mark` unless it is 0. */
void command_warn(void *call, unsigned mark, const char *text);
/* Sets a member of the result. */
void command_result(struct call *, const char *name, json_t *value);
/* The sentence for people. */
void command_say(struct call *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A record as a row: name, ttl, type, data, class, owner, stamp, refreshable_at, stale_at. */
struct command_record {
	const struct zone *zone;
	const struct dns_name *name;
	uint16_t type;
	uint32_t ttl;
	struct node_record record;
	const struct node *node; /* all of the name: a claim ticket ages by what it guards */
};
json_t *command_record(struct call *, const struct command_record *);
/* Data as zone-file text, in the row's arena. */
char *command_rdata(struct call *, uint16_t type, struct bytes rdata);

/* CALL_OK, or what the snapshot's transaction met. */
enum call_code command_read_ended(struct call *);

/*
 * Runs `work` in the writer's thread, in one transaction with others' jobs: what it finds wrong it
 * must find before it writes. It may run twice. Its code is returned when the commit is on disk;
 * a commit that failed is CALL_FAILED. Then the snapshot is renewed.
 */
enum call_code command_write(struct call *,
			     enum call_code (*work)(struct call *, struct store_txn *, void *),
			     void *context);
/* An entry of the administrator's; for a zone, when there is one. */
struct entry command_entry(struct call *, enum entry_kind, struct store_txn *, const struct zone *);
/* An entry that is nothing but an event: appended. */
struct command_event {
	enum entry_kind kind;
	const char *event, *subject, *reason;
	struct state_edit *rows; /* what the entry changes of decided state; NULL: nothing */
};
void command_log(struct call *, struct store_txn *, const struct zone *,
		 const struct command_event *);
/* An entry about a key; with rows, of what it changes. */
enum call_code command_key_event(struct call *, struct store_txn *, const char *event,
				 const struct keyring_key *, struct state_edit *rows);
/* A key's row, with its entry. FAILED: its secret cannot be sealed. */
enum call_code command_key_put(struct call *, struct store_txn *, const char *event,
			       const struct keyring_key *);
/* Unseals a key. FAILED names it, and the store key that it needs. */
enum call_code command_key_unseal(struct call *, struct keyring_key *);
/* The key as BIND's file, as the answer. */
void command_key_answer(struct call *, const struct keyring_key *);
/* NOT_FOUND, with the nearest. */
enum call_code command_no_such_key(struct call *, struct store_txn *, const struct dns_name *);

/* A warning for each zone whose notifies this key signs. */
void command_warn_notify(struct call *, const struct dns_name *key);

/* The administrator as author of static records. */
struct edit_author command_author(struct call *, struct store_txn *);

/* What is set otherwise than by default, as `update=secure aging=on`; NULL: nothing is. */
const char *command_zone_settings(struct call *, const struct zone *);

/* The settings object of argument `settings` worked into `zone`. Nothing is wrong: CALL_OK. */
enum call_code command_settings(struct call *, struct zone *zone);

/* Whether somebody could use what he is given, by that argument: of groups, only acting ones. */
enum call_code command_heir(struct call *, const char *argument, const char *owner);
/* Ends a reservation, with its entry in the log. False: there was none. */
bool command_unreserve(struct call *, struct store_txn *, const struct zone *,
		       const struct dns_name *);
/* `why` with --last, with --seq. */
enum call_code command_why_last(struct call *);
enum call_code command_why_seq(struct call *);
/* Gauges of scavenging, among those of `stats`. */
void command_scavenge_stats(struct call *, void (*gauge)(struct call *, const char *name,
							 uint64_t value, const char *help));

/* `zone set` with --plan: shows what update=secure would leave to whom; changes nothing. */
enum call_code command_zone_plan(struct call *);

/* What is to be said of a zone's aging, as rows of `zone check`; how many. */
uint64_t command_advise(struct call *, const struct zone *);
/* The same of its windows alone, as warnings. */
void command_advise_windows(struct call *, const struct zone *);

/* Takes the records that tenurectl sends (dns/records.h), to their end, into `load`; then checks
 * them as a zone. What is wrong names its record by `mark` in the result. */
enum call_code command_load_receive(struct call *, struct load *);
enum call_code command_load_check(struct call *, struct load *);
/* Puts what was loaded into the zone, in a writer's job. */
void command_load_apply(struct call *, struct store_txn *, struct load *, struct zone *,
			struct load_result *);
