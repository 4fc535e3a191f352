/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/checkpoint_text.h"
#include "base/codec.h"
#include "base/timeword.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAGIC "tenure-checkpoint 1"

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

size_t checkpoint_signed_text(const struct checkpoint *c, char out[CHECKPOINT_LINE_MAX])
{
	char time[TIMEWORD_TEXT_MAX], digest[2 * DIGEST_LEN + 1];
	char key[2 * CHECKPOINT_KEY_ID_LEN + 1];
	time_print(c->time, time);
	checkpoint_hex(bytes_of(c->digest, DIGEST_LEN), digest);
	checkpoint_hex(bytes_of(c->key_id, CHECKPOINT_KEY_ID_LEN), key);
	int len = snprintf(out, CHECKPOINT_LINE_MAX,
			   MAGIC " seq=%" PRIu64 " time=%s digest=%s key=%s", c->seq, time, digest,
			   key);
	return (size_t)len;
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

static bool checkpoint_take_seq(const char **at, uint64_t *seq)
{
	char text[24];
	*seq = 0;
	if (!checkpoint_take(at, " seq=", text, sizeof text))
		return false;
	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '9' || *seq > (UINT64_MAX - 9) / 10)
			return false;
		*seq = *seq * 10 + (uint64_t)(*c - '0');
	}
	return *seq > 0;
}

const char *checkpoint_parse(struct checkpoint *c, const char *text, size_t len)
{
	char line[CHECKPOINT_LINE_MAX], again[CHECKPOINT_LINE_MAX], time[TIMEWORD_TEXT_MAX];
	const char *at = line;
	if (len >= sizeof line || memchr(text, '\0', len))
		return "it is too long, or no text";
	memcpy(line, text, len);
	line[len] = '\0';
	if (strncmp(line, MAGIC, strlen(MAGIC)) != 0)
		return "it does not begin with '" MAGIC "'";
	at += strlen(MAGIC);
	if (!checkpoint_take_seq(&at, &c->seq))
		return "its seq is not a number";
	if (!checkpoint_take(&at, " time=", time, sizeof time) || !time_parse(time, 0, &c->time))
		return "its time is not one";
	if (!checkpoint_take_bytes(&at, " digest=", CODEC_HEX, c->digest, sizeof c->digest))
		return "its digest is not one";
	if (!checkpoint_take_bytes(&at, " key=", CODEC_HEX, c->key_id, sizeof c->key_id))
		return "its key's id is not one";
	if (!checkpoint_take_bytes(&at, " signature=", CODEC_BASE64, c->signature,
				   sizeof c->signature))
		return "its signature is not one";
	if (checkpoint_print(c, again) != len || memcmp(again, line, len) != 0)
		return "it is not as a checkpoint is written";
	return NULL;
}
