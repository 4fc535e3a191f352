/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load generator: queries or updates by UDP in a closed loop, so many in flight over so many
 * sockets, with sendmmsg and recvmmsg. Every answer is checked: its id, its question, its rcode,
 * and that an update's answer is signed when the update was.
 *
 *      loadgen --server 127.0.0.1@5353 --zone corp.example --names 1000000 --in-flight 128
 *      loadgen --server ... --mode add --key bench.key --in-flight 64 --seconds 5
 *
 * Prints one line of JSON: rate (a second), p50 and p99 (microseconds), lost, wrong, and how many
 * were answered in all.
 */
#include "config.h"
#include "acl/hmac.h"
#include "acl/keyfile.h"
#include "base/addr.h"
#include "base/clock.h"
#include "dns/msg.h"
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define IN_FLIGHT_MAX 256 /* the low byte of the message id */
#define SOCKETS_MAX   64
#define MESSAGE_MAX   1500
#define BATCH         64
#define LOST_US       2000000
#define BUCKETS       100000 /* of latency, 1 us each up to 10 ms, then 100 us */

enum mode { MODE_QUERY, MODE_ADD, MODE_REFRESH };

struct plan {
	struct addr server;
	enum mode mode;
	struct dns_name zone;
	const char *prefix;
	uint64_t names, first;
	unsigned miss; /* per cent of queries for names that are not there */
	unsigned in_flight, sockets;
	double seconds;
	bool has_key;
	struct keyring_key key;
	struct hmac *hmac;
};

struct request {
	uint8_t generation; /* the high byte of the message id */
	bool is_sent, wants_nxdomain;
	uint64_t sent_us;
	size_t len, question_len;
	uint8_t bytes[MESSAGE_MAX];
};

struct load {
	struct plan plan;
	int fds[SOCKETS_MAX];
	struct request requests[IN_FLIGHT_MAX];
	uint64_t random, next; /* the next name's number, of updates */
	uint64_t answered, lost, wrong;
	uint32_t latency[BUCKETS];
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "loadgen: %s: %s\n", what, why);
	exit(2);
}

static uint64_t next_random(struct load *l)
{
	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	return l->random;
}

/* PREFIX and a number, below the zone. */
static void put_name(struct bytes_out *out, const struct plan *plan, uint64_t number)
{
	char label[64];
	int len = snprintf(label, sizeof label, "%s%" PRIu64, plan->prefix, number);
	bytes_out_u8(out, (uint8_t)len);
	bytes_out_put(out, label, (size_t)len);
	bytes_out_put(out, plan->zone.wire, plan->zone.len);
}

static void put_header(struct bytes_out *out, unsigned opcode, unsigned updates)
{
	bytes_out_u16(out, 0);
	bytes_out_u16(out, (uint16_t)(opcode << 11));
	bytes_out_u16(out, 1);
	bytes_out_u16(out, 0);
	bytes_out_u16(out, (uint16_t)updates);
	bytes_out_u16(out, 0);
}

static void make_query(struct load *l, struct request *r, struct bytes_out *out)
{
	const struct plan *plan = &l->plan;
	r->wants_nxdomain = next_random(l) % 100 < plan->miss;
	uint64_t number = next_random(l) % plan->names;
	put_header(out, 0, 0);
	put_name(out, plan, r->wants_nxdomain ? number + 10 * plan->names : number);
	bytes_out_u16(out, DNS_TYPE_A);
	bytes_out_u16(out, DNS_CLASS_IN);
	r->question_len = bytes_out_len(out) - DNS_HEADER_LEN;
}

/* One A record whose address follows from the name: the same again is a refresh. */
static void make_update(struct load *l, struct request *r, struct bytes_out *out)
{
	const struct plan *plan = &l->plan;
	uint64_t number = plan->first + l->next++;
	if (plan->mode == MODE_REFRESH)
		number = plan->first + (l->next - 1) % plan->names;
	put_header(out, 5, 1);
	bytes_out_put(out, plan->zone.wire, plan->zone.len);
	bytes_out_u16(out, DNS_TYPE_SOA);
	bytes_out_u16(out, DNS_CLASS_IN);
	r->question_len = bytes_out_len(out) - DNS_HEADER_LEN;
	put_name(out, plan, number);
	bytes_out_u16(out, DNS_TYPE_A);
	bytes_out_u16(out, DNS_CLASS_IN);
	bytes_out_u32(out, 300);
	bytes_out_u16(out, 4);
	bytes_out_u32(out, 0x0a000000u | (uint32_t)(number & 0xffffff));
}

/* RFC 8945 4.3: over the message and the variables. */
static void sign(struct plan *plan, struct bytes_out *out)
{
	uint8_t variables[DNS_TSIG_VARIABLES_MAX], mac[HMAC_MAC_MAX];
	struct bytes_out tail = bytes_out_of(variables, sizeof variables);
	const uint8_t *message = out->start;
	struct dns_tsig tsig = {
		.key = plan->key.name,
		.time = (uint64_t)time(NULL),
		.fudge = DNS_TSIG_FUDGE,
		.original_id = (uint16_t)(message[0] << 8 | message[1]),
	};
	const char *problem =
		dns_name_parse_text(&tsig.algorithm, hmac_by_number(plan->key.algorithm)->name);
	assert(!problem);
	dns_tsig_variables(&tsig, false, &tail);
	struct bytes pieces[] = {bytes_of(message, bytes_out_len(out)),
				 bytes_of(variables, bytes_out_len(&tail))};
	tsig.mac = bytes_of(mac, hmac_compute(plan->hmac, pieces, 2, mac));
	dns_tsig_write(&tsig, out);
	bytes_out_patch_u16(out, 10, 1);
}

static void make_request(struct load *l, unsigned i)
{
	struct request *r = &l->requests[i];
	struct bytes_out out = bytes_out_of(r->bytes, sizeof r->bytes);
	if (l->plan.mode == MODE_QUERY)
		make_query(l, r, &out);
	else
		make_update(l, r, &out);
	r->generation++;
	bytes_out_patch_u16(&out, 0, (uint16_t)((unsigned)r->generation << 8 | i));
	if (l->plan.has_key)
		sign(&l->plan, &out);
	assert(!out.full);
	r->len = bytes_out_len(&out);
	r->is_sent = false;
}

/* Sends what is to be sent over one socket: requests are spread over sockets by their number. */
static void send_requests(struct load *l, unsigned s)
{
	struct mmsghdr headers[BATCH];
	struct iovec iovs[BATCH];
	struct request *batch[BATCH];
	unsigned n = 0;
	for (unsigned i = s; i < l->plan.in_flight && n < BATCH; i += l->plan.sockets) {
		struct request *r = &l->requests[i];
		if (r->is_sent)
			continue;
		iovs[n] = (struct iovec){.iov_base = r->bytes, .iov_len = r->len};
		headers[n] = (struct mmsghdr){.msg_hdr = {.msg_iov = &iovs[n], .msg_iovlen = 1}};
		batch[n++] = r;
	}
	int sent = n ? sendmmsg(l->fds[s], headers, n, MSG_DONTWAIT) : 0;
	uint64_t now = clock_monotonic_us();
	for (int i = 0; i < sent; i++) {
		batch[i]->is_sent = true;
		batch[i]->sent_us = now;
	}
}

static bool is_right(const struct load *l, const struct request *r, struct bytes answer)
{
	struct bytes_in in = bytes_in_of(answer.data, answer.len);
	(void)bytes_in_u16(&in);
	uint16_t flags = bytes_in_u16(&in);
	uint16_t questions = bytes_in_u16(&in), answers = bytes_in_u16(&in);
	(void)bytes_in_u16(&in);
	uint16_t additional = bytes_in_u16(&in);
	bool is_update = l->plan.mode != MODE_QUERY;
	if (!(flags & DNS_FLAG_QR) || (flags & 15) != (r->wants_nxdomain ? DNS_NXDOMAIN : 0u))
		return false;
	if (l->plan.has_key && additional == 0)
		return false;
	/* RFC 2136 3.8 lets an answer to an update leave its sections out. */
	if (is_update && questions == 0)
		return true;
	if (!is_update && !r->wants_nxdomain && answers == 0)
		return false;
	const uint8_t *question = bytes_in_take(&in, r->question_len);
	return question && memcmp(question, r->bytes + DNS_HEADER_LEN, r->question_len) == 0;
}

static void note_latency(struct load *l, uint64_t us)
{
	size_t bucket = us < 10000 ? us : 10000 + (us - 10000) / 100;
	l->latency[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static uint64_t latency_at(const struct load *l, double share)
{
	uint64_t seen = 0;
	for (size_t i = 0; i < BUCKETS; i++) {
		seen += l->latency[i];
		if (seen > 0 && (double)seen >= share * (double)l->answered)
			return i < 10000 ? i : 10000 + (i - 10000) * 100;
	}
	return 0;
}

static void take_answer(struct load *l, struct bytes answer, uint64_t now)
{
	unsigned i = answer.len >= DNS_HEADER_LEN ? answer.data[1] : IN_FLIGHT_MAX;
	struct request *r = &l->requests[i % IN_FLIGHT_MAX];
	if (i >= l->plan.in_flight || !r->is_sent || answer.data[0] != r->generation)
		return; /* of a request that was given up */
	if (!is_right(l, r, answer))
		l->wrong++;
	l->answered++;
	note_latency(l, now - r->sent_us);
	make_request(l, i);
}

static void receive_answers(struct load *l, unsigned s)
{
	static uint8_t buffers[BATCH][MESSAGE_MAX];
	struct mmsghdr headers[BATCH];
	struct iovec iovs[BATCH];
	for (unsigned i = 0; i < BATCH; i++) {
		iovs[i] = (struct iovec){.iov_base = buffers[i], .iov_len = MESSAGE_MAX};
		headers[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &iovs[i], .msg_iovlen = 1}};
	}
	int n = recvmmsg(l->fds[s], headers, BATCH, MSG_DONTWAIT, NULL);
	uint64_t now = clock_monotonic_us();
	for (int i = 0; i < n; i++)
		take_answer(l, bytes_of(buffers[i], headers[i].msg_len), now);
}

static void give_up_old(struct load *l)
{
	uint64_t now = clock_monotonic_us();
	for (unsigned i = 0; i < l->plan.in_flight; i++) {
		struct request *r = &l->requests[i];
		if (r->is_sent && now - r->sent_us > LOST_US) {
			l->lost++;
			make_request(l, i);
		}
	}
}

static void open_sockets(struct load *l)
{
	for (unsigned s = 0; s < l->plan.sockets; s++) {
		l->fds[s] = socket(l->plan.server.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (l->fds[s] < 0 ||
		    connect(l->fds[s], &l->plan.server.any, l->plan.server.len) != 0)
			die("socket", strerror(errno));
	}
}

static void run(struct load *l)
{
	struct pollfd polls[SOCKETS_MAX];
	uint64_t start = clock_monotonic_us(), last = start;
	uint64_t end = start + (uint64_t)(l->plan.seconds * 1e6);
	for (unsigned s = 0; s < l->plan.sockets; s++)
		polls[s] = (struct pollfd){.fd = l->fds[s], .events = POLLIN};
	for (unsigned i = 0; i < l->plan.in_flight; i++)
		make_request(l, i);
	while (clock_monotonic_us() < end) {
		for (unsigned s = 0; s < l->plan.sockets; s++)
			send_requests(l, s);
		(void)poll(polls, l->plan.sockets, 100);
		for (unsigned s = 0; s < l->plan.sockets; s++) {
			if (polls[s].revents & POLLIN)
				receive_answers(l, s);
		}
		if (clock_monotonic_us() - last > LOST_US / 4) {
			last = clock_monotonic_us();
			give_up_old(l);
		}
	}
	double seconds = (double)(clock_monotonic_us() - start) / 1e6;
	printf("{\"rate\": %.0f, \"p50\": %" PRIu64 ", \"p99\": %" PRIu64 ", \"lost\": %" PRIu64
	       ", \"wrong\": %" PRIu64 ", \"answered\": %" PRIu64 ", \"seconds\": %.3f}\n",
	       (double)l->answered / seconds, latency_at(l, 0.5), latency_at(l, 0.99), l->lost,
	       l->wrong, l->answered, seconds);
}

static void take_key(struct plan *plan, const char *path)
{
	char text[KEYFILE_TEXT_MAX], error[KEYFILE_ERROR_MAX];
	size_t count;
	FILE *file = fopen(path, "re");
	if (!file)
		die(path, strerror(errno));
	size_t len = fread(text, 1, sizeof text, file);
	fclose(file);
	if (!keyfile_parse(text, len, &plan->key, 1, &count, error))
		die(path, error);
	struct hmac_key key;
	struct bytes secret = bytes_of(plan->key.secret, plan->key.secret_len);
	plan->has_key = hmac_key_set(&key, plan->key.algorithm, secret);
	plan->hmac = hmac_new(&key);
	if (!plan->has_key || !plan->hmac)
		die(path, "no such algorithm here");
}

static enum mode take_mode(const char *text)
{
	static const char *const words[] = {"query", "add", "refresh"};
	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(words[i], text) == 0)
			return (enum mode)i;
	}
	die("--mode is query, add or refresh", text);
	return MODE_QUERY;
}

static void take_option(struct plan *plan, int option, const char *text)
{
	const char *problem = NULL;
	unsigned number = (unsigned)strtoul(text, NULL, 10);
	if (option == 's')
		problem = addr_parse(text, 53, &plan->server);
	else if (option == 'z')
		problem = dns_name_parse_text(&plan->zone, text);
	else if (option == 'm')
		plan->mode = take_mode(text);
	else if (option == 'k')
		take_key(plan, text);
	else if (option == 'p')
		plan->prefix = text;
	else if (option == 'n')
		plan->names = strtoull(text, NULL, 10);
	else if (option == 'f')
		plan->first = strtoull(text, NULL, 10);
	else if (option == 'x')
		plan->miss = number;
	else if (option == 'i')
		plan->in_flight = number;
	else if (option == 'o')
		plan->sockets = number;
	else if (option == 't')
		plan->seconds = strtod(text, NULL);
	else
		exit(2);
	if (problem)
		die(text, problem);
}

int main(int argc, char **argv)
{
	static const struct option table[] = {{"server", required_argument, NULL, 's'},
					      {"zone", required_argument, NULL, 'z'},
					      {"mode", required_argument, NULL, 'm'},
					      {"key", required_argument, NULL, 'k'},
					      {"prefix", required_argument, NULL, 'p'},
					      {"names", required_argument, NULL, 'n'},
					      {"first", required_argument, NULL, 'f'},
					      {"miss", required_argument, NULL, 'x'},
					      {"in-flight", required_argument, NULL, 'i'},
					      {"sockets", required_argument, NULL, 'o'},
					      {"seconds", required_argument, NULL, 't'},
					      {0}};
	static struct load load;
	int option;
	load.plan = (struct plan){
		.prefix = "host", .names = 1000, .in_flight = 128, .sockets = 8, .seconds = 3};
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
		take_option(&load.plan, option, optarg ? optarg : "");
	struct plan *plan = &load.plan;
	if (plan->server.len == 0 || plan->zone.len == 0)
		die("needed", "--server and --zone");
	if (plan->sockets > plan->in_flight)
		plan->sockets = plan->in_flight;
	if (plan->in_flight < 1 || plan->in_flight > IN_FLIGHT_MAX || plan->sockets < 1 ||
	    plan->sockets > SOCKETS_MAX || plan->names < 1)
		die("out of bounds", "1..256 in flight, 1..64 sockets, 1.. names");
	load.random = 0x9e3779b97f4a7c15u;
	open_sockets(&load);
	run(&load);
	hmac_free(plan->hmac);
	return load.wrong ? 1 : 0;
}
