/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/gss.h"
#include "acl/gss_keytab.h"
#include <assert.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>

#define CLIENT_TEXT_MAX 1024

static const struct {
	const char *word, *sentence;
} problems[] = {
#define X(constant, word, sentence) {word, sentence},
	GSS_PROBLEMS(X)
#undef X
};

/* The old name of Kerberos that some Windows clients still say. */
static const gss_OID_desc kerberos_of_windows = {9, "\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"};

static gss_buffer_desc buffer_of(struct bytes bytes)
{
	return (gss_buffer_desc){.length = bytes.len, .value = (void *)(uintptr_t)bytes.data};
}

static void print_status(OM_uint32 code, int type, gss_OID mech, char *out, size_t room)
{
	OM_uint32 minor, more = 0;
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	if (GSS_ERROR(gss_display_status(&minor, code, type, mech, &more, &text)))
		return;
	snprintf(out, room, "%.*s", (int)text.length, (const char *)text.value);
	gss_release_buffer(&minor, &text);
}

/* Codes of Kerberos that have a meaning for the operator. */
static const struct {
	krb5_error_code code;
	enum gss_problem problem;
} meanings[] = {
	{KRB5KRB_AP_ERR_SKEW, GSS_PROBLEM_SKEW},
	{KRB5KRB_AP_ERR_TKT_NYV, GSS_PROBLEM_SKEW},
	{KRB5KRB_AP_ERR_TKT_EXPIRED, GSS_PROBLEM_EXPIRED},
	{KRB5KRB_AP_WRONG_PRINC, GSS_PROBLEM_SERVICE},
	{KRB5KRB_AP_ERR_NOT_US, GSS_PROBLEM_SERVICE},
	{KRB5KRB_AP_ERR_BAD_INTEGRITY, GSS_PROBLEM_SERVICE},
	{KRB5KRB_AP_ERR_NOKEY, GSS_PROBLEM_SERVICE},
	{KRB5KRB_AP_ERR_BADKEYVER, GSS_PROBLEM_VERSION},
	{KRB5_KT_NOTFOUND, GSS_PROBLEM_SERVICE},
	{KRB5_KT_KVNONOTFOUND, GSS_PROBLEM_VERSION},
};

/* SPNEGO may give a code another number, but the words are the same. */
static bool gss_is_meant(krb5_context krb5, krb5_error_code code, OM_uint32 minor, const char *text)
{
	if ((krb5_error_code)minor == code)
		return true;
	const char *words = krb5_get_error_message(krb5, code);
	bool is_same = words && strcmp(words, text) == 0;
	krb5_free_error_message(krb5, words);
	return is_same;
}

static enum gss_problem gss_problem_of(struct gss_keytab *keytab, OM_uint32 major, OM_uint32 minor,
				       const char *text)
{
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		if (gss_is_meant(gss_keytab_krb5(keytab), meanings[i].code, minor, text))
			return meanings[i].problem;
	}
	/* "... kvno 3 not found in keytab; keytab is likely out of date" (or the ticket). */
	if (strstr(text, "likely out of date"))
		return GSS_PROBLEM_VERSION;
	switch (GSS_ROUTINE_ERROR(major)) {
	case GSS_S_DEFECTIVE_TOKEN:
		return GSS_PROBLEM_TOKEN;
	case GSS_S_BAD_MECH:
	case GSS_S_NO_CRED:
		return GSS_PROBLEM_MECHANISM;
	case GSS_S_CREDENTIALS_EXPIRED:
		return GSS_PROBLEM_EXPIRED;
	default:
		return strstr(text, "not found in keytab") || strstr(text, "annot decrypt ticket")
			       ? GSS_PROBLEM_SERVICE
			       : GSS_PROBLEM_OTHER;
	}
}

static enum gss_outcome gss_refuse(struct gss_result *result, enum gss_problem problem)
{
	result->problem = problem;
	return GSS_REFUSED;
}

static bool same_oid(gss_OID a, const gss_OID_desc *b)
{
	return a && a->length == b->length && memcmp(a->elements, b->elements, b->length) == 0;
}

/* Negotiated by SPNEGO or not, it must be Kerberos in the end. */
static bool is_kerberos(gss_OID mech)
{
	return same_oid(mech, gss_mech_krb5) || same_oid(mech, &kerberos_of_windows);
}

static bool is_anonymous(krb5_context krb5, krb5_const_principal principal)
{
	const krb5_data *realm = krb5_princ_realm(krb5, principal);
	static const char nowhere[] = KRB5_ANONYMOUS_REALMSTR;
	if (realm->length == sizeof nowhere - 1 && memcmp(realm->data, nowhere, realm->length) == 0)
		return true;
	return krb5_principal_compare_any_realm(krb5, principal, krb5_anonymous_principal());
}

/* The display name, read and written again by Kerberos' own rules. */
static bool principal_of(krb5_context krb5, const char *display, struct who *who)
{
	char text[WHO_TEXT_MAX];
	krb5_principal principal;
	char *printed = NULL;
	if (krb5_parse_name_flags(krb5, display, KRB5_PRINCIPAL_PARSE_REQUIRE_REALM, &principal))
		return false;
	bool is_good = !is_anonymous(krb5, principal) &&
		       !krb5_unparse_name(krb5, principal, &printed) &&
		       (size_t)snprintf(text, sizeof text, "gss:%s", printed) < sizeof text &&
		       !who_parse(who, text);
	krb5_free_unparsed_name(krb5, printed);
	krb5_free_principal(krb5, principal);
	return is_good;
}

/* The client's name, when it is one that may be somebody. */
static bool gss_client_of(struct gss_keytab *keytab, gss_name_t name, struct gss_result *result)
{
	OM_uint32 minor;
	gss_buffer_desc display = GSS_C_EMPTY_BUFFER;
	gss_OID type = GSS_C_NO_OID;
	char text[CLIENT_TEXT_MAX];
	if (GSS_ERROR(gss_display_name(&minor, name, &display, &type)))
		return false;
	bool is_whole = display.length < sizeof text &&
			!memchr(display.value, '\0', display.length) &&
			!same_oid(type, GSS_C_NT_ANONYMOUS);
	if (is_whole) {
		memcpy(text, display.value, display.length);
		text[display.length] = '\0';
		snprintf(result->text, sizeof result->text, "client %.300s", text);
	}
	gss_release_buffer(&minor, &display);
	return is_whole && principal_of(gss_keytab_krb5(keytab), text, &result->who);
}

/* What the library said of a context that it has accepted. */
struct accepted {
	gss_name_t client;
	gss_OID mech;
	OM_uint32 flags, lifetime;
};

static enum gss_outcome gss_examine(struct gss_keytab *keytab, const struct accepted *accepted,
				    struct gss_result *result)
{
	if (!is_kerberos(accepted->mech))
		return gss_refuse(result, GSS_PROBLEM_MECHANISM);
	if (!(accepted->flags & GSS_C_INTEG_FLAG))
		return gss_refuse(result, GSS_PROBLEM_INTEGRITY);
	if (accepted->flags & GSS_C_ANON_FLAG || !gss_client_of(keytab, accepted->client, result))
		return gss_refuse(result, GSS_PROBLEM_PRINCIPAL);
	result->lifetime = accepted->lifetime;
	return GSS_MADE;
}

static void gss_take_answer(struct gss_result *result, gss_buffer_t token)
{
	OM_uint32 minor;
	if (token->length > 0 && token->length <= GSS_ANSWER_MAX) {
		result->answer = malloc(token->length);
		assert(result->answer);
		memcpy(result->answer, token->value, token->length);
		result->answer_len = token->length;
	}
	gss_release_buffer(&minor, token);
}

static void gss_explain(struct gss_keytab *keytab, OM_uint32 major, OM_uint32 minor, gss_OID mech,
			struct gss_result *result)
{
	char text[GSS_TEXT_MAX] = "";
	print_status(minor, GSS_C_MECH_CODE, mech ? mech : gss_mech_krb5, text, sizeof text);
	if (minor == 0 || !text[0])
		print_status(major, GSS_C_GSS_CODE, GSS_C_NO_OID, text, sizeof text);
	memcpy(result->text, text, sizeof text);
	result->problem = gss_problem_of(keytab, major, minor, text);
}

static void gss_drop(void *security)
{
	OM_uint32 minor;
	gss_ctx_id_t context = security;
	if (context)
		gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
}

static bool gss_tsig_verify(void *security, struct bytes message, struct bytes mic)
{
	OM_uint32 minor;
	gss_buffer_desc text = buffer_of(message), token = buffer_of(mic);
	OM_uint32 major = gss_verify_mic(&minor, security, &text, &token, NULL);
	/* Supplementary: a duplicate, an old one, a gap. They are right; resent updates are known
	 * by their MAC (server/resend). */
	return !GSS_ERROR(major);
}

static size_t gss_tsig_sign(void *security, struct bytes message, uint8_t mic[GSS_CONTEXT_MIC_MAX])
{
	OM_uint32 minor;
	gss_buffer_desc text = buffer_of(message), token = GSS_C_EMPTY_BUFFER;
	OM_uint32 major = gss_get_mic(&minor, security, GSS_C_QOP_DEFAULT, &text, &token);
	size_t len = !GSS_ERROR(major) && token.length <= GSS_CONTEXT_MIC_MAX ? token.length : 0;
	if (len > 0)
		memcpy(mic, token.value, len);
	gss_release_buffer(&minor, &token);
	return len;
}

const struct gss_context_mechanism gss_mechanism = {
	.verify = gss_tsig_verify, .sign = gss_tsig_sign, .free = gss_drop};

const char *gss_problem_word(enum gss_problem problem)
{
	return problems[problem].word;
}

const char *gss_problem_sentence(enum gss_problem problem)
{
	return problems[problem].sentence;
}

enum gss_outcome gss_accept(struct gss_keytab *keytab, void **security, struct bytes token,
			    struct gss_result *result)
{
	OM_uint32 minor, ignored;
	gss_buffer_desc in = buffer_of(token), out = GSS_C_EMPTY_BUFFER;
	gss_ctx_id_t context = *security;
	struct accepted accepted = {.client = GSS_C_NO_NAME};
	enum gss_outcome outcome = GSS_GOES_ON;
	*result = (struct gss_result){.who = who_anonymous()};
	/* SPNEGO would take nothing as a wish to hear what we can. */
	if (token.len == 0) {
		gss_drop(context);
		*security = NULL;
		return gss_refuse(result, GSS_PROBLEM_TOKEN);
	}
	gss_cred_id_t credentials = gss_keytab_credentials(keytab);
	if (credentials == GSS_C_NO_CREDENTIAL) {
		gss_drop(context);
		*security = NULL;
		return gss_refuse(result, GSS_PROBLEM_KEYTAB);
	}
	OM_uint32 major = gss_accept_sec_context(
		&minor, &context, credentials, &in, GSS_C_NO_CHANNEL_BINDINGS, &accepted.client,
		&accepted.mech, &out, &accepted.flags, &accepted.lifetime, NULL);
	if (GSS_ERROR(major)) {
		gss_explain(keytab, major, minor, accepted.mech, result);
		outcome = GSS_REFUSED;
	} else if (!(major & GSS_S_CONTINUE_NEEDED)) {
		outcome = gss_examine(keytab, &accepted, result);
	}
	gss_take_answer(result, &out);
	gss_release_name(&ignored, &accepted.client);
	if (outcome == GSS_REFUSED) {
		gss_drop(context);
		context = GSS_C_NO_CONTEXT;
	}
	*security = context;
	return outcome;
}
