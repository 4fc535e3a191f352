/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/checkpoint_text.h"
#include "base/codec.h"
#include "base/timeword.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAGIC "tenure-checkpoint "

static size_t checkpoint_hex(struct bytes bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = digits[bytes.data[i] >> 4];
		out[2 * i + 1] = digits[bytes.data[i] & 15];
	}
	out[2 * bytes.len] = '\0';
	return 2 * bytes.len;
}

/* The members of the logs of refusals. */
static const struct checkpoint_words {
	const char *seq, *digest;
} checkpoint_words[JOURNAL_LOGS] = {
	[JOURNAL_SIGNED] = {" signed=", " signed-digest="},
	[JOURNAL_UNSIGNED] = {" unsigned=", " unsigned-digest="},
};

unsigned checkpoint_heads(const struct checkpoint *c)
{
	return c->version == 1 ? 1 : JOURNAL_LOGS;
}

static size_t checkpoint_add(char out[CHECKPOINT_LINE_MAX], size_t len, const char *word,
			     const char *value)
{
	return len + (size_t)snprintf(out + len, CHECKPOINT_LINE_MAX - len, "%s%s", word, value);
}

static size_t checkpoint_add_seq(char out[CHECKPOINT_LINE_MAX], size_t len, const char *word,
				 uint64_t seq)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, seq);
	return checkpoint_add(out, len, word, text);
}

static size_t checkpoint_add_hex(char out[CHECKPOINT_LINE_MAX], size_t len, const char *word,
				 struct bytes bytes)
{
	char text[2 * DIGEST_LEN + 1];
	checkpoint_hex(bytes, text);
	return checkpoint_add(out, len, word, text);
}

size_t checkpoint_signed_text(const struct checkpoint *c, char out[CHECKPOINT_LINE_MAX])
{
	char time[TIMEWORD_TEXT_MAX];
	time_print(c->time, time);
	size_t len = checkpoint_add(out, 0, MAGIC, c->version == 1 ? "1" : "2");
	len = checkpoint_add_seq(out, len, " seq=", c->heads[JOURNAL_CHANGES].seq);
	len = checkpoint_add(out, len, " time=", time);
	len = checkpoint_add_hex(
		out, len, " digest=", bytes_of(c->heads[JOURNAL_CHANGES].digest, DIGEST_LEN));
	for (unsigned i = JOURNAL_SIGNED; i < checkpoint_heads(c); i++) {
		len = checkpoint_add_seq(out, len, checkpoint_words[i].seq, c->heads[i].seq);
		len = checkpoint_add_hex(out, len, checkpoint_words[i].digest,
					 bytes_of(c->heads[i].digest, DIGEST_LEN));
	}
	return checkpoint_add_hex(out, len, " key=", bytes_of(c->key_id, CHECKPOINT_KEY_ID_LEN));
}

size_t checkpoint_print(const struct checkpoint *c, char out[CHECKPOINT_LINE_MAX])
{
	static const char word[] = " signature=";
	size_t len = checkpoint_signed_text(c, out);
	memcpy(out + len, word, sizeof word - 1);
	len += sizeof word - 1;
	struct bytes_out text = bytes_out_of(out + len, CHECKPOINT_LINE_MAX - 1 - len);
	codec_print(CODEC_BASE64, bytes_of(c->signature, sizeof c->signature), &text);
	len += bytes_out_len(&text);
	out[len] = '\0';
	return len;
}

/* The value of the next ` name=value`; false: something else stands there. */
static bool checkpoint_take(const char **at, const char *name, char *value, size_t cap)
{
	size_t len = strlen(name);
	if (strncmp(*at, name, len) != 0)
		return false;
	*at += len;
	len = strcspn(*at, " ");
	if (len == 0 || len >= cap)
		return false;
	memcpy(value, *at, len);
	value[len] = '\0';
	*at += len;
	return true;
}

static bool checkpoint_take_bytes(const char **at, const char *name, enum codec_kind kind,
				  uint8_t *bytes, size_t len)
{
	char text[CHECKPOINT_LINE_MAX];
	struct bytes_out out = bytes_out_of(bytes, len);
	return checkpoint_take(at, name, text, sizeof text) &&
	       codec_parse(kind, text, strlen(text), &out) && bytes_out_len(&out) == len;
}

static bool checkpoint_take_seq(const char **at, const char *word, uint64_t *seq)
{
	char text[24];
	*seq = 0;
	if (!checkpoint_take(at, word, text, sizeof text))
		return false;
	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '9' || *seq > (UINT64_MAX - 9) / 10)
			return false;
		*seq = *seq * 10 + (uint64_t)(*c - '0');
	}
	return true;
}

const char *checkpoint_parse(struct checkpoint *c, const char *text, size_t len)
{
	char line[CHECKPOINT_LINE_MAX], again[CHECKPOINT_LINE_MAX], time[TIMEWORD_TEXT_MAX];
	const char *at = line;
	if (len >= sizeof line || memchr(text, '\0', len))
		return "it is too long, or no text";
	memcpy(line, text, len);
	line[len] = '\0';
	memset(c, 0, sizeof *c);
	c->version = strncmp(line, MAGIC "1 ", sizeof MAGIC + 1) == 0 ? 1 : 2;
	if (c->version == 2 && strncmp(line, MAGIC "2 ", sizeof MAGIC + 1) != 0)
		return "it does not begin with '" MAGIC "1' or '" MAGIC "2'";
	at += sizeof MAGIC;
	struct checkpoint_head *changes = &c->heads[JOURNAL_CHANGES];
	if (!checkpoint_take_seq(&at, " seq=", &changes->seq) || changes->seq == 0)
		return "its seq is not a number";
	if (!checkpoint_take(&at, " time=", time, sizeof time) || !time_parse(time, 0, &c->time))
		return "its time is not one";
	if (!checkpoint_take_bytes(&at, " digest=", CODEC_HEX, changes->digest, DIGEST_LEN))
		return "its digest is not one";
	for (unsigned i = JOURNAL_SIGNED; i < checkpoint_heads(c); i++) {
		if (!checkpoint_take_seq(&at, checkpoint_words[i].seq, &c->heads[i].seq) ||
		    !checkpoint_take_bytes(&at, checkpoint_words[i].digest, CODEC_HEX,
					   c->heads[i].digest, DIGEST_LEN))
			return "what it says of refusals is not a number and a digest";
	}
	if (!checkpoint_take_bytes(&at, " key=", CODEC_HEX, c->key_id, sizeof c->key_id))
		return "its key's id is not one";
	if (!checkpoint_take_bytes(&at, " signature=", CODEC_BASE64, c->signature,
				   sizeof c->signature))
		return "its signature is not one";
	if (checkpoint_print(c, again) != len || memcmp(again, line, len) != 0)
		return "it is not as a checkpoint is written";
	return NULL;
}
