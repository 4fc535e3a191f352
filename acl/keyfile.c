/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/keyfile.h"
#include <stdio.h>
#include <strings.h>

/* A word of named.conf: bare, quoted, or one of { } ; */
enum token { TOKEN_WORD, TOKEN_QUOTED, TOKEN_MARK, TOKEN_END, TOKEN_BAD };

struct reader {
	const char *at, *end, *line_start;
	unsigned line;
	enum token token;
	const char *word; /* where it lies, without quotes */
	size_t len;
	unsigned word_line, word_column;
	const char *problem; /* the first one; then nothing more is read */
};

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void keyfile_complain(struct reader *in, const char *problem)
{
	if (!in->problem)
		in->problem = problem;
	in->token = TOKEN_BAD;
}

static size_t keyfile_left(const struct reader *in)
{
	return (size_t)(in->end - in->at);
}

static bool starts_with(const struct reader *in, const char *text)
{
	size_t len = strlen(text);
	return keyfile_left(in) >= len && memcmp(in->at, text, len) == 0;
}

static void keyfile_step(struct reader *in)
{
	if (*in->at++ == '\n') {
		in->line++;
		in->line_start = in->at;
	}
}

static void keyfile_place(struct reader *in)
{
	in->word_line = in->line;
	in->word_column = (unsigned)(in->at - in->line_start) + 1;
}

static void keyfile_skip_line(struct reader *in)
{
	while (keyfile_left(in) && *in->at != '\n')
		keyfile_step(in);
}

/* True: it was closed. */
static bool keyfile_skip_comment(struct reader *in)
{
	keyfile_place(in);
	in->at += 2;
	while (keyfile_left(in) && !starts_with(in, "*/"))
		keyfile_step(in);
	if (!keyfile_left(in))
		return false;
	in->at += 2;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

static bool skip_space(struct reader *in)
{
	while (keyfile_left(in)) {
		if (is_space(*in->at))
			keyfile_step(in);
		else if (*in->at == '#' || starts_with(in, "//"))
			keyfile_skip_line(in);
		else if (!starts_with(in, "/*"))
			return true;
		else if (!keyfile_skip_comment(in))
			return false;
	}
	return true;
}

static void keyfile_read_quoted(struct reader *in)
{
	in->word = ++in->at;
	while (keyfile_left(in) && *in->at != '"' && *in->at != '\n')
		in->at += *in->at == '\\' && keyfile_left(in) > 1 && in->at[1] != '\n' ? 2 : 1;
	in->len = (size_t)(in->at - in->word);
	in->token = TOKEN_QUOTED;
	if (!keyfile_left(in) || *in->at != '"')
		keyfile_complain(in, "the quote is not closed on its line");
	else
		in->at++;
}

static bool ends_word(const struct reader *in)
{
	return is_space(*in->at) || strchr("{};\"#", *in->at) || starts_with(in, "//") ||
	       starts_with(in, "/*");
}

static void keyfile_next(struct reader *in)
{
	if (in->problem)
		return;
	bool is_clean = skip_space(in);
	if (!is_clean) {
		keyfile_complain(in, "the comment is not closed");
		return;
	}
	keyfile_place(in);
	in->word = in->at;
	in->len = 0;
	if (!keyfile_left(in)) {
		in->token = TOKEN_END;
	} else if (!*in->at) {
		keyfile_complain(in, "a NUL byte");
	} else if (*in->at == '"') {
		keyfile_read_quoted(in);
	} else if (strchr("{};", *in->at)) {
		in->token = TOKEN_MARK;
		in->len = 1;
		in->at++;
	} else {
		while (keyfile_left(in) && *in->at && !ends_word(in))
			in->at++;
		in->token = TOKEN_WORD;
		in->len = (size_t)(in->at - in->word);
	}
}

static bool keyfile_is_text(const struct reader *in)
{
	return in->token == TOKEN_WORD || in->token == TOKEN_QUOTED;
}

static bool is_mark(const struct reader *in, char mark)
{
	return in->token == TOKEN_MARK && *in->word == mark;
}

static bool keyfile_is_word(const struct reader *in, const char *word)
{
	return in->token == TOKEN_WORD && in->len == strlen(word) &&
	       strncasecmp(in->word, word, in->len) == 0;
}

static void keyfile_expect(struct reader *in, char mark, const char *problem)
{
	if (is_mark(in, mark))
		keyfile_next(in);
	else
		keyfile_complain(in, problem);
}

static int base64_value(char c)
{
	const char *digit = c ? strchr(base64_digits, c) : NULL;
	return digit ? (int)(digit - base64_digits) : -1;
}

/* RFC 4648 4, with white space between; padding required and its bits zero. */
static const char *read_secret(struct keyring_key *key, const char *text, size_t len)
{
	unsigned bits = 0, held = 0, digits = 0, pads = 0;
	key->secret_len = 0;
	for (size_t i = 0; i < len; i++) {
		int value = base64_value(text[i]);
		if (is_space(text[i]))
			continue;
		if (text[i] == '=') {
			pads++;
			continue;
		}
		if (value < 0 || pads > 0)
			return "secret is not base64";
		bits = (bits << 6 | (unsigned)value) & 0xffffff;
		held += 6;
		digits++;
		if (held < 8)
			continue;
		held -= 8;
		if (key->secret_len == KEYRING_SECRET_MAX)
			return "secret is longer than 512 bytes";
		key->secret[key->secret_len++] = (uint8_t)(bits >> held);
	}
	if ((digits + pads) % 4 != 0 || pads > 2 || (bits & ((1u << held) - 1)) != 0)
		return "secret is not base64";
	return digits == 0 ? "secret is empty" : NULL;
}

static void read_algorithm(struct reader *in, struct keyring_key *key)
{
	const struct hmac_info *info = keyfile_is_text(in) ? hmac_by_text(in->word, in->len) : NULL;
	if (!info)
		keyfile_complain(in, "unknown algorithm: one of hmac-md5, hmac-sha1, hmac-sha224, "
				     "hmac-sha256, hmac-sha384, hmac-sha512 is expected");
	else if (key->algorithm)
		keyfile_complain(in, "a second algorithm in one key");
	else
		key->algorithm = info->algorithm;
}

static void read_secret_word(struct reader *in, struct keyring_key *key)
{
	const char *problem = NULL;
	if (!keyfile_is_text(in))
		problem = "a secret in base64 is expected";
	else if (key->secret_len)
		problem = "a second secret in one key";
	else
		problem = read_secret(key, in->word, in->len);
	if (problem)
		keyfile_complain(in, problem);
}

static void read_statement(struct reader *in, struct keyring_key *key)
{
	bool is_algorithm = keyfile_is_word(in, "algorithm");
	if (!is_algorithm && !keyfile_is_word(in, "secret")) {
		keyfile_complain(in, "`algorithm`, `secret` or `}` is expected");
		return;
	}
	keyfile_next(in);
	if (is_algorithm)
		read_algorithm(in, key);
	else
		read_secret_word(in, key);
	keyfile_next(in);
	keyfile_expect(in, ';', "`;` is expected");
}

static void keyfile_read_name(struct reader *in, struct keyring_key *key)
{
	const char *problem = "a key's name is expected";
	if (keyfile_is_text(in) && in->len > 0)
		problem = dns_name_parse(&key->name, in->word, in->len, NULL);
	if (!problem && key->name.labels == 0)
		problem = "the root cannot be a key's name";
	if (problem)
		keyfile_complain(in, problem);
	else
		keyfile_next(in);
}

/* The reader stands behind the word `key`. */
static void read_key(struct reader *in, struct keyring_key *key)
{
	*key = (struct keyring_key){0};
	keyfile_read_name(in, key);
	keyfile_expect(in, '{', "`{` is expected");
	while (!in->problem && !is_mark(in, '}'))
		read_statement(in, key);
	if (!in->problem && !key->algorithm)
		keyfile_complain(in, "the key has no algorithm");
	if (!in->problem && !key->secret_len)
		keyfile_complain(in, "the key has no secret");
	keyfile_expect(in, '}', "`}` is expected");
	keyfile_expect(in, ';', "`;` is expected");
}

/*
 * Some other statement, with its braces, up to its semicolon. One that the text ends in is let
 * pass: ddns-confgen ends with a line for the shell.
 */
static void pass_over(struct reader *in)
{
	unsigned depth = 0;
	while (!in->problem && in->token != TOKEN_END) {
		bool is_last = depth == 0 && is_mark(in, ';');
		if (is_mark(in, '{'))
			depth++;
		if (is_mark(in, '}') && depth-- == 0) {
			keyfile_complain(in, "`}` without `{`");
			return;
		}
		keyfile_next(in);
		if (is_last)
			return;
	}
	if (depth > 0)
		keyfile_complain(in, "`}` is expected");
}

static void keyfile_read_all(struct reader *in, struct keyring_key *keys, size_t cap, size_t *count)
{
	keyfile_next(in);
	while (!in->problem && in->token != TOKEN_END) {
		if (!keyfile_is_word(in, "key")) {
			pass_over(in);
			continue;
		}
		if (*count == cap) {
			keyfile_complain(in, "more keys than are taken at once");
			return;
		}
		keyfile_next(in);
		read_key(in, &keys[(*count)++]);
	}
	if (*count == 0)
		keyfile_complain(in, "there is no key in it");
}

bool keyfile_parse(const char *text, size_t len, struct keyring_key *keys, size_t cap,
		   size_t *count, char error[KEYFILE_ERROR_MAX])
{
	struct reader in = {.at = text, .end = text + len, .line_start = text, .line = 1};
	size_t found = 0;
	keyfile_read_all(&in, keys, cap, &found);
	if (!in.problem) {
		*count = found;
		return true;
	}
	for (size_t i = 0; i < found; i++)
		keyring_key_wipe(&keys[i]);
	snprintf(error, KEYFILE_ERROR_MAX, "line %u, column %u: %s", in.word_line, in.word_column,
		 in.problem);
	return false;
}

/* RFC 4648 4. */
static void print_secret(const struct keyring_key *key, struct bytes_out *out)
{
	for (size_t i = 0; i < key->secret_len; i += 3) {
		size_t n = key->secret_len - i < 3 ? key->secret_len - i : 3;
		uint32_t bits = 0;
		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < n ? key->secret[i + k] : 0);
		for (size_t k = 0; k < 4; k++) {
			char digit = base64_digits[bits >> (18 - 6 * k) & 0x3f];
			bytes_out_u8(out, (uint8_t)(k <= n ? digit : '='));
		}
	}
}

static void keyfile_print_text(struct bytes_out *out, const char *text)
{
	bytes_out_put(out, text, strlen(text));
}

size_t keyfile_print(const struct keyring_key *key, char out[KEYFILE_TEXT_MAX])
{
	char name[DNS_NAME_TEXT_MAX];
	struct bytes_out text = bytes_out_of(out, KEYFILE_TEXT_MAX - 1);
	keyfile_print_text(&text, "key \"");
	keyfile_print_text(&text, dns_name_show(&key->name, name));
	keyfile_print_text(&text, "\" {\n\talgorithm ");
	keyfile_print_text(&text, hmac_by_number(key->algorithm)->text);
	keyfile_print_text(&text, ";\n\tsecret \"");
	print_secret(key, &text);
	keyfile_print_text(&text, "\";\n};\n");
	size_t len = bytes_out_len(&text);
	out[len] = '\0';
	return len;
}
