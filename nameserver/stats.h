/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The counters that `tenurectl stats` shows: relaxed atomics, which all threads increment. One
 * table has their names and help. Any thread.
 */
#include <stdint.h>

#define STATS_TABLE(X)                                                                             \
	X(UDP_QUERIES, "udp-queries", "queries received by UDP")                                   \
	X(TCP_QUERIES, "tcp-queries", "queries received by TCP")                                   \
	X(TCP_CONNECTIONS, "tcp-connections", "TCP connections accepted")                          \
	X(TCP_REFUSED, "tcp-refused", "TCP connections closed because the limit was reached")      \
	X(DROPPED, "dropped", "packets that deserved no answer")                                   \
	X(NOT_READ, "not-read", "UDP packets that the kernel dropped before they were read")       \
	X(UNSENT, "unsent", "answers that the kernel did not send by UDP")                         \
	X(TRUNCATED, "truncated", "answers that did not fit UDP")                                  \
	X(RCODE_NOERROR, "noerror", "answers NOERROR")                                             \
	X(RCODE_FORMERR, "formerr", "answers FORMERR")                                             \
	X(RCODE_SERVFAIL, "servfail", "answers SERVFAIL")                                          \
	X(RCODE_NXDOMAIN, "nxdomain", "answers NXDOMAIN")                                          \
	X(RCODE_NOTIMP, "notimp", "answers NOTIMP")                                                \
	X(RCODE_REFUSED, "refused", "answers REFUSED")                                             \
	X(RCODE_OTHER, "other-rcode", "answers with any other code")                               \
	X(UPDATES, "updates", "update requests received")                                          \
	X(UPDATES_CHANGED, "updates-changed", "updates that changed a zone")                       \
	X(UPDATES_REFRESHED, "updates-refreshed", "updates that only refreshed")                   \
	X(UPDATES_EMPTY, "updates-empty", "updates that changed nothing")                          \
	X(UPDATES_DENIED, "updates-denied", "updates refused by mode or policy")                   \
	X(UPDATES_FAILED, "updates-failed", "updates whose prerequisites did not hold")            \
	X(UPDATES_RESENT, "updates-resent", "updates answered from the stored answer")             \
	X(UPDATES_DROPPED, "updates-dropped", "updates dropped without an answer")                 \
	X(LIMIT_NAMES, "limit-max-names", "updates refused by max-names")                          \
	X(LIMIT_RECORDS, "limit-max-records", "updates refused by max-records")                    \
	X(LIMIT_TYPES, "limit-max-types", "updates refused by max-types")                          \
	X(LIMIT_BYTES, "limit-max-name-bytes", "updates refused by max-name-bytes")                \
	X(LIMIT_RULE, "limit-rule", "updates refused by a number in a rule, as types A(2)")        \
	X(LIMIT_MESSAGE, "limit-message", "updates refused since one asked for too much")          \
	X(LIMIT_LOG, "limit-principal-size", "updates refused by principal-size")                  \
	X(LIMIT_RATE, "limit-max-rate", "updates dropped by max-rate")                             \
	X(REFUSALS_SIGNED_LATER, "refusals-signed-later",                                          \
	  "unsigned updates that were refused and came again with a signature")                    \
	X(TSIG_VERIFIED, "tsig-verified", "requests whose TSIG verified")                          \
	X(TSIG_FAILED, "tsig-failed", "requests whose TSIG did not verify")                        \
	X(TSIG_BADTIME, "tsig-badtime",                                                            \
	  "of these, requests of clients whose clock differs by more than the fudge")              \
	X(GSS_NEGOTIATIONS, "gss-negotiations", "rounds of GSS negotiations")                      \
	X(GSS_ESTABLISHED, "gss-established", "security contexts that were negotiated")            \
	X(GSS_FAILED, "gss-failed", "TKEY requests that were refused")                             \
	X(GSS_VERSION, "gss-version", "of these, for a version of our key that the keytab lacks")  \
	X(GSS_DROPPED, "gss-dropped", "negotiations dropped because too many waited")              \
	X(GSS_DELETED, "gss-deleted", "security contexts that their clients ended")                \
	X(TRANSFERS, "transfers", "transfers sent to their end")                                   \
	X(TRANSFERS_AXFR, "transfers-axfr", "transfers that were the whole zone")                  \
	X(TRANSFERS_IXFR, "transfers-ixfr", "transfers that were differences")                     \
	X(TRANSFERS_CONDENSED, "transfers-condensed", "of these, many steps as one difference")    \
	X(TRANSFERS_CURRENT, "transfers-current", "transfers that were the SOA alone")             \
	X(TRANSFERS_REFUSED, "transfers-refused", "transfers refused by policy")                   \
	X(TRANSFERS_BUSY, "transfers-busy", "transfers put off because too many were under way")   \
	X(TRANSFERS_FAILED, "transfers-failed", "transfers that the store or the spool failed")    \
	X(TRANSFERS_CUT, "transfers-cut", "transfers that ended early")                            \
	X(TRANSFER_BYTES, "transfer-bytes", "bytes of transfers sent")                             \
	X(NOTIFIES_SENT, "notifies-sent", "notifies sent to secondaries, those sent again too")    \
	X(NOTIFIES_ACKNOWLEDGED, "notifies-acknowledged", "notifies that secondaries took")        \
	X(NOTIFIES_REFUSED, "notifies-refused", "notifies that secondaries refused")               \
	X(NOTIFIES_FAILED, "notifies-failed", "changes that a secondary never answered for")       \
	X(NOTIFIES_RECEIVED, "notifies-received", "notifies of others, which a primary refuses")

#define STATS_ENUM(code, name, help) STATS_##code,
enum stats_counter { STATS_TABLE(STATS_ENUM) STATS_COUNT };
#undef STATS_ENUM

struct stats {
	_Atomic uint64_t counter[STATS_COUNT];
};

void stats_add(struct stats *, enum stats_counter);
void stats_add_many(struct stats *, enum stats_counter, uint64_t);
void stats_add_rcode(struct stats *, unsigned rcode);
uint64_t stats_get(const struct stats *, enum stats_counter);
const char *stats_name(enum stats_counter);
const char *stats_help(enum stats_counter);
