/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The order in which jobs wait for the writer. Each job is of a client, a 64-bit key within a
 * class; classes take turns with each other, and so do the clients of a class. The jobs of one
 * client keep their order.
 *
 * A turn is measured in time: who has used TURNS_QUANTUM_US waits until the others that have jobs
 * have used as much, so a client with one heavy job gets its next turn when the others have had
 * that long. Nothing is reserved: where nobody else waits, the next job runs at once. Clients are
 * kept in rounds of a wheel (deficit round robin, where a debt is a number of rounds), so that
 * putting and taking cost the same however many wait. Whose turn is later than the wheel's last
 * round waits there, and goes on from there.
 *
 * Bounds: TURNS_WAITING_MAX jobs of a client of the classes PROVED and FORGEABLE; as many jobs of
 * a class as the table in turns.c says, so that forged source addresses fill their own class alone;
 * clients that have jobs, and TURNS_DEBTORS_MAX in each class that have none and still owe time,
 * the oldest of which is forgotten first.
 *
 * One lock of the caller's around all calls (store/writer.c).
 */
#include "base/must_use.h"
#include "base/queue.h"

#define TURNS_WAITING_MAX 64
#define TURNS_QUANTUM_US  500
#define TURNS_ROUNDS      1024     /* of the wheel */
#define TURNS_DEBT_MAX_US 10000000 /* more is forgiven: so long a commit is the disk's */
#define TURNS_DEBTORS_MAX 1024

enum turns_class {
	TURNS_OWN,       /* the server's own work */
	TURNS_ADMIN,     /* what an administrator started */
	TURNS_PROVED,    /* clients whose key cannot be forged */
	TURNS_FORGEABLE, /* clients known by their address alone */
	TURNS_CLASSES
};

/* Whose job it is. All zero: the server's own. */
struct turns_key {
	enum turns_class class;
	uint64_t key;
};

enum turns_outcome {
	TURNS_PUT,
	TURNS_CLIENT_FULL, /* TURNS_WAITING_MAX jobs of the client wait */
	TURNS_CLASS_FULL,  /* too many jobs of the class wait, or there is no memory */
	TURNS_CLOSED,      /* the writer stops */
};

struct turns;
struct turns *turns_new(void);
/* Frees; the jobs are the caller's. */
void turns_free(struct turns *);

/* Adds a job, the item, which is the caller's again if it was not put. */
MUST_USE enum turns_outcome turns_put(struct turns *, const struct turns_key *,
				      struct queue_link *);
/* Takes the next job; NULL: none waits. */
MUST_USE struct queue_link *turns_take(struct turns *);
/* Says how long the job that was taken last has run. To be called before the next one is taken; a
 * job that was not run costs nothing. */
void turns_charge(struct turns *, uint64_t us);
/* Adds to what a client has used, whatever it does now: what its jobs cost beside their run. */
void turns_charge_more(struct turns *, const struct turns_key *, uint64_t us);
/* Takes all jobs of clients (PROVED and FORGEABLE) at once, linked; NULL: none waits. Not between
 * turns_take and turns_charge. */
struct queue_link *turns_drop_clients(struct turns *);
/* Takes no more jobs. Those that wait can still be taken. */
void turns_close(struct turns *);

size_t turns_waiting(const struct turns *);
/* How many jobs were not put, by the reason. */
uint64_t turns_refused(const struct turns *, enum turns_outcome);
/* Clients that are remembered, for tests. */
size_t turns_clients(const struct turns *);
