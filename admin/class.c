/* SPDX-License-Identifier: BSD-2-Clause */
/* record pin, unpin, set-class, release: whether records age, and whether they are somebody's. */
#include "admin/draft.h"
#include "admin/ptr.h"
#include "admin/stamped.h"
#include "dns/rdata.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"

/* What is to become of which records. */
struct class_change {
	enum event_kind event;
	bool sets_class, frees;
	enum record_class class;
	/* Which: argument `type` (0: all) and `data` (empty: all). */
	struct zone zone;
	struct dns_name name;
	uint16_t type;
	bool has_data;
	struct bytes rdata;
	uint64_t found, changed;
	bool looks;             /* it is applied to a snapshot, and not written */
	struct stamped stamped; /* in the writer's transaction */
};

static enum call_code class_take_data(struct call *call, struct class_change *class_change)
{
	char type[DNS_TYPE_TEXT_MAX];
	const char *text = command_text(call, "data");
	unsigned column = 0;
	if (!text)
		return CALL_OK;
	if (!class_change->type)
		return call_fail(call, CALL_USAGE, "data is given without its type");
	uint8_t *buffer = arena_alloc(&call->arena, DNS_RDATA_MAX);
	struct bytes_out out = bytes_out_of(buffer, DNS_RDATA_MAX);
	const char *problem = dns_rdata_parse_text(class_change->type, text,
						   &class_change->zone.apex, &out, &column);
	if (problem)
		return call_fail(call, CALL_USAGE, "data of %s, column %u of '%.200s': %s",
				 dns_type_print(class_change->type, type), column, text, problem);
	class_change->rdata = bytes_of(buffer, bytes_out_len(&out));
	class_change->has_data = true;
	return CALL_OK;
}

/* What becomes of a record; its data stays. A record whose ageing begins is as fresh as if it were
 * registered now. False: nothing. */
static bool class_change_record(struct class_change *class_change, struct node_record *record,
				uint64_t now)
{
	bool is_other_class = class_change->sets_class && record->class != class_change->class;
	bool is_owned = class_change->frees && record->owner != PRINCIPAL_ANONYMOUS;
	/* The server's: it follows from another record. */
	if (record->class == RECORD_DERIVED)
		return false;
	class_change->found++;
	if (!is_other_class && !is_owned)
		return false;
	class_change->changed++;
	if (is_other_class && class_change->class == RECORD_DYNAMIC)
		record->stamp = now;
	if (is_other_class)
		record->class = class_change->class;
	if (is_owned)
		record->owner = PRINCIPAL_ANONYMOUS;
	return true;
}

static void class_change_edited(struct class_change *class_change, const struct edit_name *at,
				uint16_t type, struct edit_record *is, uint64_t now)
{
	struct node_record record = {.owner = is->owner, .stamp = is->stamp, .class = is->class};
	if (!class_change_record(class_change, &record, now))
		return;
	bool is_other_class = record.class != is->class;
	is->owner = record.owner;
	is->stamp = record.stamp;
	is->class = record.class;
	if (is_other_class && !class_change->looks)
		stamped_give(&class_change->stamped, at, type, is);
}

static bool class_is_wanted(const struct class_change *class_change, uint16_t type,
			    struct bytes rdata)
{
	if (class_change->type && class_change->type != type)
		return false;
	return !class_change->has_data || dns_rdata_compare(type, rdata, class_change->rdata) == 0;
}

static enum call_code not_found(struct call *call, const struct class_change *class_change)
{
	char shown[DNS_NAME_TEXT_MAX];
	return call_fail(call, CALL_NOT_FOUND, "no such record at %s",
			 dns_name_show(&class_change->name, shown));
}

static enum call_code class_change_in(struct call *call, struct store_txn *txn, struct edit *edit,
				      struct class_change *class_change)
{
	uint64_t now = command_time(call, txn);
	struct edit_name *at = edit_see(edit, &class_change->name);
	/* What is only looked at is in the call's snapshot, where no number can be made. */
	class_change->looks = txn == call->snapshot.txn;
	if (!class_change->looks)
		stamped_begin(&class_change->stamped, call, txn, &class_change->zone);
	class_change->found = class_change->changed = 0;
	for (struct edit_rrset *set = at->rrsets; set; set = set->next)
		for (struct edit_record *is = set->records; is; is = is->next)
			if (set->type != DNS_TYPE_SOA &&
			    class_is_wanted(class_change, set->type, is->rdata))
				class_change_edited(class_change, at, set->type, is, now);
	if (!class_change->looks)
		stamped_end(&class_change->stamped);
	enum call_code code = class_change->found ? CALL_OK : command_ptr_refuse(call, at);
	return code || class_change->found ? code : not_found(call, class_change);
}

static enum call_code class_change_work(struct call *call, struct store_txn *txn, void *context)
{
	struct class_change *class_change = context;
	struct edit *edit;
	enum call_code code = command_zone_in(call, txn, &class_change->zone);
	if (code)
		return code;
	struct edit_author author = command_author(call, txn);
	code = draft_edit_open(call, txn, &class_change->zone, &author, &edit);
	if (!code)
		code = class_change_in(call, txn, edit, class_change);
	if (code)
		return code;
	struct entry entry = command_entry(call, ENTRY_ADMIN, txn, &class_change->zone);
	entry.event = class_change->event;
	draft_edit_commit(call, txn, edit, &entry, &code);
	return code;
}

/* A record that would be turned, and into what. */
static void show_class_change(struct call *call, struct class_change *class_change,
			      const struct command_record *row)
{
	struct command_record is = *row;
	if (!class_change_record(class_change, &is.record, clock_now(&call->core->clock)))
		return;
	json_t *shown = command_record(call, row);
	json_object_set_new(shown, "new_class", json_string(record_class_name(is.record.class)));
	json_object_set_new(shown, "new_owner",
			    command_string(principal_text(call->snapshot.txn, is.record.owner,
							  &call->row_arena)));
	json_object_set_new(shown, "new_stamp", command_seconds(is.record.stamp));
	command_row(call, shown);
}

static enum call_code class_change_plan(struct call *call, struct class_change *class_change)
{
	struct node node;
	struct node_rrset rrset;
	struct bytes_in in = bytes_in_of("", 0);
	if (lookup_node(call->snapshot.txn, &class_change->zone, &class_change->name, &node))
		in = bytes_in_of(node.rrsets.data, node.rrsets.len);
	while (node_next_rrset(&in, &rrset)) {
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		struct command_record row = {&class_change->zone,
					     &class_change->name,
					     rrset.type,
					     rrset.ttl,
					     {0},
					     &node};
		while (rrset.type != DNS_TYPE_SOA && node_next_record(&records, &row.record))
			if (class_is_wanted(class_change, rrset.type, row.record.rdata))
				show_class_change(call, class_change, &row);
	}
	return class_change->found ? command_read_ended(call) : not_found(call, class_change);
}

static enum call_code class_change_of(struct call *call, struct class_change *class_change)
{
	enum call_code code = command_zone_of(call, &class_change->zone);
	if (!code)
		code = command_name_in(call, command_text(call, "name"), &class_change->zone,
				       &class_change->name);
	if (!code)
		code = command_type_of(call, "type", &class_change->type);
	return code ? code : class_take_data(call, class_change);
}

static enum call_code class_change_run(struct call *call, struct class_change *class_change,
				       const char *what)
{
	bool is_plan = command_flag(call, "plan");
	char shown[DNS_NAME_TEXT_MAX];
	enum call_code code = class_change_of(call, class_change);
	if (!code)
		code = is_plan ? class_change_plan(call, class_change)
			       : command_write(call, class_change_work, class_change);
	if (code)
		return code;
	command_result(call, "name", command_name(&class_change->name));
	command_result(call, "changed", json_integer((json_int_t)class_change->changed));
	dns_name_show(&class_change->name, shown);
	if (is_plan && class_change->changed > 1)
		command_ask(call, arena_print(&call->arena, "%s: %s would be %s", shown,
					      command_count(call, class_change->changed, "record"),
					      what));
	if (class_change->changed)
		command_say(call, "%s: %llu record%s %s%s", shown,
			    (unsigned long long)class_change->changed,
			    class_change->changed == 1 ? "" : "s", is_plan ? "would be " : "",
			    what);
	else
		command_say(call, "%s: nothing %s", shown, is_plan ? "would change" : "changed");
	return CALL_OK;
}

static const struct class_change class_pin = {
	.event = EVENT_RECORD_PIN, .sets_class = true, .class = RECORD_PINNED};
static const struct class_change class_unpin = {
	.event = EVENT_RECORD_UNPIN, .sets_class = true, .class = RECORD_DYNAMIC};
static const struct class_change class_release = {.event = EVENT_OWNER_RELEASE, .frees = true};

static enum call_code record_pin(struct call *call)
{
	struct class_change class_change = class_pin;
	return class_change_run(call, &class_change, "pinned");
}

static enum call_code record_unpin(struct call *call)
{
	struct class_change class_change = class_unpin;
	return class_change_run(call, &class_change, "dynamic from now on");
}

/* The class that `record set-class` is given. */
static enum call_code class_set_of(struct call *call, struct class_change *class_change)
{
	const char *class = command_text(call, "class");
	*class_change = (struct class_change){.event = EVENT_RECORD_SET_CLASS, .sets_class = true};
	if (!record_class_parse(class, &class_change->class) ||
	    class_change->class == RECORD_DERIVED)
		return call_fail(call, CALL_USAGE,
				 "class: '%.60s' is not one of static, dynamic, pinned", class);
	return CALL_OK;
}

static enum call_code class_record_set_class(struct call *call)
{
	static const char *const what[] = {"static", "dynamic from now on", "pinned"};
	struct class_change class_change;
	enum call_code code = class_set_of(call, &class_change);
	return code ? code : class_change_run(call, &class_change, what[class_change.class]);
}

static enum call_code record_release(struct call *call)
{
	struct class_change class_change = class_release;
	return class_change_run(call, &class_change, "owned by nobody now");
}

/* --- as edits of a draft */

static enum call_code class_draft_take(struct call *call, void **taken, struct draft_place *place,
				       const struct class_change *as)
{
	struct class_change *class_change = arena_zero(&call->arena, sizeof *class_change);
	*class_change = *as;
	enum call_code code = class_change_of(call, class_change);
	*place = (struct draft_place){.name = class_change->name, .type = class_change->type};
	*taken = class_change;
	return code;
}

static enum call_code class_pin_draft_take(struct call *call, void **taken,
					   struct draft_place *place)
{
	return class_draft_take(call, taken, place, &class_pin);
}

static enum call_code class_unpin_draft_take(struct call *call, void **taken,
					     struct draft_place *place)
{
	return class_draft_take(call, taken, place, &class_unpin);
}

static enum call_code class_release_draft_take(struct call *call, void **taken,
					       struct draft_place *place)
{
	return class_draft_take(call, taken, place, &class_release);
}

static enum call_code class_set_draft_take(struct call *call, void **taken,
					   struct draft_place *place)
{
	struct class_change class_change;
	enum call_code code = class_set_of(call, &class_change);
	return code ? code : class_draft_take(call, taken, place, &class_change);
}

static enum call_code class_draft_apply(struct call *call, struct store_txn *txn,
					const struct zone *zone, struct edit *edit, void *taken)
{
	struct class_change *class_change = taken;
	class_change->zone = *zone;
	return class_change_in(call, txn, edit, class_change);
}

const struct draft_kind draft_class_kinds[] = {
	{"record pin", class_pin_draft_take, class_draft_apply},
	{"record unpin", class_unpin_draft_take, class_draft_apply},
	{"record set-class", class_set_draft_take, class_draft_apply},
	{"record release", class_release_draft_take, class_draft_apply},
	{0},
};

const struct command command_class_table[] = {
	{"record pin", record_pin, "zone=s name=s type=s? data=s? plan=b? now=b?"},
	{"record unpin", record_unpin, "zone=s name=s type=s? data=s? plan=b? now=b?"},
	{"record set-class", class_record_set_class,
	 "zone=s name=s type=s? class=s plan=b? now=b?"},
	{"record release", record_release, "zone=s name=s type=s? data=s? plan=b? now=b?"},
	{0},
};
