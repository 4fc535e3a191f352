/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/answer.h"
#include <assert.h>

#define UDP_SIZE_PLAIN 512 /* RFC 1035 4.2.1 */
#define EDE_HEAD       6   /* RFC 8914 2: option, length, code */

struct dns_reply_opt answer_opt(const struct core *core, const struct dns_msg *msg, unsigned rcode)
{
	struct dns_reply_opt opt = {
		.udp_size = core->udp_size,
		.rcode = rcode,
		.wants_dnssec = msg->edns.wants_dnssec,
	};
	if (msg->edns.wants_nsid)
		opt.nsid = bytes_of(core->server_id, strlen(core->server_id));
	return opt;
}

static struct dns_reply_opt opt_of(const struct answer *answer)
{
	struct dns_reply_opt opt =
		answer_opt(answer->request->core, answer->request->msg, answer->rcode);
	opt.ede = answer->ede;
	if (answer->ede)
		opt.ede_text = bytes_of(answer->ede_text, strlen(answer->ede_text));
	return opt;
}

/* The most that OPT and TSIG can take. An update may be told why: its answer has no records. */
static size_t reserve_of(struct answer *answer)
{
	size_t reserve = identity_reserve(answer->request->identity);
	if (!answer->request->msg->edns.is_present)
		return reserve;
	struct dns_reply_opt opt = opt_of(answer);
	if (answer->request->msg->opcode == DNS_OPCODE_UPDATE)
		reserve += EDE_HEAD + ANSWER_EDE_TEXT_MAX - 1;
	return reserve + dns_reply_opt_size(&opt);
}

size_t answer_limit(const struct request *request)
{
	if (request->transport != ENTRY_UDP)
		return DNS_MESSAGE_MAX;
	if (!request->msg->edns.is_present || request->msg->edns.udp_size <= UDP_SIZE_PLAIN)
		return UDP_SIZE_PLAIN;
	uint16_t ours = request->core->udp_size;
	return request->msg->edns.udp_size < ours ? request->msg->edns.udp_size : ours;
}

void answer_start(struct answer *answer, const struct request *request, struct bytes_out *out)
{
	assert(request->core && request->msg && request->identity && bytes_out_len(out) == 0);
	answer->request = request;
	answer->out = out;
	answer->rcode = DNS_NOERROR;
	answer->zone_id = 0;
	answer->ede = 0;
	answer->ede_text[0] = '\0';
	size_t reserve = reserve_of(answer);
	dns_reply_start(&answer->reply, request->msg, *out, answer_limit(request), reserve);
}

void answer_only(struct answer *answer, unsigned rcode)
{
	/* Truncation is how dns/reply throws records away; what it says is taken back. */
	dns_reply_truncate(&answer->reply);
	answer->reply.flags &= (uint16_t) ~(DNS_FLAG_TC | DNS_FLAG_AA);
	answer->rcode = rcode;
}

void answer_prohibit(struct answer *answer, const char *why)
{
	size_t len = 0;
	for (; len < ANSWER_EDE_TEXT_MAX - 1 && why[len]; len++)
		answer->ede_text[len] = why[len] >= ' ' && why[len] <= '~' ? why[len] : '?';
	answer->ede_text[len] = '\0';
	bool has_room = answer->request->msg->opcode == DNS_OPCODE_UPDATE ||
			dns_reply_reserve(&answer->reply, EDE_HEAD + len);
	answer->ede = has_room ? DNS_EDE_PROHIBITED : 0;
}

void answer_finish(struct answer *answer, struct keyring *keyring, uint64_t now)
{
	struct dns_reply *reply = &answer->reply;
	struct stats *stats = &answer->request->core->stats;
	dns_reply_set_rcode(reply, answer->rcode & 0xf);
	if (answer->request->msg->edns.is_present) {
		struct dns_reply_opt opt = opt_of(answer);
		dns_reply_opt(reply, &opt);
	}
	if (reply->flags & DNS_FLAG_TC)
		stats_add(stats, STATS_TRUNCATED);
	stats_add_rcode(stats, answer->rcode);
	struct bytes written = dns_reply_finish(reply);
	struct bytes_out *out = answer->out;
	size_t len = identity_sign(answer->request->identity, keyring, out->start, written.len,
				   (size_t)(out->end - out->start), now);
	bytes_out_room(out, len);
}
