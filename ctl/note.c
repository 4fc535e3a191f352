/* SPDX-License-Identifier: BSD-2-Clause */
/* record note, notes. */
#include "ctl/place.h"

static int ctl_record_note(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--remove"))
		ctl_arg_flag(ctl, "remove");
	return ctl_arg(ctl, "zone", ctl->words.word[0]) &&
			       ctl_arg(ctl, "name", ctl->words.word[1]) &&
			       ctl_arg(ctl, "text",
				       ctl->words.count > 2 ? ctl->words.word[2] : NULL) &&
			       ctl_arg_option(ctl, "--type")
		       ? ctl_run(ctl, "record note", NULL)
		       : CLIENT_USAGE;
}

static const struct table_column note_columns[] = {
	{"zone", "ZONE", TABLE_TEXT},
	{"name", "NAME", TABLE_NAME},
	{"type", "TYPE", TABLE_TEXT},
	{"note", "NOTE", TABLE_TEXT},
	{0},
};

static int ctl_record_notes(struct ctl *ctl)
{
	return ctl_arg(ctl, "zone", ctl->words.count ? ctl->words.word[0] : NULL) &&
			       ctl_arg_option(ctl, "--contains")
		       ? ctl_run(ctl, "record notes", note_columns)
		       : CLIENT_USAGE;
}

static const struct words_option note_options[] = {
	CTL_OPTIONS,
	PLACE_ZONE,
	{"--type", "TYPE", "of the name's records of this type alone"},
	{"--remove", NULL, "takes the note away"},
	{0},
};
static const struct words_option notes_options[] = {
	CTL_OPTIONS,
	{"--contains", "TEXT", "only notes with this text in them"},
	{0},
};

const struct ctl_command ctl_note_commands[] = {
	{"record note", "ZONE NAME TEXT", "says something of a name, which nobody is answered",
	 ctl_record_note, 2, 3, note_options, "record note corp.example pc17 \"kiosk, ask Bea\""},
	{"record notes", "[ZONE]", "lists what is said of names and records", ctl_record_notes, 0,
	 1, notes_options, "record notes corp.example --contains kiosk"},
	{0},
};

const struct ctl_tables ctl_note_tables[] = {{"record notes", {note_columns}}, {0}};
