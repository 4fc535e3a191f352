/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata_field.h"
#include "dns/rdata.h"

/* `\#`, a length and hexadecimal (RFC 3597 5). */
static bool is_generic(const struct dns_lexer *lx)
{
	return lx->token == DNS_TOKEN_WORD && lx->len == 2 && memcmp(lx->word, "\\#", 2) == 0;
}

static const char *parse_generic(struct dns_words *w, const struct dns_shape *shape)
{
	uint64_t len;
	const char *wrong;
	dns_words_next(w);
	if ((wrong = dns_words_number(w, DNS_RDATA_MAX, &len)))
		return wrong;
	if (!dns_words_are_over(w) && (wrong = dns_field_hex.parse(w)))
		return wrong;
	if (w->out->full)
		return NULL;
	struct bytes rdata = bytes_of(w->out->start + w->start, bytes_out_len(w->out) - w->start);
	if (rdata.len != len)
		return "not as many bytes as the number behind \\# says";
	if (!dns_shape_fits(shape, rdata))
		return "bytes that do not fit the record's type";
	return NULL;
}

static const char *parse_fields(struct dns_words *w, const struct dns_shape *shape)
{
	if (!shape->fields[0])
		return "data of this type is written as \\# LENGTH HEX (RFC 3597)";
	const char *wrong = NULL;
	for (const struct dns_field *const *f = shape->fields; *f && !wrong; f++)
		wrong = (*f)->parse(w);
	return wrong;
}

const char *dns_rdata_parse(struct dns_lexer *lexer, uint16_t type, const struct dns_name *origin,
			    struct bytes_out *out)
{
	const struct dns_shape *shape = dns_shape_of(type);
	struct dns_words w = {
		.lexer = lexer, .origin = origin, .out = out, .start = bytes_out_len(out)};
	const char *wrong = is_generic(lexer) ? parse_generic(&w, shape) : parse_fields(&w, shape);
	if (wrong)
		return wrong;
	if (lexer->token == DNS_TOKEN_BAD)
		return lexer->error;
	if (out->full || bytes_out_len(out) - w.start > DNS_RDATA_MAX)
		return "record data that is too long";
	return dns_words_are_over(&w) ? NULL : "more words than the record's data has";
}

const char *dns_rdata_parse_text(uint16_t type, const char *text, const struct dns_name *origin,
				 struct bytes_out *out, unsigned *column)
{
	struct dns_lexer lexer;
	dns_lexer_init(&lexer, text, strlen(text));
	if (dns_lexer_next(&lexer) == DNS_TOKEN_BLANK)
		dns_lexer_next(&lexer);
	const char *wrong = dns_rdata_parse(&lexer, type, origin, out);
	if (!wrong && lexer.token == DNS_TOKEN_END_OF_LINE)
		wrong = "more than one line";
	if (wrong)
		*column = lexer.word_column;
	return wrong;
}
