/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/tkey.h"
#include "base/log.h"
#include "nameserver/gss_thread.h"
#include <assert.h>

static bool is_class(uint16_t class)
{
	return class == DNS_CLASS_IN || class == DNS_CLASS_ANY;
}

/* How many are in the section; the last of them is in `*rr`. */
static unsigned count_in(const struct dns_msg *msg, enum dns_section section, struct dns_msg_rr *rr)
{
	unsigned count = 0;
	struct dns_msg_rr found;
	struct dns_msg_walk walk = dns_msg_walk(msg, section);
	while (dns_msg_next(&walk, &found)) {
		if (found.type != DNS_TYPE_TKEY)
			continue;
		*rr = found;
		count++;
	}
	return count;
}

static void tkey_log_failure(const struct request *asked, uint16_t error, const char *why)
{
	struct core *core = asked->core;
	char key[DNS_NAME_TEXT_MAX], quoted[LOG_QUOTED_MAX], source[ADDR_TEXT_MAX];
	stats_add(&core->stats, STATS_GSS_FAILED);
	if (!log_rate(&core->tkey_failures, 1))
		return;
	addr_print(asked->source, source);
	dns_name_show(&asked->msg->qname, key);
	log_warning("TKEY refused", "error=%s source=%s key=%s why=\"%s\"",
		    dns_tsig_error_name(error), source, log_quote(key, quoted), why);
}

static uint16_t tkey_fail(const struct request *asked, uint16_t error, const char *why)
{
	tkey_log_failure(asked, error, why);
	return error;
}

/* RFC 2930 4.2: by its own principal alone, who signs. */
static uint16_t end_context(const struct request *asked, const struct dns_name *key)
{
	struct core *core = asked->core;
	uint16_t error = 0;
	if (asked->identity->outcome != IDENTITY_VERIFIED)
		return tkey_fail(asked, DNS_BADKEY, "a delete that is not signed");
	struct gss_context_table *contexts = gss_thread_contexts(core->gss_thread);
	struct gss_context *context = contexts ? gss_context_find(contexts, key, asked->now) : NULL;
	if (!context)
		return tkey_fail(asked, DNS_BADNAME, "a delete of a context that is not there");
	struct who who = gss_context_who(context);
	if (who_equal(&who, &asked->identity->who)) {
		gss_context_remove(contexts, context);
		stats_add(&core->stats, STATS_GSS_DELETED);
	} else {
		error = tkey_fail(asked, DNS_BADKEY, "a delete of another principal's context");
	}
	gss_context_release(context);
	return error;
}

/* Before any token is looked at. */
static uint16_t tkey_check(const struct request *asked, const struct tkey *tkey)
{
	enum gss_context_algorithm algorithm;
	if (!gss_context_algorithm_of(&tkey->data.algorithm, &algorithm))
		return tkey_fail(asked, DNS_BADALG, "neither gss-tsig nor gss.microsoft.com");
	if (tkey->data.mode != DNS_TKEY_NEGOTIATE)
		return tkey_fail(asked, DNS_BADMODE, "neither GSS-API negotiation nor delete");
	if (!asked->core->gss_thread)
		return tkey_fail(asked, DNS_BADALG, "no keytab is configured");
	if (keyring_find(asked->by->snapshot.keys, &tkey->key))
		return tkey_fail(asked, DNS_BADNAME, "a TSIG key has this name");
	return 0;
}

bool tkey_is_asked(const struct dns_msg *msg)
{
	return msg->opcode == DNS_OPCODE_QUERY && msg->qtype == DNS_TYPE_TKEY &&
	       is_class(msg->qclass);
}

bool tkey_find(const struct dns_msg *msg, struct tkey *tkey)
{
	struct dns_msg_rr rr;
	unsigned count = count_in(msg, DNS_ANSWER, &rr);
	count += count_in(msg, DNS_ADDITIONAL, &rr);
	if (count != 1 || !is_class(rr.class) || !dns_name_equal(&rr.owner, &msg->qname))
		return false;
	struct bytes_in in = bytes_in_of(msg->packet.data, msg->packet.len);
	bytes_in_take(&in, rr.rdata_at);
	tkey->key = rr.owner;
	return dns_tkey_read(&tkey->data, &in, rr.rdata_len);
}

enum dns_rcode tkey_serve(const struct request *asked, struct tkey *answer,
			  struct pending **pending)
{
	struct tkey tkey;
	if (!tkey_find(asked->msg, &tkey))
		return DNS_FORMERR;
	*answer = tkey;
	answer->data.key = answer->data.other = bytes_of(NULL, 0);
	if (tkey.data.mode == DNS_TKEY_DELETE) {
		answer->data.error = end_context(asked, &tkey.key);
		return DNS_NOERROR;
	}
	answer->data.error = tkey_check(asked, &tkey);
	if (!answer->data.error)
		*pending = gss_thread_make(asked);
	return DNS_NOERROR;
}

bool tkey_put(struct answer *answer, const struct tkey *tkey, struct arena *arena)
{
	size_t size = dns_tkey_size(&tkey->data);
	struct bytes_out out = bytes_out_of(arena_alloc(arena, size), size);
	dns_tkey_write(&tkey->data, &out);
	assert(!out.full);
	dns_reply_write_plain(&answer->reply);
	if (dns_reply_rr(&answer->reply, DNS_ANSWER, &tkey->key, DNS_TYPE_TKEY, DNS_CLASS_ANY, 0,
			 bytes_of(out.start, size)))
		return true;
	dns_reply_truncate(&answer->reply);
	return false;
}
