/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/record_window.h"

#define NUMBER_LEN  3
#define WINDOWS_LEN 9

static struct bytes number_key(uint16_t number, uint8_t buffer[NUMBER_LEN])
{
	struct bytes_out out = bytes_out_of(buffer, NUMBER_LEN);
	bytes_out_u8(&out, 'w');
	bytes_out_u16(&out, number);
	return bytes_of(buffer, NUMBER_LEN);
}

static struct bytes windows_key(const struct record_windows *windows, uint8_t buffer[WINDOWS_LEN])
{
	struct bytes_out out = bytes_out_of(buffer, WINDOWS_LEN);
	bytes_out_u8(&out, 'v');
	bytes_out_u32(&out, windows->no_refresh);
	bytes_out_u32(&out, windows->refresh);
	return bytes_of(buffer, WINDOWS_LEN);
}

bool record_window_find(struct store_txn *txn, const struct record_windows *windows,
			uint16_t *number)
{
	uint8_t key[WINDOWS_LEN];
	struct bytes value;
	if (!windows->no_refresh && !windows->refresh) {
		*number = RECORD_WINDOW_ZONE;
		return true;
	}
	if (!store_get(txn, STORE_PRINCIPALS, windows_key(windows, key), &value))
		return false;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint16_t found = bytes_in_u16(&in);
	if (in.bad || found == RECORD_WINDOW_ZONE) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	*number = found;
	return true;
}

/* The highest number that was given. */
static uint16_t last_number(struct store_txn *txn)
{
	struct bytes key, value;
	if (!store_last(txn, STORE_PRINCIPALS, bytes_of("w", 1), &key, &value))
		return RECORD_WINDOW_ZONE;
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_u8(&in);
	return bytes_in_u16(&in);
}

uint16_t record_window_intern(struct store_txn *txn, const struct record_windows *windows)
{
	uint8_t key[WINDOWS_LEN], number[NUMBER_LEN];
	uint16_t found = RECORD_WINDOW_ZONE;
	if (record_window_find(txn, windows, &found) || txn->error)
		return found;
	found = last_number(txn);
	if (found == UINT16_MAX) {
		store_fail(txn, STORE_FULL);
		return RECORD_WINDOW_ZONE;
	}
	found++;
	struct bytes by_windows = windows_key(windows, key), by_number = number_key(found, number);
	store_put(txn, STORE_PRINCIPALS, by_windows, bytes_of(number + 1, NUMBER_LEN - 1));
	store_put(txn, STORE_PRINCIPALS, by_number, bytes_of(key + 1, WINDOWS_LEN - 1));
	return found;
}

struct record_windows record_window_get(struct store_txn *txn, uint16_t number)
{
	struct record_windows windows = {0};
	uint8_t key[NUMBER_LEN];
	struct bytes value;
	if (number == RECORD_WINDOW_ZONE)
		return windows;
	if (!store_get(txn, STORE_PRINCIPALS, number_key(number, key), &value)) {
		store_fail(txn, STORE_CORRUPT);
		return windows;
	}
	struct bytes_in in = bytes_in_of(value.data, value.len);
	windows.no_refresh = bytes_in_u32(&in);
	windows.refresh = bytes_in_u32(&in);
	if (in.bad)
		store_fail(txn, STORE_CORRUPT);
	return windows;
}

struct record_windows record_window_or(struct store_txn *txn, uint16_t number,
				       struct record_windows zone)
{
	return number == RECORD_WINDOW_ZONE ? zone : record_window_get(txn, number);
}
