/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/who.h"
#include <string.h>

#define KEY_PREFIX    "key:"
#define GSS_PREFIX    "gss:"
#define LOCAL_PREFIX  "local:"
#define SYSTEM_PREFIX "system:"
#define ANONYMOUS     "anonymous"

/* One UTF-8 character of more than one byte (RFC 3629 4): its length, 0 if it is none. Overlong
 * forms and surrogates would be second spellings of an identity. */
static size_t utf8_len(const unsigned char *c)
{
	size_t len = c[0] >= 0xc2 && c[0] < 0xe0   ? 2
		     : c[0] >= 0xe0 && c[0] < 0xf0 ? 3
		     : c[0] >= 0xf0 && c[0] < 0xf5 ? 4
						   : 0;
	for (size_t i = 1; i < len; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	}
	bool is_overlong = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90);
	bool is_outside = (c[0] == 0xed && c[1] >= 0xa0) || (c[0] == 0xf4 && c[1] >= 0x90);
	return is_overlong || is_outside ? 0 : len;
}

static bool who_is_word(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	if (!*c)
		return false;
	while (*c) {
		size_t len = *c > ' ' && *c < 0x7f ? 1 : utf8_len(c);
		/* U+0080 to U+009F are control characters, too. */
		if (len == 0 || (c[0] == 0xc2 && c[1] < 0xa0))
			return false;
		c += len;
	}
	return true;
}

static bool who_make(struct who *who, enum who_kind kind, const char *prefix, const char *word)
{
	size_t prefix_len = strlen(prefix), len = strlen(word);
	if (prefix_len + len >= sizeof(who->text) || !who_is_word(word))
		return false;
	who->kind = kind;
	memcpy(who->text, prefix, prefix_len);
	memcpy(who->text + prefix_len, word, len + 1);
	return true;
}

static const char *who_parse_key(struct who *who, const char *text)
{
	struct dns_name name;
	const char *problem = dns_name_parse_text(&name, text);
	if (problem)
		return problem;
	return who_of_key(who, &name) ? NULL : "key name is too long";
}

static const char *who_after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);
	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

const char *who_parse(struct who *who, const char *text)
{
	const char *rest;
	if (strcmp(text, ANONYMOUS) == 0) {
		*who = who_anonymous();
		return NULL;
	}
	if ((rest = who_after(text, KEY_PREFIX)))
		return *rest ? who_parse_key(who, rest) : "nothing behind the colon";
	enum who_kind kind;
	const char *prefix;
	if ((rest = who_after(text, GSS_PREFIX))) {
		kind = WHO_GSS;
		prefix = GSS_PREFIX;
	} else if ((rest = who_after(text, LOCAL_PREFIX))) {
		kind = WHO_LOCAL;
		prefix = LOCAL_PREFIX;
	} else if ((rest = who_after(text, SYSTEM_PREFIX))) {
		kind = WHO_SYSTEM;
		prefix = SYSTEM_PREFIX;
	} else {
		return "not one of key:, gss:, local:, system: or anonymous";
	}
	if (!*rest)
		return "nothing behind the colon";
	if (strlen(text) >= sizeof(who->text))
		return "longer than a principal may be";
	return who_make(who, kind, prefix, rest) ? NULL : "white space or control characters";
}

struct who who_anonymous(void)
{
	struct who who;
	who_set_anonymous(&who);
	return who;
}

void who_set_anonymous(struct who *who)
{
	who->kind = WHO_ANONYMOUS;
	memcpy(who->text, ANONYMOUS, sizeof(ANONYMOUS));
}

bool who_of_key(struct who *who, const struct dns_name *key)
{
	char text[DNS_NAME_TEXT_MAX];
	return who_make(who, WHO_KEY, KEY_PREFIX, dns_name_show(key, text));
}

bool who_of_local(struct who *who, const char *user)
{
	return who_make(who, WHO_LOCAL, LOCAL_PREFIX, user);
}

bool who_of_system(struct who *who, const char *part)
{
	return who_make(who, WHO_SYSTEM, SYSTEM_PREFIX, part);
}

bool who_equal(const struct who *a, const struct who *b)
{
	return strcmp(a->text, b->text) == 0;
}

bool who_is_authenticated(const struct who *who)
{
	return who->kind == WHO_KEY || who->kind == WHO_GSS;
}

bool who_is_unbound(const struct who *who)
{
	return who->kind == WHO_LOCAL || who->kind == WHO_SYSTEM;
}

const char *who_realm(const struct who *who)
{
	const char *at = NULL;
	if (who->kind != WHO_GSS)
		return NULL;
	for (const char *c = who->text + strlen(GSS_PREFIX); *c; c++) {
		if (*c == '\\' && c[1])
			c++;
		else if (*c == '@')
			at = c;
	}
	return at && at[1] ? at + 1 : NULL;
}

/* `text` is of a domain; no escapes: Kerberos has none, and `\` in a principal is not a host's. */
static bool parse_host(struct dns_name *name, const char *text, size_t len)
{
	if (len == 0 || memchr(text, '\\', len))
		return false;
	return !dns_name_parse(name, text, len, NULL);
}

/* host/FQDN@REALM, or MACHINE$@REALM in the domain of its realm's name. */
static bool gss_own_name(const struct who *who, struct dns_name *name)
{
	const char *text = who->text + strlen(GSS_PREFIX), *realm = who_realm(who);
	if (!realm)
		return false;
	realm--; /* its `@` */
	const char *host = who_after(text, "host/");
	if (host)
		return host < realm && parse_host(name, host, (size_t)(realm - host));
	if (realm == text || realm[-1] != '$')
		return false;
	char fqdn[WHO_TEXT_MAX + 1];
	size_t len = (size_t)(realm - 1 - text);
	if (strcspn(text, "/.") < len)
		return false;
	size_t realm_len = strlen(realm + 1);
	memcpy(fqdn, text, len);
	fqdn[len] = '.';
	memcpy(fqdn + len + 1, realm + 1, realm_len);
	return realm_len > 0 && parse_host(name, fqdn, len + 1 + realm_len);
}

bool who_own_name_under(const struct who *who, const struct dns_name *suffix, struct dns_name *name)
{
	const char *text = who->text + strlen(GSS_PREFIX), *realm = who_realm(who);
	struct dns_name own;
	if (!realm)
		return false;
	const char *host = who_after(text, "host/");
	if (host && parse_host(&own, host, (size_t)(realm - 1 - host)) &&
	    dns_name_under(&own, suffix)) {
		*name = own;
		return true;
	}
	if (host || realm - 1 == text || realm[-2] != '$')
		return false;
	size_t len = (size_t)(realm - 2 - text);
	if (len == 0 || strcspn(text, "/.\\") < len || dns_name_parse(&own, text, len, suffix))
		return false;
	*name = own;
	return true;
}

bool who_is_host(const struct who *who)
{
	const char *name = who->text + strlen("gss:"), *realm = strchr(name, '@');
	if (who->kind != WHO_GSS)
		return false;
	return strncmp(name, "host/", 5) == 0 || (realm && realm > name && realm[-1] == '$');
}

bool who_own_name(const struct who *who, struct dns_name *name)
{
	struct dns_name own;
	bool has = false;
	if (who->kind == WHO_KEY)
		has = !dns_name_parse_text(&own, who->text + strlen(KEY_PREFIX));
	else if (who->kind == WHO_GSS)
		has = gss_own_name(who, &own);
	if (!has || own.labels == 0)
		return false;
	*name = own;
	return true;
}
