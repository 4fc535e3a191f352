/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one message may ask of the writer: how many names it may name, and each name that its
 * prerequisites name is read once.
 */
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"
#include <stdlib.h>

static int work_compare(const void *a, const void *b)
{
	const struct update_rr *x = *(const struct update_rr *const *)a;
	const struct update_rr *y = *(const struct update_rr *const *)b;
	return dns_name_compare(&x->name, &y->name);
}

/* Sorted by name: names of clients cannot collide in a sort. */
static const struct update_rr **work_sort(const struct update_run *run, size_t *count)
{
	const struct update_rrs *sections[] = {&run->prerequisites, &run->changes};
	const struct update_rr **all =
		arena_alloc(run->arena, (run->prerequisites.count + run->changes.count + 1) *
						sizeof(struct update_rr *));
	*count = 0;
	for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
		for (size_t i = 0; i < sections[s]->count; i++)
			all[(*count)++] = &sections[s]->rr[i];
	qsort(all, *count, sizeof(struct update_rr *), work_compare);
	return all;
}

bool update_is_too_much(struct update_run *run)
{
	size_t count, names = 0;
	if (run->prerequisites.count + run->changes.count <= UPDATE_NAMES_MAX)
		return false;
	const struct update_rr **all = work_sort(run, &count);
	for (size_t i = 0; i < count; i++)
		names += i == 0 || !dns_name_equal(&all[i]->name, &all[i - 1]->name);
	if (names <= UPDATE_NAMES_MAX)
		return false;
	run->code = REFUSAL_TOO_MUCH;
	run->reason =
		arena_print(run->arena, "too much for one message: it names %zu names, at most %d",
			    names, UPDATE_NAMES_MAX);
	run->ede_text = "too much for one message";
	return true;
}

size_t update_steps(const struct update_run *run)
{
	return edit_steps(run->edit) + (run->sight ? run->sight->hosts->steps : 0);
}

enum dns_rcode update_refuse_steps(struct update_run *run, const struct update_rr *rr)
{
	run->code = REFUSAL_TOO_MUCH;
	run->subject = update_subject(run->arena, &rr->name, rr->type);
	run->reason = arena_print(run->arena,
				  "too much for one message: more than %d comparisons of records",
				  UPDATE_STEPS_MAX);
	run->ede_text = "too much for one message";
	return DNS_REFUSED;
}

void update_read_prerequisites(struct update_run *run)
{
	const struct update_rrs *all = &run->prerequisites;
	const struct update_rr **sorted =
		arena_alloc(run->arena, (all->count + 1) * sizeof(struct update_rr *));
	run->stored = arena_zero(run->arena, (all->count + 1) * sizeof(struct node *));
	for (size_t i = 0; i < all->count; i++)
		sorted[i] = &all->rr[i];
	if (all->count > 1)
		qsort(sorted, all->count, sizeof(struct update_rr *), work_compare);
	const struct node *found = NULL;
	for (size_t i = 0; i < all->count; i++) {
		if (i == 0 || !dns_name_equal(&sorted[i]->name, &sorted[i - 1]->name)) {
			struct node *node = arena_alloc(run->arena, sizeof *node);
			run->names_read++;
			found = lookup_node(run->txn, run->zone, &sorted[i]->name, node) ? node
											 : NULL;
		}
		run->stored[sorted[i] - all->rr] = found;
	}
}
