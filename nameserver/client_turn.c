/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/client_turn.h"
#include "nameserver/core.h"
#include <string.h>

#define PREFIX_V4 3 /* bytes */
#define PREFIX_V6 7

static uint64_t client_turn_key(const struct core *core, struct bytes of)
{
	return hash_keyed(&core->turn_key, of);
}

struct turns_key client_turn_of(const struct core *core, const struct who *who,
				const struct addr *source)
{
	if (who_is_unbound(who))
		return client_turn_admin(core, who->text);
	if (who_is_authenticated(who))
		return (struct turns_key){
			TURNS_PROVED,
			client_turn_key(core, bytes_of(who->text, strlen(who->text)))};
	struct bytes prefix = bytes_of(NULL, 0);
	if (source->len && source->any.sa_family == AF_INET)
		prefix = bytes_of(&source->v4.sin_addr, PREFIX_V4);
	else if (source->len)
		prefix = bytes_of(&source->v6.sin6_addr, PREFIX_V6);
	return (struct turns_key){TURNS_FORGEABLE, client_turn_key(core, prefix)};
}

struct turns_key client_turn_admin(const struct core *core, const char *principal)
{
	return (struct turns_key){TURNS_ADMIN,
				  client_turn_key(core, bytes_of(principal, strlen(principal)))};
}
