/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/tap.h"
#include <config.h>
#include "nameserver/tap_message.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_FSTRM
#include <fstrm.h>
#else
struct fstrm_iothr;
struct fstrm_iothr_queue;
#endif

struct tap {
	struct fstrm_iothr *thread;
	struct fstrm_iothr_queue *queue;
	uint64_t sample;
	char *identity, *version;
	_Atomic uint64_t seen, copied, dropped, waiting; /* waiting: bytes */
};

/* A message that waits, with its length. */
struct tap_frame {
	struct tap *tap;
	size_t len;
	uint8_t bytes[];
};

#ifdef HAVE_FSTRM
#define TAP_CONTENT_TYPE "protobuf:dnstap.Dnstap"

static struct fstrm_writer *tap_writer(const char *path)
{
	struct fstrm_unix_writer_options *where = fstrm_unix_writer_options_init();
	struct fstrm_writer_options *what = fstrm_writer_options_init();
	struct fstrm_writer *writer = NULL;
	fstrm_unix_writer_options_set_socket_path(where, path);
	if (fstrm_writer_options_add_content_type(what, TAP_CONTENT_TYPE,
						  sizeof TAP_CONTENT_TYPE - 1) == fstrm_res_success)
		writer = fstrm_unix_writer_init(where, what);
	fstrm_writer_options_destroy(&what);
	fstrm_unix_writer_options_destroy(&where);
	return writer;
}

static struct fstrm_iothr *tap_thread(struct fstrm_writer **writer)
{
	struct fstrm_iothr_options *options = fstrm_iothr_options_init();
	fstrm_iothr_options_set_queue_model(options, FSTRM_IOTHR_QUEUE_MODEL_MPSC);
	fstrm_iothr_options_set_input_queue_size(options, TAP_QUEUE);
	struct fstrm_iothr *thread = fstrm_iothr_init(options, writer);
	fstrm_iothr_options_destroy(&options);
	return thread;
}

#endif

/* Begins to write to the socket. NULL, or what is wrong. */
static const char *tap_open(struct tap *tap, const char *path)
{
#ifdef HAVE_FSTRM
	struct fstrm_writer *writer = tap_writer(path);
	tap->thread = writer ? tap_thread(&writer) : NULL;
	if (tap->thread) {
		tap->queue = fstrm_iothr_get_input_queue(tap->thread);
		assert(tap->queue);
		return NULL;
	}
	fstrm_writer_destroy(&writer);
	return "the path of a socket is too long, or there is no memory";
#else
	(void)tap;
	(void)path;
	return "this tenured was built without libfstrm";
#endif
}

static void tap_close(struct tap *tap)
{
#ifdef HAVE_FSTRM
	fstrm_iothr_destroy(&tap->thread);
#endif
	free(tap->identity);
	free(tap->version);
	free(tap);
}

struct tap *tap_start(const struct tap_options *options, const char **problem)
{
	struct tap *tap = calloc(1, sizeof *tap);
	assert(tap);
	*problem = tap_open(tap, options->socket);
	if (*problem) {
		free(tap);
		return NULL;
	}
	tap->sample = options->sample ? options->sample : 1;
	tap->identity = strdup(options->identity);
	tap->version = strdup(options->version);
	assert(tap->identity && tap->version);
	return tap;
}

void tap_stop(struct tap *tap)
{
	if (tap)
		tap_close(tap);
}

static void tap_frame_free(void *bytes, void *context)
{
	struct tap_frame *frame = context;
	(void)bytes;
	atomic_fetch_sub(&frame->tap->waiting, frame->len);
	free(frame);
}

/* False: there is no room. */
static bool tap_submit(struct tap *tap, const struct tap_message *message)
{
	size_t size = tap_message_size(message);
	if (atomic_fetch_add(&tap->waiting, size) + size > TAP_BYTES_MAX) {
		atomic_fetch_sub(&tap->waiting, size);
		return false;
	}
	struct tap_frame *frame = malloc(sizeof *frame + size);
	if (!frame) {
		atomic_fetch_sub(&tap->waiting, size);
		return false;
	}
	*frame = (struct tap_frame){.tap = tap, .len = size};
	struct bytes_out out = bytes_out_of(frame->bytes, size);
	tap_message_write(message, &out);
#ifdef HAVE_FSTRM
	if (fstrm_iothr_submit(tap->thread, tap->queue, frame->bytes, bytes_out_len(&out),
			       tap_frame_free, frame) == fstrm_res_success)
		return true;
#endif
	tap_frame_free(frame->bytes, frame);
	return false;
}

static void tap_put(struct tap *tap, const struct tap_message *message)
{
	if (message->message.len == 0)
		return;
	if (tap_submit(tap, message))
		tap->copied++;
	else
		tap->dropped++;
}

void tap_copy(struct tap *tap, const struct tap_exchange *exchange)
{
	if (tap->seen++ % tap->sample != 0)
		return;
	struct tap_message message = {
		.type = exchange->is_update ? TAP_UPDATE_QUERY : TAP_AUTH_QUERY,
		.is_tcp = exchange->is_tcp,
		.peer = exchange->peer,
		.query_us = exchange->query_us,
		.message = exchange->query,
		.identity = tap->identity,
		.version = tap->version,
	};
	tap_put(tap, &message);
	message.type = exchange->is_update ? TAP_UPDATE_RESPONSE : TAP_AUTH_RESPONSE;
	message.response_us = exchange->response_us;
	message.message = exchange->response;
	tap_put(tap, &message);
}

void tap_counts(const struct tap *tap, uint64_t *copied, uint64_t *dropped)
{
	*copied = tap->copied;
	*dropped = tap->dropped;
}
