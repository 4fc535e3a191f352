/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The parts of an update (RFC 2136 3). A reader makes it, the writer's thread runs it, and the
 * reader answers it after the commit (nameserver/pending.h). In their order:
 *
 *      reader   update.c           zone section, mode (update_make)
 *               update_prescan.c   every record has the form that its section asks for
 *      writer   update_judge.c     has the principal any right in the zone?
 *               update_hidden.c    may it ask about what the answer tells?
 *               update_work.c      is it too much? what prerequisites need is read
 *               update_prereq.c    what the zone must hold, or must not
 *               update_apply.c     the changes, on private copies (update_silent.h: which not)
 *               update_spare.c     what its deletes leave in place
 *               update_judge.c     may the principal make the difference?
 *               update_ptr.c       of which addresses may a PTR be derived?
 *               update_names.c     how many names are the requester's after it?
 *               update.c           commit, or a refusal in the log
 *               update_ignored.c   renewals of others' records, which refreshed nothing
 *
 * A reader knows the request as an opened message; the writer has a copy of its bytes, and reads
 * the records once more into its own arena.
 */
#include "acl/policy.h"
#include "nameserver/answer.h"
#include "nameserver/pending.h"
#include "nameserver/update_delay.h"
#include "nameserver/update_outcome.h"
#include "nameserver/writer_side.h"
#include "zonedb/edit.h"
#include "zonedb/lookup.h"
#include "zonedb/owned_names.h"

/* A prerequisite or a change. Without data `rdata` is empty. */
struct update_rr {
	struct dns_name name;
	uint16_t type, class;
	uint32_t ttl;
	struct bytes rdata; /* stored form */
	size_t number;      /* of its name among those of the message (update_work.c) */
};

struct update_rrs {
	struct update_rr *rr;
	size_t count;
};

struct update {
	struct writer_job job; /* first: the writer gives it back */
	struct pending pending;
	struct delayed_update held; /* until its turn, where the zone has a max-rate */
	struct update_rate_slot rate_slot;
	bool has_rate_slot;
	uint64_t settings; /* the version by which its names are in the zone (store/settings.h) */
	bool is_dropped;   /* no answer: the writer took no more, or it is of UPDATE_DROPPED */
	uint32_t zone_id;  /* of the zone section */
	uint64_t began_us; /* when it came, on the monotonic clock */
	struct duplicate_request_key duplicate_request_key;
	/* Short, for the one who asked (RFC 8914), or empty. */
	char ede_text[ANSWER_EDE_TEXT_MAX];
	/* What the last run found; an update may run twice. */
	enum dns_rcode rcode;
	enum update_outcome outcome;
	/* Whether the requester owns something at the name of its first change, or did. */
	bool owns_first;
	enum refusal_code refused; /* of UPDATE_DENIED: why */
	/* A name that it brought near a limit (nameserver/near_limits.h). */
	struct {
		enum policy_reason which; /* 0: none */
		uint32_t zone_id;
		uint16_t type;
		struct dns_name name;
	} near;
	/* Counting a refusal is not to be undone: it is done once. */
	bool is_refusal_counted, is_refusal_due;
	/* From here on update_new clears nothing: request_keep writes all of it. */
	struct request_kept request;
	uint8_t packet[];
};

/* The ids under which the requester owns records: its own, and that of its acting group; and whose
 * records count as its own besides (update_owner.c). */
struct update_others;
struct update_owner {
	bool has_self, has_acting, has_supposed;
	uint32_t self, acting;
	uint32_t supposed;            /* whose records a trial supposes to be the requester's */
	struct update_others *others; /* NULL: nobody's */
	/* Two acting groups that match the requester, so that none acts; NULL: there are none. */
	const struct acl_group *clash[2];
};

/* What stands in the way of a message: a change that is refused or left out, or a prerequisite that
 * does not hold. Why is in the run. */
struct update_objection {
	const struct update_rr *asked; /* the prerequisite, or the change; NULL: `edited` */
	const struct edit_change *edited;
	enum dns_rcode rcode; /* NOERROR: left out silently */
};

/* The names of a message, numbered in their order. */
#define UPDATE_NAMES_FEW 4 /* that most have at most */
struct update_names {
	const struct dns_name *few[UPDATE_NAMES_FEW]; /* the first */
	struct hash_table more;                       /* in the arena: the others */
	size_t count;
};

/* One run in the writer, or of a trial (nameserver/update_trial.h). */
struct update_run {
	struct update *update;
	struct writer_side *side;
	struct store_txn *txn;
	struct arena *arena;
	const struct zone *zone;
	const struct policy_asker *asker;
	uint64_t now_us;
	struct update_rrs prerequisites, changes;
	struct update_names names; /* that the message names */
	/* What the names of prerequisites hold, by the name's number; NULL: nothing. */
	const struct node **stored;
	size_t names_read; /* for them */
	size_t steps;      /* update_steps, but for those of the edit and of the sight */
	uint32_t owner;    /* the principal's id, or that of its acting group */
	const struct acl_group *acting; /* the group; NULL: the principal acts for itself */
	struct update_owner ids;
	struct edit *edit;
	/* Why not, and what it is about; of a silent rule (RFC 2136 3.4.2) too. */
	const char *reason, *subject;
	const struct update_rr *failed;          /* the prerequisite that does not hold */
	bool holds_meant;                        /* the requester owns some of what it means */
	enum refusal_code code;                  /* the reason */
	const char *blocker, *rule;              /* who stood in the way, which rule */
	const char *ede_text;                    /* of the reason, to the one who asked */
	const char *allowed_code, *allowed_rule; /* of what was allowed: the first rule's, if any */
	unsigned ignored;                        /* changes that a silent rule left out */
	/* What the policy sees of the zone and of the name that was looked at last. */
	struct update_sight *sight;
	const struct edit_name *seen;
	struct policy_name seen_name;
	/* update_spare.c: what the message adds, sorted; what deletes left in place. */
	const struct update_rr **adds;
	size_t adds_count;
	unsigned spared_count;
	const char *spared, *spared_subject, *spared_owner;
	/* update_left.c: what was taken away, the first of it, and whether some was too much; the
	 * names of the message that were looked at before its changes. */
	struct {
		unsigned count;
		const char *subject, *owner;
		bool is_more;
		bool *is_seen, *has_taken; /* by number; NULL: none */
		size_t steps_max;
	} left;
	/* A trial hears of each objection, and goes on; NULL: the first one ends the run. */
	void (*object)(struct update_run *, const struct update_objection *);
	/* It hears of each verdict on a difference, too; NULL: nobody does. */
	void (*judged)(struct update_run *, const struct edit_change *, const struct verdict *);
	void *context;           /* of both */
	enum policy_right right; /* that was missing, and */
	unsigned line;           /* the line of the rule that said so */
};

/* --- update.c: what a reader makes of a request --- */

/* Makes an update from a request. NOERROR: `*pending` is the update, and the caller's. Otherwise
 * the rcode of the answer. */
enum dns_rcode update_make(const struct request *, struct pending **pending);

/* Opens the edit of a run whose request is admitted, makes the changes on it and judges them.
 * NOERROR, or REFUSED with code and reason. */
enum dns_rcode update_try(struct update_run *);

/* An entry of the log with who sent the message, and from where. */
struct entry update_entry(const struct update_run *, enum entry_kind);
/* Opens the edit of a run that knows its zone and its requester. */
void update_open_edit(struct update_run *);
/* False: the objection ends the run. */
bool update_goes_on(struct update_run *, const struct update_objection *);

/* What is wrong with the form of a message. */
struct update_flaw {
	struct dns_name name;
	uint16_t type;
	const char *what; /* a constant */
};

/* --- update_refusal.c: refusals for the log --- */

/* A signature that does not verify. */
void update_refusal_signature(const struct request *);
/* AXFR or IXFR of a zone of ours was refused. */
void update_refusal_transfer(const struct request *, const struct zone *, const struct verdict *);
/* A rule refused a question (nameserver/query.h). */
struct query_refusal;
void update_refusal_query(const struct request *, const struct query_refusal *);
/* The zone section names no zone of ours (NOTAUTH). */
void update_refusal_zone(const struct request *);
/* The prescan found a flaw: FORMERR, or NOTZONE. */
void update_refusal_form(const struct request *, enum dns_rcode, const struct update_flaw *);
/* The writer takes no more of the client, or of all: not answered at all. */
void update_refusal_crowd(const struct update *, enum turns_outcome);
/* More than max-rate allows: not answered at all. */
void update_refusal_drop(const struct request *, const struct zone *);
/* Its principal fills the table of recent requests: not answered at all. */
void update_refusal_full(const struct request *, const struct zone *, uint32_t per_second);
/* Refused before the writer sees it. */
void update_refusal_policy(const struct request *, const struct zone *, const struct verdict *);
/* Refused, or silently ignored, in the writer: an entry in its transaction. */
void update_log_refusal(struct update_run *);

/* "pc1.corp.example A", in the arena. */
const char *update_subject(struct arena *, const struct dns_name *, uint16_t type);

/* --- update_prescan.c --- */

/* RFC 2136 3.2 and 3.4.1 as far as forms go. A name of a zone below, which this server has, is not
 * in the zone of the zone section. Not NOERROR: `*flaw` says which record, and why. */
enum dns_rcode update_prescan(const struct dns_msg *, const struct zoneset *, struct arena *,
			      struct update_flaw *flaw);
/* Whether a record is in the zone of the zone section: it is not if this server has a zone below
 * that holds the name. The NS and DS records of such a zone's apex are in the zone above it. */
bool update_is_in_zone(const struct zoneset *, const struct dns_name *apex,
		       const struct dns_name *name, uint16_t type);
/* A section of a message that passed the prescan. */
struct update_rrs update_read(const struct dns_msg *, enum dns_section, struct arena *);

/* --- update_hidden.c --- */

/* Whether the answer would tell what rules for `query` hide from the requester, or to find that out
 * is too much; then it says so for the log. Before prerequisites, and before the edit is opened. */
bool update_is_hidden(struct update_run *);
/* What the requester is told of a refusal at a name: `text`, in the arena; where it may not ask
 * about the name, or about the host that the name speaks for, that it is not authorized, which says
 * nothing of what is there. */
const char *update_told(struct update_run *, const struct dns_name *, uint16_t type,
			const char *text);

/* --- update_work.c --- */

/* Names that one message may name, in prerequisites and changes together: more than the largest
 * change sets of automation (octodns: 1,000 records). */
#define UPDATE_NAMES_MAX 1000

/*
 * The work of one message is counted in steps, each about what a comparison of two records takes
 * (some 20 ns): searches, records that are read, what the policy says of a record, changes of
 * records (zonedb/edit.h). At UPDATE_STEPS_MAX it is refused, before anything is written.
 */
#define UPDATE_STEPS_MAX 1000000
/* What the policy's word on one record counts as, and each rule that it looks at; what a label
 * above a name does, a record that is only looked at, a name and each of so many stored bytes. */
#define UPDATE_VERDICT_STEPS 30
#define UPDATE_RULE_STEPS    1
#define UPDATE_LABEL_STEPS   10
#define UPDATE_NAME_STEPS    20
#define UPDATE_STEP_BYTES    32
/* What the reverse name of an address counts as, which is made and compared. */
#define UPDATE_ADDRESS_STEPS 5
/* A PTR that follows from a change: it is looked for, written and logged in another zone. */
#define UPDATE_PTR_STEPS 200
/* Of whom rules mean, for the requester of the run; it counts its comparisons as steps. */
struct rule_memo *update_memo_of(struct update_run *);
/* Those of the run so far. */
size_t update_steps(const struct update_run *);
/* Whether the run has more than it may. */
bool update_has_too_many_steps(const struct update_run *);
/* REFUSED, with the reason: it has more, at this record. */
enum dns_rcode update_refuse_steps(struct update_run *, const struct update_rr *);
enum dns_rcode update_refuse_steps_at(struct update_run *, const struct edit_change *);

/* Numbers the names of the message, before anything else asks for them. */
void update_number_names(struct update_run *);
/* The number of a name; `names.count`: the message does not name it. */
size_t update_number_of(const struct update_run *, const struct dns_name *);
/* Whether it names more than UPDATE_NAMES_MAX; the reason is set then. */
bool update_is_too_much(struct update_run *);
/* Reads the names that prerequisites name, each once, into `stored`. REFUSED: that is too much. */
enum dns_rcode update_read_prerequisites(struct update_run *);

/* --- update_share.c: how much of the log a client may write --- */

/* Whether the client of a zone's update wrote as much of the log as it may within a day; then
 * `*reason` says so, with the bound, what counts now, and the setting. */
struct update_share {
	struct log_share_of of; /* but for `day` */
	const struct policy_zone *policy;
	const struct policy_asker *asker;
	const struct retention *retention;
	uint64_t log_most;
};
bool update_share_is_spent(struct log_shares *, const struct update_share *, struct arena *,
			   const char **reason);
/* The same of a run that changed its edit. What only removes or refreshes always may. */
bool update_is_over_share(struct update_run *);
/* Counts the entry of an update. */
void update_share_add(struct update_run *, const struct entry *);

/* --- update_prereq.c --- */

/* RFC 2136 3.2: NOERROR when all hold. After update_read_prerequisites. */
enum dns_rcode update_check_prerequisites(struct update_run *);
/* Says in the log which one failed, and who holds the name; but for "not in use" at a name where
 * the requester, or its acting group, owns a record: each healthy renewal of a DHCP server has one.
 */
void update_note_failed(struct update_run *, enum dns_rcode);

/* --- update_apply.c --- */

/* RFC 2136 3.4.2, on the edit's private copies. REFUSED: an RRset grew too large. */
enum dns_rcode update_apply(struct update_run *);

/* --- update_ptr.c: of which addresses PTR may be derived --- */

/* Marks the address records that the message registers, or names again, by whether a PTR may be
 * derived of them, and counts the PTR that follow. After they were judged. REFUSED: it is too much.
 */
enum dns_rcode update_mark_ptr(struct update_run *);
/* The same of a stored record, as if its owner registered it now, but for the address that it comes
 * from. Any thread, with its own snapshot. */
bool update_ptr_may_of(struct core *, const struct snapshot *, const struct dns_name *,
		       uint16_t type, const struct node_record *, struct arena *);
/* For zonedb/ptr_sync.h; `core` is the struct core. Writer's thread. */
bool update_ptr_may(void *core, struct store_txn *, const struct zone *, const struct dns_name *,
		    uint16_t type, const struct node_record *);

/* --- update_facts.c: what the policy is told, as plain values; `why` asks the same --- */

/* The zone as the policy sees it, with the rules and groups of the snapshot. */
struct policy_zone update_policy(const struct zone *, const struct snapshot *);
/* Whether the principal has any right in the zone: by a rule, or by what it owns; `ids` NULL: it is
 * taken to own something. `asks`: the message has prerequisites, which tell something; then a rule
 * for own names counts only for a principal that has one in the zone. */
struct verdict update_admit(const struct zone *, const struct snapshot *,
			    const struct policy_asker *, const struct update_owner *ids, bool asks);
/* Whether the requester may transfer the zone, by a rule that allows or denies it, otherwise by the
 * zone's list of addresses. */
struct verdict update_transfer(const struct zone *, const struct policy_zone *,
			       const struct policy_asker *);
enum policy_class update_class(enum record_class);
/* Whether the name is the reverse of an address that the principal's own name holds. The addresses
 * that are looked at for it are added to `*steps`. */
bool update_is_ptr_of_self(const struct snapshot *, const struct policy_asker *,
			   const struct update_owner *, const struct dns_name *, size_t *steps);
/* PTR, SRV, CNAME: whether the data points to the principal's own name. */
bool update_is_target_self(const struct policy_asker *, uint16_t type, struct bytes rdata);
/* The records that say who serves a name, as they are stored, in an arena. */
struct update_servers {
	struct bytes ns, soa; /* empty: there are none */
};
/* Those at a name of the zone: its apex, or a delegation, which has no SOA. */
struct update_servers update_servers(struct store_txn *, const struct zone *,
				     const struct dns_name *at, struct arena *);
/* Whether an NS, or the SOA as the primary server (MNAME), to which clients send their updates,
 * names it. */
bool update_is_server(const struct update_servers *, const struct dns_name *);

/* --- update_owner.c: whose records count as the requester's --- */

/* Under which ids the principal owns; returns its acting group, or NULL. Snapshot, asker and arena
 * must remain valid. */
const struct acl_group *update_ids(const struct snapshot *, const struct policy_asker *,
				   struct update_owner *, struct arena *);
/* "no group acts for key:a, which is in @x and in @y", in the arena; NULL: it is not in two. */
const char *update_clash_text(const struct update_owner *, const struct who *, struct arena *);
/* Whether a record of this owner at this name counts as the requester's. */
bool update_owns(const struct update_owner *, uint32_t id, const struct dns_name *at);
/* Whether they own anything in the zone, or a name of it is kept for them. */
bool update_may_own(const struct snapshot *, const struct zone *, const struct update_owner *);
enum policy_owner update_owner_kind(const struct update_owner *, uint32_t id, enum record_class,
				    const struct dns_name *at);

/* --- update_sight.c: what one principal's request meets in a zone --- */

struct update_sight {
	struct policy_zone policy;
	struct policy_asker asker; /* the caller's to set, and `ids` */
	struct update_owner ids;
	const struct snapshot *snapshot;
	const struct zone *zone;
	struct arena *arena;
	struct edit *edit; /* the message's changes; NULL: what is stored stays as it is */
	bool wants_ptr, wants_takeable, wants_reservation, wants_window;
	struct update_cuts *cuts; /* delegations and DNAMEs that were looked at */
	/* Host names that were looked at; NULL: none is remembered, since `asker` changes. */
	struct update_hosts *hosts;
	/* That questions took (update_work.c), and where a walk ends; never NULL. */
	size_t *steps, steps_max;
	struct update_servers servers; /* of the zone: reserved names */
};
/* Fills all but `asker`, `ids` and `edit`. */
void update_sight_open(struct update_sight *, const struct snapshot *, const struct zone *,
		       struct arena *);
/* The message's changes are made: what was found of cuts and hosts is looked at anew. */
void update_sight_renew(struct update_sight *);
/* What was found of host names, as they are after the message's changes. */
struct update_hosts {
	struct hash_table table; /* in the arena */
};
/* A host name changes: it is looked at anew. */
void update_forget_host(struct update_sight *, const struct dns_name *);
/* Adds the node's records to the counts of `name`, which says where they are. */
void update_tell(const struct update_sight *, const struct node *stored, struct policy_name *name);
/* A name as it is stored; NULL: nothing is. `at` must outlive `name`. Of a name that speaks for a
 * host, what the host name holds after the message is looked at too. */
void update_see(const struct update_sight *, const struct dns_name *at, const struct node *stored,
		struct policy_name *name);
/* A record that is stored at `at`, for a change other than POLICY_ADD. */
struct policy_record update_stored(const struct update_sight *, enum policy_change,
				   const struct dns_name *at, uint16_t type,
				   const struct node_record *);
/* Of the records that a name has after the message, those of one type: the first that the requester
 * may not change, "www.corp.example A, owned by key:b", in the arena; NULL: it may change each.
 * With DNS_TYPE_ANY whether the requester has the host of this name (tenure-policy(5), "What a rule
 * reaches"): NULL, if there are records, or what stands in the way. `*count` is how many there are.
 */
const char *update_see_blocker(const struct update_sight *, const struct dns_name *, uint16_t type,
			       unsigned *count);
/* policy_judge(), with zones below, delegations and DNAMEs that cover the name, and what stands in
 * the way in a nonsecure zone. The name is one that update_see() filled. */
struct verdict update_ask(const struct update_sight *, const struct policy_name *,
			  struct policy_record *);
/* NULL: nobody's. */
const char *update_owner_text(const struct update_sight *, uint32_t owner, enum record_class);
/* One of those who own records at the name, and are not the requester; NULL: none, or nobody. */
const char *update_other_owner(const struct update_sight *, const struct dns_name *at,
			       const struct node *stored);

/* --- update_cut.c: delegations and DNAMEs that cover a name --- */

/* What was found of those that one message meets, as they are after its changes. */
struct update_cuts {
	struct hash_table table; /* in the arena */
	bool is_expected;        /* the message adds NS or DNAME, so that there may be one */
};
/* Sets `is_of_child`, `cut_text` and `is_at_cut` of what is asked. */
void update_see_cut(const struct update_sight *, const struct dns_name *, struct policy_record *);

/* --- update_spare.c --- */

/* Whether a delete of an RRset or of the whole name takes only what the requester may remove: where
 * the message also adds at the name, and everywhere with `foreign-delete skip`. */
bool update_spares(struct update_run *, const struct update_rr *);
/* Such a delete. */
void update_spare_rrset(struct update_run *, const struct dns_name *, uint16_t type);
/* The TTL of an addition: that of the RRset where it stands beside records of others. */
uint32_t update_ttl_beside(struct update_run *, const struct update_rr *);
/* An addition cannot stand beside what is there. REFUSED, with the reason, if a delete left that in
 * place; NOERROR: it is a matter of RFC 2136's silent rules. */
enum dns_rcode update_refuse_beside(struct update_run *, const struct update_rr *,
				    const char *objection);
/* What was left in place, for the log. */
void update_say_spared(struct update_run *);

/* Whether the requester refreshes a stored record (tenurectl(8), AGING), by the verdict on a change
 * of its TTL; `is_named`: by sending it again, otherwise by a prerequisite. Pure. */
bool update_refreshes(enum policy_mode, const struct policy_record *, const struct verdict *,
		      bool is_named);

/* --- update_left.c --- */

/* An addition, of what is not there yet, to a name that speaks for a host of the requester, in a
 * secure zone: removes what other clients left at that name, once in a message. After the changes
 * of other names. */
void update_take_left_at(struct update_run *, const struct update_rr *);
/* Removes what other clients left at names that speak for hosts that the message claims, or where
 * it changes something after a message for which that was too much; `changes` is its difference,
 * which was judged and allowed. */
void update_take_left(struct update_run *, const struct edit_change *changes, size_t count);
/* What was removed so, for the log. */
void update_say_left(struct update_run *);

/* --- update_report.c --- */

/* In a zone of mode `report`: notes what `secure` would say of the message, before it is committed.
 */
void update_report(struct update_run *);
/* Whether the message is refused, since `report-probe` asks whether its client signs; with reason
 * and code. That it was asked is noted, but in a trial. */
bool update_report_probes(struct update_run *);
/* What `secure` would say of the message. */
struct report_verdict {
	bool is_allowed;
	const char *code, *reason; /* of a refusal */
};
/* The same that update_report() notes. False: the message is not noted. */
bool update_report_foretells(struct update_run *, struct report_verdict *);
/* Whether the name holds a record of a principal whose own name it is: that client signs. */
bool report_has_self(struct store_txn *, const struct node *, const struct dns_name *name,
		     struct arena *);

/* --- update_window.c: by which windows a record ages that is stamped --- */

/* What rules and groups give to a record of the requester's; `record` as for POLICY_SAME. `group`
 * is groups_window()'s. */
struct policy_window;
struct policy_window update_window(const struct update_sight *, const struct policy_name *,
				   const struct policy_record *, const struct acl_group *group);
/* Lets the edit of a run give them. Where no rule and no group does, what is added keeps what
 * update_judge() let it inherit, and what is refreshed or changed gets the zone's. A trial writes
 * no numbers: windows that have none yet are the zone's to it. */
void update_let_window(struct update_run *);

/* --- update_ignored.c --- */

/* Notes in the log, and at their names, renewals of this message that refreshed nothing, as far as
 * those of the requester are kept (tenurectl(8), AGING). After edit_commit. */
void update_note_ignored(struct update_run *);

/* --- update_judge.c --- */

/* What this message meets; opened when it is first asked for. */
struct update_sight *update_sight_of(struct update_run *);
/* The name as it was before the message. Valid until the next call. */
const struct policy_name *update_name_of(struct update_run *, const struct edit_name *);

/* The word and the rule of a refusal. */
void update_say(struct update_run *, const struct verdict *);

/* The difference, record by record. NOERROR or REFUSED. */
enum dns_rcode update_judge(struct update_run *);

/* --- update_names.c --- */

/* Whether max-names lets the requester own what it has after the message. NOERROR or REFUSED. */
enum dns_rcode update_judge_names(struct update_run *);
/* How many names the requester has, its acting group's with its own. `owner`: whose the names are
 * that it claims (zonedb/owned_names.h). */
struct owned_names update_owned_names(struct store_txn *, const struct zone *,
				      const struct update_owner *, const struct names_owner *);
