/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/clock_state.h"
#include "journal/local.h"
#include "journal/state_server.h"

#define SUBJECT     "clock"
#define JUMPED_AT   "jumped-at"
#define AHEAD       "ahead"
#define AHEAD_UNTIL "ahead-until"

#define SECOND_US 1000000ull
/* More than lies between two beats. */
#define UNSEEN_SECONDS 3600

struct clock_state clock_state_get(struct store_txn *txn)
{
	struct clock_state clock = {0};
	server_number(txn, SUBJECT, JUMPED_AT, &clock.jumped_at);
	server_number(txn, SUBJECT, AHEAD, &clock.ahead);
	server_number(txn, SUBJECT, AHEAD_UNTIL, &clock.ahead_until);
	return clock;
}

void clock_state_put(struct state_edit *rows, const struct clock_state *clock)
{
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_number(&row, JUMPED_AT, clock->jumped_at);
	if (clock->ahead) {
		state_row_put_number(&row, AHEAD, clock->ahead);
		state_row_put_number(&row, AHEAD_UNTIL, clock->ahead_until);
	}
	server_put(rows, SUBJECT, &row);
}

uint64_t clock_state_ahead(const struct clock_state *clock, uint64_t now)
{
	return now < clock->ahead_until ? clock->ahead : 0;
}

void clock_state_step(struct clock_state *clock, uint64_t now, int64_t seconds, uint64_t window)
{
	uint64_t step = seconds < 0 ? (uint64_t)-seconds : (uint64_t)seconds;
	/* As it was in doubt when it showed what it would show without the step. */
	uint64_t ahead = clock_state_ahead(clock, seconds < 0  ? now + step
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
	uint64_t alive = local_number(txn, "alive-at"), now = now_us / SECOND_US;
	if (alive && now > alive + UNSEEN_SECONDS)
		now = alive;
	uint64_t ahead = clock_state_ahead(&clock, now);
	if (now == now_us / SECOND_US && !ahead)
		return now_us;
	return (now > ahead ? now - ahead : 0) * SECOND_US;
}
