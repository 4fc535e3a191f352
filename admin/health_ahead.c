/* SPDX-License-Identifier: BSD-2-Clause */
/* What will be wrong: keys, certificates, clients' clocks, a store that was put back; status seen.
 */
#include "acl/keyring.h"
#include "admin/health.h"
#include "base/shellword.h"
#include "base/timeword.h"
#include "journal/journal.h"
#include "journal/local.h"
#include "nameserver/client_skew.h"
#include "nameserver/gss_thread.h"
#include "outbound/export.h"
#include "tls/certificate.h"
#include <inttypes.h>

#define HEALTH_CERTIFICATE_S (30 * 86400) /* before its end */
#define HEALTH_VERSION_S     3600         /* since a client came with a key that is not here */

static const char *health_time(struct call *call, uint64_t seconds)
{
	char text[TIMEWORD_TEXT_MAX];
	time_print(seconds, text);
	return arena_print(&call->arena, "%s", text);
}

static const char *health_key_age(struct call *call)
{
	char text[TIMEWORD_TEXT_MAX];
	uint64_t age = call->core->key_age;
	duration_print(age < UINT32_MAX ? (uint32_t)age : UINT32_MAX, text);
	return arena_print(&call->arena, "%s", text);
}

/* --- keys */

struct health_keys {
	uint64_t before, count, since; /* the oldest secret is of then */
	struct dns_name oldest;
};

static bool health_key(void *context, const struct keyring_key *key)
{
	struct health_keys *old = context;
	uint64_t since = keyring_key_since(key);
	if (key->is_disabled || since >= old->before)
		return true;
	if (old->count++ == 0 || since < old->since) {
		old->since = since;
		old->oldest = key->name;
	}
	return true;
}

static void health_of_keys(struct health *health, uint64_t now)
{
	struct call *call = health->call;
	char name[DNS_NAME_TEXT_MAX];
	uint64_t age = call->core->key_age;
	struct health_keys old = {.before = age && now > age ? now - age : 0};
	if (old.before)
		keyring_walk(call->snapshot.txn, health_key, &old);
	if (!old.count)
		return;
	dns_name_show(&old.oldest, name);
	health->say(health, HEALTH_WARNING, "key-old",
		    arena_print(&call->arena,
				"%s %s a secret that is older than %s, as %s since %s: `tenurectl "
				"key rotate %s` makes a new one (key-age, tenured.yaml(5))",
				command_count(call, old.count, "key"),
				old.count == 1 ? "has" : "have", health_key_age(call), name,
				health_time(call, old.since), shellword_name(name, &call->arena)));
}

/* --- the keytab */

static void health_of_keytab(struct health *health, uint64_t now)
{
	struct call *call = health->call;
	struct gss_thread *thread = call->core->gss_thread;
	if (!thread)
		return;
	uint64_t age = call->core->key_age, written = gss_keytab_time(gss_thread_keytab(thread));
	uint64_t failed = gss_thread_version_failed(thread);
	if (age && written && now > age && written < now - age)
		health->say(health, HEALTH_WARNING, "keytab-old",
			    arena_print(&call->arena,
					"the keytab was written at %s, which is longer ago than "
					"%s: give its services new keys, and put them into it "
					"(key-age, tenured.yaml(5))",
					health_time(call, written), health_key_age(call)));
	if (failed && now < failed + HEALTH_VERSION_S)
		health->say(health, HEALTH_WARNING, "keytab-version",
			    arena_print(&call->arena,
					"at %s a client came with a ticket for a version of our "
					"key that the keytab lacks, the last of %" PRIu64
					" (gss-version in `tenurectl stats`): put the key that the "
					"KDC has now into the keytab, beside the older ones",
					health_time(call, failed),
					stats_get(&call->core->stats, STATS_GSS_VERSION)));
}

/* --- certificates */

static void health_of_certificate(struct health *health, const char *setting, const char *path,
				  uint64_t now)
{
	struct call *call = health->call;
	uint64_t end;
	if (!path || !certificate_end(path, now, &end) || end > now + HEALTH_CERTIFICATE_S)
		return;
	health->say(health, HEALTH_WARNING, "certificate",
		    arena_print(&call->arena,
				"a certificate of %s, %s, %s at %s: put a new one there, and "
				"`tenurectl reload`",
				setting, path, end > now ? "ends" : "has ended",
				health_time(call, end)));
}

static void health_of_certificates(struct health *health, uint64_t now)
{
	const char *ca, *certificate;
	if (!exports_tls(health->call->core->exports, &health->call->arena, &ca, &certificate))
		return;
	health_of_certificate(health, "export.certificate", certificate, now);
	health_of_certificate(health, "export.ca", ca, now);
}

/* --- clients */

static void health_of_clients(struct health *health, uint64_t now)
{
	struct call *call = health->call;
	size_t count, off = 0;
	const struct client_skew *list =
		client_skews_list(call->core->client_skews, now, &call->arena, &count);
	while (off < count &&
	       (list[off].ahead >= CLIENT_SKEW_WARNED || list[off].ahead <= -CLIENT_SKEW_WARNED))
		off++;
	if (!off)
		return;
	int64_t ahead = list[0].ahead;
	health->say(health, HEALTH_WARNING, "client-clock",
		    arena_print(&call->arena,
				"the clocks of %s that sign%s differ from ours by more than %d s, "
				"as that of %s, which is %" PRIu64 " s %s: what they sign is "
				"refused beyond 300 s; keep their clocks right (`tenurectl stats "
				"--all` has them)",
				command_count(call, off, "client"), off == 1 ? "s" : "",
				CLIENT_SKEW_WARNED, list[0].principal,
				ahead < 0 ? -(uint64_t)ahead : (uint64_t)ahead,
				ahead < 0 ? "behind" : "ahead"));
}

/* --- a store that was put back */

static void health_of_put_back(struct health *health)
{
	struct call *call = health->call;
	struct entry entry;
	uint64_t seq = local_number(call->snapshot.txn, LOCAL_PUT_BACK);
	if (!seq)
		return;
	bool is_there = journal_read(call->snapshot.txn, seq, &entry, &call->arena);
	health->say(health, HEALTH_WARNING, "put-back",
		    arena_print(&call->arena,
				"at %s this store was %s (entry %" PRIu64
				"): what was changed after that is gone until it is made again; "
				"`tenurectl status seen` when that is known",
				is_there ? health_time(call, entry.time_us / 1000000) : "some time",
				is_there && entry.reason ? entry.reason : "put back from a backup",
				seq));
}

static enum call_code status_seen_work(struct call *call, struct store_txn *txn, void *context)
{
	uint64_t *seq = context;
	*seq = local_number(txn, LOCAL_PUT_BACK);
	if (!*seq)
		return call_fail(call, CALL_NOTHING,
				 "this store was not put back from a backup, or that was seen");
	struct command_event event = {
		.kind = ENTRY_ADMIN,
		.event = EVENT_RESTORE_SEEN,
		.subject = arena_print(&call->arena, "entry %" PRIu64, *seq),
		.reason = "seen that the store was put back",
	};
	command_log(call, txn, NULL, &event);
	local_set_number(txn, LOCAL_PUT_BACK, 0);
	return CALL_OK;
}

static enum call_code status_seen(struct call *call)
{
	uint64_t seq;
	enum call_code code = command_write(call, status_seen_work, &seq);
	if (code)
		return code;
	command_result(call, "seq", json_integer((json_int_t)seq));
	command_say(call, "seen: entry %" PRIu64 ", that the store was put back", seq);
	return CALL_OK;
}

const struct command command_seen_table[] = {
	{"status seen", status_seen, ""},
	{0},
};

void health_ahead(struct health *health)
{
	uint64_t now = clock_now(&health->call->core->clock);
	health_of_keys(health, now);
	health_of_keytab(health, now);
	health_of_certificates(health, now);
	health_of_clients(health, now);
	health_of_put_back(health);
}
