/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/refusal_fold.h"
#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US      1000000ull
#define BUCKETS        1024
#define NOTE_ALIGNMENT 16   /* at least the arena's */
#define PRINCIPALS     1024 /* buckets of the quarter; two that share one share its budget */
/* An entry's head, digest and rows in the indexes, in bytes. */
#define ENTRY_COST 160u

enum width {
	EXACT,
	BY_PREFIX,
	WITHOUT_SOURCE,
	WITHOUT_PRINCIPAL,
	ALL_IN_ONE,
};

struct budget {
	uint64_t rate, burst; /* bytes a second, bytes */
	uint64_t at_us;       /* when it was filled last; 0: never, it is full */
	int64_t bytes;
};

/* What is folded into one; with a count of 0 it says that one was written in this second. */
struct fold {
	struct fold *next;
	uint8_t digest[DIGEST_LEN];
	enum width width;
	uint64_t second; /* when one was written, or this began */
	uint32_t count, nameless;
	uint64_t first_us, last_us;
	struct refusal_note *note; /* the first; NULL while the count is 0 */
	struct dns_name names[REFUSAL_NAMES_MAX];
	size_t name_count;
};

struct kind {
	struct budget budget;
	struct fold *folds[BUCKETS];
	size_t count;
	enum width width; /* how wide new ones are folded */
};

struct refusal_folds {
	struct kind kinds[2]; /* unsigned, signed */
	struct budget principals[PRINCIPALS];
};

/* --- notes */

static size_t names_room(const char *names)
{
	const char *at = names;
	while (at && *at)
		at += strlen(at) + 1;
	return at ? (size_t)(at - names) + 1 + NOTE_ALIGNMENT : 0;
}

static const char *text_copy(struct arena *arena, const char *text)
{
	return text ? arena_text(arena, text, strlen(text)) : NULL;
}

/* What arena_alloc takes for it. */
static size_t note_text_room(const char *text)
{
	return text ? strlen(text) + 1 + NOTE_ALIGNMENT : 0;
}

struct refusal_note *refusal_note_new(const struct refusal *refusal, uint64_t now_us)
{
	struct refusal_note *note = calloc(1, sizeof *note);
	assert(note);
	note->refusal = *refusal;
	/* Tens of thousands may be kept at a time. */
	arena_begin(&note->arena,
		    note_text_room(refusal->principal) + note_text_room(refusal->key) +
			    note_text_room(refusal->subject) + note_text_room(refusal->reason) +
			    note_text_room(refusal->owner) + note_text_room(refusal->rule) +
			    names_room(refusal->names));
	note->refusal.principal = text_copy(&note->arena, refusal->principal);
	note->refusal.key = text_copy(&note->arena, refusal->key);
	note->refusal.subject = text_copy(&note->arena, refusal->subject);
	note->refusal.reason = text_copy(&note->arena, refusal->reason);
	note->refusal.owner = text_copy(&note->arena, refusal->owner);
	note->refusal.rule = text_copy(&note->arena, refusal->rule);
	if (refusal->names)
		note->refusal.names = arena_text(&note->arena, refusal->names,
						 names_room(refusal->names) - NOTE_ALIGNMENT);
	note->when.now_us = now_us;
	return note;
}

void refusal_note_free(struct refusal_note *note)
{
	if (!note)
		return;
	arena_free(&note->arena);
	free(note);
}

/* --- budgets */

static void budget_fill(struct budget *budget, uint64_t now_us)
{
	if (!budget->at_us)
		budget->bytes = (int64_t)budget->burst;
	if (now_us > budget->at_us && budget->at_us) {
		uint64_t us = now_us - budget->at_us;
		uint64_t most = 2 * budget->burst / budget->rate * SECOND_US;
		budget->bytes += (int64_t)((us < most ? us : most) * budget->rate / SECOND_US);
	}
	if (budget->bytes > (int64_t)budget->burst)
		budget->bytes = (int64_t)budget->burst;
	/* A clock that went back begins anew. Less than a byte is not lost. */
	if (!budget->at_us || now_us < budget->at_us ||
	    (now_us - budget->at_us) * budget->rate >= SECOND_US)
		budget->at_us = now_us;
}

static size_t length_of(const char *text)
{
	return text ? strlen(text) : 0;
}

/* With the rows of an index. */
static size_t names_cost(const char *names)
{
	size_t cost = 0;
	for (const char *at = names; at && *at; at += strlen(at) + 1)
		cost += strlen(at) + 40;
	return cost;
}

static int64_t cost_of(const struct refusal *refusal)
{
	return (int64_t)(names_cost(refusal->names) + ENTRY_COST + refusal->zone.len +
			 length_of(refusal->principal) + length_of(refusal->key) +
			 length_of(refusal->subject) + length_of(refusal->reason) +
			 length_of(refusal_word(refusal->code)) + length_of(refusal->owner) +
			 length_of(refusal->rule));
}

/* That of a principal whose signature was verified. */
static struct budget *budget_of(struct refusal_folds *folds, const struct refusal *refusal)
{
	uint8_t digest[DIGEST_LEN];
	struct bytes text = bytes_of(refusal->principal, length_of(refusal->principal));
	digest_sha256(&text, 1, digest);
	struct budget *budget = &folds->principals[digest_place(digest, PRINCIPALS)];
	budget->rate = REFUSAL_SIGNED_RATE / REFUSAL_PRINCIPAL_PART;
	budget->burst = REFUSAL_BURST / REFUSAL_PRINCIPAL_PART;
	return budget;
}

/* True: there was room, and it is paid. `must`: it is paid whether there was room or not. */
static bool refusal_fold_pay(struct refusal_folds *folds, const struct refusal *refusal,
			     int64_t cost, uint64_t now_us, bool must)
{
	struct budget *all = &folds->kinds[refusal->is_signed].budget;
	struct budget *own = refusal->is_signed ? budget_of(folds, refusal) : NULL;
	budget_fill(all, now_us);
	if (own)
		budget_fill(own, now_us);
	if (!must && (all->bytes < cost || (own && own->bytes < cost)))
		return false;
	all->bytes -= cost;
	if (own)
		own->bytes -= cost;
	return true;
}

/* --- the table */

static struct addr refusal_fold_source_of(const struct addr *source, enum width width)
{
	struct addr wide = *source;
	if (width >= WITHOUT_SOURCE || !source->len)
		return (struct addr){0};
	if (width == BY_PREFIX && wide.any.sa_family == AF_INET)
		wide.v4.sin_addr.s_addr &= htonl(0xffffff00);
	else if (width == BY_PREFIX)
		memset(wide.v6.sin6_addr.s6_addr + 7, 0, 9);
	return wide;
}

static void refusal_fold_digest_of(const struct refusal *refusal, enum width width,
				   uint8_t digest[DIGEST_LEN])
{
	static const char empty[] = "";
	char host[ADDR_TEXT_MAX] = "";
	struct addr source = refusal_fold_source_of(&refusal->source, width);
	if (source.len)
		addr_print_host(&source, host);
	const char *principal = refusal->principal ? refusal->principal : empty;
	const char *key = refusal->key ? refusal->key : empty;
	bool has_principal = width < WITHOUT_PRINCIPAL;
	uint8_t head[] = {(uint8_t)width, (uint8_t)refusal->event, (uint8_t)refusal->code};
	struct bytes pieces[] = {
		bytes_of(head, width == ALL_IN_ONE ? 1 : sizeof head),
		bytes_of(refusal->zone.wire, refusal->has_zone ? refusal->zone.len : 0),
		bytes_of(principal, has_principal ? strlen(principal) + 1 : 0),
		bytes_of(key, has_principal ? strlen(key) + 1 : 0),
		bytes_of(host, strlen(host)),
	};
	digest_sha256(pieces, width == ALL_IN_ONE ? 1 : sizeof pieces / sizeof *pieces, digest);
}

static struct fold **fold_slot(struct kind *kind, const uint8_t digest[DIGEST_LEN])
{
	struct fold **slot = &kind->folds[digest_place(digest, BUCKETS)];
	while (*slot && memcmp((*slot)->digest, digest, DIGEST_LEN) != 0)
		slot = &(*slot)->next;
	return slot;
}

static struct fold *fold_new(struct kind *kind, struct fold **slot, enum width width,
			     const uint8_t digest[DIGEST_LEN])
{
	struct fold *fold = calloc(1, sizeof *fold);
	assert(fold);
	memcpy(fold->digest, digest, DIGEST_LEN);
	fold->width = width;
	*slot = fold;
	kind->count++;
	return fold;
}

static void fold_drop(struct kind *kind, struct fold **slot)
{
	struct fold *fold = *slot;
	*slot = fold->next;
	kind->count--;
	refusal_note_free(fold->note);
	free(fold);
}

static bool subject_name(const char *subject, struct dns_name *name)
{
	return subject && !dns_name_parse(name, subject, strcspn(subject, " "), NULL);
}

static bool fold_holds(const struct fold *fold, const struct dns_name *name)
{
	for (size_t i = 0; i < fold->name_count; i++)
		if (dns_name_equal(&fold->names[i], name))
			return true;
	return false;
}

/* False: there are too many. */
static bool fold_add_name(struct fold *fold, const struct dns_name *name)
{
	if (fold_holds(fold, name))
		return true;
	if (fold->name_count == REFUSAL_NAMES_MAX)
		return false;
	fold->names[fold->name_count++] = *name;
	return true;
}

/* What the first says that is not so of all. */
static void note_widen(struct refusal_note *note, enum width width)
{
	struct refusal *refusal = &note->refusal;
	char host[ADDR_TEXT_MAX];
	if (width == EXACT)
		return;
	refusal->source = refusal_fold_source_of(&refusal->source, width);
	refusal->owner = refusal->rule = NULL;
	if (width == BY_PREFIX && refusal->source.len) {
		addr_print_host(&refusal->source, host);
		refusal->reason = arena_print(&note->arena, "%s (folded: from %s/%d)",
					      refusal->reason ? refusal->reason : "refused", host,
					      refusal->source.any.sa_family == AF_INET ? 24 : 56);
		return;
	}
	refusal->message_id = 0;
	if (width >= WITHOUT_PRINCIPAL) {
		refusal->principal = NULL;
		refusal->key = NULL;
	}
	if (width == ALL_IN_ONE) {
		refusal->has_zone = false;
		refusal->code = REFUSAL_NO_CODE;
		refusal->event = REFUSAL_UPDATE_DENIED;
		refusal->reason = "folded: too many different refusals";
		return;
	}
	refusal->reason = arena_print(&note->arena, "%s (folded: from several addresses)",
				      refusal->reason ? refusal->reason : "refused");
}

static void fold_add(struct fold *fold, const struct refusal *refusal, uint64_t now_us)
{
	struct dns_name name;
	if (!fold->count) {
		fold->note = refusal_note_new(refusal, now_us);
		note_widen(fold->note, fold->width);
		fold->first_us = fold->last_us = now_us;
	}
	fold->count++;
	fold->first_us = now_us < fold->first_us ? now_us : fold->first_us;
	fold->last_us = now_us > fold->last_us ? now_us : fold->last_us;
	bool has_room = subject_name(refusal->subject, &name) && fold_add_name(fold, &name);
	for (const char *at = refusal->names; at && *at; at += strlen(at) + 1)
		has_room = !dns_name_parse(&name, at, strlen(at), NULL) &&
			   fold_add_name(fold, &name) && has_room;
	fold->nameless += !has_room || refusal->has_more_names;
}

/* What was folded into `from`, into a wider one. */
static void fold_merge(struct fold *into, const struct fold *from)
{
	if (!into->count) {
		into->note = refusal_note_new(&from->note->refusal, from->first_us);
		note_widen(into->note, into->width);
		into->first_us = from->first_us;
		into->second = from->second;
	}
	into->count += from->count;
	into->nameless += from->nameless;
	into->first_us = from->first_us < into->first_us ? from->first_us : into->first_us;
	into->last_us = from->last_us > into->last_us ? from->last_us : into->last_us;
	/* Of a name that does not fit, one is missing at least. */
	for (size_t i = 0; i < from->name_count; i++)
		into->nameless += !fold_add_name(into, &from->names[i]);
}

/* All that is folded more narrowly goes into wider ones; what only marks a second goes. */
static void kind_widen(struct kind *kind)
{
	struct fold *narrow = NULL;
	kind->width++;
	for (size_t i = 0; i < BUCKETS; i++) {
		struct fold **slot = &kind->folds[i];
		while (*slot) {
			struct fold *fold = *slot;
			*slot = fold->next;
			fold->next = narrow;
			narrow = fold;
		}
	}
	kind->count = 0;
	for (struct fold *fold = narrow, *next; fold; fold = next) {
		uint8_t digest[DIGEST_LEN];
		next = fold->next;
		if (fold->count) {
			refusal_fold_digest_of(&fold->note->refusal, kind->width, digest);
			struct fold **slot = fold_slot(kind, digest);
			fold_merge(*slot ? *slot : fold_new(kind, slot, kind->width, digest), fold);
		}
		refusal_note_free(fold->note);
		free(fold);
	}
}

/* Makes room: what only marks a second goes, unless half or more of all wait to be written. */
static void kind_make_room(struct kind *kind)
{
	size_t waiting = 0;
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct fold *fold = kind->folds[i]; fold; fold = fold->next)
			waiting += fold->count > 0;
	if (waiting >= REFUSAL_FOLDS_MAX / 2) {
		kind_widen(kind);
		return;
	}
	for (size_t i = 0; i < BUCKETS; i++) {
		struct fold **slot = &kind->folds[i];
		while (*slot) {
			if ((*slot)->count)
				slot = &(*slot)->next;
			else
				fold_drop(kind, slot);
		}
	}
}

/* --- in and out */

struct refusal_folds *refusal_folds_new(void)
{
	struct refusal_folds *folds = calloc(1, sizeof *folds);
	assert(folds);
	folds->kinds[false].budget =
		(struct budget){.rate = REFUSAL_UNSIGNED_RATE, .burst = REFUSAL_BURST};
	folds->kinds[true].budget =
		(struct budget){.rate = REFUSAL_SIGNED_RATE, .burst = REFUSAL_BURST};
	return folds;
}

void refusal_folds_free(struct refusal_folds *folds)
{
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < BUCKETS; j++)
			while (folds->kinds[i].folds[j])
				fold_drop(&folds->kinds[i], &folds->kinds[i].folds[j]);
	free(folds);
}

bool refusal_folds_take_late(struct refusal_folds *folds, const struct refusal *refusal,
			     uint64_t at_us, uint64_t now_us)
{
	uint8_t digest[DIGEST_LEN];
	uint64_t second = now_us / SECOND_US;
	struct kind *kind = &folds->kinds[refusal->is_signed];
	refusal_fold_digest_of(refusal, kind->width, digest);
	struct fold **slot = fold_slot(kind, digest);
	bool is_quiet = !*slot || ((*slot)->count == 0 && (*slot)->second != second);
	while (!*slot && kind->count >= REFUSAL_FOLDS_MAX) {
		kind_make_room(kind);
		refusal_fold_digest_of(refusal, kind->width, digest);
		slot = fold_slot(kind, digest);
		is_quiet = !*slot;
	}
	struct fold *fold = *slot ? *slot : fold_new(kind, slot, kind->width, digest);
	if (is_quiet)
		fold->second = second;
	if (is_quiet && kind->width == EXACT &&
	    refusal_fold_pay(folds, refusal, cost_of(refusal), now_us, false))
		return true;
	fold_add(fold, refusal, at_us);
	return false;
}

bool refusal_folds_take(struct refusal_folds *folds, const struct refusal *refusal, uint64_t now_us)
{
	return refusal_folds_take_late(folds, refusal, now_us, now_us);
}

void refusal_folds_charge(struct refusal_folds *folds, const struct refusal *refusal,
			  uint64_t now_us)
{
	refusal_fold_pay(folds, refusal, cost_of(refusal), now_us, true);
}

/* The names but that of the subject, which stands first. */
static void note_set_names(struct refusal_note *note, const struct fold *fold)
{
	char text[DNS_NAME_TEXT_MAX];
	size_t room = 1;
	struct dns_name first;
	bool has_first = subject_name(note->refusal.subject, &first);
	for (size_t i = 0; i < fold->name_count; i++)
		room += strlen(dns_name_show(&fold->names[i], text)) + 1;
	struct bytes_out out = bytes_out_of(arena_alloc(&note->arena, room), room);
	for (size_t i = 0; i < fold->name_count; i++) {
		if (has_first && dns_name_equal(&first, &fold->names[i]))
			continue;
		dns_name_show(&fold->names[i], text);
		bytes_out_put(&out, text, strlen(text) + 1);
	}
	bytes_out_u8(&out, 0);
	note->when.names = bytes_out_len(&out) > 1 ? (const char *)out.start : NULL;
}

/* What was folded, as a note; the fold marks the second of the last. */
static struct refusal_note *fold_take(struct fold *fold, uint64_t now_us)
{
	struct refusal_note *note = fold->note;
	note->when = (struct refusal_when){
		.now_us = now_us,
		.folded = fold->count - 1,
		.nameless = fold->nameless,
		.first_us = fold->count > 1 ? fold->first_us : 0,
		.last_us = fold->count > 1 ? fold->last_us : 0,
	};
	if (fold->count == 1)
		note->when.now_us = fold->first_us;
	note_set_names(note, fold);
	fold->note = NULL;
	fold->count = fold->nameless = 0;
	fold->name_count = 0;
	fold->second = fold->last_us / SECOND_US;
	return note;
}

static int64_t fold_cost(const struct fold *fold)
{
	int64_t cost = cost_of(&fold->note->refusal);
	for (size_t i = 1; i < fold->name_count; i++)
		cost += fold->names[i].len + 40;
	return cost;
}

static struct refusal_note *kind_due(struct refusal_folds *folds, struct kind *kind,
				     uint64_t now_us, bool is_all)
{
	struct refusal_note *notes = NULL;
	size_t left = 0;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct fold **slot = &kind->folds[i]; *slot;) {
			struct fold *fold = *slot;
			bool is_over = fold->second < now_us / SECOND_US || is_all;
			if (fold->count && is_over &&
			    refusal_fold_pay(folds, &fold->note->refusal, fold_cost(fold), now_us,
					     is_all)) {
				struct refusal_note *note = fold_take(fold, now_us);
				note->next = notes;
				notes = note;
			} else if (!fold->count && is_over) {
				fold_drop(kind, slot);
				continue;
			}
			left += fold->count && is_over;
			slot = &fold->next;
		}
	}
	if (left == 0)
		kind->width = EXACT;
	else if (left > REFUSAL_FOLDS_PRESSURE && kind->width < ALL_IN_ONE)
		kind_widen(kind);
	return notes;
}

static struct refusal_note *notes_join(struct refusal_note *first, struct refusal_note *second)
{
	struct refusal_note **end = &first;
	while (*end)
		end = &(*end)->next;
	*end = second;
	return first;
}

/* When it happened, or the last that is folded into it did. */
static uint64_t note_at(const struct refusal_note *note)
{
	return note->when.last_us ? note->when.last_us : note->when.now_us;
}

static int note_compare(const void *a, const void *b)
{
	const struct refusal_note *const *left = a, *const *right = b;
	return (note_at(*left) > note_at(*right)) - (note_at(*left) < note_at(*right));
}

/* The table has them in the order of their digests. */
static struct refusal_note *notes_sort(struct refusal_note *notes)
{
	struct refusal_note *all[2 * REFUSAL_FOLDS_MAX], *sorted = NULL;
	size_t count = 0;
	for (struct refusal_note *note = notes; note; note = note->next) {
		assert(count < sizeof all / sizeof *all);
		all[count++] = note;
	}
	if (count)
		qsort(all, count, sizeof *all, note_compare);
	while (count > 0) {
		all[--count]->next = sorted;
		sorted = all[count];
	}
	return sorted;
}

struct refusal_note *refusal_folds_due(struct refusal_folds *folds, uint64_t now_us, bool is_all)
{
	struct refusal_note *of_signed = kind_due(folds, &folds->kinds[true], now_us, is_all);
	return notes_sort(
		notes_join(of_signed, kind_due(folds, &folds->kinds[false], now_us, is_all)));
}

struct refusal_note *refusal_folds_named(struct refusal_folds *folds, const struct dns_name *name,
					 uint64_t now_us)
{
	struct refusal_note *notes = NULL;
	for (size_t i = 0; i < 2 * BUCKETS; i++) {
		struct fold *fold = folds->kinds[i / BUCKETS].folds[i % BUCKETS];
		for (; fold; fold = fold->next) {
			if (!fold->count || !fold_holds(fold, name))
				continue;
			refusal_fold_pay(folds, &fold->note->refusal, fold_cost(fold), now_us,
					 true);
			struct refusal_note *note = fold_take(fold, now_us);
			note->next = notes;
			notes = note;
		}
	}
	return notes;
}

void refusal_folds_nameless(const struct refusal_folds *folds, const struct dns_name *zone,
			    struct refusal_nameless *nameless)
{
	for (size_t i = 0; i < 2 * BUCKETS; i++) {
		const struct fold *fold = folds->kinds[i / BUCKETS].folds[i % BUCKETS];
		for (; fold; fold = fold->next)
			if (fold->count && fold->nameless && fold->note->refusal.has_zone &&
			    dns_name_equal(&fold->note->refusal.zone, zone))
				refusal_nameless_add(nameless, fold->nameless, fold->first_us,
						     fold->last_us);
	}
}

size_t refusal_folds_count(const struct refusal_folds *folds)
{
	return folds->kinds[0].count + folds->kinds[1].count;
}
