/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/certificate.h"
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

/* 0: it says no time that can be read. */
static uint64_t certificate_end_of(const X509 *certificate)
{
	struct tm parts;
	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1)
		return 0;
	time_t end = timegm(&parts);
	return end > 0 ? (uint64_t)end : 0;
}

bool certificate_end(const char *path, uint64_t now, uint64_t *end)
{
	BIO *file = BIO_new_file(path, "r");
	uint64_t first = 0, ended = 0;
	X509 *certificate;
	for (unsigned i = 0; file && i < CERTIFICATES_MAX; i++) {
		certificate = PEM_read_bio_X509(file, NULL, NULL, NULL);
		if (!certificate)
			break;
		uint64_t its = certificate_end_of(certificate);
		X509_free(certificate);
		if (its > now && (!first || its < first))
			first = its;
		if (its <= now && its > ended)
			ended = its;
	}
	BIO_free(file);
	ERR_clear_error();
	if (first || ended)
		*end = first ? first : ended;
	return first || ended;
}
