/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/zonefile.h"
#include "dns/lexer.h"
#include "dns/rdata.h"
#include "dns/rdata_field.h"
#include "base/textfile.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#define TTL_MOST 0x7fffffffu /* RFC 2181 8 */

/* One file being read: the zone file, or one that it includes. */
struct file {
	const char *name;
	struct textfile text;
	struct dns_lexer lexer;
	struct dns_name origin;
	struct dns_name owner_before; /* of the including file, to be restored */
	bool has_owner;
};

struct reading {
	const struct dns_zonefile *wanted;
	struct dns_zonefile_record record;
	unsigned column;      /* where the record began */
	bool has_default_ttl; /* a $TTL, or an SOA without a TTL of its own (RFC 2308 4) */
	uint32_t default_ttl;
	bool has_last_ttl; /* of the last record that said one (RFC 1035 5.1) */
	uint32_t last_ttl;
	const char *lookup; /* the word of a WINS lookup that stands for the type; NULL: none */
	char *error;
	struct file files[DNS_ZONEFILE_DEPTH_MAX + 1];
	unsigned depth; /* the files that are open; the last is being read */
	uint8_t rdata[DNS_RDATA_MAX];
};

static struct file *zonefile_current(struct reading *r)
{
	return &r->files[r->depth - 1];
}

/* Always false, with the error filled. */
static bool fail_at(struct reading *r, unsigned line, unsigned column, const char *wrong)
{
	snprintf(r->error, DNS_ZONEFILE_ERROR_MAX, "%s:%u:%u: %s", zonefile_current(r)->name, line,
		 column, wrong);
	return false;
}

/* The same at the zonefile_current word; what the lexer found wrong comes first. */
static bool zonefile_fail(struct reading *r, const char *wrong)
{
	const struct dns_lexer *lx = &zonefile_current(r)->lexer;
	return fail_at(r, lx->word_line, lx->word_column,
		       lx->token == DNS_TOKEN_BAD ? lx->error : wrong);
}

static void zonefile_push(struct reading *r, const char *name, struct textfile text,
			  const struct dns_name *origin)
{
	struct file *f = &r->files[r->depth];
	f->name = name;
	f->text = text;
	f->origin = *origin;
	f->has_owner = r->depth > 0 && r->files[r->depth - 1].has_owner;
	if (f->has_owner)
		f->owner_before = r->record.owner;
	/* UTF-8 of Windows begins with a mark that says so, and nothing else. */
	size_t mark = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	dns_lexer_init(&f->lexer, text.data + mark, text.len - mark);
	r->depth++;
}

/* Ends the zonefile_current file; the including one goes on with its own owner. */
static void zonefile_pop(struct reading *r)
{
	struct file *f = zonefile_current(r);
	textfile_close(&f->text);
	r->depth--;
	if (r->depth == 0)
		return;
	free((char *)f->name);
	if (zonefile_current(r)->has_owner)
		r->record.owner = f->owner_before;
}

/* --- directives --- */

static bool zonefile_is_word(const struct dns_lexer *lx, const char *word)
{
	return lx->token == DNS_TOKEN_WORD && strlen(word) == lx->len &&
	       strncasecmp(lx->word, word, lx->len) == 0;
}

/* Goes behind the directive's last word, which must be the line's last. */
static bool end_directive(struct reading *r)
{
	struct dns_lexer *lx = &zonefile_current(r)->lexer;
	dns_lexer_next(lx);
	return dns_lexer_is_at_end(lx) || zonefile_fail(r, "more words than the directive has");
}

static bool read_origin(struct reading *r)
{
	struct file *f = zonefile_current(r);
	struct dns_name origin;
	if (dns_lexer_next(&f->lexer) != DNS_TOKEN_WORD)
		return zonefile_fail(r, "$ORIGIN wants a name");
	const char *wrong = dns_name_parse(&origin, f->lexer.word, f->lexer.len, &f->origin);
	if (wrong)
		return zonefile_fail(r, wrong);
	f->origin = origin;
	return end_directive(r);
}

/* A TTL with or without units. NULL, or what is wrong with it. */
static const char *ttl_parse(const struct dns_lexer *lx, uint32_t *ttl)
{
	if (!dns_period_parse(lx->word, lx->len, ttl))
		return "not a TTL in seconds, or with units as in 1h30m";
	return *ttl > TTL_MOST ? "a TTL above 2147483647" : NULL;
}

static bool read_default_ttl(struct reading *r)
{
	struct dns_lexer *lx = &zonefile_current(r)->lexer;
	uint32_t ttl;
	if (dns_lexer_next(lx) != DNS_TOKEN_WORD)
		return zonefile_fail(r, "$TTL wants a TTL");
	const char *wrong = ttl_parse(lx, &ttl);
	if (wrong)
		return zonefile_fail(r, wrong);
	r->default_ttl = ttl;
	r->has_default_ttl = true;
	return end_directive(r);
}

/* The file word's path, escapes resolved, relative to the including file. NULL: not a path. */
static char *include_path(const struct file *f)
{
	const char *at = f->lexer.word, *end = at + f->lexer.len;
	const char *slash = strrchr(f->name, '/');
	size_t folder = slash && *at != '/' ? (size_t)(slash - f->name) + 1 : 0;
	char *path = malloc(folder + f->lexer.len + 1);
	if (!path)
		return NULL;
	memcpy(path, f->name, folder);
	size_t len = folder;
	while (at < end) {
		int byte = dns_lexer_unescape(&at, end);
		if (byte <= 0) {
			free(path);
			return NULL;
		}
		path[len++] = (char)byte;
	}
	path[len] = '\0';
	return path;
}

static bool open_include(struct reading *r, char *path, unsigned line, unsigned column,
			 const struct dns_name *origin)
{
	struct textfile text;
	if (r->depth > DNS_ZONEFILE_DEPTH_MAX) {
		free(path);
		return fail_at(r, line, column, "files that include files too deep");
	}
	if (!textfile_open(&text, path)) {
		char wrong[400];
		snprintf(wrong, sizeof wrong, "cannot read %.300s: %s", path, strerror(errno));
		free(path);
		return fail_at(r, line, column, wrong);
	}
	zonefile_push(r, path, text, origin);
	return true;
}

static bool read_include(struct reading *r)
{
	struct file *f = zonefile_current(r);
	struct dns_lexer *lx = &f->lexer;
	struct dns_name origin = f->origin;
	unsigned line = lx->word_line, column = lx->word_column;
	if (!r->wanted->may_include)
		return zonefile_fail(r, "$INCLUDE is not allowed here");
	dns_lexer_next(lx);
	if ((lx->token != DNS_TOKEN_WORD && lx->token != DNS_TOKEN_QUOTED) || lx->len == 0)
		return zonefile_fail(r, "$INCLUDE wants a file's name");
	char *path = include_path(f);
	if (!path)
		return zonefile_fail(r, "not a file's name");
	const char *wrong = NULL;
	if (dns_lexer_next(lx) == DNS_TOKEN_WORD) {
		wrong = dns_name_parse(&origin, lx->word, lx->len, &f->origin);
		if (!wrong)
			dns_lexer_next(lx);
	}
	if (!wrong && !dns_lexer_is_at_end(lx))
		wrong = "more words than the directive has";
	if (wrong) {
		free(path);
		return zonefile_fail(r, wrong);
	}
	return open_include(r, path, line, column, &origin);
}

static bool read_directive(struct reading *r)
{
	const struct dns_lexer *lx = &zonefile_current(r)->lexer;
	if (zonefile_is_word(lx, "$ORIGIN"))
		return read_origin(r);
	if (zonefile_is_word(lx, "$TTL"))
		return read_default_ttl(r);
	if (zonefile_is_word(lx, "$INCLUDE"))
		return read_include(r);
	return zonefile_fail(r, "an unknown directive");
}

/* --- records --- */

/* The owner, or the blank that stands for the last one; then the next word. */
static bool zonefile_read_owner(struct reading *r)
{
	struct file *f = zonefile_current(r);
	struct dns_lexer *lx = &f->lexer;
	r->record.file = f->name;
	r->record.line = lx->word_line;
	r->column = lx->word_column;
	if (lx->token == DNS_TOKEN_BLANK) {
		if (!f->has_owner)
			return zonefile_fail(r, "a record without an owner, and none before it");
	} else {
		const char *wrong = dns_name_parse(&r->record.owner, lx->word, lx->len, &f->origin);
		if (wrong)
			return zonefile_fail(r, wrong);
		f->has_owner = true;
	}
	dns_lexer_next(lx);
	return true;
}

/* The word of a WINS lookup, which Windows writes beside RFC 1035; NULL: it is none. */
static const char *zonefile_lookup(const struct dns_lexer *lx)
{
	static const char *const lookups[] = {"WINS", "WINSR", "WINS-R", "NBSTAT"};
	for (size_t i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++)
		if (zonefile_is_word(lx, lookups[i]))
			return lookups[i];
	return NULL;
}

/* Why a word is no type. */
static const char *no_type(const struct dns_lexer *lx)
{
	return zonefile_lookup(lx) ? "a WINS lookup, which only Windows does: take the line out"
				   : "not a record type";
}

/* Goes behind a WINS lookup, which is not the caller's error. */
static void zonefile_skip_lookup(struct reading *r)
{
	struct dns_lexer *lx = &zonefile_current(r)->lexer;
	while (!dns_lexer_is_at_end(lx) && lx->token != DNS_TOKEN_BAD)
		dns_lexer_next(lx);
	r->wanted->lookup(r->wanted->context, r->lookup, r->record.file, r->record.line);
}

static bool read_note(struct reading *r)
{
	const struct dns_lexer *lx = &zonefile_current(r)->lexer;
	const char *wrong = "an age as Windows writes it, in a file that is said to be plain";
	if (r->record.age.class != DNS_AGE_UNSAID)
		wrong = "a second age";
	else if (r->wanted->takes_notes)
		wrong = dns_age_of_note(lx->word, lx->len, &r->record.age);
	return !wrong || zonefile_fail(r, wrong);
}

/* An age of Windows, TTL and class in any order, each of them or none, then the type; then the next
 * word. */
static bool zonefile_read_type(struct reading *r, bool *has_ttl)
{
	struct dns_lexer *lx = &zonefile_current(r)->lexer;
	bool has_class = false;
	*has_ttl = false;
	r->record.age = (struct dns_age){.class = DNS_AGE_UNSAID};
	for (; lx->token == DNS_TOKEN_WORD; dns_lexer_next(lx)) {
		const char *wrong;
		/* No type or class begins with a digit. */
		if (lx->word[0] >= '0' && lx->word[0] <= '9') {
			if ((wrong = *has_ttl ? "a second TTL" : ttl_parse(lx, &r->record.ttl)))
				return zonefile_fail(r, wrong);
			*has_ttl = true;
		} else if (dns_age_is_note(lx->word, lx->len)) {
			if (!read_note(r))
				return false;
		} else if (dns_type_parse(lx->word, lx->len, &r->record.type)) {
			if (dns_type_is_meta(r->record.type))
				return zonefile_fail(r, "a type that no zone can hold");
			dns_lexer_next(lx);
			return true;
		} else if (r->wanted->lookup && (r->lookup = zonefile_lookup(lx))) {
			return true;
		} else if (!dns_class_parse(lx->word, lx->len, &r->record.class) || has_class) {
			return zonefile_fail(r, no_type(lx));
		} else if (r->record.class != DNS_CLASS_IN) {
			return zonefile_fail(r, "a class other than IN");
		} else {
			has_class = true;
		}
	}
	return zonefile_fail(r, "a record without a type");
}

/* SOA data's last number (RFC 1035 3.3.13). */
static uint32_t soa_minimum(struct bytes rdata)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	bytes_in_take(&in, rdata.len - 4);
	return bytes_in_u32(&in);
}

/* The TTL of a record that said none (RFC 1035 5.1, RFC 2308 4). */
static uint32_t missing_ttl(struct reading *r)
{
	if (r->has_default_ttl)
		return r->default_ttl;
	if (r->has_last_ttl)
		return r->last_ttl;
	if (r->record.type != DNS_TYPE_SOA)
		return r->wanted->default_ttl;
	uint32_t minimum = soa_minimum(r->record.rdata);
	r->default_ttl = minimum > TTL_MOST ? TTL_MOST : minimum;
	r->has_default_ttl = true;
	return r->default_ttl;
}

/* The comment behind the record, which is at its end. What it says goes before a note. */
static bool read_comment(struct reading *r)
{
	const struct file *f = zonefile_current(r);
	struct dns_zonefile_record *record = &r->record;
	struct dns_age age;
	size_t at;
	record->comment = f->lexer.comment;
	record->comment_len = f->lexer.comment ? f->lexer.comment_len : 0;
	if (!record->comment || !r->wanted->reads_ages)
		return true;
	const char *wrong = dns_age_of_comment(record->comment, record->comment_len, &age, &at);
	if (age.class != DNS_AGE_UNSAID)
		record->age = age;
	if (!wrong)
		return true;
	const char *start = record->comment;
	while (start > f->text.data && start[-1] != '\n')
		start--;
	return fail_at(r, f->lexer.word_line, (unsigned)(record->comment + at - start) + 1, wrong);
}

static bool zonefile_read_record(struct reading *r)
{
	struct file *f = zonefile_current(r);
	struct dns_zonefile_record *record = &r->record;
	bool has_ttl;
	r->lookup = NULL;
	if (!zonefile_read_owner(r) || !zonefile_read_type(r, &has_ttl))
		return false;
	if (r->lookup) {
		zonefile_skip_lookup(r);
		return f->lexer.token != DNS_TOKEN_BAD || zonefile_fail(r, f->lexer.error);
	}
	struct bytes_out out = bytes_out_of(r->rdata, sizeof r->rdata);
	unsigned line = f->lexer.word_line, column = f->lexer.word_column;
	const char *wrong = dns_rdata_parse(&f->lexer, record->type, &f->origin, &out);
	if (wrong)
		return zonefile_fail(r, wrong);
	record->class = DNS_CLASS_IN;
	record->rdata = bytes_of(r->rdata, bytes_out_len(&out));
	if ((wrong = dns_rdata_fault(record->type, record->rdata)))
		return fail_at(r, line, column, wrong);
	if (!read_comment(r))
		return false;
	if (has_ttl) {
		r->last_ttl = record->ttl;
		r->has_last_ttl = true;
	} else {
		record->ttl = missing_ttl(r);
	}
	wrong = r->wanted->record(r->wanted->context, record);
	return !wrong || fail_at(r, record->line, r->column, wrong);
}

/* --- all lines of all files --- */

static bool zonefile_read_line(struct reading *r)
{
	const struct dns_lexer *lx = &zonefile_current(r)->lexer;
	switch (lx->token) {
	case DNS_TOKEN_END_OF_LINE:
		return true;
	case DNS_TOKEN_BLANK:
		return zonefile_read_record(r);
	case DNS_TOKEN_WORD:
		return lx->word[0] == '$' ? read_directive(r) : zonefile_read_record(r);
	default:
		return zonefile_fail(r, "a quoted string where an owner belongs");
	}
}

static bool zonefile_read_all(const char *name, struct textfile text,
			      const struct dns_zonefile *wanted, char error[DNS_ZONEFILE_ERROR_MAX])
{
	struct reading *r = calloc(1, sizeof *r);
	if (!r) {
		textfile_close(&text);
		snprintf(error, DNS_ZONEFILE_ERROR_MAX, "%.400s: %s", name, strerror(errno));
		return false;
	}
	r->wanted = wanted;
	r->error = error;
	zonefile_push(r, name, text, wanted->origin);
	bool is_ok = true;
	while (r->depth > 0 && is_ok) {
		/* A directive may have opened another file, or a record may have been the last. */
		if (dns_lexer_next(&zonefile_current(r)->lexer) == DNS_TOKEN_END)
			zonefile_pop(r);
		else
			is_ok = zonefile_read_line(r);
	}
	while (r->depth > 0)
		zonefile_pop(r);
	free(r);
	return is_ok;
}

bool dns_zonefile_read(const char *path, const struct dns_zonefile *wanted,
		       char error[DNS_ZONEFILE_ERROR_MAX])
{
	struct textfile text;
	if (!textfile_open(&text, path)) {
		snprintf(error, DNS_ZONEFILE_ERROR_MAX, "cannot read %.400s: %s", path,
			 strerror(errno));
		return false;
	}
	return zonefile_read_all(path, text, wanted, error);
}

bool dns_zonefile_read_text(const char *name, const char *text, size_t len,
			    const struct dns_zonefile *wanted, char error[DNS_ZONEFILE_ERROR_MAX])
{
	return zonefile_read_all(name, (struct textfile){.data = text, .len = len}, wanted, error);
}
