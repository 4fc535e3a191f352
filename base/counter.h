/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A number that one thread adds to and others read: without the lock of the bus that an atomic
 * addition takes. Of a number that several threads add to see nameserver/stats.h.
 */
#include <stdatomic.h>
#include <stdint.h>

static inline uint64_t counter_get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* The one thread. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, counter_get(counter) + n, memory_order_relaxed);
}
