/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Functions that the commands of the control socket share: their tables, arguments as values, rows
 * of the answer, and changes made by the writer's thread. Unless a function says otherwise, it runs
 * in the thread of the call, its texts are in the call's arena, and a code other than CALL_OK comes
 * with an error's text in the call.
 */
#include "admin/call.h"
#include "zonedb/edit.h"
#include "zonedb/load.h"

/*
 * A command. `params` lists its arguments, `name=kind` with blanks between; kind is s (text), b
 * (true or false), i (a number), o (an object of texts), a (an array of texts); a `?` behind it
 * means that it may be absent. An argument that is not listed is an error.
 */
struct command {
	const char *words;
	enum call_code (*run)(struct call *);
	const char *params;
};

/* A table for each noun, ended by NULL words. */
extern const struct command command_backup_table[], command_backup_note_table[];
extern const struct command command_zone_table[], command_history_table[], command_revert_table[],
	command_bin_table[];
extern const struct command command_apply_table[], command_export_config_table[];
extern const struct command command_zonedata_table[];
extern const struct command command_zone_del_table[], command_zone_copy_table[],
	command_draft_table[];
extern const struct command command_record_table[], command_record_set_table[];
extern const struct command command_key_table[];
extern const struct command command_audit_table[];
extern const struct command command_audit_entry_table[];
extern const struct command command_retention_table[];
extern const struct command command_realm_table[];
extern const struct command command_verify_table[];
extern const struct command command_scavenge_table[];
extern const struct command command_owner_table[];
extern const struct command command_transfer_table[];
extern const struct command command_adopt_table[];
extern const struct command command_class_table[];
extern const struct command command_server_table[];
extern const struct command command_group_table[];
extern const struct command command_policy_table[], command_policy_add_table[];
extern const struct command command_why_table[];
extern const struct command command_rotate_table[];
extern const struct command command_scavenge_plan_table[];
extern const struct command command_record_list_table[];
extern const struct command command_touch_table[];
extern const struct command command_zone_windows_table[];
extern const struct command command_freeze_table[];
extern const struct command command_note_table[];
extern const struct command command_notify_table[];
extern const struct command command_reserve_table[];
extern const struct command command_scavenge_set_table[];
extern const struct command command_scavenge_history_table[];
extern const struct command command_export_table[];
extern const struct command command_store_table[];
extern const struct command command_digest_table[];
extern const struct command command_shadow_table[];
extern const struct command command_trace_table[], command_seen_table[];

/* The commands of all tables, one after the other; NULL: there are no more. For tests. */
const struct command *command_of_index(size_t index);

/* The value of an argument; of one that is absent NULL, false, or `otherwise`. */
const char *command_text(const struct call *, const char *name);
bool command_flag(const struct call *, const char *name);
uint64_t command_number(const struct call *, const char *name, uint64_t otherwise);
/* The value of an argument as a time, a duration, a name or a type. CALL_USAGE: it is none. An
 * absent argument leaves `*out` as it is. */
enum call_code command_time_of(struct call *, const char *name, uint64_t *seconds);
enum call_code command_duration_of(struct call *, const char *name, uint32_t *seconds);
enum call_code command_name_of(struct call *, const char *name, struct dns_name *out);
enum call_code command_type_of(struct call *, const char *name, uint16_t *type);

/* The name of the zone of the argument `zone`, which is here or has entries in a log; nothing where
 * there is no such argument. CALL_NOT_FOUND names the nearest zone. */
enum call_code command_past_zone_of(struct call *, struct dns_name *apex);

/* The zone here whose name is spelled most like this; NULL: none is near. In the call's arena. */
const char *command_nearest_zone(struct call *, const char *apex);

/* The prefix that is this address alone, "192.0.2.1/32", in the arena; NULL: there is none. */
const char *command_prefix_text(const struct addr *, struct arena *);

/* The zone of the argument `zone` in the call's snapshot. CALL_NOT_FOUND names the nearest zone. */
enum call_code command_zone_of(struct call *, struct zone *out);
/* CALL_NOT_FOUND, with an error that names the nearest zone. */
enum call_code command_no_such_zone(struct call *, const struct dns_name *apex);
/* The same in a write transaction. */
enum call_code command_zone_in(struct call *, struct store_txn *, struct zone *out);
/* Parses a name in a zone: `@` for the apex, a relative name, an absolute one with its final dot,
 * or one that ends in the zone's name. CALL_USAGE: it is no name, or outside of the zone. */
enum call_code command_name_in(struct call *, const char *text, const struct zone *,
			       struct dns_name *out);

/* The argument `name` in the zone of the argument `zone`; without that in the closest zone that
 * holds it. */
enum call_code command_place_of(struct call *, struct zone *, struct dns_name *name);
/* The argument `name` as an owner, a principal or a group, in its canonical form. */
enum call_code command_owner_of(struct call *, const char *name, const char **owner);
/* The same of a text; `name` is what an error calls it. */
enum call_code command_owner_text(struct call *, const char *name, const char *text,
				  const char **owner);

/* A text as JSON; NULL is null. If it is not UTF-8, each byte that is not ASCII is escaped, `\DDD`.
 * The caller owns the reference, as of the next four. */
json_t *command_string(const char *text);
/* A setting's name as a member of rows and results, with `_` for `-`; in the row's arena. */
const char *command_member(struct call *, const char *setting);
json_t *command_name(const struct dns_name *);
json_t *command_type(uint16_t type);
json_t *command_seconds(uint64_t seconds); /* a time; 0 is null */

/* Sends the row and releases it. False: the client is gone. */
bool command_row(struct call *, json_t *row);
/* Tells a client that asked how far the command is: `done` of `of` (0: not known) names, records or
 * the like. For each part of long work; what comes too often is not sent. */
void command_progress(struct call *, uint64_t done, uint64_t of, const char *noun);
/* Sends a warning, about the record of the input with the number `mark` unless that is 0. `call` is
 * a struct call; it is untyped so that this can be a callback. */
/* Puts the realms that are trusted, and the domains of their hosts, into a row. */
void command_realms(struct call *, json_t *row);
void command_warn(void *call, unsigned mark, const char *text);
/* "1 record", "2 entries" (base/counted.h), in the call's arena. */
const char *command_count(struct call *, uint64_t count, const char *noun);
/* What must be meant: with the argument `plan` it is the result's member "question"; without, and
 * without `yes`, CALL_REFUSED. */
enum call_code command_ask(struct call *, const char *question);
/* Sets a member of the result, which takes the reference. */
void command_result(struct call *, const char *name, json_t *value);
/* Sets the sentence that tenurectl prints, the member "said" of the result. */
void command_say(struct call *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A record as a row: name, ttl, type, data, class, owner, stamp, refreshable_at, stale_at, and
 * `note` where there is one. */
struct command_record {
	const struct zone *zone;
	const struct dns_name *name;
	uint16_t type;
	uint32_t ttl;
	struct node_record record;
	const struct node *node; /* of the name: a claim ticket ages with its other records */
};
json_t *command_record(struct call *, const struct command_record *);
/* Reads the next record of a node into the row, whose zone, name and node are set. False: there is
 * no more. */
static inline bool command_record_next(struct node_walk *walk, struct command_record *row)
{
	if (!node_walk_next(walk, &row->record))
		return false;
	row->type = walk->rrset.type;
	row->ttl = walk->rrset.ttl;
	return true;
}
/* What its stamp counts as. */
uint64_t command_stamp(struct call *, const struct command_record *);
/* Data as zone-file text, in the row's arena. */
char *command_rdata(struct call *, uint16_t type, struct bytes rdata);

/* CALL_OK, or CALL_FAILED if reading from the snapshot has failed. */
enum call_code command_read_ended(struct call *);

/* Whether programs ask for a name that is to be made (dns/name_odd.h), of which `text` is as it was
 * typed. CALL_USAGE: they do not, and it has no \\DDD, which would say that it is meant. */
enum call_code command_check_asked(struct call *, const char *text, const struct dns_name *);

/*
 * Runs `work` in the writer's thread and returns its code when the commit is on disk; CALL_FAILED
 * if the commit failed. The transaction also holds the jobs of others, so `work` must return an
 * error before it writes anything. It may run twice. Afterwards the call's snapshot is new.
 */
enum call_code command_write(struct call *,
			     enum call_code (*work)(struct call *, struct store_txn *, void *),
			     void *context);
/* What times that an entry left count as (journal/era.h), for the snapshot that the command began
 * with. */
const struct eras *command_eras(struct call *);

/* The time that an entry written now has (journal/entry_time.h): what the clock shows, or later.
 * Microseconds, seconds. */
uint64_t command_time_us(struct call *, struct store_txn *);
uint64_t command_time(struct call *, struct store_txn *);

/* An entry of the log with the call's principal and the present time; for a zone unless that is
 * NULL. Writer's thread. */
struct entry command_entry(struct call *, enum entry_kind, struct store_txn *, const struct zone *);
/* An entry without changes of records. */
struct command_event {
	enum entry_kind kind;
	enum event_kind event;
	const char *subject, *reason;
	struct state_edit *rows; /* what the entry changes of decided state; NULL: nothing */
};
void command_log(struct call *, struct store_txn *, const struct zone *,
		 const struct command_event *);
/* The run's row among others, and the entry that it began or ended, with its note as the reason;
 * of a zone unless that is NULL. */
void command_log_run(struct call *, struct state_edit *rows, const struct run *, enum event_kind,
		     const struct zone *);
/* An entry about a key; with rows, of what it changes. */
enum call_code command_key_event(struct call *, struct store_txn *, enum event_kind,
				 const struct keyring_key *, struct state_edit *rows);
/* Stores a key and appends the entry about it. CALL_FAILED: its secret cannot be sealed. */
enum call_code command_key_put(struct call *, struct store_txn *, enum event_kind,
			       const struct keyring_key *);
/* Unseals a key's secret. CALL_FAILED: the error names the store key that is missing. */
enum call_code command_key_unseal(struct call *, struct keyring_key *);
/* Answers with the key in the format of BIND's key files. */
void command_key_answer(struct call *, const struct keyring_key *);
/* Returns CALL_NOT_FOUND, with an error that names the nearest key. */
enum call_code command_no_such_key(struct call *, struct store_txn *, const struct dns_name *);

/* Warns of each zone whose setting `notify` uses this key. */
void command_warn_notify(struct call *, const struct dns_name *key);

/* The call's principal as the author of static records. Writer's thread. */
struct edit_author command_author(struct call *, struct store_txn *);

/* The settings that differ from the defaults, as `update=secure aging=on`; NULL: none does. */
const char *command_zone_settings(struct call *, const struct zone *);

/* Changes `zone` as the argument `settings` says. CALL_USAGE: a setting or value is wrong. */
enum call_code command_settings(struct call *, struct zone *zone);

/* Checks an owner that an argument names. CALL_NOT_FOUND: a group that does not exist; CALL_FAILED:
 * a group that does not act; CALL_REFUSED: a group that a role of listed zones is told nothing of.
 * Warns of a key that does not exist. */
enum call_code command_heir(struct call *, const char *argument, const char *owner);
/* Keeps a name that holds no records, and is kept for nobody, for a principal, and appends the
 * entry. False: it is not such a name any more, or the zone is gone. Writer's thread. */
bool command_reserve_free(struct call *, struct store_txn *, uint32_t zone_id,
			  const struct dns_name *, const char *whom);
/* Removes a reservation and appends the entry. False: there was none. Writer's thread. */
bool command_unreserve(struct call *, struct store_txn *, const struct zone *,
		       const struct dns_name *);
/* Command: `owner list` with --contested: the records whose latest renewal was by another than the
 * owner, in vain. `owner` NULL: of all. */
/* Who renewed another's record at the name last: "key:kea2", "key:kea2 and others". In the call's
 * row arena. */
const char *command_contested_by(struct call *, const struct node_hint *);
enum call_code command_contested_list(struct call *, const char *owner);
/* Warns, if the last renewal of a record at the name was by another than its owner and refreshed
 * nothing. False: it was not. */
bool command_contested_say(struct call *, const struct dns_name *);
/* Warns of stale records that are contested, by owner and by who renews them, with the command that
 * would mend it. Costs what is stale, up to a bound. */
void command_contested_warn(struct call *);
/* Warns of each run that is held, with what ends that. */
void command_held_warn(struct call *);
/* Warns of principals and names that are at 80 % of a limit or more, with the limit, what there is,
 * and the setting. Costs the owners of each zone, up to a bound. */
void command_limits_warn(struct call *);
/* What to do about the zone's records that its last run holds, since they are contested for too
 * long; NULL: there are none, or nothing is contested any more. */
const char *command_contested_held(struct call *, const struct zone *);
/* The words of what keeps a zone from being scavenged, PLAN_BITs: an array. */
json_t *command_holds(unsigned holds);
/* Calls `gauge` for each gauge of scavenging that `stats` shows. */
void command_scavenge_stats(struct call *, void (*gauge)(struct call *, const char *name,
							 uint64_t value, const char *help));

/* A row of `stats`. */
enum command_stat_kind { COMMAND_COUNTER, COMMAND_GAUGE };
struct command_stat {
	const char *name;
	enum command_stat_kind kind;
	uint64_t value;
	const char *help;
	json_t *labels; /* what it is a count of, an object of texts, which is taken; NULL: none */
};
void command_stat(struct call *, const struct command_stat *);
/* The rows of `stats` about secondaries. */
void command_notify_metrics(struct call *);
/* Command: `health`. */
enum call_code command_health(struct call *);
/* The rows of `stats` with labels: queries by type and zone, updates by zone and principal,
 * refusals by reason, and how long things took. */
void command_metrics(struct call *);

/* Command: `zone set` with --plan. With update=secure lists the anonymous records of the zone, the
 * principals that could claim them, and who renews them, or with --clients the clients that were
 * seen; of other settings what each would change. Changes nothing. */
enum call_code command_zone_plan(struct call *);
/* The part of it about clients: their rows if they are shown, the counts in the result. Returns a
 * phrase for the sentence. */
const char *command_plan_report(struct call *, const struct zone *, bool is_shown);
/* The part about other settings. */
enum call_code command_plan_settings(struct call *, const struct zone *was, const struct zone *is);

/* Sends advice about the zone's aging as rows of `zone check`. Returns how many. */
uint64_t command_advise(struct call *, const struct zone *);
/* The call's snapshot as of the writer's transaction: its zones, rules and groups are those of
 * before. Writer's thread, in command_write(). */
struct snapshot command_look(struct call *, struct store_txn *);

/* The window class of this number, as a rule has it, "30d/7d"; null for the zone's. */
json_t *command_window(struct call *, uint16_t number);

/* Sends the advice about the zone's windows as warnings. */
void command_advise_windows(struct call *, const struct zone *);

/* Reads the records that tenurectl sends (dns/records.h) into `load`; checks them as a zone. After
 * an error the result's member `mark` is the number of the record that is wrong. */
enum call_code command_load_receive(struct call *, struct load *);
enum call_code command_load_check(struct call *, struct load *);
/* Replaces the zone's records by those that were loaded. Writer's thread. */
void command_load_apply(struct call *, struct store_txn *, struct load *, struct zone *,
			struct load_result *);
