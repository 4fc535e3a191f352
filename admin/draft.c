/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/draft.h"
#include "admin/scope.h"
#include "base/digest.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "zonedb/lookup.h"
#include <stdlib.h>
#include <string.h>

#define DRAFT_WORD      "draft:"
#define DRAFT_WORD_LEN  6
#define DRAFT_DIGEST    16 /* bytes of a digest that are kept */
#define DRAFT_HEX_MAX   (2 * DRAFT_DIGEST + 1)
#define DRAFT_PLACE_MAX (DNS_NAME_TEXT_MAX + DNS_TYPE_TEXT_MAX + 1)

static const struct draft_kind *const draft_kinds[] = {draft_record_kinds, draft_record_set_kinds,
						       draft_class_kinds};

static const struct draft_kind *draft_kind_of(const char *words)
{
	for (size_t i = 0; i < sizeof draft_kinds / sizeof *draft_kinds; i++)
		for (const struct draft_kind *kind = draft_kinds[i]; kind->words; kind++)
			if (strcmp(kind->words, words) == 0)
				return kind;
	return NULL;
}

/* --- where it is stored */

static size_t draft_key(uint8_t key[64], uint32_t zone_id, const char *principal,
			const char *person)
{
	uint8_t digest[DIGEST_LEN];
	struct bytes pieces[] = {bytes_of(principal, strlen(principal) + 1),
				 bytes_of(person ? person : "", person ? strlen(person) : 0)};
	struct bytes_out out = bytes_out_of(key, 64);
	digest_sha256(pieces, 2, digest);
	bytes_out_put(&out, DRAFT_WORD, DRAFT_WORD_LEN);
	bytes_out_u32(&out, zone_id);
	bytes_out_put(&out, digest, DRAFT_DIGEST);
	return bytes_out_len(&out);
}

static struct draft *draft_of_row(struct bytes key, struct bytes value)
{
	struct draft *draft = calloc(1, sizeof *draft);
	if (!draft || key.len > sizeof draft->key)
		abort();
	memcpy(draft->key, key.data, key.len);
	draft->key_len = key.len;
	draft->text = malloc(value.len + 1);
	if (!draft->text)
		abort();
	memcpy(draft->text, value.data, value.len);
	draft->text_len = value.len;
	draft->json = json_loadb(draft->text, value.len, 0, NULL);
	return draft;
}

void draft_close(struct draft *draft)
{
	if (!draft)
		return;
	json_decref(draft->json);
	json_decref(draft->next);
	free(draft->text);
	free(draft);
}

void draft_free(struct call *call)
{
	draft_close(call->draft);
	call->draft = NULL;
}

bool draft_is_same(const struct draft *draft, struct store_txn *txn)
{
	struct bytes value;
	return store_get(txn, STORE_LOCAL, bytes_of(draft->key, draft->key_len), &value) &&
	       bytes_equal(value, bytes_of(draft->text, draft->text_len));
}

void draft_drop(const struct draft *draft, struct store_txn *txn)
{
	store_del(txn, STORE_LOCAL, bytes_of(draft->key, draft->key_len));
}

const char *draft_member(const struct draft *draft, const char *name)
{
	return json_string_value(json_object_get(draft->json, name));
}

uint64_t draft_time(const struct draft *draft, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(draft->json, name));
}

bool draft_is_over(const struct draft *draft, uint64_t now)
{
	return now > draft_time(draft, "edited_at") + DRAFT_AGE;
}

/* --- reading it */

static enum call_code draft_wrong_edit(struct call *call, const struct draft *draft, size_t number,
				       enum call_code code)
{
	const char *why = arena_text(&call->arena, call->error, strlen(call->error));
	const json_t *edit = json_array_get(json_object_get(draft->json, "edits"), number);
	const char *name =
		json_string_value(json_object_get(json_object_get(edit, "args"), "name"));
	return call_fail(call, code,
			 "edit %zu of the draft (%s %s) is not possible any more: %s (`zone abort` "
			 "drops the draft)",
			 number + 1, json_string_value(json_object_get(edit, "command")),
			 name ? name : "", why);
}

/* What it says to people was said when it was given. */
static enum call_code draft_take_edits(struct call *call, struct draft *draft)
{
	const json_t *edits = json_object_get(draft->json, "edits"), *args = call->args;
	bool (*row)(struct call *, json_t *) = call->row;
	enum call_code code = CALL_OK;
	draft->count = json_array_size(edits);
	draft->edits = arena_zero(&call->arena, (draft->count + 1) * sizeof *draft->edits);
	call->row = NULL;
	for (size_t i = 0; i < draft->count && !code; i++) {
		const json_t *edit = json_array_get(edits, i);
		const char *words = json_string_value(json_object_get(edit, "command"));
		struct draft_edit *to = &draft->edits[i];
		call->args = json_object_get(edit, "args");
		to->kind = words ? draft_kind_of(words) : NULL;
		code = to->kind ? to->kind->take(call, &to->taken, &to->place)
				: call_fail(call, CALL_FAILED, "it is of another version");
		if (code)
			code = draft_wrong_edit(call, draft, i, code);
	}
	call->args = args;
	call->row = row;
	return code;
}

static enum call_code draft_none(struct call *call, const struct zone *zone, const char *principal)
{
	char shown[DNS_NAME_TEXT_MAX];
	dns_name_show(&zone->apex, shown);
	if (principal)
		return call_fail(call, CALL_NOT_FOUND, "%s has no draft of zone %s", principal,
				 shown);
	return call_fail(call, CALL_NOT_FOUND, "you have no draft of zone %s: `zone begin %s`",
			 shown, shown);
}

/* That of another is found by who made it: whoever is behind it. */
static struct draft *draft_find(struct call *call, const struct zone *zone, const char *principal)
{
	struct store_walk walk;
	struct bytes key, value;
	uint8_t prefix[64];
	struct draft *found = NULL;
	size_t len = draft_key(prefix, zone->id, call->principal, call->person);
	if (!principal)
		return store_get(call->snapshot.txn, STORE_LOCAL, bytes_of(prefix, len), &value)
			       ? draft_of_row(bytes_of(prefix, len), value)
			       : NULL;
	len = DRAFT_WORD_LEN + 4;
	store_walk_from(&walk, call->snapshot.txn, STORE_LOCAL, bytes_of(prefix, len), len);
	while (!found && store_walk_next(&walk, &key, &value)) {
		struct draft *draft = draft_of_row(key, value);
		const char *is = draft_member(draft, "principal");
		if (is && strcmp(is, principal) == 0)
			found = draft;
		else
			draft_close(draft);
	}
	store_walk_end(&walk);
	return found;
}

enum call_code draft_read(struct call *call, const struct zone *zone, const char *principal,
			  bool whole, struct draft **out)
{
	struct draft *draft = draft_find(call, zone, principal);
	if (!draft)
		return draft_none(call, zone, principal);
	draft->zone = *zone;
	enum call_code code = whole ? draft_take_edits(call, draft) : CALL_OK;
	if (code)
		draft_close(draft);
	else
		*out = draft;
	return code;
}

/* --- digests of what was seen */

static void draft_place_text(const struct dns_name *name, uint16_t type, char text[DRAFT_PLACE_MAX])
{
	char shown[DNS_NAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX];
	snprintf(text, DRAFT_PLACE_MAX, "%s %s", dns_name_show(name, shown),
		 dns_type_print(type, word));
}

static void draft_digest_record(struct digest *digest, const struct node_rrset *rrset,
				const struct node_record *record)
{
	uint8_t head[16], soa[2 * DNS_NAME_MAX + 20];
	struct bytes_out out = bytes_out_of(head, sizeof head);
	struct bytes rdata = record->rdata;
	/* The serial moves with each change of the zone. */
	if (rrset->type == DNS_TYPE_SOA && rdata.len <= sizeof soa) {
		memcpy(soa, rdata.data, rdata.len);
		dns_soa_set_serial(soa, rdata.len, 0);
		rdata = bytes_of(soa, rdata.len);
	}
	bytes_out_u32(&out, rrset->ttl);
	bytes_out_u8(&out, (uint8_t)record->class);
	bytes_out_u32(&out, record->owner);
	bytes_out_u16(&out, (uint16_t)rdata.len);
	digest_add(digest, bytes_of(head, bytes_out_len(&out)));
	digest_add(digest, rdata);
}

static void draft_digest(struct store_txn *txn, const struct zone *zone,
			 const struct dns_name *name, uint16_t type, char hex[DRAFT_HEX_MAX])
{
	struct digest *digest = digest_begin();
	uint8_t bytes[DIGEST_LEN];
	struct node node;
	struct node_record record;
	if (lookup_node(txn, zone, name, &node)) {
		struct node_walk walk = node_walk_of(&node);
		while (node_walk_next(&walk, &record))
			if (walk.rrset.type == type)
				draft_digest_record(digest, &walk.rrset, &record);
	}
	digest_end(digest, bytes);
	for (size_t i = 0; i < DRAFT_DIGEST; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

bool draft_has_seen(const struct draft *draft, struct store_txn *txn, const struct dns_name *name,
		    uint16_t type)
{
	char text[DRAFT_PLACE_MAX], hex[DRAFT_HEX_MAX];
	draft_place_text(name, type, text);
	const char *seen =
		json_string_value(json_object_get(json_object_get(draft->json, "seen"), text));
	draft_digest(txn, &draft->zone, name, type, hex);
	return seen && strcmp(seen, hex) == 0;
}

static void draft_see(json_t *seen, struct store_txn *txn, const struct zone *zone,
		      const struct dns_name *name, uint16_t type)
{
	char text[DRAFT_PLACE_MAX], hex[DRAFT_HEX_MAX];
	draft_place_text(name, type, text);
	draft_digest(txn, zone, name, type, hex);
	json_object_set_new(seen, text, json_string(hex));
}

static void draft_see_place(json_t *seen, struct store_txn *txn, const struct zone *zone,
			    const struct draft_place *place)
{
	struct node node;
	if (place->type) {
		draft_see(seen, txn, zone, &place->name, place->type);
		return;
	}
	if (!lookup_node(txn, zone, &place->name, &node))
		return;
	struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
	struct node_rrset rrset;
	while (node_next_rrset(&in, &rrset))
		draft_see(seen, txn, zone, &place->name, rrset.type);
}

/* --- a command that adds to it */

/* What is wrong with the command it says itself. */
static enum call_code draft_take_place(struct call *call, struct draft *draft)
{
	bool (*row)(struct call *, json_t *) = call->row;
	void *taken;
	call->row = NULL;
	draft->kind->take(call, &taken, &draft->place);
	call->row = row;
	call->error[0] = '\0';
	return CALL_OK;
}

enum call_code draft_enter(struct call *call, const char *words)
{
	const struct draft_kind *kind = draft_kind_of(words);
	struct zone zone;
	struct dns_name apex;
	const char *text = command_text(call, "zone");
	call->has_draft = false;
	if (!kind || !text || command_flag(call, "now") || dns_name_parse_text(&apex, text) ||
	    !zoneset_exact(call->snapshot.zones, &apex))
		return CALL_OK;
	zone = *zoneset_exact(call->snapshot.zones, &apex);
	struct draft *draft = draft_find(call, &zone, NULL);
	if (!draft)
		return CALL_OK;
	/* A plan shows what the edit alone would do to the zone as it is; what must be meant is
	 * asked when the draft is made. */
	if (command_flag(call, "plan")) {
		draft_close(draft);
		call->has_draft = true;
		return CALL_OK;
	}
	draft->zone = zone;
	draft->kind = kind;
	call->draft = draft;
	if (draft_is_over(draft, command_time(call, call->snapshot.txn)))
		return call_fail(call, CALL_REFUSED,
				 "your draft of the zone has had no edit for %d days: `zone diff` "
				 "shows it, `zone abort` drops it; --now makes this edit at once",
				 DRAFT_AGE / 86400);
	enum call_code code = draft_take_edits(call, draft);
	return code ? code : draft_take_place(call, draft);
}

void draft_tell(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	size_t count = json_array_size(json_object_get(call->draft->next, "edits"));
	dns_name_show(&call->draft->zone.apex, shown);
	command_result(call, "draft", json_integer((json_int_t)count));
	command_say(call,
		    "%s in your draft of zone %s; nothing is changed before `zone commit %s` "
		    "(`zone diff` shows it)",
		    command_count(call, count, "edit"), shown, shown);
}

enum call_code draft_apply(struct call *call, const struct draft *draft, struct store_txn *txn,
			   struct edit *edit)
{
	enum call_code code = CALL_OK;
	for (size_t i = 0; i < draft->count && !code; i++) {
		const struct draft_edit *one = &draft->edits[i];
		code = one->kind->apply(call, txn, &draft->zone, edit, one->taken);
		if (code)
			return draft_wrong_edit(call, draft, i, code);
	}
	return code;
}

enum call_code draft_edit_open(struct call *call, struct store_txn *txn, const struct zone *zone,
			       const struct edit_author *author, struct edit **edit)
{
	struct draft *draft = call->draft;
	*edit = edit_open(txn, zone, author, &call->arena);
	if (!draft)
		return CALL_OK;
	if (zone->id != draft->zone.id || !draft_is_same(draft, txn))
		return call_fail(call, CALL_FAILED, "the draft was changed meanwhile: try again");
	return draft_apply(call, draft, txn, *edit);
}

/* The arguments that say what is done: not how, nor why. */
static json_t *draft_args(const struct call *call)
{
	json_t *args = json_deep_copy(call->args);
	json_object_del(args, "reason");
	json_object_del(args, "yes");
	return args;
}

/* The draft with the command; the caller's. */
static json_t *draft_with(struct call *call, struct store_txn *txn)
{
	const struct draft *draft = call->draft;
	json_t *json = json_deep_copy(draft->json);
	json_array_append_new(
		json_object_get(json, "edits"),
		json_pack("{s:s, s:o}", "command", draft->kind->words, "args", draft_args(call)));
	json_object_set_new(json, "edited_at", json_integer((json_int_t)command_time(call, txn)));
	draft_see_place(json_object_get(json, "seen"), txn, &draft->zone, &draft->place);
	return json;
}

static enum call_code draft_put(struct call *call, struct store_txn *txn, struct draft *draft,
				json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	size_t count = json_array_size(json_object_get(json, "edits"));
	size_t len = text ? strlen(text) : SIZE_MAX;
	enum call_code code = CALL_OK;
	if (count > DRAFT_EDITS_MAX)
		code = call_fail(call, CALL_REFUSED,
				 "a draft has %d edits at most, and yours has as many: commit it",
				 DRAFT_EDITS_MAX);
	else if (len > DRAFT_BYTES_MAX)
		code = call_fail(call, CALL_REFUSED,
				 "a draft has %u KiB at most, and yours would have %zu: commit it, "
				 "or use `zone edit`",
				 DRAFT_BYTES_MAX >> 10, len >> 10);
	else
		store_put(txn, STORE_LOCAL, bytes_of(draft->key, draft->key_len),
			  bytes_of(text, len));
	free(text);
	return code;
}

uint64_t draft_edit_commit(struct call *call, struct store_txn *txn, struct edit *edit,
			   struct entry *entry, enum call_code *code)
{
	struct draft *draft = call->draft;
	*code = CALL_OK;
	if (!draft)
		return edit_commit(edit, entry);
	/* The job may run again, from what is stored. */
	json_decref(draft->next);
	draft->next = draft_with(call, txn);
	*code = draft_put(call, txn, draft, draft->next);
	return 0;
}

/* --- beginning one, and all of them */

struct draft_space {
	struct store_txn *txn;
	uint64_t now;
	size_t count;
};

/* Drops what is over, and what is of a zone that is gone for good. */
static void draft_make_space(struct draft_space *space, struct bytes at, struct bytes value)
{
	struct draft *draft = draft_of_row(at, value);
	if (draft_is_over(draft, space->now))
		draft_drop(draft, space->txn);
	else
		space->count++;
	draft_close(draft);
}

static void draft_walk_rows(struct store_txn *txn,
			    void (*each)(struct draft_space *, struct bytes, struct bytes),
			    struct draft_space *space)
{
	uint8_t last[64];
	size_t len = DRAFT_WORD_LEN;
	struct bytes key, value;
	struct store_walk walk;
	bool is_there = true;
	memcpy(last, DRAFT_WORD, len);
	/* A row may be removed: each walk takes one. */
	while (is_there) {
		store_walk_from(&walk, txn, STORE_LOCAL, bytes_of(last, len), DRAFT_WORD_LEN);
		is_there = store_walk_next(&walk, &key, &value);
		if (is_there && key.len == len && memcmp(key.data, last, len) == 0)
			is_there = store_walk_next(&walk, &key, &value);
		if (is_there && key.len <= sizeof last) {
			len = key.len;
			memcpy(last, key.data, len);
			each(space, bytes_of(last, len), value);
		}
		store_walk_end(&walk);
	}
}

enum call_code draft_begin(struct call *call, struct store_txn *txn, const struct zone *zone)
{
	struct draft draft = {.zone = *zone};
	char shown[DNS_NAME_TEXT_MAX];
	uint64_t now = command_time(call, txn);
	struct draft_space space = {.txn = txn, .now = now};
	struct bytes value;
	draft.key_len = draft_key(draft.key, zone->id, call->principal, call->person);
	dns_name_show(&zone->apex, shown);
	if (store_get(txn, STORE_LOCAL, bytes_of(draft.key, draft.key_len), &value))
		return call_fail(call, CALL_FAILED,
				 "you have a draft of zone %s already: `zone diff` shows it",
				 shown);
	draft_walk_rows(txn, draft_make_space, &space);
	if (space.count >= DRAFTS_MAX)
		return call_fail(call, CALL_REFUSED,
				 "%d drafts are kept at most, and there are as many: `zone list` "
				 "shows where, `zone abort --principal` drops one",
				 DRAFTS_MAX);
	json_t *json = json_pack("{s:s, s:s, s:s?, s:I, s:I, s:[], s:{}}", "zone", shown,
				 "principal", call->principal, "person", call->person, "began_at",
				 (json_int_t)now, "edited_at", (json_int_t)now, "edits", "seen");
	enum call_code code = draft_put(call, txn, &draft, json);
	json_decref(json);
	return code;
}

void draft_walk(struct call *call, void (*each)(void *context, const struct draft *), void *context)
{
	struct store_walk walk;
	struct bytes key, value;
	struct dns_name apex;
	store_walk_from(&walk, call->snapshot.txn, STORE_LOCAL,
			bytes_of(DRAFT_WORD, DRAFT_WORD_LEN), DRAFT_WORD_LEN);
	while (store_walk_next(&walk, &key, &value)) {
		struct draft *draft = draft_of_row(key, value);
		const char *zone = draft_member(draft, "zone");
		const struct zone *here = zone && !dns_name_parse_text(&apex, zone)
						  ? zoneset_exact(call->snapshot.zones, &apex)
						  : NULL;
		if (here)
			draft->zone = *here;
		struct bytes_in in =
			bytes_in_of(key.data + DRAFT_WORD_LEN, key.len - DRAFT_WORD_LEN);
		if (here && here->id == bytes_in_u32(&in) && scope_holds(call, &here->apex))
			each(context, draft);
		draft_close(draft);
	}
	store_walk_end(&walk);
}

struct draft_zone_ids {
	uint32_t *ids;
	size_t count;
};

static void draft_take_zone(void *context, const struct draft *draft)
{
	struct draft_zone_ids *to = context;
	if (to->count < DRAFTS_MAX)
		to->ids[to->count++] = draft->zone.id;
}

size_t draft_zones(struct call *call, uint32_t ids[DRAFTS_MAX])
{
	struct draft_zone_ids to = {.ids = ids};
	draft_walk(call, draft_take_zone, &to);
	return to.count;
}

static void draft_warn_one(void *context, const struct draft *draft)
{
	struct call *call = context;
	char zone[DNS_NAME_TEXT_MAX], since[TIMEWORD_TEXT_MAX];
	const char *who = draft_member(draft, "principal");
	size_t count = json_array_size(json_object_get(draft->json, "edits"));
	bool is_over = draft_is_over(draft, command_time(call, call->snapshot.txn));
	dns_name_show(&draft->zone.apex, zone);
	time_print(draft_time(draft, "began_at"), since);
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "zone %s: %s has a draft since %s, with %s%s: `zone diff %s "
				 "--principal %s` "
				 "shows it, `zone abort %s --principal %s` drops it",
				 zone, who ? who : "somebody", since,
				 command_count(call, count, "edit"),
				 is_over ? ", which is too old to be made" : "", zone,
				 who ? who : "", zone, who ? who : ""));
}

void draft_warn(struct call *call)
{
	draft_walk(call, draft_warn_one, call);
}
