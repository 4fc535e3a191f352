/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/ask.h"
#include <string.h>

static bool group_take_name(struct ctl *ctl)
{
	return ctl_arg(ctl, "name", ctl->words.word[0]);
}

/* Words behind the group's name. False: one is not UTF-8. */
static bool take_members(struct ctl *ctl)
{
	json_t *members = json_array();
	bool is_text = true;
	for (size_t i = 1; i < ctl->words.count && is_text; i++) {
		json_t *member = json_string(ctl->words.word[i]);
		is_text = member != NULL;
		if (is_text)
			json_array_append_new(members, member);
	}
	json_object_set_new(ctl->args, "members", members);
	if (!is_text)
		ctl_fail(ctl, CLIENT_USAGE, "a member's name is not UTF-8");
	return is_text;
}

static const struct table_column handover_columns[] = {
	TABLE_RECORD,
	{"owner", "OWNER", TABLE_TEXT},
	{"new_owner", "NEW OWNER", TABLE_TEXT},
	{0},
};

/* With --plan it is only shown. What must be meant is asked first, by the plan's words. */
static int group_run(struct ctl *ctl, const char *command, bool has_keep)
{
	if (has_keep && words_has(&ctl->words, "--keep"))
		ctl_arg_flag(ctl, "keep");
	if (words_has(&ctl->words, "--plan")) {
		ctl_arg_flag(ctl, "plan");
		/* Without such records the closing object says what there is. */
		return ctl_run(ctl, command, ctl->is_json ? NULL : handover_columns);
	}
	return ask_run(ctl, command);
}

static int ctl_group_create(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--acting"))
		ctl_arg_flag(ctl, "acting");
	return ctl_arg_option(ctl, "--window") && group_take_name(ctl) && take_members(ctl)
		       ? group_run(ctl, "group create", false)
		       : CLIENT_USAGE;
}

static int ctl_group_add(struct ctl *ctl)
{
	return group_take_name(ctl) && take_members(ctl) ? group_run(ctl, "group add", false)
							 : CLIENT_USAGE;
}

static int ctl_group_remove(struct ctl *ctl)
{
	return group_take_name(ctl) && take_members(ctl) ? group_run(ctl, "group remove", true)
							 : CLIENT_USAGE;
}

static int ctl_group_set(struct ctl *ctl)
{
	static const char *const settings[] = {"acting", "window"};
	for (size_t i = 1; i < ctl->words.count; i++) {
		const char *word = ctl->words.word[i], *name = NULL;
		size_t len = strcspn(word, "=");
		for (size_t k = 0; k < sizeof settings / sizeof *settings; k++)
			if (word[len] && strlen(settings[k]) == len &&
			    strncmp(word, settings[k], len) == 0)
				name = settings[k];
		if (!name)
			return ctl_fail(ctl, CLIENT_USAGE,
					"'%s' is not a setting of a group: acting=on, acting=off, "
					"window=NOREFRESH/REFRESH or window=none",
					word);
		if (json_object_get(ctl->args, name))
			return ctl_fail(ctl, CLIENT_USAGE, "%s stands here twice", name);
		if (!ctl_arg(ctl, name, word + len + 1))
			return CLIENT_USAGE;
	}
	return group_take_name(ctl) ? group_run(ctl, "group set", true) : CLIENT_USAGE;
}

static int ctl_group_delete(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--yes"))
		ctl_arg_flag(ctl, "yes");
	return group_take_name(ctl) ? group_run(ctl, "group del", false) : CLIENT_USAGE;
}

static const struct table_column show_columns[] = {
	{"member", "MEMBER", TABLE_TEXT},
	{"group", "GROUP", TABLE_TEXT},
	{"acting", "ACTING", TABLE_TEXT},
	{"window", "WINDOW", TABLE_RARE},
	{0},
};

static int ctl_group_show(struct ctl *ctl)
{
	ctl_arg_words(ctl);
	return group_take_name(ctl) ? ctl_run(ctl, "group show", show_columns) : CLIENT_USAGE;
}

static const struct table_column list_columns[] = {
	{"group", "GROUP", TABLE_TEXT},
	{"acting", "ACTING", TABLE_TEXT},
	{"members", "MEMBERS", TABLE_NUMBER},
	{"window", "WINDOW", TABLE_RARE},
	{0},
};

static int ctl_group_list(struct ctl *ctl)
{
	ctl_arg_words(ctl);
	return ctl_run(ctl, "group list", list_columns);
}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
static const struct words_option create_options[] = {
	CTL_OPTIONS,
	{"--acting", NULL, "what a member registers is owned by the group"},
	{"--window", "NOREFRESH/REFRESH", "by which what a member registers ages"},
	{"--plan", NULL, "only says whose records would count as the group's"},
	{"--yes", NULL, "also a pattern of Kerberos names, in an acting group"},
	{0},
};
static const struct words_option add_options[] = {
	CTL_OPTIONS,
	{"--plan", NULL, "only says whose records would count as the group's"},
	{"--yes", NULL, "also a pattern of Kerberos names, in an acting group"},
	{0},
};
static const struct words_option remove_options[] = {
	CTL_OPTIONS,
	{"--keep", NULL, "who leaves keeps what it owns in its own name"},
	{"--plan", NULL, "only shows what would go to the group"},
	{"--yes", NULL, "also the last member of a group that owns records"},
	{0},
};
static const struct words_option set_options[] = {
	CTL_OPTIONS,
	{"--keep", NULL, "members keep what they own in their own names"},
	{"--plan", NULL, "only shows what would go to the group"},
	{"--yes", NULL, "asks nothing"},
	{0},
};
static const struct words_option delete_options[] = {
	CTL_OPTIONS,
	{"--yes", NULL, "delete it, though rules name it or it owns records"},
	{"--plan", NULL, "only says what would be so"},
	{0},
};

const struct ctl_command ctl_group_commands[] = {
	{"group list", "", "lists the groups", ctl_group_list, 0, 0, plain_options, "group list"},
	{"group show", "GROUP", "shows a group's members", ctl_group_show, 1, 1, plain_options,
	 "group show @dhcp"},
	{"group create", "GROUP [--acting] [--window NOREFRESH/REFRESH] [MEMBER...]",
	 "makes a group", ctl_group_create, 1, CTL_ANY_NUMBER, create_options,
	 "group create @dhcp --acting key:kea1 key:kea2"},
	{"group del", "GROUP", "deletes a group", ctl_group_delete, 1, 1, delete_options,
	 "group del @dhcp"},
	{"group add", "GROUP MEMBER...", "puts principals or patterns into a group", ctl_group_add,
	 2, CTL_ANY_NUMBER, add_options, "group add @dhcp 'key:kea-*'"},
	{"group remove", "GROUP MEMBER...", "takes members out of a group", ctl_group_remove, 2,
	 CTL_ANY_NUMBER, remove_options, "group remove @dhcp key:kea1"},
	{"group set", "GROUP [acting=on|off] [window=NOREFRESH/REFRESH|none]",
	 "says whether the group owns what members register, and by which windows that ages",
	 ctl_group_set, 2, 3, set_options, "group set @dhcp acting=on window=4d/8d"},
	{0},
};

const struct ctl_tables ctl_group_tables[] = {
	{"group list", {list_columns}},       {"group show", {show_columns}},
	{"group create", {handover_columns}}, {"group del", {handover_columns}},
	{"group add", {handover_columns}},    {"group remove", {handover_columns}},
	{"group set", {handover_columns}},    {0},
};
