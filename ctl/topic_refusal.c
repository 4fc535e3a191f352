/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/topic_refusal.h"
#include <stddef.h>

/* In the order in which they are met: who signed, what the message is, the zone, the names. */
/* clang-format off */
const struct topic_refusal topic_refusals[] = {
	{"badkey", false,
	 "The message is signed by a key, or in a GSS-TSIG context, that this server has not, or by "
	 "a key that is disabled, or with another algorithm than the store has for the key.",
	 "`key list` shows names, algorithms and states. Names are compared without case and final "
	 "dot. A client of Kerberos makes a new context by itself; see that the server's keytab is "
	 "that of the name which the client asked for."},
	{"badsig", false,
	 "The key's name is known, and the signature is of another secret.",
	 "`key test NAME` here and at the client shows whether the secrets are the same; after `key "
	 "rotate` the old one is good for a while only."},
	{"badtime", false,
	 "The clocks of client and server differ by more than the message allows (five minutes).",
	 "Mend the clock that is wrong; `status` says by how much clients were off."},
	{"badtrunc", false, "The signature is cut shorter than RFC 8945 allows.",
	 "Set the client to send whole signatures."},
	{"form", false,
	 "The message breaks RFC 2136 or RFC 1035: a field that must be empty is not, a class or type "
	 "is none, a record cannot be read.",
	 "It is a fault of the client. `audit --event update-denied` has the sentence that says "
	 "which."},
	{"wrong-zone", false, "The message names a zone that this server has not.",
	 "Clients find the zone by the SOA of their name: ask `dig SOA NAME`. Name the right zone at "
	 "the client, or make the zone (`zone add`)."},
	{"not-zone", false,
	 "A name of the message lies outside the zone that it is for, or in a zone below that one "
	 "which this server has as well.",
	 "Send the name's update to the zone that holds it; the log says which."},
	{"hidden", false,
	 "The answer would tell a client whether a name is there that it may not ask for.",
	 "Give it the right to query (`zone policy add ZONE 'allow WHO query ...'`)."},
	{"in-use", false,
	 "A condition in the message wants a name or an RRset to be absent, and it is there. That is "
	 "how DHCP servers see that a name has a holder.",
	 "`owner show NAME` says whose it is. Where the holder is gone: `record del`, or let it age."},
	{"not-there", false,
	 "A condition in the message wants records that are not there, or not with this data.",
	 "`history NAME` tells what became of them. Kea's D2 tries otherwise by itself; when a lease "
	 "came from another DHCP server the DHCID differs."},
	{"too-large", false, "The RRset would be too large for any message.",
	 "Make fewer records of the type at the name."},
	{"too-much", false,
	 "The message asks for more than one message may: names, or comparisons of records.",
	 "Cut it in parts; the sentence says the figure."},
	{"principal-size", false,
	 "The client has written as much into the log today as one client may.",
	 "See what it does (`audit --principal WHO`); `audit set principal-size=` is the bound."},
	{"frozen", false, "The zone is frozen: it takes no updates for now.",
	 "`zone thaw ZONE` ends that; `audit --event zone-freeze` says who froze it."},
	{"ignored", false,
	 "RFC 2136 lets the server pass over it: a CNAME beside other records, the last NS of the "
	 "apex. The rest was done, and the client was told NOERROR.",
	 "Remove what stands in the way first."},
	{"spared", false,
	 "A delete left records that others own in place, because the same message adds to the "
	 "name.",
	 "Nothing, if they shall stay. Else the right is `write` or `takeover`."},
	{"max-rate", false,
	 "The client sent more updates a second than the zone's max-rate, for longer than five "
	 "seconds of them may wait. It was not answered, and will try again.",
	 "See why it sends so many; else raise max-rate (`zone set`)."},
	{"waiting", false, "Too many updates waited for the store. The client was not answered.",
	 "`stats` shows how long commits take: the disk may be slow."},
	{"table-full", false,
	 "So many signed updates ran in the last minutes that not all can be remembered; a repetition "
	 "could not be told from a new one. It was not answered.",
	 "It passes by itself. See who sends so many: `stats`, `audit`."},
	{"in-doubt", false,
	 "A signed update came again just after a crash, and may have run before it. It was not "
	 "answered.",
	 "The client signs anew and is heard."},
	{"mode-none", false, "The zone takes no dynamic updates at all.",
	 "`zone set ZONE update=secure` (or nonsecure, report), if it shall."},
	{"unsigned", false,
	 "The zone is secure, and the message was not signed. Windows and Samba try so first, and "
	 "then sign.",
	 "Give the client a key (`key generate NAME`) or Kerberos; or an `allow anonymous` rule for "
	 "its addresses."},
	{"apex", false, "SOA and NS of the zone itself change only by a rule that names the type.",
	 "`zone policy add ZONE 'allow WHO write at @ types NS'`."},
	{"static", false, "An administrator made the record; updates do not touch it.",
	 "`record del` or `record set-class ZONE NAME TYPE dynamic`; or a rule for `write`; or `owner "
	 "transfer`."},
	{"static-beside", false,
	 "In a nonsecure zone: a static record of the name stands in the way (the same type, or a "
	 "CNAME, NS or DNAME).",
	 "Remove it, a rule for `join` or `write`, or `zone set ZONE protect-static=off`."},
	{"foreign", false, "Somebody else owns the record.",
	 "If both are servers of one kind: an acting group (`group create @NAME "
	 "--acting MEMBER...`). If the owner is gone: `owner transfer`. Else a rule for `write` or `takeover`."},
	{"taken", false, "Others have all records of the name, and to stand beside them is a right "
	 "of its own.",
	 "A rule for `join`; or give the name away (`owner transfer`, `owner release`)."},
	{"kept-for", false, "The name is reserved for somebody else.",
	 "`owner show NAME` says for whom; `owner release NAME` ends it."},
	{"reserved", false,
	 "The name has power over others: `*`, wpad, isatap, _msdcs, a name server's name.",
	 "A rule that names it: `zone policy add ZONE 'allow WHO claim at NAME'`."},
	{"structure", false,
	 "NS, DNAME, DS, SOA and the types of DNSSEC change what the zone is. Nobody has a right to "
	 "them by owning a name.",
	 "A rule that names the type: `allow WHO claim at NAME types NS`."},
	{"speaks-for", false,
	 "A name with a label that begins with `_` speaks for the host above it "
	 "(`_acme-challenge.www` for www), and others have that host.",
	 "Who has the host may make it; for another, a rule `at` or `under` the name."},
	{"child-apex", false, "The name is the apex of a zone of this server that lies below.",
	 "Change it in that zone. NS and DS in the zone above take a rule for `write` that names the "
	 "type."},
	{"cut", false, "The name lies at or below a delegation or a DNAME, so it would not be answered.",
	 "Remove the NS or DNAME (the sentence says where), or a rule for `write` of it."},
	{"clause", false,
	 "A rule gives the client this name, but not this record: its types, its target or its "
	 "address do not fit.",
	 "`zone policy show ZONE`: change the clause of the rule that the sentence names."},
	{"no-rule", false, "No rule allows it, and the zone's policy gives nothing by itself.",
	 "`why NAME TYPE --as WHO` prints the rule that would do."},
	{"denied", false, "A rule denies it.",
	 "The sentence says which line; the first rule that matches decides, so an allow must stand "
	 "in front."},
	{"capped", false, "The rule's `types T(N)` allows so many records of the type at a name.",
	 "Raise the number in the rule."},
	{"many-names", false, "The principal would own more names than the zone's max-names.",
	 "`owner list WHO` shows what it owns; `zone set ZONE max-names=`."},
	{"many-records", false, "More records of a type at a name than the zone's max-records.",
	 "`zone set ZONE max-records=`; a replacement with as many is never refused."},
	{"many-types", false, "More types at a name than the zone's max-types.",
	 "`zone set ZONE max-types=`."},
	{"many-bytes", false, "More bytes at a name than the zone's max-name-bytes.",
	 "`zone set ZONE max-name-bytes=`."},
	{"not-bound", true, "An administrator, or the server itself: no rule binds them.", NULL},
	{"no-change", true, "Nothing would change, and that is nobody's to refuse.", NULL},
	{"open", true, "The zone is nonsecure: ownership is not enforced there.", NULL},
	{"own", true, "The requester, or its acting group, owns the record.", NULL},
	{"own-name", true, "The requester owns records at the name, and adds one.", NULL},
	{"self", true, "The name is the requester's own, and held what nobody had signed for.", NULL},
	{"claim", true, "The name was free, and the first who asks gets it.", NULL},
	{"host", true, "The name speaks for a host, and the requester has that host.", NULL},
	{"rule", true, "A rule of the zone allows it; `zone policy show ZONE` has the line.", NULL},
	{"kept", true, "The name is reserved for the requester.", NULL},
	{0},
};
/* clang-format on */
