/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Asks another server one question and waits for its answer: by UDP, from a socket that takes
 * packets of that server alone, then by TCP if the answer was cut. For a thread that may wait.
 */
#include "base/addr.h"
#include "dns/msg.h"

#define SHADOW_ASK_MS 1000 /* for UDP, and again for TCP */

/* Appends the answer, a message with the question's id, to `answer`, which should have room for
 * DNS_MESSAGE_MAX. False: there is none in time. */
bool shadow_ask(const struct addr *peer, const struct dns_name *name, uint16_t type,
		struct bytes_out *answer);
