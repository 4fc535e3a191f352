/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Definitions that sink.c, sink_file.c and sink_net.c share. The thread of the sink. */
#include "outbound/sink.h"
#include <sys/types.h>

struct tls;

struct sink {
	struct sink_options options;
	const _Atomic bool *stop;
	int fd; /* -1: closed */
	struct tls *tls;
	dev_t device; /* of a file: to see that another took its place */
	ino_t inode;
	char host[256]; /* our own name, for syslog */
	char error[SINK_ERROR_MAX];
};

/* Sets the error. Returns false. */
bool sink_fail(struct sink *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Waits until the descriptor is ready for `events` of poll(2). False: it is not by `until_us` of
 * the monotonic clock, or the export stops. */
bool sink_wait(struct sink *, short events, uint64_t until_us);

bool sink_file_open(struct sink *);
bool sink_file_send(struct sink *, struct bytes);
bool sink_socket_open(struct sink *);
bool sink_net_open(struct sink *);
bool sink_datagrams_send(struct sink *, const struct batch *);
bool sink_stream_send(struct sink *, struct bytes);
enum sink_state sink_stream_look(struct sink *);
