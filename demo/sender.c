/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "demo/sender.h"
#include "acl/keyfile.h"
#include "acl/tsig_client.h"
#include "base/file.h"
#include "dns/msg.h"
#include "dns/nsupdate.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_MAX 65535
#define WAITS_S    10
#define RCODE_BITS 0xf

struct sending {
	const struct sender *sender;
	struct tsig_client tsig;
	int fd;
	unsigned *rcode;
	char *error;
	bool failed;
};

static void sending_fail(struct sending *s, const char *what, const char *why)
{
	snprintf(s->error, SENDER_ERROR_MAX, "%s: %s", what, why);
	s->failed = true;
}

static bool sending_key(struct sending *s)
{
	char text[KEYFILE_TEXT_MAX], error[KEYFILE_ERROR_MAX] = "cannot be read";
	struct keyring_key key;
	size_t count = 0, len = 0;
	FILE *in = fopen(s->sender->key_path, "re");
	if (in) {
		len = fread(text, 1, sizeof text, in);
		fclose(in);
	}
	bool is_read = in && keyfile_parse(text, len, &key, 1, &count, error) && count == 1;
	if (is_read) {
		struct keyring_entry entry = {.name = key.name};
		struct bytes secret = {key.secret, key.secret_len};
		is_read = hmac_key_set(&entry.key, key.algorithm, secret) &&
			  tsig_client_of(&s->tsig, &entry, false, s->sender->now);
		keyring_key_wipe(&key);
		explicit_bzero(&entry, sizeof entry);
	}
	explicit_bzero(text, sizeof text);
	if (!is_read)
		sending_fail(s, s->sender->key_path, error);
	return is_read;
}

static bool sending_connect(struct sending *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(s->sender->port)};
	struct timeval waits = {.tv_sec = WAITS_S};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_there = s->fd >= 0 &&
			connect(s->fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
			setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &waits, sizeof waits) == 0;
	if (!is_there)
		sending_fail(s, "the server", strerror(errno));
	return is_there;
}

static void sending_answer(struct sending *s)
{
	static uint8_t packet[ANSWER_MAX];
	struct dns_msg answer;
	uint16_t tsig_error = 0;
	ssize_t len = recv(s->fd, packet, sizeof packet, 0);
	if (len < 0) {
		sending_fail(s, "no answer", strerror(errno));
		return;
	}
	const char *wrong = "it is no message";
	if (dns_msg_open(&answer, (struct bytes){packet, (size_t)len}) == DNS_NOERROR)
		wrong = tsig_client_verify(&s->tsig, &answer, s->sender->now, &tsig_error);
	if (wrong)
		sending_fail(s, "the answer", wrong);
	else
		*s->rcode = answer.flags & RCODE_BITS;
}

static bool sending_message(void *context, const struct nsupdate_message *message)
{
	struct sending *s = context;
	size_t len = message->packet.len, cap = len + tsig_client_size(&s->tsig);
	uint8_t *packet = malloc(cap);
	if (!packet)
		abort();
	memcpy(packet, message->packet.data, len);
	/* Nobody else can answer on this socket, so that any id will do; each has its own. */
	static uint16_t id;
	packet[0] = (uint8_t)(++id >> 8);
	packet[1] = (uint8_t)id;
	len = tsig_client_sign(&s->tsig, packet, len, cap, s->sender->now);
	if (send(s->fd, packet, len, 0) == (ssize_t)len)
		sending_answer(s);
	else
		sending_fail(s, "the server", strerror(errno));
	free(packet);
	return !s->failed;
}

bool sender_send(const struct sender *sender, const char *text, unsigned *rcode,
		 char error[SENDER_ERROR_MAX])
{
	struct sending s = {.sender = sender, .fd = -1, .rcode = rcode, .error = error};
	static struct nsupdate_reader reader;
	char *whole;
	if (asprintf(&whole, "zone corp.example\n%s", text) < 0)
		abort();
	memset(&reader, 0, sizeof reader);
	reader.message = sending_message;
	reader.context = &s;
	if (sending_key(&s) && sending_connect(&s) &&
	    !nsupdate_read(&reader, whole, strlen(whole)) && !s.failed)
		sending_fail(&s, "the update", reader.error);
	if (s.fd >= 0)
		close(s.fd);
	tsig_client_wipe(&s.tsig);
	free(whole);
	return !s.failed;
}
