/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The credentials of a keytab, for gss.c alone; acl/gss.h has the rest. The GSS thread. */
#include "acl/gss.h"
#include <gssapi/gssapi.h>
#include <krb5.h>

/* GSS_C_NO_CREDENTIAL: the keytab is not usable. */
gss_cred_id_t gss_keytab_credentials(const struct gss_keytab *);
krb5_context gss_keytab_krb5(const struct gss_keytab *);
