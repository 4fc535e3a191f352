/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one message may ask of the writer: how many names it may name, how many steps it may take,
 * and each name that its prerequisites name is read once. Names are compared once, when they are
 * numbered: comparing names of a hundred labels is what a sort of them would be made of.
 */
#include "acl/rule_memo.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"

struct rule_memo *update_memo_of(struct update_run *run)
{
	struct rule_memo *memo = arena_zero(run->arena, sizeof *memo);
	memo->arena = run->arena;
	memo->steps = &run->steps;
	return memo;
}

/* A name of the message. */
struct work_name {
	struct hash_link link;
	const struct dns_name *name;
	size_t number;
};

static bool work_name_is(const struct hash_link *link, const void *key)
{
	return dns_name_equal(container_of(link, const struct work_name, link)->name, key);
}

/* Among the first; `names.count`: it is not one of them. */
static size_t work_find_few(const struct update_names *names, const struct dns_name *name)
{
	for (size_t i = 0; i < UPDATE_NAMES_FEW && i < names->count; i++)
		if (dns_name_equal(names->few[i], name))
			return i;
	return names->count;
}

static size_t work_find_more(const struct update_names *names, const struct dns_name *name,
			     uint64_t hash)
{
	struct hash_link *link = hash_table_find(&names->more, hash, work_name_is, name);
	return link ? container_of(link, struct work_name, link)->number : names->count;
}

size_t update_number_of(const struct update_run *run, const struct dns_name *name)
{
	const struct update_names *names = &run->names;
	size_t number = work_find_few(names, name);
	return number < names->count || names->more.count == 0
		       ? number
		       : work_find_more(names, name, dns_name_hash_secret(name));
}

static size_t work_number(struct update_run *run, const struct dns_name *name)
{
	struct update_names *names = &run->names;
	size_t number = work_find_few(names, name);
	if (number < names->count)
		return number;
	if (names->count < UPDATE_NAMES_FEW) {
		names->few[number] = name;
		return names->count++;
	}
	uint64_t hash = dns_name_hash_secret(name);
	number = work_find_more(names, name, hash);
	if (number < names->count)
		return number;
	struct work_name *made = arena_alloc(run->arena, sizeof *made);
	made->name = name;
	made->number = number;
	hash_table_put(&names->more, &made->link, hash);
	return names->count++;
}

void update_number_names(struct update_run *run)
{
	struct update_rrs *sections[] = {&run->prerequisites, &run->changes};
	const struct update_rr *before = NULL;
	run->names = (struct update_names){.more.arena = run->arena};
	for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
		for (size_t i = 0; i < sections[s]->count; i++) {
			struct update_rr *rr = &sections[s]->rr[i];
			/* Records of a name mostly stand together. */
			bool is_same = before && dns_name_equal(&before->name, &rr->name);
			rr->number = is_same ? before->number : work_number(run, &rr->name);
			before = rr;
		}
	}
}

bool update_is_too_much(struct update_run *run)
{
	if (run->names.count <= UPDATE_NAMES_MAX)
		return false;
	run->code = REFUSAL_TOO_MUCH;
	run->reason = arena_print(run->arena,
				  "too much for one message: it names %zu names, at most %d; send "
				  "it in parts",
				  run->names.count, UPDATE_NAMES_MAX);
	run->ede_text = "too much for one message";
	return true;
}

size_t update_steps(const struct update_run *run)
{
	return run->steps + (run->edit ? edit_steps(run->edit) : 0);
}

bool update_has_too_many_steps(const struct update_run *run)
{
	return update_steps(run) > UPDATE_STEPS_MAX;
}

static enum dns_rcode work_refuse(struct update_run *run, const struct update_objection *objection)
{
	run->code = REFUSAL_TOO_MUCH;
	run->reason = arena_print(run->arena,
				  "too much for one message: %zu steps of work until here, at most "
				  "%d; send it in parts",
				  update_steps(run), UPDATE_STEPS_MAX);
	run->ede_text = "too much for one message";
	update_goes_on(run, objection); /* a trial is told, but ends as well */
	return DNS_REFUSED;
}

enum dns_rcode update_refuse_steps(struct update_run *run, const struct update_rr *rr)
{
	run->subject = update_subject(run->arena, &rr->name, rr->type);
	return work_refuse(run, &(struct update_objection){.asked = rr, .rcode = DNS_REFUSED});
}

enum dns_rcode update_refuse_steps_at(struct update_run *run, const struct edit_change *edited)
{
	const struct change *change = &edited->change;
	run->subject = update_subject(run->arena, &change->name, change->type);
	return work_refuse(run, &(struct update_objection){.edited = edited, .rcode = DNS_REFUSED});
}

enum dns_rcode update_read_prerequisites(struct update_run *run)
{
	const struct update_rrs *all = &run->prerequisites;
	size_t count = run->names.count;
	struct node *nodes = arena_alloc(run->arena, (count + 1) * sizeof *nodes);
	bool *is_read = arena_zero(run->arena, count + 1);
	run->stored = arena_zero(run->arena, (count + 1) * sizeof(struct node *));
	for (size_t i = 0; i < all->count; i++) {
		const struct update_rr *rr = &all->rr[i];
		struct node *node = &nodes[rr->number];
		if (is_read[rr->number])
			continue;
		is_read[rr->number] = true;
		run->names_read++;
		run->steps += UPDATE_NAME_STEPS;
		if (!lookup_node(run->txn, run->zone, &rr->name, node))
			continue;
		run->stored[rr->number] = node;
		run->steps += node->rrsets.len / UPDATE_STEP_BYTES;
		if (update_has_too_many_steps(run))
			return update_refuse_steps(run, rr);
	}
	return DNS_NOERROR;
}
