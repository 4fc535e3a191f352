/* SPDX-License-Identifier: BSD-2-Clause */
/* owner transfer, release: records get another owner. */
#include "acl/who.h"
#include "admin/edit_parts.h"
#include "admin/known_owner.h"
#include "admin/name_glob.h"
#include "admin/scope.h"
#include "admin/transfer_list.h"
#include "dns/type.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/walk.h"
#include <stdio.h>

/* What is to change hands. */
struct transfer {
	const char *from, *to; /* `from` NULL: whosever it is */
	struct name_glob glob;
	const char *renewed_by; /* NULL: whoever renews it */
	uint32_t renewed_by_id;
	enum event_kind event;
	uint32_t from_id, to_id;
	uint64_t names, records, zones;
	uint64_t left; /* names that `renewed_by` renewed last, and others too */
	struct call *call;
};

/* Static records without an owner are nobody's, and not what `anonymous` left. */
static bool owner_transfer_is_held(const struct transfer *t, const struct node_record *record)
{
	if (record->class == RECORD_DERIVED)
		return false;
	if (!t->from)
		return record->owner != t->to_id;
	if (principal_is_nobody(t->from_id, record->class))
		return false;
	return record->owner == t->from_id;
}

/* Shows what would change hands at a name, and counts it. */
static uint64_t owner_transfer_show_node(struct call *call, const struct transfer *t,
					 struct command_record *row, const struct node *node)
{
	uint64_t count = 0;
	struct node_walk walk = node_walk_of(node);
	row->node = node;
	while (command_record_next(&walk, row)) {
		if (!owner_transfer_is_held(t, &row->record))
			continue;
		json_t *shown = command_record(call, row);
		json_object_set_new(shown, "new_owner", command_string(t->to));
		if (t->renewed_by) {
			json_object_set_new(
				shown, "renewed_by",
				command_string(command_contested_by(call, &node->hint)));
			json_object_set_new(shown, "renewed_at", command_seconds(node->hint.at));
		}
		command_row(call, shown);
		count++;
	}
	return count;
}

static uint64_t hand_over(struct edit_name *at, const struct transfer *t)
{
	uint64_t count = 0;
	for (struct edit_rrset *set = at->rrsets; set; set = set->next) {
		for (struct edit_record *is = set->records; is; is = is->next) {
			struct node_record stored = {.owner = is->owner, .class = is->class};
			if (!owner_transfer_is_held(t, &stored))
				continue;
			is->owner = t->to_id;
			count++;
		}
	}
	return count;
}

/* Whether it was renewed last by who is asked for, and by nobody else, or by others, too: a
 * stranger's renewal moves no record, to whomever it goes. */
static bool transfer_is_renewed(const struct transfer *t, const struct node_hint *hint,
				bool has_others)
{
	return hint->at && hint->by == t->renewed_by_id && hint->has_others == has_others;
}

static bool has_held(const struct transfer *t, const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	if (t->renewed_by && !transfer_is_renewed(t, &node->hint, false))
		return false;
	while (node_walk_next(&walk, &record))
		if (owner_transfer_is_held(t, &record))
			return true;
	return false;
}

/* The new owner is the author, so that stamps stay as they are: it has refreshed nothing. */
static struct edit_author owner_transfer_author(void *context, struct store_txn *txn)
{
	struct transfer *t = context;
	t->to_id = principal_intern(txn, t->to);
	return (struct edit_author){
		.owner = t->to_id,
		.owner_text = t->to,
		.now = command_time(t->call, txn),
		.class = RECORD_DYNAMIC,
	};
}

static bool owner_transfer_wants(void *context, struct store_txn *txn, const struct zone *zone,
				 const struct dns_name *name, const struct node *node)
{
	const struct transfer *t = context;
	(void)txn;
	return has_held(t, node) && name_glob_has(&t->glob, zone, name);
}

static uint64_t owner_transfer_change(void *context, struct edit *edit, struct edit_name *at)
{
	(void)edit;
	return hand_over(at, context);
}

/* False: nobody of that name renewed anything. */
static bool find_renewer(struct store_txn *txn, struct transfer *t)
{
	return !t->renewed_by || principal_find(txn, t->renewed_by, &t->renewed_by_id);
}

static enum call_code transfer_do(struct call *call, struct transfer *t)
{
	struct zone zone;
	bool has_zone = command_text(call, "zone") != NULL;
	enum call_code code = has_zone ? command_zone_of(call, &zone) : CALL_OK;
	if (code || !principal_find(call->snapshot.txn, t->from, &t->from_id) ||
	    !find_renewer(call->snapshot.txn, t))
		return code;
	const char *reason = arena_print(&call->arena, "%s -> %s", t->from, t->to);
	struct edit_parts parts = {
		.zone = has_zone ? &zone : NULL,
		.event = t->event,
		.reason = reason,
		.note = reason,
		.wants = owner_transfer_wants,
		.author = owner_transfer_author,
		.change = owner_transfer_change,
		.context = t,
	};
	code = edit_parts_run(call, &parts);
	t->names = parts.names;
	t->records = parts.records;
	t->zones = parts.zones;
	if (parts.run)
		command_result(call, "run", json_integer((json_int_t)parts.run));
	return code;
}

/* What --renewed-by leaves although that one renewed it last. */
static void transfer_count_left(struct call *call, struct transfer *t, const struct zone *zone)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	walk_from(&walk, call->snapshot.txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node)) {
		struct transfer anyhow = *t;
		anyhow.renewed_by = NULL;
		t->left += transfer_is_renewed(t, &node.hint, true) && has_held(&anyhow, &node) &&
			   name_glob_has(&t->glob, zone, &name);
	}
	walk_end(&walk);
}

static void show_zone(struct call *call, struct transfer *t, const struct zone *zone)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	uint64_t before = t->records;
	walk_from(&walk, call->snapshot.txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node)) {
		struct command_record row = {.zone = zone, .name = &name};
		if (!has_held(t, &node) || !name_glob_has(&t->glob, zone, &name))
			continue;
		t->names++;
		t->records += owner_transfer_show_node(call, t, &row, &node);
	}
	walk_end(&walk);
	t->zones += t->records > before;
}

static enum call_code transfer_plan(struct call *call, struct transfer *t)
{
	struct zone zone;
	bool has_zone = command_text(call, "zone") != NULL;
	enum call_code code = has_zone ? command_zone_of(call, &zone) : CALL_OK;
	if (code || !principal_find(call->snapshot.txn, t->from, &t->from_id) ||
	    !find_renewer(call->snapshot.txn, t))
		return code;
	t->to_id = UINT32_MAX; /* it may have no id yet; none of the records is looked at for it */
	if (has_zone)
		show_zone(call, t, &zone);
	for (size_t i = 0; !has_zone && i < zoneset_count(call->snapshot.zones); i++)
		show_zone(call, t, zoneset_at(call->snapshot.zones, i));
	return command_read_ended(call);
}

static const char *transfer_left_sentence(struct call *call, const struct transfer *t)
{
	if (t->left == 0)
		return "";
	return arena_print(&call->arena,
			   "; %s that %s renewed last %s left, since others renew there too: "
			   "without --renewed-by, or with --match instead, they go",
			   command_count(call, t->left, "name"), t->renewed_by,
			   t->left == 1 ? "is" : "are");
}

/* The names that --renewed-by leaves, in what the command is about. */
static enum call_code transfer_see_left(struct call *call, struct transfer *t)
{
	struct zone zone;
	bool has_zone = command_text(call, "zone") != NULL;
	enum call_code code = has_zone ? command_zone_of(call, &zone) : CALL_OK;
	if (code || !t->renewed_by || !principal_find(call->snapshot.txn, t->from, &t->from_id) ||
	    !find_renewer(call->snapshot.txn, t))
		return code;
	if (has_zone)
		transfer_count_left(call, t, &zone);
	for (size_t i = 0; !has_zone && i < zoneset_count(call->snapshot.zones); i++)
		if (scope_holds(call, &zoneset_at(call->snapshot.zones, i)->apex))
			transfer_count_left(call, t, zoneset_at(call->snapshot.zones, i));
	return CALL_OK;
}

static void owner_transfer_tell(struct call *call, const struct transfer *t, const char *what)
{
	command_result(call, "from", command_string(t->from));
	command_result(call, "to", command_string(t->to));
	command_result(call, "zones", json_integer((json_int_t)t->zones));
	command_result(call, "names", json_integer((json_int_t)t->names));
	command_result(call, "records", json_integer((json_int_t)t->records));
	command_say(call, "%llu record%s at %llu name%s in %llu zone%s %s %s%s",
		    (unsigned long long)t->records, t->records == 1 ? "" : "s",
		    (unsigned long long)t->names, t->names == 1 ? "" : "s",
		    (unsigned long long)t->zones, t->zones == 1 ? "" : "s", what, t->to,
		    transfer_left_sentence(call, t));
}

/* Whether the SOA or NS of the zone are among what goes. */
static bool owner_transfer_takes_apex(struct call *call, const struct transfer *t,
				      const struct zone *zone)
{
	struct node node;
	struct node_record record;
	if (!lookup_node(call->snapshot.txn, zone, &zone->apex, &node) || !has_held(t, &node) ||
	    !name_glob_has(&t->glob, zone, &zone->apex))
		return false;
	struct node_walk walk = node_walk_of(&node);
	while (node_walk_next(&walk, &record))
		if ((walk.rrset.type == DNS_TYPE_SOA || walk.rrset.type == DNS_TYPE_NS) &&
		    owner_transfer_is_held(t, &record))
			return true;
	return false;
}

/* More than one name must be meant. */
static enum call_code owner_transfer_ask_many(struct call *call, struct transfer *t)
{
	bool (*row)(struct call *, json_t *) = call->row;
	if (command_flag(call, "yes"))
		return CALL_OK;
	call->row = NULL;
	enum call_code code = transfer_plan(call, t);
	call->row = row;
	const char *question = NULL;
	if (t->names > 1)
		question = arena_print(&call->arena, "%s at %s would go from %s to %s",
				       command_count(call, t->records, "record"),
				       command_count(call, t->names, "name"), t->from, t->to);
	t->names = t->records = t->zones = 0;
	return code || !question ? code : command_ask(call, question);
}

/* What must be meant: the records by which a zone is one, and more than one name. */
static enum call_code owner_transfer_question(struct call *call, struct transfer *t)
{
	char apex[DNS_NAME_TEXT_MAX];
	struct zone only;
	const char *named = NULL;
	size_t count = 0, all = zoneset_count(call->snapshot.zones);
	bool has_zone = command_text(call, "zone") != NULL;
	enum call_code code = has_zone ? command_zone_of(call, &only) : CALL_OK;
	if (code || !principal_find(call->snapshot.txn, t->from, &t->from_id) ||
	    !find_renewer(call->snapshot.txn, t))
		return code;
	for (size_t i = 0; i < (has_zone ? 1 : all); i++) {
		const struct zone *zone = has_zone ? &only : zoneset_at(call->snapshot.zones, i);
		if (!owner_transfer_takes_apex(call, t, zone))
			continue;
		count++;
		if (!named)
			named = arena_print(&call->arena, "%s", dns_name_show(&zone->apex, apex));
	}
	if (!named)
		return owner_transfer_ask_many(call, t);
	const char *more = count > 1 ? arena_print(&call->arena, " and of %zu more zone%s",
						   count - 1, count == 2 ? "" : "s")
				     : "";
	return command_ask(call, arena_print(&call->arena,
					     "%s could change SOA or NS of zone %s%s, which are "
					     "among what %s owns ('--match' takes some names only)",
					     t->to, named, more, t->from));
}

static enum call_code admin_owner_transfer(struct call *call)
{
	bool is_plan = command_flag(call, "plan");
	struct transfer t = {.event = EVENT_OWNER_TRANSFER, .call = call};
	if (command_flag(call, "has-file"))
		return transfer_list_run(call);
	if (!command_text(call, "from") || !command_text(call, "to"))
		return call_fail(call, CALL_USAGE, "from and to, or a list, are needed");
	enum call_code code = command_owner_of(call, "from", &t.from);
	if (!code)
		code = command_owner_of(call, "to", &t.to);
	if (!code && command_text(call, "renewed-by"))
		code = command_owner_of(call, "renewed-by", &t.renewed_by);
	if (!code)
		code = name_glob_of(call, &t.glob);
	if (!code && strcmp(t.from, t.to) == 0)
		code = call_fail(call, CALL_USAGE, "from and to are the same: %s", t.to);
	if (!code)
		code = command_heir(call, "to", t.to);
	if (!code)
		code = owner_transfer_question(call, &t);
	if (!code)
		code = transfer_see_left(call, &t);
	if (!code)
		code = is_plan ? transfer_plan(call, &t) : transfer_do(call, &t);
	if (!code && t.records == 0)
		code = call_fail(call, CALL_NOT_FOUND, "%s owns no such records here%s", t.from,
				 transfer_left_sentence(call, &t));
	if (!code)
		owner_transfer_tell(call, &t, is_plan ? "would go to" : "went to");
	return code;
}

/* --- release: names that are to be free again */

#define RELEASE_AT_ONCE 128 /* names that are released in one transaction; more are in parts */

struct release {
	struct transfer t;
	const json_t *names; /* texts */
	struct dns_name *name;
	struct zone *zone;
	size_t count;
	uint64_t reserved; /* of these: names that were kept for somebody */
	size_t at, next;   /* of a list in parts: where a part begins, and where it ended */
};

static enum call_code owner_transfer_take_names(struct call *call, struct release *release)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct zone zone = {0};
	enum call_code code = command_text(call, "zone") ? command_zone_of(call, &zone) : CALL_OK;
	release->count = json_array_size(release->names);
	release->name = arena_zero(&call->arena, (release->count + 1) * sizeof(*release->name));
	release->zone = arena_zero(&call->arena, (release->count + 1) * sizeof(*release->zone));
	for (size_t i = 0; i < release->count && !code; i++) {
		const char *text = json_string_value(json_array_get(release->names, i));
		struct dns_name *name = &release->name[i];
		release->zone[i] = zone;
		if (command_text(call, "zone")) {
			code = command_name_in(call, text, &zone, name);
			continue;
		}
		const char *problem = dns_name_parse_text(name, text);
		if (problem)
			return call_fail(call, CALL_USAGE, "'%.200s' is not a name: %s", text,
					 problem);
		const struct zone *found = zoneset_find(call->snapshot.zones, name);
		if (!found)
			return call_fail(call, CALL_NOT_FOUND, "'%s' is in no zone of this server",
					 dns_name_show(name, shown));
		release->zone[i] = *found;
	}
	return code;
}

static enum call_code owner_transfer_check_names(struct call *call, struct store_txn *txn,
						 const struct release *release)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct node node;
	const char *owner;
	for (size_t i = 0; i < release->count; i++)
		if (!lookup_node(txn, &release->zone[i], &release->name[i], &node) &&
		    !reservation_find(txn, &release->zone[i], &release->name[i], &call->arena,
				      &owner))
			return call_fail(call, CALL_NOT_FOUND, "nothing stands at %s",
					 dns_name_show(&release->name[i], shown));
	return CALL_OK;
}

/* One name; an entry of its own. */
static void release_name(struct call *call, struct store_txn *txn, struct release *release,
			 size_t i)
{
	struct transfer *t = &release->t;
	const struct zone *zone = &release->zone[i];
	struct edit_author author = owner_transfer_author(t, txn);
	struct arena arena = {0};
	release->reserved += command_unreserve(call, txn, zone, &release->name[i]);
	struct edit *edit = edit_open(txn, zone, &author, &arena);
	uint64_t count = hand_over(edit_see(edit, &release->name[i]), t);
	if (count) {
		struct entry entry = command_entry(call, ENTRY_ADMIN, txn, zone);
		entry.event = t->event;
		entry.reason = "released";
		edit_commit(edit, &entry);
	}
	t->names += count > 0;
	t->records += count;
	arena_free(&arena);
}

static bool release_is_long(const struct release *release)
{
	return release->count > RELEASE_AT_ONCE;
}

static enum call_code release_work(struct call *call, struct store_txn *txn, void *context)
{
	struct release *release = context;
	struct writer_part time = writer_part_begin(call->core->part_steps);
	bool is_over = false;
	release->t.names = release->t.records = release->t.zones = release->reserved = 0;
	release->next = release->at;
	enum call_code code =
		release_is_long(release) ? CALL_OK : owner_transfer_check_names(call, txn, release);
	while (!code && release->next < release->count && !is_over) {
		release_name(call, txn, release, release->next++);
		is_over = release_is_long(release) && writer_part_is_over(&time);
	}
	return code;
}

/* Between two parts the writer does what others want. */
static enum call_code release_do(struct call *call, struct release *release)
{
	struct transfer *t = &release->t;
	uint64_t names = 0, records = 0, reserved = 0;
	enum call_code code =
		release_is_long(release)
			? owner_transfer_check_names(call, call->snapshot.txn, release)
			: CALL_OK;
	while (!code && release->at < release->count) {
		code = command_write(call, release_work, release);
		if (code)
			break;
		release->at = release->next;
		names += t->names;
		records += t->records;
		reserved += release->reserved;
	}
	t->names = names;
	t->records = records;
	release->reserved = reserved;
	if (!code || release->at == 0)
		return code;
	const char *why = arena_text(&call->arena, call->error, strlen(call->error));
	return call_fail(call, code, "the first %s released, the others are not: %s",
			 release->at == 1 ? "name is"
					  : arena_print(&call->arena, "%zu names are", release->at),
			 why);
}

static enum call_code release_plan(struct call *call, struct release *release)
{
	struct transfer *t = &release->t;
	enum call_code code = owner_transfer_check_names(call, call->snapshot.txn, release);
	for (size_t i = 0; i < release->count && !code; i++) {
		struct command_record row = {.zone = &release->zone[i], .name = &release->name[i]};
		struct node node;
		uint64_t count = 0;
		if (lookup_node(call->snapshot.txn, row.zone, row.name, &node))
			count = owner_transfer_show_node(call, t, &row, &node);
		const char *owner;
		release->reserved += reservation_find(call->snapshot.txn, row.zone, row.name,
						      &call->arena, &owner);
		t->names += count > 0;
		t->records += count;
	}
	return code ? code : command_read_ended(call);
}

/* What must be meant: a zone's own records, and more than one name. */
static enum call_code release_question(struct call *call, struct release *release)
{
	char shown[DNS_NAME_TEXT_MAX] = "";
	uint64_t records = 0;
	for (size_t i = 0; i < release->count; i++) {
		const struct zone *zone = &release->zone[i];
		struct node node;
		if (!lookup_node(call->snapshot.txn, zone, &release->name[i], &node))
			continue;
		struct node_walk walk = node_walk_of(&node);
		struct node_record record;
		while (node_walk_next(&walk, &record))
			records += owner_transfer_is_held(&release->t, &record);
		if (dns_name_equal(&release->name[i], &zone->apex))
			dns_name_show(&zone->apex, shown);
	}
	if (records == 0 || (!*shown && release->count < 2))
		return CALL_OK;
	const char *question =
		arena_print(&call->arena, "%llu record%s%s%s would be owned by nobody",
			    (unsigned long long)records, records == 1 ? "" : "s",
			    *shown ? ", also those of the zone's own name " : "", shown);
	return command_ask(call, question);
}

static enum call_code admin_owner_release(struct call *call)
{
	bool is_plan = command_flag(call, "plan");
	struct release release = {
		.t = {.to = "anonymous",
		      .to_id = PRINCIPAL_ANONYMOUS,
		      .event = EVENT_OWNER_RELEASE,
		      .call = call},
		.names = json_object_get(call->args, "names"),
	};
	const struct transfer *t = &release.t;
	enum call_code code = owner_transfer_take_names(call, &release);
	if (!code && release.count == 0)
		code = call_fail(call, CALL_USAGE, "a name is needed");
	if (!code)
		code = release_question(call, &release);
	if (!code)
		code = is_plan ? release_plan(call, &release) : release_do(call, &release);
	if (code)
		return code;
	command_result(call, "names", json_integer((json_int_t)t->names));
	command_result(call, "records", json_integer((json_int_t)t->records));
	command_result(call, "reservations", json_integer((json_int_t)release.reserved));
	if (t->records == 0 && release.reserved > 0)
		command_say(call, "%llu name%s %s kept for nobody",
			    (unsigned long long)release.reserved, release.reserved == 1 ? "" : "s",
			    is_plan ? "would be" : "now");
	else if (t->records == 0)
		command_say(call, "nothing changed");
	else
		command_say(call, "%llu record%s at %llu name%s %s owned by nobody",
			    (unsigned long long)t->records, t->records == 1 ? "" : "s",
			    (unsigned long long)t->names, t->names == 1 ? "" : "s",
			    is_plan ? "would be" : "now");
	return CALL_OK;
}

/* A new owner that cannot act is said, and no fault: names can be reserved for whom comes later. */
enum call_code command_heir(struct call *call, const char *argument, const char *to)
{
	struct dns_name key;
	if (to[0] == '@' && !known_owner(call, to))
		return scope_check_role(call, ROLE_OPERATE,
					arena_print(&call->arena,
						    "%s: %s, which owns nothing in your zones and "
						    "is in no rule of them,",
						    argument, to));
	if (to[0] == '@') {
		const struct acl_group *group = groups_find(call->snapshot.groups, to);
		if (!group)
			return call_fail(call, CALL_NOT_FOUND, "%s: there is no group %s", argument,
					 to);
		if (!group->is_acting)
			return call_fail(call, CALL_FAILED,
					 "%s: %s is not an acting group, so nobody could use what "
					 "it owns",
					 argument, to);
	}
	/* Which keys there are is the server's. */
	if (!scope_is_listed(call) && strncmp(to, "key:", 4) == 0 &&
	    !dns_name_parse_text(&key, to + 4) && !keyring_find(call->snapshot.keys, &key))
		command_warn(call, 0,
			     arena_print(&call->arena, "%s: there is no key '%s' here yet",
					 argument, to + 4));
	return CALL_OK;
}

const struct command command_transfer_table[] = {
	{"owner transfer", admin_owner_transfer,
	 "from=s? to=s? zone=s? match=s? renewed-by=s? has-file=b? plan=b? yes=b?"},
	{"owner release", admin_owner_release, "names=a zone=s? plan=b? yes=b?"},
	{0},
};
