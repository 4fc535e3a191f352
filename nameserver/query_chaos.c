/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/memory.h"
#include "nameserver/query.h"

/* The questions that people ask of a server about itself (RFC 4892). */
static const struct {
	const char *name;
	size_t text; /* offset of the answer in the core */
} questions[] = {
	{"version.bind", offsetof(struct core, version)},
	{"version.server", offsetof(struct core, version)},
	{"id.server", offsetof(struct core, server_id)},
	{"hostname.bind", offsetof(struct core, server_id)},
};

/* What a probe asks: whether this server answers, and takes updates. It says no more than their
 * answers would. */
#define HEALTH_NAME "health.tenure"

static const char *health_text(const struct core *core)
{
	struct store_health health;
	store_health(core->store, &health);
	if (health.now)
		return "no updates";
	return memory_is_short() ? "no memory" : "ok";
}

/* The text that answers; NULL: we do not know, or do not say. */
static const char *text_find(const struct core *core, const struct dns_name *asked)
{
	struct dns_name own;
	if (!dns_name_parse_text(&own, HEALTH_NAME) && dns_name_equal(&own, asked))
		return health_text(core);
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		struct dns_name name;
		const char *text = (const char *)core + questions[i].text;
		if (!dns_name_parse_text(&name, questions[i].name) && dns_name_equal(&name, asked))
			return *text ? text : NULL;
	}
	return NULL;
}

void query_answer_chaos(struct answer *answer)
{
	const struct dns_msg *msg = answer->request->msg;
	const char *text = text_find(answer->request->core, &msg->qname);
	if (!text) {
		answer->rcode = DNS_REFUSED;
		return;
	}
	dns_reply_set_flags(&answer->reply, DNS_FLAG_AA);
	if (msg->qtype != DNS_TYPE_TXT && msg->qtype != DNS_TYPE_ANY)
		return;
	uint8_t rdata[CORE_TEXT_MAX];
	struct bytes_out out = bytes_out_of(rdata, sizeof rdata);
	bytes_out_u8(&out, (uint8_t)strlen(text));
	bytes_out_put(&out, text, strlen(text));
	if (!dns_reply_rr(&answer->reply, DNS_ANSWER, &msg->qname, DNS_TYPE_TXT, DNS_CLASS_CH, 0,
			  bytes_of(rdata, bytes_out_len(&out))))
		dns_reply_truncate(&answer->reply);
}
