/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/tls.h"
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls {
	SSL_CTX *context;
	SSL *ssl;
};

/* What OpenSSL complains of, behind our own words. */
static void tls_complain(char error[TLS_ERROR_MAX], const char *what)
{
	char reason[256] = "no reason given";
	unsigned long code = ERR_get_error();
	if (code)
		ERR_error_string_n(code, reason, sizeof reason);
	else if (errno)
		snprintf(reason, sizeof reason, "%s", strerror(errno));
	snprintf(error, TLS_ERROR_MAX, "%s: %s", what, reason);
	ERR_clear_error();
}

static bool is_address(const char *host)
{
	uint8_t any[sizeof(struct in6_addr)];
	return inet_pton(AF_INET, host, any) == 1 || inet_pton(AF_INET6, host, any) == 1;
}

static bool tls_load(struct tls *tls, const struct tls_options *options, char error[TLS_ERROR_MAX])
{
	bool has_trust = options->ca ? SSL_CTX_load_verify_file(tls->context, options->ca) == 1
				     : SSL_CTX_set_default_verify_paths(tls->context) == 1;
	if (!has_trust) {
		tls_complain(error, "cannot read the certificates to trust");
		return false;
	}
	if (options->certificate &&
	    SSL_CTX_use_certificate_chain_file(tls->context, options->certificate) != 1) {
		tls_complain(error, "cannot read our certificate");
		return false;
	}
	if (options->key &&
	    SSL_CTX_use_PrivateKey_file(tls->context, options->key, SSL_FILETYPE_PEM) != 1) {
		tls_complain(error, "cannot use the key of our certificate");
		return false;
	}
	return true;
}

static bool expect_host(struct tls *tls, const char *host)
{
	if (is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), host) == 1;
	/* The names that a certificate is for are in its extension: a CA that is bound to some of
	 * them may sign any subject (RFC 9525 2). */
	SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
					    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set_tlsext_host_name(tls->ssl, host) == 1 && SSL_set1_host(tls->ssl, host) == 1;
}

struct tls *tls_new(int fd, const struct tls_options *options, char error[TLS_ERROR_MAX])
{
	struct tls *tls = calloc(1, sizeof *tls);
	assert(tls);
	ERR_clear_error();
	tls->context = SSL_CTX_new(TLS_client_method());
	assert(tls->context);
	SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
	/* A write that waits is tried again from a buffer that may have grown elsewhere. */
	SSL_CTX_set_mode(tls->context,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (!tls_load(tls, options, error)) {
		tls_end(tls);
		return NULL;
	}
	tls->ssl = SSL_new(tls->context);
	assert(tls->ssl);
	if (SSL_set_fd(tls->ssl, fd) != 1 || !expect_host(tls, options->host)) {
		tls_complain(error, "cannot begin TLS");
		tls_end(tls);
		return NULL;
	}
	return tls;
}

void tls_end(struct tls *tls)
{
	if (tls->ssl && SSL_is_init_finished(tls->ssl))
		(void)SSL_shutdown(tls->ssl);
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->context);
	ERR_clear_error();
	free(tls);
}

static enum tls_said tls_tls_said(struct tls *tls, int result, const char *what,
				  char error[TLS_ERROR_MAX])
{
	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_NONE:
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANTS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		snprintf(error, TLS_ERROR_MAX, "it ended the connection");
		return TLS_FAILED;
	default:
		tls_complain(error, what);
		return TLS_FAILED;
	}
}

enum tls_said tls_handshake(struct tls *tls, char error[TLS_ERROR_MAX])
{
	ERR_clear_error();
	errno = 0;
	int result = SSL_connect(tls->ssl);
	long verified = SSL_get_verify_result(tls->ssl);
	enum tls_said what = tls_tls_said(tls, result, "TLS handshake", error);
	if (what == TLS_FAILED && verified != X509_V_OK)
		snprintf(error, TLS_ERROR_MAX, "its certificate is not to be trusted: %s",
			 X509_verify_cert_error_string(verified));
	return what;
}

enum tls_said tls_write(struct tls *tls, struct bytes bytes, size_t *taken,
			char error[TLS_ERROR_MAX])
{
	ERR_clear_error();
	errno = 0;
	*taken = 0;
	return tls_tls_said(tls, SSL_write_ex(tls->ssl, bytes.data, bytes.len, taken),
			    "cannot send", error);
}

bool tls_is_ended(struct tls *tls, char error[TLS_ERROR_MAX])
{
	char forgotten[256];
	size_t len;
	int result;
	ERR_clear_error();
	errno = 0;
	while ((result = SSL_read_ex(tls->ssl, forgotten, sizeof forgotten, &len)) == 1)
		;
	return tls_tls_said(tls, result, "the connection broke", error) == TLS_FAILED;
}
