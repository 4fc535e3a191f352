/* SPDX-License-Identifier: BSD-2-Clause */
/* Names in record data, and the words that texts of data are made of. */
#include "dns/rdata_field.h"
#include "dns/wire.h"

const char *dns_words_any(struct dns_words *w, const char **text, size_t *len)
{
	const struct dns_lexer *lx = w->lexer;
	if (lx->token == DNS_TOKEN_BAD)
		return lx->error;
	if (dns_words_are_over(w))
		return "record data is incomplete";
	*text = lx->word;
	*len = lx->len;
	return NULL;
}

const char *dns_words_plain(struct dns_words *w, const char **text, size_t *len)
{
	if (w->lexer->token == DNS_TOKEN_QUOTED)
		return "a quoted string where none belongs";
	return dns_words_any(w, text, len);
}

void dns_words_next(struct dns_words *w)
{
	dns_lexer_next(w->lexer);
}

bool dns_words_are_over(const struct dns_words *w)
{
	return dns_lexer_is_at_end(w->lexer);
}

static void rdata_name_check(struct bytes_in *in)
{
	dns_wire_plain_name(in);
}

static void rdata_name_print(struct bytes_in *in, struct dns_text *text)
{
	char name[DNS_NAME_TEXT_MAX];
	dns_name_print_raw(dns_wire_plain_name(in), name);
	dns_text_put(text, name, strlen(name));
}

static const char *rdata_name_parse(struct dns_words *w)
{
	const char *text = NULL, *wrong;
	size_t len = 0;
	uint8_t raw[DNS_NAME_MAX], raw_len;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if ((wrong = dns_name_parse_raw(raw, &raw_len, text, len, w->origin)))
		return wrong;
	bytes_out_put(w->out, raw, raw_len);
	dns_words_next(w);
	return NULL;
}

const struct dns_field dns_field_name_compressed = {rdata_name_check, rdata_name_print,
						    rdata_name_parse};
const struct dns_field dns_field_name_old = {rdata_name_check, rdata_name_print, rdata_name_parse};
const struct dns_field dns_field_name_folded = {rdata_name_check, rdata_name_print,
						rdata_name_parse};
const struct dns_field dns_field_name = {rdata_name_check, rdata_name_print, rdata_name_parse};
