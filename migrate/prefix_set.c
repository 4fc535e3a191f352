/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/prefix_set.h"
#include <stdio.h>
#include <string.h>

static void prefix_set_put(struct prefix_set *set, const struct prefix *prefix)
{
	if (set->count == PREFIX_SET_MAX)
		set->full = true;
	if (set->full)
		return;
	if (set->count == set->room) {
		size_t room = set->room ? set->room * 2 : 16;
		struct prefix *more = arena_alloc(set->arena, room * sizeof *more);
		if (set->count)
			memcpy(more, set->prefix, set->count * sizeof *more);
		set->prefix = more;
		set->room = room;
	}
	set->prefix[set->count++] = *prefix;
}

struct prefix_set prefix_set_none(struct arena *arena)
{
	return (struct prefix_set){.arena = arena};
}

struct prefix_set prefix_set_all(struct arena *arena)
{
	struct prefix_set set = {.arena = arena};
	prefix_set_put(&set, &(struct prefix){.family_len = 4});
	prefix_set_put(&set, &(struct prefix){.family_len = 16});
	return set;
}

static bool prefix_bit(const struct prefix *prefix, unsigned bit)
{
	return prefix->bytes[bit / 8] & (0x80u >> bit % 8);
}

bool prefix_set_covers(const struct prefix *a, const struct prefix *b)
{
	if (a->family_len != b->family_len || a->bits > b->bits)
		return false;
	for (unsigned bit = 0; bit < a->bits; bit++)
		if (prefix_bit(a, bit) != prefix_bit(b, bit))
			return false;
	return true;
}

/* Puts what `whole` has and `without` has not: `whole` is halved until a half is one or the other.
 */
static void prefix_set_put_rest(struct prefix_set *set, struct prefix whole,
				const struct prefix *without)
{
	if (prefix_set_covers(without, &whole))
		return;
	while (prefix_set_covers(&whole, without) && whole.bits < without->bits) {
		bool side = prefix_bit(without, whole.bits);
		struct prefix other = whole;
		uint8_t bit = (uint8_t)(0x80u >> whole.bits % 8);
		if (side)
			whole.bytes[whole.bits / 8] |= bit;
		else
			other.bytes[whole.bits / 8] |= bit;
		whole.bits++;
		other.bits++;
		prefix_set_put(set, &other);
	}
	if (!prefix_set_covers(without, &whole))
		prefix_set_put(set, &whole);
}

void prefix_set_remove(struct prefix_set *set, const struct prefix *prefix)
{
	struct prefix_set rest = {.arena = set->arena, .full = set->full};
	for (size_t i = 0; i < set->count; i++)
		prefix_set_put_rest(&rest, set->prefix[i], prefix);
	*set = rest;
}

/* Takes the other half out of the set, if it is there as such. */
static bool prefix_set_take_half(struct prefix_set *set, const struct prefix *half)
{
	struct prefix other = *half;
	if (half->bits == 0)
		return false;
	other.bytes[(half->bits - 1) / 8] ^= (uint8_t)(0x80u >> (half->bits - 1) % 8);
	for (size_t i = 0; i < set->count; i++) {
		if (set->prefix[i].bits == other.bits &&
		    prefix_set_covers(&set->prefix[i], &other)) {
			memmove(set->prefix + i, set->prefix + i + 1,
				(set->count - i - 1) * sizeof *set->prefix);
			set->count--;
			return true;
		}
	}
	return false;
}

/* Two halves become a whole. */
void prefix_set_add(struct prefix_set *set, const struct prefix *prefix)
{
	struct prefix whole = *prefix;
	if (prefix_set_holds(set, prefix))
		return;
	prefix_set_remove(set, prefix);
	while (prefix_set_take_half(set, &whole)) {
		whole.bits--;
		whole.bytes[whole.bits / 8] &= (uint8_t) ~(0x80u >> whole.bits % 8);
	}
	prefix_set_put(set, &whole);
}

/* The first and the last address of a prefix. */
static void prefix_set_ends(const struct prefix *prefix, uint8_t low[16], uint8_t high[16])
{
	memcpy(low, prefix->bytes, 16);
	memcpy(high, prefix->bytes, 16);
	for (unsigned bit = prefix->bits; bit < prefix->family_len * 8u; bit++)
		high[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
}

/* From above: what lies in the range whole is added, what lies in it in part is halved. */
void prefix_set_add_range(struct prefix_set *set, const struct prefix *first,
			  const struct prefix *last)
{
	struct prefix open[2 * 128 + 2] = {{.family_len = first->family_len}};
	size_t count = 1, len = first->family_len;
	while (count) {
		struct prefix one = open[--count];
		uint8_t low[16], high[16];
		prefix_set_ends(&one, low, high);
		if (memcmp(high, first->bytes, len) < 0 || memcmp(low, last->bytes, len) > 0)
			continue;
		if (memcmp(low, first->bytes, len) >= 0 && memcmp(high, last->bytes, len) <= 0) {
			prefix_set_add(set, &one);
			continue;
		}
		struct prefix other = one;
		other.bytes[one.bits / 8] |= (uint8_t)(0x80u >> one.bits % 8);
		one.bits++;
		other.bits++;
		open[count++] = other;
		open[count++] = one;
	}
}

void prefix_set_add_all(struct prefix_set *set, const struct prefix_set *other)
{
	for (size_t i = 0; i < other->count; i++)
		prefix_set_add(set, &other->prefix[i]);
	set->full |= other->full;
}

struct prefix_set prefix_set_both(const struct prefix_set *a, const struct prefix_set *b)
{
	struct prefix_set both = {.arena = a->arena, .full = a->full || b->full};
	for (size_t i = 0; i < a->count; i++) {
		for (size_t k = 0; k < b->count; k++) {
			if (prefix_set_covers(&a->prefix[i], &b->prefix[k]))
				prefix_set_put(&both, &b->prefix[k]);
			else if (prefix_set_covers(&b->prefix[k], &a->prefix[i]))
				prefix_set_put(&both, &a->prefix[i]);
		}
	}
	return both;
}

bool prefix_set_holds(const struct prefix_set *set, const struct prefix *prefix)
{
	struct prefix_set rest = {.arena = set->arena};
	prefix_set_put(&rest, prefix);
	for (size_t i = 0; i < set->count && rest.count; i++)
		prefix_set_remove(&rest, &set->prefix[i]);
	return rest.count == 0;
}

bool prefix_set_is_all(const struct prefix_set *set)
{
	return prefix_set_holds(set, &(struct prefix){.family_len = 4}) &&
	       prefix_set_holds(set, &(struct prefix){.family_len = 16});
}

bool prefix_set_equal(const struct prefix_set *a, const struct prefix_set *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (!prefix_set_holds(b, &a->prefix[i]))
			return false;
	for (size_t i = 0; i < b->count; i++)
		if (!prefix_set_holds(a, &b->prefix[i]))
			return false;
	return true;
}

const char *prefix_set_text(const struct prefix_set *set, size_t start, size_t count)
{
	char one[ADDR_TEXT_MAX];
	const char *text = "";
	for (size_t i = start; i < set->count && i < start + count; i++) {
		prefix_print(&set->prefix[i], one);
		bool is_single = !strchr(one, '/');
		text = is_single ? arena_print(set->arena, "%s%s%s/%u", text, *text ? "," : "", one,
					       set->prefix[i].bits)
				 : arena_print(set->arena, "%s%s%s", text, *text ? "," : "", one);
	}
	return text;
}
