/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/setting_help.h"
#include <string.h>

static const struct words_option zone_words[] = {
	{"update", "none|nonsecure|report|secure", "whose dynamic updates are taken"},
	{"policy", "windows|self|ad|closed", "who may claim names in a secure zone"},
	{"aging", "on|off", "whether dynamic records become stale"},
	{"no-refresh", "DURATION", "how long a refresh is not written"},
	{"refresh", "DURATION", "how long after that a record waits for a refresh"},
	{"protect-static", "on|off", "whether a nonsecure zone keeps static records from updates"},
	{"foreign-delete", "refuse|skip", "what a delete does about records of others"},
	{"probe-refreshes", "on|off", "whether prerequisites alone refresh records"},
	{"report-probe", "on|off", "with update=report, whether unsigned clients are refused once"},
	{"keep-types", "TYPE,...|none", "types that are never scavenged"},
	{"max-records", "N|none", "records of a type that updates may make at a name"},
	{"max-types", "N|none", "types of records that updates may make at a name"},
	{"max-name-bytes", "N|none", "bytes of the store that updates may make of a name"},
	{"max-names", "N|hosts:N|none", "names that a principal, or a host, may own"},
	{"max-rate", "N|none", "updates of a principal a second; more wait, then are dropped"},
	{"max-share", "PERCENT|none", "a run that would scavenge more of the names is held"},
	{"max-count", "N|none", "a run that would scavenge more records is held"},
	{"transfer", "PREFIX,...|none", "addresses that may transfer the zone"},
	{"notify", "PEER,...|none", "who is told of changes: ns or ADDRESS, [@PORT][ key NAME]"},
	{"require-reason", "on|off", "whether each change by tenurectl needs --reason"},
	{"ptr", "on|off", "whether the server makes the PTR of the zone's addresses"},
	{"ptr-from", "PREFIX,...|none", "of which addresses"},
	{0},
};

static const struct words_option audit_words[] = {
	{"retention-age", "DURATION|none", "how long entries of the log are kept"},
	{"retention-size", "SIZE|none", "how much they may take"},
	{"refusal-age", "DURATION|none", "how long entries of each log of refusals are kept"},
	{"refusal-size", "SIZE|none", "how much they may take"},
	{"principal-size", "SIZE|none", "how much the updates of one client may write in a day"},
	{0},
};

static const struct words_option scavenge_words[] = {
	{"period", "DURATION|off", "how often the server scavenges"},
	{"schedule", "CALENDAR|off", "when, instead of a period: \"Sun 03:00\""},
	{"outage-grace", "DURATION", "how long it may be down before clients get time back"},
	{"default-aging", "on|off", "the aging that zones begin with which are made from now on"},
	{"default-no-refresh", "DURATION", "the no-refresh that they begin with"},
	{"default-refresh", "DURATION", "the refresh that they begin with"},
	{0},
};

static const struct words_option server_words[] = {
	{"realms", "REALM,...|none|keytab",
	 "realms that say who a host is; keytab: those of its keys"},
	{"realm-suffix", "REALM:SUFFIX,...|default", "the domains in which hosts of a realm lie"},
	{0},
};

static const struct words_option group_words[] = {
	{"acting", "on|off", "whether the group owns what its members register"},
	{0},
};

static const struct {
	const char *command;
	const struct words_option *settings;
} takers[] = {
	{"zone add", zone_words},         {"zone set", zone_words},   {"audit set", audit_words},
	{"scavenge set", scavenge_words}, {"group set", group_words}, {"server set", server_words},
};

/* What is so unless it is set. */
static const struct {
	const char *name, *value;
} setting_defaults[] = {
	{"update", "none"},
	{"policy", "windows"},
	{"aging", "off"},
	{"no-refresh", "7d"},
	{"refresh", "7d"},
	{"protect-static", "on"},
	{"foreign-delete", "refuse"},
	{"probe-refreshes", "on"},
	{"report-probe", "off"},
	{"keep-types", "none"},
	{"max-records", "100"},
	{"max-types", "100"},
	{"max-name-bytes", "65000"},
	{"max-names", "hosts:50"},
	{"max-rate", "none"},
	{"max-share", "20%"},
	{"max-count", "none"},
	{"transfer", "none"},
	{"notify", "none"},
	{"retention-age", "400d"},
	{"retention-size", "10G"},
	{"refusal-age", "30d"},
	{"refusal-size", "256M"},
	{"principal-size", "1G"},
	{"period", "off"},
	{"schedule", "off"},
	{"outage-grace", "1h"},
	{"default-aging", "off"},
	{"default-no-refresh", "7d"},
	{"default-refresh", "7d"},
	{"realms", "keytab"},
	{"realm-suffix", "default"},
	{"acting", "off"},
	{"ptr", "off"},
	{"ptr-from", "none"},
	{"require-reason", "off"},
};

const char *setting_default(const char *name)
{
	for (size_t i = 0; i < sizeof setting_defaults / sizeof *setting_defaults; i++)
		if (strcmp(setting_defaults[i].name, name) == 0)
			return setting_defaults[i].value;
	return NULL;
}

const struct words_option *setting_help(const char *command)
{
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		if (strcmp(takers[i].command, command) == 0)
			return takers[i].settings;
	}
	return NULL;
}
