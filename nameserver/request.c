/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/request.h"
#include "nameserver/asker.h"
#include "nameserver/dispatch.h"
#include <assert.h>

bool request_is_signed(const struct request *request)
{
	return request->who->kind != WHO_ANONYMOUS;
}

struct policy_asker request_asker(const struct request *request)
{
	return asker_of(request->core, &request->by->snapshot, request->who, request->source,
			request->transport == ENTRY_TCP);
}

void request_keep(struct request_kept *kept, const struct request *request, uint8_t *packet)
{
	struct bytes bytes = request->msg->packet;
	memcpy(packet, bytes.data, bytes.len);
	enum dns_rcode rcode = dns_msg_open(&kept->msg, bytes_of(packet, bytes.len));
	assert(rcode == DNS_NOERROR); /* it was opened before */
	kept->core = request->core;
	kept->identity = *request->identity;
	identity_keep(&kept->identity);
	kept->who = *request->who;
	kept->source = *request->source;
	kept->transport = request->transport;
}

struct policy_asker request_kept_asker(const struct request_kept *kept,
				       const struct snapshot *snapshot)
{
	return asker_of(kept->core, snapshot, &kept->who, &kept->source,
			kept->transport == ENTRY_TCP);
}

void request_kept_end(struct request_kept *kept)
{
	identity_wipe(&kept->identity);
}

struct request request_again(const struct request_kept *kept, struct dispatcher *by)
{
	return (struct request){
		.core = kept->core,
		.by = by,
		.msg = &kept->msg,
		.identity = &kept->identity,
		.who = &kept->who,
		.source = &kept->source,
		.transport = kept->transport,
		.now = clock_now(&kept->core->clock),
	};
}
