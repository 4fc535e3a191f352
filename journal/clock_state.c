/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/clock_state.h"
#include "journal/local.h"
#include "journal/state_server.h"

#define SUBJECT "clock"

#define SECOND_US 1000000ull
/* More than lies between two beats; a clock that is ahead by less decides nothing. */
#define UNSEEN_SECONDS 3600

/* The fields of the row, in their order. */
static const struct {
	const char *word;
	size_t at;
} fields[] = {
	{"jumped-at", offsetof(struct clock_state, jumped_at)},
	{"ahead", offsetof(struct clock_state, ahead)},
	{"ahead-until", offsetof(struct clock_state, ahead_until)},
	{"before-at", offsetof(struct clock_state, before_at)},
	{"since-at", offsetof(struct clock_state, since_at)},
	{"left-seq", offsetof(struct clock_state, left_seq)},
	{"stands", offsetof(struct clock_state, stands)},
	{"step-from-at", offsetof(struct clock_state, step_from_at)},
	{"step-to-at", offsetof(struct clock_state, step_to_at)},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

struct clock_state clock_state_get(struct store_txn *txn)
{
	struct clock_state clock = {0};
	for (size_t i = 0; i < FIELDS; i++) {
		uint64_t number;
		if (server_number(txn, SUBJECT, fields[i].word, &number))
			memcpy((char *)&clock + fields[i].at, &number, sizeof(number));
	}
	return clock;
}

void clock_state_put(struct state_edit *rows, const struct clock_state *clock)
{
	struct state_row_writer row = {.arena = rows->arena};
	for (size_t i = 0; i < FIELDS; i++) {
		uint64_t number;
		memcpy(&number, (const char *)clock + fields[i].at, sizeof(number));
		if (number)
			state_row_put_number(&row, fields[i].word, number);
	}
	server_put(rows, SUBJECT, &row);
}

/* However little. */
static uint64_t clock_state_unapproved(const struct clock_state *clock, uint64_t now)
{
	return now < clock->ahead_until ? clock->ahead : 0;
}

uint64_t clock_state_ahead(const struct clock_state *clock, uint64_t now)
{
	uint64_t ahead = clock_state_unapproved(clock, now);
	return ahead > UNSEEN_SECONDS ? ahead : 0;
}

uint64_t clock_state_before(const struct clock_state *clock, uint64_t now)
{
	return clock_state_unapproved(clock, now) ? clock->before_at : 0;
}

void clock_state_settle(struct clock_state *clock)
{
	*clock = (struct clock_state){.step_from_at = clock->step_from_at,
				      .step_to_at = clock->step_to_at};
}

void clock_state_step(struct clock_state *clock, uint64_t now, int64_t seconds, uint64_t window)
{
	uint64_t step = seconds < 0 ? (uint64_t)-seconds : (uint64_t)seconds;
	/* As it was in doubt when it showed what it would show without the step. */
	uint64_t ahead = clock_state_unapproved(clock, seconds < 0  ? now + step
						       : now > step ? now - step
								    : 0);
	if (seconds > 0)
		ahead += step;
	else
		ahead = ahead > step ? ahead - step : 0;
	clock->ahead = ahead;
	clock->ahead_until = ahead ? now + window : 0;
}

uint64_t clock_state_believed_us(struct store_txn *txn, uint64_t now_us)
{
	struct clock_state clock = clock_state_get(txn);
	uint64_t alive = local_number(txn, LOCAL_ALIVE_AT), now = now_us / SECOND_US;
	if (alive && now > alive + UNSEEN_SECONDS)
		now = alive;
	uint64_t ahead = clock_state_ahead(&clock, now);
	if (now == now_us / SECOND_US && !ahead)
		return now_us;
	return (now > ahead ? now - ahead : 0) * SECOND_US;
}
