/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/upload.h"
#include "base/frame.h"
#include "base/progress.h"
#include "base/textfile.h"
#include "base/utf16.h"
#include "dns/csvzone.h"
#include "dns/records.h"
#include "dns/type.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STDIN_MAX   (1ull << 30)
#define TTL_DEFAULT 3600 /* of a file that has neither $TTL nor TTLs; RFC 2308 4 wants $TTL */
/* A frame is sent when so much is in it: large enough to be cheap, small enough to flow. */
#define BODY_FULL (192 * 1024)
#define BODY_MAX  (BODY_FULL + DNS_RECORDS_ITEM_MAX)

_Static_assert(BODY_MAX < FRAME_MAX, "a body fits a frame");

static void *upload_grown(void *memory, size_t size)
{
	void *result = realloc(memory, size);
	if (!result)
		abort();
	return result;
}

static bool upload_flush(struct upload *up)
{
	size_t len = bytes_out_len(&up->out);
	if (len > 0 && !frame_send(up->fd, FRAME_DATA, bytes_of(up->buffer, len)))
		up->is_cut = true;
	up->out = bytes_out_of(up->buffer, BODY_MAX);
	up->has_before = false;
	progress_set(up->count, 0, "records sent");
	return !up->is_cut;
}

static uint32_t file_number(struct upload *up, const char *file)
{
	/* The newest first: records come file by file. */
	for (size_t i = up->file_count; i-- > 0;)
		if (strcmp(up->files[i], file) == 0)
			return (uint32_t)i;
	up->files = upload_grown(up->files, (up->file_count + 1) * sizeof(*up->files));
	up->files[up->file_count] = strdup(file);
	if (!up->files[up->file_count])
		abort();
	return (uint32_t)up->file_count++;
}

static void upload_remember(struct upload *up, const struct dns_zonefile_record *record)
{
	if (up->count == up->room) {
		up->room = up->room ? up->room * 2 : 1024;
		up->places = upload_grown(up->places, up->room * sizeof(*up->places));
	}
	up->places[up->count++] =
		(struct upload_place){file_number(up, record->file), record->line};
}

static const char *upload_take(void *context, const struct dns_zonefile_record *record)
{
	struct upload *up = context;
	if (record->class != DNS_CLASS_IN)
		return "only class IN is served";
	if (dns_type_is_meta(record->type))
		return "a type that exists only in messages";
	if (!dns_name_under(&record->owner, &up->origin))
		return "the name is outside of the zone";
	if (up->count == UINT32_MAX - 1)
		return "too many records";
	upload_remember(up, record);
	struct dns_age age = record->age;
	bool may_age = record->type != DNS_TYPE_SOA && record->type != DNS_TYPE_NS;
	if (age.class == DNS_AGE_UNSAID && up->wish.is_dynamic && may_age)
		age = (struct dns_age){.class = DNS_AGE_DYNAMIC, .stamp = up->wish.stamp};
	struct dns_records_item item = {.owner = record->owner,
					.type = record->type,
					.ttl = record->ttl,
					.mark = (uint32_t)up->count,
					.rdata = record->rdata,
					.age = age};
	dns_records_put(&up->out, &item, up->has_before ? &up->before : NULL);
	up->before = record->owner;
	up->has_before = true;
	if (bytes_out_len(&up->out) >= BODY_FULL && !upload_flush(up))
		return "the server took no more";
	return NULL;
}

/* Everything from standard input; NULL: it cannot be read. */
static char *read_stdin(size_t *len)
{
	char *text = NULL;
	size_t room = 0;
	*len = 0;
	for (;;) {
		if (*len == room) {
			room = room ? room * 2 : 65536;
			text = upload_grown(text, room);
		}
		ssize_t n = read(STDIN_FILENO, text + *len, room - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			return text;
		*len += n > 0 ? (size_t)n : 0;
		if (n < 0 || *len > STDIN_MAX) {
			free(text);
			return NULL;
		}
	}
}

/* Text in memory, as UTF-8. */
static bool upload_read_text(struct upload *up, const char *name, struct bytes text,
			     const struct dns_zonefile *file)
{
	const char *at = (const char *)text.data;
	bool is_csv = up->wish.format == UPLOAD_CSV ||
		      (up->wish.format == UPLOAD_AUTO && dns_csvzone_is(at, text.len));
	return is_csv ? dns_csvzone_read_text(name, at, text.len, file, up->error)
		      : dns_zonefile_read_text(name, at, text.len, file, up->error);
}

static bool read_any(struct upload *up, const char *name, struct bytes text,
		     const struct dns_zonefile *file)
{
	size_t len;
	unsigned line;
	if (!utf16_is((const char *)text.data, text.len))
		return upload_read_text(up, name, text, file);
	char *converted = utf16_to_utf8((const char *)text.data, text.len, &len, &line);
	if (!converted) {
		snprintf(up->error, sizeof(up->error), "%.400s:%u:1: this is not UTF-16", name,
			 line);
		return false;
	}
	bool is_read = upload_read_text(up, name, bytes_of(converted, len), file);
	free(converted);
	return is_read;
}

static bool upload_read_file(struct upload *up, struct dns_zonefile *file)
{
	bool is_stdin = strcmp(up->path, "-") == 0;
	if (up->is_file && !up->file_error)
		return read_any(up, up->path, bytes_of(up->file.data, up->file.len), file);
	if (up->is_file) {
		snprintf(up->error, sizeof(up->error), "cannot read %.400s: %s", up->path,
			 strerror(up->file_error));
		return false;
	}
	if (!up->text) {
		snprintf(up->error, sizeof(up->error), "standard input cannot be read");
		return false;
	}
	file->may_include = false;
	return read_any(up, is_stdin ? "(stdin)" : up->path, bytes_of(up->text, up->text_len),
			file);
}

bool upload_format_parse(const char *text, enum upload_format *format)
{
	static const char *const words[] = {"auto", "zone", "windows", "csv"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		*format = (enum upload_format)i;
		return true;
	}
	return false;
}

static void upload_begin(struct upload *up, const char *path, const struct dns_name *origin,
			 const struct upload_wish *wish)
{
	*up = (struct upload){.wish = *wish, .path = path, .origin = *origin, .fd = -1};
	up->buffer = upload_grown(NULL, BODY_MAX);
	up->out = bytes_out_of(up->buffer, BODY_MAX);
}

void upload_open(struct upload *up, const char *path, const struct dns_name *origin,
		 const struct upload_wish *wish)
{
	upload_begin(up, path, origin, wish);
	up->is_file = strcmp(path, "-") != 0;
	if (up->is_file)
		up->file_error = textfile_open(&up->file, path) ? 0 : errno;
	else
		up->text = read_stdin(&up->text_len);
	if (up->text)
		up->found = export_line_find(up->text, up->text_len, &up->export);
	else if (up->is_file && !up->file_error)
		up->found = export_line_find(up->file.data, up->file.len, &up->export);
}

void upload_open_text(struct upload *up, const char *name, char *text, size_t len,
		      const struct dns_name *origin, const struct upload_wish *wish)
{
	upload_begin(up, name, origin, wish);
	up->text = text;
	up->text_len = len;
}

void upload_close(struct upload *up)
{
	if (up->is_file && !up->file_error)
		textfile_close(&up->file);
	free(up->text);
	for (size_t i = 0; i < up->file_count; i++)
		free(up->files[i]);
	free(up->files);
	free(up->places);
	free(up->buffer);
}

bool upload_send(void *context, int fd)
{
	struct upload *up = context;
	struct dns_zonefile file = {
		.origin = &up->origin,
		.default_ttl = TTL_DEFAULT,
		.record = upload_take,
		.context = up,
		.reads_ages = true,
		.takes_notes = up->wish.format != UPLOAD_ZONE,
		.may_include = true,
	};
	up->fd = fd;
	bool is_read = upload_read_file(up, &file);
	if (is_read)
		upload_flush(up);
	/* A server that stopped listening has said why; its answer is what counts. */
	if (up->is_cut)
		up->error[0] = '\0';
	return is_read || up->is_cut;
}

bool upload_find(const struct upload *up, const json_t *with_mark, const char **file,
		 unsigned *line)
{
	json_int_t mark = json_integer_value(json_object_get(with_mark, "mark"));
	if (mark < 1 || (uint64_t)mark > up->count)
		return false;
	*file = up->files[up->places[mark - 1].file];
	*line = up->places[mark - 1].line;
	return true;
}

const char *upload_place(const struct upload *up, const json_t *with_mark,
			 char out[UPLOAD_PLACE_MAX])
{
	const char *file;
	unsigned line;
	out[0] = '\0';
	if (upload_find(up, with_mark, &file, &line))
		snprintf(out, UPLOAD_PLACE_MAX, "%s:%u: ", file, line);
	return out;
}
