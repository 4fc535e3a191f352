/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Condition variables whose waits end by the monotonic clock, so that a clock that is set moves no
 * thread. pthread_cond_signal, _broadcast and _destroy do the rest.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define CONDITION_FOREVER UINT64_MAX

/* Aborts if the system has none. */
void condition_init(pthread_cond_t *);

/* The time for condition_wait that is so many microseconds from now. */
uint64_t condition_after(uint64_t us);

/*
 * Waits with the lock held until the condition is signalled or clock_monotonic_us() is `until_us`
 * (CONDITION_FOREVER: never). False: the time has come. A wait may end for no reason: the caller
 * looks again at what it waits for.
 */
bool condition_wait(pthread_cond_t *, pthread_mutex_t *, uint64_t until_us);
