/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of nsupdate's commands: each message opens, each of its records has a line, and a fault has
 * a place. */
#include "dns/msg.h"
#include "dns/nsupdate.h"
#include <assert.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MESSAGES_MAX 20 /* a file of empty sends is long */

struct seen {
	size_t len;
	unsigned messages;
};

static bool check_message(void *context, const struct nsupdate_message *message)
{
	struct seen *seen = context;
	struct dns_msg msg;
	struct dns_msg_rr rr;
	uint8_t room[65535 + 2 * DNS_NAME_MAX];
	assert(dns_msg_open(&msg, message->packet) == DNS_NOERROR);
	assert(msg.opcode == DNS_OPCODE_UPDATE && msg.has_question && !msg.has_tsig);
	assert(dns_name_equal(&msg.qname, &message->zone));
	assert(msg.count[DNS_PREREQUISITE] == message->prerequisites->count);
	assert(msg.count[DNS_UPDATE] == message->updates->count);
	assert(message->prerequisites->count + message->updates->count > 0);
	assert(message->line >= 1 && message->line <= seen->len + 1);
	struct dns_msg_walk walk = dns_msg_walk(&msg, DNS_UPDATE);
	while (dns_msg_next(&walk, &rr)) {
		struct bytes_out out = bytes_out_of(room, sizeof room);
		if (rr.class != DNS_CLASS_ANY)
			assert(dns_msg_rdata(&msg, &rr, &out));
	}
	for (size_t i = 0; i < message->updates->count; i++)
		assert(message->updates->line[i] >= message->line);
	return ++seen->messages < MESSAGES_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct seen seen = {.len = len};
	struct nsupdate_reader reader = {.message = check_message, .context = &seen};
	unsigned line, column;
	if (nsupdate_read(&reader, (const char *)data, len)) {
		assert(!reader.error[0]);
		return 0;
	}
	assert(sscanf(reader.error, "%u:%u: ", &line, &column) == 2);
	assert(line >= 1 && line <= len + 1 && column >= 1 && column <= len + 1);
	return 0;
}
