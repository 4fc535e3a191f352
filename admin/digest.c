/* SPDX-License-Identifier: BSD-2-Clause */
/* digest: all decided state as lines, and their digest. */
#include "admin/at.h"
#include "admin/scope.h"
#include "admin/command.h"
#include "base/codec.h"
#include "journal/journal.h"
#include "zonedb/state_digest.h"

static bool digest_send_line(void *context, struct bytes line)
{
	struct call *call = context;
	return command_row(call, json_pack("{s:s#}", "text", (const char *)line.data, line.len));
}

/* It holds its snapshot; who waits may be gone, or the store have to be opened anew. */
static bool digest_may_go_on(void *context)
{
	struct call *call = context;
	return (!call->wait || call->wait(call, 0)) && !store_is_reopening(call->core->store);
}

static enum call_code tell_failure(struct call *call, const struct state_digest_result *result)
{
	enum call_code code = command_read_ended(call);
	if (code)
		return code;
	if (result->unknown)
		return call_fail(call, CALL_FAILED, STATE_DIGEST_UNKNOWN,
				 (unsigned long long)result->unknown);
	return call_fail(call, CALL_FAILED, "given up before the end");
}

static enum call_code admin_digest(struct call *call)
{
	struct command_at at;
	bool has_lines = command_flag(call, "lines");
	enum call_code code = command_at_of(call, &at);
	/* The lines hold the sealed secrets of keys. */
	if (!code && has_lines)
		code = scope_check_role(call, ROLE_ADMIN, "'digest' with its lines");
	if (code)
		return code;
	struct state_digest_options options = {
		.at = at.is_given ? at.seq : journal_head(call->snapshot.txn).seq,
		.line = has_lines ? digest_send_line : NULL,
		.goes_on = digest_may_go_on,
		.context = call};
	struct state_digest_result result;
	char text[2 * DIGEST_LEN + 1];
	if (!state_digest(call->snapshot.txn, &options, &result))
		return tell_failure(call, &result);
	struct bytes_out out = bytes_out_of(text, sizeof text - 1);
	codec_print(CODEC_HEX, bytes_of(result.digest, DIGEST_LEN), &out);
	text[2 * DIGEST_LEN] = '\0';
	command_result(call, "digest", json_string(text));
	command_result(call, "seq", json_integer((json_int_t)options.at));
	command_result(call, "lines", json_integer((json_int_t)result.lines));
	if (!has_lines)
		command_say(call, "%s", text);
	return CALL_OK;
}

const struct command command_digest_table[] = {
	{"digest", admin_digest, "at=s? lines=b?"},
	{0},
};
