/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A daemon that runs in the test's process, on a free port of 127.0.0.1 and with a data folder of
 * its own, and the client's side of its sockets. Asserts what fails. Nothing waits for longer than
 * RUNNING_WAIT_S.
 */
#include "server/daemon.h"
#include <jansson.h>
#include <pthread.h>

#define RUNNING_WAIT_S      20
#define RUNNING_MESSAGE_MAX 512 /* room for running_query, running_update */

struct running {
	struct settings settings; /* may be changed between running_init and running_start */
	char folder[64];
	bool is_wildcard; /* it listens at each address of the machine */
	struct addr addr; /* where it is asked */
	struct daemon *daemon;
	pthread_t thread;
};

/* Settings as a test needs them: one thread, a small store, no user. */
void running_init(struct running *);
void running_start(struct running *);
/* Waits until the daemon has ended by itself, and removes its folder. */
void running_wait(struct running *);
/* Ends the daemon by SIGTERM. */
void running_stop(struct running *);

/* A command of the control socket; `args` as JSON. Returns its code. `result` may be NULL;
 * `*result` is the last row, or without rows the closing object, and the caller's. */
int running_command(const struct running *, const char *command, const char *args, json_t **result);

/* A port of 127.0.0.1 that nobody uses, by UDP and by TCP. */
struct addr running_free_port(void);
/* A socket of `type` (SOCK_STREAM, SOCK_DGRAM) that is connected to the address. */
int running_connect(int type, const struct addr *);

/* A query of class IN, with the name's text; returns its length. */
size_t running_query(uint8_t *out, uint16_t id, const char *name, uint16_t type);
/* An update that adds an A record to a zone. */
size_t running_update(uint8_t *out, uint16_t id, const char *zone, const char *name);

/* Sends a message behind its length. */
void running_send_tcp(int fd, const uint8_t *message, size_t len);
/* The next message of a stream; -1: the peer ended it. */
ssize_t running_receive_tcp(int fd, uint8_t out[65535]);
/* The answer's rcode; -1: it has another id, or is no answer. */
int running_rcode(const uint8_t *answer, ssize_t len, uint16_t id);
