/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/*
 * State is a function of the log: after a random history the log played again, into an empty store
 * or onto a backup of either format that was made on the way, has the same digest of state; and the
 * digest as of an entry is the one that was taken then.
 *
 * TENURE_HISTORIES says how many histories (10), TENURE_HISTORY_FIRST the number of the first.
 */
#include "zonedb/state_digest.h"
#include "base/digest.h"
#include "journal/entry_time.h"
#include "journal/era.h"
#include "journal/log_time.h"
#include "journal/journal.h"
#include "journal/state_derived.h"
#include "tests/unit/random_history.h"
#include "tests/unit/rows.h"
#include "tests/unit/state_history.h"
#include "vault/check.h"
#include "vault/portable.h"
#include "vault/replay_check.h"
#include "vault/restore.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HISTORIES 10
#define STEPS     120
#define BACKUPS   4

static struct tempzone t;

/* --- the state as lines and digest */

struct state {
	char *lines;
	size_t len;
	struct state_digest_result result;
};

static bool take_line(void *context, struct bytes line)
{
	fprintf(context, "%.*s\n", (int)line.len, (const char *)line.data);
	return true;
}

static struct state state_of(struct store_txn *txn, uint64_t at)
{
	struct state state = {0};
	FILE *out = open_memstream(&state.lines, &state.len);
	struct state_digest_options options = {.at = at, .line = take_line, .context = out};
	bool is_well = state_digest(txn, &options, &state.result);
	fclose(out);
	cr_assert(is_well, "%s", store_error_text(txn->error));
	return state;
}

/* The first lines that differ. */
static void expect_same(const struct state *a, const struct state *b, const char *what)
{
	size_t at = 0, start = 0;
	while (a->lines[at] && a->lines[at] == b->lines[at]) {
		if (a->lines[at++] == '\n')
			start = at;
	}
	cr_assert_str_eq(a->lines, b->lines, "%s:\n%.*s\n%.*s", what,
			 (int)strcspn(a->lines + start, "\n"), a->lines + start,
			 (int)strcspn(b->lines + start, "\n"), b->lines + start);
	cr_assert_eq(memcmp(a->result.digest, b->result.digest, DIGEST_LEN), 0);
}

/* --- backups made on the way */

struct backup {
	int fd;
	uint64_t seq;
	uint32_t era;
	bool is_portable;
	struct state state;
};

static int temp_file(void)
{
	FILE *file = tmpfile();
	int fd = dup(fileno(file));
	cr_assert_geq(fd, 0);
	fclose(file);
	return fd;
}

static struct backup back_up(bool is_portable)
{
	struct report report = {0};
	struct portable_options options = {0};
	state_history_commit(&t);
	struct backup backup = {
		.fd = temp_file(), .seq = journal_head(&t.txn).seq, .is_portable = is_portable};
	backup.era = entry_time_last(&t.txn).era;
	backup.state = state_of(&t.txn, backup.seq);
	bool is_well = is_portable ? portable_write(t.temp.store, backup.fd, &options, &report)
				   : store_copy(t.temp.store, backup.fd) == STORE_OK;
	cr_assert(is_well, "%s", report.error);
	lseek(backup.fd, 0, SEEK_SET);
	return backup;
}

static void count_finding(void *context, const struct finding *f)
{
	(void)context;
	cr_expect(false, "check: table %s, zone %s, name %s: %s", f->table ? f->table : "-",
		  f->zone ? f->zone : "-", f->name ? f->name : "-", f->what);
}

/* Restored, and on with the log of the store at `log_of`. */
static void expect_replayed(const struct backup *backup, const char *log_of,
			    const struct state *state, const char *what)
{
	struct tempstore other;
	struct store_txn txn;
	struct report report = {.found = count_finding};
	struct restore_result result;
	struct check_counts counts;
	tempstore_open(&other, 0);
	tempstore_close(&other);
	struct restore_options options = {.fd = backup->fd,
					  .file = "the backup",
					  .data = other.path,
					  .log_of = log_of,
					  .map_size = 64 << 20};
	bool is_well = restore_store(&options, &report, &result);
	cr_assert(is_well, "%s: %s", what, report.error);
	tempstore_restart(&other);
	store_read_begin(other.store, &txn);
	struct state replayed = state_of(&txn, journal_head(&txn).seq);
	expect_same(state, &replayed, what);
	free(replayed.lines);
	cr_assert(check_store(other.store, &report, &counts), "%s: %s", what, report.error);
	cr_assert_eq(report.findings, 0, "%s", what);
	store_read_end(&txn);
	tempstore_free(&other);
}

static void expect_as_then(const struct backup *backup, const char *what)
{
	if (journal_base(&t.txn).seq > backup->seq)
		return;
	struct state then = state_of(&t.txn, backup->seq);
	expect_same(&backup->state, &then, what);
	free(then.lines);
}

/* --- back to a moment */

/* What is not turned back: runs, keys, what the server keeps, and what is left of deleted zones. */
static bool is_turned_line(const char *line)
{
	static const char *const others[] = {"run ",         "key ",        "server schedule",
					     "server clock", "server log ", "server era-",
					     "deleted-zone "};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strncmp(line, others[i], strlen(others[i])) == 0)
			return false;
	}
	const char *type = strstr(line, " SOA stamp=");
	return !type || strncmp(line, "record ", 7) != 0;
}

/* A stamp that an era left behind is mended when its name is written, at whatever time: both states
 * are compared by what it counts as at most. */
static void bound_stamp(char *line, const struct eras *eras)
{
	char text[40], *end, *at = strstr(line, " stamp=");
	if (!at || strncmp(line, "record ", 7) != 0)
		return;
	uint64_t stamp = strtoull(at + strlen(" stamp="), &end, 10);
	int len = snprintf(text, sizeof(text), " stamp=%llu",
			   (unsigned long long)eras_count(eras, 0, stamp));
	memmove(at + len, end, strlen(end) + 1);
	memcpy(at, text, (size_t)len);
}

/* The lines that a restore turns back, without when a zone may be scavenged. */
static void keep_turned_lines(struct state *state, const struct eras *eras)
{
	char *out = state->lines, *end;
	for (char *line = state->lines; *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		char *at = strncmp(line, "zone ", 5) == 0 ? strstr(line, " available-at=") : NULL;
		if (at)
			memmove(at, at + 1 + strcspn(at + 1, " "),
				strlen(at + 1) + 1 - strcspn(at + 1, " "));
		if (!is_turned_line(line))
			continue;
		bound_stamp(line, eras);
		size_t len = strlen(line);
		/* Names in data that differ in case alone are one record, which stays. */
		for (char *c = line; strncmp(line, "record ", 7) == 0 && *c; c++)
			*c = (char)tolower((unsigned char)*c);
		memmove(out, line, len);
		out[len] = '\n';
		out += len + 1;
	}
	*out = '\0';
	memset(state->result.digest, 0, DIGEST_LEN);
}

/* The second of the entry; 0: it was not the last one of that second, or another era has it. */
static uint64_t seconds_of(struct store_txn *txn, uint64_t seq)
{
	struct arena arena = {0};
	struct entry entry;
	struct log_moment at;
	cr_assert(journal_read(txn, seq, &entry, &arena));
	arena_free(&arena);
	uint64_t seconds = entry.time_us / 1000000;
	log_time_at(txn, seconds * 1000000 + 999999, seconds * 1000000, &at);
	return at.is_known && at.seq == seq ? seconds : 0;
}

/* From the last backup back to when `then` was made; the log makes what comes of it. Returns its
 * last entry. */
static uint64_t expect_turned(struct backup *then, struct backup *last, uint64_t to,
			      const char *what)
{
	struct tempstore other;
	struct store_txn txn;
	struct report report = {0};
	struct restore_result result;
	struct check_counts counts;
	struct replay_check_result replayed;
	struct eras eras;
	tempstore_open(&other, 0);
	tempstore_close(&other);
	lseek(last->fd, 0, SEEK_SET);
	struct restore_options options = {.fd = last->fd,
					  .file = "the backup",
					  .data = other.path,
					  .to = to,
					  .now = to + 100000000,
					  .map_size = 64 << 20};
	cr_assert(restore_store(&options, &report, &result), "%s: %s", what, report.error);
	tempstore_restart(&other);
	store_read_begin(other.store, &txn);
	struct state turned = state_of(&txn, journal_head(&txn).seq);
	eras_read(&txn, &eras);
	keep_turned_lines(&turned, &eras);
	keep_turned_lines(&then->state, &eras);
	/* Of two eras that hold the time the later is taken. */
	if (then->era == last->era)
		expect_same(&then->state, &turned, what);
	free(turned.lines);
	struct report findings = {.found = count_finding};
	cr_assert(check_store(other.store, &findings, &counts), "%s: %s", what, findings.error);
	uint64_t base = journal_base(&txn).seq, head = journal_head(&txn).seq;
	store_read_end(&txn);
	tempstore_close(&other);
	struct replay_check_options how = {.data = other.path, .fd = -1};
	if (base == 0) {
		cr_assert(replay_check(&how, &report, &replayed), "%s: %s", what, report.error);
		cr_expect(replayed.is_same, "%s: %s / %s", what, replayed.line,
			  replayed.replayed_line);
	}
	tempstore_free(&other);
	return head;
}

/* How many of the backups the log went on from. */
static unsigned run_history(unsigned number)
{
	struct backup backups[BACKUPS];
	unsigned count = 0, replays = 0;
	char what[80];
	random_start(number);
	tempstore_open(&t.temp, 0);
	store_write_begin(t.temp.store, &t.txn);
	backups[count++] = back_up(false); /* of the empty store */
	store_abort(&t.txn);
	tempstore_free(&t.temp);
	state_history_open(&t);
	for (unsigned i = 0; i < STEPS; i++) {
		state_history_step(&t, i);
		if (i == (count * STEPS / BACKUPS) && count < BACKUPS) {
			backups[count] = back_up(count % 2);
			count++;
		}
	}
	state_history_commit(&t);
	struct state state = state_of(&t.txn, journal_head(&t.txn).seq);
	uint64_t base = journal_base(&t.txn).seq;
	for (unsigned i = 0; i < count; i++) {
		snprintf(what, sizeof(what), "history %u, as of entry %u", number,
			 (unsigned)backups[i].seq);
		expect_as_then(&backups[i], what);
	}
	uint64_t to[BACKUPS] = {0};
	for (unsigned i = 0; i < count; i++) {
		if (base < backups[i].seq)
			to[i] = seconds_of(&t.txn, backups[i].seq);
	}
	struct backup last = back_up(false);
	store_abort(&t.txn);
	tempstore_close(&t.temp);
	for (unsigned i = 0; i < count; i++) {
		snprintf(what, sizeof(what), "history %u, back to entry %u", number,
			 (unsigned)backups[i].seq);
		if (to[i])
			expect_turned(&backups[i], &last, to[i], what);
	}
	free(last.state.lines);
	close(last.fd);
	for (unsigned i = 0; i < count; i++) {
		snprintf(what, sizeof(what), "history %u, replayed from entry %u%s", number,
			 (unsigned)backups[i].seq, backups[i].is_portable ? " (portable)" : "");
		if (base <= backups[i].seq) {
			expect_replayed(&backups[i], t.temp.path, &state, what);
			replays++;
		}
		free(backups[i].state.lines);
		close(backups[i].fd);
	}
	free(state.lines);
	arena_free(&t.arena);
	tempstore_free(&t.temp);
	return replays;
}

static void change_behind_the_log(struct tempzone *zone)
{
	struct acl_group group = {.name = "@dhcp", .is_acting = true};
	rows_group_put(&zone->txn, &group);
}

static void change_nothing(struct tempzone *zone)
{
	(void)zone;
}

static struct replay_check_result check_replay(void (*change)(struct tempzone *))
{
	struct replay_check_result result;
	struct report report = {0};
	random_start(1);
	state_history_open(&t);
	change(&t);
	state_history_commit(&t);
	store_abort(&t.txn);
	tempstore_close(&t.temp);
	struct replay_check_options options = {.data = t.temp.path, .fd = -1};
	cr_assert(replay_check(&options, &report, &result), "%s", report.error);
	arena_free(&t.arena);
	tempstore_free(&t.temp);
	return result;
}

Test(state_digest, a_row_that_no_entry_wrote_is_the_first_line_that_differs)
{
	struct replay_check_result result = check_replay(change_nothing);
	cr_expect(result.is_same && result.replayed == 2 && !result.line);
	result = check_replay(change_behind_the_log);
	cr_expect_not(result.is_same);
	cr_expect_str_eq(result.line, "group @dhcp acting=\"on\"");
	cr_expect(strncmp(result.replayed_line, "zone corp.example ", 18) == 0);
	free(result.line);
	free(result.replayed_line);
}

Test(state_digest, what_a_record_carries_is_in_its_line)
{
	tempzone_open_logged(&t, "corp.example");
	tempzone_run(&t, "key:a", 1000, "add www 60 A 10.0.0.1");
	uint64_t seq = journal_head(&t.txn).seq;
	struct state before = state_of(&t.txn, seq);
	tempzone_run(&t, "key:a", 2000, "guest g 60 A 10.0.0.2; windowed w 60 A 10.0.0.3");
	struct state state = state_of(&t.txn, journal_head(&t.txn).seq),
		     then = state_of(&t.txn, seq);
	cr_expect_not_null(strstr(state.lines,
				  "record corp.example g.corp.example 60 A stamp=1 "
				  "class=dynamic owner=\"local:root\" guest=on 10.0.0.2\n"),
			   "%s", state.lines);
	cr_expect_not_null(strstr(state.lines,
				  "record corp.example w.corp.example 60 A stamp=1 "
				  "class=dynamic owner=\"local:root\" windows=5000/7000 "
				  "10.0.0.3\n"),
			   "%s", state.lines);
	expect_same(&before, &then, "as of before");
	free(before.lines);
	free(state.lines);
	free(then.lines);
	tempzone_free(&t);
}

#define RESERVATIONS 700 /* more than rows of one entry */

static void reserve_all(const char *owner, uint64_t now)
{
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	char text[16];
	for (unsigned i = 0; i < RESERVATIONS; i++) {
		snprintf(text, sizeof(text), "h%03u", i);
		struct dns_name name = tempzone_name(&t, text);
		if (owner)
			reservation_put(&rows, &t.zone, &name, owner);
		else
			reservation_drop(&rows, &t.zone, &name);
	}
	tempzone_put_rows(&t, &rows, now);
}

Test(state_digest, many_rows_are_turned_back_by_several_entries)
{
	uint64_t base;
	tempzone_open_logged(&t, "corp.example");
	reserve_all("key:a", 1000);
	struct backup then = back_up(false);
	reserve_all(NULL, 2000);
	tempzone_run(&t, "key:b", 3000, "add www 60 A 10.0.0.1");
	struct backup last = back_up(true);
	base = last.seq;
	tempzone_free(&t);
	cr_expect_gt(expect_turned(&then, &last, 1000, "700 reservations"), base + 3,
		     "two entries and more");
	free(then.state.lines);
	free(last.state.lines);
	close(then.fd);
	close(last.fd);
}

static unsigned number_of(const char *word, unsigned otherwise)
{
	const char *text = getenv(word);
	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

Test(state_digest, the_log_of_a_random_history_makes_the_same_state)
{
	unsigned count = number_of("TENURE_HISTORIES", HISTORIES), replays = 0;
	unsigned first = number_of("TENURE_HISTORY_FIRST", 0);
	for (unsigned i = 0; i < count; i++)
		replays += run_history(first + i);
	cr_expect_geq(replays, count, "the last backup of each goes on");
	if (count > HISTORIES)
		fprintf(stderr, "%u histories, %u replays\n", count, replays);
}
