/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/ask.h"
#include "ctl/owner_file.h"

static const struct table_column show_columns[] = {
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"class", "CLASS", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{"refreshable_at", "REFRESHABLE AT", TABLE_TIME},
	{"stale_at", "STALE AT", TABLE_TIME},
	{"window", "WINDOW", TABLE_RARE},
	{0},
};

static int ctl_owner_show(struct ctl *ctl)
{
	return ctl_arg(ctl, "name", ctl->words.word[0]) && ctl_arg_option(ctl, "--zone")
		       ? ctl_run(ctl, "owner show", show_columns)
		       : CLIENT_USAGE;
}

static const struct table_column list_columns[] = {
	TABLE_RECORD,
	{"class", "CLASS", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{"stale_at", "STALE AT", TABLE_TIME},
	{"window", "WINDOW", TABLE_RARE},
	{0},
};

static const struct table_column contested_columns[] = {
	TABLE_RECORD,
	{"owner", "OWNER", TABLE_TEXT},
	{"stale_at", "STALE AT", TABLE_TIME},
	{"renewed_by", "RENEWED BY", TABLE_TEXT},
	{"renewed_at", "RENEWED AT", TABLE_TIME},
	{0},
};

static int ctl_owner_list(struct ctl *ctl)
{
	bool is_contested = words_has(&ctl->words, "--contested");
	if (is_contested)
		ctl_arg_flag(ctl, "contested");
	if (!is_contested && ctl->words.count == 0)
		return ctl_fail(ctl, CLIENT_USAGE, "an owner, or --contested, is needed");
	return ctl_arg(ctl, "principal", ctl->words.count ? ctl->words.word[0] : NULL) &&
			       ctl_arg_option(ctl, "--zone")
		       ? ctl_run(ctl, "owner list", is_contested ? contested_columns : list_columns)
		       : CLIENT_USAGE;
}

static const struct table_column transfer_columns[] = {
	TABLE_RECORD,
	{"class", "CLASS", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"new_owner", "NEW OWNER", TABLE_TEXT},
	{0},
};

static const struct table_column renewed_columns[] = {
	TABLE_RECORD,
	{"owner", "OWNER", TABLE_TEXT},
	{"new_owner", "NEW OWNER", TABLE_TEXT},
	{"renewed_by", "RENEWED BY", TABLE_TEXT},
	{"renewed_at", "RENEWED AT", TABLE_TIME},
	{0},
};

/* Rows come with a plan alone; what must be meant is asked first. */
static int owner_run_change(struct ctl *ctl, const char *command,
			    const struct table_column *columns)
{
	if (!words_has(&ctl->words, "--plan"))
		return ask_run(ctl, command);
	ctl_arg_flag(ctl, "plan");
	return ctl_run(ctl, command, columns);
}

/* With --file: what is in there is said nowhere else. */
static int owner_transfer_file(struct ctl *ctl, const char *path)
{
	static const char *const others[] = {"--from", "--to", "--match", "--renewed-by"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (words_has(&ctl->words, others[i]))
			return ctl_fail(ctl, CLIENT_USAGE, "--file and %s exclude each other",
					others[i]);
	if (!ctl_arg_option(ctl, "--zone"))
		return CLIENT_USAGE;
	return owner_file_run(ctl, path, transfer_columns);
}

static int ctl_owner_transfer(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--file"))
		return owner_transfer_file(ctl, words_option(&ctl->words, "--file"));
	if (!words_has(&ctl->words, "--from") || !words_has(&ctl->words, "--to"))
		return ctl_fail(ctl, CLIENT_USAGE, "--from and --to, or --file, are needed");
	bool by_renewal = words_has(&ctl->words, "--renewed-by");
	return ctl_arg_option(ctl, "--from") && ctl_arg_option(ctl, "--to") &&
			       ctl_arg_option(ctl, "--zone") && ctl_arg_option(ctl, "--match") &&
			       ctl_arg_option(ctl, "--renewed-by")
		       ? owner_run_change(ctl, "owner transfer",
					  by_renewal ? renewed_columns : transfer_columns)
		       : CLIENT_USAGE;
}

static int ctl_owner_release(struct ctl *ctl)
{
	json_t *names = json_array();
	json_object_set_new(ctl->args, "names", names);
	for (size_t i = 0; i < ctl->words.count; i++)
		if (json_array_append_new(names, ctl_name(ctl, ctl->words.word[i])) != 0)
			return ctl_fail(ctl, CLIENT_USAGE, "a name is not UTF-8");
	if (!ctl_arg_option(ctl, "--zone"))
		return CLIENT_USAGE;
	return owner_run_change(ctl, "owner release", transfer_columns);
}

static int ctl_owner_reserve(struct ctl *ctl)
{
	if (!words_has(&ctl->words, "--for"))
		return ctl_fail(ctl, CLIENT_USAGE, "--for is needed: who may claim the name");
	return ctl_arg(ctl, "name", ctl->words.word[0]) && ctl_arg_option(ctl, "--for") &&
			       ctl_arg_option(ctl, "--zone")
		       ? ctl_run(ctl, "owner reserve", NULL)
		       : CLIENT_USAGE;
}

static const struct words_option reserve_options[] = {
	CTL_OPTIONS,
	{"--for", "OWNER", "who may claim the name: a principal, or an acting group"},
	{"--zone", "ZONE", "the zone; default: the closest that holds the name"},
	{0},
};

static const struct words_option list_options[] = {
	CTL_OPTIONS,
	{"--contested", NULL, "only records that another renews in vain; OWNER may be left out"},
	{"--zone", "ZONE", "only in this zone"},
	{0},
};

static const struct words_option transfer_options[] = {
	CTL_OPTIONS,
	{"--from", "OWNER", "the owner that is: a principal, or an acting group"},
	{"--to", "OWNER", "the owner that will be"},
	{"--file", "FILE", "a table: zone,name,type,from,to (CSV, `-` is standard input)"},
	{"--zone", "ZONE", "only in this zone"},
	{"--match", "GLOB", "only at such names: 'web*', '*.lab.corp.example'"},
	{"--renewed-by", "OWNER",
	 "only at names that this one renewed last, and no other but their owner"},
	{"--plan", NULL, "only shows what would change"},
	{"--yes", NULL, "more than one name, also the SOA and NS of a zone"},
	{0},
};

static const struct words_option release_options[] = {
	CTL_OPTIONS,
	{"--zone", "ZONE", "the zone; default: the closest that holds each name"},
	{"--plan", NULL, "only shows what would change"},
	{"--yes", NULL, "also a zone's own name, and more than one name"},
	{0},
};

static const struct words_option show_options[] = {
	CTL_OPTIONS,
	{"--zone", "ZONE", "the zone; default: the closest that holds the name"},
	{0},
};

const struct ctl_command ctl_owner_commands[] = {
	{"owner show", "NAME", "shows who owns a name's records, and how they age", ctl_owner_show,
	 1, 1, show_options, "owner show web7.corp.example"},
	{"owner list", "[OWNER]", "lists the records that somebody owns", ctl_owner_list, 0, 1,
	 list_options, "owner list key:dhcp1"},
	{"owner transfer", "", "gives the records of one owner to another", ctl_owner_transfer, 0,
	 0, transfer_options, "owner transfer --from key:dhcp1 --to @dhcp --plan"},
	{"owner reserve", "NAME", "keeps a name for somebody before it exists", ctl_owner_reserve,
	 1, 1, reserve_options,
	 "owner reserve web9.corp.example --for gss:host/web9.corp.example@CORP.EXAMPLE"},
	{"owner release", "NAME...", "makes the records of names nobody's, keeps them for nobody",
	 ctl_owner_release, 1, CTL_ANY_NUMBER, release_options, "owner release pc1.corp.example"},
	{0},
};

const struct ctl_tables ctl_owner_tables[] = {
	{"owner show", {show_columns}},
	{"owner list", {list_columns, contested_columns}},
	{"owner transfer", {transfer_columns, renewed_columns}},
	{"owner release", {transfer_columns}},
	{0},
};
