/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/samba_ldb.h"
#include "migrate/ldif.h"
#include "migrate/tool.h"
#include <string.h>
#include <unistd.h>

/* A million names are some 2 GiB of LDIF, and take minutes. */
#define LDB_SECONDS 1800
#define LDB_MOST    ((size_t)16 << 30)

#define LDB_WORDS_MAX 24

struct samba_ldb {
	char program[TOOL_PATH_MAX];
	const char *database;
	char base[1024]; /* of the domain: DC=corp,DC=example */
	char forest[1024];
	void (*keep)(void *context, const char *name, char *text, size_t len);
	void *context;
	char *error;
};

/* A search, whose words end with NULL. False: it failed; `out` is empty then. */
static bool samba_ldb_search(struct samba_ldb *ldb, const char *const *words,
			     struct tool_output *out)
{
	const char *argv[LDB_WORDS_MAX] = {ldb->program, "-H", ldb->database};
	size_t count = 3;
	while (*words && count < LDB_WORDS_MAX - 1)
		argv[count++] = *words++;
	struct tool tool = {.argv = argv, .seconds = TOOL_SECONDS_ALL};
	if (tool_run(&tool, out))
		return true;
	snprintf(ldb->error, SITE_ERROR_MAX, "ldbsearch -H %.400s: %s", ldb->database, out->error);
	tool_output_free(out);
	return false;
}

/* One value of the entry that describes the database itself. False: it is not there, or too long.
 */
static bool samba_ldb_take(const struct ldif_entry *entry, const char *name, char *out, size_t room)
{
	const struct ldif_value *v = ldif_find(entry, name);
	if (!v || v->wrong || v->value.len == 0 || v->value.len >= room)
		return false;
	memcpy(out, v->value.data, v->value.len + 1);
	return true;
}

/* Reads which domain and forest the database is of. */
static bool samba_ldb_read_root(struct samba_ldb *ldb)
{
	const char *words[] = {
		"-s", "base", "-b", "", "defaultNamingContext", "rootDomainNamingContext", NULL};
	struct tool_output text;
	struct ldif in;
	struct ldif_entry entry;
	if (!samba_ldb_search(ldb, words, &text))
		return false;
	ldif_open(&in, text.text, text.len);
	bool is_well = false;
	while (!is_well && ldif_next(&in, &entry))
		is_well = samba_ldb_take(&entry, "defaultNamingContext", ldb->base,
					 sizeof ldb->base) &&
			  samba_ldb_take(&entry, "rootDomainNamingContext", ldb->forest,
					 sizeof ldb->forest);
	ldif_close(&in);
	tool_output_free(&text);
	if (!is_well)
		snprintf(ldb->error, SITE_ERROR_MAX,
			 "%.400s says of no domain: is it a controller's sam.ldb?", ldb->database);
	return is_well;
}

/* Searches, and hands the result on; `what` names it in the report. A base that is not there gives
 * nothing, where that `may_miss`. */
static bool samba_ldb_give(struct samba_ldb *ldb, const char *base, const char *const *words,
			   bool may_miss)
{
	const char *all[LDB_WORDS_MAX] = {"-b", base};
	char name[2048];
	size_t count = 2;
	struct tool_output text;
	while (*words && count < LDB_WORDS_MAX - 1)
		all[count++] = *words++;
	if (!samba_ldb_search(ldb, all, &text))
		return may_miss && strstr(ldb->error, "No such") != NULL;
	snprintf(name, sizeof name, "%.600s: %s", ldb->database, base);
	ldb->keep(ldb->context, name, text.text, text.len);
	return true;
}

static bool samba_ldb_give_all(struct samba_ldb *ldb)
{
	const char *const names[] = {"(|(objectClass=dnsNode)(objectClass=dnsZone))",
				     "name",
				     "dNSTombstoned",
				     "dnsRecord",
				     "dNSProperty",
				     "nTSecurityDescriptor",
				     NULL};
	const char *const accounts[] = {
		"(objectSid=*)",  "objectClass",       "objectSid",
		"sAMAccountName", "userPrincipalName", "servicePrincipalName",
		"isDeleted",      "--show-deleted",    NULL};
	char domain[1200], forest[1200], old[1200];
	snprintf(domain, sizeof domain, "CN=MicrosoftDNS,DC=DomainDnsZones,%s", ldb->base);
	snprintf(forest, sizeof forest, "CN=MicrosoftDNS,DC=ForestDnsZones,%s", ldb->forest);
	snprintf(old, sizeof old, "CN=MicrosoftDNS,CN=System,%s", ldb->base);
	return samba_ldb_give(ldb, ldb->base, accounts, false) &&
	       samba_ldb_give(ldb, domain, names, true) &&
	       samba_ldb_give(ldb, forest, names, true) && samba_ldb_give(ldb, old, names, true);
}

bool samba_ldb_read(const struct source *source, const char *folder,
		    void (*keep)(void *context, const char *name, char *text, size_t len),
		    void *context, char error[SITE_ERROR_MAX])
{
	struct samba_ldb ldb = {.keep = keep, .context = context, .error = error};
	char database[TOOL_PATH_MAX];
	snprintf(database, sizeof database, "%.4000s/sam.ldb", folder);
	ldb.database = database;
	if (access(database, R_OK) != 0) {
		snprintf(error, SITE_ERROR_MAX,
			 "no %.400s that can be read: give the folder with a controller's sam.ldb "
			 "(/var/lib/samba/private), or files of LDIF",
			 database);
		return false;
	}
	if (!source->runs_tools || !tool_find("ldbsearch", ldb.program)) {
		snprintf(error, SITE_ERROR_MAX,
			 "%s: search on the controller as tenure-migrate(8) says under ACTIVE "
			 "DIRECTORY, and "
			 "give the LDIF",
			 source->runs_tools ? "ldbsearch (package ldb-tools) is not here"
					    : "--no-tools, and so no ldbsearch");
		return false;
	}
	return samba_ldb_read_root(&ldb) && samba_ldb_give_all(&ldb);
}
