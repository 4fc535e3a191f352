/* SPDX-License-Identifier: BSD-2-Clause */
/* key rotate, disable, enable, test. */
#include "admin/command.h"
#include "base/codec.h"

#define OVERLAP_DEFAULT (24 * 3600)
#define MAC_TEXT_MAX    (2 * HMAC_MAC_MAX + 1)

/* What both sides sign to compare their secrets. */
static const char test_message[] = "tenure key test";

struct key_rotation {
	struct dns_name name;
	enum event_kind event;
	bool is_rotation, is_disabled;
	uint64_t until;
	struct keyring_key key; /* as it became; to be wiped */
	bool is_changed;
	bool lost_previous; /* a rotation was still running */
};

static enum call_code key_rotation_work(struct call *call, struct store_txn *txn, void *context)
{
	struct key_rotation *key_rotation = context;
	struct keyring_key *key = &key_rotation->key;
	uint64_t now = clock_now(&call->core->clock);
	if (!keyring_get(txn, &key_rotation->name, key))
		return command_no_such_key(call, txn, &key_rotation->name);
	key_rotation->is_changed =
		key_rotation->is_rotation || key->is_disabled != key_rotation->is_disabled;
	if (!key_rotation->is_changed)
		return CALL_OK;
	key_rotation->lost_previous = key_rotation->is_rotation && key->previous_until > now;
	if (key_rotation->is_rotation)
		keyring_key_rotate(key, now, key_rotation->until);
	else
		key->is_disabled = key_rotation->is_disabled;
	return command_key_put(call, txn, key_rotation->event, key);
}

static enum call_code key_rotation_run(struct call *call, struct key_rotation *key_rotation)
{
	key_rotation->name = dns_name_root();
	enum call_code code = command_name_of(call, "name", &key_rotation->name);
	return code ? code : command_write(call, key_rotation_work, key_rotation);
}

static enum call_code until_of(struct call *call, uint64_t *until)
{
	uint64_t now = clock_now(&call->core->clock);
	uint32_t overlap = OVERLAP_DEFAULT;
	if (command_text(call, "until") && command_text(call, "for"))
		return call_fail(call, CALL_USAGE, "until and for exclude each other");
	enum call_code code = command_duration_of(call, "for", &overlap);
	*until = now + overlap;
	if (!code)
		code = command_time_of(call, "until", until);
	if (!code && command_text(call, "until") && *until <= now)
		code = call_fail(call, CALL_USAGE,
				 "until: '%s' is in the past; 'for 0s' ends the old secret at once",
				 command_text(call, "until"));
	return code;
}

static enum call_code rotate_key_rotate(struct call *call)
{
	struct key_rotation key_rotation = {.event = EVENT_KEY_ROTATE, .is_rotation = true};
	enum call_code code = until_of(call, &key_rotation.until);
	if (!code)
		code = key_rotation_run(call, &key_rotation);
	if (!code && key_rotation.lost_previous)
		command_warn(call, 0,
			     "an earlier rotation was still running: the secret before the "
			     "last one is no longer good");
	if (!code && key_rotation.key.is_disabled)
		command_warn(call, 0, "the key is disabled: key enable");
	if (!code) {
		command_key_answer(call, &key_rotation.key);
		command_result(call, "previous_until", command_seconds(key_rotation.until));
	}
	keyring_key_wipe(&key_rotation.key);
	return code;
}

static enum call_code set_disabled(struct call *call, struct key_rotation *key_rotation,
				   const char *what)
{
	char shown[DNS_NAME_TEXT_MAX];
	enum call_code code = key_rotation_run(call, key_rotation);
	if (!code) {
		command_result(call, "name", command_name(&key_rotation->name));
		command_result(call, "disabled", json_boolean(key_rotation->is_disabled));
		dns_name_show(&key_rotation->name, shown);
		command_say(call, "key %s: %s%s", shown,
			    key_rotation->is_changed ? "" : "was already ", what);
	}
	keyring_key_wipe(&key_rotation->key);
	return code;
}

static enum call_code key_disable(struct call *call)
{
	struct key_rotation key_rotation = {.event = EVENT_KEY_DISABLE, .is_disabled = true};
	return set_disabled(call, &key_rotation, "disabled");
}

static enum call_code key_enable(struct call *call)
{
	struct key_rotation key_rotation = {.event = EVENT_KEY_ENABLE};
	return set_disabled(call, &key_rotation, "enabled");
}

static void print_mac(enum codec_kind kind, struct bytes mac, char text[MAC_TEXT_MAX])
{
	struct bytes_out out = bytes_out_of(text, MAC_TEXT_MAX);
	codec_print(kind, mac, &out);
	bytes_out_u8(&out, '\0');
}

/* The MAC of the message by one secret. False: OpenSSL does not offer the algorithm. */
static bool test_secret(struct call *call, const struct keyring_key *key, struct bytes secret,
			const char *which)
{
	char hex[MAC_TEXT_MAX], base64[MAC_TEXT_MAX];
	uint8_t mac[HMAC_MAC_MAX];
	struct hmac_key hmac_key;
	const struct hmac_info *info = hmac_by_number(key->algorithm);
	struct bytes message = bytes_of(test_message, strlen(test_message));
	size_t len = hmac_key_set(&hmac_key, key->algorithm, secret)
			     ? hmac_once(&hmac_key, &message, 1, mac)
			     : 0;
	hmac_key_wipe(&hmac_key);
	if (len == 0)
		return false;
	print_mac(CODEC_HEX, bytes_of(mac, len), hex);
	print_mac(CODEC_BASE64, bytes_of(mac, len), base64);
	for (char *c = hex; *c; c++) /* as OpenSSL prints it */
		*c = *c >= 'A' && *c <= 'F' ? (char)(*c - 'A' + 'a') : *c;
	json_t *row = json_object();
	json_object_set_new(row, "name", command_name(&key->name));
	json_object_set_new(row, "secret", json_string(which));
	json_object_set_new(row, "algorithm", json_string(info->text));
	json_object_set_new(row, "bits", json_integer((json_int_t)secret.len * 8));
	json_object_set_new(row, "text", json_string(test_message));
	json_object_set_new(row, "mac_base64", json_string(base64));
	json_object_set_new(row, "mac_hex", json_string(hex));
	command_row(call, row);
	return true;
}

static enum call_code key_test(struct call *call)
{
	struct keyring_key key;
	struct dns_name name = dns_name_root();
	enum call_code code = command_name_of(call, "name", &name);
	if (code)
		return code;
	if (!keyring_get(call->snapshot.txn, &name, &key))
		return command_no_such_key(call, call->snapshot.txn, &name);
	code = command_key_unseal(call, &key);
	if (code)
		return code;
	bool is_rotating = key.previous_len && key.previous_until > clock_now(&call->core->clock);
	bool is_done = test_secret(call, &key, bytes_of(key.secret, key.secret_len), "current");
	if (is_done && is_rotating)
		test_secret(call, &key, bytes_of(key.previous, key.previous_len), "previous");
	keyring_key_wipe(&key);
	if (!is_done)
		return call_fail(call, CALL_FAILED, "OpenSSL does not offer this algorithm here");
	return command_read_ended(call);
}

const struct command command_rotate_table[] = {
	{"key rotate", rotate_key_rotate, "name=s until=s? for=s?"},
	{"key disable", key_disable, "name=s"},
	{"key enable", key_enable, "name=s"},
	{"key test", key_test, "name=s"},
	{0},
};
