/* SPDX-License-Identifier: BSD-2-Clause */
/* group list, show, create, delete, add, remove, set. */
#include "acl/group.h"
#include "acl/pattern.h"
#include "admin/handover.h"
#include "admin/meant.h"
#include "admin/scope.h"
#include "admin/setting_json.h"
#include "admin/zone_windows.h"
#include "base/nearest.h"
#include "base/shellword.h"
#include "journal/journal.h"
#include "journal/run.h"
#include <string.h>

/* What is to be done to a group. */
struct group_change {
	struct call *call;
	char name[GROUP_NAME_MAX];
	enum event_kind event;
	bool creates, removes; /* the group; its members */
	bool has_acting, is_acting;
	bool has_window;      /* it is given, */
	struct window window; /* or taken away */
	size_t count;
	const char **members; /* canonical */
	/* Records of members in their own names: of who leaves, or of who comes. */
	struct handover *handover;
	uint64_t owned;     /* by the group itself, where somebody leaves it */
	bool is_orphaning;  /* what it owns is nobody's to change then */
	const char *leaver; /* the first who leaves and is in no other way a member; NULL: nobody */
	size_t leavers;
	bool hands_over;
	/* What came of it. */
	size_t changed, left;
};

static enum call_code group_name_of(struct call *call, char name[GROUP_NAME_MAX])
{
	const char *text = command_text(call, "name");
	const char *problem = group_name_parse(name, text, strlen(text));
	if (problem)
		return call_fail(call, CALL_USAGE, "'%.80s': %s", text, problem);
	return CALL_OK;
}

static enum call_code no_such_group(struct call *call, const char *name)
{
	struct nearest nearest = nearest_to(name);
	for (size_t i = 0; i < groups_count(call->snapshot.groups); i++)
		nearest_try(&nearest, groups_at(call->snapshot.groups, i)->name);
	const char *meant = nearest_found(&nearest);
	if (meant)
		return call_fail(call, CALL_NOT_FOUND, "no group '%s' here: did you mean '%s'?",
				 name, meant);
	return call_fail(call, CALL_NOT_FOUND, "no group '%s' here", name);
}

/* A member whose name the word is, without its kind; NULL: there is none. */
static const char *group_member_meant(struct call *call, const struct group_change *change,
				      const char *text)
{
	const struct acl_group *group =
		change->removes ? groups_find(call->snapshot.groups, change->name) : NULL;
	for (size_t i = 0; group && i < group->count; i++) {
		const char *bare = strchr(group->members[i], ':');
		if (bare && strcmp(bare + 1, text) == 0)
			return group->members[i];
	}
	return NULL;
}

static enum call_code members_of(struct call *call, struct group_change *change)
{
	json_t *value;
	size_t i;
	const json_t *list = json_object_get(call->args, "members");
	if (json_array_size(list) > GROUP_MEMBERS_MAX)
		return call_fail(call, CALL_USAGE, "more than %d members", GROUP_MEMBERS_MAX);
	change->members =
		arena_alloc(&call->arena, (json_array_size(list) + 1) * sizeof(*change->members));
	json_array_foreach(list, i, value)
	{
		char member[WHO_TEXT_MAX];
		const char *text = json_string_value(value);
		const char *problem = *text == '@' ? "groups do not nest"
						   : pattern_parse(member, text, strlen(text));
		const char *meant = problem ? group_member_meant(call, change, text) : NULL;
		if (meant)
			return call_fail(call, CALL_USAGE,
					 "'%.200s' is not a member of %s: did you mean '%s'?", text,
					 change->name, meant);
		if (problem && *text != '@' && !strchr(text, ':'))
			return meant_principal_fail(call, "member", text);
		if (problem)
			return call_fail(call, CALL_USAGE,
					 "'%.200s' is not a member of a group: %s", text, problem);
		change->members[change->count++] = arena_text(&call->arena, member, strlen(member));
	}
	return CALL_OK;
}

static size_t group_place_of(const struct acl_group *group, const char *member)
{
	size_t i = 0;
	while (i < group->count && strcmp(group->members[i], member) != 0)
		i++;
	return i;
}

static enum call_code put_members(struct call *call, struct group_change *change,
				  struct acl_group *group)
{
	const char **members =
		arena_alloc(&call->arena, (group->count + change->count + 1) * sizeof(*members));
	if (group->count > 0)
		memcpy(members, group->members, group->count * sizeof(*members));
	group->members = members;
	for (size_t i = 0; i < change->count; i++) {
		size_t at = group_place_of(group, change->members[i]);
		if (change->removes && at == group->count)
			return call_fail(call, CALL_NOT_FOUND, "%s is not a member of %s",
					 change->members[i], group->name);
		if (!change->removes && at < group->count)
			continue;
		change->changed++;
		if (change->removes)
			members[at] = members[--group->count];
		else
			members[group->count++] = change->members[i];
	}
	if (group->count > GROUP_MEMBERS_MAX)
		return call_fail(call, CALL_FAILED, "%s would have %zu members, and %d is the most",
				 group->name, group->count, GROUP_MEMBERS_MAX);
	return CALL_OK;
}

/* A principal is in one acting group at most: whose would be what it registers? */
static enum call_code check_conflict(struct call *call, const struct groups *groups,
				     const struct acl_group *group)
{
	const char *member = NULL;
	const struct acl_group *other = group_conflict(groups, group, &member);
	if (!other)
		return CALL_OK;
	return call_fail(call, CALL_FAILED,
			 "%s is, or may be, in the acting group %s already: a principal is in one "
			 "acting group at most",
			 member, other->name);
}

static enum call_code group_is_here(struct call *call, const char *name)
{
	return call_fail(call, CALL_FAILED, "group %s is here already", name);
}

/* "30d/7d", or "none". */
static const char *group_window_text(struct call *call, const struct acl_group *group)
{
	char text[WINDOW_TEXT_MAX];
	return group->window.is_given
		       ? arena_print(&call->arena, "%s", window_print(&group->window, text))
		       : "none";
}

static void group_put_window(struct call *call, json_t *row, const struct acl_group *group)
{
	if (group->window.is_given)
		json_object_set_new(row, "window", json_string(group_window_text(call, group)));
}

/* With what is handed over it is one run: `*run`, or a new one if that is 0. */
static void log_change(struct call *call, struct state_edit *rows,
		       const struct group_change *change, const struct acl_group *group,
		       uint64_t *run)
{
	const char *reason = NULL;
	struct entry entry = command_entry(call, ENTRY_ADMIN, rows->txn, NULL);
	for (size_t i = 0; i < change->count; i++)
		reason = reason ? arena_print(&call->arena, "%s, %s", reason, change->members[i])
				: change->members[i];
	if (change->has_window)
		reason = arena_print(&call->arena, "window %s%s%s", group_window_text(call, group),
				     reason ? ": " : "", reason ? reason : "");
	if (change->has_acting)
		reason = arena_print(&call->arena, "acting %s%s%s", group->is_acting ? "on" : "off",
				     !reason              ? ""
				     : change->has_window ? ", "
							  : ": ",
				     reason ? reason : "");
	entry.event = change->event;
	entry.subject = group->name;
	entry.reason = reason;
	entry.run = *run;
	if (change->hands_over && !*run)
		run_begin(rows, RUN_OTHER, RUN_DONE, &entry);
	else
		entry.rows = state_edit_changes(rows, &entry.row_count);
	journal_append(rows->txn, &entry, &call->arena);
	*run = entry.run;
}

static enum call_code group_change_in(struct call *call, struct store_txn *txn,
				      struct group_change *change, uint64_t *run)
{
	struct acl_group group = {0};
	change->changed = 0;
	bool is_there = group_get(txn, change->name, &call->arena, &group);
	if (is_there == change->creates)
		return is_there ? group_is_here(call, change->name)
				: no_such_group(call, change->name);
	memcpy(group.name, change->name, sizeof(group.name));
	if (change->has_acting) {
		change->changed += group.is_acting != change->is_acting;
		group.is_acting = change->is_acting;
	}
	if (change->has_window) {
		change->changed += !window_equal(&group.window, &change->window);
		group.window = change->window;
	}
	enum call_code code = put_members(call, change, &group);
	if (!code) {
		struct groups *groups = groups_load(txn);
		code = check_conflict(call, groups, &group);
		groups_free(groups);
	}
	change->left = group.count;
	if (code || (change->changed == 0 && !change->creates))
		return code;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	group_put(&rows, &group);
	log_change(call, &rows, change, &group, run);
	return CALL_OK;
}

static enum call_code change_work(struct call *call, struct store_txn *txn, void *context)
{
	uint64_t run = 0;
	return group_change_in(call, txn, context, &run);
}

/* Behind what is handed over: until then its owners are members, and may change it. */
static enum call_code group_change_also(void *context, struct store_txn *txn, uint64_t *run)
{
	struct group_change *change = context;
	return group_change_in(change->call, txn, change, run);
}

static enum call_code group_do(struct call *call, struct group_change *change)
{
	if (!change->hands_over)
		return command_write(call, change_work, change);
	return handover_do(call, change->handover, group_change_also, change);
}

/* --- what members own in their own names */

static struct acl_group *group_copy(struct call *call, const struct acl_group *group)
{
	struct acl_group *copy = arena_copy(&call->arena, group, sizeof *group);
	size_t size = (group->count + 1) * sizeof(*group->members);
	copy->members = arena_alloc(&call->arena, size);
	for (size_t i = 0; i < group->count; i++)
		copy->members[i] = group->members[i];
	return copy;
}

/* The group as it would be; an error is one of the change itself. */
static enum call_code group_foresee(struct call *call, struct group_change *change,
				    struct acl_group **before, struct acl_group **after)
{
	const struct acl_group *now = groups_find(call->snapshot.groups, change->name);
	struct acl_group none = {0};
	struct group_change trial = *change;
	if (!now != change->creates)
		return now ? group_is_here(call, change->name) : no_such_group(call, change->name);
	*before = group_copy(call, now ? now : &none);
	*after = group_copy(call, *before);
	memcpy((*after)->name, change->name, sizeof change->name);
	if (change->has_acting)
		(*after)->is_acting = change->is_acting;
	if (change->has_window)
		(*after)->window = change->window;
	enum call_code code = put_members(call, &trial, *after);
	return code ? code : check_conflict(call, call->snapshot.groups, *after);
}

/* Whether a pattern comes into an acting group whose extent must be meant: one of Kerberos names,
 * one of all keys, and one that joins records of several. */
static bool group_takes_many(const struct acl_group *before, const struct acl_group *after,
			     const struct handover *h)
{
	for (size_t i = 0; after->is_acting && i < after->count; i++) {
		const char *member = after->members[i];
		bool was_there =
			before->is_acting && group_place_of(before, member) < before->count;
		if (was_there || pattern_is_single(member))
			continue;
		if (strncmp(member, "gss:", 4) == 0 || strcmp(member, "key:*") == 0 ||
		    h->owners > 1)
			return true;
	}
	return false;
}

static const char *group_records_text(struct call *call, const struct handover *h)
{
	return arena_print(&call->arena, "%llu record%s of %llu principal%s",
			   (unsigned long long)h->records, h->records == 1 ? "" : "s",
			   (unsigned long long)h->owners, h->owners == 1 ? "" : "s");
}

/* What must be meant; NULL: nothing is at stake. */
static const char *group_question(struct call *call, const struct group_change *change,
				  const struct acl_group *before, const struct acl_group *after)
{
	const struct handover *h = change->handover;
	if (group_takes_many(before, after, h))
		return arena_print(&call->arena,
				   "the pattern makes one owner of all that match it: %s would "
				   "count as %s's, to be changed by each of them",
				   group_records_text(call, h), change->name);
	bool is_emptied = change->removes && before->count > 0 && after->count == 0;
	if (before->is_acting && is_emptied && change->owned + h->records > 0)
		return arena_print(&call->arena,
				   "%s would be without members, and nobody may change or refresh "
				   "what it owns then: %llu record%s, and %s in their own names "
				   "that %s ('owner transfer --from %s' gives them to somebody)",
				   change->name, (unsigned long long)change->owned,
				   change->owned == 1 ? "" : "s", group_records_text(call, h),
				   change->hands_over ? "go to it" : "stay theirs", change->name);
	if (before->is_acting && !after->is_acting && change->owned + h->records > 0)
		return arena_print(&call->arena,
				   "nobody may change or refresh what %s owns while it does not "
				   "act: %llu record%s, and %s in their own names that %s "
				   "('owner transfer --from %s' gives them to somebody)",
				   change->name, (unsigned long long)change->owned,
				   change->owned == 1 ? "" : "s", group_records_text(call, h),
				   change->hands_over ? "go to it" : "stay theirs", change->name);
	return NULL;
}

/* Those who are no members then, of those that are taken out. A pattern is one of them. */
static void group_note_leavers(struct group_change *change, const struct acl_group *after)
{
	for (size_t i = 0; change->removes && i < change->count; i++) {
		const char *member = change->members[i];
		if (pattern_is_single(member) && group_has(after, member))
			continue;
		change->leaver = change->leavers++ ? change->leaver : member;
	}
}

/* The question, which a plan shows as a warning, too. */
static enum call_code group_ask(struct call *call, const char *question)
{
	if (command_flag(call, "plan"))
		command_warn(call, 0, question);
	return command_ask(call, question);
}

static enum call_code group_weigh(struct call *call, struct group_change *change)
{
	struct acl_group *before = NULL, *after = NULL;
	struct handover *h = change->handover;
	enum call_code code = group_foresee(call, change, &before, &after);
	if (code || (!before->is_acting && !after->is_acting))
		return code;
	bool leaves = before->is_acting && (change->removes || !after->is_acting);
	h->in = leaves ? before : after;
	h->not_in =
		leaves ? (after->is_acting ? after : NULL) : (before->is_acting ? before : NULL);
	h->to = change->name;
	handover_look(call, h, leaves && command_flag(call, "plan") && !command_flag(call, "keep"));
	change->hands_over = leaves && h->records > 0 && !command_flag(call, "keep");
	if (change->hands_over && h->asks && call->changes)
		code = scope_check_reason(call, h->asks);
	if (code)
		return code;
	if (leaves)
		change->owned = handover_owned(call, change->name);
	change->is_orphaning = leaves && (!after->is_acting || after->count == 0);
	if (leaves)
		group_note_leavers(change, after);
	const char *question = group_question(call, change, before, after);
	return question ? group_ask(call, question) : CALL_OK;
}

/* What is said of members' records. */
static void group_tell(struct call *call, const struct group_change *change)
{
	const struct handover *h = change->handover;
	bool is_plan = command_flag(call, "plan"),
	     leaves = h->in && (change->removes ||
				(change->has_acting && !change->is_acting && !change->creates));
	command_result(call, "records", json_integer((json_int_t)h->records));
	command_result(call, "principals", json_integer((json_int_t)h->owners));
	command_result(call, "handed_over", json_boolean(change->hands_over && !is_plan));
	if (!h->records)
		return;
	const char *records = group_records_text(call, h);
	if (!leaves)
		command_warn(call, 0,
			     arena_print(&call->arena, "%s %s as %s's from now on", records,
					 is_plan           ? "would count"
					 : h->records == 1 ? "counts"
							   : "count",
					 change->name));
	else
		command_warn(call, 0,
			     arena_print(&call->arena, "%s %s%s", records,
					 !change->hands_over ? h->records == 1
								       ? "stays with who leaves"
								       : "stay with who leaves"
					 : is_plan           ? "would go to "
							     : "went to ",
					 change->hands_over ? change->name : ""));
}

/* What is said of the group's own records when somebody leaves it. The question says it in a plan
 * of what leaves them to nobody. */
static void group_tell_owned(struct call *call, const struct group_change *change)
{
	const struct handover *h = change->handover;
	bool is_plan = command_flag(call, "plan");
	uint64_t owned = change->owned + (change->hands_over ? h->records : 0);
	const char *records = command_count(call, owned, "record");
	const char *others =
		change->leavers > 1
			? arena_print(&call->arena, " and %s",
				      command_count(call, change->leavers - 1, "other member"))
			: "";
	command_result(call, "owned", json_integer((json_int_t)owned));
	if (!owned || (is_plan && change->is_orphaning))
		return;
	if (change->is_orphaning)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%s owns %s, which nobody may change or refresh now "
					 "(`tenurectl owner transfer --from %s` gives them to "
					 "somebody)",
					 change->name, records, change->name));
	else if (change->leaver)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%s %s %s: renewals by %s%s refresh none of them %s "
					 "(`tenurectl group add %s %s` takes that back)",
					 change->name, is_plan ? "would own" : "owns", records,
					 change->leaver, others, is_plan ? "then" : "from now on",
					 change->name, shellword(change->leaver, &call->arena)));
}

/* The groups as they would be. */
static struct groups *group_foresee_all(struct call *call, const struct acl_group *after)
{
	const struct groups *now = call->snapshot.groups;
	size_t count = groups_count(now), at = 0;
	struct acl_group *all = arena_alloc(&call->arena, (count + 1) * sizeof *all);
	for (; at < count; at++)
		all[at] = *groups_at(now, at);
	for (at = 0; at < count && strcmp(all[at].name, after->name) < 0; at++)
		continue;
	bool is_there = at < count && strcmp(all[at].name, after->name) == 0;
	if (!is_there)
		memmove(all + at + 1, all + at, (count - at) * sizeof *all);
	all[at] = *after;
	return groups_of(all, count + !is_there);
}

/* What ages by other windows for it. */
static void group_tell_windows(struct call *call, struct group_change *change)
{
	struct acl_group *before = NULL, *after = NULL;
	if (!command_flag(call, "plan")) {
		if (change->has_window || groups_have_windows(call->snapshot.groups))
			zone_windows_tell(call, NULL, NULL, NULL);
		return;
	}
	if (group_foresee(call, change, &before, &after) ||
	    (!after->window.is_given && !groups_have_windows(call->snapshot.groups)))
		return;
	struct groups *then = group_foresee_all(call, after);
	zone_windows_tell(call, NULL, NULL, then);
	groups_free(then);
}

static enum call_code group_run_change(struct call *call, struct group_change *change)
{
	struct handover *handover = arena_zero(&call->arena, sizeof *handover);
	bool is_plan = command_flag(call, "plan");
	change->call = call;
	change->handover = handover;
	enum call_code code = group_name_of(call, change->name);
	if (!code)
		code = members_of(call, change);
	if (!code)
		code = group_weigh(call, change);
	if (!code && !is_plan)
		code = group_do(call, change);
	if (code)
		return code;
	group_tell(call, change);
	group_tell_owned(call, change);
	group_tell_windows(call, change);
	command_result(call, "group", json_string(change->name));
	if (is_plan) {
		command_say(call, "group %s would be changed", change->name);
		return command_read_ended(call);
	}
	command_result(call, "changed", json_integer((json_int_t)change->changed));
	command_result(call, "members", json_integer((json_int_t)change->left));
	command_say(call, "group %s: %s, %zu member%s", change->name,
		    change->creates        ? "made"
		    : change->changed == 0 ? "as it was"
					   : "changed",
		    change->left, change->left == 1 ? "" : "s");
	return CALL_OK;
}

/* Argument `window`, if it is there. */
static enum call_code group_arg_window(struct call *call, struct group_change *change)
{
	const char *text = command_text(call, "window");
	if (!text)
		return CALL_OK;
	change->has_window = true;
	if (strcmp(text, "none") == 0)
		return CALL_OK;
	const char *problem = window_parse(&change->window, text, strlen(text));
	return problem ? call_fail(call, CALL_USAGE, "window: '%.60s': %s", text, problem)
		       : CALL_OK;
}

static enum call_code admin_group_create(struct call *call)
{
	bool is_acting = command_flag(call, "acting");
	struct group_change change = {.event = EVENT_GROUP_CREATE,
				      .creates = true,
				      .has_acting = is_acting,
				      .is_acting = is_acting};
	enum call_code code = group_arg_window(call, &change);
	return code ? code : group_run_change(call, &change);
}

static enum call_code admin_group_add(struct call *call)
{
	return group_run_change(call, &(struct group_change){.event = EVENT_GROUP_ADD});
}

static enum call_code admin_group_remove(struct call *call)
{
	return group_run_change(
		call, &(struct group_change){.event = EVENT_GROUP_REMOVE, .removes = true});
}

static enum call_code admin_group_set(struct call *call)
{
	const char *acting = command_text(call, "acting");
	struct group_change change = {.event = EVENT_GROUP_SET};
	if (acting && strcmp(acting, "on") != 0 && strcmp(acting, "off") != 0)
		return call_fail(call, CALL_USAGE, "acting: '%.60s' is not one of on, off", acting);
	change.has_acting = acting != NULL;
	change.is_acting = acting && strcmp(acting, "on") == 0;
	enum call_code code = group_arg_window(call, &change);
	if (!code && !change.has_acting && !change.has_window)
		code = call_fail(call, CALL_USAGE, "which setting? acting=, window=");
	return code ? code : group_run_change(call, &change);
}

/* A zone whose rules name the group; the group's end would leave them without a meaning. */
static const struct zone *zone_that_names(struct call *call, const char *name)
{
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		const struct rules *rules = rulebook_find(call->snapshot.rules, zone->id);
		if (zone->policy == ZONE_POLICY_AD && strcmp(name, POLICY_AD_GROUP) == 0)
			return zone;
		for (size_t k = 0; rules && k < rules->count; k++) {
			const struct rule *rule = &rules->rule[k];
			if (strcmp(rule->who.text, name) == 0 ||
			    (rule->has_over && strcmp(rule->over.text, name) == 0))
				return zone;
		}
	}
	return NULL;
}

static enum call_code delete_work(struct call *call, struct store_txn *txn, void *context)
{
	const char *name = context;
	struct acl_group group;
	if (!group_get(txn, name, &call->arena, &group))
		return no_such_group(call, name);
	struct state_edit rows = state_edit_of(txn, &call->arena);
	group_del(&rows, name);
	command_log(call, txn, NULL,
		    &(struct command_event){ENTRY_ADMIN, EVENT_GROUP_DELETE, name, NULL, &rows});
	return CALL_OK;
}

/* What must be meant: rules that match nobody then, and records that nobody may change. */
static enum call_code group_ask_delete(struct call *call, const char *name, uint64_t owned)
{
	char shown[DNS_NAME_TEXT_MAX];
	const struct zone *zone = zone_that_names(call, name);
	const char *rules = "", *records = "";
	if (zone)
		rules = arena_print(&call->arena, "rules of zone %s name %s, and match nobody then",
				    dns_name_show(&zone->apex, shown), name);
	if (owned)
		records = arena_print(&call->arena,
				      "%s owns %s, which nobody may change or refresh then ('owner "
				      "transfer --from %s' gives them to somebody)",
				      name, command_count(call, owned, "record"), name);
	if (!zone && !owned)
		return CALL_OK;
	return group_ask(call, arena_print(&call->arena, "%s%s%s", rules, zone && owned ? "; " : "",
					   records));
}

static enum call_code admin_group_delete(struct call *call)
{
	char name[GROUP_NAME_MAX];
	uint64_t owned = 0;
	enum call_code code = group_name_of(call, name);
	if (!code && !groups_find(call->snapshot.groups, name))
		code = no_such_group(call, name);
	if (!code)
		owned = handover_owned(call, name);
	if (!code)
		code = group_ask_delete(call, name, owned);
	if (!code) {
		command_result(call, "group", json_string(name));
		command_result(call, "owned", json_integer((json_int_t)owned));
	}
	if (!code && command_flag(call, "plan"))
		command_say(call, "group %s would be deleted", name);
	else if (!code)
		code = command_write(call, delete_work, name);
	if (code || command_flag(call, "plan"))
		return code;
	if (owned)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%s owns %s, which nobody may change or refresh now "
					 "(`tenurectl owner transfer --from %s` gives them to "
					 "somebody)",
					 name, command_count(call, owned, "record"), name));
	command_say(call, "group %s: deleted; what it owns stays its own", name);
	return CALL_OK;
}

static enum call_code admin_group_show(struct call *call)
{
	char name[GROUP_NAME_MAX];
	enum call_code code = group_name_of(call, name);
	if (code)
		return code;
	const struct acl_group *group = groups_find(call->snapshot.groups, name);
	if (!group)
		return no_such_group(call, name);
	for (size_t i = 0; i < group->count; i++) {
		json_t *row = json_object();
		json_object_set_new(row, "group", json_string(group->name));
		setting_json_put(call, row, "acting", group->is_acting ? "on" : "off");
		group_put_window(call, row, group);
		json_object_set_new(row, "member", command_string(group->members[i]));
		command_row(call, row);
	}
	command_result(call, "group", json_string(group->name));
	command_result(call, "acting", json_boolean(group->is_acting));
	if (group->window.is_given)
		command_result(call, "window", json_string(group_window_text(call, group)));
	return command_read_ended(call);
}

static enum call_code admin_group_list(struct call *call)
{
	for (size_t i = 0; i < groups_count(call->snapshot.groups); i++) {
		const struct acl_group *group = groups_at(call->snapshot.groups, i);
		json_t *row = json_object();
		json_object_set_new(row, "group", json_string(group->name));
		setting_json_put(call, row, "acting", group->is_acting ? "on" : "off");
		group_put_window(call, row, group);
		json_object_set_new(row, "members", json_integer((json_int_t)group->count));
		command_row(call, row);
	}
	if (groups_count(call->snapshot.groups) == 0)
		command_say(call, "there are no groups");
	return command_read_ended(call);
}

const struct command command_group_table[] = {
	{"group list", admin_group_list, "words=b?"},
	{"group show", admin_group_show, "name=s words=b?"},
	{"group create", admin_group_create,
	 "name=s members=a? acting=b? window=s? yes=b? plan=b?"},
	{"group del", admin_group_delete, "name=s plan=b? yes=b?"},
	{"group add", admin_group_add, "name=s members=a yes=b? plan=b?"},
	{"group remove", admin_group_remove, "name=s members=a keep=b? yes=b? plan=b?"},
	{"group set", admin_group_set, "name=s acting=s? window=s? keep=b? yes=b? plan=b?"},
	{0},
};
