/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/clock_watch.h"
#include "base/log.h"
#include "base/timeword.h"
#include "journal/clock_state.h"
#include "journal/entry_time.h"
#include "journal/era.h"
#include "journal/journal.h"
#include "journal/local.h"
#include "zonedb/due.h"
#include <inttypes.h>
#include <stdio.h>

/* A word of STORE_LOCAL. */

#define SERVER     "system:server"
#define REASON_MAX 320
#define SECOND     1000000ull
/* What may be left of a step that is taken back as measured by beats: more than lies between two.
 */
#define REST_SECONDS 180

/* A step on its way into the log. */
struct noted_step {
	struct store_txn *txn;
	struct arena arena;
	struct state_edit rows;
	const struct clock_step *step;
	struct clock_state state;
	struct entry_time last;
	struct zoneset *zones;
	char by[TIMEWORD_TEXT_MAX], from[TIMEWORD_TEXT_MAX], to[TIMEWORD_TEXT_MAX];
};

static void clock_watch_append(struct state_edit *rows, uint64_t now_us, enum event_kind event,
			       const char *reason)
{
	struct entry entry = {.time_us = now_us,
			      .kind = ENTRY_CLOCK_STEP,
			      .principal = SERVER,
			      .event = event,
			      .reason = reason};
	entry.rows = state_edit_changes(rows, &entry.row_count);
	journal_append(rows->txn, &entry, rows->arena);
}

static uint32_t clock_watch_clip(uint64_t seconds)
{
	return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static uint64_t clock_watch_larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* For so long a clock in doubt must go on: the longest refresh window that anything waits for. */
static uint64_t longest_refresh(struct store_txn *txn, const struct zoneset *zones)
{
	struct scavenge_settings settings;
	scavenge_settings_read(txn, &settings);
	uint64_t longest = settings.new_refresh;
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		const struct zone *zone = zoneset_at(zones, i);
		if (zone->is_aging)
			longest = clock_watch_larger(longest, due_longest_refresh(txn, zone));
	}
	return longest;
}

/* Clients could not refresh while nobody was there: they get back what they lost. */
static void move_zone(struct state_edit *rows, const struct zone *zone, uint64_t now, uint64_t down)
{
	struct zone moved = *zone;
	uint64_t window = due_longest_refresh(rows->txn, zone);
	uint64_t lost = down < window ? down : window;
	/* One that was not available yet had the rest of its wait before it. */
	uint64_t rest = zone->available_at + down <= now + window ? zone->available_at + down : 0;
	if (!zone->is_aging)
		return;
	moved.available_at =
		clock_watch_larger(zone->available_at, clock_watch_larger(rest, now + lost));
	if (moved.available_at != zone->available_at)
		zone_put(rows, &moved);
}

/* --- a step */

/* In its largest unit: from and to say the rest. */
static void step_print(uint64_t seconds, char out[TIMEWORD_TEXT_MAX])
{
	uint64_t unit = seconds >= 2 * 86400 ? 86400 : seconds >= 2 * 3600 ? 3600 : 1;
	duration_print(clock_watch_clip(seconds - seconds % unit), out);
}

static void step_open(struct noted_step *noted, struct store_txn *txn,
		      const struct clock_step *step)
{
	*noted = (struct noted_step){.txn = txn, .step = step};
	uint64_t from = step->from_us, to = step->to_us;
	noted->rows = state_edit_of(txn, &noted->arena);
	noted->state = clock_state_get(txn);
	noted->state.step_from_at = from / SECOND;
	noted->state.step_to_at = to / SECOND;
	noted->last = entry_time_last(txn);
	noted->zones = zoneset_load(txn);
	step_print((from < to ? to - from : from - to) / SECOND, noted->by);
	time_print(from / SECOND, noted->from);
	time_print(to / SECOND, noted->to);
}

static void step_close(struct noted_step *noted, enum event_kind event, const char *reason)
{
	clock_state_put(&noted->rows, &noted->state);
	clock_watch_append(&noted->rows, noted->step->to_us, event, reason);
	zoneset_free(noted->zones);
	arena_free(&noted->arena);
}

/* The clock may be ahead by what it shows more than `from_us`. */
static void step_ahead(struct noted_step *noted, uint64_t from_us)
{
	const struct clock_step *step = noted->step;
	struct clock_state *state = &noted->state;
	uint64_t now = step->to_us / SECOND, seconds = (step->to_us - from_us) / SECOND;
	bool has_before = clock_state_before(state, from_us / SECOND) != 0;
	clock_state_step(state, now, (int64_t)seconds, longest_refresh(noted->txn, noted->zones));
	if (has_before)
		return;
	state->before_at = from_us / SECOND;
	state->since_at = step->since_us / SECOND;
	state->left_seq = step->left_seq;
}

static void note_forward(struct noted_step *noted, uint64_t from_us)
{
	struct scavenge_settings settings;
	char reason[REASON_MAX];
	scavenge_settings_read(noted->txn, &settings);
	step_ahead(noted, from_us);
	bool holds = noted->state.ahead > settings.grace;
	if (holds)
		noted->state.jumped_at = noted->step->to_us / SECOND;
	snprintf(
		reason, sizeof(reason), "the clock went forward by %s, from %s to %s%s", noted->by,
		noted->from, noted->to,
		holds ? ": scavenging waits for one refresh window, or for `scavenge approve clock`"
		      : "");
	if (holds)
		log_warning("the clock was set forward, and scavenging waits", "by=%s", noted->by);
	step_close(noted, EVENT_NONE, reason);
}

/* The next cycle after a clock that was set back would be as far away as that. */
static void bring_schedule_nearer(struct state_edit *rows, uint64_t now)
{
	struct scavenge_settings settings;
	scavenge_settings_read(rows->txn, &settings);
	struct scavenge_settings_cycle cycle = scavenge_settings_last_cycle(rows->txn);
	uint64_t due = scavenge_settings_due(rows->txn),
		 next = scavenge_settings_next(&settings, now);
	if (due <= next && cycle.started <= now)
		return;
	if (cycle.started > now)
		cycle.started = now;
	scavenge_settings_put_cycle(rows, &cycle, due < next ? due : next);
}

/* No zone waits longer than one refresh window from now on, by the right clock. */
static void bring_zones_nearer(struct state_edit *rows, const struct zoneset *zones, uint64_t now)
{
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		struct zone zone = *zoneset_at(zones, i);
		uint64_t at = now + due_longest_refresh(rows->txn, &zone);
		if (zone.available_at <= at)
			continue;
		zone.available_at = at;
		zone_put(rows, &zone);
	}
}

/* What the clock may still be ahead once it was set back. */
static void take_back(struct noted_step *noted, uint64_t from_us, uint64_t to_us)
{
	struct clock_state *state = &noted->state;
	uint64_t now = to_us / SECOND;
	clock_state_step(state, now, -(int64_t)((from_us - to_us) / SECOND),
			 longest_refresh(noted->txn, noted->zones));
	if (state->ahead <= REST_SECONDS) {
		clock_state_settle(state);
		return;
	}
	if (state->jumped_at > now)
		state->jumped_at = now;
	state->since_at = now;
	state->left_seq = journal_next_seq(noted->txn);
}

static void note_era(struct noted_step *noted, uint64_t at_us, const char *why)
{
	char reason[REASON_MAX];
	uint64_t at = at_us / SECOND;
	uint64_t from =
		noted->last.us > noted->step->from_us ? noted->last.us : noted->step->from_us;
	struct era era = {.number = noted->last.era + 1,
			  .at = at,
			  .seq = journal_next_seq(noted->txn),
			  .left_seq = noted->state.left_seq,
			  .left_from = noted->state.since_at,
			  .left_to = from / SECOND};
	if (!era.left_from)
		era.left_from = at + 1;
	take_back(noted, from, at_us);
	noted->state.stands = 0;
	era_put(&noted->rows, &era);
	bring_zones_nearer(&noted->rows, noted->zones, at);
	bring_schedule_nearer(&noted->rows, at);
	local_set_number(noted->txn, LOCAL_ALIVE_AT, at);
	snprintf(reason, sizeof(reason),
		 "the clock went back by %s, from %s to %s%s: era %" PRIu32
		 " begins, and later times of the one before count as its beginning",
		 noted->by, noted->from, noted->to, why, era.number);
	log_warning("the clock was set back, and a new era of the log begins", "by=%s era=%" PRIu32,
		    noted->by, era.number);
	entry_time_begin(noted->txn, at_us);
	step_close(noted, EVENT_NONE, reason);
}

static void note_standing(struct noted_step *noted)
{
	char reason[REASON_MAX], stands[TIMEWORD_TEXT_MAX];
	time_print(noted->last.us / SECOND, stands);
	noted->state.stands = noted->last.us;
	snprintf(reason, sizeof(reason),
		 "the clock went back by %s, from %s to %s: the log's time stands at %s until the "
		 "clock passes that, or `scavenge approve clock` says that it is right",
		 noted->by, noted->from, noted->to, stands);
	log_warning("the clock is behind the log, whose time stands until it is right",
		    "by=%s clock=%s log=%s", noted->by, noted->to, stands);
	step_close(noted, EVENT_NONE, reason);
}

/* No step forward as the log sees it, and none behind it. */
static void note_within(struct noted_step *noted)
{
	char reason[REASON_MAX];
	const struct clock_step *step = noted->step;
	bool is_back = step->to_us < step->from_us;
	if (is_back)
		take_back(noted, step->from_us, step->to_us);
	snprintf(reason, sizeof(reason), "the clock went %s by %s, from %s to %s%s",
		 is_back ? "back" : "forward", noted->by, noted->from, noted->to,
		 is_back ? "" : ": the log's time goes on");
	log_warning(is_back ? "the clock was set back" : "the clock has come up with the log",
		    "by=%s", noted->by);
	step_close(noted, EVENT_NONE, reason);
}

/* Where the log would be without the step: entries that the stepped clock wrote do not count. */
static uint64_t log_before(struct noted_step *noted)
{
	const struct clock_step *step = noted->step;
	struct entry entry;
	uint64_t us = step->from_us;
	if (step->left_seq > journal_next_seq(noted->txn) - 1)
		return noted->last.us > us ? noted->last.us : us;
	if (step->left_seq > 1 &&
	    journal_read(noted->txn, step->left_seq - 1, &entry, &noted->arena) &&
	    entry.time_us > us)
		us = entry.time_us;
	return us;
}

void clock_watch_note(struct store_txn *txn, const struct clock_step *step)
{
	struct noted_step noted;
	struct entry_time next;
	step_open(&noted, txn, step);
	uint64_t before = clock_state_before(&noted.state, step->from_us / SECOND) * SECOND;
	switch (entry_time_next(&noted.last, before, step->to_us, false, &next)) {
	case ENTRY_TIME_BEGINS:
		note_era(&noted, next.us, "");
		return;
	case ENTRY_TIME_STANDS:
		note_standing(&noted);
		return;
	case ENTRY_TIME_GOES:
		break;
	}
	uint64_t from = log_before(&noted);
	if (step->to_us > from + ENTRY_TIME_SLACK_US)
		note_forward(&noted, from);
	else
		note_within(&noted);
}

/* --- looking at the clock */

void clock_watch_init(struct clock_watch *watch, const struct clock *clock)
{
	*watch = (struct clock_watch){.clock = clock};
}

static int64_t clock_watch_offset(const struct clock_watch *watch, uint64_t *shown_us)
{
	uint64_t passed_us;
	clock_read(watch->clock, shown_us, &passed_us);
	return (int64_t)(*shown_us - passed_us);
}

static bool is_step(int64_t step_us)
{
	return step_us > (int64_t)ENTRY_TIME_SLACK_US || step_us < -(int64_t)ENTRY_TIME_SLACK_US;
}

bool clock_watch_is_stepped(const struct clock_watch *watch)
{
	uint64_t shown_us;
	return watch->is_open && is_step(clock_watch_offset(watch, &shown_us) - watch->offset_us);
}

/* The first entry since the last look that is of `since_us` or later: a batch may have begun before
 * the clock was set. */
static uint64_t left_since(struct store_txn *txn, uint64_t seq, uint64_t since_us)
{
	struct arena arena = {0};
	struct entry entry;
	uint64_t next = journal_next_seq(txn);
	for (seq++; seq < next && journal_read(txn, seq, &entry, &arena); seq++) {
		if (entry.time_us >= since_us)
			break;
		arena_reset(&arena);
	}
	arena_free(&arena);
	return seq;
}

/* Behind the log, and not noted yet for where the log stands. */
static bool is_behind(struct store_txn *txn, uint64_t log_us, uint64_t shown_us)
{
	struct clock_state state;
	if (shown_us + ENTRY_TIME_SLACK_US >= log_us)
		return false;
	state = clock_state_get(txn);
	return state.stands != log_us;
}

static void clock_watch_look(void *context, struct store_txn *txn)
{
	struct clock_watch *watch = context;
	struct clock_step step;
	int64_t offset = clock_watch_offset(watch, &step.to_us);
	int64_t by = watch->is_open ? offset - watch->offset_us : 0;
	uint64_t log_us = entry_time_last(txn).us;
	/* Its error is that of the whole batch, and what a full store still takes must go on. */
	store_use_reserve(txn);
	watch->has_noted = false;
	step.from_us = step.to_us - (uint64_t)by;
	if (is_step(by)) {
		step.since_us = watch->shown_us + (uint64_t)by;
		step.left_seq = by > 0 ? left_since(txn, watch->log_seq, step.since_us) : 0;
		clock_watch_note(txn, &step);
	} else if (is_behind(txn, log_us, step.to_us)) {
		uint64_t alive_us = local_number(txn, LOCAL_ALIVE_AT) * SECOND;
		step.from_us = alive_us > log_us ? alive_us : log_us;
		clock_watch_note(txn, &step);
	}
	watch->has_noted = watch->is_open && is_step(by);
	watch->noted_offset_us = offset;
	watch->shown_us = step.to_us;
	watch->log_seq = journal_head(txn).seq;
}

static void clock_watch_end(void *context, bool is_committed)
{
	struct clock_watch *watch = context;
	if (watch->has_noted && is_committed)
		watch->offset_us = watch->noted_offset_us;
	watch->has_noted = false;
}

struct writer_hook clock_watch_hook(struct clock_watch *watch)
{
	return (struct writer_hook){clock_watch_look, clock_watch_end, watch};
}

/* --- starts */

static void note_outage(struct store_txn *txn, const struct clock_step *step)
{
	char reason[REASON_MAX];
	struct noted_step noted;
	uint64_t down = (step->to_us - step->from_us) / SECOND;
	step_open(&noted, txn, step);
	for (size_t i = 0; i < zoneset_count(noted.zones); i++)
		move_zone(&noted.rows, zoneset_at(noted.zones, i), step->to_us / SECOND, down);
	step_ahead(&noted, step->from_us);
	snprintf(reason, sizeof(reason),
		 "the server was down for %s: zones are scavenged later, by as much", noted.by);
	log_warning("the server was down longer than outage-grace: zones are scavenged later",
		    "down=%s", noted.by);
	step_close(&noted, EVENT_OUTAGE, reason);
}

/* A store that was never seen alive, of a backup say, with a log that ends long ago. */
static void note_old_log(struct store_txn *txn, const struct clock_step *step)
{
	char reason[REASON_MAX];
	struct noted_step noted;
	step_open(&noted, txn, step);
	step_ahead(&noted, step->from_us);
	snprintf(reason, sizeof(reason),
		 "the log's last entry is %s old: the log and the bin are kept by its time for one "
		 "refresh window, or until `scavenge approve clock`",
		 noted.by);
	step_close(&noted, EVENT_NONE, reason);
}

/* What the time since the last beat says. */
static void note_start(struct store_txn *txn, uint64_t now_us)
{
	struct scavenge_settings settings;
	uint64_t alive_us = local_number(txn, LOCAL_ALIVE_AT) * SECOND,
		 log_us = entry_time_last(txn).us;
	struct clock_step step = {.from_us = alive_us,
				  .to_us = now_us,
				  .since_us = now_us,
				  .left_seq = journal_next_seq(txn)};
	scavenge_settings_read(txn, &settings);
	uint64_t grace_us = settings.grace * SECOND;
	if (alive_us && now_us > alive_us + grace_us) {
		note_outage(txn, &step);
	} else if (!alive_us && log_us >= SECOND && now_us > log_us + grace_us) {
		step.from_us = log_us;
		note_old_log(txn, &step);
	} else if (alive_us > now_us + grace_us && now_us + ENTRY_TIME_SLACK_US >= log_us) {
		clock_watch_note(txn, &step);
		clock_watch_beat(txn, now_us / SECOND);
	}
}

void clock_watch_begin(struct clock_watch *watch, struct store_txn *txn)
{
	uint64_t shown_us;
	int64_t offset = clock_watch_offset(watch, &shown_us);
	uint64_t now_us = entry_time_now(txn, shown_us);
	note_start(txn, now_us);
	clock_watch_beat(txn, shown_us / SECOND);
	watch->shown_us = shown_us;
	watch->log_seq = journal_head(txn).seq;
	watch->offset_us = offset;
	watch->is_open = true;
}

void clock_watch_beat(struct store_txn *txn, uint64_t now)
{
	if (!clock_watch_is_behind(txn, now * SECOND))
		local_set_number(txn, LOCAL_ALIVE_AT, now);
}

/* --- what waits */

uint64_t clock_watch_jumped_at(struct store_txn *txn)
{
	return clock_state_get(txn).jumped_at;
}

bool clock_watch_is_behind(struct store_txn *txn, uint64_t now_us)
{
	return now_us + ENTRY_TIME_SLACK_US < entry_time_last(txn).us;
}

bool clock_watch_is_in_doubt(struct store_txn *txn, uint64_t now_us)
{
	struct clock_state clock = clock_state_get(txn);
	return clock.jumped_at || clock_state_ahead(&clock, now_us / SECOND) ||
	       clock_watch_is_behind(txn, now_us);
}

bool clock_watch_holds(struct store_txn *txn, uint32_t refresh, uint64_t now)
{
	uint64_t since = clock_watch_jumped_at(txn);
	return since && now <= since + refresh;
}

void clock_watch_approve(struct state_edit *rows, uint64_t now_us)
{
	struct entry_time next, last = entry_time_last(rows->txn);
	struct clock_step step = {.from_us = last.us, .to_us = now_us};
	if (clock_watch_is_behind(rows->txn, now_us) &&
	    entry_time_next(&last, 0, now_us, true, &next) == ENTRY_TIME_BEGINS) {
		struct noted_step noted;
		step_open(&noted, rows->txn, &step);
		note_era(&noted, next.us, ", and an administrator says that it is right");
	}
	struct clock_state state = clock_state_get(rows->txn);
	clock_state_settle(&state);
	clock_state_put(rows, &state);
}
