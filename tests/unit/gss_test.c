/* SPDX-License-Identifier: BSD-2-Clause */
/* A keytab that libkrb5 writes, and tokens that are none: what a client without a ticket can send.
 */
#include <config.h>
#include "acl/gss.h"
#include "dns/tkey.h"
#include "dns/type.h"
#include "tests/unit/running.h"
#include <criterion/criterion.h>
#include <krb5.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/tenure-keytab-XXXXXX";

/* Adds keys of this principal to the keytab. */
static void keytab_file_add(const char *file, const char *name)
{
	krb5_context context;
	krb5_keytab keytab;
	char resolved[128];
	krb5_keytab_entry entry = {.vno = 1};
	snprintf(resolved, sizeof resolved, "WRFILE:%s", file);
	cr_assert_eq(krb5_init_context(&context), 0);
	cr_assert_eq(krb5_kt_resolve(context, resolved, &keytab), 0);
	cr_assert_eq(krb5_parse_name(context, name, &entry.principal), 0);
	cr_assert_eq(krb5_c_make_random_key(context, ENCTYPE_AES256_CTS_HMAC_SHA1_96, &entry.key),
		     0);
	cr_assert_eq(krb5_kt_add_entry(context, keytab, &entry), 0);
	krb5_free_keytab_entry_contents(context, &entry);
	krb5_kt_close(context, keytab);
	krb5_free_context(context);
}

static void begin(void)
{
	setenv("KRB5_CONFIG", "/dev/null", true); /* that of the machine does not count */
	int fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	close(fd);
	unlink(path);
}

static void end(void)
{
	unlink(path);
}

TestSuite(gss, .init = begin, .fini = end, .timeout = 60);

static void collect(void *context, const char *principal)
{
	char *text = context;
	snprintf(text + strlen(text), 512 - strlen(text), "%s ", principal);
}

Test(gss, a_keytab_says_whose_keys_it_holds)
{
	char problem[GSS_TEXT_MAX], names[512] = "";
	keytab_file_add(path, "DNS/ns1.corp.example@CORP.EXAMPLE");
	keytab_file_add(path, "host/ns1.corp.example@CORP.EXAMPLE");
	keytab_file_add(path, "DNS/ns1.corp.example@CORP.EXAMPLE");
	struct gss_keytab *keytab = gss_keytab_new(path);
	cr_expect(gss_keytab_renew(keytab));
	cr_expect_null(gss_keytab_problem(keytab, problem), "%s", problem);
	gss_keytab_walk(keytab, collect, names);
	cr_expect_str_eq(names, "DNS/ns1.corp.example@CORP.EXAMPLE "
				"host/ns1.corp.example@CORP.EXAMPLE ");
	cr_expect(gss_keytab_serves(keytab, "ns1.corp.example"));
	cr_expect(gss_keytab_serves(keytab, "NS1.Corp.Example"));
	cr_expect_not(gss_keytab_serves(keytab, "ns2.corp.example"));
	gss_keytab_free(keytab);
}

Test(gss, a_keytab_that_changes_is_read_again_and_otherwise_not)
{
	char problem[GSS_TEXT_MAX];
	struct gss_keytab *keytab = gss_keytab_new(path);
	gss_keytab_renew(keytab);
	cr_assert_not_null(gss_keytab_problem(keytab, problem));
	cr_expect_not_null(strstr(problem, "not found"), "%s", problem);
	keytab_file_add(path, "DNS/ns1.corp.example@CORP.EXAMPLE");
	cr_expect(gss_keytab_renew(keytab));
	cr_expect_null(gss_keytab_problem(keytab, problem), "%s", problem);
	cr_expect_not(gss_keytab_renew(keytab), "it is as it was");
	unlink(path);
	keytab_file_add(path, "DNS/ns2.corp.example@CORP.EXAMPLE");
	cr_expect(gss_keytab_renew(keytab));
	cr_expect(gss_keytab_serves(keytab, "ns2.corp.example"));
	cr_expect_not(gss_keytab_serves(keytab, "ns1.corp.example"));
	gss_keytab_free(keytab);
}

Test(gss, a_file_that_is_no_keytab_is_said)
{
	char problem[GSS_TEXT_MAX];
	FILE *file = fopen(path, "w");
	fputs("this is not a keytab\n", file);
	fclose(file);
	struct gss_keytab *keytab = gss_keytab_new(path);
	gss_keytab_renew(keytab);
	cr_assert_not_null(gss_keytab_problem(keytab, problem));
	cr_expect_not_null(strstr(problem, path), "%s", problem);
	cr_expect_not(gss_keytab_serves(keytab, "ns1.corp.example"));
	gss_keytab_free(keytab);
}

/* A token's first bytes: an ASN.1 application tag and the mechanism, then rubbish. */
static const uint8_t ntlm[] = "NTLMSSP\0\1\0\0\0\227\202\10\340";
static const uint8_t krb5_rubbish[] = {0x60, 0x20, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
				       0x12, 0x01, 0x02, 0x02, 0x01, 0x00, 0x6e, 0x11, 0x30,
				       1,    2,    3,    4,    5,    6,    7,    8,    9,
				       10,   11,   12,   13,   14,   15};
static const uint8_t spnego_rubbish[] = {0x60, 0x10, 0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05,
					 0x02, 0xa0, 0x06, 0x30, 0x04, 0xa0, 0x02, 0x30, 0x00};
static const uint8_t other_mechanism[] = {0x60, 0x0a, 0x06, 0x06, 0x2b, 0x06,
					  0x01, 0x05, 0x05, 0x0e, 0x00, 0x00};

static const struct {
	const char *what;
	const uint8_t *token;
	size_t len;
} tokens[] = {
	{"nothing", (const uint8_t *)"", 0},
	{"a byte", (const uint8_t *)"x", 1},
	{"NTLM", ntlm, sizeof ntlm - 1},
	{"Kerberos with rubbish", krb5_rubbish, sizeof krb5_rubbish},
	{"SPNEGO with rubbish", spnego_rubbish, sizeof spnego_rubbish},
	{"another mechanism", other_mechanism, sizeof other_mechanism},
};

Test(gss, tokens_that_are_none_are_refused_with_a_reason)
{
	keytab_file_add(path, "DNS/ns1.corp.example@CORP.EXAMPLE");
	struct gss_keytab *keytab = gss_keytab_new(path);
	gss_keytab_renew(keytab);
	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
		struct gss_result result = {0};
		void *security = NULL;
		enum gss_outcome outcome = gss_accept(
			keytab, &security, bytes_of(tokens[i].token, tokens[i].len), &result);
		cr_expect_eq(outcome, GSS_REFUSED, "%s: %d", tokens[i].what, outcome);
		cr_expect_null(security, "%s", tokens[i].what);
		cr_expect_neq(gss_problem_word(result.problem)[0], '\0');
		cr_expect_neq(gss_problem_sentence(result.problem)[0], '\0');
		cr_expect_neq(result.problem, GSS_PROBLEM_KEYTAB, "%s", tokens[i].what);
		free(result.answer);
	}
	gss_keytab_free(keytab);
}

Test(gss, without_a_keytab_no_token_is_taken)
{
	struct gss_keytab *keytab = gss_keytab_new(path);
	struct gss_result result = {0};
	void *security = NULL;
	gss_keytab_renew(keytab);
	cr_expect_eq(
		gss_accept(keytab, &security, bytes_of(krb5_rubbish, sizeof krb5_rubbish), &result),
		GSS_REFUSED);
	cr_expect_eq(result.problem, GSS_PROBLEM_KEYTAB);
	free(result.answer);
	gss_keytab_free(keytab);
}

/* --- by the daemon's sockets */

static struct running server;

/* A TKEY query (RFC 3645 3.1.1) with a token; returns its length. */
static size_t tkey_query(uint8_t out[2048], uint16_t id, unsigned mode, const uint8_t *token,
			 size_t len)
{
	struct dns_tkey tkey = {.mode = (uint16_t)mode,
				.inception = 1767603600,
				.expiration = 1767603600 + 3600,
				.key = bytes_of(token, len)};
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, "1234.sig-ns1.corp.example"));
	cr_assert_null(dns_name_parse_text(&tkey.algorithm, "gss-tsig"));
	size_t at = running_query(out, id, "1234.sig-ns1.corp.example", DNS_TYPE_TKEY);
	struct bytes_out message = bytes_out_of(out + at, 2048 - at);
	out[11] = 1; /* the record stands in ADDITIONAL */
	bytes_out_put(&message, name.wire, name.len);
	bytes_out_u16(&message, DNS_TYPE_TKEY);
	bytes_out_u16(&message, DNS_CLASS_ANY);
	bytes_out_u32(&message, 0);
	bytes_out_u16(&message, (uint16_t)dns_tkey_size(&tkey));
	dns_tkey_write(&tkey, &message);
	cr_assert_not(message.full);
	return at + bytes_out_len(&message);
}

/* The error of the TKEY record that an answer NOERROR holds: the last but two bytes of its data
 * when there is no token. */
static unsigned tkey_error(const uint8_t *answer, ssize_t len)
{
	return (unsigned)(answer[len - 6] << 8 | answer[len - 5]);
}

Test(gss, a_query_with_a_token_that_is_none_is_answered_with_an_error_in_tkey)
{
	uint8_t message[2048], answer[2048];
	json_t *status;
	keytab_file_add(path, "DNS/ns1.corp.example@CORP.EXAMPLE");
	running_init(&server);
	snprintf(server.settings.keytab, sizeof server.settings.keytab, "%s", path);
	running_start(&server);
	int fd = running_connect(SOCK_DGRAM, &server.addr);
	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
		size_t len = tkey_query(message, (uint16_t)(i + 1), DNS_TKEY_NEGOTIATE,
					tokens[i].token, tokens[i].len);
		cr_assert_eq(send(fd, message, len, 0), (ssize_t)len);
		ssize_t n = recv(fd, answer, sizeof answer, 0);
		cr_expect_eq(running_rcode(answer, n, (uint16_t)(i + 1)), DNS_NOERROR, "%s",
			     tokens[i].what);
		cr_expect_eq(answer[7], 1, "a TKEY record answers");
		cr_expect_eq(tkey_error(answer, n), DNS_BADKEY, "%s", tokens[i].what);
	}
	/* Modes that are not GSS's (RFC 2930 2.5), and the end of a context that is not there. */
	static const unsigned modes[] = {1, 2, 4, 77};
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		size_t len = tkey_query(message, 100, modes[i], ntlm, sizeof ntlm);
		send(fd, message, len, 0);
		ssize_t n = recv(fd, answer, sizeof answer, 0);
		cr_expect_eq(running_rcode(answer, n, 100), DNS_NOERROR);
		cr_expect_eq(tkey_error(answer, n), DNS_BADMODE, "mode %u", modes[i]);
	}
	cr_assert_eq(running_command(&server, "status", "{}", &status), 0);
	const char *text = json_string_value(json_array_get(json_object_get(status, "keytab"), 0));
	cr_expect_str_eq(text ? text : "", "DNS/ns1.corp.example@CORP.EXAMPLE");
	json_decref(status);
	close(fd);
	running_stop(&server);
}

Test(gss, status_names_the_services_that_clients_ask_for_in_vain)
{
	json_t *status;
	keytab_file_add(path, "DNS/ns1.corp.example@CORP.EXAMPLE");
	running_init(&server);
	snprintf(server.settings.keytab, sizeof server.settings.keytab, "%s", path);
	running_start(&server);
	static const char *const zones[] = {"corp.example", "lab.example"};
	for (size_t i = 0; i < 2; i++) {
		char args[200];
		snprintf(args, sizeof args,
			 "{\"zone\":\"%s\",\"ns\":[\"ns1.%s\"],\"settings\":{\"update\":"
			 "\"secure\"}}",
			 zones[i], zones[i]);
		cr_assert_eq(running_command(&server, "zone add", args, NULL), 0);
	}
	cr_assert_eq(running_command(&server, "status", "{}", &status), 0);
	json_t *lacks = json_object_get(status, "keytab_lacks");
	const char *text = json_string_value(json_array_get(lacks, 0));
	cr_assert_eq(json_array_size(lacks), 1);
	cr_expect_str_eq(text, "DNS/ns1.lab.example of zone lab.example");
	json_decref(status);
	running_stop(&server);
}

Test(gss, a_keytab_that_cannot_be_read_keeps_nothing_from_starting)
{
	json_t *status;
	running_init(&server);
	snprintf(server.settings.keytab, sizeof server.settings.keytab, "%s", path);
	running_start(&server);
	cr_assert_eq(running_command(&server, "status", "{}", &status), 0);
	const char *text = json_string_value(json_object_get(status, "keytab_problem"));
	cr_expect_not_null(strstr(text ? text : "", "not found"), "%s", text);
	cr_expect(json_is_null(json_object_get(status, "keytab")));
	json_decref(status);
	running_stop(&server);
}
