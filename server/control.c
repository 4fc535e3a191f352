/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/control.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/memory.h"
#include "server/control_socket.h"
#include "server/peer.h"
#include "server/roles.h"
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* A client that sends or reads nothing for so long is disconnected, since it holds a thread. */
#define PATIENCE_S   60
#define ROWS_WAIT_US 100000
#define PROGRESS_US  250000
/* A socket that takes anything takes so much. */
#define PROGRESS_OUT_MAX 2048
/* One that carries out nothing for so long may have to give its place to another. */
#define IDLE_US 1000000

struct connection {
	struct control *control;
	pthread_t thread;
	int fd; /* -1: the slot is free */
	bool is_done;
	bool is_running;   /* a command; with the lock, as the next two */
	bool is_given_up;  /* it was idle, and another needed its place */
	uint64_t since_us; /* it has been idle */
	bool is_following; /* a command that goes on until its client leaves */
	struct peer peer;
	bool is_admin; /* it may do everything; else what `grants` say, which are of `roles` */
	struct roles *roles;
	struct scope_grants grants;
	char verb[40];   /* of the command, for who waits for its end */
	uint8_t *buffer; /* FRAME_MAX, for what comes in */
	struct frame_out out;
	uint64_t sent_us; /* when rows were last sent */
	uint64_t told_us; /* when it was last told how far the command is */
	struct call *call;
	const char *ended; /* why the answer is not whole */
	char reason[256];
};

struct control {
	struct core *core;
	struct control_socket socket;
	char *listen;
	uint64_t listing_us;
	pthread_mutex_t roles_lock; /* of `roles`, of which one thread at a time is asked */
	struct roles *roles;
	void (*stop)(void *);
	bool (*reload)(void *, const char *by, json_t *answer, char *said, size_t room);
	void *context;
	int fd, wake; /* the listening socket; an eventfd that ends the thread */
	pthread_t thread;
	pthread_mutex_t lock; /* of `is_done` and what an idle one is known by in the slots, and of
				 `follows` */
	size_t follows;       /* commands that go on until their clients leave */
	size_t slot_count;
	struct connection *slots;
};

static bool put_json(struct frame_out *out, enum frame_kind kind, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
	size_t len = text ? strlen(text) : 0;
	bool is_put = text && len < FRAME_MAX && frame_out_put(out, kind, bytes_of(text, len));
	free(text);
	return is_put;
}

static void send_result(struct frame_out *out, json_t *result, enum call_code code,
			const char *error)
{
	json_object_set_new(result, "ok", json_boolean(code == CALL_OK));
	json_object_set_new(result, "code", json_integer(code));
	json_object_set_new(result, "protocol", json_integer(FRAME_PROTOCOL));
	if (error) {
		json_t *text = json_string(error);
		json_object_set_new(result, "error", text ? text : json_string("it failed"));
	}
	put_json(out, FRAME_RESULT, result);
	frame_out_flush(out);
}

static void send_refusal(int fd, enum call_code code, const char *error)
{
	struct frame_out out = {.fd = fd};
	json_t *result = json_object();
	send_result(&out, result, code, error);
	json_decref(result);
	frame_out_free(&out);
}

/* --- roles */

static void control_drop_grants(struct connection *connection)
{
	free((void *)(uintptr_t)connection->grants.of);
	connection->grants = (struct scope_grants){0};
	roles_release(connection->roles);
	connection->roles = NULL;
}

/* The roles as they are now. */
static void control_take_grants(struct connection *connection)
{
	struct control *control = connection->control;
	control_drop_grants(connection);
	pthread_mutex_lock(&control->roles_lock);
	connection->roles = roles_hold(control->roles);
	connection->grants = roles_of(connection->roles, &connection->peer);
	pthread_mutex_unlock(&control->roles_lock);
}

/* Whether they were given anew since the connection's were taken. */
static bool control_roles_moved(const struct connection *connection)
{
	struct control *control = connection->control;
	pthread_mutex_lock(&control->roles_lock);
	bool has_moved = !connection->is_admin && connection->roles != control->roles;
	pthread_mutex_unlock(&control->roles_lock);
	return has_moved;
}

/* --- what a call does with the socket */

static bool holds_snapshot(const struct connection *connection)
{
	return connection->call && !connection->call->snapshot.is_resting;
}

/* Ends an answer that holds a snapshot when the store has to be opened again after an error. */
static bool control_may_go_on(struct connection *connection)
{
	if (!connection->ended && holds_snapshot(connection) &&
	    store_is_reopening(connection->control->core->store))
		connection->ended = "this answer is not whole: the store has to be opened anew "
				    "after an error of its disk; try again";
	return !connection->ended;
}

/* Whether to wait for a client that does not read. */
static bool may_wait(void *context)
{
	struct connection *connection = context;
	struct frame_out *out = &connection->out;
	uint64_t limit = connection->control->listing_us;
	if (!holds_snapshot(connection)) {
		out->is_cut = out->stalled_us >= PATIENCE_S * 1000000ull;
		return !out->is_cut;
	}
	if (!connection->ended && out->waited_us >= limit) {
		snprintf(connection->reason, sizeof(connection->reason),
			 "this answer is not whole: its reader kept the server waiting for %llus "
			 "(listing-timeout), and the store can free nothing meanwhile; write it to "
			 "a file first",
			 (unsigned long long)(limit / 1000000));
		connection->ended = connection->reason;
	}
	return control_may_go_on(connection);
}

/* Sends the frames that were gathered. */
static bool control_flush(struct connection *connection)
{
	connection->sent_us = clock_monotonic_us();
	return frame_out_flush(&connection->out);
}

/* Gathers rows, but sends them when the last time was long ago. */
static bool call_row(struct call *call, json_t *row)
{
	struct connection *connection = call->context;
	if (!control_may_go_on(connection) || !put_json(&connection->out, FRAME_ROW, row))
		return false;
	return clock_monotonic_us() - connection->sent_us < ROWS_WAIT_US ||
	       control_flush(connection);
}

/* Never waits: a client that does not read, as one that was stopped, must not hold up the work. */
static void call_progress(struct call *call, uint64_t done, uint64_t of, const char *noun)
{
	struct connection *connection = call->context;
	struct pollfd poll_fd = {.fd = connection->fd, .events = POLLOUT};
	uint64_t now = clock_monotonic_us();
	if (now - connection->told_us < PROGRESS_US || connection->out.len > PROGRESS_OUT_MAX ||
	    poll(&poll_fd, 1, 0) != 1 || !(poll_fd.revents & POLLOUT))
		return;
	json_t *progress = json_pack("{s:I, s:I, s:s}", "done", (json_int_t)done, "of",
				     (json_int_t)of, "noun", noun);
	connection->told_us = now;
	if (put_json(&connection->out, FRAME_PROGRESS, progress))
		frame_out_flush(&connection->out);
	json_decref(progress);
}

static bool call_write(struct call *call, struct bytes data)
{
	struct connection *connection = call->context;
	return control_may_go_on(connection) && frame_out_put(&connection->out, FRAME_DATA, data) &&
	       control_flush(connection);
}

static bool call_read(struct call *call, struct bytes *data)
{
	struct connection *connection = call->context;
	enum frame_kind kind;
	size_t len;
	if (!frame_receive(connection->fd, &kind, connection->buffer, &len) ||
	    (kind != FRAME_DATA && kind != FRAME_END_OF_DATA)) {
		call->is_cut = true;
		return false;
	}
	*data = bytes_of(connection->buffer, len);
	return kind == FRAME_DATA;
}

/* While a client waits it sends nothing, so a readable socket means that it has ended. */
static bool call_wait(struct call *call, unsigned milliseconds)
{
	struct connection *connection = call->context;
	if (!connection->ended && control_roles_moved(connection))
		connection->ended = "this command ends, since roles were given anew: give it again";
	if (connection->ended || !control_flush(connection))
		return false;
	connection->out.waited_us = 0; /* what comes is read from another snapshot */
	struct pollfd poll_fd = {.fd = connection->fd, .events = POLLIN | POLLRDHUP};
	return poll(&poll_fd, 1, (int)milliseconds) == 0;
}

/* A place among the commands that go on until their clients leave. */
static bool call_follow(struct call *call)
{
	struct connection *connection = call->context;
	struct control *control = connection->control;
	size_t most = control->slot_count / 2;
	pthread_mutex_lock(&control->lock);
	size_t count = control->follows;
	connection->is_following = count < most;
	control->follows += connection->is_following;
	pthread_mutex_unlock(&control->lock);
	if (connection->is_following)
		return true;
	call_fail(call, CALL_FAILED,
		  "%zu commands go on until they are ended, and no more may: half of "
		  "control-connections, which is %zu (tenured.yaml(5))",
		  count, control->slot_count);
	return false;
}

static bool call_reload(struct call *call, json_t *answer, char *said, size_t room)
{
	struct connection *connection = call->context;
	struct control *control = connection->control;
	return control->reload(control->context, connection->peer.who.text, answer, said, room);
}

/* --- one connection */

/* False: its place was given to another. */
static bool command_begin(struct connection *connection)
{
	struct control *control = connection->control;
	pthread_mutex_lock(&control->lock);
	bool may = !connection->is_given_up;
	connection->is_running = may;
	pthread_mutex_unlock(&control->lock);
	return may;
}

static void command_end(struct connection *connection)
{
	struct control *control = connection->control;
	pthread_mutex_lock(&control->lock);
	connection->is_running = false;
	connection->since_us = clock_monotonic_us();
	control->follows -= connection->is_following;
	connection->is_following = false;
	pthread_mutex_unlock(&control->lock);
}

/* A request that names no version is of the first. */
static enum call_code control_check_protocol(const json_t *request, struct call *call)
{
	const json_t *protocol = json_object_get(request, "protocol");
	if (!protocol || json_integer_value(protocol) == FRAME_PROTOCOL)
		return CALL_OK;
	return call_fail(call, CALL_USAGE,
			 "this server speaks version %d of the control protocol, and no other",
			 FRAME_PROTOCOL);
}

static enum call_code control_run(struct connection *connection, const json_t *request,
				  struct call *call)
{
	const char *command = json_string_value(json_object_get(request, "command"));
	/* The word of 0.1.0. */
	if (!json_object_get(request, "command"))
		command = json_string_value(json_object_get(request, "verb"));
	enum call_code code = control_check_protocol(request, call);
	if (code)
		return code;
	call->args = json_object_get(request, "args");
	call->listen = connection->control->listen;
	call->row = call_row;
	call->write = call_write;
	call->read = call_read;
	call->wait = call_wait;
	call->follow = call_follow;
	bool wants_progress = json_is_true(json_object_get(request, "progress"));
	call->progress = wants_progress ? call_progress : NULL;
	call->reload = connection->control->reload ? call_reload : NULL;
	call->context = connection;
	if (!command)
		return call_fail(call, CALL_USAGE, "a request is an object with a command");
	snprintf(connection->verb, sizeof(connection->verb), "%s", command);
	return call_run(call, command);
}

/* What somebody tried who may not. */
static void tell_over_role(const struct connection *connection, const char *why)
{
	static struct log_limit limit;
	char quoted[LOG_QUOTED_MAX];
	if (log_rate(&limit, 5))
		log_warning("control command refused", "by=%s command=\"%s\" why=%s",
			    connection->peer.who.text, connection->verb,
			    log_quote(why ? why : "", quoted));
}

static void serve_command(struct connection *connection, size_t len)
{
	struct control *control = connection->control;
	struct call call;
	json_t *request =
		json_loadb((const char *)connection->buffer, len, JSON_REJECT_DUPLICATES, NULL);
	call_open(&call, control->core, connection->peer.who.text);
	call.person = connection->peer.person[0] ? connection->peer.person : NULL;
	call.grants = connection->is_admin ? NULL : &connection->grants;
	connection->call = &call;
	connection->out.waited_us = 0;
	connection->ended = NULL;
	enum call_code code = request ? control_run(connection, request, &call)
				      : call_fail(&call, CALL_USAGE, "the request is not JSON");
	if (connection->ended) {
		log_warning("answer ended before its end", "by=%s reason=\"%s\"",
			    connection->peer.who.text, connection->ended);
		code = call_fail(&call, CALL_FAILED, "%s", connection->ended);
	}
	if (call.is_over_role)
		tell_over_role(connection, call_error(&call));
	send_result(&connection->out, call.result, code, call_error(&call));
	if (call.wants_stop) {
		log_info("stop", "by=%s", connection->peer.who.text);
		control->stop(control->context);
	}
	connection->call = NULL;
	call_close(&call);
	json_decref(request);
}

static void refuse_peer(struct control *control, int fd, const struct peer *peer)
{
	static struct log_limit limit;
	char text[256];
	pthread_mutex_lock(&control->roles_lock);
	bool are_given = roles_are_given(control->roles);
	pthread_mutex_unlock(&control->roles_lock);
	if (log_rate(&limit, 5))
		log_warning("control connection refused", "uid=%u", (unsigned)peer->uid);
	/* Its name is not looked for: each user of the machine may come, as often as it likes. */
	snprintf(text, sizeof(text),
		 "user %u may not command this server, and has no role in its tenured.yaml%s",
		 (unsigned)peer->uid,
		 are_given ? " (a new group counts from the next log-in on)" : "");
	send_refusal(fd, CALL_REFUSED, text);
}

/* Carries out commands until the client leaves, or sends another frame. */
static void *control_serve(void *argument)
{
	struct connection *connection = argument;
	enum frame_kind kind;
	size_t len;
	connection->buffer = malloc(FRAME_MAX);
	connection->out = (struct frame_out){
		.fd = connection->fd, .may_wait = may_wait, .context = connection};
	while (connection->buffer &&
	       frame_receive(connection->fd, &kind, connection->buffer, &len)) {
		if (kind != FRAME_COMMAND) {
			send_refusal(connection->fd, CALL_USAGE, "a command was expected");
			break;
		}
		if (!command_begin(connection))
			break;
		if (control_roles_moved(connection))
			control_take_grants(connection);
		if (!connection->is_admin && connection->grants.count == 0) {
			refuse_peer(connection->control, connection->fd, &connection->peer);
			break;
		}
		serve_command(connection, len);
		command_end(connection);
	}
	free(connection->buffer);
	frame_out_free(&connection->out);
	/* The client sees the end now; the descriptor is closed when the thread is joined. */
	shutdown(connection->fd, SHUT_RDWR);
	pthread_mutex_lock(&connection->control->lock);
	connection->is_done = true;
	pthread_mutex_unlock(&connection->control->lock);
	return NULL;
}

/* --- the accepting thread */

static void slot_close(struct connection *slot)
{
	close(slot->fd);
	slot->fd = -1;
	peer_free(&slot->peer);
	control_drop_grants(slot);
}

static void slot_join(struct connection *slot)
{
	pthread_join(slot->thread, NULL);
	slot_close(slot);
}

static void join_done(struct control *control)
{
	for (size_t i = 0; i < control->slot_count; i++) {
		struct connection *slot = &control->slots[i];
		pthread_mutex_lock(&control->lock);
		bool is_done = slot->fd >= 0 && slot->is_done;
		pthread_mutex_unlock(&control->lock);
		if (is_done)
			slot_join(slot);
	}
}

/* Whose connections are counted. */
enum counted { COUNTED_ALL, COUNTED_BUT_ROOT, COUNTED_USER };

static bool is_counted(const struct connection *slot, enum counted counted, uid_t uid)
{
	if (slot->fd < 0)
		return false;
	if (counted == COUNTED_USER)
		return slot->peer.uid == uid;
	return counted == COUNTED_ALL || slot->peer.uid != 0;
}

static size_t slots_count(const struct control *control, enum counted counted, uid_t uid)
{
	size_t count = 0;
	for (size_t i = 0; i < control->slot_count; i++)
		count += is_counted(&control->slots[i], counted, uid);
	return count;
}

/* Ends the connection that has been idle for longest, among those that are counted. False: none has
 * been for long enough. */
static bool end_idle(struct control *control, enum counted counted, uid_t uid)
{
	struct connection *longest = NULL;
	pthread_mutex_lock(&control->lock);
	for (size_t i = 0; i < control->slot_count; i++) {
		struct connection *slot = &control->slots[i];
		if (is_counted(slot, counted, uid) && !slot->is_running &&
		    (!longest || slot->since_us < longest->since_us))
			longest = slot;
	}
	if (longest && longest->since_us + IDLE_US > clock_monotonic_us())
		longest = NULL;
	if (longest) {
		longest->is_given_up = true;
		shutdown(longest->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&control->lock);
	if (longest)
		slot_join(longest);
	return longest != NULL;
}

/* False: `text` says which limit stands in the way. */
static bool make_place(struct control *control, const struct peer *peer, size_t cap, char *text)
{
	const size_t all = control->slot_count;
	const struct {
		enum counted counted;
		size_t most;
		const char *who, *share;
	} limits[] = {
		{COUNTED_ALL, all, "", ""},
		{COUNTED_BUT_ROOT, all - all / 4, " of others than root",
		 "; a quarter of them is kept for root"},
		{COUNTED_USER, all / 2, " of this user", "; one user other than root has half"},
	};
	size_t count = peer->uid == 0 ? 1 : sizeof limits / sizeof *limits;
	for (size_t i = 0; i < count; i++) {
		size_t now = slots_count(control, limits[i].counted, peer->uid);
		if (now < limits[i].most || end_idle(control, limits[i].counted, peer->uid))
			continue;
		snprintf(text, cap,
			 "%zu commands%s are being carried out, and no more may: "
			 "control-connections is %zu%s (tenured.yaml(5)); try again",
			 now, limits[i].who, all, limits[i].share);
		return false;
	}
	return true;
}

static struct connection *free_slot(struct control *control)
{
	for (size_t i = 0; i < control->slot_count; i++)
		if (control->slots[i].fd < 0)
			return &control->slots[i];
	return NULL;
}

static void set_patience(int fd)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

/* Takes over what `connection` holds; false: it does not. */
static bool start_connection(struct control *control, const struct connection *connection)
{
	char text[256];
	int fd = connection->fd;
	if (!make_place(control, &connection->peer, sizeof text, text)) {
		send_refusal(fd, CALL_FAILED, text);
		return false;
	}
	struct connection *slot = free_slot(control);
	pthread_mutex_lock(&control->lock);
	*slot = *connection;
	slot->since_us = clock_monotonic_us();
	pthread_mutex_unlock(&control->lock);
	if (!memory_is_short() && pthread_create(&slot->thread, NULL, control_serve, slot) == 0)
		return true;
	slot->fd = -1;
	send_refusal(fd, CALL_FAILED, "there is no memory for a command, or no thread");
	return false;
}

static void accept_one(struct control *control)
{
	struct connection one = {.control = control};
	one.fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC);
	if (one.fd < 0)
		return;
	set_patience(one.fd);
	bool is_known = peer_of(one.fd, &one.peer);
	one.is_admin = is_known &&
		       peer_is_admin(&one.peer, control->socket.has_group, control->socket.group);
	if (is_known && !one.is_admin)
		control_take_grants(&one);
	bool may = one.is_admin || one.grants.count > 0;
	if (is_known && !may)
		refuse_peer(control, one.fd, &one.peer);
	if (!may || !peer_name(one.fd, &one.peer) || !start_connection(control, &one))
		slot_close(&one);
}

static void *accept_all(void *argument)
{
	struct control *control = argument;
	struct pollfd fds[] = {{.fd = control->fd, .events = POLLIN},
			       {.fd = control->wake, .events = POLLIN}};
	for (;;) {
		/* Wakes from time to time to free the slots of threads that have ended. */
		int n = poll(fds, 2, 1000);
		join_done(control);
		if (n > 0 && fds[1].revents)
			return NULL;
		if (n > 0 && fds[0].revents)
			accept_one(control);
	}
}

/* --- start and stop */

static const char *control_find_group(struct control *control, const char *name)
{
	if (!name)
		return NULL;
	const struct group *group = getgrnam(name);
	if (!group)
		return "there is no such group";
	control->socket.has_group = true;
	control->socket.group = group->gr_gid;
	return NULL;
}

static struct control *control_new(struct core *core, const struct control_options *options)
{
	struct control *control = calloc(1, sizeof(*control));
	if (!control)
		abort();
	control->core = core;
	control->stop = options->stop;
	control->reload = options->reload;
	control->context = options->context;
	control->listing_us =
		(options->listing_seconds ? options->listing_seconds : CONTROL_LISTING_S) *
		1000000ull;
	control->listen = options->listen ? strdup(options->listen) : NULL;
	static const char *const no_roles[ROLE_ADMIN + 1];
	control->roles = roles_new(options->roles ? options->roles : no_roles);
	pthread_mutex_init(&control->roles_lock, NULL);
	control->fd = control->wake = -1;
	pthread_mutex_init(&control->lock, NULL);
	control->slot_count = options->connections ? options->connections : CONTROL_CONNECTIONS;
	control->slots = calloc(control->slot_count, sizeof(*control->slots));
	if (!control->slots)
		abort();
	for (size_t i = 0; i < control->slot_count; i++)
		control->slots[i].fd = -1;
	return control;
}

static void control_free(struct control *control)
{
	if (control->fd >= 0)
		close(control->fd);
	if (control->wake >= 0)
		close(control->wake);
	pthread_mutex_destroy(&control->lock);
	roles_release(control->roles);
	pthread_mutex_destroy(&control->roles_lock);
	free(control->slots);
	free(control->listen);
	free(control);
}

/* Zones that roles are of and that are not here, or not yet; nothing where the store cannot be
 * read.
 */
static void control_warn_of_zones(struct core *core, const struct roles *roles)
{
	struct snapshot snapshot;
	if (!roles_name_zones(roles))
		return;
	snapshot_open(&snapshot, core->store, core->store_key);
	if (snapshot_renew(&snapshot))
		roles_warn_of_zones(roles, snapshot.zones);
	snapshot_close(&snapshot);
}

static const char *server_control_begin(struct control *control)
{
	control->socket.is_for_all = roles_are_given(control->roles);
	const char *problem = control_socket_open(&control->socket, &control->fd);
	if (problem)
		return problem;
	control_socket_open_folder(&control->socket);
	roles_warn(control->roles);
	control_warn_of_zones(control->core, control->roles);
	control->wake = eventfd(0, EFD_CLOEXEC);
	if (control->wake < 0 || pthread_create(&control->thread, NULL, accept_all, control) != 0)
		return "no thread could be started";
	return NULL;
}

struct control *control_start(struct core *core, const struct control_options *options,
			      char error[STORE_ERROR_MAX])
{
	struct control *control = control_new(core, options);
	const char *problem = control_find_group(control, options->group);
	if (problem) {
		snprintf(error, STORE_ERROR_MAX, "control group '%.64s': %s", options->group,
			 problem);
		control_free(control);
		return NULL;
	}
	if (strlen(options->path) >= sizeof(control->socket.path))
		problem = "the path is too long for a socket";
	else
		strcpy(control->socket.path, options->path);
	if (!problem)
		problem = server_control_begin(control);
	if (!problem)
		return control;
	snprintf(error, STORE_ERROR_MAX, "control socket %.200s: %s", options->path, problem);
	control_free(control);
	return NULL;
}

void control_give_roles(struct control *control, const char *const *lines)
{
	struct roles *roles = roles_new(lines), *old;
	pthread_mutex_lock(&control->roles_lock);
	old = control->roles;
	control->roles = roles;
	roles_warn(roles);
	pthread_mutex_unlock(&control->roles_lock);
	roles_release(old);
	/* Who gives others is the thread that is here. */
	control_warn_of_zones(control->core, roles);
	control->socket.is_for_all = roles_are_given(roles);
	if (!control_socket_set_mode(&control->socket))
		log_warning("the control socket's mode cannot be set", "why=\"%s\"",
			    strerror(errno));
}

void control_tell_zones(struct control *control, void (*line)(void *context, const char *),
			void *context)
{
	struct snapshot snapshot;
	if (!roles_name_zones(control->roles))
		return;
	snapshot_open(&snapshot, control->core->store, control->core->store_key);
	if (snapshot_renew(&snapshot))
		roles_tell_zones(control->roles, snapshot.zones, line, context);
	snapshot_close(&snapshot);
}

/* False: its command is still carried out at that time. */
static bool slot_end(struct connection *slot, const struct timespec *until)
{
	if (pthread_clockjoin_np(slot->thread, NULL, CLOCK_MONOTONIC, until) != 0)
		return false;
	slot_close(slot);
	return true;
}

bool control_stop(struct control *control, unsigned seconds, char doing[CONTROL_DOING_MAX])
{
	uint64_t one = 1;
	struct timespec until;
	bool has_ended = true;
	ssize_t n = write(control->wake, &one, sizeof(one));
	(void)n;
	pthread_join(control->thread, NULL);
	unlink(control->socket.path);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	for (size_t i = 0; i < control->slot_count; i++)
		if (control->slots[i].fd >= 0)
			shutdown(control->slots[i].fd, SHUT_RDWR);
	for (size_t i = 0; i < control->slot_count; i++) {
		struct connection *slot = &control->slots[i];
		if (slot->fd < 0 || slot_end(slot, &until))
			continue;
		snprintf(doing, CONTROL_DOING_MAX, "%s by %.64s", slot->verb, slot->peer.who.text);
		has_ended = false;
	}
	if (has_ended)
		control_free(control);
	return has_ended;
}
