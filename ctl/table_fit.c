/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/table_fit.h"

#define DATE_WIDTH 10 /* 2026-01-05 */

/* From comfortable to narrow: how much of a text stands in a line at least, and whether times stand
 * in one. What may be left out is left out before the next one is tried. */
static const struct fit_step {
	size_t text;
	bool has_whole_times;
} fit_steps[] = {{20, true}, {16, true}, {12, true}, {9, false}, {7, false}, {4, false}};

#define FIT_STEPS (sizeof fit_steps / sizeof *fit_steps)

static size_t fit_least(const struct table_fit *column, const struct fit_step *step)
{
	size_t least = column->longest;
	if (column->kind == TABLE_FIT_TEXT && least > step->text)
		least = step->text;
	if (column->kind == TABLE_FIT_TIME && !step->has_whole_times && least > DATE_WIDTH)
		least = DATE_WIDTH;
	return least < column->word ? column->word : least;
}

static size_t fit_total(const struct table_fit *columns, size_t count, size_t gap)
{
	size_t total = 0;
	for (size_t i = 0; i < count; i++)
		if (columns[i].width)
			total += columns[i].width + (total ? gap : 0);
	return total;
}

static bool fit_is_time(enum table_fit_kind kind)
{
	return kind == TABLE_FIT_TIME || kind == TABLE_FIT_AGE;
}

/* The one to be left out next: of the highest rank, but not the only time; or if `is_last` the last
 * that is there; `count`: none. */
static size_t fit_expendable(const struct table_fit *columns, size_t count, bool is_last)
{
	size_t found = count, times = 0;
	unsigned rank = 0;
	for (size_t i = 0; i < count; i++)
		times += columns[i].width && fit_is_time(columns[i].kind);
	for (size_t i = 0; i < count; i++) {
		bool is_only_time = times == 1 && fit_is_time(columns[i].kind);
		if (!columns[i].width || (!is_last && (columns[i].rank <= rank || is_only_time)))
			continue;
		found = i;
		rank = columns[i].rank;
	}
	return found;
}

/* Makes all as narrow as the step has them, and leaves out what may be. */
static bool fit_try(struct table_fit *columns, size_t count, const struct fit_step *step,
		    size_t room, size_t gap)
{
	size_t out, left = count;
	for (size_t i = 0; i < count; i++)
		columns[i].width = fit_least(&columns[i], step);
	while (fit_total(columns, count, gap) > room) {
		out = fit_expendable(columns, count, false);
		if (out == count || left == 1)
			return false;
		left--;
		columns[out].width = 0;
	}
	return true;
}

/* How wide it may become: for most of its cells, for all of them, for its title, too. */
enum fit_wish { FIT_USUAL, FIT_LONGEST, FIT_TITLE, FIT_WISHES };

static size_t fit_wanted(const struct table_fit *column, enum fit_wish wish)
{
	size_t wanted = wish == FIT_USUAL ? column->usual : column->longest;
	return wish == FIT_TITLE && column->title > wanted ? column->title : wanted;
}

/* Gives what is left of the room away, a column at a time: to the one whose cells take most lines.
 */
static void fit_spread(struct table_fit *columns, size_t count, size_t spare, enum fit_wish wish)
{
	for (; spare > 0; spare--) {
		struct table_fit *neediest = NULL;
		size_t most = 0;
		for (size_t i = 0; i < count; i++) {
			size_t wanted = fit_wanted(&columns[i], wish), width = columns[i].width;
			if (!width || width >= wanted || (wanted + width - 1) / width <= most)
				continue;
			neediest = &columns[i];
			most = (wanted + width - 1) / width;
		}
		if (!neediest)
			return;
		neediest->width++;
	}
}

void table_fit(struct table_fit *columns, size_t count, size_t room, size_t gap)
{
	size_t i = 0;
	while (i < FIT_STEPS && !fit_try(columns, count, &fit_steps[i], room, gap))
		i++;
	/* Numbers alone are wider: what stands last goes. */
	for (size_t left = count; left > 1 && fit_total(columns, count, gap) > room; left--)
		columns[fit_expendable(columns, count, true)].width = 0;
	for (enum fit_wish wish = FIT_USUAL; wish < FIT_WISHES; wish++) {
		size_t total = fit_total(columns, count, gap);
		if (total < room)
			fit_spread(columns, count, room - total, wish);
	}
}
