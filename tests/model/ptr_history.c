/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random histories of automatic PTR: `ptr_history [--seed N] [--histories N] [--seconds N]`.
 * Forward zones with `ptr=on` and off, reverse zones one above the other, updates of hosts and of a
 * DHCP server, what administrators do with records, zones and settings, scavenging, reverts,
 * restarts. After each step the derived PTR are held against what they have to be, computed anew
 * from all records, settings and registered PTR; at the end the store is checked, and the log is
 * replayed.
 *
 * Each is a process of its own; of one that fails the script is printed, which is one of the
 * scenarios (tests/scenarios/README). The last line is "N passed, M failed".
 */
#include "config.h"
#include "base/log.h"
#include "dns/type.h"
#include "journal/journal.h"
#include "tests/scenarios/scenario.h"
#include "vault/check.h"
#include "vault/replay_check.h"
#include "zonedb/ptr_verify.h"
#include "zonedb/walk.h"
#include "zonedb/zone.h"
#include <assert.h>
#include <ftw.h>
#include <getopt.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEPS_MAX  50
#define FACTS_MAX  512
#define PLACES_MAX 256
#define AT_ONCE    2

/* An address record of a zone with ptr=on, or a PTR or CNAME of a reverse name. */
struct fact {
	uint32_t zone_id;
	struct dns_name name, target;
	struct ptr_address address;
	uint32_t ttl;
	bool is_derived;
};

struct facts {
	struct fact *fact;
	size_t count;
};

struct ptr_history {
	struct scenario *scenario;
	FILE *script;
	char *text;
	size_t text_len;
	uint64_t random;
	/* As they were before the step. */
	struct facts held, candidates;
};

static struct ptr_history *ptr_present;

/* What was seen, by all processes. */
static struct {
	unsigned long steps, derived, moved, kept;
} * ptr_seen;

static uint64_t ptr_random(struct ptr_history *h)
{
	uint64_t z = h->random += 0x9e3779b97f4a7c15; /* splitmix64 */
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned ptr_pick(struct ptr_history *h, unsigned below)
{
	return (unsigned)(ptr_random(h) % below);
}

__attribute__((format(printf, 2, 3), noreturn)) static void
ptr_history_fail(struct ptr_history *h, const char *format, ...)
{
	va_list arguments;
	fflush(h->script);
	fprintf(stderr, "%s# here it is wrong: ", h->text);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	fflush(stderr);
	abort();
}

static void ptr_failed(struct scenario *scenario)
{
	(void)scenario;
	ptr_history_fail(ptr_present, "what the scenario says");
}

__attribute__((format(printf, 2, 3))) static void ptr_say(struct ptr_history *h, const char *format,
							  ...)
{
	char line[4096];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	fprintf(h->script, "%s\n", line);
	scenario_do(h->scenario, line);
}

static void ptr_admin(struct ptr_history *h, const char *words)
{
	ptr_say(h, "tenurectl %s -> ...", words);
}

/* --- what has to be */

static void facts_add(struct facts *facts, const struct fact *fact)
{
	assert(facts->count < FACTS_MAX);
	facts->fact[facts->count++] = *fact;
}

static bool is_held_by(const struct zone *zone, const struct ptr_address *address)
{
	struct addr addr = {.len = 0};
	if (address->len == 4) {
		addr.v4.sin_family = AF_INET;
		memcpy(&addr.v4.sin_addr, address->bytes, 4);
	} else {
		addr.v6.sin6_family = AF_INET6;
		memcpy(&addr.v6.sin6_addr, address->bytes, 16);
	}
	for (size_t i = 0; i < ZONE_PREFIXES_MAX && zone->ptr_from[i].family_len; i++)
		if (prefix_holds(&zone->ptr_from[i], &addr))
			return true;
	return false;
}

static void facts_of_node(struct facts *candidates, struct facts *pointers, const struct zone *zone,
			  const struct dns_name *name, const struct node *node)
{
	struct node_record record;
	struct node_walk walk = node_walk_of(node);
	while (node_walk_next(&walk, &record)) {
		uint16_t type = walk.rrset.type;
		struct fact fact = {.zone_id = zone->id,
				    .name = *name,
				    .ttl = walk.rrset.ttl,
				    .is_derived = record.class == RECORD_DERIVED};
		bool is_address = type == DNS_TYPE_A || type == DNS_TYPE_AAAA;
		if (is_address) {
			fact.address.len = (uint8_t)record.rdata.len;
			memcpy(fact.address.bytes, record.rdata.data, record.rdata.len);
		}
		if (is_address && zone->makes_ptr && !record.lacks_ptr && name->wire[1] != '*' &&
		    is_held_by(zone, &fact.address))
			facts_add(candidates, &fact);
		if (type == DNS_TYPE_PTR || type == DNS_TYPE_CNAME) {
			bool is_name = dns_name_from_wire(&fact.target, record.rdata);
			assert(is_name);
			facts_add(pointers, &fact);
		} else if (fact.is_derived && type != DNS_TYPE_NS) {
			ptr_history_fail(ptr_present, "a derived record of another type");
		}
	}
}

static void facts_read(struct store_txn *txn, const struct zoneset *zones, struct facts *candidates,
		       struct facts *pointers)
{
	candidates->count = pointers->count = 0;
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		const struct zone *zone = zoneset_at(zones, i);
		struct walk walk;
		struct dns_name name;
		struct node node;
		walk_from(&walk, txn, zone, &zone->apex);
		while (walk_next(&walk, &name, &node))
			facts_of_node(candidates, pointers, zone, &name, &node);
		walk_end(&walk);
	}
}

static const struct fact *facts_find(const struct facts *facts, const struct fact *like,
				     const struct dns_name *name)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *at = &facts->fact[i];
		if (ptr_address_compare(&at->address, &like->address) == 0 &&
		    dns_name_equal(&at->name, name))
			return at;
	}
	return NULL;
}

/* The first name of an address in canonical order. */
static const struct fact *facts_first(const struct facts *facts, const struct fact *like)
{
	const struct fact *first = NULL;
	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *at = &facts->fact[i];
		if (ptr_address_compare(&at->address, &like->address) == 0 &&
		    (!first || dns_name_compare(&at->name, &first->name) < 0))
			first = at;
	}
	return first;
}

static const struct fact *facts_at(const struct facts *facts, uint32_t zone_id,
				   const struct dns_name *name, bool is_derived)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *at = &facts->fact[i];
		if (at->zone_id == zone_id && at->is_derived == is_derived &&
		    dns_name_equal(&at->name, name))
			return at;
	}
	return NULL;
}

/* Of an address with candidates: what stands at its reverse name. */
static void ptr_check_address(struct ptr_history *h, const struct zoneset *zones,
			      const struct facts *candidates, const struct facts *pointers,
			      const struct fact *candidate, bool is_one_change)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name reverse =
		dns_name_of_address(candidate->address.bytes, candidate->address.len);
	const struct zone *zone = zoneset_find(zones, &reverse);
	if (!zone || zone->is_frozen)
		return;
	const struct fact *derived = facts_at(pointers, zone->id, &reverse, true);
	const struct fact *registered = facts_at(pointers, zone->id, &reverse, false);
	dns_name_show(&reverse, shown);
	if (registered && derived)
		ptr_history_fail(h, "%s: a derived PTR beside a registered record", shown);
	if (registered)
		return;
	if (!derived)
		ptr_history_fail(h, "%s: there is no derived PTR", shown);
	const struct fact *holder = facts_find(candidates, candidate, &derived->target);
	if (!holder)
		ptr_history_fail(h, "%s: its PTR points to a name without the address", shown);
	__atomic_add_fetch(&ptr_seen->derived, 1, __ATOMIC_RELAXED);
	if (!is_one_change)
		return;
	const struct fact *was = facts_at(&h->held, zone->id, &reverse, true);
	bool keeps = was && facts_find(&h->candidates, candidate, &was->target) &&
		     facts_find(candidates, candidate, &was->target);
	if (was && !dns_name_equal(&was->target, &derived->target))
		__atomic_add_fetch(&ptr_seen->moved, 1, __ATOMIC_RELAXED);
	if (keeps && facts_first(candidates, candidate) != holder)
		__atomic_add_fetch(&ptr_seen->kept, 1, __ATOMIC_RELAXED);
	const struct dns_name *wanted =
		keeps ? &was->target : &facts_first(candidates, candidate)->name;
	if (!dns_name_equal(wanted, &derived->target))
		ptr_history_fail(h, "%s: its PTR is of the wrong name", shown);
}

/* A derived PTR that nothing is behind. */
static void ptr_check_derived(struct ptr_history *h, const struct zoneset *zones,
			      const struct facts *candidates, const struct fact *derived)
{
	char shown[DNS_NAME_TEXT_MAX];
	const struct zone *zone = zoneset_find(zones, &derived->name);
	for (size_t i = 0; i < zoneset_count(zones); i++)
		if (zoneset_at(zones, i)->id == derived->zone_id && zoneset_at(zones, i)->is_frozen)
			return;
	if (!zone || zone->id != derived->zone_id)
		ptr_history_fail(h, "%s: its derived PTR is not in the closest zone",
				 dns_name_show(&derived->name, shown));
	for (size_t i = 0; i < candidates->count; i++) {
		const struct fact *at = &candidates->fact[i];
		struct dns_name reverse = dns_name_of_address(at->address.bytes, at->address.len);
		if (!dns_name_equal(&reverse, &derived->name) ||
		    !dns_name_equal(&at->name, &derived->target))
			continue;
		if (at->ttl == derived->ttl)
			return;
	}
	ptr_history_fail(h, "%s: nothing is behind its derived PTR",
			 dns_name_show(&derived->name, shown));
}

static void ptr_check(struct ptr_history *h, bool is_one_change)
{
	static struct fact room[2][FACTS_MAX], before[2][FACTS_MAX];
	struct facts candidates = {room[0], 0}, pointers = {room[1], 0};
	struct store_txn txn;
	struct dns_name at;
	char shown[DNS_NAME_TEXT_MAX];
	store_read_begin(h->scenario->core->store, &txn);
	struct zoneset *zones = zoneset_load(&txn);
	facts_read(&txn, zones, &candidates, &pointers);
	for (size_t i = 0; i < candidates.count; i++)
		ptr_check_address(h, zones, &candidates, &pointers, &candidates.fact[i],
				  is_one_change);
	for (size_t i = 0; i < pointers.count; i++)
		if (pointers.fact[i].is_derived)
			ptr_check_derived(h, zones, &candidates, &pointers.fact[i]);
	const char *wrong = ptr_verify_store(&txn, &at);
	if (wrong)
		ptr_history_fail(h, "%s: %s", dns_name_show(&at, shown), wrong);
	zoneset_free(zones);
	store_read_end(&txn);
	memcpy(before, room, sizeof room);
	h->candidates = (struct facts){before[0], candidates.count};
	h->held = (struct facts){before[1], pointers.count};
}

/* --- what happens */

static const char *const forward_zones[] = {"corp.example", "lab.example", "sub.corp.example"};
static const char *const reverse_zones[] = {"10.in-addr.arpa", "1.10.in-addr.arpa",
					    "2.1.10.in-addr.arpa", "d.f.ip6.arpa"};
static const char *const senders[] = {"key:h1.corp.example", "key:h2.lab.example", "key:dhcp", ""};
static const char *const hosts[] = {"h1", "h2", "h3", "sub", "h1.sub", "*"};
static const char *const addresses[] = {"10.1.1.1",  "10.1.1.2", "10.1.2.3", "10.9.0.1",
					"192.0.2.7", "fd00::1",  "fd00::2",  "10.1.1.1"};
static const char *const reverses[] = {"1.1.1.10.in-addr.arpa.", "2.1.1.10.in-addr.arpa.",
				       "3.2.1.10.in-addr.arpa.", "1.0.9.10.in-addr.arpa."};
static const char *const reverse_of[] = {"1.10.in-addr.arpa", "10.in-addr.arpa",
					 "2.1.10.in-addr.arpa"};
#define PICK(h, list) ((list)[ptr_pick(h, sizeof(list) / sizeof *(list))])

/* From the host's address, or from elsewhere. */
static void ptr_update(struct ptr_history *h, const char *zone, const char *clauses,
		       const char *address)
{
	const char *who = PICK(h, senders);
	char from[96] = "";
	if (ptr_pick(h, 3) == 0)
		snprintf(from, sizeof from, "from=%s@4000 ", address);
	ptr_say(h, "%s%s %s update zone %s.; %s", from, *who ? "as" : "", who, zone, clauses);
}

static void ptr_update_forward(struct ptr_history *h)
{
	char clauses[512];
	const char *zone = PICK(h, forward_zones), *host = PICK(h, hosts);
	const char *address = PICK(h, addresses), *other = PICK(h, addresses);
	const char *type = strchr(address, ':') ? "AAAA" : "A";
	unsigned ttl = ptr_pick(h, 4) ? 300 : 600;
	switch (ptr_pick(h, 6)) {
	case 0:
		snprintf(clauses, sizeof clauses, "delete %s.%s. %s", host, zone, type);
		break;
	case 1:
		snprintf(clauses, sizeof clauses, "delete %s.%s.", host, zone);
		break;
	case 2:
		snprintf(clauses, sizeof clauses, "delete %s.%s. %s %s", host, zone, type, address);
		break;
	case 3:
		snprintf(clauses, sizeof clauses,
			 "delete %s.%s. %s; add %s.%s. %u %s %s; add %s.%s. 300 %s %s", host, zone,
			 type, host, zone, ttl, type, address, host, zone,
			 strchr(other, ':') ? "AAAA" : "A", other);
		break;
	default:
		snprintf(clauses, sizeof clauses, "add %s.%s. %u %s %s", host, zone, ttl, type,
			 address);
	}
	ptr_update(h, zone, clauses, address);
}

static void ptr_update_reverse(struct ptr_history *h)
{
	char clauses[512];
	const char *name = PICK(h, reverses), *zone = PICK(h, reverse_of);
	const char *target = ptr_pick(h, 2) ? "h1.corp.example." : "h2.lab.example.";
	switch (ptr_pick(h, 6)) {
	case 0:
		snprintf(clauses, sizeof clauses, "delete %s PTR", name);
		break;
	case 1:
		snprintf(clauses, sizeof clauses, "delete %s", name);
		break;
	case 2:
		snprintf(clauses, sizeof clauses, "delete %s PTR; add %s 300 PTR %s", name, name,
			 target);
		break;
	case 3:
		snprintf(clauses, sizeof clauses, "add %s 300 CNAME x.example.", name);
		break;
	case 4:
		snprintf(clauses, sizeof clauses, "delete %s PTR %s", name, target);
		break;
	default:
		snprintf(clauses, sizeof clauses, "add %s 900 PTR %s", name, target);
	}
	ptr_update(h, zone, clauses, "10.1.1.1");
}

static void ptr_record(struct ptr_history *h)
{
	char words[512];
	const char *zone = PICK(h, forward_zones), *host = PICK(h, hosts);
	const char *address = PICK(h, addresses), *reverse = PICK(h, reverses);
	const char *type = strchr(address, ':') ? "AAAA" : "A";
	switch (ptr_pick(h, 9)) {
	case 0:
		snprintf(words, sizeof words, "record del %s '%s' --yes", zone, host);
		break;
	case 1:
		snprintf(words, sizeof words, "record set %s '%s' 60 %s %s --yes", zone, host, type,
			 address);
		break;
	case 2:
		snprintf(words, sizeof words, "record add %s %s 60 PTR h3.corp.example.",
			 PICK(h, reverse_of), reverse);
		break;
	case 3:
		snprintf(words, sizeof words, "record del %s %s --yes", PICK(h, reverse_of),
			 reverse);
		break;
	case 4:
		snprintf(words, sizeof words, "record restore '%s.%s'", host, zone);
		break;
	case 5:
		snprintf(words, sizeof words, "record restore %s", reverse);
		break;
	case 6:
		snprintf(words, sizeof words, "owner transfer --from %s --to key:h9.lab.example",
			 senders[ptr_pick(h, 3)]);
		break;
	default:
		snprintf(words, sizeof words, "record add %s '%s' 60 %s %s", zone, host, type,
			 address);
	}
	ptr_admin(h, words);
}

static void ptr_setting(struct ptr_history *h)
{
	static const char *const settings[] = {
		"ptr=on ptr-from=10.0.0.0/8,fd00::/8", "ptr=off", "ptr=on ptr-from=10.1.0.0/16",
		"ptr=on ptr-from=0.0.0.0/0,::/0",      "ptr=off", "ptr=on ptr-from=10.1.1.1",
	};
	static const char *const rights[] = {"policy=windows", "policy=closed", "policy=self",
					     "update=none",    "update=secure", "update=nonsecure"};
	char words[256];
	if (ptr_pick(h, 3) == 0)
		snprintf(words, sizeof words, "zone set %s %s", PICK(h, reverse_zones),
			 PICK(h, rights));
	else
		snprintf(words, sizeof words, "zone set %s %s", PICK(h, forward_zones),
			 PICK(h, settings));
	ptr_admin(h, words);
}

static void ptr_zone(struct ptr_history *h)
{
	char words[256];
	bool is_forward = ptr_pick(h, 3) == 0;
	const char *zone = is_forward ? PICK(h, forward_zones) : PICK(h, reverse_zones);
	switch (ptr_pick(h, 7)) {
	case 0:
		snprintf(words, sizeof words, "zone del %s --yes", zone);
		break;
	case 1:
	case 2:
		snprintf(words, sizeof words, "zone restore %s", zone);
		break;
	case 3:
		snprintf(words, sizeof words, "zone freeze %s", zone);
		break;
	case 4:
		snprintf(words, sizeof words, "zone thaw %s", zone);
		break;
	default:
		snprintf(words, sizeof words, "zone add %s update=secure %s --yes", zone,
			 ptr_pick(h, 2) ? "--move-names" : "");
	}
	ptr_admin(h, words);
}

/* Out into a file, and in again, as it is by then. */
static void ptr_import(struct ptr_history *h)
{
	char words[256];
	const char *zone = ptr_pick(h, 2) ? PICK(h, forward_zones) : PICK(h, reverse_zones);
	if (ptr_pick(h, 2))
		snprintf(words, sizeof words, "zone export %s DIR/file", zone);
	else
		snprintf(words, sizeof words, "zone import %s DIR/file --replace --yes", zone);
	ptr_admin(h, words);
}

static void ptr_undo(struct ptr_history *h)
{
	char words[256];
	struct store_txn txn;
	uint64_t first, last;
	store_read_begin(h->scenario->core->store, &txn);
	journal_range(&txn, &first, &last);
	store_read_end(&txn);
	unsigned back = ptr_pick(h, 6);
	if (ptr_pick(h, 4) == 0)
		snprintf(words, sizeof words, "audit revert --run %u", 1 + ptr_pick(h, 6));
	else
		snprintf(words, sizeof words, "audit revert %llu",
			 (unsigned long long)(last > back ? last - back : last));
	ptr_admin(h, words);
}

static void ptr_time(struct ptr_history *h)
{
	switch (ptr_pick(h, 5)) {
	case 0:
		ptr_say(h, "restart");
		break;
	case 1:
		ptr_say(h, "crash");
		break;
	case 2:
		ptr_say(h, "after 3h");
		ptr_say(h, "sweep");
		break;
	default:
		ptr_say(h, "after 90m");
	}
	setup_look(h->scenario);
}

static void ptr_begin(struct ptr_history *h)
{
	ptr_say(h, "zone first.example secure logged");
	ptr_say(h, "key h1.corp.example logged");
	ptr_say(h, "key h2.lab.example logged");
	ptr_say(h, "key dhcp logged");
	for (size_t i = 0; i < 2; i++) {
		char words[128];
		snprintf(words, sizeof words,
			 "zone add %s update=secure aging=on no-refresh=1h refresh=1h",
			 forward_zones[i]);
		ptr_admin(h, words);
		snprintf(words, sizeof words,
			 "zone policy add %s 'allow authenticated claim,join,write'",
			 forward_zones[i]);
		ptr_admin(h, words);
	}
	ptr_admin(h, "zone add 10.in-addr.arpa update=secure aging=on no-refresh=1h refresh=1h");
	ptr_admin(h, "zone set corp.example ptr=on ptr-from=10.0.0.0/8,fd00::/8");
	ptr_check(h, false);
}

static void ptr_step(struct ptr_history *h)
{
	static void (*const deeds[])(struct ptr_history *) = {
		ptr_record, ptr_record, ptr_setting, ptr_setting, ptr_zone,
		ptr_zone,   ptr_import, ptr_undo,    ptr_undo,    ptr_time,
	};
	bool is_update = ptr_pick(h, 5) < 3;
	void (*deed)(struct ptr_history *) = PICK(h, deeds);
	if (!is_update)
		deed(h);
	else if (ptr_pick(h, 4))
		ptr_update_forward(h);
	else
		ptr_update_reverse(h);
	__atomic_add_fetch(&ptr_seen->steps, 1, __ATOMIC_RELAXED);
	ptr_check(h, is_update || deed == ptr_record);
}

/* --- the end */

static void ptr_finding(void *context, const struct finding *found)
{
	ptr_history_fail(context, "check: %s %s %s: %s", found->table ? found->table : "",
			 found->zone ? found->zone : "", found->name ? found->name : "",
			 found->what);
}

static void ptr_end_check(struct ptr_history *h)
{
	char error[STORE_ERROR_MAX];
	struct store_options where = {.path = h->scenario->dir, .map_size = h->scenario->map_size};
	struct report report = {.found = ptr_finding, .context = h}, silent = {0};
	struct check_counts counts;
	struct replay_check_result result;
	struct replay_check_options options = {.data = h->scenario->dir, .fd = -1};
	struct store *store = store_open(&where, error);
	if (!store)
		ptr_history_fail(h, "%s", error);
	if (!check_store(store, &report, &counts))
		ptr_history_fail(h, "check: %s", report.error);
	store_close(store);
	if (!replay_check(&options, &silent, &result))
		ptr_history_fail(h, "the log cannot be replayed: %s", silent.error);
	if (!result.is_same)
		ptr_history_fail(h, "the replayed log has '%s' instead of '%s'",
				 result.replayed_line ? result.replayed_line : "nothing",
				 result.line ? result.line : "nothing");
}

static int ptr_remove_file(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
	(void)stat;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void ptr_history_run(uint64_t seed)
{
	char dir[] = "/dev/shm/ptr.XXXXXX";
	struct ptr_history *h = calloc(1, sizeof *h);
	if (!h || !mkdtemp(dir))
		abort();
	log_open(LOG_TO_STDERR, getenv("SCENARIO_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	h->random = seed * 1000003;
	h->script = open_memstream(&h->text, &h->text_len);
	h->scenario = scenario_open("ptr_history", dir);
	h->scenario->failed = ptr_failed;
	ptr_present = h;
	ptr_begin(h);
	for (unsigned i = 0; i < STEPS_MAX; i++)
		ptr_step(h);
	setup_stop(h->scenario);
	ptr_end_check(h);
	scenario_close(h->scenario);
	nftw(dir, ptr_remove_file, 16, FTW_DEPTH | FTW_PHYS);
	fclose(h->script);
	free(h->text);
	free(h);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
						{"histories", required_argument, NULL, 'n'},
						{"seconds", required_argument, NULL, 't'},
						{NULL, 0, NULL, 0}};
	unsigned long seed = 1, count = 60, seconds = 0, passed = 0, failed = 0, started = 0;
	int option, status;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned long number = optarg ? strtoul(optarg, NULL, 10) : 0;
		if (option == 's')
			seed = number;
		else if (option == 'n')
			count = number;
		else if (option == 't')
			seconds = number;
		else
			return 2;
	}
	ptr_seen = mmap(NULL, sizeof *ptr_seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (ptr_seen == MAP_FAILED)
		return 1;
	time_t end = time(NULL) + (time_t)seconds;
	unsigned running = 0;
	while (running > 0 || (failed < 5 && (seconds ? time(NULL) < end : started < count))) {
		bool goes_on = failed < 5 && (seconds ? time(NULL) < end : started < count);
		if (running == AT_ONCE || !goes_on) {
			wait(&status);
			running--;
			passed += status == 0;
			failed += status != 0;
			continue;
		}
		fflush(NULL);
		if (fork() == 0) {
			ptr_history_run(seed + started);
			exit(0);
		}
		started++;
		running++;
	}
	printf("ptr_history: %lu steps, %lu derived PTR looked at, %lu moved, %lu kept though "
	       "another "
	       "name comes first\n",
	       ptr_seen->steps, ptr_seen->derived, ptr_seen->moved, ptr_seen->kept);
	printf("%lu passed, %lu failed\n", passed, failed);
	return failed > 0;
}
