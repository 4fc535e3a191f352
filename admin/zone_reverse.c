/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/zone_reverse.h"
#include "admin/command_parts.h"
#include "admin/covered.h"
#include "admin/name_server.h"
#include "journal/run.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

#define PRIVATE "private"
/* Zones that divide a prefix: half of the octets of a label. */
#define REVERSE_ZONES_MAX 128
/* The note of a run is short. */
#define NOTE_PREFIX_MAX 64

struct reverse_zone {
	struct zone zone;
	struct load *load;
	struct load_result loaded;
	struct covered_result covered;
	bool is_here;
};

struct reverse_zones {
	const char *text; /* as it was given */
	bool is_private;
	size_t count, here;
	struct reverse_zone zones[REVERSE_ZONES_MAX];
};

static unsigned reverse_step(const struct prefix *prefix)
{
	return prefix->family_len == 4 ? 8 : 4;
}

/* False: it is no prefix, or one of a single zone. */
static bool reverse_divides(const char *text, struct prefix *prefix)
{
	return strchr(text, '/') && !prefix_parse(text, prefix) && prefix->bits > 0 &&
	       prefix->bits % reverse_step(prefix) != 0;
}

bool zone_reverse_is_several(const char *reverse)
{
	struct prefix prefix;
	return strcmp(reverse, PRIVATE) == 0 || reverse_divides(reverse, &prefix);
}

static void reverse_push(struct reverse_zones *all, const uint8_t *address, size_t len,
			 unsigned bits)
{
	struct dns_name apex = dns_name_of_prefix(address, len, bits);
	assert(all->count < REVERSE_ZONES_MAX);
	all->zones[all->count++].zone = zone_default(&apex);
}

/* The zones of whole labels that divide a prefix. */
static void reverse_divide(struct reverse_zones *all, const struct prefix *prefix)
{
	struct prefix part = *prefix;
	unsigned step = reverse_step(prefix), rest = step - prefix->bits % step;
	part.bits = (uint8_t)(prefix->bits + rest);
	for (unsigned i = 0; i < 1u << rest; i++) {
		unsigned octet = (part.bits - 1u) / 8, shift = (8u - part.bits % 8u) % 8;
		part.bytes[octet] = (uint8_t)((unsigned)prefix->bytes[octet] | i << shift);
		reverse_push(all, part.bytes, part.family_len, part.bits);
	}
}

/* RFC 1918; and of RFC 4193 the half that is in use. */
static void reverse_private(struct reverse_zones *all)
{
	static const struct prefix twelve = {{172, 16}, 4, 12};
	static const uint8_t ten[4] = {10}, house[4] = {192, 168}, local[16] = {0xfd};
	reverse_push(all, ten, sizeof ten, 8);
	reverse_divide(all, &twelve);
	reverse_push(all, house, sizeof house, 16);
	reverse_push(all, local, sizeof local, 8);
}

static enum call_code reverse_compose(struct call *call, struct reverse_zones *all)
{
	const struct dns_name *first = NULL;
	enum call_code code = CALL_OK;
	for (size_t i = 0; i < all->count && !code; i++) {
		struct reverse_zone *z = &all->zones[i];
		z->is_here = zoneset_exact(call->snapshot.zones, &z->zone.apex) != NULL;
		all->here += z->is_here;
		if (z->is_here)
			continue;
		first = first ? first : &z->zone.apex;
		z->load = load_open(&z->zone.apex);
		code = command_zone_begin(call, &z->zone);
		if (!code)
			code = command_zone_compose(call, &z->zone.apex, first, z->load);
		if (!code)
			code = command_covered_ask(call, call->snapshot.txn, &z->zone.apex);
	}
	if (!code && all->here == all->count)
		return call_fail(call, CALL_NOTHING, "all zones of %s are here already", all->text);
	return code;
}

/* "0.1.10.in-addr.arpa to 63.1.10.in-addr.arpa". */
static const char *reverse_span(struct call *call, const struct reverse_zones *all)
{
	char first[DNS_NAME_TEXT_MAX], last[DNS_NAME_TEXT_MAX];
	return arena_print(&call->arena, "%s to %s", dns_name_show(&all->zones[0].zone.apex, first),
			   dns_name_show(&all->zones[all->count - 1].zone.apex, last));
}

static const char *reverse_left(struct call *call, const struct reverse_zones *all)
{
	return all->here ? arena_print(&call->arena, "; %s here already, and stay%s",
				       all->here == 1
					       ? "one is"
					       : arena_print(&call->arena, "%zu are", all->here),
				       all->here == 1 ? "s" : "")
			 : "";
}

static enum call_code reverse_plan(struct call *call, const struct reverse_zones *all)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct reverse_zone *z = &all->zones[i];
		json_t *row = json_object();
		json_object_set_new(row, "what", json_string(z->is_here ? "here" : "zone"));
		json_object_set_new(row, "name", command_name(&z->zone.apex));
		if (!command_row(call, row))
			break;
		if (!z->is_here)
			command_covered_plan(call, &z->zone.apex);
	}
	command_result(call, "zones", json_integer((json_int_t)(all->count - all->here)));
	command_say(call, "%s: %s would be added%s; nothing was changed", all->text,
		    command_count(call, all->count - all->here, "zone"), reverse_left(call, all));
	return command_read_ended(call);
}

static void reverse_begin_run(struct call *call, struct store_txn *txn,
			      const struct reverse_zones *all)
{
	struct state_edit rows = state_edit_of(txn, &call->arena);
	struct entry entry = command_entry(call, ENTRY_RUN, txn, NULL);
	struct run run = run_new(txn, RUN_OTHER, RUN_DONE, &entry);
	snprintf(run.note, sizeof run.note, "zone add --reverse %.*s", NOTE_PREFIX_MAX, all->text);
	run_put(&rows, &run);
	entry.run = call->run = run.id;
	entry.event = EVENT_RUN_START;
	entry.reason = run.note;
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(txn, &entry, &call->arena);
}

static enum call_code reverse_work(struct call *call, struct store_txn *txn, void *context)
{
	struct reverse_zones *all = context;
	struct zone there;
	enum call_code code = CALL_OK;
	/* What is found first keeps all of them from being made. */
	for (size_t i = 0; i < all->count && !code; i++)
		if (!all->zones[i].is_here && zone_get(txn, &all->zones[i].zone.apex, &there))
			code = call_fail(call, CALL_FAILED,
					 "a zone came meanwhile: the same command does the rest");
	for (size_t i = 0; i < all->count && !code; i++)
		if (!all->zones[i].is_here)
			code = command_covered_ask(call, txn, &all->zones[i].zone.apex);
	if (code)
		return code;
	reverse_begin_run(call, txn, all);
	for (size_t i = 0; i < all->count && !code; i++) {
		struct reverse_zone *z = &all->zones[i];
		struct command_zone_made made = {&z->zone, z->load, &z->loaded, &z->covered};
		if (!z->is_here)
			code = command_zone_make(call, txn, &made);
	}
	assert(!code || txn->error);
	call->run = 0;
	return code;
}

static enum call_code reverse_do(struct call *call, struct reverse_zones *all)
{
	struct covered_result moved = {0};
	enum call_code code = CALL_OK;
	size_t count = all->count - all->here;
	if (!all->is_private && !command_flag(call, "move-names"))
		code = command_ask(call,
				   arena_print(&call->arena, "%s divide %s, and would be made: %s",
					       command_count(call, all->count, "zone"), all->text,
					       reverse_span(call, all)));
	if (!code)
		code = command_write(call, reverse_work, all);
	if (code)
		return code;
	for (size_t i = 0; i < all->count; i++) {
		moved.moved += all->zones[i].covered.moved;
		moved.left += all->zones[i].covered.left;
	}
	command_result(call, "zones", json_integer((json_int_t)count));
	command_say(call, "%s: %s added%s", all->text, command_count(call, count, "zone"),
		    reverse_left(call, all));
	command_covered_tell(call, &moved);
	return CALL_OK;
}

enum call_code zone_reverse_add(struct call *call)
{
	struct prefix prefix;
	struct reverse_zones *all = arena_zero(&call->arena, sizeof *all);
	all->text = command_text(call, "reverse");
	all->is_private = strcmp(all->text, PRIVATE) == 0;
	if (command_flag(call, "has-records"))
		return call_fail(call, CALL_USAGE,
				 "reverse: %s stands for several zones, and a file is of one",
				 all->text);
	if (all->is_private)
		reverse_private(all);
	else if (reverse_divides(all->text, &prefix))
		reverse_divide(all, &prefix);
	enum call_code code = reverse_compose(call, all);
	if (!code)
		code = command_flag(call, "plan") ? reverse_plan(call, all) : reverse_do(call, all);
	for (size_t i = 0; i < all->count; i++)
		load_free(all->zones[i].load);
	return code;
}
