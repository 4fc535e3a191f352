/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load of GSS-TSIG by UDP, from one thread: negotiates many security contexts, then signs updates
 * with them in turn. `gssload PORT SERVICE ZONE CONTEXTS UPDATES`, on 127.0.0.1; credentials come
 * from KRB5CCNAME or KRB5_CLIENT_KTNAME. Prints a JSON object of rates, and of what was not well.
 */
#include "config.h"
#include "base/clock.h"
#include "dns/msg.h"
#include "dns/tkey.h"
#include "dns/type.h"
#include <arpa/inet.h>
#include <assert.h>
#include <gssapi/gssapi_krb5.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WINDOW      32 /* requests in flight */
#define PACKET_MAX  4096
#define PATIENCE_MS 2000

struct load {
	int socket;
	const char *service;
	char below[32]; /* keys of this run */
	struct dns_name zone, algorithm;
	unsigned contexts, updates;
	gss_ctx_id_t *context;
	unsigned failed, lost; /* answers with an error; requests without an answer */
};

static void die(const char *what)
{
	fprintf(stderr, "gssload: %s\n", what);
	exit(1);
}

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	if (dns_name_parse_text(&name, text))
		die(text);
	return name;
}

static struct dns_name numbered(const char *letter, unsigned i, const char *below)
{
	char text[DNS_NAME_TEXT_MAX + 64];
	snprintf(text, sizeof text, "%s%u.%s", letter, i, below);
	return name_of(text);
}

static void put_header(struct bytes_out *out, unsigned id, unsigned flags, const uint16_t counts[4])
{
	bytes_out_u16(out, (uint16_t)id);
	bytes_out_u16(out, (uint16_t)flags);
	for (int i = 0; i < 4; i++)
		bytes_out_u16(out, counts[i]);
}

static void put_question(struct bytes_out *out, const struct dns_name *name, uint16_t type,
			 uint16_t class)
{
	bytes_out_put(out, name->wire, name->len);
	bytes_out_u16(out, type);
	bytes_out_u16(out, class);
}

static void send_bytes(struct load *load, const struct bytes_out *out)
{
	assert(!out->full);
	if (send(load->socket, out->start, bytes_out_len(out), 0) < 0)
		die("cannot send");
}

/* --- contexts */

static bool step(struct load *load, unsigned i, struct bytes token, gss_buffer_t out)
{
	OM_uint32 minor, ignored;
	gss_name_t target;
	gss_buffer_desc text = {.length = strlen(load->service),
				.value = (void *)(uintptr_t)load->service};
	gss_buffer_desc in = {.length = token.len, .value = (void *)(uintptr_t)token.data};
	if (GSS_ERROR(gss_import_name(&minor, &text, GSS_KRB5_NT_PRINCIPAL_NAME, &target)))
		die("the service is no principal");
	OM_uint32 major = gss_init_sec_context(
		&minor, GSS_C_NO_CREDENTIAL, &load->context[i], target, gss_mech_krb5,
		GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG, GSS_C_INDEFINITE,
		GSS_C_NO_CHANNEL_BINDINGS, &in, NULL, out, NULL, NULL);
	gss_release_name(&ignored, &target);
	return !GSS_ERROR(major);
}

static void send_tkey(struct load *load, unsigned i)
{
	uint8_t packet[PACKET_MAX];
	OM_uint32 minor;
	gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
	static const uint16_t counts[] = {1, 0, 0, 1};
	struct dns_name key = numbered("c", i, load->below);
	if (!step(load, i, bytes_of(NULL, 0), &token))
		die("no ticket: is there a keytab or a cache?");
	struct dns_tkey tkey = {
		.algorithm = load->algorithm,
		.inception = (uint32_t)time(NULL),
		.expiration = (uint32_t)time(NULL),
		.mode = DNS_TKEY_NEGOTIATE,
		.key = bytes_of(token.value, token.length),
	};
	struct bytes_out out = bytes_out_of(packet, sizeof packet);
	put_header(&out, i, 0, counts);
	put_question(&out, &key, DNS_TYPE_TKEY, DNS_CLASS_ANY);
	put_question(&out, &key, DNS_TYPE_TKEY, DNS_CLASS_ANY);
	bytes_out_u32(&out, 0);
	bytes_out_u16(&out, (uint16_t)dns_tkey_size(&tkey));
	dns_tkey_write(&tkey, &out);
	send_bytes(load, &out);
	gss_release_buffer(&minor, &token);
}

/* The TKEY of an answer; false: there is none, or it has an error. */
static bool read_tkey(struct bytes packet, struct dns_tkey *tkey)
{
	struct dns_msg msg;
	struct dns_msg_rr rr;
	if (dns_msg_open(&msg, packet) != DNS_NOERROR || (msg.flags & 0xf) != 0)
		return false;
	struct dns_msg_walk walk = dns_msg_walk(&msg, DNS_ANSWER);
	if (!dns_msg_next(&walk, &rr) || rr.type != DNS_TYPE_TKEY)
		return false;
	struct bytes_in in = bytes_in_of(packet.data, packet.len);
	bytes_in_take(&in, rr.rdata_at);
	return dns_tkey_read(tkey, &in, rr.rdata_len) && tkey->error == 0;
}

static bool take_tkey(struct load *load, unsigned i, struct bytes packet)
{
	OM_uint32 minor;
	struct dns_tkey tkey;
	gss_buffer_desc rest = GSS_C_EMPTY_BUFFER;
	if (!read_tkey(packet, &tkey) || !step(load, i, tkey.key, &rest))
		return false;
	gss_release_buffer(&minor, &rest);
	return true;
}

/* --- updates */

static void put_update(struct load *load, struct bytes_out *out, unsigned i)
{
	char zone[DNS_NAME_TEXT_MAX], below[DNS_NAME_TEXT_MAX + 16];
	static const uint16_t counts[] = {1, 0, 1, 0};
	/* New names in each run: all of them are added. */
	snprintf(below, sizeof below, "p%d.%s", (int)getpid(), dns_name_show(&load->zone, zone));
	struct dns_name name = numbered("u", i, below);
	put_header(out, i, 0x2800, counts);
	put_question(out, &load->zone, DNS_TYPE_SOA, DNS_CLASS_IN);
	put_question(out, &name, DNS_TYPE_A, DNS_CLASS_IN);
	bytes_out_u32(out, 300);
	bytes_out_u16(out, 4);
	bytes_out_u32(out, 0x0a000000 | i);
}

static void send_update(struct load *load, unsigned i)
{
	uint8_t packet[PACKET_MAX], digest[PACKET_MAX];
	OM_uint32 minor;
	gss_buffer_desc mic = GSS_C_EMPTY_BUFFER;
	struct bytes_out out = bytes_out_of(packet, sizeof packet);
	struct bytes_out signed_bytes = bytes_out_of(digest, sizeof digest);
	put_update(load, &out, i);
	struct dns_tsig tsig = {
		.key = numbered("c", i % load->contexts, load->below),
		.algorithm = load->algorithm,
		.time = (uint64_t)time(NULL),
		.fudge = DNS_TSIG_FUDGE,
		.original_id = (uint16_t)i,
	};
	bytes_out_put(&signed_bytes, out.start, bytes_out_len(&out));
	dns_tsig_variables(&tsig, false, &signed_bytes);
	gss_buffer_desc text = {.length = bytes_out_len(&signed_bytes), .value = digest};
	if (GSS_ERROR(gss_get_mic(&minor, load->context[i % load->contexts], GSS_C_QOP_DEFAULT,
				  &text, &mic)))
		die("cannot sign");
	tsig.mac = bytes_of(mic.value, mic.length);
	bytes_out_patch_u16(&out, 10, 1);
	dns_tsig_write(&tsig, &out);
	send_bytes(load, &out);
	gss_release_buffer(&minor, &mic);
}

static bool take_update(struct load *load, unsigned i, struct bytes packet)
{
	(void)load;
	(void)i;
	return packet.len > DNS_HEADER_LEN && (packet.data[3] & 0xf) == 0;
}

/* --- both */

struct work {
	void (*ask)(struct load *, unsigned i);
	bool (*take)(struct load *, unsigned i, struct bytes packet);
	unsigned count;
};

/* The number of the request that an id of 16 bits answers: the latest one that has it. */
static unsigned number_of(uint16_t id, unsigned asked)
{
	unsigned i = (asked - 1) & ~0xffffu;
	return (i | id) < asked ? i | id : (i | id) - 0x10000;
}

static double run(struct load *load, const struct work *work)
{
	uint8_t packet[PACKET_MAX];
	unsigned asked = 0, answered = 0;
	if (work->count == 0)
		return 0;
	uint64_t start = clock_monotonic_us();
	while (answered + load->lost < work->count) {
		struct pollfd wait = {.fd = load->socket, .events = POLLIN};
		while (asked < work->count && asked - answered - load->lost < WINDOW)
			work->ask(load, asked++);
		if (poll(&wait, 1, PATIENCE_MS) <= 0) {
			load->lost = asked - answered;
			continue;
		}
		ssize_t n = recv(load->socket, packet, sizeof packet, 0);
		if (n < DNS_HEADER_LEN)
			continue;
		unsigned i = number_of((uint16_t)(packet[0] << 8 | packet[1]), asked);
		if (!work->take(load, i, bytes_of(packet, (size_t)n)))
			load->failed++;
		answered++;
	}
	return answered * 1e6 / (double)(clock_monotonic_us() - start);
}

static int connect_to(const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
		die("cannot connect");
	return fd;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		die("usage: gssload PORT SERVICE ZONE CONTEXTS UPDATES");
	struct load load = {
		.socket = connect_to(argv[1]),
		.service = argv[2],
		.zone = name_of(argv[3]),
		.algorithm = name_of("gss-tsig"),
		.contexts = (unsigned)strtoul(argv[4], NULL, 10),
		.updates = (unsigned)strtoul(argv[5], NULL, 10),
	};
	if (load.contexts == 0 || load.contexts > 60000)
		die("1 to 60000 contexts");
	snprintf(load.below, sizeof load.below, "p%d.gssload", (int)getpid());
	load.context = calloc(load.contexts, sizeof *load.context);
	assert(load.context);
	struct work negotiate = {send_tkey, take_tkey, load.contexts};
	struct work update = {send_update, take_update, load.updates};
	double handshakes = run(&load, &negotiate);
	printf("{\"handshakes\": %.0f, \"failed_handshakes\": %u, \"lost_handshakes\": %u",
	       handshakes, load.failed, load.lost);
	load.failed = load.lost = 0;
	double updates = run(&load, &update);
	printf(", \"updates\": %.0f, \"failed_updates\": %u, \"lost_updates\": %u}\n", updates,
	       load.failed, load.lost);
	return 0;
}
