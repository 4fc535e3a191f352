/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "acl/gss_keytab.h"
#include <assert.h>
#include <errno.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#define NAME_MAX_LEN 96 /* of a keytab in memory */

struct principal {
	struct principal *next;
	char *text;
	char *host; /* of DNS/host@REALM; NULL: something else */
	char *realm;
};

/* What a file is known by. */
struct version {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct gss_keytab {
	char *path;
	krb5_context krb5;
	struct version version;
	_Atomic uint64_t written;
	bool is_tried;
	unsigned copies; /* so far: each copy in memory has a name of its own */
	gss_cred_id_t credentials;
	pthread_mutex_t lock; /* of what follows, which other threads look at */
	struct principal *principals;
	char problem[GSS_TEXT_MAX];
};

static const gss_OID_desc spnego = {6, "\x2b\x06\x01\x05\x05\x02"};

static void gss_keytab_say(char problem[GSS_TEXT_MAX], const struct gss_keytab *keytab,
			   const char *what, const char *why)
{
	snprintf(problem, GSS_TEXT_MAX, "keytab %.200s %s: %.200s", keytab->path, what, why);
}

static void say_krb5(char problem[GSS_TEXT_MAX], const struct gss_keytab *keytab, const char *what,
		     krb5_error_code code)
{
	const char *why = krb5_get_error_message(keytab->krb5, code);
	gss_keytab_say(problem, keytab, what, why);
	krb5_free_error_message(keytab->krb5, why);
}

static void principals_free(struct principal *list)
{
	while (list) {
		struct principal *next = list->next;
		free(list->text);
		free(list->host);
		free(list->realm);
		free(list);
		list = next;
	}
}

static bool is_service(krb5_const_principal principal)
{
	if (principal->length != 2)
		return false;
	const krb5_data *service = &principal->data[0];
	return service->length == 3 && strncasecmp(service->data, "DNS", 3) == 0;
}

static void principals_add(krb5_context krb5, krb5_const_principal principal,
			   struct principal **list)
{
	char *text;
	if (krb5_unparse_name(krb5, principal, &text))
		return;
	while (*list && strcmp((*list)->text, text) != 0)
		list = &(*list)->next;
	if (!*list) {
		struct principal *p = calloc(1, sizeof *p);
		assert(p);
		p->text = strdup(text);
		assert(p->text);
		p->realm = strndup(principal->realm.data, principal->realm.length);
		assert(p->realm);
		if (is_service(principal)) {
			const krb5_data *host = &principal->data[1];
			p->host = strndup(host->data, host->length);
			assert(p->host);
		}
		*list = p;
	}
	krb5_free_unparsed_name(krb5, text);
}

/* All entries of one into the other. */
static krb5_error_code gss_keytab_copy(krb5_context krb5, krb5_keytab from, krb5_keytab to,
				       struct principal **list)
{
	krb5_kt_cursor cursor;
	krb5_keytab_entry entry;
	krb5_error_code code = krb5_kt_start_seq_get(krb5, from, &cursor);
	if (code)
		return code;
	while (!(code = krb5_kt_next_entry(krb5, from, &entry, &cursor))) {
		code = krb5_kt_add_entry(krb5, to, &entry);
		principals_add(krb5, entry.principal, list);
		krb5_free_keytab_entry_contents(krb5, &entry);
		if (code)
			break;
	}
	krb5_kt_end_seq_get(krb5, from, &cursor);
	return code == KRB5_KT_END ? 0 : code;
}

/* Credentials to accept with: any key of the keytab, Kerberos and SPNEGO over it. */
static OM_uint32 gss_keytab_acquire(const char *memory, gss_cred_id_t *credentials)
{
	OM_uint32 minor, ignored;
	gss_key_value_element_desc elements[] = {{"keytab", memory}, {"rcache", "none:"}};
	const gss_key_value_set_desc place = {.count = 2, .elements = elements};
	gss_OID_desc both[] = {*gss_mech_krb5, spnego};
	gss_OID_set_desc mechanisms = {.count = 2, .elements = both};
	gss_OID_set_desc inner = {.count = 1, .elements = both};
	gss_cred_id_t found = GSS_C_NO_CREDENTIAL;
	OM_uint32 major =
		gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechanisms,
				      GSS_C_ACCEPT, &place, &found, NULL, NULL);
	if (!GSS_ERROR(major))
		major = gss_set_neg_mechs(&minor, found, &inner);
	if (GSS_ERROR(major)) {
		gss_release_cred(&ignored, &found);
		return minor ? minor : major;
	}
	*credentials = found;
	return 0;
}

static void gss_keytab_use(struct gss_keytab *keytab, gss_cred_id_t credentials,
			   struct principal *principals, const char *problem)
{
	OM_uint32 minor;
	gss_release_cred(&minor, &keytab->credentials);
	keytab->credentials = credentials;
	pthread_mutex_lock(&keytab->lock);
	principals_free(keytab->principals);
	keytab->principals = principals;
	snprintf(keytab->problem, GSS_TEXT_MAX, "%s", problem);
	pthread_mutex_unlock(&keytab->lock);
}

/* The file as it is now. What goes wrong is said, and there are no credentials then: keys that
 * were withdrawn are not to be used. */
static void gss_keytab_load(struct gss_keytab *keytab)
{
	char name[NAME_MAX_LEN], problem[GSS_TEXT_MAX] = "";
	krb5_keytab file = NULL, memory = NULL;
	struct principal *principals = NULL;
	gss_cred_id_t credentials = GSS_C_NO_CREDENTIAL;
	char *file_name = NULL;
	if (asprintf(&file_name, "FILE:%s", keytab->path) < 0)
		abort();
	snprintf(name, sizeof name, "MEMORY:tenure-%p-%u", (void *)keytab, keytab->copies++);
	krb5_error_code code = krb5_kt_resolve(keytab->krb5, file_name, &file);
	if (!code)
		code = krb5_kt_resolve(keytab->krb5, name, &memory);
	if (!code)
		code = gss_keytab_copy(keytab->krb5, file, memory, &principals);
	if (code)
		say_krb5(problem, keytab, "cannot be read", code);
	else if (!principals)
		gss_keytab_say(problem, keytab, "cannot be used", "it holds no key");
	else if ((code = (krb5_error_code)gss_keytab_acquire(name, &credentials)))
		say_krb5(problem, keytab, "cannot be used", code);
	gss_keytab_use(keytab, credentials, principals, problem);
	if (memory)
		krb5_kt_close(keytab->krb5, memory); /* the credentials have their own hold */
	if (file)
		krb5_kt_close(keytab->krb5, file);
	free(file_name);
}

gss_cred_id_t gss_keytab_credentials(const struct gss_keytab *keytab)
{
	return keytab->credentials;
}

krb5_context gss_keytab_krb5(const struct gss_keytab *keytab)
{
	return keytab->krb5;
}

struct gss_keytab *gss_keytab_new(const char *path)
{
	struct gss_keytab *keytab = calloc(1, sizeof *keytab);
	assert(keytab);
	keytab->path = strdup(path);
	assert(keytab->path);
	pthread_mutex_init(&keytab->lock, NULL);
	gss_keytab_say(keytab->problem, keytab, "cannot be used", "not read yet");
	krb5_error_code code = krb5_init_context(&keytab->krb5);
	if (code) {
		/* A broken krb5.conf; it is not read again. */
		keytab->krb5 = NULL;
		const char *why = krb5_get_error_message(NULL, code);
		gss_keytab_say(keytab->problem, keytab,
			       "cannot be used, because Kerberos cannot start", why);
		krb5_free_error_message(NULL, why);
	}
	return keytab;
}

void gss_keytab_free(struct gss_keytab *keytab)
{
	OM_uint32 minor;
	gss_release_cred(&minor, &keytab->credentials);
	principals_free(keytab->principals);
	if (keytab->krb5)
		krb5_free_context(keytab->krb5);
	pthread_mutex_destroy(&keytab->lock);
	free(keytab->path);
	free(keytab);
}

static bool same_version(const struct version *a, const struct version *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

bool gss_keytab_renew(struct gss_keytab *keytab)
{
	struct stat st;
	struct version version = {0};
	if (!keytab->krb5)
		return false;
	if (stat(keytab->path, &st) == 0)
		version = (struct version){.device = st.st_dev,
					   .inode = st.st_ino,
					   .size = st.st_size,
					   .changed = st.st_mtim};
	if (keytab->is_tried && same_version(&version, &keytab->version))
		return false;
	keytab->is_tried = true;
	keytab->version = version;
	keytab->written = version.changed.tv_sec > 0 ? (uint64_t)version.changed.tv_sec : 0;
	gss_keytab_load(keytab);
	return true;
}

uint64_t gss_keytab_time(struct gss_keytab *keytab)
{
	return keytab->written;
}

const char *gss_keytab_problem(struct gss_keytab *keytab, char out[GSS_TEXT_MAX])
{
	pthread_mutex_lock(&keytab->lock);
	memcpy(out, keytab->problem, GSS_TEXT_MAX);
	pthread_mutex_unlock(&keytab->lock);
	return out[0] ? out : NULL;
}

void gss_keytab_walk(struct gss_keytab *keytab, void (*each)(void *context, const char *principal),
		     void *context)
{
	pthread_mutex_lock(&keytab->lock);
	for (const struct principal *p = keytab->principals; p; p = p->next)
		each(context, p->text);
	pthread_mutex_unlock(&keytab->lock);
}

bool gss_keytab_has_realm(struct gss_keytab *keytab, const char *realm)
{
	bool found = false;
	pthread_mutex_lock(&keytab->lock);
	for (const struct principal *p = keytab->principals; p && !found; p = p->next)
		found = strcmp(p->realm, realm) == 0;
	pthread_mutex_unlock(&keytab->lock);
	return found;
}

bool gss_keytab_serves(struct gss_keytab *keytab, const char *host)
{
	bool found = false;
	pthread_mutex_lock(&keytab->lock);
	for (const struct principal *p = keytab->principals; p && !found; p = p->next)
		found = p->host && strcasecmp(p->host, host) == 0;
	pthread_mutex_unlock(&keytab->lock);
	return found;
}
