/* SPDX-License-Identifier: BSD-2-Clause */
/* backup: the store as a whole, copied while it is in use, read back before it is called good. */
#include "admin/backup_spool.h"
#include "admin/command.h"
#include "journal/local.h"
#include "vault/backup_key.h"
#include "vault/check.h"
#include "vault/portable.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* Findings that are shown; the number of all is in the answer. */
#define SHOWN_MAX 20

static void warn_of(void *context, const struct finding *f)
{
	struct call *call = context;
	char text[CALL_ERROR_MAX];
	json_t *shown = json_object_get(call->result, "shown");
	json_int_t count = shown ? json_integer_value(shown) : 0;
	if (count >= SHOWN_MAX)
		return;
	json_object_set_new(call->result, "shown", json_integer(count + 1));
	snprintf(text, sizeof text, "%s%s%s: %s: %s", f->zone ? "zone " : "",
		 f->zone ? f->zone : "", f->zone ? "" : "the store", f->name ? f->name : f->table,
		 f->what);
	command_warn(call, 0, text);
}

/* The copy read back as a restore will read it. */
static enum call_code read_back(struct call *call, int fd, struct report *report,
				struct check_counts *counts)
{
	char path[64];
	command_progress(call, 0, 0, "reading it back");
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct store_options options = {.path = path, .is_read_only = true, .is_file = true};
	struct store *copy = store_open(&options, report->error);
	bool is_read = copy && check_store(copy, report, counts);
	store_close(copy);
	return is_read ? CALL_OK
		       : call_fail(call, CALL_FAILED, "the copy is not good: %s", report->error);
}

static enum call_code make_copy(struct call *call, int fd, struct report *report,
				struct check_counts *counts)
{
	enum store_error error;
	command_progress(call, 0, 0, "copying the store");
	if (command_flag(call, "without-refusals")) {
		struct store_usage usage;
		store_usage(call->core->store, &usage);
		int spare = backup_spool_open(call, usage.used);
		if (spare < 0)
			return CALL_FAILED;
		error = store_copy_without(call->core->store, fd, spare, local_is_table);
		close(spare);
	} else {
		error = store_copy(call->core->store, fd);
	}
	if (error)
		return call_fail(call, CALL_FAILED, "the store cannot be copied: %s",
				 store_error_text(error));
	enum call_code code = read_back(call, fd, report, counts);
	if (!code && command_flag(call, "with-store-key") &&
	    !backup_key_append(fd, call->core->store_key))
		return call_fail(call, CALL_FAILED, "the store key cannot be written: %s",
				 strerror(errno));
	return code;
}

/* The same in the portable format. */
static enum call_code make_portable(struct call *call, int fd, struct report *report,
				    struct check_counts *counts)
{
	struct portable_options options = {
		.leaves_keys_out = command_flag(call, "without-keys"),
		.leaves_local_out = command_flag(call, "without-refusals"),
		.store_key = command_flag(call, "with-store-key") ? call->core->store_key : NULL,
		.now = clock_now(&call->core->clock),
	};
	if (!portable_write(call->core->store, fd, &options, report))
		return call_fail(call, CALL_FAILED, "the store cannot be written: %s",
				 report->error);
	if (lseek(fd, 0, SEEK_SET) != 0 || !portable_read(fd, NULL, NULL, report, counts))
		return call_fail(call, CALL_FAILED, "the copy is not good: %s", report->error);
	return CALL_OK;
}

/* A store key that leaves is read: an entry says so before it is. */
static enum call_code log_store_key(struct call *call, struct store_txn *txn, void *context)
{
	char id[STORE_KEY_ID_TEXT_MAX], subject[STORE_KEY_ID_TEXT_MAX + 16];
	struct store_key_id current = store_key_current(call->core->store_key);
	(void)context;
	snprintf(subject, sizeof subject, "store key %s", store_key_id_print(&current, id));
	command_log(call, txn, NULL,
		    &(struct command_event){ENTRY_ADMIN, EVENT_BACKUP, subject,
					    "with the store key", NULL});
	return CALL_OK;
}

static enum call_code take_store_key(struct call *call)
{
	if (!command_flag(call, "with-store-key"))
		return CALL_OK;
	if (store_key_count(call->core->store_key) == 0)
		return call_fail(call, CALL_FAILED, "there is no store key: %s",
				 call->core->store_key_problem);
	return command_write(call, log_store_key, NULL);
}

/* What must be there, besides the backup, for its keys to be of use. */
static void say_store_keys(struct call *call)
{
	char text[STORE_KEY_ID_TEXT_MAX];
	struct store_key_id ids[STORE_KEY_LINES_MAX];
	bool has_keys = !command_flag(call, "without-keys");
	json_t *list = json_array();
	size_t count =
		has_keys ? keyring_store_keys(call->snapshot.txn, ids, STORE_KEY_LINES_MAX) : 0;
	for (size_t i = 0; i < count && i < STORE_KEY_LINES_MAX; i++)
		json_array_append_new(list, json_string(store_key_id_print(&ids[i], text)));
	command_result(call, "store_keys", list);
	command_result(call, "has_store_key", json_boolean(command_flag(call, "with-store-key")));
}

static void say_what(struct call *call, const struct check_counts *counts, uint64_t size,
		     const char *hex)
{
	command_result(call, "size", json_integer((json_int_t)size));
	command_result(call, "sha256", json_string(hex));
	command_result(call, "zones", json_integer((json_int_t)counts->zones));
	command_result(call, "names", json_integer((json_int_t)counts->names));
	command_result(call, "records", json_integer((json_int_t)counts->records));
	command_result(call, "entries", json_integer((json_int_t)counts->entries));
}

static enum call_code backup_judge(struct call *call, const struct report *report)
{
	json_object_del(call->result, "shown");
	command_result(call, "findings", json_integer((json_int_t)report->findings));
	if (!report->findings || command_flag(call, "force"))
		return CALL_OK;
	return call_fail(call, CALL_FAILED,
			 "the store itself is damaged (%" PRIu64
			 " findings), and so would be its backup: --force makes it all the same; "
			 "see \"It is three in the morning\" in the guide",
			 report->findings);
}

static enum call_code admin_backup(struct call *call)
{
	struct store_usage usage;
	struct report report = {.found = warn_of, .context = call};
	struct check_counts counts = {0};
	char hex[65];
	uint64_t size;
	bool is_portable = command_flag(call, "portable");
	if (command_flag(call, "without-keys") && !is_portable)
		return call_fail(
			call, CALL_USAGE,
			"without-keys is for --portable: the other backup always holds them");
	enum call_code code = take_store_key(call);
	if (code)
		return code;
	say_store_keys(call);
	store_usage(call->core->store, &usage);
	/* As text it may be larger than the store. */
	int fd = backup_spool_open(call, is_portable ? 2 * usage.used : usage.used);
	if (fd < 0)
		return CALL_FAILED;
	snapshot_rest(&call->snapshot);
	code = (is_portable ? make_portable : make_copy)(call, fd, &report, &counts);
	if (!code)
		code = backup_judge(call, &report);
	if (!code)
		code = backup_spool_send(call, fd, hex, &size);
	if (!code)
		say_what(call, &counts, size, hex);
	close(fd);
	snapshot_renew(&call->snapshot);
	return code;
}

const struct command command_backup_table[] = {
	{"backup", admin_backup,
	 "portable=b? without-keys=b? without-refusals=b? with-store-key=b? force=b?"},
	{0},
};
