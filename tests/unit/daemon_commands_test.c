/* SPDX-License-Identifier: BSD-2-Clause */
/* tenurectl's commands about what only a daemon has: signed checkpoints, the live export, NOTIFY.
 */
#include <config.h>
#include "ctl/ctl.h"
#include "tests/unit/running.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS_MAX 12

static struct running server;
static char path[4][128]; /* of inside() */

static const char *inside(const char *name)
{
	static unsigned turn;
	char *out = path[turn++ % 4];
	snprintf(out, sizeof path[0], "%s/%s", server.folder, name);
	return out;
}

static int output_to(int number, int fd)
{
	int kept = dup(number);
	dup2(fd, number);
	return kept;
}

static void output_back(int number, int kept)
{
	dup2(kept, number);
	close(kept);
}

/* What tenurectl prints, standard output and standard error; its exit code in `*code`. */
static const char *tenurectl(int *code, const char *words)
{
	static char text[16384];
	char *argv[WORDS_MAX + 1], copy[1024], *rest = copy;
	int argc = 0, file = memfd_create("printed", 0);
	snprintf(copy, sizeof copy, "%s", words);
	for (char *word; argc < WORDS_MAX && (word = strsep(&rest, " "));)
		argv[argc++] = word;
	argv[argc] = NULL;
	setenv("TENURE_SOCKET", server.settings.socket, true);
	fflush(NULL);
	int output = output_to(STDOUT_FILENO, file), error = output_to(STDERR_FILENO, file);
	*code = ctl_main(argc, argv);
	fflush(NULL);
	output_back(STDOUT_FILENO, output);
	output_back(STDERR_FILENO, error);
	ssize_t n = pread(file, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	close(file);
	return text;
}

static void expect_part(const char *words, int wanted, const char *part)
{
	int code;
	const char *text = tenurectl(&code, words);
	cr_expect_eq(code, wanted, "%s: %d\n%s", words, code, text);
	cr_expect_not_null(strstr(text, part), "'%s' in what %s prints:\n%s", part, words, text);
}

/* Until it prints that: another thread makes it so. */
static void expect_soon(const char *words, const char *part)
{
	int code = 0;
	while (!strstr(tenurectl(&code, words), part)) {
		cr_assert_eq(code, 0, "%s", words);
		poll(NULL, 0, 1);
	}
}

/* A private key of Ed25519, as `openssl genpkey` writes it, for its owner alone. */
static void write_key(const char *name)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	FILE *file = fdopen(fd, "w");
	cr_assert(key && file);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	EVP_PKEY_free(key);
}

static void text_to(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static char *text_of(const char *name)
{
	static char text[8192];
	FILE *file = fopen(name, "r");
	cr_assert_not_null(file, "%s", name);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void restart(void)
{
	kill(getpid(), SIGTERM);
	pthread_join(server.thread, NULL);
	server.daemon = NULL;
	running_start(&server);
}

TestSuite(daemon_commands, .timeout = 60);

Test(daemon_commands, a_stop_signs_the_head_and_the_log_is_verified_by_it)
{
	char words[300], line[8192];
	int code;
	running_init(&server);
	write_key(inside("key.pem"));
	snprintf(server.settings.checkpoint_key, sizeof server.settings.checkpoint_key, "%s",
		 inside("key.pem"));
	running_start(&server);
	expect_part("zone add corp.example", 0, "added");
	restart();
	expect_part("audit verify", 0, "the chain is whole");
	const char *points = inside("key.pem.checkpoints");
	snprintf(line, sizeof line, "%s", text_of(points));
	cr_expect(strncmp(line, "tenure-checkpoint 2 seq=2 ", 26) == 0, "%s", line);

	/* By the public key, and by the lines that are kept elsewhere. */
	text_to(inside("public.pem"), tenurectl(&code, "audit key"));
	cr_expect_eq(code, 0);
	snprintf(words, sizeof words, "audit verify --key %s --checkpoints %s",
		 inside("public.pem"), points);
	expect_part(words, 0, "the chain is whole");

	/* A line that was changed is not signed; a newer one is of another log. */
	line[26 + 5] ^= 1;
	text_to(inside("forged"), line);
	snprintf(words, sizeof words, "audit verify --key %s --checkpoints %s",
		 inside("public.pem"), inside("forged"));
	const char *text = tenurectl(&code, words);
	cr_expect_neq(code, 0, "%s", text);

	/* Another key has signed nothing of it. */
	write_key(inside("other.pem"));
	snprintf(server.settings.checkpoint_key, sizeof server.settings.checkpoint_key, "%s",
		 inside("other.pem"));
	restart();
	text_to(inside("other.pub"), tenurectl(&code, "audit key"));
	snprintf(words, sizeof words, "audit verify --key %s --checkpoints %s", inside("other.pub"),
		 points);
	text = tenurectl(&code, words);
	cr_expect_neq(code, 0, "%s", text);
	running_stop(&server);
}

Test(daemon_commands, a_key_that_others_may_read_signs_nothing)
{
	char error[DAEMON_ERROR_MAX] = "";
	struct daemon_options options = {.settings = &server.settings};
	running_init(&server);
	write_key(inside("key.pem"));
	chmod(inside("key.pem"), 0644);
	snprintf(server.settings.checkpoint_key, sizeof server.settings.checkpoint_key, "%s",
		 inside("key.pem"));
	server.settings.listen[0] = running_free_port();
	cr_assert_null(daemon_start(&options, error));
	cr_expect_not_null(strstr(error, "key.pem"), "%s", error);
	text_to(inside("key.pem"), "no key\n");
	chmod(inside("key.pem"), 0600);
	cr_assert_null(daemon_start(&options, error));
	cr_expect_not_null(strstr(error, "key.pem"), "%s", error);
	server.settings.checkpoint_key[0] = '\0';
	running_start(&server);
	expect_part("audit key", 4, "nothing is signed");
	running_stop(&server);
}

Test(daemon_commands, targets_of_the_export_say_how_far_they_are)
{
	running_init(&server);
	snprintf(server.settings.export_file, sizeof server.settings.export_file, "%s",
		 inside("log.json"));
	snprintf(server.settings.export_socket, sizeof server.settings.export_socket, "%s",
		 inside("nobody"));
	running_start(&server);
	expect_part("zone add corp.example", 0, "added");
	expect_part("audit targets", 0, "log.json");
	expect_soon("audit targets", "nobody listens there: No such file or directory");
	expect_part("audit targets --json", 0, "{\"to\":\"socket\"");
	expect_part("stats", 0, "export-behind");
	running_stop(&server);
}

Test(daemon_commands, secondaries_are_listed_with_what_they_know)
{
	struct timeval patience = {.tv_sec = RUNNING_WAIT_S};
	struct addr at = running_free_port();
	uint8_t packet[2048];
	char words[200];
	int peer = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	cr_assert_eq(bind(peer, &at.any, at.len), 0);
	running_init(&server);
	running_start(&server);
	expect_part("zone add corp.example", 0, "added");
	expect_part("notify status", 0, "");
	expect_part("zone notify corp.example", 6, "has nobody to notify");
	snprintf(words, sizeof words, "zone set corp.example notify=127.0.0.1@%u", addr_port(&at));
	expect_part(words, 0, "1 setting changed");
	/* It is told at once, and refuses: a NOTIFY's header with QR and the rcode. */
	struct addr from = {.len = sizeof(struct sockaddr_in6)};
	ssize_t len = recvfrom(peer, packet, sizeof packet, 0, &from.any, &from.len);
	cr_assert_gt(len, 12);
	expect_part("notify status", 0, "asked");
	size_t end = 12;
	while (packet[end])
		end += packet[end] + 1u;
	end += 5;
	packet[2] |= 0x80;
	packet[3] = 5;
	packet[7] = packet[11] = 0;
	cr_assert_eq(sendto(peer, packet, end, 0, &from.any, from.len), (ssize_t)end);
	expect_soon("notify status corp.example", "answered REFUSED");
	expect_part("notify status --json", 0, "\"state\":\"failing\"");
	expect_part("notify status nowhere.example", 4, "no zone 'nowhere.example' here");
	expect_part("zone notify nowhere.example", 4, "no zone 'nowhere.example' here");
	expect_part("zone notify corp.example", 0, "1 notified");
	cr_assert_gt(recv(peer, packet, sizeof packet, 0), 12, "an administrator insists");
	expect_part("zone set corp.example notify=ns", 0, "1 setting changed");
	expect_part("record add corp.example @ NS ns2.elsewhere.example.", 0, "written");
	expect_part("notify status", 0, "no-address");
	close(peer);
	running_stop(&server);
}
