/* SPDX-License-Identifier: BSD-2-Clause */
/* Our side of TLS against a server of the test's own, over a socketpair, with a CA that the test
 * makes. Both sides take turns in one thread. */
#include <config.h>
#include "tls/tls.h"
#include "tls/certificate.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TURNS_MAX 50 /* of a handshake */

static char folder[] = "/tmp/tenure-tls-XXXXXX", ca_path[64], other_path[64];
static EVP_PKEY *ca_key;
static X509 *ca;

/* What one connection consists of. */
struct meeting {
	int fds[2]; /* ours, the server's */
	SSL_CTX *context;
	SSL *server;
	struct tls *tls;
	char error[TLS_ERROR_MAX];
};

/* A name that begins with `-` is in the subject alone. */
static X509 *certificate_new(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key,
			     long days)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_NAME_new();
	X509V3_CTX context;
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1 + rand());
	X509_gmtime_adj(X509_getm_notBefore(certificate), -86400L * 10);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * days);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
				   (const unsigned char *)name + (*name == '-'), -1, -1, 0);
	X509_set_subject_name(certificate, subject);
	X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject);
	X509_NAME_free(subject);
	X509_set_pubkey(certificate, key);
	X509V3_set_ctx(&context, issuer ? issuer : certificate, certificate, NULL, NULL, 0);
	char names[256];
	bool has_names = *name != '-';
	snprintf(names, sizeof names, "%s:%s", strchr("0123456789", name[0]) ? "IP" : "DNS", name);
	X509_EXTENSION *extension =
		issuer ? X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, names)
		       : X509V3_EXT_conf_nid(NULL, &context, NID_basic_constraints,
					     "critical,CA:TRUE");
	if (has_names || !issuer)
		X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	cr_assert_gt(X509_sign(certificate, issuer_key, EVP_sha256()), 0);
	return certificate;
}

static void write_certificate(const char *path, X509 *certificate)
{
	FILE *file = fopen(path, "w");
	cr_assert_not_null(file);
	PEM_write_X509(file, certificate);
	fclose(file);
}

static void begin(void)
{
	cr_assert_not_null(mkdtemp(folder));
	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	snprintf(ca_path, sizeof ca_path, "%s/ca.pem", folder);
	snprintf(other_path, sizeof other_path, "%s/other.pem", folder);
	ca_key = EVP_EC_gen("P-256");
	ca = certificate_new(ca_key, "Test CA", NULL, ca_key, 10);
	write_certificate(ca_path, ca);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *other = certificate_new(key, "Another CA", NULL, key, 10);
	write_certificate(other_path, other);
	X509_free(other);
	EVP_PKEY_free(key);
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void end(void)
{
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(tls, .init = begin, .fini = end);

/* A server for `name`, whose certificate is good for so many days; and our side, for `host`. */
static void meet(struct meeting *m, const char *name, long days, const char *host,
		 const char *trusted)
{
	struct tls_options options = {.host = host, .ca = trusted};
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = certificate_new(key, name, ca, ca_key, days);
	*m = (struct meeting){.error = ""};
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, m->fds), 0);
	m->context = SSL_CTX_new(TLS_server_method());
	cr_assert_eq(SSL_CTX_use_certificate(m->context, certificate), 1);
	cr_assert_eq(SSL_CTX_use_PrivateKey(m->context, key), 1);
	m->server = SSL_new(m->context);
	SSL_set_fd(m->server, m->fds[1]);
	m->tls = tls_new(m->fds[0], &options, m->error);
	cr_assert_not_null(m->tls, "%s", m->error);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void part(struct meeting *m)
{
	if (m->tls)
		tls_end(m->tls);
	SSL_free(m->server);
	SSL_CTX_free(m->context);
	close(m->fds[0]);
	close(m->fds[1]);
}

/* Both sides by turns; what ours says at the end. */
static enum tls_said shake_hands(struct meeting *m)
{
	enum tls_said said = TLS_WANTS_READ;
	for (int i = 0; i < TURNS_MAX && (said == TLS_WANTS_READ || said == TLS_WANTS_WRITE); i++) {
		said = tls_handshake(m->tls, m->error);
		SSL_accept(m->server);
	}
	return said;
}

/* What the server reads now, as a text. */
static const char *server_read(struct meeting *m)
{
	static char text[256];
	size_t len = 0;
	text[0] = '\0';
	if (SSL_read_ex(m->server, text, sizeof text - 1, &len) == 1)
		text[len] = '\0';
	return text;
}

Test(tls, a_server_with_a_certificate_of_our_ca_is_spoken_to)
{
	struct meeting m;
	size_t taken;
	meet(&m, "logs.example", 5, "logs.example", ca_path);
	cr_assert_eq(shake_hands(&m), TLS_DONE, "%s", m.error);
	cr_expect_geq(SSL_version(m.server), TLS1_2_VERSION);
	cr_expect_eq(tls_write(m.tls, bytes_of("hello", 5), &taken, m.error), TLS_DONE);
	cr_expect_eq(taken, 5);
	cr_expect_str_eq(server_read(&m), "hello");
	cr_expect_not(tls_is_ended(m.tls, m.error), "%s", m.error);
	part(&m);
}

Test(tls, an_address_is_a_host_too)
{
	struct meeting m;
	meet(&m, "192.0.2.7", 5, "192.0.2.7", ca_path);
	cr_expect_eq(shake_hands(&m), TLS_DONE, "%s", m.error);
	part(&m);
	meet(&m, "192.0.2.7", 5, "192.0.2.8", ca_path);
	cr_expect_eq(shake_hands(&m), TLS_FAILED);
	cr_expect_str_eq(m.error, "its certificate is not to be trusted: IP address mismatch");
	part(&m);
}

Test(tls, who_is_not_to_be_trusted_is_not_spoken_to)
{
	static const struct {
		const char *name, *host;
		long days;
		const char *trusted, *error;
	} rows[] = {
		{"other.example", "logs.example", 5, ca_path,
		 "its certificate is not to be trusted: hostname mismatch"},
		{"-logs.example", "logs.example", 5, ca_path,
		 "its certificate is not to be trusted: hostname mismatch"},
		{"logs*.example", "logs1.example", 5, ca_path,
		 "its certificate is not to be trusted: hostname mismatch"},
		{"logs.example", "logs.example", -1, ca_path,
		 "its certificate is not to be trusted: certificate has expired"},
		{"logs.example", "logs.example", 5, other_path,
		 "its certificate is not to be trusted: unable to get local issuer certificate"},
		{"logs.example", "logs.example", 5, NULL,
		 "its certificate is not to be trusted: unable to get local issuer certificate"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct meeting m;
		meet(&m, rows[i].name, rows[i].days, rows[i].host, rows[i].trusted);
		cr_expect_eq(shake_hands(&m), TLS_FAILED, "row %zu", i);
		cr_expect_str_eq(m.error, rows[i].error, "row %zu: %s", i, m.error);
		cr_expect_str_eq(server_read(&m), "", "nothing was said");
		part(&m);
	}
}

Test(tls, a_server_of_an_older_version_is_refused)
{
	struct meeting m;
	meet(&m, "logs.example", 5, "logs.example", ca_path);
	SSL_set_min_proto_version(m.server, TLS1_VERSION);
	SSL_set_max_proto_version(m.server, TLS1_1_VERSION);
	SSL_set_cipher_list(m.server, "ALL:@SECLEVEL=0");
	cr_expect_eq(shake_hands(&m), TLS_FAILED);
	cr_expect(strncmp(m.error, "TLS handshake: ", 15) == 0, "%s", m.error);
	part(&m);
}

Test(tls, a_server_that_does_not_speak_tls_is_refused)
{
	struct meeting m;
	meet(&m, "logs.example", 5, "logs.example", ca_path);
	cr_expect_eq(tls_handshake(m.tls, m.error), TLS_WANTS_READ);
	cr_assert_eq(write(m.fds[1], "220 mail.example ESMTP\r\n", 24), 24);
	cr_expect_eq(tls_handshake(m.tls, m.error), TLS_FAILED);
	cr_expect(strncmp(m.error, "TLS handshake: ", 15) == 0, "%s", m.error);
	part(&m);
}

Test(tls, a_server_that_leaves_within_the_handshake_is_lost)
{
	struct meeting m;
	meet(&m, "logs.example", 5, "logs.example", ca_path);
	cr_expect_eq(tls_handshake(m.tls, m.error), TLS_WANTS_READ);
	shutdown(m.fds[1], SHUT_RDWR);
	cr_expect_eq(tls_handshake(m.tls, m.error), TLS_FAILED);
	cr_expect_neq(m.error[0], '\0');
	part(&m);
}

Test(tls, what_does_not_fit_waits_and_is_not_lost)
{
	static char line[16384];
	struct meeting m;
	size_t taken, sent = 0, received = 0, len;
	meet(&m, "logs.example", 5, "logs.example", ca_path);
	cr_assert_eq(shake_hands(&m), TLS_DONE, "%s", m.error);
	memset(line, 'x', sizeof line);
	enum tls_said said;
	while ((said = tls_write(m.tls, bytes_of(line, sizeof line), &taken, m.error)) == TLS_DONE)
		sent += taken;
	cr_expect_eq(said, TLS_WANTS_WRITE);
	cr_expect_eq(taken, 0);
	char *text = malloc(1 << 20);
	while (SSL_read_ex(m.server, text, 1 << 20, &len) == 1)
		received += len;
	/* The same bytes again, as the header asks. */
	cr_expect_eq(tls_write(m.tls, bytes_of(line, sizeof line), &taken, m.error), TLS_DONE);
	sent += taken;
	while (SSL_read_ex(m.server, text, 1 << 20, &len) == 1)
		received += len;
	cr_expect_eq(received, sent);
	free(text);
	part(&m);
}

Test(tls, a_server_that_ends_is_seen)
{
	struct meeting m;
	meet(&m, "logs.example", 5, "logs.example", ca_path);
	cr_assert_eq(shake_hands(&m), TLS_DONE, "%s", m.error);
	/* What it says is of no interest. */
	cr_assert_eq(SSL_write(m.server, "welcome", 7), 7);
	cr_expect_not(tls_is_ended(m.tls, m.error));
	SSL_shutdown(m.server);
	cr_expect(tls_is_ended(m.tls, m.error));
	cr_expect_str_eq(m.error, "it ended the connection");
	part(&m);
}

Test(tls, a_server_that_breaks_off_is_seen)
{
	struct meeting m;
	size_t taken;
	meet(&m, "logs.example", 5, "logs.example", ca_path);
	cr_assert_eq(shake_hands(&m), TLS_DONE, "%s", m.error);
	shutdown(m.fds[1], SHUT_RDWR);
	cr_expect(tls_is_ended(m.tls, m.error));
	cr_expect(strncmp(m.error, "the connection broke: ", 22) == 0, "%s", m.error);
	cr_expect_eq(tls_write(m.tls, bytes_of("x", 1), &taken, m.error), TLS_FAILED);
	cr_expect(strncmp(m.error, "cannot send: ", 13) == 0, "%s", m.error);
	part(&m);
}

/* A file with certificates that end in so many days. */
static uint64_t end_of(long first, long second, uint64_t now)
{
	char path[64];
	uint64_t end = 0;
	snprintf(path, sizeof path, "%s/several.pem", folder);
	FILE *file = fopen(path, "w");
	cr_assert_not_null(file);
	for (int i = 0; i < 2; i++) {
		X509 *one = certificate_new(ca_key, "one", ca, ca_key, i ? second : first);
		PEM_write_X509(file, one);
		X509_free(one);
	}
	fclose(file);
	cr_assert(certificate_end(path, now, &end));
	return end;
}

Test(tls, the_end_of_a_file_is_that_of_the_first_to_end)
{
	uint64_t now = (uint64_t)time(NULL), day = 86400, end = 7;
	cr_expect_leq(end_of(100, 20, now) - (now + 20 * day), 5);
	cr_expect_leq(end_of(20, 100, now) - (now + 20 * day), 5);
	cr_expect_leq(end_of(-3, 20, now) - (now + 20 * day), 5,
		      "an old one stays beside a new one");
	cr_expect_leq(end_of(-3, -5, now) - (now - 3 * day), 5, "all have ended");
	cr_expect_not(certificate_end("/nonexistent", now, &end));
	cr_expect_not(certificate_end("/dev/null", now, &end));
	cr_expect_eq(end, 7);
}

Test(tls, our_certificate_is_shown_to_a_server_that_asks)
{
	struct meeting m;
	char own[64], own_key[64];
	snprintf(own, sizeof own, "%s/own.pem", folder);
	snprintf(own_key, sizeof own_key, "%s/own.key", folder);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = certificate_new(key, "tenure.example", ca, ca_key, 5);
	write_certificate(own, certificate);
	FILE *file = fopen(own_key, "w");
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);

	meet(&m, "logs.example", 5, "logs.example", ca_path);
	tls_end(m.tls);
	struct tls_options options = {
		.host = "logs.example", .ca = ca_path, .certificate = own, .key = own_key};
	m.tls = tls_new(m.fds[0], &options, m.error);
	cr_assert_not_null(m.tls, "%s", m.error);
	SSL_set_verify(m.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	cr_assert_eq(X509_STORE_add_cert(SSL_CTX_get_cert_store(m.context), ca), 1);
	cr_expect_eq(shake_hands(&m), TLS_DONE, "%s", m.error);
	SSL_read(m.server, own, 0); /* the server's side of the handshake ends */
	X509 *shown = SSL_get1_peer_certificate(m.server);
	cr_expect_not_null(shown);
	X509_free(shown);
	part(&m);
}

Test(tls, files_that_cannot_be_used_are_said)
{
	static const struct {
		const char *ca, *certificate, *key, *error;
	} rows[] = {
		{"/nowhere/ca.pem", NULL, NULL, "cannot read the certificates to trust: "},
		{ca_path, "/nowhere/own.pem", NULL, "cannot read our certificate: "},
		{ca_path, ca_path, "/nowhere/own.key", "cannot use the key of our certificate: "},
		{ca_path, ca_path, ca_path, "cannot use the key of our certificate: "},
	};
	int pair[2];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char error[TLS_ERROR_MAX] = "";
		struct tls_options options = {.host = "logs.example",
					      .ca = rows[i].ca,
					      .certificate = rows[i].certificate,
					      .key = rows[i].key};
		cr_expect_null(tls_new(pair[0], &options, error));
		cr_expect(strncmp(error, rows[i].error, strlen(rows[i].error)) == 0, "%s", error);
	}
	close(pair[0]);
	close(pair[1]);
}
