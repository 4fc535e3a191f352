/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/line_chain.h"
#include "base/timeword.h"
#include "outbound/event.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX_MAX (2 * DIGEST_LEN + 1)

char *line_chain_print(struct line_chain *chain, const json_t *object, size_t flags)
{
	char hex[HEX_MAX], *text = json_dumps(object, JSON_COMPACT | flags);
	size_t len = text ? strlen(text) : 0;
	if (!text)
		return NULL;
	assert(len > 2 && text[len - 1] == '}');
	text[--len] = '\0';
	struct bytes pieces[] = {bytes_of(chain->digest, DIGEST_LEN), bytes_of(text, len)};
	digest_sha256(pieces, 2, chain->digest);
	size_t room = len + sizeof ",\"chain\":\"\"}\n" + HEX_MAX;
	char *line = malloc(room);
	assert(line);
	snprintf(line, room, "%s,\"chain\":\"%s\"}\n", text, event_hex(chain->digest, hex));
	free(text);
	return line;
}

json_t *line_chain_statement(const struct line_chain *chain, struct checkpoints *checkpoints,
			     uint64_t now)
{
	char time[TIMEWORD_TEXT_MAX], hex[HEX_MAX], text[CHECKPOINT_LINE_MAX];
	char checkpoint[CHECKPOINT_LINE_MAX], statement[CHECKPOINT_LINE_MAX];
	if (!checkpoints)
		return NULL;
	time_print(now, time);
	snprintf(text, sizeof text, "tenure-export 1 time=%s chain=%s", time,
		 event_hex(chain->digest, hex));
	checkpoints_state(checkpoints, text, statement);
	json_t *o = json_pack("{s:i, s:s, s:s, s:s}", "schema", 2, "time", time, "event",
			      "export-statement", "statement", statement);
	if (checkpoints_last(checkpoints, checkpoint))
		json_object_set_new(o, "checkpoint", json_string(checkpoint));
	return o;
}
